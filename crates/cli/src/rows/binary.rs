//! Arrays in binary files: npy and npz of NumPy, and idx, in which the digits of MNIST come; with gzip around it, too.

use std::cell::RefCell;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use miniz_oxide::inflate::decompress_to_vec_with_limit;
use wrt::EngineReal;

use super::layout::Columns;
use crate::failure::Failure;
use crate::npz;

/// Rows of numbers, entry behind entry.
pub struct Plain<T> {
    pub file: String,
    /// The name that it has in its file.
    pub array: Option<String>,
    rows: usize,
    columns: usize,
    data: Vec<T>,
}

impl<T: EngineReal> Plain<T> {
    fn of(file: &Path, array: Option<String>, shape: &[usize], data: Vec<T>) -> Result<Plain<T>, Failure> {
        let file = file.display().to_string();
        let Some((rows, rest)) = shape.split_first() else {
            return Err(Failure::plain(format!("{file} has one number, and no rows")));
        };
        Ok(Plain { file, array, rows: *rows, columns: rest.iter().product(), data })
    }

    /// Adds all rows to the arrays that their columns belong to; how many there are.
    pub fn fill(&mut self, columns: &[Columns], data: &mut [Vec<T>]) -> Result<usize, Failure> {
        let mut first = 0;
        for (own, of) in data.iter_mut().zip(columns) {
            let range = first..first + of.columns;
            first = range.end;
            if of.is_spared {
                continue;
            }
            if range.len() == self.columns {
                *own = std::mem::take(&mut self.data);
            } else {
                own.reserve(self.rows * range.len());
                self.data.chunks(self.columns).for_each(|row| own.extend_from_slice(&row[range.clone()]));
            }
            let fault = |(k, x): (usize, &T)| Some((k, of.fault(x.to_f64())?));
            if let Some((k, fault)) = own.iter().enumerate().find_map(fault) {
                let (row, column) = (k / range.len(), k % range.len() + range.start);
                let array = self.array.as_ref().map_or_else(String::new, |name| format!(", `{name}`"));
                let message = format!("{}{array}, row {row}: entry {column} {fault}", self.file);
                let is_gap = own.get(k).is_some_and(|x| x.to_f64().is_nan());
                let help = of.gapless().filter(|_| is_gap).unwrap_or("rows and entries are counted from 0");
                return Err(Failure::plain(message).with_help(help));
            }
        }
        Ok(self.rows)
    }
}

impl<T> Plain<T> {
    pub fn columns(&self) -> usize {
        self.columns
    }
}

/// The arrays of a binary file, those with names in their order; none of a file of text.
pub fn arrays<T: EngineReal>(path: &Path, names: &[&str]) -> Result<Option<Vec<Plain<T>>>, Failure> {
    let mut start = [0; 4];
    let failed = |e: std::io::Error| Failure::plain(format!("{} could not be read: {e}", path.display()));
    let mut file = File::open(path).map_err(failed)?;
    let is_regular = file.metadata().map_err(failed)?.is_file();
    let got = if is_regular { file.read(&mut start).map_err(failed)? } else { 0 };
    match start {
        [0x93, b'N', b'U', b'M'] | [b'P', b'K', 3 | 5, _] => named(path, names).map(Some),
        [0, 0, 8..=14, 1..=u8::MAX] if got == 4 => {
            let mut bytes = start.to_vec();
            file.read_to_end(&mut bytes).map_err(failed)?;
            idx(path, &bytes).map(|array| Some(vec![array]))
        }
        _ => match unzipped(path)? {
            Some(bytes) if bytes.starts_with(&[0, 0]) => idx(path, &bytes).map(|array| Some(vec![array])),
            _ => Ok(None),
        },
    }
}

/// Is a file one of text, as it stands?
pub fn is_text(path: &Path) -> Result<bool, Failure> {
    let failed = |e: std::io::Error| Failure::plain(format!("{} could not be read: {e}", path.display()));
    let mut file = File::open(path).map_err(failed)?;
    if !file.metadata().map_err(failed)?.is_file() {
        return Ok(false);
    }
    let mut start = [0; 4];
    let got = file.read(&mut start).map_err(failed)?;
    let is_binary = matches!(start, [0x93, b'N', b'U', b'M'] | [b'P', b'K', 3 | 5, _] | [0, 0, ..] | [0x1f, 0x8b, ..]);
    Ok(!(got == 4 && is_binary))
}

/// The arrays of NumPy's files.
fn named<T: EngineReal>(path: &Path, names: &[&str]) -> Result<Vec<Plain<T>>, Failure> {
    let is_archive = RefCell::new(Vec::new());
    let found = npz::read::<T>(path, &|name| {
        is_archive.borrow_mut().push(name.to_string());
        names.contains(&name)
    })?;
    let there = is_archive.into_inner();
    if there.is_empty() && found.len() == 1 {
        return found.into_iter().map(|a| Plain::of(path, None, &a.shape, a.data)).collect();
    }
    if found.is_empty() {
        let message =
            format!("{} has the arrays {}, and the model's are {}", path.display(), there.join(", "), names.join(", "));
        return Err(Failure::plain(message));
    }
    let mut found: Vec<Plain<T>> =
        found.into_iter().map(|a| Plain::of(path, Some(a.name), &a.shape, a.data)).collect::<Result<_, _>>()?;
    found.sort_by_key(|a| names.iter().position(|n| Some(*n) == a.array.as_deref()));
    Ok(found)
}

/// The bytes of a file with gzip around it (RFC 1952); none of another one.
pub fn unzipped(path: &Path) -> Result<Option<Vec<u8>>, Failure> {
    let name = path.display();
    let failed = |e: std::io::Error| Failure::plain(format!("{name} could not be read: {e}"));
    let mut file = File::open(path).map_err(failed)?;
    if !file.metadata().map_err(failed)?.is_file() {
        return Ok(None);
    }
    let mut bytes = vec![0; 2];
    let got = file.read(&mut bytes).map_err(failed)?;
    if got < 2 || bytes != [0x1f, 0x8b] {
        return Ok(None);
    }
    file.read_to_end(&mut bytes).map_err(failed)?;
    let broken = || Failure::plain(format!("{name} is no whole gzip file"));
    let body = gzip_body(&bytes).ok_or_else(broken)?;
    let (body, end) = body.split_at_checked(body.len().wrapping_sub(8)).ok_or_else(broken)?;
    let [crc, size] = [0, 4].map(|k| u32::from_le_bytes([end[k], end[k + 1], end[k + 2], end[k + 3]]));
    let found = decompress_to_vec_with_limit(body, size as usize).map_err(|_| broken())?;
    let is_whole = found.len() == size as usize && rawzip::crc32(&found) == crc;
    if is_whole { Ok(Some(found)) } else { Err(broken()) }
}

/// What stands behind the header of gzip.
fn gzip_body(bytes: &[u8]) -> Option<&[u8]> {
    let flags = *bytes.get(3)?;
    let mut rest = bytes.get(10..)?;
    if flags & 4 != 0 {
        let extra = usize::from(u16::from_le_bytes([*rest.first()?, *rest.get(1)?]));
        rest = rest.get(2 + extra..)?;
    }
    // A name and a comment end with a zero.
    for flag in [8, 16] {
        if flags & flag != 0 {
            rest = rest.get(rest.iter().position(|b| *b == 0)? + 1..)?;
        }
    }
    if flags & 2 != 0 { rest.get(2..) } else { Some(rest) }
}

/// An array in the format of MNIST: two zeros, the kind of number, how many axes, their sizes, the entries, all with the
/// largest byte first.
fn idx<T: EngineReal>(path: &Path, bytes: &[u8]) -> Result<Plain<T>, Failure> {
    let broken = |what: &str| Failure::plain(format!("{} is no whole idx file: {what}", path.display()));
    let [_, _, kind, axes, rest @ ..] = bytes else { return Err(broken("it has no header")) };
    let axes = usize::from(*axes);
    let (head, entries) = rest.split_at_checked(4 * axes).ok_or_else(|| broken("it has no header"))?;
    let shape: Vec<usize> =
        head.as_chunks::<4>().0.iter().map(|b| usize::try_from(u32::from_be_bytes(*b)).unwrap_or(usize::MAX)).collect();
    let count = npz::entries(&shape);
    let check = |width: usize| {
        let wanted = count.and_then(|n| n.checked_mul(width));
        if wanted == Some(entries.len()) {
            return Ok(());
        }
        Err(broken(&format!(
            "its header says {shape:?} entries of {width} bytes, and {} bytes are there",
            entries.len()
        )))
    };
    macro_rules! numbers {
        ($type:ident) => {{
            check(size_of::<$type>())?;
            let own = entries.as_chunks::<{ size_of::<$type>() }>().0;
            own.iter().map(|b| T::from_f64($type::from_be_bytes(*b) as f64)).collect()
        }};
    }
    let data: Vec<T> = match kind {
        0x08 => numbers!(u8),
        0x09 => numbers!(i8),
        0x0b => numbers!(i16),
        0x0c => numbers!(i32),
        0x0d => numbers!(f32),
        0x0e => numbers!(f64),
        _ => return Err(broken(&format!("there are no numbers of the kind {kind}"))),
    };
    Plain::of(path, None, &shape, data)
}

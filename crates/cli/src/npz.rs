//! Arrays in the files of NumPy: `.npy`, one array, and `.npz`, a zip archive of such.

use std::fmt::Display;
use std::io::{self, Read, Write};
use std::path::Path;

use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZError, MZFlush, MZStatus};
use rawzip::{CompressionMethod, ZipArchive, ZipArchiveWriter, ZipFileHeaderRecord, ZipSliceArchive};
use wrt::EngineReal;

use crate::failure::Failure;

/// An array by its name in a file, entry behind entry, the last axis fastest.
pub struct Named<T> {
    pub name: String,
    pub shape: Vec<usize>,
    pub data: Vec<T>,
}

/// What an npy file begins with.
const MAGIC: &[u8] = b"\x93NUMPY";

/// Headers longer than this are none of numbers.
const MAX_HEADER: usize = 1 << 16;

/// A deflated byte stands for at most so many.
const MAX_RATIO: usize = 1032;

/// Bytes that are read at once.
const PIECE: usize = 1 << 16;

/// The arrays of a file that are wanted by their names: all of an npz, or the one of an npy, which has the file's name.
/// A file that is cut short, or says of itself what isn't so, is an error, and takes no more memory than its bytes can
/// stand for.
pub fn read<T: EngineReal>(path: &Path, wanted: &dyn Fn(&str) -> bool) -> Result<Vec<Named<T>>, Failure> {
    let file = path.display();
    let bytes = std::fs::read(path).map_err(|e| Failure::plain(format!("{file} could not be read: {e}")))?;
    if bytes.starts_with(MAGIC) {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let (shape, data) =
            array(&bytes[..], bytes.len(), bytes.len()).map_err(|e| Failure::plain(format!("{file}: {e}")))?;
        return Ok(vec![Named { name, shape, data }]);
    }
    archived(&bytes, wanted).map_err(|e| Failure::plain(format!("{file}: {e}")))
}

/// The arrays of an archive.
fn archived<T: EngineReal>(bytes: &[u8], wanted: &dyn Fn(&str) -> bool) -> Result<Vec<Named<T>>, String> {
    let whole = |e: rawzip::Error| format!("it is no whole npz or npy file: {e}");
    let archive = ZipArchive::from_slice(bytes).map_err(whole)?;
    let mut found: Vec<Named<T>> = Vec::new();
    let mut entries = archive.entries();
    while let Some(entry) = entries.next_entry().map_err(whole)? {
        let path = String::from_utf8_lossy(entry.file_path().as_bytes()).into_owned();
        let name = path.strip_suffix(".npy").unwrap_or(&path);
        if !wanted(name) {
            continue;
        }
        if found.iter().any(|a| a.name == name) {
            return Err(format!("it has two arrays `{}`", name.escape_debug()));
        }
        let (shape, data) = member(&archive, &entry).map_err(|e| format!("`{}`: {e}", name.escape_debug()))?;
        found.push(Named { name: name.to_string(), shape, data });
    }
    Ok(found)
}

/// One array of an archive, held against its checksum.
fn member<T: EngineReal>(
    archive: &ZipSliceArchive<&[u8]>,
    header: &ZipFileHeaderRecord<'_>,
) -> Result<(Vec<usize>, Vec<T>), String> {
    let method = header.compression_method();
    let entry = archive.get_entry(header.wayfinder()).map_err(|e| e.to_string())?;
    let bytes = entry.data();
    if header.flags().is_encrypted() {
        return Err("it is encrypted".to_string());
    }
    if method == CompressionMethod::STORE {
        array(entry.verifying_reader(bytes), bytes.len(), bytes.len())
    } else if method == CompressionMethod::DEFLATE {
        let most = bytes.len().saturating_mul(MAX_RATIO);
        array(entry.verifying_reader(Inflate::new(bytes)), bytes.len(), most)
    } else {
        Err(format!("it is compressed by a method that is not read here ({method})"))
    }
}

/// Deflated bytes as what they stand for.
struct Inflate<'a> {
    state: Box<InflateState>,
    rest: &'a [u8],
}

impl Inflate<'_> {
    fn new(rest: &[u8]) -> Inflate<'_> {
        Inflate { state: InflateState::new_boxed(DataFormat::Raw), rest }
    }
}

impl Read for Inflate<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let done = inflate(&mut self.state, self.rest, out, MZFlush::None);
            self.rest = self.rest.get(done.bytes_consumed..).unwrap_or_default();
            match done.status {
                // Only heads of blocks were read.
                Ok(MZStatus::Ok) if done.bytes_written == 0 && done.bytes_consumed > 0 && !out.is_empty() => {}
                // It is at its end, or needs bytes that are not there; which of the two, the checksum tells.
                Ok(_) | Err(MZError::Buf) => return Ok(done.bytes_written),
                Err(_) => return Err(io::Error::new(io::ErrorKind::InvalidData, "its compressed bytes are no such")),
            }
        }
    }
}

/// How the entries of an array lie in its file.
struct Layout {
    shape: Vec<usize>,
    entries: usize,
    width: usize,
    number: Decode,
    is_big_endian: bool,
    /// The first axis fastest.
    is_fortran: bool,
}

/// The array of an npy file, of which so many bytes are there, which stand for `most` at the most.
fn array<T: EngineReal>(mut input: impl Read, there: usize, most: usize) -> Result<(Vec<usize>, Vec<T>), String> {
    let layout = layout(&header(&mut input)?)?;
    let Layout { entries, width, .. } = layout;
    let total = entries.checked_mul(width).filter(|n| *n <= most).ok_or_else(|| {
        format!("its header says {:?} entries of {width} bytes, and it has at most {most} bytes", layout.shape)
    })?;
    let mut data: Vec<T> = Vec::with_capacity(entries.min(there));
    let mut piece = vec![0u8; PIECE.min(total.max(1)).next_multiple_of(width)];
    let mut left = total;
    while left > 0 {
        let size = left.min(piece.len());
        let piece = &mut piece[..size];
        let got = read_fully(&mut input, piece)?;
        if got < size {
            let bytes = total - left + got;
            return Err(format!("it is cut short: {bytes} bytes of {:?} entries of {width}", layout.shape));
        }
        left -= size;
        for entry in piece.chunks_exact_mut(width) {
            if layout.is_big_endian {
                entry.reverse();
            }
            data.push(T::from_f64((layout.number)(entry)));
        }
    }
    // The end is read, since only then the checksum is looked at.
    if read_fully(&mut input, &mut [0])? > 0 {
        return Err(format!("it has more bytes than the {total} of its header's {:?} entries", layout.shape));
    }
    if layout.is_fortran {
        data = transposed(&data, &layout.shape);
    }
    Ok((layout.shape, data))
}

/// As many bytes as there are, up to the length of `out`.
fn read_fully(input: &mut impl Read, out: &mut [u8]) -> Result<usize, String> {
    let mut got = 0;
    while got < out.len() {
        match input.read(&mut out[got..]) {
            Ok(0) => break,
            Ok(n) => got += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(format!("it is damaged: {e}")),
        }
    }
    Ok(got)
}

/// The header's text: a dictionary of Python.
fn header(input: &mut impl Read) -> Result<String, String> {
    let mut bytes = |n: usize| {
        let mut found = vec![0; n];
        let got = read_fully(input, &mut found)?;
        if got < n { Err("it is cut short in its header".to_string()) } else { Ok(found) }
    };
    if bytes(MAGIC.len())? != MAGIC {
        return Err("it is no array in NumPy's format".to_string());
    }
    let version = bytes(2)?;
    let length = bytes(if version[0] == 1 { 2 } else { 4 })?;
    let length = length.iter().rev().fold(0usize, |n, b| n << 8 | usize::from(*b));
    if !(1..=3).contains(&version[0]) || length > MAX_HEADER {
        return Err(format!("its header is of version {}.{} and has {length} bytes", version[0], version[1]));
    }
    String::from_utf8(bytes(length)?).map_err(|_| "its header is no text".to_string())
}

/// What the header says: `{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }`.
fn layout(header: &str) -> Result<Layout, String> {
    let bad = || format!("its header is not understood: {}", header.trim().escape_debug());
    let value = |key: &str| {
        let (_, rest) = header.split_once(&format!("'{key}':"))?;
        Some(rest.trim_start())
    };
    let descr = value("descr").ok_or_else(bad)?;
    let descr = descr.strip_prefix('\'').and_then(|d| d.split_once('\'')).map(|(d, _)| d);
    let descr = descr.ok_or_else(|| "its entries have several parts; only plain numbers are read".to_string())?;
    let is_fortran = value("fortran_order").ok_or_else(bad)?.starts_with("True");
    let shape = value("shape").and_then(|s| s.strip_prefix('(')?.split_once(')')).ok_or_else(bad)?.0;
    let sizes = shape.split(',').map(str::trim).filter(|s| !s.is_empty());
    let shape = sizes.map(str::parse).collect::<Result<Vec<usize>, _>>().map_err(|_| bad())?;
    let entries = entries(&shape);
    let entries = entries.ok_or_else(|| format!("its header says {shape:?} entries, which no memory holds"))?;
    let (width, number) = kind(descr)?;
    Ok(Layout { shape, entries, width, number, is_big_endian: descr.starts_with('>'), is_fortran })
}

/// How many entries an array has by what its header says of its axes; none for what no memory holds. An array without
/// entries has other axes, too, which results may have: they are held to what such results may take.
pub fn entries(shape: &[usize]) -> Option<usize> {
    const MOST_OF_NOTHING: usize = 1 << 24;
    let others = shape.iter().try_fold(1usize, |n, k| n.checked_mul((*k).max(1)))?;
    match shape.contains(&0) {
        true => (others <= MOST_OF_NOTHING).then_some(0),
        false => Some(others),
    }
}

/// An entry's number from its bytes.
type Decode = fn(&[u8]) -> f64;

/// The bytes of an entry, and its number from them in the order of the smallest first.
fn kind(descr: &str) -> Result<(usize, Decode), String> {
    macro_rules! number {
        ($type:ident) => {
            (size_of::<$type>(), |b| b.try_into().map_or(f64::NAN, |b| $type::from_le_bytes(b) as f64))
        };
    }
    Ok(match descr.get(1..).unwrap_or_default() {
        "f8" => number!(f64),
        "f4" => number!(f32),
        "f2" => (2, |b| b.try_into().map_or(f64::NAN, |b| half(u16::from_le_bytes(b)))),
        "i8" => number!(i64),
        "i4" => number!(i32),
        "i2" => number!(i16),
        "i1" => number!(i8),
        "u8" => number!(u64),
        "u4" => number!(u32),
        "u2" => number!(u16),
        "u1" | "b1" => number!(u8),
        _ => {
            let descr = descr.escape_debug();
            return Err(format!("its entries are `{descr}`; floats, whole numbers and booleans are read"));
        }
    })
}

/// A number of half precision.
fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 0x3ff));
    let size = match (exponent, bits & 0x3ff) {
        (0, _) => fraction * 2f64.powi(-24),
        (31, 0) => f64::INFINITY,
        (31, _) => f64::NAN,
        _ => (1024.0 + fraction) * 2f64.powi(exponent - 25),
    };
    if bits >> 15 == 1 { -size } else { size }
}

/// Entries that lie with the first axis fastest, with the last axis fastest.
fn transposed<T: EngineReal>(data: &[T], shape: &[usize]) -> Vec<T> {
    let mut strides = Vec::with_capacity(shape.len());
    shape.iter().fold(1, |stride, size| {
        strides.push(stride);
        stride * size
    });
    let (mut at, mut place) = (vec![0; shape.len()], 0);
    let mut found = Vec::with_capacity(data.len());
    for _ in 0..data.len() {
        found.push(data[place]);
        for axis in (0..shape.len()).rev() {
            (at[axis], place) = (at[axis] + 1, place + strides[axis]);
            if at[axis] < shape[axis] {
                break;
            }
            place -= at[axis] * strides[axis];
            at[axis] = 0;
        }
    }
    found
}

/// An npz file with these arrays, in the numbers that they have.
pub fn written<T: EngineReal>(arrays: &[Named<T>]) -> Result<Vec<u8>, Failure> {
    let mut archive = ZipArchiveWriter::new(Vec::new());
    let failed = |e: &dyn Display| Failure::plain(format!("the arrays could not be written: {e}"));
    for array in arrays {
        let path = format!("{}.npy", array.name);
        let (mut entry, config) = archive.new_file(path.as_str()).start().map_err(|e| failed(&e))?;
        let mut writer = config.wrap(&mut entry);
        write_array(&mut writer, array).map_err(|e| failed(&e))?;
        let (_, descriptor) = writer.finish().map_err(|e| failed(&e))?;
        entry.finish(descriptor).map_err(|e| failed(&e))?;
    }
    archive.finish().map_err(|e| failed(&e))
}

/// One array in NumPy's format.
fn write_array<T: EngineReal>(out: &mut impl Write, array: &Named<T>) -> io::Result<()> {
    let is_double = size_of::<T>() == size_of::<f64>();
    let sizes: String = array.shape.iter().map(|k| format!("{k}, ")).collect();
    let sizes = if array.shape.len() > 1 { sizes.trim_end_matches(", ") } else { sizes.trim_end() };
    let descr = if is_double { "<f8" } else { "<f4" };
    let text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({sizes}), }}");
    // All before the entries is a multiple of 64 bytes, and ends a line.
    let length = (MAGIC.len() + 4 + text.len() + 1).next_multiple_of(64) - MAGIC.len() - 4;
    out.write_all(MAGIC)?;
    out.write_all(&[1, 0])?;
    out.write_all(&u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes())?;
    out.write_all(format!("{text:width$}\n", width = length - 1).as_bytes())?;
    for piece in array.data.chunks(PIECE / 8) {
        let bytes: Vec<u8> = match is_double {
            true => piece.iter().flat_map(|x| x.to_f64().to_le_bytes()).collect(),
            false => piece.iter().flat_map(|x| (x.to_f64() as f32).to_le_bytes()).collect(),
        };
        out.write_all(&bytes)?;
    }
    Ok(())
}

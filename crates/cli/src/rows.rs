//! Rows of files as a model's data: text with commas, arrays of NumPy, idx files, alone, by pattern, or side by side.

mod binary;
mod layout;
mod stream;
mod text;
mod words;

use std::ops::Range;
use std::path::{Path, PathBuf};

use wrt::{EngineReal, Missing, Step};

use crate::failure::Failure;
use binary::Plain;
use layout::{Columns, layout};
pub use stream::{Streamed, bytes};
use text::Lines;
pub use text::{is_missing, reader};
use words::Words;

/// What stands between files whose columns lie side by side.
const BESIDE: &str = " + ";

/// The data of a model, in its order.
pub struct Rows<T> {
    pub data: Vec<Vec<T>>,
    pub rows: usize,
    /// The sizes of named dimensions that the columns tell.
    pub sizes: Sizes,
    /// The classes that are words in the file, by their labels.
    pub classes: Vec<String>,
}

/// Sizes of named dimensions.
type Sizes = Vec<(String, usize)>;

/// What is known before a file is read.
#[derive(Default)]
pub struct Known<'a> {
    /// Classes that are words, by their labels.
    pub classes: &'a [String],
    /// Sizes that a model was trained with.
    pub sizes: &'a [(String, usize)],
    /// What becomes of missing values: they are refused, or they are read as NaN.
    pub missing: Missing,
    /// Names of data that are not needed: their columns may be missing, and are not read.
    pub spared: &'a [&'a str],
}

/// What rows are read from.
enum Origin<T> {
    Text(Lines),
    Array(Plain<T>),
}

impl<T> Origin<T> {
    fn columns(&self) -> usize {
        match self {
            Origin::Text(lines) => lines.columns(),
            Origin::Array(array) => array.columns(),
        }
    }

    fn file(&self) -> &str {
        match self {
            Origin::Text(lines) => lines.file(),
            Origin::Array(array) => &array.file,
        }
    }
}

/// Where the data of a model lies: the name in its text, or one that was given, seen from a folder.
pub fn located(folder: &Path, name: &Path) -> PathBuf {
    let whole = |name: &Path| {
        let path = folder.join(name);
        std::path::absolute(&path).unwrap_or(path)
    };
    match name.to_str() {
        Some(text) if text.contains(BESIDE) && !whole(name).exists() => {
            let parts: Vec<String> =
                text.split(BESIDE).map(|p| whole(Path::new(p.trim())).display().to_string()).collect();
            parts.join(BESIDE).into()
        }
        _ => whole(name),
    }
}

/// Reads all rows, the columns in the order of the model's data: a file; those that a pattern names (`part-*.csv`), one
/// below the other; `images.gz + labels.gz`, side by side. Words are labels in the order of the known classes, or, if there
/// are none, of the alphabet.
pub fn read<T: EngineReal>(path: &Path, step: &Step<T>, known: &Known<'_>) -> Result<Rows<T>, Failure> {
    let name = path.display().to_string();
    let mut origins = origins(path, step)?;
    let columns = origins.iter().map(Origin::columns).sum();
    let (sizes, layout) = layout(step, columns, &name, known)?;
    let shares = shares(&origins, &layout)?;
    let mut data: Vec<Vec<T>> = layout.iter().map(|_| Vec::new()).collect();
    let mut words = Words::new(known.classes);
    let mut rows: Option<(usize, String)> = None;
    for (origin, share) in origins.iter_mut().zip(shares) {
        let (columns, arrays) = (&layout[share.clone()], &mut data[share]);
        let own = match origin {
            Origin::Text(lines) => lines.read(usize::MAX, columns, arrays, &mut words)?,
            Origin::Array(array) => array.fill(columns, arrays)?,
        };
        match &rows {
            Some((rows, first)) if *rows != own => {
                let message = format!("{first} has {rows} rows, and {} has {own}", origin.file());
                return Err(Failure::plain(message));
            }
            _ => rows = Some((own, origin.file().to_string())),
        }
    }
    let rows = rows.map_or(0, |(rows, _)| rows);
    if rows == 0 {
        return Err(Failure::plain(format!("{name} has no rows")));
    }
    for (own, columns) in data.iter_mut().zip(&layout).filter(|(_, c)| c.is_spared) {
        own.resize(rows * columns.width, T::ZERO);
    }
    let given = words::labels(&layout, &data);
    let classes = words.settle(&layout, &mut data, given, &name)?;
    let most: Vec<f64> = data.iter().map(|own| largest(own)).collect();
    let sizes = with_classes(step, sizes, &most, classes.len(), known.sizes);
    Ok(Rows { data, rows, sizes, classes })
}

/// Is this text that is taken apart as here?
pub fn refuse_other_text(path: &Path) -> Result<(), Failure> {
    Lines::open(vec![path.to_path_buf()]).map(drop)
}

/// The files that a name stands for, each opened; of several arrays in one file those of the model, in its order.
fn origins<T: EngineReal>(path: &Path, step: &Step<T>) -> Result<Vec<Origin<T>>, Failure> {
    let text = path.to_string_lossy();
    if !text.contains(BESIDE) || path.exists() {
        return opened(path, step);
    }
    let parts: Vec<Vec<Origin<T>>> =
        text.split(BESIDE).map(|p| opened(Path::new(p.trim()), step)).collect::<Result<_, _>>()?;
    Ok(parts.into_iter().flatten().collect())
}

fn opened<T: EngineReal>(path: &Path, step: &Step<T>) -> Result<Vec<Origin<T>>, Failure> {
    let files = matching(path)?;
    let names: Vec<&str> = step.data().iter().map(|d| d.name.as_str()).collect();
    if let Some(arrays) = binary::arrays(&files[0], &names)? {
        if files.len() > 1 {
            let message = format!("{} names {} files, and only text is put together", path.display(), files.len());
            return Err(Failure::plain(message));
        }
        return Ok(arrays.into_iter().map(Origin::Array).collect());
    }
    Ok(vec![Origin::Text(Lines::open(files)?)])
}

/// The files of a pattern with `*` and `?` in its last part, by name; or the one file.
fn matching(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    if !name.contains(['*', '?']) || path.exists() {
        return Ok(vec![path.to_path_buf()]);
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let entries = std::fs::read_dir(folder);
    let entries = entries.map_err(|e| Failure::plain(format!("{} could not be read: {e}", folder.display())))?;
    let fits = |entry: &std::fs::DirEntry| matches(name.as_bytes(), entry.file_name().to_string_lossy().as_bytes());
    let mut files: Vec<PathBuf> = entries.flatten().filter(fits).map(|e| e.path()).filter(|p| p.is_file()).collect();
    files.sort();
    if files.is_empty() {
        return Err(Failure::plain(format!("no file is called {}", path.display())));
    }
    Ok(files)
}

/// Is this a name of the pattern? `*` stands for any characters, `?` for one.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    // Where the last star stood, and how far the name was read for it.
    let (mut p, mut n, mut star) = (0, 0, None);
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(c) if *c == b'?' || *c == name[n] => (p, n) = (p + 1, n + 1),
            _ => match star {
                Some((at, read)) => {
                    star = Some((at, read + 1));
                    (p, n) = (at + 1, read + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

/// The arrays that each file fills: all columns of an array are in one file.
fn shares<T>(origins: &[Origin<T>], layout: &[Columns]) -> Result<Vec<Range<usize>>, Failure> {
    let mut next = 0;
    let mut share = |origin: &Origin<T>| {
        if let Origin::Array(Plain { array: Some(name), .. }) = origin {
            let own = named_share(name, next, origin, layout)?;
            next = own.end;
            return Ok(own);
        }
        let (first, mut left) = (next, origin.columns());
        while let Some(columns) = layout.get(next).filter(|c| c.columns <= left) {
            left -= columns.columns;
            next += 1;
        }
        let split = layout.get(next).filter(|_| left > 0);
        if let Some(columns) = split {
            let message = format!("`{}` lies in {} with some of its columns only", columns.name, origin.file());
            return Err(Failure::plain(message));
        }
        Ok(first..next)
    };
    let found: Vec<Range<usize>> = origins.iter().map(&mut share).collect::<Result<_, Failure>>()?;
    match layout.iter().skip(next).find(|c| c.columns > 0) {
        Some(columns) => Err(lacking(columns, origins)),
        None => Ok(found),
    }
}

/// What an array with a name fills: the model's data of that name, alone; before it may lie what is not there.
fn named_share<T>(name: &str, next: usize, origin: &Origin<T>, layout: &[Columns]) -> Result<Range<usize>, Failure> {
    let place = layout.iter().skip(next).position(|c| c.name == name).map(|k| next + k);
    let Some((k, own)) = place.and_then(|k| Some((k, layout.get(k)?))) else {
        return Err(Failure::plain(format!("`{name}` of {} comes twice, or out of order", origin.file())));
    };
    if let Some(before) = layout[next..k].iter().find(|c| c.columns > 0) {
        return Err(lacking(before, std::slice::from_ref(origin)));
    }
    if own.columns != origin.columns() {
        let message = format!("`{name}` of {} has another number of columns than the model", origin.file());
        return Err(Failure::plain(message));
    }
    Ok(next..k + 1)
}

fn lacking<T>(columns: &Columns, origins: &[Origin<T>]) -> Failure {
    let files: Vec<&str> = origins.iter().map(Origin::file).collect();
    Failure::plain(format!("`{}` is not in {}", columns.name, files.join(" + ")))
}

fn largest<T: EngineReal>(all: &[T]) -> f64 {
    all.iter().map(|x| x.to_f64()).fold(0.0, f64::max)
}

/// The number of classes, where the model has a name for it: as many as there are.
fn with_classes<T: EngineReal>(
    step: &Step<T>,
    mut sizes: Vec<(String, usize)>,
    largest: &[f64],
    words: usize,
    known: &[(String, usize)],
) -> Vec<(String, usize)> {
    for (classes, largest) in step.classes().iter().zip(largest) {
        if let Some(name) = classes.as_ref().and_then(|c| c.as_name())
            && sizes.iter().all(|(n, _)| n != name)
        {
            let known = known.iter().find(|(n, _)| n == name).map(|(_, k)| *k);
            sizes.push((name.to_string(), known.unwrap_or((*largest as usize + 1).max(words))));
        }
    }
    sizes
}

/// A number that hangs on each bit of the data, and on its order (FNV-1a, a number at a time).
pub fn fingerprint<T: EngineReal>(data: &[Vec<T>]) -> u64 {
    let mix = |hash: u64, bits: u64| (hash ^ bits).wrapping_mul(0x100_0000_01b3).rotate_left(23);
    let array =
        |hash: u64, all: &Vec<T>| all.iter().fold(mix(hash, all.len() as u64), |h, x| mix(h, x.to_f64().to_bits()));
    data.iter().fold(0xcbf2_9ce4_8422_2325, array)
}

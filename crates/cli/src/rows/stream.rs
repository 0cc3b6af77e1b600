//! Rows of text files that are not held: they are read again and again, and must stay what they are.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use wrt::{EngineReal, Error, ErrorKind, RowSource, Step};

use super::binary::is_text;
use super::layout::{Columns, layout};
use super::text::Lines;
use super::words::{self, Words};
use super::{BESIDE, Known, Sizes, largest, matching, with_classes};
use crate::failure::Failure;

/// Rows that are looked at together.
const PIECE: usize = 1 << 12;

/// The bytes of the files that a name stands for; none where it is not one of files.
pub fn bytes(path: &Path) -> Option<u64> {
    let files = matching(path).ok()?;
    files.iter().map(|file| Some(std::fs::metadata(file).ok().filter(std::fs::Metadata::is_file)?.len())).sum()
}

/// What a file is known by, beside its bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Stamp {
    path: PathBuf,
    size: u64,
    changed: Option<SystemTime>,
}

impl Stamp {
    fn of(path: &Path) -> Result<Stamp, Failure> {
        let about = std::fs::metadata(path);
        let about = about.map_err(|e| Failure::plain(format!("{} could not be read: {e}", path.display())))?;
        Ok(Stamp { path: path.to_path_buf(), size: about.len(), changed: about.modified().ok() })
    }
}

/// The rows of text files, which are the same each time.
pub struct Streamed {
    name: String,
    stamps: Vec<Stamp>,
    layout: Vec<Columns>,
    /// Those being read; none behind the last row.
    lines: Option<Lines>,
    /// Rows that were read since the beginning.
    read: usize,
    pub rows: usize,
    pub hash: u64,
    pub sizes: Sizes,
    pub classes: Vec<String>,
}

impl std::fmt::Debug for Streamed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Streamed").field("name", &self.name).field("rows", &self.rows).finish_non_exhaustive()
    }
}

impl Streamed {
    /// Goes through the rows once: how many there are, their classes, what their bytes come to.
    pub fn new<T: EngineReal>(path: &Path, step: &Step<T>, known: &Known<'_>) -> Result<Streamed, Failure> {
        let name = path.display().to_string();
        let refuse = |what: &str| {
            let message = format!("{name} can't be streamed: {what}");
            Err(Failure::plain(message).with_help("only files of text are; or hold all rows: --stream false"))
        };
        if name.contains(BESIDE) && !path.exists() {
            return refuse("it stands for files side by side");
        }
        let files = matching(path)?;
        for file in &files {
            if !is_text(file)? {
                return refuse(&format!("{} is no file of text that can be read again", file.display()));
            }
        }
        let stamps = files.iter().map(|file| Stamp::of(file)).collect::<Result<Vec<_>, _>>()?;
        let mut lines = Lines::watched(files)?;
        let (sizes, columns) = layout(step, lines.columns(), &name, known)?;
        let mut words = Words::new(known.classes);
        let mut data: Vec<Vec<T>> = columns.iter().map(|_| Vec::new()).collect();
        let (mut rows, mut given, mut most) = (0, 0, vec![0.0; columns.len()]);
        loop {
            let count = lines.read(PIECE, &columns, &mut data, &mut words)?;
            if count == 0 {
                break;
            }
            rows += count;
            given += words::labels(&columns, &data);
            most.iter_mut().zip(&data).for_each(|(most, own)| *most = f64::max(*most, largest(own)));
            data.iter_mut().for_each(Vec::clear);
        }
        if rows == 0 {
            return Err(Failure::plain(format!("{name} has no rows")));
        }
        let classes = words.settle(&columns, &mut data, given, &name)?;
        let sizes = with_classes(step, sizes, &most, classes.len(), known.sizes);
        // From here on labels are looked at knowing how many there are.
        let known = Known { classes: &classes, sizes: &sizes, missing: known.missing, spared: known.spared };
        let (_, layout) = layout(step, lines.columns(), &name, &known)?;
        let hash = lines.hash();
        Ok(Streamed { name, stamps, layout, lines: None, read: 0, rows, hash, sizes, classes })
    }

    fn changed(&self, path: &Path) -> Failure {
        let message = format!("{} has changed since it was first read", path.display());
        Failure::plain(message).with_help("a stream reads its file in each epoch: leave it as it is while training")
    }

    /// Is each file as it was?
    fn look(&self) -> Result<(), Failure> {
        for stamp in &self.stamps {
            if Stamp::of(&stamp.path)? != *stamp {
                return Err(self.changed(&stamp.path));
            }
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<(), Failure> {
        self.look()?;
        let files = self.stamps.iter().map(|stamp| stamp.path.clone()).collect();
        (self.lines, self.read) = (Some(Lines::watched(files)?), 0);
        Ok(())
    }

    fn more<T: EngineReal>(&mut self, most: usize, data: &mut [Vec<T>]) -> Result<usize, Failure> {
        self.look()?;
        let Some(lines) = &mut self.lines else { return Ok(0) };
        let mut words = Words::new(&self.classes);
        let count = match lines.read(most, &self.layout, data, &mut words) {
            Ok(count) => count,
            Err(failure) => {
                // What can't be read any more could be before: if the file is another one, that is the reason.
                self.look()?;
                return Err(failure);
            }
        };
        // What is not needed is not read.
        let spared = data.iter_mut().zip(&self.layout).filter(|(_, columns)| columns.is_spared);
        spared.for_each(|(own, columns)| own.resize(own.len() + count * columns.width, T::ZERO));
        self.read += count;
        if count == 0 && most > 0 {
            let is_same = self.read == self.rows && lines.hash() == self.hash;
            self.lines = None;
            if !is_same {
                return Err(self.changed(Path::new(&self.name)));
            }
        }
        Ok(count)
    }
}

fn error(failure: &Failure) -> Error {
    let error = Error::new(ErrorKind::Value, failure.message());
    match failure.help() {
        Some(help) => error.with_help(help),
        None => error,
    }
}

impl<T: EngineReal> RowSource<T> for Streamed {
    fn rewind(&mut self) -> Result<(), Error> {
        self.begin().map_err(|e| error(&e))
    }

    fn read(&mut self, most: usize, data: &mut [Vec<T>]) -> Result<usize, Error> {
        self.more(most, data).map_err(|e| error(&e))
    }
}

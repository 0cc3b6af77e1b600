//! Text with commas: a line with names unless the first one has numbers only, then a row a line.

use std::cell::Cell;
use std::fs::File;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use wrt::EngineReal;

use super::binary::unzipped;
use super::layout::Columns;
use super::words::Words;
use crate::failure::Failure;

/// Bytes that are read at once.
const PIECE: usize = 1 << 17;

/// Powers of ten that are exact.
const TENS: [f64; 16] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// How files of rows are read: without a line of names, which is found by looking at it; lines that begin with # are left
/// out.
fn builder() -> csv::ReaderBuilder {
    let mut builder = csv::ReaderBuilder::new();
    builder.comment(Some(b'#')).has_headers(false).flexible(true).buffer_capacity(PIECE);
    builder
}

/// A reader of a file's rows, for a look at it.
pub fn reader(path: &Path) -> Result<csv::Reader<File>, csv::Error> {
    builder().flexible(false).trim(csv::Trim::All).from_path(path)
}

/// The rows of text files, one below the other.
pub struct Lines {
    /// Those that come, the last one first.
    rest: Vec<PathBuf>,
    current: TextFile,
    columns: usize,
}

/// A file whose rows are being read.
struct TextFile {
    name: String,
    reader: csv::Reader<Box<dyn Read>>,
    /// The row that was read last.
    record: csv::ByteRecord,
    /// Is there one?
    more: bool,
    /// The bytes that it had when it was opened, and those that were read.
    size: Option<u64>,
    read: Rc<Cell<u64>>,
    names: Vec<String>,
}

/// A file that counts what is read of it.
struct Counted(File, Rc<Cell<u64>>);

impl Read for Counted {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let n = self.0.read(out)?;
        self.1.set(self.1.get() + n as u64);
        Ok(n)
    }
}

impl TextFile {
    fn open(path: &Path) -> Result<TextFile, Failure> {
        let name = path.display().to_string();
        let failed = |e: std::io::Error| Failure::plain(format!("{name} could not be read: {e}"));
        let file = File::open(path).map_err(failed)?;
        let about = file.metadata().map_err(failed)?;
        let read = Rc::new(Cell::new(0));
        let (input, size): (Box<dyn Read>, _) = match unzipped(path)? {
            Some(bytes) => (Box::new(Cursor::new(bytes)), None),
            None => (Box::new(Counted(file, Rc::clone(&read))), about.is_file().then_some(about.len())),
        };
        let reader = builder().from_reader(input);
        let (record, names) = (csv::ByteRecord::new(), Vec::new());
        let mut file = TextFile { name, reader, record, more: true, size, read, names };
        file.next()?;
        Ok(file)
    }

    /// Reads a row, if there is one.
    fn next(&mut self) -> Result<(), Failure> {
        let failed = |e: csv::Error| Failure::plain(format!("{} could not be read: {e}", self.name));
        self.more = self.reader.read_byte_record(&mut self.record).map_err(failed)?;
        let (had, read) = (self.size.unwrap_or(0), self.read.get());
        if !self.more && read < had {
            let message = format!("{} had {had} bytes, and only {read} could be read: it has shrunk", self.name);
            return Err(Failure::plain(message));
        }
        Ok(())
    }

    fn line(&self) -> u64 {
        self.record.position().map_or(0, csv::Position::line)
    }

    /// Is the row that was read last one of names? Something in it is no number where one is needed, or nothing is one.
    fn is_header(&self, columns: &[Columns]) -> bool {
        let is_number: Vec<bool> =
            columns.iter().flat_map(|c| std::iter::repeat_n(!c.is_label && !c.is_spared, c.columns)).collect();
        self.record
            .iter()
            .zip(&is_number)
            .any(|(field, needed)| *needed && !is_missing(field) && number(field).is_none())
            || self.record.iter().all(|field| number(field).is_none())
    }

    /// Where a field is, and what is wrong with it.
    fn fault(&self, k: usize, what: &str) -> Failure {
        let column = self.names.get(k).map_or_else(String::new, |name| format!(" ({name})"));
        Failure::plain(format!("{}, line {}: column {}{column} {what}", self.name, self.line(), k + 1))
    }

    /// What is to be said of a field that is no number, with what helps if it is one that is missing.
    fn no_number(&self, k: usize, field: &[u8], help: Option<&str>) -> Failure {
        let text = String::from_utf8_lossy(field.trim_ascii());
        let failure = match text.is_empty() {
            true => self.fault(k, "is empty"),
            false => self.fault(k, &format!("has `{text}`, which is no number")),
        };
        match help.filter(|_| is_missing(field)) {
            Some(help) => failure.with_help(help),
            None => failure,
        }
    }

    /// Adds the fields of a row to the arrays that they belong to, and words of labels to `words`.
    fn add<T: EngineReal>(&self, columns: &[Columns], data: &mut [Vec<T>], words: &mut Words) -> Result<(), Failure> {
        let mut fields = self.record.iter().enumerate();
        for (own, columns) in data.iter_mut().zip(columns) {
            let own_fields = fields.by_ref().take(columns.columns);
            if columns.is_spared {
                own_fields.for_each(drop);
                continue;
            }
            for (k, field) in own_fields {
                match number(field) {
                    Some(x) => match columns.fault(x) {
                        None => own.push(T::from_f64(x)),
                        Some(fault) => return Err(self.fault(k, &fault)),
                    },
                    None if columns.is_label && !is_missing(field) => {
                        let word = String::from_utf8_lossy(field.trim_ascii());
                        let Some(number) = words.number(&word) else {
                            let all = words.all().join(", ");
                            return Err(self.fault(k, &format!("has `{word}`, which is none of the classes {all}")));
                        };
                        own.push(T::from_f64(number as f64));
                    }
                    None => match columns.gapless() {
                        None if is_missing(field) => own.push(T::from_f64(f64::NAN)),
                        help => return Err(self.no_number(k, field, help)),
                    },
                }
            }
        }
        Ok(())
    }
}

impl Lines {
    pub fn open(mut files: Vec<PathBuf>) -> Result<Lines, Failure> {
        files.reverse();
        let Some(first) = files.pop() else { return Err(Failure::plain("there is no file to read")) };
        let current = TextFile::open(&first)?;
        if !current.more {
            return Err(Failure::plain(format!("{} has no rows", current.name)));
        }
        let columns = current.record.len();
        Ok(Lines { rest: files, current, columns })
    }

    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The file whose rows are being read.
    pub fn file(&self) -> &str {
        &self.current.name
    }

    /// Adds all rows to the arrays that their columns belong to; how many there were.
    pub fn fill<T: EngineReal>(
        &mut self,
        columns: &[Columns],
        data: &mut [Vec<T>],
        words: &mut Words,
    ) -> Result<usize, Failure> {
        let mut rows = 0;
        loop {
            let file = &mut self.current;
            if file.more && file.is_header(columns) {
                file.names = file.record.iter().map(|f| String::from_utf8_lossy(f.trim_ascii()).into_owned()).collect();
                file.next()?;
            }
            while file.more {
                if file.record.len() != self.columns {
                    let (line, found) = (file.line(), file.record.len());
                    let message = format!(
                        "{}, line {line}: {found} columns, where the first line has {}",
                        file.name, self.columns
                    );
                    return Err(Failure::plain(message));
                }
                file.add(columns, data, words)?;
                rows += 1;
                file.next()?;
            }
            let Some(next) = self.rest.pop() else { return Ok(rows) };
            self.current = TextFile::open(&next)?;
        }
    }
}

/// Is it what stands for a value that is not there?
pub fn is_missing(field: &[u8]) -> bool {
    let field = field.trim_ascii();
    field.is_empty() || ["?", "na", "n/a", "nan", "null"].iter().any(|m| field.eq_ignore_ascii_case(m.as_bytes()))
}

/// The number that a field is.
fn number(field: &[u8]) -> Option<f64> {
    let field = field.trim_ascii();
    if let Some(x) = short(field) {
        return Some(x);
    }
    let x: f64 = std::str::from_utf8(field).ok()?.parse().ok()?;
    // What is spelled out is no number, but 1e999 is a large one.
    (!x.is_nan() && (x.is_finite() || field.iter().any(u8::is_ascii_digit))).then_some(x)
}

/// A number of few digits: it and the power of ten below it are exact in doubles, and so their quotient is the nearest one
/// (Clinger, "How to read floating point numbers accurately", 1990).
fn short(field: &[u8]) -> Option<f64> {
    let (negative, digits) = match field {
        [b'-', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    if digits.is_empty() || digits.len() > TENS.len() {
        return None;
    }
    let (mut whole, mut behind) = (0u64, None);
    for (k, c) in digits.iter().enumerate() {
        match c {
            b'0'..=b'9' => whole = whole * 10 + u64::from(c - b'0'),
            b'.' if behind.is_none() && digits.len() > 1 => behind = Some(digits.len() - 1 - k),
            _ => return None,
        }
    }
    let x = whole as f64 / TENS.get(behind.unwrap_or(0))?;
    (whole < 1 << 53).then_some(if negative { -x } else { x })
}

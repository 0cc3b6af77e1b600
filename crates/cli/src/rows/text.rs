//! Text with commas: a line with names unless the first one has numbers only, then a row a line.

use std::fs::File;
use std::io::{Cursor, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};

use wrt::EngineReal;

use super::binary::unzipped;
use super::layout::Columns;
use super::words::Words;
use crate::failure::Failure;

/// Bytes that are read at once.
const PIECE: usize = 1 << 17;

/// Powers of ten that are exact.
const TENS: [f64; 16] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// A reader of a file's rows, for a look at it: without a line of names, which is found by looking at it; lines that begin
/// with # are left out.
pub fn reader(path: &Path) -> Result<csv::Reader<File>, csv::Error> {
    csv::ReaderBuilder::new().comment(Some(b'#')).has_headers(false).trim(csv::Trim::All).from_path(path)
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
    input: Box<dyn Read + Send>,
    /// The bytes that it had when it was opened, and those that were read.
    size: Option<u64>,
    read: u64,
    /// What they come to, where that is asked for.
    hash: Option<Hash>,
    /// What was read and is not used yet lies from `at` to `end`.
    buffer: Vec<u8>,
    at: usize,
    end: usize,
    /// Is everything read?
    is_over: bool,
    /// The line that comes next, counted from 1, and that of the row.
    next_line: u64,
    line: u64,
    /// The row that was read last, in fields, if it was taken apart.
    record: csv::ByteRecord,
    /// Is that the first one, which nobody has used yet?
    is_first: bool,
    names: Vec<String>,
    /// Made for the first row with quotes.
    quoted: Option<Box<Quoted>>,
}

/// A number that hangs on each byte and on their order (FNV-1a, eight bytes at a time), however they come in pieces.
#[derive(Clone, Copy)]
struct Hash {
    so_far: u64,
    /// Bytes that are no eight yet, the first one lowest, and how many.
    rest: u64,
    count: u32,
}

impl Default for Hash {
    fn default() -> Hash {
        Hash { so_far: 0xcbf2_9ce4_8422_2325, rest: 0, count: 0 }
    }
}

impl Hash {
    fn mix(&mut self, word: u64) {
        self.so_far = (self.so_far ^ word).wrapping_mul(0x100_0000_01b3).rotate_left(23);
    }

    fn byte(&mut self, byte: u8) {
        self.rest |= u64::from(byte) << (8 * self.count);
        self.count += 1;
        if self.count == 8 {
            self.mix(self.rest);
            (self.rest, self.count) = (0, 0);
        }
    }

    fn add(&mut self, bytes: &[u8]) {
        let first = bytes.len().min((8 - self.count as usize) % 8);
        bytes[..first].iter().for_each(|byte| self.byte(*byte));
        let (words, last) = bytes[first..].as_chunks::<8>();
        words.iter().for_each(|word| self.mix(u64::from_le_bytes(*word)));
        last.iter().for_each(|byte| self.byte(*byte));
    }

    /// What all bytes come to; how many the last ones are counts, too.
    fn end(mut self) -> u64 {
        self.mix(self.rest | u64::from(self.count) << 56);
        self.so_far
    }
}

/// What takes rows with quotes apart, and room for their fields.
struct Quoted {
    reader: csv_core::Reader,
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Default for Quoted {
    fn default() -> Quoted {
        let reader = csv_core::ReaderBuilder::new().comment(Some(b'#')).build();
        Quoted { reader, bytes: vec![0; 1024], ends: vec![0; 64] }
    }
}

/// A row as it was found.
enum Found {
    /// A line without quotes, at these places of the buffer.
    Line(Range<usize>),
    /// Fields, some of which stand in quotes.
    Fields,
    /// None is left.
    End,
}

impl TextFile {
    fn open(path: &Path, hash: Option<Hash>) -> Result<TextFile, Failure> {
        let name = path.display().to_string();
        let failed = |e: std::io::Error| Failure::plain(format!("{name} could not be read: {e}"));
        let file = File::open(path).map_err(failed)?;
        let about = file.metadata().map_err(failed)?;
        let (input, size): (Box<dyn Read + Send>, _) = match unzipped(path)? {
            Some(bytes) => (Box::new(Cursor::new(bytes)), None),
            None => (Box::new(file), about.is_file().then_some(about.len())),
        };
        let mut file = TextFile {
            name,
            input,
            size,
            read: 0,
            hash,
            buffer: Vec::new(),
            at: 0,
            end: 0,
            is_over: false,
            next_line: 1,
            line: 0,
            record: csv::ByteRecord::new(),
            is_first: false,
            names: Vec::new(),
            quoted: None,
        };
        file.more()?;
        if file.buffer[..file.end].starts_with(&[0xef, 0xbb, 0xbf]) {
            // A mark of UTF-8 is no part of the first name.
            file.at = 3;
        }
        let found = file.next()?;
        file.is_first = file.fields(&found);
        Ok(file)
    }

    /// Reads more of the file behind what is not used yet.
    fn more(&mut self) -> Result<(), Failure> {
        self.buffer.copy_within(self.at..self.end, 0);
        (self.at, self.end) = (0, self.end - self.at);
        self.buffer.resize((self.end + PIECE).max(self.buffer.len()), 0);
        let got = loop {
            match self.input.read(&mut self.buffer[self.end..]) {
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                got => break got.map_err(|e| Failure::plain(format!("{} could not be read: {e}", self.name)))?,
            }
        };
        let bytes = &self.buffer[self.end..self.end + got];
        self.hash.iter_mut().for_each(|hash| hash.add(bytes));
        (self.end, self.read) = (self.end + got, self.read + got as u64);
        self.is_over = got == 0;
        let had = self.size.unwrap_or(0);
        if self.is_over && self.read < had {
            let message = format!("{} had {had} bytes, and only {} could be read: it has shrunk", self.name, self.read);
            return Err(Failure::plain(message));
        }
        Ok(())
    }

    /// Goes to the next row. Lines end with a line feed, a carriage return, or both; empty ones, and those that begin with
    /// #, are none.
    fn next(&mut self) -> Result<Found, Failure> {
        loop {
            let left = &self.buffer[self.at..self.end];
            let is_comment = left.first() == Some(&b'#');
            let stop = if is_comment {
                memchr::memchr2(b'\n', b'\r', left)
            } else {
                memchr::memchr3(b'\n', b'\r', b'"', left)
            };
            let (length, behind, lines) = match stop.map(|k| (k, left[k])) {
                Some((_, b'"')) => {
                    self.line = self.next_line;
                    return Ok(if self.take_apart()? { Found::Fields } else { Found::End });
                }
                Some((k, b'\n')) => (k, k + 1, 1),
                Some((k, _)) if k + 1 < left.len() => {
                    let both = left[k + 1] == b'\n';
                    (k, k + 1 + usize::from(both), u64::from(both))
                }
                Some((k, _)) if self.is_over => (k, k + 1, 0),
                None if self.is_over && left.is_empty() => return Ok(Found::End),
                None if self.is_over => (left.len(), left.len(), 0),
                _ => {
                    self.more()?;
                    continue;
                }
            };
            let found = self.at..self.at + length;
            (self.at, self.line) = (self.at + behind, self.next_line);
            self.next_line += lines;
            if length > 0 && !is_comment {
                return Ok(Found::Line(found));
            }
        }
    }

    /// Takes a row with quotes apart; is there one?
    fn take_apart(&mut self) -> Result<bool, Failure> {
        let mut quoted = self.quoted.take().unwrap_or_default();
        let Quoted { reader, bytes, ends } = &mut *quoted;
        reader.reset();
        let (mut length, mut count) = (0, 0);
        loop {
            let left = &self.buffer[self.at..self.end];
            let (result, used, written, ended) = reader.read_record(left, &mut bytes[length..], &mut ends[count..]);
            self.next_line += memchr::memchr_iter(b'\n', &left[..used]).count() as u64;
            (self.at, length, count) = (self.at + used, length + written, count + ended);
            match result {
                csv_core::ReadRecordResult::InputEmpty => self.more()?,
                csv_core::ReadRecordResult::OutputFull => bytes.resize(2 * bytes.len(), 0),
                csv_core::ReadRecordResult::OutputEndsFull => ends.resize(2 * ends.len(), 0),
                csv_core::ReadRecordResult::End => return Ok(false),
                csv_core::ReadRecordResult::Record => break,
            }
        }
        self.record.clear();
        let mut first = 0;
        for end in &ends[..count] {
            self.record.push_field(&bytes[first..*end]);
            first = *end;
        }
        self.quoted = Some(quoted);
        Ok(true)
    }

    /// Takes a row apart; is there one?
    fn fields(&mut self, found: &Found) -> bool {
        if let Found::Line(range) = found {
            self.record.clear();
            let line = &self.buffer[range.clone()];
            line.split(|c| *c == b',').for_each(|field| self.record.push_field(field));
        }
        !matches!(found, Found::End)
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
        Failure::plain(format!("{}, line {}: column {}{column} {what}", self.name, self.line, k + 1))
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

    /// Adds the fields of a row, so many, to the arrays that they belong to, and words of labels to `words`.
    fn add<T: EngineReal>(
        &self,
        count: usize,
        columns: &[Columns],
        data: &mut [Vec<T>],
        words: &mut Words,
    ) -> Result<(), Failure> {
        if self.record.len() != count {
            let (line, found) = (self.line, self.record.len());
            let message = format!("{}, line {line}: {found} columns, where the first line has {count}", self.name);
            return Err(Failure::plain(message));
        }
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
    pub fn open(files: Vec<PathBuf>) -> Result<Lines, Failure> {
        Lines::of(files, None)
    }

    /// The same, which looks at each byte, so that it can be told whether files are the same as before.
    pub fn watched(files: Vec<PathBuf>) -> Result<Lines, Failure> {
        Lines::of(files, Some(Hash::default()))
    }

    fn of(mut files: Vec<PathBuf>, hash: Option<Hash>) -> Result<Lines, Failure> {
        files.reverse();
        let Some(first) = files.pop() else { return Err(Failure::plain("there is no file to read")) };
        let current = TextFile::open(&first, hash)?;
        if !current.is_first {
            return Err(Failure::plain(format!("{} has no rows", current.name)));
        }
        let columns = current.record.len();
        let field = current.record.get(0).filter(|_| columns == 1).unwrap_or_default();
        let other = [("semicolons", b';'), ("tabs", b'\t')].into_iter().find(|(_, sign)| field.contains(sign));
        if let Some((signs, _)) = other {
            let (name, line) = (&current.name, current.line);
            let message = format!("{name}, line {line}: commas stand between columns, and here are {signs}");
            return Err(Failure::plain(message).with_help("write commas between columns, and points in numbers"));
        }
        Ok(Lines { rest: files, current, columns })
    }

    pub fn columns(&self) -> usize {
        self.columns
    }

    /// A number that hangs on each byte that was read, where they are watched.
    pub fn hash(&self) -> u64 {
        self.current.hash.map_or(0, Hash::end)
    }

    /// The file whose rows are being read.
    pub fn file(&self) -> &str {
        &self.current.name
    }

    /// Adds the next rows, at most so many, to the arrays that their columns belong to; how many there were.
    pub fn read<T: EngineReal>(
        &mut self,
        most: usize,
        columns: &[Columns],
        data: &mut [Vec<T>],
        words: &mut Words,
    ) -> Result<usize, Failure> {
        let mut rows = 0;
        let mut before: Vec<usize> = Vec::new();
        while rows < most {
            let file = &mut self.current;
            if std::mem::take(&mut file.is_first) {
                if file.is_header(columns) {
                    let name = |field: &[u8]| String::from_utf8_lossy(field.trim_ascii()).into_owned();
                    file.names = file.record.iter().map(name).collect();
                } else {
                    file.add(self.columns, columns, data, words)?;
                    rows += 1;
                }
                continue;
            }
            let found = file.next()?;
            if let Found::Line(range) = &found {
                before.clear();
                before.extend(data.iter().map(Vec::len));
                if numbers(&file.buffer[range.clone()], columns, data) {
                    rows += 1;
                    continue;
                }
                data.iter_mut().zip(&before).for_each(|(own, length)| own.truncate(*length));
            }
            if file.fields(&found) {
                file.add(self.columns, columns, data, words)?;
                rows += 1;
                continue;
            }
            let Some(next) = self.rest.pop() else { break };
            self.current = TextFile::open(&next, self.current.hash)?;
        }
        Ok(rows)
    }
}

/// Adds a line of short numbers to the arrays that its fields belong to; is it one?
fn numbers<T: EngineReal>(line: &[u8], columns: &[Columns], data: &mut [Vec<T>]) -> bool {
    // None when no field is left.
    let mut rest = Some(line);
    for (own, of) in data.iter_mut().zip(columns) {
        for _ in 0..of.columns {
            let Some(bytes) = rest else { return false };
            let length = if of.is_spared {
                memchr::memchr(b',', bytes).unwrap_or(bytes.len())
            } else {
                match leading(bytes) {
                    Some((x, length)) if !of.is_label || of.fault(x).is_none() => {
                        own.push(T::from_f64(x));
                        length
                    }
                    _ => return false,
                }
            };
            rest = bytes.get(length + 1..);
        }
    }
    rest.is_none()
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

/// A number of few digits.
fn short(field: &[u8]) -> Option<f64> {
    leading(field).filter(|(_, length)| *length == field.len()).map(|(x, _)| x)
}

/// The number of few digits that stands before a comma or the end, and its length: it and the power of ten below it are exact
/// in doubles, and so their quotient is the nearest one (Clinger, "How to read floating point numbers accurately", 1990).
fn leading(bytes: &[u8]) -> Option<(f64, usize)> {
    let first = usize::from(bytes.first() == Some(&b'-'));
    let (mut whole, mut k, mut point) = (0u64, first, None);
    while let Some(c) = bytes.get(k) {
        match c {
            b'0'..=b'9' => whole = whole * 10 + u64::from(c - b'0'),
            b'.' if point.is_none() => point = Some(k),
            b',' => break,
            _ => return None,
        }
        k += 1;
        if k - first > TENS.len() {
            return None;
        }
    }
    let behind = point.map(|p| k - p - 1);
    if k - first == usize::from(point.is_some()) || whole >= 1 << 53 {
        return None;
    }
    // Most are whole numbers, which need no division.
    let x = behind.map_or(whole as f64, |n| whole as f64 / TENS[n]);
    Some((if first > 0 { -x } else { x }, k))
}

//! Reading formulas, points and assumptions from the command line.

use std::io::Read;
use std::path::PathBuf;

use wrt::Number;
use wrt::session::{Array, Assumptions, Numbers, Sizes, assumption, contradicts, is_name};

use crate::args::{Formula, Precision};
use crate::failure::Failure;

/// A text beyond this is refused before it is parsed.
const MAX_INPUT: u64 = 10_000_000;

/// A text and where it is from.
#[derive(Clone)]
pub struct Text {
    /// A file's path; `formula` on the command line.
    pub name: String,
    pub text: String,
}

impl Text {
    /// A formula of the command line.
    pub fn formula(text: &str) -> Text {
        Text { name: "formula".to_string(), text: text.to_string() }
    }
}

/// The text of the formula, wherever it comes from.
pub fn text(source: &Formula) -> Result<Text, Failure> {
    let is_file = |text: &&String| text.ends_with(".wrt") || text.ends_with(".plan");
    let model = source.formula.as_ref().filter(is_file).map(PathBuf::from);
    let (name, bytes) = match (source.file.as_ref().or(model.as_ref()), &source.formula) {
        (Some(path), _) => {
            let name = path.display().to_string();
            let file = std::fs::File::open(path);
            let file = file.map_err(|e| Failure::plain(format!("{name} could not be opened: {e}")))?;
            (name.clone(), read(file, &name)?)
        }
        (None, Some(dash)) if dash == "-" => {
            ("standard input".to_string(), read(std::io::stdin().lock(), "standard input")?)
        }
        (None, Some(text)) => return Ok(Text::formula(text)),
        (None, None) => return Err(Failure::plain("there is no formula")),
    };
    Ok(Text { text: utf8(&name, bytes)?, name })
}

/// A file's bytes as text.
pub fn utf8(name: &str, bytes: Vec<u8>) -> Result<String, Failure> {
    String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        Failure::plain(format!("{name} is not UTF-8: byte {at} is no part of a character"))
    })
}

/// All of a reader, up to what is refused.
pub fn read(input: impl Read, name: &str) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let size = input.take(MAX_INPUT + 1).read_to_end(&mut bytes);
    match size {
        Err(e) => Err(Failure::plain(format!("{name} could not be read: {e}"))),
        Ok(n) if n as u64 > MAX_INPUT => {
            Err(Failure::plain(format!("{name} has more than {MAX_INPUT} bytes; a formula has at most a million")))
        }
        Ok(_) => Ok(bytes),
    }
}

/// One coordinate: the name, the exact values, and the value as the person wrote it.
pub struct Coordinate {
    pub name: String,
    pub value: Array<Number>,
    pub written: String,
}

impl Coordinate {
    /// The value, if it is one number.
    pub fn number(&self) -> Option<&Number> {
        self.value.data.first().filter(|_| self.value.shape.is_empty())
    }
}

/// How deep lists may be nested.
const MAX_AXES: usize = 16;

/// `w=3`, `x=0.1,y=1/3`, `A=[[1,2],[3,4]]`
pub fn point(at: &[String]) -> Result<Vec<Coordinate>, Failure> {
    let mut found: Vec<Coordinate> = Vec::with_capacity(at.len());
    let all = at.join(",");
    if at.is_empty() {
        return Ok(found);
    }
    for item in outside_brackets(&all) {
        let (name, value) = item.split_once('=').ok_or_else(|| {
            Failure::plain(format!("--at: expected NAME=NUMBER, found `{}`", item.escape_debug()))
                .with_help("write --at w=3, or --at x=0.1,y=1/3, or --at A=[[1,2],[3,4]]; decimals have a point")
        })?;
        let (name, value) = (name.trim(), value.trim());
        let array = list(value).map_err(|message| {
            Failure::plain(format!("--at {name}: {message}"))
                .with_help("write a number such as 3, 0.1, 1e-3 or 1/3, or a list such as [1,2] or [[1,2],[3,4]]")
        })?;
        if found.iter().any(|c| c.name == name) {
            return Err(Failure::plain(format!("--at: `{name}` has two values")));
        }
        found.push(Coordinate { name: name.to_string(), value: array, written: value.to_string() });
    }
    Ok(found)
}

/// The pieces between those commas that no bracket encloses.
pub fn outside_brackets(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut pieces) = (0i32, 0, Vec::new());
    for (k, c) in text.char_indices() {
        match c {
            '[' => depth += 1,
            ']' => depth -= 1,
            ',' if depth <= 0 => {
                pieces.push(&text[start..k]);
                start = k + 1;
            }
            _ => {}
        }
    }
    pieces.push(&text[start..]);
    pieces
}

/// A number, or lists of lists of numbers.
fn list(text: &str) -> Result<Array<Number>, String> {
    let mut shape: Vec<Option<usize>> = Vec::new();
    let (mut counts, mut data): (Vec<usize>, Vec<Number>) = (Vec::new(), Vec::new());
    let mut rest = text.trim();
    if !rest.starts_with('[') {
        return Ok(Array { shape: Vec::new(), data: vec![Number::parse(rest)?] });
    }
    loop {
        // Where an entry begins: a list or a number.
        if let Some(inner) = rest.strip_prefix('[') {
            counts.push(0);
            if counts.len() > MAX_AXES {
                return Err(format!("lists are nested more than {MAX_AXES} deep"));
            }
            rest = inner.trim_start();
            if !rest.starts_with(']') {
                continue;
            }
        } else {
            let end = rest.find([',', ']', '[']).unwrap_or(rest.len());
            data.push(Number::parse(rest[..end].trim())?);
            if let Some(count) = counts.last_mut() {
                *count += 1;
            }
            if shape.len() > counts.len() {
                return Err("it mixes lists and numbers".to_string());
            }
            rest = rest[end..].trim_start();
        }
        while let Some(after) = rest.strip_prefix(']') {
            let depth = counts.len();
            let Some(count) = counts.pop() else { return Err("it has a `]` too many".to_string()) };
            shape.resize(shape.len().max(depth), None);
            match shape[depth - 1] {
                None => shape[depth - 1] = Some(count),
                Some(known) if known != count => return Err("its lists have different lengths".to_string()),
                Some(_) => {}
            }
            if let Some(outer) = counts.last_mut() {
                *outer += 1;
            }
            rest = after.trim_start();
            if counts.is_empty() {
                let shape: Vec<usize> = shape.into_iter().map(Option::unwrap_or_default).collect();
                let full = shape.iter().product::<usize>() == data.len();
                return match (rest, full) {
                    ("", true) => Ok(Array { shape, data }),
                    ("", false) => Err("it mixes lists and numbers".to_string()),
                    _ => Err(format!("`{}` follows the list", rest.escape_debug())),
                };
            }
        }
        rest = match rest.strip_prefix(',') {
            Some(after) => after.trim_start(),
            None if rest.is_empty() => return Err("a `]` is missing".to_string()),
            None => return Err(format!("expected `,` or `]`, found `{}`", rest.escape_debug())),
        };
    }
}

/// `A[m,n], x[n], t`: each name with its dimensions.
pub fn shapes(texts: &[String]) -> Result<Vec<(String, Vec<String>)>, Failure> {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for item in texts.iter().flat_map(|t| outside_brackets(t)).map(str::trim).filter(|t| !t.is_empty()) {
        let bad = || {
            Failure::plain(format!("--shapes: expected NAME[DIMENSIONS], found `{}`", item.escape_debug()))
                .with_help("write --shapes \"A[m,n], x[n], t\"")
        };
        let (name, dims) = match item.split_once('[') {
            Some((name, rest)) => (name.trim(), rest.strip_suffix(']').ok_or_else(bad)?),
            None => (item, ""),
        };
        let dims: Vec<String> = dims.split(',').map(|d| d.trim().to_string()).filter(|d| !d.is_empty()).collect();
        // A name, a number, or a sum of products of such.
        let atom = |d: &str| is_name(d.trim()) || d.trim().parse::<u32>().is_ok();
        let dimension = |d: &String| d.split(['+', '-', '*']).all(atom);
        if !is_name(name) || !dims.iter().all(dimension) {
            return Err(bad());
        }
        if found.iter().any(|(known, _)| known == name) {
            return Err(Failure::plain(format!("--shapes: `{name}` has two shapes")));
        }
        found.push((name.to_string(), dims));
    }
    Ok(found)
}

/// `m=4,n=3`
pub fn sizes(texts: &[String]) -> Result<Sizes, Failure> {
    let size = |item: &String| {
        let (name, size) = item.split_once('=')?;
        Some((name.trim().to_string(), size.trim().parse().ok()?))
    };
    let bad = |item: &String| {
        Failure::plain(format!("--dims: expected NAME=SIZE, found `{}`", item.escape_debug()))
            .with_help("write --dims m=4,n=3")
    };
    texts.iter().map(|item| size(item).ok_or_else(|| bad(item))).collect()
}

/// What `--assume` says.
pub fn assumptions(texts: &[String]) -> Result<Vec<(&str, Assumptions)>, Failure> {
    let mut all: Vec<(&str, Assumptions)> = Vec::new();
    for text in texts.iter().flat_map(|t| t.split(',')) {
        let (name, known) = assumption(text).map_err(|e| {
            Failure::plain(format!("--assume: {}", e.message())).with_help(e.help().unwrap_or_default())
        })?;
        match all.iter_mut().find(|(n, _)| *n == name) {
            Some((_, old)) => {
                let both = old.and(&known);
                *old = both.ok_or_else(|| {
                    Failure::plain(format!("--assume: no value of {name} fits all that is said of it"))
                        .with_help(format!("`{}` contradicts what stands before it", text.trim()))
                })?;
            }
            None => all.push((name, known)),
        }
    }
    Ok(all)
}

/// A point that breaks what was assumed of its names is refused.
pub fn check(point: &[Coordinate], assume: &[String]) -> Result<(), Failure> {
    let assumptions = assumptions(assume)?;
    for c in point {
        let known = assumptions.iter().find(|(name, _)| *name == c.name);
        if known.is_some_and(|(_, known)| contradicts(known, &c.value)) {
            let message = format!("--at {}={} contradicts what --assume says of {}", c.name, c.written, c.name);
            return Err(Failure::plain(message));
        }
    }
    Ok(())
}

/// What `--digits` says; how many are computed is for the engine to say.
pub fn digits(precision: &Precision) -> Result<Option<usize>, Failure> {
    let Some(text) = &precision.digits else { return Ok(None) };
    let whole = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !whole {
        return Err(Failure::plain(format!("--digits: `{}` is not a number of digits", text.escape_debug()))
            .with_help("write --digits 50"));
    }
    let digits = text.parse().unwrap_or(usize::MAX);
    if (1..=wrt::session::MAX_DIGITS).contains(&digits) {
        return Ok(Some(digits));
    }
    Err(Failure::plain(format!("--digits: {text} is asked for; at most {} are computed", wrt::session::MAX_DIGITS)))
}

/// What kind of numbers the options ask for.
pub fn numbers(precision: &Precision, as_written: bool) -> Result<Numbers, Failure> {
    Ok(match digits(precision)? {
        Some(digits) => Numbers::Digits(digits),
        None if as_written => Numbers::AsWritten,
        None => Numbers::Doubles,
    })
}

//! Reading formulas, points and assumptions from the command line.

use std::io::Read;

use wrt::Number;
use wrt::session::{Assumptions, Numbers, assumption, contradicts};

use crate::args::{Formula, Precision};
use crate::failure::Failure;

/// A text beyond this is refused before it is parsed.
const MAX_INPUT: u64 = 10_000_000;

/// The text of the formula, wherever it comes from.
pub fn text(source: &Formula) -> Result<String, Failure> {
    let bytes = match (&source.file, &source.formula) {
        (Some(path), _) => {
            let open = std::fs::File::open(path);
            let file = open.map_err(|e| Failure::plain(format!("{} could not be opened: {e}", path.display())))?;
            read(file, &path.display().to_string())?
        }
        (None, Some(dash)) if dash == "-" => read(std::io::stdin().lock(), "standard input")?,
        (None, Some(text)) => return Ok(text.clone()),
        (None, None) => return Err(Failure::plain("there is no formula")),
    };
    String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        Failure::plain(format!("the text is not UTF-8: byte {at} is no part of a character"))
    })
}

fn read(input: impl Read, name: &str) -> Result<Vec<u8>, Failure> {
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

/// One coordinate: the name, the exact value, and the value as the person wrote it.
pub struct Coordinate {
    pub name: String,
    pub value: Number,
    pub written: String,
}

/// `w=3`, `x=0.1`, `y=1/3`
pub fn point(at: &[String]) -> Result<Vec<Coordinate>, Failure> {
    let mut found: Vec<Coordinate> = Vec::with_capacity(at.len());
    for item in at {
        let (name, value) = item.split_once('=').ok_or_else(|| {
            Failure::plain(format!("--at: expected NAME=NUMBER, found `{}`", item.escape_debug()))
                .with_help("write --at w=3, or --at x=0.1,y=1/3; decimals have a point")
        })?;
        let (name, value) = (name.trim(), value.trim());
        let number = Number::parse(value).map_err(|message| {
            Failure::plain(format!("--at {name}: {message}")).with_help("write a number such as 3, 0.1, 1e-3 or 1/3")
        })?;
        if found.iter().any(|c| c.name == name) {
            return Err(Failure::plain(format!("--at: `{name}` has two values")));
        }
        found.push(Coordinate { name: name.to_string(), value: number, written: value.to_string() });
    }
    Ok(found)
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
                *old = Assumptions {
                    nonnegative: old.nonnegative | known.nonnegative,
                    nonpositive: old.nonpositive | known.nonpositive,
                    nonzero: old.nonzero | known.nonzero,
                    integer: old.integer | known.integer,
                }
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
        if known.is_some_and(|(_, known)| contradicts(*known, &c.value)) {
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

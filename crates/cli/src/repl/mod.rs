//! `wrt repl`: formulas, definitions and commands line by line; from a pipe as well.

mod editor;
mod interpreter;
mod notebook;

use std::io::{BufRead, IsTerminal, Write};
use std::process::ExitCode;

use crate::failure::Failure;
use interpreter::{Interpreter, Outcome};

/// What stands before a line.
const PROMPT: &str = "wrt> ";

/// The longest line that is read from a pipe.
const LONGEST: u64 = 10_000_000;

/// `wrt repl`: exit status 2 where a line from a pipe was wrong.
pub fn run() -> Result<ExitCode, Failure> {
    if std::io::stdin().is_terminal() { editor::run() } else { piped() }
}

/// Lines from a pipe: what is wrong goes to standard error, and the next line is read.
fn piped() -> Result<ExitCode, Failure> {
    let mut interpreter = Interpreter::default();
    let mut input = std::io::stdin().lock();
    let (mut statement, mut wrong) = (String::new(), false);
    loop {
        let mut bytes = Vec::new();
        let read = std::io::Read::take(&mut input, LONGEST).read_until(b'\n', &mut bytes);
        let count = read.map_err(|e| Failure::plain(format!("standard input could not be read: {e}")))?;
        statement.push_str(&crate::point::utf8("standard input", bytes)?);
        if count > 0 && is_open(&statement) {
            continue;
        }
        match interpreter.statement(&statement) {
            Ok(Outcome::Quit) => break,
            Ok(Outcome::Said(text)) => crate::output::print(&text)?,
            Err(failure) => {
                // In the order in which it happened.
                let _ = std::io::stdout().flush();
                failure.report();
                wrong = true;
            }
        }
        statement.clear();
        if count == 0 {
            break;
        }
    }
    Ok(if wrong { ExitCode::from(2) } else { ExitCode::SUCCESS })
}

/// The lines of a statement without their comments and the blanks before these.
fn code(text: &str) -> String {
    let of_line = |line: &'_ str| {
        let mut quoted = false;
        let comment = line.char_indices().find(|(_, c)| {
            quoted ^= *c == '"';
            *c == '#' && !quoted
        });
        line[..comment.map_or(line.len(), |(at, _)| at)].trim_end().to_string()
    };
    text.lines().map(of_line).collect::<Vec<String>>().join("\n")
}

/// A statement in one line.
fn in_one_line(text: &str) -> String {
    code(text).replace("\\\n", " ").replace('\n', " ")
}

/// Does a statement go on in the next line: is a bracket open, or does it end with an operator or a backslash?
pub fn is_open(text: &str) -> bool {
    let text = code(text);
    let depth = text.chars().fold(0i32, |depth, c| match c {
        '(' | '[' | '{' => depth + 1,
        ')' | ']' | '}' => depth - 1,
        _ => depth,
    });
    let end = text.trim_end();
    let help = text.trim_start().starts_with('?');
    !help && (depth > 0 || !end.is_empty() && end.ends_with(['+', '-', '*', '/', '^', '@', '=', ',', '\\']))
}

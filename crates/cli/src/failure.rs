//! Errors on the terminal: the sentence, the place with a caret, what to do; exit status 2.

use std::io::{IsTerminal, Write};
use std::ops::Range;
use std::process::ExitCode;

use ariadne::{Config, IndexType, Label, Report, ReportKind, Source};
use wrt::Error;

use crate::point::Text;

/// Why a command ended.
pub struct Failure {
    message: String,
    help: Option<String>,
    place: Option<(Text, Range<usize>)>,
}

/// Texts longer than this, or with a longer line, are cut to the neighbourhood of the error.
const SHOWN: usize = 1500;
const SHOWN_LINE: usize = 120;

impl Failure {
    /// An error that no text is to blame for.
    pub fn plain(message: impl Into<String>) -> Failure {
        Failure { message: message.into(), help: None, place: None }
    }

    /// Adds what to do.
    pub fn with_help(mut self, help: impl Into<String>) -> Failure {
        self.help = Some(help.into());
        self
    }

    /// What has gone wrong.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do.
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// An error in a text.
    pub fn in_text(error: &Error, text: &Text) -> Failure {
        let place = error.span().map(|span| (text.clone(), span));
        Failure { message: error.message().to_string(), help: error.help().map(String::from), place }
    }

    /// An error at a place in a text other than that which was read.
    pub fn at(error: &Error, text: &Text, place: Range<usize>) -> Failure {
        Failure { place: Some((text.clone(), place)), ..Failure::in_text(error, text) }
    }

    /// Writes the error to standard error.
    pub fn report(&self) -> ExitCode {
        let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        // Nothing is left to do if standard error is closed.
        let _ = std::io::stderr().write_all(&self.render(colour));
        ExitCode::from(2)
    }

    fn render(&self, colour: bool) -> Vec<u8> {
        let mut out = Vec::new();
        if let Some((text, span)) = self.place.as_ref().filter(|(text, _)| !text.text.trim().is_empty()) {
            let Text { name, text } = text;
            let (shown, place, cut) = excerpt(text, span);
            let what = self.help.clone().unwrap_or_else(|| "here".to_string());
            let mut report = Report::build(ReportKind::Error, (name.as_str(), place.clone()))
                .with_config(Config::default().with_color(colour).with_index_type(IndexType::Char))
                .with_message(&self.message)
                .with_label(Label::new((name.as_str(), place)).with_message(what));
            if cut {
                let column = text[..span.start].rsplit('\n').next().unwrap_or_default().chars().count() + 1;
                report = report.with_note(format!("the place is column {column} of its line"));
            }
            if report.finish().write((name.as_str(), Source::from(shown)), &mut out).is_ok() {
                return out;
            }
            out.clear();
        }
        out.extend_from_slice(format!("Error: {}\n", self.message).as_bytes());
        if let Some(help) = &self.help {
            out.extend_from_slice(format!("  Help: {help}\n").as_bytes());
        }
        out
    }
}

impl From<Error> for Failure {
    fn from(e: Error) -> Failure {
        // What has no value is named between backticks.
        let named = e.message().split('`').skip(1).step_by(2).map(|n| format!("{n}=VALUE")).collect::<Vec<_>>();
        let give = || format!("write --at {}", named.join(","));
        let help = e.help().map(String::from).or_else(|| e.is_unbound().then(give));
        Failure { message: e.message().to_string(), help, place: None }
    }
}

/// The text around a span of bytes, behind as many lines as in the whole text, the span in its characters, and whether
/// the line lacks its beginning.
fn excerpt(text: &str, span: &Range<usize>) -> (String, Range<usize>, bool) {
    let long = text.len() > SHOWN || text.lines().any(|l| l.chars().count() > SHOWN_LINE);
    let (from, to) = if long { neighbourhood(text, span.start) } else { (0, text.len()) };
    let lead = if from > 0 && !text[..from].ends_with('\n') { "…" } else { "" };
    let tail = if to < text.len() && !text[to..].starts_with('\n') { "…" } else { "" };
    // A control character would disturb the terminal; each keeps its place as one character.
    let visible = |c: char| match c {
        '\n' | '\t' => c,
        c if (c as u32) < 0x20 => char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}'),
        c if c.is_control() => '\u{fffd}',
        c => c,
    };
    let before = "\n".repeat(text[..from].matches('\n').count());
    let shown = format!("{before}{lead}{}{tail}", text[from..to].chars().map(visible).collect::<String>());
    let characters = |at: usize| before.len() + lead.chars().count() + text[from..at.clamp(from, to)].chars().count();
    (shown, characters(span.start)..characters(span.end), !lead.is_empty())
}

/// Some fifty characters of the line on both sides.
fn neighbourhood(text: &str, at: usize) -> (usize, usize) {
    let before = text[..at].char_indices().rev().take_while(|(_, c)| *c != '\n').take(50).last();
    let after = text[at..].char_indices().take_while(|(_, c)| *c != '\n').take(50).last();
    (before.map_or(at, |(k, _)| k), after.map_or(at, |(k, c)| at + k + c.len_utf8()))
}

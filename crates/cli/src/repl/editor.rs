//! The repl in a terminal: history, completion, statements of several lines.

use std::path::PathBuf;
use std::process::ExitCode;

use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::{History, MemHistory};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Config, Context, Editor, Helper};

use super::interpreter::{COMMANDS, Interpreter, Outcome};
use super::{PROMPT, in_one_line, is_open};
use crate::failure::Failure;
use crate::output::print;
use crate::whole::write_whole;

/// So many lines are kept from one session to the next.
const LINES: usize = 1000;

/// What completes names, and says whether a statement goes on.
struct Assistant {
    names: Vec<String>,
}

/// The repl.
pub fn run() -> Result<ExitCode, Failure> {
    let failed = |e: ReadlineError| Failure::plain(format!("the terminal could not be read: {e}"));
    let config = Config::builder().max_history_size(LINES).map_err(failed)?.auto_add_history(true).build();
    let mut editor: Editor<Assistant, MemHistory> = Editor::with_history(config, MemHistory::new()).map_err(failed)?;
    editor.set_helper(Some(Assistant { names: Vec::new() }));
    remembered().iter().for_each(|line| {
        let _ = editor.add_history_entry(line);
    });
    print(&format!("wrt {}: `?` tells what there is, `quit` ends.\n", wrt::VERSION))?;
    let mut interpreter = Interpreter::default();
    loop {
        if let Some(assistant) = editor.helper_mut() {
            let own = interpreter.names().map(String::from);
            let known =
                wrt::session::function_names().into_iter().chain(COMMANDS).chain(["diff", "subs"]).map(String::from);
            assistant.names = own.chain(known).collect();
        }
        match editor.readline(PROMPT) {
            Ok(line) => match interpreter.statement(&line) {
                Ok(Outcome::Quit) => break,
                Ok(Outcome::Said(text)) => print(&text)?,
                Err(failure) => {
                    failure.report();
                }
            },
            Err(ReadlineError::Interrupted) => continue,
            Err(ReadlineError::Eof) => break,
            Err(e) => return Err(failed(e)),
        }
    }
    let history = editor.history();
    let lines =
        (0..history.len()).filter_map(|k| history.get(k, rustyline::history::SearchDirection::Forward).ok().flatten());
    remember(&lines.map(|l| in_one_line(&l.entry)).collect::<Vec<_>>());
    Ok(ExitCode::SUCCESS)
}

/// Where lines are kept.
fn history_file() -> Option<PathBuf> {
    let state = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from);
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/state"));
    Some(state.or_else(home)?.join("wrt").join("history"))
}

fn remembered() -> Vec<String> {
    let text = history_file().and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
    text.lines().map(String::from).collect()
}

/// A history that cannot be kept is no reason to fail.
fn remember(lines: &[String]) {
    let Some(path) = history_file() else { return };
    let Some(folder) = path.parent() else { return };
    if std::fs::create_dir_all(folder).is_ok() {
        let _ = write_whole(&path, (lines.join("\n") + "\n").as_bytes());
    }
}

impl Completer for Assistant {
    type Candidate = String;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        let before = line.get(..at).unwrap_or_default();
        let word = before.rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default();
        let found = self.names.iter().filter(|n| !word.is_empty() && n.starts_with(word)).cloned().collect();
        Ok((at - word.len(), found))
    }
}

impl Validator for Assistant {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        Ok(if is_open(context.input()) { ValidationResult::Incomplete } else { ValidationResult::Valid(None) })
    }
}

impl Hinter for Assistant {
    type Hint = String;
}

impl Highlighter for Assistant {}

impl Helper for Assistant {}

//! `wrt fmt`: model files in one style.

use std::fs::File;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use crate::args::Fmt;
use crate::failure::Failure;
use crate::output::print;
use crate::point::{Text, read, utf8};
use crate::whole::write_whole;

/// Exit status 1 where `--check` finds a file that is not formatted, 2 after an error; other files are still done.
pub fn run(a: &Fmt) -> Result<ExitCode, Failure> {
    let (mut status, mut failure) = (0, None);
    for path in &a.files {
        match format_one(path, a.check) {
            Ok(true) => {}
            Ok(false) => {
                print(&format!("{} is not formatted\n", path.display()))?;
                status = 1;
            }
            // The last error is reported by who called.
            Err(e) => {
                if let Some(earlier) = failure.replace(e) {
                    earlier.report();
                }
            }
        }
    }
    failure.map_or(Ok(ExitCode::from(status)), Err)
}

/// Is the file formatted now, or was it where nothing is to be changed?
fn format_one(path: &Path, check: bool) -> Result<bool, Failure> {
    let standard_input = path == Path::new("-");
    let name = if standard_input { "standard input".to_string() } else { path.display().to_string() };
    let bytes = if standard_input {
        read(io::stdin().lock(), &name)?
    } else {
        let file = File::open(path).map_err(|e| Failure::plain(format!("{name} could not be opened: {e}")))?;
        read(file, &name)?
    };
    let text = Text { text: utf8(&name, bytes)?, name };
    let formatted = formatted(&text)?;
    if check {
        return Ok(formatted == text.text);
    }
    if standard_input {
        print(&formatted)?;
    } else if formatted != text.text {
        write_whole(path, formatted.as_bytes())?;
    }
    Ok(true)
}

fn formatted(text: &Text) -> Result<String, Failure> {
    wrt::session::format(&text.text).map_err(|e| Failure::in_text(&e, text))
}

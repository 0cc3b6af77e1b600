//! `wrt fmt`: model files in one style.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use crate::args::Fmt;
use crate::failure::Failure;
use crate::output::print;
use crate::point::{Text, read, utf8};

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
        let name = text.name;
        replace(path, &formatted).map_err(|e| Failure::plain(format!("{name} could not be written: {e}")))?;
    }
    Ok(true)
}

fn formatted(text: &Text) -> Result<String, Failure> {
    wrt::session::format(&text.text).map_err(|e| Failure::in_text(&e, text))
}

/// The whole file or nothing: a new file beside it takes its place.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    // A link stays a link.
    let path = fs::canonicalize(path)?;
    if fs::metadata(&path)?.permissions().readonly() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only"));
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let beside = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let written = write_new(&beside, text, &path).and_then(|()| fs::rename(&beside, &path));
    if written.is_err() {
        // The first error is the one to report.
        let _ = fs::remove_file(&beside);
    }
    written
}

fn write_new(beside: &Path, text: &str, like: &Path) -> io::Result<()> {
    let mut file = File::create_new(beside)?;
    file.write_all(text.as_bytes())?;
    file.set_permissions(fs::metadata(like)?.permissions())?;
    file.sync_all()
}

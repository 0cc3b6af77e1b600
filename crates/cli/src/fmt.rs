//! `wrt fmt`: model files in one style.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use crate::args::Fmt;
use crate::failure::Failure;
use crate::output::print;
use crate::point::{Text, read, utf8};

/// Exit status 1 where `--check` finds a file that is not formatted.
pub fn run(a: &Fmt) -> Result<ExitCode, Failure> {
    let mut unformatted = Vec::new();
    for path in &a.files {
        let name = path.display().to_string();
        if name == "-" {
            let text = utf8("standard input", read(io::stdin().lock(), "standard input")?)?;
            let formatted = formatted(&Text { name: "standard input".to_string(), text })?;
            print(&formatted)?;
            continue;
        }
        let file = File::open(path).map_err(|e| Failure::plain(format!("{name} could not be opened: {e}")))?;
        let text = Text { text: utf8(&name, read(file, &name)?)?, name: name.clone() };
        let formatted = formatted(&text)?;
        if formatted == text.text {
            continue;
        }
        if a.check {
            unformatted.push(name);
        } else {
            replace(path, &formatted).map_err(|e| Failure::plain(format!("{name} could not be written: {e}")))?;
        }
    }
    for name in &unformatted {
        print(&format!("{name} is not formatted\n"))?;
    }
    Ok(ExitCode::from(u8::from(!unformatted.is_empty())))
}

fn formatted(text: &Text) -> Result<String, Failure> {
    wrt::session::format(&text.text).map_err(|e| Failure::in_text(&e, text))
}

/// The whole file or nothing: a new file beside it takes its place.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    // A link stays a link.
    let path = fs::canonicalize(path)?;
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

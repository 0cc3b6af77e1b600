//! Files that are written whole or not at all: whatever happens meanwhile, there is the old one or the new one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use crate::failure::Failure;

/// What writes a file's bytes, some at a time.
type Write<'a> = dyn FnMut(&mut dyn io::Write) -> Result<(), Failure> + 'a;

/// Writes a file beside the old one, and puts it into its place when all of it is there.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    write_whole_by(path, &mut |out| out.write_all(bytes).map_err(|e| failed(path, &e)))
}

/// The same of bytes that are made on the way.
pub fn write_whole_by(path: &Path, write: &mut Write<'_>) -> Result<(), Failure> {
    let fail = |e: io::Error| failed(path, &e);
    // A link stays a link.
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let old = fs::metadata(path).ok();
    if old.as_ref().is_some_and(|old| !old.is_file()) {
        // A pipe or a device stays what it is.
        let mut out = BufWriter::new(OpenOptions::new().write(true).open(path).map_err(fail)?);
        write(&mut out)?;
        return out.flush().map_err(fail);
    }
    if old.as_ref().is_some_and(|old| old.permissions().readonly()) {
        return Err(fail(io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only")));
    }
    let name = path.file_name().ok_or_else(|| fail(io::ErrorKind::InvalidFilename.into()))?;
    let new = path.with_file_name(format!(".{}.{}.new", name.to_string_lossy(), std::process::id()));
    let written = File::create(&new).map_err(fail).and_then(|file| {
        let mut out = BufWriter::new(file);
        write(&mut out)?;
        let file = out.into_inner().map_err(|e| fail(e.into_error()))?;
        old.as_ref().map_or(Ok(()), |old| file.set_permissions(old.permissions())).map_err(fail)?;
        file.sync_all().and_then(|()| fs::rename(&new, path)).map_err(fail)
    });
    if written.is_err() {
        // The first error is the one to report.
        let _ = fs::remove_file(&new);
    }
    written
}

fn failed(path: &Path, e: &io::Error) -> Failure {
    Failure::plain(format!("{} could not be written: {e}", path.display()))
}

/// Removes what writers left who were ended on the way, in a folder in which nobody else writes.
pub fn remove_unfinished(folder: &Path) {
    let unfinished = |name: &str| name.starts_with('.') && name.ends_with(".new");
    let all = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in all.filter(|entry| entry.file_name().to_str().is_some_and(unfinished)) {
        let _ = fs::remove_file(entry.path());
    }
}

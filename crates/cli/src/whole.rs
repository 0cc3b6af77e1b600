//! Files that are written whole or not at all: whatever happens meanwhile, there is the old one or the new one.

use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::path::Path;

use crate::failure::Failure;

/// Writes a file beside the old one, and puts it into its place when all of it is there.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    put(path, bytes).map_err(|e| Failure::plain(format!("{} could not be written: {e}", path.display())))
}

fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // A link stays a link.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let old = fs::metadata(&path).ok();
    if old.as_ref().is_some_and(|old| !old.is_file()) {
        // A pipe or a device stays what it is.
        return fs::write(&path, bytes);
    }
    if old.as_ref().is_some_and(|old| old.permissions().readonly()) {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only"));
    }
    let name = path.file_name().ok_or(io::ErrorKind::InvalidFilename)?;
    let new = path.with_file_name(format!(".{}.{}.new", name.to_string_lossy(), std::process::id()));
    let written = write_new(&new, bytes, old.as_ref()).and_then(|()| fs::rename(&new, &path));
    if written.is_err() {
        // The first error is the one to report.
        let _ = fs::remove_file(&new);
    }
    written
}

fn write_new(path: &Path, bytes: &[u8], like: Option<&Metadata>) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    like.map_or(Ok(()), |old| file.set_permissions(old.permissions()))?;
    file.sync_all()
}

/// Removes what writers left who were ended on the way, in a folder in which nobody else writes.
pub fn remove_unfinished(folder: &Path) {
    let unfinished = |name: &str| name.starts_with('.') && name.ends_with(".new");
    let all = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in all.filter(|entry| entry.file_name().to_str().is_some_and(unfinished)) {
        let _ = fs::remove_file(entry.path());
    }
}

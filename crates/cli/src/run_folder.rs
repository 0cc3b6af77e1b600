//! The folder of a run: each file is written whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Folders that are tried before there are too many.
const MANY: usize = 100_000;

/// A folder that belongs to one run.
pub struct RunFolder(PathBuf);

impl RunFolder {
    /// A new one: the one asked for, which must be empty, or the first free one of `runs/NAME-1`, `runs/NAME-2`, …
    pub fn new(asked: Option<&Path>, name: &str) -> Result<RunFolder, Failure> {
        let failed = |path: &Path, e: io::Error| Failure::plain(format!("{} could not be made: {e}", path.display()));
        if let Some(path) = asked {
            fs::create_dir_all(path).map_err(|e| failed(path, e))?;
            let used = fs::read_dir(path).map_err(|e| failed(path, e))?.next().is_some();
            if used {
                let message = format!("{} has files in it already", path.display());
                return Err(Failure::plain(message).with_help("give a new folder"));
            }
            return Ok(RunFolder(path.to_path_buf()));
        }
        let runs = Path::new("runs");
        fs::create_dir_all(runs).map_err(|e| failed(runs, e))?;
        for k in 1..MANY {
            let path = runs.join(format!("{name}-{k}"));
            match fs::create_dir(&path) {
                Ok(()) => return Ok(RunFolder(path)),
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                Err(e) => return Err(failed(&path, e)),
            }
        }
        Err(Failure::plain("runs/ has too many folders of this name"))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file beside the old one, and puts it into its place when all of it is there.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        let (path, new) = (self.0.join(name), self.0.join(format!(".{name}.new")));
        let written = File::create(&new).and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        });
        let done = written.and_then(|()| fs::rename(&new, &path));
        done.map_err(|e| Failure::plain(format!("{} could not be written: {e}", path.display())))
    }
}

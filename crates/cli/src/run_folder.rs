//! The folder of a run: it appears with all that a resume needs, and each file in it is written whole or not at all.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::whole::{remove_unfinished, write_whole};

/// Folders that are tried before there are too many.
const MANY: usize = 100_000;

/// A folder that belongs to one run, in which no other process works.
pub struct RunFolder {
    path: PathBuf,
    /// Held as long as somebody works here; given back by the system, whatever ends the process.
    _lock: File,
}

impl RunFolder {
    /// A new one with these files: the one asked for, which must be empty, or the first free one of `runs/NAME-1`,
    /// `runs/NAME-2`, … It is made elsewhere and put into its place when it is complete.
    pub fn new(asked: Option<&Path>, name: &str, files: &[(&str, Vec<u8>)]) -> Result<RunFolder, Failure> {
        let failed = |path: &Path, e: io::Error| Failure::plain(format!("{} could not be made: {e}", path.display()));
        if let Some(path) = asked {
            let used = path.exists() && fs::read_dir(path).map_err(|e| failed(path, e))?.next().is_some();
            if used {
                let message = format!("{} has files in it already", path.display());
                return Err(Failure::plain(message).with_help("give a new folder"));
            }
        }
        let parent = asked.map_or(Some(Path::new("runs")), Path::parent).unwrap_or(Path::new(""));
        let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
        fs::create_dir_all(parent).map_err(|e| failed(parent, e))?;
        let new = parent.join(format!(".{name}-{}.new", std::process::id()));
        fs::create_dir(&new).map_err(|e| failed(asked.unwrap_or(&parent.join(name)), e))?;
        let made = RunFolder::fill(&new, files).and_then(|folder| folder.settle(asked, parent, name));
        if made.is_err() {
            // It is ours, and nobody knows of it.
            let _ = fs::remove_dir_all(&new);
        }
        made
    }

    fn fill(path: &Path, files: &[(&str, Vec<u8>)]) -> Result<RunFolder, Failure> {
        let folder = RunFolder::locked(path)?;
        files.iter().try_for_each(|(name, bytes)| folder.write(name, bytes))?;
        Ok(folder)
    }

    /// Moves the folder to where it belongs.
    fn settle(mut self, asked: Option<&Path>, parent: &Path, name: &str) -> Result<RunFolder, Failure> {
        let failed = |path: &Path, e: io::Error| Failure::plain(format!("{} could not be made: {e}", path.display()));
        if let Some(path) = asked {
            // Not all systems put a folder in the place of an empty one.
            let _ = fs::remove_dir(path);
            fs::rename(&self.path, path).map_err(|e| failed(path, e))?;
            self.path = path.to_path_buf();
            return Ok(self);
        }
        for k in 1..MANY {
            let path = parent.join(format!("{name}-{k}"));
            if path.exists() {
                continue;
            }
            match fs::rename(&self.path, &path) {
                Ok(()) => {
                    self.path = path;
                    return Ok(self);
                }
                // Another run was faster.
                Err(_) if path.exists() => {}
                Err(e) => return Err(failed(&path, e)),
            }
        }
        Err(Failure::plain("runs/ has too many folders of this name"))
    }

    /// The folder of a run that has begun.
    pub fn open(path: &Path) -> Result<RunFolder, Failure> {
        if !path.join("run.json").is_file() {
            let message = format!("{} is no run: it has no run.json", path.display());
            return Err(Failure::plain(message).with_help("wrt train begins one"));
        }
        RunFolder::locked(path)
    }

    fn locked(path: &Path) -> Result<RunFolder, Failure> {
        let file = path.join(".lock");
        let failed = |e: io::Error| Failure::plain(format!("{} could not be made: {e}", file.display()));
        let lock = File::create(&file).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {
                remove_unfinished(path);
                Ok(RunFolder { path: path.to_path_buf(), _lock: lock })
            }
            Err(TryLockError::WouldBlock) => {
                Err(Failure::plain(format!("another process is training in {}", path.display())))
            }
            Err(TryLockError::Error(e)) => Err(failed(e)),
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file of the folder, none where there is none.
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Failure> {
        let path = self.path.join(name);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(Failure::plain(format!("{} could not be read: {e}", path.display()))),
        }
    }

    /// Writes a file beside the old one, and puts it into its place when all of it is there.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        write_whole(&self.path.join(name), bytes)
    }

    /// Removes the folder of a run that could not begin; one that was asked for and there before is empty again.
    pub fn abandon(self, was_there: bool) {
        let _ = fs::remove_dir_all(&self.path);
        if was_there {
            let _ = fs::create_dir(&self.path);
        }
    }
}

//! `wrt train` without a file: the models of the repository that have data beside them.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::{Value, json};
use wrt::Model;

use crate::answer::versioned;
use crate::args::Train;
use crate::failure::Failure;
use crate::output::{print, print_json};
use crate::rows;

/// The folder within the repository.
const FOLDER: &str = "examples";

/// A model that can be trained as it is.
struct Example {
    path: PathBuf,
    /// The comment at its beginning.
    about: String,
    /// Its line that begins with `train`.
    train: String,
    data: PathBuf,
}

impl Example {
    /// That of a file, if it is one.
    fn of(path: &Path) -> Option<Example> {
        let text = std::fs::read_to_string(path).ok()?;
        let train = text.lines().find_map(|line| line.strip_prefix("train "))?.trim().to_string();
        let about = text.lines().map_while(|line| line.strip_prefix('#')).map(str::trim);
        let about = about.collect::<Vec<&str>>().join(" ");
        let data = Model::parse(&text).ok()?.data_file()?;
        let data = rows::located(path.parent()?, Path::new(&data));
        data.exists().then(|| Example { path: path.to_path_buf(), about, train, data })
    }
}

/// The folder of examples: beside where one is, or above it, or above where the program lies.
fn folder() -> Option<PathBuf> {
    let here = std::env::current_dir().ok();
    let program = std::env::current_exe().ok();
    let above = here.iter().chain(&program).flat_map(|path| path.ancestors());
    // Many programs have a folder of this name.
    let found = above.map(|path| path.join(FOLDER)).find(|path| !models(path).is_empty())?;
    // As short as it can be written.
    let short = here.and_then(|here| found.strip_prefix(here).ok().map(Path::to_path_buf));
    Some(short.unwrap_or(found))
}

/// The model files of a folder, by name.
fn models(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> =
        entries.map(|entry| entry.path()).filter(|p| p.extension().is_some_and(|e| e == "wrt")).collect();
    found.sort();
    found
}

/// Lists them, each with the command that trains it.
pub fn list(a: &Train) -> Result<ExitCode, Failure> {
    if let Some(data) = &a.data {
        let message = "no model is named that the data is for";
        let help = format!("wrt init {} writes a first one", data.display());
        return Err(Failure::plain(message).with_help(help));
    }
    let found: Vec<Example> =
        folder().iter().flat_map(|folder| models(folder)).filter_map(|path| Example::of(&path)).collect();
    if found.is_empty() {
        let message = "no model is named, and the examples are not here: they lie in the repository, in examples/";
        let help = "for data of your own: wrt init data.csv writes data.wrt, and wrt train data.wrt trains it";
        return Err(Failure::plain(message).with_help(help));
    }
    if a.json {
        let one = |e: &Example| {
            json!({ "model": e.path.display().to_string(), "about": e.about, "train": e.train,
                "data": e.data.display().to_string() })
        };
        let all: Vec<Value> = found.iter().map(one).collect();
        return print_json(versioned(json!({ "examples": all })));
    }
    let mut text = String::from("Examples with data beside them:\n\n");
    for Example { path, about, train, data } in &found {
        let data = data.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        text.push_str(&format!("wrt train {}\n  {about}\n  from {data} by {train}\n", path.display()));
    }
    text.push_str("\nFor data of your own: wrt init data.csv, then wrt train data.wrt.\n");
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

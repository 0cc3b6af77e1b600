//! The teaching page: its walks print what it shows, and the files that it names exist.
//!
//! `UPDATE=1 cargo test -p wrt --test all how_it_works` writes the outputs.

#[path = "../examples/walk/steps.rs"]
mod walk;

use std::path::Path;

const PAGE: &str = "docs/how-it-works.md";

/// How the page calls the example.
const PREFIX: &str = "$ cargo run -q -p wrt --example walk -- ";

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The words of a command, quoted ones as one.
fn words(command: &str) -> Vec<&str> {
    command
        .split('"')
        .enumerate()
        .flat_map(|(k, part)| match k % 2 {
            1 => vec![part],
            _ => part.split_whitespace().collect(),
        })
        .collect()
}

/// The walks of a page, each with what it shows of it.
fn examples(page: &str) -> Vec<(&str, &str)> {
    let commands = page.split(PREFIX).skip(1);
    commands
        .filter_map(|rest| {
            let (command, rest) = rest.split_once('\n')?;
            let end = rest.find("```").unwrap_or(rest.len()).min(rest.find("$ ").unwrap_or(rest.len()));
            Some((command, &rest[..end]))
        })
        .collect()
}

#[test]
fn the_walks_print_what_the_page_shows() {
    let page = std::fs::read_to_string(root().join(PAGE)).unwrap();
    let mut written = page.clone();
    let mut count = 0;
    for (command, shown) in examples(&page) {
        let printed = walk::answer(&words(command)).unwrap_or_else(|e| panic!("{command}: {e}"));
        count += 1;
        if std::env::var_os("UPDATE").is_some() {
            written = written.replacen(&format!("{command}\n{shown}"), &format!("{command}\n{printed}"), 1);
        } else {
            assert_eq!(printed, shown, "{command}");
        }
    }
    assert!(count > 4, "only {count} walks were found");
    if written != page {
        std::fs::write(root().join(PAGE), written).unwrap();
    }
}

/// The Rust files of the workspace, with a slash before each.
fn files(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files(&path, found),
            false => found.push(path.to_string_lossy().replace('\\', "/")),
        }
    }
}

#[test]
fn the_files_that_the_pages_name_exist() {
    let mut all = Vec::new();
    files(&root().join("crates"), &mut all);
    for page in [PAGE, "ARCHITECTURE.md"] {
        let text = std::fs::read_to_string(root().join(page)).unwrap();
        let mut count = 0;
        for name in text.split('`').skip(1).step_by(2).filter(|q| q.ends_with(".rs")) {
            assert!(all.iter().any(|path| path.ends_with(&format!("/{name}"))), "{page} names {name}");
            count += 1;
        }
        assert!(count > 20, "{page} names only {count} files");
    }
}

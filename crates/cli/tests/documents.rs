//! The examples in the documents are run: each `$ wrt …` of a console block, and what it must print.

mod common;

use std::path::Path;
use std::process::Command;

use common::run;

/// The commands of a page with the output that it shows.
fn examples(page: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        match line.trim_start() {
            "```console" => inside = true,
            "```" => inside = false,
            _ if !inside => {}
            command if command.starts_with("$ ") => found.push((command[2..].to_string(), String::new())),
            _ => {
                if let Some((_, output)) = found.last_mut() {
                    output.push_str(line);
                    output.push('\n');
                }
            }
        }
    }
    found
}

#[cfg(unix)]
#[test]
fn the_examples_print_what_the_pages_show() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let (mut ran, mut wrong) = (0, String::new());
    for name in ["README.md", "docs/guide.md", "docs/language.md"] {
        let page = std::fs::read_to_string(root.join(name)).unwrap();
        for (command, shown) in examples(&page) {
            let command = command.replace("cargo run --release -p wrt-cli -- ", "wrt ");
            if !command.contains("wrt ") {
                continue;
            }
            let mut shell = Command::new("sh");
            let here = Path::new(env!("CARGO_BIN_EXE_wrt")).parent().unwrap();
            let path = std::env::var("PATH").unwrap_or_default();
            shell
                .env("PATH", format!("{}:{path}", here.display()))
                .args(["-c", &format!("{command} 2>&1")])
                .current_dir(&root);
            let done = run(shell, b"");
            ran += 1;
            if done.stdout != shown {
                wrong.push_str(&format!("{name}: {command}\n{}instead of\n{shown}", done.stdout));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(ran > 20, "only {ran} examples were found");
}

//! The examples in the documents are run: each `$ wrt …` of a console block, and what it must print.
//!
//! `UPDATE=1 cargo test -p wrt-cli --test all documents` writes the outputs; read what has changed as a person would.

use std::path::Path;
use std::process::Command;

use crate::common::run;

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

/// What is wrong with the pictures of a page: its commands have drawn them anew in `target/`.
fn pictures(root: &Path, name: &str, page: &str, update: bool) -> String {
    let mut wrong = String::new();
    for file in page.split("](pictures/").skip(1).filter_map(|rest| rest.split(')').next()) {
        let (drawn, kept) = (root.join("target").join(file), root.join("docs/pictures").join(file));
        let drawn = std::fs::read(drawn).unwrap_or_default();
        // Round-off in single precision hangs on the processor's instructions: such a picture is drawn and not compared.
        let same = std::fs::read(&kept).unwrap_or_default() == drawn || file.contains("sweep") && kept.exists();
        if drawn.is_empty() || same {
            wrong.push_str(&if drawn.is_empty() {
                format!("{name}: no command draws {file}\n")
            } else {
                String::new()
            });
        } else if update {
            std::fs::write(kept, drawn).unwrap();
        } else {
            wrong.push_str(&format!("{name}: docs/pictures/{file} is not what its command draws\n"));
        }
    }
    wrong
}

#[cfg(unix)]
#[test]
fn the_examples_print_what_the_pages_show() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let update = std::env::var_os("UPDATE").is_some();
    let (mut ran, mut wrong) = (0, String::new());
    for name in [
        "README.md",
        "docs/guide.md",
        "docs/language.md",
        "docs/how-it-works.md",
        "docs/training.md",
        "docs/coming-from-keras.md",
        "docs/pictures.md",
        "docs/picture-gallery.md",
        "docs/lecture.md",
    ] {
        let page = std::fs::read_to_string(root.join(name)).unwrap();
        let mut written = page.clone();
        for (asked, shown) in examples(&page) {
            let command = asked.replace("cargo run --release -- ", "wrt ");
            // An example in Rust is run by the tests of its crate (`crates/wrt/tests/how_it_works.rs`).
            if !command.contains("wrt ") || command.contains("--example ") {
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
                written = written.replacen(&format!("{asked}\n{shown}"), &format!("{asked}\n{}", done.stdout), 1);
                wrong.push_str(&format!("{name}: {command}\n{}instead of\n{shown}", done.stdout));
            }
        }
        wrong.push_str(&pictures(&root, name, &page, update));
        if update && written != page {
            std::fs::write(root.join(name), written).unwrap();
        }
    }
    assert!(wrong.is_empty() || update, "{wrong}");
    assert!(ran > 20, "only {ran} examples were found");
}

/// The lecture has every number that its statements speak of, as `wrt` prints it.
#[test]
fn the_lecture_has_its_numbers() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = std::fs::read_to_string(root.join("docs/lecture.md")).unwrap();
    let printed: String = examples(&page).into_iter().map(|(_, output)| output).collect();
    for number in [
        "9.006001",
        "0.006001",
        "6.001",
        "9.012004",
        "6.002",
        "9.0601",
        "6.00001",
        "4.004001",
        "8.994001",
        "dJ/dw = 2*w",
        "2*w\n4\n",
        "dJ/dw = 12",
        "8.012006001",
        "dJ/dw = 1\n",
        "2.001 ",
        "-1/w^2",
        "-0.25",
        "0.49975012",
        "-0.000249875",
        "66.009",
        "22.001",
        "22·3 = 66",
        "121",
        "4.5",
        "3·2 = 6",
        "6.002",
    ] {
        assert!(printed.contains(number), "{number} is not printed");
    }
    let drawn = |name: &str| std::fs::read_to_string(root.join("docs/pictures").join(name)).unwrap();
    for (name, texts) in [
        ("lecture_tangents.svg", &["slope 6", "slope 4", "slope -6"][..]),
        ("lecture_first.svg", &["dJ/dw = dJ/da·da/dw = 22·3 = 66", "nudged: 22.001"]),
        ("lecture_second.svg", &["-4", "4.5", "∂J/∂w = ∂J/∂c·∂c/∂w = 3·2 = 6"]),
    ] {
        let svg = drawn(name);
        texts.iter().for_each(|t| assert!(svg.contains(t), "{name} lacks {t}"));
    }
}

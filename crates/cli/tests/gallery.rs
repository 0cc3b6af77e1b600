//! The models in `examples/`: each is in the one style, passes the judge, and stands in `docs/gallery.md` with its gradient.
//!
//! `UPDATE=1 cargo test -p wrt-cli --test all gallery` writes the page.

use std::path::{Path, PathBuf};

use crate::common::wrt;

const PAGE: &str = "# Gallery

Each model of [`examples/`](../examples) with its gradient, as `wrt grad` prints it: text that `wrt` reads back, and
LaTeX. `d_h` is the derivative of the cost with respect to `h`, as backprop computes it from the cost down. Every
formula here is held against nudges by `wrt check` in the tests.
";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn models() -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> =
        std::fs::read_dir(root().join("examples")).unwrap().map(|entry| entry.unwrap().path()).collect();
    all.retain(|path| path.extension().is_some_and(|e| e == "wrt"));
    all.sort();
    all
}

fn run(args: &[&str], path: &Path) -> String {
    let path = path.to_str().unwrap();
    let done = wrt(&[&args[..1], &[path], &args[1..]].concat(), b"");
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{args:?} {path}: {}", done.stdout);
    done.stdout
}

#[test]
fn every_model_passes_the_judge() {
    let all = models();
    assert!(all.len() >= 15, "{} models", all.len());
    let judged = |path: &PathBuf| {
        let report = run(&["check"], path);
        let last = report.lines().last().unwrap_or_default();
        assert!(last.contains(" agree to ") && !report.contains("no derivative"), "{}: {report}", path.display());
    };
    std::thread::scope(|s| {
        s.spawn(|| all.iter().step_by(2).for_each(judged));
        all.iter().skip(1).step_by(2).for_each(judged);
    });
}

#[test]
fn every_model_is_formatted() {
    for path in models() {
        run(&["fmt", "--check"], &path);
    }
}

#[test]
fn every_gradient_stands_in_the_gallery() {
    let mut page = PAGE.to_string();
    for path in models() {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let latex: Vec<String> =
            run(&["grad", "--form", "latex"], &path).lines().map(|l| l.replacen(" = ", " &= ", 1)).collect();
        let latex: Vec<&String> = latex.iter().filter(|l| !l.starts_with('%')).collect();
        let lines: Vec<&str> = latex.iter().map(|l| l.as_str()).collect();
        page.push_str(&format!(
            "\n## {name}\n\n```text\n{text}```\n\n```text\n{}```\n\n```math\n\\begin{{aligned}}\n{} \n\\end{{aligned}}\n```\n",
            run(&["grad"], &path),
            lines.join(" \\\\\n"),
        ));
    }
    let at = root().join("docs/gallery.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&at, &page).unwrap();
    }
    let current = std::fs::read_to_string(&at).unwrap_or_default();
    assert!(current == page, "docs/gallery.md is not current: UPDATE=1 cargo test -p wrt-cli --test all gallery");
}

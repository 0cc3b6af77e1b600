//! What never happens, checked by machine: which layer uses which, what the core imports, what licences come in.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Each layer and those of the workspace that it may use.
const LAYERS: [(&str, &[&str]); 17] = [
    ("wrt-kernels", &[]),
    ("wrt-balls", &[]),
    ("wrt-draw", &[]),
    ("wrt-poly", &[]),
    ("wrt-lanes", &[]),
    ("wrt-core", &["wrt-kernels"]),
    ("wrt-differentiate", &["wrt-core"]),
    ("wrt-language", &["wrt-core", "wrt-differentiate"]),
    ("wrt-run", &["wrt-core", "wrt-balls"]),
    ("wrt-plan", &["wrt-core"]),
    ("wrt-engine", &["wrt-core", "wrt-plan", "wrt-lanes"]),
    ("wrt-rewrite", &["wrt-core", "wrt-language", "wrt-poly", "wrt-run"]),
    ("wrt-view", &["wrt-core"]),
    ("wrt-check", &["wrt-core", "wrt-run", "wrt-differentiate", "wrt-balls"]),
    (
        "wrt",
        &[
            "wrt-kernels",
            "wrt-balls",
            "wrt-core",
            "wrt-differentiate",
            "wrt-engine",
            "wrt-language",
            "wrt-run",
            "wrt-rewrite",
            "wrt-view",
            "wrt-check",
        ],
    ),
    (
        "wrt-trials",
        &[
            "wrt",
            "wrt-balls",
            "wrt-core",
            "wrt-differentiate",
            "wrt-engine",
            "wrt-language",
            "wrt-rewrite",
            "wrt-run",
            "wrt-view",
            "wrt-check",
        ],
    ),
    ("wrt-cli", &["wrt", "wrt-draw"]),
];

/// The most public methods of a type of the facade, so that it can be known by heart; an expression has more, as each
/// kind of derivative and each operator that can fail is a method of its own.
const METHODS: usize = 20;
const EXPRESSION_METHODS: usize = 30;

/// Crates that one layer only may use.
const RESERVED: [(&str, &str); 3] = [("clap", "wrt-cli"), ("ariadne", "wrt-cli"), ("serde_json", "wrt-cli")];

/// The most crates from outside that the core may use.
const CORE_DEPENDENCIES: usize = 6;

/// Layers without input and output, and what they must not name.
const PURE: [&str; 15] = [
    "kernels",
    "balls",
    "poly",
    "draw",
    "lanes",
    "core",
    "plan",
    "engine",
    "differentiate",
    "language",
    "run",
    "rewrite",
    "view",
    "check",
    "wrt",
];
const FORBIDDEN: [&str; 11] = [
    "std::fs",
    "std::net",
    "thread::spawn",
    "thread::scope",
    "thread::Builder",
    "std::process",
    "std::env::",
    "println!",
    "eprintln!",
    "std::time",
    "static mut",
];

/// The one file below the facade that starts threads, when a caller asks for them.
const THREADS: &str = "lanes/src/team.rs";

/// Licences that go with MIT OR Apache-2.0.
const LICENCES: [&str; 15] = [
    "MIT",
    "MIT-0",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "CC0-1.0",
    "0BSD",
    "Unlicense",
    "BSL-1.0",
    "BlueOak-1.0.0",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// `cargo metadata`, of all platforms where their crates are at hand, else of this one; no network.
fn metadata() -> Value {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let run = |more: &[&str]| {
        let mut command = Command::new(&cargo);
        command.current_dir(root()).args(["metadata", "--format-version", "1", "--offline", "--locked"]).args(more);
        command.output().unwrap()
    };
    let mut output = run(&[]);
    if !output.status.success() {
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let version = String::from_utf8(Command::new(rustc).arg("-vV").output().unwrap().stdout).unwrap();
        let host = version.lines().find_map(|l| l.strip_prefix("host: ")).unwrap();
        output = run(&["--filter-platform", host]);
    }
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn packages(metadata: &Value) -> impl Iterator<Item = &Value> {
    metadata["packages"].as_array().unwrap().iter()
}

/// The names of a package's dependencies, without those of its tests.
fn dependencies(package: &Value) -> Vec<&str> {
    let all = package["dependencies"].as_array().unwrap();
    all.iter().filter(|d| d["kind"].as_str() != Some("dev")).map(|d| d["name"].as_str().unwrap()).collect()
}

#[test]
fn layers_use_only_what_lies_below() {
    let metadata = metadata();
    let own: Vec<&Value> = packages(&metadata).filter(|p| p["source"].is_null()).collect();
    for package in &own {
        let name = package["name"].as_str().unwrap();
        let Some((_, allowed)) = LAYERS.iter().find(|(n, _)| *n == name) else {
            panic!("{name} is in no layer: add it to the list here and to ARCHITECTURE.md")
        };
        for used in dependencies(package) {
            if own.iter().any(|p| p["name"] == used) {
                assert!(allowed.contains(&used), "{name} must not use {used}");
            }
            if let Some((_, owner)) = RESERVED.iter().find(|(n, _)| *n == used) {
                assert_eq!(name, *owner, "only {owner} may use {used}");
            }
        }
    }
    let core = own.iter().find(|p| p["name"] == "wrt-core").unwrap();
    let outside = dependencies(core).into_iter().filter(|n| !n.starts_with("wrt-")).count();
    assert!(outside <= CORE_DEPENDENCIES, "wrt-core uses {outside} crates from outside");
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn the_lower_layers_do_no_input_or_output() {
    for layer in PURE {
        let mut files = Vec::new();
        sources(&root().join("crates").join(layer).join("src"), &mut files);
        for file in files {
            let text = std::fs::read_to_string(&file).unwrap();
            for (k, line) in text.lines().enumerate().filter(|(_, l)| !l.trim_start().starts_with("//")) {
                let allowed = |word: &str| word.starts_with("thread::") && file.ends_with(THREADS);
                for word in FORBIDDEN.into_iter().filter(|word| !allowed(word)) {
                    assert!(!line.contains(word), "{}:{}: {word}", file.display(), k + 1);
                }
            }
        }
    }
}

#[test]
fn no_test_looks_at_a_clock() {
    let mut files = Vec::new();
    sources(&root().join("crates"), &mut files);
    // This file names it, to forbid it.
    let test = |f: &Path| f.components().any(|c| c.as_os_str() == "tests") && !f.ends_with("structure.rs");
    for file in files.iter().filter(|f| test(f)) {
        let text = std::fs::read_to_string(file).unwrap();
        assert!(!text.contains("std::time"), "{}: count work, not time", file.display());
    }
}

/// The workspace forbids `unsafe`; one crate has lints of its own, which ask for a reason at each block.
#[test]
fn unsafe_code_is_in_one_crate() {
    let manifest = |folder: &Path| std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    assert!(manifest(&root()).contains("unsafe_code = \"forbid\""));
    for entry in std::fs::read_dir(root().join("crates")).unwrap() {
        let folder = entry.unwrap().path();
        let own = manifest(&folder);
        if folder.ends_with("lanes") {
            assert!(own.contains("undocumented_unsafe_blocks = \"deny\""));
        } else {
            assert!(own.contains("[lints]\nworkspace = true"), "{} has lints of its own", folder.display());
        }
    }
}

/// Tests of a crate are one program, of which each file is a module; what is not named there would not run.
#[test]
fn every_file_of_tests_runs() {
    let mut files = Vec::new();
    sources(&root().join("crates"), &mut files);
    for all in files.iter().filter(|f| f.ends_with("tests/all.rs")) {
        let text = std::fs::read_to_string(all).unwrap();
        let manifest = std::fs::read_to_string(all.parent().unwrap().with_file_name("Cargo.toml")).unwrap();
        for file in files.iter().filter(|f| f.parent() == all.parent() && *f != all) {
            let name = file.file_stem().unwrap().to_str().unwrap();
            let (module, own) = (format!("mod {name};"), format!("[[test]]\nname = \"{name}\""));
            assert!(text.contains(&module) || manifest.contains(&own), "{} runs nowhere", file.display());
        }
    }
}

/// A crate whose own tests are not compiled has none.
#[test]
fn every_test_within_a_crate_runs() {
    let mut files = Vec::new();
    sources(&root().join("crates"), &mut files);
    let mut without = 0;
    for manifest in std::fs::read_dir(root().join("crates")).unwrap().map(|e| e.unwrap().path().join("Cargo.toml")) {
        let Ok(text) = std::fs::read_to_string(&manifest) else { continue };
        if !text.contains("[lib]\ntest = false") {
            continue;
        }
        without += 1;
        let src = manifest.with_file_name("src");
        for file in files.iter().filter(|f| f.starts_with(&src)) {
            let text = std::fs::read_to_string(file).unwrap();
            assert!(!text.contains("#[test]"), "{} has a test that is not compiled", file.display());
        }
    }
    assert!(without > 0);
}

#[test]
fn every_file_says_what_it_is() {
    let mut files = Vec::new();
    sources(&root().join("crates"), &mut files);
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("//! "), "{} does not open with a `//!` sentence", file.display());
    }
}

#[test]
fn types_of_the_facade_are_small() {
    let mut files = Vec::new();
    sources(&root().join("crates/wrt/src"), &mut files);
    let mut methods: HashMap<String, usize> = HashMap::new();
    for file in files {
        let text = std::fs::read_to_string(file).unwrap();
        let mut of = String::new();
        for line in text.lines() {
            if let Some(head) = line.strip_prefix("impl") {
                // A trait's methods are not counted, as they are not marked `pub`.
                // Behind the parameters: `impl<T: Real> Program<T>`.
                let head = head.strip_prefix('<').and_then(|h| h.split_once("> ")).map_or(head, |(_, h)| h);
                let name = head.split(" for ").last().unwrap_or(head).trim_start_matches(' ');
                of = name.chars().take_while(|c| c.is_alphanumeric()).collect();
            } else if line.starts_with("    pub fn ") {
                *methods.entry(of.clone()).or_default() += 1;
            }
        }
    }
    assert!(methods["Session"] > 10 && methods["Document"] > 10, "{methods:?}");
    for (name, count) in methods {
        let most = if name == "Expr" { EXPRESSION_METHODS } else { METHODS };
        assert!(count <= most, "`{name}` has {count} public methods; at most {most} can be known by heart");
    }
}

#[test]
fn licences_fit() {
    let metadata = metadata();
    for package in packages(&metadata) {
        let name = package["name"].as_str().unwrap();
        let licence = package["license"].as_str().unwrap_or("");
        assert!(fits(licence), "{name}: {licence:?} does not fit MIT OR Apache-2.0");
    }
}

/// Is there a choice in which every licence is one of ours? (`A OR B`, `A AND B`, parentheses, the old `A/B`)
fn fits(expression: &str) -> bool {
    let text = expression.trim().replace('/', " OR ");
    for (word, every) in [(" OR ", false), (" AND ", true)] {
        let parts = split_outside(&text, word);
        if parts.len() > 1 {
            return if every { parts.iter().all(|p| fits(p)) } else { parts.iter().any(|p| fits(p)) };
        }
    }
    match text.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
        Some(inside) => fits(inside),
        None => LICENCES.contains(&text.as_str()),
    }
}

/// Splits at a word that stands outside all parentheses.
fn split_outside<'t>(text: &'t str, word: &str) -> Vec<&'t str> {
    let (mut parts, mut depth, mut start, mut at) = (Vec::new(), 0, 0, 0);
    while at < text.len() {
        match text.as_bytes()[at] {
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ if depth == 0 && text[at..].starts_with(word) => {
                parts.push(&text[start..at]);
                start = at + word.len();
            }
            _ => {}
        }
        at += 1;
    }
    parts.push(&text[start..]);
    parts
}

#[test]
fn licence_expressions_are_read() {
    for good in ["MIT", "MIT/GPL-3.0", "(MIT OR GPL-3.0) AND Unicode-3.0", "LGPL-3.0 OR Zlib", "MIT AND (ISC OR X)"] {
        assert!(fits(good), "{good}");
    }
    for bad in ["", "GPL-3.0", "MIT AND LGPL-2.1", "MPL-2.0", "(GPL-2.0 OR LGPL-3.0)", "MIT AND (GPL-2.0 OR X)"] {
        assert!(!fits(bad), "{bad}");
    }
}

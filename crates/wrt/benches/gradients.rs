//! What value and gradient cost beside the value alone, of every model in `examples/`, in the reference evaluator:
//! `cargo bench -p wrt --bench gradients [-- NAME]`. The bound for functions of numbers is 4 (Baur & Strassen 1983); it
//! counts operations, not how arrays are walked.

mod common;

use std::path::Path;

use wrt::session::{DerivativeKind, Point, Scope, Session};
use wrt_core::{Number, dimensions};
use wrt_run::evaluate;

use common::{report, time};

/// How large a dimension is: time steps, observations, everything else.
fn size(name: &str) -> usize {
    match name {
        "T" => 1000,
        "m" => 200,
        _ => 12,
    }
}

/// CPU seconds of the value, and of value and gradient; or why there are none.
fn measured(text: &str) -> Result<(f64, f64), String> {
    let mut session = Session::parse(text, &Scope::default()).map_err(|e| e.to_string())?;
    let names = session.document().default_variables();
    let ids: Vec<_> = names.iter().map(|n| session.variable(n)).collect::<Result<_, _>>().map_err(|e| e.to_string())?;
    let root = session.document().root();
    let found = session.derive(DerivativeKind::Gradient, &ids, &[]).map_err(|e| e.to_string())?;
    let used = dimensions(session.graph(), &[root]);
    let sizes = used.iter().filter_map(|d| d.as_name()).map(|n| (n.to_string(), size(n))).collect();
    let point = session.document().random_point(&Point { values: Vec::new(), sizes }).map_err(|e| e.to_string())?;
    let at = point.map(Number::to_f64);
    let all: Vec<_> = std::iter::once(root).chain(found.ids()).collect();
    let run = |roots: &[wrt::session::Id]| evaluate(session.graph(), roots, &at, &0.0);
    run(&all).map_err(|e| e.to_string())?;
    Ok((time(|| [root], |roots| run(&roots)), time(|| &all, |roots| run(roots))))
}

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let mut files: Vec<_> = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|f| f.path()).collect();
    files.sort();
    for file in files.iter().filter(|f| f.extension().is_some_and(|e| e == "wrt")) {
        let name = file.file_stem().and_then(|n| n.to_str()).unwrap_or_default();
        if !wanted.is_empty() && !wanted.iter().any(|w| name.contains(w.as_str())) {
            continue;
        }
        match std::fs::read_to_string(file).map_err(|e| e.to_string()).and_then(|text| measured(&text)) {
            Ok((value, both)) => {
                report(name, both, &format!("{:.2} times the value alone, {:.2} us", both / value, value * 1e6));
            }
            Err(why) => println!("{name:<24} {why}"),
        }
    }
}

//! Random formulas of numbers, vectors, matrices and tensors of three axes: what is printed of their gradients, read
//! back, has the values of the derivatives, in sizes of which no two agree.

use crate::common::random::Random;
use wrt::ErrorKind;
use wrt::session::{Inspected, Scope, Scrutiny, Session};

impl Random {
    fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }
}

const DIMS: [&str; 3] = ["m", "n", "k"];

/// A name of this shape.
fn name(shape: &[usize], random: &mut Random) -> String {
    let letters: String = shape.iter().map(|d| DIMS[*d]).collect();
    format!("{}{letters}{}", ["c", "v", "M", "T"][shape.len()], ["", "2"][random.below(2)])
}

fn with(shape: &[usize], at: usize, dim: usize) -> Vec<usize> {
    let mut all = shape.to_vec();
    all.insert(at, dim);
    all
}

/// A formula of this shape.
fn formula(shape: &[usize], depth: usize, random: &mut Random) -> String {
    if depth == 0 {
        return name(shape, random);
    }
    let of = |shape: &[usize], random: &mut Random| formula(shape, depth - 1, random);
    match (shape.len(), random.below(12)) {
        (_, 0) => name(shape, random),
        (_, 1) => format!("{}({})", random.pick(&["exp", "sin", "tanh", "sigmoid"]), of(shape, random)),
        (_, 2) => format!("({} {} {})", of(shape, random), random.pick(&["+", "-", "*"]), of(shape, random)),
        (_, 3) => format!("({})^{}", of(shape, random), random.pick(&["2", "3"])),
        (_, 4) => format!("({} - {}*{})", random.pick(&["1", "2"]), of(&[], random), of(shape, random)),
        (rank, 5) if rank < 3 => {
            let (at, dim) = (random.below(rank + 1), random.below(3));
            let axis = if rank == 0 { String::new() } else { format!(", axis={at}") };
            format!("{}({}{axis})", random.pick(&["sum", "mean"]), of(&with(shape, at, dim), random))
        }
        (0, 6) => format!("tr({})", of(&[1, 1], random)),
        (0, _) => {
            let d = random.below(3);
            format!("({} @ {})", of(&[d], random), of(&[d], random))
        }
        (1, _) => {
            let d = random.below(3);
            match random.below(3) {
                0 => format!("({} @ {})", of(&[shape[0], d], random), of(&[d], random)),
                1 => format!("(({})' @ {})", of(&[d, shape[0]], random), of(&[d], random)),
                _ => format!("softmax({})", of(shape, random)),
            }
        }
        (2, 6) => format!("outer({}, {})", of(&shape[..1], random), of(&shape[1..], random)),
        (2, 7) => format!("({}*{})", of(shape, random), of(&shape[1..], random)),
        (2, 8) => format!("(({})[:, None]*{})", of(&shape[..1], random), of(shape, random)),
        (2, 9) => format!("({})'", of(&[shape[1], shape[0]], random)),
        (2, _) => {
            let d = random.below(3);
            format!("({} @ {})", of(&[shape[0], d], random), of(&[d, shape[1]], random))
        }
        (_, _) => format!("({}*{})", of(shape, random), of(&shape[1..], random)),
    }
}

fn shapes() -> Vec<(String, Vec<&'static str>)> {
    let mut all: Vec<Vec<usize>> = vec![Vec::new()];
    for rank in 1..=3 {
        let shorter: Vec<Vec<usize>> = all.iter().filter(|s| s.len() == rank - 1).cloned().collect();
        all.extend(shorter.iter().flat_map(|s| (0..3).map(|d| with(s, s.len(), d))));
    }
    let mut named = Vec::new();
    for shape in all {
        let letters: String = shape.iter().map(|d| DIMS[*d]).collect();
        for copy in ["", "2"] {
            let name = format!("{}{letters}{copy}", ["c", "v", "M", "T"][shape.len()]);
            named.push((name, shape.iter().map(|d| DIMS[*d]).collect()));
        }
    }
    named
}

/// What is wrong with a formula's printed gradient, if anything; none where there is nothing to compare.
fn fault(text: &str, shapes: &[(&str, Vec<&str>)]) -> Option<Option<String>> {
    let scope = Scope { shapes, ..Scope::default() };
    let mut session = Session::parse(text, &scope).unwrap_or_else(|e| panic!("{text}: {e}"));
    let names = session.document().default_variables();
    let scrutiny = Scrutiny { entries: Some(1), trust: false };
    let what = Inspected { wrt: &names, at: &[], sizes: Vec::new(), scrutiny, digits: None };
    let found = match session.inspect(&what, &mut |_, _| {}) {
        Ok(found) => found,
        Err(e) if e.kind() == ErrorKind::Value => return None,
        Err(e) => panic!("{text}: {e}"),
    };
    match found.verdict() {
        "agreement" => Some(None),
        "unreadable" | "disagreement" => Some(Some(format!("{text}\n{}\n{:?}", found.text, found.fault()))),
        _ => None,
    }
}

fn check(seed: u64, count: usize, depth: usize) {
    let mut random = Random(seed);
    let owned = shapes();
    let shapes: Vec<(&str, Vec<&str>)> = owned.iter().map(|(n, d)| (n.as_str(), d.clone())).collect();
    let found: Vec<Option<String>> =
        (0..count).filter_map(|_| fault(&formula(&[], depth, &mut random), &shapes)).collect();
    let compared = found.len();
    let faults: Vec<String> = found.into_iter().flatten().collect();
    assert!(faults.is_empty(), "{} of {count}:\n{}", faults.len(), faults[..faults.len().min(5)].join("\n\n"));
    assert!(compared * 10 > count * 9, "only {compared} of {count} were compared");
}

#[test]
fn small_formulas() {
    check(0x9e37_79b9_7f4a_7c15, 600, 2);
}

#[test]
fn larger_formulas() {
    check(0x1234_5678_9abc_def1, 300, 3);
}

//! The sweep over the rules on tensors: every row fires on its examples, and both sides are evaluated at points inside, at
//! and outside of its domain, in sizes where no two dimensions agree, where all are 1 and where some are 0.

use wrt::session::{Array, Assumptions, Form, Number, Point, Scope, Session, Sizes};
use wrt_rewrite::{BUILT_IN, Effect, FACTS, RULES, TENSOR_RULES, TensorRule};

/// Sizes of the named dimensions.
const SIZES: [[(&str, usize); 2]; 6] = [
    [("m", 2), ("n", 3)],
    [("m", 4), ("n", 2)],
    [("m", 1), ("n", 1)],
    [("m", 0), ("n", 2)],
    [("m", 3), ("n", 0)],
    [("m", 0), ("n", 0)],
];

/// What takes dimensions to be at least 1: a sum over nothing is 0, also of shares of 1 and of what is positive.
const OF_SOMETHING: [&str; 3] = ["softmax by its definition", "sum of a softmax", "a sum of what has a sign"];

/// The sizes in which a rule or a fact is tried.
fn sizes_for(name: &str) -> Vec<Sizes> {
    let some = |sizes: &&[(&str, usize); 2]| !OF_SOMETHING.contains(&name) || sizes.iter().all(|(_, k)| *k > 0);
    let told = |sizes: &[(&str, usize); 2]| sizes.iter().map(|(n, k)| (n.to_string(), *k)).collect();
    SIZES.iter().filter(some).map(told).collect()
}

/// Kinds of values that are tried.
const KINDS: [&str; 6] = ["generic", "singular", "zeros", "ties", "labels", "no labels"];

type Shapes<'t> = Vec<(&'t str, Vec<&'t str>)>;

/// `A[m,n], x[n]`
fn shapes(text: &str) -> Shapes<'_> {
    let names = text.split(']').filter_map(|t| t.trim_start_matches([',', ' ']).split_once('['));
    names.map(|(name, dims)| (name, dims.split(',').filter(|d| !d.is_empty()).collect())).collect()
}

fn read<'t>(text: &str, shapes: &Shapes<'t>, condition: &str) -> Session {
    let known: Vec<(&str, Assumptions)> = match condition.split_once(' ') {
        Some((name, "symmetric")) => vec![(name, Assumptions { symmetric: true, ..Assumptions::default() })],
        Some((name, "nonzero")) => vec![(name, Assumptions { nonzero: true, ..Assumptions::default() })],
        _ => Vec::new(),
    };
    let scope = Scope { shapes, assumptions: &known, dimensions: &["m", "n"], ..Scope::default() };
    Session::parse(text, &scope).unwrap_or_else(|e| panic!("{text}: {e}"))
}

/// The simplified formula as people see it, and the notes.
fn shown(text: &str, rule: &TensorRule, condition: &str) -> (String, Vec<String>) {
    let mut session = read(text, &shapes(rule.shapes), condition);
    let simple = session.simplify(session.document().root());
    (session.print(simple.id, Form::Text).line(), simple.notes)
}

/// Integers and halves, the same every time; of each kind in its own way.
fn entries(shape: &[usize], kind: &str, condition: &str, seed: &mut u64) -> Vec<Number> {
    let count: usize = shape.iter().product();
    let mut next = || {
        *seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (*seed >> 33) as i64 % 13 - 6
    };
    let columns = shape.last().copied().unwrap_or(1).max(1);
    let mut values: Vec<Number> = (0..count)
        .map(|k| match kind {
            // All rows are multiples of one another.
            "singular" => Number::integer((k / columns + 1) as i64 * (k % columns + 1) as i64),
            "zeros" => Number::ZERO,
            "ties" => Number::integer(next().signum()),
            "labels" => Number::integer(next().rem_euclid(3)),
            "no labels" => Number::ratio(next() * 2 + 1, 2).unwrap(),
            _ => Number::ratio(next() * 4 + (k % 3) as i64, 4).unwrap(),
        })
        .collect();
    if condition == "nonzero" {
        values.iter_mut().filter(|v| v.is_zero()).for_each(|v| *v = Number::HALF);
    }
    if condition == "symmetric" {
        for (i, j) in (0..columns).flat_map(|i| (0..i).map(move |j| (i, j))) {
            values[i * columns + j] = values[j * columns + i].clone();
        }
    }
    values
}

fn point(
    session: &mut Session,
    rule_shapes: &Shapes<'_>,
    condition: &str,
    kind: &str,
    sizes: &Sizes,
    seed: u64,
) -> Point {
    let mut seed = seed;
    let size = |d: &str| sizes.iter().find(|(n, _)| n == d).map_or_else(|| d.parse().unwrap(), |(_, k)| *k);
    let mut at = Point { values: Vec::new(), sizes: sizes.clone() };
    for (name, dims) in rule_shapes {
        let shape: Vec<usize> = dims.iter().map(|d| size(d)).collect();
        let known = condition.split_once(' ').filter(|(known, _)| known == name);
        let data = entries(&shape, kind, known.map_or("", |(_, what)| what), &mut seed);
        if let Ok(id) = session.variable(name) {
            at.values.push((id, Array { shape, data }));
        }
    }
    at
}

/// The entries, if they are numbers.
fn value(text: &str, rule: &TensorRule, kind: &str, sizes: &Sizes, seed: u64) -> Option<Vec<f64>> {
    let names = shapes(rule.shapes);
    let mut session = read(text, &names, rule.condition);
    let at = point(&mut session, &names, rule.condition, kind, sizes, seed);
    let array = session.doubles(&[session.document().root()], &at).ok()?.swap_remove(0);
    array.data.iter().all(|v| v.is_finite()).then_some(array.data)
}

fn close(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(x, y)| (x - y).abs() <= 1e-12 * x.abs().max(y.abs()).max(1e-6))
}

#[test]
fn every_rule_fires_on_its_examples() {
    let mut wrong = Vec::new();
    for rule in TENSOR_RULES {
        assert!(!rule.examples.is_empty(), "{} has no example", rule.name);
        for (from, to) in rule.examples {
            let (left, notes) = shown(from, rule, rule.condition);
            let (right, _) = shown(to, rule, rule.condition);
            if left != right || notes.is_empty() != (rule.effect == Effect::Equal) {
                wrong.push(format!("{}: {from} is {left}, {to} is {right}, {notes:?}", rule.name));
            }
            if !rule.condition.is_empty() && shown(from, rule, "").0 == shown(to, rule, "").0 {
                wrong.push(format!("{} fires without its condition", rule.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn both_sides_agree_and_domains_are_what_the_rules_say() {
    let mut wrong = Vec::new();
    for rule in TENSOR_RULES {
        let (mut agreed, mut wider, mut narrower) = (0, Vec::new(), Vec::new());
        for (from, to) in rule.examples {
            let all = sizes_for(rule.name);
            for (kind, sizes) in KINDS.iter().flat_map(|k| all.iter().map(move |s| (k, s))) {
                let side = |text| value(text, rule, kind, sizes, 7);
                match (side(from), side(to)) {
                    (Some(a), Some(b)) if close(&a, &b) => agreed += 1,
                    (Some(a), Some(b)) => wrong.push(format!("{}: {from} is {a:?}, {to} is {b:?}", rule.name)),
                    (None, Some(_)) => wider.push((from, kind)),
                    (Some(_), None) => narrower.push((from, kind)),
                    (None, None) => {}
                }
            }
        }
        let right = (!wider.is_empty(), !narrower.is_empty())
            == (rule.effect == Effect::Extends, rule.effect == Effect::Narrows);
        if agreed < 3 || !right {
            let name = rule.name;
            wrong.push(format!("{name}: {agreed} agree, wider at {wider:?}, narrower at {narrower:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_said_of_singular_matrices_is_true() {
    let sizes: Sizes = vec![("m".into(), 2), ("n".into(), 3)];
    let mut said = 0;
    for rule in TENSOR_RULES.iter().filter(|rule| rule.effect == Effect::Narrows) {
        for (from, _) in rule.examples {
            for note in shown(from, rule, rule.condition).1 {
                let Some((_, equation)) = note.split_once(" is singular, ") else { continue };
                let Some((left, right)) = equation.split_once(" is ").filter(|_| equation.contains('(')) else {
                    continue;
                };
                let side = |text, kind| value(text, rule, kind, &sizes, 7);
                let (a, b) = (side(left, "generic"), side(right, "generic"));
                assert!(a.zip(b).is_some_and(|(a, b)| close(&a, &b)), "{from}: {note}");
                assert!(side(left, "singular").is_none() && side(right, "singular").is_some(), "{from}: {note}");
                said += 1;
            }
        }
    }
    assert!(said > 0, "no rule says it");
}

/// What stands for the `x` of a rule on numbers, and what notes call it.
const ATOMS: &[(&str, &str)] = &[
    ("v", "v"),
    ("sum(v)", "sum(v)"),
    ("sum(A)", "sum(A)"),
    ("sum(A, axis=1)", "a factor that was cancelled"),
    ("A @ v", "a factor that was cancelled"),
    ("tr(A)", "a factor that was cancelled"),
    ("tr(A @ A)", "a factor that was cancelled"),
    ("v[1]", "v[1]"),
    ("v[1:3]", "v[1:3]"),
    ("cumsum(v)", "cumsum(v)"),
    ("logsumexp(v)", "logsumexp(v)"),
    ("det(A)", "det(A)"),
];

/// The notes on a formula of `x`, `y` and `c` where `x` is an atom of tensors.
fn notes_on(formula: &str, x: &str) -> Vec<String> {
    let shapes = [("v", vec!["n"]), ("A", vec!["n", "n"])];
    let text = format!("x = {x}; {formula}");
    let mut session =
        Session::parse(&text, &Scope { shapes: &shapes, ..Scope::default() }).unwrap_or_else(|e| panic!("{text}: {e}"));
    let mut notes = session.simplify(session.document().root()).notes;
    notes.sort();
    notes
}

#[test]
fn rules_on_numbers_note_the_same_of_tensors() {
    let (mut wrong, mut noted) = (Vec::new(), 0);
    for rule in RULES.iter().chain(BUILT_IN) {
        let plain = notes_on(rule.from, "z");
        for (atom, noun) in ATOMS {
            let of_it = |note: &String| match note.strip_prefix("z ") {
                // Where a determinant is 0, the matrix is what people know.
                Some("may also be 0") if *atom == "det(A)" => "A may also be singular".into(),
                Some(rest) => format!("{noun} {rest}"),
                None => note.clone(),
            };
            let mut want: Vec<String> = plain.iter().map(of_it).collect();
            want.sort();
            let found = notes_on(rule.from, atom);
            noted += found.len();
            // Functions that are undefined at 0 say it of the matrix, too.
            let right = match *atom {
                "det(A)" => want.iter().all(|n| found.contains(n)) && found.len() <= want.len() + 1,
                _ => found == want,
            };
            if !right {
                wrong.push(format!("{} with {atom} for x: {found:?}, not {want:?}", rule.from));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(noted > 100, "only {noted} notes");
    // What is known not to be negative loses fewer limits.
    assert_eq!(notes_on("x/x", "v @ v"), ["sum(v^2) may also be 0"]);
    assert_eq!(notes_on("x/x", "sum(v^2)"), ["sum(v^2) may also be 0"]);
    assert_eq!(notes_on("sqrt(x)^2", "det(A)"), ["det(A) may also be negative"]);
}

#[test]
fn facts_hold() {
    for fact in FACTS {
        let names = shapes(fact.shapes);
        let all = sizes_for(fact.name);
        for (kind, sizes) in KINDS.iter().flat_map(|k| all.iter().map(move |s| (k, s))) {
            let mut session = read(fact.of, &names, "");
            let known = wrt_rewrite::known_of(session.graph(), session.document().root());
            assert!(known.is_nonnegative() && known.is_nonzero() == fact.positive, "{}: {known:?}", fact.name);
            let at = point(&mut session, &names, "", kind, sizes, 7);
            let Ok(found) = session.doubles(&[session.document().root()], &at) else { continue };
            assert!(found[0].data.iter().all(|v| *v >= 0.0 && !(fact.positive && *v == 0.0)), "{}", fact.name);
        }
    }
}

#[test]
fn no_two_rules_share_a_name_or_an_example() {
    let mut seen: Vec<&str> = Vec::new();
    for rule in TENSOR_RULES {
        for text in std::iter::once(rule.name).chain(rule.examples.iter().map(|(from, _)| *from)) {
            assert!(!seen.contains(&text), "{text} occurs twice");
            seen.push(text);
        }
    }
}

/// Rules on matrices, where each matrix is one of several.
const IN_FRONT: &[&str] = &[
    "cofactor(T, E)",
    "cofactor(A, E)",
    "cofactor(T)",
    "det(inv(T))",
    "inv(inv(T))",
    "sum(log(det(T)^2))",
    "expm(T)",
    "pinv(T)",
];

#[test]
fn rules_hold_with_an_axis_in_front() {
    let shapes = [("T", vec!["b", "n", "n"]), ("E", vec!["b", "n", "n"]), ("A", vec!["n", "n"])];
    for text in IN_FRONT {
        let mut session = Session::parse(text, &Scope { shapes: &shapes, ..Scope::default() }).unwrap();
        let sizes: Sizes = vec![("b".into(), 2), ("n".into(), 3)];
        let simple = session.simplify(session.document().root()).id;
        let given = Point { values: Vec::new(), sizes };
        let point = session.document().random_point(&given).unwrap();
        let found = session.doubles(&[session.document().root(), simple], &point).unwrap();
        assert_eq!(found[0].shape, found[1].shape, "{text}");
        for (a, b) in found[0].data.iter().zip(&found[1].data) {
            assert!((a - b).abs() <= 1e-9 * a.abs().max(1.0), "{text}: {a} and {b}");
        }
    }
}

//! The sweep over the table of primitives: every row is tested by existing.

use wrt_core::{Derivative, Graph, Id, Number, Operation, Parity, Primitive, Range, Ulp};
use wrt_language::{Scope, parse};

/// The primitive on free names, as a graph.
fn applied(p: Primitive) -> (Graph, Vec<Id>, Id) {
    let mut g = Graph::new();
    // A name that no primitive has; `e` and its like would be constants in text.
    let names: Vec<Id> = p.row().arguments.iter().map(|a| g.symbol(&format!("{a}_"))).collect();
    let f = g.map(p, &names);
    (g, names, f)
}

fn read(g: &mut Graph, text: &str) -> Id {
    parse(g, text, &Scope::default()).unwrap_or_else(|e| panic!("{text}: {e}")).result
}

/// The derivative by central differences, extrapolated to step 0 (Ridders, "Accurate computation of F'(x) and
/// F'(x) F''(x)", 1982), and what the extrapolation says of its own error. It reads no derivative rule.
fn ridders(f: impl Fn(f64) -> f64, x: f64) -> (f64, f64) {
    const ROWS: usize = 12;
    let (mut best, mut error) = (f64::NAN, f64::INFINITY);
    let mut table = [[0.0f64; ROWS]; ROWS];
    let mut h = 0.05;
    for i in 0..ROWS {
        table[0][i] = (f(x + h) - f(x - h)) / (2.0 * h);
        let mut factor = 2.0;
        for j in 1..=i {
            table[j][i] = (table[j - 1][i] * factor - table[j - 1][i - 1]) / (factor - 1.0);
            factor *= 2.0;
            let gap = (table[j][i] - table[j - 1][i]).abs().max((table[j][i] - table[j - 1][i - 1]).abs());
            if gap <= error {
                (best, error) = (table[j][i], gap);
            }
        }
        h /= f64::sqrt(2.0);
    }
    (best, error)
}

#[test]
fn derivatives_agree_with_nudges() {
    for &p in Primitive::ALL {
        let row = p.row();
        assert!(!row.samples.is_empty(), "{} has no samples", row.name);
        let (mut g, names, f) = applied(p);
        let written = g.len();
        for k in 0..p.arity() {
            if matches!(row.derivative[k], Derivative::Undefined(_)) {
                assert!(wrt_differentiate::gradient(&mut g, f, &[names[k]]).is_err());
                continue;
            }
            let d = wrt_differentiate::gradient(&mut g, f, &[names[k]]).unwrap()[0];
            let simplified = wrt_rewrite::simplify(&mut g, d, written).id;
            for sample in row.samples {
                let at: Vec<(Id, f64)> = names.iter().copied().zip(sample.iter().copied()).collect();
                let got = wrt_run::evaluate(&g, &[d, simplified], &wrt_run::Point::numbers(&at), &0.0).unwrap();
                let got: Vec<f64> = got.into_iter().map(|a| a.data[0]).collect();
                let along = |t: f64| {
                    let mut point = sample.to_vec();
                    point[k] = t;
                    p.evaluate(&point)
                };
                let (want, error) = ridders(along, sample[k]);
                let tolerance = (20.0 * error).max(1e-11 * want.abs().max(1.0));
                assert!(
                    tolerance < 1e-6 * want.abs().max(1.0),
                    "{} {sample:?}: the nudge is too rough: {error}",
                    row.name
                );
                for (value, which) in got.iter().zip(["as declared", "simplified"]) {
                    let gap = (value - want).abs();
                    assert!(
                        gap <= tolerance,
                        "{}{sample:?}, by {}, {which}: {value}, nudged {want} ± {tolerance}",
                        row.name,
                        row.arguments[k]
                    );
                }
            }
        }
    }
}

#[test]
fn what_is_printed_is_read_back() {
    for &p in Primitive::ALL {
        let (mut g, _, f) = applied(p);
        let text = wrt_view::print(&g, f, wrt_view::Form::Text).line();
        assert_eq!(read(&mut g, &text), f, "{text}");
        for (_, form) in wrt_view::Form::ALL {
            let printed = wrt_view::print(&g, f, form);
            let refused = form.is_code() && printed.refused.is_some();
            assert!(refused || !printed.line().is_empty(), "{text} in {form:?}");
        }
    }
}

#[test]
fn names_synonyms_and_defaults_are_read() {
    for &p in Primitive::ALL {
        let (mut g, names, f) = applied(p);
        let row = p.row();
        let arguments: Vec<String> = names.iter().map(|id| g.symbol_name(*id).to_string()).collect();
        for name in std::iter::once(&row.name).chain(row.synonyms) {
            assert_eq!(read(&mut g, &format!("{name}({})", arguments.join(", "))), f, "{name}");
        }
        let given = p.arity() - row.defaults.len();
        for shown in given..p.arity() {
            let mut all = names[..shown].to_vec();
            for (n, d) in &row.defaults[shown - given..] {
                all.push(g.number(Number::ratio(*n, *d).unwrap()));
            }
            let wanted = g.map(p, &all);
            let text = format!("{}({})", row.name, arguments[..shown].join(", "));
            assert_eq!(read(&mut g, &text), wanted, "{text}");
        }
    }
}

#[test]
fn no_two_rows_share_a_name() {
    let mut seen: Vec<&str> = Vec::new();
    for &p in Primitive::ALL {
        for name in std::iter::once(&p.row().name).chain(p.row().synonyms) {
            assert!(!seen.contains(name), "{name} stands in two rows");
            seen.push(name);
        }
    }
}

/// Values of arguments among which a function comes near to the ends of its range.
const FAR: [f64; 18] =
    [0.0, 1e-6, 0.1, 0.5, 0.75, 0.9, 1.0, 1.0001, 1.5, 1.57, 1.58, 2.0, 3.0, 10.0, 30.0, 1e3, 1e8, 1e300];

/// Ranges whose ends no value comes near to, with the reason.
const LOOSE: &[(&str, &str)] = &[
    ("sech", "1 is reached and 0 is not"),
    ("selu", "its lower end is a literal of the paper"),
    ("gelu", "its minimum has no closed form"),
    ("silu", "its minimum has no closed form"),
    ("mish", "its minimum has no closed form"),
    ("lgamma", "its minimum has no closed form"),
];

#[test]
fn ranges_are_no_wider_than_the_values() {
    let mut wrong = Vec::new();
    for &p in Primitive::ALL {
        let row = p.row();
        let all: Vec<f64> = FAR.iter().flat_map(|x| [*x, -x]).collect();
        let count = all.len().pow(p.arity() as u32);
        let point = |k: usize| (0..p.arity()).map(|a| all[k / all.len().pow(a as u32) % all.len()]).collect();
        let points = (0..count).map(point).chain(row.samples.iter().map(|s| s.to_vec()));
        let values: Vec<f64> = points.map(|at: Vec<f64>| p.evaluate(&at)).filter(|v| !v.is_nan()).collect();
        let (low, high) = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)));
        let near = |value: f64, end: f64| if end.is_finite() { (value - end).abs() < 0.05 } else { value.abs() > 10.0 };
        let tight = near(low, row.range.low) && near(high, row.range.high);
        let known = LOOSE.iter().any(|(name, _)| *name == row.name);
        if tight == known {
            wrong.push(format!("{}: values from {low} to {high}, range {:?}", row.name, row.range));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn values_keep_to_range_and_parity() {
    for &p in Primitive::ALL {
        let row = p.row();
        let Range { low, high, open } = row.range;
        for sample in row.samples {
            let value = p.evaluate(sample);
            let inside = if open { low < value && value < high } else { low <= value && value <= high };
            assert!(inside, "{}{sample:?} = {value} is outside {low}..{high}", row.name);
            let &[x] = *sample else { continue };
            let mirrored = p.evaluate(&[-x]);
            let equal = |a: f64, b: f64| (a - b).abs() <= 4.0 * f64::EPSILON * a.abs();
            match row.parity {
                Parity::Even => assert!(equal(value, mirrored), "{} is not even at {x}", row.name),
                Parity::Odd => assert!(equal(value, -mirrored), "{} is not odd at {x}", row.name),
                Parity::Neither => {}
            }
        }
    }
}

/// `docs/functions.md`, written from the rows.
fn functions_page() -> String {
    let mut page = String::from(
        "# All functions\n\nWritten from the table by `UPDATE=1 cargo test -p wrt --test all sweep`.\n\n\
         The accuracy is that of compiled programs, in units in the last place of single and of double precision, at any\n\
         level of instructions. Where ° stands, a unit is at least as much as the value changes between the argument and its\n\
         neighbour: beside a zero that no number is, values are small since larger ones cancel. `cargo run --release -p\n\
         wrt-trials -- --kind ulp` measures it.\n\n\
         | function | also | derivatives | defined for | accuracy | at kinks, and notes |\n|---|---|---|---|---|---|\n",
    );
    for &p in Primitive::ALL {
        let help = wrt::session::primitive_help(p);
        let told = |(d, k): (&String, usize)| match p.row().derivative[k] {
            Derivative::Partial(_) => format!("`{d}`"),
            _ => d.clone(),
        };
        let partials: Vec<String> = help.derivatives.iter().zip(0..).map(told).collect();
        let also: Vec<String> = help.also.iter().map(|s| format!("`{s}`")).collect();
        let Ulp { single, double, beside_zeros } = p.row().ulp;
        let mark = if beside_zeros { " °" } else { "" };
        let accuracy = if single == 0.0 { "exact".into() } else { format!("{single} · {double}{mark}") };
        let (usage, notes) = (format!("`{}`", help.usage), help.notes.join("; "));
        let cells = [usage, also.join(", "), partials.join("; "), help.domain, accuracy, notes];
        page.push_str(&format!("| {} |\n", cells.map(|c| c.replace('|', "\\|")).join(" | ")));
    }
    page.push_str(&functions_table());
    page.push_str(&operations_table());
    page
}

/// The table of what a text may call beside the primitives.
fn functions_table() -> String {
    let mut table = String::from(
        "\n## Functions of vectors and matrices, layers, derivatives\n\nArguments in brackets may be left out.\n\n\
         | function | what it is |\n|---|---|\n",
    );
    for (usage, about) in wrt_language::functions() {
        let usage = usage.replace(" or ", "` or `");
        table.push_str(&format!("| `{usage}` | {about} |\n"));
    }
    table
}

/// The table of operations, each as its first sample has it.
fn operations_table() -> String {
    let mut table = String::from(
        "\n## Operations on vectors and matrices\n\nThey go along the last axes, for every index of the axes before.\n\n\
         | operation | LaTeX | defined for | an entry that is not a number | equal entries |\n|---|---|---|---|---|\n",
    );
    for row in Operation::rows() {
        let Some(sample) = row.samples.iter().next() else { continue };
        let written = sample.spelling().unwrap_or_else(|e| panic!("{}: {e}", row.name));
        let shown = if written.text.contains('(') || written.text.contains('[') { &written.text } else { row.name };
        let cells = [
            format!("`{shown}`"),
            if written.latex.is_empty() { String::new() } else { format!("`{}`", written.latex) },
            row.domain.to_string(),
            row.nan.to_string(),
            row.ties.to_string(),
        ];
        table.push_str(&format!("| {} |\n", cells.map(|c| c.replace('|', "\\|")).join(" | ")));
    }
    table
}

#[test]
fn the_page_of_functions_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/functions.md");
    let page = functions_page();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    let current = std::fs::read_to_string(path).unwrap_or_default();
    assert!(current == page, "docs/functions.md is not what the table says; run with UPDATE=1");
}

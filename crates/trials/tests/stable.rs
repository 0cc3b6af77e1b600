//! The sweep over the rules for computing: each row fires as it says, keeps value and domain, and loses no digits.

use wrt_core::{Array, Graph, Id, Number};
use wrt_language::{Scope, parse};
use wrt_rewrite::{Effect, Pace, STABLE_RULES, stable};
use wrt_run::{Point, evaluate, values_at};

const NAMES: [&str; 2] = ["x", "y"];

/// Magnitudes from one end of the doubles to the other; between 1 and 1000 powers of e overflow, near 0 terms cancel.
const MAGNITUDES: [f64; 24] = [
    0.0, 1e-300, 1e-160, 1e-20, 1e-12, 1e-9, 1e-6, 1e-4, 0.003, 0.05, 0.3, 0.6, 1.0, 1.571, 3.0, 20.0, 45.0, 300.0,
    800.0, 1e5, 1e8, 1e15, 1e160, 1e300,
];

/// What a rule may lose: a few thousand units in the last place, as an exponent of some hundreds does.
const SLACK: f64 = 1e-12;

/// What has lost so much has nothing left to lose.
const HOPELESS: f64 = 1e-3;

/// Errors that differ by less are the same: that of an argument which is rounded is passed on by other functions.
const SAME: f64 = 16.0;

/// Rows whose left side is as good by itself: other rows go on from the right one, and derivatives do.
const READY: [&str; 2] = ["power of the number e", "sigmoid"];

fn read(g: &mut Graph, text: &str) -> Id {
    let scope = Scope { variables: &NAMES, assumptions: &[], ..Scope::default() };
    parse(g, text, &scope).unwrap_or_else(|e| panic!("{text}: {e}")).result
}

#[test]
fn every_row_fires_as_it_says() {
    let mut wrong = Vec::new();
    for rule in STABLE_RULES {
        let mut g = Graph::new();
        let (from, to) = (read(&mut g, rule.from), read(&mut g, rule.to));
        let found = stable(&mut g, &[from], Pace::Asked)[0];
        let text = |id| wrt_view::print(&g, id, wrt_view::Form::Text).line();
        if text(found) != text(to) {
            wrong.push(format!("{}: {} gives {}, not {}", rule.name, rule.from, text(found), text(to)));
        }
        assert!(found != from, "{}", rule.name);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The rows that are used in training fire there, and no other.
#[test]
fn rows_keep_their_pace() {
    for rule in STABLE_RULES {
        let mut g = Graph::new();
        let from = read(&mut g, rule.from);
        let fired = stable(&mut g, &[from], Pace::Always)[0] != from;
        assert!(fired || rule.pace == Pace::Asked, "{}", rule.name);
    }
}

/// Formulas that lose digits of their value or of a derivative in doubles, with points where they do, and whose rows keep
/// them. What stands beside none of them is for the guard of compiled programs.
const KEPT: &[(&str, &[(&str, f64)])] = &[
    ("-log(exp(a)/(exp(a) + exp(b) + exp(c)))", &[("a", 50.0), ("b", 2.0), ("c", 1.0)]),
    ("-log(exp(a)/(exp(a) + exp(b) + exp(c)))", &[("a", 1000.0), ("b", 998.0), ("c", 990.0)]),
    ("log(exp(x) + exp(-x))", &[("x", 1e-9)]),
    ("log(exp(x) + exp(-x))", &[("x", -800.0)]),
    ("(exp(x) - exp(-x))/(exp(x) + exp(-x))", &[("x", 800.0)]),
    ("log(1 - 1/(1 + exp(-z)))", &[("z", 50.0)]),
    ("exp(x)/(exp(x) - 1)", &[("x", 800.0)]),
    ("0.5*x*(1 + tanh(0.8*(x + 0.044715*x^3)))", &[("x", -9.0)]),
    ("log(exp(-(x - m)^2/(2*s^2))/s)", &[("x", 50.0), ("m", 0.0), ("s", 1.0)]),
    ("sqrt((a^2 + b^2)/2 - ((a + b)/2)^2)", &[("a", 1e8), ("b", 1e8 + 2.0)]),
    ("sqrt(x^2 + y^2)", &[("x", 1e-200), ("y", 1e-200)]),
    ("sqrt(x^2 + y^2) - x", &[("x", 1e8), ("y", 1.0)]),
    ("(-b + sqrt(b^2 - 4*a*c))/(2*a)", &[("a", 1.0), ("b", 1e8), ("c", 1.0)]),
    ("(-b - sqrt(b^2 - 4*a*c))/(2*a)", &[("a", 2.0), ("b", -1e5), ("c", 0.5)]),
    ("1/sqrt(x) - 1/sqrt(x + 1)", &[("x", 1e12)]),
    ("(1 - cos(x))/sin(x)", &[("x", 1e-9)]),
    ("1/(x + 1) - 2/x + 1/(x - 1)", &[("x", 1e10)]),
    ("sin(x + t) - sin(x)", &[("x", 100.0), ("t", 1e-13)]),
    ("tan(x + t) - tan(x)", &[("x", 1.0), ("t", 1e-10)]),
    ("(x + 1)^(1/n) - x^(1/n)", &[("x", 1e10), ("n", 5.0)]),
    ("x - log(1 + x)", &[("x", 1e-8)]),
    ("x^3 - 3*x^2 + 3*x - 1", &[("x", 1.000244140625)]),
    ("sin(x)/x", &[("x", 1e-8)]),
    ("1/tanh(x) - 1/x", &[("x", 1e-4)]),
    ("log(1 - x)/log(1 + x)", &[("x", 1e-9)]),
    ("(x + 1)^(1/3) - x^(1/3)", &[("x", 1e10)]),
];

/// The textbook's digits, by rules alone: of values, and of derivatives of what the rules make.
#[test]
fn textbook_formulas_keep_their_digits() {
    let mut wrong = Vec::new();
    for (text, at) in KEPT {
        let mut g = Graph::new();
        let names: Vec<&str> = at.iter().map(|(name, _)| *name).collect();
        let scope = Scope { variables: &names, assumptions: &[], ..Scope::default() };
        let root = parse(&mut g, text, &scope).unwrap().result;
        let wrt: Vec<Id> = names.iter().map(|name| g.symbol(name)).collect();
        let given = [&[root], &wrt_differentiate::gradient(&mut g, root, &wrt).unwrap()[..]].concat();
        let first = stable(&mut g, &[root], Pace::Asked)[0];
        let made = [&[first], &wrt_differentiate::gradient(&mut g, first, &wrt).unwrap()[..]].concat();
        let made = stable(&mut g, &made, Pace::Asked);
        let exact = |v: f64| Array::scalar(Number::from_f64(v).unwrap());
        let values = wrt.iter().zip(*at).map(|(id, (_, v))| (*id, exact(*v))).collect();
        let at = Point { values, sizes: Vec::new() };
        let truth = values_at(&g, &given, &at).unwrap();
        let found = evaluate(&g, &made, &at.map(Number::to_f64), &0.0).unwrap();
        for (k, (truth, found)) in truth.iter().zip(&found).enumerate() {
            let off = error(found.data[0], truth.data[0]);
            if off > 1e-10 {
                wrong.push(format!("{text}, {k}: {:e} for {:e}", found.data[0], truth.data[0]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The relative error of a double; below the smallest normal number by magnitude.
fn error(found: f64, truth: f64) -> f64 {
    if found == truth || found.is_nan() && truth.is_nan() {
        return 0.0;
    }
    let off = (found - truth).abs() / truth.abs().max(f64::MIN_POSITIVE);
    if off.is_nan() { f64::INFINITY } else { off }
}

/// At no point is the new form worse than the old one, and at some point it is better.
#[test]
fn no_row_loses_digits() {
    let signed: Vec<f64> = MAGNITUDES.iter().flat_map(|m| [*m, -*m]).collect();
    let mut wrong = Vec::new();
    for rule in STABLE_RULES {
        let mut g = Graph::new();
        let symbols = NAMES.map(|name| g.symbol(name));
        let from = read(&mut g, rule.from);
        let to = stable(&mut g, &[from], Pace::Asked)[0];
        let (mut better, mut worst): (bool, Option<(f64, String)>) = (false, None);
        let second: &[f64] = if rule.from.contains('y') { &signed } else { &[1.0] };
        for (x, y) in signed.iter().flat_map(|x| second.iter().map(move |y| (*x, *y))) {
            let exact = |v: f64| Array::scalar(Number::from_f64(v).unwrap());
            let at = Point { values: vec![(symbols[0], exact(x)), (symbols[1], exact(y))], sizes: Vec::new() };
            let found = evaluate(&g, &[from, to], &at.map(Number::to_f64), &0.0).unwrap();
            let (before, after) = (found[0].data[0], found[1].data[0]);
            if error(after, before) <= SLACK {
                continue;
            }
            let truth = values_at(&g, &[from], &at).unwrap()[0].data[0];
            // Balls know no exponents beyond 1e8 bits.
            let beyond = !truth.is_finite() && x.abs().max(y.abs()) > 1e8;
            let filled = beyond || rule.effect == Effect::Extends && truth.is_nan();
            let (before, after) = (error(before, truth), error(after, truth));
            better |= after < before;
            if !filled
                && before < HOPELESS
                && after > (SAME * before).max(SLACK)
                && worst.as_ref().is_none_or(|(e, _)| after > *e)
            {
                worst = Some((after, format!("{}: at x = {x:e}, y = {y:e}: {after:e} after {before:e}", rule.name)));
            }
        }
        wrong.extend(worst.map(|(_, text)| text));
        if !better && !READY.contains(&rule.name) {
            wrong.push(format!("{}: nowhere better", rule.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

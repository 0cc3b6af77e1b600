//! The sweep over the rules for computing: each row fires as it says, keeps value and domain, and loses no digits.

use wrt_core::{Array, Graph, Id, Number};
use wrt_language::{Scope, parse};
use wrt_rewrite::{Effect, Pace, STABLE_RULES, stable};
use wrt_run::{Point, evaluate, values_at};

const NAMES: [&str; 2] = ["x", "y"];

/// Magnitudes from one end of the doubles to the other; between 1 and 1000 powers of e overflow, near 0 terms cancel.
const MAGNITUDES: [f64; 24] = [
    0.0, 1e-300, 1e-160, 1e-20, 1e-12, 1e-9, 1e-6, 1e-4, 0.003, 0.05, 0.3, 0.6, 1.0, 1.5, 3.0, 20.0, 45.0, 300.0,
    800.0, 1e5, 1e8, 1e15, 1e160, 1e300,
];

/// What a rule may lose: a few thousand units in the last place, as an exponent of some hundreds does.
const SLACK: f64 = 1e-12;

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
            let filled = rule.effect == Effect::Extends && truth.is_nan();
            let (before, after) = (error(before, truth), error(after, truth));
            better |= after < before;
            if !filled && after > before.max(SLACK) && worst.as_ref().is_none_or(|(e, _)| after > *e) {
                worst = Some((after, format!("{}: at x = {x:e}, y = {y:e}: {after:e} after {before:e}", rule.name)));
            }
        }
        wrong.extend(worst.map(|(_, text)| text));
        if !better {
            wrong.push(format!("{}: nowhere better", rule.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

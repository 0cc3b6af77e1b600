//! The table against an outside oracle: values and derivatives by python-flint, see `oracle/make_table_reference.py`.

use std::collections::BTreeMap;

use wrt_balls::Ball;
use wrt_core::{Graph, Id, Number, Primitive};
use wrt_run::{Point, Precise};
use wrt_trials::Wide;

const REFERENCE: &str = include_str!("../../core/tests/table_reference.tsv");

/// Units in the last place that a double may be off, unless the row stands in [`ROUGHER`].
const ULPS: f64 = 4.0;

/// Rows whose plain double is rougher, with the reason. What a person is shown is certified and does not come from here.
const ROUGHER: &[(&str, f64, &str)] = &[("lgamma", 16.0, "next to a zero at -2.457")];

/// The relative error that a derivative in doubles may have, unless the row stands in [`CANCELLING`].
const DERIVATIVE: f64 = 1e-12;

/// Rows whose derivative cancels in doubles at some points; the certified derivative is held to 29 digits all the same.
const CANCELLING: &[(&str, &str)] = &[
    ("expm1", "f + 1 near -1"),
    ("asin", "1 - x^2 near 1"),
    ("acos", "1 - x^2 near 1"),
    ("asec", "1 - 1/x^2 near 1"),
    ("acsc", "1 - 1/x^2 near 1"),
    ("tanh", "1 - f^2 far from 0"),
    ("coth", "1 - f^2 far from 0"),
    ("asinh", "x^2 overflows beyond 1e154"),
    ("atanh", "1 - x^2 near 1"),
    ("acoth", "1 - x^2 near 1"),
    ("asech", "1/x - 1 near 1"),
    ("sigmoid", "1 - f far to the right"),
    ("gamma", "ill-conditioned next to the poles"),
    ("lgamma", "ill-conditioned next to the poles"),
    ("trigamma", "the reflection cancels left of 0"),
    ("polygamma", "the recurrence cancels left of 0"),
];

/// Rows whose derivative's formula is undefined at points where the slope exists, with the reason.
const REMOVABLE: &[(&str, &str)] =
    &[("pow", "at base 0 the formulas are log(0)*0 and 0*0^-1"), ("xlogy", "at the origin the formula by y is 0/0")];

/// Points outside the domain at which the value is a limit all the same.
const LIMITS: &[(&str, &[f64], &str)] =
    &[("acot", &[0.0], "atan(1/0) is atan(inf) in doubles"), ("atan2", &[0.0, 0.0], "0 by IEEE 754")];

fn is_limit(line: &Line) -> bool {
    LIMITS.iter().any(|(name, point, _)| {
        *name == line.primitive.name() && line.point.iter().map(|x| x.abs()).eq(point.iter().copied())
    })
}

struct Line {
    primitive: Primitive,
    point: Vec<f64>,
    value: &'static str,
    partials: Vec<&'static str>,
}

fn lines() -> Vec<Line> {
    let rows = REFERENCE.lines().filter(|l| !l.starts_with('#'));
    rows.map(|line| {
        let mut cells = line.split('\t');
        let name = cells.next().unwrap();
        let primitive =
            Primitive::from_name(name).unwrap_or_else(|| panic!("{name} is in the reference, not in the table"));
        let point = cells.next().unwrap().split(',').map(|x| x.parse().unwrap()).collect();
        Line { primitive, point, value: cells.next().unwrap(), partials: cells.collect() }
    })
    .collect()
}

fn number(text: &str) -> Option<Number> {
    Number::parse(text).ok()
}

fn off(got: f64, want: f64) -> f64 {
    if got == want {
        return 0.0;
    }
    let ulp = (want.abs().next_up() - want.abs()).max(f64::from_bits(1));
    if got.is_finite() && want.is_finite() { (got - want).abs() / ulp } else { f64::INFINITY }
}

/// Is a ball of 200 bits the oracle's number, as far as 32 digits tell?
fn encloses(ball: &Ball, want: &Number) -> bool {
    let want = Ball::from_rational(&want.to_rbig(), 400);
    let slack = want.abs().mul(&Ball::from_f64(1e-30), 64).add(&Ball::one().mul_2exp(-1500), 64);
    let gap = ball.sub(&want, 400).abs();
    ball.is_finite() && !gap.sub(&slack, 64).is_positive()
}

fn wide(x: f64) -> Wide {
    Wide::new(&Number::from_f64(x).unwrap(), 1200)
}

#[test]
fn every_row_has_reference_values_at_its_samples() {
    let lines = lines();
    for &p in Primitive::ALL {
        for sample in p.row().samples {
            let known = lines.iter().any(|l| l.primitive == p && l.point == *sample);
            assert!(known, "{}{sample:?} has no reference value: run oracle/make_table_reference.py", p.name());
        }
        let count = lines.iter().filter(|l| l.primitive == p).count();
        assert!(count >= 15, "{} has {count} points", p.name());
    }
}

#[test]
fn values_in_doubles() {
    let mut worst: BTreeMap<&str, (f64, String)> = BTreeMap::new();
    for line in lines() {
        let name = line.primitive.name();
        let got = line.primitive.evaluate(&line.point);
        let Some(want) = number(line.value) else {
            assert!(!got.is_finite() || is_limit(&line), "{name}{:?} = {got}, but there is no value", line.point);
            continue;
        };
        let error = off(got, want.to_f64());
        let slot = worst.entry(name).or_default();
        if error > slot.0 {
            *slot = (error, format!("{name}{:?} = {got:e}, not {:e}", line.point, want.to_f64()));
        }
    }
    let too_rough = worst.iter().filter(|(name, (error, _))| {
        let allowed = ROUGHER.iter().find(|(n, ..)| n == *name).map_or(ULPS, |(_, ulps, _)| *ulps);
        *error > allowed
    });
    let shown: Vec<String> = too_rough.map(|(_, (error, text))| format!("{text}: off by {error:.1} ulp")).collect();
    assert!(shown.is_empty(), "{}", shown.join("\n"));
}

#[test]
fn values_are_enclosed() {
    for line in lines() {
        let point: Vec<Wide> = line.point.iter().map(|x| wide(*x)).collect();
        let ball = line.primitive.evaluate(&point).ball;
        // The engine's own kind of certified number, too.
        let exact: Vec<Precise> =
            line.point.iter().map(|x| Precise::new(Number::from_f64(*x).unwrap(), 1200)).collect();
        let engine = line.primitive.evaluate(&exact).ball();
        if let Some(want) = number(line.value) {
            assert!(encloses(&engine, &want), "{}{:?} = {engine:?}, not {want}", line.primitive.name(), line.point);
        }
        match number(line.value) {
            Some(want) => {
                assert!(encloses(&ball, &want), "{}{:?} = {ball:?}, not {want}", line.primitive.name(), line.point)
            }
            None if is_limit(&line) => {}
            None => assert!(
                !ball.is_finite(),
                "{}{:?} = {ball:?}, but there is no value",
                line.primitive.name(),
                line.point
            ),
        }
    }
}

/// A row's derivative by an argument, as nodes; none where the table has none.
fn derivative(p: Primitive, k: usize) -> Option<(Graph, Vec<Id>, Id)> {
    let mut g = Graph::new();
    let names: Vec<Id> = (0..p.arity()).map(|k| g.symbol(&format!("a{k}"))).collect();
    let f = g.map(p, &names);
    let d = wrt_differentiate::gradient(&mut g, f, &[names[k]]).ok()?[0];
    Some((g, names, d))
}

/// Checks one slope in doubles and in balls; the text of what is wrong.
fn slope(line: &Line, k: usize, d: &(Graph, Vec<Id>, Id)) -> Result<(), (&'static str, String)> {
    let (g, names, d) = d;
    let name = line.primitive.name();
    let at: Vec<(Id, f64)> = names.iter().copied().zip(line.point.iter().copied()).collect();
    let got = wrt_run::evaluate(g, &[*d], &Point::numbers(&at), &0.0).unwrap()[0].data[0];
    let balls: Vec<(Id, Wide)> = at.iter().map(|(id, x)| (*id, wide(*x))).collect();
    let ball = &wrt_run::evaluate(g, &[*d], &Point::numbers(&balls), &wide(1.0)).unwrap()[0].data[0].ball;
    let about = format!("{name}{:?} by argument {k}", line.point);
    if let Some(want) = number(line.partials[k]) {
        if !ball.is_finite() {
            return Err(("removable", format!("{about}: undefined, but the slope is {want}")));
        }
        if !encloses(ball, &want) {
            return Err(("wrong", format!("{about}: {ball:?}, not {want}")));
        }
        let want = want.to_f64();
        if (got - want).abs() > DERIVATIVE * want.abs() && (got - want).abs() > f64::MIN_POSITIVE {
            return Err(("cancelling", format!("{about}: {got:e}, not {want:e}")));
        }
    } else if let Some((left, right)) = line.partials[k].split_once('|') {
        let (left, right) = (number(left).unwrap().to_f64(), number(right).unwrap().to_f64());
        // The tip of a cone has no slope, and none is chosen.
        if name == "hypot" && got.is_nan() {
            return Ok(());
        }
        if !(left.min(right) <= got && got <= left.max(right)) || line.primitive.row().kink.is_empty() {
            return Err(("wrong", format!("{about}: a kink from {left} to {right}, the row says {got}")));
        }
    }
    Ok(())
}

#[test]
fn derivatives() {
    let mut wrong = Vec::new();
    for &primitive in Primitive::ALL {
        let name = primitive.name();
        for k in 0..primitive.arity() {
            let Some(d) = derivative(primitive, k) else { continue };
            for line in lines().iter().filter(|l| l.primitive == primitive) {
                match slope(line, k, &d) {
                    Err(("removable", _)) if REMOVABLE.iter().any(|(n, _)| *n == name) => {}
                    Err(("cancelling", _)) if CANCELLING.iter().any(|(n, _)| *n == name) => {}
                    Err((kind, text)) => wrong.push(format!("{kind}: {text}")),
                    Ok(()) => {}
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} disagreements:\n{}", wrong.len(), wrong.join("\n"));
}

/// The derivatives chosen at kinks and jumps: row, point, argument, value. The column `kink` says the same in words.
const KINKS: &[(&str, &[f64], usize, f64)] = &[
    ("abs", &[0.0], 0, 0.0),
    ("sign", &[0.0], 0, 0.0),
    ("floor", &[2.0], 0, 0.0),
    ("ceil", &[-1.0], 0, 0.0),
    ("round", &[2.5], 0, 0.0),
    ("max", &[1.5, 1.5], 0, 0.5),
    ("max", &[1.5, 1.5], 1, 0.5),
    ("min", &[1.5, 1.5], 0, 0.5),
    ("min", &[1.5, 1.5], 1, 0.5),
    ("heaviside", &[0.0, 0.5], 0, 0.0),
    ("heaviside", &[0.0, 0.5], 1, 1.0),
    ("lt", &[1.0, 1.0], 0, 0.0),
    ("le", &[1.0, 1.0], 1, 0.0),
    ("gt", &[1.0, 1.0], 0, 0.0),
    ("ge", &[1.0, 1.0], 1, 0.0),
    ("eq", &[1.0, 1.0], 0, 0.0),
    ("ne", &[1.0, 1.0], 1, 0.0),
    ("relu", &[0.0], 0, 0.0),
    ("leaky_relu", &[0.0, 0.2], 0, 0.2),
    ("elu", &[0.0, 0.5], 0, 0.5),
    ("selu", &[0.0], 0, 1.7580993408473766),
];

#[test]
fn values_at_kinks_are_those_chosen() {
    for (name, point, k, want) in KINKS {
        let (g, names, d) = derivative(Primitive::from_name(name).unwrap(), *k).unwrap();
        let at: Vec<(Id, f64)> = names.into_iter().zip(point.iter().copied()).collect();
        let got = wrt_run::evaluate(&g, &[d], &Point::numbers(&at), &0.0).unwrap()[0].data[0];
        assert_eq!(got, *want, "{name}{point:?} by argument {k}");
    }
    // atan2 jumps where it has a slope by its formula, and only there is a sentence enough.
    for p in Primitive::ALL.iter().filter(|p| !p.row().kink.is_empty() && **p != Primitive::Atan2) {
        assert!(KINKS.iter().any(|(name, ..)| *name == p.name()), "{} has a kink without a value here", p.name());
    }
}

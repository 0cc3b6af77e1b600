//! The numbers of the lecture that wrt started from, digit by digit.

use wrt_check::{Direction, Entry, Nudge, nudge, parse_eps, sweep};
use wrt_core::{Graph, Id, Number};
use wrt_language::{Scope, parse};
use wrt_run::Point;

struct Lecture {
    graph: Graph,
    f: Id,
    definitions: Vec<(String, Id)>,
}

fn read(text: &str) -> Lecture {
    let mut graph = Graph::new();
    let parsed = parse(&mut graph, text, &Scope::default()).unwrap();
    Lecture { graph, f: parsed.result, definitions: parsed.definitions.into_iter().map(|d| (d.name, d.id)).collect() }
}

impl Lecture {
    fn node(&self, name: &str) -> Id {
        let defined = self.definitions.iter().find(|(n, _)| n == name).map(|(_, id)| *id);
        defined.or_else(|| self.graph.find_symbol(name)).unwrap()
    }

    fn nudge(&self, at: &[(&str, &str)], wrt: &str, eps: &str) -> Nudge {
        let at: Vec<(Id, Number)> = at.iter().map(|(n, v)| (self.node(n), Number::parse(v).unwrap())).collect();
        let eps = [parse_eps(eps).unwrap()];
        let (f, w) = (Entry::of(self.f), Entry::of(self.node(wrt)));
        nudge(&self.graph, f, &Point::numbers(&at), w, &eps, Direction::Forward, 40).unwrap().1.remove(0)
    }
}

/// `formula, w, ε, J(w + ε), ΔJ, ΔJ/ε`
const ROWS: &[(&str, &str, &str, &str, &str, &str)] = &[
    ("w^2", "3", "0.001", "9.006001", "0.006001", "6.001"),
    ("w^2", "3", "0.002", "9.012004", "0.012004", "6.002"),
    ("w^2", "3", "0.01", "9.0601", "0.0601", "6.01"),
    ("w^2", "3", "0.1", "9.61", "0.61", "6.1"),
    ("w^2", "3", "0.0001", "9.00060001", "0.00060001", "6.0001"),
    ("w^2", "2", "0.001", "4.004001", "0.004001", "4.001"),
    ("w^2", "-3", "0.001", "8.994001", "-0.005999", "-5.999"),
    ("w^3", "2", "0.001", "8.012006001", "0.012006001", "12.006001"),
    ("w", "2", "0.001", "2.001", "0.001", "1"),
];

#[test]
fn rows_of_the_lecture() {
    for (formula, w, eps, value, delta, quotient) in ROWS {
        let row = read(formula).nudge(&[("w", w)], "w", eps);
        assert_eq!(row.value.text(40), *value, "{formula} at {w}");
        assert_eq!(row.delta.text(40), *delta, "{formula} at {w}");
        assert_eq!(row.quotient.text(40), *quotient, "{formula} at {w}");
    }
}

#[test]
fn one_over_w() {
    let row = read("1/w").nudge(&[("w", "2")], "w", "0.001");
    assert_eq!(row.value.text(20), "0.49975012493753123438");
    assert_eq!(row.quotient.text(8), "-0.24987506");
}

#[test]
fn exercise_with_a_square() {
    let square = read("a = 2 + 3*w; a^2");
    let at = [("w", "3")];
    assert_eq!(square.nudge(&at, "a", "0.001").input.text(40), "11.001");
    assert_eq!(square.nudge(&at, "a", "0.001").quotient.text(40), "22.001");
    assert_eq!(square.nudge(&at, "w", "0.001").quotient.text(40), "66.009");
}

#[test]
fn exercise_with_a_network() {
    let network = read("c = w*x; a = c + b; d = a - y; J = d^2/2");
    let at = [("x", "2"), ("w", "-2"), ("b", "8"), ("y", "1")];
    assert_eq!(network.nudge(&at, "w", "0.001").quotient.text(40), "6.002");
    for inner in ["d", "a", "b", "c"] {
        assert_eq!(network.nudge(&at, inner, "0.001").quotient.text(40), "3.0005", "{inner}");
    }
}

#[test]
fn smaller_is_closer_until_round_off() {
    let square = read("w^2");
    let w = square.node("w");
    let single = |at: &Point<Number>| Some((at.get(w)?.data[0].to_f64() as f32).powi(2));
    let sweep = sweep(
        &square.graph,
        Entry::of(square.f),
        &Point::numbers(&[(w, Number::integer(3))]),
        Entry::of(w),
        wrt_check::Direction::Forward,
        single,
    )
    .unwrap();
    let exact: Vec<f64> = sweep.trials.iter().map(|t| t.quotient[2]).collect();
    assert_eq!(exact[..4], [7.0, 6.1, 6.01, 6.001]);
    assert!(sweep.trials.windows(2).all(|t| t[1].error[2] < t[0].error[2]), "exactly, smaller is closer");
    assert_eq!(sweep.trials[16].quotient[1], 0.0, "in doubles, 3 + 1e-16 is 3");
    assert!((6..=9).contains(&sweep.best[1]), "{}", sweep.best[1]);
    assert!((2..=5).contains(&sweep.best[0]), "{}", sweep.best[0]);
}

#[test]
fn backward_and_central() {
    let square = read("w^2");
    let w = square.node("w");
    let quotient = |direction| {
        let eps = [parse_eps("0.001").unwrap()];
        let at = [(w, Number::integer(3))];
        nudge(&square.graph, Entry::of(square.f), &Point::numbers(&at), Entry::of(w), &eps, direction, 30).unwrap().1[0]
            .quotient
            .text(30)
    };
    assert_eq!(quotient(Direction::Backward), "5.999");
    assert_eq!(quotient(Direction::Central), "6");
}

#[test]
fn absurd_nudges_are_refused() {
    for (eps, word) in [("0", "above 0"), ("-1", "above 0"), ("1e400", "1e300"), ("1e-400", "1e-300"), ("x", "number")]
    {
        let refusal = parse_eps(eps).unwrap_err();
        assert!(refusal.contains(word), "{eps}: {refusal}");
    }
}

/// What a number is that single precision cannot hold is not said by a zero.
#[test]
fn a_sweep_has_no_single_where_there_is_none() {
    let mut g = Graph::new();
    let f = parse(&mut g, "w*x", &Scope::default()).unwrap().result;
    let [w, x] = ["w", "x"].map(|name| g.find_symbol(name).unwrap());
    let singles = |at: [&str; 2]| {
        let at = at.map(|n| Number::parse(n).unwrap());
        let at = Point::numbers(&[(w, at[0].clone()), (x, at[1].clone())]);
        let product =
            |p: &Point<Number>| Some(p.values.iter().map(|(_, v)| v.data[0].to_f64() as f32).product::<f32>());
        let (f, w) = (Entry::of(f), Entry::of(w));
        let found = sweep(&g, f, &at, w, Direction::Forward, product).unwrap();
        found.trials.iter().map(|t| t.quotient[0]).collect::<Vec<f64>>()
    };
    assert!(singles(["3", "1e60"]).iter().all(|q| q.is_nan()));
    assert!(singles(["1e39", "2"]).iter().all(|q| q.is_nan()));
    assert_eq!(singles(["3", "2"])[0], 2.0);
}

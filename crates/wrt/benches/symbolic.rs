//! Times of symbolic work, a line a task: `cargo bench -p wrt --bench symbolic [-- NAME]`.
//!
//! The tasks are those that the peers' scripts in `benches/` run. A time is the median of seven samples of CPU seconds; a
//! sample of a short task is the mean of a loop of about 20 ms. The graph is built outside the timed part where the
//! peers' is too.

mod common;

use std::hint::black_box;

use cpu_time::ProcessTime;
use wrt::session::{DerivativeKind, Form, Scope, Session};
use wrt_core::{Builder, Ex, Graph, Id, Number, Primitive};
use wrt_differentiate::{gradient, hessian, jacobian};
use wrt_language::parse;

use common::{median, report, time};

const SEEDS: [&str; 5] = ["w^2", "w^3", "1/w", "sin(w)*exp(-w^2)/(1+w^2)", "log(1+exp(-y*(w*x+b)))"];

/// Names that stand for variables in the cases, whatever they mean elsewhere.
const VARIABLES: [&str; 3] = ["e", "gamma", "pi"];

/// Text to the derivative's text: parse, differentiate, simplify, print.
fn derivative_text(formula: &str, name: &str) -> String {
    // Only the names that occur: a scope costs what it lists.
    let bound: Vec<&str> = VARIABLES.iter().copied().filter(|v| formula.contains(v) && *v == name).collect();
    let scope = Scope { variables: &bound, ..Scope::default() };
    let Ok(mut session) = Session::parse(formula, &scope) else { return String::new() };
    let Ok(w) = session.variable(name) else { return String::new() };
    let Ok(derivation) = session.derive(DerivativeKind::Derivative(1), &[w], &[]) else { return String::new() };
    let shown = session.simplify(derivation.ids()[0]);
    session.print(shown.id, Form::Text).line()
}

fn tokens(text: &str) -> usize {
    let mut count = 0;
    let mut previous = ' ';
    for c in text.chars() {
        let word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        count += (word(c) && !word(previous)) as usize + "+-*/^".contains(c) as usize;
        previous = c;
    }
    count
}

fn rubi() {
    let sample = include_str!("../../../benches/rubi_sample.tsv");
    let cases: Vec<Vec<&str>> =
        sample.lines().filter(|l| !l.starts_with('#')).map(|l| l.split('\t').collect()).collect();
    let (mut times, mut ours, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    for case in &cases {
        let (name, formula) = (case[0], case[1]);
        let calls = 20;
        let samples = (0..5).map(|_| {
            let start = ProcessTime::now();
            for _ in 0..calls {
                black_box(derivative_text(formula, name));
            }
            start.elapsed().as_secs_f64() / f64::from(calls)
        });
        times.push(median(samples.collect()));
        ours.push(tokens(&derivative_text(formula, name)));
        theirs.push(case[2].parse::<usize>().unwrap_or(0));
    }
    let middle = |v: &[usize]| median(v.iter().map(|x| *x as f64).collect());
    let note = format!(
        "tokens: median {} total {}; SymPy's shorter: {} and {}",
        middle(&ours),
        ours.iter().sum::<usize>(),
        middle(&theirs),
        theirs.iter().sum::<usize>()
    );
    report("rubi, median case", median(times), &note);
}

/// f ← sin(f)·f + exp(−f²), `depth` times.
fn nested(depth: usize) -> (Graph, Id, Vec<Id>) {
    let mut g = Graph::new();
    let x = g.symbol("x");
    let f = Builder::scope(&mut g, |b| {
        let mut f = b.at(x);
        for _ in 0..depth {
            f = Ex::apply(Primitive::Sin, &[f]) * f + Ex::apply(Primitive::Exp, &[-f.pow(2)]);
        }
        f.id()
    });
    (g, f, vec![x])
}

fn symbols(g: &mut Graph, stem: &str, n: usize) -> Vec<Id> {
    (0..n).map(|k| g.symbol(&format!("{stem}{k}"))).collect()
}

fn product(n: usize) -> (Graph, Id, Vec<Id>) {
    let mut g = Graph::new();
    let x = symbols(&mut g, "x", n);
    let f = g.product(&x);
    (g, f, x)
}

/// Two tanh layers of `h` units on `n` inputs, squared error, written out in scalars.
fn network(n: usize, h: usize) -> (Graph, Id, Vec<Id>) {
    let mut g = Graph::new();
    let p = symbols(&mut g, "p", h * n + h + h * h + h + h + 1);
    let inputs: Vec<f64> = (0..n).map(|k| 0.5 + 0.37 * (1.0 + 3.0 * k as f64).sin()).collect();
    let f = Builder::scope(&mut g, |b| {
        let mut next = p.iter().map(|id| b.at(*id));
        let mut take = || next.next().unwrap_or_else(|| b.number(Number::ZERO));
        let mut layer: Vec<Ex<'_>> =
            inputs.iter().map(|x| b.number(Number::from_f64((x * 1e6).round() / 1e6).unwrap_or(Number::ONE))).collect();
        for (units, last) in [(h, false), (h, false), (1, true)] {
            let sums = (0..units).map(|_| {
                let bias = take();
                layer.iter().fold(bias, |z, a| z + take() * *a)
            });
            let sums: Vec<Ex<'_>> = sums.collect();
            layer = if last { sums } else { sums.into_iter().map(|z| Ex::apply(Primitive::Tanh, &[z])).collect() };
        }
        let error = layer[0] - b.number(Number::ratio(1, 4).unwrap_or(Number::ONE));
        error.pow(2).id()
    });
    (g, f, p)
}

fn rosenbrock(n: usize) -> (Graph, Id, Vec<Id>) {
    let mut g = Graph::new();
    let x = symbols(&mut g, "x", n);
    let f = Builder::scope(&mut g, |b| {
        let mut f = b.number(Number::ZERO);
        for k in 0..n - 1 {
            let (x, next) = (b.at(x[k]), b.at(x[k + 1]));
            f = f + 100 * (next - x.pow(2)).pow(2) + (1 - x).pow(2);
        }
        f.id()
    });
    (g, f, x)
}

/// The twelve entries of the pose of an arm with seven joints.
fn arm() -> (Graph, Vec<Id>, Vec<Id>) {
    let mut g = Graph::new();
    let q = symbols(&mut g, "q", 7);
    let twist = [-1, 1, 1, -1, -1, 1, 0i64];
    let offset = ["0.34", "0", "0.4", "0", "0.4", "0", "0.126"];
    let pose = Builder::scope(&mut g, |b| {
        let number = |n: i64| b.number(Number::integer(n));
        let mut pose: Option<Vec<Vec<Ex<'_>>>> = None;
        for (k, &joint) in q.iter().enumerate() {
            let (c, s) = (Ex::apply(Primitive::Cos, &[b.at(joint)]), Ex::apply(Primitive::Sin, &[b.at(joint)]));
            let (sa, ca) = (number(twist[k]), number(1 - twist[k].abs()));
            let d = b.number(Number::parse(offset[k]).unwrap_or(Number::ZERO));
            let step = [[c, -s * ca, s * sa, number(0)], [s, c * ca, -c * sa, number(0)], [number(0), sa, ca, d]];
            pose = Some(match pose {
                None => step.iter().map(|r| r.to_vec()).collect(),
                Some(t) => t
                    .iter()
                    .map(|row| {
                        let entry = |j: usize| {
                            (0..3).fold(if j == 3 { row[3] } else { number(0) }, |sum, m| sum + row[m] * step[m][j])
                        };
                        (0..4).map(entry).collect()
                    })
                    .collect(),
            });
        }
        pose.unwrap_or_default().into_iter().flatten().map(Ex::id).collect()
    });
    (g, pose, q)
}

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let want = |task: &str| wanted.is_empty() || wanted.iter().any(|w| task.contains(w.as_str()));
    for formula in SEEDS {
        if want("seed") {
            let note = derivative_text(formula, "w");
            report(formula, time(|| (), |()| derivative_text(formula, "w")), &note);
        }
    }
    if want("rubi") {
        rubi();
    }
    let gradient_of =
        |(g, f, x): &(Graph, Id, Vec<Id>)| time(|| g.clone(), |mut g| (gradient(&mut g, *f, x).map(|d| d.len()), g));
    if want("nest14") {
        let mut case = nested(14);
        let seconds = gradient_of(&case);
        let d = gradient(&mut case.0, case.1, &case.2).unwrap_or_default();
        let printed = wrt_view::print(&case.0, d[0], Form::Text).line();
        report("nest14, derivative", seconds, &format!("{} bytes printed", printed.len()));
    }
    if want("product1000") {
        report("product1000, gradient", gradient_of(&product(1000)), "");
    }
    if want("network1015") {
        report("network1015, gradient", gradient_of(&network(10, 26)), "");
    }
    if want("rosenbrock100") {
        let (g, f, x) = rosenbrock(100);
        report("rosenbrock100, Hessian", time(|| g.clone(), |mut g| (hessian(&mut g, f, &x).map(|h| h.len()), g)), "");
    }
    if want("arm7") {
        let (g, pose, q) = arm();
        report(
            "arm7, Jacobian 12 x 7",
            time(|| g.clone(), |mut g| (jacobian(&mut g, &pose, &q).map(|j| j.len()), g)),
            "",
        );
    }
    if want("parse") {
        let sum = (0..1000).map(|k| format!("x{k}")).collect::<Vec<_>>().join("*");
        report("parse product1000", time(Graph::new, |mut g| (parse(&mut g, &sum, &Scope::default()).is_ok(), g)), "");
    }
}

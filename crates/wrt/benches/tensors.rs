//! Times of symbolic work on vectors and matrices, a line a task: `cargo bench -p wrt --bench tensors [-- NAME]`.
//!
//! A time is the median of seven samples of CPU seconds; a sample of a short task is the mean of a loop of about 20 ms.

mod common;

use wrt::session::{DerivativeKind, Form, Id, Layout, Scope, Session};

use common::{report, time};

const NETWORK: &str = include_str!("../../../examples/tanh10.wrt");
const IDENTITIES: &str = include_str!("../tests/identities.txt");

/// A cost of twenty lines: a network whose layers share their weights, with a penalty for each.
fn twenty_lines() -> String {
    let mut text = "data A[n, n], x[n], y[n]\nparam w[n] = 0\n".to_string();
    text.push_str("h1 = tanh(A @ w + x)\n");
    for k in 2..=16 {
        text.push_str(&format!("h{k} = tanh(A @ h{} + w)\n", k - 1));
    }
    text.push_str("fit = norm2(h16 - y)^2\ncost = fit + 0.1*norm2(w)^2\n");
    text
}

/// A model with its parameters.
fn opened(text: &str) -> Option<(Session, Vec<Id>)> {
    let mut session = Session::parse(text, &Scope::default()).ok()?;
    let names = session.document().default_variables();
    let ids = names.iter().map(|n| session.variable(n)).collect::<Result<Vec<Id>, _>>().ok()?;
    Some((session, ids))
}

/// `A[m,n] psd, t[]`
fn declared(text: &str) -> Vec<(&str, Vec<&str>)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((name, after)) = rest.split_once('[') {
        let Some((dims, after)) = after.split_once(']') else { break };
        found.push((name.trim(), dims.split(',').map(str::trim).filter(|d| !d.is_empty()).collect()));
        rest = after.split_once(',').map_or("", |(_, r)| r);
    }
    found
}

/// Text to the derivative's text: parse, differentiate, simplify, print.
fn formula(line: &str) -> Option<String> {
    let parts: Vec<&str> = line.split('#').next()?.split(" | ").map(str::trim).collect();
    let [kind, formula, names, variable, _] = parts[..] else { return None };
    let shapes = declared(names);
    let mut session = Session::parse(formula, &Scope { shapes: &shapes, ..Scope::default() }).ok()?;
    let x = session.variable(variable).ok()?;
    let derivation = session.derive(DerivativeKind::named(kind)?, &[x], &[]).ok()?;
    let shown = session.simplify(derivation.ids()[0]);
    Some(session.print(shown.id, Form::Text).line())
}

fn identities() {
    let mut times: Vec<(f64, &str)> = IDENTITIES
        .lines()
        .filter(|l| !l.starts_with('#') && l.contains('|'))
        .map(|line| (time(|| line, formula), line))
        .collect();
    times.sort_by(|a, b| a.0.total_cmp(&b.0));
    report("identities, median", times[times.len() / 2].0, &format!("of {}", times.len()));
    for (seconds, line) in times.iter().rev().take(5) {
        report("identities, slowest", *seconds, line);
    }
}

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let want = |task: &str| wanted.is_empty() || wanted.iter().any(|w| task.contains(w.as_str()));
    if want("tanh10") {
        report("tanh10, parse", time(|| NETWORK, opened), "");
        let gradient = |open: Option<(Session, Vec<Id>)>| {
            open.map(|(mut s, ids)| (s.derive(DerivativeKind::Gradient, &ids, &[]), s))
        };
        report("tanh10, graph of the gradient", time(|| opened(NETWORK), gradient), "20 parameters");
        let shown = |open: Option<(Session, Vec<Id>)>| {
            open.map(|(mut s, ids)| {
                let derivation = s.derive(DerivativeKind::Gradient, &ids, &[]);
                (derivation.and_then(|d| s.simplify_derivation(&d, Layout::LetBlock)), s)
            })
        };
        report("tanh10, formulas of the gradient", time(|| opened(NETWORK), shown), "");
    }
    if want("identities") {
        identities();
    }
    if want("hessian20") {
        let text = twenty_lines();
        let made = |open: Option<(Session, Vec<Id>)>| {
            open.map(|(mut s, ids)| (s.derive(DerivativeKind::Hessian, &ids, &[]), s))
        };
        report("hessian20, graph", time(|| opened(&text), made), "a cost of 20 lines");
        let shown = |open: Option<(Session, Vec<Id>)>| {
            open.and_then(|(mut s, ids)| {
                let mut derivation = s.derive(DerivativeKind::Hessian, &ids, &[]).ok()?;
                derivation.partials.truncate(1);
                let shown = s.simplify_derivation(&derivation, Layout::LetBlock).ok()?;
                Some((s.let_block(&shown.formulas(), Form::Text, &[]), s))
            })
        };
        report("hessian20, graph and formula", time(|| opened(&text), shown), "");
    }
}

//! How long certified digits, bounded doubles and a check take: `cargo run --release -p wrt-check --example timing`.

use std::time::Instant;

use wrt_check::{Claim, Scrutiny, judge};
use wrt_core::{Graph, Id, Number};
use wrt_language::{Scope, parse};
use wrt_run::{Bounded, Point, certified, evaluate, values_at};

/// Sixty operations, functions among them.
const FORMULA: &str = "a = x*y + z; b = a^2 - 3*x; c = sin(a)*cos(b) + exp(-b^2/10); d = log(1 + c^2) + sqrt(a^2 + b^2 + 1); \
     f = tanh(c*d - x) + atan(y*z) / (1 + d^2); g = sigmoid(f + c) * softplus(a - d); \
     h = x^3 - 3*x^2*y + 3*x*y^2 - y^3; (f*g + h*c - d)/(1 + a^2 + f^2) + exp(g)*sin(h) - 2*f*z";

/// The median time of a call in microseconds.
fn time<T>(mut call: impl FnMut() -> T) -> f64 {
    let mut times: Vec<f64> = (0..200)
        .map(|_| {
            let start = Instant::now();
            std::hint::black_box(call());
            start.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut g = Graph::new();
    let f = parse(&mut g, FORMULA, &Scope::default()).map_err(|e| e.message)?.result;
    let wrt = g.free_symbols(&[f]);
    let values = ["0.7", "1.3", "-0.4"];
    let at: Vec<(Id, Number)> =
        wrt.iter().zip(values).map(|(x, v)| Ok((*x, Number::parse(v)?))).collect::<Result<_, String>>()?;
    let at = Point::numbers(&at);
    let work = wrt_check::work(&mut g, f, &wrt, &Vec::new())?;
    let mut roots = vec![f];
    roots.extend(wrt_differentiate::gradient(&mut g, f, &wrt)?);
    let claim = |(x, made): (&Id, &Id)| Claim::by_entries(f, *x, *made);
    let claims: Vec<Claim> = wrt.iter().zip(&roots[1..]).map(claim).collect();
    println!("{} operations, {} with the gradient", work.operations, work.backprop);
    println!("certified 50 digits of value and gradient: {:8.1} µs", time(|| certified(&g, &roots, &at, 50)));
    println!("doubles that are right, value and gradient: {:7.1} µs", time(|| values_at(&g, &roots, &at)));
    let (plain, bounded) = (at.map(Number::to_f64), at.map(Bounded::new));
    let one = Bounded::new(&Number::ONE);
    let (a, b) = (time(|| evaluate(&g, &roots, &plain, &0.0)), time(|| evaluate(&g, &roots, &bounded, &one)));
    println!("plain doubles: {a:.2} µs; with their bound: {b:.2} µs, {:.2} times", b / a);
    println!(
        "check: {:.1} µs",
        time(|| judge(&mut g.clone(), &claims, None, &at, Scrutiny::default(), &mut |_, _| {}))
    );
    Ok(())
}

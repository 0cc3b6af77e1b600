//! Prints the time that each function takes, in microseconds: `cargo run --release --example speed [bits]`.

use std::hint::black_box;
use std::time::Instant;
use wrt_balls::Ball;

#[path = "../tests/common/mod.rs"]
mod common;

/// Microseconds per call, over some 20 ms.
fn time(mut f: impl FnMut() -> Ball) -> f64 {
    black_box(f());
    let mut calls = 1u32;
    loop {
        let start = Instant::now();
        for _ in 0..calls {
            black_box(f());
        }
        let spent = start.elapsed().as_secs_f64();
        if spent > 0.02 {
            return spent * 1e6 / f64::from(calls);
        }
        calls *= 2;
    }
}

fn main() {
    let prec = std::env::args().nth(1).and_then(|a| a.parse().ok()).unwrap_or(200);
    let exact = Ball::from_f64(0.7345);
    // A result of earlier operations: full length, inexact.
    let ball = Ball::from_i64(2).sqrt(prec).div(&Ball::from_i64(3).sqrt(prec), prec);
    let over = |x: &Ball| x.recip(prec);
    println!("{:>12} {:>9} {:>9}   at {prec} bits, of a double and of a ball", "µs", "double", "ball");
    for (name, f) in common::UNARY {
        // Some are defined only beyond 1.
        let outside = ["asec", "acsc", "acoth", "acosh"].contains(name);
        let (a, b) = if outside { (over(&exact), over(&ball)) } else { (exact.clone(), ball.clone()) };
        println!("{name:>12} {:9.3} {:9.3}", time(|| f(&a, prec)), time(|| f(&b, prec)));
    }
    let other = Ball::from_i64(5).sqrt(prec);
    for (name, f) in common::BINARY {
        println!("{name:>12} {:9.3} {:9.3}", time(|| f(&exact, &exact, prec)), time(|| f(&ball, &other, prec)));
    }
    for x in [3.3, 6.5, 12.0, 30.0] {
        let x = Ball::from_f64(x);
        println!("{:>12} {:9.3} {:9.3}", format!("erfc {}", x.mid_f64()), time(|| x.erf(prec)), time(|| x.erfc(prec)));
    }
}

//! Timing that the benchmarks share.

use std::hint::black_box;

use cpu_time::ProcessTime;

pub fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

/// CPU seconds of one call (the machine may be shared); `prepare` is not counted.
pub fn time<T, R>(prepare: impl Fn() -> T, run: impl Fn(T) -> R) -> f64 {
    let sample = |calls: u32| {
        let inputs: Vec<T> = (0..calls).map(|_| prepare()).collect();
        let start = ProcessTime::now();
        for input in inputs {
            black_box(run(black_box(input)));
        }
        start.elapsed().as_secs_f64() / f64::from(calls)
    };
    let first = sample(3).max(1e-7);
    let calls = (0.02 / first).ceil().clamp(1.0, 20_000.0) as u32;
    median((0..7).map(|_| sample(calls)).collect())
}

pub fn report(task: &str, seconds: f64, note: &str) {
    println!("{task:<40} {:>10.2} us   {note}", seconds * 1e6);
}

//! The same bits for any number of threads, however these are held up.

use std::sync::atomic::{AtomicBool, Ordering};

use wrt_engine::{EngineReal, Level};

use crate::cases::{Case, case, compiled};

/// Models whose steps are large enough to be shared.
fn large() -> Vec<Case> {
    let network = "data X[m, 200], y[m] in 0..10; h = dense(X, 130, relu); k = dense(h, 70, tanh); z = dense(k, 10);
        cost = mean(crossentropy(y, softmax(z)))";
    let logistic = "data X[m, n], y[m]; param w[n]; cost = mean(softplus(-y*(X @ w)))";
    let batch = "data A[m, 30, 40], B[m, 40, 30]; C[b,i,j] = sum[k](A[b,i,k]*B[b,k,j]); cost = sum(C^3)";
    let entries = "data x[m], a, b; cost = sum(log1p(exp(-(a*x + b)^2))*sin(40*x))";
    let neighbours = "param x[m]; u = x[1:]*exp(x[:-1]); cost = sum(tanh(u[3:]*u[:-3])) + sum(u^2)";
    let angles = "data x[m]; f = sin(1e7*x^9) + cos(3*x)";
    vec![
        case(network, &[("m", 160)]),
        case(logistic, &[("m", 300), ("n", 400)]),
        // One stage.
        case(logistic, &[("m", 30_000), ("n", 40)]),
        case(batch, &[("m", 20)]),
        case(entries, &[("m", 50_000)]),
        case(neighbours, &[("m", 280_000)]),
        case(angles, &[("m", 50_000)]),
    ]
}

fn bits<T: EngineReal>(results: &[Vec<T>]) -> Vec<Vec<u64>> {
    results.iter().map(|r| r.iter().map(|x| x.to_f64().to_bits()).collect()).collect()
}

fn same_bits<T: EngineReal>(cases: &[Case]) {
    for case in cases {
        for level in Level::available() {
            let wanted = bits(&compiled::<T>(case, level, 1));
            for threads in [2, 3, 4] {
                assert!(bits(&compiled::<T>(case, level, threads)) == wanted, "{threads} threads at {level:?}");
            }
        }
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let cases = large();
    same_bits::<f32>(&cases);
    same_bits::<f64>(&cases);
}

/// Others take the cores away in the midst of units.
#[test]
fn threads_that_are_held_up_change_nothing() {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let cases = large();
        same_bits::<f32>(&cases[..2]);
        done.store(true, Ordering::Relaxed);
    });
}

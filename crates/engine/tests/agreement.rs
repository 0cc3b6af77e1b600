//! Compiled values and gradients against those of the reference, in both precisions, at each level of instructions.

use wrt_core::{Array, Id};
use wrt_engine::{Compiled, EngineReal, Level};
use wrt_run::evaluate;

use crate::cases::{Case, case, compiled};

/// The plan, one entry after the other.
fn interpreted(case: &Case) -> Vec<Vec<f64>> {
    let roots: Vec<(Id, Option<Id>)> = case.roots.iter().map(|id| (*id, None)).collect();
    let plan = wrt_plan::plan(&case.graph, &roots, &case.at.sizes).unwrap();
    let values: Vec<(Id, Vec<f64>)> = case.at.values.iter().map(|(id, a)| (*id, a.data.clone())).collect();
    wrt_engine::interpret(&plan, &values, &0.0).unwrap()
}

fn agree(text: &str, sizes: &[(&str, usize)]) {
    let case = case(text, sizes);
    let wanted = evaluate(&case.graph, &case.roots, &case.at, &0.0).unwrap();
    hold::<f64>(&wanted, &interpreted(&case), 1e-12, &format!("{text}\ninterpreted"));
    for level in Level::available() {
        hold::<f64>(&wanted, &compiled(&case, level, 1), 1e-12, &format!("{text}\n{level:?}"));
        hold::<f32>(&wanted, &compiled(&case, level, 1), 2e-4, &format!("{text}\n{level:?}"));
    }
}

fn hold<T: EngineReal>(wanted: &[Array<f64>], found: &[Vec<T>], tolerance: f64, what: &str) {
    for (k, (wanted, found)) in wanted.iter().zip(found).enumerate() {
        assert_eq!(wanted.data.len(), found.len());
        let scale = wanted.data.iter().fold(1e-3_f64, |m, x| m.max(x.abs()));
        for (w, f) in wanted.data.iter().zip(found) {
            let off = (w - f.to_f64()).abs() / scale;
            let same = off <= tolerance || (w.is_nan() && f.is_none()) || *w == f.to_f64();
            assert!(same, "{what}\nroot {k}: {f:?}, not {w} ({})\n{wanted:?}\n{found:?}", T::NAME);
        }
    }
}

#[test]
fn networks() {
    agree(
        "data X[m, 3], y[m] in 0..4; h = dense(X, 5, relu); z = dense(h, 4); cost = mean(crossentropy(y, softmax(z)))",
        &[("m", 7)],
    );
    agree(
        "data X[m, 20], y[m] in 0..10; h = dense(X, 33, tanh); k = dense(h, 18, sigmoid); z = dense(k, 10); cost = mean(crossentropy(y, softmax(z)))",
        &[("m", 70)],
    );
    agree(
        "data X[m, n], y[m]; param w[n], b = 0; p = sigmoid(X @ w + b); cost = -mean(y*log(p) + (1 - y)*log(1 - p))",
        &[("m", 19), ("n", 6)],
    );
    agree("data X[m, n], y[m]; param w[n]; cost = mean(log1p(exp(-y*(X @ w))))", &[("m", 300), ("n", 100)]);
}

/// Arrays of pieces: beside each other, over each other, apart, longer than what is put together at a time.
#[test]
fn pieces() {
    for text in [
        "param x[n]; cost = sum(100*(x[1:] - x[:-1]^2)^2 + (1 - x[:-1])^2)",
        "param x[n], y[n]; z = concat(x, y*x, sin(x)); cost = sum(z^3) + sum(z[5:] * y[0])",
        "param x[n]; cost = sum(pad(x, 3, 2*n)*pad(x^2, 2, 2*n)) + x[0]*x[n - 1] + sum(x[2:]*x[:-2])",
    ] {
        agree(text, &[("n", 9)]);
        agree(text, &[("n", 4100)]);
    }
    for text in [
        "param x[12]; cost = sum(x[::3]^2) + sum(x[1::3]*x[::3]) + prod(x[2:5])",
        "param x[3]; A = [[x[0], 1, x[1]], [x[2], x[0]^2, 0]]; cost = sum((A @ A')^2)",
    ] {
        agree(text, &[]);
    }
    agree(
        "param X[m, n]; cost = sum(concat(X, X^2, axis=0)^2) + sum(X[1:, :]*X[:-1, :]) + sum(X[:, 0]^3)",
        &[("m", 40), ("n", 70)],
    );
}

/// Products whose factors are kept, deltas, and arrays that are walked with other axes first.
#[test]
fn forms_and_layouts() {
    for text in [
        "param A[m, n], B[m, k], c[k]; F[i,j,l] = A[i,j]*B[i,l]*c[l]; cost = sum(F)^2 + sum(sum(F, axis=1)*B)",
        "param A[n, n]; cost = sum((A*eye(n)) @ A) + tr(A @ A) + sum(diag(diag(A)) @ A)",
        "param X[m, n], Q[k, n, n]; Y[p,i,j] = sum[l](Q[p,j,l]*X[i,l]) + X[i,j]; cost = sum(logsumexp(sum(Y^2, axis=2), axis=0))",
        "param X[m, n], Q[k, n]; Z[i,p,j] = X[i,j]*Q[p,j]; W[p,j,i] = exp(Z[i,p,j]); cost = sum(sum(W, axis=1)^2) + sum(Z^3)",
        "param a[m], b[n]; G = outer(a, b); cost = sum((G @ b)*(G @ b)*a) + sum(relu(G)*G)",
    ] {
        agree(text, &[("m", 6), ("n", 5), ("k", 3)]);
        agree(text, &[("m", 70), ("n", 11), ("k", 4)]);
    }
}

/// Loops over time, forwards and back, with last states and stacked ones.
#[test]
fn scans() {
    for text in [
        "data X[T, n], y[T]; h = lstm(X, 4); cost = mse(y, dense(h, 1)[:, 0])",
        "data X[T, n], y[T]; h = gru(X, 3); cost = mse(y, dense(h, 1)[:, 0])",
        "f(s, x) = tanh(s*x + 0.5); data x[T]; param s; cost = sum(scan(f, s, x)^2)",
        "data u[T]; param A[2, 2], b[2], s0[2]; s[-1] = s0; s[t] = tanh(A @ s[t-1]) + b*u[t]; cost = sum(s^2) + sum(s[-1])",
        "data u[T]; param a, b; p[-1] = a; q[-1] = b; p[t] = sin(q[t-1])*u[t]; q[t] = p[t] + 0.5*q[t-1]; cost = p[-1]*q[-1] + sum(p)",
        "f(s, x) = tanh(s*x + 0.5); data x[3*b]; param s; cost = sum(scan(f, s, x, checkpoint=3)^2)",
        "data X[T, n]; param W[n, n]; s[-1] = zeros(n); s[t] = where(X[t] > 0, relu(W @ s[t-1]), 0) + X[t]; cost = max(s) + s[-1, 0]",
    ] {
        for (steps, n) in [(9, 3), (3, 1)] {
            agree(text, &[("T", steps), ("n", n), ("b", steps / 3)]);
        }
    }
}

/// What has no loops of its own is computed as its row says.
#[test]
fn operations_by_their_rows() {
    let sizes = [("m", 5), ("n", 4)];
    for text in [
        "data A[m, n]; cost = sum(cumsum(A, axis=0)^2) + sum(cumprod(A, axis=1)) + prod(A[:, 0])",
        "data A[n, n]; B = A + 9*eye(n); cost = logdet(B) + det(A) + sum(inv(B)^2) + sum(solve(B, A)) + sum(expm(A/9))",
        "data A[n, n]; cost = sum(eigvalsh(A)^3) + svdvals(A)[0] + sum(cholesky(A @ A' + eye(n)))",
        "data X[m, 8, 8, 2]; cost = sum(max_pool(conv2d(X, 3, 3, relu), 2)^2) + sum(avg_pool(X, 2)^3)",
        "data A[m, n]; cost = sum(sort(A, axis=1)*A) + sum(tril(A @ A')) + sum(logcumsumexp(A, axis=0))",
    ] {
        agree(text, &sizes);
    }
}

#[test]
fn what_has_no_value_is_said() {
    let case = case("data A[n, n]; cost = sum(cholesky(A))", &[("n", 2)]);
    let roots = [(case.roots[0], None)];
    let program = Compiled::<f64>::new(&case.graph, &roots, &case.symbols).unwrap();
    let mut out = [0.0];
    let done = program.run(&mut program.workspace(), &[("n", 2)], &[&[-1.0, 0.0, 0.0, 1.0]], &mut [], &mut [&mut out]);
    assert!(done.is_err() || out[0].is_nan(), "{done:?} {out:?}");
}

/// Axes that are turned, repeated, taken apart and summed in every way.
#[test]
fn contractions() {
    let sizes = [("m", 5), ("n", 4), ("k", 3)];
    for text in [
        "data A[m, n], B[k, n]; cost = sum(A @ B')",
        "data A[m, n], B[n, k], v[m]; cost = sum((v @ A) @ B)",
        "data A[n, n]; cost = tr(A @ A @ A') + sum(diag(A))",
        "data A[m, n], u[m], v[n]; cost = u' @ A @ v + sum(outer(u, v)*A)",
        "data A[m, n, k], B[m, k, n]; C[i,j] = sum[a,b](A[i,a,b]*B[j,b,a]); cost = sum(C^2)",
        "data A[m, n, k], v[n]; C[i,j] = sum[a](A[i,a,j]*v[a]); cost = sum(exp(C))",
        "data A[m, n], s; cost = sum(s*A)/(s + 3) + m*n",
        "data A[m, n]; cost = mean(A) + sum(max(A, axis=0)) + sum(min(A, axis=1)) + max(A)",
        "data A[m, n]; cost = sum(logsumexp(A, axis=1)) + sum(log_softmax(A, axis=0)*A)",
        "data A[m, n]; f = outer(A[:, 1]*A[:, 0], A[1:3, 2]^2 + A[-1, 0])",
        "data A[m, n]; cost = sum(A[:, 1]*A[:, 0]) + sum(A[1:3, 2]^2) + A[-1, 0] + sum(flip(A, 1)*A)",
        "data A[m, n], B[m, k]; cost = sum(concat(A, B, axis=1)^3) + sum(concat(A, A)[:, 0])",
        "data A[m, n]; cost = sum(where(A > 0, log(A), 0)) + sum(where(A < 0, 0, sqrt(A)))",
        "data A[m, n], B[m, n]; cost = sum(A*B/(1 + B^2)) + sum(A^3*B^(1/3))",
        "data A[m, n]; cost = sum(sin(A)*cos(A) + erf(A) + atan(A) + A^4 + pi*A + e)",
        "data A[m, n]; B = A^2 + 0.3; cost = sum(B^(3/2) + B^(-1/2) + B^(-5/2)*A + B^(7/2))",
        "data A[m, n]; cost = sum(reshape(A, n, m) @ A)",
        "data A[m, 4], y[m] in 0..4; cost = sum(one_hot(y, 4)*A)",
        "data A[m, n], y[k] in 0..m; cost = sum(A[y]^2)",
    ] {
        agree(text, &sizes);
        agree(
            text,
            &[("m", 1), ("n", 4), ("k", 1)]
                .map(|(n, k)| (n, if text.contains("A[1:3") || text.contains("in 0..m") { 5 } else { k })),
        );
    }
}

/// Arrays that are too large to stay near: steps over their rows go together, block by block.
#[test]
fn stages() {
    for (text, m, n) in [
        ("data X[m, n], y[m]; param w[n], b; cost = mean(softplus(-y*(X @ w + b)))", 9001, 40),
        ("data X[m, n]; param W[n, 3], v[3]; cost = sum(tanh(X @ W + v)^2) + max(X @ W[:, 0])", 9001, 40),
        ("data X[m, n], y[m] in 0..3; param W[n, 3]; cost = mean(crossentropy(y, softmax(X @ W)))", 9001, 40),
        ("data X[m, n]; param v[n]; cost = sum(max(X*v, axis=1)^2) + sum(min(X - v, axis=0))", 9001, 40),
        ("data x[m], a, b; cost = sum(log1p(exp(-(a*x + b)^2))*sin(x))", 300_001, 1),
    ] {
        let sizes = [("m", m), ("n", n)];
        let case = case(text, &sizes);
        let roots: Vec<(Id, Option<Id>)> = case.roots.iter().map(|id| (*id, None)).collect();
        let plan = wrt_plan::plan(&case.graph, &roots, &case.at.sizes).unwrap();
        assert!(plan.steps.iter().any(|s| matches!(s, wrt_plan::Step::Stage(_))), "{text}: {:?}", plan.steps);
        agree(text, &sizes);
    }
}

/// Rows that read their neighbours, and pieces put at offsets, go over large arrays together with all else, a few rows more
/// than a block's; what nobody else needs is there block by block. Beside the text stands whether all is one stage.
#[test]
fn stencils() {
    let rosenbrock = "param x[n]; cost = sum(100*(x[1:] - x[:-1]^2)^2 + (1 - x[:-1])^2)";
    let chain = "param x[n]; u = x[2:] - 2*x[1:-1] + x[:-2]; v = tanh(u[1:]*u[:-1]); w = v[2:]*v[:-2];
        cost = sum(exp(-w^2)) + sum(abs(x[1:] - x[:-1]))";
    let variation = "param x[m, n]; cost = sum((x[1:, :] - x[:-1, :])^2) + sum(exp(x[:, 1:] - x[:, :-1]))";
    let laplace = "param x[m, n]; d = x[2:, 1:-1] + x[:-2, 1:-1] + x[1:-1, 2:] + x[1:-1, :-2] - 4*x[1:-1, 1:-1];
        cost = sum(d^4)";
    for (text, m, n, is_one) in [
        (rosenbrock, 1, 300_001, true),
        (chain, 1, 300_007, true),
        (variation, 901, 330, true),
        (laplace, 700, 401, true),
        // What is computed for a halo is wanted itself, or waits for what takes all rows: not one stage.
        ("param x[n]; d = x[1:] - x[:-1]; f = concat(d, sin(d))", 1, 300_001, false),
        // What is put together is read elsewhere, too.
        (
            "param x[m, n]; u = exp(x); v = concat(u, sin(u), axis=1); cost = sum(v^3) + sum(exp(u - max(u)))",
            5000,
            60,
            false,
        ),
        (
            "data x[n], k[3]; y = x[2:]*k[0] + x[1:-1]*k[1] + x[:-2]*k[2]; cost = sum(max(y[3:], y[:-3])) + max(y)",
            1,
            400_000,
            false,
        ),
    ] {
        let sizes = [("m", m), ("n", n)];
        let case = case(text, &sizes);
        let roots: Vec<(Id, Option<Id>)> = case.roots.iter().map(|id| (*id, None)).collect();
        let plan = wrt_plan::plan(&case.graph, &roots, &case.at.sizes).unwrap();
        let written = wrt_plan::text(&plan, &case.graph);
        let large = |step: &&wrt_plan::Step| {
            !matches!(step, wrt_plan::Step::Stage(_)) && step.writes().iter().any(|b| plan.entries[*b] > 1000)
        };
        let one = plan.buffers.contains(&wrt_plan::Buffer::Local) && !plan.steps.iter().any(|s| large(&s));
        assert!(one == is_one, "{text}\n{written}");
        assert_eq!(wrt_plan::read(&written).unwrap().text(), written);
        agree(text, &sizes);
    }
}

/// Axes without entries, of one entry, and of sizes around those of vectors and blocks.
#[test]
fn sizes_at_the_edges() {
    for m in [0, 1, 2, 15, 16, 17, 63, 64, 65, 129, 1000] {
        for n in [1, 3, 16, 33] {
            let sizes = [("m", m), ("n", n)];
            agree("data X[m, n], y[m]; param w[n]; cost = sum((X @ w - y)^2)", &sizes);
            agree("data X[m, n]; cost = sum(X^2) + sum(sin(X[:, 1:] - X[:, :-1]))", &sizes);
            agree(
                "data X[m, n]; param W[n, 7], b[7]; cost = sum(tanh(X @ W + b)*exp(-sum(X^2, axis=1)[:, None]))",
                &sizes,
            );
        }
    }
}

#[test]
fn labels_that_are_none_are_refused_before_anything_is_written() {
    let case =
        case("data X[m, 3], y[m] in 0..3; param W[3, 3]; cost = mean(crossentropy(y, softmax(X @ W)))", &[("m", 2)]);
    let symbol = |name: &str| case.graph.find_symbol(name).unwrap();
    let inputs = [symbol("X"), symbol("y")];
    let roots = [(case.roots[0], None), (case.roots[2], Some(symbol("W")))];
    let program = Compiled::<f64>::new(&case.graph, &roots, &inputs).unwrap();
    let (x, start) = ([0.5; 6], [1.0; 9]);
    for bad in [3.0, -1.0, 0.5, f64::NAN, f64::INFINITY] {
        let (mut w, mut cost) = (start, [7.0]);
        let y = [1.0, bad];
        let done = program.run(&mut program.workspace(), &[("m", 2)], &[&x, &y], &mut [&mut w], &mut [&mut cost]);
        assert!(done.unwrap_err().to_string().contains("is none of 0, 1, …, 2"));
        assert_eq!((w, cost), (start, [7.0]));
    }
}

#[test]
fn arrays_of_other_sizes_are_refused() {
    let case = case("data X[m, 3]; param w[3]; cost = sum(X @ w)", &[("m", 2)]);
    let roots = [(case.roots[0], None)];
    let program = Compiled::<f32>::new(&case.graph, &roots, &case.symbols).unwrap();
    let mut out = [0.0];
    let mut run = |sizes: &[(&str, usize)], inputs: &[&[f32]]| {
        let done = program.run(&mut program.workspace(), sizes, inputs, &mut [], &mut [&mut out]);
        done.map_err(|e| e.to_string())
    };
    let (x, w) = ([1.0; 6], [1.0; 3]);
    assert!(run(&[("m", 2)], &[&x, &w]).is_ok());
    assert!(run(&[("m", 3)], &[&x, &w]).unwrap_err().contains("`X` has the shape [9] here, and 6 entries are given"));
    assert!(run(&[("m", 2)], &[&x]).unwrap_err().contains("1 inputs are given, and 2 are needed"));
    assert!(run(&[], &[&x, &w]).unwrap_err().contains("m: the dimension has no size"));
    assert!(run(&[("m", usize::MAX)], &[&x, &w]).is_err());
    assert!(run(&[("m", 1 << 40)], &[&x, &w]).unwrap_err().contains("an array has at most"));
}

/// Powers that are computed as products, quotients and roots are what a power is, at the edges as well.
#[test]
fn powers_at_the_edges() {
    let small = [0.0, -0.0, 5e-324, 1e-310, -1e-200, 1e-160, 1.2e-154, 1e-103, 0.1];
    let large = [3.0, -10.0, 1e45, 1e103, 1e160, f64::MAX, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];
    let edges = [small, large].concat();
    let whole = (-9..=9).map(|n| (n.to_string(), f64::from(n)));
    for (text, power) in whole.chain(
        [("1/2", 0.5), ("-1/2", -0.5), ("3/2", 1.5), ("-3/2", -1.5), ("-5/2", -2.5), ("13/2", 6.5)]
            .map(|(t, p)| (t.to_string(), p)),
    ) {
        let mut case = case(&format!("param x[n]; x^({text})"), &[("n", edges.len())]);
        // x^0 has no x.
        case.at.values.iter_mut().for_each(|(_, array)| array.data.clone_from(&edges));
        let at_levels = Level::available().into_iter().map(|level| compiled(&case, level, 1));
        for found in [interpreted(&case)].into_iter().chain(at_levels) {
            edges.iter().zip(&found[0]).for_each(|(x, y)| is_power(*x, power, *y));
        }
    }
}

fn is_power(x: f64, power: f64, found: f64) {
    // No root of a negative number is one.
    let wanted = if power.fract() != 0.0 && x < 0.0 { f64::NAN } else { x.powf(power) };
    let near = (found - wanted).abs() <= 4.0 * f64::EPSILON * wanted.abs() + 1e-323;
    let same = found == wanted || near || found.is_nan() && wanted.is_nan();
    let same_sign = wanted.is_nan() || found.is_sign_negative() == wanted.is_sign_negative();
    assert!(same && same_sign, "{x:e}^{power} is {found:e}, not {wanted:e}");
}

/// A minus that goes to a known number takes the sign of a zero and of an infinity with it.
#[test]
fn signs_of_zeros_stay() {
    for text in
        ["data x[4]; (-x)*0", "data x[4]; 0*(-x)", "data x[4]; (-x)/0", "data x[4]; (-x)*2", "data x[4]; -(0*x)"]
    {
        let mut own = case(text, &[]);
        own.at.values[0].1.data = vec![1.5, -2.0, 0.0, -0.0];
        let wanted = evaluate(&own.graph, &own.roots, &own.at, &0.0).unwrap();
        let bits = |all: &[f64]| all.iter().map(|x| if x.is_nan() { 0 } else { x.to_bits() }).collect::<Vec<_>>();
        for level in Level::available() {
            let found = compiled::<f64>(&own, level, 1);
            assert_eq!(bits(&found[0]), bits(&wanted[0].data), "{text}: {found:?}, not {wanted:?}");
        }
    }
}

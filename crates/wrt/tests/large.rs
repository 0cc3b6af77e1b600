//! Checks of models that take much work: settled in numbers of 31 digits where all is smooth, and told what is not.

use wrt::session::{Inspected, Inspection, Scope, Scrutiny, Session};

fn inspected(text: &str, sizes: &[(&str, usize)]) -> Inspection {
    let mut session = Session::parse(text, &Scope::default()).unwrap_or_else(|e| panic!("{text}: {e}"));
    let names = session.document().default_variables();
    let sizes = sizes.iter().map(|(n, k)| (n.to_string(), *k)).collect();
    let what = Inspected { wrt: &names, at: &[], sizes, scrutiny: Scrutiny::default(), digits: None };
    session.inspect(&what, &mut |_, _| {}).unwrap_or_else(|e| panic!("{text}: {e}"))
}

/// Every derivative agrees, all moved together, to digits that only numbers of 31 digits give.
fn settles(text: &str, sizes: &[(&str, usize)]) {
    let found = inspected(text, sizes);
    assert_eq!(found.verdict(), "agreement", "{:?}", found.fault());
    for (_, judgement) in &found.judgements {
        let report = judgement.report.as_ref().unwrap();
        let digits = report.digits().unwrap();
        assert!((15..30).contains(&digits), "{digits} digits");
    }
}

#[test]
fn a_hundred_layers() {
    let layers: String = (1..100).map(|k| format!("h{k} = dense(h{}, 12, tanh)\n", k - 1)).collect();
    let text = format!("data X[m, 12], y[m, 4]\nh0 = X\n{layers}cost = mse(y, dense(h99, 4))");
    settles(&text, &[("m", 6)]);
}

#[test]
fn a_convolutional_network() {
    let text = "data X[m, 32, 32, 3], y[m] in 0..10
c = max_pool(conv2d(X, 8, 3, relu), 2)
d = max_pool(conv2d(c, 8, 3, relu), 2)
cost = mean(crossentropy(y, softmax(dense(flatten(d), 10))))";
    settles(text, &[("m", 2)]);
}

#[test]
fn a_recurrent_network_over_many_steps() {
    let text = "data X[T, n], y[T]\nh = lstm(X, 6)\ncost = mse(y, dense(h, 1)[:, 0])";
    settles(text, &[("T", 300), ("n", 5)]);
}

#[test]
fn functions_of_all_kinds() {
    let text = "data X[m, 64], y[m, 64]\nparam A[64, 64] = glorot_uniform(), b[64] = normal(2, 0.1)
z = X @ A + b
cost = mean((y - sin(z)*erf(z) + sigmoid(z)*log(abs(b)) + softplus(z)^1.5 + cos(z)^3/sqrt(1 + z^2) + atan(z) + gelu(z))^2)";
    settles(text, &[("m", 40)]);
}

/// One corner among thousands of entries is no agreement.
#[test]
fn corners_are_seen() {
    let text = "data X[m, 32], y[m, 32]\nparam A[32, 32] = glorot_uniform(), b[32] = 0, c = 1, d = 2, e = 3, k = 4
cost = k*mean((y*d - c*(X @ A) - b)^2 + e) + 1e-6*sum(abs(b))";
    assert_eq!(inspected(text, &[("m", 15)]).verdict(), "kink");
}

/// So is a derivative by hand that is a thousandth wrong.
#[test]
fn wrong_derivatives_are_convicted() {
    let model = |factor: &str| {
        format!(
            "f(x) = x^3\nderivative f(x) = {factor}*x^2\ndata X[m, 32], y[m, 32]
param A[32, 32] = glorot_uniform(), b[32] = 1, c = 1, d = 2, e = 3, k = 4\ncost = k*mean((y*d - c*f(X @ A) - b)^2 + e)"
        )
    };
    settles(&model("3"), &[("m", 20)]);
    assert_eq!(inspected(&model("3.003"), &[("m", 20)]).verdict(), "disagreement");
}

//! Five thousand random formulas of tensors and a hundred models with layers or scans; the million is
//! `cargo run --release -p wrt-trials -- --kind tensors --count 1000000`.

use wrt::session::{Array, DerivativeKind, Form, Id, Scope, Session};
use wrt_trials::{TensorTally, Weight, numbered_tensors, tensor_trial};

fn trials(seed: u64, count: u64, weight: Weight) -> TensorTally {
    let kind = if weight == Weight::Small { "tensors" } else { "models" };
    let every_other = |first: u64| {
        let mut tally = TensorTally::default();
        for index in (first..count).step_by(2) {
            match tensor_trial(&numbered_tensors(seed, index, weight)) {
                Ok(found) => tally.add(&found),
                Err(failure) => panic!("--kind {kind} --seed {seed} --first {index} --count 1: {failure}"),
            }
        }
        tally
    };
    let (mut tally, odd) = std::thread::scope(|s| {
        let odd = s.spawn(|| every_other(1));
        (every_other(0), odd.join().unwrap_or_else(|failure| std::panic::resume_unwind(failure)))
    });
    tally.add(&odd);
    println!("{tally}");
    tally
}

#[test]
fn five_thousand_formulas_of_tensors_agree_with_themselves() {
    let tally = trials(2026, 5_000, Weight::Small);
    // A generator whose formulas are refused or nowhere defined would agree with everything.
    assert!(tally.slopes > 4_000, "{tally}");
    assert!(tally.read > 17_500, "{tally}");
    assert!(tally.kinks * 20 < tally.slopes, "{tally}");
    assert!(tally.missing * 100 < tally.slopes, "{tally}");
    assert!(tally.narrower * 100 < tally.read, "{tally}");
}

#[test]
fn a_hundred_models_agree_with_themselves() {
    let tally = trials(2026, 100, Weight::Large);
    assert!(tally.slopes > 60, "{tally}");
    assert!(tally.read > 150, "{tally}");
}

/// What was found beside the printing of derivatives: the text, with respect to what, and the derivative.
#[test]
fn what_was_found_stays_mended() {
    let derivative = |text: &str, by: &str, order: u32| {
        let shapes = [("A", vec!["p", "p"]), ("B", vec!["p", "p"]), ("C", vec!["p", "p"])];
        let mut s = Session::parse(text, &Scope { shapes: &shapes, ..Scope::default() }).unwrap();
        let x = s.variable(by).unwrap();
        let found = match order {
            0 => s.document().root(),
            _ => s.derive(DerivativeKind::Derivative(order), &[x], &[]).unwrap().ids()[0],
        };
        let shown = s.simplify(found).id;
        s.print(shown, Form::Text).line()
    };
    // Second derivatives by a definition that the first one is written without.
    assert_eq!(derivative("a = x/3; a*a", "a", 2), "2");
    assert_eq!(derivative("a = A/3; sum(a*a)", "a", 2).matches("eye").count(), 2);
    // A product of three, entry by entry, is no chain of matrices.
    assert_eq!(derivative("inv(A*B*C)", "A", 0), "inv(A*B*C)");
    // Zeros that are added up keep their shape.
    assert_eq!(derivative("f(u) = u + u + u; sum(expm1(f(A - A)))", "A", 2), "zeros(p, p, p, p)");
    assert_eq!(derivative("inv(A @ B @ C)", "A", 0), "inv(C) @ inv(B) @ inv(A)");
}

/// Values in plain doubles, operation by operation.
fn plain_doubles(s: &Session, ids: &[Id], at: Vec<(Id, Array<f64>)>, sizes: &[(String, usize)]) -> Vec<Array<f64>> {
    wrt_run::evaluate(s.graph(), ids, &wrt_run::Point { values: at, sizes: sizes.to_vec() }, &0.0).unwrap()
}

/// A definition that is nudged has its own value, also where it would divide.
#[test]
fn a_reciprocal_that_is_given_has_its_value() {
    for text in ["a = 1/x; y*a", "a = x^(-1); sum(w*a)"] {
        let shapes = [("w", vec!["3"])];
        let mut s = Session::parse(text, &Scope { shapes: &shapes, ..Scope::default() }).unwrap();
        let (a, root) = (s.variable("a").unwrap(), s.document().root());
        let mut at = vec![(a, Array::scalar(5.0)), (s.variable("x").unwrap(), Array::scalar(2.0))];
        at.push((s.variable("y").unwrap(), Array::scalar(3.0)));
        at.push((s.variable("w").unwrap(), Array { shape: vec![3], data: vec![1.0; 3] }));
        assert_eq!(plain_doubles(&s, &[root], at, &[])[0].data, [15.0], "{text}");
    }
}

/// The simplified product with the Hessian is as good in doubles as the one that was made.
#[test]
fn exponentials_of_powers_stay_in_the_range_of_doubles() {
    let text = "cos(gelu((tr(A' @ A)^2 + 1)^sum(ones(p, 2, n))))";
    let mut s = Session::parse(text, &Scope { shapes: &[("A", vec!["p", "2"])], ..Scope::default() }).unwrap();
    let a = s.variable("A").unwrap();
    let v = s.directions("v", &[("A".to_string(), a)]).swap_remove(0);
    let made = s.derive(DerivativeKind::Hvp, &[a], std::slice::from_ref(&v)).unwrap().ids()[0];
    let shown = s.simplify(made).id;
    let sizes = vec![("p".to_string(), 2), ("n".to_string(), 3)];
    let array = |scale: f64| Array { shape: vec![2, 2], data: [1.0, -0.5, 0.25, 0.75].map(|x| x * scale).to_vec() };
    for scale in [0.1, 0.5, 0.9, 1.5, 3.0] {
        let values = vec![(a, array(scale)), (v.id, array(1.0))];
        let found = plain_doubles(&s, &[made, shown], values, &sizes);
        let largest = found[0].data.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
        for (made, shown) in found[0].data.iter().zip(&found[1].data) {
            assert!((made - shown).abs() <= 1e-9 * largest, "{scale}: {made} and {shown}");
        }
    }
}

/// A sum over zeros below the bar stays a sum over all of them.
#[test]
fn zeros_below_the_bar_keep_their_axes() {
    let text = "y*sum((zeros(3, 2, 3)*x^2)^(-1))";
    let mut s = Session::parse(text, &Scope { shapes: &[("x", vec!["3", "2", "3"])], ..Scope::default() }).unwrap();
    let y = s.variable("y").unwrap();
    let derivative = s.derive(DerivativeKind::Gradient, &[y], &[]).unwrap().ids()[0];
    assert_eq!(s.print(derivative, Form::Text).line(), "sum(1/(0*x^2))");
}

/// What is printed has the values of what was read where zeros are multiplied with what has no value, and infinities of
/// both signs are summed.
#[test]
fn zeros_and_infinities_stay_where_they_are() {
    let texts = [
        "A*diag(v)/sqrt(A)",
        "diag(v)*sqrt(A)",
        "u @ (diag(v)*sqrt(A))",
        "log(zeros(2)) @ A",
        "A' @ (log(0)*ones(2))",
        "argmax(log(zeros(2)) @ (A*u))",
    ];
    for text in texts {
        let value = |text: &str, simplified: bool| {
            let shapes = [("A", vec!["2", "2"]), ("u", vec!["2", "2"]), ("v", vec!["2"])];
            let mut s = Session::parse(text, &Scope { shapes: &shapes, ..Scope::default() }).unwrap();
            let root = s.document().root();
            let shown = if simplified { s.simplify(root).id } else { root };
            let of = |shape: &[usize], data: &[f64]| Array { shape: shape.to_vec(), data: data.to_vec() };
            let all = [
                ("A", of(&[2, 2], &[1.0, -1.0, -2.0, 4.0])),
                ("u", of(&[2, 2], &[2.0, 3.0, 5.0, 7.0])),
                ("v", of(&[2], &[0.5, 0.25])),
            ];
            let at = all.into_iter().filter_map(|(name, value)| Some((s.variable(name).ok()?, value))).collect();
            let found = plain_doubles(&s, &[shown], at, &[]).swap_remove(0);
            (s.print(shown, Form::Text).line(), found.data)
        };
        let (_, wanted) = value(text, false);
        for simplified in [false, true] {
            let (printed, found) = value(text, simplified);
            let (_, again) = value(&printed, false);
            for k in 0..wanted.len() {
                let alike = |x: f64| x == wanted[k] || x.is_nan() && wanted[k].is_nan();
                assert!(alike(found[k]) && alike(again[k]), "{text} and {printed}: {wanted:?}, {found:?}, {again:?}");
            }
        }
    }
}

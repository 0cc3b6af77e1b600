//! Every function of the table on arguments of every shape, and random formulas: what Rust builds is what the text means,
//! in print, in shape and in value to the last bit; what the text refuses, Rust refuses in the same words.

use crate::common::random::Random;
use wrt::Subscript::NewAxis;
use wrt::{Array, Expr, Functions, TensorFunctions, tensor};
use wrt_core::Primitive;

const SHAPES: [(&str, &[&str]); 8] = [
    ("w", &[]),
    ("x", &["n"]),
    ("y", &["m"]),
    ("v", &["3"]),
    ("A", &["m", "n"]),
    ("S", &["n", "n"]),
    ("K", &["4", "3"]),
    ("T", &["m", "4", "4", "2"]),
];

fn name(name: &str) -> Expr {
    let (_, dims) = SHAPES.iter().find(|(n, _)| *n == name).unwrap();
    tensor(name, dims.iter().copied())
}

fn point() -> Vec<(&'static str, Array<f64>)> {
    let length = |d: &str| match d {
        "m" => 3,
        "n" => 5,
        d => d.parse().unwrap(),
    };
    let value = |k: usize, (name, dims): &(&'static str, &[&str])| {
        let shape: Vec<usize> = dims.iter().map(|d| length(d)).collect();
        let entry = |i: usize| 0.25 + ((i * 7 + k * 5 + 3) % 17) as f64 / 16.0;
        (*name, Array { data: (0..shape.iter().product()).map(entry).collect(), shape })
    };
    SHAPES.iter().enumerate().map(|(k, s)| value(k, s)).collect()
}

/// Are the values the same, NaN where the other is NaN?
fn same(a: &Array<f64>, b: &Array<f64>) -> bool {
    a.shape == b.shape && a.data.iter().zip(&b.data).all(|(a, b)| a == b || a.is_nan() && b.is_nan())
}

fn agree(built: &Expr, text: &str, at: &[(&str, Array<f64>)]) {
    let read = Expr::parse(text, &SHAPES).unwrap_or_else(|e| panic!("{text}: {e}"));
    assert_eq!(built.to_string(), read.to_string(), "{text}");
    assert_eq!(built.shape(), read.shape(), "{text}");
    match (built.eval(at), read.eval(at)) {
        (Ok(a), Ok(b)) => assert!(same(&a, &b), "{text}: {a:?}, {b:?}"),
        (a, b) => assert_eq!(a.map_err(|e| e.to_string()), b.map_err(|e| e.to_string()), "{text}"),
    }
}

/// How a call is refused, without the place, and without where a text has a dimension from.
fn refusal(result: Result<Expr, wrt::Error>) -> String {
    let words = result.map(|e| e.to_string()).map_err(|e| format!("{}: {}", e.kind(), e.message())).unwrap_err();
    SHAPES.iter().fold(words, |words, (name, _)| words.replace(&format!(" (from {name})"), ""))
}

#[test]
fn every_function_means_what_its_text_means() {
    let at = point();
    let arguments = ["w", "x", "v", "A", "S", "K", "T", "2"];
    let built = |text: &str| text.parse::<i64>().map_or_else(|_| name(text), Expr::from);
    let rows: Vec<&str> = wrt_language::functions().map(|(usage, _)| usage.split('(').next().unwrap()).collect();
    let primitives = Primitive::ALL.iter().map(|p| p.name()).filter(|name| !rows.contains(name));
    let mut reached = Vec::new();
    for function in rows.iter().copied().chain(primitives) {
        let lists = arguments.iter().flat_map(|a| {
            let pairs = arguments.iter().map(|b| vec![*a, *b]);
            let triples = arguments.iter().map(|b| vec![*a, *b, "2"]);
            std::iter::once(vec![*a]).chain(pairs).chain(triples).collect::<Vec<_>>()
        });
        for list in lists {
            let text = format!("{function}({})", list.join(", "));
            let values: Vec<Expr> = list.iter().map(|a| built(a)).collect();
            let called = Expr::call(function, &values.iter().collect::<Vec<_>>());
            let read = Expr::parse(&text, &SHAPES);
            if called.as_ref().is_err_and(|e| e.message().contains("knows more than its arguments")) {
                continue;
            }
            match read {
                Ok(_) => {
                    agree(&called.unwrap_or_else(|e| panic!("{text}: {e}")), &text, &at);
                    reached.push(function);
                }
                Err(error) => assert_eq!(refusal(called), refusal(Err(error)), "{text}"),
            }
        }
    }
    reached.dedup();
    let missed: Vec<&str> = rows.iter().copied().filter(|r| !reached.contains(r)).collect();
    // Layers and programs need a text; a few functions take more arguments, or arrays of other shapes.
    assert!(reached.len() > 120, "only {} functions were reached, not {missed:?}", reached.len());
}

/// A formula made of two others, and its text; none where their shapes don't go together.
fn step(random: &mut Random, a: &(Expr, String), b: &(Expr, String)) -> Option<(Expr, String)> {
    let ((x, p), (y, q)) = (a, b);
    let (rows, last) = (x.shape().len() == 2, x.shape().len() as i64 - 1);
    let made = match random.below(22) {
        0 => (x.try_add(y).ok()?, format!("({p}) + ({q})")),
        1 => (x.try_sub(y).ok()?, format!("({p}) - ({q})")),
        2 => (x.try_mul(y).ok()?, format!("({p})*({q})")),
        3 => (x.try_div(y).ok()?, format!("({p})/({q})")),
        4 => (x.try_matmul(y).ok()?, format!("({p}) @ ({q})")),
        5 => (-x, format!("-({p})")),
        6 => (2 * x - 1, format!("2*({p}) - 1")),
        7 => (0.5 + x / 3, format!("1/2 + ({p})/3")),
        8 => (x.pow(2), format!("({p})^2")),
        9 if last < 2 => (x.t(), format!("({p})'")),
        10 => (x.tanh(), format!("tanh({p})")),
        11 => (Expr::call("max", &[x, y]).ok()?, format!("max({p}, {q})")),
        12 => (x.sum(), format!("sum({p})")),
        13 if last >= 0 => (x.sum_axis(0), format!("sum({p}, axis=0)")),
        14 if last >= 0 => (x.mean_axis(-1), format!("mean({p}, axis=-1)")),
        15 if last >= 0 => (x.index(0), format!("({p})[0]")),
        16 if last >= 0 => (x.index((NewAxis, -1)), format!("({p})[None, -1]")),
        17 if rows => (x.index((.., -2..)), format!("({p})[:, -2:]")),
        18 if last >= 0 => (x.softmax(), format!("softmax({p})")),
        19 if last >= 0 => (x.index((.., NewAxis)).try_mul(y).ok()?, format!("({p})[:, None]*({q})")),
        20 => (x.lt(&Expr::from(1)).where_(x, &(x * 2)), format!("where(({p}) < 1, ({p}), ({p})*2)")),
        21 => (1 - x, format!("1 - ({p})")),
        _ => return None,
    };
    Some(made)
}

#[test]
fn random_formulas_mean_what_their_texts_mean() {
    let (mut random, at) = (Random(0x9E37_79B9_7F4A_7C15), point());
    let mut tried = 0;
    for _ in 0..60 {
        let mut pool: Vec<(Expr, String)> = SHAPES[..6].iter().map(|(n, _)| (name(n), (*n).to_string())).collect();
        for _ in 0..12 {
            let (i, j) = (random.below(pool.len()), random.below(pool.len()));
            if let Some(made) = step(&mut random, &pool[i], &pool[j])
                && made.1.len() < 400
            {
                agree(&made.0, &made.1, &at);
                pool.push(made);
                tried += 1;
            }
        }
    }
    assert!(tried > 300, "only {tried} formulas were tried");
}

//! The slice through everything, without compiled programs: a network for handwritten digits is read, its gradient is
//! printed and checked, and plain gradient descent trains it on real digits, in the reference evaluation.

use wrt::Error;
use wrt::session::{Array, DerivativeKind, Form, Id, Inspected, Layout, Scope, Scrutiny, Session, Setting};
use wrt_run::{Point, evaluate};

const MODEL: &str = "data X[m, 64], y[m] in 0..10
h    = dense(X/16, 32, relu)
z    = dense(h, 10)
cost = mean(crossentropy(y, softmax(z)))
metric accuracy = mean(argmax(z, axis=1) == y)
train gradient_descent(rate = 0.5), epochs = 20, batch = 32, seed = 1";
const DATA: &str = include_str!("../../../examples/data/digits.csv");

/// Digits that are read.
const COUNT: usize = 800;

/// One digit in so many is kept for the test.
const HELD_BACK: usize = 5;

/// The pixels, each from 0 to 1, and the labels of the rows to test on or of all others.
fn read(test: bool) -> (Array<f64>, Array<f64>) {
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    let lines = DATA.lines().filter(|l| l.starts_with(|c: char| c.is_ascii_digit())).take(COUNT);
    for (_, line) in lines.enumerate().filter(|(k, _)| (k % HELD_BACK == 0) == test) {
        let numbers: Vec<f64> = line.split(',').filter_map(|n| n.parse().ok()).collect();
        let [inputs @ .., label] = numbers.as_slice() else { continue };
        pixels.extend(inputs);
        labels.push(*label);
    }
    let count = labels.len();
    (Array { shape: vec![count, pixels.len() / count], data: pixels }, Array { shape: vec![count], data: labels })
}

/// The rows from `start`, `count` of them.
fn batch(all: &Array<f64>, start: usize, count: usize) -> Array<f64> {
    let width: usize = all.shape[1..].iter().product();
    let shape = std::iter::once(count).chain(all.shape[1..].iter().copied()).collect();
    Array { shape, data: all.data[start * width..(start + count) * width].to_vec() }
}

/// The accuracy on digits that were not trained on.
fn trained(epochs: usize, mut report: impl FnMut(&str)) -> Result<f64, Error> {
    let mut session = Session::parse(MODEL, &Scope::default())?;
    let names = session.document().default_variables();
    let parameters = names.iter().map(|n| session.variable(n)).collect::<Result<Vec<Id>, _>>()?;
    let derivation = session.derive(DerivativeKind::Gradient, &parameters, &[])?;
    let gradient = derivation.ids();
    let found = session.simplify_derivation(&derivation, Layout::LetBlock)?;
    let block = session.let_block(&found.formulas(), Form::Text, &found.intermediates());
    block.bindings.iter().for_each(|(name, formula)| report(&format!("{name} = {formula}")));
    let steps = found.adjoints.iter().map(|s| s.name.clone());
    let heads = steps.chain(names.iter().map(|n| format!("dcost/d{n}")));
    heads.zip(&block.results).for_each(|(head, p)| report(&format!("{head} = {}", p.result)));
    let what = Inspected { wrt: &names, at: &[], sizes: Vec::new(), scrutiny: Scrutiny::default(), digits: None };
    let found = session.inspect(&what, &mut |_, _| {})?;
    let agrees = matches!(found.verdict(), "agreement" | "kink");
    report(if agrees { "checked: all ways to it agree" } else { "checked: they disagree" });
    let sizes = found.sizes;

    let train = session.document().parsed().train.clone();
    let setting = |name: &str, default: f64| {
        let found = train.iter().flat_map(|t| t.options.iter().chain(&t.settings)).find(|(n, _)| n == name);
        match found {
            Some((_, Setting::Number(number))) => number.to_f64(),
            _ => default,
        }
    };
    let (rate, size) = (setting("rate", 0.01), setting("batch", 32.0) as usize);
    let (inputs, labels) = read(false);
    let (test_inputs, test_labels) = read(true);
    let (x, y) = (session.variable("X")?, session.variable("y")?);
    let (cost, accuracy) = (session.document().root(), session.variable("accuracy")?);
    let mut values = session.document().initial_values(setting("seed", 1.0) as u64, &sizes)?;
    let mut last = 0.0;
    for epoch in 1..=epochs {
        for start in (0..labels.data.len()).step_by(size) {
            let count = size.min(labels.data.len() - start);
            let mut at = values.clone();
            at.extend([(x, batch(&inputs, start, count)), (y, batch(&labels, start, count))]);
            let at = Point { values: at, sizes: vec![("m".into(), count)] };
            let slopes = evaluate(session.graph(), &gradient, &at, &0.0)?;
            for ((_, value), slope) in values.iter_mut().zip(&slopes) {
                value.data.iter_mut().zip(&slope.data).for_each(|(w, g)| *w -= rate * g);
            }
        }
        let mut at = values.clone();
        at.extend([(x, test_inputs.clone()), (y, test_labels.clone())]);
        let at = Point { values: at, sizes: vec![("m".into(), test_labels.data.len())] };
        let found = evaluate(session.graph(), &[cost, accuracy], &at, &0.0)?;
        last = found[1].data[0];
        report(&format!("epoch {epoch:2}: cost {:.4}, accuracy {:.1} % on new digits", found[0].data[0], 100.0 * last));
    }
    Ok(last)
}

#[test]
fn the_digits_are_learned() {
    let mut lines = Vec::new();
    let accuracy = trained(8, |line| lines.push(line.to_string())).unwrap();
    let log = lines.join("\n");
    assert!(accuracy > 0.9, "{log}");
    assert!(log.contains("all ways to it agree"), "{log}");
    assert!(log.contains("dcost/dz_b = "), "{log}");
}

//! Losses of Keras itself over 200 steps: layers, costs and optimisers, each pair of two kinds at least once.
//!
//! The rows of `keras_reference.tsv`, which `oracle/make_keras_reference.py` writes, name a layer, a cost and an optimiser,
//! whose texts stand at its head. All of them take some seconds: `ALL=1 cargo test -p wrt --test all keras`; without it, each
//! name takes part with a few others.

use std::collections::BTreeMap;

use wrt::{EngineReal, Model, Part, Trainer, TrainingOptions};

const REFERENCE: &str = include_str!("keras_reference.tsv");
const ROWS: usize = 10;
/// The epochs whose losses are known.
const KEPT: [usize; 4] = [1, 3, 12, 67];
/// Without `ALL`, one case in so many.
const SOME: usize = 7;

/// The numbers that belong to a name, as the oracle makes them.
fn numbers(name: &str, count: usize, start: f64) -> Vec<f64> {
    let first = 104_729 * name.bytes().map(usize::from).sum::<usize>() + 11;
    (0..count).map(|i| (((7919 * i + first) % 2003) as f64 - 1001.0) / 2048.0 + start).collect()
}

fn target(kind: &str) -> Vec<f64> {
    let raw = numbers("y", 3 * ROWS, 0.0);
    let labels: Vec<usize> = (0..ROWS).map(|k| (k * k * k + k / 2) % 3).collect();
    match kind {
        "real" => raw,
        "positive" => raw.iter().map(|x| x + 1.0).collect(),
        "binary" => raw.iter().map(|x| f64::from(*x > 0.0)).collect(),
        "sign" => raw.iter().map(|x| if *x > 0.0 { 1.0 } else { -1.0 }).collect(),
        "simplex" => {
            let share =
                |row: &[f64]| row.iter().map(|x| (x + 0.5) / row.iter().map(|x| x + 0.5).sum::<f64>()).collect();
            raw.chunks(3).flat_map(share as fn(&[f64]) -> Vec<f64>).collect()
        }
        "one_hot" => labels.iter().flat_map(|l| (0..3).map(move |k| f64::from(k == *l))).collect(),
        _ => labels.iter().map(|l| *l as f64).collect(),
    }
}

/// The texts of layers, costs and optimisers by their names.
fn texts() -> BTreeMap<(&'static str, &'static str), Vec<&'static str>> {
    let head = REFERENCE.lines().filter_map(|l| l.strip_prefix("# "));
    head.map(|l| l.split('\t').collect::<Vec<_>>()).map(|f| ((f[0], f[1]), f[2..].to_vec())).collect()
}

/// The text of a model, and its data.
fn case(texts: &BTreeMap<(&str, &str), Vec<&str>>, names: [&str; 3]) -> (String, Vec<Vec<f64>>) {
    let [layer, cost, optimiser] =
        [("layer", names[0]), ("cost", names[1]), ("optimiser", names[2])].map(|k| &texts[&k]);
    let (input, kind) = (layer[0], cost[0]);
    let y = if kind == "label" { "y[m] in 0..3" } else { "y[m, 3]" };
    let train = format!("train {}, epochs = 67, batch = 4, shuffle = false", optimiser[0]);
    let text = format!("data {input}, {y}\n{}\np = dense(f, 3)\n{}\n{train}\n", layer[1], cost[1]);
    let sizes = input[2..].split(']').next().unwrap().split(", ").skip(1);
    let count = ROWS * sizes.map(|n| n.parse::<usize>().unwrap()).product::<usize>();
    let x = match input.contains(" in ") {
        true => (0..count).map(|k| ((k * k + k / 3) % 6) as f64).collect(),
        false => numbers("X", count, 0.0).iter().map(|x| 2.0 * x).collect(),
    };
    (text, vec![x, target(kind)])
}

/// The mean losses of the epochs, and that of the trained model.
fn losses<T: EngineReal>(text: &str, data: &[Vec<f64>]) -> Result<Vec<f64>, wrt::Error> {
    let model = Model::parse(text)?;
    let options = TrainingOptions::of(&model)?;
    let of = |all: &[f64]| all.iter().map(|x| T::from_f64(*x)).collect::<Vec<T>>();
    let mut trainer = Trainer::<T>::new(&model, data.iter().map(|x| of(x)).collect(), &options, &[])?;
    for name in model.parameters() {
        let start = if name.ends_with("gamma") { 1.0 } else { 0.0 };
        let count = trainer.values().get(&name).unwrap().len();
        trainer.set(&name, &of(&numbers(&name, count, start)))?;
    }
    let found: Vec<f64> = (0..67).map(|_| Ok(trainer.epoch()?.loss)).collect::<Result<_, wrt::Error>>()?;
    let kept = KEPT.iter().map(|k| found[k - 1]);
    Ok(kept.chain([trainer.measure(Part::Train)?[0]]).collect())
}

/// Says where a row is not followed.
fn fault(texts: &BTreeMap<(&str, &str), Vec<&str>>, line: &str) -> Option<String> {
    let fields: Vec<&str> = line.split('\t').collect();
    let (text, data) = case(texts, [fields[0], fields[1], fields[2]]);
    let single = fields[3] == "float32";
    let found = if single { losses::<f32>(&text, &data) } else { losses::<f64>(&text, &data) };
    let found = match found {
        Ok(found) => found,
        Err(e) => return Some(format!("{:?}: {e}", &fields[..4])),
    };
    for (k, (found, wanted)) in found.iter().zip(&fields[4..]).enumerate() {
        let wanted: f64 = wanted.parse().unwrap();
        // Three epochs are nine steps; 67 are 201.
        let bound = match (single, k) {
            (false, _) => 1e-9,
            (true, 0 | 1) => 1e-5,
            (true, _) => 1e-3,
        };
        let off = (found - wanted).abs() / wanted.abs();
        if *found != wanted && (off.is_nan() || off > bound) {
            return Some(format!("{:?}, number {k}: {found} instead of {wanted}, off by {off:.1e}", &fields[..4]));
        }
    }
    None
}

#[test]
fn losses_are_those_of_keras() {
    let (texts, all) = (texts(), std::env::var_os("ALL").is_some());
    let lines: Vec<&str> = REFERENCE.lines().filter(|l| !l.starts_with('#')).collect();
    let chosen: Vec<&str> = lines.iter().enumerate().filter(|(k, _)| all || k % SOME == 0).map(|(_, l)| *l).collect();
    let faults: Vec<String> = std::thread::scope(|scope| {
        let (texts, half) = (&texts, chosen.len().div_ceil(2));
        let parts: Vec<_> = chosen
            .chunks(half)
            .map(|part| scope.spawn(move || part.iter().filter_map(|l| fault(texts, l)).collect::<Vec<_>>()))
            .collect();
        parts.into_iter().flat_map(|p| p.join().unwrap()).collect()
    });
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), chosen.len(), faults.join("\n"));
}

//! Metrics of the batches as they are met: of a training that changes nothing they are those of its rows.

use wrt::{Model, Part, Trainer, TrainingOptions};

fn trainer(text: &str, data: Vec<Vec<f64>>) -> Trainer<f64> {
    let model = Model::parse(text).unwrap();
    Trainer::new(&model, data, &TrainingOptions::of(&model).unwrap(), &[]).unwrap()
}

/// Numbers that go up and down, the same each time.
fn numbers(count: usize, pace: f64) -> Vec<f64> {
    (0..count).map(|k| (pace * k as f64).sin()).collect()
}

fn labels(count: usize, classes: usize) -> Vec<f64> {
    (0..count).map(|k| ((k * k + k / 3) % classes) as f64).collect()
}

/// The metrics of an epoch whose rate is 0, held against those of the rows at once.
fn held(text: &str, data: Vec<Vec<f64>>) -> Vec<String> {
    let mut trainer = trainer(text, data);
    let epoch = trainer.epoch().unwrap();
    let names = trainer.epoch_names().metrics.clone();
    let all = trainer.measure(Part::Train).unwrap();
    assert!((epoch.loss - all[0]).abs() < 1e-12);
    assert_eq!(names.len(), epoch.metrics.len());
    for (name, met) in names.iter().zip(&epoch.metrics) {
        let place = trainer.measures().iter().position(|n| n == name).unwrap();
        assert!((met - all[place]).abs() < 1e-12, "{name}: {met} of batches, {} of all rows", all[place]);
        assert!(met.is_finite() && *met != 0.0, "{name}: {met}");
    }
    names
}

#[test]
fn they_are_those_of_all_rows_where_these_are_sums() {
    let classes = "data X[m, 3], y[m] in 0..3; z = dense(X, 3); cost = mean(crossentropy(y, softmax(z)))
metric accuracy, top_k(2), precision, recall, f1; metric lowest = min(z); metric sure = mean(max(softmax(z), axis=1) > 0.4)
train sgd(rate = 0), batch = 7, seed = 3";
    let names = held(classes, vec![numbers(90, 0.7), labels(30, 3)]);
    assert_eq!(names, ["accuracy", "top_2", "precision", "recall", "f1", "sure"]);
    let chance = "data X[m, 2], y[m] in 0..2; p = sigmoid(dense(X, 1)[:, 0]); cost = mean(binary_crossentropy(y, p))
metric accuracy, precision, recall, f1, auc; train sgd(rate = 0), batch = 4, seed = 2, test = 0.2";
    assert_eq!(held(chance, vec![numbers(40, 0.9), labels(20, 2)]), ["accuracy", "precision", "recall", "f1"]);
    let values = "data X[m, 2], y[m]; p = dense(X, 1)[:, 0]; cost = mean((p - y)^2)
metric mae, mse, rmse, r2; metric worst = max(abs(p - y)); metric sorted = mean(cumsum(y)); metric pairs = mean(p @ p)/m
metric order = mean(sort(p)*y); metric plain = sum(p)/m + 1; train sgd(rate = 0), batch = 8";
    let names = held(values, vec![numbers(44, 1.3), numbers(22, 0.3)]);
    assert_eq!(names, ["mae", "mse", "rmse", "pairs", "plain"]);
}

#[test]
fn they_are_met_as_layers_are_trained() {
    let text = |layer: &str| {
        format!(
            "data X[m, 4], y[m] in 0..2; h = {layer}; z = dense(h, 2); cost = mean(crossentropy(y, softmax(z)))
metric accuracy; metric sure = mean(max(softmax(z), axis=1)); train sgd(rate = 0), batch = 10"
        )
    };
    for layer in ["dropout(X, 0.5)", "batch_norm(X)"] {
        let mut trainer = trainer(&text(layer), vec![numbers(240, 0.37), labels(60, 2)]);
        let met = trainer.epoch().unwrap().metrics;
        assert_eq!(trainer.epoch_names().metrics, ["accuracy", "sure"]);
        let afterwards = trainer.measure(Part::Train).unwrap()[2];
        assert!((0.5..=1.0).contains(&met[1]) && (met[1] - afterwards).abs() > 1e-9, "{layer}: {met:?} {afterwards}");
    }
}

#[test]
fn a_step_is_the_same_whether_it_measures_or_not() {
    let text = |metric: &str| {
        format!(
            "data X[m, 3], y[m] in 0..3; z = dense(X, 3); cost = mean(crossentropy(y, softmax(z))){metric}
train adam(rate = 0.1), epochs = 3, batch = 7"
        )
    };
    let trained = |metric: &str| {
        let mut trainer = trainer(&text(metric), vec![numbers(90, 0.7), labels(30, 3)]);
        while !trainer.is_finished() {
            trainer.epoch().unwrap();
        }
        trainer.values().get("z_W").unwrap().to_vec()
    };
    let (with, without) = (trained("; metric accuracy, f1"), trained(""));
    assert!(with.iter().zip(&without).all(|(a, b)| (a - b).abs() < 1e-12), "{with:?} {without:?}");
}

#[test]
fn classes_that_are_never_trained_on_are_known() {
    let text = "data X[m, 1], y[m] in 0..4; z = dense(X, 4); cost = mean(crossentropy(y, softmax(z)))
train sgd(), test = 0.5, split = SPLIT";
    let y = vec![0.0, 0.0, 1.0, 1.0, 1.0, 2.0, 2.0, 3.0];
    let unseen =
        |split: &str| trainer(&text.replace("SPLIT", split), vec![numbers(8, 1.0), y.clone()]).unseen_classes();
    assert_eq!(unseen("last"), [2, 3]);
    assert!(unseen("random").is_empty() || unseen("random") == [3]);
}

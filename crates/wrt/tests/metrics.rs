//! Metrics by name, against numbers by hand, on all rows at once.

use wrt::{Model, Part, Trainer, TrainingOptions};

/// The metrics of a model that is not trained, with their names.
fn measured(text: &str, data: Vec<Vec<f64>>) -> Vec<(String, f64)> {
    let model = Model::parse(text).unwrap();
    let options = TrainingOptions { epochs: 0, ..TrainingOptions::default() };
    let mut trainer = Trainer::new(&model, data, &options, &[]).unwrap();
    let values = trainer.measure(Part::Train).unwrap();
    trainer.measures().iter().cloned().zip(values).skip(1).collect()
}

fn assert_near(found: &[(String, f64)], wanted: &[(&str, f64)]) {
    let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, wanted.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    let near = found.iter().zip(wanted).all(|((_, a), (_, b))| (a - b).abs() < 1e-12);
    assert!(near, "{found:?} are not {wanted:?}");
}

/// Probabilities with ties: of 3 rows of class 1 and 4 of class 0.
const SCORES: [f64; 7] = [2.0, 1.0, -1.0, 1.0, 0.5, -1.0, -2.0];
const RIGHT: [f64; 7] = [1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0];

#[test]
fn of_two_classes() {
    // Pairs of a row of each class: 4 + 3.5 + 1.5 of 12 are in the right order. Taken for 1: four rows, two of them rightly.
    let wanted =
        [("accuracy", 4.0 / 7.0), ("precision", 0.5), ("recall", 2.0 / 3.0), ("f1", 4.0 / 7.0), ("auc", 9.0 / 12.0)];
    let names = "metric accuracy, precision, recall, f1, auc";
    let two: Vec<f64> = SCORES.iter().flat_map(|s| [0.0, *s]).collect();
    for (text, data) in [
        (
            "data x[m], y[m] in 0..2; param a = 1; q = sigmoid(a*x); cost = mean(binary_crossentropy(y, q))",
            SCORES.to_vec(),
        ),
        ("data x[m], y[m]; param a = 1; cost = mean(binary_crossentropy(y, logits=a*x))", SCORES.to_vec()),
        (
            "data x[m, 1], y[m] in 0..2; param a = 1; q = sigmoid(a*x)[:, 0]; cost = mean(binary_crossentropy(y, q))",
            SCORES.to_vec(),
        ),
        ("data x[m, 2], y[m] in 0..2; param a = 1; cost = mean(crossentropy(y, softmax(a*x)))", two),
    ] {
        assert_near(&measured(&format!("{text}; {names}"), vec![data, RIGHT.to_vec()]), &wanted);
    }
}

#[test]
fn of_several_classes_the_mean_of_those_that_occur() {
    // Class 3 is neither right nor taken; taken are 0, 1, 1, 2, 2 for 0, 0, 1, 2, 1.
    let x =
        [[4.0, 1.0, 2.0, 0.0], [2.0, 3.0, 1.0, 0.0], [0.0, 9.0, 1.0, 0.0], [0.0, 1.0, 2.0, 0.0], [3.0, 1.0, 4.0, 0.0]];
    let x: Vec<f64> = x.concat();
    let y = [0.0, 0.0, 1.0, 2.0, 1.0];
    let wanted = [
        ("accuracy", 0.6),
        ("top_2", 0.8),
        ("top_5", 1.0),
        ("precision", (1.0 + 0.5 + 0.5) / 3.0),
        ("recall", (0.5 + 0.5 + 1.0) / 3.0),
        ("f1", (2.0 / 3.0 + 0.5 + 2.0 / 3.0) / 3.0),
        ("own", 0.6),
    ];
    let names = "metric acc, top_k(2), top_k, precision, recall, f1_score; metric own = mean(argmax(a*x, axis=1) == y)";
    let text = format!("data x[m, 4], y[m] in 0..4; param a = 1; cost = mean(crossentropy(y, softmax(a*x))); {names}");
    assert_near(&measured(&text, vec![x.clone(), y.to_vec()]), &wanted);
    // The same with rows of a 1 as the target.
    let rows: Vec<f64> = y.iter().flat_map(|y| (0..4).map(move |k| f64::from(u8::from(f64::from(k) == *y)))).collect();
    let names = names.split(';').next().unwrap();
    let text = format!("data x[m, 4], y[m, 4]; param a = 1; cost = mean(crossentropy(y, softmax(a*x))); {names}");
    assert_near(&measured(&text, vec![x, rows]), &wanted[..6]);
}

#[test]
fn of_numbers() {
    let (x, y) = (vec![1.0, 2.0, 3.0, 4.0], vec![1.0, 2.5, 2.0, 6.5]);
    let errors = [0.0, 0.5, -1.0, 2.5];
    let mse = errors.iter().map(|e| e * e).sum::<f64>() / 4.0;
    let spread = y.iter().map(|y| (y - 3.0f64).powi(2)).sum::<f64>();
    let wanted = [("mae", 1.0), ("mse", mse), ("rmse", mse.sqrt()), ("r2", 1.0 - 4.0 * mse / spread), ("worst", 2.5)];
    let names = "metric mae, mse, rmse, R2; metric worst = max(abs(a*x - y))";
    let text = format!("data x[m], y[m]; param a = 1; p = a*x; cost = mean((p - y)^2); {names}");
    assert_near(&measured(&text, vec![x, y]), &wanted);
    // Of several columns, r2 is the mean of theirs.
    let text = "data x[m, 2], y[m, 2]; param a = 1; p = a*x; cost = mean((p - y)^2); metric r2";
    let found = measured(text, vec![vec![1.0, 0.0, 2.0, 0.0, 3.0, 0.0], vec![1.0, 1.0, 2.0, 2.0, 3.0, 3.0]]);
    assert_near(&found, &[("r2", (1.0 + (1.0 - 14.0 / 2.0)) / 2.0)]);
}

#[test]
fn what_has_no_meaning_is_refused_where_it_stands() {
    let numbers = "data x[m], y[m]; param a = 1; p = a*x; cost = mean((p - y)^2)";
    let classes = "data x[m, 3], y[m] in 0..3; param a = 1; cost = mean(crossentropy(y, softmax(a*x)))";
    for (model, metric, said) in [
        (numbers, "acuracy", "there is no metric `acuracy`; did you mean `accuracy`?"),
        (numbers, "beauty", "or write a formula: metric beauty = …"),
        (numbers, "accuracy", "is of classes, and the target is a number; there are mae, mse, rmse, r2"),
        (classes, "mae", "is of numbers, and the target is a class; there are accuracy, top_k, precision, recall, f1"),
        (classes, "auc", "is of two classes, and there are more"),
        (classes, "top_k(0)", "`top_k` has one whole number above 0; write top_k(3)"),
        (classes, "accuracy(2)", "`accuracy` has no numbers"),
        (classes, "f1, f1_score", "`f1` is measured twice"),
        (classes, "f1 f2", "expected `=`, `,` or the end of the line"),
    ] {
        let text = format!("{model}; metric {metric}");
        let options = TrainingOptions { epochs: 0, ..TrainingOptions::default() };
        let data = vec![vec![0.0; if model == classes { 9 } else { 3 }], vec![0.0; 3]];
        let made = Model::parse(&text).and_then(|model| Trainer::<f64>::new(&model, data, &options, &[]));
        let error = made.err().unwrap_or_else(|| panic!("{text} is measured"));
        assert!(error.to_string().contains(said), "{text}: {error}");
        assert!(error.span().is_some_and(|s| s.start > model.len()), "{text}: {error}");
    }
}

#[test]
fn of_columns_of_probabilities() {
    let target = |columns: &str| {
        format!(
            "data x[m, {columns}], y[m, {columns}]; param a = 1; p = sigmoid(a*x)
cost = mean(binary_crossentropy(y, p)); metric auc"
        )
    };
    assert_near(&measured(&target("1"), vec![SCORES.to_vec(), RIGHT.to_vec()]), &[("auc", 9.0 / 12.0)]);
    // The second column has all in the wrong order: the mean of both.
    let two =
        |first: [f64; 7], second: [f64; 7]| first.iter().zip(second).flat_map(|(a, b)| [*a, b]).collect::<Vec<_>>();
    let (x, y) = (two(SCORES, RIGHT.map(|y| -y)), two(RIGHT, RIGHT));
    assert_near(&measured(&target("2"), vec![x, y]), &[("auc", 9.0 / 24.0)]);
    let model = Model::parse(&target("k")).unwrap();
    let options = TrainingOptions { epochs: 0, ..TrainingOptions::default() };
    let error = Trainer::new(&model, vec![vec![0.0; 4], vec![0.0; 4]], &options, &[("k", 2)]).err().unwrap();
    assert!(error.message().contains("`auc` of several columns needs their number"), "{error}");
}

#[test]
fn what_is_no_number_is_not_among_the_first() {
    let text = "data x[m, 4], y[m] in 0..4; param a = 1; cost = mean(crossentropy(y, softmax(sqrt(a*x))))
metric top_k(2), top_k(9)";
    let x = [[-1.0, 4.0, 9.0, 16.0], [1.0, 4.0, 9.0, 16.0]].concat();
    assert_near(&measured(text, vec![x, vec![3.0, 3.0]]), &[("top_2", 0.5), ("top_9", 0.5)]);
}

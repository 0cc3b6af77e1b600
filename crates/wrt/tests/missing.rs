//! Missing values: their rows are left out, or means of the rows to train on stand for them.

use wrt::{Missing, Model, Part, Step, Trainer, TrainingOptions};

const NAN: f64 = f64::NAN;

const TEXT: &str = "data X[m, 2], y[m]; p = dense(standardize(X), 1)[:, 0]; cost = mean((p - y)^2)
train adam(rate = 0.1), epochs = 3, batch = 2, validation = 0.25, split = last, shuffle = 0, missing = ";

fn trained(text: &str, data: Vec<Vec<f64>>) -> Trainer<f64> {
    let model = Model::parse(text).unwrap();
    let mut trainer = Trainer::new(&model, data, &TrainingOptions::of(&model).unwrap(), &[]).unwrap();
    while !trainer.is_finished() {
        trainer.epoch().unwrap();
    }
    trainer
}

fn with(word: &str, data: Vec<Vec<f64>>) -> Trainer<f64> {
    trained(&format!("{TEXT}{word}"), data)
}

#[test]
fn means_are_those_of_the_rows_to_train_on() {
    let x = vec![1.0, 10.0, NAN, 20.0, 3.0, NAN, 5.0, 60.0, 7.0, 1.0, 9.0, 2.0, 1e6, NAN, NAN, 1e6];
    let y = vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
    // Six rows are trained on: the means are 5 and 93/5.
    let filled: Vec<f64> =
        x.iter().enumerate().map(|(k, x)| if x.is_nan() { [5.0, 18.6][k % 2] } else { *x }).collect();
    let (own, by_hand) = (with("mean", vec![x, y.clone()]), with("refuse", vec![filled, y]));
    assert_eq!(own.values().get("X.mean").unwrap(), [5.0, 18.6]);
    let bits = |trainer: &Trainer<f64>, name: &str| -> Vec<u64> {
        trainer.values().get(name).unwrap().iter().map(|x| x.to_bits()).collect()
    };
    for name in ["X_mean", "X_std", "p_W", "p_b"].into_iter().filter(|n| own.values().get(n).is_some()) {
        assert_eq!(bits(&own, name), bits(&by_hand, name), "{name}");
    }
    let validation = |mut trainer: Trainer<f64>| trainer.measure(Part::Validation).unwrap();
    assert_eq!(validation(own), validation(by_hand));
    let model = Model::parse(&format!("{TEXT}mean")).unwrap();
    let step = Step::<f64>::with_options(&model, &TrainingOptions::of(&model).unwrap()).unwrap();
    assert!(step.kept().iter().any(|input| input.name == "X.mean" && input.dims.len() == 1));
}

#[test]
fn rows_are_left_out_whatever_is_missing() {
    let x = vec![1.0, 10.0, NAN, 20.0, 3.0, 4.0, 5.0, 60.0, 7.0, 1.0, 9.0, NAN];
    let y = vec![1.0, 2.0, NAN, 4.0, 5.0, 6.0];
    let own = with("drop", vec![x, y]);
    assert_eq!((own.rows(Part::Train), own.rows(Part::Validation)), (2, 1));
    let by_hand = with("refuse", vec![vec![1.0, 10.0, 5.0, 60.0, 7.0, 1.0], vec![1.0, 4.0, 5.0]]);
    assert_eq!(own.values(), by_hand.values());
}

#[test]
fn what_cannot_be_is_said() {
    let model = Model::parse(&format!("{TEXT}mean")).unwrap();
    let options = TrainingOptions::of(&model).unwrap();
    assert_eq!(options.missing, Missing::Mean);
    let said = |options: &TrainingOptions, x: Vec<f64>| {
        let refused = Trainer::new(&model, vec![x, vec![1.0, 2.0, 3.0, 4.0]], options, &[]).unwrap_err();
        format!("{} {}", refused.message(), refused.help().unwrap_or_default())
    };
    let gap = vec![1.0, NAN, 2.0, NAN, 3.0, NAN, 4.0, 1.0];
    assert!(said(&options, gap).contains("column 2 of `X` has no value in the rows to train on"));
    let drop = TrainingOptions { missing: Missing::Drop, ..options.clone() };
    assert!(said(&drop, vec![NAN; 8]).contains("no rows are left to train on each has a missing value"));
    for (text, wanted) in [("missing = some", "`missing` is refuse, drop or mean, not some"), ("missing = 1", "not 1")]
    {
        let model = Model::parse(&format!("data x[m], y[m]; param a; cost = mean((a*x - y)^2); train sgd(), {text}"));
        let refused = TrainingOptions::of(&model.unwrap()).unwrap_err();
        assert!(refused.message().contains(wanted), "{}", refused.message());
    }
}

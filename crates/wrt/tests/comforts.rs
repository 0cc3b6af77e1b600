//! What happens beside the steps of a training: stopping, best weights, falling rates, rates of single parameters,
//! accumulated batches, norms of gradients, the longest stable step.

use wrt::{Model, Part, Progress, Trainer, TrainingOptions, Watch};

fn trainer(text: &str, data: Vec<Vec<f64>>) -> Trainer<f64> {
    let model = Model::parse(text).unwrap();
    Trainer::new(&model, data, &TrainingOptions::of(&model).unwrap(), &[]).unwrap()
}

/// A model of one number whose validation loss is `(a - 1)^2`, where each epoch moves `a` on by 0.2.
fn drift(train: &str) -> Trainer<f64> {
    let text = format!(
        "data x[m], y[m]; param a = 0; cost = mean((a*x - y)^2); hyper rate = 0.2; a := a + rate
train sgd(), {train}, batch = 3, validation = 0.25, split = last, shuffle = 0"
    );
    trainer(&text, vec![vec![1.0; 4], vec![1.0; 4]])
}

fn run(trainer: &mut Trainer<f64>) -> Vec<f64> {
    let mut losses = Vec::new();
    while !trainer.is_finished() {
        losses.push(trainer.epoch().unwrap().validation[0]);
    }
    losses
}

#[test]
fn it_stops_when_it_has_waited_and_keeps_the_best() {
    let mut stops = drift("epochs = 30, patience = 3, best = 1");
    let losses = run(&mut stops);
    assert_eq!(losses.len(), 8, "{losses:?}");
    let watch = stops.progress().watch;
    assert_eq!((watch.best_epoch, watch.waited), (5, 3));
    assert!((stops.values().get("a").unwrap()[0] - 1.6).abs() < 1e-12);
    stops.take_best();
    assert!((stops.values().get("a").unwrap()[0] - 1.0).abs() < 1e-12);
    assert!(stops.measure(Part::Validation).unwrap()[0] < 1e-20);
    // Lower by less than that is not lower: the losses are 0.64, 0.36, 0.16, 0.04, 0, 0.04.
    let mut patient = drift("epochs = 30, patience = 2, min_delta = 0.17");
    assert_eq!(run(&mut patient).len(), 5);
    assert_eq!(patient.progress().watch.best_epoch, 3);
    assert_eq!(run(&mut drift("epochs = 4, patience = 3")).len(), 4);
}

#[test]
fn a_resumed_training_knows_what_it_has_seen() {
    let mut whole = drift("epochs = 30, patience = 3, best = 1");
    let mut first = drift("epochs = 30, patience = 3, best = 1");
    for _ in 0..6 {
        first.epoch().unwrap();
    }
    let mut second = drift("epochs = 30, patience = 3, best = 1");
    let names: Vec<String> = first.values().names().map(String::from).collect();
    assert_eq!(names, ["a", "best.a"]);
    for name in &names {
        second.set(name, first.values().get(name).unwrap()).unwrap();
    }
    let watch: Watch = first.progress().watch.to_string().parse().unwrap();
    second.resume(Progress { watch, ..first.progress().clone() });
    run(&mut whole);
    run(&mut second);
    assert_eq!(whole.progress(), second.progress());
    whole.take_best();
    second.take_best();
    assert_eq!(whole.values(), second.values());
}

#[test]
fn a_rate_falls_where_the_loss_does_not() {
    // Gradient descent that only bounces: the loss stays, until the rate is halved.
    let text = "data x[m], y[m]; param a = 0; cost = mean((a*x - y)^2)
train sgd(rate = 1), epochs = 9, batch = 3, validation = 0.25, split = last, shuffle = 0,
  schedule = plateau(patience = 3, factor = 0.5, floor = 0.4)";
    let text = text.replace(",\n ", ",");
    let mut trainer = trainer(&text, vec![vec![1.0; 4], vec![1.0; 4]]);
    let mut epochs = Vec::new();
    while !trainer.is_finished() {
        epochs.push(trainer.epoch().unwrap());
    }
    // With the rate 1 the distance to 1 changes its sign, and with 0.5 it is 0 at once.
    let losses: Vec<f64> = epochs.iter().map(|e| e.validation[0]).collect();
    assert_eq!(losses, [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    let fallen: Vec<Option<f64>> = epochs.iter().map(|e| e.fallen).collect();
    assert_eq!(fallen, [None, None, None, Some(0.5), None, None, None, Some(0.4), None]);
}

#[test]
fn a_loss_that_is_no_number_is_no_level_to_fall_below() {
    let text = "data x[m]; param a = 1; cost = mean(sqrt(1 + a*x))
train sgd(rate = 1), epochs = 4, batch = 3, validation = 0.25, split = last, shuffle = 0, \
schedule = plateau(patience = 2, factor = 0.5)";
    let mut trainer = trainer(text, vec![vec![1.0, 1.0, 1.0, -2.0]]);
    let epochs: Vec<_> = (0..4).map(|_| trainer.epoch().unwrap()).collect();
    assert!(epochs[0].validation[0].is_nan() && epochs[1].validation[0].is_finite());
    // Two epochs after the lowest of the losses, which is that of the second one.
    let fallen: Vec<Option<f64>> = epochs.iter().map(|e| e.fallen).collect();
    assert_eq!(fallen, [None, None, None, Some(0.5)]);
}

#[test]
fn accumulated_batches_are_one_large_batch() {
    let model = "data X[m, 3], y[m]; p = dense(X, 1)[:, 0]; cost = mean((p - y)^2)";
    let x: Vec<f64> = (0..72).map(|k| f64::from(k * k % 17) / 9.0 - 1.0).collect();
    let y: Vec<f64> = (0..24).map(|k| f64::from(k % 5)).collect();
    for optimiser in
        ["sgd(rate = 0.1, momentum = 0.9)", "adam(rate = 0.01)", "nadam()", "adamw(clip_norm = 0.1)", "rmsprop()"]
    {
        let weights = |batch: usize, times: usize| {
            let schedule = "schedule = cosine(steps = 20)";
            let text =
                format!("{model}; train {optimiser}, epochs = 4, batch = {batch}, accumulate = {times}, {schedule}");
            let mut trainer = trainer(&text, vec![x.clone(), y.clone()]);
            (0..4).for_each(|_| drop(trainer.epoch().unwrap()));
            trainer.values().get("p_W").unwrap().to_vec()
        };
        let (large, small) = (weights(8, 1), weights(2, 4));
        assert!(large.iter().zip(&small).all(|(a, b)| (a - b).abs() < 1e-13), "{optimiser}: {large:?} {small:?}");
    }
}

#[test]
fn a_parameter_has_a_rate_of_its_own() {
    let model = "data x[m], y[m]; param a = 1, c_W = 2, c_b = 3; cost = mean((a*x + c_W*x^2 + c_b - y)^2)";
    let (x, y) = (vec![0.5, 1.0, 1.5, 2.0], vec![1.0, 0.0, 2.0, -1.0]);
    let after = |train: &str, steps: usize| {
        let mut trainer =
            trainer(&format!("{model}; train {train}, epochs = {steps}, batch = 4"), vec![x.clone(), y.clone()]);
        (0..steps).for_each(|_| drop(trainer.epoch().unwrap()));
        ["a", "c_W", "c_b"].map(|name| trainer.values().get(name).unwrap()[0])
    };
    // The first step of each optimiser is as long as its rate says, of momentum too.
    for optimiser in ["sgd", "adam", "adamw", "rmsprop", "lion", "sgd(momentum = 0.9)", "adagrad"] {
        let with = |more: &str| match optimiser.strip_suffix(')') {
            Some(open) => format!("{open}, {more})"),
            None => format!("{optimiser}({more})"),
        };
        let common = after(&with("rate = 0.001"), 1);
        let fast = after(&with("rate = 0.004"), 1);
        let mixed = after(&with("rate = 0.001, rate_c = 0.004"), 1);
        assert_eq!(mixed[0], common[0], "{optimiser}");
        assert!((1..3).all(|k| (mixed[k] - fast[k]).abs() < 1e-14), "{optimiser}: {mixed:?} {fast:?}");
        // At 0 it stays, and nothing is carried for it.
        let still = after(&with("rate = 0.001, rate_c_W = 0"), 3);
        assert!(still[1] == 2.0 && still[2] != 3.0, "{optimiser}: {still:?}");
    }
}

#[test]
fn a_layer_has_a_rate_of_its_own_and_no_other_layer() {
    let model = "data x[m, 1], y[m, 1]; h = dense(dense(x, 1), 1); h_2 = dense(h, 1); param h_3 = 1
cost = mean((h_3*h_2 - y)^2)";
    let (x, y) = (vec![0.5, 1.0, 1.5, 2.0], vec![1.0, 0.0, 2.0, -1.0]);
    let moved = |more: &str| {
        let text = format!("{model}; train sgd(rate = 0.001{more}), epochs = 1, batch = 4");
        let mut trainer = trainer(&text, vec![x.clone(), y.clone()]);
        let names: Vec<String> = wrt::Step::<f64>::new(&Model::parse(&text).unwrap())
            .unwrap()
            .parameters()
            .into_iter()
            .map(|p| p.name)
            .collect();
        let values = |t: &Trainer<f64>| names.iter().map(|n| t.values().get(n).unwrap()[0]).collect::<Vec<f64>>();
        let before = values(&trainer);
        trainer.epoch().unwrap();
        let after = values(&trainer);
        names.clone().into_iter().zip(before.iter().zip(after).map(|(a, b)| b - a)).collect::<Vec<(String, f64)>>()
    };
    let common = moved("");
    let ratio = |more: &str| {
        let of = |((name, own), (_, common)): (&(String, f64), &(String, f64))| (name.clone(), (own / common).round());
        moved(more).iter().zip(&common).map(of).filter(|(_, ratio)| *ratio != 1.0).collect::<Vec<_>>()
    };
    let named = |all: &[(&str, f64)]| all.iter().map(|(n, r)| (n.to_string(), *r)).collect::<Vec<_>>();
    let all = ratio(", rate_h = 0.004");
    assert_eq!(all, named(&[("h_W", 4.0), ("h_b", 4.0), ("h2_W", 4.0), ("h2_b", 4.0)]));
    assert_eq!(ratio(", rate_h_2 = 0.002"), named(&[("h_2_W", 2.0), ("h_2_b", 2.0)]));
    // The nearest one counts, and counts once.
    assert_eq!(ratio(", rate_h_2 = 0.002, rate_h_2_W = 0.008"), named(&[("h_2_W", 8.0), ("h_2_b", 2.0)]));
}

#[test]
fn norms_of_gradients_are_those_of_all_rows_to_train_on() {
    let text = "data x[m], y[m]; param a = 1, b[2] = 0; cost = mean((a*x + sum(b) - y)^2)
train sgd(rate = 0), epochs = 1, batch = 1, gradients = 1";
    let mut trainer = trainer(text, vec![vec![1.0, 2.0], vec![0.0, 0.0]]);
    let epoch = trainer.epoch().unwrap();
    assert_eq!(trainer.epoch_names().gradients, ["a", "b"]);
    // By a: 2*mean(x^2) = 5; by each b: 2*mean(x) = 3.
    let wanted = [5.0, 18.0f64.sqrt()];
    assert!(epoch.gradients.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-14), "{:?}", epoch.gradients);
}

#[test]
fn the_longest_stable_step_follows_from_the_curvature() {
    // The Hessian of mean((X @ w - y)^2) is 2/m*X' @ X: here diagonal, with the largest entry 8.
    let data = || vec![vec![4.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0], vec![0.0; 4]];
    for (train, wanted) in [
        ("sgd(rate = 0.3)", Some(0.25)),
        ("sgd(rate = 0.3, momentum = 0.5)", Some(0.375)),
        ("gradient_descent(rate = 0.3)", Some(0.25)),
        ("adam(rate = 0.3)", None),
        ("sgd(rate = 0.3, clip_norm = 1)", None),
    ] {
        let text = format!("data X[m, 2], y[m]; param w[2] = 1; cost = mean((X @ w - y)^2); train {train}, epochs = 1");
        let model = Model::parse(&text).unwrap();
        let trainer = Trainer::new(&model, data(), &TrainingOptions::of(&model).unwrap(), &[]).unwrap();
        let found = trainer.stable_rate(&model).unwrap();
        let near = match (found, wanted) {
            (Some((rate, stable)), Some(wanted)) => rate == 0.3 && (stable - wanted).abs() < 1e-6,
            (found, wanted) => found.is_none() && wanted.is_none(),
        };
        assert!(near, "{train}: {found:?}");
    }
}

#[test]
fn settings_that_can_not_be_are_refused() {
    let model = "data x[m], y[m]; param a = 1; cost = mean((a*x - y)^2)";
    for (train, said) in [
        ("sgd(), patience = 3", "`patience` is by the loss of rows for validation, and there are none"),
        ("sgd(), restore_best_weights = true", "`best` is by the loss"),
        ("sgd(), schedule = plateau()", "`plateau` is by the loss"),
        ("sgd(), schedule = plateu()", "did you mean `plateau`?"),
        ("sgd(), validation = 0.5, schedule = plateau(patience = 0)", "`patience` is a whole number above 0, not 0"),
        ("sgd(), patiense = 3", "did you mean `patience`?"),
        ("sgd(), patience = 1.5", "`patience` is a whole number, not 1.5"),
        ("sgd(), accumulate = 0", "`accumulate` is 1 or more, not 0"),
        ("sgd(), best = 2", "`best` is true or false, not 2"),
        ("sgd(), min_delta = -1", "`min_delta` is at least 0, not -1"),
        ("sgd(rate_b = 1)", "`rate_b` is of no parameter; there are a"),
        ("sgd(rate = 0, rate_a = 1)", "`rate_a` stands beside the common rate, which is not above 0"),
        ("sgd(clip_global_norm = 1), accumulate = 2", "clip_global_norm is of the slopes of one batch"),
    ] {
        let made = Model::parse(&format!("{model}; train {train}")).and_then(|model| {
            Trainer::new(&model, vec![vec![1.0; 4], vec![1.0; 4]], &TrainingOptions::of(&model)?, &[])
        });
        let error = made.err().unwrap_or_else(|| panic!("{train} trains"));
        assert!(error.to_string().contains(said), "{train}: {error}");
    }
}

/// Sizes that no length tells, as both of `X[m, n]` where nothing else is read: they are those of the rows at hand.
#[test]
fn sizes_are_those_of_the_rows() {
    let text = "data X[m, n], y[m] in 0..2; z = dense(X, 2); cost = mean(crossentropy(y, softmax(z)))
train adam(), epochs = 1, batch = 4, test = 0.5";
    let model = Model::parse(text).unwrap();
    let (x, y) = ((0..60).map(f64::from).collect(), (0..20).map(|k| f64::from(k % 2)).collect());
    let trainer = Trainer::new(&model, vec![x, y], &TrainingOptions::of(&model).unwrap(), &[("n", 3)]).unwrap();
    let prediction = wrt::Prediction::new(&model, None).unwrap();
    assert_eq!(trainer.predict(&prediction, Part::Test).unwrap().len(), 20);
    // Learning without a target.
    let text = "data X[m, n]; param c[n] = 0; cost = mean((X - c)^2); train sgd(), epochs = 1, batch = 4, test = 0.5, gradients = 1";
    let model = Model::parse(text).unwrap();
    let options = TrainingOptions::of(&model).unwrap();
    let mut trainer = Trainer::new(&model, vec![vec![1.0; 60]], &options, &[("n", 3)]).unwrap();
    assert_eq!(trainer.epoch().unwrap().gradients.len(), 1);
    assert!(trainer.measure(Part::Test).unwrap()[0] < 1.0);
}

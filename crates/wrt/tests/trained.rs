//! Layers that mean something else once their model is trained: dropout, and normalisation over a batch.

use wrt::{Model, Part, Step, Trainer, TrainingOptions};

/// Costs of the first steps on twelve ones, in batches of four.
fn costs(text: &str, seed: u64, threads: usize) -> Vec<f64> {
    let step = Step::<f64>::new(&Model::parse(text).unwrap()).unwrap();
    let mut carried = step.start(seed, &[("m", 4)]).unwrap();
    let mut costs = [0.0; 9];
    let mut workspace = step.workspace().with_threads(threads);
    step.run(&mut workspace, &mut carried, &[&[1.0; 12 * 50]], 4, &mut costs).unwrap();
    costs.to_vec()
}

fn trainer(text: &str, data: Vec<Vec<f64>>, options: &TrainingOptions) -> Trainer<f64> {
    Trainer::new(&Model::parse(text).unwrap(), data, options, &[]).unwrap()
}

#[test]
fn dropout_hangs_on_seed_step_and_place_only() {
    let text = "data x[m, 50]; param a = 1; cost = mean(a*dropout(x, 0.25)); a := a + 0*d(cost, a)";
    let first = costs(text, 7, 1);
    assert_eq!(first, costs(text, 7, 2));
    assert_ne!(first, costs(text, 8, 1));
    // Another mask in each step; what is kept is scaled up, so that the mean stays.
    let mut distinct = first.clone();
    distinct.sort_by(f64::total_cmp);
    distinct.dedup();
    assert!(distinct.len() > 6, "{first:?}");
    let kept = first.iter().map(|c| c * 0.75).sum::<f64>() / 9.0;
    assert!((kept - 0.75).abs() < 0.05, "{kept}");
}

#[test]
fn a_mask_is_the_same_in_the_cost_and_in_its_gradient() {
    // Entries that are dropped have no slope: of `a*x` with one entry each, either cost and slope are 0 or neither is.
    let text =
        "data x[m]; param a = 1; h = dropout(a*x, 0.5); cost = sum(h); state s = 0; s := d(cost, a); a := a + 0*s";
    let step = Step::<f64>::new(&Model::parse(text).unwrap()).unwrap();
    let mut carried = step.start(3, &[("m", 1)]).unwrap();
    let (mut workspace, mut seen) = (step.workspace(), [0; 2]);
    for _ in 0..20 {
        let mut cost = [0.0];
        step.run(&mut workspace, &mut carried, &[&[3.0]], 1, &mut cost).unwrap();
        assert_eq!(carried.get("s").unwrap()[0], cost[0]);
        seen[usize::from(cost[0] == 6.0)] += 1;
    }
    assert!(seen.iter().all(|k| *k > 2), "{seen:?}");
}

#[test]
fn nothing_is_dropped_after_training() {
    // However the layer is written: named, in a function, within another one, twice.
    for formula in [
        "h = dropout(a*x, 0.5)\ncost = mean(h)",
        "f(u) = dropout(u, 0.5)\nh = f(a*x)\nk = f(a*x)\ncost = mean(h + k)/2",
        "f(u) = 2*dropout(u, 0.5)\nh = f(a*x)\nk = h\ncost = mean(k)/2",
        "cost = mean(dropout(dropout(a*x, 0.5), 0.9))",
    ] {
        let text = format!("data x[m]\nparam a = 1\n{formula}\ntrain sgd(rate = 0)");
        let mut trainer = trainer(&text, vec![vec![3.0; 8]], &TrainingOptions::default());
        assert_eq!(trainer.measure(Part::Train).unwrap(), [3.0], "{text}");
        let epoch = trainer.epoch().unwrap();
        assert_ne!(epoch.loss, 3.0, "{text}");
    }
}

#[test]
fn normalisation_keeps_averages_of_its_batches() {
    let text = "data x[m, 2]; h = batch_norm(x); cost = mean(h); train sgd(rate = 0), epochs = 3, batch = 4";
    let model = Model::parse(text).unwrap();
    let options = TrainingOptions::of(&model).unwrap();
    let x: Vec<f64> = vec![1.0, 10.0, 3.0, 10.0, 5.0, 40.0, 7.0, 40.0];
    let mut trainer = trainer(text, vec![x], &options);
    for _ in 0..3 {
        trainer.epoch().unwrap();
    }
    let kept = |name: &str| trainer.values().get(name).unwrap().to_vec();
    // By hand: means 4 and 25, variances 5 and 225, three steps with the momentum 0.99.
    let (old, new) = (0.99f64.powi(3), 1.0 - 0.99f64.powi(3));
    let (mean, variance) = (kept("h_moving_mean"), kept("h_moving_variance"));
    for (found, wanted) in mean.iter().chain(&variance).zip([4.0 * new, 25.0 * new, old + 5.0 * new, old + 225.0 * new])
    {
        assert!((found - wanted).abs() < 1e-12, "{found} {wanted}");
    }
    // Afterwards a row is judged by these, not by the rows beside it.
    let hat = |x: f64, k: usize| (x - mean[k]) / (variance[k] + 0.001).sqrt();
    let columns = [(1.0, 10.0), (3.0, 10.0), (5.0, 40.0), (7.0, 40.0)];
    let wanted = columns.iter().map(|(a, b)| hat(*a, 0) + hat(*b, 1)).sum::<f64>() / 8.0;
    let found = trainer.measure(Part::Train).unwrap()[0];
    assert!((found - wanted).abs() < 1e-12, "{found} {wanted}");
}

#[test]
fn settings_of_normalisation_are_refused_where_they_make_no_sense() {
    for (given, said) in
        [("momentum=2", "at most 1"), ("epsilon=0", "above 0"), ("momentun=1", "no argument `momentun`")]
    {
        let error = Model::parse(&format!("data x[m, 2]; cost = sum(batch_norm(x, {given}))")).unwrap_err();
        assert!(error.message().contains(said), "{error}");
    }
}

/// However an epoch is cut, and wherever another trainer takes over, the bits are the same.
#[test]
fn training_goes_on_where_another_left_off() {
    let text = "data x[m, 3], y[m]; h = dropout(batch_norm(dense(x, 5, tanh)), 0.3); p = dense(h, 1)
cost = mean((p[:, 0] - y)^2); train adam(rate = 0.01), epochs = 3, batch = 4, seed = 5";
    let x: Vec<f64> = (0..66).map(|k| f64::from(k).sin()).collect();
    let y: Vec<f64> = (0..22).map(|k| f64::from(k).cos()).collect();
    let options = TrainingOptions::of(&Model::parse(text).unwrap()).unwrap();
    let new = || trainer(text, vec![x.clone(), y.clone()], &options);
    let values = |t: &Trainer<f64>| {
        let names: Vec<String> = t.values().names().map(String::from).collect();
        names.into_iter().map(|n| (t.values().get(&n).unwrap().to_vec(), n)).collect::<Vec<_>>()
    };
    let mut whole = new();
    let losses: Vec<f64> = (0..3).map(|_| whole.epoch().unwrap().loss).collect();
    let (mut parts, mut found) = (new(), Vec::new());
    while parts.progress().epochs < 3 {
        let mut next = new();
        for (value, name) in values(&parts) {
            next.set(&name, &value).unwrap();
        }
        next.resume(parts.progress().clone());
        parts = next;
        found.extend(parts.run_batches(2).unwrap().map(|e| e.loss));
    }
    assert_eq!((found, values(&parts)), (losses, values(&whole)));
}

/// A quarter of each class is kept apart, as nearly as can be; the last rows, if that is asked for.
#[test]
fn parts_have_their_share_of_each_class() {
    let text = "data x[m], y[m] in 0..3; param a = 0; cost = mean((a*x - y)^2); metric zeros = mean(y == 0)
metric twos = mean(y == 2); train sgd(rate = 0), seed = 2, test = 0.25, validation = 0.25";
    // 40 rows of class 0, 16 of class 1, 8 of class 2, one class after the other.
    let y: Vec<f64> = (0..64)
        .map(|k| {
            if k < 40 {
                0.0
            } else if k < 56 {
                1.0
            } else {
                2.0
            }
        })
        .collect();
    let measure = |options: &TrainingOptions| {
        let mut trainer = trainer(text, vec![vec![1.0; 64], y.clone()], options);
        [Part::Train, Part::Validation, Part::Test].map(|p| trainer.measure(p).unwrap()[1..].to_vec())
    };
    let mut options = TrainingOptions::of(&Model::parse(text).unwrap()).unwrap();
    for seed in 0..5 {
        options.seed = seed;
        for found in measure(&options) {
            assert_eq!(found, [0.625, 0.125], "seed {seed}");
        }
    }
    options.set_text("split", "last").unwrap();
    assert_eq!(measure(&options), [[1.0, 0.0], [0.5, 0.0], [0.0, 0.5]]);
    assert!(options.set_text("split", "first").is_err());
}

#[test]
fn rows_in_an_order_that_matters_are_not_shuffled() {
    let data = || vec![(0..12).map(f64::from).collect::<Vec<f64>>(), (0..12).map(|k| f64::from(k % 3)).collect()];
    let new = |text: &str| {
        let model = Model::parse(text).unwrap();
        let options = TrainingOptions::of(&model).unwrap();
        Trainer::<f64>::new(&model, data(), &options, &[]).map(|_| ())
    };
    for cost in
        ["f(h, u) = a*h + u; h = scan(f, 0, x); cost = mean((h - y)^2)", "h = cumsum(a*x); cost = mean((h - y)^2)"]
    {
        let text = format!("data x[m], y[m]; param a = 0.5; {cost}; train sgd()");
        let refused = new(&text).unwrap_err();
        assert!(refused.message().contains("depends on the order of the rows"), "{refused}");
        assert!(refused.help().unwrap().contains("shuffle = false"), "{refused}");
        assert!(new(&format!("{text}, shuffle = false")).is_ok());
        assert!(new(&format!("{text}, shuffle = false, test = 0.5")).is_err());
        assert!(new(&format!("{text}, shuffle = false, test = 0.5, split = last")).is_ok());
    }
    assert!(new("data x[m], y[m]; param a = 0.5; cost = mean((a*x - y)^2); train sgd()").is_ok());
}

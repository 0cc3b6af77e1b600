//! Each optimiser, with its settings, schedules and clipping, follows the formulas of Keras over 200 steps; what no
//! optimiser has is refused.

use wrt::{Model, Step, Trainer, TrainingOptions};

const MODEL: &str = "data X[m, 3], y[m]; param w[3] = [0.5, -0.25, 0.75], b = 0.125
cost = mean((tanh(X @ w + b) - y)^2)\n";

/// The rows of `oracle/make_optimisers_reference.py`.
fn data() -> (Vec<f64>, Vec<f64>) {
    let x = (0..24).map(|k| f64::from((37 * k + 11) % 64 - 32) / 32.0).collect();
    (x, (0..8).map(|r| f64::from((29 * r + 5) % 16 - 8) / 16.0).collect())
}

fn losses(train: &str) -> Vec<f64> {
    let model = Model::parse(&format!("{MODEL}train {train}")).unwrap();
    let step = Step::<f64>::new(&model).unwrap_or_else(|e| panic!("{train}: {e}"));
    let mut carried = step.start(0, &[("m", 4)]).unwrap();
    let (x, y) = data();
    let mut costs = vec![0.0; 200];
    step.run(&mut step.workspace(), &mut carried, &[&x, &y], 4, &mut costs).unwrap();
    costs
}

#[test]
fn losses_are_those_of_keras_formulas() {
    let mut names: Vec<&str> = Vec::new();
    for line in include_str!("optimisers_reference.tsv").lines().filter(|l| !l.starts_with('#')) {
        let mut fields = line.split('\t');
        let train = fields.next().unwrap();
        names.push(train.split('(').next().unwrap());
        let found = losses(train);
        let wanted: Vec<f64> = fields.map(|x| x.parse().unwrap()).collect();
        assert_eq!(wanted.len(), 20, "{train}");
        for (k, wanted) in wanted.iter().enumerate() {
            let found = found[10 * k + 9];
            let off = ((found - wanted) / wanted).abs();
            assert!(off < 1e-9, "{train}, step {}: {found} instead of {wanted}", 10 * k + 10);
        }
    }
    // All there are but `momentum` and `nesterov`, which are sgd by other names.
    for name in ["sgd", "gradient_descent", "adam", "adamw", "rmsprop", "adagrad", "adadelta", "nadam", "lion"] {
        assert!(names.contains(&name), "{name} has no line");
    }
    assert_eq!(losses("momentum(rate = 0.05)"), losses("sgd(rate = 0.05, momentum = 0.9)"));
    assert_eq!(losses("nesterov(rate = 0.05)"), losses("sgd(rate = 0.05, momentum = 0.9, nesterov = true)"));
    assert_eq!(losses("sgd(rate = 0.1, momentum = 0, clip_norm = 0)"), losses("sgd(rate = 0.1)"));
}

#[test]
fn what_no_optimiser_has_is_refused() {
    for (train, said, help) in [
        ("adma()", "no optimiser `adma`", "did you mean `adam`?"),
        ("adam(beta_3 = 1)", "`adam` has no setting `beta_3`", "beta1"),
        ("sgd(nestrov = true)", "no setting `nestrov`", "did you mean `nesterov`?"),
        ("adagrad(momentum = 0.5)", "`adagrad` has no setting `momentum`", "it has rate, epsilon, initial_accumulator"),
        ("adagrad(initial_accumulator_value = -1)", "`initial_accumulator` is at least 0, not -1", ""),
        ("adam(schedule_steps = 5)", "has no setting `schedule_steps`", "rate"),
        ("adam(rate = -0.1)", "`rate` is at least 0, not -0.1", ""),
        ("adam(learning_rate = -1)", "`rate` is at least 0", ""),
        ("adam(beta1 = 1)", "`beta1` is at least 0 and below 1", ""),
        ("adam(clip_norm = -1)", "`clip_norm` is above 0", ""),
        ("sgd(nesterov = 2)", "`nesterov` is true or false", ""),
        ("sgd(rate = fast)", "`rate` is a number, not fast", ""),
        ("sgd(clip_norm = 1, clip_value = 1)", "slopes are clipped in one way", ""),
        ("sgd(), schedule = cosin", "no schedule `cosin`", "did you mean `cosine`?"),
        ("sgd(), schedule = 3", "`schedule` is the name of one", ""),
        ("sgd(), schedule = step", "needs the number of steps", "step(steps = 1000)"),
        ("sgd(), schedule = step(steps = 0)", "`steps` is above 0", ""),
        ("sgd(), schedule = cosine(stairs = 1)", "`cosine` has no setting `stairs`", "steps, floor, warmup"),
        ("sgd(), schedule = step(steps = [5, 6])", "`steps` is a number, not [5, 6]", ""),
        ("sgd(), schedule = [5, 6]", "`schedule` is the name of one", ""),
        ("sgd(rate = [1, 2])", "`rate` is a number, not [1, 2]", ""),
        (
            "sgd(), schedule = piecewise",
            "`piecewise` needs `boundaries`",
            "piecewise(boundaries = [1000, 2000], values =",
        ),
        ("sgd(), schedule = piecewise(boundaries = [5])", "`piecewise` needs `values`", ""),
        (
            "sgd(), schedule = piecewise(boundaries = 5, values = [1, 2])",
            "`boundaries` is a list of numbers, not 5",
            "",
        ),
        ("sgd(), schedule = piecewise(boundaries = [], values = [1])", "`boundaries` is a list of numbers, not []", ""),
        (
            "sgd(), schedule = piecewise(boundaries = [5, 9], values = [1, 2])",
            "`values` has one number more than `boundaries`: expected 3, found 2",
            "values = [0.1, 0.01, 0.001]",
        ),
        (
            "sgd(), schedule = piecewise(boundaries = [5, 5], values = [1, 2, 3])",
            "`boundaries` increase, and behind 5 stands 5",
            "",
        ),
        ("sgd(), schedule = piecewise(boundaries = [-1], values = [1, 2])", "`boundaries` is at least 0, not -1", ""),
        ("sgd(), schedule = piecewise(boundaries = [1], values = [1, -2])", "`values` is at least 0, not -2", ""),
        (
            "sgd(), schedule = piecewise(bounds = [1], values = [1, 2])",
            "`piecewise` has no setting `bounds`",
            "boundaries, values",
        ),
        (
            "sgd(rate = 1), schedule = piecewise(boundaries = [1], values = [1, 2])",
            "`piecewise` says the rates, and `rate` says another one",
            "leave out `rate`",
        ),
    ] {
        let model = Model::parse(&format!("{MODEL}train {train}")).unwrap();
        let error = Step::<f64>::new(&model).map(|_| ()).expect_err(train);
        assert!(error.message().contains(said), "{train}: {error}");
        assert!(error.help().unwrap_or_default().contains(help), "{train}: {:?}", error.help());
    }
    for (train, said) in [
        ("sgd(), epoch = 3", "training has no setting `epoch`"),
        ("sgd(), shuffle = 2", "`shuffle` is true or false"),
        ("sgd(), epochs = many", "`epochs` is a number, not many"),
        ("sgd(), epochs = [1, 2]", "`epochs` is a number, not [1, 2]"),
    ] {
        let model = Model::parse(&format!("{MODEL}train {train}")).unwrap();
        let error = TrainingOptions::of(&model).expect_err(train);
        assert!(error.message().contains(said), "{train}: {error}");
    }
}

#[test]
fn settings_stand_above_those_of_the_text() {
    let losses = |text: &str, more: &[(&str, &str)]| -> Result<Vec<f64>, wrt::Error> {
        let model = Model::parse(&format!("{MODEL}{text}"))?;
        let mut options = TrainingOptions::of(&model)?;
        for (name, value) in more {
            options.set_text(name, value)?;
        }
        let (x, y) = data();
        let mut trainer = Trainer::<f64>::new(&model, vec![x, y], &options, &[])?;
        (0..options.epochs).map(|_| Ok(trainer.epoch()?.loss)).collect()
    };
    let plain = |train: &str| losses(train, &[]).unwrap();
    let rest = "epochs = 5, batch = 4, shuffle = false";
    let text = format!("train adam(rate = 0.1, beta1 = 0.5), {rest}");
    assert_eq!(
        losses(&text, &[("rate", "0.01")]).unwrap(),
        plain(&format!("train adam(rate = 0.01, beta1 = 0.5), {rest}"))
    );
    // Another optimiser takes nothing from this one.
    let other = losses(&text, &[("optimiser", "sgd"), ("momentum", "0.5")]).unwrap();
    assert_eq!(other, plain(&format!("train sgd(momentum = 0.5), {rest}")));
    // All rows at once, and a schedule as long as the training.
    assert_eq!(
        plain("train gradient_descent(), epochs = 3"),
        plain("train sgd(), epochs = 3, batch = 8, shuffle = false")
    );
    let long = plain(&format!("train sgd(rate = 0.1), {rest}, schedule = cosine"));
    assert_eq!(long, plain(&format!("train sgd(rate = 0.1), {rest}, schedule = cosine(steps = 10)")));
    assert_eq!(
        losses(&format!("train sgd(rate = 0.1), {rest}, schedule = cosine"), &[("schedule", "none")]).unwrap(),
        plain(&format!("train sgd(rate = 0.1), {rest}"))
    );
    // Rates that are listed are those of steps counted from 0, a boundary among them; they stand above a rate of the model.
    let listed = "piecewise(boundaries = [2, 5], values = [0.1, 0.05, 0.01])";
    let steps = losses(&format!("train sgd(rate = 7), {rest}"), &[("schedule", listed)]).unwrap();
    assert_eq!(steps, plain(&format!("train sgd(), {rest}, schedule = {listed}")));
    assert_eq!(steps[0], plain(&format!("train sgd(rate = 0.1), {rest}"))[0]);
    let both = losses(&format!("train sgd(), {rest}, schedule = {listed}"), &[("rate", "0.1")]);
    assert!(both.unwrap_err().message().contains("`rate` says another one"));
    // The rate of a parameter is in proportion to the first of them.
    let twice = "piecewise(boundaries = [2, 5], values = [0.2, 0.1, 0.02])";
    let own = plain(&format!("train sgd(rate_w = 0.1, rate_b = 0.1), {rest}, schedule = {twice}"));
    let off = steps.iter().zip(&own).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(off < 1e-15, "{own:?} instead of {steps:?}");
    // A model with steps of its own has settings of its own.
    let own = "hyper rate = 0.1\nw := w - rate*d(cost, w)\nb := b - rate*d(cost, b)\n";
    assert_eq!(losses(own, &[("rate", "0.01")]).unwrap(), losses(&own.replace("0.1", "0.01"), &[]).unwrap());
    assert!(losses(own, &[("beta1", "0.01")]).unwrap_err().message().contains("`the model` has no setting `beta1`"));
    assert!(losses(own, &[("optimiser", "adam")]).unwrap_err().message().contains("says itself what a step is"));
}

/// Steps are counted beyond the 2^24 at which a number in single precision stands still.
#[test]
fn schedules_count_beyond_single_precision() {
    for (name, schedule) in
        [("piecewise", "boundaries = [16777230], values = [1, 0]"), ("polynomial", "steps = 16777230, end = 0")]
    {
        let rate = if name == "piecewise" { "" } else { "rate = 1, " };
        let text =
            format!("data x[m]; param w = 0; cost = mean(x)*w; train sgd({rate}), schedule = {name}({schedule})");
        let step = Step::<f32>::new(&Model::parse(&text).unwrap()).unwrap();
        let mut carried = step.start(0, &[("m", 1)]).unwrap();
        // 2^24 - 6 steps are done.
        carried.get_mut("sgd.rounds").unwrap()[0] = 15.0;
        carried.get_mut("sgd.rest").unwrap()[0] = 1_048_570.0;
        let mut ws = step.workspace();
        let mut at = |steps: usize| {
            step.run(&mut ws, &mut carried, &[&[1.0]], 1, &mut vec![0.0; steps]).unwrap();
            carried.get("w").unwrap()[0]
        };
        let (early, end, later) = (at(4), at(26), at(9));
        assert!(early < 0.0, "{name}: {early}");
        assert_eq!(end, later, "{name}: the last boundary is behind");
    }
}

/// What starts as a setting starts as what the setting is.
#[test]
fn state_that_starts_as_a_setting_follows_it() {
    let text = "data x[m]; hyper first = 2, rate = 0.5; param w = 3*first; state v = first + 1
        cost = mean(x)*w; v := v*rate; w := w - v*d(cost, w)";
    let started = |more: &[(&str, &str)]| {
        let mut options = TrainingOptions::default();
        more.iter().for_each(|(name, value)| options.set_text(name, value).unwrap());
        let step = Step::<f64>::with_options(&Model::parse(text).unwrap(), &options).unwrap();
        let carried = step.start(0, &[("m", 1)]).unwrap();
        (carried.get("w").unwrap()[0], carried.get("v").unwrap()[0])
    };
    assert_eq!(started(&[]), (6.0, 3.0));
    assert_eq!(started(&[("first", "5")]), (15.0, 6.0));
}

/// What settings are shown as is what a `train` line takes, written as people write it.
#[test]
fn settings_are_shown_as_they_are_read() {
    for (given, shown) in [
        ("0.5", "0.5"),
        ("1/2", "0.5"),
        ("-1/8", "-0.125"),
        ("2/3", "2/3"),
        ("1e-12", "1e-12"),
        ("[0.5, 1/3, 20]", "[0.5, 1/3, 20]"),
        ("cosine(floor = 0.5, steps = 1e3)", "cosine(floor = 0.5, steps = 1000)"),
    ] {
        let read = |text: &str| wrt_language::setting(text).unwrap_or_else(|e| panic!("{text}: {}", e.message));
        assert_eq!(read(given).to_string(), shown);
        assert_eq!(read(shown), read(given));
    }
    let model = Model::parse(&format!("{MODEL}train sgd(rate = 1/2, momentum = 9/10)")).unwrap();
    let listed = TrainingOptions::of(&model).unwrap().listed(&model).unwrap();
    assert_eq!(listed[1..3], [("rate".into(), "0.5".into()), ("momentum".into(), "0.9".into())]);
    for (train, said) in [("sgd(rate = 1/0)", "a number is divided by 0"), ("sgd(rate = 1/x)", "a number behind `/`")] {
        let error = Model::parse(&format!("{MODEL}train {train}")).map(|_| ()).unwrap_err();
        assert!(error.message().contains(said), "{train}: {error}");
    }
}

//! Constants that hang on data: they are those of the rows to train on, and stay with the weights.

use wrt::{Array, Model, Part, Prediction, Trainer, TrainingOptions};

const TEXT: &str = "data X[m, 2], y[m]; const middle = mean(y); p = middle + dense(standardize(X), 1)[:, 0]
cost = mean((p - y)^2); train sgd(rate = 0.01), epochs = 1, batch = 2, test = 0.25, split = last, shuffle = 0";

fn trainer(text: &str, data: Vec<Vec<f64>>) -> Trainer<f64> {
    let model = Model::parse(text).unwrap();
    Trainer::new(&model, data, &TrainingOptions::of(&model).unwrap(), &[]).unwrap()
}

/// Eight rows, of which the last two are kept for the test, with a column that is always the same.
fn data() -> Vec<Vec<f64>> {
    let x = [1.0, 2.0, 3.0, 4.0, 5.0, 9.0, 1000.0, -77.0];
    vec![x.iter().flat_map(|x| [*x, 0.1]).collect(), x.iter().map(|x| 2.0 * x).collect()]
}

#[test]
fn statistics_are_of_the_rows_to_train_on() {
    let mut trainer = trainer(TEXT, data());
    let get = |trainer: &Trainer<f64>, name: &str| trainer.values().get(name).unwrap().to_vec();
    let before = ["middle", "X_mean", "X_std"].map(|name| get(&trainer, name));
    assert_eq!(before[0], [8.0]);
    assert_eq!(before[1][0], 4.0);
    // A column that is always the same is divided by 1.
    let deviation = (40.0f64 / 6.0).sqrt();
    assert!((before[2][0] - deviation).abs() < 1e-14 && before[2][1] == 1.0, "{before:?}");
    trainer.epoch().unwrap();
    assert_eq!(before, ["middle", "X_mean", "X_std"].map(|name| get(&trainer, name)), "no step changes them");
    assert!(trainer.measure(Part::Test).unwrap()[0].is_finite());
}

#[test]
fn they_are_kept_and_not_trained() {
    let model = Model::parse(TEXT).unwrap();
    let step = wrt::Step::<f64>::new(&model).unwrap();
    let names = |all: Vec<wrt::Input>| all.into_iter().map(|i| i.name).collect::<Vec<_>>();
    assert_eq!(names(step.parameters()), ["p_W", "p_b"]);
    assert_eq!(names(step.kept()), ["p_W", "p_b", "middle", "X_mean", "X_std"]);
    assert_eq!(names(step.fitted()), ["middle", "X_mean", "X_std"]);
    // A trainer that does not train leaves them to who knows them.
    let options = TrainingOptions { epochs: 0, ..TrainingOptions::default() };
    let mut other = Trainer::new(&model, data(), &options, &[]).unwrap();
    other.set("middle", &[3.0]).unwrap();
    other.set("p_W", &[0.0, 0.0]).unwrap();
    let prediction = Prediction::new(&model, Some("p")).unwrap();
    assert_eq!(other.predict(&prediction, Part::Train).unwrap(), [3.0; 8]);
    assert!(model.check().unwrap());
}

#[test]
fn one_hangs_on_another_that_the_cost_does_not() {
    let text = "data x[m], y[m]; const a = mean(x); const b = mean((x - a)^2), c = [1, 2]; param w = 1
cost = mean((w*b*x - y)^2) + 0*sum(c); train sgd(), epochs = 1";
    let trainer = trainer(text, vec![vec![1.0, 2.0, 6.0], vec![0.0; 3]]);
    assert_eq!(trainer.values().get("a").unwrap(), [3.0]);
    assert_eq!(trainer.values().get("b").unwrap(), [14.0 / 3.0]);
}

#[test]
fn weights_of_classes_are_a_constant() {
    let text = "data X[m, 1], y[m] in 0..3; const share = 1/(3*mean(one_hot(y, 3), axis=0))
z = dense(X, 3); cost = mean(share[y]*crossentropy(y, softmax(z))); train adam(), epochs = 1";
    let trainer = trainer(text, vec![vec![0.0; 6], vec![0.0, 1.0, 1.0, 2.0, 2.0, 2.0]]);
    let share = trainer.values().get("share").unwrap();
    assert!([2.0, 1.0, 2.0 / 3.0].iter().zip(share).all(|(a, b)| (a - b).abs() < 1e-15), "{share:?}");
}

#[test]
fn at_a_point_with_data_they_follow() {
    let model = Model::parse("data x[m]; param w; cost = sum(w*standardize(x))^2 + sum(standardize(x)^2)").unwrap();
    let at: [(&str, Array<f64>); 2] = [("x", [1.0, 2.0, 3.0].into()), ("w", 5.0.into())];
    assert!((model.cost().eval(&at).unwrap().data[0] - 3.0).abs() < 1e-15);
}

#[test]
fn what_is_known_at_each_step_only_is_refused() {
    for (text, said) in [
        ("data X[m, 2]; param w[2]; cost = sum(standardize(X*w))", "hangs on the parameter `w`"),
        ("data X[m, 2]; cost = sum(standardize(dropout(X, 0.5)))", "hangs on random numbers"),
        ("param w[2]; cost = sum(standardize(w))", "hangs on the parameter `w`"),
        ("data X[m, 2]; s = sum(X); cost = sum(standardize(ones(3, 2)))", "standardize takes data"),
        ("data x[m]; param w; const c = mean(w*x); cost = c", "the constant `c` hangs on the parameter `w`"),
        ("data x[m]; const c[3] = x; cost = sum(c)", "the value has the shape"),
    ] {
        let error = Model::parse(text).err().unwrap_or_else(|| panic!("{text} is read"));
        assert!(error.message().contains(said), "{text}: {error}");
    }
    let model = Model::parse("data x[m]; param w = 1; const c = log(min(x)); cost = c*mean(w*x); train sgd()").unwrap();
    let error = Trainer::new(&model, vec![vec![-1.0, 2.0]], &TrainingOptions::of(&model).unwrap(), &[]).err().unwrap();
    assert!(error.message().contains("`c` is NaN in the rows to train on"), "{error}");
}

#[test]
fn those_of_metrics_and_predictions_only_are_carried_too() {
    let text = "data x[m], y[m]; const s = mean(y); param w = 2; p = w*x; shown = p - s; cost = mean((p - y)^2)
metric spread = mean((y - s)^2); train sgd(rate = 0), epochs = 1";
    let mut trainer = trainer(text, vec![vec![1.0, 2.0], vec![4.0, 8.0]]);
    assert_eq!(trainer.measure(Part::Train).unwrap()[1], 4.0);
    let prediction = Prediction::new(&Model::parse(text).unwrap(), Some("shown")).unwrap();
    assert_eq!(trainer.predict(&prediction, Part::Train).unwrap(), [-4.0, -2.0]);
}

#[test]
fn compiled_programs_take_them_from_the_data() {
    let text = "data x[m]; const a = mean(x); const b = a + 1, k = 5; param w = 1; cost = w*(b + k)";
    let model = Model::parse(text).unwrap();
    let program = wrt::value_and_gradient::<f64>(&model).unwrap();
    let fitted = |x: Option<Vec<f64>>, a: Option<Vec<f64>>| {
        let mut given = |input: &wrt::Input| {
            Ok(if input.name == "x" { x.clone() } else { a.clone() }.filter(|_| ["x", "a"].contains(&&*input.name)))
        };
        program.fitted(&model, &[], &mut given)
    };
    let b = |value: f64| vec![("b".to_string(), vec![value])];
    assert_eq!(fitted(Some(vec![2.0, 6.0]), None).unwrap(), b(5.0));
    // One that is given itself needs no data.
    assert_eq!(fitted(None, Some(vec![7.0])).unwrap(), b(8.0));
    let error = fitted(None, None).unwrap_err();
    assert!(error.message().contains("`x` has no value, and the constant `a` hangs on it"), "{error}");
    // Nothing stands in for them; made up they are those of the data that is made up.
    let input = program.inputs().iter().find(|i| i.name == "b").unwrap();
    assert_eq!(program.own_value(&model, input, 0, &[]).unwrap(), None);
    let x = model.made_up::<f64>(&wrt::Step::<f64>::new(&model).unwrap().data()[0], 3, &[("m", 4)]).unwrap().unwrap();
    let place = program.inputs().iter().position(|i| i.name == "b").unwrap();
    let found = program.made_up(&model, 3, &[("m", 4)]).unwrap()[place][0];
    assert!((found - 1.0 - x.iter().sum::<f64>() / 4.0).abs() < 1e-12);
}

#[test]
fn constants_are_what_their_declarations_say() {
    for (text, said) in [
        ("const c > 0 = 0 - 2; param w; cost = c*w", "the constant `c` is -2, and its declaration says > 0"),
        ("const a = 1, c >= 0 = a - 3; param w; cost = c*w", "is -2, and its declaration says >= 0"),
        ("const c in [0, 1] = [1/2, 2]; param w; cost = sum(c)*w", "is 2, and its declaration says in [0, 1]"),
        ("const c integer = 1/2; param w; cost = c*w", "is 0.5, and its declaration says integer"),
        ("const c simplex = [1/2, 1/4]; param w; cost = sum(c)*w", "another one, and its declaration says simplex"),
        ("const C[2, 2] symmetric = [[1, 2], [3, 4]]; param w; cost = sum(C)*w", "says symmetric"),
        ("const C[2, 2] positive definite = [[1, 2], [2, 1]]; param w; cost = sum(C)*w", "says positive definite"),
        ("const c in 0..3 = [0, 3]; param w; cost = sum(c)*w", "is 3, and its declaration says in 0..3"),
    ] {
        let error = Model::parse(text).err().unwrap_or_else(|| panic!("{text} is read"));
        assert!(error.message().contains(said), "{text}: {error}");
    }
    for text in [
        "const c > 0 = 2; param w; cost = c*w",
        "const c simplex = [1/3, 2/3]; param w; cost = sum(c)*w",
        "const C[2, 2] positive definite = [[2, 1], [1, 2]]; param w; cost = sum(C)*w",
        "const c in [-pi, pi] = pi; param w; cost = c*w",
    ] {
        assert!(Model::parse(text).is_ok(), "{text}");
    }
    // Where it hangs on data, as soon as there is some.
    let text = "data x[m]; const c > 0 = mean(x); param w = 1; cost = sqrt(c^2)*w; train sgd(), epochs = 1";
    let model = Model::parse(text).unwrap();
    let at: [(&str, Array<f64>); 2] = [("x", [-1.0, -3.0].into()), ("w", 5.0.into())];
    let wanted = "the constant `c` is -2, and its declaration says > 0";
    assert!(model.cost().eval(&at).unwrap_err().message().contains(wanted));
    let error = Trainer::new(&model, vec![vec![-1.0, -3.0]], &TrainingOptions::of(&model).unwrap(), &[]).err().unwrap();
    assert!(error.message().contains(wanted), "{error}");
}

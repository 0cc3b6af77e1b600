//! Rows that are read again and again, and not held: the same training, within what the order of rows and of sums leaves open.

use wrt::{Error, Model, Part, Prediction, RowSource, Trainer, TrainingOptions, check_gradient, each_prediction};

/// Rows of arrays, each with so many entries a row, as a source.
#[derive(Debug, Clone)]
struct Table {
    data: Vec<Vec<f64>>,
    widths: Vec<usize>,
    rows: usize,
    at: usize,
    /// From the third time on there are fewer.
    shrinks: bool,
    times: usize,
}

impl RowSource<f64> for Table {
    fn rewind(&mut self) -> Result<(), Error> {
        self.at = 0;
        self.times += 1;
        Ok(())
    }

    fn read(&mut self, most: usize, data: &mut [Vec<f64>]) -> Result<usize, Error> {
        let all = if self.shrinks && self.times > 3 { self.rows - 1 } else { self.rows };
        // Fewer than asked for, at times.
        let count = most.min(all - self.at).min(37);
        for ((own, all), width) in data.iter_mut().zip(&self.data).zip(&self.widths) {
            own.extend_from_slice(&all[self.at * width..(self.at + count) * width]);
        }
        self.at += count;
        Ok(count)
    }
}

fn table(rows: usize, holes: bool) -> Table {
    let x = |k: usize, j: usize| ((k * (7 + j) % 101) as f64 * 0.37 + j as f64).sin() * (1.0 + j as f64);
    let mut first: Vec<f64> = (0..rows).flat_map(|k| (0..3).map(move |j| x(k, j))).collect();
    let label = |k: usize| f64::from(u8::from(x(k, 0) + 0.5 * x(k, 1) > 0.1));
    let second = (0..rows).map(label).collect();
    if holes {
        first.iter_mut().step_by(29).for_each(|x| *x = f64::NAN);
    }
    Table { data: vec![first, second], widths: vec![3, 1], rows, at: 0, shrinks: false, times: 0 }
}

fn both(text: &str, rows: &Table) -> [Trainer<f64>; 2] {
    let model = Model::parse(text).unwrap();
    let options = TrainingOptions::of(&model).unwrap();
    let sizes = [("n", 3)];
    let held = Trainer::new(&model, rows.data.clone(), &options, &sizes).unwrap();
    let streamed = wrt::stream(&model, Box::new(rows.clone()), &options, &sizes).unwrap();
    [held, streamed]
}

fn refused(text: &str) -> String {
    let model = Model::parse(text).unwrap();
    let options = TrainingOptions::of(&model).unwrap();
    match wrt::stream(&model, Box::new(table(300, false)), &options, &[("n", 3)]) {
        Ok(_) => panic!("{text} is streamed"),
        Err(e) => format!("{}; {}", e.message(), e.help().unwrap_or_default()),
    }
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * (1.0 + a.abs())
}

const PLAIN: &str = "data X[m, n], y[m] in 0..2\nh = dropout(dense(X, 5, tanh), 0.1)\nz = dense(h, 1)[:, 0]
cost = mean(binary_crossentropy(y, sigmoid(z))) + 0.001*sum(h_W^2)\nmetric accuracy, f1, precision
train adam(rate = 0.02), batch = 8, validation = 0.2, test = 0.1, split = last, shuffle = 0, epochs = 4";

/// Without shuffling, and with the same split, a stream meets the same batches.
#[test]
fn rows_in_their_order_give_the_same_bits() {
    for (more, holes) in [("", false), (", missing = drop", true)] {
        let text = format!("{PLAIN}, shuffle_buffer = 70{more}");
        let [mut held, mut streamed] = both(&text, &table(509, holes));
        // Windows are whole batches.
        assert_eq!((wrt::shuffle_buffer(&streamed), wrt::shuffle_buffer(&held)), (Some(64), None));
        let parts = [Part::Train, Part::Validation, Part::Test];
        assert_eq!(parts.map(|p| held.rows(p)), parts.map(|p| streamed.rows(p)));
        while !held.is_finished() {
            let (a, b) = (held.epoch().unwrap(), streamed.epoch().unwrap());
            assert_eq!((a.loss, &a.metrics), (b.loss, &b.metrics));
            assert!(a.validation.iter().zip(&b.validation).all(|(a, b)| near(*a, *b)), "{:?} {:?}", a.validation, b);
            assert_eq!(a.validation.len(), 4);
        }
        assert_eq!(held.values(), streamed.values());
        for part in parts {
            let (a, b) = (held.measure(part).unwrap(), streamed.measure(part).unwrap());
            assert!(a.iter().zip(&b).all(|(a, b)| near(*a, *b)), "{a:?} {b:?}");
        }
        let prediction = wrt::Prediction::new(&Model::parse(&text).unwrap(), None).unwrap();
        let counts = held.confusion(&prediction, Part::Test).unwrap();
        assert!(counts.is_some());
        assert_eq!(counts, streamed.confusion(&prediction, Part::Test).unwrap());
        assert!(streamed.predict(&prediction, Part::Test).is_err());
    }
}

/// Constants that hang on data, means of what is missing, and metrics take as many passes as they need.
#[test]
fn what_is_of_all_rows_takes_passes() {
    let text = "data X[m, n], y[m]\nconst span = max(y) - min(y) + sqrt(mean((y - mean(y))^2)), above = span + 1
z = dense(standardize(X), 1)[:, 0]\ncost = mean((z - y)^2)/span + 0*above\nmetric mse, rmse, mae, r2
train sgd(rate = 0.05), batch = 10, validation = 0.2, split = last, shuffle = 0, epochs = 3, missing = mean";
    let [mut held, mut streamed] = both(&format!("{text}, shuffle_buffer = 50"), &table(409, true));
    let names: Vec<String> = held.values().names().map(String::from).collect();
    assert!(
        ["span", "above", "X_mean", "X_std", "X.mean"].iter().all(|n| names.contains(&(*n).to_string())),
        "{names:?}"
    );
    for _ in 0..3 {
        for name in &names {
            let (a, b) = (held.values().get(name).unwrap(), streamed.values().get(name).unwrap());
            assert!(a.len() == b.len() && a.iter().zip(b).all(|(a, b)| near(*a, *b)), "{name}: {a:?} {b:?}");
        }
        let (a, b) = (held.epoch().unwrap(), streamed.epoch().unwrap());
        assert_eq!(a.validation.len(), 5);
        assert!(a.validation.iter().zip(&b.validation).all(|(a, b)| near(*a, *b)), "{a:?} {b:?}");
    }
}

/// The cost of classes takes the probability of the right one in each row, and a word its line of a table.
#[test]
fn picking_is_of_rows() {
    let text = "data X[m, n], y[m] in 0..2\nparam T[2, 2] = normal(0, 1)
z = dense(X, 2) + gather(T, y)*0.1\ncost = mean(crossentropy(y, softmax(z)))\nmetric accuracy
train sgd(rate = 0.1), batch = 10, validation = 0.3, split = last, shuffle = 0, epochs = 2, shuffle_buffer = 50";
    let [mut held, mut streamed] = both(text, &table(309, false));
    for _ in 0..2 {
        let (a, b) = (held.epoch().unwrap(), streamed.epoch().unwrap());
        assert!(a.validation.iter().zip(&b.validation).all(|(a, b)| near(*a, *b)), "{a:?} {b:?}");
    }
    assert_eq!(held.values(), streamed.values());
}

const SHUFFLED: &str = "data X[m, n], y[m] in 0..2\nz = dense(dense(standardize(X), 6, tanh), 1)[:, 0]
cost = mean(binary_crossentropy(y, sigmoid(z)))\nmetric accuracy
train adam(rate = 0.01), batch = 8, validation = 0.2, test = 0.1, epochs = 8, seed = 5";

#[test]
fn a_small_buffer_trains_about_as_well() {
    let rows = table(800, false);
    let [mut held, mut streamed] = both(&format!("{SHUFFLED}, shuffle_buffer = 100"), &rows);
    let [_, mut same] = both(&format!("{SHUFFLED}, shuffle_buffer = 100"), &rows);
    let before = held.measure(Part::Train).unwrap()[0];
    while !held.is_finished() {
        held.epoch().unwrap();
        // However an epoch is cut.
        while same.run_batches(3).unwrap().is_none() {}
        streamed.epoch().unwrap();
    }
    assert_eq!(same.values(), streamed.values());
    let (a, b) = (held.measure(Part::Train).unwrap(), streamed.measure(Part::Train).unwrap());
    assert!(a[0] < 0.5 * before && (a[0] - b[0]).abs() < 0.1 * a[0], "{before} {a:?} {b:?}");
    // Each row is of one part, about as many as are asked for.
    let parts = [Part::Train, Part::Validation, Part::Test].map(|p| streamed.rows(p));
    assert_eq!(parts.iter().sum::<usize>(), 800);
    assert!((120..200).contains(&parts[1]) && (50..110).contains(&parts[2]), "{parts:?}");
}

#[test]
fn a_stream_goes_on_where_it_was() {
    let text = format!("{SHUFFLED}, shuffle_buffer = 100, best = 1");
    let [_, mut whole] = both(&text, &table(800, false));
    while !whole.is_finished() {
        whole.epoch().unwrap();
    }
    for batches in [0, 1, 12, 13, 40, 60] {
        let [_, mut first] = both(&text, &table(800, false));
        first.epoch().unwrap();
        while first.progress().batches < batches {
            first.run_batches(batches - first.progress().batches).unwrap();
        }
        let [_, mut second] = both(&text, &table(800, false));
        let names: Vec<String> = first.values().names().map(String::from).collect();
        for name in &names {
            second.set(name, first.values().get(name).unwrap()).unwrap();
        }
        second.resume(first.progress().clone());
        while !second.is_finished() {
            second.epoch().unwrap();
        }
        assert_eq!(whole.values(), second.values(), "{batches}");
    }
}

#[test]
fn what_can_not_be_streamed_says_why() {
    let with = |metric: &str, train: &str| {
        format!(
            "data X[m, n], y[m] in 0..2\nz = dense(X, 1)[:, 0]\ncost = mean(binary_crossentropy(y, sigmoid(z)))\nmetric {metric}
train {train}, shuffle_buffer = 50"
        )
    };
    let auc = refused(&with("auc", "sgd()"));
    assert!(auc.starts_with("the metric `auc` is of all rows at once") && auc.contains("stream = false"), "{auc}");
    let all = refused(&with("accuracy", "gradient_descent()"));
    assert!(all.starts_with("a batch is all rows, 50 are held at once"), "{all}");
    let norms = refused(&with("accuracy", "sgd(), gradients = 1"));
    assert!(norms.starts_with("the norms of gradients are of all rows at once"), "{norms}");
    let text = "data X[m, n], y[m]\nconst c = logsumexp(y)\nz = dense(X, 1)[:, 0]\ncost = mean((z - y)^2) + 0*c";
    let constant = refused(&format!("{text}\ntrain sgd(), shuffle_buffer = 64"));
    assert!(constant.starts_with("`c` is of all rows at once"), "{constant}");
    let cost = "data X[m, n], y[m]\nz = dense(X, 1)[:, 0]\ncost = max((z - y)^2)*logsumexp(z)";
    let cost = refused(&format!("{cost}\ntrain sgd(), shuffle_buffer = 64"));
    assert!(cost.starts_with("the cost is of all rows at once"), "{cost}");
}

#[test]
fn rows_that_change_are_an_error() {
    let model = Model::parse(&format!("{PLAIN}, shuffle_buffer = 64")).unwrap();
    let options = TrainingOptions::of(&model).unwrap();
    let source = Table { shrinks: true, ..table(500, false) };
    let changed = match wrt::stream(&model, Box::new(source), &options, &[("n", 3)]) {
        Ok(mut trainer) => (0..4).find_map(|_| trainer.epoch().err()),
        Err(e) => Some(e),
    };
    let changed = changed.unwrap();
    assert!(changed.message().ends_with("the rows have changed"), "{changed}");
}

/// A derivative by hand that is right on the rows and wrong at the points that the judge draws tells which of them decided.
#[test]
fn gradients_are_held_against_nudges_on_rows_of_the_stream() {
    let by_hand = |beyond: usize| {
        format!(
            "square(u) = u^2\nderivative square(u) = where(u > {beyond}, 2*u, 3*u)
data x[m], y[m]; param a = 1; cost = mean(square(a*x) - y)
train adam(rate = 0.1), batch = 4, validation = 0.2, shuffle_buffer = 8, epochs = 1"
        )
    };
    let numbers: Vec<f64> = (0..100).map(|k| 10.0 + f64::from(k % 7)).collect();
    let rows = Table { data: vec![numbers.clone(), numbers], widths: vec![1, 1], rows: 100, ..table(0, false) };
    for (beyond, is_right) in [(5, true), (30, false)] {
        let text = by_hand(beyond);
        let model = Model::parse(&text).unwrap();
        assert!(!model.check().unwrap());
        for trainer in both(&text, &rows) {
            assert_eq!(check_gradient(&trainer, &model).unwrap(), is_right);
        }
    }
}

#[test]
fn of_no_rows_nothing_is_handed_over() {
    let text = "data x[m], y[m]; param a = 2; p = a*x; cost = mean((p - y)^2); train sgd(rate = 0.1), batch = 4";
    let numbers: Vec<f64> = (0..20).map(f64::from).collect();
    let rows = Table { data: vec![numbers.clone(), numbers], widths: vec![1, 1], rows: 20, ..table(0, false) };
    let prediction = Prediction::new(&Model::parse(text).unwrap(), None).unwrap();
    for mut trainer in both(text, &rows) {
        for part in [Part::Train, Part::Test] {
            let mut pieces = Vec::new();
            each_prediction(&mut trainer, &prediction, part, &mut |found, rows| {
                pieces.push((found.len(), rows));
                true
            })
            .unwrap();
            assert!(pieces.iter().all(|(found, rows)| *rows > 0 && found == rows), "{part:?}: {pieces:?}");
            assert_eq!(pieces.iter().map(|(_, rows)| rows).sum::<usize>(), trainer.rows(part));
        }
    }
}

/// What is of several rows only for some values is refused, too, though the first rows that come have none of these: the largest
/// of all, where one row of each piece is large; and so is what knows how many rows there are. What stays within its row is not.
#[test]
fn predictions_that_join_rows_at_times_are_refused() {
    let predicted = |q: &str| {
        let text = format!(
            "data X[m, n], y[m]; param w = 1; s = w*X[:, 0] + X[:, 2]; q = {q}; p = w*X[:, 1]; cost = mean((p - y)^2); \
             train sgd, epochs = 1, shuffle_buffer = 50"
        );
        let [_, mut streamed] = both(&text, &table(500, false));
        let prediction = Prediction::new(&Model::parse(&text).unwrap(), Some("q")).unwrap();
        each_prediction(&mut streamed, &prediction, Part::Train, &mut |_, _| true)
    };
    for q in [
        "where(s > 3.5, max(s), s)",
        "where(s > 3.5, cumsum(s), s)",
        "where(s > 3.5, softmax(s), s)",
        "where(s > 3.5, s*m, s)",
        "s - mean(s)",
        "where(s > 3.5, solve(s[:, None]*s + eye(m), s), s)",
        "where(s > 3.5, solve(s[:, None]*s + eye(m), X)[:, 0], s)",
    ] {
        let error = predicted(q).unwrap_err();
        assert!(error.to_string().contains("`q` is for a row hangs on other rows"), "{q}: {error}");
    }
    for q in [
        "where(s > 1, s, 2*s)",
        "softmax(X)[:, 0]",
        "sum(sort(X)*cumsum(X), axis=1)",
        "s[:, None]*X",
        "solve(3*eye(n) + 1, X')'",
        "solve(3*eye(n) + 1, X')'[:, 1]",
    ] {
        predicted(q).unwrap_or_else(|e| panic!("{q}: {e}"));
    }
}

/// An operation that works along several axes may join rows where they are not the last one.
#[test]
fn operations_along_rows_are_not_of_single_rows() {
    let refused = |joined: &str| {
        let train = "train sgd(rate = 0.1), epochs = 2, batch = 10, shuffle_buffer = 50";
        refused(&format!("data X[m, n], y[m]\nparam b = 0\ncost = mean((sum({joined}, axis=1)*b - y)^2)\n{train}\n"))
    };
    for joined in
        ["conv1d(X[:, :2], ones(3, 2, 1), padding=same)", "qr_q(X)", "tril(X)", "X[::-1]", "cumsum(X, axis=0)"]
    {
        let error = refused(joined);
        assert!(error.starts_with("the cost is of all rows at once"), "{joined}: {error}");
    }
}

//! Plans as texts: what is written is read back and computes the same bits, and whatever else a text says is an error, never a
//! panic.

use wrt::{EngineReal, Model, PlanText, Program, Step, compile, compiled};

/// Sizes for all names of dimensions.
const SIZES: [(&str, usize); 14] = [
    ("m", 7),
    ("n", 5),
    ("k", 3),
    ("K", 3),
    ("d", 4),
    ("T", 6),
    ("p", 4),
    ("q", 3),
    ("c", 3),
    ("h", 8),
    ("w", 8),
    ("s", 4),
    ("l", 3),
    ("r", 2),
];

fn inputs<T: EngineReal>(program: &Program<T>, model: &Model) -> Option<Vec<Vec<T>>> {
    program.made_up(model, 3, &SIZES).ok()
}

/// Writes the plan, reads it, and holds its run against the program's, bit by bit; the text.
fn round<T: EngineReal>(what: &str, program: &Program<T>, inputs: &[Vec<T>]) -> String {
    let lent: Vec<&[T]> = inputs.iter().map(Vec::as_slice).collect();
    let text = program.plan_text(&lent).unwrap();
    let read = PlanText::read(&text).unwrap_or_else(|e| panic!("{what}: {e}\n{text}"));
    let again = PlanText::read(&read.text()).unwrap_or_else(|e| panic!("{what}: {e}\n{}", read.text()));
    assert_eq!(again.text(), read.text(), "{what}");
    let mut wanted = program.room(&lent);
    let mut room: Vec<&mut [T]> = wanted.iter_mut().map(Vec::as_mut_slice).collect();
    program.run(&mut program.workspace(), &lent, &mut room).unwrap();
    let names: Vec<&str> = program.inputs().iter().map(|i| i.name.as_str()).collect();
    let values: Vec<(&str, Vec<T>)> = names.into_iter().zip(inputs.iter().cloned()).collect();
    let found = read.run::<T>(&values).unwrap_or_else(|e| panic!("{what}: {e}\n{text}"));
    let bits = |all: &[Vec<T>]| all.iter().flatten().map(|x| x.to_f64().to_bits()).collect::<Vec<u64>>();
    let same = bits(&found)
        .into_iter()
        .zip(bits(&wanted))
        .all(|(a, b)| a == b || (f64::from_bits(a).is_nan() && f64::from_bits(b).is_nan()));
    assert!(same && found.len() == wanted.len(), "{what}: {found:?}, not {wanted:?}\n{text}");
    text
}

pub fn examples() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for folder in ["examples", "examples/bench"] {
        let path = format!("{}/../../{folder}", env!("CARGO_MANIFEST_DIR"));
        for entry in std::fs::read_dir(path).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|e| e == "wrt") {
                found.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// Every example that has a size for its names: cost and gradient in both precisions, and a step of training.
#[test]
fn examples_go_round() {
    let (mut runs, mut steps) = (0, 0);
    for (name, text) in examples() {
        let Ok(model) = Model::parse(&text) else { continue };
        if let Ok(program) = compiled::value_and_gradient_by::<f64>(&model, &[]) {
            let program = program.with_sizes(&SIZES);
            if let Some(inputs) = inputs(&program, &model) {
                round(&name, &program, &inputs);
                runs += 1;
            }
        }
        if let Ok(program) = compile::<f32>(&[model.cost()]) {
            let program = program.with_sizes(&SIZES);
            if let Some(inputs) = inputs(&program, &model) {
                round(&name, &program, &inputs);
            }
        }
        let Ok(step) = Step::<f32>::new(&model) else { continue };
        let Ok(carried) = step.start(1, &SIZES) else { continue };
        let Ok(text) = step.plan_text(&carried, 4) else { continue };
        let read = PlanText::read(&text).unwrap_or_else(|e| panic!("{name}: {e}\n{text}"));
        let again = PlanText::read(&read.text()).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(again.text(), read.text(), "{name}");
        steps += 1;
    }
    assert!(runs > 12 && steps > 4, "{runs} runs, {steps} steps");
}

/// A generator of numbers, the same each time.
struct Draws(u64);

impl Draws {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }

    fn one<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }
}

/// A formula of a 5 × 5 matrix, of a depth.
fn matrix(draws: &mut Draws, depth: usize) -> String {
    if depth == 0 {
        return draws.one(&["A", "B", "A'", "outer(x, y)", "B[::-1, :]", "A*2/3", "diag(x)"]).to_string();
    }
    let mut inner = || matrix(draws, depth - 1);
    let (a, b) = (inner(), inner());
    match draws.below(8) {
        0 => format!("({a}) @ ({b})"),
        1 => format!("({a})*({b})"),
        2 => format!("({a}) + ({b})/7"),
        3 => format!("{}({a})", draws.one(&["tanh", "sigmoid", "exp", "relu", "sin", "softplus", "abs"])),
        4 => format!("where(({a}) > 0, {b}, 0.25)"),
        5 => format!("softmax({a})"),
        6 => format!("({a}) - sum({b}, axis=1)[:, None]"),
        _ => format!("{}({a})", draws.one(&["cumsum", "sort", "logcumsumexp", "tril"])),
    }
}

fn small() -> Vec<(String, Model)> {
    let mut draws = Draws(11);
    let mut found = Vec::new();
    for k in 0..60 {
        let f = matrix(&mut draws, 1 + k % 3);
        let total = draws.one(&["sum", "mean", "amax", "norm2"]).replace("norm2", "normF").replace("amax", "max");
        let text = format!("data B[5, 5], y[5]; param A[5, 5], x[5]; cost = {total}({f}) + sum(x*y)*A[0, 1]");
        if let Ok(model) = Model::parse(&text) {
            found.push((text, model));
        }
    }
    found
}

#[test]
fn formulas_go_round() {
    let mut rounds = 0;
    for (text, model) in small() {
        for names in [&["A"][..], &["x"]] {
            let Ok(program) = compiled::value_and_gradient_by::<f64>(&model, names) else { continue };
            let Some(inputs) = inputs(&program, &model) else { continue };
            round(&text, &program, &inputs);
            rounds += 1;
        }
        if let Ok(program) = compiled::hessian::<f32>(&model, &["x"])
            && let Some(inputs) = inputs(&program, &model)
        {
            round(&text, &program, &inputs);
        }
    }
    assert!(rounds > 60, "{rounds}");
}

/// Arrays that are replaced where they are read elsewhere, names that mean something else in formulas, and large arrays, which
/// are gone over in stages.
#[test]
fn what_is_special_goes_round() {
    let texts = [
        "param i = 2, e = 3, pi_ = 4, r0 = 5, k = 6; cost = i*e + pi_/r0 - k^2",
        "param x[70000, 5] = normal(0, 1); data y[70000]; cost = sum((sum(x*3, axis=1) - y)^2)",
        "data X[70000, 6], y[70000]; param w[6] = 0.1; cost = mean(softplus(X @ w) - y*(X @ w))",
        "param x[9] = normal(0, 1); cost = sum(100*(x[1:] - x[:-1]^2)^2 + (1 - x[:-1])^2)",
        "data X[6, 3]; param U[4, 4] = 0.1, W[3, 4] = 0.2; h[-1] = zeros(4); h[t] = tanh(X[t] @ W + h[t-1] @ U); cost = sum(h^2)",
        "data A[4, 4], b[4]; param x[4] = 1; S = A @ A' + eye(4); cost = sum(solve(S, b)*x) + logdet(S)",
        "data X[2, 6, 6, 1], y[2] in 0..3; h = conv2d(X, 2, 3, relu); p = max_pool(h, 2); z = dense(flatten(p), 3); cost = mean(crossentropy(y, softmax(z)))",
        "data t[8] in 0..5; param E[5, 3] = normal(0, 1); cost = sum(E[t]^2)",
    ];
    for text in texts {
        let model = Model::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
        let program = compiled::value_and_gradient_by::<f64>(&model, &[]).unwrap_or_else(|e| panic!("{text}: {e}"));
        let given = inputs(&program, &model).unwrap_or_else(|| panic!("{text}"));
        let written = round(text, &program, &given);
        assert!(!text.contains("70000") || written.contains("stage   70000 rows"), "{written}");
        if let Ok(step) = Step::<f64>::new(&model) {
            let carried = step.start(1, &SIZES).unwrap();
            let text = step.plan_text(&carried, 2).unwrap();
            let read = PlanText::read(&text).unwrap_or_else(|e| panic!("{e}\n{text}"));
            assert_eq!(PlanText::read(&read.text()).unwrap_or_else(|e| panic!("{e}")).text(), read.text());
        }
    }
}

/// Texts that were changed are errors, or plans that run: a digit, a word, a line that is missing, doubled or elsewhere.
#[test]
fn changed_texts_do_no_harm() {
    let mut texts: Vec<String> = Vec::new();
    for (_, model) in small().into_iter().step_by(6) {
        let program = compiled::value_and_gradient_by::<f64>(&model, &["A"]).unwrap();
        let Some(inputs) = inputs(&program, &model) else { continue };
        texts.push(program.plan_text(&inputs.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap());
    }
    for text in [
        "data X[6, 3]; param U[4, 4] = 0.1, W[3, 4] = 0.2; h[-1] = zeros(4); h[t] = tanh(X[t] @ W + h[t-1] @ U); cost = sum(h^2)",
        "data t[8] in 0..5; param E[5, 3] = normal(0, 1); cost = sum(cumsum(E[t])^2)",
        "param x[9] = normal(0, 1); cost = sum(100*(x[1:] - x[:-1]^2)^2 + (1 - x[:-1])^2)",
    ] {
        let model = Model::parse(text).unwrap();
        let program = compiled::value_and_gradient_by::<f64>(&model, &[]).unwrap();
        let given = inputs(&program, &model).unwrap();
        texts.push(program.plan_text(&given.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap());
    }
    // In less memory than it takes to hold everything.
    let text = "data X[5, 3]; param W[3, 3] = 0.2; a = tanh(X @ W); b = tanh(a @ W); c = tanh(b @ W); d = tanh(c @ W); cost = sum(d @ W)";
    let program = compiled::value_and_gradient_by::<f64>(&Model::parse(text).unwrap(), &[]).unwrap();
    let program = program.clone().within(program.needs(&SIZES, 1).unwrap().total() - 1);
    texts.push(program.plan_text(&[&[0.5; 15], &[0.25; 9]]).unwrap());
    assert!(texts.last().unwrap().starts_with("plan 4"), "{texts:?}");
    let mut draws = Draws(5);
    let (mut refused, mut ran) = (0, 0);
    for text in &texts {
        for round in 0..400 {
            let mut own = changed(text, &mut draws);
            for _ in 0..round % 3 {
                own = changed(&own, &mut draws);
            }
            let Ok(plan) = PlanText::read(&own) else {
                refused += 1;
                continue;
            };
            let again = PlanText::read(&plan.text()).unwrap_or_else(|e| panic!("{e}\n{own}"));
            assert_eq!(again.text(), plan.text(), "{own}");
            if plan.needs::<f64>().is_ok_and(|n| n.total() < 1 << 24) && plan.operations() < 1 << 24 {
                let value = |(name, shape): (String, Vec<usize>)| (name, vec![1.0; shape.iter().product()]);
                let values: Vec<(String, Vec<f64>)> = plan.inputs().into_iter().map(value).collect();
                let values: Vec<(&str, Vec<f64>)> = values.iter().map(|(n, v)| (n.as_str(), v.clone())).collect();
                // Labels may be none.
                _ = plan.run::<f64>(&values);
                ran += 1;
            }
        }
    }
    assert!(refused > 1000 && ran > 20, "{refused} refused, {ran} ran");
    for (wrong, said) in [
        ("", "expected `plan 3`"),
        ("plan 1\n", "version 3"),
        ("plan 3\nreads   x[9999999999]\ngives   x[3]\n", "x"),
        ("plan 3\nreads   x[3]\ngives   y[3]\nbetween 0 arrays in room for 0 numbers\n", "`y` is never written"),
        (
            "plan 3\nreads   x\ngives   y\nbetween 0 arrays in room for 0 numbers\nloop    once: y = x + z\n",
            "no array `z`",
        ),
        ("plan 3\nreads   x\ngives   y\nbetween 0 arrays in room for 0 numbers\nleap    y\n", "line 5"),
    ] {
        let error = PlanText::read(wrong).unwrap_err().to_string();
        assert!(error.contains(said), "{wrong}: {error}");
    }
    for (open, close) in [("exp(", ")"), ("(", ")"), ("(-", ")"), ("{", "}")] {
        let deep = format!("loop    once: y = {}x{}", open.repeat(100_000), close.repeat(100_000));
        let deep = format!("plan 3\nreads   x\ngives   y\nbetween 0 arrays in room for 0 numbers\n{deep}\n");
        assert!(PlanText::read(&deep).unwrap_err().to_string().contains("nested too deeply"), "{open}");
    }
}

fn changed(text: &str, draws: &mut Draws) -> String {
    let mut lines: Vec<String> = text.lines().map(String::from).collect();
    if lines.is_empty() {
        return String::new();
    }
    let (at, other) = (draws.below(lines.len()), draws.below(lines.len()));
    match draws.below(7) {
        0 => _ = lines.remove(at),
        1 => lines.insert(at, lines[other].clone()),
        2 => lines.swap(at, other),
        3 => lines.truncate(at + 1),
        _ => {
            let line = &mut lines[at];
            let digits: Vec<usize> =
                line.char_indices().filter(|(_, c)| c.is_ascii_alphanumeric()).map(|(k, _)| k).collect();
            if let Some(k) = (!digits.is_empty()).then(|| digits[draws.below(digits.len())]) {
                let new = draws
                    .one(&["0", "1", "2", "3", "5", "7", "9", "25", "i", "j", "k", "x", "99999", "+", "*", "'", ""]);
                line.replace_range(k..=k, new);
            }
        }
    }
    lines.join("\n")
}

/// What is nested without end is refused where it begins, and not read down to its end.
#[test]
fn stages_within_stages_are_refused() {
    let mut text = String::from("plan 3\nreads x[3]\ngives x[3]\nbetween 0 arrays in room for 0 numbers\n");
    for depth in 0..4000 {
        text.push_str(&" ".repeat(2 * depth));
        text.push_str("stage 3 rows, 1 at a time:\n");
    }
    let error = PlanText::read(&text).unwrap_err();
    assert!(error.to_string().contains("line 6") && error.to_string().contains("a stage is made of"), "{error}");
}

/// A model in other words is laid out alike: its large loops go over the same axes in the same order.
#[test]
fn other_words_are_laid_out_alike() {
    let loops = |name: &str| {
        let path = format!("{}/../../examples/bench/{name}.wrt", env!("CARGO_MANIFEST_DIR"));
        let model = Model::parse(&std::fs::read_to_string(path).unwrap()).unwrap();
        let sizes = [("n", 1000), ("d", 10), ("K", 25)];
        let program = compiled::value_and_gradient_by::<f64>(&model, &[]).unwrap().with_sizes(&sizes);
        let inputs = program.made_up(&model, 3, &sizes).unwrap();
        let lent: Vec<&[f64]> = inputs.iter().map(Vec::as_slice).collect();
        let text = program.plan_text(&lent).unwrap();
        let heads = text.lines().filter(|l| l.trim_start().starts_with("loop") && l.contains("1000"));
        let axes = |l: &str| l.trim_start().split(": ").next().unwrap_or_default().trim_end_matches(':').to_string();
        let mut found: Vec<String> = heads.map(axes).collect();
        found.sort();
        found
    };
    let (first, second) = (loops("h-gmm"), loops("second/h-gmm"));
    assert!(first.iter().filter(|l| l.contains("k < 1000")).count() >= 4, "{first:?}");
    assert_eq!(first, second);
}

/// A number that lies over what its loop keeps is written after all of it, as the steps say.
#[test]
fn a_sum_may_lie_over_what_its_loop_keeps() {
    let text = "plan 3\nreads   x[4]\ngives   y[4]\n\
        between 3 arrays in room for 32 numbers: b: 4 at 0, c: 4 at 16, t: 1 at 16\n\
        loop    i < 4: \n          b[i] = exp(x[i])\n          c[i] = x[i]*x[i]\n\
        fold    t = sum over i < 4 of b[i]\n\
        loop    i < 4: y[i] = c[i] + t\n";
    let x = vec![1.0f64, 2.0, 3.0, 4.0];
    let t: f64 = x.iter().map(|x| x.exp()).sum();
    let found = PlanText::read(text).unwrap().run::<f64>(&[("x", x)]).unwrap();
    let wanted = [t + t, 4.0 + t, 9.0 + t, 16.0 + t];
    assert!(found[0].iter().zip(wanted).all(|(y, w)| (y - w).abs() < 1e-9), "{found:?}");
}

/// What a stage can't do by rows is refused when it is read.
#[test]
fn stages_whose_rows_are_none_are_refused() {
    let one = "plan 3\nreads   x[1, 4]\ngives   y[1]\nbetween 1 arrays in room for 16 numbers: u: 4 at 0\n\
        stage   1 rows, 1 at a time:\n  loop    i < 1, j < 4: u[i,j] = exp(x[i,j])\n  loop    i < 1: y[i] = u[4*i + 2]\n";
    let kept = "plan 3\nreads   x[2, 4]\ngives   y[2, 8], u[2, 4]\nbetween 0 arrays in room for 0 numbers\n\
        stage   2 rows, 1 at a time:\n  loop    i < 2, j < 4: u[i,j] = exp(x[i,j])\n\
        \x20 put     y[2, 8] along j = 4 of u[i,j] at 0; 4 of u[i,j] at 4\n";
    let half = "plan 3\nreads   x[6, 4], B[4, 3]\ngives   p[6, 3], q[6, 3]\nbetween 0 arrays in room for 0 numbers\n\
        stage   6 rows, 2 at a time:\n  product p = x @ B: 6 × 4 by 4 × 2, 96 operations\n\
        \x20 loop    i < 6, j < 3: q[i,j] = exp(p[i,j])\n";
    for text in [one, kept, half] {
        let error = PlanText::read(text).unwrap_err().to_string();
        assert!(error.contains("can't be done by rows"), "{error}");
    }
}

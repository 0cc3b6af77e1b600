//! Compiled programs against the reference: the models of the examples, at each level of instructions, in both
//! precisions; and training, step by step.

use std::path::{Path, PathBuf};

use wrt::session::{Array, DerivativeKind, Id, Number, Numbers, Point, Scope, Session};
use wrt::{EngineReal, Level, Model, Program, Step, compiled, value_and_gradient};

fn examples() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in ["../../examples", "../../examples/bench"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        found.extend(files.filter(|path| path.extension().is_some_and(|e| e == "wrt")));
    }
    found.sort();
    found
}

/// The cost and its gradient at a point, as close as doubles are.
struct Wanted {
    point: Point,
    names: Vec<(String, Id)>,
    values: Vec<Array<f64>>,
}

fn wanted(text: &str) -> Wanted {
    let mut session = Session::parse(text, &Scope::default()).unwrap();
    let variables: Vec<Id> =
        session.document().default_variables().iter().map(|n| session.variable(n).unwrap()).collect();
    let gradient = session.derive(DerivativeKind::Gradient, &variables, &[]).unwrap().ids();
    let sizes = vec![("m".into(), 7), ("n".into(), 5), ("T".into(), 6), ("K".into(), 4), ("k".into(), 3)];
    let point = session.document().random_point(&Point { values: Vec::new(), sizes }).unwrap();
    let roots = [&[session.document().root()], &gradient[..]].concat();
    let values = session.doubles(&roots, &point).unwrap();
    let names = point.values.iter().map(|(id, _)| (session.graph().symbol_name(*id).to_string(), *id)).collect();
    Wanted { names, point, values }
}

fn entries<T: EngineReal>(wanted: &Wanted, program: &Program<T>) -> Vec<Vec<T>> {
    let value = |name: &str| {
        let (_, id) = wanted.names.iter().find(|(n, _)| n == name).unwrap();
        wanted.point.get(*id).unwrap().data.iter().map(|n: &Number| T::from_f64(n.to_f64())).collect()
    };
    program.inputs().iter().map(|input| value(&input.name)).collect()
}

/// The values of all roots, twice the same bits.
fn computed<T: EngineReal>(program: &Program<T>, inputs: &[Vec<T>]) -> Vec<Vec<T>> {
    let inputs: Vec<&[T]> = inputs.iter().map(Vec::as_slice).collect();
    let mut workspace = program.workspace();
    let mut run = || {
        let mut outputs = program.room(&inputs);
        let mut lent: Vec<&mut [T]> = outputs.iter_mut().map(Vec::as_mut_slice).collect();
        program.run(&mut workspace, &inputs, &mut lent).unwrap();
        outputs
    };
    let (first, second) = (run(), run());
    let bits = |all: &[Vec<T>]| all.iter().flatten().map(|x| x.to_f64().to_bits()).collect::<Vec<u64>>();
    assert_eq!(bits(&first), bits(&second), "not the same bits twice");
    first
}

fn hold<T: EngineReal>(wanted: &Wanted, program: Program<T>, tolerance: f64, what: &str) {
    let inputs = entries(wanted, &program);
    for level in Level::available() {
        let found = computed(&program.clone().at_level(level), &inputs);
        for (k, (wanted, found)) in wanted.values.iter().zip(&found).enumerate() {
            assert_eq!(wanted.data.len(), found.len());
            let scale = wanted.data.iter().fold(1.0_f64, |m, x| m.max(x.abs()));
            for (w, f) in wanted.data.iter().zip(found) {
                let off = (w - f.to_f64()).abs() / scale;
                assert!(off <= tolerance, "{what}, root {k}, {} at {}: {f:?}, not {w}", T::NAME, level.name());
            }
        }
    }
}

/// Windows of a height and a width are those of one after those of the other.
#[test]
fn windows_of_pooling_have_two_sizes() {
    let text = "data X[m, 5, 7, 2]; param w = 1; p = max_pool(w*X, [2, 3]); q = max_pool(max_pool(w*X, [2, 1]), [1, 3])
        a = avg_pool(w*X, [2, 3]); b = avg_pool(avg_pool(w*X, [2, 1]), [1, 3])
        cost = sum((p - q)^2) + sum((a - b)^2) + 0*w; w := w";
    let step = wrt::Step::<f64>::new(&Model::parse(text).unwrap()).unwrap();
    let mut carried = step.start(0, &[("m", 3)]).unwrap();
    let x: Vec<f64> = (0..210).map(|k| f64::from(k * 37 % 101)).collect();
    let mut costs = [1.0];
    step.run(&mut step.workspace(), &mut carried, &[&x], 3, &mut costs).unwrap();
    assert!(costs[0] < 1e-20, "{costs:?}");
}

/// What is taken apart and put together while others walk it with other axes first: an axis in groups, windows along two
/// axes.
const AXES_APART: [&str; 11] = [
    "data X[m, 6, 7, 4]; h = group_norm(X, 2); cost = mean(h^2)",
    "data X[m, 6, 7, 2]; c = conv2d(X, 4, 3); h = group_norm(c, 2); cost = mean(mean(h^2, axis=[1, 2])^2)",
    "data X[m, 7, 9, 3]; param w[3]; cost = sum(max_pool(w*X, 3, stride=2)^2)",
    "data X[m, 7, 9, 3]; param w[3]; cost = sum(avg_pool(w*X, 2, stride=3)^2)",
    "data X[m, 7, 9, 2]; c = conv2d(X, 4, 3); h = max_pool(c, 2, stride=3); cost = mean(h^2)",
    "data X[m, 7, 9, 3]; param w[3]; cost = sum(max_pool(w*X, 3, stride=[2, 1], padding=same)^2)",
    "data X[m, 7, 9, 3]; param w[3]; cost = sum(avg_pool(w*X, 4, padding=same)^2)",
    "data X[m, 7, 9, 3]; param w[3]; cost = sum(max_pool(w*X, [2, 3])^2)",
    "data X[m, 7, 9, 3]; param w[3]; cost = sum(avg_pool(w*X, [3, 2], padding=same)^2)",
    "data X[m, 7, 9, 2]; c = conv2d(X, 4, 3, stride=[1, 3], padding=same); cost = mean(c^2)",
    "data X[m, 6]; param w[6], v[3]; z = reshape(w*X, m, 2, 3); cost = sum(sum(z^2, axis=1)*v) + sum(sin(z*v))",
];

#[test]
fn axes_taken_apart_have_the_values_and_gradients_of_the_reference() {
    let all: Vec<(String, String)> = AXES_APART.iter().map(|text| (text.to_string(), text.to_string())).collect();
    as_the_reference(&all);
}

/// Numbers have no memory: what sums them, takes the largest, multiplies or cuts windows reads a copy.
const OF_NUMBERS: [&str; 8] = [
    "param s = 2; cost = s*norm2(ones(3))^2",
    "param s = 2; cost = s*max(ones(4, 3)) + s*logsumexp(ones(3))",
    "param s = 2, x[n]; cost = s*sum[i,j](ones(n, 4)[i,j]*x[i])",
    "param s = 2, A[n, 3]; cost = sum(sigmoid(s*A[0])*min(ones(3, 5)^2, axis=1))",
    "param s = 2; cost = s*sum(ones(2, 3) @ ones(3, 4)) + s*sum(diag(ones(5)))",
    "param s = 2; cost = s*sum(conv2d(ones(1, 5, 5, 2), ones(3, 3, 2, 4)))",
    "param s = 2; cost = s*sum(max_pool(ones(1, 6, 6, 2), 2)) + s*sum(avg_pool(ones(1, 7, 7, 2), 3)^2)",
    "param s = 2; cost = s*sum(sort(ones(3))) + s*sum(cumsum(ones(3))) + s*det(2*ones(1, 1)) + s*argmax(ones(3))",
];

#[test]
fn what_is_computed_of_numbers_has_the_values_of_the_reference() {
    let all: Vec<(String, String)> = OF_NUMBERS.iter().map(|text| (text.to_string(), text.to_string())).collect();
    as_the_reference(&all);
}

#[test]
fn examples_have_the_values_and_gradients_of_the_reference() {
    let read = |path: PathBuf| {
        (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(&path).unwrap())
    };
    as_the_reference(&examples().into_iter().map(read).collect::<Vec<_>>());
}

/// Holds models, by name and text, against the reference.
fn as_the_reference(models: &[(String, String)]) {
    for (name, text) in models {
        let model = Model::parse(text).unwrap();
        let program = value_and_gradient::<f64>(&model).unwrap_or_else(|e| panic!("{name}: {e}"));
        let wanted = wanted(text);
        let sizes: Vec<(&str, usize)> = wanted.point.sizes.iter().map(|(n, k)| (n.as_str(), *k)).collect();
        hold(&wanted, program.with_sizes(&sizes), 1e-12, name);
        hold(&wanted, value_and_gradient::<f32>(&model).unwrap().with_sizes(&sizes), 1e-4, name);
    }
}

/// Each model of the benchmarks has a second wording with the same values.
#[test]
fn other_wordings_have_the_same_values() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/bench");
    for entry in std::fs::read_dir(folder.join("second")).unwrap() {
        let name = entry.unwrap().file_name();
        let [first, second] =
            [&folder, &folder.join("second")].map(|f| std::fs::read_to_string(f.join(&name)).unwrap());
        let wanted = wanted(&first);
        let sizes: Vec<(&str, usize)> = wanted.point.sizes.iter().map(|(n, k)| (n.as_str(), *k)).collect();
        let (first, second) = (Model::parse(&first).unwrap(), Model::parse(&second).unwrap());
        let names = first.parameters();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let program = compiled::value_and_gradient_by::<f64>(&second, &names).unwrap();
        hold(&wanted, program.with_sizes(&sizes), 1e-11, &name.to_string_lossy());
    }
}

/// Hessians as the rules give them, by the reference; a product with a direction is theirs.
#[test]
fn second_derivatives_are_those_of_the_reference() {
    let bench = |name: &str| {
        let path = format!("{}/../../examples/bench/{name}.wrt", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).unwrap()
    };
    let small = bench("e-network").replace("20", "3");
    let cases = [
        (bench("d"), "w"),
        (bench("e"), "U"),
        (small, "W"),
        (bench("f"), "x"),
        (bench("i-fit"), "p"),
        ("data A[m, n], s[m]; param x[n]; cost = sum(s*relu(A @ x)^2) + sum(outer(x, x) @ x)".into(), "x"),
        ("data A[n, n]; param X[n, n]; cost = tr(X @ A @ X') + sum(diag(X)*(A @ ones(n)))".into(), "X"),
    ];
    for (text, name) in &cases {
        let mut session = Session::parse(text, &Scope::default()).unwrap();
        let x = session.variable(name).unwrap();
        let hessian = session.derive(DerivativeKind::Hessian, &[x], &[]).unwrap().ids();
        let mut wanted = wanted(text);
        wanted.values = session.doubles(&hessian, &wanted.point).unwrap();
        let sizes: Vec<(&str, usize)> = wanted.point.sizes.iter().map(|(n, k)| (n.as_str(), *k)).collect();
        let model = Model::parse(text).unwrap();
        let program = compiled::hessian::<f64>(&model, &[name]).unwrap().with_sizes(&sizes);
        hold(&wanted, program, 1e-12, text);
        // Along the first axis of the Hessian's other half.
        let whole = &wanted.values[0].data;
        let entries_of = whole.len().isqrt();
        let direction: Vec<f64> = (0..entries_of).map(|k| 1.0 + k as f64 / 8.0).collect();
        let product = |row: &[f64]| row.iter().zip(&direction).map(|(h, v)| h * v).sum::<f64>();
        let products: Vec<f64> = whole.chunks(entries_of).map(product).collect();
        let program = compiled::hvp::<f64>(&model, &[name]).unwrap().with_sizes(&sizes);
        let values = program.inputs().iter().map(|input| match input.name.as_str() {
            "v" => direction.clone(),
            other => {
                let id = wanted.names.iter().find(|(n, _)| n == other).unwrap().1;
                wanted.point.get(id).unwrap().data.iter().map(Number::to_f64).collect()
            }
        });
        let found = computed(&program, &values.collect::<Vec<_>>()).swap_remove(0);
        let scale = products.iter().fold(1.0_f64, |m, x| m.max(x.abs()));
        assert!(
            products.iter().zip(&found).all(|(p, f)| (p - f).abs() <= 1e-12 * scale),
            "{text}: {products:?} {found:?}"
        );
    }
}

/// The smallest mixture of ADBench (`adbench/`, MIT licence), whose values are those of its authors' tools.
#[test]
fn a_mixture_of_adbench() {
    let flat: Vec<f64> = include_str!("adbench/mixture.txt").split_whitespace().map(|x| x.parse().unwrap()).collect();
    let [d, k, n] = [flat[0] as usize, flat[1] as usize, flat[2] as usize];
    let mut rest = &flat[3..];
    let mut take = |entries: usize| {
        let (own, others) = rest.split_at(entries);
        rest = others;
        own.to_vec()
    };
    let (a, mu, factors, x, prior) = (take(k), take(k * d), take(k * (d + 1)), take(n * d), take(2));
    assert_eq!(d, 2, "there is one entry below the diagonal");
    let q: Vec<f64> = factors.chunks(3).flat_map(|f| [f[0], f[1]]).collect();
    let low: Vec<f64> = factors.chunks(3).flat_map(|f| [0.0, 0.0, f[2], 0.0]).collect();
    let model = Model::parse(include_str!("../../../examples/bench/h-gmm.wrt")).unwrap();
    let program = value_and_gradient::<f64>(&model).unwrap();
    let value = |name: &str| match name {
        "a" => a.clone(),
        "mu" => mu.clone(),
        "q" => q.clone(),
        "low" => low.clone(),
        "x" => x.clone(),
        "gamma" => vec![prior[0]],
        _ => vec![prior[1]],
    };
    let inputs: Vec<Vec<f64>> = program.inputs().iter().map(|input| value(&input.name)).collect();
    let sizes = [("n", n), ("d", d), ("K", k)];
    let found = computed(&program.with_sizes(&sizes), &inputs);
    assert!((found[0][0] - 8.073804080049726).abs() < 1e-12 * 8.0, "{found:?}");
    let below = found[4].chunks(4).map(|l| l[2]);
    let factors = found[3].chunks(2).zip(below).flat_map(|(q, l)| [q[0], q[1], l]);
    let gradient: Vec<f64> = found[1].iter().chain(&found[2]).copied().chain(factors).collect();
    let first = [0.10866285550865229, -0.7412700395238985, 0.6326071840152463, 1.1169257653278692, 0.1633330135514552];
    let last = [5.418363627155952, -0.3214944096774465, 1.7189230977500496, 0.8600910907908671, -0.9946409304663226];
    let norm = gradient.iter().map(|x| x * x).sum::<f64>().sqrt();
    let pairs = gradient.iter().zip(&first).chain(gradient[gradient.len() - 5..].iter().zip(&last));
    assert!(pairs.into_iter().all(|(own, x)| (own - x).abs() < 1e-10), "{gradient:?}");
    assert!((norm - 6.689647462416592).abs() < 1e-9, "{norm}");
}

const DIGITS: &str = include_str!("../../../examples/dense.wrt");

/// Adam as it is taught, on the gradient of the reference.
struct Adam {
    session: Session,
    roots: Vec<Id>,
    symbols: Vec<Id>,
    parameters: Vec<Array<f64>>,
    moments: Vec<[Vec<f64>; 2]>,
    steps: i32,
}

impl Adam {
    fn new(text: &str, start: impl Fn(&str) -> Vec<f64>) -> Adam {
        let mut session = Session::parse(text, &Scope::default()).unwrap();
        let names = session.document().default_variables();
        let symbols: Vec<Id> = names.iter().map(|n| session.variable(n).unwrap()).collect();
        let gradient = session.derive(DerivativeKind::Gradient, &symbols, &[]).unwrap().ids();
        let shape = |id: &Id| session.graph().dims(*id).iter().map(|d| size(&session, *d)).collect();
        let parameters: Vec<Array<f64>> =
            names.iter().zip(&symbols).map(|(n, id)| Array { shape: shape(id), data: start(n) }).collect();
        let moments = parameters.iter().map(|p| [vec![0.0; p.data.len()], vec![0.0; p.data.len()]]).collect();
        let roots = [&[session.document().root()], &gradient[..]].concat();
        Adam { session, roots, symbols, parameters, moments, steps: 0 }
    }

    /// The cost before the step.
    fn step(&mut self, batch: &[(&str, Array<f64>)], rows: usize) -> f64 {
        let mut values: Vec<(Id, Array<f64>)> =
            batch.iter().map(|(n, a)| (self.session.graph().find_symbol(n).unwrap(), a.clone())).collect();
        values.extend(self.symbols.iter().copied().zip(self.parameters.iter().cloned()));
        let at = wrt_run::Point { values, sizes: vec![("m".into(), rows)] };
        let found = wrt_run::evaluate(self.session.graph(), &self.roots, &at, &0.0).unwrap();
        self.steps += 1;
        let (rate, beta1, beta2): (f64, f64, f64) = (0.001, 0.9, 0.999);
        let by = rate * (1.0 - beta2.powi(self.steps)).sqrt() / (1.0 - beta1.powi(self.steps));
        for (k, gradient) in found[1..].iter().enumerate() {
            let [m, v] = &mut self.moments[k];
            for (e, g) in gradient.data.iter().enumerate() {
                m[e] = beta1 * m[e] + (1.0 - beta1) * g;
                v[e] = beta2 * v[e] + (1.0 - beta2) * g * g;
                self.parameters[k].data[e] -= by * m[e] / (v[e].sqrt() + 1e-7);
            }
        }
        found[0].data[0]
    }
}

fn size(session: &Session, dim: wrt::session::Dim) -> usize {
    session.graph().dimension(dim).as_size().unwrap() as usize
}

#[test]
fn two_hundred_steps_of_adam_are_those_of_the_reference() {
    // A smaller network: the reference takes its time.
    let text = DIGITS.replace("128", "24").replace("64, relu", "16, relu").replace(", schedule = cosine", "");
    assert!(text.contains("train adam(rate = 0.001)") && text.contains("24, relu"));
    // Batches of 8 out of 20 rows: the last one is smaller.
    let (rows, batch, steps) = (20, 8, 200);
    let step = Step::<f64>::new(&Model::parse(&text).unwrap()).unwrap();
    let sizes = [("m", rows)];
    let data = step.made_up(3, &sizes).unwrap();
    let lent: Vec<&[f64]> = data.iter().map(Vec::as_slice).collect();
    let start = step.start(5, &sizes).unwrap();
    let mut reference = Adam::new(&text, |name| start.get(name).unwrap().to_vec());
    let mut first = 0;
    let mut wanted = Vec::new();
    for _ in 0..steps {
        let last = (first + batch).min(rows);
        let array =
            |k: usize, row: usize, shape: Vec<usize>| Array { shape, data: data[k][first * row..last * row].to_vec() };
        let batch = [("X", array(0, 64, vec![last - first, 64])), ("y", array(1, 1, vec![last - first]))];
        wanted.push(reference.step(&batch, last - first));
        first = if last == rows { 0 } else { last };
    }
    for level in Level::available() {
        let step = step.clone().at_level(level);
        let mut carried = start.clone();
        let mut costs = vec![0.0; steps];
        step.run(&mut step.workspace(), &mut carried, &lent, batch, &mut costs).unwrap();
        for (k, (found, wanted)) in costs.iter().zip(&wanted).enumerate() {
            assert!((found / wanted - 1.0).abs() < 1e-9, "step {k} at {}: {found}, not {wanted}", level.name());
        }
        assert!(costs[steps - 1] < 0.5 * costs[0]);
        let mut again = start.clone();
        let mut same = vec![0.0; steps];
        let mut workspace = step.workspace();
        for part in same.chunks_mut(steps / 4) {
            // In several calls; batches begin anew in each.
            step.run(&mut workspace, &mut again, &lent, rows, part).unwrap();
        }
        let single = Step::<f32>::new(&Model::parse(&text).unwrap()).unwrap().at_level(level);
        hold_single(&single, &data, &start, batch, &wanted);
    }
}

/// The first steps in single precision, before rounding has grown.
fn hold_single(step: &Step<f32>, data: &[Vec<f64>], start: &wrt::CarriedValues<f64>, batch: usize, wanted: &[f64]) {
    let data: Vec<Vec<f32>> = data.iter().map(|a| a.iter().map(|x| *x as f32).collect()).collect();
    let lent: Vec<&[f32]> = data.iter().map(Vec::as_slice).collect();
    let mut carried = step.start(5, &[("m", 20)]).unwrap();
    for name in start.names() {
        let from = start.get(name).unwrap();
        carried.get_mut(name).unwrap().iter_mut().zip(from).for_each(|(x, y)| *x = *y as f32);
    }
    let mut costs = vec![0.0_f32; 50];
    step.run(&mut step.workspace(), &mut carried, &lent, batch, &mut costs).unwrap();
    for (found, wanted) in costs.iter().zip(wanted) {
        assert!((f64::from(*found) / wanted - 1.0).abs() < 1e-3, "{found}, not {wanted}");
    }
}

#[test]
fn a_person_writes_an_optimiser() {
    let own = "data X[m, 2], y[m]
        param w[2] = 0, b = 0
        hyper rate = 0.05
        cost = mean((X @ w + b - y)^2)
        every param p
        state v[like p] = 0
        g = d(cost, p)
        v := 0.5*v - rate*g
        p := p + v";
    let step = Step::<f64>::new(&Model::parse(own).unwrap()).unwrap();
    let x: Vec<f64> = (0..20).map(|k| f64::from((k * 7 + k * k * 3) % 11) / 5.0 - 1.0).collect();
    let y: Vec<f64> = x.chunks(2).map(|r| 2.0 * r[0] - r[1] + 0.5).collect();
    let mut carried = step.start(0, &[("m", 10)]).unwrap();
    let mut costs = vec![0.0; 400];
    step.run(&mut step.workspace(), &mut carried, &[&x, &y], 10, &mut costs).unwrap();
    let w = carried.get("w").unwrap();
    assert!((w[0] - 2.0).abs() < 1e-3 && (w[1] + 1.0).abs() < 1e-3, "{w:?} {}", costs[399]);
    assert!((carried.get("b").unwrap()[0] - 0.5).abs() < 1e-3);
    assert_eq!(carried.names().collect::<Vec<_>>(), ["w.v", "w", "b.v", "b"]);
}

/// Adam in other words takes the same three instructions an entry.
#[test]
fn an_optimiser_in_other_words_takes_the_same_instructions() {
    for (v, p) in [
        ("0.9*v + 0.1*g^2", "p - r*m/(sqrt(v) + 0.001)"),
        ("0.1*g*g + v*0.9", "p - r*(m/(0.001 + sqrt(v)))"),
        ("(0.1*g)*g + 0.9*v", "p - m*r/(sqrt(v) + 0.001)"),
    ] {
        let text = format!(
            "data X[n, 8], y[n]; param w[8]; hyper r = 0.01; cost = mean((X @ w - y)^2); every param p
            state m[like p] = 0, v[like p] = 0
            g = d(cost, p)
            m := 0.9*m + 0.1*g
            v := {v}
            p := {p}"
        );
        let step = Step::<f64>::new(&Model::parse(&text).unwrap()).unwrap();
        let carried = step.start(0, &[("n", 4)]).unwrap();
        let mut workspace = step.workspace();
        step.prepare(&mut workspace, &carried, 4).unwrap();
        let plan = format!("{:?}", workspace.plan().unwrap());
        let count = |op: &str| plan.matches(op).count();
        assert_eq!((count("op: Blend"), count("op: MinusDivRoot"), count("op: Flush")), (2, 1, 0), "{p}: {plan}");
    }
}

/// A parameter without a slope: its averages fade, and never into numbers that are not normal.
#[test]
fn averages_of_nothing_become_nothing() {
    let text = "data x[m]; param a = 1, b = 1; cost = mean((a - x)^2)*where(sum(x) > 100, 1, b)";
    let step = Step::<f32>::new(&Model::parse(text).unwrap()).unwrap();
    let mut carried = step.start(0, &[("m", 2)]).unwrap();
    let mut workspace = step.workspace();
    step.run(&mut workspace, &mut carried, &[&[1.0, 2.0]], 2, &mut [0.0]).unwrap();
    assert!(carried.get("b.m").unwrap()[0] > 0.0);
    let mut least = f32::INFINITY;
    for _ in 0..2000 {
        step.run(&mut workspace, &mut carried, &[&[100.0, 200.0]], 2, &mut [0.0]).unwrap();
        let m = carried.get("b.m").unwrap()[0].abs();
        assert!(m == 0.0 || m.is_normal(), "{m:e}");
        least = least.min(m);
    }
    assert_eq!(least, 0.0);
}

#[test]
fn what_is_wrong_with_training_is_said() {
    let refused = |text: &str| match Model::parse(text).and_then(|m| Step::<f64>::new(&m)) {
        Ok(_) => panic!("{text} is accepted"),
        Err(e) => format!("{} {}", e.message(), e.help().unwrap_or_default()),
    };
    for (text, said) in [
        ("data x; param a; cost = (a - x)^2; train adma()", "did you mean `adam`?"),
        ("data x; param a; cost = (a - x)^2; train adam(rte = 1)", "it has rate, beta1, beta2, epsilon"),
        ("data x; param a; cost = (a - x)^2; x := 1", "neither a parameter nor state"),
        ("data x; param a[3]; cost = sum(a - x)^2; a := x*ones(2)", "the new value has the shape [2]"),
        ("data x; param a; cost = (a - x)^2; a := 1; a := 2", "has a new value already"),
        ("data x; every param p; p := p; cost = x", "there is no parameter before this line"),
        ("data x; param a; cost = (a - x)^2; state s[like q]", "`q` has no shape"),
        ("data x; param a; hyper r; cost = (a - x)^2", "the setting `r` has no value"),
        ("data x; param a; cost = (a := x)^2", "`:=` stands behind the name"),
        ("data x; cost = x^2", "no parameters to train"),
    ] {
        assert!(refused(text).contains(said), "{text}: {}", refused(text));
    }
    let step = Step::<f64>::new(&Model::parse(DIGITS).unwrap()).unwrap();
    let mut carried = step.start(0, &[("m", 2)]).unwrap();
    let x = [0.5; 128];
    let run = |carried: &mut _, x: &[f64], y: &[f64], batch| {
        let mut costs = [0.0];
        step.run(&mut step.workspace(), carried, &[x, y], batch, &mut costs).map_err(|e| e.message().to_string())
    };
    assert!(run(&mut carried, &x, &[1.0, 10.0], 2).unwrap_err().contains("the label 10 is none of 0, 1, …, 9"));
    assert!(run(&mut carried, &x, &[1.0, f64::NAN], 2).unwrap_err().contains("the label NaN"));
    assert!(run(&mut carried, &x, &[], 2).unwrap_err().contains("at least one row"));
    assert!(run(&mut carried, &x, &[1.0, 9.0], 0).unwrap_err().contains("at least one row"));
    assert!(run(&mut carried, &x, &[1.0, 9.0], 2).is_ok());
}

/// Formulas with points at which plain doubles lose digits of the value or of a derivative: by cancelling, by leaving the
/// range of exponents, deeply.
const LOSING: &[(&str, &[(&str, f64)])] = &[
    ("(1 - cos(x))/x^2", &[("x", 1e-9)]),
    ("sqrt(x + 1) - sqrt(x)", &[("x", 1e15)]),
    ("log(1 + x)/x", &[("x", 1e-12)]),
    ("x - sin(x)", &[("x", 1e-6)]),
    ("(x - sin(x))/(x - tan(x))", &[("x", 1e-5)]),
    ("(-b + sqrt(b^2 - 4*a*c))/(2*a)", &[("a", 1.0), ("b", 1e160), ("c", 1.0)]),
    ("log(exp(a) + exp(b))", &[("a", 1000.0), ("b", 990.0)]),
    ("(a^2 + b^2)/2 - ((a + b)/2)^2", &[("a", 1e8), ("b", 1e8 + 2.0)]),
    ("sqrt(x^2 + y^2)", &[("x", 1e-200), ("y", 3e-200)]),
    ("e*(exp((a + b)*e) - 1)/((exp(a*e) - 1)*(exp(b*e) - 1))", &[("a", 1.0), ("b", 2.0), ("e", 1e-10)]),
    ("log(1 - sigmoid(z))", &[("z", 50.0)]),
    ("gamma(1 + x) - 1", &[("x", 1e-11)]),
];

/// No digits are lost without notice: what a program loses is told, and computed once more.
#[test]
fn digits_are_kept() {
    for (text, at) in LOSING {
        let mut session = Session::parse(text, &Scope::default()).unwrap();
        let names: Vec<Id> = at.iter().map(|(name, _)| session.variable(name).unwrap()).collect();
        let gradient = session.derive(DerivativeKind::Gradient, &names, &[]).unwrap().ids();
        let exact = |x: f64| Array::scalar(Number::from_f64(x).unwrap());
        let values = at.iter().map(|(name, x)| ((*name).to_string(), exact(*x))).collect::<Vec<_>>();
        let point = session.point(&values, &Vec::new()).unwrap();
        let roots = [&[session.document().root()], &gradient[..]].concat();
        let wanted = session.doubles(&roots, &point).unwrap();
        let found = session.values(&roots, &point, Numbers::Guarded).unwrap();
        for (wanted, found) in wanted.iter().zip(found) {
            let (wanted, found) = (wanted.data[0], found.data[0].as_f64().unwrap());
            let off = (found - wanted).abs();
            assert!(off <= 1e-12 * wanted.abs(), "{text}: {found:?} for {wanted:?}");
        }
    }
}

/// An entry of an array is a number: it keeps the same digits.
#[test]
fn entries_of_arrays_keep_the_digits_of_numbers() {
    let value = |text: &str, x: Array<Number>, dims: Vec<&str>| {
        let shapes = [("x", dims)];
        let mut session = Session::parse(text, &Scope { shapes: &shapes, ..Scope::default() }).unwrap();
        let point = session.point(&[("x".to_string(), x)], &Vec::new()).unwrap();
        let found = session.values(&[session.document().root()], &point, Numbers::Compiled).unwrap();
        found[0].data[0].as_f64().unwrap()
    };
    for (text, at) in [
        ("(exp(x) - 1 - x - x^2/2)/x^3", 1e-5),
        ("x - sin(x)", 1e-4),
        ("1/(x + 1) - 1/x", 1e8),
        ("(x + 1)^2 - x^2", 1e9),
        ("1/x - 1/(x + 1)", 3e7),
    ] {
        let exact = |x: f64| Number::from_f64(x).unwrap();
        let number = value(text, Array::scalar(exact(at)), Vec::new());
        for (dims, size) in [(vec!["n"], 2), (vec!["5"], 5), (vec!["n", "3"], 6)] {
            let shape = if dims.len() == 2 { vec![2, 3] } else { vec![size] };
            let mut data = vec![exact(2.0); size];
            data[0] = exact(at);
            let entry = value(text, Array { shape, data }, dims);
            assert!((entry - number).abs() <= 1e-15 * number.abs(), "{text}: {entry:?} for {number:?}");
        }
    }
}

/// What was lost is counted, and so is what stands as it is since there is too much to compute, or no number to be had.
#[test]
fn guarding_tells_what_it_did() {
    let model = Model::parse("data x[m]; cost = sum(x); h = gamma(1 + x) - 1").unwrap();
    let program = wrt::compile::<f64>(&[&model.get("h").unwrap()]).unwrap();
    let mut workspace = program.workspace();
    let mut guarded = |inputs: &[f64]| {
        let mut out = vec![0.0; inputs.len()];
        let told = program.run_guarded(&mut workspace, &[inputs], &mut [&mut out]).unwrap();
        (told.recomputed, told.unsure, out)
    };
    let (recomputed, unsure, out) = guarded(&[1.0, 1e-11]);
    assert!(recomputed >= 1 && unsure == 0 && out[0] == 0.0 && (out[1] / -5.772_156_648_9e-12 - 1.0).abs() < 1e-9);
    assert_eq!(guarded(&[f64::NAN]).1, 1);
    let many = guarded(&vec![1e-11; 200_000]);
    assert_eq!((many.0, many.1), (0, 200_000));
}

/// The factors of a Hessian make the whole again, entry by entry: identities, blocks that vary along them, and blocks of
/// which nothing is known.
#[test]
fn the_factors_of_a_hessian_make_it() {
    let models = [
        ("data M[3, 3]; param U[3, 2], V[3, 2]; cost = sum((M - U @ V')^2)", "U", 4),
        ("data M[3, 3]; param U[3, 2], V[3, 2]; cost = sum((M - U @ V')^2) + 3*sum(U^2)", "U", 4),
        ("data A[4, 2]; param X[2, 3]; cost = sum(exp(A @ X))", "X", 12),
        ("param x[4]; cost = sum(x^3)", "x", 4),
        ("param x[4]; cost = sum(x^2)", "x", 1),
        ("data A[3, 4]; param x[4]; cost = sum((A @ x)^4)", "x", 16),
        ("data M[3, 3]; param U[3, 2], V[3, 2]; cost = sum((M - U @ V')^2)", "U,V", 4 + 36 + 36 + 4),
    ];
    for (text, names, entries) in models {
        let model = wrt::Model::parse(text).unwrap();
        let names: Vec<&str> = names.split(',').collect();
        let whole = wrt::compiled::hessian::<f64>(&model, &names).unwrap();
        let (program, blocks) = wrt::compiled::hessian_factors::<f64>(&model, &names).unwrap();
        let value = |name: &str, n: usize| (0..n).map(|k| ((k + name.len()) as f64 * 0.7).sin()).collect::<Vec<f64>>();
        let run = |p: &wrt::Program<f64>| {
            let inputs: Vec<Vec<f64>> = p.inputs().iter().map(|i| value(&i.name, i.entries(&[]).unwrap())).collect();
            let inputs: Vec<&[f64]> = inputs.iter().map(Vec::as_slice).collect();
            let mut out = p.room(&inputs);
            let mut room: Vec<&mut [f64]> = out.iter_mut().map(Vec::as_mut_slice).collect();
            p.run(&mut p.workspace(), &inputs, &mut room).unwrap();
            out
        };
        let (full, parts) = (run(&whole), run(&program));
        assert_eq!(parts.iter().map(Vec::len).sum::<usize>(), entries, "{text}: {blocks:?}");
        let sizes =
            |dims: &[wrt::Dimension]| -> Vec<usize> { dims.iter().map(|d| d.as_size().unwrap() as usize).collect() };
        for (k, block) in blocks.iter().enumerate() {
            let shape = sizes(&whole.outputs()[k]);
            let of_none = |k: &usize| block.identities.iter().all(|i| i.first != *k && i.second != *k);
            let varying = block.identities.iter().filter(|i| i.varies).map(|i| i.first);
            let axes: Vec<usize> = varying.chain((0..shape.len()).filter(of_none)).collect();
            assert_eq!(sizes(&program.outputs()[k]), axes.iter().map(|a| shape[*a]).collect::<Vec<_>>(), "{text}");
            for (entry, wanted) in full[k].iter().enumerate() {
                let (mut place, mut rest) = (vec![0; shape.len()], entry);
                for (own, size) in place.iter_mut().zip(&shape).rev() {
                    (*own, rest) = (rest % size, rest / size);
                }
                let on = block.identities.iter().all(|i| place[i.first] == place[i.second]);
                let at = axes.iter().fold(0, |at, a| at * shape[*a] + place[*a]);
                let found = if on { parts[k][at] } else { 0.0 };
                assert!(
                    (found - wanted).abs() <= 1e-13 * (1.0 + wanted.abs()),
                    "{text} at {place:?}: {found}, {wanted}"
                );
            }
        }
    }
}

/// What a loop over a product's entries writes may not lie where the product's factors lie, though nothing else reads them:
/// rows of both are done by turns, and later rows of the factors are still needed.
#[test]
fn rows_that_come_later_stay() {
    let text = "data X[m, 4], A[4, 64], B[64, 4], C[4, 64]; h = tanh(X @ A); z = tanh(tanh(h @ B) @ C); s = sum(z); \
                cost = s*sum(h/(1 + s^2))";
    let model = wrt::Model::parse(text).unwrap();
    let program = wrt::compile::<f64>(&[model.cost()]).unwrap();
    let value = |seed: usize, n: usize| (0..n).map(|k| ((k * k + seed) as f64 * 0.37).sin()).collect::<Vec<f64>>();
    let (m, [x, a, b, c]) = (600, [value(1, 600 * 4), value(2, 256), value(3, 256), value(4, 256)]);
    let layer = |x: &[f64], w: &[f64], k: usize, n: usize| -> Vec<f64> {
        let entry = |e: usize| (0..k).map(|l| x[e / n * k + l] * w[l * n + e % n]).sum::<f64>().tanh();
        (0..m * n).map(entry).collect()
    };
    let h = layer(&x, &a, 4, 64);
    let s: f64 = layer(&layer(&h, &b, 64, 4), &c, 4, 64).iter().sum();
    let wanted = s * h.iter().map(|h| h / (1.0 + s * s)).sum::<f64>();
    for threads in [1, 2] {
        let mut cost = [0.0];
        program.run(&mut program.workspace().with_threads(threads), &[&x, &a, &b, &c], &mut [&mut cost]).unwrap();
        assert!((cost[0] - wanted).abs() < 1e-10 * wanted.abs(), "{} and not {wanted}", cost[0]);
    }
}

/// Products of a batch go over its axis together with the loops around them, product by product: the same values as one step
/// after the other, and the same bits on any number of threads.
#[test]
fn batches_of_products_are_stages() {
    let text = "data X[l, 40, 70], Y[l, 70, 60]; param a = 1; A[l,i,k] = tanh(a*X[l,i,k]); B = 2*Y; \
                P[l,i,j] = sum[k](A[l,i,k]*B[l,k,j]); Q[l,i,k] = sum[j](P[l,i,j]*B[l,k,j]); cost = sum(sin(P)) + sum(Q*A)";
    let model = wrt::Model::parse(text).unwrap();
    let program = wrt::compiled::value_and_gradient_by::<f64>(&model, &["a"]).unwrap();
    let rows = 110;
    let value =
        |seed: usize, n: usize| (0..n).map(|k| ((k % 977 + seed) as f64 * 0.37).sin() / 9.0).collect::<Vec<f64>>();
    let named = |name: &str| match name {
        "X" => value(1, rows * 2800),
        "Y" => value(2, rows * 4200),
        _ => vec![0.8],
    };
    let inputs: Vec<Vec<f64>> = program.inputs().iter().map(|i| named(&i.name)).collect();
    let inputs: Vec<&[f64]> = inputs.iter().map(Vec::as_slice).collect();
    let text = program.plan_text(&inputs).unwrap();
    let stage: Vec<&str> = text.lines().skip_while(|l| !l.starts_with("stage   110 rows")).collect();
    assert!(stage.iter().skip(1).take_while(|l| l.starts_with(' ')).any(|l| l.contains("product ")), "{text}");
    let (x, y) = (value(1, rows * 2800), value(2, rows * 4200));
    let of = |a: f64| -> f64 {
        let mut cost = 0.0;
        for l in 0..rows {
            let own = |i: usize, k: usize| (a * x[(l * 40 + i) * 70 + k]).tanh();
            let b = |k: usize, j: usize| 2.0 * y[(l * 70 + k) * 60 + j];
            for i in 0..40 {
                let p: Vec<f64> = (0..60).map(|j| (0..70).map(|k| own(i, k) * b(k, j)).sum()).collect();
                cost += p.iter().map(|p| p.sin()).sum::<f64>();
                cost += (0..70).map(|k| (0..60).map(|j| p[j] * b(k, j)).sum::<f64>() * own(i, k)).sum::<f64>();
            }
        }
        cost
    };
    let run = |threads: usize| {
        let (mut cost, mut slope) = ([0.0], [0.0]);
        let mut workspace = program.workspace().with_threads(threads);
        program.run(&mut workspace, &inputs, &mut [&mut cost, &mut slope]).unwrap();
        [cost[0], slope[0]]
    };
    let ([cost, slope], eps) = (run(1), 1e-5);
    assert!((cost - of(0.8)).abs() < 1e-10 * cost.abs(), "{cost}, {}", of(0.8));
    let nudged = (of(0.8 + eps) - of(0.8 - eps)) / (2.0 * eps);
    assert!((slope - nudged).abs() < 1e-6 * nudged.abs(), "{slope}, {nudged}");
    assert_eq!(run(1), run(2));
}

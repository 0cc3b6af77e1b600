//! Recomputation instead of storage: less memory, the same bits, and what the least would be where that is not enough.

use crate::plans::examples;
use wrt::{EngineReal, Model, PlanText, Program, Step, TrainingOptions, compile, compiled};

/// A dense network of so many layers of one width.
fn network(layers: usize, width: usize, activation: &str) -> Model {
    let mut text = format!("data h0[m, {width}], y[m]\nparam w[{width}] = 0.1\n");
    for k in 1..=layers {
        text.push_str(&format!("param W{k}[{width}, {width}] = normal(0, 0.3), b{k}[{width}] = 0.1\n"));
        text.push_str(&format!("h{k} = {activation}(h{} @ W{k} + b{k})\n", k - 1));
    }
    text.push_str(&format!("cost = mean((h{layers} @ w - y)^2)"));
    Model::parse(&text).unwrap()
}

fn gradient(model: &Model) -> Program<f64> {
    compiled::value_and_gradient_by::<f64>(model, &[]).unwrap()
}

fn bits<T: EngineReal>(all: &[Vec<T>]) -> Vec<u64> {
    all.iter().flatten().map(|x| x.to_f64().to_bits()).collect()
}

/// The bits of what a program computes, on so many threads.
fn computed<T: EngineReal>(program: &Program<T>, inputs: &[&[T]], threads: usize) -> Vec<u64> {
    let mut found = program.room(inputs);
    let mut room: Vec<&mut [T]> = found.iter_mut().map(Vec::as_mut_slice).collect();
    program.run(&mut program.workspace().with_threads(threads), inputs, &mut room).unwrap();
    bits(&found)
}

/// What came of running a program in less and less memory.
struct Squeezed {
    /// Bytes with everything held, and the fewest that there is a way with.
    all: u64,
    least: u64,
    /// The ways there were, as texts of plans: the first one with everything held.
    plans: Vec<PlanText>,
}

/// Runs a program in less memory each time until there is no way, and holds the bits against those of the program as it is,
/// also those of its plan's text, read back.
fn squeezed<T: EngineReal>(model: &Model, program: &Program<T>, sizes: &[(&str, usize)]) -> Squeezed {
    let program = program.clone().with_sizes(sizes);
    let inputs = program.made_up(model, 5, sizes).unwrap();
    let inputs: Vec<&[T]> = inputs.iter().map(Vec::as_slice).collect();
    let wanted = computed(&program, &inputs, 1);
    let all = program.needs(sizes, 1).unwrap();
    let first = program.plan_text(&inputs).unwrap();
    assert!(first.starts_with("plan 3\n") && all.recomputed == 0);
    let enough = program.clone().within(all.total()).plan_text(&inputs).unwrap();
    assert_eq!(enough, first);
    let mut found = Squeezed { all: all.total(), least: all.total(), plans: vec![PlanText::read(&first).unwrap()] };
    loop {
        let limit = found.least - 1;
        let own = program.clone().within(limit);
        let needs = own.needs(sizes, 1).unwrap();
        if needs.total() > limit {
            let error = own.prepare(&mut own.workspace(), &inputs).unwrap_err();
            let least = format!("the program needs {}", wrt::memory_size(needs.total()));
            assert!(error.message().starts_with(&least), "{error}");
            assert!(error.message().contains("nothing else that is computed again helps"), "{error}");
            assert!(needs.total() <= found.all);
            return found;
        }
        assert!(needs.recomputed > 0 && needs.inputs == all.inputs && needs.results == all.results);
        let threads = 1 + 2 * (found.plans.len() % 2);
        let text = own.plan_text(&inputs).unwrap();
        if own.needs(sizes, threads).unwrap().total() <= limit {
            assert!(computed(&own, &inputs, threads) == wanted, "other bits on {threads} threads\n{text}");
        }
        let read = PlanText::read(&text).unwrap_or_else(|e| panic!("{e}\n{text}"));
        let again = PlanText::read(&read.text()).unwrap_or_else(|e| panic!("{e}\n{text}"));
        assert!(text.starts_with("plan 4\n") && again.text() == read.text());
        // Registers are given anew to what is read, and may be fewer.
        assert!(read.needs::<T>().unwrap().total() <= needs.total());
        let values = program.inputs().iter().zip(&inputs).map(|(i, v)| (i.name.as_str(), v.to_vec()));
        let results = read.run::<T>(&values.collect::<Vec<_>>()).unwrap();
        assert!(bits(&results) == wanted, "other bits\n{text}");
        found.least = needs.total();
        found.plans.push(read);
    }
}

/// Lines of a plan that are products of matrices.
fn products(plan: &PlanText) -> usize {
    plan.text().lines().filter(|l| l.trim_start().starts_with("product ")).count()
}

#[test]
fn deep_networks_need_less_and_have_the_same_bits() {
    // A layer of `tanh` keeps one array, one of the others two, of which one follows from the other.
    for (activation, share) in [("tanh", 60), ("relu", 36), ("softplus", 36), ("gelu", 36)] {
        let model = network(20, 8, activation);
        let Squeezed { all, least, plans } = squeezed(&model, &gradient(&model), &[("m", 100)]);
        assert!(100 * least <= share * all && plans.len() > 10, "{activation}: {least} of {all}, {} ways", plans.len());
        let most = 4 * plans[0].operations();
        assert!(plans.iter().all(|plan| plan.operations() <= most), "{activation}");
        // Where both ways are enough, no product is computed twice.
        let first = products(&plans[0]);
        assert_eq!(products(&plans[1]) == first, activation != "tanh", "{activation}\n{}", plans[1].text());
    }
}

/// Large arrays are gone over block by block: what is given up there is left to the stage that computes it, and some of the
/// stage is done again.
#[test]
fn stages_are_done_again_in_part() {
    for activation in ["tanh", "relu"] {
        let model = network(6, 8, activation);
        let Squeezed { all, least, plans } = squeezed(&model, &gradient(&model), &[("m", 40_000)]);
        assert!(4 * least < 3 * all && plans.len() > 2, "{activation}: {least} of {all}, {} ways", plans.len());
        let stages = |plan: &PlanText| plan.text().lines().filter(|l| l.starts_with("stage ")).count();
        assert!(stages(&plans[0]) > 0 && plans.iter().any(|plan| stages(plan) > stages(&plans[0])), "{activation}");
    }
}

/// A network of twenty layers of 64 for a batch of 1000: the figures of the guide.
#[test]
fn twenty_layers_take_half_of_the_memory() {
    let (model, sizes) = (network(20, 64, "tanh"), [("m", 1000)]);
    let program = gradient(&model);
    let all = program.needs(&sizes, 1).unwrap().total();
    let least = program.clone().within(1).needs(&sizes, 1).unwrap();
    assert_eq!((all, least.total()), (13_149_000, 5_981_000));
    // What is said to be enough is.
    let enough = program.clone().within(least.total()).needs(&sizes, 1).unwrap();
    assert_eq!(enough.total(), least.total());
    let half = program.within(all / 2).needs(&sizes, 1).unwrap();
    assert!(half.total() <= all / 2 && half.recomputed < least.recomputed);
}

/// One loop, one sum, nothing between, no entries: there is nothing to compute again, and a program that needs more than it
/// may have is refused.
#[test]
fn the_smallest_programs_have_nothing_to_give_up() {
    for text in
        ["data x[m]; cost = sum(x)", "data x[m]; cost = sum(tanh(x)^2)", "data x[m]; cost = 2", "param x; cost = x^2"]
    {
        let model = Model::parse(text).unwrap();
        for rows in [0, 1, 5] {
            let found = squeezed(&model, &compile::<f32>(&[model.cost()]).unwrap(), &[("m", rows)]);
            assert_eq!((found.plans.len(), found.least), (1, found.all), "{text}");
        }
    }
}

/// Whatever a program is made of: loops, products, sums, picks, pieces, calls and scans.
#[test]
fn programs_of_all_kinds_have_the_same_bits() {
    let mut ways = 0;
    for text in [
        "data X[m, 9]; param U[4, 4] = 0.1, W[9, 4] = 0.2; A = softmax(X @ W); B = softmax(A @ U); C = softmax(B @ U); cost = sum(log(C)*A*B)",
        "data X[m, 3]; param U[4, 4] = 0.1, W[3, 4] = 0.2; h[-1] = zeros(4); h[t] = tanh(X[t] @ W + h[t-1] @ U); a = tanh(h @ U); b = tanh(a @ U); c = tanh(b @ U); cost = sum(c^2)",
        "data t[m] in 0..5; param E[5, 8] = normal(0, 1), V[8, 8] = 0.3; a = tanh(E[t] @ V); b = tanh(a @ V); c = E[t]*tanh(b @ V); cost = sum(tanh(c @ V)^2)",
        "param x[m] = normal(0, 1); a = tanh(x[1:] - x[:-1]); b = tanh(a[1:]*a[:-1]); c = tanh(b[1:] + b[:-1]); d = exp(cumsum(c)); e = tanh(d[1:] - d[:-1]); cost = sum(cumsum(e)^2) + sum(a)*sum(b)*sum(c)",
        "data X[m, 4, 4, 1]; a = conv2d(X, 2, 3, relu); b = conv2d(a, 2, 1, tanh); c = conv2d(b, 2, 1, tanh); cost = sum(c^2)",
        "data X[m, 6]; h = dropout(layer_norm(dense(X, 6, relu)), 0.5); k = layer_norm(dense(h, 6, gelu)); l = layer_norm(dense(k, 6, relu)); cost = sum(l^2)",
    ] {
        let model = Model::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
        for rows in [6, 500] {
            let found = squeezed(&model, &gradient(&model), &[("m", rows)]);
            let single = compiled::value_and_gradient_by::<f32>(&model, &[]).unwrap();
            ways += found.plans.len() + squeezed(&model, &single, &[("m", rows)]).plans.len() - 2;
        }
    }
    assert!(ways > 40, "{ways}");
}

/// Parameters that a step replaces are not read again after that: training comes to the same numbers.
#[test]
fn training_in_less_memory_has_the_same_bits() {
    for (rows, batch) in [(60, 20), (40_000, 40_000)] {
        let model = network(6, 8, "relu");
        let sizes = [("m", rows)];
        let trained = |memory: Option<u64>| {
            let options = TrainingOptions { memory, ..TrainingOptions::default() };
            let step = Step::<f32>::with_options(&model, &options).unwrap();
            let data = step.made_up(1, &sizes).unwrap();
            let data: Vec<&[f32]> = data.iter().map(Vec::as_slice).collect();
            let mut carried = step.start(1, &sizes).unwrap();
            let mut costs = [0.0; 3];
            step.run(&mut step.workspace(), &mut carried, &data, batch, &mut costs).unwrap();
            let parameters: Vec<u32> = (1..=6)
                .flat_map(|k| [format!("W{k}"), format!("b{k}")])
                .flat_map(|name| carried.get(&name).unwrap().to_vec())
                .map(f32::to_bits)
                .collect();
            let needs = step.needs(&sizes, batch, 1).unwrap();
            (needs, costs.map(f32::to_bits), parameters)
        };
        let (all, costs, parameters) = trained(None);
        let limit = all.total() - all.between / 4;
        let (less, again, other) = trained(Some(limit));
        assert!(less.total() <= limit && less.recomputed > 0, "{less}");
        assert!(costs == again && parameters == other, "other bits in {limit} bytes");
    }
}

/// What a text says of arrays that are computed again is looked at.
#[test]
fn wrong_words_about_what_is_computed_again_are_refused() {
    let model = network(6, 2, "tanh");
    let plan = squeezed(&model, &gradient(&model), &[("m", 10)]).plans.pop().unwrap().text();
    let line = plan.lines().find(|l| l.starts_with("again ")).unwrap();
    for (wrong, said) in [
        (String::new(), "expected `again`"),
        (line.replace("; to hold them", ""), "expected `name is name"),
        (line.replace(" is ", " was "), "expected `name is name`"),
        (line.replace(" numbers", " digits"), "expected a number of numbers"),
        (line.replacen("again   ", "again   nothing is h1, ", 1), "no array `nothing`"),
        (line.replacen("again   ", "again   h1 is h1, ", 1), "can't be what `h1` is"),
        (line.replacen("again   ", "again   h0 is h1, ", 1), "can't be what `h1` is"),
        (line.replacen("again   ", "again   cost is h1, ", 1), "can't be what `h1` is"),
        (format!("{line}\n{line}"), "expected a step, found `again`"),
    ] {
        let error = PlanText::read(&plan.replace(line, &wrong)).unwrap_err().to_string();
        assert!(error.contains(said), "{wrong}: {error}");
    }
    let error = PlanText::read(&plan.replace("plan 4", "plan 3")).unwrap_err().to_string();
    assert!(error.contains("expected a step, found `again`"), "{error}");
}

/// Every example that has a size for its names, and a step of its training, which replaces what it reads.
#[test]
fn examples_have_the_same_bits() {
    let small = ["k", "K", "d", "p", "q", "c", "s", "l", "r"].map(|name| (name, 3));
    let (mut ways, mut steps) = (0, 0);
    for rows in [7, 280] {
        let sizes: Vec<(&str, usize)> =
            [("m", rows), ("n", 9), ("T", 20), ("h", 8), ("w", 8)].into_iter().chain(small).collect();
        for (name, text) in examples() {
            let Ok(model) = Model::parse(&text) else { continue };
            let Ok(program) = compiled::value_and_gradient_by::<f64>(&model, &[]) else { continue };
            if program.clone().with_sizes(&sizes).made_up(&model, 3, &sizes).is_ok() {
                ways += squeezed(&model, &program, &sizes).plans.len() - 1;
            }
            let Ok(step) = Step::<f32>::new(&model) else { continue };
            let Ok(data) = step.made_up(2, &sizes) else { continue };
            let Ok(needs) = step.needs(&sizes, rows, 1) else { continue };
            let trained = |memory: Option<u64>| {
                let options = TrainingOptions { memory, ..TrainingOptions::default() };
                let step = Step::<f32>::with_options(&model, &options).unwrap();
                let lent: Vec<&[f32]> = data.iter().map(Vec::as_slice).collect();
                let mut carried = step.start(1, &sizes).ok()?;
                step.fit(&mut carried, &lent).ok()?;
                let mut costs = [0.0; 3];
                step.run(&mut step.workspace(), &mut carried, &lent, rows, &mut costs).ok()?;
                let names: Vec<String> = carried.names().map(String::from).collect();
                let all = names.iter().filter_map(|name| carried.get(name)).flatten().chain(&costs);
                Some(all.map(|x| x.to_bits()).collect::<Vec<u32>>())
            };
            let Some(wanted) = trained(None) else { continue };
            for part in [8, 4, 3] {
                if let Some(found) = trained(Some(needs.total() - needs.between / part)) {
                    assert!(found == wanted, "{name}: other bits with one {part}th less");
                    steps += 1;
                }
            }
        }
    }
    assert!(ways > 100 && steps > 10, "{ways} ways, {steps} steps");
}

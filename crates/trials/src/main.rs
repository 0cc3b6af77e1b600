//! `wrt-trials`: as many random expressions as asked, each held against every engine.

use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::Instant;

use wrt::Level;
use wrt_core::Primitive;
use wrt_engine::has_lane_code;
use wrt_trials::{
    Case, Computation, EngineTally, Point, Recipe, Shrink, Tally, TensorRecipe, TensorTally, Weight, code_case,
    corpora, engines, numbered, numbered_tensors, shrink, tensor_computation, tensor_trial, trial, ulp,
};

/// After this many disagreements the run stops, unless told otherwise.
const ENOUGH: u64 = 25;

/// A trial that takes longer is told.
const LONG: f64 = 2.0;

/// What is tried.
#[derive(Clone, Copy, PartialEq)]
enum Subject {
    Numbers,
    Tensors(Weight),
    /// How far compiled functions are from the truth.
    Ulp,
    /// Every engine, on random tensors, on the samples of the tables, or on a file of cases.
    Engines,
}

struct Plan {
    kind: Subject,
    count: u64,
    seed: u64,
    first: u64,
    /// The most disagreements.
    most: u64,
    /// Print texts, and try nothing.
    print: bool,
    /// Print cases for `run_code.py`, and try nothing.
    code: bool,
    /// Print texts of which this is counted.
    show: Option<String>,
    /// Every which number is looked at, of all of single precision.
    stride: u64,
    /// Only this function.
    name: Option<String>,
    /// A file of texts with values, a line each, for the engines; `samples` are those of the tables.
    cases: Option<String>,
}

fn plan() -> Result<Plan, String> {
    let mut plan = Plan {
        kind: Subject::Numbers,
        count: 10_000,
        seed: 1,
        first: 0,
        most: ENOUGH,
        print: false,
        code: false,
        show: None,
        stride: 1,
        name: None,
        cases: None,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        match name.as_str() {
            "--print" => plan.print = true,
            "--code" => plan.code = true,
            _ => {}
        }
        if plan.print && name == "--print" || plan.code && name == "--code" {
            continue;
        }
        let value = arguments.next().unwrap_or_default();
        if name == "--show" {
            plan.show = Some(value);
            continue;
        }
        if name == "--cases" {
            plan.cases = Some(value);
            continue;
        }
        if name == "--name" {
            plan.name = Some(value);
            continue;
        }
        let slot = match name.as_str() {
            "--stride" => &mut plan.stride,
            "--count" => &mut plan.count,
            "--seed" => &mut plan.seed,
            "--first" => &mut plan.first,
            "--most" => &mut plan.most,
            "--kind" => {
                plan.kind = match value.as_str() {
                    "numbers" => Subject::Numbers,
                    "tensors" => Subject::Tensors(Weight::Small),
                    "ulp" => Subject::Ulp,
                    "engines" => Subject::Engines,
                    "models" => Subject::Tensors(Weight::Large),
                    _ => return Err(format!("--kind is numbers, tensors, models, engines or ulp, not `{value}`")),
                };
                continue;
            }
            _ => {
                let known = "--kind, --count, --seed, --first, --most, --show, --print, --stride, --cases and --name";
                return Err(format!("`{name}` is unknown; there are {known}"));
            }
        };
        *slot = value.parse().map_err(|_| format!("{name} takes a number, not `{value}`"))?;
    }
    Ok(plan)
}

/// What is tried of one kind: how to draw it, to try it, and to add up.
trait Trials {
    type Recipe: Shrink;
    type Tally: Default + Display;
    fn draw(&self, seed: u64, index: u64) -> Self::Recipe;
    fn text(recipe: &Self::Recipe) -> String;
    fn trial(recipe: &Self::Recipe) -> Result<Self::Tally, String>;
    fn add(all: &mut Self::Tally, one: &Self::Tally);
    /// Is this counted?
    fn has(_: &Self::Tally, _: &str) -> bool {
        false
    }
    /// What is told at the end beside the sums.
    fn end(_: &Self::Tally) {}
}

struct Numbers;

/// A recipe with its points.
#[derive(Clone)]
struct Placed(Recipe, Vec<Point>);

impl Shrink for Placed {
    fn candidates(&self) -> Vec<Placed> {
        self.0.candidates().into_iter().map(|r| Placed(r, self.1.clone())).collect()
    }

    fn weight(&self) -> usize {
        self.0.weight()
    }
}

impl Trials for Numbers {
    type Recipe = Placed;
    type Tally = Tally;

    fn draw(&self, seed: u64, index: u64) -> Placed {
        let (recipe, points) = numbered(seed, index);
        Placed(recipe, points)
    }

    fn text(recipe: &Placed) -> String {
        recipe.0.text()
    }

    fn trial(recipe: &Placed) -> Result<Tally, String> {
        trial(&recipe.0, &recipe.1).map_err(|e| e.to_string())
    }

    fn add(all: &mut Tally, one: &Tally) {
        all.add(one);
    }
}

struct Tensors(Weight);

impl Trials for Tensors {
    type Recipe = TensorRecipe;
    type Tally = TensorTally;

    fn draw(&self, seed: u64, index: u64) -> TensorRecipe {
        numbered_tensors(seed, index, self.0)
    }

    fn text(recipe: &TensorRecipe) -> String {
        Case::of(recipe).command(recipe.kind)
    }

    fn trial(recipe: &TensorRecipe) -> Result<TensorTally, String> {
        tensor_trial(recipe).map_err(|e| e.to_string())
    }

    fn add(all: &mut TensorTally, one: &TensorTally) {
        all.add(one);
    }

    fn has(tally: &TensorTally, word: &str) -> bool {
        tally.has(word)
    }

    fn end(tally: &TensorTally) {
        let mut refused: Vec<(&String, &u64)> = tally.refused.iter().collect();
        refused.sort_by_key(|(_, n)| std::cmp::Reverse(**n));
        refused.iter().for_each(|(why, n)| println!("{n:8} refused, {why}"));
    }
}

/// What went wrong, if anything did.
fn fails<T: Trials>(recipe: &T::Recipe) -> Result<T::Tally, String> {
    match catch_unwind(AssertUnwindSafe(|| T::trial(recipe))) {
        Ok(result) => result,
        Err(payload) => {
            let text = payload.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
            let expression = catch_unwind(AssertUnwindSafe(|| T::text(recipe))).unwrap_or_default();
            Err(format!("panic: {}\n    of {expression}", text.unwrap_or("no message")))
        }
    }
}

/// The smallest recipe with a failure of the same kind, and that failure.
fn smallest<T: Trials>(recipe: &T::Recipe, failure: &str) -> String {
    let kind = |text: &str| text.lines().next().unwrap_or_default().chars().take(40).collect::<String>();
    let same = |r: &T::Recipe| fails::<T>(r).err().is_some_and(|f| kind(&f) == kind(failure));
    let small = shrink(recipe, same);
    fails::<T>(&small).err().unwrap_or_else(|| failure.to_string())
}

fn main() -> ExitCode {
    let plan = match plan() {
        Ok(plan) => plan,
        Err(message) => {
            eprintln!("error: {message}");
            return ExitCode::from(2);
        }
    };
    match plan.kind {
        Subject::Tensors(weight) if plan.code => code(&plan, weight),
        Subject::Ulp => ulp(&plan),
        Subject::Engines => all_engines(&plan),
        Subject::Numbers => run(&plan, &Numbers),
        Subject::Tensors(weight) => run(&plan, &Tensors(weight)),
    }
}

/// Holds every engine to a corpus: `--cases FILE`, `--cases samples`, or else random tensors.
fn all_engines(plan: &Plan) -> ExitCode {
    let mut tally = EngineTally::default();
    let (mut wrong, mut unread) = (0, 0);
    let mut hold = |computation: Option<Computation>| match computation {
        None => unread += 1,
        Some(computation) => match catch_unwind(AssertUnwindSafe(|| engines(&computation))) {
            Ok(Ok(one)) => tally.add(&one),
            Ok(Err(why)) => {
                println!("{why}");
                wrong += 1;
            }
            Err(_) => {
                println!("panic\n    {}", computation.about);
                wrong += 1;
            }
        },
    };
    match plan.cases.as_deref() {
        Some("samples") => corpora::samples().into_iter().for_each(|computation| hold(Some(computation))),
        Some(path) => match std::fs::read_to_string(path) {
            Ok(text) => {
                let lines = text.lines().filter(|l| !l.trim().is_empty());
                lines.for_each(|l| match corpora::line(l) {
                    Ok(computation) => hold(Some(computation)),
                    Err(why) => {
                        println!("no case: {why}");
                        hold(None);
                    }
                });
            }
            Err(why) => {
                eprintln!("error: {path}: {why}");
                return ExitCode::from(2);
            }
        },
        None => (plan.first..plan.first + plan.count)
            .for_each(|k| hold(tensor_computation(&numbered_tensors(plan.seed, k, Weight::Small)))),
    }
    println!("{tally}");
    tally.refused.iter().for_each(|(why, n)| println!("{n:8} refused, {why}"));
    println!("{unread} without a formula or a derivative, {wrong} disagreements");
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Holds each primitive at each level to the accuracy that its row states: over all of single precision, or every
/// `--stride`-th number of it, and at `--count` doubles.
fn ulp(plan: &Plan) -> ExitCode {
    let mut failures = 0;
    for primitive in Primitive::ALL.iter().copied().filter(|p| plan.name.as_deref().is_none_or(|n| n == p.row().name)) {
        let (start, stated) = (Instant::now(), primitive.row().ulp);
        let levels = if has_lane_code(primitive) { Level::available() } else { vec![Level::best()] };
        let found = [all_singles(primitive, &levels, plan), ulp::double(primitive, &levels, plan.count)];
        for ((precision, stated), found) in [("f32", stated.single), ("f64", stated.double)].into_iter().zip(found) {
            let name = primitive.row().name;
            let found = found.unwrap_or_else(|why| {
                println!("{name:12} {precision} {why}");
                failures += 1;
                Vec::new()
            });
            for (worst, level) in found.into_iter().zip(&levels) {
                let level = level.name();
                let verdict = if worst.ulp <= stated { "" } else { "  WORSE than stated" };
                failures += u32::from(worst.ulp > stated);
                let at = worst.at.iter().map(|x| format!("{x:e}")).collect::<Vec<_>>().join(", ");
                let ulp::Worst { ulp, found, truth, count, sure, .. } = worst;
                println!(
                    "{name:12} {precision} {level:8} {ulp:8.3} of {stated:5} in {count} numbers, {sure} by balls, at {at}: {found:e} for {truth:e}{verdict}",
                );
            }
        }
        println!("{:12} {:.1} s", primitive.row().name, start.elapsed().as_secs_f64());
    }
    ExitCode::from(u8::from(failures > 0))
}

/// All of single precision, a part of it by each thread.
fn all_singles(primitive: Primitive, levels: &[Level], plan: &Plan) -> Result<Vec<ulp::Worst>, String> {
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
    let (stride, each) = (plan.stride.max(1), (1 << 32) / threads + 1);
    std::thread::scope(|scope| {
        let part = |k: u64| plan.first + k * each..(plan.first + (k + 1) * each).min(1 << 32);
        let parts: Vec<_> =
            (0..threads).map(|k| scope.spawn(move || ulp::single(primitive, levels, part(k), stride))).collect();
        let mut all = vec![ulp::Worst::default(); levels.len()];
        for part in parts {
            let found = part.join().map_err(|_| "a thread panicked".to_string())??;
            all = all.into_iter().zip(found).map(|(a, b)| a.or(b)).collect();
        }
        Ok(all)
    })
}

/// Prints cases for programs in Python, as many as asked.
fn code(plan: &Plan, weight: Weight) -> ExitCode {
    let all = (plan.first..).map(|index| numbered_tensors(plan.seed, index, weight));
    all.filter_map(|recipe| code_case(&recipe)).take(plan.count as usize).for_each(|case| println!("{case}"));
    ExitCode::SUCCESS
}

fn run<T: Trials>(plan: &Plan, trials: &T) -> ExitCode {
    std::panic::set_hook(Box::new(|_| {}));
    let start = Instant::now();
    let (mut tally, mut failures, mut done) = (T::Tally::default(), 0, 0);
    for index in plan.first..plan.first + plan.count {
        let recipe = trials.draw(plan.seed, index);
        if plan.print {
            println!("{}", T::text(&recipe));
            continue;
        }
        let began = Instant::now();
        match fails::<T>(&recipe) {
            Ok(found) => {
                if plan.show.as_ref().is_some_and(|word| T::has(&found, word)) {
                    println!("--seed {} --first {index} --count 1: {}", plan.seed, T::text(&recipe));
                }
                T::add(&mut tally, &found);
            }
            Err(failure) => {
                failures += 1;
                let small = smallest::<T>(&recipe, &failure);
                println!("--seed {} --first {index} --count 1: {small}", plan.seed);
            }
        }
        let seconds = began.elapsed().as_secs_f64();
        if seconds > LONG {
            println!("--seed {} --first {index} --count 1 took {seconds:.1} s: {}", plan.seed, T::text(&recipe));
        }
        done += 1;
        if done % 50_000 == 0 {
            let next = index + 1;
            eprintln!(
                "{done} in {:.0} s: {failures} disagreements, {tally}; next --first {next}",
                start.elapsed().as_secs_f64()
            );
        }
        if failures == plan.most {
            println!("stopped after {failures} disagreements; go on with --first {}", index + 1);
            break;
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    T::end(&tally);
    println!(
        "{done} expressions, {failures} disagreements; {tally}; {seconds:.1} s, {:.0} a second",
        done as f64 / seconds
    );
    ExitCode::from(u8::from(failures > 0))
}

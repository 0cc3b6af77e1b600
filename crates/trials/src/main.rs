//! `wrt-trials`: as many random expressions as asked, each held against every engine.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::Instant;

use wrt_trials::{Point, Recipe, Tally, numbered, shrink, trial};

/// After this many disagreements the run stops.
const ENOUGH: usize = 25;

struct Plan {
    count: u64,
    seed: u64,
    first: u64,
}

fn plan() -> Result<Plan, String> {
    let mut plan = Plan { count: 10_000, seed: 1, first: 0 };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let slot = match name.as_str() {
            "--count" => &mut plan.count,
            "--seed" => &mut plan.seed,
            "--first" => &mut plan.first,
            _ => return Err(format!("`{name}` is unknown; there are --count, --seed and --first")),
        };
        let value = arguments.next().unwrap_or_default();
        *slot = value.parse().map_err(|_| format!("{name} takes a number, not `{value}`"))?;
    }
    Ok(plan)
}

/// What went wrong, if anything did.
fn fails(recipe: &Recipe, points: &[Point]) -> Result<Tally, String> {
    match catch_unwind(AssertUnwindSafe(|| trial(recipe, points))) {
        Ok(Ok(tally)) => Ok(tally),
        Ok(Err(failure)) => Err(failure.to_string()),
        Err(payload) => {
            let text = payload.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
            let expression = catch_unwind(|| recipe.text()).unwrap_or_default();
            Err(format!("panic: {}\n    of {expression}", text.unwrap_or("no message")))
        }
    }
}

/// The smallest recipe with a failure of the same kind, and that failure.
fn smallest(recipe: &Recipe, points: &[Point], failure: &str) -> String {
    let kind = |text: &str| text.lines().next().unwrap_or_default().chars().take(40).collect::<String>();
    let same = |r: &Recipe| fails(r, points).is_err_and(|f| kind(&f) == kind(failure));
    let small = shrink(recipe, same);
    fails(&small, points).err().unwrap_or_else(|| failure.to_string())
}

fn main() -> ExitCode {
    let plan = match plan() {
        Ok(plan) => plan,
        Err(message) => {
            eprintln!("error: {message}");
            return ExitCode::from(2);
        }
    };
    std::panic::set_hook(Box::new(|_| {}));
    let start = Instant::now();
    let (mut tally, mut failures, mut done) = (Tally::default(), 0, 0);
    for index in plan.first..plan.first + plan.count {
        let (recipe, points) = numbered(plan.seed, index);
        let began = Instant::now();
        match fails(&recipe, &points) {
            Ok(found) => tally.add(&found),
            Err(failure) => {
                failures += 1;
                println!("--seed {} --first {index} --count 1: {}", plan.seed, smallest(&recipe, &points, &failure));
            }
        }
        if began.elapsed().as_secs_f64() > 2.0 {
            println!("--seed {} --first {index} --count 1 took {:.1} s", plan.seed, began.elapsed().as_secs_f64());
        }
        done += 1;
        if done % 50_000 == 0 {
            eprintln!("{done} in {:.0} s: {failures} disagreements, {tally:?}", start.elapsed().as_secs_f64());
        }
        if failures == ENOUGH {
            println!("stopped after {ENOUGH} disagreements");
            break;
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{done} expressions, {failures} disagreements; {tally:?}; {seconds:.1} s, {:.0} a second",
        done as f64 / seconds
    );
    ExitCode::from(u8::from(failures > 0))
}

//! `wrt bench`: how fast a model's compiled programs are, on data that is made up.

use std::process::ExitCode;
use std::time::Instant;

use serde_json::{Value, json};
use wrt::{EngineReal, Exercise, Level, Needs, Workspace};

use crate::answer::versioned;
use crate::args::{Bench, Format, What, threads};
use crate::budget::check_memory;
use crate::failure::Failure;
use crate::output::{print, print_json};
use crate::point::{self, Text};
use crate::programs::{self, Opened, SEED};
use crate::weights::Kept;

/// A window of time is made of as many runs as take about so long.
const WINDOW: f64 = 50e-6;

/// What was measured of one item.
struct Measured {
    what: &'static str,
    precision: &'static str,
    compile: f64,
    /// Seconds of a run in each window, sorted.
    runs: Vec<f64>,
    /// Bytes of the workspace, and with all that is read and computed.
    memory: [u64; 2],
    /// Operations of one, and the bytes that it moves.
    work: [u64; 2],
    /// Operations and bytes a second that the machine can do.
    peaks: [f64; 2],
    threads: usize,
}

impl Measured {
    fn new<T: EngineReal>(
        what: What,
        compile: f64,
        runs: Vec<f64>,
        workspace: Workspace<T>,
        needs: &Needs,
    ) -> Measured {
        let held = [workspace.bytes() as u64, needs.total()];
        let (work, threads) = ([workspace.operations(), workspace.bytes_moved()], workspace.threads());
        // The machine's peaks take as much memory as the program did, and not beside it.
        drop(workspace);
        let peaks = peaks::<T>(threads, needs.total());
        Measured { what: what.name(), precision: T::NAME, compile, runs, memory: held, work, peaks, threads }
    }

    /// The time in which the machine could do all operations, and that in which it could move all bytes.
    fn floors(&self) -> [f64; 2] {
        [0, 1].map(|k| self.work[k] as f64 / self.peaks[k])
    }
}

/// The most bytes that are gone over to learn how fast memory is: several times the caches.
const MOST_READ: u64 = 256 << 20;

/// How often the machine is asked what it can do, and for how long.
const EXERCISES: usize = 10;
const EXERCISE: f64 = 500e-6;

/// Multiply-adds (of two operations) and bytes a second where nothing holds the machine up: bytes are read from an array
/// that takes the memory that the program does, so that it lies where the program's arrays lie.
fn peaks<T: EngineReal>(threads: usize, bytes: u64) -> [f64; 2] {
    let mut exercise = Exercise::<T>::new(Level::best(), threads, bytes.min(MOST_READ) as usize);
    [best_rate(|| exercise.multiply_add()), best_rate(|| exercise.read())]
}

/// The most work a second that was done in one of some stretches of time.
fn best_rate(mut work: impl FnMut() -> u64) -> f64 {
    let mut best = 0f64;
    work();
    for _ in 0..EXERCISES {
        let (start, mut done) = (Instant::now(), 0u64);
        while start.elapsed().as_secs_f64() < EXERCISE {
            done += work();
        }
        best = best.max(done as f64 / start.elapsed().as_secs_f64());
    }
    best
}

/// One object or line for each item.
pub fn run(a: &Bench) -> Result<ExitCode, Failure> {
    let text = point::text(&a.compiled.formula)?;
    for (k, what) in a.what.iter().enumerate() {
        let measured = match a.precision.unwrap_or_else(|| what.precision()) {
            Format::F32 => measured::<f32>(a, &text, *what, k == 0)?,
            Format::F64 => measured::<f64>(a, &text, *what, k == 0)?,
        };
        report(a, &text, &measured)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn measured<T: Kept>(a: &Bench, text: &Text, what: What, is_first: bool) -> Result<Measured, Failure> {
    let opened = programs::open::<T>(&a.compiled, what, text, is_first)?;
    if what == What::Step { step(a, text, opened) } else { function(a, text, what, opened) }
}

/// The cost alone, or with derivatives.
fn function<T: Kept>(
    a: &Bench,
    text: &Text,
    what: What,
    Opened { model, mut given, sizes, start }: Opened<T>,
) -> Result<Measured, Failure> {
    let fail = |e: wrt::Error| Failure::in_text(&e, text);
    let sizes: Vec<(&str, usize)> = sizes.iter().map(|(n, k)| (n.as_str(), *k)).collect();
    let program = programs::program::<T>(&model, what, &a.compiled.wrt).map_err(fail)?.with_sizes(&sizes);
    let program = programs::within(program);
    let mut compile = start.elapsed().as_secs_f64();
    let needs = program.needs(&sizes, threads(a.threads)).map_err(fail)?;
    check_memory(&needs, 0)?;
    let mut workspace = program.workspace().with_threads(threads(a.threads));
    let runs = {
        let inputs = given.inputs(&program, &model, &sizes, true)?;
        let inputs: Vec<&[T]> = inputs.iter().map(Vec::as_slice).collect();
        let start = Instant::now();
        program.prepare(&mut workspace, &inputs).map_err(fail)?;
        compile += start.elapsed().as_secs_f64();
        let mut outputs = program.room(&inputs);
        let mut outputs: Vec<&mut [T]> = outputs.iter_mut().map(Vec::as_mut_slice).collect();
        windows(a.repeat, 1, || program.run(&mut workspace, &inputs, &mut outputs)).map_err(fail)?
    };
    Ok(Measured::new(what, compile, runs, workspace, &needs))
}

/// One step of training on one batch.
fn step<T: Kept>(
    a: &Bench,
    text: &Text,
    Opened { model, mut given, sizes, start }: Opened<T>,
) -> Result<Measured, Failure> {
    let fail = |e: wrt::Error| Failure::in_text(&e, text);
    let sizes: Vec<(&str, usize)> = sizes.iter().map(|(n, k)| (n.as_str(), *k)).collect();
    let step = programs::within_step::<T>(&model).map_err(fail)?;
    let mut compile = start.elapsed().as_secs_f64();
    let rows = programs::rows(&step, &sizes);
    let batch = a.compiled.batch.unwrap_or(rows).clamp(1, rows.max(1));
    let needs = step.needs(&sizes, batch, threads(a.threads)).map_err(fail)?;
    check_memory(&needs, 0)?;
    let mut workspace = step.workspace().with_threads(threads(a.threads));
    let runs = {
        let mut data = step.made_up(SEED, &sizes).map_err(fail)?;
        for (own, input) in data.iter_mut().zip(step.data()) {
            *own = given.taken(&input.name).unwrap_or_else(|| std::mem::take(own));
        }
        let data: Vec<&[T]> = data.iter().map(Vec::as_slice).collect();
        let mut carried = step.start(SEED, &sizes).map_err(fail)?;
        step.fit(&mut carried, &data).map_err(fail)?;
        let start = Instant::now();
        step.prepare(&mut workspace, &carried, batch).map_err(fail)?;
        compile += start.elapsed().as_secs_f64();
        let mut costs = vec![T::ZERO; (rows / batch).max(1)];
        let each = costs.len();
        windows(a.repeat, each, || step.run(&mut workspace, &mut carried, &data, batch, &mut costs)).map_err(fail)?
    };
    Ok(Measured::new(What::Step, compile, runs, workspace, &needs))
}

/// Seconds of one of `each` in every window, sorted.
fn windows<E>(repeat: usize, each: usize, mut run: impl FnMut() -> Result<(), E>) -> Result<Vec<f64>, E> {
    run()?;
    let start = Instant::now();
    run()?;
    let once = start.elapsed().as_secs_f64().max(1e-9);
    let together = (WINDOW / once).ceil().clamp(1.0, 1e5) as usize;
    let mut found = Vec::with_capacity(repeat);
    for _ in 0..repeat.max(1) {
        let start = Instant::now();
        for _ in 0..together {
            run()?;
        }
        found.push(start.elapsed().as_secs_f64() / (together * each) as f64);
    }
    found.sort_by(f64::total_cmp);
    Ok(found)
}

fn report(a: &Bench, text: &Text, m: &Measured) -> Result<(), Failure> {
    let (least, median) = (m.runs[0], m.runs[m.runs.len() / 2]);
    if a.json {
        let [[workspace, memory], [operations, bytes], [flops, bandwidth]] =
            [m.memory, m.work, m.peaks.map(|p| p as u64)];
        let [arithmetic, moving] = m.floors();
        let object = json!({
            "f": text.name, "what": m.what, "precision": m.precision, "compile_s": m.compile, "median_s": median,
            "min_s": least, "windows": m.runs.len(), "memory_bytes": workspace, "memory_peak_bytes": memory,
            "threads": m.threads, "operations": operations, "bytes_moved": bytes, "peak_operations_per_s": flops,
            "peak_bytes_per_s": bandwidth, "operations_fraction": arithmetic / least, "bytes_fraction": moving / least,
            "floor_s": arithmetic + moving,
        });
        let Value::Object(_) = object else { return Ok(()) };
        return print_json(versioned(object)).map(|_| ());
    }
    let [arithmetic, moving] = m.floors().map(|floor| 100.0 * floor / least);
    let line = format!(
        "{} in {}: {} each, {} at best ({arithmetic:.0} % of the arithmetic and {moving:.0} % of the memory traffic that \
         this machine is capable of); compiled in {}\n",
        m.what,
        m.precision,
        seconds(median),
        seconds(least),
        seconds(m.compile)
    );
    print(&line)
}

fn seconds(s: f64) -> String {
    match s {
        s if s < 1e-6 => format!("{:.0} ns", s * 1e9),
        s if s < 1e-3 => format!("{:.2} µs", s * 1e6),
        s if s < 1.0 => format!("{:.2} ms", s * 1e3),
        s => format!("{s:.2} s"),
    }
}

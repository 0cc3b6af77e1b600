//! How far compiled functions are from the truth, in units in the last place: each primitive by the engine, in both
//! precisions and at each level of instructions, over the whole range of its arguments.
//!
//! Single precision is held against double, which is far closer to the truth than half a unit of single; double precision
//! against balls. What is special (not a number, infinities, zeros with their signs, subnormal numbers) must be special in the
//! same way.

use wrt::{EngineReal, Level};
use wrt_core::{Assumptions, Graph, Number, Primitive, Real, Role};
use wrt_engine::{Compiled, Workspace};
use wrt_run::Precise;

/// Values that are computed at a time.
const TOGETHER: usize = 1 << 14;

/// Beyond this the argument of a periodic function takes many bits.
const FAR: f64 = 1e15;

/// The largest error that was found, and where.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Worst {
    /// In units in the last place of the true value; infinite where what is special is not so.
    pub ulp: f64,
    /// The arguments.
    pub at: Vec<f64>,
    /// What was found, and what is true.
    pub found: f64,
    /// What is true.
    pub truth: f64,
    /// How many values were looked at.
    pub count: u64,
}

/// A primitive as a program of one loop.
struct Compute<T: EngineReal> {
    program: Compiled<T>,
    workspace: Workspace<T>,
    arity: usize,
}

impl<T: EngineReal> Compute<T> {
    fn new(primitive: Primitive, level: Level) -> Result<Compute<T>, String> {
        let mut graph = Graph::new();
        let n = graph.dim_name("n");
        let symbol =
            |g: &mut Graph, k: usize| g.tensor_symbol(&format!("x{k}"), Role::Data, &[n], Assumptions::default());
        let args: Vec<_> = (0..primitive.arity()).map(|k| symbol(&mut graph, k)).collect();
        let node = graph.map(primitive, &args);
        let program = Compiled::new(&graph, &[(node, None)], &args).map_err(|e| e.to_string())?.at_level(level);
        Ok(Compute { workspace: program.workspace(), arity: args.len(), program })
    }

    fn run(&mut self, args: &[Vec<T>], out: &mut [T]) -> Result<(), String> {
        let given: Vec<&[T]> = args.iter().map(Vec::as_slice).collect();
        let sizes = [("n", out.len())];
        self.program.run(&mut self.workspace, &sizes, &given, &mut [], &mut [out]).map_err(|e| e.to_string())
    }
}

/// The distance of two neighbours around a number, where the smallest normal number is 2 to the `least`, and numbers have
/// so many digits.
fn unit(x: f64, least: i32, digits: i32) -> f64 {
    let exponent = if x == 0.0 { least } else { (x.abs().log2().floor() as i32).max(least) };
    // In two steps, as the unit of a small number is subnormal itself.
    2f64.powi(exponent) * 2f64.powi(1 - digits)
}

/// Are both special in the same way? None where the truth is nothing special.
fn special(found: f64, truth: f64, most: f64) -> Option<bool> {
    if truth.is_nan() {
        return Some(found.is_nan());
    }
    // What rounds to the largest number may round to infinity.
    let overflows = truth.is_infinite() || truth.abs() > most;
    match found.is_finite() {
        false => Some(!found.is_nan() && overflows && (found > 0.0) == (truth > 0.0)),
        true if truth.is_infinite() => Some(found.abs() >= most * (1.0 - 1e-6) && (found > 0.0) == (truth > 0.0)),
        true if truth == 0.0 && found == 0.0 => Some(true),
        true => None,
    }
}

impl Worst {
    fn note(&mut self, ulp: f64, at: impl Iterator<Item = f64>, found: f64, truth: f64) {
        self.count += 1;
        // What cannot be compared is as bad as can be.
        let ulp = if ulp.is_nan() { f64::INFINITY } else { ulp };
        if ulp > self.ulp {
            (self.ulp, self.at, self.found, self.truth) = (ulp, at.collect(), found, truth);
        }
    }
}

/// A number that looks like nothing, the same for the same number.
fn mixed(mut k: u64) -> u64 {
    k = (k ^ (k >> 31)).wrapping_mul(0x7fb5_d329_728e_a185);
    k = (k ^ (k >> 27)).wrapping_mul(0x81da_def4_bc2d_d44d);
    k ^ (k >> 33)
}

/// The error in single precision over every `stride`-th number that there is, from the `first` on; the further arguments
/// of a function of several go through all numbers in another order.
///
/// # Errors
/// Where the primitive does not compile.
pub fn single(primitive: Primitive, level: Level, first: u32, stride: u64) -> Result<Worst, String> {
    let mut compute = Compute::<f32>::new(primitive, level)?;
    let mut worst = Worst::default();
    let mut next = u64::from(first);
    while next < 1 << 32 {
        let bits: Vec<u64> = (0..TOGETHER as u64).map(|k| next + k * stride).take_while(|b| *b < 1 << 32).collect();
        next += stride * TOGETHER as u64;
        let argument = |k: usize| -> Vec<f32> {
            let bits = bits.iter().map(|b| if k == 0 { *b } else { mixed(b + ((k as u64) << 32)) });
            bits.map(|b| f32::from_bits(b as u32)).collect()
        };
        let args: Vec<Vec<f32>> = (0..compute.arity).map(argument).collect();
        let mut found = vec![0.0; bits.len()];
        compute.run(&args, &mut found)?;
        let mut own = vec![0.0f64; compute.arity];
        for (k, found) in found.iter().enumerate() {
            own.iter_mut().zip(&args).for_each(|(own, all)| *own = f64::from(all[k]));
            let (found, truth) = (f64::from(*found), primitive.evaluate(&own));
            let ulp = match special(found, truth, f64::from(f32::MAX)) {
                Some(right) => right_or_lost(right),
                None => (found - truth).abs() / unit(truth, -126, 24),
            };
            worst.note(ulp, own.iter().copied(), found, truth);
        }
    }
    Ok(worst)
}

/// The error in double precision at so many numbers: of every magnitude and both signs, around 0 and 1, and what is special.
///
/// # Errors
/// As [`single`].
pub fn double(primitive: Primitive, level: Level, count: u64) -> Result<Worst, String> {
    let mut compute = Compute::<f64>::new(primitive, level)?;
    let args: Vec<Vec<f64>> = (0..compute.arity as u64).map(|k| points(count, k)).collect();
    let mut found = vec![0.0; args[0].len()];
    compute.run(&args, &mut found)?;
    let mut worst = Worst::default();
    for (k, found) in found.iter().enumerate() {
        let own: Vec<f64> = args.iter().map(|all| all[k]).collect();
        let about = primitive.evaluate(&own);
        // At infinities and at zeros with a sign, which no rational has, the row's own value is the truth.
        let at_edge = own.iter().any(|x| !x.is_finite() || (*x == 0.0 && x.is_sign_negative()));
        let ulp = match special(*found, about, f64::MAX) {
            Some(right) => right_or_lost(right),
            None if at_edge => (found - about).abs() / unit(about, -1022, 53),
            None => off(primitive, &own, *found, about),
        };
        worst.note(ulp, own.iter().copied(), *found, about);
    }
    Ok(worst)
}

fn right_or_lost(right: bool) -> f64 {
    if right { 0.0 } else { f64::INFINITY }
}

/// How far a double is from the truth.
fn off(primitive: Primitive, args: &[f64], found: f64, about: f64) -> f64 {
    let bits = if args.iter().any(|x| x.abs() > FAR) { 2400 } else { 256 };
    let exact = |x: f64| Precise::new(Number::from_f64(x).unwrap_or(Number::ZERO), bits).rounding();
    let args: Vec<Precise> = args.iter().map(|x| exact(*x)).collect();
    let truth = primitive.evaluate(&args);
    let unit = unit(about, -1022, 53);
    // A unit of a small number is too small to be divided by.
    let scale = exact(if unit < 1e-290 { 2f64.powi(200) } else { 1.0 });
    let unit = if unit < 1e-290 { unit * 2f64.powi(200) } else { unit };
    ((truth - exact(found)) * scale).approximate().abs() / unit
}

/// Doubles of an order of their own for each argument.
fn points(count: u64, argument: u64) -> Vec<f64> {
    const SPECIAL: [f64; 16] = [
        0.0,
        -0.0,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
        1.0,
        -1.0,
        f64::MIN_POSITIVE,
        -f64::MIN_POSITIVE,
        5e-324,
        -5e-324,
        1e-310,
        f64::MAX,
        f64::MIN,
        2.0,
        0.5,
    ];
    let own = |k: u64| {
        let (seed, part) = (mixed((k + 1).wrapping_add(argument << 40)), mixed((k + 7).wrapping_mul(3 + argument)));
        let share = (part >> 11) as f64 * 2f64.powi(-53);
        let sign = if seed & 1 == 0 { 1.0 } else { -1.0 };
        match (seed >> 1) % 6 {
            // Of every magnitude.
            0 => f64::from_bits(part),
            1 => sign * 10f64.powf(600.0 * share - 300.0),
            // Where functions do most of what they do.
            2 => sign * share,
            3 => 1.0 + sign * share * 10f64.powi(-((seed >> 8) as i32 & 15)),
            4 => sign * 40.0 * share,
            _ => sign * 800.0 * share,
        }
    };
    let turned = (0..SPECIAL.len()).map(|k| SPECIAL[(k * (1 + 2 * argument as usize)) % SPECIAL.len()]);
    turned.chain((0..count).map(own)).collect()
}

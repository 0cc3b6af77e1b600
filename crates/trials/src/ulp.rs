//! How far compiled functions are from the truth, in units in the last place: each primitive by the engine, in both
//! precisions and at each level of instructions, over the whole range of its arguments.
//!
//! Single precision is held against a program in double precision, whose unit is 2⁻²⁹ of a single one. That program is a suspect,
//! too, above all where functions of singles are those of doubles, rounded: it is held against balls at a share of the
//! numbers, and at each that would be the worst. Double precision is held against balls throughout. What is special (not a
//! number, infinities, zeros with their signs) must be special in the same way.

use wrt::{EngineReal, Level};
use wrt_core::{Assumptions, Graph, Number, Primitive, Real, Role};
use wrt_engine::{Compiled, Workspace};
use wrt_run::Precise;

/// Values that are computed at a time.
const TOGETHER: usize = 1 << 14;

/// Beyond this the argument of a periodic function takes many bits.
const FAR: f64 = 1e15;

/// About how many numbers of single precision are held against balls.
const SURE: u64 = 1 << 10;

/// Values that are looked at together.
const BLOCK: usize = 64;

/// Beyond this a function without a value, or with an infinite one, is not computed in balls.
const LARGE: f64 = 1e4;

/// The largest error that was found, and where.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Worst {
    /// In units in the last place of the true value; infinite where what is special is not so.
    pub ulp: f64,
    /// The arguments.
    pub at: Vec<f64>,
    /// What was found.
    pub found: f64,
    /// What is true.
    pub truth: f64,
    /// How many values were looked at.
    pub count: u64,
    /// How many of them were held against balls.
    pub sure: u64,
    /// The largest error that balls have told, or confirmed.
    confirmed: f64,
}

/// Errors that are larger by less than this than one that balls have confirmed are believed: they grow evenly over millions of
/// neighbours.
const SLIGHT: f64 = 1.0 / 128.0;

impl Worst {
    /// The worse of two, of all that either looked at.
    #[must_use]
    pub fn or(self, other: Worst) -> Worst {
        let (count, sure) = (self.count + other.count, self.sure + other.sure);
        let confirmed = self.confirmed.max(other.confirmed);
        let worse = if other.ulp > self.ulp { other } else { self };
        Worst { count, sure, confirmed, ..worse }
    }
}

/// What there is of a precision: its least normal number is 2 to the `least`, and numbers have so many digits.
#[derive(Clone, Copy)]
struct Format {
    least: i32,
    digits: i32,
    most: f64,
}

const SINGLE: Format = Format { least: -126, digits: 24, most: f32::MAX as f64 };
const DOUBLE: Format = Format { least: -1022, digits: 53, most: f64::MAX };

impl Format {
    /// The distance of two neighbours around a number.
    fn unit(self, x: f64) -> f64 {
        // A double knows its exponent; below the least normal one there is none.
        let exponent = ((x.abs().to_bits() >> 52) as i32 - 1023).max(self.least);
        // In two steps, as the unit of a small number is subnormal itself.
        2f64.powi(exponent) * 2f64.powi(1 - self.digits)
    }

    fn neighbours(self, x: f64) -> [f64; 2] {
        if self.digits == SINGLE.digits {
            let x = x as f32;
            [f64::from(x.next_down()), f64::from(x.next_up())]
        } else {
            [x.next_down(), x.next_up()]
        }
    }

    /// Are both special in the same way? None where the truth is nothing special.
    fn special(self, found: f64, truth: f64) -> Option<bool> {
        if truth.is_nan() {
            return Some(found.is_nan());
        }
        // What rounds to the largest number may round to infinity.
        let overflows = truth.is_infinite() || truth.abs() > self.most;
        match found.is_finite() {
            false => Some(!found.is_nan() && overflows && (found > 0.0) == (truth > 0.0)),
            true if truth.is_infinite() => {
                Some(found.abs() >= self.most * (1.0 - 1e-6) && (found > 0.0) == (truth > 0.0))
            }
            true if truth == 0.0 && found == 0.0 => Some(true),
            true => None,
        }
    }
}

/// A primitive as a program of one loop.
struct Compute<T: EngineReal> {
    program: Compiled<T>,
    workspace: Workspace<T>,
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
        Ok(Compute { workspace: program.workspace(), program })
    }

    fn run(&mut self, args: &[Vec<T>], out: &mut [T]) -> Result<(), String> {
        let given: Vec<&[T]> = args.iter().map(Vec::as_slice).collect();
        let sizes = [("n", out.len())];
        self.program.run(&mut self.workspace, &sizes, &given, &mut [], &mut [out]).map_err(|e| e.to_string())
    }
}

/// How a value is judged.
struct Judge {
    primitive: Primitive,
    format: Format,
}

impl Judge {
    /// The error by a double that is near the truth.
    fn by(&self, args: &[f64], found: f64, about: f64) -> f64 {
        // Signs of zeros are those of zeros, and of nothing that is too small to be told.
        let signs = found == 0.0 && about == 0.0 && args.iter().any(|x| *x == 0.0 || x.is_infinite());
        match self.format.special(found, about) {
            Some(right) => right_or_lost(right && (!signs || found.is_sign_negative() == about.is_sign_negative())),
            None => (found - about).abs() / self.unit(args, about),
        }
    }

    /// The unit that counts.
    fn unit(&self, args: &[f64], about: f64) -> f64 {
        let own = self.format.unit(about);
        let (Some(last), true) = (args.last(), self.primitive.row().ulp.beside_zeros) else { return own };
        let change = |x: f64| {
            let mut args = args.to_vec();
            args[self.primitive.arity() - 1] = x;
            (self.primitive.evaluate(&args) - about).abs()
        };
        let [below, above] = self.format.neighbours(*last).map(change);
        own.max(below.min(above))
    }

    /// The error and the truth by balls, where they know it.
    fn surely(&self, args: &[f64], found: f64, about: f64) -> Option<(f64, f64)> {
        // At infinities and at zeros with a sign, which no rational has, the row's own value is the truth.
        let at_edge = args.iter().any(|x| !x.is_finite() || (*x == 0.0 && x.is_sign_negative()));
        let far = args.iter().any(|x| x.abs() > LARGE) && !about.is_finite();
        if at_edge || far {
            return None;
        }
        let bits = if args.iter().any(|x| x.abs() > FAR) { 2400 } else { 256 };
        let exact = |x: f64| Precise::new(Number::from_f64(x).unwrap_or(Number::ZERO), bits).rounding();
        let all: Vec<Precise> = args.iter().map(|x| exact(*x)).collect();
        let truth = self.primitive.evaluate(&all);
        if !truth.is_finite() {
            return None;
        }
        let near = truth.approximate();
        if let Some(right) = self.format.special(found, near) {
            return Some((right_or_lost(right), near));
        }
        let unit = self.unit(args, near);
        // A unit of a small number is too small to be divided by.
        let factor = if unit < 1e-290 { 2f64.powi(200) } else { 1.0 };
        let off = ((truth - exact(found)) * exact(factor)).approximate().abs() / (unit * factor);
        Some((off, near))
    }
}

fn right_or_lost(right: bool) -> f64 {
    if right { 0.0 } else { f64::INFINITY }
}

impl Worst {
    /// Looks at a value: by balls where it would be the worst, or where that is asked for.
    fn see(&mut self, judge: &Judge, args: &[f64], found: f64, about: f64, sure: bool) {
        let mut seen = (judge.by(args, found, about), about);
        let is_known = seen.0 <= self.confirmed + SLIGHT;
        if (sure || !is_known)
            && let Some(known) = judge.surely(args, found, about)
        {
            self.sure += 1;
            self.confirmed = self.confirmed.max(known.0);
            seen = known;
        }
        // What cannot be compared is as bad as can be.
        let ulp = if seen.0.is_nan() { f64::INFINITY } else { seen.0 };
        if ulp > self.ulp {
            (self.ulp, self.at, self.found, self.truth) = (ulp, args.to_vec(), found, seen.1);
        }
    }
}

/// A number that looks like nothing, the same for the same number.
fn mixed(mut k: u64) -> u64 {
    k = (k ^ (k >> 31)).wrapping_mul(0x7fb5_d329_728e_a185);
    k = (k ^ (k >> 27)).wrapping_mul(0x81da_def4_bc2d_d44d);
    k ^ (k >> 33)
}

/// The error in single precision at each level, over every `stride`-th number from the `first` up to the `end`; the arguments
/// of a function of several go through all numbers in orders of their own.
///
/// # Errors
/// Where the primitive does not compile.
pub fn single(
    primitive: Primitive,
    levels: &[Level],
    numbers: std::ops::Range<u64>,
    stride: u64,
) -> Result<Vec<Worst>, String> {
    let mut reference = Compute::<f64>::new(primitive, Level::best())?;
    let mut computes: Vec<Compute<f32>> =
        levels.iter().map(|level| Compute::new(primitive, *level)).collect::<Result<_, _>>()?;
    let mut worst = vec![Worst::default(); levels.len()];
    let judge = Judge { primitive, format: SINGLE };
    let sure = ((numbers.end - numbers.start) / stride / SURE).max(1);
    let mut done = 0;
    let mut next = numbers.start;
    while next < numbers.end {
        let bits: Vec<u64> = (0..TOGETHER as u64).map(|k| next + k * stride).take_while(|b| *b < numbers.end).collect();
        next += stride * TOGETHER as u64;
        let arity = primitive.arity() as u64;
        let args: Vec<Vec<f32>> = (0..arity).map(|k| bits.iter().map(|b| argument(*b, k, arity)).collect()).collect();
        let wide: Vec<Vec<f64>> = args.iter().map(|all| all.iter().map(|x| f64::from(*x)).collect()).collect();
        let mut about = vec![0.0; bits.len()];
        reference.run(&wide, &mut about)?;
        let mut found = vec![0.0; bits.len()];
        for (compute, worst) in computes.iter_mut().zip(&mut worst) {
            compute.run(&args, &mut found)?;
            worst.count += bits.len() as u64;
            let look = |at: std::ops::Range<usize>, worst: &mut Worst| {
                for k in at {
                    let (found, about, sure) = (f64::from(found[k]), about[k], (done + k as u64).is_multiple_of(sure));
                    if sure || !passes(found, about, worst.ulp) {
                        let own: Vec<f64> = wide.iter().map(|all| all[k]).collect();
                        worst.see(&judge, &own, found, about, sure);
                    }
                }
            };
            // Most are nothing new, which is seen without a branch.
            for start in (0..found.len()).step_by(BLOCK) {
                let at = start..(start + BLOCK).min(found.len());
                let pairs = found[at.clone()].iter().zip(&about[at.clone()]);
                let is_calm = pairs.fold(true, |calm, (f, a)| calm & passes(f64::from(*f), *a, worst.ulp));
                let has_sure = (done + at.start as u64).next_multiple_of(sure) < done + at.end as u64;
                if !is_calm || has_sure {
                    look(at, worst);
                }
            }
        }
        done += bits.len() as u64;
    }
    Ok(worst)
}

/// Is a single no farther from a double than so many units, by a bound that is a power of two at most below the unit, and alike
/// where it is special?
fn passes(found: f64, about: f64, ulp: f64) -> bool {
    let least = (0.5f64).powi(24) * about.abs();
    let has_sign = (found.to_bits() ^ about.to_bits()) >> 63 == 0;
    let is_near = (found == about) | ((found - about).abs() <= ulp * least);
    (found.is_nan() & about.is_nan()) | (has_sign & is_near)
}

/// An argument of a function: all numbers in turn where it is the only one, else all of them, small whole numbers and those
/// of a size that most functions are at home in.
fn argument(bits: u64, k: u64, arity: u64) -> f32 {
    let drawn = mixed(bits + (k << 32));
    // One that signals becomes quiet in double precision, and some functions tell these apart.
    let number = |bits: u64| match f32::from_bits(bits as u32) {
        x if x.is_nan() => f32::NAN.copysign(x),
        x => x,
    };
    match drawn >> 62 {
        _ if arity == 1 => number(bits),
        0 => (drawn % 16) as f32 - 3.0,
        1 => (drawn as u32 as f32 / u32::MAX as f32 - 0.5) * 80.0,
        _ if k == 0 => number(bits),
        _ => number(drawn),
    }
}

/// The error in double precision at each level, at so many numbers: of every magnitude and both signs, around 0 and 1, and
/// what is special.
///
/// # Errors
/// As [`single`].
pub fn double(primitive: Primitive, levels: &[Level], count: u64) -> Result<Vec<Worst>, String> {
    let args: Vec<Vec<f64>> = (0..primitive.arity() as u64).map(|k| points(count, k)).collect();
    let judge = Judge { primitive, format: DOUBLE };
    let at = |k: usize| -> Vec<f64> { args.iter().map(|all| all[k]).collect() };
    let about: Vec<f64> = (0..args[0].len()).map(|k| primitive.evaluate(&at(k))).collect();
    let mut worst = Vec::new();
    let mut before: Option<Vec<f64>> = None;
    for level in levels {
        let mut found = vec![0.0; about.len()];
        Compute::<f64>::new(primitive, *level)?.run(&args, &mut found)?;
        let mut own: Worst = worst.last().cloned().unwrap_or_default();
        own.count = 0;
        for (k, (found, about)) in found.iter().zip(&about).enumerate() {
            own.count += 1;
            // Levels mostly find the same.
            let new = before.as_ref().is_none_or(|b: &Vec<f64>| b[k].to_bits() != found.to_bits());
            if new {
                own.see(&judge, &at(k), *found, *about, true);
            }
        }
        before = Some(found);
        worst.push(own);
    }
    Ok(worst)
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
        match (seed >> 1) % 7 {
            // Of every magnitude.
            0 => f64::from_bits(part),
            1 => sign * 10f64.powf(600.0 * share - 300.0),
            // Where functions do most of what they do.
            2 => sign * share,
            3 => 1.0 + sign * share * 10f64.powi(-((seed >> 8) as i32 & 15)),
            4 => sign * 40.0 * share,
            5 => (part % 16) as f64 - 3.0,
            _ => sign * 800.0 * share,
        }
    };
    let turned = (0..SPECIAL.len()).map(|k| SPECIAL[(k * (1 + 2 * argument as usize)) % SPECIAL.len()]);
    turned.chain((0..count).map(own)).collect()
}

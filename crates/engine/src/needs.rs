//! The memory that a program needs, before it has any.

use std::fmt;

use wrt_core::Graph;
use wrt_lanes::Element;
use wrt_plan::{Buffer, Program};

/// Arrays that are named where memory is short.
const NAMED: usize = 3;

/// Bytes that a program needs at some sizes.
///
/// ```
/// use wrt_core::{Assumptions, Graph, Role};
/// use wrt_engine::Compiled;
/// let mut g = Graph::new();
/// let n = g.dim_name("n");
/// let x = g.tensor_symbol("x", Role::Data, &[n], Assumptions::default());
/// let square = g.elementwise(&[x, x]);
/// let program = Compiled::<f64>::new(&g, &[(square, None)], &[x]).unwrap();
/// let needs = program.needs(&[("n", 1000)], 1).unwrap();
/// assert_eq!((needs.inputs, needs.results, needs.largest[1].clone()), (8000, 8000, ("x".into(), 8000)));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Needs {
    /// What it reads, and what is replaced.
    pub inputs: u64,
    /// What it computes.
    pub results: u64,
    /// What lies between, by the places that arrays share.
    pub between: u64,
    /// How many arrays are computed again, since holding them would need more.
    pub recomputed: usize,
    /// Its largest arrays by their names, the largest first.
    pub largest: Vec<(String, u64)>,
}

impl Needs {
    pub(crate) fn of<T: Element>(plan: &Program, graph: &Graph, between: usize) -> Needs {
        Needs::of_plan::<T>(plan, wrt_plan::names(plan, graph), between)
    }

    /// The same of a plan whose arrays have these names.
    pub(crate) fn of_plan<T: Element>(plan: &Program, names: Vec<String>, between: usize) -> Needs {
        let bytes = |entries: usize| (entries as u64).saturating_mul(T::BYTES as u64);
        let (mut inputs, mut results) = (0u64, 0u64);
        let mut largest: Vec<(String, u64)> = Vec::new();
        let mut names = names.into_iter();
        for (buffer, entries) in plan.buffers.iter().zip(&plan.entries) {
            let own = bytes(*entries);
            match buffer {
                Buffer::Input(_) => inputs = inputs.saturating_add(own),
                Buffer::Result(_) => results = results.saturating_add(own),
                Buffer::Temporary { .. } | Buffer::Local => {}
            }
            largest.extend(names.next().map(|name| (name, own)));
        }
        largest.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        largest.truncate(NAMED);
        let recomputed = plan.recomputed.as_ref().map_or(0, |r| r.arrays.len());
        Needs { inputs, results, between: bytes(between), recomputed, largest }
    }

    /// All of it.
    pub fn total(&self) -> u64 {
        self.inputs.saturating_add(self.results).saturating_add(self.between)
    }
}

impl fmt::Display for Needs {
    /// How much, for what, which arrays are largest, and how many are computed again.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [all, inputs, results, between] = [self.total(), self.inputs, self.results, self.between].map(size);
        write!(f, "{all}: {inputs} for what it reads, {results} for results, {between} for what lies between")?;
        let largest: Vec<String> = self.largest.iter().map(|(name, n)| format!("{name} {}", size(*n))).collect();
        if !largest.is_empty() {
            write!(f, "; the largest arrays are {}", largest.join(", "))?;
        }
        match self.recomputed {
            0 => Ok(()),
            1 => f.write_str("; 1 array is computed again and not held"),
            n => write!(f, "; {n} arrays are computed again and not held"),
        }
    }
}

/// So many bytes in the unit in which they are a short number.
///
/// ```
/// assert_eq!(wrt_engine::size(512), "512 B");
/// assert_eq!(wrt_engine::size(3 << 29), "1.5 GiB");
/// ```
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let exponent = (u64::BITS - 1 - bytes.max(1).leading_zeros()) as usize / 10;
    match exponent.checked_sub(1).and_then(|k| UNITS.get(k)) {
        Some(unit) => format!("{:.1} {unit}", bytes as f64 / 1024f64.powi(exponent as i32)),
        None => format!("{bytes} B"),
    }
}

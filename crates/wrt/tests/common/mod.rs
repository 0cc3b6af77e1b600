//! Operations applied to the arrays of a sample, in doubles and in many digits, and nudged.

pub mod random;

use wrt::session::Session;
use wrt_core::operations::Sample;
use wrt_core::{Array, Dim, Graph, Id, Number, Role};
use wrt_language::Scope;
use wrt_run::{Point, Precise, evaluate};

/// Nudges are 2⁻⁵⁰, so that the quotient of both sides is right to 2⁻¹⁰⁰ of the third derivative.
const NUDGE: u32 = 50;

/// Precision of nudged values.
const BITS: u32 = 192;

/// An operation on free names, with a value for each.
pub struct Applied {
    pub graph: Graph,
    pub args: Vec<Id>,
    pub value: Id,
    pub at: Vec<(Id, Array<f64>)>,
}

const NAMES: [&str; 8] = ["a", "b", "c", "p", "q", "r", "s", "t"];

impl Applied {
    /// A sample's operation, or why the shapes don't fit.
    pub fn new(sample: &Sample) -> Result<Applied, String> {
        let mut graph = Graph::new();
        let mut at = Vec::new();
        for (array, name) in sample.arrays()?.into_iter().zip(NAMES) {
            let dims: Vec<Dim> = array.shape.iter().map(|n| graph.dim_size(*n as u64)).collect();
            at.push((graph.tensor_symbol(name, Role::Variable, &dims, Default::default()), array));
        }
        let args: Vec<Id> = at.iter().map(|(id, _)| *id).collect();
        let value = graph.operation(sample.operation.clone(), &args).map_err(|e| e.to_string())?;
        Ok(Applied { graph, args, value, at })
    }

    /// A new name with the shape of a node.
    pub fn like(&mut self, id: Id) -> Id {
        let (name, dims) = (format!("name {}", self.graph.len()), self.graph.dims(id).to_vec());
        self.graph.tensor_symbol(&name, Role::Variable, &dims, Default::default())
    }

    pub fn dims(&self) -> Vec<&[Dim]> {
        self.args.iter().map(|a| self.graph.dims(*a)).collect()
    }

    pub fn shape(&self, id: Id) -> Vec<usize> {
        let size = |d: &Dim| self.graph.dimension(*d).as_size().unwrap() as usize;
        self.graph.dims(id).iter().map(size).collect()
    }

    pub fn try_doubles(&self, root: Id) -> Result<Array<f64>, String> {
        evaluate(&self.graph, &[root], &Point { values: self.at.clone(), sizes: Vec::new() }, &0.0)
            .map(|mut v| v.remove(0))
            .map_err(|e| e.to_string())
    }

    pub fn doubles(&self, root: Id, more: &[(Id, Array<f64>)]) -> Array<f64> {
        let at = [&self.at[..], more].concat();
        evaluate(&self.graph, &[root], &Point { values: at, sizes: Vec::new() }, &0.0).unwrap().remove(0)
    }

    fn exactly(&self, root: Id, at: &[(Id, Array<Number>)]) -> Array<Precise> {
        let like = Precise::settling(Number::ONE, BITS);
        let number = |n: &Number| Precise::settling(n.clone(), BITS);
        let at: Vec<(Id, Array<Precise>)> = at.iter().map(|(id, a)| (*id, each(a, number))).collect();
        evaluate(&self.graph, &[root], &Point { values: at, sizes: Vec::new() }, &like).unwrap().remove(0)
    }

    /// A value in many digits.
    pub fn precisely(&self, root: Id, more: &[(Id, Array<f64>)]) -> Array<f64> {
        use wrt_core::Real;
        let at = [&self.at[..], more].concat();
        let at: Vec<(Id, Array<Number>)> = at.iter().map(|(id, a)| (*id, each(a, exact))).collect();
        each(&self.exactly(root, &at), |x| if x.is_finite() { x.approximate() } else { f64::NAN })
    }

    /// The slopes of `root` to the left and to the right, where `x` moves along `direction`.
    pub fn nudged(&self, root: Id, x: Id, direction: &Array<f64>) -> (Array<f64>, Array<f64>) {
        use wrt_core::Real;
        let step = Number::ratio(1, 1 << NUDGE).unwrap();
        let value = |scale: &Number| {
            let moved = |(id, a): &(Id, Array<f64>)| {
                let mut own = each(a, exact);
                if *id == x {
                    let along = direction.data.iter().map(exact);
                    own.data.iter_mut().zip(along).for_each(|(a, d)| *a = &*a + &(&d * scale));
                }
                (*id, own)
            };
            self.exactly(root, &self.at.iter().map(moved).collect::<Vec<_>>())
        };
        let (up, here, down) = (value(&step), value(&Number::ZERO), value(&-&step));
        let over = |a: &Array<Precise>, b: &Array<Precise>, h: &Number| {
            let h = Precise::new(h.clone(), BITS);
            let slope = |(a, b): (&Precise, &Precise)| ((a.clone() - b.clone()) / h.clone()).approximate();
            Array { shape: a.shape.clone(), data: a.data.iter().zip(&b.data).map(slope).collect() }
        };
        let (left, right) = (over(&here, &down, &step), over(&up, &here, &step));
        let both = over(&up, &down, &(&step + &step));
        // Without a kink the quotient of both sides is far nearer to the slope than either.
        let most = scale(left.data.iter().chain(&right.data).copied());
        let smooth = left.data.iter().zip(&right.data).all(|(l, r)| (l - r).abs() <= 1e-9 * most);
        if smooth { (both.clone(), both) } else { (left, right) }
    }

    /// The value of a text about the same names.
    pub fn read(&self, text: &str) -> Result<Array<f64>, String> {
        let sizes: Vec<Vec<String>> =
            self.at.iter().map(|(_, a)| a.shape.iter().map(usize::to_string).collect()).collect();
        let shapes: Vec<(&str, Vec<&str>)> =
            NAMES.into_iter().zip(sizes.iter().map(|s| s.iter().map(String::as_str).collect())).collect();
        let scope = Scope { shapes: &shapes, ..Scope::default() };
        let mut session = Session::parse(text, &scope).map_err(|e| format!("{e:?}"))?;
        let mut at = Vec::new();
        for ((_, array), name) in self.at.iter().zip(NAMES) {
            if session.document().free_names().iter().any(|n| n == name) {
                at.push((session.variable(name).map_err(|e| format!("{e:?}"))?, array.clone()));
            }
        }
        let root = session.document().root();
        evaluate(session.graph(), &[root], &Point { values: at, sizes: Vec::new() }, &0.0)
            .map(|mut v| v.remove(0))
            .map_err(|e| e.to_string())
    }
}

fn exact(x: &f64) -> Number {
    Number::from_f64(*x).expect("a nudged sample is finite")
}

fn each<A, B>(array: &Array<A>, f: impl Fn(&A) -> B) -> Array<B> {
    Array { shape: array.shape.clone(), data: array.data.iter().map(f).collect() }
}

/// Multiples of 1/8 that look like chance, the same every time.
pub fn random(shape: &[usize], seed: u64) -> Array<f64> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let x = ((state >> 33) % 31) as f64 - 15.0;
        if x == 0.0 { 2.0 } else { x / 8.0 }
    };
    Array { shape: shape.to_vec(), data: (0..shape.iter().product()).map(|_| next()).collect() }
}

/// 1 at one entry.
pub fn unit(shape: &[usize], k: usize) -> Array<f64> {
    Array { shape: shape.to_vec(), data: (0..shape.iter().product()).map(|j| f64::from(u8::from(j == k))).collect() }
}

pub fn dot(a: &Array<f64>, b: &Array<f64>) -> f64 {
    a.data.iter().zip(&b.data).filter(|(x, y)| **x != 0.0 && **y != 0.0).map(|(x, y)| x * y).sum()
}

/// The largest magnitude, which differences are measured by; slopes that are all 0 by 1.
pub fn scale(values: impl Iterator<Item = f64>) -> f64 {
    let most = values.map(f64::abs).fold(0.0, f64::max);
    if most < 1e-9 { 1.0 } else { most }
}

/// Equal, or both not numbers, in every entry.
pub fn same(a: &Array<f64>, b: &Array<f64>) -> bool {
    let equal = |(x, y): (&f64, &f64)| x == y || x.is_nan() && y.is_nan() || (x - y).abs() <= 1e-12 * x.abs();
    a.shape == b.shape && a.data.iter().zip(&b.data).all(equal)
}

/// An array as the samples have it: sizes, a bar, entries.
pub fn array(text: &str) -> Array<f64> {
    let (shape, data) = text.split_once('|').unwrap_or_else(|| panic!("`{text}` is no array"));
    let sizes = shape.trim().split('x').filter(|n| !n.is_empty());
    let shape = sizes.map(|n| n.parse().unwrap()).collect();
    Array { shape, data: data.split_whitespace().map(|x| x.parse().unwrap()).collect() }
}

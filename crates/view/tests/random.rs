//! Printed formulas of random contractions, read with NumPy's meanings, have the values of the nodes.

use crate::naive::{Tensor, Values, evaluate, read};
use wrt_core::{Assumptions, Dim, Graph, Id, Number, Primitive, Role, Term};
use wrt_view::{Form, print};

/// Xorshift: the same cases on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 20) as usize % n
    }

    fn real(&mut self) -> f64 {
        0.5 + self.below(1000) as f64 / 1000.0
    }
}

/// Symbols of every shape over m, n, k, twice.
struct Pool {
    g: Graph,
    dims: [Dim; 3],
    values: Values,
}

impl Pool {
    fn new(random: &mut Random) -> Pool {
        let mut g = Graph::new();
        let names = ["m", "n", "k"];
        let dims = names.map(|name| g.dim_name(name));
        let mut values = Values::new();
        for (name, size) in names.iter().zip([2.0, 3.0, 4.0]) {
            values.insert(name.to_string(), Tensor::scalar(size));
        }
        let mut pool = Pool { g, dims, values };
        let shapes: Vec<Vec<usize>> = (0..3).flat_map(|a| [vec![a], vec![a, 0], vec![a, 1], vec![a, 2]]).collect();
        for shape in shapes.into_iter().chain([Vec::new()]) {
            for copy in ["", "2"] {
                let letters: String = shape.iter().map(|k| names[*k]).collect();
                let name = format!("{}{letters}{copy}", ["c", "v", "M"][shape.len()]);
                let sizes: Vec<usize> = shape.iter().map(|k| [2, 3, 4][*k]).collect();
                pool.values.insert(name.clone(), Tensor::fill(&sizes, |_| random.real()));
                let dims: Vec<Dim> = shape.iter().map(|k| pool.dims[*k]).collect();
                pool.g.tensor_symbol(&name, Role::Variable, &dims, Assumptions::default());
            }
        }
        pool
    }

    fn symbol(&mut self, shape: &[usize], random: &mut Random) -> Id {
        let letters: String = shape.iter().map(|k| ["m", "n", "k"][*k]).collect();
        let name = format!("{}{letters}{}", ["c", "v", "M"][shape.len()], ["", "2"][random.below(2)]);
        self.g.find_symbol(&name).unwrap()
    }

    /// A contraction, a sum or a function whose value has this shape.
    fn formula(&mut self, shape: &[usize], depth: usize, random: &mut Random) -> Id {
        if depth == 0 {
            return self.symbol(shape, random);
        }
        match random.below(8) {
            0 => self.symbol(shape, random),
            1 => {
                let a = self.formula(shape, depth - 1, random);
                self.g.map(Primitive::Exp, &[a])
            }
            2 => {
                let a = self.formula(shape, depth - 1, random);
                let exponent = self.g.integer([-1, 2, -2][random.below(3)]);
                self.g.map(Primitive::Pow, &[a, exponent])
            }
            3 | 4 => {
                let terms: Vec<Term> = (0..2 + random.below(2))
                    .map(|_| {
                        let scalar = random.below(5) == 0;
                        let node = self.formula(if scalar { &[] } else { shape }, depth - 1, random);
                        let (p, q) = ([1, -1, 2, -2, 3][random.below(5)], [1, 1, 1, 2, 3][random.below(5)]);
                        Term::new(Number::ratio(p, q).unwrap(), node)
                    })
                    .collect();
                let full = self.symbol(shape, random);
                let terms = [&terms[..], &[Term::one(full)]].concat();
                self.g.sum(&terms)
            }
            _ => self.contraction(shape, depth, random),
        }
    }

    fn contraction(&mut self, shape: &[usize], depth: usize, random: &mut Random) -> Id {
        // Labels 0.. are the output's, then up to three that are summed.
        let mut kinds: Vec<usize> = shape.to_vec();
        kinds.extend((0..random.below(3)).map(|_| random.below(3)));
        let mut output: Vec<u8> = (0..shape.len() as u8).collect();
        if shape.len() == 2 && shape[0] == shape[1] && random.below(6) == 0 {
            output[1] = 0;
        }
        let mut factors = Vec::new();
        let mut labels: Vec<Vec<u8>> = Vec::new();
        for _ in 0..1 + random.below(4) {
            let rank = if kinds.is_empty() { 0 } else { random.below(3) };
            let own: Vec<u8> = (0..rank).map(|_| random.below(kinds.len()) as u8).collect();
            let own_shape: Vec<usize> = own.iter().map(|l| kinds[*l as usize]).collect();
            factors.push(self.formula(&own_shape, depth - 1, random));
            labels.push(own);
        }
        let dims: Vec<Dim> = kinds.iter().map(|k| self.dims[*k]).collect();
        let labels: Vec<&[u8]> = labels.iter().map(Vec::as_slice).collect();
        self.g.einsum(&factors, &labels, &output, &dims)
    }
}

fn agree(a: &Tensor, b: &Tensor) -> bool {
    a.dims == b.dims
        && a.data
            .iter()
            .zip(&b.data)
            .all(|(x, y)| x == y || !x.is_finite() || (x - y).abs() <= 1e-9 * x.abs().max(y.abs()).max(1.0))
}

/// The value of what is printed; the parts are values by their names.
fn printed_value(pool: &Pool, id: Id, form: Form) -> (String, Tensor) {
    let printed = print(&pool.g, id, form);
    assert_eq!(printed.refused, None);
    let line = printed.line();
    let mut values = pool.values.clone();
    for (name, text) in &printed.bindings {
        assert!(!name.contains('['), "{line}");
        let value = read(text, &values);
        values.insert(name.clone(), value);
    }
    if printed.indices.is_empty() {
        let value = read(&printed.result, &values);
        return (line, value);
    }
    let sizes: Vec<usize> = pool
        .g
        .dims(id)
        .iter()
        .map(|d| match pool.g.dimension(*d).as_name() {
            Some(name) => pool.values[name].data[0] as usize,
            None => 0,
        })
        .collect();
    let value = Tensor::fill(&sizes, |place| {
        for (index, k) in printed.indices.iter().zip(place) {
            values.insert(index.clone(), Tensor::scalar(*k as f64));
        }
        read(&printed.result, &values).data[0]
    });
    (line, value)
}

fn check(seed: u64, count: usize, depth: usize, forms: &[Form]) {
    let mut random = Random(seed);
    let mut in_matrices = 0;
    for case in 0..count {
        let mut pool = Pool::new(&mut random);
        let shape: Vec<usize> = (0..random.below(3)).map(|_| random.below(3)).collect();
        let id = pool.contraction(&shape, depth, &mut random);
        let want = evaluate(&pool.g, id, &pool.values);
        for form in forms {
            let (line, found) = printed_value(&pool, id, *form);
            assert!(agree(&want, &found), "case {case}, {form:?}: {line}\n{want:?}\n{found:?}");
            let mathml = print(&pool.g, id, Form::MathMl).result;
            assert!(!mathml.starts_with("<math><mtext>"), "{}", print(&pool.g, id, Form::Latex).result);
            in_matrices += (*form == Form::Text && !line.contains("sum[")) as usize;
        }
    }
    println!("{in_matrices} of {count} in matrix notation");
}

#[test]
fn contractions_of_symbols() {
    check(0x9e37_79b9_7f4a_7c15, 3000, 1, &[Form::Text, Form::NumPy, Form::Index]);
}

#[test]
fn nested_formulas() {
    check(0x1234_5678_9abc_def1, 1500, 3, &[Form::Text, Form::NumPy, Form::Index]);
}

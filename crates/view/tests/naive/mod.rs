//! A naive reader of printed formulas with NumPy's meanings, and a naive evaluator of nodes to compare it with.

use std::collections::HashMap;

use wrt_core::{Graph, Id, Node};

/// A dense array.
#[derive(Clone, Debug)]
pub struct Tensor {
    pub dims: Vec<usize>,
    pub data: Vec<f64>,
}

/// What names stand for, sizes of dimensions included.
pub type Values = HashMap<String, Tensor>;

impl Tensor {
    pub fn scalar(x: f64) -> Tensor {
        Tensor { dims: Vec::new(), data: vec![x] }
    }

    /// The array whose entry at each place is what the function says.
    pub fn fill(dims: &[usize], mut entry: impl FnMut(&[usize]) -> f64) -> Tensor {
        let mut data = Vec::new();
        each_place(dims, |place| data.push(entry(place)));
        Tensor { dims: dims.to_vec(), data }
    }

    fn at(&self, place: &[usize]) -> f64 {
        self.data[place.iter().zip(&self.dims).fold(0, |at, (p, d)| at * d + p)]
    }

    fn map(&self, f: impl Fn(f64) -> f64) -> Tensor {
        Tensor { dims: self.dims.clone(), data: self.data.iter().map(|x| f(*x)).collect() }
    }

    /// The entry at a place of a larger array, trailing axes aligned.
    fn spread(&self, place: &[usize]) -> f64 {
        let own: Vec<usize> = place[place.len() - self.dims.len()..]
            .iter()
            .zip(&self.dims)
            .map(|(p, d)| if *d == 1 { 0 } else { *p })
            .collect();
        self.at(&own)
    }

    fn zip(&self, other: &Tensor, f: impl Fn(f64, f64) -> f64) -> Tensor {
        let rank = self.dims.len().max(other.dims.len());
        let dim = |t: &Tensor, k: usize| (k + t.dims.len()).checked_sub(rank).map_or(1, |k| t.dims[k]);
        let dims: Vec<usize> = (0..rank)
            .map(|k| {
                let (a, b) = (dim(self, k), dim(other, k));
                assert!(a == b || a == 1 || b == 1, "{:?} against {:?}", self.dims, other.dims);
                a.max(b)
            })
            .collect();
        Tensor::fill(&dims, |place| f(self.spread(place), other.spread(place)))
    }

    fn matmul(&self, other: &Tensor) -> Tensor {
        let (a, b) = (self.dims.len(), other.dims.len());
        assert!((1..=2).contains(&a) && (1..=2).contains(&b), "{:?} @ {:?}", self.dims, other.dims);
        assert_eq!(self.dims[a - 1], other.dims[0], "{:?} @ {:?}", self.dims, other.dims);
        let dims = [&self.dims[..a - 1], &other.dims[1..]].concat();
        Tensor::fill(&dims, |place| {
            (0..other.dims[0])
                .map(|k| self.at(&[&place[..a - 1], &[k]].concat()) * other.at(&[&[k], &place[a - 1..]].concat()))
                .sum()
        })
    }

    fn transposed(&self) -> Tensor {
        match *self.dims.as_slice() {
            [m, n] => Tensor::fill(&[n, m], |p| self.at(&[p[1], p[0]])),
            _ => self.clone(),
        }
    }

    fn sum(&self, axis: Option<usize>) -> Tensor {
        let Some(axis) = axis else { return Tensor::scalar(self.data.iter().sum()) };
        let mut dims = self.dims.clone();
        let size = dims.remove(axis);
        Tensor::fill(&dims, |place| {
            (0..size)
                .map(|k| {
                    let mut whole = place.to_vec();
                    whole.insert(axis, k);
                    self.at(&whole)
                })
                .sum()
        })
    }
}

fn each_place(dims: &[usize], mut visit: impl FnMut(&[usize])) {
    let mut place = vec![0; dims.len()];
    loop {
        visit(&place);
        let Some(k) = (0..dims.len()).rev().find(|&k| place[k] + 1 < dims[k]) else { return };
        place[k] += 1;
        place[k + 1..].fill(0);
    }
}

/// The value of a node by its definition.
pub fn evaluate(g: &Graph, id: Id, values: &Values) -> Tensor {
    match g.node(id) {
        Node::Number(n) => Tensor::scalar(n.to_f64()),
        Node::Symbol(s) => values[&s.name].clone(),
        Node::Sum(terms) => {
            let own = sizes(g, id, values);
            terms.iter().fold(Tensor::fill(&own, |_| 0.0), |sum, t| {
                sum.zip(&evaluate(g, t.node, values), |a, b| a + t.coefficient.to_f64() * b)
            })
        }
        Node::Map(p, args) => {
            let own = sizes(g, id, values);
            let args: Vec<Tensor> = args.iter().map(|a| evaluate(g, *a, values)).collect();
            Tensor::fill(&own, |place| {
                let entry = |a: &Tensor| if a.dims.is_empty() { a.data[0] } else { a.at(place) };
                p.evaluate(&args.iter().map(entry).collect::<Vec<f64>>())
            })
        }
        Node::Contraction(factors, labels) => {
            let labels = g.labels(labels);
            let dims: Vec<usize> = labels.dims.iter().map(|d| size(g, *d, values)).collect();
            let factors: Vec<Tensor> = factors.iter().map(|f| evaluate(g, *f, values)).collect();
            let pick = |own: &[u8], place: &[usize]| own.iter().map(|l| place[*l as usize]).collect::<Vec<usize>>();
            let mut total = Tensor::fill(&sizes(g, id, values), |_| 0.0);
            each_place(&dims, |place| {
                let own = labels.factors.iter().zip(&factors);
                let product: f64 =
                    own.map(|(own, f)| if own.is_empty() { f.data[0] } else { f.at(&pick(own, place)) }).product();
                let at = pick(&labels.output, place).iter().zip(&total.dims).fold(0, |at, (p, d)| at * d + p);
                total.data[at] += product;
            });
            if labels.dims.is_empty() {
                total.data[0] = factors.iter().map(|f| f.data[0]).product();
            }
            total
        }
        _ => panic!("not evaluated here"),
    }
}

fn size(g: &Graph, dim: wrt_core::Dim, values: &Values) -> usize {
    g.dimension(dim).evaluate(|name| Some(values[name].data[0] as u64)).unwrap() as usize
}

fn sizes(g: &Graph, id: Id, values: &Values) -> Vec<usize> {
    g.dims(id).iter().map(|d| size(g, *d, values)).collect()
}

/// The value of a text.
pub fn read(text: &str, values: &Values) -> Tensor {
    let mut reader = Reader { tokens: tokens(text), at: 0, values: values.clone(), text };
    let value = reader.sum();
    assert_eq!(reader.peek(), "", "{text}");
    value
}

fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let word = |c: char| c.is_alphanumeric() || c == '.' || c == '_';
    for c in text.chars().filter(|c| *c != '"') {
        match tokens.last_mut() {
            Some(last) if word(c) && last.chars().all(word) => last.push(c),
            Some(last) if c == '*' && last == "*" => last.push(c),
            _ if c == ' ' => tokens.push(String::new()),
            _ => tokens.push(c.to_string()),
        }
    }
    tokens.retain(|t| !t.is_empty());
    // `A.T` is one word so far.
    tokens
        .into_iter()
        .flat_map(|t| match t.strip_suffix(".T") {
            Some("") => vec!["'".to_string()],
            Some(rest) => vec![rest.to_string(), "'".to_string()],
            None => vec![t],
        })
        .collect()
}

struct Reader<'t> {
    tokens: Vec<String>,
    at: usize,
    values: Values,
    text: &'t str,
}

impl Reader<'_> {
    fn peek(&self) -> &str {
        self.tokens.get(self.at).map_or("", String::as_str)
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.peek() == token;
        self.at += found as usize;
        found
    }

    fn expect(&mut self, token: &str) {
        assert!(self.take(token), "expected {token}, found {} in {}", self.peek(), self.text);
    }

    fn sum(&mut self) -> Tensor {
        let mut total = if self.take("-") { self.product().map(|x| -x) } else { self.product() };
        loop {
            if self.take("+") {
                total = total.zip(&self.product(), |a, b| a + b);
            } else if self.take("-") {
                total = total.zip(&self.product(), |a, b| a - b);
            } else {
                return total;
            }
        }
    }

    fn product(&mut self) -> Tensor {
        let mut total = self.power();
        loop {
            if self.take("*") {
                total = total.zip(&self.power(), |a, b| a * b);
            } else if self.take("/") {
                total = total.zip(&self.power(), |a, b| a / b);
            } else if self.take("@") {
                total = total.matmul(&self.power());
            } else {
                return total;
            }
        }
    }

    fn power(&mut self) -> Tensor {
        let base = self.postfix();
        if self.take("^") || self.take("**") { base.zip(&self.power(), f64::powf) } else { base }
    }

    fn postfix(&mut self) -> Tensor {
        let mut value = self.atom();
        loop {
            if self.take("'") {
                value = value.transposed();
            } else if self.take("[") {
                let mut place = Vec::new();
                if self.take(":") {
                    self.expect(",");
                    self.expect("None");
                    value.dims.push(1);
                } else {
                    loop {
                        place.push(self.sum().data[0] as usize);
                        if !self.take(",") {
                            break;
                        }
                    }
                    assert_eq!(place.len(), value.dims.len(), "{}", self.text);
                    value = Tensor::scalar(value.at(&place));
                }
                self.expect("]");
            } else {
                return value;
            }
        }
    }

    fn atom(&mut self) -> Tensor {
        if self.take("(") {
            let value = self.sum();
            self.expect(")");
            return value;
        }
        let word = self.peek().to_string();
        self.at += 1;
        let name = word.strip_prefix("np.").unwrap_or(&word);
        let name = name.strip_prefix("linalg.").unwrap_or(name);
        if let Ok(number) = word.parse() {
            return Tensor::scalar(number);
        }
        match self.peek() {
            "(" => self.call(name),
            "[" if name == "sum" => self.indexed_sum(),
            _ => self.values.get(&word).unwrap_or_else(|| panic!("{word} in {}", self.text)).clone(),
        }
    }

    fn call(&mut self, name: &str) -> Tensor {
        self.expect("(");
        let (mut args, mut axis) = (Vec::new(), None);
        // `np.ones((m, n))`
        let pair = matches!(name, "ones" | "zeros") && self.take("(");
        while self.peek() != ")" {
            if self.take("axis") {
                self.expect("=");
                axis = Some(self.sum().data[0] as usize);
            } else {
                args.push(self.sum());
            }
            self.take(",");
        }
        self.expect(")");
        if pair {
            self.expect(")");
        }
        let numbers = || args.iter().map(|a| a.data[0] as usize).collect::<Vec<usize>>();
        let a = &args[0];
        match name {
            "sum" => a.sum(axis),
            "mean" => {
                let sum = a.sum(axis);
                let count = (a.data.len() / sum.data.len()) as f64;
                sum.map(|x| x / count)
            }
            "tr" | "trace" => Tensor::scalar((0..a.dims[0]).map(|k| a.at(&[k, k])).sum()),
            "diag" if a.dims.len() == 2 => Tensor::fill(&a.dims[..1], |p| a.at(&[p[0], p[0]])),
            "diag" => Tensor::fill(&[a.dims[0], a.dims[0]], |p| if p[0] == p[1] { a.data[p[0]] } else { 0.0 }),
            "eye" => Tensor::fill(&[numbers()[0], numbers()[0]], |p| (p[0] == p[1]) as u8 as f64),
            "ones" => Tensor::fill(&numbers(), |_| 1.0),
            "zeros" => Tensor::fill(&numbers(), |_| 0.0),
            "outer" => {
                assert!(a.dims.len() == 1 && args[1].dims.len() == 1, "{}", self.text);
                Tensor::fill(&[a.dims[0], args[1].dims[0]], |p| a.data[p[0]] * args[1].data[p[1]])
            }
            "norm2" | "normF" | "norm" => {
                let rank = if name == "norm2" {
                    1
                } else if name == "normF" {
                    2
                } else {
                    a.dims.len()
                };
                assert_eq!(a.dims.len(), rank, "{}", self.text);
                Tensor::scalar(a.data.iter().map(|x| x * x).sum::<f64>().sqrt())
            }
            "exp" => a.map(f64::exp),
            "sqrt" => a.map(f64::sqrt),
            _ => panic!("{name} in {}", self.text),
        }
    }

    /// `sum[i,j](…)`: the range of an index is what the arrays that it stands at have there.
    fn indexed_sum(&mut self) -> Tensor {
        self.expect("[");
        let mut indices = Vec::new();
        while !self.take("]") {
            indices.push(self.peek().to_string());
            self.at += 1;
            self.take(",");
        }
        let start = self.at;
        let ranges: Vec<usize> = indices.iter().map(|i| self.range(i)).collect();
        let mut total = 0.0;
        let mut places = Vec::new();
        each_place(&ranges, |place| places.push(place.to_vec()));
        for place in places {
            for (index, k) in indices.iter().zip(&place) {
                self.values.insert(index.clone(), Tensor::scalar(*k as f64));
            }
            self.at = start;
            total += self.atom().data[0];
        }
        Tensor::scalar(total)
    }

    fn range(&self, index: &str) -> usize {
        for at in (self.at..self.tokens.len()).filter(|at| self.tokens[*at] == index) {
            let Some(open) = (0..at).rev().find(|k| self.tokens[*k] == "[") else { continue };
            let axis = self.tokens[open..at].iter().filter(|t| *t == ",").count();
            // `eye(n)[i,j]`
            if self.tokens[open - 1] == ")" {
                return self.values[&self.tokens[open - 2]].data[0] as usize;
            }
            if let Some(tensor) = self.values.get(&self.tokens[open - 1]).filter(|t| t.dims.len() > axis) {
                return tensor.dims[axis];
            }
        }
        panic!("no range for {index} in {}", self.text)
    }
}

//! Where a value that is not finite comes from: the first node on the way to a result that has none, the place in its
//! array, what it was computed from there, and the statement that it was made for.

use std::fmt;
use std::ops::Range;

use wrt_core::{Array, Dim, Graph, Id, Node, Origin, Primitive, Role};
use wrt_engine::EngineReal;
use wrt_run::{Evaluable, Point, Values, array_work, evaluate_all};
use wrt_view::{Form, Options, print_all};

/// More work than this is not done again to find out; about some seconds.
const MOST_WORK: u64 = 200_000_000;

/// Longer formulas are cut.
const MOST_CHARACTERS: usize = 60;

/// The first node on the way to a result whose value is not finite, though what it is computed from is.
#[derive(Clone, PartialEq, Debug)]
pub struct NotFinite {
    /// Its formula, or the name of an input that is given so.
    pub formula: String,
    /// The value: NaN or infinite.
    pub value: f64,
    /// Where in its array: the position along each axis.
    pub place: Vec<usize>,
    /// Is its first axis that of rows of data?
    pub of_rows: bool,
    /// Is it an input, and no operation?
    pub is_input: bool,
    /// What it was computed from there.
    pub operands: Vec<Operand>,
    /// The definition, declaration or part of a layer that it was made for.
    pub name: Option<String>,
    /// Where the statement of that name stands in the text, in bytes.
    pub span: Option<Range<usize>>,
    /// Is it a part of the derivative with respect to what was made there?
    pub in_derivative: bool,
}

/// What a node is computed from at a place: a formula with its value, and where that is a function or a sum of others at
/// the same place, what it is computed from itself.
#[derive(Clone, PartialEq, Debug)]
pub struct Operand {
    /// The formula, or a name.
    pub formula: String,
    /// The value at the place; where many entries go into one, the largest of them by magnitude.
    pub value: f64,
    /// Does it stand for many entries?
    pub is_largest: bool,
    /// What it is computed from.
    pub from: Vec<Operand>,
}

impl fmt::Display for NotFinite {
    /// A sentence: `log(p)` is -Infinity in row 17, where p = 0, from z = -812 (in `cost`).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is {}", self.formula, shown(self.value))?;
        match (&self.place[..], self.of_rows) {
            ([], _) => {}
            ([row], true) => write!(f, " in row {row}")?,
            ([row, ..], true) => write!(f, " in row {row}, at {:?}", self.place)?,
            (place, false) => write!(f, " at {place:?}")?,
        }
        for (k, operand) in self.operands.iter().enumerate() {
            f.write_str(if k == 0 { ", where " } else { " and " })?;
            operand.fmt(f)?;
        }
        match (&self.name, self.in_derivative) {
            (Some(name), false) => write!(f, " (in `{name}`)"),
            (Some(name), true) => write!(f, " (in the derivative through `{name}`)"),
            (None, true) => write!(f, " (in a derivative)"),
            (None, false) => Ok(()),
        }
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Operand { formula, value, is_largest, from } = self;
        match is_largest {
            true => write!(f, "the largest entry of {formula} is {}", shown(*value))?,
            false => write!(f, "{formula} = {}", shown(*value))?,
        }
        for (k, operand) in from.iter().enumerate() {
            f.write_str(if k == 0 { " (from " } else { " and " })?;
            operand.fmt(f)?;
        }
        if from.is_empty() { Ok(()) } else { f.write_str(")") }
    }
}

/// A number in a sentence.
fn shown(x: f64) -> String {
    match x.abs() {
        size if size.is_nan() => "NaN".into(),
        f64::INFINITY => if x > 0.0 { "Infinity" } else { "-Infinity" }.into(),
        size if size != 0.0 && !(1e-5..1e16).contains(&size) => format!("{x:e}"),
        _ => x.to_string(),
    }
}

/// The node to blame for the first of some roots that is not finite, in numbers of one precision; none if there is no such
/// root, or too much to compute.
pub(crate) fn not_finite<T: EngineReal>(
    graph: &Graph,
    roots: &[Id],
    given: Vec<(Id, Vec<f64>)>,
    sizes: &[(&str, usize)],
) -> Option<NotFinite> {
    let sizes: Vec<(String, usize)> = sizes.iter().map(|(n, k)| ((*n).to_string(), *k)).collect();
    if array_work(graph, roots, &sizes) > MOST_WORK {
        return None;
    }
    // What fades or overflows in single precision is looked for in that.
    match T::BYTES {
        4 => Search::<f32>::of(graph, roots, given, sizes, |x| x as f32, f64::from)?.first(roots),
        _ => Search::<f64>::of(graph, roots, given, sizes, |x| x, |x| x)?.first(roots),
    }
}

struct Search<'g, N> {
    graph: &'g Graph,
    sizes: Vec<(String, usize)>,
    /// The first dimensions of data.
    rows: Vec<Dim>,
    values: Values<N>,
    widen: fn(N) -> f64,
}

impl<'g, N: Evaluable + Copy> Search<'g, N> {
    fn of(
        graph: &'g Graph,
        roots: &[Id],
        given: Vec<(Id, Vec<f64>)>,
        sizes: Vec<(String, usize)>,
        narrow: fn(f64) -> N,
        widen: fn(N) -> f64,
    ) -> Option<Search<'g, N>> {
        let shape = |id: Id| shape(graph, id, &sizes);
        let array = |(id, data): (Id, Vec<f64>)| {
            Some((id, Array { shape: shape(id)?, data: data.into_iter().map(narrow).collect() }))
        };
        let values = given.into_iter().map(array).collect::<Option<Vec<_>>>()?;
        let at = Point { values, sizes: sizes.clone() };
        let values = evaluate_all(graph, roots, &at, &narrow(0.0)).ok()?;
        let is_data = |id: &Id| matches!(graph.node(*id), Node::Symbol(s) if s.role == Role::Data);
        let data = graph.free_symbols(roots).into_iter().filter(is_data);
        let rows = data.filter_map(|id| graph.dims(id).first().copied()).collect();
        Some(Search { graph, sizes, rows, values, widen })
    }

    fn entry(&self, id: Id, entry: usize) -> Option<f64> {
        let all = self.values.get(id)?;
        // One number stands for all positions.
        let entry = if all.len() == 1 { 0 } else { entry };
        all.get(entry).map(|x| (self.widen)(*x))
    }

    /// The first entry that is not a number, else the first that is not finite.
    fn open(&self, id: Id) -> Option<usize> {
        let all = self.values.get(id)?;
        let find = |open: fn(f64) -> bool| all.iter().position(|x| open((self.widen)(*x)));
        find(f64::is_nan).or_else(|| find(|x| !x.is_finite()))
    }

    fn first(&self, roots: &[Id]) -> Option<NotFinite> {
        let (mut id, mut entry) = roots.iter().find_map(|r| Some((*r, self.open(*r)?)))?;
        while let Some(below) = self.below(id, entry) {
            (id, entry) = below;
        }
        let is_input = matches!(self.graph.node(id), Node::Symbol(_));
        let (name, span, in_derivative) = self.made_for(id);
        let place = self.place(id, entry);
        let of_rows = self.graph.dims(id).first().is_some_and(|first| self.rows.contains(first));
        Some(NotFinite {
            formula: self.text(id),
            value: self.entry(id, entry)?,
            place,
            of_rows,
            is_input,
            operands: self.operands(id, entry, 2),
            name,
            span,
            in_derivative,
        })
    }

    /// What a node is computed from for one of its entries: which entry, or any.
    fn children(&self, id: Id, entry: usize) -> Vec<(Id, Option<usize>)> {
        match self.graph.node(id) {
            Node::Map(Primitive::Select, [condition, yes, no]) => {
                let chosen = if self.entry(*condition, entry) == Some(0.0) { no } else { yes };
                vec![(*condition, Some(entry)), (*chosen, Some(entry))]
            }
            Node::Map(_, args) => args.iter().map(|a| (*a, Some(entry))).collect(),
            Node::Sum(terms) => terms.iter().map(|t| (t.node, Some(entry))).collect(),
            Node::Contraction(factors, labels) if self.graph.labels(labels).is_scalar() => {
                factors.iter().map(|f| (*f, Some(0))).collect()
            }
            Node::Contraction(factors, labels) => {
                let labels = self.graph.labels(labels);
                let place = self.place(id, entry);
                let at = |own: &Vec<u8>| {
                    let position =
                        |label: &u8| labels.output.iter().position(|o| o == label).and_then(|k| place.get(k));
                    own.iter().map(|label| position(label).copied()).collect::<Option<Vec<usize>>>()
                };
                let own = factors.iter().zip(&labels.factors);
                own.map(|(f, own)| (*f, at(own).and_then(|place| self.flat(*f, &place)))).collect()
            }
            _ => {
                let mut all = Vec::new();
                self.graph.for_each_child(id, |c| all.push((c, None)));
                all
            }
        }
    }

    /// A child that is not finite where it is needed; what is not a number comes before what is infinite.
    fn below(&self, id: Id, entry: usize) -> Option<(Id, usize)> {
        let open = |(child, at): (Id, Option<usize>)| {
            let at = match at {
                Some(at) => at,
                None => self.open(child)?,
            };
            let value = self.entry(child, at)?;
            let at = if self.values.get(child)?.len() == 1 { 0 } else { at };
            (!value.is_finite()).then_some((child, at, value.is_nan()))
        };
        let found: Vec<(Id, usize, bool)> = self.children(id, entry).into_iter().filter_map(open).collect();
        let best = found.iter().find(|(_, _, is_nan)| *is_nan).or(found.first());
        best.map(|(child, at, _)| (*child, *at))
    }

    fn operands(&self, id: Id, entry: usize, depth: usize) -> Vec<Operand> {
        let is_said = |id: Id| !matches!(self.graph.node(id), Node::Number(_) | Node::Constant(_));
        let one = |(child, at): (Id, Option<usize>)| {
            let all = self.values.get(child)?;
            let single = at.or_else(|| (all.len() == 1).then_some(0));
            let value = match single {
                Some(at) => self.entry(child, at)?,
                None => all.iter().map(|x| (self.widen)(*x)).max_by(|a, b| a.abs().total_cmp(&b.abs()))?,
            };
            let elementwise = matches!(self.graph.node(child), Node::Map(..));
            let from = match single {
                Some(at) if elementwise && depth > 1 => self.operands(child, at, depth - 1),
                _ => Vec::new(),
            };
            Some(Operand { formula: self.text(child), value, is_largest: single.is_none(), from })
        };
        let mut found: Vec<Operand> =
            self.children(id, entry).into_iter().filter(|(c, _)| is_said(*c)).filter_map(one).collect();
        found.dedup();
        found
    }

    fn text(&self, id: Id) -> String {
        if let Node::Symbol(s) = self.graph.node(id) {
            return s.name.clone();
        }
        let names: Vec<(Id, String)> = self.graph.names().iter().filter(|(own, _)| *own != id).cloned().collect();
        let options = Options { names: &names, ..Options::default() };
        let printed = print_all(self.graph, &[id], Form::Text, &options).results.pop().unwrap_or_default();
        let text = if printed.result.is_empty() { printed.line() } else { printed.result };
        match text.char_indices().nth(MOST_CHARACTERS) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text,
        }
    }

    fn place(&self, id: Id, mut entry: usize) -> Vec<usize> {
        let shape = shape(self.graph, id, &self.sizes).unwrap_or_default();
        let mut place = vec![0; shape.len()];
        for (own, size) in place.iter_mut().zip(&shape).rev() {
            (*own, entry) = (entry % (*size).max(1), entry / (*size).max(1));
        }
        place
    }

    fn flat(&self, id: Id, place: &[usize]) -> Option<usize> {
        let shape = shape(self.graph, id, &self.sizes)?;
        Some(shape.iter().zip(place).fold(0, |at, (size, k)| at * size + k))
    }

    /// The statement that a node was made for, and whether it belongs to a derivative by what was made there.
    fn made_for(&self, mut id: Id) -> (Option<String>, Option<Range<usize>>, bool) {
        let mut in_derivative = false;
        loop {
            match self.graph.origin(id) {
                Origin::Text(at) => {
                    let place = self.graph.location(at);
                    let name = Some(place.name.clone()).filter(|n| !n.is_empty());
                    return (name, Some(place.span.clone()), in_derivative);
                }
                // What a node is the adjoint or the tangent of stands before it.
                Origin::Adjoint(of) | Origin::Tangent(of) if of < id => (id, in_derivative) = (of, true),
                Origin::Unknown | Origin::Adjoint(_) | Origin::Tangent(_) => return (None, None, in_derivative),
            }
        }
    }
}

fn shape(graph: &Graph, id: Id, sizes: &[(String, usize)]) -> Option<Vec<usize>> {
    let known = |name: &str| sizes.iter().find(|(n, _)| n == name).map(|(_, k)| *k as u64);
    graph.dims(id).iter().map(|d| graph.dimension(*d).evaluate(known).and_then(|n| usize::try_from(n).ok())).collect()
}

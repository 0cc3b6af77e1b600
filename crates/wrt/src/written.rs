//! Formulas as people see them, line by line, and the way back: the ordinary parser reads the lines into a graph of
//! their own, and the judge evaluates that.

use wrt_core::{Array, Assumptions, Graph, Id, Node, Number, Role};
use wrt_language::{Scope, is_name};
use wrt_view::{Form, LetBlock, Line, heading, written_name};

use crate::backprop::Backprop;
use crate::error::Error;
use crate::evaluate::{Point, difference, doubles, is_cheap, is_exact};
use crate::session::Session;

/// A formula to be written: a line `head = formula`, or `head = head = formula`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Equation {
    /// The node.
    pub id: Id,
    /// What stands left of each `=`, without indices.
    pub heads: Vec<String>,
    /// Do the lines below speak of it by its first head?
    pub is_name: bool,
}

/// A line as it is printed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct WrittenLine {
    /// The line.
    pub text: String,
    /// The equation that it is, among those asked for; none for a named part.
    pub equation: Option<usize>,
}

/// Lines that belong together: names of one block mean nothing in another.
pub(crate) type Block = Vec<WrittenLine>;

/// Formulas that were read back from what is printed.
pub(crate) struct ReadBack {
    graph: Graph,
    ids: Vec<Id>,
}

/// What is printed for the judge, and what came of reading it back.
pub(crate) struct Judged {
    /// The lines.
    pub text: String,
    /// The line of each equation.
    pub lines: Vec<String>,
    /// The formulas, in the order of the equations; or why there are none.
    pub read: Result<ReadBack, Unread>,
}

/// Why a formula was not read back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Unread {
    /// Nothing was printed: the formula has no notation. In words.
    Refused(String),
    /// What was printed is not the language, or means something of another shape. In words.
    Unreadable(String),
}

impl Unread {
    /// The reason, in a sentence.
    pub fn sentence(&self) -> String {
        match self {
            Unread::Refused(why) => format!("no formula is printed: {why}"),
            Unread::Unreadable(why) => format!("the printed formula cannot be read back: {why}"),
        }
    }

    /// Was something printed that cannot be read?
    pub fn is_failure(&self) -> bool {
        matches!(self, Unread::Unreadable(_))
    }
}

/// How far the values of printed formulas are from those of the derivatives.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Comparison {
    /// The largest difference is round-off.
    Same,
    /// There are other values, or none at all places where the derivative has some; which equation.
    Other(usize),
    /// The printed formula has no value at some place where the derivative has one; which equation.
    NoValue(usize),
    /// It would take too long.
    Large,
}

impl Equation {
    /// A line of its own.
    pub fn new(id: Id, head: impl Into<String>) -> Equation {
        Equation { id, heads: vec![head.into()], is_name: false }
    }

    /// A line that others below speak of by this name.
    pub fn named(id: Id, heads: Vec<String>) -> Equation {
        Equation { id, heads, is_name: true }
    }
}

/// The lines of a block.
pub(crate) fn lines_of(block: &LetBlock, equations: &[Equation], form: Form) -> Result<Block, String> {
    if let Some(why) = block.results.iter().find_map(|r| r.refused.clone()) {
        return Err(why);
    }
    let line = |line: Line<'_>| match line {
        Line::Binding(name, text) => WrittenLine { text: format!("{name} = {text}"), equation: None },
        Line::Result(k) => {
            let heads = equations.get(k).map_or(&[][..], |e| &e.heads);
            let mut text: String = heads.iter().map(|h| format!("{} = ", block.results[k].heading(form, h))).collect();
            text.push_str(&block.results[k].result);
            WrittenLine { text, equation: Some(k) }
        }
    };
    Ok(block.lines().into_iter().map(line).collect())
}

impl Session {
    /// Equations with the person's names for parts, as they are printed together.
    ///
    /// # Errors
    /// Why one of them has no notation in this form.
    pub(crate) fn write(&self, equations: &[Equation], form: Form, keep: &[&str]) -> Result<Block, String> {
        let ids: Vec<Id> = equations.iter().map(|e| e.id).collect();
        lines_of(&self.let_block(&ids, form, keep), equations, form)
    }

    /// What is printed, read back; `blocks` are the lines in the text form, or why there are none.
    pub(crate) fn read_back(&self, equations: &[Equation], blocks: Result<Vec<Block>, String>) -> Judged {
        read_back(self.graph(), equations, blocks)
    }

    /// Holds what was read back against the nodes that it was printed for, at a point; and, where two dimensions have one
    /// size there or a formula has no value there, at a random point where that is not so.
    ///
    /// # Errors
    /// Where a node has no value.
    pub(crate) fn compare(&self, read: &ReadBack, nodes: &[Id], at: &Point) -> Result<Comparison, Error> {
        let here = read.compare(self.graph(), nodes, at)?;
        match here {
            Comparison::Same if !self.document.sizes_meet(&at.sizes) => return Ok(here),
            Comparison::Other(_) | Comparison::Large => return Ok(here),
            Comparison::Same | Comparison::NoValue(_) => {}
        }
        let mut other = Point::default();
        self.document.complete_sizes(&mut other.sizes);
        let elsewhere =
            self.document.random_point_of(nodes, &other, 1).and_then(|point| read.compare(self.graph(), nodes, &point));
        Ok(match elsewhere {
            Ok(Comparison::Other(k) | Comparison::NoValue(k)) => Comparison::Other(k),
            _ => here,
        })
    }

    /// The formula, the steps and the gradient by these headings, in the order in which they are printed.
    pub(crate) fn equations(
        &self,
        function: &str,
        found: &Backprop,
        answers: Vec<Equation>,
        partial: bool,
        form: Form,
    ) -> Vec<Equation> {
        let mut all = vec![Equation::named(self.root(), vec![written_name(form, function)])];
        for step in &found.adjoints {
            // A name for what is used below: d_h = ∂cost/∂h = …
            let own = written_name(form, &step.name);
            let of = heading(form, function, &[&step.of], partial);
            all.push(Equation::named(step.shown.id, if form.is_code() { vec![own] } else { vec![own, of] }));
        }
        all.extend(answers);
        all
    }

    /// The nodes that a gradient's equations are printed for: the formula, the derivatives with respect to the steps'
    /// definitions, and with respect to each of `wrt`.
    ///
    /// # Errors
    /// As [`Session::derive`].
    pub(crate) fn nodes_of(&mut self, found: &Backprop, wrt: &[Id]) -> Result<Vec<Id>, Error> {
        let steps = found.adjoints.iter().map(|s| self.variable(&s.of)).collect::<Result<Vec<Id>, Error>>()?;
        let derivatives = self.gradient(&[&steps[..], wrt].concat())?;
        Ok(std::iter::once(self.root()).chain(derivatives).collect())
    }

    /// The gradient of the formula as it is printed, read back, and the nodes that its equations stand for.
    ///
    /// # Errors
    /// As [`Session::derive`].
    pub(crate) fn judged_gradient(
        &mut self,
        function: &str,
        names: &[String],
        wrt: &[Id],
    ) -> Result<(Judged, Vec<Id>), Error> {
        let found = self.backprop(wrt)?;
        let partial = self.document.is_partial(names);
        let heads = names.iter().map(|name| heading(Form::Text, function, &[name], partial));
        let answers = found.gradient.iter().zip(heads).map(|(g, head)| Equation::new(g.id, head)).collect();
        let equations = self.equations(function, &found, answers, partial, Form::Text);
        let lines = self.write(&equations, Form::Text, &found.intermediates());
        Ok((self.read_back(&equations, lines.map(|lines| vec![lines])), self.nodes_of(&found, wrt)?))
    }
}

/// As [`Session::read_back`], of the nodes of any graph.
pub(crate) fn read_back(graph: &Graph, equations: &[Equation], blocks: Result<Vec<Block>, String>) -> Judged {
    match blocks {
        Err(why) => Judged { text: String::new(), lines: Vec::new(), read: Err(Unread::Refused(why)) },
        Ok(blocks) => {
            let text = blocks.iter().flatten().flat_map(|l| [l.text.as_str(), "\n"]).collect();
            let line = |k| blocks.iter().flatten().find(|l| l.equation == Some(k)).map(|l| l.text.clone());
            let lines = (0..equations.len()).filter_map(line).collect();
            Judged { text, lines, read: ReadBack::new(graph, equations, &blocks).map_err(Unread::Unreadable) }
        }
    }
}

/// What the parser is told of the names in a printed text: what the person has told of them before.
struct Known {
    shapes: Vec<(String, Vec<String>)>,
    scalars: Vec<String>,
    assumptions: Vec<(String, Assumptions)>,
    dimensions: Vec<String>,
}

impl Known {
    fn new(graph: &Graph, roots: &[Id]) -> Known {
        let mut known =
            Known { shapes: Vec::new(), scalars: Vec::new(), assumptions: Vec::new(), dimensions: Vec::new() };
        for name in wrt_core::dimensions(graph, roots).iter().flat_map(|d| d.terms()).flat_map(|(names, _)| names) {
            if !known.dimensions.contains(name) {
                known.dimensions.push(name.clone());
            }
        }
        for id in graph.reachable(roots) {
            let Node::Symbol(symbol) = graph.node(id) else { continue };
            if symbol.role == Role::Dimension {
                continue;
            }
            known.assumptions.push((symbol.name.clone(), symbol.assumptions.clone()));
            let dims = graph.dimension_texts(id);
            match dims.as_slice() {
                [] => known.scalars.push(symbol.name.clone()),
                _ => known.shapes.push((symbol.name.clone(), dims)),
            }
        }
        known
    }

    /// Leaves out what the text itself gives a name.
    fn forget(&mut self, name: &str) {
        self.shapes.retain(|(n, _)| n != name);
        self.scalars.retain(|n| n != name);
    }

    fn has(&self, name: &str) -> bool {
        self.scalars.iter().chain(&self.dimensions).any(|n| n == name) || self.shapes.iter().any(|(n, _)| n == name)
    }
}

impl ReadBack {
    fn new(graph: &Graph, equations: &[Equation], blocks: &[Block]) -> Result<ReadBack, String> {
        let roots: Vec<Id> = equations.iter().map(|e| e.id).collect();
        let mut known = Known::new(graph, &roots);
        for equation in equations.iter().filter(|e| e.is_name) {
            equation.heads.first().into_iter().for_each(|name| known.forget(name));
        }
        let shapes: Vec<(&str, Vec<&str>)> =
            known.shapes.iter().map(|(n, d)| (n.as_str(), d.iter().map(String::as_str).collect())).collect();
        let scope = Scope {
            variables: &known.scalars.iter().map(String::as_str).collect::<Vec<_>>(),
            assumptions: &known.assumptions.iter().map(|(n, a)| (n.as_str(), a.clone())).collect::<Vec<_>>(),
            shapes: &shapes,
            dimensions: &known.dimensions.iter().map(String::as_str).collect::<Vec<_>>(),
            unroll: false,
        };
        let mut own = Graph::new();
        let mut ids: Vec<Option<Id>> = vec![None; equations.len()];
        for block in blocks {
            let (source, names) = source(block, equations, &known)?;
            let parsed = wrt_language::parse(&mut own, &source, &scope).map_err(|e| {
                let line = source[..e.span.start.min(source.len())].matches('\n').count();
                let text = block.get(line).map_or("", |l| l.text.as_str());
                format!("{}, in `{text}`", e.message)
            })?;
            for (k, name) in names {
                ids[k] = parsed.definitions.iter().find(|d| d.name == name).map(|d| d.id);
            }
        }
        let ids: Option<Vec<Id>> = ids.into_iter().collect();
        let read = ReadBack { graph: own, ids: ids.ok_or("a formula has no line")? };
        read.fits(graph, equations, &known)?;
        Ok(read)
    }

    /// Has each formula the shape of its node, and are all of its names known?
    fn fits(&self, graph: &Graph, equations: &[Equation], known: &Known) -> Result<(), String> {
        for (equation, id) in equations.iter().zip(&self.ids) {
            let (wanted, found) =
                (graph.shape_text(graph.dims(equation.id)), self.graph.shape_text(self.graph.dims(*id)));
            if wanted != found {
                let head = equation.heads.last().map_or("", String::as_str);
                return Err(format!("`{head}` has the shape {wanted}, and what is printed {found}"));
            }
        }
        for id in self.graph.free_symbols(&self.ids) {
            let name = self.graph.symbol_name(id);
            if !known.has(name) {
                return Err(format!("it names `{name}`, which nothing is called"));
            }
        }
        Ok(())
    }

    /// The formulas, in the order of the equations.
    pub(crate) fn ids(&self) -> &[Id] {
        &self.ids
    }

    pub(crate) fn graph(&self) -> &Graph {
        &self.graph
    }

    /// A point of the graph that was printed, by the names of this one.
    pub(crate) fn point(&self, graph: &Graph, at: &Point) -> Point {
        let own =
            |(id, value): &(Id, Array<Number>)| Some((self.graph.find_symbol(graph.symbol_name(*id))?, value.clone()));
        Point { values: at.values.iter().filter_map(own).collect(), sizes: at.sizes.clone() }
    }

    /// Holds the formulas against the nodes that they were printed for, at a point.
    ///
    /// # Errors
    /// Where a node has no value.
    pub(crate) fn compare(&self, graph: &Graph, nodes: &[Id], at: &Point) -> Result<Comparison, Error> {
        if !is_cheap(graph, nodes, at) || !is_cheap(&self.graph, &self.ids, at) {
            return Ok(Comparison::Large);
        }
        let wanted = doubles(graph, nodes, at)?;
        let found = doubles(&self.graph, &self.ids, &self.point(graph, at))?;
        let exact = is_exact(graph, nodes, at) && is_exact(&self.graph, &self.ids, at);
        let (floor, same) = if exact { (1e-25, 1e-9) } else { (1e-3, 1e-6) };
        let mut result = Comparison::Same;
        for (k, (a, b)) in wanted.iter().zip(&found).enumerate() {
            match difference(a, b, floor) {
                d if d.is_nan() => result = Comparison::NoValue(k),
                d if d > same => return Ok(Comparison::Other(k)),
                _ => {}
            }
        }
        Ok(result)
    }
}

/// A block as the language has it: each equation under one name.
fn source(block: &Block, equations: &[Equation], known: &Known) -> Result<(String, Vec<(usize, String)>), String> {
    let mut out = String::new();
    let mut names = Vec::new();
    let taken = |name: &str| known.has(name) || block.iter().any(|l| l.text.contains(name));
    for line in block {
        let Some((k, equation)) = line.equation.and_then(|k| Some((k, equations.get(k)?))) else {
            out.push_str(&line.text);
            out.push('\n');
            continue;
        };
        let mut name = format!("result_{k}");
        while taken(&name) {
            name.push('_');
        }
        if let Some(own) = equation.heads.first().filter(|h| equation.is_name && is_name(h)) {
            name = own.clone();
        }
        let (indices, formula) = after_heads(&line.text, &equation.heads)
            .ok_or_else(|| format!("the left side of `{}` is not as expected", line.text))?;
        out.push_str(&format!("{name}{indices} = {formula}\n"));
        names.push((k, name));
    }
    Ok((out, names))
}

/// The indices, which all heads share, and what stands behind the last `=`.
fn after_heads<'t>(text: &'t str, heads: &[String]) -> Option<(&'t str, &'t str)> {
    let (mut rest, mut indices) = (text, None);
    for head in heads {
        rest = rest.strip_prefix(head.as_str())?;
        let end = if rest.starts_with('[') { rest.find(']')? + 1 } else { 0 };
        let (own, after) = rest.split_at(end);
        if indices.is_some_and(|before| before != own) {
            return None;
        }
        indices = Some(own);
        rest = after.strip_prefix(" = ")?;
    }
    Some((indices.unwrap_or(""), rest))
}

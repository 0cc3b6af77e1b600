//! The computation graph of a formula, for people: each node with its value, the derivative of the formula with respect to
//! it, and the products that this derivative is the sum of.
//!
//! A node that is shown is a formula in the names of those below it; what stands between is folded into it. What comes
//! through an edge is the derivative of that formula, so that a picture may show as many or as few nodes as it likes.

mod selection;

use std::collections::{HashMap, HashSet};

use wrt_check::{Claim, Direction, Entry};
use wrt_core::{Array, Assumptions, Graph, Id, Node, NodeMap, Number, Role, Substitution};
use wrt_rewrite::{known_of, simplify_all};
use wrt_view::{Form, Options, heading, written_name};

use crate::derivatives::refuse_rank;
use crate::error::Error;
use crate::evaluate::{Point, doubles};
use crate::judge::{computed_digits, shown as digits_of};
use crate::session::Session;

/// Which nodes are shown, and which derivatives are looked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tracing<'a> {
    /// The names to differentiate with respect to; each is shown.
    pub wrt: &'a [String],
    /// Where; without it there are formulas only.
    pub at: Option<&'a Point>,
    /// Is each operation shown? Else, where the text defines names, these are.
    pub every: bool,
    /// At most so many nodes that are no names are shown, and the others folded into those above them.
    pub most: Option<usize>,
    /// By how much each node that is a number is nudged, to see what the formula does.
    pub nudge: Option<&'a Number>,
    /// The notation of names and formulas.
    pub form: Form,
}

/// The graph of a formula.
#[derive(Clone, PartialEq, Debug)]
pub struct Trace {
    /// What the formula is called.
    pub function: String,
    /// Those below before those above; the last one is the formula.
    pub nodes: Vec<TraceNode>,
    /// From the arguments of each node to it, in the order of the nodes that they lead to.
    pub edges: Vec<TraceEdge>,
    /// How many operations are folded into nodes above them because there are too many to show.
    pub folded: usize,
    /// The notation of names and formulas.
    pub form: Form,
    /// The edges that lead from each node.
    used: Vec<Vec<usize>>,
}

/// A node.
#[derive(Clone, PartialEq, Debug)]
pub struct TraceNode {
    /// The person's name for it, or one that was made for it.
    pub name: String,
    /// Is it a free name or a definition of the text?
    pub named: bool,
    /// What it is for, if it is a free name.
    pub role: Option<Role>,
    /// Its formula in the names of its arguments; empty for a free name.
    pub formula: String,
    /// How many operations are in it.
    pub operations: usize,
    /// Its dimensions; none for a number.
    pub shape: Vec<String>,
    /// Its value.
    pub value: Option<Array<f64>>,
    /// What the derivative of the formula with respect to it is called: `dJ/da`; none where it is not looked for.
    pub heading: Option<String>,
    /// The name that stands for that derivative in formulas: `d_a`.
    pub symbol: String,
    /// The derivative of the formula with respect to it.
    pub derivative: Option<Array<f64>>,
    /// What the formula moves by when the node is nudged, divided by the nudge: its digits.
    pub nudged: Option<String>,
}

/// An argument of a node.
#[derive(Clone, PartialEq, Debug)]
pub struct TraceEdge {
    /// The argument.
    pub from: usize,
    /// The node.
    pub to: usize,
    /// What is known of the derivative that comes through it; none where it is not looked for, or where there is none.
    pub local: Option<Local>,
}

/// The derivative along an edge.
#[derive(Clone, PartialEq, Debug)]
pub struct Local {
    /// What it is called: `dJ/da`; empty where the node is an array, whose derivative only comes multiplied.
    pub heading: String,
    /// The derivative of the node with respect to the argument; of an array the product with the node's own derivative
    /// (`X' @ d_z`).
    pub formula: String,
    /// The value of the formula.
    pub value: Option<Array<f64>>,
    /// What it adds to the derivative with respect to the argument.
    pub part: Option<Array<f64>>,
}

impl Local {
    /// Is it a factor of what it adds, and not the whole?
    pub fn is_factor(&self) -> bool {
        !self.heading.is_empty()
    }

    /// What it adds, from its value and the derivative of the node that it leads to.
    fn enter_part(&mut self, derivative: Option<&Array<f64>>) {
        self.part = match (&self.value, self.is_factor()) {
            (Some(value), true) => scaled(value, derivative),
            (value, _) => value.clone(),
        };
    }
}

/// A node on the way.
struct Shown {
    id: Id,
    name: String,
    named: bool,
    leaf: bool,
    operations: usize,
    /// What stands for it in the formulas of others.
    symbol: Id,
    /// What stands for the derivative with respect to it.
    adjoint: Id,
    /// The nodes that it is a formula of.
    arguments: Vec<usize>,
    /// Does it depend on what is differentiated by?
    active: bool,
}

/// A derivative along an edge as it is made: the form for people, and in terms of the free names.
struct Made {
    shown: Id,
    whole: Id,
    factor: bool,
}

impl Trace {
    /// The graph of a session's formula, which is one number.
    ///
    /// # Errors
    /// For a formula of several numbers, for names that are none, and for a point that lacks values.
    ///
    /// ```
    /// use wrt::session::{Array, Number, Scope, Session, Trace, Tracing};
    /// let mut s = Session::parse("a = 2 + 3*w; J = a^2", &Scope::default())?;
    /// let at = s.point(&[("w".to_string(), Array { shape: vec![], data: vec![Number::integer(3)] })], &vec![])?;
    /// let wrt = ["w".to_string()];
    /// let trace = Trace::of(&mut s, &Tracing { wrt: &wrt, at: Some(&at), ..Tracing::default() })?;
    /// assert_eq!(trace.nodes[1].name, "a");
    /// assert_eq!(trace.nodes[1].value.as_ref().unwrap().data, [11.0]);
    /// assert_eq!(trace.nodes[1].derivative.as_ref().unwrap().data, [22.0]);
    /// assert_eq!(trace.edges[1].local.as_ref().unwrap().formula, "2*a");
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn of(session: &mut Session, asked: &Tracing<'_>) -> Result<Trace, Error> {
        let root = session.root();
        refuse_rank(session.graph(), root, "derivative")?;
        let wrt = asked.wrt.iter().map(|n| session.variable(n)).collect::<Result<Vec<Id>, Error>>()?;
        let (chosen, folded) = selection::choose(&session.document, &wrt, asked);
        let mut shown = session.shown(chosen, asked.wrt);
        let formulas = session.outlined(&mut shown, &wrt);
        let made = session.locals(&shown, &formulas);
        let function = session.document.function(asked.wrt);
        let partial = session.document.is_partial(asked.wrt);
        let form = asked.form;
        let nodes = shown.iter().zip(&formulas);
        let nodes = nodes.map(|(node, formula)| session.described(node, *formula, &function, partial, form)).collect();
        let edges = session.joined(&shown, &made, form);
        let function = written_name(form, &function);
        let mut trace = Trace { function, nodes, edges, folded, form, used: Vec::new() };
        trace.used = vec![Vec::new(); trace.nodes.len()];
        trace.edges.iter().enumerate().for_each(|(k, edge)| trace.used[edge.from].push(k));
        if let Some(at) = asked.at {
            session.valued(&shown, &made, at, &mut trace)?;
            if let Some(eps) = asked.nudge {
                session.nudged(&shown, at, eps, &mut trace)?;
            }
        }
        Ok(trace)
    }

    /// The edges that lead to a node.
    pub fn arguments(&self, node: usize) -> impl Iterator<Item = &TraceEdge> {
        let from = self.edges.partition_point(|e| e.to < node);
        self.edges[from..].iter().take_while(move |e| e.to == node)
    }

    /// The edges that lead from a node, which the derivative with respect to it comes through.
    pub fn uses(&self, node: usize) -> impl Iterator<Item = &TraceEdge> {
        self.used.get(node).into_iter().flatten().map(|k| &self.edges[*k])
    }
}

impl Session {
    /// Names and symbols for the nodes that are shown.
    fn shown(&mut self, chosen: Vec<selection::Chosen>, wrt: &[String]) -> Vec<Shown> {
        let function = self.document.function(wrt);
        let dimensions = wrt_core::dimensions(self.graph(), &[self.root()]);
        let names = dimensions.iter().flat_map(|d| d.terms()).flat_map(|(names, _)| names.to_vec());
        let taken: HashSet<String> = names.chain([function.clone()]).collect();
        let mut letters = selection::letters();
        let mut shown = Vec::with_capacity(chosen.len());
        for node in chosen {
            let (name, named) = match node.name {
                Some(name) => (name, true),
                None if node.is_root => (function.clone(), self.document.result_name().is_some()),
                None => {
                    (letters.find(|l| self.document.unused(l) == *l && !taken.contains(l)).unwrap_or_default(), false)
                }
            };
            let dims = self.graph().dims(node.id).to_vec();
            let known = known_of(self.graph(), node.id);
            let symbol =
                if node.leaf { node.id } else { self.graph_mut().tensor_symbol(&name, Role::Variable, &dims, known) };
            let adjoint = self.document.unused(&format!("d_{name}"));
            let adjoint = self.graph_mut().tensor_symbol(&adjoint, Role::Variable, &dims, Assumptions::default());
            let (id, leaf, operations) = (node.id, node.leaf, node.operations);
            let arguments = Vec::new();
            shown.push(Shown { id, name, named, leaf, operations, symbol, adjoint, arguments, active: false });
        }
        shown
    }

    /// Each node as a formula of the symbols of those below it, which are noted as its arguments.
    fn outlined(&mut self, shown: &mut [Shown], wrt: &[Id]) -> Vec<Id> {
        let place: HashMap<Id, usize> = shown.iter().enumerate().rev().map(|(k, s)| (s.id, k)).collect();
        let mut formulas = Vec::with_capacity(shown.len());
        for k in 0..shown.len() {
            let id = shown[k].id;
            if shown[k].leaf {
                shown[k].active = wrt.contains(&id);
                formulas.push(id);
                continue;
            }
            // The formula itself may be a free name, which is a node of its own.
            let arguments = frontier(self.graph(), id, |c| place.get(&c).copied().filter(|j| *j != k));
            let mut outline = Substitution::default();
            arguments.iter().for_each(|j| outline.set(shown[*j].id, shown[*j].symbol));
            shown[k].active = wrt.contains(&id) || arguments.iter().any(|j| shown[*j].active);
            shown[k].arguments = arguments;
            formulas.push(outline.apply(self.graph_mut(), id));
        }
        formulas
    }

    /// The derivative along each edge, by node and argument.
    fn locals(&mut self, shown: &[Shown], formulas: &[Id]) -> Vec<Vec<Option<Made>>> {
        let mut back = Substitution::default();
        shown.iter().filter(|s| s.symbol != s.id).for_each(|s| back.set(s.symbol, s.id));
        let totals = self.totals(shown);
        shown.iter().zip(&totals).for_each(|(s, total)| total.iter().for_each(|t| back.set(s.adjoint, *t)));
        let mut raw = Vec::with_capacity(shown.len());
        for (node, formula) in shown.iter().zip(formulas) {
            let factor = self.graph().is_scalar(node.id);
            let along = |s: &mut Session, by: &[Id]| {
                let graph = s.graph_mut();
                if factor {
                    wrt_differentiate::gradient(graph, *formula, by)
                } else {
                    wrt_differentiate::vjp(graph, *formula, by, node.adjoint)
                }
            };
            let asked: Vec<usize> = (0..node.arguments.len()).filter(|k| shown[node.arguments[*k]].active).collect();
            let symbols: Vec<Id> = asked.iter().map(|k| shown[node.arguments[*k]].symbol).collect();
            // Together they share what they have in common; where one has none, the others may.
            let found: Vec<Option<Id>> = match along(self, &symbols) {
                Ok(all) => all.into_iter().map(Some).collect(),
                Err(_) => symbols.iter().map(|x| along(self, &[*x]).ok().and_then(|mut all| all.pop())).collect(),
            };
            let mut along: Vec<Option<Id>> = vec![None; node.arguments.len()];
            asked.into_iter().zip(found).for_each(|(k, id)| along[k] = id);
            raw.push((along, factor));
        }
        // Together, as each time the text is looked through for the order of its terms.
        let ids: Vec<Id> = raw.iter().flat_map(|(along, _)| along).copied().flatten().collect();
        let written = self.document.written;
        let mut simple = simplify_all(self.graph_mut(), &ids, written).into_iter();
        let mut made = |id: Option<Id>, factor: bool| {
            let id = id?;
            let shown = simple.next()?.id;
            Some(Made { shown, whole: back.apply(self.graph_mut(), id), factor })
        };
        raw.into_iter().map(|(along, factor)| along.into_iter().map(|id| made(id, factor)).collect()).collect()
    }

    /// The derivative of the formula with respect to each node that it is looked for at, by one sweep backwards.
    fn totals(&mut self, shown: &[Shown]) -> Vec<Option<Id>> {
        let root = self.root();
        let active: Vec<Id> = shown.iter().filter(|s| s.active).map(|s| s.id).collect();
        let found = wrt_differentiate::gradient(self.graph_mut(), root, &active).unwrap_or_default();
        let mut found = found.into_iter();
        shown.iter().map(|s| s.active.then(|| found.next()).flatten()).collect()
    }

    fn described(&self, node: &Shown, formula: Id, function: &str, partial: bool, form: Form) -> TraceNode {
        let role = match self.graph().node(node.id) {
            Node::Symbol(s) if node.leaf => Some(s.role),
            _ => None,
        };
        TraceNode {
            name: written_name(form, &node.name),
            named: node.named,
            role,
            formula: if node.leaf { String::new() } else { self.formula_of(node, formula, form) },
            operations: node.operations,
            shape: self.graph().dimension_texts(node.id),
            value: None,
            heading: node.active.then(|| heading(form, function, &[&node.name], partial)),
            symbol: written_name(form, self.graph().symbol_name(node.adjoint)),
            derivative: None,
            nudged: None,
        }
    }

    /// The formula of a node; what takes more than one is told as the person did.
    fn formula_of(&self, node: &Shown, formula: Id, form: Form) -> String {
        let line = self.in_names(formula, form);
        match self.document.source(node.id).filter(|_| form == Form::Text && line.contains("; ")) {
            Some(source) => source.to_string(),
            None => line,
        }
    }

    /// A formula of symbols in one line.
    fn in_names(&self, id: Id, form: Form) -> String {
        let options = Options { names: &[], written: self.document.written, one_text: true };
        wrt_view::print_with(self.graph(), id, form, &options).line()
    }

    fn joined(&self, shown: &[Shown], made: &[Vec<Option<Made>>], form: Form) -> Vec<TraceEdge> {
        let mut edges = Vec::new();
        for (to, (node, made)) in shown.iter().zip(made).enumerate() {
            for (&from, made) in node.arguments.iter().zip(made) {
                let partial = node.arguments.len() > 1;
                let local = made.as_ref().map(|made| Local {
                    heading: match made.factor {
                        true => heading(form, &node.name, &[&shown[from].name], partial),
                        false => String::new(),
                    },
                    formula: self.in_names(made.shown, form),
                    value: None,
                    part: None,
                });
                edges.push(TraceEdge { from, to, local });
            }
        }
        edges
    }

    /// Enters the values at a point.
    fn valued(
        &mut self,
        shown: &[Shown],
        made: &[Vec<Option<Made>>],
        at: &Point,
        trace: &mut Trace,
    ) -> Result<(), Error> {
        let totals = self.totals(shown);
        let along: Vec<&Made> = made.iter().flatten().flatten().collect();
        let mut ids: Vec<Id> = shown.iter().map(|s| s.id).collect();
        ids.extend(along.iter().map(|m| m.whole));
        ids.extend(totals.iter().flatten());
        let mut values = doubles(self.graph(), &ids, at)?;
        let mut found = values.split_off(ids.len() - totals.iter().flatten().count()).into_iter();
        let mut locals = values.split_off(shown.len()).into_iter();
        for ((node, value), total) in trace.nodes.iter_mut().zip(values).zip(&totals) {
            node.value = Some(value);
            node.derivative = total.and_then(|_| found.next());
        }
        let value = trace.nodes.last().and_then(|n| n.value.as_ref());
        if value.is_some_and(|v| v.data.iter().all(|x| x.is_finite())) {
            self.corrected(shown, &totals, at, trace)?;
            add_up(trace, &mut locals);
        } else {
            take_away(trace, &mut locals);
        }
        Ok(())
    }

    /// Gives nodes the derivatives that answers have.
    fn corrected(
        &mut self,
        shown: &[Shown],
        totals: &[Option<Id>],
        at: &Point,
        trace: &mut Trace,
    ) -> Result<(), Error> {
        let root = self.root();
        let (mut claims, mut derivatives) = (Vec::new(), Vec::new());
        for ((node, total), told) in shown.iter().zip(totals).zip(&mut trace.nodes) {
            let (Some(made), Some(derivative)) = (*total, told.derivative.as_mut()) else { continue };
            // Of the formula by itself it is 1.
            if node.id != root {
                let fixed = self.document.is_label(node.id);
                claims.push(Claim { fixed, ..Claim::by_entries(root, node.id, made) });
                derivatives.push(derivative);
            }
        }
        self.correct(&mut claims, &mut derivatives, at)
    }
}

/// Enters what comes through the edges, where the derivatives of nodes are known: where the rules have no value for what
/// comes through one of them, as behind a branch that is not taken, it is what the others leave.
fn add_up(trace: &mut Trace, locals: &mut impl Iterator<Item = Array<f64>>) {
    let breaks = breaks(trace);
    for edge in &mut trace.edges {
        let Some(local) = &mut edge.local else { continue };
        local.value = locals.next();
        if local.is_factor() && breaks[edge.to] {
            local.value = local.value.take().map(nowhere);
        }
        local.enter_part(trace.nodes[edge.to].derivative.as_ref());
    }
    for k in 0..trace.nodes.len() {
        let Some(derivative) = &trace.nodes[k].derivative else { continue };
        let through: Vec<usize> = trace.used[k].iter().copied().filter(|e| trace.edges[*e].local.is_some()).collect();
        for (place, total) in derivative.data.iter().enumerate() {
            let part = |e: usize| trace.edges[e].local.as_ref()?.part.as_ref()?.data.get(place).copied();
            let parts: Vec<f64> = through.iter().map(|e| part(*e).unwrap_or(f64::NAN)).collect();
            let is_none = |x: &f64| x.is_nan();
            let mut rest = total - parts.iter().filter(|x| !is_none(x)).sum::<f64>();
            for (e, x) in through.iter().zip(&parts) {
                let found = if total.is_nan() && !parts.iter().any(is_none) {
                    f64::NAN
                } else if x.is_nan() && !total.is_nan() {
                    std::mem::take(&mut rest)
                } else {
                    continue;
                };
                let Some(local) = trace.edges[*e].local.as_mut() else { continue };
                let is_factor = local.is_factor();
                let values = [local.part.as_mut(), local.value.as_mut().filter(|_| !is_factor)];
                values.into_iter().flatten().filter_map(|a| a.data.get_mut(place)).for_each(|x| *x = found);
            }
        }
    }
}

/// Enters what comes through the edges of a formula that has no value itself: where a node has no value though its arguments
/// have theirs, it has no derivative, whatever the rules would give, nor has what it is an argument of.
fn take_away(trace: &mut Trace, locals: &mut impl Iterator<Item = Array<f64>>) {
    let breaks = breaks(trace);
    for edge in &mut trace.edges {
        let Some(local) = &mut edge.local else { continue };
        local.value = locals.next();
        if breaks[edge.to] {
            local.value = local.value.take().map(nowhere);
        }
        local.enter_part(trace.nodes[edge.to].derivative.as_ref());
    }
    // From above to below.
    for k in (0..trace.nodes.len()).rev() {
        let without = |e: &TraceEdge| {
            let lost = trace.nodes[e.to].derivative.as_ref().is_some_and(undefined);
            e.local.is_some() && (lost || breaks[e.to])
        };
        if trace.uses(k).any(without) {
            trace.nodes[k].derivative = trace.nodes[k].derivative.take().map(nowhere);
        }
    }
    for edge in &mut trace.edges {
        let lost = trace.nodes[edge.to].derivative.as_ref().is_some_and(undefined);
        if let Some(local) = edge.local.as_mut().filter(|_| lost || breaks[edge.to]) {
            local.part = local.part.take().map(nowhere);
        }
    }
}

/// Which nodes have no value though their arguments have theirs.
fn breaks(trace: &Trace) -> Vec<bool> {
    let lacks: Vec<bool> = trace.nodes.iter().map(|n| n.value.as_ref().is_some_and(undefined)).collect();
    (0..lacks.len()).map(|k| lacks[k] && !trace.arguments(k).any(|e| lacks[e.from])).collect()
}

fn undefined(a: &Array<f64>) -> bool {
    a.data.iter().any(|x| x.is_nan())
}

/// An array of what has no value.
fn nowhere(a: Array<f64>) -> Array<f64> {
    Array { data: vec![f64::NAN; a.data.len()], shape: a.shape }
}

impl Session {
    /// Nudges each node that is a number and that derivatives are looked for at.
    fn nudged(&self, shown: &[Shown], at: &Point, eps: &Number, trace: &mut Trace) -> Result<(), Error> {
        let of = Entry { node: self.root(), place: 0 };
        for (node, told) in shown.iter().zip(&mut trace.nodes) {
            if !node.active || !self.graph().is_scalar(node.id) || node.id == of.node && !node.leaf {
                continue;
            }
            let (by, eps) = (Entry { node: node.id, place: 0 }, std::slice::from_ref(eps));
            let moves = wrt_check::nudge(self.graph(), of, at, by, eps, Direction::Forward, computed_digits(None))?;
            told.nudged = moves.1.first().map(|row| digits_of(&row.quotient, None));
        }
        Ok(())
    }
}

/// The product of a local derivative with the derivative with respect to a node that is a number.
fn scaled(value: &Array<f64>, by: Option<&Array<f64>>) -> Option<Array<f64>> {
    let by = *by?.data.first()?;
    Some(Array { shape: value.shape.clone(), data: value.data.iter().map(|x| x * by).collect() })
}

/// The nearest nodes below that have a place, in the order in which they stand in the formula.
fn frontier(graph: &Graph, id: Id, place: impl Fn(Id) -> Option<usize>) -> Vec<usize> {
    let mut seen: NodeMap<()> = NodeMap::default();
    let (mut found, mut stack) = (Vec::new(), vec![id]);
    while let Some(next) = stack.pop() {
        if seen.has(next) {
            continue;
        }
        seen.insert(next, ());
        match place(next) {
            Some(k) => found.push(k),
            None => {
                let from = stack.len();
                graph.for_each_child(next, |c| stack.push(c));
                stack[from..].reverse();
            }
        }
    }
    found
}

//! Scans as the recursions that they are: `h[-1] = 0`, then `h[t] = tanh(X[t] @ W + h[t-1] @ U)`; a derivative runs the other
//! way.
//!
//! All results of one call are lines of one recursion. Its states begin in lines of their own; what has a name in the step
//! (the gates of a layer), is wanted outside, or occurs twice, is a line. The lines of states stand last: a recursion ends
//! with the line of its last state.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use wrt_core::operations::Scan;
use wrt_core::{Calls, Graph, Id, Node, Operation};

use super::convert::{Converted, Converter};
use super::loops;
use super::scan::fresh;
use super::tree::{Expression, Notation};
use super::write::Writer;
use super::{Function, text};
use crate::bindings::Own;
use crate::bindings::{finish, shared_or_deep};
use crate::form::Form;
use crate::names;

/// A recursion with the names of its lines.
pub(crate) struct Recursion {
    /// One of its results.
    of: Id,
    /// The letter of the index.
    index: String,
    /// The names of the states, in order.
    states: Vec<String>,
    /// The other lines: nodes of the step and their names.
    lines: Vec<(Id, String)>,
    /// In code: the names of what carries the states from step to step.
    carried: Vec<String>,
    /// In code: what the step is called.
    step: String,
    /// What the line is called that only says how long the recursion is, where it has one.
    length: RefCell<Option<String>>,
    /// The head of its last line, by which other lines know it, when it was written.
    key: RefCell<String>,
}

/// The states in the order of their lines.
fn in_order(scan: &Scan) -> Vec<usize> {
    let news = scan.step.results().0;
    let mut order: Vec<usize> = (0..news.len()).collect();
    order.sort_by_key(|k| news[*k]);
    order
}

/// A recursion in one form: what states begin with, and the lines of a step.
pub(super) struct Written {
    pub(super) step: String,
    pub(super) index: String,
    pub(super) backward: bool,
    /// The size of the axis.
    pub(super) length: String,
    /// What each state begins with, is called, is carried as, and the shape of one.
    pub(super) states: Vec<State>,
    pub(super) lines: Vec<Line>,
    /// Entries of what it goes along: the array, and the entry.
    pub(super) along: Vec<(String, String)>,
}

pub(super) struct State {
    pub(super) first: String,
    pub(super) name: String,
    pub(super) carried: String,
}

pub(super) struct Line {
    pub(super) name: String,
    pub(super) entry: String,
    pub(super) body: String,
    /// The sizes of one entry's axes.
    pub(super) dims: Vec<String>,
}

/// An entry along the axis: `h[t]`, in JAX a name within the step.
fn entry(form: Form, name: &str, at: &str) -> String {
    match form {
        Form::Jax => names::written(form, &format!("{name}_{at}"), &|_| false),
        _ => names::written(form, &format!("{name}[{at}]"), &|_| false),
    }
}

fn scan(graph: &Graph, id: Id) -> Option<(&Scan, &[Id])> {
    match graph.node(id) {
        Node::Operation(Operation::Scan(scan), args) => Some((scan, args)),
        _ => None,
    }
}

impl Converter<'_> {
    /// The recursion that a node is a result of; none for what is no scan, or is written as a call.
    pub(super) fn recursion_of(&self, id: Id) -> Option<Rc<Recursion>> {
        let results = self.functions.results(self.graph, id)?;
        let calls = |r: &Id| scan(self.graph, *r).is_some_and(|(s, _)| s.text_by("").is_some());
        if results.iter().all(calls) {
            return None;
        }
        if let Some(known) = self.functions.recursions.borrow().get(&results[0]) {
            return Some(Rc::clone(known));
        }
        let made = Rc::new(self.named_recursion(results)?);
        self.functions.recursions.borrow_mut().insert(results[0], Rc::clone(&made));
        Some(made)
    }

    /// Gives the lines of a recursion names that nothing else has.
    fn named_recursion(&self, results: &[Id]) -> Option<Recursion> {
        let (step, _) = scan(self.graph, results[0]).map(|(s, args)| (&s.step, args))?;
        let graph = step.graph();
        let (states, slices, captures) = step.inputs();
        let news = step.results().0;
        let mut taken = self.functions.taken.borrow_mut();
        let mut free = |own: &str| {
            // A name that no text can mean is of wrt's making.
            let made = own.contains(' ') || own.is_empty();
            let letter = ["a", "b", "g", "q", "r", "v", "w", "z"].into_iter().find(|l| made && !taken.contains(*l));
            let own = letter.unwrap_or(if made { "a" } else { own });
            let name = fresh(own, &|name| taken.contains(name));
            taken.insert(name.clone());
            name
        };
        let stacked = |inner: Id| {
            let is = |r: &&Id| scan(self.graph, **r).is_some_and(|(s, _)| s.is_stacked() && s.inner_result() == inner);
            results.iter().find(is).copied()
        };
        let bound = |inner: Id| stacked(inner).and_then(|id| self.bindings.get(&id)).cloned();
        let own = |inner: Id, input: Option<Id>| {
            let name = step.name_of(inner).or_else(|| input.map(|s| graph.symbol_name(s)));
            name.unwrap_or_default().to_string()
        };
        let state_names: Vec<String> = news
            .iter()
            .zip(states)
            .map(|(new, state)| bound(*new).unwrap_or_else(|| free(&own(*new, Some(*state)))))
            .collect();
        let carried =
            state_names.iter().filter(|_| self.list.code).map(|name| free(&format!("{name}_before"))).collect();
        let step_name = if self.list.code { free(&format!("step_{}", state_names[0])) } else { String::new() };
        let is_input = |id: &Id| [states, slices, captures].iter().any(|list| list.contains(id));
        let mut wanted: Vec<Id> =
            results.iter().filter_map(|r| Some(scan(self.graph, *r)?.0)).map(Scan::inner_result).collect();
        wanted.extend(news);
        // A state before its step is written h[t-1] where a recursion goes along it, and is a line elsewhere.
        let elsewhere = |id: &Id| {
            let is = |r: &&Id| scan(self.graph, **r).is_some_and(|(s, _)| s.inner_result() == *id);
            results.iter().find(is).is_some_and(|r| self.list.code || self.functions.elsewhere.contains(r))
        };
        wanted.retain(|id| !states.contains(id) || elsewhere(id));
        let order = graph.reachable(&wanted);
        let mut lines: Vec<(Id, String)> = Vec::new();
        let named = graph.names().iter().map(|(id, _)| *id).filter(|id| order.binary_search(id).is_ok());
        for id in wanted.iter().copied().chain(named) {
            if !news.contains(&id)
                && lines.iter().all(|(known, _)| *known != id)
                && (!is_input(&id) || wanted.contains(&id))
            {
                let before = states.iter().position(|s| *s == id).map(|k| format!("{}_prev", state_names[k]));
                lines.push((id, bound(id).unwrap_or_else(|| free(&before.unwrap_or_else(|| own(id, None))))));
            }
        }
        let known: HashMap<Id, String> =
            lines.iter().cloned().chain(news.iter().map(|n| (*n, String::new()))).collect();
        for id in shared_or_deep(graph, &wanted, &known) {
            if !known.contains_key(&id) && !is_input(&id) {
                lines.push((id, free("")));
            }
        }
        lines.sort_by_key(|(id, _)| *id);
        let index = self.functions.index.clone();
        let (length, key) = (RefCell::default(), RefCell::default());
        Some(Recursion { of: results[0], index, states: state_names, lines, carried, step: step_name, length, key })
    }

    /// A result of a recursion, whose lines stand before.
    pub(super) fn recursion_result(&mut self, id: Id, recursion: &Rc<Recursion>) -> Option<Converted> {
        self.write_recursion(recursion)?;
        let (scan, _) = scan(self.graph, id)?;
        let rank = self.graph.rank(id);
        let news = scan.step.results().0;
        let inner = scan.inner_result();
        if !scan.is_stacked() {
            let name = self.list.name(&recursion.states[scan.result], rank + 1);
            let template = match (self.form.is_latex(), scan.backward) {
                (true, true) => "{{0}}_{{0}}",
                (true, false) => "{{0}}_{{-1}}",
                (false, true) => "{0}[0]",
                (false, false) => "{0}[-1]",
            };
            let template = if self.form.is_latex() { template.replacen("{{0}}", "{[0]}", 1) } else { template.into() };
            let e = self.list.intern(Notation::Operation("entry", template, vec![name]), rank);
            return Some(self.all(e, rank));
        }
        let line = recursion.lines.iter().find(|(node, _)| *node == inner).map(|(_, name)| name);
        let state = news.iter().position(|n| *n == inner).map(|k| &recursion.states[k]);
        let Some(name) = state.or(line) else {
            self.missing = Some("the states before each step");
            return None;
        };
        let e = self.list.name(name, rank);
        Some(self.all(e, rank))
    }

    /// The head of the recursion that defines a bound node.
    pub(super) fn defining_recursion(&self, root: Id) -> Option<String> {
        self.bindings.get(&root)?;
        let recursion = self.recursion_of(root)?;
        let (scan, _) = scan(self.graph, root)?;
        scan.is_stacked().then(|| recursion.key.borrow().clone())
    }

    /// A size in the form that is written.
    fn size_text(&mut self, size: &str) -> String {
        if size.bytes().all(|b| b.is_ascii_digit()) {
            return size.to_string();
        }
        let e = self.polynomial(size);
        self.written(e)
    }

    fn written(&self, e: Expression) -> String {
        let name = |name: &str| self.functions.in_formula(self.form, name, self.graph, self.bindings);
        finish(self.form, Writer::new(&self.list, self.form, &name).alone(e))
    }

    /// The lines of a recursion, among those that stand before the formula.
    fn write_recursion(&mut self, recursion: &Rc<Recursion>) -> Option<()> {
        let key = recursion.key.borrow().clone();
        if !key.is_empty() && self.lines.iter().any(|line| line.head == key) {
            return Some(());
        }
        let mut uses = Vec::new();
        let mut written = self.in_form(recursion, &mut uses)?;
        let texts = match self.form {
            Form::NumPy => loops::numpy(&written),
            Form::Jax => loops::jax(&written),
            _ => self.as_recursion(recursion, &mut written),
        };
        // The lines stand together: each uses the one before it, and the first all that they use.
        for (head, body) in texts {
            let names = std::mem::replace(&mut uses, vec![head.clone()]);
            self.lines.push(Function { head, body, names });
        }
        *recursion.key.borrow_mut() = uses.pop().unwrap_or_default();
        Some(())
    }

    /// What a recursion is made of, in the form that is written, and what it uses.
    fn in_form(&mut self, recursion: &Rc<Recursion>, uses: &mut Vec<String>) -> Option<Written> {
        let (scan, args) = scan(self.graph, recursion.of)?;
        let step = &scan.step;
        let (states, slices, captures) = step.inputs();
        let (firsts, rest) = args.split_at(states.len());
        let (over, captured) = rest.split_at(slices.len());
        let mut own: HashMap<Id, String> = HashMap::new();
        let before = if scan.backward { "+1" } else { "-1" };
        for (k, (state, name)) in states.iter().zip(&recursion.states).enumerate() {
            let carried = recursion.carried.get(k).cloned();
            own.insert(*state, carried.unwrap_or_else(|| format!("{name}[{}{before}]", recursion.index)));
        }
        let mut along = Vec::new();
        for (slice, of) in slices.iter().zip(over) {
            let (array, entry) = self.entry_of(*of, &recursion.index, uses)?;
            along.push((names::written(self.form, &array, &|_| false), names::written(self.form, &entry, &|_| false)));
            own.insert(*slice, entry);
        }
        for (capture, of) in captures.iter().zip(captured) {
            let name = self.outer_name(*of, uses)?;
            own.insert(*capture, name);
        }
        let length = self.graph.dims(*over.first()?).first().copied();
        let length = length.map(|dim| self.graph.dimension(dim).to_string()).unwrap_or_default();
        let length = if self.list.code { self.size_text(&length) } else { length };
        let mut written = Written {
            step: names::written(self.form, &recursion.step, &|_| false),
            index: recursion.index.clone(),
            backward: scan.backward,
            length,
            states: Vec::new(),
            lines: Vec::new(),
            along,
        };
        for (k, first) in firsts.iter().enumerate() {
            let start = self.full(*first);
            self.names_below(*first, uses);
            let Some(start) = start else {
                self.wanted.push(*first);
                return None;
            };
            let name = names::written(self.form, &recursion.states[k], &|_| false);
            let carried =
                recursion.carried.get(k).map(|c| names::written(self.form, c, &|_| false)).unwrap_or_default();
            written.states.push(State { first: self.written(start), name, carried });
        }
        let news = step.results().0;
        let states = in_order(scan).into_iter().map(|k| (news[k], &recursion.states[k]));
        for (inner, name) in recursion.lines.iter().map(|(id, name)| (*id, name)).chain(states) {
            let line = self.line(scan, inner, name, &recursion.index, &own, uses)?;
            written.lines.push(line);
            let local = match self.form {
                Form::Jax => format!("{name}_{}", recursion.index),
                _ => format!("{name}[{}]", recursion.index),
            };
            own.entry(inner).or_insert(local);
        }
        Some(written)
    }

    /// A line of a step, in which nodes have these names.
    fn line(
        &mut self,
        scan: &Scan,
        inner: Id,
        name: &str,
        index: &str,
        own: &HashMap<Id, String>,
        uses: &mut Vec<String>,
    ) -> Option<Line> {
        let graph = scan.step.graph();
        let body = match own.get(&inner).filter(|_| matches!(graph.node(inner), Node::Symbol(_))) {
            Some(entry) => names::written(self.form, entry, &|_| false),
            None => {
                let found = text(graph, inner, self.form, own, self.functions, &[], Own::default());
                let whole = !found.text.is_empty() && found.indices.is_empty();
                let missing = found.missing.or((!whole).then_some("a recursion whose step has no matrix notation"));
                if missing.is_some() {
                    self.missing = missing;
                    return None;
                }
                for function in found.functions {
                    uses.push(function.head.clone());
                    if !self.lines.contains(&function) {
                        self.lines.push(function);
                    }
                }
                found.text
            }
        };
        let dims: Vec<String> = graph.dims(inner).iter().map(|d| graph.dimension(*d).to_string()).collect();
        let dims = dims.iter().map(|d| self.size_text(d)).collect();
        let entry = entry(self.form, name, index);
        Some(Line { name: names::written(self.form, name, &|_| false), entry, body: finish(self.form, body), dims })
    }

    /// `h[-1] = …`, `h[t] = …`
    fn as_recursion(&self, recursion: &Recursion, written: &mut Written) -> Vec<(String, String)> {
        let at = if written.backward { written.length.as_str() } else { "-1" };
        let names = recursion.states.iter().zip(&written.states);
        let mut texts: Vec<(String, String)> =
            names.map(|(name, state)| (entry(self.form, name, at), state.first.clone())).collect();
        // How long it is shows in what it goes along: where nothing of that is written, in a line of its own.
        let shows = |line: &Line| written.along.iter().any(|(_, entry)| line.body.contains(entry));
        if let Some((_, along)) =
            written.along.first().filter(|_| !written.backward && !written.lines.iter().any(shows))
        {
            let mut known = recursion.length.borrow_mut();
            let name = known.get_or_insert_with(|| {
                let mut taken = self.functions.taken.borrow_mut();
                let own = scan(self.graph, recursion.of)
                    .map_or("x", |(s, _)| s.step.graph().symbol_name(s.step.inputs().1[0]));
                let name = fresh(if own.contains(' ') { "x" } else { own }, &|name| taken.contains(name));
                taken.insert(name.clone());
                name
            });
            texts.push((entry(self.form, name, &written.index), along.clone()));
        }
        texts.extend(written.lines.drain(..).map(|line| (line.entry, line.body)));
        texts
    }

    /// The entry of an array at the index of a recursion: of a name, or of another recursion's line.
    fn entry_of(&mut self, of: Id, index: &str, uses: &mut Vec<String>) -> Option<(String, String)> {
        let form = self.form;
        let at_index = |name: &str| match form {
            Form::Jax => (name.to_string(), format!("{name}_{index}")),
            _ => (name.to_string(), format!("{name}[{index}]")),
        };
        let is_stacked = scan(self.graph, of).is_some_and(|(s, _)| s.is_stacked());
        let Some(other) = self.recursion_of(of).filter(|_| is_stacked) else {
            return self.outer_name(of, uses).map(|name| at_index(&name));
        };
        self.write_recursion(&other)?;
        let (scan, _) = scan(self.graph, of)?;
        uses.push(other.key.borrow().clone());
        let inner = scan.inner_result();
        let (states, ..) = scan.step.inputs();
        if let Some(k) = states.iter().position(|s| *s == inner).filter(|_| !self.list.code) {
            let shift = if scan.backward { "+1" } else { "-1" };
            return Some((other.states[k].clone(), format!("{}[{index}{shift}]", other.states[k])));
        }
        let state = scan.step.results().0.iter().position(|n| *n == inner).map(|k| &other.states[k]);
        let line = other.lines.iter().find(|(node, _)| *node == inner).map(|(_, name)| name);
        state.or(line).map(|name| at_index(name))
    }

    /// What a formula uses by name: bound nodes and recursions.
    fn names_below(&self, root: Id, uses: &mut Vec<String>) {
        let (mut stack, mut seen) = (vec![root], std::collections::HashSet::new());
        while let Some(id) = stack.pop() {
            if !seen.insert(id) {
                continue;
            }
            let recursion = self.recursion_of(id).map(|r| r.key.borrow().clone());
            match recursion.or_else(|| self.bindings.get(&id).cloned()) {
                Some(name) => uses.push(name),
                None => self.graph.for_each_child(id, |c| stack.push(c)),
            }
        }
    }

    /// The name of what a recursion uses; bound first where it has none.
    fn outer_name(&mut self, of: Id, uses: &mut Vec<String>) -> Option<String> {
        if let Node::Symbol(s) = self.graph.node(of) {
            return Some(s.name.clone());
        }
        match self.bound(of) {
            Some(name) => {
                uses.push(name.to_string());
                Some(name.to_string())
            }
            None => {
                self.wanted.push(of);
                None
            }
        }
    }
}

/// What recursions below some nodes go along and capture, which they know by names only.
pub(crate) fn names_for_recursions(graph: &Graph, roots: &[Id]) -> Vec<Id> {
    let order = graph.reachable(roots);
    let calls = Calls::among(graph, order.iter().copied());
    let is_line = |id: Id| {
        let called = |r: &Id| scan(graph, *r).is_some_and(|(s, _)| s.text_by("").is_some());
        calls.results(id).is_some_and(|results| !results.iter().all(called))
    };
    let mut found = Vec::new();
    for &id in order.iter().filter(|id| is_line(**id)) {
        let Some((scan, args)) = scan(graph, id) else { continue };
        let stacked = |a: Id| crate::notation::recursion::scan(graph, a).is_some_and(|(s, _)| s.is_stacked());
        let known = |a: &&Id| is_line(**a) && stacked(**a) || matches!(graph.node(**a), Node::Symbol(_));
        found.extend(args[scan.step.inputs().0.len()..].iter().filter(|a| !known(a)));
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// What the results of recursions may be called where they are bound: as their lines are in the step.
pub(crate) fn name_of_result(graph: &Graph, id: Id) -> Option<String> {
    let (scan, _) = scan(graph, id)?;
    let (inner, states) = (scan.inner_result(), scan.step.inputs().0);
    if let Some(k) = states.iter().position(|s| *s == inner) {
        let name = scan.step.name_of(scan.step.results().0[k]).unwrap_or(scan.step.graph().symbol_name(inner));
        return (!name.contains(' ')).then(|| format!("{name}_prev"));
    }
    scan.step.name_of(inner).map(str::to_string)
}

//! Derivatives for people: in the person's own names, and, where that is shorter, by way of the derivatives with respect
//! to what the text defines, as backprop is taught.

use std::collections::{HashMap, HashSet};

use wrt_core::{Array, Assumptions, Graph, Id, Node, Number, Real, Role, Substitution};
use wrt_language::Definition;
use wrt_rewrite::{Simplified, known_of};
use wrt_run::{Bounded, Precise};
use wrt_view::{Form, LetBlock, Options};

use crate::derivatives::depending;
use crate::document::Document;
use crate::error::Error;
use crate::evaluate::Point;
use crate::session::Session;

/// With at most so many definitions, each one is tried whether it is worth a step of its own.
const TRIED: usize = 12;

/// How often steps that are used once are left out.
const ROUNDS: usize = 8;

/// A gradient as it is shown.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Backprop {
    /// The derivatives with respect to definitions that the others use, from the cost down.
    pub adjoints: Vec<Adjoint>,
    /// The derivative with respect to each variable.
    pub gradient: Vec<Simplified>,
}

/// The derivative with respect to a definition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Adjoint {
    /// What it is called in formulas.
    pub name: String,
    /// The definition's name.
    pub of: String,
    /// The symbol that stands for it.
    pub symbol: Id,
    /// The form for people.
    pub shown: Simplified,
}

/// A definition that a gradient may go by way of.
#[derive(Clone)]
struct Intermediate {
    name: String,
    of: String,
    node: Id,
    symbol: Id,
}

impl Session {
    /// The gradient of a scalar formula for people: each derivative by itself, or, where that is shorter, by way of
    /// the derivatives with respect to definitions.
    pub(crate) fn backprop(&mut self, wrt: &[Id]) -> Result<Backprop, Error> {
        let mut found = self.shortest(wrt)?;
        let graph = self.graph();
        found.adjoints.retain(|s| !graph.is_zero(s.shown.id));
        Ok(found)
    }

    fn shortest(&mut self, wrt: &[Id]) -> Result<Backprop, Error> {
        let mut intermediates = self.intermediates(wrt);
        if intermediates.is_empty() {
            return self.direct(wrt);
        }
        let mut best = self.by_way(wrt, &intermediates)?;
        // A step that is used once is better written where it is used; what used it may then be used once as well.
        for _ in 0..ROUNDS {
            let often = self.uses(&best);
            let before = intermediates.len();
            let mut uses = often.iter();
            intermediates.retain(|_| uses.next().is_none_or(|n| *n > 1));
            if intermediates.is_empty() {
                return self.direct(wrt);
            }
            if intermediates.len() == before {
                break;
            }
            best = self.by_way(wrt, &intermediates)?;
        }
        if intermediates.len() > TRIED {
            return Ok(best);
        }
        let mut length = self.length(&best);
        let mut k = 0;
        while intermediates.len() > 1 && k < intermediates.len() {
            let mut fewer = intermediates.clone();
            fewer.remove(k);
            let other = self.by_way(wrt, &fewer)?;
            let shorter = self.length(&other);
            if shorter < length {
                (intermediates, best, length) = (fewer, other, shorter);
            } else {
                k += 1;
            }
        }
        let direct = self.direct(wrt)?;
        Ok(if self.length(&direct) <= length { direct } else { best })
    }

    /// Each derivative by itself.
    fn direct(&mut self, wrt: &[Id]) -> Result<Backprop, Error> {
        let plain = self.gradient(wrt)?;
        let gradient = self.simplify_gradient(self.root(), &plain, wrt, self.document.written);
        Ok(Backprop { adjoints: Vec::new(), gradient })
    }

    /// The definitions between the formula and the variables, from the formula down.
    fn intermediates(&mut self, wrt: &[Id]) -> Vec<Intermediate> {
        let root = self.root();
        let below = self.graph().reachable(&[root]);
        let depends = depending(self.graph(), root, wrt);
        let between = |id: Id| id < root && below.binary_search(&id).is_ok() && depends.of(id);
        let mut found: Vec<(String, Id)> = Vec::new();
        let mut seen: HashSet<Id> = wrt.iter().copied().collect();
        for d in &self.document.parsed.definitions {
            if between(d.id) && !is_leaf(self.graph(), d.id) && seen.insert(d.id) {
                found.push((d.name.clone(), d.id));
            }
        }
        found.sort_by_key(|(_, id)| std::cmp::Reverse(*id));
        let mut intermediates = Vec::with_capacity(found.len());
        for (of, node) in found {
            let dims = self.graph().dims(node).to_vec();
            let name = self.document.unused(&format!("d_{of}"));
            let symbol = self.graph_mut().tensor_symbol(&name, Role::Variable, &dims, Assumptions::default());
            intermediates.push(Intermediate { name, of, node, symbol });
        }
        intermediates
    }

    fn by_way(&mut self, wrt: &[Id], intermediates: &[Intermediate]) -> Result<Backprop, Error> {
        let root = self.root();
        let via: Vec<(Id, Id)> = intermediates.iter().map(|s| (s.node, s.symbol)).collect();
        let (at, made) = wrt_differentiate::gradient_via(self.graph_mut(), root, wrt, &via)?;
        let by: Vec<Id> = via.iter().map(|(node, _)| *node).chain(wrt.iter().copied()).collect();
        let mut made = [at, made].concat();
        let mut shown = self.simplify_all(&made, &by);
        // What is 0 by algebra on the whole of it, which the others don't see.
        let (mut zeros, mut any) = (Substitution::default(), false);
        for (s, shown) in intermediates.iter().zip(&shown) {
            if self.graph().is_zero(shown.id) {
                zeros.set(s.symbol, shown.id);
                any = true;
            }
        }
        if any {
            made.iter_mut().for_each(|id| *id = zeros.apply(self.graph_mut(), *id));
            shown = self.simplify_all(&made, &by);
        }
        let gradient = shown.split_off(intermediates.len());
        let adjoints = intermediates.iter().zip(shown);
        let adjoints =
            adjoints.map(|(s, shown)| Adjoint { name: s.name.clone(), of: s.of.clone(), symbol: s.symbol, shown });
        Ok(Backprop { adjoints: adjoints.collect(), gradient })
    }

    /// How often the symbol of each step is named in the other formulas; one that is 0 in all of them, and worth it.
    fn uses(&self, found: &Backprop) -> Vec<usize> {
        let graph = self.graph();
        let roots: Vec<Id> = found.formulas();
        let mut count: HashMap<Id, usize> = found.adjoints.iter().map(|s| (s.symbol, 0)).collect();
        let mut note = |id: Id| {
            if let Some(n) = count.get_mut(&id) {
                *n += 1;
            }
        };
        roots.iter().for_each(|id| note(*id));
        for id in graph.reachable(&roots) {
            graph.for_each_child(id, &mut note);
        }
        let uses = |s: &Adjoint| if graph.is_zero(s.shown.id) { usize::MAX } else { count[&s.symbol] };
        found.adjoints.iter().map(uses).collect()
    }

    /// The names, numbers and operators of all formulas.
    fn length(&self, found: &Backprop) -> usize {
        let block = self.let_block(&found.formulas(), Form::Text, &found.intermediates());
        // A name that says nothing costs attention.
        let defined: HashSet<&str> = self.document.parsed.definitions.iter().map(|d| d.name.as_str()).collect();
        let own = |head: &str| head.split(['(', '[']).next().is_some_and(|name| defined.contains(name));
        let parts =
            block.bindings.iter().map(|(head, text)| words(text) + if own(head) { 2 } else { 8 }).sum::<usize>();
        // A step has a heading of its own.
        parts + block.results.iter().map(|p| words(&p.result)).sum::<usize>() + 2 * found.adjoints.len()
    }

    /// The forms for people of derivatives by themselves, each `by` its variable.
    pub(crate) fn simplify_each(&mut self, ids: &[Id], by: &[Id]) -> Vec<Simplified> {
        let Document { graph, written, .. } = &mut self.document;
        let mut all = wrt_rewrite::simplify_all(graph, ids, *written);
        wrt_rewrite::as_written(graph, &mut all, by, *written, &[]);
        all
    }

    /// The forms for people of derivatives, each `by` its variable, in which what the text defines stays by its name.
    pub(crate) fn simplify_all(&mut self, ids: &[Id], by: &[Id]) -> Vec<Simplified> {
        self.simplify_written(ids, by, self.document.written)
    }

    /// As [`Session::simplify_all`], where so many of the graph's first nodes are the person's own; the variables may be
    /// left out.
    pub(crate) fn simplify_written(&mut self, ids: &[Id], by: &[Id], written: usize) -> Vec<Simplified> {
        let pairs = self.named();
        let (mut outline, mut back) = (Substitution::default(), Substitution::default());
        for (node, symbol) in &pairs {
            outline.set(*node, *symbol);
            back.set(*symbol, *node);
        }
        let named: Vec<Id> = ids.iter().map(|id| outline.apply(self.graph_mut(), *id)).collect();
        let mut all = wrt_rewrite::simplify_all(self.graph_mut(), &named, written);
        for simple in &mut all {
            simple.id = back.apply(self.graph_mut(), simple.id);
        }
        let named: Vec<Id> = pairs.iter().map(|(node, _)| *node).collect();
        wrt_rewrite::as_written(self.graph_mut(), &mut all, by, written, &named);
        // What cancels only where the definitions are known: a mean and the sum that it is of.
        for k in self.perhaps_zero(ids, &all) {
            let bare = wrt_rewrite::simplify(self.graph_mut(), ids[k], written);
            if self.graph().is_zero(bare.id) {
                all[k] = bare;
            }
        }
        all
    }

    /// The places of formulas that may be zero by what their names stand for: those that are at a random point. That is
    /// cheap, and algebra is dear.
    fn perhaps_zero(&self, ids: &[Id], shown: &[Simplified]) -> Vec<usize> {
        /// Larger formulas are not zero by chance, and dear to look at.
        const MAX_NODES: usize = 150;
        if self.document.parsed.definitions.is_empty() {
            return Vec::new();
        }
        let graph = self.graph();
        let open = |k: &usize| !graph.is_zero(shown[*k].id) && !is_leaf(graph, shown[*k].id);
        let small = |k: &usize| graph.reachable_within(&[ids[*k]], MAX_NODES).is_some();
        let mut places: Vec<usize> = (0..ids.len()).filter(open).filter(small).collect();
        let nodes: Vec<Id> = places.iter().map(|k| ids[*k]).collect();
        let mut sure = certainly_not_zero(&self.document, &nodes).into_iter();
        places.retain(|_| !sure.next().unwrap_or(false));
        places
    }

    /// Each definition that is more than a leaf, and a symbol of its name.
    pub(crate) fn named(&mut self) -> Vec<(Id, Id)> {
        let definitions: Vec<(String, Id)> =
            self.document.parsed.definitions.iter().map(|d| (d.name.clone(), d.id)).collect();
        let graph = self.graph_mut();
        let mut pairs: Vec<(Id, Id)> = Vec::new();
        let mut seen = HashSet::new();
        for (name, id) in definitions {
            if !is_leaf(graph, id) && seen.insert(id) {
                let dims = graph.dims(id).to_vec();
                let known = known_of(graph, id);
                pairs.push((id, graph.tensor_symbol(&name, Role::Variable, &dims, known)));
            }
        }
        pairs
    }

    /// Formulas in which what the text defines stands by its name, and common parts are named once. What layers define
    /// stands by its name where it is used more than once, or is among those to keep.
    pub fn let_block(&self, ids: &[Id], form: Form, keep: &[&str]) -> LetBlock {
        self.let_block_written(ids, form, keep, (self.document.written, true))
    }

    /// As [`Session::let_block`], where so many of the graph's first nodes are the person's own, and in one text or not.
    pub(crate) fn let_block_written(&self, ids: &[Id], form: Form, keep: &[&str], own: (usize, bool)) -> LetBlock {
        let (written, one_text) = own;
        let print = |names: &[(Id, String)], form| {
            wrt_view::print_all(self.graph(), ids, form, &Options { names, written, one_text })
        };
        let named = |shown: &dyn Fn(&Definition) -> bool| -> Vec<(Id, String)> {
            self.document.parsed.definitions.iter().filter(|d| shown(d)).map(|d| (d.id, d.name.clone())).collect()
        };
        let all = named(&|_| true);
        if self.document.parsed.definitions.iter().all(|d| !d.by_layer) {
            return print(&all, form);
        }
        let whole = print(&all, Form::Text);
        let texts: Vec<&str> = whole
            .bindings
            .iter()
            .map(|(_, t)| t.as_str())
            .chain(whole.results.iter().map(|r| r.result.as_str()))
            .collect();
        let times = mentions(&texts, self.document.parsed.definitions.iter().map(|d| d.name.as_str()));
        let often = |name: &str| times.get(name).is_some_and(|n| *n > 1);
        let keep: HashSet<&str> = keep.iter().copied().collect();
        let shown = named(&|d| !d.by_layer || keep.contains(d.name.as_str()) || often(&d.name));
        print(&shown, form)
    }
}

impl Backprop {
    /// The names of the definitions that it goes by way of.
    pub fn intermediates(&self) -> Vec<&str> {
        self.adjoints.iter().map(|s| s.of.as_str()).collect()
    }

    /// The formulas of the steps, then the gradient's.
    pub fn formulas(&self) -> Vec<Id> {
        self.adjoints.iter().map(|s| s.shown.id).chain(self.gradient.iter().map(|g| g.id)).collect()
    }
}

/// Which of the nodes have an entry that is not zero at a random point, or at that of the magnitudes, by more than its
/// error in doubles or in many digits: simplifying them to zero is in vain.
fn certainly_not_zero(document: &Document, ids: &[Id]) -> Vec<bool> {
    /// More multiplications than this, in doubles and in so many bits, are dearer than simplifying.
    const DOUBLES: u64 = 1 << 23;
    const BITS: u64 = 1 << 14;
    const PRECISION: u32 = 256;
    let graph = document.graph();
    let mut sure = vec![false; ids.len()];
    let mut given = Point::default();
    document.complete_sizes(&mut given.sizes);
    let work = wrt_run::array_work(graph, ids, &given.sizes);
    if ids.is_empty() || work > DOUBLES {
        return sure;
    }
    // The names alone have values at any point.
    let Ok(at) = document.random_point_of(&graph.free_symbols(ids), &given, 0) else { return sure };
    for at in [at.map(Number::clone), at.map(Number::abs)] {
        if !sure.contains(&false) {
            break;
        }
        let found = wrt_run::evaluate(graph, ids, &at.map(Bounded::new), &Bounded::new(&Number::ONE));
        note_sure(&mut sure, found, |b| b.value().is_finite() && b.value().abs() > b.bound());
        if work <= BITS && sure.contains(&false) {
            let like = Precise::new(Number::ONE, PRECISION);
            let found = wrt_run::evaluate(graph, ids, &at.map(|n| like.exact(n)), &like);
            note_sure(&mut sure, found, |p| p.is_finite() && !p.ball().contains_zero());
        }
    }
    sure
}

/// Those of which an entry is not zero.
fn note_sure<N, E>(sure: &mut [bool], found: Result<Vec<Array<N>>, E>, not_zero: impl Fn(&N) -> bool) {
    for (sure, value) in sure.iter_mut().zip(found.into_iter().flatten()) {
        *sure |= value.data.iter().any(&not_zero);
    }
}

fn is_leaf(graph: &Graph, id: Id) -> bool {
    matches!(graph.node(id), Node::Number(_) | Node::Symbol(_) | Node::Constant(_))
}

/// How often texts name each of some names.
fn mentions<'n>(texts: &[&str], names: impl Iterator<Item = &'n str>) -> HashMap<&'n str, usize> {
    let mut times: HashMap<&str, usize> = names.map(|name| (name, 0)).collect();
    for word in texts.iter().flat_map(|t| t.split(|c: char| !(c.is_alphanumeric() || c == '_'))) {
        if let Some(n) = times.get_mut(word) {
            *n += 1;
        }
    }
    times
}

/// The names, numbers and operators in a text.
fn words(text: &str) -> usize {
    let mut count = 0;
    let mut inside = false;
    for c in text.chars() {
        let word = c.is_alphanumeric() || c == '_' || c == '.';
        count += usize::from(word && !inside || "+-*/^@'<>=".contains(c));
        inside = word;
    }
    count
}

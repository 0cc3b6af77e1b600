//! Scans as calls of the person's functions, with these functions.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use wrt_core::operations::{Scan, Step};
use wrt_core::{Calls, Graph, Id, Node, Operation};

use super::convert::Converter;
use super::recursion::Recursion;
use super::{Function, text};
use crate::bindings::Own;
use crate::form::Form;
use crate::names;

/// Why a scan is not written as a call.
const NO_STEP: &str = "a scan whose step has no matrix notation";

/// The names of the functions and recursions of a let block. What is written alike has one name, and nothing else has it.
pub(crate) struct Functions {
    /// What means something else in the let block.
    pub(super) taken: RefCell<HashSet<String>>,
    /// The person's name, what follows it in the definition, and the name that it got.
    named: RefCell<Vec<(String, String, String)>>,
    /// The scans that belong together, of this graph.
    calls: Calls,
    graph: *const Graph,
    /// The names of bound nodes of this graph.
    bound: HashSet<String>,
    /// The index of recursions.
    pub(super) index: String,
    /// Those of them that stand elsewhere than among what a scan goes along.
    pub(super) elsewhere: HashSet<Id>,
    /// The recursions, each by its first result.
    pub(super) recursions: RefCell<HashMap<Id, Rc<Recursion>>>,
}

impl Functions {
    pub(crate) fn new(
        graph: &Graph,
        roots: &[Id],
        taken: HashSet<String>,
        bindings: &HashMap<Id, String>,
    ) -> Functions {
        let order = graph.reachable(roots);
        let mut elsewhere: HashSet<Id> = roots.iter().copied().collect();
        let scans = order.iter().any(|id| matches!(graph.node(*id), Node::Operation(Operation::Scan(_), _)));
        for &id in order.iter().filter(|_| scans) {
            match graph.node(id) {
                Node::Operation(Operation::Scan(scan), args) => {
                    let (states, slices, _) = scan.step.inputs();
                    elsewhere.extend(&args[..states.len()]);
                    elsewhere.extend(&args[states.len() + slices.len()..]);
                }
                _ => graph.for_each_child(id, |c| {
                    elsewhere.insert(c);
                }),
            }
        }
        // The index of recursions means nothing else in any of them.
        let within = |name: &str| {
            order.iter().any(|id| match graph.node(*id) {
                Node::Operation(Operation::Scan(scan), _) => {
                    let step = scan.step.graph();
                    step.find_symbol(name).is_some() || step.names().iter().any(|(_, own)| own == name)
                }
                _ => false,
            })
        };
        let letters = ["t", "s", "k", "i", "j", "r", "l", "p", "q", "u", "v", "w"];
        let free = letters.into_iter().find(|l| !taken.contains(*l) && !within(l));
        let index = free.map_or_else(|| fresh("t", &|name| taken.contains(name) || within(name)), String::from);
        let calls = Calls::among(graph, order);
        let (named, recursions) = (RefCell::default(), RefCell::default());
        let bound = bindings.values().cloned().collect();
        Functions { taken: RefCell::new(taken), named, calls, graph, bound, index, elsewhere, recursions }
    }

    /// A name of a formula in a notation, different from the formula's other names and from those that nodes of it are
    /// bound to.
    pub(crate) fn in_formula(&self, form: Form, name: &str, graph: &Graph, bindings: &HashMap<Id, String>) -> String {
        let bound = |other: &str| match std::ptr::eq(self.graph, graph) {
            true => self.bound.contains(other),
            false => bindings.values().any(|bound| bound == other),
        };
        names::written(form, name, &|other| graph.find_symbol(other).is_some() || bound(other))
    }

    /// All results of the call that a node of the let block's graph is a result of; none for nodes within steps.
    pub(super) fn results(&self, graph: &Graph, id: Id) -> Option<&[Id]> {
        self.calls.results(id).filter(|_| std::ptr::eq(self.graph, graph))
    }

    fn name(&self, own: &str, definition: String) -> String {
        let mut named = self.named.borrow_mut();
        if let Some((.., name)) = named.iter().find(|(known, what, _)| known == own && *what == definition) {
            return name.clone();
        }
        let name =
            fresh(own, &|name| self.taken.borrow().contains(name) || named.iter().any(|(.., other)| other == name));
        named.push((own.to_string(), definition, name.clone()));
        name
    }
}

/// The name itself, or with the first number that makes it another than what is taken.
pub(super) fn fresh(own: &str, taken: &dyn Fn(&str) -> bool) -> String {
    let numbered = (2..).map(|k| format!("{own}_{k}"));
    std::iter::once(own.to_string()).chain(numbered).find(|name| !taken(name)).unwrap_or_default()
}

impl Converter<'_> {
    /// The name of the person's function that a scan goes through, whose definition is to stand before; empty, where there
    /// is no function.
    pub(super) fn function_of(&mut self, scan: &Scan, args: &[Id]) -> Result<String, &'static str> {
        let Some((step, places)) = scan.function() else { return Ok(String::new()) };
        let name = |k: usize| self.bound(args[k]).unwrap_or_else(|| self.graph.symbol_name(args[k])).to_string();
        let captures: Vec<String> = places.into_iter().map(name).collect();
        let (name, lines) = function(&step, &captures, self.form, self.functions)?;
        for line in lines {
            if !self.lines.contains(&line) {
                self.lines.push(line);
            }
        }
        Ok(name)
    }
}

/// The name of a function that is the step of a scan, and its definition behind those that it needs. Its captures have
/// these names.
fn function(
    step: &Step,
    captures: &[String],
    form: Form,
    functions: &Functions,
) -> Result<(String, Vec<Function>), &'static str> {
    let graph = step.graph();
    let (states, slices, inner) = step.inputs();
    debug_assert_eq!(captures.len(), inner.len());
    let result = *step.results().0.first().ok_or(NO_STEP)?;
    let mut bindings: HashMap<Id, String> = inner.iter().copied().zip(captures.iter().cloned()).collect();
    rename_inputs(graph, &[states, slices].concat(), result, &mut bindings);
    let named = |id: Id| bindings.get(&id).map_or_else(|| graph.symbol_name(id), String::as_str);
    let written = |name: &str| functions.in_formula(form, name, graph, &bindings);
    let (body, mut lines) = if bindings.contains_key(&result) {
        (written(named(result)), Vec::new())
    } else {
        let body = text(graph, result, form, &bindings, functions, &[], Own::default());
        match body.missing {
            Some(why) => return Err(why),
            None if body.text.is_empty() || !body.indices.is_empty() => return Err(NO_STEP),
            None => (body.text, body.functions),
        }
    };
    let inputs: Vec<String> = states.iter().chain(slices).map(|id| written(named(*id))).collect();
    let list = format!("({})", inputs.join(", "));
    let name = functions.name(step.name(), format!("{list} = {body}"));
    let names = captures.iter().cloned().chain(lines.iter().map(|f| f.head.clone())).collect();
    lines.push(Function { head: written(&name) + &list, body, names });
    Ok((name, lines))
}

/// Gives states and slices that are called like something else that the step names another name.
fn rename_inputs(graph: &Graph, inputs: &[Id], result: Id, bindings: &mut HashMap<Id, String>) {
    let mut taken: HashSet<String> = bindings.values().cloned().collect();
    taken.extend(names::of_dimensions(graph, &[result]));
    for (k, id) in inputs.iter().enumerate() {
        let own = graph.symbol_name(*id);
        let later = |name: &str| inputs[k + 1..].iter().any(|other| graph.symbol_name(*other) == name);
        let name = fresh(own, &|name| taken.contains(name) || name != own && later(name));
        if name != own {
            bindings.insert(*id, name.clone());
        }
        taken.insert(name);
    }
}

/// What the functions of scans below these nodes, and of those within them, are called, and their states and slices.
pub(crate) fn names_of_functions(graph: &Graph, nodes: &[Id]) -> HashSet<String> {
    let mut found = HashSet::new();
    for id in nodes {
        let Node::Operation(Operation::Scan(scan), _) = graph.node(*id) else { continue };
        let Some((step, _)) = scan.function() else { continue };
        let (states, slices, _) = step.inputs();
        found.insert(step.name().to_string());
        found.extend(states.iter().chain(slices).map(|id| step.graph().symbol_name(*id).to_string()));
        found.extend(names_of_functions(step.graph(), &step.graph().reachable(step.results().0)));
    }
    found
}

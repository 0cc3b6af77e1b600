//! Scans with their functions, and derivatives of scans as calls of `vjp` and `jvp`, which count every way to what they are
//! with respect to: the ways that the derivative leaves to others are stopped.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use wrt_core::operations::{Scan, Shown, Step};
use wrt_core::{Graph, Id, Node, Operation};

use super::convert::Converter;
use super::{Function, text};
use crate::form::Form;
use crate::names;

/// What has no notation: derivatives of derivatives, and Jacobians.
pub(super) const NO_CALL: &str = "a derivative of a scan that is no call of vjp or jvp";

/// As before.
const NO_STEP: &str = "a scan whose step has no matrix notation";

/// The names of the functions of a let block. What is written alike has one name, and nothing else has it.
pub(crate) struct Functions {
    /// What means something else in the let block.
    taken: HashSet<String>,
    /// The person's name, what follows it in the definition, and the name that it got.
    named: RefCell<Vec<(String, String, String)>>,
}

impl Functions {
    pub(crate) fn new(taken: HashSet<String>) -> Functions {
        Functions { taken, named: RefCell::default() }
    }

    fn name(&self, own: &str, definition: String) -> String {
        let mut named = self.named.borrow_mut();
        if let Some((.., name)) = named.iter().find(|(known, what, _)| known == own && *what == definition) {
            return name.clone();
        }
        let name = fresh(own, &|name| self.taken.contains(name) || named.iter().any(|(.., other)| other == name));
        named.push((own.to_string(), definition, name.clone()));
        name
    }
}

/// The name itself, or with the first number that makes it another than what is taken.
fn fresh(own: &str, taken: &dyn Fn(&str) -> bool) -> String {
    let numbered = (2..).map(|k| format!("{own}_{k}"));
    std::iter::once(own.to_string()).chain(numbered).find(|name| !taken(name)).unwrap_or_default()
}

/// How a scan is written: its arguments, and behind them the names that stand for some of them, with their ranks.
pub(super) type Spelling = (String, Vec<(String, usize)>);

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

    /// The spelling of a scan's derivative in terms of its arguments and, behind them, the names that are to stand for
    /// some of them, with their ranks; none for any other scan, an empty one where there is none.
    pub(super) fn derivative_of_scan(
        &mut self,
        scan: &Scan,
        args: &[Id],
        (function, slot): (&str, &str),
    ) -> Option<Spelling> {
        let origin = scan.origin()?;
        let own: Vec<Id> = origin.places.iter().map(|k| args[*k]).collect();
        let nested = origin.of.origin();
        let within = nested.is_some_and(|inner| {
            let args: Vec<Id> = inner.places.iter().map(|k| own[*k]).collect();
            variables(&origin.of).iter().any(|v| (0..args.len()).any(|k| k != *v && self.depends(args[k], args[*v])))
        });
        let written = scan.written_arguments();
        let (mut others, mut aliased) = (vec![(function.to_string(), 0)], HashMap::new());
        let mut tangled = within;
        for at in variables(scan) {
            for (k, other) in own.iter().enumerate() {
                if k == at || !self.depends(*other, own[at]) {
                    continue;
                }
                if written.contains(&k) {
                    tangled = true;
                } else if *other != own[at] {
                    self.stopped.push(*other);
                } else if aliased.insert(at, args.len() + others.len()).is_none() {
                    // The function takes the same name, which stays what it is: captures of a step differ.
                    tangled = true;
                    others.push((self.alias(own[at]), self.graph.rank(own[at])));
                }
            }
        }
        if tangled && nested.is_some() {
            return Some((String::new(), Vec::new()));
        }
        let shown = |variable: usize, k: usize| match aliased.get(&variable) {
            Some(slot) if variable == k => Shown::Slot(*slot),
            None if variable != k && self.depends(own[k], own[variable]) => Shown::Stopped,
            _ => Shown::Plain,
        };
        let short = if tangled { None } else { self.derivative_of_part(scan, args) };
        short.or_else(|| Some((scan.derivative_text(slot, &shown).unwrap_or_default(), others)))
    }

    /// Is the second node below the first?
    fn depends(&self, above: Id, below: Id) -> bool {
        above >= below && self.graph.reachable(&[above]).binary_search(&below).is_ok()
    }

    /// A name for a node of its own that stands for this one, by which can be differentiated.
    fn alias(&mut self, id: Id) -> String {
        let own = self.bound(id).unwrap_or(self.graph.symbol_name(id)).to_string();
        let mut name = format!("{own}_0");
        while self.graph.find_symbol(&name).is_some() || self.bindings.values().any(|n| *n == name) {
            name.push('_');
        }
        let in_formula = |name: &str| names::in_formula(self.form, name, self.graph, self.bindings);
        let (head, body) = (in_formula(&name), self.stop(&in_formula(&own)));
        self.lines.push(Function { head, body, names: vec![own] });
        name
    }

    fn stop(&self, text: &str) -> String {
        stopped(self.form, text)
    }

    /// `vjp(h, x, u)` where the scan that is differentiated has a name.
    fn derivative_of_part(&self, scan: &Scan, args: &[Id]) -> Option<Spelling> {
        let origin = scan.origin().filter(|_| scan.is_pullback())?;
        let own: Vec<Id> = origin.places.iter().map(|k| args[*k]).collect();
        let mut named: Vec<&Id> = self.bindings.keys().filter(|id| **id != self.root).collect();
        named.sort();
        let part = named.into_iter().find(
            |id| matches!(self.graph.node(**id), Node::Operation(Operation::Scan(s), a) if *s == origin.of && a == own),
        )?;
        let (x, u, h) = (origin.variables.get(scan.result)?, origin.along[0], args.len());
        let name = (self.bound(*part)?.to_string(), self.graph.rank(*part));
        Some((format!("vjp({{{h}}}, {{{x}}}, {{{u}}})"), vec![name]))
    }
}

/// What a derivative of a scan is with respect to, by positions among the arguments of the scan that was differentiated.
fn variables(scan: &Scan) -> Vec<usize> {
    let Some(origin) = scan.origin() else { return Vec::new() };
    let all = if scan.is_pullback() {
        origin.variables.get(scan.result).into_iter().collect()
    } else {
        origin.variables.iter().collect::<Vec<_>>()
    };
    all.into_iter().filter_map(|v| origin.places.iter().position(|k| k == v)).collect()
}

/// What a text is where no derivative goes through it.
pub(crate) fn stopped(form: Form, text: &str) -> String {
    match form {
        f if f.is_latex() => format!("\\mathrm{{stop\\_gradient}}\\left({text}\\right)"),
        _ => format!("stop_gradient({text})"),
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
    let written = |name: &str| names::in_formula(form, name, graph, &bindings);
    let (body, mut lines) = if bindings.contains_key(&result) {
        (written(named(result)), Vec::new())
    } else {
        let body = text(graph, result, form, &bindings, functions, &[], 0);
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

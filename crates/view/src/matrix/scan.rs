//! Derivatives of scans as calls of `vjp` and `jvp`, which count every way to what they are with respect to: the ways
//! that the derivative leaves to others are stopped.

use std::collections::HashMap;
use std::sync::Arc;

use wrt_core::operations::{Scan, Shown, Step};
use wrt_core::{Id, Node, Operation};

use super::convert::Converter;
use super::{Function, Text, text};
use crate::form::Form;
use crate::names;

/// What has no notation: derivatives of derivatives, and Jacobians.
pub(super) const NO_CALL: &str = "a derivative of a scan that is no call of vjp or jvp";

/// As before.
const NO_STEP: &str = "a scan whose step has no matrix notation";

/// A person's function that a scan goes through, with the nodes that it captures.
pub(super) struct Through {
    step: Arc<Step>,
    captures: Vec<Id>,
    /// The captures by name.
    names: Vec<String>,
}

impl Converter<'_> {
    /// Remembers the person's functions that a scan goes through.
    pub(super) fn remember_function(&mut self, operation: &Operation, args: &[Id]) {
        let Operation::Scan(scan) = operation else { return };
        let Some((step, places)) = scan.function() else { return };
        let captures: Vec<Id> = places.into_iter().map(|k| args[k]).collect();
        let name = |id: &Id| self.part(*id).map_or_else(|| self.graph.symbol_name(*id).to_string(), String::from);
        let names = captures.iter().map(name).collect();
        self.through.push(Through { step, captures, names });
    }

    /// The spelling of a scan's derivative in terms of its arguments and, behind them, the names that are to stand for
    /// some of them, with their ranks; none for any other operation, an empty one where there is none.
    pub(super) fn derivative_of_scan(
        &mut self,
        operation: &Operation,
        args: &[Id],
    ) -> Option<(String, Vec<(String, usize)>)> {
        let Operation::Scan(scan) = operation else { return None };
        let origin = scan.origin()?;
        let own: Vec<Id> = origin.places.iter().map(|k| args[*k]).collect();
        let nested = origin.of.origin();
        let within = nested.is_some_and(|inner| {
            let args: Vec<Id> = inner.places.iter().map(|k| own[*k]).collect();
            variables(&origin.of).iter().any(|v| (0..args.len()).any(|k| k != *v && self.depends(args[k], args[*v])))
        });
        let written = scan.written_arguments();
        let (mut aliases, mut aliased): (Vec<(String, usize)>, HashMap<usize, usize>) = Default::default();
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
                } else if aliased.insert(at, args.len() + aliases.len()).is_none() {
                    // The function takes the same name, which stays what it is: captures of a step differ.
                    tangled = true;
                    aliases.push((self.alias(own[at]), self.graph.rank(own[at])));
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
        let text = short.or_else(|| scan.derivative_text(&shown)).unwrap_or_default();
        Some((text, aliases))
    }

    /// Is the second node below the first?
    fn depends(&self, above: Id, below: Id) -> bool {
        above >= below && self.graph.reachable(&[above]).binary_search(&below).is_ok()
    }

    /// A name for a node of its own that stands for this one, by which can be differentiated.
    fn alias(&mut self, id: Id) -> String {
        let own = self.part(id).unwrap_or(self.graph.symbol_name(id)).to_string();
        let mut name = format!("{own}_0");
        while self.graph.find_symbol(&name).is_some() || self.parts.values().any(|n| *n == name) {
            name.push('_');
        }
        let in_formula = |name: &str| names::in_formula(self.form, name, self.graph, self.parts);
        let (own, head) = (in_formula(&own), in_formula(&name));
        let body = self.stop(&own);
        self.aliases.push(Function { head, body, names: vec![own] });
        name
    }

    fn stop(&self, text: &str) -> String {
        stopped(self.form, text)
    }

    /// `vjp(h, x, u)` where the scan that is differentiated has a name.
    fn derivative_of_part(&self, scan: &Scan, args: &[Id]) -> Option<String> {
        let origin = scan.origin().filter(|_| scan.is_pullback())?;
        let own: Vec<Id> = origin.places.iter().map(|k| args[*k]).collect();
        let mut named: Vec<&Id> = self.parts.keys().filter(|id| **id != self.root).collect();
        named.sort();
        let part = named.into_iter().find(
            |id| matches!(self.graph.node(**id), Node::Operation(Operation::Scan(s), a) if *s == origin.of && a == own),
        )?;
        let name = names::in_formula(self.form, self.part(*part)?, self.graph, self.parts);
        let (x, u) = (origin.variables.get(scan.result)?, origin.along[0]);
        Some(format!("vjp({name}, {{{x}}}, {{{u}}})"))
    }

    /// The functions that were met, and the first reason why one of them cannot be written.
    pub(super) fn functions(&mut self) -> (Vec<Function>, Option<&'static str>) {
        let (mut all, mut missing) = (std::mem::take(&mut self.aliases), None);
        for through in std::mem::take(&mut self.through) {
            match function(&through, self.form) {
                Ok(functions) => all.extend(functions),
                Err(why) => missing = missing.or(Some(why)),
            }
        }
        (all, missing)
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

/// The head and the body of a function that is the step of a scan, behind those that it calls.
fn function(through: &Through, form: Form) -> Result<Vec<Function>, &'static str> {
    let Through { step, captures, names } = through;
    let graph = step.graph();
    let (states, slices, inner) = step.inputs();
    let parts: HashMap<Id, String> = inner.iter().copied().zip(names.iter().cloned()).collect();
    debug_assert_eq!(captures.len(), inner.len());
    let result = *step.results().0.first().ok_or(NO_STEP)?;
    let body: Text = text(graph, result, form, &parts, &[], 0);
    if let Some(why) = body.missing {
        return Err(why);
    }
    if body.text.is_empty() || !body.indices.is_empty() {
        return Err(NO_STEP);
    }
    let inputs: Vec<String> =
        states.iter().chain(slices).map(|id| names::in_formula(form, graph.symbol_name(*id), graph, &parts)).collect();
    let head = format!("{}({})", names::in_formula(form, step.name(), graph, &parts), inputs.join(", "));
    let mut all = body.functions;
    let names = names.iter().cloned().chain(all.iter().map(|f| f.head.clone())).collect();
    all.push(Function { head, body: body.text, names });
    Ok(all)
}

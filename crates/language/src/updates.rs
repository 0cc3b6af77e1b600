//! Training as text: what is carried from step to step, and what each step makes of it.
//!
//! `state m[like w] = 0` is an array of its own, `m := beta1*m + (1 - beta1)*d(cost, w)` its value after the step; from
//! there on `m` means the new one. What stands behind `every param w` is done for each parameter in turn.

use wrt_core::{Dim, Graph, Id, Primitive, Role, Term};
use wrt_differentiate::NotDifferentiable;

use crate::diagnostic::{Diagnostic, DiagnosticKind as Kind};
use crate::lexer::{Lexer, Token};
use crate::model::{Declaration, Update};
use crate::parser::{Parser, Scope, Span, error};
use crate::reductions::squared_norm;
use crate::value::Value;

/// What stands behind `every param w`.
pub(crate) struct Every<'s> {
    /// The name that each parameter has here.
    alias: &'s str,
    /// Those that are still to come, the next one last.
    left: Vec<Id>,
    /// Where the statements begin.
    begin: (Lexer<'s>, Token, Span),
    /// What is named for one parameter: how many definitions, declarations and functions were there before.
    before: [usize; 3],
    /// What names began with before.
    prefix: String,
}

/// What an optimiser's text says.
#[derive(Clone, Debug)]
pub struct Optimiser {
    /// Its settings (hyperparameters) and what it carries from step to step.
    pub declarations: Vec<Declaration>,
    /// What each step makes of parameters and state.
    pub updates: Vec<Update>,
}

/// Reads an optimiser's text, in which `cost` is the cost that is minimised and every parameter is one of these. What it
/// declares has names that begin with the optimiser's, or with the parameter's.
///
/// # Errors
/// With the place in the optimiser's text.
///
/// ```
/// use wrt_core::Graph;
/// use wrt_language::{Scope, optimiser, parse};
/// let mut graph = Graph::new();
/// let model = parse(&mut graph, "data x; param a; cost = (a - x)^2", &Scope::default()).unwrap();
/// let a = graph.find_symbol("a").unwrap();
/// let text = "hyper rate = 0.1; every param w; w := w - rate*d(cost, w)";
/// let found = optimiser(&mut graph, text, "descent", model.result, &[a]).unwrap();
/// assert_eq!((found.declarations[0].name.as_str(), found.updates[0].symbol), ("descent.rate", a));
/// ```
pub fn optimiser(
    graph: &mut Graph,
    source: &str,
    name: &str,
    cost: Id,
    parameters: &[Id],
) -> Result<Optimiser, Diagnostic> {
    let scope = Scope::default();
    let cost = Value::of(graph, cost);
    let mut parser = Parser::new(graph, source, &scope)?;
    parser.prefix = format!("{name}.");
    parser.trained = parameters.to_vec();
    parser.outer.push(("cost", cost.clone()));
    if source.contains(SLOPE_NORM) {
        let norm = slope_norm(parser.graph, cost.id, parameters);
        let norm = norm.map_err(|e| Diagnostic::new(Kind::Name, 0..0, e.to_string()))?;
        parser.outer.push((SLOPE_NORM, norm));
    }
    parser.statements()?;
    Ok(Optimiser { declarations: parser.declared, updates: parser.updates })
}

/// Reads a formula in which these names are nodes of the graph. What it defines has names that begin with `prefix`.
///
/// # Errors
/// With the place in the formula's text.
///
/// ```
/// use wrt_core::Graph;
/// use wrt_language::{Scope, formula, parse};
/// let mut graph = Graph::new();
/// let x = parse(&mut graph, "2*x", &Scope::default()).unwrap().result;
/// let square = formula(&mut graph, "h = u^2; h + 1", "own.", &[("u", x)]).unwrap();
/// assert!(graph.reachable(&[square]).contains(&x));
/// ```
pub fn formula<'s>(
    graph: &mut Graph,
    source: &'s str,
    prefix: &str,
    given: &[(&'s str, Id)],
) -> Result<Id, Diagnostic> {
    let scope = Scope::default();
    let mut parser = Parser::new(graph, source, &scope)?;
    parser.prefix = prefix.to_string();
    for (name, id) in given {
        let value = Value::of(parser.graph, *id);
        parser.outer.push((name, value));
    }
    Ok(parser.text()?.result)
}

/// The norm of all slopes together, in an optimiser's text.
const SLOPE_NORM: &str = "slope_norm";

fn slope_norm(graph: &mut Graph, cost: Id, parameters: &[Id]) -> Result<Value, NotDifferentiable> {
    let slopes = wrt_differentiate::gradient(graph, cost, parameters)?;
    let mut square = |slope: Id| {
        let slope = Value::of(graph, slope);
        Term::one(squared_norm(graph, &slope).id)
    };
    let squares: Vec<Term> = slopes.into_iter().map(&mut square).collect();
    let sum = graph.sum(&squares);
    let norm = graph.map(Primitive::Sqrt, &[sum]);
    Ok(Value::of(graph, norm))
}

impl<'s> Parser<'s, '_> {
    /// `every param w`
    pub(crate) fn every(&mut self) -> Result<(), Diagnostic> {
        let place = self.span.clone();
        self.advance()?;
        if self.token != Token::Name || self.slice(&self.span.clone()) != "param" {
            return Err(self.expected("`param` and a name"));
        }
        self.advance()?;
        let name = self.wanted_name("a name for each parameter")?;
        self.refuse_second(&name)?;
        if self.every.is_some() {
            return Err(error(Kind::Syntax, &place, "`every param` goes on to the end of the text already"));
        }
        let declared = self.declared.iter().filter(|d| d.role == Role::Parameter).map(|d| d.id);
        let mut left: Vec<Id> = self.trained.iter().copied().chain(declared).collect();
        left.reverse();
        let Some(first) = left.pop() else {
            return Err(error(Kind::Name, &place, "there is no parameter before this line"));
        };
        let before = [self.definitions.len(), self.declared.len(), self.functions.len()];
        let begin = (self.lexer.clone(), self.token, self.span.clone());
        let prefix = self.prefix.clone();
        self.every = Some(Every { alias: name.0, left, begin, before, prefix });
        self.turn_to(name.0, first);
        Ok(())
    }

    /// From here on the alias is this parameter.
    fn turn_to(&mut self, alias: &'s str, parameter: Id) {
        self.outer.push((alias, Value::of(self.graph, parameter)));
        self.prefix = format!("{}.", self.graph.symbol_name(parameter));
    }

    /// At the end of the text: once more for the next parameter, if there is one.
    pub(crate) fn next_parameter(&mut self) -> bool {
        let Some(mut every) = self.every.take() else { return false };
        self.outer.pop();
        self.forget(every.before);
        self.prefix.clone_from(&every.prefix);
        let Some(next) = every.left.pop() else { return false };
        (self.lexer, self.token, self.span) = every.begin.clone();
        self.turn_to(every.alias, next);
        self.every = Some(every);
        true
    }

    /// Names that one parameter's statements have made are those of the next one's again.
    fn forget(&mut self, [definitions, declared, functions]: [usize; 3]) {
        let names = &mut self.names;
        names.defined.retain(|_, k| *k < definitions);
        names.declared.retain(|_, k| *k < declared);
        names.functions.retain(|_, k| *k < functions);
    }

    /// `w := w - rate*d(cost, w)`
    pub(crate) fn update(&mut self, (name, place): (&'s str, Span)) -> Result<(), Diagnostic> {
        let Some(id) = self.carried(name) else {
            let message = format!("`{name}` is neither a parameter nor state, so that it keeps no new value");
            return Err(error(Kind::Name, &place, message).help(format!("declare it: state {name} = 0")));
        };
        if self.updates.iter().any(|u| u.symbol == id) {
            return Err(error(Kind::Name, &place, format!("`{name}` has a new value already"))
                .help("give what lies between a name of its own"));
        }
        self.advance()?;
        let start = self.span.start;
        let value = self.expression()?.with_unit_axes(self.graph);
        let dims: Vec<Dim> = self.graph.dims(id).to_vec();
        let own = value.dims();
        if !value.free.is_empty() || (!own.is_empty() && own != dims) {
            let (found, wanted) = (value.shape_text(self.graph), self.graph.shape_text(&dims));
            let message = format!("the new value has the shape {found}, `{name}` {wanted}");
            return Err(error(Kind::Shape, &(start..self.span.start), message));
        }
        let value = if own == dims { value.id } else { self.graph.broadcast(value.id, &dims) };
        self.updates.push(Update { symbol: id, value });
        Ok(())
    }

    /// The symbol of a name that is carried from step to step.
    fn carried(&self, name: &str) -> Option<Id> {
        if let Some(every) = &self.every
            && every.alias == name
        {
            return self.outer.iter().rev().find(|(n, _)| *n == name).map(|(_, v)| v.id);
        }
        let declared = &self.declared[*self.names.declared.get(name)?];
        matches!(declared.role, Role::Parameter | Role::State).then_some(declared.id)
    }

    /// What a symbol means after the updates that have been read.
    pub(crate) fn renewed(&self, value: Value) -> Value {
        match self.updates.iter().find(|u| u.symbol == value.id) {
            Some(update) => Value::of(self.graph, update.value),
            None => value,
        }
    }

    /// `like w]`: the shape of another name.
    pub(crate) fn shape_like(&mut self) -> Result<Option<Vec<Dim>>, Diagnostic> {
        if self.token != Token::Name || self.slice(&self.span.clone()) != "like" {
            return Ok(None);
        }
        if !matches!(self.lexer.clone().next(), Ok((Token::Name, _))) {
            return Ok(None);
        }
        self.advance()?;
        let name = self.wanted_name("a name")?;
        let Some(value) = self.variable(name.0) else {
            return Err(error(Kind::Name, &name.1, format!("`{}` has no shape before this line", name.0)));
        };
        if self.token != Token::CloseBracket {
            return Err(self.expected("`]`"));
        }
        Ok(Some(self.graph.dims(value.id).to_vec()))
    }
}

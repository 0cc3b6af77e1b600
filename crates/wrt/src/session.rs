//! The one way from a text to its derivatives, formulas and values, which every door of wrt uses.
//!
//! A session owns a bare graph: no lock, nothing shared, freed as one.

use std::collections::HashMap;

pub use wrt_core::Id;
pub use wrt_core::{Array, Assumptions, Number};
pub use wrt_core::{Dim, Role};
use wrt_core::{Dimension, Graph, Node};
use wrt_language::Parsed;
pub use wrt_language::is_name;
pub use wrt_language::{Constraint, Declaration, Definition, Initial, Scope, Train, closest};
pub use wrt_rewrite::Simplified;
pub use wrt_run::{Certified, MAX_DIGITS};
pub use wrt_view::{Form, LetBlock, Line, Printed, heading, mathml, written_name};

pub use crate::answer::{Answer, Derivative, DerivativeKind, Judging, Layout, Request, Status, StatusKind, Valued};
pub use crate::assume::{assumption, contradicts};
pub use crate::backprop::{Adjoint, Backprop};
pub use crate::declared::{Along, Shaped};
use crate::derivatives::Apart;
use crate::error::{Error, ErrorKind};
pub use crate::evaluate::{Numbers, Point, Value, values};
pub use crate::inspect::{Inspected, Inspection};
pub use crate::judge::{
    Arithmetic, Direction, Judgement, Moves, Nudge, Nudging, Scrutiny, Start, Sweep, Trial, Work, computed_digits,
    parse_eps, shown,
};
pub use crate::report::{Finding, Special};
pub use crate::same::{Verdict, same};
pub use crate::written::{Block, Comparison, Equation, Judged, ReadBack, Unread, WrittenLine};
pub use wrt_check::Extent;
pub use wrt_run::Sizes;

/// The highest order of derivatives that is computed at once.
pub const MAX_ORDER: u32 = 8;

/// The most partial derivatives that are computed at once.
pub const MAX_PARTIALS: usize = 1 << 17;

/// The most nodes, each counted once for each derivative, that are written out as formulas.
const MAX_WRITTEN: usize = 1 << 27;

/// A text in the one style of model files.
///
/// # Errors
/// With the place, for a character that has no meaning.
pub fn format(text: &str) -> Result<String, Error> {
    Ok(wrt_language::format(text)?)
}

/// A formula that was read, in its own graph.
///
/// ```
/// use wrt::session::{Form, Scope, Session};
/// let mut s = Session::parse("w^2", &Scope::default())?;
/// let w = s.variable("w")?;
/// let partials = s.derivatives(&[w], 1)?;
/// let formula = s.simplify(partials[0].id);
/// assert_eq!(s.print(formula.id, Form::Text).line(), "2*w");
/// # Ok::<(), wrt::Error>(())
/// ```
pub struct Session {
    graph: Graph,
    pub(crate) parsed: Parsed,
    /// How many of the graph's first nodes the text made.
    pub(crate) written: usize,
    /// The definitions by name.
    defined: HashMap<String, Id>,
    /// The shapes that are known of names, whether they occur or not.
    shapes: Vec<(String, Vec<String>)>,
}

/// One partial derivative.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Partial {
    /// The positions of its variables in the list asked for, never falling: `[0, 1]` is ∂²/∂x∂y.
    pub wrt: Vec<usize>,
    /// The derivative as the rules give it: the axes of the formula, then those of each variable.
    pub id: Id,
    /// What it is the derivative of, with respect to the last of its variables.
    pub of: Id,
}

impl Session {
    /// Reads a text.
    ///
    /// # Errors
    /// With the place, for any text that is no formula or is beyond the limits.
    pub fn parse(text: &str, scope: &Scope<'_>) -> Result<Session, Error> {
        let mut graph = Graph::new();
        let parsed = wrt_language::parse(&mut graph, text, scope)?;
        let written = graph.len();
        let owned = |(name, dims): &(&str, Vec<&str>)| {
            ((*name).to_string(), dims.iter().map(|d| (*d).to_string()).collect::<Vec<String>>())
        };
        let shapes = scope.shapes.iter().map(owned).collect();
        let defined = parsed.definitions.iter().rev().map(|d| (d.name.clone(), d.id)).collect();
        Ok(Session { graph, parsed, written, defined, shapes })
    }

    /// A graph without a text, such as expressions in Rust are made in; its formula is `root`.
    pub(crate) fn bare(graph: Graph, root: Id) -> Session {
        let parsed = Parsed {
            result: root,
            definitions: Vec::new(),
            declarations: Vec::new(),
            has_cost: false,
            metrics: Vec::new(),
            train: None,
            warnings: Vec::new(),
        };
        Session { written: graph.len(), graph, parsed, defined: HashMap::new(), shapes: Vec::new() }
    }

    /// The formula.
    pub fn root(&self) -> Id {
        self.parsed.result
    }

    /// The graph, for reading.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    pub(crate) fn graph_mut(&mut self) -> &mut Graph {
        &mut self.graph
    }

    /// The name that the text gives to its result (`J = w^2`), if it does.
    pub fn result_name(&self) -> Option<&str> {
        self.definitions().iter().rev().find(|d| d.id == self.root()).map(|d| d.name.as_str())
    }

    /// The free names of the formula, in the order of their first use.
    pub fn free_names(&self) -> Vec<String> {
        let symbols = self.graph.free_symbols(&[self.root()]);
        symbols.into_iter().map(|id| self.graph.symbol_name(id).to_string()).collect()
    }

    /// Does the name stand for something in the formula?
    pub fn occurs(&self, name: &str) -> bool {
        let id = self.definition(name).or_else(|| self.graph.find_symbol(name));
        id.is_some_and(|id| id <= self.root() && self.graph.reachable(&[self.root()]).binary_search(&id).is_ok())
    }

    fn definition(&self, name: &str) -> Option<Id> {
        self.defined.get(name).copied()
    }

    /// The names that mean definitions.
    pub(crate) fn defined(&self) -> impl Iterator<Item = (&str, Id)> {
        self.defined.iter().map(|(name, id)| (name.as_str(), *id))
    }

    /// Gives a node a name, as if the text did; it is written by that name if there is a definition.
    pub(crate) fn define(&mut self, name: &str, id: Id, definition: Option<Definition>) {
        self.defined.insert(name.to_string(), id);
        self.parsed.definitions.extend(definition.map(|d| Definition { id, ..d }));
    }

    /// Does the text define the name?
    pub(crate) fn defines(&self, name: &str) -> bool {
        self.defined.contains_key(name)
    }

    /// What a name to differentiate with respect to stands for: a free name or a definition of the text.
    ///
    /// # Errors
    /// If the text is no name, or names a definition that is only a number.
    pub fn variable(&mut self, name: &str) -> Result<Id, Error> {
        if let Some(id) = self.definition(name) {
            return match self.graph.as_number(id) {
                Some(n) => Err(Error::new(ErrorKind::Name, format!("`{name}` is the number {n} in the formula"))
                    .with_help("leave its definition out to differentiate with respect to it")),
                None => Ok(id),
            };
        }
        self.free(name)
    }

    /// The free name, which is new to the formula if it doesn't occur.
    ///
    /// # Errors
    /// If the text is no name, or names a definition.
    pub fn free(&mut self, name: &str) -> Result<Id, Error> {
        if let Some(id) = self.graph.find_symbol(name) {
            return Ok(id);
        }
        if self.definition(name).is_some() {
            return Err(Error::new(ErrorKind::Name, format!("`{name}` is defined in the formula"))
                .with_help("a value is given to free names only"));
        }
        if !is_name(name) {
            return Err(Error::new(ErrorKind::Name, format!("`{}` is not a name", name.escape_debug())));
        }
        let known = self.shapes.iter().find(|(n, _)| n == name).map(|(_, dims)| dims.clone()).unwrap_or_default();
        let dims: Vec<Dim> = known.iter().map(|d| self.graph.dim(Dimension::read(d))).collect();
        Ok(self.graph.tensor_symbol(name, Role::Variable, &dims, Assumptions::default()))
    }

    /// All partial derivatives of an order, each set of variables once.
    ///
    /// # Errors
    /// Where the table says that there is none, or if there are too many.
    pub fn derivatives(&mut self, wrt: &[Id], order: u32) -> Result<Vec<Partial>, Error> {
        Ok(self.derivatives_to(wrt, order)?.pop().unwrap_or_default())
    }

    /// The partial derivatives of the first order, of the second, and so on.
    pub(crate) fn derivatives_to(&mut self, wrt: &[Id], order: u32) -> Result<Vec<Vec<Partial>>, Error> {
        if order > MAX_ORDER {
            return Err(Error::new(ErrorKind::Limit, format!("the order is {order}; at most {MAX_ORDER} is computed")));
        }
        if order > 1 {
            let apart = Apart::of(&mut self.graph, self.parsed.result, wrt)?;
            let mut levels = self.partials(apart.root, &apart.wrt, order)?;
            for partial in levels.iter_mut().flatten() {
                partial.id = apart.put_back(&mut self.graph, partial.id);
                partial.of = apart.put_back(&mut self.graph, partial.of);
            }
            return Ok(levels);
        }
        self.partials(self.root(), wrt, order)
    }

    fn partials(&mut self, root: Id, wrt: &[Id], order: u32) -> Result<Vec<Vec<Partial>>, Error> {
        let mut levels: Vec<Vec<Partial>> = Vec::new();
        let mut above = vec![Partial { wrt: Vec::new(), id: root, of: root }];
        for _ in 0..order {
            if above.len().saturating_mul(wrt.len()) > MAX_PARTIALS {
                return Err(Error::new(
                    ErrorKind::Limit,
                    format!("these are more than {MAX_PARTIALS} partial derivatives"),
                ));
            }
            let roots: Vec<Id> = above.iter().map(|p| p.id).collect();
            let rows = wrt_differentiate::jacobian(&mut self.graph, &roots, wrt)?;
            let next = above.iter().zip(&rows).flat_map(|(above, row)| {
                let first = above.wrt.last().copied().unwrap_or(0);
                (first..wrt.len()).map(move |k| {
                    let mut indices = Vec::with_capacity(above.wrt.len() + 1);
                    indices.extend_from_slice(&above.wrt);
                    indices.push(k);
                    Partial { wrt: indices, id: row[k], of: above.id }
                })
            });
            above = next.collect();
            levels.push(above.clone());
        }
        Ok(levels)
    }

    /// Each derivative of a huge formula is huge as a text, even though all of them share their nodes.
    pub(crate) fn refuse_flood(&self, partials: &[Id]) -> Result<(), Error> {
        let nodes = self.graph.len();
        let leaf = |id| matches!(self.graph.node(id), Node::Number(_) | Node::Symbol(_) | Node::Constant(_));
        let long = partials.iter().filter(|id| !leaf(**id)).count();
        if long > 1 && long.saturating_mul(nodes) > MAX_WRITTEN {
            let message = format!("{long} derivatives of a formula with {nodes} nodes are too much to write out");
            return Err(Error::new(ErrorKind::Limit, message).with_help("ask for fewer at once, by name"));
        }
        Ok(())
    }

    /// The form for people.
    pub fn simplify(&mut self, id: Id) -> Simplified {
        match self.graph.node(id) {
            Node::Number(_) | Node::Symbol(_) | Node::Constant(_) => Simplified { id, notes: Vec::new() },
            _ => wrt_rewrite::simplify(&mut self.graph, id, self.written),
        }
    }

    /// The forms for people of several formulas.
    pub fn simplify_each(&mut self, ids: &[Id]) -> Vec<Simplified> {
        wrt_rewrite::simplify_all(&mut self.graph, ids, self.written)
    }

    /// A node as text.
    pub fn print(&self, id: Id, form: Form) -> Printed {
        let options = wrt_view::Options { written: self.written, ..Default::default() };
        wrt_view::print_with(&self.graph, id, form, &options)
    }
}

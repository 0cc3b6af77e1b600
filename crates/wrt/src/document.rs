//! What a text says: its formula, names, shapes, definitions and declarations; all of it for reading only.

use std::collections::{HashMap, HashSet};

use wrt_core::{Dim, Dimension, Graph, Id, Node, Origin, Role};
use wrt_language::{Constraint, Declaration, Definition, Metric, Parsed, Scope};

use crate::error::Error;
use crate::evaluate::Point;
use crate::labels;

/// A text that was read.
///
/// ```
/// use wrt::session::{Scope, Session};
/// let s = Session::parse("data X[m, n]; param w[n]; p = sigmoid(X @ w); cost = mean(p)", &Scope::default())?;
/// let document = s.document();
/// assert_eq!(document.free_names(), ["X", "w"]);
/// assert_eq!(document.default_variables(), ["w"]);
/// assert_eq!(document.function(&[]), "cost");
/// assert_eq!(document.parsed().definitions[0].name, "p");
/// # Ok::<(), wrt::Error>(())
/// ```
pub struct Document {
    pub(crate) graph: Graph,
    pub(crate) parsed: Parsed,
    /// How many of the graph's first nodes the text made.
    pub(crate) written: usize,
    /// As it was read.
    text: String,
    /// The definitions by name.
    defined: HashMap<String, Id>,
    /// The shapes that are known of names, whether they occur or not.
    shapes: Vec<(String, Vec<String>)>,
    /// What the text uses as positions, with their axis.
    pub(crate) positions: HashMap<Id, Dim>,
}

/// A name of a text with its shape.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shaped {
    /// Its line, counted from 1; 0 for what the text doesn't declare.
    pub line: usize,
    /// `data`, `param`, `const`, `state`, `hyper` or `metric`; empty for a definition.
    pub role: &'static str,
    /// The name.
    pub name: String,
    /// Its dimensions; none for a number.
    pub dims: Vec<String>,
}

impl Document {
    pub(crate) fn parse(text: &str, scope: &Scope<'_>) -> Result<Document, Error> {
        let mut graph = Graph::new();
        let parsed = wrt_language::parse(&mut graph, text, scope)?;
        crate::metrics::check(&parsed)?;
        let written = graph.len();
        let owned = |(name, dims): &(&str, Vec<&str>)| {
            ((*name).to_string(), dims.iter().map(|d| (*d).to_string()).collect::<Vec<String>>())
        };
        let shapes = scope.shapes.iter().map(owned).collect();
        let defined = parsed.definitions.iter().rev().map(|d| (d.name.clone(), d.id)).collect();
        let positions = labels::positions(&graph);
        let document = Document { graph, parsed, written, text: text.to_string(), defined, shapes, positions };
        document.check_constants()?;
        Ok(document)
    }

    /// A graph without a text, such as expressions in Rust are made in; its formula is `root`.
    pub(crate) fn bare(graph: Graph, root: Id) -> Document {
        let parsed = Parsed {
            result: root,
            definitions: Vec::new(),
            declarations: Vec::new(),
            has_cost: false,
            metrics: Vec::new(),
            train: None,
            data_file: None,
            updates: Vec::new(),
            layer_updates: Vec::new(),
            fitted: Vec::new(),
            trained: Vec::new(),
            compared: Vec::new(),
            warnings: Vec::new(),
        };
        let positions = labels::positions(&graph);
        let (written, text) = (graph.len(), String::new());
        Document { written, graph, parsed, text, defined: HashMap::new(), shapes: Vec::new(), positions }
    }

    pub(crate) fn graph(&self) -> &Graph {
        &self.graph
    }

    /// What the parser found: definitions, declarations, metrics, how to train, warnings.
    pub fn parsed(&self) -> &Parsed {
        &self.parsed
    }

    /// Is it a constant that is fitted to the rows to train on?
    pub(crate) fn is_fitted(&self, symbol: Id) -> bool {
        self.parsed.fitted.iter().any(|f| f.symbol == symbol)
    }

    /// The formula.
    pub fn root(&self) -> Id {
        self.parsed.result
    }

    /// Is the formula one number?
    pub(crate) fn is_scalar(&self) -> bool {
        self.graph.is_scalar(self.root())
    }

    /// Is the text a model: does it declare data or parameters?
    pub(crate) fn is_model(&self) -> bool {
        !self.parsed.declarations.is_empty()
    }

    /// The name that the text gives to its result (`J = w^2`), if it does.
    pub(crate) fn result_name(&self) -> Option<&str> {
        self.parsed.definitions.iter().rev().find(|d| d.id == self.root()).map(|d| d.name.as_str())
    }

    /// The formula's own name, or a letter that neither it nor these names use.
    pub fn function(&self, names: &[String]) -> String {
        let free = |name: &&str| !self.occurs(name) && !names.iter().any(|n| n == name);
        self.result_name().or_else(|| ["J", "f", "F", "y"].into_iter().find(free)).unwrap_or("J").to_string()
    }

    /// Is a derivative written with ∂, for want of a single variable?
    pub(crate) fn is_partial(&self, names: &[String]) -> bool {
        names.len() > 1 || self.graph.free_symbols(&[self.root()]).len() > 1
    }

    /// The free names of the formula in the order of their first use; sizes of dimensions are none.
    pub fn free_names(&self) -> Vec<String> {
        let symbols = self.graph.free_symbols(&[self.root()]).into_iter();
        let free = symbols.filter(|id| !self.is_size(*id));
        free.map(|id| self.graph.symbol_name(id).to_string()).collect()
    }

    pub(crate) fn is_size(&self, id: Id) -> bool {
        matches!(self.graph.node(id), Node::Symbol(s) if s.role == Role::Dimension)
    }

    /// What to differentiate with respect to where nobody says: the parameters of a model, or else every free name but
    /// those of labels.
    pub fn default_variables(&self) -> Vec<String> {
        let parameters = self.parsed.declarations.iter().filter(|d| d.role == Role::Parameter);
        let names: Vec<String> = parameters.map(|d| d.name.clone()).collect();
        if !names.is_empty() {
            return names;
        }
        let names = self.free_names();
        let is_position =
            |name: &String| self.graph.find_symbol(name).is_some_and(|id| self.positions.contains_key(&id));
        if names.iter().all(is_position) { names } else { names.into_iter().filter(|n| !is_position(n)).collect() }
    }

    /// The names whose values the formula takes, where those named have one: the free names, and what the constants that
    /// hang on data take where they aren't given themselves.
    pub fn taken_names(&self, given: &[&str]) -> Vec<String> {
        let is_taken = |id: &Id| !self.is_size(*id);
        let mut found: Vec<Id> = self.graph.free_symbols(&[self.root()]).into_iter().filter(is_taken).collect();
        let mut known: HashSet<Id> = found.iter().copied().collect();
        let mut next = 0;
        while let Some(&id) = found.get(next) {
            next += 1;
            let is_open = |symbol: Id| symbol == id && !given.contains(&self.graph.symbol_name(id));
            if let Some(fitted) = self.parsed.fitted.iter().find(|f| is_open(f.symbol)) {
                let read = self.graph.free_symbols(&[fitted.value]).into_iter().filter(is_taken);
                found.extend(read.filter(|id| known.insert(*id)));
            }
        }
        found.into_iter().map(|id| self.graph.symbol_name(id).to_string()).collect()
    }

    /// The names without a value where those named have one: neither constants of a model nor parameters of which the
    /// text says what they start as. Constants that hang on data follow from it.
    pub fn without_value(&self, given: &[&str]) -> Vec<String> {
        let has_own = |d: &&Declaration| {
            d.initial.is_some() && matches!(d.role, Role::Constant | Role::Parameter | Role::Hyperparameter)
        };
        let own = self.parsed.declarations.iter().filter(has_own).map(|d| d.name.as_str());
        let fitted = self.parsed.fitted.iter().map(|f| self.graph.symbol_name(f.symbol));
        let known: HashSet<&str> = given.iter().copied().chain(own).chain(fitted).collect();
        self.taken_names(given).into_iter().filter(|n| !known.contains(n.as_str())).collect()
    }

    /// The free names that have no value at a point.
    pub(crate) fn missing(&self, point: &Point) -> Vec<String> {
        let given: Vec<&str> = point.values.iter().map(|(id, _)| self.graph.symbol_name(*id)).collect();
        self.without_value(&given)
    }

    /// Does the name stand for something in the formula?
    pub fn occurs(&self, name: &str) -> bool {
        let id = self.definition(name).or_else(|| self.graph.find_symbol(name));
        id.is_some_and(|id| id <= self.root() && self.graph.reachable(&[self.root()]).binary_search(&id).is_ok())
    }

    pub(crate) fn definition(&self, name: &str) -> Option<Id> {
        self.defined.get(name).copied()
    }

    /// The names that mean definitions.
    pub(crate) fn defined(&self) -> impl Iterator<Item = (&str, Id)> {
        self.defined.iter().map(|(name, id)| (name.as_str(), *id))
    }

    /// What stands right of the `=` in the statement that a definition was read from, as the person wrote it.
    pub(crate) fn source(&self, definition: Id) -> Option<&str> {
        let Origin::Text(at) = self.graph.origin(definition) else { return None };
        let place = self.graph.location(at);
        let (head, formula) = self.text.get(place.span.clone())?.split_once('=')?;
        (!place.by_layer && head.trim() == place.name).then(|| formula.trim())
    }

    /// The definition in whose statement a layer made a node, which is called after it.
    pub(crate) fn layer_of(&self, id: Id) -> Option<&str> {
        let Origin::Text(at) = self.graph.origin(id) else { return None };
        let place = self.graph.location(at);
        let (head, _) = self.text.get(place.span.clone())?.split_once('=')?;
        let head = head.trim();
        (place.by_layer && self.graph.symbol_name(id).starts_with(head)).then_some(head)
    }

    /// Gives a node a name, as if the text did; it is written by that name if there is a definition.
    pub(crate) fn define(&mut self, name: &str, id: Id, definition: Option<Definition>) {
        self.defined.insert(name.to_string(), id);
        self.parsed.definitions.extend(definition.map(|d| Definition { id, ..d }));
    }

    /// The name, with underscores behind it where it means something else already.
    pub(crate) fn unused(&self, name: &str) -> String {
        let mut own = name.to_string();
        while self.graph.find_symbol(&own).is_some() || self.definition(&own).is_some() {
            own.push('_');
        }
        own
    }

    /// The dimensions that a name has if it is new to the formula.
    pub(crate) fn known_shape(&self, name: &str) -> &[String] {
        self.shapes.iter().find(|(n, _)| n == name).map_or(&[], |(_, dims)| dims)
    }

    /// Each declaration and definition, in the order of the text, between the names that need no declaration and a last
    /// formula without a name.
    pub fn shapes(&self) -> Vec<Shaped> {
        let word = |role: Role| match role {
            Role::Data => "data",
            Role::Parameter => "param",
            Role::Constant => "const",
            Role::State => "state",
            Role::Hyperparameter => "hyper",
            _ => "",
        };
        let Parsed { declarations, definitions, metrics, .. } = &self.parsed;
        let dims = |id| self.graph.dimension_texts(id);
        let shaped = |line, role, name: &str, id| Shaped { line, role, name: name.into(), dims: dims(id) };
        let is_metric = |name: &String| metrics.iter().any(|m| matches!(m, Metric::Defined(own) if own == name));
        let metric = |name: &String| if is_metric(name) { "metric" } else { "" };
        let role = |d: &Declaration| match self.is_fitted(d.id) {
            true => word(Role::Constant),
            false => word(d.role),
        };
        let declared = declarations.iter().map(|d| shaped(d.line, role(d), &d.name, d.id));
        let defined = definitions.iter().map(|d| shaped(d.line, metric(&d.name), &d.name, d.id));
        let is_free = |id: &Id| !self.is_size(*id) && declarations.iter().all(|d| d.id != *id);
        let free = self.graph.free_symbols(&[self.root()]).into_iter().filter(is_free);
        let free = free.map(|id| shaped(0, "", self.graph.symbol_name(id), id));
        let mut all: Vec<Shaped> = free.chain(declared).chain(defined).collect();
        all.sort_by_key(|s| s.line);
        if self.result_name().is_none() {
            all.push(shaped(0, "", "the formula", self.root()));
        }
        all
    }

    /// Does a dimension of that name occur?
    pub fn has_dimension(&self, name: &str) -> bool {
        let names = |d: &Dimension| d.terms().any(|(all, _)| all.iter().any(|n| n == name));
        let declared = self.parsed.declarations.iter().any(|d| {
            let labels = matches!(&d.constraint, Some(Constraint::Labels(classes)) if names(classes));
            labels || d.dims.iter().any(|d| names(self.graph.dimension(*d)))
        });
        declared || wrt_core::dimensions(&self.graph, &[self.root()]).iter().any(names)
    }
}

//! Models: what a text declares, with its shapes, and its derivatives.

use wrt_core::{Assumptions, Dimension, Id, Node, Role};
use wrt_language::{Declaration, Definition};

use crate::derivatives;
use crate::error::{Error, ErrorKind};
use crate::session::Session;

/// A direction for [`Session::hvp`] and [`Session::jvp`], or the weights for [`Session::vjp`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Along {
    /// Its name, which the formula doesn't use.
    pub name: String,
    /// Its symbol.
    pub id: Id,
}

/// A name of a text with its shape.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shaped {
    /// Its line, counted from 1; 0 for what the text doesn't declare.
    pub line: usize,
    /// `data`, `param`, `const` or `metric`; empty for a definition.
    pub role: &'static str,
    /// The name.
    pub name: String,
    /// Its dimensions; none for a number.
    pub dims: Vec<String>,
}

impl Session {
    /// Data, parameters and constants that the text declares, those that layers make among them.
    pub fn declarations(&self) -> &[Declaration] {
        &self.parsed.declarations
    }

    /// The definitions, in the order of the text.
    pub fn definitions(&self) -> &[Definition] {
        &self.parsed.definitions
    }

    /// The names of the definitions that are metrics.
    pub(crate) fn metrics(&self) -> &[String] {
        &self.parsed.metrics
    }

    /// How the text says to train.
    pub fn train(&self) -> Option<&wrt_language::Train> {
        self.parsed.train.as_ref()
    }

    /// What the person should know of the text.
    pub fn warnings(&self) -> &[String] {
        &self.parsed.warnings
    }

    /// Is the text a model: does it declare data or parameters?
    pub(crate) fn is_model(&self) -> bool {
        !self.parsed.declarations.is_empty()
    }

    /// What to differentiate with respect to where nobody says: the parameters of a model, or else every free name.
    pub fn default_variables(&self) -> Vec<String> {
        let parameters = self.parsed.declarations.iter().filter(|d| d.role == Role::Parameter);
        let names: Vec<String> = parameters.map(|d| d.name.clone()).collect();
        if names.is_empty() { self.unknown_names() } else { names }
    }

    /// Differentiates another definition of the text from now on.
    ///
    /// # Errors
    /// If there is no such definition.
    pub fn choose(&mut self, name: &str) -> Result<(), Error> {
        let Some(found) = self.parsed.definitions.iter().find(|d| d.name == name) else {
            let names = self.parsed.definitions.iter().map(|d| d.name.as_str());
            let help = match wrt_language::closest(name, names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "name one of the definitions of the text".to_string(),
            };
            return Err(Error::new(ErrorKind::Name, format!("the text defines no `{name}`")).with_help(help));
        };
        self.parsed.result = found.id;
        Ok(())
    }

    /// The gradient of a scalar formula with respect to each of `wrt`, in one sweep backwards.
    ///
    /// # Errors
    /// If the formula is not one number, or where the table says that there is no derivative.
    pub fn gradient(&mut self, wrt: &[Id]) -> Result<Vec<Id>, Error> {
        let root = self.root();
        derivatives::gradient(self.graph_mut(), root, wrt)
    }

    /// The Jacobian with respect to each of `wrt`: the axes of the formula, then those of the variable.
    ///
    /// # Errors
    /// Where the table says that there is no derivative.
    pub fn jacobian(&mut self, wrt: &[Id]) -> Result<Vec<Id>, Error> {
        let root = self.root();
        derivatives::jacobian(self.graph_mut(), root, wrt)
    }

    /// The blocks of the Hessian of a scalar formula: row i, column j holds the axes of `wrt[i]`, then those of
    /// `wrt[j]`.
    ///
    /// # Errors
    /// As [`Session::gradient`].
    pub fn hessian(&mut self, wrt: &[Id]) -> Result<Vec<Vec<Id>>, Error> {
        let root = self.root();
        derivatives::hessian(self.graph_mut(), root, wrt)
    }

    /// The product of the Hessian with a direction for each of `wrt`: the change of each gradient along them.
    ///
    /// # Errors
    /// As [`Session::gradient`].
    pub fn hvp(&mut self, wrt: &[Id], directions: &[Along]) -> Result<Vec<Id>, Error> {
        let (root, along) = (self.root(), directions.iter().map(|d| d.id).collect::<Vec<_>>());
        derivatives::hvp(self.graph_mut(), root, wrt, &along)
    }

    /// The product of the Jacobian with a direction for each of `wrt`: the change of the formula along them.
    ///
    /// # Errors
    /// Where the table says that there is no derivative.
    pub fn jvp(&mut self, wrt: &[Id], directions: &[Along]) -> Result<Id, Error> {
        let (root, along) = (self.root(), directions.iter().map(|d| d.id).collect::<Vec<_>>());
        derivatives::jvp(self.graph_mut(), root, wrt, &along)
    }

    /// The product of weights, shaped like the formula, with its Jacobian for each of `wrt`.
    ///
    /// # Errors
    /// Where the table says that there is no derivative.
    pub fn vjp(&mut self, wrt: &[Id], weights: &Along) -> Result<Vec<Id>, Error> {
        let root = self.root();
        derivatives::vjp(self.graph_mut(), root, wrt, weights.id)
    }

    /// A new name shaped like a node.
    ///
    /// # Errors
    /// If the text is no name, or means something already.
    pub(crate) fn direction(&mut self, name: &str, like: Id) -> Result<Along, Error> {
        if self.unused(name) != name {
            let message = format!("`{name}` means something in the text already");
            return Err(Error::new(ErrorKind::Name, message).with_help("choose another name for the direction"));
        }
        let dims = self.graph().dims(like).to_vec();
        if !wrt_language::is_name(name) {
            return Err(Error::new(ErrorKind::Name, format!("`{}` is not a name", name.escape_debug())));
        }
        let id = self.graph_mut().tensor_symbol(name, Role::Variable, &dims, Assumptions::default());
        Ok(Along { name: name.to_string(), id })
    }

    /// New names shaped like these nodes: `v` for one, `v_w` for several.
    pub fn directions(&mut self, letter: &str, like: &[(String, Id)]) -> Vec<Along> {
        let mut found = Vec::with_capacity(like.len());
        for (name, id) in like {
            let own = if like.len() == 1 { letter.to_string() } else { format!("{letter}_{name}") };
            let own = self.unused(&own);
            let dims = self.graph().dims(*id).to_vec();
            let id = self.graph_mut().tensor_symbol(&own, Role::Variable, &dims, Assumptions::default());
            found.push(Along { name: own, id });
        }
        found
    }

    /// Each declaration and definition, in the order of the text, between the names that need no declaration and a last
    /// formula without a name.
    pub fn shapes(&self) -> Vec<Shaped> {
        let word = |role: Role| match role {
            Role::Data => "data",
            Role::Parameter => "param",
            Role::Constant => "const",
            _ => "",
        };
        let shaped = |line, role, name: &str, id| Shaped { line, role, name: name.into(), dims: self.shape_names(id) };
        let metric = |name: &String| if self.metrics().contains(name) { "metric" } else { "" };
        let declared = self.declarations().iter().map(|d| shaped(d.line, word(d.role), &d.name, d.id));
        let defined = self.definitions().iter().map(|d| shaped(d.line, metric(&d.name), &d.name, d.id));
        let graph = self.graph();
        let is_free = |id: &Id| {
            let of_axis = matches!(graph.node(*id), Node::Symbol(s) if s.role == Role::Dimension);
            !of_axis && self.declarations().iter().all(|d| d.id != *id)
        };
        let free = graph.free_symbols(&[self.root()]).into_iter().filter(is_free);
        let free = free.map(|id| shaped(0, "", graph.symbol_name(id), id));
        let mut all: Vec<Shaped> = free.chain(declared).chain(defined).collect();
        all.sort_by_key(|s| s.line);
        if self.result_name().is_none() {
            all.push(shaped(0, "", "the formula", self.root()));
        }
        all
    }

    /// Does a dimension of that name occur?
    pub fn has_dimension(&self, name: &str) -> bool {
        let graph = self.graph();
        let names = |d: &Dimension| d.terms().any(|(all, _)| all.iter().any(|n| n == name));
        let declared = self.declarations().iter().flat_map(|d| &d.dims).any(|d| names(graph.dimension(*d)));
        declared || wrt_core::dimensions(graph, &[self.root()]).iter().any(names)
    }

    /// The dimensions of a node as people write them.
    pub fn shape_names(&self, id: Id) -> Vec<String> {
        let graph = self.graph();
        graph.dims(id).iter().map(|d| graph.dimension(*d).to_string()).collect()
    }

    /// The shape of a node as people write it.
    pub fn shape_of(&self, id: Id) -> String {
        let graph = self.graph();
        if graph.is_scalar(id) { "number".to_string() } else { graph.shape_text(graph.dims(id)) }
    }

    /// Is the formula one number?
    pub fn is_scalar(&self) -> bool {
        self.graph().is_scalar(self.root())
    }

    /// A formula of several numbers becomes their sum with weights, a new name, so that it has a gradient.
    pub fn weigh(&mut self) {
        if self.is_scalar() {
            return;
        }
        let (root, name) = (self.root(), self.result_name().unwrap_or("f").to_string());
        let weights = self.directions("u", &[(name, root)]).swap_remove(0).id;
        self.parsed.result = self.weighted(weights);
    }

    /// The sum of the formula's entries with weights.
    pub(crate) fn weighted(&mut self, weights: Id) -> Id {
        let root = self.root();
        let graph = self.graph_mut();
        let dims = graph.dims(root).to_vec();
        let own: Vec<u8> = (0..dims.len() as u8).collect();
        graph.einsum(&[weights, root], &[&own, &own], &[], &dims)
    }

    /// The free names that have no value by themselves: all but those of dimensions.
    pub fn unknown_names(&self) -> Vec<String> {
        let graph = self.graph();
        let symbols = graph.free_symbols(&[self.root()]).into_iter();
        let unknown = symbols.filter(|id| !matches!(graph.node(*id), Node::Symbol(s) if s.role == Role::Dimension));
        unknown.map(|id| graph.symbol_name(id).to_string()).collect()
    }
}

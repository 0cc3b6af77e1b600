//! The one way from a text to its derivatives, formulas and values, which every door of wrt uses.
//!
//! A session owns a document with its bare graph: no lock, nothing shared, freed as one.

pub use wrt_core::Id;
pub use wrt_core::{Array, Assumptions, Number};
pub use wrt_core::{Dim, Role};
use wrt_core::{Dimension, Graph, Node};
pub use wrt_language::is_name;
pub use wrt_language::{Constraint, Declaration, Definition, Initial, Parsed, Scope, Setting, Train, closest};
pub use wrt_rewrite::Simplified;
pub use wrt_run::{Certified, MAX_DIGITS};
pub use wrt_view::{Form, LetBlock, Line, Printed, heading, mathml, written_name};

pub use crate::answer::{Answer, Derivative, DerivativeKind, Judging, Layout, Request, Status, StatusKind, Valued};
pub use crate::assume::{assumption, contradicts};
pub use crate::backprop::{Adjoint, Backprop};
pub use crate::derivation::{Derivation, Partial};
pub use crate::document::{Document, Shaped};
use crate::error::{Error, ErrorKind};
pub use crate::evaluate::{Numbers, Point, Value};
pub use crate::functions::{FunctionHelp, function_help, function_names, primitive_help};
pub use crate::inspect::{Inspected, Inspection};
pub use crate::judge::{
    Arithmetic, Direction, Judgement, Moves, Nudge, Nudging, Scrutiny, Start, Sweep, Trial, Work, computed_digits,
    parse_eps, shown,
};
pub use crate::report::{Finding, Special};
pub use crate::same::{Verdict, same};
pub use crate::steps::{StepLine, Steps};
pub use crate::trace::{Local, Trace, TraceEdge, TraceNode, Tracing};
pub use crate::written::Unread;
pub use wrt_check::Extent;
pub use wrt_run::Sizes;

/// A text in the one style of model files.
///
/// # Errors
/// With the place, for a character that has no meaning.
pub fn format(text: &str) -> Result<String, Error> {
    Ok(wrt_language::format(text)?)
}

/// A document at work: what is derived is made in its graph, and simplified, written and evaluated there.
///
/// ```
/// use wrt::session::{DerivativeKind, Form, Scope, Session};
/// let mut s = Session::parse("w^2", &Scope::default())?;
/// let w = s.variable("w")?;
/// let derivation = s.derive(DerivativeKind::Gradient, &[w], &[])?;
/// let formula = s.simplify(derivation.ids()[0]);
/// assert_eq!(s.print(formula.id, Form::Text).line(), "2*w");
/// # Ok::<(), wrt::Error>(())
/// ```
pub struct Session {
    pub(crate) document: Document,
}

/// A new name: a direction to differentiate along, or weights.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Along {
    /// Its name, which the formula doesn't use.
    pub name: String,
    /// Its symbol.
    pub id: Id,
}

impl Session {
    /// Reads a text.
    ///
    /// # Errors
    /// With the place, for any text that is no formula or is beyond the limits.
    pub fn parse(text: &str, scope: &Scope<'_>) -> Result<Session, Error> {
        Ok(Session { document: Document::parse(text, scope)? })
    }

    /// What the text says.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// The graph, for reading.
    pub fn graph(&self) -> &Graph {
        &self.document.graph
    }

    pub(crate) fn graph_mut(&mut self) -> &mut Graph {
        &mut self.document.graph
    }

    pub(crate) fn root(&self) -> Id {
        self.document.root()
    }

    /// What a name to differentiate with respect to stands for: a free name or a definition of the text.
    ///
    /// # Errors
    /// If the text is no name, or names a definition that is only a number.
    pub fn variable(&mut self, name: &str) -> Result<Id, Error> {
        if let Some(id) = self.document.definition(name) {
            return match self.graph().as_number(id) {
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
    pub(crate) fn free(&mut self, name: &str) -> Result<Id, Error> {
        if let Some(id) = self.graph().find_symbol(name) {
            return Ok(id);
        }
        if self.document.definition(name).is_some() {
            return Err(Error::new(ErrorKind::Name, format!("`{name}` is defined in the formula"))
                .with_help("a value is given to free names only"));
        }
        let dimensions: Vec<Dimension> = self.document.known_shape(name).iter().map(|d| Dimension::read(d)).collect();
        let dims: Vec<Dim> = dimensions.into_iter().map(|d| self.graph_mut().dim(d)).collect();
        self.symbol(name, &dims)
    }

    /// A free name with these dimensions.
    fn symbol(&mut self, name: &str, dims: &[Dim]) -> Result<Id, Error> {
        if !is_name(name) {
            return Err(Error::new(ErrorKind::Name, format!("`{}` is not a name", name.escape_debug())));
        }
        Ok(self.graph_mut().tensor_symbol(name, Role::Variable, dims, Assumptions::default()))
    }

    /// Differentiates another definition of the text from now on.
    ///
    /// # Errors
    /// If there is no such definition.
    pub fn choose(&mut self, name: &str) -> Result<(), Error> {
        let definitions = &self.document.parsed.definitions;
        let Some(found) = definitions.iter().find(|d| d.name == name) else {
            let help = match wrt_language::closest(name, definitions.iter().map(|d| d.name.as_str())) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "name one of the definitions of the text".to_string(),
            };
            return Err(Error::new(ErrorKind::Name, format!("the text defines no `{name}`")).with_help(help));
        };
        self.document.parsed.result = found.id;
        Ok(())
    }

    /// A new name shaped like a node.
    ///
    /// # Errors
    /// If the text is no name, or means something already.
    pub(crate) fn direction(&mut self, name: &str, like: Id) -> Result<Along, Error> {
        if self.document.unused(name) != name {
            let message = format!("`{name}` means something in the text already");
            return Err(Error::new(ErrorKind::Name, message).with_help("choose another name for the direction"));
        }
        let dims = self.graph().dims(like).to_vec();
        Ok(Along { name: name.to_string(), id: self.symbol(name, &dims)? })
    }

    /// New names shaped like these nodes: `v` for one, `v_w` for several.
    pub fn directions(&mut self, letter: &str, like: &[(String, Id)]) -> Vec<Along> {
        let mut found = Vec::with_capacity(like.len());
        for (name, id) in like {
            let own = if like.len() == 1 { letter.to_string() } else { format!("{letter}_{name}") };
            let own = self.document.unused(&own);
            let dims = self.graph().dims(*id).to_vec();
            let id = self.graph_mut().tensor_symbol(&own, Role::Variable, &dims, Assumptions::default());
            found.push(Along { name: own, id });
        }
        found
    }

    /// A formula of several numbers becomes their sum with weights, a new name, so that it has a gradient.
    pub(crate) fn weigh(&mut self) {
        if self.document.is_scalar() {
            return;
        }
        let (root, name) = (self.root(), self.document.result_name().unwrap_or("f").to_string());
        let weights = self.directions("u", &[(name, root)]).swap_remove(0).id;
        self.document.parsed.result = self.weighted(weights);
    }

    /// The sum of the formula's entries with weights.
    pub(crate) fn weighted(&mut self, weights: Id) -> Id {
        let root = self.root();
        let graph = self.graph_mut();
        let dims = graph.dims(root).to_vec();
        let own: Vec<u8> = (0..dims.len() as u8).collect();
        graph.einsum(&[weights, root], &[&own, &own], &[], &dims)
    }

    /// The form for people of a formula by itself.
    pub fn simplify(&mut self, id: Id) -> Simplified {
        match self.graph().node(id) {
            Node::Number(_) | Node::Symbol(_) | Node::Constant(_) => Simplified { id, notes: Vec::new() },
            _ => wrt_rewrite::simplify(&mut self.document.graph, id, self.document.written),
        }
    }

    /// A node as text.
    pub fn print(&self, id: Id, form: Form) -> Printed {
        let options = wrt_view::Options { written: self.document.written, one_text: true, ..Default::default() };
        wrt_view::print_with(self.graph(), id, form, &options)
    }
}

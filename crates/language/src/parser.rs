//! What the reader of a text knows while it reads; the ways in.
//!
//! The stacks of open brackets and calls are here and not the machine's, so that no input overflows that one.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use wrt_core::{Assumptions, Dim, Graph, Id, Location, Origin, Primitive};

use crate::apply::Operator;
use crate::diagnostic::{Diagnostic, DiagnosticKind as Kind};
use crate::functions::Waiting;
use crate::lexer::{Lexer, Token};
use crate::library::Argument;
use crate::model::{Compared, Declaration, Definition, Metric, Train, Trained, Update};
use crate::recursions::{Before, Recursion};
use crate::table::Row;
use crate::updates::Every;
use crate::value::{MAX_RANK, Value};

/// The longest text that is read, in bytes.
pub const MAX_SOURCE: usize = 1 << 19;

/// The most nodes that a text may expand to.
pub const MAX_NODES: usize = 1 << 18;

pub(crate) type Span = Range<usize>;

/// What is known before the text is read.
#[derive(Clone, Copy, Default)]
pub struct Scope<'a> {
    /// Names that are variables even where they name a constant or a function (`e`, `gamma`).
    pub variables: &'a [&'a str],
    /// What is known of names.
    pub assumptions: &'a [(&'a str, Assumptions)],
    /// The shapes of names: a dimension is a name or a number.
    pub shapes: &'a [(&'a str, Vec<&'a str>)],
    /// Names of dimensions beside those of the shapes.
    pub dimensions: &'a [&'a str],
    /// Write scans out, step by step, where they go along an axis whose size is a number.
    pub unroll: bool,
}

/// What a text means.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The value of the last statement, or the cost.
    pub result: Id,
    /// The definitions, in order.
    pub definitions: Vec<Definition>,
    /// Data, parameters, constants.
    pub declarations: Vec<Declaration>,
    /// Is the result the definition named `cost`?
    pub has_cost: bool,
    /// What is measured beside the cost.
    pub metrics: Vec<Metric>,
    /// How to train.
    pub train: Option<Train>,
    /// The file that the data comes from, as it stands in the text.
    pub data_file: Option<String>,
    /// What a step of training makes of parameters and state, where the text says so itself.
    pub updates: Vec<Update>,
    /// What a step of training makes of the state of layers.
    pub layer_updates: Vec<Update>,
    /// Constants that hang on data: state whose value is that of the rows to train on, from before the first step.
    pub fitted: Vec<Update>,
    /// Layers that mean something else once the model is trained, each behind those in it.
    pub trained: Vec<Trained>,
    /// What costs compare data with.
    pub compared: Vec<Compared>,
    /// What the person should know.
    pub warnings: Vec<String>,
}

/// A function that the text defines.
pub(crate) struct Function<'s> {
    pub(crate) name: &'s str,
    pub(crate) names: Vec<&'s str>,
    /// The body with scalars for parameters, symbols that no text can write; none where it takes tensors.
    pub(crate) scalar: Option<(Vec<Id>, Id)>,
    /// Has its body no meaning for scalars?
    pub(crate) needs_axes: bool,
    /// Where the body stands in the text.
    pub(crate) body: usize,
    /// Where it ends.
    pub(crate) end: usize,
    /// Where the body of its own derivative stands, if it has one.
    pub(crate) derivative: Option<usize>,
    /// How many functions were defined before: those that it sees.
    pub(crate) sees: usize,
    /// What the nodes of its body come from.
    pub(crate) origin: Origin,
}

#[derive(Clone, Copy)]
pub(crate) enum Callee {
    Primitive(Primitive),
    Function(usize),
    Row(&'static Row),
}

pub(crate) enum Frame<'s> {
    Operator(Operator, Span),
    Group(Span),
    Call(Box<OpenCall<'s>>),
    /// `[a, b, c]`, with the number of operands before it.
    List(Span, usize),
}

/// A call whose arguments are being read.
pub(crate) struct OpenCall<'s> {
    pub(crate) callee: Callee,
    pub(crate) span: Span,
    /// The arguments so far, each with the name it was given by.
    pub(crate) args: Vec<(Option<&'s str>, Argument<'s>)>,
    /// The name of the argument being read.
    pub(crate) naming: Option<&'s str>,
    /// The indices of `sum[i, j](…)`, how many were in scope before.
    pub(crate) indices: Vec<u32>,
    pub(crate) scope: usize,
    /// How many operands stand before its arguments.
    pub(crate) operands: usize,
    /// A bare word that was read as an argument.
    pub(crate) word: Option<&'s str>,
}

#[derive(Clone)]
pub(crate) struct Operand {
    pub(crate) value: Value,
    pub(crate) span: Span,
    /// A bare number in the text, which may stand before a name as its factor.
    pub(crate) literal: bool,
}

/// What names mean and where lines begin, to be found at once.
#[derive(Default)]
pub(crate) struct Names {
    /// Positions among the definitions, the declarations and the functions.
    pub(crate) defined: HashMap<String, usize>,
    pub(crate) declared: HashMap<String, usize>,
    pub(crate) functions: HashMap<String, usize>,
    /// What layers name of themselves.
    pub(crate) of_layers: HashSet<String>,
    /// The nodes that have a name in the text.
    pub(crate) nodes: HashSet<Id>,
    /// Names without a declaration, and where each stands first.
    pub(crate) free: HashMap<String, usize>,
    /// The beginning of each line but the first.
    pub(crate) lines: Vec<usize>,
}

pub(crate) struct Parser<'s, 'g> {
    pub(crate) graph: &'g mut Graph,
    pub(crate) source: &'s str,
    pub(crate) lexer: Lexer<'s>,
    pub(crate) scope: &'g Scope<'g>,
    pub(crate) definitions: Vec<(&'s str, Definition, Value)>,
    /// What layers name of themselves.
    pub(crate) layer_parts: Vec<Definition>,
    pub(crate) names: Names,
    pub(crate) functions: Vec<Function<'s>>,
    /// The parameters of the function whose body is being read.
    pub(crate) parameters: Vec<(&'s str, Value)>,
    /// Names that the text is given, which functions see, too: the cost and each parameter, in an optimiser's.
    pub(crate) outer: Vec<(&'s str, Value)>,
    pub(crate) frames: Vec<Frame<'s>>,
    pub(crate) operands: Vec<Operand>,
    pub(crate) token: Token,
    pub(crate) span: Span,
    /// The nodes that were there before.
    pub(crate) start: usize,
    /// Where the statement or the function's body that is being read begins, and where the last token ended.
    pub(crate) statement: usize,
    pub(crate) ended: usize,
    /// The size of the large numbers read so far.
    pub(crate) bits: usize,
    pub(crate) declared: Vec<Declaration>,
    /// The function that is being defined.
    pub(crate) defining: &'s str,
    /// Does a comma end the formula?
    pub(crate) listing: bool,
    /// Is a formula between brackets being read, and how many are open?
    pub(crate) indexing: bool,
    pub(crate) brackets: usize,
    pub(crate) metrics: Vec<Metric>,
    pub(crate) train: Option<Train>,
    pub(crate) data_file: Option<String>,
    pub(crate) updates: Vec<Update>,
    pub(crate) layer_updates: Vec<Update>,
    pub(crate) fitted: Vec<Update>,
    pub(crate) after_training: Vec<Trained>,
    pub(crate) compared: Vec<Compared>,
    /// What stands behind `every param w`, and parameters from elsewhere.
    pub(crate) every: Option<Every<'s>>,
    pub(crate) trained: Vec<Id>,
    /// What symbols of declarations begin with.
    pub(crate) prefix: String,
    /// Names of indices, by position; those in scope.
    pub(crate) index_names: Vec<&'s str>,
    pub(crate) indices: Vec<u32>,
    /// Where each named dimension came from: the declaration.
    pub(crate) dim_sources: Vec<(Dim, String)>,
    /// How deep functions are being read within functions, and how much was read again.
    pub(crate) nesting: usize,
    /// The calls whose functions' bodies are being read.
    pub(crate) calls: Vec<Waiting<'s>>,
    pub(crate) reread: usize,
    /// The definition that is being read, after which parameters of layers are called.
    pub(crate) current: &'s str,
    pub(crate) layers: usize,
    /// The first node that belongs to no part of the layer that is being made.
    pub(crate) layer_nodes: usize,
    /// Results of functions on arguments.
    pub(crate) known: HashMap<(usize, Vec<Value>), Value>,
    /// The recursion that is being read, and the states of those that were.
    pub(crate) recursion: Option<Recursion<'s>>,
    pub(crate) befores: Vec<Before>,
}

/// Reads statements separated by lines or `;`; the value of the last one is the result.
///
/// # Errors
/// A [`Diagnostic`] with the place, for any text that is no formula or is beyond the limits.
///
/// ```
/// use wrt_core::Graph;
/// use wrt_language::{Scope, parse};
/// let mut graph = Graph::new();
/// let parsed = parse(&mut graph, "a = 2 + 3*w; a^2", &Scope::default()).unwrap();
/// assert_eq!(graph.free_symbols(&[parsed.result]).len(), 1);
/// assert_eq!(parse(&mut graph, "sgmoid(z)", &Scope::default()).unwrap_err().help.unwrap(), "did you mean `sigmoid`?");
/// ```
pub fn parse(graph: &mut Graph, source: &str, scope: &Scope<'_>) -> Result<Parsed, Diagnostic> {
    let mut parser = Parser::new(graph, source, scope)?;
    parser.remember_shapes();
    parser.text()
}

pub(crate) fn error(kind: Kind, span: &Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(kind, span.clone(), message)
}

impl<'s, 'g> Parser<'s, 'g> {
    /// At the beginning of a text.
    pub(crate) fn new(
        graph: &'g mut Graph,
        source: &'s str,
        scope: &'g Scope<'g>,
    ) -> Result<Parser<'s, 'g>, Diagnostic> {
        if source.len() > MAX_SOURCE {
            let message = format!("the text has {} bytes; at most {MAX_SOURCE} are read", source.len());
            return Err(Diagnostic::new(Kind::Limit, 0..0, message));
        }
        if let Some((name, shape)) = scope.shapes.iter().find(|(_, shape)| shape.len() > MAX_RANK) {
            let message = format!("`{name}` has {} axes, and at most {MAX_RANK} are taken", shape.len());
            return Err(Diagnostic::new(Kind::Limit, 0..0, message));
        }
        let start = graph.len();
        let parser = Parser {
            graph,
            source,
            lexer: Lexer::new(source),
            scope,
            definitions: Vec::new(),
            layer_parts: Vec::new(),
            names: Names { lines: source.match_indices('\n').map(|(k, _)| k + 1).collect(), ..Names::default() },
            functions: Vec::new(),
            parameters: Vec::new(),
            outer: Vec::new(),
            frames: Vec::with_capacity(8),
            operands: Vec::with_capacity(8),
            token: Token::End,
            span: 0..0,
            start,
            statement: 0,
            ended: 0,
            bits: 0,
            declared: Vec::new(),
            defining: "",
            listing: false,
            indexing: false,
            brackets: 0,
            metrics: Vec::new(),
            train: None,
            data_file: None,
            updates: Vec::new(),
            layer_updates: Vec::new(),
            fitted: Vec::new(),
            after_training: Vec::new(),
            compared: Vec::new(),
            every: None,
            trained: Vec::new(),
            prefix: String::new(),
            index_names: Vec::new(),
            indices: Vec::new(),
            dim_sources: Vec::new(),
            nesting: 0,
            calls: Vec::new(),
            reread: 0,
            current: "",
            layers: 0,
            layer_nodes: 0,
            known: HashMap::new(),
            recursion: None,
            befores: Vec::new(),
        };
        Ok(parser)
    }

    pub(crate) fn advance(&mut self) -> Result<(), Diagnostic> {
        self.ended = self.span.end;
        (self.token, self.span) = self.lexer.next()?;
        Ok(())
    }

    /// What is being read, as the origin of its nodes.
    pub(crate) fn origin(&mut self, name: &str, by_layer: bool) -> Origin {
        let span = self.statement..self.ended.max(self.statement);
        Origin::Text(self.graph.add_location(Location { name: name.to_string(), by_layer, span }))
    }

    pub(crate) fn slice(&self, span: &Span) -> &'s str {
        &self.source[span.clone()]
    }

    pub(crate) fn line(&self, at: usize) -> usize {
        self.names.lines.partition_point(|start| *start <= at) + 1
    }

    /// A definition stays a node of its own (`a = 2*w; a + 1`), so that it can be shown and differentiated by.
    pub(crate) fn is_named(&self, id: Id) -> bool {
        self.names.nodes.contains(&id)
    }
}

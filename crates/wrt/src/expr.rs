//! Expressions in Rust: a node of a shared graph, a number or an array.

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wrt_core::{Array, Assumptions, Dim, Dimension, Graph, Id, Node, Number, Role, substitute};
use wrt_language::{Axis, Diagnostic, MAX_RANK, Scope, Value, is_name};
use wrt_rewrite::Simplified;
use wrt_run::evaluate;
use wrt_view::{Form, print};

use crate::document::Document;
use crate::error::{Error, ErrorKind};
use crate::import::import;
use crate::session::{Point, Session};

/// The most nodes that a substitution may lead to.
const MAX_NODES: usize = 1 << 26;

/// The longest formula that messages quote.
const QUOTED: usize = 48;

/// An expression, a number or an array of numbers: cheap to clone, `Send + Sync`, with operators,
/// [`Functions`](wrt_core::Functions), [`TensorFunctions`](wrt_language::TensorFunctions) and derivatives.
///
/// Expressions that meet in an operator share one graph from then on. Every operator means what it means in the
/// language: `*` is entry by entry, [`matmul`](Expr::matmul) is `@`, trailing axes are aligned, and names of dimensions
/// are sizes that nobody knows yet.
///
/// A derivative is written in the form for people and evaluated as the rules give it.
///
/// # Panics
/// Operators, functions and positions panic where shapes don't fit, with the message that the language has for it: as in
/// `ndarray` and `nalgebra` that is a fault of the program, and the panic points at its line. Where shapes come from
/// outside, [`try_add`](Expr::try_add) and its like, [`try_index`](Expr::try_index) and [`call`](Expr::call) return the
/// [`Error`] instead.
///
/// ```
/// use wrt::{Functions, TensorFunctions, symbol, tensor};
/// let (w, x) = (symbol("w"), symbol("x"));
/// let y = (2 * &w * &x + 1).sin();
/// assert_eq!(y.to_string(), "sin(2*w*x + 1)");
/// assert_eq!(y.eval(&[("w", 0.0), ("x", 5.0)])?, 1f64.sin());
///
/// let (a, x, b) = (tensor("A", ["m", "n"]), tensor("x", ["n"]), tensor("b", ["m"]));
/// let cost = (a.matmul(&x) - &b).norm2().pow(2);
/// assert_eq!(cost.gradient(&["x"])?[0].to_string(), "2*A' @ (A @ x - b)");
/// # Ok::<(), wrt::Error>(())
/// ```
#[derive(Clone)]
pub struct Expr {
    home: Arc<Mutex<Session>>,
    value: Value,
    /// The node to write: of a derivative the form for people.
    shown: Id,
    /// So many of the graph's first nodes are the person's own.
    written: usize,
    /// Is it made of derivatives, which may have lost sight of definitions?
    derived: bool,
}

/// A free name that stands for a number.
///
/// # Panics
/// If the text is not a name of the language, such as `w`, `x_1` or `θ`.
///
/// ```
/// let w = wrt::symbol("w");
/// assert_eq!(w.pow(2).to_string(), "w^2");
/// ```
#[track_caller]
pub fn symbol(name: &str) -> Expr {
    tensor(name, [0usize; 0])
}

/// A free name with a shape: each dimension is a size, the name of one, or a formula of both as text.
///
/// # Panics
/// If a text is not a name of the language.
///
/// ```
/// use wrt::tensor;
/// let (x, w) = (tensor("X", ["m", "64"]), tensor("w", [64]));
/// assert_eq!(x.matmul(&w).shape(), ["m"]);
/// ```
#[track_caller]
pub fn tensor<D: Into<Dimension>>(name: &str, shape: impl IntoIterator<Item = D>) -> Expr {
    made(Expr::try_tensor(name, shape))
}

/// A dimension as a number: the size that its name has when there are values.
///
/// # Panics
/// If a text is not a name of the language.
///
/// ```
/// use wrt::{TensorFunctions, size, tensor};
/// let mean = tensor("x", ["n"]).sum() / size("n");
/// assert_eq!(mean.eval(&[("x", [1.0, 5.0])])?, 3.0);
/// # Ok::<(), wrt::Error>(())
/// ```
#[track_caller]
pub fn size(dimension: impl Into<Dimension>) -> Expr {
    let dimension = dimension.into();
    made(refuse_names(&dimension));
    Expr::build(|g| {
        let dim = g.dim(dimension);
        g.dim_node(dim)
    })
}

/// Reads a formula of the language.
///
/// # Errors
/// With the place, for any text that is no formula.
///
/// ```
/// let f = wrt::parse("a = 2 + 3w; a^2")?;
/// assert_eq!(f.eval(&[("w", 3.0)])?, 121.0);
/// # Ok::<(), wrt::Error>(())
/// ```
pub fn parse(text: &str) -> Result<Expr, Error> {
    Expr::parse(text, &[])
}

/// The value, or a panic that points at the caller's line.
#[track_caller]
pub(crate) fn made<T>(result: Result<T, Error>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{error}"),
    }
}

fn refuse_name(name: &str) -> Result<(), Error> {
    if is_name(name) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Name, format!("`{}` is not a name", name.escape_debug())))
}

fn refuse_names(dimension: &Dimension) -> Result<(), Error> {
    dimension.terms().flat_map(|(names, _)| names).try_for_each(|name| refuse_name(name))
}

/// A value as messages quote it.
pub(crate) fn quoted(graph: &Graph, value: &Value) -> String {
    // Of a formula in parts the last one.
    let text = print(graph, value.id, Form::Text).result;
    if text.chars().count() <= QUOTED {
        return text;
    }
    text.chars().take(QUOTED - 1).chain(['…']).collect()
}

/// How expressions are made.
impl Expr {
    /// As [`tensor`].
    ///
    /// # Errors
    /// If a text is not a name of the language, a dimension is called like the tensor or holds nothing, or there are too
    /// many.
    ///
    /// ```
    /// assert!(wrt::Expr::try_tensor("2x", ["n"]).is_err());
    /// ```
    pub fn try_tensor<D: Into<Dimension>>(name: &str, shape: impl IntoIterator<Item = D>) -> Result<Expr, Error> {
        refuse_name(name)?;
        let shape: Vec<Dimension> = shape.into_iter().map(Into::into).collect();
        if shape.len() > MAX_RANK {
            let message = format!("`{name}` has {} axes, and at most {MAX_RANK} are taken", shape.len());
            return Err(Error::new(ErrorKind::Limit, message));
        }
        for dimension in &shape {
            refuse_names(dimension)?;
            if dimension.terms().all(|(_, c)| c <= 0) {
                return Err(Error::new(ErrorKind::Shape, format!("a dimension of size {dimension} holds nothing")));
            }
            if dimension.terms().any(|(names, _)| names.iter().any(|n| n == name)) {
                return Err(Error::new(ErrorKind::Name, format!("`{name}` has a dimension of the same name")));
            }
        }
        Ok(Expr::build(|g| {
            let dims: Vec<Dim> = shape.into_iter().map(|d| g.dim(d)).collect();
            g.tensor_symbol(name, Role::Variable, &dims, Assumptions::default())
        }))
    }

    /// Reads a formula whose names have shapes: each a list of sizes and names of dimensions.
    ///
    /// # Errors
    /// With the place, for any text that is no formula, and for shapes that don't fit.
    ///
    /// ```
    /// let f = wrt::Expr::parse("x' @ A @ x", &[("A", &["n", "n"]), ("x", &["n"])])?;
    /// assert_eq!(f.gradient(&["x"])?[0].to_string(), "(A + A') @ x");
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn parse(text: &str, shapes: &[(&str, &[&str])]) -> Result<Expr, Error> {
        let shapes: Vec<(&str, Vec<&str>)> = shapes.iter().map(|(name, dims)| (*name, dims.to_vec())).collect();
        let mut session = Session::parse(text, &Scope { shapes: &shapes, ..Scope::default() })?;
        if shapes.is_empty() && !session.document.is_model() {
            // A formula of numbers is written whole; its definitions remain to be differentiated by.
            session.document.parsed.definitions.clear();
        }
        Ok(Expr::of_session(session))
    }

    /// The formula of a session.
    pub(crate) fn of_session(session: Session) -> Expr {
        let (root, written) = (session.root(), session.document.written);
        let value = Value::of(session.graph(), root);
        Expr { home: Arc::new(Mutex::new(session)), value, shown: root, written, derived: false }
    }

    /// An expression in a graph of its own.
    pub(crate) fn build(make: impl FnOnce(&mut Graph) -> Id) -> Expr {
        let mut graph = Graph::new();
        let id = make(&mut graph);
        Expr::of_session(Session { document: Document::bare(graph, id) })
    }

    /// The graph is append-only: a thread that panicked while it held the lock has left whole nodes.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Session> {
        self.home.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works on the session with this node and the number of nodes that count as the person's own.
    pub(crate) fn with_session<T>(&self, work: impl FnOnce(&mut Session, Id, usize) -> T) -> T {
        let mut session = self.lock();
        let id = self.value.with_unit_axes(session.graph_mut()).id;
        work(&mut session, id, self.written)
    }

    /// Another node of the same graph.
    pub(crate) fn at(&self, graph: &Graph, id: Id) -> Expr {
        self.written_at(Value::of(graph, id), id)
    }

    fn written_at(&self, value: Value, shown: Id) -> Expr {
        let written = value.id.index().max(shown.index()) + 1;
        Expr { home: Arc::clone(&self.home), value, shown, written, derived: self.derived }
    }

    /// A node made of several, in the graph of the largest; the others are copied into it.
    pub(crate) fn combine(
        all: &[&Expr],
        make: impl Fn(&mut Graph, &[Value]) -> Result<Value, Diagnostic>,
    ) -> Result<Expr, Error> {
        let Some(home) = Expr::home(all) else {
            return Err(Error::new(ErrorKind::Arguments, "an expression is made of others, and there are none"));
        };
        let adopted = all.iter().map(|e| home.adopt(e)).collect::<Result<Vec<_>, Error>>()?;
        let (values, shown): (Vec<Value>, Vec<Id>) = adopted.into_iter().unzip();
        let mut session = home.lock();
        let graph = session.graph_mut();
        let value = make(graph, &values).map_err(Error::of_values)?;
        let mut written = value.id;
        // What is made of derivatives is written with their forms for people.
        if values.iter().zip(&shown).any(|(v, id)| v.id != *id) {
            let shown: Vec<Value> = values.into_iter().zip(shown).map(|(v, id)| Value { id, ..v }).collect();
            written = make(graph, &shown).map_err(Error::of_values)?.id;
        }
        Ok(Expr { derived: all.iter().any(|e| e.derived), ..home.written_at(value, written) })
    }

    pub(crate) fn home<'e>(all: &[&'e Expr]) -> Option<&'e Expr> {
        let first = *all.first()?;
        if all.iter().all(|e| Arc::ptr_eq(&e.home, &first.home)) {
            return Some(first);
        }
        // Of equally large ones the first.
        all.iter().copied().rev().max_by_key(|e| e.lock().graph().len())
    }

    /// The value of `other` in this graph, and the node to write.
    fn adopt(&self, other: &Expr) -> Result<(Value, Id), Error> {
        if Arc::ptr_eq(&self.home, &other.home) {
            return Ok((other.value.clone(), other.shown));
        }
        // Both locks are taken in the order of their addresses, so that two threads never wait for each other.
        let (mut own, foreign);
        if Arc::as_ptr(&self.home) < Arc::as_ptr(&other.home) {
            own = self.lock();
            foreign = other.lock();
        } else {
            foreign = other.lock();
            own = self.lock();
        }
        import(&mut own, &foreign, &other.value, other.shown)
    }

    /// The node of `other` in this graph, with all its axes.
    pub(crate) fn adopt_with_unit_axes(&self, other: &Expr) -> Result<Id, Error> {
        let (value, _) = self.adopt(other)?;
        Ok(value.with_unit_axes(self.lock().graph_mut()).id)
    }
}

/// What is known of them.
impl Expr {
    /// The dimensions of the axes, outermost first; a number has none.
    ///
    /// ```
    /// use wrt::{symbol, tensor};
    /// assert!(symbol("x").shape().is_empty());
    /// assert_eq!(tensor("X", ["m", "64"]).t().shape(), ["64", "m"]);
    /// ```
    pub fn shape(&self) -> Vec<Dimension> {
        let session = self.lock();
        let dimension = |axis: &Axis| match axis {
            Axis::Dim(d) => session.graph().dimension(*d).clone(),
            Axis::Stretch => Dimension::size(1),
        };
        self.value.axes.iter().map(dimension).collect()
    }

    /// The free names in alphabetical order, whatever graph the expression has come to live in.
    ///
    /// ```
    /// assert_eq!(wrt::parse("a*x + b")?.free_names(), ["a", "b", "x"]);
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn free_names(&self) -> Vec<String> {
        let session = self.lock();
        let graph = session.graph();
        let symbols = graph.free_symbols(&[self.value.id]);
        let mut names: Vec<String> = symbols.into_iter().map(|id| graph.symbol_name(id).to_string()).collect();
        names.sort_unstable();
        names
    }

    /// The value at a point: doubles nearest to it, or within one unit in the last place.
    ///
    /// Values are numbers or arrays, and so is the answer: an array of rank 0 equals its number, which
    /// [`item`](Array::item) takes out. A point without values is `eval::<f64>(&[])`.
    ///
    /// # Errors
    /// For a name without a value, values of another shape, too much work.
    ///
    /// ```
    /// use wrt::{Array, TensorFunctions, tensor};
    /// let f = wrt::parse("w^2 + b")?;
    /// assert_eq!(f.eval(&[("w", 3.0), ("b", 1.0)])?, 10.0);
    /// assert!(f.eval(&[("w", 3.0)]).unwrap_err().is_unbound());
    ///
    /// let y = tensor("A", ["m", "n"]).matmul(&tensor("x", ["n"])) * 0.5;
    /// let at: [(&str, Array<f64>); 2] = [("A", [[1.0, 2.0], [3.0, 4.0]].into()), ("x", [1.0, 1.0].into())];
    /// assert_eq!(y.eval(&at)?.data, [1.5, 3.5]);
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn eval<V: Clone + Into<Array<f64>>>(&self, at: &[(&str, V)]) -> Result<Array<f64>, Error> {
        let mut session = self.lock();
        let id = self.value.with_unit_axes(session.graph_mut()).id;
        let (mut point, mut plain) = (Point::default(), wrt_run::Point::default());
        for (name, value) in at {
            let array: Array<f64> = value.clone().into();
            let graph = session.graph();
            let known = graph.find_symbol(name);
            let is_size = match known.map(|id| graph.node(id)) {
                Some(Node::Symbol(symbol)) => symbol.role == Role::Dimension,
                _ => graph.has_dimension(&Dimension::name(name)),
            };
            match (known, array.item()) {
                (_, Some(n)) if is_size => point.sizes.push(((*name).to_string(), whole(name, n)?)),
                (Some(id), _) => {
                    let data = array.data.iter().map(|x| Number::from_f64(*x).unwrap_or(Number::ZERO)).collect();
                    point.values.push((id, Array { shape: array.shape.clone(), data }));
                    plain.values.push((id, array));
                }
                (None, _) => {}
            }
        }
        session.document.read_sizes(&mut point)?;
        session.document.fill_constants(&mut point)?;
        if plain.values.iter().flat_map(|(_, a)| &a.data).all(|x| x.is_finite()) {
            session.document.check_whole_numbers(&point)?;
            return Ok(session.doubles(&[id], &point)?.swap_remove(0));
        }
        // Infinities and NaN are no exact numbers; doubles have rules for them.
        let given = plain.values.len();
        plain.sizes = point.sizes.clone();
        plain.values.extend(point.map(Number::to_f64).values.drain(given..));
        Ok(evaluate(session.graph(), &[id], &plain, &0.0)?.swap_remove(0))
    }

    /// The shortest form found, equal wherever this one is defined.
    ///
    /// ```
    /// assert_eq!(wrt::parse("x + x")?.simplify().to_string(), "2*x");
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn simplify(&self) -> Expr {
        self.simplify_noted().0
    }

    /// The shortest form found, and a sentence for each point that was filled in (`x/x` is 1 except at 0).
    ///
    /// ```
    /// let (one, notes) = wrt::parse("x/x")?.simplify_noted();
    /// assert_eq!((one.to_string().as_str(), &notes[..]), ("1", &["x may also be 0".to_string()][..]));
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn simplify_noted(&self) -> (Expr, Vec<String>) {
        let mut session = self.lock();
        let id = Value { id: self.shown, ..self.value.clone() }.with_unit_axes(session.graph_mut()).id;
        let found = session.simplify_written(&[id], &[], self.written).swap_remove(0);
        (Expr { written: self.written, ..self.at(session.graph(), found.id) }, found.notes)
    }

    /// This expression with a free name replaced by another expression or a number, of the same shape.
    ///
    /// # Errors
    /// If the shapes differ, or the result would be too large.
    ///
    /// ```
    /// let f = wrt::parse("a^2")?.substitute("a", &wrt::parse("2 + 3*w")?)?;
    /// assert_eq!(f.to_string(), "(2 + 3*w)^2");
    /// assert_eq!(f.substitute("w", 3)?.to_string(), "121");
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn substitute(&self, name: &str, by: impl Into<Expr>) -> Result<Expr, Error> {
        let by = by.into();
        let (by, shown) = self.adopt(&by)?;
        let mut session = self.lock();
        let graph = session.graph_mut();
        let Some(symbol) = graph.find_symbol(name) else { return Ok(self.clone()) };
        let (by, shown) = (by.with_unit_axes(graph).id, Value { id: shown, ..by }.with_unit_axes(graph).id);
        let wanted = graph.dims(symbol);
        if graph.dims(by) != wanted {
            let shapes = (graph.shape_text(wanted), graph.shape_text(graph.dims(by)));
            let message = format!("`{name}` has the shape {}, what replaces it {}", shapes.0, shapes.1);
            return Err(Error::new(ErrorKind::Shape, message));
        }
        let too_large = || Error::new(ErrorKind::Limit, format!("the expression has more than {MAX_NODES} nodes"));
        let mut replaced = |id, by| substitute(graph, id, &[(symbol, by)], MAX_NODES).ok_or_else(too_large);
        let (id, shown) = (replaced(self.value.id, by)?, replaced(self.shown, shown)?);
        Ok(self.written_at(Value { id, ..self.value.clone() }, shown))
    }

    /// The expression in a notation; [`Display`](fmt::Display) writes the language itself. What a text of vectors and
    /// matrices has named stands by its name.
    ///
    /// ```
    /// use wrt::{Form, TensorFunctions, tensor};
    /// assert_eq!(wrt::parse("theta^2")?.to_string_in(Form::Latex), r"\theta^{2}");
    /// let x = tensor("X", ["m", "n"]);
    /// assert_eq!(x.t().matmul(&x).to_string_in(Form::NumPy), "X.T @ X");
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn to_string_in(&self, form: Form) -> String {
        let mut session = self.lock();
        let id = Value { id: self.shown, ..self.value.clone() }.with_unit_axes(session.graph_mut()).id;
        // An axis that was there to be stretched is the person's own, too.
        let written = if id == self.shown || self.derived { self.written } else { id.index() + 1 };
        session.let_block_written(&[id], form, &[], (written, false)).line(form)
    }

    pub(crate) fn value(&self) -> &Value {
        &self.value
    }

    /// Derivatives of this expression, each `by` its variable or by several: as the rules give it, and the form for people.
    pub(crate) fn derived(&self, session: &mut Session, made: &[Id], by: &[Id]) -> Vec<Expr> {
        let shown = session.simplify_written(made, by, self.written);
        self.shown_as(session, made, shown)
    }

    /// As [`Expr::derived`], first derivatives of a node.
    pub(crate) fn derived_of(&self, session: &mut Session, of: Id, made: &[Id], by: &[Id]) -> Vec<Expr> {
        let shown = session.simplify_gradient(of, made, by, self.written);
        self.shown_as(session, made, shown)
    }

    fn shown_as(&self, session: &Session, made: &[Id], shown: Vec<Simplified>) -> Vec<Expr> {
        let pairs = made.iter().zip(shown);
        let graph = session.graph();
        pairs.map(|(id, s)| Expr { shown: s.id, written: self.written, derived: true, ..self.at(graph, *id) }).collect()
    }

    /// Is it made of derivatives, which may have lost sight of definitions?
    pub(crate) fn is_derived(&self) -> bool {
        self.derived
    }
}

fn whole(name: &str, n: f64) -> Result<usize, Error> {
    if n >= 0.0 && n.fract() == 0.0 && n < 2f64.powi(53) {
        return Ok(n as usize);
    }
    Err(Error::new(ErrorKind::Number, format!("`{name}` is a dimension, and {n:?} is no size")))
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_string_in(Form::Text))
    }
}

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expr({self})")
    }
}

impl FromStr for Expr {
    type Err = Error;
    fn from_str(text: &str) -> Result<Expr, Error> {
        parse(text)
    }
}

impl From<&Expr> for Expr {
    fn from(e: &Expr) -> Expr {
        e.clone()
    }
}

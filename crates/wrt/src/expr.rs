//! Expressions in Rust: a shared graph and a node of it.

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wrt_core::{Functions, Graph, Id, Number, Primitive, substitute};
use wrt_language::{Scope, is_name};
use wrt_view::{Form, print};

use crate::error::{Error, ErrorKind};
use crate::evaluate::doubles;
use crate::import::import;

/// The most nodes that a substitution may lead to.
const MAX_NODES: usize = 1 << 26;

/// An expression: cheap to clone, `Send + Sync`, with operators, [`Functions`] and derivatives.
///
/// Expressions that meet in an operator share one graph from then on.
///
/// ```
/// use wrt::{Functions, symbol};
/// let (w, x) = (symbol("w"), symbol("x"));
/// let y = (2 * &w * &x + 1).sin();
/// assert_eq!(y.to_string(), "sin(2*w*x + 1)");
/// assert_eq!(y.eval(&[("w", 0.0), ("x", 5.0)])?, 1f64.sin());
/// # Ok::<(), wrt::Error>(())
/// ```
#[derive(Clone)]
pub struct Expr {
    graph: Arc<Mutex<Graph>>,
    id: Id,
}

/// A free name.
///
/// # Panics
/// If the text is not a name of the language, such as `w`, `x_1` or `θ`.
///
/// ```
/// let w = wrt::symbol("w");
/// assert_eq!(w.pow(2).to_string(), "w^2");
/// ```
pub fn symbol(name: &str) -> Expr {
    assert!(is_name(name), "`{}` is not a name", name.escape_debug());
    Expr::build(|g| g.symbol(name))
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
    let mut graph = Graph::new();
    let id = wrt_language::parse(&mut graph, text, &Scope::default())?.result;
    Ok(Expr { graph: Arc::new(Mutex::new(graph)), id })
}

impl Expr {
    /// An expression in a graph of its own.
    fn build(make: impl FnOnce(&mut Graph) -> Id) -> Expr {
        let mut graph = Graph::new();
        let id = make(&mut graph);
        Expr { graph: Arc::new(Mutex::new(graph)), id }
    }

    /// The graph is append-only: a thread that panicked while it held the lock has left whole nodes.
    fn lock(&self) -> MutexGuard<'_, Graph> {
        self.graph.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works on the graph with this node and the number of nodes that count as the person's own.
    pub(crate) fn with_graph<T>(&self, work: impl FnOnce(&mut Graph, Id, usize) -> T) -> T {
        work(&mut self.lock(), self.id, self.written())
    }

    /// How many of the graph's nodes count as the person's own: those up to this expression.
    fn written(&self) -> usize {
        self.id.index() + 1
    }

    /// Another node of the same graph.
    fn at(&self, id: Id) -> Expr {
        Expr { graph: Arc::clone(&self.graph), id }
    }

    /// A node made of this one.
    pub(crate) fn derive(&self, make: impl FnOnce(&mut Graph, Id) -> Id) -> Expr {
        let id = make(&mut self.lock(), self.id);
        self.at(id)
    }

    /// A node made of several, in the graph of the largest; the others are copied into it.
    pub(crate) fn combine(all: &[&Expr], make: impl FnOnce(&mut Graph, &[Id]) -> Id) -> Expr {
        let home = Expr::home(all);
        let ids: Vec<Id> = all.iter().map(|e| home.adopt(e)).collect();
        let id = make(&mut home.lock(), &ids);
        home.at(id)
    }

    fn home<'e>(all: &[&'e Expr]) -> &'e Expr {
        let first = all[0];
        if all.iter().all(|e| Arc::ptr_eq(&e.graph, &first.graph)) {
            return first;
        }
        all.iter().max_by_key(|e| e.lock().len()).unwrap_or(&first)
    }

    /// The node of `other` in this graph.
    fn adopt(&self, other: &Expr) -> Id {
        if Arc::ptr_eq(&self.graph, &other.graph) {
            return other.id;
        }
        // Both locks are taken in the order of their addresses, so that two threads never wait for each other.
        let (own, foreign);
        if Arc::as_ptr(&self.graph) < Arc::as_ptr(&other.graph) {
            own = self.lock();
            foreign = other.lock();
        } else {
            foreign = other.lock();
            own = self.lock();
        }
        let mut own = own;
        import(&mut own, &foreign, other.id)
    }

    /// The derivative with respect to a free name, simplified.
    ///
    /// # Errors
    /// Where a function in it has no derivative.
    ///
    /// ```
    /// let d = wrt::parse("w^2")?.diff("w")?;
    /// assert_eq!(d.to_string(), "2*w");
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn diff(&self, name: &str) -> Result<Expr, Error> {
        let mut graph = self.lock();
        let wrt = free(&mut graph, name)?;
        let partial = wrt_differentiate::gradient(&mut graph, self.id, &[wrt])?[0];
        let id = wrt_rewrite::simplify(&mut graph, partial, self.written()).id;
        Ok(self.at(id))
    }

    /// The partial derivatives with respect to free names, simplified.
    ///
    /// # Errors
    /// Where a function in it has no derivative.
    ///
    /// ```
    /// let g = wrt::parse("x*y^2")?.gradient(&["x", "y"])?;
    /// assert_eq!(g[0].to_string(), "y^2");
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn gradient(&self, names: &[&str]) -> Result<Vec<Expr>, Error> {
        let mut graph = self.lock();
        let wrt = names.iter().map(|n| free(&mut graph, n)).collect::<Result<Vec<_>, _>>()?;
        let partials = wrt_differentiate::gradient(&mut graph, self.id, &wrt)?;
        Ok(partials.into_iter().map(|p| self.at(wrt_rewrite::simplify(&mut graph, p, self.written()).id)).collect())
    }

    /// All second partial derivatives, row by row, simplified.
    ///
    /// # Errors
    /// Where a function in it has no derivative.
    ///
    /// ```
    /// let h = wrt::parse("x*y^2")?.hessian(&["x", "y"])?;
    /// assert_eq!(h[0][1].to_string(), "2*y");
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn hessian(&self, names: &[&str]) -> Result<Vec<Vec<Expr>>, Error> {
        let mut graph = self.lock();
        let wrt = names.iter().map(|n| free(&mut graph, n)).collect::<Result<Vec<_>, _>>()?;
        let rows = wrt_differentiate::hessian(&mut graph, self.id, &wrt)?;
        let mut shorten = |p: Id| self.at(wrt_rewrite::simplify(&mut graph, p, self.written()).id);
        Ok(rows.into_iter().map(|row| row.into_iter().map(&mut shorten).collect()).collect())
    }

    /// The shortest form found, equal wherever this one is defined.
    pub fn simplify(&self) -> Expr {
        self.simplify_noted().0
    }

    /// The shortest form found, and a sentence for each point that was filled in (`x/x` is 1 except at 0).
    pub fn simplify_noted(&self) -> (Expr, Vec<String>) {
        let simplified = wrt_rewrite::simplify(&mut self.lock(), self.id, self.written());
        (self.at(simplified.id), simplified.notes)
    }

    /// The double nearest to the value at a point, or within one unit in the last place.
    ///
    /// # Errors
    /// For a name without a value.
    ///
    /// ```
    /// let f = wrt::parse("w^2 + b")?;
    /// assert_eq!(f.eval(&[("w", 3.0), ("b", 1.0)])?, 10.0);
    /// assert!(f.eval(&[("w", 3.0)]).unwrap_err().is_unbound());
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn eval(&self, at: &[(&str, f64)]) -> Result<f64, Error> {
        let graph = self.lock();
        let known = |&(name, value): &(&str, f64)| graph.find_symbol(name).map(|id| (id, value));
        let plain: Vec<(Id, f64)> = at.iter().filter_map(known).collect();
        let exact: Option<Vec<_>> = plain.iter().map(|(id, x)| Some((*id, Number::from_f64(*x)?))).collect();
        match exact {
            Some(exact) => Ok(doubles(&graph, &[self.id], &exact)?[0]),
            // Infinities and NaN are no exact numbers; doubles have rules for them.
            None => {
                let found = wrt_run::evaluate(&graph, &[self.id], &wrt_run::Point::numbers(&plain), &0.0)?;
                Ok(found[0].data[0])
            }
        }
    }

    /// This expression with a free name replaced by another expression or a number.
    ///
    /// # Errors
    /// If the result would be too large.
    ///
    /// ```
    /// let f = wrt::parse("a^2")?.substitute("a", &wrt::parse("2 + 3*w")?)?;
    /// assert_eq!(f.to_string(), "(2 + 3*w)^2");
    /// assert_eq!(f.substitute("w", 3)?.to_string(), "121");
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn substitute(&self, name: &str, by: impl Into<Expr>) -> Result<Expr, Error> {
        let by = by.into();
        let id = self.adopt(&by);
        let mut graph = self.lock();
        let Some(symbol) = graph.find_symbol(name) else { return Ok(self.clone()) };
        let replaced = substitute(&mut graph, self.id, &[(symbol, id)], MAX_NODES);
        let too_large = || Error::new(ErrorKind::Limit, format!("the expression has more than {MAX_NODES} nodes"));
        Ok(self.at(replaced.ok_or_else(too_large)?))
    }

    /// This expression to a power.
    pub fn pow(&self, exponent: impl Into<Expr>) -> Expr {
        Expr::combine(&[self, &exponent.into()], |g, ids| g.pow(ids[0], ids[1]))
    }

    /// The free names in alphabetical order, whatever graph the expression has come to live in.
    pub fn free_names(&self) -> Vec<String> {
        let graph = self.lock();
        let symbols = graph.free_symbols(&[self.id]);
        let mut names: Vec<String> = symbols.into_iter().map(|id| graph.symbol_name(id).to_string()).collect();
        names.sort_unstable();
        names
    }

    /// The expression in a notation; [`Display`](fmt::Display) writes the language itself.
    ///
    /// ```
    /// use wrt::Form;
    /// assert_eq!(wrt::parse("theta^2")?.to_string_in(Form::Latex), r"\theta^{2}");
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn to_string_in(&self, form: Form) -> String {
        print(&self.lock(), self.id, form).line()
    }
}

/// The free name in a graph.
fn free(graph: &mut Graph, name: &str) -> Result<Id, Error> {
    if is_name(name) {
        return Ok(graph.symbol(name));
    }
    Err(Error::new(ErrorKind::Name, format!("`{}` is not a name", name.escape_debug())))
}

impl Functions for Expr {
    fn apply(primitive: Primitive, args: &[&Expr]) -> Expr {
        Expr::combine(args, |g, ids| g.map(primitive, ids))
    }
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

/// What an operator takes beside an expression: the number in the graph.
pub(crate) trait Literal: Copy {
    fn node(self, graph: &mut Graph) -> Id;
}

macro_rules! integer_literal {
    ($($type:ty)*) => {$(
        impl Literal for $type {
            fn node(self, graph: &mut Graph) -> Id {
                graph.integer(self.into())
            }
        }
        impl From<$type> for Expr {
            fn from(n: $type) -> Expr {
                Expr::build(|g| n.node(g))
            }
        }
    )*};
}
integer_literal!(i32 i64);

impl Literal for f64 {
    /// The double exactly. What is not finite is no node, but it is the value of one: 0^-1 and its like.
    fn node(self, graph: &mut Graph) -> Id {
        if let Some(n) = Number::from_f64(self) {
            return graph.number(n);
        }
        let numerator = graph.integer(if self.is_nan() { 0 } else { 1 });
        let (zero, sign) = (graph.integer(0), graph.integer(if self < 0.0 { -1 } else { 1 }));
        let inverse = graph.div(numerator, zero);
        let endless = graph.product(&[sign, inverse]);
        if self.is_nan() { graph.product(&[zero, endless]) } else { endless }
    }
}

impl From<f64> for Expr {
    /// The double exactly.
    fn from(x: f64) -> Expr {
        Expr::build(|g| x.node(g))
    }
}

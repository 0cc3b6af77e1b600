//! Models in Rust: a text with vectors, matrices and networks, its derivatives as formulas and as arrays.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use wrt_core::{Array, Id, Number};
use wrt_language::Scope;
use wrt_view::Form;

use crate::error::{Error, ErrorKind};
use crate::session::{ArrayPoint, Session, Sizes};

/// A model file, or a formula of vectors and matrices.
///
/// ```
/// use wrt::{Array, Model};
/// let model = Model::parse("data X[m, n], y[m]; param w[n]; cost = sum((X @ w - y)^2)/(2*m)")?;
/// let gradient = model.gradient("w")?;
/// assert_eq!(gradient.to_string(), "X' @ (X @ w - y)/m");
/// let at = [
///     ("X", Array { shape: vec![2, 1], data: vec![1.0, 2.0] }),
///     ("y", Array { shape: vec![2], data: vec![1.0, 1.0] }),
///     ("w", Array { shape: vec![1], data: vec![3.0] }),
/// ];
/// assert_eq!(gradient.eval(&at)?.data, [6.0]);
/// assert!(model.check()?);
/// # Ok::<(), wrt::Error>(())
/// ```
pub struct Model(Mutex<Session>);

/// A derivative of a [`Model`]: a formula that can be printed and evaluated.
pub struct Derivative<'m> {
    model: &'m Model,
    /// As the rules give it, and in the form for people.
    made: Id,
    shown: Id,
}

impl Model {
    /// Reads a model.
    ///
    /// # Errors
    /// With the place, for any text that is no model, and for shapes that don't fit.
    ///
    /// ```
    /// let error = wrt::Model::parse("data X[m, n]; param w[k]; cost = sum(X @ w)").err().unwrap();
    /// assert!(error.message().ends_with("n (from data X, line 1) and k (from param w, line 1) differ"));
    /// ```
    pub fn parse(text: &str) -> Result<Model, Error> {
        Ok(Model(Mutex::new(Session::parse(text, &Scope::default())?)))
    }

    /// Reads a formula whose names have shapes: each a list of sizes and names of dimensions.
    ///
    /// # Errors
    /// As [`Model::parse`].
    ///
    /// ```
    /// let f = wrt::Model::formula("norm2(A @ x - b)^2", &[("A", &["m", "n"]), ("x", &["n"]), ("b", &["m"])])?;
    /// assert_eq!(f.gradient("x")?.to_string(), "2*A' @ (A @ x - b)");
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn formula(text: &str, shapes: &[(&str, &[&str])]) -> Result<Model, Error> {
        let shapes: Vec<(&str, Vec<&str>)> = shapes.iter().map(|(name, dims)| (*name, dims.to_vec())).collect();
        Ok(Model(Mutex::new(Session::parse(text, &Scope { shapes: &shapes, ..Scope::default() })?)))
    }

    /// The graph is append-only: a thread that panicked while it held the lock has left whole nodes.
    fn lock(&self) -> MutexGuard<'_, Session> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The parameters; every free name, where the text declares none.
    pub fn parameters(&self) -> Vec<String> {
        self.lock().default_variables()
    }

    /// Each name of the text with its dimensions, none for a number, in the order of the text.
    pub fn shapes(&self) -> Vec<(String, Vec<String>)> {
        self.lock().shapes().into_iter().map(|s| (s.name, s.dims)).collect()
    }

    /// What the person should know of the text, such as a parameter that the cost doesn't depend on.
    pub fn warnings(&self) -> Vec<String> {
        self.lock().warnings().to_vec()
    }

    /// The cost, or the formula, itself.
    pub fn cost(&self) -> Derivative<'_> {
        let root = self.lock().root();
        Derivative { model: self, made: root, shown: root }
    }

    fn derivative(&self, make: impl FnOnce(&mut Session) -> Result<Id, Error>) -> Result<Derivative<'_>, Error> {
        let mut session = self.lock();
        let made = make(&mut session)?;
        let shown = session.simplify_named(made).id;
        drop(session);
        Ok(Derivative { model: self, made, shown })
    }

    /// The derivative of the cost with respect to a name or a definition, in its shape.
    ///
    /// # Errors
    /// If the cost is not one number, or has no derivative.
    pub fn gradient(&self, name: &str) -> Result<Derivative<'_>, Error> {
        self.derivative(|s| {
            let x = s.variable(name)?;
            Ok(s.gradient(&[x])?[0])
        })
    }

    /// The axes of the formula, then those of the name.
    ///
    /// # Errors
    /// If there is no derivative.
    pub fn jacobian(&self, name: &str) -> Result<Derivative<'_>, Error> {
        self.derivative(|s| {
            let x = s.variable(name)?;
            Ok(s.jacobian(&[x])?[0])
        })
    }

    /// The axes of the first name, then those of the second.
    ///
    /// # Errors
    /// As [`Model::gradient`].
    ///
    /// ```
    /// let f = wrt::Model::formula("x' @ A @ x", &[("A", &["n", "n"]), ("x", &["n"])])?;
    /// assert_eq!(f.hessian("x", "x")?.to_string(), "A + A'");
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn hessian(&self, first: &str, second: &str) -> Result<Derivative<'_>, Error> {
        self.derivative(|s| {
            let (x, y) = (s.variable(first)?, s.variable(second)?);
            Ok(if x == y { s.hessian(&[x])?[0][0] } else { s.hessian(&[x, y])?[0][1] })
        })
    }

    /// The change of the formula along a direction `v`, a new name shaped like the one given; forward mode.
    ///
    /// # Errors
    /// If there is no derivative, or the name is taken.
    pub fn jvp(&self, name: &str, v: &str) -> Result<Derivative<'_>, Error> {
        self.derivative(|s| {
            let x = s.variable(name)?;
            let along = s.direction(v, x)?;
            s.jvp(&[x], &[along])
        })
    }

    /// The product of weights `u`, a new name shaped like the formula, with the Jacobian; reverse mode.
    ///
    /// # Errors
    /// As [`Model::jvp`].
    pub fn vjp(&self, name: &str, u: &str) -> Result<Derivative<'_>, Error> {
        self.derivative(|s| {
            let (x, root) = (s.variable(name)?, s.root());
            let weights = s.direction(u, root)?;
            Ok(s.vjp(&[x], &weights)?[0])
        })
    }

    /// The product of the Hessian with a direction `v`, a new name shaped like the one given.
    ///
    /// # Errors
    /// As [`Model::gradient`] and [`Model::jvp`].
    pub fn hvp(&self, name: &str, v: &str) -> Result<Derivative<'_>, Error> {
        self.derivative(|s| {
            let x = s.variable(name)?;
            let along = s.direction(v, x)?;
            Ok(s.hvp(&[x], &[along])?[0])
        })
    }

    /// Do all ways to the gradient with respect to each parameter agree with nudges at a random point?
    ///
    /// # Errors
    /// If the cost is not one number, or no point is found at which it has a value.
    pub fn check(&self) -> Result<bool, Error> {
        let mut session = self.lock();
        let names = session.default_variables();
        let ids = names.iter().map(|n| session.variable(n)).collect::<Result<Vec<Id>, Error>>()?;
        let function = session.result_name().unwrap_or("J").to_string();
        let (judged, nodes) = session.judged_gradient(&function, &names, &ids)?;
        let mut sizes = Sizes::new();
        session.complete_sizes(&mut sizes);
        let point = session.random_point(&ArrayPoint::new(), &sizes)?;
        let read = match &judged.read {
            Ok(read) => session.compare(read, &nodes, &point, &sizes)?.agrees(),
            Err(unread) => !unread.is_failure(),
        };
        Ok(read && session.check_arrays(&ids, &judged, &point, &sizes, false)?.iter().all(|part| part.agrees))
    }
}

impl Derivative<'_> {
    /// The formula in a notation.
    ///
    /// ```
    /// use wrt::{Form, Model};
    /// let f = Model::formula("norm2(x)^2", &[("x", &["n"])])?;
    /// assert_eq!(f.gradient("x")?.to_string_in(Form::NumPy), "2*x");
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn to_string_in(&self, form: Form) -> String {
        let session = self.model.lock();
        session.sheet(&[self.shown], form, &[]).line(form)
    }

    /// The shape: sizes and names of dimensions.
    pub fn shape(&self) -> Vec<String> {
        self.model.lock().shape_names(self.made)
    }

    /// The value at a point, each double right to the last place for problems of moderate size.
    ///
    /// # Errors
    /// For a name without a value, or values that don't fit.
    pub fn eval(&self, at: &[(&str, Array<f64>)]) -> Result<Array<f64>, Error> {
        let mut session = self.model.lock();
        let mut point = ArrayPoint::new();
        for (name, array) in at {
            let exact = |x: &f64| {
                Number::from_f64(*x)
                    .ok_or_else(|| Error::new(ErrorKind::Number, format!("a value of `{name}` is not finite")))
            };
            let data = array.data.iter().map(exact).collect::<Result<Vec<Number>, Error>>()?;
            point.push((session.free(name)?, Array { shape: array.shape.clone(), data }));
        }
        let mut sizes = Sizes::new();
        session.sizes_at(&point, &mut sizes)?;
        session.fill_constants(&mut point, &sizes)?;
        Ok(session.arrays(&[self.made], &point, &sizes)?.swap_remove(0))
    }
}

impl fmt::Display for Derivative<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_string_in(Form::Text))
    }
}

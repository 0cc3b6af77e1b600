//! Models in Rust: a text with vectors, matrices and networks; its cost, definitions and derivatives are expressions.

use wrt_core::Role;
use wrt_engine::EngineReal;
use wrt_language::Scope;

use crate::error::{Error, ErrorKind};
use crate::expr::Expr;
use crate::program::Input;
use crate::session::{Inspected, Session};
use crate::training::made_up;

/// A model file, or a formula of vectors and matrices: its cost with what the text declares.
///
/// ```
/// use wrt::{Array, Model};
/// let model = Model::parse("data X[m, n], y[m]; param w[n]; cost = sum((X @ w - y)^2)/(2*m)")?;
/// let gradient = model.gradient("w")?;
/// assert_eq!(gradient.to_string(), "X' @ (X @ w - y)/m");
/// let at: [(&str, Array<f64>); 3] = [("X", [[1.0], [2.0]].into()), ("y", [1.0, 1.0].into()), ("w", [3.0].into())];
/// assert_eq!(gradient.eval(&at)?.data, [6.0]);
/// assert!(model.check()?);
/// # Ok::<(), wrt::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Model(Expr);

impl From<Session> for Model {
    /// The formula of a session, with all that its options say.
    fn from(session: Session) -> Model {
        Model(Expr::of_session(session))
    }
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
        Ok(Model(Expr::of_session(Session::parse(text, &Scope::default())?)))
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
        Ok(Model(Expr::parse(text, shapes)?))
    }

    /// The parameters; every free name, where the text declares none.
    ///
    /// ```
    /// let model = wrt::Model::parse("data x[n]; param a, b; cost = sum(a*x + b)")?;
    /// assert_eq!(model.parameters(), ["a", "b"]);
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn parameters(&self) -> Vec<String> {
        self.0.lock().document.default_variables()
    }

    /// Each name of the text with its dimensions, none for a number, in the order of the text.
    ///
    /// ```
    /// let model = wrt::Model::parse("data x[n]; param a; cost = a*sum(x)")?;
    /// let shapes = model.shapes();
    /// assert_eq!((shapes[0].0.as_str(), &shapes[0].1[..]), ("x", &["n".to_string()][..]));
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn shapes(&self) -> Vec<(String, Vec<String>)> {
        self.0.lock().document.shapes().into_iter().map(|s| (s.name, s.dims)).collect()
    }

    /// What the person should know of the text, such as a parameter that the cost doesn't depend on.
    ///
    /// ```
    /// let model = wrt::Model::parse("data x[n]; param a, b; cost = a*sum(x)")?;
    /// assert!(model.warnings()[0].contains("`b`"));
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn warnings(&self) -> Vec<String> {
        self.0.lock().document.parsed.warnings.clone()
    }

    /// The file that its data comes from, as its text says (`data X[m, n], y[m] from "file.csv"`).
    pub fn data_file(&self) -> Option<String> {
        self.0.lock().document().parsed().data_file.clone()
    }

    /// Data of the model that is made up, the same for a seed; none for what is no data.
    ///
    /// # Errors
    /// If a size is missing.
    pub fn made_up<T: EngineReal>(
        &self,
        input: &Input,
        seed: u64,
        sizes: &[(&str, usize)],
    ) -> Result<Option<Vec<T>>, Error> {
        let session = self.0.lock();
        let declared = session.document.parsed.declarations.iter().find(|d| d.name == input.name);
        match declared {
            Some(d) if d.role == Role::Data => made_up(input, d.constraint.as_ref(), seed, sizes).map(Some),
            _ => Ok(None),
        }
    }

    /// The cost, or the formula, itself.
    ///
    /// ```
    /// let model = wrt::Model::parse("data x[n]; param a; cost = a*sum(x)")?;
    /// assert!(model.cost().shape().is_empty());
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn cost(&self) -> &Expr {
        &self.0
    }

    /// What a name of the text stands for: data, a parameter, a definition.
    ///
    /// # Errors
    /// If the text has no such name.
    ///
    /// ```
    /// use wrt::TensorFunctions;
    /// let model = wrt::Model::parse("data X[m, n]; param w[n]; p = sigmoid(X @ w); cost = mean(p)")?;
    /// let (p, w) = (model.get("p")?, model.get("w")?);
    /// assert_eq!((p.shape()[0].to_string().as_str(), w.norm2().to_string().as_str()), ("m", "norm2(w)"));
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn get(&self, name: &str) -> Result<Expr, Error> {
        let session = self.0.lock();
        let defined = session.document.parsed.definitions.iter().rev().find(|d| d.name == name).map(|d| d.id);
        match defined.or_else(|| session.graph().find_symbol(name)) {
            Some(id) => Ok(self.0.at(session.graph(), id)),
            None => Err(Error::new(ErrorKind::Name, format!("the text has no name `{}`", name.escape_debug()))),
        }
    }

    /// The derivative of the cost with respect to a name or a definition, in its shape.
    ///
    /// # Errors
    /// If the cost is not one number, or has no derivative.
    ///
    /// ```
    /// let model = wrt::Model::parse("data X[m, n]; param w[n]; z = X @ w; cost = sum(z^2)")?;
    /// assert_eq!(model.gradient("w")?.to_string(), "z = X @ w; 2*X' @ z");
    /// assert_eq!(model.gradient("z")?.to_string(), "z = X @ w; 2*z");
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn gradient(&self, name: &str) -> Result<Expr, Error> {
        Ok(self.0.gradient(&[name])?.swap_remove(0))
    }

    /// The axes of the formula, then those of the name.
    ///
    /// # Errors
    /// If there is no derivative.
    ///
    /// ```
    /// let f = wrt::Model::formula("A @ x", &[("A", &["m", "n"]), ("x", &["n"])])?;
    /// assert_eq!(f.jacobian("x")?.to_string(), "A");
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn jacobian(&self, name: &str) -> Result<Expr, Error> {
        self.0.jacobian(name)
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
    pub fn hessian(&self, first: &str, second: &str) -> Result<Expr, Error> {
        if first == second {
            return Ok(self.0.hessian(&[first])?.swap_remove(0).swap_remove(0));
        }
        Ok(self.0.hessian(&[first, second])?.swap_remove(0).swap_remove(1))
    }

    /// A new name shaped like another one, or like the formula itself.
    fn direction(&self, name: &str, like: Option<&str>) -> Result<Expr, Error> {
        let mut session = self.0.lock();
        let like = match like {
            Some(like) => session.variable(like)?,
            None => session.root(),
        };
        let id = session.direction(name, like)?.id;
        Ok(self.0.at(session.graph(), id))
    }

    /// The change of the formula along a direction `v`, a new name shaped like the one given; forward mode.
    ///
    /// # Errors
    /// If there is no derivative, or the name is taken.
    ///
    /// ```
    /// let f = wrt::Model::formula("A @ x", &[("A", &["m", "n"]), ("x", &["n"])])?;
    /// assert_eq!(f.jvp("x", "v")?.to_string(), "A @ v");
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn jvp(&self, name: &str, v: &str) -> Result<Expr, Error> {
        let along = self.direction(v, Some(name))?;
        self.0.jvp(&[(name, &along)])
    }

    /// The product of weights `u`, a new name shaped like the formula, with the Jacobian; reverse mode.
    ///
    /// # Errors
    /// As [`Model::jvp`].
    ///
    /// ```
    /// let f = wrt::Model::formula("A @ x", &[("A", &["m", "n"]), ("x", &["n"])])?;
    /// assert_eq!(f.vjp("x", "u")?.to_string(), "A' @ u");
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn vjp(&self, name: &str, u: &str) -> Result<Expr, Error> {
        let weights = self.direction(u, None)?;
        Ok(self.0.vjp(&[name], &weights)?.swap_remove(0))
    }

    /// The product of the Hessian with a direction `v`, a new name shaped like the one given.
    ///
    /// # Errors
    /// As [`Model::gradient`] and [`Model::jvp`].
    ///
    /// ```
    /// let f = wrt::Model::formula("sum(x^3)", &[("x", &["n"])])?;
    /// assert_eq!(f.hvp("x", "v")?.to_string(), "6*x*v");
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn hvp(&self, name: &str, v: &str) -> Result<Expr, Error> {
        let along = self.direction(v, Some(name))?;
        Ok(self.0.hvp(&[(name, &along)])?.swap_remove(0))
    }

    /// Do all ways to the gradient with respect to each parameter agree with nudges at a random point?
    ///
    /// # Errors
    /// If the cost is not one number, or no point is found at which it has a value.
    ///
    /// ```
    /// let model = wrt::Model::parse("data X[m, n]; param w[n]; cost = sum(sigmoid(X @ w))")?;
    /// assert!(model.check()?);
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn check(&self) -> Result<bool, Error> {
        let mut session = self.0.lock();
        let names = session.document.default_variables();
        let scrutiny = Default::default();
        let what = Inspected { wrt: &names, at: &[], sizes: Vec::new(), scrutiny, digits: None };
        let found = session.inspect(&what, &mut |_, _| {})?;
        Ok(matches!(found.verdict(), "agreement" | "kink"))
    }
}

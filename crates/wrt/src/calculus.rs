//! Derivatives of expressions, of any shape and kind.

use wrt_core::{Id, Node};

use crate::derivatives;
use crate::error::{Error, ErrorKind};
use crate::expr::Expr;
use crate::session::Session;

/// Derivatives. Each name is a free one or one that the text defines; a name that doesn't occur has the derivative 0.
impl Expr {
    /// What a name to differentiate with respect to stands for.
    fn variable(&self, session: &mut Session, name: &str) -> Result<Id, Error> {
        let id = session.variable(name)?;
        if !self.is_derived() || matches!(session.graph().node(id), Node::Symbol(_)) {
            return Ok(id);
        }
        let message = format!("`{name}` is a definition, of which a derivative may have lost sight");
        Err(Error::new(ErrorKind::Name, message).with_help("take all derivatives at once: partial(&[…])"))
    }

    fn variables(&self, session: &mut Session, names: &[&str]) -> Result<Vec<Id>, Error> {
        names.iter().map(|name| self.variable(session, name)).collect()
    }

    /// What is differentiated: the node with its axes.
    fn differentiated(&self, session: &mut Session) -> Id {
        self.value().with_unit_axes(session.graph_mut()).id
    }

    /// The derivative with respect to a name, simplified: of a number its gradient, of anything else its Jacobian.
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
        self.partial(&[name])
    }

    /// The derivative with respect to one name after the other, of any order: the axes of the expression, then those of
    /// each name.
    ///
    /// # Errors
    /// Where a function in it has no derivative.
    ///
    /// ```
    /// let d = wrt::parse("x^3*y^2")?.partial(&["x", "x", "y"])?;
    /// assert_eq!(d.to_string(), "12*x*y");
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn partial(&self, names: &[&str]) -> Result<Expr, Error> {
        let mut session = self.lock();
        let (root, wrt) = (self.differentiated(&mut session), self.variables(&mut session, names)?);
        let made = derivatives::repeated(session.graph_mut(), root, &wrt)?;
        let mut found = match wrt[..] {
            [x] => self.derived_of(&mut session, root, &[made], &[x]),
            _ => self.derived(&mut session, &[made], &wrt[wrt.len().saturating_sub(1)..]),
        };
        Ok(found.swap_remove(0))
    }

    /// The derivatives of a number with respect to each name, each in the shape of its name, simplified.
    ///
    /// # Errors
    /// For an expression that is no number, and where a function in it has no derivative.
    ///
    /// ```
    /// let g = wrt::parse("x*y^2")?.gradient(&["x", "y"])?;
    /// assert_eq!(g[0].to_string(), "y^2");
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn gradient(&self, names: &[&str]) -> Result<Vec<Expr>, Error> {
        let mut session = self.lock();
        let (root, wrt) = (self.differentiated(&mut session), self.variables(&mut session, names)?);
        let made = derivatives::gradient(session.graph_mut(), root, &wrt)?;
        Ok(self.derived_of(&mut session, root, &made, &wrt))
    }

    /// The derivative of anything: the axes of the expression, then those of the name.
    ///
    /// # Errors
    /// Where a function in it has no derivative.
    ///
    /// ```
    /// use wrt::tensor;
    /// let (a, x) = (tensor("A", ["m", "n"]), tensor("x", ["n"]));
    /// let j = a.matmul(&x).jacobian("x")?;
    /// assert_eq!((j.to_string().as_str(), j.shape().len()), ("A", 2));
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn jacobian(&self, name: &str) -> Result<Expr, Error> {
        self.partial(&[name])
    }

    /// All second derivatives of a number, row by row: the axes of one name, then those of the other, simplified.
    ///
    /// # Errors
    /// As [`Expr::gradient`].
    ///
    /// ```
    /// let h = wrt::parse("x*y^2")?.hessian(&["x", "y"])?;
    /// assert_eq!(h[0][1].to_string(), "2*y");
    /// let f = wrt::Expr::parse("x' @ A @ x", &[("A", &["n", "n"]), ("x", &["n"])])?;
    /// assert_eq!(f.hessian(&["x"])?[0][0].to_string(), "A + A'");
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn hessian(&self, names: &[&str]) -> Result<Vec<Vec<Expr>>, Error> {
        let mut session = self.lock();
        let (root, wrt) = (self.differentiated(&mut session), self.variables(&mut session, names)?);
        let rows = derivatives::hessian(session.graph_mut(), root, &wrt)?;
        let by = wrt.repeat(wrt.len());
        let all = self.derived(&mut session, &rows.concat(), &by);
        Ok(all.chunks(names.len().max(1)).map(<[Expr]>::to_vec).collect())
    }

    /// The change of the expression along a direction for each name; forward mode.
    ///
    /// # Errors
    /// For a direction of another shape than its name, and where there is no derivative.
    ///
    /// ```
    /// use wrt::{Functions, tensor};
    /// let (x, v) = (tensor("x", ["n"]), tensor("v", ["n"]));
    /// assert_eq!(x.sin().jvp(&[("x", &v)])?.to_string(), "v*cos(x)");
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn jvp(&self, along: &[(&str, &Expr)]) -> Result<Expr, Error> {
        let directions = self.adopted(along.iter().map(|(_, v)| *v))?;
        let mut session = self.lock();
        let root = self.differentiated(&mut session);
        let wrt = self.variables(&mut session, &along.iter().map(|(name, _)| *name).collect::<Vec<_>>())?;
        self.refuse_directions(&session, along, &wrt, &directions)?;
        let made = derivatives::jvp(session.graph_mut(), root, &wrt, &directions)?;
        Ok(self.derived(&mut session, &[made], &[]).swap_remove(0))
    }

    /// Weights, shaped like the expression, times its Jacobian, for each name; reverse mode.
    ///
    /// # Errors
    /// For weights of another shape than the expression, and where there is no derivative.
    ///
    /// ```
    /// use wrt::tensor;
    /// let (a, x, u) = (tensor("A", ["m", "n"]), tensor("x", ["n"]), tensor("u", ["m"]));
    /// assert_eq!(a.matmul(&x).vjp(&["x"], &u)?[0].to_string(), "A' @ u");
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn vjp(&self, names: &[&str], weights: &Expr) -> Result<Vec<Expr>, Error> {
        let weights = self.adopted([weights].into_iter())?;
        let mut session = self.lock();
        let (root, wrt) = (self.differentiated(&mut session), self.variables(&mut session, names)?);
        self.refuse_directions(&session, &[("the expression", self)], &[root], &weights)?;
        let made = derivatives::vjp(session.graph_mut(), root, &wrt, weights[0])?;
        Ok(self.derived(&mut session, &made, &wrt))
    }

    /// The change of each gradient of a number along a direction for each name: the product of its Hessian with them.
    ///
    /// # Errors
    /// As [`Expr::gradient`] and [`Expr::jvp`].
    ///
    /// ```
    /// use wrt::{Expr, tensor};
    /// let f = Expr::parse("x' @ A @ x", &[("A", &["n", "n"]), ("x", &["n"])])?;
    /// assert_eq!(f.hvp(&[("x", &tensor("v", ["n"]))])?[0].to_string(), "(A + A') @ v");
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn hvp(&self, along: &[(&str, &Expr)]) -> Result<Vec<Expr>, Error> {
        let directions = self.adopted(along.iter().map(|(_, v)| *v))?;
        let mut session = self.lock();
        let root = self.differentiated(&mut session);
        let wrt = self.variables(&mut session, &along.iter().map(|(name, _)| *name).collect::<Vec<_>>())?;
        self.refuse_directions(&session, along, &wrt, &directions)?;
        let made = derivatives::hvp(session.graph_mut(), root, &wrt, &directions)?;
        Ok(self.derived(&mut session, &made, &wrt))
    }

    fn adopted<'e>(&self, all: impl Iterator<Item = &'e Expr>) -> Result<Vec<Id>, Error> {
        all.map(|e| self.adopt_with_unit_axes(e)).collect()
    }

    fn refuse_directions(
        &self,
        session: &Session,
        along: &[(&str, &Expr)],
        wrt: &[Id],
        directions: &[Id],
    ) -> Result<(), Error> {
        let graph = session.graph();
        for ((name, _), (x, v)) in along.iter().zip(wrt.iter().zip(directions)) {
            let (wanted, found) = (graph.dims(*x), graph.dims(*v));
            if wanted != found {
                let shapes = (graph.shape_text(wanted), graph.shape_text(found));
                let message = format!("the direction has the shape {}, and {name} has {}", shapes.1, shapes.0);
                return Err(Error::new(ErrorKind::Shape, message));
            }
        }
        Ok(())
    }
}

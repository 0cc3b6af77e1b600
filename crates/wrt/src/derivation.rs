//! A derivative of a document's formula: made in its graph as the rules give it, and in the form for people.

use wrt_check::Claim;
use wrt_core::{Id, Node};
use wrt_rewrite::Pace;

use crate::answer::{DerivativeKind, Layout};
use crate::backprop::Backprop;
use crate::derivatives::{self, Apart, refuse_rank};
use crate::error::{Error, ErrorKind};
use crate::session::{Along, Session};

/// The highest order of derivatives that is computed at once.
const MAX_ORDER: u32 = 8;

/// The most partial derivatives that are computed at once.
const MAX_PARTIALS: usize = 1 << 17;

/// What was asked for, as the rules give it.
#[derive(Clone, Debug)]
pub struct Derivation {
    /// Which derivative.
    pub kind: DerivativeKind,
    /// With respect to what.
    pub wrt: Vec<Id>,
    /// Each derivative; of the second order and above each set of variables once.
    pub partials: Vec<Partial>,
    /// Those of lower order on the way there.
    pub(crate) lower: Vec<Claim>,
}

/// One derivative as the rules give it.
#[derive(Clone, Debug)]
pub struct Partial {
    /// The positions of its variables in the list asked for, never falling: `[0, 1]` is ∂²/∂x∂y.
    pub wrt: Vec<usize>,
    /// What it is, of what and by what.
    pub(crate) claim: Claim,
}

impl Partial {
    /// Its node: the axes of the formula, then those of each variable.
    pub fn id(&self) -> Id {
        self.claim.made
    }
}

impl Derivation {
    /// The nodes of the derivatives.
    pub fn ids(&self) -> Vec<Id> {
        self.partials.iter().map(Partial::id).collect()
    }
}

impl Session {
    /// Differentiates the formula. Products are taken along a direction for each variable (`Hvp`, `Jvp`), or with one
    /// array of weights, shaped like the formula (`Vjp`).
    ///
    /// # Errors
    /// Where the table says that there is no derivative, where there are too many, for a gradient or Hessian of several
    /// numbers, or where directions are missing.
    ///
    /// ```
    /// use wrt::session::{DerivativeKind, Form, Scope, Session};
    /// let mut s = Session::parse("x^3*y", &Scope::default())?;
    /// let wrt = [s.variable("x")?, s.variable("y")?];
    /// let second = s.derive(DerivativeKind::Hessian, &wrt, &[])?;
    /// assert_eq!(second.partials[1].wrt, [0, 1]);
    /// let formula = s.simplify(second.partials[1].id());
    /// assert_eq!(s.print(formula.id, Form::Text).line(), "3*x^2");
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn derive(&mut self, kind: DerivativeKind, wrt: &[Id], along: &[Along]) -> Result<Derivation, Error> {
        let wanted = match kind {
            DerivativeKind::Jvp | DerivativeKind::Hvp => wrt.len(),
            DerivativeKind::Vjp => 1,
            _ => 0,
        };
        if along.len() != wanted {
            let message = format!("{} directions are given, and {wanted} are needed", along.len());
            return Err(Error::new(ErrorKind::Shape, message));
        }
        let along: Vec<Id> = along.iter().map(|a| a.id).collect();
        let (partials, lower) = match kind {
            DerivativeKind::Jvp | DerivativeKind::Hvp | DerivativeKind::Vjp => {
                (self.products(kind, wrt, &along)?, Vec::new())
            }
            _ => self.orders(self.root(), kind, wrt)?,
        };
        Ok(Derivation { kind, wrt: wrt.to_vec(), partials, lower })
    }

    /// Derivatives along directions, or of what is weighted.
    fn products(&mut self, kind: DerivativeKind, wrt: &[Id], along: &[Id]) -> Result<Vec<Partial>, Error> {
        let root = self.root();
        let pairs = || wrt.iter().copied().zip(along.iter().copied()).collect::<Vec<_>>();
        if kind == DerivativeKind::Jvp {
            let made = derivatives::jvp(self.graph_mut(), root, wrt, along)?;
            return Ok(vec![Partial { wrt: (0..wrt.len()).collect(), claim: Claim::along(root, pairs(), made) }]);
        }
        let claims: Vec<Claim> = if kind == DerivativeKind::Hvp {
            let gradient = self.gradient(wrt)?;
            let made = derivatives::hvp(self.graph_mut(), root, wrt, along)?;
            let claim = |((x, of), made): ((&Id, Id), Id)| Claim {
                lineage: Some((root, vec![*x])),
                ..Claim::along(of, pairs(), made)
            };
            wrt.iter().zip(gradient).zip(made).map(claim).collect()
        } else {
            let weights = along[0];
            let made = derivatives::vjp(self.graph_mut(), root, wrt, weights)?;
            let of = self.weighted(weights);
            wrt.iter().zip(made).map(|(x, made)| self.claim(of, *x, made)).collect()
        };
        Ok(claims.into_iter().enumerate().map(|(k, claim)| Partial { wrt: vec![k], claim }).collect())
    }

    /// The partial derivatives of an order, and those of lower orders.
    fn orders(&mut self, root: Id, kind: DerivativeKind, wrt: &[Id]) -> Result<(Vec<Partial>, Vec<Claim>), Error> {
        match kind {
            DerivativeKind::Gradient => refuse_rank(self.graph(), root, "gradient")?,
            DerivativeKind::Hessian => refuse_rank(self.graph(), root, "Hessian")?,
            _ => {}
        }
        let order = kind.order();
        if order > MAX_ORDER {
            return Err(Error::new(ErrorKind::Limit, format!("the order is {order}; at most {MAX_ORDER} is computed")));
        }
        let apart = match order {
            0 | 1 => Apart::nothing(root, wrt.to_vec()),
            _ => Apart::of(self.graph_mut(), root, wrt)?,
        };
        let mut levels = self.levels(apart.root, &apart.wrt, order)?;
        for partial in levels.iter_mut().flatten() {
            let by = partial.wrt.last().and_then(|k| wrt.get(*k)).copied().unwrap_or(root);
            let [of, made] = [partial.claim.of, partial.id()].map(|id| apart.put_back(self.graph_mut(), id));
            let before = partial.wrt.split_last().map_or(&[][..], |(_, before)| before);
            let before: Vec<Id> = before.iter().filter_map(|k| wrt.get(*k)).copied().collect();
            let lineage = (!before.is_empty()).then_some((root, before));
            partial.claim = Claim { lineage, ..self.claim(of, by, made) };
        }
        let last = levels.pop().unwrap_or_default();
        Ok((last, levels.into_iter().flatten().map(|partial| partial.claim).collect()))
    }

    /// The formula and its derivatives in the form for computing, in the order of a derivation: the formula is brought to
    /// that form first, so that no derivative is made of what loses digits. None for products along directions, and by
    /// definitions, which the form may not have.
    pub(crate) fn for_computing(&mut self, kind: DerivativeKind, wrt: &[Id]) -> Result<Option<Vec<Id>>, Error> {
        let directed = matches!(kind, DerivativeKind::Jvp | DerivativeKind::Hvp | DerivativeKind::Vjp);
        if directed || wrt.iter().any(|id| !matches!(self.graph().node(*id), Node::Symbol(_))) {
            return Ok(None);
        }
        let root = self.root();
        let root = wrt_rewrite::stable(self.graph_mut(), &[root], Pace::Asked)[0];
        let partials = self.orders(root, kind, wrt)?.0;
        Ok(Some(std::iter::once(root).chain(partials.iter().map(Partial::id)).collect()))
    }

    /// A derivative by entries; labels stay where they are.
    pub(crate) fn claim(&self, of: Id, x: Id, made: Id) -> Claim {
        Claim { fixed: self.document.is_label(x), ..Claim::by_entries(of, x, made) }
    }

    /// The gradient of a scalar formula with respect to each of `wrt`, in one sweep backwards.
    pub(crate) fn gradient(&mut self, wrt: &[Id]) -> Result<Vec<Id>, Error> {
        let root = self.root();
        derivatives::gradient(self.graph_mut(), root, wrt)
    }

    /// The partial derivatives of the first order, of the second, and so on.
    fn levels(&mut self, root: Id, wrt: &[Id], order: u32) -> Result<Vec<Vec<Partial>>, Error> {
        let mut levels: Vec<Vec<Partial>> = Vec::new();
        let mut above = vec![Partial { wrt: Vec::new(), claim: Claim::by_entries(root, root, root) }];
        for _ in 0..order {
            if above.len().saturating_mul(wrt.len()) > MAX_PARTIALS {
                let message = format!("these are more than {MAX_PARTIALS} partial derivatives");
                return Err(Error::new(ErrorKind::Limit, message));
            }
            let roots: Vec<Id> = above.iter().map(Partial::id).collect();
            let first: Vec<usize> = above.iter().map(|a| a.wrt.last().copied().unwrap_or(0)).collect();
            let rows = wrt_differentiate::rows(self.graph_mut(), &roots, wrt, &first)?;
            let next = above.iter().zip(&first).zip(&rows).flat_map(|((above, first), row)| {
                (*first..wrt.len()).zip(row).map(|(k, made)| Partial {
                    wrt: [&above.wrt[..], &[k]].concat(),
                    claim: Claim::by_entries(above.id(), wrt[k], *made),
                })
            });
            above = next.collect();
            levels.push(above.clone());
        }
        Ok(levels)
    }

    /// The forms for people: each formula alone; or together, in the names of the text, and a gradient, where that is
    /// shorter, by way of the derivatives with respect to definitions.
    ///
    /// # Errors
    /// As [`Session::derive`].
    ///
    /// ```
    /// use wrt::session::{DerivativeKind, Form, Layout, Scope, Session};
    /// let text = "data X[m, 4], y[m, 2]; h = dense(X, 3, tanh); z = dense(h, 2); cost = mse(y, z)";
    /// let mut s = Session::parse(text, &Scope::default())?;
    /// let names = s.document().default_variables();
    /// let wrt = names.iter().map(|n| s.variable(n)).collect::<Result<Vec<_>, _>>()?;
    /// let derivation = s.derive(DerivativeKind::Gradient, &wrt, &[])?;
    /// let shown = s.simplify_derivation(&derivation, Layout::LetBlock)?;
    /// assert_eq!(shown.adjoints[0].name, "d_z");
    /// assert_eq!(s.print(shown.gradient[2].id, Form::Text).result, "tanh(X @ h_W + h_b)' @ d_z");
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn simplify_derivation(&mut self, derivation: &Derivation, layout: Layout) -> Result<Backprop, Error> {
        let gradient = match derivation.kind {
            DerivativeKind::Gradient => true,
            DerivativeKind::Derivative(1) => self.document.is_scalar(),
            _ => false,
        };
        let variable = |p: &Partial| p.wrt.last().and_then(|k| derivation.wrt.get(*k)).copied();
        let by: Vec<Id> = derivation.partials.iter().filter_map(variable).collect();
        match layout {
            Layout::LetBlock if gradient => self.backprop(&derivation.wrt),
            Layout::LetBlock => {
                Ok(Backprop { adjoints: Vec::new(), gradient: self.simplify_all(&derivation.ids(), &by) })
            }
            Layout::Alone => {
                let mut shown = self.simplify_each(&derivation.ids(), &by);
                if gradient {
                    self.term_by_term(self.root(), &by, self.document.written, &mut shown);
                }
                Ok(Backprop { adjoints: Vec::new(), gradient: shown })
            }
        }
    }
}

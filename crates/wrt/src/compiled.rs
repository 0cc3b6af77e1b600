//! Derivatives of a model's cost as compiled programs: gradient, Hessian, Jacobian, and products along directions.
//!
//! Each is a [`Program`], which runs in a workspace of the caller's. Names to differentiate by may be left out: then
//! they are the model's parameters, or each free name where there are none.
//!
//! ```
//! use wrt::{Model, compiled};
//! let model = Model::parse("data A[m, n], b[m]; param x[n]; cost = sum((A @ x - b)^2)/2")?;
//! let program = compiled::hvp::<f64>(&model, &[])?;
//! let names: Vec<&str> = program.inputs().iter().map(|i| i.name.as_str()).collect();
//! assert_eq!(names, ["A", "v"]);
//! let mut product = [0.0; 2];
//! program.run(&mut program.workspace(), &[&[1.0, 2.0, 3.0, 4.0], &[1.0, 0.0]], &mut [&mut product])?;
//! assert_eq!(product, [10.0, 14.0]);
//! # Ok::<(), wrt::Error>(())
//! ```

use wrt_core::{Assumptions, Graph, Id, Node, Role};
use wrt_engine::EngineReal;
pub use wrt_rewrite::Identity;
use wrt_rewrite::{Pace, identities};

use crate::derivatives;
use crate::error::Error;
use crate::model::Model;
use crate::program::{Program, stable};
use crate::session::Session;

/// A cost in a graph of its own, with what it is to be differentiated by.
struct Task<'a> {
    session: &'a Session,
    graph: Graph,
    root: Id,
    names: Vec<String>,
    wrt: Vec<Id>,
}

impl Task<'_> {
    /// New names shaped like these nodes: `v` for one, `v_w` for several.
    fn directions(&mut self, letter: &str, like: &[(String, Id)]) -> Vec<Id> {
        let one = |(name, id): &(String, Id)| {
            let own = if like.len() == 1 { letter.to_string() } else { format!("{letter}_{name}") };
            let own = self.session.document().unused(&own);
            let dims = self.graph.dims(*id).to_vec();
            self.graph.tensor_symbol(&own, Role::Variable, &dims, Assumptions::default())
        };
        like.iter().map(one).collect()
    }

    /// A direction for each name.
    fn along(&mut self) -> Vec<Id> {
        let like: Vec<(String, Id)> = self.names.iter().cloned().zip(self.wrt.iter().copied()).collect();
        self.directions("v", &like)
    }
}

/// What is made of a cost, compiled. The cost is brought to its form for computing before, unless that may lack a
/// definition to differentiate by.
fn made<T: EngineReal>(
    model: &Model,
    names: &[&str],
    make: impl FnOnce(&mut Task<'_>) -> Result<Vec<Id>, Error>,
) -> Result<Program<T>, Error> {
    model.cost().with_session(|session, root, _| {
        let names = match names {
            [] => session.document().default_variables(),
            names => names.iter().map(|n| (*n).to_string()).collect(),
        };
        let wrt = names.iter().map(|n| session.variable(n)).collect::<Result<Vec<Id>, Error>>()?;
        let mut graph = session.graph().clone();
        let are_symbols = wrt.iter().all(|id| matches!(graph.node(*id), Node::Symbol(_)));
        let root = if are_symbols { stable(&mut graph, &[root], Pace::Always)[0] } else { root };
        let mut task = Task { session, graph, root, names, wrt };
        let roots = make(&mut task)?;
        Program::of_nodes(&task.graph, &roots)
    })
}

/// A model's cost and its gradient with respect to each parameter, or each free name where there are none, compiled
/// together as the rules give them.
///
/// # Errors
/// As [`compile`], and where the cost has no derivative.
///
/// ```
/// use wrt::{Model, value_and_gradient};
/// let program = value_and_gradient::<f32>(&Model::parse("data x[m]; param a, b; cost = sum(a*x + b^2)")?)?;
/// let (mut cost, mut by_a, mut by_b) = ([0.0], [0.0], [0.0]);
/// let mut workspace = program.workspace();
/// let at: [&[f32]; 3] = [&[1.0, 2.0], &[2.0], &[3.0]];
/// program.run(&mut workspace, &at, &mut [&mut cost, &mut by_a, &mut by_b])?;
/// assert_eq!((cost, by_a, by_b), ([24.0], [3.0], [12.0]));
/// # Ok::<(), wrt::Error>(())
/// ```
pub fn value_and_gradient<T: EngineReal>(model: &Model) -> Result<Program<T>, Error> {
    value_and_gradient_by(model, &[])
}

/// A model's cost and its gradient with respect to each of these names, compiled together.
///
/// # Errors
/// As [`compile`](crate::compile), and where the cost has no derivative.
///
/// ```
/// let model = wrt::Model::parse("data x[m]; param a, b; cost = sum(a*x + b^2)")?;
/// let program = wrt::compiled::value_and_gradient_by::<f64>(&model, &["b"])?;
/// let (mut cost, mut by_b) = ([0.0], [0.0]);
/// program.run(&mut program.workspace(), &[&[1.0, 2.0], &[2.0], &[3.0]], &mut [&mut cost, &mut by_b])?;
/// assert_eq!((cost, by_b), ([24.0], [12.0]));
/// # Ok::<(), wrt::Error>(())
/// ```
pub fn value_and_gradient_by<T: EngineReal>(model: &Model, names: &[&str]) -> Result<Program<T>, Error> {
    made(model, names, |t| {
        let gradient = derivatives::gradient(&mut t.graph, t.root, &t.wrt)?;
        Ok([&[t.root], &gradient[..]].concat())
    })
}

/// The Hessian of the cost, whole: a block for each pair of names, row by row; its axes are those of the first name, then
/// those of the second.
///
/// # Errors
/// As [`value_and_gradient_by`].
///
/// ```
/// let model = wrt::Model::parse("data A[m, n]; param x[n]; cost = sum((A @ x)^2)/2")?;
/// let program = wrt::compiled::hessian::<f64>(&model, &["x"])?.with_sizes(&[("m", 2)]);
/// let mut hessian = [0.0; 4];
/// program.run(&mut program.workspace(), &[&[1.0, 2.0, 3.0, 4.0]], &mut [&mut hessian])?;
/// assert_eq!(hessian, [10.0, 14.0, 14.0, 20.0]);
/// # Ok::<(), wrt::Error>(())
/// ```
pub fn hessian<T: EngineReal>(model: &Model, names: &[&str]) -> Result<Program<T>, Error> {
    made(model, names, |t| Ok(derivatives::hessian(&mut t.graph, t.root, &t.wrt)?.concat()))
}

/// A block of a Hessian, for a pair of names, as its factors: it is zero where positions along the two axes of an identity
/// differ, and elsewhere what the program computes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HessianBlock {
    /// The two names.
    pub wrt: [String; 2],
    /// Pairs of an axis of the first name and an axis of the second, counted behind those of the first; none where nothing
    /// is known of the block, which is computed whole then.
    pub identities: Vec<Identity>,
}

/// The Hessian of the cost as [`hessian`] has it, but each block by its factors: of `‖U V' − M‖²` with respect to `U`, which
/// has `n` rows of `k` entries, the program computes the `k × k` block that is the same for all rows, and not `(n k)²`
/// entries. Beside the program stands what each of its results is: its axes are those of the identities that vary, then
/// those of the two names that belong to no identity.
///
/// # Errors
/// As [`value_and_gradient_by`].
///
/// ```
/// let model = wrt::Model::parse("data M[n, n]; param U[n, k], V[n, k]; cost = sum((M - U @ V')^2)")?;
/// let (program, blocks) = wrt::compiled::hessian_factors::<f64>(&model, &["U"])?;
/// // ∂²cost/∂U[i,j]∂U[l,p] is 0 unless i = l.
/// assert_eq!((blocks[0].identities[0].first, blocks[0].identities[0].second), (0, 2));
/// let mut block = [0.0; 4];
/// program.run(&mut program.workspace(), &[&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]], &mut [&mut block]).unwrap_err();
/// let program = program.with_sizes(&[("n", 3), ("k", 2)]);
/// program.run(&mut program.workspace(), &[&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]], &mut [&mut block])?;
/// // 2*V' @ V
/// assert_eq!(block, [70.0, 88.0, 88.0, 112.0]);
/// # Ok::<(), wrt::Error>(())
/// ```
pub fn hessian_factors<T: EngineReal>(model: &Model, names: &[&str]) -> Result<(Program<T>, Vec<HessianBlock>), Error> {
    let mut blocks = Vec::new();
    let program = made(model, names, |t| {
        let rows = derivatives::hessian(&mut t.graph, t.root, &t.wrt)?;
        let mut roots = Vec::new();
        for (i, row) in rows.into_iter().enumerate() {
            let first = t.graph.rank(t.wrt[i]);
            for (j, id) in row.into_iter().enumerate() {
                let found = identities(&mut t.graph, id, first);
                let (root, identities) = found.map_or((id, Vec::new()), |f| (f.block, f.identities));
                roots.push(root);
                blocks.push(HessianBlock { wrt: [t.names[i].clone(), t.names[j].clone()], identities });
            }
        }
        Ok(roots)
    })?;
    Ok((program, blocks))
}

/// The product of the Hessian with a direction: its input `v`, or `v_w` for each name `w` of several, is shaped like the
/// name, and so is the result.
///
/// # Errors
/// As [`value_and_gradient_by`].
pub fn hvp<T: EngineReal>(model: &Model, names: &[&str]) -> Result<Program<T>, Error> {
    made(model, names, |t| {
        let along = t.along();
        derivatives::hvp(&mut t.graph, t.root, &t.wrt, &along)
    })
}

/// The Jacobian of the formula by each name: the axes of the formula, then those of the name.
///
/// # Errors
/// As [`compile`](crate::compile), and where there is no derivative.
///
/// ```
/// let model = wrt::Model::formula("x^2", &[("x", &["n"])])?;
/// let program = wrt::compiled::jacobian::<f64>(&model, &["x"])?;
/// let mut jacobian = [0.0; 4];
/// program.run(&mut program.workspace(), &[&[1.0, 3.0]], &mut [&mut jacobian])?;
/// assert_eq!(jacobian, [2.0, 0.0, 0.0, 6.0]);
/// # Ok::<(), wrt::Error>(())
/// ```
pub fn jacobian<T: EngineReal>(model: &Model, names: &[&str]) -> Result<Program<T>, Error> {
    made(model, names, |t| derivatives::jacobian(&mut t.graph, t.root, &t.wrt))
}

/// The product of the Jacobian with a direction, forward mode: the inputs are as for [`hvp`], the result is shaped like
/// the formula.
///
/// # Errors
/// As [`jacobian`].
///
/// ```
/// let model = wrt::Model::formula("x^2", &[("x", &["n"])])?;
/// let program = wrt::compiled::jvp::<f64>(&model, &["x"])?;
/// let mut product = [0.0; 2];
/// program.run(&mut program.workspace(), &[&[1.0, 3.0], &[1.0, 1.0]], &mut [&mut product])?;
/// assert_eq!(product, [2.0, 6.0]);
/// # Ok::<(), wrt::Error>(())
/// ```
pub fn jvp<T: EngineReal>(model: &Model, names: &[&str]) -> Result<Program<T>, Error> {
    made(model, names, |t| {
        let along = t.along();
        Ok(vec![derivatives::jvp(&mut t.graph, t.root, &t.wrt, &along)?])
    })
}

/// The product of weights `u`, shaped like the formula, with its Jacobian, reverse mode: a result for each name.
///
/// # Errors
/// As [`jacobian`].
///
/// ```
/// let model = wrt::Model::formula("A @ x", &[("A", &["m", "n"]), ("x", &["n"])])?;
/// let program = wrt::compiled::vjp::<f64>(&model, &["x"])?;
/// let mut product = [0.0; 2];
/// program.run(&mut program.workspace(), &[&[1.0, 2.0, 3.0, 4.0], &[1.0, 1.0]], &mut [&mut product])?;
/// assert_eq!(product, [4.0, 6.0]);
/// # Ok::<(), wrt::Error>(())
/// ```
pub fn vjp<T: EngineReal>(model: &Model, names: &[&str]) -> Result<Program<T>, Error> {
    made(model, names, |t| {
        let weights = t.directions("u", &[("f".to_string(), t.root)])[0];
        derivatives::vjp(&mut t.graph, t.root, &t.wrt, weights)
    })
}

//! Entries at positions that are values themselves, and the transpose of that; an axis turned round.

use super::reductions::last_axis;
use super::{
    OneHot, OperationRow, OperationSpelling, Pullback, Reference, Samples, concatenated, latex_of, passing, samples,
    spelled, split_trailing,
};
use crate::array::Array;
use crate::builder::Ex;
use crate::graph::Graph;
use crate::real::Real;
use crate::shape::{Dim, Dimension};
use crate::table::operations::parts;
use crate::tensor::ShapeError;

rows!($ gather: Gather ScatterAdd Flip; factored:);

type Pulled<'b> = Result<Option<Ex<'b>>, &'static str>;

const BROKEN: &str = "its shape is broken";

/// The position that an entry says, among `n`.
///
/// # Errors
/// If it is none of them.
pub(super) fn label<N: Real>(entry: &N, n: usize) -> Result<usize, String> {
    let value = entry.approximate();
    if value.fract() == 0.0 && value >= 0.0 && value < n as f64 {
        return Ok(value as usize);
    }
    Err(match n {
        0 => format!("the label {value} is none of an axis without entries"),
        _ => format!("the label {value} is none of 0, 1, …, {}", n - 1),
    })
}

/// Where positions stand: `picks` axes of them in place of one axis, before `inner` others. Axes of the positions
/// before those are shared with the other argument, which may have further ones in front.
///
/// Without inner axes and with leading ones that is NumPy's `take_along_axis`, without leading ones `take`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Picked {
    /// The axes of the positions.
    pub picks: usize,
    /// The axes behind.
    pub inner: usize,
}

impl Picked {
    /// The axes of the first argument: the leading ones, which end with those of the positions, `own` in the place of the
    /// positions, the inner ones.
    fn leading<'d>(
        self,
        name: &str,
        graph: &Graph,
        args: &'d [Vec<Dim>],
        own: usize,
    ) -> Result<[&'d [Dim]; 3], ShapeError> {
        let (lead, rest) = split_trailing(name, graph, &args[0], own.saturating_add(self.inner))?;
        let (shared, _) = split_trailing(name, graph, &args[1], self.picks)?;
        if lead.ends_with(shared) {
            return Ok([lead, &rest[..own], &rest[own..]]);
        }
        let (a, b) = (graph.shape_text(lead), graph.shape_text(shared));
        Err(ShapeError::Words(format!("{name}: the leading axes {a} and {b} differ")))
    }

    /// How many axes the positions share with an argument of so many leading ones.
    fn shared(self, positions: &[Dim]) -> usize {
        positions.len() - self.picks
    }

    /// `, axis=…, batch=…` where these are not 0.
    fn settings(self, lead: usize, positions: &[Dim]) -> String {
        let batch = self.shared(positions);
        let axis = if lead == batch { String::new() } else { format!(", axis={lead}") };
        if batch == 0 { axis } else { format!("{axis}, batch={batch}") }
    }

    /// For each block of inner entries of what is picked: the block of it, and the one it comes from.
    ///
    /// # Errors
    /// If a label is none of the `n` positions.
    fn blocks<N: Real>(self, blocks: usize, n: usize, labels: &Array<N>) -> Result<Vec<usize>, String> {
        let (_, each) = labels.split(self.picks);
        let labels: Vec<usize> = labels.data.iter().map(|l| label(l, n)).collect::<Result<_, _>>()?;
        if labels.is_empty() {
            return Ok(Vec::new());
        }
        Ok((0..blocks).map(|k| k / each.max(1) * n + labels[k % labels.len()]).collect())
    }
}

/// Entries along an axis at positions: rows of a table, or one entry for each row.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Gather(pub Picked);

/// `Gather` with so many axes of positions and behind them.
fn gather(picks: usize, inner: usize) -> Gather {
    Gather(Picked { picks, inner })
}

impl OperationRow for Gather {
    const NAME: &'static str = "gather";
    const DOMAIN: &'static str = "positions that are whole numbers from 0 to below the size of the axis";
    const NAN: &'static str = "is left where it is; among the positions it is refused";
    const TIES: &'static str = "";
    const REFERENCE: Reference = Reference::Oracle;

    fn samples() -> Samples {
        samples! {
            Labelled, "a generic point", gather(1, 0), ["4 | 2 -0.5 3 0.75", "3 | 2 0 2"];
            Labelled, "rows of a table", gather(1, 1), ["3x2 | 2 -0.5 3 0.75 -4 1.5", "4 | 2 0 2 1"];
            Labelled, "a matrix of positions", gather(2, 1), ["3x2 | 2 -0.5 3 0.75 -4 1.5", "2x2 | 2 0 2 1"];
            Labelled, "one position", gather(0, 1), ["3x2 | 2 -0.5 3 0.75 -4 1.5", "| 1"];
            Labelled, "one entry of each row", gather(0, 0), ["3x2 | 2 -0.5 3 0.75 -4 1.5", "3 | 1 0 1"];
            Labelled, "along the last axis", gather(1, 0), ["2x3 | 2 -0.5 3 0.75 -4 1.5", "2x4 | 1 0 1 2 2 2 0 1"];
            Labelled, "rows of each of two tables", gather(1, 1), ["2x2x2 | 2 -0.5 3 0.75 -4 1.5 7 1", "2x1 | 1 0"];
            Labelled, "axes in front that the positions lack", gather(1, 0), ["2x3 | 2 -0.5 3 0.75 -4 1.5", "2 | 2 0"];
            Labelled, "some in front, some shared", gather(0, 0), ["2x2x3 | 2 -0.5 3 0.75 -4 1.5 7 1 -1 4 5 6", "2 | 2 0"];
            Labelled, "size 1", gather(1, 0), ["1 | -2.5", "2 | 0 0"];
            Labelled, "no positions", gather(1, 1), ["2x2 | 1 2 3 4", "0 |"];
            Labelled, "no rows", gather(1, 0), ["0x2 |", "1 | 0"];
            Limit("1 at the entries"), "infinite and undefined entries", gather(1, 0), ["3 | inf nan -inf", "3 | 1 0 1"];
            Fails("the label 0.5 is none of"), "no whole number", gather(1, 0), ["2 | 1 2", "1 | 0.5"];
            Fails("the label 2 is none of 0, 1, …, 1"), "a position behind the end", gather(1, 0), ["2 | 1 2", "1 | 2"];
            Fails("the label -1 is none of"), "a negative position", gather(1, 0), ["2 | 1 2", "1 | -1"];
            Fails("the label NaN is none of"), "not a number", gather(1, 0), ["2 | 1 2", "1 | nan"];
            Fails("none of an axis without entries"), "an empty axis", gather(1, 0), ["0 |", "1 | 0"];
            Fails("the leading axes"), "other rows", gather(0, 0), ["2x3 | 1 2 3 4 5 6", "3 | 0 0 0"];
        }
    }

    fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, ShapeError> {
        let [lead, _, inner] = self.0.leading(Self::NAME, graph, args, 1)?;
        Ok([lead, &args[1][args[1].len() - self.0.picks..], inner].concat())
    }

    fn pullback<'b>(&self, argument: usize, at: &Pullback<'_, 'b>) -> Pulled<'b> {
        if argument > 0 {
            return Ok(None);
        }
        let size = at.args[0].dimensions().swap_remove(at.args[0].rank() - 1 - self.0.inner);
        if self.0 == (Picked { picks: 0, inner: 0 }) {
            // Of each row one entry: what is dense anyway is an elementwise product, with which algebra goes on.
            let hot = Ex::operation(OneHot { classes: size }, &[at.args[1]]).map_err(|_| BROKEN)?;
            return Ok(Some(at.adjoint.einsum(",i->i", &[at.adjoint, hot])));
        }
        Ex::operation(ScatterAdd { at: self.0, size }, &[at.adjoint, at.args[1]]).map(Some).map_err(|_| BROKEN)
    }

    fn evaluate<N: Real>(&self, args: &[&Array<N>], shape: &[usize], _: &N) -> Result<Array<N>, String> {
        let inner: usize = shape[shape.len() - self.0.inner..].iter().product();
        let n = args[0].shape[args[0].shape.len() - 1 - self.0.inner];
        let entries: usize = shape.iter().product();
        let from = self.0.blocks(entries / inner.max(1), n, args[1])?;
        let data = concatenated(&mut from.iter().map(|k| args[0].data[k * inner..][..inner].to_vec()));
        Ok(Array { shape: shape.to_vec(), data })
    }

    fn named(&self) -> Vec<usize> {
        Vec::new()
    }

    fn core_axes(&self, argument: usize) -> usize {
        [1 + self.0.inner, self.0.picks][argument]
    }

    fn keeps_symmetry(&self) -> bool {
        false
    }

    fn work(&self, args: &[Vec<u64>], shape: &[u64]) -> u64 {
        passing(args, shape)
    }

    fn spelling(&self, _: &Graph, args: &[&[Dim]]) -> OperationSpelling {
        let lead = args[0].len() - 1 - self.0.inner;
        let batch = self.0.shared(args[1]);
        let before = ":, ".repeat(lead);
        let (text, latex) = if batch == 0 {
            (format!("[0][{before}{{1}}]"), format!("{{[0]}}_{{{{{before}{{1}}}}}}"))
        } else {
            let text = format!("gather({{0}}, {{1}}{})", self.0.settings(lead, args[1]));
            (text.clone(), latex_of(&text))
        };
        let code = |np: &str| {
            if batch == 0 {
                return format!("{np}.take({{0}}, {{1}}, axis={lead})");
            }
            // One axis of positions beside those in front and behind.
            let (one, behind) = (usize::from(self.0.picks == 0), self.0.inner);
            let front = lead - batch;
            let new: Vec<String> =
                (0..front).chain(lead..lead + one).chain(lead + 1..lead + 1 + behind).map(|k| k.to_string()).collect();
            let at = if new.is_empty() {
                "{1}".to_string()
            } else {
                format!("{np}.expand_dims({{1}}, ({},))", new.join(", "))
            };
            let taken = format!("{np}.take_along_axis({{0}}, {at}, axis={lead})");
            match self.0.picks {
                0 => format!("{np}.squeeze({taken}, axis={lead})"),
                1 => taken,
                _ => String::new(),
            }
        };
        OperationSpelling { numpy: code("np"), jax: code("jnp"), latex, text }
    }
}

/// The transpose of [`Gather`]: entries added up at their positions along an axis of `size`, zeros elsewhere.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ScatterAdd {
    /// Where the positions stand.
    pub at: Picked,
    /// The size of the axis.
    pub size: Dimension,
}

/// The spelling in Python by one flat position for each entry.
impl ScatterAdd {
    fn code(&self, np: &str, graph: &Graph, args: &[&[Dim]]) -> String {
        let list = |dims: &[String]| match dims {
            [one] => format!("({one},)"),
            _ => format!("({})", dims.join(", ")),
        };
        let names = |dims: &[Dim]| dims.iter().map(|d| graph.dimension(*d).to_string()).collect::<Vec<_>>();
        let count = |dims: &[String]| match dims {
            [] => "1".to_string(),
            _ => dims
                .iter()
                .map(|d| if d.contains(' ') { format!("({d})") } else { d.clone() })
                .collect::<Vec<_>>()
                .join("*"),
        };
        let (picks, inner) = (self.at.picks, self.at.inner);
        let (lead, rest) = args[0].split_at(args[0].len() - picks - inner);
        let (lead, own, inner) = (names(lead), names(&rest[..picks]), names(&rest[picks..]));
        let size = vec![self.size.to_string()];
        let whole = [&lead[..], &size, &inner].concat();
        if np == "jnp" && args[1].len() == picks {
            let before = ":, ".repeat(lead.len());
            return format!("jnp.zeros({}).at[{before}{{1}}].add({{0}})", list(&whole));
        }
        let ones = |n: usize| vec!["1".to_string(); n];
        let mut flat = "{1}".to_string();
        if !lead.is_empty() {
            let rows =
                format!("{np}.reshape({np}.arange({}), {})", count(&lead), list(&[&lead[..], &ones(picks)].concat()));
            flat = format!("{rows}*{} + [1]", count(&size));
        }
        if !inner.is_empty() {
            let blocks = format!("{np}.reshape({flat}, {})", list(&[&lead[..], &own, &ones(inner.len())].concat()));
            let places = format!("{np}.arange({})", count(&inner));
            let within = if inner.len() == 1 { places } else { format!("{np}.reshape({places}, {})", list(&inner)) };
            flat = format!("{blocks}*{} + {within}", count(&inner));
        }
        let length = if np == "jnp" { "length" } else { "minlength" };
        let sums = format!("{np}.bincount({np}.ravel({flat}), weights={np}.ravel({{0}}), {length}={})", count(&whole));
        if whole.len() == 1 { sums } else { format!("{np}.reshape({sums}, {})", list(&whole)) }
    }
}

impl OperationRow for ScatterAdd {
    const NAME: &'static str = "scatter_add";
    const DOMAIN: &'static str = "positions that are whole numbers from 0 to below the size of the axis";
    const NAN: &'static str = "makes the entry that it is added to not a number; among the positions it is refused";
    const TIES: &'static str = "";
    const REFERENCE: Reference = Reference::Oracle;

    fn samples() -> Samples {
        let add = |picks, inner, size| ScatterAdd { at: Picked { picks, inner }, size: Dimension::size(size) };
        samples! {
            Labelled, "a generic point", add(1, 0, 4), ["3 | 2 -0.5 3", "3 | 2 0 2"];
            Labelled, "rows of a table", add(1, 1, 3), ["4x2 | 2 -0.5 3 0.75 -4 1.5 7 1", "4 | 2 0 2 1"];
            Labelled, "a matrix of positions", add(2, 1, 4), ["2x2x2 | 2 -0.5 3 0.75 -4 1.5 7 1", "2x2 | 2 0 2 1"];
            Labelled, "one position", add(0, 1, 3), ["2 | 2 -0.5", "| 1"];
            Labelled, "one entry of each row", add(0, 0, 2), ["3 | 2 -0.5 3", "3 | 1 0 1"];
            Labelled, "along the last axis", add(1, 0, 3), ["2x4 | 2 -0.5 3 0.75 -4 1.5 7 1", "2x4 | 1 0 1 2 2 2 0 1"];
            Labelled, "rows of each of two tables", add(1, 1, 2), ["2x1x2 | 2 -0.5 3 0.75", "2x1 | 1 0"];
            Labelled, "axes in front that the positions lack", add(1, 0, 3), ["2x2 | 2 -0.5 3 0.75", "2 | 2 0"];
            Labelled, "matrices of rows", add(1, 2, 2), ["2x1x2 | 2 -0.5 3 0.75", "2 | 1 1"];
            Labelled, "size 1", add(1, 0, 1), ["2 | -2.5 1", "2 | 0 0"];
            Labelled, "no positions", add(1, 1, 2), ["0x2 |", "0 |"];
            Limit("not a number where it is added"), "infinite and undefined entries", add(1, 0, 3), ["3 | inf nan -inf", "3 | 1 0 2"];
            Fails("the label 0.5 is none of"), "no whole number", add(1, 0, 2), ["1 | 1", "1 | 0.5"];
            Fails("the label 2 is none of 0, 1, …, 1"), "a position behind the end", add(1, 0, 2), ["1 | 1", "1 | 2"];
            Fails("are not those of the positions"), "other sizes", add(1, 0, 2), ["2 | 1 2", "1 | 1"];
        }
    }

    fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, ShapeError> {
        let [lead, own, inner] = self.at.leading(Self::NAME, graph, args, self.at.picks)?;
        if !args[1].ends_with(own) {
            let (a, b) = (graph.shape_text(own), graph.shape_text(&args[1]));
            return Err(ShapeError::Words(format!("{}: the axes {a} are not those of the positions {b}", Self::NAME)));
        }
        let (mut dims, inner) = (lead.to_vec(), inner.to_vec());
        dims.push(graph.dim(self.size.clone()));
        Ok([dims, inner].concat())
    }

    fn pullback<'b>(&self, argument: usize, at: &Pullback<'_, 'b>) -> Pulled<'b> {
        if argument > 0 {
            return Ok(None);
        }
        Ex::operation(Gather(self.at), &[at.adjoint, at.args[1]]).map(Some).map_err(|_| BROKEN)
    }

    fn evaluate<N: Real>(&self, args: &[&Array<N>], shape: &[usize], like: &N) -> Result<Array<N>, String> {
        let (outer, inner) = shape.split_at(shape.len() - self.at.inner);
        let inner: usize = inner.iter().product();
        let to = self.at.blocks(args[0].data.len() / inner.max(1), outer.last().copied().unwrap_or(0), args[1])?;
        let mut data: Vec<N> = vec![like.ratio(0, 1); shape.iter().product()];
        let blocks = args[0].data.chunks_exact(inner.max(1));
        for (k, block) in to.iter().zip(blocks) {
            for (slot, v) in data[k * inner..].iter_mut().zip(block) {
                *slot = slot.clone() + v.clone();
            }
        }
        Ok(Array { shape: shape.to_vec(), data })
    }

    fn named(&self) -> Vec<usize> {
        Vec::new()
    }

    fn core_axes(&self, argument: usize) -> usize {
        [self.at.picks + self.at.inner, self.at.picks][argument]
    }

    fn keeps_symmetry(&self) -> bool {
        false
    }

    fn work(&self, args: &[Vec<u64>], shape: &[u64]) -> u64 {
        passing(args, shape)
    }

    fn spelling(&self, graph: &Graph, args: &[&[Dim]]) -> OperationSpelling {
        let lead = args[0].len() - self.at.picks - self.at.inner;
        let settings = self.at.settings(lead, args[1]);
        OperationSpelling {
            numpy: self.code("np", graph, args),
            jax: self.code("jnp", graph, args),
            ..spelled(&format!("scatter_add({{0}}, {{1}}, {}{settings})", self.size))
        }
    }
}

/// The entries of the last axis from the end on.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Flip;

impl OperationRow for Flip {
    const NAME: &'static str = "flip";
    const DOMAIN: &'static str = "all x";
    const NAN: &'static str = "is left as it is";
    const TIES: &'static str = "";
    const REFERENCE: Reference = Reference::Oracle;

    fn samples() -> Samples {
        samples! {
            Smooth, "a generic point", Flip, ["4 | 2 -0.5 3 0.75"];
            Smooth, "size 1", Flip, ["1 | -2.5"];
            Smooth, "an empty axis", Flip, ["2x0 |"];
            Smooth, "a batch axis in front", Flip, ["2x3 | 2 -0.5 3 -0.25 -1 -7"];
            Limit("1 at the entries"), "infinite and undefined entries", Flip, ["3 | inf nan -inf"];
        }
    }

    fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, ShapeError> {
        last_axis(Self::NAME, graph, &args[0])?;
        Ok(args[0].clone())
    }

    fn pullback<'b>(&self, _: usize, at: &Pullback<'_, 'b>) -> Pulled<'b> {
        Ex::operation(Flip, &[at.adjoint]).map(Some).map_err(|_| BROKEN)
    }

    fn evaluate<N: Real>(&self, args: &[&Array<N>], shape: &[usize], _: &N) -> Result<Array<N>, String> {
        let data = concatenated(&mut parts(args[0], 1).map(|row| row.iter().rev().cloned().collect()));
        Ok(Array { shape: shape.to_vec(), data })
    }

    fn named(&self) -> Vec<usize> {
        Vec::new()
    }

    fn core_axes(&self, _: usize) -> usize {
        1
    }

    fn keeps_symmetry(&self) -> bool {
        false
    }

    fn work(&self, args: &[Vec<u64>], shape: &[u64]) -> u64 {
        passing(args, shape)
    }

    fn spelling(&self, _: &Graph, args: &[&[Dim]]) -> OperationSpelling {
        let before = ":, ".repeat(args[0].len().saturating_sub(1));
        let latex = format!("{{[0]}}_{{{{{before}::-1}}}}");
        OperationSpelling { latex, ..spelled(&format!("[0][{before}::-1]")) }
    }
}

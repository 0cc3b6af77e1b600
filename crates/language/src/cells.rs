//! What recurrent layers do in a step: their parameters, and the new states.

use wrt_core::{Dim, Graph, Number, Primitive, ShapeError};

use crate::special::Given;
use crate::value::{self, Value};

type Result<T> = std::result::Result<T, ShapeError>;

/// A recurrent layer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Cell {
    /// tanh(x @ W + h @ U + b)
    Rnn,
    /// Hochreiter & Schmidhuber (1997) with forget gates (Gers 2000), in the order input, forget, cell, output; the forget
    /// gate's bias starts at 1, as in Keras.
    Lstm,
    /// Cho et al. (2014) as in Keras: the reset gate acts behind the matrix of the state (`reset_after=True`), which has a
    /// bias of its own in each gate, so that a step moves their sum as far as there. The gates in the order update, reset,
    /// new state.
    Gru,
}

/// What a parameter of a gate is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Part {
    /// `[features, units]`
    Input,
    /// `[units, units]`
    State,
    /// `[units]`
    Bias,
    /// `[units]`, which starts at 1.
    BiasOfOne,
}

impl Part {
    pub(crate) fn dims(self, features: Dim, units: Dim) -> Vec<Dim> {
        match self {
            Part::Input => vec![features, units],
            Part::State => vec![units, units],
            Part::Bias | Part::BiasOfOne => vec![units],
        }
    }
}

/// Parts of a step by their names.
pub(crate) type Gates = Vec<(&'static str, Value)>;

impl Cell {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Cell::Rnn => "rnn",
            Cell::Lstm => "lstm",
            Cell::Gru => "gru",
        }
    }

    /// The parameters with their names in the layer, gate after gate.
    pub(crate) fn parameters(self) -> Vec<(&'static str, Part)> {
        use Part::{Bias, BiasOfOne, Input, State};
        match self {
            Cell::Rnn => vec![("Wh", Input), ("Uh", State), ("bh", Bias)],
            Cell::Lstm => vec![
                ("Wi", Input),
                ("Ui", State),
                ("bi", Bias),
                ("Wf", Input),
                ("Uf", State),
                ("bf", BiasOfOne),
                ("Wc", Input),
                ("Uc", State),
                ("bc", Bias),
                ("Wo", Input),
                ("Uo", State),
                ("bo", Bias),
            ],
            Cell::Gru => vec![
                ("Wz", Input),
                ("Uz", State),
                ("bz", Bias),
                ("cz", Bias),
                ("Wr", Input),
                ("Ur", State),
                ("br", Bias),
                ("cr", Bias),
                ("Wh", Input),
                ("Uh", State),
                ("bh", Bias),
                ("ch", Bias),
            ],
        }
    }

    /// The names of the states, the output first.
    pub(crate) fn states(self) -> &'static [&'static str] {
        if self == Cell::Lstm { &["h", "c"] } else { &["h"] }
    }

    /// The parameters that stand in the text behind the input, and the number of units.
    pub(crate) fn given(self, g: &mut Graph, given: &Given<'_>, features: Dim) -> Result<(Dim, Vec<Value>)> {
        let units = given.value(3)?.dims().first().copied().ok_or("a bias is a vector of as many entries as units")?;
        let mut found = Vec::new();
        for (k, (name, part)) in self.parameters().into_iter().enumerate() {
            let value = given.value(k + 1)?.with_unit_axes(g);
            let wanted = part.dims(features, units);
            if value.dims() != wanted || !value.free.is_empty() {
                let (found, wanted) = (value.shape_text(g), g.shape_text(&wanted));
                return Err(format!("the parameter {name} has the shape {found}, expected {wanted}").into());
            }
            found.push(value);
        }
        Ok((units, found))
    }

    /// The new states from the states before, the output first, and the input of the step; and the gates by their names.
    pub(crate) fn step(
        self,
        g: &mut Graph,
        parameters: &[Value],
        states: &[Value],
        x: &Value,
    ) -> Result<(Vec<Value>, Gates)> {
        let gates: Vec<&[Value]> = parameters.chunks(if self == Cell::Gru { 4 } else { 3 }).collect();
        match (self, states, &gates[..]) {
            (Cell::Rnn, [h], [gate]) => {
                let h = gated(g, Primitive::Tanh, gate, h, x)?;
                Ok((vec![h.clone()], vec![("h", h)]))
            }
            (Cell::Lstm, [h, cell], [i, f, c, o]) => {
                let i = gated(g, Primitive::Sigmoid, i, h, x)?;
                let f = gated(g, Primitive::Sigmoid, f, h, x)?;
                let c = gated(g, Primitive::Tanh, c, h, x)?;
                let o = gated(g, Primitive::Sigmoid, o, h, x)?;
                let (kept, added) = (value::product(g, &[&f, cell])?, value::product(g, &[&i, &c])?);
                let new_cell = value::sum(g, &[(Number::ONE, &kept), (Number::ONE, &added)])?;
                let bent = value::map(g, Primitive::Tanh, &[&new_cell])?;
                let h = value::product(g, &[&o, &bent])?;
                let named = vec![("i", i), ("f", f), ("u", c), ("o", o), ("c", new_cell.clone()), ("h", h.clone())];
                Ok((vec![h, new_cell], named))
            }
            (Cell::Gru, [h], [z, r, [w, u, b, c]]) => {
                let z = gated(g, Primitive::Sigmoid, z, h, x)?;
                let r = gated(g, Primitive::Sigmoid, r, h, x)?;
                let before = value::matmul(g, h, u)?;
                let before = value::sum(g, &[(Number::ONE, &before), (Number::ONE, c)])?;
                let before = value::product(g, &[&r, &before])?;
                let own = value::matmul(g, x, w)?;
                let sum = value::sum(g, &[(Number::ONE, &own), (Number::ONE, b), (Number::ONE, &before)])?;
                let new = value::map(g, Primitive::Tanh, &[&sum])?;
                let one = Value::scalar(g.integer(1));
                let rest = value::sum(g, &[(Number::ONE, &one), (Number::MINUS_ONE, &z)])?;
                let (kept, added) = (value::product(g, &[&z, h])?, value::product(g, &[&rest, &new])?);
                let h = value::sum(g, &[(Number::ONE, &kept), (Number::ONE, &added)])?;
                Ok((vec![h.clone()], vec![("z", z), ("r", r), ("u", new), ("h", h)]))
            }
            _ => Err("a parameter of the layer is missing".into()),
        }
    }
}

/// `f(x @ W + h @ U + b)`, with another bias `+ c` where there is one.
fn gated(g: &mut Graph, f: Primitive, gate: &[Value], h: &Value, x: &Value) -> Result<Value> {
    let [w, u, biases @ ..] = gate else { return Err("a parameter of a gate is missing".into()) };
    let products = [value::matmul(g, x, w)?, value::matmul(g, h, u)?];
    let terms: Vec<(Number, &Value)> = products.iter().chain(biases).map(|term| (Number::ONE, term)).collect();
    let z = value::sum(g, &terms)?;
    value::map(g, f, &[&z])
}

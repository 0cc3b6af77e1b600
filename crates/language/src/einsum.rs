//! `einsum("ij,jk->ik", A, B)`: a contraction in the usual notation.

use wrt_core::{Dim, ShapeError};

use crate::library::{Argument, Call};
use crate::value::{self, Value};

type Result<T> = std::result::Result<T, ShapeError>;

/// The letters of a specification: each factor's, and the result's.
struct Specification {
    factors: Vec<Vec<char>>,
    output: Vec<char>,
}

impl Specification {
    fn read(text: &str) -> Result<Specification> {
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let (inputs, output) = match text.split_once("->") {
            Some((inputs, output)) => (inputs, Some(output)),
            None => (text.as_str(), None),
        };
        let letters = |part: &str| -> Result<Vec<char>> {
            match part.chars().find(|c| !c.is_ascii_alphabetic()) {
                None => Ok(part.chars().collect()),
                Some('.') => Err("`...` is not taken: each axis has a letter".into()),
                Some(c) => Err(format!("`{c}` in \"{text}\" is no letter; write \"ij,jk->ik\"").into()),
            }
        };
        let factors: Vec<Vec<char>> = inputs.split(',').map(letters).collect::<Result<_>>()?;
        let output = match output {
            Some(output) => letters(output)?,
            None => once(&factors),
        };
        for (k, c) in output.iter().enumerate() {
            if output[..k].contains(c) {
                return Err(format!("the result has the letter `{c}` twice").into());
            }
            if !factors.iter().flatten().any(|own| own == c) {
                return Err(format!("the letter `{c}` of the result stands at no factor").into());
            }
        }
        Ok(Specification { factors, output })
    }
}

/// Without an arrow, as in NumPy: the letters that stand once, in the order of the alphabet.
fn once(factors: &[Vec<char>]) -> Vec<char> {
    let all: Vec<char> = factors.concat();
    let mut output: Vec<char> = all.iter().copied().filter(|c| all.iter().filter(|d| *d == c).count() == 1).collect();
    output.sort_unstable();
    output
}

impl Call<'_, '_> {
    pub(crate) fn einsum(&mut self) -> Result<Value> {
        let Some(Argument::Word(text)) = self.args.first().cloned() else {
            return Err("einsum begins with the letters of its axes, as in einsum(\"ij,jk->ik\", A, B)".into());
        };
        let specification = Specification::read(text)?;
        let values: Vec<Value> = (1..self.args.len()).map(|k| self.value(k)).collect::<Result<_>>()?;
        let values: Vec<Value> = values.iter().map(|v| v.with_unit_axes(self.graph)).collect();
        if values.len() != specification.factors.len() {
            let (said, found) = (specification.factors.len(), values.len());
            return Err(format!("\"{text}\" is of {said} factors, and {found} are given").into());
        }
        let (mut letters, mut dims): (Vec<char>, Vec<Dim>) = (Vec::new(), Vec::new());
        let mut labels = Vec::with_capacity(values.len());
        for (own, value) in specification.factors.iter().zip(&values) {
            if own.len() != value.rank() {
                let (word, shape): (String, _) = (own.iter().collect(), value.shape_text(self.graph));
                return Err(format!(
                    "`{word}` in \"{text}\" stands for {} axes, and the factor has the shape {shape}",
                    own.len()
                )
                .into());
            }
            let mut list = Vec::with_capacity(own.len());
            for (letter, dim) in own.iter().zip(value.dims()) {
                let at = letters.iter().position(|l| l == letter).unwrap_or(letters.len());
                if at == letters.len() {
                    letters.push(*letter);
                    dims.push(dim);
                } else if dims[at] != dim {
                    let (a, b) = (self.graph.dimension(dims[at]), self.graph.dimension(dim));
                    return Err(format!("the letter `{letter}` stands for {a} entries and for {b}").into());
                }
                list.push(at);
            }
            labels.push(list);
        }
        value::refuse_axes(specification.output.len())?;
        value::union(&values.iter().collect::<Vec<_>>())?;
        let output: Vec<usize> =
            specification.output.iter().filter_map(|c| letters.iter().position(|l| l == c)).collect();
        let factors: Vec<(&Value, &[usize])> = values.iter().zip(labels.iter().map(Vec::as_slice)).collect();
        Ok(value::contract(self.graph, &factors, &output, &dims))
    }
}

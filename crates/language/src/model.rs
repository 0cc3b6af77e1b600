//! What a model file declares beside its formulas.

use std::ops::Range;

use wrt_core::{Dim, Dimension, Id, Number, Role};

/// A name with a formula.
#[derive(Clone, PartialEq, Debug)]
pub struct Definition {
    /// The name.
    pub name: String,
    /// Its value.
    pub id: Id,
    /// Its line, counted from 1.
    pub line: usize,
    /// Did a layer make it, not the person?
    pub by_layer: bool,
}

/// Data, a parameter, a constant, what is carried from step to step, or a setting of the training.
#[derive(Clone, PartialEq, Debug)]
pub struct Declaration {
    /// The name.
    pub name: String,
    /// Its symbol.
    pub id: Id,
    /// What it is for.
    pub role: Role,
    /// Its shape.
    pub dims: Vec<Dim>,
    /// What its values are.
    pub constraint: Option<Constraint>,
    /// What it starts as; the value, for a constant.
    pub initial: Option<Initial>,
    /// Its line, counted from 1; that of the layer that made it.
    pub line: usize,
}

/// What the values of a name are; training keeps to it.
#[derive(Clone, PartialEq, Debug)]
pub enum Constraint {
    /// Class labels 0, 1, …, up to but not including this.
    Labels(Dimension),
    /// Between two numbers, both included.
    Interval(Number, Number),
    /// Above 0.
    Positive,
    /// Not below 0.
    Nonnegative,
    /// Not below 0, with the sum 1 along the last axis.
    Simplex,
    /// Equal to its transpose.
    Symmetric,
    /// Symmetric with positive eigenvalues.
    PositiveDefinite,
    /// Whole numbers.
    Integer,
}

/// What a parameter starts as. Fans as in Keras: the last axis is what goes out, the one before what comes in, and the
/// axes before these multiply both.
#[derive(Clone, PartialEq, Debug)]
pub enum Initial {
    /// A formula of constants, spread over the shape.
    Formula(Id),
    /// Glorot & Bengio, "Understanding the difficulty of training deep feedforward neural networks" (2010).
    GlorotUniform,
    /// As before, from a normal distribution.
    GlorotNormal,
    /// He et al., "Delving deep into rectifiers" (2015).
    HeUniform,
    /// As before, from a normal distribution.
    HeNormal,
    /// Mean and standard deviation.
    Normal(Number, Number),
    /// From, to.
    Uniform(Number, Number),
}

impl Initial {
    /// The one of that name without numbers.
    pub(crate) fn named(name: &str) -> Option<Initial> {
        Some(match name {
            "glorot_uniform" => Initial::GlorotUniform,
            "glorot_normal" => Initial::GlorotNormal,
            "he_uniform" => Initial::HeUniform,
            "he_normal" => Initial::HeNormal,
            _ => return None,
        })
    }
}

/// The value of a parameter or of state after a step; the value of a constant that is fitted to the rows to train on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Update {
    /// The symbol.
    pub symbol: Id,
    /// Its new value, a formula of the old ones.
    pub value: Id,
}

/// Data that a cost compares with what the model says of it: `crossentropy(y, softmax(z))`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Compared {
    /// The data.
    pub data: Id,
    /// What the model says: a probability, or a value.
    pub predicted: Id,
    /// If not the probabilities themselves are compared but their logits: are they of each entry, or of all classes?
    pub logits: Option<Logits>,
    /// Is it a probability?
    pub is_probability: bool,
}

/// What logits become probabilities by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Logits {
    /// `sigmoid`, entry by entry.
    Entries,
    /// `softmax`, along the last axis.
    Classes,
}

/// A layer that means something else once its model is trained: dropout drops nothing, normalisation over a batch takes
/// the averages that it has kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Trained {
    /// What it is while the model is trained.
    pub training: Id,
    /// What it is afterwards.
    pub afterwards: Id,
}

/// What is measured beside the cost.
#[derive(Clone, PartialEq, Debug)]
pub enum Metric {
    /// A definition of the text.
    Defined(String),
    /// One of a name that is known elsewhere, with its numbers: `top_k(5)`.
    Named {
        /// The name.
        name: String,
        /// Its numbers.
        numbers: Vec<Number>,
        /// Where it stands in the text.
        span: Range<usize>,
    },
}

/// How to train.
#[derive(Clone, PartialEq, Debug)]
pub struct Train {
    /// The optimiser's name.
    pub optimiser: String,
    /// Its settings.
    pub options: Vec<(String, Setting)>,
    /// The settings of training: epochs, batch, seed.
    pub settings: Vec<(String, Setting)>,
}

/// The value of a setting.
#[derive(Clone, PartialEq, Debug)]
pub enum Setting {
    /// A number; `true` is 1, and `false` is 0.
    Number(Number),
    /// Numbers one after the other: `[0.1, 0.01]`.
    Numbers(Vec<Number>),
    /// A word, perhaps with settings of its own, which are no words: `cosine(steps = 1000)`.
    Word(String, Vec<(String, Setting)>),
}

impl std::fmt::Display for Setting {
    /// As a person writes it in a `train` line, which reads it back.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Setting::Number(n) => f.write_str(&n.decimal_text()),
            Setting::Numbers(all) => {
                let all: Vec<String> = all.iter().map(Number::decimal_text).collect();
                write!(f, "[{}]", all.join(", "))
            }
            Setting::Word(word, own) if own.is_empty() => f.write_str(word),
            Setting::Word(word, own) => {
                let own: Vec<String> = own.iter().map(|(name, n)| format!("{name} = {n}")).collect();
                write!(f, "{word}({})", own.join(", "))
            }
        }
    }
}

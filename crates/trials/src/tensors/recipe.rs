//! A random formula or model of tensors: steps, and the text that they make.

use std::collections::HashMap;

use wrt_core::Number;

use super::dim::{Dim, Shape, shape_text};

/// How tightly the outermost operator of a step binds.
pub mod level {
    /// `a < b`
    pub const COMPARISON: u8 = 0;
    /// `a + b`
    pub const SUM: u8 = 1;
    /// `a*b`
    pub const PRODUCT: u8 = 2;
    /// `-a`
    pub const SIGN: u8 = 3;
    /// `a^b`
    pub const POWER: u8 = 4;
    /// A name, a call, brackets.
    pub const OPERAND: u8 = 5;
}

/// One part of a formula.
#[derive(Clone, PartialEq, Debug)]
pub struct Instruction {
    /// The text, with `{0}`, `{1}`, … for the arguments. A sign behind the number tells what needs no parentheses there:
    /// `+` a product, `*` what stands right of a `*`, `p` a power, `^` an operand only.
    pub text: String,
    /// See [`level`].
    pub level: u8,
    /// Earlier steps.
    pub args: Vec<usize>,
    /// What it makes.
    pub shape: Shape,
    /// The left side, if it is a definition: `a`, or `a[i,j]`.
    pub head: Option<String>,
}

impl Instruction {
    /// Is it a name that the recipe declares?
    pub fn is_name(&self) -> bool {
        self.args.is_empty() && self.head.is_none() && self.level == level::OPERAND && is_word(&self.text)
    }
}

fn is_word(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || c == '_') && text.starts_with(char::is_alphabetic)
}

/// What the values of a name are like.
#[derive(Clone, PartialEq, Debug)]
pub enum Values {
    /// Any.
    Real,
    /// Above 0.
    Positive,
    /// Labels below this.
    Labels(Dim),
    /// Probabilities along the last axis.
    Simplex,
    /// A symmetric matrix.
    Symmetric,
    /// A positive definite matrix.
    Definite,
    /// This one; a constant of the text.
    Fixed(Number),
}

/// A name.
#[derive(Clone, PartialEq, Debug)]
pub struct Declared {
    /// The name.
    pub name: String,
    /// `data`, `param` or `const`.
    pub role: &'static str,
    /// Its shape.
    pub shape: Shape,
    /// Its values.
    pub values: Values,
}

/// A function of the text.
#[derive(Clone, PartialEq, Debug)]
pub struct Function {
    /// `f`
    pub name: String,
    /// Its arguments.
    pub inputs: Vec<(String, Shape)>,
    /// Its body; the last step is the result.
    pub steps: Vec<Instruction>,
}

/// Which derivative is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DerivativeKind {
    /// Of one number.
    Gradient,
    /// Of anything.
    Jacobian,
    /// Of one number, twice.
    Hessian,
    /// The Hessian times a direction.
    Hvp,
    /// The Jacobian times a direction.
    Jvp,
    /// Weights times the Jacobian.
    Vjp,
}

impl DerivativeKind {
    /// All.
    pub const ALL: [DerivativeKind; 6] = [
        DerivativeKind::Gradient,
        DerivativeKind::Hessian,
        DerivativeKind::Hvp,
        DerivativeKind::Jacobian,
        DerivativeKind::Jvp,
        DerivativeKind::Vjp,
    ];

    /// The command.
    pub fn word(self) -> &'static str {
        match self {
            DerivativeKind::Gradient => "grad",
            DerivativeKind::Jacobian => "jacobian",
            DerivativeKind::Hessian => "hessian",
            DerivativeKind::Hvp => "hvp",
            DerivativeKind::Jvp => "jvp",
            DerivativeKind::Vjp => "vjp",
        }
    }

    /// Is it of one number only?
    pub fn of_number(self) -> bool {
        matches!(self, DerivativeKind::Gradient | DerivativeKind::Hessian | DerivativeKind::Hvp)
    }
}

/// How the values of names are drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Taste {
    /// Multiples of 1/64, hardly ever equal.
    Generic,
    /// Small whole numbers: zeros and ties.
    Tied,
}

/// A formula, and what is asked of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Recipe {
    /// The names.
    pub declared: Vec<Declared>,
    /// Are they declared in the text? Otherwise their shapes are told beside it.
    pub is_model: bool,
    /// The functions, each using only those before it.
    pub functions: Vec<Function>,
    /// The statements; the last step is the result.
    pub steps: Vec<Instruction>,
    /// The derivative.
    pub kind: DerivativeKind,
    /// With respect to which of the names that there are, counted around.
    pub by: usize,
    /// How values are drawn.
    pub taste: Taste,
    /// And from what.
    pub seed: u64,
}

impl Recipe {
    /// The text of the language.
    pub fn text(&self) -> String {
        let mut lines = Vec::new();
        if self.is_model {
            lines.extend(self.used().map(declaration));
        }
        for f in &self.functions {
            let inputs: Vec<&str> = f.inputs.iter().map(|(name, _)| name.as_str()).collect();
            let body = statements(&f.steps).pop().unwrap_or_default();
            lines.push(format!("{}({}) = {body}", f.name, inputs.join(", ")));
        }
        lines.extend(statements(&self.steps));
        lines.join("; ")
    }

    /// The names that occur in the formulas.
    pub fn used(&self) -> impl Iterator<Item = &Declared> {
        let all = self.functions.iter().flat_map(|f| &f.steps).chain(&self.steps);
        let words: Vec<&str> = all.flat_map(|s| s.text.split(|c: char| !(c.is_alphanumeric() || c == '_'))).collect();
        self.declared.iter().filter(move |d| words.contains(&d.name.as_str()))
    }

    /// The sizes of named dimensions.
    pub fn sizes(&self) -> Vec<(String, usize)> {
        let mut found = Vec::new();
        let steps = self.functions.iter().flat_map(|f| &f.steps).chain(&self.steps);
        let inputs = self.functions.iter().flat_map(|f| &f.inputs).flat_map(|(_, shape)| shape);
        let shapes = steps.flat_map(|s| &s.shape).chain(self.declared.iter().flat_map(|d| &d.shape)).chain(inputs);
        shapes.for_each(|d| d.names(&mut found));
        for d in &self.declared {
            if let Values::Labels(dim) = &d.values {
                dim.names(&mut found);
            }
        }
        found
    }
}

fn declaration(d: &Declared) -> String {
    let shape = if d.shape.is_empty() { String::new() } else { format!("[{}]", shape_text(&d.shape)) };
    let rest = match &d.values {
        Values::Real => String::new(),
        Values::Positive => " > 0".to_string(),
        Values::Labels(dim) => format!(" in 0..{dim}"),
        Values::Simplex => " simplex".to_string(),
        Values::Symmetric => " symmetric".to_string(),
        Values::Definite => " positive definite".to_string(),
        Values::Fixed(n) => format!(" = {n}"),
    };
    format!("{} {}{shape}{rest}", d.role, d.name)
}

/// The definitions among the steps and the result.
fn statements(steps: &[Instruction]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut written: HashMap<usize, (String, u8)> = HashMap::new();
    for (k, step) in steps.iter().enumerate() {
        let text = filled(step, &written);
        match &step.head {
            Some(head) => {
                lines.push(format!("{head} = {text}"));
                let name = head.split('[').next().unwrap_or(head).to_string();
                written.insert(k, (name, level::OPERAND));
            }
            None if k + 1 == steps.len() => lines.push(text),
            None => {
                written.insert(k, (text, step.level));
            }
        }
    }
    lines
}

/// The text of a step with its arguments in their places.
fn filled(step: &Instruction, written: &HashMap<usize, (String, u8)>) -> String {
    let mut out = String::new();
    let mut rest = step.text.as_str();
    while let Some(open) = rest.find('{') {
        let Some(close) = rest[open..].find('}').map(|k| open + k) else { break };
        out.push_str(&rest[..open]);
        let hole = &rest[open + 1..close];
        let digits = hole.trim_end_matches(['+', '*', 'p', '^']);
        let needed = match &hole[digits.len()..] {
            "+" => level::PRODUCT,
            "*" => level::SIGN,
            "p" => level::POWER,
            "^" => level::OPERAND,
            _ => level::SUM,
        };
        let at = digits.parse::<usize>().ok().and_then(|k| step.args.get(k)).and_then(|k| written.get(k));
        match at {
            Some((text, own)) if *own >= needed => out.push_str(text),
            Some((text, _)) => out.push_str(&format!("({text})")),
            None => out.push_str("nothing"),
        }
        rest = &rest[close + 1..];
    }
    out.push_str(rest);
    out
}

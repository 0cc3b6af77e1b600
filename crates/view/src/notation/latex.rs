//! What LaTeX writes in its own way: products, vectors that broadcast, functions of tensors.

use super::tree::{Expression, Function, Notation, Operator, Product};
use super::write::Writer;
use crate::template::Level;

impl Writer<'_> {
    /// A vector as a matrix with equal rows (or columns), in LaTeX.
    pub(super) fn spread(&self, v: Expression, row: bool) -> String {
        let text = self.text(v);
        let (sign, text) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("-", rest));
        let simple = matches!(self.list.notation(v), Notation::Name(_));
        let held = if simple { text.to_string() } else { self.parentheses(text) };
        if row {
            format!("{sign}\\mathbf{{1}} {held}^{{\\top}}")
        } else {
            format!("{sign}{held} \\mathbf{{1}}^{{\\top}}")
        }
    }

    /// The factors above the bar.
    pub(super) fn latex_factors(&self, lead: Option<String>, p: &Product) -> String {
        let mut out: Vec<String> = lead.into_iter().collect();
        let alone = out.is_empty() && p.scalars.len() == 1 && p.tensor.is_empty();
        let level = |e: Expression| if alone { Level::Product } else { self.factor_level(e) };
        out.extend(p.scalars.iter().map(|e| self.held(*e, level(*e))));
        let line = out.join(" \\, ");
        match p.tensor.as_slice() {
            [] => line,
            // The number or the scalars in front are what is divided.
            [(Operator::Divide, _), ..] => format!("{line}{}", self.latex_tensor(&p.tensor)),
            tensor if line.is_empty() => self.latex_tensor(tensor),
            tensor => format!("{line} \\, {}", self.latex_tensor(tensor)),
        }
    }

    /// A matrix product is juxtaposition, `⊙` multiplies and `⊘` divides elementwise.
    fn latex_tensor(&self, tensor: &[(Operator, Expression)]) -> String {
        if let [(Operator::Times, single)] = tensor {
            return self.held(*single, Level::Product);
        }
        if tensor.iter().any(|(o, _)| *o == Operator::Matmul) {
            // a b' is a product of matrices itself.
            let factor = |(_, e): &(Operator, Expression)| match self.list.notation(*e) {
                Notation::Call(Function::Outer, _) => self.text(*e),
                _ => self.held(*e, Level::Minus),
            };
            let factors: Vec<String> = tensor.iter().map(factor).collect();
            return factors.into_iter().reduce(|line, next| joined(&line, &next)).unwrap_or_default();
        }
        self.latex_elementwise(tensor)
    }

    /// Rows and columns of a matrix are scaled by diagonal matrices on its left and right.
    fn latex_elementwise(&self, tensor: &[(Operator, Expression)]) -> String {
        let is_column = |e: Expression| matches!(self.list.notation(e), Notation::Column(_));
        let has_matrix = tensor.iter().any(|(_, e)| self.list.rank(*e) == 2 && !is_column(*e));
        let (mut left, mut right, mut middle) = (String::new(), String::new(), String::new());
        for (operator, e) in tensor {
            let dividing = *operator == Operator::Divide;
            match self.list.notation(*e) {
                Notation::Column(v) if has_matrix => left = joined(&left, &self.diagonal(*v, dividing)),
                _ if has_matrix && self.list.rank(*e) == 1 => right = joined(&right, &self.diagonal(*e, dividing)),
                _ => {
                    middle.push_str(match operator {
                        Operator::Divide => " \\oslash ",
                        _ if middle.is_empty() => "",
                        _ => " \\odot ",
                    });
                    middle.push_str(&self.latex_operand(*e, tensor));
                }
            }
        }
        let inverse = middle.starts_with(" \\oslash") && !(left.is_empty() && right.is_empty());
        if inverse {
            middle = format!("\\left(1{middle}\\right)");
        }
        // A product that is scaled stands by itself: (A ⊙ B) D is none of A ⊙ (B D) to a reader.
        if middle.contains(" \\odot ") && !(left.is_empty() && right.is_empty()) {
            middle = format!("\\left({middle}\\right)");
        }
        joined(&joined(&left, &middle), &right)
    }

    /// A vector beside a column is a matrix with equal rows.
    fn latex_operand(&self, e: Expression, tensor: &[(Operator, Expression)]) -> String {
        let matrix = tensor.iter().any(|(_, other)| self.list.rank(*other) == 2);
        if matrix && self.list.rank(e) == 1 {
            return format!("\\left({}\\right)", self.spread(e, true));
        }
        self.held(e, Level::Minus)
    }

    fn diagonal(&self, v: Expression, inverse: bool) -> String {
        let power = if inverse { "^{-1}" } else { "" };
        format!("\\mathrm{{diag}}\\left({}\\right){power}", self.text(v))
    }

    pub(super) fn latex_call(&self, function: &Function, args: &[Expression]) -> (String, Level) {
        let sizes = || args.iter().map(|a| self.text(*a)).collect::<Vec<_>>().join(" \\times ");
        let first = args.first().map(|a| self.text(*a)).unwrap_or_default();
        let operator = |name: &str| format!("\\mathrm{{{name}}}\\left({first}\\right)");
        let along = |name: &str, axis: &Option<usize>| match axis {
            Some(axis) => format!("\\mathrm{{{name}}}_{{\\mathrm{{axis}}={axis}}}\\left({first}\\right)"),
            None => operator(name),
        };
        let text = match function {
            Function::Sum(axis) => along("sum", axis),
            Function::Mean(axis) => along("mean", axis),
            Function::Trace => operator("tr"),
            Function::Diagonal => operator("diag"),
            Function::Norm => format!("\\left\\lVert {first} \\right\\rVert_2"),
            Function::Frobenius => format!("\\left\\lVert {first} \\right\\rVert_F"),
            Function::Ones => format!("\\mathbf{{1}}_{{{}}}", sizes()),
            Function::Zeros => format!("\\mathbf{{0}}_{{{}}}", sizes()),
            Function::Eye => format!("I_{{{first}}}"),
            Function::Outer => {
                let left = self.held(args[0], Level::Minus);
                let right = self.held(args[1], Level::Atom);
                return (format!("{left} {right}^{{\\top}}"), Level::Product);
            }
            Function::Solve | Function::Einsum(_) => operator("solve"),
        };
        // A script behind a function's parentheses would seem to belong to the argument.
        let applied = text.starts_with("\\mathrm");
        (text, if applied { Level::Power } else { Level::Atom })
    }
}

/// Juxtaposed factors; beside a name of several letters more blank, so that they are not read as one name.
fn joined(left: &str, right: &str) -> String {
    if left.is_empty() || right.is_empty() {
        return format!("{left}{right}");
    }
    let word = right.starts_with("\\mathrm")
        || left.ends_with('}') && {
            let start = left.rfind("\\mathrm{").map_or("", |at| &left[at..]);
            start.find('}').is_some_and(|end| start[end..].chars().all(|c| c == '}'))
        };
    format!("{left}{}{right}", if word { " \\, " } else { " " })
}

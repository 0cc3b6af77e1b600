//! Operations in matrix notation: their rows' spellings, filled in.

use wrt_core::operations::latex_of;
use wrt_core::{Dim, Id, Node, Number, Operation};

use super::convert::{Converted, Converter};
use super::labels;
use super::tree::Notation;
use crate::form::Form;
use crate::template::slots;

impl Converter<'_> {
    pub(super) fn operation(&mut self, operation: &Operation, args: &[Id], rank: usize) -> Option<Converted> {
        let dims: Vec<&[Dim]> = args.iter().map(|a| self.graph.dims(*a)).collect();
        let spelling = operation.spelling(self.graph, &dims);
        let mut template = match self.form {
            Form::Latex | Form::MathMl => spelling.latex,
            Form::NumPy => labels::whole(self.graph, operation, args, spelling.numpy),
            Form::Jax => labels::whole(self.graph, operation, args, spelling.jax),
            _ => spelling.text,
        };
        if let Some(stacked) = self.kronecker(operation, args).or_else(|| self.stacked(operation, args)) {
            return stacked;
        }
        let mut others = Vec::new();
        if !template.is_empty() {
            self.name_arguments(operation, args)?;
            if let Operation::Scan(scan) = operation {
                // The function's name stands behind the arguments, so that each form writes it in its way.
                let text = scan.text_by(&format!("{{{}}}", args.len()))?;
                template = if self.form.is_latex() { latex_of(&text) } else { text };
                match self.function_of(scan, args) {
                    Ok(name) => others.push((name, 0)),
                    Err(why) => {
                        self.missing = Some(why);
                        return None;
                    }
                }
            }
        }
        if template.is_empty() {
            self.missing = Some(operation.name());
            return None;
        }
        if let Some(list) = self.entries(operation, args, rank) {
            return list;
        }
        let shown: Vec<bool> = {
            let slots = slots(&template, args.len());
            (0..args.len()).map(|k| slots.iter().any(|s| s.argument() == Some(k))).collect()
        };
        let mut natural = Vec::with_capacity(args.len());
        let mut transposed = Vec::with_capacity(args.len());
        for (arg, shown) in args.iter().zip(shown) {
            if !shown {
                // Its place in the list is kept.
                let none = self.list.number(Number::ZERO);
                natural.push(none);
                transposed.push(none);
                continue;
            }
            let waiting = self.wanted.len();
            let own = self.convert(*arg);
            let Some((straight, turned)) = own.and_then(|own| self.filled(&own, *arg)) else {
                // Where something below is to be bound first, the argument may be written then.
                if self.wanted.len() == waiting {
                    self.wanted.push(*arg);
                }
                return None;
            };
            // A determinant is that of the transpose.
            let is_determinant = matches!(
                operation,
                Operation::Det(_) | Operation::LogDet(_) | Operation::LogAbsDet(_) | Operation::SignDet(_)
            ) && self.graph.rank(*arg) == 2;
            let swap = is_determinant && self.list.cost(turned) < self.list.cost(straight);
            natural.push(if swap { turned } else { straight });
            transposed.push(turned);
        }
        for (name, rank) in others {
            let e = self.list.name(&name, rank);
            natural.push(e);
            transposed.push(e);
        }
        if let ("{0}", Some(&straight)) = (template.as_str(), natural.first()) {
            // It is written like its argument.
            return Some(self.all(straight, rank));
        }
        if dims.first().is_some_and(|d| d.len() == 2) {
            template = template.replace("axis=-1", "axis=1").replace("axis}=-1", "axis}=1");
        }
        let name = operation.name();
        let straight = self.list.intern(Notation::Operation(name, template.clone(), natural), rank);
        let mut converted = self.all(straight, rank);
        // An operation along the last axis of a permuted matrix is one along the first axis of the matrix.
        if let (Some(along), &[arg]) = (other_axis(&template), args)
            && self.graph.rank(arg) == 2
            && rank <= 2
        {
            let turned = self.list.intern(Notation::Operation(name, along, transposed), rank);
            if rank < 2 && self.list.cost(turned) < self.list.cost(converted.natural) {
                converted = Converted { natural: turned, transposed: turned, ..converted };
            } else if rank == 2 {
                converted = self.relaxed(converted.covered, converted.natural, turned);
            }
        }
        Some(converted)
    }

    /// What must be a name is a symbol or bound; none, where it is neither and is bound first.
    fn name_arguments(&mut self, operation: &Operation, args: &[Id]) -> Option<()> {
        let named = |c: &Self, id: Id| c.bindings.contains_key(&id) || matches!(c.graph.node(id), Node::Symbol(_));
        let missing: Vec<Id> = operation.named().into_iter().map(|k| args[k]).filter(|id| !named(self, *id)).collect();
        self.wanted.extend(&missing);
        missing.is_empty().then_some(())
    }
}

/// The spelling along the first axis of a matrix.
fn other_axis(template: &str) -> Option<String> {
    if let Some(rest) = template.strip_prefix("[0][:, ").filter(|rest| *rest != "None]") {
        return Some(format!("[0][{rest}"));
    }
    if let Some(rest) = template.strip_prefix("{[0]}_{{:, ") {
        return Some(format!("{{[0]}}_{{{{{rest}"));
    }
    let plain = slots(template, 1).iter().any(|s| s.argument() == Some(0));
    let turned = template.replace("axis=1", "axis=0").replace("axis}=1", "axis}=0");
    (plain && turned != template).then_some(turned)
}

//! What is wrong or odd about a model with a cost.

use wrt_core::Role;

use crate::diagnostic::{Diagnostic, DiagnosticKind as Kind};
use crate::model::Declaration;
use crate::parser::{Parser, Span, error};
use crate::suggest::closest;
use crate::value::Value;

impl<'s> Parser<'s, '_> {
    pub(crate) fn judge_cost(&self, cost: &Value) -> Result<(), Diagnostic> {
        if cost.rank() == 0 {
            return Ok(());
        }
        let shape = cost.shape_text(self.graph);
        let place = self.source.find("cost").map_or(0..0, |_| self.cost_span());
        Err(error(Kind::Shape, &place, format!("the cost is one number, and this has the shape {shape}"))
            .help("reduce it: cost = mean(…) or cost = sum(…)"))
    }

    fn cost_span(&self) -> Span {
        let line = self.definitions.iter().find(|(n, ..)| *n == "cost").map_or(1, |(_, d, _)| d.line);
        let start: usize = self.source.split_inclusive('\n').take(line - 1).map(str::len).sum();
        let at = start + self.source[start..].find("cost").unwrap_or(0);
        at..at + 4
    }

    /// What is odd about a model with a cost: `nameless` are the beginnings of formulas without a name.
    pub(crate) fn warnings(&self, cost: &Value, nameless: &[usize]) -> Vec<String> {
        let mut all = self.unused_parameters(cost);
        let mut free: Vec<(&String, &usize)> = self.names.free.iter().collect();
        free.sort_by_key(|(_, at)| **at);
        for (name, at) in free {
            let declared = self.declared.iter().map(|d| d.name.as_str());
            let names = declared.chain(self.definitions.iter().map(|(n, ..)| *n));
            let meant = closest(name, names).map(|m| format!("; did you mean `{m}`?")).unwrap_or_default();
            all.push(format!("`{name}` of line {} is not declared: it is taken for a number{meant}", self.line(*at)));
        }
        let unused =
            nameless.iter().map(|at| format!("the formula of line {} has no name and no effect", self.line(*at)));
        all.extend(unused);
        all
    }

    fn unused_parameters(&self, cost: &Value) -> Vec<String> {
        let below = self.graph.reachable(&[cost.id]);
        let unused = |d: &&Declaration| d.role == Role::Parameter && below.binary_search(&d.id).is_err();
        self.declared
            .iter()
            .filter(unused)
            .map(|d| format!("the cost does not depend on the parameter `{}` of line {}", d.name, d.line))
            .collect()
    }
}

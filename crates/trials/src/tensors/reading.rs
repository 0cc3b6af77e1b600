//! What is printed of a derivative, read back and held against it.

use std::collections::HashSet;

use wrt::session::{Form, Layout, Line, Printed, Scope, Session};
use wrt_core::{Array, Assumptions, Graph, Id, Node, Number};
use wrt_run::array_work;

use super::slope::{Point, digits, doubles, each};
use super::trial::Bench;
use crate::trial::Failure;

/// The most multiplications to evaluate what is read.
const MAX_WORK: u64 = 1 << 22;

/// What is printed is read back.
impl Bench<'_> {
    pub(super) fn readings(&mut self, made: Id) -> Result<(), Box<Failure>> {
        let shown = self.session.simplify(made);
        let noted = !shown.notes.is_empty();
        let text = self.printed(made, Form::Text);
        self.read(made, "the derivative as it is made, printed,", text, false)?;
        if shown.id != made {
            self.simplified(made, shown.id, noted)?;
            let text = self.printed(shown.id, Form::Text);
            self.read(made, "the simplified derivative, printed,", text, noted)?;
        }
        let text = self.printed(shown.id, Form::Index);
        self.read(made, "the derivative in index notation", text, noted)?;
        for (what, id, text, noted) in self.let_block(made) {
            self.read(id, what, text, noted)?;
        }
        if self.case.seed.is_multiple_of(4) {
            for form in [Form::Unicode, Form::Latex, Form::MathMl, Form::NumPy, Form::Jax] {
                if let Some(why) = self.session.print(shown.id, form).refused {
                    self.tally.refuse(&format!("{form:?}"), &why);
                }
            }
        }
        Ok(())
    }

    fn simplified(&mut self, made: Id, shown: Id, noted: bool) -> Result<(), Box<Failure>> {
        let Some(pair) = self.doubles(&[made, shown]) else { return Ok(()) };
        if matches!(judge(&pair[0], &pair[1], 1e-9), Reading::Same) {
            return Ok(());
        }
        let text = self.shown(shown);
        let other = self.session.graph().clone();
        self.compare(made, (&other, &self.computed(), shown), "the simplified derivative", &text, noted)
    }

    /// A node as a program of the language.
    fn printed(&self, id: Id, form: Form) -> Result<String, String> {
        let printed = self.session.print(id, form);
        match printed.refused {
            Some(why) => Err(why),
            None => Ok(printed.line()),
        }
    }

    /// What `wrt grad` and its like print: the formula, and the derivative.
    fn let_block(&mut self, made: Id) -> Vec<(&'static str, Id, Result<String, String>, bool)> {
        let derivation = self.derivation(self.kind);
        let found = derivation.and_then(|derivation| {
            self.session.simplify_derivation(&derivation, Layout::LetBlock).map_err(|e| e.to_string())
        });
        let found = match found {
            Ok(found) => found,
            Err(why) => return vec![("the block", made, Err(why), false)],
        };
        let ids: Vec<Id> = std::iter::once(self.root).chain(found.formulas()).collect();
        let block = self.session.let_block(&ids, Form::Text, &found.intermediates());
        if let Some(why) = block.results.iter().find_map(|r| r.refused.clone()) {
            return vec![("the block", made, Err(why), false)];
        }
        let noted = found.adjoints.iter().map(|s| &s.shown).chain(&found.gradient).any(|s| !s.notes.is_empty());
        let program = |last: usize| {
            let mut lines = Vec::new();
            let mut result = String::new();
            for line in block.lines() {
                match line {
                    Line::Binding(name, text) => lines.push(format!("{name} = {text}")),
                    Line::Result(k) if k == last => result = statement(&block.results[k], "result"),
                    Line::Result(k) if k > 0 && k <= found.adjoints.len() => {
                        lines.push(statement(&block.results[k], &found.adjoints[k - 1].name));
                    }
                    Line::Result(_) => {}
                }
                if !result.is_empty() {
                    break;
                }
            }
            lines.push(result);
            lines.join("\n")
        };
        vec![
            ("the formula of the block", self.root, Ok(program(0)), false),
            ("the derivative of the block", made, Ok(program(ids.len() - 1)), noted),
        ]
    }

    fn read(
        &mut self,
        id: Id,
        what: &'static str,
        text: Result<String, String>,
        noted: bool,
    ) -> Result<(), Box<Failure>> {
        let text = match text {
            Ok(text) => text,
            Err(why) => {
                self.tally.refuse(what, &why);
                return Ok(());
            }
        };
        let graph = self.session.graph();
        let words: HashSet<&str> = text.split(|c: char| !(c.is_alphanumeric() || c == '_')).collect();
        let told: Vec<(String, Vec<String>, Assumptions)> = self
            .at
            .iter()
            .filter(|(id, _)| words.contains(graph.symbol_name(*id)))
            .map(|(id, _)| {
                (graph.symbol_name(*id).to_string(), graph.dimension_texts(*id), graph.assumptions(*id).clone())
            })
            .collect();
        let shapes: Vec<(&str, Vec<&str>)> =
            told.iter().map(|(n, d, _)| (n.as_str(), d.iter().map(String::as_str).collect())).collect();
        let assumptions: Vec<(&str, Assumptions)> = told.iter().map(|(n, _, a)| (n.as_str(), a.clone())).collect();
        let variables: Vec<&str> = told.iter().map(|(n, ..)| n.as_str()).collect();
        // A part may be called like a size that the formula doesn't have.
        let is_part = |n: &str| {
            let rest = |line: &'_ str| line.trim_start().strip_prefix(n).map(str::to_string);
            text.split([';', '\n']).filter_map(rest).any(|rest| rest.starts_with(" = ") || rest.starts_with('['))
        };
        let dimensions: Vec<&str> =
            self.dimensions.iter().map(String::as_str).filter(|n| words.contains(n) && !is_part(n)).collect();
        let scope = Scope {
            shapes: &shapes,
            assumptions: &assumptions,
            variables: &variables,
            dimensions: &dimensions,
            ..Scope::default()
        };
        let again = match Session::parse(&text, &scope) {
            Ok(again) => again,
            Err(e) => return Err(self.fail("what is printed cannot be read", format!("{what}: {e}\n    {text}"))),
        };
        let at = self.point_in(again.graph());
        self.compare(id, (again.graph(), &at, again.document().root()), what, &text, noted)
    }

    /// Where our names stand in another graph, as far as they do.
    fn point_in(&self, other: &Graph) -> Point {
        let graph = self.session.graph();
        self.at.iter().filter_map(|(id, a)| Some((other.find_symbol(graph.symbol_name(*id))?, a.clone()))).collect()
    }

    /// What is read has the value of a node of ours.
    fn compare(
        &mut self,
        wanted: Id,
        (other, at, found): (&Graph, &Point, Id),
        what: &'static str,
        text: &str,
        noted: bool,
    ) -> Result<(), Box<Failure>> {
        let Some(ours) = self.doubles(&[wanted]) else { return Ok(()) };
        if array_work(other, &[found], &self.sizes) > MAX_WORK {
            self.tally.refuse("reading", "too much work");
            return Ok(());
        }
        let theirs = match evaluate(other, found, at, &self.sizes) {
            Ok(theirs) => theirs,
            Err(why) => {
                return Err(self.fail("what is printed has no value", format!("{what}: {why}\n    {text}")));
            }
        };
        match judge(&ours[0], &theirs, 1e-9) {
            Reading::Same => {
                self.tally.read += 1;
                return Ok(());
            }
            Reading::Shape => {
                let shapes = format!("{:?} instead of {:?}", theirs.shape, ours[0].shape);
                return Err(self.fail("what is printed has another shape", format!("{what}: {shapes}\n    {text}")));
            }
            Reading::Narrower | Reading::Differs(..) => {}
        }
        let first = digits(self.session.graph(), wanted, &self.computed(), &self.sizes);
        let second = digits(other, found, at, &self.sizes);
        let (Some(first), Some(second)) = (first, second) else {
            self.tally.refuse("digits", "too much work");
            return Ok(());
        };
        match judge(&first, &second, 1e-10) {
            Reading::Same | Reading::Shape => self.tally.read += 1,
            Reading::Narrower if noted || !self.is_narrower(wanted, (other, at, found)) => self.tally.narrower += 1,
            Reading::Narrower => {
                return Err(self.fail("what is printed is undefined", format!("{what}:\n    {text}")));
            }
            // What picks among entries (`argmax`) makes a number of an entry that has no value.
            Reading::Differs(..)
                if noted
                    && !(self.is_finite_below(wanted, &self.at)
                        && is_finite_in_digits(other, at, found, &self.sizes)) =>
            {
                self.tally.narrower += 1;
            }
            // Rounding alone may decide a tie (of entries of the cofactors of a singular matrix).
            Reading::Differs(..) if self.has_ties(wanted) && self.agree_aside(wanted, (other, at, found)) => {
                self.tally.kinks += 1;
            }
            Reading::Differs(a, b) => {
                let detail = format!("{what}: {b:e} instead of {a:e}\n    {text}");
                return Err(self.fail("what is printed has another value", detail));
            }
        }
        Ok(())
    }
}

impl Bench<'_> {
    /// The point without the value that is given for a definition: that is rounded, and what is read computes its own.
    fn computed(&self) -> Point {
        let given = |(id, _): &&(Id, Array<Number>)| *id != self.x || !self.is_by_definition();
        self.at.iter().filter(given).cloned().collect()
    }

    fn is_by_definition(&self) -> bool {
        !matches!(self.session.graph().node(self.x), Node::Symbol(_))
    }

    /// Is anything below that chooses at a tie?
    fn has_ties(&self, id: Id) -> bool {
        let graph = self.session.graph();
        let ties = |id: &Id| matches!(graph.node(*id), Node::Operation(operation, _) if !operation.ties().is_empty());
        graph.reachable(&[self.root, id]).iter().any(ties)
    }

    /// Have both the same value beside the point?
    fn agree_aside(&self, wanted: Id, (other, at, found): (&Graph, &Point, Id)) -> bool {
        let aside = self.aside();
        let name = |id: Id| other.symbol_name(id);
        let ours = |id: Id| aside.iter().find(|(own, _)| self.session.graph().symbol_name(*own) == name(id));
        let theirs: Point = at.iter().map(|(id, a)| (*id, ours(*id).map_or(a, |(_, b)| b).clone())).collect();
        let first = digits(self.session.graph(), wanted, &aside, &self.sizes);
        let second = digits(other, found, &theirs, &self.sizes);
        first.zip(second).is_some_and(|(a, b)| matches!(judge(&a, &b, 1e-8), Reading::Same))
    }

    /// Has everything a value that the formula and a node are computed from?
    fn is_finite_below(&self, wanted: Id, at: &Point) -> bool {
        let graph = self.session.graph();
        let below = graph.reachable(&[self.root, wanted]);
        let finite = |a: &Array<f64>| a.data.iter().all(|v| v.is_finite());
        doubles(graph, &below, at, &self.sizes).is_some_and(|all| all.iter().all(finite))
    }

    /// Has what is read no value beside the point either, where ours has one, and everything below it too? (Else a factor
    /// of 0 is at work that switches an infinity off, which depends on how the formula is written.)
    fn is_narrower(&self, wanted: Id, (other, at, found): (&Graph, &Point, Id)) -> bool {
        // What the text defines is where it is.
        if self.is_by_definition() {
            return false;
        }
        let aside = self.aside();
        if !self.is_finite_below(wanted, &aside) {
            return false;
        }
        !self.agree_aside(wanted, (other, at, found))
    }
}

/// Has everything a value in many digits that a node is computed from? In doubles a singular matrix may have an inverse.
fn is_finite_in_digits(graph: &Graph, at: &Point, id: Id, sizes: &[(String, usize)]) -> bool {
    let finite = |a: &Array<f64>| a.data.iter().all(|v| v.is_finite());
    graph.reachable(&[id]).into_iter().all(|id| digits(graph, id, at, sizes).is_some_and(|a| finite(&a)))
}

fn evaluate(graph: &Graph, id: Id, at: &Point, sizes: &[(String, usize)]) -> Result<Array<f64>, String> {
    let at: Vec<(Id, Array<f64>)> = at.iter().map(|(id, a)| (*id, each(a, Number::to_f64))).collect();
    let found = wrt_run::evaluate(graph, &[id], &wrt_run::Point { values: at, sizes: sizes.to_vec() }, &0.0);
    found.map(|mut all| all.swap_remove(0)).map_err(|e| e.to_string())
}

/// How a reading compares with what was printed.
enum Reading {
    Same,
    Shape,
    /// It has no value somewhere.
    Narrower,
    /// Ours and theirs.
    Differs(f64, f64),
}

fn judge(ours: &Array<f64>, theirs: &Array<f64>, tolerance: f64) -> Reading {
    if ours.shape != theirs.shape {
        return Reading::Shape;
    }
    let scale = ours.data.iter().filter(|v| v.is_finite()).fold(1e-4_f64, |m, v| m.max(v.abs()));
    let mut narrower = false;
    for (a, b) in ours.data.iter().zip(&theirs.data).filter(|(a, _)| a.is_finite()) {
        if !b.is_finite() {
            narrower = true;
        } else if (a - b).abs() > tolerance * scale {
            return Reading::Differs(*a, *b);
        }
    }
    if narrower { Reading::Narrower } else { Reading::Same }
}

fn statement(printed: &Printed, name: &str) -> String {
    format!("{} = {}", printed.heading(Form::Text, name), printed.result)
}

//! Statements: which one begins here, and what a text as a whole gives.

use wrt_core::Role;

use crate::diagnostic::{Diagnostic, DiagnosticKind as Kind};
use crate::lexer::{Token, continues_name, open_bracket, unclosed};
use crate::model::Definition;
use crate::parser::{Parsed, Parser, Span, error};
use crate::suggest::closest;
use crate::value::Value;

/// The version of the language that this is.
const VERSION: &str = "1";

impl<'s> Parser<'s, '_> {
    /// The whole text.
    pub(crate) fn text(&mut self) -> Result<Parsed, Diagnostic> {
        let (result, nameless) = self.statements()?;
        self.whole(result, nameless)
    }

    /// All statements; the value of the last one, and where those without a name begin.
    pub(crate) fn statements(&mut self) -> Result<(Option<Value>, Vec<usize>), Diagnostic> {
        let (mut result, mut nameless) = (None, Vec::new());
        let mut first = true;
        self.advance()?;
        loop {
            while self.token == Token::Separator {
                self.advance()?;
            }
            if self.token == Token::End {
                if let Some(unfinished) = self.unfinished_recursion() {
                    return Err(unfinished);
                }
                if self.next_parameter() {
                    continue;
                }
                return Ok((result, nameless));
            }
            if first && self.version()? {
                continue;
            }
            first = false;
            let (start, defined, functions) = (self.span.start, self.definitions.len(), self.functions.len());
            let before = self.graph.len();
            self.statement = start;
            let found = self.statement().map_err(|e| self.blame_bracket(start, e))?;
            let name = match self.functions.get(functions) {
                Some(function) => function.name,
                None => self.definitions.get(defined).map_or("", |d| d.0),
            };
            let origin = self.origin(name, false);
            self.graph.attribute(before, origin);
            if found.is_some() && self.definitions.len() == defined {
                nameless.push(start);
            }
            result = found.or(result);
        }
    }

    /// What the text as a whole gives.
    fn whole(&mut self, result: Option<Value>, nameless: Vec<usize>) -> Result<Parsed, Diagnostic> {
        // While the text was read, each definition was a node that nothing else could become. Now equal is equal again.
        for (_, definition, _) in &self.definitions {
            self.graph.rejoin(definition.id);
        }
        let cost = self.definitions.iter().find(|(n, ..)| *n == "cost").map(|(_, _, v)| v.clone());
        let model = !self.declared.is_empty();
        let has_cost = model && cost.is_some();
        let result = if has_cost { cost } else { result };
        let Some(result) = result else { return Err(self.no_formula()) };
        let result = result.with_unit_axes(self.graph);
        if has_cost {
            self.judge_cost(&result)?;
        }
        Ok(Parsed {
            result: result.id,
            has_cost,
            warnings: if has_cost { self.warnings(&result, &nameless) } else { Vec::new() },
            definitions: self.all_definitions(),
            declarations: std::mem::take(&mut self.declared),
            metrics: std::mem::take(&mut self.metrics),
            train: self.train.take(),
            data_file: self.data_file.take(),
            updates: std::mem::take(&mut self.updates),
            layer_updates: std::mem::take(&mut self.layer_updates),
            fitted: std::mem::take(&mut self.fitted),
            trained: std::mem::take(&mut self.after_training),
            compared: std::mem::take(&mut self.compared),
        })
    }

    /// An error at the beginning of a line that stands within a bracket of an earlier one: the bracket is to blame.
    ///
    /// Lines go on within brackets, so that a forgotten `)` is first noticed at the next statement, which is innocent.
    fn blame_bracket(&self, start: usize, e: Diagnostic) -> Diagnostic {
        let at = e.span.start.max(start);
        let line = self.source[start..at].rfind('\n').map(|newline| start + newline + 1);
        let Some(line) = line.filter(|_| e.kind == Kind::Syntax) else { return e };
        // `name` or `name =`: what begins a statement.
        let before = self.source[line..at].trim();
        let begins = before.chars().all(continues_name);
        match open_bracket(self.source, start..line) {
            Some(bracket) if begins && bracket.start < line => unclosed(self.source, &bracket),
            _ => e,
        }
    }

    /// The person's definitions and those of layers, each behind what it uses.
    fn all_definitions(&mut self) -> Vec<Definition> {
        let own = std::mem::take(&mut self.definitions).into_iter().map(|(_, d, _)| d);
        let mut all: Vec<Definition> = std::mem::take(&mut self.layer_parts).into_iter().chain(own).collect();
        all.sort_by_key(|d| d.line);
        all
    }

    fn no_formula(&self) -> Diagnostic {
        let end = self.source.len()..self.source.len();
        if !self.declared.is_empty() {
            return error(Kind::Syntax, &end, "the model has no cost")
                .help("write one, such as cost = mean((p - y)^2)");
        }
        let message = if self.functions.is_empty() {
            "there is no formula"
        } else {
            "functions are defined, but there is no formula"
        };
        error(Kind::Syntax, &end, message).help("write one, such as w^2")
    }

    /// `wrt 1`
    fn version(&mut self) -> Result<bool, Diagnostic> {
        if self.token != Token::Name || self.slice(&self.span.clone()) != "wrt" {
            return Ok(false);
        }
        let mut ahead = self.lexer.clone();
        let Ok((Token::Number, span)) = ahead.next() else { return Ok(false) };
        if !matches!(ahead.next(), Ok((Token::Separator | Token::End, _))) {
            return Ok(false);
        }
        let found = self.slice(&span);
        if found != VERSION {
            let message = format!("the language version {found} is not known");
            return Err(error(Kind::Syntax, &span, message).help(format!("this wrt reads version {VERSION}")));
        }
        self.advance()?;
        self.advance()?;
        Ok(true)
    }

    /// The value of a statement; none for one that has none.
    ///
    /// Words such as `data` are no keywords: what a statement is shows in the token after its first name, so that `data = 3`
    /// and `train^2` stay formulas.
    fn statement(&mut self) -> Result<Option<Value>, Diagnostic> {
        if self.token != Token::Name {
            return self.expression().map(Some);
        }
        let mut ahead = self.lexer.clone();
        let name = (self.slice(&self.span.clone()), self.span.clone());
        match ahead.next() {
            Ok((Token::Assign, _)) => {
                self.lexer = ahead;
                return self.definition(name).map(Some);
            }
            Ok((Token::Update, _)) => {
                self.lexer = ahead;
                return self.update(name).map(|()| None);
            }
            Ok((Token::Open, _)) if self.lexer.at_open() => {
                if let Some(parameters) = self.parameter_list(&mut ahead) {
                    self.lexer = ahead;
                    return self.function(name, &parameters).map(|()| None);
                }
            }
            Ok((Token::OpenBracket, _)) if self.lexer.at_open_bracket() => {
                let mut edge = ahead.clone();
                if let Some(end) = self.edge_of_recursion(&mut edge) {
                    self.lexer = edge;
                    return self.recursion_start(name, end).map(|()| None);
                }
                if let Some(indices) = self.index_list(&mut ahead) {
                    self.lexer = ahead;
                    if let (Some(_), [index]) = (&self.recursion, &indices[..]) {
                        return self.recursion_line(name, index);
                    }
                    return self.index_definition(name, &indices).map(Some);
                }
            }
            Ok((Token::Name, _)) => {
                if let Some(done) = self.declaration(name.0) {
                    return done.map(|()| None);
                }
                let found = name.0;
                const WORDS: [&str; 9] =
                    ["data", "param", "const", "state", "hyper", "metric", "train", "derivative", "every"];
                if self.declared.is_empty()
                    && closest(found, WORDS.into_iter().chain(["parameter", "constant"])).is_none()
                {
                    return self.expression().map(Some);
                }
                let help = match closest(found, WORDS.into_iter().chain(["parameter", "constant"])) {
                    Some("parameter") => "did you mean `param`?".to_string(),
                    Some("constant") => "did you mean `const`?".to_string(),
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => "there are data, param, const, state, hyper, metric, train, derivative, every, and name = formula".to_string(),
                };
                return Err(error(Kind::Syntax, &name.1, format!("there is no statement `{found} …`")).help(help));
            }
            _ => {}
        }
        self.expression().map(Some)
    }

    fn declaration(&mut self, word: &str) -> Option<Result<(), Diagnostic>> {
        let role = match word {
            "data" => Role::Data,
            "param" => Role::Parameter,
            "const" => Role::Constant,
            "state" => Role::State,
            "hyper" => Role::Hyperparameter,
            "every" => return Some(self.every()),
            "metric" => return Some(self.metric()),
            "train" => return Some(self.training()),
            "derivative" => return Some(self.own_derivative()),
            _ => return None,
        };
        Some(self.declarations(role))
    }

    pub(crate) fn refuse_second(&self, (name, span): &(&'s str, Span)) -> Result<(), Diagnostic> {
        let names = &self.names;
        let twice = [&names.defined, &names.functions, &names.declared].iter().any(|known| known.contains_key(*name))
            || names.of_layers.contains(*name);
        if let Some((_, from)) =
            self.dim_sources.iter().find(|(d, _)| self.graph.dimension(*d).as_name() == Some(*name))
        {
            return Err(
                error(Kind::Name, span, format!("`{name}` is a size, from {from}")).help("give this one another name")
            );
        }
        if twice {
            return Err(
                error(Kind::Name, span, format!("`{name}` is defined twice")).help("give the second one another name")
            );
        }
        Ok(())
    }

    pub(crate) fn expected(&self, what: &str) -> Diagnostic {
        let found = match self.token {
            Token::End => "the end".to_string(),
            Token::Separator => "the end of the line".to_string(),
            _ => format!("`{}`", self.slice(&self.span.clone())),
        };
        error(Kind::Syntax, &self.span, format!("expected {what}, found {found}"))
    }

    pub(crate) fn wanted_name(&mut self, what: &str) -> Result<(&'s str, Span), Diagnostic> {
        if self.token != Token::Name {
            return Err(self.expected(what));
        }
        let span = self.span.clone();
        self.advance()?;
        Ok((self.slice(&span), span))
    }
}

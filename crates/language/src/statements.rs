//! Statements: declarations, definitions, functions, metrics, training.

use wrt_core::{Assumptions, Dim, Dimension, Node, Number, Role};

use crate::diagnostic::{Diagnostic, DiagnosticKind as Kind};
use crate::lexer::{Lexer, Token, continues_name, open_bracket, unclosed};
use crate::model::{Constraint, Declaration, Definition, Initial, Train};
use crate::parser::{Function, Parsed, Parser, Span, error};
use crate::suggest::closest;
use crate::value::{self, Value};

/// The version of the language that this is.
const VERSION: &str = "1";

impl<'s> Parser<'s, '_> {
    /// The whole text.
    pub(crate) fn text(&mut self) -> Result<Parsed, Diagnostic> {
        let (mut result, mut nameless) = (None, Vec::new());
        let mut first = true;
        self.advance()?;
        loop {
            while self.token == Token::Separator {
                self.advance()?;
            }
            if self.token == Token::End {
                break;
            }
            if first && self.version()? {
                continue;
            }
            first = false;
            let (start, defined) = (self.span.start, self.definitions.len());
            let found = self.statement().map_err(|e| self.blame_bracket(start, e))?;
            if found.is_some() && self.definitions.len() == defined {
                nameless.push(start);
            }
            result = found.or(result);
        }
        for (_, definition, _) in &self.definitions {
            self.graph.rejoin(definition.id);
        }
        let cost = self.definitions.iter().find(|(n, ..)| *n == "cost").map(|(_, _, v)| v.clone());
        let model = !self.declared.is_empty();
        let has_cost = model && cost.is_some();
        let result = if has_cost { cost } else { result };
        let Some(result) = result else { return Err(self.no_formula()) };
        let result = result.settled(self.graph);
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
        })
    }

    /// An error at the beginning of a line that stands within a bracket of an earlier one: the bracket is to blame.
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

    fn judge_cost(&self, cost: &Value) -> Result<(), Diagnostic> {
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
    fn warnings(&self, cost: &Value, nameless: &[usize]) -> Vec<String> {
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

    pub(crate) fn advance(&mut self) -> Result<(), Diagnostic> {
        (self.token, self.span) = self.lexer.next()?;
        Ok(())
    }

    pub(crate) fn slice(&self, span: &Span) -> &'s str {
        &self.source[span.clone()]
    }

    pub(crate) fn line(&self, at: usize) -> usize {
        self.names.lines.partition_point(|start| *start <= at) + 1
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
            Ok((Token::Open, _)) if self.lexer.at_open() => {
                if let Some(parameters) = self.parameter_list(&mut ahead) {
                    self.lexer = ahead;
                    return self.function(name, &parameters).map(|()| None);
                }
            }
            Ok((Token::OpenBracket, _)) if self.lexer.at_open_bracket() => {
                if let Some(indices) = self.index_list(&mut ahead) {
                    self.lexer = ahead;
                    return self.index_definition(name, &indices).map(Some);
                }
            }
            Ok((Token::Name, _)) => {
                if let Some(done) = self.declaration(name.0) {
                    return done.map(|()| None);
                }
                let found = name.0;
                const WORDS: [&str; 6] = ["data", "param", "const", "metric", "train", "derivative"];
                if self.declared.is_empty()
                    && closest(found, WORDS.into_iter().chain(["parameter", "constant"])).is_none()
                {
                    return self.expression().map(Some);
                }
                let help = match closest(found, WORDS.into_iter().chain(["parameter", "constant"])) {
                    Some("parameter") => "did you mean `param`?".to_string(),
                    Some("constant") => "did you mean `const`?".to_string(),
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => "there are data, param, const, metric, train, derivative, and name = formula".to_string(),
                };
                return Err(error(Kind::Syntax, &name.1, format!("there is no statement `{found} …`")).help(help));
            }
            _ => {}
        }
        self.expression().map(Some)
    }

    fn refuse_second(&self, (name, span): &(&'s str, Span)) -> Result<(), Diagnostic> {
        let names = &self.names;
        let twice = [&names.defined, &names.functions, &names.declared].iter().any(|known| known.contains_key(*name))
            || names.of_layers.contains(*name);
        if let Some((_, from)) = self.origins.iter().find(|(d, _)| self.graph.dimension(*d).as_name() == Some(*name)) {
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

    fn definition(&mut self, name: (&'s str, Span)) -> Result<Value, Diagnostic> {
        self.refuse_second(&name)?;
        (self.current, self.layers) = (name.0, 0);
        let before = self.graph.len();
        self.advance()?;
        let value = self.expression()?;
        self.current = "";
        self.define(name, value, before)
    }

    /// Names a value, of which the graph may have had the node `before`.
    fn define(&mut self, name: (&'s str, Span), value: Value, before: usize) -> Result<Value, Diagnostic> {
        if self.graph.find_symbol(name.0).is_some_and(|own| own.index() >= self.start) {
            return Err(error(Kind::Name, &name.1, format!("`{}` is used before it is defined here", name.0))
                .help("define it first, and not by itself"));
        }
        let value = value.settled(self.graph);
        let value = self.own_node(value, before);
        let definition =
            Definition { name: name.0.to_string(), id: value.id, line: self.line(name.1.start), by_layer: false };
        self.graph.set_name(value.id, name.0);
        self.names.defined.insert(name.0.to_string(), self.definitions.len());
        self.names.nodes.insert(value.id);
        self.definitions.push((name.0, definition, value.clone()));
        Ok(value)
    }

    /// The value at a node that nothing else means, so that a derivative by the name counts the ways by the name only.
    fn own_node(&mut self, mut value: Value, before: usize) -> Value {
        if matches!(self.graph.node(value.id), Node::Number(_) | Node::Constant(_)) {
            return value;
        }
        let named = matches!(self.graph.node(value.id), Node::Symbol(_)) || self.names.nodes.contains(&value.id);
        if named || value.id.index() < before {
            value.id = self.graph.twin(value.id, named);
        } else {
            self.graph.set_apart(value.id);
        }
        value
    }

    /// `[i, k] =`, if that is what follows.
    fn index_list(&self, ahead: &mut Lexer<'s>) -> Option<Vec<&'s str>> {
        let mut names = Vec::new();
        loop {
            match ahead.next().ok()? {
                (Token::Name, span) => names.push(self.slice(&span)),
                _ => return None,
            }
            match ahead.next().ok()?.0 {
                Token::Comma => {}
                Token::CloseBracket => break,
                _ => return None,
            }
        }
        (ahead.next().ok()?.0 == Token::Assign).then_some(names)
    }

    fn index_definition(&mut self, name: (&'s str, Span), names: &[&'s str]) -> Result<Value, Diagnostic> {
        self.refuse_second(&name)?;
        (self.current, self.layers) = (name.0, 0);
        let indices: Vec<u32> = names.iter().map(|n| self.new_index(n)).collect();
        self.indices.extend(&indices);
        let before = self.graph.len();
        self.advance()?;
        let read = self.expression();
        self.indices.clear();
        let mut value = read?;
        for (index, text) in indices.iter().zip(names).rev() {
            value = value::bind(self.graph, &value, *index).ok_or_else(|| {
                error(Kind::Name, &name.1, format!("the index `{text}` does not occur on the right side"))
                    .help("an index gets its size from where it is used, as in x[i]")
            })?;
        }
        self.current = "";
        self.define(name, value, before)
    }

    /// `(x, y) =`, if that is what follows.
    fn parameter_list(&self, ahead: &mut Lexer<'s>) -> Option<Vec<(&'s str, Span)>> {
        let mut parameters = Vec::new();
        loop {
            match ahead.next().ok()? {
                (Token::Name, span) => parameters.push((self.slice(&span), span)),
                _ => return None,
            }
            match ahead.next().ok()?.0 {
                Token::Comma => {}
                Token::Close => break,
                _ => return None,
            }
        }
        (ahead.next().ok()?.0 == Token::Assign).then_some(parameters)
    }

    fn function(&mut self, name: (&'s str, Span), parameters: &[(&'s str, Span)]) -> Result<(), Diagnostic> {
        self.refuse_second(&name)?;
        let body = self.lexer.position();
        let mut symbols = Vec::new();
        for (k, (parameter, span)) in parameters.iter().enumerate() {
            if parameters[..k].iter().any(|(p, _)| p == parameter) {
                return Err(error(
                    Kind::Name,
                    span,
                    format!("`{parameter}` is named twice among the arguments of `{}`", name.0),
                ));
            }
            let symbol = self.graph.symbol(&format!("{parameter} of {} at {}", name.0, name.1.start));
            symbols.push(symbol);
            self.parameters.push((parameter, Value::scalar(symbol)));
        }
        self.defining = name.0;
        self.advance()?;
        let read = self.expression();
        self.parameters.clear();
        self.defining = "";
        let mut needs_axes = false;
        let scalar = match read {
            Ok(value) if value.free.is_empty() => Some((symbols, value.id)),
            Ok(_) => None,
            // A function of tensors: what its shapes are is known at each call.
            Err(e) if e.kind == Kind::Shape => {
                self.skip_statement(body)?;
                needs_axes = true;
                None
            }
            Err(e) => return Err(e),
        };
        let names = parameters.iter().map(|(n, _)| *n).collect();
        let (end, sees) = (self.span.start, self.functions.len());
        self.names.functions.insert(name.0.to_string(), self.functions.len());
        self.functions.push(Function { name: name.0, names, scalar, needs_axes, body, end, derivative: None, sees });
        Ok(())
    }

    /// Goes to the end of the statement whose formula begins at `start`.
    fn skip_statement(&mut self, start: usize) -> Result<(), Diagnostic> {
        self.lexer.jump(start);
        let mut depth = 0i64;
        loop {
            self.advance()?;
            match self.token {
                Token::Open | Token::OpenBracket => depth += 1,
                Token::Close | Token::CloseBracket => depth -= 1,
                Token::End => return Ok(()),
                Token::Separator if depth <= 0 => return Ok(()),
                _ => {}
            }
        }
    }
}

/// Statements that begin with a word of their own.
impl<'s> Parser<'s, '_> {
    fn declaration(&mut self, word: &str) -> Option<Result<(), Diagnostic>> {
        let role = match word {
            "data" => Role::Data,
            "param" => Role::Parameter,
            "const" => Role::Constant,
            "metric" => return Some(self.metric()),
            "train" => return Some(self.training()),
            "derivative" => return Some(self.own_derivative()),
            _ => return None,
        };
        Some(self.declarations(role))
    }

    fn declarations(&mut self, role: Role) -> Result<(), Diagnostic> {
        loop {
            self.advance()?;
            self.declare(role)?;
            match self.token {
                Token::Comma => {}
                Token::Separator | Token::End => return Ok(()),
                _ => return Err(self.expected("`,` or the end of the line")),
            }
        }
    }

    fn expected(&self, what: &str) -> Diagnostic {
        let found = match self.token {
            Token::End => "the end".to_string(),
            Token::Separator => "the end of the line".to_string(),
            _ => format!("`{}`", self.slice(&self.span.clone())),
        };
        error(Kind::Syntax, &self.span, format!("expected {what}, found {found}"))
    }

    fn wanted_name(&mut self, what: &str) -> Result<(&'s str, Span), Diagnostic> {
        if self.token != Token::Name {
            return Err(self.expected(what));
        }
        let span = self.span.clone();
        self.advance()?;
        Ok((self.slice(&span), span))
    }

    fn declare(&mut self, role: Role) -> Result<(), Diagnostic> {
        let name = self.wanted_name("a name")?;
        self.refuse_second(&name)?;
        if self.graph.find_symbol(name.0).is_some_and(|own| own.index() >= self.start) {
            return Err(error(Kind::Name, &name.1, format!("`{}` is used before it is declared here", name.0))
                .help("declare it first"));
        }
        let dims = if self.token == Token::OpenBracket { self.shape()? } else { Vec::new() };
        let word = match role {
            Role::Data => "data",
            Role::Parameter => "param",
            _ => "const",
        };
        let line = self.line(name.1.start);
        for dim in &dims {
            self.remember_origin(*dim, || format!("{word} {}, line {line}", name.0));
        }
        let place = self.span.clone();
        let constraint = self.constraint()?;
        if let Some(Constraint::Symmetric | Constraint::PositiveDefinite) = constraint
            && !matches!(dims[..], [.., m, n] if m == n)
        {
            let shape = self.graph.shape_text(&dims);
            let message = format!("a symmetric matrix is square, and `{}` has the shape {shape}", name.0);
            return Err(error(Kind::Shape, &place, message).help(format!("write {}[n, n]", name.0)));
        }
        if let Some(Constraint::Labels(classes)) = &constraint {
            let classes = self.graph.dim(classes.clone());
            self.remember_origin(classes, || format!("{word} {}, line {line}", name.0));
        }
        let initial = if self.token == Token::Assign { Some(self.initial(&dims)?) } else { None };
        if self.graph.find_symbol(name.0).is_some_and(|own| own.index() >= self.start) {
            return Err(error(Kind::Name, &name.1, format!("the value of `{}` mentions itself", name.0))
                .help("write a number, or names of lines before"));
        }
        if role == Role::Constant && initial.is_none() {
            return Err(error(Kind::Name, &name.1, format!("the constant `{}` has no value", name.0))
                .help(format!("write const {} = …, or declare it as data", name.0)));
        }
        self.symbol_of(name.0, role, dims, constraint, initial, line);
        Ok(())
    }

    pub(crate) fn symbol_of(
        &mut self,
        name: &str,
        role: Role,
        dims: Vec<Dim>,
        constraint: Option<Constraint>,
        initial: Option<Initial>,
        line: usize,
    ) -> Value {
        let known = match constraint {
            Some(Constraint::Positive) => Assumptions { nonnegative: true, nonzero: true, ..Assumptions::default() },
            Some(Constraint::Nonnegative | Constraint::Simplex) => {
                Assumptions { nonnegative: true, ..Assumptions::default() }
            }
            Some(Constraint::Labels(_)) => Assumptions { nonnegative: true, integer: true, ..Assumptions::default() },
            Some(Constraint::Symmetric | Constraint::PositiveDefinite) => {
                Assumptions { symmetric: true, ..Assumptions::default() }
            }
            Some(Constraint::Integer) => Assumptions { integer: true, ..Assumptions::default() },
            _ => Assumptions::default(),
        };
        let id = self.graph.tensor_symbol(name, role, &dims, known);
        self.names.declared.insert(name.to_string(), self.declared.len());
        self.declared.push(Declaration { name: name.to_string(), id, role, dims, constraint, initial, line });
        Value::of(self.graph, id)
    }

    /// `[m, n + 1]`
    fn shape(&mut self) -> Result<Vec<Dim>, Diagnostic> {
        let mut dims = Vec::new();
        let open = self.span.start;
        loop {
            self.advance()?;
            let dimension = self.dimension()?;
            dims.push(self.graph.dim(dimension));
            match self.token {
                Token::Comma => {}
                Token::CloseBracket => break,
                _ => return Err(self.expected("`,` or `]` after a dimension")),
            }
        }
        let place = open..self.span.end;
        value::refuse_axes(dims.len()).map_err(|m| self.misfit(m, &place, &place, &[]))?;
        self.advance()?;
        Ok(dims)
    }

    /// A sum of products of numbers and names.
    pub(crate) fn dimension(&mut self) -> Result<Dimension, Diagnostic> {
        let start = self.span.start;
        let mut total = self.dimension_product()?;
        while let Token::Plus | Token::Minus = self.token {
            let minus = self.token == Token::Minus;
            self.advance()?;
            let next = self.dimension_product()?;
            total = if minus { total.sub(&next) } else { total.add(&next) };
        }
        if total.terms().all(|(_, c)| c <= 0) {
            let place = start..self.span.start;
            return Err(error(Kind::Shape, &place, format!("a dimension of size {total} holds nothing"))
                .help("a dimension is 1 or more, or a name that is bound when data arrives"));
        }
        Ok(total)
    }

    fn dimension_product(&mut self) -> Result<Dimension, Diagnostic> {
        let mut product = self.dimension_atom()?;
        while self.token == Token::Times {
            self.advance()?;
            product = product.mul(&self.dimension_atom()?);
        }
        Ok(product)
    }

    fn dimension_atom(&mut self) -> Result<Dimension, Diagnostic> {
        let span = self.span.clone();
        let text = self.slice(&span);
        match self.token {
            Token::Number => {
                let size = text.parse::<u64>().ok().filter(|n| *n <= 1 << 53).ok_or_else(|| {
                    error(Kind::Number, &span, format!("`{text}` is no size"))
                        .help("a dimension is a whole number or a name")
                })?;
                self.advance()?;
                Ok(Dimension::size(size))
            }
            Token::Name => {
                self.advance()?;
                Ok(Dimension::name(text))
            }
            _ => Err(self.expected("a dimension: a whole number or a name")),
        }
    }

    fn constraint(&mut self) -> Result<Option<Constraint>, Diagnostic> {
        let word = if self.token == Token::Name { self.slice(&self.span.clone()) } else { "" };
        let simple = match word {
            "simplex" => Some(Constraint::Simplex),
            "symmetric" => Some(Constraint::Symmetric),
            "integer" => Some(Constraint::Integer),
            _ => None,
        };
        if let Some(constraint) = simple {
            self.advance()?;
            return Ok(Some(constraint));
        }
        match (self.token, word) {
            (Token::Name, "positive") => {
                self.advance()?;
                if self.token == Token::Name && self.slice(&self.span.clone()) == "definite" {
                    self.advance()?;
                    return Ok(Some(Constraint::PositiveDefinite));
                }
                Ok(Some(Constraint::Positive))
            }
            (Token::Name, "in") => {
                self.advance()?;
                self.range().map(Some)
            }
            (Token::Greater | Token::GreaterEqual, _) => {
                let strict = self.token == Token::Greater;
                self.advance()?;
                if self.slice(&self.span.clone()) != "0" {
                    return Err(self.expected("`0` after the comparison"));
                }
                self.advance()?;
                Ok(Some(if strict { Constraint::Positive } else { Constraint::Nonnegative }))
            }
            (Token::Name, _) => Err(self.expected("`=`, `,` or a constraint (in 0..10, > 0, simplex, symmetric)")),
            _ => Ok(None),
        }
    }

    /// `0..10` or `[-pi, pi]`
    fn range(&mut self) -> Result<Constraint, Diagnostic> {
        if self.token == Token::OpenBracket {
            let start = self.span.start;
            self.advance()?;
            let low = self.plain_number()?;
            if self.token != Token::Comma {
                return Err(self.expected("`,` between the ends of the interval"));
            }
            self.advance()?;
            let high = self.plain_number()?;
            if self.token != Token::CloseBracket {
                return Err(self.expected("`]` after the interval"));
            }
            if low >= high {
                let place = start..self.span.end;
                return Err(error(Kind::Number, &place, "the interval holds nothing: its lower end comes first"));
            }
            self.advance()?;
            return Ok(Constraint::Interval(low, high));
        }
        if self.slice(&self.span.clone()) != "0" {
            return Err(self.expected("0..K or [low, high]"));
        }
        self.advance()?;
        if self.token != Token::Range {
            return Err(self.expected("`..` between 0 and the number of classes"));
        }
        self.advance()?;
        let classes = self.dimension()?;
        Ok(Constraint::Labels(classes))
    }

    fn plain_number(&mut self) -> Result<Number, Diagnostic> {
        let minus = self.token == Token::Minus;
        if minus {
            self.advance()?;
        }
        let span = self.span.clone();
        let text = self.slice(&span);
        let value = match (self.token, text) {
            (Token::Number, _) => Number::parse(text).map_err(|m| error(Kind::Number, &span, m))?,
            (Token::Name, "pi" | "π") => Number::from_f64(std::f64::consts::PI).unwrap_or(Number::ONE),
            _ => return Err(self.expected("a number")),
        };
        self.advance()?;
        Ok(if minus { -&value } else { value })
    }

    /// What stands behind the `=` of a declaration.
    fn initial(&mut self, dims: &[Dim]) -> Result<Initial, Diagnostic> {
        self.advance()?;
        let span = self.span.clone();
        if self.token == Token::Name && self.lexer.at_open() {
            let name = self.slice(&span);
            if let Some(initial) = Initial::named(name) {
                self.numbers(0)?;
                return Ok(initial);
            }
            if matches!(name, "normal" | "uniform") {
                let numbers = self.numbers(2)?;
                let [a, b] = [numbers[0].clone(), numbers[1].clone()];
                return Ok(if name == "normal" { Initial::Normal(a, b) } else { Initial::Uniform(a, b) });
            }
        }
        self.listing = true;
        let value = self.expression();
        self.listing = false;
        let value = value?.settled(self.graph);
        let own = value.dims();
        if !own.is_empty() && own != dims {
            let (found, wanted) = (value.shape_text(self.graph), self.graph.shape_text(dims));
            return Err(error(
                Kind::Shape,
                &(span.start..self.span.start),
                format!("the value has the shape {found}, the name {wanted}"),
            ));
        }
        Ok(Initial::Formula(value.id))
    }

    /// `(a, b)` of so many numbers, behind a name.
    fn numbers(&mut self, count: usize) -> Result<Vec<Number>, Diagnostic> {
        self.advance()?;
        let mut found = Vec::with_capacity(count);
        for k in 0..count {
            self.advance()?;
            found.push(self.plain_number()?);
            if k + 1 < count && self.token != Token::Comma {
                return Err(self.expected("`,` and a second number"));
            }
        }
        if count == 0 {
            self.advance()?;
        }
        if self.token != Token::Close {
            return Err(self.expected("`)`"));
        }
        self.advance()?;
        Ok(found)
    }

    fn metric(&mut self) -> Result<(), Diagnostic> {
        self.advance()?;
        let name = self.wanted_name("the name of the metric")?;
        if self.token != Token::Assign {
            return Err(self.expected("`=` after the name of the metric"));
        }
        let text = name.0.to_string();
        self.definition(name)?;
        self.metrics.push(text);
        Ok(())
    }

    /// `train adam(rate = 0.001), epochs = 30`
    fn training(&mut self) -> Result<(), Diagnostic> {
        self.advance()?;
        let (optimiser, place) = self.wanted_name("the name of an optimiser")?;
        if self.train.is_some() {
            return Err(error(Kind::Name, &place, "the model says twice how to train"));
        }
        let mut train = Train { optimiser: optimiser.to_string(), options: Vec::new(), settings: Vec::new() };
        if self.token == Token::Open {
            self.advance()?;
            while self.token != Token::Close {
                train.options.push(self.setting()?);
                match self.token {
                    Token::Comma => self.advance()?,
                    Token::Close => {}
                    _ => return Err(self.expected("`,` or `)`")),
                }
            }
            self.advance()?;
        }
        while self.token == Token::Comma {
            self.advance()?;
            train.settings.push(self.setting()?);
        }
        if !matches!(self.token, Token::Separator | Token::End) {
            return Err(self.expected("`,` or the end of the line"));
        }
        self.train = Some(train);
        Ok(())
    }

    fn setting(&mut self) -> Result<(String, Number), Diagnostic> {
        let (name, _) = self.wanted_name("a setting, as in rate = 0.1")?;
        if self.token != Token::Assign {
            return Err(self.expected("`=`"));
        }
        self.advance()?;
        Ok((name.to_string(), self.plain_number()?))
    }

    /// `derivative f(x) = …`
    fn own_derivative(&mut self) -> Result<(), Diagnostic> {
        self.advance()?;
        let (name, place) = self.wanted_name("the name of a function")?;
        let Some(k) = self.functions.iter().position(|f| f.name == name) else {
            return Err(error(Kind::Name, &place, format!("there is no function `{name}` yet"))
                .help(format!("define it before: {name}(x) = …")));
        };
        let mut ahead = self.lexer.clone();
        let parameters = if self.token == Token::Open { self.parameter_list(&mut ahead) } else { None };
        let Some(parameters) = parameters else {
            return Err(self.expected("its argument and a formula, as in (x) = 2*x"));
        };
        let own: Vec<&str> = parameters.iter().map(|(n, _)| *n).collect();
        if own.len() != 1 || self.functions[k].names != own {
            let wanted = self.functions[k].names.join(", ");
            return Err(error(Kind::Arguments, &place, format!("`{name}` is a function of ({wanted})"))
                .help("a derivative of its own is for functions of one argument, under the same name"));
        }
        self.lexer = ahead;
        let body = self.lexer.position();
        self.skip_statement(body)?;
        self.functions[k].derivative = Some(body);
        Ok(())
    }
}

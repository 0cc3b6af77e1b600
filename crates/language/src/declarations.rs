//! Declarations: `data X[m, n]`, `param w[n] > 0 = normal(0, 1)`, `const c = 3`.

use wrt_core::{Assumptions, Dim, Dimension, Id, Node, Number, Role};

use crate::diagnostic::{Diagnostic, DiagnosticKind as Kind};
use crate::lexer::Token;
use crate::model::{Constraint, Declaration, Initial, Update};
use crate::parser::{Parser, error};
use crate::value::{self, Value};

impl<'s> Parser<'s, '_> {
    pub(crate) fn declarations(&mut self, role: Role) -> Result<(), Diagnostic> {
        loop {
            self.advance()?;
            self.declare(role)?;
            if role == Role::Data && self.token == Token::Name && self.slice(&self.span.clone()) == "from" {
                return self.data_file();
            }
            match self.token {
                Token::Comma => {}
                Token::Separator | Token::End => return Ok(()),
                _ => return Err(self.expected("`,` or the end of the line")),
            }
        }
    }

    /// `from "digits.csv"`, behind the last name of the data.
    fn data_file(&mut self) -> Result<(), Diagnostic> {
        self.advance()?;
        if self.token != Token::Text {
            return Err(self.expected("a file in quotes, as in `from \"digits.csv\"`"));
        }
        if self.data_file.is_some() {
            return Err(error(Kind::Name, &self.span, "the model says twice where its data comes from"));
        }
        let quoted = self.slice(&self.span.clone());
        self.data_file = Some(quoted.trim_matches('"').to_string());
        self.advance()?;
        match self.token {
            Token::Separator | Token::End => Ok(()),
            _ => Err(self.expected("the end of the line")),
        }
    }

    fn declare(&mut self, role: Role) -> Result<(), Diagnostic> {
        let before = self.graph.len();
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
            Role::State => "state",
            Role::Hyperparameter => "hyper",
            _ => "const",
        };
        let line = self.line(name.1.start);
        for dim in &dims {
            self.remember_dim_source(*dim, || format!("{word} {}, line {line}", name.0));
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
            self.remember_dim_source(classes, || format!("{word} {}, line {line}", name.0));
        }
        // The shape of a constant follows from its value, where none is written.
        let wanted = (role != Role::Constant || !dims.is_empty()).then_some(dims.as_slice());
        let start = self.span.start;
        let initial = if self.token == Token::Assign { Some(self.initial(wanted)?) } else { None };
        let dims = match (&initial, wanted) {
            (Some(Initial::Formula(value)), None) => self.graph.dims(*value).to_vec(),
            _ => dims,
        };
        if self.graph.find_symbol(name.0).is_some_and(|own| own.index() >= self.start) {
            return Err(error(Kind::Name, &name.1, format!("the value of `{}` mentions itself", name.0))
                .help("write a number, or names of lines before"));
        }
        if matches!(role, Role::Constant | Role::Hyperparameter) && initial.is_none() {
            let what = if role == Role::Constant { "constant" } else { "setting" };
            return Err(error(Kind::Name, &name.1, format!("the {what} `{}` has no value", name.0))
                .help(format!("write {word} {} = …, or declare it as data", name.0)));
        }
        let of_data = match initial {
            Some(Initial::Formula(value)) if role == Role::Constant => self.hangs_on_data(value).map_err(|what| {
                let message = format!("the constant `{}` hangs on {what}", name.0);
                error(Kind::Name, &(start..self.span.start), message)
                    .help(format!("write {} = … without const", name.0))
            })?,
            _ => false,
        };
        match initial {
            Some(Initial::Formula(value)) if of_data => {
                self.fitted_symbol(name.0, dims, constraint, value, line);
            }
            initial => {
                self.symbol_of(name.0, role, dims, constraint, initial, line);
            }
        }
        let origin = self.origin(name.0, false);
        self.graph.attribute(before, origin);
        Ok(())
    }

    /// The symbol of a declaration, and what its constraint says of its sign.
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
            Some(Constraint::Positive) => Assumptions::positive(),
            Some(Constraint::Nonnegative | Constraint::Simplex) => Assumptions::nonnegative(),
            Some(Constraint::Labels(_)) => Assumptions { integer: true, ..Assumptions::nonnegative() },
            Some(Constraint::Symmetric | Constraint::PositiveDefinite) => {
                Assumptions { symmetric: true, ..Assumptions::default() }
            }
            Some(Constraint::Integer) => Assumptions { integer: true, ..Assumptions::default() },
            _ => Assumptions::default(),
        };
        let symbol = format!("{}{name}", self.prefix);
        let id = self.graph.tensor_symbol(&symbol, role, &dims, known);
        self.names.declared.insert(name.to_string(), self.declared.len());
        self.declared.push(Declaration { name: symbol, id, role, dims, constraint, initial, line });
        Value::of(self.graph, id)
    }
}

/// Constants of the rows that a model is trained on.
impl<'s> Parser<'s, '_> {
    /// Does a value hang on data, so that it is known when there are rows to train on?
    ///
    /// # Errors
    /// What else it hangs on, which is another one at each step.
    pub(crate) fn hangs_on_data(&self, value: Id) -> Result<bool, String> {
        let mut on_data = false;
        for id in self.graph.free_symbols(&[value]) {
            let Node::Symbol(symbol) = self.graph.node(id) else { continue };
            let name = self.graph.symbol_name(id);
            match symbol.role {
                Role::Data => on_data = true,
                Role::State if self.fitted.iter().any(|f| f.symbol == id) => on_data = true,
                Role::Parameter => return Err(format!("the parameter `{name}`")),
                Role::State => return Err(format!("the state `{name}`")),
                Role::Random => return Err("random numbers".to_string()),
                _ => {}
            }
        }
        Ok(on_data)
    }

    /// The symbol of a constant that is fitted: state that no step changes.
    pub(crate) fn fitted_symbol(
        &mut self,
        name: &str,
        dims: Vec<Dim>,
        constraint: Option<Constraint>,
        value: Id,
        line: usize,
    ) -> Value {
        let wide = if self.graph.dims(value) == dims { value } else { self.graph.broadcast(value, &dims) };
        // Before it is fitted it divides nothing by zero.
        let one = self.one();
        let symbol = self.symbol_of(name, Role::State, dims, constraint, Some(one), line);
        self.fitted.push(Update { symbol: symbol.id, value: wide });
        symbol
    }
}

/// Sizes.
impl<'s> Parser<'s, '_> {
    /// `[m, n + 1]`
    fn shape(&mut self) -> Result<Vec<Dim>, Diagnostic> {
        let mut dims = Vec::new();
        let open = self.span.start;
        loop {
            self.advance()?;
            if dims.is_empty()
                && let Some(like) = self.shape_like()?
            {
                dims = like;
                break;
            }
            let dimension = self.dimension()?;
            dims.push(self.graph.dim(dimension));
            match self.token {
                Token::Comma => {}
                Token::CloseBracket => break,
                _ => return Err(self.expected("`,` or `]` after a dimension")),
            }
        }
        let place = open..self.span.end;
        value::refuse_axes(dims.len()).map_err(|m| self.shape_error(m, &place, &place, &[]))?;
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
}

/// What is known of a name, and where it starts.
impl<'s> Parser<'s, '_> {
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
            // Where the data comes from stands behind.
            (Token::Name, "from") => Ok(None),
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

    pub(crate) fn plain_number(&mut self) -> Result<Number, Diagnostic> {
        let minus = self.token == Token::Minus;
        if minus {
            self.advance()?;
        }
        let span = self.span.clone();
        let text = self.slice(&span);
        let value = match (self.token, text) {
            (Token::Number, _) => Number::parse(text).map_err(|m| error(Kind::Number, &span, m))?,
            // An end of an interval is compared and never written, so that the nearest double will do.
            (Token::Name, "pi" | "π") => Number::from_f64(std::f64::consts::PI).unwrap_or(Number::ONE),
            _ => return Err(self.expected("a number")),
        };
        self.advance()?;
        let value = if self.token == Token::Divide { &value * &self.part()? } else { value };
        Ok(if minus { -&value } else { value })
    }

    /// What a plain number is multiplied with by `/3` behind it.
    fn part(&mut self) -> Result<Number, Diagnostic> {
        self.advance()?;
        let span = self.span.clone();
        if self.token != Token::Number {
            return Err(self.expected("a number behind `/`"));
        }
        let below = Number::parse(self.slice(&span)).map_err(|m| error(Kind::Number, &span, m))?;
        self.advance()?;
        below.recip().ok_or_else(|| error(Kind::Number, &span, "a number is divided by 0"))
    }

    /// What stands behind the `=` of a declaration.
    fn initial(&mut self, dims: Option<&[Dim]>) -> Result<Initial, Diagnostic> {
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
        // A comma after the value begins the next declaration: `param a = 1, b = 2`.
        self.listing = true;
        let value = self.expression();
        self.listing = false;
        let value = value?.with_unit_axes(self.graph);
        let own = value.dims();
        if let Some(dims) = dims
            && !own.is_empty()
            && own != dims
        {
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
}

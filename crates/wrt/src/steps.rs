//! A derivative worked out line by line, each line right by itself and with the rule that led to it.
//!
//! A line is a formula in which some derivatives are not worked out yet: each of these is a symbol that is printed as
//! `d/dw(…)`. A step replaces the first one by what the rules make of it, one node deep: forward mode of the node along the
//! derivatives of its arguments. So every rule of the table is a rule here, for numbers and arrays alike, where the
//! derivatives are differentials (`d(X' @ X) = dX' @ X + X' @ dX`).

use std::collections::HashMap;

use wrt_core::{Assumptions, Graph, Id, LabelsId, Node, Number, Primitive, Role, Substitution, Term};
use wrt_rewrite::known_of;
use wrt_view::{Form, Line, Options, heading, written_name};

use crate::derivatives::{self, refuse_rank};
use crate::error::{Error, ErrorKind};
use crate::session::Session;

/// Larger formulas are not worked out by hand.
const MAX_LINES: usize = 200;

/// A derivation.
#[derive(Clone, PartialEq, Debug)]
pub struct Steps {
    /// What the text defines and the lines speak of: `a = 2 + 3*w`.
    pub definitions: Vec<String>,
    /// What is derived: `dJ/dw`, or `dJ` where lines are differentials.
    pub heading: String,
    /// The lines, each equal to the one before.
    pub lines: Vec<StepLine>,
    /// Where lines are differentials: the symbol of that of the name.
    pub differential: Option<Id>,
    /// Where lines are differentials: the derivative that can be read off the last one.
    pub conclusion: Option<String>,
}

/// A line of a derivation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StepLine {
    /// The formula.
    pub text: String,
    /// The rules that led to it from the line before.
    pub rules: Vec<String>,
    /// The line with all derivatives worked out, in the free names and the differential.
    pub id: Id,
}

/// A derivative that is not worked out yet.
struct Open {
    symbol: Id,
    of: Id,
    /// Its own derivative, as the rules give it at once.
    whole: Id,
    texts: [String; 2],
}

/// A derivation at work.
struct Work<'s> {
    session: &'s mut Session,
    /// What is differentiated by, its symbol in the lines, and how it moves: 1, or a differential. A definition that is
    /// differentiated by is a name like any other there, and not what it stands for.
    x: Id,
    symbol: Id,
    moved: Id,
    name: String,
    /// Are lines differentials?
    differential: bool,
    /// Are trivial steps lines of their own?
    every: bool,
    form: Form,
    /// What the text defines: its symbol, and its formula in the symbols of others.
    defined: Vec<(Id, Id, String)>,
    open: Vec<Open>,
    place: HashMap<Id, usize>,
}

impl Steps {
    /// Works out the derivative of a session's formula by a name.
    ///
    /// # Errors
    /// For a formula of several numbers, where there is no derivative, and for formulas that are too large.
    ///
    /// ```
    /// use wrt::session::{Form, Scope, Session, Steps};
    /// let mut s = Session::parse("(2 + 3*w)^2", &Scope::default())?;
    /// let steps = Steps::of(&mut s, "w", false, Form::Text)?;
    /// let lines: Vec<&str> = steps.lines.iter().map(|l| l.text.as_str()).collect();
    /// assert_eq!(lines, ["d/dw((2 + 3*w)^2)", "2*(2 + 3*w)*d/dw(2 + 3*w)", "6*(2 + 3*w)"]);
    /// assert_eq!(steps.lines[1].rules, ["power rule", "chain rule"]);
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn of(session: &mut Session, name: &str, every: bool, form: Form) -> Result<Steps, Error> {
        let root = session.root();
        refuse_rank(session.graph(), root, "derivation")?;
        let x = session.variable(name)?;
        let graph = session.graph();
        if graph.reachable(&[root]).len() > MAX_LINES {
            let message = format!("the formula has more than {MAX_LINES} parts, too many to be worked out in lines");
            return Err(Error::new(ErrorKind::Limit, message).with_help("ask for the result: wrt diff, wrt trace"));
        }
        let differential = graph.reachable(&[root]).iter().any(|id| graph.is_tensor(*id));
        let mut work = Work::new(session, x, name, differential, every, form);
        let formula = work.outline(root);
        work.lines(root, formula)
    }
}

impl<'s> Work<'s> {
    fn new(session: &'s mut Session, x: Id, name: &str, differential: bool, every: bool, form: Form) -> Work<'s> {
        let dims = session.graph().dims(x).to_vec();
        let moved = if differential {
            // Behind all other names, as people write it last.
            let own = format!("⟧d{name}");
            session.graph_mut().tensor_symbol(&own, Role::Variable, &dims, Assumptions::default())
        } else {
            session.graph_mut().integer(1)
        };
        let (defined, open, place) = (Vec::new(), Vec::new(), HashMap::new());
        Work { session, x, symbol: x, moved, name: name.to_string(), differential, every, form, defined, open, place }
    }

    fn graph(&mut self) -> &mut Graph {
        self.session.graph_mut()
    }

    /// The formula with what the text defines by its names.
    fn outline(&mut self, root: Id) -> Id {
        let named = self.session.named();
        let below = self.session.graph().reachable(&[root]);
        let used: Vec<(Id, Id)> = named
            .into_iter()
            .filter(|(id, symbol)| *id != root && id != symbol && below.binary_search(id).is_ok())
            .collect();
        for (k, (id, symbol)) in used.iter().enumerate() {
            if *id == self.x {
                self.symbol = *symbol;
            }
            let mut others = Substitution::default();
            used.iter().enumerate().filter(|(j, _)| *j != k).for_each(|(_, (id, symbol))| others.set(*id, *symbol));
            let formula = others.apply(self.graph(), *id);
            let name = self.session.graph().symbol_name(*symbol).to_string();
            self.defined.push((*symbol, formula, name));
        }
        let mut all = Substitution::default();
        used.iter().for_each(|(id, symbol)| all.set(*id, *symbol));
        all.apply(self.graph(), root)
    }

    /// A formula of names in terms of the free ones and the one that is differentiated by.
    fn in_full(&mut self, mut id: Id) -> Id {
        let chosen = self.symbol;
        for (symbol, formula, _) in self.defined.clone().into_iter().rev().filter(|(s, ..)| *s != chosen) {
            let mut back = Substitution::default();
            back.set(symbol, formula);
            id = back.apply(self.graph(), id);
        }
        id
    }

    fn depends(&self, id: Id) -> bool {
        let graph = self.session.graph();
        let mut stack = vec![id];
        while let Some(next) = stack.pop() {
            let below = graph.reachable(&[next]);
            if below.binary_search(&self.symbol).is_ok() {
                return true;
            }
            let used = self.defined.iter().filter(|(symbol, ..)| below.binary_search(symbol).is_ok());
            stack.extend(used.map(|(_, formula, _)| *formula));
        }
        false
    }

    fn lines(&mut self, root: Id, formula: Id) -> Result<Steps, Error> {
        let function = self.session.document.function(std::slice::from_ref(&self.name));
        let partial = self.session.document.is_partial(std::slice::from_ref(&self.name));
        let definitions = self.definitions(formula);
        let mut line = self.opened(formula)?;
        let mut lines = vec![self.line(line, Vec::new())?];
        while let Some(k) = self.first_open(line) {
            let (found, rules) = self.worked_out(k)?;
            let mut replaced = Substitution::default();
            replaced.set(self.open[k].symbol, found);
            line = replaced.apply(self.graph(), line);
            lines.push(self.line(line, rules)?);
            if lines.len() > MAX_LINES {
                let message = format!("the derivation takes more than {MAX_LINES} lines");
                return Err(Error::new(ErrorKind::Limit, message).with_help("ask for the result: wrt diff, wrt trace"));
            }
        }
        let last = self.simplified(root, line)?;
        if lines.last().is_none_or(|l| l.text != last.text) {
            lines.push(last);
        }
        let heading = match (self.differential, self.form.has_tensors() && self.is_latex()) {
            (false, _) => heading(self.form, &function, &[&self.name], partial),
            (true, true) => format!("\\mathrm{{d}} {}", written_name(self.form, &function)),
            (true, false) => format!("d{function}"),
        };
        let conclusion = if self.differential { Some(self.conclusion(&function, partial)?) } else { None };
        let differential = self.differential.then_some(self.moved);
        Ok(Steps { definitions, heading, lines, differential, conclusion })
    }

    fn is_latex(&self) -> bool {
        matches!(self.form, Form::Latex | Form::MathMl)
    }

    /// `a = 2 + 3*w`, for what the derivation speaks of.
    fn definitions(&mut self, formula: Id) -> Vec<String> {
        let mut used: Vec<Id> = vec![formula];
        let mut lines = Vec::new();
        for (symbol, own, name) in self.defined.clone().into_iter().rev() {
            if used.iter().any(|id| self.session.graph().reachable(&[*id]).binary_search(&symbol).is_ok()) {
                used.push(own);
                lines.push(format!("{} = {}", written_name(self.form, &name), self.text(own)));
            }
        }
        lines.reverse();
        lines
    }

    /// The symbol of the derivative of a node.
    fn opened(&mut self, of: Id) -> Result<Id, Error> {
        if let Some(k) = self.place.get(&of) {
            return Ok(self.open[*k].symbol);
        }
        let dims = self.session.graph().dims(of).to_vec();
        // Behind all other names, as people write the derivative last.
        let name = format!("⟧{}⟧{}⟦", self.open.len(), of.index());
        let symbol = self.graph().tensor_symbol(&name, Role::Variable, &dims, Assumptions::default());
        let in_full = self.in_full(of);
        let (x, moved) = (self.symbol, self.moved);
        let whole = derivatives::jvp(self.graph(), in_full, &[x], &[moved])?;
        let texts = [written_name(self.form, &name), self.open_text(of)];
        self.place.insert(of, self.open.len());
        self.open.push(Open { symbol, of, whole, texts });
        Ok(symbol)
    }

    /// `d/dw(2 + 3*w)`, `da/dw`, `d(X' @ X)`.
    fn open_text(&mut self, of: Id) -> String {
        let name = self.defined.iter().find(|(symbol, ..)| *symbol == of).map(|(.., name)| name.clone());
        let name = name.or_else(|| (of == self.symbol).then(|| self.name.clone()));
        let several = self.session.document.is_partial(std::slice::from_ref(&self.name));
        match (name, self.differential, self.is_latex()) {
            (Some(name), false, _) => heading(self.form, &name, &[&self.name], several),
            (Some(name), true, true) => format!("\\mathrm{{d}} {}", written_name(self.form, &name)),
            (Some(name), true, false) => format!("d({name})"),
            (None, false, true) => {
                let head = heading(self.form, "", &[&self.name], several);
                format!("{head} \\left({}\\right)", self.text(of))
            }
            (None, false, false) => format!("{}({})", heading(self.form, "", &[&self.name], several), self.text(of)),
            (None, true, true) => format!("\\mathrm{{d}}\\left({}\\right)", self.text(of)),
            (None, true, false) => format!("d({})", self.text(of)),
        }
    }

    /// A formula as it stands, with derivatives that are not worked out.
    fn text(&mut self, id: Id) -> String {
        let graph = self.session.graph();
        let printed =
            wrt_view::print_with(graph, id, self.form, &Options { names: &[], written: graph.len(), one_text: true });
        let mut text = printed.line();
        for open in &self.open {
            text = text.replace(&open.texts[0], &open.texts[1]);
        }
        self.with_differential(text)
    }

    /// The text, in which the differential of the name is called as people do.
    fn with_differential(&self, text: String) -> String {
        if !self.differential {
            return text;
        }
        let symbol = written_name(self.form, self.session.graph().symbol_name(self.moved));
        let own = written_name(self.form, &self.name);
        let own = if self.is_latex() { format!("\\mathrm{{d}} {own}") } else { format!("d{own}") };
        text.replace(&symbol, &own)
    }

    fn line(&mut self, id: Id, rules: Vec<String>) -> Result<StepLine, Error> {
        let text = self.text(id);
        let mut whole = Substitution::default();
        self.open.iter().for_each(|o| whole.set(o.symbol, o.whole));
        let done = whole.apply(self.session.graph_mut(), id);
        let full = self.in_full(done);
        let mut chosen = Substitution::default();
        chosen.set(self.symbol, self.x);
        Ok(StepLine { text, rules, id: chosen.apply(self.graph(), full) })
    }

    /// The derivative of a line that a reader meets first.
    fn first_open(&mut self, line: Id) -> Option<usize> {
        let graph = self.session.graph();
        let below = graph.reachable(&[line]);
        let open: Vec<usize> =
            (0..self.open.len()).filter(|k| below.binary_search(&self.open[*k].symbol).is_ok()).collect();
        if open.len() < 2 {
            return open.first().copied();
        }
        let options = Options { names: &[], written: graph.len(), one_text: true };
        let text = wrt_view::print_with(graph, line, self.form, &options).line();
        open.into_iter().min_by_key(|k| text.find(&self.open[*k].texts[0]).unwrap_or(usize::MAX))
    }

    /// What the rules make of an open derivative, and which rules.
    fn worked_out(&mut self, k: usize) -> Result<(Id, Vec<String>), Error> {
        let of = self.open[k].of;
        if of == self.symbol {
            return Ok((self.moved, vec![itself(&self.name, self.differential)]));
        }
        if !self.depends(of) {
            return Ok((self.open[k].whole, vec!["constant".to_string()]));
        }
        if let Some((_, formula, name)) = self.defined.iter().find(|(symbol, ..)| *symbol == of).cloned() {
            return Ok((self.opened(formula)?, vec![format!("definition of {name}")]));
        }
        let arguments = arguments(self.session.graph(), of);
        let moving: Vec<Id> = arguments.iter().copied().filter(|c| self.depends(*c)).collect();
        let mut rules = rules(self.session.graph(), of, &moving, self.symbol);
        if rules.is_empty() {
            rules.push(itself(&self.name, self.differential));
        }
        if let Some(quotient) = self.quotient(of)? {
            return Ok((quotient, rules));
        }
        let terms = self.every && matches!(self.session.graph().node(of), Node::Sum(_));
        let told = if terms { &arguments } else { &moving };
        let along = told.iter().map(|c| self.direction(*c)).collect::<Result<Vec<Id>, Error>>()?;
        let found = self.pushed(of, told, &along)?;
        // The same of the differential as of what moves: a slice, a running sum, what is solved for.
        if let (Node::Operation(own, _), Node::Operation(made, _)) =
            (self.session.graph().node(of), self.session.graph().node(found))
            && own == made
        {
            rules = vec!["linear".to_string()];
        }
        Ok((found, rules))
    }

    /// How an argument moves: by its derivative, which is open, or known if it is trivial.
    fn direction(&mut self, argument: Id) -> Result<Id, Error> {
        if argument == self.symbol && !self.every { Ok(self.moved) } else { self.opened(argument) }
    }

    /// Forward mode of one node, in which the arguments stand for themselves.
    fn pushed(&mut self, of: Id, arguments: &[Id], along: &[Id]) -> Result<Id, Error> {
        let (mut cut, mut back) = (Substitution::default(), Substitution::default());
        let mut symbols = Vec::with_capacity(arguments.len());
        for argument in arguments {
            let dims = self.session.graph().dims(*argument).to_vec();
            let known = known_of(self.session.graph(), *argument);
            // A session may be asked for several derivations: a name has the shape of what it stands for.
            let name = format!("⟦{of:?} {argument:?}⟧");
            let symbol = self.graph().tensor_symbol(&name, Role::Variable, &dims, known);
            cut.set(*argument, symbol);
            back.set(symbol, *argument);
            symbols.push(symbol);
        }
        let node = cut.apply(self.graph(), of);
        let made = derivatives::jvp(self.graph(), node, &symbols, along)?;
        let shown = self.session.simplify(made).id;
        Ok(back.apply(self.graph(), shown))
    }

    /// (u'v - u v')/v^2, where a product has one divisor that moves and something else that does.
    fn quotient(&mut self, of: Id) -> Result<Option<Id>, Error> {
        let Some((above, below)) = divided(self.session.graph(), of) else { return Ok(None) };
        if !self.depends(below) || !above.iter().any(|f| self.depends(*f)) {
            return Ok(None);
        }
        let above = self.graph().product(&above);
        let (up, down) = (self.direction(above)?, self.direction(below)?);
        let graph = self.graph();
        let (first, second, two) = (graph.mul(up, below), graph.mul(above, down), graph.integer(-2));
        let difference = graph.sum(&[Term::one(first), Term::new(Number::integer(-1), second)]);
        let divisor = graph.map(Primitive::Pow, &[below, two]);
        Ok(Some(graph.mul(difference, divisor)))
    }

    /// The last line: the form for people of the line before, which keeps its order; its value is that of the derivative
    /// which the rules give at once.
    fn simplified(&mut self, root: Id, line: Id) -> Result<StepLine, Error> {
        let (x, moved) = (self.x, self.moved);
        let made = derivatives::jvp(self.graph(), root, &[x], &[moved])?;
        let worked_out = self.in_full(line);
        let whole = !self.differential && self.symbol == self.x;
        let text = self.for_people(worked_out, self.symbol, whole.then_some(root)).concat();
        Ok(StepLine { text, rules: vec!["simplified".to_string()], id: made })
    }

    /// The form for people of a derivative, perhaps of a whole formula, and before it what it calls by names that the text
    /// has not.
    fn for_people(&mut self, made: Id, by: Id, of: Option<Id>) -> [String; 2] {
        let mut shown = self.session.simplify_all(&[made], &[by]);
        if let Some(of) = of {
            self.session.term_by_term(of, &[by], self.session.document.written, &mut shown);
        }
        let shown = shown.swap_remove(0).id;
        let block = self.session.let_block(&[shown], self.form, &[]);
        let own = |name: &str| self.defined.iter().any(|(.., n)| written_name(self.form, n) == name);
        let (mut bindings, mut result) = (String::new(), String::new());
        for line in block.lines() {
            match line {
                Line::Binding(name, formula) if !own(name) => bindings.push_str(&format!("{name} = {formula}; ")),
                Line::Binding(..) => {}
                Line::Result(k) => result.push_str(&block.results[k].result),
            }
        }
        [bindings, result].map(|text| self.with_differential(text))
    }

    /// `so dJ/dX = 2*X`
    fn conclusion(&mut self, function: &str, partial: bool) -> Result<String, Error> {
        let (root, x) = (self.session.root(), self.x);
        let made = derivatives::gradient(self.graph(), root, &[x])?[0];
        let head = heading(self.form, function, &[&self.name], partial);
        let [bindings, formula] = self.for_people(made, x, Some(root));
        Ok(format!("{bindings}{head} = {formula}"))
    }
}

/// What is said of the name itself.
fn itself(name: &str, differential: bool) -> String {
    if differential { format!("d({name}) = d{name}") } else { format!("d{name}/d{name} = 1") }
}

/// The arguments of a node, each once.
fn arguments(graph: &Graph, id: Id) -> Vec<Id> {
    let mut all = Vec::new();
    graph.for_each_child(id, |c| {
        if !all.contains(&c) {
            all.push(c);
        }
    });
    all
}

/// The factors of a quotient, and what they are divided by.
fn divided(graph: &Graph, id: Id) -> Option<(Vec<Id>, Id)> {
    let Node::Contraction(factors, LabelsId::SCALAR) = graph.node(id) else { return None };
    let below = |f: &Id| match graph.node(*f) {
        Node::Map(Primitive::Pow, [base, power])
            if graph.as_number(*power).is_some_and(|n| *n == Number::integer(-1)) =>
        {
            Some(*base)
        }
        _ => None,
    };
    let divisors: Vec<Id> = factors.iter().filter_map(below).collect();
    let [divisor] = divisors[..] else { return None };
    let above: Vec<Id> = factors.iter().copied().filter(|f| below(f).is_none()).collect();
    (!above.is_empty()).then_some((above, divisor))
}

/// The names of the rules for a node whose arguments move.
fn rules(graph: &Graph, of: Id, moving: &[Id], x: Id) -> Vec<String> {
    let inner = moving.iter().any(|c| *c != x);
    let mut rules: Vec<String> = match graph.node(of) {
        Node::Sum([one]) if one.coefficient.is_one() => Vec::new(),
        Node::Sum([_]) => vec!["constant factor".into()],
        Node::Sum(terms) => {
            let factors = terms.iter().any(|t| !t.coefficient.abs().is_one() && moving.contains(&t.node));
            let mut rules = vec!["sum rule".to_string()];
            rules.extend(factors.then(|| "constant factor".to_string()));
            rules
        }
        Node::Contraction(_, LabelsId::SCALAR) => match divided(graph, of) {
            Some((above, below))
                if moving.len() > 1 || above.iter().any(|f| moving.contains(f)) && moving.contains(&below) =>
            {
                vec!["quotient rule".into()]
            }
            _ if moving.len() > 1 => vec!["product rule".into()],
            _ => vec!["constant factor".into()],
        },
        Node::Contraction(factors, _) => {
            let times = factors.iter().filter(|f| moving.contains(f)).count();
            vec![if times > 1 { "product rule".into() } else { "linear".into() }]
        }
        Node::Map(Primitive::Pow, [base, power]) => {
            let (base, power) = (moving.contains(base), moving.contains(power));
            match (base, power) {
                (true, false) => vec!["power rule".into()],
                (false, true) => vec!["exponential rule".into()],
                _ => vec!["power rule".into(), "exponential rule".into()],
            }
        }
        Node::Map(Primitive::Select, _) => return vec!["branch by branch".into()],
        Node::Map(p, _) => vec![format!("derivative of {}", p.name())],
        Node::Operation(o, _) => vec![format!("derivative of {}", o.name())],
        Node::Number(_) | Node::Constant(_) | Node::Symbol(_) => Vec::new(),
    };
    let chained = matches!(graph.node(of), Node::Map(..));
    rules.extend((inner && chained).then(|| "chain rule".to_string()));
    rules
}

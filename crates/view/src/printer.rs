//! One node's text, with an explicit stack of pieces still to write.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};

use wrt_core::{Constant, Form as Written, Graph, Id, Node, Number, Primitive, Term, ValueKind, work};

use crate::code::{self, Place, PowerStyle};
use crate::form::{Form, superscript};
use crate::names;
use crate::split::{Factors, Fraction, Power, Split, split};
use crate::template::{self, Slot, slots};

/// How tightly a text holds together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Level {
    Compare,
    Sum,
    Product,
    Minus,
    Power,
    Atom,
}

/// A piece still to write.
enum Piece {
    Text(&'static str),
    Owned(String),
    /// A node, in parentheses if it holds together less than this.
    Node(Id, Level),
    /// A node as a truth value: the condition of a `where`.
    Condition(Id),
    /// A node that a method is called on: the literals that give it its type say so.
    Receiver(Id),
    /// From here on literals are those of a receiver, or no longer.
    Typed(bool),
    /// A node's terms without parentheses, the first one's sign included.
    Factor(Id, Power, Level),
    Number(Number, Level),
    Product(Split),
}

pub(crate) struct Printer<'g> {
    pub(crate) graph: &'g Graph,
    pub(crate) form: Form,
    /// The names of nodes that are written out elsewhere.
    pub(crate) bindings: &'g HashMap<Id, String>,
    /// The same names, to be looked up.
    bound: HashSet<&'g str>,
    /// What has no text in this form, once something was found.
    pub(crate) missing: Cell<Option<&'static str>>,
    /// Do literals say their type?
    typed: Cell<bool>,
}

impl<'g> Printer<'g> {
    pub(crate) fn new(graph: &'g Graph, form: Form, bindings: &'g HashMap<Id, String>) -> Printer<'g> {
        let bound = bindings.values().map(String::as_str).collect();
        Printer { graph, form, bindings, bound, missing: Cell::new(None), typed: Cell::new(false) }
    }
}

impl Printer<'_> {
    /// The text of a node; of the node itself, if it is a part.
    pub(crate) fn text(&self, root: Id) -> String {
        let mut out = String::with_capacity(64);
        let mut stack = Vec::with_capacity(16);
        match self.graph.node(root) {
            Node::Number(n) => self.number(n, Level::Compare, Place::Alone, &mut out),
            _ => self.node(root, Level::Compare, &mut stack),
        }
        while let Some(piece) = stack.pop() {
            work::step(1);
            match piece {
                Piece::Text(t) => out.push_str(t),
                Piece::Owned(t) => out.push_str(&t),
                Piece::Number(n, level) => self.number(&n, level, Place::Operand, &mut out),
                Piece::Node(id, level) => match (self.bindings.get(&id), self.graph.node(id)) {
                    (Some(name), _) => out.push_str(&self.name(name)),
                    (None, Node::Number(n)) => self.number(n, level, Place::Alone, &mut out),
                    (None, _) => self.node(id, level, &mut stack),
                },
                Piece::Condition(id) => self.condition(id, &mut stack),
                Piece::Receiver(id) => self.receiver(id, &mut stack),
                Piece::Typed(typed) => self.typed.set(typed),
                Piece::Factor(base, power, level) => self.power(base, power, level, &mut stack),
                Piece::Product(product) => self.product(product, &mut stack),
            }
        }
        out
    }

    pub(crate) fn name(&self, name: &str) -> String {
        names::written(self.form, name, &|other| self.graph.find_symbol(other).is_some() || self.bound.contains(other))
    }

    fn open(&self) -> &'static str {
        if self.form.is_latex() { "\\left(" } else { "(" }
    }

    fn close(&self) -> &'static str {
        if self.form.is_latex() { "\\right)" } else { ")" }
    }

    /// Pushes what `write` pushes, in parentheses if `own` holds together less than `wanted`.
    fn enclosed(&self, own: Level, wanted: Level, stack: &mut Vec<Piece>, write: impl FnOnce(&mut Vec<Piece>)) {
        let needed = own < wanted;
        if needed {
            stack.push(Piece::Text(self.close()));
        }
        write(stack);
        if needed {
            stack.push(Piece::Text(self.open()));
        }
    }

    fn number(&self, n: &Number, level: Level, place: Place, out: &mut String) {
        let place = if self.typed.get() { Place::Receiver } else { place };
        let text = n.abs().to_string();
        let scientific = text.split_once("e-").filter(|_| self.form.is_latex());
        let own = number_level(n).min(if scientific.is_some() { Level::Product } else { Level::Atom });
        if own < level {
            out.push_str(self.open());
        }
        if let Some((digits, power)) = scientific {
            let sign = if n.is_negative() { "-" } else { "" };
            out.push_str(&format!("{sign}{digits} \\cdot 10^{{-{power}}}"));
            if own < level {
                out.push_str(self.close());
            }
            return;
        }
        match (self.form, text.split_once('/')) {
            (f, _) if f.is_code() => match code::number(f, n, place) {
                Some(literal) => out.push_str(&literal),
                None => self.missing.set(Some("a number beyond the range of doubles")),
            },
            (f, Some((p, q))) if f.is_latex() => {
                let sign = if n.is_negative() { "-" } else { "" };
                out.push_str(&format!("{sign}\\frac{{{p}}}{{{q}}}"));
            }
            _ => out.push_str(&n.to_string()),
        }
        if own < level {
            out.push_str(self.close());
        }
    }

    fn constant(&self, constant: Constant) -> &'static str {
        match (constant, self.form) {
            (Constant::Pi, Form::Unicode) => "π",
            (Constant::Pi, Form::Latex | Form::MathMl) => "\\pi",
            (Constant::Pi, Form::Rust) => "std::f64::consts::PI",
            // Standard C has no names for these.
            (Constant::Pi, Form::C) => "3.141592653589793",
            (Constant::Pi, Form::NumPy) => "np.pi",
            (Constant::Pi, Form::Jax) => "jnp.pi",
            (Constant::E, Form::Rust) => "std::f64::consts::E",
            (Constant::E, Form::C) => "2.718281828459045",
            (Constant::E, Form::NumPy) => "np.e",
            (Constant::E, Form::Jax) => "jnp.e",
            _ => constant.name(),
        }
    }

    fn node(&self, id: Id, level: Level, stack: &mut Vec<Piece>) {
        match self.graph.node(id) {
            Node::Number(n) => stack.push(Piece::Number(n.clone(), level)),
            Node::Constant(c) => stack.push(Piece::Text(self.constant(c))),
            Node::Symbol(s) => stack.push(Piece::Owned(self.name(&s.name))),
            Node::Sum(terms) if terms.len() > 1 => {
                self.enclosed(Level::Sum, level, stack, |stack| self.sum(terms, stack));
            }
            Node::Sum(_) | Node::Contraction(..) | Node::Map(Primitive::Pow, _) => self.factors(id, level, stack),
            Node::Map(primitive, args) => self.map(primitive, args, level, stack),
            // Tensors are written by `matrix`; an operation within a scalar formula is a name there.
            Node::Operation(operation, _) => stack.push(Piece::Text(operation.name())),
        }
    }

    fn split(&self, id: Id) -> Split {
        let split = split(self.graph, id, &|c| self.bindings.contains_key(&c));
        // A division is dear.
        if self.form.is_code() { split.joined() } else { split }
    }

    /// The terms with those of sums within the sum in their places, so that each shows its own sign.
    fn flattened<'t>(&'t self, terms: &'t [Term]) -> Vec<&'t Term> {
        let mut flat = Vec::with_capacity(terms.len());
        let mut stack: Vec<&Term> = terms.iter().rev().collect();
        while let Some(term) = stack.pop() {
            match self.graph.node(term.node) {
                Node::Sum(inner)
                    if inner.len() > 1 && term.coefficient.is_one() && !self.bindings.contains_key(&term.node) =>
                {
                    stack.extend(inner.iter().rev());
                }
                _ => flat.push(term),
            }
        }
        flat
    }

    fn sum(&self, terms: &[Term], stack: &mut Vec<Piece>) {
        for (k, term) in self.flattened(terms).into_iter().enumerate().rev() {
            let whole = || Split::whole(term.node);
            let named = self.bindings.contains_key(&term.node);
            let mut product = if named { whole() } else { self.split(term.node) };
            let coefficient = product.coefficient.0.checked_mul(&term.coefficient).unwrap_or_else(|| {
                product = whole();
                term.coefficient.clone()
            });
            product.coefficient.0 = coefficient;
            let negative = product.coefficient.0.is_negative();
            if k > 0 && negative {
                product.coefficient.0 = -&product.coefficient.0;
            }
            stack.push(Piece::Product(product));
            stack.push(Piece::Text(match (k, negative) {
                (0, _) => "",
                (_, true) => " - ",
                (_, false) => " + ",
            }));
        }
    }

    /// A single term, product or power.
    fn factors(&self, id: Id, level: Level, stack: &mut Vec<Piece>) {
        let product = self.split(id);
        let c = &product.coefficient.0;
        let own = match (c.is_negative(), product.single().filter(|_| c.is_one())) {
            (true, _) => Level::Sum,
            (false, Some(power)) => self.power_level(power),
            (false, None) => Level::Product,
        };
        let one_bar = product.fractions.len() == 1 && product.has_bar();
        let own = if own == Level::Product && self.form.is_latex() && one_bar { Level::Minus } else { own };
        self.enclosed(own, level, stack, |stack| stack.push(Piece::Product(product)));
    }

    /// How a power of this base is written.
    fn style(&self, base: Id, exponent: Option<&Number>) -> PowerStyle {
        let literal = self.graph.as_number(base).is_some_and(|b| b.is_zero() || b.is_negative());
        code::power(self.form, exponent, literal)
    }

    fn power_level(&self, (base, power): (Id, Power)) -> Level {
        match self.exponent(power) {
            Some(e) if *e == Number::HALF => template::level(spelling(Primitive::Sqrt, self.form), 1),
            Some(e) if !e.is_one() && matches!(self.style(base, Some(e)), PowerStyle::Call(..)) => Level::Atom,
            None if matches!(self.style(base, None), PowerStyle::Call(..)) => Level::Atom,
            _ => Level::Power,
        }
    }

    fn exponent(&self, power: Power) -> Option<&Number> {
        match power {
            Power::One => Some(&Number::ONE),
            Power::Node(e) | Power::Negated(e) => self.graph.as_number(e),
        }
    }

    fn product(&self, product: Split, stack: &mut Vec<Piece>) {
        let Split { coefficient, fractions } = product;
        let mut c = coefficient.0;
        let negative = c.is_negative();
        if negative {
            c = -&c;
        }
        // A fraction's parts go above and below the bar; a decimal stays one number.
        let (mut top, mut bottom) = (c.clone(), Number::ONE);
        if let (Some((p, q)), true) = (c.as_small(), c.prints_as_fraction()) {
            (top, bottom) = (Number::integer(p), Number::integer(q as i64));
        }
        for (k, fraction) in fractions.into_iter().enumerate().rev() {
            let (own, under) = if k == 0 { (top.clone(), bottom.clone()) } else { (Number::ONE, Number::ONE) };
            self.fraction((own, under), fraction, stack);
            if k > 0 {
                stack.push(Piece::Text(self.times()));
            }
        }
        if negative {
            stack.push(Piece::Text("-"));
        }
    }

    /// Factors with numbers in front above and below a bar, if there is one.
    fn fraction(&self, (top, bottom): (Number, Number), fraction: Fraction, stack: &mut Vec<Piece>) {
        let Fraction { above, below } = fraction;
        let has_bottom = !below.is_empty() || !bottom.is_one();
        let show_top = !top.is_one() || above.is_empty();
        let latex_bar = self.form.is_latex() && has_bottom;
        if latex_bar {
            stack.push(Piece::Text("}"));
            self.chain(None, bottom, below, Level::Compare, stack);
            stack.push(Piece::Text("}{"));
            self.chain(show_top.then_some(top), Number::ONE, above, Level::Compare, stack);
            stack.push(Piece::Text("\\frac{"));
            return;
        }
        if has_bottom {
            let count = below.len() + !bottom.is_one() as usize;
            if count > 1 {
                stack.push(Piece::Text(")"));
            }
            self.chain(None, bottom, below, if count > 1 { Level::Product } else { Level::Power }, stack);
            stack.push(Piece::Text(if count > 1 { "/(" } else { "/" }));
        }
        self.chain(show_top.then_some(top), Number::ONE, above, Level::Product, stack);
    }

    /// Factors joined by the sign of multiplication; `level` is for a factor that stands alone.
    fn chain(&self, top: Option<Number>, bottom: Number, factors: Factors, level: Level, stack: &mut Vec<Piece>) {
        let lead = top.or(if bottom.is_one() { None } else { Some(bottom) });
        let alone = factors.len() + lead.is_some() as usize == 1;
        // Within a product a factor must hold together like one; alone, only as its surroundings ask.
        let inner = if alone { level } else { Level::Minus };
        for (k, (base, power)) in factors.into_iter().enumerate().rev() {
            stack.push(Piece::Factor(base, power, inner));
            if k > 0 || lead.is_some() {
                stack.push(Piece::Text(self.times()));
            }
        }
        if let Some(n) = lead {
            stack.push(Piece::Number(n, if alone { level } else { Level::Product }));
        }
    }

    fn times(&self) -> &'static str {
        match self.form {
            Form::Unicode => "·",
            Form::Latex | Form::MathMl => " \\, ",
            _ => "*",
        }
    }

    fn power(&self, base: Id, power: Power, level: Level, stack: &mut Vec<Piece>) {
        let exponent = match power {
            Power::One => return stack.push(Piece::Node(base, level)),
            Power::Node(e) | Power::Negated(e) => e,
        };
        let magnitude = self.graph.as_number(exponent).map(Number::abs);
        match (&magnitude, self.form) {
            (Some(n), _) if n.is_one() => stack.push(Piece::Node(base, level)),
            (Some(n), _) if *n == Number::HALF => self.map(Primitive::Sqrt, &[base], level, stack),
            (Some(n), Form::Unicode) if n.is_integer() => {
                stack.push(Piece::Owned(superscript(&n.to_string())));
                stack.push(Piece::Node(base, Level::Atom));
            }
            (Some(n), form) if form.is_latex() && self.raised(base, n, stack) => {}
            (magnitude, form) => match self.style(base, magnitude.as_ref()) {
                PowerStyle::Call(before, between, after, atomic) => {
                    stack.push(Piece::Text(after));
                    match magnitude {
                        Some(n) if between == ".powi(" => stack.push(Piece::Owned(n.to_string())),
                        Some(n) => stack.push(Piece::Number(n.clone(), Level::Compare)),
                        None => stack.push(Piece::Node(exponent, Level::Compare)),
                    }
                    stack.push(Piece::Text(between));
                    stack.push(if atomic { Piece::Receiver(base) } else { Piece::Node(base, Level::Compare) });
                    stack.push(Piece::Text(before));
                }
                PowerStyle::Infix(sign) => {
                    let latex = form.is_latex();
                    let wanted = if latex { Level::Compare } else { Level::Atom };
                    if latex {
                        stack.push(Piece::Text("}"));
                    }
                    match magnitude {
                        Some(n) => stack.push(Piece::Number(n.clone(), wanted)),
                        None => stack.push(Piece::Node(exponent, wanted)),
                    }
                    stack.push(Piece::Text(if latex { "^{" } else { sign }));
                    stack.push(Piece::Node(base, Level::Atom));
                }
            },
        }
    }

    /// LaTeX writes a power of a function's value behind its name: `\sin^{2}\left(x\right)`; is this such a power?
    fn raised(&self, base: Id, exponent: &Number, stack: &mut Vec<Piece>) -> bool {
        let Node::Map(primitive, args) = self.graph.node(base) else { return false };
        let raised = template::raised(primitive.row().spelling.latex);
        let Some((name, argument)) = raised.filter(|_| exponent.is_integer() && !self.bindings.contains_key(&base))
        else {
            return false;
        };
        self.template(argument, args, stack);
        stack.push(Piece::Owned(format!("{name}^{{{exponent}}}")));
        true
    }

    /// What a method is called on. Where it is made of literals alone they carry the type.
    fn receiver(&self, id: Id, stack: &mut Vec<Piece>) {
        if self.form == Form::Rust && !self.has_type(id) {
            let outside = self.typed.replace(true);
            stack.push(Piece::Typed(outside));
        }
        stack.push(Piece::Node(id, Level::Atom));
    }

    /// Is there anything in it but literals that tells Rust its type?
    fn has_type(&self, root: Id) -> bool {
        let (mut stack, mut seen) = (vec![root], HashSet::new());
        while let Some(id) = stack.pop() {
            match self.graph.node(id) {
                _ if !seen.insert(id) => {}
                _ if self.bindings.contains_key(&id) => return true,
                Node::Number(_) => {}
                Node::Sum(terms) => stack.extend(terms.iter().map(|t| t.node)),
                Node::Contraction(factors, _) => stack.extend(factors),
                Node::Map(Primitive::Pow, &[base, e]) if self.graph.as_number(e).is_some_and(|e| e.abs().is_one()) => {
                    stack.push(base);
                }
                Node::Map(primitive, args) => match template::branches(primitive.row().spelling.rust, args.len()) {
                    Some(branches) => stack.extend(branches.iter().filter_map(|k| args.get(*k))),
                    None => return true,
                },
                _ => return true,
            }
        }
        false
    }

    /// A truth value: a comparison as it stands, a number by comparing it with zero.
    fn condition(&self, id: Id, stack: &mut Vec<Piece>) {
        match (self.graph.node(id), code::number_as_truth(self.form)) {
            (Node::Map(primitive, args), _) if is_truth(primitive) && !self.bindings.contains_key(&id) => {
                self.spelled(primitive, args, Level::Compare, stack);
            }
            (_, Some(comparison)) => {
                stack.push(Piece::Text(comparison));
                stack.push(Piece::Node(id, Level::Sum));
            }
            (_, None) => stack.push(Piece::Node(id, Level::Compare)),
        }
    }

    fn map(&self, primitive: Primitive, args: &[Id], level: Level, stack: &mut Vec<Piece>) {
        match code::truth_as_number(self.form) {
            Some((before, after)) if is_truth(primitive) => {
                stack.push(Piece::Text(after));
                self.spelled(primitive, args, Level::Compare, stack);
                stack.push(Piece::Text(before));
            }
            _ => self.spelled(primitive, args, level, stack),
        }
    }

    /// As the primitive's row says; a comparison as a truth value.
    fn spelled(&self, primitive: Primitive, args: &[Id], level: Level, stack: &mut Vec<Piece>) {
        let row = primitive.row();
        let template = match (row.form, self.form) {
            (Written::Infix(sign), Form::Text | Form::Index) => {
                return self.enclosed(Level::Compare, level, stack, |stack| {
                    stack.push(Piece::Node(args[1], Level::Sum));
                    stack.push(Piece::Owned(format!(" {sign} ")));
                    stack.push(Piece::Node(args[0], Level::Sum));
                });
            }
            (_, Form::Text | Form::Index) => return self.call(row.name, args, row.defaults, stack),
            (_, form) => spelling(primitive, form),
        };
        if template.is_empty() {
            return self.missing.set(Some(row.name));
        }
        self.enclosed(template::level(template, args.len()), level, stack, |stack| {
            // What is chosen by a truth value.
            let condition = (primitive == Primitive::Select).then_some(0);
            self.filled(template, args, condition, stack);
        });
    }

    /// `name(x, y)`, without trailing arguments that have their usual value.
    fn call(&self, name: &'static str, args: &[Id], defaults: &[(i64, i64)], stack: &mut Vec<Piece>) {
        let usual = |k: usize| {
            let from = args.len() - defaults.len();
            k >= from
                && self.graph.as_number(args[k]) == Number::ratio(defaults[k - from].0, defaults[k - from].1).as_ref()
        };
        let shown = (0..args.len()).rev().find(|&k| !usual(k)).map_or(0, |k| k + 1);
        stack.push(Piece::Text(")"));
        for k in (0..shown).rev() {
            stack.push(Piece::Node(args[k], Level::Compare));
            if k > 0 {
                stack.push(Piece::Text(", "));
            }
        }
        stack.push(Piece::Text("("));
        stack.push(Piece::Text(name));
    }

    fn template(&self, template: &'static str, args: &[Id], stack: &mut Vec<Piece>) {
        self.filled(template, args, None, stack);
    }

    /// Fills a spelling; one argument may be a truth value.
    fn filled(&self, template: &'static str, args: &[Id], condition: Option<usize>, stack: &mut Vec<Piece>) {
        let pieces = slots(template, args.len());
        for (at, slot) in pieces.iter().enumerate().rev() {
            stack.push(match (*slot, template::wanted(&pieces, at)) {
                (Slot::Integer(k), _) => match self.graph.as_number(args[k]).and_then(code::natural) {
                    Some(literal) => Piece::Owned(literal),
                    None => return self.missing.set(Some(code::NO_LITERAL)),
                },
                (_, Some((k, _))) if Some(k) == condition => Piece::Condition(args[k]),
                (_, Some((k, _))) if template::is_receiver(&pieces, at) && self.form == Form::Rust => {
                    Piece::Receiver(args[k])
                }
                (_, Some((k, level))) => Piece::Node(args[k], level),
                (Slot::Text(text), None) => Piece::Text(text),
                (_, None) => continue,
            });
        }
    }
}

/// Is its value true or false, in languages that have such values?
pub(crate) fn is_truth(primitive: Primitive) -> bool {
    primitive.row().kind == ValueKind::Truth
}

/// The spelling of a primitive in a form; empty where it has none.
pub(crate) fn spelling(primitive: Primitive, form: Form) -> &'static str {
    let row = &primitive.row().spelling;
    match form {
        Form::Text | Form::Index => "",
        Form::Unicode => row.unicode,
        Form::Latex | Form::MathMl => row.latex,
        Form::Rust => row.rust,
        Form::C => row.c,
        Form::NumPy => row.numpy,
        Form::Jax => row.jax,
    }
}

pub(crate) fn number_level(n: &Number) -> Level {
    match (n.is_negative(), n.prints_as_fraction()) {
        (true, _) => Level::Sum,
        (false, true) => Level::Product,
        (false, false) => Level::Atom,
    }
}

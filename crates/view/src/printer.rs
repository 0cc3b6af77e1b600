//! One node's text, with an explicit stack of pieces still to write.

use std::collections::HashMap;

use wrt_core::{Constant, Form as Written, Graph, Id, Node, Number, Primitive, Term};

use crate::code::{self, PowerStyle};
use crate::form::{Form, superscript};
use crate::names;
use crate::split::{Factors, Power, Split, split};
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
    /// A node's terms without parentheses, the first one's sign included.
    Factor(Id, Power, Level),
    Number(Number, Level),
    Product(Split),
}

pub(crate) struct Printer<'g> {
    pub(crate) graph: &'g Graph,
    pub(crate) form: Form,
    /// The names of parts that are written out elsewhere.
    pub(crate) parts: &'g HashMap<Id, String>,
}

impl Printer<'_> {
    /// The text of a node; of the node itself, if it is a part.
    pub(crate) fn text(&self, root: Id) -> String {
        let mut out = String::with_capacity(64);
        let mut stack = Vec::with_capacity(16);
        self.node(root, Level::Compare, &mut stack);
        while let Some(piece) = stack.pop() {
            match piece {
                Piece::Text(t) => out.push_str(t),
                Piece::Owned(t) => out.push_str(&t),
                Piece::Number(n, level) => self.number(&n, level, &mut out),
                Piece::Node(id, level) => match self.parts.get(&id) {
                    Some(name) => out.push_str(&self.name(name)),
                    None => self.node(id, level, &mut stack),
                },
                Piece::Factor(base, power, level) => self.power(base, power, level, &mut stack),
                Piece::Product(product) => self.product(product, &mut stack),
            }
        }
        out
    }

    fn name(&self, name: &str) -> String {
        names::written(self.form, name)
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

    fn number(&self, n: &Number, level: Level, out: &mut String) {
        let own = number_level(n);
        if own < level {
            out.push_str(self.open());
        }
        let text = n.abs().to_string();
        match (self.form, text.split_once('/')) {
            (f, _) if f.is_code() => out.push_str(&code::number(f, n)),
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
            (Constant::Pi, Form::C) => "M_PI",
            (Constant::Pi, Form::NumPy) => "np.pi",
            (Constant::Pi, Form::Jax) => "jnp.pi",
            (Constant::E, Form::Rust) => "std::f64::consts::E",
            (Constant::E, Form::C) => "M_E",
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
        split(self.graph, id, &|c| self.parts.contains_key(&c))
    }

    /// The terms with those of sums within the sum in their places, so that each shows its own sign.
    fn flattened<'t>(&'t self, terms: &'t [Term]) -> Vec<&'t Term> {
        let mut flat = Vec::with_capacity(terms.len());
        let mut stack: Vec<&Term> = terms.iter().rev().collect();
        while let Some(term) = stack.pop() {
            match self.graph.node(term.node) {
                Node::Sum(inner)
                    if inner.len() > 1 && term.coefficient.is_one() && !self.parts.contains_key(&term.node) =>
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
            let mut product = if self.parts.contains_key(&term.node) {
                Split { above: smallvec::smallvec![(term.node, Power::One)], ..Split::default() }
            } else {
                self.split(term.node)
            };
            product.coefficient.0 = &product.coefficient.0 * &term.coefficient;
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
        let single_power = c.is_one() && product.below.is_empty() && product.above.len() == 1;
        let own = match (c.is_negative(), single_power) {
            (true, _) => Level::Sum,
            (false, true) => self.power_level(product.above[0]),
            (false, false) => Level::Product,
        };
        let own =
            if own == Level::Product && self.form.is_latex() && !product.below.is_empty() { Level::Minus } else { own };
        self.enclosed(own, level, stack, |stack| stack.push(Piece::Product(product)));
    }

    fn power_level(&self, (_, power): (Id, Power)) -> Level {
        match self.exponent(power) {
            Some(e) if *e == Number::HALF => Level::Atom,
            _ if matches!(self.form, Form::Rust | Form::C) => Level::Atom,
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
        let Split { coefficient, above, below } = product;
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
        let has_bottom = !below.is_empty() || !bottom.is_one();
        let show_top = !top.is_one() || above.is_empty();
        let latex_bar = self.form.is_latex() && has_bottom;
        if latex_bar {
            stack.push(Piece::Text("}"));
            self.chain(None, bottom, below, Level::Compare, stack);
            stack.push(Piece::Text("}{"));
            self.chain(show_top.then_some(top), Number::ONE, above, Level::Compare, stack);
            stack.push(Piece::Text("\\frac{"));
        } else {
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
        if negative {
            stack.push(Piece::Text("-"));
        }
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
                stack.push(Piece::Text(self.times(k == 0)));
            }
        }
        if let Some(n) = lead {
            stack.push(Piece::Number(n, if alone { level } else { Level::Product }));
        }
    }

    fn times(&self, _after_number: bool) -> &'static str {
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
            (magnitude, form) => match code::power(form, magnitude.as_ref()) {
                PowerStyle::Call(before, between, after, atomic) => {
                    stack.push(Piece::Text(after));
                    match magnitude {
                        Some(n) if between == ".powi(" => stack.push(Piece::Owned(n.to_string())),
                        Some(n) => stack.push(Piece::Number(n.clone(), Level::Compare)),
                        None => stack.push(Piece::Node(exponent, Level::Compare)),
                    }
                    stack.push(Piece::Text(between));
                    self.argument(base, atomic, stack);
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

    /// An argument of a template, in parentheses if it must be atomic.
    fn argument(&self, id: Id, atomic: bool, stack: &mut Vec<Piece>) {
        let level = if atomic { Level::Atom } else { Level::Compare };
        let literal = self.graph.as_number(id).filter(|n| self.form == Form::Rust && atomic && n.is_integer());
        match literal {
            // A method call needs a literal of known type.
            Some(n) if !n.is_negative() => stack.push(Piece::Owned(format!("{}_f64", code::number(self.form, n)))),
            _ => stack.push(Piece::Node(id, level)),
        }
    }

    fn map(&self, primitive: Primitive, args: &[Id], level: Level, stack: &mut Vec<Piece>) {
        let row = primitive.row();
        let template = match self.form {
            Form::Text | Form::Index => match row.form {
                Written::Infix(sign) => {
                    return self.enclosed(Level::Compare, level, stack, |stack| {
                        stack.push(Piece::Node(args[1], Level::Sum));
                        stack.push(Piece::Owned(format!(" {sign} ")));
                        stack.push(Piece::Node(args[0], Level::Sum));
                    });
                }
                _ => return self.call(row.name, args, row.defaults, stack),
            },
            Form::Unicode => row.spelling.unicode,
            Form::Latex | Form::MathMl => row.spelling.latex,
            Form::Rust => row.spelling.rust,
            Form::C => row.spelling.c,
            Form::NumPy => row.spelling.numpy,
            Form::Jax => row.spelling.jax,
        };
        if let (Primitive::Select, Form::Rust, Some((a, sign, b))) = (primitive, self.form, self.comparison(args[0])) {
            return stack.extend([
                Piece::Text(" })"),
                Piece::Node(args[2], Level::Compare),
                Piece::Text(" } else { "),
                Piece::Node(args[1], Level::Compare),
                Piece::Text(" { "),
                Piece::Node(b, Level::Sum),
                Piece::Owned(format!(" {sign} ")),
                Piece::Node(a, Level::Sum),
                Piece::Text("(if "),
            ]);
        }
        let own = template::level(template, matches!(row.form, Written::Infix(_)));
        self.enclosed(own, level, stack, |stack| self.template(template, args, stack));
    }

    /// The sides and the sign of a comparison that is written on the spot.
    fn comparison(&self, id: Id) -> Option<(Id, &'static str, Id)> {
        match self.graph.node(id) {
            Node::Map(p, &[a, b]) if !self.parts.contains_key(&id) => match p.row().form {
                Written::Infix(sign) => Some((a, sign, b)),
                _ => None,
            },
            _ => None,
        }
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

    /// Fills a spelling.
    fn template(&self, template: &'static str, args: &[Id], stack: &mut Vec<Piece>) {
        for slot in slots(template, args.len()).into_iter().rev() {
            match slot {
                Slot::Text(text) => stack.push(Piece::Text(text)),
                Slot::Plain(k) => self.argument(args[k], false, stack),
                Slot::Atomic(k) => self.argument(args[k], true, stack),
            }
        }
    }
}

pub(crate) fn number_level(n: &Number) -> Level {
    match (n.is_negative(), n.prints_as_fraction()) {
        (true, _) => Level::Sum,
        (false, true) => Level::Product,
        (false, false) => Level::Atom,
    }
}

//! Notation as text, in each form.

use std::cell::Cell;
use std::collections::HashSet;

use wrt_core::{Constant, Form as Spelled, Number, Primitive};

use super::build::shows;
use super::tree::{Expression, Expressions, Function, Notation, Operator, Product, fraction, number_level};
use super::{ANY_PIECES, PIECES_EACH};
use crate::code::{self, Place, PowerStyle, is_truth};
use crate::form::{Form, superscript};
use crate::template::{self, Level, Slot, slots, spelling};

/// Writes expressions in one form.
pub(super) struct Writer<'a> {
    pub(super) list: &'a Expressions,
    pub(super) form: Form,
    /// How many pieces may still be written.
    pub(super) left: Cell<u32>,
    /// What has no text in this form, once something was found.
    pub(super) missing: Cell<Option<&'static str>>,
    /// Do literals say their type? What Rust calls a method on is made of them alone.
    typed: Cell<bool>,
    names: &'a dyn Fn(&str) -> String,
}

impl<'a> Writer<'a> {
    /// `names` says how names are written.
    pub(super) fn new(list: &'a Expressions, form: Form, names: &'a dyn Fn(&str) -> String) -> Writer<'a> {
        let pieces = u32::try_from(PIECES_EACH.saturating_mul(list.parts())).unwrap_or(u32::MAX);
        let left = Cell::new(pieces.max(ANY_PIECES));
        Writer { list, form, left, missing: Cell::new(None), typed: Cell::new(false), names }
    }
}

impl Writer<'_> {
    /// The text of an expression. Parts bound the depth of the recursion.
    pub(super) fn text(&self, e: Expression) -> String {
        self.held(e, Level::Compare)
    }

    /// The text in parentheses, if it holds together less than `level`.
    pub(super) fn held(&self, e: Expression, level: Level) -> String {
        let (text, own) = self.written(e);
        if own >= level { text } else { self.parentheses(&text) }
    }

    pub(super) fn parentheses(&self, text: &str) -> String {
        if self.latex() { format!("\\left({text}\\right)") } else { format!("({text})") }
    }

    fn latex(&self) -> bool {
        self.form.is_latex()
    }

    fn name(&self, name: &str) -> String {
        (self.names)(name)
    }

    /// The text and how tightly it holds together.
    fn written(&self, e: Expression) -> (String, Level) {
        self.left.set(self.left.get().saturating_sub(1));
        if self.left.get() == 0 {
            return (String::new(), Level::Atom);
        }
        match self.list.notation(e) {
            Notation::Number(n) => self.number(n, Place::Operand),
            Notation::Constant(c) => (self.constant(*c).to_string(), Level::Atom),
            Notation::Name(name) => (self.name(name), Level::Atom),
            Notation::Sum(terms) => (self.sum(terms, self.list.rank(e)), Level::Sum),
            Notation::Product(p) => self.product(p),
            Notation::Transposed(inner) => self.transposed(*inner),
            Notation::Power(base, exponent) => self.power(*base, *exponent),
            Notation::Map(primitive, args) => self.map(*primitive, args),
            Notation::Operation("solve", _, args) if self.latex() && self.untransposed(args).is_some() => {
                let args = self.untransposed(args).unwrap_or_default();
                self.filled("{[0]}^{-\\top} [1]", &args, Level::Minus, None)
            }
            Notation::Operation(_, template, args) => {
                self.filled(template, args, template::level(template, args.len()), None)
            }
            Notation::Call(function, args) => self.call(function, args),
            Notation::Column(v) => self.column(*v),
            Notation::Indexed(inner, indices) => self.indexed(*inner, indices),
            Notation::SumOver(indices, inner) => self.sum_over(indices, *inner),
        }
    }

    /// The text of what stands by itself, where a literal has the type that it says.
    pub(super) fn alone(&self, e: Expression) -> String {
        match self.list.notation(e) {
            Notation::Number(n) => self.number(n, Place::Alone).0,
            _ => self.text(e),
        }
    }

    /// As [`Writer::alone`], in parentheses if it holds together less than `level`.
    fn alone_held(&self, e: Expression, level: Level) -> String {
        match self.list.notation(e) {
            Notation::Number(n) => {
                let (text, own) = self.number(n, Place::Alone);
                if own >= level { text } else { self.parentheses(&text) }
            }
            _ => self.held(e, level),
        }
    }

    /// What a method is called on. Where it is made of literals alone they carry the type.
    fn receiver(&self, e: Expression, level: Level) -> String {
        let untyped = self.form == Form::Rust && !self.has_type(e);
        let outside = self.typed.replace(untyped || self.typed.get());
        let text = self.alone_held(e, level);
        self.typed.set(outside);
        text
    }

    /// Is there anything in it but literals that tells Rust its type?
    fn has_type(&self, e: Expression) -> bool {
        let (mut stack, mut seen) = (vec![e], HashSet::new());
        while let Some(e) = stack.pop() {
            match self.list.notation(e) {
                _ if !seen.insert(e) => {}
                Notation::Number(_) => {}
                Notation::Sum(terms) => stack.extend(terms),
                Notation::Product(p) if p.tensor.is_empty() => stack.extend(p.scalars.iter().chain(&p.below)),
                Notation::Map(primitive, args) => match template::branches(primitive.row().spelling.rust, args.len()) {
                    Some(branches) => stack.extend(branches.iter().filter_map(|k| args.get(*k))),
                    None => return true,
                },
                _ => return true,
            }
        }
        false
    }

    fn number(&self, n: &Number, place: Place) -> (String, Level) {
        let level = number_level(n);
        if self.form.is_code() {
            let place = if self.typed.get() { Place::Receiver } else { place };
            let literal = code::number(self.form, n, place).unwrap_or_else(|| {
                self.missing.set(Some("a number beyond the range of doubles"));
                String::new()
            });
            return (literal, level);
        }
        if !self.latex() {
            return (n.to_string(), level);
        }
        let (sign, text) = (if n.is_negative() { "-" } else { "" }, n.abs().to_string());
        if let Some((p, q)) = text.split_once('/') {
            return (format!("{sign}\\frac{{{p}}}{{{q}}}"), level);
        }
        match text.split_once("e-") {
            Some((digits, power)) => (format!("{sign}{digits} \\cdot 10^{{-{power}}}"), level.min(Level::Product)),
            None => (format!("{sign}{text}"), level),
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

    /// Terms with their signs. In LaTeX a vector that broadcasts is written out as a matrix.
    fn sum(&self, terms: &[Expression], rank: usize) -> String {
        let mut out = String::new();
        for (k, term) in terms.iter().enumerate() {
            let spread = self.latex() && rank == 2 && self.list.rank(*term) == 1;
            // A negative term holds together like a sum; its own sign serves as the sum's.
            let level = if self.list.is_negative(*term) { Level::Sum } else { Level::Product };
            let plain = if spread { self.spread(*term, true) } else { self.held(*term, level) };
            match (k, plain.strip_prefix('-')) {
                (0, _) => out.push_str(&plain),
                (_, Some(rest)) => {
                    out.push_str(" - ");
                    out.push_str(rest);
                }
                (_, None) => {
                    out.push_str(" + ");
                    out.push_str(&plain);
                }
            }
        }
        out
    }

    /// Arguments of which the first is a transpose, without that.
    fn untransposed(&self, args: &[Expression]) -> Option<Vec<Expression>> {
        let (first, others) = args.split_first()?;
        match self.list.notation(*first) {
            Notation::Transposed(inner) => Some([&[*inner], others].concat()),
            _ => None,
        }
    }

    fn transposed(&self, inner: Expression) -> (String, Level) {
        let vector = self.list.rank(inner) < 2;
        match self.form {
            Form::NumPy | Form::Jax if vector => self.written(inner),
            Form::NumPy | Form::Jax => (format!("{}.T", self.held(inner, Level::Atom)), Level::Atom),
            Form::Unicode => (format!("{}ᵀ", self.held(inner, Level::Atom)), Level::Atom),
            Form::Latex | Form::MathMl => {
                let text = match self.list.notation(inner) {
                    // A^{-1} transposed is A^{-⊤}.
                    Notation::Operation("inv", ..) => self.text(inner),
                    _ => self.held(inner, Level::Atom),
                };
                match text.strip_suffix("^{-1}") {
                    Some(matrix) => (format!("{matrix}^{{-\\top}}"), Level::Power),
                    None => (format!("{text}^{{\\top}}"), Level::Power),
                }
            }
            _ => (format!("{}'", self.held(inner, Level::Atom)), Level::Atom),
        }
    }

    fn column(&self, v: Expression) -> (String, Level) {
        if self.latex() {
            return (self.spread(v, false), Level::Product);
        }
        (format!("{}[:, None]", self.held(v, Level::Atom)), Level::Atom)
    }

    fn power(&self, base: Expression, exponent: Expression) -> (String, Level) {
        let number = match self.list.notation(exponent) {
            Notation::Number(n) => Some(n),
            _ => None,
        };
        let held = || self.alone_held(base, Level::Atom);
        let text = match (self.form, number) {
            (Form::Latex | Form::MathMl, _) => {
                let tensor = self.list.rank(base) > 0 || self.list.rank(exponent) > 0;
                let circle = if tensor { "\\circ " } else { "" };
                let power = format!("^{{{circle}{}}}", self.text(exponent));
                // With a circle it would seem to be the function of the function's value.
                let raised = number.filter(|n| n.is_integer() && !tensor).and_then(|_| self.raised(base, &power));
                raised.unwrap_or_else(|| format!("{}{power}", held()))
            }
            (Form::Unicode, Some(n)) if n.is_integer() => format!("{}{}", held(), superscript(&n.to_string())),
            (form, _) if form.is_code() => return self.code_power(base, exponent),
            _ => format!("{}^{}", held(), self.held(exponent, Level::Atom)),
        };
        (text, Level::Power)
    }

    /// A power of a function's value with the exponent behind the name.
    fn raised(&self, base: Expression, power: &str) -> Option<String> {
        let Notation::Map(primitive, args) = self.list.notation(base) else { return None };
        let (name, argument) = template::raised(primitive.row().spelling.latex)?;
        Some(format!("{name}{power}{}", self.filled(argument, args, Level::Atom, None).0))
    }

    fn code_power(&self, base: Expression, exponent: Expression) -> (String, Level) {
        let number = |e| match self.list.notation(e) {
            Notation::Number(n) => Some(n),
            _ => None,
        };
        let literal = number(base).is_some_and(|b| b.is_zero() || b.is_negative());
        match code::power(self.form, number(exponent), literal) {
            PowerStyle::Call(before, between, after, method) => {
                let base = if method { self.receiver(base, Level::Atom) } else { self.alone(base) };
                let exponent = match number(exponent).filter(|_| between == code::POWI) {
                    Some(n) => n.to_string(),
                    None => self.text(exponent),
                };
                (format!("{before}{base}{between}{exponent}{after}"), Level::Atom)
            }
            PowerStyle::Infix(sign) => {
                let exponent = self.held(exponent, Level::Atom);
                (format!("{}{sign}{exponent}", self.alone_held(base, Level::Atom)), Level::Power)
            }
        }
    }

    /// A function of the table; a comparison is a number here.
    fn map(&self, primitive: Primitive, args: &[Expression]) -> (String, Level) {
        match code::truth_as_number(self.form) {
            Some((before, after)) if is_truth(primitive) => {
                (format!("{before}{}{after}", self.spelled(primitive, args).0), Level::Atom)
            }
            _ => self.spelled(primitive, args),
        }
    }

    /// As the primitive's row says; a comparison as a truth value.
    fn spelled(&self, primitive: Primitive, args: &[Expression]) -> (String, Level) {
        let row = primitive.row();
        match (row.form, self.form) {
            (Spelled::Infix(sign), Form::Text | Form::Index) => {
                let (a, b) = (self.held(args[0], Level::Sum), self.held(args[1], Level::Sum));
                (format!("{a} {sign} {b}"), Level::Compare)
            }
            (_, Form::Text | Form::Index) => (self.named_call(row.name, self.shown(args, row.defaults)), Level::Atom),
            (_, form) => {
                let template = spelling(primitive, form);
                if template.is_empty() {
                    self.missing.set(Some(row.name));
                }
                let condition = (primitive == Primitive::Select).then_some(0);
                self.filled(template, args, template::level(template, args.len()), condition)
            }
        }
    }

    /// A truth value: a comparison as it stands, a number by comparing it with zero.
    fn condition(&self, e: Expression) -> String {
        match (self.list.notation(e), code::number_as_truth(self.form)) {
            (Notation::Map(primitive, args), _) if is_truth(*primitive) => self.spelled(*primitive, args).0,
            (_, Some(comparison)) => format!("{}{comparison}", self.held(e, Level::Sum)),
            (_, None) => self.text(e),
        }
    }

    /// The arguments without the last ones that have their usual value.
    fn shown<'l>(&self, args: &'l [Expression], defaults: &[(i64, i64)]) -> &'l [Expression] {
        let mut shown = args.len();
        for (n, d) in defaults.iter().rev() {
            let usual = Number::ratio(*n, *d);
            let is_usual = |e| matches!(self.list.notation(e), Notation::Number(n) if Some(n) == usual.as_ref());
            if shown == 0 || !is_usual(args[shown - 1]) {
                break;
            }
            shown -= 1;
        }
        &args[..shown]
    }

    fn named_call(&self, name: &str, args: &[Expression]) -> String {
        let args: Vec<String> = args.iter().map(|a| self.text(*a)).collect();
        format!("{name}({})", args.join(", "))
    }

    /// Fills a spelling; one argument may be a truth value.
    fn filled(&self, template: &str, args: &[Expression], level: Level, condition: Option<usize>) -> (String, Level) {
        let mut out = String::new();
        let pieces = slots(template, args.len());
        for (at, slot) in pieces.iter().enumerate() {
            match (*slot, template::wanted(&pieces, at)) {
                (Slot::Integer(k), _) => match self.list.notation(args[k]) {
                    Notation::Number(n) if code::natural(n).is_some() => out.push_str(&n.to_string()),
                    _ => self.missing.set(Some(code::NO_LITERAL)),
                },
                (_, Some((k, _))) if Some(k) == condition => out.push_str(&self.condition(args[k])),
                (_, Some((k, level))) if template::is_receiver(&pieces, at) => {
                    out.push_str(&self.receiver(args[k], level));
                }
                (_, Some((k, level))) => {
                    let text = self.alone_held(args[k], level);
                    // An index beside another one.
                    let index = template.starts_with("{[0]}_") && text.contains("_{");
                    if index { out.push_str(&format!("\\left({text}\\right)")) } else { out.push_str(&text) }
                }
                (Slot::Text(text), None) => out.push_str(text),
                (_, None) => {}
            }
        }
        (out, level)
    }

    fn indexed(&self, e: Expression, indices: &[Expression]) -> (String, Level) {
        self.no_index_notation();
        let names: Vec<String> = indices.iter().map(|i| self.text(*i)).collect();
        let base = self.held(e, Level::Atom);
        match self.latex() {
            true if base.contains('_') => (format!("{{\\left({base}\\right)}}_{{{}}}", names.join(" ")), Level::Atom),
            true => (format!("{base}_{{{}}}", names.join(" ")), Level::Atom),
            false => (format!("{base}[{}]", names.join(",")), Level::Atom),
        }
    }

    /// Index notation is no source code.
    fn no_index_notation(&self) {
        if self.form.is_code() {
            self.missing.set(Some("index notation"));
        }
    }

    fn sum_over(&self, indices: &[Expression], e: Expression) -> (String, Level) {
        self.no_index_notation();
        let names: Vec<String> = indices.iter().map(|i| self.text(*i)).collect();
        if self.latex() {
            return (format!("\\sum_{{{}}} {}", names.join(", "), self.held(e, Level::Product)), Level::Product);
        }
        (format!("sum[{}]({})", names.join(","), self.text(e)), Level::Atom)
    }
}

/// Products.
impl Writer<'_> {
    fn product(&self, p: &Product) -> (String, Level) {
        let (top, bottom) = fraction(&p.coefficient.abs());
        let sign = if p.coefficient.is_negative() { "-" } else { "" };
        // n/2*inv(S): a number below the bar stands with the names that it divides, before an array.
        let multiplied = p.tensor.first().is_some_and(|(operator, _)| *operator == Operator::Times);
        if !self.form.is_code() && multiplied && !bottom.is_one() && p.below.is_empty() && !p.scalars.is_empty() {
            let scalars = Product { tensor: Vec::new(), ..p.clone() };
            let array = Product { tensor: p.tensor.clone(), ..Product::one() };
            let (scalars, _) = self.product(&scalars);
            let array = if self.latex() {
                self.latex_factors(None, &array)
            } else {
                self.factors(None, &array.scalars, &array.tensor)
            };
            let times = if self.latex() { " \\, " } else { self.times() };
            let level = if sign.is_empty() { Level::Product } else { Level::Sum };
            return (format!("{scalars}{times}{array}"), level);
        }
        let mut below: Vec<String> = Vec::new();
        if !bottom.is_one() {
            below.push(self.number(&bottom, Place::Operand).0);
        }
        let bar = self.latex();
        // y/(k*x) for y/x/k: a number below the bar stands there with the array, entry by entry.
        let together = !bar && (!below.is_empty() || !p.below.is_empty());
        let (tensor, last) = match p.tensor.as_slice() {
            [front @ .., (Operator::Divide, last)] if together => (front, Some(*last)),
            all => (all, None),
        };
        let count = p.below.len() + below.len() + last.iter().len();
        let level = if bar && count == 1 {
            Level::Compare
        } else if count > 1 {
            Level::Minus
        } else {
            Level::Power
        };
        below.extend(p.below.iter().map(|e| self.alone_held(*e, level)));
        below.extend(last.map(|e| self.held(e, level)));
        let lead = if shows(p) { Some(self.number(&top, Place::Operand).0) } else { None };
        let alone = bar && lead.is_none() && !below.is_empty();
        let above = match (p.scalars.as_slice(), tensor) {
            ([], []) if last.is_some() && lead.is_none() => "1".into(),
            // What stands alone above a bar needs no parentheses.
            ([single], []) | ([], [(Operator::Times, single)]) if alone => self.text(*single),
            _ if bar => self.latex_factors(lead, p),
            _ => self.factors(lead, &p.scalars, tensor),
        };
        let text = match below.as_slice() {
            [] => above,
            _ if bar => format!("\\frac{{{above}}}{{{}}}", below.join(" \\, ")),
            [single] => format!("{above}/{single}"),
            many => format!("{above}/({})", many.join(self.times())),
        };
        let own = match (sign, bar && !below.is_empty()) {
            ("-", _) => Level::Sum,
            (_, true) => Level::Minus,
            _ => Level::Product,
        };
        (format!("{sign}{text}"), own)
    }

    fn times(&self) -> &'static str {
        if self.form == Form::Unicode { "·" } else { "*" }
    }

    /// How tightly a scalar must hold together as a factor: a product of numbers among them needs no parentheses.
    pub(super) fn factor_level(&self, e: Expression) -> Level {
        if self.list.is_product(e) { Level::Product } else { Level::Minus }
    }

    /// The factors above the bar, in one line.
    fn factors(&self, lead: Option<String>, scalars: &[Expression], all: &[(Operator, Expression)]) -> String {
        let mut out = lead.unwrap_or_default();
        for e in scalars {
            if !out.is_empty() {
                out.push_str(self.times());
            }
            out.push_str(&self.alone_held(*e, self.factor_level(*e)));
        }
        let mut tensor = false;
        for (k, (operator, e)) in all.iter().enumerate() {
            let unicode = self.form == Form::Unicode;
            out.push_str(match operator {
                _ if out.is_empty() => "",
                Operator::Times if unicode && tensor => " ⊙ ",
                Operator::Times => self.times(),
                Operator::Matmul if unicode => " ",
                Operator::Matmul => " @ ",
                Operator::Divide => "/",
            });
            let matrix_follows = matches!(all.get(k + 1), Some((Operator::Matmul, next)) if self.list.rank(*next) == 2);
            let sandwich =
                (matrix_follows && *operator != Operator::Divide).then(|| self.scaled_transpose(*e)).flatten();
            let level = if *operator == Operator::Divide { Level::Power } else { Level::Minus };
            out.push_str(&sandwich.unwrap_or_else(|| self.held(*e, level)));
            tensor = true;
        }
        out
    }

    /// `X' @ diag(v)` for `X'*v` before another matrix, as people write it; code multiplies no zeros.
    fn scaled_transpose(&self, e: Expression) -> Option<String> {
        let Notation::Product(p) = self.list.notation(e) else { return None };
        let is_matrix = |(_, e): &(Operator, Expression)| self.list.rank(*e) == 2;
        let at = p.tensor.iter().position(is_matrix)?;
        let mut vectors = p.tensor.clone();
        let (Operator::Times, matrix) = vectors.remove(at) else { return None };
        let transposed = matches!(self.list.notation(matrix), Notation::Transposed(_));
        let scales = p.coefficient.is_one() && p.scalars.is_empty() && p.below.is_empty() && !vectors.is_empty();
        let by_vectors = vectors.iter().all(|(o, v)| *o != Operator::Matmul && self.list.rank(*v) == 1);
        let for_people = matches!(self.form, Form::Text | Form::Unicode) && !self.list.as_written;
        if !(transposed && scales && by_vectors && for_people) {
            return None;
        }
        let one = if vectors[0].0 == Operator::Divide { "1/" } else { "" };
        let diagonal = match vectors[..] {
            [(Operator::Times, single)] => self.text(single),
            _ => self.factors(None, &[], &vectors),
        };
        let sign = if self.form == Form::Unicode { " " } else { " @ " };
        Some(format!("{}{sign}diag({one}{diagonal})", self.held(matrix, Level::Minus)))
    }
}

/// Calls.
impl Writer<'_> {
    fn call(&self, function: &Function, args: &[Expression]) -> (String, Level) {
        match self.form {
            Form::Latex | Form::MathMl => self.latex_call(function, args),
            Form::NumPy => (self.python_call("np", function, args), Level::Atom),
            Form::Jax => (self.python_call("jnp", function, args), Level::Atom),
            Form::Unicode if *function == Function::Norm => (format!("‖{}‖", self.text(args[0])), Level::Atom),
            _ => (self.text_call(function, args), Level::Atom),
        }
    }

    fn text_call(&self, function: &Function, args: &[Expression]) -> String {
        let name = match function {
            Function::Sum(axis) => return self.reduction("sum", *axis, args[0]),
            Function::Mean(axis) => return self.reduction("mean", *axis, args[0]),
            Function::Trace => "tr",
            Function::Diagonal => "diag",
            Function::Outer => "outer",
            Function::Norm => "norm2",
            Function::Frobenius => "normF",
            Function::Ones => "ones",
            Function::Zeros => "zeros",
            Function::Eye => "eye",
            Function::Solve | Function::Einsum(_) => "solve",
        };
        self.named_call(name, args)
    }

    fn reduction(&self, name: &str, axis: Option<usize>, e: Expression) -> String {
        match axis {
            Some(axis) => format!("{name}({}, axis={axis})", self.text(e)),
            None => format!("{name}({})", self.text(e)),
        }
    }

    fn python_call(&self, np: &str, function: &Function, args: &[Expression]) -> String {
        let name = match function {
            Function::Sum(axis) => return self.reduction(&format!("{np}.sum"), *axis, args[0]),
            Function::Mean(axis) => return self.reduction(&format!("{np}.mean"), *axis, args[0]),
            Function::Ones | Function::Zeros => {
                let name = if *function == Function::Ones { "ones" } else { "zeros" };
                let sizes: Vec<String> = args.iter().map(|a| self.text(*a)).collect();
                let shape = if sizes.len() == 1 { sizes.concat() } else { format!("({})", sizes.join(", ")) };
                return format!("{np}.{name}({shape})");
            }
            Function::Einsum(labels) => {
                let args: Vec<String> = args.iter().map(|a| self.text(*a)).collect();
                return format!("{np}.einsum(\"{labels}\", {})", args.join(", "));
            }
            Function::Trace => "trace",
            Function::Diagonal => "diag",
            Function::Outer => "outer",
            Function::Norm | Function::Frobenius => "linalg.norm",
            Function::Eye => "eye",
            Function::Solve => "linalg.solve",
        };
        self.named_call(&format!("{np}.{name}"), args)
    }
}

//! The formulas of loops: names with positions, numbers and signs, and what they are made of.

use std::collections::HashMap;

use wrt_core::{Number, Primitive};

use super::steps::view;
use super::{Making, Read};
use crate::access::row_major;
use crate::program::{BufferId, Constant, Op, Source, View};
use crate::tape::Argument;
use crate::text::{axis_of, register_of};

/// How deep formulas may be nested.
const MAX_DEPTH: usize = 200;

/// The most steps of a loop.
const MAX_STEPS: usize = 1 << 12;

/// A loop's formulas on their way.
pub(super) struct Body<'m> {
    pub(super) making: &'m Making,
    pub(super) sizes: &'m [usize],
    pub(super) sources: Vec<Source>,
    pub(super) steps: Vec<(Op, Vec<Argument>)>,
    /// Values that have a name by now.
    pub(super) named: HashMap<String, Argument>,
    pub(super) kept: Vec<(usize, BufferId)>,
}

impl Body<'_> {
    /// `z[i,j] = x[i,j] + y[j]` or `r3 = …`
    pub(super) fn line(&mut self, text: &str) -> Read<()> {
        let (to, formula) = text.split_once(" = ").ok_or("expected `name = formula`")?;
        let tokens = tokens(formula)?;
        let mut parser = Parser { body: self, tokens: &tokens, at: 0, depth: 0 };
        let value = parser.sum()?;
        if parser.at < tokens.len() {
            return Err(format!("expected the end of the formula, found `{}`", tokens[parser.at]));
        }
        if register_of(to).is_some() {
            self.named.insert(to.to_string(), value);
            return Ok(());
        }
        let own = view(to, self.sizes, self.making)?;
        let whole = View { buffer: own.buffer, offset: 0, strides: row_major(self.sizes) };
        let moves = |k: usize| own.strides[k] == whole.strides[k];
        if own.offset != 0 || !(0..self.sizes.len()).all(|k| self.sizes[k] == 1 || moves(k)) {
            return Err(format!("`{to}` is not a whole array, entry behind entry"));
        }
        // What stands there already is copied.
        let fresh = |k: &usize| self.kept.iter().all(|(other, _)| other != k);
        let step = match value {
            Argument::Own(k) if fresh(&k) => k,
            value => self.push(Op::Copy, vec![value])?,
        };
        self.kept.push((step, own.buffer));
        self.named.insert(to.to_string(), Argument::Own(step));
        Ok(())
    }

    fn push(&mut self, op: Op, args: Vec<Argument>) -> Read<usize> {
        if self.steps.len() >= MAX_STEPS {
            return Err(format!("a loop has at most {MAX_STEPS} operations"));
        }
        self.steps.push((op, args));
        Ok(self.steps.len() - 1)
    }

    fn source(&mut self, source: Source) -> Argument {
        let known = self.sources.iter().position(|s| *s == source);
        Argument::Source(known.unwrap_or_else(|| {
            self.sources.push(source);
            self.sources.len() - 1
        }))
    }
}

/// Names with what stands in their brackets, numbers, and signs.
fn tokens(text: &str) -> Read<Vec<&str>> {
    let mut found = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < text.len() {
        let Some(c) = text[at..].chars().next() else { break };
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
        let mut end = at + c.len_utf8();
        match c {
            ' ' => {
                at = end;
                continue;
            }
            c if c.is_ascii_digit() => end = at + literal(&text[at..]),
            c if is_part(c) => {
                end = at + text[at..].find(|c| !is_part(c)).unwrap_or(text.len() - at);
                if bytes.get(end) == Some(&b'[') {
                    let close = text[end..].find(']').ok_or("expected `]`")?;
                    end += close + 1;
                }
            }
            '+' | '-' | '*' | '/' | '(' | ')' | '{' | '}' | ',' | '^' => {}
            c => return Err(format!("`{}` stands in no formula", c.escape_debug())),
        }
        found.push(&text[at..end]);
        at = end;
    }
    Ok(found)
}

/// How many bytes a number has at the beginning of a text: `12`, `0.01`, `2e-30`.
fn literal(text: &str) -> usize {
    let digits = |from: usize| text[from..].bytes().take_while(u8::is_ascii_digit).count();
    let mut end = digits(0);
    if text[end..].starts_with('.') {
        end += 1 + digits(end + 1);
    }
    if let Some(rest) = text[end..].strip_prefix('e') {
        let sign = usize::from(rest.starts_with('-'));
        let own = digits(end + 1 + sign);
        end += if own > 0 { 1 + sign + own } else { 0 };
    }
    end
}

struct Parser<'b, 'm, 't> {
    body: &'b mut Body<'m>,
    tokens: &'t [&'t str],
    at: usize,
    depth: usize,
}

impl<'t> Parser<'_, '_, 't> {
    fn peek(&self) -> &'t str {
        self.tokens.get(self.at).copied().unwrap_or("")
    }

    fn takes(&mut self, token: &str) -> bool {
        let is_next = self.peek() == token;
        self.at += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, token: &str) -> Read<()> {
        if self.takes(token) { Ok(()) } else { Err(format!("expected `{token}`, found `{}`", self.peek())) }
    }

    fn made(&mut self, op: Op, args: Vec<Argument>) -> Read<Argument> {
        self.body.push(op, args).map(Argument::Own)
    }

    fn sum(&mut self) -> Read<Argument> {
        let mut total = self.product()?;
        loop {
            let op = match self.peek() {
                "+" => Op::Add,
                "-" => Op::Sub,
                _ => break,
            };
            self.at += 1;
            let other = self.product()?;
            total = self.made(op, vec![total, other])?;
        }
        Ok(total)
    }

    fn product(&mut self) -> Read<Argument> {
        let mut total = self.whole()?;
        loop {
            let op = match self.peek() {
                "*" => Op::Mul,
                "/" => Op::Div,
                _ => return Ok(total),
            };
            self.at += 1;
            let other = self.whole()?;
            total = self.made(op, vec![total, other])?;
        }
    }

    fn whole(&mut self) -> Read<Argument> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("the formula is nested too deeply".into());
        }
        let value = self.within()?;
        self.depth -= 1;
        Ok(value)
    }

    fn within(&mut self) -> Read<Argument> {
        let token = self.peek();
        self.at += 1;
        match token {
            "" => Err("expected a formula, found its end".into()),
            "(" => {
                if let Some(constant) = self.constant() {
                    return Ok(constant);
                }
                let value = if self.takes("-") {
                    let value = self.whole()?;
                    self.made(Op::Neg, vec![value])?
                } else {
                    self.sum()?
                };
                self.expect(")")?;
                Ok(value)
            }
            "{" => {
                let value = self.fused()?;
                self.expect("}")?;
                Ok(value)
            }
            name if name.starts_with(|c: char| c.is_ascii_digit()) => {
                let n = exact(name).ok_or_else(|| format!("`{name}` is no number"))?;
                Ok(self.body.source(Source::Constant(Constant::Exact(n))))
            }
            name if self.peek() == "(" && !name.contains('[') => {
                self.at += 1;
                self.call(name)
            }
            name => self.named(name),
        }
    }

    /// A number in parentheses, the first of which is read: `(-2)`, `(1/3)`.
    fn constant(&mut self) -> Option<Argument> {
        let rest = &self.tokens[self.at..];
        let end = rest.iter().take(5).position(|t| *t == ")")?;
        let text: String = rest[..end].concat();
        let is_number = |t: &&str| t.starts_with(|c: char| c.is_ascii_digit());
        let shape = match rest[..end] {
            [n] => is_number(&n),
            ["-", n] => is_number(&n),
            [p, "/", q] => is_number(&p) && is_number(&q),
            ["-", p, "/", q] => is_number(&p) && is_number(&q),
            _ => false,
        };
        let n = exact(&text).filter(|_| shape)?;
        self.at += end + 1;
        Some(self.body.source(Source::Constant(Constant::Exact(n))))
    }

    fn call(&mut self, name: &str) -> Read<Argument> {
        let mut args = vec![self.sum()?];
        while self.takes(",") {
            args.push(self.sum()?);
        }
        self.expect(")")?;
        let op = match name {
            "copy" => Op::Copy,
            "neg" => Op::Neg,
            "flushed" => Op::Flush,
            _ => {
                let found = Primitive::ALL.iter().find(|p| p.row().name == name);
                Op::Primitive(*found.ok_or_else(|| format!("there is no function `{name}`"))?)
            }
        };
        self.made(op, args)
    }

    fn named(&mut self, name: &str) -> Read<Argument> {
        if let Some(value) = self.body.named.get(name) {
            return Ok(*value);
        }
        let source = match name {
            "pi" => Source::Constant(Constant::Pi),
            "e" => Source::Constant(Constant::E),
            name => match axis_of(name) {
                Some(axis) if axis < self.body.sizes.len() => Source::Position(axis),
                _ => Source::Array(view(name, self.body.sizes, self.body.making)?),
            },
        };
        Ok(self.body.source(source))
    }

    /// What one instruction does.
    fn fused(&mut self) -> Read<Argument> {
        let a = self.whole()?;
        if self.takes("/") {
            let [b, c] = self.root()?;
            return self.made(Op::DivRoot, vec![a, b, c]);
        }
        if self.takes("-") {
            let s = self.whole()?;
            self.expect("*")?;
            let x = self.whole()?;
            self.expect("/")?;
            let [b, c] = self.root()?;
            return self.made(Op::MinusDivRoot, vec![a, s, x, b, c]);
        }
        self.expect("*")?;
        let b = self.whole()?;
        self.expect("+")?;
        let c = self.whole()?;
        if !self.takes("*") {
            return self.made(Op::MulAdd, vec![a, b, c]);
        }
        let d = self.whole()?;
        let square = self.takes("^");
        if square {
            self.expect("2")?;
        }
        let flushed = self.takes(",");
        if flushed {
            self.expect("flushed")?;
        }
        self.made(Op::Blend { square, flushed }, vec![a, b, c, d])
    }

    /// `(sqrt(b) + c)`
    fn root(&mut self) -> Read<[Argument; 2]> {
        self.expect("(")?;
        self.expect("sqrt")?;
        self.expect("(")?;
        let b = self.sum()?;
        self.expect(")")?;
        self.expect("+")?;
        let c = self.whole()?;
        self.expect(")")?;
        Ok([b, c])
    }
}

/// A rational.
fn exact(text: &str) -> Option<Number> {
    let (sign, rest) = text.strip_prefix('-').map_or((1, text), |t| (-1, t));
    let (p, q) = rest.split_once('/').unwrap_or((rest, "1"));
    let whole = |t: &str| {
        // No more digits than anyone writes, and no exponent that makes as many.
        let exponent = t.split_once('e').map_or(0, |(_, e)| e.len());
        let is_short = !t.is_empty() && t.len() <= 1000 && literal(t) == t.len() && exponent <= 5;
        is_short.then(|| Number::parse(t).ok()).flatten()
    };
    let (p, q) = (whole(p)?, whole(q)?);
    p.checked_mul(&q.recip()?)?.checked_mul(&Number::integer(sign))
}

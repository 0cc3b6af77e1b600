//! Spellings of functions: text with slots for the arguments.

use wrt_core::Primitive;

use crate::form::Form;

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

/// A piece of a spelling.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Slot<'t> {
    /// As it stands.
    Text(&'t str),
    /// An argument as it stands (`{0}`).
    Plain(usize),
    /// An argument in parentheses unless it is atomic (`[0]`).
    Atomic(usize),
    /// An argument that must be the literal of a natural number (`{#0}`).
    Integer(usize),
}

impl Slot<'_> {
    /// The argument that stands here.
    pub(crate) fn argument(self) -> Option<usize> {
        match self {
            Slot::Text(_) => None,
            Slot::Plain(k) | Slot::Atomic(k) | Slot::Integer(k) => Some(k),
        }
    }
}

/// Takes a spelling with this number of arguments apart; doubled braces are braces.
pub(crate) fn slots(template: &str, count: usize) -> Vec<Slot<'_>> {
    let mut slots = Vec::new();
    let bytes = template.as_bytes();
    let (mut at, mut start) = (0, 0);
    while at < bytes.len() {
        let sign = bytes[at + 1..].starts_with(b"#") as usize;
        let from = at + 1 + sign;
        let digits = bytes.get(from..).unwrap_or_default().iter().take(4).take_while(|d| d.is_ascii_digit()).count();
        let number = template.get(from..from + digits).and_then(|t| t.parse::<usize>().ok());
        match (bytes[at], number) {
            // A bracket around another number is the notation's own: `\sqrt[3]{…}`; so is one right behind an argument,
            // whose entry it takes: `[0][0]`.
            (open @ (b'{' | b'['), Some(k))
                if k < count
                    && matches!(bytes.get(from + digits), Some(b'}' | b']'))
                    && (open == b'{' || slots.is_empty() || at > start) =>
            {
                slots.push(Slot::Text(&template[start..at]));
                slots.push(match (open, sign) {
                    (_, 1) => Slot::Integer(k),
                    (b'[', _) => Slot::Atomic(k),
                    _ => Slot::Plain(k),
                });
                at = from + digits + 1;
                start = at;
            }
            (b'{' | b'}', _) if bytes.get(at + 1) == Some(&bytes[at]) => {
                slots.push(Slot::Text(&template[start..=at]));
                at += 2;
                start = at;
            }
            _ => at += 1,
        }
    }
    slots.push(Slot::Text(&template[start..]));
    slots
}

/// A slot's argument and how tightly its text must hold together there.
pub(crate) fn wanted(pieces: &[Slot<'_>], at: usize) -> Option<(usize, Level)> {
    let text = |k: Option<usize>| match k.and_then(|k| pieces.get(k)) {
        Some(Slot::Text(text)) => *text,
        _ => "",
    };
    match *pieces.get(at)? {
        Slot::Text(_) => None,
        Slot::Atomic(k) | Slot::Integer(k) => Some((k, Level::Atom)),
        Slot::Plain(k) => Some((k, between(text(at.checked_sub(1)), text(Some(at + 1))))),
    }
}

/// How tightly an argument between these texts must hold together.
fn between(before: &str, after: &str) -> Level {
    let left = match before.as_bytes() {
        [.., b'/'] => Level::Power,
        [.., b'*'] => Level::Minus,
        [.., b'-'] | [.., b' ', b'+' | b'-', b' '] => Level::Product,
        _ if COMPARISONS.iter().any(|sign| before.ends_with(sign)) => Level::Sum,
        _ => Level::Compare,
    };
    let right = match after.as_bytes() {
        [b'.', ..] => Level::Atom,
        [b'*' | b'/', ..] => Level::Minus,
        [b' ', b'+' | b'-', b' ', ..] => Level::Sum,
        _ if COMPARISONS.iter().any(|sign| after.starts_with(sign)) => Level::Sum,
        _ => Level::Compare,
    };
    left.max(right)
}

/// The signs that compare, in all notations.
const COMPARISONS: [&str; 13] =
    [" < ", " <= ", " > ", " >= ", " == ", " != ", " = ", " ≤ ", " ≥ ", " ≠ ", " \\le ", " \\ge ", " \\ne "];

/// Is what stands in this slot the object of a method, whose type Rust must know?
pub(crate) fn is_receiver(pieces: &[Slot<'_>], at: usize) -> bool {
    matches!(pieces.get(at + 1), Some(Slot::Text(text)) if text.starts_with('.') || text.starts_with(")."))
}

/// The arguments whose values are those of an `if`; none where the spelling is something else.
pub(crate) fn branches(template: &str, count: usize) -> Option<Vec<usize>> {
    let pieces = slots(template, count);
    let branch = |pair: &[Slot<'_>]| match *pair {
        [Slot::Text(text), slot] if text.ends_with("{ ") => slot.argument(),
        _ => None,
    };
    template.starts_with("if ").then(|| pieces.windows(2).filter_map(branch).collect())
}

/// Does the spelling write one of its arguments twice, and which ones?
pub(crate) fn repeated(template: &str, count: usize) -> Vec<usize> {
    let pieces = slots(template, count);
    let times = |k: usize| pieces.iter().filter(|s| s.argument() == Some(k)).count();
    (0..count).filter(|k| times(*k) > 1).collect()
}

/// The name and the parentheses of a function of one argument in LaTeX, between which an exponent may stand.
pub(crate) fn raised(template: &str) -> Option<(&str, &str)> {
    let name = template.strip_suffix("\\left({0}\\right)")?;
    let word = name.starts_with('\\') && !name.contains(['^', '(']);
    word.then(|| template.split_at(name.len()))
}

/// How tightly a filled spelling holds together: as its loosest sign outside of brackets does.
pub(crate) fn level(template: &str, count: usize) -> Level {
    // Cases are open to the right: what follows would stand in their last line.
    if template.starts_with("if ") || template.starts_with("\\begin{cases}") {
        return Level::Compare;
    }
    let top = outside(template, count);
    let has = |signs: &[&str]| signs.iter().any(|sign| top.contains(sign));
    let applied = top.ends_with("\\left()") || top.ends_with("\\right|");
    match () {
        () if has(&COMPARISONS) || has(&[" ? "]) => Level::Compare,
        () if has(&[" + ", " - "]) || top.starts_with('-') => Level::Sum,
        () if has(&["*", "/"]) => Level::Product,
        // Factors side by side: `\det(A) A^{-T}`, `A^{-1} b`.
        () if has(&["\\left() ", "{} _"]) => Level::Minus,
        // What an exponent behind it would seem to belong to its argument.
        () if has(&["^", "√"]) || applied && !top.starts_with("\\left") => Level::Power,
        () => Level::Atom,
    }
}

/// A spelling without what its brackets hold, `_` for each argument.
fn outside(template: &str, count: usize) -> String {
    let (mut out, mut depth) = (String::new(), 0usize);
    for piece in slots(template, count) {
        let Slot::Text(text) = piece else {
            out.push_str(if depth == 0 { "_" } else { "" });
            continue;
        };
        for c in text.chars() {
            depth = depth.saturating_sub(matches!(c, ')' | ']' | '}') as usize);
            if depth == 0 {
                out.push(c);
            }
            depth += matches!(c, '(' | '[' | '{') as usize;
        }
    }
    out
}

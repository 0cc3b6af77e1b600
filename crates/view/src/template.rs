//! Spellings of functions: text with slots for the arguments.

use crate::printer::Level;

/// A piece of a spelling.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Slot<'t> {
    /// As it stands.
    Text(&'t str),
    /// An argument as it stands (`{0}`).
    Plain(usize),
    /// An argument in parentheses unless it is atomic (`[0]`).
    Atomic(usize),
}

/// Takes a spelling with this number of arguments apart; doubled braces are braces.
pub(crate) fn slots(template: &str, count: usize) -> Vec<Slot<'_>> {
    let mut slots = Vec::new();
    let bytes = template.as_bytes();
    let (mut at, mut start) = (0, 0);
    while at < bytes.len() {
        let digits = bytes[at + 1..].iter().take(4).take_while(|d| d.is_ascii_digit()).count();
        let number = template.get(at + 1..at + 1 + digits).and_then(|t| t.parse::<usize>().ok());
        match (bytes[at], number) {
            // A bracket around another number is the notation's own: `\sqrt[3]{…}`; so is one right behind an argument,
            // whose entry it takes: `[0][0]`.
            (open @ (b'{' | b'['), Some(k))
                if k < count
                    && matches!(bytes.get(at + 1 + digits), Some(b'}' | b']'))
                    && (open == b'{' || slots.is_empty() || at > start) =>
            {
                slots.push(Slot::Text(&template[start..at]));
                slots.push(if open == b'[' { Slot::Atomic(k) } else { Slot::Plain(k) });
                at += digits + 2;
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

/// How tightly the filled spelling of an operation holds together.
pub(crate) fn operation_level(template: &str) -> Level {
    match template {
        t if t.contains(")*") => Level::Product,
        // `\log\det(A)`, `\det(A) A^{-T}`: a prefix or a product without a sign.
        t if t.starts_with("\\log") || t.contains(") {") => Level::Minus,
        _ => Level::Atom,
    }
}

/// How tightly a filled spelling holds together: one that is no call and not in parentheses of its own does so like a
/// comparison.
pub(crate) fn level(template: &str, infix: bool) -> Level {
    // Cases are open to the right: what follows would stand in their last line.
    if template.starts_with("\\begin{cases}") {
        return Level::Compare;
    }
    let enclosed = template.starts_with('(');
    let infix = infix && !template.ends_with(')');
    let loose = infix || template.contains("]/") || template.contains("]*") || template.ends_with(" - 1");
    if loose && !enclosed { Level::Compare } else { Level::Atom }
}

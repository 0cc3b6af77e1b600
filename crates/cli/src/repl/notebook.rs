//! What was defined so far: statements of the language, of which the last one for each name counts, in an order in which
//! each uses only those before it.

use std::collections::HashSet;

/// A statement that is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Kept {
    /// What it defines or declares.
    name: String,
    text: String,
}

/// The statements.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Notebook {
    kept: Vec<Kept>,
}

/// Words that declare names.
const DECLARATIONS: [&str; 6] = ["data", "param", "const", "state", "hyper", "function"];

impl Notebook {
    /// What a statement defines or declares: `J = …`, `f(x) = …`, `data X[m, n]`; none for a formula.
    pub fn defined(statement: &str) -> Option<String> {
        let first = statement.split_whitespace().next()?;
        if DECLARATIONS.contains(&first) {
            return Some(leading_name(statement[statement.find(first)? + first.len()..].trim_start()));
        }
        let name = leading_name(statement.trim_start());
        (!name.is_empty() && has_equals(statement)).then_some(name)
    }

    /// With one more statement, in the place of an older one of the same name; none where statements need each other.
    pub fn with(&self, name: &str, text: &str) -> Option<Notebook> {
        let mut kept: Vec<Kept> = self.kept.iter().filter(|k| k.name != name).cloned().collect();
        kept.push(Kept { name: name.to_string(), text: text.trim().to_string() });
        Some(Notebook { kept: ordered(kept)? })
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.kept.iter().map(|k| k.name.as_str())
    }

    /// The statements, line by line.
    pub fn text(&self) -> String {
        self.kept.iter().map(|k| format!("{}\n", k.text)).collect()
    }

    /// A text with a formula as its result, and where the formula stands in it: only what the formula needs is before it.
    pub fn before(&self, formula: &str) -> (String, usize) {
        let needed = self.needed(formula);
        let mut texts: Vec<&str> =
            self.kept.iter().filter(|k| needed.contains(k.name.as_str())).map(|k| k.text.as_str()).collect();
        // The name of the last definition is its result already.
        let last = self.kept.iter().rfind(|k| k.name == formula.trim());
        if let Some(last) = last.filter(|k| has_equals(&k.text) && leading_name(&k.text).len() == k.name.len()) {
            texts.retain(|t| *t != last.text);
            let before: String = texts.iter().map(|t| format!("{t}\n")).collect();
            if !last.text.trim_start()[last.name.len()..].trim_start().starts_with('(') {
                return (before.clone() + &last.text, before.len());
            }
        }
        let before: String =
            self.kept.iter().filter(|k| needed.contains(k.name.as_str())).map(|k| format!("{}\n", k.text)).collect();
        let at = before.len();
        (before + formula, at)
    }

    /// The names that a formula uses, and those that their statements use.
    fn needed(&self, formula: &str) -> HashSet<&str> {
        let mut needed: HashSet<&str> = HashSet::new();
        let mut texts = vec![formula];
        while let Some(text) = texts.pop() {
            let used: HashSet<&str> = words(text).collect();
            for kept in self.kept.iter().filter(|k| used.contains(k.name.as_str())) {
                if needed.insert(&kept.name) {
                    texts.push(&kept.text);
                }
            }
        }
        needed
    }
}

/// Statements behind those that they use.
fn ordered(mut left: Vec<Kept>) -> Option<Vec<Kept>> {
    let mut found: Vec<Kept> = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let open: HashSet<String> = left.iter().map(|k| k.name.clone()).collect();
        let free = |k: &Kept| !body(&k.text).any(|w| open.contains(w) && (w != k.name || has_equals(&k.text)));
        let place = left.iter().position(free)?;
        found.push(left.remove(place));
    }
    Some(found)
}

/// The words right of the `=`, without the arguments of a function; all words of a declaration but its name.
fn body(text: &str) -> impl Iterator<Item = &str> {
    let (head, formula) = text.split_once('=').unwrap_or(("", ""));
    let inside = head.split_once('(').map_or("", |(_, rest)| rest);
    let arguments: HashSet<&str> = words(inside).collect();
    words(formula).filter(move |w| !arguments.contains(w))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|w| !w.is_empty())
}

fn leading_name(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// Is there an `=` outside brackets that defines something, and does not compare?
fn has_equals(text: &str) -> bool {
    let all: Vec<char> = text.chars().collect();
    let mut depth = 0;
    for (k, c) in all.iter().enumerate() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            '=' if depth == 0 => {
                let beside = |at: Option<&char>, signs: &[char]| at.is_some_and(|c| signs.contains(c));
                let compares = beside(all.get(k + 1), &['=']) || k > 0 && beside(all.get(k - 1), &['=', '<', '>', '!']);
                if !compares {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}

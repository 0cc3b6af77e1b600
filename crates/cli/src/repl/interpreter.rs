//! What a statement of the repl means: a definition, a formula, a command on a formula, or a question about a function.

use clap::{CommandFactory, Parser};
use wrt::session::{Certified, Numbers, Scope, Session, Value, function_help};
use wrt::{Error, Expr, Form};

use super::notebook::Notebook;
use crate::args::Arguments;
use crate::failure::Failure;
use crate::point::Text;

/// What came of a statement.
pub enum Outcome {
    /// What is printed.
    Said(String),
    /// It was the last one.
    Quit,
}

/// The definitions so far.
#[derive(Default)]
pub struct Interpreter {
    notebook: Notebook,
}

/// Commands of the program that work on a formula here.
pub const COMMANDS: [&str; 17] = [
    "plot", "graph", "trace", "steps", "nudge", "check", "descend", "cost", "diff", "grad", "jacobian", "hessian",
    "hvp", "jvp", "eval", "simplify", "shapes",
];

/// Words that begin an option of a command.
const OPTIONS: [(&str, &str); 4] = [(" at ", "--at"), (" from ", "--from"), (" wrt ", "--wrt"), (" by ", "--wrt")];

/// Digits of numbers that go on.
const DIGITS: usize = 12;

const HELP: &str = "J = w^2                 a definition; the last one for a name counts
diff(J, w)              a formula: it is simplified, or computed where it has no free name
subs(diff(J, w), w=2)   with names replaced by numbers or formulas
plot J at 3             a command on a formula: plot, graph, trace, steps, nudge, check, descend, diff, …
plot J at w=3,2 from -4 to 4 --eps 0.5 -o j.svg
?exp                    what a function is
names                   what is defined so far
clear                   forgets all of it
quit
";

impl Interpreter {
    /// Does what a statement says.
    ///
    /// # Errors
    /// For any statement that has no meaning; the definitions stay as they are.
    pub fn statement(&mut self, text: &str) -> Result<Outcome, Failure> {
        // Its lines are one statement.
        let text = super::in_one_line(text);
        let text = text.trim();
        let said = match text {
            "" => String::new(),
            "quit" | "exit" | "quit()" | "exit()" => return Ok(Outcome::Quit),
            "?" | "help" => HELP.to_string(),
            "names" => self.notebook.text(),
            "clear" => {
                self.notebook = Notebook::default();
                String::new()
            }
            _ => match (text.strip_prefix('?').or(text.strip_suffix('?')), command(text)) {
                (Some(name), _) => about(name.trim())?,
                (_, Some((name, rest))) => self.command(name, rest)?,
                _ => self.formula_or_definition(text)?,
            },
        };
        Ok(Outcome::Said(said))
    }

    /// The names that were defined.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.notebook.names()
    }

    fn formula_or_definition(&mut self, text: &str) -> Result<String, Failure> {
        let text = self.replaced(text)?;
        let Some(name) = Notebook::defined(&text) else { return self.formula(&text) };
        let Some(next) = self.notebook.with(&name, &text) else {
            return Err(Failure::plain(format!("`{name}` would be defined by itself")));
        };
        // By itself, so that an error points at it; then with all others, as what uses it must still have a meaning.
        let (whole, at) = next.before(&text);
        let before: String = whole[..at].lines().filter(|l| *l != text).map(|l| format!("{l}\n")).collect();
        read(&format!("{before}{text}\n0"), before.len())?;
        read(&(next.text() + "0"), usize::MAX)?;
        self.notebook = next;
        Ok(String::new())
    }

    /// A formula, simplified, or its value.
    fn formula(&self, text: &str) -> Result<String, Failure> {
        let (whole, at) = self.notebook.before(text);
        let mut session = read(&whole, at)?;
        Ok(format!("{}\n", shown(&mut session)?))
    }

    /// `diff` is the language's `d`; a `subs` becomes what it is.
    fn replaced(&self, text: &str) -> Result<String, Failure> {
        let mut text = renamed(&self.named(text)?, "diff", "d");
        while let Some((start, end)) = innermost(&text, "subs") {
            let call = &text[start + "subs(".len()..end];
            let value = self.substituted(call)?;
            let whole = start == 0 && end + 1 == text.len();
            let value = if whole { value } else { format!("({value})") };
            text.replace_range(start..=end, &value);
        }
        Ok(text)
    }

    /// `diff(J)` by the only name that J has is `diff(J, w)`.
    fn named(&self, text: &str) -> Result<String, Failure> {
        const WORD: &str = "diff(";
        let mut text = text.to_string();
        // From the last to the first, so that those inside are done before those around them.
        let mut end = text.len();
        while let Some(start) = text[..end].rfind(WORD) {
            end = start;
            let own = !text[..start].ends_with(|c: char| c.is_alphanumeric() || c == '_');
            let inside = text[start + WORD.len()..].to_string();
            let Some(close) = closing(&inside).filter(|_| own) else { continue };
            let [formula] = arguments(&inside[..close])[..] else { continue };
            if formula.is_empty() || formula.contains("subs(") {
                continue;
            }
            let read = self.expression(&renamed(formula, "diff", "d"))?;
            let name = match &read.free_names()[..] {
                [name] => name.clone(),
                names => {
                    let what = if names.is_empty() { "it has no free name".into() } else { names.join(" or ") };
                    let first = names.first().map_or("w", String::as_str);
                    return Err(Failure::plain(format!("diff({formula}): by which name? ({what})"))
                        .with_help(format!("write diff({formula}, {first})")));
                }
            };
            text.insert_str(start + WORD.len() + close, &format!(", {name}"));
        }
        Ok(text)
    }

    /// `diff(J, w), w=2, …`
    fn substituted(&self, call: &str) -> Result<String, Failure> {
        let items = arguments(call);
        let (formula, pairs) = match &items[..] {
            [formula, pairs @ ..] if !pairs.is_empty() => (*formula, pairs),
            _ => {
                return Err(
                    Failure::plain("subs takes a formula and what replaces names").with_help("write subs(J, w=2)")
                );
            }
        };
        let mut found = self.expression(formula)?;
        // SymPy's `subs(J, w, 2)` means the same.
        let pairs: Vec<(&str, &str)> = match pairs {
            [name, value] if !name.contains('=') && !value.contains('=') => vec![(*name, *value)],
            _ => pairs.iter().map(|p| p.split_once('=').unwrap_or((p, ""))).collect(),
        };
        for (name, value) in pairs {
            let (name, value) = (name.trim(), value.trim());
            if value.is_empty() {
                return Err(Failure::plain(format!("subs: what replaces `{name}`?")).with_help("write subs(J, w=2)"));
            }
            let value = self.expression(value)?;
            found = found.substitute(name, value).map_err(Failure::from)?;
        }
        Ok(found.simplify().to_string())
    }

    fn expression(&self, formula: &str) -> Result<Expr, Failure> {
        let (whole, at) = self.notebook.before(formula.trim());
        wrt::parse(&whole).map_err(|e| placed(&e, &whole, at))
    }

    /// A command of the program on a formula.
    fn command(&self, name: &str, rest: &str) -> Result<String, Failure> {
        let (formula, options) = split(rest);
        let formula = self.replaced(formula.trim())?;
        let (whole, at) = self.notebook.before(&formula);
        let session = read(&whole, at)?;
        let mut words = vec!["wrt".to_string(), name.to_string(), whole.trim().replace('\n', "; ")];
        for (option, value) in options {
            let free = session.document().default_variables();
            let value = match (option.as_str(), &free[..]) {
                // `plot J from -1 to 3` says what is shown.
                ("--from", _) if name == "plot" => {
                    words.extend(["--range".to_string(), value.replace(" to ", ":")]);
                    continue;
                }
                // One name needs no name.
                ("--at" | "--from", [only]) if !value.contains('=') => format!("{only}={value}"),
                _ => value,
            };
            words.extend(if option.is_empty() { arguments_of(&value) } else { vec![option, value] });
        }
        let parsed = Arguments::try_parse_from(&words).map_err(|e| {
            let message = e.to_string();
            let first = message.lines().next().unwrap_or_default().trim_start_matches("error: ").to_string();
            Failure::plain(first)
        })?;
        crate::dispatch(&parsed.command)?;
        Ok(String::new())
    }
}

/// A text as a session; an error points at the formula, which stands at a place in it.
fn read(whole: &str, at: usize) -> Result<Session, Failure> {
    Session::parse(whole, &Scope::default()).map_err(|e| placed(&e, whole, at))
}

/// An error in the formula alone, if that is where it is.
fn placed(e: &Error, whole: &str, at: usize) -> Failure {
    let formula = whole.get(at..).unwrap_or_default();
    match e.span() {
        Some(span) if span.start >= at => Failure::at(e, &Text::formula(formula), span.start - at..span.end - at),
        _ => Failure::in_text(e, &Text::formula(whole)),
    }
}

/// A formula for people: simplified; computed as well where it has no free name.
fn shown(session: &mut Session) -> Result<String, Failure> {
    let root = session.document().root();
    let simple = session.simplify(root);
    let printed = session.print(simple.id, Form::Text);
    if let Some(why) = printed.refused {
        return Err(Failure::plain(why));
    }
    let mut out = printed.line();
    if session.document().free_names().is_empty() && session.graph().as_number(simple.id).is_none() {
        let at = session.point(&[], &Vec::new())?;
        let value = session.values(&[root], &at, Numbers::Digits(DIGITS))?.swap_remove(0);
        let told = crate::output::listed(&value, |v| match v {
            Value::Certified(c, _) => wrt::session::shown(c, None),
            other => other.to_string(),
        });
        let exact = |v: &Value| matches!(v, Value::Certified(Certified::Exact(_), _));
        // Of a value without a rounded digit nothing more is to be said.
        if value.data.iter().all(exact) {
            out = told;
        } else if told != out {
            out.push_str(&format!(" = {told}"));
        }
    }
    simple.notes.iter().for_each(|note| out.push_str(&format!("\nnote: {note}")));
    Ok(out)
}

/// What the tables say of a function, or the program's help of a command.
fn about(name: &str) -> Result<String, Failure> {
    let name = if name == "diff" { "d" } else { name };
    let mut out = String::new();
    for found in function_help(name) {
        out.push_str(&found.usage);
        if !found.about.is_empty() {
            out.push_str(&format!(": {}", found.about));
        }
        out.push('\n');
        let derivatives = found.derivatives.join("; ");
        for (word, told) in [
            ("also", found.also.join(", ")),
            ("derivative", derivatives),
            ("defined for", found.domain),
            ("note", found.notes.join("; ")),
        ] {
            if !told.is_empty() {
                out.push_str(&format!("  {word}: {told}\n"));
            }
        }
    }
    if COMMANDS.contains(&name)
        && let Some(command) = Arguments::command().find_subcommand(name)
    {
        out.push_str(&format!("{name}: {}\n", command.get_about().map(ToString::to_string).unwrap_or_default()));
    }
    if out.is_empty() {
        let names = wrt::session::function_names();
        let near = wrt::session::closest(name, names.into_iter().chain(COMMANDS));
        let failure = Failure::plain(format!("there is no function `{}`", name.escape_debug()));
        return Err(match near {
            Some(near) => failure.with_help(format!("did you mean `{near}`?")),
            None => failure.with_help("`?` tells what there is"),
        });
    }
    Ok(out)
}

/// A command and what stands behind it.
fn command(text: &str) -> Option<(&'static str, &str)> {
    let (word, rest) = text.split_once(char::is_whitespace)?;
    let name = COMMANDS.iter().find(|c| **c == word)?;
    (!rest.trim_start().starts_with(['=', '(', '+', '*', '/', '^']) || Notebook::defined(text).is_none())
        .then_some((*name, rest.trim()))
        .filter(|(_, rest)| !rest.starts_with('='))
}

/// The formula, and each option with its value; those that the person wrote as options have no name here.
fn split(text: &str) -> (&str, Vec<(String, String)>) {
    let mut places: Vec<(usize, &str, &str)> = Vec::new();
    for (word, option) in OPTIONS.iter().copied().chain([(" -", "")]) {
        let from = text.match_indices(word).map(|(at, _)| at);
        let first =
            from.into_iter().find(|at| outside(text, *at) && (!option.is_empty() || is_option(&text[*at + 1..])));
        places.extend(first.map(|at| (at, word, option)));
    }
    places.sort_unstable();
    // Behind the first option that the person wrote as such, all is as they wrote it.
    if let Some(raw) = places.iter().position(|p| p.2.is_empty()) {
        places.truncate(raw + 1);
    }
    let formula = &text[..places.first().map_or(text.len(), |p| p.0)];
    let mut options = Vec::new();
    for (k, (at, word, option)) in places.iter().enumerate() {
        let end = places.get(k + 1).map_or(text.len(), |p| p.0);
        let start = if option.is_empty() { *at } else { at + word.len() };
        options.push((option.to_string(), text.get(start..end).unwrap_or_default().trim().to_string()));
    }
    (formula, options)
}

/// `--eps 0.5`, `-o file`: not a minus before a number or a name.
fn is_option(text: &str) -> bool {
    text.starts_with("--") || text.starts_with("-o ")
}

/// Is a place outside all brackets?
fn outside(text: &str, at: usize) -> bool {
    text[..at].chars().fold(0i32, |d, c| d + i32::from(matches!(c, '(' | '[')) - i32::from(matches!(c, ')' | ']'))) == 0
}

fn arguments_of(text: &str) -> Vec<String> {
    text.split_whitespace().map(String::from).collect()
}

/// The items of a call, between commas that no bracket encloses.
fn arguments(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut items) = (0i32, 0, Vec::new());
    for (k, c) in text.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            ',' if depth == 0 => {
                items.push(text[start..k].trim());
                start = k + 1;
            }
            _ => {}
        }
    }
    items.push(text[start..].trim());
    items
}

/// Where the bracket ends that a text stands in.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0;
    let end = text.char_indices().find(|(_, c)| {
        depth += i32::from(matches!(c, '(' | '[')) - i32::from(matches!(c, ')' | ']'));
        depth < 0
    });
    end.map(|(at, _)| at)
}

/// The last call of a name, which has none inside: where it begins, and its closing bracket.
fn innermost(text: &str, name: &str) -> Option<(usize, usize)> {
    let word = format!("{name}(");
    let own = |at: &usize| !text[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
    let start = text.match_indices(&word).map(|(at, _)| at).filter(own).last()?;
    let mut depth = 0;
    let end = text[start..].char_indices().find(|(_, c)| {
        depth += i32::from(*c == '(') - i32::from(*c == ')');
        *c == ')' && depth == 0
    })?;
    Some((start, start + end.0))
}

/// With calls of a name as calls of another.
fn renamed(text: &str, from: &str, to: &str) -> String {
    let mut text = text.to_string();
    let word = format!("{from}(");
    let mut at = 0;
    while let Some(found) = text[at..].find(&word).map(|k| at + k) {
        let own = !text[..found].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        if own {
            text.replace_range(found..found + from.len(), to);
        }
        at = found + 1;
    }
    text
}

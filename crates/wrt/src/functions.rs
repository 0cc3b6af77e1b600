//! What the tables say of a function, for people: its call, its derivatives, where it is defined.

use wrt_core::{Derivative, Form as Spelling, Graph, Id, Primitive};
use wrt_view::{Form, print};

/// A function that a text may call.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FunctionHelp {
    /// A call of it.
    pub usage: String,
    /// What it is, in a line; empty for functions of entries, whose derivatives say more.
    pub about: String,
    /// Other names that it answers to.
    pub also: Vec<&'static str>,
    /// The derivative with respect to each argument, of functions of entries.
    pub derivatives: Vec<String>,
    /// Where it is defined.
    pub domain: String,
    /// What holds at kinks, and other notes.
    pub notes: Vec<&'static str>,
}

/// What the tables say of the functions of that name, or of which it is another name.
///
/// ```
/// let found = wrt::session::function_help("ln");
/// assert_eq!((found[0].usage.as_str(), found[0].derivatives[0].as_str()), ("log(x)", "1/x"));
/// assert!(wrt::session::function_help("nothing").is_empty());
/// ```
pub fn function_help(name: &str) -> Vec<FunctionHelp> {
    let primitives = Primitive::ALL.iter().filter(|p| p.row().name == name || p.row().synonyms.contains(&name));
    let mut found: Vec<FunctionHelp> = primitives.map(|p| primitive_help(*p)).collect();
    for (usage, about) in wrt_language::functions() {
        if usage.split(" or ").any(|u| u.split(['(', '[']).next() == Some(name)) {
            found.push(FunctionHelp { usage: usage.to_string(), about: about.to_string(), ..FunctionHelp::default() });
        }
    }
    found
}

/// The names of all functions, in the order of the tables.
pub fn function_names() -> Vec<&'static str> {
    let primitives = Primitive::ALL.iter().map(|p| p.row().name);
    let others = wrt_language::functions().filter_map(|(usage, _)| usage.split(['(', '[']).next());
    let is_name = |name: &&str| wrt_language::is_name(name);
    let mut names: Vec<&'static str> = primitives.chain(others).filter(is_name).collect();
    names.dedup();
    names
}

/// What the row of a function of entries says.
pub fn primitive_help(p: Primitive) -> FunctionHelp {
    let row = p.row();
    let mut graph = Graph::new();
    let names: Vec<Id> = row.arguments.iter().map(|a| graph.symbol(a)).collect();
    let f = graph.map(p, &names);
    let usage = match row.form {
        Spelling::Call => format!("{}({})", row.name, row.arguments.join(", ")),
        _ => print(&graph, f, Form::Text).line(),
    };
    let derivative = |k: usize| match row.derivative[k] {
        Derivative::Zero(why) => format!("0 ({why})"),
        Derivative::Undefined(why) => format!("none ({why})"),
        Derivative::Partial(_) => {
            let mut graph = graph.clone();
            let made = wrt_differentiate::gradient(&mut graph, f, &[names[k]]);
            made.map_or(String::new(), |all| print(&graph, all[0], Form::Text).line())
        }
    };
    FunctionHelp {
        usage,
        about: String::new(),
        also: row.synonyms.to_vec(),
        derivatives: (0..p.arity()).map(derivative).collect(),
        domain: row.domain.to_string(),
        notes: [row.kink, row.note].into_iter().filter(|t| !t.is_empty()).collect(),
    }
}

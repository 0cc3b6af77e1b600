//! Named parts: a formula that would be huge as a tree is written as definitions and a result.

use std::collections::HashMap;

use wrt_core::{Graph, Id, Node, Primitive};

use crate::form::Form;
use crate::printer::Printer;

/// Trees up to this many nodes are written out even if parts occur twice.
const TREE_LIMIT: u64 = 600;

/// A formula in text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Printed {
    /// The named parts, each one using only those before it.
    pub parts: Vec<(String, String)>,
    /// The formula.
    pub result: String,
}

impl Printed {
    /// All in one line: `a = …; b = …; result`, which the language reads back.
    pub fn line(&self) -> String {
        let mut out = String::new();
        for (name, text) in &self.parts {
            out.push_str(name);
            out.push_str(" = ");
            out.push_str(text);
            out.push_str("; ");
        }
        out.push_str(&self.result);
        out
    }
}

/// The formula of a node.
///
/// ```
/// use wrt_core::{Graph, language::{Scope, parse}};
/// use wrt_view::{Form, print};
/// let mut g = Graph::new();
/// let f = parse(&mut g, "(a + b)^2/(2x)", &Scope::default()).unwrap().result;
/// assert_eq!(print(&g, f, Form::Text).line(), "(a + b)^2/(2*x)");
/// assert_eq!(print(&g, f, Form::Unicode).line(), "(a + b)²/(2·x)");
/// ```
pub fn print(graph: &Graph, root: Id, form: Form) -> Printed {
    let (parts, order) = choose_parts(graph, root);
    let printer = Printer { graph, form, parts: &parts };
    let finish = |text: String| if form == Form::MathMl { crate::mathml(&text) } else { text };
    Printed {
        parts: order.iter().map(|id| (parts[id].clone(), finish(printer.text(*id)))).collect(),
        result: finish(printer.text(root)),
    }
}

/// The nodes that get names (none where the tree is small), children first.
fn choose_parts(graph: &Graph, root: Id) -> (HashMap<Id, String>, Vec<Id>) {
    let none = (HashMap::new(), Vec::new());
    // Small formulas: a walk that stops at the limit is cheaper than a table over the graph.
    if small_tree(graph, root) {
        return none;
    }
    let order = graph.reachable(&[root]);
    let mut uses = vec![0u32; root.index() + 1];
    let mut size = vec![0u64; root.index() + 1];
    for &id in &order {
        let mut total = 1u64;
        graph.for_each_child(id, |c| {
            uses[c.index()] += 1;
            total = total.saturating_add(size[c.index()]);
        });
        size[id.index()] = total;
    }
    let worth = |id: &&Id| uses[id.index()] > 1 && size[id.index()] > 3 && **id != root && !is_signed(graph, **id);
    let chosen: Vec<Id> = order.iter().filter(worth).copied().collect();
    let taken: Vec<&str> = order.iter().map(|id| graph.symbol_name(*id)).filter(|n| !n.is_empty()).collect();
    let mut names = part_names(chosen.len()).filter(|n| !taken.contains(&n.as_str()));
    let named: HashMap<Id, String> = chosen.iter().map(|id| (*id, names.next().unwrap_or_default())).collect();
    (named, chosen)
}

/// `-u`, `2*u` and `1/u` are written on the spot; the part is `u`.
fn is_signed(graph: &Graph, id: Id) -> bool {
    match graph.node(id) {
        Node::Sum([_]) => true,
        Node::Map(Primitive::Pow, &[_, e]) => graph.as_number(e).is_some(),
        _ => false,
    }
}

fn small_tree(graph: &Graph, root: Id) -> bool {
    let (mut count, mut stack) = (0, vec![root]);
    while let Some(id) = stack.pop() {
        count += 1;
        if count > TREE_LIMIT {
            return false;
        }
        graph.for_each_child(id, |c| stack.push(c));
    }
    true
}

/// `a`, `b`, … without those that mean something else, then `p1`, `p2`, … where letters don't suffice.
fn part_names(count: usize) -> Box<dyn Iterator<Item = String>> {
    let letters = "abcghklmnopqrstuvwxyz";
    if count <= letters.len() / 2 {
        Box::new(letters.chars().map(String::from).chain((1..).map(|k| format!("p{k}"))))
    } else {
        Box::new((1..).map(|k| format!("p{k}")))
    }
}

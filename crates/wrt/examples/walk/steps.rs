//! What the steps of a derivative hand on, node by node; the test of the page runs them, too.

use wrt_core::{Graph, Id, Labels, Node, Origin, Term};
use wrt_language::{Scope, parse};
use wrt_view::{Form, print};

/// The nodes after a step: `graph`, `derivative` or `simplified`.
pub fn walk(step: &str, text: &str, name: &str, shapes: &[(&str, Vec<&str>)]) -> Result<String, String> {
    let mut g = Graph::new();
    let scope = Scope { shapes, ..Scope::default() };
    let root = parse(&mut g, text, &scope).map_err(|e| e.message)?.result;
    if step == "graph" {
        return Ok(table(&g, text, root, 0));
    }
    let written = g.len();
    let x = g.find_symbol(name).ok_or("there is no such name")?;
    let made = wrt_differentiate::gradient(&mut g, root, &[x]).map_err(|e| e.to_string())?[0];
    if step == "derivative" {
        return Ok(table(&g, text, made, written));
    }
    let shown = wrt_rewrite::simplify(&mut g, made, written).id;
    let texts = [made, shown].map(|id| print(&g, id, Form::Text).line());
    Ok(format!("{}    as it was made\n{}    simplified\n", texts[0], texts[1]))
}

/// The nodes below `root` that came after the first `known`, a line each: number, what it is, shape, origin.
fn table(g: &Graph, text: &str, root: Id, known: usize) -> String {
    let mut out = String::new();
    for id in g.reachable(&[root]).into_iter().filter(|id| id.index() >= known) {
        let line = format!("{:>2}  {:<32}{:<8}{}", id.index(), shown(g, id), shape(g, id), origin(g, text, id));
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out.push_str(&format!("the result is node {}\n", root.index()));
    out
}

fn shown(g: &Graph, id: Id) -> String {
    let list = |ids: &[Id]| ids.iter().map(|c| c.index().to_string()).collect::<Vec<_>>().join(", ");
    match g.node(id) {
        Node::Number(n) => format!("number {n}"),
        Node::Constant(c) => format!("constant {}", c.name()),
        Node::Symbol(s) => format!("symbol {}", s.name),
        Node::Sum(terms) => {
            let term = |t: &Term| format!("{}*node {}", t.coefficient, t.node.index());
            format!("sum {}", terms.iter().map(term).collect::<Vec<_>>().join(" + "))
        }
        Node::Contraction(factors, labels) => format!("contraction {}", labelled(factors, g.labels(labels))),
        Node::Map(p, args) => format!("map {}({})", p.name(), list(args)),
        Node::Operation(o, args) => format!("operation {}({})", o.name(), list(args)),
    }
}

/// `3[i,j] 5[j] -> [i]`
fn labelled(factors: &[Id], labels: &Labels) -> String {
    let letters = |own: &[u8]| own.iter().map(|l| char::from(b'i' + l).to_string()).collect::<Vec<_>>().join(",");
    let own = |(k, f): (usize, &Id)| match labels.factors.get(k) {
        Some(own) if !own.is_empty() => format!("{}[{}]", f.index(), letters(own)),
        _ => f.index().to_string(),
    };
    let product: Vec<String> = factors.iter().enumerate().map(own).collect();
    let output = if labels.output.is_empty() { String::new() } else { format!(" -> [{}]", letters(&labels.output)) };
    format!("{}{output}", product.join(" "))
}

fn shape(g: &Graph, id: Id) -> String {
    if g.is_scalar(id) { String::new() } else { g.shape_text(g.dims(id)) }
}

fn origin(g: &Graph, text: &str, id: Id) -> String {
    match g.origin(id) {
        Origin::Unknown => String::new(),
        Origin::Text(at) => format!("from `{}`", &text[g.location(at).span.clone()]),
        Origin::Adjoint(of) => format!("adjoint of node {}", of.index()),
        Origin::Tangent(of) => format!("tangent of node {}", of.index()),
    }
}

/// The arguments of the command line, taken apart: `A[m,n]` is a name and its dimensions.
pub fn answer(args: &[&str]) -> Result<String, String> {
    let [step, text, name, shapes @ ..] = args else { return Err("walk STEP FORMULA NAME [SHAPE]...".into()) };
    let split = |s: &&'_ str| -> Option<(String, String)> {
        let (name, dims) = s.strip_suffix(']')?.split_once('[')?;
        Some((name.to_string(), dims.to_string()))
    };
    let own: Vec<(String, String)> = shapes.iter().filter_map(split).collect();
    let shapes: Vec<(&str, Vec<&str>)> = own.iter().map(|(n, d)| (n.as_str(), d.split(',').collect())).collect();
    walk(step, text, name, &shapes)
}

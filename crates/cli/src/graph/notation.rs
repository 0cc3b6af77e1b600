//! A computation graph in the languages of other tools: Graphviz and Mermaid.

use wrt::session::{Role, Trace, TraceNode};

use super::words;

/// In the language of Graphviz.
pub fn dot(trace: &Trace) -> String {
    let escaped = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
    let mut out = "digraph {\n  rankdir=LR;\n  node [shape=box, style=rounded];\n".to_string();
    for (k, node) in trace.nodes.iter().enumerate() {
        let lines: Vec<String> = lines(trace, k).iter().map(|l| escaped(l)).collect();
        let style = match node.role {
            Some(Role::Parameter) => ", color=darkgreen",
            Some(Role::Data) => ", style=\"rounded,dashed\"",
            _ => "",
        };
        out.push_str(&format!("  n{k} [label=\"{}\"{style}];\n", lines.join("\\n")));
    }
    for edge in &trace.edges {
        let label = escaped(&label(trace, edge));
        out.push_str(&format!("  n{} -> n{} [label=\"{label}\"];\n", edge.from, edge.to));
    }
    out + "}\n"
}

/// In the language of Mermaid.
pub fn mermaid(trace: &Trace) -> String {
    let escaped = |text: &str| {
        text.replace('#', "#35;").replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
    };
    let mut out = "flowchart LR\n".to_string();
    for k in 0..trace.nodes.len() {
        let lines: Vec<String> = lines(trace, k).iter().map(|l| escaped(l)).collect();
        out.push_str(&format!("  n{k}[\"{}\"]\n", lines.join("<br>")));
    }
    for edge in &trace.edges {
        let label = escaped(&label(trace, edge));
        let label = if label.is_empty() { String::new() } else { format!("|\"{label}\"|") };
        out.push_str(&format!("  n{} -->{label} n{}\n", edge.from, edge.to));
    }
    out
}

fn lines(trace: &Trace, k: usize) -> Vec<String> {
    let node: &TraceNode = &trace.nodes[k];
    let title = if node.formula.is_empty() { node.name.clone() } else { format!("{} = {}", node.name, node.formula) };
    let value = node.value.as_ref().map(words::value);
    std::iter::once(title).chain(value).chain(words::derivation(trace, k)).collect()
}

fn label(trace: &Trace, edge: &wrt::session::TraceEdge) -> String {
    let from = &trace.nodes[edge.from];
    if from.shape.is_empty() { words::local(trace.form, edge) } else { words::shape(from) }
}

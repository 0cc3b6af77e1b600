//! How the nodes of a computation graph are told: values, and the products that a derivative is the sum of.

use wrt::Form;
use wrt::session::{Array, Trace, TraceEdge, TraceNode};
use wrt_draw::number;

use crate::output::listed;
use crate::page::number_latex;

/// Numbers that are longer are rounded to so many digits.
const LONG: usize = 12;
const DIGITS: usize = 6;
/// Entries of arrays have fewer.
const ENTRY_DIGITS: usize = 4;
/// Arrays of more entries, or that are longer, are summed up.
const ENTRIES: usize = 6;
const WIDE: usize = 40;

/// A number for people: whole where that is short.
pub fn short(x: f64) -> String {
    let whole = crate::output::double(x);
    if x.is_nan() {
        return "undefined".to_string();
    }
    if whole.len() <= LONG { whole } else { number(x, DIGITS) }
}

/// A value: small arrays entry by entry, others by what lies between their ends.
pub fn value(array: &Array<f64>) -> String {
    if let ([], [x]) = (&array.shape[..], &array.data[..]) {
        return short(*x);
    }
    let entry = |x: &f64| if x.is_nan() { "undefined".to_string() } else { number(*x, ENTRY_DIGITS) };
    let all = listed(array, entry);
    if array.data.len() <= ENTRIES && all.chars().count() <= WIDE {
        return all;
    }
    let undefined = array.data.iter().filter(|x| x.is_nan()).count();
    let known = || array.data.iter().filter(|x| !x.is_nan());
    let (low, high) = known().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(*x), b.max(*x)));
    let mut told = match undefined == array.data.len() {
        true => String::new(),
        false if low == high => format!("all {}", entry(&low)),
        false => format!("{} to {}", entry(&low), entry(&high)),
    };
    if undefined > 0 {
        told.push_str(&format!("{}{undefined} undefined", if told.is_empty() { "" } else { ", " }));
    }
    told
}

/// A value in the notation of a trace.
pub fn value_in(form: Form, array: &Array<f64>) -> String {
    if form == Form::Latex { number_latex(&value(array)) } else { value(array) }
}

/// A factor in a product: what is negative stands in brackets.
fn factor(form: Form, array: &Array<f64>) -> String {
    let text = value(array);
    let plain = !text.starts_with('-') && !text.contains(' ') || text.starts_with('[');
    let text = value_in(form, array);
    if plain { text } else { format!("({text})") }
}

/// Between factors.
fn times(form: Form) -> &'static str {
    if form == Form::Latex { " \\cdot " } else { "·" }
}

/// `da/dw = 3`, `dJ/da = 2*a = 22`: the derivative along an edge; empty where it comes multiplied only.
pub fn local(form: Form, edge: &TraceEdge) -> String {
    let Some(local) = edge.local.as_ref().filter(|l| l.is_factor()) else { return String::new() };
    let told = local.value.as_ref().map(|v| value_in(form, v)).filter(|v| *v != local.formula);
    let told = told.map(|v| format!(" = {v}")).unwrap_or_default();
    format!("{} = {}{told}", local.heading, local.formula)
}

/// Why a derivative is what it is.
pub struct Because {
    /// `dJ/da·da/dw`, or `X' @ d_z`; a sum where paths meet.
    pub formula: String,
    /// `22·3`; empty without values, or where it says nothing more.
    pub numbers: String,
}

/// Why the derivative with respect to a node is what it is: none for the formula itself, and where nothing is known.
pub fn because(trace: &Trace, node: usize) -> Option<Because> {
    let uses: Vec<&TraceEdge> = trace.uses(node).filter(|e| e.local.is_some()).collect();
    let last = trace.nodes.len() - 1;
    if uses.is_empty() || trace.nodes[node].heading.is_none() {
        return None;
    }
    let formula: Vec<String> = uses.iter().map(|e| product(trace, e, last, uses.len() > 1)).collect();
    let numbers: Option<Vec<String>> = uses.iter().map(|e| numbers(trace, e, last, uses.len() > 1)).collect();
    let numbers = numbers.map(|all| all.join(" + ")).unwrap_or_default();
    let sum = formula.into_iter().reduce(|sum, next| match next.strip_prefix('-') {
        Some(less) => format!("{sum} - {less}"),
        None => format!("{sum} + {next}"),
    });
    Some(Because { formula: sum.unwrap_or_default(), numbers })
}

/// What comes through an edge: `dJ/da·da/dw`; where it leads to the formula itself, the local derivative alone.
fn product(trace: &Trace, edge: &TraceEdge, last: usize, several: bool) -> String {
    let to = &trace.nodes[edge.to];
    match (&edge.local, &to.heading) {
        (Some(local), _) if edge.to == last && local.is_factor() && several => local.heading.clone(),
        (Some(local), _) if edge.to == last => local.formula.clone(),
        (Some(local), Some(above)) if local.is_factor() => format!("{above}{}{}", times(trace.form), local.heading),
        // What takes several lines is no product that helps.
        (Some(local), _) if local.formula.contains(" = ") => {
            if trace.form == Form::Latex { "\\dots" } else { "…" }.to_string()
        }
        (Some(local), _) => local.formula.clone(),
        (None, _) => String::new(),
    }
}

fn numbers(trace: &Trace, edge: &TraceEdge, last: usize, several: bool) -> Option<String> {
    let local = edge.local.as_ref()?;
    let own = local.value.as_ref()?;
    if !local.is_factor() || edge.to == last {
        return several.then(|| factor(trace.form, local.part.as_ref().unwrap_or(own)));
    }
    let above = factor(trace.form, trace.nodes[edge.to].derivative.as_ref()?);
    Some(format!("{above}{}{}", times(trace.form), factor(trace.form, own)))
}

/// `dJ/dw = dJ/da·da/dw = 22·3 = 66`, as far as it is known.
pub fn derivation(trace: &Trace, node: usize) -> Option<String> {
    let own = &trace.nodes[node];
    let mut parts = vec![own.heading.clone()?];
    if let Some(because) = because(trace, node) {
        parts.extend([because.formula, because.numbers].into_iter().filter(|t| !t.is_empty()));
    }
    parts.extend(own.derivative.as_ref().map(|d| value_in(trace.form, d)));
    parts.extend((parts.len() == 1 && node + 1 == trace.nodes.len()).then(|| "1".to_string()));
    parts.dedup();
    Some(parts.join(" = "))
}

/// `[2, 3]`; empty for a number.
pub fn shape(node: &TraceNode) -> String {
    if node.shape.is_empty() { String::new() } else { format!("[{}]", node.shape.join(", ")) }
}

/// What the names of derivatives in formulas stand for, by the first of them: `d_z stands for ∂J/∂z.`
pub fn symbols(trace: &Trace) -> Option<String> {
    let product = |e: &TraceEdge| e.local.as_ref().is_some_and(|l| !l.is_factor());
    let mut nodes: Vec<usize> = trace.edges.iter().filter(|e| product(e)).map(|e| e.to).collect();
    nodes.dedup();
    let node = &trace.nodes[*nodes.first()?];
    let more = if nodes.len() > 1 { ", and so on" } else { "" };
    Some(format!("{} stands for {}{more}.", node.symbol, node.heading.as_deref().unwrap_or_default()))
}

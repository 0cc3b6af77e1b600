//! A computation graph as a picture: a card for each node, with its value and its derivative, and the local derivatives on
//! the arrows.

use std::collections::HashMap;

use wrt::session::{Role, Trace, TraceEdge, TraceNode};
use wrt_draw::{Arrow, Card, CardLine, Dash, Diagram, Ink};

use super::words;

/// The colours: values, derivatives, parameters.
const VALUE: Ink = Ink::Series(0);
const DERIVATIVE: Ink = Ink::Series(1);
const PARAMETER: Ink = Ink::Series(2);

/// Arithmetic that is no longer stands in one line.
const LINE: usize = 34;
/// Numbers that are longer have their value in a line of its own.
const LONG: usize = 80;
/// More free names than this are drawn together, those that are used by the same nodes.
const NAMES: usize = 40;
/// Nodes of more operations look like a stack.
const STACK: usize = 3;

/// How far a computation has come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The value of a node.
    Forward(usize),
    /// The derivative with respect to a node.
    Backward(usize),
}

impl Step {
    /// The steps in their order: the free names are known at the beginning.
    pub fn all(trace: &Trace) -> Vec<Step> {
        let forward = (0..trace.nodes.len()).filter(|k| trace.nodes[*k].role.is_none());
        let backward = (0..trace.nodes.len()).rev().filter(|k| trace.nodes[*k].heading.is_some());
        forward.map(Step::Forward).chain(backward.map(Step::Backward)).collect()
    }

    /// What happens in it.
    pub fn title(self, trace: &Trace) -> String {
        match self {
            Step::Forward(k) => {
                let node = &trace.nodes[k];
                let value = node.value.as_ref().map(|v| format!(" = {}", words::value(v))).unwrap_or_default();
                format!("forward, {} = {}{value}", node.name, node.formula)
            }
            Step::Backward(k) => format!("backward, {}", words::derivation(trace, k).unwrap_or_default()),
        }
    }

    fn shows_value(self, node: usize, trace: &Trace) -> bool {
        match self {
            Step::Forward(now) => node <= now || trace.nodes[node].role.is_some(),
            Step::Backward(_) => true,
        }
    }

    fn shows_derivative(self, node: usize) -> bool {
        matches!(self, Step::Backward(now) if node >= now)
    }
}

/// The picture, as far as a step has come.
pub fn diagram(trace: &Trace, notes: &[String], step: Option<Step>) -> Diagram {
    let groups = groups(trace);
    let card_of: HashMap<usize, usize> =
        groups.iter().enumerate().flat_map(|(at, all)| all.iter().map(move |k| (*k, at))).collect();
    let mut arrows: Vec<Arrow> = Vec::new();
    for edge in &trace.edges {
        let (Some(from), Some(to)) = (card_of.get(&edge.from), card_of.get(&edge.to)) else { continue };
        let single = groups[*from].len() == 1;
        if single || !arrows.iter().any(|a| (a.from, a.to) == (*from, *to)) {
            let (label, ink) = if single { label(trace, edge) } else { (String::new(), DERIVATIVE) };
            let hidden = ink == DERIVATIVE && step.is_some_and(|s| !s.shows_derivative(edge.from));
            arrows.push(Arrow { from: *from, to: *to, label, ink, hidden });
        }
    }
    Diagram {
        title: String::new(),
        nodes: groups.iter().map(|all| card(trace, all, step)).collect(),
        arrows,
        legend: legend(trace),
        notes: told(trace, notes),
    }
}

/// The same with shorter lines: values and derivatives without arithmetic.
pub fn numbers_only(trace: &Trace, whole: &Diagram) -> Diagram {
    let mut few = whole.clone();
    let last = |text: &str| match text.rsplit_once(" = ") {
        Some((head, value)) => format!("{} = {value}", head.split(" = ").next().unwrap_or_default()),
        None => text.to_string(),
    };
    let valued = trace.nodes.iter().any(|n| n.value.is_some());
    for card in few.nodes.iter_mut().filter(|_| valued) {
        let lines = std::mem::take(&mut card.lines);
        // Arithmetic of two lines becomes one.
        for line in lines {
            match card.lines.last_mut() {
                Some(above) if line.text.starts_with("= ") => {
                    above.text = last(&format!("{} {}", above.text, line.text))
                }
                _ if line.ink == DERIVATIVE => card.lines.push(CardLine { text: last(&line.text), ..line }),
                _ => card.lines.push(line),
            }
        }
    }
    for arrow in few.arrows.iter_mut().filter(|a| a.ink == DERIVATIVE) {
        arrow.label = arrow.label.rsplit_once(" = ").map_or(String::new(), |(_, value)| value.to_string());
    }
    few
}

/// Each node by itself; free names together where there are many.
fn groups(trace: &Trace) -> Vec<Vec<usize>> {
    let names = trace.nodes.iter().filter(|n| n.role.is_some()).count();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut known: HashMap<Vec<usize>, usize> = HashMap::new();
    for (k, node) in trace.nodes.iter().enumerate() {
        if names <= NAMES || node.role.is_none() {
            groups.push(vec![k]);
            continue;
        }
        let uses: Vec<usize> = trace.uses(k).map(|e| e.to).collect();
        let place = *known.entry(uses).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(k),
            None => groups.push(vec![k]),
        }
    }
    groups
}

fn card(trace: &Trace, all: &[usize], step: Option<Step>) -> Card {
    let k = all[0];
    let node = &trace.nodes[k];
    let (ink, border) = match node.role {
        Some(Role::Parameter) => (PARAMETER, Dash::Solid),
        Some(Role::Data | Role::Random) => (Ink::Axis, Dash::Dashed),
        _ => (Ink::Axis, Dash::Solid),
    };
    let lit = step.is_some_and(|s| matches!(s, Step::Forward(now) | Step::Backward(now) if now == k));
    let stacked = all.len() > 1 || node.operations > STACK;
    let lines = if all.len() > 1 { together(trace, all) } else { lines(trace, k, step) };
    Card { lines, ink, border, stacked, lit }
}

/// `x1, x2, … x900`, and how many these are.
fn together(trace: &Trace, all: &[usize]) -> Vec<CardLine> {
    let name = |k: usize| trace.nodes[k].name.as_str();
    let told = match all {
        [a, b] => format!("{}, {}", name(*a), name(*b)),
        _ => format!("{}, {}, … {}", name(all[0]), name(all[1]), name(all[all.len() - 1])),
    };
    vec![CardLine::new(told, Ink::Text), CardLine::new(format!("{} names", all.len()), Ink::Secondary)]
}

fn lines(trace: &Trace, k: usize, step: Option<Step>) -> Vec<CardLine> {
    let node = &trace.nodes[k];
    let mut lines = vec![CardLine::new(title(node), Ink::Text)];
    if node.operations > STACK {
        lines.push(CardLine::new(format!("{} operations", node.operations), Ink::Secondary));
    }
    if let Some(value) = &node.value {
        let hidden = step.is_some_and(|s| !s.shows_value(k, trace));
        lines.push(CardLine { text: words::value(value), ink: VALUE, hidden });
    }
    let hidden = step.is_some_and(|s| !s.shows_derivative(k));
    for text in arithmetic(trace, k) {
        lines.push(CardLine { text, ink: DERIVATIVE, hidden });
    }
    if let Some(nudged) = &node.nudged {
        lines.push(CardLine { text: format!("nudged: {nudged}"), ink: Ink::Secondary, hidden });
    }
    lines
}

/// `a = 2 + 3*w`, `h_W parameter [4, 3]`
fn title(node: &TraceNode) -> String {
    match node.role {
        None => format!("{} = {}", node.name, node.formula),
        Some(_) => node.name.clone(),
    }
}

/// `dJ/dw = dJ/da·da/dw = 22·3 = 66`, in two lines where it is long.
fn arithmetic(trace: &Trace, k: usize) -> Vec<String> {
    let Some(whole) = words::derivation(trace, k) else { return Vec::new() };
    if whole.chars().count() <= LINE {
        return vec![whole];
    }
    let Some(because) = words::because(trace, k) else { return vec![whole] };
    let heading = trace.nodes[k].heading.clone().unwrap_or_default();
    let value = trace.nodes[k].derivative.as_ref().map(words::value);
    let numbers = [Some(because.numbers).filter(|n| !n.is_empty()), value];
    let numbers: Vec<String> = numbers.into_iter().flatten().collect();
    let mut lines = vec![format!("{heading} = {}", because.formula)];
    match &numbers[..] {
        // What a long sum comes to is never cut off with it.
        [sum, value] if sum.chars().count() > LONG => lines.extend([format!("= {sum}"), format!("= {value}")]),
        [] => {}
        _ => lines.push(format!("= {}", numbers.join(" = "))),
    }
    lines
}

/// What stands on an edge: the local derivative of numbers; the shape of an array.
fn label(trace: &Trace, edge: &TraceEdge) -> (String, Ink) {
    let from = &trace.nodes[edge.from];
    if !from.shape.is_empty() {
        return (words::shape(from), Ink::Secondary);
    }
    (words::local(trace.form, edge), DERIVATIVE)
}

fn legend(trace: &Trace) -> Vec<(Ink, String)> {
    let mut all = Vec::new();
    if trace.nodes.iter().any(|n| n.value.is_some()) {
        all.push((VALUE, "values, computed from left to right".to_string()));
    }
    if trace.edges.iter().any(|e| e.local.is_some()) {
        all.push((DERIVATIVE, format!("derivatives of {}, from right to left", trace.function)));
    }
    if trace.nodes.iter().any(|n| n.role == Some(Role::Parameter)) {
        all.push((PARAMETER, "parameters".to_string()));
    }
    all
}

fn told(trace: &Trace, notes: &[String]) -> Vec<String> {
    let mut all: Vec<String> = words::symbols(trace).into_iter().collect();
    if trace.folded > 0 {
        let what = if trace.folded == 1 { "operation is" } else { "operations are" };
        all.push(format!("{} {what} folded into the nodes that use them.", trace.folded));
    }
    all.extend(notes.iter().cloned());
    all
}

//! Let bindings: a formula that would be huge as a tree is written as `a = …; b = …; result`.

use std::collections::{HashMap, HashSet};

use wrt_core::{Graph, Id, Node, NodeMap, Operation, is_small_tree, repeated, times_written};

use crate::form::Form;
use crate::names;
use crate::notation;
use crate::template::{self, spelling};

/// Trees up to this many nodes are written out even if subexpressions occur twice.
const TREE_LIMIT: u64 = 600;

/// Formulas have at most this many nodes together, as trees, where nothing that occurs twice is named.
const TREES_LIMIT: u64 = 4 * TREE_LIMIT;

/// Formulas nested more deeply than this are cut into let bindings.
const DEPTH_LIMIT: u32 = 100;

/// A formula in text.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Printed {
    /// The let bindings, each one using only those before it. What is bound in index notation is named with its indices
    /// (`a[i,j,k]`).
    pub bindings: Vec<(String, String)>,
    /// The formula.
    pub result: String,
    /// The indices that are free in the result, if it is in index notation: the entry at these is what it says.
    pub indices: Vec<String>,
    /// Why there is no text in this form; the result is empty then.
    pub refused: Option<String>,
    /// What the result is called where it needs a name; empty for `result`.
    pub name: String,
}

impl Printed {
    /// All in one line: `a = …; b = …; result`, which the language reads back; index notation as `result[i,j] = …`.
    pub fn line(&self) -> String {
        let mut out = String::new();
        for (name, text) in &self.bindings {
            out.push_str(name);
            out.push_str(" = ");
            out.push_str(text);
            out.push_str("; ");
        }
        if !self.indices.is_empty() {
            let name = if self.name.is_empty() { "result" } else { &self.name };
            out.push_str(&format!("{name}[{}] = ", self.indices.join(",")));
        }
        out.push_str(&self.result);
        out
    }

    /// A name with the result's free indices: `J[i,j]`; the name alone in matrix notation.
    ///
    /// ```
    /// use wrt_view::{Form, Printed};
    /// let printed = Printed { indices: vec!["i".into(), "j".into()], ..Printed::default() };
    /// assert_eq!(printed.heading(Form::Text, "dJ/dX"), "dJ/dX[i,j]");
    /// assert_eq!(printed.heading(Form::Latex, "J"), "{J}_{i j}");
    /// ```
    pub fn heading(&self, form: Form, name: &str) -> String {
        match form {
            _ if self.indices.is_empty() => name.to_string(),
            // An index beside another one, or beside a fraction, would be read as part of it.
            f if f.is_latex() && name.contains(['_', '\\']) => {
                format!("{{\\left({name}\\right)}}_{{{}}}", self.indices.join(" "))
            }
            f if f.is_latex() => format!("{{{name}}}_{{{}}}", self.indices.join(" ")),
            _ => format!("{name}[{}]", self.indices.join(",")),
        }
    }
}

/// How to print.
#[derive(Clone, Copy, Default, Debug)]
pub struct Options<'a> {
    /// Nodes that are written by their names, with their definitions among the let bindings.
    pub names: &'a [(Id, String)],
    /// So many of the graph's first nodes are a person's own: nothing is taken out of their sums, factored or cancelled.
    pub written: usize,
    /// Is the graph that of one text? Then it tells `x' @ x` from `norm2(x)^2`.
    pub one_text: bool,
}

/// What of a graph a person wrote.
#[derive(Clone, Copy, Default)]
pub(crate) struct Own {
    /// How many of the first nodes.
    pub(crate) written: usize,
    /// In one text.
    pub(crate) one_text: bool,
}

/// The formula of a node.
///
/// ```
/// use wrt_core::Graph;
/// use wrt_language::{Scope, parse};
/// use wrt_view::{Form, print};
/// let mut g = Graph::new();
/// let f = parse(&mut g, "(a + b)^2/(2x)", &Scope::default()).unwrap().result;
/// assert_eq!(print(&g, f, Form::Text).line(), "(a + b)^2/(2*x)");
/// assert_eq!(print(&g, f, Form::Unicode).line(), "(a + b)²/(2·x)");
/// ```
pub fn print(graph: &Graph, root: Id, form: Form) -> Printed {
    print_with(graph, root, form, &Options::default())
}

/// The formula of a node, in which some nodes have names.
///
/// ```
/// use wrt_core::Graph;
/// use wrt_language::{Scope, parse};
/// use wrt_view::{Form, Options, print_with};
/// let mut g = Graph::new();
/// let f = parse(&mut g, "p = sigmoid(w*x); p*(1 - p)", &Scope::default()).unwrap().result;
/// let names = g.names().to_vec();
/// let printed = print_with(&g, f, Form::Text, &Options { names: &names, ..Options::default() });
/// assert_eq!(printed.line(), "p = sigmoid(w*x); p*(1 - p)");
/// ```
pub fn print_with(graph: &Graph, root: Id, form: Form, options: &Options<'_>) -> Printed {
    let mut block = print_all(graph, &[root], form, options);
    let printed = block.results.pop().unwrap_or_default();
    let mut name = "result".to_string();
    while graph.find_symbol(&name).is_some() || block.bindings.iter().any(|(n, _)| n.split('[').next() == Some(&name)) {
        name.push('_');
    }
    Printed { bindings: block.bindings, name, ..printed }
}

/// Several formulas with the let bindings of what they have in common.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LetBlock {
    /// The let bindings of all of them, each one using only those before it.
    pub bindings: Vec<(String, String)>,
    /// The formulas, without bindings of their own.
    pub results: Vec<Printed>,
    /// Which bindings each binding uses, and each result.
    binding_uses: Vec<Vec<usize>>,
    result_uses: Vec<Vec<usize>>,
}

/// A line of a [`LetBlock`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Line<'s> {
    /// A let binding: its name, with indices or arguments, and its formula.
    Binding(&'s str, &'s str),
    /// The formula at this place among the results.
    Result(usize),
}

impl LetBlock {
    /// Everything in an order in which it can be read: each binding once, before the first result that uses it.
    ///
    /// A result may stand in the others by a name that is a symbol to them (`d_h`): bindings that use it come behind it.
    pub fn lines(&self) -> Vec<Line<'_>> {
        let mut lines = Vec::with_capacity(self.bindings.len() + self.results.len());
        let mut written = vec![false; self.bindings.len()];
        for k in 0..self.results.len() {
            let uses = self.result_uses.get(k).map_or(&[][..], Vec::as_slice);
            self.before(uses, &mut written, &mut |part| {
                let (head, text) = &self.bindings[part];
                lines.push(Line::Binding(head, text));
            });
            lines.push(Line::Result(k));
        }
        lines
    }

    /// With each binding behind those that it uses.
    fn ordered(mut self) -> LetBlock {
        let mut written = vec![false; self.bindings.len()];
        let (mut order, all) = (Vec::new(), (0..self.bindings.len()).collect::<Vec<_>>());
        self.before(&all, &mut written, &mut |k| order.push(k));
        let mut place = vec![0; order.len()];
        order.iter().enumerate().for_each(|(at, k)| place[*k] = at);
        let moved = |uses: &[usize]| uses.iter().map(|k| place[*k]).collect::<Vec<_>>();
        self.binding_uses = order.iter().map(|k| moved(&self.binding_uses[*k])).collect();
        self.result_uses = self.result_uses.iter().map(|u| moved(u)).collect();
        self.bindings = order.iter().map(|k| std::mem::take(&mut self.bindings[*k])).collect();
        self
    }

    /// These results at their places among those of another block, which has no bindings.
    fn among(self, others: &LetBlock, places: &[usize]) -> LetBlock {
        let mut results = others.results.clone();
        let mut result_uses = vec![Vec::new(); results.len()];
        for ((k, result), uses) in places.iter().zip(self.results).zip(self.result_uses) {
            results[*k] = result;
            result_uses[*k] = uses;
        }
        LetBlock { results, result_uses, ..self }
    }

    /// A let block of one result in one line.
    pub fn line(&self, form: Form) -> String {
        let mut texts = Vec::new();
        for line in self.lines() {
            texts.push(match line {
                Line::Binding(name, text) => format!("{name} = {text}"),
                Line::Result(k) => match &self.results[k] {
                    Printed { refused: Some(why), .. } => format!("# {why}"),
                    r if r.indices.is_empty() => r.result.clone(),
                    r => format!("{} = {}", r.heading(form, "result"), r.result),
                },
            });
        }
        texts.join("; ")
    }

    /// The bindings behind these, and before each one those that it uses.
    fn before(&self, uses: &[usize], written: &mut [bool], note: &mut dyn FnMut(usize)) {
        let mut stack: Vec<(usize, usize)> = Vec::new();
        for &first in uses {
            if std::mem::replace(&mut written[first], true) {
                continue;
            }
            stack.push((first, 0));
            while let Some((part, next)) = stack.last_mut() {
                match self.binding_uses.get(*part).and_then(|u| u.get(*next)) {
                    Some(&inner) => {
                        *next += 1;
                        if !std::mem::replace(&mut written[inner], true) {
                            stack.push((inner, 0));
                        }
                    }
                    None => {
                        note(*part);
                        stack.pop();
                    }
                }
            }
        }
    }
}

/// The formulas of several nodes; what they have in common is named once.
///
/// ```
/// use wrt_core::{Graph, Primitive};
/// use wrt_language::{Scope, parse};
/// use wrt_view::{Form, Options, print_all};
/// let mut g = Graph::new();
/// let f = parse(&mut g, "a = x + y; exp(a)", &Scope::default()).unwrap().result;
/// let names = g.names().to_vec();
/// let h = g.map(Primitive::Sin, &[names[0].0]);
/// let block = print_all(&g, &[f, h], Form::Text, &Options { names: &names, ..Options::default() });
/// assert_eq!(block.bindings, [("a".to_string(), "x + y".to_string())]);
/// assert_eq!(block.results[1].result, "sin(a)");
/// ```
pub fn print_all(graph: &Graph, roots: &[Id], form: Form, options: &Options<'_>) -> LetBlock {
    let bindings = choose_bindings(graph, roots, form, options.names);
    let own = Own { written: options.written, one_text: options.one_text };
    if form != Form::MathMl {
        return shorter(graph, roots, form, bindings, own);
    }
    let mut block = shorter(graph, roots, Form::Latex, bindings, own);
    let texts = block.bindings.iter_mut().map(|(_, text)| text);
    for text in texts.chain(block.results.iter_mut().map(|r| &mut r.result)).filter(|text| !text.is_empty()) {
        *text = crate::mathml(text);
    }
    block
}

/// The formulas that are written by a name, as they occur more than once.
fn named_roots(roots: &[Id], bindings: &HashMap<Id, String>) -> HashMap<Id, String> {
    roots.iter().filter_map(|root| Some((*root, bindings.get(root)?.clone()))).collect()
}

fn refused(roots: &[Id], why: &str) -> LetBlock {
    let one = Printed { refused: Some(why.to_string()), ..Printed::default() };
    LetBlock { results: vec![one; roots.len()], ..LetBlock::default() }
}

/// A blank between two numerals would be read as one number in LaTeX.
pub(crate) fn finish(form: Form, text: String) -> String {
    if !form.is_latex() {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    for (k, part) in text.split(" \\, ").enumerate() {
        let sign = if part.starts_with(|c: char| c.is_ascii_digit()) { " \\cdot " } else { " \\, " };
        out.push_str(if k == 0 { "" } else { sign });
        out.push_str(part);
    }
    out
}

/// How many signs people see: in LaTeX a command is one, and what groups, sets or spaces is none.
fn signs(form: Form, text: &str) -> usize {
    if !form.is_latex() {
        return text.chars().count();
    }
    let (mut count, mut rest) = (0, text);
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        if c != '\\' {
            count += !matches!(c, '{' | '}' | '^' | '_' | '&' | ' ') as usize;
            continue;
        }
        let (word, behind) = rest.split_at(rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len()));
        rest = if word.is_empty() { behind.get(1..).unwrap_or_default() } else { behind };
        count += !matches!(word, "" | "left" | "right" | "frac" | "mathrm" | "text" | "begin" | "end") as usize;
    }
    count
}

/// Where lines are long, what occurs twice is named if that makes all of it shorter. For people a line that is short as
/// it is stays whole; code computes once what all lines have in common.
fn shorter(graph: &Graph, roots: &[Id], form: Form, mut bindings: HashMap<Id, String>, own: Own) -> LetBlock {
    /// A line that people take in at once has fewer characters.
    const LONG: usize = 120;
    /// Beside one that is longer, a line of so many stays whole.
    const WHOLE: usize = 90;
    let mut more = bindings.clone();
    let plain = with_names(graph, roots, form, &mut bindings, own);
    let lengths = |s: &LetBlock| -> Vec<usize> {
        let bindings = s.bindings.iter().map(|(name, text)| signs(form, name) + signs(form, text) + 4);
        bindings.chain(s.results.iter().map(|r| signs(form, &r.result))).collect()
    };
    let whole = plain.results.iter().all(|r| r.refused.is_none());
    if whole && lengths(&plain).iter().all(|n| *n <= LONG) {
        return plain;
    }
    let apart = whole && !form.is_code() && plain.bindings.is_empty();
    let is_long = |k: &usize| !apart || signs(form, &plain.results[*k].result) > WHOLE;
    let long: Vec<usize> = (0..roots.len()).filter(is_long).collect();
    let cut_roots: Vec<Id> = long.iter().map(|k| roots[*k]).collect();
    let shared = shared_or_deep(graph, &cut_roots, &more);
    if shared.is_empty() {
        return plain;
    }
    // Letters that no line has for something else.
    bind(graph, roots, &shared, &mut more);
    let cut = with_names(graph, &cut_roots, form, &mut more, own);
    if cut.results.iter().any(|r| r.refused.is_some()) {
        return plain;
    }
    let cut = cut.among(&plain, &long);
    let (before, after): (usize, usize) = (lengths(&plain).iter().sum(), lengths(&cut).iter().sum());
    if !whole || after * 20 < before * 19 { cut } else { plain }
}

/// Prints with these names; what has no notation within another formula is bound to one, too.
fn with_names(graph: &Graph, roots: &[Id], form: Form, bindings: &mut HashMap<Id, String>, own: Own) -> LetBlock {
    /// Each round names at least one more node; formulas need one or two.
    const ROUNDS: usize = 64;
    let known: Vec<Id> =
        notation::names_for_recursions(graph, roots).into_iter().filter(|id| !bindings.contains_key(id)).collect();
    bind(graph, roots, &known, bindings);
    let named = if form == Form::Index { HashMap::new() } else { named_roots(roots, bindings) };
    for _ in 0..ROUNDS {
        let indices = index_names(graph, roots, bindings);
        let functions = notation::Functions::new(graph, roots, names_below(graph, roots, bindings), bindings);
        let text = |id: Id| notation::text(graph, id, form, bindings, &functions, &indices, own);
        let result = |root: &Id| match named.contains_key(root) {
            true => notation::Text::name(functions.in_formula(form, &bindings[root], graph, bindings), *root),
            false => text(*root),
        };
        let results: Vec<notation::Text> = roots.iter().map(result).collect();
        let mut wanted: Vec<Id> = results.iter().flat_map(|r| &r.wanted).copied().collect();
        let mut open: Vec<Id> = results.iter().flat_map(|r| &r.used).copied().collect();
        let mut texts: Vec<(Id, notation::Text)> = Vec::new();
        let mut known = HashSet::new();
        while let Some(id) = open.pop() {
            if !known.insert(id) {
                continue;
            }
            let text = text(id);
            wanted.extend(&text.wanted);
            open.extend(&text.used);
            texts.push((id, text));
        }
        let missing = results.iter().chain(texts.iter().map(|(_, t)| t)).find_map(|t| t.missing);
        match missing {
            Some(notation::TENSORS) => {
                let with = Form::ALL.iter().filter(|(_, f)| f.has_tensors()).map(|(word, _)| *word);
                let words = with.collect::<Vec<_>>().join(", ");
                return refused(roots, &format!("tensors are not printed in this form; there are {words}"));
            }
            Some(name) => return refused(roots, &format!("{name} is not printed in this form")),
            None => {}
        }
        if wanted.is_empty() && unite_equal(&texts, bindings) {
            continue;
        }
        if wanted.is_empty() {
            let mut lines: Vec<notation::Function> = Vec::new();
            for f in texts.iter().map(|(_, t)| t).chain(&results).flat_map(|t| &t.functions) {
                if !lines.contains(f) {
                    lines.push(f.clone());
                }
            }
            texts.sort_by_key(|(id, _)| *id);
            let written = |name: &str| functions.in_formula(form, name, graph, bindings);
            return listed(form, &texts, results, lines, bindings, &written);
        }
        wanted.retain(|id| !bindings.contains_key(id));
        if wanted.is_empty() {
            break;
        }
        bind(graph, roots, &wanted, bindings);
    }
    refused(roots, "there is no notation for a part of this formula")
}

/// Binds nodes that are written alike to one name; did that change anything?
fn unite_equal(texts: &[(Id, notation::Text)], bindings: &mut HashMap<Id, String>) -> bool {
    let mut first: HashMap<(&str, &[String]), Id> = HashMap::new();
    let mut changed = false;
    let mut ordered: Vec<&(Id, notation::Text)> = texts.iter().collect();
    ordered.sort_by_key(|(id, _)| *id);
    for (id, text) in ordered {
        let known = *first.entry((&text.text, &text.indices)).or_insert(*id);
        if bindings[&known] != bindings[id] {
            bindings.insert(*id, bindings[&known].clone());
            changed = true;
        }
    }
    changed
}

/// The let block of finished texts: each line stands behind those that it uses.
fn listed(
    form: Form,
    texts: &[(Id, notation::Text)],
    results: Vec<notation::Text>,
    functions: Vec<notation::Function>,
    names: &HashMap<Id, String>,
    written: &dyn Fn(&str) -> String,
) -> LetBlock {
    let count = functions.len();
    let mut bindings: Vec<(String, String)> = functions.iter().map(|f| (f.head.clone(), f.body.clone())).collect();
    let (mut place, mut first): (HashMap<Id, usize>, HashMap<&str, usize>) = (HashMap::new(), HashMap::new());
    let mut kept: Vec<&notation::Text> = Vec::with_capacity(texts.len());
    for (id, text) in texts {
        if let Some(line) = text.defined_by.as_ref().and_then(|head| functions.iter().position(|f| f.head == *head)) {
            place.insert(*id, line);
            continue;
        }
        let name = names[id].as_str();
        // Nodes that are written alike share a name.
        let at = *first.entry(name).or_insert(bindings.len());
        if at == bindings.len() {
            let head = Printed { indices: text.indices.clone(), ..Printed::default() };
            bindings.push((head.heading(form, &written(name)), finish(form, text.text.clone())));
            kept.push(text);
        }
        place.insert(*id, at);
    }
    let head = |wanted: &str| functions.iter().position(|f| f.head == wanted);
    let named = |f: &notation::Function| -> Vec<usize> {
        f.names.iter().filter_map(|n| first.get(n.as_str()).copied().or_else(|| head(n))).collect()
    };
    let uses = |t: &notation::Text| -> Vec<usize> {
        let called = t.functions.iter().filter_map(|f| head(&f.head));
        let mut all: Vec<usize> = called.chain(t.used.iter().filter_map(|id| place.get(id).copied())).collect();
        all.sort_unstable_by_key(|k| (*k < count, *k));
        all.dedup();
        all
    };
    let binding_uses: Vec<Vec<usize>> = functions.iter().map(named).chain(kept.iter().map(|t| uses(t))).collect();
    let result_uses = results.iter().map(uses).collect();
    let printed =
        |r: notation::Text| Printed { result: finish(form, r.text), indices: r.indices, ..Printed::default() };
    let results = results.into_iter().map(printed).collect();
    LetBlock { bindings, results, binding_uses, result_uses }.ordered()
}

/// The nodes that get names: those of the person, and where the tree is large, what occurs twice.
fn choose_bindings(graph: &Graph, roots: &[Id], form: Form, names: &[(Id, String)]) -> HashMap<Id, String> {
    let mut bindings = HashMap::new();
    let leaf = |id: Id| matches!(graph.node(id), Node::Number(_) | Node::Constant(_) | Node::Symbol(_));
    let order = if names.is_empty() { Vec::new() } else { graph.reachable(roots) };
    for (id, name) in names {
        if !roots.contains(id) && !leaf(*id) && order.binary_search(id).is_ok() {
            bindings.entry(*id).or_insert_with(|| name.clone());
        }
    }
    // Small formulas: a walk that stops at the limit is cheaper than a table over the graph.
    let small = |limit: u64| {
        let stays = |c| bindings.contains_key(&c) || is_scan(graph, c);
        roots.iter().chain(bindings.keys()).all(|id| is_small_tree(graph, *id, limit, stays))
    };
    let many = trees(graph, roots, &bindings) > TREES_LIMIT;
    let chosen = if many || !small(TREE_LIMIT) {
        shared_or_deep(graph, roots, &bindings)
    } else if !small(DEPTH_LIMIT.into()) {
        deep(graph, &graph.reachable(roots), roots, &[], &bindings)
    } else {
        // A tree of few nodes is not nested deeply.
        Vec::new()
    };
    bind(graph, roots, &chosen, &mut bindings);
    if form.is_code() {
        let twice = written_twice(graph, roots, form);
        bind(graph, roots, &twice, &mut bindings);
    }
    bindings
}

/// A scan that is no call has lines of its own.
fn is_scan(graph: &Graph, id: Id) -> bool {
    matches!(graph.node(id), Node::Operation(Operation::Scan(s), _) if s.text_by("").is_none())
}

/// How many nodes the formulas have together as trees, down to what is named; not counted where they are few.
fn trees(graph: &Graph, roots: &[Id], bindings: &HashMap<Id, String>) -> u64 {
    if roots.len() as u64 * TREE_LIMIT <= TREES_LIMIT {
        return 0;
    }
    let mut sizes: NodeMap<u64> = NodeMap::default();
    for id in graph.reachable(roots) {
        let mut own = 1u64;
        graph.for_each_child(id, |c| {
            own = own.saturating_add(if bindings.contains_key(&c) { 1 } else { sizes.of(c) });
        });
        sizes.insert(id, own);
    }
    roots.iter().fold(0, |total, root| total.saturating_add(sizes.of(*root)))
}

/// What the spelling of a function in source code has in it more than once, which would be written, and computed, that
/// often for each function around it.
fn written_twice(graph: &Graph, roots: &[Id], form: Form) -> Vec<Id> {
    let short = |id: Id| match graph.node(id) {
        Node::Number(_) | Node::Constant(_) | Node::Symbol(_) => true,
        Node::Sum([single]) => !graph.symbol_name(single.node).is_empty(),
        _ => false,
    };
    let mut found: Vec<Id> = Vec::new();
    for id in graph.reachable(roots) {
        let Node::Map(primitive, args) = graph.node(id) else { continue };
        let repeated = template::repeated(spelling(primitive, form), args.len());
        found.extend(repeated.iter().filter_map(|k| args.get(*k)).filter(|arg| !short(**arg) && !roots.contains(arg)));
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// What is bound of a large tree, children first: what occurs twice, and what is nested too deeply.
pub(crate) fn shared_or_deep(graph: &Graph, roots: &[Id], named: &HashMap<Id, String>) -> Vec<Id> {
    /// Trees of up to this many nodes are written as often as they occur.
    const SMALL: u64 = 3;
    let order = graph.reachable(roots);
    let mut shared = repeated(graph, &order, roots, SMALL, |id| named.contains_key(&id) || is_scan(graph, id));
    let worth = worth_a_name(graph, roots, &order, &shared, named);
    shared.retain(|id| worth.contains(id));
    deep(graph, &order, roots, &shared, named)
}

/// Those of the nodes that make all of it shorter by a name, written with the names below them.
fn worth_a_name(graph: &Graph, roots: &[Id], order: &[Id], shared: &[Id], named: &HashMap<Id, String>) -> HashSet<Id> {
    let is_shared = |id: &Id| shared.binary_search(id).is_ok();
    let times = times_written(graph, order, roots, |id| named.contains_key(&id) || is_shared(&id));
    let mut sizes: NodeMap<u64> = NodeMap::default();
    let mut worth = HashSet::new();
    for &id in order {
        let size = written_size(graph, id, &sizes);
        // The name and the formula behind it, against the formula at each place.
        if is_shared(&id) && times.of(id).saturating_mul(size - 1) > size + 1 {
            worth.insert(id);
        }
        sizes.insert(id, if named.contains_key(&id) || worth.contains(&id) { 1 } else { size });
    }
    worth
}

/// The size of a node as it is written, of what is below it: coefficients stand before terms, and zeros have none.
fn written_size(graph: &Graph, id: Id, sizes: &NodeMap<u64>) -> u64 {
    let mut size = 1u64;
    match graph.node(id) {
        Node::Sum(terms) => {
            let terms = || terms.iter().filter(|t| !t.coefficient.is_zero());
            size = u64::from(terms().nth(1).is_some());
            for t in terms() {
                size = size.saturating_add(sizes.of(t.node).saturating_add(u64::from(!t.coefficient.abs().is_one())));
            }
        }
        _ => graph.for_each_child(id, |c| size = size.saturating_add(sizes.of(c))),
    }
    size.max(1)
}

/// These nodes, and what is nested too deeply above them.
fn deep(graph: &Graph, order: &[Id], roots: &[Id], cut: &[Id], named: &HashMap<Id, String>) -> Vec<Id> {
    let mut depths: NodeMap<u32> = NodeMap::default();
    let mut chosen = Vec::new();
    for &id in order {
        let mut depth = 0;
        graph.for_each_child(id, |c| depth = depth.max(depths.of(c) + !continues(graph, id, c) as u32));
        let named = named.contains_key(&id);
        let cut = cut.binary_search(&id).is_ok() || depth >= DEPTH_LIMIT && !named && !roots.contains(&id);
        if cut {
            chosen.push(id);
        }
        depths.insert(id, if cut || named { 0 } else { depth });
    }
    chosen
}

/// Are a sum and a term of it, or a product of numbers and a factor of it, written as one?
fn continues(graph: &Graph, id: Id, child: Id) -> bool {
    let scalars = |id: Id| !graph.is_tensor(id) && matches!(graph.node(id), Node::Sum([_]) | Node::Contraction(..));
    match (graph.node(id), graph.node(child)) {
        (Node::Sum(terms), Node::Sum(inner)) if terms.len() > 1 => {
            inner.len() > 1
                && graph.rank(id) == graph.rank(child)
                && terms.iter().all(|t| t.node != child || t.coefficient.is_one())
        }
        _ => scalars(id) && scalars(child),
    }
}

/// Gives names that nothing else has.
fn bind(graph: &Graph, roots: &[Id], chosen: &[Id], bindings: &mut HashMap<Id, String>) {
    if chosen.is_empty() {
        return;
    }
    let mut taken = names_below(graph, roots, bindings);
    taken.extend(notation::names_of_functions(graph, &graph.reachable(roots)));
    let mut lines: HashMap<Id, String> = HashMap::new();
    for id in chosen {
        if let Some(name) = notation::name_of_result(graph, *id)
            && taken.insert(name.clone())
        {
            lines.insert(*id, name);
        }
    }
    let mut letters = binding_names(chosen.len()).filter(|n| !taken.contains(n));
    for id in chosen {
        if !bindings.contains_key(id) {
            let name = lines.remove(id).or_else(|| letters.next());
            bindings.insert(*id, name.unwrap_or_default());
        }
    }
}

/// The names of symbols, bound nodes and dimensions.
fn names_below(graph: &Graph, roots: &[Id], bindings: &HashMap<Id, String>) -> HashSet<String> {
    let order = graph.reachable(roots);
    let mut taken: HashSet<String> = order.iter().map(|id| graph.symbol_name(*id).to_string()).collect();
    taken.extend(bindings.values().cloned());
    taken.extend(names::of_dimensions(graph, roots));
    taken
}

/// Letters for indices that mean nothing else in the formula.
fn index_names(graph: &Graph, roots: &[Id], bindings: &HashMap<Id, String>) -> Vec<String> {
    let dimensions = names::of_dimensions(graph, roots);
    let taken = |letter: &str| {
        graph.find_symbol(letter).is_some()
            || bindings.values().any(|name| name == letter)
            || dimensions.contains(letter)
    };
    let letters = "ijklpqrstuvxyzabcfgh".chars().map(String::from);
    letters.filter(|letter| !taken(letter)).collect()
}

/// `a`, `b`, … without those that are indices or sizes by custom, then `p1`, `p2`, … where letters don't suffice.
fn binding_names(count: usize) -> Box<dyn Iterator<Item = String>> {
    let letters = "abcghopqrstuvwxyz";
    if count <= letters.len() / 2 {
        Box::new(letters.chars().map(String::from).chain((1..).map(|k| format!("p{k}"))))
    } else {
        Box::new((1..).map(|k| format!("p{k}")))
    }
}

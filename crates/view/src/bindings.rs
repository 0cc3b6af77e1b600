//! Let bindings: a formula that would be huge as a tree is written as `a = …; b = …; result`.

use std::collections::{HashMap, HashSet};

use wrt_core::{Graph, Id, Node, NodeMap, Operation, is_small_tree, repeated};

use crate::form::Form;
use crate::matrix;
use crate::names;
use crate::printer::{Printer, spelling};
use crate::template;

/// Trees up to this many nodes are written out even if subexpressions occur twice.
const TREE_LIMIT: u64 = 600;

/// Formulas without tensors have at most this many nodes together, as trees, where nothing that occurs twice is named.
const TREES_LIMIT: u64 = 4 * TREE_LIMIT;

/// As [`TREE_LIMIT`], for formulas with tensors: their subexpressions are longer to read and mean more to people.
const TENSOR_TREE_LIMIT: u64 = 150;

/// Tensor formulas nested more deeply than this are cut into let bindings.
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
    let tensors = has_tensors(graph, roots);
    if tensors && !form.has_tensors() {
        let words: Vec<&str> = Form::ALL.iter().filter(|(_, f)| f.has_tensors()).map(|(word, _)| *word).collect();
        return refused(roots, &format!("tensors are not printed in this form; there are {}", words.join(", ")));
    }
    let bindings = choose_bindings(graph, roots, tensors, form, options.names);
    let named = named_roots(roots, &bindings);
    if tensors {
        let own = Own { written: options.written, one_text: options.one_text };
        return shorter(graph, roots, form, bindings, own);
    }
    let form = if form == Form::Index { Form::Text } else { form };
    let printer = Printer::new(graph, form, &bindings);
    let mut order: Vec<Id> = bindings.keys().copied().collect();
    order.sort_unstable();
    let result = |root: &Id| match named.get(root) {
        Some(name) => Printed { result: printer.name(name), ..Printed::default() },
        None => Printed { result: finish(form, printer.text(*root)), ..Printed::default() },
    };
    let uses = |id: &Id| -> Vec<usize> {
        let used = bindings_below(graph, *id, &bindings);
        used.iter().filter_map(|part| order.binary_search(part).ok()).collect()
    };
    let result_uses = |root: &Id| match order.binary_search(root) {
        Ok(own) => vec![own],
        Err(_) => uses(root),
    };
    let block = LetBlock {
        binding_uses: order.iter().map(uses).collect(),
        result_uses: roots.iter().map(result_uses).collect(),
        bindings: order.iter().map(|id| (printer.name(&bindings[id]), finish(form, printer.text(*id)))).collect(),
        results: roots.iter().map(result).collect(),
    };
    match printer.missing.get() {
        Some(what) => refused(roots, &format!("{what} is not printed in this form")),
        None => block,
    }
}

/// The formulas that are written by a name, as they occur more than once.
fn named_roots(roots: &[Id], bindings: &HashMap<Id, String>) -> HashMap<Id, String> {
    roots.iter().filter_map(|root| Some((*root, bindings.get(root)?.clone()))).collect()
}

fn refused(roots: &[Id], why: &str) -> LetBlock {
    let one = Printed { refused: Some(why.to_string()), ..Printed::default() };
    LetBlock { results: vec![one; roots.len()], ..LetBlock::default() }
}

pub(crate) fn finish(form: Form, text: String) -> String {
    match form {
        Form::MathMl => crate::mathml(&finish(Form::Latex, text)),
        // A blank between two numerals would be read as one number.
        Form::Latex => {
            let mut out = String::with_capacity(text.len());
            for (k, part) in text.split(" \\, ").enumerate() {
                let sign = if part.starts_with(|c: char| c.is_ascii_digit()) { " \\cdot " } else { " \\, " };
                out.push_str(if k == 0 { "" } else { sign });
                out.push_str(part);
            }
            out
        }
        _ => text,
    }
}

/// Prints with tensors; where lines are long, what occurs twice is named if that makes all of it shorter.
fn shorter(graph: &Graph, roots: &[Id], form: Form, mut bindings: HashMap<Id, String>, own: Own) -> LetBlock {
    /// A line that people take in at once has fewer characters.
    const LONG: usize = 120;
    let mut more = bindings.clone();
    let plain = with_tensors(graph, roots, form, &mut bindings, own);
    let texts = |s: &LetBlock| -> Vec<usize> {
        let bindings = s.bindings.iter().map(|(name, text)| name.len() + text.len() + 4);
        bindings.chain(s.results.iter().map(|r| r.result.len())).collect()
    };
    let lengths = texts(&plain);
    let refused = plain.results.iter().any(|r| r.refused.is_some());
    if !refused && lengths.iter().all(|n| *n <= LONG) {
        return plain;
    }
    let shared = shared_or_deep(graph, roots, true, &more);
    if shared.is_empty() {
        return plain;
    }
    bind(graph, roots, &shared, &mut more);
    let cut = with_tensors(graph, roots, form, &mut more, own);
    let whole = cut.results.iter().all(|r| r.refused.is_none());
    let (before, after): (usize, usize) = (lengths.iter().sum(), texts(&cut).iter().sum());
    if whole && (refused || after * 20 < before * 19) { cut } else { plain }
}

/// Prints with tensors; what has no notation within another formula is bound to a name.
fn with_tensors(graph: &Graph, roots: &[Id], form: Form, bindings: &mut HashMap<Id, String>, own: Own) -> LetBlock {
    /// Each round names at least one more node; formulas need one or two.
    const ROUNDS: usize = 64;
    let known: Vec<Id> =
        matrix::names_for_recursions(graph, roots).into_iter().filter(|id| !bindings.contains_key(id)).collect();
    bind(graph, roots, &known, bindings);
    let named = if form == Form::Index { HashMap::new() } else { named_roots(roots, bindings) };
    for _ in 0..ROUNDS {
        let indices = index_names(graph, roots, bindings);
        let functions = matrix::Functions::new(graph, roots, names_below(graph, roots, bindings));
        let text = |id: Id| matrix::text(graph, id, form, bindings, &functions, &indices, own);
        let result = |root: &Id| match named.contains_key(root) {
            true => matrix::Text::name(names::in_formula(form, &bindings[root], graph, bindings), *root),
            false => text(*root),
        };
        let results: Vec<matrix::Text> = roots.iter().map(result).collect();
        let mut wanted: Vec<Id> = results.iter().flat_map(|r| &r.wanted).copied().collect();
        let mut open: Vec<Id> = results.iter().flat_map(|r| &r.used).copied().collect();
        let mut texts: Vec<(Id, matrix::Text)> = Vec::new();
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
        if let Some(name) = missing {
            return refused(roots, &format!("{name} is not printed in this form"));
        }
        if wanted.is_empty() && unite_equal(&texts, bindings) {
            continue;
        }
        if wanted.is_empty() {
            let mut functions: Vec<matrix::Function> = Vec::new();
            for f in texts.iter().map(|(_, t)| t).chain(&results).flat_map(|t| &t.functions) {
                if !functions.contains(f) {
                    functions.push(f.clone());
                }
            }
            texts.sort_by_key(|(id, _)| *id);
            return listed(graph, form, &texts, results, functions, bindings);
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
fn unite_equal(texts: &[(Id, matrix::Text)], bindings: &mut HashMap<Id, String>) -> bool {
    let mut first: HashMap<(&str, &[String]), Id> = HashMap::new();
    let mut changed = false;
    let mut ordered: Vec<&(Id, matrix::Text)> = texts.iter().collect();
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
    graph: &Graph,
    form: Form,
    texts: &[(Id, matrix::Text)],
    results: Vec<matrix::Text>,
    functions: Vec<matrix::Function>,
    names: &HashMap<Id, String>,
) -> LetBlock {
    let count = functions.len();
    let mut bindings: Vec<(String, String)> = functions.iter().map(|f| (f.head.clone(), f.body.clone())).collect();
    let (mut place, mut first): (HashMap<Id, usize>, HashMap<&str, usize>) = (HashMap::new(), HashMap::new());
    let mut kept: Vec<&matrix::Text> = Vec::with_capacity(texts.len());
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
            bindings.push((
                head.heading(form, &names::in_formula(form, name, graph, names)),
                finish(form, text.text.clone()),
            ));
            kept.push(text);
        }
        place.insert(*id, at);
    }
    let head = |wanted: &str| functions.iter().position(|f| f.head == wanted);
    let named = |f: &matrix::Function| -> Vec<usize> {
        f.names.iter().filter_map(|n| first.get(n.as_str()).copied().or_else(|| head(n))).collect()
    };
    let uses = |t: &matrix::Text| -> Vec<usize> {
        let called = t.functions.iter().filter_map(|f| head(&f.head));
        let mut all: Vec<usize> = called.chain(t.used.iter().filter_map(|id| place.get(id).copied())).collect();
        all.sort_unstable_by_key(|k| (*k < count, *k));
        all.dedup();
        all
    };
    let binding_uses: Vec<Vec<usize>> = functions.iter().map(named).chain(kept.iter().map(|t| uses(t))).collect();
    let result_uses = results.iter().map(uses).collect();
    let printed = |r: matrix::Text| Printed { result: finish(form, r.text), indices: r.indices, ..Printed::default() };
    let results = results.into_iter().map(printed).collect();
    LetBlock { bindings, results, binding_uses, result_uses }.ordered()
}

/// The bound nodes right below a node.
fn bindings_below(graph: &Graph, root: Id, bindings: &HashMap<Id, String>) -> Vec<Id> {
    let (mut found, mut seen, mut stack) = (Vec::new(), HashSet::new(), vec![root]);
    while let Some(id) = stack.pop() {
        graph.for_each_child(id, |c| {
            if seen.insert(c) {
                if bindings.contains_key(&c) { found.push(c) } else { stack.push(c) }
            }
        });
    }
    found.sort_unstable();
    found
}

/// Is there a tensor below the roots?
fn has_tensors(graph: &Graph, roots: &[Id]) -> bool {
    let leaf = |id: &Id| matches!(graph.node(*id), Node::Number(_) | Node::Constant(_) | Node::Symbol(_));
    roots.iter().any(|root| graph.is_tensor(*root))
        || !roots.iter().all(leaf) && graph.reachable(roots).into_iter().any(|id| graph.is_tensor(id))
}

/// The nodes that get names: those of the person, and where the tree is large, what occurs twice.
fn choose_bindings(
    graph: &Graph,
    roots: &[Id],
    tensors: bool,
    form: Form,
    names: &[(Id, String)],
) -> HashMap<Id, String> {
    let mut bindings = HashMap::new();
    let leaf = |id: Id| matches!(graph.node(id), Node::Number(_) | Node::Constant(_) | Node::Symbol(_));
    let order = if names.is_empty() { Vec::new() } else { graph.reachable(roots) };
    for (id, name) in names {
        if !roots.contains(id) && !leaf(*id) && order.binary_search(id).is_ok() {
            bindings.entry(*id).or_insert_with(|| name.clone());
        }
    }
    // Small formulas: a walk that stops at the limit is cheaper than a table over the graph.
    let limit = if tensors { TENSOR_TREE_LIMIT } else { TREE_LIMIT };
    let small = |id: Id| is_small_tree(graph, id, limit, |c| bindings.contains_key(&c) || is_scan(graph, c));
    let many = !tensors && trees(graph, roots, &bindings) > TREES_LIMIT;
    if many || !roots.iter().all(|root| small(*root)) || !bindings.keys().all(|id| small(*id)) {
        let chosen = shared_or_deep(graph, roots, tensors, &bindings);
        bind(graph, roots, &chosen, &mut bindings);
    }
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
pub(crate) fn shared_or_deep(graph: &Graph, roots: &[Id], tensors: bool, named: &HashMap<Id, String>) -> Vec<Id> {
    let order = graph.reachable(roots);
    let least = if tensors { 5 } else { 3 };
    let shared = repeated(graph, &order, roots, least, |id| named.contains_key(&id) || is_scan(graph, id));
    let mut depths: NodeMap<u32> = NodeMap::default();
    let mut chosen = Vec::new();
    for &id in &order {
        let mut depth = 0;
        graph.for_each_child(id, |c| depth = depth.max(depths.of(c) + 1));
        let deep = tensors && depth >= DEPTH_LIMIT && !roots.contains(&id) && !named.contains_key(&id);
        let cut = deep || shared.binary_search(&id).is_ok();
        if cut {
            chosen.push(id);
        }
        depths.insert(id, if cut || named.contains_key(&id) { 0 } else { depth });
    }
    chosen
}

/// Gives names that nothing else has.
fn bind(graph: &Graph, roots: &[Id], chosen: &[Id], bindings: &mut HashMap<Id, String>) {
    let mut taken = names_below(graph, roots, bindings);
    taken.extend(matrix::names_of_functions(graph, &graph.reachable(roots)));
    let mut lines: HashMap<Id, String> = HashMap::new();
    for id in chosen {
        if let Some(name) = matrix::name_of_result(graph, *id)
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

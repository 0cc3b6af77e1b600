//! A plan as a person reads it: every step with what it reads, computes and writes, and how much of it there is.

use std::collections::HashMap;

use wrt_core::{Graph, Id, Node, Number};

use crate::access::{entries, row_major};
use crate::program::{
    AssembleStep, Buffer, BufferId, CallStep, Constant, FoldKind, FoldStep, Instruction, Lanes, Op, PickStep, PickWay,
    Piece, ProductStep, Program, ScanStep, Source, Step, View,
};

/// The version of the form.
const VERSION: u32 = 1;

/// Letters of axes.
const AXES: [&str; 8] = ["i", "j", "k", "l", "p", "q", "r", "s"];

/// The text of a plan of nodes of a graph.
///
/// ```
/// use wrt_core::{Assumptions, Graph, Role};
/// let mut g = Graph::new();
/// let n = g.dim_name("n");
/// let x = g.tensor_symbol("x", Role::Data, &[n], Assumptions::default());
/// let square = g.elementwise(&[x, x]);
/// let total = g.sum_over(square, &[0]);
/// let plan = wrt_plan::plan(&g, &[(total, None)], &[("n".into(), 3)]).unwrap();
/// let text = wrt_plan::text(&plan, &g);
/// assert!(text.contains("reads   x[3]") && text.contains("fold    result0 = sum over i < 3 of"), "{text}");
/// ```
pub fn text(program: &Program, graph: &Graph) -> String {
    let writer = Writer { program, names: names(program, graph) };
    let mut out = format!("plan {VERSION}\n");
    let reads: Vec<String> =
        program.inputs.iter().map(|(id, shape)| format!("{}{}", graph.symbol_name(*id), shape_text(shape))).collect();
    out.push_str(&format!("reads   {}\n", reads.join(", ")));
    let gives = program.results.iter().map(|r| format!("{}{}", writer.names[r.buffer], shape_text(&r.shape)));
    out.push_str(&format!("gives   {}\n", gives.collect::<Vec<_>>().join(", ")));
    let between = program.buffers.iter().filter(|b| matches!(b, Buffer::Temporary { .. })).count();
    out.push_str(&format!("between {between} arrays in room for {} numbers\n", program.arena));
    writer.steps(&program.steps, graph, "", &mut out);
    out
}

fn shape_text(shape: &[usize]) -> String {
    if shape.is_empty() { String::new() } else { format!("{shape:?}") }
}

/// What the arrays of a plan are called: as the text calls what they hold, else by numbers.
///
/// ```
/// use wrt_core::Graph;
/// let mut g = Graph::new();
/// let x = g.symbol("x");
/// let square = g.mul(x, x);
/// let plan = wrt_plan::plan(&g, &[(square, None)], &[]).unwrap();
/// assert!(wrt_plan::names(&plan, &g).contains(&"result0".to_string()));
/// ```
pub fn names(program: &Program, graph: &Graph) -> Vec<String> {
    let known: HashMap<Id, &str> = graph.names().iter().map(|(id, name)| (*id, name.as_str())).collect();
    let mut taken: HashMap<String, usize> = HashMap::new();
    let mut found = Vec::with_capacity(program.buffers.len());
    for (k, buffer) in program.buffers.iter().enumerate() {
        let own = match (buffer, program.nodes.get(k).copied().flatten()) {
            (Buffer::Input(id), _) => Some(graph.symbol_name(*id).to_string()),
            (_, Some(id)) => match graph.node(id) {
                Node::Symbol(_) => None,
                _ => known.get(&id).map(|name| (*name).to_string()),
            },
            _ => None,
        };
        let own = own.unwrap_or_else(|| match buffer {
            Buffer::Result(k) => format!("result{k}"),
            _ => format!("t{k}"),
        });
        let count = taken.entry(own.clone()).or_insert(0);
        *count += 1;
        found.push(if *count == 1 { own } else { format!("{own}_{count}") });
    }
    found
}

struct Writer<'p> {
    program: &'p Program,
    names: Vec<String>,
}

impl Writer<'_> {
    fn steps(&self, steps: &[Step], graph: &Graph, indent: &str, out: &mut String) {
        for step in steps {
            match step {
                Step::Stage(stage) => {
                    out.push_str(&format!("{indent}stage   {} rows, {} at a time:\n", stage.rows, stage.block));
                    let own: Vec<Step> = stage.steps.iter().map(|(step, _)| step.clone()).collect();
                    self.steps(&own, graph, &format!("{indent}  "), out);
                }
                Step::Scan(scan) => self.scan(scan, graph, indent, out),
                Step::Lanes(l) => self.lanes(l, indent, out),
                Step::Product(p) => out.push_str(&format!("{indent}product {}\n", self.product(p))),
                Step::Fold(f) => out.push_str(&format!("{indent}fold    {}\n", self.fold(f))),
                Step::Pick(p) => out.push_str(&format!("{indent}pick    {}\n", self.pick(p))),
                Step::Assemble(a) => out.push_str(&format!("{indent}put     {}\n", self.assembled(a))),
                Step::Call(c) => out.push_str(&format!("{indent}call    {}\n", self.call(c))),
            }
        }
    }

    fn name(&self, buffer: BufferId) -> &str {
        &self.names[buffer]
    }

    fn view(&self, view: &View, sizes: &[usize]) -> String {
        let name = self.name(view.buffer);
        let moving = || (0..sizes.len()).filter(|k| view.strides[*k] != 0 && sizes[*k] > 1);
        let axis = |k: usize| AXES.get(k).map_or_else(|| format!("i{k}"), |a| (*a).to_string());
        let own: Vec<usize> = moving().collect();
        if own.is_empty() {
            let whole = self.program.entries[view.buffer] == 1;
            return if whole { name.to_string() } else { format!("{name}[{}]", view.offset) };
        }
        // By falling strides the axes are those of the array, if it lies so.
        let mut order = own.clone();
        order.sort_by_key(|k| std::cmp::Reverse(view.strides[*k]));
        let shape: Vec<usize> = order.iter().map(|k| sizes[*k]).collect();
        let strides: Vec<usize> = order.iter().map(|k| view.strides[*k]).collect();
        if view.offset == 0 && strides == row_major(&shape) && entries(&shape) == self.program.entries[view.buffer] {
            let axes: Vec<String> = order.iter().map(|k| axis(*k)).collect();
            return format!("{name}[{}]", axes.join(","));
        }
        let mut terms: Vec<String> = own
            .iter()
            .map(|k| match view.strides[*k] {
                1 => axis(*k),
                stride => format!("{stride}*{}", axis(*k)),
            })
            .collect();
        if view.offset > 0 {
            terms.push(view.offset.to_string());
        }
        format!("{name}[{}]", terms.join(" + "))
    }

    fn lanes(&self, l: &Lanes, indent: &str, out: &mut String) {
        let axes: Vec<String> = l
            .sizes
            .iter()
            .enumerate()
            .filter(|(_, n)| **n > 1)
            .map(|(k, n)| format!("{} < {n}", AXES.get(k).unwrap_or(&"i")))
            .collect();
        let head = if axes.is_empty() { "once".to_string() } else { axes.join(", ") };
        out.push_str(&format!("{indent}loop    {head}: "));
        let lines = self.tape(l);
        match &lines[..] {
            [one] => out.push_str(&format!("{one}\n")),
            many => {
                out.push('\n');
                many.iter().for_each(|line| out.push_str(&format!("{indent}          {line}\n")));
            }
        }
    }

    /// The formulas of a loop: what is used once stands where it is used.
    fn tape(&self, l: &Lanes) -> Vec<String> {
        // A register may be written more than once; uses are counted from each writing on.
        let mut counts = vec![0usize; l.tape.len()];
        let mut writer: HashMap<u16, usize> = HashMap::new();
        for (k, step) in l.tape.iter().enumerate() {
            for w in step.args.iter().filter_map(|a| writer.get(a)) {
                counts[*w] += 1;
            }
            writer.insert(step.to, k);
        }
        let mut now: Vec<String> = l.sources.iter().map(|s| self.source(s, &l.sizes)).collect();
        now.resize(l.registers.max(now.len()), String::new());
        let mut lines = Vec::new();
        for (k, step) in l.tape.iter().enumerate() {
            let args: Vec<&str> = step.args.iter().map(|a| now[usize::from(*a)].as_str()).collect();
            let formula = performed(step, &args);
            let last = writer.get(&step.to) == Some(&k);
            let store = l.stores.iter().find(|(r, _)| last && *r == step.to);
            now[usize::from(step.to)] = match store {
                Some((_, to)) => {
                    let view = View { buffer: *to, offset: 0, strides: row_major(&l.sizes) };
                    let name = self.view(&view, &l.sizes);
                    lines.push(format!("{name} = {formula}"));
                    name
                }
                None if counts[k] > 1 => {
                    let name = format!("r{k}");
                    lines.push(format!("{name} = {formula}"));
                    name
                }
                None => formula,
            };
        }
        lines
    }

    fn source(&self, source: &Source, sizes: &[usize]) -> String {
        match source {
            Source::Array(view) => self.view(view, sizes),
            Source::Position(axis) => AXES.get(*axis).map_or_else(|| format!("i{axis}"), |a| (*a).to_string()),
            Source::Constant(constant) => constant_text(constant),
        }
    }

    fn product(&self, p: &ProductStep) -> String {
        let factor = |v: &View, rows: usize, columns: usize| {
            let name = self.name(v.buffer);
            match (v.strides[0], v.strides[1]) {
                (1, s) if s == rows && rows > 1 => format!("{name}'"),
                (s, 1) if s == columns => name.to_string(),
                (s, t) if rows > 1 && columns > 1 => format!("{name}(row {s}, column {t})"),
                _ => name.to_string(),
            }
        };
        let (a, b) = (factor(&p.a, p.m, p.k), factor(&p.b, p.k, p.n));
        let many: usize = p.batch.iter().product();
        let each = if many > 1 { format!(", {many} of them") } else { String::new() };
        let work = many.saturating_mul(2 * p.m * p.k).saturating_mul(p.n);
        let to = self.name(p.c.buffer);
        format!("{to} = {a} @ {b}: {} × {} by {} × {}{each}, {} operations", p.m, p.k, p.k, p.n, count(work))
    }

    fn fold(&self, f: &FoldStep) -> String {
        let sizes: Vec<usize> = f.kept.iter().chain(&f.folded).copied().collect();
        let kind = match f.kind {
            FoldKind::Sum => "sum",
            FoldKind::Max => "max",
            FoldKind::Min => "min",
            FoldKind::ArgMax => "argmax",
            FoldKind::ArgMin => "argmin",
        };
        let over: Vec<String> = f
            .folded
            .iter()
            .enumerate()
            .map(|(k, n)| format!("{} < {n}", AXES.get(f.kept.len() + k).unwrap_or(&"i")))
            .collect();
        let to = self.view(&View { buffer: f.to, offset: 0, strides: row_major(&f.kept) }, &f.kept);
        format!("{to} = {kind} over {} of {}", over.join(", "), self.view(&f.from, &sizes))
    }

    fn pick(&self, p: &PickStep) -> String {
        let (labels, array, picked) = (self.name(p.labels.0), self.name(p.array), self.name(p.picked));
        let each = if p.inner == 1 { "entries".to_string() } else { format!("blocks of {}", p.inner) };
        match p.way {
            PickWay::Pick => format!("{picked} = {} {each} of {array} at {labels}", p.blocks),
            PickWay::AddBack => format!("{array} = zeros, and {} {each} of {picked} added at {labels}", p.blocks),
            PickWay::Check => format!("{labels}: is each one of 0, …, {}?", p.positions.saturating_sub(1)),
        }
    }

    fn assembled(&self, a: &AssembleStep) -> String {
        let piece = |p: &Piece| {
            let name = self.name(p.from.buffer);
            let verb = if p.adds { "added " } else { "" };
            let apart = if p.step > 1 && p.length > 1 { format!(", {} apart", p.step) } else { String::new() };
            let what = if p.length == 1 { name.to_string() } else { format!("{} entries of {name}", p.length) };
            format!("{what} {verb}at {}{apart}", p.start)
        };
        let pieces: Vec<String> = a.pieces.iter().map(piece).collect();
        let zeros = if a.is_covered { "" } else { "zeros; " };
        format!("{}{} = {zeros}{}", self.name(a.to), shape_text(&a.sizes), pieces.join("; "))
    }

    fn call(&self, c: &CallStep) -> String {
        let args: Vec<String> =
            c.args.iter().map(|(b, shape)| format!("{}{}", self.name(*b), shape_text(shape))).collect();
        format!("{}{} = {}({})", self.name(c.to), shape_text(&c.shape), c.operation.name(), args.join(", "))
    }

    fn scan(&self, s: &ScanStep, graph: &Graph, indent: &str, out: &mut String) {
        let list = |all: &[(BufferId, usize)]| all.iter().map(|(b, _)| self.name(*b)).collect::<Vec<_>>().join(", ");
        let way = if s.backward { "from the last to the first" } else { "from the first to the last" };
        let (to, states, slices) = (self.name(s.to), list(&s.states), list(&s.slices));
        let captures = if s.captures.is_empty() { String::new() } else { format!(", with {}", list(&s.captures)) };
        out.push_str(&format!(
            "{indent}scan    {to} = {} steps along {slices}, {way}, beginning with {states}{captures}; each:\n",
            s.length
        ));
        // The step's nodes are those of a graph of its own, which is not at hand: arrays go by numbers.
        let writer = Writer { program: &s.program, names: own_names(s) };
        writer.steps(&s.program.steps, graph, &format!("{indent}  "), out);
    }
}

/// What the arrays of a step are called: the states, slices and captures by their place.
fn own_names(s: &ScanStep) -> Vec<String> {
    let kind = |k: usize| match k {
        k if k < s.states.len() => format!("state{k}"),
        k if k < s.states.len() + s.slices.len() => format!("slice{}", k - s.states.len()),
        k => format!("given{}", k - s.states.len() - s.slices.len()),
    };
    let name = |(k, buffer): (usize, &Buffer)| match buffer {
        Buffer::Input(id) => s.inputs.iter().position(|x| x == id).map_or_else(|| format!("in{k}"), kind),
        Buffer::Result(r) if *r < s.states.len() => format!("new{r}"),
        Buffer::Result(r) => format!("row{}", r - s.states.len()),
        Buffer::Temporary { .. } => format!("t{k}"),
    };
    s.program.buffers.iter().enumerate().map(name).collect()
}

fn constant_text(constant: &Constant) -> String {
    match constant {
        Constant::Exact(n) => number(n),
        Constant::Pi => "pi".into(),
        Constant::E => "e".into(),
    }
}

fn number(n: &Number) -> String {
    let text = n.to_string();
    if text.contains('/') || text.starts_with('-') { format!("({text})") } else { text }
}

/// How many, in words that are quickly read.
fn count(n: usize) -> String {
    match n {
        n if n >= 10_000_000 => format!("{:.0} million", n as f64 / 1e6),
        n if n >= 1_000_000 => format!("{:.1} million", n as f64 / 1e6),
        n => n.to_string(),
    }
}

/// An operand, in parentheses where it is a sum, a product or a quotient.
fn operand(text: &str) -> String {
    let mut depth = 0;
    let simple = text.chars().all(|c| {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            _ => {}
        }
        depth > 0 || !matches!(c, ' ' | '*' | '/' | '-')
    });
    if simple { text.to_string() } else { format!("({text})") }
}

fn performed(step: &Instruction, args: &[&str]) -> String {
    let o: Vec<String> = args.iter().map(|a| operand(a)).collect();
    match (step.op, &o[..]) {
        (Op::Copy, [a]) => a.clone(),
        (Op::Neg, [a]) => format!("-{a}"),
        (Op::Add, [..]) if args.len() == 2 => format!("{} + {}", args[0], args[1]),
        (Op::Sub, [_, b]) => format!("{} - {b}", args[0]),
        (Op::Mul, [a, b]) => format!("{a}*{b}"),
        (Op::Div, [a, b]) => format!("{a}/{b}"),
        (Op::MulAdd, [a, b, _]) => format!("{a}*{b} + {}", args[2]),
        (Op::DivRoot, [a, _, _]) => format!("{a}/(sqrt({}) + {})", args[1], args[2]),
        (Op::Blend { square, flushed }, [a, b, c, d]) => {
            let own = format!("{a}*{b} + {c}*{d}{}", if square { "^2" } else { "" });
            if flushed { format!("flushed({own})") } else { own }
        }
        (Op::MinusDivRoot, [_, b, c, ..]) => {
            format!("{} - {b}*{c}/(sqrt({}) + {})", args[0], args[3], args[4])
        }
        (Op::Flush, _) => format!("flushed({})", args.join(", ")),
        (Op::Primitive(p), _) => format!("{}({})", p.row().name, args.join(", ")),
        (op, _) => format!("{op:?}({})", args.join(", ")),
    }
}

//! A plan as a person reads it, and as `read.rs` reads it back: every step with what it reads, computes and writes, and how
//! much of it there is. A run of what was read has the same bits.
//!
//! A formula in braces is one instruction, which rounds less often than the same formula without: `{a*b + c}`.

use std::collections::{BTreeSet, HashMap, HashSet};

use wrt_core::{Graph, Id, Node, Number};

use crate::access::{entries, row_major};
use crate::program::{
    AssembleStep, Buffer, BufferId, CallStep, Constant, FoldKind, FoldStep, Instruction, Lanes, Op, PickStep, PickWay,
    Piece, ProductStep, Program, Recomputed, Role, ScanStep, Source, Step, View,
};

/// The version of the form, of plans in which nothing is computed again.
pub(crate) const VERSION: u32 = 3;

/// The version of those that say what is (`again`).
pub(crate) const VERSION_AGAIN: u32 = 4;

/// What stands between the arrays that are computed again and the room that it would take to hold them.
pub(crate) const HELD: &str = "; to hold them takes room for ";

/// What a person has to know to read a plan, in lines that the reader passes over; it follows the first line.
///
/// ```
/// assert!(wrt_plan::LEGEND.lines().all(|line| line.starts_with("# ")));
/// ```
pub const LEGEND: &str = "\
# The steps of a compiled program in their order, each with all that it reads and writes.
# reads:   what is given; gives: its results, `replaced` where they take the place of what was read.
# between: arrays in one room, each with its number of entries and where it starts; one that is no more read leaves its place to others.
# loop:    its lines for each entry in turn, r1, r2, … within one entry only. Parts of what is long are computed by several threads.
# fold:    a sum or an extreme along axes, in a fixed order. product: of matrices, X' transposed as it is read. pick: entries at labels.
# {a*b + c} is one instruction, rounded once where the machine can. lt, eq, …: 1 where it holds, else 0. flushed: what is nearer to 0 than
# the smallest normal number is 0. operations: additions and multiplications.
";

/// Letters of axes.
const AXES: [&str; 8] = ["i", "j", "k", "l", "p", "q", "r", "s"];

/// What an axis is called.
pub(crate) fn axis_name(k: usize) -> String {
    AXES.get(k).map_or_else(|| format!("i{k}"), |a| (*a).to_string())
}

/// The axis of a name.
pub(crate) fn axis_of(name: &str) -> Option<usize> {
    match AXES.iter().position(|a| *a == name) {
        Some(k) => Some(k),
        None => name.strip_prefix('i')?.parse().ok().filter(|k| (AXES.len()..64).contains(k)),
    }
}

/// The register of a name.
pub(crate) fn register_of(name: &str) -> Option<usize> {
    name.strip_prefix('r')?.parse().ok()
}

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
    text_with(program, names(program, graph))
}

/// The text of a plan whose arrays have these names.
pub(crate) fn text_with(program: &Program, names: Vec<String>) -> String {
    let version = if program.recomputed.is_some() { VERSION_AGAIN } else { VERSION };
    let mut out = format!("plan {version}\n");
    Writer { program, names }.program("", &mut out);
    out
}

pub(crate) fn shape_text(shape: &[usize]) -> String {
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
    let mut taken = HashSet::new();
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
        found.push(free(&plain(&own), &mut taken));
    }
    found
}

/// A name of letters, digits, points and underscores.
fn plain(name: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
    let own: String = name.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
    if own.starts_with(|c: char| c.is_alphabetic() || c == '_') { own } else { format!("_{own}") }
}

/// Does it mean something else in a formula, where it stands alone?
fn means_else(name: &str) -> bool {
    name == "pi" || name == "e" || axis_of(name).is_some() || register_of(name).is_some()
}

/// The name, or one like it, that no other array has.
fn free(name: &str, taken: &mut HashSet<String>) -> String {
    let mut own = name.to_string();
    let mut count = 1;
    while taken.contains(&own) {
        count += 1;
        own = format!("{name}_{count}");
    }
    taken.insert(own.clone());
    own
}

/// A formula in a loop: how it binds, and the arrays whose old values are in it.
#[derive(Clone, Default)]
struct Formula {
    text: String,
    binds: Binds,
    reads: BTreeSet<BufferId>,
}

#[derive(Clone, Copy, PartialEq, PartialOrd, Default)]
enum Binds {
    /// A sum, a difference, a minus.
    #[default]
    Weakly,
    /// A product or a quotient.
    Closely,
    /// A name, a number, a call.
    Whole,
}

struct Writer<'p> {
    program: &'p Program,
    names: Vec<String>,
}

impl Writer<'_> {
    /// What it reads and gives, the arrays between, and all steps.
    fn program(&self, indent: &str, out: &mut String) {
        let program = self.program;
        let of_input = |id: &Id| program.buffers.iter().position(|b| *b == Buffer::Input(*id));
        let reads = program.inputs.iter().filter_map(|(id, shape)| Some((of_input(id)?, shape)));
        let reads = reads.map(|(b, shape)| format!("{}{}", self.names[b], shape_text(shape)));
        out.push_str(&format!("{indent}reads   {}\n", reads.collect::<Vec<_>>().join(", ")));
        let gives = program.results.iter().map(|r| {
            let replaced = if let Buffer::Input(_) = program.buffers[r.buffer] { " (replaced)" } else { "" };
            format!("{}{}{replaced}", self.names[r.buffer], shape_text(&r.shape))
        });
        out.push_str(&format!("{indent}gives   {}\n", gives.collect::<Vec<_>>().join(", ")));
        let between = program.buffers.iter().enumerate().filter_map(|(k, b)| match b {
            Buffer::Temporary { at } => Some(format!("{}: {} at {at}", self.names[k], program.entries[k])),
            Buffer::Local => Some(format!("{}: {} by blocks", self.names[k], program.entries[k])),
            _ => None,
        });
        let between: Vec<String> = between.collect();
        let room = program.arena;
        out.push_str(&format!("{indent}between {} arrays in room for {room} numbers", between.len()));
        out.push_str(&if between.is_empty() { "\n".into() } else { format!(": {}\n", between.join(", ")) });
        if let Some(Recomputed { arrays, room }) = &program.recomputed {
            let arrays =
                arrays.iter().map(|(again, first)| format!("{} is {}", self.names[*again], self.names[*first]));
            let arrays = arrays.collect::<Vec<_>>().join(", ");
            out.push_str(&format!("{indent}again   {arrays}{HELD}{room} numbers\n"));
        }
        program.steps.iter().for_each(|step| self.step(step, "", indent, out));
    }

    /// A step; of a stage, with what it does with all rows.
    fn step(&self, step: &Step, role: &str, indent: &str, out: &mut String) {
        match step {
            Step::Stage(stage) => {
                out.push_str(&format!("{indent}stage   {} rows, {} at a time:\n", stage.rows, stage.block));
                for (step, role) in &stage.steps {
                    let role = if *role == Role::Reduces { " (over all rows)" } else { "" };
                    self.step(step, role, &format!("{indent}  "), out);
                }
            }
            Step::Scan(scan) => self.scan(scan, indent, out),
            Step::Lanes(l) => self.lanes(l, indent, out),
            Step::Product(p) => out.push_str(&format!("{indent}product {}{role}\n", self.product(p))),
            Step::Fold(f) => out.push_str(&format!("{indent}fold    {}{role}\n", self.fold(f))),
            Step::Pick(p) => out.push_str(&format!("{indent}pick    {}\n", self.pick(p))),
            Step::Assemble(a) => out.push_str(&format!("{indent}put     {}\n", self.assembled(a))),
            Step::Call(c) => out.push_str(&format!("{indent}call    {}\n", self.call(c))),
        }
    }

    fn name(&self, buffer: BufferId) -> &str {
        &self.names[buffer]
    }

    /// Entries by their axes: `x[i,j]` of an array that lies so, `x[3*i + j + 5]` of any other, `x` of a number, unless that
    /// means something else in formulas (`e[0]`).
    fn view(&self, view: &View, sizes: &[usize]) -> String {
        let name = self.name(view.buffer);
        let own: Vec<usize> = (0..sizes.len()).filter(|k| view.strides[*k] != 0).collect();
        if own.is_empty() {
            let whole = self.program.entries[view.buffer] == 1 && view.offset == 0 && !means_else(name);
            return if whole { name.to_string() } else { format!("{name}[{}]", view.offset) };
        }
        // By falling strides the axes are those of the array, if it lies so.
        let mut order = own.clone();
        order.sort_by_key(|k| std::cmp::Reverse(view.strides[*k]));
        let shape: Vec<usize> = order.iter().map(|k| sizes[*k]).collect();
        let strides: Vec<usize> = order.iter().map(|k| view.strides[*k]).collect();
        if view.offset == 0 && strides == row_major(&shape) && entries(&shape) == self.program.entries[view.buffer] {
            let axes: Vec<String> = order.iter().map(|k| axis_name(*k)).collect();
            return format!("{name}[{}]", axes.join(","));
        }
        let mut terms: Vec<String> = own
            .iter()
            .map(|k| match view.strides[*k] {
                1 => axis_name(*k),
                stride => format!("{stride}*{}", axis_name(*k)),
            })
            .collect();
        if view.offset > 0 {
            terms.push(view.offset.to_string());
        }
        format!("{name}[{}]", terms.join(" + "))
    }

    /// A whole array by the axes of a loop.
    fn whole(&self, buffer: BufferId, sizes: &[usize]) -> String {
        self.view(&View { buffer, offset: 0, strides: row_major(sizes) }, sizes)
    }

    fn lanes(&self, l: &Lanes, indent: &str, out: &mut String) {
        let head = if l.sizes.is_empty() { "once".to_string() } else { axes(0, &l.sizes) };
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
        // Where an array is written before all of its old values are read, the new ones have a name of their own first.
        let mut late: BTreeSet<BufferId> = BTreeSet::new();
        loop {
            let (lines, conflicts) = self.lines(l, &late);
            if conflicts.is_subset(&late) {
                return lines;
            }
            late.extend(conflicts);
        }
    }

    /// The lines, and the arrays that are written in one of them and read as they were in a later one.
    fn lines(&self, l: &Lanes, late: &BTreeSet<BufferId>) -> (Vec<String>, BTreeSet<BufferId>) {
        // A register may be written more than once; uses are counted from each writing on.
        let mut counts = vec![0usize; l.tape.len()];
        let mut writer: HashMap<u16, usize> = HashMap::new();
        for (k, step) in l.tape.iter().enumerate() {
            for w in step.args.iter().filter_map(|a| writer.get(a)) {
                counts[*w] += 1;
            }
            writer.insert(step.to, k);
        }
        let mut now: Vec<Formula> = l.sources.iter().map(|s| self.source(s, &l.sizes)).collect();
        now.resize(l.registers.max(now.len()), Formula::default());
        let mut lines: Vec<(String, BTreeSet<BufferId>, Option<BufferId>)> = Vec::new();
        let mut last: Vec<String> = Vec::new();
        let mut registers = 0;
        for (k, step) in l.tape.iter().enumerate() {
            let args: Vec<&Formula> = step.args.iter().map(|a| &now[usize::from(*a)]).collect();
            let is_last = writer.get(&step.to) == Some(&k);
            let stores: Vec<BufferId> =
                l.stores.iter().filter(|(r, _)| is_last && *r == step.to).map(|(_, b)| *b).collect();
            let (early, kept): (Vec<BufferId>, Vec<BufferId>) = stores.iter().partition(|b| !late.contains(b));
            let formula = performed(step, &args);
            let named = early.first().map(|b| self.whole(*b, &l.sizes));
            let named = named.or_else(|| {
                (counts[k] > 1 || !kept.is_empty()).then(|| {
                    registers += 1;
                    format!("r{registers}")
                })
            });
            let Some(name) = named else {
                now[usize::from(step.to)] = if step.op == Op::Copy { call("copy", &args) } else { formula };
                continue;
            };
            lines.push((format!("{name} = {}", formula.text), formula.reads, early.first().copied()));
            for b in early.iter().skip(1) {
                lines.push((format!("{} = {name}", self.whole(*b, &l.sizes)), BTreeSet::new(), Some(*b)));
            }
            last.extend(kept.iter().map(|b| format!("{} = {name}", self.whole(*b, &l.sizes))));
            now[usize::from(step.to)] = Formula { text: name, binds: Binds::Whole, reads: BTreeSet::new() };
        }
        // What is kept as it is read.
        for (r, b) in l.stores.iter().filter(|(r, _)| !writer.contains_key(r)) {
            let Formula { text, reads, .. } = now[usize::from(*r)].clone();
            lines.push((format!("{} = {text}", self.whole(*b, &l.sizes)), reads, Some(*b)));
        }
        let mut conflicts = BTreeSet::new();
        for (k, (_, _, written)) in lines.iter().enumerate() {
            conflicts.extend(written.filter(|b| lines[k + 1..].iter().any(|(_, reads, _)| reads.contains(b))));
        }
        (lines.into_iter().map(|(text, ..)| text).chain(last).collect(), conflicts)
    }

    fn source(&self, source: &Source, sizes: &[usize]) -> Formula {
        let (text, reads) = match source {
            Source::Array(view) => (self.view(view, sizes), BTreeSet::from([view.buffer])),
            Source::Position(axis) => (axis_name(*axis), BTreeSet::new()),
            Source::Constant(constant) => (constant_text(constant), BTreeSet::new()),
        };
        Formula { text, binds: Binds::Whole, reads }
    }

    fn product(&self, p: &ProductStep) -> String {
        let sizes = [&[p.m, p.n, p.k], &p.batch[..], &p.over].concat();
        // Strides by rows i, columns j, what is summed over k, the further axes, and those that are summed over.
        let at = |v: &View, [rows, columns]: [usize; 2]| {
            let name = self.name(v.buffer);
            let inner = [v.strides[0], v.strides[1]];
            let alone = v.offset == 0 && v.strides[2..].iter().all(|s| *s == 0);
            if alone && inner == [sizes[columns], 1] {
                return name.to_string();
            }
            if alone && inner == [1, sizes[rows]] {
                return format!("{name}'");
            }
            let mut strides = vec![0; sizes.len()];
            (strides[rows], strides[columns]) = (inner[0], inner[1]);
            strides[3..][..v.strides.len() - 2].copy_from_slice(&v.strides[2..]);
            self.view(&View { strides, ..v.clone() }, &sizes)
        };
        let (a, b, to) = (at(&p.a, [0, 2]), at(&p.b, [2, 1]), at(&p.c, [0, 1]));
        let each = if p.batch.is_empty() { String::new() } else { format!(" for {}", axes(3, &p.batch)) };
        let over = match p.over[..] {
            [] => String::new(),
            _ => format!(" summed over {}", axes(3 + p.batch.len(), &p.over)),
        };
        let work = Step::Product(p.clone()).operations();
        format!(
            "{to} = {a} @ {b}: {} × {} by {} × {}{each}{over}, {} operations",
            p.m,
            p.k,
            p.k,
            p.n,
            count(work as usize)
        )
    }

    fn fold(&self, f: &FoldStep) -> String {
        let sizes: Vec<usize> = f.kept.iter().chain(&f.folded).copied().collect();
        let each = if f.kept.is_empty() { String::new() } else { format!(" for {}", axes(0, &f.kept)) };
        let (to, over) = (self.whole(f.to, &f.kept), axes(f.kept.len(), &f.folded));
        format!("{to} = {} over {over} of {}{each}", fold_name(f.kind), self.view(&f.from, &sizes))
    }

    fn pick(&self, p: &PickStep) -> String {
        let (labels, array, picked) = (self.name(p.labels.0), self.name(p.array), self.name(p.picked));
        let each = if p.inner == 1 { "entries".to_string() } else { format!("blocks of {}", p.inner) };
        let each = format!("{} {each}", p.blocks);
        let how = format!("({} labels, {} for {} positions)", p.labels.1, p.each, p.positions);
        match p.way {
            PickWay::Pick => format!("{picked} = {each} of {array} at {labels} {how}"),
            PickWay::AddBack => format!("{array} = zeros, and {each} of {picked} added at {labels} {how}"),
            PickWay::Check => format!("{labels}: is each one of 0, …, {}? {how}", p.positions.saturating_sub(1)),
        }
    }

    fn assembled(&self, a: &AssembleStep) -> String {
        let piece = |p: &Piece| {
            let view = self.view(&p.from, &a.sizes_of(p));
            let verb = if p.adds { "added at" } else { "at" };
            let apart = if p.step == 1 { String::new() } else { format!(", {} apart", p.step) };
            format!("{} of {view} {verb} {}{apart}", p.length, p.start)
        };
        let zeros = (!a.is_covered).then(|| "zeros".to_string());
        let pieces: Vec<String> = zeros.into_iter().chain(a.pieces.iter().map(piece)).collect();
        let axis = axis_name(a.axis);
        format!("{}{} along {axis} = {}", self.name(a.to), shape_text(&a.sizes), pieces.join("; "))
    }

    fn call(&self, c: &CallStep) -> String {
        let args: Vec<String> =
            c.args.iter().map(|(b, shape)| format!("{}{}", self.name(*b), shape_text(shape))).collect();
        let parameters = c.operation.parameters();
        let parameters = if parameters.is_empty() { parameters } else { format!("<{parameters}>") };
        let (to, name) = (self.name(c.to), c.operation.name());
        format!("{to}{} = {name}{parameters}({})", shape_text(&c.shape), args.join(", "))
    }

    fn scan(&self, s: &ScanStep, indent: &str, out: &mut String) {
        let list = |all: &[(BufferId, usize)]| {
            let one = |(b, n): &(BufferId, usize)| format!("{} by {n}", self.name(*b));
            if all.is_empty() { "nothing".into() } else { all.iter().map(one).collect::<Vec<_>>().join(", ") }
        };
        let numbers = |all: &[usize]| {
            let all: Vec<String> = all.iter().map(usize::to_string).collect();
            if all.is_empty() { "nothing".into() } else { all.join(", ") }
        };
        let way = if s.backward { "from the last to the first" } else { "from the first to the last" };
        let (to, states, slices, captures) = (self.name(s.to), list(&s.states), list(&s.slices), list(&s.captures));
        out.push_str(&format!(
            "{indent}scan    {to} = {} steps along {slices}, {way}; beginning with {states}; with {captures}; gives the \
             last of {}; stacks {}; each:\n",
            s.length,
            numbers(&s.last),
            numbers(&s.stacked)
        ));
        // The step's nodes are those of a graph of its own, which is not at hand: arrays go by their places.
        let names = own_names(s);
        Writer { program: &s.program, names }.program(&format!("{indent}  "), out);
    }
}

/// Axes from the `first` one on with their sizes.
fn axes(first: usize, sizes: &[usize]) -> String {
    let all = sizes.iter().enumerate().map(|(k, n)| format!("{} < {n}", axis_name(first + k)));
    all.collect::<Vec<_>>().join(", ")
}

pub(crate) fn fold_name(kind: FoldKind) -> &'static str {
    match kind {
        FoldKind::Sum => "sum",
        FoldKind::Max => "max",
        FoldKind::Min => "min",
        FoldKind::ArgMax => "argmax",
        FoldKind::ArgMin => "argmin",
    }
}

/// What the input of a scan's step at a place is called.
pub(crate) fn own_name(place: usize, states: usize, slices: usize) -> String {
    match place {
        k if k < states => format!("state{k}"),
        k if k < states + slices => format!("slice{}", k - states),
        k => format!("given{}", k - states - slices),
    }
}

/// What the arrays of a step are called: the states, slices and captures by their place.
fn own_names(s: &ScanStep) -> Vec<String> {
    let name = |(k, buffer): (usize, &Buffer)| match buffer {
        Buffer::Input(id) => match s.inputs.iter().position(|x| x == id) {
            Some(place) => own_name(place, s.states.len(), s.slices.len()),
            None => format!("in{k}"),
        },
        Buffer::Result(r) if *r < s.states.len() => format!("new{r}"),
        Buffer::Result(r) => format!("row{}", r - s.states.len()),
        Buffer::Temporary { .. } | Buffer::Local => format!("t{k}"),
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
    if text.starts_with('-') || text.contains('/') { format!("({text})") } else { text }
}

/// How many, in words that are quickly read.
fn count(n: usize) -> String {
    match n {
        n if n >= 10_000_000 => format!("{:.0} million", n as f64 / 1e6),
        n if n >= 1_000_000 => format!("{:.1} million", n as f64 / 1e6),
        n => n.to_string(),
    }
}

/// A function of formulas.
fn call(name: &str, args: &[&Formula]) -> Formula {
    let texts: Vec<&str> = args.iter().map(|a| a.text.as_str()).collect();
    Formula { text: format!("{name}({})", texts.join(", ")), binds: Binds::Whole, reads: reads(args) }
}

fn reads(args: &[&Formula]) -> BTreeSet<BufferId> {
    args.iter().flat_map(|a| &a.reads).copied().collect()
}

fn performed(step: &Instruction, args: &[&Formula]) -> Formula {
    let at = |k: usize, least: Binds| match args.get(k) {
        Some(a) if a.binds >= least => a.text.clone(),
        Some(a) => format!("({})", a.text),
        None => String::new(),
    };
    let sum = |sign: &str| (format!("{} {sign} {}", at(0, Binds::Weakly), at(1, Binds::Closely)), Binds::Weakly);
    let product = |sign: &str| (format!("{}{sign}{}", at(0, Binds::Closely), at(1, Binds::Whole)), Binds::Closely);
    let o = |k: usize| at(k, Binds::Whole);
    let one = |text: String| (format!("{{{text}}}"), Binds::Whole);
    let (text, binds) = match step.op {
        Op::Copy => (at(0, Binds::Weakly), Binds::Weakly),
        // Not to be taken for a negative number, or for the minus of a sum's first term.
        Op::Neg => match args.first() {
            Some(a) if a.text.starts_with(|c: char| c.is_ascii_digit()) => (format!("neg({})", a.text), Binds::Whole),
            _ => (format!("(-{})", o(0)), Binds::Whole),
        },
        Op::Add => sum("+"),
        Op::Sub => sum("-"),
        Op::Mul => product("*"),
        Op::Div => product("/"),
        Op::MulAdd => one(format!("{}*{} + {}", o(0), o(1), o(2))),
        Op::DivRoot => one(format!("{}/(sqrt({}) + {})", o(0), o(1), o(2))),
        Op::Blend { square, flushed } => {
            let square = if square { "^2" } else { "" };
            let flushed = if flushed { ", flushed" } else { "" };
            one(format!("{}*{} + {}*{}{square}{flushed}", o(0), o(1), o(2), o(3)))
        }
        Op::MinusDivRoot => one(format!("{} - {}*{}/(sqrt({}) + {})", o(0), o(1), o(2), o(3), o(4))),
        Op::Flush => return call("flushed", args),
        Op::Primitive(p) => return call(p.row().name, args),
    };
    Formula { text, binds, reads: reads(args) }
}

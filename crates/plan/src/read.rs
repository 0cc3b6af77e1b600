//! A plan that was written (`text.rs`), read back: every number in it is looked at, and the whole is verified before anyone
//! runs it.

use std::collections::HashMap;
use std::fmt;

use wrt_core::{Assumptions, Graph, Id, Number, Operation, Primitive, Role as SymbolRole};

use crate::access::{entries, row_major};
use crate::program::{
    AssembleStep, Buffer, BufferId, CallStep, Constant, FoldKind, FoldStep, Lanes, Op, Output, PickStep, PickWay,
    Piece, ProductStep, Program, Role, ScanStep, Source, Stage, Step, View,
};
use crate::tape::{Argument, allocate};
use crate::text::{VERSION, axis_of, fold_name, own_name, register_of, text_with};
use crate::verify::{MAX_ENTRIES, verify};

/// How deep formulas may be nested, and scans in scans.
const MAX_DEPTH: usize = 200;
const MAX_SCANS: usize = 8;

/// The most steps of a loop.
const MAX_STEPS: usize = 1 << 12;

/// Why a text is no plan.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReadError {
    /// The line, counted from 1; 0 where it is none in particular.
    pub line: usize,
    /// What was expected, and what is there.
    pub message: String,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "the plan is none: {}", self.message),
            line => write!(f, "line {line} of the plan: {}", self.message),
        }
    }
}

impl std::error::Error for ReadError {}

/// A plan that was read.
#[derive(Clone, Debug)]
pub struct ReadPlan {
    /// What is to be done.
    pub program: Program,
    /// A graph of the symbols that it reads.
    pub graph: Graph,
    names: Vec<String>,
}

impl ReadPlan {
    /// The plan, written again: read once more, it is the same.
    pub fn text(&self) -> String {
        text_with(&self.program, self.names.clone())
    }

    /// What its arrays are called.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// What its results are called.
    pub fn results(&self) -> Vec<&str> {
        self.program.results.iter().map(|r| self.names[r.buffer].as_str()).collect()
    }
}

/// Reads a plan, and verifies it: whatever the text says, running it touches no memory but its own.
///
/// # Errors
/// Where the text is none of a plan of this version, or the plan is none that could be made.
///
/// ```
/// use wrt_core::{Assumptions, Graph, Role};
/// let mut g = Graph::new();
/// let n = g.dim_name("n");
/// let x = g.tensor_symbol("x", Role::Data, &[n], Assumptions::default());
/// let total = g.sum_over(x, &[0]);
/// let plan = wrt_plan::plan(&g, &[(total, None)], &[("n".into(), 3)]).unwrap();
/// let text = wrt_plan::text(&plan, &g);
/// let read = wrt_plan::read(&text).unwrap();
/// assert_eq!(read.text(), text);
/// let error = wrt_plan::read(&text.replace("< 3", "< 4")).unwrap_err();
/// assert!(error.to_string().contains("`x` has not so many entries"), "{error}");
/// ```
pub fn read(text: &str) -> Result<ReadPlan, ReadError> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    for (k, line) in text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
        let own = line.trim_start_matches(' ');
        lines.push(Line { number: k + 1, indent: line.len() - own.len(), text: own.trim_end() });
    }
    let fail = |message: String| ReadError { line: 1, message };
    let version = lines.first().and_then(|l| l.text.strip_prefix("plan "));
    match version.map(str::parse::<u32>) {
        Some(Ok(VERSION)) => {}
        Some(_) => return Err(fail(format!("expected a plan of version {VERSION}"))),
        None => return Err(fail(format!("expected `plan {VERSION}`"))),
    }
    let mut graph = Graph::new();
    let mut reader = Reader { lines: &lines, at: 1, graph: &mut graph, scans: 0 };
    let (program, names, _) = reader.program(0)?;
    if let Some(line) = lines.get(reader.at) {
        return Err(line.error("expected the end of the plan"));
    }
    verify(&program, &names).map_err(|message| ReadError { line: 0, message })?;
    Ok(ReadPlan { program, graph, names })
}

#[derive(Clone, Copy)]
struct Line<'t> {
    number: usize,
    indent: usize,
    text: &'t str,
}

impl Line<'_> {
    fn error(&self, message: impl Into<String>) -> ReadError {
        ReadError { line: self.number, message: message.into() }
    }
}

/// Arrays by their names.
type Arrays = HashMap<String, BufferId>;
type Read<T> = Result<T, String>;

/// A program, what its arrays are called, and what it reads.
type Made = (Program, Vec<String>, Vec<(String, Id)>);

struct Reader<'t, 'g> {
    lines: &'t [Line<'t>],
    at: usize,
    graph: &'g mut Graph,
    scans: usize,
}

/// A program on its way.
struct Making {
    program: Program,
    names: Vec<String>,
    arrays: Arrays,
}

impl Making {
    fn add(&mut self, name: &str, buffer: Buffer, entries: usize) -> Read<BufferId> {
        let id = self.names.len();
        let is_name = name.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
        if !is_name || self.arrays.insert(name.to_string(), id).is_some() {
            return Err(format!("`{name}` is no name, or stands for two arrays"));
        }
        self.names.push(name.to_string());
        self.program.buffers.push(buffer);
        self.program.entries.push(entries);
        self.program.nodes.push(None);
        Ok(id)
    }

    fn array(&self, name: &str) -> Read<BufferId> {
        self.arrays.get(name).copied().ok_or_else(|| format!("there is no array `{name}`"))
    }
}

impl<'t> Reader<'t, '_> {
    fn next(&mut self, indent: usize, what: &str) -> Result<Line<'t>, ReadError> {
        let last = self.lines.last().map_or(1, |l| l.number);
        let line = self.lines.get(self.at).copied();
        let line = line.ok_or_else(|| ReadError { line: last, message: format!("expected {what}, found the end") })?;
        if line.indent != indent {
            return Err(line.error(format!("expected {what}, {indent} spaces from the left")));
        }
        self.at += 1;
        Ok(line)
    }

    /// What follows a word at the beginning of the next line.
    fn headed(&mut self, indent: usize, word: &str) -> Result<(Line<'t>, &'t str), ReadError> {
        let line = self.next(indent, &format!("`{word}`"))?;
        let rest = line.text.strip_prefix(word).filter(|r| r.is_empty() || r.starts_with(' '));
        Ok((line, rest.ok_or_else(|| line.error(format!("expected `{word}`")))?.trim()))
    }

    fn program(&mut self, indent: usize) -> Result<Made, ReadError> {
        let program = Program {
            buffers: Vec::new(),
            entries: Vec::new(),
            nodes: Vec::new(),
            inputs: Vec::new(),
            steps: Vec::new(),
            results: Vec::new(),
            arena: 0,
        };
        let mut making = Making { program, names: Vec::new(), arrays: Arrays::new() };
        let mut inputs = Vec::new();
        let (line, reads) = self.headed(indent, "reads")?;
        for part in parts(reads, ',') {
            let (name, shape) = shaped(part).map_err(|m| line.error(m))?;
            let id = self.symbol(name);
            making.add(name, Buffer::Input(id), entries(&shape)).map_err(|m| line.error(m))?;
            making.program.inputs.push((id, shape));
            inputs.push((name.to_string(), id));
        }
        let (line, gives) = self.headed(indent, "gives")?;
        for (k, part) in parts(gives, ',').into_iter().enumerate() {
            let (part, replaced) = part.strip_suffix("(replaced)").map_or((part, false), |p| (p.trim_end(), true));
            let (name, shape) = shaped(part).map_err(|m| line.error(m))?;
            let buffer = match making.arrays.get(name) {
                Some(known) => *known,
                None => {
                    let kind = if replaced { Buffer::Input(self.symbol(name)) } else { Buffer::Result(k) };
                    making.add(name, kind, entries(&shape)).map_err(|m| line.error(m))?
                }
            };
            making.program.results.push(Output { shape, buffer });
        }
        let (line, between) = self.headed(indent, "between")?;
        self.between(between, &mut making).map_err(|m| line.error(m))?;
        while let Some(line) = self.lines.get(self.at).filter(|l| l.indent >= indent) {
            let line = *line;
            if line.indent > indent {
                return Err(line.error(format!("expected a step, {indent} spaces from the left")));
            }
            let (step, _) = self.step(indent, &making)?;
            making.program.steps.push(step);
        }
        Ok((making.program, making.names, inputs))
    }

    fn symbol(&mut self, name: &str) -> Id {
        let mut own = name.to_string();
        // In a program within another one names may stand for other arrays.
        while self.graph.find_symbol(&own).is_some() {
            own.push('_');
        }
        self.graph.tensor_symbol(&own, SymbolRole::Variable, &[], Assumptions::default())
    }

    /// `2 arrays in room for 96 numbers: t1: 40 at 0, t2: 40 at 48`
    fn between(&self, text: &str, making: &mut Making) -> Read<()> {
        let (count, rest) =
            text.split_once(" arrays in room for ").ok_or("expected how many arrays, and their room")?;
        let (room, list) = rest.split_once(" numbers").ok_or("expected a number of numbers")?;
        making.program.arena = number(room)?;
        let list = parts(list.trim_start_matches(':').trim(), ',');
        if list.len() != number(count)? {
            return Err(format!("expected {count} arrays, found {}", list.len()));
        }
        for part in list {
            let (name, place) = part.split_once(": ").ok_or("expected `name: entries at place`")?;
            let (own, at) = place.split_once(" at ").ok_or("expected `name: entries at place`")?;
            making.add(name, Buffer::Temporary { at: number(at)? }, number(own)?)?;
        }
        Ok(())
    }

    /// A step, and whether it takes all rows of its stage.
    fn step(&mut self, indent: usize, making: &Making) -> Result<(Step, bool), ReadError> {
        let line = self.next(indent, "a step")?;
        let (word, rest) = line.text.split_once(' ').unwrap_or((line.text, ""));
        let (rest, reduces) = rest.strip_suffix("(over all rows)").map_or((rest, false), |r| (r, true));
        let rest = rest.trim();
        let step = match word {
            "product" => product(rest, making).map(Step::Product),
            "fold" => fold(rest, making).map(Step::Fold),
            "pick" => pick(rest, making).map(Step::Pick),
            "put" => assembled(rest, making).map(Step::Assemble),
            "call" => called(rest, making).map(Step::Call),
            "loop" => return Ok((Step::Lanes(self.lanes(line, rest, making)?), reduces)),
            "stage" => return Ok((Step::Stage(self.stage(line, rest, making)?), reduces)),
            "scan" => return Ok((Step::Scan(Box::new(self.scan(line, rest, making)?)), reduces)),
            _ => Err(format!("expected a step, found `{word}`")),
        };
        Ok((step.map_err(|m| line.error(m))?, reduces))
    }

    fn stage(&mut self, line: Line<'t>, text: &str, making: &Making) -> Result<Stage, ReadError> {
        let head = || {
            let (rows, rest) = text.split_once(" rows, ")?;
            Some((number(rows).ok()?, number(rest.strip_suffix(" at a time:")?).ok()?))
        };
        let (rows, block) = head().ok_or_else(|| line.error("expected `rows, … at a time:`"))?;
        let mut steps = Vec::new();
        while self.lines.get(self.at).is_some_and(|l| l.indent > line.indent) {
            let (step, reduces) = self.step(line.indent + 2, making)?;
            if matches!(step, Step::Stage(_) | Step::Scan(_)) {
                return Err(line.error("a stage is made of loops, products and folds"));
            }
            steps.push((step, if reduces { Role::Reduces } else { Role::Carries }));
        }
        Ok(Stage { rows, block, steps })
    }

    fn scan(&mut self, line: Line<'t>, text: &str, making: &Making) -> Result<ScanStep, ReadError> {
        let fail = |m: String| line.error(m);
        let expected =
            || line.error("expected `name = … steps along …; beginning with …; with …; gives …; stacks …; each:`");
        self.scans += 1;
        if self.scans > MAX_SCANS {
            return Err(line.error("there are too many scans within scans"));
        }
        let all: Vec<&str> = text.split("; ").collect();
        let [head, states, captures, last, stacked, "each:"] = all[..] else { return Err(expected()) };
        let (to, head) = head.split_once(" = ").ok_or_else(expected)?;
        let (length, head) = head.split_once(" steps along ").ok_or_else(expected)?;
        let (slices, way) = head.rsplit_once(", ").ok_or_else(expected)?;
        let backward = match way {
            "from the first to the last" => false,
            "from the last to the first" => true,
            _ => return Err(expected()),
        };
        let list = |text: &str| -> Read<Vec<(BufferId, usize)>> {
            if text == "nothing" {
                return Ok(Vec::new());
            }
            let one = |part: &str| {
                let (name, n) = part.split_once(" by ").ok_or("expected `name by entries`")?;
                Ok((making.array(name)?, number(n)?))
            };
            parts(text, ',').into_iter().map(one).collect()
        };
        let numbers = |text: &str| -> Read<Vec<usize>> {
            if text == "nothing" { Ok(Vec::new()) } else { parts(text, ',').into_iter().map(number).collect() }
        };
        let states = list(states.strip_prefix("beginning with ").ok_or_else(expected)?).map_err(fail)?;
        let captures = list(captures.strip_prefix("with ").ok_or_else(expected)?).map_err(fail)?;
        let last = numbers(last.strip_prefix("gives the last of ").ok_or_else(expected)?).map_err(fail)?;
        let stacked = numbers(stacked.strip_prefix("stacks ").ok_or_else(expected)?).map_err(fail)?;
        let slices = list(slices).map_err(fail)?;
        let (to, length) = (making.array(to).map_err(fail)?, number(length).map_err(fail)?);
        let (program, names, known) = self.program(line.indent + 2)?;
        verify(&program, &names).map_err(fail)?;
        let of_place = |k: usize| {
            let name = own_name(k, states.len(), slices.len());
            known.iter().find(|(n, _)| *n == name).map(|(_, id)| *id)
        };
        let count = states.len() + slices.len() + captures.len();
        let mut inputs = Vec::with_capacity(count);
        for k in 0..count {
            // What no step reads has a symbol all the same.
            inputs.push(match of_place(k) {
                Some(id) => id,
                None => self.symbol("unread"),
            });
        }
        if known.iter().any(|(_, id)| !inputs.contains(id)) {
            return Err(line.error("its step reads what is neither a state, a slice nor given"));
        }
        self.scans -= 1;
        Ok(ScanStep { program, inputs, states, slices, captures, length, backward, last, stacked, to })
    }

    fn lanes(&mut self, line: Line<'t>, text: &str, making: &Making) -> Result<Lanes, ReadError> {
        let (head, first) = text.split_once(':').ok_or_else(|| line.error("expected axes, and `:`"))?;
        let sizes = if head == "once" { Vec::new() } else { axes(0, head).map_err(|m| line.error(m))? };
        let mut lines: Vec<(Line<'t>, &str)> = Vec::new();
        if first.trim().is_empty() {
            while let Some(next) = self.lines.get(self.at).filter(|l| l.indent == line.indent + 10) {
                lines.push((*next, next.text));
                self.at += 1;
            }
        } else {
            lines.push((line, first.trim()));
        }
        let mut body = Body {
            making,
            sizes: &sizes,
            sources: Vec::new(),
            steps: Vec::new(),
            named: HashMap::new(),
            kept: Vec::new(),
        };
        for (line, text) in lines {
            body.line(text).map_err(|m| line.error(m))?;
        }
        let Body { sources, steps, kept, .. } = body;
        Ok(allocate(sizes, sources, &steps, &kept))
    }
}

/// Parts between separators that stand in no brackets.
fn parts(text: &str, separator: char) -> Vec<&str> {
    let (mut depth, mut start, mut found) = (0i32, 0, Vec::new());
    for (k, c) in text.char_indices() {
        match c {
            '[' | '(' => depth += 1,
            ']' | ')' => depth -= 1,
            c if c == separator && depth == 0 => {
                found.push(text[start..k].trim());
                start = k + c.len_utf8();
            }
            _ => {}
        }
    }
    found.push(text[start..].trim());
    if found == [""] { Vec::new() } else { found }
}

fn number(text: &str) -> Read<usize> {
    let text = text.trim();
    let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let value = is_number.then(|| text.parse::<usize>().ok()).flatten().filter(|n| *n <= MAX_ENTRIES * 64);
    value.ok_or_else(|| format!("expected a number that counts something, found `{text}`"))
}

/// `name` or `name[2, 3]`
fn shaped(text: &str) -> Read<(&str, Vec<usize>)> {
    let Some((name, shape)) = text.split_once('[') else { return Ok((text, Vec::new())) };
    let shape = shape.strip_suffix(']').ok_or_else(|| format!("expected `]` at the end of `{text}`"))?;
    let shape = parts(shape, ',').into_iter().map(number).collect::<Read<Vec<usize>>>()?;
    let all = shape.iter().try_fold(1usize, |n, k| n.checked_mul((*k).max(1)));
    match all {
        Some(n) if n <= MAX_ENTRIES => Ok((name.trim(), shape)),
        _ => Err(format!("`{name}` has more than {MAX_ENTRIES} entries")),
    }
}

/// `i < 3, j < 4`, from the `first` axis on.
fn axes(first: usize, text: &str) -> Read<Vec<usize>> {
    let mut sizes = Vec::new();
    for part in parts(text, ',') {
        let (name, size) = part.split_once(" < ").ok_or_else(|| format!("expected an axis, found `{part}`"))?;
        if axis_of(name) != Some(first + sizes.len()) {
            return Err(format!("the axis `{name}` comes out of order"));
        }
        sizes.push(number(size)?);
    }
    Ok(sizes)
}

/// Entries by their axes.
fn view(text: &str, sizes: &[usize], making: &Making) -> Read<View> {
    let Some((name, inside)) = text.split_once('[') else {
        return Ok(View { buffer: making.array(text)?, offset: 0, strides: vec![0; sizes.len()] });
    };
    let buffer = making.array(name)?;
    let inside = inside.strip_suffix(']').ok_or_else(|| format!("expected `]` at the end of `{text}`"))?;
    let axis = |name: &str| {
        axis_of(name).filter(|k| *k < sizes.len()).ok_or_else(|| format!("`{name}` in `{text}` is no axis here"))
    };
    let mut strides = vec![0; sizes.len()];
    if inside.contains(',') {
        let order = inside.split(',').map(|n| axis(n.trim())).collect::<Read<Vec<usize>>>()?;
        let shape: Vec<usize> = order.iter().map(|k| sizes[*k]).collect();
        if shape.iter().try_fold(1usize, |n, k| n.checked_mul(*k)).is_none_or(|n| n > MAX_ENTRIES) {
            return Err(format!("`{text}` has too many entries"));
        }
        order.iter().zip(row_major(&shape)).for_each(|(k, s)| strides[*k] = s);
        return Ok(View { buffer, offset: 0, strides });
    }
    let mut offset = 0;
    for term in inside.split(" + ") {
        match term.split_once('*') {
            Some((stride, name)) => strides[axis(name)?] = number(stride)?,
            None if term.starts_with(|c: char| c.is_ascii_digit()) => offset = number(term)?,
            None => strides[axis(term)?] = 1,
        }
    }
    Ok(View { buffer, offset, strides })
}

/// `c = a @ b: 2 × 3 by 3 × 4 for l < 5, 48 operations`
fn product(text: &str, making: &Making) -> Read<ProductStep> {
    let expected = || "expected `c = a @ b: m × k by k × n, … operations`".to_string();
    let (formula, rest) = text.split_once(": ").ok_or_else(expected)?;
    let (rest, _) = rest.rsplit_once(", ").ok_or_else(expected)?;
    let (shapes, batch) = rest.split_once(" for ").map_or((rest, ""), |(s, b)| (s, b));
    let (first, second) = shapes.split_once(" by ").ok_or_else(expected)?;
    let pair = |text: &str| {
        let (a, b) = text.split_once(" × ").ok_or_else(expected)?;
        Ok::<_, String>((number(a)?, number(b)?))
    };
    let ((m, k), (inner, n), batch) = (pair(first)?, pair(second)?, axes(3, batch)?);
    if inner != k {
        return Err(format!("{k} columns are multiplied with {inner} rows"));
    }
    let sizes = [&[m, n, k], &batch[..]].concat();
    let (to, factors) = formula.split_once(" = ").ok_or_else(expected)?;
    let (a, b) = factors.split_once(" @ ").ok_or_else(expected)?;
    let at = |text: &str, rows: usize, columns: usize| -> Read<View> {
        let (strides, name) = match text.strip_suffix('\'') {
            Some(name) => ([1, sizes[rows]], name),
            None if text.contains('[') => {
                let own = view(text, &sizes, making)?;
                if (0..3).any(|k| k != rows && k != columns && own.strides[k] != 0) {
                    return Err(format!("`{text}` goes along an axis that it lacks"));
                }
                let strides = [&[own.strides[rows], own.strides[columns]], &own.strides[3..]].concat();
                return Ok(View { strides, ..own });
            }
            None => ([sizes[columns], 1], text),
        };
        let strides = [&strides[..], &vec![0; batch.len()]].concat();
        Ok(View { buffer: making.array(name)?, offset: 0, strides })
    };
    Ok(ProductStep { m, n, k, a: at(a, 0, 2)?, b: at(b, 2, 1)?, c: at(to, 0, 1)?, batch: batch.clone() })
}

/// `t[i] = sum over j < 3 of x[i,j] for i < 2`
fn fold(text: &str, making: &Making) -> Read<FoldStep> {
    let expected = || "expected `t[i] = sum over j < n of x[i,j] for i < m`".to_string();
    let (to, rest) = text.split_once(" = ").ok_or_else(expected)?;
    let (kind, rest) = rest.split_once(" over ").ok_or_else(expected)?;
    let (over, rest) = rest.split_once(" of ").ok_or_else(expected)?;
    let (from, kept) = rest.split_once(" for ").map_or((rest, ""), |(f, k)| (f, k));
    let kinds = [FoldKind::Sum, FoldKind::Max, FoldKind::Min, FoldKind::ArgMax, FoldKind::ArgMin];
    let kind = kinds.into_iter().find(|k| fold_name(*k) == kind).ok_or_else(expected)?;
    let kept = axes(0, kept)?;
    let folded = axes(kept.len(), over)?;
    let from = view(from, &[&kept[..], &folded].concat(), making)?;
    let to = making.array(to.split('[').next().unwrap_or(to))?;
    Ok(FoldStep { kind, from, kept, folded, to })
}

fn pick(text: &str, making: &Making) -> Read<PickStep> {
    let expected = || "expected what is picked at labels, and how".to_string();
    let (what, how) = text.strip_suffix(')').and_then(|t| t.rsplit_once(" (")).ok_or_else(expected)?;
    let (count, how) = how.split_once(" labels, ").ok_or_else(expected)?;
    let (each, positions) = how.split_once(" for ").ok_or_else(expected)?;
    let (count, each) = (number(count)?, number(each)?);
    let positions = number(positions.strip_suffix(" positions").ok_or_else(expected)?)?;
    if let Some((labels, _)) = what.split_once(": is each one of ") {
        let labels = making.array(labels)?;
        let way = PickWay::Check;
        return Ok(PickStep {
            way,
            labels: (labels, count),
            positions,
            each,
            blocks: 0,
            inner: 0,
            array: labels,
            picked: labels,
        });
    }
    let (to, rest) = what.split_once(" = ").ok_or_else(expected)?;
    let (way, rest, ending) = match rest.strip_prefix("zeros, and ") {
        Some(rest) => (PickWay::AddBack, rest, " added at "),
        None => (PickWay::Pick, rest, " at "),
    };
    let (blocks, rest) = rest.split_once(" of ").map(|(b, r)| (b, r.to_string())).ok_or_else(expected)?;
    // `32 entries of x`, or `32 blocks of 4 of x`
    let (inner, rest) = match blocks.strip_suffix(" blocks") {
        Some(_) => {
            let (inner, rest) = rest.split_once(" of ").ok_or_else(expected)?;
            (number(inner)?, rest.to_string())
        }
        None => (1, rest),
    };
    let blocks = number(blocks.split(' ').next().unwrap_or_default())?;
    let (other, labels) = rest.split_once(ending).ok_or_else(expected)?;
    let (to, other, labels) = (making.array(to)?, making.array(other)?, making.array(labels)?);
    let (array, picked) = if way == PickWay::Pick { (other, to) } else { (to, other) };
    Ok(PickStep { way, labels: (labels, count), positions, each, blocks, inner, array, picked })
}

/// `t[2, 5] = zeros; 3 of x[i,j] at 0, 2 apart; 1 of y added at 4`
fn assembled(text: &str, making: &Making) -> Read<AssembleStep> {
    let expected = || "expected `name[sizes] = pieces`".to_string();
    let (to, pieces) = text.split_once(" = ").ok_or_else(expected)?;
    let (to, sizes) = shaped(to)?;
    let (leading, _) = sizes.split_at(sizes.len().saturating_sub(1));
    let list: Vec<&str> = pieces.split("; ").filter(|p| !p.is_empty()).collect();
    let is_covered = list.first() != Some(&"zeros");
    let mut found = Vec::new();
    for piece in list.into_iter().skip(usize::from(!is_covered)) {
        let (length, rest) = piece.split_once(" of ").ok_or_else(expected)?;
        let (from, place) = rest.split_once(" at ").ok_or_else(expected)?;
        let (from, adds) = from.strip_suffix(" added").map_or((from, false), |f| (f, true));
        let (start, step) = match place.split_once(", ") {
            Some((start, step)) => (start, number(step.strip_suffix(" apart").ok_or_else(expected)?)?),
            None => (place, 1),
        };
        let length = number(length)?;
        let from = view(from, &[leading, &[length]].concat(), making)?;
        found.push(Piece { from, start: number(start)?, step, length, adds });
    }
    Ok(AssembleStep { pieces: found, is_covered, to: making.array(to)?, sizes })
}

/// `c[2, 3] = cumsum<true>(x[2, 3])`
fn called(text: &str, making: &Making) -> Read<CallStep> {
    let expected = || "expected `name[shape] = operation(arguments)`".to_string();
    let (to, rest) = text.split_once(" = ").ok_or_else(expected)?;
    let (head, args) = rest.strip_suffix(')').and_then(|r| r.split_once('(')).ok_or_else(expected)?;
    let (name, parameters) = match head.strip_suffix('>').and_then(|h| h.split_once('<')) {
        Some((name, parameters)) => (name, parameters),
        None => (head, ""),
    };
    let operation = Operation::read(name, parameters)
        .ok_or_else(|| format!("there is no operation `{name}` with the parameters `{parameters}`"))?;
    let (to, shape) = shaped(to)?;
    let one = |part: &str| {
        let (name, shape) = shaped(part)?;
        Ok((making.array(name)?, shape))
    };
    let args = parts(args, ',').into_iter().map(one).collect::<Read<Vec<_>>>()?;
    Ok(CallStep { operation, args, to: making.array(to)?, shape })
}

/// A loop's formulas on their way.
struct Body<'m> {
    making: &'m Making,
    sizes: &'m [usize],
    sources: Vec<Source>,
    steps: Vec<(Op, Vec<Argument>)>,
    /// Values that have a name by now.
    named: HashMap<String, Argument>,
    kept: Vec<(usize, BufferId)>,
}

impl Body<'_> {
    /// `z[i,j] = x[i,j] + y[j]` or `r3 = …`
    fn line(&mut self, text: &str) -> Read<()> {
        let (to, formula) = text.split_once(" = ").ok_or("expected `name = formula`")?;
        let tokens = tokens(formula)?;
        let mut parser = Parser { body: self, tokens: &tokens, at: 0, depth: 0 };
        let value = parser.sum()?;
        if parser.at < tokens.len() {
            return Err(format!("expected the end of the formula, found `{}`", tokens[parser.at]));
        }
        if register_of(to).is_some() {
            self.named.insert(to.to_string(), value);
            return Ok(());
        }
        let own = view(to, self.sizes, self.making)?;
        let whole = View { buffer: own.buffer, offset: 0, strides: row_major(self.sizes) };
        let moves = |k: usize| own.strides[k] == whole.strides[k];
        if own.offset != 0 || !(0..self.sizes.len()).all(|k| self.sizes[k] == 1 || moves(k)) {
            return Err(format!("`{to}` is not a whole array, entry behind entry"));
        }
        // What stands there already is copied.
        let fresh = |k: &usize| self.kept.iter().all(|(other, _)| other != k);
        let step = match value {
            Argument::Own(k) if fresh(&k) => k,
            value => self.push(Op::Copy, vec![value])?,
        };
        self.kept.push((step, own.buffer));
        self.named.insert(to.to_string(), Argument::Own(step));
        Ok(())
    }

    fn push(&mut self, op: Op, args: Vec<Argument>) -> Read<usize> {
        if self.steps.len() >= MAX_STEPS {
            return Err(format!("a loop has at most {MAX_STEPS} operations"));
        }
        self.steps.push((op, args));
        Ok(self.steps.len() - 1)
    }

    fn source(&mut self, source: Source) -> Argument {
        let known = self.sources.iter().position(|s| *s == source);
        Argument::Source(known.unwrap_or_else(|| {
            self.sources.push(source);
            self.sources.len() - 1
        }))
    }
}

/// Names with what stands in their brackets, numbers, and signs.
fn tokens(text: &str) -> Read<Vec<&str>> {
    let mut found = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < text.len() {
        let Some(c) = text[at..].chars().next() else { break };
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
        let mut end = at + c.len_utf8();
        match c {
            ' ' => {
                at = end;
                continue;
            }
            c if c.is_ascii_digit() => end = at + literal(&text[at..]),
            c if is_part(c) => {
                end = at + text[at..].find(|c| !is_part(c)).unwrap_or(text.len() - at);
                if bytes.get(end) == Some(&b'[') {
                    let close = text[end..].find(']').ok_or("expected `]`")?;
                    end += close + 1;
                }
            }
            '+' | '-' | '*' | '/' | '(' | ')' | '{' | '}' | ',' | '^' => {}
            c => return Err(format!("`{}` stands in no formula", c.escape_debug())),
        }
        found.push(&text[at..end]);
        at = end;
    }
    Ok(found)
}

/// How many bytes a number has at the beginning of a text: `12`, `0.01`, `2e-30`.
fn literal(text: &str) -> usize {
    let digits = |from: usize| text[from..].bytes().take_while(u8::is_ascii_digit).count();
    let mut end = digits(0);
    if text[end..].starts_with('.') {
        end += 1 + digits(end + 1);
    }
    if let Some(rest) = text[end..].strip_prefix('e') {
        let sign = usize::from(rest.starts_with('-'));
        let own = digits(end + 1 + sign);
        end += if own > 0 { 1 + sign + own } else { 0 };
    }
    end
}

struct Parser<'b, 'm, 't> {
    body: &'b mut Body<'m>,
    tokens: &'t [&'t str],
    at: usize,
    depth: usize,
}

impl<'t> Parser<'_, '_, 't> {
    fn peek(&self) -> &'t str {
        self.tokens.get(self.at).copied().unwrap_or("")
    }

    fn takes(&mut self, token: &str) -> bool {
        let is_next = self.peek() == token;
        self.at += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, token: &str) -> Read<()> {
        if self.takes(token) { Ok(()) } else { Err(format!("expected `{token}`, found `{}`", self.peek())) }
    }

    fn made(&mut self, op: Op, args: Vec<Argument>) -> Read<Argument> {
        self.body.push(op, args).map(Argument::Own)
    }

    fn sum(&mut self) -> Read<Argument> {
        let mut total = self.product()?;
        loop {
            let op = match self.peek() {
                "+" => Op::Add,
                "-" => Op::Sub,
                _ => break,
            };
            self.at += 1;
            let other = self.product()?;
            total = self.made(op, vec![total, other])?;
        }
        Ok(total)
    }

    fn product(&mut self) -> Read<Argument> {
        let mut total = self.whole()?;
        loop {
            let op = match self.peek() {
                "*" => Op::Mul,
                "/" => Op::Div,
                _ => return Ok(total),
            };
            self.at += 1;
            let other = self.whole()?;
            total = self.made(op, vec![total, other])?;
        }
    }

    fn whole(&mut self) -> Read<Argument> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("the formula is nested too deeply".into());
        }
        let value = self.within()?;
        self.depth -= 1;
        Ok(value)
    }

    fn within(&mut self) -> Read<Argument> {
        let token = self.peek();
        self.at += 1;
        match token {
            "" => Err("expected a formula, found its end".into()),
            "(" => {
                if let Some(constant) = self.constant() {
                    return Ok(constant);
                }
                let value = if self.takes("-") {
                    let value = self.whole()?;
                    self.made(Op::Neg, vec![value])?
                } else {
                    self.sum()?
                };
                self.expect(")")?;
                Ok(value)
            }
            "{" => {
                let value = self.fused()?;
                self.expect("}")?;
                Ok(value)
            }
            name if name.starts_with(|c: char| c.is_ascii_digit()) => {
                let n = exact(name).ok_or_else(|| format!("`{name}` is no number"))?;
                Ok(self.body.source(Source::Constant(Constant::Exact(n))))
            }
            name if self.peek() == "(" && !name.contains('[') => {
                self.at += 1;
                self.call(name)
            }
            name => self.named(name),
        }
    }

    /// A number in parentheses, the first of which is read: `(-2)`, `(1/3)`.
    fn constant(&mut self) -> Option<Argument> {
        let rest = &self.tokens[self.at..];
        let end = rest.iter().take(5).position(|t| *t == ")")?;
        let text: String = rest[..end].concat();
        let is_number = |t: &&str| t.starts_with(|c: char| c.is_ascii_digit());
        let shape = match rest[..end] {
            [n] => is_number(&n),
            ["-", n] => is_number(&n),
            [p, "/", q] => is_number(&p) && is_number(&q),
            ["-", p, "/", q] => is_number(&p) && is_number(&q),
            _ => false,
        };
        let n = exact(&text).filter(|_| shape)?;
        self.at += end + 1;
        Some(self.body.source(Source::Constant(Constant::Exact(n))))
    }

    fn call(&mut self, name: &str) -> Read<Argument> {
        let mut args = vec![self.sum()?];
        while self.takes(",") {
            args.push(self.sum()?);
        }
        self.expect(")")?;
        let op = match name {
            "copy" => Op::Copy,
            "neg" => Op::Neg,
            "flushed" => Op::Flush,
            _ => {
                let found = Primitive::ALL.iter().find(|p| p.row().name == name);
                Op::Primitive(*found.ok_or_else(|| format!("there is no function `{name}`"))?)
            }
        };
        self.made(op, args)
    }

    fn named(&mut self, name: &str) -> Read<Argument> {
        if let Some(value) = self.body.named.get(name) {
            return Ok(*value);
        }
        let source = match name {
            "pi" => Source::Constant(Constant::Pi),
            "e" => Source::Constant(Constant::E),
            name => match axis_of(name) {
                Some(axis) if axis < self.body.sizes.len() => Source::Position(axis),
                _ => Source::Array(view(name, self.body.sizes, self.body.making)?),
            },
        };
        Ok(self.body.source(source))
    }

    /// What one instruction does.
    fn fused(&mut self) -> Read<Argument> {
        let a = self.whole()?;
        if self.takes("/") {
            let [b, c] = self.root()?;
            return self.made(Op::DivRoot, vec![a, b, c]);
        }
        if self.takes("-") {
            let s = self.whole()?;
            self.expect("*")?;
            let x = self.whole()?;
            self.expect("/")?;
            let [b, c] = self.root()?;
            return self.made(Op::MinusDivRoot, vec![a, s, x, b, c]);
        }
        self.expect("*")?;
        let b = self.whole()?;
        self.expect("+")?;
        let c = self.whole()?;
        if !self.takes("*") {
            return self.made(Op::MulAdd, vec![a, b, c]);
        }
        let d = self.whole()?;
        let square = self.takes("^");
        if square {
            self.expect("2")?;
        }
        let flushed = self.takes(",");
        if flushed {
            self.expect("flushed")?;
        }
        self.made(Op::Blend { square, flushed }, vec![a, b, c, d])
    }

    /// `(sqrt(b) + c)`
    fn root(&mut self) -> Read<[Argument; 2]> {
        self.expect("(")?;
        self.expect("sqrt")?;
        self.expect("(")?;
        let b = self.sum()?;
        self.expect(")")?;
        self.expect("+")?;
        let c = self.whole()?;
        self.expect(")")?;
        Ok([b, c])
    }
}

/// A rational.
fn exact(text: &str) -> Option<Number> {
    let (sign, rest) = text.strip_prefix('-').map_or((1, text), |t| (-1, t));
    let (p, q) = rest.split_once('/').unwrap_or((rest, "1"));
    let whole = |t: &str| {
        // No more digits than anyone writes, and no exponent that makes as many.
        let exponent = t.split_once('e').map_or(0, |(_, e)| e.len());
        let is_short = !t.is_empty() && t.len() <= 1000 && literal(t) == t.len() && exponent <= 5;
        is_short.then(|| Number::parse(t).ok()).flatten()
    };
    let (p, q) = (whole(p)?, whole(q)?);
    p.checked_mul(&q.recip()?)?.checked_mul(&Number::integer(sign))
}

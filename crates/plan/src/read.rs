//! A plan that was written (`text.rs`), read back: every number in it is looked at, and the whole is verified before anyone
//! runs it.

mod formula;
mod steps;

use std::collections::HashMap;
use std::fmt;

use wrt_core::{Assumptions, Graph, Id, Role as SymbolRole};

use crate::access::entries;
use crate::program::{Buffer, BufferId, Lanes, Output, Program, Recomputed, Role, ScanStep, Stage, Step};
use crate::tape::allocate;
use crate::text::{HELD, VERSION, VERSION_AGAIN, own_name, text_with};
use crate::verify::verify;
use formula::Body;
use steps::{assembled, axes, called, fold, number, parts, pick, product, shaped};

/// How deep scans may be nested in scans.
const MAX_SCANS: usize = 8;

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
    let counts = |l: &str| !l.trim().is_empty() && !l.starts_with('#');
    for (k, line) in text.lines().enumerate().filter(|(_, l)| counts(l)) {
        let own = line.trim_start_matches(' ');
        lines.push(Line { number: k + 1, indent: line.len() - own.len(), text: own.trim_end() });
    }
    let fail = |message: String| ReadError { line: 1, message };
    let version = lines.first().and_then(|l| l.text.strip_prefix("plan "));
    let version = match version.map(str::parse::<u32>) {
        Some(Ok(version @ (VERSION | VERSION_AGAIN))) => version,
        Some(_) => return Err(fail(format!("expected a plan of version {VERSION} or {VERSION_AGAIN}"))),
        None => return Err(fail(format!("expected `plan {VERSION}` or `plan {VERSION_AGAIN}`"))),
    };
    let mut graph = Graph::new();
    let says_again = version == VERSION_AGAIN;
    let mut reader = Reader { lines: &lines, at: 1, graph: &mut graph, scans: 0, says_again };
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
    /// Does the plan say what is computed again? The steps of scans don't.
    says_again: bool,
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

/// `h1_2 is h1, h2_2 is h2; to hold them takes room for 98304 numbers`
fn again(text: &str, making: &Making) -> Read<Recomputed> {
    let (list, room) = text.split_once(HELD).ok_or_else(|| format!("expected `name is name, …{HELD}… numbers`"))?;
    let room = number(room.strip_suffix(" numbers").ok_or("expected a number of numbers")?)?;
    let one = |part: &str| {
        let (again, first) = part.split_once(" is ").ok_or("expected `name is name`")?;
        Ok((making.array(again)?, making.array(first)?))
    };
    let arrays = parts(list, ',').into_iter().map(one).collect::<Read<_>>()?;
    Ok(Recomputed { arrays, room })
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
        let mut making = Making { program: Program::default(), names: Vec::new(), arrays: Arrays::new() };
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
        if std::mem::take(&mut self.says_again) {
            let (line, text) = self.headed(indent, "again")?;
            making.program.recomputed = Some(again(text, &making).map_err(|m| line.error(m))?);
        }
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

    /// `3 arrays in room for 96 numbers: t1: 40 at 0, t2: 40 at 48, t3: 1000 by blocks`
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
            let expected = "expected `name: entries at place`, or `name: entries by blocks`";
            let (name, place) = part.split_once(": ").ok_or(expected)?;
            if let Some(own) = place.strip_suffix(" by blocks") {
                making.add(name, Buffer::Local, number(own)?)?;
                continue;
            }
            let (own, at) = place.split_once(" at ").ok_or(expected)?;
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
        while let Some(next) = self.lines.get(self.at).filter(|l| l.indent > line.indent) {
            // Before it is read: stages in stages without end would have no room on the stack.
            if matches!(next.text.split(' ').next(), Some("stage" | "scan")) {
                return Err(next.error("a stage is made of loops, products and folds"));
            }
            let (step, reduces) = self.step(line.indent + 2, making)?;
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

//! Drawing random formulas, by the shape that is wanted.

use wrt_core::Number;

use super::dim::{Dim, Shape, shape_text};
use super::recipe::level::{OPERAND, PRODUCT, SIGN};
use super::recipe::{Declared, DerivativeKind, Function, Instruction, Recipe, Taste, Values};
use super::rows::{Place, ROUGH, ROWS, Row, SMOOTH};
use crate::source::Source;

/// How large the formulas are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Weight {
    /// A few nodes.
    Small,
    /// With layers or scans.
    Large,
}

/// Names for symbols of a rank, in their order.
const NAMES: [&[&str]; 5] = [
    &["s", "t", "r", "q"],
    &["x", "y", "z", "w", "v1", "v2", "v3"],
    &["A", "B", "C", "W", "M1", "M2", "M3"],
    &["F", "G", "H", "T1", "T2"],
    &["I1", "I2"],
];

/// Names of dimensions.
const DIMENSIONS: [&str; 4] = ["m", "n", "p", "c"];

impl Recipe {
    /// A random formula or model.
    pub fn draw(source: &mut impl Source, weight: Weight) -> Recipe {
        let dims = dims(source);
        let mut draw = Draw {
            source,
            dims,
            weight,
            declared: Vec::new(),
            functions: Vec::new(),
            block: Block::default(),
            names: 0,
            labelled: false,
        };
        let kind = DerivativeKind::ALL[draw.source.below(6) as usize];
        let rank = if kind.of_number() { 0 } else { [0, 1, 1, 2][draw.source.below(4) as usize] };
        let shape: Shape = (0..rank).map(|_| draw.dim()).collect();
        let size = match weight {
            Weight::Small => [3, 4, 6, 8, 12][draw.source.below(5) as usize],
            Weight::Large => [8, 12, 16][draw.source.below(3) as usize],
        };
        // A root that is only a name is hardly worth it.
        let root = match draw.row(&shape) {
            Some((row, letters)) if draw.source.chance(3, 4) => draw.apply(row, letters, &shape, size),
            _ => draw.expression(&shape, size),
        };
        let mut steps = std::mem::take(&mut draw.block.steps);
        steps.truncate(root + 1);
        let is_simple = |d: &Declared| d.shape.iter().all(|d| matches!(d, Dim::Named(..) | Dim::Size(_)));
        let told = draw.declared.iter().all(is_simple) && !draw.labelled && weight == Weight::Small;
        let is_model = !told || draw.source.chance(1, 3);
        if is_model && shape.is_empty() && steps[root].head.is_none() && draw.source.chance(1, 2) {
            steps[root].head = Some("cost".to_string());
        }
        Recipe {
            is_model,
            kind,
            by: draw.source.below(8) as usize,
            taste: if draw.source.chance(1, 5) { Taste::Tied } else { Taste::Generic },
            seed: u64::from(draw.source.below(1 << 16)),
            declared: draw.declared,
            functions: draw.functions,
            steps,
        }
    }
}

/// Named and fixed dimensions; no two have the same size, but that one may be 1.
fn dims(source: &mut impl Source) -> Vec<Dim> {
    let mut sizes = vec![2, 3, 4, 5];
    let mut taken = || sizes.remove(source.below(sizes.len() as u32) as usize);
    let mut named = [taken(), taken(), taken()];
    let last = sizes[0];
    if source.chance(1, 10) {
        named[2] = 1;
    }
    let mut all: Vec<Dim> = named.iter().zip(DIMENSIONS).map(|(size, name)| Dim::Named(name, *size)).collect();
    all.push(Dim::Size(last));
    all
}

/// The formulas that are being written: the statements, or the body of a function.
#[derive(Default)]
struct Block {
    steps: Vec<Instruction>,
    /// The arguments of the function.
    inputs: Vec<(String, Shape)>,
    is_body: bool,
    /// Names that a derivative is being written for.
    favoured: Vec<usize>,
}

struct Draw<'s, S> {
    source: &'s mut S,
    dims: Vec<Dim>,
    weight: Weight,
    declared: Vec<Declared>,
    functions: Vec<Function>,
    block: Block,
    /// How many definitions and functions have been named.
    names: usize,
    /// Is there anything that must be declared?
    labelled: bool,
}

/// The dimensions that letters stand for.
type Letters = Vec<(String, Dim)>;

impl<S: Source> Draw<'_, S> {
    fn dim(&mut self) -> Dim {
        let k = self.source.below(9) as usize;
        match k {
            0..=7 => self.dims[[0, 0, 1, 1, 1, 2, 2, 3][k]].clone(),
            _ => {
                let (a, b) = (self.dims[0].clone(), self.dims[1].clone());
                let made = match self.source.below(4) {
                    0 => a.less(),
                    1 => b.less(),
                    2 => a.plus(&b),
                    _ => Some(Dim::Size(2)),
                };
                made.unwrap_or(a)
            }
        }
    }

    fn push(&mut self, step: Instruction) -> usize {
        self.block.steps.push(step);
        self.block.steps.len() - 1
    }

    /// An expression of a shape, of about `size` nodes. The recursion is as deep as `size` allows.
    fn expression(&mut self, shape: &[Dim], size: u32) -> usize {
        if size <= 1 || self.source.spent() {
            return self.leaf(shape);
        }
        if self.source.chance(1, 8)
            && let Some(shared) = self.shared(shape)
        {
            return shared;
        }
        match self.source.below(24) {
            0 => return self.leaf(shape),
            1..=3 => return self.primitive(shape, size - 1),
            4 if !self.block.is_body => return self.call(shape, size - 1),
            5..=7 if !self.block.is_body && self.scans(shape) => return self.scan(shape, size - 1),
            _ => {}
        }
        match self.row(shape) {
            Some((row, letters)) => self.apply(row, letters, shape, size - 1),
            None => self.leaf(shape),
        }
    }

    /// What stands there already with this shape.
    fn shared(&mut self, shape: &[Dim]) -> Option<usize> {
        let steps = &self.block.steps;
        let same: Vec<usize> =
            (0..steps.len()).filter(|k| steps[*k].shape == shape && !steps[*k].args.is_empty()).collect();
        let at = *same.get(self.source.below(same.len().max(1) as u32) as usize)?;
        self.name(at);
        Some(at)
    }

    /// Makes a definition of a step.
    fn name(&mut self, at: usize) {
        if !self.block.is_body && self.block.steps[at].head.is_none() && !self.block.steps[at].args.is_empty() {
            self.names += 1;
            self.block.steps[at].head = Some(format!("a{}", self.names));
        }
    }

    fn primitive(&mut self, shape: &[Dim], size: u32) -> usize {
        let list = if self.source.chance(1, 4) { ROUGH } else { SMOOTH };
        let name = list[self.source.below(list.len() as u32) as usize];
        let inner = self.expression(shape, size);
        self.push(Instruction {
            text: format!("{name}({{0}})"),
            level: OPERAND,
            args: vec![inner],
            shape: shape.to_vec(),
            head: None,
        })
    }

    /// A row that makes this shape, and what its letters stand for.
    fn row(&mut self, shape: &[Dim]) -> Option<(&'static Row, Letters)> {
        let large = self.weight == Weight::Large;
        let fits = |row: &&Row| match row.place {
            Place::Anywhere => true,
            Place::Layer => large && !self.block.is_body,
            Place::Outside | Place::Defined(_) => !self.block.is_body,
        };
        let found: Vec<(&'static Row, Letters)> =
            ROWS.iter().filter(fits).filter_map(|row| Some((row, matched(row.out, shape)?))).collect();
        // Layers come first where there may be any; entry by entry is possible everywhere.
        let weight = |row: &Row| match row.place {
            Place::Layer => 4 * row.weight,
            _ if row.out == ".." && shape.is_empty() => row.weight / 2,
            _ => row.weight,
        };
        let total: u32 = found.iter().map(|(row, _)| weight(row)).sum();
        let mut at = self.source.below(total.max(1));
        found.into_iter().find(|(row, _)| {
            let own = weight(row);
            let here = at < own;
            at = at.saturating_sub(own);
            here
        })
    }

    fn apply(&mut self, row: &'static Row, mut letters: Letters, shape: &[Dim], size: u32) -> usize {
        let each = size / (row.args.len() as u32).max(1);
        let mut args = vec![usize::MAX; row.args.len()];
        // Names first, so that the other arguments can depend on them.
        let favoured = self.block.favoured.len();
        for (k, arg) in row.args.iter().enumerate().filter(|(_, arg)| arg.starts_with('@')) {
            let Some(wanted) = self.shape_of(&arg[1..], &mut letters, shape) else { return self.leaf(shape) };
            args[k] = self.symbol(&wanted, &Values::Real);
            self.block.favoured.push(args[k]);
        }
        for (k, arg) in row.args.iter().enumerate().filter(|(_, arg)| !arg.starts_with('@')) {
            let Some(at) = self.argument(arg, &mut letters, shape, each) else { return self.leaf(shape) };
            args[k] = at;
        }
        self.block.favoured.truncate(favoured);
        let often = |k: usize| row.text.matches(&format!("{{{k}")).count() > 1;
        for (k, at) in args.iter().enumerate() {
            if often(k) {
                self.name(*at);
            }
        }
        let mut text = row.text.to_string();
        for (letter, dim) in &letters {
            text = text.replace(&format!("{{{letter}}}"), &dim.to_string());
        }
        let is_defined = matches!(row.place, Place::Defined(_) | Place::Layer);
        if !is_defined && (self.block.is_body || !self.source.chance(1, 12)) {
            return self.push(Instruction { text, level: row.level, args, shape: shape.to_vec(), head: None });
        }
        self.names += 1;
        let head = match row.place {
            Place::Defined(indices) => format!("a{}[{indices}]", self.names),
            _ => format!("a{}", self.names),
        };
        self.push(Instruction { text, level: row.level, args, shape: shape.to_vec(), head: Some(head) })
    }

    fn argument(&mut self, arg: &str, letters: &mut Letters, whole: &[Dim], size: u32) -> Option<usize> {
        let mark = arg.chars().next().filter(|c| "#~>=!".contains(*c));
        let bare = &arg[mark.map_or(0, char::len_utf8)..];
        let (bare, below) = bare.split_once('<').map_or((bare, None), |(a, b)| (a, Some(b)));
        let wanted = self.shape_of(bare, letters, whole)?;
        let values = match mark {
            None => return Some(self.expression(&wanted, size)),
            Some('#') => Values::Labels(self.shape_of(below.unwrap_or("a"), letters, whole)?.pop()?),
            Some('~') => Values::Simplex,
            Some('>') => Values::Positive,
            Some('=') => Values::Symmetric,
            _ => Values::Definite,
        };
        self.labelled = true;
        Some(self.symbol(&wanted, &values))
    }

    /// The shape that a pattern of letters stands for; new letters get dimensions.
    fn shape_of(&mut self, pattern: &str, letters: &mut Letters, whole: &[Dim]) -> Option<Shape> {
        if pattern == ".." {
            return Some(whole.to_vec());
        }
        pattern.split_whitespace().map(|token| self.dim_of(token, letters)).collect()
    }

    fn dim_of(&mut self, token: &str, letters: &mut Letters) -> Option<Dim> {
        if let Ok(size) = token.parse() {
            return Some(Dim::Size(size));
        }
        if let Some((a, b)) = token.split_once(['+', '*', '-']) {
            let first = self.dim_of(a, letters)?;
            return match &token[a.len()..=a.len()] {
                "-" => first.less(),
                "+" => first.plus(&self.dim_of(b, letters)?),
                _ => first.times(&self.dim_of(b, letters)?),
            };
        }
        if let Some((_, dim)) = letters.iter().find(|(l, _)| l == token) {
            return Some(dim.clone());
        }
        // A size that is written between others is a simple one.
        let dim = self.dims[self.source.below(4) as usize].clone();
        letters.push((token.to_string(), dim.clone()));
        Some(dim)
    }

    /// A name, or a constant of this shape.
    fn leaf(&mut self, shape: &[Dim]) -> usize {
        let favoured: Vec<usize> =
            self.block.favoured.iter().copied().filter(|k| self.block.steps[*k].shape == shape).collect();
        if let Some(at) = favoured.first()
            && self.source.chance(3, 4)
        {
            return *at;
        }
        let literal = |s: &mut Self, text: String, level: u8| {
            s.push(Instruction { text, level, args: Vec::new(), shape: shape.to_vec(), head: None })
        };
        if shape.is_empty() && self.source.chance(1, 4) {
            const NUMBERS: [(&str, u8); 10] = [
                ("2", OPERAND),
                ("1", OPERAND),
                ("0.5", OPERAND),
                ("3", OPERAND),
                ("1/3", PRODUCT),
                ("-1", SIGN),
                ("0", OPERAND),
                ("pi", OPERAND),
                ("e", OPERAND),
                ("-0.25", SIGN),
            ];
            let (text, level) = NUMBERS[self.source.below(10) as usize];
            return literal(self, text.to_string(), level);
        }
        if shape.is_empty() && self.source.chance(1, 12) {
            let dim = self.dims[self.source.below(3) as usize].to_string();
            return literal(self, dim, OPERAND);
        }
        if !shape.is_empty() && self.source.chance(1, 14) {
            return match shape {
                [a, b] if a == b => literal(self, format!("eye({a})"), OPERAND),
                _ if self.source.chance(1, 3) => literal(self, format!("zeros({})", shape_text(shape)), OPERAND),
                _ => literal(self, format!("ones({})", shape_text(shape)), OPERAND),
            };
        }
        if let Some((name, _)) = self.input(shape) {
            return literal(self, name, OPERAND);
        }
        self.symbol(shape, &Values::Real)
    }

    /// An argument of the function whose body is being written.
    fn input(&mut self, shape: &[Dim]) -> Option<(String, Shape)> {
        let same: Vec<(String, Shape)> = self.block.inputs.iter().filter(|(_, s)| s == shape).cloned().collect();
        if same.is_empty() || self.source.chance(1, 5) {
            return None;
        }
        same.get(self.source.below(same.len() as u32) as usize).cloned()
    }

    /// A declared name.
    fn symbol(&mut self, shape: &[Dim], values: &Values) -> usize {
        let same: Vec<usize> = (0..self.declared.len())
            .filter(|k| self.declared[*k].shape == shape && self.declared[*k].values == *values)
            .collect();
        let all = NAMES[shape.len().min(4)];
        let special = *values != Values::Real;
        let is_plain = |d: &&Declared| all.contains(&d.name.as_str());
        let count = self.declared.iter().filter(is_plain).count();
        let fresh = same.is_empty() || (same.len() < 3 && self.source.chance(1, 3));
        let at = if fresh && (special || count < all.len()) {
            let name = match values {
                Values::Labels(_) => format!("ids{}", self.declared.len()),
                _ if special => format!("u{}", self.declared.len()),
                _ => all[count].to_string(),
            };
            let role = match values {
                Values::Labels(_) => "data",
                _ => ["data", "param", "param"][self.source.below(3) as usize],
            };
            self.declared.push(Declared { name, role, shape: shape.to_vec(), values: values.clone() });
            self.declared.len() - 1
        } else if same.is_empty() {
            let text = if shape.is_empty() { "1".to_string() } else { format!("ones({})", shape_text(shape)) };
            return self.push(Instruction {
                text,
                level: OPERAND,
                args: Vec::new(),
                shape: shape.to_vec(),
                head: None,
            });
        } else {
            same[self.source.below(same.len() as u32) as usize]
        };
        // Now and then a number is a constant of the text.
        if fresh && shape.is_empty() && !special && self.source.chance(1, 8) {
            self.declared[at].role = "const";
            self.declared[at].values = Values::Fixed(Number::ratio(3, 4).unwrap_or(Number::ONE));
            self.labelled = true;
        }
        let text = self.declared[at].name.clone();
        self.push(Instruction { text, level: OPERAND, args: Vec::new(), shape: shape.to_vec(), head: None })
    }
}

/// Functions of the text.
impl<S: Source> Draw<'_, S> {
    /// The body of a new function with these inputs; its name.
    fn function(&mut self, inputs: Vec<(String, Shape)>, shape: &[Dim], size: u32) -> String {
        let block = Block { inputs, is_body: true, ..Block::default() };
        let outer = std::mem::replace(&mut self.block, block);
        // A body names its inputs at least once each.
        let mut root = self.expression(shape, size);
        for k in 0..self.block.inputs.len() {
            let (name, own) = self.block.inputs[k].clone();
            if own == shape && self.block.steps.iter().all(|s| s.text != name) {
                let read =
                    self.push(Instruction { text: name, level: OPERAND, args: Vec::new(), shape: own, head: None });
                let text = "{0} + {1+}".to_string();
                let level = super::recipe::level::SUM;
                root =
                    self.push(Instruction { text, level, args: vec![root, read], shape: shape.to_vec(), head: None });
            }
        }
        let mut inner = std::mem::replace(&mut self.block, outer);
        inner.steps.truncate(root + 1);
        self.names += 1;
        let name = format!("f{}", self.names);
        self.functions.push(Function { name: name.clone(), inputs: inner.inputs, steps: inner.steps });
        name
    }

    /// `f(x)` of a new function.
    fn call(&mut self, shape: &[Dim], size: u32) -> usize {
        let count = 1 + self.source.below(2);
        let mut inputs = Vec::new();
        for k in 0..count as usize {
            let own = if self.source.chance(2, 3) { shape.to_vec() } else { vec![self.dims[0].clone()] };
            inputs.push((["u", "v"][k].to_string(), own));
        }
        let shapes: Vec<Shape> = inputs.iter().map(|(_, s)| s.clone()).collect();
        let name = self.function(inputs, shape, 2 + size / 2);
        let args: Vec<usize> = shapes.iter().map(|s| self.expression(s, size / (count + 1))).collect();
        let holes: Vec<String> = (0..args.len()).map(|k| format!("{{{k}}}")).collect();
        let text = format!("{name}({})", holes.join(", "));
        self.push(Instruction { text, level: OPERAND, args, shape: shape.to_vec(), head: None })
    }

    fn scans(&self, shape: &[Dim]) -> bool {
        self.weight == Weight::Large && matches!(shape.len(), 1..=2) && matches!(shape[0], Dim::Named(..))
    }

    /// `scan(f, first, X)` of a new function.
    fn scan(&mut self, shape: &[Dim], size: u32) -> usize {
        let state = shape[1..].to_vec();
        let slice: Shape = if self.source.chance(1, 2) { state.clone() } else { vec![self.dims[1].clone()] };
        let over: Shape = std::iter::once(shape[0].clone()).chain(slice.clone()).collect();
        let inputs = vec![("h".to_string(), state.clone()), ("o".to_string(), slice)];
        let name = self.function(inputs, &state, 2 + size / 3);
        let args = vec![self.expression(&state, size / 4), self.expression(&over, size / 3)];
        let reverse = if self.source.chance(1, 4) { ", reverse=1" } else { "" };
        let text = format!("scan({name}, {{0}}, {{1}}{reverse})");
        self.push(Instruction { text, level: OPERAND, args, shape: shape.to_vec(), head: None })
    }
}

/// What the letters of a pattern stand for, so that it is this shape.
fn matched(pattern: &str, shape: &[Dim]) -> Option<Letters> {
    if pattern == ".." {
        return Some(Letters::new());
    }
    let tokens: Vec<&str> = pattern.split_whitespace().collect();
    if tokens.len() != shape.len() {
        return None;
    }
    let mut letters = Letters::new();
    let bind = |letters: &mut Letters, name: &str, dim: &Dim| match letters.iter().find(|(l, _)| l == name) {
        Some((_, known)) => known == dim,
        None => {
            letters.push((name.to_string(), dim.clone()));
            true
        }
    };
    for (token, dim) in tokens.into_iter().zip(shape) {
        let parts: Vec<&str> = token.split(['+', '*', '-']).collect();
        let fits = match (token.parse::<usize>(), dim) {
            (Ok(size), _) => *dim == Dim::Size(size),
            (_, Dim::Less(inner)) if token.contains('-') => bind(&mut letters, parts[0], inner),
            (_, Dim::Size(size)) if token.contains('-') => bind(&mut letters, parts[0], &Dim::Size(size + 1)),
            (_, Dim::Sum(a, b)) if token.contains('+') => {
                bind(&mut letters, parts[0], a) && bind(&mut letters, parts[1], b)
            }
            (_, Dim::Product(a, b)) if token.contains('*') => {
                bind(&mut letters, parts[0], a) && bind(&mut letters, parts[1], b)
            }
            _ => parts.len() == 1 && bind(&mut letters, token, dim),
        };
        if !fits {
            return None;
        }
    }
    Some(letters)
}

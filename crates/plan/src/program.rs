//! A program: what a plan says is to be done, with all sizes known.

use wrt_core::{Id, Number, Operation, Primitive};

/// An array of the program.
pub type BufferId = usize;

/// Where an array lies.
#[derive(Clone, PartialEq, Debug)]
pub enum Buffer {
    /// What a symbol's value is; read only, unless a result goes into it.
    Input(Id),
    /// A result of its own.
    Result(usize),
    /// What lies between, in the arena from a position on.
    Temporary {
        /// The first entry.
        at: usize,
    },
    /// What nobody needs but one stage, which has a block of its rows at a time: it takes no room in the arena.
    Local,
}

/// Entries of an array by a stride for each axis.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct View {
    /// Which array.
    pub buffer: BufferId,
    /// The first entry.
    pub offset: usize,
    /// How far the next entry along each axis is; 0 where it is the same.
    pub strides: Vec<usize>,
}

/// A number that is known.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Constant {
    /// A rational.
    Exact(Number),
    /// π
    Pi,
    /// e
    E,
}

/// What an instruction does.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum Op {
    Copy,
    Neg,
    Add,
    Sub,
    Mul,
    Div,
    /// `a*b + c`, rounded once or twice.
    MulAdd,
    /// `a/(sqrt(b) + c)`: what slow roots and quotients have to do with each other in one pass.
    DivRoot,
    /// `a*b + c*d` or `a*b + c*d^2` where `a` and `c` are one number for all positions: what averages do as they move.
    Blend {
        /// Is it `d^2`?
        square: bool,
        /// Is it 0 where it is too small to be a normal number?
        flushed: bool,
    },
    /// `a - b*c/(sqrt(d) + e)` where `b` and `e` are one number for all positions.
    MinusDivRoot,
    /// 0 for what is too small to be a normal number.
    Flush,
    /// A function of the table.
    Primitive(Primitive),
}

/// One step of a tape, on registers; the one that it writes is none that it reads.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Instruction {
    /// What is done.
    pub op: Op,
    /// Where the result goes.
    pub to: u16,
    /// The arguments.
    pub args: Vec<u16>,
}

/// What a register holds before a tape runs.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Source {
    /// An array, walked along the loop's axes.
    Array(View),
    /// The position along an axis.
    Position(usize),
    /// A number.
    Constant(Constant),
}

impl Source {
    /// Is it one number for all positions of axes of these sizes?
    pub fn is_number(&self, sizes: &[usize]) -> bool {
        match self {
            Source::Array(view) => sizes.iter().zip(&view.strides).all(|(size, stride)| *stride == 0 || *size == 1),
            Source::Position(_) => false,
            Source::Constant(_) => true,
        }
    }
}

/// A loop over entries.
#[derive(Clone, PartialEq, Debug)]
pub struct Lanes {
    /// The sizes of its axes, the last one fastest.
    pub sizes: Vec<usize>,
    /// Registers 0, 1, … before the tape runs.
    pub sources: Vec<Source>,
    /// What is done at each position.
    pub tape: Vec<Instruction>,
    /// Registers whose values are kept, entry behind entry, in which arrays.
    pub stores: Vec<(u16, BufferId)>,
    /// How many registers there are.
    pub registers: usize,
}

/// A product of two matrices, for each position of some further axes.
#[derive(Clone, PartialEq, Debug)]
pub struct ProductStep {
    /// Rows of the first factor.
    pub m: usize,
    /// Columns of the second factor.
    pub n: usize,
    /// What is summed over.
    pub k: usize,
    /// The first factor: rows, columns, then the further axes, then those that are summed over, too.
    pub a: View,
    /// The second factor: rows, columns, then the further axes, then those that are summed over, too.
    pub b: View,
    /// The result: rows, columns (entry behind entry), then the further axes.
    pub c: View,
    /// The sizes of the further axes.
    pub batch: Vec<usize>,
    /// The sizes of further axes that are summed over, of which there is one at most: a convolution's windows, whose rows do
    /// not lie behind each other.
    pub over: Vec<usize>,
}

/// How entries along axes become one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum FoldKind {
    Sum,
    Max,
    Min,
    ArgMax,
    ArgMin,
}

/// A reduction.
#[derive(Clone, PartialEq, Debug)]
pub struct FoldStep {
    /// To what.
    pub kind: FoldKind,
    /// What is read: the axes that stay, then those that are folded.
    pub from: View,
    /// The sizes of the axes that stay.
    pub kept: Vec<usize>,
    /// The sizes of those that are folded.
    pub folded: Vec<usize>,
    /// Where the results go, entry behind entry.
    pub to: BufferId,
}

/// What is done at positions that are values.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PickWay {
    /// Blocks are picked.
    Pick,
    /// Blocks are added where they were picked.
    AddBack,
    /// The labels are looked at: is each a position?
    Check,
}

/// Blocks of entries at labels: block `b` is block `b / each * positions + label` of the array.
#[derive(Clone, PartialEq, Debug)]
pub struct PickStep {
    /// What is done.
    pub way: PickWay,
    /// The labels, and how many.
    pub labels: (BufferId, usize),
    /// The size of the axis that they are positions of.
    pub positions: usize,
    /// Labels for one stretch of the axis.
    pub each: usize,
    /// Blocks that are picked.
    pub blocks: usize,
    /// Entries of a block.
    pub inner: usize,
    /// What they are picked from, or added to.
    pub array: BufferId,
    /// What is picked.
    pub picked: BufferId,
}

/// Entries that are put at places along an axis of an array.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Piece {
    /// What is put: the axes of the array.
    pub from: View,
    /// Where the first entry goes.
    pub start: usize,
    /// How far the places lie apart.
    pub step: usize,
    /// How many entries there are along that axis.
    pub length: usize,
    /// Are they added to what is there, for want of places of their own?
    pub adds: bool,
}

/// An array of pieces, and zeros where there is none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AssembleStep {
    /// The sizes of its axes.
    pub sizes: Vec<usize>,
    /// Along which of them pieces are put.
    pub axis: usize,
    /// What it is made of, one after the other.
    pub pieces: Vec<Piece>,
    /// Has each entry a piece?
    pub is_covered: bool,
    /// Where it goes, entry behind entry.
    pub to: BufferId,
}

impl AssembleStep {
    /// The sizes of a piece's axes.
    pub fn sizes_of(&self, piece: &Piece) -> Vec<usize> {
        let mut sizes = self.sizes.clone();
        sizes.get_mut(self.axis).into_iter().for_each(|n| *n = piece.length);
        sizes
    }
}

/// What a step of a stage does with its rows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Role {
    /// Row i of its result needs row i of what other steps of the stage compute, or rows near it.
    Carries,
    /// It takes all rows together; no other step of the stage reads that.
    Reduces,
}

/// Rows of a step of a stage.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reach {
    /// How many rows it has.
    pub rows: usize,
    /// How many rows before a block, and how many behind it, are computed with the block, since others read them with it.
    pub halo: [usize; 2],
}

/// Steps over the same rows, which may be done a block of rows after the other, or one whole step after the other.
#[derive(Clone, PartialEq, Debug)]
pub struct Stage {
    /// How many rows there are: the most that one of the steps has.
    pub rows: usize,
    /// How many of them are near together.
    pub block: usize,
    /// What is done with each block.
    pub steps: Vec<(Step, Role)>,
}

/// An operation as its row of the table computes it, for what has no steps of its own.
#[derive(Clone, PartialEq, Debug)]
pub struct CallStep {
    /// Which.
    pub operation: Operation,
    /// The arguments, entry behind entry, and their shapes.
    pub args: Vec<(BufferId, Vec<usize>)>,
    /// Where its value goes, entry behind entry.
    pub to: BufferId,
    /// The shape of the value.
    pub shape: Vec<usize>,
}

/// A program that runs once for each position of an axis and carries states.
#[derive(Clone, PartialEq, Debug)]
pub struct ScanStep {
    /// One step: its results are the new states, then what is stacked.
    pub program: Program,
    /// The symbols of the program: states, slices, captures.
    pub inputs: Vec<Id>,
    /// What the states start as, and how many entries each has.
    pub states: Vec<(BufferId, usize)>,
    /// What is walked along, and how many entries one position has.
    pub slices: Vec<(BufferId, usize)>,
    /// What all steps read, and how many entries each has.
    pub captures: Vec<(BufferId, usize)>,
    /// How many steps there are.
    pub length: usize,
    /// From the last position to the first?
    pub backward: bool,
    /// The states whose last values are wanted.
    pub last: Vec<usize>,
    /// How many entries one position of each stacked result has.
    pub stacked: Vec<usize>,
    /// Where the results go: last values, then what is stacked, one behind the other.
    pub to: BufferId,
}

impl ScanStep {
    /// The entries of all results.
    pub fn results(&self) -> usize {
        let last = self.last.iter().map(|k| self.states[*k].1).sum::<usize>();
        last + self.length * self.stacked.iter().sum::<usize>()
    }

    /// The position at which the k-th step is.
    pub fn position(&self, k: usize) -> usize {
        if self.backward { self.length - 1 - k } else { k }
    }
}

/// A part of a program.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs)]
pub enum Step {
    Lanes(Lanes),
    Product(ProductStep),
    Fold(FoldStep),
    Pick(PickStep),
    Assemble(AssembleStep),
    Stage(Stage),
    Call(CallStep),
    Scan(Box<ScanStep>),
}

/// Where a result is.
#[derive(Clone, PartialEq, Debug)]
pub struct Output {
    /// Its shape.
    pub shape: Vec<usize>,
    /// The array that holds it, entry behind entry.
    pub buffer: BufferId,
}

/// What is computed once more, since it is not held for want of room.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recomputed {
    /// Arrays, each with the one that holds the same before.
    pub arrays: Vec<(BufferId, BufferId)>,
    /// The entries that the arena would have otherwise.
    pub room: usize,
}

/// What is to be done, one step after the other.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Program {
    /// All arrays.
    pub buffers: Vec<Buffer>,
    /// How many entries each has.
    pub entries: Vec<usize>,
    /// The node of the graph whose value each holds, where there is one.
    pub nodes: Vec<Option<Id>>,
    /// The symbols whose values are read, with their shapes.
    pub inputs: Vec<(Id, Vec<usize>)>,
    /// The steps.
    pub steps: Vec<Step>,
    /// Where each result is.
    pub results: Vec<Output>,
    /// Entries of the arena.
    pub arena: usize,
    /// What is computed once more, if anything is.
    pub recomputed: Option<Recomputed>,
}

impl Step {
    /// The arrays that it reads.
    pub fn reads(&self) -> Vec<BufferId> {
        match self {
            Step::Lanes(l) => {
                let array = |s: &Source| if let Source::Array(view) = s { Some(view.buffer) } else { None };
                l.sources.iter().filter_map(array).collect()
            }
            Step::Product(p) => vec![p.a.buffer, p.b.buffer],
            Step::Fold(f) => vec![f.from.buffer],
            Step::Pick(p) => match p.way {
                PickWay::Pick => vec![p.labels.0, p.array],
                PickWay::AddBack => vec![p.labels.0, p.picked],
                PickWay::Check => vec![p.labels.0],
            },
            Step::Assemble(a) => a.pieces.iter().map(|piece| piece.from.buffer).collect(),
            Step::Stage(stage) => stage.steps.iter().flat_map(|(step, _)| step.reads()).collect(),
            Step::Call(call) => call.args.iter().map(|(b, _)| *b).collect(),
            Step::Scan(scan) => {
                let all = scan.states.iter().chain(&scan.slices).chain(&scan.captures);
                all.map(|(b, _)| *b).collect()
            }
        }
    }

    /// The arrays that it writes.
    pub fn writes(&self) -> Vec<BufferId> {
        match self {
            Step::Lanes(l) => l.stores.iter().map(|(_, b)| *b).collect(),
            Step::Product(p) => vec![p.c.buffer],
            Step::Fold(f) => vec![f.to],
            Step::Pick(p) => match p.way {
                PickWay::Pick => vec![p.picked],
                PickWay::AddBack => vec![p.array],
                PickWay::Check => vec![],
            },
            Step::Assemble(a) => vec![a.to],
            Step::Stage(stage) => stage.steps.iter().flat_map(|(step, _)| step.writes()).collect(),
            Step::Call(call) => vec![call.to],
            Step::Scan(scan) => vec![scan.to],
        }
    }

    /// The steps that it is made of: those of a stage, or itself.
    pub fn parts(&self) -> Vec<&Step> {
        match self {
            Step::Stage(stage) => stage.steps.iter().map(|(step, _)| step).collect(),
            step => vec![step],
        }
    }
}

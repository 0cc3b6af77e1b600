//! Loops over entries: a tape of instructions that runs over blocks of registers, each register a piece of every array.

use crate::element::Element;
use crate::functions::Arithmetic;
use crate::level::{Level, at_level};
use crate::memory::{Memory, Place, apart, reach};

/// The most registers of a loop, sources included.
pub const MAX_REGISTERS: usize = 96;

/// What an instruction does with its arguments `a`, `b` and `c`. Truth values are 1 and 0.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum Op {
    Copy,
    Neg,
    Abs,
    Sqrt,
    Exp,
    Expm1,
    Log,
    Log1p,
    Sin,
    Cos,
    Tanh,
    Sigmoid,
    Softplus,
    Relu,
    /// 0 for what is too small to be a normal number: arithmetic with such takes a hundred times as long.
    Flush,
    Add,
    Sub,
    Mul,
    Div,
    /// Not a number if either is.
    Max,
    /// Not a number if either is.
    Min,
    Less,
    LessEqual,
    Equal,
    /// `a*b + c`, rounded once where there is an instruction for it.
    MulAdd,
    /// `b` where `a` is not 0, else `c`; not a number where `a` is none.
    Select,
    /// A function of the caller's, by number, entry by entry.
    Call(u32),
}

impl Op {
    /// How many arguments it has.
    pub fn arity(self) -> usize {
        match self {
            Op::Add | Op::Sub | Op::Mul | Op::Div | Op::Max | Op::Min | Op::Less | Op::LessEqual | Op::Equal => 2,
            Op::MulAdd | Op::Select | Op::Call(_) => 3,
            _ => 1,
        }
    }
}

/// One step of a tape; the register that it writes is none that it reads.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Instruction {
    /// What is done.
    pub op: Op,
    /// Where the result goes.
    pub to: u16,
    /// The arguments; those beyond the arity are not looked at.
    pub args: [u16; 3],
}

/// What a register holds before the tape runs.
#[derive(Clone, PartialEq, Debug)]
pub enum Source<T> {
    /// An array, with a stride for each axis of the loop.
    Array {
        /// Its entry at the loop's first position.
        from: Place,
        /// 0 where it is the same all along an axis.
        strides: Vec<usize>,
    },
    /// The position along an axis of the loop.
    Position(usize),
    /// A number.
    Constant(T),
}

/// The functions behind [`Op::Call`].
pub type Call<T> = fn(u32, [T; 3]) -> T;

/// A loop over all positions of some axes, the last one fastest.
#[derive(Clone, Debug)]
pub struct Loop<T> {
    /// The sizes of the axes.
    pub sizes: Vec<usize>,
    /// Registers 0, 1, … before the tape runs.
    pub sources: Vec<Source<T>>,
    /// What is done at each position.
    pub tape: Vec<Instruction>,
    /// Registers whose values are kept, entry behind entry, and where.
    pub stores: Vec<(u16, Place)>,
    /// How many registers there are.
    pub registers: usize,
    /// Where their entries lie, [`Loop::scratch`] of them.
    pub scratch: Place,
    /// What [`Op::Call`] calls.
    pub call: Call<T>,
}

/// The entries of a register: enough that an instruction's own cost is small, few enough that all stay in the first
/// cache.
fn block(registers: usize, bytes: usize, total: usize) -> usize {
    const CACHE: usize = 24 << 10;
    let fit = CACHE / bytes / registers.max(1) / 64 * 64;
    fit.clamp(64, 1024).min(total.next_multiple_of(16).max(16))
}

impl<T: Element> Loop<T> {
    /// The number of positions.
    pub fn positions(&self) -> usize {
        self.sizes.iter().product()
    }

    /// The entries of scratch memory that so many registers take.
    pub fn scratch(registers: usize, positions: usize) -> usize {
        registers * block(registers, T::BYTES, positions)
    }

    /// Puts axes together that all arrays walk as one, and drops those of one position.
    pub fn collapse(&mut self) {
        let axes = self.sizes.len();
        let positions: Vec<usize> =
            self.sources.iter().filter_map(|s| if let Source::Position(a) = s { Some(*a) } else { None }).collect();
        let single = |k: usize| positions.contains(&k);
        let mut kept: Vec<usize> = Vec::new();
        let mut sizes: Vec<usize> = Vec::new();
        for k in (0..axes).rev() {
            if self.sizes[k] == 1 && !single(k) {
                continue;
            }
            // The axis before that was kept last lies within this one, for every array.
            let joins = kept.last().is_some_and(|&inner| {
                !single(k) && !single(inner) && {
                    let within = sizes[sizes.len() - 1];
                    self.sources.iter().all(|s| match s {
                        Source::Array { strides, .. } => strides[k] == strides[inner] * within,
                        _ => true,
                    })
                }
            });
            if joins {
                let last = sizes.len() - 1;
                sizes[last] *= self.sizes[k];
            } else {
                kept.push(k);
                sizes.push(self.sizes[k]);
            }
        }
        kept.reverse();
        sizes.reverse();
        for source in &mut self.sources {
            match source {
                Source::Array { strides, .. } => *strides = kept.iter().map(|k| strides[*k]).collect(),
                Source::Position(axis) => *axis = kept.iter().position(|k| k == axis).unwrap_or(0),
                Source::Constant(_) => {}
            }
        }
        self.sizes = sizes;
    }

    /// Runs it.
    ///
    /// # Panics
    /// If it doesn't fit the memory or itself: the plan is wrong.
    pub fn run(&self, level: Level, memory: &mut Memory<'_, T>) {
        T::run_loop(self, level, memory);
    }

    pub(crate) fn run_here(&self, level: Level, memory: &mut Memory<'_, T>) {
        let total = self.positions();
        if total == 0 {
            return;
        }
        self.check();
        let mut slots = [std::ptr::null_mut::<T>(); MAX_REGISTERS];
        let mut kinds = [Kind::Scratch; MAX_REGISTERS];
        let block = block(self.registers, T::BYTES, total);
        let scratch = memory.write(self.scratch, self.registers * block);
        for (r, slot) in slots[..self.registers].iter_mut().enumerate() {
            // SAFETY: within the registers, which have just been looked up.
            *slot = unsafe { scratch.add(r * block) };
        }
        for (r, source) in self.sources.iter().enumerate() {
            if let Source::Array { from, strides } = source {
                let entries = reach(&self.axes(strides));
                assert!(apart(*from, entries, self.scratch, self.registers * block), "a source lies in the registers");
                let start = memory.read(*from, entries);
                kinds[r] = Kind::of(&self.sizes, strides, start);
            }
        }
        let mut stores = [std::ptr::null_mut::<T>(); MAX_REGISTERS];
        for (k, (_, to)) in self.stores.iter().enumerate() {
            assert!(apart(*to, total, self.scratch, self.registers * block), "a result lies in the registers");
            self.check_store(*to, total);
            stores[k] = memory.write(*to, total);
        }
        let run = &Run { own: self, slots, kinds, stores, block, total };
        // SAFETY: the level is one that the machine has; all that is pointed at has been looked up above.
        unsafe { at_level!(level, blocks::<T>(run: &Run<'_, T>)) }
    }

    fn axes(&self, strides: &[usize]) -> Vec<(usize, usize)> {
        self.sizes.iter().copied().zip(strides.iter().copied()).collect()
    }

    /// Registers are within their number, and no instruction writes what it reads.
    fn check(&self) {
        let registers = self.registers;
        assert!(registers <= MAX_REGISTERS && self.sources.len() <= registers && self.stores.len() <= MAX_REGISTERS);
        for step in &self.tape {
            let args = &step.args[..step.op.arity()];
            let inside = |r: u16| usize::from(r) < registers;
            assert!(inside(step.to) && args.iter().all(|a| inside(*a) && *a != step.to), "{step:?} is no instruction");
            assert!(usize::from(step.to) >= self.sources.len(), "{step:?} writes a source");
        }
        assert!(self.stores.iter().all(|(r, _)| usize::from(*r) < registers), "a result is in no register");
        assert!(self.sources.iter().all(|s| match s {
            Source::Array { strides, .. } => strides.len() == self.sizes.len(),
            Source::Position(axis) => *axis < self.sizes.len(),
            Source::Constant(_) => true,
        }));
    }

    /// What is written is read at the same position only, or not at all, and not written twice.
    fn check_store(&self, to: Place, total: usize) {
        for source in &self.sources {
            if let Source::Array { from, strides } = source {
                let entries = reach(&self.axes(strides));
                let same = *from == to && is_whole(&self.sizes, strides);
                assert!(same || apart(*from, entries, to, total), "a loop writes what it reads elsewhere");
            }
        }
        let twice = self.stores.iter().filter(|(_, other)| !apart(*other, total, to, total)).count();
        assert!(twice == 1, "a loop writes twice to one place");
    }
}

/// Are these the strides of an array that lies entry behind entry?
fn is_whole(sizes: &[usize], strides: &[usize]) -> bool {
    let mut step = 1;
    sizes.iter().zip(strides).rev().all(|(size, stride)| {
        let fits = *size == 1 || *stride == step;
        step *= size;
        fits
    })
}

#[derive(Clone, Copy)]
enum Kind<T> {
    /// A register, filled once or by the tape.
    Scratch,
    /// Read where it lies.
    Whole(*const T),
    /// One number, put into the register before the first block.
    Single(*const T),
    /// Brought into the register block by block.
    Walked(*const T),
}

impl<T> Kind<T> {
    fn of(sizes: &[usize], strides: &[usize], start: *const T) -> Kind<T> {
        if sizes.iter().zip(strides).all(|(size, stride)| *stride == 0 || *size == 1) {
            Kind::Single(start)
        } else if is_whole(sizes, strides) {
            Kind::Whole(start)
        } else {
            Kind::Walked(start)
        }
    }
}

struct Run<'a, T> {
    own: &'a Loop<T>,
    slots: [*mut T; MAX_REGISTERS],
    kinds: [Kind<T>; MAX_REGISTERS],
    stores: [*mut T; MAX_REGISTERS],
    block: usize,
    total: usize,
}

/// # Safety
/// The machine has the instructions of `A`'s level, and all pointers are those of [`Loop::run`].
#[inline(always)]
unsafe fn blocks<T: Element, A: Arithmetic>(run: &Run<'_, T>) {
    let mut slots = run.slots;
    // SAFETY: registers hold a block each.
    unsafe { fill_once::<T>(run) };
    let mut at = 0;
    while at < run.total {
        let n = run.block.min(run.total - at);
        for (r, source) in run.own.sources.iter().enumerate() {
            match (run.kinds[r], source) {
                // SAFETY: `at` lies before the end.
                (Kind::Whole(start), _) => slots[r] = unsafe { start.add(at) }.cast_mut(),
                (Kind::Walked(start), Source::Array { strides, .. }) => {
                    // SAFETY: the array reaches to the last position, the register over a block.
                    unsafe { walk(&run.own.sizes, strides, start, at, slots[r], n) }
                }
                // SAFETY: the register holds a block.
                (_, Source::Position(axis)) => unsafe { count(&run.own.sizes, *axis, at, slots[r], n) },
                _ => {}
            }
        }
        for step in &run.own.tape {
            // SAFETY: registers and arrays hold `n` entries from here on; the register written is none that is read.
            unsafe { perform::<T, A>(step, &slots, n, run.own.call) }
        }
        for (k, (register, _)) in run.own.stores.iter().enumerate() {
            // SAFETY: as above. What is written may be the array that is read, at the same positions: `copy` allows that.
            unsafe { std::ptr::copy(slots[usize::from(*register)].cast_const(), run.stores[k].add(at), n) }
        }
        at += n;
    }
}

/// # Safety
/// As [`blocks`].
#[inline(always)]
unsafe fn fill_once<T: Element>(run: &Run<'_, T>) {
    for (r, source) in run.own.sources.iter().enumerate() {
        let value = match (run.kinds[r], source) {
            (_, Source::Constant(c)) => *c,
            // SAFETY: it has an entry.
            (Kind::Single(start), _) => unsafe { *start },
            _ => continue,
        };
        // SAFETY: the register holds a block.
        unsafe { std::slice::from_raw_parts_mut(run.slots[r], run.block) }.fill(value);
    }
}

/// The entries of an array at `n` positions from `at` on.
///
/// # Safety
/// The array reaches over all positions, `to` over `n` entries.
#[inline(always)]
unsafe fn walk<T: Element>(sizes: &[usize], strides: &[usize], start: *const T, mut at: usize, to: *mut T, n: usize) {
    let Some((&inner, outer)) = sizes.split_last() else { return };
    let step = strides[outer.len()];
    let mut done = 0;
    while done < n {
        let (mut row, column) = (at / inner, at % inner);
        let mut from = column * step;
        for (size, stride) in outer.iter().zip(strides).rev() {
            from += row % size * stride;
            row /= size;
        }
        let length = (inner - column).min(n - done);
        // SAFETY: `from` and the entries behind it are at positions of the loop, `done + length` is at most `n`.
        unsafe {
            let (from, to) = (start.add(from), to.add(done));
            match step {
                0 => std::slice::from_raw_parts_mut(to, length).fill(*from),
                1 => std::ptr::copy_nonoverlapping(from, to, length),
                _ => (0..length).for_each(|k| *to.add(k) = *from.add(k * step)),
            }
        }
        done += length;
        at += length;
    }
}

/// Positions along an axis.
///
/// # Safety
/// `to` reaches over `n` entries.
#[inline(always)]
unsafe fn count<T: Element>(sizes: &[usize], axis: usize, at: usize, to: *mut T, n: usize) {
    let within: usize = sizes[axis + 1..].iter().product();
    for k in 0..n {
        let position = (at + k) / within % sizes[axis];
        // SAFETY: k < n.
        unsafe { *to.add(k) = T::from_f64(position as f64) }
    }
}

/// One instruction over a block.
///
/// # Safety
/// Registers hold `n` entries, and that which is written is none of those that are read.
#[inline(always)]
unsafe fn perform<T: Element, A: Arithmetic>(
    step: &Instruction,
    slots: &[*mut T; MAX_REGISTERS],
    n: usize,
    call: Call<T>,
) {
    // SAFETY: as above.
    let to = unsafe { std::slice::from_raw_parts_mut(slots[usize::from(step.to)], n) };
    // SAFETY: as above; the registers that are read are not written meanwhile.
    let arg = |k: usize| unsafe { std::slice::from_raw_parts(slots[usize::from(step.args[k])].cast_const(), n) };
    macro_rules! one {
        ($a:ident => $value:expr) => {{
            let x = arg(0);
            for k in 0..n {
                let $a = x[k];
                to[k] = $value;
            }
        }};
    }
    macro_rules! two {
        ($a:ident, $b:ident => $value:expr) => {{
            let (x, y) = (arg(0), arg(1));
            for k in 0..n {
                let ($a, $b) = (x[k], y[k]);
                to[k] = $value;
            }
        }};
    }
    macro_rules! three {
        ($a:ident, $b:ident, $c:ident => $value:expr) => {{
            let (x, y, z) = (arg(0), arg(1), arg(2));
            for k in 0..n {
                let ($a, $b, $c) = (x[k], y[k], z[k]);
                to[k] = $value;
            }
        }};
    }
    let truth = |t: bool| if t { T::ONE } else { T::ZERO };
    match step.op {
        Op::Copy => to.copy_from_slice(arg(0)),
        Op::Neg => one!(a => -a),
        Op::Abs => one!(a => a.magnitude()),
        Op::Sqrt => one!(a => a.root()),
        Op::Exp => one!(a => a.exp::<A>()),
        Op::Expm1 => one!(a => a.expm1::<A>()),
        Op::Log => one!(a => a.log::<A>()),
        Op::Log1p => one!(a => a.log1p::<A>()),
        Op::Tanh => one!(a => a.tanh::<A>()),
        Op::Sigmoid => one!(a => a.sigmoid::<A>()),
        Op::Softplus => one!(a => a.softplus::<A>()),
        Op::Relu => one!(a => larger(a, T::ZERO)),
        Op::Flush => one!(a => if a.magnitude() < T::SMALLEST { T::ZERO } else { a }),
        Op::Sin if is_small(arg(0)) => one!(a => a.sin::<A>()),
        Op::Cos if is_small(arg(0)) => one!(a => a.cos::<A>()),
        Op::Sin => one!(a => T::from_f64(a.to_f64().sin())),
        Op::Cos => one!(a => T::from_f64(a.to_f64().cos())),
        Op::Add => two!(a, b => a + b),
        Op::Sub => two!(a, b => a - b),
        Op::Mul => two!(a, b => a * b),
        Op::Div => two!(a, b => a / b),
        Op::Max => two!(a, b => larger(a, b)),
        Op::Min => two!(a, b => -larger(-a, -b)),
        Op::Less => two!(a, b => truth(a < b)),
        Op::LessEqual => two!(a, b => truth(a <= b)),
        Op::Equal => two!(a, b => truth(a == b)),
        Op::MulAdd => three!(a, b, c => a.fused::<A>(b, c)),
        Op::Select => three!(a, b, c => {
            let chosen = if a == T::ZERO { c } else { b };
            if a.is_none() { a } else { chosen }
        }),
        Op::Call(which) => three!(a, b, c => call(which, [a, b, c])),
    }
}

/// Not a number if either is.
#[inline(always)]
pub(crate) fn larger<T: Element>(a: T, b: T) -> T {
    let chosen = if a > b { a } else { b };
    if a.is_none() { a } else { chosen }
}

/// Are all angles such as lane code turns?
#[inline(always)]
fn is_small<T: Element>(angles: &[T]) -> bool {
    angles.iter().fold(true, |small, a| small & (a.magnitude() <= T::MAX_ANGLE))
}

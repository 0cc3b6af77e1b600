//! Short kernels fused into one: where each works on a handful of entries, starting it takes longer than its work.
//!
//! All that can be decided is so when they are fused: what is left is a list of steps, each with its operands as an array
//! and a place in it, that is gone through once. Entries are computed in stretches of the same length at every level, the
//! last one of an array by way of whole ones where what lies behind it is somebody else's.

use std::mem::MaybeUninit;

use crate::element::Element;
use crate::fold::{Fold, FoldKind, fold_row};
use crate::functions::{Arithmetic, Hardware, Plain};
use crate::level::{Kind, Level};
use crate::loops::{
    Call, Loop, MAX_ARGUMENTS, Op, STRETCH, Source, Way, entrywise, flushed, is_small, larger, selected, truth, walk,
};
use crate::memory::{Memory, Place, apart, reach};
use crate::product::Product;
use crate::vector::{Vector, Vectors};

/// A kernel that may be one of several.
#[derive(Clone, Debug)]
pub enum Part<T> {
    /// A loop without folds.
    Loop(Loop<T>),
    /// A product of matrices.
    Product(Product),
    /// A reduction.
    Fold(Fold),
}

/// Positions of a loop that is short, and entries of a matrix or of what is folded.
const SHORT: usize = 256;
/// Entries of all of its registers.
const REGISTERS: usize = 6144;
/// Multiplications of a product that is short.
const MULTIPLICATIONS: usize = 2048;

impl<T: Element> Part<T> {
    /// Is it so short that it is better fused with those beside it? This depends on nothing but itself, so that it is computed in
    /// the same way whatever stands beside it.
    pub fn is_short(&self) -> bool {
        match self {
            Part::Loop(l) => {
                let positions = l.positions();
                let padded = positions.next_multiple_of(STRETCH);
                l.folds.is_empty() && positions <= SHORT && padded * l.registers <= REGISTERS
            }
            Part::Product(p) => {
                let all = [p.m, p.n, p.k, p.over.0, p.products()].into_iter().fold(1, usize::saturating_mul);
                let matrices = [(p.m, p.n), (p.m, p.k), (p.k, p.n)];
                let is_small = |(rows, columns): (usize, usize)| rows.saturating_mul(columns) <= SHORT;
                !p.add && all <= MULTIPLICATIONS && matrices.into_iter().all(is_small)
            }
            Part::Fold(f) => {
                let (entries, results) = f.entries();
                entries.max(results) <= SHORT
            }
        }
    }
}

/// An entry: which of the arrays that are touched, and where in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct At {
    base: u8,
    at: u32,
}

/// The arrays that are touched, at most; the first is that of known numbers, the second is scratch memory.
const BASES: usize = 256;
const KNOWN: At = At { base: 0, at: 0 };
const SCRATCH: At = At { base: 1, at: 0 };

impl At {
    fn plus(self, entries: usize) -> At {
        At { at: self.at + entries as u32, ..self }
    }
}

/// An instruction over so many entries.
#[derive(Clone, Debug)]
struct Entries {
    op: Op,
    to: At,
    args: [At; MAX_ARGUMENTS],
    /// By bits, which arguments are one number: the first entry of a stretch that is full of it, or alone where the
    /// operation reads no other one.
    numbers: u8,
    arity: u8,
    /// Whole stretches, and entries beyond.
    full: u16,
    tail: u8,
}

/// Entries that are brought together from where they lie: so many rows, how far apart they are, and the same of the
/// entries of a row.
#[derive(Clone, Debug)]
struct Walk {
    from: At,
    to: At,
    outer: (usize, usize),
    inner: (usize, usize),
}

#[derive(Clone, Debug)]
enum Step {
    Entries(Entries),
    Walk(Walk),
    /// The columns of a matrix of so many rows and of few columns.
    Columns(At, At, usize, usize),
    /// Along any axes.
    Gather(Box<(Vec<usize>, Vec<usize>)>, At, At, usize),
    /// Rows that lie entry behind entry: how long they are, how many, how far apart.
    Rows(FoldKind, At, At, [usize; 3]),
    Fold(Box<Fold>, At, At),
    /// By products of rows, or by rows.
    Product(Box<Product>, bool, [At; 4]),
}

/// An array that was brought together: where it lies in scratch memory.
#[derive(Clone, Debug)]
struct Known {
    from: Place,
    axes: Vec<(usize, usize)>,
    entries: usize,
    at: At,
}

/// What an array is touched by: which it is, entries from its first one on, and whether it is written.
#[derive(Clone, Copy, Debug)]
struct Touched {
    span: u32,
    entries: usize,
    written: bool,
}

/// Several short kernels, one after the other.
#[derive(Clone, Debug)]
pub struct Fused<T> {
    steps: Vec<Step>,
    /// A stretch of each known number, and positions.
    known: Vec<T>,
    touched: Vec<Touched>,
    scratch: usize,
    call: Call<T>,
}

impl<T: Element> Fused<T> {
    /// Fuses kernels, in as few as can touch all that they do. Arrays in `arena`, if one is named, begin at multiples of 16
    /// entries, and no other one begins before the next multiple behind their end.
    ///
    /// # Panics
    /// If one doesn't fit itself or is not short: the plan is wrong.
    pub fn new(parts: Vec<Part<T>>, arena: Option<u32>) -> Vec<Fused<T>> {
        let (mut done, mut own) = (Vec::new(), Fusing::new(arena));
        for part in parts {
            assert!(part.is_short(), "a kernel is too long to be fused");
            // Sources and results of a loop, each of its own array.
            if own.fused.touched.len() + 2 * crate::loops::MAX_REGISTERS + 2 > BASES {
                done.push(std::mem::replace(&mut own, Fusing::new(arena)).fused);
            }
            match part {
                Part::Loop(body) => own.body(body),
                Part::Product(product) => own.product(product),
                Part::Fold(fold) => own.fold(fold),
            }
        }
        done.push(own.fused);
        done
    }

    /// The entries of a thread's scratch memory that it needs.
    pub(crate) fn scratch(&self) -> usize {
        self.scratch
    }

    /// Runs it.
    ///
    /// # Panics
    /// If it doesn't fit the memory: the plan is wrong.
    pub fn run(&self, level: Level, memory: &mut Memory<'_, T>) {
        T::run_fused(self, level, memory);
    }

    pub(crate) fn run_here(&self, level: Level, memory: &mut Memory<'_, T>) {
        let mut bases: Bases<T> = [const { MaybeUninit::uninit() }; BASES];
        bases[usize::from(KNOWN.base)].write(self.known.as_ptr().cast_mut());
        bases[usize::from(SCRATCH.base)].write(memory.write(Place::SCRATCH, self.scratch));
        for (base, touched) in bases[2..].iter_mut().zip(&self.touched) {
            let place = Place { span: touched.span, at: 0 };
            base.write(match touched.written {
                true => memory.write(place, touched.entries),
                false => memory.read(place, touched.entries).cast_mut(),
            });
        }
        // SAFETY: the level is one that the machine has; all that steps touch has been looked up, and known numbers are not
        // written.
        unsafe {
            match level.0 {
                Kind::Portable => steps::<T, Plain, <T as Vectors>::Portable>(self, level, &bases),
                #[cfg(target_arch = "x86_64")]
                Kind::Avx2 => avx2(self, level, &bases),
                #[cfg(target_arch = "x86_64")]
                Kind::Avx512 => avx512(self, level, &bases),
            }
        }
    }
}

/// Kernels that are being fused.
struct Fusing<T> {
    fused: Fused<T>,
    arena: Option<u32>,
    /// What was brought together and is still so.
    brought: Vec<Known>,
    /// What is held of scratch memory.
    held: usize,
}

impl<T: Element> Fusing<T> {
    fn new(arena: Option<u32>) -> Fusing<T> {
        let none = |_: u32, _: [T; 3]| T::ZERO;
        let fused = Fused { steps: Vec::new(), known: Vec::new(), touched: Vec::new(), scratch: 0, call: none };
        Fusing { fused, arena, brought: Vec::new(), held: 0 }
    }

    /// May what lies between the end of an array that begins here and the next whole stretch be read and written?
    fn is_padded(&self, place: Place) -> bool {
        Some(place.span) == self.arena && place.at.is_multiple_of(STRETCH)
    }

    /// So many entries are touched from here on.
    fn touch(&mut self, place: Place, entries: usize, written: bool) -> At {
        let entries = if self.is_padded(place) { entries.next_multiple_of(STRETCH) } else { entries };
        let end = if entries == 0 { 0 } else { place.at + entries };
        let known = self.fused.touched.iter().position(|t| t.span == place.span);
        let k = known.unwrap_or_else(|| {
            self.fused.touched.push(Touched { span: place.span, entries: 0, written: false });
            self.fused.touched.len() - 1
        });
        let touched = &mut self.fused.touched[k];
        (touched.entries, touched.written) = (touched.entries.max(end), touched.written || written);
        At { base: (k + 2) as u8, at: u32::try_from(place.at).expect("a short array lies in a far place") }
    }

    fn write(&mut self, place: Place, entries: usize) -> At {
        self.brought.retain(|known| apart(known.from, known.entries, place, entries));
        self.touch(place, entries, true)
    }

    /// Room of its own for entries, until all is done.
    fn hold(&mut self, entries: usize) -> At {
        let at = SCRATCH.plus(self.held);
        // A row that is one number is written in whole stretches, which may end beyond it.
        self.held += entries.next_multiple_of(STRETCH) + STRETCH;
        self.fused.scratch = self.fused.scratch.max(self.held);
        at
    }

    /// A number as a stretch of it.
    fn number(&mut self, x: T) -> At {
        let same = |part: &[T]| part.iter().all(|y| y.to_f64().to_bits() == x.to_f64().to_bits());
        let known = self.fused.known.chunks(STRETCH).position(same);
        let k = known.unwrap_or(self.fused.known.len() / STRETCH);
        if known.is_none() {
            self.fused.known.extend([x; STRETCH]);
        }
        KNOWN.plus(k * STRETCH)
    }

    /// Positions along an axis.
    fn positions(&mut self, sizes: &[usize], axis: usize) -> At {
        let at = KNOWN.plus(self.fused.known.len());
        let total: usize = sizes.iter().product();
        let within: usize = sizes[axis + 1..].iter().product();
        let all = (0..total.next_multiple_of(STRETCH)).map(|k| T::from_f64((k / within % sizes[axis]) as f64));
        self.fused.known.extend(all);
        at
    }

    /// Entries along axes, entry behind entry.
    fn bring(&mut self, from: Place, axes: &[(usize, usize)]) -> At {
        let same = |known: &&Known| known.from == from && known.axes == axes;
        if let Some(known) = self.brought.iter().find(same) {
            return known.at;
        }
        let (entries, total) = (reach(axes.iter().copied()), axes.iter().map(|(size, _)| size).product());
        let source = self.touch(from, entries, false);
        let to = self.hold(total);
        self.fused.steps.push(match *axes {
            [(width @ 2..=4, 1), (rows, stride)] if stride == width => Step::Columns(source, to, width, rows),
            [outer, inner] => Step::Walk(Walk { from: source, to, outer, inner }),
            [inner] => Step::Walk(Walk { from: source, to, outer: (1, 0), inner }),
            _ => {
                let axes = axes.iter().copied().unzip();
                Step::Gather(Box::new(axes), source, to, total)
            }
        });
        self.brought.push(Known { from, axes: axes.to_vec(), entries, at: to });
        to
    }

    fn body(&mut self, mut body: Loop<T>) {
        body.collapse();
        body.check();
        let total = body.positions();
        if total == 0 {
            return;
        }
        let ways: Vec<Way> = body.sources.iter().map(|s| body.way(s)).collect();
        body.check_apart(&body.reaches(None), None);
        body.specialise(&ways);
        self.fused.call = body.call;
        let mut registers: Vec<Operand> = Vec::with_capacity(body.registers);
        for (source, way) in body.sources.iter().zip(&ways) {
            registers.push(match (source, way) {
                (Source::Constant(c), _) => Operand { at: self.number(*c), is_padded: true, kind: Held::Number },
                (Source::Position(axis), _) => {
                    Operand { at: self.positions(&body.sizes, *axis), is_padded: true, kind: Held::Array }
                }
                (Source::Array { from, .. }, Way::Single) => {
                    let kind = if total == 1 { Held::Array } else { Held::Entry(*from) };
                    Operand { at: self.touch(*from, 1, false), is_padded: self.is_padded(*from), kind }
                }
                (Source::Array { from, .. }, Way::Whole) => {
                    let at = self.touch(*from, total, false);
                    Operand { at, is_padded: self.is_padded(*from), kind: Held::Array }
                }
                (Source::Array { from, strides }, _) => {
                    let axes: Vec<(usize, usize)> = body.sizes.iter().copied().zip(strides.iter().copied()).collect();
                    Operand { at: self.bring(*from, &axes), is_padded: true, kind: Held::Array }
                }
            });
        }
        // One number beside arrays is a stretch of it where an operation reads it as an array.
        let read = body.tape.iter().flat_map(|step| {
            let args = step.args[..step.op.arity()].iter().enumerate();
            args.filter(|(k, _)| !step.op.numbers().contains(k)).map(|(_, a)| *a)
        });
        for a in read.chain(body.stores.iter().map(|(register, _)| *register)) {
            if let Some(Operand { kind: Held::Entry(from), .. }) = registers.get(usize::from(a)).copied() {
                let at = self.bring(from, &[(STRETCH, 0)]);
                registers[usize::from(a)] = Operand { at, is_padded: true, kind: Held::Number };
            }
        }
        let padded = total.next_multiple_of(STRETCH);
        let sources = body.sources.len();
        for k in 0..body.registers - sources {
            registers.push(Operand { at: SCRATCH.plus(self.held + k * padded), is_padded: true, kind: Held::Array });
        }
        let end = self.held + (body.registers - sources) * padded;
        self.fused.scratch = self.fused.scratch.max(end);
        let mut late = Vec::new();
        for (k, (register, place)) in body.stores.iter().enumerate() {
            let own = usize::from(*register);
            let to = Operand { at: self.write(*place, total), is_padded: self.is_padded(*place), kind: Held::Array };
            // The array is written where the tape writes the register; it is the register from then on.
            if own >= sources && body.is_direct(k) {
                registers[own] = to;
            } else {
                late.push((own, to));
            }
        }
        for step in &body.tape {
            let args = step.args[..step.op.arity()].iter().map(|a| registers[usize::from(*a)]).collect::<Vec<_>>();
            self.entries(step.op, registers[usize::from(step.to)], &args, total);
        }
        for (own, to) in late {
            self.entries(Op::Copy, to, &[registers[own]], total);
        }
    }

    fn entries(&mut self, op: Op, to: Operand, args: &[Operand], total: usize) {
        let arrays = args.iter().filter(|a| a.kind == Held::Array);
        // Where a function is not the same for all of a stretch, nobody else's entries may count.
        let is_exact = matches!(op, Op::Call(_) | Op::Sin | Op::Cos);
        let is_padded = !is_exact && to.is_padded && arrays.into_iter().all(|a| a.is_padded);
        let (full, tail) = match is_padded {
            true => (total.div_ceil(STRETCH), 0),
            false => (total / STRETCH, total % STRETCH),
        };
        let numbers = args.iter().enumerate().filter(|(_, a)| a.kind != Held::Array).fold(0, |n, (k, _)| n | 1 << k);
        let at = |k: usize| args.get(k).map_or(KNOWN, |a| a.at);
        self.fused.steps.push(Step::Entries(Entries {
            op,
            to: to.at,
            args: std::array::from_fn(at),
            numbers,
            arity: args.len() as u8,
            full: full as u16,
            tail: tail as u8,
        }));
    }

    fn product(&mut self, mut own: Product) {
        own.check();
        own = own.turned().unwrap_or(own);
        let [a, b, c] = own.reaches();
        if own.products() == 0 {
            return;
        }
        let is_plain = own.batch.is_empty() && own.over.0 == 1;
        let few = own.m * own.n <= STRETCH && own.k >= STRETCH && own.n < STRETCH;
        let (mut places, mut dots) = ([None; 2], own.is_dot());
        if is_plain && !dots && few {
            // Few results of many terms: as products of rows.
            if own.a.1[1] != 1 {
                places[0] = Some(self.bring(own.a.0, &[(own.m, own.a.1[0]), (own.k, own.a.1[1])]));
                own.a.1 = [own.k, 1];
            }
            if own.b.1[0] != 1 {
                places[1] = Some(self.bring(own.b.0, &[(own.n, own.b.1[1]), (own.k, own.b.1[0])]));
                own.b.1 = [1, own.k];
            }
            dots = true;
        } else if is_plain && own.copies_b() {
            places[1] = Some(self.bring(own.b.0, &[(own.k, own.b.1[0]), (own.n, own.b.1[1])]));
            own.b.1 = [own.n, 1];
        }
        let from = places[0].unwrap_or_else(|| self.touch(own.a.0, a, false));
        let with = places[1].unwrap_or_else(|| self.touch(own.b.0, b, false));
        let to = self.write(own.c, c);
        let copy = SCRATCH.plus(self.held);
        self.fused.scratch = self.fused.scratch.max(self.held + own.scratch());
        self.fused.steps.push(Step::Product(Box::new(own), dots, [from, with, to, copy]));
    }

    fn fold(&mut self, mut fold: Fold) {
        fold.collapse();
        let (entries, results) = fold.entries();
        assert!(fold.is_apart(), "a reduction writes what it reads");
        let reached = if entries == 0 { 0 } else { reach(fold.kept.iter().chain(&fold.folded).copied()) };
        let (from, to) = (self.touch(fold.from, reached, false), self.write(fold.to, results));
        let rows = match (&fold.kept[..], &fold.folded[..]) {
            ([], &[(n, 1)]) => Some([n, 1, 0]),
            (&[(count, step)], &[(n, 1)]) => Some([n, count, step]),
            _ => None,
        };
        self.fused.steps.push(match rows.filter(|[n, ..]| *n > 0) {
            Some(rows) => Step::Rows(fold.kind, from, to, rows),
            None => Step::Fold(Box::new(fold), from, to),
        });
    }
}

/// What a register of a loop is.
#[derive(Clone, Copy, Debug)]
struct Operand {
    at: At,
    /// May whole stretches be touched?
    is_padded: bool,
    kind: Held,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Held {
    Array,
    /// A stretch of one number.
    Number,
    /// One number, alone at a place.
    Entry(Place),
}

type Bases<T> = [MaybeUninit<*mut T>; BASES];

/// # Safety
/// The machine has the instructions, and all that steps touch is there.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2<T: Element>(own: &Fused<T>, level: Level, bases: &Bases<T>) {
    // SAFETY: as above.
    unsafe { steps::<T, Hardware, <T as Vectors>::Avx2>(own, level, bases) }
}

/// # Safety
/// As above.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,avx512f,avx512dq,avx512vl,avx512bw")]
unsafe fn avx512<T: Element>(own: &Fused<T>, level: Level, bases: &Bases<T>) {
    // SAFETY: as above.
    unsafe { steps::<T, Hardware, <T as Vectors>::Avx512>(own, level, bases) }
}

/// # Safety
/// As above.
#[inline(always)]
unsafe fn steps<T: Element, A: Arithmetic, V: Vector<T>>(own: &Fused<T>, level: Level, bases: &Bases<T>) {
    // SAFETY: there is a pointer for each base, and as many entries from there on as are touched.
    let at = |a: At| unsafe { bases[usize::from(a.base)].assume_init().add(a.at as usize) };
    for step in &own.steps {
        // SAFETY: what is touched is there, and results lie apart from what is read, but for entries of a loop, which are
        // read first.
        unsafe {
            match step {
                Step::Entries(e) => entries::<T, A, V>(e, at(e.to), e.args.map(at), own.call),
                Step::Walk(w) => bring::<T, V>(w, at(w.from), at(w.to)),
                Step::Columns(from, to, width, rows) => match width {
                    2 => columns::<T, 2>(at(*from), at(*to), *rows),
                    3 => columns::<T, 3>(at(*from), at(*to), *rows),
                    _ => columns::<T, 4>(at(*from), at(*to), *rows),
                },
                Step::Gather(axes, from, to, total) => walk(&axes.0, &axes.1, at(*from), 0, at(*to), *total),
                Step::Rows(kind, from, to, [n, count, step]) => {
                    let (from, to) = (at(*from), at(*to));
                    for k in 0..*count {
                        *to.add(k) = fold_row(*kind, from.add(k * step).cast_const(), &[(*n, 1)]);
                    }
                }
                Step::Fold(fold, from, to) => fold.run_at(level, at(*from), at(*to)),
                Step::Product(product, dots, [a, b, c, copy]) => {
                    product.run_at(level, *dots, [at(*a), at(*b)], at(*c), at(*copy));
                }
            }
        }
    }
}

/// A stretch of entries.
type Stretch<T> = [T; STRETCH];

/// The first of a stretch's entries, zeros behind them.
///
/// # Safety
/// So many entries are there.
#[inline(always)]
unsafe fn first<T: Element, V: Vector<T>>(from: *const T, n: usize, to: *mut T) {
    let mut lane = 0;
    while lane < STRETCH {
        let left = n.saturating_sub(lane).min(V::LANES);
        // SAFETY: so says the caller; `to` is a whole stretch.
        unsafe { V::load_first(from.wrapping_add(lane), left).store(to.add(lane)) }
        lane += V::LANES;
    }
}

/// # Safety
/// `to` has room for so many entries, `from` is a whole stretch.
#[inline(always)]
unsafe fn keep_first<T: Element, V: Vector<T>>(from: *const T, n: usize, to: *mut T) {
    let mut lane = 0;
    while lane < STRETCH {
        let left = n.saturating_sub(lane).min(V::LANES);
        // SAFETY: so says the caller.
        unsafe { V::load(from.add(lane)).store_first(to.wrapping_add(lane), left) }
        lane += V::LANES;
    }
}

/// # Safety
/// All entries are there.
#[inline(always)]
unsafe fn bring<T: Element, V: Vector<T>>(w: &Walk, from: *const T, to: *mut T) {
    let ((rows, apart), (n, stride)) = (w.outer, w.inner);
    for i in 0..rows {
        // SAFETY: as above; a stretch behind the last entry is there to be written, too.
        unsafe {
            let (from, to) = (from.add(i * apart), to.add(i * n));
            match stride {
                0 => {
                    let row: Stretch<T> = [*from; STRETCH];
                    (0..n.div_ceil(STRETCH))
                        .for_each(|c| to.add(c * STRETCH).cast::<Stretch<T>>().write_unaligned(row));
                }
                1 => {
                    let whole = n / STRETCH * STRETCH;
                    for c in (0..whole).step_by(STRETCH) {
                        to.add(c)
                            .cast::<Stretch<T>>()
                            .write_unaligned(from.add(c).cast::<Stretch<T>>().read_unaligned());
                    }
                    if whole < n {
                        first::<T, V>(from.add(whole), n - whole, to.add(whole));
                    }
                }
                _ => (0..n).for_each(|k| *to.add(k) = *from.add(k * stride)),
            }
        }
    }
}

/// The columns of a matrix, one behind the other.
///
/// # Safety
/// All entries are there.
#[inline(always)]
unsafe fn columns<T: Element, const WIDTH: usize>(from: *const T, to: *mut T, rows: usize) {
    let mut row = 0;
    // SAFETY: as above.
    unsafe {
        while row + STRETCH <= rows {
            let part = from.add(row * WIDTH).cast::<[[T; WIDTH]; STRETCH]>().read_unaligned();
            for column in 0..WIDTH {
                let mut own: Stretch<T> = [T::ZERO; STRETCH];
                for k in 0..STRETCH {
                    own[k] = part[k][column];
                }
                to.add(column * rows + row).cast::<Stretch<T>>().write_unaligned(own);
            }
            row += STRETCH;
        }
        for row in row..rows {
            for column in 0..WIDTH {
                *to.add(column * rows + row) = *from.add(row * WIDTH + column);
            }
        }
    }
}

/// An instruction.
///
/// # Safety
/// All entries are there: of arrays as many as it has, or whole stretches where none are left over, a stretch of each number.
#[inline(always)]
unsafe fn entries<T: Element, A: Arithmetic, V: Vector<T>>(
    e: &Entries,
    mut to: *mut T,
    all: [*mut T; MAX_ARGUMENTS],
    call: Call<T>,
) {
    let mut args = all.map(<*mut T>::cast_const);
    let (mut chunks, tail) = (usize::from(e.full), usize::from(e.tail));
    let mut staged: [MaybeUninit<Stretch<T>>; MAX_ARGUMENTS + 1] = [const { MaybeUninit::uninit() }; MAX_ARGUMENTS + 1];
    let mut end = std::ptr::null_mut();
    // How far the next stretch of an argument is.
    let step = |k: usize| if e.numbers >> k & 1 == 1 { 0 } else { STRETCH };
    loop {
        if chunks == 0 {
            // What is left over, by way of whole stretches.
            let whole = usize::from(e.full) * STRETCH;
            for k in 0..usize::from(e.arity) {
                if step(k) > 0 {
                    let stretch = staged[k].as_mut_ptr().cast::<T>();
                    // SAFETY: so many entries are there.
                    unsafe { first::<T, V>(args[k].add(whole), tail, stretch) }
                    args[k] = stretch;
                }
            }
            end = to.wrapping_add(whole);
            to = staged[MAX_ARGUMENTS].as_mut_ptr().cast::<T>();
            chunks = 1;
        }
        macro_rules! chunked {
            ($($s:ident: $number:tt),*; $($x:ident: $which:tt),+ => $value:expr) => {{
                #[inline(always)]
                fn stretch<T: Element, A: Arithmetic>($($s: T,)* $($x: Stretch<T>),+) -> Stretch<T> {
                    let mut to = [T::ZERO; STRETCH];
                    for k in 0..STRETCH {
                        $(let $x = $x[k];)+
                        to[k] = $value;
                    }
                    to
                }
                // SAFETY: a number is there.
                $(let $s = unsafe { *args[$number] };)*
                for c in 0..chunks {
                    // SAFETY: so many stretches are there.
                    unsafe {
                        $(let $x = args[$which].add(c * step($which)).cast::<Stretch<T>>().read_unaligned();)+
                        to.add(c * STRETCH).cast::<Stretch<T>>().write_unaligned(stretch::<T, A>($($s,)* $($x),+));
                    }
                }
            }};
        }
        macro_rules! one {
            ($a:ident => $value:expr) => {
                chunked!(; $a: 0 => $value)
            };
        }
        macro_rules! two {
            ($a:ident, $b:ident => $value:expr) => {
                chunked!(; $a: 0, $b: 1 => $value)
            };
        }
        macro_rules! three {
            ($a:ident, $b:ident, $c:ident => $value:expr) => {
                chunked!(; $a: 0, $b: 1, $c: 2 => $value)
            };
        }
        entrywise!(e.op;
            Op::Copy => one!(a => a),
            Op::Sub => two!(a, b => a - b),
            Op::Scale => chunked!(s: 0; a: 1 => s * a),
            Op::ScaleAdd => chunked!(s: 0; a: 1, b: 2 => s.fused::<A>(a, b)),
            Op::Blend { square: false, flushed: false } => chunked!(s: 0, t: 2; a: 1, y: 3 => s.fused::<A>(a, t * y)),
            Op::Blend { square: false, flushed: true } => {
                chunked!(s: 0, t: 2; a: 1, y: 3 => flushed(s.fused::<A>(a, t * y)));
            }
            Op::Blend { square: true, flushed: false } => {
                chunked!(s: 0, t: 2; a: 1, y: 3 => s.fused::<A>(a, t * (y * y)));
            }
            Op::Blend { square: true, flushed: true } => {
                chunked!(s: 0, t: 2; a: 1, y: 3 => flushed(s.fused::<A>(a, t * (y * y))));
            }
            Op::MinusDivRoot => chunked!(s: 1, t: 4; a: 0, x: 2, y: 3 => a - s * x / (y.root() + t)),
            Op::Sin | Op::Cos | Op::Call(_) => {
                // SAFETY: as above.
                return unsafe { by_entry::<T, A>(e, to, all, end, call) };
            }
            Op::Pair(..) => unreachable!("a short loop has none"),
        );
        if !end.is_null() {
            // SAFETY: there is room for what is left over.
            return unsafe { keep_first::<T, V>(to, tail, end) };
        }
        if tail == 0 {
            return;
        }
        chunks = 0;
    }
}

/// An instruction that is not the same for all entries of a stretch.
///
/// # Safety
/// As [`entries`].
#[inline(always)]
unsafe fn by_entry<T: Element, A: Arithmetic>(
    e: &Entries,
    to: *mut T,
    args: [*mut T; MAX_ARGUMENTS],
    end: *mut T,
    call: Call<T>,
) {
    let n = usize::from(e.full) * STRETCH + usize::from(e.tail);
    // The result is at `to`, or where what is left over was to go: nothing comes before it then.
    let to = if end.is_null() { to } else { end };
    // SAFETY: so says the caller.
    let arg = |which: usize, k: usize| unsafe { *args[which].add(if e.numbers >> which & 1 == 1 { 0 } else { k }) };
    let is_turned = (0..n).all(|k| is_small(&[arg(0, k)]));
    for k in 0..n {
        let value = match e.op {
            Op::Sin if is_turned => arg(0, k).sin::<A>(),
            Op::Cos if is_turned => arg(0, k).cos::<A>(),
            Op::Sin => T::from_f64(arg(0, k).to_f64().sin()),
            Op::Cos => T::from_f64(arg(0, k).to_f64().cos()),
            Op::Call(which) => call(which, [arg(0, k), arg(1, k), arg(2, k)]),
            _ => unreachable!("it is the same for all entries"),
        };
        // SAFETY: so says the caller.
        unsafe { *to.add(k) = value }
    }
}

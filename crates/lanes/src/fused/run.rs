//! Running: one pass over the steps, at each level of instructions.

use std::mem::MaybeUninit;

use super::{At, BASES, Entries, Fused, KNOWN, SCRATCH, Step, Touched, Walk};
use crate::element::Element;
use crate::fold::{FoldKind, LANES as WIDE, fold_row};
use crate::functions::{Arithmetic, Hardware, Plain};
use crate::level::{Kind, Level};
use crate::loops::{Call, Op, STRETCH, entrywise, flushed, is_small, larger, selected, truth, walk};
use crate::memory::{Memory, Place};
use crate::vector::{Vector, Vectors};

impl<T: Element> Fused<T> {
    pub(crate) fn run_here(&self, level: Level, memory: &mut Memory<'_, T>, count: usize) {
        if count == 0 {
            return;
        }
        let mut bases: Bases<T> = [const { MaybeUninit::uninit() }; BASES];
        bases[KNOWN.base()].write(self.known.as_ptr().cast_mut());
        bases[SCRATCH.base()].write(memory.write(Place::SCRATCH, self.scratch));
        let mut strides = [0; BASES];
        for (k, touched) in self.touched.iter().enumerate() {
            let place = Place { span: touched.span, at: touched.entries.start };
            let stride = memory.stride(touched.span);
            let entries = (count - 1).saturating_mul(stride).saturating_add(touched.entries.len());
            let start = match touched.is_written {
                true => memory.write(place, entries),
                false => memory.read(place, entries).cast_mut(),
            };
            bases[k + 2].write(start.wrapping_sub(touched.entries.start));
            strides[k] = stride;
        }
        let runs = (count, &strides);
        let bases = &mut bases;
        // SAFETY: the level is one that the machine has; all that steps touch has been looked up, and known numbers are not
        // written.
        unsafe {
            match level.0 {
                Kind::Portable => all::<T, Plain, <T as Vectors>::Portable>(self, level, bases, runs),
                #[cfg(target_arch = "x86_64")]
                Kind::Avx2 => avx2(self, level, bases, runs),
                #[cfg(target_arch = "x86_64")]
                Kind::Avx512 => avx512(self, level, bases, runs),
            }
        }
    }
}

type Bases<T> = [MaybeUninit<*mut T>; BASES];

/// # Safety
/// The machine has the instructions, and all that steps touch is there.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2<T: Element>(own: &Fused<T>, level: Level, bases: &mut Bases<T>, runs: (usize, &[usize; BASES])) {
    // SAFETY: as above.
    unsafe { all::<T, Hardware, <T as Vectors>::Avx2>(own, level, bases, runs) }
}

/// # Safety
/// As above.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,avx512f,avx512dq,avx512vl,avx512bw")]
unsafe fn avx512<T: Element>(own: &Fused<T>, level: Level, bases: &mut Bases<T>, runs: (usize, &[usize; BASES])) {
    // SAFETY: as above.
    unsafe { all::<T, Hardware, <T as Vectors>::Avx512>(own, level, bases, runs) }
}

/// All runs; what is the same for all of them stays where it was brought.
///
/// # Safety
/// As above.
#[inline(always)]
unsafe fn all<T: Element, A: Arithmetic, V: Vector<T>>(
    own: &Fused<T>,
    level: Level,
    bases: &mut Bases<T>,
    (count, strides): (usize, &[usize; BASES]),
) {
    let homes = || {
        let touched = own.touched.iter().enumerate();
        touched.filter_map(|(k, t)| Some((k, t, SCRATCH.plus(t.home?)))).map(|(k, t, home)| (k, t, home, strides[k]))
    };
    let first = |k: usize, t: &Touched| At::first((k + 2) as u8).plus(t.entries.start);
    for run in 0..count {
        if run > 0 {
            for (base, stride) in bases[2..].iter_mut().zip(&strides[..own.touched.len()]) {
                // SAFETY: it has been written, and the slice reaches over all runs.
                base.write(unsafe { base.assume_init().wrapping_add(*stride) });
            }
        }
        // SAFETY: there is a pointer for each base, and as many entries from there on as are touched; room for whole stretches
        // of them in scratch memory.
        unsafe {
            for (k, t, home, stride) in homes().filter(|(_, t, ..)| t.is_read) {
                if run == 0 || stride > 0 {
                    bring_in::<T, V>(at(bases, first(k, t)), t.entries.len(), at(bases, home));
                }
            }
            steps::<T, A, V>(own, level, bases);
            for (k, t, home, stride) in homes().filter(|(_, t, ..)| t.is_written) {
                if run + 1 == count || stride > 0 {
                    bring_back::<T, V>(at(bases, home), t.entries.len(), at(bases, first(k, t)));
                }
            }
        }
    }
}

/// # Safety
/// There is a pointer for the base, and the entry is there.
#[inline(always)]
unsafe fn at<T>(bases: &Bases<T>, place: At) -> *mut T {
    // SAFETY: so says the caller.
    unsafe { bases[place.base()].assume_init().wrapping_add(place.entry()) }
}

/// # Safety
/// As above.
#[inline(always)]
unsafe fn steps<T: Element, A: Arithmetic, V: Vector<T>>(own: &Fused<T>, level: Level, bases: &Bases<T>) {
    // SAFETY: as above.
    let at = |place: At| unsafe { at(bases, place) };
    for step in &own.steps {
        // SAFETY: what is touched is there, and results lie apart from what is read, but for entries of a loop, which are
        // read first.
        unsafe {
            match step {
                Step::Entries(e) => entries::<T, A>(e, bases, own.call),
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
                        let from = from.add(k * step).cast_const();
                        *to.add(k) = match kind {
                            FoldKind::Sum => row_sum::<T, V>(from, *n),
                            _ => fold_row(*kind, from, &[(*n, 1)]),
                        };
                    }
                }
                Step::Fold(fold, from, to) => fold.run_at(level, at(*from), at(*to)),
                Step::Product(product, dots, [a, b, c]) => {
                    product.short::<T, V>(*dots, at(*a), at(*b), at(*c));
                }
                Step::Products(product, [a, b, c, copy]) => {
                    product.run_at(level, [at(*a), at(*b)], at(*c), at(*copy));
                }
                Step::Keep(from, to, n) => bring_back::<T, V>(at(*from), *n, at(*to)),
            }
        }
    }
}

/// A stretch of entries.
type Stretch<T> = [T; STRETCH];

/// Entries to where there is room for whole stretches: zeros come behind them.
///
/// # Safety
/// So many entries are there, and that room.
#[inline(always)]
unsafe fn bring_in<T: Element, V: Vector<T>>(from: *const T, n: usize, to: *mut T) {
    let mut at = 0;
    while at < n {
        // SAFETY: so says the caller.
        unsafe {
            let part = if at + V::LANES <= n { V::load(from.add(at)) } else { V::load_first(from.add(at), n - at) };
            part.store(to.add(at));
        }
        at += V::LANES;
    }
}

/// Entries from where there are whole stretches.
///
/// # Safety
/// These are there, and so many entries at `to`.
#[inline(always)]
unsafe fn bring_back<T: Element, V: Vector<T>>(from: *const T, n: usize, to: *mut T) {
    let mut at = 0;
    while at < n {
        // SAFETY: so says the caller.
        unsafe {
            let part = V::load(from.add(at));
            if at + V::LANES <= n { part.store(to.add(at)) } else { part.store_first(to.add(at), n - at) }
        }
        at += V::LANES;
    }
}

/// The sum of a row, as [`fold_row`] has it.
///
/// # Safety
/// So many entries are there.
#[inline(always)]
unsafe fn row_sum<T: Element, V: Vector<T>>(from: *const T, n: usize) -> T {
    // SAFETY: so says the caller.
    unsafe {
        match n {
            WIDE if V::LANES <= WIDE / 2 => {
                let part = |k: usize| V::splat(T::ZERO).add(V::load(from.add(k * V::LANES)));
                let mut parts = [V::splat(T::ZERO); WIDE / 4];
                let mut count = WIDE / V::LANES;
                parts[..count].iter_mut().enumerate().for_each(|(k, own)| *own = part(k));
                while count > 1 {
                    count /= 2;
                    for k in 0..count {
                        parts[k] = parts[k].add(parts[k + count]);
                    }
                }
                parts[0].total()
            }
            _ => fold_row(FoldKind::Sum, from, &[(n, 1)]),
        }
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
                1 => bring_in::<T, V>(from, n, to),
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
            let own: [Stretch<T>; WIDTH] = std::array::from_fn(|column| std::array::from_fn(|k| part[k][column]));
            for (column, own) in own.into_iter().enumerate() {
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
/// Whole stretches of its entries are there, of a number one stretch or, where nothing else is read, one entry.
#[inline(always)]
unsafe fn entries<T: Element, A: Arithmetic>(e: &Entries, bases: &Bases<T>, call: Call<T>) {
    // SAFETY: so says the caller.
    let (to, arg) = unsafe { (at(bases, e.to), |k: usize| at(bases, e.args[k].0).cast_const()) };
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
            $(let $s = unsafe { *arg($number) };)*
            $(let mut $x = (arg($which), usize::from(e.args[$which].1));)+
            let mut to = to;
            for _ in 0..e.stretches {
                // SAFETY: so many stretches are there.
                unsafe {
                    let value = stretch::<T, A>($($s,)* $($x.0.cast::<Stretch<T>>().read_unaligned()),+);
                    to.cast::<Stretch<T>>().write_unaligned(value);
                }
                $($x.0 = $x.0.wrapping_add($x.1);)+
                to = to.wrapping_add(STRETCH);
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
        // SAFETY: as above.
        Op::Sin | Op::Cos | Op::Call(_) => unsafe { by_entry::<T, A>(e, bases, call) },
        Op::Pair(..) => unreachable!("a short loop has none"),
    );
}

/// An instruction that is not the same for all entries of a stretch: those that are none of its own don't count.
///
/// # Safety
/// As [`entries`].
#[inline(always)]
unsafe fn by_entry<T: Element, A: Arithmetic>(e: &Entries, bases: &Bases<T>, call: Call<T>) {
    let n = usize::from(e.count);
    // SAFETY: so says the caller.
    let to = unsafe { at(bases, e.to) };
    // SAFETY: as above.
    let arg = |which: usize, k: usize| unsafe {
        let (from, step) = e.args[which];
        *at(bases, from).wrapping_add(if step == 0 { 0 } else { k })
    };
    let is_turned = !matches!(e.op, Op::Call(_)) && (0..n).all(|k| is_small(&[arg(0, k)]));
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

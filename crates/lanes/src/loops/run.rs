//! A loop at work: its tape over one block of positions after the other.

use std::ops::Range;

use super::instruction::entrywise;
use super::{CACHE_LINE, Call, CheckedLoop, Instruction, Op, Pair, Register, STRETCH, Slots, Source, Way};
use crate::element::Element;
use crate::fold::fold_row;
use crate::functions::Arithmetic;

pub(super) struct Run<'a, T> {
    pub(super) own: &'a CheckedLoop<T>,
    pub(super) slots: &'a mut Slots<T>,
    pub(super) starts: &'a Slots<T>,
    pub(super) stores: &'a Slots<T>,
    pub(super) folds: &'a Slots<T>,
    pub(super) positions: Range<usize>,
}

/// # Safety
/// The machine has the instructions of `A`'s level, and all pointers are those of [`CheckedLoop::run_here`].
#[inline(always)]
pub(super) unsafe fn blocks<T: Element, A: Arithmetic>(run: &mut Run<'_, T>) {
    let checked = run.own;
    let own = &checked.own;
    // SAFETY: registers hold a block each.
    unsafe { fill_once::<T>(run) };
    let slots = &mut *run.slots;
    let mut at = run.positions.start;
    while at < run.positions.end {
        let n = checked.block.min(run.positions.end - at);
        for (r, source) in own.sources.iter().enumerate() {
            // SAFETY: arrays reach to the last position, registers over a block; pointers of sources have been written.
            unsafe {
                match (checked.ways[r], source) {
                    (Way::Whole, _) => _ = slots[r].write(run.starts[r].assume_init().wrapping_add(at)),
                    (Way::Walked, Source::Array { strides, .. }) => {
                        walk(&own.sizes, strides, run.starts[r].assume_init(), at, slots[r].assume_init(), n);
                    }
                    (_, Source::Position(axis)) => count(&own.sizes, *axis, at, slots[r].assume_init(), n),
                    _ => {}
                }
            }
        }
        for (k, (register, _)) in own.stores.iter().enumerate().filter(|(k, _)| checked.direct[*k]) {
            // SAFETY: pointers of results have been written.
            slots[usize::from(*register)].write(unsafe { run.stores[k].assume_init().wrapping_add(at) });
        }
        ahead(checked, run.starts, at + n..run.positions.end);
        for step in &own.tape {
            // SAFETY: registers and arrays hold `n` entries from here on; the register written is none that is read.
            unsafe { perform::<T, A>(step, slots, n, own.call) }
        }
        for (k, (register, _)) in own.stores.iter().enumerate().filter(|(k, _)| !checked.direct[*k]) {
            // SAFETY: as above. What is written may be the array that is read, at the same positions: `copy` allows that.
            unsafe {
                let to = run.stores[k].assume_init().wrapping_add(at);
                std::ptr::copy(slots[usize::from(*register)].assume_init().cast_const(), to, n);
            }
        }
        for (k, (register, kind, _)) in own.folds.iter().enumerate() {
            // SAFETY: the register holds the block, which is all there is, and the result has a place of its own.
            unsafe {
                let from = slots[usize::from(*register)].assume_init().cast_const();
                *run.folds[k].assume_init() = fold_row(*kind, from, &[(n, 1)]);
            }
        }
        at += n;
    }
}

/// Asks for what the next block reads of large arrays, so that it comes while this one is computed: blocks are too short for
/// the machine to see where they lead.
#[inline(always)]
fn ahead<T: Element>(own: &CheckedLoop<T>, starts: &Slots<T>, next: Range<usize>) {
    let bytes = own.block.min(next.len()) * T::BYTES;
    for r in &own.ahead {
        // SAFETY: pointers of sources have been written.
        let from = unsafe { starts[usize::from(*r)].assume_init() }.wrapping_add(next.start).cast::<u8>();
        let mut line = 0;
        while line < bytes {
            prefetch(from.wrapping_add(line));
            line += CACHE_LINE;
        }
    }
}

/// Asks for the line of the cache that an address is in; nothing is read there.
#[inline(always)]
fn prefetch(address: *const u8) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every machine of this kind has the instruction, which takes any address.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(address.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}

/// # Safety
/// As [`blocks`].
#[inline(always)]
unsafe fn fill_once<T: Element>(run: &Run<'_, T>) {
    let block = run.own.block.min(run.positions.len());
    for (r, source) in run.own.own.sources.iter().enumerate() {
        let n = match run.own.registers[r] {
            Register::Number(_) if run.own.has_pairs => STRETCH,
            Register::Number(_) => 1,
            _ => block,
        };
        let value = match (run.own.ways[r], source) {
            (_, Source::Constant(c)) => *c,
            // SAFETY: it has an entry.
            (Way::Single, _) => unsafe { *run.starts[r].assume_init() },
            _ => continue,
        };
        // SAFETY: the register holds a block.
        unsafe { std::slice::from_raw_parts_mut(run.slots[r].assume_init(), n) }.fill(value);
    }
}

/// The entries of an array at `n` positions from `at` on.
///
/// # Safety
/// The array reaches over all positions, `to` over `n` entries.
#[inline(always)]
pub(crate) unsafe fn walk<T: Element>(
    sizes: &[usize],
    strides: &[usize],
    start: *const T,
    at: usize,
    to: *mut T,
    n: usize,
) {
    let Some((&inner, outer)) = sizes.split_last() else { return };
    let step = strides[outer.len()];
    if step == 1 && strides[..outer.len()].iter().all(|s| *s == 0) {
        // SAFETY: as the caller says.
        return unsafe { again(start, inner, at, to, n) };
    }
    let (mut row, mut column) = (at / inner, at % inner);
    // Where the row begins, along each of the axes; then the last ones are counted on, as far as there is room for them.
    let mut places = [0usize; COUNTED];
    let counted = outer.len() <= COUNTED;
    let begin = |mut row: usize, places: &mut [usize; COUNTED]| {
        let mut from = 0;
        for (axis, (size, stride)) in outer.iter().zip(strides).enumerate().rev() {
            if counted {
                places[axis] = row % size;
            }
            from += row % size * stride;
            row /= size;
        }
        from
    };
    let mut from = begin(row, &mut places);
    let mut done = 0;
    while done < n {
        let length = (inner - column).min(n - done);
        // SAFETY: `from` and the entries behind it are at positions of the loop, `done + length` is at most `n`.
        unsafe {
            let (from, to) = (start.wrapping_add(from + column * step), to.add(done));
            match step {
                0 => (0..length).for_each(|k| *to.add(k) = *from),
                1 => (0..length).for_each(|k| *to.add(k) = *from.add(k)),
                _ => (0..length).for_each(|k| *to.add(k) = *from.add(k * step)),
            }
        }
        done += length;
        (row, column) = (row + 1, 0);
        if !counted {
            from = begin(row, &mut places);
            continue;
        }
        for axis in (0..outer.len()).rev() {
            places[axis] += 1;
            from += strides[axis];
            if places[axis] < outer[axis] {
                break;
            }
            from -= outer[axis] * strides[axis];
            places[axis] = 0;
        }
    }
}

/// Axes that are counted.
const COUNTED: usize = 6;

/// The same row again and again, from the middle of one on: what is there already is copied, twice as much each time.
///
/// # Safety
/// There are `row` entries to read, and `n` to write.
#[inline(always)]
unsafe fn again<T: Element>(from: *const T, row: usize, at: usize, to: *mut T, n: usize) {
    let column = at % row;
    let head = (row - column).min(n);
    let tail = column.min(n - head);
    // SAFETY: within the row, and `head + tail` is at most `n`.
    unsafe {
        std::ptr::copy_nonoverlapping(from.add(column), to, head);
        std::ptr::copy_nonoverlapping(from, to.add(head), tail);
    }
    let mut done = head + tail;
    while done < n {
        let more = done.min(n - done);
        // SAFETY: `done` entries are there, which are whole rows, and `more` are not.
        unsafe { std::ptr::copy_nonoverlapping(to.cast_const(), to.add(done), more) }
        done += more;
    }
}

/// Positions along an axis.
///
/// # Safety
/// `to` reaches over `n` entries.
#[inline(always)]
unsafe fn count<T: Element>(sizes: &[usize], axis: usize, at: usize, to: *mut T, n: usize) {
    let within: usize = sizes[axis + 1..].iter().product();
    let (mut position, mut left) = (at / within % sizes[axis], within - at % within);
    let mut done = 0;
    while done < n {
        let length = left.min(n - done);
        // SAFETY: `done + length` is at most `n`.
        unsafe { std::slice::from_raw_parts_mut(to.add(done), length) }.fill(T::from_f64(position as f64));
        done += length;
        position = if position + 1 == sizes[axis] { 0 } else { position + 1 };
        left = within;
    }
}

/// One instruction over a block.
///
/// # Safety
/// Registers hold `n` entries, and that which is written is none of those that are read.
#[inline(always)]
unsafe fn perform<T: Element, A: Arithmetic>(step: &Instruction, slots: &Slots<T>, n: usize, call: Call<T>) {
    // SAFETY: as above.
    let to = unsafe { std::slice::from_raw_parts_mut(slots[usize::from(step.to)].assume_init(), n) };
    // SAFETY: as above; the registers that are read are not written meanwhile.
    let arg = |k: usize| unsafe {
        std::slice::from_raw_parts(slots[usize::from(step.args[k])].assume_init().cast_const(), n)
    };
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
    // The result may lie where this argument does, which is then read by the slice that is written.
    macro_rules! over {
        ($which:expr, $k:ident, $a:ident => $value:expr) => {{
            // SAFETY: as above.
            let old = unsafe { slots[usize::from(step.args[$which])].assume_init() };
            if old == to.as_mut_ptr() {
                for $k in 0..n {
                    let $a = to[$k];
                    to[$k] = $value;
                }
            } else {
                let x = arg($which);
                for $k in 0..n {
                    let $a = x[$k];
                    to[$k] = $value;
                }
            }
        }};
    }
    // Of a number a stretch is there, which is read again and again.
    macro_rules! pair {
        ($numbers:expr; $($x:ident: $which:tt),+ => $value:expr) => {{
            #[inline(always)]
            fn stretch<T: Element, A: Arithmetic>(to: &mut [T; STRETCH], $($x: &[T; STRETCH]),+) {
                for k in 0..STRETCH {
                    $(let $x = $x[k];)+
                    to[k] = $value;
                }
            }
            $(
                let $x = (
                    // SAFETY: as above.
                    unsafe { slots[usize::from(step.args[$which])].assume_init() }.cast_const(),
                    if $numbers >> $which & 1 == 1 { 0 } else { usize::MAX },
                );
            )+
            let mut at = 0;
            while at + STRETCH <= n {
                // SAFETY: a stretch is there of each, and what is written is none that is read.
                unsafe {
                    stretch::<T, A>(&mut *to.as_mut_ptr().add(at).cast(), $(&*$x.0.add(at & $x.1).cast()),+);
                }
                at += STRETCH;
            }
            for k in at..n {
                // SAFETY: as above.
                $(let $x = unsafe { *$x.0.add(k & $x.1) };)+
                to[k] = $value;
            }
        }};
    }
    macro_rules! blend {
        ($y:ident => $term:expr, $z:ident => $value:expr) => {{
            let (s, t, y) = (arg(0)[0], arg(2)[0], arg(3));
            over!(1, k, a => {
                let $y = y[k];
                let $z = s.fused::<A>(a, t * $term);
                $value
            })
        }};
    }
    entrywise!(step.op;
        Op::Copy => to.copy_from_slice(arg(0)),
        Op::Sin if is_small(arg(0)) => one!(a => a.sin::<A>()),
        Op::Cos if is_small(arg(0)) => one!(a => a.cos::<A>()),
        Op::Sin => one!(a => T::from_f64(a.to_f64().sin())),
        Op::Cos => one!(a => T::from_f64(a.to_f64().cos())),
        Op::Sub => {
            let y = arg(1);
            over!(0, k, a => a - y[k]);
        }
        Op::Scale => {
            let (s, x) = (arg(0)[0], arg(1));
            for k in 0..n {
                to[k] = s * x[k];
            }
        }
        Op::ScaleAdd => {
            let (s, y) = (arg(0)[0], arg(2));
            over!(1, k, a => s.fused::<A>(a, y[k]));
        }
        Op::Blend { square: false, flushed: false } => blend!(y => y, z => z),
        Op::Blend { square: false, flushed: true } => blend!(y => y, z => flushed(z)),
        Op::Blend { square: true, flushed: false } => blend!(y => y * y, z => z),
        Op::Blend { square: true, flushed: true } => blend!(y => y * y, z => flushed(z)),
        Op::MinusDivRoot => {
            let (s, x, y, t) = (arg(1)[0], arg(2), arg(3), arg(4)[0]);
            over!(0, k, a => a - s * x[k] / (y[k].root() + t));
        }
        Op::Pair(pair, numbers) => match pair {
            Pair::AddAdd => pair!(numbers; a: 0, b: 1, c: 2 => a + b + c),
            Pair::SubAdd => pair!(numbers; a: 0, b: 1, c: 2 => a - b + c),
            Pair::AddSub => pair!(numbers; a: 0, b: 1, c: 2 => a + b - c),
            Pair::SubSub => pair!(numbers; a: 0, b: 1, c: 2 => a - b - c),
            Pair::MulSub => pair!(numbers; a: 0, b: 1, c: 2 => a * b - c),
            Pair::MinusAdd => pair!(numbers; a: 0, b: 1, c: 2 => c - (a + b)),
            Pair::MinusSub => pair!(numbers; a: 0, b: 1, c: 2 => c - (a - b)),
            Pair::MinusMul => pair!(numbers; a: 0, b: 1, c: 2 => c - a * b),
            Pair::AddMul => pair!(numbers; a: 0, b: 1, c: 2 => (a + b) * c),
            Pair::SubMul => pair!(numbers; a: 0, b: 1, c: 2 => (a - b) * c),
            Pair::MulMul => pair!(numbers; a: 0, b: 1, c: 2 => a * b * c),
            Pair::SubMulAdd => pair!(numbers; a: 0, b: 1, c: 2, d: 3 => (a - b).fused::<A>(c, d)),
            Pair::MulMulAdd => pair!(numbers; a: 0, b: 1, c: 2, d: 3 => (a * b).fused::<A>(c, d)),
            Pair::MulAddMul => pair!(numbers; a: 0, b: 1, c: 2, d: 3 => c.fused::<A>(d, a * b)),
        },
        Op::Call(which) => three!(a, b, c => call(which, [a, b, c])),
    )
}

/// 0 for what is too small to be a normal number.
#[inline(always)]
pub(crate) fn flushed<T: Element>(a: T) -> T {
    if a.magnitude() < T::SMALLEST { T::ZERO } else { a }
}

/// 1 where it holds.
#[inline(always)]
pub(crate) fn truth<T: Element>(holds: bool) -> T {
    if holds { T::ONE } else { T::ZERO }
}

/// `b` where `a` is not 0, else `c`; not a number where `a` is none.
#[inline(always)]
pub(crate) fn selected<T: Element>(a: T, b: T, c: T) -> T {
    let chosen = if a == T::ZERO { c } else { b };
    if a.is_none() { a } else { chosen }
}

/// Not a number if either is.
#[inline(always)]
pub(crate) fn larger<T: Element>(a: T, b: T) -> T {
    let chosen = if a > b { a } else { b };
    if a.is_none() { a } else { chosen }
}

/// Are all angles such as lane code turns?
#[inline(always)]
pub(crate) fn is_small<T: Element>(angles: &[T]) -> bool {
    angles.iter().fold(true, |small, a| small & (a.magnitude() <= T::MAX_ANGLE))
}

//! What the machine can do at most: multiply-adds on registers, and memory that is only read. Who measures how fast a program
//! is counts the work here, and looks at the clock.

use std::hint::black_box;

use crate::element::Element;
use crate::level::{Kind, Level};
use crate::team::Team;
use crate::vector::Vector;

/// Chains that go on beside each other: more than an instruction's latency times how many begin at once.
const CHAINS: usize = 12;

/// Links of each chain in a unit.
const LINKS: usize = 1 << 12;

/// Units for each thread.
const UNITS: usize = 4;

/// Work that nothing but the machine holds up, on so many threads.
///
/// ```
/// use wrt_lanes::{Exercise, Level};
/// let mut exercise = Exercise::<f32>::new(Level::best(), 1, 4096);
/// assert!(exercise.multiply_add() > 0);
/// assert!(exercise.read() >= 4096);
/// ```
#[derive(Debug)]
pub struct Exercise<T> {
    level: Level,
    team: Team,
    array: Vec<T>,
}

impl<T: Element> Exercise<T> {
    /// An exercise on so many threads, whose array has so many bytes, or 4096.
    pub fn new(level: Level, threads: usize, bytes: usize) -> Exercise<T> {
        let entries = (bytes.max(4096) / T::BYTES).next_multiple_of(128);
        // What is written lies somewhere; zeros that nobody wrote may all be one page.
        Exercise { level, team: Team::new(threads.max(1)), array: vec![T::ONE; entries] }
    }

    /// Multiplies and adds on registers; how many operations that were, two for each.
    pub fn multiply_add(&mut self) -> u64 {
        let (level, units) = (self.level, UNITS * self.team.threads());
        self.team.run(units, &|_, _| _ = black_box(T::chains(level)));
        (units * CHAINS * LINKS * lanes::<T>(level) * 2) as u64
    }

    /// Reads the array once; how many bytes that were.
    pub fn read(&mut self) -> u64 {
        let units = (UNITS * self.team.threads()).min(self.array.len() / 128);
        let (level, each) = (self.level, self.array.len().div_ceil(units).next_multiple_of(128));
        let array = &self.array;
        self.team.run(units, &|_, unit| {
            let part = array.chunks(each).nth(unit).unwrap_or_default();
            _ = black_box(T::total(level, part));
        });
        (array.len() * T::BYTES) as u64
    }
}

/// Numbers of a vector.
fn lanes<T: Element>(level: Level) -> usize {
    match level.0 {
        Kind::Portable => <T::Portable as Vector<T>>::LANES,
        #[cfg(target_arch = "x86_64")]
        Kind::Avx2 => <T::Avx2 as Vector<T>>::LANES,
        #[cfg(target_arch = "x86_64")]
        Kind::Avx512 => <T::Avx512 as Vector<T>>::LANES,
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn chains_avx2<T: Element>() -> T {
    // SAFETY: the machine has what the function asks for.
    unsafe { linked::<T, T::Avx2>() }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,avx512f,avx512dq,avx512vl,avx512bw")]
unsafe fn chains_avx512<T: Element>() -> T {
    // SAFETY: as above.
    unsafe { linked::<T, T::Avx512>() }
}

pub(crate) fn chains<T: Element>(level: Level) -> T {
    match level.0 {
        // SAFETY: every machine has the portable level, and a level that exists is the machine's; so below.
        Kind::Portable => unsafe { linked::<T, T::Portable>() },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Kind::Avx2 => unsafe { chains_avx2::<T>() },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Kind::Avx512 => unsafe { chains_avx512::<T>() },
    }
}

/// # Safety
/// The machine has the vector's instructions.
#[inline(always)]
unsafe fn linked<T: Element, V: Vector<T>>() -> T {
    let mut out = [T::ZERO; 64];
    // SAFETY: so says the caller; no vector has more lanes than `out` has entries.
    unsafe {
        let (a, b) = (V::splat(black_box(T::ZERO)), V::splat(black_box(T::ONE)));
        let mut chains = [V::splat(T::ZERO); CHAINS];
        for _ in 0..LINKS {
            for chain in &mut chains {
                *chain = chain.add_product(a, b);
            }
        }
        let all = chains.into_iter().reduce(|x, y| x.add(y));
        all.unwrap_or(a).store(out.as_mut_ptr());
    }
    out[0]
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn total_avx2<T: Element>(array: &[T]) -> T {
    // SAFETY: the machine has what the function asks for.
    unsafe { summed::<T, T::Avx2>(array) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,avx512f,avx512dq,avx512vl,avx512bw")]
unsafe fn total_avx512<T: Element>(array: &[T]) -> T {
    // SAFETY: as above.
    unsafe { summed::<T, T::Avx512>(array) }
}

pub(crate) fn total<T: Element>(level: Level, array: &[T]) -> T {
    match level.0 {
        // SAFETY: every machine has the portable level, and a level that exists is the machine's; so below.
        Kind::Portable => unsafe { summed::<T, T::Portable>(array) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Kind::Avx2 => unsafe { total_avx2::<T>(array) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Kind::Avx512 => unsafe { total_avx512::<T>(array) },
    }
}

/// # Safety
/// The machine has the vector's instructions.
#[inline(always)]
unsafe fn summed<T: Element, V: Vector<T>>(array: &[T]) -> T {
    let mut out = [T::ZERO; 64];
    // SAFETY: so says the caller; what is loaded lies within a chunk.
    unsafe {
        let mut sums = [V::splat(T::ZERO); 8];
        for chunk in array.chunks_exact(8 * V::LANES) {
            for (k, sum) in sums.iter_mut().enumerate() {
                *sum = sum.add(V::load(chunk.as_ptr().add(k * V::LANES)));
            }
        }
        let all = sums.into_iter().reduce(|x, y| x.add(y));
        all.unwrap_or(V::splat(T::ZERO)).store(out.as_mut_ptr());
    }
    out[0]
}

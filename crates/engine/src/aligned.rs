//! Arrays that begin where a line of the cache begins: no vector of one lies across two lines.

use std::ops::{Deref, DerefMut};

use wrt_lanes::Element;

/// Bytes of a line of the cache.
pub(crate) const LINE: usize = 64;

/// An array at the beginning of a line.
///
/// ```
/// use wrt_engine::Aligned;
/// let array: Aligned<f32> = (0..5).map(|k| k as f32).collect();
/// assert_eq!(array.clone()[4], 4.0);
/// assert_eq!(array.as_ptr().align_offset(64), 0);
/// ```
#[derive(Debug)]
pub struct Aligned<T> {
    entries: Vec<T>,
    start: usize,
    length: usize,
}

impl<T: Element> Aligned<T> {
    /// Zeros.
    pub fn zeros(length: usize) -> Aligned<T> {
        let entries = vec![T::ZERO; length + LINE / T::BYTES];
        // A pointer to entries is a multiple of their size, so that a line begins among the first ones.
        let start = entries.as_ptr().align_offset(LINE).min(LINE / T::BYTES);
        Aligned { entries, start, length }
    }
}

impl<T> Deref for Aligned<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.entries[self.start..][..self.length]
    }
}

impl<T> DerefMut for Aligned<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.entries[self.start..][..self.length]
    }
}

impl<T: Element> Clone for Aligned<T> {
    /// A copy lies elsewhere, and begins elsewhere among its entries.
    fn clone(&self) -> Aligned<T> {
        self.iter().copied().collect()
    }
}

impl<T: PartialEq> PartialEq for Aligned<T> {
    fn eq(&self, other: &Aligned<T>) -> bool {
        **self == **other
    }
}

impl<T: Element> FromIterator<T> for Aligned<T> {
    fn from_iter<I: IntoIterator<Item = T>>(entries: I) -> Aligned<T> {
        let entries: Vec<T> = entries.into_iter().collect();
        let mut found = Aligned::zeros(entries.len());
        found.copy_from_slice(&entries);
        found
    }
}

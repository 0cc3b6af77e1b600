//! The memory of a program: slices that are read, slices that are written, and one arena for what lies between.

use std::marker::PhantomData;

/// An entry of one of the slices: those that are read come first, then those that are written, then the arena.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Place {
    /// Which slice.
    pub span: u32,
    /// Where in it.
    pub at: usize,
}

impl Place {
    /// In the scratch memory, of which each thread has its own.
    pub const SCRATCH: Place = Place { span: u32::MAX, at: 0 };

    /// In the k-th array of which a stage has a block of rows at a time ([`Local`](crate::Local)).
    ///
    /// # Panics
    /// For more than [`MAX_LOCALS`] of them.
    pub fn local(k: usize) -> Place {
        assert!(k < MAX_LOCALS, "a stage has no array {k} of its own");
        Place { span: Place::SCRATCH.span - 1 - k as u32, at: 0 }
    }

    /// Which of those it lies in, if it lies in one.
    pub(crate) fn which_local(self) -> Option<usize> {
        let below = (Place::SCRATCH.span - 1).checked_sub(self.span)? as usize;
        (below < MAX_LOCALS).then_some(below)
    }

    /// Is it a thread's own?
    pub(crate) fn is_own(self) -> bool {
        self.span == Place::SCRATCH.span || self.which_local().is_some()
    }

    /// So many entries on.
    pub fn plus(self, entries: usize) -> Place {
        Place { at: self.at + entries, ..self }
    }
}

/// The most arrays of which a stage has a block of rows at a time.
pub const MAX_LOCALS: usize = 64;

/// The rows of such an array that are there.
#[derive(Debug)]
pub(crate) struct Window<T> {
    /// Where the first of these entries is.
    pub(crate) start: *mut T,
    /// Which entries of the whole array they are.
    pub(crate) from: usize,
    pub(crate) entries: usize,
}

impl<T> Window<T> {
    pub(crate) const NONE: Window<T> = Window { start: std::ptr::null_mut(), from: 0, entries: 0 };
}

#[derive(Clone, Copy, Debug)]
struct Span<T> {
    start: *mut T,
    length: usize,
    written: bool,
    /// How much further on it begins in the next run.
    stride: usize,
}

/// Room for the list of slices, kept between runs so that none allocates.
#[derive(Debug)]
pub struct Spans<T>(Vec<Span<T>>);

impl<T> Default for Spans<T> {
    fn default() -> Spans<T> {
        Spans(Vec::new())
    }
}

impl<T> Clone for Spans<T> {
    /// Room only: slices are lent to one run.
    fn clone(&self) -> Spans<T> {
        Spans::default()
    }
}

// SAFETY: outside of `with` the list is empty; within, it is borrowed and goes nowhere.
unsafe impl<T: Send> Send for Spans<T> {}
// SAFETY: as above; nothing can be done with a shared list.
unsafe impl<T: Sync> Sync for Spans<T> {}

impl<T> Spans<T> {
    /// Lends slices to `f` as one memory.
    ///
    /// ```
    /// use wrt_lanes::{Fold, FoldKind, Level, Place, Spans};
    /// let total = Fold {
    ///     kind: FoldKind::Sum,
    ///     from: Place { span: 0, at: 0 },
    ///     kept: vec![],
    ///     folded: vec![(3, 1)],
    ///     to: Place { span: 1, at: 0 },
    /// };
    /// let (input, mut output) = ([1.0, 2.0, 3.0], [0.0]);
    /// Spans::default().with(&[&input], [&mut output[..]], &mut [], |memory| total.run(Level::best(), memory));
    /// assert_eq!(output, [6.0]);
    /// ```
    pub fn with<'m, R>(
        &mut self,
        inputs: &[&[T]],
        outputs: impl IntoIterator<Item = &'m mut [T]>,
        arena: &mut [T],
        f: impl FnOnce(&mut Memory<'_, T>) -> R,
    ) -> R
    where
        T: 'm,
    {
        self.with_scratch(inputs, outputs, arena, (&mut [], 1), f)
    }

    /// The same with scratch memory, in equal parts for so many threads.
    pub fn with_scratch<'m, R>(
        &mut self,
        inputs: &[&[T]],
        outputs: impl IntoIterator<Item = &'m mut [T]>,
        arena: &mut [T],
        scratch: (&mut [T], usize),
        f: impl FnOnce(&mut Memory<'_, T>) -> R,
    ) -> R
    where
        T: 'm,
    {
        let inputs = inputs.iter().map(|s| (*s, 0));
        self.with_runs(1, inputs, outputs.into_iter().map(|s| (s, 0)), arena, scratch, |mut runs| f(&mut runs.first()))
    }

    /// The same for so many runs, one after the other: beside each slice stands how much further on it begins in the next one.
    pub fn with_runs<'m, R>(
        &mut self,
        count: usize,
        inputs: impl IntoIterator<Item = (&'m [T], usize)>,
        outputs: impl IntoIterator<Item = (&'m mut [T], usize)>,
        arena: &mut [T],
        (scratch, threads): (&mut [T], usize),
        f: impl FnOnce(Runs<'_, T>) -> R,
    ) -> R
    where
        T: 'm,
    {
        self.0.clear();
        let read =
            |(s, stride): (&[T], usize)| Span { start: s.as_ptr().cast_mut(), length: s.len(), written: false, stride };
        self.0.extend(inputs.into_iter().map(read));
        let written =
            |(s, stride): (&mut [T], usize)| Span { start: s.as_mut_ptr(), length: s.len(), written: true, stride };
        self.0.extend(outputs.into_iter().map(written));
        self.0.push(written((arena, 0)));
        let scratch = Span { length: scratch.len() / threads.max(1), ..written((scratch, 0)) };
        let result = f(Runs { spans: &mut self.0, scratch, threads, count });
        self.0.clear();
        result
    }
}

/// The slices of several runs.
#[derive(Debug)]
pub struct Runs<'a, T> {
    spans: &'a mut [Span<T>],
    scratch: Span<T>,
    threads: usize,
    count: usize,
}

impl<T> Runs<'_, T> {
    /// How many runs there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The memory of the first run; slices reach over all of them.
    pub fn first(&mut self) -> Memory<'_, T> {
        let Runs { spans, scratch, threads, .. } = self;
        let scratch = Span { ..*scratch };
        Memory { spans, scratch, threads: *threads, windows: &[], borrowed: PhantomData }
    }

    /// Lends the memory of each run after the other.
    ///
    /// # Errors
    /// The first one that comes.
    pub fn each<E>(mut self, mut f: impl FnMut(&mut Memory<'_, T>) -> Result<(), E>) -> Result<(), E> {
        for k in 0..self.count {
            if k > 0 {
                for span in &mut *self.spans {
                    let further = span.stride.min(span.length);
                    // SAFETY: within the slice, or at its end.
                    span.start = unsafe { span.start.add(further) };
                    span.length -= further;
                }
            }
            f(&mut self.first())?;
        }
        Ok(())
    }
}

/// The slices of one run.
#[derive(Debug)]
pub struct Memory<'a, T> {
    spans: &'a [Span<T>],
    /// That of the first thread; the others' follow.
    scratch: Span<T>,
    threads: usize,
    /// What is there of a stage's own arrays.
    windows: &'a [Window<T>],
    borrowed: PhantomData<&'a mut [T]>,
}

/// The memory of all threads.
pub(crate) struct Shared<'a, T>(&'a Memory<'a, T>);

// SAFETY: whoever takes a thread's memory promises that no two write to the same place.
unsafe impl<T: Send + Sync> Sync for Shared<'_, T> {}

impl<T> Shared<'_, T> {
    /// The memory with a thread's scratch.
    ///
    /// # Safety
    /// What one thread writes, no other reads or writes meanwhile, and no two take the scratch of the same thread.
    pub(crate) unsafe fn of_thread(&self, thread: usize) -> Memory<'_, T> {
        assert!(thread < self.0.threads, "there is no scratch for thread {thread}");
        // SAFETY: within the scratch memory, which has a part for each thread.
        let start = unsafe { self.0.scratch.start.add(thread * self.0.scratch.length) };
        Memory { scratch: Span { start, ..self.0.scratch }, ..*self.0 }
    }
}

impl<T> Memory<'_, T> {
    /// Lends entries as slices: some that are read, and one that is written.
    ///
    /// # Panics
    /// If there are not so many, nothing may be written there, or what is written is read, too: the plan is wrong.
    pub fn lend<R>(
        &mut self,
        reads: &[(Place, usize)],
        (to, entries): (Place, usize),
        f: impl FnOnce(&[&[T]], &mut [T]) -> R,
    ) -> R {
        assert!(reads.iter().all(|(place, n)| apart(*place, *n, to, entries)), "what is written is read");
        let start = self.write(to, entries);
        // SAFETY: so many entries are there (`read` looks), and nothing else writes while `self` is borrowed.
        let slice = |(place, n): &(Place, usize)| unsafe { std::slice::from_raw_parts(self.read(*place, *n), *n) };
        let given: Vec<&[T]> = reads.iter().map(slice).collect();
        // SAFETY: as above; none of the slices that are read overlaps it.
        let written = unsafe { std::slice::from_raw_parts_mut(start, entries) };
        f(&given, written)
    }

    /// The same memory with arrays of a stage's own.
    ///
    /// # Safety
    /// What windows point to is within this thread's scratch memory, no two overlap, and no kernel that is given this memory has
    /// scratch memory there.
    pub(crate) unsafe fn with_windows<'w>(&'w mut self, windows: &'w [Window<T>]) -> Memory<'w, T> {
        let scratch = Span { ..self.scratch };
        Memory { spans: self.spans, scratch, threads: self.threads, windows, borrowed: PhantomData }
    }

    /// How much further on a slice begins in the next run.
    pub(crate) fn stride(&self, span: u32) -> usize {
        self.spans.get(span as usize).map_or(0, |s| s.stride)
    }

    /// The same for several threads.
    pub(crate) fn shared(&mut self) -> Shared<'_, T> {
        Shared(self)
    }

    /// Where entries can be read.
    ///
    /// # Panics
    /// If there are not so many: the plan is wrong.
    pub(crate) fn read(&self, place: Place, entries: usize) -> *const T {
        self.within(place, entries).0
    }

    /// Where entries can be read and written.
    ///
    /// # Panics
    /// As [`Memory::read`], and where nothing may be written.
    pub(crate) fn write(&mut self, place: Place, entries: usize) -> *mut T {
        let (start, written) = self.within(place, entries);
        assert!(written, "slice {} is read only", place.span);
        start
    }

    fn within(&self, place: Place, entries: usize) -> (*mut T, bool) {
        let span = match self.spans.get(place.span as usize) {
            Some(span) => span,
            None if place.span == Place::SCRATCH.span => &self.scratch,
            None => return (self.in_window(place, entries), true),
        };
        let end = place.at.checked_add(entries);
        assert!(end.is_some_and(|e| e <= span.length), "{place:?} and {entries} entries: {} are there", span.length);
        // SAFETY: within the slice, as has just been checked.
        (unsafe { span.start.add(place.at) }, span.written)
    }

    #[inline(never)]
    fn in_window(&self, place: Place, entries: usize) -> *mut T {
        let window = place.which_local().and_then(|k| self.windows.get(k));
        let Some(window) = window else { panic!("there is no slice {}", place.span) };
        let first = place.at.checked_sub(window.from);
        let end = first.and_then(|first| first.checked_add(entries));
        let is_there = entries == 0 || end.is_some_and(|end| end <= window.entries);
        assert!(is_there, "{place:?} and {entries} entries: {} from {} on are there", window.entries, window.from);
        window.start.wrapping_add(place.at.wrapping_sub(window.from))
    }
}

/// Do two ranges of entries lie apart?
pub(crate) fn apart(a: Place, a_entries: usize, b: Place, b_entries: usize) -> bool {
    a.span != b.span || a.at + a_entries <= b.at || b.at + b_entries <= a.at || a_entries == 0 || b_entries == 0
}

/// How many entries from the first one on lie within axes of these sizes and strides.
pub(crate) fn reach(axes: impl IntoIterator<Item = (usize, usize)>) -> usize {
    let mut reach = 1usize;
    for (size, stride) in axes {
        let Some(last) = size.checked_sub(1) else { return 0 };
        reach = reach.saturating_add(last.saturating_mul(stride));
    }
    reach
}

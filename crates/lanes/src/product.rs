//! Products of matrices: one kernel that keeps a tile of the result in the machine's vectors, and packs nothing.

use std::ops::Range;

use crate::element::Element;
use crate::level::{Kind, Level};
use crate::memory::{Memory, Place, apart, reach};
use crate::stage::Access;
use crate::vector::{Vector, Vectors};

/// `C = A @ B`, or `C += A @ B`; any strides, so that a transpose is a stride and not a copy.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Product {
    /// Rows of A and C.
    pub m: usize,
    /// Columns of B and C.
    pub n: usize,
    /// Columns of A, rows of B.
    pub k: usize,
    /// How many such sums are one, and how far the next part of A and of B is: windows of a picture are so many rows of it.
    pub over: (usize, [usize; 2]),
    /// The first entry of A, and how far the next row and the next column are.
    pub a: (Place, [usize; 2]),
    /// The same of B.
    pub b: (Place, [usize; 2]),
    /// The first entry of C, whose rows lie entry behind entry.
    pub c: Place,
    /// How far the next row of C is.
    pub c_row: usize,
    /// Axes of many such products: size, and the strides of A, B and C.
    pub batch: Vec<(usize, [usize; 3])>,
    /// Is it added to what C holds?
    pub add: bool,
    /// Where [`Product::scratch`] entries can be written.
    pub scratch: Place,
}

/// The longest chain of additions into one entry before sums of sums are taken, and what stays in the second cache.
const DEPTH: usize = 512;

/// Fewer rows than this are not worth a copy of B.
const FEW: usize = 4;

impl Product {
    /// Entries of scratch memory: a copy of B where its rows don't lie entry behind entry.
    pub fn scratch(&self) -> usize {
        if self.copies_b() { self.k * self.n } else { 0 }
    }

    /// Are rows of both multiplied with each other?
    pub(crate) fn is_dot(&self) -> bool {
        self.k > 1 && self.over.0 == 1 && self.a.1[1] == 1 && self.b.1[0] == 1 && (self.n == 1 || self.m < FEW)
    }

    pub(crate) fn copies_b(&self) -> bool {
        self.over.0 == 1 && self.b.1[1] != 1 && self.n > 1 && !self.is_dot()
    }

    /// A column of C by way of its transpose, where that makes rows of A be rows.
    pub(crate) fn turned(&self) -> Option<Product> {
        let turns =
            self.over.0 == 1 && self.n == 1 && self.m > 1 && self.a.1[1] != 1 && self.a.1[0] == 1 && self.c_row == 1;
        let swap = |(place, [row, column]): (Place, [usize; 2])| (place, [column, row]);
        turns.then(|| Product {
            m: 1,
            n: self.m,
            a: swap(self.b),
            b: swap(self.a),
            batch: self.batch.iter().map(|(size, [a, b, c])| (*size, [*b, *a, *c])).collect(),
            ..self.clone()
        })
    }

    /// How far the arrays reach from their first entries.
    pub(crate) fn reaches(&self) -> [usize; 3] {
        let one = self.reaches_of_one();
        std::array::from_fn(|which| {
            let outer = self.batch.iter().map(|(size, strides)| (*size, strides[which]));
            outer.fold(one[which], |r, (size, stride)| if size == 0 { 0 } else { r + (size - 1) * stride })
        })
    }

    /// The same for a single product.
    fn reaches_of_one(&self) -> [usize; 3] {
        [
            reach([(self.m, self.a.1[0]), (self.k, self.a.1[1]), (self.over.0, self.over.1[0])]),
            reach([(self.k, self.b.1[0]), (self.n, self.b.1[1]), (self.over.0, self.over.1[1])]),
            reach([(self.m, self.c_row), (self.n, 1)]),
        ]
    }

    /// Does the result lie apart from the factors, and from the copy of one?
    pub(crate) fn is_apart(&self) -> bool {
        let [a, b, c] = self.reaches();
        let all = [(self.a.0, a), (self.b.0, b), (self.scratch, self.scratch())];
        all.iter().all(|(place, entries)| apart(*place, *entries, self.c, c))
    }

    /// Some rows of the result.
    pub(crate) fn rows(&self, rows: Range<usize>) -> Product {
        let (a, [row, column]) = self.a;
        Product {
            m: rows.len(),
            a: (a.plus(rows.start * row), [row, column]),
            c: self.c.plus(rows.start * self.c_row),
            ..self.clone()
        }
    }

    /// A part of what is summed over along one axis, put elsewhere, rows entry behind entry, or added to what is there.
    pub(crate) fn depth(&self, part: Range<usize>, c: Place, add: bool) -> Product {
        let ((a, a_strides), (b, b_strides)) = (self.a, self.b);
        Product {
            k: part.len(),
            a: (a.plus(part.start * a_strides[1]), a_strides),
            b: (b.plus(part.start * b_strides[0]), b_strides),
            c,
            c_row: self.n,
            add,
            ..self.clone()
        }
    }

    /// What is touched for each row of the result.
    pub(crate) fn accesses_by_row(&self) -> Vec<Access> {
        assert!(self.batch.is_empty() && self.scratch() == 0, "a stage can't do this product by rows");
        let b = reach([(self.k, self.b.1[0]), (self.n, self.b.1[1])]);
        vec![
            Access { place: self.a.0, row: self.a.1[0], entries: reach([(self.k, self.a.1[1])]), written: false },
            Access { place: self.b.0, row: 0, entries: b, written: false },
            Access { place: self.c, row: self.c_row, entries: self.n, written: true },
        ]
    }

    /// What is touched for each product of a batch along one axis.
    pub(crate) fn accesses_by_batch(&self) -> Vec<Access> {
        let (Some((_, strides)), true) = (self.batch.first(), self.batch.len() == 1) else {
            panic!("a stage can't do this product by the products of a batch");
        };
        let [a, b, c] = self.reaches_of_one();
        let of = |place: Place, k: usize, entries: usize| Access { place, row: strides[k], entries, written: k == 2 };
        vec![of(self.a.0, 0, a), of(self.b.0, 1, b), of(self.c, 2, c)]
    }

    /// What is read for each position that is summed over.
    pub(crate) fn accesses_by_depth(&self) -> Vec<Access> {
        assert!(self.batch.is_empty() && self.scratch() == 0, "a stage can't do this product by rows");
        vec![
            Access { place: self.a.0, row: self.a.1[1], entries: reach([(self.m, self.a.1[0])]), written: false },
            Access { place: self.b.0, row: self.b.1[0], entries: reach([(self.n, self.b.1[1])]), written: false },
        ]
    }

    /// Some columns of the result.
    pub(crate) fn columns(&self, columns: Range<usize>) -> Product {
        let (b, [row, column]) = self.b;
        Product {
            n: columns.len(),
            b: (b.plus(columns.start * column), [row, column]),
            c: self.c.plus(columns.start),
            ..self.clone()
        }
    }

    /// Runs it.
    ///
    /// # Panics
    /// If it doesn't fit the memory: the plan is wrong.
    pub fn run<T: Element>(&self, level: Level, memory: &mut Memory<'_, T>) {
        self.check();
        // SAFETY: it has just been checked.
        unsafe { self.run_checked(level, memory, 0..self.products()) }
    }

    /// The result lies apart from what is read, and from the copy of a factor.
    pub(crate) fn check(&self) {
        let [a, b, _] = self.reaches();
        assert!(self.is_apart(), "a product writes what it reads");
        assert!(apart(self.scratch, self.scratch(), self.a.0, a), "a product copies over its factor");
        assert!(apart(self.scratch, self.scratch(), self.b.0, b), "a product copies over its factor");
    }

    /// How many products of two matrices it is.
    pub(crate) fn products(&self) -> usize {
        self.batch.iter().map(|(size, _)| size).product()
    }

    /// Does each of its products write what no other one does?
    pub(crate) fn products_are_apart(&self) -> bool {
        let mut within = reach([(self.m, self.c_row), (self.n, 1)]);
        self.batch.iter().rev().all(|(size, [_, _, stride])| {
            let apart = *size < 2 || *stride >= within;
            within = reach([(*size, *stride), (within, 1)]);
            apart
        })
    }

    /// Runs some of its products.
    ///
    /// # Safety
    /// It, or what it is a part of, has been checked.
    pub(crate) unsafe fn run_checked<T: Element>(&self, level: Level, memory: &mut Memory<'_, T>, batch: Range<usize>) {
        // SAFETY: so says the caller.
        unsafe { T::run_product(self, level, memory, batch) }
    }

    /// # Safety
    /// As [`Product::run_checked`].
    pub(crate) unsafe fn run_here<T: Element>(&self, level: Level, memory: &mut Memory<'_, T>, batch: Range<usize>) {
        if let Some(turned) = self.turned() {
            // SAFETY: it touches the same.
            return unsafe { turned.run_here(level, memory, batch) };
        }
        assert!(batch.end <= self.products(), "there are fewer products");
        // Of products along one axis only those entries are touched that are theirs.
        let (first, reaches) = match self.batch[..] {
            [(_, strides)] => {
                let one = self.reaches_of_one();
                let last = batch.len().saturating_sub(1);
                let part = |k: usize| if batch.is_empty() { 0 } else { one[k] + last * strides[k] };
                (strides.map(|stride| batch.start * stride), [part(0), part(1), part(2)])
            }
            _ => ([0; 3], self.reaches()),
        };
        let parts = Parts {
            own: self,
            batch,
            a: memory.read(self.a.0.plus(first[0]), reaches[0]).wrapping_sub(first[0]),
            b: memory.read(self.b.0.plus(first[1]), reaches[1]).wrapping_sub(first[1]),
            scratch: if self.copies_b() { memory.write(self.scratch, self.scratch()) } else { std::ptr::null_mut() },
            c: memory.write(self.c.plus(first[2]), reaches[2]).wrapping_sub(first[2]),
        };
        // SAFETY: the level is one that the machine has; all entries have just been looked up.
        unsafe { parts.run(level) }
    }

    /// Runs all of it where its arrays are.
    ///
    /// # Safety
    /// The machine has the level; all entries are there, at `scratch` those of a copy that it makes, and it has been checked.
    pub(crate) unsafe fn run_at<T: Element>(&self, level: Level, [a, b]: [*const T; 2], c: *mut T, scratch: *mut T) {
        // SAFETY: so says the caller.
        unsafe { Parts { own: self, batch: 0..self.products(), a, b, c, scratch }.run(level) }
    }

    /// Products of rows, each summed as [`dot`] does it.
    ///
    /// # Safety
    /// As [`Product::short`].
    #[inline(always)]
    unsafe fn short_dots<T: Element, V: Vector<T>>(&self, a: *const T, b: *const T, c: *mut T) {
        let whole = self.k / V::LANES * V::LANES;
        for i in 0..self.m {
            for j in 0..self.n {
                // SAFETY: within the arrays.
                unsafe {
                    let (a, b) = (a.add(i * self.a.1[0]), b.add(j * self.b.1[1]));
                    let mut sums = [V::splat(T::ZERO); 2];
                    let mut k = 0;
                    while k + 2 * V::LANES <= whole {
                        for (half, sum) in sums.iter_mut().enumerate() {
                            let at = k + half * V::LANES;
                            *sum = sum.add_product(V::load(a.add(at)), V::load(b.add(at)));
                        }
                        k += 2 * V::LANES;
                    }
                    let mut half = 0;
                    if k < whole {
                        sums[0] = sums[0].add_product(V::load(a.add(k)), V::load(b.add(k)));
                        (k, half) = (whole, 1);
                    }
                    if k < self.k {
                        let (x, y) = (V::load_first(a.add(k), self.k - k), V::load_first(b.add(k), self.k - k));
                        match half {
                            0 => sums[0] = sums[0].add_product(x, y),
                            _ => sums[1] = sums[1].add_product(x, y),
                        }
                    }
                    *c.add(i * self.c_row + j) = T::ZERO + sums[0].add(sums[1]).total();
                }
            }
        }
    }

    /// The product of two matrices of few entries: by products of rows that lie entry behind entry, or by rows of B and C that do.
    ///
    /// # Safety
    /// The machine has the instructions, all entries are there, and it has been checked.
    #[inline(always)]
    pub(crate) unsafe fn short<T: Element, V: Vector<T>>(&self, dots: bool, a: *const T, b: *const T, c: *mut T) {
        if dots {
            // SAFETY: so says the caller.
            return unsafe { self.short_dots::<T, V>(a, b, c) };
        }
        let [row, column] = self.a.1;
        for i in 0..self.m {
            let mut j = 0;
            while j < self.n {
                let left = self.n - j;
                // SAFETY: within the arrays.
                unsafe {
                    let (a, b, to) = (a.add(i * row), b.add(j), c.add(i * self.c_row + j));
                    let mut sum = V::splat(T::ZERO);
                    if left >= V::LANES {
                        for k in 0..self.k {
                            sum = sum.add_product(V::splat(*a.add(k * column)), V::load(b.add(k * self.b.1[0])));
                        }
                        sum.store(to);
                    } else {
                        for k in 0..self.k {
                            let part = V::load_first(b.add(k * self.b.1[0]), left);
                            sum = sum.add_product(V::splat(*a.add(k * column)), part);
                        }
                        sum.store_first(to, left);
                    }
                }
                j += V::LANES;
            }
        }
    }
}

struct Parts<'a, T> {
    own: &'a Product,
    batch: Range<usize>,
    a: *const T,
    b: *const T,
    c: *mut T,
    scratch: *mut T,
}

impl<T: Element> Parts<'_, T> {
    /// # Safety
    /// The machine has the level, and all pointers are those of [`Product::run`].
    unsafe fn run(&self, level: Level) {
        // SAFETY: so says the caller.
        unsafe {
            match level.0 {
                Kind::Portable => whole::<T, <T as Vectors>::Portable>(self),
                #[cfg(target_arch = "x86_64")]
                Kind::Avx2 => avx2(self),
                #[cfg(target_arch = "x86_64")]
                Kind::Avx512 => avx512(self),
            }
        }
    }
}

/// # Safety
/// The machine has the instructions, and all pointers are those of [`Product::run`].
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2<T: Element>(parts: &Parts<'_, T>) {
    // SAFETY: as above.
    unsafe { whole::<T, <T as Vectors>::Avx2>(parts) }
}

/// # Safety
/// As above.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,avx512f,avx512dq,avx512vl,avx512bw")]
unsafe fn avx512<T: Element>(parts: &Parts<'_, T>) {
    // SAFETY: as above.
    unsafe { whole::<T, <T as Vectors>::Avx512>(parts) }
}

/// # Safety
/// As above.
#[inline(always)]
unsafe fn whole<T: Element, V: Vector<T>>(parts: &Parts<'_, T>) {
    let own = parts.own;
    for k in parts.batch.clone() {
        let (mut left, mut at) = (k, [0; 3]);
        for (size, strides) in own.batch.iter().rev() {
            (0..3).for_each(|j| at[j] += left % size * strides[j]);
            left /= size;
        }
        // SAFETY: within the arrays, which reach over the batch.
        unsafe {
            let (a, b) = (parts.a.wrapping_add(at[0]), parts.b.wrapping_add(at[1]));
            let c = parts.c.wrapping_add(at[2]);
            if own.is_dot() {
                dots::<T, V>(own, a, b, c);
            } else if own.copies_b() {
                copy(own, b, parts.scratch);
                tiles::<T, V>(own, a, parts.scratch, own.n, c);
            } else {
                tiles::<T, V>(own, a, b, own.b.1[0], c);
            }
        }
    }
}

/// B with its rows entry behind entry.
///
/// # Safety
/// As above.
#[inline(always)]
unsafe fn copy<T: Element>(own: &Product, b: *const T, to: *mut T) {
    const SIDE: usize = 16;
    let [row, column] = own.b.1;
    let mut top = 0;
    while top < own.k {
        let bottom = (top + SIDE).min(own.k);
        for j in 0..own.n {
            for i in top..bottom {
                // SAFETY: within both.
                unsafe { *to.add(i * own.n + j) = *b.add(i * row + j * column) }
            }
        }
        top = bottom;
    }
}

/// Strides and pointers of a product that is cut into tiles.
#[derive(Clone, Copy)]
struct Tile<T> {
    a: *const T,
    a_row: usize,
    a_column: usize,
    b: *const T,
    b_row: usize,
    c: *mut T,
    c_row: usize,
    k: usize,
    /// As [`Product::over`].
    over: (usize, [usize; 2]),
    /// Lanes of the last vector.
    last: usize,
    add: bool,
}

/// # Safety
/// As above.
#[inline(always)]
unsafe fn tiles<T: Element, V: Vector<T>>(own: &Product, a: *const T, b: *const T, b_row: usize, c: *mut T) {
    let [a_row, a_column] = own.a.1;
    let (c_row, mut first) = (own.c_row, 0);
    let wide = V::REGISTERS / 8;
    let (times, [a_over, b_over]) = own.over;
    // So many at a time make no longer chain; where one is longer it is cut itself.
    let together = (DEPTH / own.k.max(1)).clamp(1, times.max(1));
    let mut part = 0;
    loop {
        let depth = DEPTH.min(own.k - first);
        let mut column = 0;
        while column < own.n {
            let left = own.n - column;
            let vectors = left.div_ceil(V::LANES);
            let vectors = if vectors >= wide { wide } else { vectors.min(2) };
            let width = (vectors * V::LANES).min(left);
            // SAFETY: within the arrays.
            unsafe {
                let tile = Tile {
                    a: a.add(part * a_over + first * a_column),
                    a_row,
                    a_column,
                    b: b.add(part * b_over + first * b_row + column),
                    b_row,
                    c: c.add(column),
                    c_row,
                    k: depth,
                    over: (together.min(times - part), own.over.1),
                    last: width - (vectors - 1) * V::LANES,
                    add: own.add || part + first > 0,
                };
                panel::<T, V>(tile, own.m, vectors);
            }
            column += width;
        }
        first += depth;
        if first >= own.k {
            (part, first) = (part + together, 0);
        }
        if part >= times {
            return;
        }
    }
}

/// The rows of a panel of columns.
///
/// # Safety
/// As above.
#[inline(always)]
unsafe fn panel<T: Element, V: Vector<T>>(tile: Tile<T>, rows: usize, vectors: usize) {
    // SAFETY: as above.
    unsafe {
        if V::REGISTERS == 32 {
            match vectors {
                4 => down::<T, V, 6, 4>(tile, rows),
                2 => down::<T, V, 12, 2>(tile, rows),
                _ => down::<T, V, 16, 1>(tile, rows),
            }
        } else {
            match vectors {
                2 => down::<T, V, 6, 2>(tile, rows),
                _ => down::<T, V, 12, 1>(tile, rows),
            }
        }
    }
}

/// # Safety
/// As above.
#[inline(always)]
unsafe fn down<T: Element, V: Vector<T>, const ROWS: usize, const VECTORS: usize>(mut tile: Tile<T>, rows: usize) {
    let mut left = rows;
    // SAFETY: as above: `left` rows from the tile's on.
    unsafe {
        while left >= ROWS {
            micro::<T, V, ROWS, VECTORS>(&tile);
            step(&mut tile, ROWS, &mut left);
        }
        while left >= 4 {
            micro::<T, V, 4, VECTORS>(&tile);
            step(&mut tile, 4, &mut left);
        }
        while left >= 2 {
            micro::<T, V, 2, VECTORS>(&tile);
            step(&mut tile, 2, &mut left);
        }
        if left == 1 {
            micro::<T, V, 1, VECTORS>(&tile);
        }
    }
}

/// # Safety
/// There are so many rows.
#[inline(always)]
unsafe fn step<T: Element>(tile: &mut Tile<T>, rows: usize, left: &mut usize) {
    *left -= rows;
    if *left > 0 {
        // SAFETY: so says the caller.
        unsafe {
            tile.a = tile.a.add(rows * tile.a_row);
            tile.c = tile.c.add(rows * tile.c_row);
        }
    }
}

/// A tile of the result, kept in vectors while its sums grow.
///
/// # Safety
/// As above.
#[inline(always)]
unsafe fn micro<T: Element, V: Vector<T>, const ROWS: usize, const VECTORS: usize>(tile: &Tile<T>) {
    let t = *tile;
    let whole = t.last == V::LANES;
    // SAFETY: all positions lie within the tile.
    unsafe {
        let mut sums = [[V::splat(T::ZERO); VECTORS]; ROWS];
        let mut part = t;
        for k in 0..t.over.0 {
            (part.a, part.b) = (t.a.add(k * t.over.1[0]), t.b.add(k * t.over.1[1]));
            if whole {
                grow::<T, V, ROWS, VECTORS, true>(&part, &mut sums);
            } else {
                grow::<T, V, ROWS, VECTORS, false>(&part, &mut sums);
            }
        }
        for (r, row) in sums.iter().enumerate() {
            for (v, sum) in row.iter().enumerate() {
                let to = t.c.add(r * t.c_row + v * V::LANES);
                if v + 1 < VECTORS || whole {
                    let sum = if t.add { sum.add(V::load(to)) } else { *sum };
                    sum.store(to);
                } else {
                    let sum = if t.add { sum.add(V::load_first(to, t.last)) } else { *sum };
                    sum.store_first(to, t.last);
                }
            }
        }
    }
}

/// # Safety
/// As above.
#[inline(always)]
unsafe fn grow<T: Element, V: Vector<T>, const ROWS: usize, const VECTORS: usize, const WHOLE: bool>(
    t: &Tile<T>,
    sums: &mut [[V; VECTORS]; ROWS],
) {
    // SAFETY: all positions lie within the tile.
    unsafe {
        for k in 0..t.k {
            let b = t.b.add(k * t.b_row);
            let mut row = [V::splat(T::ZERO); VECTORS];
            for (v, slot) in row.iter_mut().enumerate() {
                let from = b.add(v * V::LANES);
                *slot = if WHOLE || v + 1 < VECTORS { V::load(from) } else { V::load_first(from, t.last) };
            }
            let a = t.a.add(k * t.a_column);
            for (r, sums) in sums.iter_mut().enumerate() {
                let x = V::splat(*a.add(r * t.a_row));
                for (sum, y) in sums.iter_mut().zip(row) {
                    *sum = sum.add_product(x, y);
                }
            }
        }
    }
}

/// Rows multiplied with rows: where one factor is a vector or nearly so.
///
/// # Safety
/// As above.
#[inline(always)]
unsafe fn dots<T: Element, V: Vector<T>>(own: &Product, a: *const T, b: *const T, c: *mut T) {
    // SAFETY: as above. One factor has many rows, each of which meets every row of the other.
    unsafe {
        if own.n == 1 {
            many::<T, V>(own, (a, own.a.1[0], own.m), b, c, own.c_row);
        } else {
            for i in 0..own.m {
                let row = a.add(i * own.a.1[0]);
                many::<T, V>(own, (b, own.b.1[1], own.n), row, c.add(i * own.c_row), 1);
            }
        }
    }
}

/// # Safety
/// As above.
#[inline(always)]
unsafe fn many<T: Element, V: Vector<T>>(
    own: &Product,
    (rows, row, count): (*const T, usize, usize),
    vector: *const T,
    to: *mut T,
    step: usize,
) {
    let mut at = 0;
    while at < count {
        let together = if count - at >= 4 { 4 } else { 1 };
        let mut totals = [T::ZERO; 4];
        let mut first = 0;
        while first < own.k {
            let depth = (8 * DEPTH).min(own.k - first);
            // SAFETY: as above.
            unsafe {
                let (from, vector) = (rows.add(at * row + first), vector.add(first));
                if together == 4 {
                    dot::<T, V, 4>(from, row, vector, depth, &mut totals);
                } else {
                    dot::<T, V, 1>(from, row, vector, depth, &mut totals);
                }
            }
            first += depth;
        }
        for (k, total) in totals[..together].iter().enumerate() {
            // SAFETY: as above.
            unsafe {
                let to = to.add((at + k) * step);
                *to = if own.add { *to + *total } else { *total };
            }
        }
        at += together;
    }
}

/// # Safety
/// As above.
#[inline(always)]
unsafe fn dot<T: Element, V: Vector<T>, const ROWS: usize>(
    rows: *const T,
    row: usize,
    vector: *const T,
    depth: usize,
    totals: &mut [T; 4],
) {
    // SAFETY: as above; a vector has at most 16 lanes.
    unsafe {
        let mut sums = [[V::splat(T::ZERO); 2]; ROWS];
        let mut k = 0;
        while k < depth {
            for half in 0..2 {
                let n = V::LANES.min(depth.saturating_sub(k));
                if n == V::LANES {
                    let y = V::load(vector.add(k));
                    for (r, sum) in sums.iter_mut().enumerate() {
                        sum[half] = sum[half].add_product(V::load(rows.add(r * row + k)), y);
                    }
                } else if n > 0 {
                    let y = V::load_first(vector.add(k), n);
                    for (r, sum) in sums.iter_mut().enumerate() {
                        sum[half] = sum[half].add_product(V::load_first(rows.add(r * row + k), n), y);
                    }
                }
                k += n;
            }
        }
        for (r, sum) in sums.iter().enumerate() {
            // As `Vector::total` does it; of several rows at once this takes less.
            let mut lanes = [T::ZERO; 16];
            sum[0].add(sum[1]).store(lanes.as_mut_ptr());
            let mut width = V::LANES / 2;
            while width > 0 {
                for l in 0..width {
                    lanes[l] = lanes[l] + lanes[l + width];
                }
                width /= 2;
            }
            totals[r] = totals[r] + lanes[0];
        }
    }
}

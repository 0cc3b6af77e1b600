//! Shapes: the dimensions of a tensor's axes, and the axis labels of contractions.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::Hash;

use hashbrown::HashTable;

use crate::graph::hash_of;

/// A dimension of a graph, interned: equal dimensions are equal handles.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Dim(pub(crate) u32);

/// A size: a polynomial with integer coefficients in names that are bound when data arrives (`3`, `m`, `n - 1`, `m*n`).
///
/// Different names never match, and no name matches a number.
///
/// ```
/// use wrt_core::Dimension;
/// let (m, n) = (Dimension::name("m"), Dimension::name("n"));
/// assert_eq!(m.mul(&n).add(&Dimension::size(1)).to_string(), "m*n + 1");
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Dimension {
    /// Each product of names with its coefficient, none of which is 0; the empty product is the constant term.
    terms: BTreeMap<Vec<String>, i64>,
}

impl Dimension {
    /// A fixed size.
    pub fn size(n: u64) -> Dimension {
        Dimension::term(Vec::new(), i64::try_from(n).unwrap_or(i64::MAX))
    }

    /// A named size.
    pub fn name(name: &str) -> Dimension {
        Dimension::term(vec![name.to_string()], 1)
    }

    /// A size as it is written: a sum of products of numbers and names.
    ///
    /// ```
    /// use wrt_core::Dimension;
    /// assert_eq!(Dimension::read("2*n - 1").to_string(), "2*n - 1");
    /// ```
    pub fn read(text: &str) -> Dimension {
        let atom = |t: &str| match t.trim().parse::<u64>() {
            Ok(size) => Dimension::size(size),
            Err(_) => Dimension::name(t.trim()),
        };
        let product = |t: &str| t.split('*').map(atom).fold(Dimension::size(1), |a, b| a.mul(&b));
        let sum = |t: &str| t.split('+').map(product).fold(Dimension::default(), |a, b| a.add(&b));
        let mut parts = text.split('-');
        let first = parts.next().map(sum).unwrap_or_default();
        // `a - b + c` is a, then -b, then +c.
        parts.fold(first, |total, part| {
            let (minus, plus) = part.split_once('+').map_or((part, None), |(a, b)| (a, Some(b)));
            let total = total.sub(&product(minus));
            plus.map_or(total.clone(), |p| total.add(&sum(p)))
        })
    }

    fn term(names: Vec<String>, coefficient: i64) -> Dimension {
        let terms = if coefficient == 0 { BTreeMap::new() } else { BTreeMap::from([(names, coefficient)]) };
        Dimension { terms }
    }

    /// The size, if it is a number that is no less than 0.
    pub fn as_size(&self) -> Option<u64> {
        self.evaluate(|_| None)
    }

    /// The name, if it is only a name.
    pub fn as_name(&self) -> Option<&str> {
        let (names, coefficient) = self.terms.first_key_value()?;
        match names.as_slice() {
            [name] if self.terms.len() == 1 && *coefficient == 1 => Some(name),
            _ => None,
        }
    }

    /// The products of names with their coefficients.
    pub fn terms(&self) -> impl Iterator<Item = (&[String], i64)> {
        self.terms.iter().map(|(names, c)| (names.as_slice(), *c))
    }

    /// The size where names have these sizes; none where one is missing, or the result is negative or too large.
    pub fn evaluate(&self, size: impl Fn(&str) -> Option<u64>) -> Option<u64> {
        let mut total = 0i64;
        for (names, coefficient) in &self.terms {
            let mut product = *coefficient;
            for name in names {
                product = product.checked_mul(i64::try_from(size(name)?).ok()?)?;
            }
            total = total.checked_add(product)?;
        }
        u64::try_from(total).ok()
    }

    /// The one name without a size, and what it must be for the whole to be this size; none where several have none, or
    /// no whole number does.
    ///
    /// ```
    /// use wrt_core::Dimension;
    /// let size = |_: &str| None;
    /// assert_eq!(Dimension::read("4*k - 1").solved(7, size), Some(("k".to_string(), 2)));
    /// assert_eq!(Dimension::read("4*k").solved(7, size), None);
    /// ```
    pub fn solved(&self, whole: u64, size: impl Fn(&str) -> Option<u64>) -> Option<(String, u64)> {
        let mut rest = i64::try_from(whole).ok()?;
        let mut unknown: Option<(&String, i64)> = None;
        for (names, coefficient) in &self.terms {
            let (mut product, mut own) = (*coefficient, None);
            for name in names {
                match size(name) {
                    Some(n) => product = product.checked_mul(i64::try_from(n).ok()?)?,
                    None if own.is_none() => own = Some(name),
                    None => return None,
                }
            }
            match (own, unknown) {
                (None, _) => rest = rest.checked_sub(product)?,
                (Some(name), None) => unknown = Some((name, product)),
                (Some(name), Some((known, sum))) if name == known => unknown = Some((known, sum.checked_add(product)?)),
                _ => return None,
            }
        }
        let (name, factor) = unknown.filter(|(_, factor)| *factor != 0)?;
        let found = u64::try_from(rest / factor).ok()?;
        (rest % factor == 0).then(|| (name.clone(), found))
    }

    /// `self + other`
    pub fn add(&self, other: &Dimension) -> Dimension {
        self.plus(other, 1)
    }

    /// `self - other`
    pub fn sub(&self, other: &Dimension) -> Dimension {
        self.plus(other, -1)
    }

    fn plus(&self, other: &Dimension, sign: i64) -> Dimension {
        let mut terms = self.terms.clone();
        for (names, c) in &other.terms {
            let slot = terms.entry(names.clone()).or_insert(0);
            *slot = slot.saturating_add(c.saturating_mul(sign));
        }
        terms.retain(|_, c| *c != 0);
        Dimension { terms }
    }

    /// `self / by`, where that is a sum of whole multiples.
    ///
    /// ```
    /// use wrt_core::Dimension;
    /// assert_eq!(Dimension::read("32*n + 64").divided(32).unwrap().to_string(), "n + 2");
    /// assert_eq!(Dimension::read("n").divided(32), None);
    /// ```
    pub fn divided(&self, by: u64) -> Option<Dimension> {
        let by = i64::try_from(by).ok().filter(|by| *by > 0)?;
        let one = |(names, c): (&Vec<String>, &i64)| (c % by == 0).then(|| (names.clone(), c / by));
        Some(Dimension { terms: self.terms.iter().map(one).collect::<Option<_>>()? })
    }

    /// `self * other`
    pub fn mul(&self, other: &Dimension) -> Dimension {
        let mut product = Dimension::default();
        for (a, p) in &self.terms {
            for (b, q) in &other.terms {
                let mut names: Vec<String> = a.iter().chain(b).cloned().collect();
                names.sort();
                product = product.add(&Dimension::term(names, p.saturating_mul(*q)));
            }
        }
        product
    }
}

impl fmt::Debug for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// As it is written: a name, a number, or a formula of both.
impl From<&str> for Dimension {
    fn from(text: &str) -> Dimension {
        Dimension::read(text)
    }
}

impl From<usize> for Dimension {
    fn from(size: usize) -> Dimension {
        Dimension::size(size as u64)
    }
}

impl PartialEq<&str> for Dimension {
    fn eq(&self, text: &&str) -> bool {
        *self == Dimension::read(text)
    }
}

impl PartialEq<usize> for Dimension {
    fn eq(&self, size: &usize) -> bool {
        self.as_size() == Some(*size as u64)
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // As people write it: `n - 1`, `1 - n`, `m*n + 1`.
        let mut terms: Vec<(&Vec<String>, &i64)> = self.terms.iter().collect();
        terms.sort_by_key(|(names, c)| (**c < 0, names.is_empty()));
        if terms.is_empty() {
            return f.write_str("0");
        }
        for (k, (names, c)) in terms.into_iter().enumerate() {
            match (k, *c < 0) {
                (0, true) => f.write_str("-")?,
                (0, false) => {}
                (_, true) => f.write_str(" - ")?,
                (_, false) => f.write_str(" + ")?,
            }
            let size = c.unsigned_abs();
            match (names.is_empty(), size) {
                (true, _) => write!(f, "{size}")?,
                (false, 1) => f.write_str(&names.join("*"))?,
                (false, _) => write!(f, "{size}*{}", names.join("*"))?,
            }
        }
        Ok(())
    }
}

/// The axis labels of a contraction, Einstein style: a label that is not in the output is summed over.
///
/// The value at the output's labels is the sum, over all other labels, of the product of the factors at theirs. A label
/// of the output may repeat (a diagonal: `[0, 0]` without factors is the identity) or occur in no factor (ones); a label
/// that is summed and occurs in no factor multiplies by its dimension. A product of scalars has no labels at all.
///
/// Labels are numbered by first occurrence: the output's, then each factor's.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Labels {
    /// The dimension of each label.
    pub dims: Vec<Dim>,
    /// The labels of the result's axes.
    pub output: Vec<u8>,
    /// The labels of each factor's axes.
    pub factors: Vec<Vec<u8>>,
}

impl Labels {
    /// Is there no label anywhere?
    pub fn is_scalar(&self) -> bool {
        self.dims.is_empty()
    }

    /// Every order of a few labels.
    ///
    /// ```
    /// assert_eq!(wrt_core::Labels::orders(&[3, 5]), [[3, 5], [5, 3]]);
    /// ```
    pub fn orders(labels: &[u8]) -> Vec<Vec<u8>> {
        let mut all: Vec<Vec<u8>> = vec![Vec::new()];
        for _ in labels {
            all = all
                .into_iter()
                .flat_map(|head| {
                    let left: Vec<u8> = labels.iter().copied().filter(|l| !head.contains(l)).collect();
                    left.into_iter().map(move |l| [&head[..], &[l]].concat())
                })
                .collect();
        }
        all
    }

    /// Is the label summed over?
    pub fn is_summed(&self, label: u8) -> bool {
        !self.output.contains(&label)
    }
}

/// A position in the graph's list of shapes; the scalar's is zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct ShapeId(pub(crate) u32);

impl ShapeId {
    /// The shape of a scalar, in every graph.
    pub const SCALAR: ShapeId = ShapeId(0);
}

/// A position in the graph's list of labels; zero is the product of scalars.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct LabelsId(pub(crate) u32);

impl LabelsId {
    /// The labels of a product of scalars (none), in every graph.
    pub const SCALAR: LabelsId = LabelsId(0);
}

/// Values that are kept once each and known by their position.
#[derive(Clone, Debug)]
pub(crate) struct Interner<T> {
    items: Vec<T>,
    positions: HashTable<u32>,
}

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Interner { items: Vec::new(), positions: HashTable::new() }
    }
}

impl<T: Hash + Eq> Interner<T> {
    pub(crate) fn get(&self, position: u32) -> &T {
        &self.items[position as usize]
    }

    pub(crate) fn contains(&self, item: &T) -> bool {
        self.positions.find(hash_of(item), |p| self.items[*p as usize] == *item).is_some()
    }

    pub(crate) fn intern(&mut self, item: T) -> u32 {
        let hash = hash_of(&item);
        if let Some(position) = self.positions.find(hash, |p| self.items[*p as usize] == item) {
            return *position;
        }
        let position = u32::try_from(self.items.len()).expect("a graph holds fewer than 2^32 shapes");
        self.items.push(item);
        let items = &self.items;
        self.positions.insert_unique(hash, position, |p| hash_of(&items[*p as usize]));
        position
    }
}

//! Exact division, which is quick to say no.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::coefficient;
use crate::monomial::Monomial;
use crate::poly::{Poly, Term};

/// The most term products of one division.
const MAX_PRODUCTS: usize = 1 << 20;

impl Poly {
    /// The quotient, `None` where `divisor` does not divide (or is 0) or a coefficient overflows.
    pub fn div_exact(&self, divisor: &Self) -> Option<Self> {
        match &divisor.terms[..] {
            [] => None,
            &[term] => self.div_term(term),
            _ if self.is_zero() => Some(Self::zero()),
            _ if !may_divide(divisor, self) => None,
            _ => divide(&self.terms, &divisor.terms).map(Self::from_sorted),
        }
    }

    /// What is left after dividing by `divisor` as often as possible, and how often that was.
    ///
    /// Units, and the factors of 0, are never divided out.
    pub fn remove_factor(&self, divisor: &Self) -> (Self, u32) {
        let mut rest = self.clone();
        let mut times = 0;
        let is_unit = matches!(divisor.as_constant(), Some(-1..=1));
        if self.is_zero() || is_unit {
            return (rest, 0);
        }
        while let Some(quotient) = rest.div_exact(divisor) {
            rest = quotient;
            times += 1;
        }
        (rest, times)
    }
}

/// The sets of variables that are -1, the others being 1, where a division is tried in integers.
const SIGNS: [u128; 3] = [0, 0x0101_0101_0101_0101_0101_0101_0101_0101, 0x0001_0001_0001_0001_0001_0001_0001_0001];

/// Whether nothing cheap speaks against `d` dividing `p`; neither is zero.
///
/// Looks at the leading and the trailing term, the degrees, and the values at some points of
/// coordinates 1 and -1, which are integers that have to divide too.
fn may_divide(d: &Poly, p: &Poly) -> bool {
    let ends = |p: &Poly| (p.terms[0], p.terms[p.len() - 1]);
    let ((lead, last), (d_lead, d_last)) = (ends(p), ends(d));
    d_lead.0.divides(lead.0)
        && d_last.0.divides(last.0)
        && coefficient::div_exact(lead.1, d_lead.1).is_some()
        && coefficient::div_exact(last.1, d_last.1).is_some()
        && d.degrees().divides(p.degrees())
        && SIGNS.iter().all(|&set| divides_at_signs(d, p, set))
}

fn divides_at_signs(d: &Poly, p: &Poly, set: u128) -> bool {
    match value_at_signs(d, set) {
        None | Some(1 | -1) => true,
        Some(0) => value_at_signs(p, set).is_none_or(|value| value == 0),
        Some(divisor) => value_at_signs(p, set).is_none_or(|v| coefficient::div_exact(v, divisor).is_some()),
    }
}

/// The value where the variables in `set` are -1 and the others 1.
fn value_at_signs(p: &Poly, set: u128) -> Option<i128> {
    let mut value = 0i128;
    for &(m, c) in &p.terms {
        value = value.checked_add(if m.is_odd_on(set) { -c } else { c })?;
    }
    Some(value)
}

/// A product of a quotient term and a divisor term that is still to be subtracted.
struct Pending {
    monomial: Monomial,
    quotient: usize,
    divisor: usize,
}

impl PartialEq for Pending {
    fn eq(&self, other: &Self) -> bool {
        self.monomial == other.monomial
    }
}

impl Eq for Pending {}

impl PartialOrd for Pending {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Pending {
    fn cmp(&self, other: &Self) -> Ordering {
        self.monomial.cmp(&other.monomial)
    }
}

/// Johnson's division with a heap: every quotient term has the largest of its products that is not
/// yet subtracted in the heap, so the remainder is never written out.
///
/// A quotient term outside of the box given by the degrees of `p` ends it at once; without that a
/// division that fails could go on for long.
fn divide(p: &[Term], d: &[Term]) -> Option<Vec<Term>> {
    let (lead, lead_coefficient) = d[0];
    let degrees = |terms: &[Term]| terms.iter().fold(Monomial::ONE, |m, t| m.lcm(t.0));
    let bound = degrees(p).checked_div(degrees(d))?;
    let smallest = p[p.len() - 1].0.checked_div(d[d.len() - 1].0)?;
    let mut quotient: Vec<Term> = Vec::with_capacity(p.len());
    let mut heap: BinaryHeap<Pending> = BinaryHeap::with_capacity(16);
    let mut rest = p.iter().copied().peekable();
    let mut steps = 0;
    loop {
        let top = heap.peek().map(|pending| pending.monomial);
        let next = rest.peek().map(|t| t.0);
        let Some(monomial) = top.max(next) else {
            return Some(quotient);
        };
        let mut c = rest.next_if(|t| t.0 == monomial).map_or(0, |t| t.1);
        while let Some(mut pending) = heap.peek_mut().filter(|top| top.monomial == monomial) {
            let product = coefficient::mul(quotient[pending.quotient].1, d[pending.divisor].1)?;
            c = coefficient::add(c, -product)?;
            pending.divisor += 1;
            match d.get(pending.divisor) {
                // In range: the monomial is below a product that is.
                Some(term) => {
                    let factor = quotient[pending.quotient].0;
                    pending.monomial = factor.checked_mul(term.0)?;
                }
                None => drop(std::collections::binary_heap::PeekMut::pop(pending)),
            }
            steps += 1;
        }
        if c == 0 {
            continue;
        }
        let factor = monomial.checked_div(lead)?;
        if !factor.divides(bound) || factor < smallest || steps > MAX_PRODUCTS {
            return None;
        }
        heap.push(Pending { monomial: factor.checked_mul(d[1].0)?, quotient: quotient.len(), divisor: 1 });
        quotient.push((factor, coefficient::div_exact(c, lead_coefficient)?));
    }
}

//! Sums of powers of an infinitesimal and of its logarithm, largest first, with what is left out.

use std::cmp::Ordering;

use wrt_core::Number;

use super::Series;

/// The most terms; what lies beyond them is left out.
pub(super) const MAX_TERMS: usize = 10;
/// The same where coefficients are series themselves: at a distance from the point nothing is singular any more.
pub(super) const NESTED_TERMS: usize = 4;

/// `h^power · log(1/h)^logarithms`, for an infinitesimal h > 0.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Monomial {
    pub power: Number,
    pub logarithms: i32,
}

impl Monomial {
    pub fn one() -> Monomial {
        Monomial::power(Number::ZERO)
    }

    pub fn power(power: Number) -> Monomial {
        Monomial { power, logarithms: 0 }
    }

    pub fn times(&self, other: &Monomial) -> Monomial {
        Monomial { power: &self.power + &other.power, logarithms: self.logarithms + other.logarithms }
    }

    pub fn over(&self, other: &Monomial) -> Monomial {
        Monomial { power: &self.power - &other.power, logarithms: self.logarithms - other.logarithms }
    }

    /// By size, as h falls to 0.
    pub fn size(&self, other: &Monomial) -> Ordering {
        other.power.cmp(&self.power).then(self.logarithms.cmp(&other.logarithms))
    }
}

/// `Σ coefficient · monomial + O(error)`: the largest first, no coefficient known to be zero, none as small as the error.
#[derive(Clone, Debug)]
pub(super) struct Expansion {
    /// Which infinitesimal: one of a higher level is smaller than every power of those below, which may stand in the
    /// coefficients.
    pub level: u8,
    pub terms: Vec<(Monomial, Series)>,
    /// What is left out is at most in proportion to this.
    pub error: Option<Monomial>,
}

impl Expansion {
    pub fn new(level: u8, mut terms: Vec<(Monomial, Series)>, mut error: Option<Monomial>) -> Expansion {
        terms.sort_by(|(a, _), (b, _)| b.size(a));
        let mut merged: Vec<(Monomial, Series)> = Vec::with_capacity(terms.len());
        for (monomial, coefficient) in terms {
            match merged.last_mut() {
                Some((last, sum)) if *last == monomial => *sum = sum.clone() + coefficient,
                _ => merged.push((monomial, coefficient)),
            }
        }
        merged.retain(|(_, c)| !c.is_zero());
        if let Some(error) = &error {
            merged.retain(|(m, _)| m.size(error).is_gt());
        }
        let most = merged.iter().map(|(_, c)| c.count()).min().unwrap_or(MAX_TERMS);
        if merged.len() > most {
            error = Some(merged[most].0.clone());
            merged.truncate(most);
        }
        Expansion { level, terms: merged, error }
    }

    /// A number, or a series in larger infinitesimals.
    pub fn constant(level: u8, value: Series) -> Expansion {
        Expansion::new(level, vec![(Monomial::one(), value)], None)
    }

    /// The largest monomial that occurs, or may.
    pub fn lead(&self) -> Option<&Monomial> {
        self.terms.first().map(|(m, _)| m).or(self.error.as_ref())
    }

    pub fn plus(&self, other: &Expansion) -> Expansion {
        let terms = self.terms.iter().chain(&other.terms).cloned().collect();
        let error = match (&self.error, &other.error) {
            (Some(a), Some(b)) => Some(if a.size(b).is_gt() { a } else { b }),
            (a, b) => a.as_ref().or(b.as_ref()),
        };
        Expansion::new(self.level, terms, error.cloned())
    }

    pub fn times(&self, other: &Expansion) -> Expansion {
        let mut error: Option<Monomial> = None;
        let pairs = [(&self.error, other.lead()), (&other.error, self.lead())];
        for (e, lead) in pairs {
            if let (Some(e), Some(lead)) = (e, lead) {
                let product = e.times(lead);
                error = Some(error.filter(|known| known.size(&product).is_gt()).unwrap_or(product));
            }
        }
        let mut terms = Vec::with_capacity(self.terms.len() * other.terms.len());
        for (m, a) in &self.terms {
            for (n, b) in &other.terms {
                let monomial = m.times(n);
                if error.as_ref().is_none_or(|e| monomial.size(e).is_gt()) {
                    terms.push((monomial, a.clone() * b.clone()));
                }
            }
        }
        Expansion::new(self.level, terms, error)
    }

    /// Every coefficient changed.
    pub fn map(&self, of: impl Fn(&Series) -> Series) -> Expansion {
        let terms = self.terms.iter().map(|(m, c)| (m.clone(), of(c))).collect();
        Expansion::new(self.level, terms, self.error.clone())
    }

    /// Times a monomial.
    pub fn shifted(&self, by: &Monomial) -> Expansion {
        let terms = self.terms.iter().map(|(m, c)| (m.times(by), c.clone())).collect();
        Expansion { level: self.level, terms, error: self.error.as_ref().map(|e| e.times(by)) }
    }

    /// The part that stays finite, and the infinitesimal rest; none for what grows.
    pub fn split(&self) -> Option<(Option<Series>, Expansion)> {
        let one = Monomial::one();
        if self.lead().is_some_and(|m| m.size(&one).is_gt()) || self.error.as_ref().is_some_and(|e| *e == one) {
            return None;
        }
        let mut rest = self.clone();
        let finite = match rest.terms.first() {
            Some((m, _)) if *m == one => Some(rest.terms.remove(0).1),
            _ => None,
        };
        Some((finite, rest))
    }

    /// `Σ coefficients[n] · self^n` of an infinitesimal, the coefficients being those of all powers.
    pub fn compose(&self, coefficients: &[Series]) -> Expansion {
        let mut total = Expansion::new(self.level, Vec::new(), None);
        for coefficient in coefficients.iter().rev() {
            total = total.times(self).plus(&Expansion::constant(self.level, coefficient.clone()));
        }
        // The first power without a coefficient.
        let left = self.lead().map(|lead| {
            let times = Number::integer(coefficients.len() as i64);
            Monomial { power: &lead.power * &times, logarithms: lead.logarithms * coefficients.len() as i32 }
        });
        match left {
            Some(left) => total.plus(&Expansion { level: self.level, terms: Vec::new(), error: Some(left) }),
            None => total,
        }
    }

    /// The derivative by the infinitesimal.
    pub fn derivative(&self) -> Expansion {
        let mut terms = Vec::with_capacity(self.terms.len());
        for (m, c) in &self.terms {
            let below = &m.power - &Number::ONE;
            let power = c.exactly(&m.power);
            terms.push((Monomial { power: below.clone(), logarithms: m.logarithms }, c.clone() * power));
            let logarithms = c.exactly(&Number::integer(-i64::from(m.logarithms)));
            terms.push((Monomial { power: below, logarithms: m.logarithms - 1 }, c.clone() * logarithms));
        }
        let error = self.error.as_ref().map(|e| e.over(&Monomial::power(Number::ONE)));
        Expansion::new(self.level, terms, error)
    }

    /// The integral from 0; none where there is none, or it is no such sum.
    pub fn integral(&self) -> Option<Expansion> {
        let mut terms = Vec::with_capacity(self.terms.len());
        for (m, c) in &self.terms {
            let above = &m.power + &Number::ONE;
            if above.is_zero() || above.is_negative() || m.logarithms < 0 {
                return None;
            }
            // ∫ h^a L^k = h^(a+1) L^k/(a+1) + k/(a+1) ∫ h^a L^(k-1), as dL/dh = -1/h.
            let inverse = c.exactly(&above.recip()?);
            let mut factor = c.clone() * inverse.clone();
            for k in (0..=m.logarithms).rev() {
                terms.push((Monomial { power: above.clone(), logarithms: k }, factor.clone()));
                factor = factor * c.exactly(&Number::integer(i64::from(k))) * inverse.clone();
            }
        }
        let error = match &self.error {
            Some(e) if (&e.power + &Number::ONE).is_zero() || (&e.power + &Number::ONE).is_negative() => return None,
            e => e.as_ref().map(|e| e.times(&Monomial::power(Number::ONE))),
        };
        Some(Expansion::new(self.level, terms, error))
    }
}

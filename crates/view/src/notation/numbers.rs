//! Products of numbers: as the graph has them, a fraction behind the other where the factors stand in that order.

use wrt_core::{Number, Primitive};

use super::tree::{Expression, Expressions, Notation, Product};

/// What stands above a bar, and below it.
type Factors = (Vec<Expression>, Vec<Expression>);

impl Expressions {
    /// The product of a number and fractions, none of which is a product itself above its bar.
    pub(crate) fn fractions(&mut self, coefficient: Number, fractions: Vec<Factors>) -> Expression {
        let several = fractions.len() > 1;
        let sign = if several && coefficient.is_negative() { Number::MINUS_ONE } else { Number::ONE };
        let mut coefficient = if several { coefficient.abs() } else { coefficient };
        let mut row = Vec::with_capacity(fractions.len());
        for (scalars, below) in fractions {
            // The number stands in the first one.
            let coefficient = std::mem::replace(&mut coefficient, Number::ONE);
            row.push(match (scalars.as_slice(), below.is_empty()) {
                ([], true) => self.number(coefficient),
                ([single], true) if coefficient.is_one() => *single,
                _ => self.intern(Notation::Product(Product { coefficient, scalars, tensor: Vec::new(), below }), 0),
            });
        }
        match row.as_slice() {
            [] => self.number(coefficient),
            [single] => *single,
            _ => {
                let row = Product { coefficient: sign, scalars: row, ..Product::one() };
                self.intern(Notation::Product(row), 0)
            }
        }
    }

    /// A fraction of numbers before an exponential; of anything else one fraction.
    pub(super) fn before(&mut self, fraction: Expression, tower: Expression) -> Expression {
        let Notation::Product(p) = self.notation(fraction).clone() else { return self.elementwise(fraction, tower) };
        if !p.tensor.is_empty() {
            return self.elementwise(fraction, tower);
        }
        // The sign stands before all.
        let coefficient = if p.coefficient.is_negative() { Number::MINUS_ONE } else { Number::ONE };
        let front = self.intern(Notation::Product(Product { coefficient: p.coefficient.abs(), ..p }), 0);
        let row = Product { coefficient, scalars: vec![front, tower], ..Product::one() };
        self.intern(Notation::Product(row), 0)
    }

    /// Is it an exponential, or a power to what is no number?
    pub(super) fn is_exponential(&self, e: Expression) -> bool {
        matches!(self.notation(e), Notation::Map(Primitive::Exp, _) | Notation::Power(..))
    }

    /// `c * e`
    pub(super) fn scaled_number(&mut self, c: &Number, e: Expression) -> Expression {
        let whole = Product { coefficient: c.clone(), scalars: vec![e], ..Product::one() };
        let scaled = match self.notation(e).clone() {
            Notation::Number(n) => n.checked_mul(c).map(|n| self.number(n)),
            Notation::Product(mut p) if self.is_row(&p) => {
                let first = self.scaled_number(&c.abs(), p.scalars[0]);
                p.scalars[0] = first;
                if c.is_negative() {
                    p.coefficient = -&p.coefficient;
                }
                Some(self.intern(Notation::Product(p), 0))
            }
            Notation::Product(p) => p.coefficient.checked_mul(c).map(|coefficient| {
                let alone = coefficient.is_one() && p.below.is_empty();
                match p.scalars.as_slice() {
                    [single] if alone => *single,
                    _ => self.intern(Notation::Product(Product { coefficient, ..p }), 0),
                }
            }),
            _ => None,
        };
        scaled.unwrap_or_else(|| self.intern(Notation::Product(whole), 0))
    }

    /// Are its factors fractions, one behind the other?
    pub(crate) fn is_row(&self, p: &Product) -> bool {
        p.below.is_empty() && p.scalars.len() > 1 && self.is_product(p.scalars[0])
    }

    /// Is it a product of numbers?
    pub(crate) fn is_product(&self, e: Expression) -> bool {
        matches!(self.notation(e), Notation::Product(p) if p.tensor.is_empty())
    }

    /// With the products among its scalars, above and below the bar, in their places: one fraction.
    pub(super) fn opened(&mut self, p: Product) -> Product {
        if !p.scalars.iter().chain(&p.below).any(|e| self.is_product(*e)) {
            return p;
        }
        let mut open: Vec<(Expression, bool)> = p.below.iter().rev().map(|e| (*e, true)).collect();
        open.extend(p.scalars.iter().rev().map(|e| (*e, false)));
        let mut all = Product { scalars: Vec::new(), below: Vec::new(), ..p };
        while let Some((e, below)) = open.pop() {
            let inner = match self.notation(e) {
                Notation::Product(p) if p.tensor.is_empty() => Some(p.clone()),
                _ => None,
            };
            let by =
                inner.as_ref().and_then(|p| if below { p.coefficient.recip() } else { Some(p.coefficient.clone()) });
            match (inner, by.and_then(|by| all.coefficient.checked_mul(&by))) {
                (Some(p), Some(coefficient)) => {
                    all.coefficient = coefficient;
                    open.extend(p.below.iter().rev().map(|e| (*e, !below)));
                    open.extend(p.scalars.iter().rev().map(|e| (*e, below)));
                }
                _ if below => all.below.push(e),
                _ => all.scalars.push(e),
            }
        }
        all
    }
}

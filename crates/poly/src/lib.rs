//! Sparse polynomials with integer coefficients, made for many small problems.
//!
//! ```
//! # fn example() -> Option<()> {
//! use wrt_poly::Poly;
//! let (x, y) = (Poly::variable(0), Poly::variable(1));
//! let sum = x.add(&y)?;
//! let product = sum.mul(&x.sub(&y)?)?;
//! assert_eq!(format!("{product:?}"), "x0^2 - x1^2");
//! assert_eq!(product.div_exact(&sum), x.sub(&y));
//! # Some(()) }
//! # example().unwrap();
//! ```
//!
//! A [`Poly`] is a sorted vector of terms, a [`Monomial`] one `u128`: at most sixteen variables,
//! and exponents up to 127. Coefficients are `i128`. Every operation that can overflow returns an
//! `Option`; those that can take long are given a [`Budget`].
//!
//! * arithmetic: [`add`](Poly::add), [`sub`](Poly::sub), [`neg`](Poly::neg),
//!   [`scale`](Poly::scale), [`mul`](Poly::mul), [`mul_within`](Poly::mul_within),
//!   [`pow`](Poly::pow);
//! * division: [`div_exact`](Poly::div_exact), [`remove_factor`](Poly::remove_factor);
//! * common divisors: [`gcd()`], [`gcd_cofactors`];
//! * factors: [`square_free()`], [`factor()`], [`sqrt`](Poly::sqrt),
//!   [`derivative`](Poly::derivative);
//! * parts: [`content`](Poly::content), [`monomial_content`](Poly::monomial_content),
//!   [`primitive_part`](Poly::primitive_part), [`coefficients_in`](Poly::coefficients_in);
//! * relations: [`reduce_power`](Poly::reduce_power);
//! * a quick look: [`variables`](Poly::variables), [`degrees`](Poly::degrees),
//!   [`evaluate`](Poly::evaluate) modulo a prime.

mod arithmetic;
mod budget;
mod coefficient;
mod content;
mod dense;
mod divide;
mod factor;
mod gcd;
mod modular;
mod monomial;
mod poly;
mod reduce;
mod root;
mod square_free;

pub use budget::Budget;
pub use factor::{Factors, factor};
pub use gcd::{gcd, gcd_cofactors};
pub use modular::PRIME;
pub use monomial::{MAX_EXPONENT, Monomial, VARIABLES};
pub use poly::{Poly, Term};
pub use square_free::square_free;

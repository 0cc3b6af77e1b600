//! Rigorous enclosures of real numbers: midpoint, radius, and every elementary function of them.
//!
//! A [`Ball`] is a number of arbitrary precision together with a bound of its error. Each operation
//! takes a working precision in bits and returns a ball that certainly contains the true result for
//! every point of the balls it was given; where that is impossible it says why: an exact infinity,
//! [`Ball::Undefined`], or [`Ball::Unknown`] at this precision. The arithmetic is that of
//! F. Johansson, "Arb: efficient arbitrary-precision midpoint-radius interval arithmetic" (IEEE
//! Transactions on Computers, 2017).
//!
//! ```
//! use wrt_balls::Ball;
//! // Ask for digits, and raise the precision until they are sure.
//! let x = Ball::from_f64(1e22);
//! let digits = [64, 128, 256].iter().find_map(|&prec| x.sin(prec).to_decimal(30));
//! assert_eq!(digits.unwrap(), "-0.852200849767188801772705893753");
//! ```
//!
//! Limits: numbers beyond `2^±2^60` are not represented (too large is unknown, too small is `0 ± r`);
//! precision is cut at [`MAX_PREC`] bits, and at 8192 for the gamma and error functions; sine and
//! cosine of numbers beyond `2^100000` are just within `0 ± 1`, polygamma stops at order 2000.

mod arith;
mod ball;
mod bernoulli;
mod consts;
mod convert;
mod decimal;
mod erf;
mod exp;
mod fixed;
mod float;
mod gamma;
mod hyper;
mod invtrig;
mod lift;
mod limbs;
mod mag;
mod order;
mod polygamma;
mod pow;
mod roots;
mod trig;

pub use ball::{Ball, Finite, MAX_PREC};
pub use consts::{e, euler_gamma, ln2, pi};

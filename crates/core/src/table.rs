//! The table of primitives: everything that wrt knows about a function stands in its one row.
//!
//! A row reads `Sin: f = sin(x) { … }`. Its columns are
//! - `synonyms`: further names that the language understands; `defaults`: values of trailing arguments left out;
//! - `derivative`: for each argument `d(…)`, an expression in the arguments and the value `f`; or `zero("why")`
//!   or `undefined("why")`. Forward and reverse mode follow from it;
//! - `value`: how to compute it in any [`Real`] kind of number;
//! - `spelling`: LaTeX, Unicode, Rust, C, NumPy, JAX; `{0}` is an argument as it stands, `[0]` one that is put into
//!   parentheses unless it is atomic, `{#0}` one that must be an integer's literal; around them a comparison in code is a
//!   truth value, an empty spelling says that there is none, or that a power is written with a sign;
//! - `domain`: where it is defined; `range`: its values; `parity`; `kink`: the value chosen where the derivative jumps;
//! - `samples`: points of the domain (exact) at which the sweep tests the row; `ulp`: by how many units in the last place
//!   compiled programs may be off, which `cargo run --release -p wrt-trials -- --kind ulp` measures; `note`: floating-point
//!   advice.
//!
//! Formulas are those of the NIST Digital Library of Mathematical Functions (chapters 4, 5, 7); the activations cite
//! their papers in the notes.

use crate::builder::Ex;

/// The derivative with respect to one argument.
#[derive(Clone, Copy)]
pub enum Derivative {
    /// An expression of the arguments and the value.
    Partial(for<'b> fn(&[Ex<'b>], Ex<'b>) -> Ex<'b>),
    /// Zero wherever it exists, with the reason.
    Zero(&'static str),
    /// There is none, with the reason.
    Undefined(&'static str),
}

/// How a primitive is written in the language.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// `name(x, y)`
    Call,
    /// `x < y`
    Infix(&'static str),
    /// `x ^ y`
    Power,
}

/// What kind of values a primitive has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ValueKind {
    /// Real numbers.
    Real,
    /// 1 for true, 0 for false.
    Truth,
}

/// Symmetry in the sign of the only argument.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Parity {
    /// f(−x) = f(x)
    Even,
    /// f(−x) = −f(x)
    Odd,
    /// Neither.
    Neither,
}

/// The interval that the values lie in, and whether its ends are left out.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Range {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// Are the ends never reached?
    pub open: bool,
}

impl Range {
    const REALS: Range = Range::open(f64::NEG_INFINITY, f64::INFINITY);

    const fn open(low: f64, high: f64) -> Range {
        Range { low, high, open: true }
    }

    const fn closed(low: f64, high: f64) -> Range {
        Range { low, high, open: false }
    }

    /// Is every value above zero?
    pub fn is_positive(&self) -> bool {
        self.low > 0.0 || (self.low == 0.0 && self.open)
    }

    /// Is no value below zero?
    pub fn is_nonnegative(&self) -> bool {
        self.low >= 0.0
    }
}

/// How a primitive is written elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct Spelling {
    /// LaTeX, math mode.
    pub latex: &'static str,
    /// Plain text with mathematical signs.
    pub unicode: &'static str,
    /// Rust, on `f64`.
    pub rust: &'static str,
    /// C, with `math.h`.
    pub c: &'static str,
    /// Python with `numpy as np` and `scipy`.
    pub numpy: &'static str,
    /// Python with `jax.numpy as jnp`.
    pub jax: &'static str,
}

/// A bound on how far compiled programs are off, in units in the last place.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Ulp {
    /// In single precision.
    pub single: f64,
    /// In double precision.
    pub double: f64,
    /// A unit is at least as much as the value changes between the last argument and its nearer neighbour: beside a zero that
    /// no number is, where values are small since larger ones cancel.
    pub beside_zeros: bool,
}

impl Ulp {
    /// What compares, chooses or rounds has no error.
    pub(crate) const EXACT: Ulp = Ulp::of_value(0.0, 0.0);

    /// Units of the value.
    pub(crate) const fn of_value(single: f64, double: f64) -> Ulp {
        Ulp { single, double, beside_zeros: false }
    }

    /// Units of the value, or of what a unit of the argument makes of it.
    pub(crate) const fn beside_zeros(single: f64, double: f64) -> Ulp {
        Ulp { single, double, beside_zeros: true }
    }
}

/// Everything that is known about a primitive.
pub struct Row {
    /// The name in the language.
    pub name: &'static str,
    /// The names of the arguments.
    pub arguments: &'static [&'static str],
    /// Further names.
    pub synonyms: &'static [&'static str],
    /// Values of the last arguments where they are left out.
    pub defaults: &'static [(i64, i64)],
    /// With respect to each argument.
    pub derivative: &'static [Derivative],
    /// How it is written in the language.
    pub form: Form,
    /// What kind of values it has.
    pub kind: ValueKind,
    /// How it is written elsewhere.
    pub spelling: Spelling,
    /// Where it is defined.
    pub domain: &'static str,
    /// Its values.
    pub range: Range,
    /// Its symmetry.
    pub parity: Parity,
    /// The value that is chosen where the derivative jumps; empty where it never does.
    pub kink: &'static str,
    /// Points of the domain where the derivative exists.
    pub samples: &'static [&'static [f64]],
    /// How far compiled programs are off, anywhere in its domain.
    pub ulp: Ulp,
    /// What to know about floating point, or the source.
    pub note: &'static str,
}

/// The name of a row; a trailing `_` keeps Rust's own words apart (`where_`).
const fn language_name(name: &'static str) -> &'static str {
    match name.as_bytes() {
        [.., b'_'] => name.split_at(name.len() - 1).0,
        _ => name,
    }
}

macro_rules! derivative {
    (d($partial:expr), $f:ident, ($($arg:ident),+)) => {
        Derivative::Partial(|args, $f| {
            let &[$($arg),+] = args else { return $f };
            // Most partials need only some of the arguments.
            let _ = ($($arg,)+);
            $partial
        })
    };
    (zero($why:literal), $f:ident, $args:tt) => {
        Derivative::Zero($why)
    };
    (undefined($why:literal), $f:ident, $args:tt) => {
        Derivative::Undefined($why)
    };
}

macro_rules! argument_names {
    (($($arg:ident),+)) => { &[$(stringify!($arg)),+] };
}

macro_rules! evaluation {
    ($values:ident, $name:ident, ($($arg:ident),+), $value:expr) => {{
        let [$($arg),+] = $values else { panic!("arguments of {}", stringify!($name)) };
        $(let $arg = $arg.clone();)+
        $value
    }};
}

macro_rules! function {
    ($variant:ident, $name:ident, ($($arg:ident),+)) => {
        pub fn $name<'b>($($arg: Ex<'b>),+) -> Ex<'b> {
            Ex::apply(Primitive::$variant, &[$($arg),+])
        }
    };
}

macro_rules! method {
    ($variant:ident, $name:ident, ($first:ident $(, $arg:ident)*), $domain:literal) => {
        #[doc = concat!("`", stringify!($name), "`, defined for ", $domain, "; `", stringify!($first), "` is `self`")]
        #[track_caller]
        fn $name(&self $(, $arg: &Self)*) -> Self {
            Self::apply(Primitive::$variant, &[self $(, $arg)*])
        }
    };
}

macro_rules! primitives {
    ($($variant:ident: $f:ident = $name:ident $args:tt {
        synonyms: $synonyms:expr, defaults: $defaults:expr,
        derivative: [$($kind:ident($($partial:tt)*)),+],
        value: $value:expr,
        form: $form:expr, kind: $values:expr,
        spelling: [$latex:literal, $unicode:literal, $rust:literal, $c:literal, $numpy:literal, $jax:literal],
        domain: $domain:literal, range: $range:expr, parity: $parity:expr, kink: $kink:literal,
        samples: $samples:expr, ulp: $ulp:expr, note: $note:literal $(,)?
    })*) => {
        /// An elementwise primitive; its [`Row`] tells all about it.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u8)]
        pub enum Primitive {
            $(#[doc = concat!("`", stringify!($name), "`, defined for ", $domain)] $variant),*
        }

        impl Primitive {
            /// Every primitive, in the order of the table.
            pub const ALL: &'static [Primitive] = &[$(Primitive::$variant),*];

            /// The value at a point, in any kind of number.
            ///
            /// # Panics
            /// If the number of arguments is not the primitive's.
            #[inline]
            pub fn evaluate<N: crate::Computed>(self, args: &[N]) -> N {
                N::primitive(self, args)
            }

            /// What [`computed`](crate::computed) compiles.
            #[doc(hidden)]
            pub fn compute<N: Real>(self, args: &[N]) -> N {
                match self {
                    $(Primitive::$variant => evaluation!(args, $name, $args, $value)),*
                }
            }
        }

        pub(super) static ROWS: &[Row] = &[$(Row {
            name: super::language_name(stringify!($name)),
            arguments: argument_names!($args),
            synonyms: &$synonyms,
            defaults: &$defaults,
            derivative: &[$(derivative!($kind($($partial)*), $f, $args)),+],
            form: $form,
            kind: $values,
            spelling: Spelling { latex: $latex, unicode: $unicode, rust: $rust, c: $c, numpy: $numpy, jax: $jax },
            domain: $domain,
            range: $range,
            parity: $parity,
            kink: $kink,
            samples: &$samples,
            ulp: $ulp,
            note: $note,
        }),*];

        $(const _: () = assert!(
            [$(stringify!($kind)),+].len() == (argument_names!($args) as &[&str]).len(),
            concat!("row ", stringify!($name), ": one derivative for each argument")
        );)*

        /// Every primitive as a method: what a kind of expression needs to offer is [`Functions::apply`].
        pub trait Functions: Sized {
            /// A primitive of these arguments.
            #[track_caller]
            fn apply(primitive: Primitive, args: &[&Self]) -> Self;
            $(method!($variant, $name, $args, $domain);)*
        }

        /// The primitives as functions on handles, for the derivative column.
        #[allow(missing_docs, dead_code)]
        mod call {
            use super::Primitive;
            use crate::builder::Ex;
            $(function!($variant, $name, $args);)*
        }
    };
}

impl Primitive {
    /// Its row.
    pub fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// Its name in the language.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Does it have a value wherever its arguments have one?
    pub fn is_defined_everywhere(self) -> bool {
        self.row().domain.starts_with("all")
    }

    /// The number of its arguments.
    pub fn arity(self) -> usize {
        self.row().arguments.len()
    }

    /// The primitive of that name or synonym.
    pub fn from_name(name: &str) -> Option<Primitive> {
        Primitive::ALL.iter().copied().find(|p| p.row().name == name || p.row().synonyms.contains(&name))
    }
}

pub mod operations;
mod rows;
mod values;
pub use operations::{Operation, OperationRow, OperationSpelling, Pullback};
use rows::ROWS;
pub use rows::{Functions, Primitive};

//! Functions of expressions, as methods and by name.

use wrt_core::{Functions, Primitive};
use wrt_language::{Argument, Operator, TensorFunctions};

use crate::error::Error;
use crate::expr::{Expr, made, quoted};

/// Functions by name.
impl Expr {
    /// A function of the language by its name: any that computes with its arguments.
    ///
    /// # Errors
    /// For a function that doesn't exist, other arguments than it has, shapes that don't fit.
    ///
    /// ```
    /// use wrt::{Expr, tensor};
    /// let x = tensor("x", ["n"]);
    /// assert_eq!(Expr::call("softmax", &[&x])?.to_string(), "softmax(x)");
    /// let error = Expr::call("sofmax", &[&x]).unwrap_err();
    /// assert_eq!(error.to_string(), "there is no function `sofmax`; did you mean `softmax`?");
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn call(name: &str, args: &[&Expr]) -> Result<Expr, Error> {
        Expr::call_with(name, args, &[])
    }

    /// Expressions of one shape along a new first axis, `[a, b, c]` in the language.
    ///
    /// # Errors
    /// For expressions of different shapes, or none.
    ///
    /// ```
    /// use wrt::{Expr, symbol};
    /// let (x, y) = (symbol("x"), symbol("y"));
    /// assert_eq!(Expr::list(&[&x, &y, &(&x * &y)])?.to_string(), "[x, y, x*y]");
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn list(entries: &[&Expr]) -> Result<Expr, Error> {
        Expr::combine(entries, |g, values| wrt_language::list(g, values, &quoted))
    }

    /// As [`Expr::call`], with arguments that are given by name.
    ///
    /// # Errors
    /// As [`Expr::call`].
    ///
    /// ```
    /// use wrt::{Expr, tensor};
    /// let x = tensor("X", ["m", "n"]);
    /// let sums = Expr::call_with("cumsum", &[&x], &[("axis", 0.into()), ("reverse", 1.into())])?;
    /// assert_eq!(sums.to_string(), "cumsum(X, axis=0, reverse=1)");
    /// assert_eq!(Expr::call_with("mean", &[&x], &[("over", "m".into())])?.shape(), ["n"]);
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn call_with(name: &str, args: &[&Expr], settings: &[(&str, Setting)]) -> Result<Expr, Error> {
        let values = settings.iter().filter_map(|(_, s)| if let Setting::Value(e) = s { Some(e) } else { None });
        let all: Vec<&Expr> = args.iter().copied().chain(values).collect();
        Expr::combine(&all, |g, values| {
            let (plain, mut more) = (&values[..args.len()], values[args.len()..].iter());
            let mut given: Vec<_> = plain.iter().map(|v| (None, Argument::Value(v.clone()))).collect();
            given.extend(settings.iter().filter_map(|(name, setting)| match setting {
                Setting::Value(_) => Some((Some(*name), Argument::Value(more.next()?.clone()))),
                Setting::Word(word) => Some((Some(*name), Argument::Word(word.as_str()))),
            }));
            wrt_language::call(g, name, given, &quoted)
        })
    }
}

/// An argument of a function that is given by name: a value, or a word such as the name of a dimension.
///
/// ```
/// use wrt::{Expr, Setting, tensor};
/// let settings = [("axis", Setting::from(0))];
/// assert_eq!(Expr::call_with("max", &[&tensor("X", [2, 3])], &settings)?.shape(), [3]);
/// # Ok::<(), wrt::Error>(())
/// ```
#[derive(Clone, Debug)]
pub enum Setting {
    /// `axis=0`
    Value(Expr),
    /// `over=m`, `padding=same`
    Word(String),
}

impl<T: Into<Expr>> From<T> for Setting {
    fn from(value: T) -> Setting {
        Setting::Value(value.into())
    }
}

impl From<&str> for Setting {
    fn from(word: &str) -> Setting {
        Setting::Word(word.to_string())
    }
}

impl Functions for Expr {
    #[track_caller]
    fn apply(primitive: Primitive, args: &[&Expr]) -> Expr {
        match (primitive, args) {
            (Primitive::Pow, [a, b]) => made(a.binary(Operator::Power, b)),
            _ => made(Expr::call(primitive.name(), args)),
        }
    }
}

impl TensorFunctions for Expr {
    #[track_caller]
    fn call_function(name: &str, args: &[&Expr], settings: &[(&str, i64)]) -> Expr {
        let settings: Vec<(&str, Setting)> = settings.iter().map(|(name, n)| (*name, Setting::from(*n))).collect();
        made(Expr::call_with(name, args, &settings))
    }
}

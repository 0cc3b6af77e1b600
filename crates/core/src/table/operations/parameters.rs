//! The parameters of operations as words, so that a plan that was written can be read.

use super::*;
use crate::shape::Dimension;

/// What is written as words, and read back.
pub trait Parameter: Sized {
    /// Adds its words.
    fn write(&self, words: &mut Vec<String>);

    /// The next words as one of its values; none where they are something else.
    fn read(words: &mut dyn Iterator<Item = &str>) -> Option<Self>;
}

/// The most values in a list: no operation has as many axes.
const MOST: usize = 64;

macro_rules! numbers {
    ($($type:ident)*) => {$(
        impl Parameter for $type {
            fn write(&self, words: &mut Vec<String>) {
                words.push(self.to_string());
            }

            fn read(words: &mut dyn Iterator<Item = &str>) -> Option<Self> {
                words.next()?.parse().ok()
            }
        }
    )*};
}
numbers!(bool u64 i64 usize);

impl Parameter for Dimension {
    fn write(&self, words: &mut Vec<String>) {
        words.push(self.to_string().replace(' ', ""));
    }

    fn read(words: &mut dyn Iterator<Item = &str>) -> Option<Self> {
        let word = words.next()?;
        let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '*' | '+' | '-' | '.');
        (word.len() < 1000 && word.chars().all(is_plain)).then(|| Dimension::read(word))
    }
}

impl<P: Parameter> Parameter for Vec<P> {
    fn write(&self, words: &mut Vec<String>) {
        self.len().write(words);
        self.iter().for_each(|p| p.write(words));
    }

    fn read(words: &mut dyn Iterator<Item = &str>) -> Option<Self> {
        let count = usize::read(words).filter(|n| *n <= MOST)?;
        (0..count).map(|_| P::read(words)).collect()
    }
}

macro_rules! parameters {
    ($($row:ident { $($field:tt),* })*) => {$(
        impl Parameter for $row {
            fn write(&self, words: &mut Vec<String>) {
                $(self.$field.write(words);)*
                let _ = words;
            }

            fn read(words: &mut dyn Iterator<Item = &str>) -> Option<Self> {
                let _ = &words;
                Some($row { $($field: Parameter::read(words)?),* })
            }
        }
    )*};
}

parameters! {
    StopGradient {} Override {} Det {} LogDet {} LogAbsDet {} SignDet {} Inv {} Solve {} Flip {} Concat {} Cofactor {}
    Cholesky {} Expm {} Frechet {} Pinv {} QrQ {} Prod {} LogCumsumExp {} Max {} Min {} ArgMax {} ArgMin {} LogSumExp {}
    Softmax {} Sort {} ArgSort {} Eigvalsh {} EighVectors {} Spectral {} Svdvals {} SvdSpread {}
    Alias { name } Entry { at } Slice { start, step, length } Pad { start, step, size } Tail { length } Reshape { axes, to }
    OneHot { classes } Picked { picks, inner } Gather { 0 } ScatterAdd { at, size } Tril { halved } ProdOthers { order }
    Cumprod { reverse, exclusive } Recurrence { reverse } Shared { largest } Cumsum { reverse }
    Placing { size, stride, before, after } Convolution { part, places, sizes } Pool { largest, part, size, sizes }
    Window { size, stride, dilation } Fold { window, size }
}

macro_rules! choices {
    ($($type:ident: $($variant:ident $word:literal)*;)*) => {$(
        impl Parameter for $type {
            fn write(&self, words: &mut Vec<String>) {
                words.push(match self { $($type::$variant => $word),* }.into());
            }

            fn read(words: &mut dyn Iterator<Item = &str>) -> Option<Self> {
                match words.next()? {
                    $($word => Some($type::$variant),)*
                    _ => None,
                }
            }
        }
    )*};
}

choices! {
    Target: Output "output" Input "input" Kernel "kernel";
    Pooled: Output "output" Input "input" Along "along";
}

/// A scan's step is a graph: in a plan it is a program.
impl Parameter for Scan {
    fn write(&self, _: &mut Vec<String>) {}

    fn read(_: &mut dyn Iterator<Item = &str>) -> Option<Self> {
        None
    }
}

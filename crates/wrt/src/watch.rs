//! What hangs on the losses of epochs: when to stop, which weights were best, when the rate falls.

use std::fmt;
use std::str::FromStr;

/// A rate that falls where the loss of the validation rows does not, as Keras' `ReduceLROnPlateau`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Plateau {
    pub(crate) factor: f64,
    pub(crate) patience: usize,
    pub(crate) min_delta: f64,
    /// The least rate.
    pub(crate) floor: f64,
}

impl Default for Plateau {
    fn default() -> Plateau {
        Plateau { factor: 0.1, patience: 10, min_delta: 1e-4, floor: 0.0 }
    }
}

/// What a training has seen of the losses of its validation rows. It is all that stopping and falling rates hang on,
/// beside the settings; as text it keeps every bit.
///
/// ```
/// let watch = wrt::Watch { best: 0.1, best_epoch: 3, waited: 2, ..Default::default() };
/// assert_eq!(watch.to_string().parse(), Ok(watch));
/// assert!("nonsense".parse::<wrt::Watch>().is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Watch {
    /// The lowest loss so far.
    pub best: f64,
    /// The epoch that had it, counted from 1; 0 before there is one.
    pub best_epoch: usize,
    /// Epochs since then.
    pub waited: usize,
    /// The same, as the schedule counts it: the lowest loss, and epochs since then or since the rate fell.
    pub level: f64,
    /// Epochs for which that has not fallen.
    pub level_waited: usize,
    /// What the rate has fallen to, as a share of what the settings say.
    pub rate_share: f64,
}

impl Default for Watch {
    fn default() -> Watch {
        let none = f64::INFINITY;
        Watch { best: none, best_epoch: 0, waited: 0, level: none, level_waited: 0, rate_share: 1.0 }
    }
}

impl Watch {
    /// Notes the loss of an epoch: is it the best one so far, by more than `min_delta`?
    pub(crate) fn note(&mut self, epoch: usize, loss: f64, min_delta: f64) -> bool {
        let is_better = loss < self.best - min_delta || (self.best_epoch == 0 && loss.is_finite());
        if is_better {
            (self.best, self.best_epoch, self.waited) = (loss, epoch, 0);
        } else {
            self.waited += 1;
        }
        is_better
    }

    /// Lets the rate fall if the loss has not for as many epochs as are waited for: has it?
    pub(crate) fn fall(&mut self, loss: f64, plateau: &Plateau, rate: f64) -> bool {
        // Below what is no number, or no finite one, is every other loss.
        if loss < self.level - plateau.min_delta || (!self.level.is_finite() && !loss.is_nan()) {
            (self.level, self.level_waited) = (loss, 0);
            return false;
        }
        self.level_waited += 1;
        let least = (plateau.floor / rate).min(1.0);
        if self.level_waited < plateau.patience || self.rate_share <= least {
            return false;
        }
        self.rate_share = (self.rate_share * plateau.factor).max(least);
        self.level_waited = 0;
        true
    }
}

impl fmt::Display for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = f64::to_bits;
        let Watch { best, best_epoch, waited, level, level_waited, rate_share } = *self;
        write!(f, "{:x} {best_epoch} {waited} {:x} {level_waited} {:x}", bits(best), bits(level), bits(rate_share))
    }
}

impl FromStr for Watch {
    type Err = String;

    fn from_str(text: &str) -> Result<Watch, String> {
        let words: Vec<&str> = text.split(' ').collect();
        let [best, best_epoch, waited, level, level_waited, share] = words[..] else {
            return Err("it has six numbers".to_string());
        };
        let bits = |word: &str| u64::from_str_radix(word, 16).map(f64::from_bits).map_err(|e| e.to_string());
        let count = |word: &str| word.parse::<usize>().map_err(|e| e.to_string());
        Ok(Watch {
            best: bits(best)?,
            best_epoch: count(best_epoch)?,
            waited: count(waited)?,
            level: bits(level)?,
            level_waited: count(level_waited)?,
            rate_share: bits(share)?,
        })
    }
}

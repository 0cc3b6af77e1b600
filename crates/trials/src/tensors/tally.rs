//! What the trials with tensors count.

use std::collections::BTreeMap;
use std::fmt;

/// What was tried, and what had to be left open.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct TensorTally {
    /// Texts whose derivative has a value.
    pub finite: u64,
    /// Derivatives that are the slope.
    pub slopes: u64,
    /// Of these, how many many digits had to decide.
    pub digits: u64,
    /// Printed formulas that were read back and have the derivative's value.
    pub read: u64,
    /// Points at a kink or a jump, where a difference cannot judge.
    pub kinks: u64,
    /// Texts without a value or a slope at the point.
    pub undefined: u64,
    /// Derivatives without a value where there is a slope.
    pub missing: u64,
    /// Printed formulas without a value where the derivative has one, with a note that says so or at ties.
    pub narrower: u64,
    /// Where there was nothing to differentiate.
    pub constant: u64,
    /// What was refused, with how often.
    pub refused: BTreeMap<String, u64>,
}

impl TensorTally {
    /// Adds another one.
    pub fn add(&mut self, other: &TensorTally) {
        self.finite += other.finite;
        self.slopes += other.slopes;
        self.digits += other.digits;
        self.read += other.read;
        self.kinks += other.kinks;
        self.undefined += other.undefined;
        self.missing += other.missing;
        self.narrower += other.narrower;
        self.constant += other.constant;
        for (why, n) in &other.refused {
            *self.refused.entry(why.clone()).or_default() += n;
        }
    }

    /// Is there anything of this name, or a refusal with this word?
    pub fn has(&self, word: &str) -> bool {
        let counted = match word {
            "kinks" => self.kinks,
            "undefined" => self.undefined,
            "missing" => self.missing,
            "narrower" => self.narrower,
            "constant" => self.constant,
            "digits" => self.digits,
            _ => self.refused.keys().filter(|why| why.contains(word)).count() as u64,
        };
        counted > 0
    }

    pub(super) fn refuse(&mut self, what: &str, why: &str) {
        *self.refused.entry(format!("{what}: {}", kind_of(why))).or_default() += 1;
    }
}

impl fmt::Display for TensorTally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let refused: u64 = self.refused.values().sum();
        write!(
            f,
            "{} with a derivative, {} slopes ({} by many digits), {} formulas read back; {} kinks, {} undefined, \
             {} missing, {} narrower, {} constant, {refused} refused",
            self.finite,
            self.slopes,
            self.digits,
            self.read,
            self.kinks,
            self.undefined,
            self.missing,
            self.narrower,
            self.constant
        )
    }
}

/// A message without what differs from text to text.
fn kind_of(message: &str) -> String {
    let mut out = String::new();
    let mut quoted = false;
    let mut bracket = 0;
    for c in message.lines().next().unwrap_or_default().chars() {
        match c {
            '`' => quoted = !quoted,
            '[' => bracket += 1,
            ']' => bracket -= 1,
            _ if quoted || bracket > 0 => continue,
            _ if c.is_ascii_digit() => {
                if !out.ends_with('#') {
                    out.push('#');
                }
                continue;
            }
            _ => {}
        }
        out.push(c);
    }
    out.chars().take(90).collect()
}

//! What the trials with tensors count.

use std::collections::BTreeMap;
use std::fmt;

use crate::trial::Failure;

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
    /// Faults that are known; see [`KNOWN`].
    pub known: u64,
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
        self.known += other.known;
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
            "known" => self.known,
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
             {} missing, {} narrower, {} constant, {} known, {refused} refused",
            self.finite,
            self.slopes,
            self.digits,
            self.read,
            self.kinks,
            self.undefined,
            self.missing,
            self.narrower,
            self.constant,
            self.known
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

/// A fault of wrt that is known: how the failure begins, and what its text and its formulas contain.
struct Known {
    what: &'static str,
    text: &'static str,
    formula: &'static str,
}

/// Faults that are known are counted, and do not accuse, until they are mended; then their line is to be deleted.
const KNOWN: &[Known] = &[
    // What a scan's step captures that is no name: a part of the text is called like the state, two functions that differ
    // in what they capture are printed as one, and `vjp(scan(…), part, …)` names a part that the function does not use.
    Known { what: "what is printed", text: "scan(", formula: "(h, o) =" },
    // Of a matrix that is singular everywhere, det*inv without a note: `tanh(det(A @ B))` with A[p,2].
    Known { what: "what is printed is undefined", text: "det(", formula: "inv(" },
    Known { what: "what is printed is undefined", text: "cofactor(", formula: "inv(" },
];

/// Is it one of them?
pub(super) fn is_known(failure: &Failure) -> bool {
    let is = |k: &Known| {
        failure.what.starts_with(k.what) && failure.text.contains(k.text) && failure.detail.contains(k.formula)
    };
    KNOWN.iter().any(is)
}

//! The sweep over the table of operations: every row is tested by existing, at its samples.

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;

use crate::common::{self, Applied, dot, random, scale};
use wrt_core::operations::{Expected, Reference, Sample};
use wrt_core::{Array, Id, Operation};
use wrt_differentiate::{gradient, jacobian, jvp, vjp};

/// Derivatives up to this order are held against nudges; of the exponential, which takes long, up to the second.
const ORDER: usize = 3;

/// Samples with more entries than this are nudged along random directions only.
const FEW: usize = 20;

/// How far a derivative may be off relative to the largest slope: in many digits, and in doubles.
const SHARP: f64 = 1e-15;
const DOUBLES: f64 = 1e-7;

/// The arguments by which a sample has a derivative: labels are none.
fn nudged(sample: &Sample, args: &[Id]) -> Vec<Id> {
    let count = if sample.expected == Expected::Labelled { 1 } else { args.len() };
    args[..count].to_vec()
}

fn is_smooth(sample: &Sample) -> bool {
    matches!(sample.expected, Expected::Smooth | Expected::Labelled)
}

/// Visits every sample of every row; one that fails keeps no other from being tried.
fn samples(mut visit: impl FnMut(&'static str, &Sample)) {
    let mut failed = Vec::new();
    for row in Operation::rows() {
        for sample in row.samples.iter() {
            if std::panic::catch_unwind(AssertUnwindSafe(|| visit(row.name, sample))).is_err() {
                failed.push(format!("{}, {}", row.name, sample.what));
            }
        }
    }
    assert!(failed.is_empty(), "{} samples failed, see above:\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn rows_say_all() {
    for row in Operation::rows() {
        let all: Vec<&Sample> = row.samples.iter().collect();
        assert!(all.len() >= 5, "{} has only {} samples", row.name, all.len());
        let texts = [row.domain, row.nan];
        assert!(
            texts.iter().all(|t| !t.is_empty()),
            "{} does not say where it is defined, or what it makes of NaN",
            row.name
        );
        for (k, sample) in all.iter().enumerate() {
            let told = all[..k].iter().any(|s| s.what == sample.what);
            assert!(!told, "{} has two samples `{}`", row.name, sample.what);
            assert_eq!(sample.operation.name(), row.name, "a sample of another row");
        }
    }
}

/// What stands before the axes that an operation works along has nothing to do with each other: where the first part of an
/// argument is another one, so is the first part of the value, and no other.
#[test]
fn parts_before_the_core_axes_are_apart() {
    let (mut seen, mut changed) = (BTreeSet::new(), BTreeSet::new());
    samples(|name, sample| {
        let Ok(applied) = Applied::new(sample) else { return };
        let leads: Vec<usize> = (0..applied.at.len())
            .map(|k| applied.at[k].1.shape.len().saturating_sub(sample.operation.core_axes(k)))
            .collect();
        let most = leads.iter().copied().max().unwrap_or(0);
        for (k, lead) in leads.iter().copied().enumerate().take(nudged(sample, &applied.args).len()) {
            let parts = applied.at[k].1.shape.first().copied().unwrap_or(0);
            let shape = applied.shape(applied.value);
            if lead == 0 || lead < most || parts < 2 || shape.first() != Some(&parts) {
                continue;
            }
            let mut other = Applied::new(sample).unwrap();
            let own = other.at[k].1.data.len() / parts;
            other.at[k].1.data[..own].iter_mut().for_each(|x| *x = 0.75 * *x + 0.125);
            let (Ok(before), Ok(after)) = (applied.try_doubles(applied.value), other.try_doubles(other.value)) else {
                continue;
            };
            let own = before.data.len() / parts;
            let same = |(x, y): (&f64, &f64)| x.to_bits() == y.to_bits() || x.is_nan() && y.is_nan();
            let apart = before.data[own..].iter().zip(&after.data[own..]).all(same);
            assert!(apart, "{name}, {}, argument {k}: {before:?} and {after:?}", sample.what);
            seen.insert(name);
            if !before.data[..own].iter().zip(&after.data[..own]).all(same) {
                changed.insert(name);
            }
        }
    });
    let missing: Vec<&str> = Operation::NAMES.iter().copied().filter(|name| !seen.contains(name)).collect();
    // Other labels than those of a sample may be none, and a scan says of no axis that it numbers parts.
    assert_eq!(missing, ["one_hot", "scan"], "operations without a sample of several parts");
    // What picks entries may pick the same ones.
    assert!(changed.len() + 5 >= seen.len(), "the parts of few operations are others: {changed:?}");
}

#[test]
fn first_derivatives_agree_with_nudges() {
    let mut slopes_seen = 0;
    samples(|name, sample| {
        let kink = matches!(sample.expected, Expected::Kink(_));
        if !is_smooth(sample) && !kink {
            return;
        }
        let mut applied = Applied::new(sample).unwrap_or_else(|e| panic!("{name}, {}: {e}", sample.what));
        let (y, args) = (applied.value, nudged(sample, &applied.args));
        slopes_seen += slopes(&mut applied, y, &args, kink, &format!("{name}, {}", sample.what));
        if !kink && sample.arguments.len() < 4 {
            whole_jacobian(&mut applied, &args, &format!("{name}, {}", sample.what));
        }
    });
    assert!(slopes_seen > 1000, "only {slopes_seen} slopes were nudged");
}

/// Holds reverse and forward mode of `root` with respect to each of `wrt` against nudges along entries.
fn slopes(applied: &mut Applied, root: Id, wrt: &[Id], kink: bool, about: &str) -> usize {
    let weights = applied.like(root);
    let pulled = vjp(&mut applied.graph, root, wrt, weights).unwrap_or_else(|e| panic!("{about}: {e}"));
    let shape = applied.shape(root);
    let u = random(&shape, 7);
    let mut count = 0;
    for (&x, &pull) in wrt.iter().zip(&pulled) {
        let own = applied.shape(x);
        let direction = applied.like(x);
        let pushed = jvp(&mut applied.graph, &[root], &[x], &[direction]).unwrap_or_else(|e| panic!("{about}: {e}"))[0];
        let given = [(weights, u.clone())];
        let sharp = applied.precisely(pull, &given);
        let rough = applied.doubles(pull, &given);
        let entries: usize = own.iter().product();
        let along: Vec<Array<f64>> = if entries <= FEW && wrt.len() < 4 {
            (0..entries).map(|k| common::unit(&own, k)).collect()
        } else {
            (0..2).map(|k| random(&own, 11 + k)).collect()
        };
        let sides: Vec<_> = along.iter().map(|v| applied.nudged(root, x, v)).collect();
        let found: Vec<(f64, f64)> = sides.iter().map(|(l, r)| (dot(&u, l), dot(&u, r))).collect();
        let largest = scale(found.iter().flat_map(|(l, r)| [*l, *r]));
        for (v, (left, right)) in along.iter().zip(&found) {
            let off = |got: f64| (left.min(*right) - got).max(got - left.max(*right)) / largest;
            let (a, b) = (off(dot(&sharp, v)), off(dot(&rough, v)));
            assert!(a <= SHARP, "{about}: reverse mode {}, nudged {left} and {right}, off {a:e}", dot(&sharp, v));
            assert!(b <= DOUBLES, "{about}: reverse mode in doubles {}, nudged {left} and {right}", dot(&rough, v));
            assert!(kink || (left - right).abs() <= 1e-6 * largest, "{about}: a kink: {left} and {right}");
            count += 1;
        }
        assert!(
            !kink || found.iter().any(|(l, r)| (l - r).abs() > 1e-6 * largest) || wrt.len() > 1,
            "{about}: no kink"
        );
        // Forward mode, entry by entry of the value.
        let v = random(&own, 5);
        let tangent = applied.precisely(pushed, &[(direction, v.clone())]);
        assert_eq!(tangent.shape, shape, "{about}: the shape of the tangent");
        let (forward, reverse) = (dot(&u, &tangent), dot(&sharp, &v));
        assert!((forward - reverse).abs() <= SHARP * largest * 20.0, "{about}: forward {forward}, reverse {reverse}");
        if !kink {
            let (left, right) = applied.nudged(root, x, &v);
            let most = scale(left.data.iter().chain(&right.data).copied());
            for (t, (l, r)) in tangent.data.iter().zip(left.data.iter().zip(&right.data)) {
                let off = (t - (l + r) / 2.0).abs() / most;
                assert!(off <= SHARP, "{about}: forward mode {t}, nudged {l} and {r}, off {off:e}");
            }
        }
    }
    count
}

/// The Jacobian is a pullback with the axes of the value in front; each of its rows is one weight's.
fn whole_jacobian(applied: &mut Applied, args: &[Id], about: &str) {
    let y = applied.value;
    let rows = jacobian(&mut applied.graph, &[y], args).unwrap_or_else(|e| panic!("{about}: {e}"));
    let reverse = gradient(&mut applied.graph, y, args).unwrap_or_else(|e| panic!("{about}: {e}"));
    for (k, &x) in args.iter().enumerate() {
        let (outer, own) = (applied.shape(y), applied.shape(x));
        for jacobian in [rows[0][k], reverse[k]] {
            let whole = applied.precisely(jacobian, &[]);
            assert_eq!(whole.shape, [&outer[..], &own[..]].concat(), "{about}: the shape of the Jacobian");
            let v = random(&own, 3);
            let (left, right) = applied.nudged(y, x, &v);
            let most = scale(left.data.iter().copied());
            let columns = own.iter().product::<usize>();
            for (j, (l, r)) in left.data.iter().zip(&right.data).enumerate() {
                let row = Array { shape: own.clone(), data: whole.data[j * columns..][..columns].to_vec() };
                let off = (dot(&row, &v) - (l + r) / 2.0).abs() / most;
                assert!(off <= SHARP, "{about}: row {j} of the Jacobian, off {off:e}");
            }
        }
    }
}

#[test]
fn higher_derivatives_agree_with_nudges() {
    samples(|name, sample| {
        let entries: usize = sample.arrays().unwrap().iter().map(|a| a.data.len()).sum();
        let order = match sample.arguments.len() {
            _ if name.starts_with("expm") => 1 + usize::from(entries <= 8),
            1 | 2 if entries <= FEW => ORDER,
            1..=3 => 2,
            _ => 1,
        };
        if !is_smooth(sample) {
            return;
        }
        let mut applied = Applied::new(sample).unwrap();
        let differentiable = nudged(sample, &applied.args);
        let mut roots = vec![(applied.value, differentiable.clone())];
        for level in 2..=order {
            let mut next = Vec::new();
            for (root, names) in roots {
                let weights = applied.like(root);
                let shape = applied.shape(root);
                applied.at.push((weights, random(&shape, level as u64)));
                let about = format!("{name}, {}, order {level}", sample.what);
                let found = vjp(&mut applied.graph, root, &names, weights).unwrap_or_else(|e| panic!("{about}: {e}"));
                for pull in found.into_iter().take(differentiable.len()) {
                    let names = [&names[..], &[weights]].concat();
                    slopes(&mut applied, pull, &names, false, &about);
                    next.push((pull, names));
                }
            }
            roots = next;
        }
    });
}

#[test]
fn where_there_is_no_derivative_it_says_so() {
    samples(|name, sample| {
        let about = format!("{name}, {}", sample.what);
        if let Expected::Fails(words) = sample.expected {
            let refusal = match Applied::new(sample) {
                Err(refused) => refused,
                Ok(applied) => applied.try_doubles(applied.value).expect_err(&about),
            };
            assert!(refusal.contains(words), "{about}: {refusal}");
            return;
        }
        let mut applied = Applied::new(sample).unwrap_or_else(|e| panic!("{about}: {e}"));
        let (y, args) = (applied.value, applied.args.clone());
        let weights = applied.like(y);
        let pulled = vjp(&mut applied.graph, y, &args, weights).unwrap_or_else(|e| panic!("{about}: {e}"));
        let u = random(&applied.shape(y), 7);
        let values: Vec<Array<f64>> = pulled.iter().map(|p| applied.doubles(*p, &[(weights, u.clone())])).collect();
        let all = || values.iter().flat_map(|a| a.data.iter().copied());
        match sample.expected {
            Expected::Jump(_) | Expected::Stopped => assert!(all().all(|x| x == 0.0), "{about}: {values:?}"),
            Expected::Labelled => {
                let of_labels = values[1..].iter().flat_map(|a| &a.data);
                assert!(of_labels.clone().all(|x| *x == 0.0), "{about}: {values:?}");
            }
            Expected::Undefined(_) => assert!(all().any(|x| !x.is_finite()), "{about}: {values:?}"),
            Expected::Given => {
                let slope = &applied.at[2].1;
                let want = u.data.iter().enumerate().map(|(k, x)| x * slope.data[k % slope.data.len().max(1)]);
                assert!(want.eq(values[1].data.iter().copied()), "{about}: {values:?}");
                assert!(values[0].data.iter().chain(&values[2].data).all(|x| *x == 0.0), "{about}: {values:?}");
            }
            _ => {}
        }
    });
}

#[test]
fn what_is_printed_is_read_back() {
    let mut read = 0;
    samples(|name, sample| {
        let Ok(applied) = Applied::new(sample) else { return };
        let spelled = sample.operation.spelling(&applied.graph, &applied.dims());
        if name == "scan" {
            // Its step has no name that a text could hold; those that have one are in `models.rs`.
            return;
        }
        assert!(!spelled.text.is_empty() && !spelled.latex.is_empty(), "{name} has no spelling");
        let text = wrt_view::print(&applied.graph, applied.value, wrt_view::Form::Text).line();
        let (want, found) = (applied.try_doubles(applied.value), applied.read(&text));
        let equal = match (&want, &found) {
            (Ok(a), Ok(b)) => common::same(a, b),
            // The language has no ranges without entries.
            (Ok(a), Err(e)) => a.data.is_empty() && e.contains("this range is empty"),
            (Err(_), _) => matches!(sample.expected, Expected::Fails(_)),
        };
        assert!(equal, "{name}, {}: {text}: {found:?}, not {want:?}", sample.what);
        read += 1;
    });
    assert!(read > 100, "only {read} were read back");
}

#[test]
fn what_keeps_symmetry_keeps_it() {
    // By the operations of a row: those that claim it, those that kept it, and those that did not.
    let (mut claimed, mut shown, mut lost) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    samples(|name, sample| {
        let arrays = sample.arrays().unwrap();
        let square = arrays.iter().all(|a| matches!(a.shape[..], [m, n] if m == n));
        let claims = sample.operation.keeps_symmetry();
        if claims {
            claimed.insert(name);
        }
        if !square {
            return;
        }
        let turned = |a: &Array<f64>, k: usize| {
            let n = a.shape[0];
            a.data[k] + a.data[k % n * n + k / n]
        };
        let even = |a: &Array<f64>| Array { data: (0..a.data.len()).map(|k| turned(a, k)).collect(), ..a.clone() };
        let Ok(mut applied) = Applied::new(sample) else { return };
        applied.at.iter_mut().for_each(|(_, a)| *a = even(a));
        let Ok(value) = applied.try_doubles(applied.value) else { return };
        let &[n, m] = &value.shape[..] else { return };
        let equal = |a: f64, b: f64| (a - b).abs() <= 1e-9 * a.abs().max(1.0) || a.is_nan();
        let kept = n == m && (0..n * n).all(|k| equal(value.data[k], value.data[k % n * n + k / n]));
        assert!(kept || !claims, "{name}, {}: {value:?}", sample.what);
        // One entry is symmetric whatever was done to it.
        if !kept {
            lost.insert(name);
        } else if n > 1 || claims {
            shown.insert(name);
        }
    });
    let kept: BTreeSet<&str> = shown.difference(&lost).copied().collect();
    assert_eq!(claimed, kept, "a row that claims it needs a sample with square matrices; one that keeps it claims it");
}

const REFERENCE: &str = include_str!("operations_reference.tsv");

/// Where JAX's derivatives are other ones than ours, which are given, with the reason.
const DIFFERENT: &[(&str, &str, &str, &str)] = &[
    ("logsumexp", "an infinity", "3 | nan nan nan", "it is softmax, which is not a number beside +inf, in JAX, too"),
    (
        "prod_others",
        "not a number",
        "3x3 | 0 3 nan 3 0 2 nan 2 0",
        "the product of the others does not hang on the entry, whatever that is",
    ),
    (
        "cumprod",
        "an infinity",
        "3x3 | nan 0 nan inf 2 nan inf 6 inf",
        "the product of the others is infinite; what has no part in a product is 0 times what is infinite",
    ),
    (
        "recurrence",
        "not a number",
        "3x3 | nan 0 nan nan 1 nan nan 3 nan ; 3x3 | nan 0 0 nan 1 0 nan 3 1",
        "what an entry has no part in is 0 times what is no number",
    ),
    ("recurrence", "an infinity", "2x2 | nan inf nan nan ; 2x2 | 1 3 0 1", "the same, 0 times what is infinite"),
];

struct Line {
    arguments: &'static str,
    text: &'static str,
    value: Array<f64>,
    jacobians: Vec<Array<f64>>,
    codes: [&'static str; 2],
}

fn line(name: &str, what: &str) -> Option<Line> {
    let cells = REFERENCE.lines().map(|l| l.split('\t').collect::<Vec<_>>());
    let cells = cells.into_iter().find(|c| c.len() == 8 && c[0] == name && c[1] == what)?;
    let jacobians = cells[5].split(" ; ").map(common::array).collect();
    let value = common::array(cells[4]);
    Some(Line { arguments: cells[2], text: cells[3], value, jacobians, codes: [cells[6], cells[7]] })
}

/// 64-bit FNV-1a, as the script computes it; `-` where there is no code.
fn hash(code: &str) -> String {
    if code.is_empty() {
        return "-".into();
    }
    let step = |h: u64, b: u8| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3);
    format!("{:016x}", code.bytes().fold(0xcbf2_9ce4_8422_2325, step))
}

/// Equal to ten digits of the largest entry; what is not finite is the same, and occurs only where the sample says so.
fn agrees(found: &Array<f64>, want: &Array<f64>, finite: bool) -> bool {
    let most = scale(want.data.iter().copied().filter(|x| x.is_finite()));
    let close = |(a, b): (&f64, &f64)| match (a.is_finite(), b.is_finite()) {
        (true, true) => (a - b).abs() <= 1e-10 * most,
        (false, false) => !finite && (a == b || a.is_nan() && b.is_nan()),
        _ => false,
    };
    found.shape == want.shape && found.data.iter().zip(&want.data).all(close)
}

#[test]
fn values_and_jacobians_agree_with_the_oracle() {
    const SCRIPT: &str = "run oracle/make_operations_reference.py, or state in the row why nobody else computes it";
    let reference = |name: &str| Operation::rows().into_iter().find(|r| r.name == name).map(|r| r.reference);
    samples(|name, sample| {
        let about = format!("{name}, {}", sample.what);
        if let Some(Reference::None(why)) = reference(name) {
            assert!(!why.is_empty(), "{about}: {SCRIPT}");
            return;
        }
        if matches!(sample.expected, Expected::Fails(_)) {
            return;
        }
        let line = line(name, sample.what).unwrap_or_else(|| panic!("{about} has no reference: {SCRIPT}"));
        let written = sample.spelling().unwrap();
        assert_eq!(line.arguments, sample.arguments.join(" ; "), "{about}: the sample changed: {SCRIPT}");
        assert_eq!(line.text, written.text, "{about}: the text changed: {SCRIPT}");
        let codes = [hash(&written.numpy), hash(&written.jax)];
        assert_eq!(line.codes, codes, "{about}: the spelling changed: {} or {}: {SCRIPT}", written.numpy, written.jax);
        let mut applied = Applied::new(sample).unwrap();
        let finite = !matches!(sample.expected, Expected::Limit(_) | Expected::Undefined(_));
        let value = applied.doubles(applied.value, &[]);
        let undefined = matches!(sample.expected, Expected::Undefined(_));
        // A value at the border of the domain may be the limit there.
        let same = agrees(&value, &line.value, finite) || undefined && line.value.data.iter().any(|x| !x.is_finite());
        assert!(same, "{about}: {value:?}, not {:?}", line.value);
        if finite {
            let precise = applied.precisely(applied.value, &[]);
            assert!(agrees(&precise, &line.value, true), "{about}, in many digits: {precise:?}, not {:?}", line.value);
        }
        if undefined {
            return;
        }
        let ours = DIFFERENT.iter().find(|(n, w, ..)| (*n, *w) == (name, sample.what));
        let ours: Option<Vec<_>> = ours.map(|(_, _, jacobians, _)| jacobians.split(" ; ").map(common::array).collect());
        let (y, args) = (applied.value, applied.args.clone());
        let found = gradient(&mut applied.graph, y, &args).unwrap();
        for (k, (jacobian, want)) in found.into_iter().zip(ours.as_ref().unwrap_or(&line.jacobians)).enumerate() {
            let jacobian = applied.doubles(jacobian, &[]);
            assert!(agrees(&jacobian, want, finite), "{about}, by argument {k}: {jacobian:?}, not {want:?}");
        }
    });
}

/// Is a part of a text the whole of an argument, an index or a bracket?
fn stands_alone(text: &str, at: usize, length: usize) -> bool {
    let before = text[..at].trim_end().chars().next_back();
    let after = text[at + length..].trim_start().chars().next();
    matches!(before, None | Some('(' | ',' | '[')) && matches!(after, None | Some(')' | ',' | ']'))
}

#[test]
fn arguments_of_several_terms_stay_together() {
    use wrt_view::Form;
    let mut seen = [0; 3];
    samples(|name, sample| {
        let Ok(mut applied) = Applied::new(sample) else { return };
        let mut terms = Vec::new();
        for (k, id) in applied.args.clone().into_iter().enumerate() {
            let (own, other) = (applied.graph.symbol_name(id).to_string(), format!("other{k}"));
            let dims = applied.graph.dims(id).to_vec();
            let second = applied.graph.tensor_symbol(&other, wrt_core::Role::Variable, &dims, Default::default());
            terms.push((applied.graph.add(id, second), format!("{own} + {other}")));
        }
        let args: Vec<Id> = terms.iter().map(|(id, _)| *id).collect();
        let Ok(value) = applied.graph.operation(sample.operation.clone(), &args) else { return };
        for (count, form) in seen.iter_mut().zip([Form::Text, Form::NumPy, Form::Jax]) {
            let printed = wrt_view::print(&applied.graph, value, form);
            for (_, sum) in terms.iter().filter(|_| printed.bindings.is_empty()) {
                for (at, _) in printed.result.match_indices(sum.as_str()) {
                    *count += 1;
                    let text = &printed.result;
                    assert!(stands_alone(text, at, sum.len()), "{name}, {}: {text}", sample.what);
                }
            }
        }
    });
    assert!(seen.iter().all(|n| *n > 100), "{seen:?}");
}

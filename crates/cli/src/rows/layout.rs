//! Which columns are whose.

use std::collections::BTreeSet;

use wrt::{EngineReal, Missing, Step};

use super::{Known, Sizes};
use crate::failure::Failure;

/// The columns of one array.
pub struct Columns {
    /// The array's name.
    pub name: String,
    /// Entries of a row.
    pub width: usize,
    /// As many, unless they are not there.
    pub columns: usize,
    pub is_label: bool,
    /// As many classes, if that is known.
    pub classes: Option<u64>,
    pub is_spared: bool,
    /// Why values may not be missing, if they may not.
    gapless: Option<&'static str>,
}

impl Columns {
    /// Why values of this array may not be missing; nothing if they may, and then they are NaN.
    pub fn gapless(&self) -> Option<&'static str> {
        self.gapless
    }

    /// What is wrong with a number as an entry of this array.
    pub fn fault(&self, x: f64) -> Option<String> {
        if x.is_nan() && self.gapless.is_none() {
            return None;
        }
        if !x.is_finite() {
            return Some(format!("is {x}, which is no finite number"));
        }
        let classes = self.classes.unwrap_or(u64::MAX);
        if self.is_label && (x.fract() != 0.0 || x < 0.0 || x >= classes as f64) {
            let all = match self.classes {
                Some(n @ ..=3) => (0..n).map(|k| k.to_string()).collect::<Vec<_>>().join(", "),
                Some(n) => format!("0, 1, …, {}", n - 1),
                None => "0, 1, …".to_string(),
            };
            return Some(format!("is {x}, and `{}` is one of {all}", self.name));
        }
        None
    }
}

/// Which columns are whose; a size that has no value is what is left of the columns.
pub fn layout<T: EngineReal>(
    step: &Step<T>,
    columns: usize,
    file: &str,
    known: &Known<'_>,
) -> Result<(Sizes, Vec<Columns>), Failure> {
    let labels = step.classes();
    let row = |k: usize| step.data()[k].dims.get(1..).unwrap_or_default();
    let width = |k: usize, sizes: &[(&str, usize)]| {
        let size = |name: &str| sizes.iter().find(|(n, _)| *n == name).map(|(_, n)| *n as u64);
        row(k).iter().try_fold(1usize, |n, d| n.checked_mul(usize::try_from(d.evaluate(size)?).ok()?))
    };
    for input in step.data() {
        let first = input.dims.first().and_then(|d| d.as_name());
        if first.is_none() || first != step.batch() {
            let message = format!("`{}` has no rows, and can't come from {file}", input.name);
            return Err(Failure::plain(message).with_help("give all data a first axis by one name: x[m], y[m]"));
        }
    }
    let all = || 0..step.data().len();
    let is_spared = |k: usize| known.spared.contains(&step.data()[k].name.as_str());
    let names: BTreeSet<&str> =
        all().flat_map(row).flat_map(|d| d.terms()).flat_map(|(names, _)| names).map(String::as_str).collect();
    let kept = known.sizes.iter().filter(|(n, _)| names.contains(n.as_str())).map(|(n, k)| (n.as_str(), *k));
    let kept: Vec<(&str, usize)> = kept.collect();
    let unknown: Vec<&str> = names.into_iter().filter(|n| kept.iter().all(|(own, _)| own != n)).collect();
    let total = |sizes: &[(&str, usize)], with_spared: bool| {
        all().filter(|k| with_spared || !is_spared(*k)).map(|k| width(k, sizes)).sum::<Option<usize>>()
    };
    let fits = |sizes: &[(&str, usize)]| [true, false].into_iter().find(|w| total(sizes, *w) == Some(columns));
    let sizes: Vec<(&str, usize)> = match unknown[..] {
        [] => kept,
        [one] => {
            let with = |n: usize| kept.iter().copied().chain([(one, n)]).collect::<Vec<_>>();
            (1..=columns).map(with).find(|s| fits(s).is_some()).unwrap_or_default()
        }
        _ => {
            let names = unknown.join(", ");
            return Err(Failure::plain(format!(
                "the columns of {file} can't tell the sizes {names}: write all but one"
            )));
        }
    };
    let Some(with_spared) = fits(&sizes) else {
        let shape = |k: usize| {
            let input = &step.data()[k];
            let dims: Vec<String> = input.dims.iter().map(ToString::to_string).collect();
            format!("{}[{}]", input.name, dims.join(", "))
        };
        let shapes: Vec<String> = all().filter(|k| !is_spared(*k)).map(shape).collect();
        let wanted = total(&sizes, false).map_or_else(|| "another number of".to_string(), |n| n.to_string());
        let message = format!("{file} has {columns} columns, and {} take {wanted}", shapes.join(", "));
        return Err(Failure::plain(message).with_help("columns come in the order of the data, the target last"));
    };
    let missing = known.missing;
    let columns = |k: usize| {
        let (width, is_spared) = (width(k, &sizes).unwrap_or(0), is_spared(k));
        let columns = if is_spared && !with_spared { 0 } else { width };
        let name = step.data()[k].name.clone();
        let size = |name: &str| sizes.iter().find(|(n, _)| *n == name).map(|(_, n)| *n as u64);
        let known = |name: &str| known.sizes.iter().find(|(n, _)| n == name).map(|(_, n)| *n as u64);
        let classes = labels[k].as_ref().and_then(|c| c.evaluate(|name| size(name).or_else(|| known(name))));
        let is_label = labels[k].is_some() && !is_spared;
        let is_target = is_label || (k + 1 == step.data().len() && labels.iter().all(Option::is_none));
        let gapless = match missing {
            Missing::Drop => None,
            Missing::Mean if !is_target => None,
            Missing::Mean => Some("the target has no mean to take: missing = drop leaves such rows out"),
            Missing::Refuse => Some("missing = drop leaves such rows out, missing = mean takes the mean of the column"),
        };
        Columns { name, width, columns, is_label, classes, is_spared, gapless }
    };
    Ok((sizes.iter().map(|(n, k)| ((*n).to_string(), *k)).collect(), all().map(columns).collect()))
}

//! Rows of a CSV file as a model's data.

use std::collections::BTreeSet;
use std::path::Path;

use wrt::{EngineReal, Step};

use crate::failure::Failure;

/// The data of a model, in its order.
pub struct Rows<T> {
    pub data: Vec<Vec<T>>,
    pub rows: usize,
    /// The sizes of named dimensions that the columns tell.
    pub sizes: Sizes,
    /// The classes that are words in the file, by their labels.
    pub classes: Vec<String>,
}

/// Sizes of named dimensions.
type Sizes = Vec<(String, usize)>;

/// The columns of one array.
struct Columns {
    /// Entries of a row.
    width: usize,
    /// As many, unless they are not there.
    columns: usize,
    is_label: bool,
    is_spared: bool,
}

/// How files of rows are read: without a line of names, which is found by looking at it.
pub fn reader(path: &Path) -> Result<csv::Reader<std::fs::File>, csv::Error> {
    csv::ReaderBuilder::new().comment(Some(b'#')).has_headers(false).trim(csv::Trim::All).from_path(path)
}

/// What is known before a file is read.
#[derive(Default)]
pub struct Known<'a> {
    /// Classes that are words, by their labels.
    pub classes: &'a [String],
    /// Sizes that a model was trained with.
    pub sizes: &'a [(String, usize)],
    /// Names of data that are not needed: their columns may be missing, and are not read.
    pub spared: &'a [&'a str],
}

/// Reads a file: a line with names unless the first one has numbers only, then a row a line, the columns in the order of
/// the model's data. Lines that begin with # are left out. Words are labels in the order of the known classes, or, if
/// there are none, of the alphabet.
pub fn read<T: EngineReal>(path: &Path, step: &Step<T>, known: &Known<'_>) -> Result<Rows<T>, Failure> {
    let name = path.display().to_string();
    let failed = |e: csv::Error| Failure::plain(format!("{name}: {e}"));
    let mut reader = reader(path).map_err(failed)?;
    let mut record = csv::StringRecord::new();
    if !reader.read_record(&mut record).map_err(failed)? {
        return Err(Failure::plain(format!("{name} has no rows")));
    }
    let columns = record.len();
    let (sizes, layout) = layout(step, columns, &name, known)?;
    let is_number: Vec<bool> = layout.iter().flat_map(|c| vec![!c.is_label && !c.is_spared; c.columns]).collect();
    let is_header = record.iter().zip(&is_number).any(|(field, number)| *number && field.parse::<f64>().is_err())
        || record.iter().all(|field| field.parse::<f64>().is_err());
    let header: Vec<String> = if is_header { record.iter().map(String::from).collect() } else { Vec::new() };

    let mut data: Vec<Vec<T>> = layout.iter().map(|_| Vec::new()).collect();
    let mut words: Vec<String> = Vec::new();
    let mut rows = 0;
    let mut more = !is_header || reader.read_record(&mut record).map_err(failed)?;
    while more {
        let bad = |k: usize| Failure::plain(format!("{name}, {}", no_number(&record, k, header.get(k))));
        add_row(&record, &layout, &mut data, &mut words).map_err(bad)?;
        rows += 1;
        more = reader.read_record(&mut record).map_err(failed)?;
    }
    if rows == 0 {
        return Err(Failure::plain(format!("{name} has no rows")));
    }
    let classes = with_labels(&words, known.classes, &layout, &mut data, rows, &name)?;
    let sizes = with_classes(step, sizes, &data, classes.len(), known.sizes);
    check_labels(step, &sizes, &data, &name)?;
    Ok(Rows { data, rows, sizes, classes })
}

/// Adds the fields of a row to the arrays that they belong to, and words of labels to `words`.
///
/// # Errors
/// The column of what is neither.
fn add_row<T: EngineReal>(
    record: &csv::StringRecord,
    layout: &[Columns],
    data: &mut [Vec<T>],
    words: &mut Vec<String>,
) -> Result<(), usize> {
    let mut fields = record.iter().enumerate();
    for (own, columns) in data.iter_mut().zip(layout) {
        if columns.is_spared {
            own.extend(std::iter::repeat_n(T::ZERO, columns.width));
            fields.by_ref().take(columns.columns).for_each(drop);
            continue;
        }
        for (k, field) in fields.by_ref().take(columns.columns) {
            match field.parse::<f64>() {
                Ok(x) if x.is_finite() => own.push(T::from_f64(x)),
                _ if columns.is_label && !field.is_empty() => words.push(field.to_string()),
                _ => return Err(k),
            }
        }
    }
    Ok(())
}

/// Where a field is, and that it is no number.
fn no_number(record: &csv::StringRecord, k: usize, header: Option<&String>) -> String {
    let line = record.position().map_or(0, csv::Position::line);
    let column = header.map_or_else(String::new, |name| format!(" ({name})"));
    let what = match record.get(k) {
        None | Some("") => "is empty".to_string(),
        Some(field) => format!("has `{field}`, which is no number"),
    };
    format!("line {line}: column {}{column} {what}", k + 1)
}

/// Which columns are whose; a size that has no value is what is left of the columns.
fn layout<T: EngineReal>(
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
    let columns = |k: usize| {
        let (width, is_spared) = (width(k, &sizes).unwrap_or(0), is_spared(k));
        let columns = if is_spared && !with_spared { 0 } else { width };
        Columns { width, columns, is_label: labels[k].is_some() && !is_spared, is_spared }
    };
    Ok((sizes.iter().map(|(n, k)| ((*n).to_string(), *k)).collect(), all().map(columns).collect()))
}

/// Words as labels.
fn with_labels<T: EngineReal>(
    words: &[String],
    known: &[String],
    layout: &[Columns],
    data: &mut [Vec<T>],
    rows: usize,
    file: &str,
) -> Result<Vec<String>, Failure> {
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let label_columns: usize = layout.iter().filter(|c| c.is_label).map(|c| c.width).sum();
    if label_columns != 1 || words.len() != rows {
        let message = format!("{file}: words as classes are for one column of labels, and for all of its rows");
        return Err(Failure::plain(message));
    }
    let classes: Vec<String> = match known {
        [] => words.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect(),
        known => known.to_vec(),
    };
    if let Some(row) = words.iter().position(|w| !classes.contains(w)) {
        let message =
            format!("{file}, row {}: `{}` is none of the classes {}", row + 1, words[row], classes.join(", "));
        return Err(Failure::plain(message));
    }
    for (own, _) in data.iter_mut().zip(layout).filter(|(_, c)| c.is_label) {
        *own = words.iter().map(|w| T::from_f64(classes.iter().position(|c| c == w).unwrap_or(0) as f64)).collect();
    }
    Ok(classes)
}

/// The number of classes, where the model has a name for it: as many as there are.
fn with_classes<T: EngineReal>(
    step: &Step<T>,
    mut sizes: Vec<(String, usize)>,
    data: &[Vec<T>],
    words: usize,
    known: &[(String, usize)],
) -> Vec<(String, usize)> {
    for (classes, own) in step.classes().iter().zip(data) {
        if let Some(name) = classes.as_ref().and_then(|c| c.as_name())
            && sizes.iter().all(|(n, _)| n != name)
        {
            let largest = own.iter().map(|x| x.to_f64()).fold(0.0, f64::max);
            let known = known.iter().find(|(n, _)| n == name).map(|(_, k)| *k);
            sizes.push((name.to_string(), known.unwrap_or((largest as usize + 1).max(words))));
        }
    }
    sizes
}

fn check_labels<T: EngineReal>(
    step: &Step<T>,
    sizes: &[(String, usize)],
    data: &[Vec<T>],
    file: &str,
) -> Result<(), Failure> {
    let size = |name: &str| sizes.iter().find(|(n, _)| n == name).map(|(_, n)| *n as u64);
    for ((input, classes), own) in step.data().iter().zip(step.classes()).zip(data) {
        let Some(classes) = classes.and_then(|c| c.evaluate(size)) else { continue };
        let bad = |x: &T| x.to_f64().fract() != 0.0 || !(0.0..classes as f64).contains(&x.to_f64());
        if let Some(row) = own.iter().position(bad) {
            let (found, last) = (own[row].to_f64(), classes.saturating_sub(1));
            let message =
                format!("{file}, row {}: `{}` is {found}, which is none of 0, 1, …, {last}", row + 1, input.name);
            return Err(Failure::plain(message));
        }
    }
    Ok(())
}

/// A number that hangs on each bit of the data, and on its order (FNV-1a, a number at a time).
pub fn fingerprint<T: EngineReal>(data: &[Vec<T>]) -> u64 {
    let mix = |hash: u64, bits: u64| (hash ^ bits).wrapping_mul(0x100_0000_01b3).rotate_left(23);
    let array =
        |hash: u64, all: &Vec<T>| all.iter().fold(mix(hash, all.len() as u64), |h, x| mix(h, x.to_f64().to_bits()));
    data.iter().fold(0xcbf2_9ce4_8422_2325, array)
}

//! `wrt init`: a first model file for a file of data, which trains.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;

use crate::args::Init;
use crate::failure::Failure;
use crate::output::print;
use crate::rows;
use crate::whole::write_whole;

/// Whole numbers up to this are taken for classes.
const MAX_CLASS: f64 = 20.0;

/// Columns that are named one by one.
const SHOWN: usize = 8;

/// Steps that a small network learns in.
const STEPS: usize = 1500;

/// What a file of data looks like.
struct Look {
    rows: usize,
    /// The names of the columns; their numbers, where there are none.
    names: Vec<String>,
    target: Target,
    /// Are values missing in other columns?
    has_gaps: bool,
}

/// What the last column is.
enum Target {
    /// Words, or whole numbers from 0 on; so many classes.
    Classes(usize),
    /// Numbers.
    Numbers,
}

/// Writes the model file beside the data, or where it is asked for; never over another one.
pub fn run(a: &Init) -> Result<ExitCode, Failure> {
    let path = a.out.clone().unwrap_or_else(|| a.data.with_extension("wrt"));
    if path.exists() {
        let message = format!("{} is there already", path.display());
        return Err(Failure::plain(message).with_help("give another name: -o other.wrt"));
    }
    rows::refuse_other_text(&a.data)?;
    let look = look(&a.data)?;
    // The model names its data as seen from where it lies.
    let beside = path.parent() == a.data.parent();
    let data = if beside {
        a.data.file_name().map(Path::new).unwrap_or(&a.data).to_path_buf()
    } else {
        std::path::absolute(&a.data).unwrap_or_else(|_| a.data.clone())
    };
    let file = data.display().to_string();
    if file.contains(['"', '\n']) {
        return Err(Failure::plain(format!("{file} can't stand in a model file: it has quotes in its name")));
    }
    let text = text(&look, &file);
    let text = wrt::session::format(&text).map_err(|e| Failure::plain(e.message().to_string()))?;
    write_whole(&path, text.as_bytes())?;
    print(&format!("{text}\nwritten to {}; train it with: wrt train {0}\n", path.display()))?;
    Ok(ExitCode::SUCCESS)
}

fn look(path: &Path) -> Result<Look, Failure> {
    let name = path.display().to_string();
    let failed = |e: csv::Error| Failure::plain(format!("{name}: {e}"));
    let records = rows::reader(path).map_err(failed)?.into_records();
    let records = records.collect::<Result<Vec<_>, _>>().map_err(failed)?;
    let is_number = |field: &str| field.parse::<f64>().is_ok_and(f64::is_finite);
    let first = records.first().ok_or_else(|| Failure::plain(format!("{name} has no rows")))?;
    let last = first.len() - 1;
    let is_header =
        first.iter().take(last.max(1)).any(|field| !is_number(field) && !rows::is_missing(field.as_bytes()));
    let rows = &records[usize::from(is_header)..];
    if rows.is_empty() {
        return Err(Failure::plain(format!("{name} has no rows")));
    }
    if last == 0 {
        let message = format!("{name} has one column, and a model learns one column from others");
        return Err(Failure::plain(message));
    }
    let title = |k: usize| if is_header { first[k].replace(['\n', '\r'], " ") } else { format!("column {}", k + 1) };
    let names: Vec<String> = (0..=last).map(title).collect();
    let is_missing = |field: &str| rows::is_missing(field.as_bytes());
    for row in rows {
        let wrong = (0..last).find(|k| !row.get(*k).is_some_and(|field| is_number(field) || is_missing(field)));
        if let Some(k) = wrong {
            let line = row.position().map_or(0, csv::Position::line);
            let message =
                format!("{name}, line {line}: column {} ({}) has `{}`, which is no number", k + 1, names[k], &row[k]);
            return Err(Failure::plain(message).with_help("only the last column, which is learned, may have words"));
        }
    }
    let fields: Vec<&str> = rows.iter().filter_map(|row| row.get(last)).collect();
    let target =
        target(&fields).map_err(|what| Failure::plain(format!("{name}: the last column ({}) {what}", names[last])))?;
    let has_gaps = rows.iter().any(|row| row.iter().take(last).any(is_missing));
    Ok(Look { rows: rows.len(), names, target, has_gaps })
}

fn target(fields: &[&str]) -> Result<Target, &'static str> {
    if fields.iter().any(|f| rows::is_missing(f.as_bytes())) {
        return Err("has missing values: leave these rows out");
    }
    let numbers: Vec<f64> = fields.iter().filter_map(|f| f.parse().ok()).filter(|x: &f64| x.is_finite()).collect();
    if numbers.is_empty() {
        let words: BTreeSet<&str> = fields.iter().copied().collect();
        return if words.len() < 2 { Err("has one word only") } else { Ok(Target::Classes(words.len())) };
    }
    if numbers.len() < fields.len() {
        return Err("has numbers and words");
    }
    let largest = numbers.iter().copied().fold(0.0, f64::max);
    let is_class = |x: &f64| x.fract() == 0.0 && (0.0..=MAX_CLASS).contains(x);
    // Few rows with whole numbers are rather counts than as many classes.
    let several = numbers.len() as f64 >= 2.0 * (largest + 1.0);
    if numbers.iter().all(is_class) && several && largest > 0.0 {
        return Ok(Target::Classes(largest as usize + 1));
    }
    if numbers.iter().all(|x| *x == numbers[0]) { Err("is always the same") } else { Ok(Target::Numbers) }
}

fn text(look: &Look, file: &str) -> String {
    let Look { rows, names, target, has_gaps } = look;
    let missing = if *has_gaps { ", missing = mean" } else { "" };
    let columns = names.len() - 1;
    let learned = &names[columns];
    // Few rows are gone through more often, for as many steps.
    let epochs = (STEPS / (rows * 3 / 5).div_ceil(32).max(1)).clamp(20, 500);
    let from = match &names[..columns] {
        [first, _, .., last] if columns > SHOWN => format!("{first}, …, {last}"),
        all => all.join(", "),
    };
    let (kind, body) = match target {
        Target::Classes(classes) => (
            format!("which of {classes} classes a row is"),
            format!(
                "data X[m, {columns}], y[m] in 0..{classes} from \"{file}\"
h    = dense(standardize(X), 32, relu)
z    = dense(h, {classes})
cost = mean(crossentropy(y, softmax(z)))
metric accuracy
"
            ),
        ),
        Target::Numbers => (
            "a number".to_string(),
            format!(
                "data X[m, {columns}], y[m] from \"{file}\"
const middle = mean(y), spread = std(y)
h    = dense(standardize(X), 32, relu)
p    = middle + spread*dense(h, 1)[:, 0]
cost = mean(((p - y)/spread)^2)
metric mae, r2
"
            ),
        ),
    };
    format!(
        "# Learns `{learned}`, {kind}, from {from}: {rows} rows.
# standardize brings each column to mean 0 and deviation 1, as it is in the rows that are trained on.
{body}train adam(rate = 0.01), epochs = {epochs}, batch = 32, seed = 1, validation = 0.2, test = 0.2, schedule = cosine{missing}
"
    )
}

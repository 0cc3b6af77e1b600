//! Values of names from the command line and from files, for compiled programs: `--at data.npz,X=x.npy,w=[1,2]`.

use std::path::Path;

use wrt::session::{Document, Session, Sizes, closest};
use wrt::{Input, Model, Number, Program};

use crate::args::Formula;
use crate::failure::Failure;
use crate::npz::{self, Named};
use crate::point::{self, Text, outside_brackets};
use crate::programs::SEED;
use crate::question;
use crate::weights::{self, Kept};

/// Arrays, and where each is from.
pub struct Given<T> {
    arrays: Vec<(Named<T>, String)>,
    /// Names of the command line that the text lacks.
    absent: Vec<String>,
}

/// What `--at` gives: files with names in them, a file for a name, and numbers and lists. Of the files, only names that
/// stand in the text are read.
pub fn given<T: Kept>(at: &[String], text: &Text) -> Result<Given<T>, Failure> {
    let mut given = Given { arrays: Vec::new(), absent: Vec::new() };
    let all = at.join(",");
    for item in outside_brackets(&all).into_iter().map(str::trim).filter(|item| !item.is_empty()) {
        match item.split_once('=') {
            None => {
                // A layer `h` has the parameters `h_W` and `h_b`.
                let wanted = |name: &str| text.text.contains(name.split('_').next().unwrap_or(name));
                let path = Path::new(item);
                let arrays = match path.extension().and_then(|e| e.to_str()) {
                    Some("npz") => npz::read(path, &wanted)?,
                    Some("safetensors") => weights::arrays(path)?,
                    _ => {
                        return Err(Failure::plain(format!("--at: `{}` gives no names", item.escape_debug()))
                            .with_help("write --at data.npz, --at X=x.npy, --at X=x.csv or --at w=[1,2]"));
                    }
                };
                arrays.into_iter().try_for_each(|array| given.add(array, item))?;
            }
            Some((name, value)) => {
                let (name, value) = (name.trim(), value.trim());
                let path = Path::new(value);
                let is_npy = |_: &str| true;
                let array = match path.extension().and_then(|e| e.to_str()) {
                    Some("npy") => only(npz::read(path, &is_npy)?, path)?,
                    Some("csv") => table(path)?,
                    _ => {
                        let one = point::point(std::slice::from_ref(&item.to_string()))?.swap_remove(0);
                        let data = one.value.data.iter().map(|n: &Number| T::from_f64(n.to_f64())).collect();
                        given.add(Named { name: one.name, shape: one.value.shape, data }, "--at")?;
                        continue;
                    }
                };
                given.add(Named { name: name.to_string(), ..array }, value)?;
            }
        }
    }
    Ok(given)
}

/// The array of a file that has one.
fn only<T>(arrays: Vec<Named<T>>, path: &Path) -> Result<Named<T>, Failure> {
    let count = arrays.len();
    let message = format!("{} has {count} arrays, where one is read", path.display());
    let mut arrays = arrays.into_iter();
    match (arrays.next(), arrays.next()) {
        (Some(array), None) => Ok(array),
        _ => Err(Failure::plain(message).with_help("write --at data.npz for arrays by their names")),
    }
}

/// A table of numbers, with or without a line of names.
fn table<T: Kept>(path: &Path) -> Result<Named<T>, Failure> {
    let file = path.display();
    let failed = |e: csv::Error| Failure::plain(format!("{file}: {e}"));
    let mut data = Vec::new();
    let mut rows = 0;
    for (k, record) in crate::rows::reader(path).map_err(failed)?.records().enumerate() {
        let record = record.map_err(failed)?;
        let numbers: Vec<Option<f64>> = record.iter().map(|field| field.parse().ok()).collect();
        if k == 0 && numbers.iter().all(Option::is_none) {
            continue;
        }
        if let Some(column) = numbers.iter().position(Option::is_none) {
            let line = record.position().map_or(0, csv::Position::line);
            let field = record.get(column).unwrap_or_default().escape_debug();
            let message = format!("{file}, line {line}: column {} has `{field}`, which is no number", column + 1);
            return Err(Failure::plain(message));
        }
        data.extend(numbers.into_iter().flatten().map(T::from_f64));
        rows += 1;
    }
    let columns = data.len().checked_div(rows).unwrap_or(0);
    Ok(Named { name: String::new(), shape: vec![rows, columns], data })
}

impl<T: Kept> Given<T> {
    /// Adds an array that has a value in each entry.
    fn add(&mut self, array: Named<T>, file: &str) -> Result<(), Failure> {
        let Named { name, shape, data } = &array;
        if let Some(k) = data.iter().position(|x| x.to_f64().is_nan()) {
            let place = place(shape, k);
            let message = match &place[..] {
                [] => format!("{file}: `{name}` is NaN"),
                [row, ..] => format!("{file}: `{name}` has NaN in row {row}, at {place:?} (counted from 0)"),
            };
            return Err(Failure::plain(message));
        }
        if let Some((_, other)) = self.arrays.iter().find(|(a, _)| a.name == *name) {
            return Err(Failure::plain(format!("`{name}` has two values, from {other} and from {file}")));
        }
        self.arrays.push((array, file.to_string()));
        Ok(())
    }

    /// Reads the text with the names that are given; their arrays say the shapes of those that the text says nothing of.
    pub fn session(&mut self, formula: &Formula, text: &Text, asked: &[&str]) -> Result<Session, Failure> {
        let written: Vec<&str> = self.arrays.iter().filter(|(_, f)| f == "--at").map(|(a, _)| &a.name[..]).collect();
        let variables: Vec<&str> = asked.iter().copied().chain(written).collect();
        let shape = |a: &Named<T>| (a.name.clone(), a.shape.iter().map(usize::to_string).collect());
        let shaped = self.arrays.iter().filter(|(a, _)| !a.shape.is_empty()).map(|(a, _)| shape(a)).collect();
        let session = question::session(formula, text, &variables, shaped)?;
        // What files keep beside what is asked for here is nobody's mistake.
        let document = session.document();
        let free = document.taken_names(&[]);
        let is_absent = |(a, file): &&(Named<T>, String)| file == "--at" && !free.contains(&a.name);
        self.absent = self.arrays.iter().filter(is_absent).map(|(a, _)| a.name.clone()).collect();
        self.arrays.retain(|(a, _)| free.contains(&a.name));
        self.arrays.iter_mut().for_each(|(array, _)| fit_rank(array, document));
        Ok(session)
    }

    /// The sizes of named dimensions: those given, and those that arrays tell.
    pub fn sizes(&self, formula: &Formula, document: &Document) -> Result<Sizes, Failure> {
        let mut sizes = point::sizes(&formula.dims)?;
        // Twice, as an array may tell a size of a sum that one before it has.
        for (array, file) in self.arrays.iter().chain(&self.arrays) {
            document.sizes_from(&array.name, &array.shape, &mut sizes).map_err(|e| {
                let shapes = document.shapes();
                let wanted = shapes.iter().find(|s| s.name == array.name).map(|s| s.dims.join(", "));
                let found = format!("found: {:?} in {file}; expected: [{}]", array.shape, wanted.unwrap_or_default());
                let known = sizes.iter().map(|(n, k)| format!("{n} = {k}")).collect::<Vec<_>>().join(", ");
                let known = if known.is_empty() { known } else { format!(", where {known}") };
                Failure::plain(e.message()).with_help(found + &known)
            })?;
        }
        Ok(sizes)
    }

    /// Says what is to be known of the text and of what is given.
    pub fn warn(&self, formula: &Formula, document: &Document) -> Result<(), Failure> {
        document.parsed().warnings.iter().for_each(|w| question::warn(w));
        question::warn_sizes(document, &point::sizes(&formula.dims)?);
        self.absent.iter().for_each(|name| question::warn_absent(document, "--at", name, ""));
        Ok(())
    }

    /// Refuses what needs a value and has none.
    pub fn check_complete(&self, document: &Document) -> Result<(), Failure> {
        let names: Vec<&str> = self.arrays.iter().map(|(a, _)| a.name.as_str()).collect();
        let missing = document.without_value(&names);
        if missing.is_empty() {
            return Ok(());
        }
        let list: Vec<String> = missing.iter().map(|n| format!("`{n}`")).collect();
        let verb = if list.len() == 1 { "has" } else { "have" };
        let files = self.arrays.iter().map(|(a, file)| format!("{} (from {file})", a.name)).collect::<Vec<_>>();
        let have = if files.is_empty() { String::new() } else { format!("; given are {}", files.join(", ")) };
        Err(Failure::plain(format!("{} {verb} no value{have}", list.join(", ")))
            .with_help(format!("write --at data.npz with arrays of these names, or --at {}=…", missing[0])))
    }

    /// What a program reads, in its order: what is given, else what the text says, else what is made up if that is wanted.
    pub fn inputs(
        &mut self,
        program: &Program<T>,
        model: &Model,
        sizes: &[(&str, usize)],
        make_up: bool,
    ) -> Result<Vec<Vec<T>>, Failure> {
        let mut made = if make_up { program.made_up(model, SEED, sizes)? } else { Vec::new() };
        let mut started = Vec::new();
        let mut fitted = program.fitted(model, sizes, &mut |input| match self.numbers(&input.name) {
            None if make_up => model.made_up(input, SEED, sizes),
            own => Ok(own),
        })?;
        let mut value = |(k, input): (usize, &Input)| {
            if let Some(own) = self.taken(&input.name) {
                return Ok(own);
            }
            if let Some((_, own)) = fitted.iter_mut().find(|(name, _)| *name == input.name) {
                return Ok(std::mem::take(own));
            }
            if let Some(made) = made.get_mut(k) {
                return Ok(std::mem::take(made));
            }
            let own = program.own_value(model, input, 0, sizes)?;
            if model.parameters().contains(&input.name) {
                started.push(input.name.clone());
            }
            own.ok_or_else(|| Failure::plain(format!("`{}` has no value", input.name)))
        };
        let found = program.inputs().iter().enumerate().map(&mut value).collect::<Result<_, Failure>>()?;
        if !started.is_empty() {
            question::warn(&format!("no value is given for {}: taken is what they start as", started.join(", ")));
        }
        Ok(found)
    }

    /// The entries of an array, in double precision.
    fn numbers(&self, name: &str) -> Option<Vec<f64>> {
        let (array, _) = self.arrays.iter().find(|(a, _)| a.name == name)?;
        Some(array.data.iter().map(|x| x.to_f64()).collect())
    }

    /// The entries of an array, which are needed once.
    pub fn taken(&mut self, name: &str) -> Option<Vec<T>> {
        let (array, _) = self.arrays.iter_mut().find(|(a, _)| a.name == name)?;
        Some(std::mem::take(&mut array.data))
    }

    pub fn is_empty(&self) -> bool {
        self.arrays.is_empty()
    }
}

/// A table of one column or row is a vector, and one entry a number, where the text says so.
fn fit_rank<T>(array: &mut Named<T>, document: &Document) {
    let rank = document.shapes().iter().find(|s| s.name == array.name).map_or(array.shape.len(), |s| s.dims.len());
    if rank < array.shape.len() && array.shape.iter().filter(|k| **k != 1).count() <= rank {
        array.shape = if rank == 0 { Vec::new() } else { vec![array.data.len()] };
    }
}

/// The place of an entry.
pub fn place(shape: &[usize], mut entry: usize) -> Vec<usize> {
    let mut place = vec![0; shape.len()];
    for (own, size) in place.iter_mut().zip(shape).rev() {
        (*own, entry) = (entry % (*size).max(1), entry / (*size).max(1));
    }
    place
}

/// An error about a name that the text lacks, with what may be meant.
pub fn unknown(document: &Document, option: &str, name: &str) -> Failure {
    let free = document.free_names();
    let help = match closest(name, free.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("its names are {}", free.join(", ")),
    };
    Failure::plain(format!("{option}: `{}` does not occur in the formula", name.escape_debug())).with_help(help)
}

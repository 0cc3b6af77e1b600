//! Writing results: numbers as text and as JSON, and what to do when nobody reads on.

use std::io::{self, Write};
use std::process::ExitCode;

use serde_json::{Map, Value};
use wrt::Form;
use wrt::session::{self, Array, Valued};

use crate::failure::Failure;

/// Writes a finished result; a reader that went away is no error.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(e) => Err(Failure::plain(format!("the result could not be written: {e}"))),
        Ok(()) => Ok(()),
    }
}

/// The same of what is made on the way.
pub fn print_by(write: &mut dyn FnMut(&mut dyn Write) -> Result<(), Failure>) -> Result<(), Failure> {
    let mut out = Reader { out: io::BufWriter::new(io::stdout().lock()), is_gone: false };
    let written = write(&mut out)
        .and_then(|()| out.flush().map_err(|e| Failure::plain(format!("the result could not be written: {e}"))));
    if out.is_gone { Ok(()) } else { written }
}

/// Somebody who reads the output, and may go away.
struct Reader<W> {
    out: W,
    is_gone: bool,
}

impl<W: Write> Reader<W> {
    fn noted<R>(&mut self, done: io::Result<R>) -> io::Result<R> {
        self.is_gone |= done.as_ref().is_err_and(|e| e.kind() == io::ErrorKind::BrokenPipe);
        done
    }
}

impl<W: Write> Write for Reader<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let done = self.out.write(bytes);
        self.noted(done)
    }

    fn flush(&mut self) -> io::Result<()> {
        let done = self.out.flush();
        self.noted(done)
    }
}

/// Lines for people beside what is printed: comments, where that is source code.
pub fn beside(form: Form, text: &str) -> String {
    text.lines().map(|line| format!("{}{line}\n", form.comment())).collect()
}

/// Writes a JSON object on a line of its own.
pub fn print_json(object: Value) -> Result<ExitCode, Failure> {
    print(&format!("{object}\n"))?;
    Ok(ExitCode::SUCCESS)
}

/// The shortest text that reads back as this double.
pub fn double(x: f64) -> String {
    if x.is_infinite() {
        return if x > 0.0 { "Infinity" } else { "-Infinity" }.to_string();
    }
    if x == x.trunc() && x.abs() < 1e15 {
        return format!("{x:.0}");
    }
    format!("{x:?}")
}

/// A value for people, with its name; what is not finite is explained.
pub fn explained(name: &str, x: &Valued) -> String {
    match &x.value.data[..] {
        [one] if x.value.shape.is_empty() && one.is_undefined() => match is_told(x) {
            true => format!("{name} is not defined there"),
            false => format!("{name} is not decided there"),
        },
        _ => format!("{name} = {}", words(x)),
    }
}

/// Is something known of a value beside its number?
pub fn is_told(x: &Valued) -> bool {
    x.status.as_ref().is_some_and(|s| !s.open)
}

/// A value for people, without a name.
pub fn words(x: &Valued) -> String {
    match &x.value.data[..] {
        [one] if x.value.shape.is_empty() => number_words(one, is_told(x)),
        _ => listed(&x.value, entry_words),
    }
}

fn entry_words(x: &session::Value) -> String {
    match x {
        session::Value::Double(x) => double(*x),
        other => other.to_string(),
    }
}

fn number_words(x: &session::Value, told: bool) -> String {
    // Digits are certified: an infinity among them is no overflow.
    let beyond = matches!(x, session::Value::Double(_)) && !told;
    match (x, x.infinite()) {
        _ if x.is_undefined() && told => "not defined there".to_string(),
        _ if x.is_undefined() => session::Status::UNDECIDED.to_string(),
        (_, Some(false)) if beyond => "Infinity (above every double)".to_string(),
        (_, Some(true)) if beyond => "-Infinity (below every double)".to_string(),
        (session::Value::Certified(session::Certified::Unknown, _), _) => session::Status::UNDECIDED.to_string(),
        (other, _) => entry_words(other),
    }
}

/// Enters a value into an answer: a number, or a string where digits were asked for; a zero that cannot be decided with
/// its `radius`; and what there is to say of it.
pub fn enter(object: &mut Map<String, Value>, x: &Valued) {
    let entry = |x: &session::Value| match x {
        session::Value::Double(x) => json_double(*x),
        other if other.radius().is_some() => "0".into(),
        other => other.to_string().into(),
    };
    object.insert("value".into(), nested(&x.value, entry));
    let radius = x
        .value
        .data
        .iter()
        .filter_map(session::Value::radius)
        .fold(None, |m: Option<f64>, r| Some(m.map_or(r, |m| m.max(r))));
    if let Some(radius) = radius {
        object.insert("radius".into(), format!("{radius:.1e}").into());
    }
    if let Some(status) = &x.status {
        object.insert("status".into(), status.kind.word().into());
        object.insert("reason".into(), status.reason.clone().into());
        if !x.value.shape.is_empty() {
            object.insert("where".into(), status.places.clone().into());
        }
    }
}

/// A double in JSON, where only finite numbers exist.
pub fn json_double(x: f64) -> Value {
    match serde_json::Number::from_f64(x) {
        Some(n) => Value::Number(n),
        None if x.is_nan() => "NaN".into(),
        None if x > 0.0 => "Infinity".into(),
        None => "-Infinity".into(),
    }
}

/// An array as nested lists in JSON.
pub fn nested<N>(array: &Array<N>, entry: impl Fn(&N) -> Value) -> Value {
    fn level<N>(shape: &[usize], data: &[N], entry: &impl Fn(&N) -> Value) -> Value {
        match shape.split_first() {
            None => data.first().map_or(Value::Null, entry),
            Some((n, rest)) => {
                let size = data.len().checked_div(*n).unwrap_or(0);
                Value::Array((0..*n).map(|k| level(rest, &data[k * size..(k + 1) * size], entry)).collect())
            }
        }
    }
    level(&array.shape, &array.data, &entry)
}

/// An array for people: `[[1, 2], [3, 4]]`.
pub fn listed<N>(array: &Array<N>, entry: impl Fn(&N) -> String) -> String {
    fn level<N>(shape: &[usize], data: &[N], entry: &impl Fn(&N) -> String, out: &mut String) {
        let Some((n, rest)) = shape.split_first() else {
            return out.push_str(&data.first().map_or(String::new(), entry));
        };
        let size = data.len().checked_div(*n).unwrap_or(0);
        out.push('[');
        for k in 0..*n {
            if k > 0 {
                out.push_str(", ");
            }
            level(rest, &data[k * size..(k + 1) * size], entry, out);
        }
        out.push(']');
    }
    let mut out = String::new();
    level(&array.shape, &array.data, &entry, &mut out);
    out
}

//! Writing results: numbers as text and as JSON, and what to do when nobody reads on.

use std::io::{self, Write};
use std::process::ExitCode;

use serde_json::Value;

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

/// Writes a JSON object on a line of its own.
pub fn print_json(object: Value) -> Result<ExitCode, Failure> {
    print(&format!("{object}\n"))?;
    Ok(ExitCode::SUCCESS)
}

/// The shortest text that reads back as this double.
pub fn double(x: f64) -> String {
    if x == x.trunc() && x.abs() < 1e15 {
        return format!("{x:.0}");
    }
    format!("{x:?}")
}

/// A double for people; what is not finite is explained.
pub fn explained(name: &str, x: f64) -> String {
    match x {
        _ if x.is_nan() => format!("{name} is not defined there"),
        f64::INFINITY => format!("{name} = Infinity (above every double)"),
        f64::NEG_INFINITY => format!("{name} = -Infinity (below every double)"),
        _ => format!("{name} = {}", double(x)),
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

//! Nudges as tables.

use serde_json::{Map, Value, json};
use wrt::Number;
use wrt::session::{Arithmetic, Certified, Direction, Moves, Nudge, Sweep, shown};

use crate::output::json_double;
use crate::table::table;

/// A table under an answer: with a row for each ε, or with a row for each entry and the last ε.
pub fn several(all: &[Moves]) -> String {
    match all {
        [] => String::new(),
        [one] => rows(one, None),
        _ => {
            let function = &all[0].function;
            let mut lines = vec![
                ["ε = 0.001", function, &format!("Δ{function}"), &format!("Δ{function}/ε")].map(String::from).to_vec(),
            ];
            for moves in all {
                if let Some(row) = moves.rows.last() {
                    let [input, value, delta, quotient] =
                        [&row.input, &row.value, &row.delta, &row.quotient].map(|c| shown(c, None));
                    lines.push(vec![format!("{} = {input}", moves.wrt), value, delta, quotient]);
                }
            }
            table(&lines)
        }
    }
}

/// A row for each ε.
pub fn rows(moves: &Moves, digits: Option<usize>) -> String {
    let (f, w) = (&moves.function, &moves.wrt);
    let delta = format!("Δ{f}");
    let heads = match moves.direction {
        Direction::Forward => [format!("{w} + ε"), format!("{f}({w} + ε)"), delta.clone(), format!("{delta}/ε")],
        Direction::Backward => [format!("{w} - ε"), format!("{f}({w} - ε)"), delta.clone(), format!("{delta}/ε")],
        Direction::Central => {
            [format!("{f}({w} + ε)"), format!("{f}({w} - ε)"), delta.clone(), format!("{delta}/(2ε)")]
        }
    };
    let mut all = vec![std::iter::once("ε".to_string()).chain(heads).collect::<Vec<String>>()];
    for row in &moves.rows {
        let show = |c: &Certified| shown(c, digits);
        let second = match &row.other {
            Some(other) => [show(&row.value), show(other)],
            None => [show(&row.input), show(&row.value)],
        };
        let cells = [decimal(&row.eps)].into_iter().chain(second);
        all.push(cells.chain([show(&row.delta), show(&row.quotient)]).collect());
    }
    table(&all)
}

/// The same as JSON.
pub fn object(moves: &Moves, digits: Option<usize>) -> Value {
    let show = |c: &Certified| shown(c, digits).trim_end_matches('…').to_string();
    let row = |row: &Nudge| {
        let mut entry = json!({
            "eps": decimal(&row.eps),
            "input": show(&row.input),
            "value": show(&row.value),
            "delta": show(&row.delta),
            "quotient": show(&row.quotient),
        });
        if let Some(other) = &row.other {
            entry["other"] = show(other).into();
        }
        entry
    };
    let mut object = json!({
        "wrt": moves.wrt,
        "function": moves.function,
        "input": show(&moves.start.input),
        "value": show(&moves.start.value),
        "rows": moves.rows.iter().map(row).collect::<Vec<_>>(),
    });
    if let Some(sweep) = &moves.sweep {
        object["sweep"] = sweep_object(sweep);
    }
    object
}

/// An ε as a person would write it.
fn decimal(eps: &Number) -> String {
    match eps.to_decimal() {
        Some(text) if text.len() <= 20 => text,
        _ => eps.to_string(),
    }
}

/// ε from 1 down, and which is best.
pub fn sweep_table(sweep: &Sweep) -> String {
    let quotient = if sweep.direction == Direction::Central { "ΔJ/(2ε)" } else { "ΔJ/ε" };
    let heads = ["single", "double", "exactly"].map(|kind| [format!("{quotient} {kind}"), "error".to_string()]);
    let mut rows = vec![std::iter::once("ε".to_string()).chain(heads.into_iter().flatten()).collect::<Vec<_>>()];
    for trial in &sweep.trials {
        let mut row = vec![format!("{:e}", trial.eps.to_f64())];
        for k in 0..3 {
            let quotient =
                if k == 0 { format!("{}", trial.quotient[k] as f32) } else { format!("{}", trial.quotient[k]) };
            row.extend([quotient, format!("{:.1e}", trial.error[k])]);
        }
        rows.push(row);
    }
    let mut out = table(&rows);
    let reasons = [Arithmetic::Single, Arithmetic::Double, Arithmetic::Exact].into_iter().filter_map(|k| sweep.why(k));
    reasons.for_each(|why| out.push_str(&format!("{why}\n")));
    out
}

fn sweep_object(sweep: &Sweep) -> Value {
    let kinds = ["single", "double", "exact"];
    let trial = |t: &wrt::session::Trial| {
        let mut entry = Map::new();
        entry.insert("eps".into(), format!("{:e}", t.eps.to_f64()).into());
        for (k, kind) in kinds.iter().enumerate() {
            let pair = json!({ "quotient": json_double(t.quotient[k]), "error": json_double(t.error[k]) });
            entry.insert((*kind).into(), pair);
        }
        Value::Object(entry)
    };
    let best = |k: usize| sweep.trials.get(sweep.best[k]).map(|t| format!("{:e}", t.eps.to_f64()));
    json!({
        "derivative": sweep.derivative.map_or(Value::Null, json_double),
        "trials": sweep.trials.iter().map(trial).collect::<Vec<_>>(),
        "best": { "single": best(0), "double": best(1) },
    })
}

//! Recursions as code: a loop in NumPy, `jax.lax.scan` in JAX.

use super::recursion::{Line, Written};

/// A tuple of names: `a, b`, with one name `a,`.
fn tuple(names: &[&str]) -> String {
    match names {
        [single] => format!("{single},"),
        _ => names.join(", "),
    }
}

/// Arrays for the lines, what the states begin with, and the loop.
pub(super) fn numpy(written: &Written) -> Vec<(String, String)> {
    let shape = |line: &Line| {
        let sizes: Vec<&str> =
            std::iter::once(written.length.as_str()).chain(line.dims.iter().map(String::as_str)).collect();
        let comma = if sizes.len() == 1 { "," } else { "" };
        format!("np.zeros(({}{comma}))", sizes.join(", "))
    };
    let mut texts: Vec<(String, String)> = written.lines.iter().map(|line| (line.name.clone(), shape(line))).collect();
    texts.extend(written.states.iter().map(|s| (s.carried.clone(), s.first.clone())));
    let order = match written.backward {
        true => format!("reversed(range({}))", written.length),
        false => format!("range({})", written.length),
    };
    let mut body: Vec<String> = written.lines.iter().map(|line| format!("{} = {}", line.entry, line.body)).collect();
    body.extend(written.states.iter().map(|s| format!("{} = {}[{}]", s.carried, s.name, written.index)));
    let whole = format!("for {} in {order}:\n    {}", written.index, body.join("\n    "));
    texts.extend(whole.split_once(" = ").map(|(head, rest)| (head.to_string(), rest.to_string())));
    texts
}

/// The step as a function, and its scan.
pub(super) fn jax(written: &Written) -> Vec<(String, String)> {
    let arrays: Vec<&str> = written.along.iter().map(|(array, _)| array.as_str()).collect();
    let entries: Vec<&str> = written.along.iter().map(|(_, entry)| entry.as_str()).collect();
    let carried: Vec<&str> = written.states.iter().map(|s| s.carried.as_str()).collect();
    let firsts: Vec<&str> = written.states.iter().map(|s| s.first.as_str()).collect();
    let names: Vec<&str> = written.lines.iter().map(|line| line.name.as_str()).collect();
    let outputs: Vec<&str> = written.lines.iter().map(|line| line.entry.as_str()).collect();
    let line_of = |name: &String| written.lines.iter().find(|line| line.name == *name);
    let news: Vec<&str> = written.states.iter().filter_map(|s| Some(line_of(&s.name)?.entry.as_str())).collect();
    let step = &written.step;
    let mut body = vec![format!("({}) = carried", tuple(&carried)), format!("({}) = entries", tuple(&entries))];
    body.extend(written.lines.iter().map(|line| format!("{} = {}", line.entry, line.body)));
    body.push(format!("return ({}), ({})", tuple(&news), tuple(&outputs)));
    let whole = format!("def {step}(carried, entries):\n    {}", body.join("\n    "));
    let reverse = if written.backward { ", reverse=True" } else { "" };
    let mut texts: Vec<(String, String)> =
        whole.split_once(" = ").map(|(head, rest)| (head.to_string(), rest.to_string())).into_iter().collect();
    let call = format!("jax.lax.scan({step}, ({}), ({}){reverse})", tuple(&firsts), tuple(&arrays));
    texts.push((format!("_, ({})", tuple(&names)), call));
    texts
}

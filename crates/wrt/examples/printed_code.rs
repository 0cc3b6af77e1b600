//! Prints formulas as code with their points and values, for `oracle/judge_code.py`: one JSON object a line.

#[path = "../tests/notation/mod.rs"]
mod notation;

use notation::{Case, read};
use wrt::session::{Form, Point, written_name};

const FORMS: [(&str, Form); 4] = [("rust", Form::Rust), ("c", Form::C), ("numpy", Form::NumPy), ("jax", Form::Jax)];

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(","))
}

fn write(case: &Case) {
    let Some((mut session, at)) = read(case) else {
        println!("{{\"text\":{},\"unread\":true}}", quoted(&case.text));
        return;
    };
    let root = session.root();
    let shown = session.simplify(root).id;
    let value = |id| session.doubles(&[id], &Point::numbers(&at)).ok().map(|v| v[0].data[0]);
    let (Some(as_read), Some(simplified)) = (value(root), value(shown)) else {
        println!("{{\"text\":{},\"unread\":true}}", quoted(&case.text));
        return;
    };
    for (word, form) in FORMS {
        for (id, want) in [(root, as_read), (shown, simplified)] {
            let printed = session.print(id, form);
            let names = at.iter().map(|(x, n)| {
                let name = written_name(form, session.graph().symbol_name(*x));
                format!("[{},{}]", quoted(&name), quoted(&format!("{:?}", n.to_f64())))
            });
            let parts = printed.bindings.iter().map(|(name, text)| format!("[{},{}]", quoted(name), quoted(text)));
            println!(
                "{{\"text\":{},\"form\":\"{word}\",\"names\":{},\"parts\":{},\"result\":{},\"refused\":{},\"want\":\"{want:?}\"}}",
                quoted(&case.text),
                list(names),
                list(parts),
                quoted(&printed.result),
                printed.refused.as_deref().map_or("null".into(), quoted),
            );
            if id == shown && root == shown {
                break;
            }
        }
    }
}

fn main() {
    let functions = [notation::in_places(), notation::derivatives(), notation::pairs(), notation::nested()];
    let others = [notation::undefined(), notation::literals_and_names()];
    let all: Vec<Vec<Case>> = functions.into_iter().chain(others).collect();
    all.iter().flatten().for_each(write);
}

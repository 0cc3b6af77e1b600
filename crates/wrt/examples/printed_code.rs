//! Prints formulas as code with their points and values, for `oracle/judge_code.py`: one JSON object a line;
//! before them, the spellings of each primitive.

#[path = "../tests/notation/mod.rs"]
mod notation;

use notation::{Case, read};
use wrt::session::{Form, Id, Point, Session, written_name};
use wrt_core::{Node, Primitive};

const FORMS: [(&str, Form); 4] = [("rust", Form::Rust), ("c", Form::C), ("numpy", Form::NumPy), ("jax", Form::Jax)];

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(","))
}

fn write_spellings() {
    for p in Primitive::ALL {
        let row = p.row().spelling;
        let spellings = [row.rust, row.c, row.numpy, row.jax];
        println!("{{\"spells\":{},\"as\":{}}}", quoted(p.name()), list(spellings.into_iter().map(quoted)));
    }
}

/// The primitives that a formula consists of.
fn primitives(session: &Session, id: Id) -> Vec<&'static str> {
    let graph = session.graph();
    let name = |id| match graph.node(id) {
        Node::Map(p, _) => Some(p.name()),
        _ => None,
    };
    graph.reachable(&[id]).into_iter().filter_map(name).collect()
}

fn write(case: &Case) {
    let Some((mut session, at)) = read(case) else {
        println!("{{\"text\":{},\"unread\":true}}", quoted(&case.text));
        return;
    };
    let root = session.document().root();
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
                "{{\"text\":{},\"of\":{},\"form\":\"{word}\",\"names\":{},\"parts\":{},\"result\":{},\"refused\":{},\"want\":\"{want:?}\"}}",
                quoted(&case.text),
                list(primitives(&session, id).into_iter().map(quoted)),
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
    write_spellings();
    let functions = [notation::in_places(), notation::derivatives(), notation::pairs(), notation::nested()];
    let others = [notation::undefined(), notation::literals_and_names()];
    let all: Vec<Vec<Case>> = functions.into_iter().chain(others).collect();
    all.iter().flatten().for_each(write);
}

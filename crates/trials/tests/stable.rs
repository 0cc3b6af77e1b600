//! The sweep over the rules for computing: each row fires, keeps the value and the domain, and loses no digits.

use wrt_core::{Graph, Id, Number};
use wrt_language::{Scope, parse};
use wrt_rewrite::{Pace, STABLE_RULES, stable};

fn read(g: &mut Graph, text: &str) -> Id {
    let scope = Scope { variables: &["x", "y"], assumptions: &[], ..Scope::default() };
    parse(g, text, &scope).unwrap_or_else(|e| panic!("{text}: {e}")).result
}

#[test]
fn every_row_fires_as_it_says() {
    let mut wrong = Vec::new();
    for rule in STABLE_RULES {
        let mut g = Graph::new();
        let (from, to) = (read(&mut g, rule.from), read(&mut g, rule.to));
        let found = stable(&mut g, &[from], Pace::Asked)[0];
        let text = |id| wrt_view::print(&g, id, wrt_view::Form::Text).line();
        if text(found) != text(to) {
            wrong.push(format!("{}: {} gives {}, not {}", rule.name, rule.from, text(found), text(to)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

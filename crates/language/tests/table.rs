//! Every row of the table of functions is reached by its name, and messages read it.

use std::collections::HashSet;

use wrt_core::{Graph, Primitive};
use wrt_language::{Diagnostic, Scope, functions, parse};

/// The name of each function with its usage; those that are functions of numbers, too, are called as such.
fn rows() -> impl Iterator<Item = (&'static str, &'static str)> {
    let rows = functions().map(|(usage, _)| (usage.split('(').next().unwrap(), usage));
    rows.filter(|(name, _)| Primitive::from_name(name).is_none())
}

fn refusal(text: &str) -> Diagnostic {
    parse(&mut Graph::new(), text, &Scope::default()).unwrap_err()
}

#[test]
fn names_are_unique_and_explained() {
    let mut seen = HashSet::new();
    for (usage, about) in functions() {
        assert!(seen.insert(usage.split('(').next()), "{usage} has two rows");
        assert!(about.len() > 1 && !about.ends_with('.') && !about.contains(['|', '\n']), "{usage}: {about:?}");
    }
}

#[test]
fn a_call_without_arguments_shows_the_usage() {
    for (name, usage) in rows() {
        let refused = refusal(&format!("{name}()"));
        assert!(refused.message.starts_with(&format!("`{name}` takes ")), "{name}: {}", refused.message);
        assert_eq!(refused.help, Some(format!("write {usage}")));
    }
}

#[test]
fn a_slip_of_the_key_suggests_the_function() {
    for (name, _) in rows().filter(|(name, _)| name.len() > 2) {
        let doubled = format!("{name}{}", name.chars().last().unwrap());
        assert_eq!(refusal(&format!("{doubled}(x)")).help, Some(format!("did you mean `{name}`?")), "{doubled}");
    }
}

#[test]
fn arguments_with_other_names_are_refused() {
    for (name, usage) in rows() {
        let refused = refusal(&format!("{name}(x, nonsense=1)"));
        assert_eq!(refused.message, format!("`{name}` has no argument `nonsense`"));
        assert_eq!(refused.help, Some(format!("write {usage}")));
    }
}

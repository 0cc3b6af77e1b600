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

/// What parsing a formula says, with these shapes.
fn refusal_of(text: &str, shapes: &[(&str, Vec<&str>)]) -> Option<String> {
    let mut g = Graph::new();
    parse(&mut g, text, &Scope { shapes, ..Scope::default() }).err().map(|e| e.message)
}

/// What is given is taken or refused, never dropped.
#[test]
fn convolutions_take_all_that_they_are_given() {
    let shapes = |size: &'static str| [("x", vec!["5", "1"]), ("K", vec![size, "1", "1"]), ("G", vec!["5", "1"])];
    for text in ["conv1d(x, K, padding=same)", "conv1d(x, K)", "conv_transpose(x, K)", "conv1d_input(K, G, 5)"] {
        let message = refusal_of(text, &shapes("0")).unwrap_or_default();
        assert!(message.contains("a fixed size above 0, found [0, 1, 1]"), "{text}: {message}");
    }
    for (text, word) in [
        ("conv1d(x, K, use_bias=1)", "`use_bias` has no meaning"),
        ("conv1d(x, K, size=2)", "`size` has no meaning"),
        ("conv1d(x, K, 2, stride=1)", "`stride` is given twice"),
        ("conv1d(x, K, 1, same)", "no activation `same`"),
        ("conv_transpose(x, K, 2, stride=1)", "`stride` is given twice"),
        ("conv1d(x, K, stride=0)", "a stride is a whole number above 0"),
        ("conv1d(x, K, stride=[1, 2])", "a stride is a whole number above 0"),
        ("conv2d(reshape(x, [5, 1, 1]), reshape(K, [2, 1, 1, 1]), stride=[1, 2, 3])", "above 0, or a list of 2"),
        ("max_pool(reshape(x, [5, 1, 1]), 1, stride=[1, -1])", "above 0, or a list of 2"),
        ("max_pool(reshape(x, [5, 1, 1]), 2, padding=1)", "`padding` is same or valid"),
    ] {
        let message = refusal_of(text, &shapes("2")).unwrap_or_default();
        assert!(message.contains(word), "{text}: {message}");
    }
    let shapes = [("x", vec!["5", "1"]), ("K", vec!["2", "1", "1"]), ("X", vec!["4", "4", "1"])];
    for (a, b) in [
        ("conv1d(x, K, 2, relu)", "relu(conv1d(x, K, stride=2))"),
        ("conv1d(x, K, activation=tanh)", "tanh(conv1d(x, K))"),
        ("max_pool(X, 2, 1)", "max_pool(X, 2, stride=1)"),
        ("avg_pool(X, 2, 2)", "avg_pool(X, 2)"),
        ("avg_pool(X, 2, stride=[2, 2])", "avg_pool(X, 2)"),
        ("avg_pool(X, [2, 2])", "avg_pool(X, 2)"),
        ("max_pool(X, [2, 4], [2, 4])", "max_pool(X, [2, 4])"),
        // A new axis is an axis of one entry.
        ("max_pool(X[:, :, 0][:, :, None], 2, 2)", "max_pool(X[:, :, 0][:, :, None], 2)"),
        ("avg_pool(X[:, :, 0][:, :, None], 3, 3, padding=same)", "avg_pool(X[:, :, 0][:, :, None], 3, padding=same)"),
        // No window of these lies beyond an end.
        ("max_pool(X, 2, padding=same)", "max_pool(X, 2)"),
        ("conv2d(X, reshape(K, [2, 1, 1, 1]), stride=[2, 2])", "conv2d(X, reshape(K, [2, 1, 1, 1]), stride=2)"),
    ] {
        let mut g = Graph::new();
        let [a, b] = [a, b].map(|text| {
            let scope = Scope { shapes: &shapes, ..Scope::default() };
            parse(&mut g, text, &scope).map(|p| p.result).map_err(|e| e.message)
        });
        assert!(a.is_ok() && a == b, "{a:?} {b:?}");
    }
}

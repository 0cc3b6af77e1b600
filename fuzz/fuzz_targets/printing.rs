//! What is read prints as a text that is read as the same formula, in every notation without a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wrt_core::Graph;
use wrt_language::{Scope, parse};
use wrt_view::{Form, print};

fuzz_target!(|text: &str| {
    let mut graph = Graph::new();
    let Ok(parsed) = parse(&mut graph, text, &Scope::default()) else { return };
    if graph.len() > 2000 {
        return;
    }
    for (_, form) in Form::ALL {
        assert!(!print(&graph, parsed.result, form).line().is_empty());
    }
    if let Err(failure) = wrt_trials::printing(text) {
        panic!("{failure}");
    }
});

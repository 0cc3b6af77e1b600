//! Any text is a formula or an error with a place inside the text; nothing panics.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wrt_core::Graph;
use wrt_language::{Scope, parse};

fuzz_target!(|text: &str| {
    let mut graph = Graph::new();
    match parse(&mut graph, text, &Scope::default()) {
        Ok(parsed) => assert!(parsed.result.index() < graph.len()),
        Err(e) => {
            assert!(e.span.start <= e.span.end && e.span.end <= text.len(), "{:?} of {text:?}", e.span);
            assert!(
                text.is_char_boundary(e.span.start) && text.is_char_boundary(e.span.end),
                "{:?} of {text:?}",
                e.span
            );
            assert!(!e.to_string().is_empty());
        }
    }
});

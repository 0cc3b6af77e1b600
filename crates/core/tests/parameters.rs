//! Parameters of operations come from texts of plans, too: whatever they say, the operation has a shape and a value, or is
//! refused.

use std::panic::{AssertUnwindSafe, catch_unwind};

use wrt_core::{Array, Dimension, Graph, Operation};

/// What may stand in a word's place.
const OTHER: [&str; 12] =
    ["0", "1", "2", "3", "7", "64", "99999", "9223372036854775807", "18446744073709551615", "-1", "n", "true"];

/// Entries that a value may have here.
const MANY: u64 = 1 << 12;

/// The parameters with a word that is another one, twice there, or missing; or two such.
fn changed(parameters: &str) -> Vec<String> {
    let words: Vec<&str> = parameters.split_whitespace().collect();
    let mut found = Vec::new();
    for k in 0..words.len() {
        let others = OTHER.iter().map(|other| vec![*other]).chain([vec![], vec![words[k], words[k]]]);
        found.extend(others.map(|new| [&words[..k], &new, &words[k + 1..]].concat()));
    }
    let twice: Vec<Vec<&str>> = found
        .iter()
        .filter(|own| own.len() == words.len())
        .flat_map(|own| (0..own.len()).map(|k| [&own[..k], &["0"], &own[k + 1..]].concat()))
        .collect();
    found.into_iter().chain(twice).map(|words| words.join(" ")).collect()
}

/// Refused, or the size of its value.
fn tried(operation: &Operation, args: &[Array<f64>]) -> Option<usize> {
    let mut graph = Graph::new();
    let dims: Vec<Vec<_>> =
        args.iter().map(|a| a.shape.iter().map(|n| graph.dim(Dimension::size(*n as u64))).collect()).collect();
    let shape = operation.shape(&mut graph, &dims).ok()?;
    let sizes: Vec<u64> = shape.iter().map(|d| graph.dimension(*d).as_size()).collect::<Option<_>>()?;
    let entries = sizes.iter().try_fold(1u64, |n, size| n.checked_mul(*size))?;
    if entries > MANY {
        return None;
    }
    let sizes: Vec<usize> = sizes.iter().map(|n| *n as usize).collect();
    let given: Vec<&Array<f64>> = args.iter().collect();
    let found = operation.evaluate(&given, &sizes, &0.0).ok()?;
    assert_eq!((found.data.len() as u64, found.shape), (entries, sizes), "{operation:?}");
    Some(found.data.len())
}

#[test]
fn operations_of_any_parameters_have_a_value_or_are_refused() {
    let (mut values, mut failed) = (0, Vec::new());
    for row in Operation::rows() {
        for sample in row.samples.iter() {
            let Ok(args) = sample.arrays() else { continue };
            for text in changed(&sample.operation.parameters()) {
                let own = || Operation::read(row.name, &text).and_then(|operation| tried(&operation, &args));
                match catch_unwind(AssertUnwindSafe(own)) {
                    Ok(found) => values += usize::from(found.is_some()),
                    Err(_) => failed.push(format!("{}<{text}>", row.name)),
                }
            }
        }
    }
    failed.dedup();
    assert!(failed.is_empty(), "{} panic:\n{}", failed.len(), failed.join("\n"));
    assert!(values > 1000, "{values}");
}

//! Five thousand random expressions; the million is `cargo run --release -p wrt-trials -- --count 1000000`.

use proptest::prelude::*;
use wrt_trials::{Bytes, Recipe, Tally, numbered, point, trial};

#[test]
fn five_thousand_expressions_agree_with_themselves() {
    let mut tally = Tally::default();
    for index in 0..5_000 {
        let (recipe, points) = numbered(2026, index);
        match trial(&recipe, &points) {
            Ok(found) => tally.add(&found),
            Err(failure) => panic!("--seed 2026 --first {index} --count 1: {failure}"),
        }
    }
    // A generator whose expressions are nowhere defined would agree with everything.
    assert!(tally.finite > 7_500, "{tally:?}");
    assert!(tally.agreed > 25_000, "{tally:?}");
    assert!(tally.undecided * 50 < tally.agreed, "{tally:?}");
    assert!(tally.removable * 100 < tally.agreed, "{tally:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    /// The same from bytes, which proptest makes smaller where a trial fails.
    #[test]
    fn expressions_from_bytes_agree(bytes in prop::collection::vec(any::<u8>(), 20..160)) {
        let mut source = Bytes(&bytes);
        let points = [point(&mut source)];
        let recipe = Recipe::draw(&mut source);
        if let Err(failure) = trial(&recipe, &points) {
            prop_assert!(false, "{}", failure);
        }
    }
}

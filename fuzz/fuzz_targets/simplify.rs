//! A random expression and its derivatives have the same values before and after they are simplified.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wrt_trials::{Bytes, Recipe, point, trial};

fuzz_target!(|data: &[u8]| {
    let mut source = Bytes(data);
    let points = [point(&mut source), point(&mut source)];
    let recipe = Recipe::draw(&mut source);
    if let Err(failure) = trial(&recipe, &points) {
        panic!("{failure}");
    }
});

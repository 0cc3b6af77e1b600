//! What the rows of the table say of themselves.

use wrt_core::Primitive;

/// Points on both sides of all edges of domains, and on them.
const GRID: [f64; 11] = [-7.3, -2.0, -1.0, -0.6, 0.0, 0.4, 1.0, 1.7, 2.0, 3.0, 9.1];

/// Rewriting and printing drop factors of 0 where this says so, and it is read off the words of a row.
#[test]
fn what_is_defined_everywhere_has_a_value_everywhere() {
    let mut everywhere = 0;
    for primitive in Primitive::ALL.iter().filter(|p| p.is_defined_everywhere()) {
        let arity = primitive.arity();
        for k in 0..GRID.len().pow(arity as u32) {
            let at: Vec<f64> = (0..arity).map(|j| GRID[k / GRID.len().pow(j as u32) % GRID.len()]).collect();
            let value = primitive.evaluate(&at);
            assert!(value.is_finite(), "{} at {at:?} is {value}", primitive.name());
        }
        everywhere += 1;
    }
    assert!(everywhere > 30, "{everywhere} rows");
    for partial in [Primitive::Pow, Primitive::Log, Primitive::Sqrt, Primitive::Log1p] {
        assert!(!partial.is_defined_everywhere(), "{}", partial.name());
    }
}

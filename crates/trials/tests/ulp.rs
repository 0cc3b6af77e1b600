//! Every primitive at every level of instructions is as close to the truth as its row states: at a few thousand numbers of
//! single precision and some of double. `wrt-trials --kind ulp` looks at all of single precision.

use std::ops::Range;

use wrt::Level;
use wrt_core::Primitive;
use wrt_trials::ulp::{double, single};

/// A prime, so that all digits of numbers change.
const STRIDE: u64 = 1_299_709;

const DOUBLES: u64 = 150;

/// All of single precision.
const ALL: Range<u64> = 7..1 << 32;

#[test]
fn rows_are_as_close_to_the_truth_as_they_state() {
    let levels = Level::available();
    let mut off = Vec::new();
    for primitive in Primitive::ALL {
        let stated = primitive.row().ulp;
        let found = [single(*primitive, &levels, ALL, STRIDE), double(*primitive, &levels, DOUBLES)];
        for (found, stated) in found.into_iter().zip([stated.single, stated.double]) {
            for (worst, level) in found.unwrap().into_iter().zip(&levels) {
                assert!(worst.count > 100, "{primitive:?}: {worst:?}");
                if worst.ulp > stated || !stated.is_finite() {
                    off.push(format!(
                        "{primitive:?} at {}: {} units and not {stated}, {worst:?}",
                        level.name(),
                        worst.ulp
                    ));
                }
            }
        }
    }
    assert!(off.is_empty(), "{}", off.join("\n"));
}

/// What compares, chooses or rounds is exact, and the functions that programs spend their time in are bounded.
#[test]
fn bounds_are_stated_where_there_are_some() {
    for primitive in [Primitive::Exp, Primitive::Log, Primitive::Log1p, Primitive::Expm1, Primitive::Tanh] {
        assert!(primitive.row().ulp.single.max(primitive.row().ulp.double) <= 4.0, "{primitive:?}");
    }
    for primitive in [Primitive::Max, Primitive::Lt, Primitive::Select, Primitive::Abs, Primitive::Floor] {
        assert_eq!([primitive.row().ulp.single, primitive.row().ulp.double], [0.0, 0.0], "{primitive:?}");
    }
}

/// The measure itself finds an error: a function is not another one.
#[test]
fn what_is_off_is_found() {
    let level = [Level::best()];
    let right = single(Primitive::Sqrt, &level, ALL, STRIDE).unwrap().remove(0);
    assert!(right.ulp > 0.1 && right.ulp <= 0.5, "{right:?}");
    let digits = double(Primitive::Exp, &level, DOUBLES).unwrap().remove(0);
    assert!(digits.ulp > 0.1 && digits.ulp < 4.0, "{digits:?}");
}

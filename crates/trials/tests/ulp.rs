//! Every primitive at every level of instructions is as close to the truth as its row states: at a few thousand numbers of
//! single precision and some of double. `wrt-trials --kind ulp` looks at all of single precision.

use wrt::Level;
use wrt_core::Primitive;
use wrt_trials::ulp::{Worst, double, single};

/// A prime, so that all digits of numbers change.
const STRIDE: u64 = 1_299_709;

const DOUBLES: u64 = 150;

fn hold(primitive: Primitive, level: Level, found: &Worst, stated: f64) {
    let (name, level) = (primitive.row().name, level.name());
    assert!(found.count > 100, "{name}: {found:?}");
    assert!(found.ulp <= stated, "{name} at {level}: {} units and not {stated}, {found:?}", found.ulp);
}

#[test]
fn rows_are_as_close_to_the_truth_as_they_state() {
    for primitive in Primitive::ALL {
        for level in Level::available() {
            let [in_single, in_double] = primitive.row().ulp;
            hold(*primitive, level, &single(*primitive, level, 7, STRIDE).unwrap(), in_single);
            hold(*primitive, level, &double(*primitive, level, DOUBLES).unwrap(), in_double);
        }
    }
}

/// What compares, chooses or rounds is exact, and the functions that programs spend their time in are bounded.
#[test]
fn bounds_are_stated_where_there_are_some() {
    for primitive in [Primitive::Exp, Primitive::Log, Primitive::Log1p, Primitive::Expm1, Primitive::Tanh] {
        assert!(primitive.row().ulp.iter().all(|u| *u <= 4.0), "{primitive:?}");
    }
    for primitive in [Primitive::Max, Primitive::Lt, Primitive::Select, Primitive::Abs, Primitive::Floor] {
        assert_eq!(primitive.row().ulp, [0.0, 0.0], "{primitive:?}");
    }
}

/// The measure itself finds an error: a function is not another one.
#[test]
fn what_is_off_is_found() {
    let level = Level::best();
    let right = single(Primitive::Sqrt, level, 3, STRIDE).unwrap();
    assert!(right.ulp > 0.1 && right.ulp <= 0.5, "{right:?}");
    let digits = double(Primitive::Exp, level, DOUBLES).unwrap();
    assert!(digits.ulp > 0.1 && digits.ulp < 4.0, "{digits:?}");
}

//! Each lane function against the standard library's in doubles or the row's formula, over its range and at its edges.

use wrt_lanes::{Element, Instruction, Level, Loop, Op, Place, Source, Spans};

/// What an instruction makes of arguments at a level.
fn lanes<T: Element>(level: Level, op: Op, args: &[&[T]]) -> Vec<T> {
    let n = args[0].len();
    let mut out = vec![T::ZERO; n];
    let own = args.len();
    let place = |span: usize| Place { span: span as u32, at: 0 };
    let all: Vec<u16> = (0..own as u16).collect();
    let body = Loop {
        sizes: vec![n],
        sources: (0..own).map(|k| Source::Array { from: place(k), strides: vec![1] }).collect(),
        tape: vec![Instruction::new(op, own as u16, &all)],
        stores: vec![(own as u16, place(own))],
        registers: own + 1,
        scratch: place(own + 1),
        call: |_, [a, _, _]| a,
    };
    let body = body.checked(None);
    let mut scratch = vec![T::ZERO; body.scratch()];
    Spans::default().with(args, [&mut out[..]], &mut scratch, |memory| body.run(level, memory));
    out
}

/// Numbers of every magnitude and both signs, and those at which functions are special.
fn everywhere() -> Vec<f64> {
    let mut all = vec![0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 1.0, -1.0, f64::MIN_POSITIVE, 5e-324];
    let mut x: f64 = 1e-320;
    while x < 1e308 {
        all.extend([x, -x]);
        x *= 1.0137;
    }
    let steps = (-40_000..40_000).map(|k| f64::from(k) * 0.018_5 + 1e-5);
    all.extend(steps);
    all
}

fn units(found: f64, wanted: f64, unit: f64) -> f64 {
    let same = found == wanted || (found.is_nan() && wanted.is_nan());
    if same { 0.0 } else { ((found - wanted) / unit).abs() }
}

type Row = (Op, &'static str, fn(f64) -> f64, f64, f64);

/// Units in the last place of f64 and f32 within which each function stays.
const ROWS: [Row; 10] = [
    (Op::Exp, "exp", f64::exp, 1.5, 1.5),
    (Op::Expm1, "expm1", f64::exp_m1, 2.0, 2.0),
    (Op::Log, "log", f64::ln, 1.5, 1.5),
    (Op::Log1p, "log1p", f64::ln_1p, 2.0, 2.0),
    (Op::Tanh, "tanh", f64::tanh, 3.5, 3.5),
    (Op::Sigmoid, "sigmoid", |x| if x < 0.0 { x.exp() / (1.0 + x.exp()) } else { 1.0 / (1.0 + (-x).exp()) }, 3.0, 3.0),
    (Op::Softplus, "softplus", |x| x.max(0.0) + (-x.abs()).exp().ln_1p(), 3.0, 3.0),
    (Op::Sin, "sin", f64::sin, 1.5, 1.0),
    (Op::Cos, "cos", f64::cos, 1.5, 1.0),
    (Op::Sqrt, "sqrt", f64::sqrt, 0.0, 0.5),
];

#[test]
fn functions_are_within_their_units_at_each_level() {
    let all = everywhere();
    let single: Vec<f32> = all.iter().map(|x| *x as f32).collect();
    for level in Level::available() {
        for (op, name, exact, most, most_single) in ROWS {
            for (x, found) in all.iter().zip(lanes(level, op, &[&all])) {
                let wanted = exact(*x);
                let wanted = if name == "softplus" && x.is_nan() { f64::NAN } else { wanted };
                let unit = (wanted.abs() * f64::EPSILON / 2.0).max(5e-324);
                let off = units(found, wanted, unit);
                assert!(off <= 2.0 * most, "{name}({x:e}) at {level:?}: {found:e}, not {wanted:e} ({off} half units)");
            }
            for (x, found) in single.iter().zip(lanes(level, op, &[&single])) {
                let wanted = exact(f64::from(*x));
                let wanted = if name == "softplus" && x.is_nan() { f64::NAN } else { wanted };
                if f64::from(wanted as f32) == f64::from(found) || (wanted.is_nan() && found.is_nan()) {
                    continue;
                }
                let unit = (wanted.abs() * f64::from(f32::EPSILON) / 2.0).max(1.5e-45);
                let off = units(f64::from(found), wanted, unit);
                assert!(
                    off <= 2.0 * most_single,
                    "{name}({x:e}f32) at {level:?}: {found:e}, not {wanted:e} ({off} half units)"
                );
            }
        }
    }
}

#[test]
fn signs_of_zero_stay() {
    for level in Level::available() {
        for op in [Op::Expm1, Op::Log1p, Op::Tanh, Op::Sin, Op::Sqrt] {
            let found = lanes::<f64>(level, op, &[&[0.0, -0.0]]);
            assert_eq!([found[0].to_bits(), found[1].to_bits()], [0.0_f64.to_bits(), (-0.0_f64).to_bits()], "{op:?}");
        }
    }
}

#[test]
fn choices_pass_on_what_is_no_number() {
    let (nan, inf) = (f64::NAN, f64::INFINITY);
    for level in Level::available() {
        let bits = |op, args: &[&[f64]]| lanes(level, op, args);
        let max = bits(Op::Max, &[&[1.0, nan, 2.0, inf], &[2.0, 1.0, nan, 1.0]]);
        assert!(max[0] == 2.0 && max[1].is_nan() && max[2].is_nan() && max[3] == inf);
        let min = bits(Op::Min, &[&[1.0, nan, 2.0], &[2.0, 1.0, nan]]);
        assert!(min[0] == 1.0 && min[1].is_nan() && min[2].is_nan());
        let chosen = bits(Op::Select, &[&[1.0, 0.0, nan], &[5.0, nan, 1.0], &[nan, 6.0, 1.0]]);
        assert!(chosen[0] == 5.0 && chosen[1] == 6.0 && chosen[2].is_nan());
        assert_eq!(bits(Op::Less, &[&[1.0, 2.0, nan], &[2.0, 1.0, 1.0]]), [1.0, 0.0, 0.0]);
        let tiny = f64::MIN_POSITIVE;
        assert_eq!(bits(Op::Flush, &[&[tiny, -tiny / 2.0, 5e-324, -1.0]]), [tiny, 0.0, 0.0, -1.0]);
        assert!(bits(Op::Flush, &[&[nan]])[0].is_nan());
        assert!(bits(Op::Relu, &[&[nan]])[0].is_nan());
    }
}

//! Lane functions at their edges: signs of zero, and what is no number. How close they are elsewhere stands in the table of
//! primitives, and is held in `crates/trials/tests/ulp.rs`.

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
        folds: Vec::new(),
        registers: own + 1,
        scratch: place(own + 1),
        call: |_, [a, _, _]| a,
    };
    let body = body.checked(None);
    let mut scratch = vec![T::ZERO; body.scratch()];
    Spans::default().with(args, [&mut out[..]], &mut scratch, |memory| body.run(level, memory));
    out
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

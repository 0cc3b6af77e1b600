//! Short kernels as one against the same kernels one after the other.

use wrt_lanes::{
    Element, Fold, FoldKind, Fused, Instruction, Level, Loop, Memory, Op, Part, Place, Product, Source, Spans,
};

const GUARD: f64 = 77.0;

fn at(span: u32, at: usize) -> Place {
    Place { span, at }
}

fn array<T: Element>(from: Place, strides: &[usize]) -> Source<T> {
    Source::Array { from, strides: strides.to_vec() }
}

fn numbers<T: Element>(n: usize, seed: usize) -> Vec<T> {
    (0..n).map(|k| T::from_f64(((k * 37 + seed * 11) % 41) as f64 / 13.0 - 1.5)).collect()
}

fn call<T: Element>(which: u32, args: [T; 3]) -> T {
    T::from_f64(args[0].to_f64() * f64::from(which) + args[1].to_f64().powi(2) - args[2].to_f64())
}

fn body<T: Element>(
    sizes: &[usize],
    sources: Vec<Source<T>>,
    tape: Vec<Instruction>,
    stores: Vec<(u16, Place)>,
) -> Part<T> {
    let registers = tape.iter().map(|step| usize::from(step.to) + 1).max().unwrap_or(0).max(sources.len());
    let (sizes, folds, scratch) = (sizes.to_vec(), Vec::new(), Place::SCRATCH);
    Part::Loop(Loop { sizes, sources, tape, stores, folds, registers, scratch, call: call::<T> })
}

/// Kernels over rows of n entries, in spans 0 (r × n), 1 (n × r), 2 (r), 3 (state: n from entry 3 on), 4 (results) and 5, the
/// arena.
fn parts<T: Element>(r: usize, n: usize) -> Vec<Part<T>> {
    let step = |op, to, args: &[u16]| Instruction::new(op, to, args);
    let whole = [n, 1];
    let padded = (r * n).next_multiple_of(16);
    let [a, b, c, d, e] = [0, 1, 2, 3, 4].map(|k| at(5, k * padded));
    let fold = |kind, from, kept: &[(usize, usize)], folded: &[(usize, usize)], to| {
        Part::Fold(Fold { kind, from, kept: kept.to_vec(), folded: folded.to_vec(), to })
    };
    vec![
        body(
            &[r, n],
            vec![
                array(at(0, 0), &whole),
                array(at(1, 0), &[1, r]),
                array(at(2, 0), &[1, 0]),
                Source::Constant(T::from_f64(0.5)),
                Source::Position(1),
                array(at(2, 0), &[0, 0]),
                array(at(1, 0), &[0, 1]),
            ],
            vec![
                step(Op::Add, 7, &[0, 1]),
                step(Op::Mul, 8, &[7, 2]),
                step(Op::MulAdd, 9, &[8, 3, 4]),
                step(Op::Sin, 10, &[9]),
                step(Op::Call(3), 11, &[10, 5, 3]),
                step(Op::Sigmoid, 12, &[11]),
                step(Op::Sub, 13, &[12, 5]),
                step(Op::Select, 14, &[6, 13, 12]),
            ],
            vec![(11, a), (14, b), (5, c)],
        ),
        fold(FoldKind::Sum, b, &[(r, n)], &[(n, 1)], d),
        fold(FoldKind::Max, a, &[(n, 1)], &[(r, n)], e),
        // Averages that move, and a step along them, in place.
        body(
            &[n],
            vec![
                array(at(3, 3), &[1]),
                array(e, &[1]),
                array(at(2, 0), &[0]),
                Source::Constant(T::from_f64(0.1)),
                array(at(3, 3 + n), &[1]),
            ],
            vec![
                step(Op::Blend { square: false, flushed: true }, 5, &[2, 0, 3, 1]),
                step(Op::Blend { square: true, flushed: false }, 6, &[3, 4, 3, 1]),
                step(Op::MinusDivRoot, 7, &[5, 3, 1, 6, 3]),
            ],
            vec![(5, at(3, 3)), (6, at(3, 3 + n)), (7, at(4, 1))],
        ),
        fold(FoldKind::ArgMin, at(4, 1), &[], &[(n, 1)], at(4, 1 + n)),
    ]
}

fn product<T: Element>([m, n, k]: [usize; 3], turned: [bool; 2]) -> Part<T> {
    let strides = |rows: usize, columns: usize, turned: bool| if turned { [1, rows] } else { [columns, 1] };
    Part::Product(Product {
        m,
        n,
        k,
        over: (1, [0, 0]),
        a: (at(0, 0), strides(m, k, turned[0])),
        b: (at(1, 0), strides(k, n, turned[1])),
        c: at(2, 2),
        c_row: n + 1,
        batch: vec![],
        add: false,
        scratch: Place::SCRATCH,
    })
}

fn alone<T: Element>(part: Part<T>, level: Level, memory: &mut Memory<'_, T>) {
    match part {
        Part::Loop(body) => body.checked(None).run(level, memory),
        Part::Product(product) => product.run(level, memory),
        Part::Fold(fold) => fold.run(level, memory),
    }
}

/// What is in memory after some runs, of which each reads its own part of the first two arrays.
fn run<T: Element>(
    (r, n): (usize, usize),
    times: usize,
    arena: usize,
    mut f: impl FnMut(&mut Spans<T>, [&[T]; 3], [&mut Vec<T>; 2], &mut [T], &mut [T]),
) -> Vec<u64> {
    let inputs = [numbers(r * n * times, 1), numbers(r * n * times, 2), numbers::<T>(r, 3)];
    let mut state: Vec<T> = numbers(2 * n + 8, 4);
    let mut results = vec![T::from_f64(GUARD); (n + 3) * times];
    let (mut arena, mut scratch) = (vec![T::ZERO; arena], vec![T::ZERO; 1 << 16]);
    f(
        &mut Spans::default(),
        inputs.each_ref().map(Vec::as_slice),
        [&mut state, &mut results],
        &mut arena,
        &mut scratch,
    );
    state.iter().chain(&results).map(|x| x.to_f64().to_bits()).collect()
}

fn agree<T: Element>(r: usize, n: usize) {
    let (times, arena) = (3, 5 * (r * n).next_multiple_of(16));
    for level in Level::available() {
        let wanted = run::<T>((r, n), times, arena, |spans, [x, y, z], [state, results], arena, scratch| {
            for k in 0..times {
                let own = k * r * n..(k + 1) * r * n;
                let written = [&mut state[..], &mut results[k * (n + 3)..(k + 1) * (n + 3)]];
                spans.with_scratch(&[&x[own.clone()], &y[own], z], written, arena, (scratch, 1), |memory| {
                    parts(r, n).into_iter().for_each(|part| alone(part, level, memory));
                });
            }
        });
        for (padded, is_spare) in [(Some(5), false), (None, false), (Some(5), true)] {
            let fused = Fused::new(parts::<T>(r, n), padded, is_spare);
            assert_eq!(fused.len(), 1);
            let found = run::<T>((r, n), times, arena, |spans, [x, y, z], [state, results], arena, scratch| {
                let inputs = [(x, r * n), (y, r * n), (z, 0)];
                let written = [(&mut state[..], 0), (&mut results[..], n + 3)];
                spans.with_runs(times, inputs, written, arena, (scratch, 1), |runs| fused[0].run_all(level, runs));
            });
            assert!(found == wanted, "{r} rows of {n} at {level:?}, {padded:?}, {is_spare}, {}", T::NAME);
        }
    }
}

#[test]
fn fused_kernels_give_the_bits_of_each_alone() {
    for r in [1, 2, 3, 4, 7] {
        for n in [1, 2, 3, 5, 15, 16, 17, 31, 32, 33, 36] {
            agree::<f32>(r, n);
            agree::<f64>(r, n);
        }
    }
}

#[test]
fn fused_products_of_all_shapes() {
    let sizes = [1, 2, 3, 5, 8, 15, 16, 17, 32, 33, 40];
    for m in sizes {
        for n in sizes {
            for k in [1, 2, 3, 16, 20, 32, 33, 64, 100] {
                for turned in [[false, false], [true, false], [false, true], [true, true]] {
                    let part = || product::<f64>([m, n, k], turned);
                    if !part().is_short() {
                        continue;
                    }
                    let (a, b) = (numbers::<f64>(m * k, 5), numbers::<f64>(k * n, 6));
                    let fused = Fused::new(vec![part()], None, false);
                    for level in Level::available() {
                        let mut scratch = vec![0.0; 1 << 14];
                        let room = vec![GUARD; 2 + m * (n + 1) + 3];
                        let (mut wanted, mut found) = (room.clone(), room);
                        let mut spans = Spans::default();
                        spans.with_scratch(&[&a, &b], [&mut wanted[..]], &mut [], (&mut scratch, 1), |memory| {
                            alone(part(), level, memory);
                        });
                        spans.with_scratch(&[&a, &b], [&mut found[..]], &mut [], (&mut scratch, 1), |memory| {
                            fused[0].run(level, memory);
                        });
                        for (found, wanted) in found.iter().zip(&wanted) {
                            let off = (found - wanted).abs();
                            assert!(off <= 1e-12, "{m}x{k}x{n} {turned:?} at {level:?}: {found}, not {wanted}");
                        }
                    }
                }
            }
        }
    }
}

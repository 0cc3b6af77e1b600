//! Products, folds and loops of all shapes against plain loops, at each level.

use wrt_lanes::{Element, Fold, FoldKind, Instruction, Level, Loop, Op, Place, Product, Source, Spans};

fn numbers<T: Element>(n: usize, seed: u64) -> Vec<T> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        T::from_f64((state >> 11) as f64 / (1u64 << 53) as f64 - 0.5)
    };
    (0..n).map(|_| next()).collect()
}

fn place(span: u32) -> Place {
    Place { span, at: 0 }
}

fn product<T: Element>([m, n, k]: [usize; 3], turned: [bool; 2], add: bool, tolerance: f64) {
    let (a, b): (Vec<T>, Vec<T>) = (numbers(m * k, 1), numbers(k * n, 2));
    let strides = |rows: usize, columns: usize, turned: bool| if turned { [1, rows] } else { [columns, 1] };
    let (of_a, of_b) = (strides(m, k, turned[0]), strides(k, n, turned[1]));
    let start: Vec<T> = numbers(m * n, 3);
    let wanted: Vec<f64> = (0..m * n)
        .map(|e| {
            let (i, j) = (e / n, e % n);
            let pair = |l: usize| a[i * of_a[0] + l * of_a[1]].to_f64() * b[l * of_b[0] + j * of_b[1]].to_f64();
            (0..k).map(pair).sum::<f64>() + if add { start[e].to_f64() } else { 0.0 }
        })
        .collect();
    for level in Level::available() {
        let mut own = Product {
            over: (1, [0, 0]),
            m,
            n,
            k,
            a: (place(0), of_a),
            b: (place(1), of_b),
            c: place(2),
            c_row: n,
            batch: vec![],
            add,
            scratch: place(3),
        };
        let mut scratch = vec![T::ZERO; own.scratch()];
        let mut c = start.clone();
        Spans::default().with(&[&a, &b], [&mut c[..]], &mut scratch, |memory| own.run(level, memory));
        for (found, wanted) in c.iter().zip(&wanted) {
            let off = (found.to_f64() - wanted).abs();
            assert!(off <= tolerance, "{m}x{k}x{n} {turned:?} at {level:?}: {found:?}, not {wanted}");
        }
        own.batch = vec![(0, [0, 0, 0])];
        Spans::default().with(&[&a, &b], [&mut c[..]], &mut scratch, |memory| own.run(level, memory));
    }
}

#[test]
fn products_of_all_shapes() {
    let sizes = [1, 2, 3, 5, 8, 13, 16, 17, 31, 40, 64, 70];
    for (at, m) in sizes.into_iter().enumerate() {
        for n in sizes {
            let k = [1, 3, 20, 33, 0][(at + n) % 5];
            for turned in [[false, false], [true, false], [false, true], [true, true]] {
                product::<f32>([m, n, k], turned, m % 2 == 0, 2e-5);
                product::<f64>([m, n, k], turned, m % 2 == 1, 1e-13);
            }
        }
    }
    product::<f32>([7, 9, 1300], [false, false], false, 2e-4);
    product::<f64>([1, 9, 5000], [false, true], false, 1e-11);
    product::<f64>([9, 1, 5000], [false, false], false, 1e-11);
    product::<f64>([0, 9, 5], [false, false], false, 0.0);
}

#[test]
fn batches_of_products() {
    let (a, b): (Vec<f64>, Vec<f64>) = (numbers(3 * 2 * 4, 1), numbers(4 * 5, 2));
    for level in Level::available() {
        let own = Product {
            m: 2,
            n: 5,
            k: 4,
            a: (place(0), [4, 1]),
            b: (place(1), [5, 1]),
            c: place(2),
            c_row: 5,
            batch: vec![(3, [8, 0, 10])],
            add: false,
            over: (1, [0, 0]),
            scratch: place(3),
        };
        let mut c = vec![0.0; 30];
        Spans::default().with(&[&a, &b], [&mut c[..]], &mut [], |memory| own.run(level, memory));
        for (e, found) in c.iter().enumerate() {
            let wanted: f64 = (0..4).map(|l| a[e / 5 * 4 + l] * b[l * 5 + e % 5]).sum();
            assert!((found - wanted).abs() < 1e-14);
        }
    }
}

/// Sums of sums, as a window's rows are: what is read overlaps, and chains are cut.
#[test]
fn products_over_rows_of_windows() {
    for (m, n, k, over, width) in [(26, 8, 3, 3, 28), (11, 16, 24, 3, 104), (7, 33, 200, 5, 300), (3, 1, 5, 4, 9)] {
        let a: Vec<f64> = numbers((over + 1) * width + m + k, 1);
        let b: Vec<f64> = numbers(over * k * n, 2);
        for level in Level::available() {
            let own = Product {
                m,
                n,
                k,
                over: (over, [width, k * n]),
                a: (place(0), [1, 1]),
                b: (place(1), [n, 1]),
                c: place(2),
                c_row: n,
                batch: vec![(2, [width, 0, m * n])],
                add: false,
                scratch: place(3),
            };
            let mut c = vec![0.0; 2 * m * n];
            Spans::default().with(&[&a, &b], [&mut c[..]], &mut [], |memory| own.run(level, memory));
            for (e, found) in c.iter().enumerate() {
                let (at, i, j) = (e / n / m, e / n % m, e % n);
                let part = |o: usize| (0..k).map(move |l| (o, l));
                let each = |(o, l): (usize, usize)| a[(at + o) * width + i + l] * b[(o * k + l) * n + j];
                let wanted: f64 = (0..over).flat_map(part).map(each).sum();
                assert!((found - wanted).abs() < 1e-11, "{m} {n} {k} {over}: {found} instead of {wanted}");
            }
        }
    }
}

fn folded(kind: FoldKind, x: &[f64], kept: &[(usize, usize)], folded: &[(usize, usize)], level: Level) -> Vec<f64> {
    let mut own = Fold { kind, from: place(0), kept: kept.to_vec(), folded: folded.to_vec(), to: place(1) };
    own.collapse();
    let mut out = vec![7.0; kept.iter().map(|(size, _)| size).product()];
    Spans::default().with(&[x], [&mut out[..]], &mut [], |memory| own.run(level, memory));
    out
}

#[test]
fn folds_along_any_axes() {
    let (p, q, r) = (3, 300, 70);
    let x: Vec<f64> = numbers(p * q * r, 5);
    let axes = [(p, q * r), (q, r), (r, 1)];
    for level in Level::available() {
        for subset in 0..8usize {
            let chosen = |on: bool| -> Vec<(usize, usize)> {
                (0..3).filter(|k| (subset >> k & 1 == 1) == on).map(|k| axes[k]).collect()
            };
            let (kept, inner) = (chosen(true), chosen(false));
            let sums = folded(FoldKind::Sum, &x, &kept, &inner, level);
            let tops = folded(FoldKind::Max, &x, &kept, &inner, level);
            let lows = folded(FoldKind::Min, &x, &kept, &inner, level);
            let at = |axes: &[(usize, usize)], mut k: usize| {
                axes.iter().rev().fold(0, |o, (size, stride)| {
                    let o = o + k % size * stride;
                    k /= size;
                    o
                })
            };
            let total: usize = inner.iter().map(|(size, _)| size).product();
            for k in 0..sums.len() {
                let row: Vec<f64> = (0..total).map(|i| x[at(&kept, k) + at(&inner, i)]).collect();
                assert!((sums[k] - row.iter().sum::<f64>()).abs() < 1e-10, "{kept:?} {inner:?}");
                assert_eq!(tops[k], row.iter().copied().fold(f64::NEG_INFINITY, f64::max));
                assert_eq!(lows[k], row.iter().copied().fold(f64::INFINITY, f64::min));
            }
        }
    }
}

#[test]
fn folds_of_what_is_special() {
    let nan = f64::NAN;
    for level in Level::available() {
        let row = |kind, x: &[f64]| folded(kind, x, &[], &[(x.len(), 1)], level)[0];
        assert!(row(FoldKind::Max, &[1.0, nan, 2.0]).is_nan() && row(FoldKind::Min, &[nan, 2.0]).is_nan());
        assert_eq!(row(FoldKind::ArgMax, &[2.0, 3.0, 3.0]), 1.0);
        assert_eq!(row(FoldKind::ArgMax, &[2.0, nan, 3.0, nan]), 1.0);
        assert_eq!(row(FoldKind::ArgMin, &[2.0, 1.0, 1.0]), 1.0);
        assert_eq!(row(FoldKind::Sum, &[]), 0.0);
        assert_eq!(row(FoldKind::Max, &[]), f64::NEG_INFINITY);
    }
    // A long sum in single precision: the error grows with the length of chains, not of the row.
    let ones = vec![0.1_f32; 1 << 22];
    let own = Fold { kind: FoldKind::Sum, from: place(0), kept: vec![], folded: vec![(1 << 22, 1)], to: place(1) };
    let mut out = [0.0_f32];
    Spans::default().with(&[&ones], [&mut out[..]], &mut [], |memory| own.run(Level::best(), memory));
    assert!((f64::from(out[0]) / (f64::from(0.1_f32) * f64::from(1 << 22)) - 1.0).abs() < 1e-6);
}

/// `x[i] + p*y[j, i] − i`, stored over `y` where it lies as the loop goes.
#[test]
fn loops_walk_arrays_by_their_strides() {
    let (rows, columns) = (37, 53);
    let (x, t): (Vec<f64>, Vec<f64>) = (numbers(columns, 1), numbers(rows * columns, 2));
    for level in Level::available() {
        let mut y = t.clone();
        let array = |span: u32, strides: [usize; 2]| Source::Array { from: place(span), strides: strides.to_vec() };
        let step = Instruction::new;
        let own = Loop {
            sizes: vec![rows, columns],
            sources: vec![
                array(0, [0, 1]),
                array(1, [1, rows]),
                array(2, [columns, 1]),
                Source::Constant(3.0),
                Source::Position(1),
            ],
            tape: vec![
                step(Op::MulAdd, 5, &[3, 2, 0]),
                step(Op::Sub, 6, &[5, 4]),
                step(Op::Add, 5, &[6, 1]),
                step(Op::Call(9), 6, &[5]),
            ],
            stores: vec![(6, place(2))],
            folds: Vec::new(),
            registers: 7,
            scratch: place(3),
            call: |which, [a, b, c]| a + (b - c) * f64::from(which),
        };
        let own = own.checked(None);
        let mut scratch = vec![0.0; own.scratch()];
        Spans::default().with(&[&x, &t], [&mut y[..]], &mut scratch, |memory| {
            own.run_part(level, memory, 0..701);
            own.run_part(level, memory, 701..rows * columns);
        });
        for i in 0..rows {
            for j in 0..columns {
                let wanted = 3.0 * t[i * columns + j] + x[j] - j as f64 + t[j * rows + i];
                assert!((y[i * columns + j] - wanted).abs() < 1e-13);
            }
        }
    }
}

/// A source that holds one part of the positions at a time, and results that lie over what is read.
#[test]
fn loops_run_in_parts() {
    let (n, most) = (1000, 300);
    let (x, w): (Vec<f64>, Vec<f64>) = (numbers(n, 1), numbers(n, 2));
    for level in Level::available() {
        let mut y = w.clone();
        let array = |span: u32| Source::Array { from: place(span), strides: vec![1] };
        let step = Instruction::new;
        let own = Loop {
            sizes: vec![n],
            sources: vec![array(2), array(1)],
            tape: vec![step(Op::Mul, 2, &[0, 1]), step(Op::Neg, 3, &[2])],
            stores: vec![(3, place(1))],
            folds: Vec::new(),
            registers: 4,
            scratch: Place { span: 2, at: most },
            call: |_, [a, _, _]| a,
        };
        let own = own.checked(Some((0, most)));
        let mut arena = vec![0.0; most + own.scratch()];
        let mut first = 0;
        while first < n {
            let last = (first + most).min(n);
            arena[..last - first].copy_from_slice(&x[first..last]);
            Spans::default().with(&[&x], [&mut y[..]], &mut arena, |memory| own.run_part(level, memory, first..last));
            first = last;
        }
        assert!((0..n).all(|k| y[k] == -(x[k] * w[k])));
    }
}

/// What an optimiser does: averages and parameters are replaced where they lie, at every length and level.
#[test]
fn updates_lie_over_what_they_replace() {
    for n in [1, 5, 16, 333, 5000] {
        let (g, m, v, w): (Vec<f64>, Vec<f64>, Vec<f64>, Vec<f64>) =
            (numbers(n, 1), numbers(n, 2), numbers(n, 3).into_iter().map(f64::abs).collect(), numbers(n, 4));
        let tiny = f64::MIN_POSITIVE;
        for (level, fading) in Level::available().into_iter().flat_map(|l| [(l, 1.0), (l, tiny)]) {
            let (mut m1, mut v1, mut w1) = (m.clone(), v.clone(), w.clone());
            m1.iter_mut().for_each(|x| *x *= fading);
            let array = |span: u32| Source::Array { from: place(span), strides: vec![1] };
            let number = Source::Constant;
            let own = Loop {
                sizes: vec![n],
                sources: vec![array(0), array(1), array(2), array(3), number(0.9), number(0.1 * fading), number(1e-3)],
                tape: vec![
                    Instruction::new(Op::Blend { square: false, flushed: true }, 7, &[4, 1, 5, 0]),
                    Instruction::new(Op::Blend { square: true, flushed: false }, 8, &[4, 2, 5, 0]),
                    Instruction::new(Op::MinusDivRoot, 9, &[3, 4, 7, 8, 6]),
                ],
                stores: vec![(7, place(1)), (8, place(2)), (9, place(3))],
                folds: Vec::new(),
                registers: 10,
                scratch: place(4),
                call: |_, [a, _, _]| a,
            }
            .checked(None);
            let mut scratch = vec![0.0; own.scratch()];
            let written = [&mut m1[..], &mut v1[..], &mut w1[..]];
            Spans::default().with(&[&g], written, &mut scratch, |memory| own.run(level, memory));
            for k in 0..n {
                let moved = 0.9 * (m[k] * fading) + 0.1 * fading * g[k];
                let moved = if moved.abs() < tiny { 0.0 } else { moved };
                let spread = 0.9 * v[k] + 0.1 * fading * (g[k] * g[k]);
                let wanted = w[k] - 0.9 * moved / (spread.sqrt() + 1e-3);
                assert!((m1[k] - moved).abs() <= 1e-15 * fading && (v1[k] - spread).abs() < 1e-15, "{n} {level:?}");
                assert!((w1[k] - wanted).abs() < 1e-12 * (1.0 + wanted.abs()), "{n} {level:?}: {} {wanted}", w1[k]);
            }
        }
    }
}

//! Units of work: each is done once, whoever does it, and large kernels have several.

use std::sync::atomic::{AtomicUsize, Ordering};

use wrt_lanes::{Kernel, Level, MAX_UNITS, Place, Product, Spans, Team, Work};

#[test]
fn each_unit_is_done_once() {
    for threads in [1, 2, 3, 5] {
        let mut team = Team::new(threads);
        assert_eq!(team.threads(), threads);
        for units in [0, 1, 2, 3, 16, 17, MAX_UNITS].into_iter().cycle().take(700) {
            let counts: Vec<AtomicUsize> = (0..units).map(|_| AtomicUsize::new(0)).collect();
            team.run(units, &|thread, unit| {
                assert!(thread < threads);
                counts[unit].fetch_add(1, Ordering::Relaxed);
            });
            assert!(counts.into_iter().all(|n| n.into_inner() == 1));
        }
    }
}

#[test]
fn a_unit_that_fails_fails_the_round_only() {
    let mut team = Team::new(3);
    for bad in [0, 5, 19] {
        let failed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            team.run(20, &|_, unit| assert!(unit != bad, "as planned"));
        }));
        assert!(failed.is_err());
        let sum = AtomicUsize::new(0);
        team.run(20, &|_, unit| _ = sum.fetch_add(unit, Ordering::Relaxed));
        assert_eq!(sum.into_inner(), 190);
    }
}

#[test]
fn large_products_are_cut_and_small_ones_are_not() {
    let product = |m: usize, n: usize, k: usize| Product {
        m,
        n,
        k,
        a: (Place { span: 0, at: 0 }, [k, 1]),
        b: (Place { span: 1, at: 0 }, [n, 1]),
        c: Place { span: 2, at: 0 },
        c_row: n,
        batch: vec![],
        add: false,
        over: (1, [0, 0]),
        scratch: Place::SCRATCH,
    };
    let kernel = |m, n, k| Kernel::<f32>::new(Work::Product(product(m, n, k)));
    assert_eq!(kernel(32, 3, 2).units(), 1);
    for (m, n, k) in [(600, 70, 30), (30, 700, 30), (193, 131, 257)] {
        assert!(kernel(m, n, k).units() > 1);
        let batch = Product { batch: vec![(3, [0, 0, 2 * m * n]), (2, [0, 0, m * n])], ..product(m, n, k) };
        let over = Product { batch: vec![(3, [0, 0, m * n]), (2, [0, 0, m * n])], ..product(m, n, k) };
        assert!(Kernel::<f32>::new(Work::Product(batch)).units() > 1);
        assert_eq!(Kernel::<f32>::new(Work::Product(over)).units(), 1, "products of a batch that write to one place");
        let (a, b): (Vec<f32>, Vec<f32>) =
            ((0..m * k).map(|k| (k % 7) as f32).collect(), (0..k * n).map(|k| (k % 5) as f32).collect());
        for level in Level::available() {
            let (mut whole, mut shared) = (vec![0.0; m * n], vec![0.0; m * n]);
            let one = product(m, n, k);
            Spans::default().with(&[&a, &b], [&mut whole[..]], &mut [], |memory| one.run(level, memory));
            let mut team = Team::new(2);
            Spans::default().with_scratch(&[&a, &b], [&mut shared[..]], &mut [], (&mut [], 2), |memory| {
                kernel(m, n, k).run(level, memory, &mut team).unwrap();
            });
            assert_eq!(whole, shared);
        }
    }
}

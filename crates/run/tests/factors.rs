//! Factorisations are shared.

use wrt_core::operations::{Inv, LogDet, Solve};
use wrt_core::{Array, Assumptions, Graph, Role};
use wrt_run::{Point, evaluate_all};

#[test]
fn one_factorisation_serves_all_that_is_computed_of_a_matrix() {
    let mut g = Graph::new();
    let n = g.dim_size(2);
    let a = g.tensor_symbol("A", Role::Data, &[n, n], Assumptions::default());
    let b = g.tensor_symbol("b", Role::Data, &[n], Assumptions::default());
    let turned = g.permute(a, &[1, 0]);
    let back = g.operation(Solve, &[turned, b]).unwrap();
    let roots = [
        back,
        g.operation(Inv, &[a]).unwrap(),
        g.operation(LogDet, &[a]).unwrap(),
        g.operation(Solve, &[a, b]).unwrap(),
    ];
    let matrix = Array { shape: vec![2, 2], data: vec![2.0, 1.0, 0.0, 4.0] };
    let at = Point::default().with(a, matrix).with(b, Array::from([2.0, 6.0]));
    let values = evaluate_all(&g, &roots, &at, &0.0).unwrap();
    assert_eq!(values.factorisations(), 1);
    let entries = |root| values.get(root).unwrap();
    assert_eq!(entries(roots[0]), [1.0, 1.25]);
    assert_eq!(entries(roots[1]), [0.5, -0.125, 0.0, 0.25]);
    assert!((entries(roots[2])[0] - 8.0_f64.ln()).abs() < 1e-15);
    assert_eq!(entries(roots[3]), [0.25, 1.5]);
}

//! Dimensions and their spelling.

use wrt_core::Dimension;

#[test]
fn dimensions_print_as_people_write_them() {
    let (m, n, one) = (Dimension::name("m"), Dimension::name("n"), Dimension::size(1));
    assert_eq!(n.sub(&one).to_string(), "n - 1");
    assert_eq!(one.sub(&n).to_string(), "1 - n");
    assert_eq!(m.mul(&n).to_string(), "m*n");
    assert_eq!(n.add(&n).to_string(), "2*n");
    assert_eq!(n.sub(&n).to_string(), "0");
    assert_eq!(Dimension::size(64).as_size(), Some(64));
    assert_eq!(n.as_size(), None);
    assert_eq!(n.as_name(), Some("n"));
    assert_eq!(n.sub(&one).evaluate(|_| Some(0)), None);
}

//! The slice through everything learns real digits, in few epochs.

#[path = "../examples/digits.rs"]
mod digits;

#[test]
fn the_digits_are_learned() {
    let mut lines = Vec::new();
    let accuracy = digits::trained(8, |line| lines.push(line.to_string())).unwrap();
    let log = lines.join("\n");
    assert!(accuracy > 0.9, "{log}");
    assert!(log.contains("all ways to it agree"), "{log}");
    assert!(log.contains("dcost/dz_b = "), "{log}");
}

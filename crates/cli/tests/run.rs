//! `wrt run`: arrays from NumPy's files through the compiled program, and files that are not what they say.

use std::path::{Path, PathBuf};

use crate::common::wrt;

const MODEL: &str = "data X[m, n], y[m]; param w[n]; cost = mean((X @ w - y)^2)";

/// A file that NumPy wrote: `deflated` has single precision in columns, big-endian doubles and half precision, `whole` has
/// whole numbers and booleans, `text` has words.
fn file(name: &str) -> String {
    format!("{}/tests/arrays/{name}.npz", env!("CARGO_MANIFEST_DIR"))
}

fn temporary(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("run-{name}"))
}

fn done(args: &[&str]) -> String {
    let run = wrt(&[&["run"], args].concat(), b"");
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{args:?}");
    run.stdout
}

fn refused(args: &[&str]) -> String {
    let run = wrt(&[&["run"], args].concat(), b"");
    assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{args:?}");
    run.stderr
}

#[test]
fn arrays_of_numpy_are_read() {
    let found = done(&[MODEL, "--at", &file("deflated"), "--wrt", "w"]);
    assert_eq!(found, "cost = 26.40625\nd_w = [14.875, 12.25, -6.6875]\n");
    let found = done(&[MODEL, "--at", &file("whole"), "--wrt", "w", "--precision", "f32"]);
    assert_eq!(found, "cost = 242.5\nd_w = [73, 36, -33]\n");
    // A formula without declarations takes the shapes of its arrays.
    let found = done(&["X @ w - y", "--at", &file("deflated")]);
    assert_eq!(found, "J = [-4.75, 5.5]\n");
}

#[test]
fn results_are_read_again() {
    let out = temporary("out.npz");
    let out = out.to_str().unwrap();
    let said = done(&[MODEL, "--at", &file("deflated"), "--wrt", "w,X", "-o", out]);
    assert_eq!(said, format!("cost = 26.40625\nd_w: [3] in {out}\nd_X: [2, 3] in {out}\n"));
    let read = done(&["outer(d_w, ones(2)) + d_X' + cost", "--at", out]);
    let [w, x] = [[14.875, 12.25, -6.6875], [-2.375, 2.75, 0.0]];
    let by_x = [[-4.75 * 0.5, 5.5 * 0.5], [-4.75, 5.5], [9.5, -11.0]];
    let sums: Vec<String> =
        (0..3).map(|j| format!("[{}, {}]", w[j] + by_x[j][0] + 26.40625, w[j] + by_x[j][1] + 26.40625)).collect();
    assert_eq!(read, format!("J = [{}]\n", sums.join(", ")), "{x:?}");
}

#[test]
fn other_files_and_values() {
    let table = temporary("x.csv");
    std::fs::write(&table, "a,b\n1,2\n3,4\n").unwrap();
    let table = format!("X={}", table.display());
    assert_eq!(done(&["X @ w", "--at", &table, "--at", "w=[1,1/2]"]), "J = [2, 5]\n");
    let json = done(&["cost = sum(w^2)", "--at", "w=[1,2]", "--wrt", "w", "--json"]);
    assert!(json.contains("\"values\":{\"cost\":5.0,\"d_w\":[2.0,4.0]}"), "{json}");
    let of = done(&["data x[n]; h = x^2; cost = sum(h)", "--at", "x=[1,2]", "--of", "h"]);
    assert_eq!(of, "h = [1, 4]\n");
    let run = wrt(&["run", "data x[m, 2]; cost = sum(dense(x, 2)^2)", "--at", "x=[[1,2]]"], b"");
    assert_eq!(run.code, Some(0));
    assert!(run.stderr.contains("taken is what they start as"), "{}", run.stderr);
    let run = wrt(&["run", "log(x)", "--at", "x=[1,-1]"], b"");
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("J = [0, NaN]\n", "Warning: J is NaN at [1]\n"));
}

#[test]
fn what_does_not_fit_is_named() {
    let whole = file("whole");
    let said = refused(&[MODEL, "--at", &whole, "--at", "w=[1]"]);
    assert!(said.contains("`w` has two values"), "{said}");
    let said = refused(&["data X[m, n], w[m]; cost = sum(X)*sum(w)", "--at", &whole]);
    assert!(said.contains("`w` has 3 entries along m, where 2 are expected"), "{said}");
    assert!(said.contains("found: [3] in") && said.contains("whole.npz; expected: [m], where m = 2, n = 3"), "{said}");
    let said = refused(&["data X[m], w[m]; cost = sum(X)*sum(w)", "--at", &whole]);
    assert!(said.contains("`X` has the shape (m)") || said.contains("`X` has the shape [m]"), "{said}");
    let said = refused(&["data X[m, n], v[n]; cost = sum(X @ v)", "--at", &whole]);
    assert!(said.contains("`v` has no value; given are X (from"), "{said}");
    let said = refused(&[MODEL, "--at", &file("text")]);
    assert!(said.contains("`X`: its entries are `<U1`"), "{said}");
    let said = refused(&[MODEL, "--at", "X=nowhere.npy"]);
    assert!(said.contains("nowhere.npy could not be read"), "{said}");
    let said = refused(&[MODEL, "--at", &whole, "--wrt", "v"]);
    assert!(said.contains("`v` does not occur"), "{said}");
    let said = refused(&[MODEL, "--at", &whole, "-o", "out.txt"]);
    assert!(said.contains("does not end in .npz"), "{said}");
}

/// A file of NumPy's with one array.
fn npy(header: &str, bytes: &[u8]) -> Vec<u8> {
    let mut all = b"\x93NUMPY\x01\x00".to_vec();
    all.extend_from_slice(&(header.len() as u16).to_le_bytes());
    all.extend_from_slice(header.as_bytes());
    all.extend_from_slice(bytes);
    all
}

#[test]
fn headers_that_lie_are_found_out() {
    let path = temporary("lie.npy");
    let at = format!("x={}", path.display());
    let header = |shape: &str| format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}\n");
    let numbers: Vec<u8> = [1.0f64, 2.0, 3.0].iter().flat_map(|x| x.to_le_bytes()).collect();
    for (header, said) in [
        (header("(4,)"), "is cut short: 24 bytes of [4] entries of 8"),
        (header("(2,)"), "it has more bytes than the 16"),
        (header("(4000000000, 4000000000)"), "and it has at most"),
        (header("(4000000000, 4000000000, 4000000000)"), "which no memory holds"),
        (header("(-3,)"), "its header is not understood"),
        (header("3"), "its header is not understood"),
        ("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (3,)}".into(), "its entries have several parts"),
        ("{}".into(), "its header is not understood"),
    ] {
        std::fs::write(&path, npy(&header, &numbers)).unwrap();
        let found = refused(&["sum(x)", "--at", &at]);
        assert!(found.contains(said), "{header}: {found}");
    }
    std::fs::write(&path, npy(&header("(3,)"), &numbers)).unwrap();
    assert_eq!(done(&["sum(x)", "--at", &at]), "J = 6\n");
    let nan: Vec<u8> = [1.0f64, f64::NAN, 3.0, 4.0].iter().flat_map(|x| x.to_le_bytes()).collect();
    std::fs::write(&path, npy(&header("(2, 2)"), &nan)).unwrap();
    assert!(refused(&["sum(x)", "--at", &at]).contains("`x` has NaN in row 0, at [0, 1]"));
}

/// Wherever a file is cut or a byte of it is another, there is an answer or a clear error.
#[test]
fn damaged_archives_are_refused() {
    for name in ["deflated", "whole"] {
        let bytes = std::fs::read(file(name)).unwrap();
        let path = temporary(&format!("damaged-{name}.npz"));
        let at = path.to_str().unwrap();
        for k in (0..bytes.len()).step_by(37) {
            std::fs::write(&path, &bytes[..k]).unwrap();
            assert!(refused(&[MODEL, "--at", at]).contains("damaged"), "{name} cut at {k}");
            let mut other = bytes.clone();
            other[k] ^= 0x55;
            std::fs::write(&path, &other).unwrap();
            let run = wrt(&["run", MODEL, "--at", at], b"");
            assert!(matches!(run.code, Some(0 | 2)), "{name} with another byte {k}: {run:?}");
        }
    }
}

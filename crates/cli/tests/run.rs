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
    assert_eq!(
        (run.stdout.as_str(), run.stderr.as_str()),
        ("J = [0, NaN]\n", "Warning: J is NaN at [1]\nWarning: it begins where `log(x)` is NaN at [1], where x = -1\n")
    );
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
        (header("(0, 1152921504606846976)"), "which no memory holds"),
        (header("(0, 1099511627776, 1099511627776)"), "which no memory holds"),
        (header("(1125899906842624, 0)"), "which no memory holds"),
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

#[test]
fn constants_that_hang_on_data_are_those_of_the_data() {
    let text = "data X[m, n], y[m]; param w[n]; const mu = mean(X); cost = mean(((X - mu) @ w - y)^2)";
    let at = "X=[[10,20],[30,50]],y=[1,2],w=[1,1]";
    assert_eq!(done(&[text, "--at", at, "--wrt", "w"]), "cost = 602.5\nd_w = [512.5, 712.5]\n");
    assert_eq!(done(&[text, "--at", at, "--precision", "f32"]), "cost = 602.5\n");
    assert_eq!(done(&[text, "--at", &format!("{at},mu=0")]), "cost = 3462.5\n");
    // Data that only the constant hangs on is given and asked for as any other.
    let text = "data X[m]; param w; const mu = mean(X); cost = (w - mu)^2";
    assert_eq!(done(&[text, "--at", "X=[1,3],w=5"]), "cost = 9\n");
    assert!(refused(&[text, "--at", "w=5"]).contains("`X` has no value"));
    let eval = wrt(&["eval", text, "--at", "X=[1,3],w=5"], b"");
    assert_eq!((eval.stdout.as_str(), eval.stderr.as_str()), ("9\n", ""));
    let text = "data x[m]; param w; cost = sum((w*standardize(x))^2)";
    assert_eq!(done(&[text, "--at", "x=[1,3],w=3", "--wrt", "w"]), "cost = 18\nd_w = 12\n");
}

#[test]
fn names_of_results_are_each_their_own() {
    let out = temporary("names.npz");
    let out = out.to_str().unwrap();
    assert_eq!(done(&["d_w = w^2", "--at", "w=3", "--wrt", "w,w", "-o", out]), "d_w = 9\nd_w_ = 6\n");
    assert_eq!(done(&["d_w + d_w_", "--at", out]), "J = 15\n");
}

#[test]
fn a_name_takes_one_array() {
    let path = temporary("empty.npy");
    std::fs::write(&path, [&b"PK\x05\x06"[..], &[0; 18]].concat()).unwrap();
    let said = refused(&["sum(x)", "--at", &format!("x={}", path.display())]);
    assert!(said.contains("has 0 arrays, where one is read"), "{said}");
    std::fs::copy(file("whole"), &path).unwrap();
    let said = refused(&["sum(x)", "--at", &format!("x={}", path.display())]);
    assert!(said.contains("arrays, where one is read"), "{said}");
}

/// A result that is no number is followed to where it begins: the node, the row, what it was computed from, the statement.
#[test]
fn what_is_not_finite_is_traced() {
    let said = |model: &str, at: &[&str]| {
        let run = wrt(&[&["run", model], at].concat(), b"");
        assert_eq!(run.code, Some(0), "{run:?}");
        run.stderr
    };
    let model = "data x[m], y[m]\nparam w = 1\np = sigmoid(w*x)\ncost = -mean(y*log(p) + (1 - y)*log(p - 1))\n";
    let found = said(model, &["--at", "x=[1,2]", "--at", "y=[1,1]", "--wrt", "w"]);
    for part in ["cost is NaN", "begins where `log(p - 1)` is NaN in row 0, where p - 1 = -0.2", "(in `cost`), line 4"]
    {
        assert!(found.contains(part), "{part}: {found}");
    }
    // What is finite in doubles and not in single precision.
    let fading = ["--at", "x=[1,2,-200]", "--precision", "f32"];
    let found = said("data x[m]; p = exp(x); cost = sum(1/(p + 0))", &fading);
    assert!(found.contains("in row 2") && found.contains("p = 0"), "{found}");
    // What a branch that is not taken would be is nobody's fault.
    let found = said("data x[m]; a = log(x); cost = sum(where(x > 0, a, 0)) + 1/(x[0] - 1)", &["--at", "x=[1,-1]"]);
    assert!(found.contains("x[0] - 1 = 0") && !found.contains("log"), "{found}");
    // A sum that overflows says by what.
    let found =
        said("data A[m, n], b[n]; z = A @ b; cost = sum(z)", &["--at", "A=[[1,1e308],[1,2]]", "--at", "b=[1,10]"]);
    assert!(found.contains("`A @ b` is Infinity in row 0") && found.contains("A is 1e308"), "{found}");
    let json = wrt(&["run", "log(x)", "--at", "x=-1", "--json"], b"");
    assert!(json.stdout.contains("\"not_finite\":\"`log(x)` is NaN, where x = -1\""), "{json:?}");
    assert_eq!(said("data x[m]; cost = sum(x)", &["--at", "x=[1,2]"]), "");
}

//! `wrt repl` from a pipe: what each statement prints, and what errors point at.

use crate::common::wrt;

/// What lines print, and what is said of wrong ones.
fn said(lines: &[&str]) -> (Option<i32>, String, String) {
    let done = wrt(&["repl"], lines.join("\n").as_bytes());
    (done.code, done.stdout, done.stderr)
}

fn printed(lines: &[&str]) -> String {
    let (code, out, error) = said(lines);
    assert_eq!((code, error.as_str()), (Some(0), ""), "{lines:?}");
    out
}

/// The lecture's lines, as SymPy has them.
#[test]
fn definitions_are_differentiated_and_substituted() {
    let lines =
        ["J = w^2", "diff(J, w)", "subs(diff(J, w), w=2)", "subs(J, w, 3.001)", "subs(J, w=a + 1)", "diff(J, w, w)"];
    assert_eq!(printed(&lines), "2*w\n4\n9.006001\n(a + 1)^2\n2\n");
    // The only name need not be said; where there are several, it must be.
    assert_eq!(
        printed(&["J = w^2", "diff(J)", "diff(diff(J)) + diff(J, w)", "subs(diff(J), w=2)"]),
        "2*w\n2 + 2*w\n4\n"
    );
    for (line, told) in [("diff(w*x)", "by which name? (w or x)"), ("diff(3)", "it has no free name")] {
        let (code, out, error) = said(&[line]);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{line}");
        assert!(error.contains(told), "{line}: {error}");
    }
    // The last definition counts, also for what uses it; order is no matter.
    let lines = ["K = a^2 + 1", "a = 2 + 3*w", "diff(K, w)", "a = 5*w", "K", "names"];
    assert_eq!(printed(&lines), "6*(2 + 3*w)\n(5*w)^2 + 1\na = 5*w\nK = a^2 + 1\n");
    assert_eq!(
        printed(&["w = 3", "J = w^2", "J", "1/3 + 1/6", "f(x) = x^2", "f(2)", "2*pi"]),
        "9\n1/2\n4\n2*pi = 6.28318530718…\n"
    );
    assert_eq!(printed(&["A = [[1, 2], [3, 4]]", "det(A)", "sum(A)"]), "-2\n10\n");
}

#[test]
fn statements_go_on_over_lines() {
    assert_eq!(printed(&["J = sin(", "  w)", "diff(J, w)", "1 +", "2", "3 \\", "+ 4"]), "cos(w)\n3\n7\n");
    assert_eq!(printed(&["# nothing", "", "1 + 1", "quit", "2 + 2"]), "2\n");
}

/// A comment is no part of a statement, whatever stands in it; lines may end as they do on Windows.
#[test]
fn comments_mean_nothing() {
    assert_eq!(printed(&["w = 3", "w^2 # of w (squared", "1+1 # +", "2+2"]), "9\n2\n4\n");
    assert_eq!(printed(&["x = 3 # start of x", "x", "names"]), "3\nx = 3\n");
    assert_eq!(printed(&["J = (2 + # two (", "  # nothing", "  w)", "diff(J, w)"]), "1\n");
    assert_eq!(printed(&["3 \\\r", "+ 4\r", "5 + # and\r", "1\r"]), "7\n6\n");
    assert_eq!(printed(&["A = [[1, 2], [3, 4]]", "sum(einsum(\"ij->i\", A)) # \"", "1"]), "10\n1\n");
}

#[test]
fn commands_work_on_formulas() {
    let out = printed(&["a = 2 + 3*w", "J = a^2", "trace J at 3", "steps w^2 wrt w", "diff J at w=3 --quick"]);
    assert!(out.contains("dJ/dw = dJ/da·da/dw = 22·3 = 66") && out.contains("power rule"), "{out}");
    assert!(out.contains("at w = 3:  J = 121,  dJ/dw = 66"), "{out}");
    assert!(printed(&["J = w^2", "plot J at 3"]).contains("w = 3: slope 6, tangent 9 + 6*(w - 3)"));
    assert!(printed(&["J = w^2", "plot J at 3 from -4 to 4 --json"]).contains("\"range\":[-4.0,4.0]"));
    assert!(printed(&["eval x^2 - y at x=-2, y=1"]).starts_with("3\n"));
    // A name may be called like a command.
    assert_eq!(printed(&["cost = 2*w", "cost", "cost + 1", "grad (3*w) wrt w"]).lines().next(), Some("2*w"));
}

#[test]
fn functions_are_explained() {
    let out = printed(&["?log", "softmax?", "?diff", "?"]);
    assert!(out.starts_with("log(x)\n  also: ln\n  derivative: 1/x\n  defined for: x > 0\n"), "{out}");
    assert!(
        out.contains("softmax(") && out.contains("d(u, x): the derivative") && out.contains("subs(diff(J, w), w=2)")
    );
}

/// An error points at its place in the line, and the next line is read.
#[test]
fn errors_point_at_the_line() {
    let (code, out, error) = said(&["J = w^2", "J + sin(w w)", "J"]);
    assert_eq!((code, out.as_str()), (Some(2), "w^2\n"));
    assert!(error.contains("formula:1:11") && error.contains("J + sin(w w)"), "{error}");
    for (line, word) in [
        ("J = J + 1", "defined by itself"),
        ("?tanhh", "did you mean `tanh`?"),
        ("subs(w)", "write subs(J, w=2)"),
        ("plot w at w=1 --nothing", "--nothing"),
        ("trace w at w=x", "--at w"),
        ("w = ", "expected"),
        (")", "expected"),
        ("\u{1}", "no meaning"),
    ] {
        let (code, out, error) = said(&[line]);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{line}");
        assert!(error.contains(word), "{line}: {error}");
    }
}

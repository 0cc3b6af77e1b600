//! Linear systems, eigenvalues and singular values as people ask for them: what is printed, and what is said where eigenvalues
//! are equal. References are by hand.

use crate::common::wrt;

fn said(args: &[&str]) -> String {
    let done = wrt(args, b"");
    format!("{}{}", done.stdout, done.stderr)
}

fn holds(args: &[&str], parts: &[&str]) {
    let text = said(args);
    for part in parts {
        assert!(text.contains(part), "{args:?}: {part} is missing in {text}");
    }
}

#[test]
fn systems_are_solved_not_inverted() {
    let shapes = ["--shapes", "A[n,n], b[n], M[m,n]"];
    let grad = |f: &str, more: &[&str]| said(&[&["grad", f][..], &shapes, more].concat());
    let printed = grad("b' @ solve(A, b)", &[]);
    assert!(printed.contains("= -outer(solve(A', b), solve(A, b))\n"), "{printed}");
    assert!(printed.contains("= solve(A, b) + solve(A', b)\n"), "{printed}");
    let latex = grad("b' @ solve(A, b)", &["--form", "latex"]);
    assert!(latex.contains("{A}^{-1} b + {A}^{-\\top} b"), "{latex}");
    let code = grad("sum(solve(A, b)^2)", &["--form", "numpy"]);
    assert!(code.contains("2*np.linalg.solve(A.T, np.linalg.solve(A, b))"), "{code}");
    // What is written with an inverse stays so.
    assert!(grad("b' @ inv(A) @ b", &[]).contains("= -inv(A)' @ outer(b, b) @ inv(A)'\n"));
    // A vector behind an index is a vector, whether the matrix hangs on the index or not.
    holds(
        &[
            "check",
            "sum[i](solve(A, M[i])[0]^2)",
            "--shapes",
            "A[3,3], M[2,3]",
            "--at",
            "A=[[2,1,0],[0,1,3],[1,1,1]]",
            "--at",
            "M=[[1,2,3],[4,5,7]]",
        ],
        &["agree to"],
    );
    let stack = "A=[[[2,1],[0,1]],[[1,3],[1,1]]]";
    holds(
        &["check", "sum[i](b' @ solve(A[i], b))", "--shapes", "A[2,2,2], b[2]", "--at", stack, "--at", "b=[1,2]"],
        &["agree to"],
    );
    let jacobian = said(&[&["jacobian", "solve(A, b)"][..], &shapes, &["--wrt", "b"]].concat());
    assert!(jacobian.contains("= inv(A)\n"), "{jacobian}");
    // A solution to 60 digits, certified.
    holds(
        &[
            "eval",
            "solve(A, b)",
            "--at",
            "A=[[1,2],[3,4]]",
            "--at",
            "b=[1,1/3]",
            "--shapes",
            "A[2,2], b[2]",
            "--digits",
            "20",
        ],
        &["-1.6666666666666666667, 1.3333333333333333333"],
    );
}

#[test]
fn eigenvalues_have_derivatives_of_every_order() {
    let at = ["--at", "A=[[2,1],[1,2]]"];
    let of = |kind: &str, f: &str, at: &[&str]| said(&[&[kind, f, "--shapes", "A[2,2]"][..], at].concat());
    let gradient = of("grad", "sum(eigvalsh(A)^3)", &at);
    assert!(gradient.contains("[[15, 12], [12, 15]]") && gradient.contains("agree to"), "{gradient}");
    for f in ["eigvalsh(A)[0]^2*eigvalsh(A)[1]", "eigh_vectors(A)[0,1]*eigvalsh(A)[0]", "svdvals(A)[1]*svdvals(A)[0]^2"]
    {
        let hessian = of("hessian", f, &["--at", "A=[[2,1],[0.5,-1]]"]);
        assert!(hessian.contains("agree to") && !hessian.contains("no derivative"), "{hessian}");
    }
    // The largest singular value is the spectral norm, the sum of all the nuclear norm.
    holds(
        &["grad", "svdvals(A)[0]", "--shapes", "A[2,2]", "--at", "A=[[3,0],[0,-2]]"],
        &["[[1, 0], [0, 0]]", "agree to"],
    );
    holds(
        &["grad", "sum(svdvals(A))", "--shapes", "A[2,2]", "--at", "A=[[3,0],[0,-2]]"],
        &["[[1, 0], [0, -1]]", "agree to"],
    );
}

#[test]
fn equal_eigenvalues_are_told() {
    let of = |kind: &str, f: &str| said(&[kind, f, "--shapes", "A[2,2]", "--at", "A=[[1,0],[0,1]]"]);
    // What treats them alike has derivatives all the same.
    let square = of("grad", "sum(eigvalsh(A)^2)");
    assert!(square.contains("[[2, 0], [0, 2]]") && !square.contains("no derivative"), "{square}");
    let second = of("hessian", "sum(eigvalsh(A)^2)");
    assert!(
        second.contains("[[[[2, 0], [0, 0]], [[0, 1], [1, 0]]], [[[0, 1], [1, 0]], [[0, 0], [0, 2]]]]"),
        "{second}"
    );
    // One of two has none, and neither has an eigenvector.
    let one = of("grad", "eigvalsh(A)[0]");
    assert!(one.contains("no derivative: the formula has a cone there"), "{one}");
    assert!(of("hessian", "eigvalsh(A)[0]").contains("no derivative"));
    assert!(of("grad", "eigh_vectors(A)[0,0]").contains("is not defined there"));
}

#[test]
fn powers_and_determinants_of_matrices() {
    let of = |f: &str, more: &[&str]| said(&[&["grad", f, "--shapes", "A[n,n]"][..], more].concat());
    assert!(of("tr(matrix_power(A, 5))", &[]).contains("= 5*(A @ A @ A @ A)'\n"));
    assert!(of("tr(matrix_power(A, -1))", &[]).contains("= -(inv(A) @ inv(A))'\n"));
    let long = of("tr(matrix_power(A, 20))", &["--at", "A=[[1,1/2],[0,1/3]]"]);
    assert!(long.contains("dJ/dA = [[20, 0]") && long.contains("agree to"), "{long}");
    let flow = of("logabsdet(A)", &["--at", "A=[[1,2],[3,1]]"]);
    assert!(flow.contains("= inv(A)'\n") && flow.contains("agree to"), "{flow}");
    assert!(of("sign_det(A)*tr(A)", &["--at", "A=[[1,2],[3,1]]"]).contains("[[-1, 0], [0, -1]]"));
}

#[test]
fn what_is_called_otherwise_elsewhere_is_told() {
    for (f, meant) in [
        ("eig(A)", "eigvalsh(A)"),
        ("eigh(A)", "eigh_vectors(A)"),
        ("svd(A)", "svdvals(A)"),
        ("slogdet(A)", "logabsdet(A)"),
        ("lu(A)", "solve(A, b)"),
        ("lstsq(A, b)", "pinv(A) @ b"),
    ] {
        let done = wrt(&["grad", f, "--shapes", "A[n,n], b[n]"], b"");
        assert!(done.code == Some(2) && done.stderr.contains(meant), "{f}: {}", done.stderr);
    }
    holds(&["grad", "sum(svdvals(A))", "--shapes", "A[m,n]"], &["sqrt(eigvalsh(A' @ A))"]);
}

//! Tensors in matrix and index notation: literal expectations.

use wrt_core::{Assumptions, Dim, Graph, Id, Number, Primitive, Role, Term, operations};
use wrt_view::{Form, Options, print, print_with};

/// A graph with dimensions m, n, k and symbols by name: capitals are matrices.
struct Sheet {
    g: Graph,
}

impl Sheet {
    fn new() -> Sheet {
        Sheet { g: Graph::new() }
    }

    fn dim(&mut self, name: &str) -> Dim {
        match name.parse() {
            Ok(size) => self.g.dim_size(size),
            Err(_) => self.g.dim_name(name),
        }
    }

    /// `A[m,n]` is a matrix.
    fn symbol(&mut self, text: &str) -> Id {
        let (name, dims) = text.split_once('[').unwrap_or((text, ""));
        let dims: Vec<&str> = dims.trim_end_matches(']').split(',').filter(|d| !d.is_empty()).collect();
        let dims: Vec<Dim> = dims.into_iter().map(|d| self.dim(d)).collect();
        self.g.tensor_symbol(name, Role::Variable, &dims, Assumptions::default())
    }

    /// `"ij,jk->ik"`
    fn einsum(&mut self, notation: &str, factors: &[Id]) -> Id {
        let (inputs, output) = notation.split_once("->").unwrap();
        let mut letters: Vec<char> = Vec::new();
        let mut dims = Vec::new();
        let mut lists: Vec<Vec<u8>> = Vec::new();
        for (input, factor) in inputs.split(',').zip(factors) {
            let own = self.g.dims(*factor).to_vec();
            assert_eq!(own.len(), input.len(), "{notation}");
            lists.push(input.chars().zip(own).map(|(c, dim)| label(&mut letters, &mut dims, c, dim)).collect());
        }
        let n = self.g.dim_name("n");
        let output: Vec<u8> = output.chars().map(|c| label(&mut letters, &mut dims, c, n)).collect();
        let lists: Vec<&[u8]> = lists.iter().map(Vec::as_slice).collect();
        self.g.einsum(factors, &lists, &output, &dims)
    }

    fn sum(&mut self, terms: &[(i64, Id)]) -> Id {
        let terms: Vec<Term> = terms.iter().map(|(c, id)| Term::new(Number::integer(*c), *id)).collect();
        self.g.sum(&terms)
    }

    fn scaled(&mut self, p: i64, q: i64, id: Id) -> Id {
        self.g.sum(&[Term::new(Number::ratio(p, q).unwrap(), id)])
    }

    fn pow(&mut self, id: Id, exponent: i64) -> Id {
        let exponent = self.g.integer(exponent);
        self.g.map(Primitive::Pow, &[id, exponent])
    }

    fn inv(&mut self, id: Id) -> Id {
        self.g.operation(operations::Inv, &[id]).unwrap()
    }

    fn text(&self, id: Id) -> String {
        print(&self.g, id, Form::Text).line()
    }
}

/// The label of a letter; a letter that is new has this dimension.
fn label(letters: &mut Vec<char>, dims: &mut Vec<Dim>, letter: char, dim: Dim) -> u8 {
    let at = letters.iter().position(|c| *c == letter).unwrap_or_else(|| {
        letters.push(letter);
        dims.push(dim);
        letters.len() - 1
    });
    at as u8
}

/// One contraction of named factors.
fn contraction(notation: &str, names: &[&str]) -> String {
    let mut s = Sheet::new();
    let factors: Vec<Id> = names.iter().map(|name| s.symbol(name)).collect();
    let id = s.einsum(notation, &factors);
    s.text(id)
}

#[test]
fn contractions() {
    let cases: &[(&str, &[&str], &str)] = &[
        ("ij,j->i", &["A[m,n]", "x[n]"], "A @ x"),
        ("ji,j->i", &["A[m,n]", "y[m]"], "A' @ y"),
        ("i,ij,j->", &["x[m]", "A[m,n]", "y[n]"], "x' @ A @ y"),
        ("i,i->", &["a[n]", "b[n]"], "a' @ b"),
        ("i,i->", &["a[n]", "a[n]"], "norm2(a)^2"),
        ("ij,ij->", &["A[m,n]", "A[m,n]"], "normF(A)^2"),
        ("ij,ij->", &["A[m,n]", "B[m,n]"], "sum(A*B)"),
        ("ij,ji->", &["A[m,n]", "B[n,m]"], "tr(A @ B)"),
        ("ii->", &["S[n,n]"], "tr(S)"),
        ("ii->i", &["S[n,n]"], "diag(S)"),
        ("i->ii", &["x[n]"], "diag(x)"),
        ("->ii", &[], "eye(n)"),
        ("->i", &[], "ones(n)"),
        ("i,j->ij", &["a[m]", "b[n]"], "outer(a, b)"),
        ("i,j->ji", &["a[m]", "b[n]"], "outer(b, a)"),
        ("ij,ij->ij", &["A[m,n]", "B[m,n]"], "A*B"),
        ("ij,ji->ij", &["A[m,n]", "B[n,m]"], "A*B'"),
        ("i,i->i", &["a[n]", "b[n]"], "a*b"),
        ("i,i->i", &["a[n]", "a[n]"], "a^2"),
        ("i,i,i->", &["a[n]", "b[n]", "c[n]"], "sum(a*b*c)"),
        ("ij->ji", &["A[m,n]"], "A'"),
        ("ij->i", &["A[m,n]"], "sum(A, axis=1)"),
        ("ij->j", &["A[m,n]"], "sum(A, axis=0)"),
        ("ij->", &["A[m,n]"], "sum(A)"),
        ("i->", &["x[n]"], "sum(x)"),
        ("i,ij->ij", &["p[m]", "X[m,n]"], "p[:, None]*X"),
        ("ij,j->ij", &["X[m,n]", "v[n]"], "X*v"),
        ("ij,jk,kl->il", &["A[m,n]", "B[n,k]", "C[k,m]"], "A @ B @ C"),
        ("ij,jk->ki", &["A[m,n]", "B[n,k]"], "(A @ B)'"),
        ("ji,kj->ik", &["A[m,n]", "B[k,m]"], "(B @ A)'"),
        ("ji,jk->ik", &["A[m,n]", "B[m,k]"], "A' @ B"),
        ("ij,jk,k->i", &["A[m,n]", "B[n,k]", "x[k]"], "A @ B @ x"),
        ("ij,kj,k->i", &["A[m,n]", "A[m,n]", "x[m]"], "A @ A' @ x"),
        ("ji,j,jk->ik", &["X[m,n]", "s[m]", "X[m,n]"], "X' @ diag(s) @ X"),
        (",i->i", &["c", "x[n]"], "c*x"),
        ("i,i,j->j", &["a[n]", "x[n]", "c[n]"], "(a' @ x)*c"),
        ("->ij", &[], "ones(n, n)"),
        ("i->ij", &["p[m]"], "outer(p, ones(n))"),
        ("i->ji", &["p[m]"], "outer(ones(n), p)"),
        ("ij,jk,ki->", &["A[m,n]", "B[n,k]", "C[k,m]"], "tr(A @ B @ C)"),
        ("ij,jk->", &["A[m,n]", "B[n,k]"], "sum(A, axis=0)' @ sum(B, axis=1)"),
        ("ijk->ik", &["T[m,n,k]"], "sum(T, axis=1)"),
        ("ijk,k->ijk", &["T[m,n,k]", "v[k]"], "T*v"),
        ("ijk,ijk->", &["T[m,n,k]", "T[m,n,k]"], "sum[i,j,l](T[i,j,l]*T[i,j,l])"),
    ];
    let wrong: Vec<String> = cases
        .iter()
        .map(|(notation, names, want)| (notation, contraction(notation, names), want))
        .filter(|(_, found, want)| found != *want)
        .map(|(notation, found, want)| format!("{notation}: {found} instead of {want}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn higher_ranks_print_in_index_notation() {
    let mut s = Sheet::new();
    let (a, b) = (s.symbol("A[m,n]"), s.symbol("B[n,k]"));
    let id = s.einsum("ij,jk->ijk", &[a, b]);
    let printed = print(&s.g, id, Form::Text);
    assert_eq!((printed.result.as_str(), printed.heading(Form::Text, "J")), ("A[i,j]*B[j,l]", "J[i,j,l]".to_string()));
    let identity = s.einsum("->ijij", &[]);
    let printed = print(&s.g, identity, Form::Text);
    assert_eq!((printed.result.as_str(), printed.indices.len()), ("eye(n)[i,k]*eye(n)[j,l]", 4));
    let product = s.einsum("ij,jk->ik", &[a, b]);
    let printed = print(&s.g, product, Form::Index);
    assert_eq!(
        (printed.result.as_str(), printed.heading(Form::Text, "C")),
        ("sum[l](A[i,l]*B[l,j])", "C[i,j]".to_string())
    );
    assert_eq!(print(&s.g, product, Form::Latex).result, "A B");
}

/// The least squares cost `norm2(A @ x - b)^2` and its gradient.
fn least_squares() -> (Sheet, Id, Id) {
    let mut s = Sheet::new();
    let (a, x, b) = (s.symbol("A[m,n]"), s.symbol("x[n]"), s.symbol("b[m]"));
    let ax = s.einsum("ij,j->i", &[a, x]);
    let r = s.sum(&[(1, ax), (-1, b)]);
    let cost = s.einsum("i,i->", &[r, r]);
    let gradient = s.einsum("ji,j->i", &[a, r]);
    let gradient = s.scaled(2, 1, gradient);
    (s, cost, gradient)
}

#[test]
fn forms() {
    let (s, cost, gradient) = least_squares();
    let all = |id| Form::ALL.map(|(_, form)| print(&s.g, id, form).line());
    let [text, unicode, latex, mathml, rust, c, numpy, jax, index] = all(gradient);
    assert_eq!(text, "2*A' @ (A @ x - b)");
    assert_eq!(unicode, "2·Aᵀ (A x - b)");
    assert_eq!(latex, "2 \\, A^{\\top} \\left(A x - b\\right)");
    assert!(mathml.starts_with("<math") && !mathml.contains("mtext"), "{mathml}");
    assert_eq!((rust.as_str(), c.as_str()), ("", ""));
    assert_eq!(numpy, "2*A.T @ (A @ x - b)");
    assert_eq!(jax, numpy);
    assert_eq!(index, "result[i] = 2*sum[j](A[j,i]*(sum[k](A[j,k]*x[k]) - b[j]))");
    let [text, unicode, latex, _, _, _, numpy, ..] = all(cost);
    assert_eq!(text, "norm2(A @ x - b)^2");
    assert_eq!(unicode, "‖A x - b‖²");
    assert_eq!(latex, "\\left\\lVert A x - b \\right\\rVert_2^{2}");
    assert_eq!(numpy, "np.linalg.norm(A @ x - b)**2");
    let refused = print(&s.g, cost, Form::Rust).refused.unwrap();
    assert_eq!(
        refused,
        "tensors are not printed in this form; there are text, unicode, latex, mathml, numpy, jax, index"
    );
}

#[test]
fn sums() {
    let mut s = Sheet::new();
    let (x, w, b, c) = (s.symbol("X[m,n]"), s.symbol("w[n]"), s.symbol("b"), s.symbol("c[m]"));
    let xw = s.einsum("ij,j->i", &[x, w]);
    let affine = s.sum(&[(1, xw), (1, b)]);
    assert_eq!(s.text(affine), "X @ w + b");
    let first_negative = s.sum(&[(-1, xw), (1, c)]);
    assert_eq!(s.text(first_negative), "-X @ w + c");
    let turned = s.einsum("ji,j->i", &[x, first_negative]);
    let turned = s.scaled(-2, 1, turned);
    assert_eq!(s.text(turned), "2*X' @ (X @ w - c)");
    let spread = s.einsum("j->ij", &[w]);
    let z = s.symbol("Z[n,n]");
    let rows = s.sum(&[(1, z), (1, spread)]);
    assert_eq!(s.text(rows), "Z + w");
    let spread = s.einsum("i->ij", &[w]);
    let columns = s.sum(&[(1, z), (1, spread)]);
    assert_eq!(s.text(columns), "Z + w[:, None]");
    assert_eq!(print(&s.g, columns, Form::Latex).result, "Z + w \\mathbf{1}^{\\top}");
    let transposed = s.einsum("ji->ij", &[z]);
    let symmetric = s.sum(&[(1, z), (1, transposed)]);
    let applied = s.einsum("ij,j->i", &[symmetric, w]);
    assert_eq!(s.text(applied), "(Z + Z') @ w");
    let (zw, ztw) = (s.einsum("ij,j->i", &[z, w]), s.einsum("ji,j->i", &[z, w]));
    let both = s.sum(&[(1, zw), (1, ztw)]);
    assert_eq!(s.text(both), "(Z + Z') @ w");
    let doubled = s.sum(&[(2, zw), (-2, w)]);
    assert_eq!(s.text(doubled), "2*(Z @ w - w)");
    let zero = s.g.zeros(&[]);
    assert_eq!(s.text(zero), "0");
    let n = s.dim("n");
    let zeros = s.g.zeros(&[n]);
    assert_eq!(s.text(zeros), "zeros(n)");
    let shifted = s.sum(&[(1, z), (0, z)]);
    assert_eq!(s.text(shifted), "Z");
}

#[test]
fn quotients_norms_and_means() {
    let mut s = Sheet::new();
    let (x, y, a) = (s.symbol("x[n]"), s.symbol("y[n]"), s.symbol("A[m,n]"));
    let square = s.einsum("i,i->", &[x, x]);
    let norm = s.g.map(Primitive::Sqrt, &[square]);
    assert_eq!(s.text(norm), "norm2(x)");
    let inverse = s.pow(norm, -1);
    let unit = s.einsum(",i->i", &[inverse, x]);
    assert_eq!(s.text(unit), "x/norm2(x)");
    let below = s.pow(y, -1);
    let quotient = s.einsum("i,i->i", &[x, below]);
    assert_eq!(s.text(quotient), "x/y");
    assert_eq!(s.text(below), "1/y");
    let rows = s.einsum("ij,j->ij", &[a, below]);
    assert_eq!(s.text(rows), "A/y");
    let e = s.g.map(Primitive::Exp, &[x]);
    let total = s.einsum("i->", &[e]);
    let total = s.pow(total, -1);
    let softmax = s.einsum("i,->i", &[e, total]);
    assert_eq!(s.text(softmax), "exp(x)/sum(exp(x))");
    assert_eq!(
        print(&s.g, softmax, Form::Latex).result,
        "\\frac{\\exp\\left(x\\right)}{\\mathrm{sum}\\left(\\exp\\left(x\\right)\\right)}"
    );
    let n = s.dim("n");
    let size = s.g.dim_node(n);
    let size = s.pow(size, -1);
    let sum = s.einsum("i->", &[x]);
    let mean = s.g.mul(sum, size);
    assert_eq!(s.text(mean), "mean(x)");
    let gradient = s.einsum("ij,j,->i", &[a, x, size]);
    assert_eq!(s.text(gradient), "A @ x/n");
    assert_eq!(print(&s.g, gradient, Form::Latex).result, "\\frac{A x}{n}");
    let frobenius = s.einsum("ij,ij->", &[a, a]);
    let frobenius = s.g.map(Primitive::Sqrt, &[frobenius]);
    assert_eq!(s.text(frobenius), "normF(A)");
    let four = s.symbol("u[4]");
    let sum = s.einsum("i->", &[four]);
    let mean = s.scaled(1, 4, sum);
    assert_eq!(s.text(mean), "mean(u)");
}

#[test]
fn systems_are_solved_in_code() {
    let mut s = Sheet::new();
    let (a, b, m) = (s.symbol("A[n,n]"), s.symbol("b[n]"), s.symbol("M[n,n]"));
    let inverse = s.inv(a);
    let cases = [
        ("ij,j->i", vec![inverse, b], "inv(A) @ b", "np.linalg.solve(A, b)"),
        ("ji,j->i", vec![inverse, b], "inv(A)' @ b", "np.linalg.solve(A.T, b)"),
        ("ij,jk->ik", vec![m, inverse], "M @ inv(A)", "np.linalg.solve(A.T, M.T).T"),
        ("ij,jk,k->i", vec![m, inverse, b], "M @ inv(A) @ b", "M @ np.linalg.solve(A, b)"),
        ("i,ij,j->", vec![b, inverse, b], "b' @ inv(A) @ b", "b @ np.linalg.solve(A, b)"),
        ("ij->ji", vec![inverse], "inv(A)'", "np.linalg.inv(A).T"),
    ];
    for (notation, factors, text, numpy) in cases {
        let id = s.einsum(notation, &factors);
        assert_eq!(s.text(id), text);
        assert_eq!(print(&s.g, id, Form::NumPy).line(), numpy);
    }
    let transposed = s.einsum("ij->ji", &[inverse]);
    assert_eq!(print(&s.g, transposed, Form::Latex).line(), "{A}^{-\\top}");
}

#[test]
fn names_of_the_person_are_shown() {
    let mut s = Sheet::new();
    let (x, w, b, y) = (s.symbol("X[m,n]"), s.symbol("w[n]"), s.symbol("b"), s.symbol("y[m]"));
    let xw = s.einsum("ij,j->i", &[x, w]);
    let z = s.sum(&[(1, xw), (1, b)]);
    let p = s.g.map(Primitive::Sigmoid, &[z]);
    let r = s.sum(&[(1, p), (-1, y)]);
    let m = s.dim("m");
    let m = s.g.dim_node(m);
    let m = s.pow(m, -1);
    let gradient = s.einsum("ji,j,->i", &[x, r, m]);
    let names = [(p, "p".to_string())];
    let printed = print_with(&s.g, gradient, Form::Text, &Options { names: &names, ..Options::default() });
    assert_eq!(printed.line(), "p = sigmoid(X @ w + b); X' @ (p - y)/m");
    assert_eq!(s.text(gradient), "X' @ (sigmoid(X @ w + b) - y)/m");
    assert_eq!(print(&s.g, gradient, Form::Unicode).line(), "Xᵀ (sigmoid(X w + b) - y)/m");
}

#[test]
fn reductions_take_the_right_axis() {
    let mut s = Sheet::new();
    let x = s.symbol("X[m,n]");
    let transposed = s.einsum("ij->ji", &[x]);
    let softmax = s.g.operation(operations::Softmax, &[transposed]).unwrap();
    let back = s.einsum("ij->ji", &[softmax]);
    assert_eq!(print(&s.g, back, Form::NumPy).line(), "scipy.special.softmax(X, axis=0)");
    assert_eq!(print(&s.g, softmax, Form::NumPy).line(), "scipy.special.softmax(X.T, axis=1)");
}

#[test]
fn references_of_matrix_calculus() {
    let mut s = Sheet::new();
    let square = ["S", "P", "D", "C"].map(|name| s.symbol(&format!("{name}[n,n]")));
    let [matrix, p, d, c] = square;
    let (x, a, b, u) = (s.symbol("X[m,n]"), s.symbol("a[n]"), s.symbol("b[m]"), s.symbol("u[m]"));
    // tr(D @ S @ P @ S' @ C) by S
    let left = s.einsum("ji,kj,kl,ml->im", &[d, c, matrix, p]);
    let right = s.einsum("ij,jk,kl,lm->im", &[c, d, matrix, p]);
    let sum = s.sum(&[(1, left), (1, right)]);
    assert_eq!(s.text(sum), "(C @ D)' @ S @ P' + C @ D @ S @ P");
    // tr(inv(S + P)) by S
    let shifted = s.sum(&[(1, matrix), (1, p)]);
    let inverse = s.inv(shifted);
    let gradient = s.einsum("ji,kj->ik", &[inverse, inverse]);
    let gradient = s.scaled(-1, 1, gradient);
    assert_eq!(s.text(gradient), "-(inv(S + P) @ inv(S + P))'");
    // sum((X @ a - b)^2*u) by X
    let product = s.einsum("ij,j->i", &[x, a]);
    let residual = s.sum(&[(1, product), (-1, b)]);
    let gradient = s.einsum("i,i,j->ij", &[u, residual, a]);
    let gradient = s.scaled(2, 1, gradient);
    assert_eq!(s.text(gradient), "2*outer(u*(X @ a - b), a)");
    assert_eq!(
        print(&s.g, gradient, Form::Latex).line(),
        "2 \\, \\left(u \\odot \\left(X a - b\\right)\\right) a^{\\top}"
    );
    // (x - c)' @ inv(M) @ (x - c) by c
    let inverse = s.inv(matrix);
    let turned = s.einsum("ij->ji", &[inverse]);
    let both = s.sum(&[(1, inverse), (1, turned)]);
    let w = s.symbol("w[n]");
    let difference = s.sum(&[(1, a), (-1, w)]);
    let gradient = s.einsum("ij,j->i", &[both, difference]);
    let gradient = s.scaled(-1, 1, gradient);
    assert_eq!(s.text(gradient), "(inv(S) + inv(S)') @ (w - a)");
    // sum(kron(S, A)) by S
    let total = s.einsum("ij->", &[x]);
    let gradient = s.einsum(",->ij", &[total, total]);
    assert_eq!(s.text(gradient), "sum(X)*sum(X)*ones(n, n)");
}

#[test]
fn deep_formulas_are_cut_into_parts() {
    let mut s = Sheet::new();
    let (a, x) = (s.symbol("A[n,n]"), s.symbol("x[n]"));
    let mut h = x;
    for _ in 0..5000 {
        let z = s.einsum("ij,j->i", &[a, h]);
        h = s.g.map(Primitive::Tanh, &[z]);
    }
    for form in [Form::Text, Form::Latex, Form::NumPy, Form::Index] {
        let printed = print(&s.g, h, form);
        assert!(printed.bindings.len() > 50 && printed.refused.is_none());
        assert!(printed.bindings.iter().all(|(_, text)| text.len() < 6000));
    }
}

#[test]
fn what_has_no_notation_becomes_a_part() {
    let mut s = Sheet::new();
    let (a, b) = (s.symbol("A[m,n]"), s.symbol("B[n,n]"));
    let batch = s.einsum("ij,jk->ijk", &[a, b]);
    let inverse = s.g.operation(operations::Softmax, &[batch]).unwrap();
    let printed = print(&s.g, inverse, Form::Text);
    assert_eq!(printed.line(), "a[i,j,k] = A[i,j]*B[j,k]; softmax(a)");
    let total = s.einsum("ijk->k", &[inverse]);
    assert_eq!(s.text(total), "a[i,j,k] = A[i,j]*B[j,k]; result[i] = sum[j,k](softmax(a)[j,k,i])");
    assert_eq!(
        print(&s.g, total, Form::NumPy).line(),
        "np.einsum(\"jki->i\", scipy.special.softmax(np.einsum(\"ij,jk->ijk\", A, B), axis=-1))"
    );
}

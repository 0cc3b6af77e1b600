//! Positions that are values, running products and layers: each formula is judged, its mistakes are told.

use crate::common::wrt;

/// The exit status and the output.
fn run(args: &[&str]) -> (Option<i32>, String) {
    let done = wrt(args, b"");
    (done.code, done.stdout + &done.stderr)
}

fn value(formula: &str, at: &str) -> String {
    let (code, out) = run(&["eval", formula, "--at", at]);
    assert_eq!(code, Some(0), "{formula}: {out}");
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The derivative as it is printed, after `wrt check` found no fault in it.
fn judged(text: &str) -> String {
    let (code, out) = run_model("check", text);
    assert_eq!(code, Some(0), "{text}: {out}");
    assert!(out.contains(" agree to ") && !out.contains("differ"), "{text}: {out}");
    run_model("grad", text).1
}

fn run_model(command: &str, text: &str) -> (Option<i32>, String) {
    let done = wrt(&[command, "-"], text.as_bytes());
    (done.code, done.stdout + &done.stderr)
}

#[test]
fn derivatives_of_entries_at_positions_are_sums_at_positions() {
    for (text, derivative) in [
        ("data ids[b] in 0..n\nparam E[n, k]\nsum(E[ids]^2)", "scatter_add(2*E[ids], ids, n)"),
        ("data ids[b, t] in 0..n\nparam E[n, k]\nsum(E[ids]^2)", "scatter_add(2*E[ids], ids, n)"),
        ("data ids[b] in 0..k\nparam E[n, k]\nsum(E[:, ids]^2)", "scatter_add(2*E[:, ids], ids, k, axis=1)"),
        ("data x[n], v[n]\nparam w[n]\nsum(w[argsort(x)]*v)", "scatter_add(v, argsort(x), n)"),
        ("data v[n]\nparam x[n]\nsum(sort(x)*v)", "scatter_add(v, argsort(x), n)"),
        ("data v[m, n]\nparam x[m, n]\nsum(sort(x)*v)", "scatter_add(v, argsort(x), n, batch=1)"),
        ("data y[m] in 0..n\nparam A[m, n]\nsum[i](A[i, y[i]]^2)", "2*gather(A, y, batch=1)[:, None]*one_hot(y, n)"),
        ("param x[n]\nx[argmax(x)]^2", "2*x[argmax(x)]*one_hot(argmax(x), n)"),
        ("param x[n]\nx[n - 1]^2", "2*x[n - 1]*one_hot(n - 1, n)"),
        ("param x[4], v[3]\nsum(x[[2, 0, 1]]*v)", ""),
        ("data ids[b, t] in 0..n\nparam E[m, n, k]\nsum(gather(E, ids, axis=1)^2)", ""),
        ("data ids[m, b, t] in 0..n\nparam E[m, n, k]\nsum(gather(E, ids, batch=1)^2)", ""),
        ("data ids[m, b, t] in 0..n\nparam E[k, m, n]\nsum(gather(E, ids, axis=2, batch=1)^2)", ""),
        ("data ids[b] in 0..n\nparam v[b, k]\nsum(scatter_add(v, ids, n)^2)", ""),
        ("data ids[n] in 0..k\nparam A[k, 2]\ny[i, j] = A[ids[i], j]\nsum(y^2)", ""),
        ("data ids[b] in 0..n\nparam E[n, k]\nsum(E[ids + 0*ids] @ E')", ""),
        ("param A[3, 4], B[4, 5]\nsum(einsum(\"ij,jk->ki\", A, B)^2)", ""),
        ("param A[n, n]\neinsum(\"ii\", A)^2 + einsum(\"ij,ij\", A, A)", ""),
        ("param x[7]\nsum(x[::-1]*x) + sum(x[::-2]^2) + sum(x[5:1:-1]^3) + sum(x[-2:1:-2]^3) ", ""),
        ("param A[m, n]\nsum(A[:, ::-1]*A) + sum(flip(A, axis=0)*A^2) + sum(flip(A)*A)", ""),
        ("param x[n]\nsum(x[n:0:-1]^2) + sum(x[:1:-1]^3)", ""),
        ("param a[3], b[3], M[n, 3]\nsum(cross(a, b)^3) + sum(cross(M, M^2)^3)", ""),
        ("param A[m, n]\nsum(triu(A)^2)", "tril(2*tril(A'))'"),
        ("param x[n]\nsum(clip(x, -1/3, 1/3)^2)", ""),
        ("param X[m, n]\nsum(cumprod(X)*X) + sum(cumprod(X, axis=0, reverse=1, exclusive=1)^2)", ""),
        ("param X[m, n]\nsum(logcumsumexp(X)*X) + sum(logcumsumexp(X, axis=0)^2)", ""),
        ("param a[n], b[m, n]\nsum(recurrence(a, b)^2) + sum(recurrence(a, b, reverse=1)*b)", ""),
        ("param x[n]\nprod(x)", "prod_others(x)"),
        ("param X[h, 3], K[2, 4, 3]\nsum(conv_transpose(X, K)^2)", ""),
        ("param X[5, 3], K[2, 4, 3]\nsum(conv_transpose(X, K, 2)^2)", ""),
        ("param X[2, 3, 4, 3], K[2, 2, 5, 3]\nsum(conv_transpose(X, K, stride=2)^2)", ""),
    ] {
        let printed = judged(text);
        assert!(printed.contains(derivative), "{text}: {printed}");
    }
}

#[test]
fn layers_with_parameters_of_their_own_are_judged() {
    for text in [
        "data X[T, n]\nh = gru(X, 3)\nsum(h^2)",
        "data X[m, T, n]\nh = gru(X, 3, time_major=1)\nsum(h^2)",
        "data x[m, n]\nh = rms_norm(x)\nsum(h^3)",
        "data x[m, 2, 3, 6]\nh = group_norm(x, 2)\nsum(h^3)",
    ] {
        judged(text);
    }
    let keras = "tanh(x @ Wh + bh + sigmoid(x @ Wr + h @ Ur + br + cr)*(h @ Uh + ch))";
    let gate = "sigmoid(x @ Wz + h @ Uz + bz + cz)";
    let shapes =
        "X[T,n], Wz[n,u], Uz[u,u], bz[u], cz[u], Wr[n,u], Ur[u,u], br[u], cr[u], Wh[n,u], Uh[u,u], bh[u], ch[u]";
    let formula = format!(
        "f(h, x) = {gate}*h + (1 - {gate})*{keras}; sum(scan(f, zeros(u), X) - gru(X, Wz, Uz, bz, cz, Wr, Ur, br, cr, Wh, Uh, bh, ch))"
    );
    let at = "X=[[1],[2],[-1]],Wz=[[0.5]],Uz=[[-1]],bz=[0.25],cz=[0.125],Wr=[[1]],Ur=[[2]],br=[-0.5],cr=[0.75],Wh=[[0.75]],Uh=[[1.5]],bh=[0.1],ch=[-0.2]";
    let (_, out) = run(&["eval", &formula, "--shapes", shapes, "--at", at]);
    assert!(out.trim().parse::<f64>().unwrap().abs() < 1e-15);
}

#[test]
fn values_are_those_of_numpy() {
    let x = "x=[3,1,2],A=[[1,2,3],[4,5,6]],y=[2,0]";
    for (formula, wanted) in [
        ("x[argsort(x)]", "[1, 2, 3]"),
        ("argsort(-x)", "[0, 2, 1]"),
        ("A[:, [2, 0]]", "[[3, 1], [6, 4]]"),
        ("gather(A, y, batch=1)", "[3, 4]"),
        ("scatter_add(x, [1, 1, 0], 3)", "[2, 4, 0]"),
        ("cumprod(x)", "[3, 3, 6]"),
        ("cumprod(x, reverse=1, exclusive=1)", "[2, 2, 1]"),
        ("recurrence(x, [1, 1, 1])", "[1, 2, 5]"),
        ("recurrence(x, [1, 1, 1], reverse=1)", "[4, 3, 1]"),
        ("x[::-1]", "[2, 1, 3]"),
        ("x[-1:0:-1]", "[2, 1]"),
        ("x[::-2]", "[2, 3]"),
        ("x[1::-1]", "[1, 3]"),
        ("flip(A)", "[[6, 5, 4], [3, 2, 1]]"),
        ("clip(x, 1.5, 2.5)", "[2.5, 1.5, 2]"),
        ("cross(x, [1, 0, 0])", "[0, 2, -1]"),
        ("triu(A)", "[[1, 2, 3], [0, 5, 6]]"),
        ("einsum(\"ij->j\", A)", "[5, 7, 9]"),
        ("einsum(\"ij,j\", A, x)", "[11, 29]"),
        ("einsum(\"ba\", A)", "[[1, 4], [2, 5], [3, 6]]"),
    ] {
        let names: Vec<&str> = ["x=[3,1,2]", "A=[[1,2,3],[4,5,6]]", "y=[2,0]"]
            .into_iter()
            .filter(|at| x.contains(at) && formula.contains(&at[..1]))
            .collect();
        assert_eq!(value(formula, &names.join(",")), wanted, "{formula}");
    }
}

#[test]
fn mistakes_are_told() {
    let shapes = "x[5], y[3], A[3,5]";
    for (formula, words) in [
        ("sum(take(x, y))", "write x[ids], or gather(x, ids, axis=0)"),
        ("embedding_lookup(x, y)", "write x[ids]"),
        ("reverse(x)", "write x[::-1]"),
        ("clamp(x, 0, 1)", "write clip(x, low, high)"),
        ("argsrt(x)", "did you mean `argsort`?"),
        ("einsum(\"ij,jk\", A)", "\"ij,jk\" is of 2 factors, and 1 are given"),
        ("einsum(\"ij->iz\", A)", "the letter `z` of the result stands at no factor"),
        ("einsum(\"ij->ii\", A)", "the result has the letter `i` twice"),
        ("einsum(\"i...->i\", A)", "`...` is not taken"),
        ("einsum(\"i1\", A)", "`1` in \"i1\" is no letter"),
        ("einsum(\"ijk->i\", A)", "stands for 3 axes, and the factor has the shape [3, 5]"),
        ("einsum(\"ii\", A)", "the letter `i` stands for 3 entries and for 5"),
        ("einsum(A, A)", "einsum begins with the letters of its axes"),
        ("sum(\"ij\")", "formulas are written without quotation marks"),
        ("x[0:3:0]", "the step of a range is not 0"),
        ("x[3:4:-1]", "this range is empty"),
        ("gather(A, y, axis=5)", "there is no axis 5"),
        ("gather(A, y, batch=2)", "are no axes of the shape [3, 5]"),
        ("gather(x, A, axis=0, batch=1)", "are no axes"),
        ("scatter_add(x, y, 9)", "the axes [5] are not those of the positions [3]"),
        ("cross(x, x)", "cross takes vectors of three entries, found the shape [5]"),
        ("recurrence(x, y)", "the axes [5] and [3] differ"),
        ("sum[i](x[i + 1])", "`i` is an index here"),
        ("conv_transpose(A, A)", "a kernel has the shape"),
        ("group_norm(A, 2)", "5 channels are no 2 groups of one size"),
    ] {
        let (code, out) = run(&["diff", formula, "--shapes", shapes]);
        assert!(code == Some(2) && out.contains(words), "{formula}: {out}");
    }
    let deep = format!("x{}", "[x".repeat(5000));
    assert_eq!(run(&["diff", &deep, "--shapes", shapes]).0, Some(2));
    let deep = format!("x[0{}", "+x[0".repeat(5000));
    assert!(run(&["diff", &deep, "--shapes", shapes]).1.contains("nested too deeply"));
}

#[test]
fn whole_numbers_are_checked_when_they_arrive() {
    let model = "data y[m] in 0..10, Y[m, 2] in 0..K, k integer\nJ = sum(y^2) + sum(Y)*k";
    let dir = std::env::temp_dir().join(format!("wrt-labels-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let path = dir.join("labels.wrt");
    std::fs::write(&path, model).unwrap();
    let at = |values: &str| run(&["eval", path.to_str().unwrap(), "--at", values, "--dims", "K=3"]);
    assert_eq!(at("y=[1,9],Y=[[0,1],[2,2]],k=-2"), (Some(0), "72\n".to_string()));
    for (values, words) in [
        ("y=[1,3.5],Y=[[0,1],[2,2]],k=1", "`y[1]` is 3.5, and `y` is declared in 0..10"),
        ("y=[12,3],Y=[[0,1],[2,2]],k=1", "labels are the whole numbers from 0 to 9"),
        ("y=[-1,3],Y=[[0,1],[2,2]],k=1", "`y[0]` is -1"),
        ("y=[1,3],Y=[[0,1],[3,2]],k=1", "`Y[1,0]` is 3, and `Y` is declared in 0..K"),
        ("y=[1,3],Y=[[0,1],[2,2]],k=0.5", "`k` is 0.5, and `k` is declared integer"),
        ("y=[1,3],Y=[[0,1],[2,2]],k=9007199254740994", "exact up to 2^53"),
    ] {
        let (code, out) = at(values);
        assert!(code == Some(2) && out.contains(words), "{values}: {out}");
    }
    std::fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn code_has_positions_of_its_own_kind() {
    for (formula, form, words) in [
        ("sum(x[floor(y)])", "numpy", "np.take(x, np.floor(y).astype(int), axis=0)"),
        ("sum(scatter_add(y, floor(y), 5))", "jax", "jnp.zeros((5,)).at[jnp.floor(y).astype(int)].add(y)"),
        ("sum(x[ids])", "numpy", "np.take(x, ids, axis=0)"),
        ("sum(x[argsort(x)])", "jax", "jnp.take(x, jnp.argsort(x), axis=0)"),
        ("x[n - 1]", "numpy", "np.take(x, n - 1, axis=0)"),
        ("sum(prod(A, axis=0))", "numpy", "np.delete(np.cumprod(np.insert(A, 0, 1, axis=0), axis=0), -1, axis=0)"),
        ("sum(A[:, ids])", "jax", "jnp.take(A, ids, axis=1)"),
    ] {
        let shapes = "x[n], y[3], ids[2], A[m,n]";
        let (code, out) = run(&["grad", formula, "--shapes", shapes, "--form", form]);
        assert!(code == Some(0) && out.contains(words), "{formula}: {out}");
    }
}

//! What is printed is read back and judged: each example was printed wrong, or had a wrong value, once.

use crate::common::wrt;
use serde_json::Value;

/// The exit status and the output.
fn run(args: &[&str]) -> (Option<i32>, String) {
    let done = wrt(args, b"");
    (done.code, done.stdout + &done.stderr)
}

/// `wrt check` finds no fault, and the formula was among what it judged.
fn checks(formula: &str, shapes: &str) -> String {
    let (code, out) = run(&["check", formula, "--shapes", shapes]);
    assert_eq!(code, Some(0), "{formula}: {out}");
    assert!(out.contains("formula"), "{formula}: {out}");
    out
}

/// The value of a formula of numbers or lists.
fn value(formula: &str, at: &str) -> String {
    let (code, out) = run(&["eval", formula, "--at", at]);
    assert_eq!(code, Some(0), "{formula}: {out}");
    out.trim_end().to_string()
}

#[test]
fn sums_of_three_axes_are_transposed_where_they_must_be() {
    let formula = "sum(outer(z, y)*(1 - sum(F, axis=1)))";
    assert!(checks(formula, "F[m,k,n], z[m], y[n]").contains("∂J/∂y = (1 - sum(F, axis=1)') @ z"));
    for formula in [
        "sum((G' + sum(F, axis=1)) @ z)",
        "sum((H*sum(F, axis=0))' @ (z + 1))",
        "z' @ exp(sum(F, axis=1)*G) @ y",
        "sum(outer(y, z)*(sum(F, axis=1)*(1 + G))')",
    ] {
        let shapes = if formula.starts_with("sum((G'") {
            "F[m,k,n], z[n], G[n,m]"
        } else if formula.starts_with("sum((H") {
            "F[k,m,n], z[m], H[m,n]"
        } else {
            "F[m,k,n], z[m], y[n], G[m,n]"
        };
        checks(formula, shapes);
    }
}

#[test]
fn functions_of_scans_name_what_they_capture() {
    let shapes = "A[n,n], B[T,n], x[n], y[n], X[T,n], Y[T,m]";
    // A definition, a part and a size are called like the state; what a function is of has that name.
    let out = checks("h = A@x; g(u) = h + u; f(h, o) = g(h)*o; sum(scan(f, y, X))", shapes);
    assert!(out.contains("h_2[t] = (h + h_2[t-1])*X[t]"), "{out}");
    let out = checks("f(h, o) = A@x + h; sum(scan(f, y, X)^2)", shapes);
    assert!(out.contains("b = A @ x\nf(h, o) = b + h"), "{out}");
    let out = checks("f(n, o) = n*mean(o); sum(scan(f, 1, X)^2)", shapes);
    assert!(out.contains("n_2[t] = "), "{out}");
    let out = checks("h_2 = x*x; f(h_2, h) = h*h_2; h = A@x; g(h, o) = h*o + h_2; sum(scan(g, f(x, h), X))", shapes);
    assert!(out.contains("h_3[t] = h_3[t-1]*X[t] + h_2"), "{out}");
    // The new state is what is captured, or the slice.
    let out = checks("f(h, o) = sum(A, axis=0); sum(scan(f, y, X)^2)", shapes);
    assert!(out.contains("f(h, o) = "), "{out}");
    checks("f(h, o) = A@x; sum(scan(f, y, X)^2)", shapes);
    checks("f(h, o) = o; sum(scan(f, x, X)^2)", shapes);
    // One function of the person's at two shapes is two functions; otherwise it is one.
    let out = checks("f(h, o) = h*sum(1 + 0*o); sum(scan(f, norm2(x), X)*scan(f, 1, Y))", shapes);
    assert!(out.contains("f_2(h, o) = "), "{out}");
    let out = checks("f(h, o) = h*mean(o); sum(scan(f, norm2(x), X)*scan(f, 1, Y))", shapes);
    assert!(!out.contains("f_2"), "{out}");
    let out = checks("f(h, o) = dot(x, x)*h + norm2(o); sum(scan(f, 1, X)^2)", shapes);
    assert!(!out.contains("f_2") && out.contains("h[t] = a*h[t-1] + norm2(X[t])"), "{out}");
    // A size that nothing but the function's body has.
    checks("f(h, o) = sum(A @ full(o, n, k))*h + o; scan(f, 1, X[:,0])", shapes);
    // What needs a vector is no step of numbers.
    checks("f(h, o) = max(o)*h + min(o) + 1; sum(scan(f, norm2(x), X))", shapes);
    // A function that scans, and one that is called like a part.
    checks("g(s, t) = s*norm2(x) + t; f(h, o) = h*scan(g, 1, o)[-1] + norm2(x); sum(scan(f, 1, X))", shapes);
    checks("a(h, o) = A@x*h + o; sum(scan(a, y, X)^2)", shapes);
    // What is by the person's function, with respect to what it captures.
    let (code, out) = run(&["jvp", "f(h, o) = dot(x, x) + h; scan(f, 1, X)", "--shapes", shapes, "--wrt", "x"]);
    assert!(code == Some(0) && out.contains("h_dot[t] = a + h_dot[t-1]"), "{out}");
    // Where the letters mean something else, a name of one letter more.
    let (code, out) = run(&["grad", "f(a, b) = tr(A)*a + b; sum(scan(f, y, X)^2)", "--shapes", shapes, "--wrt", "A"]);
    assert!(code == Some(0) && out.contains("c = tr(A)\na[-1] = y\n"), "{out}");
}

#[test]
fn functions_and_parts_have_their_names_in_every_notation() {
    let formula = "step_1(h, o) = A@x + h; h1 = scan(step_1, y, X); sum(h1^2)";
    let (_, out) = run(&["grad", formula, "--shapes", "A[n,n], x[n], y[n], X[T,n]", "--wrt", "x", "--form", "latex"]);
    assert!(out.contains("\\mathrm{step}_{1}(h, o) = a + h"), "{out}");
    assert!(out.contains("\\mathrm{scan}\\left(\\mathrm{step}_{1}, y, X\\right)"), "{out}");
    assert!(out.contains("{\\left(d_{h,\\mathrm{prev}}\\right)}_{t} = {\\left(d_{h}\\right)}_{t+1}"), "{out}");
}

#[test]
fn matrices_that_are_singular_everywhere_are_told() {
    let by = |text: &str, name: &str| {
        let (code, out) = run(&["grad", text, "--shapes", "A[p,2], B[2,p], C[p,p], D[p,p]", "--wrt", name]);
        assert_eq!(code, Some(0), "{out}");
        out
    };
    let note = "note: where a matrix that is inverted is singular, its det*inv' is its cofactor";
    for text in ["tanh(det(A @ B))", "det(A @ B)", "det(A @ B)^2", "exp(det(A @ B))*tr(inv(C))", "det(A @ ones(2, p))"]
    {
        assert!(by(text, "A").contains(note), "{text}");
    }
    // What is inverted in the formula is no news.
    for text in ["log(det(A @ B))", "1/det(A @ B)", "det(A @ B)*tr(inv(A @ B))", "logdet(A @ B)*det(A @ B)"] {
        assert!(!by(text, "A").contains("singular"), "{text}");
    }
    // A size that became a factor is no name of the matrix.
    let by_size = "cofactor((outer(x, ones(p)) + outer(ones(p), x)) @ ones(p, p))";
    let jvp = wrt(&["jvp", by_size, "--shapes", "x[p]"], b"").stdout;
    assert!(jvp.contains(note), "{jvp}");
    // Of an outer product the inverse is nowhere: it is not printed.
    let jvp = wrt(&["jvp", "cofactor(outer(x, ones(p)) @ ones(p, p))", "--shapes", "x[p]"], b"").stdout;
    assert!(jvp.contains("cofactor(") && !jvp.contains("inv("), "{jvp}");
    assert!(!by("det(C @ D)*tr(inv(C))*tr(inv(D))", "C").contains("singular"));
    assert!(by("det(C @ D)*tr(inv(C))", "D").contains("where D is singular"));
}

#[test]
fn derivatives_of_scans_count_each_way_once() {
    let shapes = "A[n,n], x[n], X[T,n]";
    let out = checks("f(t,o) = A@t + o; sum(scan(f, A@x, X))", shapes);
    assert!(out.contains("∂J/∂A = d_t' @ t_prev + outer(d_t_prev[0], x)"), "{out}");
    for formula in [
        // The first state, the sequence, a capture, or several of them hang on what is differentiated by.
        "f(t,o) = tanh(x*t) + o; sum(scan(f, x, X))",
        "f(t,o) = tanh(A@t) + (A@A)@o; sum(scan(f, x, X)^2)",
        "f(t,o) = tanh(A@t) + o; sum(scan(f, x, X@A)^2)",
        "f(t,o) = tanh(A@t) + o; sum(scan(f, X[0], X)^2)",
        "f(t,o) = tanh(A@t) + o; h = scan(f, A@x, X); sum(h^2)",
        "f(t,o) = tanh(A@t) + o; h = scan(f, A@x, X@A, reverse=1); sum(h^2)",
        "sum(rnn(X@A, A, A, x))",
    ] {
        checks(formula, shapes);
    }
    // At a point each product is held against its value.
    for command in ["jvp", "vjp"] {
        let along = if command == "jvp" { "v=[[1,2],[3,4]]" } else { "u=2" };
        let at = format!("A=[[1,0.5],[0.25,-1]],x=[1,2],X=[[1,0],[0.5,-1],[2,1]],{along}");
        let (code, out) = run(&[command, "f(t,o) = tanh(A@t) + o; sum(scan(f, A@x, X@A))", "--wrt", "A", "--at", &at]);
        assert_eq!(code, Some(0), "{out}");
        assert!(!out.contains("read back"), "{out}");
    }
}

#[test]
fn functions_stand_behind_what_they_name() {
    let (code, out) =
        run(&["grad", "b = A@A; f(t,o) = b@t + o; sum(scan(f, x, X))", "--shapes", "A[n,n], x[n], X[T,n]", "--json"]);
    assert_eq!(code, Some(0), "{out}");
    let answer: Value = serde_json::from_str(&out).unwrap();
    let line = answer["derivative"]["X"]["formula"].as_str().unwrap();
    let (part, function) = (line.find("a = A @ A").unwrap(), line.find("t[s] = a @ t[s-1]").unwrap());
    assert!(part < function, "{line}");
}

#[test]
fn second_derivatives_of_scans_are_recursions() {
    let formula = "f(t,o) = tanh(a*t + o); sum(scan(f, 0, x))";
    let (code, out) = run(&["hessian", formula, "--shapes", "x[n]", "--wrt", "a"]);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("∂²J/∂a² = sum(q) + sum(r)"), "{out}");
    let (code, out) = run(&["hessian", formula, "--wrt", "a", "--at", "a=0.5,x=[1,2,3]"]);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("∂²J/∂a² = -0.0455635"), "{out}");
    // What has an index beside that of the recursion is given in numbers only.
    let formula = "f(t,o) = tanh(A@t + o); sum(scan(f, 0*X[0], X))";
    let (code, out) = run(&["hessian", formula, "--shapes", "X[T,2], A[2,2]", "--wrt", "A"]);
    assert_eq!(code, Some(2), "{out}");
    assert!(out.contains("a recursion whose step has no matrix notation is not printed"), "{out}");
}

#[test]
fn recursions_are_read_and_differentiated() {
    let value = |text: &str, at: &str| {
        let shapes = "x[3]";
        let (code, out) = run(&["eval", text, "--shapes", shapes, "--at", at]);
        assert_eq!(code, Some(0), "{out}");
        out.lines().next().unwrap_or_default().to_string()
    };
    let at = "x=[1,2,3],a=2,s=1";
    assert_eq!(value("h[-1] = s; h[t] = a*h[t-1] + x[t]; h", at), "[3, 8, 19]");
    assert_eq!(value("d[3] = s; d[t] = a*d[t+1] + x[t]; d", at), "[25, 12, 5]");
    // The state before each step of another recursion, and a state that nothing goes along.
    assert_eq!(
        value("h[-1] = s; h[t] = a*h[t-1] + x[t]; d[3] = 0; d[t] = d[t+1] + h[t-1]*x[t]; d", at),
        "[31, 30, 24]"
    );
    assert_eq!(value("d[3] = s; d[t] = a*d[t+1]; d", at), "[8, 4, 2]");
    // Two states; a line that is no state; a position beside the index.
    assert_eq!(
        value("f[-1] = 1; g[-1] = 0; z[t] = f[t-1] + g[t-1]; g[t] = f[t-1]; f[t] = z[t]*x[t]; f", at),
        "[1, 4, 15]"
    );
    let shapes = "X[T,n], W[n,3], U[3,3], s0[3]";
    for text in [
        "h[-1] = s0; z[t] = X[t] @ W + h[t-1] @ U; h[t] = tanh(z[t]); sum(h^2) + sum(z)",
        "h[-1] = s0; c[-1] = 1; c[t] = c[t-1] + X[t, 0]*sum(h[t-1]); h[t] = h[t-1]*tanh(c[t]); sum(h) + c[-1]",
        "d[T] = s0; d[t] = sin(d[t+1] @ U) + X[t] @ W; sum(d[0]*s0)",
    ] {
        checks(text, shapes);
    }
    for (text, why) in [
        ("h[-1] = 1; sum(x)", "never goes on"),
        ("h[-1] = 1; h[t] = h[t-2] + x[t]; h", "looks one step back"),
        ("h[-1] = 1; h[t] = h[t-1]; h", "nothing says how long"),
        ("h[-1] = 1; h[t] = sum(h)*x[t]; h", "before it is defined"),
        ("h[-1] = x; h[t] = x[t]; h", "begins with the shape"),
        ("d[4] = 1; d[t] = d[t+1] + x[t]; d", "begins behind entry 4"),
        ("h[-1] = 1; h[t] = h[t-1]*x[t-1]; h", "beyond the ends"),
    ] {
        let (code, out) = run(&["eval", text, "--shapes", "x[3]"]);
        assert!(code == Some(2) && out.contains(why), "{text}: {out}");
    }
}

#[test]
fn scans_with_checkpoints_are_scans() {
    let text = "f(s, x) = tanh(x @ W + s @ U); sum(scan(f, s0, X, checkpoint=2)^3) + sum(scan(f, s0, X, reverse=1, checkpoint=2))";
    let shapes = "X[2*k,n], W[n,3], U[3,3], s0[3]";
    let (code, out) = run(&["check", text, "--shapes", shapes]);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("forward, reverse and nudge agree to 30 digits"), "{out}");
    let plain = text.replace(", checkpoint=2", "");
    let (_, out) = run(&[
        "eval",
        &format!("f(s, x) = tanh(x @ W + s @ U); {} - ({})", &text[31..], &plain[31..]),
        "--shapes",
        shapes,
        "--at",
        "X=[[1,2],[3,1],[0,1],[2,2]],W=[[1,2,3],[0,1,0.5]],U=[[1,0,0],[0,1,0],[0.5,0.25,1]],s0=[1,2,3]",
    ]);
    assert_eq!(out.lines().next(), Some("0"), "{out}");
    let (code, out) = run(&["eval", "f(s, x) = s + x; scan(f, 0, x, checkpoint=3)", "--shapes", "x[7]"]);
    assert!(code == Some(2) && out.contains("needs an axis of a multiple of 3 entries"), "{out}");
}

#[test]
fn recursions_are_loops_in_code() {
    let formula = "h[-1] = s0; h[t] = tanh(X[t] @ W + h[t-1]); sum(h)";
    let code = |form: &str| {
        let (code, out) = run(&["grad", formula, "--shapes", "X[T,n], W[n,3], s0[3]", "--wrt", "W", "--form", form]);
        assert_eq!(code, Some(0), "{out}");
        out
    };
    let numpy = code("numpy");
    assert!(numpy.contains("h = np.zeros((T, 3))\nh_before = s0\nfor t in range(T):\n"), "{numpy}");
    assert!(numpy.contains("    h[t] = np.tanh(W.T @ X[t] + h_before)\n    h_before = h[t]\n"), "{numpy}");
    assert!(numpy.contains("for t in reversed(range(T)):\n"), "{numpy}");
    let jax = code("jax");
    assert!(jax.contains("def step_h(carried, entries):\n    (h_before,) = carried\n"), "{jax}");
    assert!(jax.contains(" = jax.lax.scan(step_h, (s0,), (X,))"), "{jax}");
    assert!(jax.contains(", reverse=True)"), "{jax}");
}

#[test]
fn an_axis_made_by_none_has_one_entry() {
    checks("stack(x)[-1,0]", "x[n]");
    checks("x[:, None][0, 0]*sum(x[:, None][:, 0])", "x[n]");
    let (code, out) = run(&["diff", "stack(x)[-1,0]", "--at", "x=[1,2,3]"]);
    assert_eq!(code, Some(0), "{out}");
    assert_eq!(value("sum(x[:, None][:, -1])", "x=[1,2,3]"), "6");
    assert_eq!(run(&["eval", "x[:, None][:, 1]", "--at", "x=[1,2,3]"]).0, Some(2));
}

#[test]
fn crossentropy_takes_logits_of_the_same_axis_only() {
    let at = "Z=[[1,2],[3,5],[2,0]],y=[0.5,0.25,0.25]";
    let plain = value("-sum(y*log(softmax(Z)[:,0]))", at);
    assert_eq!(value("crossentropy(y, softmax(Z)[:,0])", at), plain);
    let at = "z=[1,2,4],y=[0.5,0.25,0.25]";
    assert_eq!(value("crossentropy(y, softmax(z))", at), value("-sum(y*log(softmax(z)))", at));
    // An axis that is made by None has no classes.
    let formula = "sum(crossentropy(y[:, None], softmax(z)[:, None]))";
    assert_eq!(run(&["eval", formula, "--at", at]).0, Some(2));
}

#[test]
fn derivatives_by_parts_of_a_name_count_every_way() {
    assert_eq!(value("d(x[0]^2 + sum(x), x[0])", "x=[1,2,3]"), "3");
    assert_eq!(value("d(x[1:]@x[1:] + sum(x)^2, x[:2])", "x=[1,2,3]"), "[12, 16]");
    assert_eq!(value("d(tr(A@A), A')", "A=[[1,2],[3,4]]"), "[[2, 4], [6, 8]]");
    assert_eq!(value("y[i] = d(x[i]^2 + sum(x), x[i]); y", "x=[1,2,3]"), "[3, 5, 7]");
    assert_eq!(value("y[i] = d(x[i]^2*sum(x), x[i]); y", "x=[1,2,3]"), "[13, 28, 45]");
    assert_eq!(value("y[i] = d(x[i]^2, x[i]); y", "x=[1,2,3]"), "[2, 4, 6]");
    assert_eq!(value("y[i,j] = d(A[i,j]*A[j,i], A[i,j]); y", "A=[[1,2],[3,4]]"), "[[2, 3], [2, 8]]");
    assert_eq!(value("d(A[0,1]^2 + tr(A@A), A[0])", "A=[[1,2],[3,4]]"), "[2, 10]");
    assert_eq!(value("d(sum(reshape(x, [2, 2])[1]*x[:2]), reshape(x, [2, 2]))", "x=[1,2,3,4]"), "[[3, 4], [1, 2]]");
    let (code, out) = run(&["eval", "d((x + 1)^2, x + 1)", "--at", "x=2"]);
    assert_eq!(code, Some(2));
    assert!(out.contains("with respect to a name"), "{out}");
    // A definition is a name, whatever it is.
    assert_eq!(value("z = x + 1; d(z^2, z)", "x=2"), "6");
    assert_eq!(value("z = x[0]; d(z^2 + sum(x), z)", "x=[1,2,3]"), "2");
}

#[test]
fn definitions_are_not_what_equals_them() {
    let derivative = |formula: &str, wrt: &str, at: &str| {
        let (code, out) = run(&["diff", formula, "--wrt", wrt, "--at", at, "--json"]);
        assert_eq!(code, Some(0), "{out}");
        let answer: Value = serde_json::from_str(&out).unwrap();
        answer["derivative"][wrt]["value"].to_string()
    };
    assert_eq!(derivative("z = x^2; x^2 + z", "z", "x=2"), "1.0");
    assert_eq!(derivative("y = 3*x^2; z = x^2; y + z", "z", "x=2"), "1.0");
    assert_eq!(derivative("z = x^2; x^2 + z", "x", "x=2"), "8.0");
    assert_eq!(derivative("z = x; x^2*z", "z", "x=3"), "9.0");
    assert_eq!(derivative("a = x^2; b = a; a + b", "b", "x=3"), "1.0");
    assert_eq!(derivative("a = x^2; b = a; a + b", "a", "x=3"), "2.0");
    assert_eq!(derivative("f(t) = t^2; z = f(x); f(x)*z", "z", "x=2"), "4.0");
    assert_eq!(derivative("z = x - y; (x - y)^2*z", "z", "x=3,y=1"), "4.0");
    assert_eq!(derivative("z = x - y; mse(x, y) + sum(z)", "z", "x=[3,2],y=[1,1]"), "[1.0,1.0]");
    assert_eq!(derivative("f(v) = sum(v^2); z = f(x); f(x)*z", "z", "x=[3,2]"), "13.0");
    assert_eq!(value("z = x^2; x*d(x^2 + z, z)", "x=2"), "2");
    // The steps of backprop say what they are of.
    checks("p = X @ w; sum((X @ w)*p^2) + sum(exp(p))", "X[m,n], w[n]");
}

#[test]
fn functions_scan_over_their_arguments() {
    let shapes = "x[n], y[n], X[T,n], A[n,n]";
    checks("step(s,o) = tanh(A@s) + o; f(v) = sum(scan(step, v, X)); f(x) + f(y)", shapes);
    checks("step(s,o) = s*o + 1; f(v) = sum(scan(step, 1, v)^2); f(x) + f(y)", shapes);
    checks("step(s,o) = tanh(A@s) + o; f(V) = sum(scan(step, x, V)); f(X)", shapes);
    assert_eq!(value("step(s,o) = s + o; f(v) = sum(scan(step, 0, v)); f(x)", "x=[1,2,3]"), "10");
}

#[test]
fn sizes_of_a_check_differ() {
    let names: Vec<String> = (0..12).map(|k| format!("n{k}")).collect();
    let shapes: Vec<String> = names.iter().enumerate().map(|(k, n)| format!("x{k}[{n}]")).collect();
    let sum: Vec<String> = (0..12).map(|k| format!("sum(x{k})^2")).collect();
    let (code, out) = run(&["check", &sum.join(" + "), "--shapes", &shapes.join(", "), "--json"]);
    assert_eq!(code, Some(0), "{out}");
    let answer: Value = serde_json::from_str(&out).unwrap();
    let mut sizes: Vec<u64> = answer["dims"].as_object().unwrap().values().map(|v| v.as_u64().unwrap()).collect();
    sizes.sort_unstable();
    sizes.dedup();
    assert_eq!(sizes.len(), 12);
    // A fixed size and a derived one are other sizes too.
    let (_, out) = run(&["check", "sum(A)^2 + sum(x[1:])^2", "--shapes", "A[4,m], x[n]", "--json"]);
    let answer: Value = serde_json::from_str(&out).unwrap();
    let (m, n) = (answer["dims"]["m"].as_u64().unwrap(), answer["dims"]["n"].as_u64().unwrap());
    assert!(m != 4 && n != 4 && n - 1 != 4 && m != n && n - 1 != m, "{m} {n}");
}

#[test]
fn the_judged_text_is_told() {
    let (_, out) = run(&["check", "norm2(A @ x)^2", "--shapes", "A[m,n], x[n]", "--json"]);
    let answer: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(answer["judged"], "J = norm2(A @ x)^2\n∂J/∂A = 2*outer(A @ x, x)\n∂J/∂x = 2*A' @ A @ x\n");
    assert_eq!(answer["verdict"], "agreement");
    let (_, out) = run(&["check", "x^2*y", "--at", "x=1,y=2", "--json"]);
    let answer: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(answer["judged"], "J = x^2*y\n∂J/∂x = 2*x*y\n∂J/∂y = x^2\n");
    let (_, out) = run(&["diff", "x^2*y", "--at", "x=1,y=2"]);
    assert!(out.contains("formula, forward, reverse and nudge agree to 30 digits"), "{out}");
}

#[test]
fn what_stands_beside_code_is_a_comment() {
    let shapes = ["--shapes", "A[n,n]"];
    for (form, comment) in [("numpy", "# "), ("jax", "# "), ("rust", "// "), ("c", "// ")] {
        let numbers = wrt(&["diff", "x/x + y", "--form", form, "--at", "x=1,y=2"], b"").stdout;
        let tensors = wrt(&[&["grad", "tr(A @ inv(A) @ A)", "--form", form], &shapes[..]].concat(), b"").stdout;
        for line in numbers.lines().chain(tensors.lines()) {
            let assigned = line.split_once(" = ").is_some_and(|(name, _)| !name.contains(' '));
            assert!(assigned || line.starts_with(comment), "{form}: {line}");
        }
        assert!(numbers.contains(&format!("{comment}note: ")), "{numbers}");
    }
}

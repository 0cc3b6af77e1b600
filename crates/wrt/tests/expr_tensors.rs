//! Expressions with shapes: what is built by operators is what the text means, and derivatives are what nudges say.

use wrt::Subscript::NewAxis;
use wrt::{Array, ErrorKind, Expr, Form, Functions, Subscript, TensorFunctions, size, symbol, tensor};

const SHAPES: [(&str, &[&str]); 9] = [
    ("w", &[]),
    ("x", &["n"]),
    ("y", &["m"]),
    ("A", &["m", "n"]),
    ("B", &["m", "n"]),
    ("S", &["n", "n"]),
    ("T", &["k", "m", "n"]),
    ("v", &["3"]),
    ("K", &["4", "3"]),
];

const SIZES: [(&str, usize); 3] = [("k", 2), ("m", 3), ("n", 4)];

fn name(name: &str) -> Expr {
    let (_, dims) = SHAPES.iter().find(|(n, _)| *n == name).unwrap();
    tensor(name, dims.iter().copied())
}

/// Different numbers near 1, and a matrix with a determinant away from 0, in the shape of each name.
fn point() -> Vec<(&'static str, Array<f64>)> {
    let length = |d: &str| SIZES.iter().find(|(n, _)| *n == d).map_or_else(|| d.parse().unwrap(), |(_, k)| *k);
    let value = |k: usize, (name, dims): &(&'static str, &[&str])| {
        let shape: Vec<usize> = dims.iter().map(|d| length(d)).collect();
        let entry = |i: usize| {
            0.5 + ((i * 7 + k * 5 + 3) % 13) as f64 / 8.0 + f64::from(*name == "S" && i.is_multiple_of(5)) * 3.0
        };
        (*name, Array { data: (0..shape.iter().product()).map(entry).collect(), shape })
    };
    SHAPES.iter().enumerate().map(|(k, s)| value(k, s)).collect()
}

/// Every operator, broadcast and bracket, beside its text.
fn cases() -> Vec<(Expr, &'static str)> {
    let [w, x, y, a, b, s, t, v, k] = SHAPES.map(|(n, _)| name(n));
    let call = |name: &str, args: &[&Expr]| Expr::call(name, args).unwrap();
    vec![
        // Operators, numbers beside.
        (&x + &x, "x + x"),
        (&a - &b, "A - B"),
        (&a * &b, "A*B"),
        (&a / &b, "A/B"),
        (-&a, "-A"),
        (2 * &a - 1, "2*A - 1"),
        (0.5 * (&a + 3 * &b), "0.5*(A + 3*B)"),
        (1 / &x, "1/x"),
        (&x / 4, "x/4"),
        (1 - &x, "1 - x"),
        (x.pow(2), "x^2"),
        (x.pow(&x), "x^x"),
        (a.pow(0.5) * 3, "A^0.5*3"),
        // Broadcasting.
        (&w * &a, "w*A"),
        (&a + &w, "A + w"),
        (&a * &x, "A*x"),
        (&x - &a, "x - A"),
        (&a / &x, "A/x"),
        (&t + &a, "T + A"),
        (&t * &x, "T*x"),
        (&a * y.index((.., NewAxis)), "A*y[:, None]"),
        (y.index((.., NewAxis)) + &x, "y[:, None] + x"),
        (y.index((.., NewAxis)), "y[:, None]"),
        (x.hypot(&a), "hypot(x, A)"),
        (Functions::max(&a, &x), "max(A, x)"),
        (x.lt(&a).where_(&x, &a), "where(x < A, x, A)"),
        // Products.
        (a.matmul(&x), "A @ x"),
        (y.matmul(&a), "y @ A"),
        (x.matmul(&x), "x @ x"),
        (a.t().matmul(&b), "A' @ B"),
        (t.matmul(&s), "T @ S"),
        (t.matmul(&x), "T @ x"),
        (x.t().matmul(&s).matmul(&x), "x' @ S @ x"),
        (x.dot(&x), "dot(x, x)"),
        (y.outer(&x), "outer(y, x)"),
        (s.kron(&a), "kron(S, A)"),
        // Positions and ranges.
        (x.index(0), "x[0]"),
        (x.index(-1), "x[-1]"),
        (a.index(1), "A[1]"),
        (a.index((0, 2)), "A[0, 2]"),
        (a.index((.., 0)), "A[:, 0]"),
        (t.index((1, .., -1)), "T[1, :, -1]"),
        (v.index(0..2), "v[0:2]"),
        (v.index(1..), "v[1:]"),
        (v.index(..2), "v[:2]"),
        (v.index(..), "v[:]"),
        (v.index(0..=1), "v[0:2]"),
        (v.index(..=-2), "v[:-1]"),
        (v.index(-2..), "v[-2:]"),
        (k.index((1..3, 0..2)), "K[1:3, 0:2]"),
        (k.index(Subscript::Range { start: None, stop: None, step: 2 }), "K[::2]"),
        (k.index((.., 1)), "K[:, 1]"),
        // Functions entry by entry.
        (a.sin(), "sin(A)"),
        ((&a * &x).sigmoid(), "sigmoid(A*x)"),
        (x.atan2(&a), "atan2(x, A)"),
        // Reductions, all and along an axis.
        (a.sum(), "sum(A)"),
        (a.sum_axis(0), "sum(A, axis=0)"),
        (a.sum_axis(-1), "sum(A, axis=-1)"),
        (t.mean_axis(1), "mean(T, axis=1)"),
        (a.mean(), "mean(A)"),
        (x.prod(), "prod(x)"),
        (a.amax(), "max(A)"),
        (a.amin_axis(1), "min(A, axis=1)"),
        (a.logsumexp(), "logsumexp(A)"),
        (a.logsumexp_axis(0), "logsumexp(A, axis=0)"),
        (a.var(), "var(A)"),
        (x.std(), "std(x)"),
        (x.norm2(), "norm2(x)"),
        (x.norm2().pow(2), "norm2(x)^2"),
        (a.norm_f(), "normF(A)"),
        (x.norm1(), "norm1(x)"),
        (x.softmax(), "softmax(x)"),
        (a.softmax_axis(0), "softmax(A, axis=0)"),
        (a.log_softmax(), "log_softmax(A)"),
        (x.cumsum(), "cumsum(x)"),
        // Linear algebra.
        (s.tr(), "tr(S)"),
        (s.det(), "det(S)"),
        (s.logdet(), "logdet(S)"),
        (s.inv(), "inv(S)"),
        (s.solve(&x), "solve(S, x)"),
        (s.diag(), "diag(S)"),
        (x.diag(), "diag(x)"),
        (s.expm(), "expm(S)"),
        (s.t().matmul(&s).cholesky(), "cholesky(S' @ S)"),
        (s.tril(), "tril(S)"),
        // Others.
        (x.concat(&x), "concat(x, x)"),
        (x.mse(&s.index(0)), "mse(x, S[0])"),
        (x.softmax().crossentropy(&x.softmax()), "crossentropy(softmax(x), softmax(x))"),
        (x.sum() / size("n"), "sum(x)/n"),
        (call("reshape", &[&k, &12.into()]), "reshape(K, 12)"),
        (call("eye", &[&size("n")]) + &s, "eye(n) + S"),
        (call("window", &[&v, &2.into()]), "window(v, 2)"),
        (call("ln", &[&x]), "log(x)"),
        (Expr::list(&[&w, &(&w * 2), &1.into()]).unwrap() * &v, "[w, w*2, 1]*v"),
        (Expr::from([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]).matmul(&v), "[[1, 2, 3], [4, 5, 6]] @ v"),
    ]
}

fn read(text: &str) -> Expr {
    Expr::parse(text, &SHAPES).unwrap_or_else(|e| panic!("{text}: {e}"))
}

#[test]
fn what_operators_build_is_what_the_text_means() {
    let at = point();
    for (built, text) in cases() {
        let read = read(text);
        assert_eq!(built.to_string(), read.to_string(), "{text}");
        assert_eq!(built.shape(), read.shape(), "{text}");
        for (word, form) in Form::ALL {
            assert_eq!(built.to_string_in(form), read.to_string_in(form), "{text} as {word}");
        }
        let (value, wanted) = (built.eval(&at).unwrap(), read.eval(&at).unwrap());
        assert_eq!(value, wanted, "{text}");
        assert!(value.data.iter().all(|v| v.is_finite()), "{text}: {value:?}");
    }
}

#[test]
fn positions_may_be_values() {
    let shapes: [(&str, &[&str]); 2] = [("K", &["4", "3"]), ("p", &["2"])];
    let (built, read) = (name("K").index(tensor("p", [2])), Expr::parse("K[p]", &shapes).unwrap());
    assert_eq!((built.to_string(), built.shape()), (read.to_string(), read.shape()));
    let mut at = point();
    at.push(("p", [2.0, 0.0].into()));
    let k = &at.iter().find(|(n, _)| *n == "K").unwrap().1.data;
    assert_eq!(built.eval(&at).unwrap().data, [&k[6..9], &k[0..3]].concat());
    // A list may be made of expressions, too.
    let list = Expr::call("stack", &[&2.into(), &0.into()]).unwrap();
    assert_eq!(name("K").index(list).eval(&at).unwrap(), built.eval(&at).unwrap());
}

#[test]
fn a_printed_expression_is_read_back() {
    let at = point();
    for (built, text) in cases() {
        let again = read(&built.to_string());
        assert_eq!(again.eval(&at).unwrap(), built.eval(&at).unwrap(), "{text}");
    }
}

/// The sum of an expression with weights that are all different, so that no entry hides.
fn weighed(e: &Expr, at: &[(&str, Array<f64>)]) -> f64 {
    e.eval(at).unwrap().data.iter().enumerate().map(|(k, v)| v * (1.0 + k as f64 / 7.0)).sum()
}

#[test]
fn derivatives_are_what_nudges_say() {
    const STEP: f64 = 1e-5;
    let at = point();
    for (built, text) in cases() {
        for name in built.free_names().iter().filter(|n| at.iter().any(|(m, _)| m == n)) {
            let made = built.jacobian(name).unwrap();
            let j = made.eval(&at).unwrap();
            let k = at.iter().position(|(n, _)| n == name).unwrap();
            let entries = at[k].1.data.len();
            for i in 0..entries {
                let moved = |by: f64| {
                    let mut at = at.clone();
                    at[k].1.data[i] += by;
                    weighed(&built, &at)
                };
                let slope = (moved(STEP) - moved(-STEP)) / (2.0 * STEP);
                let rows = j.data.chunks(entries).map(|row| row[i]).enumerate();
                let found: f64 = rows.map(|(r, d)| d * (1.0 + r as f64 / 7.0)).sum();
                assert!((slope - found).abs() < 1e-4 * slope.abs().max(1.0), "d({text})/d{name}: {found}, not {slope}");
            }
        }
    }
}

#[test]
fn products_with_derivatives_are_the_derivatives_times_vectors() {
    let (x, s, u) = (name("x"), name("S"), tensor("u", ["n"]));
    let f = s.matmul(&x.sin());
    let j = f.jacobian("x").unwrap();
    let mut at = point();
    at.push(("u", [1.0, -2.0, 0.5, 3.0].into()));
    let close = |a: Array<f64>, b: Array<f64>| {
        assert_eq!(a.shape, b.shape);
        a.data.iter().zip(&b.data).for_each(|(a, b)| assert!((a - b).abs() <= 1e-12 * a.abs(), "{a} {b}"));
    };
    close(f.jvp(&[("x", &u)]).unwrap().eval(&at).unwrap(), j.matmul(&u).eval(&at).unwrap());
    close(f.vjp(&["x"], &u).unwrap()[0].eval(&at).unwrap(), j.t().matmul(&u).eval(&at).unwrap());
    let g = f.sum();
    let h = g.hessian(&["x"]).unwrap()[0][0].clone();
    close(g.hvp(&[("x", &u)]).unwrap()[0].eval(&at).unwrap(), h.matmul(&u).eval(&at).unwrap());
    close(g.partial(&["x", "x"]).unwrap().eval(&at).unwrap(), h.eval(&at).unwrap());
    assert_eq!(g.partial(&["x", "x", "x"]).unwrap().shape(), ["n", "n", "n"]);
}

#[test]
fn a_derivative_is_built_upon_as_it_is_written() {
    let (a, x, b) = (name("A"), name("x"), name("y"));
    let cost = (a.matmul(&x) - &b).norm2().pow(2);
    let gradient = &cost.gradient(&["x"]).unwrap()[0];
    let step = &x - symbol("rate") * gradient;
    assert_eq!(step.to_string(), "x - 2*rate*A' @ (A @ x - y)");
    assert_eq!(step.shape(), ["n"]);
    let mut at = point();
    at.push(("rate", 0.0.into()));
    assert_eq!(step.eval(&at).unwrap(), x.eval(&at).unwrap());
    assert_eq!(gradient.jacobian("x").unwrap().to_string(), "2*A' @ A");
}

#[test]
fn a_derivative_has_its_value_where_the_form_for_people_has_none() {
    let s = tensor("S", [2, 2]);
    let d = s.det().diff("S").unwrap();
    let singular: [(&str, Array<f64>); 1] = [("S", [[1.0, 2.0], [2.0, 4.0]].into())];
    assert_eq!(d.eval(&singular).unwrap().data, [4.0, -2.0, -2.0, 1.0]);
}

#[test]
fn definitions_stay_names() {
    let f = Expr::parse("p = sigmoid(A @ x); mean((p - y)^2)", &SHAPES).unwrap();
    assert_eq!(f.to_string(), "p = sigmoid(A @ x); mean((p - y)^2)");
    assert_eq!(f.gradient(&["p"]).unwrap()[0].to_string(), "p = sigmoid(A @ x); 2*(p - y)/m");
    assert_eq!(wrt::parse("a = 2 + 3w; a^3").unwrap().partial(&["a", "a"]).unwrap().to_string(), "6*(2 + 3*w)");
    let first = wrt::parse("a = x/3; a^2").unwrap().diff("a").unwrap();
    assert_eq!(first.diff("a").unwrap_err().kind(), ErrorKind::Name);
    assert_eq!((2 * &first).diff("a").unwrap_err().kind(), ErrorKind::Name);
    assert_eq!(first.diff("x").unwrap().to_string(), "2/3");
}

#[test]
fn definitions_travel_unless_their_name_is_taken() {
    let f = Expr::parse("a = x + 1; sum(a^2)", &SHAPES).unwrap();
    let large = symbol("w").sin().cos().exp() * 2 + 1;
    let both = &large + &f;
    assert_eq!(both.to_string(), "a = x + 1; 2*exp(cos(sin(w))) + 1 + sum(a^2)");
    assert_eq!(both.diff("a").unwrap().to_string(), "a = x + 1; 2*a");
    // What was there before keeps its form, and two definitions of one name are not mixed up.
    let sum = name("x") + 1;
    assert_eq!((&sum * &f, sum.to_string()).1, "x + 1");
    let other = Expr::parse("a = 3*x; sum(a)", &SHAPES).unwrap();
    assert_eq!((&f * &other).eval(&[("x", [1.0, 2.0])]).unwrap(), 13.0 * 9.0);
    // A formula of numbers is written whole, and yet differentiated by its definitions.
    let g = wrt::parse("b = w + 1; b^2").unwrap();
    assert_eq!((&large * &g).to_string(), "(2*exp(cos(sin(w))) + 1)*(w + 1)^2");
    assert_eq!((&large + &g).diff("b").unwrap().to_string(), "2*(w + 1)");
    let error = f.try_add(&symbol("a")).unwrap_err();
    assert_eq!(error.message(), "`a` is a definition in one expression and a free name in the other");
    // Whichever of them is the larger one.
    let large = (symbol("a").sin() + 1).exp().pow(3) + f.free_names().len() as f64;
    assert_eq!(large.try_add(&f).unwrap_err(), error);
}

#[test]
fn errors_say_what_does_not_fit() {
    let [x, y, a, k, v] = ["x", "y", "A", "K", "v"].map(name);
    let errors: Vec<(Result<Expr, wrt::Error>, ErrorKind, &str)> = vec![
        (x.try_add(&y), ErrorKind::Shape, "`x + y`: x is [n], y is [m]: n and m differ"),
        (
            a.try_mul(&y),
            ErrorKind::Shape,
            "`A * y`: A is [m, n], y is [m]: n and m differ; write y[:, None] to stretch it over the columns of A",
        ),
        (a.try_sub(&a.t()), ErrorKind::Shape, "`A - A'`: A is [m, n], A' is [n, m]: m and n differ; did you mean A?"),
        (a.try_matmul(&a), ErrorKind::Shape, "`A @ A`: A is [m, n], A is [m, n]: n and m differ; did you mean A' @ A?"),
        (
            x.try_matmul(&symbol("w")),
            ErrorKind::Shape,
            "`x @ w`: `@` multiplies vectors and matrices, and one side is a scalar",
        ),
        (k.try_index(4), ErrorKind::Shape, "`K[4]`: position 4 is outside: the axis has 4 entries, 0 to 3"),
        (v.try_index(2..2), ErrorKind::Shape, "`v[2:2]`: this range is empty"),
        (
            v.try_index(Subscript::Range { start: None, stop: None, step: 0 }),
            ErrorKind::Shape,
            "`v[::0]`: the step of a range is not 0",
        ),
        (
            v.try_index(i64::MIN),
            ErrorKind::Shape,
            "`v[-9223372036854775808]`: position -9223372036854775808 is outside: the axis has 3 entries, 0 to 2",
        ),
        (
            v.try_index(vec![NewAxis; 16]),
            ErrorKind::Shape,
            "`v[None, None, None, None, None, None, None, None, None, None, None, None, None, None, None, None]`: this would \
             have 17 axes, and at most 16 are taken",
        ),
        (Expr::try_tensor("t", [2; 17]), ErrorKind::Limit, "`t` has 17 axes, and at most 16 are taken"),
        (Expr::try_tensor("t", [0]), ErrorKind::Shape, "a dimension of size 0 holds nothing"),
        (
            tensor("t", [1; 16]).partial(&["t"; 4]),
            ErrorKind::Limit,
            "this derivative has 80 axes, and at most 64 are computed",
        ),
        (v.try_index((0, 0)), ErrorKind::Shape, "`v[0, 0]`: 2 positions are given, and the shape is [3]"),
        (Expr::call("det", &[&a]), ErrorKind::Shape, "`det(A)`: det needs a square matrix, found the shape [m, n]"),
        (Expr::call("inverse", &[&a]), ErrorKind::UnknownFunction, "there is no function `inverse`"),
        (
            Expr::call("softmx", &[&a]),
            ErrorKind::UnknownFunction,
            "there is no function `softmx`; did you mean `softmax`?",
        ),
        (Expr::call("solve", &[&a]), ErrorKind::Arguments, "`solve` takes 2 arguments, found 1; write solve(A, b)"),
        (Expr::call("sin", &[]), ErrorKind::Arguments, "an expression is made of others, and there are none"),
        (
            Expr::call_with("sum", &[&a], &[("axes", 0.into())]),
            ErrorKind::Arguments,
            "`sum` has no argument `axes`; write sum(X, [axis])",
        ),
        (
            Expr::call("dense", &[&a, &3.into()]),
            ErrorKind::Arguments,
            "`dense` knows more than its arguments; read it from a text: parse, or a model",
        ),
        (
            x.try_add(&symbol("x")),
            ErrorKind::Shape,
            "`x` has the shape [n] in one expression and [] in the other; give them different names",
        ),
        (
            x.try_mul(&symbol("n")),
            ErrorKind::Name,
            "`n` is a number in one expression and the size of a dimension in the other; write size(\"n\") for the size as a number",
        ),
        (
            Expr::list(&[&x, &y]),
            ErrorKind::Shape,
            "`[x, y]`: the entries of a list have one shape, found [n] (entry 0) beside [m]",
        ),
        (Expr::try_tensor("2x", ["n"]), ErrorKind::Name, "`2x` is not a name"),
        (Expr::try_tensor("x", ["2 n"]), ErrorKind::Name, "`2 n` is not a name"),
        (Expr::try_tensor("n", ["n"]), ErrorKind::Name, "`n` has a dimension of the same name"),
        (
            a.gradient(&["A"]).map(|mut g| g.swap_remove(0)),
            ErrorKind::Shape,
            "the formula has the shape [m, n]; a gradient is of one number; ask for the jacobian, or reduce the formula: \
             sum(…), mean(…)",
        ),
        (x.jvp(&[("x", &y)]), ErrorKind::Shape, "the direction has the shape [m], and x has [n]"),
        (x.substitute("x", &y), ErrorKind::Shape, "`x` has the shape [n], what replaces it [m]"),
    ];
    for (result, kind, message) in errors {
        let error = result.map(|e| e.to_string()).unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (kind, message));
    }
}

#[test]
fn constants_may_be_long_or_empty() {
    let zeros = Expr::from([0.5; 100]);
    assert_eq!(zeros.sum().eval::<f64>(&[]).unwrap(), 50.0);
    assert!(std::panic::catch_unwind(|| Expr::from([0.0; 0])).is_err());
}

#[test]
fn values_that_do_not_fit_are_refused() {
    let a = name("A");
    let eval = |values: &[(&str, Array<f64>)]| a.matmul(&name("x")).eval(values).unwrap_err();
    let matrix: Array<f64> = [[1.0, 2.0], [3.0, 4.0]].into();
    assert!(eval(&[("A", matrix.clone())]).is_unbound());
    let error = eval(&[("A", matrix.clone()), ("x", [1.0, 2.0, 3.0].into())]);
    assert_eq!((error.kind(), error.message()), (ErrorKind::Shape, "`x` has 3 entries along n, where 2 are expected"));
    assert_eq!(eval(&[("A", matrix), ("x", 1.0.into())]).kind(), ErrorKind::Shape);
    let ones = Expr::call("ones", &[&size("n")]).unwrap();
    assert_eq!(ones.eval(&[("n", 3.0)]).unwrap().data, [1.0; 3]);
    assert_eq!(ones.eval(&[("n", 1.5)]).unwrap_err().kind(), ErrorKind::Number);
}

#[test]
#[should_panic(expected = "`x + y`: x is [n], y is [m]: n and m differ")]
fn operators_panic_with_the_message() {
    let _ = name("x") + name("y");
}

#[test]
fn models_are_made_of_expressions() {
    let model = wrt::Model::parse("data X[m, n], y[m]; param w[n]; const c = 2; cost = c*sum((X @ w - y)^2)").unwrap();
    let penalised = model.cost() + symbol("l") * model.get("w").unwrap().norm2().pow(2);
    let gradient = &penalised.gradient(&["w"]).unwrap()[0];
    let at: [(&str, Array<f64>); 4] =
        [("X", [[1.0], [2.0]].into()), ("y", [1.0, 1.0].into()), ("w", [3.0].into()), ("l", 0.5.into())];
    // 2·2·((3 − 1) + 2·(6 − 1)) + 2·0.5·3
    assert_eq!(gradient.eval(&at).unwrap().data, [51.0]);
}

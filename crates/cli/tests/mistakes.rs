//! What a person reads after a typical mistake: the whole of standard error, one snapshot each.
//!
//! To change a message: `INSTA_UPDATE=always cargo test -p wrt-cli --test mistakes`, and read what has changed as a
//! student would who must repair the line.

mod common;

use common::wrt;

/// Runs a mistake; what a person sees of it.
fn seen(args: &[&str]) -> String {
    let done = wrt(args, b"");
    assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""), "{args:?}");
    format!("$ wrt {}\n{}", args.join(" "), done.stderr)
}

macro_rules! mistakes {
    ($($name:ident: $($arg:literal)+;)*) => {$(
        #[test]
        fn $name() {
            let lines: Vec<String> = seen(&[$($arg),+]).lines().map(|l| l.trim_end().to_string()).collect();
            insta::assert_snapshot!(stringify!($name), lines.join("\n"));
        }
    )*};
}

mistakes! {
    misspelt_function: "diff" "sgmoid(z)";
    capital_letter: "diff" "Sin(x)";
    unknown_function: "diff" "foo(x)";
    name_before_parenthesis: "diff" "x*y + x(y + 1)";
    missing_parenthesis: "diff" "2*(x + sin(y)";
    unclosed_call: "diff" "exp(x";
    extra_parenthesis: "diff" "x + 1)";
    function_without_parentheses: "diff" "sin x";
    function_with_blank: "diff" "sin (x)";
    two_operators: "diff" "2 +* 3";
    operand_missing_at_the_end: "diff" "w^";
    product_without_star: "diff" "x y";
    two_readings: "diff" "1/2x";
    decimal_comma: "diff" "0,5*x";
    two_decimal_points: "diff" "1.2.3*x";
    too_few_arguments: "diff" "max(1)";
    too_many_arguments: "diff" "sin(x, y)";
    square_brackets: "diff" "x[1]^2";
    truth_as_position: "diff" "sum(x[x > 1.5])" "--shapes" "x[n]";
    absolute_bars: "diff" "|x|";
    latex_input: "diff" "\\frac{1}{x}";
    braces: "diff" "sqrt{x}";
    factorial: "diff" "x!";
    equation: "diff" "w^2 = 9";
    defined_by_itself: "diff" "w = w + 1";
    defined_twice: "diff" "a = 1\na = 2\na*x";
    chained_comparison: "diff" "where(0 < x < 1, x, 0)";
    number_too_large: "diff" "1e400000000*x";
    empty: "diff" "";
    no_value: "diff" "w*x + b" "--at" "w=3";
    value_is_no_number: "diff" "w^2" "--at" "w=pi";
    value_without_name: "diff" "w^2" "--at" "3";
    wrong_form: "diff" "w^2" "--form" "tex";
    wrong_assumption: "diff" "w^2" "--assume" "w > a";
    beyond_one: "diff" "log(1 - p)" "--assume" "0 < p < 1" "--at" "p=1";
    contradiction: "diff" "log(w)" "--assume" "w > 0" "--at" "w=-1";
    wrong_option: "diff" "w^2" "--att" "w=3";
    by_a_number: "diff" "a = 2; a*w" "--wrt" "a";
    no_derivative: "diff" "polygamma(n, x)";
    no_command: "dif" "w^2";
}

#[test]
fn a_name_that_does_not_occur_is_a_warning() {
    let done = wrt(&["diff", "rate*w^2", "--wrt", "rte"], b"");
    assert_eq!(done.code, Some(0));
    assert_eq!(done.stdout, "J = rate*w^2\n∂J/∂rte = 0\n");
    let warning = "Warning: --wrt: `rte` does not occur in the formula (did you mean `rate`?); its derivative is 0\n";
    assert_eq!(done.stderr, warning);
}

/// Model files with a mistake, read from standard input.
macro_rules! model_mistakes {
    ($($name:ident: $($line:literal)+;)*) => {$(
        #[test]
        fn $name() {
            let model = concat!($($line, "\n"),+);
            let done = wrt(&["grad", "-"], model.as_bytes());
            assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""), "{model}");
            let lines: Vec<String> = done.stderr.lines().map(|l| l.trim_end().to_string()).collect();
            insta::assert_snapshot!(stringify!($name), format!("$ cat model.wrt\n{model}$ wrt grad model.wrt\n{}", lines.join("\n")));
        }
    )*};
}

model_mistakes! {
    product_of_other_sizes: "data X[m, n], y[m]" "param w[k]" "cost = mse(y, X @ w)";
    column_against_vector: "data X[m, n], y[m, 1]" "param w[n]" "cost = mean((y - X @ w)^2)";
    observations_per_feature: "data X[m, n], y[n]" "param w[n]" "cost = mse(y, X @ w)";
    bias_of_another_size: "data X[m, n]" "param W[n, k], b[n]" "h = tanh(X @ W + b)" "cost = sum(h)";
    transposed_weights: "data X[m, n]" "param W[k, n]" "cost = sum(X @ W)";
    cost_is_a_vector: "data X[m, n]" "param w[n]" "cost = X @ w";
    inverse_of_a_rectangle: "data A[m, n]" "param x[n]" "cost = x @ inv(A) @ x";
    vector_along_the_wrong_axis: "data X[m, n]" "param w[m]" "cost = sum(w*X)";
    numbered_sizes: "data X[m, 8]" "param w[9]" "cost = sum(X @ w)";
    dot_of_other_sizes: "data x[n], y[m]" "param a" "cost = dot(x, y)*a";
    state_of_another_size: "data X[T, n]" "param A[n, n], s0[k]" "step(s, x) = A @ s + x" "cost = sum(scan(step, s0, X))";
    image_without_channels: "data X[28, 28]" "c = conv2d(X, 4, 3, relu)" "cost = sum(c)";
    axis_beyond_the_last: "data X[m, n]" "param w[n]" "cost = sum(X, axis=2) @ w";
    size_that_is_not_there: "data X[m, n]" "param w[n]" "cost = sum(X, over=k) + sum(w)";
    entry_beyond_the_end: "data A[3, 4]" "param w" "cost = A[5, 0]*w";
    declared_too_late: "data X[m, n]" "param w[n]" "p = X @ v" "cost = sum(p) + sum(w)" "param v[n]";
    misspelt_declaration: "data X[m, n]" "parm w[n]" "cost = sum(X)";
    function_of_itself: "f(x) = f(x - 1)" "param w" "cost = f(w)";
    no_cost: "data X[m, n]" "param w[n]";
    axis_without_entries: "data x[0]" "param w" "cost = sum(x)*w";
    bracket_of_an_earlier_line: "param w" "cost = sum((w + 1)" "x = 2";
    unknown_layer_setting: "data X[m, 4]" "h = dense(X, 3, unit=4)" "cost = sum(h)";
    setting_given_twice: "data X[m, 4]" "h = dense(X, 3, units=4)" "cost = sum(h)";
    too_many_layer_arguments: "data X[m, 4]" "h = batch_norm(X, 4)" "cost = sum(h)";
    unknown_activation: "data X[m, 4]" "h = dense(X, 3, tanhh)" "cost = sum(h)";
}

//! What is printed as code, as LaTeX and as MathML: every primitive in every place. Compilers have their say in
//! `oracle/judge_code.py`; here is what can be seen without them.

#[path = "notation/latex.rs"]
mod latex;

use crate::notation::{
    self, Case, KEYWORDS, derivatives, in_places, literals_and_names, nested, pairs, read, undefined,
};
use wrt::session::{Form, Point, Printed, Scope, Session, mathml, written_name};
use wrt_core::Primitive;

const CODE: [Form; 4] = [Form::Rust, Form::C, Form::NumPy, Form::Jax];

fn all() -> Vec<Case> {
    [in_places(), derivatives(), pairs(), nested(), undefined(), literals_and_names()].into_iter().flatten().collect()
}

fn printed(text: &str, form: Form) -> Printed {
    let session = Session::parse(text, &Scope::default()).unwrap_or_else(|e| panic!("{text}: {e}"));
    session.print(session.document().root(), form)
}

fn written(text: &str, form: Form) -> String {
    let printed = printed(text, form);
    printed.refused.clone().unwrap_or_else(|| printed.line())
}

const RUN: &str = include_str!("spellings_run.tsv");

#[test]
fn spellings_are_those_that_were_compiled_and_run() {
    let lines: Vec<&str> = RUN.lines().filter(|l| !l.starts_with('#')).collect();
    let spelled = |p: &Primitive| {
        let row = p.row().spelling;
        [p.name(), row.rust, row.c, row.numpy, row.jax].join("\t")
    };
    let table: Vec<String> = Primitive::ALL.iter().map(spelled).collect();
    let new: Vec<&String> = table.iter().filter(|l| !lines.contains(&l.as_str())).collect();
    let old: Vec<&&str> = lines.iter().filter(|l| !table.iter().any(|t| t == *l)).collect();
    assert!(
        new.is_empty() && old.is_empty(),
        "no compiler has seen these spellings: {new:#?}\nwhat was run is {old:#?}\n\
         `python3 oracle/judge_code.py` compiles and runs them, and writes the file"
    );
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The words of a line of code with what stands before and behind each.
fn words(text: &str) -> Vec<(&str, &str, &str)> {
    let mut found = Vec::new();
    let mut rest = 0;
    while let Some(from) = text[rest..].find(is_word).map(|k| rest + k) {
        let to = text[from..].find(|c| !is_word(c)).map_or(text.len(), |k| from + k);
        found.push((&text[..from], &text[from..to], &text[to..]));
        rest = to;
    }
    found
}

#[test]
fn truth_values_in_arithmetic_are_numbers() {
    let sum = "(x < y) + (x < z)";
    assert_eq!(written(sum, Form::Rust), "f64::from(x < y) + f64::from(x < z)");
    assert_eq!(written(sum, Form::C), "(double)(x < y) + (double)(x < z)");
    assert_eq!(written(sum, Form::NumPy), "np.where(x < y, 1.0, 0.0) + np.where(x < z, 1.0, 0.0)");
    assert_eq!(written(sum, Form::Jax), "jnp.where(x < y, 1.0, 0.0) + jnp.where(x < z, 1.0, 0.0)");
    let quotient = "(x > 2)/((x > 0) + (x > 1))";
    let want = "(double)(x > 2.0)/((double)(x > 0.0) + (double)(x > 1.0))";
    assert_eq!(written(quotient, Form::C), want);
    let chosen = "where(x < y, 2, x)";
    assert_eq!(written(chosen, Form::Rust), "if x < y { 2.0 } else { x }");
    assert_eq!(written(chosen, Form::C), "x < y ? 2.0 : x");
    assert_eq!(written(chosen, Form::NumPy), "np.where(x < y, 2.0, x)");
    let by_number = "where((x < y)*(y < z), 1, x)";
    assert_eq!(written(by_number, Form::Rust), "if f64::from(x < y)*f64::from(y < z) != 0.0 { 1.0 } else { x }");
    assert_eq!(written("x < y", Form::Rust), "f64::from(x < y)");
    assert_eq!(written("sign(x)", Form::C), "x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : x");
}

#[test]
fn literals_carry_their_type() {
    let cases = [
        ("max(-1, x)", Form::Rust, "(-1.0_f64).max(x)"),
        ("2^x", Form::Rust, "2.0_f64.powf(x)"),
        ("sin(1/3)*x", Form::Rust, "(1.0_f64/3.0).sin()*x"),
        ("sin(where(x > 1, 2, 3))", Form::Rust, "(if x > 1.0_f64 { 2.0_f64 } else { 3.0_f64 }).sin()"),
        ("max(x, 1)", Form::Rust, "x.max(1.0)"),
        ("-abs(-x)", Form::Rust, "-(-x).abs()"),
        ("x/3 + 1/3", Form::C, "x/3.0 + 1.0/3.0"),
        ("12345678901234567890123/7*x", Form::NumPy, "1.763668414462081e21*x"),
        ("4294967296*x", Form::Jax, "4294967296.0*x"),
        ("where(x > 0, 2, 3)^2", Form::NumPy, "np.where(x > 0.0, 2.0, 3.0)**2"),
        ("2^x", Form::NumPy, "2.0**x"),
        ("2", Form::Jax, "2.0"),
        ("pi*x", Form::C, "3.141592653589793*x"),
        ("polygamma(2, x)", Form::Rust, "wrt::special::polygamma(2, x)"),
    ];
    for (text, form, want) in cases {
        assert_eq!(written(text, form), want, "{text}");
    }
}

#[test]
fn what_a_language_lacks_is_refused() {
    for form in CODE {
        for text in ["1e400*x", "x + 1e-400", "sin(-1e400)", "x^(1e400)"] {
            assert_eq!(written(text, form), "a number beyond the range of doubles is not printed in this form");
        }
        assert_eq!(
            written("1e400*1e-399*x", form).trim_end_matches(".0*x"),
            written("10*x", form).trim_end_matches(".0*x")
        );
    }
    assert_eq!(written("digamma(x)", Form::C), "digamma is not printed in this form");
    assert_eq!(written("polygamma(n, x)", Form::Jax), "an order that is no literal is not printed in this form");
}

#[test]
fn names_that_mean_something_get_an_underscore() {
    let cases = [
        ("class + from", Form::NumPy, "class_ + from_"),
        ("type*fn", Form::Rust, "type_*fn_"),
        ("int + register + y0", Form::C, "int_ + register_ + y0_"),
        ("np + class_", Form::NumPy, "np_ + class__"),
        ("θ + theta", Form::C, "theta_ + theta"),
        ("θ*w₁", Form::C, "theta*w1"),
        ("lambda", Form::Text, "lambda"),
    ];
    for (text, form, want) in cases {
        assert_eq!(written(text, form), want, "{text}");
    }
    // Parts and uses alike, and what is computed once.
    let mut session = Session::parse("is = sin(x); is*is + exp(is)", &Scope::default()).unwrap();
    let block = session.let_block(&[session.document().root()], Form::NumPy, &[]);
    assert_eq!(block.bindings, [("is_".to_string(), "np.sin(x)".to_string())]);
    assert_eq!(block.results[0].result, "is_*is_ + np.exp(is_)");
    let id = session.simplify(session.document().root()).id;
    assert!(session.print(id, Form::NumPy).refused.is_none());
    assert_eq!(written_name(Form::Rust, "match"), "match_");
}

#[test]
fn no_function_is_computed_twice() {
    assert_eq!(written("silu(sin(x))", Form::Rust), "a = x.sin(); a/(1.0 + (-a).exp())");
    let mut deep = "x".to_string();
    for _ in 0..60 {
        deep = format!("sign(silu({deep}))");
    }
    for form in CODE {
        assert!(written(&deep, form).len() < 60 * 200, "{form:?}");
    }
}

#[test]
fn index_notation_is_no_python() {
    let shapes = [("A", vec!["n", "m"]), ("B", vec!["m", "k"])];
    let scope = Scope { shapes: &shapes, ..Scope::default() };
    for text in
        ["sum[i,j,l](exp(A[i,j]*B[j,l]))", "sum[i,j,l](exp(A[i,j])*sin(A[i,j]*B[j,l]))", "sum[i,j](A[i,j]^A[i,j])"]
    {
        let session = Session::parse(text, &scope).unwrap();
        for form in [Form::NumPy, Form::Jax] {
            let printed = session.print(session.document().root(), form);
            assert!(printed.refused.is_some() || !printed.line().contains("sum["), "{}", printed.line());
        }
    }
}

/// What is wrong with a line of code.
fn fault(line: &str, form: Form) -> Option<&'static str> {
    let mut open = Vec::new();
    for c in line.chars() {
        match c {
            '(' | '[' | '{' => open.push(c),
            ')' if open.pop() != Some('(') => return Some("unbalanced"),
            ']' if open.pop() != Some('[') => return Some("unbalanced"),
            '}' if open.pop() != Some('{') => return Some("unbalanced"),
            _ => {}
        }
    }
    let literals = words(line).into_iter().filter(|(_, word, _)| word.starts_with(|c: char| c.is_ascii_digit()));
    for (before, word, after) in literals {
        // The whole literal: `1`, `.`, `0_f64`.
        let fraction = before.ends_with('.') && before.trim_end_matches('.').ends_with(|c: char| c.is_ascii_digit());
        let integer = !fraction && !after.starts_with('.') && !word.contains('e');
        let exponent = before.ends_with("e-");
        match form {
            Form::Rust if integer && !exponent && !before.ends_with("powi(") && !before.ends_with("polygamma(") => {
                return Some("an integer");
            }
            Form::C if integer && !exponent => return Some("an integer"),
            Form::Rust if fraction && !word.ends_with("_f64") => {
                let number = before.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
                let negative = number.strip_suffix("(-").is_some_and(|call| !call.ends_with(is_word));
                if after.starts_with('.') || negative && after.starts_with(").") {
                    return Some("a literal without type");
                }
            }
            _ => {}
        }
    }
    let foreign = ["\\", "{0}", "{1}", "[0]", "[1]", "inf", "nan", "--", "sum["];
    foreign.iter().any(|text| line.contains(text)).then_some("no code")
}

#[test]
fn code_of_every_primitive_in_every_place_is_code() {
    let mut wrong = Vec::new();
    for case in all() {
        let Some((mut session, _)) = read(&case) else { panic!("{}", case.text) };
        let root = session.document().root();
        let shown = session.simplify(root).id;
        for (form, id) in CODE.into_iter().flat_map(|form| [(form, root), (form, shown)]) {
            let printed = session.print(id, form);
            if printed.refused.is_some() {
                continue;
            }
            let lines = printed.bindings.iter().map(|(_, text)| text).chain([&printed.result]);
            for line in lines {
                wrong.extend(fault(line, form).map(|why| format!("{}: {line}: {why}", case.text)));
            }
        }
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
}

#[test]
fn no_name_is_a_word_of_the_language() {
    let python = "False None True and as class def for from if in is lambda not or return try while yield async await";
    let rust = "as async await crate dyn fn for gen if in match move return self Self super try type while yield None";
    let c = "auto double for if inline int long register return signed union void while exp sin pow fabs y0 j1 jn main";
    let reserved = [(Form::Rust, rust), (Form::C, c), (Form::NumPy, python), (Form::Jax, python)];
    for (form, words) in reserved {
        let words: Vec<&str> = words.split(' ').collect();
        let mut seen: Vec<String> = Vec::new();
        for name in KEYWORDS {
            let written = written_name(form, name);
            assert!(!words.contains(&written.as_str()), "{name} in {form:?}");
            assert!(!seen.contains(&written), "{name} in {form:?}");
            seen.push(written);
        }
    }
}

fn close(a: f64, b: f64) -> bool {
    a == b || a.is_nan() && b.is_nan() || (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
}

/// What is wrong with a formula in LaTeX.
fn misread(text: &str, case: &Case, want: f64) -> Option<String> {
    let again = match latex::read(text) {
        Ok(again) => again,
        Err(why) => return Some(format!("{text}: {why}")),
    };
    let (session, at) = match read(&Case { text: again.clone(), at: case.at.clone() }) {
        Some(read) => read,
        None => return Some(format!("{text} is read as {again}, which is no formula")),
    };
    let got = session.doubles(&[session.document().root()], &Point::numbers(&at)).map(|v| v[0].data[0]);
    match got {
        Ok(got) if close(got, want) => None,
        other => Some(format!("{text} is read as {again}: {other:?} instead of {want}")),
    }
}

#[test]
fn latex_of_every_primitive_in_every_place_is_read_back() {
    let mut wrong = Vec::new();
    let (mut count, mut read_back) = (0, 0);
    for case in [in_places(), derivatives(), pairs(), nested()].into_iter().flatten() {
        let (mut session, at) = read(&case).unwrap_or_else(|| panic!("{}", case.text));
        let root = session.document().root();
        let shown = session.simplify(root).id;
        for id in [root, shown] {
            let printed = session.print(id, Form::Latex);
            let want = session.doubles(&[id], &Point::numbers(&at)).unwrap()[0].data[0];
            count += 1;
            if printed.bindings.is_empty() {
                read_back += 1;
                wrong.extend(misread(&printed.result, &case, want).map(|why| format!("{}: {why}", case.text)));
            }
            let xml = mathml(&printed.result);
            if xml.starts_with("<math><mtext>") || !is_well_formed(&xml) {
                wrong.push(format!("{}: {} is no MathML: {xml}", case.text, printed.result));
            }
        }
    }
    assert!(read_back * 100 > count * 99, "{read_back} of {count} have no parts");
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
}

/// Is the text well-formed XML of elements and characters?
fn is_well_formed(xml: &str) -> bool {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = xml;
    while let Some(at) = rest.find(['<', '&', '>']) {
        let (sign, behind) = (rest.as_bytes()[at], &rest[at + 1..]);
        let end = behind.find(if sign == b'&' { ';' } else { '>' });
        let Some(end) = end.filter(|_| sign != b'>') else { return false };
        let inner = &behind[..end];
        rest = &behind[end + 1..];
        if sign == b'&' {
            if !["lt", "gt", "amp", "quot", "apos"].contains(&inner) && !inner.starts_with('#') {
                return false;
            }
        } else if let Some(name) = inner.strip_prefix('/') {
            if open.pop() != Some(name) {
                return false;
            }
        } else if !inner.ends_with('/') {
            let name = inner.split(' ').next().unwrap_or_default();
            let quotes = inner.matches('"').count();
            if !name.starts_with(|c: char| c.is_ascii_alphabetic()) || quotes % 2 == 1 || inner.contains('<') {
                return false;
            }
            open.push(name);
        }
    }
    open.is_empty()
}

#[test]
fn mathml_is_well_formed() {
    for text in ["x < y", "where(x <= y, x, 2)", "x > y", "x != y", "(x < y)*(y < x)", "θ_1*w₁ + x_ij"] {
        let printed = printed(text, Form::MathMl);
        assert!(is_well_formed(&printed.result), "{}", printed.result);
    }
    for case in literals_and_names() {
        let printed = printed(&case.text, Form::MathMl);
        assert!(is_well_formed(&printed.result), "{}: {}", case.text, printed.result);
    }
    assert!(printed("x < y", Form::MathMl).result.contains("&lt;"));
    assert!(!is_well_formed("<mo><</mo>") && !is_well_formed("<mi>a & b</mi>") && !is_well_formed("<mi>a</mo>"));
}

#[test]
fn powers_and_transposes_in_latex_hold_together() {
    let shapes = [("A", vec!["n", "n"]), ("X", vec!["n", "m"]), ("x", vec!["n"])];
    let scope = Scope { shapes: &shapes, ..Scope::default() };
    let cases = [
        ("expm(A)", r"e^{A}"),
        ("pinv(X)'", r"\left({X}^{+}\right)^{\top}"),
        ("expm(A)'", r"\left(e^{A}\right)^{\top}"),
        ("inv(A)'", r"{A}^{-\top}"),
        ("inv(A)^2", r"\left({A}^{-1}\right)^{\circ 2}"),
        ("lgamma(s)^2", r"\left(\log\left|\Gamma\left(s\right)\right|\right)^{2}"),
        ("logdet(A)^2", r"\left(\log\det\left(A\right)\right)^{2}"),
        ("det(A)^2", r"\left(\det\left(A\right)\right)^{2}"),
        ("sin(s)^2", r"\sin^{2}\left(s\right)"),
        ("sin(x)^2", r"\left(\sin\left(x\right)\right)^{\circ 2}"),
        ("heaviside(s, 1)^2", r"\left(H_{1}\left(s\right)\right)^{2}"),
    ];
    for (text, want) in cases {
        let session = Session::parse(text, &scope).unwrap_or_else(|e| panic!("{text}: {e}"));
        let printed = session.print(session.document().root(), Form::Latex);
        assert_eq!(printed.result, want, "{text}");
        assert!(is_well_formed(&mathml(&printed.result)), "{text}");
    }
}

/// Mathematical signs, and the language's words for them.
const SIGNS: [(&str, &str); 8] = [
    ("√u", "sqrt(u)"),
    ("|u|", "abs(u)"),
    ("⌊u⌋", "floor(u)"),
    ("⌈u⌉", "ceil(u)"),
    (" ≤ ", " <= "),
    (" ≥ ", " >= "),
    (" ≠ ", " != "),
    (" = ", " == "),
];

#[test]
fn every_primitive_is_read_back_from_unicode() {
    for &p in Primitive::ALL {
        let names = ["u", "v", "w"][..p.arity()].iter().map(|n| n.to_string()).collect::<Vec<_>>();
        let text = notation::applied(p, &names);
        let shown = SIGNS.iter().fold(written(&text, Form::Unicode), |t, (sign, word)| t.replace(sign, word));
        assert_eq!(written(&shown, Form::Text), written(&text, Form::Text), "{shown}");
    }
}

#[test]
fn the_unicode_form_holds_together() {
    let cases = [
        ("sqrt(x)^2*y", "(√x)²·y"),
        ("(x^(1/2))^y", "(√x)^y"),
        ("floor(x)^2", "⌊x⌋²"),
        ("x^(-2)", "1/x²"),
        ("x^(2/3)", "x^(2/3)"),
        ("x^(-y)", "x^(-y)"),
        ("(x < y) + 1", "(x < y) + 1"),
        ("-abs(x)^2", "-|x|²"),
    ];
    for (text, want) in cases {
        assert_eq!(written(text, Form::Unicode), want, "{text}");
    }
}

//! LaTeX of tensors: every function in every place, judged by its structure.

use wrt::session::{Form, Scope, Session, mathml};

const SHAPES: [(&str, &[&str]); 9] = [
    ("A", &["n", "n"]),
    ("B", &["n", "n"]),
    ("X", &["m", "n"]),
    ("x", &["n"]),
    ("y", &["m"]),
    ("z", &["n"]),
    ("s", &[]),
    ("t", &[]),
    ("T", &["m", "n", "k"]),
];

/// Functions of tensors, by the kind of their values.
const MATRICES: [&str; 23] = [
    "A",
    "inv(A)",
    "pinv(X)",
    "expm(A)",
    "cofactor(A)",
    "cholesky(A)",
    "tril(A)",
    "diag(x)",
    "outer(x, z)",
    "kron(A, B)",
    "A @ B",
    "A + B",
    "A*B",
    "A'",
    "A[0:n]",
    "T[0]",
    "T[:, :, 0]",
    "exp(A)",
    "softmax(A)",
    "sort(A)",
    "cumsum(A, axis=0)",
    "C[i,j] = exp(A[i,j]*x[j])*z[i]; C",
    "eye(n)",
];
const VECTORS: [&str; 21] = [
    "x",
    "A @ x",
    "A[0]",
    "A[:, 0]",
    "X[:, 1]",
    "diag(A)",
    "sum(X, axis=0)",
    "mean(X, axis=1)",
    "max(X, axis=0)",
    "prod(X, axis=1)",
    "logsumexp(X, axis=0)",
    "softmax(x)",
    "log_softmax(x)",
    "sort(x)",
    "cumsum(x)",
    "solve(A, x)",
    "x > z",
    "where(x > z, x, z)",
    "max(x, z)",
    "x[1:]",
    "inv(A) @ x",
];
const NUMBERS: [&str; 17] = [
    "s",
    "det(A)",
    "logdet(A)",
    "tr(A)",
    "norm2(x)",
    "normF(A)",
    "sum(x)",
    "mean(A)",
    "prod(x)",
    "max(x)",
    "logsumexp(x)",
    "x' @ z",
    "x[0]",
    "A[0, 1]",
    "T[0, 1, 1]",
    "lgamma(s)",
    "sum[i,j](exp(A[i,j]*x[i]))",
];

const OF_ALL: [&str; 14] = [
    "#", "-(#)", "2*(#)", "(#)/3", "s*(#)", "s/(#)", "(#)^2", "(#)^3*s", "-(#)^2", "2^(#)", "exp(#)", "(#) + 1",
    "(#)*(#)", "1/(#)^2",
];
const OF_MATRICES: [&str; 9] =
    ["(#)'", "(#)' @ (#)", "inv(#)", "inv(#)'", "pinv(#)'", "expm(#)'", "(#)[0]", "det(#)^2", "((#)^2)'"];
const OF_VECTORS: [&str; 6] = ["(#)[0]", "(#)[0]^2", "sum(#)^2", "norm2(#)^2", "outer(#, #)", "diag(#)'"];

fn open(text: &str) -> Option<Session> {
    let shapes: Vec<(&str, Vec<&str>)> = SHAPES.iter().map(|(name, dims)| (*name, dims.to_vec())).collect();
    Session::parse(text, &Scope { shapes: &shapes, ..Scope::default() }).ok()
}

/// The pieces of a text in LaTeX: commands, words in braces after `\mathrm` and its like, and single signs.
fn pieces(text: &str) -> Vec<String> {
    let (mut out, mut rest) = (Vec::new(), text);
    while let Some(c) = rest.chars().next() {
        let mut length = c.len_utf8();
        if c == '\\' {
            let letters = rest[1..].bytes().take_while(u8::is_ascii_alphabetic).count();
            length = if letters == 0 { 1 + rest[1..].chars().next().map_or(0, char::len_utf8) } else { 1 + letters };
            if matches!(&rest[..length], "\\mathrm" | "\\text" | "\\mathbf" | "\\begin" | "\\end") {
                length += rest[length..].find('}').map_or(0, |end| end + 1);
            }
        }
        if c != ' ' {
            out.push(rest[..length].to_string());
        }
        rest = &rest[length..];
    }
    out
}

/// What is wrong with the structure of a text in LaTeX.
fn fault(text: &str) -> Option<&'static str> {
    let list = pieces(text);
    // Where each bracket that is closed was opened.
    let (mut open, mut start): (Vec<usize>, Vec<Option<usize>>) = (Vec::new(), vec![None; list.len()]);
    for (at, piece) in list.iter().enumerate() {
        match piece.as_str() {
            "{" | "\\left" => open.push(at),
            "}" | "\\right" => {
                let from = open.pop();
                let pair = from.is_some_and(|from| (list[from] == "{") == (piece == "}"));
                if !pair {
                    return Some("brackets that don't match");
                }
                // `\right` and the sign behind it.
                start[at + (piece == "\\right") as usize] = from;
            }
            _ => {}
        }
    }
    if !open.is_empty() {
        return Some("an open bracket");
    }
    for (at, piece) in list.iter().enumerate().filter(|(_, p)| *p == "^" || *p == "_") {
        let Some(before) = at.checked_sub(1) else { return Some("a script of nothing") };
        if matches!(list[before].as_str(), "+" | "-" | "\\," | "(" | "^" | "_" | "\\odot" | "\\oslash" | "&") {
            return Some("a script of a sign");
        }
        let Some(from) = start[before] else { continue };
        let ahead = from.checked_sub(1).map(|k| list[k].as_str()).unwrap_or_default();
        if list[before] == "}" && ahead == *piece {
            return Some("a double script");
        }
        let name =
            ahead.starts_with("\\mathrm") || (ahead.starts_with('\\') && ahead[1..].starts_with(char::is_alphabetic));
        let apart = matches!(
            ahead,
            "\\odot"
                | "\\oslash"
                | "\\left"
                | "\\right"
                | "\\cdot"
                | "\\le"
                | "\\ge"
                | "\\ne"
                | "\\frac"
                | "\\circ"
                | "\\top"
        );
        if list[before] == ")" && (name && !apart) {
            return Some("a script of an argument or of the function's value");
        }
    }
    None
}

#[test]
fn structures_are_judged() {
    assert_eq!(fault(r"{A}^{+}^{\top}"), Some("a double script"));
    assert_eq!(fault(r"\left(A"), Some("an open bracket"));
    assert_eq!(fault(r"\tanh\left(b\right)^{2}"), Some("a script of an argument or of the function's value"));
    assert_eq!(fault(r"\mathrm{tr}\left(A\right)^{2}"), Some("a script of an argument or of the function's value"));
    assert_eq!(fault(r"\left({A}^{+}\right)^{\top} x_{1}^{2}"), None);
}

#[test]
fn every_function_in_every_place() {
    let mut texts: Vec<(String, &str)> = Vec::new();
    for (formulas, places) in [(&MATRICES[..], &OF_MATRICES[..]), (&VECTORS[..], &OF_VECTORS[..]), (&NUMBERS[..], &[])]
    {
        for formula in formulas {
            let (definition, body) = formula.rsplit_once("; ").unwrap_or(("", formula));
            let before = if definition.is_empty() { String::new() } else { format!("{definition}; ") };
            let all = OF_ALL.iter().chain(places);
            texts.extend(all.map(|place| (format!("{before}{}", place.replace('#', body)), body)));
        }
    }
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for (text, _) in &texts {
        let Some(mut session) = open(text) else { continue };
        seen += 1;
        let root = session.document().root();
        for id in [root, session.simplify(root).id] {
            let printed = session.print(id, Form::Latex);
            if let Some(why) = printed.refused {
                wrong.push(format!("{text}: {why}"));
                continue;
            }
            let lines: Vec<&String> = printed.bindings.iter().map(|(_, part)| part).chain([&printed.result]).collect();
            for line in &lines {
                wrong.extend(fault(line).map(|why| format!("{text}: {line}: {why}")));
                let xml = mathml(line);
                if xml.starts_with("<math><mtext>") {
                    wrong.push(format!("{text}: {line} is no MathML"));
                }
            }
            // A slot that was not filled lacks its argument.
            let shown = session.graph().free_symbols(&[id]);
            let lost = shown
                .iter()
                .map(|s| session.graph().symbol_name(*s))
                .find(|name| !lines.iter().any(|line| line.contains(*name)));
            wrong.extend(lost.map(|name| format!("{text}: {name} is not in {}", printed.result)));
        }
    }
    assert!(seen * 10 > texts.len() * 8, "only {seen} of {} are formulas", texts.len());
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
}

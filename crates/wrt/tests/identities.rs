//! Identities of matrix calculus: our derivative has the value of the textbook's, also as printed and read back.

use wrt::session::{Array, DerivativeKind, Form, Number, Point, Scope, Session};

/// Sizes of the dimensions that the identities name; all differ.
const SIZES: [(&str, usize); 4] = [("m", 4), ("n", 3), ("k", 2), ("p", 5)];

struct Identity<'t> {
    kind: DerivativeKind,
    formula: &'t str,
    names: Vec<(&'t str, Vec<&'t str>, &'t str)>,
    variable: &'t str,
    reference: &'t str,
}

fn identities() -> Vec<Identity<'static>> {
    let text = include_str!("identities.txt");
    let lines = text.lines().filter(|l| !l.starts_with('#') && l.contains('|'));
    lines
        .map(|line| {
            let line = line.split('#').next().unwrap();
            let parts: Vec<&str> = line.split(" | ").map(str::trim).collect();
            let [kind, formula, names, variable, reference] = parts[..] else { panic!("{line}") };
            let kind = DerivativeKind::named(kind).unwrap_or_else(|| panic!("{line}"));
            Identity { kind, formula, names: declared(names), variable, reference }
        })
        .collect()
}

/// `A[m,n] psd, t[]`
fn declared(text: &str) -> Vec<(&str, Vec<&str>, &str)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((name, after)) = rest.split_once('[') {
        let (dims, after) = after.split_once(']').unwrap();
        let dims = dims.split(',').map(str::trim).filter(|d| !d.is_empty()).collect();
        let (mark, after) = after.split_once(',').unwrap_or((after, ""));
        found.push((name.trim(), dims, mark.trim()));
        rest = after;
    }
    found
}

fn size(dim: &str) -> usize {
    let known = |d: &str| SIZES.iter().find(|(n, _)| *n == d).map(|(_, k)| *k);
    known(dim).or_else(|| dim.parse().ok()).unwrap_or_else(|| dim.split('+').map(size).sum())
}

/// Multiples of 1/64, the same every time.
fn values(dims: &[&str], mark: &str, seed: &mut u64) -> Array<Number> {
    let shape: Vec<usize> = dims.iter().map(|d| size(d)).collect();
    let count: usize = shape.iter().product();
    let mut next = || {
        *seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (*seed >> 33) as i64 % 97
    };
    let mut data: Vec<i64> = (0..count).map(|_| if mark == "pos" { next() + 20 } else { next() - 48 }).collect();
    if let ([n, k], true) = (&shape[..], shape.len() == 2)
        && n == k
    {
        for i in 0..*n {
            for j in 0..i {
                if mark == "psd" {
                    data[i * n + j] = data[j * n + i];
                }
            }
            data[i * n + i] += 300;
        }
    }
    Array { shape, data: data.into_iter().map(|v| Number::ratio(v, 64).unwrap()).collect() }
}

fn evaluate(text: &str, identity: &Identity<'_>, point: &[(&str, Array<Number>)]) -> Array<f64> {
    let shapes: Vec<(&str, Vec<&str>)> = identity.names.iter().map(|(n, d, _)| (*n, d.clone())).collect();
    let mut session =
        Session::parse(text, &Scope { shapes: &shapes, ..Scope::default() }).unwrap_or_else(|e| panic!("{text}: {e}"));
    let at = bound(&mut session, point);
    session.doubles(&[session.document().root()], &at).unwrap_or_else(|e| panic!("{text}: {e}")).swap_remove(0)
}

fn bound(session: &mut Session, point: &[(&str, Array<Number>)]) -> Point {
    let values = point.iter().map(|(name, a)| (session.variable(name).unwrap(), a.clone())).collect();
    Point { values, sizes: SIZES.iter().map(|(n, k)| ((*n).to_string(), *k)).collect() }
}

fn derivative(
    session: &mut Session,
    x: wrt::session::Id,
    kind: DerivativeKind,
) -> Result<wrt::session::Id, wrt::Error> {
    Ok(session.derive(kind, &[x], &[])?.ids()[0])
}

fn close(a: &Array<f64>, b: &Array<f64>) -> bool {
    let scale = a.data.iter().fold(1e-12, |m: f64, v| m.max(v.abs()));
    a.shape == b.shape && a.data.iter().zip(&b.data).all(|(x, y)| (x - y).abs() <= 1e-9 * scale)
}

fn tokens(text: &str) -> usize {
    let mut count = 0;
    let mut inside = false;
    for c in text.replace("**", "^").chars() {
        let word = c.is_alphanumeric() || c == '_' || c == '.';
        count += usize::from(word && !inside || "+-*/^@'".contains(c));
        inside = word;
    }
    count
}

#[test]
fn derivatives_have_the_values_of_the_textbook() {
    let all = identities();
    assert!(all.len() >= 120, "{} identities", all.len());
    let mut wrong = Vec::new();
    let (mut ours, mut theirs, mut longer) = (0, 0, 0);
    for identity in &all {
        let mut seed = 7;
        let shapes: Vec<(&str, Vec<&str>)> = identity.names.iter().map(|(n, d, _)| (*n, d.clone())).collect();
        let scope = Scope { shapes: &shapes, ..Scope::default() };
        let mut session = match Session::parse(identity.formula, &scope) {
            Ok(session) => session,
            Err(e) => {
                wrong.push(format!("{}: {e}", identity.formula));
                continue;
            }
        };
        let x = session.variable(identity.variable).unwrap();
        let made = match derivative(&mut session, x, identity.kind) {
            Ok(made) => made,
            Err(e) => {
                wrong.push(format!("{}: {e}", identity.formula));
                continue;
            }
        };
        let shown = session.simplify(made).id;
        let printed = session.print(shown, Form::Text).line();
        for _ in 0..2 {
            let point: Vec<(&str, Array<Number>)> =
                identity.names.iter().map(|(n, d, mark)| (*n, values(d, mark, &mut seed))).collect();
            let at = bound(&mut session, &point);
            let want = evaluate(identity.reference, identity, &point);
            let got = session.doubles(&[made, shown], &at);
            match got {
                Ok(got) if !close(&want, &got[0]) => {
                    wrong.push(format!("{}: {:?}, the textbook {:?}", identity.formula, got[0], want));
                }
                Ok(got) if !close(&want, &got[1]) => {
                    wrong.push(format!("{}: {printed} is {:?}, the textbook {:?}", identity.formula, got[1], want));
                }
                Ok(_) => {
                    let again = std::panic::catch_unwind(|| evaluate(&printed, identity, &point));
                    match again {
                        Ok(again) if close(&want, &again) => {}
                        _ => wrong.push(format!("{}: {printed} is read back as something else", identity.formula)),
                    }
                }
                Err(e) => wrong.push(format!("{}: {e}", identity.formula)),
            }
        }
        let (a, b) = (tokens(&printed), tokens(identity.reference));
        (ours, theirs) = (ours + a, theirs + b);
        if a > b {
            longer += 1;
            println!("{a} {b}: {} -> {printed}, the textbook {}", identity.formula, identity.reference);
        }
    }
    println!("{} identities, {longer} longer than the textbook; {ours} words against {theirs}", all.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

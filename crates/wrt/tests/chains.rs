//! No pass walks a graph as a tree: in chains whose every step uses the last one twice, the counted work and the length
//! of what is printed grow no faster than the chain.

use std::collections::BTreeSet;
use std::panic::catch_unwind;

use wrt::session::{DerivativeKind, Form, Layout, Scope, Session};
use wrt_core::{Form as Written, Node, Operation, Primitive, work};

/// The two lengths of each chain.
const STEPS: [usize; 2] = [16, 32];

/// Steps that double the digits of a coefficient.
const GROWING: [&str; 3] = ["2*#*#", "#*#/7", "2*# @ #"];

/// What doubling a chain may multiply its work and its text by, beside what any formula may cost.
const GROWTH: u64 = 3;
const ANY_WORK: u64 = 2_000_000;
const ANY_TEXT: u64 = 40_000;

/// A walk that takes more steps than this would not end.
const ENDLESS: u64 = 40_000_000;

/// What one formula costs.
#[derive(Debug)]
struct Cost {
    steps: u64,
    text: u64,
    operations: BTreeSet<&'static str>,
}

/// `t1 = step(t0); t2 = step(t1); …; last(tn)`
fn chain(first: &str, step: &str, last: &str, length: usize) -> String {
    let mut text = format!("t0 = {first}");
    for k in 1..=length {
        text.push_str(&format!("\nt{k} = {}", step.replace('#', &format!("t{}", k - 1))));
    }
    format!("{text}\n{}", last.replace('#', &format!("t{length}")))
}

/// Everything that wrt does with a formula: reads, differentiates, simplifies, prints in all forms, reads back.
fn cost(text: &str, shapes: &[(&str, Vec<&str>)]) -> Cost {
    let scope = Scope { shapes, ..Scope::default() };
    let mut operations = BTreeSet::new();
    let (length, steps) = work::counted(ENDLESS, || {
        let mut session = Session::parse(text, &scope).unwrap_or_else(|e| panic!("{e}: {text}"));
        let x = session.variable("x").unwrap();
        let mut length = 0;
        let mut shown = vec![session.document().root()];
        if session.graph().is_scalar(session.document().root()) {
            let derivation = session.derive(DerivativeKind::Gradient, &[x], &[]).unwrap();
            let found = session.simplify_derivation(&derivation, Layout::LetBlock).unwrap();
            for (_, form) in Form::ALL {
                let block = session.let_block(&found.formulas(), form, &found.intermediates());
                length += block.bindings.iter().map(|(name, text)| name.len() + text.len()).sum::<usize>();
                length += block.results.iter().map(|r| r.result.len()).sum::<usize>();
            }
            shown.extend(derivation.ids());
        } else {
            shown.extend(session.derive(DerivativeKind::Jacobian, &[x], &[]).unwrap().ids());
        }
        for id in shown {
            let simple = session.simplify(id);
            for (_, form) in Form::ALL {
                let printed = session.print(simple.id, form);
                length += printed.line().len();
                if form == Form::Text {
                    assert_eq!(printed.refused, None);
                    let again = Session::parse(&printed.line(), &scope).unwrap_or_else(|e| panic!("{e}: {printed:?}"));
                    assert!(!again.graph().is_empty());
                }
            }
        }
        let nodes = (0..session.graph().len()).map(wrt_core::Id::from_index);
        operations.extend(nodes.filter_map(|id| match session.graph().node(id) {
            Node::Operation(o, _) => Some(o.name()),
            _ => None,
        }));
        length
    });
    assert!(steps > 0 || !work::COUNTED, "no work is counted");
    Cost { steps, text: length as u64, operations }
}

/// What is wrong with a chain, and the operations that occur in it.
fn fault(
    first: &str,
    step: &str,
    last: &str,
    shapes: &[(&str, Vec<&str>)],
) -> (Option<String>, BTreeSet<&'static str>) {
    // Coefficients of these grow with each step, until they are left alone as too long, after a dozen.
    let steps = if GROWING.contains(&step) { STEPS.map(|n| n / 2 * 3) } else { STEPS };
    let measured = catch_unwind(|| steps.map(|n| cost(&chain(first, step, last, n), shapes)));
    let [short, long] = match measured {
        Ok(both) => both,
        Err(e) => {
            let why = e.downcast_ref::<String>().cloned();
            let why = why.or_else(|| e.downcast_ref::<&str>().map(|s| (*s).to_string())).unwrap_or_default();
            return (Some(format!("{step}: {}", why.chars().take(300).collect::<String>())), BTreeSet::new());
        }
    };
    let fine = long.steps <= GROWTH * short.steps + ANY_WORK && long.text <= GROWTH * short.text + ANY_TEXT;
    let fault = (!fine).then(|| {
        format!("{step}: {} to {} steps, {} to {} characters", short.steps, long.steps, short.text, long.text)
    });
    if std::env::var_os("WALKS").is_some() {
        eprintln!("{step}: {} to {} steps, {} to {} characters", short.steps, long.steps, short.text, long.text);
    }
    (fault, long.operations)
}

/// All chains of these steps, and the operations that occur in them.
fn sweep(first: &str, last: &str, shapes: &[(&str, Vec<&str>)], steps: &[String]) -> BTreeSet<&'static str> {
    let mut operations = BTreeSet::new();
    let mut faults = Vec::new();
    for step in steps {
        let (fault, found) = fault(first, step, last, shapes);
        faults.extend(fault);
        operations.extend(found);
    }
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), steps.len(), faults.join("\n"));
    operations
}

/// A call of a primitive as the language writes it.
fn call(p: Primitive, args: &[&str]) -> String {
    match p.row().form {
        Written::Infix(sign) => format!("({} {sign} {})", args[0], args[1]),
        _ => format!("{}({})", p.row().name, args.join(", ")),
    }
}

/// The last step twice in a primitive: argument and factor, argument and term, all arguments.
fn steps_of(p: Primitive) -> Vec<String> {
    match p.arity() {
        // Its order is a whole number, not something to differentiate by.
        2 if p == Primitive::Polygamma => vec!["#*polygamma(2, #)".into()],
        1 => vec![format!("#*{}", call(p, &["#"])), format!("{} + #", call(p, &["#/2"]))],
        2 => vec![format!("{} + 1/3", call(p, &["#", "#/2"])), format!("#*{}", call(p, &["#", "x"]))],
        _ => vec![format!("{} + 1/3", call(p, &["#", "#/2", "1 - #"]))],
    }
}

#[test]
fn primitives_of_numbers() {
    let steps: Vec<String> = Primitive::ALL.iter().flat_map(|p| steps_of(*p)).collect();
    sweep("x", "#", &[], &steps);
}

#[test]
fn primitives_of_vectors() {
    let steps: Vec<String> = Primitive::ALL.iter().flat_map(|p| steps_of(*p).into_iter().take(1)).collect();
    sweep("x", "sum(#)", &[("x", vec!["n"])], &steps);
}

#[test]
fn algebra_of_numbers() {
    let steps = [
        "#*#",
        "# + #",
        "#/(1 + #)",
        "(sin(#) + cos(#))/2",
        "#^2 + #*y + 1",
        "(# + y)*(# - y)",
        "#^#",
        "#^(1/3)*#",
        "sqrt(#^2 + #)",
        "exp(#)*exp(-#^2)",
        "log(#)*#^2",
        "1/(# + 1/#)",
        "where(# > 0, #*#, -#)",
        "where(#*# > y, where(# > 1, #, -#), #^3)",
        "max(#, 1 - #)",
        "(# + 1)*(# + 2)*(# + 3)",
        "sin(#)^2 + cos(#)^2*#",
        "tan(#)*sec(#)",
        "abs(#)*sign(#) + abs(#)",
        "3*#*# - 2*#",
        "2*#*#",
        "3*#^2 + 1",
        "#*#/7",
        "#*y^# + #",
    ];
    sweep("x", "#", &[], &steps.map(String::from));
    // From two steps before.
    for step in ["# + ##", "#*##", "sin(#) + ##", "#*## + #", "sqrt(#)*##", "#/##", "# - ##*y"] {
        let text = |n: usize| {
            let mut text = "t0 = x\nt1 = y".to_string();
            for k in 2..n {
                let own = step.replace("##", &format!("t{}", k - 2)).replace('#', &format!("t{}", k - 1));
                text.push_str(&format!("\nt{k} = {own}"));
            }
            format!("{text}\nt{}", n - 1)
        };
        let [short, long] = STEPS.map(|n| cost(&text(n), &[]));
        assert!(long.steps <= GROWTH * short.steps + ANY_WORK, "{step}: {} to {}", short.steps, long.steps);
        assert!(long.text <= GROWTH * short.text + ANY_TEXT, "{step}: {} to {}", short.text, long.text);
    }
}

fn operations_on_vectors() -> BTreeSet<&'static str> {
    let vectors = [
        "#*sin(#)",
        "2*#*#",
        "3*#^2 + 1",
        "#*#/7",
        "2*# - 3*#*#*sum(#)",
        "#*sigmoid(#)",
        "max(#, 1 - #)",
        "where(# > 0, #*#, -#)",
        "# + #*sum(#)",
        "softmax(#)",
        "softmax(#)*#",
        "#*dot(#, #)",
        "cumsum(#)*#",
        "sort(#) + #",
        "#[argsort(#)]*#",
        "cumprod(#)*#",
        "logcumsumexp(#)*#",
        "recurrence(#, cos(#))*#",
        "#[::-1]*#",
        "#*prod(#)",
        "prod_others(#)*#",
        "#*max(#)",
        "#*min(#)",
        "#*argmax(#)",
        "#*argmin(#)",
        "#/norm2(#)",
        "#*logsumexp(#)",
        "#*var(#)",
        "outer(#, #) @ #",
        "diag(#) @ #",
        "#*#[0]",
        "concat(#[1:], #[0:1])*#",
        "#*sum(tail(#, 3))",
        "pad(#[1:], 0, 6)*#",
        "share_of_max(#)*#",
        "stop_gradient(#)*#",
        "one_hot(argmax(#), 6)*#",
        "#[u]*#",
        "reshape(reshape(#, 2, 3)*2, 6)*#",
        "fold(window(#, 3), 3, 6)*#",
        "W @ # * #",
        "tanh(W @ # + v) + #",
        "relu(W @ #)*(W @ #)",
        "g(#)*#",
        "scan(f, sum(#), #)",
        "h(#)",
        "reshape(conv1d(reshape(#, 6, 1), K, padding=same), 6)*#",
        "#*sum(max_pool(outer(#, #)[:, :, None], 2))",
        "#*sum(avg_pool(outer(#, #)[:, :, None], 2))",
    ];
    let six = || vec!["6"];
    let shapes = [("x", six()), ("W", vec!["6", "6"]), ("v", six()), ("K", vec!["3", "1", "1"]), ("u", six())];
    let first =
        "x\nf(s, t) = s*t + 1\ng(s) = s*sin(s)\nderivative g(s) = sin(s) + s*cos(s)\nh(s) = d(sum(sin(s)), s)*s";
    sweep(first, "sum(#)", &shapes, &vectors.map(String::from))
}

fn operations_on_matrices() -> BTreeSet<&'static str> {
    let matrices = [
        "# @ #",
        "2*# @ #",
        "(#/3) @ # - 2*#",
        "# + #'",
        "# @ #'",
        "sin(#) @ #",
        "#*#'",
        "inv(#) @ #",
        "inv(# + #') @ #",
        "#*det(#)",
        "#*logdet(#)",
        "#*logabsdet(#)",
        "#*sign_det(#)",
        "eigvalsh(#)*#",
        "eigh_vectors(#) @ #",
        "spectral(#, diag(#)) @ #",
        "svdvals(#)*#",
        "svd_spread(#, diag(#))*#",
        "cofactor(#) + #",
        "cholesky(# @ #') + #",
        "qr_q(#) @ #",
        "expm(#) @ #",
        "expm_frechet(#, #)",
        "pinv(#) @ #",
        "tril(#) @ #",
        "solve(#, #)",
        "solve(# + v[:, None], #)",
        "#*tr(#)",
        "softmax(#) @ #",
        "sum(#, axis=0)*#",
        "sum(#, axis=1)[:, None]*#",
        "cumsum(#, axis=0)*#",
        "max(#, axis=0)*#",
        "#*norm(#)",
        "diag(#)*#",
        "diag(diag(#)) @ #",
        "relu(# @ W + v) + #",
        "#*mean(#)",
        "(# @ v)[:, None]*#",
    ];
    let shapes = [("x", vec!["n", "n"]), ("W", vec!["n", "n"]), ("v", vec!["n"])];
    sweep("x", "sum(#)", &shapes, &matrices.map(String::from))
}

#[test]
fn operations() {
    let found: BTreeSet<_> = std::thread::scope(|s| {
        let vectors = s.spawn(operations_on_vectors);
        let matrices = operations_on_matrices();
        vectors
            .join()
            .unwrap_or_else(|failure| std::panic::resume_unwind(failure))
            .into_iter()
            .chain(matrices)
            .collect()
    });
    let missing: Vec<_> = Operation::NAMES.iter().filter(|name| !found.contains(*name)).collect();
    assert!(missing.is_empty(), "no chain has {missing:?}");
}

/// The steps of what a function does with a size, and with twice that.
fn doubled(size: usize, run: impl Fn(usize)) -> [u64; 2] {
    [size, 2 * size].map(|n| work::counted(ENDLESS, || run(n)).1)
}

#[test]
fn many_names() {
    let terms: [(&str, &str); 4] = [("#", " + "), ("#^2", " + "), ("#*sin(#)", " + "), ("#", "*")];
    for (term, sign) in terms {
        let [short, long] = doubled(if sign == "*" { 200 } else { 2000 }, |n| {
            let text: Vec<String> = (0..n).map(|k| term.replace('#', &format!("x{k}"))).collect();
            let mut session = Session::parse(&text.join(sign), &Scope::default()).unwrap();
            let names = session.document().free_names();
            let ids: Vec<_> = names.iter().map(|n| session.variable(n).unwrap()).collect();
            let derivation = session.derive(DerivativeKind::Gradient, &ids, &[]).unwrap();
            let found = session.simplify_derivation(&derivation, Layout::LetBlock).unwrap();
            let block = session.let_block(&found.formulas(), Form::Text, &[]);
            assert_eq!(block.results.len(), n);
            let alone = session.simplify_derivation(&derivation, Layout::Alone).unwrap();
            assert_eq!(alone.gradient.len(), n);
        });
        assert!(long <= GROWTH * short + ANY_WORK, "{term} joined by {sign}: {short} to {long}");
    }
}

#[test]
fn functions_of_functions() {
    let [short, long] = doubled(300, |n| {
        let mut text = "f0(v) = v*sin(v) + v\ng0(v) = v*sin(v) + v[0]".to_string();
        for k in 1..=n {
            text.push_str(&format!("\nf{k}(v) = f{}(sin(v))", k - 1));
            text.push_str(&format!("\ng{k}(v) = g{}(sin(v))*sum(v)", k - 1));
        }
        text.push_str(&format!("\nsum(f{n}(x)) + sum(g{n}(x))"));
        let shapes = [("x", vec!["n"])];
        let mut session = Session::parse(&text, &Scope { shapes: &shapes, ..Scope::default() }).unwrap();
        let x = session.variable("x").unwrap();
        let derivation = session.derive(DerivativeKind::Gradient, &[x], &[]).unwrap();
        session.simplify_derivation(&derivation, Layout::LetBlock).unwrap();
    });
    assert!(long <= GROWTH * short + ANY_WORK, "{short} to {long}");
}

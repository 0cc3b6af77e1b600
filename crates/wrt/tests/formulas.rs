//! Formulas as people would write them: text in, derivative or simplified text out.

use wrt::parse;

/// (formula, variable, its derivative as printed)
const DERIVATIVES: &[(&str, &str, &str)] = &[
    ("w^2", "w", "2*w"),
    ("w^3", "w", "3*w^2"),
    ("w", "w", "1"),
    ("1/w", "w", "-1/w^2"),
    ("(2 + 3*w)^2", "w", "6*(2 + 3*w)"),
    ("a = 2 + 3*w; a^2", "w", "6*(2 + 3*w)"),
    ("sqrt(w)", "w", "1/(2*sqrt(w))"),
    ("sigmoid(z)", "z", "sigmoid(z)*(1 - sigmoid(z))"),
    ("tanh(z)", "z", "1 - tanh(z)^2"),
    ("softplus(z)", "z", "sigmoid(z)"),
    ("log(1+exp(-y*(w*x+b)))", "w", "-y*x/(1 + exp(y*(w*x + b)))"),
    ("-(y*log(p) + (1-y)*log(1-p))", "p", "(p - y)/(p*(1 - p))"),
    ("exp(-(x-m)^2/(2*s^2))", "x", "-(x - m)/s^2*exp(-(x - m)^2/(2*s^2))"),
    ("x*log(x) - x", "x", "log(x)"),
    ("sin(x)/cos(x)", "x", "1/cos(x)^2"),
    ("sin(x)/(1+cos(x))", "x", "1/(1 + cos(x))"),
    ("(w+1)^5*(w-2)^3", "w", "(w + 1)^4*(w - 2)^2*(8*w - 7)"),
    ("asin(x)", "x", "1/sqrt(1 - x^2)"),
    ("(x + sqrt(b + x^2))^a/a", "x", "(x + sqrt(b + x^2))^a/sqrt(b + x^2)"),
    ("abs(x)^3", "x", "3*x*abs(x)"),
    ("abs(x)*x", "x", "2*abs(x)"),
    ("x/(1 + abs(x))", "x", "1/(1 + abs(x))^2"),
    ("where(x > 0, x^2, -x^3)", "x", "where(x > 0, 2*x, -3*x^2)"),
    ("x^n", "x", "n*x^(n - 1)"),
    ("(F^(g*x))^n*x", "F", "g*n*F^(g*x - 1)*(F^(g*x))^(n - 1)*x^2"),
    ("(a + b*x)/x^(c/(c + d))", "x", "x^(d/(c + d) - 2)*(b*d*x - a*c)/(c + d)"),
    ("x*(a + b*x^n)^(-1/n)", "x", "a*(a + b*x^n)^(-1/n - 1)"),
    ("p*(1 + (g - 1)/2*M^2)^(g/(g - 1))", "M", "p*M*g*(1 + (g - 1)*M^2/2)^(1/(g - 1))"),
    ("relu(x)^2", "x", "where(x > 0, 2*relu(x), 0)"),
    ("atan((1+x)/(1-x))", "x", "1/(1 + x^2)"),
];

/// (formula, its simplified form as printed)
const SIMPLIFIED: &[(&str, &str)] = &[
    ("x + x", "2*x"),
    ("x^(c/(c + d))*x^(d/(c + d))", "x"),
    ("x^((2*c + d)/(c + d))/x^(c/(c + d))", "x"),
    ("x^(c/(c + d))", "x^(c/(c + d))"),
    ("x^((a + b)/(c*d))*x^((a - b)/(c*d))", "x^(2*a/(c*d))"),
    ("(x^2 - 1)/(x - 1)", "x + 1"),
    ("sin(x)^2 + cos(x)^2", "1"),
    ("tan(x)*cos(x)", "sin(x)"),
    ("sec(x)*cos(x)*sin(x)", "sin(x)"),
    ("csc(x)*sin(x) + cos(x)", "cos(x) + 1"),
    ("cot(x)*sin(x)", "cos(x)"),
    ("sech(x)*cosh(x)*sinh(x)", "sinh(x)"),
    ("csch(x)*sinh(x) + cosh(x)", "cosh(x) + 1"),
    ("coth(x)*sinh(x)", "cosh(x)"),
    ("sec(x)^2 - tan(x)^2", "1"),
    ("csc(x)^2 - cot(x)^2", "1"),
    ("sech(x)^2 + tanh(x)^2", "1"),
    ("coth(x)^2 - csch(x)^2", "1"),
    ("cosh(x)^2 - sinh(x)^2", "1"),
    ("sqrt(x)^2", "x"),
    ("sqrt(x^2)", "abs(x)"),
    ("sqrt(12)/sqrt(3)", "2"),
    ("log(exp(x))", "x"),
    ("exp(x)*exp(-x)", "1"),
    ("exp(a)*exp(b)", "exp(a + b)"),
    ("max(x, 0)", "max(x, 0)"),
    ("relu(x)", "relu(x)"),
    ("log(x) - log(x)", "0"),
    ("x/x", "1"),
    ("1/(1 + exp(-x)) - 1/(1 + exp(-x))", "0"),
    ("a/b + c/b", "(a + c)/b"),
    ("x^(1/3)*x^(2/3)", "x"),
    ("0*x", "0"),
    ("abs(-x)", "abs(x)"),
    ("sin(-x)", "-sin(x)"),
    // What a person wrote is worth something, but no formula that is longer than the given one.
    ("asinh(sin(sqrt(x*x))^4 + (x + x + y)/sin(x))", "asinh(sin(sqrt(x*x))^4 + (x + x + y)/sin(x))"),
];

#[test]
fn derivatives_are_as_in_a_textbook() {
    for (formula, name, want) in DERIVATIVES {
        let got = parse(formula).and_then(|f| f.diff(name)).map(|d| d.to_string());
        assert_eq!(got.as_deref().ok(), Some(*want), "d/d{name} of {formula}");
    }
}

#[test]
fn simplified_forms_are_short() {
    for (formula, want) in SIMPLIFIED {
        let got = parse(formula).map(|f| f.simplify().to_string());
        assert_eq!(got.as_deref().ok(), Some(*want), "{formula}");
    }
}

#[test]
fn the_order_of_the_text_decides_nothing_but_the_order() {
    let pairs = [("x*y + z", "z + y*x"), ("(a + b)*(c + d)", "(d + c)*(b + a)"), ("exp(x + y)", "exp(y)*exp(x)")];
    for (a, b) in pairs {
        let difference = parse(&format!("{a} - ({b})")).map(|f| f.simplify().to_string());
        assert_eq!(difference.as_deref().ok(), Some("0"), "{a} against {b}");
    }
}

#[test]
fn notes_speak_of_what_is_lost_only() {
    let noted = |text: &str, name: &str| parse(text).and_then(|f| f.diff(name)).map(|d| d.simplify_noted().1);
    for formula in ["x*log(x) - x", "sqrt(1 - x^2)", "asin(x/2)", "x*sqrt(1 - x)"] {
        assert_eq!(noted(formula, "x").ok(), Some(Vec::new()), "{formula}");
    }
    let lost = parse("(x^2 - x)/x").map(|f| f.simplify_noted().1);
    assert_eq!(lost.ok(), Some(vec!["x may also be 0".to_string()]));
    for cancelled in ["(x^2 - 1)/(x - 1)", "(a^2 - b^2)/(a - b)"] {
        let notes = parse(cancelled).map(|f| f.simplify_noted().1);
        assert_eq!(notes.ok(), Some(vec!["a factor that was cancelled may also be 0".to_string()]), "{cancelled}");
    }
}

#[test]
fn notes_are_true_of_what_is_printed() {
    use wrt::session::{DerivativeKind, Scope, Session};
    let noted = |text: &str, name: &str| {
        let mut session = Session::parse(text, &Scope::default()).unwrap();
        let variable = session.variable(name).unwrap();
        let given = session.derive(DerivativeKind::Gradient, &[variable], &[]).unwrap().ids()[0];
        session.simplify(given).notes
    };
    // What is printed divides by it, or has the root of a negative number there.
    for (text, name) in [
        ("m*v/sqrt(1 - v^2/c^2)", "v"),
        ("m*v/sqrt(1 - v^2/c^2)", "c"),
        ("m*v/(1 - v^2/c^2)^(3/2)", "c"),
        ("m*c^2/sqrt(1 - v^2/c^2)", "v"),
        ("m*c^2/sqrt(1 - v^2/c^2)", "c"),
        ("a*sqrt(1 - x^2/a^2)", "a"),
        ("1/sqrt(1/x^2 - 1)", "x"),
        ("a^2/(b^2*(1 - a/b))", "b"),
    ] {
        assert_eq!(noted(text, name), Vec::<String>::new(), "{text} by {name}");
    }
    for (text, name, note) in [
        ("a/(1 + b/x)", "x", "x may also be 0"),
        ("x/(1 + x/k)", "k", "k may also be 0"),
        ("q/(1 - q^2/r^2)^2", "r", "r may also be 0"),
        ("log(1 - v/c)", "v", "c may also be 0"),
        ("(x^3 - 1)/(x - 1)", "x", "a factor that was cancelled may also be 0"),
    ] {
        assert_eq!(noted(text, name), [note.to_string()], "{text} by {name}");
    }
}

/// The map `count` times, of `x`.
fn iterated(map: &str, count: usize) -> String {
    (0..count).fold("x".to_string(), |inner, _| map.replace('#', &format!("({inner})")))
}

/// Does every form for people have the digits that the given one has, anywhere in the unit cube?
fn assert_digits_are_kept(text: &str, shape: &[&str]) {
    use wrt::session::{DerivativeKind, Scope, Session};
    use wrt_core::{Array, Number};
    use wrt_run::{Point, evaluate, values_at};
    let shapes = [("x", shape.to_vec())];
    let mut session = Session::parse(text, &Scope { shapes: &shapes, ..Scope::default() }).unwrap();
    let root = session.document().root();
    let texts = session.document().default_variables();
    let names: Vec<_> = texts.iter().map(|name| session.variable(name).unwrap()).collect();
    let gradient = session.derive(DerivativeKind::Gradient, &names, &[]).unwrap();
    let given: Vec<_> = [root].into_iter().chain(gradient.ids()).collect();
    let forms: Vec<_> = given.iter().map(|id| (*id, session.simplify(*id).id)).collect();
    let sizes: Vec<usize> = shape.iter().map(|d| d.parse().unwrap()).collect();
    for k in 1..24_u32 {
        let coordinate = |j: usize| f64::from((k * 37 + 11 * (j as u32 + 1) * (k + 5)) % 97) / 97.3;
        let mut at: Point<f64> = Point::default();
        for (j, name) in names.iter().enumerate() {
            let shape = if texts[j] == "x" { sizes.clone() } else { Vec::new() };
            let data = (0..shape.iter().product::<usize>()).map(|i| coordinate(j + 2 * i)).collect();
            at = at.with(*name, Array { shape, data });
        }
        let exact = at.map(|x| Number::from_f64(*x).unwrap());
        for (given, shown) in &forms {
            let truth = values_at(session.graph(), &[*given], &exact).unwrap();
            let found = evaluate(session.graph(), &[*given, *shown], &at, &0.0).unwrap();
            for (i, truth) in truth[0].data.iter().enumerate() {
                let error = |which: usize| (found[which].data[i] - truth).abs();
                let allowed = 1e-9 * (1.0 + truth.abs()) + 100.0 * error(0);
                assert!(error(1) <= allowed, "{text}: {truth}, given {}, shown {}", error(0), error(1));
            }
        }
    }
}

#[test]
fn iterated_maps_keep_their_digits() {
    for map in ["4*#*(1 - #)", "2*#^2 - 1", "#^2 - 2", "1 - 2*#^2", "4*r*#*(1 - #)", "r*(1 - #^2) - #"] {
        for count in 4..=7 {
            assert_digits_are_kept(&iterated(map, count), &[]);
        }
    }
    for map in ["4*#*(1 - #)", "2*#^2 - 1", "4*r*#*(1 - #)"] {
        for count in [4, 6] {
            assert_digits_are_kept(&format!("sum({})", iterated(map, count)), &["3"]);
        }
    }
}

#[test]
fn factors_meet_the_branches_of_a_choice() {
    let shown = |text: &str| parse(text).map(|f| f.simplify().to_string()).unwrap();
    for (text, short) in [
        ("x^3*where(x > 0, 1/x^2, -1/x^2)", "where(x > 0, x, -x)"),
        ("where(x > 0, x^2, -x^2)/x", "where(x > 0, x, -x)"),
        ("x^2*where(x > 0, 1/x, 2/x)", "where(x > 0, x, 2*x)"),
        ("exp(x)*where(x > 1, exp(-x), 2*exp(-x))", "where(x > 1, 1, 2)"),
        ("x*where(x > 0, 1/x, 0)", "where(x > 0, 1, 0)"),
        ("where(x > 0, 3*x*y, 2*x)", "where(x > 0, 3*x*y, 2*x)"),
        ("sqrt(y)*where(x > 0, y/sqrt(y), -y/sqrt(y))", "where(x > 0, y, -y)"),
        ("(a + b)*where(x > 0, u/(a + b), v/(a + b))", "where(x > 0, u, v)"),
        // A branch that is 0 is 0, whatever the factor.
        ("where(r > 0, where(x > 0, x/r, 0), y/r)", "where(r > 0, where(x > 0, x/r, 0), y/r)"),
        ("where(r > 0, x/r, 0)", "where(r > 0, x/r, 0)"),
        ("where(x > 0, x^2, -x^2)", "where(x > 0, x^2, -x^2)"),
    ] {
        assert_eq!(shown(text), short, "{text}");
    }
}

#[test]
fn squares_of_sums_that_occur_stay() {
    for (text, name, short) in [
        ("1/(pi*g*(1 + ((x - m)/g)^2))", "x", "-2*g*(x - m)/(pi*((x - m)^2 + g^2)^2)"),
        ("exp(-(x - m)^2/(2*s^2))/s", "s", "((x - m)^2 - s^2)/s^4*exp(-(x - m)^2/(2*s^2))"),
    ] {
        let shown = parse(text).and_then(|f| f.diff(name)).map(|d| d.to_string());
        assert_eq!(shown.as_deref().ok(), Some(short), "{text}");
    }
}

/// (formula, variable, its derivative in the formula's own order)
const IN_OWN_ORDER: &[(&str, &str, &str)] = &[
    // In a function that differentiation made.
    ("exp(-t/T)*cos(w*t)", "t", "-exp(-t/T)*(cos(w*t)/T + w*sin(w*t))"),
    // Sums.
    ("1/(1 + exp(-u))", "u", "exp(-u)/(1 + exp(-u))^2"),
    ("log(1 - u + exp(u))", "u", "(exp(u) - 1)/(1 - u + exp(u))"),
    // Products of three, with brackets or without, and a part of one.
    ("sin(z*y*x)", "x", "z*y*cos(z*y*x)"),
    ("cos(z*(y*x))", "x", "-z*y*sin(z*y*x)"),
    ("cos(w*t)/t + t*w", "w", "t - sin(w*t)"),
    // Below the bar, and beside what is not the person's.
    ("a^2/(w*t*a + 1)", "a", "a*(w*t*a + 2)/(w*t*a + 1)^2"),
    // Where both orders are the person's, the first is taken.
    ("exp(w*t)*cos(t*w)", "t", "w*exp(w*t)*(cos(t*w) - sin(w*t))"),
];

#[test]
fn what_the_text_has_stays_in_its_order() {
    for (formula, name, want) in IN_OWN_ORDER {
        let got = parse(formula).and_then(|f| f.diff(name)).map(|d| d.to_string());
        assert_eq!(got.as_deref().ok(), Some(*want), "d/d{name} of {formula}");
    }
}

/// (formula, variable, its derivative with the groups of the formula)
const IN_OWN_GROUPS: &[(&str, &str, &str)] = &[
    // The person's sums, rather than what they are over their common bar.
    ("m*v^2/2/(1 - v^2/c^2)", "v", "m*v/(1 - v^2/c^2)^2"),
    ("V*s/(K + s + s^2/L)", "s", "V*(K - s^2/L)/(K + s + s^2/L)^2"),
    ("r*N*(1 - N/K)", "N", "r*(1 - 2*N/K)"),
    ("exp(-(x - m)^2/(2*s^2))/(s*sqrt(2*pi))", "x", "-(x - m)/(s^3*sqrt(2*pi))*exp(-(x - m)^2/(2*s^2))"),
    // Fractions stay in a sum where they are shorter there.
    ("-n/2*log(2*pi*s^2) - S/(2*s^2)", "s", "S/s^3 - n/s"),
    // Powers of a sum come out whole.
    ("x^a*(1 - x)^b", "x", "x^(a - 1)*(1 - x)^(b - 1)*(a - (a + b)*x)"),
    // An exponential that is written once.
    ("log(1 + exp(x))", "x", "sigmoid(x)"),
    ("N*exp(-E/(k*T))/(1 + exp(-E/(k*T)))", "E", "-N/(k*T)*exp(-E/(k*T))/(1 + exp(-E/(k*T)))^2"),
    ("a/(1 + b*exp(-k*t))", "t", "a*b*k*exp(-k*t)/(1 + b*exp(-k*t))^2"),
    ("D*(1 - exp(-a*(r - r0)))^2", "r", "2*D*a*exp(-a*(r - r0))*(1 - exp(-a*(r - r0)))"),
];

#[test]
fn groups_of_the_text_stay() {
    for (formula, name, want) in IN_OWN_GROUPS {
        let got = parse(formula).and_then(|f| f.diff(name)).map(|d| d.to_string());
        assert_eq!(got.as_deref().ok(), Some(*want), "d/d{name} of {formula}");
    }
}

#[test]
fn roots_of_numbers_stay_together() {
    for (text, name, want) in [
        ("x*sqrt(2*pi)*sin(x)", "x", "sqrt(2*pi)*(sin(x) + x*cos(x))"),
        ("x/sqrt(2*pi)*sin(x)", "x", "(sin(x) + x*cos(x))/sqrt(2*pi)"),
        ("sqrt(2/pi)*sin(x)*x", "x", "sqrt(2/pi)*(sin(x) + x*cos(x))"),
        ("x*sqrt(6)*sin(x)", "x", "sqrt(6)*(sin(x) + x*cos(x))"),
    ] {
        let got = parse(text).and_then(|f| f.diff(name)).map(|d| d.to_string());
        assert_eq!(got.as_deref().ok(), Some(want), "d/d{name} of {text}");
    }
}

//! Pictures of what is hard to draw: nothing, constants, huge values and huge graphs. A clear error or a clear picture, soon.

use crate::common::limited;
use crate::common::svg::{Picture, place};

/// Draws within little time and memory.
fn draws(name: &str, args: &[&str]) -> Picture {
    let path = place(&format!("hard_{name}.svg"));
    let done = limited(&[args, &["-o", path.to_str().unwrap()]].concat(), b"");
    assert_eq!(done.code, Some(0), "{args:?}: {}", done.stderr);
    let picture = Picture { text: std::fs::read_to_string(&path).unwrap() };
    for number in ["NaN", "\"inf", ",inf", ">inf", "= inf", "-inf"] {
        assert!(!picture.text.contains(number), "{args:?} draws {number}");
    }
    picture.assert_texts_apart();
    picture
}

/// Nothing but an error that says why.
fn refuses(args: &[&str], because: &str) {
    let done = limited(args, b"");
    assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""), "{args:?}");
    assert!(done.stderr.contains(because), "{args:?}: {}", done.stderr);
}

/// The heights of a curve in the first plot.
fn heights(picture: &Picture) -> Vec<f64> {
    picture.lines("curve", picture.frames()[0]).into_iter().flat_map(|(_, l)| l).map(|p| p[1]).collect()
}

#[test]
fn what_has_no_value_is_refused() {
    for args in [
        &["plot", "log(x)", "--range=-5:-1"][..],
        &["plot", "log(-x^2 - 1)"],
        &["plot", "sqrt(-1 - x^2)", "--at", "x=1"],
        &["plot", "where(x == x, 0*x/0, 1)"],
        &["plot", "log(x*y)", "--range", "x=-2:-1,y=1:2"],
        &["descend", "log(x)", "--from", "x=-1"],
        &["descend", "sqrt(x - y)", "--from", "x=1,y=2"],
    ] {
        refuses(args, "no value");
    }
    refuses(&["plot", "x^2", "--range", "1e300:2e300"], "is beyond every double");
    refuses(&["descend", "x^2", "--from", "x=1e300"], "beyond every double");
    refuses(&["plot", "--sweep", "log(w)", "--at", "w=-1"], "there is no derivative at w = -1");
    refuses(&["steps", "3"], "every derivative is 0");
    refuses(&["plot", "3"], "no free name");
    for range in ["1:1", "2:1", "a:b", "nan:1", "1e400:2e400", "5"] {
        refuses(&["plot", "x", "--range", range], "--range");
    }
}

#[test]
fn constants_are_level() {
    for (k, args) in [&["plot", "3 + 0*x"][..], &["plot", "3", "--wrt", "x"], &["plot", "min(x, 3)", "--range", "4:9"]]
        .into_iter()
        .enumerate()
    {
        let picture = draws(&format!("constant{k}"), args);
        let slack = picture.frames()[0].slack();
        let heights = heights(&picture);
        assert!(heights.len() > 1 && heights.iter().all(|y| (y - 3.0).abs() <= slack), "{args:?}: {heights:?}");
    }
    let plane = draws("constant_plane", &["plot", "3 + 0*x*y"]);
    assert!(plane.texts("label").contains(&"3 everywhere".to_string()), "{:?}", plane.texts("label"));
    assert!(draws("still", &["descend", "0*x + 3", "--from", "x=1"]).texts("note")[0].contains("J is 3"));
    assert_eq!(draws("constant_graph", &["graph", "3"]).texts("line"), ["J = 3", "3"]);
    let sweep = limited(&["plot", "--sweep", "3 + 0*w", "--at", "w=1"], b"");
    assert!(sweep.code == Some(0) || sweep.stderr.contains("every ε is exact"), "{}", sweep.stderr);
}

#[test]
fn huge_values_have_short_texts() {
    let steep = draws("steep", &["plot", "1e300*x", "--at", "x=1", "--derivative"]);
    assert!(steep.texts("legend").iter().any(|l| l.starts_with("x = 1: slope 1e300")), "{:?}", steep.texts("legend"));
    assert!(steep.texts("tick").iter().any(|t| t.ends_with("×10³⁰⁰")), "{:?}", steep.texts("tick"));
    draws("far", &["plot", "x", "--at", "x=1e300"]);
    draws("tiny", &["plot", "1e-300*x", "--at", "x=1e-300"]);
    draws("huge_plane", &["plot", "1e300*(x + y)"]);
    let plane = draws("far_plane", &["plot", "x*y", "--range=-1e300:1e300"]);
    assert!(plane.texts("label").contains(&"0 wherever it has a value".to_string()), "{:?}", plane.texts("label"));
    let single = draws("single", &["plot", "x*1e300", "--range=-1e300:1e300"]);
    assert!(single.texts("note")[0].ends_with("at single places only."), "{:?}", single.texts("note"));
    draws("far_walk", &["descend", "x^2", "--from", "x=1e150", "--rate", "1.5", "--steps", "20"]);
    let graph = draws("huge_graph", &["graph", "1e300*x*x", "--at", "x=1e300"]);
    assert!(graph.texts("line").iter().any(|l| l == "Infinity"), "{:?}", graph.texts("line"));
    let sweep = draws("far_sweep", &["plot", "--sweep", "log(w)", "--at", "w=1e300"]);
    assert_eq!(sweep.texts("title"), ["J = log(w) at w = 1e300: the error of a nudge"]);
}

/// What is looked at has an end, however restless a formula is, and both sides are looked at alike.
#[test]
fn restless_curves_are_drawn_evenly() {
    let picture = draws("restless", &["plot", "sin(1/x)", "--range=-1:1"]);
    let points: Vec<f64> = picture
        .lines("curve", picture.frames()[0])
        .into_iter()
        .flat_map(|(_, l)| l)
        .map(|p| p[0])
        .filter(|x| (0.01..0.5).contains(&x.abs()))
        .collect();
    let right = points.iter().filter(|x| **x > 0.0).count();
    let left = points.len() - right;
    assert!(right > 200 && left.abs_diff(right) < left / 3, "{left} points at the left, {right} at the right");
}

#[test]
fn large_graphs_are_drawn_soon() {
    let chain: Vec<String> = (1..=1000).map(|k| format!("t{k} = sin(t{}) + x", k - 1)).collect();
    let chain = format!("t0 = x; {}; J = t1000", chain.join("; "));
    let picture = draws("chain", &["graph", &chain, "--at", "x=1"]);
    assert!(picture.texts("note").iter().any(|n| n.contains("operations are folded")), "{:?}", picture.texts("note"));
    let sum: Vec<String> = (1..=3000).map(|k| format!("x{k}^2")).collect();
    let picture = draws("sum", &["graph", &sum.join(" + ")]);
    assert!(picture.texts("line").iter().any(|l| l.ends_with(" names")), "{:?}", picture.texts("line"));
    let waves: Vec<String> = (1..=1000).map(|k| format!("sin({k}*x)")).collect();
    draws("waves", &["graph", &waves.join(" + "), "--at", "x=1"]);
    draws("wave_plot", &["plot", &waves.join(" + "), "--at", "x=1"]);
    refuses(&["steps", &waves.join(" + ")], "more than 200 parts");
    let table = limited(&["trace", &chain, "--at", "x=1"], b"");
    assert_eq!((table.code, table.stdout.lines().filter(|l| l.starts_with('t')).count()), (Some(0), 1001));
}

/// As many layers as there are nodes: arrows that pass hundreds of them are drawn all the same.
#[test]
fn a_deep_graph_may_be_shown_whole() {
    let chain: Vec<String> = (1..=150).map(|k| format!("t{k} = sin(t{}) + x", k - 1)).collect();
    let picture = draws("deep", &["graph", &format!("t0 = x; {}; t150", chain.join("; ")), "--nodes", "200"]);
    assert!(picture.texts("line").iter().any(|l| l == "t77 = sin(t76) + x"));
    let chain: Vec<String> = (1..=1000).map(|k| format!("t{k} = sin(t{}) + x", k - 1)).collect();
    let picture = draws(
        "deepest",
        &["graph", &format!("t0 = x; {}; J = t1000", chain.join("; ")), "--at", "x=1", "--nodes", "1000"],
    );
    assert!(picture.text.len() < 5_000_000, "{} bytes", picture.text.len());
    // What all of them add up to is not cut off with the sum.
    let lines = picture.texts("line");
    let place = lines.iter().position(|l| l.starts_with("dJ/dx = ")).unwrap();
    let total = lines[place..].iter().find(|l| l.strip_prefix("= ").is_some_and(|n| n.parse::<f64>().is_ok()));
    assert!(total.is_some() && lines[place..place + 8].contains(total.unwrap()), "{:?}", &lines[place..place + 8]);
}

/// Where each node uses all before it, some are folded, however many were asked for.
#[test]
fn a_dense_graph_has_as_many_arrows_as_can_be_followed() {
    let sum = |k: usize| (0..k).map(|j| format!("t{j}")).collect::<Vec<_>>().join(" + ");
    let all: Vec<String> = (1..=90).map(|k| format!("t{k} = sin({})", sum(k))).collect();
    let picture = draws("dense", &["graph", &format!("t0 = x; {}; t90", all.join("; ")), "--nodes", "200"]);
    let arrows = picture.text.lines().filter(|l| l.contains("class=\"head\"")).count();
    assert!((500..=2000).contains(&arrows), "{arrows} arrows");
    let note = "A picture of more operations would have more than 2000 arrows.";
    assert!(picture.texts("note").iter().any(|n| n == note), "{:?}", picture.texts("note"));
}

#[test]
fn files_that_cannot_be_written_are_told() {
    for args in [
        &["plot", "w^2", "-o", "/nowhere/at/all.svg"][..],
        &["plot", "w^2", "-o", "/nowhere/at/all.png"],
        &["graph", "w^2", "-o", "/nowhere/at/all.svg"],
        &["graph", "w^2", "--form", "dot", "-o", "/nowhere/at/all.dot"],
        &["graph", "w^2", "--step", "-o", "/nowhere/at/all.svg"],
        &["graph", "w^2", "--animate", "-o", "/nowhere/at/all.svg"],
        &["descend", "w^2", "--from", "w=5", "-o", "/nowhere/at/all.svg"],
    ] {
        refuses(args, "could not be written");
    }
    for args in [&["plot", "w^2", "-o", "w.pdf"][..], &["descend", "w^2", "--from", "w=5", "-o", "walk"]] {
        refuses(args, "let the name end in .svg or .png");
    }
}

/// In the repl an error ends nothing: the next line is answered.
#[test]
fn the_repl_goes_on_after_what_cannot_be_drawn() {
    let lines = "plot log(-1 - x^2)\nplot 3\nplot 1e300*x at 1e300\ngraph log(x) at -1\ndescend log(x) from -1\n\
                 plot x^2 at 3 -o /nowhere/at/all.svg\nsteps 3\n?nothing_like_this\nplot\n1 + 1\n";
    let done = limited(&["repl"], lines.as_bytes());
    // Some of its lines were wrong.
    assert_eq!(done.code, Some(2), "{}", done.stderr);
    assert!(done.stdout.ends_with("2\n") && done.stdout.contains("undefined"), "{}", done.stdout);
    assert!(done.stderr.matches("Error").count() >= 6, "{}", done.stderr);
}

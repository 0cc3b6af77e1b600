//! `--html`: one file with the picture, the numbers and the formulas in MathML, that asks for nothing else.

use crate::common::svg::place;
use crate::common::wrt;

/// Draws a page and reads it.
fn page(name: &str, args: &[&str]) -> String {
    let path = place(&format!("{name}.html"));
    let done = wrt(&[args, &["--html", path.to_str().unwrap()]].concat(), b"");
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{args:?}");
    let text = std::fs::read_to_string(&path).unwrap();
    assert_alone(&text);
    assert_balanced(&text);
    text
}

/// Nothing in it is fetched from elsewhere, nothing runs.
fn assert_alone(page: &str) {
    assert!(page.starts_with("<!doctype html>\n") && page.ends_with("</html>\n"), "{page}");
    for forbidden in ["<script", "<link", "<img", "<iframe", "src=", "href=", "@import", "url("] {
        assert!(!page.contains(forbidden), "{forbidden} is in the page");
    }
    // The name of the language of pictures is no address that is visited.
    assert!(!page.replace("xmlns=\"http://www.w3.org/2000/svg\"", "").contains("://"));
}

/// Each element ends where it should.
fn assert_balanced(page: &str) {
    let mut open: Vec<&str> = Vec::new();
    for tag in page.split('<').skip(1).filter_map(|t| t.split('>').next()).filter(|t| !t.starts_with('!')) {
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "{open:?}");
        } else if !tag.ends_with('/') && name != "meta" {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?} never end");
    assert_arities(page);
}

/// Fractions and powers have the parts that they should: a browser shows others as a row.
fn assert_arities(page: &str) {
    // Of each open element: its name, and how many parts it has so far.
    let mut open: Vec<(&str, usize)> = Vec::new();
    for tag in page.split('<').skip(1).filter_map(|t| t.split('>').next()).filter(|t| !t.starts_with('!')) {
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap();
        if tag.starts_with('/') {
            let (name, parts) = open.pop().unwrap();
            let wanted = match name {
                "mfrac" | "msup" | "msub" | "munder" | "mover" | "mroot" => 2,
                "msubsup" | "munderover" => 3,
                _ => continue,
            };
            assert_eq!(parts, wanted, "{name} in {page}");
            continue;
        }
        if let Some(above) = open.last_mut() {
            above.1 += 1;
        }
        if !tag.ends_with('/') && name != "meta" {
            open.push((name, 0));
        }
    }
}

/// What stands in a page between its tags.
fn words(page: &str) -> String {
    let body = page.split_once("<main>").unwrap().1;
    body.split('<').filter_map(|t| t.split_once('>')).map(|(_, text)| text.trim_end_matches('\n')).collect()
}

#[test]
fn a_plot_has_its_tangents_in_a_table() {
    let text = page("page_plot", &["plot", "w^2", "--at", "w=3,-3", "--eps", "0.5"]);
    // In both themes, of which the reader's own is shown.
    assert_eq!(text.matches("<svg ").count(), 2);
    assert!(text.contains("prefers-color-scheme: dark") && text.contains("fill=\"#15171c\""));
    assert!(words(&text).contains("9−6(w+3)") || words(&text).contains("9-6"), "{}", words(&text));
    assert!(text.contains("<h1><math"), "{text}");
    // 12.25 - 9, and what the tangent predicts.
    assert!(text.contains("<mn>3.25</mn>") && text.contains("<mn>6.5</mn>"), "{text}");
    let dark = page("page_dark", &["plot", "w^2", "--at", "w=3", "--dark"]);
    assert_eq!(dark.matches("<svg ").count(), 1);
    assert!(dark.contains("<body class=\"dark\""), "{dark}");
    let kink = page("page_kink", &["plot", "abs(x)", "1/x < 2", "--at", "x=1"]);
    assert!(kink.contains("kink") || words(&kink).contains("derivative"), "{}", words(&kink));
    page("page_plane", &["plot", "x^2 + x*y*(y < 3)", "--wrt", "x,y"]);
    let sweep = page("page_sweep", &["plot", "--sweep", "exp(w)", "--at", "w=1"]);
    // A line for each ε, and a column for each curve.
    assert!(words(&sweep).contains("single precision, forward") && sweep.matches("<tr>").count() > 15, "{sweep}");
    // Of several nudges each says where it is.
    let nudges = page("page_nudges", &["plot", "w^2", "w^3", "--at", "w=3,-3", "--eps", "0.5"]);
    assert!(words(&nudges).contains("Δw") || words(&nudges).contains("ΔJ"), "{}", words(&nudges));
    assert!(nudges.contains(">w^3 at w = -3 nudged by ε = 0.5:"), "{nudges}");
}

/// Brackets grow with what is in them only in fonts that have large ones, and fractions are small in a line of text.
#[test]
fn formulas_are_set_as_such() {
    let text = page("page_powers", &["steps", "exp(-x^2/2)/sqrt(1 + x^2)*tanh(x/3)", "--all"]);
    assert!(text.contains("math-style: normal") && text.contains("'STIX Two Math', 'Cambria Math'"), "{text}");
    assert!(text.contains("<msup><mi>tanh</mi>"), "{text}");
    let network = ["graph", "c = w*x; a = c + b; J = a^2", "--at", "w=1,x=2,b=3", "--nudge"];
    let text = page("page_network", &network);
    let heading = text.split_once("<h1>").unwrap().1.split_once("</h1>").unwrap().0;
    assert!(heading.starts_with("<math") && words(&format!("<main>{heading}")).contains("a=c+b"), "{heading}");
    // Numbers look alike in all columns.
    assert!(text.contains("<td><math display=\"inline\"><mn>10.001</mn></math></td>"), "{text}");
    // What is no formula of numbers stands as it is.
    assert!(page("page_layers", &["graph", "data X[m, 4]; h = dense(X, 3); J = sum(h)"]).contains("<h1>"));
}

#[test]
fn a_graph_has_its_arithmetic_below() {
    let text = page("page_graph", &["graph", "(2 + 3*w)^2", "--at", "w=3", "--nudge"]);
    assert!(text.contains(">dJ/dw = dJ/da·da/dw = 22·3 = 66<"), "the picture");
    assert!(words(&text).contains("=22⋅3=66") || words(&text).contains("=22·3=66"), "{}", words(&text));
    assert!(text.contains("66.009") && text.contains("<mfrac>"), "{text}");
    // A picture for each step, or one that moves.
    let network = ["graph", "(2 + 3*w)^2", "--at", "w=3"];
    assert_eq!(page("page_steps", &[&network[..], &["--step", "--dark"]].concat()).matches("<svg ").count(), 5);
    let moving = page("page_moving", &[&network[..], &["--animate", "--dark"]].concat());
    assert_eq!((moving.matches("<svg ").count(), moving.matches("<animate ").count()), (1, 5));
    // Names that are words, arrays, values that are none.
    let model = "data X[m, 4], y[m, 2]; h = dense(X, 3, tanh); z = dense(h, 2); cost = mse(y, z)";
    let text = page("page_model", &["graph", model]);
    assert!(text.contains("[m, 4]"));
    // A layer is one box, which opens.
    let inside = text.split_once("<summary>All ").unwrap().1.split_once("</details>").unwrap().0;
    assert!(inside.contains(">h_z = ") && !text.split_once("<details>").unwrap().0.contains(">h_z = "), "{inside}");
    assert!(!page("page_single", &["graph", "w^2", "--at", "w=3"]).contains("<details>"));
    assert!(words(&page("page_undefined", &["trace", "log(x) + a_b", "--at", "x=-1,a_b=1e300"])).contains("undefined"));
}

#[test]
fn traces_and_derivations_and_walks_are_pages() {
    let trace = page("page_trace", &["trace", "c = w*x; a = c + b; d = a - y; J = d^2/2", "--at", "x=2,w=-2,b=8,y=1"]);
    assert!(!trace.contains("<svg ") && trace.contains("<mn>4.5</mn>"), "{trace}");
    let steps = page("page_derivation", &["steps", "a = 2 + 3*w; J = a^2 < 3"]);
    assert!(steps.contains("<table class=\"lines\">"), "{steps}");
    assert!(page("page_rules", &["steps", "x^2*sin(x)"]).contains("product rule"));
    let walk = page("page_walk", &["descend", "w^2", "--from", "w=5", "--rate", "1.1", "--steps", "3"]);
    assert!(walk.contains("It diverges") && walk.contains("<mn>7.2</mn>") && walk.contains("<mi>α</mi>"), "{walk}");
    assert!(words(&walk).contains("w≔w−αdJdw,α=1.1"), "{}", words(&walk));
    page("page_walk_plane", &["descend", "x^2 + y^2", "--from", "x=1,y=2", "--method", "adam"]);
    let many = page("page_walk_many", &["descend", "x^2 + y^2 + z^2", "--from", "x=1,y=2,z=3"]);
    assert!(many.contains(">step<") && many.contains("<mn>14</mn>"));
}

#[test]
fn a_page_that_cannot_be_written_is_an_error() {
    for args in [
        &["plot", "w^2", "--at", "w=3"][..],
        &["graph", "w^2", "--at", "w=3"],
        &["trace", "w^2", "--at", "w=3"],
        &["steps", "w^2"],
        &["descend", "w^2", "--from", "w=5"],
    ] {
        let done = wrt(&[args, &["--html", "/nowhere/at/all.html"]].concat(), b"");
        assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""), "{args:?}");
        assert!(done.stderr.contains("/nowhere/at/all.html could not be written"), "{}", done.stderr);
    }
}

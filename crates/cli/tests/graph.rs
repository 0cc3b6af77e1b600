//! `wrt trace` and `wrt graph`: the numbers of the lecture's exercises, and what there is to see in the pictures.

use serde_json::Value;

use crate::common::svg::{draw, draw_to, place};
use crate::common::wrt;

fn printed(args: &[&str]) -> String {
    let done = wrt(args, b"");
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{args:?}");
    done.stdout
}

#[test]
fn a_trace_has_a_line_for_each_node() {
    let first = printed(&["trace", "a = 2 + 3*w; J = a^2", "--at", "w=3", "--nudge"]);
    assert_eq!(
        first,
        "node  formula  value  local derivative  derivative of J                  nudged\n\
         w              3      da/dw = 3         dJ/dw = dJ/da·da/dw = 22·3 = 66  66.009\n\
         a     2 + 3*w  11     dJ/da = 2*a = 22  dJ/da = 2*a = 22                 22.001\n\
         J     a^2      121                      dJ/dJ = 1\n\
         Values are computed downwards, derivatives upwards.\n"
    );
    // Without definitions each operation is a node.
    assert_eq!(printed(&["trace", "(2 + 3*w)^2", "--at", "w=3", "--nudge"]), first);
    // A node that is used twice has a sum.
    let sum = printed(&["trace", "a = w^2; b = 3*w; J = a*b", "--at", "w=2"]);
    assert!(sum.contains("dJ/dw = dJ/da·da/dw + dJ/db·db/dw = 6·4 + 4·3 = 36"), "{sum}");
    // Without a point there are formulas.
    let model = printed(&["trace", "data X[m, n], y[m]; param w[n]; z = X @ w; J = sum((z - y)^2)/2"]);
    assert!(model.contains("∂J/∂w = X' @ d_z") && model.contains("d_z stands for ∂J/∂z."), "{model}");
}

/// Where a node has no value, nothing has a derivative through it.
#[test]
fn what_is_undefined_has_no_derivative() {
    let table = printed(&["trace", "a = log(x); b = x^2; J = a + b", "--at", "x=-1"]);
    assert!(table.contains("da/dx = 1/x = undefined") && table.contains("db/dx = 2*x = -2"), "{table}");
    let ends = |name: &str, end: &str| table.lines().any(|l| l.starts_with(name) && l.ends_with(end));
    assert!(ends("x ", " = undefined") && ends("a ", "dJ/da = 1") && ends("b ", "dJ/db = 1"), "{table}");
}

#[test]
fn a_trace_is_data() {
    let text = printed(&[
        "trace",
        "c = w*x; a = c + b; d = a - y; J = d^2/2",
        "--at",
        "x=2,w=-2,b=8,y=1",
        "--wrt",
        "d,a,c,w",
        "--json",
    ]);
    let found: Value = serde_json::from_str(&text).unwrap();
    let node = |name: &str| found["nodes"].as_array().unwrap().iter().find(|n| n["name"] == name).unwrap();
    for (name, value, derivative) in
        [("c", -4.0, 3.0), ("a", 4.0, 3.0), ("d", 3.0, 3.0), ("w", -2.0, 6.0), ("J", 4.5, 1.0)]
    {
        assert_eq!((node(name)["value"].as_f64(), node(name)["derivative"].as_f64()), (Some(value), Some(derivative)));
    }
    assert_eq!(node("c")["because"], "∂J/∂a·∂a/∂c");
    assert!(node("x").get("derivative").is_none());
    assert_eq!(found["edges"].as_array().unwrap().len(), 7);
}

#[test]
fn traces_of_anything_say_what_they_are() {
    // A constant, a name alone, what has no value, a kink.
    assert!(printed(&["trace", "3"]).contains("J     3        3"));
    assert!(printed(&["trace", "w", "--at", "w=2.001"]).contains("dJ/dw = 1"));
    let nothing = printed(&["trace", "log(x) + x", "--at", "x=-1"]);
    assert!(nothing.contains("undefined") && nothing.contains("note: J: "), "{nothing}");
    let kink = printed(&["trace", "abs(x)", "--at", "x=0"]);
    assert!(kink.contains("note: dJ/dx: "), "{kink}");
    for (args, word) in [
        (vec!["trace", "x*y", "--at", "x=1"], "`y` has no value"),
        (vec!["trace", "[x, 2*x]", "--at", "x=1"], "shape"),
        (vec!["trace", "x", "--nudge"], "--nudge needs a point"),
        (vec!["trace", "x", "--at", "x=1", "--nudge=0"], "--nudge"),
    ] {
        let done = wrt(&args, b"");
        assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""), "{args:?}");
        assert!(done.stderr.contains(word), "{args:?}: {}", done.stderr);
    }
}

/// Both exercises: the arithmetic stands in the picture, the local derivatives at the arrows.
#[test]
fn the_pictures_of_the_exercises_have_their_numbers() {
    let first = draw("graph_first", &["graph", "(2 + 3*w)^2", "--at", "w=3", "--nudge"]);
    let lines = first.texts("line");
    for text in
        ["w", "3", "dJ/dw = dJ/da·da/dw = 22·3 = 66", "nudged: 66.009", "a = 2 + 3*w", "11", "nudged: 22.001", "121"]
    {
        assert!(lines.iter().any(|l| l == text), "{text} is not among {lines:?}");
    }
    assert_eq!(first.texts("edge"), ["da/dw = 3", "dJ/da = 2*a = 22"]);
    assert_eq!(first.texts("title"), ["J = (2 + 3*w)^2"]);
    let network = "c = w*x; a = c + b; d = a - y; J = d^2/2";
    let second = draw("graph_second", &["graph", network, "--at", "x=2,w=-2,b=8,y=1", "--dark"]);
    let lines = second.texts("line");
    for text in ["-4", "4.5", "∂J/∂w = ∂J/∂c·∂c/∂w = 3·2 = 6", "∂J/∂b = ∂J/∂a·∂a/∂b = 3·1 = 3", "∂J/∂d = d = 3"]
    {
        assert!(lines.iter().any(|l| l == text), "{text} is not among {lines:?}");
    }
    for picture in [first, second] {
        picture.assert_texts_apart();
    }
}

#[test]
fn models_have_shapes_and_layers() {
    let text = "data X[m, 4], y[m, 2]; h = dense(X, 3, tanh); z = dense(h, 2); cost = mse(y, z)";
    let picture = draw("graph_model", &["graph", text]);
    let (lines, edges) = (picture.texts("line"), picture.texts("edge"));
    for shape in ["[m, 4]", "[4, 3]", "[3]", "[m, 3]", "[m, 2]"] {
        assert!(edges.iter().any(|e| e == shape), "{shape} is not among {edges:?}");
    }
    assert!(lines.iter().any(|l| l == "h = tanh(X @ h_W + h_b)") && !lines.iter().any(|l| l.starts_with("h_z =")));
    assert_eq!(picture.texts("legend").last().map(String::as_str), Some("parameters"));
    assert!(draw("graph_open", &["graph", text, "--all"]).texts("line").iter().any(|l| l.starts_with("h_z =")));
    picture.assert_texts_apart();
}

#[test]
fn large_graphs_are_folded() {
    let mut deep = "x".to_string();
    (0..300).for_each(|_| deep = format!("sin({deep} + y)"));
    let picture = draw("graph_deep", &["graph", &deep, "--at", "x=1,y=2"]);
    let notes = picture.texts("note");
    assert!(notes.iter().any(|n| n.starts_with("560 operations are folded")), "{notes:?}");
    picture.assert_texts_apart();
    // Names that are used by the same nodes stand together.
    let wide: Vec<String> = (0..300).map(|k| format!("x{k}")).collect();
    let picture = draw("graph_wide", &["graph", &wide.join(" + ")]);
    assert!(picture.texts("line").contains(&"300 names".to_string()), "{:?}", picture.texts("line"));
    picture.assert_texts_apart();
}

#[test]
fn steps_are_pictures_of_their_own() {
    let path = place("steps.svg");
    let done = draw_to(&path, &["graph", "(2 + 3*w)^2", "--at", "w=3", "--step"]);
    assert_eq!(done.stdout, "5 pictures: steps-01.svg to steps-05.svg\n");
    let read = |k: usize| std::fs::read_to_string(place(&format!("steps-{k:02}.svg"))).unwrap();
    assert!(read(1).contains("1 of 5: forward, a = 2 + 3*w = 11") && !read(1).contains(">121<"));
    assert!(read(2).contains(">121<") && !read(2).contains(">dJ/dJ = 1<"));
    assert!(!read(4).contains("= 66<") && read(5).contains(">dJ/dw = dJ/da·da/dw = 22·3 = 66<"));
    // The same in one file.
    let moving = draw("moving", &["graph", "(2 + 3*w)^2", "--at", "w=3", "--animate"]);
    assert_eq!(moving.text.matches("<animate ").count(), 5);
    assert_eq!(moving.texts("title")[4], "5 of 5: backward, dJ/dw = dJ/da·da/dw = 22·3 = 66");
    // Nothing moves to another place.
    let cards: Vec<&str> = moving.text.lines().filter(|l| l.contains("class=\"card\"")).collect();
    let points = |line: &str| line.split("points=\"").nth(1).and_then(|l| l.split('"').next()).unwrap().to_string();
    assert!(cards.chunks(3).all(|c| c.iter().zip(&cards).all(|(a, b)| points(a) == points(b))));
}

#[test]
fn other_tools_draw_it() {
    let dot = printed(&["graph", "w^2", "--at", "w=3", "--form", "dot"]);
    assert!(dot.starts_with("digraph {") && dot.contains("n0 -> n1 [label=\"dJ/dw = 2*w = 6\"]"), "{dot}");
    let mermaid = printed(&["graph", "where(w > 2, w, 0)", "--form", "mermaid"]);
    assert!(mermaid.starts_with("flowchart LR\n") && mermaid.contains("w &gt; 2"), "{mermaid}");
    let json: Value = serde_json::from_str(&printed(&["graph", "w^2", "--at", "w=3", "--form", "json"])).unwrap();
    assert_eq!(json["nodes"][1]["value"], 9.0);
}

#[test]
fn the_terminal_has_boxes() {
    let drawn = printed(&["graph", "a = w^2; b = 3*w; J = a*b", "--at", "w=2"]);
    assert_eq!(
        drawn,
        "a = w^2; b = 3*w; J = a*b
                         ┌───────────┐
                         │ a = w^2   │
                      ╭─▸│ 4         │─╮
┌────────────┐        │  │ dJ/da = 6 │ │         ┌───────────┐
│ w          │─────4──╯  └───────────┘ ╰───6────▸│ J = a*b   │
│ 2          │                                   │ 24        │
│ dJ/dw = 36 │─╮         ┌───────────┐        ╭─▸│ dJ/dJ = 1 │
└────────────┘ ╰───3──╮  │ b = 3*w   │ ╭───4──╯  └───────────┘
                      ╰─▸│ 6         │─╯
                         │ dJ/db = 4 │
                         └───────────┘
"
    );
}

#[test]
fn pictures_that_cannot_be_made_say_why() {
    for (args, word) in [
        (vec!["graph", "w^2", "-o", "/nowhere/at/all.svg"], "could not be written"),
        (vec!["graph", "w^2", "-o", "graph.bmp"], "no kind of picture"),
        (vec!["graph", "w^2", "--step"], "--output"),
        (vec!["graph", "w^2", "--animate", "-o", "graph.png"], "only an .svg file moves"),
        (vec!["graph", "[x, x]"], "shape"),
        (vec!["graph", "w^", "-o", "graph.svg"], "expected"),
    ] {
        let done = wrt(&args, b"");
        assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""), "{args:?}");
        assert!(done.stderr.contains(word), "{args:?}: {}", done.stderr);
    }
    assert_eq!(draw("graph_constant", &["graph", "3"]).texts("line"), ["J = 3", "3"]);
    assert!(draw("graph_nan", &["graph", "log(x)", "--at", "x=-1"]).texts("line").contains(&"undefined".to_string()));
}

/// A derivation as text, LaTeX and a page.
#[test]
fn derivations_are_written_line_by_line() {
    assert_eq!(
        printed(&["steps", "(2 + 3*w)^2"]),
        "dJ/dw = d/dw((2 + 3*w)^2)\n      = 2*(2 + 3*w)*d/dw(2 + 3*w)    power rule, chain rule\n\
         \x20     = 6*(2 + 3*w)                  sum rule, constant factor\n"
    );
    let traced = printed(&["steps", "tr(X' @ X)", "--shapes", "X[n,n]"]);
    assert!(
        traced.contains("tr(X' @ dX + d(X') @ X)    product rule")
            && traced.contains("= 2*tr(X' @ dX) ")
            && traced.ends_with("so dJ/dX = 2*X\n"),
        "{traced}"
    );
    let latex = printed(&["steps", "x^2", "--form", "latex"]);
    assert_eq!(
        latex,
        "\\begin{align*}\n  \\frac{\\mathrm{d}J}{\\mathrm{d}x} &= \\frac{\\mathrm{d}}{\\mathrm{d}x} \\left(x^{2}\\right) \\\\\n\
         \x20  &= 2 \\, x && \\text{power rule}\n\\end{align*}\n"
    );
    let page = printed(&["steps", "x < 0", "--form", "html", "--wrt", "x"]);
    assert!(
        page.starts_with("<!doctype html>")
            && page.contains("<h1><math display=\"inline\"><mi>x</mi><mo>&lt;</mo><mn>0</mn></math></h1>"),
        "{page}"
    );
    let json: Value = serde_json::from_str(&printed(&["steps", "a = 2*w; J = a^2", "--json"])).unwrap();
    assert_eq!(json["derivations"][0]["definitions"][0], "a = 2*w");
    let none = wrt(&["steps", "7"], b"");
    assert_eq!((none.code, none.stdout.as_str()), (Some(2), ""));
}

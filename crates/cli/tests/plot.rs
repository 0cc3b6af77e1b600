//! `wrt plot`: what the pictures say and where their lines are, read from the SVG.

use crate::common::svg::{Picture, draw, draw_to, height, place};
use crate::common::wrt;
use serde_json::Value;

/// The slope of a line of two points or more, between its ends.
fn slope(line: &[[f64; 2]]) -> f64 {
    let (a, b) = (line[0], line[line.len() - 1]);
    (b[1] - a[1]) / (b[0] - a[0])
}

/// The JSON of a picture.
fn numbers(args: &[&str]) -> Value {
    let done = wrt(&[args, &["--json"]].concat(), b"");
    assert_eq!(done.code, Some(0), "{args:?}: {}", done.stderr);
    serde_json::from_str(&done.stdout).unwrap()
}

/// The tangents touch the curve where they should, and their slopes in the picture are the derivatives.
#[test]
fn tangents_touch_the_curve() {
    type Case<'c> = (&'c str, &'c str, &'c [(f64, f64, f64)]);
    let cases: [Case<'_>; 5] = [
        ("w^2", "w=3,2,-3", &[(3.0, 9.0, 6.0), (2.0, 4.0, 4.0), (-3.0, 9.0, -6.0)]),
        ("w^3", "w=2", &[(2.0, 8.0, 12.0)]),
        ("1/w", "w=2", &[(2.0, 0.5, -0.25)]),
        ("exp(-x)*sin(3*x)", "x=0,1", &[(0.0, 0.0, 3.0), (1.0, 0.051_915_3, -1.144_503_6)]),
        ("a = 2 + 3*w; J = a^2", "w=3", &[(3.0, 121.0, 66.0)]),
    ];
    for (k, (formula, at, points)) in cases.into_iter().enumerate() {
        let picture = draw(&format!("tangents{k}"), &["plot", formula, "--at", at]);
        let frame = picture.frames()[0];
        let lines = picture.lines("curve", frame);
        let dots = picture.dots("dot", frame);
        let upright = |l: &[[f64; 2]]| (l[0][0] - l[1][0]).abs() < 1e-6;
        let tangents: Vec<&Vec<[f64; 2]>> =
            lines.iter().filter(|(_, l)| l.len() == 2 && !upright(l)).map(|(_, l)| l).collect();
        assert_eq!(tangents.len(), points.len(), "{formula}");
        for (tangent, (x, y, derivative)) in tangents.into_iter().zip(points) {
            assert!(
                (slope(tangent) - derivative).abs() <= 1e-3 * derivative.abs().max(0.1),
                "{formula}: {}",
                slope(tangent)
            );
            let there = tangent[0][1] + slope(tangent) * (x - tangent[0][0]);
            assert!((there - y).abs() <= 3.0 * frame.slack(), "{formula}: {there} instead of {y}");
            assert!(
                dots.iter().any(|d| (d[0] - x).abs() < 0.02 && (d[1] - y).abs() <= 2.0 * frame.slack()),
                "{dots:?}"
            );
            // The curve goes through that point.
            let curve = lines.iter().filter(|(_, l)| l.len() > 2).find_map(|(_, l)| height(l, *x));
            assert!(curve.is_some_and(|there| (there - y).abs() <= 6.0 * frame.slack()), "{formula}: {curve:?}");
        }
        picture.assert_texts_apart();
    }
}

#[test]
fn the_legend_has_slopes_and_equations() {
    let picture = draw("legend", &["plot", "w^2", "--at", "w=3,2,-3,0,0.5"]);
    let legend = picture.texts("legend");
    for text in [
        "w = 3: slope 6, tangent 9 + 6*(w - 3)",
        "w = -3: slope -6, tangent 9 - 6*(w + 3)",
        "w = 0: slope 0, tangent 0",
        "w = 0.5: slope 1, tangent 0.25 + (w - 0.5)",
    ] {
        assert!(legend.iter().any(|l| l == text), "{text} is not among {legend:?}");
    }
    assert_eq!(picture.texts("title"), ["J = w^2"]);
    assert_eq!(picture.texts("name"), ["J", "w"]);
}

/// ε wide, ΔJ high, and what the tangent predicts: the numbers, and the triangle itself.
#[test]
fn a_nudge_is_a_triangle() {
    let picture = draw("nudge", &["plot", "w^2", "--at", "w=3", "--eps", "0.5"]);
    let frame = picture.frames()[0];
    let (_, corners) = &picture.lines("area", frame)[0];
    for (corner, wanted) in corners.iter().zip([[3.0, 9.0], [3.5, 9.0], [3.5, 12.25]]) {
        assert!((corner[0] - wanted[0]).abs() < 0.001 && (corner[1] - wanted[1]).abs() <= frame.slack(), "{corners:?}");
    }
    let open = picture.dots("open", frame);
    assert!(open.iter().any(|d| (d[1] - 12.0).abs() <= frame.slack()), "{open:?}");
    assert_eq!(picture.texts("label"), ["ε = 0.5", "ΔJ = 3.25", "tangent: 6·ε = 3"]);
    let told = "nudged by ε = 0.5: ΔJ = 3.25, ΔJ/ε = 6.5; the tangent predicts 6*0.5 = 3";
    assert!(picture.texts("legend").iter().any(|l| l == told));
    let object = numbers(&["plot", "w^2", "--at", "w=3", "--eps", "0.001"]);
    assert_eq!(object["nudges"][0]["delta"], 0.006001);
    assert_eq!(object["nudges"][0]["quotient"], 6.001);
}

/// No line goes through infinity, and none over a jump.
#[test]
fn poles_and_jumps_interrupt_the_curve() {
    for (k, (formula, at)) in [
        ("1/x", 0.0),
        ("1/(x - 0.3)^2", 0.3),
        ("tan(x)", std::f64::consts::FRAC_PI_2),
        ("1/(x-0.1234567)^2", 0.1234567),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("pole{k}");
        let picture = draw(&name, &["plot", formula, "--range=-2:2"]);
        let frame = picture.frames()[0];
        let lines = picture.lines("curve", frame);
        let crossing =
            lines.iter().filter(|(_, l)| l.len() > 2).any(|(_, l)| l[0][0] < at - 0.2 && l[l.len() - 1][0] > at + 0.2);
        assert!(!crossing, "{formula}");
        let mut upright = lines.iter().filter(|(_, l)| l.len() == 2 && (l[0][0] - l[1][0]).abs() < 1e-6);
        assert!(upright.any(|(_, l)| (l[0][0] - at).abs() < 0.01), "{formula}: no line at the pole");
        assert!(picture.texts("legend")[0].starts_with("pole"), "{formula}");
    }
    let picture = draw("jump", &["plot", "where(x < 1, x, x + 2)", "--range", "0:2"]);
    let frame = picture.frames()[0];
    let near = |a: [f64; 2], b: [f64; 2]| (a[0] - b[0]).abs() < 0.01 && (a[1] - b[1]).abs() < 0.02;
    assert!(near(picture.dots("open", frame)[0], [1.0, 1.0]) && near(picture.dots("dot", frame)[0], [1.0, 3.0]));
    assert_eq!(picture.lines("curve", frame).len(), 2);
}

/// Where no double meets a pole, nothing is drawn through it either.
#[test]
fn no_line_goes_through_infinity() {
    for (k, formula) in
        ["tan(x)", "1/sin(x)", "cot(x)", "1/(x^2 - 2)", "x/(x^3 - 5)", "1/cos(3*x)", "1/(exp(x) - 3)", "1/log(x)"]
            .into_iter()
            .enumerate()
    {
        for range in ["--range=-0.7:4.7", "--range=-2:2", "--range=1e-3:7"] {
            let picture = draw(&format!("through{k}"), &["plot", formula, range]);
            let frame = picture.frames()[0];
            let [low, high] = frame.ranges[1];
            let wide = (frame.ranges[0][1] - frame.ranges[0][0]) / frame.area[2];
            for (_, line) in picture.lines("curve", frame).into_iter().filter(|(_, l)| l.len() > 2) {
                for pair in line.windows(2) {
                    let rise = (pair[1][1] - pair[0][1]).abs();
                    let steep = pair[1][0] - pair[0][0] < wide && rise > 0.9 * (high - low);
                    assert!(!steep, "{formula} {range}: {pair:?}");
                }
            }
            // A line of two points that is no pole's, which are drawn dotted.
            let upright = |l: &&str| l.contains("class=\"curve\"") && !l.contains("stroke-dasharray");
            for line in picture.text.lines().filter(upright) {
                let points: Vec<f64> = line
                    .split_once("points=\"")
                    .and_then(|(_, rest)| rest.split('"').next())
                    .unwrap()
                    .split([' ', ','])
                    .map(|n| n.parse().unwrap())
                    .collect();
                let whole = points.len() == 4 && (points[3] - points[1]).abs() > 0.9 * frame.area[3];
                assert!(!whole || (points[2] - points[0]).abs() > 1.0, "{formula} {range}: {line}");
            }
        }
    }
}

/// A point on a curve that rises steeply is not on the floor of its picture.
#[test]
fn the_range_is_one_in_which_the_points_are_seen() {
    for (k, (formula, at)) in
        [("exp(x)", "x=300"), ("exp(x)", "x=-40"), ("x^30", "x=2"), ("exp(x^2)", "x=3,4"), ("cosh(x)", "x=90")]
            .into_iter()
            .enumerate()
    {
        let object = numbers(&["plot", formula, "--at", at]);
        let points = object["formulas"][0]["points"].as_array().unwrap();
        let highest = points.iter().map(|p| p["value"].as_f64().unwrap()).fold(f64::MIN, f64::max);
        let picture = draw(&format!("seen{k}"), &["plot", formula, "--at", at]);
        let [low, high] = picture.frames()[0].ranges[1];
        assert!((highest - low) / (high - low) > 0.02, "{formula} {at}: {highest} between {low} and {high}");
    }
    // Nothing is cut where nothing is hidden.
    let range = numbers(&["plot", "w^2", "--at", "w=3"])["range"].clone();
    let near = |k: usize, x: f64| (range[k].as_f64().unwrap() - x).abs() < 1e-12;
    assert!(near(0, -0.6) && near(1, 6.6), "{range}");
}

#[test]
fn edges_of_the_domain_are_open_or_closed() {
    let ends = |formula: &str| {
        let object = numbers(&["plot", formula, "--range=-3:3"]);
        let f = &object["formulas"][0];
        (f["curve"].clone(), f["single"].clone(), f["poles"].clone())
    };
    let (curve, _, _) = ends("sqrt(x)");
    assert_eq!(curve[0][0], serde_json::json!([0.0, 0.0]));
    let (_, single, poles) = ends("sign(x)");
    assert_eq!((single, poles.as_array().unwrap().len()), (serde_json::json!([[0.0, 0.0]]), 0));
    assert_eq!(ends("log(x)").2, serde_json::json!([0.0]));
    // A hole is a circle, and no pole; what goes up and down without end is neither.
    let picture = draw("hole", &["plot", "sin(x)/x"]);
    assert_eq!(picture.dots("open", picture.frames()[0]).len(), 1);
    assert!(ends("sin(1/x)").2.as_array().unwrap().is_empty());
}

#[test]
fn kinks_are_told() {
    for (formula, at) in [("abs(x - 0.7)", 0.7), ("relu(x)", 0.0), ("max(x, 1 - x)", 0.5), ("abs(x)^0.5", 0.0)] {
        let object = numbers(&["plot", formula]);
        let kinks = object["formulas"][0]["kinks"].as_array().unwrap();
        assert_eq!(kinks.len(), 1, "{formula}: {kinks:?}");
        assert!((kinks[0]["at"].as_f64().unwrap() - at).abs() < 1e-12, "{formula}: {kinks:?}");
    }
    for smooth in ["x^2", "exp(10*x)", "tanh(50*x)", "abs(x)^3", "sin(5*x)"] {
        let object = numbers(&["plot", smooth]);
        assert!(object["formulas"][0]["kinks"].as_array().unwrap().is_empty(), "{smooth}: {object}");
    }
    // Also where no double is in the middle of it.
    let object = numbers(&["plot", "abs(sin(x))", "--range", "1:10"]);
    let kinks = object["formulas"][0]["kinks"].as_array().unwrap();
    let at: Vec<f64> = kinks.iter().map(|k| k["at"].as_f64().unwrap() / std::f64::consts::PI).collect();
    assert!(at.len() == 3 && at.iter().zip([1.0, 2.0, 3.0]).all(|(x, k)| (x - k).abs() < 1e-12), "{kinks:?}");
    assert!(
        kinks.iter().all(|k| k["status"]["reason"] == "a kink: the slope is -1 from the left and 1 from the right")
    );
    let picture = draw("waves", &["plot", "abs(sin(x))", "--range", "1:10", "--derivative"]);
    assert_eq!(picture.texts("legend"), ["kinks at x = 3.14159, 6.28319, 9.42478"]);
    assert_eq!(picture.dots("open", picture.frames()[1]).len(), 6, "neither side has the slope of a kink");
    let legend = draw("kink", &["plot", "abs(x)", "--at", "x=0"]).texts("legend");
    assert!(legend.iter().any(|l| l == "kink at x = 0"), "{legend:?}");
    assert!(!legend.iter().any(|l| l.contains("tangent")), "{legend:?}");
}

#[test]
fn the_derivative_stands_below_on_the_same_axis() {
    let picture = draw("below", &["plot", "w^2", "--at", "w=3", "--derivative"]);
    let [above, below] = picture.frames()[..] else { panic!("two panels") };
    assert_eq!(above.ranges[0], below.ranges[0]);
    assert_eq!((above.area[0], above.area[2]), (below.area[0], below.area[2]));
    assert_eq!(picture.texts("name"), ["J", "dJ/dw", "w"]);
    let dots = picture.dots("dot", below);
    assert!(dots.iter().any(|d| (d[0] - 3.0).abs() < 0.01 && (d[1] - 6.0).abs() < 0.05), "{dots:?}");
    // A curve is followed closely: between its points it is almost straight.
    let (_, line) = picture.lines("curve", above).into_iter().find(|(_, l)| l.len() > 2).unwrap();
    assert!(line.iter().all(|p| (p[1] - p[0] * p[0]).abs() < 0.05), "{line:?}");
}

#[test]
fn two_variables_have_contours_and_gradients() {
    let picture = draw("plane", &["plot", "x^2 + 3*y^2", "--at", "x=1,2,y=1,-1"]);
    let frame = picture.frames()[0];
    for (_, line) in picture.lines("curve", frame) {
        let heights: Vec<f64> = line.iter().map(|p| p[0] * p[0] + 3.0 * p[1] * p[1]).collect();
        let (low, high) = heights.iter().fold((f64::MAX, f64::MIN), |(a, b), h| (a.min(*h), b.max(*h)));
        assert!(high - low < 0.2, "a contour from {low} to {high}");
    }
    let legend = picture.texts("legend");
    assert_eq!(legend[0], "x = 1, y = 1: J = 4, gradient (2, 6)");
    // The shaft goes along the gradient.
    let (_, shaft) = &picture.lines("arrow", frame)[0];
    assert!((slope(shaft) - 3.0).abs() < 0.05 && shaft[1][0] > shaft[0][0], "{shaft:?}");
    // One unit is as long in both directions.
    let unit = |d: usize| frame.area[2 + d] / (frame.ranges[d][1] - frame.ranges[d][0]);
    assert!((unit(0) - unit(1)).abs() < 1.0);
    picture.assert_texts_apart();
}

#[test]
fn the_sweep_is_a_v() {
    let object = numbers(&["plot", "--sweep", "exp(w)", "--at", "w=1"]);
    let curves = object["curves"].as_array().unwrap();
    assert_eq!(curves.len(), 6);
    let error = |arithmetic: &str, direction: &str, power: usize| {
        let of = |c: &&Value| c["arithmetic"] == arithmetic && c["direction"] == direction;
        curves.iter().find(of).unwrap()["errors"][power][1].as_f64().unwrap()
    };
    assert!(error("double precision", "forward", 8) < error("double precision", "forward", 1));
    assert!(error("double precision", "forward", 8) < error("double precision", "forward", 15));
    // Forward errors fall like ε, central ones like ε².
    let ratio = |direction| error("exact", direction, 5) / error("exact", direction, 6);
    assert!((ratio("forward") - 10.0).abs() < 0.1 && (ratio("central") - 100.0).abs() < 1.0);
    let picture = draw("sweep", &["plot", "--sweep", "w^2", "--at", "w=3"]);
    assert!(picture.texts("legend").contains(&"double precision, forward".to_string()));
    picture.assert_texts_apart();
}

#[test]
fn several_formulas_share_a_picture() {
    let picture = draw("several", &["plot", "w^2", "w^3", "sin(w)", "--at", "w=1", "--range=-2:2"]);
    let legend = picture.texts("legend");
    for text in ["w^2", "w^3", "sin(w)", "w^3 at w = 1: slope 3, tangent 1 + 3*(w - 1)"] {
        assert!(legend.iter().any(|l| l == text), "{text} is not among {legend:?}");
    }
    let fixed = draw("fixed", &["plot", "a*x^2", "--at", "a=2,x=1,3"]);
    assert!(fixed.texts("legend").contains(&"x = 3: slope 12, tangent 18 + 12*(x - 3)".to_string()));
    let asked = draw("asked", &["plot", "a*x^2", "--wrt", "x", "--at", "a=2,x=3"]);
    assert!(asked.texts("legend").contains(&"x = 3: slope 12, tangent 18 + 12*(x - 3)".to_string()));
}

#[test]
fn a_png_is_the_same_each_time() {
    let args = ["plot", "w^2", "--at", "w=3,2,-3", "--eps", "0.5"];
    let files = ["one.png", "two.png"].map(|name| {
        assert_eq!(draw_to(&place(name), &args).code, Some(0));
        std::fs::read(place(name)).unwrap()
    });
    assert_eq!(files[0], files[1]);
    assert_eq!(&files[0][16..20], &1600_u32.to_be_bytes());
}

#[test]
fn a_pipe_gets_plain_characters() {
    let done = wrt(&["plot", "w^2", "--at", "w=3"], b"");
    assert!(done.stdout.contains("slope 6") && !done.stdout.contains('\x1b'));
    assert!(done.stdout.lines().all(|l| l.chars().count() <= 80), "{}", done.stdout);
}

/// A clear error or a clear picture, and never an empty one.
#[test]
fn bad_input_is_answered() {
    let cases: [(&[&str], &str); 15] = [
        (&["plot", "x^2", "--at", "y=1"], "`y` does not occur in the formula"),
        (&["plot", "x^2", "--at", "x=1,z=2"], "`z` does not occur in the formula"),
        (&["plot", "a*x^2", "--wrt", "x", "--at", "a=1,b=2"], "`b` does not occur in the formula"),
        (&["plot", "log(x)", "--range=-3:-1"], "has no value between -3 and -1"),
        (&["plot", "log(-1 - x^2)"], "has no value"),
        (&["plot", "3"], "no free name"),
        (&["plot", "x + y + z"], "3 free names"),
        (&["plot", "x^2", "--range", "4:1"], "4 is not below 1"),
        (&["plot", "x^2", "--range", "four"], "expected FROM:TO"),
        (&["plot", "x^2", "-o", "picture.gif"], "picture.gif"),
        (&["plot", "x^2", "-o", "/no/such/folder/a.svg"], "/no/such/folder/a.svg could not be written"),
        (&["plot", "sum(v)", "--shapes", "v[n]"], "no single number"),
        (&["plot", "--sweep", "abs(w)", "--at", "w=0"], "no derivative"),
        (&["plot", "x*y", "--at", "x=1,2,y=1,2,3"], "2 values of `x` and 3 of `y`"),
        (&["plot", "w^2", "--at", "w=3", "--eps", "0"], "ε is 0"),
    ];
    for (args, told) in cases {
        let done = wrt(args, b"");
        assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""), "{args:?}: {}", done.stderr);
        assert!(done.stderr.contains(told), "{args:?}: {}", done.stderr);
    }
    for formula in [
        "1e300*x",
        "x^100",
        "1e-300*x",
        "0*x",
        "2 + 0*x",
        "x + 1e15",
        "x^x",
        "gamma(x)",
        "floor(10*x)",
        "exp(exp(exp(x)))",
    ] {
        let Picture { text } = draw("hard", &["plot", formula]);
        assert!(
            text.contains("class=\"curve\"") && !text.contains("NaN") && !text.contains("inf"),
            "{formula}: {text}"
        );
    }
    for at in ["x=1e300", "x=1e-300", "x=1e15,1000000000000001"] {
        draw("far", &["plot", "x + sin(x)", "--at", at]).assert_texts_apart();
    }
}

/// Each step is the one before, less the rate times the derivative; the picture has it on the curve.
#[test]
fn descent_walks_down_the_curve() {
    let args = ["descend", "w^2", "--from", "w=5", "--rate", "0.1", "--steps", "20"];
    let object = numbers(&args);
    let steps = object["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 21);
    for (k, step) in steps.iter().enumerate() {
        let w = 5.0 * 0.8_f64.powi(k as i32);
        assert!((step["at"][0].as_f64().unwrap() - w).abs() < 1e-12 * w.abs() + 1e-15);
        assert!((step["gradient"][0].as_f64().unwrap() - 2.0 * w).abs() < 1e-12);
    }
    let picture = draw("descend", &args);
    let frame = picture.frames()[0];
    // The legend has points as well, above.
    let walked: Vec<[f64; 2]> = picture.dots("dot", frame).into_iter().filter(|d| d[1] < frame.ranges[1][1]).collect();
    assert!(walked.len() >= 21 && walked.iter().all(|d| (d[1] - d[0] * d[0]).abs() < 0.1), "{walked:?}");
    picture.assert_texts_apart();
    let plane =
        draw("descend2", &["descend", "x^2 + 10*y^2", "--from", "x=4,y=2", "--rate", "0.05", "--method", "momentum"]);
    assert!(plane.dots("dot", plane.frames()[0]).len() > 20);
    plane.assert_texts_apart();
}

/// Where a walk has no place on a page, the picture tells how far it came down.
#[test]
fn descent_by_many_names_shows_the_value() {
    let picture = draw("descend_many", &["descend", "x^2 + y^2 + z^2", "--from", "x=1,y=2,z=3", "--steps", "4"]);
    let frame = picture.frames()[0];
    let dots = picture.dots("dot", frame);
    for k in 0..5 {
        let value = 14.0 * 0.64_f64.powi(k);
        let there = |d: &[f64; 2]| (d[0] - f64::from(k)).abs() < 0.01 && (d[1] - value).abs() <= 2.0 * frame.slack();
        assert!(dots.iter().any(there), "{value} is not among {dots:?}");
    }
    assert_eq!(picture.texts("name"), ["J", "step"]);
    // What does not vary is told.
    assert_eq!(draw("fixed", &["plot", "x^2*y", "--at", "x=1,2,y=3"]).texts("title"), ["J = x^2*y at y = 3"]);
}

#[test]
fn descent_says_when_it_diverges() {
    let told = |args: &[&str]| wrt(&[&["descend"], args].concat(), b"").stdout;
    let wild = told(&["w^2", "--from", "w=5", "--rate", "1.1"]);
    assert!(wild.contains("It diverges: J grew from 25 to"), "{wild}");
    assert!(wild.contains("rates below 2/2 = 1 are stable there, and 1.1 is not"), "{wild}");
    let calm = told(&["x^2 + 10*y^2", "--from", "x=4,y=2", "--rate", "0.08"]);
    assert!(calm.contains("rates below 2/20 = 0.1 are stable there, and 0.08 is below that"), "{calm}");
    let adam = told(&["w^2", "--from", "w=5", "--rate", "0.1", "--method", "adam", "--steps", "2"]);
    // Adam's first step is the rate, whatever the derivative.
    assert!(adam.lines().any(|l| l.starts_with("1     4.9 ")), "{adam}");
    let beyond = told(&["w^4", "--from", "w=5", "--rate", "0.1"]);
    assert!(beyond.contains("It diverges: at step ") && beyond.contains("beyond every double"), "{beyond}");
    let to_and_fro = told(&["w^2", "--from", "w=5", "--rate", "1"]);
    assert!(to_and_fro.contains("It does not come down: after 20 steps J is 25; it began at 25."), "{to_and_fro}");
    let hill = told(&["cos(w)", "--from", "w=0.1", "--rate", "0.5"]);
    assert!(hill.contains("the curve bends down: no rate is told"), "{hill}");
    let saddle = told(&["-x^2 - 2*y^2", "--from", "x=1,y=1", "--rate", "0.1", "--steps", "2"]);
    assert!(saddle.contains("the curve bends down"), "{saddle}");
    let down = told(&["sqrt(w)", "--from", "w=1", "--rate", "2"]);
    assert!(down.contains("It ends at step 1, where J or its derivative is infinite"), "{down}");
    let ended = told(&["log(w)", "--from", "w=0.1", "--rate", "1"]);
    assert!(ended.contains("It ends at step 1, where J has no value"), "{ended}");
    for args in
        [&["w^2", "--from", "w=5", "--rate", "0"][..], &["log(w)", "--from", "w=-1"], &["w^2 + a", "--from", "w=1"]]
    {
        let done = wrt(&[&["descend"], args].concat(), b"");
        assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""), "{args:?}");
    }
}

/// What is beyond the doubles is not said to have no derivative.
#[test]
fn values_beyond_the_doubles_are_told() {
    let done = wrt(&["plot", "x^2", "--at", "x=1e308"], b"");
    assert_eq!(done.code, Some(2), "{}", done.stdout);
    assert!(done.stderr.contains("`x^2` is beyond every double between"), "{}", done.stderr);
    let legend = draw("beyond", &["plot", "x^2", "--at", "x=1e308", "--range", "-2:2"]).texts("legend");
    assert!(legend.iter().any(|l| l == "x = 1e308: J is above every double"), "{legend:?}");
    draw("at_the_end", &["plot", "x/2", "--at", "x=1.7e308"]);
}

/// A model file is a formula of its parameters; those that do not vary have the values that they start as.
#[test]
fn a_model_file_is_plotted() {
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/linear.wrt");
    let picture = draw("model", &["plot", model, "--wrt", "b", "--at", "X=[[1],[2]],y=[1,3],b=1"]);
    let legend = picture.texts("legend");
    assert!(legend.iter().any(|l| l == "b = 1: slope -1, tangent 1 - (b - 1)"), "{legend:?}");
    let none = wrt(&["plot", model, "--wrt", "b"], b"");
    assert_eq!(none.code, Some(2));
    assert!(none.stderr.contains("`X`, `y` have no value"), "{}", none.stderr);
}

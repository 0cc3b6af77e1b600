//! The pictures of `docs/lecture.md`, read from their files: what they say is what they show.

use std::path::Path;

use crate::common::svg::{Frame, Picture, height};

fn kept(name: &str) -> Picture {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/pictures").join(format!("lecture_{name}.svg"));
    let picture = Picture { text: std::fs::read_to_string(path).unwrap() };
    picture.assert_texts_apart();
    picture
}

/// Rise over run in pixels, upwards, of a line in the coordinates of the axes.
fn slope_in_pixels(line: &[[f64; 2]], frame: Frame) -> f64 {
    let pixel = |[x, y]: [f64; 2]| {
        let [left, top, width, height] = frame.area;
        let [[x0, x1], [y0, y1]] = frame.ranges;
        [left + (x - x0) / (x1 - x0) * width, top + (y1 - y) / (y1 - y0) * height]
    };
    let [a, b] = [line[0], line[line.len() - 1]].map(pixel);
    (a[1] - b[1]) / (b[0] - a[0])
}

/// The tangents of a picture with one of these slopes at each place: each meets its curve there, with that slope in pixels.
fn assert_tangents(picture: &Picture, curve: impl Fn(f64, usize) -> f64, tangents: &[(usize, f64, f64)]) {
    let frame = picture.frames()[0];
    let [[x0, x1], [y0, y1]] = frame.ranges;
    let unit = (frame.area[3] / (y1 - y0)) / (frame.area[2] / (x1 - x0));
    let lines = picture.lines("curve", frame);
    let near = |a: f64, b: f64| (a - b).abs() <= 6.0 * frame.slack();
    for &(which, at, derivative) in tangents {
        let touches = |(_, line): &&(String, Vec<[f64; 2]>)| {
            let there = height(line, at).is_some_and(|y| near(y, curve(at, which)));
            let slope = slope_in_pixels(line, frame);
            line.len() == 2 && there && (slope - derivative * unit).abs() <= 1e-3 * unit * derivative.abs().max(1.0)
        };
        let tangent = lines.iter().position(|l| touches(&l));
        let tangent = tangent.unwrap_or_else(|| panic!("no tangent of slope {derivative} at {at}"));
        let mut others = lines.iter().enumerate().filter(|(k, _)| *k != tangent).map(|(_, (_, l))| l);
        assert!(
            others.any(|l| height(l, at).is_some_and(|y| near(y, curve(at, which)))),
            "no curve goes through the point of contact at {at}"
        );
        let dots = picture.dots("dot", frame);
        assert!(dots.iter().any(|d| (d[0] - at).abs() < 0.02 && near(d[1], curve(at, which))), "{dots:?}");
    }
}

/// Row 9: the line that just touches, at w = 3, 2 and -3.
#[test]
fn tangents_of_the_parabola_touch_it() {
    let picture = kept("tangents");
    assert_tangents(&picture, |w, _| w * w, &[(0, 3.0, 6.0), (0, 2.0, 4.0), (0, -3.0, -6.0)]);
    // A parabola lies above all its tangents.
    let frame = picture.frames()[0];
    let lines = picture.lines("curve", frame);
    let (_, curve) = lines.iter().find(|(_, l)| l.len() > 2).unwrap();
    for (_, tangent) in lines.iter().filter(|(_, l)| l.len() == 2) {
        for [x, y] in curve {
            assert!(
                height(tangent, *x).is_none_or(|t| t <= y + 6.0 * frame.slack()),
                "a tangent cuts the curve at {x}"
            );
        }
    }
    let legend = picture.texts("legend");
    for told in [
        "w = 3: slope 6, tangent 9 + 6*(w - 3)",
        "w = 2: slope 4, tangent 4 + 4*(w - 2)",
        "w = -3: slope -6, tangent 9 - 6*(w + 3)",
    ] {
        assert!(legend.iter().any(|l| l == told), "{told} is not among {legend:?}");
    }
}

/// Row 9: the little triangle, ε wide and ΔJ high, over which the tangent rises by k·ε.
#[test]
fn the_triangle_has_its_sides() {
    let picture = kept("triangle");
    let frame = picture.frames()[0];
    assert_tangents(&picture, |w, _| w * w, &[(0, 3.0, 6.0)]);
    let (_, corners) = &picture.lines("area", frame)[0];
    let width =
        corners.iter().map(|p| p[0]).fold(f64::MIN, f64::max) - corners.iter().map(|p| p[0]).fold(f64::MAX, f64::min);
    let high =
        corners.iter().map(|p| p[1]).fold(f64::MIN, f64::max) - corners.iter().map(|p| p[1]).fold(f64::MAX, f64::min);
    assert!((width - 0.5).abs() < 0.001 && (high - 3.25).abs() <= 2.0 * frame.slack(), "{corners:?}");
    assert_eq!(picture.texts("label"), ["ε = 0.5", "ΔJ = 3.25", "tangent: 6·ε = 3"]);
    assert!(picture.dots("open", frame).iter().any(|d| (d[1] - 12.0).abs() <= 2.0 * frame.slack()));
}

/// Rows 12 to 14: the cube, the line and the quotient at w = 2.
#[test]
fn three_curves_have_their_tangents() {
    let picture = kept("three");
    let curve = |w: f64, which: usize| [w * w * w, w, 1.0 / w][which];
    assert_tangents(&picture, curve, &[(0, 2.0, 12.0), (1, 2.0, 1.0), (2, 2.0, -0.25)]);
    let legend = picture.texts("legend").join("\n");
    for told in ["slope 12", "slope 1,", "slope -0.25"] {
        assert!(legend.contains(told), "{told} is not in {legend}");
    }
}

/// Row 5: with ε the error falls, and rises again as round-off takes over, but not for exact numbers.
#[test]
fn the_error_of_a_nudge_is_a_v() {
    let picture = kept("sweep");
    let frame = picture.frames()[0];
    // Lower on the page is a larger number of pixels, and smaller errors.
    let walks: Vec<Vec<[f64; 2]>> =
        picture.lines("curve", frame).into_iter().map(|(_, l)| l).filter(|l| l.len() > 5).collect();
    let lowest_inside = |l: &Vec<[f64; 2]>| {
        let low = (0..l.len()).min_by(|a, b| l[*a][1].total_cmp(&l[*b][1])).unwrap();
        low > 0 && low + 1 < l.len()
    };
    assert!(walks.iter().filter(|l| lowest_inside(l)).count() >= 2, "no V");
    assert!(walks.iter().any(|l| !lowest_inside(l)), "exact numbers have no V");
    let legend = picture.texts("legend").join("\n");
    for kind in ["single precision", "double precision", "exact"] {
        assert!(legend.contains(kind), "{kind} is not in {legend}");
    }
}

/// Row 16: each step is the rate times the slope, so that steps get smaller with it; the points stand on the curve.
#[test]
fn descent_walks_down_the_curve() {
    let picture = kept("descend");
    let frame = picture.frames()[0];
    let dots = picture.dots("dot", frame);
    let mut w = 5.0;
    for step in 0..8 {
        let on = |d: &[f64; 2]| (d[0] - w).abs() < 0.02 && (d[1] - w * w).abs() <= 4.0 * frame.slack();
        assert!(dots.iter().any(on), "step {step} is not drawn: {dots:?}");
        w -= 0.1 * 2.0 * w;
    }
    let plane = kept("contours");
    let frame = plane.frames()[0];
    let dots = plane.dots("dot", frame);
    let [mut x, mut y] = [-2.0, 1.0];
    for step in 0..12 {
        let on = |d: &[f64; 2]| (d[0] - x).abs() < 0.02 && (d[1] - y).abs() < 0.02;
        assert!(dots.iter().any(on), "step {step} is not drawn: {dots:?}");
        x -= 0.1 * 2.0 * (x - 1.0);
        y -= 0.1 * 6.0 * (y + 1.0);
    }
}

/// Row 18 and both exercises: values and derivatives at each node, the local derivatives on the arrows, and the nudges.
#[test]
fn computation_graphs_have_their_numbers() {
    let has = |name: &str, lines: &[&str], edges: &[&str]| {
        let picture = kept(name);
        let (found, on) = (picture.texts("line"), picture.texts("edge"));
        lines.iter().for_each(|l| assert!(found.iter().any(|f| f == l), "{name}: {l} is not among {found:?}"));
        edges.iter().for_each(|e| assert!(on.iter().any(|f| f == e), "{name}: {e} is not among {on:?}"));
    };
    let first = [
        "a = 2 + 3*w",
        "11",
        "121",
        "dJ/da = 2*a = 22",
        "nudged: 22.001",
        "dJ/dw = dJ/da·da/dw = 22·3 = 66",
        "nudged: 66.009",
    ];
    has("first", &first, &["da/dw = 3", "dJ/da = 2*a = 22"]);
    let second = [
        "c = w*x",
        "-4",
        "a = c + b",
        "4",
        "d = a - y",
        "3",
        "J = d^2/2",
        "4.5",
        "∂J/∂d = d = 3",
        "∂J/∂a = ∂J/∂d·∂d/∂a = 3·1 = 3",
        "∂J/∂b = ∂J/∂a·∂a/∂b = 3·1 = 3",
        "∂J/∂c = ∂J/∂a·∂a/∂c = 3·1 = 3",
        "∂J/∂w = ∂J/∂c·∂c/∂w = 3·2 = 6",
        "nudged: 6.002",
    ];
    has("second", &second, &["∂c/∂w = x = 2", "∂a/∂c = 1", "∂d/∂a = 1", "dJ/dd = d = 3"]);
    // Where paths meet there is a sum.
    assert!(kept("paths").texts("line").iter().any(|l| l.contains("dJ/da·da/dw + dJ/db·db/dw")));
    assert!(kept("network").texts("edge").iter().any(|e| e == "[m, 4]"));
}

//! Scenes in each backend: what the files say, where things are, and that no text meets another.

use wrt_draw::{
    Arrow, Axis, Card, CardLine, Dash, Diagram, Dot, Ink, Item, Layer, Panel, Scene, Shape, Side, Theme, diagram_page,
    diagram_terminal, page, png, svg, terminal,
};

/// A picture with everything in it.
fn rich() -> Scene {
    let curve: Vec<[f64; 2]> = (-60..=60).map(|k| f64::from(k) / 10.0).map(|x| [x, x * x]).collect();
    let mut panel = Panel::new(Axis::linear("w", -6.0, 6.0), Axis::linear("J", -10.0, 36.0));
    panel = panel.with(Layer::curve(vec![curve]).named("J = w^2"));
    for (k, w) in [3.0, 2.0, -3.0].into_iter().enumerate() {
        let line = |x: f64| [x, w * w + 2.0 * w * (x - w)];
        let tangent = Layer::line(line(-6.0), line(6.0)).inked(Ink::Series(k + 1)).dashed(Dash::Dashed);
        panel = panel.with(tangent.named(format!("at w = {w}: slope {}", 2.0 * w)));
        panel = panel.with(Layer::new(Shape::Dots(vec![[w, w * w]], Dot::Full)).inked(Ink::Series(k + 1)));
        panel = panel.with(Layer::new(Shape::Label(format!("slope {}", 2.0 * w), [w, w * w], Side::Right)));
    }
    Scene::new("Tangents of w^2 & more <here>").with(panel).note("A sentence below.")
}

fn overlap(a: &[f64; 4], b: &[f64; 4]) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

fn assert_texts_apart(scene: &Scene) {
    let page = page(scene, Theme::Light);
    let boxes: Vec<[f64; 4]> = page.items.iter().filter_map(|i| i.text_box()).collect();
    assert!(!boxes.is_empty());
    for (k, a) in boxes.iter().enumerate() {
        assert!(a[0] >= 0.0 && a[1] >= 0.0 && a[2] <= page.width && a[3] <= page.height, "{a:?} leaves the page");
        for b in &boxes[k + 1..] {
            assert!(!overlap(a, b), "{a:?} meets {b:?}");
        }
    }
}

#[test]
fn texts_never_meet() {
    assert_texts_apart(&rich());
    let many: Vec<[f64; 2]> = (0..40).map(|k| [f64::from(k % 7), f64::from(k % 5)]).collect();
    let mut panel = Panel::new(Axis::linear("x", -1e300, 1e300), Axis::log("y", 1e-300, 1e300));
    panel.layers = many.iter().map(|at| Layer::new(Shape::Label("crowded".into(), *at, Side::Above))).collect();
    assert_texts_apart(&Scene::new("word ".repeat(100)).with(panel));
    let names: Vec<String> = (0..26).map(|k| format!("a long name of class {k}")).collect();
    assert_texts_apart(&wrt_draw::confusion("", &names, &vec![vec![12_345; 26]; 26]));
    let run =
        [("loss", vec![1.0, f64::NAN, 1e-5]), ("val_loss", vec![2.0, 1.0, 0.1]), ("accuracy", vec![0.9, 1.0, 1.0])];
    assert_texts_apart(&wrt_draw::history("run", &[1.0, 2.0, 3.0], &run, Some(2)));
}

#[test]
fn extreme_ranges_are_drawn() {
    for (from, to) in
        [(0.0, 0.0), (5.0, 5.0), (f64::NAN, 1.0), (-f64::MAX, f64::MAX), (1.0, 1.0 + 1e-15), (1e-320, 2e-320)]
    {
        let points = vec![vec![[from, to], [to, from], [f64::INFINITY, f64::NAN]]];
        let panel = Panel::new(Axis::linear("x", from, to), Axis::log("y", from, to)).with(Layer::curve(points));
        let scene = Scene::new("").with(panel);
        assert_texts_apart(&scene);
        assert!(!svg(&scene, Theme::Dark).contains("NaN ") && !svg(&scene, Theme::Dark).contains("\"NaN"));
        assert!(terminal(&scene, 60, false).contains('x'));
        assert!(png(&scene, Theme::Light, 1).len() > 500);
    }
}

#[test]
fn a_png_has_the_same_bytes_each_time() {
    let one = png(&rich(), Theme::Light, 1);
    assert_eq!(one, png(&rich(), Theme::Light, 1));
    assert_ne!(one, png(&rich(), Theme::Dark, 1));
    assert!(one.starts_with(b"\x89PNG\r\n\x1a\n") && one.ends_with(b"IEND\xaeB`\x82"));
    let width = u32::from_be_bytes([one[16], one[17], one[18], one[19]]);
    assert_eq!((width, f64::from(width)), (800, page(&rich(), Theme::Light).width));
}

#[test]
fn an_svg_says_its_ranges_and_its_text() {
    let text = svg(&rich(), Theme::Light);
    assert!(text.contains("data-x=\"-6.0 6.0\" data-y=\"-10.0 36.0\""), "{text}");
    for piece in ["Tangents of w^2 &amp; more &lt;here&gt;", ">at w = -3: slope -6<", ">−4<", ">J<"] {
        assert!(text.contains(piece), "{piece} is missing");
    }
}

#[test]
fn a_curve_is_cut_where_the_plot_ends() {
    let page = page(&rich(), Theme::Light);
    let [left, top, width, height] = page.frames[0].0;
    let inside = |[x, y]: [f64; 2]| {
        (left - 0.01..=left + width + 0.01).contains(&x) && (top - 0.01..=top + height + 0.01).contains(&y)
    };
    for item in &page.items {
        if let wrt_draw::Item::Path { class: "curve", points, .. } = item {
            assert!(points.iter().all(|p| inside(*p)), "{points:?}");
        }
    }
}

#[test]
fn a_terminal_draws_the_curve() {
    let text = terminal(&rich(), 60, false);
    assert!(text.lines().all(|l| l.chars().count() <= 72), "{text}");
    assert_eq!(text.matches('●').count(), 3, "{text}");
    assert!(!text.contains('\x1b') && terminal(&rich(), 60, true).contains('\x1b'));
    let braille = |c: &char| ('\u{2801}'..='\u{28ff}').contains(c);
    assert!(text.contains("slope 6") && text.chars().filter(braille).count() > 60, "{text}");
}

/// Without colours lines are told apart by letters, and those for other rows by gaps.
#[test]
fn a_terminal_without_colours_tells_lines_apart() {
    let epochs: Vec<f64> = (1..=30).map(f64::from).collect();
    let fall = |rate: f64| epochs.iter().map(|e| (-rate * e).exp()).collect::<Vec<f64>>();
    let (slow, fast, other) = (fall(0.05), fall(0.2), fall(0.04));
    let run = |name, training, validation| wrt_draw::Losses { name, epochs: &epochs, training, validation };
    let scene = wrt_draw::losses("Losses", &[run("slow", &slow, Some(&other[..])), run("fast", &fast, None)]);
    let plain = terminal(&scene, 80, false);
    for (letter, name) in [('a', "slow"), ('b', "slow, validation"), ('c', "fast")] {
        assert!(plain.contains(&format!("  ⠒{letter} {name}\n")), "{plain}");
        let drawn = plain.lines().filter_map(|l| l.split_once(['│', '┤'])).map(|(_, l)| l.matches(letter).count());
        assert!(drawn.sum::<usize>() >= 3, "{letter} is missing:\n{plain}");
    }
    let coloured = terminal(&scene, 80, true);
    assert!(coloured.contains("⠒⠒\x1b[0m slow\n"), "{coloured}");
    // One line needs no letter.
    assert!(terminal(&wrt_draw::losses("", &[run("slow", &slow, None)]), 80, false).contains("⠒⠒ slow"));
}

/// The heights of contours stand on their lines, and never on an arrow or a dot.
#[test]
fn heights_cover_no_marks() {
    let line: Vec<[f64; 2]> = (0..=100).map(|k| [f64::from(k) / 10.0, 5.0]).collect();
    let dots: Vec<[f64; 2]> = (0..=8).map(|k| [f64::from(k), 5.0]).collect();
    let arrows = vec![[[4.5, 3.0], [4.5, 7.0]]];
    let panel = Panel::new(Axis::linear("x", 0.0, 10.0), Axis::linear("y", 0.0, 10.0))
        .with(Layer::curve(vec![line.clone()]))
        .with(Layer::new(Shape::OnLine("12".into(), line.clone(), 0.5)))
        .with(Layer::new(Shape::Dots(dots, Dot::Full)))
        .with(Layer::new(Shape::Arrows(arrows)));
    let page = page(&Scene::new("").with(panel), Theme::Light);
    let [left, .., width, _] = page.frames[0].0;
    let label = page.items.iter().find(|i| matches!(i, Item::Text { class: "label", .. })).unwrap();
    let [x0, _, x1, _] = label.text_box().unwrap();
    let value = |x: f64| (x - left) / width * 10.0;
    let free = |x: f64| value(x0) > x || value(x1) < x;
    assert!((0..=8).all(|k| free(f64::from(k))) && free(4.5), "{} to {}", value(x0), value(x1));
    // Where there is no room, it is left out.
    let dots: Vec<[f64; 2]> = (0..=100).map(|k| [f64::from(k) / 10.0, 5.0]).collect();
    let full = Panel::new(Axis::linear("x", 0.0, 10.0), Axis::linear("y", 0.0, 10.0))
        .with(Layer::new(Shape::OnLine("12".into(), line, 0.5)))
        .with(Layer::new(Shape::Dots(dots, Dot::Full)));
    assert!(!svg(&Scene::new("").with(full), Theme::Light).contains(">12<"));
}

#[test]
fn contours_of_a_bowl_are_closed_rings() {
    let x: Vec<f64> = (-20..=20).map(|k| f64::from(k) / 10.0).collect();
    let values: Vec<Vec<f64>> = x.iter().map(|b| x.iter().map(|a| a * a + b * b).collect()).collect();
    let rings = wrt_draw::lines(&x, &x, &values, 1.0);
    assert_eq!(rings.len(), 1);
    assert_eq!(rings[0].first(), rings[0].last());
    assert!(rings[0].iter().all(|[a, b]| (a * a + b * b - 1.0).abs() < 0.01));
    let levels = wrt_draw::levels(&values, 8);
    assert!(levels.len() >= 5 && levels.windows(2).all(|w| w[0] < w[1]), "{levels:?}");
}

/// A graph of so many nodes, in which each one has two arguments a few nodes before it.
fn web(count: usize) -> Diagram {
    let card = |k: usize| Card {
        lines: (0..1 + k % 3)
            .map(|l| CardLine::new(format!("{k}: {}", "abc ".repeat(1 + (k + l) % 9)), Ink::Text))
            .collect(),
        ink: Ink::Axis,
        border: Dash::Solid,
        stacked: k.is_multiple_of(5),
        lit: false,
    };
    let arrow = |from, to| {
        let label = if (from + to) % 3 == 1 { String::new() } else { format!("{from} to {to}") };
        Arrow { from, to, label, ink: Ink::Secondary, hidden: false }
    };
    let pairs = (2..count).flat_map(|k| [(k - 1 - k * k % k.min(7), k), (k * 5 % k.min(9), k)]);
    let mut arrows: Vec<(usize, usize)> = pairs.collect();
    arrows.sort_unstable();
    arrows.dedup();
    let arrows = arrows.into_iter().map(|(from, to)| arrow(from, to)).collect();
    Diagram { title: "A web".into(), nodes: (0..count).map(card).collect(), arrows, ..Diagram::default() }
}

/// No text meets another, no arrow runs through a card.
#[test]
fn graphs_are_laid_out_without_meetings() {
    for count in [1, 2, 3, 10, 45] {
        let page = diagram_page(&web(count), Theme::Light);
        let texts: Vec<[f64; 4]> = page.items.iter().filter_map(|i| i.text_box()).collect();
        for (k, a) in texts.iter().enumerate() {
            assert!(a[0] >= 0.0 && a[1] >= 0.0 && a[2] <= page.width && a[3] <= page.height, "{a:?} leaves the page");
            assert!(texts[k + 1..].iter().all(|b| !overlap(a, b)), "{a:?} meets another text");
        }
        let paths = |wanted: &'static str| {
            page.items.iter().filter_map(move |i| match i {
                Item::Path { class, points, .. } if *class == wanted => Some(points),
                _ => None,
            })
        };
        let bounds = |points: &Vec<[f64; 2]>| {
            points.iter().fold([f64::MAX, f64::MAX, f64::MIN, f64::MIN], |b, [x, y]| {
                [b[0].min(*x), b[1].min(*y), b[2].max(*x), b[3].max(*y)]
            })
        };
        let cards: Vec<[f64; 4]> = paths("card").map(bounds).collect();
        assert_eq!(cards.len(), count);
        assert_eq!(paths("arrow").count(), web(count).arrows.len());
        for [x, y] in paths("arrow").flatten() {
            let inside = |c: &[f64; 4]| *x > c[0] + 0.5 && *x < c[2] - 0.5 && *y > c[1] + 0.5 && *y < c[3] - 0.5;
            assert!(!cards.iter().any(inside), "an arrow runs through a card at {x}, {y}");
        }
        assert!(diagram_terminal(&web(count), 10_000).is_some_and(|text| text.starts_with("A web\n")));
    }
    assert_eq!(diagram_terminal(&web(10), 20), None);
    // Nothing to draw is no reason to fail, nor are arrows that lead nowhere.
    let arrow = Arrow { from: 3, to: 1, label: "x".into(), ink: Ink::Text, hidden: false };
    let empty = Diagram { arrows: vec![arrow], ..Diagram::default() };
    assert!(diagram_page(&empty, Theme::Dark).width > 0.0 && diagram_terminal(&empty, 80).is_some());
}

/// A diagram of so many small cards; each arrow has a label.
fn plain(count: usize, pairs: &[(usize, usize)]) -> Diagram {
    let card = |k: usize| Card {
        lines: vec![CardLine::new(k.to_string(), Ink::Text)],
        ink: Ink::Axis,
        border: Dash::Solid,
        stacked: false,
        lit: false,
    };
    let arrow =
        |(from, to): &(usize, usize)| Arrow { from: *from, to: *to, label: "d".into(), ink: Ink::Text, hidden: false };
    Diagram { nodes: (0..count).map(card).collect(), arrows: pairs.iter().map(arrow).collect(), ..Diagram::default() }
}

/// The ways of all arrows.
fn arrows(diagram: &Diagram) -> Vec<Vec<[f64; 2]>> {
    let way = |item: Item| match item {
        Item::Path { class: "arrow", points, .. } => Some(points),
        _ => None,
    };
    diagram_page(diagram, Theme::Light).items.into_iter().filter_map(way).collect()
}

/// Do two lines cross, not only meet at an end?
fn cross(a: &[[f64; 2]], b: &[[f64; 2]]) -> bool {
    let side = |p: &[[f64; 2]], q: [f64; 2]| {
        let [dx, dy] = [p[1][0] - p[0][0], p[1][1] - p[0][1]];
        dx * (q[1] - p[0][1]) - dy * (q[0] - p[0][0])
    };
    let parts = |p: &[[f64; 2]], q: &[[f64; 2]]| side(p, q[0]) * side(p, q[1]) < -1e-6;
    a.windows(2).any(|p| b.windows(2).any(|q| parts(p, q) && parts(q, p)))
}

/// However its nodes are numbered, a graph that can be drawn without crossings is.
#[test]
fn arrows_cross_only_where_they_must() {
    // Of each middle node, which of the first ones lead to it; all lead to the last.
    let graphs: [&[&[usize]]; 3] =
        [&[&[0], &[1], &[0, 1]], &[&[0], &[0, 1], &[1], &[1, 2]], &[&[0, 1], &[1, 2], &[2, 3]]];
    for middle in graphs {
        let (first, count) = (middle.iter().flat_map(|m| m.iter()).max().unwrap() + 1, middle.len());
        for turn in 0..2 * count {
            // Turned round, and in the other direction.
            let at = |k: usize| if turn < count { (k + turn) % count } else { (2 * count - 1 - k + turn) % count };
            let last = first + count;
            let mut pairs: Vec<(usize, usize)> = (0..count)
                .flat_map(|k| middle[k].iter().map(move |f| (*f, first + at(k))).chain([(first + at(k), last)]))
                .collect();
            pairs.sort_unstable_by_key(|(from, to)| (*to, *from));
            let ways = arrows(&plain(last + 1, &pairs));
            for (k, a) in ways.iter().enumerate() {
                assert!(ways[k + 1..].iter().all(|b| !cross(a, b)), "{pairs:?}");
            }
        }
    }
}

/// What is used again and again is led along once: a picture grows with the graph, and no faster.
#[test]
fn arrows_from_one_node_run_together() {
    let long = |count: usize| {
        let pairs: Vec<(usize, usize)> = (1..count).flat_map(|k| [(0, k), (k - 1, k)]).skip(1).collect();
        arrows(&plain(count, &pairs)).iter().map(Vec::len).sum::<usize>()
    };
    let (some, many) = (long(30), long(300));
    assert!(many < 14 * some, "{some} points for 30 nodes, {many} for 300");
}

/// A curve of thousands of points is drawn with few, none of which it leaves.
#[test]
fn curves_have_no_more_points_than_they_need() {
    let lines = |curve: Vec<[f64; 2]>| {
        let panel =
            Panel::new(Axis::linear("x", -2.0, 2.0), Axis::linear("y", -2.0, 2.0)).with(Layer::curve(vec![curve]));
        let page = page(&Scene::new("").with(panel), Theme::Light);
        let [left, top, width, height] = page.frames[0].0;
        let pixel = move |[x, y]: [f64; 2]| [left + (x + 2.0) / 4.0 * width, top + (2.0 - y) / 4.0 * height];
        let drawn = page.items.into_iter().find_map(|item| match item {
            Item::Path { class: "curve", points, .. } => Some(points),
            _ => None,
        });
        (drawn.unwrap(), pixel)
    };
    let from = |k: u32, count: u32| f64::from(k) / f64::from(count);
    let wave: Vec<[f64; 2]> = (0..=4000).map(|k| -2.0 + 4.0 * from(k, 4000)).map(|x| [x, (5.0 * x).sin()]).collect();
    let ring: Vec<[f64; 2]> = (0..=4000).map(|k| 6.4 * from(k, 4000)).map(|t| [t.cos(), 1.3 * t.sin()]).collect();
    let there_and_back: Vec<[f64; 2]> = (0..=1000).map(|k| (from(k, 1000) * 9.0).sin()).map(|x| [x, x]).collect();
    for (curve, most) in [(wave, 400), (ring, 260), (there_and_back, 30)] {
        let (drawn, pixel) = lines(curve.clone());
        assert!(drawn.len() < most, "{} points", drawn.len());
        let distance = |p: [f64; 2]| {
            let along = |w: &[[f64; 2]]| {
                let [dx, dy] = [w[1][0] - w[0][0], w[1][1] - w[0][1]];
                let t = ((p[0] - w[0][0]) * dx + (p[1] - w[0][1]) * dy) / (dx * dx + dy * dy).max(1e-300);
                let t = t.clamp(0.0, 1.0);
                (p[0] - w[0][0] - t * dx).hypot(p[1] - w[0][1] - t * dy)
            };
            drawn.windows(2).map(along).fold(f64::MAX, f64::min)
        };
        for point in curve {
            assert!(distance(pixel(point)) < 0.05, "{point:?} is left");
        }
    }
    // A line of one place is a line all the same.
    assert_eq!(lines(vec![[0.5, 0.5]; 9]).0.len(), 2);
}

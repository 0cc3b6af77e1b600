//! The sweep over the rewrite rules: both sides of every row at points inside, at and outside its domain.

use wrt_core::{Assumptions, Graph, Id, Number, Primitive};
use wrt_language::{Scope, parse};
use wrt_rewrite::{BUILT_IN, Condition, Effect, RULES, Rule, cost, simplify};
use wrt_trials::{Verdict, decide};

/// Inside and outside the domains of all functions, with their edges; `x`, `y` and `c` run through them shifted.
const SAMPLES: &[&str] = &[
    "-1000", "-3", "-2", "-3/2", "-1", "-0.7", "-1/2", "-1e-12", "0", "1e-12", "1/3", "1/2", "0.7", "1", "3/2", "2",
    "3", "17.25", "1000",
];

const NAMES: [&str; 3] = ["x", "y", "c"];

/// The rows, and what the normal form does without.
fn all() -> impl Iterator<Item = &'static Rule> {
    RULES.iter().chain(BUILT_IN)
}

fn read(g: &mut Graph, text: &str) -> Id {
    let scope = Scope { variables: &NAMES, assumptions: &[], ..Scope::default() };
    parse(g, text, &scope).unwrap_or_else(|e| panic!("{text}: {e}")).result
}

fn points(g: &mut Graph, condition: Condition) -> Vec<Vec<(Id, Number)>> {
    let symbols = NAMES.map(|name| g.symbol(name));
    let number = |k: usize| Number::parse(SAMPLES[k % SAMPLES.len()]).unwrap();
    let all = (0..SAMPLES.len())
        .map(|k| symbols.iter().enumerate().map(|(j, s)| (*s, number(k + 5 * j))).collect::<Vec<_>>());
    all.filter(|point| match condition {
        Condition::Always => true,
        Condition::Nonnegative => !point[0].1.is_negative(),
        Condition::Nonpositive => point[0].1.is_negative() || point[0].1.is_zero(),
    })
    .collect()
}

#[test]
fn every_row_is_a_call_of_a_function() {
    for rule in RULES {
        assert!(rule.read(&mut Graph::new()).is_some(), "{}: {} => {}", rule.name, rule.from, rule.to);
    }
}

#[test]
fn both_sides_agree_where_the_left_one_is_defined() {
    for rule in all() {
        let mut g = Graph::new();
        let (from, to) = (read(&mut g, rule.from), read(&mut g, rule.to));
        let mut agreed = 0;
        for point in points(&mut g, rule.condition) {
            match decide(&g, from, to, &point) {
                Verdict::Same => agreed += 1,
                // tanh(1000) is 1 to thousands of bits.
                Verdict::LeftUndefined | Verdict::Undecided => {}
                verdict => panic!("{}: {} => {} at {point:?}: {verdict:?}", rule.name, rule.from, rule.to),
            }
        }
        assert!(agreed > 0, "{}: no sample lies in the domain of {}", rule.name, rule.from);
    }
}

#[test]
fn domains_are_what_the_rules_say() {
    let mut wrong = Vec::new();
    for rule in all() {
        let mut g = Graph::new();
        for name in NAMES {
            g.symbol(name);
        }
        let (from, to) = (read(&mut g, rule.from), read(&mut g, rule.to));
        let wider = |point: &Vec<(Id, Number)>| {
            let defined = |g: &Graph, id: Id| decide(g, id, id, point) != Verdict::LeftUndefined;
            defined(&g, to) && !defined(&g, from)
        };
        let found = points(&mut g.clone(), rule.condition).into_iter().find(wider);
        let right = match rule.effect {
            Effect::Equal => found.is_none(),
            Effect::Extends => found.is_some(),
            // Rules on numbers keep the domain or extend it.
            Effect::Narrows => false,
        };
        if !right {
            wrong.push(format!("{} is no {:?}: only the right side is defined at {found:?}", rule.name, rule.effect));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_cancelled_is_noted_unless_the_rest_excludes_it() {
    let mut wrong = Vec::new();
    for p in Primitive::ALL.iter().filter(|p| p.arity() == 1) {
        let call = format!("{}(x)", p.name());
        let zero = (format!("x*{call}/x"), "x may also be 0", ["0"].as_slice());
        let negative =
            (format!("sqrt(x)^2 + {call}"), "x may also be negative", ["-3", "-1.5", "-0.7", "-0.01"].as_slice());
        for (text, note, outside) in [zero, negative] {
            let mut g = Graph::new();
            let (x, f) = (g.symbol("x"), read(&mut g, &text));
            let written = g.len();
            let simple = simplify(&mut g, f, written);
            let defined = |at: &&str| {
                let point = [(x, Number::parse(at).unwrap())];
                decide(&g, simple.id, simple.id, &point) != Verdict::LeftUndefined
            };
            if outside.iter().any(defined) != simple.notes.iter().any(|n| n == note) {
                wrong.push(format!("{text}: {:?}", simple.notes));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Does the left side become the right one where this is known of `x`?
fn fired(rule: &Rule, known: Assumptions) -> bool {
    let mut g = Graph::new();
    g.symbol_with("x", known);
    let (from, to) = (read(&mut g, rule.from), read(&mut g, rule.to));
    let written = g.len();
    simplify(&mut g, from, written).id == simplify(&mut g, to, written).id
}

#[test]
fn rules_fire_where_their_condition_is_known_to_hold_and_nowhere_else() {
    let mut wrong = Vec::new();
    for rule in all() {
        let cases = match rule.condition {
            Condition::Always => [(Assumptions::default(), true), (Assumptions::nonnegative(), true)],
            Condition::Nonnegative => [(Assumptions::default(), false), (Assumptions::nonnegative(), true)],
            Condition::Nonpositive => [(Assumptions::default(), false), (Assumptions::nonpositive(), true)],
        };
        for (known, fires) in cases {
            if fired(rule, known.clone()) != fires {
                wrong.push(format!("{}: {} => {} with {known:?}", rule.name, rule.from, rule.to));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_right_side_is_longer() {
    for rule in all() {
        let mut g = Graph::new();
        let (from, to) = (read(&mut g, rule.from), read(&mut g, rule.to));
        // A number is what people want, even a fraction.
        let short = g.as_number(to).is_some() || cost(&g, to) <= cost(&g, from);
        assert!(short, "{}: {} => {}", rule.name, rule.from, rule.to);
    }
}

#[test]
fn no_two_rules_share_a_name_or_a_left_side() {
    for (k, rule) in all().enumerate() {
        for other in all().take(k) {
            assert_ne!(rule.name, other.name);
            assert!(rule.from != other.from || rule.condition != other.condition, "{}", rule.from);
        }
    }
}

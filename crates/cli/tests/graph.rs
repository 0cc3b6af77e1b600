//! `wrt trace` and `wrt graph`: the numbers of the lecture's exercises, and what there is to see in the pictures.

use serde_json::Value;

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

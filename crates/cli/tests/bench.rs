//! `wrt bench`: one object for each item, and clear words for what can't be timed. No time is judged here.

use crate::common::wrt;

const MODEL: &str = "data X[m, 3], y[m] in 0..4; z = dense(X, 4); cost = mean(crossentropy(y, softmax(z)))";

#[test]
fn each_item_is_an_object() {
    let run = wrt(
        &["bench", MODEL, "--dims", "m=12", "--batch", "4", "--what", "value,gradient,step", "--repeat", "3", "--json"],
        b"",
    );
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{run:?}");
    let objects: Vec<serde_json::Value> = run.stdout.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let said = |key: &str| objects.iter().map(|o| o[key].as_str().unwrap().to_string()).collect::<Vec<_>>();
    assert_eq!(said("what"), ["value", "gradient", "step"]);
    assert_eq!(said("precision"), ["f64", "f64", "f32"]);
    for object in &objects {
        for key in ["compile_s", "median_s", "min_s"] {
            assert!(object[key].as_f64().unwrap() > 0.0, "{key}: {object}");
        }
        assert_eq!(object["windows"], 3);
        assert!(object["threads"].as_u64().unwrap() > 0);
    }
    let chosen = wrt(&["bench", MODEL, "--dims", "m=5", "--what", "value", "--precision", "f32", "--repeat", "1"], b"");
    assert!(chosen.stdout.starts_with("value in f32: "), "{chosen:?}");
    let alone =
        wrt(&["bench", MODEL, "--dims", "m=5", "--what", "value", "--threads", "2", "--repeat", "1", "--json"], b"");
    assert!(alone.stdout.contains("\"threads\":2"), "{alone:?}");
}

#[test]
fn what_is_wrong_is_said() {
    let said = |args: &[&str]| {
        let run = wrt(&[&["bench"], args, &["--repeat", "1"]].concat(), b"");
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{run:?}");
        run.stderr
    };
    assert!(said(&["data A[n, n]; cost = logdet(A)", "--dims", "n=3"]).contains("`logdet` can't be compiled"));
    assert!(said(&[MODEL]).contains("a size of `X` is missing"));
    assert!(said(&[MODEL, "--dims", "m=100000000000"]).contains("at most"));
    assert!(said(&[MODEL, "--dims", "m=4", "--what", "speed"]).contains("speed"));
    assert!(said(&["data x[m]; cost = sum(x)", "--dims", "m=4", "--what", "step"]).contains("no parameters to train"));
    assert!(
        said(&["data x[m]; param a; cost = sum(a*x); train adma()", "--dims", "m=4", "--what", "step"])
            .contains("adam")
    );
    assert!(said(&["no_such_file.wrt"]).contains("could not be opened"));
}

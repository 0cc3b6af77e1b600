//! Rows come from text, from arrays of NumPy and idx files, with gzip around them, by pattern, or side by side; what is
//! wrong with them is said where it is.

use std::path::{Path, PathBuf};

use crate::common::wrt;

fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("data").join(name);
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

const MODEL: &str = "data X[m, 2], y[m] in 0..3
z = dense(X, 3)
cost = mean(crossentropy(y, softmax(z)))
train sgd(rate = 0.1), epochs = 2, batch = 4, seed = 1
";

/// Twelve rows of two whole numbers and a label.
fn rows() -> Vec<[u8; 3]> {
    (0..12u8).map(|k| [k * 20, 255 - k * k, k % 3]).collect()
}

fn text(rows: &[[u8; 3]]) -> String {
    rows.iter().map(|[a, b, c]| format!("{a},{b},{c}\n")).collect()
}

/// An array as NumPy writes it.
fn npy(shape: &str, kind: &str, bytes: Vec<u8>) -> Vec<u8> {
    let header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n");
    let length = u16::try_from(header.len()).unwrap().to_le_bytes();
    [b"\x93NUMPY\x01\0".to_vec(), length.to_vec(), header.into_bytes(), bytes].concat()
}

/// Bytes with gzip around them, not made smaller.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let size = u16::try_from(bytes.len()).unwrap();
    let stored = [&[1][..], &size.to_le_bytes(), &(!size).to_le_bytes(), bytes].concat();
    let crc = rawzip::crc32(bytes).to_le_bytes();
    // With a name in the header.
    let head = [0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3, b'x', 0];
    [&head[..], &stored, &crc, &u32::from(size).to_le_bytes()].concat()
}

fn idx(shape: &[u32], bytes: Vec<u8>) -> Vec<u8> {
    let head = [0, 0, 8, u8::try_from(shape.len()).unwrap()];
    [head.to_vec(), shape.iter().flat_map(|n| n.to_be_bytes()).collect(), bytes].concat()
}

fn inputs() -> Vec<u8> {
    rows().iter().flat_map(|r| [r[0], r[1]]).collect()
}

fn labels() -> Vec<u8> {
    rows().iter().map(|r| r[2]).collect()
}

/// Trains on data of that name in the folder; the final line, or what was said.
fn trained(folder: &Path, data: &str) -> Result<String, String> {
    let model = folder.join("m.wrt");
    std::fs::write(&model, MODEL.replace("0..3\n", &format!("0..3 from \"{data}\"\n"))).unwrap();
    let out = folder.join("run");
    let _ = std::fs::remove_dir_all(&out);
    let [model, out] = [&model, &out].map(|p| p.to_str().unwrap().to_string());
    let done = wrt(&["train", &model, "--out", &out], b"");
    let line = done.stdout.lines().find(|l| l.starts_with("train ")).map(String::from);
    line.filter(|_| done.code == Some(0)).ok_or(done.stderr)
}

#[test]
fn all_kinds_of_files_hold_the_same_rows() {
    let folder = folder("kinds");
    let file = |name: &str, bytes: &[u8]| std::fs::write(folder.join(name), bytes).unwrap();
    let all = rows();
    file("all.csv", text(&all).as_bytes());
    file("named.csv", format!("a,b,c\n{}", text(&all)).as_bytes());
    file("spaced.csv", format!("# a word\n{}", text(&all).replace(',', " , ").replace('\n', "\r\n")).as_bytes());
    file("decimals.csv", text(&all).replace(',', ".0,").replace("20.0", "2e1").as_bytes());
    file(
        "quoted.csv",
        text(&all).replace(',', "\",\"").lines().map(|l| format!("\"{l}\"\n")).collect::<String>().as_bytes(),
    );
    // All ways to end a line, and to begin a file; words in quotes that hold commas, quotes and lines stand in a comment only.
    file("returns.csv", text(&all).replace('\n', "\r").as_bytes());
    file("mixed.csv", text(&all).replacen('\n', "\r\n\n\r\r\n# \"odd, \n", 3).trim_end().as_bytes());
    file("marked.csv", format!("\u{feff}\"a, \"\"1\"\"\n\",b,c\n{}", text(&all)).as_bytes());
    file("half.csv", text(&all).replace(",2\n", ",\"2\"\r\n").as_bytes());
    file("long.csv", text(&all).replace("40,", "4.0000000000000000000000e1,").replace("\n60,", "\n+60.,").as_bytes());
    file("zipped.csv.gz", &gzip(text(&all).as_bytes()));
    file("part-2.csv", format!("a,b,c\n{}", text(&all[7..])).as_bytes());
    file("part-1.csv", format!("a,b,c\n{}", text(&all[..7])).as_bytes());
    file("part-3.txt", b"other");
    let doubles = |bytes: &[u8]| bytes.iter().flat_map(|b| f64::from(*b).to_le_bytes()).collect::<Vec<u8>>();
    file("X.npy", &npy("(12, 2)", "<f8", doubles(&inputs())));
    file("y.npy", &npy("(12,)", "|u1", labels()));
    file("all.npy", &npy("(12, 3)", "|u1", all.concat()));
    file("images.idx", &idx(&[12, 2, 1], inputs()));
    file("labels.gz", &gzip(&idx(&[12], labels())));
    let wanted = trained(&folder, "all.csv").unwrap();
    for name in [
        "named.csv",
        "spaced.csv",
        "decimals.csv",
        "quoted.csv",
        "returns.csv",
        "mixed.csv",
        "marked.csv",
        "half.csv",
        "long.csv",
        "zipped.csv.gz",
        "part-?.csv",
        "p*1.csv + p*1.csv",
        "X.npy + y.npy",
        "all.npy",
        "images.idx + labels.gz",
        "X.npy + labels.gz",
    ] {
        let found = trained(&folder, name);
        match name {
            "p*1.csv + p*1.csv" => assert!(found.unwrap_err().contains("has 6 columns")),
            _ => assert_eq!(found.as_ref(), Ok(&wanted), "{name}"),
        }
    }
}

#[test]
fn wrong_files_are_refused() {
    let folder = folder("wrong");
    let all = text(&rows());
    let mut image = idx(&[12, 2], inputs());
    let whole = gzip(&image);
    image.pop();
    let mut damaged = whole.clone();
    damaged[30] ^= 1;
    for (name, bytes, said) in [
        (
            "a.csv",
            all.replace("40,251,2", "40,251,3").into_bytes(),
            "a.csv, line 3: column 3 is 3, and `y` is one of 0, 1, 2",
        ),
        ("b.csv", all.replace("40,251,2", "40,251,1.5").into_bytes(), "line 3: column 3 is 1.5"),
        ("c.csv", all.replace("40,251,2", "40,251").into_bytes(), "line 3: 2 columns, where the first line has 3"),
        ("d.csv", all.replace("40,251,2", "40,1e999,2").into_bytes(), "line 3: column 2 is inf"),
        ("e.csv", all.replace("40,251,2", "40,,2").into_bytes(), "line 3: column 2 is empty"),
        ("f.csv", all.replace("40,251,2", "40,nan,2").into_bytes(), "line 3: column 2 has `nan`, which is no number"),
        ("g.csv", all.replace("40,251,2", "40,\u{fffd}\u{7f},2").into_bytes(), "line 3: column 2 has"),
        ("h.csv", Vec::new(), "h.csv has no rows"),
        (
            "lines.csv",
            format!("a,\"b\n\n\",c\r\n# no\r\n\r\n{}", all.replace("40,251,2", "40,\"2,51\",2")).into_bytes(),
            "line 8: column 2 (b) has `2,51`",
        ),
        ("short.csv", all.replace("40,251,2", "x,251").into_bytes(), "line 3: 2 columns, where the first line has 3"),
        (
            "more.csv",
            all.replace("40,251,2", "40,251,2,").into_bytes(),
            "line 3: 4 columns, where the first line has 3",
        ),
        (
            "semicolons.csv",
            all.replace(',', ";").into_bytes(),
            "semicolons.csv, line 1: commas stand between columns, and here are semicolons",
        ),
        ("i.idx", image, "the header says [12, 2] entries of 1 bytes, and 23 bytes are there"),
        ("j.gz", damaged, "j.gz is no whole gzip file"),
        ("k.gz", whole[..whole.len() - 9].to_vec(), "k.gz is no whole gzip file"),
        ("l.gz", vec![0x1f, 0x8b], "l.gz is no whole gzip file"),
        ("m.npy", npy("(12, 3)", "<f8", vec![0; 9]), "m.npy"),
        ("n.npy", npy("(12, 3)", "|u1", vec![7; 36]), "row 0: entry 2 is 7, and `y` is one of 0, 1, 2"),
        ("o.npy", npy("()", "|u1", vec![7]), "o.npy has one number, and no rows"),
        ("p.idx", vec![0, 0, 8, 3, 0, 0], "p.idx is no whole idx file: it has no header"),
        ("q.idx", vec![0, 0, 8, 2, 255, 255, 255, 255, 255, 255, 255, 255], "q.idx is no whole idx file"),
        ("empty.idx", [&[0, 0, 8, 3, 0, 0, 0, 0][..], &[255; 8]].concat(), "empty.idx is no whole idx file"),
    ] {
        std::fs::write(folder.join(name), bytes).unwrap();
        let said_then = trained(&folder, name).expect_err(name);
        assert!(said_then.contains(&said.replace("the header", "its header")), "{name}: {said_then}");
    }
    std::fs::write(folder.join("X.idx"), idx(&[12, 2], inputs())).unwrap();
    std::fs::write(folder.join("y.idx"), idx(&[11], labels()[..11].to_vec())).unwrap();
    std::fs::write(folder.join("some.csv"), "1,2\n").unwrap();
    for (name, said) in [
        ("X.idx + y.idx", "X.idx has 12 rows, and "),
        ("none-*.csv", "no file is called "),
        ("X.i?x + gone.csv", "gone.csv could not be read"),
        ("?.idx", "names 5 files, and only text is put together"),
        ("some.csv", "has 2 columns, and X[m, 2], y[m] take 3"),
    ] {
        let found = trained(&folder, name).expect_err(name);
        assert!(found.contains(said), "{name}: {found}");
    }
}

/// Two runs into one folder, a folder that nobody may write to, and a disk without space.
#[cfg(unix)]
#[test]
fn a_run_finds_its_place_or_says_why_not() {
    let folder = folder("place");
    std::fs::write(folder.join("all.csv"), text(&rows())).unwrap();
    trained(&folder, "all.csv").unwrap();
    let [model, out] = ["m.wrt", "run"].map(|n| folder.join(n).to_str().unwrap().to_string());
    let again = wrt(&["train", &model, "--out", &out], b"");
    assert!(again.code == Some(2) && again.stderr.contains("has files in it already"), "{}", again.stderr);
    let nowhere = wrt(&["train", &model, "--out", "/proc/nowhere/run"], b"");
    assert!(nowhere.code == Some(2) && nowhere.stderr.contains("could not be made"), "{}", nowhere.stderr);
    if Path::new("/dev/full").exists() {
        let full = wrt(&["predict", &out, "--data", folder.join("all.csv").to_str().unwrap(), "-o", "/dev/full"], b"");
        assert!(full.code == Some(2) && full.stderr.contains("No space left"), "{}", full.stderr);
    }
}

/// Trains a model text on data in the folder.
fn ran(folder: &Path, text: &str, more: &[&str]) -> crate::common::Run {
    let (model, out) = (folder.join("own.wrt"), folder.join("own-run"));
    std::fs::write(&model, text).unwrap();
    let _ = std::fs::remove_dir_all(&out);
    wrt(&[&["train", model.to_str().unwrap(), "--out", out.to_str().unwrap()], more].concat(), b"")
}

/// An archive of arrays with columns: each name with its rows.
fn write_arrays(path: &Path, arrays: &[(&str, &str, Vec<f64>)]) {
    let mut archive = rawzip::ZipArchiveWriter::new(Vec::new());
    for (name, shape, data) in arrays {
        let (mut entry, config) = archive.new_file(format!("{name}.npy")).start().unwrap();
        let mut writer = config.wrap(&mut entry);
        let bytes = data.iter().flat_map(|x| x.to_le_bytes()).collect();
        std::io::Write::write_all(&mut writer, &npy(shape, "<f8", bytes)).unwrap();
        let (_, descriptor) = writer.finish().unwrap();
        entry.finish(descriptor).unwrap();
    }
    std::fs::write(path, archive.finish().unwrap()).unwrap();
}

#[test]
fn an_array_with_a_name_fills_what_is_called_so() {
    let folder = folder("names");
    let x = |columns: usize| ("X", ["", "(2, 1)", "(2, 2)", "(2, 3)"][columns], vec![1.0; 2 * columns]);
    let (w, y) = (("W", "(2, 2)", vec![1.0; 4]), ("y", "(2,)", vec![1.0; 2]));
    for (arrays, text, said) in [
        (vec![x(3), y.clone()], "X[m, 1], W[m, 2], y[m]", "`X` of "),
        (vec![x(1), ("y", "(2, 2)", vec![1.0; 4])], "X[m, 1], W[m, 1], y[m]", "`W` is not in "),
        (vec![x(1), w, y], "X[m, 1], W[m, 2], y[m]", ""),
    ] {
        write_arrays(&folder.join("Xy.npz"), &arrays);
        let text = format!(
            "data {text} from \"Xy.npz\"\np = dense(X, 1)[:, 0] + dense(W, 1)[:, 0]
cost = mean((p - y)^2)\ntrain sgd(rate = 0.01), epochs = 1\n"
        );
        let run = ran(&folder, &text, &[]);
        match said {
            "" => assert_eq!(run.code, Some(0), "{}", run.stderr),
            said => assert!(run.code == Some(2) && run.stderr.contains(said), "{}", run.stderr),
        }
    }
}

#[test]
fn a_class_of_the_first_line_alone_is_told() {
    let folder = folder("words");
    let rows: String = (0..6).map(|k| format!("{k},{}\n", ["cat", "dog"][k % 2])).collect();
    let text = "data x[m, 1], y[m] in 0..k from \"words.csv\"\nz = dense(x, 3)
cost = mean(crossentropy(y, softmax(z)))\ntrain sgd(), epochs = 1\n"
        .replace("0..k", "0..3");
    std::fs::write(folder.join("words.csv"), format!("0,species\n{rows}")).unwrap();
    let run = ran(&folder, &text, &[]);
    assert!(run.stderr.contains("only the first line has the class `species`"), "{}", run.stderr);
    std::fs::write(folder.join("words.csv"), &rows).unwrap();
    assert!(!ran(&folder, &text, &[]).stderr.contains("only the first line"));
}

#[test]
fn seeds_that_cannot_begin_leave_no_folder() {
    let folder = folder("no-seeds");
    let run = ran(&folder, &MODEL.replace("0..3\n", "0..3 from \"gone.csv\"\n"), &["--seeds", "2"]);
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert!(!folder.join("own-run").exists());
}

#!/usr/bin/env python3
"""Changes rows of the tables and rules one at a time, and tells which changes the tests catch.

    scripts/mutate.py [--count N] [--seed S] [--first K] [--only TEXT] [--list] [--log FILE] [--scratch DIR]

Each change is a small mistake as people make them: a sign, an axis, a term, an index, a label of a contraction, a bound,
a word of a spelling. The checkout is left alone: changes are made in a copy (a git worktree at DIR), where the tests that
are most likely to notice run first, and all of them where those don't. One line a change goes to FILE as JSON, so that a
run can be stopped and goes on where it was. The last line tells the share that is caught.

Changes that leave the meaning as it is stand in `scripts/mutate_equivalent.txt`, each with its reason.
Needs Python 3.9 and what the tests need.
"""
import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# What is changed: the rows of both tables, what they are computed by, and the rules.
FILES = [
    "crates/core/src/table/rows.rs",
    "crates/core/src/table/operations/*.rs",
    "crates/core/src/table/operations/**/*.rs",
    "crates/rewrite/src/rules.rs",
    "crates/rewrite/src/tensor/*.rs",
    "crates/rewrite/src/tensor/**/*.rs",
]

# The tests that are most likely to notice a change in a file, by a part of its path; then all of them.
FIRST = [
    ("table/operations", ["test", "-p", "wrt", "--test", "all", "--", "operations::", "orders::"]),
    ("table/rows", ["test", "-p", "wrt-trials", "--test", "all", "--", "reference::", "rules::"]),
    ("table/rows", ["test", "-p", "wrt", "--test", "all", "--", "sweep::", "code::"]),
    ("rewrite/src/rules", ["test", "-p", "wrt-trials", "--test", "all", "--", "rules::"]),
    ("rewrite/src/tensor", ["test", "-p", "wrt", "--test", "all", "--", "tensor_rules::", "identities::"]),
]
ALL = ["test", "--workspace"]

# Seconds of processor time that a stage may take: what goes on for longer is caught, too.
LIMIT = 600

# (kind, pattern, replacements): code outside of strings.
CODE = [
    ("sign", r"(?<=[\w\)\]]) \+ (?=[\w\(&])", [" - "]),
    ("sign", r"(?<=[\w\)\]]) - (?=[\w\(&])", [" + "]),
    ("sign", r"(?<=[(,=>] )-(?=[a-z(])|(?<=\()-(?=[a-z(])", [""]),
    ("product", r"(?<=[\w\)\]]) \* (?=[\w\(])", [" / "]),
    ("product", r"(?<=[\w\)\]]) / (?=[\w\(])", [" * "]),
    ("bound", r" < ", [" <= ", " > "]),
    ("bound", r" > (?=[\w(])", [" >= ", " < "]),
    ("bound", r" <= ", [" < "]),
    ("bound", r" >= ", [" > "]),
    ("bound", r" == ", [" != "]),
    ("bound", r"\.less\(", [".less_equal("]),
    ("bound", r"\.less_equal\(", [".less("]),
    ("bound", r"N::max\b", ["N::min"]),
    ("bound", r"N::min\b", ["N::max"]),
    ("index", r"(?<=\[)0(?=\])", ["1"]),
    ("index", r"(?<=\[)1(?=\])", ["0"]),
    # 0/1 is 0/2.
    ("index", r"(?<!ratio\(0, )(?<=[ (])1(?=[,;)\]. ])", ["2", "0"]),
    ("index", r"(?<=[ (])0(?=[,;)\]. ])", ["1"]),
    ("index", r"(?<=[ (])2(?=[,;)\]. ])", ["1"]),
    ("truth", r"\btrue\b", ["false"]),
    ("truth", r"\bfalse\b", ["true"]),
    ("truth", r" && ", [" || "]),
    ("truth", r" \|\| ", [" && "]),
    ("order", r"\.rev\(\)", [""]),
    ("order", r"\bstep_by\(([^()]*)\)", ["step_by(1)"]),
    ("term", r" \+ [a-z_.]+\b(?=[;,)])", [""]),
    ("term", r" - [a-z_.]+\b(?=[;,)])", [""]),
    ("term", r" \* [a-z_.]+\b(?=[;,)])", [""]),
    ("word", r"\bsin\(", ["cos("]),
    ("word", r"\bcos\(", ["sin("]),
    ("word", r"\bexp\(", ["expm1("]),
    ("word", r"\bexpm1\(", ["exp("]),
    ("word", r"\blog\(", ["log1p("]),
    ("word", r"\bsqrt\(", ["cbrt("]),
    ("word", r"\btanh\(", ["tan("]),
]

# The same, inside of strings.
TEXT = [
    ("place", r"\{0\}", ["{1}"]),
    ("place", r"\{1\}", ["{0}"]),
    ("place", r"\[0\]", ["{0}"]),
    ("axis", r"axis=-1", ["axis=0"]),
    ("axis", r"-1", ["0"]),
    ("word", r"\bnp\.(\w+)", ["np.abs"]),
    ("word", r"\bmax\b", ["min"]),
    ("word", r"\bmin\b", ["max"]),
    ("word", r"\bsin\b", ["cos"]),
    ("word", r"\bcos\b", ["sin"]),
    ("sign", r" \+ ", [" - "]),
    ("sign", r" - ", [" + "]),
    ("sign", r"(?<=[(, ])-(?=[a-z(])", [""]),
    ("transpose", r"'", [""]),
    ("product", r"\*", ["/"]),
    ("product", r" @ ", ["*"]),
]

LABELS = re.compile(r"^[a-z]*(,[a-z]*)*->[a-z]*$")
STRING = re.compile(r'"(?:[^"\\]|\\.)*"')

# Columns that hold samples and words for people, wherever they stand in a line, and whole tables of examples: these are
# what is held against, not what is judged.
COLUMN = re.compile(r"\b(?:samples|examples|of|shapes|note|domain|kink|nan|why|name|reason): ")
TABLE = re.compile(r"^pub static BUILT_IN\b.*?^\];", re.M | re.S)
ARRAY = re.compile(r"^(\d+(x\d+)*)? ?\| ")


def value_end(text, at):
    """Where a value ends: at the comma or the bracket behind it."""
    depth = 0
    while at < len(text):
        string = STRING.match(text, at)
        if string:
            at = string.end()
            continue
        depth += (text[at] in "([{") - (text[at] in ")]}")
        if depth < 0 or depth == 0 and text[at] in ",;\n":
            return at
        at += 1
    return at


def held_against(text):
    """The parts of a file that are samples."""
    found = [m.span() for m in TABLE.finditer(text)]
    for m in COLUMN.finditer(text):
        found.append((m.start(), value_end(text, m.end())))
    found += [m.span() for m in STRING.finditer(text) if ARRAY.match(m.group()[1:])]
    return found


def label_changes(text):
    """Contractions with two labels of one operand exchanged, or one label replaced by another one."""
    inside = text[1:-1]
    letters = sorted(set(re.findall("[a-z]", inside)))
    found = []
    for m in re.finditer("[a-z]{2,}", inside):
        word = m.group()
        swapped = word[1] + word[0] + word[2:]
        found.append(inside[: m.start()] + swapped + inside[m.end():])
    if len(letters) > 1:
        at = [m.start() for m in re.finditer("[a-z]", inside.split("->")[0])]
        if at:
            k = at[-1]
            other = next(c for c in letters if c != inside[k])
            found.append(inside[:k] + other + inside[k + 1:])
    return [f'"{f}"' for f in found if f != inside]


def sites(path):
    """Every change of one file: (line, column, before, after, kind)."""
    found, in_tests, start = [], False, 0
    samples = held_against(path.read_text())
    lines = path.read_text().splitlines()
    for number, line in enumerate(lines):
        begin, start = start, start + len(line) + 1
        stripped = line.strip()
        if stripped.startswith("#[cfg(test)]"):
            in_tests = True
        # Words for people are not what is judged, either; budgets may have any value.
        words = ("const NAME", "const DOMAIN", "const NAN", "const TIES")
        skipped = ("//", "use ", "mod ", "pub mod", "#[", "assert", "debug_assert", *words)
        if in_tests or stripped.startswith(skipped) or "MAX_" in line or re.search(r"Err\(|ok_or|ShapeError::Words\(|format!\(\"[^{]*needs", line):
            continue
        if "Sample" in line:
            continue
        if re.match(r"(Smooth|Kink|Jump|Stopped|Undefined|Given|Limit|Fails)\b.*\"", stripped):
            continue
        strings = [(m.start(), m.end()) for m in STRING.finditer(line)]
        comment = line.find("//") if "//" in line else len(line)
        inside = lambda k: any(a <= k < b for a, b in strings)
        sample = lambda k: any(a <= begin + k < b for a, b in samples)
        for kind, pattern, afters in CODE:
            for m in re.finditer(pattern, line):
                if not inside(m.start()) and not sample(m.start()) and m.start() < comment:
                    found += [(number, m.start(), m.group(), m.expand(a), kind) for a in afters]
        for a, b in strings:
            text = line[a:b]
            if sample(a):
                continue
            if LABELS.match(text[1:-1]):
                found += [(number, a, text, after, "label") for after in label_changes(text)]
                continue
            for kind, pattern, afters in TEXT:
                for m in re.finditer(pattern, text):
                    found += [(number, a + m.start(), m.group(), x, kind) for x in afters if x != m.group()]
    return found


def changes(only):
    found = []
    paths = sorted({p for pattern in FILES for p in ROOT.glob(pattern)})
    for path in paths:
        name = str(path.relative_to(ROOT))
        if only and only not in name:
            continue
        lines = path.read_text().splitlines()
        for number, column, before, after, kind in sites(path):
            line = lines[number]
            new = line[:column] + after + line[column + len(before):]
            if new != line:
                found.append({"file": name, "line": number + 1, "kind": kind, "from": line.strip(), "to": new.strip(), "new": new})
    return found


def drawn(found, count, seed):
    """So many changes, spread over files and kinds: first a file, then a kind, then a place."""
    rng = random.Random(seed)
    by_file = {}
    for c in found:
        by_file.setdefault(c["file"], {}).setdefault(c["kind"], []).append(c)
    weights = {f: sum(len(v) for v in kinds.values()) ** 0.5 for f, kinds in by_file.items()}
    chosen, seen = [], set()
    while len(chosen) < count and len(seen) < len(found):
        name = rng.choices(list(weights), list(weights.values()))[0]
        kind = rng.choice(sorted(by_file[name]))
        c = rng.choice(by_file[name][kind])
        key = (c["file"], c["line"], c["new"])
        if key not in seen:
            seen.add(key)
            chosen.append(c)
    return chosen


def equivalent():
    """Changes that leave the meaning as it is: `file: from => to  # why`."""
    path = ROOT / "scripts" / "mutate_equivalent.txt"
    lines = path.read_text().splitlines() if path.exists() else []
    return {line.split("  # ")[0] for line in lines if line and not line.startswith("#")}


def key_of(change):
    return f"{change['file']}: {change['from']} => {change['to']}"


def cargo(arguments, folder, log):
    """Runs cargo in the copy: its exit status, and whether it was still going when its time was up."""
    limited = f"ulimit -t {LIMIT}; exec cargo \"$@\""
    run = subprocess.run(
        ["bash", "-c", limited, "cargo", *arguments], cwd=folder, stdout=log, stderr=subprocess.STDOUT, env={**os.environ, "INSTA_UPDATE": "no"}
    )
    return run.returncode


def try_one(change, folder):
    """What becomes of a change: does not compile, caught by a stage, or survived."""
    path = folder / change["file"]
    original = path.read_text()
    lines = original.split("\n")
    lines[change["line"] - 1] = change["new"]
    path.write_text("\n".join(lines))
    try:
        with open(folder / "mutate.log", "w") as log:
            for stage in [tests for part, tests in FIRST if part in change["file"]] + [ALL]:
                if cargo(["test", "-q", "--no-run", *stage[1:]], folder, log):
                    return "does not compile"
                if cargo(["test", "-q", *stage[1:]], folder, log):
                    return "caught by " + " ".join(stage[1:])
        return "survived"
    finally:
        path.write_text(original)


def copy_of_the_checkout(folder):
    if not (folder / ".git").exists():
        subprocess.run(["git", "-C", str(ROOT), "worktree", "add", "-q", "--detach", str(folder), "HEAD"], check=True)
    else:
        subprocess.run(["git", "-C", str(folder), "checkout", "-q", "--detach", subprocess.check_output(["git", "-C", str(ROOT), "rev-parse", "HEAD"], text=True).strip()], check=True)
    return folder


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--count", type=int, default=100)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--first", type=int, default=0, help="leave out so many of those drawn")
    ap.add_argument("--only", default="", help="only files whose path contains this")
    ap.add_argument("--list", action="store_true", help="show the changes, make none")
    ap.add_argument("--log", default="target/mutate.jsonl")
    ap.add_argument("--scratch", default=str(Path(tempfile.gettempdir()) / "wrt-mutate"))
    a = ap.parse_args()

    chosen = drawn(changes(a.only), a.first + a.count, a.seed)[a.first:]
    if a.list:
        for c in chosen:
            print(f"{c['file']}:{c['line']} [{c['kind']}]\n  - {c['from']}\n  + {c['to']}")
        return 0
    folder = copy_of_the_checkout(Path(a.scratch))
    log = ROOT / a.log
    log.parent.mkdir(parents=True, exist_ok=True)
    known = {}
    if log.exists():
        known = {key_of(c): c for c in map(json.loads, log.read_text().splitlines())}
    same, results = equivalent(), []
    with open(log, "a") as out:
        for k, change in enumerate(chosen):
            done = known.get(key_of(change))
            if not done:
                result = "the same meaning" if key_of(change) in same else try_one(change, folder)
                done = {**change, "result": result}
                out.write(json.dumps(done) + "\n")
                out.flush()
            results.append(done)
            print(f"{k + 1}/{len(chosen)} {done['result']}: {done['file']}:{done['line']} [{done['kind']}]\n  - {done['from']}\n  + {done['to']}", flush=True)
    tried = [r for r in results if r["result"] not in ("does not compile", "the same meaning")]
    caught = [r for r in tried if r["result"].startswith("caught")]
    for r in tried:
        if r["result"] == "survived":
            print(f"survived: {key_of(r)}")
    print(f"{len(caught)} of {len(tried)} caught; {len(results) - len(tried)} did not compile or mean the same")
    return 0 if len(caught) == len(tried) else 1


if __name__ == "__main__":
    sys.exit(main())

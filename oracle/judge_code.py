"""Compiles and runs what wrt prints as Rust, C, NumPy and JAX, and holds the values against wrt's own.

    python3 oracle/judge_code.py [FOLDER]

The formulas are those of `crates/wrt/tests/notation`: every primitive in every place, each of each, derivatives, literals
of all sizes, and names that mean something in a language; as they were read and simplified. Needs cargo, gcc (or what CC
names) and, for Python, a connection once: NumPy, SciPy and JAX go into a virtual environment in FOLDER, which is
`target/judge_code` unless given. Warnings of the compilers are errors. Exit status 0: everything agrees; then, and only
then, crates/wrt/tests/spellings_run.tsv is written: a primitive a line, with its spellings in the four languages, each of
which is in code that ran here and gave the right number. `cargo test -p wrt --test all code` holds the table against it.
"""

import collections
import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUN = ROOT / "crates/wrt/tests/spellings_run.tsv"
PACKAGES = ["numpy", "scipy", "jax"]

# Relative to the value.
TOLERANCE = 1e-12

# Functions that may hide that a formula is undefined: max, min and relu of Rust and C leave out what is no number.
# In all four languages a comparison with what is no number is false, and a branch that is not taken counts for nothing.
HIDES = re.compile(r"\b(max|min|relu)\(")
CHOOSES = re.compile(r" (<|<=|>|>=|==|!=) |\b(where|heaviside|leaky_relu|elu)\(")


def run(command, **options):
    return subprocess.run(command, cwd=ROOT, check=True, text=True, **options)


def cases():
    run(["cargo", "build", "-q", "-p", "wrt"])
    run(["cargo", "build", "-q", "-p", "wrt", "--example", "printed_code"])
    binary = ROOT / "target/debug/examples/printed_code"
    lines = run([str(binary)], capture_output=True).stdout.splitlines()
    found = [json.loads(line) for line in lines]
    spellings = {line["spells"]: dict(zip(LANGUAGES, line["as"])) for line in found if "spells" in line}
    return spellings, [line for line in found if "spells" not in line]


def environment(folder):
    """The interpreter of a virtual environment that has the packages."""
    python = folder / "env/bin/python"
    if not python.exists():
        run([sys.executable, "-m", "venv", str(folder / "env")])
    if subprocess.run([str(python), "-c", "import " + ", ".join(PACKAGES)], capture_output=True).returncode:
        run([str(python), "-m", "pip", "install", "-q", *PACKAGES])
    return python


def rust(case, k):
    arguments = ", ".join(f"{name}: f64" for name, _ in case["names"])
    parts = "".join(f"let {name} = {text}; " for name, text in case["parts"])
    return f"fn f{k}({arguments}) -> f64 {{ {parts}{case['result']} }}"


def c(case, k):
    arguments = ", ".join(f"double {name}" for name, _ in case["names"]) or "void"
    parts = "".join(f"double {name} = {text}; " for name, text in case["parts"])
    return f"static double f{k}({arguments}) {{ {parts}return {case['result']}; }}"


def python(case, k):
    arguments = ", ".join(name for name, _ in case["names"])
    parts = "".join(f"    {name} = {text}\n" for name, text in case["parts"])
    return f"def f{k}({arguments}):\n{parts}    return {case['result']}\n"


def call(case, k, number):
    return f"f{k}({', '.join(number(x) for _, x in case['names'])})"


def compiled(cases, folder, suffix, head, function, print_call, main, compiler):
    """The values that compiled code prints, and the messages of the functions that don't compile."""
    broken = {}
    for _ in range(6):
        kept = [k for k in range(len(cases)) if k not in broken]
        source = folder / f"code.{suffix}"
        # A function a line, so that the line of a message says which one it is.
        lines = head + [function(cases[k], k) for k in kept]
        blocks = [kept[at : at + 200] for at in range(0, len(kept), 200)]
        mains = [main[0].format(n=n) + "\n" + "\n".join(print_call(cases[k], k) for k in block) + "\n}" for n, block in enumerate(blocks)]
        text = "\n".join(lines + mains + [main[1]] + [main[2].format(n=n) for n in range(len(blocks))] + [main[3]])
        source.write_text(text + "\n")
        program = folder / f"code_{suffix}"
        done = subprocess.run(compiler(source, program), cwd=ROOT, capture_output=True, text=True)
        if done.returncode == 0:
            output = subprocess.run([str(program)], capture_output=True, text=True, check=True).stdout
            return dict(zip(kept, map(float, output.split()))), broken
        for line, message in messages(done.stderr, source.name):
            if len(head) < line <= len(head) + len(kept):
                broken.setdefault(kept[line - len(head) - 1], message)
    sys.exit(f"{source} does not compile:\n{done.stderr[:3000]}")


def messages(text, name):
    """Line numbers and messages of gcc and rustc."""
    last = ""
    for line in text.splitlines():
        gcc = re.match(rf"\S*{re.escape(name)}:(\d+):\d+: (?:error|warning): (.*)", line)
        rustc = re.match(rf"\s*--> \S*{re.escape(name)}:(\d+):", line)
        if gcc:
            yield int(gcc[1]), gcc[2]
        elif rustc:
            yield int(rustc[1]), last
        elif line.startswith(("error", "warning")):
            last = line


def run_rust(cases, folder):
    return compiled(
        cases,
        folder,
        "rs",
        ["#![deny(warnings)]", "#![allow(unused_variables, non_snake_case, mixed_script_confusables)]"],
        rust,
        lambda case, k: f"    println!(\"{{:e}}\", {call(case, k, lambda x: x)});",
        ("fn run{n}() {{", "fn main() {", "    run{n}();", "}"),
        lambda source, program: ["rustc", "--edition", "2024", "--crate-name", "code", "-o", str(program), str(source), "-L", "dependency=target/debug/deps", "--extern", "wrt=target/debug/libwrt.rlib"],
    )


def run_c(cases, folder):
    compiler = os.environ.get("CC", "gcc")
    return compiled(
        cases,
        folder,
        "c",
        ["#include <math.h>", "#include <stdio.h>"],
        c,
        lambda case, k: f"    printf(\"%.17g\\n\", {call(case, k, lambda x: x)});",
        ("static void run{n}(void) {{", "int main(void) {", "    run{n}();", "return 0; }"),
        lambda source, program: [compiler, "-std=c99", "-pedantic", "-Wall", "-Werror", "-O0", "-o", str(program), str(source), "-lm"],
    )


RUNNER = """
import json, sys, warnings
warnings.simplefilter("ignore")
form, path = sys.argv[1:]
if form == "numpy":
    import numpy as np, scipy.special
    np.seterr(all="ignore")
    scope, number = {"np": np, "scipy": scipy}, np.float64
else:
    import jax
    jax.config.update("jax_enable_x64", True)
    import jax.numpy as jnp
    scope, number = {"jnp": jnp, "jax": jax}, jnp.float64
for k, (source, args) in enumerate(json.load(open(path))):
    try:
        exec(source, scope)
        value = scope[f"f{k}"](*[number(x) for x in args])
        if isinstance(value, (bool, int)) or getattr(value, "dtype", float) != float:
            raise TypeError(f"the value is {value!r}, no double")
        print(json.dumps(["value", repr(float(value))]))
    except Exception as error:
        print(json.dumps(["error", f"{type(error).__name__}: {error}"]))
"""


def run_python(form):
    def go(cases, folder):
        interpreter = environment(folder)
        path, runner = folder / f"{form}.json", folder / "runner.py"
        path.write_text(json.dumps([[python(case, k), [x for _, x in case["names"]]] for k, case in enumerate(cases)]))
        runner.write_text(RUNNER)
        lines = run([str(interpreter), str(runner), form, str(path)], capture_output=True).stdout.splitlines()
        results = [json.loads(line) for line in lines]
        values = {k: float(text) for k, (kind, text) in enumerate(results) if kind == "value"}
        return values, {k: text for k, (kind, text) in enumerate(results) if kind == "error"}

    return go


LANGUAGES = {"rust": run_rust, "c": run_c, "numpy": run_python("numpy"), "jax": run_python("jax")}


# A spelling's arguments, and what stands between them.
SLOT = re.compile(r"\{#?\d\}|\[\d\]")


def pattern(spelling):
    """What code that is written by this spelling looks like."""
    pieces = [piece.replace("{{", "{").replace("}}", "}") for piece in SLOT.split(spelling)]
    return re.compile(".+".join(re.escape(piece) for piece in pieces))


def not_run(spellings, form, right):
    """The primitives whose spelling is in no code that gave the right number."""
    of = collections.defaultdict(list)
    for case in right:
        for name in case["of"]:
            of[name].append(case)
    for name, spelling in spellings.items():
        written = pattern(spelling[form])
        texts = ([case["result"], *(text for _, text in case["parts"])] for case in of[name])
        if spelling[form] and not any(written.search(text) for case in texts for text in case):
            yield name


def write_what_ran(spellings):
    lines = ["# The spellings that oracle/judge_code.py has compiled and run: name, " + ", ".join(LANGUAGES)]
    lines += ["\t".join([name, *spelling.values()]) for name, spelling in spellings.items()]
    RUN.write_text("\n".join(lines) + "\n")


def finite(x):
    return x == x and abs(x) != float("inf")


def agree(got, want):
    if finite(want):
        return abs(got - want) <= TOLERANCE * max(abs(want), 1e-300)
    return not finite(got)


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "target/judge_code").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    (spellings, every), wrong = cases(), 0
    unread = [case for case in every if case.get("unread")]
    every = [case for case in every if not (case.get("form") == "jax" and FLUSHED.search(case["text"]))]
    print(f"{len(unread)} formulas are not read")
    for form, judge in LANGUAGES.items():
        mine = [case for case in every if case.get("form") == form]
        refused = collections.Counter(case["refused"] for case in mine if case["refused"])
        shown = [case for case in mine if not case["refused"]]
        values, broken = judge(shown, folder)
        off, hidden, right = [], 0, []
        for k, got in values.items():
            want = float(shown[k]["want"])
            if agree(got, want):
                right += [shown[k]] if finite(want) else []
                continue
            text = shown[k]["text"]
            if want != want and (CHOOSES.search(text) or form in ("rust", "c") and HIDES.search(text)):
                hidden += 1
            else:
                off.append((shown[k], got, want))
        idle = list(not_run(spellings, form, right))
        wrong += len(broken) + len(off) + len(idle)
        print(f"{form}: {len(shown)} run, {sum(refused.values())} refused, {len(broken)} don't compile, {len(off)} differ, {hidden} undefined ones have a value")
        for why, count in refused.most_common():
            print(f"    refused {count} times: {why}")
        for name in idle:
            print(f"    {name}: nothing that ran is written as {spellings[name][form]}")
        for k, message in list(broken.items())[:LIMIT]:
            print(f"    {shown[k]['text']}  ->  {shown[k]['parts']} {shown[k]['result']}\n        {message}")
        for case, got, want in off[:LIMIT]:
            at = ", ".join("=".join(pair) for pair in case["names"])
            print(f"    {case['text']} at {at}  ->  {case['parts']} {case['result']}\n        {got!r} for {want!r}")
    if wrong or unread:
        sys.exit(1)
    write_what_ran(spellings)


# XLA takes numbers below the normal ones for zero.
FLUSHED = re.compile(r"2e-310")

LIMIT = int(os.environ.get("LIMIT", "10"))

if __name__ == "__main__":
    main()

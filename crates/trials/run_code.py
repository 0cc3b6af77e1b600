#!/usr/bin/env python3
"""Runs the NumPy and JAX code of random tensor formulas: run_code.py [COUNT] [--seed N] [--kind tensors|models]

    python3 crates/trials/run_code.py 1000

The formulas come from `wrt-trials --code`, with inputs and the numbers that wrt computes; their code is what `wrt grad`
and `wrt jacobian` print with `--form numpy` and `--form jax`. It is executed in doubles and must give the same values and
derivatives, to 1e-9 of the largest. What wrt refuses to print is counted by reason. The script makes an environment of
its own in target/trials-python, with numpy, scipy and jax from PyPI, and builds both programs. Exit status 1: a mismatch.
"""

import argparse
import collections
import json
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / "target" / "trials-python"
PACKAGES = ["numpy", "scipy", "jax"]
TOLERANCE = 1e-9


def in_own_environment():
    """Starts again in the environment, which is made the first time."""
    python = HOME / "bin" / "python"
    if Path(sys.prefix).resolve() == HOME.resolve():
        return
    if not (HOME / "ready").exists():
        venv.create(HOME, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        (HOME / "ready").touch()
    os.execv(python, [str(python), *sys.argv])


def programs():
    """The paths of wrt and wrt-trials."""
    subprocess.run(["cargo", "build", "--quiet", "-p", "wrt-cli", "-p", "wrt-trials"], cwd=ROOT, check=True)
    folder = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug"
    return folder / "wrt", folder / "wrt-trials"


def names(form):
    """What the code expects to be imported, and how an input is made."""
    if form == "numpy":
        import numpy as np
        import scipy
        import scipy.linalg
        import scipy.special

        return {"np": np, "scipy": scipy}, np.asarray
    import jax
    import jax.numpy as jnp
    import jax.scipy
    import jax.scipy.linalg
    import jax.scipy.special

    jax.config.update("jax_enable_x64", True)
    return {"jax": jax, "jnp": jnp}, jnp.asarray


def inputs_of(case, make):
    """Values by name: whole numbers are integers, for labels are positions."""
    import numpy as np

    found = dict(case["sizes"])
    for name, value in case["inputs"].items():
        array = np.asarray(value)
        labels = name.startswith("ids")
        array = array.astype(np.int64 if labels else np.float64)
        found[name] = make(array)
    return found


def agree(wanted, found):
    import numpy as np

    wanted, found = np.asarray(wanted, dtype=float), np.asarray(found, dtype=float)
    if wanted.shape != found.shape:
        return f"shape {found.shape} instead of {wanted.shape}"
    scale = max(np.max(np.abs(wanted), initial=0.0), 1e-300)
    worst = np.max(np.abs(wanted - found), initial=0.0)
    return None if worst <= TOLERANCE * max(scale, 1e-3) else f"{found.tolist()} instead of {wanted.tolist()}"


def run(wrt, case, form):
    """Nothing, or what went wrong, as a pair of a kind and a text."""
    printed = subprocess.run([wrt, *case["command"], "--form", form], capture_output=True, text=True)
    if printed.returncode:
        return "refused", printed.stderr.splitlines()[0]
    # Notes stand beside the code.
    code = "\n".join(line for line in printed.stdout.splitlines() if not line.startswith("note: "))
    noted = "\nnote: " in printed.stdout
    modules, make = names(form)
    space = {**inputs_of(case, make), **modules}
    last = None
    try:
        exec(code, space)
        for line in code.splitlines():
            if " = " in line:
                last = line.split(" = ")[0]
        value, derivative = space[case["of"]], space[last]
    except Exception as error:
        # A note says where the derivative as it is written has no value.
        kind = "noted" if noted and type(error).__name__ == "LinAlgError" else "error"
        return kind, f"{type(error).__name__}: {error}\n{printed.stdout}"
    wrong = agree(case["value"], value)
    if wrong:
        return "value", f"{wrong}\n{printed.stdout}"
    wrong = agree(case["derivative"], derivative)
    if wrong and noted and "nan" in wrong:
        return "noted", wrong
    return ("derivative", f"{wrong}\n{printed.stdout}") if wrong else None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int, nargs="?", default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--kind", default="tensors")
    asked = parser.parse_args()
    in_own_environment()
    wrt, trials = programs()
    options = ["--kind", asked.kind, "--code", "--count", asked.count, "--seed", asked.seed, "--first", asked.first]
    lines = subprocess.run([trials, *map(str, options)], capture_output=True, text=True, check=True).stdout
    counts, refused, wrong = collections.Counter(), collections.Counter(), 0
    noted = 0
    for line in lines.splitlines():
        case = json.loads(line)
        for form in ["numpy", "jax"]:
            failure = run(wrt, case, form)
            counts[form] += failure is None
            if failure and failure[0] == "refused":
                refused[f"{form}: {failure[1]}"] += 1
            elif failure and failure[0] == "noted":
                noted += 1
            elif failure:
                wrong += 1
                print(f"{form}, {failure[0]}: wrt {' '.join(map(repr, case['command']))}\n{failure[1]}", flush=True)
    for reason, count in refused.most_common():
        print(f"{count:6} refused, {reason}")
    print(f"{len(lines.splitlines())} formulas: " + ", ".join(f"{n} right in {form}" for form, n in counts.items())
          + f", {sum(refused.values())} refused, {noted} without a value where a note says so, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

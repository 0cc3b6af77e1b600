#!/usr/bin/env python3
"""ADBench's mixtures and LSTM against its expected values: adbench.py WRT FOLDER, where FOLDER has ADBench's data files and
expected.json, and WRT is the command line. Needs NumPy."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
MODELS = HERE.parent / "examples" / "bench"


def numbers(path):
    return np.array(path.read_text().split(), dtype=np.float64)


def taken(flat, *shapes):
    """The arrays of these shapes that lie one behind the other."""
    at = 0
    for shape in shapes:
        size = int(np.prod(shape))
        yield flat[at : at + size].reshape(shape)
        at += size


def mixture(path):
    flat = numbers(path)
    d, k, n = (int(x) for x in flat[:3])
    below = d * (d - 1) // 2
    a, mu, factors, x, prior = taken(flat[3:], (k,), (k, d), (k, d + below), (n, d), (2,))
    # Columns of what stands below the diagonal, one behind the other.
    rows, columns = np.tril_indices(d, -1)
    order = np.lexsort((rows, columns))
    rows, columns = rows[order], columns[order]
    low = np.zeros((k, d, d))
    low[:, rows, columns] = factors[:, d:]
    values = {"x": x, "a": a, "mu": mu, "q": factors[:, :d], "low": low, "gamma": prior[0], "m": prior[1]}

    def flat_gradient(found):
        factors = np.concatenate([found["d_q"], found["d_low"][:, rows, columns]], axis=1)
        return np.concatenate([found["d_a"], found["d_mu"].ravel(), factors.ravel()])

    return "h-gmm.wrt", values, ["a", "mu", "q", "low"], flat_gradient


def lstm(path):
    flat = numbers(path)
    layers, characters, bits = (int(x) for x in flat[:3])
    w, e, start, text = taken(flat[3:], (layers, 8, bits), (3, bits), (layers, 2, bits), (characters, bits))
    values = {"w": w, "e": e, "start": start, "S": text}
    return "h-lstm.wrt", values, ["w", "e"], lambda found: np.concatenate([found["d_w"].ravel(), found["d_e"].ravel()])


def held(wrt, path, expected):
    """How far objective and gradient are off."""
    model, values, names, flat_gradient = (mixture if "gmm" in str(path) else lstm)(path)
    with tempfile.TemporaryDirectory() as folder:
        given, out = Path(folder) / "in.npz", Path(folder) / "out.npz"
        np.savez(given, **values)
        command = [wrt, "run", MODELS / model, "--at", given, "--wrt", ",".join(names), "-o", out]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        found = dict(np.load(out))
    gradient, value = flat_gradient(found), float(found["cost"])
    pairs = [(np.linalg.norm(gradient), expected["gnorm"]), (gradient.sum(), expected["gsum"])]
    pairs += list(zip(gradient[:5], expected["g5"])) + list(zip(gradient[-5:], expected["glast5"]))
    scale = max(abs(x) for x in expected["g5"] + expected["glast5"])
    off = [abs(own - x) / max(abs(x), scale) for own, x in pairs]
    return abs(value - expected["value"]) / abs(expected["value"]), max(off)


def main():
    wrt, folder = sys.argv[1], Path(sys.argv[2])
    failed = 0
    for name, expected in json.loads((folder / "expected.json").read_text()).items():
        path = folder / name
        if not name.startswith(("gmm", "lstm")) or not path.exists():
            continue
        value, gradient = held(wrt, path, expected)
        fits = value <= 1e-12 and gradient <= 1e-10
        failed += not fits
        print(f"{name}: objective off by {value:.1e}, gradient by {gradient:.1e}{'' if fits else '   TOO FAR'}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()

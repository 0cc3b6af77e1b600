#!/usr/bin/env python3
"""Compiled programs beside JAX, TensorFlow, PyTorch and CasADi, in one go:
peers.py WRT [--venv DIR] [--rounds 3] [--cases a,c,...] [--peers jax,tensorflow,torch,casadi] [--second]

Makes a virtual environment with the peers where there is none (3 GB; PyTorch takes 5 more, and is left out where the disk has
no room), then times ours (with one thread and with two) and theirs (with as many as they take) in turn, and prints a table of
minima over all rounds. With --second also the second wordings of the models."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
MODELS = HERE.parent / "examples" / "bench"
PACKAGES = {"jax": "jax", "tensorflow": "tensorflow-cpu", "torch": "torch", "casadi": "casadi"}
NAMES = {"jax": "JAX", "tensorflow": "TensorFlow", "torch": "PyTorch", "casadi": "CasADi"}
# What PyTorch takes, and some more.
ROOM = 12 << 30

ALL = ("jax", "tensorflow", "torch")
# Name, model and what wrt bench is told, the ratio that is wanted (to JAX for networks, the mixtures and the LSTM, else to the
# best peer), who does it.
CASES = {
    "a": ("a", "--dims m=3200 --batch 32 --what step", 0.25, ALL),
    "c": ("c", "--dims m=3200 --batch 32 --what step", 0.5, ALL),
    "b32": ("b", "--dims m=512 --batch 32 --what step", 0.65, ALL),
    "b128": ("b", "--dims m=1024 --batch 128 --what step", 0.65, ALL),
    "b1024": ("b", "--dims m=2048 --batch 1024 --what step", 0.8, ALL),
    "d32": ("d", "--dims m=1000000,n=100 --what gradient --precision f32 --repeat 10", 0.85, ALL),
    "d64": ("d", "--dims m=1000000,n=100 --what gradient --repeat 10", 0.55, ALL),
    "dh": ("d", "--dims m=100000,n=200 --what hessian --repeat 5", 0.25, ("jax", "tensorflow")),
    "e100": ("e", "--dims n=100,k=5 --what hessian --wrt U", 0.1, ("jax", "tensorflow")),
    "e200": ("e", "--dims n=200,k=5 --what hessian --wrt U --repeat 50", 0.1, ("jax", "tensorflow")),
    "enn": ("e-network", "--dims m=100 --what hessian --wrt W --repeat 50", 0.25, ("jax",)),
    "f": ("f", "--dims n=1000000 --what gradient --repeat 500", 0.8, ALL),
    "fhvp": ("f", "--dims n=1000000 --what hvp --repeat 500", 0.9, ALL),
    "g": ("g", "--dims n=10000000 --what gradient --repeat 5", 0.8, ALL),
    "gmm10": ("h-gmm", "--dims n=1000,d=10,K=25 --what gradient", 0.5, ("jax",)),
    "gmm20": ("h-gmm", "--dims n=1000,d=20,K=50 --what gradient --repeat 50", 0.5, ("jax",)),
    "gmm10k": ("h-gmm", "--dims n=10000,d=10,K=25 --what gradient --repeat 20", 0.5, ("jax",)),
    "lstm": ("h-lstm", "--dims T=1024,b=14 --what gradient --repeat 50", 0.6, ("jax",)),
    "fit": ("i-fit", "--dims m=50 --what gradient", 0.5, ("jax", "casadi")),
    "arm": ("i-arm", "--what gradient", None, ("jax", "casadi")),
}


def python_with(peers, folder):
    """The environment's Python, and the peers that are there."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    there = []
    for peer in peers:
        has = subprocess.run([python, "-c", f"import {peer}"], capture_output=True, cwd=HERE.parent).returncode == 0
        if not has and peer == "torch" and shutil.disk_usage(folder).free < ROOM:
            print(f"{PACKAGES[peer]} is left out: there is no room for it", file=sys.stderr)
            continue
        if not has:
            done = subprocess.run([python, "-m", "pip", "install", "-q", "numpy", PACKAGES[peer]])
            if done.returncode != 0:
                print(f"{PACKAGES[peer]} is left out: it could not be installed", file=sys.stderr)
                continue
        there.append(peer)
    return python, there


def answer_of(command):
    """What a command answers, or none where it fails: a table lacks one entry then, and says so."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        print(f"{' '.join(map(str, command))}: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return None
    return json.loads(done.stdout.strip().splitlines()[-1])


def text(seconds):
    if seconds is None:
        return "–"
    for size, unit in [(1e-6, "ns"), (1e-3, "µs"), (1, "ms")]:
        if seconds < size:
            return f"{seconds / size * 1000:.3g} {unit}"
    return f"{seconds:.3g} s"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wrt")
    parser.add_argument("--venv", type=Path, default=Path("target/peers"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cases", default=",".join(CASES))
    parser.add_argument("--peers", default=",".join(PACKAGES))
    parser.add_argument("--second", action="store_true")
    given = parser.parse_args()
    python, peers = python_with(given.peers.split(","), given.venv)
    heads = ["case", "wrt, 1 thread", "wrt, 2 threads", *(NAMES[p] for p in peers)]
    heads += ["ratio to the best", "wanted", "compile: wrt", "the best", "load"] + (["second wording"] if given.second else [])
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}", flush=True)
    for name in given.cases.split(","):
        model, options, wanted, who = CASES[name]
        ours = lambda folder, threads: [given.wrt, "bench", folder / f"{model}.wrt", *options.split(), "--threads", str(threads), "--json"]
        commands = {1: ours(MODELS, 1), 2: ours(MODELS, 2)}
        commands |= {peer: [python, HERE / f"peer_{peer}.py", name] for peer in peers if peer in who}
        if given.second and (MODELS / "second" / f"{model}.wrt").exists():
            commands["second"] = ours(MODELS / "second", 1)
        least = {}
        for _ in range(given.rounds):
            for key, command in commands.items():
                found = answer_of(command)
                for what in ("min_s", "compile_s") if found else ():
                    least[key, what] = min(least.get((key, what), float("inf")), found[what])
        time = lambda key: least.get((key, "min_s"))
        known = [p for p in peers if time(p)]
        best = min(known, key=time, default=None)
        own = min(filter(None, [time(1), time(2)]), default=None)
        columns = [name, text(time(1)), text(time(2)), *(text(time(p)) for p in peers)]
        columns += [f"{own / time(best):.2f} {NAMES[best]}" if own and best else "–", "–" if wanted is None else str(wanted)]
        columns += [text(least.get((1, "compile_s"))), text(least.get((best, "compile_s")))]
        columns.append(f"{os.getloadavg()[0]:.1f}")
        if given.second:
            columns.append(f"{time('second') / time(1):.2f}" if time("second") and time(1) else "–")
        print(f"| {' | '.join(columns)} |", flush=True)


if __name__ == "__main__":
    main()

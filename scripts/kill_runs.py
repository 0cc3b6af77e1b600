#!/usr/bin/env python3
"""Kills a training at random moments, resumes it, and compares what it ends with, bit by bit.

    cargo build --release
    python3 scripts/kill_runs.py target/release/wrt --kills 100

Each kill is a SIGKILL after a random time, up to half of what an undisturbed run takes; a run that ends before its kill
is begun anew, so that there are as many kills as asked for. A kill before there is a run begins it again.
"""

import argparse
import pathlib
import random
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
FILES = ["weights.safetensors", "history.csv"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("wrt")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--model", default=str(ROOT / "examples/digits.wrt"))
    parser.add_argument("--checkpoint", default="1")
    a = parser.parse_args()
    rng = random.Random(a.seed)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        begin = [a.wrt, "train", a.model, "--checkpoint", a.checkpoint, "--json", "--out"]
        start = time.monotonic()
        subprocess.run(begin + [folder / "whole"], check=True, stdout=subprocess.DEVNULL)
        whole = time.monotonic() - start
        kills = runs = early = 0
        while kills < a.kills:
            run = folder / f"run{runs}"
            runs += 1
            while kills < a.kills:
                command = [a.wrt, "resume", run] if run.exists() else begin + [run]
                early += not run.exists()
                child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                try:
                    child.wait(rng.uniform(0, whole / 2))
                    if child.returncode != 0:
                        sys.exit(f"{command} ended with {child.returncode}")
                    break
                except subprocess.TimeoutExpired:
                    child.kill()
                    child.wait()
                    kills += 1
            if not run.exists():
                continue
            subprocess.run([a.wrt, "resume", run], check=True, stdout=subprocess.DEVNULL)
            for name in FILES:
                if (run / name).read_bytes() != (folder / "whole" / name).read_bytes():
                    sys.exit(f"{name} of {run.name} differs, after {kills} kills")
        print(f"{kills} kills in {runs} runs, {early} of them begun or begun again: all ended with the same bits")


main()

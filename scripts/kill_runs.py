"""Trainings that are killed at any moment, and go on to the same bits.

    python3 scripts/kill_runs.py --wrt target/release/wrt [--kills 100] [--seed 1]

For each case an undisturbed run, and then others that are sent SIGKILL at moments drawn over that run's whole length, also
before the first checkpoint, and resumed, until there were so many kills; a run that comes to its end is held against the
undisturbed one, weights, state and history, and the next one begins. Exit status 1 where any differ.
"""

import argparse
import json
import pathlib
import random
import shutil
import struct
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).parent.parent
SEQUENCE = """data X[m, 2], y[m] in 0..3 from "d.csv"
h = dropout(batch_norm(dense(standardize(X), 8, relu)), 0.2)
cost = mean(crossentropy(y, softmax(dense(h, 3))))
metric accuracy
train nadam(rate = 0.01), epochs = 300, batch = 8, validation = 0.2, best = 1, schedule = plateau, accumulate = 2
"""


def cases(scratch):
    """Names, and the arguments of the training."""
    numbers = random.Random(7)
    rows = [f"{numbers.gauss(k % 3, 1):.6f},{numbers.random():.6f},{k % 3}\n" for k in range(900)]
    (scratch / "d.csv").write_text("".join(rows))
    (scratch / "m.wrt").write_text(SEQUENCE)
    digits = str(ROOT / "examples" / "digits.wrt")
    yield "digits, a checkpoint after each epoch", [digits, "--checkpoint", "1"]
    yield "digits, no more than one a second", [digits]
    yield "best weights, plateau, accumulated batches", [str(scratch / "m.wrt"), "--checkpoint", "1"]
    yield "the same from a stream, one thread", [str(scratch / "m.wrt"), "--checkpoint", "3", "--stream", "--threads", "1"]


def tensors(path):
    """The tensors of a safetensors file: its metadata have no order."""
    data = path.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    entries = json.loads(data[8 : 8 + length])
    entries.pop("__metadata__", None)
    own = data[8 + length :]
    return {k: (v["dtype"], v["shape"], own[v["data_offsets"][0] : v["data_offsets"][1]]) for k, v in entries.items()}


def kept(run):
    history = (run / "history.csv").read_bytes()
    return tensors(run / "weights.safetensors"), tensors(run / "state.safetensors"), history


def started(binary, arguments):
    return subprocess.Popen([binary, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def main():
    told = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    told.add_argument("--wrt", required=True)
    told.add_argument("--kills", type=int, default=100, help="for each case")
    told.add_argument("--seed", type=int, default=1)
    told = told.parse_args()
    moments = random.Random(told.seed)
    wrong = 0
    print("| case | kills | of them before there was a run to resume | runs that came to their end | with other bits |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        for name, train in cases(scratch):
            whole, run = scratch / "whole", scratch / "run"
            shutil.rmtree(whole, ignore_errors=True)
            begun = time.perf_counter()
            subprocess.run([told.wrt, "train", *train, "--out", whole], check=True, stdout=subprocess.DEVNULL)
            length = time.perf_counter() - begun
            wanted = kept(whole)
            kills = early = ends = other = 0
            shutil.rmtree(run, ignore_errors=True)
            # The last run is left to come to its end.
            while kills < told.kills or ends == 0 or run.exists():
                begins = not run.exists()
                process = started(told.wrt, ["train", *train, "--out", run] if begins else ["resume", run])
                try:
                    process.wait(moments.uniform(0, length) if kills < told.kills else None)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
                    kills += 1
                    early += not run.exists()
                    continue
                said = process.stderr.read()
                if process.returncode != 0:
                    raise SystemExit(f"{name}, after {kills} kills: exit status {process.returncode}\n{said}")
                ends += 1
                other += kept(run) != wanted
                shutil.rmtree(run)
            print(f"| {name} | {kills} | {early} | {ends} | {other} |", flush=True)
            wrong += other
    raise SystemExit(1 if wrong else 0)


if __name__ == "__main__":
    main()

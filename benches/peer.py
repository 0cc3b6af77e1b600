"""What the peers' cases share: data, and how they are measured. A peer's file is run with a case and prints one JSON object."""

import json
import sys
import time

import numpy as np

SINGLE = ("a", "b32", "b128", "b1024", "c", "d32")
NETWORKS = {
    "a": ([2, 3, 1], 32, 20),
    "c": ([400, 25, 15, 10], 32, 20),
    "b32": ([784, 128, 64, 10], 32, 16),
    "b128": ([784, 128, 64, 10], 128, 8),
    "b1024": ([784, 128, 64, 10], 1024, 2),
}


def kind(case):
    return np.float32 if case in SINGLE else np.float64


def logistic(case):
    """w, X, y of the logistic regressions."""
    m, n = (100_000, 200) if case == "dh" else (1_000_000, 100)
    rng, own = np.random.default_rng(0), kind(case)
    x = rng.standard_normal((m, n), dtype=np.float32).astype(own)
    return rng.standard_normal(n).astype(own), x, np.sign(rng.standard_normal(m)).astype(own)


def network(case):
    """Weights and biases, steps of rows and labels."""
    sizes, batch, steps = NETWORKS[case]
    rng = np.random.default_rng(0)
    weights = [(rng.standard_normal((a, b)).astype(np.float32) * 0.1, np.zeros(b, np.float32)) for a, b in zip(sizes, sizes[1:])]
    x = rng.standard_normal((steps, batch, sizes[0])).astype(np.float32)
    y = rng.integers(0, 2 if case == "a" else 10, (steps, batch))
    return weights, x, y.astype(np.float32 if case == "a" else np.int64)


def answer(made):
    """Times the case of the command line for at least two seconds: the least seconds of a run, and those of compiling."""
    run, steps, compiling = made(sys.argv[1])
    run()
    least, rounds, until = float("inf"), 0, time.perf_counter() + 2
    while rounds < 5 or time.perf_counter() < until:
        start = time.perf_counter()
        run()
        least = min(least, time.perf_counter() - start)
        rounds += 1
    print(json.dumps({"min_s": least / steps, "compile_s": compiling}))

"""One case by CasADi, as C that gcc compiles: peer_casadi.py CASE"""

import time

import casadi
import numpy as np
from peer import answer


def arm(q):
    hand = casadi.SX.eye(4)
    for k, (a, d) in enumerate([(-1, 0.34), (1, 0), (1, 0.4), (-1, 0), (-1, 0.4), (1, 0), (0, 0.126)]):
        c, s, ca, sa = casadi.cos(q[k]), casadi.sin(q[k]), float(np.cos(a * np.pi / 2)), float(np.sin(a * np.pi / 2))
        rows = [[c, -s * ca, s * sa, 0], [s, c * ca, -c * sa, 0], [0, sa, ca, d], [0, 0, 0, 1]]
        hand = hand @ casadi.vertcat(*[casadi.horzcat(*row) for row in rows])
    return casadi.sumsqr(hand[:3, 3] - casadi.DM([0.4, 0.2, 0.6])) + 0.1 * casadi.sumsqr(hand[:3, :3] - casadi.SX.eye(3))


def fit(p):
    rng = np.random.default_rng(0)
    t, y = rng.standard_normal(50), rng.standard_normal(50)
    bells = sum(p[3 * i] * casadi.exp(-(((t - p[3 * i + 1]) / p[3 * i + 2]) ** 2)) for i in range(3))
    return casadi.sumsqr(bells + p[9] - y)


def made(case):
    cost, n = {"arm": (arm, 7), "fit": (fit, 10)}[case]
    start = time.perf_counter()
    p = casadi.SX.sym("p", n)
    value = cost(p)
    options = {"jit": True, "compiler": "shell", "jit_options": {"compiler": "gcc", "flags": ["-O3", "-march=native"]}}
    both = casadi.Function("both", [p], [value, casadi.gradient(value, p)], options)
    compiling = time.perf_counter() - start
    # Called without making matrices of its arguments.
    buffer, call = both.buffer()
    at, cost_at, slope = np.random.default_rng(0).standard_normal(n), np.zeros(1), np.zeros(n)
    buffer.set_arg(0, memoryview(at))
    buffer.set_res(0, memoryview(cost_at))
    buffer.set_res(1, memoryview(slope))
    many = 1000

    def run(lent=(both, buffer)):
        for _ in range(many):
            call()

    return run, many, compiling


answer(made)

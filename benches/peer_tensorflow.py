"""One case by TensorFlow, with XLA and without, the faster of the two: peer_tensorflow.py CASE"""

import os
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy as np
import tensorflow as tf
from peer import answer, logistic, network


def value_and_gradient(cost):
    def both(by, *others):
        with tf.GradientTape() as tape:
            tape.watch(by)
            value = cost(*by, *others) if isinstance(by, tuple) else cost(by, *others)
        return value, tape.gradient(value, by)

    return both


def hessian(cost):
    def second(w, *others):
        with tf.GradientTape() as outer:
            outer.watch(w)
            with tf.GradientTape() as inner:
                inner.watch(w)
                value = cost(w, *others)
            slope = inner.gradient(value, w)
        return outer.jacobian(slope, w)

    return second


def product(cost):
    def along(x, v):
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                value = cost(x)
            slope = tf.reduce_sum(inner.gradient(value, x) * v)
        return outer.gradient(slope, x)

    return along


def training(case, xla):
    start, rows, labels = network(case)
    weights = [tf.Variable(array) for pair in start for array in pair]
    m, v = [[tf.Variable(tf.zeros_like(w)) for w in weights] for _ in range(2)]
    count, steps = tf.Variable(0.0), len(rows)
    rows, labels = tf.constant(rows), tf.constant(labels)

    @tf.function(jit_compile=xla)
    def step(x, y):
        with tf.GradientTape() as tape:
            for k in range(0, len(weights) - 2, 2):
                x = (tf.sigmoid if case == "a" else tf.nn.relu)(x @ weights[k] + weights[k + 1])
            z = x @ weights[-2] + weights[-1]
            if case == "a":
                losses = tf.nn.sigmoid_cross_entropy_with_logits(y, z[:, 0])
            else:
                losses = tf.nn.sparse_softmax_cross_entropy_with_logits(y, z)
            cost = tf.reduce_mean(losses)
        slopes = tape.gradient(cost, weights)
        count.assign_add(1.0)
        rate = 0.001 * tf.sqrt(1 - 0.999**count) / (1 - 0.9**count)
        for w, a, b, g in zip(weights, m, v, slopes):
            a.assign(0.9 * a + 0.1 * g)
            b.assign(0.999 * b + 0.001 * g * g)
            w.assign_sub(rate * a / (tf.sqrt(b) + 1e-7))
        return cost

    @tf.function
    def epoch():
        cost = 0.0
        for k in tf.range(steps):
            cost = step(rows[k], labels[k])
        return cost

    return lambda: epoch().numpy(), steps


def made(case):
    rng = np.random.default_rng(0)
    normal = lambda *shape: tf.constant(rng.standard_normal(shape))
    margin = lambda w, x, y: tf.reduce_mean(tf.nn.softplus(-y * tf.linalg.matvec(x, w)))
    rosenbrock = lambda x: tf.reduce_sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)
    factors = lambda u, v, m: tf.reduce_sum((m - tf.matmul(u, v, transpose_b=True)) ** 2)
    long_sum = lambda a, b, x: tf.reduce_sum(tf.math.log1p(tf.exp(-((a * x + b) ** 2))) * tf.sin(x) / tf.sqrt(1 + x * x))
    cases = {
        "d32": lambda: (value_and_gradient(margin), logistic(case)),
        "d64": lambda: (value_and_gradient(margin), logistic(case)),
        "dh": lambda: (hessian(margin), logistic(case)),
        "e100": lambda: (hessian(factors), (normal(100, 5), normal(100, 5), normal(100, 100))),
        "e200": lambda: (hessian(factors), (normal(200, 5), normal(200, 5), normal(200, 200))),
        "f": lambda: (value_and_gradient(rosenbrock), (normal(1000000),)),
        "fhvp": lambda: (product(rosenbrock), (normal(1000000), normal(1000000))),
        "g": lambda: (value_and_gradient(long_sum), ((normal(), normal(), normal(10000000)),)),
    }
    found = []
    for xla in (False, True):
        start = time.perf_counter()
        if case in cases:
            function, args = cases[case]()
            args, steps = tf.nest.map_structure(tf.constant, args), 1
            compiled = tf.function(function, jit_compile=xla)
            run = lambda compiled=compiled, args=args: tf.nest.map_structure(lambda x: x.numpy(), compiled(*args))
        else:
            run, steps = training(case, xla)
        start = time.perf_counter()
        run()
        compiling = time.perf_counter() - start
        least = float("inf")
        for _ in range(5):
            start = time.perf_counter()
            run()
            least = min(least, time.perf_counter() - start)
        found.append((least, run, steps, compiling))
    return min(found, key=lambda each: each[0])[1:]


answer(made)

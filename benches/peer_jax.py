"""One case by JAX: peer_jax.py CASE"""

import time

import jax
import jax.numpy as jnp
import numpy as np
from peer import answer


def made(name):
    """What is run, on what, how many steps it is, and seconds of compiling it."""
    single = name in ("a", "b32", "b128", "b1024", "c", "d32")
    if not single:
        jax.config.update("jax_enable_x64", True)
    kind = np.float32 if single else np.float64
    rng = np.random.default_rng(0)
    normal = lambda *shape: jnp.asarray(rng.standard_normal(shape).astype(kind))
    logsumexp = jax.scipy.special.logsumexp

    def network(sizes, batch, binary):
        def cost(weights, x, y):
            for w, b in weights[:-1]:
                x = (jax.nn.sigmoid if binary else jax.nn.relu)(x @ w + b)
            z = x @ weights[-1][0] + weights[-1][1]
            if binary:
                return jnp.mean(jnp.logaddexp(0.0, z[:, 0]) - y * z[:, 0])
            return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(z), y[:, None], 1))

        def step(state, rows):
            weights, m, v, t = state
            value, slope = jax.value_and_grad(cost)(weights, *rows)
            t = t + 1
            m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, slope)
            v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, slope)
            rate = 0.001 * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
            new = jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) + 1e-7), weights, m, v)
            return (new, m, v, t), value

        steps = 100 if binary or sizes[0] == 400 else {32: 16, 128: 8}.get(batch, 2)
        weights = [(normal(a, b) * 0.1, jnp.zeros(b, kind)) for a, b in zip(sizes, sizes[1:])]
        zeros = jax.tree.map(jnp.zeros_like, weights)
        x = normal(steps, batch, sizes[0])
        y = rng.integers(0, 2 if binary else sizes[-1], (steps, batch))
        y = jnp.asarray(y.astype(kind if binary else np.int32))
        many = lambda state, x, y: jax.lax.scan(step, state, (x, y))
        return many, ((weights, zeros, zeros, jnp.float32(0)), x, y), steps

    def mixture(n, d, k):
        below = np.tril(np.ones((d, d)), -1)

        def cost(a, mu, q, low, x):
            c = x[None] - mu[:, None]
            lower = low * below
            lc = jnp.exp(q)[:, None] * c + jnp.einsum("kjl,knl->knj", lower, c)
            main = a[:, None] + jnp.sum(q, 1)[:, None] - 0.5 * jnp.sum(lc**2, -1)
            prior = 0.5 * (jnp.sum(jnp.exp(q) ** 2) + jnp.sum(lower**2))
            return jnp.sum(logsumexp(main, 0)) - n * logsumexp(a) + prior

        return jax.value_and_grad(cost, (0, 1, 2, 3)), (normal(k), normal(k, d), normal(k, d), normal(k, d, d), normal(n, d)), 1

    def lstm(length, bits):
        sigmoid = jax.nn.sigmoid

        def cost(w, e, start, text):
            def step(state, rows):
                x, y = rows
                x, new = x * e[0], []
                for layer in range(2):
                    v, (h, c) = w[layer], state[layer]
                    c = c * sigmoid(x * v[0] + v[4]) + sigmoid(h * v[1] + v[5]) * jnp.tanh(h * v[3] + v[7])
                    x = sigmoid(x * v[2] + v[6]) * jnp.tanh(c)
                    new.append(jnp.stack([x, c]))
                p = x * e[1] + e[2]
                return jnp.stack(new), jnp.sum(y * (p - jnp.log(jnp.sum(jnp.exp(p)) + 2)))

            _, terms = jax.lax.scan(step, start, (text[:-1], text[1:]))
            return -jnp.sum(terms) / ((length - 1) * bits)

        return jax.value_and_grad(cost, (0, 1)), (normal(2, 8, bits), normal(3, bits), normal(2, 2, bits), normal(length, bits)), 1

    logistic = lambda w, x, y: jnp.mean(jnp.logaddexp(0.0, -y * (x @ w)))
    rosenbrock = lambda x: jnp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)
    factors = lambda u, v, m: jnp.sum((m - u @ v.T) ** 2)

    def deep(w, others, x, y):
        for v in [w] + others[:-1]:
            x = jax.nn.relu(x @ v)
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(x @ others[-1]), y[:, None], 1))

    def long_sum(a, b, x):
        return jnp.sum(jnp.log1p(jnp.exp(-((a * x + b) ** 2))) * jnp.sin(x) / jnp.sqrt(1 + x * x))

    def fit(p, t, y):
        bells = sum(p[3 * i] * jnp.exp(-(((t - p[3 * i + 1]) / p[3 * i + 2]) ** 2)) for i in range(3))
        return jnp.sum((bells + p[9] - y) ** 2)

    def arm(q):
        hand = jnp.eye(4)
        for k, (a, d) in enumerate([(-1, 0.34), (1, 0), (1, 0.4), (-1, 0), (-1, 0.4), (1, 0), (0, 0.126)]):
            c, s, ca, sa = jnp.cos(q[k]), jnp.sin(q[k]), float(np.cos(a * np.pi / 2)), float(np.sin(a * np.pi / 2))
            hand = hand @ jnp.array([[c, -s * ca, s * sa, 0], [s, c * ca, -c * sa, 0], [0, sa, ca, d], [0, 0, 0, 1]])
        return jnp.sum((hand[:3, 3] - np.array([0.4, 0.2, 0.6])) ** 2) + 0.1 * jnp.sum((hand[:3, :3] - jnp.eye(3)) ** 2)

    cases = {
        "a": lambda: network([2, 3, 1], 32, True),
        "c": lambda: network([400, 25, 15, 10], 32, False),
        "b32": lambda: network([784, 128, 64, 10], 32, False),
        "b128": lambda: network([784, 128, 64, 10], 128, False),
        "b1024": lambda: network([784, 128, 64, 10], 1024, False),
        "d32": lambda: (jax.value_and_grad(logistic), (normal(100), normal(1000000, 100), jnp.sign(normal(1000000))), 1),
        "d64": lambda: (jax.value_and_grad(logistic), (normal(100), normal(1000000, 100), jnp.sign(normal(1000000))), 1),
        "dh": lambda: (jax.hessian(logistic), (normal(200), normal(100000, 200), jnp.sign(normal(100000))), 1),
        "e100": lambda: (jax.hessian(factors), (normal(100, 5), normal(100, 5), normal(100, 100)), 1),
        "e200": lambda: (jax.hessian(factors), (normal(200, 5), normal(200, 5), normal(200, 200)), 1),
        "enn": lambda: (
            jax.hessian(deep),
            (normal(20, 20), [normal(20, 20) * 0.3 for _ in range(9)], normal(100, 20), jnp.asarray(rng.integers(0, 20, 100))),
            1,
        ),
        "f": lambda: (jax.value_and_grad(rosenbrock), (normal(1000000),), 1),
        "fhvp": lambda: (lambda x, v: jax.jvp(jax.grad(rosenbrock), (x,), (v,))[1], (normal(1000000), normal(1000000)), 1),
        "g": lambda: (jax.value_and_grad(long_sum, (0, 1, 2)), (normal()[()], normal()[()], normal(10000000)), 1),
        "gmm10": lambda: mixture(1000, 10, 25),
        "gmm20": lambda: mixture(1000, 20, 50),
        "gmm10k": lambda: mixture(10000, 10, 25),
        "lstm": lambda: lstm(1024, 14),
        "fit": lambda: (jax.value_and_grad(fit), (normal(10), normal(50), normal(50)), 1),
        "arm": lambda: (jax.value_and_grad(arm), (normal(7),), 1),
    }
    function, args, steps = cases[name]()
    start = time.perf_counter()
    jax.jit(function).lower(*args).compile()
    compiling = time.perf_counter() - start
    run = jax.jit(function)
    return lambda: jax.block_until_ready(run(*args)), steps, compiling


answer(made)

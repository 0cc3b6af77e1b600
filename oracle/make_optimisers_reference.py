"""Writes crates/wrt/tests/optimisers_reference.tsv: losses of 200 steps by each optimiser, as Keras 3 defines it.

    python3 oracle/make_optimisers_reference.py > crates/wrt/tests/optimisers_reference.tsv

Plain Python, so that nothing of wrt is in it: the model's gradient is written out by hand, and each optimiser is the
formula of Keras' source (keras/src/optimizers), with its order of operations. Needs Python 3.9.
"""

import math

ROWS, COLUMNS, BATCH, STEPS = 8, 3, 4, 200
X = [[((37 * (r * COLUMNS + c) + 11) % 64 - 32) / 32 for c in range(COLUMNS)] for r in range(ROWS)]
Y = [((29 * r + 5) % 16 - 8) / 16 for r in range(ROWS)]
W, B = [0.5, -0.25, 0.75], 0.125


def loss_and_slopes(w, b, rows):
    """The mean of (tanh(x·w + b) - y)², and its slopes by w and by b."""
    cost, dw, db = 0.0, [0.0] * COLUMNS, 0.0
    for r in rows:
        p = math.tanh(sum(x * k for x, k in zip(X[r], w)) + b)
        off = p - Y[r]
        cost += off * off / len(rows)
        dz = 2 * off * (1 - p * p) / len(rows)
        dw = [d + dz * x for d, x in zip(dw, X[r])]
        db += dz
    return cost, dw, db


def clipped(slopes, s):
    """Slopes of all parameters, a list of lists."""
    norm = lambda g: math.sqrt(sum(x * x for x in g))
    if "clip_value" in s:
        return [[max(min(x, s["clip_value"]), -s["clip_value"]) for x in g] for g in slopes]
    if "clip_norm" in s:
        return [[x * s["clip_norm"] / max(norm(g), s["clip_norm"]) for x in g] for g in slopes]
    if "clip_global_norm" in s:
        limit, total = s["clip_global_norm"], norm([x for g in slopes for x in g])
        return [[x * limit / max(total, limit) for x in g] for g in slopes]
    return slopes


def rate_at(k, s):
    """The rate at a step, counted from 0."""
    lr, name = s["rate"], s.get("schedule")
    if name == "exponential":
        return lr * 0.9 ** (k / 20)
    if name == "staircase":
        return lr * 0.9 ** math.floor(k / 20)
    if name == "step":
        return lr * 0.5 ** math.floor(k / 50)
    if name == "warmup":
        return lr * min(k / 30, 1)
    if name == "polynomial":
        return (lr - 0.001) * (1 - min(k, 150) / 150) ** 2 + 0.001
    if name == "inverse":
        return lr / (1 + 0.5 * k / 20)
    if name == "piecewise":
        for boundary, value in zip([20, 75, 150], [0.1, 0.05, 0.01]):
            if k <= boundary:
                return value
        return 0.2
    if name == "cosine":
        if k < 25:
            return lr * k / 25
        part = min(k - 25, 150) / 150
        return lr * ((1 - 0.1) * 0.5 * (1 + math.cos(math.pi * part)) + 0.1)
    return lr


class State(dict):
    def __missing__(self, key):
        return 0.0


def update(name, s, lr, t, g, k, shared):
    """What is taken from an entry with the slope g at step t, counted from 1; k is what the entry keeps."""
    b1, b2 = s.get("beta1", 0.9), s.get("beta2", 0.99 if name == "lion" else 0.999)
    eps, rho = 1e-7, s.get("rho", 0.95 if name == "adadelta" else 0.9)
    if name in ("sgd", "gradient_descent"):
        mu = s.get("momentum", 0.0)
        if mu == 0:
            return lr * g
        k["v"] = mu * k["v"] - lr * g
        return -(mu * k["v"] - lr * g) if s.get("nesterov") else -k["v"]
    if name in ("adam", "adamw"):
        alpha = lr * math.sqrt(1 - b2**t) / (1 - b1**t)
        k["m"] += (g - k["m"]) * (1 - b1)
        k["v"] += (g * g - k["v"]) * (1 - b2)
        return k["m"] * alpha / (math.sqrt(k["v"]) + eps)
    if name == "rmsprop":
        k["v"] = rho * k["v"] + (1 - rho) * g * g
        under = k["v"] + eps
        if s.get("centered"):
            k["a"] = rho * k["a"] + (1 - rho) * g
            under -= k["a"] ** 2
        step = lr * g / math.sqrt(under)
        if s.get("momentum"):
            k["s"] = s["momentum"] * k["s"] + step
            return k["s"]
        return step
    if name == "adagrad":
        k.setdefault("v", s.get("initial_accumulator", 0.1))
        k["v"] += g * g
        return lr * g / math.sqrt(k["v"] + eps)
    if name == "adadelta":
        k["v"] = rho * k["v"] + (1 - rho) * g * g
        delta = -math.sqrt(k["u"] + eps) * g / math.sqrt(k["v"] + eps)
        k["u"] = rho * k["u"] + (1 - rho) * delta * delta
        return -lr * delta
    if name == "nadam":
        now, later = (b1 * (1 - 0.5 * 0.96**n) for n in (t, t + 1))
        product = shared["product"]
        k["m"] += (g - k["m"]) * (1 - b1)
        k["v"] += (g * g - k["v"]) * (1 - b2)
        m = later * k["m"] / (1 - product * later) + (1 - now) * g / (1 - product)
        return m * lr / (math.sqrt(k["v"] / (1 - b2**t)) + eps)
    if name == "lion":
        mean = k["m"] * b1 + g * (1 - b1)
        k["m"] = k["m"] * b2 + g * (1 - b2)
        return lr * math.copysign(1.0, mean) if mean else 0.0
    raise KeyError(name)


def losses(name, s):
    w, b = list(W), B
    kept = [[State() for _ in range(COLUMNS)], [State()]]
    shared, found = {"product": 1.0}, []
    for step in range(STEPS):
        first = step * BATCH % ROWS
        cost, dw, db = loss_and_slopes(w, b, range(first, first + BATCH))
        found.append(cost)
        lr, t = rate_at(step, s), step + 1
        shared["product"] *= 0.9 * (1 - 0.5 * 0.96**t)
        dw, db = clipped([dw, [db]], s)
        decay = s.get("decay", 0.004 if name == "adamw" else 0.0)
        w = [x - x * decay * lr - update(name, s, lr, t, g, k, shared) for x, g, k in zip(w, dw, kept[0])]
        b = b - b * decay * lr - update(name, s, lr, t, db[0], kept[1][0], shared)
    return found


# How wrt writes it, and the settings that it stands for.
CASES = [
    ("sgd(rate = 0.1)", "sgd", {"rate": 0.1}),
    ("gradient_descent(rate = 0.1)", "gradient_descent", {"rate": 0.1}),
    ("sgd(learning_rate = 0.05, momentum = 0.9)", "sgd", {"rate": 0.05, "momentum": 0.9}),
    ("sgd(rate = 0.05, momentum = 0.9, nesterov = true)", "sgd", {"rate": 0.05, "momentum": 0.9, "nesterov": 1}),
    ("adam()", "adam", {"rate": 0.001}),
    ("adam(rate = 0.01, beta_1 = 0.8, beta2 = 0.99)", "adam", {"rate": 0.01, "beta1": 0.8, "beta2": 0.99}),
    ("adam(rate = 0.01, weight_decay = 0.1)", "adam", {"rate": 0.01, "decay": 0.1}),
    ("adamw(rate = 0.01)", "adamw", {"rate": 0.01}),
    ("adamw(rate = 0.01, weight_decay = 0.05)", "adamw", {"rate": 0.01, "decay": 0.05}),
    ("rmsprop(rate = 0.01)", "rmsprop", {"rate": 0.01}),
    ("rmsprop(rate = 0.01, momentum = 0.5)", "rmsprop", {"rate": 0.01, "momentum": 0.5}),
    ("rmsprop(rate = 0.01, centered = true)", "rmsprop", {"rate": 0.01, "centered": 1}),
    ("adagrad(rate = 0.1)", "adagrad", {"rate": 0.1}),
    ("adagrad(rate = 0.1, initial_accumulator_value = 0.5)", "adagrad", {"rate": 0.1, "initial_accumulator": 0.5}),
    ("adagrad(rate = 0.1, initial_accumulator = 0)", "adagrad", {"rate": 0.1, "initial_accumulator": 0.0}),
    ("adadelta(rate = 1)", "adadelta", {"rate": 1.0}),
    ("nadam(rate = 0.01)", "nadam", {"rate": 0.01}),
    ("lion(rate = 0.01)", "lion", {"rate": 0.01}),
    ("lion(rate = 0.01, decay = 0.1)", "lion", {"rate": 0.01, "decay": 0.1}),
    ("sgd(rate = 0.5, clip_value = 0.01)", "sgd", {"rate": 0.5, "clip_value": 0.01}),
    ("sgd(rate = 0.5, clipnorm = 0.02)", "sgd", {"rate": 0.5, "clip_norm": 0.02}),
    ("adam(rate = 0.01, global_clipnorm = 0.02)", "adam", {"rate": 0.01, "clip_global_norm": 0.02}),
    ("sgd(rate = 0.5, momentum = 0.9, clip_norm = 0.02, decay = 0.01)", "sgd",
     {"rate": 0.5, "momentum": 0.9, "clip_norm": 0.02, "decay": 0.01}),
    ("sgd(rate = 0.1), schedule = exponential(factor = 0.9, steps = 20)", "sgd", {"rate": 0.1, "schedule": "exponential"}),
    ("sgd(rate = 0.1), schedule = exponential(decay_rate = 0.9, decay_steps = 20, staircase = true)", "sgd",
     {"rate": 0.1, "schedule": "staircase"}),
    ("adam(rate = 0.02), schedule = cosine(steps = 150, alpha = 0.1, warmup = 25)", "adam",
     {"rate": 0.02, "schedule": "cosine"}),
    ("sgd(rate = 0.1), schedule = step(steps = 50, factor = 0.5)", "sgd", {"rate": 0.1, "schedule": "step"}),
    ("adamw(rate = 0.02), schedule = warmup(steps = 30)", "adamw", {"rate": 0.02, "schedule": "warmup"}),
    ("nadam(rate = 0.02), schedule = polynomial(steps = 150, end = 0.001, power = 2)", "nadam",
     {"rate": 0.02, "schedule": "polynomial"}),
    ("rmsprop(rate = 0.02), schedule = inverse(steps = 20, factor = 0.5)", "rmsprop",
     {"rate": 0.02, "schedule": "inverse"}),
    ("sgd(), schedule = piecewise(boundaries = [20, 75, 150], values = [0.1, 0.05, 0.01, 0.2])", "sgd",
     {"rate": 0.01, "schedule": "piecewise"}),
]

print("# The losses of every tenth of 200 steps; oracle/make_optimisers_reference.py writes this file.")
for text, name, settings in CASES:
    print(text, *(repr(x) for x in losses(name, settings)[9::10]), sep="\t")

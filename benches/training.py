"""How long training takes: the whole command here, `fit` of Keras, and a scan of JAX, one after the other.

    python3 benches/training.py --wrt target/release/wrt --data FOLDER [--peers] [--repeat 5]

FOLDER as for `results.py`. For each case the seconds of the whole command from the shell, those of its training, and those
of as many steps by `wrt bench --what step`; with --peers those of Keras (after import and build) and of JAX (after compiling).
The least of some repeats: the machine is shared.
"""

import argparse
import json
import os
import pathlib
import subprocess
import tempfile
import time

import numpy as np
from results import SOFTMAX, dense, rows_of

COFFEE = "cost = mean(binary_crossentropy(y, sigmoid(z[:, 0])))"
# The data, classes, sizes, activation, the text, what is told, the rate, rows of a batch, epochs.
CASES = {
    "digits 64-128-64-10, 30 epochs of 1,437, batch 32": ("digits", 10, (64, 128, 64, 10), "relu", "X/16", 0.001, 32, 30),
    "coffee 2-3-1, one epoch of 200,000, batch 32": ("coffee", 2, (2, 3, 1), "sigmoid", "X", 0.01, 32, 1),
    "MNIST 784-128-64-10, 10 epochs of 8,000, batch 128": ("mnist", 10, (784, 128, 64, 10), "relu", "X/255", 0.001, 128, 10),
}


def data_of(folder, name):
    x, y, order = rows_of(folder, name)
    order = np.array(order)[: int(len(x) * 0.8)] if name != "coffee" else np.tile(np.arange(len(x)), 1000)
    if name == "coffee":
        x = (x - x.mean(0)) / x.std(0)
    return x[order], y[order]


def ours(binary, case, x, y, repeat):
    name, classes, sizes, activation, scale, rate, batch, epochs = case
    text = dense(*sizes, scale=scale).replace("relu", activation)
    told = COFFEE if sizes[-1] == 1 else SOFTMAX
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        np.save(scratch / "X.npy", x.astype("float32"))
        np.save(scratch / "y.npy", y.astype("uint8"))
        train = f"train adam(rate = {rate}), epochs = {epochs}, batch = {batch}"
        (scratch / "m.wrt").write_text(f"data X[m, {sizes[0]}], y[m] in 0..{classes}\n{text}\n{told}\n{train}\n")
        whole, inside = [], []
        for k in range(repeat):
            begun = time.perf_counter()
            command = [binary, "train", scratch / "m.wrt", "--data", f"{scratch}/X.npy + {scratch}/y.npy", "--out", scratch / f"r{k}"]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            whole.append(time.perf_counter() - begun)
            inside.append(json.loads((scratch / f"r{k}" / "run.json").read_text())["seconds"])
        command = [binary, "bench", scratch / "m.wrt", "--batch", str(batch), "--what", "step", "--precision", "f32", "--json"]
        command += ["--dims", f"m={len(x)}"]
        steps = []
        for _ in range(3):
            said = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            steps.append(said["min_s"])
    return min(whole), min(inside), min(steps) * epochs * -(-len(x) // batch)


def keras_seconds(case, x, y):
    os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="")
    import keras

    _, _, sizes, activation, scale, rate, batch, epochs = case
    x = (x / float(scale.split("/")[1]) if "/" in scale else x).astype("float32")
    hidden = [keras.layers.Dense(n, activation=activation) for n in sizes[1:-1]]
    model = keras.Sequential([keras.Input((sizes[0],)), *hidden, keras.layers.Dense(sizes[-1])])
    kind = keras.losses.BinaryCrossentropy if sizes[-1] == 1 else keras.losses.SparseCategoricalCrossentropy
    model.compile(optimizer=keras.optimizers.Adam(rate), loss=kind(from_logits=True))
    begun = time.perf_counter()
    model.fit(x, y, batch_size=batch, epochs=epochs, verbose=0)
    return time.perf_counter() - begun


def jax_seconds(case, x, y):
    import jax
    import jax.numpy as jnp

    _, _, sizes, activation, scale, rate, batch, epochs = case
    x = jnp.array((x / float(scale.split("/")[1]) if "/" in scale else x).astype("float32"))
    y = jnp.array(y.astype("int32"))
    act = jax.nn.relu if activation == "relu" else jax.nn.sigmoid
    keys = jax.random.split(jax.random.key(0), len(sizes))
    params = [(jax.nn.initializers.glorot_uniform()(k, s), jnp.zeros(s[1])) for k, s in zip(keys, zip(sizes, sizes[1:]))]

    def cost(params, x, y):
        for w, b in params[:-1]:
            x = act(x @ w + b)
        z = x @ params[-1][0] + params[-1][1]
        if sizes[-1] == 1:
            return jnp.mean(jax.nn.softplus(z[:, 0]) - y * z[:, 0])
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(z), y[:, None], 1))

    def step(carry, rows):
        params, m, v, t = carry
        slopes = jax.grad(cost)(params, x[rows], y[rows])
        t = t + 1
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, slopes)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, slopes)
        a = rate * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        params = jax.tree.map(lambda p, m, v: p - a * m / (jnp.sqrt(v) + 1e-7), params, m, v)
        return (params, m, v, t), 0

    @jax.jit
    def epoch(carry, key):
        order = jax.random.permutation(key, len(x))[: len(x) // batch * batch].reshape(-1, batch)
        return jax.lax.scan(step, carry, order)[0]

    zeros = jax.tree.map(jnp.zeros_like, params)
    carry = (params, zeros, zeros, 0.0)
    jax.block_until_ready(epoch(carry, keys[0]))
    begun = time.perf_counter()
    for key in jax.random.split(jax.random.key(1), epochs):
        carry = epoch(carry, key)
    jax.block_until_ready(carry)
    return time.perf_counter() - begun


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--wrt", default="target/release/wrt")
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--repeat", type=int, default=5)
    a = parser.parse_args()
    print("| case | whole command | its training | the same steps alone | Keras | JAX |\n|---|---|---|---|---|---|")
    for name, case in CASES.items():
        x, y = data_of(a.data, case[0])
        cells = [f"{s:.3f} s" for s in ours(a.wrt, case, x, y, a.repeat)]
        peers = [keras_seconds, jax_seconds] if a.peers else []
        cells += [f"{min(f(case, x, y) for _ in range(2)):.3f} s" for f in peers]
        print("|", name, "|", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    main()

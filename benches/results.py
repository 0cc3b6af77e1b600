"""What networks reach on real data, here and in Keras: some seeds each, the same splits, means and standard errors.

    python3 benches/results.py --wrt target/release/wrt --data FOLDER [--keras] [--seeds 5] [NAMES]

FOLDER has the CSV files (a header, the target in the last column) and `mnist/` with the 10,000 test images; splits are
those of a permutation by NumPy's `default_rng(0)`, the first 80 % to train on (MNIST: the first 8,000). Needs NumPy, and
with --keras TensorFlow. Prints a table, one line as soon as it is known.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np

SOFTMAX = "cost = mean(crossentropy(y, softmax(z)))\nmetric accuracy = mean(argmax(z, axis=1) == y)"
SIGMOID = "cost = mean(binary_crossentropy(y, sigmoid(z[:, 0])))\nmetric accuracy = mean((z[:, 0] > 0) == y)"
SQUARE = "cost = mse(y, z[:, 0])"


def dense(inputs, *sizes, scale="standardize(X)"):
    """The text of a network: relu, and no activation at the end."""
    lines, x = [f"s = {scale}"], "s"
    for k, size in enumerate(sizes[:-1]):
        lines.append(f"h{k} = dense({x}, {size}, relu)")
        x = f"h{k}"
    return "\n".join([*lines, f"z = dense({x}, {sizes[-1]})"])


CONVOLUTION = """s = X/255
a = conv2d(s, 8, 3, relu)
b = max_pool(a, 2)
c = conv2d(b, 16, 3, relu)
d = max_pool(c, 2)
z = dense(flatten(d), 10)"""

# The file, the shape of a row, classes, the text, what is told, the rate, rows of a batch, epochs.
CASES = {
    "digits 64-128-64-10": ("digits", "64", 10, dense(64, 128, 64, 10, scale="X/16"), SOFTMAX, 0.001, 32, 30),
    "digits 64-25-15-10": ("digits", "64", 10, dense(64, 25, 15, 10, scale="X/16"), SOFTMAX, 0.001, 32, 40),
    "iris 4-10-3": ("iris", "4", 3, dense(4, 10, 3), SOFTMAX, 0.01, 16, 100),
    "wine 13-16-3": ("wine", "13", 3, dense(13, 16, 3), SOFTMAX, 0.01, 16, 60),
    "breast_cancer 30-16-1": ("breast_cancer", "30", 2, dense(30, 16, 1), SIGMOID, 0.001, 32, 50),
    "breast_cancer logistic": ("breast_cancer", "30", 2, dense(30, 1), SIGMOID, 0.01, 32, 100),
    "diabetes linear": ("diabetes", "10", 0, dense(10, 1), SQUARE, 0.5, 32, 300),
    "diabetes 10-16-1": ("diabetes", "10", 0, dense(10, 16, 1), SQUARE, 0.03, 32, 100),
    "MNIST 784-128-64-10": ("mnist", "784", 10, dense(784, 128, 64, 10, scale="X/255"), SOFTMAX, 0.001, 128, 10),
    "MNIST 784-25-15-10": ("mnist", "784", 10, dense(784, 25, 15, 10, scale="X/255"), SOFTMAX, 0.001, 32, 20),
    "MNIST convolution": ("mnist", "28, 28, 1", 10, CONVOLUTION, SOFTMAX, 0.001, 32, 5),
}


def rows_of(folder, name):
    if name == "mnist":
        import gzip

        unzipped = lambda n: gzip.open(folder / "mnist" / f"t10k-{n}-ubyte.gz").read()
        images = np.frombuffer(unzipped("images-idx3"), np.uint8)[16:].reshape(-1, 784)
        return images.astype(float), np.frombuffer(unzipped("labels-idx1"), np.uint8)[8:].astype(float), range(10000)
    table = np.loadtxt(folder / f"{name}.csv", delimiter=",", skiprows=1)
    return table[:, :-1], table[:, -1], np.random.default_rng(0).permutation(len(table))


def ours(binary, folder, case, scratch, seeds):
    """For each seed: loss and metric on the rows to train on and on those for the test; seconds of whole commands."""
    file, shape, classes, text, told, rate, batch, epochs = case
    kind = f" in 0..{classes}" if classes else ""
    train = f"train adam(rate = {rate}), epochs = {epochs}, batch = {batch}"
    x, y, order = rows_of(folder, file)
    order = np.array(order)
    cut = int(len(order) * 0.8)
    parts = {"train": order[:cut], "test": order[cut:]}
    for part, rows in parts.items():
        np.save(scratch / f"{part}-X.npy", x[rows])
        np.save(scratch / f"{part}-y.npy", y[rows])
    (scratch / "m.wrt").write_text(f"data X[m, {shape}], y[m]{kind}\n{text}\n{told}\n{train}\n")
    data = {part: f"{scratch}/{part}-X.npy + {scratch}/{part}-y.npy" for part in parts}
    found = []
    for seed in range(seeds):
        run = scratch / f"run-{seed}"
        begun = time.perf_counter()
        command = [binary, "train", scratch / "m.wrt", "--data", data["train"], "--seed", str(seed), "--out", run]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - begun
        for part in ["train", "test"]:
            said = subprocess.run([binary, "evaluate", run, "--data", data[part], "--json"], check=True, capture_output=True)
            own = json.loads(said.stdout)
            found.append((part, own["loss"], own.get("accuracy", own["loss"]), seconds))
        subprocess.run(["rm", "-r", run], check=True)
    return found


def theirs(folder, case, seeds):
    os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="")
    import keras

    file, shape, classes, text, told, rate, batch, epochs = case
    x, y, order = rows_of(folder, file)
    order = np.array(order)
    cut = int(len(order) * 0.8)
    if "standardize" in text:
        x = (x - x[order[:cut]].mean(0)) / x[order[:cut]].std(0)
    else:
        x = x / (255 if file == "mnist" else 16)
    x = x.reshape([len(x), *(int(n) for n in shape.split(", "))]).astype("float32")
    found = []
    for seed in range(seeds):
        keras.utils.set_random_seed(seed)
        model = keras.Sequential([keras.Input(x.shape[1:])])
        for line in text.splitlines()[1:]:
            call = line.split(" = ")[1]
            numbers = [int(n) for n in call.replace(")", "").split(", ")[1:] if n.isdigit()]
            act = "relu" if "relu" in call else None
            if "conv2d" in call:
                model.add(keras.layers.Conv2D(*numbers, activation=act))
            elif "max_pool" in call:
                model.add(keras.layers.MaxPooling2D(2))
            else:
                if "flatten" in call:
                    model.add(keras.layers.Flatten())
                model.add(keras.layers.Dense(numbers[-1], activation=act))
        if told is SOFTMAX:
            loss, metrics = keras.losses.SparseCategoricalCrossentropy(from_logits=True), ["accuracy"]
        elif told is SIGMOID:
            loss, metrics = keras.losses.BinaryCrossentropy(from_logits=True), [keras.metrics.BinaryAccuracy(threshold=0.0)]
        else:
            loss, metrics = "mse", ["mse"]
        model.compile(optimizer=keras.optimizers.Adam(rate), loss=loss, metrics=metrics)
        begun = time.perf_counter()
        model.fit(x[order[:cut]], y[order[:cut]], batch_size=batch, epochs=epochs, verbose=0)
        seconds = time.perf_counter() - begun
        for part, rows in [("train", order[:cut]), ("test", order[cut:])]:
            found.append((part, *model.evaluate(x[rows], y[rows], verbose=0), seconds))
    return found


def written(found, metric):
    """`loss / metric` of each part with standard errors, and the middle of the seconds."""
    cells = []
    for part in ["train", "test"]:
        own = np.array([row[1:3] for row in found if row[0] == part])
        mean, error = own.mean(0), own.std(0, ddof=1) / np.sqrt(len(own))
        digits = 4 if mean[0] < 100 else 0
        loss = f"{mean[0]:.{digits}f} ± {error[0]:.{digits}f}"
        cells.append(loss + (f" / {mean[1]:.4f} ± {error[1]:.4f}" if metric else ""))
    return [*cells, f"{np.median([row[3] for row in found]):.2f}"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--wrt", default="target/release/wrt")
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--keras", action="store_true")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("names", nargs="*")
    a = parser.parse_args()
    print("| data, network | | train loss / accuracy | test loss / accuracy | seconds |\n|---|---|---|---|---|")
    for name, case in CASES.items():
        if a.names and not any(n in name for n in a.names):
            continue
        metric = case[4] is not SQUARE
        line = lambda who, found: print(f"| {name} | {who} |", " | ".join(written(found, metric)), "|", flush=True)
        with tempfile.TemporaryDirectory() as scratch:
            line("wrt", ours(a.wrt, a.data, case, pathlib.Path(scratch), a.seeds))
        if a.keras:
            line("Keras", theirs(a.data, case, a.seeds))


if __name__ == "__main__":
    sys.exit(main())

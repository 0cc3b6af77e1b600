"""Writes crates/wrt/tests/keras_reference.tsv: losses of Keras itself over 200 steps, for pairs of layers, costs and optimisers.

    pip install tensorflow-cpu keras
    python3 oracle/make_keras_reference.py > crates/wrt/tests/keras_reference.tsv      (a quarter of an hour; NAMES after it: only these)

Each layer is written twice, as Keras has it and as a text of wrt, and so are each cost and each optimiser. A case is one
of each: every layer meets every cost, and the optimisers go round, so that each pair of two kinds occurs. Weights and data
are formulas of names and positions, so that both sides make them for themselves; the rows keep their order, ten of them in
batches of four (the last one of two). A line has the mean losses of some epochs, and last the loss of the trained model.
"""

import multiprocessing
import os
import sys

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="", TF_ENABLE_ONEDNN_OPTS="0")

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from keras import layers as L, losses as C, ops, optimizers as O  # noqa: E402

from keras.src import backend  # noqa: E402
from keras.src.backend.tensorflow import core  # noqa: E402

# Graphs that run some hundred times are not worth improving.
tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})

ROWS, BATCH, EPOCHS = 10, 4, 67
KEPT = [1, 3, 12, 67]


def exact(convert):
    """Numbers of Python keep all their digits: TensorFlow makes 0.999 a number of single precision on its way to double."""

    def converted(x, dtype=None, *more, **named):
        if isinstance(x, float) and not any(more) and not any(named.values()):
            return tf.constant(x, dtype=backend.standardize_dtype(dtype or keras.config.floatx()))
        return convert(x, dtype, *more, **named)

    return converted


for name in ["cast", "convert_to_tensor"]:
    known = getattr(core, name)
    for module in list(sys.modules.values()):
        if module.__name__.startswith("keras.src.backend") and getattr(module, name, None) is known:
            setattr(module, name, exact(known))


def numbers(name, shape, start=0.0):
    """The numbers that belong to a name: from -0.5 to 0.5, and exact in single precision."""
    count = int(np.prod(shape))
    first = 104729 * sum(name.encode()) + 11
    found = [((7919 * i + first) % 2003 - 1001) / 2048 + start for i in range(count)]
    return np.array(found).reshape(shape)


def given(layer, *suffixes):
    """Gives the weights of a layer, which is named as in wrt, the numbers of wrt's names for them."""
    starts = {"gamma": 1.0}
    own = [w for w in layer.weights if "moving" not in w.path]
    for weight, suffix in zip(own, suffixes, strict=True):
        name = f"{layer.name}_{suffix}"
        weight.assign(numbers(name, weight.shape, starts.get(suffix, 0.0)))


def beside(layer, kernel_gates, bias_rows):
    """The same for layers whose gates stand side by side in one matrix."""
    kernel, recurrent, bias = layer.weights
    units = layer.units
    make = lambda letter, rows: [numbers(f"{layer.name}_{letter}{gate}", (rows, units)) for gate in kernel_gates]
    kernel.assign(np.concatenate(make("W", kernel.shape[0]), axis=1))
    recurrent.assign(np.concatenate(make("U", units), axis=1))
    rows = [np.concatenate([numbers(f"{layer.name}_{row}{gate}", (units,)) for gate in kernel_gates]) for row in bias_rows]
    bias.assign(np.array(rows).reshape(bias.shape))


# Layers: the text from X to the features f, and the same in Keras with the names of the weights.
def plain(*made):
    """Layers one behind the other; each is (layer, names of its weights)."""

    def build(x):
        todo = []
        for layer, *suffixes in made:
            layer = layer()
            x = layer(x)
            todo.append(lambda layer=layer, suffixes=suffixes: given(layer, *suffixes))
        return x, todo

    return build


def dense(name, units, activation=None, **more):
    return (lambda: L.Dense(units, activation=activation, name=name, **more), "W", "b")


FLAT = (lambda: L.Flatten(),)
VECTOR, PICTURE, SERIES, TOKENS = "X[m, 5]", "X[m, 6, 7, 2]", "X[m, 5, 3]", "X[m, 4] in 0..6"


def recurrent(kind, gates, biases, sequences):
    def build(x):
        layer = kind(4, return_sequences=sequences, name="h")
        y = layer(x)
        return (L.Flatten()(y) if sequences else y), [lambda: beside(layer, gates, biases)]

    return build


def residual(x):
    h = L.Dense(5, activation="tanh", name="h")
    k = L.Dense(5, activation="softplus", name="k")
    a = h(x)
    y = L.Concatenate()([L.Add()([x, a]), L.Multiply()([a, k(a)])])
    return y, [lambda: given(h, "W", "b"), lambda: given(k, "W", "b")]


def attend(x):
    layer = L.MultiHeadAttention(1, 4, use_bias=False, name="h", output_shape=3)
    y = layer(x, x)

    def give():
        own = {w.path.split("/")[-2]: w for w in layer.weights}
        for part, name in [("query", "h_Wq"), ("key", "h_Wk"), ("value", "h_Wv"), ("attention_output", "k_W")]:
            weight = own[part]
            flat = (3, 4) if part != "attention_output" else (4, 3)
            weight.assign(numbers(name, flat).reshape(weight.shape))

    return y, [give]


def attention(x):
    y, todo = attend(x)
    return L.Flatten()(y), todo


def activation(name, keras_name=None):
    return (VECTOR, f"f = dense(X, 4, {name})", plain(dense("f", 4, keras_name or name)))


LAYERS = {
    "linear": (VECTOR, "f = X", lambda x: (x, [])),
    "dense": (VECTOR, "f = dense(X, 4, tanh)", plain(dense("f", 4, "tanh"))),
    "deep": (VECTOR, "h = dense(X, 6, relu); k = dense(h, 5, relu, use_bias=0); f = dense(k, 4, sigmoid)",
             plain(dense("h", 6, "relu"), (lambda: L.Dense(5, activation="relu", use_bias=False, name="k"), "W"),
                   dense("f", 4, "sigmoid"))),
    "residual": (VECTOR, "h = dense(X, 5, tanh); k = dense(h, 5, softplus); f = concat(X + h, h*k, axis=1)", residual),
    "elu": activation("elu"),
    "selu": activation("selu"),
    # That of TensorFlow rounds the root of 2 to single precision.
    "gelu": activation("gelu", lambda x: 0.5 * x * (1 + ops.erf(x / np.sqrt(2.0)))),
    "silu": activation("silu"),
    "mish": activation("mish"),
    # TensorFlow's slope is a number of single precision.
    "leaky_relu": activation("leaky_relu", lambda x: ops.maximum(x, 0.2 * x)),
    "softmax": activation("softmax"),
    "conv2d": (PICTURE, "c = conv2d(X, 3, 3, relu); f = flatten(c)",
               plain((lambda: L.Conv2D(3, 3, activation="relu", name="c"), "K", "b"), FLAT)),
    "conv2d_same": (PICTURE, "c = conv2d(X, 2, 2, tanh, padding=same); f = flatten(c)",
                    plain((lambda: L.Conv2D(2, 2, activation="tanh", padding="same", name="c"), "K", "b"), FLAT)),
    "conv2d_stride": (PICTURE, "c = conv2d(X, 3, 2, silu, stride=2); f = flatten(c)",
                      plain((lambda: L.Conv2D(3, 2, activation="silu", strides=2, name="c"), "K", "b"), FLAT)),
    "conv2d_same_stride": (PICTURE, "c = conv2d(X, 3, 3, tanh, stride=2, padding=same); f = flatten(c)",
                           plain((lambda: L.Conv2D(3, 3, activation="tanh", strides=2, padding="same", name="c"), "K", "b"), FLAT)),
    "pools": (PICTURE, "c = conv2d(X, 3, 2, relu); u = max_pool(c, 2); f = concat(flatten(u), mean(c, axis=[1, 2]), axis=1)",
              lambda x: pools(x)),
    "avg_pool": (PICTURE, "u = avg_pool(X, 3); f = flatten(u)", plain((lambda: L.AveragePooling2D(3),), FLAT)),
    "conv1d": (SERIES, "c = conv1d(X, 4, 2, relu); f = flatten(c)",
               plain((lambda: L.Conv1D(4, 2, activation="relu", name="c"), "K", "b"), FLAT)),
    "conv1d_same": (SERIES, "c = conv1d(X, 4, 3, tanh, padding=same, stride=2); f = flatten(c)",
                    plain((lambda: L.Conv1D(4, 3, activation="tanh", strides=2, padding="same", name="c"), "K", "b"), FLAT)),
    "embedding": (TOKENS, "e = embedding(X, 6, 3); f = flatten(e)", plain((lambda: L.Embedding(6, 3, name="e"), "E"), FLAT)),
    "batch_norm": (VECTOR, "h = dense(X, 4, tanh); f = batch_norm(h, momentum=0.9)",
                   plain(dense("h", 4, "tanh"), (lambda: L.BatchNormalization(momentum=0.9, name="f"), "gamma", "beta"))),
    "batch_norm_pictures": (PICTURE, "c = conv2d(X, 3, 3); h = relu(batch_norm(c)); f = mean(h, axis=[1, 2])",
                            plain((lambda: L.Conv2D(3, 3, name="c"), "K", "b"),
                                  (lambda: L.BatchNormalization(name="h"), "gamma", "beta"),
                                  (lambda: L.ReLU(),), (lambda: L.GlobalAveragePooling2D(),))),
    "layer_norm": (VECTOR, "h = dense(X, 4, silu); f = layer_norm(h)",
                   plain(dense("h", 4, "silu"), (lambda: L.LayerNormalization(name="f"), "gamma", "beta"))),
    "group_norm": (PICTURE, "c = conv2d(X, 4, 3); h = group_norm(c, 2); f = mean(h^2, axis=[1, 2])",
                   plain((lambda: L.Conv2D(4, 3, name="c"), "K", "b"),
                         (lambda: L.GroupNormalization(2, name="h"), "gamma", "beta"),
                         (lambda: L.Lambda(ops.square),), (lambda: L.GlobalAveragePooling2D(),))),
    "rms_norm": (VECTOR, "h = dense(X, 4, elu); f = rms_norm(h)",
                 plain(dense("h", 4, "elu"), (lambda: L.RMSNormalization(name="f"), "gamma"))),
    "dense_series": (SERIES, "h = dense(X, 4, tanh); k = dense(h, 3, silu); f = mean(k, axis=1)",
                     plain(dense("h", 4, "tanh"), dense("k", 3, "silu"), (lambda: L.GlobalAveragePooling1D(),))),
    "conv_transpose": (PICTURE, "param c_K[2, 3, 3, 2] = 0, c_b[3] = 0; c = tanh(conv_transpose(X, c_K, 2) + c_b); f = mean(c, axis=[1, 2])",
                       plain((lambda: L.Conv2DTranspose(3, (2, 3), strides=2, activation="tanh", name="c"), "K", "b"),
                             (lambda: L.GlobalAveragePooling2D(),))),
    "stacked": (SERIES, "h = lstm(X, 4); k = gru(h, 3); f = k[:, -1]", lambda x: stacked(x)),
    "rnn": (SERIES, "h = rnn(X, 4); f = h[:, -1]", recurrent(L.SimpleRNN, ["h"], ["b"], False)),
    "rnn_all": (SERIES, "h = rnn(X, 4); f = flatten(h)", recurrent(L.SimpleRNN, ["h"], ["b"], True)),
    "lstm": (SERIES, "h = lstm(X, 4); f = h[:, -1]", recurrent(L.LSTM, ["i", "f", "c", "o"], ["b"], False)),
    "lstm_all": (SERIES, "h = lstm(X, 4); f = flatten(h)", recurrent(L.LSTM, ["i", "f", "c", "o"], ["b"], True)),
    "gru": (SERIES, "h = gru(X, 4); f = h[:, -1]", recurrent(L.GRU, ["z", "r", "h"], ["b", "c"], False)),
    "gru_all": (SERIES, "h = gru(X, 4); f = flatten(h)", recurrent(L.GRU, ["z", "r", "h"], ["b", "c"], True)),
    "attention": (SERIES, "h = attention(X, 4); k = dense(h, 3, use_bias=0); f = flatten(k)", attention),
    "conv2d_oblong": (PICTURE, "c = conv2d(X, 2, [2, 4], elu); f = flatten(c)",
                      plain((lambda: L.Conv2D(2, (2, 4), activation="elu", name="c"), "K", "b"), FLAT)),
    "pools_apart": (PICTURE, "c = conv2d(X, 3, 2, silu); u = max_pool(c, 3, stride=1); v = avg_pool(u, 2, stride=1); f = flatten(v)",
                    plain((lambda: L.Conv2D(3, 2, activation="silu", name="c"), "K", "b"),
                          (lambda: L.MaxPooling2D(3, strides=1),), (lambda: L.AveragePooling2D(2, strides=1),), FLAT)),
    "bidirectional": (SERIES, "h = lstm(X, 3); r = X[:, ::-1]; k = lstm(r, 3); f = flatten(concat(h, k[:, ::-1], axis=2))",
                      lambda x: bidirectional(x)),
    "transformer": (SERIES, "n = layer_norm(X, epsilon=1e-6); h = attention(n, 4); k = dense(h, 3, use_bias=0); r = X + k; "
                    "w = layer_norm(r, epsilon=1e-6); u = dense(w, 6, silu); v = dense(u, 3); f = mean(r + v, axis=1)",
                    lambda x: transformer(x)),
    "residual_conv": (PICTURE, "a = conv2d(X, 3, 3, padding=same, use_bias=0); b = relu(batch_norm(a, momentum=0.8)); "
                      "c = conv2d(b, 3, 3, padding=same); s = conv2d(X, 3, 1); f = mean(silu(c + s), axis=[1, 2])",
                      lambda x: residual_conv(x)),
    "words": (TOKENS, "e = embedding(X, 6, 3); g = gru(e, 4); n = layer_norm(g); h = lstm(n, 3); f = h[:, -1]", lambda x: words(x)),
    "strides_oblong": (PICTURE, "c = conv2d(X, 3, 3, silu, stride=[2, 1], padding=same); u = avg_pool(c, 2, stride=[1, 3]); f = flatten(u)",
                       plain((lambda: L.Conv2D(3, 3, activation="silu", strides=(2, 1), padding="same", name="c"), "K", "b"),
                             (lambda: L.AveragePooling2D(2, strides=(1, 3)),), FLAT)),
    "pools_same": (PICTURE, "c = conv2d(X, 3, 2, silu); u = max_pool(c, 3, stride=2, padding=same); "
                   "v = avg_pool(u, 2, stride=1, padding=same); f = flatten(v)",
                   plain((lambda: L.Conv2D(3, 2, activation="silu", name="c"), "K", "b"),
                         (lambda: L.MaxPooling2D(3, strides=2, padding="same"),),
                         (lambda: L.AveragePooling2D(2, strides=1, padding="same"),), FLAT)),
}


def bidirectional(x):
    h = L.LSTM(3, return_sequences=True, name="h")
    k = L.LSTM(3, return_sequences=True, go_backwards=True, name="k")
    y = L.Concatenate()([h(x), ops.flip(k(x), axis=1)])
    return L.Flatten()(y), [lambda: beside(h, "ifco", "b"), lambda: beside(k, "ifco", "b")]


def transformer(x):
    n, w = [L.LayerNormalization(epsilon=1e-6, name=name) for name in "nw"]
    u, v = L.Dense(6, activation="silu", name="u"), L.Dense(3, name="v")
    y, todo = attend(n(x))
    r = L.Add()([x, y])
    y = L.Add()([r, v(u(w(r)))])
    named = [(n, "gamma", "beta"), (w, "gamma", "beta"), (u, "W", "b"), (v, "W", "b")]
    return L.GlobalAveragePooling1D()(y), [*todo, *(lambda own=own: given(*own) for own in named)]


def residual_conv(x):
    a, c = [L.Conv2D(3, 3, padding="same", use_bias=bias, name=name) for name, bias in [("a", False), ("c", True)]]
    b, s = L.BatchNormalization(momentum=0.8, name="b"), L.Conv2D(3, 1, name="s")
    y = L.Activation("silu")(L.Add()([c(L.ReLU()(b(a(x)))), s(x)]))
    named = [(a, "K"), (b, "gamma", "beta"), (c, "K", "b"), (s, "K", "b")]
    return L.GlobalAveragePooling2D()(y), [lambda own=own: given(*own) for own in named]


def words(x):
    e, g = L.Embedding(6, 3, name="e"), L.GRU(4, return_sequences=True, name="g")
    n, h = L.LayerNormalization(name="n"), L.LSTM(3, name="h")
    give = lambda: (given(e, "E"), beside(g, "zrh", "bc"), given(n, "gamma", "beta"), beside(h, "ifco", "b"))
    return h(n(g(e(x)))), [give]


def pools(x):
    c = L.Conv2D(3, 2, activation="relu", name="c")
    a = c(x)
    y = L.Concatenate()([L.Flatten()(L.MaxPooling2D(2)(a)), L.GlobalAveragePooling2D()(a)])
    return y, [lambda: given(c, "K", "b")]


def stacked(x):
    h, k = L.LSTM(4, return_sequences=True, name="h"), L.GRU(3, name="k")
    give = lambda: (beside(h, "ifco", "b"), beside(k, "zrh", "bc"))
    return k(h(x)), [give]


# Costs: the kind of target, the text from p = dense(f, 3), and the same in Keras from the activation on.
COSTS = {
    "mse": ("real", "cost = mse(y, p)", None, C.MeanSquaredError),
    "mae": ("real", "cost = mae(y, p)", None, C.MeanAbsoluteError),
    "huber": ("real", "cost = huber(y, p, 0.3)", None, lambda: C.Huber(delta=0.3)),
    "log_cosh": ("real", "cost = mean(log(cosh(p - y)))", None, C.LogCosh),
    "cosine": ("real", "cost = -mean(cosine(y, p))", None, C.CosineSimilarity),
    "penalties": ("real", "cost = mse(y, p) + l2(p_W, 0.03) + l1(p_b, 0.01)", None, C.MeanSquaredError),
    "mape": ("positive", "cost = 100*mean(abs(y - p)/max(abs(y), 1e-7))", None, C.MeanAbsolutePercentageError),
    "msle": ("positive", "cost = mean((log(1 + softplus(p)) - log(1 + y))^2)", "softplus", C.MeanSquaredLogarithmicError),
    "poisson": ("positive", "q = softplus(p); cost = mean(q - y*log(q + 1e-7))", "softplus", C.Poisson),
    "binary": ("binary", "cost = mean(binary_crossentropy(y, sigmoid(p)))", "sigmoid", C.BinaryCrossentropy),
    "binary_logits": ("binary", "cost = mean(binary_crossentropy(y, logits=p))", None,
                      lambda: C.BinaryCrossentropy(from_logits=True)),
    "binary_focal": ("binary", "q = sigmoid(p); t = y*q + (1 - y)*(1 - q); cost = mean((1 - t)^2*binary_crossentropy(y, q))",
                     "sigmoid", C.BinaryFocalCrossentropy),
    "labels": ("label", "cost = mean(crossentropy(y, softmax(p)))", "softmax", C.SparseCategoricalCrossentropy),
    "label_logits": ("label", "cost = mean(crossentropy(y, logits=p))", None,
                     lambda: C.SparseCategoricalCrossentropy(from_logits=True)),
    "shares": ("simplex", "cost = mean(crossentropy(y, softmax(p)))", "softmax", C.CategoricalCrossentropy),
    "smoothed": ("simplex", "cost = mean(crossentropy(0.9*y + 0.1/3, softmax(p)))", "softmax",
                 lambda: C.CategoricalCrossentropy(label_smoothing=0.1)),
    "focal": ("simplex", "q = softmax(p); cost = -mean(sum(0.25*(1 - q)^2*y*log(q), axis=1))", "softmax",
              C.CategoricalFocalCrossentropy),
    "kl": ("simplex", "cost = mean(kl(y, softmax(p)))", "softmax", C.KLDivergence),
    "hinge": ("sign", "cost = mean(hinge(y, p))", None, C.Hinge),
    "categorical_hinge": ("one_hot", "cost = mean(relu(1 + max((1 - y)*p, axis=1) - sum(y*p, axis=1)))", None,
                          C.CategoricalHinge),
    "squared_hinge": ("sign", "cost = mean(relu(1 - y*p)^2)", None, C.SquaredHinge),
}

# Optimisers: the text, and the same in Keras. It rounds the weights' decay to single precision, which changes nothing of
# powers of two.
S = O.schedules
OPTIMISERS = {
    "sgd": ("sgd(rate = 0.05)", lambda: O.SGD(0.05)),
    "momentum": ("sgd(rate = 0.02, momentum = 0.8)", lambda: O.SGD(0.02, momentum=0.8)),
    "nesterov": ("sgd(rate = 0.02, momentum = 0.8, nesterov = true)", lambda: O.SGD(0.02, momentum=0.8, nesterov=True)),
    "adam": ("adam(rate = 0.003)", lambda: O.Adam(0.003)),
    "adam_betas": ("adam(rate = 0.003, beta1 = 0.8, beta2 = 0.99, epsilon = 1e-3, decay = 0.015625)",
                   lambda: O.Adam(0.003, beta_1=0.8, beta_2=0.99, epsilon=1e-3, weight_decay=1/64)),
    "amsgrad": ("adam(rate = 0.003, amsgrad = true)", lambda: O.Adam(0.003, amsgrad=True)),
    "adamw": ("adamw(rate = 0.003, decay = 0.00390625)", lambda: O.AdamW(0.003, weight_decay=1/256)),
    "adamax": ("adamax(rate = 0.003)", lambda: O.Adamax(0.003)),
    "nadam": ("nadam(rate = 0.003)", lambda: O.Nadam(0.003)),
    "rmsprop": ("rmsprop(rate = 0.002)", lambda: O.RMSprop(0.002)),
    "rmsprop_all": ("rmsprop(rate = 0.002, rho = 0.95, momentum = 0.5, centered = true, epsilon = 1e-4)",
                    lambda: O.RMSprop(0.002, rho=0.95, momentum=0.5, centered=True, epsilon=1e-4)),
    "adagrad": ("adagrad(rate = 0.03)", lambda: O.Adagrad(0.03)),
    "adadelta": ("adadelta(rate = 0.5)", lambda: O.Adadelta(0.5)),
    "lion": ("lion(rate = 0.001)", lambda: O.Lion(0.001)),
    "clip_value": ("sgd(rate = 0.1, clip_value = 0.02)", lambda: O.SGD(0.1, clipvalue=0.02)),
    "clip_norm": ("adam(rate = 0.003, clip_norm = 0.05)", lambda: O.Adam(0.003, clipnorm=0.05)),
    "clip_global": ("sgd(rate = 0.1, momentum = 0.5, clip_global_norm = 0.1)",
                    lambda: O.SGD(0.1, momentum=0.5, global_clipnorm=0.1)),
    "cosine": ("adam(rate = 0.004), schedule = cosine(steps = 150, floor = 0.1)",
               lambda: O.Adam(S.CosineDecay(0.004, 150, alpha=0.1))),
    "exponential": ("rmsprop(rate = 0.004), schedule = exponential(steps = 40, factor = 0.7, staircase = true)",
                    lambda: O.RMSprop(S.ExponentialDecay(0.004, 40, 0.7, staircase=True))),
    "inverse": ("sgd(rate = 0.1, momentum = 0.5), schedule = inverse(steps = 30, factor = 0.5)",
                lambda: O.SGD(S.InverseTimeDecay(0.1, 30, 0.5), momentum=0.5)),
    "polynomial": ("nadam(rate = 0.004), schedule = polynomial(steps = 150, end = 0.001, power = 2)",
                   lambda: O.Nadam(S.PolynomialDecay(0.004, 150, 0.001, power=2))),
}


def target(kind):
    """Ten rows of what is to be learned."""
    raw = numbers("y", (ROWS, 3))
    if kind == "real":
        return raw
    if kind == "positive":
        return raw + 1
    if kind == "binary":
        return (raw > 0) * 1.0
    if kind == "sign":
        return (raw > 0) * 2.0 - 1
    if kind == "simplex":
        return (raw + 0.5) / (raw + 0.5).sum(axis=1, keepdims=True)
    labels = np.array([(k * k * k + k // 2) % 3 for k in range(ROWS)])
    return np.eye(3)[labels] if kind == "one_hot" else labels


def losses(layer, cost, optimiser, dtype):
    keras.backend.clear_session()
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)
    keras.utils.set_random_seed(1)
    shape, _, build = LAYERS[layer]
    kind, _, last, loss = COSTS[cost]
    sizes = [int(n) for n in shape.split("[")[1].split("]")[0].split(",")[1:]]
    is_tokens = " in " in shape
    inputs = keras.Input(sizes, dtype="int32" if is_tokens else dtype)
    features, todo = build(inputs)
    more = {}
    if cost == "penalties":
        more = {"kernel_regularizer": keras.regularizers.L2(0.03), "bias_regularizer": keras.regularizers.L1(0.01)}
    p = L.Dense(3, name="p", **more)
    out = p(features)
    if last:
        out = L.Activation(last)(out)
    model = keras.Model(inputs, out)
    given(p, "W", "b")
    for give in todo:
        give()
    data = 2 * numbers("X", (ROWS, *sizes))
    if is_tokens:
        data = np.array([(k * k + k // 3) % 6 for k in range(ROWS * sizes[0])]).reshape(ROWS, *sizes)
    x = tf.constant(data, dtype="int32" if is_tokens else dtype)
    y = tf.constant(target(kind), dtype="int32" if kind == "label" else dtype)
    loss, optimiser = loss(), OPTIMISERS[optimiser][1]()
    optimiser.build(model.trainable_variables)

    def of(x, y, training):
        found = loss(y, model(x, training=training))
        return tf.add_n([found, *model.losses]) if model.losses else found

    @tf.function
    def epoch():
        total = tf.constant(0.0, dtype="float64")
        for first in range(0, ROWS, BATCH):
            part = slice(first, min(first + BATCH, ROWS))
            with tf.GradientTape() as tape:
                cost = of(x[part], y[part], True)
            # TensorFlow hands on the slopes of an embedding token by token, of which Keras would sum the squares; with its
            # other backends it squares the sum.
            slopes = [tf.convert_to_tensor(slope) for slope in tape.gradient(cost, model.trainable_variables)]
            optimiser.apply(slopes, model.trainable_variables)
            total += tf.cast(cost, "float64") * (part.stop - part.start)
        return total / ROWS

    found = [float(epoch()) for _ in range(EPOCHS)]
    return [found[k - 1] for k in KEPT] + [float(of(x, y, False))]


def is_recurrent(layer):
    return any(cell in LAYERS[layer][1] for cell in ["lstm(", "gru("])


# Cases in which Keras itself ends elsewhere (by 1e-9 in double precision, or by 1e-3 in single) when its first weights are
# moved by a last digit: a prediction of length 0 has no direction; a bias that normalisation takes away again has a slope of
# rounding, which these optimisers make a step of; the last one has no finite end.
UNSTEADY = {
    ("silu", "cosine", "adagrad"),
    ("batch_norm_pictures", "log_cosh", "adam"),
    ("batch_norm_pictures", "mape", "adamw"),
    ("batch_norm_pictures", "label_logits", "lion"),
    ("attention", "mape", "inverse"),
    ("group_norm", "cosine", "adamw"),
}


def cases():
    """Each layer with each cost, and with them the optimisers, so that each layer and each cost meets each of them."""
    names = list(OPTIMISERS)
    for i, layer in enumerate(LAYERS):
        for j, cost in enumerate(COSTS):
            optimiser = names[(i + j) % len(names)]
            # One matrix of all gates has one norm there, and each gate's matrix has its own here.
            if optimiser == "clip_norm" and is_recurrent(layer):
                optimiser = "clip_global"
            if (layer, cost, optimiser) in UNSTEADY:
                continue
            yield layer, cost, optimiser, "float64"
            if (i + j) % 3 == 0 and optimiser != "lion":
                yield layer, cost, optimiser, "float32"


def line(case):
    """A line of the table; none without a finite end, where single precision has come to nothing but its rounding, or where
    Keras in single precision does not follow itself in double precision, as where a slope is a sign."""
    found = losses(*case)
    if not np.isfinite(found).all():
        return None
    if case[-1] == "float32":
        wanted = losses(*case[:-1], "float64")
        if found[-2] < 0.02 * found[0] or any(abs(a - b) > 5e-4 * abs(b) for a, b in zip(found, wanted)):
            return None
    precision = ".13g" if case[-1] == "float64" else ".8g"
    return "\t".join([*case, *(format(x, precision) for x in found)])


def main():
    for kind, table in [("layer", LAYERS), ("cost", COSTS), ("optimiser", OPTIMISERS)]:
        for name, row in table.items():
            texts = row[:2] if kind != "optimiser" else row[:1]
            print(f"# {kind}", name, *texts, sep="\t")
    asked = sys.argv[1:]
    todo = [case for case in cases() if not asked or any(name in case for name in asked)]
    # What TensorFlow keeps of graphs grows: processes are begun anew.
    with multiprocessing.get_context("spawn").Pool(2, maxtasksperchild=100) as pool:
        for done in filter(None, pool.imap(line, todo)):
            print(done, flush=True)


if __name__ == "__main__":
    main()

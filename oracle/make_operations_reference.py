"""Writes crates/wrt/tests/operations_reference.tsv: values and Jacobians of every operation at its samples, by JAX.

    python -m venv venv && venv/bin/pip install numpy scipy "jax[cpu]"
    cargo run -q -p wrt-core --example operation_samples | venv/bin/python oracle/make_operations_reference.py

The functions are written here once more, from their definitions, on jax.numpy in doubles; the Jacobians are JAX's.
Nothing is taken from the table but names, sample points and spellings: the text of a sample says what its parameters are
and is evaluated here. NumPy's and JAX's spelling of each sample is run, too, and must have that value.

Columns: name, what the sample is for, its arguments, its text, the value, the Jacobians, and a hash of each of the NumPy
and the JAX code that was run (`-` where there is none). Arrays are the sizes of the axes, a bar, the entries.
"""

import itertools
import math
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import scipy
import scipy.linalg
import scipy.special

jax.config.update("jax_enable_x64", True)

same, valid = "same", "valid"

# Code that does not run, or not for these arguments, with the reason.
LIMITED = {
    ("numpy", "recurrence", "not a number"): "the solver spreads it to all entries",
    ("numpy", "softmax", "an empty axis"): "scipy.special.softmax refuses it",
    ("numpy", "inv", "a singular matrix"): "np.linalg.inv refuses it",
    ("numpy", "solve", "a singular matrix"): "np.linalg.solve refuses it",
    ("jax", "solve", "a singular matrix"): "infinities instead",
    ("numpy", "sign_det", "not a number"): "np.linalg.slogdet says 1",
    ("numpy", "eigh_vectors", "an eigenvalue there twice"): "any basis instead",
    ("jax", "eigh_vectors", "an eigenvalue there twice"): "any basis instead",
    ("numpy", "spectral", "an eigenvalue there twice"): "by any basis instead",
    ("jax", "spectral", "an eigenvalue there twice"): "by any basis instead",
    ("numpy", "svdvals", "not a number"): "np.linalg.svd refuses it",
    ("numpy", "svd_spread", "not a number"): "np.linalg.svd refuses it",
    ("numpy", "qr_q", "a matrix of rank 1"): "a column of zeros instead",
    ("jax", "qr_q", "a matrix of rank 1"): "a column of zeros instead",
    ("numpy", "cholesky", "a matrix of rank 1"): "np.linalg.cholesky refuses it, or finds round-off",
}

# Which argument holds labels.
LABELS = {"one_hot": "a", "gather": "b", "scatter_add": "b"}

WRONG = []


def each(f, rank):
    """A function of the last axes, for every index of those before them."""

    def g(x, *more):
        lead = max(a.ndim for a in (x, *more)) - rank
        if lead == 0:
            return f(x, *more)
        n = next(a for a in (x, *more) if a.ndim == lead + rank).shape[0]
        rows = [g(*(a[k] if a.ndim == lead + rank else a for a in (x, *more))) for k in range(n)]
        if rows:
            return jnp.stack(rows)
        return jnp.zeros((0,) + jax.eval_shape(g, *(jax.ShapeDtypeStruct(a.shape[1:], a.dtype) for a in (x, *more))).shape)

    return g


def directions(f):
    """The mixed derivative of f at the first argument along the others."""

    def g(x, *along):
        h = f
        for e in along:
            h = (lambda h, e: lambda y: jax.jvp(h, (y,), (e,))[1])(h, e)
        return h(x)

    return g


def exponential(a):
    """The exponential by its series, of a matrix halved eight times."""
    term = total = jnp.eye(a.shape[0])
    for k in range(1, 20):
        term = term @ a / 256 / k
        total = total + term
    for _ in range(8):
        total = total @ total
    return total


def exponential_along(a, *along):
    """The mixed derivative of the exponential: a corner of that of a block matrix (Higham & Relton 2014)."""
    n = a.shape[0]
    if n == 0:
        return a
    block = a
    for e in along:
        corner = jnp.kron(jnp.eye(block.shape[0] // n), e)
        block = jnp.block([[block, corner], [jnp.zeros_like(block), block]])
    return exponential(block)[:n, block.shape[0] - n :]


def leibniz(a):
    """The determinant as the sum over all permutations."""
    n = a.shape[0]
    total = jnp.zeros(())
    for p in itertools.permutations(range(n)):
        sign = (-1) ** sum(p[i] > p[j] for i in range(n) for j in range(i + 1, n))
        total = total + sign * math.prod([a[i, p[i]] for i in range(n)], start=jnp.ones(()))
    return total


def prod(x, axis=-1):
    return jnp.prod(x, axis=axis)


def prod_others(x, order=1):
    f = jnp.prod
    for _ in range(order):
        f = jax.jacobian(f)
    return each(f, 1)(x)


def first_of(best):
    return lambda x, axis=-1: jax.lax.stop_gradient(best(x, axis=axis)).astype(float)


def share(best):
    def f(x):
        hits = (x == best(x, axis=-1, keepdims=True)).astype(float) if x.shape[-1] else x
        return jax.lax.stop_gradient(hits / hits.sum(axis=-1, keepdims=True))

    return f


def argsort(x, axis=-1):
    return jax.lax.stop_gradient(jnp.argsort(x, axis=axis, stable=True)).astype(float)


def gather(x, at, axis=None, batch=0):
    """One position after the other: the sum of what stands there, and of zeros."""
    axis = batch if axis is None else axis
    at = jax.lax.stop_gradient(at)
    if batch:
        lead = axis - batch
        parts = [gather(jnp.take(x, k, axis=lead), at[k], axis - 1, batch - 1) for k in range(at.shape[0])]
        return jnp.stack(parts, axis=lead)
    if at.ndim:
        rows = [gather(x, at[k], axis) for k in range(at.shape[0])]
        return jnp.stack(rows, axis=axis) if rows else jnp.zeros(x.shape[:axis] + at.shape + x.shape[axis + 1 :])
    here = np.expand_dims(np.arange(x.shape[axis]), tuple(k for k in range(x.ndim) if k != axis)) == at
    return jnp.where(here, x, 0.0).sum(axis=axis)


def scatter_add(v, at, size, axis=None, batch=0):
    axis = batch if axis is None else axis
    shape = v.shape[:axis] + (size,) + v.shape[axis + at.ndim - batch :]
    return jax.vjp(lambda x: gather(x, at, axis, batch), jnp.zeros(shape))[1](v)[0]


def cumprod(x, axis=-1, reverse=0, exclusive=0):
    n = x.shape[-1]
    own = 0 if exclusive else 1
    parts = [x[..., k + 1 - own :] if reverse else x[..., : k + own] for k in range(n)]
    return jnp.stack([p.prod(axis=-1) for p in parts], axis=-1) if n else x


def logcumsumexp(x, axis=-1):
    n = x.shape[-1]
    parts = [jax.scipy.special.logsumexp(x[..., : k + 1], axis=-1) for k in range(n)]
    return jnp.stack(parts, axis=-1) if n else x


def recurrence(a, b, reverse=0):
    n, values = a.shape[-1], {}
    for k in range(n)[::-1] if reverse else range(n):
        past = k + 1 if reverse else k - 1
        values[k] = b[..., k] + (a[..., max(k, past)] * values[past] if past in values else 0)
    return jnp.stack([values[k] for k in range(n)], axis=-1) if n else b


def cumsum(x, axis=-1, reverse=0):
    n = x.shape[-1]
    sums = [x[..., k:] if reverse else x[..., : k + 1] for k in range(n)]
    return jnp.stack([s.sum(axis=-1) for s in sums], axis=-1) if n else x


def cholesky(a):
    lower = jnp.tril(a)
    whole = lower + jnp.swapaxes(jnp.tril(a, -1), -1, -2)
    return jnp.linalg.cholesky(whole, symmetrize_input=False)


def qr_q(a):
    q, r = jnp.linalg.qr(a)
    signs = jax.lax.stop_gradient(jnp.sign(jnp.diagonal(r, axis1=-2, axis2=-1)))
    return q * jnp.where(signs == 0, jnp.nan, signs)[..., None, :]


def solve(a, b):
    return jnp.einsum("...ij,...j->...i" if b.ndim + 1 == a.ndim else "...ij,...jk->...ik", jnp.linalg.inv(a), b)


def eigvalsh(a):
    return jnp.linalg.eigvalsh((a + jnp.swapaxes(a, -1, -2)) / 2)


def eigh_vectors(a):
    """The eigenvectors, the first of the largest entries positive; none where eigenvalues are equal."""
    if a.size == 0:
        return a
    values, v = jnp.linalg.eigh((a + a.T) / 2)
    v = jnp.where(jnp.any(jnp.diff(values) == 0), jnp.nan, v)
    first = jnp.argmax(abs(v) >= 0.999999 * abs(v).max(axis=0), axis=0)
    return v * jax.lax.stop_gradient(jnp.sign(v[first, jnp.arange(len(v))]))


def spectral(a, g):
    values, v = jnp.linalg.eigh((a + jnp.swapaxes(a, -1, -2)) / 2)
    v = jnp.where(jnp.any((jnp.diff(values) == 0) & (jnp.diff(g) != 0)), jnp.nan, v)
    return (v * g[..., None, :]) @ jnp.swapaxes(v, -1, -2)


def svd_spread(a, g):
    u, _, v = jnp.linalg.svd(a, full_matrices=False)
    return (u * g[..., None, :]) @ v


def tril(a):
    m, n = a.shape[-2:]
    return jnp.where(jnp.arange(m)[:, None] >= jnp.arange(n), a, 0.0)


def tril_halved(a):
    m, n = a.shape[-2:]
    return tril(a) * jnp.where(jnp.arange(m)[:, None] == jnp.arange(n), 0.5, 1.0)


def pad(x, start, size, step=1, axis=-1):
    first = start + size if start < 0 else start
    at = first + step * np.arange(x.shape[-1])
    assert all((at >= 0) & (at < size))
    return jnp.zeros(x.shape[:-1] + (size,)).at[..., at].set(x)


def concat(*parts, axis=0):
    return jnp.concatenate(parts, axis=axis)


def tail(x, length, axis=-1):
    return x[..., x.shape[-1] - length :]


def reshape(x, *to):
    to = to[0] if isinstance(to[0], list) else to
    return jnp.reshape(x, to)


def one_hot(y, classes):
    return (y[..., None] == jnp.arange(classes)).astype(float)


def window(x, size, stride=1, dilation=1):
    count = (x.shape[-1] - (size - 1) * dilation - 1) // stride + 1
    at = stride * np.arange(count)[:, None] + dilation * np.arange(size)
    return x[..., at]


def fold(w, size, n, stride=1, dilation=1):
    out = jnp.zeros(w.shape[:-2] + (n,))
    for i in range(w.shape[-2]):
        for k in range(size):
            out = out.at[..., i * stride + k * dilation].add(w[..., i, k])
    return out


def convolved(x, kernel, axes, stride=1, padding=valid):
    sizes = kernel.shape[:axes]
    strides = np.broadcast_to(stride, axes)
    widths = [((s - 1) // 2, s - 1 - (s - 1) // 2) if padding == same else (0, 0) for s in sizes]
    x = jnp.pad(x, widths + [(0, 0)])
    counts = [(n - s) // d + 1 for n, s, d in zip(x.shape, sizes, strides)]
    rows = []
    for at in itertools.product(*map(range, counts)):
        part = x[tuple(slice(k * d, k * d + s) for k, s, d in zip(at, sizes, strides))]
        rows.append(jnp.tensordot(part, kernel, axes=axes + 1))
    return jnp.stack(rows).reshape(*counts, kernel.shape[-1])


def conv(axes):
    def f(x, kernel, **options):
        own = lambda x, k: convolved(x, k, axes, **options)
        if kernel.ndim > axes + 2:
            return jnp.stack([own(x, k) for k in kernel])
        return jnp.stack([own(part, kernel) for part in x]) if x.ndim > axes + 1 else own(x, kernel)

    return f


def conv_input(axes):
    def f(kernel, g, *sizes, **options):
        own = lambda x: convolved(x, kernel, axes, **options)
        return jax.vjp(own, jnp.zeros(sizes + kernel.shape[axes : axes + 1]))[1](g)[0]

    return f


def conv_kernel(axes):
    def f(x, g, *sizes, **options):
        own = lambda kernel: convolved(x, kernel, axes, **options)
        return jax.vjp(own, jnp.zeros(sizes + (x.shape[-1], g.shape[-1])))[1](g)[0]

    return f


def pool(best):
    def f(x, size):
        *lead, height, width, channels = x.shape
        h, w = height // size, width // size
        x = x[..., : h * size, : w * size, :].reshape(*lead, h, size, w, size, channels)
        x = jnp.moveaxis(x, -4, -3).reshape(*lead, h, w, size * size, channels)
        return best(x, axis=-2)

    return f


max_pool, avg_pool = pool(jnp.max), pool(jnp.mean)


def max_pool_along(x, v, size):
    lead = v.ndim - x.ndim
    return jax.jvp(lambda x: max_pool(x, size), (jnp.broadcast_to(x, v.shape) if lead else x,), (v,))[1]


def overridden(value, x, slope):
    return jax.lax.stop_gradient(value) + jax.lax.stop_gradient(slope) * (x - jax.lax.stop_gradient(x))


def scanned(what):
    def f(state, xs, c):
        outputs = []
        order = range(len(xs))[::-1] if "backward" in what else range(len(xs))
        for k in order:
            outputs.append((k, state * xs[k]))
            state = c * state * state + xs[k]
        if "state" in what:
            return state
        return jnp.stack([y for _, y in sorted(outputs, key=lambda o: o[0])]) if outputs else jnp.zeros((0, 2))

    return f


def labelled(f, k):
    """The function with whole numbers as its argument k, by which the derivative is zero."""
    return lambda *args: f(*args[:k], args[k].astype(int), *args[k + 1 :])


FUNCTIONS = {
    "prod": prod,
    "prod_others": prod_others,
    "max": lambda x, axis=-1: jnp.max(x, axis=axis),
    "min": lambda x, axis=-1: jnp.min(x, axis=axis),
    "argmax": first_of(jnp.argmax),
    "argmin": first_of(jnp.argmin),
    "logsumexp": lambda x, axis=-1: jax.scipy.special.logsumexp(x, axis=axis),
    "softmax": lambda x: jax.nn.softmax(x, axis=-1) if x.shape[-1] else x,
    "sort": lambda x: jnp.sort(x, axis=-1, stable=True),
    "argsort": argsort,
    "gather": gather,
    "scatter_add": scatter_add,
    "cumprod": cumprod,
    "logcumsumexp": logcumsumexp,
    "recurrence": recurrence,
    "share_of_max": share(jnp.max),
    "share_of_min": share(jnp.min),
    "cumsum": cumsum,
    "det": each(leibniz, 2),
    "logdet": lambda a: jnp.log(each(leibniz, 2)(a)),
    "logabsdet": lambda a: jnp.log(jnp.abs(each(leibniz, 2)(a))),
    "sign_det": lambda a: jnp.sign(jax.lax.stop_gradient(each(leibniz, 2)(a))),
    "inv": jnp.linalg.inv,
    "solve": solve,
    "cofactor": each(directions(jax.jacobian(leibniz)), 2),
    "cholesky": cholesky,
    "qr_q": qr_q,
    "expm": each(exponential_along, 2),
    "expm_frechet": each(exponential_along, 2),
    "eigvalsh": eigvalsh,
    "eigh_vectors": each(eigh_vectors, 2),
    "spectral": spectral,
    "svdvals": lambda a: jnp.linalg.svd(a, compute_uv=False) if a.size else jnp.zeros(a.shape[:-2] + (0,)),
    "svd_spread": lambda a, g: svd_spread(a, g) if a.size else a,
    "pinv": lambda a: jnp.linalg.pinv(a) if a.size else jnp.swapaxes(a, -1, -2),
    "tril": tril,
    "tril_halved": tril_halved,
    "pad": pad,
    "concat": concat,
    "tail": tail,
    "reshape": reshape,
    "one_hot": one_hot,
    "window": window,
    "fold": fold,
    "conv1d": conv(1),
    "conv2d": conv(2),
    "conv1d_input": conv_input(1),
    "conv2d_input": conv_input(2),
    "conv1d_kernel": conv_kernel(1),
    "conv2d_kernel": conv_kernel(2),
    "max_pool": max_pool,
    "avg_pool": avg_pool,
    "max_pool_input": lambda x, g, size, *_: jax.vjp(lambda x: max_pool(x, size), x)[1](g)[0],
    "avg_pool_input": lambda g, size, *n: jax.vjp(lambda x: avg_pool(x, size), jnp.zeros(n + g.shape[-1:]))[1](g)[0],
    "max_pool_along": max_pool_along,
    "stop_gradient": jax.lax.stop_gradient,
    "same": same,
    "valid": valid,
}


def parsed(text):
    shape, data = text.split("|")
    shape = tuple(int(n) for n in shape.strip().split("x")) if shape.strip() else ()
    return np.array([float(x) for x in data.split()]).reshape(shape)


def written(x):
    x = np.asarray(x, dtype=float)
    return "x".join(map(str, x.shape)) + " | " + " ".join(repr(float(v)) for v in x.ravel())


def fnv(text):
    """The hash that the test computes, too: 64-bit FNV-1a."""
    h = 0xCBF29CE484222325
    for byte in text.encode():
        h = (h ^ byte) * 0x100000001B3 % 2**64
    return f"{h:016x}"


def run(code, names, arrays, modules, about):
    """Notes a code that does not have the value wanted."""
    if not code:
        return
    wanted, key = about
    values = dict(zip(names, arrays))
    if key[1] in LABELS:
        values[LABELS[key[1]]] = values[LABELS[key[1]]].astype(int)
    try:
        with np.errstate(all="ignore"):
            found = np.asarray(eval(code, modules, values), dtype=float)
        agrees = found.shape == wanted.shape and np.allclose(found, wanted, rtol=1e-9, atol=1e-12, equal_nan=True)
        outcome = "agrees" if agrees else f"{found} instead of {wanted}"
    except Exception as e:
        outcome = f"{type(e).__name__}: {e}"
    if outcome != "agrees" and key not in LIMITED:
        WRONG.append(f"{key}: {code}: {outcome}")


def known(path):
    """The lines of an earlier run; of what has not changed since they are kept, unless --all is given."""
    if "--all" in sys.argv or not path.exists():
        return {}
    cells = [line.split("\t") for line in path.read_text().splitlines() if not line.startswith("#")]
    return {(c[0], c[1], c[2], c[3], c[6], c[7]): "\t".join(c) for c in cells}


def main():
    path = Path(__file__).parent.parent / "crates/wrt/tests/operations_reference.tsv"
    out, kept = [], known(path)
    numpy_modules = {"np": np, "scipy": scipy}
    jax_modules = {"jnp": jnp, "jax": jax}
    for line in sys.stdin:
        name, what, arguments, text, numpy_code, jax_code = line.rstrip("\n").split("\t")
        hashes = [fnv(code) if code else "-" for code in (numpy_code, jax_code)]
        old = kept.get((name, what, arguments, text, *hashes))
        if old is not None:
            out.append(old)
            continue
        before = len(WRONG)
        arrays = [parsed(a) for a in arguments.split(" ; ")]
        names = "abcpqrst"[: len(arrays)]
        if name == "scan":
            f = scanned(what)
        elif name == "override":
            f = overridden
        else:
            f = eval(f"lambda {', '.join(names)}: {text}", dict(FUNCTIONS))
        if name in LABELS:
            f = labelled(f, names.index(LABELS[name]))
        try:
            value = np.asarray(f(*map(jnp.asarray, arrays)), dtype=float)
            jax.jacobian(f, argnums=0)(*map(jnp.asarray, arrays))
        except Exception as e:
            WRONG.append(f"{name}, {what}: {text}: {type(e).__name__}: {e}")
            continue
        jacobians = [jax.jacobian(f, argnums=k)(*map(jnp.asarray, arrays)) for k in range(len(arrays))]
        run(numpy_code, names, arrays, numpy_modules, (value, ("numpy", name, what)))
        run(jax_code, names, [jnp.asarray(a) for a in arrays], jax_modules, (value, ("jax", name, what)))
        if len(WRONG) > before:
            continue
        out.append("\t".join([name, what, arguments, text, written(value), " ; ".join(map(written, jacobians)), *hashes]))
    if not out:
        raise SystemExit("no samples on standard input, nothing is written: cargo run -q -p wrt-core --example operation_samples | python oracle/make_operations_reference.py")
    versions = f"JAX {jax.__version__}, NumPy {np.__version__}, SciPy {scipy.__version__}"
    header = "# name, sample, arguments, text, value, Jacobians, code; by oracle/make_operations_reference.py with " + versions
    path.write_text("\n".join([header] + out) + "\n")
    print(f"{len(out)} samples", file=sys.stderr)
    if WRONG:
        raise SystemExit("\n".join(WRONG))


main()

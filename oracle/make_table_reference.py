"""Writes crates/core/tests/table_reference.tsv: values and derivatives of every row of the table, by python-flint.

    cargo run -q -p wrt-core --example table_samples | python oracle/make_table_reference.py

The functions are written here once more, from their definitions and in Arb's balls, and the derivatives are differences
of them at thousands of bits: nothing is taken from the table but names and sample points. Columns: name, point, value,
one derivative for each argument. A value or derivative is a decimal of 32 digits, or

    undefined     there is no real value,
    left|right    the one-sided slopes at a kink,
    jump          the function jumps, or its slope is infinite,
    edge          the point is the end of the domain.
"""

import random
import sys
from pathlib import Path

import flint
from flint import acb, arb, fmpq, fmpz

DIGITS = 32


class Undefined(Exception):
    """The function has no real value there."""


def need(condition):
    if not condition:
        raise Undefined


def exact(x):
    """A double as a ball of radius 0."""
    n, d = x.as_integer_ratio()
    return arb(fmpz(n)) / arb(fmpz(d))


def sign(x):
    return arb(0) if x == 0 else arb(1) if x > 0 else arb(-1)


def power(x, y):
    if y == 0:
        return arb(1)
    if x == 0:
        need(y > 0)
        return arb(0)
    if x < 0:
        n = y.unique_fmpz()
        need(n is not None)
        return arb(x) ** n
    return arb(x) ** arb(y)


def round_half_even(x):
    low = x.floor().unique_fmpz()
    rest = x - arb(low)
    if rest < 0.5 or (rest == 0.5 and low % 2 == 0):
        return arb(low)
    return arb(low + 1)


def integer_below(x):
    n = x.floor().unique_fmpz()
    need(n is not None)
    return arb(n)


def not_pole(x):
    n = x.unique_fmpz()
    need(not (x <= 0 and n is not None and x == arb(n)))
    return x


def polygamma(n, x):
    k = n.unique_fmpz()
    need(k is not None and k >= 0)
    x = not_pole(x)
    if k == 0:
        return x.digamma()
    return acb(x).polygamma(acb(arb(k))).real


def atan2(y, x):
    need(not (x == 0 and y == 0))
    return arb.atan2(y, x)


def inside(condition, f):
    def g(x):
        need(condition(x))
        return f(x)

    return g


def where(c, x, y):
    return y if c == 0 else x


def truth(holds):
    return lambda x, y: arb(1) if holds(x, y) else arb(0)


def cbrt(x):
    return sign(x) * abs(x).root(3)


def logistic(x):
    return 1 / (1 + (-x).exp())


def softplus(x):
    return x.exp().log1p()


def erfc_of_minus(x):
    return (-x / arb(2).sqrt()).erfc()


SELU_SCALE = fmpq(10507009873554805, 10**16)
SELU_LEFT = fmpq(17580993408473766, 10**16)
half_pi = lambda: arb.pi() / 2

ORACLE = {
    "pow": power,
    "exp": lambda x: x.exp(),
    "expm1": lambda x: x.expm1(),
    "log": inside(lambda x: x > 0, lambda x: x.log()),
    "log1p": inside(lambda x: x > -1, lambda x: x.log1p()),
    "log2": inside(lambda x: x > 0, lambda x: x.log() / arb(2).log()),
    "log10": inside(lambda x: x > 0, lambda x: x.log() / arb(10).log()),
    "xlogy": lambda x, y: arb(0) if x == 0 else x * inside(lambda y: y > 0, lambda y: y.log())(y),
    "sqrt": inside(lambda x: x >= 0, lambda x: x.sqrt()),
    "cbrt": cbrt,
    "hypot": lambda x, y: (x * x + y * y).sqrt(),
    "abs": lambda x: abs(x),
    "sign": sign,
    "floor": integer_below,
    "ceil": lambda x: -integer_below(-x),
    "round": round_half_even,
    "max": lambda x, y: x if x >= y else y,
    "min": lambda x, y: x if x <= y else y,
    "heaviside": lambda x, y: arb(0) if x < 0 else arb(1) if x > 0 else y,
    "lt": truth(lambda x, y: x < y),
    "le": truth(lambda x, y: x <= y),
    "gt": truth(lambda x, y: x > y),
    "ge": truth(lambda x, y: x >= y),
    "eq": truth(lambda x, y: x == y),
    "ne": truth(lambda x, y: x != y),
    "where": where,
    "sin": lambda x: x.sin(),
    "cos": lambda x: x.cos(),
    "tan": lambda x: x.tan(),
    "cot": inside(lambda x: x != 0, lambda x: x.cot()),
    "sec": lambda x: 1 / x.cos(),
    "csc": inside(lambda x: x != 0, lambda x: 1 / x.sin()),
    "asin": inside(lambda x: abs(x) <= 1, lambda x: x.asin()),
    "acos": inside(lambda x: abs(x) <= 1, lambda x: x.acos()),
    "atan": lambda x: x.atan(),
    "acot": inside(lambda x: x != 0, lambda x: sign(x) * half_pi() - x.atan()),
    "asec": inside(lambda x: abs(x) >= 1, lambda x: half_pi() - (1 / x).asin()),
    "acsc": inside(lambda x: abs(x) >= 1, lambda x: (1 / x).asin()),
    "atan2": atan2,
    "sinh": lambda x: x.sinh(),
    "cosh": lambda x: x.cosh(),
    "tanh": lambda x: x.tanh(),
    "coth": inside(lambda x: x != 0, lambda x: x.coth()),
    "sech": lambda x: 2 / (x.exp() + (-x).exp()),
    "csch": inside(lambda x: x != 0, lambda x: 1 / x.sinh()),
    "asinh": lambda x: x.asinh(),
    "acosh": inside(lambda x: x >= 1, lambda x: x.acosh()),
    "atanh": inside(lambda x: abs(x) < 1, lambda x: x.atanh()),
    "acoth": inside(lambda x: abs(x) > 1, lambda x: ((x + 1) / (x - 1)).log() / 2),
    "asech": inside(lambda x: x > 0 and x <= 1, lambda x: ((1 + (1 - x * x).sqrt()) / x).log()),
    "acsch": inside(lambda x: x != 0, lambda x: (1 / x).asinh()),
    "sigmoid": logistic,
    "softplus": softplus,
    "relu": lambda x: x if x > 0 else arb(0),
    "leaky_relu": lambda x, slope: x if x > 0 else slope * x,
    "elu": lambda x, alpha: x if x > 0 else alpha * x.expm1(),
    "selu": lambda x: arb(SELU_SCALE) * x if x > 0 else arb(SELU_LEFT) * x.expm1(),
    "gelu": lambda x: x * erfc_of_minus(x) / 2,
    "silu": lambda x: x * logistic(x),
    "mish": lambda x: x * softplus(x).tanh(),
    "erf": lambda x: x.erf(),
    "erfc": lambda x: x.erfc(),
    "gamma": lambda x: not_pole(x).gamma(),
    "lgamma": lambda x: abs(not_pole(x).gamma()).log(),
    "digamma": lambda x: not_pole(x).digamma(),
    "trigamma": lambda x: polygamma(arb(1), x),
    "polygamma": polygamma,
}

EDGES = [0.0, 1e-300, 1e-12, 0.25, 0.5, 1 - 2**-30, 1.0, 1 + 2**-30, 1.5, 2.5, 3.0, 10.0, 30.0, 170.5, 700.0, 1e5, 1e22, 1e300]
PAIRS = [-1e10, -2.5, -1.0, -0.5, 0.0, 1e-12, 0.5, 1.0, 2.0, 3.25, 40.0]
RANDOM = 12


def points(name, arity, samples):
    rng = random.Random(name)
    found = [tuple(float(x) for x in s.split(",")) for s in samples.split(";")]
    if arity == 1:
        found += [(s * x,) for x in EDGES for s in (1, -1)]
        found += [(rng.uniform(-1, 1) * 10 ** rng.uniform(-3, 1.5),) for _ in range(RANDOM)]
        found += [(rng.uniform(-1, 1),) for _ in range(4)]
        return found
    if name == "polygamma":
        return found + [(float(n), x) for n in range(5) for x in (-1.5, 0.0, 0.1, 0.7, 3.5, 25.0, rng.uniform(0, 9))]
    if arity == 2:
        return found + [(x, y) for x in PAIRS for y in PAIRS[:: 2 if name != "pow" else 1]]
    return found + [(c, x, y) for c in (0.0, 1.0, -0.5) for x in (0.0, -2.5, 7.0) for y in (1.5, 1e-12)]


def value(f, point):
    """The value as a ball, or Undefined."""
    try:
        v = f(*point)
    except (ZeroDivisionError, ValueError):
        raise Undefined from None
    if not v.is_finite():
        raise Undefined
    return v


def slope(f, point, k, bits, side):
    step = arb(2) ** -bits
    if point[k] != 0 and abs(point[k]) < 1:
        step = step * abs(point[k])
    moved = list(point)
    moved[k] = point[k] + side * step
    return side * (value(f, moved) - value(f, point)) / step


def near(a, b, relative):
    return abs(a - b) <= arb(relative) * (abs(a) + abs(b)) + arb(2) ** -150 * (abs(a) + abs(b) + arb(2) ** -6000)


def partial(f, point, k):
    try:
        sides = [slope(f, point, k, 220, s) for s in (1, -1)]
        nearer = [slope(f, point, k, 260, s) for s in (1, -1)]
    except Undefined:
        return "edge"
    if any(not near(a, b, 1e-20) and abs(b) > abs(a) * 1000 for a, b in zip(sides, nearer)):
        return "jump"
    # The error of a one-sided slope is half the step times the curvature; the mean of both is exact to the square.
    mean = (nearer[0] + nearer[1]) / 2
    if abs(nearer[0] - nearer[1]) > abs(sides[0] - sides[1]) / 1000 and not near(nearer[0], nearer[1], 1e-30):
        return f"{text(nearer[1])}|{text(nearer[0])}"
    if abs(mean) < arb(2) ** -180 * abs(nearer[0]):
        return "0"
    return text(mean)


def text(x):
    mid = x.mid()
    if mid == 0 or (x.contains(0) and abs(x).upper() < arb(2) ** -1500):
        return "0"
    return mid.str(DIGITS, radius=False)


def main():
    out = []
    for line in sys.stdin:
        name, arity, samples = line.rstrip("\n").split("\t")
        f = ORACLE[name]
        seen = set()
        for point in points(name, int(arity), samples):
            if point in seen:
                continue
            seen.add(point)
            tiny = any(x != 0 and abs(x) < 1e-100 or abs(x) > 1e100 for x in point)
            flint.ctx.prec = 7000 if tiny else 4000
            balls = [exact(x) for x in point]
            shown = ",".join(repr(x) for x in point)
            try:
                v = value(f, balls)
            except Undefined:
                out.append("\t".join([name, shown, "undefined"] + ["undefined"] * int(arity)))
                continue
            if abs(v) > arb(10) ** 4000 or (v != 0 and abs(v) < arb(10) ** -4000):
                continue
            partials = ["none" if name == "polygamma" and k == 0 else partial(f, balls, k) for k in range(int(arity))]
            out.append("\t".join([name, shown, text(v)] + partials))
    if not out:
        raise SystemExit("no samples on standard input, nothing is written: cargo run -q -p wrt-core --example table_samples | python oracle/make_table_reference.py")
    path = Path(__file__).parent.parent / "crates/core/tests/table_reference.tsv"
    header = "# name, point, value, derivatives; by oracle/make_table_reference.py with python-flint " + flint.__version__
    path.write_text("\n".join([header] + out) + "\n")
    print(f"{len(out)} points", file=sys.stderr)


main()

"""Writes tests/reference.tsv: function, arguments, value to 60 or 310 digits, by python-flint (Arb).

Run in the crate's folder: `python oracle/make_reference.py`. Needs `pip install python-flint`.
A line is `name<TAB>argument[,argument]<TAB>value`; arguments are Python's shortest decimals of
doubles, to be read as exactly those doubles; a value is 60 digits (every tenth: 310), within a unit
in the last place.
"""

import math
import random
from pathlib import Path

from flint import arb, ctx

DIGITS, MANY = 60, 310
PI = math.pi

TINY = [1e-300, 1e-30, 1e-9, 5e-324, 2.2250738585072014e-308]
MODERATE = [0.1, 0.25, 0.3, 0.5, 0.7, 0.9, 1.0, 1.3, 1.5, 2.0, 2.5, 3.0, 4.7, 7.25, 10.0, 12.5, 30.0, 100.3, 700.5]
NEAR_ONE = [1 - 2**-53, 1 + 2**-52, 1.0000001, 0.9999999, 2 - 2**-52, 2 + 2**-51, 3.0000001]
NEAR_PI = [k * PI / 2 for k in (1, 2, 3, 4, 22, 1000)] + [PI + 4e-16, PI / 2 - 3e-16, 355.0, 1e22, 6381956970095103 * 2.0**797]
HUGE = [1e5, 1e10, 1e15 + 0.5, 1e100, 1e300, 1.7976931348623157e308]


def both(xs):
    return [s * x for x in xs for s in (1, -1)]


ALL = both(TINY + MODERATE + NEAR_ONE + NEAR_PI + HUGE)
rng = random.Random(1)
ALL += [rng.uniform(-20, 20) for _ in range(25)]
ALL += [math.copysign(10 ** rng.uniform(-12, 12), rng.uniform(-1, 1)) for _ in range(25)]

SMALL = both(TINY + MODERATE) + [rng.uniform(-40, 40) for _ in range(15)]
UNIT = [x for x in ALL if abs(x) <= 1] + [rng.uniform(-1, 1) for _ in range(20)] + [1 - 1e-12, -1 + 1e-15]
POSITIVE = [x for x in ALL if x > 0]
NOT_TOO_BIG = [x for x in ALL if abs(x) < 1e17]
GAMMA = [x for x in ALL if abs(x) < 1e11 and not (x <= 0 and x == int(x))]
GAMMA += [-1e-20, -0.5, -1.5, -2 + 1e-14, -3.0000001, -170.3, -1000.7, 1.4616321449683622, -0.5040830082644554]

FUNCTIONS = {
    "exp": (lambda x: x.exp(), NOT_TOO_BIG),
    "expm1": (lambda x: x.expm1(), NOT_TOO_BIG),
    "log": (lambda x: x.log(), POSITIVE),
    "log1p": (lambda x: x.log1p(), [x for x in ALL if x > -1]),
    "log2": (lambda x: x.log() / arb(2).log(), POSITIVE),
    "log10": (lambda x: x.log() / arb(10).log(), POSITIVE),
    "sqrt": (lambda x: x.sqrt(), POSITIVE),
    "cbrt": (lambda x: x.root(3) if x > 0 else -(-x).root(3), ALL),
    "sin": (lambda x: x.sin(), ALL),
    "cos": (lambda x: x.cos(), ALL),
    "tan": (lambda x: x.tan(), ALL),
    "cot": (lambda x: x.cot(), ALL),
    "sec": (lambda x: x.sec(), ALL),
    "csc": (lambda x: x.csc(), ALL),
    "asin": (lambda x: x.asin(), UNIT),
    "acos": (lambda x: x.acos(), UNIT),
    "atan": (lambda x: x.atan(), ALL),
    "acot": (lambda x: (1 / x).atan(), ALL),
    "asec": (lambda x: (1 / x).acos(), [x for x in ALL if abs(x) >= 1]),
    "acsc": (lambda x: (1 / x).asin(), [x for x in ALL if abs(x) >= 1]),
    "sinh": (lambda x: x.sinh(), NOT_TOO_BIG),
    "cosh": (lambda x: x.cosh(), NOT_TOO_BIG),
    "tanh": (lambda x: x.tanh(), ALL),
    "coth": (lambda x: x.coth(), ALL),
    "sech": (lambda x: x.sech(), NOT_TOO_BIG),
    "csch": (lambda x: x.csch(), NOT_TOO_BIG),
    "asinh": (lambda x: x.asinh(), ALL),
    "acosh": (lambda x: x.acosh(), [x for x in ALL if x >= 1]),
    "atanh": (lambda x: x.atanh(), [x for x in UNIT if abs(x) < 1]),
    "acoth": (lambda x: (1 / x).atanh(), [x for x in ALL if abs(x) > 1]),
    "asech": (lambda x: (1 / x).acosh(), [x for x in ALL if 0 < x <= 1]),
    "acsch": (lambda x: (1 / x).asinh(), ALL),
    "erf": (lambda x: x.erf(), ALL),
    "erfc": (lambda x: x.erfc(), [x for x in NOT_TOO_BIG if x < 1e8]),
    "gamma": (lambda x: x.gamma(), GAMMA),
    "lgamma": (lambda x: x.lgamma() if x > 0 else abs(x.gamma()).log(), GAMMA + [1e100, 1e300]),
    "digamma": (lambda x: x.digamma(), GAMMA + [1e100, 1e300]),
}
for order in (1, 2, 3, 7, 20):
    FUNCTIONS[f"polygamma{order}"] = (
        lambda x, n=order: polygamma(n, x),
        [x for x in GAMMA if x > 0 or x > -30][:80],
    )


def polygamma(n, x):
    """(-1)^(n+1) n! zeta(n+1, x) for x > 0; shifted by the recurrence below 0."""
    total = arb(0)
    while x < 1:
        total += 1 / x ** (n + 1)
        x = x + 1
    total += arb(n + 1).zeta(x)
    return (total if n % 2 else -total) * factorial(n)


def factorial(n):
    out = arb(1)
    for k in range(2, n + 1):
        out *= k
    return out


PAIRS = [(rng.uniform(0, 9), rng.uniform(-9, 9)) for _ in range(25)]
PAIRS += [(x, y) for x in (1e-300, 1e-5, 0.5, 1 - 2**-53, 1 + 2**-52, 2.0, 10.0, 1e300) for y in (-1e5, -2.5, -1.0, 0.1, 0.5, 1 / 3, 2.0, 7.25, 1e12)]
TWO = {
    "pow": (lambda x, y: x**y, PAIRS + [(-2.0, 3.0), (-2.5, -4.0), (-1.5, 101.0)]),
    "hypot": (lambda x, y: (x * x + y * y).sqrt(), [(3.0, 4.0), (1e-300, 1e300), (1e300, 1e300), (5e-324, 5e-324)] + PAIRS),
    "atan2": (lambda x, y: arb.atan2(x, y), [(s * x, t * y) for x, y in PAIRS[:40] for s in (1, -1) for t in (1, -1)]),
    "div": (lambda x, y: x / y, PAIRS),
}


def value(f, args, digits):
    """So many digits, from as much precision as it takes; None where there is a pole."""
    for prec in (300, 1200, 3000, 20000, 60000):
        ctx.prec = prec
        y = f(*(arb(a) for a in args))
        if y.is_finite() and (y.is_exact() and y == 0):
            return "0"
        if y.is_finite() and y.rel_accuracy_bits() > 3.4 * digits + 10:
            return y.str(digits, radius=False)
    return None


def main():
    out = ["# by oracle/make_reference.py: function, arguments (doubles), value"]
    for name, (f, xs) in FUNCTIONS.items():
        for i, x in enumerate(dict.fromkeys(xs)):
            y = value(f, [x], MANY if i % 10 == 7 else DIGITS)
            if y is not None:
                out.append(f"{name}\t{x!r}\t{y}")
    for name, (f, pairs) in TWO.items():
        for i, (x, y) in enumerate(dict.fromkeys(pairs)):
            v = value(f, [x, y], MANY if i % 10 == 7 else DIGITS)
            if v is not None:
                out.append(f"{name}\t{x!r},{y!r}\t{v}")
    path = Path(__file__).parent.parent / "tests" / "reference.tsv"
    path.write_text("\n".join(out) + "\n")
    print(len(out), "lines")


main()

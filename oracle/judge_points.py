"""Holds derivatives at special points against slopes computed elsewhere.

    python3 oracle/judge_points.py [COUNT [SEED]]

Random formulas of x and y, numbers and arrays of three points, made of branches, kinks, roots, norms and logarithms, at points where several of them are
special at once (zeros and ties), go through `wrt batch`. The slopes by x from the left and from the right are computed
here, by mpmath at 220 digits from the formula's own text as a tree: what is printed by wrt is not looked at. Where both
sides agree wrt must have that number without a status; where they differ a kink (or a cone) with a value between; at an
edge of the domain the slope of the side that exists; none where a side is infinite or jumps. Needs cargo and, once, a
connection: mpmath goes into a virtual environment in target/judge_points. Exit status 0: everything agrees.
"""

import collections
import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / "target/judge_points"

try:
    import mpmath
    from mpmath import mp, mpf
except ImportError:
    python = HOME / "bin/python"
    if Path(sys.executable) == python:
        raise
    subprocess.run([sys.executable, "-m", "venv", HOME], check=True)
    subprocess.run([python, "-m", "pip", "-q", "install", "mpmath"], check=True)
    os.execv(python, [python, __file__, *sys.argv[1:]])

mp.dps = 220
# Slopes are quotients at these distances.
STEPS = [mpf(10) ** -k for k in (40, 50, 60)]
POINTS = [(0, 0), (0, 1), (1, 1), (1, 0), (0, 2), (-1, 0), (2, 2)]


class Undefined(Exception):
    """There is no real value."""


class Open(Exception):
    """Nothing can be said in these numbers."""


def need(condition, error=Undefined):
    if not condition:
        raise error


def log(x):
    need(x > 0)
    return mpmath.log(x)


def root(x):
    need(x >= 0)
    return mpmath.sqrt(x)


def quotient(a, b):
    need(b != 0)
    return a / b


def moderate(f):
    def of(x):
        need(abs(x) < 1e6, Open)
        return f(x)

    return of


sin, cos, exp, tanh = (moderate(f) for f in (mpmath.sin, mpmath.cos, mpmath.exp, mpmath.tanh))

# How it is written, and its value by the values of its arguments, which are computed when they are asked for.
OPERATIONS = [
    ("({0} + {1})", lambda a, b, c: a() + b()),
    ("({0} - {1})", lambda a, b, c: a() - b()),
    ("({0}*{1})", lambda a, b, c: a() * b()),
    ("({0}/{1})", lambda a, b, c: quotient(a(), b())),
    ("where({0} > {1}, {2}, {0})", lambda a, b, c: c() if a() > b() else a()),
    ("abs({0})", lambda a, b, c: abs(a())),
    ("relu({0})", lambda a, b, c: max(a(), mpf(0))),
    ("max({0}, {1})", lambda a, b, c: max(a(), b())),
    ("min({0}, {1})", lambda a, b, c: min(a(), b())),
    ("sqrt({0}^2)", lambda a, b, c: root(a() ** 2)),
    ("sqrt({0}^2 + {1}^2)", lambda a, b, c: root(a() ** 2 + b() ** 2)),
    ("hypot({0}, {1})", lambda a, b, c: root(a() ** 2 + b() ** 2)),
    ("{0}^2", lambda a, b, c: a() ** 2),
    ("abs({0})^1.5", lambda a, b, c: abs(a()) ** mpf(1.5)),
    ("exp({0})", lambda a, b, c: exp(a())),
    ("sin({0})", lambda a, b, c: sin(a())),
    ("cos({0})", lambda a, b, c: cos(a())),
    ("tanh({0})", lambda a, b, c: tanh(a())),
    ("atan({0})", lambda a, b, c: mpmath.atan(a())),
    ("cbrt({0})", lambda a, b, c: mpmath.sign(a()) * mpmath.cbrt(abs(a()))),
    ("floor({0})", lambda a, b, c: mpmath.floor(a())),
    ("log(1 + {0}^2)", lambda a, b, c: log(1 + a() ** 2)),
    ("where({0} != 0, sin({0})/{0}, 1)", lambda a, b, c: sin(a()) / a() if a() != 0 else mpf(1)),
    ("where({0} > 0, sqrt({0}), {1})", lambda a, b, c: root(a()) if a() > 0 else b()),
    ("where({0} > 0, {0}^2*log({0}), 0)", lambda a, b, c: a() ** 2 * log(a()) if a() > 0 else mpf(0)),
    ("sign({0})*{0}*{1}", lambda a, b, c: mpmath.sign(a()) * a() * b()),
    ("xlogy({0}^2, 1 + {1}^2)", lambda a, b, c: a() ** 2 * log(1 + b() ** 2)),
]


def draw(rng, depth):
    if depth == 0:
        return rng.choice(["x", "x", "x", "y", "y", rng.choice([1, 2, 0.5, 3, -1, 0])])
    rest = [draw(rng, depth - 1 if rng.random() < 0.7 else max(0, depth - 2)) for _ in range(3)]
    return (rng.choice(OPERATIONS), rest)


def text(tree):
    if not isinstance(tree, tuple):
        return tree if isinstance(tree, str) else f"({tree})"
    (form, _), rest = tree
    return "(" + form.format(*map(text, rest)) + ")"


def value(tree, x, y):
    if not isinstance(tree, tuple):
        return {"x": x, "y": y}.get(tree, tree if isinstance(tree, str) else mpf(tree))
    (_, f), rest = tree
    return f(*((lambda t=t: value(t, x, y)) for t in rest))


def side(f, sign):
    """The slope, or a word."""
    here = f(mpf(0))
    try:
        a, b, c = ((f(sign * h) - here) / (sign * h) for h in STEPS)
    except Undefined:
        return "nothing"
    if abs(c - b) <= mpf(10) ** -12 * max(1, abs(c)):
        return c
    # A jump or a root grows by powers of the step, a logarithm by as much each time.
    steeper = abs(c) > abs(b) > abs(a)
    if steeper and abs(c - b) > 0.5 * abs(b - a):
        return "steep"
    raise Open


def wanted(left, right):
    """Status and the interval of values."""
    numbers = [s for s in (left, right) if not isinstance(s, str)]
    if len(numbers) == 2 and abs(left - right) > mpf(10) ** -9 * max(1, abs(left)):
        return "kink", min(numbers), max(numbers)
    if numbers and "steep" not in (left, right):
        return None, numbers[0], numbers[0]
    return "none", None, None


def fits(value, status, reason, want):
    wanted_status, low, high = want
    if wanted_status == "kink" and status == "none":
        return "cone" in reason
    if status != wanted_status or status == "none":
        return status == wanted_status
    if isinstance(value, str):
        return False
    slack = 1e-9 * max(1, abs(high))
    return low - slack <= value <= high + slack


def statuses(derivative, count):
    """The status of each entry, which is told for the worst ones only: the others are known to be no worse."""
    told = derivative.get("status")
    places = [w[0] for w in derivative.get("where", [])]
    return [told if k in places else None for k in range(count)]


def agrees(answer, wants):
    """Does an answer have what is wanted at each point? Of several, kinks are not told beside worse."""
    if "error" in answer:
        return False
    derivative = answer["derivative"]["x"]
    reason = derivative.get("reason", "")
    if len(wants) == 1:
        return fits(derivative["value"], derivative.get("status"), reason, wants[0])
    worst = derivative.get("status")
    fine = True
    for value, status, want in zip(derivative["value"], statuses(derivative, len(wants)), wants, strict=True):
        hidden = status is None and worst == "none" and want[0] == "kink"
        fine &= fits(value, "kink" if hidden else status, reason, want)
    return fine


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    rng = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    cases = []
    while len(cases) < count:
        tree = draw(rng, rng.choice([1, 2, 2, 3]))
        # Every third one as an array of three points.
        points = rng.sample(POINTS, 3) if len(cases) % 3 == 0 else [rng.choice(POINTS)]
        if len(text(tree)) < 300 and re.search(r"\bx\b", text(tree)):
            cases.append((tree, points))
    requests = []
    for tree, points in cases:
        one = len(points) == 1
        x, y = ([p[k] for p in points] for k in (0, 1))
        at = {"x": x[0], "y": y[0]} if one else {"x": x, "y": y}
        requests.append({"f": text(tree) if one else f"sum({text(tree)})", "at": at, "wrt": ["x"]})
    subprocess.run(["cargo", "build", "-q", "-p", "wrt-cli"], cwd=ROOT, check=True)
    lines = "".join(json.dumps(r) + "\n" for r in requests)
    command = [ROOT / "target/debug/wrt", "batch", "-"]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
    held, kinds, wrong = 0, collections.Counter(), 0
    for (tree, points), request, line in zip(cases, requests, done.stdout.splitlines(), strict=True):
        try:
            wants = []
            for x, y in points:
                f = lambda h: value(tree, x + h, mpf(y))
                wants.append(wanted(side(f, -1), side(f, 1)))
        except (Undefined, Open):
            continue
        held += 1
        kinds.update(want[0] or "smooth" for want in wants)
        if not agrees(json.loads(line), wants):
            wrong += 1
            shown = [[mpmath.nstr(w, 8) if isinstance(w, mpf) else w for w in want] for want in wants]
            print(f"{json.dumps(request)}: {shown} wanted\n    {line}")
    print(f"{len(cases)} formulas, {held} held against slopes {dict(kinds)}, {wrong} wrong")
    return 1 if wrong or held < count // 2 else 0


if __name__ == "__main__":
    sys.exit(main())

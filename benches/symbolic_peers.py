#!/usr/bin/env python3
"""Times the tasks of `cargo bench -p wrt --bench symbolic` in other libraries: symbolic_peers.py [LIBRARY ...]

Libraries: sympy symengine symbolica casadi (all by default; those that are not installed are skipped). A time is the
median of seven samples of CPU seconds; a sample of a short task is the mean of a loop of at least 20 ms. What is timed is
the derivative alone where the formula is built first, parse + derivative + text for the seeds, as in ours.
"""
import math, statistics, sys, time

SEEDS = ["w^2", "w^3", "1/w", "sin(w)*exp(-w^2)/(1+w^2)", "log(1+exp(-y*(w*x+b)))"]
LIMIT = 60.0  # seconds for a task


def seconds(task):
    start = time.process_time()
    task()
    first = max(time.process_time() - start, 1e-7)
    if first > LIMIT / 8:
        return first
    inner = min(20000, max(1, math.ceil(0.02 / first)))

    def sample():
        begin = time.process_time()
        for _ in range(inner):
            task()
        return (time.process_time() - begin) / inner

    return statistics.median(sample() for _ in range(7))


class SymPy:
    def __init__(self):
        import sympy
        from sympy.core.cache import clear_cache

        self.version, self.fresh, m = sympy.__version__, clear_cache, sympy
        self.sin, self.cos, self.exp, self.tanh = m.sin, m.cos, m.exp, m.tanh
        self.number, self.m = m.Float, m

    def names(self, n):
        return list(self.m.symbols(f"x:{n}"))

    def seed(self, text):
        return str(self.m.diff(self.m.sympify(text.replace("^", "**")), self.m.Symbol("w")))

    def jacobian(self, fs, xs):
        return self.m.Matrix(fs).jacobian(xs)

    def product(self, xs):
        return self.m.Mul(*xs)

    def hessian(self, f, xs):
        return self.m.hessian(f, xs)


class SymEngine(SymPy):
    def __init__(self):
        import symengine as m

        self.version, self.fresh, self.m = m.__version__, lambda: None, m
        self.sin, self.cos, self.exp, self.tanh = m.sin, m.cos, m.exp, m.tanh
        self.number = m.RealDouble

    def names(self, n):
        return [self.m.Symbol(f"x{k}") for k in range(n)]

    def jacobian(self, fs, xs):
        return self.m.DenseMatrix(len(fs), 1, fs).jacobian(self.m.DenseMatrix(len(xs), 1, xs))

    def hessian(self, f, xs):
        return self.jacobian(list(self.jacobian([f], xs)), xs)


class Symbolica:
    def __init__(self):
        import importlib.metadata

        import symbolica as m

        self.version, self.fresh, self.m = importlib.metadata.version("symbolica"), lambda: None, m
        e = m.Expression
        self.sin, self.cos, self.exp, self.tanh, self.number = e.SIN, e.COS, e.EXP, m.S("tanh"), e.num

    def names(self, n):
        return [self.m.S(f"x{k}") for k in range(n)]

    def seed(self, text):
        return str(self.m.E(text).derivative(self.m.S("w")))

    def jacobian(self, fs, xs):
        return [f.derivative(x) for f in fs for x in xs]

    def product(self, xs):
        total = xs[0]
        for x in xs[1:]:
            total = total * x
        return total

    def hessian(self, f, xs):
        return [g.derivative(x) for g in self.jacobian([f], xs) for x in xs]


class CasADi:
    def __init__(self):
        import casadi as m

        self.version, self.fresh, self.m = m.__version__, lambda: None, m
        self.sin, self.cos, self.exp, self.tanh, self.number = m.sin, m.cos, m.exp, m.tanh, float

    def names(self, n):
        self.vector = self.m.SX.sym("x", n)
        return [self.vector[k] for k in range(n)]

    def seed(self, text):  # no parser: Python's stands in
        scope = {n: self.m.SX.sym(n) for n in "wxyb"} | {f: getattr(self.m, f) for f in ("sin", "exp", "log")}
        return str(self.m.gradient(eval(text.replace("^", "**"), scope), scope["w"]))

    def jacobian(self, fs, xs):
        return self.m.gradient(fs[0], self.vector) if len(fs) == 1 else self.m.jacobian(self.m.vertcat(*fs), self.vector)

    product = Symbolica.product

    def hessian(self, f, xs):
        return self.m.hessian(f, self.vector)[0]


def nested(lib, depth):
    xs = lib.names(1)
    f = xs[0]
    for _ in range(depth):
        f = lib.sin(f) * f + lib.exp(-(f**2))
    return [f], xs


def network(lib, n, h):
    ps = lib.names(h * n + h + h * h + h + h + 1)
    take = iter(ps)
    layer = [lib.number(round(0.5 + 0.37 * math.sin(1.0 + 3 * k), 6)) for k in range(n)]
    for units in (h, h, 1):
        sums = []
        for _ in range(units):
            z = next(take)
            for a in layer:
                z = z + next(take) * a
            sums.append(z)
        layer = sums if units == 1 else [lib.tanh(z) for z in sums]
    return [(layer[0] - lib.number(0.25)) ** 2], ps


def rosenbrock(lib, n):
    x = lib.names(n)
    f = 0
    for k in range(n - 1):
        f = f + 100 * (x[k + 1] - x[k] ** 2) ** 2 + (1 - x[k]) ** 2
    return [f], x


def arm(lib):
    q = lib.names(7)
    twist, offset = [-1, 1, 1, -1, -1, 1, 0], [0.34, 0, 0.4, 0, 0.4, 0, 0.126]

    def times(a, b):
        return 0 if (isinstance(a, int) and a == 0) or (isinstance(b, int) and b == 0) else a * b

    pose = None
    for k in range(7):
        c, s, sa, ca = lib.cos(q[k]), lib.sin(q[k]), twist[k], 1 - abs(twist[k])
        d = lib.number(offset[k]) if offset[k] else 0
        step = [[c, times(-s, ca), times(s, sa), 0], [s, times(c, ca), times(-c, sa), 0], [0, sa, ca, d]]
        if pose is None:
            pose = step
            continue
        rows = []
        for row in pose:
            entries = []
            for j in range(4):
                total = row[3] if j == 3 else 0
                for m in range(3):
                    part = times(row[m], step[m][j])
                    if not (isinstance(part, int) and part == 0):
                        total = part if isinstance(total, int) and total == 0 else total + part
                entries.append(total)
            rows.append(entries)
        pose = rows
    return [e for row in pose for e in row], q


def main():
    libraries = {"sympy": SymPy, "symengine": SymEngine, "symbolica": Symbolica, "casadi": CasADi}
    for name in sys.argv[1:] or libraries:
        try:
            lib = libraries[name]()
        except ImportError as missing:
            print(f"{name}: skipped ({missing})")
            continue
        print(f"{name} {lib.version}")

        def report(task, run, slow=()):
            if name in slow:
                print(f"  {task:<40} over a minute, not run")
                return
            def once():
                lib.fresh()
                run()
            print(f"  {task:<40} {seconds(once) * 1e6:12.2f} us", flush=True)

        for text in SEEDS:
            report(text, lambda: lib.seed(text))
        f, x = nested(lib, 14) if name in ("symengine", "casadi") else (None, None)
        report("nest14, derivative", lambda: lib.jacobian(f, x), slow=("sympy", "symbolica"))
        xs = lib.names(1000)
        report("product1000, gradient", lambda p=[lib.product(xs)]: lib.jacobian(p, xs), slow=("sympy",))
        f1, x1 = network(lib, 10, 26)
        report("network1015, gradient", lambda: lib.jacobian(f1, x1), slow=("sympy", "symbolica"))
        f2, x2 = rosenbrock(lib, 100)
        report("rosenbrock100, Hessian", lambda: lib.hessian(f2[0], x2))
        f3, x3 = arm(lib)
        report("arm7, Jacobian 12 x 7", lambda: lib.jacobian(f3, x3))


if __name__ == "__main__":
    main()

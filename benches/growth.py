"""How work and text grow with the length of formulas: seconds of CPU, characters, and the exponents between sizes.

    cargo build --release -p wrt-cli
    python3 benches/growth.py                     # all, as a table of Markdown
    python3 benches/growth.py "nested where" -v   # one, each size

Exponents are of log(time) against log(size) between the smallest size that takes 20 ms and the largest, beside the time
of the smallest size, which is that of the process.
"""

import math
import resource
import subprocess
import sys
import tempfile

WRT = "target/release/wrt"
SIZES = [10, 20, 50, 125, 250, 500, 1000, 2000]
LEAST = 0.02


def nested(n):
    text = "x"
    for k in range(n):
        text = f"where(x > {k}, {k + 2}*x^2, {text})"
    return text


def listed(n, sign, part):
    return sign.join(part(k) for k in range(n))


def layers(n):
    hidden = "".join(f"h{k} = dense(h{k - 1}, 8, tanh)\n" for k in range(1, n))
    return f"data X[m, 8], y[m, 2]\nh0 = X\n{hidden}h{n} = dense(h{n - 1}, 2)\ncost = mse(y, h{n})\n"


def matrices(n):
    shapes = "data " + ", ".join(f"A{k}[n, n]" for k in range(n))
    return f"{shapes}\ntr({listed(n, ' @ ', 'A{}'.format)})"


def all_matrices(n):
    return ["--wrt", ",".join(f"A{k}" for k in range(n))]


DEEP = [10, 20, 50, 100, 200, 400]
CASES = {
    "nested where: diff": (nested, ["diff"], SIZES),
    "nested where: simplify": (nested, ["simplify"], SIZES),
    "nested where: check": (nested, ["check"], SIZES),
    "a cost of parameters: log(1 + exp(-s))": (
        lambda n: f"s = {listed(n, ' + ', lambda k: f'{k + 1}*w{k}')}\nlog(1 + exp(-s))", ["grad"], SIZES + [5000]),
    "a cost of parameters: (w0 + w1 + … - y)^2": (
        lambda n: f"({listed(n, ' + ', 'w{}'.format)} - y)^2", ["grad"], SIZES + [5000]),
    "a chain of matrices: gradient by all": (matrices, ["grad"], SIZES),
    "a chain of matrices: simplify": (matrices, ["simplify"], SIZES),
    "x0*x1*…: gradient": (lambda n: listed(n, "*", "x{}".format), ["grad"], SIZES),
    "sin(x0)*sin(x1)*…: gradient": (lambda n: listed(n, "*", "sin(x{})".format), ["grad"], SIZES),
    "sin(x)*sin(2*x)*…: derivative": (lambda n: listed(n, "*", lambda k: f"sin({k + 1}*x)"), ["diff"], SIZES),
    "dense layers: gradient": (layers, ["grad"], DEEP),
    "dense layers: all blocks of the Hessian": (layers, ["hessian"], [5, 10, 20, 40, 70, 100]),
}


def measured(text, args, wrt):
    """Seconds of CPU, and the characters of the answer."""
    with tempfile.NamedTemporaryFile("w", suffix=".wrt") as file:
        file.write(text + "\n")
        file.flush()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run([WRT, args[0], file.name, *args[1:], *wrt], capture_output=True, timeout=600)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"{args}: {done.stderr.decode()[:300]}{done.stdout.decode()[-300:]}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, len(done.stdout.decode())


def main():
    asked = [a for a in sys.argv[1:] if not a.startswith("-")]
    print("| what | smallest | largest | characters | time ~ n^ | text ~ n^ |\n|---|---|---|---|---|---|")
    for name, (make, args, sizes) in CASES.items():
        if asked and not any(a in name for a in asked):
            continue
        found = []
        for n in sizes:
            wrt = all_matrices(n) if make is matrices and args[0] == "grad" else []
            seconds, text = min(measured(make(n), args, wrt) for _ in range(3 if n < 500 else 1))
            found.append((n, seconds, text))
            if "-v" in sys.argv:
                print(f"{name} {n}: {seconds:.3f} s, {text} characters", file=sys.stderr)
        (first, start, _), (last, end, long) = found[0], found[-1]
        n, low, short = next((f for f in found[:-1] if f[1] >= LEAST), found[-2])
        time = math.log(max(end, 1e-3) / max(low, 1e-3)) / math.log(last / n)
        growth = math.log(long / short) / math.log(last / n)
        print(f"| {name} | {first}: {start:.3f} s | {last}: {end:.2f} s | {long} | {time:.2f} | {growth:.2f} |", flush=True)


if __name__ == "__main__":
    main()

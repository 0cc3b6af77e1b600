#!/usr/bin/env python3
"""Cases in lines of JSON, as texts of the language with values, for `wrt-trials --kind engines --cases`.

    python3 scripts/cases_to_texts.py CASES.jsonl > cases.txt

A case has a formula `f` (or `antiderivative`, `expr`), values `at` (or `point`, or several `points` with an `at` each), and where
sizes have names `dims`. All names are parameters.
"""

import json
import sys


def first(case, *keys):
    return next((case[k] for k in keys if case.get(k) is not None), None)


def lengths(value):
    return [len(value), *lengths(value[0])] if isinstance(value, list) else []


def written(value):
    return "[" + ", ".join(map(written, value)) + "]" if isinstance(value, list) else str(value)


def texts(case):
    for point in first(case, "points") or [case]:
        parts = [f"{name} = {size}" for name, size in (case.get("dims") or {}).items()]
        for name, value in first(point, "at", "point").items():
            shape = lengths(value)
            parts.append(f"param {name}{shape or ''} = {written(value)}")
        yield "; ".join([*parts, first(case, "antiderivative", "f", "expr")])


for line in open(sys.argv[1], encoding="utf-8"):
    if line.strip():
        for text in texts(json.loads(line)):
            print(text.replace("\n", "; "))

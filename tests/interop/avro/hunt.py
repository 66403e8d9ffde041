"""Runs the cases of many seeds past both peers and makes the first disagreement as small as it can."""

import itertools
import json
import os
import time

BATCH = 500
SHRINKS_AT_ONCE = 40
SHRINK_LIMIT_S = 30

FIRST_SEED = int(os.environ.get("VENICE_AVRO_SEED", "0"))


def case_count(usual):
    return int(os.environ.get("VENICE_AVRO_CASES", usual))


def generate(ours, kind, seed, count):
    return ours.ask([{"op": "generate", "kind": kind, "seed": seed, "count": count}])[0]["cases"]


def batches(count):
    for first in range(FIRST_SEED, FIRST_SEED + count, BATCH):
        yield first, min(BATCH, FIRST_SEED + count - first)


def shrink(ours, kind, seed, disagree):
    """The smallest case found below the seed's in which `disagree`, given a list of cases, still finds something."""
    row = ours.ask([{"op": "choices", "seed": seed}])[0]["row"]
    deadline = time.monotonic() + SHRINK_LIMIT_S
    before = None
    while row != before and time.monotonic() < deadline:
        before = row
        for smaller in (without, with_zeros, with_halves):
            size = max(1, len(row) // 2)
            while size >= 1 and time.monotonic() < deadline:
                found = _first_failing(ours, kind, smaller(row, size), disagree)
                if found is None:
                    size //= 2
                else:
                    row = found
    return of_rows(ours, kind, [row])[0]


def of_rows(ours, kind, rows):
    return ours.ask([{"op": "generate", "kind": kind, "rows": rows}])[0]["cases"]


def without(row, size):
    """The row without each of its pieces."""
    return (row[:at] + row[at + size:] for at in range(0, len(row), size))


def with_zeros(row, size):
    return (row[:at] + [0] * len(row[at:at + size]) + row[at + size:]
            for at in range(0, len(row), size) if any(row[at:at + size]))


def with_halves(row, size):
    return (row[:at] + [number // 2 for number in row[at:at + size]] + row[at + size:]
            for at in range(0, len(row), size) if any(row[at:at + size]))


def _first_failing(ours, kind, rows, disagree):
    rows = iter(rows)
    while batch := list(itertools.islice(rows, SHRINKS_AT_ONCE)):
        for row, found in zip(batch, disagree(of_rows(ours, kind, batch))):
            if found:
                return row
    return None


def hunt(ours, kind, count, disagree, test_name):
    """Fails on the first case that `disagree`, which returns one list of disagreements per case, finds something in."""
    for first, size in batches(count):
        cases = generate(ours, kind, first, size)
        for number, found in enumerate(disagree(cases)):
            if found:
                seed = first + number
                smallest = shrink(ours, kind, seed, disagree)
                raise AssertionError(report(seed, smallest, disagree([smallest])[0], test_name))


def report(seed, case, found, test_name):
    lines = ["seed %d; repeat with VENICE_AVRO_SEED=%d VENICE_AVRO_CASES=1 "
             "build/venv/bin/python -m pytest tests/interop/avro -k %s" % (seed, seed, test_name)]
    lines += ["%s: %s" % (key, value if isinstance(value, str) else json.dumps(value)) for key, value in case.items() if value]
    for what, ours, theirs in found:
        lines += ["they disagree on: %s" % (what,), "  ours:   %s" % (ours,), "  theirs: %s" % (theirs,)]
    return "\n".join(lines)

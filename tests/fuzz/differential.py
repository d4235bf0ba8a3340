"""Mutants on intlite and on the real runtimes: python -m tests.fuzz.differential --seconds 60.

What both run must be equal bits; floats, that come close to each other; or one of the
differences that docs/robustness.md gives reasons for, which ``reasons`` tells apart.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from intlite import IntliteError, Model
from intlite.runtimes import RUNTIMES
from intlite.runtimes.oracles import Job, Oracles, Result

from .faces import inputs
from .reasons import REASONS, Pair, difference
from .worker import limit, make

TIMEOUT = 10.0
BATCH = 32


@dataclass
class Tally:
    """Counts by what came out, and the mutants that differ without a reason."""

    outcomes: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[int, str]] = field(default_factory=list)

    def __str__(self) -> str:
        total = sum(self.outcomes.values())
        lines = [f"{total} mutants", *(f"{n:>9} {k}" for k, n in self.outcomes.most_common())]
        lines += [f"\nmutant {index}: {text}" for index, text in self.failures]
        return "\n".join(lines)


def judge(pair: Pair) -> tuple[str, str]:
    """(outcome, what differs without a reason)."""
    text = difference(pair.ours, pair.theirs)
    if not text:
        return "equal", ""
    for name, holds in REASONS.items():
        if holds(pair):
            return f"differs: {name}", ""
    return "DIFFERS", f"{pair.flavour} {sorted(pair.operators)}: {text}"


def _run(seed: int, index: int, tally: Tally) -> tuple[Pair, Job] | None:
    """The mutant on intlite, and the job for the runtime."""
    _, data, rng = make(seed, index)
    numerics = list(RUNTIMES)[int(rng.integers(len(RUNTIMES)))]
    try:
        with np.errstate(all="ignore"):
            model = Model(data, numerics=numerics)
            given = inputs(rng, model.inputs)
            if given is None:
                return None
            found = model(*given)
    except IntliteError as error:
        tally.outcomes[f"intlite: {type(error).__name__}"] += 1
        return None
    ours = found if isinstance(found, tuple) else (found,)
    job = Job(data, tuple(given), numerics, outputs=len(ours))
    return Pair(data, model.graph, numerics, given, ours), job


def _judge_all(
    work: Sequence[tuple[int, Pair, Job]], results: Sequence[Result], tally: Tally
) -> Iterator[tuple[int, str]]:
    for (index, pair, _), result in zip(work, results, strict=True):
        if result.outputs is None:
            tally.outcomes["runtime: " + ("crashes" if result.crashed else "refuses")] += 1
            continue
        outcome, text = judge(replace(pair, theirs=result.outputs))
        tally.outcomes[outcome] += 1
        if text:
            yield index, text


def campaign(seed: int, seconds: float, start: int = 0, count: int | None = None) -> Tally:
    """Compare mutants for so long, or so many."""
    tally, index, end = Tally(), start, time.monotonic() + seconds
    with Oracles(TIMEOUT) as oracles:
        while time.monotonic() < end and (count is None or index < start + count):
            work: list[tuple[int, Pair, Job]] = []
            while len(work) < BATCH and time.monotonic() < end:
                if count is not None and index >= start + count:
                    break
                made = _run(seed, index, tally)
                if made is not None:
                    work.append((index, *made))
                index += 1
            results = oracles.run([job for _, _, job in work])
            for failure in _judge_all(work, results, tally):
                print(*failure, file=sys.stderr, flush=True)
                tally.failures.append(failure)
    return tally


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.fuzz.differential", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", type=int, default=0, help="number of the first mutant")
    parser.add_argument("--count", type=int, help="of the mutants")
    args = parser.parse_args()
    limit()
    tally = campaign(args.seed, args.seconds, args.start, args.count)
    print(tally)
    return 1 if tally.failures else 0


if __name__ == "__main__":
    sys.exit(main())

"""Mutants on intlite and on the real runtimes: python -m tests.fuzz.differential --seconds 60.

What both run must be equal bits; floats, that come close to each other; or one of the
differences that docs/robustness.md gives reasons for, which ``REASONS`` tells apart.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from intlite import IntliteError, Model, schema
from intlite.executor import Executor
from intlite.graph.types import Graph
from intlite.numerics import FLAVOURS
from intlite.oracles import Job, Oracles, Result

from .faces import inputs
from .worker import limit, make

TIMEOUT = 10.0
BATCH = 32
# Of floats, relative to the largest of the outputs.
CLOSE = 1e-4


@dataclass(frozen=True)
class Pair:
    """A mutant that both ran.

    Attributes:
        data: The file.
        graph: As intlite reads it.
        flavour: The runtime.
        given: The inputs.
        ours: intlite's outputs.
        theirs: The runtime's.
    """

    data: bytes
    graph: Graph
    flavour: str
    given: Sequence[NDArray[Any]]
    ours: Sequence[NDArray[Any]]
    theirs: Sequence[NDArray[Any]] = ()

    @property
    def operators(self) -> set[str]:
        return {op.name for op in self.graph.operators}


def _constant_input(pair: Pair) -> bool:
    tables = schema.read(pair.data)
    tensors = tables.subgraphs[0].tensors
    buffers = [tables.buffers[tensors[i].buffer] for i in pair.graph.inputs]
    return any(b.data is not None and b.data.size for b in buffers)


def _stated_shapes(pair: Pair) -> bool:
    trace = Executor(pair.graph, FLAVOURS[pair.flavour], "reference").run(pair.given)
    tensors = pair.graph.tensors
    return any(
        trace[i].shape != tensors[i].shape for op in pair.graph.operators for i in op.outputs
    )


def _values_count(pair: Pair) -> bool:
    packs = [op for op in pair.graph.operators if op.name == "PACK"]
    return any(op.options and op.options.values_count != len(op.inputs) for op in packs)


def _half_quantized(pair: Pair) -> bool:
    tensors = pair.graph.tensors
    for op in pair.graph.operators:
        if op.name in ("PAD", "PADV2"):
            x, y = tensors[op.inputs[0]], tensors[op.outputs[0]]
            if (x.quantization is None) != (y.quantization is None):
                return True
    return False


def _beyond_float32(pair: Pair) -> bool:
    """Nothing differs but that one has infinity and the other the greatest number."""
    most = np.finfo(np.float32).max
    if any(y.dtype.kind != "f" for y in (*pair.ours, *pair.theirs)):
        return False
    return not difference(
        [np.clip(y, -most, most) for y in pair.ours], [np.clip(y, -most, most) for y in pair.theirs]
    )


def _in_numerics(pair: Pair) -> bool:
    """What docs/numerics.md lists."""
    names = pair.operators
    int16 = any(t.type == "INT16" for t in pair.graph.tensors)
    return pair.flavour == "tflm" and (
        "EMBEDDING_LOOKUP" in names or ("GREATER" in names and int16)
    )


def _angles(pair: Pair) -> bool:
    return bool({"SIN", "COS"} & pair.operators) and any(
        np.abs(x, where=np.isfinite(x), out=np.zeros(x.shape)).max(initial=0) > 1e6
        for x in pair.given
        if x.dtype.kind == "f"
    )


Reason = Callable[[Pair], bool]
# The documented differences, by name: docs/robustness.md has them in this order.
REASONS: Mapping[str, Reason] = {
    "an input that has values in the file": _constant_input,
    "shapes that the file states wrongly": _stated_shapes,
    "PACK with another count than inputs": _values_count,
    "PAD between a quantized tensor and one that is not": _half_quantized,
    "float32 results beyond its range": _beyond_float32,
    "SIN and COS of great angles": _angles,
    "listed in Numerics": _in_numerics,
}


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


def difference(ours: Sequence[NDArray[Any]], theirs: Sequence[NDArray[Any]]) -> str:
    """What differs first, or ""."""
    if len(ours) != len(theirs):
        return f"{len(ours)} outputs, the runtime has {len(theirs)}"
    for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        if a.dtype != b.dtype or a.size != b.size:
            return f"output {i} is {a.dtype}{list(a.shape)}, the runtime's {b.dtype}{list(b.shape)}"
        x, y = a.ravel(), b.ravel()
        equal = x == y
        if a.dtype.kind in "fc":
            with np.errstate(all="ignore"):
                most = np.abs(y[np.isfinite(y)]).max(initial=0)
                equal |= np.abs(x - y) <= CLOSE * most + np.finfo(np.float32).tiny
                equal |= np.isnan(x) & np.isnan(y)
        if not equal.all():
            at = int(np.argmin(equal))
            count = int(np.count_nonzero(~equal))
            return f"output {i}: {count} of {x.size}, first [{at}] {x[at]}, the runtime's {y[at]}"
    return ""


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
    numerics = list(FLAVOURS)[int(rng.integers(len(FLAVOURS)))]
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
            tally.failures += _judge_all(work, results, tally)
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

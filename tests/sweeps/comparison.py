"""Cases on the real runtimes and on intlite's three ways to run a model, element by element."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import combinations, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from intlite import IntliteError, Model
from intlite.runtimes import RUNTIMES
from tests.runs import every_tensor

from ..oracles import Job, Result, run
from .base import Arrays, Case, make_case

BATCH = 64
MAX_FAILURES = 3
MAX_SHRINKING = 200
TINY = float(np.finfo(np.float32).tiny)
Outputs = Sequence["NDArray[Any]"]


def _model(model: Model, inputs: Arrays) -> Outputs:
    y = model(*inputs)
    return y if isinstance(y, tuple) else (y,)


def _native(model: Model, inputs: Arrays) -> Outputs:
    values = every_tensor(model.graph, model.numerics, inputs)
    return [values[i] for i in model.graph.outputs]


def _reference(model: Model, inputs: Arrays) -> Outputs:
    values = every_tensor(model.graph, model.numerics, inputs, "reference")
    return [values[i] for i in model.graph.outputs]


# The ways to run a model, which are to agree in every bit.
FACES: Mapping[str, Callable[[Model, Arrays], Outputs]] = {
    "Model": _model,
    "every tensor": _native,
    "reference": _reference,
}


@dataclass(frozen=True)
class Comparison:
    """One case on one runtime.

    Attributes:
        flavour: The runtime.
        delegated: Whether its delegate took the operator.
        outputs: How many elements were compared.
        mismatches: How many of them some way of intlite's gave otherwise.
        refused: Whether the runtime did not run the case, for a reason that is known.
        failure: What is wrong, or "".
    """

    flavour: str
    delegated: bool = False
    outputs: int = 0
    mismatches: int = 0
    refused: bool = False
    failure: str = ""


def compare(
    cases: Sequence[Case], flavours: Sequence[str] = tuple(RUNTIMES)
) -> list[list[Comparison]]:
    """For each case one comparison a flavour. The runtimes work while intlite does."""
    built = [case.build() for case in cases]
    jobs = [
        Job(model, inputs, name, outputs=case.outputs)
        for case, (model, inputs) in zip(cases, built, strict=True)
        for name in flavours
    ]
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run, jobs)
        ours = [_run_faces(job) for job in jobs]
        results = running.result()
    judged = iter(zip(jobs, results, ours, strict=True))
    return [[_judge(case, *next(judged)) for _ in flavours] for case in cases]


def _run_faces(job: Job) -> dict[str, Outputs | Exception]:
    found: dict[str, Outputs | Exception] = {}
    try:
        model = Model(job.model, numerics=job.flavour)
    except IntliteError as error:
        return dict.fromkeys(FACES, error)
    for name, face in FACES.items():
        try:
            found[name] = face(model, job.inputs)
        except Exception as error:
            found[name] = error
    return found


def _judge(
    case: Case, job: Job, result: Result, ours: Mapping[str, Outputs | Exception]
) -> Comparison:
    for name, got in ours.items():
        if isinstance(got, Exception) and not isinstance(got, IntliteError):
            return Comparison(job.flavour, failure=f"{name} raised {got!r}")
    if case.is_misread(job.flavour) and not result.crashed:
        return Comparison(job.flavour, refused=True)
    if result.outputs is None:
        known = case.refusal(job.flavour)
        if known is not None and re.search(known, result.error) and not result.crashed:
            return Comparison(job.flavour, refused=True)
        what = "crashed" if result.crashed else "refused"
        return Comparison(job.flavour, failure=f"the runtime {what}: {result.error}")
    texts, mismatches = [], 0
    is_same_bits = case.is_same_bits(job.flavour, result.delegated)
    allowed = None if is_same_bits else _allowed(case, result.outputs)
    for name, got in ours.items():
        if isinstance(got, Exception):
            texts.append(f"{name} raised {got!r}, the runtime runs it")
            continue
        count, text = difference(got, result.outputs, allowed)
        if text:
            mismatches = max(mismatches, count)
            texts.append(f"{name}: {text}")
    outputs = sum(y.size for y in result.outputs)
    if outputs and case.delegate_matters and not texts:
        texts += _delegation(job, result)
    return Comparison(
        job.flavour,
        result.delegated,
        outputs,
        mismatches,
        failure="\n".join(texts),
    )


def _delegation(job: Job, result: Result) -> list[str]:
    """Whether intlite holds the operator for the delegate's just where it is."""
    graph = Model(job.model, numerics=job.flavour).graph
    taken = any(RUNTIMES[job.flavour].takes(graph.node(op)) for op in graph.operators)
    if taken == result.delegated:
        return []
    return [f"delegated: intlite says {taken}, the runtime {result.delegated}"]


def _allowed(case: Case, expected: Outputs) -> Outputs | None:
    """How far each element may be off: numbers below the normal ones may be flushed to 0."""
    if not case.tolerance:
        return None
    return [
        np.where(np.isfinite(t), case.tolerance * t.astype(np.float64), 0) + TINY
        for t in case.terms(expected)
    ]


def difference(got: Outputs, expected: Outputs, allowed: Outputs | None = None) -> tuple[int, str]:
    """How many elements differ, and what does; (0, "") if nothing. Any NaN equals any other.

    ``allowed``: how far floats may be off; None: not in a bit.
    """
    if len(got) != len(expected):
        return 0, f"{len(got)} outputs, the runtime has {len(expected)}"
    for i, (a, b) in enumerate(zip(got, expected, strict=True)):
        if a.shape != b.shape or a.dtype != b.dtype:
            return b.size, f"{a.dtype}{list(a.shape)}, the runtime has {b.dtype}{list(b.shape)}"
        equal = a == b
        if a.dtype.kind == "f":
            # By bits: -0.0 is not 0.0.
            bits = np.dtype(f"u{a.dtype.itemsize}")
            equal = (a.view(bits) == b.view(bits)) | (np.isnan(a) & np.isnan(b))
        if a.dtype.kind == "f" and allowed is not None:
            with np.errstate(invalid="ignore"):  # of infinities, which are equal or not
                equal |= np.abs(a.astype(np.float64) - b) <= allowed[i]
        count = int(a.size - np.count_nonzero(equal))
        if count:
            first = tuple(int(i[0]) for i in np.nonzero(np.atleast_1d(~equal)))
            where = first if a.ndim else ()
            return count, (
                f"{count} of {a.size} elements differ, the first at {list(where)}: "
                f"{a[where]}, the runtime has {b[where]}"
            )
    return 0, ""


@dataclass
class Tally:
    """A row of the table: sums over the cases of one kind on one runtime."""

    cases: int = 0
    delegated: int = 0
    outputs: int = 0
    mismatches: int = 0
    refused: int = 0

    def add(self, comparison: Comparison) -> None:
        self.cases += 1
        self.delegated += comparison.delegated
        self.outputs += comparison.outputs
        self.mismatches += comparison.mismatches
        self.refused += comparison.refused


@dataclass(frozen=True)
class Failure:
    """A case of a sweep that failed on one runtime."""

    operator: str
    seed: int
    index: int
    comparison: Comparison
    shrunk: Case

    def __str__(self) -> str:
        return (
            f"{self.operator} case {self.index} on {self.comparison.flavour}: "
            f"{self.comparison.failure}\nAgain: python -m tests.sweep {self.operator} "
            f"--seed {self.seed} --case {self.index}\nThe smallest case found:\n{self.shrunk}"
        )


@dataclass
class Sweep:
    """What a sweep found.

    Attributes:
        tallies: By (kind, flavour), in the order of the first cases.
        failures: At most a few: a sweep with failures ends early.
    """

    tallies: dict[tuple[str, str], Tally] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)

    def compared(self, name: str) -> int:
        """Outputs compared with one runtime."""
        return sum(t.outputs for (_, f), t in self.tallies.items() if f == name)

    def refused(self, name: str) -> float:
        """The share of cases that one runtime did not run."""
        rows = [t for (_, f), t in self.tallies.items() if f == name]
        return sum(t.refused for t in rows) / max(1, sum(t.cases for t in rows))

    def check(self, outputs: int, refused: Mapping[str, float]) -> None:
        """Fail if anything differed, or too little was compared.

        Args:
            outputs: How many elements each runtime must have given.
            refused: The share of cases that each may have refused, as far as not 0.
        """
        assert not self.failures, "\n\n".join(map(str, self.failures))
        for name in dict.fromkeys(name for _, name in self.tallies):
            compared, share = self.compared(name), self.refused(name)
            assert compared >= outputs, f"only {compared} outputs of {name} were compared"
            assert share <= refused.get(name, 0), f"{name} refused {share:.0%} of the cases"


def sweep(
    operator: str,
    seed: int,
    indices: Iterator[int],
    outputs: int | None = None,
    flavours: Sequence[str] = tuple(RUNTIMES),
) -> Sweep:
    """Compare cases until they end, or until each runtime gave ``outputs`` elements.

    Args:
        operator: Its TFLite name.
        seed: Of all cases; each is drawn from it and its own number.
        indices: The cases' numbers.
        outputs: How many elements a runtime are enough.
        flavours: The runtimes.
    """
    found = Sweep()
    while numbers := list(islice(indices, BATCH)):
        cases = [make_case(operator, seed, i) for i in numbers]
        for i, case, row in zip(numbers, cases, compare(cases, flavours), strict=True):
            for comparison in row:
                key = (case.kind, comparison.flavour)
                found.tallies.setdefault(key, Tally()).add(comparison)
                if comparison.failure and len(found.failures) < MAX_FAILURES:
                    shrunk = shrink(case, comparison.flavour)
                    found.failures.append(Failure(operator, seed, i, comparison, shrunk))
        enough = outputs is not None and all(found.compared(f) >= outputs for f in flavours)
        if enough or found.failures:
            break
    return found


def check(case: Case, flavours: Sequence[str] = tuple(RUNTIMES)) -> list[Comparison]:
    """Compare one case on each runtime, and fail if anything differs."""
    [found] = compare([case], flavours)
    failures = [f"{c.flavour}: {c.failure}" for c in found if c.failure]
    assert not failures, "\n".join([*failures, str(case)])
    return found


def power(operator: str, seed: int, cases: int) -> dict[tuple[str, str], int]:
    """How many outputs of a sweep tell two flavours apart, by intlite's own arithmetic."""
    outputs: dict[str, list[NDArray[Any]]] = {name: [] for name in RUNTIMES}
    for i in range(cases):
        model, inputs = make_case(operator, seed, i).build()
        for name, of_flavour in outputs.items():
            of_flavour += [y.ravel() for y in _model(Model(model, numerics=name), inputs)]
    return {
        (a, b): sum(
            int(np.count_nonzero((x != y) & ((x == x) | (y == y))))  # any NaN equals any other
            for x, y in zip(outputs[a], outputs[b], strict=True)
        )
        for a, b in combinations(RUNTIMES, 2)
    }


def shrink(case: Case, name: str) -> Case:
    """The smallest case found, of those that ``smaller`` leads to, that still fails."""
    tries = 0
    progress = True
    while progress:
        progress = False
        for candidate in case.smaller():
            tries += 1
            if tries > MAX_SHRINKING:
                return case
            if compare([candidate], [name])[0][0].failure:
                case, progress = candidate, True
                break
    return case

"""Runs the model for the report: every tensor, each flavour, float32, and the clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...call_arguments import Batch
from ...engine.session import Session
from ...errors import IntliteError
from ...graph.types import Graph
from ...model import Model
from ...ops import ValueUnknownError
from ...runtimes import RUNTIMES, runtime
from ..profiler import profile
from .floating import FloatRun
from .statistics import Statistics, statistics

Tick = Callable[[int, int], None]
# Seconds for the clock.
TIMED: Final = 1.0


@dataclass(frozen=True)
class Difference:
    """One operator's output under another flavour.

    Attributes:
        elements: How many were compared.
        differing, largest: In the run as a whole, and the greatest distance.
        alone: How many differ if the operator gets the same inputs.
    """

    elements: int
    differing: int
    largest: float
    alone: int


@dataclass
class Measurements:
    """What runs of a model gave.

    Attributes:
        samples: How many inputs there were.
        statistics: By tensor.
        errors: The comparison with float32.
        differences: By flavour and operator.
        failures: Flavours that could not run, and why.
        seconds: For one sample, by operator; those computed within another have 0.
        isa: The instruction set of the clock.
        whole: Seconds of the whole program, for one sample.
    """

    samples: int
    statistics: dict[int, Statistics] = field(default_factory=dict)
    errors: FloatRun | None = None
    differences: dict[str, dict[int, Difference]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    seconds: dict[int, float] = field(default_factory=dict)
    isa: str = ""
    whole: float | None = None


def measure(
    model: Model, inputs: Sequence[NDArray[Any]], progress: Tick | None = None
) -> Measurements:
    """Run a model on some samples, in all flavours and in float32.

    Args:
        model: The model, in the flavour that the report is about.
        inputs: As for a call, at least one sample.
        progress: Called with how many steps are done, and of how many.

    Raises:
        ShapeError, TypeError: The inputs do not fit.
        ValueError: There are no samples.
    """
    batch = model.session.batch(inputs)
    if batch.samples == 0:
        raise ValueError("no samples, so there is nothing to report")
    found = Measurements(batch.samples)
    others = [name for name in RUNTIMES if name != model.numerics]
    steps, done = 3 + len(others) + batch.samples, 0

    def tick() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, steps)

    known = model.session.known(batch.shapes)
    values = {**model.session.tensors(batch), **known}
    tick()
    _look(model.graph, values, found)
    tick()
    found.errors = FloatRun(model.graph)
    for k in range(batch.samples):
        found.errors.add(model.session.sample(values, k, batch.samples, known))
        tick()
    for name in others:
        try:
            other = Session(model.graph, runtime(name))
            found.differences[name] = _differences(other, values, batch)
        except IntliteError as error:
            found.failures[name] = " ".join(str(error).split())
        tick()
    _time(model, inputs, found)
    tick()
    return found


def _look(graph: Graph, values: dict[int, NDArray[Any]], found: Measurements) -> None:
    writers = {i: op for op in graph.operators for i in op.outputs}
    for i, value in values.items():
        tensor = graph.tensors[i]
        if tensor.is_constant and value.shape != tensor.shape:
            continue  # packed
        looked = statistics(value, tensor, writers.get(i))
        if looked is not None:
            found.statistics[i] = looked


def _differences(
    other: Session, values: dict[int, NDArray[Any]], batch: Batch
) -> dict[int, Difference]:
    known = other.known(batch.shapes)
    theirs = other.tensors(batch)
    found = {}
    for operator in other.graph.operators:
        first = operator.outputs[0] if operator.outputs else -1
        if first not in values or first not in theirs or first in known:
            continue
        differing, largest = _distance(values[first], theirs[first])
        alone = 0
        if differing:
            own = other.run_operator(operator, values, batch.samples, known)[0]
            alone, _ = _distance(values[first], own)
        found[operator.index] = Difference(values[first].size, differing, largest, alone)
    return found


def _distance(x: NDArray[Any], y: NDArray[Any]) -> tuple[int, float]:
    """How many elements differ, and by how much at most."""
    if x.shape != y.shape:
        return max(x.size, y.size), float("inf")
    differs = (x != y) & ~((x != x) & (y != y))
    count = int(np.count_nonzero(differs))
    if count == 0:
        return 0, 0.0
    distance = np.abs(x[differs].astype(np.float64) - y[differs].astype(np.float64))
    return count, float(distance.max())


def _time(model: Model, inputs: Sequence[NDArray[Any]], found: Measurements) -> None:
    one = [
        x[: t.shape[0]] if t.shape else x
        for x, t in zip(map(np.asarray, inputs), model.inputs, strict=True)
    ]
    try:
        profiled = profile(model, one, TIMED)
    except (ValueError, ValueUnknownError):
        return
    found.isa, found.whole = profiled.isa, profiled.whole
    numbers = {op.label: op.index for op in model.graph.operators}
    for step in profiled.steps:
        mine = [label for label in step.ops if label.startswith(f"{step.kind} #")]
        for label in step.ops:
            if label in numbers:
                seconds = step.seconds if label == (mine or [step.ops[0]])[0] else 0.0
                found.seconds[numbers[label]] = seconds

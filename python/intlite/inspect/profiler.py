"""Where the time of a model goes: each step of its native program timed by itself."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter, perf_counter_ns
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import _native
from .._util.memory_limit import within_limit
from ..call_arguments import Batch
from ..engine.session import Session
from ..errors import ShapeError
from ..graph.types import Graph, Operator, Shape
from ..ops import OPS
from ..ops.requantize import Requantization
from ..ops.reshape import CopySpec
from ..plan.program import rewritten
from ..plan.steps import Draft, Step
from ..runtimes.policy import BlockRounding
from ..runtimes.rounding import Rounding
from ..step_times import Profile, StepTime

if TYPE_CHECKING:
    from ..model import Model

Tick = Callable[[int, int], None]
_DYNAMIC: Final = "shapes depend on values: the model runs in several parts"
MIN_ROUNDS = 5
MAX_ROUNDS = 1000
# Where csrc/runtime/program.h finds a step's tensors.
# A matrix product that stays in the cache: what the processor can do at best.
_PEAK_ROWS, _PEAK_UNITS, _PEAK_DEPTH, _PEAK_ROUNDS = 256, 256, 512, 30


@dataclass(eq=False)
class _Measured:
    """Times of the whole and of a call that does nothing, round by round."""

    whole: list[float]
    floor: list[float]

    @property
    def overhead(self) -> float:
        return statistics.median(self.floor)


@within_limit
def profile(
    model: Model,
    args: Sequence[ArrayLike],
    seconds: float = 1.0,
    progress: Tick | None = None,
) -> Profile:
    """Time each step of a model's program on these inputs.

    At most one tile of samples is taken: what goes through the steps together. Of a model
    whose shapes depend on values it is one sample; the operators behind which shapes are known
    are timed by themselves.

    Args:
        model: The model.
        args: Its inputs, as for a call.
        seconds: Rounds are timed for about so long.
        progress: Called as the rounds go.

    Raises:
        ShapeError, TypeError: The inputs do not fit, or there are no samples.
    """
    session = model.session
    batch = session.batch(args)
    if batch.samples == 0:
        raise ShapeError("no samples, so nothing takes time")
    program = session.program(batch.shapes)
    samples = 1 if program is None else min(batch.samples, program.arena.tile_samples)
    inputs = tuple(x[: len(x) // batch.samples * samples] if x.ndim else x for x in batch.arrays)
    tile = Batch(inputs, samples, batch.shapes)
    values = session.tensors(tile)
    timers = _timers(session, tile, values)
    measured = _measure(
        [(t.times, t.time) for t in timers], lambda: session.run(tile), seconds, progress
    )
    if program is None:
        measured.floor[:] = [0.0]
    shapes = {i: v.shape for i, v in session.sample(values, 0, samples).items()}
    return Profile(
        tuple(_step_time(session.graph, timer, shapes, samples, measured) for timer in timers),
        samples,
        statistics.median(measured.whole),
        peak(),
        session.settings.threads,
        _native.active_isa(),
        len(measured.whole),
        "" if program is not None else _DYNAMIC,
    )


def _measure(
    parts: Sequence[tuple[list[float], Callable[[], float]]],
    whole: Callable[[], object],
    seconds: float,
    progress: Tick | None,
) -> _Measured:
    """Time the parts, the whole and nothing in turns; the parts' times go into their lists."""
    nothing = _nothing()
    measured = _Measured([], [])
    start = perf_counter()
    while True:
        rounds, gone = len(measured.whole), perf_counter() - start
        if rounds >= MIN_ROUNDS and (gone > seconds or rounds >= MAX_ROUNDS):
            return measured
        nothing.time()  # the first call after others finds the caches cold
        measured.floor.append(nothing.time())
        for times, time in parts:
            times.append(time())
        measured.whole.append(_seconds(whole))
        if progress is not None:
            progress(min(int(100 * gone / max(seconds, 1e-9)), 100), 100)


def _seconds(function: Callable[[], object]) -> float:
    began = perf_counter_ns()
    function()
    return (perf_counter_ns() - began) * 1e-9


@dataclass(eq=False)
class _OperatorTimer:
    """An operator behind which shapes are known, with the values of a run."""

    session: Session
    operator: Operator
    values: Mapping[int, NDArray[Any]]
    times: list[float] = field(default_factory=list)
    in_numpy = False

    @property
    def operators(self) -> tuple[int, ...]:
        return (self.operator.index,)

    def time(self) -> float:
        """Seconds of one run."""
        return _seconds(lambda: self.session.run_operator(self.operator, self.values))


@dataclass(eq=False)
class _Timer:
    """A step as a program of its own, with its arrays."""

    step: Step | None
    native: _native.Program
    inputs: list[NDArray[Any]]
    outputs: list[NDArray[Any]]
    samples: int
    times: list[float]

    @property
    def operators(self) -> tuple[int, ...]:
        return () if self.step is None else self.step.operators

    @property
    def in_numpy(self) -> bool:
        return self.step is not None and self.step.spec.is_python

    def time(self) -> float:
        """Seconds of one run."""
        return _seconds(lambda: self.native.run(self.inputs, self.outputs, self.samples))


def _timers(
    session: Session, tile: Batch, values: Mapping[int, NDArray[Any]]
) -> list[_Timer | _OperatorTimer]:
    """A timer for each step of a run, in order.

    Args:
        session: What runs.
        tile: The inputs.
        values: All tensors of that run.
    """
    # Which of a chain takes the time is what a reader wants to know.
    passes = session.settings.passes - {"chain_rows"}
    timers: list[_Timer | _OperatorTimer] = []
    for segment in session.path(tile.shapes, values):
        draft = rewritten(segment.drafted(segment.outputs), passes)
        timers += _step_timers(draft, values, tile.samples, session.settings.threads)
        if segment.end is not None:
            timers.append(_OperatorTimer(session, segment.end, values))
    return timers


def _step_timers(
    draft: Draft, run: Mapping[int, NDArray[Any]], samples: int, threads: int
) -> Iterator[_Timer]:
    values = {i: run[i] for i in draft.inputs}
    for i, constant in draft.constants.items():
        values[i] = np.stack([np.ascontiguousarray(constant)] * samples)
    for step in draft.steps:
        for i in step.outputs:
            values[i] = np.zeros((samples, draft.sample_bytes(i)), np.uint8)
        read, written = ([draft.sample_bytes(i) for i in ts] for ts in (step.inputs, step.outputs))
        native = _program(step.spec.make(), read, written, samples, threads)
        inputs = [np.ascontiguousarray(values[i]) for i in step.inputs]
        timer = _Timer(step, native, inputs, [values[i] for i in step.outputs], samples, [])
        timer.time()  # what comes later reads what this writes
        yield timer


def _program(
    kernel: _native.Kernel,
    read: Sequence[int],
    written: Sequence[int],
    samples: int,
    threads: int,
) -> _native.Program:
    return _native.Program(
        steps=[
            (
                kernel,
                [(_native.Place.INPUT, k, size) for k, size in enumerate(read)],
                [(_native.Place.OUTPUT, k, size) for k, size in enumerate(written)],
            )
        ],
        input_bytes=list(read),
        output_bytes=list(written),
        constants=[],
        arena_bytes=0,
        tile_samples=samples,
        threads=threads,
    )


def _nothing() -> _Timer:
    """A call that does next to nothing: what calling costs."""
    x, y = np.zeros((1, 1), np.uint8), np.zeros((1, 1), np.uint8)
    return _Timer(None, _program(CopySpec(1).make(), [1], [1], 1, 1), [x], [y], 1, [])


def _step_time(
    graph: Graph,
    timer: _Timer | _OperatorTimer,
    shapes: dict[int, Shape],
    samples: int,
    measured: _Measured,
) -> StepTime:
    operators, work = timer.operators, []
    for i in operators:
        node = graph.node(graph.operator(i))
        macs = OPS.of(node).macs(node, [shapes.get(t, ()) for t in node.operator.inputs])
        work.append((macs, node.operator.name))
    low, middle, high = np.quantile(timer.times, (0.25, 0.5, 0.75)).tolist()
    written = graph.operator(operators[-1]).outputs if operators else ()
    return StepTime(
        tuple(graph.operator(i).label for i in operators),
        max(work)[1] if work else "copy",
        ", ".join(graph.tensors[i].name for i in written),
        max(middle - measured.overhead, 0.0),
        (high - low) / 2,
        sum(macs for macs, _ in work) * samples,
        timer.in_numpy,
    )


def peak() -> float:
    """GMAC/s of int8 on one thread, in the cache."""
    rng = np.random.default_rng(0)
    shape = (_PEAK_UNITS, _PEAK_DEPTH)
    epilogue = Requantization(
        None, np.array([1e-3]), _PEAK_UNITS, BlockRounding(rounding=Rounding.FP32), 0, (-128, 127)
    )
    kernel = _native.fully_connected(
        rows=_PEAK_ROWS,
        weights=rng.integers(-127, 128, shape).astype(np.int8),
        weights_zero_point=0,
        input_unsigned=False,
        input_zero_point=0,
        epilogue=epilogue.make(),
    )
    x = rng.integers(-128, 128, (_PEAK_ROWS, _PEAK_DEPTH)).astype(np.int8)
    y = np.zeros((_PEAK_ROWS, _PEAK_UNITS), np.int8)
    timer = _Timer(None, _program(kernel, [x.nbytes], [y.nbytes], 1, 1), [x], [y], 1, [])
    best = min(timer.time() for _ in range(_PEAK_ROUNDS))
    return _PEAK_ROWS * _PEAK_UNITS * _PEAK_DEPTH / best / 1e9

"""Where the time of a model goes: each step of its native program timed by itself."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter, perf_counter_ns
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import _native
from .._util.memory_limit import within_limit
from ..engine.executor import Executor
from ..errors import ShapeError
from ..graph.types import Operator, Shape
from ..ops import OPS
from ..ops.requantize import Requantization
from ..ops.reshape import CopySpec
from ..plan import infer, plan
from ..plan.arena import choose_tile
from ..plan.steps import Draft, Step
from ..runtimes.policy import BlockRounding
from ..runtimes.rounding import Rounding
from ..step_times import Profile, StepTime

if TYPE_CHECKING:
    from ..model import Model

Tick = Callable[[int, int], None]
MIN_ROUNDS = 5
MAX_ROUNDS = 1000
# Where csrc/runtime/program.h finds a step's tensors.
_INPUT, _OUTPUT = 0, 1
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

    At most one tile of samples is taken: what goes through the steps together. A model
    whose shapes depend on values has no program: its operators are timed in the executor.

    Args:
        model: The model.
        args: Its inputs, as for a call.
        seconds: Rounds are timed for about so long.
        progress: Called as the rounds go.

    Raises:
        ShapeError, TypeError: The inputs do not fit, or there are no samples.
    """
    batch = model._batch(args)
    if batch.samples == 0:
        raise ShapeError("no samples, so nothing takes time")
    program = model._program(batch.shapes)
    if program is None:
        one = [x[: len(x) // batch.samples] if x.ndim else x for x in batch.arrays]
        return _by_executor(model, one, seconds, progress)
    # Which of a chain takes the time is what a reader wants to know.
    passes = model._passes - {"chain_rows"}
    draft = plan(model.graph, batch.shapes, model._flavour, passes)
    shapes, _ = infer(model.graph, batch.shapes, model._flavour)
    samples = min(batch.samples, choose_tile(draft, model.num_threads))
    inputs = [x[: len(x) // batch.samples * samples] if x.ndim else x for x in batch.arrays]
    timers = _timers(draft, inputs, samples, model.num_threads)
    outputs = [np.empty((samples, draft.sample_bytes(t)), np.uint8) for t in draft.outputs]

    def run() -> None:
        program.native.run(inputs, outputs, samples)

    measured = _measure([(t.times, t.time) for t in timers], run, seconds, progress)
    return Profile(
        tuple(
            _step_time(
                model, t.step.operators, t.times, shapes, samples, measured, t.step.spec.is_python
            )
            for t in timers
            if t.step is not None
        ),
        samples,
        statistics.median(measured.whole),
        peak(),
        1 if any(s.spec.is_python for s in draft.steps) else model.num_threads,
        _native.active_isa(),
        len(measured.whole),
    )


def _by_executor(
    model: Model, inputs: Sequence[NDArray[Any]], seconds: float, progress: Tick | None
) -> Profile:
    """The profile of one sample, operator by operator."""
    graph = model.graph
    executor = Executor(graph, model._flavour)
    values = executor.run(inputs)
    times: list[list[float]] = [[] for _ in graph.operators]

    def timer(operator: Operator) -> Callable[[], float]:
        return lambda: _seconds(lambda: executor.run_operator(operator, values))

    rivals = [(own, timer(op)) for own, op in zip(times, graph.operators, strict=True)]
    measured = _measure(rivals, lambda: executor.run(inputs), seconds, progress)
    measured.floor[:] = [0.0]
    shapes = {i: v.shape for i, v in values.items()}
    return Profile(
        tuple(
            _step_time(model, (op.index,), own, shapes, 1, measured, False)
            for op, own in zip(graph.operators, times, strict=True)
        ),
        1,
        statistics.median(measured.whole),
        peak(),
        1,
        _native.active_isa(),
        len(measured.whole),
        "shapes depend on values: operators run one by one, and times include making the kernels",
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
class _Timer:
    """A step as a program of its own, with its arrays."""

    step: Step | None
    native: _native.Program
    inputs: list[NDArray[Any]]
    outputs: list[NDArray[Any]]
    samples: int
    times: list[float]

    def time(self) -> float:
        """Seconds of one run."""
        return _seconds(lambda: self.native.run(self.inputs, self.outputs, self.samples))


def _timers(
    draft: Draft, inputs: Sequence[NDArray[Any]], samples: int, threads: int
) -> list[_Timer]:
    values: dict[int, NDArray[Any]] = dict(zip(draft.inputs, inputs, strict=True))
    for i, constant in draft.constants.items():
        values[i] = np.stack([np.ascontiguousarray(constant)] * samples)
    timers = []
    for step in draft.steps:
        for i in step.outputs:
            values[i] = np.zeros((samples, draft.sample_bytes(i)), np.uint8)
        read, written = ([draft.sample_bytes(i) for i in ts] for ts in (step.inputs, step.outputs))
        kernel = step.spec.make()
        native = _program(kernel, read, written, samples, 1 if step.spec.is_python else threads)
        timers.append(
            _Timer(
                step,
                native,
                [np.ascontiguousarray(values[i]) for i in step.inputs],
                [values[i] for i in step.outputs],
                samples,
                [],
            )
        )
        timers[-1].time()  # what comes later reads what this writes
    return timers


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
                [(_INPUT, k, size) for k, size in enumerate(read)],
                [(_OUTPUT, k, size) for k, size in enumerate(written)],
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
    model: Model,
    operators: Sequence[int],
    times: Sequence[float],
    shapes: dict[int, Shape],
    samples: int,
    measured: _Measured,
    in_numpy: bool,
) -> StepTime:
    graph, work = model.graph, []
    for i in operators:
        node = graph.node(graph.operator(i))
        macs = OPS.of(node).macs(node, [shapes.get(t, ()) for t in node.operator.inputs])
        work.append((macs, node.operator.name))
    low, middle, high = np.quantile(times, (0.25, 0.5, 0.75)).tolist()
    written = graph.operator(operators[-1]).outputs if operators else ()
    return StepTime(
        tuple(graph.operator(i).label for i in operators),
        max(work)[1] if work else "copy",
        ", ".join(graph.tensors[i].name for i in written),
        max(middle - measured.overhead, 0.0),
        (high - low) / 2,
        sum(macs for macs, _ in work) * samples,
        in_numpy,
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

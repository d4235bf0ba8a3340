"""Where the time of a model goes: each step of its native program timed by itself."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from os import PathLike
from time import perf_counter, perf_counter_ns
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _native
from .graph.types import Shape
from .lowering import infer, plan
from .lowering.arena import choose_tile
from .lowering.steps import Draft, Step
from .ops import OPS, ValueUnknownError
from .ops.requantize import FP32, Requantization
from .ops.reshape import CopySpec

if TYPE_CHECKING:
    from .model import Model

Tick = Callable[[int, int], None]
MIN_ROUNDS = 5
MAX_ROUNDS = 1000
# Where csrc/runtime/program.h finds a step's tensors.
_INPUT, _OUTPUT = 0, 1
# A matrix product that stays in the cache: what the processor can do at best.
_PEAK_ROWS, _PEAK_UNITS, _PEAK_DEPTH, _PEAK_ROUNDS = 256, 256, 512, 30


@dataclass(frozen=True)
class StepTime:
    """One step of the program.

    Attributes:
        ops: The operators that it computes, by label; several if they are fused.
        kind: The operator that does most of the work.
        tensor: The name of what it writes.
        seconds: For all samples: the median over the rounds.
        spread: Half the distance of the quartiles.
        macs: Multiply-accumulates of all samples.
        in_numpy: Whether numpy computes it, for lack of a native kernel.
    """

    ops: tuple[str, ...]
    kind: str
    tensor: str
    seconds: float
    spread: float
    macs: int
    in_numpy: bool

    @property
    def label(self) -> str:
        return " + ".join(self.ops) or self.kind

    @property
    def gmacs_per_second(self) -> float | None:
        """None where there are no multiplications."""
        return self.macs / self.seconds / 1e9 if self.macs and self.seconds else None


@dataclass(frozen=True)
class Profile:
    """The times of a model's steps for some samples.

    Attributes:
        steps: In the order in which they run.
        samples: How many runs the times are for.
        whole: Seconds of the program as one native call, for as many samples.
        peak: GMAC/s of a matrix product in the cache, on one thread.
        threads: How many each step may use.
        isa: The instruction set.
        rounds: How often each was timed.
    """

    steps: tuple[StepTime, ...]
    samples: int
    whole: float
    peak: float
    threads: int
    isa: str
    rounds: int

    @property
    def total(self) -> float:
        """Seconds of all steps."""
        return sum(step.seconds for step in self.steps)

    def share(self, step: StepTime) -> float:
        """A step's part of the total."""
        return step.seconds / self.total if self.total else 0.0

    def share_of_peak(self, step: StepTime) -> float | None:
        speed = step.gmacs_per_second
        return None if speed is None else speed / (self.peak * self.threads)

    def by_operator(self) -> list[tuple[str, float, int]]:
        """Kind of operator, seconds and MACs, the slowest first."""
        sums: dict[str, tuple[float, int]] = {}
        for step in self.steps:
            seconds, macs = sums.get(step.kind, (0.0, 0))
            sums[step.kind] = seconds + step.seconds, macs + step.macs
        return sorted(((k, s, m) for k, (s, m) in sums.items()), key=lambda row: -row[1])

    def __str__(self) -> str:
        lines = [
            f"{self.whole * 1e6:.1f} us for {self.samples} samples, {self.isa}, "
            f"{self.threads} threads"
        ]
        for step in self.steps:
            speed = step.gmacs_per_second
            rate = "" if speed is None else f"{speed:8.1f} GMAC/s"
            lines.append(
                f"  {step.seconds * 1e6:10.1f} us {self.share(step):6.1%} {rate:15}  {step.label}"
            )
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "samples": self.samples,
            "threads": self.threads,
            "isa": self.isa,
            "rounds": self.rounds,
            "whole_seconds": self.whole,
            "steps_seconds": self.total,
            "peak_gmacs": self.peak,
            "steps": [
                {
                    "ops": step.ops,
                    "tensor": step.tensor,
                    "seconds": step.seconds,
                    "spread": step.spread,
                    "share": self.share(step),
                    "macs": step.macs,
                    "gmacs": step.gmacs_per_second,
                    "share_of_peak": self.share_of_peak(step),
                    "in_numpy": step.in_numpy,
                }
                for step in self.steps
            ],
        }

    def trace(self) -> dict[str, Any]:
        """One run as trace events, which Perfetto and Chrome's about:tracing show."""
        events: list[dict[str, Any]] = []
        start = 0.0
        for step in self.steps:
            arguments = {
                "tensor": step.tensor,
                "MACs": step.macs,
                "GMAC/s": step.gmacs_per_second,
                "share of the peak": self.share_of_peak(step),
            }
            events.append(
                {
                    "name": step.label,
                    "cat": step.kind,
                    "ph": "X",
                    "ts": start * 1e6,
                    "dur": step.seconds * 1e6,
                    "pid": 1,
                    "tid": 1,
                    "args": arguments,
                }
            )
            start += step.seconds
        names = (("process_name", "intlite"), ("thread_name", f"{self.threads} threads"))
        meta = [
            {"name": kind, "ph": "M", "pid": 1, "tid": 1, "args": {"name": name}}
            for kind, name in names
        ]
        return {"traceEvents": meta + events, "displayTimeUnit": "ns"}

    def save_trace(self, path: str | PathLike[str]) -> None:
        """Write ``trace`` as JSON."""
        with open(path, "w", encoding="utf-8") as file:
            json.dump(self.trace(), file, indent=1)


def profile(
    model: Model,
    args: Sequence[ArrayLike],
    seconds: float = 1.0,
    progress: Tick | None = None,
) -> Profile:
    """Time each step of a model's program on these inputs.

    At most one tile of samples is taken: what goes through the steps together.

    Args:
        model: The model.
        args: Its inputs, as for a call.
        seconds: Rounds are timed for about so long.
        progress: Called as the rounds go.

    Raises:
        ShapeError, TypeError: The inputs do not fit.
        ValueError: There is no program, as shapes depend on values, or there are no samples.
    """
    batch = model._batch(args)
    if batch.samples == 0:
        raise ValueError("no samples, so nothing takes time")
    program = model._program(batch.shapes)
    if program is None:
        raise ValueError("shapes depend on values: there is no program whose steps could be timed")
    try:
        draft = plan(model.graph, batch.shapes, model._flavour, model._passes)
        shapes, _ = infer(model.graph, batch.shapes, model._flavour)
    except ValueUnknownError as error:  # not where there is a program
        raise ValueError(str(error)) from None
    samples = min(batch.samples, choose_tile(draft, model.num_threads))
    inputs = [x[: len(x) // batch.samples * samples] if x.ndim else x for x in batch.arrays]
    timers = _timers(draft, inputs, samples, model.num_threads)
    outputs = [np.empty((samples, draft.sample_bytes(t)), np.uint8) for t in draft.outputs]
    whole: list[float] = []
    floor: list[float] = []
    nothing = _nothing()
    end, rounds = perf_counter() + seconds, 0
    start = perf_counter()
    while rounds < MIN_ROUNDS or (perf_counter() < end and rounds < MAX_ROUNDS):
        nothing.time()  # the first call after others finds the caches cold
        floor.append(nothing.time())
        for timer in timers:
            timer.times.append(timer.time())
        began = perf_counter_ns()
        program.native.run(inputs, outputs, samples)
        whole.append((perf_counter_ns() - began) * 1e-9)
        rounds += 1
        if progress is not None:
            progress(min(int(100 * (perf_counter() - start) / max(seconds, 1e-9)), 100), 100)
    overhead = statistics.median(floor)
    return Profile(
        tuple(_step_time(model, draft, t, shapes, samples, overhead) for t in timers),
        samples,
        statistics.median(whole),
        peak(),
        1 if any(s.spec.is_python for s in draft.steps) else model.num_threads,
        _native.active_isa(),
        rounds,
    )


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
        began = perf_counter_ns()
        self.native.run(self.inputs, self.outputs, self.samples)
        return (perf_counter_ns() - began) * 1e-9


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
    draft: Draft,
    timer: _Timer,
    shapes: dict[int, Shape],
    samples: int,
    overhead: float,
) -> StepTime:
    step = timer.step
    assert step is not None
    operators = [model.graph.operators[i] for i in step.operators]
    work = []
    for operator in operators:
        node = model.graph.node(operator)
        macs = OPS.of(node).macs(node, [shapes.get(i, ()) for i in operator.inputs])
        work.append((macs, operator.name))
    low, middle, high = np.quantile(timer.times, (0.25, 0.5, 0.75)).tolist()
    names = [model.graph.tensors[i].name for i in step.outputs if i < len(model.graph.tensors)]
    return StepTime(
        tuple(op.label for op in operators),
        max(work)[1] if work else "copy",
        ", ".join(names),
        max(middle - overhead, 0.0),
        (high - low) / 2,
        sum(macs for macs, _ in work) * samples,
        step.spec.is_python,
    )


def peak() -> float:
    """GMAC/s of int8 on one thread, in the cache."""
    rng = np.random.default_rng(0)
    shape = (_PEAK_UNITS, _PEAK_DEPTH)
    epilogue = Requantization(None, np.array([1e-3]), _PEAK_UNITS, FP32, 0, (-128, 127))
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

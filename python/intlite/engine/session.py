"""Session: the one engine. It runs a graph's samples, and keeps what it made by shape.

``Model``, ``Interpreter`` and all that looks inside a model are its users. With
``kernels="reference"`` it runs the definition instead, for tests and for looking.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._util.fork import ForkLock
from .._util.memory_limit import check_memory, current_limit
from ..call_arguments import Batch, batch_of, joined
from ..errors import ShapeError
from ..graph.types import Graph, Operator, Shape
from ..plan import ALL_PASSES
from ..plan.operators import ReadyOperator, batched, ready
from ..plan.program import Program, is_batch_of, thread_pool
from ..runtimes import Runtime
from .samples import Arrays, join, one_sample
from .segment import MAX_KEPT, Segment, Settings, first_segment

Backend = Literal["native", "reference"]
# Kernels of single operators that are kept, for each operator.
_KEPT_PER_OPERATOR = 8


class Session:
    """Runs one graph under one runtime, at any shapes.

    It may be used from many threads at once.

    Args:
        graph: A graph that ``ops.refusals`` accepts.
        flavour: The arithmetic.
        threads: How many threads may share a batch.
        passes: Optional steps of planning, of ``ALL_PASSES``.
        max_memory: How many bytes what is kept may take; what the calls are limited to, if None.
        kernels: "native", or "reference" for the definition in numpy.
    """

    def __init__(
        self,
        graph: Graph,
        flavour: Runtime,
        *,
        threads: int = 1,
        passes: Collection[str] = ALL_PASSES,
        max_memory: int | None = None,
        kernels: Backend = "native",
    ) -> None:
        pool = thread_pool(threads)
        self.settings = Settings(graph, flavour, threads, frozenset(passes), pool)
        self.kernels: Backend = kernels
        self.max_memory = max_memory
        self._segments: dict[tuple[Shape, ...], Segment] = {}
        self._operators: dict[tuple[int, tuple[Shape, ...]], ReadyOperator] = {}
        self._lock = ForkLock()

    @property
    def graph(self) -> Graph:
        return self.settings.graph

    @property
    def flavour(self) -> Runtime:
        return self.settings.flavour

    @property
    def kept(self) -> tuple[tuple[Shape, ...], ...]:
        """The input shapes for which something is planned, the oldest first."""
        return tuple(self._segments)

    @property
    def memory(self) -> int:
        """At most so many bytes are held by what is planned, and by a run of it."""
        return sum(segment.memory for segment in self._segments.values())

    def batch(self, args: Sequence[ArrayLike]) -> Batch:
        """Arguments of a call, checked and converted: see ``batch_of``."""
        return batch_of(self.graph, args)

    # ----------------------------------------------------------------- planning

    def segment(self, shapes: Sequence[Shape]) -> Segment:
        """What a run at these shapes of one sample begins with: planned once, then kept.

        Raises:
            ShapeError: The shapes do not fit the graph.
            MemoryLimitError: A tensor would be too large.
            UnsupportedOpError: Numbers are beyond what the native code takes.
        """
        key = tuple(shapes)
        found = self._segments.get(key)
        if found is None:
            with self._lock:
                found = self._segments.get(key)
                if found is None:
                    found = first_segment(self.settings, key)
                    # As a whole, since others look without the lock.
                    self._segments = {**self._segments, key: found}
                    self._segments = self._fitting()
        return found

    def program(
        self, shapes: Sequence[Shape], outputs: Sequence[int] | None = None
    ) -> Program | None:
        """The whole graph as one program; None where shapes depend on values. Errors as above.

        Args:
            shapes: Of one sample, one for each graph input.
            outputs: The tensors to give; the graph's outputs if None.
        """
        segment = self.segment(shapes)
        if not segment.is_whole:
            return None
        return self.program_of(segment, segment.outputs if outputs is None else outputs)

    def own_program(self) -> Program | None:
        """The whole graph at the shapes in the file, as a program: what loading makes.

        None where shapes depend on values, and where those in the file are placeholders that
        the operators do not take.

        Raises:
            ShapeError: The operators do not take them, and there are no others.
            MemoryLimitError, UnsupportedOpError: As above.
        """
        inputs = [self.graph.tensors[i] for i in self.graph.inputs]
        try:
            return self.program([t.shape for t in inputs])
        except ShapeError:
            if any(-1 in t.shape_signature or 0 in t.shape for t in inputs):
                return None
            raise

    def program_of_rows(
        self, shapes: Sequence[Shape], outputs: Sequence[int]
    ) -> tuple[Program, int] | None:
        """As ``program``, but a batch becomes samples of one row each where that is the same.

        Samples are tiled and shared among threads.

        Returns:
            The program, and how many of its samples the shapes are; or None.
        """
        whole = self.segment(shapes)
        if not whole.is_whole:
            return None
        rows = {shape[0] if shape else 0 for shape in shapes}
        if "tile_batches" in self.settings.passes and len(rows) == 1 and (count := rows.pop()) > 1:
            try:
                one = self.segment([(1, *shape[1:]) for shape in shapes])
            except ShapeError:
                one = whole
            if one.is_whole and is_batch_of(whole.drafted(outputs), one.drafted(outputs), count):
                return self.program_of(one, outputs), count
        return self.program_of(whole, outputs), 1

    def program_of(self, segment: Segment, outputs: Sequence[int]) -> Program:
        """A segment's program that gives these tensors: made once, then kept. Errors as above."""
        found = segment.kept(outputs)
        if found is None:
            with self._lock:
                found = segment.program(outputs)
                self._segments = self._fitting()
        return found

    def path(
        self, shapes: Sequence[Shape], values: Mapping[int, NDArray[Any]]
    ) -> Iterator[Segment]:
        """The segments of a run, in order. Errors as for ``segment``.

        Args:
            shapes: Of one sample, one for each graph input.
            values: Of the run; of those that segments end by, wanted when the next one is.
        """
        segment = self.segment(shapes)
        yield segment
        while segment.end is not None:
            found = [values[i].shape for i in segment.end.outputs]
            after = segment.kept_after(found)
            if after is None:
                with self._lock:
                    after = segment.after(found)
            segment = after
            yield segment

    def _fitting(self) -> dict[tuple[Shape, ...], Segment]:
        """The segments to keep: without the oldest, as far as it takes; the newest stays."""
        kept = dict(self._segments)
        limit = current_limit() if self.max_memory is None else self.max_memory
        held = sum(segment.memory for segment in kept.values())
        while len(kept) > 1 and (len(kept) > MAX_KEPT or held > limit):
            held -= kept.pop(next(iter(kept))).memory
        return kept

    # ------------------------------------------------------------------ running

    def run(self, batch: Batch) -> list[NDArray[Any]]:
        """The graph's outputs, as arrays that the caller owns.

        Raises:
            ShapeError: The shapes do not fit the graph, or results cannot be joined.
            MemoryLimitError: It would take too much memory.
        """
        program = self._whole(batch, self.graph.outputs)
        if program is not None:
            return run_program(program, batch)
        if batch.samples == 0:
            raise ShapeError("no samples, and the outputs' shapes depend on values")
        values = self._by_samples(batch, self.graph.outputs)
        # Outputs belong to the caller: never an input or a constant itself.
        return [np.array(values[i]) for i in self.graph.outputs]

    def tensors(self, batch: Batch) -> Arrays:
        """Every tensor of each run, by number, joined along the first axis.

        Constants are given once. A scalar of several runs becomes a vector. Errors as for ``run``.
        """
        program = self._whole(batch, self._written)
        if program is not None:
            found = run_program(program, batch)
            return self._given(batch.arrays) | dict(zip(self._written, found, strict=True))
        return self._by_samples(batch, None) if batch.samples else self._of_none(batch)

    def needed(self, batch: Batch) -> tuple[Arrays, dict[int, Shape]]:
        """Of one run the graph's outputs and some of what they are made of, and all shapes.

        Errors as for ``run``.
        """
        values = self._one(batch.arrays, False, batch.copied)
        *_, last = self.path(batch.shapes, values)
        return values, last.shapes

    def known(self, shapes: Sequence[Shape]) -> Arrays:
        """The values that no run at these shapes changes, of one run. Errors as for ``segment``."""
        return self.segment(shapes).known if self.kernels == "native" else self._given([])

    def run_operator(
        self,
        operator: Operator,
        values: Mapping[int, NDArray[Any]],
        samples: int = 1,
        once: Collection[int] = (),
        held: int = 0,
    ) -> list[NDArray[Any]]:
        """One operator's outputs for given values of its inputs, of ``samples`` runs.

        Args:
            operator: One of the graph's.
            values: Of its inputs, by number.
            samples: How many runs; their values lie behind each other.
            once: The numbers of values, besides constants, that are given once for all runs.
            held: Bytes that other tensors take meanwhile.

        Raises:
            ShapeError: The inputs do not fit the operator.
            MemoryLimitError: The outputs would be too large.
        """
        tensors = self.graph.tensors
        values = {i: values[i] for i in operator.inputs if i in values}
        single = {i for i in operator.inputs if i >= 0 and (i in once or tensors[i].is_constant)}
        first = values if samples == 1 else self.sample(values, 0, samples, single)
        if self.kernels == "native":
            made = self._ready(operator, first)
            if samples == 1 or all(operator.inputs[p] in single for p in made.wanted):
                size = made.output_bytes(samples)
                check_memory(held + size, f"the tensors up to {operator.label}")
                check_memory(made.held + size, f"{operator.label} on {samples} samples")
                return made.run(self._inputs(operator, values, samples, single), samples)
        elif samples == 1:
            from .definition import run_operator

            return run_operator(self.graph, self.flavour, operator, values)
        runs = [
            self.run_operator(operator, self.sample(values, k, samples, single))
            for k in range(samples)
        ]
        return [join(ys) for ys in zip(*runs, strict=True)]

    def sample(
        self,
        values: Mapping[int, NDArray[Any]],
        k: int,
        samples: int,
        once: Collection[int] = (),
    ) -> Arrays:
        """The values of the k-th of several runs; what is given once for all, as it is."""
        tensors = self.graph.tensors
        return {
            i: v
            if i in once or tensors[i].is_constant
            else one_sample(v, k, samples, len(tensors[i].shape))
            for i, v in values.items()
        }

    def _whole(self, batch: Batch, outputs: Sequence[int]) -> Program | None:
        """The program of the whole graph, if there is one."""
        return self.program(batch.shapes, outputs) if self.kernels == "native" else None

    def _given(self, inputs: Sequence[NDArray[Any]]) -> Arrays:
        """What a run begins with: constants and inputs."""
        return self._constants | dict(zip(self.graph.inputs, inputs, strict=False))

    @cached_property
    def _constants(self) -> Arrays:
        return {t.index: t.data for t in self.graph.tensors if t.data is not None}

    @cached_property
    def _written(self) -> tuple[int, ...]:
        """The tensors that operators write."""
        return tuple(dict.fromkeys(i for op in self.graph.operators for i in op.outputs))

    def _by_samples(self, batch: Batch, wanted: Sequence[int] | None) -> Arrays:
        """One run after the other; all tensors, or those that are wanted."""
        constant = self._constants
        runs: list[Arrays] = []
        held = batch.copied
        for k in range(batch.samples):
            inputs = [
                one_sample(x, k, batch.samples, len(shape))
                for x, shape in zip(batch.arrays, batch.shapes, strict=True)
            ]
            found = self._one(inputs, wanted is None, held)
            runs.append(found if wanted is None else {i: found[i] for i in wanted})
            # Twice, since they are joined in the end.
            held += 2 * sum(v.nbytes for i, v in runs[-1].items() if i not in constant)
            check_memory(held, f"the tensors of {k + 1} samples")
        if batch.samples == 1:
            return runs[0]
        return {i: runs[0][i] if i in constant else join([run[i] for run in runs]) for i in runs[0]}

    def _of_none(self, batch: Batch) -> Arrays:
        """No runs at all: empty arrays of the shapes that one run of zeros has."""
        zeros = [np.zeros(s, x.dtype) for s, x in zip(batch.shapes, batch.arrays, strict=True)]
        constant = self._constants
        one = self._one(zeros, True, 0)
        return {i: v if i in constant else np.atleast_1d(v)[:0] for i, v in one.items()}

    def _one(self, inputs: Sequence[NDArray[Any]], every: bool, held: int) -> Arrays:
        """The tensors of one run: every one, or those that later operators and outputs need."""
        if self.kernels == "reference":
            from . import definition

            return definition.run(self.graph, self.flavour, inputs, held)
        values = self._given(inputs)
        for segment in self.path([x.shape for x in inputs], values):
            outputs = segment.written if every else segment.outputs
            given = Batch(tuple(values[i] for i in segment.inputs), 1, (), held)
            found = run_program(self.program_of(segment, outputs), given)
            values.update(zip(outputs, found, strict=True))
            held += sum(y.nbytes for y in found)
            if not every:
                values.update((i, v) for i, v in segment.known.items() if i not in values)
            if segment.end is not None:
                found = self.run_operator(segment.end, values, held=held)
                values.update(zip(segment.end.outputs, found, strict=True))
                held += sum(y.nbytes for y in found)
        return values

    def _inputs(
        self,
        operator: Operator,
        values: Mapping[int, NDArray[Any]],
        samples: int,
        single: Collection[int],
    ) -> list[NDArray[Any] | None]:
        """An operator's inputs for all runs, by position."""
        found = [values.get(i) for i in operator.inputs]
        return [
            batched(v, samples) if v is not None and i in single else v
            for i, v in zip(operator.inputs, found, strict=True)
        ]

    def _ready(self, operator: Operator, values: Mapping[int, NDArray[Any]]) -> ReadyOperator:
        """The operator for the values of one run: made once for their shapes, then kept."""
        inputs = [values.get(i) for i in operator.inputs]
        shapes = tuple(() if v is None else v.shape for v in inputs)
        key = (operator.index, shapes)
        made = self._operators.get(key)
        if made is None or not made.is_for(inputs):
            made = ready(self.graph.node(operator), shapes, inputs, self.flavour)
            self._keep(key, made)
        return made

    def _keep(self, key: tuple[int, tuple[Shape, ...]], made: ReadyOperator) -> None:
        """Keep an operator's kernel, instead of the oldest where they are too many."""
        with self._lock:
            kept = {k: v for k, v in self._operators.items() if k != key}
            limit = current_limit() if self.max_memory is None else self.max_memory
            held = made.held + sum(v.held for v in kept.values())
            most = _KEPT_PER_OPERATOR * len(self.graph.operators)
            while kept and (len(kept) >= most or held > limit):
                held -= kept.pop(next(iter(kept))).held
            self._operators = {**kept, key: made}


def run_program(program: Program, batch: Batch) -> list[NDArray[Any]]:
    """A program's outputs on samples, as new arrays.

    Raises:
        MemoryLimitError: The plan and the results would take too much memory.
    """
    samples = batch.samples
    check_memory(
        program.memory + batch.copied + program.result_bytes(samples),
        f"the plan and the results of {samples} samples",
    )
    outputs = [
        np.empty(joined(shape, samples), dtype)
        for shape, dtype in zip(program.output_shapes, program.output_dtypes, strict=True)
    ]
    program.native.run(list(batch.arrays), outputs, samples)
    return outputs

"""Model: load a file, call it on arrays."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _native
from ._util.fork import ForkLock
from ._util.memory_limit import check_memory, limit_of, within_limit
from .call_arguments import (
    as_kernels_read,
    copied_bytes,
    joined,
    real_array,
    samples_of,
    stored_array,
    to_real,
    to_stored,
)
from .engine.executor import Backend, Executor
from .errors import ShapeError
from .graph.types import Graph, Operator, Shape, Tensor
from .model_bytes import Source, load_graph, read_bytes
from .ops import ValueUnknownError
from .plan import ALL_PASSES, Program, check_input_shapes, lower
from .runtimes import runtime

if TYPE_CHECKING:
    from .explanation import Explanation
    from .inspect.hooks import Hooks
    from .step_times import Profile
    from .trace import Trace

MAX_PROGRAMS = 8
# What the native face counts to, and how many arrays either way it takes.
MAX_SAMPLES = 2**62
_MOST_BOUND = 16


@dataclass(frozen=True, eq=False)
class _Batch:
    """Arguments as runs of the model: arrays, how many runs, and the shapes of one.

    ``copied`` are the bytes of those that are copies of what was given.
    """

    arrays: tuple[NDArray[Any], ...]
    samples: int
    shapes: tuple[Shape, ...]
    copied: int


class Model(_native.ModelFace):
    """A quantized model, ready to run.

    ``model(x)`` takes the model's inputs as arrays of exactly its types, and gives
    its output, or a tuple if there are several, as arrays that the caller owns. The
    leading dimension is free: with N samples it is by definition N independent runs
    at the model's own shape, bit for bit, whatever N or the number of threads. Each
    run begins with the initial values of the model's variables; ``Interpreter`` keeps
    them from one run to the next.

    A model is immutable. It may be called from many threads at once, and pickled.

    Args:
        source: Path, bytes or buffer of a .tflite file.
        numerics: Which runtime to equal: see ``intlite.runtimes()``.
        num_threads: How many threads may share the samples of one call.
        passes: Optional steps of planning to run, of ``intlite.plan.ALL_PASSES``;
            none of them changes a bit.
        max_memory: How many bytes the model may take, and one call of it: the file,
            packed weights, intermediate tensors of each thread, copies of inputs,
            results. Half of the machine's memory, or of its control group's, if None.

    Raises:
        ModelError: The bytes are not a valid model.
        UnsupportedOpError: Operators are not supported; all of them are named.
        MemoryLimitError: It would take more than ``max_memory``; also raised by calls.
        ValueError: An argument is out of range.
    """

    def __init__(
        self,
        source: Source,
        *,
        numerics: str = "litert",
        num_threads: int = 1,
        passes: Collection[str] = ALL_PASSES,
        max_memory: int | None = None,
    ) -> None:
        if hasattr(self, "graph"):
            raise TypeError("a model is made once, and does not change")
        self._flavour = runtime(numerics)
        self._max_memory = max_memory
        self.max_memory = limit_of(max_memory)
        if not isinstance(num_threads, int) or num_threads < 1:
            raise ValueError(f"num_threads must be an integer >= 1, not {num_threads!r}")
        self.num_threads = num_threads
        self._passes = frozenset(passes)
        if unknown := self._passes - ALL_PASSES:
            raise ValueError(f"passes: {', '.join(sorted(unknown))} are not known")
        self._programs: dict[tuple[Shape, ...], Program | None] = {}
        self._lock = ForkLock()
        self.graph: Graph = self._load(source)
        self._bind_own_shape()

    @within_limit
    def _load(self, source: Source) -> Graph:
        self._data = read_bytes(source)
        return load_graph(self._data)

    # -------------------------------------------------------------- what it is

    @property
    def numerics(self) -> str:
        """The flavour's name."""
        return self._flavour.name

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        return tuple(self.graph.tensors[i] for i in self.graph.inputs)

    @property
    def outputs(self) -> tuple[Tensor, ...]:
        return tuple(self.graph.tensors[i] for i in self.graph.outputs)

    def __repr__(self) -> str:
        def text(tensors: Sequence[Tensor]) -> str:
            shapes = (["?" if d < 0 else str(d) for d in t.shape_signature] for t in tensors)
            types = (t.type.lower() for t in tensors)
            return ", ".join(f"{t}[{', '.join(s)}]" for t, s in zip(types, shapes, strict=True))

        return (
            f"<Model {text(self.inputs)} -> {text(self.outputs)}, "
            f"{len(self.graph.operators)} operators, numerics={self.numerics!r}>"
        )

    def _repr_html_(self) -> str:
        from .inspect.html import model

        return model(self)

    def __reduce__(self) -> tuple[Any, ...]:
        passes = sorted(self._passes)
        return _unpickle, (self._data, self.numerics, self.num_threads, passes, self._max_memory)

    # ------------------------------------------------------------------ running

    @within_limit
    def _call(self, *args: ArrayLike) -> Any:
        """``__call__`` in full; the native fast path comes here with all it does not take."""
        batch = self._batch(args)
        outputs = self._run(batch)
        return outputs[0] if len(outputs) == 1 else tuple(outputs)

    @within_limit
    def predict(self, *args: ArrayLike) -> Any:
        """Real values in, real values out.

        Each input is quantized by the model's own parameters, as
        ``intlite.quantize`` does, each output dequantized to float32. Tensors that
        the model has in float are passed as they are.

        Raises:
            ShapeError, TypeError: As for a call.
        """
        if len(args) != len(self.inputs):
            raise TypeError(f"the model has {len(self.inputs)} inputs, {len(args)} were given")
        real = [real_array(x, t) for x, t in zip(args, self.inputs, strict=True)]
        for x, t in zip(real, self.inputs, strict=True):
            samples_of(x.shape, t)
        stored = [to_stored(x, t) for x, t in zip(real, self.inputs, strict=True)]
        outputs = self._run(self._batch(stored))
        found = [to_real(y, t) for y, t in zip(outputs, self.outputs, strict=True)]
        return found[0] if len(found) == 1 else tuple(found)

    @within_limit
    def trace(self, *args: ArrayLike, backend: Backend = "native") -> Trace:
        """Run, and keep every tensor.

        Args:
            args: As for a call.
            backend: "native" kernels, or "reference", plain integer numpy.
        """
        from .trace import Trace

        batch = self._batch(args)
        # Copies, so that the trace stays what it is whatever becomes of the arguments.
        arrays = [np.array(x) for x in batch.arrays]
        values = Executor(self.graph, self._flavour, backend).run_samples(arrays, batch.samples)
        return Trace(self.graph, values, self.numerics)

    @within_limit
    def call_with_hooks(self, hooks: Hooks, *args: ArrayLike) -> Any:
        """Run, showing each tensor to a function as it is computed.

        A hook gets a ``TracedTensor``. Returning an array of the same type and shape puts
        that in its place for all that follows; returning None leaves it. Tensors that
        nobody reads any more are dropped: unlike ``trace``, this holds few at a time.

        Args:
            hooks: A function for all inputs and computed tensors, or functions by tensor
                name, tensor number or operator label.
            args: As for a call.

        Returns:
            As a call does.

        Raises:
            KeyError: There is no such tensor or operator.
        """
        from .inspect.hooks import run

        outputs = run(self, hooks, args)
        return outputs[0] if len(outputs) == 1 else tuple(outputs)

    @within_limit
    def explain(self, what: str | int, index: int | Sequence[int], *args: ArrayLike) -> Explanation:
        """How one output element of an operator comes about.

        Args:
            what: A tensor's number or name, or an operator's label such as
                "FULLY_CONNECTED #2".
            index: The element, as an index into that tensor.
            args: The inputs, as for a call.

        Raises:
            KeyError: There is no such tensor or operator.
            IndexError: The tensor has no such element.
            ValueError: The operator does not requantize an accumulator.
        """
        from .inspect.explain import explain

        operator = self._operator(what)
        batch = self._batch(args)
        return explain(self.graph, self._flavour, operator, index, batch.arrays, batch.samples)

    @within_limit
    def profile(self, *args: ArrayLike, seconds: float = 1.0) -> Profile:
        """Time each step of the program on these inputs, or on random ones if there are none.

        Args:
            args: As for a call; at most one tile of samples is used.
            seconds: Time for about so long.

        Raises:
            ShapeError, TypeError: As for a call.
        """
        from .datasets import random_inputs
        from .inspect.profiler import profile

        return profile(self, args or random_inputs(self, seed=0), seconds)

    # ------------------------------------------------------------------- inside

    def _operator(self, what: str | int) -> Operator:
        for operator in self.graph.operators:
            outputs = [self.graph.tensors[i] for i in operator.outputs]
            if what == operator.label or any(what in (t.index, t.name) for t in outputs):
                return operator
        raise KeyError(f"no operator {what!r}, and none that writes a tensor {what!r}")

    def _plan_own_shapes(self) -> Program | None:
        """The program at the shapes in the file, or None.

        Raises:
            ShapeError: The operators do not take them, and there are no others.
        """
        try:
            return self._program(tuple(t.shape for t in self.inputs))
        except ShapeError:
            if any(-1 in t.shape_signature or 0 in t.shape for t in self.inputs):
                return None  # what the file has is no more than a placeholder
            raise

    @within_limit
    def _bind_own_shape(self) -> None:
        """Give the native face the program of the model's own shape, where it is simple."""
        program = self._plan_own_shapes()
        if program is None or max(len(self.inputs), len(self.outputs)) > _MOST_BOUND:
            return
        shapes = (*(x.shape for x in self.inputs), *program.output_shapes)
        if self.inputs and self.outputs and all(s and 0 not in s for s in shapes):
            room = self.max_memory - program.memory
            self._bind(
                program.native,
                [(x.dtype, x.shape) for x in self.inputs],
                list(zip(program.output_dtypes, program.output_shapes, strict=True)),
                program.work,
                min(room // max(program.result_bytes(1), 1), MAX_SAMPLES),
            )

    def _program(self, shapes: tuple[Shape, ...]) -> Program | None:
        """The program for samples of these shapes; None if shapes depend on values."""
        known = self._programs
        if shapes not in known:
            with self._lock:
                known = self._programs
                if shapes not in known:
                    try:
                        program = lower(
                            self.graph, shapes, self._flavour, self.num_threads, passes=self._passes
                        )
                    except ValueUnknownError:
                        program = None
                    kept = self._beside(0 if program is None else program.memory)
                    # As a whole, since others look without the lock.
                    self._programs = known = {**kept, shapes: program}
        return known[shapes]

    def _beside(self, needed: int) -> dict[tuple[Shape, ...], Program | None]:
        """The programs to keep: without the oldest, until a new one fits beside them."""
        kept = dict(self._programs)
        held = sum(p.memory for p in kept.values() if p is not None)
        while kept and (len(kept) >= MAX_PROGRAMS or held + needed > self.max_memory):
            oldest = kept.pop(next(iter(kept)))
            held -= 0 if oldest is None else oldest.memory
        return kept

    def _run(self, batch: _Batch) -> list[NDArray[Any]]:
        program = self._program(batch.shapes)
        if program is None:
            return self._run_by_executor(batch)
        check_memory(
            program.memory + batch.copied + program.result_bytes(batch.samples),
            f"the plan and the results of {batch.samples} samples",
        )
        outputs = [
            np.empty(joined(shape, batch.samples), dtype)
            for shape, dtype in zip(program.output_shapes, program.output_dtypes, strict=True)
        ]
        program.native.run(list(batch.arrays), outputs, batch.samples)
        return outputs

    def _run_by_executor(self, batch: _Batch) -> list[NDArray[Any]]:
        if batch.samples == 0:
            raise ShapeError("no samples, and the outputs' shapes depend on values")
        executor = Executor(self.graph, self._flavour)
        values = executor.run_samples(batch.arrays, batch.samples)
        # Outputs belong to the caller: never an input or a constant itself.
        return [np.array(values[i]) for i in self.graph.outputs]

    def _batch(self, args: Sequence[ArrayLike]) -> _Batch:
        """Check and convert the arguments of a call."""
        if len(args) != len(self.inputs):
            raise TypeError(f"the model has {len(self.inputs)} inputs, {len(args)} were given")
        given = [stored_array(x, t) for x, t in zip(args, self.inputs, strict=True)]
        samples: int | None = None
        for x, tensor in zip(given, self.inputs, strict=True):
            count = samples_of(x.shape, tensor)
            if samples not in (None, count):
                raise ShapeError(
                    f"{tensor!r}: array of shape {list(x.shape)} has {count} samples, "
                    f"the inputs before it have {samples}"
                )
            samples = count
        shapes = tuple(
            (t.shape[0], *x.shape[1:]) if t.shape else ()
            for x, t in zip(given, self.inputs, strict=True)
        )
        check_input_shapes(self.graph, shapes, strict=False)
        copied = sum(copied_bytes(x, t) for x, t in zip(given, self.inputs, strict=True))
        check_memory(copied, "copies of the inputs in C order")
        arrays = tuple(as_kernels_read(x, t) for x, t in zip(given, self.inputs, strict=True))
        return _Batch(arrays, 1 if samples is None else samples, shapes, copied)


def _unpickle(
    data: bytes, numerics: str, num_threads: int, passes: list[str], max_memory: int | None
) -> Model:
    return Model(
        data, numerics=numerics, num_threads=num_threads, passes=passes, max_memory=max_memory
    )


def load(
    source: Source,
    *,
    numerics: str = "litert",
    num_threads: int = 1,
    max_memory: int | None = None,
) -> Model:
    """Load a model: ``Model`` with its usual options. See there for them and the errors."""
    return Model(source, numerics=numerics, num_threads=num_threads, max_memory=max_memory)

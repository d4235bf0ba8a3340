"""Runs a model beside something else, and finds where the two first differ.

The other side is a ``Side``: see ``sides``. Samples go through both in chunks, so that
memory stays bounded whatever their number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._util.memory_limit import array_bytes, limited_to
from ..call_arguments import Batch
from ..comparison import Comparison, FirstDifference, TensorComparison
from ..errors import ShapeError
from ..explanation import Explanation
from ..graph.types import Operator, Tensor
from .explain import explain_element
from .model_diff import DefinitionDifference
from .tensor_sources import Other, Side, side_of

if TYPE_CHECKING:
    from ..model import Model
    from ..model_bytes import Source

Arrays = Mapping[int, "NDArray[Any]"]
Tick = Callable[[int, int], None]
# Of all tensors of both sides together.
CHUNK_BYTES = 128 << 20
MAX_CHUNK = 256


def compare(
    a: Model | Source, b: Other, *args: ArrayLike, progress: Tick | None = None
) -> Comparison:
    """Run both on the same inputs and compare tensor by tensor.

    Args:
        a: A model, or a .tflite file.
        b: What to compare it with: a model or file; a flavour ("tflm"), for the same
            model with other numerics; "real:litert" or "real:tflm" for the real runtime;
            a trace; or another implementation's tensors, by name or number: a mapping
            or an .npz file.
        args: The inputs, as for a call of ``a``.
        progress: Called with how many samples are done, and of how many.

    Raises:
        ShapeError, TypeError: The inputs do not fit.
        MemoryLimitError: It takes more than the ``max_memory`` of ``a``.
        ValueError, OSError: ``b`` can't be compared with ``a``.
    """
    from ..model import Model

    first = a if isinstance(a, Model) else Model(a)
    with limited_to(first.max_memory):
        return _compared(first, b, args, progress)


def _compared(
    first: Model, b: Other, args: Sequence[ArrayLike], progress: Tick | None
) -> Comparison:
    batch = first.session.batch(args)
    if batch.samples == 0:
        raise ShapeError("no samples, so nothing to compare")
    with side_of(b, first, batch.arrays, batch.samples) as side:
        run = _Comparing(first, batch.shapes, side)
        run.samples(batch.arrays, batch.samples, progress)
        return run.result(batch.samples)


@dataclass
class _Tally:
    """What is known of one tensor so far."""

    elements: int = 0
    differing: int = 0
    largest: float = 0.0
    own: int | None = 0


@dataclass(frozen=True, eq=False)
class _Chunk:
    """The values of some samples, on both sides."""

    a: Arrays
    b: Arrays
    first: int
    samples: int


class _Comparing:
    """One comparison while it runs."""

    def __init__(self, model: Model, shapes: Sequence[tuple[int, ...]], side: Side) -> None:
        self.model = model
        self.graph = model.graph
        self.side = side
        self.session, self.shapes = model.session, tuple(shapes)
        # What no run changes: given once for all samples.
        self.known = model.session.known(shapes)
        self.sample_bytes = sum(array_bytes(t.shape, t.dtype) for t in model.graph.tensors)
        self.tallies: dict[int, _Tally] = {}
        self.first: FirstDifference | None = None
        self._left_out: dict[int, str] = {}
        self._first_position = len(self.graph.operators)

    def samples(self, inputs: Sequence[NDArray[Any]], samples: int, progress: Tick | None) -> None:
        size = max(1, min(MAX_CHUNK, CHUNK_BYTES // max(2 * self.sample_bytes, 1)))
        for first in range(0, samples, size):
            count = min(size, samples - first)
            part = [_rows(x, first, count, samples) for x in inputs]
            batch = Batch(tuple(part), count, self.shapes)
            ours = {**self.session.tensors(batch), **self.known}
            theirs = self._fitting(ours, self.side.values(part, first, count))
            self._take(_Chunk(ours, theirs, first, count))
            if progress is not None:
                progress(first + count, samples)

    def _fitting(self, ours: Arrays, theirs: Arrays) -> dict[int, NDArray[Any]]:
        """The other side's values in our shapes; those that have another size are left out."""
        found = {}
        for i, y in theirs.items():
            if i not in ours or self.graph.tensors[i].is_constant:
                continue
            if y.size == ours[i].size:
                found[i] = y.reshape(ours[i].shape)
            else:
                self._left_out[i] = f"{list(y.shape)}, not {list(ours[i].shape)}"
        return found

    def _take(self, chunk: _Chunk) -> None:
        differing = {i: found for i in chunk.b if (found := self._count(i, chunk)).any()}
        for operator in self.graph.operators:
            outputs = [i for i in operator.outputs if i in differing]
            if not outputs:
                continue
            self._count_own(operator, outputs, differing, chunk)
            if operator.index < self._first_position:
                self._first_position = operator.index
                self.first = self._explain(operator, outputs[0], differing, chunk)
        inputs = [i for i in self.graph.inputs if i in differing]
        if inputs and self._first_position >= 0:
            self._first_position = -1
            self.first = self._explain(None, inputs[0], differing, chunk)

    def _count(self, i: int, chunk: _Chunk) -> NDArray[np.bool_]:
        """Where a tensor differs; tallied."""
        x, y = chunk.a[i], chunk.b[i]
        found = _differ(x, y)
        tally = self.tallies.setdefault(i, _Tally())
        tally.elements += x.size
        if found.any():
            tally.differing += int(found.sum())
            tally.largest = max(tally.largest, _distance(x[found], y[found]))
        return found

    def _count_own(
        self,
        operator: Operator,
        outputs: Sequence[int],
        differing: Mapping[int, NDArray[np.bool_]],
        chunk: _Chunk,
    ) -> None:
        """How far an operator differs by itself: on the other side's inputs."""
        if self._inputs_equal(operator, differing, chunk):
            for i in outputs:
                self._add_own(i, int(differing[i].sum()))
            return
        values = {**self.known, **chunk.b}
        if any(i >= 0 and i not in values for i in operator.inputs):
            for i in outputs:
                self.tallies[i].own = None
            return
        found = self.session.run_operator(operator, values, chunk.samples, self.known)
        for i, y in zip(operator.outputs, found, strict=True):
            if i in differing:
                self._add_own(i, int(_differ(y, chunk.b[i]).sum()))

    def _add_own(self, tensor: int, count: int) -> None:
        tally = self.tallies[tensor]
        if tally.own is not None:
            tally.own += count

    def _inputs_equal(
        self, operator: Operator, differing: Mapping[int, Any], chunk: _Chunk
    ) -> bool | None:
        """Whether an operator's inputs are equal in both; None if not all can be seen."""
        activations = [i for i in operator.inputs if i >= 0 and i not in self.known]
        if any(i in differing for i in activations):
            return False
        return True if all(i in chunk.b for i in activations) else None

    def _explain(
        self,
        operator: Operator | None,
        tensor: int,
        differing: Mapping[int, NDArray[np.bool_]],
        chunk: _Chunk,
    ) -> FirstDifference:
        described = self.graph.tensors[tensor]
        x, y = chunk.a[tensor], chunk.b[tensor]
        at = tuple(int(n) for n in np.argwhere(differing[tensor])[0])
        sample, local, index = _place(at, x.shape, described, chunk)
        explanation = other = None
        if operator is not None and tensor == operator.outputs[0]:
            values = self.session.sample(chunk.a, sample, chunk.samples, self.known)
            explanation = self._explain_behind(operator, local, values, chunk)
            other = self.side.explain(operator, local, sample, chunk.b, chunk.samples)
        label = operator.label if operator is not None else ""
        return FirstDifference(
            op=label,
            tensor=described,
            index=index,
            sample=chunk.first + sample,
            a=_number(x[at]),
            b=_number(y[at]),
            inputs_equal=(
                None if operator is None else self._inputs_equal(operator, differing, chunk)
            ),
            explanation=explanation,
            explanation_b=other,
            causes=self._causes(label),
            operands=(
                () if operator is None or explanation else self._operands(operator, at, chunk)
            ),
        )

    def _explain_behind(
        self, operator: Operator, index: tuple[int, ...], values: Arrays, chunk: _Chunk
    ) -> Explanation | None:
        """An element's explanation, or that of the one it is made of, where none was compared."""
        found = explain_element(self.session, operator, index, values)
        inputs = [i for i in operator.inputs if i >= 0 and i not in self.known]
        if found is not None or len(inputs) != 1 or inputs[0] in chunk.b:
            return found
        before = self.graph.writer(inputs[0])
        if before is None or not self._hands_on(inputs[0], operator.outputs[0], values):
            return None
        return self._explain_behind(before, index, values, chunk)

    def _hands_on(self, source: int, target: int, values: Arrays) -> bool:
        """Whether elements of the source are those of the target but for a zero point."""
        p, q = (self.graph.tensors[i].quantization for i in (source, target))
        if p is None or q is None or not np.array_equal(p.scale, q.scale):
            return False
        x, y = values[source].astype(np.int64), values[target].astype(np.int64)
        same_shape = x.shape == y.shape
        return same_shape and np.array_equal(x - p.zero_point[0], y - q.zero_point[0])

    def _operands(
        self, operator: Operator, at: tuple[int, ...], chunk: _Chunk
    ) -> tuple[tuple[Tensor, float], ...]:
        """The inputs' elements at the output's place, where all have its shape."""
        shape = chunk.a[operator.outputs[0]].shape
        inputs = [i for i in operator.inputs if i in chunk.a]
        if any(chunk.a[i].shape != shape for i in inputs):
            return ()
        return tuple((self.graph.tensors[i], _number(chunk.a[i][at])) for i in inputs)

    def _causes(self, label: str) -> tuple[DefinitionDifference, ...]:
        return tuple(d for d in self.side.definitions if label in d.readers)

    def result(self, samples: int) -> Comparison:
        writers = {i: op.label for op in self.graph.operators for i in op.outputs}
        order = [*self.graph.inputs, *(i for op in self.graph.operators for i in op.outputs)]
        tensors = tuple(
            TensorComparison(
                self.graph.tensors[i],
                writers.get(i, ""),
                tally.elements,
                tally.differing,
                tally.largest,
                tally.own if i in writers else None,
            )
            for i in dict.fromkeys(order)
            if (tally := self.tallies.get(i)) is not None
        )
        if not tensors:
            raise ValueError(f"{self.side.name} has no tensor of the model to compare")
        return Comparison(
            self.model.numerics,
            self.side.name,
            samples,
            tensors,
            tuple(self.side.definitions),
            (*self.side.notes, *self._notes()),
            self.first,
        )

    def _notes(self) -> Iterator[str]:
        for i, shapes in self._left_out.items():
            yield f"{self.graph.tensors[i]!r} has shape {shapes}, there: not compared"
        if any(
            t.differing and self.graph.tensors[i].dtype.kind == "f" for i, t in self.tallies.items()
        ):
            yield "in float32 even equal formulas differ in the last bits, by the order of sums"


def _rows(x: NDArray[Any], first: int, count: int, samples: int) -> NDArray[Any]:
    if samples == 1:
        return x
    rows = len(x) // samples
    return x[first * rows : (first + count) * rows]


def _place(
    at: tuple[int, ...], shape: tuple[int, ...], tensor: Tensor, chunk: _Chunk
) -> tuple[int, tuple[int, ...], tuple[int, ...]]:
    """The sample of an element of a chunk, its index there, and its index over all samples."""
    if not shape:
        return 0, (), ()
    rows = shape[0] // chunk.samples
    sample, row = divmod(at[0], rows) if rows else (0, at[0])
    local = (row, *at[1:]) if tensor.shape or chunk.samples == 1 else ()
    return sample, local, (at[0] + chunk.first * rows, *at[1:])


def _differ(x: NDArray[Any], y: NDArray[Any]) -> NDArray[np.bool_]:
    if x.dtype.kind == "f" or y.dtype.kind == "f":
        return np.asarray((x != y) & ~(np.isnan(x) & np.isnan(y)))
    return np.asarray(x != y)


def _distance(x: NDArray[Any], y: NDArray[Any]) -> float:
    with np.errstate(invalid="ignore"):
        distance = np.abs(x.astype(np.float64) - y.astype(np.float64))
    return float(np.nan_to_num(distance, nan=np.inf).max())


def _number(value: Any) -> float:
    return float(value) if isinstance(value, np.floating) else int(value)

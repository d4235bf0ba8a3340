"""Every tensor of a run, by number or by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .graph.types import Graph, Tensor
from .quantization import Quantization

if TYPE_CHECKING:
    from .engine.session import Session


@dataclass(frozen=True, eq=False)
class TracedTensor:
    """One tensor of a run.

    Attributes:
        tensor: Its description.
        quantized: The value as stored; for a float tensor the value itself.
        op: The operator that wrote it, or None for inputs and constants.
    """

    tensor: Tensor
    quantized: NDArray[Any]
    op: str | None

    @property
    def name(self) -> str:
        return self.tensor.name

    @property
    def index(self) -> int:
        return self.tensor.index

    @property
    def scale(self) -> NDArray[np.float32] | None:
        q = self.tensor.quantization
        return None if q is None else q.scale

    @property
    def zero_point(self) -> NDArray[np.int64] | None:
        q = self.tensor.quantization
        return None if q is None else q.zero_point

    @property
    def real(self) -> NDArray[Any]:
        """scale * (quantized - zero_point) as float32; the value itself if not quantized."""
        return dequantize_tensor(self.quantized, self.tensor)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """``np.asarray(traced)`` is the stored value."""
        return np.array(self.quantized, dtype) if copy else np.asarray(self.quantized, dtype)

    def __repr__(self) -> str:
        op = f" from {self.op}" if self.op else ""
        return f"<TracedTensor {self.tensor!r}{op}, value of shape {self.quantized.shape}>"


class Trace(Mapping["int | str", TracedTensor]):
    """All tensors of one call of ``Model.trace``, in the order of their numbers.

    ``trace[7]``, ``trace["name"]``, or what an operator writes first,
    ``trace["CONV_2D #1"]``; iterating gives the numbers. Several samples lie
    along the first axis of each activation.
    """

    def __init__(self, graph: Graph, values: Mapping[int, NDArray[Any]], numerics: str) -> None:
        self.graph = graph
        self.numerics = numerics
        self._values = values

    @cached_property
    def _tensors(self) -> dict[int, TracedTensor]:
        tensors, values = self.graph.tensors, self._values
        writers = {i: op.label for op in self.graph.operators for i in op.outputs}
        return {i: TracedTensor(tensors[i], values[i], writers.get(i)) for i in sorted(values)}

    @cached_property
    def _names(self) -> dict[str, int]:
        names = {op.label: op.outputs[0] for op in self.graph.operators if op.outputs}
        return names | {t.name: i for i, t in reversed(self._tensors.items())}

    def __getitem__(self, key: int | str) -> TracedTensor:
        index = self._names.get(key) if isinstance(key, str) else int(key)
        if index is None or index not in self._tensors:
            raise KeyError(key)
        return self._tensors[index]

    def __iter__(self) -> Iterator[int | str]:
        return iter(self._tensors)

    def __len__(self) -> int:
        return len(self._tensors)

    @property
    def outputs(self) -> tuple[TracedTensor, ...]:
        return tuple(self._tensors[i] for i in self.graph.outputs)

    def save(self, path: str | PathLike[str]) -> None:
        """Write all tensors to an .npz file, by ``<number>:<name>``."""
        arrays: dict[str, Any] = {f"{i}:{t.name}": t.quantized for i, t in self._tensors.items()}
        np.savez_compressed(path, **arrays)

    def _repr_html_(self) -> str:
        from .inspect.html import trace

        return trace(self)

    def __repr__(self) -> str:
        return f"<Trace of {len(self)} tensors, numerics={self.numerics!r}>"


def dequantize_tensor(x: NDArray[Any], tensor: Tensor) -> NDArray[Any]:
    """The real values of a tensor's stored ones; the values themselves if not quantized."""
    q = tensor.quantization
    return x if q is None else _dequantize(x, q)


def _dequantize(x: NDArray[Any], q: Quantization) -> NDArray[np.float32]:
    shape = [1] * x.ndim
    if q.per_channel:
        shape[q.axis] = -1
        scale, zero_point = q.scale.reshape(shape), q.zero_point.reshape(shape)
    else:
        scale, zero_point = q.scale[0], q.zero_point[0]
    return np.asarray((x.astype(np.int64) - zero_point).astype(np.float32) * scale, np.float32)


def traced(session: Session, args: Sequence[ArrayLike]) -> Trace:
    """All tensors of one call.

    Args:
        session: What runs.
        args: As for a call of the model.

    Raises:
        ShapeError, TypeError: As for a call.
    """
    batch = session.batch(args)
    # Copies, so that the trace stays what it is whatever becomes of the arguments.
    own = replace(batch, arrays=tuple(np.array(x) for x in batch.arrays))
    return Trace(session.graph, session.tensors(own), session.flavour.name)

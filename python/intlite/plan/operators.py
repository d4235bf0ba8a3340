"""One operator by itself: a kernel made for shapes, and for the values that it must know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _native
from .._util.memory_limit import array_bytes, check_memory, check_tensor
from ..call_arguments import joined
from ..graph.types import Node, Shape
from ..ops import OPS, KernelSpec, ValueUnknownError
from ..ops.base import Values
from ..runtimes import Runtime


@dataclass(frozen=True, eq=False)
class ReadyOperator:
    """An operator at the shapes of one sample.

    Attributes:
        label: The operator's, for messages.
        wanted: Values of inputs that its shapes or its kernel depend on, by position.
        kernel: None where the outputs depend on nothing but shapes: then they are ``made``.
        inputs: Positions of the inputs that the kernel reads.
        writes: Shapes and types of the outputs of one sample.
        held: Bytes of the kernel's packed weights.
    """

    label: str
    wanted: dict[int, NDArray[Any]]
    kernel: _native.Kernel | None
    inputs: tuple[int, ...]
    writes: tuple[tuple[Shape, np.dtype[Any]], ...]
    held: int = 0
    made: list[NDArray[Any]] = field(default_factory=list)

    def is_for(self, values: Values) -> bool:
        """Whether these are the values that it was made for."""
        return all(_same(value, values[i]) for i, value in self.wanted.items())

    def output_bytes(self, samples: int) -> int:
        """Bytes of the outputs of so many samples."""
        return samples * sum(array_bytes(shape, dtype) for shape, dtype in self.writes)

    def run(self, values: Values, samples: int) -> list[NDArray[Any]]:
        """The outputs of ``samples`` runs, one behind the other.

        Args:
            values: Of the inputs, by position, of all samples.
            samples: How many.
        """
        if self.kernel is None:
            return [batched(y, samples) for y in self.made]
        outputs = [np.empty(joined(shape, samples), dtype) for shape, dtype in self.writes]
        given = [np.ascontiguousarray(values[i]) for i in self.inputs]
        self.kernel.run(given, outputs, samples)
        return outputs


def ready(
    node: Node, shapes: Sequence[Shape], values: Values, flavour: Runtime, held: int = 0
) -> ReadyOperator:
    """The operator at these shapes of its inputs.

    Args:
        node: An operator that ``ops.refusals`` accepts.
        shapes: One for each input, () where it is absent.
        values: Of its inputs, by position; looked at only where shapes or a kernel want them.
        flavour: The arithmetic.
        held: Bytes that other tensors take meanwhile.

    Raises:
        ShapeError: The inputs do not fit the operator.
        MemoryLimitError: The outputs would be too large.
        UnsupportedOpError: The numbers are beyond what the native code takes.
    """
    op, arithmetic = OPS.of(node), flavour.policy(node)
    known: list[NDArray[Any] | None] = [None if t is None else t.data for t in node.inputs]
    wanted: dict[int, NDArray[Any]] = {}
    found: list[Shape] = []
    made: list[NDArray[Any]] | None = None
    spec: KernelSpec | None = None
    while spec is None and made is None:
        try:
            found = op.output_shapes(node, shapes, known)
            check_outputs(node, found, held)
            made = op.outputs_of_shapes(node, shapes)
            spec = None if made is not None else op.kernel(node, shapes, known, arithmetic)
        except ValueUnknownError as unknown:
            value = values[unknown.input]
            if value is None or unknown.input in wanted:
                raise
            known[unknown.input] = wanted[unknown.input] = np.array(value)
    writes = tuple((shape, y.dtype) for shape, y in zip(found, node.outputs, strict=True))
    if spec is None:
        return ReadyOperator(node.label, wanted, None, (), writes, 0, made or [])
    kernel = spec.made(node.label)
    return ReadyOperator(node.label, wanted, kernel, spec.inputs, writes, spec.packed_bytes)


def check_outputs(node: Node, shapes: Sequence[Shape], held: int) -> None:
    """Refuse outputs that would be too large beside what is held.

    Raises:
        MemoryLimitError, ShapeError: See ``check_tensor``.
    """
    for tensor, shape in zip(node.outputs, shapes, strict=True):
        check_tensor(tensor, shape)
        held += array_bytes(shape, tensor.dtype)
    check_memory(held, f"the tensors up to {node.label}")


def late_kernel(
    node: Node,
    shapes: Sequence[Shape],
    values: Values,
    flavour: Runtime,
    outputs: Sequence[Shape],
) -> KernelSpec:
    """A step of a program whose kernel is made when a run gives the operands that it wants.

    The last one that was made is kept, and serves as long as these operands stay the same.

    Args:
        node, shapes, flavour: As for ``ready``.
        values: Of its inputs, None for those that a run gives.
        outputs: Shapes of the outputs.
    """
    from ..ops.numpy_kernel import NumpySpec

    given = tuple(i for i, v in enumerate(values) if v is None and node.inputs[i] is not None)
    last: list[ReadyOperator] = []

    def run(arrays: Sequence[NDArray[Any]]) -> Sequence[NDArray[Any]]:
        inputs = list(values)
        for i, array in zip(given, arrays, strict=True):
            inputs[i] = array
        made = next((r for r in last[:1] if r.is_for(inputs)), None)
        if made is None:
            made = ready(node, shapes, inputs, flavour)
            last[:] = [made]
        return made.run(inputs, 1)

    return NumpySpec(
        run,
        tuple((shapes[i], node.input(i).dtype) for i in given),
        tuple((shape, y.dtype) for shape, y in zip(outputs, node.outputs, strict=True)),
        given,
    )


def batched(value: NDArray[Any], samples: int) -> NDArray[Any]:
    """The same value for each of several runs, one behind the other."""
    if samples == 1:
        return value
    return np.ascontiguousarray(
        np.broadcast_to(value, (samples, *value.shape)).reshape(joined(value.shape, samples))
    )


def _same(a: NDArray[Any], b: NDArray[Any] | None) -> bool:
    return b is not None and a.shape == b.shape and a.tobytes() == b.tobytes()

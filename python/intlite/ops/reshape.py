"""RESHAPE: the same values under another shape, from a tensor or from the options."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..graph.types import NUMPY_TYPES, Node, Shape
from ..runtimes.policy import Policy
from .base import KernelSpec, Op, Values, arity, elements, known, shape_error
from .operator_table import register


@dataclass(frozen=True, eq=False)
class CopySpec(KernelSpec):
    """Hands bytes on; most often lowering lets input and output share memory instead."""

    size: int
    is_copy: ClassVar[bool] = True

    def make(self) -> _native.Kernel:
        return _native.copy(size=self.size)

    @property
    def is_batch_free(self) -> bool:
        return True

    @property
    def work(self) -> float:
        return float(self.size)


@register("RESHAPE")
class Reshape(Op):
    def refusals(self, node: Node) -> Iterator[str]:
        if reasons := arity(node, 1, optional=1):
            yield from reasons
            return
        x, y = node.input(0), node.outputs[0]
        if x.type not in NUMPY_TYPES or x.type != y.type:
            yield f"{x.type} to {y.type} is not supported"
        if x.is_sparse:
            yield f"input {x!r} is sparse"
        if self._option(node) is None and not (_shape_is_vector(node) or _shape_is_known(node)):
            yield "has neither a shape tensor nor a shape option"

    @staticmethod
    def _option(node: Node) -> NDArray[np.int32] | None:
        shape: NDArray[np.int32] | None = getattr(node.options, "new_shape", None)
        return shape

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        if _shape_is_vector(node):
            wanted = tuple(known(node, values, 1).ravel().tolist())
        elif (option := self._option(node)) is not None:
            wanted = tuple(option.ravel().tolist())
            if wanted == (0,):  # how old files say scalar
                wanted = ()
        else:
            wanted = tuple(known(node, values, 1).ravel().tolist())
        return [_resolve(node, shapes[0], wanted)]

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        return CopySpec(elements(shapes[0]) * NUMPY_TYPES[node.input(0).type].itemsize)

    def reference(self, node: Node, inputs: Values, policy: Policy) -> list[NDArray[Any]]:
        x = np.asarray(inputs[0])
        shapes = [() if v is None else v.shape for v in inputs]
        return [x.reshape(self.output_shapes(node, shapes, inputs)[0])]


def _shape_is_vector(node: Node) -> bool:
    """LiteRT uses the shape tensor if it is an int32 vector, else the options."""
    shape = node.optional(1)
    if shape is None or shape.type != "INT32":
        return False
    return len(shape.shape) == 1 or not shape.has_shape


def _shape_is_known(node: Node) -> bool:
    """A constant of another rank serves where there is no option, as in XNNPACK."""
    shape = node.optional(1)
    return shape is not None and shape.type == "INT32" and shape.is_constant


def _resolve(node: Node, shape: Shape, wanted: Shape) -> Shape:
    """``wanted`` with its -1 filled in, as LiteRT's ResolveOutputShape does."""
    if any(d < -1 for d in wanted) or wanted.count(-1) > 1:
        raise shape_error(node, f"cannot reshape to {list(wanted)}")
    resolved = wanted
    if -1 in wanted:
        stated = elements(tuple(d for d in wanted if d != -1))
        if elements(shape) == 0 and stated != 0:
            inferred = 0
        else:
            # Zero dimensions are left out of both sides, so [0, 3] goes to [0, -1].
            inferred = elements(tuple(d for d in shape if d)) // elements(
                tuple(d for d in wanted if d > 0)
            )
        resolved = tuple(inferred if d == -1 else d for d in wanted)
    if elements(resolved) != elements(shape):
        raise shape_error(
            node,
            f"cannot reshape {list(shape)} ({elements(shape)} elements) to {list(wanted)}",
        )
    return resolved

"""Resource variables: what ``graph.states`` leaves of them is copies of values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..graph.types import NUMPY_TYPES, Node, Shape
from ..runtimes.policy import Policy
from .base import KernelSpec, Op, Values, elements, known, shape_error
from .operator_table import register
from .reshape import CopySpec


class _Copy(Op):
    """From one tensor to another."""

    def refusals(self, node: Node) -> Iterator[str]:
        x = node.optional(0)
        if len(node.inputs) != 1 or len(node.outputs) != 1 or x is None:
            yield "its handle is not one of VAR_HANDLE alone"
        elif x.type == "RESOURCE":
            yield "its variable has no value yet"
        elif x.type not in NUMPY_TYPES or x.type != node.outputs[0].type:
            yield f"{x.type} to {node.outputs[0].type} is not supported"

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        own = node.outputs[0]
        if shapes[0] != own.shape and not own.is_shape_inferred:
            what = f"a value of {list(shapes[0])} for a variable of {list(own.shape)}"
            raise shape_error(node, what)
        return [shapes[0]]

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        return CopySpec(elements(shapes[0]) * node.input(0).dtype.itemsize)

    def reference(self, node: Node, inputs: Values, policy: Policy) -> list[NDArray[Any]]:
        return [np.array(known(node, inputs, 0))]


@register("READ_VARIABLE")
class ReadVariable(_Copy):
    pass


@register("ASSIGN_VARIABLE")
class AssignVariable(_Copy):
    pass


class _Gone(Op):
    """What no graph has any more if it can be run."""

    def refusals(self, node: Node) -> Iterator[str]:
        yield self.reason

    reason = ""

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        raise NotImplementedError

    def reference(self, node: Node, inputs: Values, policy: Policy) -> list[NDArray[Any]]:
        raise NotImplementedError


@register("VAR_HANDLE")
class VarHandle(_Gone):
    reason = "its handle is used by more than READ_VARIABLE and ASSIGN_VARIABLE"


@register("CALL_ONCE")
class CallOnce(_Gone):
    reason = "its subgraph does more than assign constants, or comes too late"

"""What the elementwise operators of one 8-bit input share: a table of all values."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..graph.types import NUMPY_TYPES, Node, Shape
from ..numerics import Arithmetic
from ..reference.activations import UnaryParameters
from .base import (
    EIGHT_BIT,
    KernelSpec,
    Op,
    Values,
    arity,
    check_quantized,
    elements,
    quantization,
)
from .lookup import UnarySpec, all_codes

Formula = Callable[["NDArray[Any]"], "NDArray[Any]"]


class UnaryOp(Op):
    types: ClassVar[tuple[str, ...]] = EIGHT_BIT
    is_quantized: ClassVar[bool] = True

    def refusals(self, node: Node) -> Iterator[str]:
        if reasons := arity(node, 1):
            yield from reasons
            return
        x, out = node.input(0), node.outputs[0]
        if x.type != out.type or x.type not in self.types:
            yield f"{x.type} to {out.type} is not supported"
            return
        if self.is_quantized:
            reasons = [*check_quantized(x, "input"), *check_quantized(out, "output")]
        yield from reasons or self.hazards(node)

    def hazards(self, node: Node) -> Iterator[str]:
        """Why the runtimes fail on this node, whose types and quantizations are all right."""
        return iter(())

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        return [shapes[0]]

    @abstractmethod
    def formula(self, node: Node, arithmetic: Arithmetic) -> Formula:
        """Stored values to stored values."""

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, arithmetic: Arithmetic
    ) -> KernelSpec:
        codes = all_codes(NUMPY_TYPES[node.input(0).type])
        return UnarySpec(elements(shapes[0]), self.formula(node, arithmetic)(codes))

    def reference(self, node: Node, inputs: Values, arithmetic: Arithmetic) -> list[NDArray[Any]]:
        return [self.formula(node, arithmetic)(np.asarray(inputs[0]))]


def parameters(node: Node) -> UnaryParameters:
    """The quantizations of a node that was accepted."""
    x, out = node.input(0), node.outputs[0]
    return UnaryParameters(quantization(x), quantization(out), NUMPY_TYPES[out.type])

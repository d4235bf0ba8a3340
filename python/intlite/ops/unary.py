"""What the elementwise operators of one quantized input share: a table of all values."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..graph.types import NUMPY_TYPES, Node, Shape
from ..reference.activations import UnaryParameters
from ..runtimes.policy import Policy
from .base import (
    EIGHT_BIT,
    INT16,
    KernelSpec,
    Op,
    Values,
    arity,
    check_quantized,
    check_symmetric,
    elements,
    quantization,
)
from .lookup import Int16UnarySpec, UnarySpec, all_codes

Formula = Callable[["NDArray[Any]"], "NDArray[Any]"]
# Of LiteRT's vector code on int16.
LANES = 8


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
            reasons += check_symmetric(x, out)
        yield from reasons or self.hazards(node)

    def hazards(self, node: Node) -> Iterator[str]:
        """Why the runtimes fail on this node, whose types and quantizations are all right."""
        return iter(())

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        return [shapes[0]]

    @abstractmethod
    def formula(self, node: Node, policy: Policy) -> Formula:
        """Stored values to stored values."""

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        codes = all_codes(NUMPY_TYPES[node.input(0).type])
        return UnarySpec(elements(shapes[0]), self.formula(node, policy)(codes))

    def reference(self, node: Node, inputs: Values, policy: Policy) -> list[NDArray[Any]]:
        return [np.asarray(self.formula(node, policy)(np.asarray(inputs[0])))]


class Int16UnaryOp(UnaryOp):
    types = INT16

    def tail(self, node: Node, policy: Policy) -> Formula | None:
        """What the elements after the last whole block of ``LANES`` follow, if not ``formula``."""
        return None

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        codes, tail = all_codes(np.int16), self.tail(node, policy)
        table = self.formula(node, policy)(codes)
        if tail is None:
            return Int16UnarySpec(elements(shapes[0]), table)
        return Int16UnarySpec(elements(shapes[0]), table, tail(codes), LANES)

    def reference(self, node: Node, inputs: Values, policy: Policy) -> list[NDArray[Any]]:
        tail = self.tail(node, policy)
        formulas = [self.formula(node, policy), *([] if tail is None else [tail])]
        return [in_blocks(np.asarray(inputs[0]), *formulas)]


def in_blocks(x: NDArray[Any], formula: Formula, tail: Formula | None = None) -> NDArray[Any]:
    """``formula`` of whole blocks of ``LANES``, ``tail`` of what remains."""
    if tail is None:
        return np.asarray(formula(x))
    whole = x.size - x.size % LANES
    flat = x.ravel()
    return np.concatenate([formula(flat[:whole]), tail(flat[whole:])]).reshape(x.shape)


def parameters(node: Node) -> UnaryParameters:
    """The quantizations of a node that was accepted."""
    x, out = node.input(0), node.outputs[0]
    return UnaryParameters(quantization(x), quantization(out), NUMPY_TYPES[out.type])

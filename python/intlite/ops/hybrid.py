"""Hybrid operators: float32 activations by constant weights of fewer bits ("dynamic range")."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..graph.types import Node, Shape
from ..runtimes.policy import Policy
from .base import (
    KernelSpec,
    Op,
    Values,
    arity,
    check_activation,
    check_quantized,
    known,
    quantization,
    shape_error,
)
from .plain import clamped


@dataclass(frozen=True, eq=False)
class HybridWeights:
    """Constant weights, with a scale and a bias for each output."""

    values: NDArray[np.int8]
    scale: NDArray[np.float32]
    bias: NDArray[np.float32]


class HybridOp(Op):
    """An operator on float32 by quantized weights.

    Attributes:
        quantized: The same operator on quantized numbers.
        data_input: Which input is float32; its weights and bias are the others.
        bias_input: Which is the bias.
        output_axis: The dimension of the weights that the outputs lie along.
        needs_channels: Whether there must be one scale for each output.
    """

    quantized: Op
    output_axis: int
    data_input: ClassVar[int] = 0
    bias_input: ClassVar[int] = 2
    needs_channels: bool = False

    filter_input = 1

    def refusals(self, node: Node) -> Iterator[str]:
        if reasons := arity(node, self.bias_input, optional=1):
            yield from reasons
            return
        weights, bias, y = node.input(1), node.optional(self.bias_input), node.outputs[0]
        if y.type != "FLOAT32" or (bias is not None and bias.type != "FLOAT32"):
            yield f"{bias!r} and {y!r} must be FLOAT32, as the input is"
        if not weights.is_constant:
            yield f"weights {weights!r} are not constant"
        yield from check_quantized(weights, "weights", per_channel=True)
        yield from check_activation(node)
        if reasons := list(self.quantized.option_refusals(node)):
            yield from reasons
            return
        q = weights.quantization
        if q is not None and q.zero_point.any():
            yield f"weights {weights!r} have zero points other than 0"
        if q is not None and q.per_channel and q.axis != self.output_axis:
            yield f"weights {weights!r}: per channel needs dimension {self.output_axis}"
        shapes = [() if t is None else t.shape for t in node.inputs]
        if q is not None and self._is_grouped(shapes) and (reason := self._group_refusal(node)):
            yield reason
        outputs = weights.shape[self.output_axis]
        if q is not None and self.needs_channels and len(q.scale) != outputs:
            yield f"weights {weights!r} have not one scale for each of {outputs} channels"

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        found = self.quantized.output_shapes(node, shapes, values)
        if self._is_grouped(shapes) and (reason := self._group_refusal(node)):
            raise shape_error(node, reason)
        return found

    def _is_grouped(self, shapes: Sequence[Shape]) -> bool:
        """Whether the filter of a convolution sees fewer channels than there are."""
        image, filter_ = shapes[:2]
        if self.data_input != 0:
            return False
        if len(image) != 4 or len(filter_) != 4 or self.output_axis != 0:
            return False
        return image[3] != filter_[3]

    def _group_refusal(self, node: Node) -> str:
        """LiteRT's kernel of groups reads what was not prepared, if all scales are equal."""
        scale = quantization(node.input(1)).scale
        if scale.size > 1 and (scale != scale[0]).any():
            return ""
        return f"weights {node.input(1)!r}: groups of channels need scales that differ"

    def macs(self, node: Node, shapes: Sequence[Shape]) -> int:
        return self.quantized.macs(node, shapes)

    @abstractmethod
    def run(
        self,
        node: Node,
        x: NDArray[Any],
        weights: HybridWeights,
        shape: Shape,
        policy: Policy,
    ) -> NDArray[Any]:
        """The output, of that shape, before its activation."""

    @abstractmethod
    def spec(
        self, node: Node, x: Shape, weights: HybridWeights, shape: Shape, policy: Policy
    ) -> KernelSpec | None:
        """The kernel; None where there is none for such sizes."""

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        [shape] = self.output_shapes(node, shapes, values)
        has_bias = node.optional(self.bias_input) is not None
        if has_bias and values[self.bias_input] is None:
            return super().kernel(node, shapes, values, policy)
        bias = values[self.bias_input] if has_bias else None
        weights = self._weights(node, known(node, values, 1), bias)
        spec = self.spec(node, shapes[self.data_input], weights, shape, policy)
        return spec or super().kernel(node, shapes, values, policy)

    def reference(self, node: Node, inputs: Values, policy: Policy) -> list[NDArray[Any]]:
        x = known(node, inputs, self.data_input)
        shapes = [() if v is None else v.shape for v in inputs]
        [shape] = self.output_shapes(node, shapes, inputs)
        has_bias = node.optional(self.bias_input) is not None
        bias = known(node, inputs, self.bias_input) if has_bias else None
        weights = self._weights(node, known(node, inputs, 1), bias)
        with np.errstate(all="ignore"):
            y = self.run(node, x, weights, shape, policy)
        return [np.asarray(clamped(node, y.reshape(shape)), np.float32)]

    def _weights(
        self, node: Node, values: NDArray[Any], bias: NDArray[Any] | None
    ) -> HybridWeights:
        outputs = values.shape[self.output_axis]
        scale = np.broadcast_to(quantization(node.input(1)).scale, (outputs,))
        return HybridWeights(
            np.asarray(values, np.int8),
            np.asarray(scale, np.float32),
            np.zeros(outputs, np.float32) if bias is None else bias.ravel(),
        )

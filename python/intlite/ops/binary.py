"""What the elementwise operators of two quantized inputs share.

There is a kernel in fixed point; of 8 bits else a table of all pairs.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .._native import FixedBinaryKind
from ..graph.types import NUMPY_TYPES, Node, Shape, Tensor
from ..quantization import activation_range, quantize_multiplier, type_range
from ..reference.broadcast import in_blocks_of_runs
from ..reference.elementwise import BinaryParameters
from ..runtimes.policy import Policy
from .base import (
    EIGHT_BIT,
    INT16,
    Constants,
    KernelSpec,
    Op,
    Values,
    arity,
    check_activation,
    check_quantized,
    check_symmetric,
    fused_activation,
    quantization,
    shape_error,
)
from .fixed_binary import FixedBinaryInt16Spec, FixedBinarySpec, FixedNumbers
from .lookup import BinarySpec, table_of_pairs

Formula = Callable[["NDArray[Any]", "NDArray[Any]"], "NDArray[Any]"]
# TFLite's loops over broadcast operands have no more dimensions.
MAX_RANK = 6


@dataclass(frozen=True)
class Blocks:
    """LiteRT's vector code: its formula, for whole blocks of ``lanes`` in runs of ``run``."""

    formula: Formula
    run: int
    lanes: int
    kind: FixedBinaryKind


class BinaryOp(Op):
    types: ClassVar[tuple[str, ...]] = EIGHT_BIT
    # The output's type; "": the inputs'.
    output_type: ClassVar[str] = ""
    is_quantized: ClassVar[bool] = True

    def refusals(self, node: Node) -> Iterator[str]:
        if reasons := arity(node, 2):
            yield from reasons
            return
        x, y, out = node.input(0), node.input(1), node.outputs[0]
        wanted = self.output_type or x.type
        if x.type != y.type or x.type not in self.types or out.type != wanted:
            yield f"{x.type} and {y.type} to {out.type} is not supported"
            return
        if self.is_quantized:
            tensors = [(x, "input"), (y, "input")] + ([] if self.output_type else [(out, "output")])
            reasons = [line for t, what in tensors for line in check_quantized(t, what)]
            reasons += check_symmetric(*(t for t, _ in tensors))
        reasons += check_activation(node)
        yield from reasons or self.hazards(node)

    def hazards(self, node: Node) -> Iterator[str]:
        """Why the runtimes fail on this node, whose types and quantizations are all right."""
        return iter(())

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        left, right = shapes
        if left != right and max(len(left), len(right)) > MAX_RANK:
            raise shape_error(
                node, f"{left} and {right} broadcast in more than {MAX_RANK} dimensions"
            )
        try:
            return [np.broadcast_shapes(left, right)]
        except ValueError:
            raise shape_error(node, f"{left} and {right} do not broadcast") from None

    def constants(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> Constants:
        found: Constants = {}
        for name, tensor in zip(("left", "right", "output"), _operands(node), strict=True):
            if tensor.quantization is not None:
                found[f"{name}_zero_point"] = int(tensor.quantization.zero_point[0])
        if not self.output_type and self.is_quantized:
            p = parameters(node)
            low, high = activation_range(p.activation, p.output, p.dtype, policy.half_even_bounds)
            found |= {"activation_min": low, "activation_max": high}
        found |= self.factors(node, policy)
        blocks = self.blocks(node, shapes[0], shapes[1], policy)
        if blocks is not None and blocks.run >= blocks.lanes:
            found |= {"block_run": blocks.run, "block_lanes": blocks.lanes}
        return found

    def factors(self, node: Node, policy: Policy) -> Constants:
        """For ``constants``: what the operands and the result are multiplied by."""
        return {}

    @abstractmethod
    def formula(self, node: Node, policy: Policy) -> Formula:
        """Stored values to stored values, wherever ``blocks`` does not apply."""

    def numbers(self, node: Node, policy: Policy) -> FixedNumbers | None:
        """The same formula for the kernel in fixed point, if it has it."""
        return None

    def blocks(self, node: Node, left: Shape, right: Shape, policy: Policy) -> Blocks | None:
        """Where and how the result depends on an element's position, if it does."""
        return None

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        left, right = shapes
        numbers, is_int16 = self.numbers(node, policy), node.input(0).type == "INT16"
        if numbers is None:
            if is_int16:
                return super().kernel(node, shapes, values, policy)
            dtype = NUMPY_TYPES[node.input(0).type]
            table = table_of_pairs(self.formula(node, policy), dtype, dtype)
            return BinarySpec(left, right, table).in_rows()
        zero_points = (0, 0)
        if self.is_quantized:
            zero_points = _zero_point(node.input(0)), _zero_point(node.input(1))
        spec = (FixedBinaryInt16Spec if is_int16 else FixedBinarySpec)(
            (left, right),
            zero_points,
            numbers,
            node.input(0).type == "UINT8",
            self._output(node, policy),
            inputs=numbers.order,
        )
        blocks = self.blocks(node, left, right, policy)
        if blocks is None:
            return spec
        if blocks.run and blocks.run % blocks.lanes == 0:
            return replace(spec, numbers=replace(numbers, kind=blocks.kind))
        return replace(spec, block=blocks.kind, lanes=blocks.lanes)

    def _output(self, node: Node, policy: Policy) -> tuple[int, int, int]:
        """The zero point and the range of stored values."""
        if self.output_type:
            return 0, 0, 1
        dtype = NUMPY_TYPES[node.outputs[0].type]
        if not self.is_quantized:
            return 0, *type_range(dtype)
        p = parameters(node)
        bounds = activation_range(p.activation, p.output, dtype, policy.half_even_bounds)
        return int(p.output.zero_point[0]), *bounds

    def reference(self, node: Node, inputs: Values, policy: Policy) -> list[NDArray[Any]]:
        x, y = (np.asarray(v) for v in inputs)
        out = self.formula(node, policy)(x, y)
        blocks = self.blocks(node, x.shape, y.shape, policy)
        if blocks is not None:
            in_blocks = in_blocks_of_runs(out.shape, blocks.run, blocks.lanes)
            out = np.where(in_blocks, blocks.formula(x, y), out)
        return [out]


class Int16BinaryOp(BinaryOp):
    types = INT16


def _operands(node: Node) -> tuple[Tensor, Tensor, Tensor]:
    return node.input(0), node.input(1), node.outputs[0]


def _zero_point(tensor: Tensor) -> int:
    return int(quantization(tensor).zero_point[0])


def fixed_point_factors(**factors: float) -> Constants:
    """Factors by name, as ``<name>_multiplier`` and ``<name>_shift``."""
    found: Constants = {}
    for name, factor in factors.items():
        found[f"{name}_multiplier"], found[f"{name}_shift"] = quantize_multiplier(factor)
    return found


def parameters(node: Node) -> BinaryParameters:
    """The quantizations of a node that was accepted."""
    x, y, out = node.input(0), node.input(1), node.outputs[0]
    return BinaryParameters(
        quantization(x),
        quantization(y),
        quantization(out),
        fused_activation(node),
        NUMPY_TYPES[out.type],
    )

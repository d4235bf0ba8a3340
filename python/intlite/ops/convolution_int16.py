"""CONV_2D and DEPTHWISE_CONV_2D of int16 images by int8 filters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from .. import _native
from ..graph.types import Node
from .base import Constants, KernelSpec, Op, arity
from .convolution import Convolution, ConvolutionSpec
from .requantize import Requantization
from .weights import check_int16_bias


@dataclass(frozen=True, eq=False)
class ConvolutionInt16Spec(ConvolutionSpec):
    """csrc/kernels/conv_int16.h."""

    @property
    def requantization(self) -> Requantization:
        return replace(super().requantization, is_int16=True, wide=self.parameters.wide)

    def make(self, isa: str = "") -> _native.Kernel:
        make = _native.depthwise_conv_2d_int16 if self.depthwise else _native.conv_2d_int16
        return make(dilation=self.parameters.dilation, **self.arguments(), isa=isa)

    def arguments(self) -> dict[str, Any]:
        of_bytes = ("weights_zero_point", "input_unsigned", "input_zero_point")
        return {name: v for name, v in super().arguments().items() if name not in of_bytes}

    @property
    def constants(self) -> Constants:
        return {}

    @property
    def output_rows(self) -> int:
        return 0

    def with_flipped_input(self) -> KernelSpec | None:
        return None

    def with_flipped_output(self) -> KernelSpec | None:
        return None


class ConvolutionInt16(Convolution):
    """First of the bases of either operator's class on int16."""

    check_bias = staticmethod(check_int16_bias)
    spec = ConvolutionInt16Spec
    explain = Op.explain

    def refusals(self, node: Node) -> Iterator[str]:
        yield from super().refusals(node)
        if not arity(node, 2, optional=1) and node.optional(2) is None:
            yield "INT16 needs a bias"


def convolution_int16(operator: type[Convolution]) -> Op:
    made = type(f"{operator.__name__}Int16", (ConvolutionInt16, operator), {})()
    assert isinstance(made, Op)
    return made

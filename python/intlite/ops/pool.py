"""AVERAGE_POOL_2D and MAX_POOL_2D of quantized images."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..graph.types import NUMPY_TYPES, Node, Shape
from ..quantization import activation_range
from ..reference import pool as reference
from ..runtimes.policy import Policy
from .base import (
    QUANTIZED,
    Constants,
    KernelSpec,
    Op,
    Values,
    arity,
    check_activation,
    check_quantized,
    elements,
    fused_activation,
    known,
    quantization,
)
from .operator_table import Variant, table
from .plain import SpecOf, bounds, plain
from .plain_rows import PlainPoolSpec
from .window import Window, check_image, check_window, window

# A sum of so many bytes still fits int32, and one of so many int16.
MAX_TAPS, MAX_TAPS_INT16 = 2**22, 2**16 - 1


@dataclass(frozen=True, eq=False)
class PoolSpec(KernelSpec):
    """csrc/kernels/pool.h, and of int16 csrc/kernels/pool_int16.h."""

    shape: Shape
    window: Window
    size: tuple[int, int]
    pad: tuple[int, int]
    average: bool
    dtype: np.dtype[Any]
    activation: tuple[int, int]

    @property
    def constants(self) -> Constants:
        (fh, fw), (sh, sw) = self.window.filter, self.window.stride
        return {
            "batch": self.shape[0],
            "input_height": self.shape[1],
            "input_width": self.shape[2],
            "channels": self.shape[3],
            "output_height": self.size[0],
            "output_width": self.size[1],
            "filter_height": fh,
            "filter_width": fw,
            "stride_height": sh,
            "stride_width": sw,
            "pad_top": self.pad[0],
            "pad_left": self.pad[1],
            "activation_min": self.activation[0],
            "activation_max": self.activation[1],
        }

    def make(self, isa: str = "") -> _native.Kernel:
        images, height, width, channels = self.shape
        return _native.pool_2d(
            images=images,
            input=(height, width),
            channels=channels,
            output=self.size,
            filter=self.window.filter,
            stride=self.window.stride,
            padding=self.pad,
            average=self.average,
            is_unsigned=self.dtype == np.uint8,
            is_int16=self.dtype == np.int16,
            activation_min=self.activation[0],
            activation_max=self.activation[1],
            isa=isa,
        )

    @property
    def is_batch_free(self) -> bool:
        return True

    @property
    def work(self) -> float:
        taps = self.window.filter[0] * self.window.filter[1]
        return float(self.shape[0] * elements(self.size) * taps * self.shape[3])


class Pool(Op):
    """What both have in common."""

    average: bool

    def refusals(self, node: Node) -> Iterator[str]:
        if reasons := arity(node, 1):
            yield from reasons
            return
        x, y = node.input(0), node.outputs[0]
        if x.type not in QUANTIZED or x.type != y.type:
            yield f"{x.type} to {y.type} is not supported; INT8, UINT8 and INT16 are"
            return
        yield from check_quantized(x, "input")
        yield from check_quantized(y, "output")
        if x.quantization is not None and not x.quantization.same_as(y.quantization):
            yield f"input {x!r} and output {y!r} differ in quantization"
        yield from check_activation(node)
        yield from self.option_refusals(node)
        if node.options is not None and elements(_filter(node)) > MAX_TAPS:
            yield f"filter {_filter(node)} has more than {MAX_TAPS} elements"

    def option_refusals(self, node: Node) -> Iterator[str]:
        yield from check_window(node.options)
        if node.options is not None and min(_filter(node)) < 1:
            yield f"filter {_filter(node)} must be at least 1"

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        batch, height, width, channels = check_image(node, shapes[0])
        size, _ = window(node.options, _filter(node)).place(node, (height, width))
        return [(batch, *size, channels)]

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        dtype = node.input(0).dtype
        if dtype == np.int16 and self.average and elements(_filter(node)) > MAX_TAPS_INT16:
            return super().kernel(node, shapes, values, policy)
        placed = window(node.options, _filter(node))
        size, pad = placed.place(node, shapes[0][1:3])
        activation = _activation(node, policy)
        return PoolSpec(shapes[0], placed, size, pad, self.average, dtype, activation)

    def reference(self, node: Node, inputs: Values, policy: Policy) -> list[NDArray[Any]]:
        x = known(node, inputs, 0)
        check_image(node, x.shape)
        y = (reference.average if self.average else reference.greatest)(x, _windows(node, x.shape))
        return [np.clip(y, *_activation(node, policy)).astype(x.dtype)]


def _windows(node: Node, shape: Shape) -> reference.Windows:
    placed = window(node.options, _filter(node))
    size, pad = placed.place(node, shape[1:3])
    return reference.Windows(placed.filter, placed.stride, size, pad)


def _plain(name: str) -> SpecOf:
    """By the policy's function of that name."""

    def spec(node: Node, shape: Shape, policy: Policy) -> PlainPoolSpec:
        low, high = bounds(node, policy)
        function = getattr(policy.functions, name)
        windows = _windows(node, shape)
        # What pools nothing and has no bounds is a copy.
        copies = _filter(node) == (1, 1) and math.isinf(low) and math.isinf(high)
        flushes = policy.flushes_subnormals and not copies
        return PlainPoolSpec(shape, windows, function, low, high, flushes)

    return spec


class AveragePool2D(Pool):
    average = True


class MaxPool2D(Pool):
    average = False


class L2Pool2D(Pool):
    """The runtimes have it for float32 only."""

    average = False

    def refusals(self, node: Node) -> Iterator[str]:
        yield from arity(node, 1) or [f"{node.input(0).type} is not supported; FLOAT32 is"]


def _filter(node: Node) -> tuple[int, int]:
    return node.options.filter_height, node.options.filter_width


def _activation(node: Node, policy: Policy) -> tuple[int, int]:
    y = node.outputs[0]
    dtype = NUMPY_TYPES[y.type]
    return activation_range(fused_activation(node), quantization(y), dtype, policy.half_even_bounds)


table(
    "AVERAGE_POOL_2D",
    Variant(AveragePool2D, QUANTIZED),
    plain(AveragePool2D, spec=_plain("average_pool")),
)
table(
    "MAX_POOL_2D",
    Variant(MaxPool2D, QUANTIZED),
    plain(MaxPool2D, spec=_plain("max_pool")),
)
table(
    "L2_POOL_2D",
    Variant(L2Pool2D, QUANTIZED),
    plain(L2Pool2D, spec=_plain("l2_pool")),
)

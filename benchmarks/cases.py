"""Kernels of typical shapes, on the instruction set that is asked for, with something to run on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from intlite import _native
from intlite.ops.arithmetic import SumSpec
from intlite.ops.convolution import ConvolutionSpec
from intlite.ops.requantize import Requantization
from intlite.quantization import Quantization
from intlite.reference.convolution import ConvolutionParameters
from intlite.reference.elementwise import BinaryParameters
from intlite.runtimes.families import POLICIES
from intlite.runtimes.policy import BlockRounding
from intlite.runtimes.rounding import Rounding


@dataclass(frozen=True, eq=False)
class Case:
    """A kernel with its arrays.

    Attributes:
        kernel: What runs.
        inputs, outputs: Of one sample.
        products: Multiply-accumulates of one sample; 0 where there are none.
        elements: Of the output of one sample.
    """

    kernel: _native.Kernel
    inputs: list[NDArray[Any]]
    outputs: list[NDArray[Any]]
    products: int
    elements: int

    def run(self) -> None:
        self.kernel.run(self.inputs, self.outputs)


Make = Callable[[str], Case]  # from an instruction set


def _quantization(scale: float, zero_point: int = 0) -> Quantization:
    return Quantization(np.array([scale], np.float32), np.array([zero_point], np.int64), 0)


def _noise(shape: tuple[int, ...]) -> NDArray[np.int8]:
    return np.random.default_rng(0).integers(-127, 128, shape, np.int8)


def gemm(rows: int, depth: int, columns: int, isa: str) -> Case:
    """FULLY_CONNECTED of int8 with XNNPACK's rounding."""
    scale = np.full(1, 64 / (12000.0 * np.sqrt(depth)))
    epilogue = Requantization(
        np.zeros(columns, np.int32),
        scale,
        columns,
        BlockRounding(rounding=Rounding.FP32),
        3,
        (-128, 127),
    ).make()
    kernel = _native.fully_connected(
        rows=rows,
        weights=_noise((columns, depth)),
        weights_zero_point=0,
        input_unsigned=False,
        input_zero_point=-5,
        epilogue=epilogue,
        isa=isa,
    )
    output = np.empty((rows, columns), np.int8)
    return Case(kernel, [_noise((rows, depth))], [output], rows * depth * columns, output.size)


def convolution(
    size: int,
    channels: int,
    outputs: int,
    filter_size: int,
    isa: str,
    *,
    stride: int = 1,
    depthwise: bool = False,
) -> Case:
    """CONV_2D or DEPTHWISE_CONV_2D of one square int8 image, padding SAME."""
    pixels = -(-size // stride)
    pad = max(0, (pixels - 1) * stride + filter_size - size) // 2
    taps = (filter_size, filter_size)
    shape = (1, *taps, outputs) if depthwise else (outputs, *taps, channels)
    depth = filter_size**2 * (1 if depthwise else channels)
    parameters = ConvolutionParameters(
        _quantization(0.05, -5),
        _quantization(0.02),
        _quantization(0.001 * 190 * np.sqrt(depth)),
        "NONE",
        np.int8,
        (stride, stride),
        (1, 1),
        (pixels, pixels),
        (pad, pad),
    )
    x = _noise((1, size, size, channels))
    bias = np.zeros(outputs, np.int32)
    spec = ConvolutionSpec(
        depthwise, x.shape, _noise(shape), bias, parameters, POLICIES["xnnpack"], False, -5
    )
    y = np.empty((1, pixels, pixels, outputs), np.int8)
    return Case(spec.make(isa), [x], [y], y.size * depth, y.size)


def addition(size: int, isa: str) -> Case:
    """ADD of two int8 tensors."""
    parameters = BinaryParameters(
        _quantization(0.05, 3), _quantization(0.03, -4), _quantization(0.07, 1), "NONE", np.int8
    )
    x, y = _noise((size,)), np.empty(size, np.int8)
    kernel = SumSpec((size,), (size,), parameters).make(isa)
    return Case(kernel, [x, x[::-1].copy()], [y], 0, size)


def _convolution(text: str, **options: Any) -> tuple[str, Make]:
    """ "56 64>128 3x3" as a name and what makes the case."""
    size, channels, taps = text.split()
    left, _, right = channels.partition(">")
    numbers = int(size), int(left), int(right or left), int(taps.split("x")[0])
    kind = "depthwise" if options.get("depthwise") else "conv"
    stride = f" /{options['stride']}" if "stride" in options else ""
    name = f"{kind} {taps}{stride} {size}x{size} {channels}"
    return name, lambda isa: convolution(*numbers, isa, **options)


def _gemm(rows: int, depth: int, columns: int) -> tuple[str, Make]:
    return f"gemm {rows} x {depth} x {columns}", lambda isa: gemm(rows, depth, columns, isa)


# What MobileNets, ResNets, the MLPerf Tiny models and classifiers are made of.
SHAPES: dict[str, Make] = dict(
    [
        _gemm(1, 256, 256),
        _gemm(1, 1280, 1000),
        _gemm(64, 256, 256),
        _gemm(256, 256, 256),
        _gemm(512, 512, 512),
        _gemm(1024, 1024, 1024),
        _gemm(3136, 64, 64),
        _gemm(49, 512, 2048),
        _convolution("112 32>16 1x1"),
        _convolution("56 24>144 1x1"),
        _convolution("14 96>576 1x1"),
        _convolution("7 960>320 1x1"),
        _convolution("224 3>32 3x3", stride=2),
        _convolution("32 16>16 3x3"),
        _convolution("56 64>64 3x3"),
        _convolution("14 256>256 3x3"),
        _convolution("28 128>256 3x3", stride=2),
        _convolution("224 3>64 7x7", stride=2),
        _convolution("112 32 3x3", depthwise=True),
        _convolution("112 96 3x3", depthwise=True, stride=2),
        _convolution("28 192 3x3", depthwise=True),
        _convolution("7 960 3x3", depthwise=True),
        _convolution("25 64 3x3", depthwise=True),
        _convolution("28 240 5x5", depthwise=True),
        _convolution("14 672 5x5", depthwise=True, stride=2),
    ]
)
QUICK = ("gemm 256 x 256 x 256", "conv 3x3 32x32 16>16", "depthwise 3x3 25x25 64")

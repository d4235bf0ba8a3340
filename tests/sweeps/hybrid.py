"""Random cases of float32 activations by int8 weights, which the runtimes quantize as they run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from intlite.quantization import Quantization
from intlite.reference.hybrid import is_packed
from intlite.schema import options

from ..models import NO_TENSOR, Network
from .base import Arrays, Case, draw_size, generator, log_uniform, quantization
from .batch_matmul import draw_sides, output_shape
from .convolution import PADDINGS
from .plain import draw_activation, draw_filter_size, draw_floats, draw_window


@dataclass(frozen=True, eq=False)
class HybridCase(Case):
    """``bias`` is None where absent."""

    op: str
    x: NDArray[np.float32]
    weights: NDArray[np.int8]
    bias: NDArray[np.float32] | None
    scale: Quantization
    shape: tuple[int, ...]
    option: Any
    is_int4: bool = False

    @property
    def kind(self) -> str:
        name = "hybrid int4" if self.is_int4 else "hybrid"
        return f"{name} per channel" if self.scale.per_channel else name

    def build(self) -> tuple[bytes, Arrays]:
        net = Network()
        x = net.input(self.x.shape, "FLOAT32")
        weights = net.constant(self.weights, "INT4" if self.is_int4 else "INT8", self.scale)
        more = [NO_TENSOR] if self.op != "BATCH_MATMUL" else []
        if self.bias is not None:
            more = [net.constant(self.bias, "FLOAT32")]
        y = net.output(self.shape, "FLOAT32")
        inputs = [x, weights, *more]
        if self.op == "TRANSPOSE_CONV":
            shape = net.constant(np.array(self.shape, np.int32), "INT32")
            inputs = [shape, weights, x, *more]
        net.operator(self.op, inputs, [y], self.option)
        return net.bytes(), (self.x,)

    def refusal(self, flavour: str) -> str | None:
        return "[Hh]ybrid|not supported|failed to" if flavour == "tflm" else None

    def is_misread(self, flavour: str) -> bool:
        """LiteRT's kernel of 4-bit weights spoils others where one is -8.

        That of BATCH_MATMUL finds scales, and the sums of weights, by the sum of the
        batch's indices; it takes no sums of five dimensions.
        """
        if self.op == "BATCH_MATMUL":
            left, right = (
                [d > 1 for d in (1,) * (5 - v.ndim) + v.shape[:-2]] for v in (self.x, self.weights)
            )
            loses_sums = self.option.asymmetric_quantize_inputs and (right[0] or sum(right) > 1)
            return flavour in ("litert-builtin", "litert-reference") and (
                sum(left) > 1 or loses_sums
            )
        packed = self.is_int4 and is_packed((self.weights.shape[0], self.weights.shape[1]))
        return flavour == "litert-builtin" and packed and bool((self.weights == -8).any())

    def smaller(self) -> Iterator[HybridCase]:
        if getattr(self.option, "fused_activation_function", 0):
            yield replace(self, option=self.option.replace(fused_activation_function=0))
        if len(self.x) == self.shape[0] > 1 and self.op != "BATCH_MATMUL":
            for rows in (slice(0, 1), slice(1, None)):
                x = self.x[rows]
                yield replace(self, x=x, shape=(len(x), *self.shape[1:]))


def draw_rows(rng: Generator, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Floats, often such that many fall on ties of their quantization; seldom a row of zeros."""
    x = draw_floats(rng, shape) + np.float32(rng.normal())
    pick = rng.random()
    if pick < 0.4 and x.size:
        x = np.asarray(rng.integers(-200, 255, shape) / 2, np.float32)
        rows = x.reshape(shape[0], -1)
        if rows.shape[1] > 1:
            low, high = ((-100, 155), (-127, 64), (0, 255), (-255, 0))[int(rng.integers(4))]
            rows[:] = np.clip(rows, low, high)
            rows[:, 0], rows[:, 1] = low, high
        x = x * np.float32(2.0 ** -int(rng.integers(0, 6)))
    elif pick < 0.5:
        x = np.abs(x) * np.float32(rng.choice([-1, 1]))
    if rng.random() < 0.05:
        x[0] = 0
    return np.asarray(x, np.float32)


def draw_weights(rng: Generator, shape: tuple[int, ...]) -> NDArray[np.int8]:
    return rng.integers(-127, 127, shape, np.int8, endpoint=True)


def draw_scale(rng: Generator, outputs: int, axis: int, per_channel: bool) -> Quantization:
    if not per_channel:
        return quantization(log_uniform(rng, 1e-3, 0.1))
    scales = [log_uniform(rng, 1e-3, 0.1) for _ in range(outputs)]
    if rng.random() < 0.1:
        scales = scales[:1] * outputs
    return quantization(scales, axis=axis)


@generator("FULLY_CONNECTED", plain=True)
def fully_connected(rng: Generator, index: int) -> HybridCase:
    return _fully_connected(rng, index)


def _fully_connected(rng: Generator, index: int) -> HybridCase:
    rows, units, depth = draw_size(rng, 40), max(2, draw_size(rng, 60)), draw_size(rng, 300)
    keep = bool(rng.random() < 0.3)
    x = draw_rows(rng, (rows, depth))
    return HybridCase(
        "FULLY_CONNECTED",
        x[:, None] if keep else x,
        draw_weights(rng, (units, depth)),
        draw_floats(rng, (units,)) if rng.random() < 0.7 else None,
        draw_scale(rng, units, 0, index % 2 == 1),
        (rows, 1, units) if keep else (rows, units),
        options.FullyConnectedOptions(
            fused_activation_function=draw_activation(rng),
            keep_num_dims=keep,
            asymmetric_quantize_inputs=bool(rng.integers(2)),
        ),
    )


@generator("FULLY_CONNECTED", plain=True)
def int4(rng: Generator, index: int) -> HybridCase:
    """The others with narrower weights."""
    case = _fully_connected(rng, index)
    weights = np.asarray(case.weights // 16, np.int8)
    if rng.random() < 0.8:
        weights = np.maximum(weights, -7)
    return replace(case, weights=weights, is_int4=True)


@generator("CONV_2D", plain=True)
def conv_2d(rng: Generator, index: int) -> HybridCase:
    channels, outputs = int(rng.choice([1, 2, 3, 8, 16])), int(rng.choice([2, 3, 5, 8, 17]))
    scale = draw_scale(rng, outputs, 0, index % 2 == 1)
    # LiteRT reads what was not prepared where groups have equal scales.
    groups = int(rng.integers(2, 5)) if index % 2 == 1 and rng.random() < 0.3 else 1
    if groups > 1:
        outputs *= groups
        scale = quantization([log_uniform(rng, 1e-3, 0.1) for _ in range(outputs)])
    filter_ = draw_filter_size(rng)
    given, size, out = draw_window(rng, filter_, dilated=True)
    batch = int(rng.integers(1, 4))
    return HybridCase(
        "CONV_2D",
        draw_rows(rng, (batch, *size, channels * groups)),
        draw_weights(rng, (outputs, *filter_, channels)),
        draw_floats(rng, (outputs,)),
        scale,
        (batch, *out, outputs),
        options.Conv2DOptions(**given),
    )


@generator("DEPTHWISE_CONV_2D", plain=True)
def depthwise_conv_2d(rng: Generator, index: int) -> HybridCase:
    channels, multiplier = int(rng.choice([2, 3, 8, 9, 16])), int(rng.choice([1, 1, 2, 3]))
    filter_ = draw_filter_size(rng)
    given, size, out = draw_window(rng, filter_, dilated=True)
    batch, outputs = int(rng.integers(1, 4)), channels * multiplier
    return HybridCase(
        "DEPTHWISE_CONV_2D",
        draw_rows(rng, (batch, *size, channels)),
        draw_weights(rng, (1, *filter_, outputs)),
        draw_floats(rng, (outputs,)),
        draw_scale(rng, outputs, 3, True),
        (batch, *out, outputs),
        options.DepthwiseConv2DOptions(depth_multiplier=multiplier, **given),
    )


@generator("BATCH_MATMUL", plain=True)
def batch_matmul(rng: Generator, index: int) -> HybridCase:
    sides, adjoint = draw_sides(rng)
    if rng.random() < 0.6:  # what no runtime misreads
        sides = [shape[-3:] for shape in sides]
    return HybridCase(
        "BATCH_MATMUL",
        draw_rows(rng, sides[0]),
        draw_weights(rng, sides[1]),
        None,
        quantization(log_uniform(rng, 1e-3, 0.1)),
        output_shape(sides[0], sides[1], adjoint),
        options.BatchMatMulOptions(
            adj_x=adjoint[0],
            adj_y=adjoint[1],
            asymmetric_quantize_inputs=bool(rng.integers(2)),
        ),
    )


@generator("TRANSPOSE_CONV", plain=True)
def transpose_conv(rng: Generator, index: int) -> HybridCase:
    channels, outputs = int(rng.choice([1, 2, 3, 8, 17])), int(rng.choice([2, 3, 8, 17]))
    filter_ = draw_filter_size(rng)
    stride = (int(rng.integers(1, 4)), int(rng.integers(1, 4)))
    is_valid = bool(rng.integers(2))
    x = draw_rows(rng, (int(rng.integers(1, 3)), *rng.integers(1, 8, 2).tolist(), channels))
    extra = filter_ if is_valid else (1, 1)
    least = [(x.shape[1 + i] - 1) * stride[i] + extra[i] for i in (0, 1)]
    size = [n + int(rng.integers(s)) for n, s in zip(least, stride, strict=True)]
    return HybridCase(
        "TRANSPOSE_CONV",
        x,
        draw_weights(rng, (outputs, *filter_, channels)),
        draw_floats(rng, (outputs,)) if rng.random() < 0.7 else None,
        draw_scale(rng, outputs, 0, index % 2 == 1),
        (x.shape[0], size[0], size[1], outputs),
        options.TransposeConvOptions(
            padding=PADDINGS["VALID" if is_valid else "SAME"],
            stride_h=stride[0],
            stride_w=stride[1],
            fused_activation_function=draw_activation(rng),
        ),
    )

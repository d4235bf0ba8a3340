"""Random cases of operators on numbers that are not quantized: float32, int32, int64, bool."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from intlite import Model
from intlite.graph.types import NUMPY_TYPES
from intlite.ops.plain import TOLERANCE
from intlite.schema import options
from intlite.schema.enums import ACTIVATIONS

from ..models import NO_TENSOR, Network
from .base import (
    EMPTY_IN_TFLM,
    Arrays,
    Case,
    draw_shape,
    draw_size,
    generator,
    halves,
    log_uniform,
)
from .binary import COMPARISONS, FUSED, MAX_ELEMENTS, draw_shapes

# Of these float32 results have the bits of the real runtimes.
EXACT: Final = frozenset(
    (
        *("ADD", "SUB", "MUL", "DIV", "MINIMUM", "MAXIMUM", "SQUARED_DIFFERENCE", "PRELU", "POW"),
        *("ATAN2", "ABS", "NEG", "SIGN", "SQUARE", "SQRT", "RSQRT", "EXP", "LOG", "SIN", "COS"),
        *("TANH", "LOGISTIC", "ELU", "GELU", "HARD_SWISH", "LEAKY_RELU", "RELU", "RELU6"),
        *("RELU_N1_TO_1", "RELU_0_TO_1", "SOFTMAX", "LOG_SOFTMAX", "L2_NORMALIZATION", "MEAN"),
        *("AVERAGE_POOL_2D", "MAX_POOL_2D", "L2_POOL_2D", "DEQUANTIZE", *COMPARISONS),
    )
)
# But for what Eigen computes, LiteRT's library of vector code.
INEXACT: Final = {
    "litert": frozenset(("SOFTMAX", "LOG_SOFTMAX")),  # SOFTMAX by a factor
    "litert-builtin": frozenset(("SOFTMAX", "LOG_SOFTMAX", "MEAN")),
}
INFINITE, NAN = (np.inf, -np.inf, 0.0, -0.0), (np.nan, 0.0, -0.0)
# What operators do not all do alike to infinities and to NaN: see docs/numerics.md.
SPECIAL = dict.fromkeys(("MINIMUM", "MAXIMUM"), INFINITE)
TYPE_NAMES = {dtype: name for name, dtype in NUMPY_TYPES.items()}
# What a runtime says that has no kernel for the operator, or for the type.
NO_KERNEL = "Didn't find op|not (currently )?supported|[Uu]nsupported|was not true|only float32"


@dataclass(frozen=True, eq=False)
class PlainCase(Case):
    """Any operator: ``arrays`` are its inputs, ``None`` where absent.

    Attributes:
        op: The operator.
        arrays: Its inputs.
        shape: The output's.
        option: The options.
        constant: Which inputs are constants of the model.
        output: The output's numpy type; "": the first input's.
        magnitude: The least that the terms of each output come to; None: they come to
            what the operator makes of the magnitudes of its inputs.
    """

    tolerance: ClassVar[float] = TOLERANCE
    delegate_matters: ClassVar[bool] = False

    op: str
    arrays: tuple[NDArray[Any] | None, ...]
    shape: tuple[int, ...]
    option: Any = None
    constant: tuple[int, ...] = ()
    output: str = ""
    magnitude: float | None = 0.0

    def is_same_bits(self, flavour: str, delegated: bool) -> bool:
        return self.op in EXACT - INEXACT.get(flavour, frozenset())

    @property
    def first(self) -> NDArray[Any]:
        assert self.arrays[0] is not None
        return self.arrays[0]

    @property
    def kind(self) -> str:
        given = [v.dtype for v in self.arrays if v is not None]
        return str(next((dtype for dtype in given if dtype.kind == "f"), given[0]))

    def build(self) -> tuple[bytes, Arrays]:
        net, tensors, inputs = Network(), [], []
        for i, value in enumerate(self.arrays):
            if value is None:
                tensors.append(NO_TENSOR)
            elif i in self.constant:
                tensors.append(net.constant(value, TYPE_NAMES[value.dtype]))
            else:
                tensors.append(net.input(value.shape, TYPE_NAMES[value.dtype]))
                inputs.append(value)
        out = net.output(self.shape, TYPE_NAMES[np.dtype(self.output or self.first.dtype)])
        net.operator(self.op, tensors, [out], self.option)
        return net.bytes(), tuple(inputs)

    def terms(self, expected: Sequence[NDArray[Any]]) -> Sequence[NDArray[Any]]:
        if self.magnitude is not None:
            return [np.maximum(np.abs(y), self.magnitude) for y in expected]
        option = self.option
        if hasattr(option, "fused_activation_function"):
            option = option.replace(fused_activation_function=0)
        arrays = tuple(
            np.abs(v) if v is not None and v.dtype == np.float32 else v for v in self.arrays
        )
        model, inputs = replace(self, arrays=arrays, option=option).build()
        return [Model(model)(*inputs)]

    def refusal(self, flavour: str) -> str | None:
        reasons = []
        if flavour == "tflm" and 0 in (self.first.size, math.prod(self.shape)):
            reasons.append(EMPTY_IN_TFLM)
        if self.op in ABSENT.get(flavour, {}).get(self.kind, ()):
            reasons.append(NO_KERNEL)
        return "|".join(reasons) or None

    def smaller(self) -> Iterator[PlainCase]:
        if getattr(self.option, "fused_activation_function", 0):
            yield replace(self, option=self.option.replace(fused_activation_function=0))
        arrays = [v for v in self.arrays if v is not None]
        if self.op in ELEMENTWISE and all(v.ndim == 1 and v.shape == self.shape for v in arrays):
            for part in halves(arrays[0].size):
                cut = tuple(v[part] for v in arrays)
                yield replace(self, arrays=cut, shape=cut[0].shape)
        elif self.op in ELEMENTWISE:
            flat = tuple(v.ravel() for v in np.broadcast_arrays(*arrays))
            yield replace(self, arrays=flat, shape=flat[0].shape)


class ProductCase(PlainCase):
    """Sums of float32 products: exact where the order of their terms is the runtime's."""

    delegate_matters: ClassVar[bool] = True

    def is_same_bits(self, flavour: str, delegated: bool) -> bool:
        # LiteRT's own kernels leave other products to Eigen.
        ordered = self.op == "DEPTHWISE_CONV_2D"
        return delegated or ordered or flavour in ("litert-reference", "tflm")


ALL = ("float32", "int32", "int64")
# The kernels that a runtime lacks.
ABSENT: dict[str, dict[str, tuple[str, ...]]] = {
    "litert-reference": {"float32": ("ELU",)},
    "tflm": {
        "float32": ("RELU_N1_TO_1", "RELU_0_TO_1", "GELU", "POW", "SIGN", "ATAN2"),
        "float16": ("DEQUANTIZE",),
        "int32": ("ABS", "MEAN", "NEG", "POW", "SIGN"),
        "int64": ("ADD", "SUB", "MUL", "MEAN", "NEG"),
        "hybrid int4": ("FULLY_CONNECTED",),
        "hybrid int4 per channel": ("FULLY_CONNECTED",),
        "int4 per channel": ("FULLY_CONNECTED",),
        "hybrid": ("FULLY_CONNECTED", "CONV_2D", "BATCH_MATMUL", "TRANSPOSE_CONV"),
        "hybrid per channel": (
            "FULLY_CONNECTED",
            "CONV_2D",
            "DEPTHWISE_CONV_2D",
            "TRANSPOSE_CONV",
        ),
    },
}


def draw_floats(rng: Generator, shape: tuple[int, ...], spread: float = 3) -> NDArray[np.float32]:
    """Of one magnitude, now and then of very different ones, or only a few integers."""
    x = rng.normal(0, spread, shape)
    pick = rng.random()
    if pick < 0.15:
        x = np.rint(x)
    elif pick < 0.3:
        x = x * np.exp(rng.uniform(-10, 3, shape))
    return np.asarray(x, np.float32)


def draw_numbers(
    rng: Generator,
    shape: tuple[int, ...],
    dtype: str,
    special: tuple[float, ...] = (*INFINITE, *NAN),
) -> NDArray[Any]:
    """Floats, seldom with infinities and NaN; integers near 0, or any, so that sums wrap."""
    if dtype == "float32":
        x = draw_floats(rng, shape)
        if rng.random() < 0.1:
            x = np.where(rng.random(shape) < 0.1, rng.choice(special, shape), x)
        return np.asarray(x, np.float32)
    if dtype == "bool":
        return np.asarray(rng.integers(0, 2, shape), np.bool_)
    if rng.random() < 0.6:
        return rng.integers(-9, 10, shape, dtype)
    limits = np.iinfo(dtype)
    return rng.integers(limits.min, limits.max, shape, dtype, endpoint=True)


# ------------------------------------------------------------------- elementwise

Maker = Callable[..., Any]
FUSING: dict[str, Maker] = {
    "ADD": options.AddOptions,
    "SUB": options.SubOptions,
    "MUL": options.MulOptions,
    "DIV": options.DivOptions,
}
# Each operator of two inputs, and the types that are drawn.
BINARY: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("ADD", "SUB", "MUL", "MINIMUM", "MAXIMUM", *COMPARISONS), ALL),
    **dict.fromkeys(("DIV", "POW", "SQUARED_DIFFERENCE"), ALL[:2]),
    **dict.fromkeys(("EQUAL", "NOT_EQUAL"), (*ALL, "bool")),
    "PRELU": ("float32",),
    "ATAN2": ("float32",),
}
# Each operator of one input, and the magnitude below which its terms never are.
UNARY: dict[str, float] = {
    **dict.fromkeys(("RELU", "RELU6", "RELU_N1_TO_1", "RELU_0_TO_1", "LEAKY_RELU"), 0.0),
    **dict.fromkeys(("ABS", "EXP", "SQRT", "SQUARE", "RSQRT", "NEG", "SIGN"), 0.0),
    **dict.fromkeys(("LOGISTIC", "TANH", "ELU", "SIN", "COS", "LOG"), 1.0),
    **dict.fromkeys(("HARD_SWISH", "GELU"), 10.0),
}
# The types that are drawn, where they are not float32 alone.
SEVERAL = {"ABS": ALL[:2], "SIGN": ALL[:2], "NEG": ALL}
ELEMENTWISE = (*BINARY, *UNARY)


def _binary(op: str) -> Callable[[Generator, int], PlainCase]:
    def draw(rng: Generator, index: int) -> PlainCase:
        dtype = BINARY[op][index % len(BINARY[op])]
        left, right = draw_shapes(rng, 4)
        shape = np.broadcast_shapes(left, right)
        if op == "PRELU":
            left = shape
        elif op == "ATAN2":
            left = right = shape
        special = SPECIAL.get(op, (*INFINITE, *NAN))
        x, y = (draw_numbers(rng, s, dtype, special) for s in (left, right))
        if op == "DIV":
            y[y == 0] = 1
        if op == "POW":
            x, y = (np.abs(x), y) if dtype == "float32" else (x, np.abs(y % 7))
        if op in COMPARISONS and y.ndim and x.shape == y.shape:
            equal = rng.random(x.shape) < 0.3
            y[equal] = x[equal]
        option, fused = None, FUSING.get(op)
        if fused is not None and dtype == "float32":
            activation = ACTIVATIONS.index(str(rng.choice(FUSED, p=[0.55, 0.15, 0.15, 0.15])))
            option = fused(fused_activation_function=activation)
        constant = int(rng.integers(0, 2)) if x.size and y.size and rng.random() < 0.3 else None
        return PlainCase(
            op,
            (x, y),
            shape,
            option,
            () if constant is None else (constant,),
            "bool" if op in COMPARISONS else "",
        )

    return draw


def _unary(op: str) -> Callable[[Generator, int], PlainCase]:
    def draw(rng: Generator, index: int) -> PlainCase:
        types = SEVERAL.get(op, ALL[:1])
        dtype = types[index % len(types)]
        special = SPECIAL.get(op, (*INFINITE, *NAN))
        x = draw_numbers(rng, draw_shape(rng, MAX_ELEMENTS, 4), dtype, special)
        if dtype != "float32":
            x = np.maximum(x, -np.iinfo(dtype).max)
        option: Any = None
        if op in ("SQRT", "RSQRT", "LOG"):
            x = np.asarray(np.abs(x))
        elif op == "LEAKY_RELU":
            option = options.LeakyReluOptions(alpha=float(rng.uniform(-0.5, 1.5)))
        elif op == "GELU":
            option = options.GeluOptions(approximate=bool(rng.integers(2)))
        return PlainCase(op, (x,), x.shape, option, magnitude=UNARY[op])

    return draw


for _op in BINARY:
    generator(_op, plain=True)(_binary(_op))
for _op in UNARY:
    generator(_op, plain=True)(_unary(_op))


@generator("DEQUANTIZE", plain=True)
def dequantize(rng: Generator, index: int) -> PlainCase:
    x = draw_floats(rng, draw_shape(rng, MAX_ELEMENTS, 4)).astype(np.float16)
    return PlainCase("DEQUANTIZE", (x,), x.shape, output="float32")


# ------------------------------------------------------------------- the others


@generator("SOFTMAX", plain=True)
def softmax(rng: Generator, index: int) -> PlainCase:
    rank = int(rng.integers(1, 5))
    shape = (*(int(n) for n in rng.integers(1, 5, rank - 1)), draw_size(rng, 300))
    beta = 1.0 if rng.random() < 0.7 else log_uniform(rng, 0.1, 4)
    option = options.SoftmaxOptions(beta=beta)
    return PlainCase("SOFTMAX", (draw_floats(rng, shape),), shape, option, magnitude=1.0)


def _rows(op: str, magnitude: float) -> Callable[[Generator, int], PlainCase]:
    def draw(rng: Generator, index: int) -> PlainCase:
        rank = int(rng.integers(1, 5))
        shape = (*(int(n) for n in rng.integers(1, 5, rank - 1)), draw_size(rng, 300))
        return PlainCase(op, (draw_floats(rng, shape),), shape, magnitude=magnitude)

    return draw


generator("LOG_SOFTMAX", plain=True)(_rows("LOG_SOFTMAX", 1.0))
generator("L2_NORMALIZATION", plain=True)(_rows("L2_NORMALIZATION", 0.0))


@generator("MEAN", plain=True)
def mean(rng: Generator, index: int) -> PlainCase:
    dtype = ALL[index % 3]
    shape = tuple(int(n) for n in rng.integers(1, 12, int(rng.integers(1, 5))))
    shape = (*shape[:-1], draw_size(rng, 70))
    axes = np.flatnonzero(rng.random(len(shape)) < 0.5)
    axes = axes if axes.size else np.array([len(shape) - 1])
    keep = bool(rng.random() < 0.5)
    out = np.zeros(shape, np.int8).sum(tuple(axes), keepdims=keep).shape
    signed = np.where(rng.random(axes.size) < 0.3, axes - len(shape), axes).astype(np.int32)
    x = draw_numbers(rng, shape, dtype, NAN)
    option = options.ReducerOptions(keep_dims=keep)
    return PlainCase("MEAN", (x, signed), out, option, (1,), magnitude=None)


@generator("FULLY_CONNECTED", plain=True)
def fully_connected(rng: Generator, index: int) -> PlainCase:
    rows, units, depth = draw_size(rng, 60), draw_size(rng, 60), draw_size(rng, 300)
    keep = bool(rng.random() < 0.4)
    x = draw_floats(rng, (rows, depth))
    if keep:
        x = x[:, None]
    bias = draw_floats(rng, (units,)) if rng.random() < 0.7 else None
    return ProductCase(
        "FULLY_CONNECTED",
        (x, draw_floats(rng, (units, depth), 1), bias),
        (rows, 1, units) if keep else (rows, units),
        options.FullyConnectedOptions(
            fused_activation_function=draw_activation(rng), keep_num_dims=keep
        ),
        (1, 2) if rng.random() < 0.9 else (),
        magnitude=None,
    )


def draw_activation(rng: Generator) -> int:
    return ACTIVATIONS.index(str(rng.choice(FUSED, p=[0.4, 0.2, 0.2, 0.2])))


def draw_window(
    rng: Generator, filter_: tuple[int, int], dilated: bool
) -> tuple[dict[str, Any], tuple[int, int], tuple[int, int]]:
    """Options of the window, height and width of the input, and of the output."""
    stride, dilation = rng.integers(1, 4, 2).tolist(), [1, 1]
    if dilated and rng.random() < 0.25:
        stride, dilation = [1, 1], rng.integers(1, 4, 2).tolist()
    padding = int(rng.integers(2))
    sizes, outputs = [], []
    for f, s, d in zip(filter_, stride, dilation, strict=True):
        extent = (f - 1) * d + 1
        size = int(rng.integers(extent, extent + 9)) if padding else int(rng.integers(1, 10))
        sizes.append(size)
        outputs.append(-(-(size - extent + 1 if padding else size) // s))
    given = {"padding": padding, "stride_h": stride[0], "stride_w": stride[1]}
    given["fused_activation_function"] = draw_activation(rng)
    if dilated:
        given |= {"dilation_h_factor": dilation[0], "dilation_w_factor": dilation[1]}
    return given, (sizes[0], sizes[1]), (outputs[0], outputs[1])


def draw_filter_size(rng: Generator) -> tuple[int, int]:
    return int(rng.choice([1, 2, 3, 5])), int(rng.choice([1, 2, 3, 5]))


@generator("CONV_2D", plain=True)
def conv_2d(rng: Generator, index: int) -> PlainCase:
    groups = 2 if rng.random() < 0.2 else 1
    channels = int(rng.choice([1, 2, 3, 4, 7, 16]))
    outputs = int(rng.choice([1, 2, 3, 5, 8, 16, 17])) * groups
    filter_ = draw_filter_size(rng)
    given, size, out = draw_window(rng, filter_, dilated=True)
    batch = int(rng.integers(1, 3))
    arrays = (
        draw_floats(rng, (batch, *size, channels * groups)),
        draw_floats(rng, (outputs, *filter_, channels), 1),
        draw_floats(rng, (outputs,)),
    )
    option = options.Conv2DOptions(**given)
    return ProductCase("CONV_2D", arrays, (batch, *out, outputs), option, (1, 2), magnitude=None)


@generator("DEPTHWISE_CONV_2D", plain=True)
def depthwise_conv_2d(rng: Generator, index: int) -> PlainCase:
    channels, multiplier = int(rng.choice([1, 2, 3, 8, 9, 16])), int(rng.choice([1, 1, 2, 3]))
    filter_ = draw_filter_size(rng)
    given, size, out = draw_window(rng, filter_, dilated=True)
    batch, outputs = int(rng.integers(1, 3)), channels * multiplier
    arrays = (
        draw_floats(rng, (batch, *size, channels)),
        draw_floats(rng, (1, *filter_, outputs), 1),
        draw_floats(rng, (outputs,)),
    )
    option = options.DepthwiseConv2DOptions(depth_multiplier=multiplier, **given)
    shape = (batch, *out, outputs)
    return ProductCase("DEPTHWISE_CONV_2D", arrays, shape, option, (1, 2), magnitude=None)


def _pool(op: str, magnitude: float | None) -> Callable[[Generator, int], PlainCase]:
    def draw(rng: Generator, index: int) -> PlainCase:
        filter_ = draw_filter_size(rng)
        given, size, out = draw_window(rng, filter_, dilated=False)
        batch, channels = int(rng.integers(1, 3)), draw_size(rng, 40)
        x = draw_floats(rng, (batch, *size, channels))
        option = options.Pool2DOptions(filter_height=filter_[0], filter_width=filter_[1], **given)
        return PlainCase(op, (x,), (batch, *out, channels), option, magnitude=magnitude)

    return draw


generator("AVERAGE_POOL_2D", plain=True)(_pool("AVERAGE_POOL_2D", None))
generator("L2_POOL_2D", plain=True)(_pool("L2_POOL_2D", 0.0))
generator("MAX_POOL_2D", plain=True)(_pool("MAX_POOL_2D", 0.0))

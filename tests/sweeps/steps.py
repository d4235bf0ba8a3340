"""Steps that a random model goes on with: each an operator or two that keep a tensor's shape.

They are what planning joins with what is beside them: functions of a byte, rows, borders,
sign flips, copies; and what it must leave apart.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from intlite.graph.types import NUMPY_TYPES
from intlite.quantization import Quantization, per_tensor
from intlite.schema import options
from intlite.schema.enums import TENSOR_TYPES

from ..models import Network
from .base import draw_zero_point, quantization

SAME, VALID = 0, 1
MOST_CHANNELS: Final = 64
# Of what fused activations and effective scales are within the runtimes' limits for.
LEAST_SCALE, MOST_SCALE = 1e-6, 1e4
EIGHT_BIT: Final = ("INT8", "UINT8")
QUANTIZED: Final = (*EIGHT_BIT, "INT16")
# How many times as large an output's scale is as the input's: ties, and anything; on average
# a little less, so that the values don't die out.
FACTORS: Final = (0.25, 0.5, 1.0, 1.0, 4.0, 0.73, 0.9)


class Drawn(Network):
    """A network whose numbers are drawn."""

    rng: Generator

    def shape(self, tensor: int) -> tuple[int, ...]:
        shape = self._tensors[tensor].shape
        return () if shape is None else tuple(shape.tolist())

    def type_name(self, tensor: int) -> str:
        return TENSOR_TYPES[self._tensors[tensor].type]

    def quantization(self, tensor: int) -> Quantization | None:
        q = self._tensors[tensor].quantization
        if q is None or q.scale is None or q.zero_point is None or len(q.scale) != 1:
            return None
        return per_tensor(float(q.scale[0]), int(q.zero_point[0]))

    def fitting(self, tensor: int) -> list[str]:
        """The steps that a tensor may go through."""
        q = self.quantization(tensor)
        is_odd = self.type_name(tensor) == "INT16" and q is not None and q.zero_point.any()
        if q is None or is_odd or 0 in self.shape(tensor):
            return []
        if not LEAST_SCALE <= q.scale[0] <= MOST_SCALE:
            return []
        return [name for name, step in STEPS.items() if self.type_name(tensor) in step.types]

    def scale(self, tensor: int) -> float:
        q = self.quantization(tensor)
        assert q is not None
        return float(q.scale[0])

    def like(
        self, tensor: int, q: Quantization | None = None, shape: tuple[int, ...] | None = None
    ) -> int:
        """A tensor of its type, and of its quantization and shape if no others are given."""
        shape = self.shape(tensor) if shape is None else shape
        return self.tensor(shape, self.type_name(tensor), q or self.quantization(tensor))

    def rescaled(self, tensor: int, factor: float = 1.0) -> Quantization:
        """A quantization near the tensor's."""
        type_name = self.type_name(tensor)
        zero_point = 0
        if type_name != "INT16":
            zero_point = int(self.rng.integers(-50, 50)) + 128 * (type_name == "UINT8")
            if self.rng.random() < 0.1:  # one of its ends, where half of the values are lost
                zero_point = draw_zero_point(self.rng, type_name.lower())
        return per_tensor(self.scale(tensor) * factor * self.rng.choice(FACTORS), zero_point)

    def fixed(self, tensor: int, scale: float, zero_point: int) -> Quantization:
        """A quantization that runtimes ask for, its zero point that of int8."""
        return per_tensor(scale, zero_point + (128 if self.type_name(tensor) == "UINT8" else 0))

    def filter(self, x: int, shape: tuple[int, ...], fan_in: int) -> int:
        """Weights that keep the values' magnitude."""
        is_unsigned = self.type_name(x) == "UINT8"
        scale = float(np.float32(1 / (70 * np.sqrt(fan_in))))
        values = self.rng.integers(-127, 128, shape) + 128 * is_unsigned
        q = per_tensor(scale, 128 * is_unsigned)
        return self.constant(values, "UINT8" if is_unsigned else "INT8", q)

    def bias(self, x: int, weights: int, count: int) -> int:
        q = quantization(np.float32(self.scale(x)) * np.float32(self.scale(weights)))
        type_name = "INT64" if self.type_name(x) == "INT16" else "INT32"
        return self.constant(self.rng.integers(-2000, 2000, count), type_name, q)

    def values(self, tensor: int) -> NDArray[Any]:
        """Values for an input."""
        dtype, shape = NUMPY_TYPES[self.type_name(tensor)], self.shape(tensor)
        info = np.iinfo(dtype)
        return self.rng.integers(info.min, info.max, shape, dtype, endpoint=True)


# From a network and one of its quantized tensors to what is computed of it.
Function = Callable[[Drawn, int], int]


class Step(NamedTuple):
    """A function, with the types that it takes, and whether of images alone."""

    function: Function
    types: tuple[str, ...] = EIGHT_BIT
    of_images: bool = False


def _reshaped(net: Drawn, x: int, shape: tuple[int, ...]) -> int:
    y = net.like(x, shape=shape)
    size = net.constant(np.array(shape, np.int32), "INT32")
    new_shape = np.array(shape, np.int32)
    net.operator("RESHAPE", [x, size], [y], options.ReshapeOptions(new_shape=new_shape))
    return y


def apply(net: Drawn, name: str, x: int) -> int:
    """What a step makes of a tensor of any rank that is not empty."""
    step, shape = STEPS[name], net.shape(x)
    if not step.of_images or (len(shape) == 4 and shape[3] <= MOST_CHANNELS):
        return step.function(net, x)
    # As an image whose channels are the last dimension, if they aren't too many.
    size, depth = int(np.prod(shape)), shape[-1] if shape else 1
    depth = max(d for d in range(1, min(depth, MOST_CHANNELS) + 1) if depth % d == 0)
    pixels = size // depth
    height = max(d for d in range(1, int(pixels**0.5) + 1) if pixels % d == 0)
    image = _reshaped(net, x, (1, height, pixels // height, depth))
    return _reshaped(net, step.function(net, image), shape)


def _unary(name: str, *fixed: float, option: Any = None) -> Function:
    def function(net: Drawn, x: int) -> int:
        q = net.fixed(x, fixed[0], int(fixed[1])) if fixed else net.rescaled(x)
        y = net.like(x, q)
        net.operator(name, [x], [y], option)
        return y

    return function


def _convolution(net: Drawn, x: int, size: int, padding: int, depthwise: bool = False) -> int:
    n, h, w, c = net.shape(x)
    less = (size - 1) * (padding == VALID)
    shape = (1, size, size, c) if depthwise else (c, size, size, c)
    weights = net.filter(x, shape, size * size * (1 if depthwise else c))
    y = net.like(x, net.rescaled(x), (n, h - less, w - less, c))
    inputs = [x, weights, net.bias(x, weights, c)]
    both = {"padding": padding, "stride_h": 1, "stride_w": 1}
    both["fused_activation_function"] = int(net.rng.choice([0, 0, 1, 3]))
    if depthwise:
        option = options.DepthwiseConv2DOptions(depth_multiplier=1, **both)
        net.operator("DEPTHWISE_CONV_2D", inputs, [y], option)
    else:
        net.operator("CONV_2D", inputs, [y], options.Conv2DOptions(**both))
    return y


def _pointwise(net: Drawn, x: int) -> int:
    return _convolution(net, x, 1, SAME)


def _dense(net: Drawn, x: int) -> int:
    return _convolution(net, x, 3, SAME)


def _depthwise(net: Drawn, x: int) -> int:
    return _convolution(net, x, 3, SAME, depthwise=True)


def _bordered(net: Drawn, x: int, depthwise: bool) -> int:
    n, h, w, c = net.shape(x)
    wide = net.like(x, shape=(n, h + 2, w + 2, c))
    paddings = net.constant(np.array([[0, 0], [1, 1], [1, 1], [0, 0]], np.int32), "INT32")
    net.operator("PAD", [x, paddings], [wide])
    return _convolution(net, wide, 3, VALID, depthwise)


def _bordered_dense(net: Drawn, x: int) -> int:
    return _bordered(net, x, depthwise=False)


def _bordered_depthwise(net: Drawn, x: int) -> int:
    return _bordered(net, x, depthwise=True)


def _transposed(net: Drawn, x: int) -> int:
    n, h, w, c = net.shape(x)
    stride, size = (int(net.rng.integers(1, 3)), 3) if net.rng.random() < 0.8 else (2, 1)
    weights = net.filter(x, (c, size, size, c), size * size * c)
    shape = (n, h * stride, w * stride, c)
    sizes = net.constant(np.array(shape, np.int32), "INT32")
    inputs = [sizes, weights, x]
    if net.type_name(x) == "INT16" or net.rng.random() < 0.6:
        inputs.append(net.bias(x, weights, c))
    y = net.like(x, net.rescaled(x), shape)
    option = options.TransposeConvOptions(padding=SAME, stride_h=stride, stride_w=stride)
    net.operator("TRANSPOSE_CONV", inputs, [y], option, version=3)
    return y if stride == 1 else _pool("MAX_POOL_2D", 2)(net, y)


def _pool(name: str, stride: int = 1) -> Function:
    def function(net: Drawn, x: int) -> int:
        n, h, w, c = net.shape(x)
        y = net.like(x, shape=(n, -(-h // stride), -(-w // stride), c))
        option = options.Pool2DOptions(
            padding=SAME, stride_h=stride, stride_w=stride, filter_height=3, filter_width=2
        )
        net.operator(name, [x], [y], option)
        return y

    return function


COMBINING: Final[dict[str, Any]] = {
    "ADD": options.AddOptions(pot_scale_int16=False),
    "SUB": options.SubOptions(pot_scale_int16=False),
    "MUL": options.MulOptions(),
}


def _combined(net: Drawn, name: str, x: int, other: int) -> int:
    y = net.like(x, net.rescaled(x, 1.0 if name == "MUL" else 1.5))
    pair = [x, other] if net.rng.random() < 0.5 else [other, x]
    net.operator(name, pair, [y], COMBINING[name])
    return y


def _sum_of_inputs(net: Drawn, x: int) -> int:
    other = net.input(net.shape(x), net.type_name(x), net.rescaled(x))
    return _combined(net, "ADD", x, other)


def _doubled(net: Drawn, x: int) -> int:
    return _combined(net, "ADD", x, x)


def _residual(net: Drawn, x: int) -> int:
    return _combined(net, "ADD", x, _pointwise(net, _depthwise(net, x)))


def _swish(net: Drawn, x: int) -> int:
    gate = _unary("LOGISTIC", 1 / 256, -128)(net, x)
    return _combined(net, "MUL", x, gate)


def _difference(net: Drawn, x: int) -> int:
    constant = net.constant(net.values(x), net.type_name(x), net.rescaled(x))
    return _combined(net, "SUB", x, constant)


def _flipped(net: Drawn, x: int) -> int:
    """To the other sign: the same bytes but for a bit."""
    other = "INT8" if net.type_name(x) == "UINT8" else "UINT8"
    q = net.quantization(x)
    assert q is not None
    zero_point = int(q.zero_point[0]) + (128 if other == "UINT8" else -128)
    y = net.tensor(net.shape(x), other, per_tensor(net.scale(x), zero_point))
    net.operator("QUANTIZE", [x], [y])
    return y


def _flipped_between(net: Drawn, x: int) -> int:
    return _flipped(net, _pointwise(net, _flipped(net, x)))


def _island(net: Drawn, x: int) -> int:
    """Real numbers for a moment."""
    real, negative = (net.tensor(net.shape(x), "FLOAT32") for _ in range(2))
    y = net.like(x, net.rescaled(x))
    net.operator("DEQUANTIZE", [x], [real])
    net.operator("NEG", [real], [negative])
    net.operator("QUANTIZE", [negative], [y])
    return y


def _joined(net: Drawn, x: int) -> int:
    """Beside something else, and back to as many channels."""
    n, h, w, c = net.shape(x)
    other = _unary("RELU")(net, x) if net.rng.random() < 0.5 else x
    if other != x:
        again = net.like(x)
        net.operator("QUANTIZE", [other], [again])
        other = again
    both = net.like(x, shape=(n, h, w, 2 * c))
    net.operator("CONCATENATION", [x, other], [both], options.ConcatenationOptions(axis=3))
    weights = net.filter(x, (c, 1, 1, 2 * c), 2 * c)
    y = net.like(x, net.rescaled(x))
    option = options.Conv2DOptions(padding=SAME, stride_h=1, stride_w=1)
    net.operator("CONV_2D", [both, weights, net.bias(x, weights, c)], [y], option)
    return y


def _flat(net: Drawn, x: int) -> int:
    """Bytes under other shapes."""
    flat = _reshaped(net, x, (int(np.prod(net.shape(x))),))
    return _reshaped(net, _unary("RELU")(net, flat), net.shape(x))


def _units(net: Drawn, x: int) -> int:
    shape = net.shape(x)
    rows = _reshaped(net, x, (int(np.prod(shape[:3])), shape[3]))
    weights = net.filter(x, (shape[3], shape[3]), shape[3])
    y = net.like(rows, net.rescaled(x))
    inputs = [rows, weights, net.bias(x, weights, shape[3])]
    net.operator("FULLY_CONNECTED", inputs, [y], options.FullyConnectedOptions())
    return _reshaped(net, y, shape)


STEPS: Final[dict[str, Step]] = {
    "logistic": Step(_unary("LOGISTIC", 1 / 256, -128)),
    "tanh": Step(_unary("TANH", 1 / 128, 0)),
    "relu": Step(_unary("RELU"), QUANTIZED),
    "leaky": Step(_unary("LEAKY_RELU", option=options.LeakyReluOptions(alpha=0.3)), QUANTIZED),
    "swish": Step(_swish),
    "rescale": Step(_unary("QUANTIZE"), QUANTIZED),
    "flip": Step(_flipped),
    "flips around": Step(_flipped_between, of_images=True),
    "island": Step(_island, QUANTIZED),
    "flat": Step(_flat),
    "pointwise": Step(_pointwise, QUANTIZED, of_images=True),
    "dense": Step(_dense, QUANTIZED, of_images=True),
    "depthwise": Step(_depthwise, QUANTIZED, of_images=True),
    "border, dense": Step(_bordered_dense, of_images=True),
    "border, depthwise": Step(_bordered_depthwise, of_images=True),
    "transposed": Step(_transposed, QUANTIZED, of_images=True),
    "units": Step(_units, QUANTIZED, of_images=True),
    "max": Step(_pool("MAX_POOL_2D"), QUANTIZED, of_images=True),
    "average": Step(_pool("AVERAGE_POOL_2D"), QUANTIZED, of_images=True),
    "sum": Step(_sum_of_inputs, QUANTIZED),
    "double": Step(_doubled, QUANTIZED),
    "difference": Step(_difference),
    "residual": Step(_residual, of_images=True),
    "join": Step(_joined, of_images=True),
}

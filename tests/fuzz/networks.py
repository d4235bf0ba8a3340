"""Small models of several operators, for what one alone does not reach: plans, aliases, arenas."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.random import Generator

from intlite.quantization import Quantization, per_tensor
from intlite.schema import options
from tests.models import NO_TENSOR, Network

Shape = Sequence[int]


def _q(rng: Generator) -> Quantization:
    return per_tensor(float(rng.uniform(0.01, 0.2)), int(rng.integers(-20, 20)))


def _weights(net: Network, rng: Generator, shape: Shape) -> int:
    values = rng.integers(-127, 128, shape).astype(np.int8)
    return net.constant(values, "INT8", per_tensor(0.02, 0))


def _bias(net: Network, rng: Generator, channels: int) -> int:
    values = rng.integers(-1000, 1000, channels).astype(np.int32)
    return net.constant(values, "INT32", per_tensor(0.001, 0))


def _conv(net: Network, rng: Generator, x: int, shape: Shape, channels: int) -> int:
    """Of the same height and width."""
    y = net.tensor((*shape[:3], channels), "INT8", _q(rng))
    inputs = [x, _weights(net, rng, (channels, 3, 3, shape[3])), _bias(net, rng, channels)]
    net.operator("CONV_2D", inputs, [y], options.Conv2DOptions(padding=0, stride_h=1, stride_w=1))
    return y


def residual(rng: Generator) -> bytes:
    """Two convolutions around a shortcut, a pool, a product, SOFTMAX; QUANTIZE at both ends."""
    net, shape = Network(), (1, 6, 6, int(rng.choice([2, 4])))
    real = net.input(shape, "FLOAT32")
    x = net.tensor(shape, "INT8", _q(rng))
    net.operator("QUANTIZE", [real], [x])
    a = _conv(net, rng, x, shape, shape[3])
    b = _conv(net, rng, a, shape, shape[3])
    q = _q(rng)
    c = net.tensor(shape, "INT8", q)
    net.operator("ADD", [b, x], [c], options.AddOptions(fused_activation_function=1))
    pooled = net.tensor((1, 3, 3, shape[3]), "INT8", q)
    pool = options.Pool2DOptions(padding=1, stride_w=2, stride_h=2, filter_width=2, filter_height=2)
    net.operator("MAX_POOL_2D", [c], [pooled], pool)
    flat = net.tensor((1, 9 * shape[3]), "INT8", q)
    new_shape = net.constant(np.array([1, 9 * shape[3]], np.int32), "INT32")
    net.operator("RESHAPE", [pooled, new_shape], [flat])
    y = net.tensor((1, 5), "INT8", _q(rng))
    product = [flat, _weights(net, rng, (5, 9 * shape[3])), _bias(net, rng, 5)]
    net.operator("FULLY_CONNECTED", product, [y], options.FullyConnectedOptions())
    z = net.tensor((1, 5), "INT8", per_tensor(1 / 256, -128))
    net.operator("SOFTMAX", [y], [z], options.SoftmaxOptions(beta=1.0))
    out = net.output((1, 5), "FLOAT32")
    net.operator("DEQUANTIZE", [z], [out])
    return net.bytes()


def branches(rng: Generator) -> bytes:
    """Split, changed each in its way, joined again; two inputs, a signature."""
    net, q = Network(), _q(rng)
    x = net.input((2, 3, 8), "INT8", q, shape_signature=(-1, 3, 8))
    beside = net.input((2, 3, 4), "INT8", q, shape_signature=(-1, 3, 4))
    axis = net.constant(np.array(2, np.int32), "INT32")
    parts = [net.tensor((2, 3, 4), "INT8", q) for _ in range(2)]
    net.operator("SPLIT", [axis, x], parts, options.SplitOptions(num_splits=2))
    turned = net.tensor((2, 4, 3), "INT8", q)
    order = net.constant(np.array([0, 2, 1], np.int32), "INT32")
    net.operator("TRANSPOSE", [parts[0], order], [turned])
    back = net.tensor((2, 3, 4), "INT8", q)
    net.operator("TRANSPOSE", [turned, order], [back])
    product = net.tensor((2, 3, 4), "INT8", _q(rng))
    net.operator("MUL", [parts[1], beside], [product], options.MulOptions())
    same = net.tensor((2, 3, 4), "INT8", q)
    net.operator("QUANTIZE", [product], [same])
    y = net.output((2, 3, 8), "INT8", q)
    net.operator("CONCATENATION", [back, same], [y], options.ConcatenationOptions(axis=-1))
    least = net.output((2, 3), "INT8", q)
    axes = net.constant(np.array([2], np.int32), "INT32")
    net.operator("REDUCE_MIN", [y, axes], [least], options.ReducerOptions())
    net.signature("serve", {"x": x, "beside": beside}, {"y": y, "least": least})
    return net.bytes()


def shapes(rng: Generator) -> bytes:
    """Shapes that are computed: SHAPE, a slice of it, PACK, RESHAPE, integers in numpy."""
    net, q = Network(), _q(rng)
    x = net.input((2, 4, 3), "INT8", q)
    shape = net.tensor((3,), "INT32")
    net.operator("SHAPE", [x], [shape], options.ShapeOptions(out_type=2))
    begin, end, one = (net.constant(np.array([v], np.int32), "INT32") for v in (0, 1, 1))
    first = net.tensor((), "INT32")
    table = options.StridedSliceOptions(shrink_axis_mask=1)
    net.operator("STRIDED_SLICE", [shape, begin, end, one], [first], table)
    rest = net.constant(np.array(12, np.int32), "INT32")
    packed = net.tensor((2,), "INT32")
    net.operator("PACK", [first, rest], [packed], options.PackOptions(values_count=2))
    y = net.output((2, 12), "INT8", q)
    net.operator("RESHAPE", [x, packed], [y])
    return net.bytes()


def sequence(rng: Generator) -> bytes:
    """Products of activations, a padded sum, a table: as in a transformer."""
    net, q = Network(), _q(rng)
    x = net.input((1, 4, 8), "INT8", q)
    scores = net.tensor((1, 4, 4), "INT8", _q(rng))
    net.operator("BATCH_MATMUL", [x, x], [scores], options.BatchMatMulOptions(adj_y=True))
    soft = net.tensor((1, 4, 4), "INT8", per_tensor(1 / 256, -128))
    net.operator("SOFTMAX", [scores], [soft], options.SoftmaxOptions(beta=0.5))
    mixed = net.tensor((1, 4, 8), "INT8", _q(rng))
    net.operator("BATCH_MATMUL", [soft, x], [mixed], options.BatchMatMulOptions())
    product = net.tensor((1, 4, 8), "INT8", q)
    table = options.FullyConnectedOptions(keep_num_dims=True)
    net.operator(
        "FULLY_CONNECTED", [mixed, _weights(net, rng, (8, 8)), NO_TENSOR], [product], table
    )
    bent = net.tensor((1, 4, 8), "INT8", per_tensor(1 / 128, 0))
    net.operator("TANH", [product], [bent])
    padded = net.tensor((1, 6, 8), "INT8", per_tensor(1 / 128, 0))
    widths = net.constant(np.array([[0, 0], [1, 1], [0, 0]], np.int32), "INT32")
    net.operator("PAD", [bent, widths], [padded])
    y = net.output((1, 8), "INT8", _q(rng))
    axes = net.constant(np.array([1], np.int32), "INT32")
    net.operator("MEAN", [padded, axes], [y], options.ReducerOptions())
    return net.bytes()


NETWORKS: Mapping[str, Callable[[Generator], bytes]] = {
    f"network {make.__name__}": make for make in (residual, branches, shapes, sequence)
}

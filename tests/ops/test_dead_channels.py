"""Weights of channels in which nothing is left, to which some converters give the scale 0."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from intlite import Model, UnsupportedOpError
from intlite.runtimes import RUNTIMES
from intlite.schema.options import (
    Conv2DOptions,
    DepthwiseConv2DOptions,
    FullyConnectedOptions,
    TransposeConvOptions,
)

from ..models import Network
from ..oracles import Job, run
from ..sweeps.base import Arrays, quantization

SCALES = np.array([0.01, 0, 0.02, 0.03], np.float32)
DEAD = 1
CHANNELS = len(SCALES)
SQUARE = {"padding": 1, "stride_w": 1, "stride_h": 1}
DENSE = {"dilation_w_factor": 1, "dilation_h_factor": 1}
# Shapes of the input, the weights and the output; the axis of the channels; the options.
OPERATORS: dict[str, tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], int, Any]] = {
    "CONV_2D": ((1, 5, 5, 3), (4, 3, 3, 3), (1, 3, 3, 4), 0, Conv2DOptions(**SQUARE, **DENSE)),
    "DEPTHWISE_CONV_2D": (
        (1, 5, 5, 4),
        (1, 3, 3, 4),
        (1, 3, 3, 4),
        3,
        DepthwiseConv2DOptions(**SQUARE, **DENSE, depth_multiplier=1),
    ),
    "FULLY_CONNECTED": ((3, 17), (4, 17), (3, 4), 0, FullyConnectedOptions()),
    "TRANSPOSE_CONV": ((1, 5, 5, 3), (4, 3, 3, 3), (1, 7, 7, 4), 0, TransposeConvOptions(**SQUARE)),
}


def layer(operator: str, type_name: str, cleared: bool) -> tuple[bytes, Arrays]:
    """A layer of which one channel's scale is 0, and with ``cleared`` its weights are too."""
    rng = np.random.default_rng(0)
    shape, filter_shape, output_shape, axis, options = OPERATORS[operator]
    wide = type_name == "INT16"
    zero_points = (0, 0) if wide else (3, -5)
    net = Network()
    x = net.input(shape, type_name, quantization(0.05, zero_points[0]))
    values = np.moveaxis(rng.integers(-127, 128, filter_shape), axis, 0).copy()
    if cleared:
        values[DEAD] = 0
    values = np.moveaxis(values, 0, axis)
    weights = net.constant(values, "INT8", quantization(SCALES, 0, axis))
    bias = net.constant(
        rng.integers(-3000, 3000, CHANNELS),
        "INT64" if wide else "INT32",
        quantization(np.float32(0.05) * SCALES),
    )
    y = net.output(output_shape, type_name, quantization(0.4, zero_points[1]))
    inputs = [x, weights, bias]
    if operator == "TRANSPOSE_CONV":
        inputs = [net.constant(np.array(output_shape), "INT32"), weights, x, bias]
    net.operator(operator, inputs, [y], options, version=3)
    dtype = np.int16 if wide else np.int8
    info = np.iinfo(dtype)
    return net.bytes(), (rng.integers(info.min, info.max, shape, dtype, endpoint=True),)


@pytest.mark.parametrize("numerics", RUNTIMES)
@pytest.mark.parametrize("cleared", [True, False])
@pytest.mark.parametrize("type_name", ["INT8", "INT16"])
@pytest.mark.parametrize("operator", OPERATORS)
def test_runs_as_the_runtime(operator: str, type_name: str, cleared: bool, numerics: str) -> None:
    data, inputs = layer(operator, type_name, cleared)
    [result] = run([Job(data, inputs, numerics)])
    assert result.outputs is not None, result
    model = Model(data, numerics=numerics)
    np.testing.assert_array_equal(model(*inputs), result.outputs[0])
    for backend in ("native", "reference"):
        found = model.trace(*inputs, backend=backend)[model.outputs[0].index].quantized
        np.testing.assert_array_equal(found, result.outputs[0])
    # Whatever the sums are, nothing is left of them; the other channels say that they are not.
    assert len(np.unique(result.outputs[0][..., DEAD])) == 1
    assert len(np.unique(result.outputs[0][..., DEAD + 1])) > 1
    assert not result.delegated


def test_xnnpack_leaves_it_to_other_kernels() -> None:
    data, _ = layer("CONV_2D", "INT8", True)
    graph = Model(data).graph
    assert not RUNTIMES["litert"].takes(graph.node(graph.operators[0]))


def test_a_scale_of_0_is_refused_where_it_must_be_one_scale() -> None:
    net = Network()
    x = net.input((1, 4), "INT8", quantization([0.5, 0, 0.5, 0.5], 0, 1))
    y = net.output((1, 4), "INT8", quantization(0.5))
    net.operator("RELU", [x], [y])
    with pytest.raises(UnsupportedOpError, match=r"RELU #0: .* is quantized per channel"):
        Model(net.bytes())

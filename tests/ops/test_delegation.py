"""What XNNPACK takes: else LiteRT's own kernels round the sums."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from intlite import Model
from intlite.quantization import Quantization, per_tensor
from intlite.schema import options

from ..models import Network
from ..oracles import Job, run

RNG = np.random.default_rng(0)
X, Y, WEIGHTS = per_tensor(0.05, 3), per_tensor(0.31, -5), per_tensor(0.02, 0)


def _each_channel(scale: float, zero_point: int, axis: int) -> Quantization:
    return Quantization(np.full(16, scale, np.float32), np.full(16, zero_point), axis)


def _weights(net: Network, shape: tuple[int, ...], q: Quantization = WEIGHTS) -> int:
    return net.constant(RNG.integers(-127, 128, shape).astype(np.int8), "INT8", q)


def _fully_connected(net: Network, bias: int) -> None:
    x, y = net.input((100, 32), "INT8", X), net.output((100, 16), "INT8", Y)
    table = options.FullyConnectedOptions()
    net.operator("FULLY_CONNECTED", [x, _weights(net, (16, 32)), bias], [y], table)


def _conv_2d(net: Network, bias: int) -> None:
    x, y = net.input((1, 9, 9, 8), "INT8", X), net.output((1, 9, 9, 16), "INT8", Y)
    table = options.Conv2DOptions(stride_w=1, stride_h=1)
    net.operator("CONV_2D", [x, _weights(net, (16, 3, 3, 8)), bias], [y], table)


def _depthwise_conv_2d(net: Network, bias: int, multiplier: int = 1) -> None:
    x, y = net.input((1, 9, 9, 16), "INT8", X), net.output((1, 9, 9, 16), "INT8", Y)
    table = options.DepthwiseConv2DOptions(stride_w=1, stride_h=1, depth_multiplier=multiplier)
    weights = _weights(net, (1, 3, 3, 16), _each_channel(0.02, 0, axis=3))
    net.operator("DEPTHWISE_CONV_2D", [x, weights, bias], [y], table)


def _transpose_conv(net: Network, bias: int) -> None:
    size = net.constant(np.array([1, 10, 10, 16], np.int32), "INT32")
    x, y = net.input((1, 5, 5, 8), "INT8", X), net.output((1, 10, 10, 16), "INT8", Y)
    table = options.TransposeConvOptions(stride_w=2, stride_h=2)
    net.operator("TRANSPOSE_CONV", [size, _weights(net, (16, 3, 3, 8)), x, bias], [y], table)


OPERATORS = (_fully_connected, _conv_2d, _depthwise_conv_2d, _transpose_conv)


def _differing(
    operator: Callable[[Network, int], None],
    q: Quantization | None,
    shape: tuple[int, ...] = (16,),
) -> int:
    """In how many outputs LiteRT's own kernels differ from intlite, which equals LiteRT.

    Raises:
        RefusedError: LiteRT refuses the model.
    """
    differing = 0
    for _ in range(8):
        net = Network()
        values = RNG.integers(-500, 500, shape).astype(np.int32)
        operator(net, net.constant(values, "INT32", q))
        model = Model(net.bytes())
        x = RNG.integers(-128, 128, model.inputs[0].shape).astype(np.int8)
        [found] = run([Job(net.bytes(), (x,), "litert")])
        if found.outputs is None:
            raise RefusedError(found.error)
        y: Any = model(x)
        np.testing.assert_array_equal(y, found.outputs[0])
        differing += int(np.count_nonzero(Model(net.bytes(), numerics="litert-builtin")(x) != y))
    return differing


class RefusedError(Exception):
    pass


def _bias(operator: Callable[[Network, int], None], zero_point: int) -> Quantization:
    if operator is _depthwise_conv_2d:
        return _each_channel(1e-3, zero_point, 0)
    return per_tensor(1e-3, zero_point)


@pytest.mark.parametrize("operator", OPERATORS)
def test_biases_that_are_symmetric(operator: Callable[[Network, int], None]) -> None:
    assert _differing(operator, _bias(operator, 0)) > 0


@pytest.mark.parametrize("operator", OPERATORS)
def test_biases_without_quantization(operator: Callable[[Network, int], None]) -> None:
    assert _differing(operator, None) == 0


@pytest.mark.parametrize("operator", OPERATORS)
def test_biases_with_a_zero_point(operator: Callable[[Network, int], None]) -> None:
    if operator is _fully_connected:
        assert _differing(operator, _bias(operator, 5)) == 0
        return
    with pytest.raises(RefusedError, match=r"zero.point"):
        _differing(operator, _bias(operator, 5))


@pytest.mark.parametrize("operator", [_fully_connected, _conv_2d, _transpose_conv])
def test_biases_that_are_no_vectors(operator: Callable[[Network, int], None]) -> None:
    is_delegated = operator is _fully_connected
    assert (_differing(operator, _bias(operator, 0), (16, 1)) > 0) == is_delegated


@pytest.mark.parametrize("multiplier", [0, -5, 5])
def test_depth_multipliers_that_do_not_divide(multiplier: int) -> None:
    operator = partial(_depthwise_conv_2d, multiplier=multiplier)
    assert _differing(operator, _each_channel(1e-3, 0, 0)) == 0

"""Elementwise steps of one tensor become one table, and the bits stay."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from intlite import Model
from intlite.plan import ALL_PASSES, compile_graph
from intlite.runtimes import RUNTIMES

from ..models import Network
from ..sweeps.base import quantization

SHAPE = (1, 7, 9, 5)
each_flavour = pytest.mark.parametrize("numerics", RUNTIMES)
each_type = pytest.mark.parametrize("dtype", ["INT8", "UINT8"])


def activation(scale: float, dtype: str, zero_point: int = 0) -> Any:
    return quantization(scale, zero_point + (128 if dtype == "UINT8" else 0))


class Elementwise(Network):
    """Tensors of one shape and type."""

    def __init__(self, dtype: str) -> None:
        super().__init__()
        self.dtype = dtype

    def value(self, scale: float, zero_point: int = 0) -> int:
        return self.tensor(SHAPE, self.dtype, activation(scale, self.dtype, zero_point))

    def results(self, *tensors: int) -> bytes:
        self._outputs.extend(tensors)
        return self.bytes()

    def sigmoid(self, x: int) -> int:
        y = self.value(1 / 256, -128)
        self.operator("LOGISTIC", [x], [y])
        return y

    def combined(self, name: str, x: int, y: int, scale: float, zero_point: int = 3) -> int:
        z = self.value(scale, zero_point)
        self.operator(name, [x, y], [z])
        return z


def steps(model: Model, numerics: str, passes: frozenset[str] = ALL_PASSES) -> int:
    shapes = [SHAPE] * len(model.inputs)
    return compile_graph(model.graph, shapes, RUNTIMES[numerics], passes=passes).native.steps


def check(model: Model, data: bytes, numerics: str) -> None:
    """All values of a byte, among others."""
    size = int(np.prod(SHAPE))
    dtype = model.inputs[0].dtype
    bytes_ = np.arange(2 * size, dtype=np.uint8).reshape(2, *SHAPE[1:])
    xs: list[NDArray[Any]] = [np.roll(bytes_, 7 * i).view(dtype) for i in range(len(model.inputs))]
    plain = Model(data, numerics=numerics, passes=ALL_PASSES - {"join_functions"})
    found, expected = model(*xs), plain(*xs)
    np.testing.assert_equal(found, expected)


@each_flavour
@each_type
def test_swish_is_one_table(dtype: str, numerics: str) -> None:
    net = Elementwise(dtype)
    x = net.input(SHAPE, dtype, activation(0.05, dtype, 4))
    y = net.combined("MUL", x, net.sigmoid(x), 0.03)
    z = net.combined("ADD", y, x, 0.06)
    model = Model(data := net.results(z), numerics=numerics)
    if numerics == "litert":  # others round the last elements, behind whole blocks, otherwise
        assert steps(model, numerics) == 1
    check(model, data, numerics)


@each_flavour
@each_type
def test_what_is_read_elsewhere_stays(dtype: str, numerics: str) -> None:
    net = Elementwise(dtype)
    x = net.input(SHAPE, dtype, activation(0.05, dtype, 4))
    w = net.input(SHAPE, dtype, activation(0.02, dtype, -9))
    s = net.sigmoid(x)
    y = net.combined("MUL", x, s, 0.03)
    z = net.combined("MUL", y, w, 0.05)
    model = Model(data := net.results(s, z), numerics=numerics)
    # LOGISTIC is an output, and MUL by another tensor is no function of a byte.
    assert steps(model, numerics) == 3
    check(model, data, numerics)


@each_flavour
def test_chains(numerics: str) -> None:
    net = Elementwise("INT8")
    x = net.input(SHAPE, "INT8", activation(0.05, "INT8", 4))
    y = net.sigmoid(net.sigmoid(net.sigmoid(x)))
    model = Model(data := net.results(y), numerics=numerics)
    assert steps(model, numerics) == 1
    assert steps(model, numerics, ALL_PASSES - {"join_functions"}) == 3
    check(model, data, numerics)


@each_flavour
@each_type
def test_an_island_of_one_number_is_one_table(dtype: str, numerics: str) -> None:
    net = Elementwise(dtype)
    x = net.input(SHAPE, dtype, activation(0.05, dtype, 4))
    real, negative = net.tensor(SHAPE, "FLOAT32"), net.tensor(SHAPE, "FLOAT32")
    y = net.value(0.03, -9)
    net.operator("DEQUANTIZE", [x], [real])
    net.operator("NEG", [real], [negative])
    net.operator("QUANTIZE", [negative], [y])
    model = Model(data := net.results(y), numerics=numerics)
    # LiteRT's own kernels round what lies behind whole blocks otherwise.
    assert steps(model, numerics) == (3 if numerics == "litert-builtin" else 1)
    check(model, data, numerics)


@each_flavour
@pytest.mark.parametrize("operator", ["LOG_SOFTMAX", "L2_NORMALIZATION"])
def test_a_normalization_is_no_function_of_a_byte(operator: str, numerics: str) -> None:
    """Its elements are made of all those beside them."""
    net = Elementwise("INT8")
    x = net.input(SHAPE, "INT8", activation(0.05, "INT8", 4))
    real, normal = net.tensor(SHAPE, "FLOAT32"), net.tensor(SHAPE, "FLOAT32")
    y = net.value(0.03, -9)
    net.operator("DEQUANTIZE", [x], [real])
    net.operator(operator, [real], [normal])
    net.operator("QUANTIZE", [normal], [y])
    model = Model(data := net.results(y), numerics=numerics)
    assert steps(model, numerics) == 3
    check(model, data, numerics)

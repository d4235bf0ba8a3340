"""Shapes that nobody writes, and broken files have: an error of intlite's, or the empty result."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import intlite
from intlite import ShapeError
from intlite.schema import options

from ..models import Network


def run(net: Network, *inputs: Any) -> Any:
    return intlite.Model(net.bytes())(*inputs)


def test_tiles_of_nothing() -> None:
    net = Network()
    x = net.input((0, 8), "INT8")
    times = net.constant(np.array([2**30, 2**20], np.int32), "INT32")
    net.operator("TILE", [x, times], [net.output((0, 2**23), "INT8")])
    assert run(net, np.zeros((0, 8), np.int8)).shape == (0, 2**23)


def test_one_hot_of_nothing() -> None:
    net = Network()
    x = net.input((0,), "INT32")
    depth = net.constant(np.array(2**31 - 1, np.int32), "INT32")
    on, off = (net.constant(np.array(v, np.int32), "INT32") for v in (1, 0))
    y = net.output((0, 2**31 - 1), "INT32")
    net.operator("ONE_HOT", [x, depth, on, off], [y], options.OneHotOptions(axis=-1))
    assert run(net, np.zeros(0, np.int32)).shape == (0, 2**31 - 1)


def test_index_of_a_dimension_without_elements() -> None:
    net = Network()
    x = net.input((0, 3), "INT8")
    begin, end, strides = (net.constant(np.array([v], np.int32), "INT32") for v in (-1, 0, 1))
    net.operator(
        "STRIDED_SLICE",
        [x, begin, end, strides],
        [net.output((3,), "INT8")],
        options.StridedSliceOptions(shrink_axis_mask=1),
    )
    with pytest.raises(ShapeError, match="index -1 of a dimension of 0"):
        run(net, np.zeros((0, 3), np.int8))


def test_a_shape_of_two_dimensions() -> None:
    net = Network()
    x = net.input((6,), "INT8")
    shape = net.tensor((1, 2), "INT32", data=np.array([[2, 3]], np.int32))
    net.operator("RESHAPE", [x, shape], [net.output((2, 3), "INT8")])
    assert run(net, np.arange(6, dtype=np.int8)).shape == (2, 3)


def test_padding_of_a_scalar() -> None:
    net = Network()
    x = net.input((), "UINT8")
    padding = net.tensor((0, 2), "INT32", data=np.zeros((0, 2), np.int32))
    net.operator("PAD", [x, padding], [net.output((), "UINT8")])
    assert run(net, np.array(7, np.uint8)) == 7

"""SLICE from where a run says, against numpy, and in a program."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import intlite
from intlite import ShapeError, _native
from intlite.ops.slice import SliceSpec
from intlite.runtimes import RUNTIMES

from ..models import Network
from ..oracles import Job
from ..oracles import run as run_jobs

REFUSAL = "it is not inside"


@pytest.mark.parametrize("index", ["int32", "int64"])
@pytest.mark.parametrize("dtype", ["int8", "int16", "float32", "complex128"])
def test_equal_to_numpy(dtype: str, index: str) -> None:
    rng = np.random.default_rng(0)
    shape = (4, 5, 6, 7)
    x = rng.integers(-99, 99, shape).astype(dtype)
    for sizes in ((1, 5, 6, 7), (4, 2, 6, 7), (4, 5, 6, 3), (2, 3, 1, 4), (4, 0, 6, 7), shape):
        kernel = SliceSpec(shape, sizes, x.itemsize, np.dtype(index).itemsize, REFUSAL).make()
        most = np.subtract(shape, sizes)
        for begins in (0 * most, most, most // 2):
            found = np.empty(sizes, dtype)
            kernel.run([x, begins.astype(index)], [found])
            box = tuple(slice(b, b + n) for b, n in zip(begins, sizes, strict=True))
            np.testing.assert_array_equal(found, x[box])
        for begins in (np.add(most, [0, 0, 0, 1]), np.subtract(most, [4, 5, 6, 8])):
            with pytest.raises(ShapeError, match=REFUSAL):
                kernel.run([x, begins.astype(index)], [found])


@pytest.mark.parametrize(
    "change",
    [
        {"shape": []},
        {"sizes": [1]},
        {"sizes": [5, 4]},
        {"index_bytes": 2},
        {"shape": [2**40, 2**40]},
        {"element_bytes": 2**60},
    ],
)
def test_bad_arguments(change: dict[str, Any]) -> None:
    good: dict[str, Any] = {"shape": [4, 4], "sizes": [2, 4], "element_bytes": 1, "index_bytes": 4}
    with pytest.raises(ValueError, match="at least one|outside|must be int32|too large"):
        _native.slice(**(good | {"refusal": ""} | change))


def network(sizes: tuple[int, ...]) -> bytes:
    net = Network()
    x, begin = net.input((4, 6), "INT8"), net.input((2,), "INT32")
    y = net.output((2, 6), "INT8")
    net.operator("SLICE", [x, begin, net.constant(np.array(sizes, np.int32), "INT32")], [y])
    return net.bytes()


@pytest.mark.parametrize("sizes", [(2, 6), (-1, 6)])
def test_in_a_program(sizes: tuple[int, ...]) -> None:
    """A size of -1 goes to the end, wherever it begins: that ends a segment."""
    x = np.arange(24, dtype=np.int8).reshape(4, 6)
    begin = np.array([2, 0], np.int32)
    model = intlite.load(network(sizes))
    assert (model.session.program(((4, 6), (2,))) is None) == (-1 in sizes)
    jobs = [Job(network(sizes), (x, begin), name) for name in RUNTIMES if name != "tflm"]
    for result in run_jobs(jobs):
        assert result.outputs is not None
        np.testing.assert_array_equal(model(x, begin), result.outputs[0])
    for outside in ([5, 0], [-1, 0], [0, 7]):
        with pytest.raises(ShapeError, match="SLICE #0: cannot slice"):
            model(x, np.array(outside, np.int32))

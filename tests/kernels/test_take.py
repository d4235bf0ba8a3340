"""Rows by indices that a run gives: every type of index, against numpy, in parts, and refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import intlite
from intlite import ShapeError, _native
from intlite.reference.movement import gather, gather_nd
from intlite.schema import options

from ..models import Network

INDEX_TYPES = ("int16", "int32", "int64")
REFUSAL = "there are indices outside of 4"


def take(
    x: NDArray[Any], indices: NDArray[Any], axis: int, batch: int, samples: int = 1
) -> NDArray[Any]:
    """GATHER by the kernel; of several samples along the first axis of both."""
    shape, own = (len(x) // samples, *x.shape[1:]), (len(indices) // samples, *indices.shape[1:])
    kernel = _native.take(
        batches=int(np.prod(shape[:batch])),
        outer=int(np.prod(shape[batch:axis])),
        sizes=[shape[axis]],
        row_bytes=int(np.prod(shape[axis + 1 :])) * x.itemsize,
        count=int(np.prod(own[batch:])),
        index_bytes=indices.itemsize,
        refusal=REFUSAL,
    )
    found = np.empty((samples, *shape[:axis], *own[batch:], *shape[axis + 1 :]), x.dtype)
    kernel.run([x, indices], [found], samples)
    return found


@pytest.mark.parametrize("index", INDEX_TYPES)
@pytest.mark.parametrize("dtype", ["int8", "int16", "float32", "int64", "complex128"])
@pytest.mark.parametrize("samples", [1, 3])
@pytest.mark.parametrize("row", [1, 5, 40])
def test_gather(index: str, dtype: str, samples: int, row: int) -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(-99, 99, (samples * 2, 3, 6, row)).astype(dtype)
    for batch, shape in ((0, (samples * 7,)), (1, (samples * 2, 7)), (2, (samples * 2, 3, 7))):
        indices = rng.integers(0, 6, shape).astype(index)
        pairs = zip(np.split(x, samples), np.split(indices, samples), strict=True)
        expected = [gather(a, b, 2, batch) for a, b in pairs]
        np.testing.assert_array_equal(take(x, indices, 2, batch, samples), expected)


@pytest.mark.parametrize("index", INDEX_TYPES)
@pytest.mark.parametrize("depth", [0, 1, 2, 3])
def test_gather_nd(index: str, depth: int) -> None:
    rng = np.random.default_rng(1)
    x = rng.integers(-99, 99, (4, 3, 5), np.int8)
    columns = [rng.integers(0, d, 50) for d in x.shape[:depth]]
    indices = np.stack(columns, -1).astype(index) if columns else np.empty((50, 0), index)
    kernel = _native.take(
        batches=1,
        outer=1,
        sizes=x.shape[:depth],
        row_bytes=int(np.prod(x.shape[depth:])),
        count=50,
        index_bytes=indices.itemsize,
        refusal=REFUSAL,
    )
    found = np.empty((50, *x.shape[depth:]), np.int8)
    kernel.run([x, indices], [found])
    np.testing.assert_array_equal(found, gather_nd(x, indices))


@pytest.mark.parametrize("index", INDEX_TYPES)
@pytest.mark.parametrize("row", [0, 3])
def test_indices_outside(index: str, row: int) -> None:
    x = np.zeros((4, row), np.int8)
    for outside in (4, -1, np.iinfo(index).min, np.iinfo(index).max):
        with pytest.raises(ShapeError, match=REFUSAL):
            take(x, np.array([0, 3, outside], index), 0, 0)


@pytest.mark.parametrize(
    ("argument", "value"),
    [("row_bytes", 2**62), ("sizes", [2**40, 2**40]), ("count", 2**60), ("index_bytes", 3)],
)
def test_arguments_are_checked(argument: str, value: Any) -> None:
    arguments: dict[str, Any] = {
        **{"batches": 1, "outer": 1, "sizes": [4], "row_bytes": 1, "count": 1},
        **{"index_bytes": 4, "refusal": ""},
    }
    with pytest.raises(ValueError, match="too large|must be int16"):
        _native.take(**{**arguments, argument: value})


def test_nothing_beside_long_dimensions() -> None:
    net = Network()
    x, indices = net.input((1, 1, 1, 4), "INT8"), net.input((2,), "INT32")
    y = net.output((1, 1, 1, 2), "INT8")
    net.operator("GATHER", [x, indices], [y], options.GatherOptions(axis=3))
    interpreter = intlite.Interpreter(model_content=net.bytes())
    interpreter.resize_tensor_input(x, [2**31 - 1, 2**20, 0, 4])
    interpreter.allocate_tensors()
    interpreter.invoke()
    assert interpreter.get_tensor(y).shape == (2**31 - 1, 2**20, 0, 2)
    interpreter.set_tensor(indices, np.array([0, 4], np.int32))
    with pytest.raises(ShapeError, match=r"GATHER #0: there are indices outside of 4"):
        interpreter.invoke()


def network(rows: int, width: int, count: int) -> bytes:
    net = Network()
    x, indices = net.input((1, rows, width), "INT8"), net.input((1, count), "INT32")
    y = net.output((1, count, width), "INT8")
    net.operator("GATHER", [x, indices], [y], options.GatherOptions(axis=1, batch_dims=1))
    return net.bytes()


def draw(samples: int, rows: int, width: int, count: int) -> Sequence[NDArray[Any]]:
    rng = np.random.default_rng(2)
    x = rng.integers(-128, 128, (samples, rows, width), np.int8)
    return x, rng.integers(0, rows, (samples, count), np.int32)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("samples", [1, 40])
def test_in_a_program(threads: int, samples: int) -> None:
    model = intlite.load(network(64, 200, 1000), num_threads=threads)
    x, indices = draw(samples, 64, 200, 1000)
    np.testing.assert_array_equal(model(x, indices), gather(x, indices, 1, 1))
    for wrong in (64, -1):
        indices[samples // 2, 17] = wrong
        with pytest.raises(ShapeError, match=r"GATHER #0: there are indices outside of 64"):
            model(x, indices)
    indices[:] = 0
    np.testing.assert_array_equal(model(x, indices), gather(x, indices, 1, 1))


def test_in_an_interpreter() -> None:
    interpreter = intlite.Interpreter(model_content=network(8, 3, 4))
    interpreter.allocate_tensors()
    x, indices = draw(1, 8, 3, 4)
    interpreter.set_tensor(0, x)
    interpreter.set_tensor(1, indices + 8)
    with pytest.raises(ShapeError, match=r"GATHER #0: there are indices outside of 8"):
        interpreter.invoke()
    interpreter.set_tensor(1, indices)
    interpreter.invoke()
    np.testing.assert_array_equal(interpreter.get_tensor(2), gather(x, indices, 1, 1))

"""Transposes and other copies of boxes, against numpy's views."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from intlite import _native
from intlite.ops.strided_boxes import BoxSpec, Pair, boxes, stand_ins

# Below, at and above a block, for every element size; and beyond a line of blocks.
SIZES = (1, 2, 3, 7, 8, 15, 16, 17, 33, 64, 65, 100)
DTYPES = ("uint8", "int16", "float32", "int64", "complex128")


Arrays = list[NDArray[Any]]


def draw(shape: tuple[int, ...], dtype: str, seed: int = 0) -> NDArray[Any]:
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    values = np.random.default_rng(seed).integers(0, 256, size, np.uint8)
    return values.view(dtype).reshape(shape)


def spec_of(pairs: list[Pair], read: Arrays, written: Arrays, dtype: str, fill: int = 0) -> BoxSpec:
    found = boxes(pairs, read, written)
    assert found is not None
    inputs, outputs = (tuple(a.shape for a in arrays) for arrays in (read, written))
    return BoxSpec(inputs, outputs, found, dtype, fill)


def check_transpose(shape: tuple[int, ...], order: tuple[int, ...], dtype: str) -> None:
    x = draw((2, *shape), dtype)
    expected = x.transpose(0, *(axis + 1 for axis in order))
    read, written = stand_ins([shape]), stand_ins([expected.shape[1:]])
    spec = spec_of([(read[0].transpose(order), written[0])], read, written, dtype)
    found = np.empty_like(expected, order="C")
    spec.make().run([x], [found], 2)
    np.testing.assert_array_equal(found.view(np.uint8), np.ascontiguousarray(expected).view("u1"))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rows", SIZES)
def test_planes(rows: int, dtype: str) -> None:
    for columns in SIZES:
        check_transpose((rows, columns), (1, 0), dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_order(dtype: str) -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        rank = int(rng.integers(1, 6))
        shape = tuple(int(n) for n in rng.choice([1, 2, 3, 5, 17, 20], rank))
        check_transpose(shape, tuple(int(a) for a in rng.permutation(rank)), dtype)


@pytest.mark.parametrize("unit", [1, 3, 5, 8, 15, 16, 17, 31, 32, 48, 255, 256, 257])
def test_rows_of_every_length(unit: int) -> None:
    check_transpose((5, 7, unit), (1, 0, 2), "uint8")


@pytest.mark.parametrize("dtype", DTYPES[:-1])
def test_fill(dtype: str) -> None:
    x = draw((4, 5), dtype)
    read, written = stand_ins([(4, 5)]), stand_ins([(7, 9)])
    spec = spec_of([(read[0], written[0][1:5, 3:8])], read, written, dtype, fill=77)
    found = np.empty((7, 9), dtype)
    spec.make().run([x], [found])
    expected = np.full((7, 9), 77, dtype)
    expected[1:5, 3:8] = x
    np.testing.assert_array_equal(found.view(np.uint8), expected.view(np.uint8))


def test_several_inputs_and_outputs() -> None:
    x, y = draw((6, 4), "int16"), draw((6, 9), "int16", 1)
    read, written = stand_ins([x.shape, y.shape]), stand_ins([(6, 10), (6, 3)])
    pairs = [
        (read[0], written[0][:, :4]),
        (read[1][:, :6], written[0][:, 4:]),
        (read[1][:, 6:], written[1]),
    ]
    found = [np.empty(a.shape, np.int16) for a in written]
    spec_of(pairs, read, written, "int16").make().run([x, y], found)
    joined = np.concatenate([x, y], 1)
    np.testing.assert_array_equal(found[0], joined[:, :10])
    np.testing.assert_array_equal(found[1], joined[:, 10:])


def test_what_is_no_box() -> None:
    read, written = stand_ins([(4, 4)]), stand_ins([(4, 4)])
    assert boxes([(read[0][::-1], written[0])], read, written) is None
    assert boxes([(read[0].copy(), written[0])], read, written) is None


@pytest.mark.parametrize(
    "box",
    [
        (1, 0, 0, 0, [(4, 1, 1)]),
        (0, 0, 1, 0, [(4, 1, 1)]),
        (0, 1, 0, 0, [(4, 1, 1)]),
        (0, 0, 0, 1, [(4, 1, 1)]),
        (0, 0, 0, 0, [(2, 4, 1)]),
        (0, 0, 0, 0, [(2, 1, 4)]),
        (0, 0, 0, 0, [(2**63, 2, 1)]),
        (0, 0, 0, 0, [(2**40, 2**40, 1)]),
        (0, 5, 0, 0, [(1, 1, 1)]),
    ],
)
def test_boxes_are_checked(box: tuple[Any, ...]) -> None:
    with pytest.raises(ValueError, match="box"):
        _native.strided_copy(
            input_bytes=[4], output_bytes=[4], element_bytes=1, boxes=[box], fill=b""
        )

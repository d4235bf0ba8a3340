"""Tables of one and of two operands on every instruction set, against indexing by numpy."""

from __future__ import annotations

import numpy as np
import pytest

from intlite import _native
from intlite.ops.concatenation import JoinedLookupSpec
from intlite.ops.lookup import BinarySpec, Int16UnarySpec, UnarySpec

each_isa = pytest.mark.parametrize("isa", _native.supported_isas())


@each_isa
@pytest.mark.parametrize("size", [0, 1, 31, 32, 63, 64, 65, 127, 128, 1000])
def test_one_operand(size: int, isa: str) -> None:
    rng = np.random.default_rng(size)
    guard = 64
    for _ in range(5):
        table = rng.integers(0, 256, 256, np.uint8)
        x = rng.integers(0, 256, (3, size), np.uint8)
        y = np.full(3 * size + guard, 0xA5, np.uint8)
        UnarySpec(size, table).make(isa).run([x], [y[: 3 * size].reshape(3, size)], 3)
        np.testing.assert_array_equal(y[: 3 * size], table[x].ravel())
        assert (y[3 * size :] == 0xA5).all()


@each_isa
def test_every_value(isa: str) -> None:
    table = np.random.default_rng(0).permutation(256).astype(np.uint8)
    x = np.arange(256, dtype=np.uint8)
    y = np.empty_like(x)
    UnarySpec(256, table).make(isa).run([x], [y])
    np.testing.assert_array_equal(y, table)


def in_blocks(size: int, run: int, lanes: int) -> np.ndarray:
    """Which elements lie in whole blocks."""
    return np.arange(size) % run < run // lanes * lanes


@each_isa
@pytest.mark.parametrize("size", [7, 16, 150])
def test_one_operand_in_blocks(size: int, isa: str) -> None:
    rng = np.random.default_rng(size)
    block, tail = rng.integers(0, 256, (2, 256), np.uint8)
    x = rng.integers(0, 256, size, np.uint8)
    y = np.empty_like(x)
    UnarySpec(size, block, tail, lanes=16).make(isa).run([x], [y])
    np.testing.assert_array_equal(y, np.where(in_blocks(size, size, 16), block[x], tail[x]))


def test_int16() -> None:
    rng = np.random.default_rng(0)
    block, tail = rng.integers(-(2**15), 2**15, (2, 2**16)).astype(np.int16)
    x = np.arange(-(2**15), 2**15).astype(np.int16)
    y = np.empty_like(x)
    Int16UnarySpec(x.size, block).make().run([x], [y])
    np.testing.assert_array_equal(y, block[x.view(np.uint16)])
    for size in (0, 1, 7, 8, 9, 150):
        codes = rng.integers(0, 2**16, (3, size), np.uint16)
        found = np.full(3 * size + 1, 77, np.int16)
        kernel = Int16UnarySpec(size, block, tail, 8).make()
        kernel.run([codes.view(np.int16)], [found[:-1]], 3)
        expected = np.where(in_blocks(size, max(size, 1), 8), block[codes], tail[codes])
        np.testing.assert_array_equal(found[:-1], expected.ravel())
        assert found[-1] == 77


def test_int16_bad_arguments() -> None:
    table = np.zeros(2**16, np.int16)
    with pytest.raises(ValueError, match="wrong size"):
        Int16UnarySpec(1, table[1:]).make()
    with pytest.raises(ValueError, match="too large"):
        Int16UnarySpec(2**48, table).make()
    with pytest.raises(ValueError, match="lanes"):
        Int16UnarySpec(1, table, lanes=0).make()


@each_isa
@pytest.mark.parametrize("pattern", [None, (1, 1), (1, 4), (20, 8), (33, 16), (4000, 16)])
@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((200,), (200,)),
        ((1,), (700,)),
        ((700,), (1,)),
        ((3, 600), (3, 1)),
        ((5, 1, 33), (4, 33)),
        ((0, 3), (3,)),
    ],
)
def test_two_operands(
    left: tuple[int, ...], right: tuple[int, ...], pattern: tuple[int, int] | None, isa: str
) -> None:
    rng = np.random.default_rng(len(left))
    block, tail = rng.integers(0, 256, (2, 65536), np.uint8)
    x, y = (rng.integers(0, 256, shape, np.uint8) for shape in (left, right))
    code = x.astype(np.int64) * 256 + y
    if pattern is None:
        spec, expected = BinarySpec(left, right, block), block[code]
    else:
        run, lanes = pattern
        spec = BinarySpec(left, right, block, tail, run, lanes)
        inside = in_blocks(code.size, run, lanes).reshape(code.shape)
        expected = np.where(inside, block[code], tail[code])
    for kernel in (spec, spec.in_rows()):
        found = np.empty_like(expected)
        kernel.make(isa).run([(x, y)[i] for i in kernel.inputs], [found])
        np.testing.assert_array_equal(found, expected)


def test_what_repeats_along_a_row_comes_first() -> None:
    table = np.arange(65536).astype(np.uint8)
    assert BinarySpec((3, 600), (3, 1), table).in_rows().inputs == (1, 0)
    assert BinarySpec((3, 1), (3, 600), table).in_rows().inputs == (0, 1)
    assert BinarySpec((3, 600), (3, 600), table).in_rows().inputs == (0, 1)


@each_isa
@pytest.mark.parametrize("sizes", [(0, 0), (1,), (1, 64, 3), (65, 0, 130), (16, 16)])
def test_joined(sizes: tuple[int, ...], isa: str) -> None:
    rng = np.random.default_rng(0)
    tables = rng.integers(0, 256, (len(sizes), 256), np.uint8)
    arrays = [rng.integers(0, 256, (6, size), np.uint8) for size in sizes]
    expected = np.concatenate([t[x] for t, x in zip(tables, arrays, strict=True)], 1)
    found = np.empty_like(expected)
    JoinedLookupSpec(3, sizes, tables).make(isa).run(arrays, [found], 2)
    np.testing.assert_array_equal(found, expected)


def test_joined_bad_arguments() -> None:
    table = np.zeros((1, 256), np.uint8)
    for rows, sizes in ((1, (1, 1)), (2**40, (2**40,)), (1, (2**63,))):
        with pytest.raises(ValueError, match="wrong size|too large"):
            JoinedLookupSpec(rows, sizes, table).make()

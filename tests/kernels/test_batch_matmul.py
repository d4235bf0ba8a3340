"""BATCH_MATMUL on every instruction set, against the reference arithmetic."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from math import prod
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from intlite import _native
from intlite.ops.batch_matmul import BatchMatMulSpec, Sizes
from intlite.reference.batch_matmul import BatchMatMulParameters, batch_matmul
from intlite.runtimes.families import POLICIES
from intlite.runtimes.policy import Policy

from ..sweeps.base import quantization

XNNPACK = POLICIES["xnnpack"]
each_isa = pytest.mark.parametrize("isa", _native.supported_isas())
each_policy = pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
# Rows, depth and columns: one, and around groups, panels, blocks.
MATRICES = [(1, 1, 1), (1, 70, 33), (5, 3, 16), (33, 64, 17), (7, 65, 130), (32, 4, 64)]
# Batches of the left side, the right side, the output.
BATCHES = [((), (), ()), ((3,), (), (3,)), ((2, 1), (1, 3), (2, 3)), ((2, 3), (2, 1), (2, 3))]


def run(kernel: _native.Kernel, inputs: list[NDArray[Any]], samples: int) -> NDArray[np.uint8]:
    """The output, out of a buffer whose other bytes must stay."""
    size = kernel.output_bytes[0] * samples
    buffer = np.full(size + 64, 0xA5, np.uint8)
    kernel.run(inputs, [buffer[:size]], samples)
    assert (buffer[size:] == 0xA5).all()
    return buffer[:size]


@each_isa
@each_policy
@pytest.mark.parametrize("adjoint", list(product([False, True], repeat=2)))
def test_batch_matmul(isa: str, policy: Policy, adjoint: tuple[bool, bool]) -> None:
    rng = np.random.default_rng(5)
    for (rows, depth, columns), (left_batch, right_batch, batch) in product(MATRICES, BATCHES):
        left_matrix = (depth, rows) if adjoint[0] else (rows, depth)
        right_matrix = (columns, depth) if adjoint[1] else (depth, columns)
        # Two samples, each of all the batches.
        left = rng.integers(-128, 128, (2, *left_batch, *left_matrix)).astype(np.int8)
        right = rng.integers(-128, 128, (2, *right_batch, *right_matrix)).astype(np.int8)
        p = BatchMatMulParameters(
            quantization(0.05, -7),
            quantization(0.02, 0 if policy is XNNPACK else 13),
            quantization(0.06 * np.sqrt(depth), 3),
            adjoint,
            np.int8,
        )
        sizes = Sizes(rows, depth, columns, batch, left_batch, right_batch)
        dynamic = BatchMatMulSpec(sizes, None, p, policy, False, -7)
        expected = [
            batch_matmul(x, y, p, policy).view(np.uint8)
            for x, y in ((left[0], right[0]), (left[1], right[1]), (left[1], right[0]))
        ]
        found = run(dynamic.make(isa), [left, right], 2)
        np.testing.assert_array_equal(found, np.stack(expected[:2]).ravel())
        constant = replace(dynamic, right=right[0])
        found = run(constant.make(isa), [left], 2)
        np.testing.assert_array_equal(found, np.stack([expected[0], expected[2]]).ravel())
        # The other signedness, in and out.
        flipped = replace(constant, left_unsigned=True, left_zero_point=121, flip=True)
        found_flipped = run(flipped.make(isa), [left.view(np.uint8) ^ 0x80], 2)
        np.testing.assert_array_equal(found_flipped, found ^ 0x80)


def test_products_of_neighbours_are_one() -> None:
    sizes = Sizes(2, 3, 4, (5, 6), (5, 6), ())
    assert sizes.products().tolist() == [[0, 0, 30]]
    sizes = Sizes(2, 3, 4, (2, 3), (2, 1), (3,))
    assert sizes.products().tolist() == [[i // 3, i % 3, 1] for i in range(6)]
    assert prod(sizes.batches) == sizes.products()[:, 2].sum()

"""Sums and products on every instruction set, against the reference."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.random import Generator

from intlite import _native
from intlite.ops.arithmetic import ArithmeticSpec, ProductSpec, SumSpec
from intlite.reference import elementwise as reference
from intlite.reference.elementwise import BinaryParameters
from intlite.runtimes.families import POLICIES

from ..sweeps.base import draw_values, draw_zero_point, log_uniform, power_of_two, quantization

XNNPACK = POLICIES["xnnpack"]
SHAPES = [
    ((200,), (200,)),
    ((3, 64), (3, 64)),
    ((2, 5, 67), (67,)),
    ((7, 1, 3), (1, 5, 3)),
    ((4, 33), (4, 1)),
    ((1,), (130,)),
    # Short rows, several of which are one call.
    ((2, 90, 32), (32,)),
    ((2, 1, 32), (2, 41, 32)),
    ((61, 49), (61, 1)),
    ((3, 1, 7), (3, 200, 1)),
    ((0, 4), (1, 4)),
]


def draw_parameters(rng: Generator, dtype: str) -> BinaryParameters:
    def scale() -> float:
        drawn = log_uniform(rng, 2.0**-4, 2.0**3)
        return power_of_two(drawn) if rng.random() < 0.5 else drawn

    left, right, out = (quantization(scale(), draw_zero_point(rng, dtype)) for _ in range(3))
    activation = str(rng.choice(["NONE", "RELU", "RELU6", "RELU_N1_TO_1"]))
    return BinaryParameters(left, right, out, activation, dtype)


@pytest.mark.parametrize("isa", _native.supported_isas())
@pytest.mark.parametrize("dtype", ["int8", "uint8"])
@pytest.mark.parametrize(("left", "right"), SHAPES)
def test_equal_to_the_reference(
    left: tuple[int, ...], right: tuple[int, ...], dtype: str, isa: str
) -> None:
    rng = np.random.default_rng(len(left) * 100 + len(right))
    for _ in range(10):
        p = draw_parameters(rng, dtype)
        x, y = draw_values(rng, left, dtype), draw_values(rng, right, dtype)
        specs: list[tuple[ArithmeticSpec, np.ndarray]] = [
            (SumSpec(left, right, p), reference.add(x, y, p, XNNPACK)),
            (SumSpec(left, right, p, sign=-1), reference.add(x, y, p, XNNPACK, sign=-1)),
            (ProductSpec(left, right, p), reference.mul(x, y, p, XNNPACK)),
        ]
        for spec, expected in specs:
            assert isinstance(spec, SumSpec | ProductSpec)
            found = np.empty_like(expected)
            spec.make(isa).run([x, y], [found])
            np.testing.assert_array_equal(found, expected)


def test_the_whole_batch() -> None:
    rng = np.random.default_rng(0)
    p = draw_parameters(rng, "int8")
    x, y = (draw_values(rng, (4, 35), "int8") for _ in range(2))
    found = np.empty_like(x)
    SumSpec((35,), (35,), p).make().run([x, y], [found], 4)
    np.testing.assert_array_equal(found, reference.add(x, y, p, XNNPACK))


def test_strides_are_checked() -> None:
    p = draw_parameters(np.random.default_rng(0), "int8")
    arguments = SumSpec((4,), (4,), p).arguments("") | {"dimensions": [(4, 2, 1)]}
    for size in (4, 8):
        with pytest.raises(ValueError, match="outside of an operand|has gaps"):
            _native.add(
                left_factor=1, right_factor=1, shift=1, bias=0, **(arguments | {"left_size": size})
            )

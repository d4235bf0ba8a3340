"""SOFTMAX on every instruction set, against the reference."""

from __future__ import annotations

import numpy as np
import pytest

from intlite import _native
from intlite.ops.softmax import SoftmaxSpec
from intlite.reference import softmax as reference
from intlite.reference.softmax import SoftmaxParameters

from ..sweeps.base import draw_values, log_uniform, quantization


@pytest.mark.parametrize("isa", _native.supported_isas())
@pytest.mark.parametrize("dtype", ["int8", "uint8"])
@pytest.mark.parametrize("fixed_point", [False, True])
@pytest.mark.parametrize("shape", [(1, 1), (3, 15), (4, 16), (9, 33), (6, 100), (6, 513)])
def test_equal_to_the_reference(
    shape: tuple[int, ...], fixed_point: bool, dtype: str, isa: str
) -> None:
    rng = np.random.default_rng(shape)
    output = quantization(1 / 256, -128 if dtype == "int8" else 0)
    for _ in range(5):
        beta = log_uniform(rng, 0.1, 10)
        p = SoftmaxParameters(quantization(log_uniform(rng, 0.01, 2), 3), output, dtype, beta)
        x = draw_values(rng, (2, *shape), dtype)
        found = np.empty_like(x)
        SoftmaxSpec(shape, p, fixed_point).make(isa).run([x], [found], 2)
        np.testing.assert_array_equal(found, reference.softmax(x, p, fixed_point))

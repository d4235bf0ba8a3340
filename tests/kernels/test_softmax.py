"""SOFTMAX on every instruction set, against the reference."""

from __future__ import annotations

import numpy as np
import pytest

from intlite import _native
from intlite.ops.softmax import SoftmaxInt16Spec, SoftmaxSpec
from intlite.quantization import quantize_multiplier
from intlite.reference import softmax as reference
from intlite.reference.softmax import SoftmaxParameters
from intlite.runtimes.families import POLICIES

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


@pytest.mark.parametrize("family", POLICIES)
@pytest.mark.parametrize("shape", [(1, 1), (3, 15), (4, 16), (6, 513), (1, 2**16), (3, 0)])
def test_int16_equal_to_the_reference(shape: tuple[int, ...], family: str) -> None:
    rng, policy = np.random.default_rng(shape), POLICIES[family]
    for _ in range(5):
        scale = quantization(log_uniform(rng, 1e-6, 1e-2))
        beta = log_uniform(rng, 0.1, 10)
        p = SoftmaxParameters(scale, quantization(1 / 32768), "int16", beta)
        x = draw_values(rng, (2, *shape), "int16")
        found = np.empty_like(x)
        factor = quantize_multiplier(reference.int16_factor(p, policy.factor_type))
        tables = reference.int16_tables(policy.softmax_tables is np.float32)
        SoftmaxInt16Spec(shape, factor, tables).make().run([x], [found], 2)
        if x.size:
            np.testing.assert_array_equal(found, reference.softmax_int16(x, p, policy))


def test_int16_bad_arguments() -> None:
    exp, reciprocal = reference.int16_tables(True)
    with pytest.raises(ValueError, match="out of range"):
        SoftmaxInt16Spec((1, 2**16 + 1), (0, 0), (exp, reciprocal)).make()
    with pytest.raises(ValueError, match="513 entries"):
        SoftmaxInt16Spec((1, 1), (0, 0), (exp[1:], reciprocal)).make()

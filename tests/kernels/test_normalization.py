"""LOG_SOFTMAX, L2_NORMALIZATION and SVDF, against the reference."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from intlite import _native
from intlite.ops.normalization import L2NormalizationSpec, LogSoftmaxSpec
from intlite.ops.svdf import SvdfSpec
from intlite.reference import normalization, svdf
from intlite.reference.activations import UnaryParameters
from intlite.reference.svdf import SvdfParameters

from ..sweeps.base import draw_values, draw_zero_point, log_uniform, quantization

SHAPES = [(1, 1), (3, 15), (2, 300), (1, 5000), (0, 3), (2, 0)]
each_dtype = pytest.mark.parametrize("dtype", ["int8", "uint8"])


def parameters(rng: np.random.Generator, dtype: str, scale: float) -> UnaryParameters:
    high = np.iinfo(dtype).max
    input_ = quantization(log_uniform(rng, 1e-3, 2), draw_zero_point(rng, dtype))
    return UnaryParameters(input_, quantization(scale, int(high)), dtype)


@each_dtype
@pytest.mark.parametrize("shape", SHAPES)
def test_log_softmax(shape: tuple[int, ...], dtype: str) -> None:
    rng = np.random.default_rng(shape)
    for fixed_point in (False, True):
        for _ in range(5):
            p = parameters(rng, dtype, 1 / 16)
            x = draw_values(rng, (2, *shape), dtype)
            expected = normalization.log_softmax(x, p, fixed_point) if x.size else x
            found = np.empty_like(x)
            LogSoftmaxSpec(shape, p, fixed_point).make().run([x], [found], 2)
            np.testing.assert_array_equal(found, expected)


@each_dtype
@pytest.mark.parametrize("shape", SHAPES)
def test_l2_normalization(shape: tuple[int, ...], dtype: str) -> None:
    rng = np.random.default_rng(shape)
    for _ in range(5):
        p = parameters(rng, dtype, 1 / 128)
        x = draw_values(rng, (2, *shape), dtype)
        if rng.random() < 0.3:
            x[:] = p.input.zero_point[0]
        expected = normalization.l2_normalization(x, p) if x.size else x
        found = np.empty_like(x)
        L2NormalizationSpec(shape, p).make().run([x], [found], 2)
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("batch", "depth", "units", "rank", "memory"), [(1, 1, 1, 1, 1), (3, 40, 5, 2, 9)]
)
def test_svdf(batch: int, depth: int, units: int, rank: int, memory: int) -> None:
    rng = np.random.default_rng(depth)
    filters = units * rank
    x = draw_values(rng, (2, batch, depth), "int8")
    feature = draw_values(rng, (filters, depth), "int8")
    time = draw_values(rng, (filters, memory), "int16")
    bias = rng.integers(-(2**20), 2**20, units).astype(np.int32)
    state = draw_values(rng, (2, batch, filters * memory), "int16")
    p = SvdfParameters(
        quantization(0.02, 3),
        quantization(0.01),
        quantization(1e-4),
        quantization(1e-3),
        quantization(0.05, -7),
        rank,
    )
    found: list[Any] = [np.empty((2, batch, units), np.int8), np.empty_like(state)]
    SvdfSpec(batch, feature, time, bias, p, np.float64).make().run([x, state], found, 2)
    for i in range(2):
        expected = svdf.svdf(x[i], feature, time, bias, state[i], p, np.float64)
        np.testing.assert_array_equal(found[0][i], expected[0])
        np.testing.assert_array_equal(found[1][i], expected[1])


def test_arguments_are_checked() -> None:
    with pytest.raises(ValueError, match="zero point out of range"):
        _native.l2_normalization(rows=1, depth=1, is_unsigned=True, zero_point=-1)
    good: dict[str, Any] = {
        "batch": 1,
        "rank": 1,
        "feature": np.zeros((2, 3), np.int8),
        "time": np.zeros((2, 4), np.int16),
        "bias": np.zeros(2, np.int32),
        "input_zero_point": 0,
        "output_zero_point": 0,
        "first": (0, 0),
        "second": (0, 0),
    }
    _native.svdf(**good)
    for name, value in (("rank", 3), ("bias", np.zeros(3, np.int32)), ("rank", 0)):
        with pytest.raises(ValueError, match="do not fit"):
            _native.svdf(**(good | {name: value}))

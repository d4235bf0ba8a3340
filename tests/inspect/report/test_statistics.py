"""Histograms and warnings of tensors made for the purpose."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from intlite.graph.types import Operator, Tensor
from intlite.inspect.report.statistics import Statistics, statistics
from intlite.quantization import Quantization, per_tensor
from intlite.schema.options import Conv2DOptions

RELU = Operator(0, "RELU", 1, (0,), (1,))


def looked(
    values: NDArray[np.generic],
    zero_point: int = 0,
    writer: Operator | None = RELU,
    quantization: Quantization | None = None,
) -> Statistics:
    kind = values.dtype.name.upper()
    q = quantization or per_tensor(0.5, zero_point)
    data = values if writer is None else None
    found = statistics(values, Tensor(0, "t", kind, values.shape, values.shape, q, data), writer)
    assert found is not None
    return found


def test_histogram_of_bytes_counts_each_value() -> None:
    values = np.array([-128, -128, 0, 5, 127], np.int8)
    found = looked(values)
    assert (found.start, found.step, sum(found.counts)) == (-128, 1, 5)
    assert [found.counts[i] for i in (0, 128, 133, 255)] == [2, 1, 1, 1]
    assert (found.low, found.high, found.used) == (-128, 127, 1.0)
    assert found.mean == pytest.approx(np.mean(values.astype(float)) * 0.5)


def test_values_at_the_ends_are_saturated() -> None:
    values = np.tile(np.arange(-128, 128), 4).astype(np.int8)
    values[:40] = 127
    assert any("saturated at 127" in w for w in looked(values).warnings)
    values[:40] = -128
    assert any("saturated at -128" in w for w in looked(values).warnings)
    # There zero lies, and RELU leaves zeros.
    assert looked(values, zero_point=-128).warnings == ()


def test_what_relu6_cuts_off_is_not_saturated() -> None:
    values = np.tile(np.arange(-128, 128), 4).astype(np.int8)
    values[:400] = 127
    conv = Operator(0, "CONV_2D", 1, (0,), (1,), Conv2DOptions(fused_activation_function=3))
    assert looked(values, -128, conv).warnings == ()
    assert looked(values, -128).warnings != ()


def test_unused_range_and_constant_outputs() -> None:
    narrow = looked(np.arange(-10, 10, dtype=np.int8))
    assert narrow.warnings == ("only 8% of the range is used: 4.3 of 8 bits",)
    assert looked(np.full(9, 7, np.int8)).warnings == ("every value is 7",)
    softmax = Operator(0, "SOFTMAX", 1, (0,), (1,))
    assert looked(np.arange(-128, -100, dtype=np.int8), -128, softmax).warnings == ()


def test_channels_that_never_change() -> None:
    values = np.random.default_rng(0).integers(-128, 128, (2, 4, 4, 3)).astype(np.int8)
    values[..., 1] = 4
    conv = Operator(0, "CONV_2D", 1, (0,), (1,), Conv2DOptions())
    assert "1 of 3 channels never change" in looked(values, 0, conv).warnings
    assert "1 of 3 channels never change" not in looked(values).warnings


def test_weights_are_judged_by_channel() -> None:
    weights = np.array([[127, -127], [10, -20], [3, 90]], np.int8)
    q = Quantization(np.ones(3, np.float32), np.zeros(3, np.int64), 0)
    found = looked(weights, writer=None, quantization=q)
    assert found.warnings == ("1 of 3 channels of weights use less than half of their range",)


def test_other_types() -> None:
    tensor = Tensor(0, "t", "FLOAT32", (3,), (3,))
    found = statistics(np.array([1.0, 2.0, np.inf], np.float32), tensor)
    assert found is not None
    assert (found.low, found.high, sum(found.counts)) == (1.0, 2.0, 2)
    assert statistics(np.zeros(0, np.float32), tensor) is None
    assert statistics(np.array([True]), tensor) is None

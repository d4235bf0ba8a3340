"""FULLY_CONNECTED against the real runtimes: random cases, and those that hurt."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np
import pytest

from intlite import Model, UnsupportedOpError
from intlite.quantization import INT32_MAX, INT32_MIN, per_tensor
from intlite.runtimes import RUNTIMES
from intlite.schema.options import FullyConnectedOptions

from ..models import Network
from ..oracles import Job, run
from ..sweeps import check, power, sweep
from ..sweeps.base import quantization
from ..sweeps.fully_connected import FullyConnectedCase

OUTPUTS, MANY_OUTPUTS = 250_000, 4_000_000
# TFLite Micro has no uint8: four cases in seventeen. XNNPACK does not load models with
# zero points of channels, or factors of 256 and more. All refuse some activation bounds.
REFUSED = {"litert": 0.15, "litert-builtin": 0.05, "litert-reference": 0.05, "tflm": 0.35}
LITERT = tuple(name for name in RUNTIMES if name != "tflm")


def a_case(rows: int = 3, units: int = 5, depth: int = 7, **changes: Any) -> FullyConnectedCase:
    rng = np.random.default_rng(0)
    case = FullyConnectedCase(
        rng.integers(-128, 127, (rows, depth), np.int8, endpoint=True),
        rng.integers(-128, 127, (units, depth), np.int8, endpoint=True),
        rng.integers(-500, 500, units, np.int32),
        quantization(0.05, 3),
        quantization(0.02),
        quantization(1.5, -10),
    )
    return replace(case, **changes)


def test_random_cases() -> None:
    sweep("FULLY_CONNECTED", 1, count(), OUTPUTS).check(OUTPUTS, REFUSED)


@pytest.mark.long
def test_many_random_cases() -> None:
    sweep("FULLY_CONNECTED", 2, count(), MANY_OUTPUTS).check(MANY_OUTPUTS, REFUSED)


def test_random_cases_tell_the_flavours_apart() -> None:
    differing = power("FULLY_CONNECTED", 1, 60)
    assert min(differing.values()) >= 50, differing


@pytest.mark.parametrize("zero_point", [127, -128, 0])
@pytest.mark.parametrize("value", [-128, 127])
def test_largest_sums(zero_point: int, value: int) -> None:
    depth, units = 1200, 33
    weights = np.full((units, depth), -128, np.int8)
    weights[::2] = 127
    for factor in (2.0**-18, 3e-6):
        case = a_case(
            x=np.full((2, depth), value, np.int8),
            weights=weights,
            bias=np.arange(units, dtype=np.int32) * 2**13,
            input=quantization(1, zero_point),
            weights_quantization=quantization(factor),
            output=quantization(1, 5),
        )
        assert all(c.outputs == 2 * units for c in check(case))


@pytest.mark.parametrize("per_channel", [False, True])
def test_sums_wrap_at_32_bits(per_channel: bool) -> None:
    bias = np.array([INT32_MAX, INT32_MIN, INT32_MAX - 5000, INT32_MIN + 5000, 0] * 4, np.int32)
    scale = np.full(bias.size if per_channel else 1, 2.0**-25)
    case = a_case(
        units=bias.size,
        rows=20,
        depth=65,
        bias=bias,
        input=quantization(1, 3),
        weights_quantization=quantization(scale),
        output=quantization(1),
    )
    assert all(c.outputs == 20 * bias.size for c in check(case))


@pytest.mark.parametrize(
    ("shape", "keep"),
    [
        ((7,), False),
        ((7,), True),
        ((3, 7), True),
        ((2, 3, 7), False),
        ((2, 3, 7), True),
        ((1, 2, 3, 7), False),
        ((1, 2, 3, 7), True),
        ((2, 7, 3), False),
        ((0, 7), False),
        ((0, 7), True),
    ],
)
def test_shapes(shape: tuple[int, ...], keep: bool) -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(-128, 127, shape, np.int8, endpoint=True)
    check(a_case(x=x, keep_num_dims=keep))


@pytest.mark.parametrize("activation", ["NONE", "RELU", "RELU6", "RELU_N1_TO_1"])
@pytest.mark.parametrize("zero_point", [-128, -10, 127])
def test_activations(activation: str, zero_point: int) -> None:
    # A bound of 6 lies halfway between two codes, 1 does too.
    for scale in (0.5, 4.0, 2 / 3):
        case = a_case(activation=activation, output=quantization(scale, zero_point))
        assert all(c.outputs for c in check(case))


@pytest.mark.parametrize("factor", [255.9, 256, 300, 2.0**20])
def test_factors_that_the_delegate_does_not_load(factor: float) -> None:
    case = a_case(input=quantization(factor), weights_quantization=quantization(1))
    case = replace(case, output=quantization(1))
    found = {c.flavour: c for c in check(case)}
    assert found["litert"].refused == (factor >= 256)
    assert all(found[name].outputs for name in RUNTIMES if name != "litert")


def test_no_depth() -> None:
    """LiteRT leaves the output unwritten; intlite stores the bias, as TFLite Micro does."""
    case = a_case(depth=0, keep_num_dims=True)
    check(case, ["tflm"])
    model, inputs = case.build()
    expected = Model(model, numerics="tflm")(*inputs)
    for flavour in LITERT:
        [result] = run([Job(model, inputs, flavour)])
        assert result.outputs is not None
        assert not result.outputs[0].any()
        np.testing.assert_array_equal(Model(model, numerics=flavour)(*inputs), expected)


def test_subnormal_scale_of_the_bias() -> None:
    case = a_case(
        rows=20,
        units=50,
        input=quantization(1e-20),
        weights_quantization=quantization(1e-20),
        output=quantization(2e-38),
    )
    check(case)


# ------------------------------------------------------------------ not supported


def unsupported(
    types: tuple[str, str, str] = ("INT8", "INT8", "INT8"),
    bias: str = "INT32",
    bias_size: int = 2,
    weights_shape: tuple[int, ...] = (2, 4),
    weights_scales: int = 1,
    weights_zero_point: int = 0,
    **options: Any,
) -> bytes:
    net = Network()
    q = per_tensor(0.5, 0)
    x = net.input((1, 4), types[0], q)
    weights = net.constant(
        np.ones(weights_shape),
        types[1],
        quantization([0.5] * weights_scales, weights_zero_point, axis=1),
    )
    b = net.constant(np.zeros(bias_size), bias)
    y = net.output((1, 2), types[2], q)
    net.operator("FULLY_CONNECTED", [x, weights, b], [y], FullyConnectedOptions(**options))
    return net.bytes()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"types": ("INT16", "INT8", "INT16"), "bias": "INT32"}, "expected .* INT64"),
        ({"types": ("INT16", "INT4", "INT16")}, "INT4 weights"),
        ({"types": ("INT8", "INT4", "INT8"), "weights_zero_point": 1}, "INT4 needs zero points"),
        ({"types": ("FLOAT16", "FLOAT16", "FLOAT16"), "bias": "FLOAT16"}, "FLOAT16 input"),
        ({"types": ("FLOAT32", "UINT8", "FLOAT32"), "bias": "FLOAT32"}, "FLOAT32 input"),
        ({"types": ("UINT8", "INT8", "UINT8")}, "INT8 weights"),
        ({"types": ("UINT8", "UINT8", "INT16")}, "INT16 output"),
        ({"bias": "INT64"}, "bias"),
        ({"bias_size": 3}, "bias"),
        ({"weights_shape": (2, 2, 2)}, "not a matrix"),
        ({"weights_scales": 4}, "per channel"),
        ({"fused_activation_function": 4}, "TANH"),
        ({"fused_activation_function": 77}, "77"),
        ({"weights_format": 1}, "SHUFFLED4x16INT8"),
    ],
)
@pytest.mark.parametrize("flavour", RUNTIMES)
def test_unsupported(changes: dict[str, Any], reason: str, flavour: str) -> None:
    with pytest.raises(UnsupportedOpError, match=f"FULLY_CONNECTED #0: .*{reason}"):
        Model(unsupported(**changes), numerics=flavour)


def test_bias_is_checked_against_nothing_else() -> None:
    """The model that ``unsupported`` changes runs."""
    assert np.array_equal(Model(unsupported())(np.full((1, 4), 3, np.int8)), [[6, 6]])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"bias": "INT32"}, "expected 2 INT64"),
        ({"bias": "INT64", "quantized_bias_type": 2}, "expected 2 INT32"),
        ({"bias": "INT64", "quantized_bias_type": 9}, "INT8 is not supported"),
        ({"bias": "INT64", "quantized_bias_type": 99}, "99 is not supported"),
    ],
)
def test_unsupported_int16(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(UnsupportedOpError, match=f"FULLY_CONNECTED #0: .*{reason}"):
        Model(unsupported(("INT16", "INT8", "INT16"), **changes))

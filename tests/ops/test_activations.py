"""Elementwise operators of one input against the real runtimes: random cases and all values."""

from __future__ import annotations

import numpy as np
import pytest

from intlite import Model, UnsupportedOpError
from intlite.quantization import per_tensor
from intlite.runtimes import RUNTIMES
from intlite.schema.options import LeakyReluOptions

from ..models import Network
from ..sweeps import check, power, sweep
from ..sweeps.base import quantization
from ..sweeps.binary import check_sweep
from ..sweeps.unary import ABSENT, DTYPES, UnaryCase

BOTH = (
    "RELU",
    "RELU6",
    "RELU_N1_TO_1",
    "RELU_0_TO_1",
    "LEAKY_RELU",
    "HARD_SWISH",
    "LOGISTIC",
    "TANH",
    "GELU",
)
INT8 = ("ABS", "ELU", "EXP", "LOG", "SQRT", "RSQRT", "NEG")
UNQUANTIZED = ("NEG",)
# Flavours that differ in something other than whose runtime has the operator.
DIFFERING = {
    "RELU6": [("litert-reference", "tflm")],
    "LEAKY_RELU": [("litert", "litert-builtin")],
    "LOGISTIC": [("litert-reference", "tflm")],
    "TANH": [("litert-reference", "tflm")],
    "ELU": [("litert", "litert-builtin")],
}


def absent(operator: str) -> list[str]:
    return [name for name, operators in ABSENT.items() if operator in operators]


@pytest.mark.parametrize("operator", [*BOTH, *INT8])
def test_random_cases(operator: str) -> None:
    found = sweep(operator, 1, iter(range(108)))
    check_sweep(found, 10_000, absent(operator))
    kinds = {kind for kind, _ in found.tallies} & {*DTYPES}
    assert kinds == ({"int8"} if operator in INT8 else {"int8", "uint8"})


@pytest.mark.long
@pytest.mark.parametrize("operator", [*BOTH, *INT8])
def test_many_random_cases(operator: str) -> None:
    check_sweep(sweep(operator, 2, iter(range(1708))), 400_000, absent(operator))


@pytest.mark.parametrize("operator", DIFFERING)
def test_random_cases_tell_the_flavours_apart(operator: str) -> None:
    differing = power(operator, 1, 100)
    for pair in DIFFERING[operator]:
        assert differing[pair] >= 5, differing


@pytest.mark.parametrize("scale", [0.25, 0.1, 2.0**-29, 2.0**-31, 1000, 1e-12, 1e12])
@pytest.mark.parametrize("operator", ["LOGISTIC", "TANH", "RELU", "RELU6", "LEAKY_RELU"])
def test_extreme_input_scales(operator: str, scale: float) -> None:
    x = np.arange(256, dtype=np.uint8).view(np.int8)
    out = (2.0**-8, -128) if operator == "LOGISTIC" else (2.0**-7, 0)
    option = LeakyReluOptions(alpha=-0.3) if operator == "LEAKY_RELU" else None
    for zero_point in (3, -112):
        check(UnaryCase(operator, x, quantization(scale, zero_point), quantization(*out), option))


@pytest.mark.parametrize("scales", [(1e20, 0.125), (4e-7, 2.0**31), (1e-6, 1e6)])
def test_rsqrt_shifts_beyond_32_bits(scales: tuple[float, float]) -> None:
    x = np.arange(-127, 128).astype(np.int8)
    check(UnaryCase("RSQRT", x, quantization(scales[0], -128), quantization(scales[1], 109)))


def test_sqrt_below_zero_is_of_zero() -> None:
    x = np.arange(-128, 128).astype(np.int8)
    content, _ = UnaryCase("SQRT", x, quantization(0.1, -20), quantization(0.05, -7)).build()
    for flavour in RUNTIMES:
        y = Model(content, numerics=flavour)(x)
        assert (y[x <= -20] == -7).all()
        assert y[x == 107] == 64  # sqrt(12.7) / 0.05 = 71.27


@pytest.mark.parametrize("scale", [1e-20, 2.0**-126, 2.0**-149])
@pytest.mark.parametrize("operator", ["ELU", "GELU", "TANH", "EXP"])
def test_results_beyond_int32(operator: str, scale: float) -> None:
    x = np.arange(256, dtype=np.uint8)
    for values in (x.view(np.int8), x):
        is_refused = operator in ("ELU", "TANH") and scale < 2.0**-126  # by XNNPACK
        if is_refused or (operator in INT8 and values is x):
            continue
        check(UnaryCase(operator, values, quantization(0.01, 3), quantization(scale, 96)))


@pytest.mark.parametrize("operator", ["RELU", "HARD_SWISH", "LOGISTIC"])
def test_shapes(operator: str) -> None:
    for shape in ((), (1,), (2, 1, 3, 1, 2, 1, 5)):
        x = np.arange(np.prod(shape, dtype=int)).astype(np.int8).reshape(shape)
        out = quantization(2.0**-8, -128)
        check(UnaryCase(operator, x, quantization(2.0**-6, 3), out))


@pytest.mark.parametrize("scale", [2.0**-7, 2.0**-8])
def test_hard_swish_with_too_fine_an_output(scale: float) -> None:
    case = UnaryCase("HARD_SWISH", np.zeros(3, np.int8), quantization(1), quantization(scale))
    for flavour in RUNTIMES:
        with pytest.raises(UnsupportedOpError, match=r"HARD_SWISH #0: .*2\*\*-7"):
            Model(case.build()[0], numerics=flavour)


@pytest.mark.parametrize("scales", [(1.1e-4, 0.5), (2.0**-16, 2.0**-9), (1e-6, 3.0)])
def test_hard_swish_shifts_beyond_16_bits(scales: tuple[float, float]) -> None:
    x = np.arange(256).astype(np.uint8).view(np.int8)
    check(UnaryCase("HARD_SWISH", x, quantization(scales[0], 87), quantization(scales[1], 100)))


@pytest.mark.parametrize("operator", [*BOTH, *INT8])
def test_refused(operator: str) -> None:
    types = [("INT16", "INT8"), ("FLOAT16", "FLOAT16"), ("INT8", "UINT8"), ("UINT8", "INT8")]
    for from_, to in [*types, ("UINT8", "UINT8")] if operator in INT8 else types:
        net = Network()
        x = net.input((3,), from_, per_tensor(0.5, 0))
        net.operator(operator, [x], [net.output((3,), to, per_tensor(0.5, 0))])
        with pytest.raises(UnsupportedOpError, match=f"{operator} #0: {from_} to {to}"):
            Model(net.bytes())
    if operator in UNQUANTIZED:
        return
    net = Network()
    x = net.input((3,), "INT8", quantization([1, 2, 3]))
    net.operator(operator, [x], [net.output((3,), "INT8")])
    with pytest.raises(UnsupportedOpError, match="(?s)per channel.*no quantization"):
        Model(net.bytes())

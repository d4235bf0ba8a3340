"""L2_NORMALIZATION and LOG_SOFTMAX against the real runtimes."""

from __future__ import annotations

from itertools import count

import numpy as np
import pytest

from intlite import Model, ShapeError, UnsupportedOpError
from intlite.quantization import Quantization
from intlite.schema.options import L2NormOptions

from ..models import Network
from ..sweeps import sweep
from ..sweeps.base import quantization

OUTPUT = {
    "L2_NORMALIZATION": quantization(1 / 128, 0),
    "LOG_SOFTMAX": quantization(1 / 16, 127),
}
# TFLite Micro has no uint8 kernels.
REFUSED = {"tflm": 0.6}
OUTPUTS, MANY_OUTPUTS = 20_000, 200_000


@pytest.mark.parametrize("operator", OUTPUT)
def test_random_cases(operator: str) -> None:
    sweep(operator, 1, count(), OUTPUTS).check(OUTPUTS, REFUSED)


@pytest.mark.long
@pytest.mark.parametrize("operator", OUTPUT)
def test_many_random_cases(operator: str) -> None:
    sweep(operator, 2, count(), MANY_OUTPUTS).check(MANY_OUTPUTS, REFUSED)


def model(
    operator: str,
    output: Quantization | None = None,
    scale: float = 0.5,
    types: tuple[str, str] = ("INT8", "INT8"),
    options: L2NormOptions | None = None,
) -> bytes:
    net = Network()
    x = net.input((2, 3), types[0], quantization(scale))
    y = net.output((2, 3), types[1], OUTPUT[operator] if output is None else output)
    net.operator(operator, [x], [y], options)
    return net.bytes()


@pytest.mark.parametrize("operator", OUTPUT)
def test_refused(operator: str) -> None:
    for types in (("INT16", "INT16"), ("INT8", "UINT8")):
        with pytest.raises(UnsupportedOpError, match=f"{operator} #0: {types[0]} to {types[1]}"):
            Model(model(operator, types=types))
    for q in (quantization(1 / 64, OUTPUT[operator].zero_point), quantization(1 / 128, 1)):
        with pytest.raises(UnsupportedOpError, match=f"{operator} #0: .*must have scale"):
            Model(model(operator, q))


def test_options_and_scales_refused() -> None:
    relu = L2NormOptions(fused_activation_function=1)
    with pytest.raises(UnsupportedOpError, match="fused activation RELU"):
        Model(model("L2_NORMALIZATION", options=relu))
    with pytest.raises(UnsupportedOpError, match="too small"):
        Model(model("LOG_SOFTMAX", scale=1e-9))


@pytest.mark.parametrize("operator", OUTPUT)
def test_scalar(operator: str) -> None:
    with pytest.raises(ShapeError):
        Model(model(operator))(np.zeros((), np.int8))

"""SOFTMAX against the real runtimes."""

from __future__ import annotations

from itertools import count

import numpy as np
import pytest

from intlite import Model, UnsupportedOpError
from intlite.schema.options import SoftmaxOptions

from ..models import Network
from ..sweeps import sweep
from ..sweeps.base import quantization

# TFLite Micro has no uint8 kernels.
REFUSED = {"tflm": 0.6}

OUTPUTS, MANY_OUTPUTS = 60_000, 600_000


def test_random_cases() -> None:
    sweep("SOFTMAX", 1, count(), OUTPUTS).check(OUTPUTS, REFUSED)


@pytest.mark.long
def test_many_random_cases() -> None:
    sweep("SOFTMAX", 2, count(), MANY_OUTPUTS).check(MANY_OUTPUTS, REFUSED)


def softmax(
    scale: float = 0.1,
    output: tuple[float, int] = (1 / 256, -128),
    beta: float = 1.0,
    types: tuple[str, str] = ("INT8", "INT8"),
) -> bytes:
    net = Network()
    x = net.input((2, 5), types[0], quantization(scale))
    y = net.output((2, 5), types[1], quantization(*output))
    net.operator("SOFTMAX", [x], [y], SoftmaxOptions(beta=beta))
    return net.bytes()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"types": ("INT16", "INT8")}, "INT16 to INT8"),
        ({"output": (1 / 128, -128)}, "scale 1/256"),
        ({"output": (1 / 256, 0)}, "zero point -128"),
        ({"beta": 0.0}, "beta"),
        ({"beta": float("nan")}, "beta"),
        ({"scale": 1e-9}, "too small"),
    ],
)
def test_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(UnsupportedOpError, match=f"SOFTMAX #0: .*{message}"):
        Model(softmax(**changes))  # type: ignore[arg-type]


def test_equal_values_share_evenly() -> None:
    y = Model(softmax())(np.full((2, 5), 7, np.int8))
    np.testing.assert_array_equal(y, np.full((2, 5), round(256 / 5) - 128))

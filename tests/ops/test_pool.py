"""AVERAGE_POOL_2D and MAX_POOL_2D against the real runtimes."""

from __future__ import annotations

from itertools import count

import pytest

from intlite import Model, ShapeError, UnsupportedOpError
from intlite.schema.options import Pool2DOptions

from ..models import Network
from ..sweeps import sweep
from ..sweeps.base import quantization

# TFLite Micro has no uint8 kernels.
REFUSED = {"tflm": 0.6}

OUTPUTS, MANY_OUTPUTS = 30_000, 300_000
OPERATORS = ("AVERAGE_POOL_2D", "MAX_POOL_2D")


@pytest.mark.parametrize("operator", OPERATORS)
def test_random_cases(operator: str) -> None:
    sweep(operator, 1, count(), OUTPUTS).check(OUTPUTS, REFUSED)


@pytest.mark.long
@pytest.mark.parametrize("operator", OPERATORS)
def test_many_random_cases(operator: str) -> None:
    sweep(operator, 2, count(), MANY_OUTPUTS).check(MANY_OUTPUTS, REFUSED)


def pool(
    operator: str,
    types: tuple[str, str] = ("INT8", "INT8"),
    scale: float = 0.5,
    rank: int = 4,
    **options: int,
) -> bytes:
    net = Network()
    shape = (1, 5, 5, 2)[:rank]
    x = net.input(shape, types[0], quantization(0.5))
    y = net.output(shape, types[1], quantization(scale))
    given = {"stride_h": 1, "stride_w": 1, "filter_height": 2, "filter_width": 2, **options}
    net.operator(operator, [x], [y], Pool2DOptions(**given))
    return net.bytes()


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"types": ("INT16", "INT8")}, "INT16"),
        ({"types": ("INT8", "UINT8")}, "UINT8"),
        ({"scale": 0.25}, "differ in quantization"),
        ({"stride_w": 0}, "at least 1"),
        ({"filter_height": 0}, "at least 1"),
        ({"fused_activation_function": 4}, "TANH"),
    ],
)
def test_refused(operator: str, changes: dict[str, object], message: str) -> None:
    with pytest.raises(UnsupportedOpError, match=f"{operator} #0: .*{message}"):
        Model(pool(operator, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("operator", OPERATORS)
def test_shapes(operator: str) -> None:
    with pytest.raises(ShapeError, match="NHWC"):
        Model(pool(operator, rank=3))
    with pytest.raises(ShapeError, match="does not fit"):
        Model(pool(operator, padding=1, filter_height=7))

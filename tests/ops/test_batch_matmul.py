"""BATCH_MATMUL against the real runtimes."""

from __future__ import annotations

from itertools import count
from typing import Any

import numpy as np
import pytest

from intlite import Model, ShapeError, UnsupportedOpError
from intlite.schema.options import BatchMatMulOptions

from ..models import Network
from ..sweeps import sweep
from ..sweeps.base import quantization

# TFLite Micro has no tensors without elements, no int16 by int8 and no hybrid kernels; LiteRT
# misreads some batches.
REFUSED = {"tflm": 0.35, "litert-builtin": 0.05, "litert-reference": 0.05}

OUTPUTS, MANY_OUTPUTS = 60_000, 500_000
SIDES = ("int8", "int16", "int16 by int8")
KINDS = {"float32", "hybrid", *SIDES, *(f"{sides} constant" for sides in SIDES)}


def test_random_cases() -> None:
    found = sweep("BATCH_MATMUL", 1, count(), OUTPUTS)
    found.check(OUTPUTS, REFUSED)
    assert {kind for (kind, _), tally in found.tallies.items() if tally.outputs} == KINDS


@pytest.mark.long
def test_many_random_cases() -> None:
    sweep("BATCH_MATMUL", 2, count(), MANY_OUTPUTS).check(MANY_OUTPUTS, REFUSED)


def batch_matmul(
    types: tuple[str, str, str] = ("INT8", "INT8", "INT8"),
    left: tuple[int, ...] = (2, 3, 4),
    right: tuple[int, ...] = (2, 4, 5),
    zero_point: int = 0,
    scale: float = 0.5,
    **options: Any,
) -> bytes:
    net = Network()
    x = net.input(left, types[0], quantization(0.5, zero_point))
    y = net.input(right, types[1], quantization(0.5))
    out = net.output((2, 3, 5), types[2], quantization(scale))
    net.operator("BATCH_MATMUL", [x, y], [out], BatchMatMulOptions(**options))
    return net.bytes()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"types": ("UINT8", "UINT8", "UINT8")}, "UINT8 by UINT8"),
        ({"types": ("INT8", "INT16", "INT8")}, "INT8 by INT16"),
        ({"types": ("FLOAT32", "INT8", "FLOAT32")}, "not constant"),
        ({"types": ("FLOAT32", "FLOAT32", "INT8")}, "FLOAT32, FLOAT32 to INT8"),
        ({"types": ("INT16", "INT16", "INT16"), "zero_point": 1}, "zero point of 0"),
        ({"types": ("INT16", "INT16", "INT16"), "scale": 1e-3}, "128"),
    ],
)
def test_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UnsupportedOpError, match=f"BATCH_MATMUL #0: .*{message}"):
        Model(batch_matmul(**changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"right": (2, 5, 4)}, "does not multiply"),
        ({"right": (3, 4, 5)}, "does not multiply"),
        ({"adj_x": True}, "does not multiply"),
        ({"adj_y": True}, "does not multiply"),
        ({"left": (4,)}, "rank 2 to 5"),
        ({"left": (1, 1, 1, 1, 3, 4)}, "rank 2 to 5"),
    ],
)
def test_shapes_that_do_not_fit(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ShapeError, match=f"BATCH_MATMUL #0: .*{message}"):
        Model(batch_matmul(**changes))


def test_hybrid_per_channel() -> None:
    net = Network()
    x, y = net.input((3, 2), "FLOAT32"), net.output((3, 2), "FLOAT32")
    weights = net.constant(np.ones((2, 2)), "INT8", quantization([0.5, 0.25], axis=1))
    net.operator("BATCH_MATMUL", [x, weights], [y], BatchMatMulOptions())
    with pytest.raises(UnsupportedOpError, match="BATCH_MATMUL #0: .*per channel"):
        Model(net.bytes())


def test_empty_matrices() -> None:
    model = Model(batch_matmul(left=(2, 0, 4)))
    y = model(np.zeros((2, 0, 4), np.int8), np.zeros((2, 4, 5), np.int8))
    assert y.shape == (2, 0, 5)

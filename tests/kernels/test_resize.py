"""The kernel of RESIZE_BILINEAR: what it refuses, and that it is the reference's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from intlite import _native
from intlite._native import ResizeKind
from intlite.ops.resize import ResizeSpec
from intlite.reference.resize import Grid, resize_bilinear
from intlite.runtimes.families import POLICIES
from intlite.runtimes.policy import Policy


def axis(low: list[int], high: list[int], weight: list[float]) -> Any:
    return np.array(low, np.int32), np.array(high, np.int32), np.array(weight, np.float32)


GOOD = axis([0, 1], [1, 1], [0.5, 0])
WRONG = {
    "below": (axis([-1, 0], [1, 1], [0, 0]), ResizeKind.FLOAT, "outside"),
    "beyond": (axis([0, 0], [1, 2], [0, 0]), ResizeKind.FLOAT, "outside"),
    "lengths": (axis([0, 0], [1], [0, 0]), ResizeKind.FLOAT, "length"),
    "weights": (axis([0, 0], [1, 1], [0, 1025]), ResizeKind.HALF_AWAY, "out of range"),
    "negative weights": (axis([0, 0], [1, 1], [0, -1]), ResizeKind.HALF_UP, "out of range"),
    "weights of XNNPACK": (axis([0, 0], [1, 1], [0, 2049]), ResizeKind.HALF_UP, "out of range"),
    "NaN": (axis([0, 0], [1, 1], [0, np.nan]), ResizeKind.HALF_AWAY, "out of range"),
    "NaN in float": (axis([0, 0], [1, 1], [0, np.nan]), ResizeKind.FLOAT, "out of range"),
}


@pytest.mark.parametrize("what", WRONG)
@pytest.mark.parametrize("where", ["rows", "columns"])
def test_refusals(what: str, where: str) -> None:
    bad, kind, message = WRONG[what]
    axes: dict[str, Any] = {"rows": GOOD, "columns": GOOD, where: bad}
    with pytest.raises(ValueError, match=message):
        _native.resize_bilinear(
            images=1, input=(2, 2), channels=3, is_unsigned=True, kind=kind, **axes
        )


def check(x: NDArray[Any], rows: Grid, columns: Grid, policy: Policy) -> None:
    """On each instruction set, and nothing is written behind the output."""
    expected = resize_bilinear(x, rows, columns, policy)
    spec = ResizeSpec(x.shape, rows, columns, x.dtype, policy.resize_kind(x.dtype))
    for isa in _native.supported_isas():
        buffer = np.full(expected.nbytes + 64, 0xA5, np.uint8)
        y = buffer[: expected.nbytes]
        spec.make(isa).run([x], [y], 1)
        np.testing.assert_array_equal(y, expected.view(np.uint8).ravel(), isa)
        assert (buffer[expected.nbytes :] == 0xA5).all(), isa


@pytest.mark.parametrize("dtype", [np.int8, np.uint8])
@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
@pytest.mark.parametrize("mode", [(False, False), (True, False), (False, True)])
def test_all_pairs_of_values(dtype: type, policy: Policy, mode: tuple[bool, bool]) -> None:
    """Between every two values, at every distance that 7 outputs from 2 inputs have."""
    codes: NDArray[Any] = np.arange(256, dtype=np.uint8).view(dtype)
    x = np.stack([np.repeat(codes, 256), np.tile(codes, 256)]).reshape(1, 2, 1, -1)
    for image in (x, x.transpose(0, 2, 1, 3).copy()):
        sizes = [7 if size == 2 else 1 for size in image.shape[1:3]]
        rows, columns = (Grid(n, m, *mode) for n, m in zip(image.shape[1:3], sizes, strict=True))
        check(image, rows, columns, policy)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16])
@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
@pytest.mark.parametrize("channels", [1, 3, 15, 16, 17, 40])
def test_channels(dtype: type, policy: Policy, channels: int) -> None:
    """Below, at and above a vector, in two images."""
    rng = np.random.default_rng(channels)
    info = np.iinfo(dtype)
    x: NDArray[Any] = rng.integers(info.min, info.max + 1, (2, 5, 4, channels)).astype(dtype)
    check(x, Grid(5, 9), Grid(4, 7), policy)
    check(x, Grid(5, 3), Grid(4, 2), policy)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8])
@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_much_larger_images(dtype: type, policy: Policy) -> None:
    """Where rounded steps would lead past the end."""
    rng = np.random.default_rng(1)
    x: NDArray[Any] = rng.integers(0, 256, (2, 2, 3, 1)).astype(np.uint8).view(dtype)
    rows, columns = Grid(2, 1400), Grid(3, 2100)
    check(x, rows, columns, policy)

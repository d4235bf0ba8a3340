"""Native kernels are made of keyword arguments: what is wrong with one names it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from intlite import _native

MEAN: dict[str, Any] = {
    "outer": 2,
    "groups": [(3, 1)],
    "is_unsigned": False,
    "kind": _native.MeanKind.FIXED_POINT,
    "offset": 0,
    "multiplier": 2**30,
    "shift": 1,
    "scale": 0.0,
    "bias": 0.0,
    "zero_point": 0,
}
PROGRAM: dict[str, Any] = {
    "steps": [],
    "input_bytes": [],
    "output_bytes": [],
    "constants": [],
    "arena_bytes": 0,
    "tile_samples": 1,
    "threads": 1,
}


@pytest.mark.parametrize(("make", "arguments"), [(_native.mean, MEAN), (_native.Program, PROGRAM)])
def test_an_argument_is_named_by_what_is_wrong_with_it(
    make: Any, arguments: dict[str, Any]
) -> None:
    make(**arguments)
    make(**dict(reversed(arguments.items())))
    for name in arguments:
        rest = {other: value for other, value in arguments.items() if other != name}
        with pytest.raises(TypeError, match=rf"missing argument '{name}'"):
            make(**rest)
        with pytest.raises(TypeError, match=rf"incompatible argument '{name}'"):
            make(**rest, **{name: object()})
    with pytest.raises(TypeError, match="unexpected argument 'other'"):
        make(**arguments, other=1)
    with pytest.raises(TypeError):
        make(*arguments.values())
    with pytest.raises(TypeError, match="too many arguments"):
        make(**arguments, **{f"other{i}": i for i in range(32)})


def test_each_argument_reaches_its_field() -> None:
    """(sum - offset) / 4 + zero_point of three values each."""
    kernel = _native.mean(**MEAN | {"offset": 6, "shift": -1, "zero_point": 10})
    y = np.empty(2, np.int8)
    kernel.run([np.array([[6, 10, 14], [2, 2, 2]], np.int8)], [y])
    assert y.tolist() == [16, 10]


@pytest.mark.parametrize(
    ("name", "size"),
    [
        *(("outer", size) for size in (-1, 1.5, None)),
        *(("groups", [(3, size)]) for size in (-1, 1.5, None)),
    ],
)
def test_sizes_are_whole_numbers(name: str, size: Any) -> None:
    with pytest.raises(TypeError, match=rf"mean\(\): incompatible argument '{name}'"):
        _native.mean(**MEAN | {name: size})

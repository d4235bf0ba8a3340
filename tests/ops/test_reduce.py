"""SUM, the REDUCE_ operators, ARG_MAX, ARG_MIN and TOPK_V2 against the real runtimes."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pytest

from intlite import Model, ShapeError, UnsupportedOpError
from intlite.schema.options import ArgMaxOptions

from ..models import Network
from ..sweeps.base import quantization
from ..sweeps.reduction import ALL_TYPES, WORDS
from .by_type import by_runtime, sweep_types

OUTPUTS, MANY_OUTPUTS = 10_000, 100_000
SIGNED = ("int8", "int16", "float32")
PLACED = ("int8", "uint8", "int32", "float32", "bool")
# The types that LiteRT takes, and those that TFLite Micro takes.
OPERATORS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "SUM": (WORDS, SIGNED),
    "REDUCE_MAX": (WORDS, ("int8", "float32")),
    "REDUCE_MIN": (WORDS, ("int8", "float32")),
    "REDUCE_PROD": (ALL_TYPES["REDUCE_PROD"], ()),
    "REDUCE_ANY": (("bool",), ()),
    "REDUCE_ALL": (("bool",), ("bool",)),
    "ARG_MAX": (PLACED, ("int8", "float32")),
    "ARG_MIN": (PLACED, ("int8", "float32")),
    "TOPK_V2": (WORDS, ()),
}


def taken(operator: str) -> dict[str, Collection[str]]:
    found = by_runtime(*OPERATORS[operator])
    if operator == "SUM":  # of int16 it sums the bytes
        found["litert-reference"] = [t for t in WORDS if t != "int16"]
    return found


@pytest.mark.parametrize("operator", OPERATORS)
def test_random_cases(operator: str) -> None:
    sweep_types(operator, 1, OUTPUTS, taken(operator))


@pytest.mark.long
@pytest.mark.parametrize("operator", OPERATORS)
def test_many_random_cases(operator: str) -> None:
    sweep_types(operator, 2, MANY_OUTPUTS, taken(operator))


def reduction(
    operator: str,
    types: tuple[str, str, str] = ("INT8", "INT32", "INT8"),
    axes: Any = (1,),
    output: tuple[float, int] = (0.5, 0),
) -> bytes:
    net = Network()
    x = net.input((2, 3, 4), types[0], quantization(0.5))
    axis = net.constant(np.array(axes), types[1])
    y = net.output((2, 4), types[2], quantization(*output))
    net.operator(operator, [x, axis], [y])
    return net.bytes()


@pytest.mark.parametrize(
    ("operator", "types", "message"),
    [
        ("SUM", ("INT8", "INT32", "UINT8"), "INT8 to UINT8"),
        ("SUM", ("INT8", "INT64", "INT8"), "axes of type INT64"),
        ("SUM", ("BOOL", "INT32", "BOOL"), "BOOL to BOOL"),
        ("REDUCE_PROD", ("UINT8", "INT32", "UINT8"), "UINT8 to UINT8"),
        ("REDUCE_ANY", ("INT8", "INT32", "INT8"), "INT8 to INT8"),
        ("REDUCE_ALL", ("INT8", "INT32", "INT8"), "INT8 to INT8"),
        ("ARG_MAX", ("INT16", "INT32", "INT32"), "INT16 to INT32"),
        ("ARG_MIN", ("INT8", "INT16", "INT32"), "axis of type INT16"),
        ("ARG_MAX", ("INT8", "INT32", "INT16"), "INT8 to INT16"),
    ],
)
def test_types_refused(operator: str, types: tuple[str, str, str], message: str) -> None:
    with pytest.raises(UnsupportedOpError, match=f"{operator} #0: .*{message}"):
        Model(reduction(operator, types))


@pytest.mark.parametrize("operator", ["REDUCE_MAX", "REDUCE_MIN"])
def test_another_quantization_is_refused(operator: str) -> None:
    for output in ((0.25, 0), (0.5, 1)):
        with pytest.raises(UnsupportedOpError, match=f"{operator} #0: .*quantized differently"):
            Model(reduction(operator, output=output))


@pytest.mark.parametrize("operator", ["SUM", "REDUCE_MAX", "REDUCE_PROD"])
def test_int16_has_zero_point_0(operator: str) -> None:
    model = reduction(operator, ("INT16", "INT32", "INT16"), output=(0.5, 1))
    with pytest.raises(UnsupportedOpError, match=r"zero point 0|quantized differently"):
        Model(model)


@pytest.mark.parametrize("operator", ["SUM", "REDUCE_MAX", "REDUCE_PROD"])
def test_axes_that_are_not_there(operator: str) -> None:
    for axis in (3, -4):
        with pytest.raises((ShapeError, UnsupportedOpError), match=f"{operator} #0"):
            Model(reduction(operator, axes=[axis]))(np.zeros((2, 3, 4), np.int8))


def test_products_that_overflow() -> None:
    with pytest.raises((ShapeError, UnsupportedOpError), match="overflow"):
        Model(reduction("REDUCE_PROD", output=(1e-20, 0)))(np.zeros((2, 3, 4), np.int8))


def test_output_type_is_the_stated_one() -> None:
    net = Network()
    x, axis = net.input((2, 3), "INT8", quantization(1)), net.constant(1, "INT32")
    net.operator("ARG_MAX", [x, axis], [net.output((2,), "INT32")], ArgMaxOptions(output_type=4))
    with pytest.raises(UnsupportedOpError, match="should be of type INT64"):
        Model(net.bytes())


def top_k(k: int, types: tuple[str, str] = ("INT32", "INT32")) -> bytes:
    net = Network()
    x, value = net.input((2, 3), "INT32"), net.constant(k, types[0])
    net.operator("TOPK_V2", [x, value], [net.output((2, 2), "INT32"), net.output((2, 2), types[1])])
    return net.bytes()


def test_top_k() -> None:
    values, where = Model(top_k(2))(np.array([[1, 7, 7], [3, 2, 1]], np.int32))
    assert values.tolist() == [[7, 7], [3, 2]]
    assert where.tolist() == [[1, 2], [0, 1]]
    with pytest.raises((ShapeError, UnsupportedOpError), match="k is 4, of 3 values"):
        Model(top_k(4))(np.zeros((2, 3), np.int32))
    for types in (("INT64", "INT32"), ("INT32", "INT64")):
        with pytest.raises(UnsupportedOpError, match="of type INT64 is not supported"):
            Model(top_k(2, types))

"""The operators that only move stored values against the real runtimes, every type by itself."""

from __future__ import annotations

import pytest

from ..sweeps.arrangement import BLOCK_TYPES, ZERO_TYPES
from ..sweeps.movement import TYPES, WORDS
from .by_type import by_runtime, sweep_types

OUTPUTS, MANY_OUTPUTS = 10_000, 100_000
UNPACKED = ("int8", "uint8", "int16", "int32", "float32", "bool")
SMALL = ("int8", "int16", "float32")

# The types that LiteRT takes, and those that TFLite Micro takes.
OPERATORS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "SQUEEZE": (TYPES, TYPES),
    "EXPAND_DIMS": (TYPES, SMALL),
    "SHAPE": (("int32",), ("int32",)),
    "PAD": (TYPES, (*SMALL, "int32")),
    "PADV2": (TYPES, (*SMALL, "int32")),
    "MIRROR_PAD": (TYPES, ("int8", "float32")),
    "CONCATENATION": ((*TYPES, "uint8 rescaled"), (*SMALL, "int32", "int64", "bool")),
    "PACK": (WORDS, (*SMALL, "int32", "int64")),
    "STRIDED_SLICE": (TYPES, (*SMALL, "int32", "bool")),
    "SLICE": (TYPES, (*SMALL, "int32", "bool")),
    "REVERSE_V2": (TYPES, TYPES),
    "TRANSPOSE": (TYPES, SMALL),
    "SPLIT": (WORDS, (*SMALL, "int32")),
    "SPLIT_V": (WORDS, (*SMALL, "int32")),
    "UNPACK": (UNPACKED, (*SMALL, "int32")),
    "TILE": (TYPES, ()),
    "BROADCAST_TO": (TYPES, TYPES),
    "FILL": (TYPES, ("int8", "int32", "float32")),
    "ZEROS_LIKE": (ZERO_TYPES, ZERO_TYPES),
    "GATHER": (TYPES, ("int8", "float32")),
    "GATHER_ND": (TYPES, ("int8", "float32")),
    "DEPTH_TO_SPACE": (BLOCK_TYPES, ("int8", "float32")),
    "SPACE_TO_DEPTH": (BLOCK_TYPES, ("int8", "float32")),
    "BATCH_TO_SPACE_ND": (TYPES, ("int8", "float32")),
    "SPACE_TO_BATCH_ND": (TYPES, ("int8", "float32")),
}


@pytest.mark.parametrize("name", OPERATORS)
def test_random_cases(name: str) -> None:
    # A shape has few elements.
    sweep_types(name, 1, 1000 if name == "SHAPE" else OUTPUTS, by_runtime(*OPERATORS[name]))


@pytest.mark.long
@pytest.mark.parametrize("name", OPERATORS)
def test_many_random_cases(name: str) -> None:
    least = 10_000 if name == "SHAPE" else MANY_OUTPUTS
    sweep_types(name, 2, least, by_runtime(*OPERATORS[name]))

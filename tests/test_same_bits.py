"""Whole models give the recorded bits, in all flavours: on whatever this is run."""

from __future__ import annotations

import json

import intlite

from .same_bits import MODELS, RECORDED, differences, digests


def test_bits_are_the_recorded_ones() -> None:
    assert differences(digests()) == []


def test_every_model_and_flavour_is_recorded() -> None:
    recorded = json.loads(RECORDED.read_text())
    flavours = {runtime.numerics for runtime in intlite.runtimes()}
    assert {name: set(of) for name, of in recorded.items()} == dict.fromkeys(MODELS, flavours)


def test_a_difference_is_seen() -> None:
    """Digests of one flavour in place of another's: the flavours do differ."""
    recorded = json.loads(RECORDED.read_text())
    assert differences(recorded) == []
    swapped = {name: {**of, "litert": of["tflm"]} for name, of in recorded.items()}
    assert differences(swapped)

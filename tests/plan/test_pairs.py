"""Operators beside each other: as planned, each by itself, and in the real runtimes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np
import pytest

from intlite import IntliteError, Model
from intlite.runtimes import RUNTIMES

from ..sweeps import compare
from ..sweeps.base import Arrays
from ..sweeps.pairs import OPERATORS, Assembled, draw_chain, draw_pair
from ..sweeps.steps import STEPS

SAMPLES = 3
BATCH = 64


def outputs(pair: Assembled, inputs: Arrays, numerics: str, **options: object) -> Arrays | type:
    """Those of the model, or the kind of error."""
    try:
        y = Model(pair.model, numerics=numerics, **options)(*inputs)  # type: ignore[arg-type]
    except IntliteError as error:
        return type(error)
    return y if isinstance(y, tuple) else (y,)


def check(pair: Assembled, numerics: str, turn: int) -> int:
    """The plan gives the bits of the operators by themselves; returns how many elements."""
    inputs = pair.inputs
    if turn % 2 and all(x.ndim for x in inputs):
        # Some samples, where nothing says where or what shape.
        others = [np.roll(x, 1) if x.dtype.itemsize < 4 else x for x in inputs]
        inputs = tuple(np.concatenate([x, y, x]) for x, y in zip(inputs, others, strict=True))
    expected = outputs(pair, inputs, numerics, passes=())
    found = outputs(pair, inputs, numerics, num_threads=1 + turn // 2 % 2)
    if isinstance(expected, type) or isinstance(found, type):
        assert found == expected, f"{pair} in {numerics}"
        return 0
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a, b, f"{pair} in {numerics}")
    return sum(y.size for y in expected)


def check_all(pairs: Iterable[Assembled], every: bool = False) -> list[int]:
    """In every runtime, or in one after the other."""
    names = list(RUNTIMES)
    return [
        check(pair, name, turn // len(names))
        for turn, pair in enumerate(pairs)
        for name in (names if every else [names[turn % len(names)]])
    ]


def pairs(seed: int, count: int) -> Iterator[Assembled]:
    return (draw_pair(operator, seed, i) for i in range(count) for operator in OPERATORS)


def chains(seed: int, count: int) -> Iterator[Assembled]:
    return (draw_chain(seed, i) for i in range(count))


def test_operators_beside_each_step() -> None:
    """Every third operator beside the first of the steps, those after them beside the next."""
    drawn = [
        draw_pair(operator, 1, i) for i in range(len(STEPS)) for operator in OPERATORS[i % 3 :: 3]
    ]
    found = check_all(drawn)
    assert np.count_nonzero(found) > 0.9 * len(found)
    # Each step was before an operator and behind one.
    assert {pair.steps[0] for pair in drawn} >= set(STEPS)
    assert {pair.steps[-1] for pair in drawn} >= set(STEPS)


def test_steps_in_a_row() -> None:
    assert all(check_all(chains(1, 240)))


@pytest.mark.long
def test_many_pairs_in_each_runtime() -> None:
    assert sum(check_all(pairs(2, 4 * len(STEPS)), every=True)) > 10_000_000


@pytest.mark.long
def test_many_steps_in_a_row_in_each_runtime() -> None:
    assert sum(check_all(chains(2, 5000), every=True)) > 5_000_000


def compare_all(drawn: Iterator[Assembled], count: int) -> None:
    """With the real runtimes, as far as these take them."""
    wanted = (pair for pair in drawn if pair.is_exact and len(pair.steps) > 1)
    refused: dict[str, int] = dict.fromkeys(RUNTIMES, 0)
    some = list(islice(wanted, count))
    while some:
        for pair, row in zip(some, compare(some[:BATCH]), strict=False):
            for comparison in row:
                name, failure = comparison.flavour, comparison.failure
                assert not failure, f"{pair} in {name}: {failure}"
                refused[name] += comparison.refused
        some = some[BATCH:]
    for name, times in refused.items():
        # Most of the types are none of TFLite Micro's.
        assert times <= count * (0.75 if name == "tflm" else 0.02), f"{name} refused {times}"


def test_real_runtimes() -> None:
    compare_all(pairs(3, 3), 200)
    compare_all(chains(3, 100), 100)


@pytest.mark.long
def test_real_runtimes_on_many() -> None:
    compare_all(pairs(4, 24), 2000)
    compare_all(chains(4, 1000), 1000)

"""Sweeps that go on until every element type was compared, each by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from intlite.runtimes import RUNTIMES

from ..sweeps import sweep

CASES, MOST_CASES = 128, 20_000


def sweep_types(name: str, seed: int, least: int, taken: dict[str, Collection[str]]) -> None:
    """Compare cases until each runtime gave ``least`` elements of each type that it takes.

    Args:
        name: The operator.
        seed: Of the cases.
        least: How many elements.
        taken: The kinds of cases that each flavour's runtime runs.
    """
    wanted = {(flavour, kind) for flavour in RUNTIMES for kind in taken[flavour]}
    compared: Counter[tuple[str, str]] = Counter()
    for start in range(0, MOST_CASES, CASES):
        found = sweep(name, seed, iter(range(start, start + CASES)))
        assert not found.failures, "\n\n".join(map(str, found.failures))
        for (kind, flavour), tally in found.tallies.items():
            compared[flavour, kind.removesuffix(", given")] += tally.outputs
        if all(compared[key] >= least for key in wanted):
            break
    assert {key for key, outputs in compared.items() if outputs} == wanted
    assert all(compared[key] >= least for key in wanted), compared


def by_runtime(litert: Collection[str], tflm: Collection[str]) -> dict[str, Collection[str]]:
    """``taken``, where all three of LiteRT take the same."""
    return {flavour: tflm if flavour == "tflm" else litert for flavour in RUNTIMES}

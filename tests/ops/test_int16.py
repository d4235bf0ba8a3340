"""Operators on int16 by themselves, against the real runtimes."""

from __future__ import annotations

from itertools import islice

import pytest

from intlite.numerics import FLAVOURS

from ..sweeps import int16_indices, int16_operators, sweep
from ..sweeps.int16 import ABSENT

OUTPUTS = 10_000
# How many cases give so many.
CASES = {**dict.fromkeys(int16_operators(), 40), "AVERAGE_POOL_2D": 110, "MAX_POOL_2D": 110}


def check(operator: str, seed: int, cases: int, outputs: int) -> None:
    """Fail if anything differed or was refused, or too little was compared."""
    found = sweep(operator, seed, islice(int16_indices(), cases))
    assert not found.failures, "\n\n".join(map(str, found.failures))
    for name in FLAVOURS:
        rows = [tally for (_, flavour), tally in found.tallies.items() if flavour == name]
        refused = sum(tally.refused for tally in rows)
        if operator in ABSENT.get(name, ()):
            assert refused == cases
            continue
        assert found.compared(name) >= outputs, f"only {found.compared(name)} outputs on {name}"
        assert refused <= 0.1 * cases, f"{name} refused {refused} of {cases} cases"


@pytest.mark.parametrize("operator", int16_operators())
def test_random_cases(operator: str) -> None:
    check(operator, 1, CASES[operator], OUTPUTS)


@pytest.mark.long
@pytest.mark.parametrize("operator", int16_operators())
def test_many_random_cases(operator: str) -> None:
    check(operator, 2, 12 * CASES[operator], 10 * OUTPUTS)

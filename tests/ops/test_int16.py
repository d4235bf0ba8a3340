"""Operators on int16 by themselves, against the real runtimes."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from intlite import Model, UnsupportedOpError
from intlite.runtimes import RUNTIMES

from ..sweeps import check as compare
from ..sweeps import int16_indices, int16_operators, sweep
from ..sweeps.base import quantization
from ..sweeps.binary import BinaryCase
from ..sweeps.int16 import ABSENT
from ..sweeps.unary import UnaryCase

OUTPUTS = 10_000
# How many cases give so many.
CASES = {**dict.fromkeys(int16_operators(), 40), "AVERAGE_POOL_2D": 110, "MAX_POOL_2D": 110}


def check(operator: str, seed: int, cases: int, outputs: int) -> None:
    """Fail if anything differed or was refused, or too little was compared."""
    found = sweep(operator, seed, islice(int16_indices(), cases))
    assert not found.failures, "\n\n".join(map(str, found.failures))
    for name in RUNTIMES:
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


X = np.arange(-20, 20, dtype=np.int16)
TINY = 2.0**-14


@pytest.mark.parametrize("operator", ["LEAKY_RELU", "RELU", "LOGISTIC", "TANH", "EXP", "GELU"])
def test_zero_points_are_refused(operator: str) -> None:
    for points in ((1, 0), (0, -3)):
        ins, out = (quantization(2.0**-15, point) for point in points)
        with pytest.raises(UnsupportedOpError, match=f"{operator} #0: .*zero point of INT16"):
            Model(UnaryCase(operator, X, ins, out).build()[0])


@pytest.mark.parametrize("operator", ["ADD", "SUB", "MUL", "DIV"])
def test_zero_points_of_operands_are_refused(operator: str) -> None:
    for points in ((1, 0, 0), (0, 7, 0), (0, 0, -1)):
        left, right, out = (quantization(0.5, point) for point in points)
        case = BinaryCase(operator, X, X, left, right, out)
        with pytest.raises(UnsupportedOpError, match=f"{operator} #0: .*zero point of INT16"):
            Model(case.build()[0])


@pytest.mark.parametrize("operator", ["HARD_SWISH", "ELU", "RELU_N1_TO_1", "RELU_0_TO_1"])
def test_operators_without_int16(operator: str) -> None:
    case = UnaryCase(operator, X, quantization(0.5), quantization(0.5))
    with pytest.raises(UnsupportedOpError, match=f"{operator} #0: INT16 to INT16"):
        Model(case.build()[0])


@pytest.mark.parametrize("operator", ["ADD", "SUB"])
def test_sums_that_the_runtimes_abort_on(operator: str) -> None:
    fine, fatal = (
        BinaryCase(
            operator, X, X, quantization(1), quantization(0.3), quantization(scale), pot_scale=False
        )
        for scale in (TINY * (1 + 2.0**-23), TINY)
    )
    compare(fine)
    with pytest.raises(UnsupportedOpError, match=rf"{operator} #0: .*2\*\*-14"):
        Model(fatal.build()[0])


@pytest.mark.parametrize("operator", ["ADD", "SUB"])
def test_sums_of_powers_of_two(operator: str) -> None:
    x = np.arange(-(2**15), 2**15, 7).astype(np.int16)
    for exponent in (0, 1, 8, 15):
        scale = quantization(2.0**-exponent)
        compare(BinaryCase(operator, x, x[::-1].copy(), quantization(1), scale, quantization(1)))
    tiny = quantization(2.0**-16)
    model, _ = BinaryCase(operator, x, x, quantization(1), tiny, quantization(1)).build()
    with pytest.raises(UnsupportedOpError, match=rf"{operator} #0: .*2\*\*-16"):
        Model(model)


def test_output_scale_of_logistic() -> None:
    case = UnaryCase("LOGISTIC", X, quantization(0.01), quantization(2.0**-14))
    with pytest.raises(UnsupportedOpError, match=r"LOGISTIC #0: .*2\*\*-15"):
        Model(case.build()[0])


@pytest.mark.parametrize("operator", ["EXP", "GELU", "LOG"])
def test_slopes_beyond_int16(operator: str) -> None:
    x = np.arange(-(2**15), 2**15).astype(np.int16)
    for in_, out in ((1.0, 2.5e-3), (0.5, 1.9e-4), (2.0**31, 1.8e-4)):
        compare(UnaryCase(operator, x, quantization(in_), quantization(out)))


@pytest.mark.parametrize("operator", ["ADD", "SUB"])
def test_sums_without_options(operator: str) -> None:
    x = np.arange(-(2**15), 2**15, 7).astype(np.int16)
    coarse, fine = quantization(2.0**-16), quantization(2.0**-18)
    compare(BinaryCase(operator, x, x[::-1].copy(), coarse, fine, coarse, pot_scale=None))


@pytest.mark.parametrize("operator", ["LOGISTIC", "TANH"])
def test_all_values(operator: str) -> None:
    x = np.arange(-(2**15), 2**15 + 5).astype(np.int16)  # a tail of 5
    # Of the last two the runtimes' multiplier is 0, which means powers of two to them.
    for scale in (2.0**-12, 2.0**-11, 2.0**-13, 3e-4, 1e-20, 2.0**-70):
        compare(UnaryCase(operator, x, quantization(scale), quantization(2.0**-15)))

"""Comparisons, MINIMUM, MAXIMUM, SQUARED_DIFFERENCE and PRELU against the real runtimes."""

from __future__ import annotations

import numpy as np
import pytest

from intlite import Model, ShapeError, UnsupportedOpError
from intlite.quantization import per_tensor
from intlite.runtimes import RUNTIMES

from ..models import Network
from ..oracles import Job, run
from ..sweeps import check, sweep
from ..sweeps.base import quantization
from ..sweeps.binary import COMPARISONS, DTYPES, NEITHER, RIGHT, BinaryCase, check_sweep

OTHERS = ("MINIMUM", "MAXIMUM", "SQUARED_DIFFERENCE", "PRELU")
OPERATORS = (*COMPARISONS, *OTHERS)


def case_of(operator: str, x: np.ndarray, y: np.ndarray, constant: str = NEITHER) -> BinaryCase:
    out = None if operator in COMPARISONS else quantization(8, -20 if x.dtype == np.int8 else 100)
    return BinaryCase(
        operator, x, y, quantization(0.5, 3), quantization(0.37, 9), out, constant=constant
    )


@pytest.mark.parametrize("operator", OPERATORS)
def test_random_cases(operator: str) -> None:
    found = sweep(operator, 1, iter(range(108)))
    check_sweep(found, 10_000)
    kinds = {kind for kind, _ in found.tallies} & {*DTYPES}
    assert kinds == ({"int8"} if operator == "SQUARED_DIFFERENCE" else {"int8", "uint8"})


@pytest.mark.long
@pytest.mark.parametrize("operator", OPERATORS)
def test_many_random_cases(operator: str) -> None:
    check_sweep(sweep(operator, 2, iter(range(1068))), 400_000)


@pytest.mark.parametrize("dtype", ["int8", "uint8"])
@pytest.mark.parametrize("operator", OPERATORS)
def test_all_pairs(operator: str, dtype: str) -> None:
    if (operator, dtype) == ("SQUARED_DIFFERENCE", "uint8"):
        pytest.skip("no runtime has it")
    codes = np.arange(256, dtype=np.uint8).view(dtype)
    x, y = np.broadcast_arrays(codes[:, None], codes)
    for constant in (NEITHER, RIGHT):
        check(case_of(operator, np.ascontiguousarray(x), np.ascontiguousarray(y), constant))
    check(case_of(operator, np.ascontiguousarray(x), codes))


PATTERNS = [
    ((), ()),
    ((3, 40), ()),
    ((2, 1, 3, 1, 2, 35), (1, 1, 1, 1, 1, 35)),
    ((2, 3, 4, 5, 6, 7), (1, 3, 4, 1, 6, 7)),
    ((2, 1, 3, 1, 2, 18), (1, 1, 3, 1, 1, 18)),
    ((2, 2, 2, 2, 2, 2, 9), (2, 2, 2, 2, 2, 2, 9)),
]


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize(("left", "right"), PATTERNS)
def test_patterns(operator: str, left: tuple[int, ...], right: tuple[int, ...]) -> None:
    rng = np.random.default_rng(len(left) * 100 + len(right))
    x, y = (rng.integers(-128, 128, s).astype(np.int8) for s in (left, right))
    check(case_of(operator, x, y))
    if operator != "PRELU":  # whose slopes have to fit into the input
        check(case_of(operator, y, x))


@pytest.mark.parametrize("operator", COMPARISONS)
def test_scales_from_one_up(operator: str) -> None:
    x = np.arange(16, dtype=np.int8)
    below, one = (
        BinaryCase(operator, x, x[::-1], quantization(scale), quantization(0.5), None)
        for scale in (1 - 2.0**-24, 1)
    )
    check(below)
    model, inputs = one.build()
    [result] = run([Job(model, inputs, "tflm")])
    assert result.crashed
    for flavour in RUNTIMES:
        with pytest.raises(UnsupportedOpError, match=f"{operator} #0: .*is 1 or more"):
            Model(model, numerics=flavour)


def test_squared_difference_with_too_fine_an_output() -> None:
    x = np.arange(16, dtype=np.int8)
    fine, fatal = (
        BinaryCase(
            "SQUARED_DIFFERENCE", x, x, quantization(1), quantization(0.5), quantization(scale)
        )
        for scale in (2.0**-12 * (1 + 2.0**-23), 2.0**-12)
    )
    check(fine)
    model, inputs = fatal.build()
    [result] = run([Job(model, inputs, "litert")])
    assert result.crashed
    with pytest.raises(UnsupportedOpError, match=r"SQUARED_DIFFERENCE #0: .*2\*\*-12"):
        Model(model)


@pytest.mark.parametrize("slopes", [(2, 4), (5,)])
def test_slopes_that_do_not_fit(slopes: tuple[int, ...]) -> None:
    net = Network()
    x, y = (net.input(s, "INT8", per_tensor(0.5, 0)) for s in ((4,), slopes))
    net.operator("PRELU", [x, y], [net.output((4,), "INT8", per_tensor(0.5, 0))])
    with pytest.raises(ShapeError, match="PRELU #0"):
        Model(net.bytes())(np.zeros(4, np.int8), np.zeros(slopes, np.int8))


@pytest.mark.parametrize("operator", OPERATORS)
def test_refused(operator: str) -> None:
    out = "BOOL" if operator in COMPARISONS else None
    for types in (("INT16", "INT8"), ("FLOAT16", "FLOAT16"), ("INT8", "UINT8")):
        net = Network()
        x, y = (net.input((3,), t, per_tensor(0.5, 0)) for t in types)
        net.operator(operator, [x, y], [net.output((3,), out or types[0], per_tensor(0.5, 0))])
        with pytest.raises(UnsupportedOpError, match=f"{operator} #0: {types[0]} and {types[1]}"):
            Model(net.bytes())
    if operator in ("MINIMUM", "MAXIMUM"):
        return
    net = Network()
    x, y = net.input((3,), "INT8", quantization([1, 2, 3])), net.input((3,), "INT8")
    net.operator(operator, [x, y], [net.output((3,), out or "INT8", per_tensor(0.5, 0))])
    with pytest.raises(UnsupportedOpError, match="(?s)per channel.*no quantization"):
        Model(net.bytes())

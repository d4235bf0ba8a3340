"""ADD, SUB and MUL against the real runtimes: random broadcasts, and all pairs of values."""

from __future__ import annotations

from itertools import count

import numpy as np
import pytest

from intlite import Model, ShapeError, UnsupportedOpError
from intlite.quantization import per_tensor
from intlite.runtimes import RUNTIMES

from ..models import Network
from ..oracles import Job, run
from ..sweeps import check, power, sweep
from ..sweeps.base import quantization
from ..sweeps.binary import DTYPES, BinaryCase, check_sweep

OPERATORS = ("ADD", "SUB", "MUL")


@pytest.mark.parametrize("operator", OPERATORS)
def test_random_cases(operator: str) -> None:
    check_sweep(sweep(operator, 1, count(), 36_000), 10_000)


@pytest.mark.long
@pytest.mark.parametrize("operator", OPERATORS)
def test_many_random_cases(operator: str) -> None:
    check_sweep(sweep(operator, 2, count(), 1_400_000), 400_000)


@pytest.mark.parametrize("operator", OPERATORS)
def test_random_cases_tell_the_flavours_apart(operator: str) -> None:
    differing = power(operator, 1, 75)
    if operator == "MUL":
        differing.pop(("litert-reference", "tflm"))  # in their int16 sums with powers of two
    if operator == "SUB":  # which has no vector code
        assert differing.pop(("litert-builtin", "litert-reference")) == 0
    assert min(differing.values()) >= 5, differing


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("operator", OPERATORS)
def test_all_pairs(operator: str, dtype: str) -> None:
    codes = np.arange(256, dtype=np.uint8).view(dtype)
    zero = {"int8": 0, "uint8": 128}[dtype]
    for scale in (0.5, 0.37):
        case = BinaryCase(
            operator,
            codes[:, None],
            # An odd length: with vector code for most of a row, and a tail.
            np.append(codes, codes[:7])[None],
            quantization(0.5, zero + 3),
            quantization(scale, zero - 100),
            quantization(0.75 if operator != "MUL" else 32, zero),
        )
        check(case)
        x, y = (np.ascontiguousarray(v).ravel() for v in np.broadcast_arrays(case.x, case.y))
        check(BinaryCase(operator, x, y, case.left, case.right, case.output))


PATTERNS = [
    ((), ()),
    ((), (3, 40)),
    ((1,), (37,)),
    ((1, 1, 1, 1, 1, 35), (2, 1, 3, 1, 2, 35)),
    ((2, 3, 1, 5, 1, 7), (1, 3, 4, 1, 6, 7)),
    ((2, 1, 3, 1, 2, 18), (1, 2, 1, 3, 1, 18)),
    ((3, 1, 17), (1, 19, 1)),
    ((4, 17, 1), (4, 1, 18)),
    ((2, 2, 2, 2, 2, 2, 9), (2, 2, 2, 2, 2, 2, 9)),
    ((0, 5), (1, 5)),
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize(("left", "right"), PATTERNS)
def test_patterns(operator: str, left: tuple[int, ...], right: tuple[int, ...], dtype: str) -> None:
    rng = np.random.default_rng(len(left) * 100 + len(right))
    x, y = (rng.integers(0, 256, s).astype(np.uint8).view(dtype) for s in (left, right))
    out = quantization(0.25, 10)
    case = BinaryCase(operator, x, y, quantization(0.375, 5), quantization(0.29, 7), out)
    check(case)
    check(BinaryCase(operator, y, x, case.right, case.left, out))


@pytest.mark.parametrize("operator", ["ADD", "SUB"])
@pytest.mark.parametrize("flavour", RUNTIMES)
def test_output_scale_that_kills_the_runtimes(operator: str, flavour: str) -> None:
    x = np.arange(16, dtype=np.int8)
    fine, fatal = (
        BinaryCase(operator, x, x, quantization(1), quantization(0.5), quantization(scale))
        for scale in (2.0**-19 * (1 + 2.0**-23), 2.0**-19)
    )
    check(fine, [flavour])
    model, inputs = fatal.build()
    [result] = run([Job(model, inputs, flavour)])
    assert result.crashed
    with pytest.raises(UnsupportedOpError, match=rf"{operator} #0: .*2\*\*-19"):
        Model(model, numerics=flavour)


@pytest.mark.parametrize("operator", OPERATORS)
def test_refused(operator: str) -> None:
    for types, reason in (
        (("INT16", "INT8", "INT16"), "INT16 and INT8 to INT16"),
        (("INT8", "UINT8", "INT8"), "INT8 and UINT8 to INT8"),
        (("INT8", "INT8", "UINT8"), "INT8 and INT8 to UINT8"),
        (("FLOAT16", "FLOAT16", "FLOAT16"), "FLOAT16"),
    ):
        net = Network()
        x, y = (net.input((3,), t, per_tensor(0.5, 0)) for t in types[:2])
        net.operator(operator, [x, y], [net.output((3,), types[2], per_tensor(0.5, 0))])
        with pytest.raises(UnsupportedOpError, match=f"{operator} #0: {reason}"):
            Model(net.bytes())
    net = Network()
    x, y = net.input((3,), "INT8", quantization([1, 2, 3])), net.input((3,), "INT8")
    net.operator(operator, [x, y], [net.output((3,), "INT8", per_tensor(0.5, 0))])
    with pytest.raises(UnsupportedOpError, match="(?s)per channel.*no quantization"):
        Model(net.bytes())


@pytest.mark.parametrize("shapes", [((3,), (4,)), ((1,) * 7, (2,) * 7)])
def test_shapes_that_do_not_fit(shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    net = Network()
    x, y = (net.input(s, "INT8", per_tensor(0.5, 0)) for s in shapes)
    net.operator("ADD", [x, y], [net.output(shapes[1], "INT8", per_tensor(0.5, 0))])
    with pytest.raises(ShapeError, match="ADD #0"):
        Model(net.bytes())(*(np.zeros(s, np.int8) for s in shapes))

"""Operators on numbers that are not all quantized, against the real runtimes and by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from intlite import Model, ShapeError, UnsupportedOpError
from intlite.ops import OPS
from intlite.ops.index import MODULE_OF
from intlite.ops.plain import TOLERANCE, PlainOp
from intlite.quantization import per_tensor
from intlite.reference import convolution
from intlite.runtimes import RUNTIMES
from intlite.schema import options
from intlite.schema.enums import ACTIVATIONS

from ..models import Network
from ..oracles import Job, run
from ..sweeps import (
    Sweep,
    check,
    compare,
    comparison,
    make_case,
    plain_indices,
    plain_operators,
    sweep,
)
from ..sweeps.binary import COMPARISONS
from ..sweeps.plain import ABSENT, PlainCase

OUTPUTS = 10_000
# How many cases give so many; fewer of one type than of several.
CASES = {
    **dict.fromkeys(plain_operators(), 48),
    **dict.fromkeys(("ADD", "SUB", "MUL", "MINIMUM", "MAXIMUM", *COMPARISONS), 150),
    **dict.fromkeys(("EQUAL", "NOT_EQUAL"), 200),
    **dict.fromkeys(("DIV", "POW", "SQUARED_DIFFERENCE", "ABS", "SIGN"), 90),
    **{"MEAN": 900, "CONV_2D": 460, "DEPTHWISE_CONV_2D": 390, "FULLY_CONNECTED": 560},
    **{"NEG": 150, "TRANSPOSE_CONV": 100, "BATCH_MATMUL": 120},
    **{"MAX_POOL_2D": 90, "L2_POOL_2D": 90, "AVERAGE_POOL_2D": 90},
}


def check_types(found: Sweep, operator: str, outputs: int) -> None:
    """Fail if anything differed, or too little of a type was compared."""
    assert not found.failures, "\n\n".join(map(str, found.failures))
    for (kind, name), tally in found.tallies.items():
        if operator in ABSENT.get(name, {}).get(kind, ()):
            assert tally.refused == tally.cases
            continue
        assert tally.outputs >= outputs, f"only {tally.outputs} outputs of {kind} on {name}"
        assert tally.refused <= 0.1 * tally.cases, f"{name} refused {kind}: {tally}"


@pytest.mark.parametrize("operator", plain_operators())
def test_random_cases(operator: str) -> None:
    cases = CASES[operator]
    found = sweep(operator, 1, islice(plain_indices(operator), cases))
    check_types(found, operator, OUTPUTS)


@pytest.mark.long
@pytest.mark.parametrize("operator", plain_operators())
def test_many_random_cases(operator: str) -> None:
    cases = 10 * CASES[operator]
    found = sweep(operator, 2, islice(plain_indices(operator), cases))
    check_types(found, operator, 10 * OUTPUTS)


def test_every_plain_operator_has_cases() -> None:
    with_plain = {
        name for name in MODULE_OF if any(isinstance(v.op, PlainOp) for v in OPS[name].variants)
    }
    assert with_plain == set(plain_operators())


@pytest.mark.parametrize(("error", "fails"), [(0.5, False), (2.0, True)])
def test_the_tolerance(error: float, fails: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Errors relative to the terms, not to their sum, which is 0."""

    def wrong(model: Model, inputs: tuple[NDArray[Any], ...]) -> Sequence[NDArray[Any]]:
        [y] = comparison.FACES["Model"](model, inputs)
        return [y + np.float32(error * TOLERANCE * 200)]

    monkeypatch.setattr(comparison, "FACES", {**comparison.FACES, "reference": wrong})
    x, w = np.array([[100, 100]], np.float32), np.array([[1, -1]], np.float32)
    case = PlainCase("FULLY_CONNECTED", (x, w), (1, 1), constant=(1,), magnitude=None)
    [found] = compare([case])
    assert [bool(c.failure) for c in found] == [fails] * len(RUNTIMES)


def test_infinities_and_nan_are_told_apart() -> None:
    x = np.array([np.inf, -np.inf, np.nan, 1], np.float32)
    allowed = [np.ones(4)]
    assert comparison.difference([x], [x.copy()], allowed) == (0, "")
    for other in ([1, 1, 1, 1], [-np.inf, np.inf, 0, np.nan]):
        count, _ = comparison.difference([x], [np.array(other, np.float32)], allowed)
        assert count == 3 + bool(np.isnan(other[3]))


@pytest.mark.parametrize("alpha", [np.inf, -np.inf, np.nan, -0.5])
def test_leaky_relu(alpha: float) -> None:
    x = np.array([0, -0.0, 1, -1, np.inf, -np.inf, np.nan], np.float32)
    check(PlainCase("LEAKY_RELU", (x,), x.shape, options.LeakyReluOptions(alpha=alpha)))


def one(
    operator: str, shapes: Sequence[tuple[int, ...]], types: Sequence[str], option: Any = None
) -> bytes:
    """One operator; the last of ``types`` is the output's."""
    net = Network()
    q = per_tensor(0.5, 0)
    inputs = [
        net.input(s, t, q if t == "INT8" else None) for s, t in zip(shapes, types, strict=False)
    ]
    net.operator(operator, inputs, [net.output(shapes[0], types[-1])], option)
    return net.bytes()


RELU = ACTIVATIONS.index("RELU")
IMAGE, FILTER = (1, 4, 4, 1), (1, 1, 1, 1)


@pytest.mark.parametrize(
    ("operator", "shapes", "types", "option", "reason"),
    [
        ("ADD", [(3,)] * 2, ["FLOAT32", "INT32", "FLOAT32"], None, "FLOAT32, INT32 to FLOAT32"),
        ("ADD", [(3,)] * 2, ["FLOAT32"] * 2 + ["INT32"], None, "to INT32"),
        ("ADD", [(3,)], ["FLOAT32"] * 2, None, "has 1 inputs"),
        (
            "ADD",
            [(3,)] * 2,
            ["INT32"] * 3,
            options.AddOptions(fused_activation_function=RELU),
            "fused activation RELU of INT32",
        ),
        (
            "MUL",
            [(3,)] * 2,
            ["FLOAT32"] * 3,
            options.MulOptions(fused_activation_function=4),
            "fused activation TANH",
        ),
        ("LESS", [(3,)] * 2, ["FLOAT32"] * 3, None, "FLOAT32, FLOAT32 to FLOAT32"),
        ("LESS", [(3,)] * 2, ["BOOL"] * 3, None, "BOOL and BOOL"),
        ("RELU", [(3,)], ["INT32"] * 2, None, "INT32"),
        ("DIV", [(3,)] * 2, ["INT64"] * 3, None, "INT64 and INT64"),
        ("SQUARE", [(3,)], ["INT8"] * 2, None, "INT8"),
        ("SOFTMAX", [()], ["FLOAT32"] * 2, options.SoftmaxOptions(beta=1.0), "scalar"),
        ("SOFTMAX", [(3,)], ["FLOAT32"] * 2, options.SoftmaxOptions(beta=0.0), "beta"),
        ("MEAN", [(3,), (1,)], ["FLOAT32", "INT32", "FLOAT32"], None, "not constant"),
        ("MAX_POOL_2D", [IMAGE], ["FLOAT32"] * 2, None, "no options"),
        ("CONV_2D", [IMAGE, FILTER], ["FLOAT32"] * 3, options.Conv2DOptions(), "at least 1"),
        ("FULLY_CONNECTED", [(1, 2), (3,)], ["FLOAT32"] * 3, None, "not a matrix"),
        *(
            (name, [IMAGE, FILTER], ["FLOAT32", "UINT8", "FLOAT32"], None, "hybrid")
            for name in ("FULLY_CONNECTED", "CONV_2D", "DEPTHWISE_CONV_2D")
        ),
    ],
)
def test_refused(
    operator: str, shapes: list[tuple[int, ...]], types: list[str], option: Any, reason: str
) -> None:
    with pytest.raises(UnsupportedOpError, match=f"{operator} #0: .*{reason}"):
        Model(one(operator, shapes, types, option))


@pytest.mark.parametrize(
    ("operator", "shapes"),
    [("DIV", [(3,), (4,)]), ("ADD", [(3,), (4,)]), ("PRELU", [(3,), (2, 3)])],
)
def test_shapes_that_do_not_fit(operator: str, shapes: list[tuple[int, ...]]) -> None:
    with pytest.raises(ShapeError, match=f"{operator} #0"):
        Model(one(operator, shapes, ["FLOAT32"] * 3))(*(np.ones(s, np.float32) for s in shapes))


def test_integers_that_have_no_quotient_or_power() -> None:
    x = np.array([5, -5, 5], np.int32)
    divide = Model(one("DIV", [(3,)] * 2, ["INT32"] * 3))
    np.testing.assert_array_equal(divide(x, np.array([2, 2, -2], np.int32)), [2, -2, -2])
    with pytest.raises(ValueError, match="divided by 0"):
        divide(x, np.array([1, 0, 1], np.int32))
    power = Model(one("POW", [(3,)] * 2, ["INT32"] * 3))
    np.testing.assert_array_equal(power(x, np.array([3, 3, 40], np.int32)), [125, -125, -(2**31)])
    with pytest.raises(ValueError, match="negative powers"):
        power(x, -x)


def test_batches_are_single_runs() -> None:
    rng = np.random.default_rng(3)
    net = Network()
    x = net.input((1, 6, 6, 3), "FLOAT32")
    filter_ = net.constant(rng.normal(size=(5, 3, 3, 3)), "FLOAT32")
    bias = net.constant(rng.normal(size=5), "FLOAT32")
    y = net.output((1, 6, 6, 5), "FLOAT32")
    net.operator("CONV_2D", [x, filter_, bias], [y], options.Conv2DOptions(stride_h=1, stride_w=1))
    model, images = Model(net.bytes()), rng.normal(size=(7, 6, 6, 3)).astype(np.float32)
    each = np.concatenate([np.asarray(model(image[None])) for image in images])
    np.testing.assert_array_equal(model(images), each)


def test_float16_weights() -> None:
    """A model whose constants were made smaller: they are dequantized as it runs."""
    rng = np.random.default_rng(4)
    net = Network()
    x = net.input((2, 30), "FLOAT32")
    constants = []
    for shape in ((7, 30), (7,)):
        stored = net.constant(rng.normal(size=shape), "FLOAT16")
        constants.append(net.tensor(shape, "FLOAT32"))
        net.operator("DEQUANTIZE", [stored], [constants[-1]])
    y = net.output((2, 7), "FLOAT32")
    net.operator("FULLY_CONNECTED", [x, *constants], [y], options.FullyConnectedOptions())
    given = rng.normal(size=(2, 30)).astype(np.float32)
    names = [name for name in RUNTIMES if name != "tflm"]
    results = run([Job(net.bytes(), (given,), name) for name in names])
    for name, result in zip(names, results, strict=True):
        assert result.outputs is not None, result.error
        atol = 3e-4 if name == "litert-builtin" else 0
        found = Model(net.bytes(), numerics=name)(given)
        np.testing.assert_allclose(found, result.outputs[0], rtol=0, atol=atol)


@pytest.mark.parametrize("flavour", RUNTIMES)
def test_an_island_of_float32(flavour: str) -> None:
    """Between DEQUANTIZE and QUANTIZE; what these round may be one step off."""
    rng = np.random.default_rng(6)
    net, shape, q = Network(), (3, 40), per_tensor(0.05, 3)
    x, y = net.input(shape, "INT8", q), net.output(shape, "INT8", per_tensor(1 / 256, -128))
    real = [net.tensor(shape, "FLOAT32") for _ in range(3)]
    scales = net.constant(rng.normal(size=40), "FLOAT32")
    net.operator("DEQUANTIZE", [x], real[:1])
    net.operator("MUL", [real[0], scales], real[1:2], options.MulOptions())
    net.operator("SOFTMAX", real[1:2], real[2:], options.SoftmaxOptions(beta=1.0))
    net.operator("QUANTIZE", real[2:], [y])
    given = rng.integers(-128, 128, shape).astype(np.int8)
    [result] = run([Job(net.bytes(), (given,), flavour)])
    assert result.outputs is not None, result.error
    off = np.asarray(Model(net.bytes(), numerics=flavour)(given), np.int32) - result.outputs[0]
    assert np.abs(off).max() <= 1
    assert np.count_nonzero(off) <= 2


@pytest.mark.parametrize("operator", ["CONV_2D", "DEPTHWISE_CONV_2D"])
def test_strips_of_a_row(operator: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(convolution, "STRIP_BYTES", 1)
    for i in islice(plain_indices(operator), 10):
        check(make_case(operator, 3, i))


@pytest.mark.parametrize("operator", ["AVERAGE_POOL_2D", "MAX_POOL_2D"])
def test_a_window_far_greater_than_the_image(operator: str) -> None:
    greatest = 2**31 - 1
    option = options.Pool2DOptions(
        stride_h=1, stride_w=greatest, filter_height=greatest, filter_width=greatest
    )
    x = np.arange(9, dtype=np.float32).reshape(1, 3, 3, 1)
    y = np.asarray(Model(one(operator, [x.shape], ["FLOAT32"] * 2, option))(x))
    np.testing.assert_array_equal(y.ravel(), [4 if operator == "AVERAGE_POOL_2D" else 8] * 3)

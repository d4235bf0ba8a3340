"""Model.explain: its stored value is the output, under every flavour; and what it refuses."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import intlite
from intlite import Model
from intlite.runtimes.policy import Arithmetic
from tests.interpreter.side_by_side import NUMERICS, models

LAYERS = {"simple": (6,), "mnist": (8, 9), "dense": (2,)}
ARITHMETIC: dict[str, Arithmetic] = {
    "litert": "xnnpack",
    "litert-builtin": "builtin",
    "litert-reference": "reference",
    "tflm": "gemmlowp",
}


@cache
def load(name: str, numerics: str) -> Model:
    return intlite.load(models()[name], numerics=numerics)


def inputs(model: Model, count: int) -> NDArray[Any]:
    [tensor] = model.inputs
    rng = np.random.default_rng(6)
    return rng.integers(-128, 256, (count, *tensor.shape[1:])).astype(tensor.dtype)


@pytest.mark.parametrize("numerics", NUMERICS)
@pytest.mark.parametrize("name", list(LAYERS))
def test_stored_value_is_the_output(name: str, numerics: str) -> None:
    model = load(name, numerics)
    x = inputs(model, 3)
    trace = model.trace(x)
    rng = np.random.default_rng(8)
    for layer in LAYERS[name]:
        values = trace[layer]
        shape = values.quantized.shape
        elements = [tuple(e) for e in rng.integers(0, shape, (40, 2)).tolist()]
        for index in elements:
            found = model.explain(layer, index, x)
            assert found.stored == values.quantized[index]
            assert found.real == values.real[index]
            assert found.arithmetic == ARITHMETIC[numerics]
            assert found.results()[found.arithmetic] == found.stored
            assert found.index == index


@pytest.mark.parametrize("name", list(LAYERS))
def test_other_results_are_the_other_flavours_outputs(name: str) -> None:
    x = inputs(load(name, "litert"), 2)
    layer = LAYERS[name][0]  # the first one: its inputs are the same under all
    values = {n: load(name, n).trace(x)[layer].quantized for n in NUMERICS}
    rng = np.random.default_rng(9)
    for index in map(tuple, rng.integers(0, values["litert"].shape, (40, 2)).tolist()):
        explanations = [load(name, n).explain(layer, index, x) for n in NUMERICS]
        assert len({e.accumulator for e in explanations}) == 1
        for explanation in explanations:
            for numerics in NUMERICS:
                assert explanation.results()[ARITHMETIC[numerics]] == values[numerics][index]


def test_accumulator_is_the_sum() -> None:
    model = load("mnist", "litert-builtin")
    x = inputs(model, 1)
    trace = model.trace(x)
    centred = trace[7].quantized.astype(np.int64) + 128
    weights = trace[5].quantized.astype(np.int64)
    expected = centred @ weights.T + trace[4].quantized
    for unit in (0, 5, 127):
        found = model.explain(8, (0, unit), x)
        assert found.accumulator == expected[0, unit]
        assert found.bias == trace[4].quantized[unit]
        assert found.terms == 784
        scale = trace[5].scale
        assert scale is not None
        assert found.scales[1] == scale[unit]
        exact = Fraction(found.accumulator) * Fraction(found.scales[0]) * Fraction(found.scales[1])
        assert found.exact == exact / Fraction(found.scales[2])
        assert found.numpy_float() - found.stored in (-1, 0, 1)
        # multiplier * 2**(shift - 31) is the factor, to 31 bits.
        factor = found.multiplier * 2.0 ** (found.shift - 31)
        assert factor == pytest.approx(found.effective_scales["builtin"], rel=2.0**-30)
        assert 1 << 30 <= found.multiplier < 1 << 31


def test_ways_to_name_an_operator() -> None:
    model = load("mnist", "litert")
    x = inputs(model, 1)
    name = model.graph.tensors[8].name
    by_number = model.explain(8, (0, 3), x)
    for what in (name, "FULLY_CONNECTED #2", np.int64(8)):
        assert model.explain(what, (0, 3), x) == by_number
    assert model.explain(8, np.array([0, 3]).tolist(), x).index == (0, 3)
    assert by_number.label == "FULLY_CONNECTED #2"
    assert by_number.tensor == name


@pytest.mark.parametrize("numerics", NUMERICS)
def test_text_has_every_step(numerics: str) -> None:
    model = load("mnist", numerics)
    found = model.explain(8, (0, 3), inputs(model, 1))
    text = str(found)
    assert text.startswith("FULLY_CONNECTED #2")
    assert text.splitlines()[0].endswith("[0, 3]")
    labels = [label for label, _ in found.steps()]
    assert labels[0] == "accumulator"
    assert labels[-1] == "numpy rint"
    assert all(label in text for label in labels)
    assert str(found.accumulator) in text
    assert text.count("<- this model") == 1
    [line] = [t for t in text.splitlines() if "<- this model" in t]
    assert f"under {ARITHMETIC[numerics]} " in line
    assert f" {found.stored} " in line


@pytest.mark.parametrize("index", [(0, 128), (1, 0), (-1, 0), (0, -1), (0,), (0, 0, 0), (), 0])
def test_no_such_element(index: Any) -> None:
    model = load("mnist", "litert")
    x = inputs(model, 1)
    with pytest.raises(IndexError, match=r"FULLY_CONNECTED #2: .*\(1, 128\)"):
        model.explain(8, index, x)
    assert model.explain(8, (0, 127), x).index == (0, 127)


@pytest.mark.parametrize("what", ["nothing", 99, -1, 5, 0, "FULLY_CONNECTED #0", "fully_connected"])
def test_no_such_operator(what: str | int) -> None:
    model = load("mnist", "litert")
    with pytest.raises(KeyError, match=str(what)):
        model.explain(what, (0, 0), inputs(model, 1))


def test_operator_that_does_not_requantize() -> None:
    model = load("mnist", "litert")
    for what in ("RESHAPE #1", 6):
        with pytest.raises(ValueError, match="does not requantize an accumulator"):
            model.explain(what, (0, 0) if what != 6 else (0, 0, 0), inputs(model, 1))


def test_wrong_inputs() -> None:
    model = load("mnist", "litert")
    with pytest.raises(TypeError, match="0 were given"):
        model.explain(8, (0, 0))
    with pytest.raises(intlite.ShapeError, match="28"):
        model.explain(8, (0, 0), np.zeros((28, 28), np.uint8))


def test_no_samples() -> None:
    model = load("mnist", "litert")
    with pytest.raises(IndexError):
        model.explain(8, (0, 0), np.zeros((0, 28, 28), np.uint8))

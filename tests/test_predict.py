"""Model.predict: real values in and out, by the model's own parameters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import intlite
from intlite.quantization import Quantization
from tests.interpreter.side_by_side import NUMERICS, models


def parameters(q: Quantization | None) -> tuple[float, int]:
    assert q is not None
    return float(q.scale[0]), int(q.zero_point[0])


@pytest.mark.parametrize("numerics", NUMERICS)
@pytest.mark.parametrize("batch", [0, 1, 5])
@pytest.mark.parametrize("name", ["simple", "mnist", "dense"])
def test_is_quantize_call_dequantize(name: str, batch: int, numerics: str) -> None:
    model = intlite.load(models()[name], numerics=numerics)
    [tensor], [output] = model.inputs, model.outputs
    scale, zero_point = parameters(tensor.quantization)
    low, high = np.iinfo(tensor.dtype).min, np.iinfo(tensor.dtype).max
    rng = np.random.default_rng(4)
    # Some of them beyond what the type can hold.
    ends = scale * (low - 20 - zero_point), scale * (high + 20 - zero_point)
    real = rng.uniform(*ends, (batch, *tensor.shape[1:]))
    stored = np.clip(np.rint(real / scale) + zero_point, low, high).astype(tensor.dtype)
    y = model.predict(real)
    assert y.dtype == np.float32
    out_scale, out_zero = parameters(output.quantization)
    expected = (model(stored).astype(np.int32) - out_zero).astype(np.float32)
    np.testing.assert_array_equal(y, expected * np.float32(out_scale))


@pytest.mark.parametrize("convert", [np.float32, np.float16, np.ndarray.tolist, np.asfortranarray])
def test_forms_of_real_values(convert: Any) -> None:
    model = intlite.load(models()["mnist"])
    real = np.random.default_rng(4).integers(0, 2, (3, 28, 28)).astype(np.float64)
    np.testing.assert_array_equal(model.predict(convert(real)), model.predict(real))


def test_floats_of_the_model_are_passed_on() -> None:
    model = intlite.load(models()["float ends"])
    x = np.array([[0.4, -3.0, 1e9, 7.25]], np.float32)
    np.testing.assert_array_equal(model.predict(x), model(x))
    np.testing.assert_array_equal(model.predict(x.tolist()), model(x))


def test_several_inputs_and_outputs() -> None:
    model = intlite.load(models()["two inputs"])
    a, b = np.linspace(-3, 3, 6).reshape(2, 3), np.linspace(0, 4, 4).reshape(1, 4)
    found = model.predict(a, b)
    stored = model(intlite.quantize(a, 0.5, 3, np.int8), intlite.quantize(b, 0.5, 3, np.uint8))
    assert isinstance(found, tuple)
    np.testing.assert_array_equal(found[0], intlite.dequantize(stored[0], 0.25, 100))
    np.testing.assert_array_equal(found[1], intlite.dequantize(stored[1], 1.0, -2))


def test_not_a_number_is_zero() -> None:
    model = intlite.load(models()["mnist"])
    nothing = np.full((1, 28, 28), np.nan)
    np.testing.assert_array_equal(model.predict(nothing), model.predict(np.zeros((1, 28, 28))))


def test_refuses() -> None:
    model = intlite.load(models()["mnist"])
    with pytest.raises(TypeError, match="1 inputs, 0 were given"):
        model.predict()
    with pytest.raises(intlite.ShapeError, match=r"\[28, 28\]"):
        model.predict(np.zeros((28, 28)))
    for nothing in ("abc", None, [[["1"] * 28] * 28], np.zeros((1, 28, 28), complex)):
        given: Any = nothing
        with pytest.raises(TypeError, match="expected real numbers"):
            model.predict(given)
    assert model.predict(np.zeros((1, 28, 28))).shape == (1, 10)

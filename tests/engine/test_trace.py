"""Model.trace: every tensor of a run, by number and by name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import intlite
from intlite.trace import Trace
from tests.interpreter.side_by_side import NUMERICS, models

MNIST = models()["mnist"]
HIDDEN = 8


def images(count: int) -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (count, 28, 28)).astype(np.uint8)


@pytest.fixture(scope="module")
def trace() -> Trace:
    return intlite.load(MNIST).trace(images(3))


def test_is_a_mapping(trace: Trace) -> None:
    assert isinstance(trace, Mapping)
    assert list(trace) == list(range(11))
    assert len(trace) == 11
    assert [t.index for t in trace.values()] == list(trace)
    assert 8 in trace
    assert "tfl.quantize" in trace
    assert trace["FULLY_CONNECTED #2"] is trace[HIDDEN]
    assert 11 not in trace
    assert "nothing" not in trace
    for wrong in (11, -1, "nothing"):
        with pytest.raises(KeyError, match=str(wrong)):
            trace[wrong]


def test_names_and_numbers_are_the_same_tensors(trace: Trace) -> None:
    for tensor in trace.values():
        assert trace[tensor.name] is tensor
        assert trace[tensor.index] is tensor
        assert trace[np.int64(tensor.index)] is tensor
    assert [t.index for t in trace.outputs] == [10]


def test_tensors_describe_themselves(trace: Trace) -> None:
    first, hidden, weights, shape = trace[0], trace[HIDDEN], trace[5], trace[1]
    assert (first.op, weights.op, hidden.op) == (None, None, "FULLY_CONNECTED #2")
    assert (first.quantized.shape, hidden.quantized.shape) == ((3, 28, 28), (3, 128))
    assert weights.scale is not None
    assert weights.scale.shape == (128,)
    assert hidden.zero_point is not None
    assert hidden.zero_point.tolist() == [-128]
    assert shape.scale is None
    assert shape.zero_point is None
    assert "'tfl.quantize'" in repr(trace["tfl.quantize"])
    assert "QUANTIZE #0" in repr(trace["tfl.quantize"])
    assert "11 tensors" in repr(trace)
    assert trace.numerics == "litert"


def test_real_values(trace: Trace) -> None:
    for number in (0, HIDDEN, 10):
        tensor = trace[number]
        assert tensor.scale is not None
        assert tensor.zero_point is not None
        centred = tensor.quantized.astype(np.float32) - np.float32(tensor.zero_point[0])
        assert tensor.real.dtype == np.float32
        np.testing.assert_array_equal(tensor.real, centred * tensor.scale[0])
    weights = trace[5]  # a scale for each row
    assert weights.scale is not None
    np.testing.assert_array_equal(
        weights.real, weights.quantized.astype(np.float32) * weights.scale[:, None]
    )
    np.testing.assert_array_equal(trace[1].real, trace[1].quantized)


@pytest.mark.parametrize("numerics", NUMERICS)
@pytest.mark.parametrize("name", list(models()))
def test_backends_agree_with_each_other_and_with_the_call(name: str, numerics: str) -> None:
    model = intlite.load(models()[name], numerics=numerics)
    inputs: list[Any] = []
    rng = np.random.default_rng(5)
    for tensor in model.inputs:
        rows = tensor.shape if not tensor.shape else (2 * tensor.shape[0], *tensor.shape[1:])
        inputs.append(np.asarray(rng.integers(-9, 9, rows)).astype(tensor.dtype))
    if name == "dynamic":
        inputs[1] = np.array([3, -1, 3, -1], np.int32)
    native, reference = (model.trace(*inputs, backend=b) for b in ("native", "reference"))
    assert list(native) == list(reference)
    for number in native:
        np.testing.assert_array_equal(native[number].quantized, reference[number].quantized)
        assert native[number].quantized.dtype == reference[number].quantized.dtype
    called = model(*inputs)
    for y, traced in zip(
        called if isinstance(called, tuple) else [called], native.outputs, strict=True
    ):
        np.testing.assert_array_equal(traced.quantized, y)
        assert traced.quantized.shape == y.shape


def test_batch_is_its_samples() -> None:
    model = intlite.load(MNIST)
    x = images(4)
    whole = model.trace(x)
    for i in range(4):
        one = model.trace(x[i : i + 1])
        for number in (0, 6, 7, HIDDEN, 9, 10):
            np.testing.assert_array_equal(whole[number].quantized[i : i + 1], one[number].quantized)


def test_no_samples() -> None:
    model = intlite.load(MNIST)
    trace = model.trace(images(0))
    np.testing.assert_array_equal(trace.outputs[0].quantized, model(images(0)))
    assert trace[HIDDEN].quantized.shape == (0, 128)


@pytest.mark.parametrize("numerics", NUMERICS)
def test_save_and_load(tmp_path: Path, numerics: str) -> None:
    found = intlite.load(MNIST, numerics=numerics).trace(images(2))
    file = tmp_path / "trace.npz"
    found.save(file)
    with np.load(file) as stored:
        assert sorted(stored) == sorted(f"{i}:{t.name}" for i, t in found.items())
        for i, tensor in found.items():
            loaded = stored[f"{i}:{tensor.name}"]
            assert loaded.dtype == tensor.quantized.dtype
            np.testing.assert_array_equal(loaded, tensor.quantized)


def test_names_that_repeat_mean_the_first() -> None:
    trace = intlite.load(models()["open batch"]).trace(np.ones((1, 4), np.int8))
    assert trace[0].name == trace[1].name == ""
    assert trace[""] is trace[0]

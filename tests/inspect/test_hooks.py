"""Model.call_with_hooks: hooks see what a trace sees, and can replace it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from intlite import Model, ShapeError
from intlite.trace import TracedTensor
from tests.interpreter.side_by_side import NUMERICS, models
from tests.sweeps import make_case

CNN = Path(__file__).parents[2] / "models" / "mnist_cnn_quant.tflite"


def images(count: int) -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (count, 28, 28, 1)).astype(np.uint8)


@pytest.mark.parametrize("numerics", NUMERICS)
def test_a_hook_sees_every_tensor(numerics: str) -> None:
    model, x = Model(CNN, numerics=numerics), images(5)
    seen: list[TracedTensor] = []
    y = model.call_with_hooks(lambda t: seen.append(t), x)
    np.testing.assert_array_equal(y, model(x))
    trace = model.trace(x)
    assert [t.index for t in seen] == [
        *model.graph.inputs,
        *(i for op in model.graph.operators for i in op.outputs),
    ]
    for t in seen:
        assert t.op == trace[t.index].op
        np.testing.assert_array_equal(t.quantized, trace[t.index].quantized)
        np.testing.assert_array_equal(t.real, trace[t.index].real)


@pytest.mark.parametrize("name", list(models()))
def test_nothing_changes_if_nothing_is_replaced(name: str) -> None:
    model = Model(models()[name])
    rng = np.random.default_rng(5)
    inputs = [np.asarray(rng.integers(-9, 9, t.shape)).astype(t.dtype) for t in model.inputs]
    if name == "dynamic":
        inputs[1] = np.array([3, -1], np.int32)
    found, expected = model.call_with_hooks({}, *inputs), model(*inputs)
    pairs = zip(found, expected, strict=True) if isinstance(found, tuple) else [(found, expected)]
    for y, z in pairs:
        np.testing.assert_array_equal(y, z)


@pytest.mark.parametrize("key", [16, "MAX_POOL_2D #4", "sequential_2_1/max_pooling2d_1/MaxPool2d"])
def test_what_a_hook_gives_takes_the_place(key: int | str) -> None:
    model = Model(CNN)
    pooled = model.trace(images(3))[16].quantized
    y = model.call_with_hooks({key: lambda t: pooled}, images(6)[3:])
    np.testing.assert_array_equal(y, model(images(3)))


def test_hooks_on_inputs_and_outputs() -> None:
    model = Model(CNN)
    zeros = np.zeros((2, 28, 28, 1), np.uint8)
    y = model.call_with_hooks({0: lambda t: zeros}, images(2))
    np.testing.assert_array_equal(y, model(zeros))
    y = model.call_with_hooks({20: lambda t: np.full_like(t.quantized, 9)}, images(2))
    assert (y == 9).all()


def test_no_samples() -> None:
    seen: list[TracedTensor] = []
    y = Model(CNN).call_with_hooks(lambda t: seen.append(t), images(0))
    assert y.shape == (0, 10)
    assert seen == []


@pytest.mark.parametrize("operator", ["ARG_MAX", "SLICE", "WHERE", "ADD", "SPLIT", "SHAPE"])
def test_operators_of_all_kinds(operator: str) -> None:
    """Shapes that depend on values, scalars, several outputs, what needs no run at all."""
    for i in range(8):
        data, inputs = make_case(operator, 5, i).build()
        model = Model(data)
        found, expected = model.call_with_hooks({}, *inputs), model(*inputs)
        several = isinstance(expected, tuple)
        for y, z in zip(*((found, expected) if several else ([found], [expected])), strict=True):
            assert (y.shape, y.dtype) == (z.shape, z.dtype)
            np.testing.assert_array_equal(y, z)


def test_what_hooks_may_not() -> None:
    model = Model(CNN)
    for key in ("nothing", 99, 11):  # 11 is a constant
        with pytest.raises(KeyError, match=str(key)):
            model.call_with_hooks({key: lambda t: None}, images(1))
    with pytest.raises(TypeError, match="a hook gave float64"):
        model.call_with_hooks({16: lambda t: t.quantized * 1.0}, images(1))
    with pytest.raises(ShapeError, match="a hook gave shape"):
        model.call_with_hooks({16: lambda t: t.quantized[..., 0]}, images(1))
    with pytest.raises(ShapeError):
        model.call_with_hooks({}, images(1)[:, :5])

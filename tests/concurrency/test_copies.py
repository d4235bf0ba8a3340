"""What is pickled or copied is the same, and apart from what it was made of."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest

import intlite
from intlite import errors
from intlite.datasets import random_inputs
from intlite.interpreter import OpResolverType
from intlite.ops.base import ValueUnknownError

from ..models import Network
from ..sweeps.base import make_case, quantization
from .common import CONV, DENSE, ZOO, images, open_shapes, run_once


def pickled(protocol: int, x: Any) -> Any:
    return pickle.loads(pickle.dumps(x, protocol))


WAYS: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{f"pickle {n}": partial(pickled, n) for n in range(2, 6)},
}
each_way = pytest.mark.parametrize("way", WAYS)


@each_way
def test_models(way: str) -> None:
    for path in (DENSE, CONV, ZOO / "keras_lstm_mnist_ptq.tflite", open_shapes()):
        model = intlite.Model(path, numerics="tflm", num_threads=2, passes=("reuse_memory",))
        other = WAYS[way](model)
        assert other is not model
        assert (repr(other), other.num_threads, other.numerics) == (repr(model), 2, "tflm")
        assert other.session.settings == replace(model.session.settings, graph=other.graph)
        x = random_inputs(model, 1, 4)
        np.testing.assert_array_equal(other(*x), model(*x))


def outputs(it: intlite.Interpreter) -> list[Any]:
    return [it.get_tensor(d["index"]) for d in it.get_output_details()]


@each_way
@pytest.mark.parametrize("preserve", [False, True])
def test_interpreters(way: str, preserve: bool) -> None:
    it = intlite.Interpreter(
        str(DENSE),
        num_threads=2,
        experimental_preserve_all_tensors=preserve,
        experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
    )
    assert WAYS[way](it).numerics == "litert-reference"
    it.resize_tensor_input(0, [3, 28, 28])
    late = WAYS[way](it)  # not allocated
    with pytest.raises(ValueError, match="allocate"):
        late.get_tensor(0)
    late.allocate_tensors()
    it.allocate_tensors()
    x = images(3)
    found = run_once(it, x)
    np.testing.assert_array_equal(run_once(late, x), found)
    view = it.tensor(0)()
    other = WAYS[way](it)
    del view
    assert other._safe_to_run()
    np.testing.assert_array_equal(other.get_tensor(0), x)
    np.testing.assert_array_equal(outputs(other), outputs(it))
    if preserve:
        for detail in it.get_tensor_details():
            np.testing.assert_array_equal(
                other.get_tensor(detail["index"]), it.get_tensor(detail["index"])
            )
    # Apart: what one does, the other does not see.
    other.set_tensor(0, images(3, 7))
    other.invoke()
    np.testing.assert_array_equal(it.get_tensor(0), x)
    np.testing.assert_array_equal(outputs(it)[0], found)
    it.invoke()
    np.testing.assert_array_equal(outputs(it)[0], found)


@each_way
@pytest.mark.parametrize("operator", ["SVDF", "UNIDIRECTIONAL_SEQUENCE_LSTM", "ASSIGN_VARIABLE"])
def test_interpreters_that_keep_something(way: str, operator: str) -> None:
    """The copy goes on from where the interpreter was."""
    data, x = make_case(operator, 3, 2).build()
    it = intlite.Interpreter(model_content=data)
    it.allocate_tensors()

    def run(it: intlite.Interpreter) -> list[Any]:
        for detail, array in zip(it.get_input_details(), x, strict=True):
            it.set_tensor(detail["index"], array)
        it.invoke()
        return outputs(it)

    run(it)
    other = WAYS[way](it)
    for _ in range(3):
        for y, z in zip(run(it), run(other), strict=True):
            np.testing.assert_array_equal(y, z)


@each_way
def test_interpreters_whose_shapes_depend_on_values(way: str) -> None:
    net, q = Network(), quantization(0.5, 1)
    x = net.input((4,), "INT8", q)
    shape = net.input((2,), "INT32")
    y = net.output((2, 2), "INT8", q)
    net.operator("RESHAPE", [x, shape], [y])
    it = intlite.Interpreter(model_content=net.bytes())
    it.allocate_tensors()
    it.set_tensor(0, np.array([1, 2, 3, 4], np.int8))
    it.set_tensor(1, np.array([4, 1], np.int32))
    it.invoke()
    other = WAYS[way](it)
    assert outputs(other)[0].shape == (4, 1)
    assert list(other.get_output_details()[0]["shape"]) == [4, 1]
    other.set_tensor(1, np.array([1, 4], np.int32))
    other.invoke()
    assert (outputs(other)[0].shape, outputs(it)[0].shape) == ((1, 4), (4, 1))
    it.invoke()
    assert outputs(it)[0].shape == (4, 1)


ERRORS = [
    errors.IntliteError("a"),
    errors.ModelError("a"),
    errors.UnsupportedOpError(["a", "b"]),
    errors.ShapeError("a"),
    errors.MemoryLimitError("a"),
    errors.InterpreterError("a"),
    errors.MissingExtraError("a"),
    ValueUnknownError("a"),
]


@each_way
@pytest.mark.parametrize("error", ERRORS, ids=lambda e: type(e).__name__)
def test_errors(way: str, error: Exception) -> None:
    other = WAYS[way](error)
    assert (type(other), str(other), other.args) == (type(error), str(error), error.args)
    assert vars(other) == vars(error)


def test_every_error_is_tried() -> None:
    own = {v for v in vars(errors).values() if isinstance(v, type)}
    assert own == {type(e) for e in ERRORS} - {ValueUnknownError}


@each_way
def test_results(way: str) -> None:
    """Traces, graphs, comparisons, explanations and profiles, with all that they show."""
    model, x = intlite.load(DENSE), images(4)
    trace = model.trace(x)
    again = WAYS[way](trace)
    assert list(again) == list(trace)
    for i in trace:
        np.testing.assert_array_equal(again[i].quantized, trace[i].quantized)
        np.testing.assert_array_equal(again[i].real, trace[i].real)
        assert repr(again[i]) == repr(trace[i])
    assert str(WAYS[way](model.graph)) == str(model.graph)
    explanation = model.explain(8, (1, 3), x)
    assert str(WAYS[way](explanation)) == str(explanation)
    comparison = intlite.compare(model, "tflm", x)
    assert str(WAYS[way](comparison)) == str(comparison)
    profile = model.profile(x, seconds=0.01)
    assert str(WAYS[way](profile)) == str(profile)

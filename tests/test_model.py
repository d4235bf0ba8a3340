"""Model: forms of calling, batches, errors, and what a user does with a model besides."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import intlite
from intlite import Model, ShapeError, schema
from intlite.quantization import per_tensor
from tests.interpreter.side_by_side import NUMERICS, models
from tests.models import Network

MODEL_FOLDER = Path(__file__).resolve().parent.parent / "models"
PATH = MODEL_FOLDER / "mnist_model_quant.tflite"
MNIST = models()["mnist"]
TWO_INPUTS = models()["two inputs"]
DYNAMIC = models()["dynamic"]

each_numerics = pytest.mark.parametrize("numerics", NUMERICS)


@cache
def mnist(numerics: str = "litert", num_threads: int = 1) -> Model:
    return intlite.load(MNIST, numerics=numerics, num_threads=num_threads)


def images(count: int, seed: int = 1) -> NDArray[np.uint8]:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (count, 28, 28)).astype(np.uint8)


def no_rows() -> bytes:
    """A model whose own batch is empty."""
    net = Network()
    x = net.input((0, 4), "INT8", per_tensor(0.5, 3))
    y = net.output((0, 4), "UINT8", per_tensor(0.25, 3))
    net.operator("QUANTIZE", [x], [y])
    return net.bytes()


# ----------------------------------------------------------------------------- batches


@each_numerics
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("batch", [0, 1, 2, 33, 1000])
def test_batch_is_that_many_calls(batch: int, threads: int, numerics: str) -> None:
    x = images(batch)
    y = mnist(numerics, threads)(x)
    assert y.shape == (batch, 10)
    assert y.dtype == np.uint8
    one = mnist(numerics)
    for i in range(0, batch, 1 if batch < 50 else 17):
        np.testing.assert_array_equal(y[i : i + 1], one(x[i : i + 1]))


@each_numerics
def test_batch_of_several_inputs(numerics: str) -> None:
    """Of rows of their own each: two of ``a`` and one of ``b`` are a sample."""
    model = intlite.load(TWO_INPUTS, numerics=numerics)
    rng = np.random.default_rng(2)
    for samples in (0, 1, 2, 7):
        a = rng.integers(-128, 128, (2 * samples, 3)).astype(np.int8)
        b = rng.integers(0, 256, (samples, 4)).astype(np.uint8)
        c, d = model(a, b)
        assert (c.shape, d.shape) == (a.shape, b.shape)
        for i in range(samples):
            one = model(a[2 * i : 2 * i + 2], b[i : i + 1])
            np.testing.assert_array_equal(c[2 * i : 2 * i + 2], one[0])
            np.testing.assert_array_equal(d[i : i + 1], one[1])


def test_batch_where_shapes_depend_on_values() -> None:
    model = intlite.load(DYNAMIC)
    x = np.arange(12, dtype=np.int8).reshape(4, 3)
    shapes = np.array([3, 2, 3, 2], np.int32)
    y = model(x, shapes)
    np.testing.assert_array_equal(y[:3], model(x[:2], shapes[:2]))
    np.testing.assert_array_equal(y[3:], model(x[2:], shapes[2:]))
    with pytest.raises(ShapeError, match="no samples"):
        model(x[:0], shapes[:0])
    with pytest.raises(ShapeError, match=r"RESHAPE #0"):
        model(x[:2], np.array([5, 5], np.int32))
    np.testing.assert_array_equal(model(x, shapes), y)


def test_scalars() -> None:
    model = intlite.load(models()["scalar"])
    y = model(np.int8(5))
    assert y.shape == ()
    assert y.dtype == np.uint8
    assert int(y) == 2 * (5 - 3) + 3
    assert int(model(np.array(5, np.int8))) == int(y)
    several = intlite.load(models()["scalar output"])(np.arange(3, dtype=np.int8))
    np.testing.assert_array_equal(several, [0, 1, 2])
    with pytest.raises(ShapeError, match=r"shape \[1\]"):
        model(np.zeros(1, np.int8))


def test_model_that_takes_no_rows() -> None:
    model = intlite.load(no_rows())
    assert model(np.zeros((0, 4), np.int8)).shape == (0, 4)
    with pytest.raises(ShapeError, match="takes none"):
        model(np.zeros((1, 4), np.int8))


def test_model_without_outputs() -> None:
    network = Network()
    x = network.input((1, 4), "INT8", per_tensor(0.5, 0))
    network.operator("RELU", [x], [network.tensor((1, 4), "INT8", per_tensor(0.5, 0))])
    assert intlite.Model(network.bytes())(np.zeros((2, 4), np.int8)) == ()


# ----------------------------------------------------------------------------- arrays


class Subclass(np.ndarray[Any, Any]):
    pass


def read_only(x: NDArray[Any]) -> NDArray[Any]:
    x = x.copy()
    x.setflags(write=False)
    return x


class HasArray:
    """What is no array, but gives one."""

    def __init__(self, x: NDArray[Any]) -> None:
        self._x = x

    def __array__(self, dtype: Any = None, copy: Any = None) -> NDArray[Any]:
        return self._x


FORMS: dict[str, Callable[[NDArray[Any]], Any]] = {
    "strided": lambda x: np.repeat(x, 2, axis=-1)[..., ::2],
    "sliced": lambda x: np.concatenate([x, x])[: len(x)],
    "every second": lambda x: np.repeat(x, 2, axis=0)[::2],
    "Fortran": np.asfortranarray,
    "reversed": lambda x: np.ascontiguousarray(x[..., ::-1])[..., ::-1],
    "read-only": read_only,
    "unaligned": lambda x: np.frombuffer(b"\0" + x.tobytes(), x.dtype, offset=1).reshape(x.shape),
    "big-endian": lambda x: x.astype(x.dtype.newbyteorder(">")),
    "subclass": lambda x: x.view(Subclass),
    "list": lambda x: x.tolist(),
    "nested tuples": lambda x: tuple(tuple(row) for row in x.tolist()),
    "memoryview": lambda x: x.data,
    "array-like": HasArray,
}


@pytest.mark.parametrize("form", list(FORMS))
@pytest.mark.parametrize("name", ["mnist", "dense", "float ends", "open batch"])
def test_forms_of_arrays(name: str, form: str) -> None:
    model = intlite.load(models()[name])
    detail = model.inputs[0]
    if form in ("list", "nested tuples") and detail.dtype.kind == "f":
        pytest.skip("Python's floats are float64: see test_floats_of_python_for_a_float_input")
    rng = np.random.default_rng(3)
    x = np.asarray(rng.integers(-9, 9, (5, *detail.shape[1:]))).astype(detail.dtype)
    expected = model(np.ascontiguousarray(x))
    given = FORMS[form](x)
    y = model(given)
    assert type(y) is np.ndarray
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_array_equal(model.trace(given).outputs[0].quantized, expected)


def test_integers_of_python_for_a_float_input() -> None:
    model = intlite.load(models()["float ends"])
    expected = model(np.array([[1, 2, 3, 4]], np.float32))
    np.testing.assert_array_equal(model([[1, 2, 3, 4]]), expected)


def test_floats_of_python_for_a_float_input() -> None:
    model = intlite.load(models()["float ends"])
    expected = model(np.array([[0.5, 2, 3, 4]], np.float32))
    np.testing.assert_array_equal(model([[0.5, 2, 3, 4]]), expected)


# ------------------------------------------------------------------------------ errors

X = np.zeros((1, 28, 28), np.uint8)
NAME = "serving_default_keras_tensor_3:0"
WRONG_ARGUMENTS: dict[str, tuple[tuple[Any, ...], type[Exception], str]] = {
    "no arguments": ((), TypeError, "1 inputs, 0 were given"),
    "two arguments": ((X, X), TypeError, "1 inputs, 2 were given"),
    "one dimension too few": ((X[0],), ShapeError, rf"{NAME}.*\[28, 28\].*\[N, 28, 28\]"),
    "one dimension too many": ((X[None],), ShapeError, r"\[1, 1, 28, 28\].*\[N, 28, 28\]"),
    "other rows": ((X[:, :5],), ShapeError, r"\[1, 5, 28\].*\[N, 28, 28\]"),
    "flat": ((X.reshape(1, 784),), ShapeError, r"\[1, 784\].*\[N, 28, 28\]"),
    "scalar": ((3,), ShapeError, r"shape \[\]"),
    "float64": ((X.astype(float),), TypeError, rf"{NAME}.*float64.*uint8.*predict\(\)"),
    "float32": ((X.astype(np.float32),), TypeError, r"float32 values, expected uint8"),
    "int8": ((X.astype(np.int8),), TypeError, r"int8 values, expected uint8"),
    "int64": ((X.astype(np.int64),), TypeError, r"int64 values, expected uint8"),
    "bool": ((X.astype(bool),), TypeError, r"bool values, expected uint8"),
    "objects": ((X.astype(object),), TypeError, r"object values, expected uint8"),
    "None": ((None,), TypeError, r"object values, expected uint8"),
    "text": (("abc",), TypeError, r"values, expected uint8"),
    "list beyond uint8": ((np.full((1, 28, 28), 256).tolist(),), TypeError, r"expected uint8"),
    "list below uint8": ((np.full((1, 28, 28), -1).tolist(),), TypeError, r"expected uint8"),
    "list of floats": ((np.full((1, 28, 28), 0.5).tolist(),), TypeError, r"float64 values"),
}


@pytest.mark.parametrize("case", list(WRONG_ARGUMENTS))
def test_wrong_arguments(case: str) -> None:
    arguments, error, words = WRONG_ARGUMENTS[case]
    model = mnist()
    x = images(2)
    expected = model(x)
    with pytest.raises(error, match=words) as caught:
        model(*arguments)
    if error is ShapeError:
        assert isinstance(caught.value, ValueError)
        assert isinstance(caught.value, intlite.IntliteError)
    with pytest.raises(error):
        model.trace(*arguments)
    np.testing.assert_array_equal(model(x), expected)


def test_keyword_arguments_are_refused() -> None:
    call: Any = mnist()
    with pytest.raises(TypeError, match="keyword argument"):
        call(X, batch=1)
    with pytest.raises(TypeError, match="keyword argument"):
        call(x=X)


def test_inputs_must_have_as_many_samples() -> None:
    model = intlite.load(TWO_INPUTS)
    a, b = np.zeros((4, 3), np.int8), np.zeros((3, 4), np.uint8)
    with pytest.raises(ShapeError, match=r"'b'.*\[3, 4\] has 3 samples.*have 2"):
        model(a, b)
    with pytest.raises(ShapeError, match=r"'a'.*3 rows.*multiple of the model's own 2"):
        model(a[:3], b)
    with pytest.raises(TypeError, match="2 inputs, 1 were given"):
        model(a)
    assert len(model(a, b[:2])) == 2


def test_a_batch_beyond_memory_is_refused() -> None:
    """Of which the array itself takes no memory."""
    net = Network()
    x = net.input((1, 2), "INT8", per_tensor(0.5, 3), shape_signature=(-1, -1))
    y = net.output((1, 2), "UINT8", per_tensor(0.25, 3), shape_signature=(-1, -1))
    net.operator("QUANTIZE", [x], [y])
    model = intlite.load(net.bytes())
    huge = np.broadcast_to(np.int8(0), (1, 1 << 50))
    with pytest.raises(MemoryError):
        model(huge)
    assert model(np.zeros((1, 5), np.int8)).shape == (1, 5)


# -------------------------------------------------------------------------- ownership


@pytest.mark.parametrize("name", ["mnist", "two inputs", "two signatures", "dynamic"])
def test_outputs_belong_to_the_caller(name: str) -> None:
    model = intlite.load(models()[name])
    x = [np.ones((2 * t.shape[0], *t.shape[1:]), t.dtype) for t in model.inputs]
    if name == "dynamic":
        x[1] = np.array([3, 2, 3, 2], np.int32)
    given = [a.copy() for a in x]

    def run() -> list[NDArray[Any]]:
        result = model(*x)
        return list(result) if isinstance(result, tuple) else [result]

    first = run()
    expected = [y.copy() for y in first]
    for y in first:
        assert y.flags.writeable
        assert y.flags.c_contiguous
        assert not any(np.shares_memory(y, a) for a in x)
        y[...] = 99
    second = run()
    for y, wanted, old in zip(second, expected, first, strict=True):
        np.testing.assert_array_equal(y, wanted)
        assert not np.shares_memory(y, old)
    for a, old in zip(x, given, strict=True):
        np.testing.assert_array_equal(a, old)


def test_outputs_that_are_inputs_or_constants_are_copies() -> None:
    net = Network()
    x = net.input((1, 4), "INT8", per_tensor(0.5, 3))
    y = net.output((1, 4), "UINT8", per_tensor(0.25, 3))
    net.operator("QUANTIZE", [x], [y])
    constant = net.constant(np.arange(3), "INT8", per_tensor(0.5, 0))
    tables = net.model()
    [graph] = tables.subgraphs
    outputs = np.array([y, x, constant, y], np.int32)
    data = schema.writer.write(tables.replace(subgraphs=(graph.replace(outputs=outputs),)))
    model = intlite.load(data)
    given = np.arange(4, dtype=np.int8)[None]
    for _ in range(2):
        found = model(given)
        np.testing.assert_array_equal(found[1], [[0, 1, 2, 3]])
        np.testing.assert_array_equal(found[2], [0, 1, 2])
        np.testing.assert_array_equal(found[0], found[3])
        for i, array in enumerate(found):
            array[...] = 7 + i
        np.testing.assert_array_equal(found[0], [[7, 7, 7, 7]])
    np.testing.assert_array_equal(given, [[0, 1, 2, 3]])

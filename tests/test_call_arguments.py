"""Arrays of every make, given to every face: the right result, or an error that says why."""

from __future__ import annotations

import mmap
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import intlite
from intlite import Interpreter, Model, ShapeError, kernels, schema
from intlite.quantization import per_tensor
from tests.interpreter.side_by_side import models
from tests.models import Network

Q = per_tensor(0.5, 3)


def matrix_model() -> bytes:
    """Of two dimensions, as matrices are: three to two, int8."""
    net = Network()
    x = net.input((1, 3), "INT8", Q, shape_signature=(-1, 3))
    weights = net.constant(np.array([[1, -2, 3], [4, 5, -6]]), "INT8", per_tensor(0.5, 0))
    y = net.output((1, 2), "INT8", Q, shape_signature=(-1, 2))
    net.operator("FULLY_CONNECTED", [x, weights, -1], [y])
    return net.bytes()


DATA = matrix_model()
X = np.random.default_rng(0).integers(-128, 128, (4, 3)).astype(np.int8)


class Liar(np.ndarray[Any, Any]):
    """An array that gives something else when it is asked for an array."""

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        return np.zeros((9, 9), np.float32)

    @property
    def __array_interface__(self) -> Any:
        return {"shape": (2**40,), "typestr": "|i1", "data": (8, False), "version": 3}

    def __array_ufunc__(self, *args: Any, **kwargs: Any) -> Any:
        raise AssertionError("nothing may be computed with it")


class Interface:
    """No array, but describes one."""

    def __init__(self, x: NDArray[Any]) -> None:
        self._x = x
        self.__array_interface__ = x.__array_interface__


def mapped(x: NDArray[Any]) -> NDArray[Any]:
    memory = mmap.mmap(-1, x.nbytes)
    memory[:] = x.tobytes()
    return np.frombuffer(memory, x.dtype).reshape(x.shape)


def fields(x: NDArray[Any]) -> NDArray[Any]:
    """A field of records: its elements lie apart, and not where their type wants them."""
    records = np.zeros(x.shape, np.dtype([("before", "u1"), ("x", x.dtype)]))
    records["x"] = x
    return np.asarray(records["x"])


FORMS: dict[str, Callable[[NDArray[Any]], Any]] = {
    "contiguous": lambda x: x,
    "view": lambda x: np.concatenate([x, x])[len(x) :],
    "negative strides": lambda x: x[::-1, ::-1].copy()[::-1, ::-1],
    "every second": lambda x: np.repeat(np.repeat(x, 2, 0), 2, 1)[::2, ::2],
    "Fortran order": np.asfortranarray,
    "transposed": lambda x: np.ascontiguousarray(x.T).T,
    "byte-swapped": lambda x: x.astype(x.dtype.newbyteorder()),
    "read-only": lambda x: np.frombuffer(x.tobytes(), x.dtype).reshape(x.shape),
    "misaligned": lambda x: np.frombuffer(b"\1" + x.tobytes(), x.dtype, offset=1).reshape(x.shape),
    "field": fields,
    "mapped": mapped,
    "matrix": lambda x: x.view(np.matrix),
    "masked, nothing masked": np.ma.array,
    "liar": lambda x: x.copy().view(Liar),
    "interface": Interface,
    "memoryview": lambda x: x.data,
    "list": lambda x: x.tolist(),
    "list of arrays": list,
    "tuple": lambda x: tuple(map(tuple, x.tolist())),
}
# LiteRT's protocol takes the types of Python's numbers as they are.
INTEGERS = ("list", "tuple")


def invoked(x: Any, samples: int, data: bytes = DATA) -> NDArray[Any]:
    it = Interpreter(model_content=data)
    it.resize_tensor_input(0, [samples, 3])
    it.allocate_tensors()
    it.set_tensor(0, x)
    it.invoke()
    return np.asarray(it.get_tensor(it.get_output_details()[0]["index"]))


def hooked(x: Any) -> NDArray[Any]:
    return np.asarray(Model(DATA).call_with_hooks({}, x))


def compared(x: Any) -> NDArray[Any]:
    """The outputs, if a comparison with them finds no difference."""
    model = Model(DATA)
    expected = model(np.ascontiguousarray(X))
    found = intlite.compare(model, {model.outputs[0].index: expected}, x)
    assert not any(t.differing for t in found.tensors)
    return np.asarray(expected)


FACES: dict[str, Callable[[Any], NDArray[Any]]] = {
    "Model": lambda x: np.asarray(Model(DATA)(x)),
    "trace": lambda x: np.asarray(Model(DATA).trace(x).outputs[0].quantized),
    "reference": lambda x: np.asarray(
        Model(DATA).trace(x, backend="reference").outputs[0].quantized
    ),
    "hooks": hooked,
    "compare": compared,
    "Interpreter": lambda x: invoked(x, len(X)),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("face", FACES)
def test_forms(face: str, form: str) -> None:
    given = FORMS[form](X)
    if face == "Interpreter" and form in INTEGERS:
        with pytest.raises(ValueError, match="Got value of type INT64 but expected type INT8"):
            FACES[face](given)
        return
    before = X.copy()
    y = FACES[face](given)
    assert type(y) is np.ndarray
    assert y.flags.c_contiguous
    assert y.flags.writeable
    np.testing.assert_array_equal(y, Model(DATA)(X))
    np.testing.assert_array_equal(X, before)


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_real_values(form: str) -> None:
    real = (X * np.float32(0.5)).astype(np.float64)
    expected = Model(DATA).predict(real)
    np.testing.assert_array_equal(Model(DATA).predict(FORMS[form](real)), expected)


@pytest.mark.parametrize("form", [f for f in FORMS if f not in ("memoryview",)])
def test_forms_for_kernels(form: str) -> None:
    weights = np.array([[1, -2, 3], [4, 5, -6]], np.int8)
    parameters: dict[str, Any] = {
        "input": Q,
        "weights_quantization": per_tensor(0.5, 0),
        "output": Q,
    }
    bias = np.array([5, -7], np.int32)
    expected = kernels.fully_connected(X, weights, bias, **parameters)
    x: Any = FORMS[form](X)
    if form in INTEGERS:
        with pytest.raises(TypeError, match="int64"):
            kernels.fully_connected(x, weights, bias, **parameters)
    else:
        found = kernels.fully_connected(x, FORMS[form](weights), bias, **parameters)
        assert type(found) is np.ndarray
        np.testing.assert_array_equal(found, expected)
    numbers = X.astype(np.int32)
    shifted = kernels.rounding_divide_by_pot(FORMS[form](numbers), 2)
    assert type(shifted) is np.ndarray
    np.testing.assert_array_equal(shifted, kernels.rounding_divide_by_pot(numbers, 2))


REFUSED: dict[str, tuple[Any, type[Exception], str]] = {
    "objects": (X.astype(object), TypeError, "object values"),
    "objects of no number": (np.full((4, 3), None), TypeError, "object values"),
    "text": (X.astype(str), TypeError, "<U4 values"),
    "complex": (X.astype(complex), TypeError, "complex128 values"),
    "records": (np.zeros((4, 3), [("a", "i1")]), TypeError, "values"),
    "dates": (X.astype("m8[s]"), TypeError, r"timedelta64\[s\] values"),
    "masked": (np.ma.array(X, mask=np.eye(4, 3, dtype=bool)), TypeError, "masked"),
    "rows that differ": ([[1, 2, 3], [1, 2]], ValueError, "inhomogeneous"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str) -> None:
    given, error, words = REFUSED[name]
    model = Model(DATA)
    for call in (model, model.predict, model.trace):
        with pytest.raises(error, match=words):
            call(given)
    with pytest.raises(error, match=words):
        intlite.compare(model, "tflm", given)
    # Its errors are LiteRT's: a wrong type is a ValueError.
    with pytest.raises((TypeError, ValueError)):
        invoked(given, 4)


def test_masked_arrays_for_kernels() -> None:
    masked = np.ma.array(X, mask=X > 0)
    with pytest.raises(TypeError, match="masked"):
        kernels.rounding_divide_by_pot(masked, 2)
    with pytest.raises(TypeError, match="masked"):
        kernels.fully_connected(
            masked, X, input=Q, weights_quantization=per_tensor(0.5, 0), output=Q
        )


@pytest.mark.parametrize("face", FACES)
def test_no_rows(face: str) -> None:
    if face == "compare":
        with pytest.raises(ShapeError, match="no samples"):
            FACES[face](X[:0])
        return
    found = invoked(X[:0], 0) if face == "Interpreter" else FACES[face](X[:0])
    assert found.shape == (0, 2)
    assert found.dtype == np.int8


def test_one_element_read_many_times() -> None:
    """Strides of zero: no more memory than the array says is read."""
    same = np.broadcast_to(np.int8(7), (1000, 3))
    np.testing.assert_array_equal(Model(DATA)(same), Model(DATA)(np.full((1000, 3), 7, np.int8)))


# ------------------------------------------------------------------- who owns what


@pytest.mark.parametrize("name", list(models()))
def test_results_share_no_memory_with_anything(name: str) -> None:
    """Neither with the arguments, nor with the model, nor with other results."""
    model = Model(models()[name])
    x = [np.ones(t.shape, t.dtype) for t in model.inputs]
    if name == "dynamic":
        x[1] = np.array([3, 2], np.int32)

    def results() -> list[NDArray[Any]]:
        found = model(*x)
        hooked = model.call_with_hooks({}, *x)
        arrays = [*(found if isinstance(found, tuple) else [found])]
        arrays += [*(hooked if isinstance(hooked, tuple) else [hooked])]
        constant = {t.index for t in model.graph.tensors if t.is_constant}
        for backend in ("native", "reference"):
            trace = model.trace(*x, backend=backend)
            arrays += [t.quantized for i, t in trace.items() if i not in constant]
        return arrays

    constants = [t.data for t in model.graph.tensors if t.data is not None]
    first, second = results(), results()
    for y in first:
        assert not any(np.shares_memory(y, other) for other in (*x, *constants, *second))
    assert all(not c.flags.writeable for c in constants)


def test_a_trace_does_not_change_with_its_argument() -> None:
    x = X.copy()
    trace = Model(DATA).trace(x)
    x[...] = 0
    np.testing.assert_array_equal(trace[0].quantized, X)


def test_interpreter_copies_both_ways() -> None:
    it = Interpreter(model_content=DATA)
    it.allocate_tensors()
    x = X[:1].copy()
    it.set_tensor(0, x)
    x[...] = 0
    np.testing.assert_array_equal(it.get_tensor(0), X[:1])
    it.invoke()
    number = it.get_output_details()[0]["index"]
    y = it.get_tensor(number)
    kept = y.copy()
    it.set_tensor(0, x)
    it.invoke()
    np.testing.assert_array_equal(y, kept)
    assert not np.shares_memory(y, it.get_tensor(number))


# ----------------------------------------------------------- views of tensors' memory


def test_a_view_outlives_its_interpreter() -> None:
    it = Interpreter(model_content=DATA)
    it.allocate_tensors()
    it.set_tensor(0, X[:1])
    views = [it.tensor(0)(), it.tensor(1)()]
    expected = [v.copy() for v in views]
    pieces = [v[..., 1:] for v in views]
    del it
    for view, piece, values in zip(views, pieces, expected, strict=True):
        np.testing.assert_array_equal(view, values)
        np.testing.assert_array_equal(piece, values[..., 1:])
    views[0][...] = 1  # memory that is still there
    with pytest.raises(ValueError, match="read-only"):
        views[1][...] = 1  # a constant


def test_a_view_of_a_view_keeps_the_memory_where_it_is() -> None:
    """However the memory is held: nothing moves or runs while somebody could see it."""
    it = Interpreter(model_content=DATA)
    it.allocate_tensors()
    holders: list[Callable[[Any], Any]] = [
        lambda v: v[:, ::-1],
        memoryview,
        lambda v: v.view(np.uint8).reshape(3, 1).T,
        lambda v: np.lib.stride_tricks.as_strided(v, (2, 3), (0, 1)),
        lambda v: np.asarray(memoryview(v)),
        lambda v: np.ndarray((3,), np.int8, v),
    ]
    for hold in holders:
        held = hold(it.tensor(0)())
        for action in (it.invoke, it.allocate_tensors, lambda: it.resize_tensor_input(0, [7, 3])):
            with pytest.raises(intlite.InterpreterError, match="reference to internal data"):
                action()
        del held
        it.invoke()


def test_view_functions_follow_a_resize() -> None:
    it = Interpreter(model_content=DATA)
    it.allocate_tensors()
    view, constant = it.tensor(0), it.tensor(1)
    old = constant()
    assert view().shape == (1, 3)
    it.resize_tensor_input(0, [5, 3])
    with pytest.raises(ValueError, match="Run allocate_tensors"):
        view()
    it.allocate_tensors()
    assert view().shape == (5, 3)
    np.testing.assert_array_equal(constant(), old)
    del it
    view()[...] = 3
    assert view().sum() == 45


# ------------------------------------------------------------------ changing sources


SHORTENING = """
import mmap, sys
import numpy as np
from intlite import Interpreter, Model, ModelError
file = open(sys.argv[1], "r+b")
whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
array = np.memmap(sys.argv[1], np.uint8, "r")
sources = [whole, array, memoryview(whole)[:], array[:], np.asarray(array)]
models = [Model(source) for source in sources]
expected = models[0](np.ones((2, 3), np.int8))
file.truncate(1)
refused = 0
for source in sources:
    for make in (Model, lambda source: Interpreter(model_content=source)):
        try:
            make(source)
        except ModelError as error:
            refused += "mapped file has become shorter" in str(error)
try:
    Model(array[::2])
except ModelError as error:
    assert "as one piece" in str(error)
file.truncate(0)
ran = sum(np.array_equal(model(np.ones((2, 3), np.int8)), expected) for model in models)
print(ran, "models run,", refused, "refused")
"""


def test_a_mapped_model_whose_file_becomes_shorter(tmp_path: Path) -> None:
    """Reading behind the end of the file would be a signal, which ends a process."""
    path = tmp_path / "model.tflite"
    path.write_bytes(DATA + bytes(3 * mmap.PAGESIZE))
    # In a child, which the signal would end.
    child = subprocess.run(
        [sys.executable, "-c", SHORTENING, str(path)], capture_output=True, text=True, timeout=60
    )
    assert child.returncode == 0, child.stderr
    assert child.stdout.split() == ["5", "models", "run,", "10", "refused"]


def test_a_buffer_that_changes_while_it_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """All is read from one copy: the buffer is another when the reader sees it."""
    buffer = bytearray(DATA)
    read = schema.read

    def meddling(data: Any) -> schema.Model:
        buffer[:] = bytes(len(buffer))
        return read(data)

    monkeypatch.setattr(schema, "read", meddling)
    model = Model(buffer)
    monkeypatch.undo()
    assert not any(buffer)
    np.testing.assert_array_equal(model(X), Model(DATA)(X))

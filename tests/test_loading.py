"""Loading a model from all kinds of sources, and copying it: pickle, copy, repr."""

from __future__ import annotations

import copy
import mmap
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import intlite
from intlite import Model, schema
from intlite.schema.enums import BUILTIN_OPERATORS
from intlite.schema.writer import write
from tests.interpreter.side_by_side import MODEL_FOLDER, NUMERICS, models

PATH = MODEL_FOLDER / "mnist_model_quant.tflite"
MNIST = models()["mnist"]


def images(count: int) -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (count, 28, 28)).astype(np.uint8)


def mnist() -> Model:
    return intlite.load(MNIST)


# ----------------------------------------------------------------------------- sources


def mapped(path: Path) -> mmap.mmap:
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


SOURCES: dict[str, Callable[[], Any]] = {
    "str": lambda: str(PATH),
    "Path": lambda: PATH,
    "bytes": lambda: MNIST,
    "bytearray": lambda: bytearray(MNIST),
    "memoryview": lambda: memoryview(MNIST),
    "array": lambda: np.frombuffer(MNIST, np.uint8),
    "mmap": lambda: mapped(PATH),
}


@pytest.mark.parametrize("kind", list(SOURCES))
def test_sources(kind: str) -> None:
    x = images(2)
    np.testing.assert_array_equal(intlite.load(SOURCES[kind]())(x), mnist()(x))


def test_source_in_pieces() -> None:
    pieces = bytearray(2 * len(MNIST))
    pieces[::2] = MNIST
    x = images(2)
    np.testing.assert_array_equal(intlite.load(memoryview(pieces)[::2])(x), mnist()(x))


def test_model_does_not_change_with_its_source(tmp_path: Path) -> None:
    x = images(3)
    buffer = bytearray(MNIST)
    file = tmp_path / "modèle.tflite"
    file.write_bytes(MNIST)
    from_buffer, from_file = intlite.load(buffer), intlite.load(file)
    buffer[:] = bytes(len(buffer))
    file.write_bytes(b"")
    for model in (from_buffer, from_file, pickle.loads(pickle.dumps(from_buffer))):
        np.testing.assert_array_equal(model(x), mnist()(x))
        np.testing.assert_array_equal(model(x[:1]), mnist()(x[:1]))


def test_wrong_sources(tmp_path: Path) -> None:
    for wrong in (None, 5, 1.5, object(), ["x"]):
        source: Any = wrong
        with pytest.raises(TypeError, match=type(wrong).__name__):
            intlite.load(source)
    with pytest.raises(FileNotFoundError, match="nothing_here"):
        intlite.load(tmp_path / "nothing_here.tflite")
    for content in (b"", b"short", b"wrong_identifier", MNIST[:-5000]):
        with pytest.raises(intlite.ModelError):
            intlite.load(content)


def test_wrong_options() -> None:
    with pytest.raises(ValueError, match=r"nonsense.*litert"):
        intlite.load(MNIST, numerics="nonsense")
    for threads in (0, -1, 1.5, "2", None):
        count: Any = threads
        with pytest.raises(ValueError, match=r"num_threads must be an integer >= 1"):
            intlite.load(MNIST, num_threads=count)


def test_unsupported_operators_are_all_named() -> None:
    model = schema.read((MODEL_FOLDER / "mnist_cnn_quant.tflite").read_bytes())
    svdf = BUILTIN_OPERATORS.index("SVDF")
    codes = tuple(
        c.replace(builtin_code=svdf, deprecated_builtin_code=svdf)
        if c.builtin_code in (3, 4)
        else c
        for c in model.operator_codes
    )
    with pytest.raises(intlite.UnsupportedOpError) as caught:
        intlite.load(write(model.replace(operator_codes=codes)))
    error = caught.value
    assert isinstance(error, NotImplementedError)
    assert isinstance(error, intlite.IntliteError)
    convolutions = [r for r in error.reasons if r.startswith("SVDF #")]
    assert len(convolutions) >= 2
    assert str(error).startswith(f"{len(error.reasons)} operators are not supported")
    assert all(reason in str(error) for reason in error.reasons)
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.reasons, str(again)) == (type(error), error.reasons, str(error))


# ------------------------------------------------------------------------------- copies


@pytest.mark.parametrize("numerics", NUMERICS)
def test_pickle_and_copies(numerics: str) -> None:
    model = Model(MNIST, numerics=numerics, num_threads=2, passes=("reuse_memory",))
    x = images(3)
    for other in (
        pickle.loads(pickle.dumps(model)),
        pickle.loads(pickle.dumps(model, protocol=0)),
        copy.copy(model),
        copy.deepcopy(model),
    ):
        assert other is not model
        assert other.numerics == numerics
        assert other.num_threads == 2
        assert repr(other) == repr(model)
        assert pickle.dumps(other) == pickle.dumps(model)
        np.testing.assert_array_equal(other(x), model(x))


@pytest.mark.parametrize("numerics", NUMERICS)
def test_repr_says_what_it_is(numerics: str) -> None:
    text = repr(intlite.load(MNIST, numerics=numerics))
    shapes = "uint8[?, 28, 28] -> uint8[?, 10]"
    assert text == f"<Model {shapes}, 5 operators, numerics={numerics!r}>"


def test_descriptions() -> None:
    model = intlite.load(models()["two inputs"])
    assert [(t.name, t.shape, str(t.dtype)) for t in model.inputs] == [
        ("a", (2, 3), "int8"),
        ("b", (1, 4), "uint8"),
    ]
    assert [t.name for t in model.outputs] == ["c", "d"]
    assert "QUANTIZE #1" in str(model.graph)

"""A session: all tensors on native kernels, one operator alone, parts of a graph kept by shape."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from intlite import Model, ShapeError
from intlite.engine.session import Session
from intlite.runtimes import RUNTIMES, runtime
from tests.interpreter.side_by_side import models

MNIST = Path(__file__).resolve().parents[2] / "models" / "mnist_model_quant.tflite"


def given(model: Model, name: str, samples: int) -> list[NDArray[Any]]:
    rng = np.random.default_rng(5)
    inputs = [
        np.asarray(
            rng.integers(-9, 9, (samples * t.shape[0], *t.shape[1:]) if t.shape else ())
        ).astype(t.dtype)
        for t in model.inputs
    ]
    if name == "dynamic":
        inputs[1] = np.array([3, -1] * samples, np.int32)
    return inputs


@pytest.mark.parametrize("numerics", RUNTIMES)
@pytest.mark.parametrize("samples", [1, 3])
@pytest.mark.parametrize("name", list(models()))
def test_every_tensor_and_operator(name: str, numerics: str, samples: int) -> None:
    model = Model(models()[name], numerics=numerics)
    session, definition = (
        model.session,
        Session(model.graph, runtime(numerics), kernels="reference"),
    )
    batch = session.batch(given(model, name, samples))
    found, expected = session.tensors(batch), definition.tensors(batch)
    assert set(found) == set(expected)
    for i in expected:
        assert found[i].shape == expected[i].shape
        np.testing.assert_array_equal(found[i], expected[i])
    known = session.known(batch.shapes)
    values = {**found, **known}
    for operator in model.graph.operators:
        outputs = session.run_operator(operator, values, batch.samples, known)
        for i, y in zip(operator.outputs, outputs, strict=True):
            np.testing.assert_array_equal(y, found[i])


def test_what_comes_behind_a_shape_is_planned_once() -> None:
    model = Model(models()["dynamic"])
    x, shape = given(model, "dynamic", 1)
    session = model.session
    session.run(session.batch([x, shape]))
    first = session.segment([x.shape, shape.shape])
    assert first.end is not None
    behind = list(session.path([x.shape, shape.shape], session.tensors(session.batch([x, shape]))))
    again = list(session.path([x.shape, shape.shape], session.tensors(session.batch([x, shape]))))
    assert len(behind) > 1
    assert all(a is b for a, b in zip(behind, again, strict=True))
    other = np.array([shape[1], -1], np.int32) if shape[0] < 0 else np.array([-1, 3], np.int32)
    values = session.tensors(session.batch([x, other]))
    assert list(session.path([x.shape, shape.shape], values))[1] is not behind[1]


def test_no_samples_where_shapes_depend_on_values() -> None:
    model = Model(models()["dynamic"])
    x, _ = given(model, "dynamic", 1)
    with pytest.raises(ShapeError, match="no samples"):
        model(x[:0], np.zeros(0, np.int32))


def count_threads() -> int:
    return len(list(Path("/proc/self/task").iterdir()))


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="the system lists no threads")
def test_programs_of_a_model_share_their_threads() -> None:
    """Threads look for work for a while after a run: those of two pools would be in the way."""
    model = Model(MNIST, num_threads=3)
    x = np.random.default_rng(7).integers(0, 256, (2000, 28, 28)).astype(model.inputs[0].dtype)
    before = count_threads()
    expected = Model(MNIST)(x)
    for _ in range(2):
        np.testing.assert_array_equal(model(x), expected)
        found = model.session.tensors(model.session.batch([x]))
        np.testing.assert_array_equal(found[model.graph.outputs[0]], expected)
    assert count_threads() == before + 2

"""intlite profile, and Model.profile: every operator is in it; no time is judged."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import intlite
from intlite import Model
from intlite.inspect.model_info import inspect

from ..interpreter.side_by_side import models
from .command import CNN, IMAGES, MNIST, MOBILENET, data, text


@pytest.mark.parametrize("file", [MNIST, CNN, MOBILENET])
def test_every_operator_once(file: str) -> None:
    found = data("profile", file, "--seconds", 0)
    model = Model(file)
    labels = [label for step in found["steps"] for label in step["ops"]]
    # RESHAPE may be left out: it only hands bytes on.
    expected = [op.label for op in model.graph.operators if op.name != "RESHAPE"]
    assert [label for label in labels if "RESHAPE" not in label] == expected
    assert sum(step["macs"] for step in found["steps"]) == inspect(file).main.macs
    assert sum(step["share"] for step in found["steps"]) == pytest.approx(1)
    assert found["samples"] == 1
    assert found["peak_gmacs"] > 0


def test_samples_and_threads() -> None:
    found = data("profile", CNN, IMAGES, "--count", 4, "--threads", 2, "--seconds", 0)
    assert (found["samples"], found["threads"]) == (4, 2)
    assert sum(step["macs"] for step in found["steps"]) == 4 * inspect(CNN).main.macs


def test_trace_file(tmp_path: Path) -> None:
    file = tmp_path / "trace.json"
    found = data("profile", CNN, "--seconds", 0, "--trace", file)
    events = json.loads(file.read_text())["traceEvents"]
    steps = [e for e in events if e["ph"] == "X"]
    assert len(steps) == len(found["steps"])
    end = 0.0
    for event, step in zip(steps, found["steps"], strict=True):
        assert event["name"] == " + ".join(step["ops"])
        assert event["ts"] == pytest.approx(end)
        assert event["dur"] == pytest.approx(step["seconds"] * 1e6)
        end = event["ts"] + event["dur"]


def test_text() -> None:
    found = text("profile", CNN, "--seconds", 0)
    assert "QUANTIZE #0 + CONV_2D #1" in found
    assert "of peak" in found


def test_python() -> None:
    model = Model(MNIST)
    x = np.zeros((4, 28, 28), np.uint8)
    found = model.profile(x, seconds=0)
    assert found.samples == 4
    assert found.rounds >= 5
    assert found.total == sum(step.seconds for step in found.steps)
    for step in found.steps:
        assert step.label in str(found)
    assert model.profile(seconds=0).samples == 1
    with pytest.raises(intlite.ShapeError, match="no samples"):
        model.profile(x[:0])
    with pytest.raises(intlite.ShapeError):
        model.profile(x[:, :5])


def test_shapes_that_depend_on_values() -> None:
    model = Model(models()["dynamic"])
    x = [np.zeros(t.shape, t.dtype) for t in model.inputs]
    x[1] = np.array([3, -1], np.int32)
    found = model.profile(*x, seconds=0)
    assert [step.ops for step in found.steps] == [(op.label,) for op in model.graph.operators]
    assert "depend on values" in found.note

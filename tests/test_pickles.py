"""What version 0.1.0 pickled loads: names of classes and functions in pickles stay.

pickles_0_1_0.pickle was written by that version, under numpy 2: hello_world_int8 (tests/zoo/models)
as a model under ``tflm``, an interpreter after one run, and what they tell about eight samples.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import intlite

SAMPLES = np.arange(-128, 128, 32, dtype=np.int8).reshape(8, 1)
MODEL = Path(__file__).parent / "zoo" / "models" / "hello_world_int8.tflite"
PICKLES: dict[str, bytes] = pickle.loads(
    Path(__file__).with_name("pickles_0_1_0.pickle").read_bytes()
)


@pytest.fixture(params=sorted(PICKLES))
def name(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


def load(name: str) -> Any:
    return pickle.loads(PICKLES[name])


def test_each_loads(name: str) -> None:
    assert type(load(name)).__name__ == name.capitalize()


def test_a_model_runs() -> None:
    model = load("model")
    assert (model.numerics, model.num_threads) == ("tflm", 2)
    expected = intlite.load(MODEL, numerics="tflm")(SAMPLES)
    assert np.array_equal(model(SAMPLES), expected)
    assert np.array_equal(load("trace")[model.outputs[0].index].quantized, expected)


def test_an_interpreter_goes_on() -> None:
    it = load("interpreter")
    (output,) = it.get_output_details()
    expected = intlite.load(MODEL)(SAMPLES[3:4])
    assert np.array_equal(it.get_tensor(output["index"]), expected)
    it.invoke()
    assert np.array_equal(it.get_tensor(output["index"]), expected)


def test_records_say_what_they_said() -> None:
    model = intlite.load(MODEL, numerics="tflm")
    assert load("graph").operators[0].label == model.graph.operators[0].label
    label = next(op.label for op in model.graph.operators if op.name == "FULLY_CONNECTED")
    assert str(load("explanation")) == str(model.explain(label, (0, 4), SAMPLES))
    again = intlite.compare(model, "litert", SAMPLES)
    assert load("comparison").summary() == again.summary()
    assert len(load("profile").steps) == len(model.profile(SAMPLES, seconds=0.01).steps)

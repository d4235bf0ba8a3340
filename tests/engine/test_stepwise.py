"""Stepwise gives what the executor gives, for many samples and for one operator alone."""

from __future__ import annotations

import numpy as np
import pytest

from intlite import Model
from intlite.engine.executor import Executor
from intlite.engine.stepwise import Stepwise
from intlite.numerics import FLAVOURS, flavour
from tests.interpreter.side_by_side import models


@pytest.mark.parametrize("numerics", FLAVOURS)
@pytest.mark.parametrize("samples", [1, 3])
@pytest.mark.parametrize("name", list(models()))
def test_all_tensors(name: str, numerics: str, samples: int) -> None:
    model = Model(models()[name], numerics=numerics)
    rng = np.random.default_rng(5)
    inputs = [
        np.asarray(
            rng.integers(-9, 9, (samples * t.shape[0], *t.shape[1:]) if t.shape else ())
        ).astype(t.dtype)
        for t in model.inputs
    ]
    if name == "dynamic":
        inputs[1] = np.array([3, -1] * samples, np.int32)
    batch = model._batch(inputs)
    steps = Stepwise(model.graph, flavour(numerics), batch.shapes)
    found = steps.run(batch.arrays, batch.samples)
    expected = Executor(model.graph, flavour(numerics)).run_samples(batch.arrays, batch.samples)
    for i in expected:
        if i in steps.known:
            continue  # given once
        assert found[i].shape == expected[i].shape
        np.testing.assert_array_equal(found[i], expected[i])
    for operator in model.graph.operators:
        outputs = steps.run_operator(operator, found, batch.samples)
        for i, y in zip(operator.outputs, outputs, strict=True):
            np.testing.assert_array_equal(y, found[i])

"""Explanations of convolutions: the stored value is the output, in every flavour."""

from __future__ import annotations

import numpy as np
import pytest

from intlite import IntliteError, Model
from intlite.runtimes import RUNTIMES

from ..sweeps import make_case

ELEMENTS = 12
CASES = 150


@pytest.mark.parametrize("numerics", RUNTIMES)
@pytest.mark.parametrize("operator", ["CONV_2D", "DEPTHWISE_CONV_2D"])
def test_stored_value_is_the_output(operator: str, numerics: str) -> None:
    rng = np.random.default_rng(3)
    explained = 0
    kinds = set()
    for i in range(CASES):
        case = make_case(operator, 11, i)
        data, inputs = case.build()
        try:
            model = Model(data, numerics=numerics)
            trace = model.trace(*inputs)
        except IntliteError:
            continue
        [output] = model.graph.operators[0].outputs
        y = trace[output].quantized
        if y.dtype.itemsize > 1 or not y.size:
            continue
        reference = model.trace(*inputs, backend="reference")[output].quantized
        np.testing.assert_array_equal(y, reference)
        for flat in rng.integers(0, y.size, ELEMENTS):
            index = tuple(int(n) for n in np.unravel_index(flat, y.shape))
            found = model.explain(output, index, *inputs)
            assert found.stored == y[index], (i, index)
            explained += 1
        kinds.add(case.kind)
    assert explained > CASES * ELEMENTS / 3
    assert len(kinds) >= 4


@pytest.mark.parametrize("operator", ["CONV_2D", "DEPTHWISE_CONV_2D"])
def test_other_results_are_the_other_flavours_outputs(operator: str) -> None:
    arithmetic = {"litert": "xnnpack", "litert-builtin": "builtin", "tflm": "gemmlowp"}
    compared = 0
    for i in range(40):
        data, inputs = make_case(operator, 12, i).build()
        try:
            models = {n: Model(data, numerics=n) for n in RUNTIMES}
            traces = {n: m.trace(*inputs) for n, m in models.items()}
        except IntliteError:
            continue
        [output] = models["litert"].graph.operators[0].outputs
        y = {n: t[output].quantized for n, t in traces.items()}
        if y["tflm"].dtype.itemsize > 1 or not y["tflm"].size:
            continue
        index = tuple(int(n) for n in np.unravel_index(y["tflm"].size // 2, y["tflm"].shape))
        results = models["tflm"].explain(output, index, *inputs)
        # XNNPACK clamps fused activations otherwise: its result is only told by itself.
        for name in ("litert-builtin", "tflm"):
            assert results.results()[arithmetic[name]] == y[name][index]  # type: ignore[index]
        assert results.results()["reference"] == y["litert-reference"][index]
        compared += 1
    assert compared > 10

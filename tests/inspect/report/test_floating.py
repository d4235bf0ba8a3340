"""The float32 version of a model and the distance from it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import intlite
from intlite.inspect.report.floating import Error, FloatRun, float_graph
from intlite.quantization import per_tensor
from intlite.schema.options import FullyConnectedOptions

from ...models import Network

ROOT = Path(__file__).resolve().parents[3]


def test_error_in_decibels() -> None:
    error = Error()
    error.add(np.array([3.0, 4.0]), np.array([3.0, 3.5]))
    assert error.decibels == pytest.approx(10 * np.log10(25 / 0.25))
    assert error.largest == 0.5
    assert error.root_mean_square == pytest.approx(np.sqrt(0.125))
    error.add(np.array([1.0]), np.array([2.0]))
    assert (error.largest, error.count) == (1.0, 3)
    assert Error(signal=1.0).decibels is None


def test_a_layer_by_hand() -> None:
    rng = np.random.default_rng(0)
    net = Network()
    x = net.input((1, 6), "INT8", per_tensor(0.1, 3))
    weights = rng.integers(-127, 128, (4, 6), np.int8)
    w = net.constant(weights, "INT8", per_tensor(0.02, 0))
    bias = rng.integers(-500, 500, 4, np.int32)
    # As some converters do, the bias comes without its scale.
    b = net.constant(bias, "INT32")
    y = net.output((1, 4), "INT8", per_tensor(0.3, -5))
    net.operator("FULLY_CONNECTED", [x, w, b], [y], FullyConnectedOptions())
    model = intlite.load(net.bytes())
    run = FloatRun(model.graph)
    stored = rng.integers(-128, 128, (1, 6)).astype(np.int8)
    trace = model.trace(stored)
    run.add({t.index: t.quantized for t in trace.values()})
    real = np.float32(0.1) * (stored.astype(np.float64) - 3)
    scale = float(np.float32(0.1)) * float(np.float32(0.02))
    expected = real @ (weights * float(np.float32(0.02))).T + bias * scale
    difference = np.abs(expected - trace[y].real)
    error = run.errors[0].whole
    assert error.largest == pytest.approx(difference.max(), abs=1e-5)
    assert error.root_mean_square == pytest.approx(np.sqrt(np.mean(difference**2)), abs=1e-5)
    assert run.errors[0].alone.largest == error.largest
    assert not run.bridged


@pytest.mark.parametrize("name", ["mobilenet_v1_0.25_128_quant", "resnet8_quant"])
def test_models_stay_near_float32(name: str) -> None:
    """Every operator has a float32 version, and quantization costs what it should."""
    model = intlite.load(ROOT / "tests" / "zoo" / "models" / f"{name}.tflite")
    run = FloatRun(model.graph)
    x = np.random.default_rng(0).integers(0, 256, model.inputs[0].shape)
    stored = (x + np.iinfo(model.inputs[0].dtype).min).astype(model.inputs[0].dtype)
    run.add({t.index: t.quantized for t in model.trace(stored).values()})
    assert not run.bridged
    assert set(run.errors) == {op.index for op in model.graph.operators}
    for index, error in run.errors.items():
        alone = error.alone.decibels
        assert alone is None or alone > 15, model.graph.operators[index].label


def test_no_tensor_stays_quantized() -> None:
    graph = intlite.load(ROOT / "models" / "mnist_cnn_quant.tflite").graph
    for tensor in float_graph(graph).tensors:
        assert tensor.type in ("FLOAT32", "INT32")
        assert tensor.quantization is None
        assert tensor.type == "FLOAT32" or len(tensor.shape) == 1

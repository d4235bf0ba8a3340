"""The models that tests are made of: LiteRT's own reader takes them and reads what was meant."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from intlite import Model
from intlite.schema.options import FullyConnectedOptions, ReshapeOptions

from .models import NO_TENSOR, Network
from .oracles import Job, run
from .sweeps.base import quantization

# What LiteRT reads in a file, as JSON. In a process of its own, as everything of LiteRT.
READ = """
import json, sys
from ai_edge_litert.interpreter import Interpreter
it = Interpreter(model_path=sys.argv[1])
it.allocate_tensors()
print(json.dumps({
    "signatures": it.get_signature_list(),
    "operators": [op["op_name"] for op in it._get_ops_details() if op["op_name"] != "DELEGATE"],
    "tensors": {
        d["name"]: [
            d["dtype"].__name__,
            d["shape"].tolist(),
            d["shape_signature"].tolist(),
            [round(float(s), 6) for s in d["quantization_parameters"]["scales"]],
            d["quantization_parameters"]["zero_points"].tolist(),
            d["quantization_parameters"]["quantized_dimension"],
        ]
        for d in it.get_tensor_details() if d["name"]
    },
}))
"""


def network() -> Network:
    """Five operators, with constants, options, versions, a signature and an open dimension."""
    net = Network()
    stored, sums = quantization(0.25, 3), quantization(0.5, -7)
    real = net.input((2, 4), "FLOAT32", name="real", shape_signature=(-1, 4))
    x = net.tensor((2, 4), "INT8", stored, name="x")
    values = np.arange(12).reshape(3, 4) - 5
    weights = net.constant(values, "INT8", quantization([0.125, 0.25, 0.5]))
    y = net.tensor((2, 3), "INT8", sums, name="y")
    flat = net.tensor((6,), "INT8", sums, name="flat")
    again = net.tensor((3, 2), "INT8", sums, name="again")
    out = net.output((3, 2), "FLOAT32", name="out")
    net.operator("QUANTIZE", [real], [x])
    net.operator(
        "FULLY_CONNECTED",
        [x, weights, NO_TENSOR],
        [y],
        FullyConnectedOptions(fused_activation_function=1),
        version=5,
    )
    net.operator("RESHAPE", [y, net.constant([6], "INT32")], [flat])
    net.operator("RESHAPE", [flat], [again], ReshapeOptions(new_shape=np.array([3, -1], np.int32)))
    net.operator("DEQUANTIZE", [again], [out], version=2)
    net.signature("serving_default", {"in": real}, {"result": out})
    return net


def test_litert_reads_what_was_meant(tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(network().bytes())
    done = subprocess.run(
        [sys.executable, "-c", READ, str(path)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["signatures"] == {"serving_default": {"inputs": ["in"], "outputs": ["result"]}}
    # The delegate's plan still lists the operators that it took.
    assert set(found["operators"]) <= {"QUANTIZE", "FULLY_CONNECTED", "RESHAPE", "DEQUANTIZE"}
    tensors = found["tensors"]
    assert tensors["real"] == ["float32", [2, 4], [-1, 4], [], [], 0]
    assert tensors["tensor_2"] == ["int8", [3, 4], [3, 4], [0.125, 0.25, 0.5], [0, 0, 0], 0]
    assert tensors["y"] == ["int8", [2, 3], [2, 3], [0.5], [-7], 0]
    assert tensors["tensor_7"] == ["int32", [1], [1], [], [], 0]


def test_runs_everywhere() -> None:
    model = network().bytes()
    x = np.linspace(-40, 40, 8, dtype=np.float32).reshape(2, 4)
    flavours = ("litert", "litert-builtin", "litert-reference", "tflm")
    for flavour, result in zip(flavours, run([Job(model, (x,), f) for f in flavours]), strict=True):
        assert result.outputs is not None, result.error
        assert result.delegated == (flavour == "litert")
        assert np.array_equal(result.outputs[0], Model(model, numerics=flavour)(x))
        assert np.unique(result.outputs[0]).size > 2


def test_int4_has_two_values_in_a_byte() -> None:
    net = Network()
    net.constant([1, -1, 7, -8, 3], "INT4")
    assert np.array_equal(np.asarray(net.model().buffers[1].data), [0xF1, 0x87, 0x03])

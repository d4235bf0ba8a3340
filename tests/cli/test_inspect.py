"""intlite inspect."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from intlite import Model, ShapeError
from intlite.cli.inspect import rows_of_runs
from intlite.inspect.model_info import inspect
from intlite.quantization import per_tensor
from intlite.runtimes import RUNTIMES
from intlite.schema.options import FullyConnectedOptions

from ..models import Network
from .command import CNN, MNIST, MOBILENET, ZOO, data, error, text


def test_mnist() -> None:
    found = text("inspect", MNIST)
    assert "UINT8 ?x28x28" in found
    assert "FULLY_CONNECTED 2" in found
    assert "full int8" in found
    assert "101,632" in found  # 784 * 128 + 128 * 10 MACs


def test_json() -> None:
    found = data("inspect", CNN, "--ops", "--tensors")
    model = Model(CNN)
    assert found["runs"]
    assert found["refusals"] == []
    assert sum(found["operators"].values()) == len(model.graph.operators)
    assert [op["name"] for op in found["ops"]] == [op.name for op in model.graph.operators]
    assert [t["name"] for t in found["tensors"]] == [t.name for t in model.graph.tensors]
    assert [t["shape"] for t in found["inputs"]] == [list(t.shape) for t in model.inputs]
    # Pixels times window times channels in and out.
    expected = {1: 196 * 9 * 16, 2: 196 * 9 * 16, 3: 196 * 16 * 32, 5: 49 * 9 * 32 * 32, 7: 15680}
    assert {op["index"]: op["macs"] for op in found["ops"] if op["macs"]} == expected
    assert found["macs"] == sum(expected.values())
    constants = [t.data for t in model.graph.tensors if t.data is not None]
    assert found["parameters"] == sum(d.size for d in constants)
    # The sum's steps are in the arena: the widest two neighbours at least.
    assert found["arena"] >= 14 * 14 * 16 + 14 * 14 * 32
    assert found["ops"][1]["options"]["fused_activation_function"] == "RELU"


def test_mobilenet() -> None:
    found = data("inspect", MOBILENET)
    # 300 million, as its authors say.
    assert found["macs"] == 300_775_552
    assert found["kind"] == "uint8"
    assert found["delegated"] == 64
    assert len(found["partitions"]) == 2


def test_operators_and_tensors() -> None:
    found = text("inspect", CNN, "--ops", "--tensors")
    assert "DEPTHWISE_CONV_2D #2" in found
    assert "Quantization(scale=0.00912627, zero_point=-128)" in found


def test_what_does_not_run(tmp_path_factory: pytest.TempPathFactory) -> None:
    net = Network()
    x, y = net.input((1, 4), "FLOAT32"), net.output((1, 4), "FLOAT32")
    net.operator("BUCKETIZE", [x], [y])
    file = tmp_path_factory.mktemp("model") / "model.tflite"
    file.write_bytes(net.bytes())
    found = data("inspect", file, "--ops")
    assert not found["runs"]
    assert len(found["refusals"]) == 1
    assert found["arena"] is None
    assert found["ops"][0]["refusal"]
    assert "no: 1 operator is not supported" in text("inspect", file)


def unfitting(shape_signature: tuple[int, ...] | None = None) -> bytes:
    """Each operator is fine, but its shapes do not fit."""
    net = Network()
    x = net.input((1, 4), "INT8", per_tensor(0.5, 0), shape_signature=shape_signature)
    weights = net.constant(np.zeros((3, 5), np.int8), "INT8", per_tensor(0.5, 0))
    y = net.output((1, 3), "INT8", per_tensor(0.5, 0))
    net.operator("FULLY_CONNECTED", [x, weights, -1], [y], FullyConnectedOptions())
    return net.bytes()


def test_what_no_flavour_loads(tmp_path: Path) -> None:
    file = tmp_path / "model.tflite"
    file.write_bytes(unfitting())
    for name in RUNTIMES:
        with pytest.raises(ShapeError) as raised:
            Model(file, numerics=name)
        assert data("inspect", file)["errors"][name] == str(raised.value)
    found = data("inspect", file)
    assert not found["runs"]
    assert found["refusals"] == []
    rows = [line.split() for line in text("inspect", file).splitlines() if "runs" in line]
    assert rows == [["runs", "no"]]
    assert "FULLY_CONNECTED #0: " in text("inspect", file)


def test_placeholder_shapes_are_no_error() -> None:
    content = unfitting((-1, -1))
    assert Model(content).graph
    found = inspect(content)
    assert found.runs
    assert not found.errors
    assert found.arena is None


def test_what_one_flavour_does_not_load() -> None:
    found = inspect(CNN)
    some = replace(found, errors={"tflm": "ADD #1: too large"})
    assert some.runs
    assert list(rows_of_runs(some)) == [
        ("runs", "in litert, litert-builtin, litert-reference"),
        ("", "not in tflm: ADD #1: too large"),
    ]
    assert list(rows_of_runs(found)) == [("runs", "yes")]


@pytest.mark.parametrize("path", sorted(ZOO.glob("*.tflite")), ids=lambda p: p.stem)
def test_every_real_model(path: object) -> None:
    assert "operators" in text("inspect", path, "--ops", "--tensors")
    found = inspect(str(path))
    assert found.main.macs > 0


def test_subgraphs() -> None:
    assert text("inspect", MNIST, "--subgraph", 0) == text("inspect", MNIST)
    assert "--subgraph 1" in error("inspect", MNIST, "--subgraph", 1)

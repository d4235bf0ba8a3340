"""Kinds of models, of real files and of products made for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from intlite.inspect.kind import KINDS, kind_of
from intlite.model_bytes import load_graph
from intlite.quantization import Quantization

from ..models import Network

ZOO = Path(__file__).parent.parent / "zoo" / "models"
KIND_OF_FILE = {
    "kws_int8": "int8",
    "hello_world_int8": "int8",
    "keras_lstm_mnist_ptq": "int8",
    "mobilenet_v1_0.25_128_quant": "uint8",
    "mobilenet_v2_1.0_224_quant": "uint8",
}


def scale(value: float) -> Quantization:
    return Quantization(np.array([value], np.float32), np.zeros(1, np.int64), 0)


def product(net: Network, x: int, activations: str, weights: str) -> int:
    """FULLY_CONNECTED of four by four."""
    q = None if activations == "FLOAT32" else scale(0.1)
    if weights == "FLOAT16":
        stored = net.constant(np.ones((4, 4)), "FLOAT16")
        w = net.tensor((4, 4), "FLOAT32")
        net.operator("DEQUANTIZE", [stored], [w])
    else:
        w = net.constant(np.ones((4, 4)), weights, None if weights == "FLOAT32" else scale(0.1))
    y = net.tensor((1, 4), activations, q)
    net.operator("FULLY_CONNECTED", [x, w, -1], [y])
    return y


@pytest.mark.parametrize(("name", "kind"), KIND_OF_FILE.items())
def test_files(name: str, kind: str) -> None:
    assert kind_of(load_graph((ZOO / f"{name}.tflite").read_bytes())) == kind


@pytest.mark.parametrize(
    ("activations", "weights", "kind"),
    [
        ("INT8", "INT8", "int8"),
        ("INT8", "INT4", "int8"),
        ("UINT8", "UINT8", "uint8"),
        ("INT16", "INT8", "int16"),
        ("FLOAT32", "INT8", "hybrid"),
        ("FLOAT32", "INT4", "hybrid"),
        ("FLOAT32", "FLOAT16", "float16"),
        ("FLOAT32", "FLOAT32", "float32"),
    ],
)
def test_products(activations: str, weights: str, kind: str) -> None:
    net = Network()
    x = net.input((1, 4), activations, None if activations == "FLOAT32" else scale(0.1))
    product(net, x, activations, weights)
    assert kind in KINDS
    assert kind_of(load_graph(net.bytes())) == kind


@pytest.mark.parametrize(("second", "kind"), [("FLOAT32", "hybrid"), ("FLOAT16", "mixed")])
def test_products_of_two_kinds(second: str, kind: str) -> None:
    net = Network()
    x = net.input((1, 4), "FLOAT32")
    product(net, product(net, x, "FLOAT32", "INT8"), "FLOAT32", second)
    assert kind_of(load_graph(net.bytes())) == kind


def test_none() -> None:
    net = Network()
    x, y = net.input((1, 4), "FLOAT32"), net.output((1, 4), "FLOAT32")
    net.operator("ABS", [x], [y])
    assert kind_of(load_graph(net.bytes())) == "none"

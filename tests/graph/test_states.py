"""Variables as values: what they begin with."""

from __future__ import annotations

import numpy as np
import pytest

from intlite import Model, ModelError, UnsupportedOpError, schema
from intlite.graph import Graph, build
from intlite.quantization import per_tensor

from ..models import Network

INITIAL = np.array([[0.5, -2, 3]], np.float16)


def dequantized(steps: str, type_name: str = "FLOAT16") -> bytes:
    """A float32 SVDF whose variable is written and read in this order: "w" and "r"."""
    net = Network()
    q = per_tensor(0.5, 0) if type_name == "INT8" else None
    x = net.input((1, 2), "FLOAT32")
    first = net.tensor((1, 3), type_name, q, data=INITIAL)
    variable = net.tensor((1, 3), "FLOAT32", is_variable=True)
    weights = net.constant(np.ones((1, 2), np.float32), "FLOAT32")
    time = net.constant(np.ones((1, 3), np.float32), "FLOAT32")
    for step in steps:
        if step == "w":
            net.operator("DEQUANTIZE", [first], [variable])
        else:
            y = net.output((1, 1), "FLOAT32")
            net.operator("SVDF", [x, weights, time, -1, variable], [y])
    return net.bytes()


def graph_of(data: bytes) -> Graph:
    return build(schema.read(data))


def test_a_dequantize_gives_a_variable_its_initial_value() -> None:
    """As converters to float16 write it: LiteRT dequantizes a constant once."""
    graph = graph_of(dequantized("wr"))
    [state] = graph.states
    np.testing.assert_array_equal(graph.tensors[state.before].data, INITIAL)
    assert [op.label for op in graph.operators] == ["SVDF #1"]
    assert [op.label for op in graph.as_in_file.operators] == ["DEQUANTIZE #0", "SVDF #1"]
    # A valid file: only its SVDF of float32 is refused.
    with pytest.raises(UnsupportedOpError, match="1 operator is not supported:\n  SVDF #1: "):
        Model(dequantized("wr"))


def test_without_one_it_begins_with_zeros() -> None:
    graph = graph_of(dequantized("r"))
    [state] = graph.states
    np.testing.assert_array_equal(graph.tensors[state.before].data, np.zeros((1, 3)))


@pytest.mark.parametrize(("steps", "writer"), [("wwr", 1), ("rw", 1), ("wrw", 2)])
def test_only_once_and_before_it_is_read(steps: str, writer: int) -> None:
    message = rf"operators\[{writer}\] \(DEQUANTIZE\): writes tensor 2, which has a value already"
    with pytest.raises(ModelError, match=message):
        graph_of(dequantized(steps))


def test_only_of_float16() -> None:
    with pytest.raises(ModelError, match="writes tensor 2, which has a value already"):
        graph_of(dequantized("wr", "INT8"))

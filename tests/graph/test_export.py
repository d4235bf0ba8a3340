"""Graphs walk, print and go to other tools."""

from __future__ import annotations

from pathlib import Path

import pytest

from intlite import Model

MNIST = Path(__file__).parent.parent.parent / "models"
GRAPH = Model(MNIST / "mnist_cnn_quant.tflite").graph
MOBILENET = Path(__file__).parent.parent / "zoo/models/mobilenet_v2_1.0_224_quant.tflite"


def test_walk() -> None:
    nodes = list(GRAPH.walk())
    assert [n.operator for n in nodes] == list(GRAPH.operators)
    assert nodes[1].input(1) is GRAPH.tensors[11]
    writer = GRAPH.writer(13)
    assert writer is not None
    assert writer.label == "CONV_2D #1"
    assert GRAPH.writer(0) is None
    assert [op.label for op in GRAPH.readers(13)] == ["DEPTHWISE_CONV_2D #2"]
    assert "CONV_2D #1(12, 11, 10)" in str(GRAPH)


def test_networkx() -> None:
    import networkx

    found = GRAPH.to_networkx()
    order = list(networkx.topological_sort(found))
    labels = [op.label for op in GRAPH.operators]
    assert [n for n in order if n in labels] == labels
    assert networkx.has_path(found, "input 0", "output 20")
    edge = found.get_edge_data("CONV_2D #1", "DEPTHWISE_CONV_2D #2")[0]
    assert (edge["tensor"], edge["shape"], edge["zero_point"]) == (13, (1, 14, 14, 16), -128)
    assert found.nodes["CONV_2D #1"]["constants"] == [11, 10]


def test_branches_meet_again() -> None:
    found = Model(MOBILENET).graph.to_networkx()
    assert found.in_degree("ADD #9") == 2


@pytest.mark.parametrize("path", [MNIST / "mnist_cnn_quant.tflite", MOBILENET])
def test_dot(path: Path) -> None:
    graph = Model(path).graph
    dot = graph.to_dot()
    assert dot.startswith("digraph ")
    assert dot.count("{") == dot.count("}") == 1
    assert dot.count("->") == graph.to_networkx().number_of_edges()
    for op in graph.operators:
        assert f'"{op.label}";' in dot


def test_names_are_quoted() -> None:
    from ..models import Network
    from ..sweeps.base import quantization

    net = Network()
    x = net.input((1,), "INT8", quantization(1), name='a"b\\c<d>')
    y = net.output((1,), "INT8", quantization(1))
    net.operator("RELU", [x], [y])
    model = Model(net.bytes())
    assert 'label="input a\\"b\\\\c<d>"' in model.graph.to_dot()
    assert "a&quot;b\\c&lt;d&gt;" in model._repr_html_()

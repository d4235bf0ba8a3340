"""How a model is quantized, by its products: what its user has to know first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..graph.types import Graph, Tensor
from ..ops import OPS

# In words, each for a user who asks what the file is.
KINDS: Final = {
    "int8": "full int8: activations and weights are 8 bits, signed",
    "uint8": "full uint8: activations and weights are 8 bits, unsigned, as older files have it",
    "int16": "int16 activations by int8 weights (16x8)",
    "hybrid": "dynamic range: float32 activations by int8 or int4 weights",
    "float16": "float32, with weights stored as float16",
    "float32": "float32",
    "mixed": "mixed: products of several kinds",
    "none": "no products by weights",
}
# Where recurrent operators have weights: LSTM's first gate may be absent, its second is not.
_RECURRENT: Final = {
    "BIDIRECTIONAL_SEQUENCE_LSTM": 2,
    "LSTM": 2,
    "RNN": 1,
    "SVDF": 1,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": 2,
    "UNIDIRECTIONAL_SEQUENCE_RNN": 1,
}
_INTEGERS: Final = {"INT8": "int8", "UINT8": "uint8", "INT16": "int16"}


def kind_of(graph: Graph) -> str:
    """One of ``KINDS``, by the operators that multiply by constant weights."""
    found = set(_kinds(graph))
    if "hybrid" in found:  # the converter leaves small weights as they are
        found.discard("float32")
    if len(found) > 1:
        return "mixed"
    return found.pop() if found else "none"


def _kinds(graph: Graph) -> Iterator[str]:
    widened: set[int] = set()
    for op in graph.operators:
        if op.name == "DEQUANTIZE" and all(graph.tensors[i].type == "FLOAT16" for i in op.inputs):
            widened.update(op.outputs)
    for op in graph.operators:
        table = OPS.find(op.name)
        place = _RECURRENT.get(op.name, None if table is None else table.filter_input)
        node = graph.node(op)
        weights = None if place is None else node.optional(place)
        if weights is None or not (weights.is_constant or weights.index in widened):
            continue
        activations = node.outputs[0]
        yield _kind(activations, weights, weights.index in widened)


def _kind(activations: Tensor, weights: Tensor, is_widened: bool) -> str:
    if activations.type != "FLOAT32":
        return _INTEGERS.get(activations.type, "mixed")
    if is_widened or weights.type == "FLOAT16":
        return "float16"
    return "float32" if weights.type == "FLOAT32" else "hybrid"

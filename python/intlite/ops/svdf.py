"""SVDF on int8 with an int16 state."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..graph.types import Node, Shape
from ..reference import svdf as reference
from ..reference.svdf import SvdfParameters
from ..runtimes.policy import Policy
from .base import Op, Values, check_quantized, fused_activation, known, quantization, shape_error
from .operator_table import register

INPUT, FEATURE, TIME, BIAS, STATE = range(5)
NAMES: Final = ("input", "feature weights", "time weights", "bias", "state")
TYPES: Final = ("INT8", "INT8", "INT16", "INT32", "INT16")


@register("SVDF")
class Svdf(Op):
    def refusals(self, node: Node) -> Iterator[str]:
        if len(node.inputs) != len(NAMES):
            yield f"has {len(node.inputs)} inputs, expected {len(NAMES)}"
            return
        absent = [i for i in (INPUT, FEATURE, TIME, STATE) if node.inputs[i] is None]
        yield from (f"input {i} is absent" for i in absent)
        if not absent and len(node.outputs) != 2:
            yield f"has {len(node.outputs)} outputs and next states, expected 1 and 1"
        if absent or len(node.outputs) != 2:
            return
        types = [(node.inputs[i], NAMES[i], TYPES[i]) for i in range(len(NAMES))]
        wrong = [f"{n} is {t.type}, not {k}" for t, n, k in types if t is not None and t.type != k]
        yield from wrong
        if node.outputs[0].type != "INT8":
            yield f"output is {node.outputs[0].type}, not INT8"
        elif not wrong:
            yield from _check_quantizations(node)
            yield from _check_weights(node)
            if fused_activation(node) != "RELU":
                yield f"fused activation {fused_activation(node)} is not supported; RELU is"

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        x, state = shapes[INPUT], shapes[STATE]
        (filters, depth), memory = node.input(FEATURE).shape, node.input(TIME).shape[1]
        if len(x) != 2 or x[1] != depth or 0 in x:
            raise shape_error(node, f"input {list(x)} is not a matrix of {depth} columns")
        if state != (x[0], filters * memory):
            raise shape_error(node, f"state {list(state)} for a batch of {x[0]}")
        return [(x[0], filters // _rank(node)), state]

    def reference(self, node: Node, inputs: Values, policy: Policy) -> list[NDArray[Any]]:
        x, feature, time, state = (known(node, inputs, i) for i in (INPUT, FEATURE, TIME, STATE))
        p = _parameters(node)
        return list(reference.svdf(x, feature, time, inputs[BIAS], state, p, policy.factor_type))


def _check_quantizations(node: Node) -> Iterator[str]:
    for i in (INPUT, FEATURE, TIME, STATE):
        yield from check_quantized(node.input(i), NAMES[i])
        q = node.input(i).quantization
        if i != INPUT and q is not None and q.zero_point.any():
            yield f"{NAMES[i]} {node.input(i)!r} must have zero point 0"
    yield from check_quantized(node.outputs[0], "output")
    tensors = [node.input(i) for i in (INPUT, FEATURE, TIME, STATE)] + [node.outputs[0]]
    if all(t.quantization is not None for t in tensors):
        if not all(math.isfinite(f) for f in reference.factors(_parameters(node), np.float32)):
            yield "scales multiply to infinity"


def _check_weights(node: Node) -> Iterator[str]:
    feature, time, bias = node.input(FEATURE), node.input(TIME), node.optional(BIAS)
    tensors = [t for t in (feature, time, bias) if t is not None]
    yield from (f"{t!r} is not constant" for t in tensors if t.data is None)
    rank, filters = _rank(node), feature.shape[:1]
    are_matrices = len(feature.shape) == len(time.shape) == 2
    if not are_matrices or time.shape[:1] != filters or 0 in feature.shape + time.shape:
        yield f"weights {feature.shape} and {time.shape} do not fit"
    elif rank < 1 or filters[0] % rank:
        yield f"rank {rank} of {filters[0]} filters"
    elif bias is not None and bias.shape != (filters[0] // rank,):
        yield f"bias {bias.shape} for {filters[0] // rank} units"


def _rank(node: Node) -> int:
    return int(getattr(node.options, "rank", 0))


def _parameters(node: Node) -> SvdfParameters:
    x, feature, time, state = (quantization(node.input(i)) for i in (INPUT, FEATURE, TIME, STATE))
    return SvdfParameters(x, feature, time, state, quantization(node.outputs[0]), _rank(node))

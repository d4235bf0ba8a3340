"""SVDF on int8 with an int16 state."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..graph.types import Node, Shape
from ..quantization import quantize_multiplier
from ..reference import svdf as reference
from ..reference.svdf import SvdfParameters
from ..runtimes.policy import Policy, RealType
from .base import (
    KernelSpec,
    Op,
    Values,
    check_quantized,
    fused_activation,
    known,
    quantization,
    shape_error,
)
from .operator_table import register

INPUT, FEATURE, TIME, BIAS, STATE = range(5)
NAMES: Final = ("input", "feature weights", "time weights", "bias", "state")
_MOST_DEPTH = 1 << 15  # so many products fit int32
TYPES: Final = ("INT8", "INT8", "INT16", "INT32", "INT16")


@dataclass(frozen=True, eq=False)
class SvdfSpec(KernelSpec):
    """csrc/kernels/svdf.h."""

    batch: int
    feature: NDArray[np.int8]
    time: NDArray[np.int16]
    bias: NDArray[np.int32]
    parameters: SvdfParameters
    real: RealType
    inputs: tuple[int, ...] = (INPUT, STATE)

    def make(self) -> _native.Kernel:
        p = self.parameters
        first, second = map(quantize_multiplier, reference.factors(p, self.real))
        return _native.svdf(
            batch=self.batch,
            rank=p.rank,
            feature=self.feature,
            time=self.time,
            bias=self.bias,
            input_zero_point=int(p.input.zero_point[0]),
            output_zero_point=int(p.output.zero_point[0]),
            first=first,
            second=second,
        )

    @property
    def packed_bytes(self) -> int:
        return 2 * (self.feature.size + self.time.size) + 8 * len(self.feature)

    @property
    def work(self) -> float:
        return float(self.batch * (self.feature.size + self.time.size))


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

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        feature, time = known(node, values, FEATURE), known(node, values, TIME)
        if feature.shape[1] > _MOST_DEPTH:
            return super().kernel(node, shapes, values, policy)
        [(batch, units), _] = self.output_shapes(node, shapes, values)
        bias = np.zeros(units, np.int32) if values[BIAS] is None else known(node, values, BIAS)
        return SvdfSpec(batch, feature, time, bias, _parameters(node), policy.factor_type)

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

"""UNIDIRECTIONAL_SEQUENCE_LSTM on int8 with an int16 cell state."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..graph.types import Node, Shape, Tensor
from ..reference import lstm as reference
from ..reference.gemmlowp_fixed16 import INT16_MAX
from ..reference.lstm import GATES, Gate, LstmParameters
from ..runtimes.policy import Policy
from ..runtimes.rounding import LstmKind
from ..schema.enums import ACTIVATIONS, name_of
from .base import (
    KernelSpec,
    Op,
    Values,
    check_quantized,
    check_scales,
    elements,
    known,
    quantization,
    shape_error,
)
from .operator_table import register

# Inputs by position. Weights and biases are of the gates, in the order of GATES.
INPUT, WEIGHTS, RECURRENT, PEEPHOLES, BIASES, PROJECTION = 0, 1, 5, (9, 10, 11), 12, (16, 17)
OUTPUT_STATE, CELL_STATE, LAYER_NORM = 18, 19, (20, 21, 22, 23)
# What this does not do: the name, and the inputs that must be absent.
VARIANTS: Final = (
    ("peephole connections", PEEPHOLES),
    ("a projection", PROJECTION),
    ("layer normalization", LAYER_NORM),
)
# The fifth intermediate tensor has the quantization of what becomes the output.
HIDDEN, INTERMEDIATES = 4, 5
CELL_LOG2 = range(-15, -8)
# The native kernel's sums of more inputs or units might not fit int32.
MAX_DEPTH = 2**15
# Of three functions of int16.
TABLE_BYTES = 3 * 2 * 2**16


@dataclass(frozen=True, eq=False)
class LstmSpec(KernelSpec):
    """csrc/kernels/lstm.h."""

    shape: Shape
    parameters: LstmParameters
    kind: LstmKind
    inputs: tuple[int, ...] = (INPUT, OUTPUT_STATE, CELL_STATE)

    def make(self) -> _native.Kernel:
        p = self.parameters
        first, second = self.shape[:2]
        of_input, of_state = zip(
            *(reference.gate_factors(p, gate, self.kind) for gate in p.gates), strict=True
        )
        logistic, tanh, cell_tanh = reference.tables(p, self.kind)
        kept, added = reference.cell_factors(p)
        cell_min, cell_max = reference.cell_range(p, self.kind)
        hidden, hidden_zero_point = reference.hidden_factor(p, self.kind)
        return _native.lstm(
            steps=first if p.time_major else second,
            batch=second if p.time_major else first,
            time_major=p.time_major,
            weights=np.concatenate([gate.weights for gate in p.gates]),
            recurrent=np.concatenate([gate.recurrent for gate in p.gates]),
            bias=np.concatenate([gate.bias for gate in p.gates]),
            input_zero_point=int(p.input.zero_point[0]),
            state_zero_point=int(p.state.zero_point[0]),
            of_input=of_input,
            of_state=of_state,
            logistic=logistic,
            tanh=tanh,
            cell_tanh=cell_tanh,
            micro=self.kind == LstmKind.MULTIPLIERS,
            kept=kept,
            added=added,
            added_shift=p.added_shift,
            cell_min=cell_min,
            cell_max=cell_max,
            hidden=hidden,
            hidden_zero_point=hidden_zero_point,
        )

    @property
    def packed_bytes(self) -> int:
        """As int16, of rows in fours; and the tables."""
        units, inputs = self.parameters.gates[0].weights.shape
        return int(2 * len(GATES) * units * (inputs + units + 6)) + TABLE_BYTES

    @property
    def work(self) -> float:
        units, inputs = self.parameters.gates[0].weights.shape
        return float(self.shape[0] * self.shape[1] * len(GATES) * units * (inputs + units))


@register("UNIDIRECTIONAL_SEQUENCE_LSTM")
class Lstm(Op):
    def refusals(self, node: Node) -> Iterator[str]:
        if reasons := [*_arity(node), *_variants(node)]:
            yield from reasons
            return
        x, y, h, c = _ends(node)
        if (x.type, y.type, h.type, c.type) != ("INT8", "INT8", "INT8", "INT16"):
            yield (
                f"{x.type} input, {y.type} output, {h.type} and {c.type} states are not "
                "supported; INT8, INT8, INT8 and INT16 are"
            )
            return
        yield from _check_options(node)
        reasons = list(_check_quantizations(node))
        yield from reasons or _check_factors(node)

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        x, weights = shapes[INPUT], node.input(WEIGHTS).shape
        if len(x) != 3 or 0 in x or x[2] != weights[1]:
            raise shape_error(
                node, f"input {list(x)} is not of 3 dimensions, with elements, of {weights[1]}"
            )
        batch = x[1] if _is_time_major(node) else x[0]
        for i in (OUTPUT_STATE, CELL_STATE):
            if elements(shapes[i]) != batch * weights[0]:
                raise shape_error(node, f"a state of {list(shapes[i])} for a batch of {batch}")
        return [(*x[:2], weights[0]), shapes[OUTPUT_STATE], shapes[CELL_STATE]]

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        self.output_shapes(node, shapes, values)
        if max(node.input(WEIGHTS).shape) > MAX_DEPTH:
            return super().kernel(node, shapes, values, policy)
        return LstmSpec(shapes[INPUT], _parameters(node), policy.lstm)

    def reference(self, node: Node, inputs: Values, policy: Policy) -> list[NDArray[Any]]:
        x, h, c = (known(node, inputs, i) for i in (INPUT, OUTPUT_STATE, CELL_STATE))
        return list(reference.lstm(x, h, c, _parameters(node), policy.lstm))


def _ends(node: Node) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    return node.input(INPUT), node.outputs[0], node.input(OUTPUT_STATE), node.input(CELL_STATE)


def _arity(node: Node) -> Iterator[str]:
    if len(node.inputs) not in (20, 24):
        yield f"has {len(node.inputs)} inputs, expected 20 or 24"
        return
    needed = [INPUT, *range(WEIGHTS + 1, RECURRENT), *range(RECURRENT + 1, PEEPHOLES[0])]
    needed += [*range(BIASES + 1, PROJECTION[0]), OUTPUT_STATE, CELL_STATE]
    yield from (f"input {i} is absent" for i in needed if node.inputs[i] is None)
    states = [node.inputs[i] for i in (OUTPUT_STATE, CELL_STATE)]
    # Variables have each a next value besides the output.
    if len(node.outputs) != 3 and all(t is not None for t in states):
        yield f"has {len(node.outputs)} outputs and next states, expected 1 and 2"
    if len(node.intermediates) != INTERMEDIATES:
        yield f"has {len(node.intermediates)} intermediate tensors, expected {INTERMEDIATES}"


def _variants(node: Node) -> Iterator[str]:
    if any(node.optional(i) is None for i in (WEIGHTS, RECURRENT, BIASES)):
        yield "coupled input and forget gates (CIFG) are not supported"
    for name, inputs in VARIANTS:
        if any(node.optional(i) is not None for i in inputs):
            yield f"{name} is not supported"
    if getattr(node.options, "diagonal_recurrent_tensors", False):
        yield "diagonal recurrent weights are not supported"


def _check_quantizations(node: Node) -> Iterator[str]:
    x, y, h, c = _ends(node)
    yield from check_quantized(x, "input")
    yield from check_quantized(h, "output state")
    yield from check_quantized(y, "output")
    yield from check_quantized(c, "cell state")
    for k, name in enumerate(GATES):
        yield from _check_weights(node, k, name)
    hidden = node.intermediates[HIDDEN]
    if hidden is None or hidden.quantization is None:
        yield "has no quantization of its hidden state"
    if c.quantization is not None:
        scale, zero_point = float(c.quantization.scale[0]), int(c.quantization.zero_point[0])
        if zero_point or math.frexp(scale)[0] != 0.5 or _log2(scale) not in CELL_LOG2:
            yield f"cell state {c!r} needs zero point 0 and a scale of 2**-15 to 2**-9"


def _check_factors(node: Node) -> Iterator[str]:
    p = _parameters(node)
    try:
        for kind in LstmKind:
            reference.hidden_factor(p, kind)
            for gate in p.gates:
                reference.gate_factors(p, gate, kind)
    except ValueError:
        yield "scales multiply to infinity"


def _check_options(node: Node) -> Iterator[str]:
    activation = name_of(ACTIVATIONS, getattr(node.options, "fused_activation_function", 0))
    if activation != "TANH":
        yield f"fused activation {activation} is not supported; TANH is"
    clip = float(getattr(node.options, "cell_clip", 0.0))
    if not (math.isfinite(clip) and clip >= 0):
        yield f"cell_clip is {clip}"


def _check_weights(node: Node, k: int, name: str) -> Iterator[str]:
    w, r, b = (node.input(first + k) for first in (WEIGHTS, RECURRENT, BIASES))
    if (w.type, r.type, b.type) != ("INT8", "INT8", "INT32"):
        yield f"{name} gate: {w.type} and {r.type} weights, {b.type} bias; needs INT8 and INT32"
        return
    if w.data is None or r.data is None or b.data is None:
        yield f"{name} gate: weights or bias are not constant"
        return
    units, inputs = node.input(WEIGHTS).shape[:1], node.input(WEIGHTS).shape[1:]
    shapes = (units + inputs, units + units, units)
    if (w.shape, r.shape, b.shape) != shapes or len(inputs) != 1 or 0 in w.shape:
        yield f"{name} gate: weights {w.shape} and {r.shape}, bias {b.shape} do not fit"
    for x, t in ((node.input(INPUT), w), (node.input(OUTPUT_STATE), r)):
        yield from check_quantized(t, f"{name} gate's weights")
        yield from check_scales(x, t)
        if t.quantization is not None and t.quantization.zero_point.any():
            yield f"{name} gate's weights {t!r} need a zero point of 0"


def _log2(scale: float) -> int:
    return math.frexp(scale)[1] - 1


def _is_time_major(node: Node) -> bool:
    return bool(getattr(node.options, "time_major", False))


def _array(node: Node, i: int) -> NDArray[Any]:
    data = node.input(i).data
    if data is None:
        raise ValueError(f"{node.label}: input {i} is not constant")
    return data


def _gate(node: Node, k: int) -> Gate:
    return Gate(
        _array(node, WEIGHTS + k),
        _array(node, RECURRENT + k),
        _array(node, BIASES + k),
        quantization(node.input(WEIGHTS + k)).scale[0],
        quantization(node.input(RECURRENT + k)).scale[0],
    )


def _parameters(node: Node) -> LstmParameters:
    x, _, h, c = _ends(node)
    hidden = node.intermediates[HIDDEN]
    assert hidden is not None
    scale = quantization(c).scale[0]
    clip = np.float32(getattr(node.options, "cell_clip", 0.0))
    return LstmParameters(
        quantization(x),
        quantization(h),
        quantization(hidden),
        _log2(float(scale)),
        int(min(clip / scale, np.float32(INT16_MAX))) if clip > 0 else None,
        (_gate(node, 0), _gate(node, 1), _gate(node, 2), _gate(node, 3)),
        _is_time_major(node),
    )

"""Random cases of the elementwise operators of two 8-bit inputs, in all patterns of broadcast."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from intlite.quantization import Quantization
from intlite.schema import options
from intlite.schema.enums import ACTIVATIONS

from ..models import Network
from .base import (
    EMPTY_IN_TFLM,
    Arrays,
    Case,
    draw_shape,
    draw_values,
    draw_zero_point,
    generator,
    halves,
    log_uniform,
    power_of_two,
    quantization,
)
from .comparison import Sweep

DTYPES = ("int8", "uint8")
OPTIONS = {
    "ADD": options.AddOptions,
    "DIV": options.DivOptions,
    "MUL": options.MulOptions,
    "SUB": options.SubOptions,
}
FUSED = ("NONE", "RELU", "RELU6", "RELU_N1_TO_1")
MAX_ELEMENTS = 4000
# Which operand is a constant of the model.
NEITHER, LEFT, RIGHT = "neither", "left", "right"
# Operators without int16 in LiteRT, and in TFLite Micro.
ABSENT_INT16 = (
    ("SQUARED_DIFFERENCE",),
    ("DIV", "GREATER", "EQUAL", "NOT_EQUAL", "GREATER_EQUAL", "LESS", "LESS_EQUAL"),
)
# What TFLite Micro says of types that it has no kernel for.
NOT_IN_TFLM = "only supports|not (currently )?supported|UINT8|input1->type|input type"


@dataclass(frozen=True, eq=False)
class BinaryCase(Case):
    op: str
    x: NDArray[Any]
    y: NDArray[Any]
    left: Quantization
    right: Quantization
    output: Quantization | None
    activation: str = "NONE"
    constant: str = NEITHER
    # What ADD and SUB say of int16; the runtimes ignore it elsewhere. None: without options.
    pot_scale: bool | None = True

    @property
    def kind(self) -> str:
        return str(self.x.dtype)

    def build(self) -> tuple[bytes, Arrays]:
        net, tensors, inputs = Network(), [], []
        for value, q, side in ((self.x, self.left, LEFT), (self.y, self.right, RIGHT)):
            type_name = value.dtype.name.upper()
            if side == self.constant:
                tensors.append(net.constant(value, type_name, q))
            else:
                tensors.append(net.input(value.shape, type_name, q))
                inputs.append(value)
        shape = np.broadcast_shapes(self.x.shape, self.y.shape)
        out = net.output(shape, "BOOL" if self.output is None else self.kind.upper(), self.output)
        net.operator(self.op, tensors, [out], self._options())
        return net.bytes(), tuple(inputs)

    def _options(self) -> Any:
        if self.op not in OPTIONS or self.pot_scale is None:
            return None
        more = {} if self.op in ("MUL", "DIV") else {"pot_scale_int16": self.pot_scale}
        activation = ACTIVATIONS.index(self.activation)
        return OPTIONS[self.op](fused_activation_function=activation, **more)

    def refusal(self, flavour: str) -> str | None:
        reasons = []
        if self.output is not None and self.activation in ("RELU6", "RELU_N1_TO_1"):
            if float(self.output.scale[0]) < 6 / 2.0**31:  # the bound overflows int32
                reasons.append("no_integer_overflow_from_quantization|failed to allocate")
        if flavour == "tflm":
            reasons += [EMPTY_IN_TFLM] if 0 in (self.x.size, self.y.size) else []
            reasons += [NOT_IN_TFLM] if self.kind == "uint8" else []
        if self.kind == "int16" and self.op in ABSENT_INT16[flavour == "tflm"]:
            reasons.append(f"{NOT_IN_TFLM}|Does not support|failed to invoke")
        return "|".join(reasons) or None

    def is_misread(self, flavour: str) -> bool:
        # TFLite Micro leaves the multipliers of int16 at 0: nothing is greater.
        return flavour == "tflm" and self.op == "GREATER" and self.kind == "int16"

    def smaller(self) -> Iterator[BinaryCase]:
        if self.constant != NEITHER:
            yield replace(self, constant=NEITHER)
        if self.activation != "NONE":
            yield replace(self, activation="NONE")
        if self.x.shape != self.y.shape or self.x.ndim != 1:
            x, y = np.broadcast_arrays(self.x, self.y)
            yield replace(self, x=x.ravel(), y=y.ravel())
        else:
            for part in halves(self.x.size):
                yield replace(self, x=self.x[part], y=self.y[part])


def draw_case(rng: Generator, op: str, index: int, max_rank: int = 6) -> BinaryCase:
    return draw_case_of(rng, op, DTYPES[index % len(DTYPES)], max_rank)


def draw_case_of(rng: Generator, op: str, dtype: str, max_rank: int = 6) -> BinaryCase:
    left_shape, right_shape = draw_shapes(rng, max_rank)
    empty = 0 in (*left_shape, *right_shape)
    left = quantization(draw_scale(rng), draw_zero_point(rng, dtype))
    near = float(left.scale[0]) * log_uniform(rng, 0.1, 10)
    scale = left.scale if rng.random() < 0.25 else draw_tie(rng, near, left)
    right = quantization(scale, draw_zero_point(rng, dtype))
    return BinaryCase(
        op,
        draw_values(rng, left_shape, dtype),
        draw_values(rng, right_shape, dtype),
        left,
        right,
        quantization(1.0, draw_zero_point(rng, dtype)),
        str(rng.choice(FUSED, p=[0.4, 0.2, 0.2, 0.2])),
        # LiteRT crashes on constants without elements.
        NEITHER if empty else str(rng.choice([NEITHER, LEFT, RIGHT], p=[0.7, 0.15, 0.15])),
    )


def draw_scale(rng: Generator) -> float:
    wide = rng.random() < 0.15
    scale = log_uniform(rng, 2.0**-20, 2.0**8) if wide else log_uniform(rng, 1e-3, 1)
    return power_of_two(scale) if rng.random() < 0.4 else scale


def draw_tie(rng: Generator, scale: float, *others: Quantization) -> float:
    """The scale, or often the power of two next to it, mostly so if the others are such."""
    all_ties = bool(others) and all(np.frexp(q.scale[0])[0] == 0.5 for q in others)
    return power_of_two(scale) if rng.random() < (0.9 if all_ties else 0.2) else scale


def draw_shapes(rng: Generator, max_rank: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Two shapes that broadcast: equal, a suffix, or with ones anywhere in either."""
    shape = draw_shape(rng, MAX_ELEMENTS, max_rank)
    pattern = rng.random()
    other = shape
    if pattern < 0.3:
        pass
    elif pattern < 0.5:
        other = shape[int(rng.integers(0, len(shape), endpoint=True)) :]
    else:
        ones = rng.random(len(shape)) < 0.5
        other = tuple(1 if one else d for one, d in zip(ones, shape, strict=True))
        if pattern < 0.8:  # stretches of ones in the other operand where this one has none
            swap = (rng.random(len(shape)) < 0.4) & ~ones
            shape = tuple(1 if s else d for s, d in zip(swap, shape, strict=True))
        if rng.random() < 0.3:
            while other and other[0] == 1:
                other = other[1:]
    return (shape, other) if rng.random() < 0.5 else (other, shape)


def _beside(rng: Generator, scale: float) -> float:
    return scale * float(rng.choice([1 - 2.0**-23, 1, 1 + 2.0**-22]))


def _sum(rng: Generator, op: str, index: int) -> BinaryCase:
    case = draw_case(rng, op, index)
    assert case.output is not None
    greatest = float(max(case.left.scale[0], case.right.scale[0]))
    least = float(min(case.left.scale[0], case.right.scale[0]))
    pick = rng.random()
    if pick < 0.1:  # the delegate's limits, which are powers of two
        scale = _beside(rng, float(rng.choice([least * 2.0**10, greatest * 2.0**-8])))
    elif pick < 0.2:
        # At 2**-19 and below the runtimes abort.
        scale = greatest * log_uniform(rng, 2.0**-18.4, 2.0**12)
    else:
        scale = greatest * log_uniform(rng, 0.4, 2.5)
    scale = draw_tie(rng, scale, case.left, case.right) if pick >= 0.1 else scale
    return replace(case, output=quantization(scale, case.output.zero_point))


@generator("ADD")
def add(rng: Generator, index: int) -> BinaryCase:
    return _sum(rng, "ADD", index)


@generator("SUB")
def sub(rng: Generator, index: int) -> BinaryCase:
    return _sum(rng, "SUB", index)


@generator("MUL")
def mul(rng: Generator, index: int) -> BinaryCase:
    case = draw_case(rng, "MUL", index)
    assert case.output is not None
    product = float(case.left.scale[0]) * float(case.right.scale[0])
    pick = rng.random()
    if pick < 0.1:
        scale = _beside(rng, product * float(rng.choice([2.0**16, 2.0**-8])))
    elif pick < 0.2:
        scale = draw_tie(rng, product * log_uniform(rng, 2.0**-20, 2.0**20), case.left, case.right)
    else:
        scale = draw_tie(rng, product * 85 * log_uniform(rng, 0.3, 3), case.left, case.right)
    return replace(case, output=quantization(scale, case.output.zero_point))


@generator("DIV")
def div(rng: Generator, index: int) -> BinaryCase:
    case = draw_case(rng, "DIV", index)
    assert case.output is not None
    quotient = float(case.left.scale[0]) / float(case.right.scale[0])
    wide = rng.random() < 0.2
    factor = log_uniform(rng, 2.0**-20, 2.0**12) if wide else log_uniform(rng, 0.01, 1)
    scale = draw_tie(rng, quotient * factor, case.left, case.right)
    zero_point = int(case.right.zero_point[0])
    # A divisor of 0 makes the runtimes fail.
    y = np.where(case.y == zero_point, zero_point + (1 if zero_point < 1 else -1), case.y)
    return replace(
        case, y=y.astype(case.y.dtype), output=quantization(scale, case.output.zero_point)
    )


@generator("MINIMUM")
def minimum(rng: Generator, index: int) -> BinaryCase:
    return replace(draw_case(rng, "MINIMUM", index), activation="NONE")


@generator("MAXIMUM")
def maximum(rng: Generator, index: int) -> BinaryCase:
    return replace(draw_case(rng, "MAXIMUM", index), activation="NONE")


@generator("SQUARED_DIFFERENCE")
def squared_difference(rng: Generator, index: int) -> BinaryCase:
    case = draw_case(rng, "SQUARED_DIFFERENCE", 0)
    greatest = float(max(case.left.scale[0], case.right.scale[0]))
    wide = rng.random() < 0.2
    # At 2**-12 and below LiteRT aborts.
    factor = log_uniform(rng, 2.0**-11.4, 2.0**12) if wide else log_uniform(rng, 20, 800)
    scale = draw_tie(rng, greatest * greatest * factor, case.left, case.right)
    output = quantization(scale, draw_zero_point(rng, "int8"))
    return replace(case, output=output, activation="NONE")


@generator("PRELU")
def prelu(rng: Generator, index: int) -> BinaryCase:
    case = draw_case(rng, "PRELU", index)
    if np.broadcast_shapes(case.x.shape, case.y.shape) != case.x.shape:
        x = np.broadcast_arrays(case.x, case.y)[0]  # the slopes must fit into the input
        case = replace(case, x=draw_values(rng, x.shape, case.x.dtype))
    scale = float(case.left.scale[0]) * log_uniform(rng, 0.3, 10)
    scale = draw_tie(rng, scale, case.left, case.right)
    output = quantization(scale, draw_zero_point(rng, case.x.dtype))
    return replace(case, output=output, activation="NONE")


COMPARISONS = ("EQUAL", "NOT_EQUAL", "GREATER", "GREATER_EQUAL", "LESS", "LESS_EQUAL")


def below_one(q: Quantization) -> Quantization:
    """Greater scales are refused."""
    significand, exponent = np.frexp(q.scale)
    return quantization(np.ldexp(significand, np.minimum(exponent, 0)), q.zero_point)


def _comparison(op: str) -> Callable[[Generator, int], BinaryCase]:
    def draw(rng: Generator, index: int) -> BinaryCase:
        case = draw_case(rng, op, index)
        left, right = below_one(case.left), below_one(case.right)
        if rng.random() < 0.3:
            right = left
        return replace(case, left=left, right=right, output=None, activation="NONE")

    return draw


for _op in COMPARISONS:
    generator(_op)(_comparison(_op))


def check_sweep(
    found: Sweep, outputs: int, absent: Collection[str] = (), uint8_in_tflm: bool = False
) -> None:
    """Fail if anything differed or was refused, or too little of an 8-bit type was compared.

    ``absent``: the flavours whose runtime lacks the operator. TFLite Micro has few
    kernels for uint8, and none for tensors without elements.
    """
    assert not found.failures, "\n\n".join(map(str, found.failures))
    for (kind, name), tally in found.tallies.items():
        if kind not in DTYPES:  # plain numbers, which have a test of their own
            continue
        if name in absent or (kind == "uint8" and name == "tflm" and not uint8_in_tflm):
            assert tally.refused == tally.cases
            continue
        assert tally.outputs >= outputs, f"only {tally.outputs} outputs of {kind} on {name}"
        assert tally.refused <= 0.1 * tally.cases, f"{name} refused {kind}: {tally}"

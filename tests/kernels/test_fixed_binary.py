"""Two operands in fixed point on every instruction set, against the operators' formulas."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from intlite import Model, _native
from intlite._native import FixedBinaryKind
from intlite.ops import OPS
from intlite.ops.fixed_binary import FixedBinaryInt16Spec, FixedBinarySpec, FixedNumbers
from intlite.runtimes import RUNTIMES
from intlite.schema import options

from ..models import Network
from ..sweeps.base import draw_values, draw_zero_point, log_uniform, power_of_two, quantization

each_isa = pytest.mark.parametrize("isa", _native.supported_isas())
FIXED = ("litert-builtin", "litert-reference", "tflm")
# By name: the options of those that have a fused activation.
OPERATORS: dict[str, Any] = {
    "ADD": options.AddOptions,
    "SUB": options.SubOptions,
    "MUL": options.MulOptions,
    "DIV": options.DivOptions,
    "SQUARED_DIFFERENCE": None,
    "PRELU": None,
    "LESS": None,
    "GREATER_EQUAL": None,
    "GREATER": None,
    "LESS_EQUAL": None,
    "EQUAL": None,
    "NOT_EQUAL": None,
    "MAXIMUM": None,
    "MINIMUM": None,
}
# Types that an operator has no kernel of, or another one.
ABSENT = {("SQUARED_DIFFERENCE", "uint8"), ("PRELU", "int16"), ("DIV", "int8"), ("DIV", "uint8")}
SHAPES = [
    ((200,), (200,)),
    ((3, 64), (3, 64)),
    ((2, 5, 67), (67,)),
    ((2, 90, 32), (32,)),
    ((7, 1, 3), (1, 5, 3)),
    ((4, 33), (4, 1)),
    ((4, 1), (4, 48)),
    ((1,), (130,)),
    ((0, 4), (1, 4)),
]
COMPARISONS = {"LESS", "GREATER_EQUAL", "GREATER", "LESS_EQUAL", "EQUAL", "NOT_EQUAL"}


def model(
    rng: np.random.Generator,
    operator: str,
    dtype: str,
    left: tuple[int, ...],
    right: tuple[int, ...],
) -> bytes:
    def draw() -> Any:
        drawn = log_uniform(rng, 2.0**-6, 2.0**-0.01)
        scale = power_of_two(drawn) / 2 if rng.random() < 0.5 else drawn
        return quantization(scale, zero_point())

    def zero_point() -> int:
        return 0 if dtype == "int16" else draw_zero_point(rng, dtype)

    net, name = Network(), dtype.upper()
    out = quantization(draw().scale[0] / 4, zero_point())
    out = out if rng.random() < 0.5 else draw()
    tensors = [net.input(left, name, draw()), net.input(right, name, draw())]
    shape = np.broadcast_shapes(left, right)
    y = net.output(shape, "BOOL") if operator in COMPARISONS else net.output(shape, name, out)
    made = OPERATORS[operator]
    given: dict[str, Any] = {"fused_activation_function": int(rng.integers(4))}
    if operator in ("ADD", "SUB"):
        given["pot_scale_int16"] = rng.random() < 0.5
    net.operator(operator, tensors, [y], made and made(**given))
    return net.bytes()


def check(
    operator: str, dtype: str, left: tuple[int, ...], right: tuple[int, ...], isa: str, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    data = model(rng, operator, dtype, left, right)
    x, y = draw_values(rng, left, dtype), draw_values(rng, right, dtype)
    for numerics in FIXED:
        [node] = Model(data, numerics=numerics).graph.walk()
        op, policy = OPS.of(node), RUNTIMES[numerics].policy(node)
        spec = op.kernel(node, (left, right), (None, None), policy)
        assert isinstance(spec, FixedBinarySpec)
        [expected] = op.reference(node, [x, y], policy)
        found = np.empty_like(expected)
        spec.make(isa).run([(x, y)[i] for i in spec.inputs], [found])
        np.testing.assert_array_equal(found, expected, numerics)


@each_isa
@pytest.mark.parametrize("operator", OPERATORS)
def test_equal_to_the_formula(operator: str, isa: str) -> None:
    for dtype in ("int8", "uint8", "int16"):
        if (operator, dtype) in ABSENT:
            continue
        for seed, (left, right) in enumerate(SHAPES):
            if operator == "PRELU" and np.broadcast_shapes(left, right) != left:
                continue
            for more in range(3):
                check(operator, dtype, left, right, isa, 10 * seed + more)


def test_bad_arguments_of_int16() -> None:
    good: dict[str, Any] = {"shapes": ((3,), (3,)), "zero_points": (0, 0), "is_unsigned": False}
    for kind, low in ((FixedBinaryKind.PRELU, 0), (FixedBinaryKind.SUM, -(2**15) - 1)):
        spec = FixedBinaryInt16Spec(**good, numbers=FixedNumbers(kind), output=(0, low, 9))
        with pytest.raises(ValueError, match="no such function|outside of its type"):
            spec.make()

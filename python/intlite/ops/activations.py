"""RELU and its relatives, LEAKY_RELU, HARD_SWISH and ABS: those computed in integers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from typing import ClassVar

import numpy as np

from .._native import UnaryFunction
from ..graph.types import Node
from ..quantization import quantize_multiplier
from ..reference import activations as reference
from ..runtimes.policy import Policy
from .base import EIGHT_BIT, INT8, Op
from .operator_table import Variant, int16, table
from .plain import FLOAT_INT32, elementwise, plain
from .plain_unary_kernel import Formula as PlainFormula
from .plain_unary_kernel import always, of_policy
from .unary import Formula, Int16UnaryOp, UnaryOp, parameters


class _Rescaling(UnaryOp):
    def hazards(self, node: Node) -> Iterator[str]:
        if not math.isfinite(reference.rescale_factor(parameters(node), np.float32)):
            yield "input / output scale is not finite"


def _clamp(quantized: type[Op], lower: float, upper: float = math.inf) -> Variant:
    return plain(quantized, unary=always(UnaryFunction.CLAMP, lower, upper))


class _Clamping(_Rescaling):
    """XNNPACK takes these as float32 only."""

    lower: ClassVar[float] = 0.0
    upper: ClassVar[float | None] = None

    def formula(self, node: Node, policy: Policy) -> Formula:
        return partial(
            reference.relu,
            p=parameters(node),
            real=policy.factor_type,
            lower=self.lower,
            upper=self.upper,
        )


class Relu(_Clamping):
    pass


class Relu6(_Clamping):
    upper = 6.0

    def formula(self, node: Node, policy: Policy) -> Formula:
        if policy.relu6_ignores_output:
            return partial(reference.relu6_without_rescaling, p=parameters(node))
        return super().formula(node, policy)


class ReluN1To1(_Clamping):
    lower, upper = -1.0, 1.0


class Relu0To1(_Clamping):
    upper = 1.0


def _leaky_relu(node: Node, policy: Policy) -> PlainFormula:
    return PlainFormula(policy.functions.leaky_relu, _alpha(node))


class LeakyRelu(_Rescaling):
    def hazards(self, node: Node) -> Iterator[str]:
        factors = reference.leaky_relu_factors(parameters(node), _alpha(node), np.float32)
        if not all(map(math.isfinite, factors)):
            yield "alpha * input / output scale is not finite"

    def formula(self, node: Node, policy: Policy) -> Formula:
        return partial(reference.leaky_relu, p=parameters(node), policy=policy, alpha=_alpha(node))


def _alpha(node: Node) -> float:
    return float(getattr(node.options, "alpha", 0.0))


class HardSwish(UnaryOp):
    def hazards(self, node: Node) -> Iterator[str]:
        out, gate = reference.hard_swish_factors(parameters(node))
        if not (math.isfinite(out) and math.isfinite(gate)):
            yield "the scales' ratio is not finite"
        elif quantize_multiplier(out)[1] > 0:
            yield "the output's scale is 2**-7 of the input's or less, which the runtimes refuse"

    def formula(self, node: Node, policy: Policy) -> Formula:
        return partial(reference.hard_swish, p=parameters(node))


class Abs(_Rescaling):
    types = INT8

    def formula(self, node: Node, policy: Policy) -> Formula:
        return partial(reference.absolute, p=parameters(node), real=policy.factor_type)


table("RELU", Variant(Relu, EIGHT_BIT), int16(Relu, Int16UnaryOp), _clamp(Relu, 0))
table("RELU6", Variant(Relu6, EIGHT_BIT), int16(Relu6, Int16UnaryOp), _clamp(Relu6, 0, 6))
table("RELU_N1_TO_1", Variant(ReluN1To1, EIGHT_BIT), _clamp(ReluN1To1, -1, 1))
table("RELU_0_TO_1", Variant(Relu0To1, EIGHT_BIT), _clamp(Relu0To1, 0, 1))
table(
    "LEAKY_RELU",
    Variant(LeakyRelu, EIGHT_BIT),
    int16(LeakyRelu, Int16UnaryOp),
    plain(LeakyRelu, unary=_leaky_relu),
)
table(
    "HARD_SWISH",
    Variant(HardSwish, EIGHT_BIT),
    plain(HardSwish, unary=of_policy("hard_swish")),
)
table(
    "ABS",
    Variant(Abs, INT8),
    int16(Abs, Int16UnaryOp),
    plain(Abs, elementwise(np.abs), FLOAT_INT32, unary=always(UnaryFunction.ABS)),
)

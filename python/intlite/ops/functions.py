"""LOGISTIC, TANH, ELU, EXP, LOG and GELU: functions of real numbers, as tables."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import ClassVar

import numpy as np

from ..graph.types import Node
from ..quantization import type_range
from ..reference import functions as reference
from ..reference import sigmoid_table
from ..reference.fixed_point import log2_of_power
from ..runtimes.policy import Policy
from .base import EIGHT_BIT, INT8, INT16
from .operator_table import Variant, int16, table
from .plain import plain
from .plain_unary_kernel import Formula as PlainFormula
from .plain_unary_kernel import of_policy
from .unary import Formula, Int16UnaryOp, UnaryOp, parameters

# The one scale that LOGISTIC and TANH of int16 give, as an exponent of 2.
OUTPUT_LOG2 = -15


class _Function(UnaryOp):
    def function(self, node: Node, policy: Policy) -> reference.Function:
        raise NotImplementedError

    def formula(self, node: Node, policy: Policy) -> Formula:
        p, function = parameters(node), self.function(node, policy)
        return partial(reference.evaluate, p=p, policy=policy, function=function)


class _Interpolation(Int16UnaryOp, _Function):
    def formula(self, node: Node, policy: Policy) -> Formula:
        function = self.function(node, policy)
        values = reference.interpolation_table(parameters(node), function)
        return partial(reference.interpolate, table=values)


class Logistic(_Function):
    def function(self, node: Node, policy: Policy) -> reference.Function:
        return reference.logistic_in_double if policy.logistic_in_double else reference.logistic

    def formula(self, node: Node, policy: Policy) -> Formula:
        if policy.fixed_point_sigmoids and node.input(0).type == "INT8":
            return partial(reference.logistic_fixed_point, p=parameters(node))
        return super().formula(node, policy)


class Tanh(_Function):
    def function(self, node: Node, policy: Policy) -> reference.Function:
        return reference.tanh

    def formula(self, node: Node, policy: Policy) -> Formula:
        if policy.fixed_point_sigmoids and node.input(0).type == "INT8":
            return partial(reference.tanh_fixed_point, p=parameters(node))
        return super().formula(node, policy)


class _Sigmoid(Int16UnaryOp):
    """LOGISTIC and TANH, which have formulas of their own on int16."""

    is_tanh: ClassVar[bool]

    def hazards(self, node: Node) -> Iterator[str]:
        p = parameters(node)
        if log2_of_power(float(p.output.scale[0])) != OUTPUT_LOG2:
            yield f"output {node.outputs[0]!r} must have scale 2**{OUTPUT_LOG2}"
        if sigmoid_table.input_multiplier(p)[0] >= 2**31:
            yield f"the scale of input {node.input(0)!r} overflows the runtimes' multiplier"

    def _has_fixed_point(self, node: Node, policy: Policy) -> bool:
        shift = sigmoid_table.fixed_point_shift(parameters(node), self.is_tanh)
        return policy.fixed_point_int16_sigmoids and shift is not None

    def formula(self, node: Node, policy: Policy) -> Formula:
        p = parameters(node)
        if self._has_fixed_point(node, policy):
            return partial(sigmoid_table.by_fixed_point, p=p, is_tanh=self.is_tanh, in_blocks=True)
        return partial(sigmoid_table.by_table, p=p, is_tanh=self.is_tanh)

    def tail(self, node: Node, policy: Policy) -> Formula | None:
        if not self._has_fixed_point(node, policy):
            return None
        return partial(
            sigmoid_table.by_fixed_point,
            p=parameters(node),
            is_tanh=self.is_tanh,
            in_blocks=False,
        )


class LogisticInt16(_Sigmoid):
    is_tanh = False


class TanhInt16(_Sigmoid):
    is_tanh = True


class Elu(_Function):
    types = INT8

    def function(self, node: Node, policy: Policy) -> reference.Function:
        return reference.elu_by_exp if policy.elu_by_exp else reference.elu


class Exp(_Function):
    types = INT8

    def function(self, node: Node, policy: Policy) -> reference.Function:
        return reference.exp


class Log(_Function):
    types = INT8

    def function(self, node: Node, policy: Policy) -> reference.Function:
        p = parameters(node)
        out, low = p.output, np.float32(type_range(p.dtype)[0] - int(p.output.zero_point[0]))
        with np.errstate(over="ignore"):
            return partial(reference.log, least=np.float32(low * out.scale[0]))


def _gelu(node: Node, policy: Policy) -> PlainFormula:
    approximate = getattr(node.options, "approximate", False)
    return PlainFormula(policy.functions.gelu_tanh if approximate else policy.functions.gelu)


class Gelu(_Function):
    def function(self, node: Node, policy: Policy) -> reference.Function:
        approximate = getattr(node.options, "approximate", False)
        return reference.gelu_approximate if approximate else reference.gelu


table(
    "LOGISTIC",
    Variant(Logistic, EIGHT_BIT),
    Variant(LogisticInt16, INT16),
    plain(Logistic, unary=of_policy("logistic")),
)
table(
    "TANH",
    Variant(Tanh, EIGHT_BIT),
    Variant(TanhInt16, INT16),
    plain(Tanh, unary=of_policy("tanh")),
)
table("ELU", Variant(Elu, INT8), plain(Elu, unary=of_policy("elu")))
table("EXP", Variant(Exp, INT8), int16(Exp, _Interpolation), plain(Exp, unary=of_policy("exp")))
table("LOG", Variant(Log, INT8), int16(Log, _Interpolation), plain(Log, unary=of_policy("log")))
table("GELU", Variant(Gelu, EIGHT_BIT), int16(Gelu, _Interpolation), plain(Gelu, unary=_gelu))

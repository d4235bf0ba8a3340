"""LOGISTIC, TANH, ELU, EXP, LOG and GELU: functions of real numbers, as tables."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..graph.types import Node
from ..numerics import Arithmetic
from ..reference import functions as reference
from ..reference import plain_functions
from .base import register
from .plain import elementwise, plain
from .unary import Formula, UnaryOp, parameters


class _Function(UnaryOp):
    is_delegated: ClassVar[bool] = False

    def delegated(self, node: Node) -> bool:
        return self.is_delegated

    def function(self, node: Node, arithmetic: Arithmetic) -> reference.Function:
        raise NotImplementedError

    def formula(self, node: Node, arithmetic: Arithmetic) -> Formula:
        return partial(
            reference.evaluate,
            p=parameters(node),
            arithmetic=arithmetic,
            function=self.function(node, arithmetic),
        )


@register("LOGISTIC", plain(elementwise(plain_functions.logistic)))
class Logistic(_Function):
    is_delegated = True

    def function(self, node: Node, arithmetic: Arithmetic) -> reference.Function:
        return reference.logistic_xnnpack if arithmetic == "xnnpack" else reference.logistic

    def formula(self, node: Node, arithmetic: Arithmetic) -> Formula:
        if arithmetic == "gemmlowp" and node.input(0).type == "INT8":
            return partial(reference.logistic_fixed_point, p=parameters(node))
        return super().formula(node, arithmetic)


@register("TANH", plain(elementwise(np.tanh)))
class Tanh(_Function):
    is_delegated = True

    def function(self, node: Node, arithmetic: Arithmetic) -> reference.Function:
        return reference.tanh

    def formula(self, node: Node, arithmetic: Arithmetic) -> Formula:
        if arithmetic == "gemmlowp" and node.input(0).type == "INT8":
            return partial(reference.tanh_fixed_point, p=parameters(node))
        return super().formula(node, arithmetic)


@register("ELU", plain(elementwise(plain_functions.elu)))
class Elu(_Function):
    types = ("INT8",)
    is_delegated = True

    def function(self, node: Node, arithmetic: Arithmetic) -> reference.Function:
        return reference.elu_by_exp if arithmetic == "gemmlowp" else reference.elu


@register("EXP", plain(elementwise(np.exp)))
class Exp(_Function):
    types = ("INT8",)

    def function(self, node: Node, arithmetic: Arithmetic) -> reference.Function:
        return reference.exp


@register("LOG", plain(elementwise(np.log)))
class Log(_Function):
    types = ("INT8",)

    def function(self, node: Node, arithmetic: Arithmetic) -> reference.Function:
        out = parameters(node).output
        low = np.float32(-128 - int(out.zero_point[0]))
        with np.errstate(over="ignore"):
            return partial(reference.log, least=np.float32(low * out.scale[0]))


def _gelu(node: Node, inputs: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
    approximate = getattr(node.options, "approximate", False)
    function = plain_functions.gelu_approximate if approximate else plain_functions.gelu
    return [function(inputs[0])]


@register("GELU", plain(_gelu))
class Gelu(_Function):
    def function(self, node: Node, arithmetic: Arithmetic) -> reference.Function:
        approximate = getattr(node.options, "approximate", False)
        return reference.gelu_approximate if approximate else reference.gelu

"""MINIMUM and MAXIMUM of stored values: the runtimes do not look at quantizations."""

from __future__ import annotations

import numpy as np

from ..graph.types import Node
from ..runtimes.policy import Policy
from .base import QUANTIZED, register
from .binary import BinaryOp, Formula
from .plain import NUMBERS, elementwise, plain


class _Selection(BinaryOp):
    types = QUANTIZED
    is_quantized = False


@register("MINIMUM", plain(elementwise(np.minimum), NUMBERS, required=2))
class Minimum(_Selection):
    def formula(self, node: Node, policy: Policy) -> Formula:
        return lambda x, y: np.asarray(np.minimum(x, y))


@register("MAXIMUM", plain(elementwise(np.maximum), NUMBERS, required=2))
class Maximum(_Selection):
    def formula(self, node: Node, policy: Policy) -> Formula:
        return lambda x, y: np.asarray(np.maximum(x, y))

"""MINIMUM and MAXIMUM of stored values: the runtimes do not look at quantizations."""

from __future__ import annotations

import numpy as np

from ..graph.types import Node
from ..runtimes.policy import Policy
from .base import QUANTIZED, Variant, table
from .binary import BinaryOp, Formula
from .plain import NUMBERS, elementwise, plain


class _Selection(BinaryOp):
    types = QUANTIZED
    is_quantized = False


class Minimum(_Selection):
    def formula(self, node: Node, policy: Policy) -> Formula:
        return lambda x, y: np.asarray(np.minimum(x, y))


class Maximum(_Selection):
    def formula(self, node: Node, policy: Policy) -> Formula:
        return lambda x, y: np.asarray(np.maximum(x, y))


table(
    "MINIMUM",
    Variant(Minimum, QUANTIZED),
    plain(Minimum, elementwise(np.minimum), NUMBERS, required=2),
)
table(
    "MAXIMUM",
    Variant(Maximum, QUANTIZED),
    plain(Maximum, elementwise(np.maximum), NUMBERS, required=2),
)

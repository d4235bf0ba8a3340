"""Functions that the runtimes have for plain numbers only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .._native import BinaryFunction, UnaryFunction
from ..graph.types import Node, Shape
from ..reference.plain_functions import power
from .base import QUANTIZED, Values, shape_error
from .operator_table import Variant, table
from .plain import FLOAT_INT32, NotQuantized, elementwise, plain
from .plain_unary_kernel import always, of_policy


class Atan2(NotQuantized):
    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        if shapes[0] != shapes[1]:
            raise shape_error(node, f"{list(shapes[0])} is not {list(shapes[1])}")
        return [shapes[0]]


table(
    "POW",
    Variant(NotQuantized, QUANTIZED),
    plain(
        NotQuantized,
        elementwise(power),
        FLOAT_INT32,
        required=2,
        binary=BinaryFunction.POWER,
        repeated=BinaryFunction.POWER_OF_ONE,
    ),
)
table(
    "SQUARE",
    Variant(NotQuantized, QUANTIZED),
    plain(NotQuantized, unary=always(UnaryFunction.SQUARE)),
)
table("SIN", Variant(NotQuantized, QUANTIZED), plain(NotQuantized, unary=of_policy("sin")))
table("COS", Variant(NotQuantized, QUANTIZED), plain(NotQuantized, unary=of_policy("cos")))
table(
    "SIGN",
    Variant(NotQuantized, QUANTIZED),
    plain(NotQuantized, elementwise(np.sign), FLOAT_INT32, unary=always(UnaryFunction.SIGN)),
)
table(
    "ATAN2",
    Variant(Atan2, QUANTIZED),
    plain(Atan2, required=2, binary=BinaryFunction.ATAN2),
)

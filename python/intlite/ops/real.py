"""Functions that the runtimes have for plain numbers only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..graph.types import Node, Shape
from ..reference.plain_functions import power
from .base import Values, register, shape_error
from .plain import FLOAT_INT32, NotQuantized, elementwise, plain


@register("POW", plain(elementwise(power), FLOAT_INT32, required=2))
class Pow(NotQuantized):
    pass


@register("SQUARE", plain(elementwise(np.square)))
class Square(NotQuantized):
    pass


@register("SIN", plain(elementwise(np.sin)))
class Sin(NotQuantized):
    pass


@register("COS", plain(elementwise(np.cos)))
class Cos(NotQuantized):
    pass


@register("SIGN", plain(elementwise(np.sign), FLOAT_INT32))
class Sign(NotQuantized):
    pass


@register("ATAN2", plain(elementwise(np.arctan2), required=2))
class Atan2(NotQuantized):
    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        if shapes[0] != shapes[1]:
            raise shape_error(node, f"{list(shapes[0])} is not {list(shapes[1])}")
        return [shapes[0]]

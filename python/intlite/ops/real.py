"""POW, SQUARE, SQRT, SIN and COS, which the runtimes have for plain numbers only."""

from __future__ import annotations

import numpy as np

from ..reference.plain_functions import power
from .base import register
from .plain import FLOAT_INT32, NotQuantized, elementwise, plain


@register("POW", plain(elementwise(power), FLOAT_INT32, required=2))
class Pow(NotQuantized):
    pass


@register("SQUARE", plain(elementwise(np.square)))
class Square(NotQuantized):
    pass


@register("SQRT", plain(elementwise(np.sqrt)))
class Sqrt(NotQuantized):
    pass


@register("SIN", plain(elementwise(np.sin)))
class Sin(NotQuantized):
    pass


@register("COS", plain(elementwise(np.cos)))
class Cos(NotQuantized):
    pass

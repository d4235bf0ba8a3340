"""DIV: quotient of two tensors, float32 or int32, with a fused activation."""

from __future__ import annotations

from ..reference.plain_functions import divide
from .base import register
from .plain import FLOAT_INT32, NotQuantized, elementwise, plain


@register("DIV", plain(elementwise(divide), FLOAT_INT32, required=2))
class Div(NotQuantized):
    pass

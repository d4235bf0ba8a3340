"""Random cases for each operator, and their comparison with the real runtimes.

A new operator is one more module here with a function marked ``@generator``.
"""

from . import convolution, fully_connected, quantize, reshape, window
from . import binary, fully_connected, quantize, reshape
from . import binary, fully_connected, quantize, reshape, unary
from . import fully_connected, movement, quantize, reshape
from . import arrangement, fully_connected, movement, quantize, reshape
from .base import GENERATORS, Case, make_case
from .comparison import (
    Comparison,
    Failure,
    Sweep,
    Tally,
    check,
    compare,
    difference,
    power,
    shrink,
    sweep,
)

__all__ = [
    "GENERATORS",
    "Case",
    "Comparison",
    "Failure",
    "Sweep",
    "Tally",
    "binary",
    "arrangement",
    "check",
    "compare",
    "convolution",
    "difference",
    "fully_connected",
    "make_case",
    "movement",
    "power",
    "quantize",
    "reshape",
    "shrink",
    "sweep",
    "window",
    "unary",
]

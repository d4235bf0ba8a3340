"""Random cases for each operator, and their comparison with the real runtimes.

A new operator is one more module here with a function marked ``@generator``.
"""

from . import (
    arrangement,
    binary,
    computation,
    convolution,
    fully_connected,
    hybrid,
    joining,
    movement,
    plain,
    quantize,
    reduction,
    reshape,
    resize,
    unary,
    window,
)
from .base import GENERATORS, Case, make_case, plain_indices, plain_operators
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
    "arrangement",
    "binary",
    "check",
    "compare",
    "computation",
    "convolution",
    "difference",
    "fully_connected",
    "hybrid",
    "joining",
    "make_case",
    "movement",
    "plain",
    "plain_indices",
    "plain_operators",
    "power",
    "quantize",
    "reduction",
    "reshape",
    "resize",
    "shrink",
    "sweep",
    "unary",
    "window",
]

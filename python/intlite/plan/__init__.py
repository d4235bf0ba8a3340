"""From a graph to a native program: a list of passes, each of which can be switched off."""

from .program import ALL_PASSES, Program, lower, lower_batch, plan
from .shapes import check_input_shapes, infer

__all__ = ["ALL_PASSES", "Program", "check_input_shapes", "infer", "lower", "lower_batch", "plan"]

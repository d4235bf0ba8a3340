"""From a graph to a native program: a list of passes, each of which can be switched off."""

from .program import ALL_PASSES, Program, compile_graph, plan
from .shapes import infer

__all__ = ["ALL_PASSES", "Program", "compile_graph", "infer", "plan"]

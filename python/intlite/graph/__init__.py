"""The typed graph: built from a model's tables, checked, and needing no native code."""

from .build import build
from .types import Graph, Node, Operator, Shape, Signature, Tensor

__all__ = ["Graph", "Node", "Operator", "Shape", "Signature", "Tensor", "build"]

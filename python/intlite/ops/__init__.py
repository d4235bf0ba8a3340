"""The operators, one file a family: checks, shapes, definition and kernel."""

from .base import KernelSpec, Op, ValueUnknownError
from .operator_table import OPS, refusals

__all__ = ["OPS", "KernelSpec", "Op", "ValueUnknownError", "refusals"]

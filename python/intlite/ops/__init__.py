"""The operators, one file a family: checks, shapes, definition and kernel."""

from .base import OPS, KernelSpec, Op, ValueUnknownError, refusals

__all__ = ["OPS", "KernelSpec", "Op", "ValueUnknownError", "refusals"]

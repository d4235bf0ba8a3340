"""The operators, one file a family: checks, shapes, delegate conditions and lowering."""

from .base import OPS, KernelSpec, Op, ValueUnknownError, refusals

__all__ = ["OPS", "KernelSpec", "Op", "ValueUnknownError", "refusals"]

"""The operators, one file a family: checks, shapes, delegate conditions and lowering."""

from . import dequantize, fully_connected, quantize, reshape
from .base import OPS, KernelSpec, Op, ValueUnknownError, refusals

__all__ = [
    "OPS",
    "KernelSpec",
    "Op",
    "ValueUnknownError",
    "dequantize",
    "fully_connected",
    "quantize",
    "refusals",
    "reshape",
]

"""The operators, one file a family: checks, shapes, delegate conditions and lowering."""

from . import (
    convolution,
    dequantize,
    fully_connected,
    mean,
    pool,
    quantize,
    reshape,
    softmax,
)
from .base import OPS, KernelSpec, Op, ValueUnknownError, refusals

__all__ = [
    "OPS",
    "KernelSpec",
    "Op",
    "ValueUnknownError",
    "convolution",
    "dequantize",
    "fully_connected",
    "mean",
    "pool",
    "quantize",
    "refusals",
    "reshape",
    "softmax",
]

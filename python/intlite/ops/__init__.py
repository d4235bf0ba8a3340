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
from . import add, convolution, dequantize, fully_connected, multiply, quantize, reshape
    activations,
    add,
    convolution,
    dequantize,
    fully_connected,
    functions,
    multiply,
    quantize,
    reshape,
)
from .base import OPS, KernelSpec, Op, ValueUnknownError, refusals

__all__ = [
    "OPS",
    "KernelSpec",
    "Op",
    "ValueUnknownError",
    "activations",
    "add",
    "convolution",
    "dequantize",
    "fully_connected",
    "mean",
    "pool",
    "functions",
    "multiply",
    "quantize",
    "refusals",
    "reshape",
    "softmax",
]

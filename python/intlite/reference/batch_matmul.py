"""BATCH_MATMUL on int8 or int16: exact sums, and one rounding by each runtime."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..numerics import Arithmetic
from ..quantization import Quantization, quantize_multiplier, type_range
from .fixed_point import (
    exact_matmul,
    multiply_by_quantized_multiplier_gemmlowp,
    multiply_by_quantized_multiplier_wide,
    wrap_int32,
)


@dataclass(frozen=True, eq=False)
class BatchMatMulParameters:
    """Quantizations, which sides are stored transposed, and the output type."""

    left: Quantization
    right: Quantization
    output: Quantization
    adjoint: tuple[bool, bool]
    dtype: DTypeLike


def effective_scale(p: BatchMatMulParameters, arithmetic: Arithmetic) -> float | np.float32:
    """left * right / output, in the order and precision of the runtime."""
    left, right, out = p.left.scale[0], p.right.scale[0], p.output.scale[0]
    if arithmetic == "gemmlowp":
        return float(left) * float(right) / float(out)
    with np.errstate(over="ignore", under="ignore"):
        product = left * right
        return np.float32(product / out) if arithmetic == "xnnpack" else float(product) / float(out)


def batch_matmul(
    left: NDArray[Any], right: NDArray[Any], p: BatchMatMulParameters, arithmetic: Arithmetic
) -> NDArray[Any]:
    """The last two dimensions are matrices, the others broadcast."""
    a, b = (
        side.astype(np.int64) - int(q.zero_point[0])
        for side, q in ((left, p.left), (right, p.right))
    )
    a = np.swapaxes(a, -1, -2) if p.adjoint[0] else a
    b = np.swapaxes(b, -1, -2) if p.adjoint[1] else b
    acc = exact_matmul(a, b)
    scale = effective_scale(p, arithmetic)
    low, high = type_range(p.dtype)
    zero_point = int(p.output.zero_point[0])
    if np.dtype(p.dtype) == np.int16:
        rescaled = multiply_by_quantized_multiplier_wide(acc, *quantize_multiplier(float(scale)))
    elif arithmetic == "xnnpack":
        product = wrap_int32(acc).astype(np.float32) * scale
        rescaled = np.rint(np.clip(product, low - zero_point, high - zero_point)).astype(np.int64)
    else:
        factor = quantize_multiplier(float(scale))
        rescaled = multiply_by_quantized_multiplier_gemmlowp(wrap_int32(acc), *factor)
    return np.clip(wrap_int32(rescaled + zero_point), low, high).astype(p.dtype)

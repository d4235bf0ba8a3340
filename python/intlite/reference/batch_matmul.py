"""BATCH_MATMUL on int8 or int16: exact sums, and one rounding by each runtime."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..quantization import Quantization, type_range
from ..runtimes.policy import Policy
from ..runtimes.rounding import ScalePrecision
from . import requantize
from .fixed_point import exact_matmul, wrap_int32


@dataclass(frozen=True, eq=False)
class BatchMatMulParameters:
    """Quantizations, which sides are stored transposed, and the output type."""

    left: Quantization
    right: Quantization
    output: Quantization
    adjoint: tuple[bool, bool]
    dtype: DTypeLike


def effective_scale(p: BatchMatMulParameters, precision: ScalePrecision) -> NDArray[Any]:
    """left * right / output.

    Source: LiteRT 2.3.0, tflite/kernels/batch_matmul.cc, Prepare; LiteRT 2.3.0,
    tflite/kernels/kernel_util.cc, GetQuantizedConvolutionMultipler; XNNPACK 75db3c0,
    src/operators/batch-matrix-multiply-nc.c, requantization_scale.
    """
    return requantize.effective_scale(
        p.left.scale[0], p.right.scale[0], p.output.scale[0], precision
    )


def batch_matmul(
    left: NDArray[Any], right: NDArray[Any], p: BatchMatMulParameters, policy: Policy
) -> NDArray[Any]:
    """The last two dimensions are matrices, the others broadcast.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/batch_matmul.h, BatchMatMul; TFLite
    Micro 90b983c, tensorflow/lite/micro/kernels/batch_matmul.cc, EvalInt8.
    """
    a, b = (
        side.astype(np.int64) - int(q.zero_point[0])
        for side, q in ((left, p.left), (right, p.right))
    )
    a = np.swapaxes(a, -1, -2) if p.adjoint[0] else a
    b = np.swapaxes(b, -1, -2) if p.adjoint[1] else b
    acc = exact_matmul(a, b)
    wide = np.dtype(p.dtype) == np.int16
    return requantize.stored(
        acc if wide else wrap_int32(acc),
        effective_scale(p, policy.batch_matmul_scale),
        policy.batch_matmul,
        p.output,
        type_range(p.dtype),
        p.dtype,
        wide,
    )

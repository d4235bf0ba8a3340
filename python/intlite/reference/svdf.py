"""SVDF on int8: a filter of the input, then one over its last results, rank by rank."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..quantization import Quantization, quantize_multiplier
from ..runtimes.policy import RealType
from .fixed_point import exact_matmul, wrap_int32
from .fixed_point import multiply_by_quantized_multiplier_gemmlowp as rescale


@dataclass(frozen=True, eq=False)
class SvdfParameters:
    """Quantizations, and how many filters make a unit.

    Attributes:
        feature, time: Of the weights.
    """

    input: Quantization
    feature: Quantization
    time: Quantization
    state: Quantization
    output: Quantization
    rank: int


def factors(p: SvdfParameters, real: RealType) -> tuple[float, float]:
    """From the input's products to the state, and from the state's to the output.

    Source: LiteRT 2.3.0, tflite/kernels/svdf.cc, Prepare; TFLite Micro 90b983c,
    tensorflow/lite/micro/kernels/svdf_common.cc, PrepareSvdf.
    """
    input_, feature, time, state, output = (
        real(q.scale[0]) for q in (p.input, p.feature, p.time, p.state, p.output)
    )
    with np.errstate(over="ignore", under="ignore"):
        return float(input_ * feature / state), float(state * time / output)


def svdf(
    x: NDArray[np.int8],
    feature: NDArray[np.int8],
    time: NDArray[Any],
    bias: NDArray[np.int32] | None,
    state: NDArray[Any],
    p: SvdfParameters,
    real: RealType,
) -> tuple[NDArray[Any], NDArray[Any]]:
    """The output and the next state, which is [batch, filters * memory].

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/svdf.h, EvalIntegerSVDF; TFLite Micro
    90b983c, tensorflow/lite/micro/kernels/svdf_common.cc, EvalIntegerSvdfReference.
    """
    first, second = map(quantize_multiplier, factors(p, real))
    batch, (filters, memory) = len(x), time.shape
    sums = exact_matmul(x.astype(np.int64) - int(p.input.zero_point[0]), feature.T.astype(np.int64))
    low, high = np.iinfo(state.dtype).min, np.iinfo(state.dtype).max
    newest = np.clip(rescale(wrap_int32(sums), *first), low, high)
    older = state.reshape(batch, filters, memory)[:, :, 1:].astype(np.int64)
    after = np.concatenate([older, newest[:, :, np.newaxis]], axis=2)
    products = np.sum(after * time.astype(np.int64), axis=2)
    units = products.reshape(batch, filters // p.rank, p.rank).sum(axis=2)
    if bias is not None:
        units = units + bias
    value = rescale(wrap_int32(units), *second) + int(p.output.zero_point[0])
    y = np.clip(value, -128, 127).astype(np.int8)
    return y, after.astype(state.dtype).reshape(state.shape)

"""What the values of a tensor look like, and what about them is suspicious."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...graph.types import Operator, Tensor
from ...ops import OPS
from ...quantization import type_range
from ...trace import dequantize_tensor
from ..model_info import options_of

BINS: Final = 64
# Shares and counts from which on a reader should look.
SATURATED: Final = 0.01
USED: Final = 0.5
RESTING: Final = "channels never change"
BOUNDED: Final = ("RELU6", "RELU_N1_TO_1", "RELU_0_TO_1")
# Outputs whose quantization is fixed, and so says nothing about the model.
FIXED_RANGE: Final = ("SOFTMAX", "LOGISTIC", "TANH", "LOG_SOFTMAX", "L2_NORMALIZATION")


@dataclass(frozen=True)
class Statistics:
    """Of one tensor's values.

    Attributes:
        count: How many there are.
        low, high: The least and greatest, as stored.
        mean, deviation: Of the real values.
        counts: How many fall into each bin of the histogram.
        start, step: The first bin's lower bound and the bins' width, as stored.
        at_low, at_high: Shares of values at the ends of an integer type, but not where an
            activation such as RELU6 ends.
        used: The share of the type's values between low and high; None for other types.
        warnings: Sentences.
    """

    count: int
    low: float
    high: float
    mean: float
    deviation: float
    counts: tuple[int, ...]
    start: float
    step: float
    at_low: float = 0.0
    at_high: float = 0.0
    used: float | None = None
    warnings: tuple[str, ...] = ()


def statistics(
    values: NDArray[Any], tensor: Tensor, writer: Operator | None = None
) -> Statistics | None:
    """The statistics of a tensor's values; None where there is nothing to say.

    Args:
        values: As stored.
        tensor: Whose they are.
        writer: The operator that wrote them; None for inputs and constants.
    """
    if values.size == 0 or values.dtype.kind not in "iuf":
        return None
    finite = values[np.isfinite(values)] if values.dtype.kind == "f" else values.reshape(-1)
    if finite.size == 0:
        return None
    real = dequantize_tensor(values, tensor)
    with np.errstate(all="ignore"):
        mean, deviation = float(np.mean(real)), float(np.std(real))
    low, high = float(finite.min()), float(finite.max())
    is_byte = values.dtype.itemsize == 1 and values.dtype.kind in "iu"
    counts, start, step = _bytes(finite) if is_byte else _bins(finite, low, high)
    found = Statistics(values.size, low, high, mean, deviation, counts, start, step)
    if not (is_byte or values.dtype == np.int16) or tensor.quantization is None:
        return found
    return _judged(found, values, tensor, writer)


def _bytes(values: NDArray[Any]) -> tuple[tuple[int, ...], float, float]:
    low, _ = type_range(values.dtype)
    shifted = values.astype(np.int16) - low
    return tuple(np.bincount(shifted, minlength=256).tolist()), float(low), 1.0


def _bins(values: NDArray[Any], low: float, high: float) -> tuple[tuple[int, ...], float, float]:
    if low == high:
        return (values.size,), low, 1.0
    counts, edges = np.histogram(values.astype(np.float64), BINS, (low, high))
    return tuple(counts.tolist()), float(edges[0]), float(edges[1] - edges[0])


def _judged(
    found: Statistics, values: NDArray[Any], tensor: Tensor, writer: Operator | None
) -> Statistics:
    first, last = type_range(values.dtype)
    at_low = float(np.mean(values == first))
    # What RELU6 cuts off is meant to be.
    at_high = 0.0 if writer is not None and _is_bounded(writer) else float(np.mean(values == last))
    used = (found.high - found.low + 1) / (last - first + 1)
    warnings = []
    if tensor.is_constant:
        warnings += _of_constant(values, tensor, used)
    elif writer is not None and writer.name not in FIXED_RANGE:
        warnings += _of_activation(found, values, tensor, used, at_low, at_high)
        warnings += _of_channels(values, writer)
    return Statistics(
        **{
            **vars(found),
            "at_low": at_low,
            "at_high": at_high,
            "used": used,
            "warnings": tuple(warnings),
        }
    )


def _of_activation(
    found: Statistics,
    values: NDArray[Any],
    tensor: Tensor,
    used: float,
    at_low: float,
    at_high: float,
) -> list[str]:
    first, last = type_range(values.dtype)
    q = tensor.quantization
    warnings = []
    if found.low == found.high:
        return [f"every value is {found.low:g}"]
    # At the end where zero lies, values are what RELU leaves.
    if at_low > SATURATED and q is not None and int(q.zero_point[0]) != first:
        warnings.append(f"{at_low:.1%} of the values are saturated at {first}")
    if at_high > SATURATED:
        warnings.append(f"{at_high:.1%} of the values are saturated at {last}")
    if used < USED:
        bits = math.log2(found.high - found.low + 1)
        full = 8 * values.dtype.itemsize
        warnings.append(f"only {used:.0%} of the range is used: {bits:.1f} of {full} bits")
    return warnings


def _of_channels(values: NDArray[Any], writer: Operator) -> list[str]:
    op = OPS.find(writer.name)
    if values.ndim != 4 or op is None or op.filter_input is None:
        return []
    channels = values.reshape(-1, values.shape[-1])
    still = int(np.sum(channels.min(0) == channels.max(0)))
    return [f"{still} of {channels.shape[1]} {RESTING}"] if still else []


def _is_bounded(writer: Operator) -> bool:
    return bool({writer.name, options_of(writer).get("fused_activation_function")} & set(BOUNDED))


def _of_constant(values: NDArray[Any], tensor: Tensor, used: float) -> list[str]:
    q = tensor.quantization
    if q is None:
        return []
    if not q.per_channel:
        return [] if used >= USED else [f"the weights use only {used:.0%} of their range"]
    moved = np.moveaxis(values, q.axis, 0).reshape(q.scale.size, -1)
    if moved.shape[1] == 0:
        return []
    spread = np.abs(moved.astype(np.int64)).max(1)
    _, last = type_range(values.dtype)
    weak = int(np.sum(spread < last * USED))
    if weak == 0:
        return []
    return [f"{weak} of {q.scale.size} channels of weights use less than half of their range"]

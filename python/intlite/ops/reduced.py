"""Kernels of quantized values that make one value of all along some axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from .. import _native
from ..graph.types import Shape
from ..quantization import quantize_multiplier
from ..reference import sum_and_prod
from ..reference.fixed_point import wrap_int32
from ..reference.reduction import MeanParameters
from ..runtimes.policy import Policy
from ..runtimes.rounding import MeanKind, SumKind
from .base import KernelSpec, elements


def reduced_sizes(shape: Shape, axes: Sequence[int]) -> dict[str, Any]:
    """csrc/kernels/reduced_shape.h: neighbouring dimensions of a kind as one."""
    sizes = [
        (is_reduced, elements(tuple(shape[a] for a in found)))
        for is_reduced, found in groupby(range(len(shape)), lambda a: a in axes)
    ]
    outer = 1
    if len(sizes) > 1 and not sizes[0][0]:
        outer = sizes.pop(0)[1]
    if not sizes or not sizes[0][0]:
        sizes.insert(0, (True, 1))
    if len(sizes) % 2:
        sizes.append((False, 1))
    counts = [size for _, size in sizes]
    return {"outer": outer, "groups": list(zip(counts[::2], counts[1::2], strict=True))}


@dataclass(frozen=True, eq=False)
class ReductionSpec(KernelSpec):
    """Of any axes, in order."""

    shape: Shape
    axes: tuple[int, ...]

    @property
    def sizes(self) -> dict[str, Any]:
        return reduced_sizes(self.shape, self.axes)

    @property
    def is_batch_free(self) -> bool:
        return 0 not in self.axes

    @property
    def work(self) -> float:
        return float(elements(self.shape))


@dataclass(frozen=True, eq=False)
class ExtremeSpec(ReductionSpec):
    """csrc/kernels/extreme.h, and of int16 csrc/kernels/reduction_int16.h."""

    dtype: np.dtype[Any]
    least: bool

    def make(self, isa: str = "") -> _native.Kernel:
        return _native.extreme(
            **self.sizes,
            is_unsigned=self.dtype == np.uint8,
            is_int16=self.dtype == np.int16,
            least=self.least,
            isa=isa,
        )


@dataclass(frozen=True, eq=False)
class TotalSpec(ReductionSpec):
    """csrc/kernels/mean.h, and of int16 csrc/kernels/reduction_int16.h, of SUM."""

    parameters: MeanParameters
    policy: Policy

    def make(self, isa: str = "") -> _native.Kernel:
        dtype = np.dtype(self.parameters.dtype)
        unused = {"offset": 0, "multiplier": 0, "shift": 0, "scale": 0.0, "bias": 0.0}
        return _native.mean(
            **self.sizes,
            is_unsigned=dtype == np.uint8 or self.policy.sum_int8_as_uint8,
            is_int16=dtype == np.int16,
            isa=isa,
            **(unused | self._arguments()),
        )

    def _arguments(self) -> dict[str, Any]:
        p, kind = self.parameters, self.policy.sum
        count = elements(tuple(self.shape[a] for a in self.axes))
        zero_point = int(p.output.zero_point[0])
        if kind == SumKind.FIXED_POINT:
            multiplier, shift = sum_and_prod.total_factor(p)
            offset = int(wrap_int32(np.int64(count * int(p.input.zero_point[0]))))
            return {
                "kind": MeanKind.FIXED_POINT,
                "offset": offset,
                "multiplier": multiplier,
                "shift": shift,
                "zero_point": zero_point,
            }
        scale, bias = sum_and_prod.float_parameters(p, count, kind)
        kinds = {SumKind.FLOAT: MeanKind.FLOAT, SumKind.FLOAT_HALF_AWAY: MeanKind.ROUNDED}
        return {
            "kind": kinds[kind],
            "scale": float(scale),
            "bias": float(bias),
            "zero_point": zero_point,
        }


@dataclass(frozen=True, eq=False)
class QuantizedProductSpec(ReductionSpec):
    """csrc/kernels/quantized_product.h."""

    parameters: MeanParameters

    def make(self) -> _native.Kernel:
        p = self.parameters
        count = elements(tuple(self.shape[a] for a in self.axes))
        multiplier, shift = quantize_multiplier(sum_and_prod.product_factor(p, count))
        return _native.quantized_product(
            **self.sizes,
            input_zero_point=int(p.input.zero_point[0]),
            output_zero_point=int(p.output.zero_point[0]),
            multiplier=sum_and_prod.narrow_multiplier(multiplier),
            shift=shift,
            is_int16=np.dtype(p.dtype) == np.int16,
        )

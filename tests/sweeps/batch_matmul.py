"""Random cases of BATCH_MATMUL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from intlite.quantization import Quantization
from intlite.schema.options import BatchMatMulOptions

from ..models import Network
from .base import (
    EMPTY_IN_TFLM,
    Arrays,
    Case,
    draw_size,
    draw_values,
    draw_zero_point,
    generator,
    log_uniform,
    power_of_two,
)
from .base import quantization as quantized
from .plain import ProductCase, draw_floats

KINDS = ("int8", "int8 constant", "int16", "int16 constant")


@dataclass(frozen=True, eq=False)
class BatchMatMulCase(Case):
    operator: ClassVar[str] = "BATCH_MATMUL"
    left: NDArray[Any]
    right: NDArray[Any]
    is_constant: bool
    adjoint: tuple[bool, bool]
    quantizations: tuple[Quantization, Quantization, Quantization]

    @property
    def kind(self) -> str:
        by = "" if self.left.dtype == self.right.dtype else f" by {self.right.dtype}"
        return f"{self.left.dtype}{by}" + (" constant" if self.is_constant else "")

    def output_shape(self) -> tuple[int, ...]:
        return output_shape(self.left.shape, self.right.shape, self.adjoint)

    def build(self) -> tuple[bytes, Arrays]:
        net, dtype = Network(), self.left.dtype.name.upper()
        right_type = self.right.dtype.name.upper()
        left_q, right_q, out_q = self.quantizations
        left = net.input(self.left.shape, dtype, left_q)
        right = (
            net.constant(self.right, right_type, right_q)
            if self.is_constant
            else net.input(self.right.shape, right_type, right_q)
        )
        y = net.output(self.output_shape(), dtype, out_q)
        options = BatchMatMulOptions(adj_x=self.adjoint[0], adj_y=self.adjoint[1])
        net.operator(self.operator, [left, right], [y], options)
        return net.bytes(), (self.left,) if self.is_constant else (self.left, self.right)

    def refusal(self, flavour: str) -> str | None:
        if flavour == "tflm":
            return EMPTY_IN_TFLM + "|failed"
        left, right, out = (q.scale[0] for q in self.quantizations)
        if flavour == "litert" and np.float32(left * right) / out >= 256:
            return "failed to prepare"
        return None

    def smaller(self) -> Iterator[Case]:
        if self.left.ndim == self.right.ndim > 2:
            for i in range(max(self.left.shape[0], self.right.shape[0])):
                yield replace(
                    self,
                    left=self.left[i % self.left.shape[0]],
                    right=self.right[i % self.right.shape[0]],
                )


def output_shape(
    left: tuple[int, ...], right: tuple[int, ...], adjoint: tuple[bool, bool]
) -> tuple[int, ...]:
    batches = np.broadcast_shapes(left[:-2], right[:-2])
    return (*batches, left[-1 if adjoint[0] else -2], right[-2 if adjoint[1] else -1])


def draw_sides(rng: Generator) -> tuple[list[tuple[int, ...]], tuple[bool, bool]]:
    """The shapes of both, and which of them are transposed."""
    rows, depth, columns = (draw_size(rng, limit) for limit in (40, 130, 70))
    batches = [int(rng.choice([1, 1, 2, 3])) for _ in range(rng.integers(0, 4))]
    adjoint = (bool(rng.random() < 0.4), bool(rng.random() < 0.4))
    sides: list[tuple[int, ...]] = []
    for matrix, swap in zip(((rows, depth), (depth, columns)), adjoint, strict=True):
        shape = [1 if rng.random() < 0.25 else b for b in batches]
        shape = shape[int(rng.integers(len(shape) + 1)) :] if rng.random() < 0.3 else shape
        sides.append((*shape, *(matrix[::-1] if swap else matrix)))
    return sides, adjoint


@generator("BATCH_MATMUL")
def batch_matmul(rng: Generator, index: int) -> BatchMatMulCase:
    kind = KINDS[index % 4]
    dtype = kind.split()[0]
    sides, adjoint = draw_sides(rng)
    depth = sides[0][-2 if adjoint[0] else -1]
    left, right = (draw_values(rng, shape, dtype) for shape in sides)
    return BatchMatMulCase(
        left, right, "constant" in kind, adjoint, _quantizations(rng, dtype, depth)
    )


@generator("BATCH_MATMUL", int16=True)
def batch_matmul_by_int8(rng: Generator, index: int) -> BatchMatMulCase:
    """int16 by int8."""
    case = batch_matmul(rng, 2 + index % 2)
    assert isinstance(case, BatchMatMulCase)
    left, right, out = (float(q.scale[0]) for q in case.quantizations)
    right_codes = draw_values(rng, case.right.shape, "int8")
    scales = quantized(left), quantized(right), quantized(out * 2.0**-8)
    return replace(case, right=right_codes, quantizations=scales)


def _quantizations(
    rng: Generator, dtype: str, depth: int
) -> tuple[Quantization, Quantization, Quantization]:
    left, right = (
        power_of_two(s) if rng.random() < 0.34 else s
        for s in (log_uniform(rng, 1e-3, 0.1), log_uniform(rng, 1e-3, 0.1))
    )
    limit = np.iinfo(dtype).max
    out = 0.3 * limit * np.sqrt(depth) * left * right * log_uniform(rng, 0.3, 3)
    if rng.random() < 0.34:
        out = power_of_two(out)
    if dtype == "int16":
        return quantized(left), quantized(right), quantized(out)
    zero_point = 0 if rng.random() < 0.6 else draw_zero_point(rng, dtype)
    return (
        quantized(left, draw_zero_point(rng, dtype)),
        quantized(right, zero_point),
        quantized(out, draw_zero_point(rng, dtype)),
    )


@generator("BATCH_MATMUL", plain=True)
def plain_batch_matmul(rng: Generator, index: int) -> ProductCase:
    sides, adjoint = draw_sides(rng)
    left, right = (draw_floats(rng, shape) for shape in sides)
    return ProductCase(
        "BATCH_MATMUL",
        (left, right),
        output_shape(left.shape, right.shape, adjoint),
        BatchMatMulOptions(adj_x=adjoint[0], adj_y=adjoint[1]),
        (1,) if rng.random() < 0.5 else (),
        magnitude=None,
    )

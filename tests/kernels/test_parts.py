"""Kernels whose one run is shared among threads: the parts together are the whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from intlite import _native
from intlite.ops.arithmetic import SumSpec
from intlite.ops.base import KernelSpec
from intlite.ops.batch_matmul import BatchMatMulSpec, Sizes
from intlite.ops.lookup import UnarySpec
from intlite.ops.mean import MeanSpec
from intlite.ops.pool import PoolSpec
from intlite.ops.softmax import SoftmaxSpec
from intlite.ops.strided_boxes import BoxSpec, Pair, boxes, stand_ins
from intlite.ops.transpose_conv import TransposeConvSpec
from intlite.ops.window import Window
from intlite.reference.batch_matmul import BatchMatMulParameters
from intlite.reference.convolution import ConvolutionParameters
from intlite.reference.elementwise import BinaryParameters
from intlite.reference.reduction import MeanParameters
from intlite.reference.softmax import SoftmaxParameters
from intlite.runtimes.families import POLICIES
from intlite.runtimes.policy import Policy

from ..sweeps.base import quantization

Arrays = list[NDArray[Any]]


XNNPACK = POLICIES["xnnpack"]


def run_in_parts(kernel: _native.Kernel, inputs: Arrays, threads: int) -> Arrays:
    """The outputs of a program of this kernel alone, whose threads share each step."""
    sizes, written = kernel.input_bytes, kernel.output_bytes
    program = _native.Program(
        steps=[
            (
                kernel,
                [(_native.Place.INPUT, i, size) for i, size in enumerate(sizes)],
                [(_native.Place.OUTPUT, i, size) for i, size in enumerate(written)],
            )
        ],
        input_bytes=sizes,
        output_bytes=written,
        constants=[],
        arena_bytes=0,
        tile_samples=1,
        threads=threads,
    )
    outputs = [np.full(size, 0x5A, np.int8) for size in written]
    program.run(inputs, outputs, 1)
    return outputs


def _add(left: tuple[int, ...], right: tuple[int, ...]) -> KernelSpec:
    q = quantization(0.1, 3)
    return SumSpec(left, right, BinaryParameters(q, q, q, "NONE", "int8"))


def _pool(average: bool, dtype: str = "int8") -> KernelSpec:
    window = Window((3, 3), (1, 1), (1, 1), "SAME")
    return PoolSpec(
        (3, 75, 41, 33), window, (75, 41), (1, 1), average, np.dtype(dtype), (-100, 100)
    )


def _transpose(shape: tuple[int, ...], order: tuple[int, ...], dtype: str = "int8") -> KernelSpec:
    read = stand_ins([shape])
    moved = read[0].transpose(order)
    written = stand_ins([moved.shape])
    return _boxes([(moved, written[0])], read, written, dtype)


def _join() -> KernelSpec:
    read, written = stand_ins([(999, 200), (999, 100)]), stand_ins([(999, 300)])
    pairs = list(zip(read, np.split(written[0], [200], 1), strict=True))
    return _boxes(pairs, read, written)


def _boxes(pairs: list[Pair], read: Arrays, written: Arrays, dtype: str = "int8") -> KernelSpec:
    found = boxes(pairs, read, written)
    assert found is not None
    shapes, outputs = (tuple(a.shape for a in arrays) for arrays in (read, written))
    return BoxSpec(shapes, outputs, found, dtype)


def _softmax(fixed_point: bool) -> KernelSpec:
    p = SoftmaxParameters(quantization(0.1, 3), quantization(1 / 256, -128), "int8", 1.0)
    return SoftmaxSpec((515, 67), p, fixed_point)


def _mean(shape: tuple[int, ...], axes: tuple[int, ...], policy: Policy) -> KernelSpec:
    p = MeanParameters(quantization(0.05, 3), quantization(0.01, 7), "int8", axes, True)
    return MeanSpec(shape, p, policy)


def _batch_matmul(batch: int, adjoint: bool) -> KernelSpec:
    q = quantization(0.05, 0)
    p = BatchMatMulParameters(q, q, quantization(0.5, 3), (adjoint, False), np.int8)
    sizes = Sizes(65, 64, 70, (batch,), (batch,), (batch,))
    return BatchMatMulSpec(sizes, None, p, XNNPACK, False, 0)


def _transpose_conv(size: int, taps: int, stride: int) -> KernelSpec:
    """Of 23 x 23 pixels; padding as TFLite's SAME."""
    rng = np.random.default_rng(2)
    q, places = quantization(0.05, 3), 23 * stride
    pad = max(taps - stride, 0) // 2
    p = ConvolutionParameters(
        *(q, quantization(0.02, 0), quantization(0.9, 3), "NONE", np.int8),
        *((stride, stride), (1, 1), (places, places), (pad, pad)),
    )
    filter_ = rng.integers(-127, 128, (size, taps, taps, size)).astype(np.int8)
    return TransposeConvSpec(False, (3, 23, 23, size), filter_, None, p, XNNPACK, False, 3)


TABLE = np.random.default_rng(0).integers(0, 256, 256, np.uint8)
SPECS: dict[str, KernelSpec] = {
    "lookup": UnarySpec(300_001, TABLE),
    "lookup in blocks": UnarySpec(300_001, TABLE, TABLE[::-1].copy(), lanes=16),
    "sum": _add((300_001,), (300_001,)),
    "sum of a row": _add((5001, 67), (67,)),
    "sum of a column": _add((5001, 67), (5001, 1)),
    "sum of rows": _add((7, 900, 67), (7, 1, 67)),
    "average": _pool(average=True),
    "maximum": _pool(average=False),
    "average of int16": _pool(average=True, dtype="int16"),
    "transpose": _transpose((301, 999), (1, 0)),
    "few rows": _transpose((100_001, 3), (1, 0)),
    "few columns": _transpose((3, 100_001), (1, 0)),
    "rows": _transpose((100, 31, 101), (1, 0, 2)),
    "float32": _transpose((301, 333), (1, 0), "float32"),
    "join": _join(),
    "softmax": _softmax(fixed_point=False),
    "fixed-point softmax": _softmax(fixed_point=True),
    "mean of rows": _mean((5001, 67), (1,), POLICIES["litert_optimized"]),
    "mean of pixels": _mean((1, 91, 87, 67), (1, 2), POLICIES["litert_optimized"]),
    "mean of pixels by XNNPACK": _mean((1, 91, 87, 67), (1, 2), XNNPACK),
    "mean of a few channels": _mean((1, 301, 303, 3), (1, 2), XNNPACK),
    "transposed convolution": _transpose_conv(17, 3, 2),
    "transposed convolution with gaps": _transpose_conv(17, 2, 3),
    "products": _batch_matmul(11, adjoint=False),
    "adjoint products": _batch_matmul(3, adjoint=True),
}


@pytest.mark.parametrize("threads", [2, 3, 7])
@pytest.mark.parametrize("name", SPECS)
def test_parts_are_the_whole(name: str, threads: int) -> None:
    kernel = SPECS[name].make()
    rng = np.random.default_rng(1)
    inputs = [rng.integers(-128, 128, size, np.int8) for size in kernel.input_bytes]
    whole = [np.zeros(size, np.int8) for size in kernel.output_bytes]
    kernel.run(inputs, whole)
    for found, expected in zip(run_in_parts(kernel, inputs, threads), whole, strict=True):
        np.testing.assert_array_equal(found, expected)

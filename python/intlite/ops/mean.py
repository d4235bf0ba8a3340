"""MEAN of quantized values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _native
from .._native import ReductionFunction
from ..graph.types import NUMPY_TYPES, Node, Shape
from ..reference import plain_convolution
from ..reference import reduction as reference
from ..reference.reduction import MeanParameters
from ..runtimes.policy import Policy
from ..runtimes.rounding import MeanKind, Rounding
from .base import (
    QUANTIZED,
    Constants,
    KernelSpec,
    Op,
    Values,
    arity,
    check_quantized,
    elements,
    known,
    quantization,
    shape_error,
)
from .integer_reduce import IntegerReduceSpec
from .operator_table import Variant, table
from .plain import NUMBERS, PlainOp
from .plain_rows import PlainReductionSpec
from .reduced import reduced_sizes


@dataclass(frozen=True, eq=False)
class MeanSpec(KernelSpec):
    """csrc/kernels/mean.h, and of int16 csrc/kernels/reduction_int16.h."""

    shape: Shape
    parameters: MeanParameters
    policy: Policy

    def make(self, isa: str = "") -> _native.Kernel:
        unused = {"multiplier": 0, "shift": 0, "scale": 0.0, "bias": 0.0}
        return _native.mean(
            **reduced_sizes(self.shape, self.parameters.axes),
            is_unsigned=np.dtype(self.parameters.dtype) == np.uint8,
            is_int16=np.dtype(self.parameters.dtype) == np.int16,
            isa=isa,
            **(unused | self._arguments()),
        )

    def _arguments(self) -> dict[str, Any]:
        p, axes = self.parameters, self.parameters.axes
        count = elements(tuple(self.shape[a] for a in axes))
        arguments: dict[str, Any] = {
            "kind": MeanKind.FIXED_POINT,
            "offset": int(p.input.zero_point[0]) * count,
            "zero_point": int(p.output.zero_point[0]),
        }
        if self.policy.mean_in_float:
            scale, bias = reference.float_parameters(p, count)
            return arguments | {"kind": MeanKind.FLOAT, "scale": float(scale), "bias": float(bias)}
        if self._in_blocks:
            multiplier, shift, moved = reference.block_parameters(p, count)
            arguments |= {"kind": MeanKind.BLOCKS, "zero_point": moved}
        else:
            multiplier, shift = reference.divided_multiplier(p, count)
        return arguments | {"multiplier": multiplier, "shift": shift}

    @property
    def constants(self) -> Constants:
        arguments = self._arguments()
        rules = {
            MeanKind.FIXED_POINT: Rounding.GEMMLOWP,
            MeanKind.BLOCKS: Rounding.RUY,
            MeanKind.FLOAT: Rounding.FP32,
        }
        return {"rounding": rules[arguments.pop("kind")].name.lower(), **arguments}

    @property
    def _in_blocks(self) -> bool:
        whole = reference.height_and_width(self.parameters, len(self.shape))
        return self.policy.mean_of_images_in_blocks and whole

    @property
    def is_batch_free(self) -> bool:
        return 0 not in self.parameters.axes

    @property
    def work(self) -> float:
        return float(elements(self.shape))


class _PlainMean(PlainOp):
    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        x = node.input(0)
        if x.type == "FLOAT32":
            return super().kernel(node, shapes, values, policy)
        self.output_shapes(node, shapes, values)
        axes = _axes(node, len(shapes[0]))
        return IntegerReduceSpec(shapes[0], axes, x.dtype, _native.Reduction.MEAN)


def _spec(node: Node, shape: Shape, policy: Policy) -> PlainReductionSpec:
    return PlainReductionSpec(
        shape,
        _axes(node, len(shape)),
        _keeps_dims(node),
        ReductionFunction.SUM,
        policy.functions.sum_order,
        is_mean=True,
        flushes=policy.flushes_subnormals,
    )


def _plain(node: Node, inputs: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
    x = inputs[0]
    return [plain_convolution.mean(x, _axes(node, x.ndim), _keeps_dims(node))]


class Mean(Op):
    def refusals(self, node: Node) -> Iterator[str]:
        if reasons := arity(node, 2):
            yield from reasons
            return
        x, y = node.input(0), node.outputs[0]
        if x.type not in QUANTIZED or x.type != y.type:
            yield f"{x.type} to {y.type} is not supported; {', '.join(QUANTIZED)} are"
            return
        yield from check_quantized(x, "input")
        yield from check_quantized(y, "output")
        yield from self.option_refusals(node)
        if x.quantization is not None and y.quantization is not None:
            with np.errstate(over="ignore", invalid="ignore"):
                factor = x.quantization.scale[0] / y.quantization.scale[0]
                moved = factor * np.float32(x.quantization.zero_point[0])
            # LiteRT makes an int32 of it, whatever comes of that.
            if not (np.isfinite(factor) and abs(moved) < 2**31):
                yield "input / output scale is not finite, or moves the zero point beyond int32"
        for t in (x, y):
            if t.type == "INT16" and t.quantization is not None and t.quantization.zero_point[0]:
                yield f"{t!r} must have zero point 0"

    def option_refusals(self, node: Node) -> Iterator[str]:
        axes, rank = node.input(1), len(node.input(0).shape)
        if axes.type != "INT32" or axes.data is None:
            yield f"axes {axes!r} are not constant INT32 values"
        elif rank and any(not 0 <= a < rank for a in _axes(node, rank)):
            yield f"axes {axes.data.ravel().tolist()} for an input of rank {rank}"

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        shape = shapes[0]
        axes = _axes(node, len(shape))
        if any(not 0 <= a < len(shape) for a in axes) or 0 in shape:
            raise shape_error(node, f"cannot take the mean of {list(shape)} over {axes}")
        if _keeps_dims(node):
            return [tuple(1 if a in axes else d for a, d in enumerate(shape))]
        return [tuple(d for a, d in enumerate(shape) if a not in axes)]

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        self.output_shapes(node, shapes, values)
        return MeanSpec(shapes[0], _parameters(node, len(shapes[0])), policy)

    def reference(self, node: Node, inputs: Values, policy: Policy) -> list[NDArray[Any]]:
        x = known(node, inputs, 0)
        self.output_shapes(node, [x.shape, ()], inputs)
        return [np.asarray(reference.mean(x, _parameters(node, x.ndim), policy))]


def _parameters(node: Node, rank: int) -> MeanParameters:
    x, y = node.input(0), node.outputs[0]
    return MeanParameters(
        quantization(x),
        quantization(y),
        NUMPY_TYPES[y.type],
        _axes(node, rank),
        _keeps_dims(node),
    )


def _axes(node: Node, rank: int) -> tuple[int, ...]:
    """In order, counted from the first dimension."""
    axes = node.input(1).data
    found = [] if axes is None else [int(a) for a in axes.ravel()]
    return tuple(sorted({a + rank * (a < 0) for a in found}))


def _keeps_dims(node: Node) -> bool:
    return bool(getattr(node.options, "keep_dims", False))


table(
    "MEAN",
    Variant(Mean, QUANTIZED),
    Variant(lambda: _PlainMean(Mean(), _plain, required=2, indices=(1,), spec=_spec), NUMBERS),
)

"""FULLY_CONNECTED: int8 or uint8 activations by weights of the same type, int16 ones by int8."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..graph.types import NUMPY_TYPES, Node, Shape, Tensor
from ..quantization import activation_range
from ..reference import fully_connected as reference
from ..reference.fully_connected import FullyConnectedParameters
from ..runtimes.policy import BlockRounding, Policy
from ..schema.enums import WEIGHTS_FORMATS, name_of
from .base import (
    EIGHT_BIT,
    FLOAT,
    INT16,
    Constants,
    KernelSpec,
    Op,
    Values,
    arity,
    check_activation,
    elements,
    fused_activation,
    known,
    quantization,
    shape_error,
)
from .operator_table import Variant, lazily, table
from .requantize import Requantization
from .weights import (
    SIGNED,
    check_bias,
    check_int16_bias,
    check_quantizations,
    check_types,
    has_wide_sums,
    stated_bias_type,
)

if TYPE_CHECKING:
    from ..explanation import Explanation


@dataclass(frozen=True, eq=False)
class FullyConnectedSpec(KernelSpec):
    """csrc/simd/gemm.h, PackArgs."""

    rows: int
    weights: NDArray[Any]
    bias: NDArray[Any] | None
    parameters: FullyConnectedParameters
    policy: Policy
    input_unsigned: bool
    input_zero_point: int
    flip: bool = False

    @property
    def requantization(self) -> Requantization:
        p = self.parameters
        return Requantization(
            self.bias,
            reference.effective_scale(p, self.policy),
            self.weights.shape[0],
            BlockRounding(rounding=self.policy.fully_connected),
            int(p.output.zero_point[0]),
            activation_range(p.activation, p.output, p.dtype, self.policy.half_even_bounds),
            flip=self.flip,
        )

    def make(self) -> _native.Kernel:
        return _native.fully_connected(
            rows=self.rows,
            weights=np.ascontiguousarray(self.weights),
            weights_zero_point=self._weights_zero_point,
            input_unsigned=self.input_unsigned,
            input_zero_point=self.input_zero_point,
            epilogue=self.requantization.make(),
        )

    @property
    def _weights_zero_point(self) -> int:
        q = self.parameters.weights
        return 0 if q.per_channel else int(q.zero_point[0])

    @property
    def constants(self) -> Constants:
        return {
            "rows": self.rows,
            "depth": self.weights.shape[1],
            "units": self.weights.shape[0],
            "input_zero_point": self.input_zero_point,
            "weights_zero_point": self._weights_zero_point,
            **self.requantization.constants,
        }

    @property
    def is_batch_free(self) -> bool:
        return True

    def with_flipped_input(self) -> KernelSpec | None:
        # The stored byte ^ 0x80 is the other signedness, its zero point 128 away.
        moved = self.input_zero_point + (-128 if self.input_unsigned else 128)
        return replace(self, input_unsigned=not self.input_unsigned, input_zero_point=moved)

    def with_flipped_output(self) -> KernelSpec | None:
        return replace(self, flip=not self.flip)

    @property
    def weight_bytes(self) -> int:
        return self.weights.nbytes

    @property
    def packed_bytes(self) -> int:
        units, depth = self.weights.shape
        return _native.packed_bytes(depth, units)

    @property
    def work(self) -> float:
        return float(self.rows) * self.weights.size


def _units(weights: Tensor, bias: Tensor | None) -> int:
    """How many outputs there are, as far as the file tells; a run checks what it does not."""
    if weights.has_shape:
        return weights.shape[0] if weights.shape else 0
    return 0 if bias is None else elements(bias.shape)


class FullyConnected(Op):
    filter_input = 1
    check_bias = staticmethod(check_bias)
    spec: ClassVar[type[FullyConnectedSpec]] = FullyConnectedSpec

    def refusals(self, node: Node) -> Iterator[str]:
        if reasons := arity(node, 2, optional=1):
            yield from reasons
            return
        x, weights, bias, y = node.input(0), node.input(1), node.optional(2), node.outputs[0]
        if reasons := list(check_types(x, weights, y, "weights")):
            yield from reasons
            return
        yield from check_quantizations(x, weights, y, "weights")
        q = weights.quantization
        if q is not None and q.per_channel and (weights.type not in SIGNED or q.axis != 0):
            yield f"weights {weights!r}: per channel needs {' or '.join(SIGNED)} and dimension 0"
        yield from check_activation(node)
        reasons = list(self.option_refusals(node))
        yield from reasons or self.check_bias(node, x, weights, bias, _units(weights, bias))

    def option_refusals(self, node: Node) -> Iterator[str]:
        weights, bias = node.input(1), node.optional(2)
        units = _units(weights, bias)
        if weights.has_shape and len(weights.shape) != 2:
            yield f"weights {weights!r} are not a matrix"
        elif bias is not None and elements(bias.shape) != units:
            yield f"bias {bias!r}: expected {units} values"
        weights_format = getattr(node.options, "weights_format", 0)
        if weights_format != 0:
            yield f"weights format {name_of(WEIGHTS_FORMATS, weights_format)} is not supported"

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        shape, weights = shapes[0], shapes[1]
        # As the file has them, but a caller may resize them where they are inputs.
        if len(weights) != 2:
            raise shape_error(node, f"weights of shape {list(weights)} are not a matrix")
        units, depth = weights
        if node.optional(2) is not None and elements(shapes[2]) != units:
            raise shape_error(node, f"bias of shape {list(shapes[2])} for {units} units")
        if getattr(node.options, "keep_num_dims", False):
            if not shape or shape[-1] != depth:
                raise shape_error(node, f"input {list(shape)} does not end in depth {depth}")
            return [(*shape[:-1], units)]
        if depth == 0:
            if not shape or shape[-1]:
                raise shape_error(node, f"input {list(shape)} does not end in depth 0")
            return [(elements(shape[:-1]), units)]
        if elements(shape) % depth:
            raise shape_error(
                node, f"input {list(shape)} is not a whole number of rows of depth {depth}"
            )
        return [(elements(shape) // depth, units)]

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        weights = known(node, values, 1)
        bias = known(node, values, 2).ravel() if node.optional(2) is not None else None
        shape = self.output_shapes(node, shapes, values)[0]
        p = _parameters(node, policy)
        return self.spec(
            elements(shape[:-1]),
            weights,
            bias,
            p,
            policy,
            node.input(0).type == "UINT8",
            int(p.input.zero_point[0]),
        )

    def reference(self, node: Node, inputs: Values, policy: Policy) -> list[NDArray[Any]]:
        x, weights, bias = _arrays(node, inputs)
        shapes = [() if v is None else v.shape for v in inputs]
        y = reference.fully_connected(x, weights, bias, _parameters(node, policy), policy)
        return [y.reshape(self.output_shapes(node, shapes, inputs)[0])]

    def explain(
        self, node: Node, inputs: Values, index: tuple[int, ...], policy: Policy
    ) -> Explanation | None:
        from ..explanation import Explanation
        from ..runtimes.families import POLICIES

        x, weights, bias = _arrays(node, inputs)
        p, unit = _parameters(node, policy), index[-1]
        shapes = [() if v is None else v.shape for v in inputs]
        leading = self.output_shapes(node, shapes, inputs)[0][:-1]
        row = int(np.ravel_multi_index(index[:-1], leading)) if leading else 0
        acc = reference.accumulate(
            x[row : row + 1],
            weights[unit : unit + 1],
            None if bias is None else bias[unit : unit + 1],
            p,
        )
        channel = unit if p.weights.per_channel else 0
        return Explanation(
            label=node.label,
            tensor=node.outputs[0].name,
            index=index,
            terms=x.shape[1],
            bias=0 if bias is None else int(bias[unit]),
            accumulator=int(acc[0, 0]),
            scales=(
                float(p.input.scale[0]),
                float(p.weights.scale[channel]),
                float(p.output.scale[0]),
            ),
            effective_scales={
                each.arithmetic: float(reference.effective_scale(p, each)[channel])
                for each in POLICIES.values()
            },
            zero_point=int(p.output.zero_point[0]),
            activation=activation_range(p.activation, p.output, p.dtype, policy.half_even_bounds),
            arithmetic=policy.arithmetic,
        )


@dataclass(frozen=True, eq=False)
class FullyConnectedInt16Spec(FullyConnectedSpec):
    """csrc/kernels/fully_connected_int16.h."""

    @property
    def requantization(self) -> Requantization:
        wide = self.parameters.wide
        rounding = self.policy.fully_connected_int64 if wide else self.policy.fully_connected
        return replace(
            super().requantization,
            rounding=BlockRounding(rounding=rounding),
            is_int16=True,
            wide=wide,
        )

    def make(self, isa: str = "") -> _native.Kernel:
        return _native.fully_connected_int16(
            rows=self.rows,
            weights=np.ascontiguousarray(self.weights),
            epilogue=self.requantization.make(),
            isa=isa,
        )

    @property
    def constants(self) -> Constants:
        return {}

    def with_flipped_input(self) -> None:
        return None

    def with_flipped_output(self) -> None:
        return None


class FullyConnectedInt16(FullyConnected):
    check_bias = staticmethod(check_int16_bias)
    spec = FullyConnectedInt16Spec
    explain = Op.explain


def _parameters(node: Node, policy: Policy) -> FullyConnectedParameters:
    x, weights, y = node.input(0), node.input(1), node.outputs[0]
    # Without a bias there is no type to follow, unless the options tell one.
    is_narrow = policy.sums_follow_bias and node.optional(2) is None
    is_narrow &= stated_bias_type(node) != "INT64"
    return FullyConnectedParameters(
        quantization(x),
        quantization(weights),
        quantization(y),
        fused_activation(node),
        NUMPY_TYPES[y.type],
        has_wide_sums(node, x) and not is_narrow,
    )


def _arrays(
    node: Node, inputs: Values
) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.int32] | None]:
    """Input as (rows, depth), weights, and bias as a vector or None."""
    weights = known(node, inputs, 1)
    bias = known(node, inputs, 2).ravel() if node.optional(2) is not None else None
    x = known(node, inputs, 0)
    rows = x.size // weights.shape[1] if weights.shape[1] else elements(x.shape[:-1])
    return x.reshape(rows, weights.shape[1]), weights, bias


table(
    "FULLY_CONNECTED",
    Variant(FullyConnected, EIGHT_BIT),
    Variant(FullyConnectedInt16, INT16),
    Variant(lazily("hybrid_products", "HybridFullyConnected"), FLOAT, ("INT8", "INT4")),
    Variant(lazily("float_products", "fully_connected"), FLOAT),
)

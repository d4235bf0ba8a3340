"""The int32 sums that operators with weights requantize."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...graph.types import Node, Tensor
from ...ops.base import EIGHT_BIT, Constants
from ...ops.float_products import FloatProductOp
from ...ops.operator_table import OPS
from ...reference.fixed_point import wrap_int32
from ...runtimes.policy import Policy


def accumulators(
    node: Node, inputs: list[NDArray[Any] | None], constants: Constants, policy: Policy
) -> NDArray[np.int32] | None:
    """The sums, bias included, of the output's shape; None where the operator has none.

    They are the operator's float version on the centred values: in float64 exact, whichever
    order the policy adds them in.
    """
    operator, x = OPS[node.operator.name], node.inputs[0]
    plain = next((v.op for v in operator.variants if isinstance(v.op, FloatProductOp)), None)
    if "rounding" not in constants or operator.filter_input != 1:
        return None
    if x is None or x.type not in EIGHT_BIT or plain is None:
        return None
    given = [
        _centred(value, tensor)
        for value, tensor in zip(inputs, node.inputs, strict=True)
        if value is not None and tensor is not None
    ]
    [shape] = plain.output_shapes(node, [v.shape for v in given], given)
    sums = plain.product(node, given, shape, policy).reshape(shape)
    return wrap_int32(sums.astype(np.int64)).astype(np.int32)


def _centred(value: NDArray[Any], tensor: Tensor) -> NDArray[np.float64]:
    q = tensor.quantization
    if q is None or tensor.type not in EIGHT_BIT:
        return np.asarray(value, np.float64)
    zero_point = q.zero_point[0] if not q.per_channel else np.int64(0)
    return np.asarray(value.astype(np.int64) - zero_point, np.float64)

"""float32 functions, as answers to which formula an operator has."""

from __future__ import annotations

from typing import Any, Final

from .._native import PoolFunction, RowFunction, SumOrder, UnaryFunction
from .._util.record import Record


class FunctionPolicy(Record):
    """The formula of each operator: what of csrc/simd/plain computes it."""

    negate: UnaryFunction
    round: UnaryFunction
    exp: UnaryFunction
    log: UnaryFunction
    tanh: UnaryFunction
    logistic: UnaryFunction
    elu: UnaryFunction
    gelu: UnaryFunction
    gelu_tanh: UnaryFunction
    sin: UnaryFunction
    cos: UnaryFunction
    sqrt: UnaryFunction
    rsqrt: UnaryFunction
    hard_swish: UnaryFunction
    leaky_relu: UnaryFunction
    softmax: RowFunction
    sum_order: SumOrder
    average_pool: PoolFunction
    max_pool: PoolFunction
    l2_pool: PoolFunction


# What LiteRT's reference kernels and TFLite Micro call; GELU, which the latter lacks, is Eigen's.
C_LIBRARY: Final[dict[str, Any]] = {
    "negate": UnaryFunction.NEGATE,
    "round": UnaryFunction.ROUND_BY_FLOOR,
    "exp": UnaryFunction.EXP,
    "log": UnaryFunction.LOG,
    "tanh": UnaryFunction.TANH,
    "logistic": UnaryFunction.LOGISTIC,
    "elu": UnaryFunction.ELU,
    "gelu": UnaryFunction.PLAIN_GELU,
    "gelu_tanh": UnaryFunction.PLAIN_GELU_TANH,
    "sin": UnaryFunction.SIN,
    "cos": UnaryFunction.COS,
    "sqrt": UnaryFunction.SQUARE_ROOT,
    "rsqrt": UnaryFunction.RECIPROCAL_ROOT,
    "hard_swish": UnaryFunction.HARD_SWISH,
    "leaky_relu": UnaryFunction.LEAKY_RELU,
    "softmax": RowFunction.SOFTMAX,
    "sum_order": SumOrder.IN_ORDER,
    "average_pool": PoolFunction.AVERAGE,
    "max_pool": PoolFunction.MAXIMUM,
    "l2_pool": PoolFunction.ROOT,
}

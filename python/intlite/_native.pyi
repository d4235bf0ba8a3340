from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Any, Literal, final

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Buffer, Self

# An accumulator times its scale, to an integer: csrc/numerics/requantize.h.
class Rounding(IntEnum):
    FP32 = 0
    RUY = 1
    DOUBLE = 2
    GEMMLOWP = 3

# How rows of float32 are quantized as they come: csrc/simd/quantized_rows.h.
class RowRounding(IntEnum):
    SYMMETRIC = 0
    ASYMMETRIC = 1
    SYMMETRIC_HALF_AWAY = 2
    HALF_EVEN = 3

# How float32 outputs are made of their sums: csrc/simd/epilogue.h.
class RealFormula(IntEnum):
    FUSED = 0
    SCALES_FIRST = 1
    COLUMN_FIRST = 2
    COLUMN_BLOCKS = 3
    OFFSET = 4

# A real value to a stored one: csrc/simd/quantize.h.
class RealRounding(IntEnum):
    MULTIPLY = 0
    MULTIPLY_IN_BLOCKS = 1
    DIVIDE = 2

# A stored value to another quantization: csrc/kernels/quantize.h.
class IntegerRounding(IntEnum):
    GEMMLOWP = 0
    RUY_IN_BLOCKS = 1
    FRACTION = 2

# Of two plain numbers: csrc/simd/plain/binary.h.
class BinaryFunction(IntEnum):
    ADD = 0
    SUB = 1
    MUL = 2
    DIV = 3
    MAXIMUM = 4
    MINIMUM = 5
    SQUARED_DIFFERENCE = 6
    PRELU = 7
    EQUAL = 8
    NOT_EQUAL = 9
    LESS = 10
    LESS_EQUAL = 11
    GREATER = 12
    GREATER_EQUAL = 13
    POWER = 14
    POWER_OF_ONE = 15
    FLOOR_DIV = 16
    FLOOR_MOD = 17
    ATAN2 = 18

# Of one: csrc/simd/plain/unary.h.
class UnaryFunction(IntEnum):
    ABS = 0
    NEGATE = 1
    ZERO_MINUS = 2
    SQUARE = 3
    SQUARE_ROOT = 4
    RECIPROCAL_ROOT = 5
    FLOOR = 6
    CEIL = 7
    ROUND = 8
    ROUND_BY_FLOOR = 9
    SIGN = 10
    CLAMP = 11
    LEAKY_RELU = 12
    LEAKY_RELU_BELOW = 13
    LEAKY_RELU_BY_SIGN = 14
    HARD_SWISH = 15
    HARD_SWISH_BY_SIXTH = 16
    HARD_SWISH_SIXTH_FIRST = 17
    HARD_SWISH_FUSED = 18
    RATIONAL_EXP = 19
    RATIONAL_LOG = 20
    RATIONAL_LOG_FINITE = 21
    RATIONAL_TANH = 22
    RATIONAL_SIN = 23
    RATIONAL_COS = 24
    RATIONAL_GELU = 25
    RATIONAL_GELU_TANH = 26
    LOGISTIC_OF_SIXTEEN = 27
    LOGISTIC_OF_EIGHT = 28
    ELU_OF_SIXTEEN = 29
    ELU_OF_EIGHT = 30
    ESTIMATED_ROOT = 31
    ESTIMATED_RECIPROCAL_ROOT = 32
    PLAIN_TANH = 33
    LOGISTIC_BY_SQUARE = 34
    PLAIN_GELU = 35
    PLAIN_GELU_OF_ONE = 36
    PLAIN_GELU_TANH = 37
    EXP = 38
    LOG = 39
    TANH = 40
    SIN = 41
    COS = 42
    LOGISTIC = 43
    LOGISTIC_OF_ONE = 44
    ELU = 45

# Of windows of float32 pixels: csrc/simd/plain/pool.h.
class PoolFunction(IntEnum):
    AVERAGE = 0
    AVERAGE_OF_NINES = 1
    MAXIMUM = 2
    ROOT = 3
    ROOT_BY_INVERSE = 4

# Of four float32 pixels: csrc/simd/plain/blend.h.
class BlendKind(IntEnum):
    ACROSS_FIRST = 0
    ONE_BY_ONE = 1
    WEIGHTS_ONCE = 2
    MEANS = 3

# Of whole rows of float32: csrc/kernels/plain/rows.h.
class RowFunction(IntEnum):
    SOFTMAX_OF_SIXTEEN = 0
    SOFTMAX_OF_EIGHT = 1
    SOFTMAX = 2
    LOG_SOFTMAX = 3
    L2_NORMALIZATION = 4

# Of float32 along some axes: csrc/simd/plain/reduction.h.
class ReductionFunction(IntEnum):
    SUM = 0
    PRODUCT = 1
    MAXIMUM = 2
    MINIMUM = 3

# In which order float32 sums are added up: csrc/simd/plain/reduction.h.
class SumOrder(IntEnum):
    IN_ORDER = 0
    SIXTEEN = 1
    EIGHT = 2

# What becomes of a sum: csrc/kernels/mean.h.
class MeanKind(IntEnum):
    FIXED_POINT = 0
    BLOCKS = 1
    FLOAT = 2
    ROUNDED = 3

# Of integers and bool: csrc/kernels/plain/elementwise.h.
class IntegerFunction(IntEnum):
    NEGATE = 0
    ABSOLUTE = 1
    SIGN = 2
    NOT = 3

# Of integers: csrc/kernels/plain/reduce.h.
class Reduction(IntEnum):
    SUM = 0
    PRODUCT = 1
    MAXIMUM = 2
    MINIMUM = 3
    MEAN = 4

# Two operands in fixed point: csrc/kernels/fixed_binary.h.
class FixedBinaryKind(IntEnum):
    SUM = 0
    SUM_FLOOR = 1
    SUM_MERGED = 2
    PRODUCT = 3
    PRODUCT_SATURATED = 4
    PRODUCT_WRAPPED = 5
    SQUARED_DIFFERENCE = 6
    PRELU = 7
    LESS = 8
    EQUAL = 9
    MAXIMUM = 10
    MINIMUM = 11
    QUOTIENT = 12

# Between four pixels: csrc/kernels/resize.h.
class ResizeKind(IntEnum):
    HALF_AWAY = 0
    HALF_UP = 1
    FLOAT = 2
    FLOAT_WEIGHTS_ONCE = 3

# Where a tensor of a program lies: csrc/runtime/program.h.
class Place(IntEnum):
    INPUT = 0
    OUTPUT = 1
    ARENA = 2
    CONSTANT = 3

class Kernel:
    def run(
        self,
        inputs: Sequence[NDArray[Any]],
        outputs: Sequence[NDArray[Any]],
        samples: int = 1,
    ) -> None: ...
    @property
    def input_bytes(self) -> list[int]: ...
    @property
    def output_bytes(self) -> list[int]: ...
    @property
    def scratch_bytes(self) -> int: ...
    @property
    def rows(self) -> int: ...

def packed_bytes(depth: int, columns: int) -> int: ...
def sums_of_products(
    x: NDArray[np.float32], w: NDArray[np.float32], start: NDArray[np.float32], fused: bool
) -> NDArray[np.float32]: ...

class ThreadPool:
    def __init__(self, threads: int) -> None: ...

class Program:
    def __init__(
        self,
        *,
        steps: Sequence[
            tuple[Kernel, Sequence[tuple[Place, int, int]], Sequence[tuple[Place, int, int]]]
        ],
        input_bytes: Sequence[int],
        output_bytes: Sequence[int],
        constants: Sequence[bytes],
        arena_bytes: int,
        tile_samples: int,
        threads: int,
        pool: ThreadPool | None = None,
    ) -> None: ...
    def run(
        self, inputs: Sequence[NDArray[Any]], outputs: Sequence[NDArray[Any]], samples: int
    ) -> None: ...
    @property
    def arena_bytes(self) -> int: ...
    @property
    def tile_samples(self) -> int: ...
    @property
    def steps(self) -> int: ...

class ModelFace:
    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...
    def _bind(self, *args: Any) -> None: ...

class InterpreterFace:
    def set_tensor(self, tensor_index: Any, value: Any) -> None: ...
    def get_tensor(self, tensor_index: Any, subgraph_index: Any = 0) -> Any: ...
    def invoke(self) -> None: ...
    def _alone(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any: ...
    def _set_now(self, tensor_index: Any, value: Any) -> None: ...
    def _get_now(self, tensor_index: Any, subgraph_index: Any = 0) -> Any: ...
    def _invoke_now(self) -> None: ...
    def _bind(self, *args: Any) -> None: ...
    def _lend(self, array: NDArray[Any], /) -> NDArray[Any]: ...
    def _peek(self, tensor_index: int, /) -> NDArray[Any] | None: ...
    def _view(self, tensor_index: int, /) -> NDArray[Any] | None: ...
    def _views_alive(self) -> bool: ...
    def _holds_last_run(self) -> bool: ...
    def _computed(self) -> dict[int, NDArray[Any]] | None: ...
    def _keep_computed(self, values: dict[int, NDArray[Any]], /) -> None: ...
    def _has_run(self) -> bool: ...

@final
class Loan: ...

def active_isa() -> str: ...
def supported_isas() -> list[str]: ...
def has_avx512f() -> bool: ...
def all_isas() -> list[str]: ...
def register_peak(isa: str, iterations: int) -> int: ...
def float_register_peak(isa: str, iterations: int) -> int: ...
def saturating_rounding_doubling_high_mul(
    a: NDArray[np.int32], b: NDArray[np.int32]
) -> NDArray[np.int32]: ...
def rounding_divide_by_pot(
    x: NDArray[np.int32], exponent: NDArray[np.int32]
) -> NDArray[np.int32]: ...
def rounding_shift_right_half_up(
    x: NDArray[np.int32], exponent: NDArray[np.int32]
) -> NDArray[np.int32]: ...
def multiply_by_quantized_multiplier_gemmlowp(
    x: NDArray[np.int32], multiplier: NDArray[np.int32], shift: NDArray[np.int32]
) -> NDArray[np.int32]: ...
def multiply_by_quantized_multiplier_ruy(
    x: NDArray[np.int32], multiplier: NDArray[np.int32], shift: NDArray[np.int32]
) -> NDArray[np.int32]: ...
def multiply_by_quantized_multiplier_single(
    x: NDArray[np.int32], multiplier: NDArray[np.int32], shift: NDArray[np.int32]
) -> NDArray[np.int32]: ...
def quantize_multiplier(factor: float) -> tuple[int, int]: ...
def quantize_multipliers(
    factors: NDArray[np.float64],
) -> tuple[NDArray[np.int32], NDArray[np.int32]]: ...
def extremes(numbers: NDArray[Any]) -> tuple[float, float]: ...
def libm(name: str, x: NDArray[np.float32]) -> NDArray[np.float32]: ...

class Epilogue:
    def __init__(
        self,
        *,
        channels: int,
        bias: NDArray[Any] | None,
        scale: NDArray[Any],
        rounding: Rounding,
        gemmlowp_channel: int | None,
        zero_point: int,
        activation_min: int,
        activation_max: int,
        flip: bool = False,
        is_int16: bool = False,
        wide: bool = False,
    ) -> None: ...

def fully_connected(
    *,
    rows: int,
    weights: NDArray[Any],
    weights_zero_point: int,
    input_unsigned: bool,
    input_zero_point: int,
    epilogue: Epilogue,
    isa: str = "",
) -> Kernel: ...
def fully_connected_int16(
    *,
    rows: int,
    weights: NDArray[np.int8],
    epilogue: Epilogue,
    isa: str = "",
) -> Kernel: ...
def batch_matmul(
    *,
    rows: int,
    depth: int,
    columns: int,
    left_matrices: int,
    right_matrices: int,
    left_adjoint: bool,
    right_adjoint: bool,
    right: NDArray[np.int8] | None,
    left_unsigned: bool,
    left_zero_point: int,
    right_zero_point: int,
    products: NDArray[np.int64],
    epilogue: Epilogue,
    isa: str = "",
) -> Kernel: ...
def hybrid_matmul(
    *,
    rows: int,
    left_matrices: int,
    left_adjoint: bool,
    weights: NDArray[np.int8],
    products: NDArray[np.int64],
    scale: NDArray[np.float32],
    bias: NDArray[np.float32],
    rounding: RowRounding,
    formula: RealFormula,
    block_end: int = 0,
    activation_min: float,
    activation_max: float,
    isa: str = "",
) -> Kernel: ...
def hybrid_conv_2d(
    *,
    images: int,
    input: tuple[int, int],
    input_channels: int,
    output: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    padding: tuple[int, int],
    weights: NDArray[np.int8],
    scale: NDArray[np.float32],
    bias: NDArray[np.float32],
    rounding: RowRounding,
    formula: RealFormula,
    block_end: int = 0,
    activation_min: float,
    activation_max: float,
    isa: str = "",
) -> Kernel: ...
def hybrid_depthwise_conv_2d(
    *,
    images: int,
    input: tuple[int, int],
    input_channels: int,
    output: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    padding: tuple[int, int],
    weights: NDArray[np.int8],
    scale: NDArray[np.float32],
    bias: NDArray[np.float32],
    rounding: RowRounding,
    formula: RealFormula,
    block_end: int = 0,
    activation_min: float,
    activation_max: float,
    isa: str = "",
) -> Kernel: ...
def batch_matmul_int16(
    *,
    rows: int,
    depth: int,
    columns: int,
    left_matrices: int,
    right_matrices: int,
    left_adjoint: bool,
    right_adjoint: bool,
    right: NDArray[Any] | None,
    right_is_int16: bool,
    products: NDArray[np.int64],
    epilogue: Epilogue,
    isa: str = "",
) -> Kernel: ...
def hybrid_transpose_conv_2d(
    *,
    images: int,
    input: tuple[int, int],
    input_channels: int,
    output: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int],
    weights: NDArray[np.int8],
    scale: NDArray[np.float32],
    bias: NDArray[np.float32],
    rounding: RowRounding,
    formula: RealFormula,
    block_end: int = 0,
    activation_min: float,
    activation_max: float,
    scattered: bool,
    isa: str = "",
) -> Kernel: ...
def conv_2d(
    *,
    images: int,
    input: tuple[int, int],
    input_channels: int,
    output: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    padding: tuple[int, int],
    weights: NDArray[Any],
    weights_zero_point: int,
    input_unsigned: bool,
    input_zero_point: int,
    epilogue: Epilogue,
    isa: str = "",
) -> Kernel: ...
def float_conv_2d(
    *,
    images: int,
    input: tuple[int, int],
    input_channels: int,
    output: tuple[int, int],
    output_channels: int,
    filter: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    group_channels: int,
    padding: tuple[int, int],
    weights: NDArray[np.float32] | None,
    bias: NDArray[np.float32] | None,
    has_bias: bool,
    activation: tuple[float, float],
    fused: bool,
    isa: str = "",
) -> Kernel: ...
def float_depthwise_conv_2d(
    *,
    images: int,
    input: tuple[int, int],
    input_channels: int,
    output: tuple[int, int],
    output_channels: int,
    filter: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    columns_first: bool,
    padding: tuple[int, int],
    weights: NDArray[np.float32] | None,
    bias: NDArray[np.float32] | None,
    has_bias: bool,
    activation: tuple[float, float],
    fused: bool,
    from_bias: bool,
    isa: str = "",
) -> Kernel: ...
def float_transpose_conv_2d(
    *,
    images: int,
    input: tuple[int, int],
    input_channels: int,
    output: tuple[int, int],
    output_channels: int,
    filter: tuple[int, int],
    stride: tuple[int, int],
    taps_descend: bool,
    padding: tuple[int, int],
    weights: NDArray[np.float32] | None,
    bias: NDArray[np.float32] | None,
    has_bias: bool,
    activation: tuple[float, float],
    fused: bool,
    isa: str = "",
) -> Kernel: ...
def float_batch_matmul(
    *,
    rows: int,
    depth: int,
    columns: int,
    left_matrices: int,
    right_matrices: int,
    left_adjoint: bool,
    right_adjoint: bool,
    right: NDArray[np.float32] | None,
    products: NDArray[np.int64],
    fused: bool,
    isa: str = "",
) -> Kernel: ...
def chain(*, head: Kernel, links: Sequence[tuple[Kernel, Sequence[bool]]]) -> Kernel: ...
def conv_2d_int16(
    *,
    images: int,
    input: tuple[int, int],
    input_channels: int,
    output: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    padding: tuple[int, int],
    weights: NDArray[np.int8],
    epilogue: Epilogue,
    isa: str = "",
) -> Kernel: ...
def depthwise_conv_2d_int16(
    *,
    images: int,
    input: tuple[int, int],
    input_channels: int,
    output: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    padding: tuple[int, int],
    weights: NDArray[np.int8],
    epilogue: Epilogue,
    isa: str = "",
) -> Kernel: ...
def transpose_conv_2d_int16(
    *,
    images: int,
    input: tuple[int, int],
    input_channels: int,
    output: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int],
    weights: NDArray[np.int8],
    epilogue: Epilogue,
    isa: str = "",
) -> Kernel: ...
def depthwise_conv_2d(
    *,
    images: int,
    input: tuple[int, int],
    input_channels: int,
    output: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    padding: tuple[int, int],
    weights: NDArray[Any],
    weights_zero_point: int,
    input_unsigned: bool,
    input_zero_point: int,
    epilogue: Epilogue,
    isa: str = "",
) -> Kernel: ...
def transpose_conv_2d(
    *,
    images: int,
    input: tuple[int, int],
    input_channels: int,
    output: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int],
    weights: NDArray[Any],
    weights_zero_point: int,
    input_unsigned: bool,
    input_zero_point: int,
    epilogue: Epilogue,
    isa: str = "",
) -> Kernel: ...
def unary_lookup(
    *,
    size: int,
    block: NDArray[np.uint8],
    tail: NDArray[np.uint8],
    run: int,
    lanes: int,
    isa: str = "",
) -> Kernel: ...
def int16_lookup(
    *, size: int, lanes: int, block: NDArray[np.int16], tail: NDArray[np.int16]
) -> Kernel: ...
def joined_lookup(
    *, rows: int, sizes: Sequence[int], tables: NDArray[np.uint8], isa: str = ""
) -> Kernel: ...
def binary_lookup(
    *,
    left_size: int,
    right_size: int,
    dimensions: Sequence[tuple[int, int, int]],
    block: NDArray[np.uint8],
    tail: NDArray[np.uint8],
    run: int,
    lanes: int,
    isa: str = "",
) -> Kernel: ...
def add(
    *,
    left_size: int,
    right_size: int,
    dimensions: Sequence[tuple[int, int, int]],
    is_unsigned: bool,
    left_factor: int,
    right_factor: int,
    bias: int,
    shift: int,
    zero_point: int,
    activation_min: int,
    activation_max: int,
    isa: str = "",
) -> Kernel: ...
def multiply(
    *,
    left_size: int,
    right_size: int,
    dimensions: Sequence[tuple[int, int, int]],
    is_unsigned: bool,
    left_zero_point: int,
    right_zero_point: int,
    scale: float,
    zero_point: int,
    activation_min: int,
    activation_max: int,
    isa: str = "",
) -> Kernel: ...
def fixed_binary(
    *,
    left_size: int,
    right_size: int,
    dimensions: Sequence[tuple[int, int, int]],
    is_unsigned: bool,
    block: FixedBinaryKind,
    tail: FixedBinaryKind,
    lanes: int,
    left_zero_point: int,
    left: tuple[int, int],
    right_zero_point: int,
    right: tuple[int, int],
    output: tuple[int, int],
    negated: bool,
    zero_point: int,
    activation_min: int,
    activation_max: int,
    isa: str = "",
) -> Kernel: ...
def fixed_binary_int16(
    *,
    left_size: int,
    right_size: int,
    dimensions: Sequence[tuple[int, int, int]],
    block: FixedBinaryKind,
    tail: FixedBinaryKind,
    lanes: int,
    left: tuple[int, int],
    right: tuple[int, int],
    output: tuple[int, int],
    negated: bool,
    activation_min: int,
    activation_max: int,
    isa: str = "",
) -> Kernel: ...
def pool_2d(
    *,
    images: int,
    input: tuple[int, int],
    channels: int,
    output: tuple[int, int],
    filter: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int],
    average: bool,
    is_unsigned: bool,
    activation_min: int,
    activation_max: int,
    is_int16: bool = False,
    isa: str = "",
) -> Kernel: ...
def extreme(
    *,
    outer: int,
    groups: Sequence[tuple[int, int]],
    is_unsigned: bool,
    least: bool,
    is_int16: bool = False,
    isa: str = "",
) -> Kernel: ...
def quantized_product(
    *,
    outer: int,
    groups: Sequence[tuple[int, int]],
    input_zero_point: int,
    output_zero_point: int,
    multiplier: int,
    shift: int,
    is_int16: bool = False,
) -> Kernel: ...
def mean(
    *,
    outer: int,
    groups: Sequence[tuple[int, int]],
    is_unsigned: bool,
    kind: MeanKind,
    offset: int,
    multiplier: int,
    shift: int,
    scale: float,
    bias: float,
    zero_point: int,
    is_int16: bool = False,
    isa: str = "",
) -> Kernel: ...
def softmax_int16(
    *,
    rows: int,
    depth: int,
    multiplier: int,
    shift: int,
    exp: NDArray[np.int16],
    reciprocal: NDArray[np.int16],
) -> Kernel: ...
def log_softmax(
    *,
    rows: int,
    depth: int,
    is_unsigned: bool,
    fixed_point: bool,
    scaled: NDArray[np.int32],
    fixed: NDArray[np.int32],
    least: int,
    reverse: tuple[int, int],
    real: NDArray[np.float32],
    input_scale: float,
    output_scale: float,
) -> Kernel: ...
def l2_normalization(*, rows: int, depth: int, is_unsigned: bool, zero_point: int) -> Kernel: ...
def svdf(
    *,
    batch: int,
    rank: int,
    feature: NDArray[np.int8],
    time: NDArray[np.int16],
    bias: NDArray[np.int32],
    input_zero_point: int,
    output_zero_point: int,
    first: tuple[int, int],
    second: tuple[int, int],
) -> Kernel: ...
def lstm(
    *,
    steps: int,
    batch: int,
    time_major: bool,
    weights: NDArray[np.int8],
    recurrent: NDArray[np.int8],
    bias: NDArray[np.int32],
    input_zero_point: int,
    state_zero_point: int,
    of_input: Sequence[tuple[int, int]],
    of_state: Sequence[tuple[int, int]],
    logistic: NDArray[np.int16],
    tanh: NDArray[np.int16],
    cell_tanh: NDArray[np.int16],
    micro: bool,
    kept: tuple[int, int],
    added: tuple[int, int],
    added_shift: int,
    cell_min: int,
    cell_max: int,
    hidden: tuple[int, int],
    hidden_zero_point: int,
) -> Kernel: ...
def resize_bilinear(
    *,
    images: int,
    input: tuple[int, int],
    channels: int,
    rows: tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]],
    columns: tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]],
    is_unsigned: bool,
    kind: ResizeKind,
    is_int16: bool = False,
    isa: str = "",
) -> Kernel: ...
def softmax(
    *,
    rows: int,
    depth: int,
    is_unsigned: bool,
    fixed_point: bool,
    fixed: NDArray[np.int32],
    distances: int,
    real: NDArray[np.float32],
    scale: float,
    zero_point: int,
    isa: str = "",
) -> Kernel: ...
def gather(
    *,
    input_bytes: Sequence[int],
    output_bytes: Sequence[int],
    segments: NDArray[np.int64],
    fill: bytes,
    covers_all: bool,
) -> Kernel: ...
def strided_copy(
    *,
    input_bytes: Sequence[int],
    output_bytes: Sequence[int],
    element_bytes: int,
    boxes: Sequence[tuple[int, int, int, int, Sequence[tuple[int, int, int]]]],
    fill: bytes,
) -> Kernel: ...
def take(
    *,
    batches: int,
    outer: int,
    sizes: Sequence[int],
    row_bytes: int,
    count: int,
    index_bytes: int,
    refusal: str,
) -> Kernel: ...
def plain_binary(
    *,
    left_size: int,
    right_size: int,
    dimensions: Sequence[tuple[int, int, int]],
    function: BinaryFunction,
    dtype: np.dtype[Any],
    low: float = ...,
    high: float = ...,
    flushes: bool = False,
    refusal: str = "",
    isa: str = "",
) -> Kernel: ...
def plain_pool(
    *,
    images: int,
    input: tuple[int, int],
    channels: int,
    output: tuple[int, int],
    filter: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int],
    function: PoolFunction,
    low: float,
    high: float,
    flushes: bool = False,
    isa: str = "",
) -> Kernel: ...
def plain_resize(
    *,
    images: int,
    input: tuple[int, int],
    channels: int,
    rows: tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]],
    columns: tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]],
    kind: BlendKind,
    flushes: bool = False,
    isa: str = "",
) -> Kernel: ...
def plain_rows(
    *,
    function: RowFunction,
    rows: int,
    depth: int,
    beta: float = 1.0,
    flushes: bool = False,
    isa: str = "",
) -> Kernel: ...
def plain_reduction(
    *,
    sizes: Sequence[int],
    first_is_reduced: bool,
    function: ReductionFunction,
    order: SumOrder,
    is_mean: bool,
    start: float,
    flushes: bool = False,
    isa: str = "",
) -> Kernel: ...
def widen(*, size: int, isa: str = "") -> Kernel: ...
def plain_unary(
    *,
    size: int,
    function: UnaryFunction,
    a: float = 0.0,
    b: float = 0.0,
    flushes: bool = False,
    isa: str = "",
) -> Kernel: ...
def quantize(
    *,
    size: int,
    scale: float,
    zero_point: int,
    dtype: np.dtype[Any],
    rounding: RealRounding,
    isa: str = "",
) -> Kernel: ...
def dequantize(
    *,
    size: int,
    scale: float,
    zero_point: int,
    dtype: np.dtype[Any],
    blocks: bool,
    isa: str = "",
) -> Kernel: ...
def requantize(
    *,
    size: int,
    input_dtype: np.dtype[Any],
    output_dtype: np.dtype[Any],
    input_zero_point: int,
    output_zero_point: int,
    multiplier: int,
    shift: int,
    rounding: IntegerRounding,
    isa: str = "",
) -> Kernel: ...
def slice(
    *,
    shape: Sequence[int],
    sizes: Sequence[int],
    element_bytes: int,
    index_bytes: int,
    refusal: str,
) -> Kernel: ...
def arg(
    *,
    outer: int,
    axis: int,
    inner: int,
    dtype: np.dtype[Any],
    least: bool,
    first_nan_wins: bool,
    index_bytes: int,
    isa: str = "",
) -> Kernel: ...
def topk(*, rows: int, size: int, k: int, dtype: np.dtype[Any], index_bytes: int) -> Kernel: ...
def integer_reduce(
    *, dimensions: Sequence[tuple[int, bool]], dtype: np.dtype[Any], reduction: Reduction
) -> Kernel: ...
def cumsum(
    *, shape: Sequence[int], dtype: np.dtype[Any], exclusive: bool, reverse: bool, refusal: str
) -> Kernel: ...
def cast(
    *, size: int, dtype: np.dtype[Any], to: np.dtype[Any], nan_is_zero: bool, isa: str = ""
) -> Kernel: ...
def integer_binary(
    *,
    left_size: int,
    right_size: int,
    dimensions: Sequence[tuple[int, int, int]],
    function: BinaryFunction,
    dtype: np.dtype[Any],
    refusal: str,
    isa: str = "",
) -> Kernel: ...
def integer_unary(*, size: int, dtype: np.dtype[Any], function: IntegerFunction) -> Kernel: ...
def add_n(
    *, count: int, size: int, dtype: np.dtype[Any], from_zero: bool, saturates: bool
) -> Kernel: ...
def select(
    *,
    condition_size: int,
    left_size: int,
    right_size: int,
    dimensions: Sequence[tuple[int, int, int, int]],
    element_bytes: int,
) -> Kernel: ...
def one_hot(
    *, outer: int, depth: int, inner: int, index_bytes: int, element_bytes: int
) -> Kernel: ...
def scatter(
    *, sizes: Sequence[int], row: int, count: int, dtype: np.dtype[Any], refusal: str
) -> Kernel: ...
def reverse_sequence(
    *,
    outer: int,
    first: int,
    middle: int,
    second: int,
    inner_bytes: int,
    along_second: bool,
    length_bytes: int,
    refusal: str,
) -> Kernel: ...
def scaled_rows(
    *, rows: int, row: int, count: int, scales: NDArray[np.float32], refusal: str
) -> Kernel: ...
def where(*, shape: Sequence[int], dtype: np.dtype[Any], count: int) -> Kernel: ...
def range(*, size: int, dtype: np.dtype[Any]) -> Kernel: ...
def broadcast_shapes(*, left: int, right: int, index_bytes: int, refusal: str) -> Kernel: ...
def copy(*, size: int) -> Kernel: ...
def callback(
    *,
    input_bytes: list[int],
    output_bytes: list[int],
    function: Callable[[int, list[memoryview], list[memoryview]], None],
) -> Kernel: ...
@final
class Slot:
    name: str
    number: int
    kind: Literal["scalar", "string", "vector", "table", "tables", "union"]
    type: str
    default: Any
    def __new__(cls, number: int, kind: str, type: str, default: Any) -> Self: ...
    def __set_name__(self, owner: Any, name: str, /) -> None: ...
    def __get__(self, table: Any, owner: Any = None, /) -> Any: ...

class FileTable:
    def __new__(cls, like: Self = ..., /) -> Self: ...

class Schema:
    def __init__(
        self, tables: Sequence[type[FileTable]], unions: Sequence[str], root: str
    ) -> None: ...
    def read(self, data: Buffer) -> Any: ...

@final
class Source: ...

"""UNIDIRECTIONAL_SEQUENCE_LSTM on int8 with an int16 cell state, "8x8->16"."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .._util.exhaustive import assert_never
from ..quantization import Quantization, quantize_multiplier
from ..runtimes.rounding import LstmKind
from .fixed_point import (
    exact_matmul,
    rounding_divide_by_pot,
    wrap_int32,
)
from .fixed_point import multiply_by_quantized_multiplier_gemmlowp as rescale
from .gemmlowp_fixed16 import (
    INT16_MAX,
    INT16_MIN,
    logistic,
    multiply_half_away,
    saturate_int16,
    tanh,
    wrap_int16,
)
from .sigmoid_table import logistic_by_table, tanh_by_table

Ints = NDArray[np.int64]
Factor = tuple[int, int]
GATES: Final = ("input", "forget", "cell", "output")
# What gates are rounded to before their function: Q3.12.
GATE_INTEGER_BITS = 3
GATE_SCALE = 2.0**-12


@dataclass(frozen=True, eq=False)
class Gate:
    """Weights of [units, inputs] and [units, units], both int8, and an int32 bias."""

    weights: NDArray[np.int8]
    recurrent: NDArray[np.int8]
    bias: NDArray[np.int32]
    weights_scale: np.float32
    recurrent_scale: np.float32


@dataclass(frozen=True, eq=False)
class LstmParameters:
    """All but the values that change.

    Attributes:
        input, state: Quantizations of the input, and of the output as it is fed back.
        hidden: LiteRT's own one of what becomes the output.
        cell_log2: The cell state's scale is this power of two.
        cell_clip: In stored values; None: none is asked for.
        gates: In the order of ``GATES``.
        time_major: The input is [time, batch, inputs], else [batch, time, inputs].
    """

    input: Quantization
    state: Quantization
    hidden: Quantization
    cell_log2: int
    cell_clip: int | None
    gates: tuple[Gate, Gate, Gate, Gate]
    time_major: bool

    @property
    def cell_integer_bits(self) -> int:
        return 15 + self.cell_log2

    @property
    def added_shift(self) -> int:
        """From a product of two Q0.15 numbers to the cell state."""
        return 30 + self.cell_log2


def gate_factors(p: LstmParameters, gate: Gate, kind: LstmKind) -> tuple[Factor, Factor]:
    """Of the input's products and the state's, to Q3.12.

    Source: LiteRT 2.3.0, tflite/kernels/lstm.cc, PopulateQuantizedLstmParams8x8_16; TFLite Micro
    90b983c, tensorflow/lite/micro/kernels/lstm_eval_common.cc, CreateGateParams.
    """
    real = np.float64 if kind == LstmKind.MULTIPLIERS else np.float32
    pairs = ((p.input.scale[0], gate.weights_scale), (p.state.scale[0], gate.recurrent_scale))
    with np.errstate(over="ignore", under="ignore"):
        first, second = (float((real(w) * real(x)) / real(GATE_SCALE)) for x, w in pairs)
    return quantize_multiplier(first), quantize_multiplier(second)


def hidden_factor(p: LstmParameters, kind: LstmKind) -> tuple[Factor, int]:
    """From the product of two Q0.15 numbers to the output, and its zero point.

    Source: LiteRT 2.3.0, tflite/kernels/lstm.cc, PopulateQuantizedLstmParams8x8_16; TFLite Micro
    90b983c, tensorflow/lite/micro/kernels/lstm_eval_common.cc, CreateInterGateMulParams.
    """
    match kind:
        case LstmKind.MULTIPLIERS:
            factor = 2.0**-30 / float(p.state.scale[0])
            return quantize_multiplier(factor), int(p.state.zero_point[0])
        case LstmKind.SHIFTS:
            with np.errstate(over="ignore", under="ignore"):
                factor = float(np.float32(2.0**-15 / float(p.hidden.scale[0]) * 2.0**-15))
            return quantize_multiplier(factor), int(p.hidden.zero_point[0])
        case _:
            assert_never(kind)


_PART: Final = 4096


@cache
def gate_table(kind: str, integer_bits: int, by_table: bool) -> NDArray[np.int16]:
    """ "logistic" or "tanh" of every int16, in the order of its bits as uint16.

    Source: LiteRT 2.3.0, tflite/kernels/internal/reference/portable_tensor_utils.cc,
    PortableApplySigmoid and PortableApplyTanh; TFLite Micro 90b983c,
    tensorflow/lite/micro/kernels/lstm_eval.cc, Sigmoid and Tanh.
    """
    codes = np.arange(65536, dtype=np.uint16).view(np.int16)
    table = np.empty_like(codes)
    # By parts: what lies between would be many times as large as the table.
    for part in range(0, len(codes), _PART):
        x = codes[part : part + _PART].astype(np.int64)
        if by_table:
            y = logistic_by_table(x) if kind == "logistic" else tanh_by_table(x, integer_bits)
        else:
            function = logistic if kind == "logistic" else tanh
            y = function(x, integer_bits, multiply_half_away)
        table[part : part + _PART] = y
    return table


def tables(p: LstmParameters, kind: LstmKind) -> list[NDArray[np.int16]]:
    """The gates' logistic and tanh, and the cell state's tanh.

    Source: LiteRT 2.3.0, tflite/kernels/lstm_eval.cc, CalculateLstmOutputInteger8x8_16; TFLite
    Micro 90b983c, tensorflow/lite/micro/kernels/lstm_eval.cc, Tanh.
    """
    by_table = kind == LstmKind.MULTIPLIERS
    return [
        gate_table("logistic", GATE_INTEGER_BITS, by_table),
        gate_table("tanh", GATE_INTEGER_BITS, by_table),
        gate_table("tanh", p.cell_integer_bits, by_table),
    ]


def cell_factors(p: LstmParameters) -> tuple[Factor, Factor]:
    """MULTIPLIERS: of what is kept, and of what is added.

    Source: TFLite Micro 90b983c, tensorflow/lite/micro/kernels/lstm_eval_common.cc,
    CreateInterGateMulParams.
    """
    return quantize_multiplier(2.0**-15), quantize_multiplier(2.0 ** (-30 - p.cell_log2))


def cell_range(p: LstmParameters, kind: LstmKind) -> tuple[int, int]:
    """A limit that is rounded to 0 is none to the kernel that shifts; the other clips to it.

    Source: LiteRT 2.3.0, tflite/kernels/lstm_eval.cc, UpdateLstmCellInteger; TFLite Micro 90b983c,
    tensorflow/lite/micro/kernels/lstm_eval_common.cc, CreateLstmCellStateInfo.
    """
    if p.cell_clip is None or (p.cell_clip == 0 and kind == LstmKind.SHIFTS):
        return INT16_MIN, INT16_MAX
    return -p.cell_clip, p.cell_clip


def cell_state(cell: Ints, i: Ints, f: Ints, g: Ints, p: LstmParameters, kind: LstmKind) -> Ints:
    """forget * cell + input * update, saturated and clipped.

    Source: LiteRT 2.3.0, tflite/kernels/lstm_eval.cc, UpdateLstmCellInteger; TFLite Micro 90b983c,
    tensorflow/lite/micro/kernels/lstm_eval.h, UpdateLstmCell.
    """
    kept, added = f * cell, i * g
    match kind:
        case LstmKind.MULTIPLIERS:
            of_kept, of_added = cell_factors(p)
            kept = saturate_int16(rescale(kept, *of_kept))
            added = saturate_int16(rescale(added, *of_added))
        case LstmKind.SHIFTS:
            kept = wrap_int16(rounding_divide_by_pot(kept, 15))
            added = wrap_int16(rounding_divide_by_pot(added, p.added_shift))
        case _:
            assert_never(kind)
    return np.asarray(np.clip(kept + added, *cell_range(p, kind)))


def lstm(
    x: NDArray[np.int8],
    state: NDArray[np.int8],
    cell: NDArray[np.int16],
    p: LstmParameters,
    kind: LstmKind,
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Outputs of all steps, and the next output and cell states in their own shapes.

    Source: LiteRT 2.3.0, tflite/kernels/lstm_eval.cc, LstmStepInteger8x8_16; TFLite Micro 90b983c,
    tensorflow/lite/micro/kernels/lstm_eval.h, LstmStep.
    """
    steps = x if p.time_major else x.transpose(1, 0, 2)
    logistic_table, tanh_table, cell_table = tables(p, kind)
    units = p.gates[0].bias.size
    h = state.reshape(-1, units).astype(np.int64)
    c = cell.reshape(-1, units).astype(np.int64)
    factors = [gate_factors(p, gate, kind) for gate in p.gates]
    hidden, zero_point = hidden_factor(p, kind)

    def function(v: Ints, table: NDArray[np.int16]) -> Ints:
        return np.asarray(table[v & 0xFFFF], np.int64)

    def gate(xt: Ints, k: int) -> Ints:
        g, (of_input, of_state) = p.gates[k], factors[k]
        sums = exact_matmul(xt - int(p.input.zero_point[0]), g.weights.T.astype(np.int64))
        v = saturate_int16(rescale(wrap_int32(sums + g.bias), *of_input))
        sums = exact_matmul(h - int(p.state.zero_point[0]), g.recurrent.T.astype(np.int64))
        fed_back = rescale(wrap_int32(sums), *of_state)
        if kind == LstmKind.MULTIPLIERS:
            fed_back = saturate_int16(fed_back)
        return function(saturate_int16(v + fed_back), tanh_table if k == 2 else logistic_table)

    outputs = np.empty((*steps.shape[:2], units), np.int8)
    for t, xt in enumerate(steps.astype(np.int64)):
        i, f, g, o = (gate(xt, k) for k in range(len(GATES)))
        c = cell_state(c, i, f, g, p, kind)
        h = np.clip(rescale(o * function(c, cell_table), *hidden) + zero_point, -128, 127)
        outputs[t] = h
    y = outputs if p.time_major else outputs.transpose(1, 0, 2)
    return (
        np.ascontiguousarray(y),
        h.astype(np.int8).reshape(state.shape),
        c.astype(np.int16).reshape(cell.shape),
    )

"""Random cases of operators that keep a state: UNIDIRECTIONAL_SEQUENCE_LSTM and SVDF."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from intlite.quantization import Quantization
from intlite.schema.options import SVDFOptions, UnidirectionalSequenceLSTMOptions

from ..models import NO_TENSOR, Network
from .base import (
    Arrays,
    Case,
    draw_size,
    draw_values,
    draw_zero_point,
    generator,
    log_uniform,
    power_of_two,
    quantization,
)

RELU, TANH = 1, 4
GATES = 4


@dataclass(frozen=True, eq=False)
class LstmCase(Case):
    """``x`` is [time, batch, inputs]; weights and biases are the gates', one behind the other."""

    operator = "UNIDIRECTIONAL_SEQUENCE_LSTM"
    x: NDArray[np.int8]
    weights: NDArray[np.int8]
    recurrent: NDArray[np.int8]
    bias: NDArray[np.int32]
    input: Quantization
    state: Quantization
    hidden: Quantization
    weights_scales: tuple[float, ...]
    recurrent_scales: tuple[float, ...]
    cell_log2: int
    clip: float
    time_major: bool

    @property
    def kind(self) -> str:
        return "int8"

    def network(self, inputs: int = 24) -> tuple[Network, int, int]:
        """The model, and the numbers of its states."""
        net, units = Network(), self.bias.shape[1]
        steps, batch = self.x.shape[:2]
        leading = (steps, batch) if self.time_major else (batch, steps)
        x = net.input((*leading, self.x.shape[2]), "INT8", self.input)
        y = net.output((*leading, units), "INT8", self.state)
        tensors = [x, *[NO_TENSOR] * (inputs - 1)]
        for k in range(GATES):
            of_input, of_state = self.weights_scales[k], self.recurrent_scales[k]
            tensors[1 + k] = net.constant(self.weights[k], "INT8", quantization(of_input))
            tensors[5 + k] = net.constant(self.recurrent[k], "INT8", quantization(of_state))
            of_bias = float(np.float32(self.input.scale[0]) * np.float32(of_input))
            tensors[12 + k] = net.constant(self.bias[k], "INT32", quantization(of_bias))
        h = net.tensor((batch, units), "INT8", self.state, is_variable=True)
        of_cell = quantization(2.0**self.cell_log2)
        c = net.tensor((batch, units), "INT16", of_cell, is_variable=True)
        tensors[18:20] = [h, c]
        others = [net.tensor((0,), "FLOAT32") for _ in range(4)]
        intermediates = [*others, net.tensor((0,), "INT8", self.hidden)]
        options = UnidirectionalSequenceLSTMOptions(
            fused_activation_function=TANH, cell_clip=self.clip, time_major=self.time_major
        )
        net.operator(self.operator, tensors, [y], options, intermediates=intermediates)
        return net, h, c

    def build(self) -> tuple[bytes, Arrays]:
        x = self.x if self.time_major else self.x.transpose(1, 0, 2)
        return self.network()[0].bytes(), (np.ascontiguousarray(x),)

    def smaller(self) -> Iterator[LstmCase]:
        if len(self.x) > 1:
            yield replace(self, x=self.x[: len(self.x) // 2])
            yield replace(self, x=self.x[:-1])
        if self.x.shape[1] > 1:
            yield replace(self, x=self.x[:, :1])
            yield replace(self, x=self.x[:, 1:])
        units = self.bias.shape[1]
        for part in (slice(0, units // 2), slice(units // 2, units)) if units > 1 else ():
            yield replace(
                self,
                weights=self.weights[:, part],
                recurrent=self.recurrent[:, part, part],
                bias=self.bias[:, part],
            )
        if self.x.shape[2] > 1:
            half = self.x.shape[2] // 2
            yield replace(self, x=self.x[..., :half], weights=self.weights[..., :half])
        if self.clip:
            yield replace(self, clip=0.0)


def long_lstm(rng: Generator, steps: int, units: int = 128) -> LstmCase:
    """Of one sequence and as many inputs as units, whose gates are neither closed nor open."""
    x, state = quantization(0.02, 3), quantization(2.0**-7, -2)
    near = 2.0**-11 / np.sqrt(units)
    return LstmCase(
        draw_values(rng, (steps, 1, units), "int8"),
        draw_values(rng, (GATES, units, units), "int8"),
        draw_values(rng, (GATES, units, units), "int8"),
        rng.integers(-99, 100, (GATES, units), np.int32),
        x,
        state,
        state,
        (near / 0.02,) * GATES,
        (near * 2.0**7,) * GATES,
        -12,
        0.0,
        True,
    )


def _scales(rng: Generator, low: float, high: float, count: int = GATES) -> tuple[float, ...]:
    exact = rng.random() < 0.3
    drawn = [log_uniform(rng, low, high) for _ in range(count)]
    return tuple(power_of_two(s) if exact else s for s in drawn)


@generator("UNIDIRECTIONAL_SEQUENCE_LSTM")
def lstm(rng: Generator, index: int) -> LstmCase:
    steps, batch = int(rng.integers(1, 13)), int(rng.choice([1, 1, 2, 3]))
    inputs, units = draw_size(rng, 40), draw_size(rng, 40)
    wide = rng.random() < 0.1
    factor = (2.0**-12, 2.0**6) if wide else (0.5, 2.0)
    # Sums of a few units, so that the gates are neither closed nor open.
    near = log_uniform(rng, *factor) * 8 / (128 * 128 * np.sqrt(inputs))
    x_scale, h_scale = _scales(rng, 2e-3, 0.1, 2)
    weights_scales = _scales(rng, near / x_scale / 2, near / x_scale * 2)
    near = log_uniform(rng, *factor) * 4 / (128 * 128 * np.sqrt(units))
    recurrent_scales = _scales(rng, near / h_scale / 2, near / h_scale * 2)
    state = quantization(h_scale, draw_zero_point(rng, "int8"))
    if rng.random() < 0.7:
        state = quantization(log_uniform(rng, 2.0**-9, 2.0**-6), int(rng.integers(-20, 20)))
    hidden = state
    if rng.random() < 0.2:
        hidden = quantization(log_uniform(rng, 2e-3, 0.05), draw_zero_point(rng, "int8"))
    clip = 0.0 if rng.random() < 0.6 else log_uniform(rng, 1e-5, 40)
    limit = int(2 ** rng.integers(1, 24 if wide else 14))
    return LstmCase(
        draw_values(rng, (steps, batch, inputs), "int8"),
        draw_values(rng, (GATES, units, inputs), "int8"),
        draw_values(rng, (GATES, units, units), "int8"),
        rng.integers(-limit, limit, (GATES, units), np.int32),
        quantization(x_scale, draw_zero_point(rng, "int8")),
        state,
        hidden,
        weights_scales,
        recurrent_scales,
        int(
            rng.choice([-15, -14, -13, -12, -11, -10, -9], p=[0.05, 0.1, 0.1, 0.3, 0.3, 0.1, 0.05])
        ),
        clip,
        bool(rng.integers(2)),
    )


@dataclass(frozen=True, eq=False)
class SvdfCase(Case):
    operator = "SVDF"
    x: NDArray[np.int8]
    feature: NDArray[np.int8]
    time: NDArray[np.int16]
    bias: NDArray[np.int32] | None  # TFLite Micro crashes without one
    input: Quantization
    scales: tuple[float, float, float]
    output: Quantization
    rank: int

    @property
    def kind(self) -> str:
        return "int8"

    def network(self) -> tuple[Network, int]:
        """The model, and the number of its state."""
        net, (batch, _), (filters, memory) = Network(), self.x.shape, self.time.shape
        of_feature, of_time, of_state = map(quantization, self.scales)
        x = net.input(self.x.shape, "INT8", self.input)
        feature = net.constant(self.feature, "INT8", of_feature)
        time = net.constant(self.time, "INT16", of_time)
        scale = float(np.float32(self.scales[1]) * np.float32(self.scales[2]))
        bias = NO_TENSOR
        if self.bias is not None:
            bias = net.constant(self.bias, "INT32", quantization(scale))
        state = net.tensor((batch, filters * memory), "INT16", of_state, is_variable=True)
        y = net.output((batch, filters // self.rank), "INT8", self.output)
        options = SVDFOptions(rank=self.rank, fused_activation_function=RELU)
        net.operator("SVDF", [x, feature, time, bias, state], [y], options, version=3)
        return net, state

    def build(self) -> tuple[bytes, Arrays]:
        return self.network()[0].bytes(), (self.x,)

    def smaller(self) -> Iterator[SvdfCase]:
        if len(self.x) > 1:
            yield replace(self, x=self.x[:1])
        if self.x.shape[1] > 1:
            half = self.x.shape[1] // 2
            yield replace(self, x=self.x[:, :half], feature=self.feature[:, :half])
        if len(self.feature) > self.rank:
            n = self.rank
            bias = None if self.bias is None else self.bias[:1]
            yield replace(self, feature=self.feature[:n], time=self.time[:n], bias=bias)
        if self.time.shape[1] > 1:
            yield replace(self, time=self.time[:, -1:])


@generator("SVDF")
def svdf(rng: Generator, index: int) -> SvdfCase:
    batch, depth = int(rng.choice([1, 2, 8, 32])), draw_size(rng, 60)
    rank, units, memory = int(rng.integers(1, 5)), draw_size(rng, 60), draw_size(rng, 20)
    wide = rng.random() < 0.1
    near = (2.0**-12, 2.0**6) if wide else (0.3, 3.0)
    x_scale, f_scale, t_scale = _scales(rng, 1e-3, 0.1, 3)
    size = x_scale * f_scale * 128 * 100 * float(np.sqrt(depth))
    state = size / 2**14 * log_uniform(rng, *near)
    # Of the newest entry only: the first run finds the others at 0.
    out = state * 2**14 * t_scale * 2**15 * float(np.sqrt(rank)) / 100 * log_uniform(rng, *near)
    if rng.random() < 0.3:
        state, out = power_of_two(state), power_of_two(out)
    filters, limit = units * rank, int(2 ** rng.integers(1, 30))
    bias = rng.integers(-limit, limit, units, np.int32)
    return SvdfCase(
        draw_values(rng, (batch, depth), "int8"),
        draw_values(rng, (filters, depth), "int8"),
        draw_values(rng, (filters, memory), "int16"),
        bias,
        quantization(x_scale, draw_zero_point(rng, "int8")),
        (f_scale, t_scale, state),
        quantization(out, draw_zero_point(rng, "int8")),
        rank,
    )

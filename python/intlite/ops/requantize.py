"""How operators that accumulate hand their rescaling to a native kernel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..runtimes.policy import BlockRounding
from ..runtimes.rounding import Rounding
from .base import Constants

# Of 64-bit accumulators: the runtimes' shifts to the left are below 8 (LiteRT 2.3.0,
# tflite/kernels/internal/common.cc, MultiplyByQuantizedMultiplier).
WIDE_SCALE_LIMIT: Final = 128


@dataclass(frozen=True, eq=False)
class Requantization:
    """csrc/simd/epilogue.h, EpilogueArgs, before it is made.

    Attributes:
        bias: One for each channel, or None.
        scale: Effective scales: one, or one for each channel.
        channels: How many there are.
        rounding: The rule.
        zero_point: The output's.
        activation: Clamp bounds, as stored values.
        flip: Whether output bytes are ^ 0x80.
        is_int16: Whether the output is, not of 8 bits.
        wide: Whether sums, and biases, have 64 bits.
    """

    bias: NDArray[Any] | None
    scale: NDArray[Any]
    channels: int
    rounding: BlockRounding
    zero_point: int
    activation: tuple[int, int]
    flip: bool = False
    is_int16: bool = False
    wide: bool = False

    @property
    def constants(self) -> Constants:
        """What of this another implementation needs: only what its rounding uses."""
        low, high = self.activation
        rounding, tail = self.rounding.rounding, self._tail_channel
        found: Constants = {"rounding": rounding.name.lower()}
        if tail is not None and tail < self.channels:
            found |= {"tail_channel": tail, "tail_rounding": self.rounding.tail.name.lower()}
        found |= {
            "output_zero_point": self.zero_point,
            "activation_min": low,
            "activation_max": high,
        }
        scale = np.broadcast_to(self.scale, self.channels)
        if rounding == Rounding.FP32:
            return found | {"scale": scale.astype(np.float32)}
        if rounding == Rounding.DOUBLE:
            return found | {"scale": scale.astype(np.float64)}
        multiplier, shift = _native.quantize_multipliers(scale.astype(np.float64))
        return found | {"multiplier": multiplier, "shift": shift}

    @property
    def _tail_channel(self) -> int | None:
        """The first channel after whole blocks; the native code rounds it as gemmlowp does."""
        assert self.rounding.tail == Rounding.GEMMLOWP
        return self.rounding.tail_channel(self.channels)

    def make(self) -> _native.Epilogue:
        low, high = self.activation
        return _native.Epilogue(
            channels=self.channels,
            bias=self.bias,
            scale=self.scale,
            rounding=self.rounding.rounding,
            gemmlowp_channel=self._tail_channel,
            zero_point=self.zero_point,
            activation_min=low,
            activation_max=high,
            flip=self.flip,
            is_int16=self.is_int16,
            wide=self.wide,
        )

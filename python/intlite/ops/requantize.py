"""How operators that accumulate hand their rescaling to a native kernel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..quantization import quantize_multiplier
from .base import Constants

# The values are those of csrc/numerics/requantize.h.
FP32: Final = 0
RUY: Final = 1
DOUBLE: Final = 2
GEMMLOWP: Final = 3
# Of 64-bit accumulators: the runtimes' shifts to the left are below 8.
WIDE_SCALE_LIMIT: Final = 128
ROUNDING_NAMES: Final = {FP32: "fp32", RUY: "ruy", DOUBLE: "double", GEMMLOWP: "gemmlowp"}


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
        gemmlowp_channel: The first that RUY rounds as GEMMLOWP does; None: there is none.
        flip: Whether output bytes are ^ 0x80.
    """

    bias: NDArray[np.int32] | None
    scale: NDArray[Any]
    channels: int
    rounding: int
    zero_point: int
    activation: tuple[int, int]
    gemmlowp_channel: int | None = None
    flip: bool = False

    @property
    def constants(self) -> Constants:
        """What of this another implementation needs: only what its rounding uses."""
        low, high = self.activation
        found: Constants = {"rounding": ROUNDING_NAMES[self.rounding]}
        if self.gemmlowp_channel is not None and self.gemmlowp_channel < self.channels:
            found |= {
                "tail_channel": self.gemmlowp_channel,
                "tail_rounding": ROUNDING_NAMES[GEMMLOWP],
            }
        found |= {
            "output_zero_point": self.zero_point,
            "activation_min": low,
            "activation_max": high,
        }
        scale = np.broadcast_to(self.scale, self.channels)
        if self.rounding == FP32:
            return found | {"scale": scale.astype(np.float32)}
        if self.rounding == DOUBLE:
            return found | {"scale": scale.astype(np.float64)}
        factors = [quantize_multiplier(float(s)) for s in scale]
        return found | {
            "multiplier": np.array([q for q, _ in factors], np.int32),
            "shift": np.array([s for _, s in factors], np.int32),
        }

    def make(self) -> _native.Epilogue:
        scale = np.broadcast_to(self.scale, self.channels)
        # np.unique would load numpy.ma, a tenth of what a program's start costs.
        distinct = np.array(sorted(set(scale.tolist())))
        index = np.searchsorted(distinct, scale)
        factors = [quantize_multiplier(float(s)) for s in distinct]
        low, high = self.activation
        with np.errstate(over="ignore", under="ignore"):
            fp32 = scale.astype(np.float32)
        return _native.Epilogue(
            bias=self.bias,
            rounding=self.rounding,
            gemmlowp_channel=self.gemmlowp_channel,
            multiplier=np.array([q for q, _ in factors], np.int32)[index],
            shift=np.array([s for _, s in factors], np.int32)[index],
            fp32=fp32,
            fp64=scale.astype(np.float64),
            zero_point=self.zero_point,
            activation_min=low,
            activation_max=high,
            flip=self.flip,
        )

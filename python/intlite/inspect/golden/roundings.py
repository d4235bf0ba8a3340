"""Each rounding of an accumulator, written out for who re-implements it."""

from __future__ import annotations

from typing import Final

_FIXED_POINT: Final = (
    "t = shift[c] > 0 ? acc << shift[c] : acc            (wraps at 32 bits)",
    "h = (t * (int64_t)multiplier[c] + (1 << 30)) >> 31  (rounds half up)",
)
_CLAMP: Final = "stored = min(max(h + output_zero_point, activation_min), activation_max)"

# By the names of ``Requantization.constants``; acc is the sum with the bias, c its channel.
FORMULAS: Final[dict[str, tuple[str, ...]]] = {
    "fp32": (
        "x = (float)acc * scale[c]                           (one float32 product, no FMA)",
        "x = min(max(x, activation_min - output_zero_point), activation_max - output_zero_point)",
        "stored = (int)rintf(x) + output_zero_point          (rounds half to even)",
    ),
    "double": (
        "h = round((double)acc * scale[c])                   (rounds half away from zero)",
        _CLAMP,
    ),
    "ruy": (
        *_FIXED_POINT,
        "if shift[c] < 0: h = h / 2**-shift[c]               (rounds half up)",
        _CLAMP,
    ),
    "gemmlowp": (
        *_FIXED_POINT,
        "if shift[c] < 0: h = h / 2**-shift[c]               (rounds half away from zero)",
        _CLAMP,
    ),
}

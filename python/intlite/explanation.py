"""How one quantized output comes about, step by step, under every rounding."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

import numpy as np

from ._util.exhaustive import assert_never
from .quantization import quantize_multiplier
from .reference.fixed_point import (
    round_half_away,
    rounding_divide_by_pot,
    rounding_shift_right_half_up,
    saturating_rounding_doubling_high_mul,
    wrap_int32,
)
from .reference.requantize import rescale
from .runtimes.families import POLICIES
from .runtimes.policy import Arithmetic
from .runtimes.rounding import Rounding

# An arithmetic stands for the rounding that its FULLY_CONNECTED has.
RULES: Final[dict[Arithmetic, Rounding]] = {
    p.arithmetic: p.fully_connected for p in POLICIES.values()
}
_TEXTS: Final[dict[Rounding, str]] = {
    Rounding.FP32: "float32 product, half to even",
    Rounding.RUY: "fixed point, half up twice",
    Rounding.DOUBLE: "double product, half away from zero",
    Rounding.GEMMLOWP: "fixed point, half up, then half away from zero",
}
ROUNDING_TEXT: Final[dict[Arithmetic, str]] = {a: _TEXTS[rule] for a, rule in RULES.items()}


def shared_roundings(rules: Mapping[Arithmetic, Rounding]) -> dict[Arithmetic, Arithmetic]:
    """Of arithmetics that do not round by their own rules here: whose they share."""
    owners = {rule: a for a, rule in RULES.items()}
    return {a: owners[rule] for a, rule in rules.items() if rule != RULES[a]}


@dataclass(frozen=True)
class Explanation:
    """One output element of an operator that requantizes an accumulator.

    Attributes:
        label, tensor, index: Which operator, output tensor and element.
        terms: How many products the accumulator sums.
        bias: The bias, part of ``accumulator``.
        accumulator: The int32 sum: the same under every rounding.
        scales: Of input, weights (this channel's) and output.
        effective_scales: input * weights / output, as each arithmetic computes it.
        zero_point: Of the output.
        activation: The clamp bounds, as stored values.
        arithmetic: The one that this model runs; ``stored`` is its result.
        roundings: Where an arithmetic rounds this element as another one does: that one.
    """

    label: str
    tensor: str
    index: tuple[int, ...]
    terms: int
    bias: int
    accumulator: int
    scales: tuple[float, float, float]
    effective_scales: dict[Arithmetic, float]
    zero_point: int
    activation: tuple[int, int]
    arithmetic: Arithmetic
    roundings: dict[Arithmetic, Arithmetic] = field(default_factory=dict)

    @property
    def multiplier(self) -> int:
        """The Q31 multiplier of the fixed-point roundings."""
        return self._factor()[0]

    @property
    def shift(self) -> int:
        """Its power of two: factor = multiplier * 2 ** (shift - 31)."""
        return self._factor()[1]

    @property
    def exact(self) -> Fraction:
        """accumulator * input * weights / output of the stored scales, unrounded."""
        in_, weights, out = map(Fraction, self.scales)
        return self.accumulator * in_ * weights / out

    @property
    def stored(self) -> int:
        """The output element."""
        return self.results()[self.arithmetic]

    @property
    def real(self) -> float:
        """What the stored value stands for."""
        return float(np.float32(self.scales[2]) * np.float32(self.stored - self.zero_point))

    def results(self) -> dict[Arithmetic, int]:
        """The stored value under each arithmetic; only the rounding differs."""
        return {name: self._stored(name) for name in ROUNDING_TEXT}

    def rounding(self, arithmetic: Arithmetic) -> Arithmetic:
        """Whose rounding an arithmetic uses here."""
        return self.roundings.get(arithmetic, arithmetic)

    def numpy_float(self) -> int:
        """What ``rint(accumulator * (input * weights / output))`` in float64 gives.

        That is how the arithmetic is often written in numpy. It agrees with the
        fixed-point runtimes except near ties.
        """
        in_, weights, out = self.scales
        return self._finish(int(np.rint(self.accumulator * (in_ * weights / out))))

    def steps(self) -> list[tuple[str, str]]:
        """Label and value of each step, in the order of the computation."""
        low, high = self.activation
        lines = [
            ("accumulator", f"{self.accumulator}  ({self.terms} products + bias {self.bias})"),
            ("exact product", f"{float(self.exact)!r}  (accumulator * input * weights / output)"),
            *self._rounding_steps(),
            ("zero point", f"+ {self.zero_point}"),
            ("clamp", f"[{low}, {high}]"),
            ("stored", f"{self.stored}  (real {self.real!r})"),
        ]
        for name, value in self.results().items():
            mark = " <- this model" if name == self.arithmetic else ""
            text = ROUNDING_TEXT[self.rounding(name)]
            lines.append((f"under {name}", f"{value}  ({text}){mark}"))
        lines.append(("numpy rint", f"{self.numpy_float()}  (float64 product, half to even)"))
        return lines

    def __str__(self) -> str:
        steps = self.steps()
        width = max(len(label) for label, _ in steps)
        head = f"{self.label}, output {self.tensor!r}[{', '.join(map(str, self.index))}]"
        return "\n".join([head, *(f"  {label:<{width}}  {value}" for label, value in steps)])

    def _factor(self) -> tuple[int, int]:
        return quantize_multiplier(self.effective_scales[self.arithmetic])

    def _finish(self, rescaled: int) -> int:
        low, high = self.activation
        return max(low, min(high, int(wrap_int32(rescaled + self.zero_point))))

    def _stored(self, arithmetic: Arithmetic) -> int:
        low, high = self.activation
        rescaled = rescale(
            np.asarray(self.accumulator, np.int64),
            np.asarray(self.effective_scales[arithmetic]),
            RULES[self.rounding(arithmetic)],
            (low - self.zero_point, high - self.zero_point),
        )
        return self._finish(int(rescaled))

    def _rounding_steps(self) -> Iterator[tuple[str, str]]:
        scale, rule = self.effective_scales[self.arithmetic], RULES[self.rounding(self.arithmetic)]
        match rule:
            case Rounding.FP32:
                product = np.float32(self.accumulator) * np.float32(scale)
                yield "effective scale", f"{np.float32(scale)!s}  (float32)"
                yield "float32 product", f"{product!s}"
                yield "half to even", f"{np.rint(product):.0f}"
            case Rounding.DOUBLE:
                product64 = np.float64(self.accumulator) * np.float64(scale)
                yield "effective scale", f"{scale!r}  (double)"
                yield "double product", f"{float(product64)!r}"
                yield "half away", f"{float(round_half_away(np.asarray(product64))):.0f}"
            case Rounding.RUY:
                divide = rounding_shift_right_half_up
                yield from self._fixed_point_steps(scale, divide, "half up")
            case Rounding.GEMMLOWP:
                divide = rounding_divide_by_pot
                yield from self._fixed_point_steps(scale, divide, "half away from zero")
            case _:
                assert_never(rule)

    def _fixed_point_steps(
        self, scale: float, divide: Callable[[int, int], Any], text: str
    ) -> Iterator[tuple[str, str]]:
        multiplier, shift = self._factor()
        yield "effective scale", f"{scale!r}  (double)"
        yield "multiplier, shift", f"{multiplier}, {shift}  (factor = multiplier * 2**(shift - 31))"
        shifted = int(wrap_int32(self.accumulator << max(shift, 0))) if shift < 32 else 0
        if shift > 0:
            yield "left shift", f"{shifted}  (by {shift})"
        high = int(saturating_rounding_doubling_high_mul(shifted, multiplier))
        unrounded = Fraction(shifted * multiplier, 1 << 31)
        yield "high multiply", f"{high}  (of {float(unrounded)!r}, half up)"
        if shift <= 0:
            unrounded = Fraction(high, 1 << -shift)
            yield (
                "right shift",
                f"{int(divide(high, -shift))}  (of {float(unrounded)!r}, by {-shift}, {text})",
            )

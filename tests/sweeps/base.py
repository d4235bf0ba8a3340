"""What every operator's random cases share: the case itself, and how its numbers are drawn."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from functools import partial
from itertools import count
from typing import Any, ClassVar

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, DTypeLike, NDArray

from intlite.quantization import Quantization, type_range

# XNNPACK takes tensors of up to six dimensions.
MAX_RANK = 6
Arrays = tuple["NDArray[Any]", ...]
# What TFLite Micro says of any tensor without elements.
EMPTY_IN_TFLM = "Dynamic tensors are not supported"


class Case(ABC):
    """One model with one operator, and inputs for it. Subclasses are dataclasses."""

    operator: ClassVar[str]
    # How far float32 outputs may be off, relative to ``terms``; 0: they must be the same bits.
    tolerance: ClassVar[float] = 0.0
    # Whether the delegate's arithmetic is another than that of LiteRT's own kernels.
    delegate_matters: ClassVar[bool] = True

    @property
    @abstractmethod
    def kind(self) -> str:
        """The row of the table that the case belongs to."""

    @abstractmethod
    def build(self) -> tuple[bytes, Arrays]:
        """The .tflite file and its inputs."""

    def is_same_bits(self, flavour: str, delegated: bool) -> bool:
        """Whether float32 outputs must be the same bits there, whatever the tolerance."""
        return False

    @property
    def outputs(self) -> int:
        """How many outputs the model has."""
        return 1

    def terms(self, expected: Sequence[NDArray[Any]]) -> Sequence[NDArray[Any]]:
        """The sum of the magnitudes that go into each element of the outputs."""
        return [np.abs(y) for y in expected]

    def refusal(self, flavour: str) -> str | None:
        """A pattern of what this runtime may say instead of running the case, or None."""
        return None

    def is_misread(self, flavour: str) -> bool:
        """Whether this runtime is known to give something senseless, which nobody follows."""
        return False

    def smaller(self) -> Iterator[Case]:
        """Simpler cases that might fail the same way."""
        return iter(())

    def __str__(self) -> str:
        lines = [f"{type(self).__name__}("]
        with np.printoptions(threshold=sys.maxsize, linewidth=96, floatmode="unique"):
            for f in fields(self):  # type: ignore[arg-type]
                value = getattr(self, f.name)
                text = _quantization_source(value) if isinstance(value, Quantization) else None
                lines.append(f"    {f.name}={text or repr(value)},")
        return "\n".join([*lines, ")"])


def _quantization_source(q: Quantization) -> str:
    scale = ", ".join(repr(float(s)) for s in q.scale)
    return f"quantization([{scale}], {q.zero_point.tolist()}, axis={q.axis})"


def quantization(scale: ArrayLike, zero_point: ArrayLike = 0, axis: int = 0) -> Quantization:
    """Of one scale or several, with one zero point or one each."""
    scales = np.atleast_1d(np.asarray(scale, np.float32))
    zero_points = np.broadcast_to(np.asarray(zero_point, np.int64), scales.shape)
    return Quantization(scales, zero_points, axis)


Draw = Callable[[Generator, int], Case]
# Generators of cases, by operator and in the order of the table.
GENERATORS: dict[str, Draw] = {}
# One in so many cases is one on plain numbers, where an operator has both.
PLAIN_EVERY = 4
# And one in so many cases is one on int16, where an operator has those by themselves.
INT16_EVERY = 5
_QUANTIZED: dict[str, Draw] = {}
_INT16: dict[str, Draw] = {}
_PLAIN: dict[str, list[Draw]] = {}


def generator(operator: str, plain: bool = False, int16: bool = False) -> Callable[[Draw], Draw]:
    """Decorator: this function draws the operator's case number i.

    ``int16``: on quantized int16, beside a generator of 8-bit ones. ``plain``: on numbers
    that are not all quantized, beside a generator of quantized ones; where there are
    several of these they take turns.
    """

    def add(function: Draw) -> Draw:
        if plain:
            _PLAIN.setdefault(operator, []).append(function)
        elif int16:
            _INT16[operator] = function
        else:
            _QUANTIZED[operator] = function
        GENERATORS[operator] = partial(_draw, operator)
        return function

    return add


def _draw(operator: str, rng: Generator, index: int) -> Case:
    if operator in _INT16:
        turn, place = divmod(index, INT16_EVERY)
        if place == INT16_EVERY - 1:
            return _INT16[operator](rng, turn)
        index -= turn
    plain = _PLAIN.get(operator, [])
    turn, place = divmod(index, PLAIN_EVERY)
    if operator not in _QUANTIZED:
        turn, place = index, PLAIN_EVERY - 1
    elif not plain:
        turn, place = 0, 0
    if place < PLAIN_EVERY - 1:
        return _QUANTIZED[operator](rng, index - turn)
    return plain[turn % len(plain)](rng, turn // len(plain))


def plain_indices(operator: str) -> Iterator[int]:
    """The numbers of the operator's cases on plain numbers."""
    numbers = count(PLAIN_EVERY - 1, PLAIN_EVERY) if operator in _QUANTIZED else count()
    return (i + i // (INT16_EVERY - 1) for i in numbers) if operator in _INT16 else numbers


def int16_indices() -> Iterator[int]:
    """The numbers of an operator's cases on int16, if it has those by themselves."""
    return count(INT16_EVERY - 1, INT16_EVERY)


def int16_operators() -> list[str]:
    """The operators that have."""
    return list(_INT16)


def plain_operators() -> list[str]:
    """The operators with cases on plain numbers."""
    return list(_PLAIN)


def make_case(operator: str, seed: int, index: int) -> Case:
    """Case ``index`` of a sweep: the same whatever was drawn before it."""
    return GENERATORS[operator](np.random.default_rng([seed, index]), index)


# ------------------------------------------------------------------- numbers


def log_uniform(rng: Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def power_of_two(x: float) -> float:
    """The power of two nearest to x: factors that produce exact ties."""
    return float(2.0 ** np.round(np.log2(x)))


def draw_size(rng: Generator, limit: int) -> int:
    """1 to limit: small ones often, and often beside a multiple of a vector's length."""
    if rng.random() < 0.4:
        size = int(rng.choice([8, 16, 32, 64])) * int(rng.integers(1, 5)) + int(rng.integers(-1, 2))
        if size <= limit:
            return size
    return min(limit, int(log_uniform(rng, 1, limit + 1)))


def draw_zero_point(rng: Generator, dtype: DTypeLike) -> int:
    """The ends of the type, zero, or anything."""
    low, high = type_range(dtype)
    if rng.random() < 0.5:
        return int(rng.choice([low, high, 0]))
    return int(rng.integers(low, high, endpoint=True))


def draw_values(rng: Generator, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """Stored values: mostly uniform, sometimes only the type's ends."""
    low, high = type_range(dtype)
    if rng.random() < 0.15:
        return rng.choice(np.array([low, high]), shape).astype(dtype)
    return rng.integers(low, high, shape, dtype, endpoint=True)


def draw_shape(rng: Generator, limit: int, max_rank: int = MAX_RANK) -> tuple[int, ...]:
    """A shape of any rank with at most ``limit`` elements; seldom a scalar, or none at all."""
    rank = int(rng.integers(0, max_rank, endpoint=True))
    shape: list[int] = []
    for _ in range(rank):
        shape.append(draw_size(rng, max(1, limit)))
        limit //= shape[-1]
    rng.shuffle(shape)
    if shape and rng.random() < 0.02:
        shape[int(rng.integers(rank))] = 0
    return tuple(shape)


def split(rng: Generator, n: int) -> tuple[int, int]:
    """Two factors of n."""
    if n == 0:
        return 0, draw_size(rng, 5)
    divisors = [d for d in range(1, n + 1) if n % d == 0]
    first = int(rng.choice(divisors))
    return first, n // first


def halves(n: int) -> Iterator[slice]:
    """Parts of n things, the smallest first."""
    if n > 1:
        yield slice(0, n // 2)
        yield slice(n // 2, n)
        yield slice(0, n - 1)
        yield slice(1, n)

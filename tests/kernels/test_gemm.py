"""The GEMM of every instruction set against integer numpy: sums, roundings, outputs, refusals."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from intlite import _native
from intlite._native import Rounding
from intlite.quantization import quantize_multiplier
from intlite.reference import fixed_point

ISAS = _native.supported_isas()
FP32, RUY, DOUBLE, GEMMLOWP = ROUNDINGS = tuple(Rounding)

ROWS = (0, 1, 2, 15, 16, 17, 31, 32, 33, 65)
DEPTHS = (0, 1, 3, 4, 5, 63, 64, 65, 127, 128, 784)
COLUMNS = (0, 1, 15, 16, 17, 63, 64, 65, 130)
TYPES = (np.int8, np.uint8)
TYPE_PAIRS = list(itertools.product(TYPES, TYPES))  # of activations and weights

each_isa = pytest.mark.parametrize("isa", ISAS)
each_type_pair = pytest.mark.parametrize(
    "types", TYPE_PAIRS, ids=lambda types: "-".join(t.__name__ for t in types)
)


@dataclass(frozen=True, eq=False)
class Case:
    """One multiplication: what goes into the kernel, and by that what must come out."""

    x: NDArray[Any]
    weights: NDArray[Any]
    bias: NDArray[np.int32] | None = None
    input_zero_point: int = 0
    weights_zero_point: int = 0
    rounding: Rounding = FP32
    # One a column; factors in double, or pairs of Q31 multiplier and shift.
    factors: Any = 1.0
    zero_point: int = 0
    activation: tuple[int, int] = (-128, 127)
    flip: bool = False
    rows: int | None = None  # a sample; None: all rows of x are one sample

    @property
    def scales(self) -> NDArray[np.float64]:
        return np.array(np.broadcast_to(self.factors, len(self.weights)), np.float64)

    def quantized(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        pairs = [quantize_multiplier(f) for f in self.scales.tolist()]
        columns = np.array(pairs, np.int32).reshape(-1, 2)
        return columns[:, 0].copy(), columns[:, 1].copy()

    def kernel(self, isa: str) -> _native.Kernel:
        return _native.fully_connected(
            rows=len(self.x) if self.rows is None else self.rows,
            weights=self.weights,
            weights_zero_point=self.weights_zero_point,
            input_unsigned=self.x.dtype == np.uint8,
            input_zero_point=self.input_zero_point,
            epilogue=_native.Epilogue(
                channels=len(self.weights),
                bias=self.bias,
                scale=self.scales,
                rounding=self.rounding,
                gemmlowp_channel=None,
                zero_point=self.zero_point,
                activation_min=self.activation[0],
                activation_max=self.activation[1],
                flip=self.flip,
            ),
            isa=isa,
        )

    def run(self, isa: str, x: NDArray[Any] | None = None) -> NDArray[np.uint8]:
        """The stored bytes, out of a buffer whose other bytes must stay."""
        shape = len(self.x), len(self.weights)
        size, guard = shape[0] * shape[1], 192
        buffer = np.full(size + 2 * guard, 0xA5, np.uint8)
        output = buffer[guard : guard + size]
        samples = 1 if self.rows is None else len(self.x) // self.rows
        self.kernel(isa).run([self.x if x is None else x], [output], samples)
        assert (buffer[:guard] == 0xA5).all(), "wrote before the output"
        assert (buffer[guard + size :] == 0xA5).all(), "wrote past the output"
        return output.reshape(shape)

    def accumulators(self) -> NDArray[np.int64]:
        x = self.x.astype(np.int64) - self.input_zero_point
        acc = x @ (self.weights.astype(np.int64) - self.weights_zero_point).T
        acc = acc if self.bias is None else acc + self.bias
        return np.asarray((acc + 2**31) % 2**32 - 2**31, np.int64)

    def expected(self) -> NDArray[np.uint8]:
        acc, (low, high) = self.accumulators(), self.activation
        if self.rounding == FP32:
            product = acc.astype(np.float32) * self.scales.astype(np.float32)
            bounds = np.array([low - self.zero_point, high - self.zero_point], np.float32)
            rescaled = np.asarray(np.rint(np.clip(product, bounds[0], bounds[1])), np.int64)
        elif self.rounding == DOUBLE:
            real = acc.astype(np.float64) * self.scales
            rescaled = fixed_point.truncate_to_int32(fixed_point.round_half_away(real))
        elif self.rounding == RUY:
            rescaled = fixed_point.multiply_by_quantized_multiplier_ruy(acc, *self.quantized())
        else:
            rescaled = fixed_point.multiply_by_quantized_multiplier_gemmlowp(acc, *self.quantized())
        stored = np.clip(fixed_point.wrap_int32(rescaled + self.zero_point), low, high)
        return np.asarray((stored & 0xFF) ^ (0x80 if self.flip else 0), np.uint8)

    def check(self, isa: str) -> None:
        np.testing.assert_array_equal(self.run(isa), self.expected())


def numbers(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
    """All codes, the extremes often."""
    info = np.iinfo(dtype)
    x = rng.integers(info.min, info.max, shape, dtype, endpoint=True)
    kind = rng.integers(0, 8, shape)
    x[kind == 0] = info.min
    x[kind == 1] = info.max
    return x


def case(
    seed: int, rows: int, depth: int, columns: int, types: tuple[Any, Any], rounding: Rounding
) -> Case:
    rng = np.random.default_rng(seed)
    x, weights = numbers(rng, (rows, depth), types[0]), numbers(rng, (columns, depth), types[1])
    # Outputs spread over the whole range, so that each rounding shows.
    spread = 12000.0 * np.sqrt(max(depth, 1))
    unsigned = bool(rng.integers(2))
    return Case(
        x,
        weights,
        bias=None if seed % 5 == 0 else rng.integers(-9999, 9999, columns, np.int32),
        input_zero_point=int(rng.choice([x.dtype.type(i) for i in (0, 5, 127)])),
        weights_zero_point=int(rng.choice([0, 0, 3, 127])),
        rounding=rounding,
        factors=rng.uniform(0.3, 1, columns) * 64 / spread,
        zero_point=int(rng.integers(-20, 20)) + 128 * unsigned,
        activation=(0, 255) if unsigned else (-128, 127),
        flip=bool(rng.integers(2)),
    )


# ------------------------------------------------------------------------- sizes


@each_isa
@pytest.mark.parametrize("depth", DEPTHS)
def test_sizes(isa: str, depth: int) -> None:
    """Every size around a register, a panel, a tile or a block, types and roundings in turn."""
    variants = itertools.cycle(itertools.product(TYPE_PAIRS, ROUNDINGS))
    for seed, (rows, columns) in enumerate(itertools.product(ROWS, COLUMNS)):
        types, rounding = next(variants)
        this = case(seed, rows, depth, columns, types, rounding)
        np.testing.assert_array_equal(
            this.run(isa), this.expected(), err_msg=f"rows {rows}, columns {columns}, seed {seed}"
        )


@each_isa
@pytest.mark.parametrize("rounding", ROUNDINGS)
@each_type_pair
@pytest.mark.parametrize("rows", [1, 18])
def test_types_and_roundings(
    isa: str, rounding: Rounding, types: tuple[Any, Any], rows: int
) -> None:
    for depth, columns in ((31, 21), (192, 66)):
        case(rows + depth, rows, depth, columns, types, rounding).check(isa)


# ----------------------------------------------------------------------- accumulation


@each_isa
@pytest.mark.parametrize("rows", [1, 2, 16])
@pytest.mark.parametrize("depth", [4096, 4099])
def test_extreme_products(isa: str, rows: int, depth: int) -> None:
    """All bytes at an end of their range: pairs of products exceed int16."""
    ends: dict[Any, tuple[int, int]] = {np.int8: (-128, 127), np.uint8: (0, 255)}
    for x_type, w_type in TYPE_PAIRS:
        for x_end, w_end in itertools.product(ends[x_type], ends[w_type]):
            x = np.full((rows, depth), x_end, x_type)
            weights = np.full((17, depth), w_end, w_type)
            weights[::3] = sum(ends[w_type]) - w_end
            # 30 bits of sum into 8: any wrong product moves the output.
            biggest = max(abs(int(v)) for v in Case(x, weights).accumulators().ravel())
            factor = 120.0 / max(biggest, 1)
            Case(x, weights, factors=factor).check(isa)
            Case(x, weights, factors=factor, weights_zero_point=9, input_zero_point=-3).check(isa)


@each_isa
@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("rounding", ROUNDINGS)
def test_accumulators_wrap_at_32_bits(isa: str, rows: int, rounding: Rounding) -> None:
    depth = 33088  # 255 * 255 * depth is past 2**31
    x = np.full((rows, depth), -128, np.int8)
    weights = np.full((3, depth), -128, np.int8)
    weights[1] = 127
    this = Case(
        x,
        weights,
        input_zero_point=127,
        weights_zero_point=127,
        rounding=rounding,
        factors=2.0**-25,
        bias=np.array([0, 5, 2**31 - 1], np.int32),
    )
    exact = 255 * 255 * depth
    assert exact > 2**31
    assert this.accumulators()[0].tolist() == [exact - 2**32, 5, exact + 2**31 - 1 - 2**32]
    this.check(isa)


@each_isa
@each_type_pair
def test_every_byte_times_every_byte(isa: str, types: tuple[Any, Any]) -> None:
    """Depth 1: all 65,536 products, told apart modulo 256."""
    x = np.arange(256, dtype=np.uint8).view(types[0]).reshape(256, 1)
    weights = np.arange(256, dtype=np.uint8).view(types[1]).reshape(256, 1)
    low = Case(x, weights, rounding=GEMMLOWP, factors=1.0)
    coarse = replace(low, factors=2.0**-9)
    fine = replace(low, bias=np.zeros(256, np.int32), factors=2.0**-8, zero_point=-7)
    for this in (low, coarse, fine):
        this.check(isa)


@each_isa
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("columns", [10, 16, 33, 64, 130])
def test_one_sparse_row(isa: str, dtype: Any, columns: int) -> None:
    """A row that is mostly zero bytes, counted unsigned, takes a path of its own."""
    rng = np.random.default_rng(columns)
    zero = np.iinfo(dtype).min
    for depth in (1, 5, 63, 64, 130, 784):
        for density in (0.0, 1 / depth, 0.05, 0.5, 1.0):
            x = numbers(rng, (1, depth), dtype)
            x[rng.random((1, depth)) >= density] = zero
            self_zero = int(rng.choice([zero, 0, 5]))
            weights = numbers(rng, (columns, depth), np.int8)
            this = Case(x, weights, input_zero_point=self_zero, factors=1 / (99 * depth))
            this.check(isa)
            replace(this, weights_zero_point=7, rounding=RUY).check(isa)


@each_isa
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("depth", [63, 64, 66])
def test_one_nonzero_byte_anywhere(isa: str, dtype: Any, depth: int) -> None:
    weights = np.arange(2 * depth, dtype=np.int16).reshape(2, depth).astype(np.int8)
    for position in range(depth):
        x = np.full((1, depth), np.iinfo(dtype).min, dtype)
        x[0, position] += 1
        this = Case(x, weights, input_zero_point=int(np.iinfo(dtype).min))
        assert this.run(isa).view(np.int8).tolist() == [weights[:, position].tolist()]


# ------------------------------------------------------------------------- epilogue


def requantization_cases() -> Iterator[Case]:
    """Accumulators given by the bias alone, so that they can be any int32."""
    edges = [v for p in range(32) for v in (2**p - 1, 2**p, 2**p + 1, -(2**p))] + [0, -1, -(2**31)]
    rng = np.random.default_rng(3)
    random = rng.integers(-(2**31), 2**31, 200).tolist()
    acc = np.array([v for v in edges + random if -(2**31) <= v < 2**31], np.int64).astype(np.int32)
    x, weights = np.zeros((1, 4), np.int8), np.zeros((len(acc), 4), np.int8)
    for shift in (*range(-31, 34), 63, 64, 95, 277, 960):
        for significand in (2**30, 2**30 + 1, 2**31 - 1, int(rng.integers(2**30, 2**31)), 0):
            yield Case(x, weights, acc, factors=math.ldexp(significand, shift - 31))


@each_isa
@pytest.mark.parametrize("rounding", [RUY, DOUBLE, GEMMLOWP])
@pytest.mark.parametrize("rows", [1, 2])
def test_requantization(isa: str, rounding: Rounding, rows: int) -> None:
    for this in requantization_cases():
        x = np.zeros((rows, 4), np.int8)
        replace(this, x=x, rounding=rounding, zero_point=-5).check(isa)


@each_isa
@pytest.mark.parametrize("rows", [1, 2])
def test_requantization_in_float(isa: str, rows: int) -> None:
    """XNNPACK's takes any finite scale; beyond 256 LiteRT refuses the model."""
    for this in requantization_cases():
        if this.factors < 1e38:
            x = np.zeros((rows, 4), np.int8)
            replace(this, x=x, rounding=FP32, zero_point=11).check(isa)


@each_isa
@pytest.mark.parametrize("rounding", ROUNDINGS)
def test_ties(isa: str, rounding: Rounding) -> None:
    """acc / 2: half to even, half up, and half away must each be what they say."""
    acc = np.arange(-240, 241, dtype=np.int32)
    x, weights = np.zeros((1, 1), np.int8), np.zeros((len(acc), 1), np.int8)
    found = Case(x, weights, acc, rounding=rounding, factors=0.5).run(isa).view(np.int8)[0]
    half = acc / 2
    # Q31's high product comes first in gemmlowp's rounding too, and takes the tie: half up.
    expected = {
        FP32: np.rint(half),
        RUY: np.floor(half + 0.5),
        DOUBLE: np.trunc(half + np.copysign(0.5, half)),
        GEMMLOWP: np.floor(half + 0.5),
    }[rounding]
    np.testing.assert_array_equal(found, expected)
    quarter = Case(x, weights, acc, rounding=rounding, factors=0.25).run(isa).view(np.int8)[0]
    tie = acc % 4 == 2
    twice = np.floor(acc / 2 + 0.5)  # even at a tie of acc / 4: so /2 is exact or a tie
    expected_at_ties = {
        FP32: np.rint(acc / 4),
        RUY: np.floor(twice / 2 + 0.5),
        DOUBLE: np.trunc(acc / 4 + np.copysign(0.5, acc)),
        GEMMLOWP: np.trunc(twice / 2 + np.copysign(0.5, twice)),
    }[rounding]
    np.testing.assert_array_equal(quarter[tie], expected_at_ties[tie])


@each_isa
@pytest.mark.parametrize("rounding", ROUNDINGS)
@pytest.mark.parametrize("rows", [1, 20])
def test_activation_ranges_and_flip(isa: str, rounding: Rounding, rows: int) -> None:
    base = case(11, rows, 40, 35, (np.int8, np.int8), rounding)
    for zero_point, activation in (
        (0, (0, 127)),
        (-128, (-128, -77)),
        (127, (127, 127)),
        (19, (-10, 30)),
        (0, (0, 255)),
        (255, (200, 255)),
    ):
        plain = replace(base, zero_point=zero_point, activation=activation, flip=False)
        plain.check(isa)
        flipped = replace(plain, flip=True)
        np.testing.assert_array_equal(flipped.run(isa), plain.run(isa) ^ 0x80)


@each_isa
def test_all_instruction_sets_agree_per_channel(isa: str) -> None:
    """Each column has its own factor, far from its neighbours'."""
    for rounding in ROUNDINGS:
        this = case(5, 19, 96, 70, (np.int8, np.int8), rounding)
        this = replace(this, factors=2.0 ** np.linspace(-20, 3, 70))
        this.check(isa)


# ----------------------------------------------------------------- samples and memory


@each_isa
@pytest.mark.parametrize("rows", [1, 3, 16])
def test_samples_are_separate_runs(isa: str, rows: int) -> None:
    for types in TYPE_PAIRS:
        whole = replace(case(2, 5 * rows, 67, 20, types, GEMMLOWP), rows=rows)
        parts = [replace(whole, x=whole.x[i * rows : (i + 1) * rows]).run(isa) for i in range(5)]
        np.testing.assert_array_equal(whole.run(isa), np.concatenate(parts))


@each_isa
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("offset", [1, 2, 3, 7, 31, 63])
def test_unaligned_input(isa: str, dtype: Any, offset: int) -> None:
    for rows, depth in ((1, 64), (1, 77), (33, 64), (33, 77)):
        this = case(offset, rows, depth, 18, (dtype, np.int8), FP32)
        buffer = np.zeros(this.x.size + 128, dtype)
        start = offset - buffer.ctypes.data % 64 + 64
        x = buffer[start : start + this.x.size]
        assert x.ctypes.data % 64 == offset
        x[:] = this.x.ravel()
        np.testing.assert_array_equal(this.run(isa, x), this.expected())


@each_isa
def test_arguments_are_left_alone(isa: str) -> None:
    this = case(8, 34, 70, 20, (np.int8, np.uint8), RUY)
    x, weights = this.x.copy(), this.weights.copy()
    first, second = this.run(isa), this.run(isa)
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(this.x, x)
    np.testing.assert_array_equal(this.weights, weights)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"isa": "z80"}, "no such instruction set"),
        ({"rounding": 0}, "incompatible"),
        ({"weights": np.zeros((2, 3), np.int16)}, "int8 or uint8"),
        ({"weights": np.zeros((3, 2), np.int8).T}, "C-contiguous"),
        ({"weights": np.zeros(6, np.int8)}, "rank"),
        ({"bias": np.zeros(3, np.int32)}, "bias must"),
        ({"scale": np.ones(3)}, "one entry, or one a channel"),
        ({"scale": np.ones(0)}, "one entry, or one a channel"),
        ({"scale": np.array([1, -0.5])}, "out of range"),
        ({"scale": np.array([np.inf, 1])}, "finite, not inf"),
        ({"scale": np.array(np.nan)}, "finite, not nan"),
        ({"activation_min": 5, "activation_max": 4}, "activation range"),
        ({"activation_max": 256}, "activation range"),
        ({"rows": 2**62}, "too large"),
        # No input, but outputs that would overflow size_t.
        ({"rows": 2**63, "weights": np.zeros((2, 0), np.int8)}, "too large"),
    ],
)
def test_bad_arguments_are_refused(change: dict[str, Any], message: str) -> None:
    epilogue: dict[str, Any] = {
        "channels": 2,
        "bias": None,
        "scale": np.ones(2),
        "rounding": FP32,
        "gemmlowp_channel": None,
        "zero_point": 0,
        "activation_min": -128,
        "activation_max": 127,
    }

    def make(**changes: Any) -> _native.Kernel:
        arguments: dict[str, Any] = {
            "rows": 1,
            "weights": np.zeros((2, 3), np.int8),
            "weights_zero_point": 0,
            "input_unsigned": False,
            "input_zero_point": 0,
        }
        own = {k: v for k, v in changes.items() if k in epilogue}
        rest = {k: v for k, v in changes.items() if k not in epilogue}
        made = _native.Epilogue(**{**epilogue, **own})
        return _native.fully_connected(**{**arguments, **rest}, epilogue=made)

    kernel = make()
    assert (kernel.input_bytes, kernel.output_bytes) == ([3], [2])
    with pytest.raises((TypeError, ValueError), match=message):
        make(**change)


def test_arrays_of_the_wrong_size_are_refused() -> None:
    kernel = Case(np.zeros((2, 5), np.int8), np.zeros((3, 5), np.int8)).kernel("")
    x, y = np.zeros(10, np.int8), np.zeros(6, np.int8)
    kernel.run([x], [y])
    for inputs, outputs, samples in (
        ([x[1:]], [y], 1),
        ([x], [y[1:]], 1),
        ([x], [y], 2),
        ([np.zeros(20, np.int8)[::2]], [y], 1),
        ([], [y], 1),
        ([x, x], [y], 1),
    ):
        with pytest.raises(ValueError, match="array"):
            kernel.run(inputs, outputs, samples)

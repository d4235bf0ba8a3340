"""QUANTIZE, DEQUANTIZE and copies on every instruction set, against their numpy definitions."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from intlite import _native
from intlite.quantization import Quantization, per_tensor, quantize_multiplier, type_range
from intlite.reference import quantize as reference
from intlite.runtimes.rounding import IntegerRounding, RealRounding

ISAS = _native.supported_isas()
SIZES = (0, 1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 100)
RUNS = (0, 1, 2, 5)
STORED = (np.int8, np.uint8, np.int16)
each_isa = pytest.mark.parametrize("isa", ISAS)
each_rounding = pytest.mark.parametrize("rounding", RealRounding)
either_way = pytest.mark.parametrize("blocks", [False, True])


def run(kernel: _native.Kernel, x: NDArray[Any], dtype: Any, samples: int) -> NDArray[Any]:
    """The kernel's output, out of a buffer whose other bytes must stay."""
    itemsize, guard = np.dtype(dtype).itemsize, 128
    assert kernel.input_bytes[0] * samples == x.nbytes
    size = x.size * itemsize
    buffer = np.full(size + 2 * guard, 0xA5, np.uint8)
    output = buffer[guard : guard + size]
    before = x.copy()
    kernel.run([x], [output.view(dtype)], samples)
    assert (buffer[:guard] == 0xA5).all(), "wrote before the output"
    assert (buffer[guard + size :] == 0xA5).all(), "wrote past the output"
    np.testing.assert_array_equal(x, before)
    return np.array(output.view(dtype))


def by_runs(f: Any, x: NDArray[Any], runs: int, dtype: Any, *args: Any) -> NDArray[Any]:
    """A definition applied to each run alone: blocks begin anew in each."""
    parts = [f(part, *args) for part in np.split(x, runs)] if runs else []
    return np.concatenate([np.empty(0, dtype), *parts]).astype(dtype)


def same_bits(found: NDArray[np.float32], expected: NDArray[np.float32]) -> None:
    np.testing.assert_array_equal(found.view(np.uint32), expected.view(np.uint32))


# ---------------------------------------------------------------- float32 to stored

QUANTIZATIONS = [
    (scale, share)
    for scale in (1.0, 0.5, 1 / 255, 0.041048355, 0.1, 3.7, 1e-30, 1e30, 1e-40)
    for share in (0.0, 0.4, 1.0)  # where in the type's range the zero point is
]


def zero_point_at(share: float, dtype: Any) -> int:
    low, high = type_range(dtype)
    return low + int(share * (high - low))


def reals(rng: np.random.Generator, scale: float, size: int) -> NDArray[np.float32]:
    """Values about the range, ties and their neighbours, and floats that break conversions."""
    with np.errstate(over="ignore", under="ignore"):
        steps = rng.integers(-70000, 70000, size) // rng.choice([1, 2, 64, 256, 512], size)
        x = (np.float32(scale) * (steps + rng.choice([0.0, 0.5], size))).astype(np.float32)
        kind = rng.integers(0, 10, size)
        x = np.where(kind == 0, np.nextafter(x, np.float32(np.inf)), x)
        x = np.where(kind == 1, np.nextafter(x, np.float32(-np.inf)), x)
        infinity = np.float32(np.inf)
        odd = [infinity, -infinity, np.nan, 0.0, -0.0, 3e38, -3e38, 1e-45, 2.0**31, -(2.0**31)]
        odd += [2147483520.0 * scale, -2147483904.0 * scale, 4294967296.0 * scale]
        chosen = rng.choice(np.array(odd, np.float64), size).astype(np.float32)
    return np.where(kind == 2, chosen, x).astype(np.float32)


@each_isa
@each_rounding
@pytest.mark.parametrize("dtype", STORED)
def test_quantize(isa: str, rounding: RealRounding, dtype: Any) -> None:
    rng = np.random.default_rng(1)
    for size, runs in itertools.product(SIZES, RUNS):
        for scale, share in QUANTIZATIONS[size % 5 :: 5]:
            out = per_tensor(scale, zero_point_at(share, dtype))
            kernel = _native.quantize(
                size=size,
                scale=float(out.scale[0]),
                zero_point=int(out.zero_point[0]),
                dtype=np.dtype(dtype),
                rounding=rounding,
                isa=isa,
            )
            x = reals(rng, scale, size * runs)
            found = run(kernel, x, dtype, runs)
            expected = by_runs(reference.quantize, x, runs, dtype, out, dtype, rounding)
            np.testing.assert_array_equal(found, expected, err_msg=f"{out} {size} x {runs}")


@each_isa
@each_rounding
@pytest.mark.parametrize("dtype", STORED)
def test_quantize_many(isa: str, rounding: RealRounding, dtype: Any) -> None:
    rng = np.random.default_rng(2)
    for scale, share in QUANTIZATIONS:
        out = per_tensor(scale, zero_point_at(share, dtype))
        x = reals(rng, scale, 5003)
        kernel = _native.quantize(
            size=x.size,
            scale=float(out.scale[0]),
            zero_point=int(out.zero_point[0]),
            dtype=np.dtype(dtype),
            rounding=rounding,
            isa=isa,
        )
        expected = reference.quantize(x, out, dtype, rounding)
        np.testing.assert_array_equal(run(kernel, x, dtype, 1), expected)


@each_isa
@pytest.mark.parametrize("size", [8, 9, 16, 25])
def test_quantize_ties_nan_and_infinity(isa: str, size: int) -> None:
    """The three rules written out, apart from any reference; scale 2, zero point 3."""
    x = np.full(size, 5.0, np.float32)  # 2.5: to 2 or 3
    expected = {"half to even": 2 + 3, "half away": 3 + 3}
    for rounding, in_blocks, behind in (
        (RealRounding.MULTIPLY, "half to even", "half to even"),
        (RealRounding.MULTIPLY_IN_BLOCKS, "half to even", "half away"),
        (RealRounding.DIVIDE, "half away", "half away"),
    ):
        kernel = _native.quantize(
            size=size, scale=2.0, zero_point=3, dtype=np.dtype(np.int8), rounding=rounding, isa=isa
        )
        blocks = size // 8 * 8
        found = run(kernel, x, np.int8, 1)
        assert found.tolist() == [expected[in_blocks]] * blocks + [expected[behind]] * (
            size - blocks
        )
        # The conversion to int32 gives its least value for what does not fit; only
        # XNNPACK clamps before it, NaN to the top.
        for value, top_of_xnnpack in ((np.nan, 127), (np.inf, 127), (-np.inf, -128)):
            found = run(kernel, np.full(size, value, np.float32), np.int8, 1)
            assert found.tolist() == [top_of_xnnpack if rounding == 0 else -128] * size


# ---------------------------------------------------------------- stored to float32


@each_isa
@either_way
@pytest.mark.parametrize("dtype", STORED)
def test_dequantize(isa: str, blocks: bool, dtype: Any) -> None:
    rng = np.random.default_rng(3)
    low, high = type_range(dtype)
    for size, runs in itertools.product(SIZES, RUNS):
        for scale, share in (*QUANTIZATIONS[size % 5 :: 5], (3e38, 0.5)):
            in_ = per_tensor(scale, zero_point_at(share, dtype))
            kernel = _native.dequantize(
                size=size,
                scale=float(in_.scale[0]),
                zero_point=int(in_.zero_point[0]),
                dtype=np.dtype(dtype),
                blocks=blocks,
                isa=isa,
            )
            x = rng.integers(low, high, size * runs, dtype, endpoint=True)
            expected = by_runs(reference.dequantize, x, runs, np.float32, in_, blocks)
            found = run(kernel, x, np.float32, runs)
            nan = np.isnan(expected)  # inf - inf, past the range of float32; its sign is free
            assert np.isnan(found[nan]).all()
            same_bits(found[~nan], expected[~nan])


@each_isa
@either_way
@pytest.mark.parametrize("dtype", STORED)
def test_dequantize_every_code(isa: str, blocks: bool, dtype: Any) -> None:
    low, high = type_range(dtype)
    x = np.arange(low, high + 1).astype(dtype)
    for scale in (0.041048355, 0.1, 1.0, 0.0039215689):
        for share in (0.0, 0.3, 1.0):
            in_ = per_tensor(scale, zero_point_at(share, dtype))
            kernel = _native.dequantize(
                size=x.size,
                scale=float(in_.scale[0]),
                zero_point=int(in_.zero_point[0]),
                dtype=np.dtype(dtype),
                blocks=blocks,
                isa=isa,
            )
            same_bits(run(kernel, x, np.float32, 1), reference.dequantize(x, in_, blocks))


@each_isa
def test_dequantize_rounds_twice_in_blocks(isa: str) -> None:
    """Where the two formulas differ, blocks have one and the rest of a run the other."""
    scale, zero_point = float(np.float32(0.1)), 77
    x = np.full(11, 100, np.uint8)
    kernel = _native.dequantize(
        size=11, scale=scale, zero_point=zero_point, dtype=np.dtype(np.uint8), blocks=True, isa=isa
    )
    once = np.float32(23) * np.float32(scale)
    twice = np.float32(100) * np.float32(scale) + np.float32(-77 * scale)
    assert once != twice
    same_bits(run(kernel, x, np.float32, 1), np.array([twice] * 8 + [once] * 3, np.float32))


# -------------------------------------------------------------- integers to integers


def requantize_kernel(
    size: int,
    x_dtype: Any,
    dtype: Any,
    in_: Quantization,
    out: Quantization,
    rounding: IntegerRounding,
) -> _native.Kernel:
    if rounding == IntegerRounding.FRACTION:
        multiplier, shift = int(np.rint(np.float32(256) * (in_.scale[0] / out.scale[0]))), 0
    else:
        multiplier, shift = quantize_multiplier(float(in_.scale[0]) / float(out.scale[0]))
    return _native.requantize(
        size=size,
        input_dtype=np.dtype(x_dtype),
        output_dtype=np.dtype(dtype),
        input_zero_point=int(in_.zero_point[0]),
        output_zero_point=int(out.zero_point[0]),
        multiplier=multiplier,
        shift=shift,
        rounding=rounding,
    )


RATIOS = (1.0, 0.5, 2.0, 0.25, 127.0, 1 / 256, 0.7320508, 1.9999, 2.0**-20, 2.0**40, 1e-9)
INTEGERS = (np.int8, np.uint8, np.int16, np.int32)


def runtimes_have(dtype: Any, rounding: IntegerRounding, ratio: float) -> bool:
    """Only gemmlowp's rounding leads beyond 8 bits, and XNNPACK's factor has 16 bits."""
    if rounding == IntegerRounding.GEMMLOWP:
        return True
    in_xnnpack = 2.0**-8 <= ratio <= 128
    return np.dtype(dtype).itemsize == 1 and (
        rounding == IntegerRounding.RUY_IN_BLOCKS or in_xnnpack
    )


@pytest.mark.parametrize("x_dtype", [np.int8, np.uint8])
@pytest.mark.parametrize(
    ("dtype", "rounding", "ratio"),
    [
        combination
        for combination in itertools.product(INTEGERS, IntegerRounding, RATIOS)
        if runtimes_have(*combination)
    ],
)
def test_requantize_every_code(
    x_dtype: Any, dtype: Any, rounding: IntegerRounding, ratio: float
) -> None:
    low, high = type_range(x_dtype)
    codes = np.arange(low, high + 1).astype(x_dtype)
    for in_share, out_share in itertools.product((0.0, 0.37, 1.0), repeat=2):
        in_ = per_tensor(0.125 * ratio, zero_point_at(in_share, x_dtype))
        out_zero = 0 if dtype == np.int32 else zero_point_at(out_share, dtype)
        out = per_tensor(0.125, out_zero)
        # 9 codes behind the last whole block, different ones each time.
        x = np.concatenate([codes, np.roll(codes, 7 * len(codes) // 16)[:9]])
        kernel = requantize_kernel(x.size, x_dtype, dtype, in_, out, rounding)
        expected = reference.requantize(x, in_, out, dtype, rounding)
        np.testing.assert_array_equal(run(kernel, x, dtype, 1), expected)


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.int32])
@pytest.mark.parametrize("ratio", RATIOS)
def test_requantize_wide_inputs(dtype: Any, ratio: float) -> None:
    rng = np.random.default_rng(4)
    every_16 = np.arange(-(2**15), 2**15).astype(np.int16)
    edges = [v for p in range(31) for v in (2**p - 1, 2**p, -(2**p))] + [-(2**31), 2**31 - 1]
    some_32 = np.concatenate([edges, rng.integers(-(2**31), 2**31, 5000)]).astype(np.int32)
    for x in (every_16, some_32):
        for in_zero, out_zero in ((0, 0), (-5, 100), (127, -128)):
            in_, out = per_tensor(0.5 * ratio, in_zero), per_tensor(0.5, out_zero)
            kernel = requantize_kernel(x.size, x.dtype, dtype, in_, out, IntegerRounding.GEMMLOWP)
            expected = reference.requantize(x, in_, out, dtype, IntegerRounding.GEMMLOWP)
            np.testing.assert_array_equal(run(kernel, x, dtype, 1), expected)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("runs", RUNS)
@pytest.mark.parametrize("rounding", IntegerRounding)
def test_requantize_runs(size: int, runs: int, rounding: IntegerRounding) -> None:
    rng = np.random.default_rng(size)
    for x_dtype, dtype in itertools.product((np.int8, np.uint8), repeat=2):
        low, high = type_range(x_dtype)
        x = rng.integers(low, high, size * runs, x_dtype, endpoint=True)
        in_ = per_tensor(0.25, zero_point_at(0.3, x_dtype))
        out = per_tensor(0.5, zero_point_at(0.6, dtype))
        kernel = requantize_kernel(size, x_dtype, dtype, in_, out, rounding)
        arguments = in_, out, dtype, rounding
        expected = by_runs(reference.requantize, x, runs, dtype, *arguments)
        np.testing.assert_array_equal(run(kernel, x, dtype, runs), expected)


def test_requantize_rounds_otherwise_behind_whole_blocks() -> None:
    """A quarter of -2 is a negative tie: up in blocks of 16, away from zero behind them."""
    x = np.full(37, -2, np.int8)
    kernel = requantize_kernel(
        37, np.int8, np.int8, per_tensor(0.25, 0), per_tensor(1.0, 0), IntegerRounding.RUY_IN_BLOCKS
    )
    assert run(kernel, x, np.int8, 1).tolist() == [0] * 32 + [-1] * 5


# ------------------------------------------------------------------------------ copies


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("runs", RUNS)
def test_copy(size: int, runs: int) -> None:
    x = np.arange(size * runs, dtype=np.uint8)
    kernel = _native.copy(size=size)
    assert kernel.input_bytes == kernel.output_bytes == [size]
    np.testing.assert_array_equal(run(kernel, x, np.uint8, runs), x)


# --------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("make", "change", "message"),
    [
        (_native.quantize, {"rounding": 1}, "incompatible"),
        (_native.quantize, {"dtype": np.dtype(np.int32)}, "stored type"),
        (_native.quantize, {"dtype": np.dtype(">i2")}, "stored type"),
        (_native.quantize, {"size": 2**60}, "too large"),
        (_native.quantize, {"isa": "z80"}, "no such instruction set"),
        (_native.dequantize, {"dtype": np.dtype(np.float32)}, "stored type"),
        (_native.dequantize, {"isa": "z80"}, "no such instruction set"),
        (_native.requantize, {"input_dtype": np.dtype(np.int64)}, "stored type"),
        (_native.requantize, {"rounding": RealRounding.DIVIDE}, "incompatible"),
        (_native.requantize, {"shift": -32}, "shift out of range"),
        (_native.copy, {"size": 2**60}, "too large"),
    ],
)
def test_bad_arguments_are_refused(make: Any, change: dict[str, Any], message: str) -> None:
    int8 = np.dtype(np.int8)
    arguments: dict[Any, dict[str, Any]] = {
        _native.quantize: {
            "size": 1,
            "scale": 1,
            "zero_point": 0,
            "dtype": int8,
            "rounding": RealRounding.MULTIPLY,
        },
        _native.dequantize: {
            "size": 1,
            "scale": 1,
            "zero_point": 0,
            "dtype": int8,
            "blocks": True,
        },
        _native.requantize: {
            "size": 1,
            "input_dtype": int8,
            "output_dtype": int8,
            "input_zero_point": 0,
            "output_zero_point": 0,
            "multiplier": 2**30,
            "shift": 0,
            "rounding": IntegerRounding.GEMMLOWP,
        },
        _native.copy: {"size": 1},
    }
    make(**arguments[make])
    with pytest.raises((TypeError, ValueError), match=message):
        make(**{**arguments[make], **change})

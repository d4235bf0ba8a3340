"""Kernels round as IEEE 754 does by default, whatever their thread was told."""

from __future__ import annotations

import ctypes
import ctypes.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

import intlite
from intlite import _native

from .test_convolve import case

MODELS = Path(__file__).resolve().parents[2] / "models"

_UPWARD = 0x800  # fenv.h of x86-64


@contextmanager
def rounding_upward() -> Iterator[ctypes.CDLL]:
    """The C library, while the thread rounds upwards."""
    name = ctypes.util.find_library("m")
    libm = ctypes.CDLL(name)
    before = libm.fegetround()
    assert libm.fesetround(_UPWARD) == 0
    try:
        yield libm
    finally:
        libm.fesetround(before)


x86 = pytest.mark.skipif(
    "avx2" not in _native.supported_isas(), reason="the number of a rounding is x86's"
)


@x86
@pytest.mark.parametrize("isa", _native.supported_isas())
def test_kernels(isa: str) -> None:
    spec, x, expected = case(np.random.default_rng(0), (1, 9, 9, 16), (40, 3, 3, 16))
    kernel, found = spec.make(isa), np.empty_like(expected)
    with rounding_upward() as libm:
        kernel.run([x], [found])
        assert libm.fegetround() == _UPWARD  # as it was
    np.testing.assert_array_equal(found, expected)


@x86
@pytest.mark.parametrize("threads", [1, 2])
def test_programs(threads: int) -> None:
    """Threads that are started by such a thread inherit its rounding."""
    path = MODELS / "mnist_cnn_quant.tflite"
    x = np.random.default_rng(1).integers(0, 256, (500, 28, 28, 1)).astype(np.uint8)
    shape = intlite.load(path).inputs[0].shape
    x = x.reshape(500, *shape[1:])
    expected = intlite.load(path)(x)
    model = intlite.load(path, num_threads=threads)
    model(x[:1])  # numpy, that makes the program, rounds as the thread does
    with rounding_upward() as libm:
        found = model(x)
        assert libm.fegetround() == _UPWARD
    np.testing.assert_array_equal(found, expected)

"""The GEMM beside memory that may not be touched: a stray read or write kills a child process."""

from __future__ import annotations

import ctypes
import itertools
import mmap
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from intlite._native import Rounding

from .test_gemm import TYPE_PAIRS, case, each_isa

ROOT = Path(__file__).resolve().parents[2]


class Fence:
    """Memory between two pages that may not be touched."""

    def __init__(self, pages: int) -> None:
        page = mmap.PAGESIZE
        self._map = mmap.mmap(-1, (pages + 2) * page)
        self._bytes = np.frombuffer(self._map, np.uint8)
        libc = ctypes.CDLL(None, use_errno=True)
        libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
        for start in (0, (pages + 1) * page):
            if libc.mprotect(self._bytes.ctypes.data + start, page, 0) != 0:
                raise OSError(ctypes.get_errno(), "mprotect")
        self._inside = self._bytes[page : (pages + 1) * page]

    def at_end(self, x: NDArray[Any]) -> NDArray[Any]:
        """A copy of x whose last byte is the last that may be touched."""
        return self._placed(self._inside[self._inside.size - x.nbytes :], x)

    def at_start(self, x: NDArray[Any]) -> NDArray[Any]:
        return self._placed(self._inside[: x.nbytes], x)

    @staticmethod
    def _placed(where: NDArray[np.uint8], x: NDArray[Any]) -> NDArray[Any]:
        placed = where.view(x.dtype).reshape(x.shape)
        placed[...] = x
        return placed


def run_between_fences(isa: str) -> None:
    """All memory of a kernel against a fence, behind it and before it. In a child process."""
    fences = [Fence(16) for _ in range(4)]
    depths = (0, 1, 3, 4, 31, 32, 33, 63, 64, 65, 127, 128, 130, 784)
    for rows, depth, columns in itertools.product((1, 2, 16, 17, 32, 33), depths, (1, 15, 16, 33)):
        for types in TYPE_PAIRS:
            for place in (Fence.at_end, Fence.at_start):
                this = case(rows + depth, rows, depth, columns, types, Rounding(depth % 4))
                x, weights, y = (
                    place(fence, a)
                    for fence, a in zip(
                        fences,
                        (this.x, this.weights, np.zeros((rows, columns), np.uint8)),
                        strict=False,
                    )
                )
                bias = np.zeros(columns, np.int32) if this.bias is None else this.bias
                this = replace(this, weights=weights, bias=place(fences[3], bias))
                this.kernel(isa).run([x], [y])
                if not np.array_equal(y, this.expected()):
                    raise SystemExit(f"wrong at {rows} x {depth} x {columns} {types}")
    print("touched nothing else")


@pytest.mark.skipif(sys.platform == "win32", reason="mprotect is not there")
@each_isa
def test_touches_no_other_memory(isa: str) -> None:
    """Pages beside the arrays are protected, in a child that a stray access would kill."""
    child = subprocess.run(
        [sys.executable, "-m", "tests.kernels.test_gemm_memory", isa],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert child.returncode == 0, f"exit {child.returncode}: {child.stdout} {child.stderr}"
    assert child.stdout == "touched nothing else\n"


if __name__ == "__main__":
    run_between_fences(sys.argv[1])

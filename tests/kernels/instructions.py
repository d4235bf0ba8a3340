"""The child of test_instructions.py, under callgrind: calls each kernel once, then often.

Both times in a thread of its own, which callgrind counts apart, so that the difference is
of calls alone. No thread ends before the last has run: callgrind would reuse its number.
"""

from __future__ import annotations

import gc
import json
import sys
import threading
from functools import partial

from benchmarks.cases import Case, Make, addition, convolution, gemm
from intlite import _native

# How many multiply-accumulates, or elements, are counted at least: threads of Python
# differ by some 20,000 instructions from run to run.
WORK = {"avx2": 10_000_000, "portable": 2_000_000}
ISAS = tuple(WORK)
# Beside a call of some 5,000 instructions they are large. Rows, columns and channels that
# are no multiples of a block are among them.
KERNELS: dict[str, Make] = {
    "gemm 64x256x64": partial(gemm, 64, 256, 64),
    "gemm 1x1024x512": partial(gemm, 1, 1024, 512),
    "gemm 37x300x150": partial(gemm, 37, 300, 150),
    "conv 1x1 14x14 48>72": partial(convolution, 14, 48, 72, 1),
    "conv 3x3 16x16 16>16": partial(convolution, 16, 16, 16, 3),
    "conv 3x3 /2 64x64 3>16": partial(convolution, 64, 3, 16, 3, stride=2),
    "depthwise 3x3 24x24 64": partial(convolution, 24, 64, 64, 3, depthwise=True),
    "depthwise 3x3 /2 32x32 40": partial(convolution, 32, 40, 40, 3, stride=2, depthwise=True),
    "depthwise 5x5 14x14 56": partial(convolution, 14, 56, 56, 5, depthwise=True),
    "add 100000": partial(addition, 100_000),
}


def main() -> None:
    """Prints, for each kernel, its threads' numbers and what one sample's work is."""
    gc.disable()  # a collection would count as some kernel's work
    end = threading.Event()
    threads: list[threading.Thread] = []

    def run_apart(case: Case, calls: int) -> int:
        done = threading.Event()

        def body() -> None:
            for _ in range(calls):
                case.run()
            done.set()
            end.wait()

        threads.append(threading.Thread(target=body))
        threads[-1].start()
        done.wait()
        return len(threads) + 1  # the main thread is 1

    kernels = []
    for isa in ISAS:
        if isa not in _native.supported_isas():
            continue
        for name, make in KERNELS.items():
            case = make(isa)
            case.run()  # what is done once is done
            each = case.products or case.elements
            more = -(-WORK[isa] // each)
            few, many = run_apart(case, 1), run_apart(case, 1 + more)
            about = {"isa": isa, "name": name, "few": few, "many": many, "work": more * each}
            kernels.append(about)
    end.set()
    for thread in threads:
        thread.join()
    json.dump(kernels, sys.stdout)


if __name__ == "__main__":
    main()

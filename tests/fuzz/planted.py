"""A worker that fails, for a test: mutant 7 kills the process, mutant 9 raises."""

from __future__ import annotations

import os
import signal

from numpy.random import Generator

from . import worker
from .seeds import Seed

_make, _run = worker.make, worker.run


def make(seed: int, index: int) -> tuple[Seed, bytes, Generator]:
    if index == 7:
        os.kill(os.getpid(), signal.SIGSEGV)
    good, data, rng = _make(seed, index)
    return good, (b"" if index == 9 else data), rng


def run(data: bytes, rng: Generator) -> tuple[int, str]:
    if not data:
        data = None  # type: ignore[assignment]
    return _run(data, rng)


if __name__ == "__main__":
    worker.make, worker.run = make, run
    worker.main()

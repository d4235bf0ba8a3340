"""Good files to start from: random cases of every operator, and small real models."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from numpy.random import Generator

from tests.sweeps import GENERATORS, make_case

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (ROOT / "models", ROOT / "tests" / "zoo" / "models")
MAX_BYTES = 150_000
REAL_SHARE = 0.04
CASES = 2000


@cache
def _real() -> tuple[bytes, ...]:
    paths = sorted(path for folder in FOLDERS for path in folder.glob("*.tflite"))
    return tuple(path.read_bytes() for path in paths if path.stat().st_size <= MAX_BYTES)


def draw_seed(rng: Generator) -> tuple[str, bytes]:
    """What it is, and the file."""
    if rng.random() < REAL_SHARE:
        number = int(rng.integers(len(_real())))
        return f"model {number}", _real()[number]
    operator = str(rng.choice(list(GENERATORS)))
    case = make_case(operator, int(rng.integers(2**31)), int(rng.integers(CASES)))
    return operator, case.build()[0]

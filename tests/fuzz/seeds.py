"""Good files to start from: random cases of every operator, and small real models."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path

import numpy as np
from numpy.random import Generator

from intlite import schema
from tests.sweeps import GENERATORS, make_case

from .layout import Layout, layout
from .networks import NETWORKS

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (ROOT / "models", ROOT / "tests" / "zoo" / "models")
# A mutant of a large model takes as long as a hundred small ones.
LARGE_BYTES, LARGE_SHARE = 150_000, 0.002
REAL_SHARE = 0.03
NETWORK_SHARE = 0.1
CASES = 2000
# Mutants of one seed that follow each other: it is made and read once for all of them.
FAMILY = 64


@dataclass(frozen=True)
class Seed:
    """A good file."""

    name: str
    data: bytes

    @cached_property
    def model(self) -> schema.Model:
        return schema.read(self.data)

    @cached_property
    def layout(self) -> Layout:
        return layout(self.data)


@cache
def _real() -> tuple[tuple[Seed, ...], tuple[Seed, ...]]:
    """Small ones, large ones."""
    paths = sorted(path for folder in FOLDERS for path in folder.glob("*.tflite"))
    large = [path for path in paths if path.stat().st_size > LARGE_BYTES]
    small = [path for path in paths if path not in large]
    return tuple(Seed(p.name, p.read_bytes()) for p in small), tuple(
        Seed(p.name, p.read_bytes()) for p in large
    )


def draw_seed(rng: Generator) -> Seed:
    """One of the real models, of the networks, or of an operator's cases."""
    kind = rng.random()
    small, large = _real()
    if kind < LARGE_SHARE:
        return large[int(rng.integers(len(large)))]
    if kind < LARGE_SHARE + REAL_SHARE:
        return small[int(rng.integers(len(small)))]
    if kind < LARGE_SHARE + REAL_SHARE + NETWORK_SHARE:
        name = list(NETWORKS)[int(rng.integers(len(NETWORKS)))]
        return Seed(name, NETWORKS[name](rng))
    operator = list(GENERATORS)[int(rng.integers(len(GENERATORS)))]
    case = make_case(operator, int(rng.integers(2**31)), int(rng.integers(CASES)))
    return Seed(operator, case.build()[0])


@lru_cache(maxsize=8)
def _of_family(seed: int, family: int) -> Seed:
    return draw_seed(np.random.default_rng([seed, family, FAMILY]))


def seed_of(seed: int, index: int) -> Seed:
    """What mutant ``index`` is made of."""
    return _of_family(seed, index // FAMILY)

"""Ways to run a model, none of which may change a bit, drawn at random."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from numpy.random import Generator

from intlite.plan import ALL_PASSES
from intlite.runtimes import RUNTIMES

ROOT = Path(__file__).resolve().parents[2]
MODELS = tuple(
    sorted(str(p) for f in ("models", "tests/zoo/models") for p in (ROOT / f).glob("*.tflite"))
)
SAMPLES = 7


@dataclass(frozen=True)
class Job:
    """What is computed: it alone decides the bits.

    Attributes:
        model: A path; or one of the sweeps' cases, as "operator seed index".
        numerics: The flavour.
        seed: Of the inputs.
        samples: How many.
    """

    model: str
    numerics: str
    seed: int
    samples: int = SAMPLES


@dataclass(frozen=True)
class Setting:
    """How it is computed.

    Attributes:
        threads: How many threads share it.
        batch: How many samples go into one call.
        tile: How many go through all steps together; 0 is for the program to choose.
        offset: Elements between an address that is a multiple of 64 and each array.
        passes: Which passes of the planning run.
        by_model: Whether ``Model`` is called, which chooses the tile.
    """

    threads: int = 1
    batch: int = 1
    tile: int = 1
    offset: int = 0
    passes: tuple[str, ...] = ()
    by_model: bool = False


BASE = Setting()


def draw_setting(rng: Generator) -> Setting:
    return Setting(
        threads=int(rng.choice([1, 2, 3, 5])),
        batch=int(rng.integers(1, SAMPLES + 1)),
        tile=int(rng.choice([0, 1, 2, 3, 5, 32, 33])),
        offset=int(rng.choice([0, 1, 3, 16, 31])),
        passes=tuple(name for name in sorted(ALL_PASSES) if rng.random() < 0.6),
        by_model=bool(rng.random() < 0.25),
    )


def real_jobs(rng: Generator, most_bytes: int, count: int = 1) -> Iterator[Job]:
    """Each real model of up to so many bytes, so many times."""
    for model in MODELS:
        if Path(model).stat().st_size <= most_bytes:
            for _ in range(count):
                yield Job(model, str(rng.choice(list(RUNTIMES))), int(rng.integers(2**31)))


def built_jobs(rng: Generator, operators: list[str], count: int) -> Iterator[Job]:
    """Random models of one operator each, so many in all."""
    for k in range(count):
        case = f"{operators[k % len(operators)]} {rng.integers(2**31)} {rng.integers(2000)}"
        yield Job(case, str(rng.choice(list(RUNTIMES))), int(rng.integers(2**31)))

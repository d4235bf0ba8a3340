"""Times taken in turns: A B C A B C, so that a busy moment meets everybody."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

# A turn lasts at least so long, by repeated calls; clocks are exact to far less.
TURN_SECONDS = 4e-3
# After a turn: a pool of threads that still spins would take time from the next one.
PAUSE_SECONDS = 2e-3


@dataclass(frozen=True)
class Times:
    """Seconds a call, one for each round."""

    rounds: tuple[float, ...]

    @property
    def median(self) -> float:
        return float(np.median(self.rounds))

    @property
    def spread(self) -> float:
        """Half the distance of the quartiles, as a part of the median."""
        low, high = np.percentile(self.rounds, [25, 75])
        return float((high - low) / 2 / self.median)

    def of(self, other: Times) -> float:
        """How many times as fast this is as the other: the median over the rounds."""
        return float(np.median(np.divide(other.rounds, self.rounds)))

    def as_json(self) -> dict[str, Any]:
        return {"median": self.median, "spread": self.spread, "rounds": list(self.rounds)}


def in_turns(
    functions: Sequence[Callable[[], object]],
    rounds: int,
    *,
    turn: float = TURN_SECONDS,
    pause: float = PAUSE_SECONDS,
    limit: float = float("inf"),
) -> list[Times]:
    """The times of each function.

    Args:
        functions: What to call; each is warmed up by a call that is not timed.
        rounds: How often everybody has a turn.
        turn: Seconds that a turn lasts at least.
        pause: Seconds between turns.
        limit: Seconds after which no further round begins; two are made in any case.
    """
    repeats = [_repeats(function, turn) for function in functions]
    times: list[NDArray[np.float64]] = []
    gc.collect()
    gc.disable()
    try:
        end = time.perf_counter() + limit
        for _ in range(rounds):
            if len(times) >= 2 and time.perf_counter() > end:
                break
            turns = zip(functions, repeats, strict=True)
            times.append(np.array([_turn(f, n, pause) for f, n in turns]))
    finally:
        gc.enable()
    return [Times(tuple(column)) for column in np.array(times).T.tolist()]


def _turn(function: Callable[[], object], repeats: int, pause: float) -> float:
    time.sleep(pause)
    function()
    start = time.perf_counter()
    for _ in range(repeats):
        function()
    return (time.perf_counter() - start) / repeats


def _repeats(function: Callable[[], object], turn: float) -> int:
    """How many calls fill a turn."""
    function()
    repeats = 1
    while True:
        start = time.perf_counter()
        for _ in range(repeats):
            function()
        taken = time.perf_counter() - start
        if taken >= turn / 2:
            return max(1, round(repeats * turn / taken))
        repeats *= 2


def geometric_mean(values: Sequence[float]) -> float:
    return float(np.exp(np.mean(np.log(values))))

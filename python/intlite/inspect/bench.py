"""Latency and throughput of a model, beside LiteRT, round by round in turns."""

from __future__ import annotations

import contextlib
import os
import pickle
import statistics
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..datasets import random_inputs
from ..model import Model
from ..runtimes import DEFAULT, RUNTIMES
from ..runtimes.oracles import installed, python_of

Tick = Callable[[int, int], None]
STOPWATCH: Final = Path(__file__).parents[1] / "runtimes" / "oracles" / "stopwatch.py"
# One round of one contestant makes as many calls as fit into this, in seconds.
ROUND: Final = 0.02
MIN_ROUNDS: Final = 5
MAX_ROUNDS: Final = 500


@dataclass(frozen=True)
class Timing:
    """One contestant at one setting.

    Attributes:
        who: "intlite" or "LiteRT <release>".
        threads, batch: The setting.
        seconds: Of one call: each round's mean; empty if it does not run.
        error: Why it does not run.
        note: What a reader must know.
    """

    who: str
    threads: int
    batch: int
    seconds: tuple[float, ...]
    error: str = ""
    note: str = ""

    @property
    def latency(self) -> float:
        """Seconds for the whole batch: the median of the rounds."""
        return statistics.median(self.seconds)

    @property
    def spread(self) -> float:
        """Half the distance of the quartiles."""
        low, high = np.quantile(self.seconds, (0.25, 0.75)).tolist()
        return float(high - low) / 2

    @property
    def throughput(self) -> float:
        """Samples a second."""
        return self.batch / self.latency


@dataclass(frozen=True)
class Setting:
    """intlite and LiteRT at one setting; None where LiteRT is not installed."""

    intlite: Timing
    litert: Timing | None

    @property
    def ratio(self) -> float | None:
        """How many times as fast as LiteRT intlite is: the median over the rounds."""
        if self.litert is None or not self.litert.seconds:
            return None
        pairs = zip(self.litert.seconds, self.intlite.seconds, strict=True)
        return statistics.median(theirs / ours for theirs, ours in pairs)

    def timings(self) -> list[Timing]:
        return [self.intlite] if self.litert is None else [self.intlite, self.litert]


def bench(
    source: str | bytes | Path,
    *,
    numerics: str = "litert",
    threads: Sequence[int] = (1,),
    batches: Sequence[int] = (1,),
    seconds: float = 1.0,
    litert: bool = True,
    progress: Tick | None = None,
) -> list[Setting]:
    """Time a model on random inputs, each setting for about ``seconds``.

    Args:
        source: A .tflite file, or its bytes.
        numerics: intlite's flavour.
        threads, batches: The settings: all pairs.
        seconds: For each setting, both contestants together.
        litert: Whether LiteRT is timed too, if it is installed.
        progress: Called with how many settings are done, and of how many.
    """
    settings = [(t, b) for t in threads for b in batches]
    found = []
    for i, (count, batch) in enumerate(settings):
        if progress is not None:
            progress(i, len(settings))
        model = Model(source, numerics=numerics, num_threads=count)
        found.append(_setting(model, count, batch, seconds, litert))
    return found


def _setting(model: Model, threads: int, batch: int, seconds: float, litert: bool) -> Setting:
    inputs = random_inputs(model, seed=0, samples=batch)

    def run(calls: int) -> float:
        began = perf_counter()
        for _ in range(calls):
            model(*inputs)
        return perf_counter() - began

    release = installed(DEFAULT) if litert else None
    with contextlib.ExitStack() as stack:
        watch = error = None
        if release is not None:
            watch = _LiteRT(model.content, inputs, threads, batch)
            stack.callback(watch.close)
            error = watch.error
        rivals = [run] if watch is None or error else [run, watch.run]
        try:
            times = _in_turns(rivals, seconds)
        except _DiedError as died:
            error, times = str(died), _in_turns([run], seconds)
    ours = Timing("intlite", threads, batch, tuple(times[0]))
    if release is None:
        return Setting(ours, None)
    theirs = () if error else tuple(times[1])
    note = "one sample a call" if watch is not None and watch.one_by_one else ""
    return Setting(ours, Timing(f"LiteRT {release}", threads, batch, theirs, error or "", note))


def _in_turns(rivals: Sequence[Callable[[int], float]], seconds: float) -> list[list[float]]:
    """Seconds of a call, for each rival and round; the rivals take turns."""
    calls = []
    for run in rivals:
        run(1)
        once = max(min(run(1), run(1)), 1e-7)
        calls.append(max(1, min(int(ROUND / once), 100_000)))
    times: list[list[float]] = [[] for _ in rivals]
    end, rounds = perf_counter() + seconds, 0
    while rounds < MIN_ROUNDS or (perf_counter() < end and rounds < MAX_ROUNDS):
        for run, count, own in zip(rivals, calls, times, strict=True):
            own.append(run(count) / count)
        rounds += 1
    return times


class _DiedError(Exception):
    """The child process is gone, or refuses."""


class _LiteRT:
    """LiteRT in a child process, ready to be timed; ``error`` says why it is not."""

    def __init__(
        self, model: bytes, inputs: Sequence[NDArray[Any]], threads: int, samples: int
    ) -> None:
        self._process = subprocess.Popen(
            [*python_of(RUNTIMES[DEFAULT].oracle), str(STOPWATCH)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        )
        self.error: str | None = None
        self.one_by_one = False
        try:
            self.one_by_one = bool(self._ask((model, list(inputs), threads, samples)))
        except _DiedError as died:
            self.error = str(died)

    def run(self, calls: int) -> float:
        """Seconds that so many calls take."""
        return self._ask(calls)

    def _ask(self, request: object) -> float:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        try:
            pickle.dump(request, stdin, protocol=pickle.HIGHEST_PROTOCOL)
            stdin.flush()
            status, value = pickle.load(stdout)
        except (EOFError, OSError, pickle.UnpicklingError):
            raise _DiedError(f"its process ended with status {self._process.wait()}") from None
        if status != "ok":
            raise _DiedError(" ".join(str(value).split()))
        return float(value)

    def close(self) -> None:
        self._process.kill()
        with contextlib.suppress(OSError):
            self._process.communicate()

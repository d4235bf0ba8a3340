"""Runs the actions in threads for so long, interrupts itself, and watches its memory."""

from __future__ import annotations

import ctypes
import faulthandler
import gc
import resource
import signal
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any

import numpy as np

from .actions import ACTIONS, Known, known_models

THREADS = 8
# What it may grow by between a third of the time and the end: the heaps of the threads
# settle late, and a leak of a kilobyte in each action would be several times this.
MOST_GROWTH = 24 << 20
HANGS_AFTER = 300.0


@dataclass
class Report:
    """What was done, and the resident bytes at times in seconds."""

    done: Counter[str] = field(default_factory=Counter)
    memory: list[tuple[float, int]] = field(default_factory=list)
    errors: list[BaseException] = field(default_factory=list)

    @property
    def growth(self) -> int:
        """Median of the last tenth less that of the tenth after the first third, in bytes."""
        bytes_ = [m for _, m in self.memory] or [0]
        tenth, third = max(1, len(bytes_) // 10), len(bytes_) // 3
        early, late = bytes_[third : third + tenth], bytes_[-tenth:]
        return int(np.median(late) - np.median(early))

    def __str__(self) -> str:
        actions = ", ".join(f"{n} {name}" for name, n in sorted(self.done.items()))
        steps = self.memory[:: max(1, len(self.memory) // 12)]
        curve = " ".join(f"{m / 2**20:.1f}" for _, m in steps)
        return f"{actions}\nMiB resident: {curve}\ngrowth: {self.growth / 2**20:.2f} MiB"


class Timeout(Exception):
    """Raised by the handler of the alarm, in the middle of a run."""


def soak(seconds: float, seed: int = 0, threads: int = THREADS) -> Report:
    """Does it; the first error of any thread ends it, and is in the report."""
    faulthandler.dump_traceback_later(seconds + HANGS_AFTER, exit=True)
    models, report, stop = known_models(), Report(), Event()
    actions = list(ACTIONS)
    weights = np.array([ACTIONS[a] for a in actions]) / sum(ACTIONS.values())

    def work(number: int) -> None:
        rng = np.random.default_rng([seed, number])
        try:
            while not stop.is_set():
                action = actions[rng.choice(len(actions), p=weights)]
                action(models[rng.integers(len(models))], rng)
                report.done[action.__name__] += 1
        except BaseException as error:
            report.errors.append(error)
            stop.set()

    workers = [Thread(target=work, args=(n,)) for n in range(threads)]
    for worker in workers:
        worker.start()
    try:
        _watch(models, report, stop, seconds)
    finally:
        stop.set()
        for worker in workers:
            worker.join()
        faulthandler.cancel_dump_traceback_later()
    return report


def _watch(models: list[Known], report: Report, stop: Event, seconds: float) -> None:
    """The main thread: it measures, and begins long runs that an alarm ends."""
    rng = np.random.default_rng(seed=1)
    long = models[2]
    batch = np.concatenate([long.x] * 500)
    pause = min(1.0, seconds / 40)
    start = time.monotonic()
    while (now := time.monotonic() - start) < seconds and not stop.is_set():
        report.memory.append((now, resident()))
        if rng.random() < 0.3:
            with suppress(Timeout):  # it may come a moment late
                report.done["interrupted"] += _interrupted(long, batch, rng.uniform(0.001, 0.3))
        stop.wait(pause)


def _interrupted(known: Known, batch: Any, after: float) -> bool:
    def handler(number: int, frame: Any) -> None:
        raise Timeout

    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, after)
    try:
        known.shared(batch)
    except Timeout:
        return True
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return False


def resident() -> int:
    """This process's resident bytes, after giving back what is free."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()

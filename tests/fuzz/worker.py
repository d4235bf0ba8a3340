"""The child process: mutants one after the other. What became of each is in a file, a byte
each, that is there whatever becomes of the process."""

from __future__ import annotations

import argparse
import faulthandler
import mmap
import resource
import signal
import time
import traceback
from pathlib import Path

import numpy as np
from numpy.random import Generator

import intlite
from intlite import IntliteError
from intlite._util import memory_limit as memory
from intlite.runtimes import RUNTIMES
from tests.sanitizers import IS_WATCHED

from . import outcomes
from .faces import FACES
from .mutation import mutate
from .patching import flip, patch
from .seeds import Seed, seed_of

# What intlite takes for the machine's memory; it may use half of it.
PHYSICAL = 2**27
ADDRESS_SPACE = 4 * 2**30
SECONDS = 5
# The shares of mutants by fields changed in place, and by any bytes; the rest is written anew.
PATCHED, FLIPPED = 0.6, 0.1


def make(seed: int, index: int) -> tuple[Seed, bytes, Generator]:
    """Mutant ``index``: what it was made of, the file, and numbers to run it with."""
    rng = np.random.default_rng([seed, index])
    good = seed_of(seed, index)
    kind = rng.random()
    if kind < PATCHED:
        return good, patch(rng, good.data, good.layout), rng
    if kind < PATCHED + FLIPPED:
        return good, flip(rng, good.data), rng
    return good, mutate(rng, good.model), rng


def run(data: bytes, rng: Generator) -> tuple[int, str]:
    """Load and run a file in some way.

    Returns:
        What became of it, a number of ``outcomes``; and of a failure, the traceback.
    """
    face = list(FACES)[int(rng.integers(len(FACES)))]
    numerics = list(RUNTIMES)[int(rng.integers(len(RUNTIMES)))]
    loaded = False

    def mark() -> None:
        nonlocal loaded
        loaded = True

    try:
        with np.errstate(all="ignore"):
            ran = FACES[face](rng, data, numerics, mark)
    except IntliteError as error:
        return outcomes.refused(error, loaded), ""
    except Exception:
        return outcomes.FAILED, f"{face} {numerics}\n{traceback.format_exc()}"
    return (outcomes.RAN if ran else outcomes.LOADED), ""


def limit() -> None:
    """Memory for the process, and for intlite less."""
    memory._physical_memory = lambda: PHYSICAL
    if not IS_WATCHED:
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    faulthandler.enable()
    faulthandler.register(signal.SIGXCPU, chain=True)


def restart_clock() -> None:
    """Die by SIGXCPU in more than ``SECONDS`` of computation, however busy the machine is."""
    soft = int(time.process_time()) + 1 + SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


class Peak:
    """The most memory that the process had resident, in bytes, and the mutant it came with.

    getrusage is quick, but counts what the parent held when it forked.
    """

    def __init__(self) -> None:
        self.bytes = self.mutant = self._seen = 0

    def look(self, mutant: int) -> None:
        """After each mutant."""
        seen = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        if seen > self._seen:
            status = Path("/proc/self/status").read_text()
            self.bytes = int(status.split("VmHWM:")[1].split()[0]) << 10
            self.mutant, self._seen = mutant, seen


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("seed", type=int)
    parser.add_argument("start", type=int)
    parser.add_argument("stop", type=int)
    parser.add_argument("seconds", type=float, help="then it ends by itself")
    parser.add_argument("folder", type=Path, help="of the files outcomes, stories and peak")
    args = parser.parse_args()
    assert intlite.__version__
    limit()
    end, peak = time.monotonic() + args.seconds, Peak()
    with (
        (args.folder / "outcomes").open("r+b") as file,
        mmap.mmap(file.fileno(), 0) as results,
        (args.folder / "stories").open("a") as stories,
    ):
        for index in range(args.start, args.stop):
            if time.monotonic() > end:
                break
            results[index - args.start] = outcomes.BEGUN
            _, data, rng = make(args.seed, index)
            restart_clock()
            outcome, story = run(data, rng)
            results[index - args.start] = outcome
            peak.look(index)
            if story:
                print(index, story.replace("\n", "\v"), file=stories, flush=True)
    (args.folder / "peak").write_text(f"{peak.bytes} {peak.mutant}")


if __name__ == "__main__":
    main()

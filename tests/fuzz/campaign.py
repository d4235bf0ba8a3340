"""Mutants in child processes: what became of them, and the first of each kind of failure."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from . import outcomes
from .seeds import ROOT, seed_of

# Mutants of one child; more would show a leak later, fewer pay for its start more often.
BATCH = 20_000
# Beyond the limit on computation: for a process that sleeps.
SILENCE = 120.0
POLL = 0.05
WORKER = "tests.fuzz.worker"


@dataclass
class Result:
    """Counts by outcome, and failures by kind: how often, the first one's number and story.

    ``peak`` is the most memory that a child had resident, in bytes, and its last mutant then.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    failures: dict[str, tuple[int, str]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    loaded: int = 0
    peak: tuple[int, int] = (0, 0)
    seconds: float = 0

    def add(self, numbers: bytes) -> None:
        """Count the outcomes of a child."""
        for number, count in Counter(numbers).items():
            if number != outcomes.UNTRIED:
                self.outcomes[outcomes.NAMES[number]] += count
                self.loaded += count * outcomes.was_loaded(number)

    def fail(self, index: int, name: str, story: str) -> None:
        kind = _kind(story)
        self.counts[kind] += 1
        self.failures.setdefault(kind, (index, f"{name}: {story}"))

    def __str__(self) -> str:
        total = sum(self.outcomes.values())
        lines = [
            f"{total} mutants in {self.seconds:.0f} s ({total / max(self.seconds, 1e-9):.0f} a "
            f"second), {self.loaded} of them loaded; {self.peak[0] >> 20} MiB at most, "
            f"in mutant {self.peak[1]}",
            *(f"{n:>9} {name}" for name, n in self.outcomes.most_common()),
        ]
        for kind, n in self.counts.most_common():
            index, story = self.failures[kind]
            lines += [f"\n== {n} times, first in mutant {index}: {kind}", story]
        return "\n".join(lines)


def _kind(story: str) -> str:
    """Where it was raised last within the package, and what."""
    if story.startswith("DIED"):
        head = story.splitlines()[0]
        if sanitized := re.search(r"runtime error: .*|ERROR: AddressSanitizer: \S+", story):
            frame = re.search(r"#\d+ .*?(csrc/\S+)", story)
            return f"{head}: {sanitized[0]} {frame[1] if frame else ''}"
        frames = re.findall(r'File "([^"]+)", line (\d+) in (\w+)', story)
        inside = [f for f in frames if "/intlite/" in f[0]]
    else:
        head = story.strip().splitlines()[-1].split(":")[0]
        frames = re.findall(r'File "([^"]+)", line (\d+), in (\w+)', story)
        inside = [f for f in frames if "/intlite/" in f[0]][::-1]
    if not inside:
        return head
    path, line, function = inside[0]
    return f"{head} at {path.rsplit('/intlite/', 1)[1]}:{line} {function}"


def campaign(seed: int, seconds: float, start: int = 0, limit: int | None = None) -> Result:
    """Run mutants for so long, or so many."""
    result, index, begun = Result(), start, time.monotonic()
    while (left := begun + seconds - time.monotonic()) > 0:
        stop = index + BATCH if limit is None else min(index + BATCH, start + limit)
        if index >= stop:
            break
        index = _batch(seed, index, stop, left, result)
    result.seconds = time.monotonic() - begun
    return result


def _batch(seed: int, start: int, stop: int, seconds: float, result: Result) -> int:
    """Run one child until it is through, dead, or out of time; the next mutant's number."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "outcomes").write_bytes(bytes(stop - start))
        numbers = [str(n) for n in (seed, start, stop, seconds)]
        with (folder / "printed").open("w+b") as printed:
            child = subprocess.Popen(
                [sys.executable, "-m", WORKER, *numbers, name],
                stderr=printed,
                cwd=ROOT,
            )
            code = _wait(child, folder / "outcomes")
        if (folder / "peak").exists():  # it came to its end
            peak, mutant = map(int, (folder / "peak").read_text().split())
            result.peak = max(result.peak, (peak, mutant))
        found = (folder / "outcomes").read_bytes()
        tried = len(found.rstrip(b"\0"))
        for line in _lines(folder / "stories"):
            number, story = line.split(" ", 1)
            index = int(number)
            result.fail(index, seed_of(seed, index).name, story.replace("\v", "\n"))
        if code != 0:
            at = start + max(tried - 1, 0)
            between = tried == 0 or found[tried - 1] != outcomes.BEGUN
            said = (folder / "printed").read_text(errors="replace")[:6000]
            story = f"DIED of {code}{' between mutants' if between else ''}\n{said}"
            result.fail(at, seed_of(seed, at).name, story)
            found = found[: max(tried - 1, 0)] + bytes([outcomes.DIED])
        result.add(found)
        return start + max(tried, 1)


def _lines(stories: Path) -> list[str]:
    """One each failure; a child that died early has no such file."""
    if not stories.exists():
        return []
    # Not splitlines(): a story's own lines are parted by vertical tabs.
    return stories.read_text(errors="replace").split("\n")[:-1]


def _wait(child: subprocess.Popen[bytes], progress: Path) -> int:
    """The child's exit code; it is killed where nothing moves."""
    silent, last = 0, b""
    while (code := child.poll()) is None:
        now = progress.read_bytes()
        # Counted, not read off a clock: somebody may have stopped both processes.
        silent, last = (silent + 1 if now == last else 0), now
        if silent * POLL > SILENCE:
            child.kill()
        time.sleep(POLL)
    return code

"""Mutants in child processes: what became of them, and the first of each kind of failure."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from threading import Timer

from .seeds import ROOT

BATCH = 500
# Beyond the limit on computation: for a process that sleeps.
SILENCE = 120.0


@dataclass
class Result:
    """Counts by outcome, and failures by kind: how often, the first one's number and story."""

    outcomes: Counter[str] = field(default_factory=Counter)
    failures: dict[str, tuple[int, str]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, index: int, name: str, outcome: str) -> None:
        head = outcome.split(maxsplit=1)[0]
        self.outcomes[head] += 1
        if head in ("FAILED", "DIED"):
            kind = _kind(outcome)
            self.counts[kind] += 1
            self.failures.setdefault(kind, (index, f"{name}: {outcome}"))

    def __str__(self) -> str:
        lines = [f"{sum(self.outcomes.values())} mutants: {dict(self.outcomes)}"]
        for kind, n in self.counts.most_common():
            index, story = self.failures[kind]
            lines += [f"\n== {n} times, first in mutant {index}: {kind}", story]
        return "\n".join(lines)


def _kind(outcome: str) -> str:
    """Where it was raised last within the package, and what."""
    if outcome.startswith("DIED"):
        head = outcome.splitlines()[0]
        if sanitized := re.search(r"runtime error: .*|ERROR: AddressSanitizer: \S+", outcome):
            frame = re.search(r"#\d+ .*?(csrc/\S+)", outcome)
            return f"{head}: {sanitized[0]} {frame[1] if frame else ''}"
        frames = re.findall(r'File "([^"]+)", line (\d+) in (\w+)', outcome)
        inside = [f for f in frames if "/intlite/" in f[0]]
    else:
        head = outcome.strip().splitlines()[-1].split(":")[0]
        frames = re.findall(r'File "([^"]+)", line (\d+), in (\w+)', outcome)
        inside = [f for f in frames if "/intlite/" in f[0]][::-1]
    if not inside:
        return head
    path, line, function = inside[0]
    return f"{head} at {path.rsplit('/intlite/', 1)[1]}:{line} {function}"


def campaign(seed: int, seconds: float, start: int = 0, limit: int | None = None) -> Result:
    """Run mutants for so long, or so many."""
    result, index, end = Result(), start, time.monotonic() + seconds
    while time.monotonic() < end and (limit is None or index < start + limit):
        stop = index + BATCH if limit is None else min(index + BATCH, start + limit)
        index = _batch(seed, index, stop, end, result)
    return result


def _batch(seed: int, start: int, stop: int, end: float, result: Result) -> int:
    """Run one child until it is through, dead, or out of time; the next mutant's number."""
    command = [sys.executable, "-m", "tests.fuzz.worker", str(seed), str(start), str(stop)]
    with TemporaryFile("w+", errors="replace") as errors:
        child = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=ROOT, errors="replace"
        )
        assert child.stdout is not None
        index, name, begun = start - 1, "", False
        stopped = False
        watchdog = Timer(end - time.monotonic() + SILENCE, child.kill)
        watchdog.start()
        for line in child.stdout:
            if line.startswith("\t"):
                result.add(index, name, line[1:].rstrip("\n").replace("\v", "\n"))
                begun = False
                if time.monotonic() > end:
                    stopped = True
                    child.kill()
                    break
            else:
                number, name = line.rstrip("\n").split("\t")
                index, begun = int(number), True
        child.wait()
        watchdog.cancel()
        child.stdout.close()
        if not stopped and child.returncode != 0:
            errors.seek(0)
            index = index if begun else index + 1
            story = f"DIED of {child.returncode}{'' if begun else ' between mutants'}"
            result.add(index, name, f"{story}\n{errors.read()[:6000]}")
    return index + 1

"""What a profile found: the time of each step, as text, JSON and a trace for Perfetto."""

from __future__ import annotations

import json
from dataclasses import dataclass
from os import PathLike
from typing import Any


@dataclass(frozen=True)
class StepTime:
    """One step of the program.

    Attributes:
        ops: The operators that it computes, by label; several if they are fused.
        kind: The operator that does most of the work.
        tensor: The name of what it writes.
        seconds: For all samples: the median over the rounds.
        spread: Half the distance of the quartiles.
        macs: Multiply-accumulates of all samples.
        in_numpy: Whether numpy computes it, for lack of a native kernel.
    """

    ops: tuple[str, ...]
    kind: str
    tensor: str
    seconds: float
    spread: float
    macs: int
    in_numpy: bool

    @property
    def label(self) -> str:
        return " + ".join(self.ops) or self.kind

    @property
    def gmacs_per_second(self) -> float | None:
        """None where there are no multiplications."""
        return self.macs / self.seconds / 1e9 if self.macs and self.seconds else None


@dataclass(frozen=True)
class Profile:
    """The times of a model's steps for some samples.

    Attributes:
        steps: In the order in which they run.
        samples: How many runs the times are for.
        whole: Seconds of the program as one native call, for as many samples.
        peak: GMAC/s of a matrix product in the cache, on one thread.
        threads: How many each step may use.
        isa: The instruction set.
        rounds: How often each was timed.
        note: What a reader must know.
    """

    steps: tuple[StepTime, ...]
    samples: int
    whole: float
    peak: float
    threads: int
    isa: str
    rounds: int
    note: str = ""

    @property
    def total(self) -> float:
        """Seconds of all steps."""
        return sum(step.seconds for step in self.steps)

    def share(self, step: StepTime) -> float:
        """A step's part of the total."""
        return step.seconds / self.total if self.total else 0.0

    def share_of_peak(self, step: StepTime) -> float | None:
        speed = step.gmacs_per_second
        return None if speed is None else speed / (self.peak * self.threads)

    def by_operator(self) -> list[tuple[str, float, int]]:
        """Kind of operator, seconds and MACs, the slowest first."""
        sums: dict[str, tuple[float, int]] = {}
        for step in self.steps:
            seconds, macs = sums.get(step.kind, (0.0, 0))
            sums[step.kind] = seconds + step.seconds, macs + step.macs
        return sorted(((k, s, m) for k, (s, m) in sums.items()), key=lambda row: -row[1])

    def __str__(self) -> str:
        lines = [
            f"{self.whole * 1e6:.1f} us for {self.samples} samples, {self.isa}, "
            f"{self.threads} threads"
        ]
        for step in self.steps:
            speed = step.gmacs_per_second
            rate = "" if speed is None else f"{speed:8.1f} GMAC/s"
            lines.append(
                f"  {step.seconds * 1e6:10.1f} us {self.share(step):6.1%} {rate:15}  {step.label}"
            )
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "samples": self.samples,
            "threads": self.threads,
            "isa": self.isa,
            "rounds": self.rounds,
            "note": self.note or None,
            "whole_seconds": self.whole,
            "steps_seconds": self.total,
            "peak_gmacs": self.peak,
            "steps": [
                {
                    "ops": step.ops,
                    "tensor": step.tensor,
                    "seconds": step.seconds,
                    "spread": step.spread,
                    "share": self.share(step),
                    "macs": step.macs,
                    "gmacs": step.gmacs_per_second,
                    "share_of_peak": self.share_of_peak(step),
                    "in_numpy": step.in_numpy,
                }
                for step in self.steps
            ],
        }

    def trace(self) -> dict[str, Any]:
        """One run as trace events, which Perfetto and Chrome's about:tracing show."""
        events: list[dict[str, Any]] = []
        start = 0.0
        for step in self.steps:
            arguments = {
                "tensor": step.tensor,
                "MACs": step.macs,
                "GMAC/s": step.gmacs_per_second,
                "share of the peak": self.share_of_peak(step),
            }
            events.append(
                {
                    "name": step.label,
                    "cat": step.kind,
                    "ph": "X",
                    "ts": start * 1e6,
                    "dur": step.seconds * 1e6,
                    "pid": 1,
                    "tid": 1,
                    "args": arguments,
                }
            )
            start += step.seconds
        names = (("process_name", "intlite"), ("thread_name", f"{self.threads} threads"))
        meta = [
            {"name": kind, "ph": "M", "pid": 1, "tid": 1, "args": {"name": name}}
            for kind, name in names
        ]
        return {"traceEvents": meta + events, "displayTimeUnit": "ns"}

    def save_trace(self, path: str | PathLike[str]) -> None:
        """Write ``trace`` as JSON."""
        with open(path, "w", encoding="utf-8") as file:
            json.dump(self.trace(), file, indent=1)

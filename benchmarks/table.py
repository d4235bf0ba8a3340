"""What a run of the benchmark found, as one table for people or as JSON for machines."""

from __future__ import annotations

import platform
import textwrap
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from os import cpu_count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import intlite

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

WIDTH = 100
PACKAGES = ("intlite", "numpy", "ai-edge-litert", "tflite-micro")


@dataclass(frozen=True)
class Difference:
    """How far outputs are from those expected: images, single outputs, greatest distance."""

    images: int
    outputs: int
    greatest: int

    @classmethod
    def between(cls, found: NDArray[Any], expected: NDArray[Any]) -> Difference:
        if found.shape != expected.shape or found.dtype != expected.dtype:
            raise ValueError(
                f"outputs are {found.dtype}{list(found.shape)}, "
                f"expected {expected.dtype}{list(expected.shape)}"
            )
        distance = np.abs(found.astype(np.int64) - expected.astype(np.int64))
        by_image = distance.reshape(len(distance), -1).any(axis=1)
        return cls(
            int(by_image.sum()), int(np.count_nonzero(distance)), int(distance.max(initial=0))
        )


@dataclass(frozen=True)
class Comparison:
    """intlite's outputs in one flavour, by each way of calling, held to the real runtime's.

    Attributes:
        numerics, runtime, version: The flavour, the runtime that it is to equal, and that
            runtime's version; None if it is not installed, and nothing was compared.
        outputs: How many output elements each way of calling gave.
        ways: Way of calling -> differences from the runtime.
        numpy: Float type -> differences of the notebook's numpy code from the runtime.
        accuracy: Of the runtime's answers, from 0 to 1.
    """

    numerics: str
    runtime: str
    version: str | None
    outputs: int = 0
    ways: dict[str, Difference] = field(default_factory=dict)
    numpy: dict[str, Difference] = field(default_factory=dict)
    accuracy: float | None = None


@dataclass(frozen=True)
class Timing:
    """One way of calling: milliseconds for all images, of each round.

    Attributes:
        calling: "one image a call" or "one call".
        who: What was called.
        threads: How many it was given.
        rounds: Milliseconds for all images, for each round.
        to_litert: Median over the rounds of LiteRT's time, called the same way with as many
            threads, by this one: above 1 is faster than LiteRT.
        difference: Of the timed calls' outputs from LiteRT's.
    """

    calling: str
    who: str
    threads: int
    rounds: list[float]
    to_litert: float
    difference: Difference

    @property
    def median(self) -> float:
        return float(np.median(self.rounds))

    @property
    def quartiles(self) -> tuple[float, float]:
        low, high = np.percentile(self.rounds, [25, 75])
        return float(low), float(high)

    def spread(self) -> float:
        """Half the distance of the quartiles, as a part of the median."""
        low, high = self.quartiles
        return (high - low) / 2 / self.median


@dataclass(frozen=True)
class ModelResult:
    """One model's figures; with ``not_run``, the reason why there are none."""

    file: str
    network: str
    images: int
    not_run: str | None = None
    comparisons: list[Comparison] = field(default_factory=list)
    timings: list[Timing] = field(default_factory=list)
    example: str | None = None

    def differing(self) -> int:
        """How many of intlite's outputs differ from the real runtimes'."""
        compared = sum(way.outputs for c in self.comparisons for way in c.ways.values())
        return compared + sum(
            t.difference.outputs for t in self.timings if t.who.startswith("intlite")
        )


def machine() -> dict[str, Any]:
    """Processor, instruction set in use, and versions."""
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "not installed"
    return {
        "processor": _processor(),
        "cores": cpu_count() or 1,
        "isa": intlite.cpu().active,
        "versions": versions,
    }


def header(about: dict[str, Any]) -> str:
    """The machine in two lines."""
    versions = ", ".join(f"{name} {number}" for name, number in about["versions"].items())
    return (
        f"{about['processor']}, {about['cores']} cores, intlite on {about['isa']}\n"
        f"{textwrap.fill(versions, WIDTH)}"
    )


def as_json(about: dict[str, Any], results: Sequence[ModelResult]) -> dict[str, Any]:
    """Everything that was found, in plain types."""
    return {
        "machine": about,
        "differing_outputs": sum(result.differing() for result in results),
        "models": [
            {
                **asdict(result),
                "timings": [_timing_json(t, result.images) for t in result.timings],
            }
            for result in results
        ],
    }


def table(results: Sequence[ModelResult]) -> str:
    """All models' figures as one table."""
    blocks = ["=" * WIDTH]
    for result in results:
        blocks.append(f"{result.file}: {result.network}; {result.images:,} images")
        if result.not_run:
            reason = f"not run by this intlite: {result.not_run}"
            blocks.append(textwrap.indent(textwrap.fill(reason, WIDTH - 2), "  "))
        else:
            blocks += [*_comparison_lines(result), "", *_timing_lines(result)]
        blocks.append("=" * WIDTH)
    return "\n".join(blocks)


def _comparison_lines(result: ModelResult) -> list[str]:
    row = "  {:<20}{:<16}{:>13} {:>7}{:>8}{:>4} {:>7}{:>8}{:>4}{:>9}".format
    blank = ("",) * 3

    def numpy(difference: Difference | None) -> tuple[str, str, str]:
        if difference is None:
            return "-", "-", "-"
        return f"{difference.images:,}", f"{difference.outputs:,}", str(difference.greatest)

    def of(differing: int, outputs: int) -> str:
        return f"{differing:,} of {outputs:,}"

    lines = [
        f"  {'':<49}{'numpy in float64':>20}{'numpy in float32':>20}",
        row(
            *("outputs that differ", "numerics=", "intlite"),
            *("images", "outputs", "max") * 2,
            "accuracy",
        ),
    ]
    for c in result.comparisons:
        if c.accuracy is None:
            lines.append(row(c.runtime, c.numerics, "not installed", *blank, *blank, ""))
            continue
        lines.append(
            row(
                c.runtime,
                c.numerics,
                of(sum(way.outputs for way in c.ways.values()), c.outputs * len(c.ways)),
                *numpy(c.numpy.get("float64")),
                *numpy(c.numpy.get("float32")),
                f"{c.accuracy:.2%}",
            )
        )
    timed = [t for t in result.timings if t.who.startswith("intlite")]
    differing = sum(t.difference.outputs for t in timed)
    outputs = len(timed) * result.comparisons[0].outputs
    lines.append(row("the timed calls", "litert", of(differing, outputs), *blank, *blank, ""))
    return [line.rstrip() for line in lines]


def _timing_lines(result: ModelResult) -> list[str]:
    threads = sorted({t.threads for t in result.timings})
    name = "  {:<22}".format
    cells = "{:>10}{:>5}{:>12}{:>10}".format
    width = len(cells("", "", "", ""))

    def row(calling: str, who: str) -> str:
        found = {t.threads: t for t in result.timings if (t.calling, t.who) == (calling, who)}
        parts = [
            cells(
                f"{t.median:,.2f}",
                f"{t.spread():.0%}",
                f"{_rate(t, result.images):,.0f}",
                f"{t.to_litert:.2f}x",
            )
            if (t := found.get(n))
            else " " * width
            for n in threads
        ]
        return (name(who) + "".join(parts)).rstrip()

    titles = (f"{n} thread{'s' * (n > 1)}" for n in threads)
    lines = [name("") + "".join(f"   {f' {t} ':-^{width - 3}}" for t in titles)]
    for calling in dict.fromkeys(t.calling for t in result.timings):
        lines.append(name(calling) + cells("ms", "+-", "images/s", "vs LiteRT") * len(threads))
        who = dict.fromkeys(t.who for t in result.timings if t.calling == calling)
        lines += [row(calling, w) for w in who]
    return lines


def _timing_json(timing: Timing, images: int) -> dict[str, Any]:
    low, high = timing.quartiles
    return {
        **asdict(timing),
        "median": timing.median,
        "quartiles": [low, high],
        "least": min(timing.rounds),
        "most": max(timing.rounds),
        "images_per_second": _rate(timing, images),
    }


def _rate(timing: Timing, images: int) -> float:
    return images / timing.median * 1e3


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())

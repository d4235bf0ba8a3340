#!/usr/bin/env python3
"""What intlite costs as one quantity grows: batch, width, depth, threads; in time and memory.

The models are made up: chains of 3x3 convolutions on a square image, and chains of fully
connected layers. One quantity is varied, the others stay. Memory is the arena that the
plan asks for, for the tensors between the layers, and the peak of loading and running the
model beyond the file, in a process that has done so before.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import intlite
from benchmarks.plots import SAVE_HELP, plot_lines
from benchmarks.table import WIDTH, header, machine
from benchmarks.timing import in_turns
from intlite.quantization import Quantization
from intlite.schema import options
from tests.models import Network

FOOTPRINT = Path(__file__).resolve().parent / "footprint.py"
IMAGE = 32
KINDS = ("convolutions", "fully connected")


@dataclass(frozen=True)
class Point:
    """One measurement to make.

    Attributes:
        kind: "convolutions" or "fully connected".
        batch: Samples of a call.
        width: Channels, or units.
        depth: Layers.
        threads: Of the model.
    """

    kind: str
    batch: int = 1
    width: int = 64
    depth: int = 8
    threads: int = 1


# What is varied, and over which values; with --quick over the first two.
AXES: dict[str, tuple[int, ...]] = {
    "batch": (1, 8, 64, 256),
    "width": (16, 32, 64, 128, 256),
    "depth": (1, 4, 16, 64),
    "threads": (1, 2, 4, 8),
}


def points(kind: str, axis: str, cores: int, quick: bool) -> list[Point]:
    base: Any = Point(kind) if kind == "convolutions" else Point(kind, width=256)
    values = [v for v in AXES[axis] if axis != "threads" or v <= cores]
    return [replace(base, **{axis: v}) for v in (values[:2] if quick else values)]


def build(point: Point) -> bytes:
    """The .tflite file."""
    net = Network()
    rng = np.random.default_rng(0)
    width, is_image = point.width, point.kind == "convolutions"
    shape = (1, IMAGE, IMAGE, width) if is_image else (1, width)
    filter_shape = (width, 3, 3, width) if is_image else (width, width)
    fan_in = width * 9 if is_image else width

    def quantization(scale: float) -> Quantization:
        return Quantization(np.array([scale], np.float32), np.zeros(1, np.int64), 0)

    x = net.input(shape, "INT8", quantization(0.05))
    for layer in range(point.depth):
        weights = net.constant(
            rng.integers(-127, 128, filter_shape), "INT8", quantization(0.01 / np.sqrt(fan_in))
        )
        bias = net.constant(
            np.zeros(width), "INT32", quantization(float(np.float32(0.05 * 0.01) / fan_in**0.5))
        )
        last = layer == point.depth - 1
        y = (net.output if last else net.tensor)(shape, "INT8", quantization(0.05))
        if is_image:
            own: Any = options.Conv2DOptions(stride_w=1, stride_h=1, fused_activation_function=1)
            net.operator("CONV_2D", [x, weights, bias], [y], own, version=3)
        else:
            own = options.FullyConnectedOptions(fused_activation_function=1)
            net.operator("FULLY_CONNECTED", [x, weights, bias], [y], own, version=4)
        x = y
    return net.bytes()


def products(point: Point) -> int:
    """Multiply-accumulates of one sample."""
    one = point.width**2 * (9 * IMAGE**2 if point.kind == "convolutions" else 1)
    return one * point.depth


def measure(group: list[Point], rounds: int, turn: float, limit: float) -> Iterator[dict[str, Any]]:
    """The points of one axis, timed in turns."""
    functions, found = [], []
    for point in group:
        data = build(point)
        model = intlite.load(data, num_threads=point.threads)
        x = model.inputs[0]
        rng = np.random.default_rng(1)
        array = rng.integers(-128, 128, (point.batch, *x.shape[1:]), np.int8)
        program = model.session.program((x.shape,))
        assert program is not None
        functions.append(lambda model=model, array=array: model(array))
        found.append((point, program, peak(data, point)))
    times = in_turns(functions, rounds, turn=turn, limit=limit)
    for (point, program, memory), t in zip(found, times, strict=True):
        seconds = t.median / point.batch
        yield {
            **asdict(point),
            "seconds": t.as_json(),
            "us": seconds * 1e6,
            "gmacs": products(point) / seconds / 1e9,
            "arena_bytes": program.native.arena_bytes,
            "tile_samples": program.native.tile_samples,
            "peak_bytes": memory,
        }


def peak(data: bytes, point: Point) -> int | None:
    """Bytes beyond the file in a fresh process; None where that can't be told."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.tflite"
        path.write_bytes(data)
        options = [f"--batch={point.batch}", f"--threads={point.threads}"]
        done = subprocess.run(
            [sys.executable, str(FOOTPRINT), str(path), "--by=intlite", *options],
            capture_output=True,
            text=True,
            check=False,
        )
    return int(json.loads(done.stdout)["again"]) if done.returncode == 0 else None


def table(series: list[dict[str, Any]]) -> str:
    row = "  {:>8}{:>12}{:>6}{:>10}{:>8}{:>14}{:>17}".format
    titles = ("us/sample", "+-", "GMAC/s", "tile", "arena kB", "peak beyond kB")
    lines = ["=" * WIDTH]
    for one in series:
        axis, first = one["axis"], one["points"][0]
        fixed = ", ".join(f"{a} {first[a]}" for a in AXES if a != axis)
        lines += [f"{one['kind']} by {axis}; {fixed}", row(axis, *titles)]
        for p in one["points"]:
            memory = "-" if p["peak_bytes"] is None else f"{p['peak_bytes'] / 1e3:,.0f}"
            cells = f"{p['us']:,.2f}", f"{p['seconds']['spread']:.0%}", f"{p['gmacs']:.1f}"
            arena = f"{p['arena_bytes'] / 1e3:,.0f}"
            lines.append(row(p[axis], *cells, p["tile_samples"], arena, memory))
        lines.append("=" * WIDTH)
    return "\n".join(lines)


def panels(series: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A picture of the time for each axis."""
    found = []
    for axis in AXES:
        of = [one for one in series if one["axis"] == axis]
        lines = {one["kind"]: [p["us"] for p in one["points"]] for one in of}
        x = [p[axis] for p in of[0]["points"]]
        found.append({"name": axis, "unit": "us a sample", "x": x, "lines": lines})
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, help="of timing (default 15)")
    parser.add_argument("--quick", action="store_true", help="3 short rounds, two values each")
    parser.add_argument("--json", metavar="FILE", help="also write all figures there")
    parser.add_argument("--plot", metavar="FILE", help=SAVE_HELP)
    arguments = parser.parse_args()
    quick = arguments.quick
    rounds = arguments.rounds or (3 if quick else 15)
    turn, limit = (5e-4, 2.0) if quick else (4e-3, 60.0)

    about = machine()
    print(header(about), flush=True)
    series = []
    for kind in KINDS:
        for axis in AXES:
            group = points(kind, axis, about["cores"], quick)
            measured = list(measure(group, rounds, turn, limit))
            series.append({"kind": kind, "axis": axis, "points": measured})
    if arguments.json:
        found = {"machine": about, "series": series}
        Path(arguments.json).write_text(json.dumps(found, indent=1) + "\n")
    print(table(series))
    if arguments.plot:
        plot_lines(panels(series), header(about), arguments.plot)


if __name__ == "__main__":
    main()

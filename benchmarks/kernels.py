#!/usr/bin/env python3
"""GMAC/s of the kernels by shape, beside the register peak of the same run; layers of models.

The register peak is what the instruction set's dot product does when nothing is loaded or
stored (``csrc/simd/peak-registers-inl.h``); it is timed in turns with the kernels, so that a share
of it does not depend on how fast the processor happens to run. Then each step of three
models is timed by itself, on the instruction set in use: where their time goes, and how
far it is from the roofs, the register peaks and the measured bandwidth of memory.
``--plot`` draws that.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import layers
from benchmarks.cases import QUICK, SHAPES
from benchmarks.plots import SAVE_HELP, plot_roofline
from benchmarks.table import WIDTH, header, machine
from benchmarks.timing import in_turns
from intlite import _native

ZOO = Path(__file__).resolve().parent.parent / "tests" / "zoo" / "models"
MODELS = ("mobilenet_v2_1.0_224_quant", "resnet8_quant", "kws_int8")
# Arrays that fit a core's L2 cache, and that fit no cache of one core.
COPIES = {"L2": 256 * 1024, "memory": 64 * 1024 * 1024}
LEGEND = """\
GMAC/s: 10**9 multiply-accumulates a second, median over the rounds, +- half the distance
of the quartiles, one thread. of peak: share of the register peak, median over the rounds."""


def measure(isa: str, names: list[str], rounds: int, turn: float) -> dict[str, Any]:
    """The register peak and each shape's GMAC/s, in turns."""
    iterations = peak_iterations(isa, turn)
    cases = {name: SHAPES[name](isa) for name in names}
    functions = [
        lambda: _native.register_peak(isa, iterations),
        *(case.run for case in cases.values()),
    ]
    peak, *times = in_turns(functions, rounds, turn=turn, pause=0)
    products = _native.register_peak(isa, 1) * iterations
    peaks = products / np.array(peak.rounds) / 1e9
    return {
        "isa": isa,
        "register_peak": float(np.median(peaks)),
        "register_peak_spread": peak.spread,
        "shapes": [
            {
                "shape": name,
                "multiplications": case.products,
                "seconds": t.as_json(),
                "gmacs": case.products / t.median / 1e9,
                "of_peak": float(np.median(case.products / np.array(t.rounds) / 1e9 / peaks)),
            }
            for (name, case), t in zip(cases.items(), times, strict=True)
        ],
    }


def peak_iterations(isa: str, turn: float) -> int:
    """How many fill a turn by one call: asking what a virtual processor has takes long."""

    def seconds(iterations: int) -> float:
        start = time.perf_counter()
        _native.register_peak(isa, iterations)
        return time.perf_counter() - start

    iterations = 1000
    # The best of three: an interruption is no work done.
    while min(seconds(iterations) for _ in range(3)) < turn:
        iterations *= 2
    return iterations


def bandwidths(rounds: int, turn: float) -> dict[str, float]:
    """GB/s of copying, read and written bytes counted, by where the arrays fit."""
    arrays = {name: (np.ones(n, np.uint8), np.ones(n, np.uint8)) for name, n in COPIES.items()}
    functions = [lambda a=a, b=b: np.copyto(b, a) for a, b in arrays.values()]
    times = in_turns(functions, rounds, turn=turn, pause=0)
    return {
        name: 2 * n / t.median / 1e9 for (name, n), t in zip(COPIES.items(), times, strict=True)
    }


def table(found: dict[str, Any]) -> str:
    lines = [LEGEND, "=" * WIDTH]
    for one in found["kernels"]:
        lines += [*isa_lines(one), "=" * WIDTH]
    copied = ", ".join(f"{name} {rate:.0f} GB/s" for name, rate in found["bandwidths"].items())
    lines.append(f"copying (read and written): {copied}")
    for model in found["models"]:
        lines += ["=" * WIDTH, *model_lines(model)]
    return "\n".join([*lines, "=" * WIDTH])


def isa_lines(one: dict[str, Any]) -> list[str]:
    row = "  {:<40}{:>14}{:>10}{:>7}{:>10}".format
    peak, spread = f"{one['register_peak']:.1f}", f"{one['register_peak_spread']:.0%}"
    lines = [
        row(one["isa"], "Mproducts", "GMAC/s", "+-", "of peak"),
        row("register peak", "", peak, spread, "100%"),
    ]
    for s in one["shapes"]:
        cells = f"{s['multiplications'] / 1e6:.2f}", f"{s['gmacs']:.1f}"
        lines.append(
            row(s["shape"], *cells, f"{s['seconds']['spread']:.0%}", f"{s['of_peak']:.0%}")
        )
    return lines


def model_lines(model: dict[str, Any]) -> list[str]:
    row = "  {:<40}{:>6}{:>12}{:>8}{:>10}{:>10}{:>9}".format
    total = sum(s["seconds"] for s in model["steps"])
    lines = [
        f"{model['file']}: {model['seconds'] * 1e6:.1f} us a run, +- {model['spread']:.0%}; "
        f"its steps one by one {total * 1e6:.1f} us",
        row("kind of step", "steps", "us", "share", "GMAC/s", "MAC/byte", "GB/s"),
    ]
    for g in layers.by_kind(model["steps"]):
        cells = f"{g['seconds'] * 1e6:.1f}", f"{g['share']:.1%}"
        rates = f"{g['gmacs']:.1f}", f"{g['intensity']:.1f}", f"{g['gb_per_second']:.1f}"
        lines.append(row(g["kind"][:40], g["steps"], *cells, *rates))
    return lines


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--isa", action="append", help="only this one; by default all there are")
    parser.add_argument("--only", action="append", default=[], help="shapes with this in the name")
    parser.add_argument(
        "--model", type=Path, action="append", help="a .tflite file instead of the three models"
    )
    parser.add_argument("--rounds", type=int, help="of timing (default 15)")
    parser.add_argument("--quick", action="store_true", help="3 short rounds, few shapes")
    parser.add_argument("--json", metavar="FILE", help="also write all figures there")
    parser.add_argument("--plot", metavar="FILE", help=SAVE_HELP)
    arguments = parser.parse_args()
    arguments.rounds = arguments.rounds or (3 if arguments.quick else 15)
    arguments.turn = 5e-4 if arguments.quick else 4e-3
    arguments.limit = 2.0 if arguments.quick else 30.0
    arguments.model = arguments.model or [ZOO / f"{name}.tflite" for name in MODELS]
    if unknown := set(arguments.isa or []) - set(_native.supported_isas()):
        parser.error(f"--isa: {', '.join(sorted(unknown))} can't run here")
    return arguments


def main() -> None:
    arguments = parse()
    about = machine()
    print(header(about), flush=True)
    rounds, turn = arguments.rounds, arguments.turn
    names = [
        name
        for name in (QUICK if arguments.quick and not arguments.only else SHAPES)
        if not arguments.only or any(o in name for o in arguments.only)
    ]
    isas = arguments.isa or [i for i in _native.supported_isas() if "emulated" not in i]
    found: dict[str, Any] = {
        "machine": about,
        "kernels": [measure(isa, names, rounds, turn) for isa in isas],
        "bandwidths": bandwidths(rounds, turn),
        "models": [
            layers.of_model(path, rounds, turn, arguments.limit) for path in arguments.model
        ],
    }
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(found, indent=1) + "\n")
    print(table(found))
    if arguments.plot:
        peaks = {k["isa"]: k["register_peak"] for k in found["kernels"]}
        active = _native.active_isa()
        if active not in peaks:
            peaks[active] = measure(active, [], rounds, turn)["register_peak"]
        plot_roofline(found["models"], peaks, found["bandwidths"], header(about), arguments.plot)


if __name__ == "__main__":
    main()

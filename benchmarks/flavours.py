#!/usr/bin/env python3
"""What the other arithmetics cost: whole models in each flavour, and by LiteRT's default.

    python benchmarks/flavours.py models/*.tflite

One sample and one thread. Milliseconds of LiteRT with XNNPACK, and its time by that of
intlite's ``model(x)`` in each flavour: medians over rounds taken in turns. Above 1 is faster
than LiteRT's default, whatever runtime the flavour equals. Whether it does, tests compare.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import intlite
from benchmarks.contest import draw
from benchmarks.protocol import Protocol, litert
from benchmarks.timing import geometric_mean, in_turns
from intlite.runtimes import RUNTIMES


def measure(path: Path, rounds: int) -> tuple[float, dict[str, float]]:
    """LiteRT's milliseconds, and by how much the flavours are faster."""
    models = {name: intlite.load(path, numerics=name) for name in RUNTIMES}
    inputs = next(iter(models.values())).inputs
    arrays = [draw(tensor, 1) for tensor in inputs]
    theirs = Protocol(litert(path, 1), [x.shape for x in arrays])
    calls: list[Callable[[], object]] = [partial(theirs, arrays)]
    calls += [partial(model, *arrays) for model in models.values()]
    first, *ours = in_turns(calls, rounds)
    return 1e3 * first.median, {
        name: times.of(first) for name, times in zip(models, ours, strict=True)
    }


def rows(paths: Sequence[Path], rounds: int) -> Iterator[tuple[str, float, dict[str, float]]]:
    for path in paths:
        try:
            yield path.stem, *measure(path, rounds)
        except (intlite.IntliteError, RuntimeError, ValueError) as error:
            print(f"{path.stem}: {str(error).splitlines()[0]}", file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", type=Path, nargs="+")
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--quick", action="store_true", help="three rounds")
    parser.add_argument("--json", type=Path, help="write the figures here")
    args = parser.parse_args()
    print(f"{'':<24}{'LiteRT':>8}" + "".join(f"{name:>17}" for name in RUNTIMES))
    found: list[dict[str, Any]] = []
    for name, ms, ratios in rows(args.models, 3 if args.quick else args.rounds):
        found.append({"model": name, "litert_ms": ms, "ratios": ratios})
        print(
            f"{name[:23]:<24}{ms:>8.3f}" + "".join(f"{r:>17.2f}" for r in ratios.values()),
            flush=True,
        )
    if not found:
        sys.exit("no model ran")
    means = {name: geometric_mean([f["ratios"][name] for f in found]) for name in RUNTIMES}
    print(f"{'geometric mean':<32}" + "".join(f"{m:>17.2f}" for m in means.values()))
    if args.json:
        args.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()

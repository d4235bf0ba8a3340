"""Random cases of operators against the real runtimes, as a command.

    python -m tests.sweep                               every operator
    python -m tests.sweep FULLY_CONNECTED --seed 7 --n 1000
    python -m tests.sweep FULLY_CONNECTED --seed 7 --case 123 --save case

Prints a table, and for what differs the smallest case found. Exits with 1 if any did.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from intlite.runtimes import RUNTIMES

from .sweeps import GENERATORS, Sweep, sweep

HEADER = (
    f"{'operator':16} {'kind':22} {'flavour':17} {'cases':>7} {'delegated':>9} "
    f"{'outputs':>11} {'mismatches':>10} {'refused':>7}"
)


def table(operator: str, found: Sweep) -> str:
    """A sweep's tallies as lines of text, with a sum for each flavour."""
    rows = dict(sorted(found.tallies.items(), key=lambda row: row[0][0]))
    lines = [
        f"{operator:16} {kind:22} {name:17} {t.cases:7} {t.delegated:9} {t.outputs:11,} "
        f"{t.mismatches:10} {t.refused:7}"
        for (kind, name), t in rows.items()
    ]
    sums = [
        f"{operator:16} {'all':22} {name:17} {'':17} {found.compared(name):11,}"
        for name in dict.fromkeys(name for _, name in rows)
    ]
    return "\n".join([*lines, *sums])


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tests.sweep", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("operators", nargs="*", metavar="OPERATOR", help="all if none is named")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--n", type=int, default=300, help="how many cases an operator")
    parser.add_argument("--case", type=int, help="only the case of this number")
    parser.add_argument(
        "--flavour", action="append", choices=list(RUNTIMES), help="all if none is named"
    )
    parser.add_argument("--save", type=Path, help="write failing cases' models and inputs here")
    options = parser.parse_args(arguments)
    unknown = set(options.operators) - set(GENERATORS)
    if unknown:
        parser.error(f"no cases for {', '.join(sorted(unknown))}; there are {list(GENERATORS)}")
    # As in the tests: what numpy warns of is a mistake.
    warnings.simplefilter("error")
    flavours = tuple(options.flavour or RUNTIMES)
    failed = False
    print(HEADER)
    for operator in options.operators or GENERATORS:
        numbers = range(options.n) if options.case is None else [options.case]
        start = time.perf_counter()
        found = sweep(operator, options.seed, iter(numbers), flavours=flavours)
        print(table(operator, found))
        print(f"{operator:16} {time.perf_counter() - start:.1f} s", flush=True)
        for failure in found.failures:
            failed = True
            print(f"\n{failure}")
            if options.save is not None:
                save(options.save, failure.shrunk.build(), f"{operator}_{failure.index}")
    return int(failed)


def save(folder: Path, built: tuple[bytes, Sequence[np.ndarray]], name: str) -> None:
    """The model as a file, and its inputs beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    model, inputs = built
    (folder / f"{name}.tflite").write_bytes(model)
    np.savez(folder / f"{name}.npz", *inputs)
    print(f"Saved as {folder / name}.tflite and .npz")


if __name__ == "__main__":
    sys.exit(main())

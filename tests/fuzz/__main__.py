"""The command: python -m tests.fuzz --seconds 60 --seed 1."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .campaign import campaign
from .outcomes import NAMES
from .worker import limit, make, run


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", type=int, default=0, help="number of the first mutant")
    parser.add_argument("--case", type=int, help="run this mutant alone, in this process")
    parser.add_argument("--save", type=Path, help="write the mutant of --case here")
    args = parser.parse_args()
    if args.case is not None:
        good, data, rng = make(args.seed, args.case)
        if args.save:
            args.save.write_bytes(data)
        limit()
        outcome, story = run(data, rng)
        print(good.name, NAMES[outcome], story)
        return 0
    result = campaign(args.seed, args.seconds, args.start)
    print(result)
    return 1 if result.failures else 0


if __name__ == "__main__":
    sys.exit(main())

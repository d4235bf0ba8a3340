"""python -m tests.soak --minutes 10 [--seed 0]"""

from __future__ import annotations

import argparse
import sys

from .campaign import MOST_GROWTH, THREADS, soak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=THREADS)
    options = parser.parse_args()
    report = soak(60 * options.minutes, options.seed, options.threads)
    print(report)
    for error in report.errors:
        raise error
    if report.growth > MOST_GROWTH:
        sys.exit(f"memory grew by {report.growth} bytes, more than {MOST_GROWTH}")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""What intlite costs before the first inference: import time and installed size.

``python benchmarks/startup.py`` prints medians over child processes, taken in turns.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

STATEMENTS = {
    "nothing": "pass",
    "numpy": "import numpy",
    "intlite": "import numpy, intlite",
    "intlite and one inference": (
        "import numpy, intlite; m = intlite.load({model!r});"
        " m(numpy.zeros((1, *m.inputs[0].shape[1:]), m.inputs[0].dtype))"
    ),
    "LiteRT": "import numpy, ai_edge_litert.interpreter",
}
MODEL = Path(__file__).parent.parent / "models" / "mnist_model_quant.tflite"


def seconds(statement: str) -> float:
    """How long a fresh Python takes to run a statement."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds

    statements = {name: text.format(model=str(MODEL)) for name, text in STATEMENTS.items()}
    times: dict[str, list[float]] = {name: [] for name in statements}
    for _ in range(rounds):
        for name, statement in statements.items():
            times[name].append(seconds(statement))
    for name, taken in times.items():
        print(f"{name:<28}{1e3 * statistics.median(taken):7.1f} ms")
    over = [1e3 * (a - b) for a, b in zip(times["intlite"], times["numpy"], strict=True)]
    print(f"{'intlite over numpy':<28}{statistics.median(over):7.1f} ms")

    import intlite

    package = Path(intlite.__file__).parent
    size = sum(f.stat().st_size for f in package.rglob("*") if "__pycache__" not in f.parts)
    print(f"{'installed size':<28}{size / 1e6:7.2f} MB in {package}")


if __name__ == "__main__":
    main()

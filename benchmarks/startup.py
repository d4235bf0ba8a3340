#!/usr/bin/env python3
"""What intlite costs before the first inference: first answers, import time, installed size.

``python benchmarks/startup.py`` prints the time to the first answer of each model of the zoo: load
the file, prepare, set one input, run, read. Both runtimes take turns in one process, on one thread,
and each has loaded the model once before it is timed: the file is in the system's cache, and what
a process does once (imports, tables) is done. Then come medians over child processes, taken in
turns, which say what that costs: an import, and an import with a first answer.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import intlite

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.timing import Times, geometric_mean, in_turns
from benchmarks.zoo import models

LITERT, LOAD, INTERPRETER = "LiteRT", "load", "Interpreter"
# From so many bytes on, a model's weights take longer than its operators.
LARGE = 3_000_000
STATEMENTS = {
    "nothing": "pass",
    "numpy": "import numpy",
    "intlite": "import numpy, intlite",
    "intlite and one inference": (
        "import numpy, intlite; m = intlite.load({model!r});"
        " m(numpy.zeros((1, *m.inputs[0].shape[1:]), m.inputs[0].dtype))"
    ),
    "LiteRT": "import numpy, ai_edge_litert.interpreter",
    "LiteRT and one inference": (
        "import numpy, ai_edge_litert.interpreter as r; m = r.Interpreter({model!r});"
        " m.allocate_tensors(); d = m.get_input_details()[0];"
        " m.set_tensor(d['index'], numpy.zeros(d['shape'], d['dtype'])); m.invoke();"
        " m.get_tensor(m.get_output_details()[0]['index'])"
    ),
}
MODEL = Path(__file__).parent.parent / "models" / "mnist_model_quant.tflite"


def by_load(path: str, inputs: Sequence[NDArray[Any]]) -> Any:
    """The first answer of ``intlite.load``."""
    return intlite.load(path)(*inputs)


def by_interpreter(interpreter: Any, inputs: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
    """The first answer of a new interpreter, LiteRT's or intlite's."""
    interpreter.allocate_tensors()
    for detail, x in zip(interpreter.get_input_details(), inputs, strict=True):
        interpreter.set_tensor(detail["index"], x)
    interpreter.invoke()
    return [interpreter.get_tensor(d["index"]) for d in interpreter.get_output_details()]


def first_answers(path: Path, rounds: int) -> dict[str, Times]:
    """The time to the first answer of a model, for each who gives one."""
    from ai_edge_litert.interpreter import Interpreter

    name, details = str(path), intlite.Interpreter(str(path)).get_input_details()
    inputs = [np.zeros(d["shape"], d["dtype"]) for d in details]
    functions: dict[str, Callable[[], object]] = {
        LITERT: lambda: by_interpreter(Interpreter(name, num_threads=1), inputs),
        LOAD: lambda: by_load(name, inputs),
        INTERPRETER: lambda: by_interpreter(intlite.Interpreter(name), inputs),
    }
    times = in_turns(list(functions.values()), rounds, pause=0)
    return dict(zip(functions, times, strict=True))


def print_first_answers(paths: Sequence[Path], rounds: int) -> None:
    row = "{:<34}{:>9}{:>11}{:>9}{:>6}{:>14}{:>6}".format
    print(
        row("first answer, warm, one thread", "file MB", "LiteRT ms", LOAD, "vs", INTERPRETER, "vs")
    )
    found: dict[str, list[float]] = {LOAD: [], INTERPRETER: []}
    large: dict[str, list[float]] = {LOAD: [], INTERPRETER: []}
    for path in paths:
        times = first_answers(path, rounds)
        cells = [f"{1e3 * times[LITERT].median:.3f}"]
        for who, ratios in found.items():
            ratio = times[who].of(times[LITERT])
            ratios.append(ratio)
            if path.stat().st_size >= LARGE:
                large[who].append(ratio)
            cells += [f"{1e3 * times[who].median:.3f}", f"{ratio:.2f}"]
        print(row(path.stem[:33], f"{path.stat().st_size / 1e6:.2f}", *cells), flush=True)

    def summary(
        name: str, of: Callable[[list[float]], float], ratios: dict[str, list[float]]
    ) -> None:
        load, interpreter = (f"{of(ratios[who]):.2f}" for who in (LOAD, INTERPRETER))
        print(row(name, "", "", "", load, "", interpreter))

    summary("geometric mean", geometric_mean, found)
    summary("lowest", min, found)
    if large[LOAD]:
        summary(f"lowest from {LARGE / 1e6:.0f} MB on", min, large)


def seconds(statement: str) -> float:
    """How long a fresh Python takes to run a statement."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def print_starts(rounds: int) -> None:
    statements = {name: text.format(model=str(MODEL)) for name, text in STATEMENTS.items()}
    times: dict[str, list[float]] = {name: [] for name in statements}
    for _ in range(rounds):
        for name, statement in statements.items():
            times[name].append(seconds(statement))
    for name, taken in times.items():
        print(f"{name:<28}{1e3 * statistics.median(taken):7.1f} ms")
    over = [1e3 * (a - b) for a, b in zip(times["intlite"], times["numpy"], strict=True)]
    print(f"{'intlite over numpy':<28}{statistics.median(over):7.1f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument(
        "--models", type=Path, action="append", default=[], help="a further folder of .tflite files"
    )
    parser.add_argument(
        "--only", action="append", default=[], help="models with this in their name"
    )
    parser.add_argument("--no-import", action="store_true", help="first answers alone")
    arguments = parser.parse_args()

    print_first_answers(models(arguments.models, arguments.only), arguments.rounds)
    if arguments.no_import:
        return
    print_starts(arguments.rounds)
    package = Path(intlite.__file__).parent
    size = sum(f.stat().st_size for f in package.rglob("*") if "__pycache__" not in f.parts)
    print(f"{'installed size':<28}{size / 1e6:7.2f} MB in {package}")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""The notebook's protocol on MNIST: every output compared with the real runtimes, then times.

Each model runs in intlite's four flavours, by both faces, one image a call and all images
in one; every output is held to the real runtime's. Then intlite, LiteRT and the notebook's
numpy code are timed in turns, round by round. Ends with one table; the exit status is 1 if
any output differs.
"""

from __future__ import annotations

import argparse
import gc
import gzip
import json
import sys
import textwrap
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import intlite
from benchmarks.notebook import Notebook
from benchmarks.runtimes import RUNTIMES, by_call, by_protocol, joined, litert, sized
from benchmarks.table import (
    WIDTH,
    Comparison,
    Difference,
    ModelResult,
    Timing,
    as_json,
    header,
    machine,
    table,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

MODEL_FOLDER = Path(__file__).resolve().parent.parent / "models"
MODELS = {
    "simple_model_quant.tflite": "784 -> 10",
    "mnist_model_quant.tflite": "784 -> 128 ReLU -> 10",
    "mnist_cnn_quant.tflite": "two 3x3 and two 1x1 convolutions, pool -> 10",
}
THREADS = (1, 2)
ONE, ALL = "one image a call", "one call"
REPEATS = 5  # of the short calls with all images, in each round
LEGEND = (
    "Outputs that differ: of intlite, and of the notebook's numpy code with its rounding in float, "
    "from the real runtime that numerics= names (images, outputs, greatest distance). "
    "Times: medians for all images, +- half the distance of the quartiles; "
    "vs LiteRT: how many times as fast as LiteRT called the same way (median over the rounds)."
)


@dataclass(frozen=True)
class Contestant:
    """Something to time: ``run`` gives the outputs of all images as they are computed."""

    calling: str
    who: str
    run: Callable[[], Iterator[NDArray[Any]]]


def read_images(count: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The first test images, uint8 (count, 28, 28), and their labels."""
    images = gzip.decompress((MODEL_FOLDER / "t10k-images-idx3-ubyte.gz").read_bytes())
    labels = gzip.decompress((MODEL_FOLDER / "t10k-labels-idx1-ubyte.gz").read_bytes())
    pixels = np.frombuffer(images, np.uint8, offset=16).reshape(-1, 28, 28)
    return pixels[:count], np.frombuffer(labels, np.uint8, offset=8)[:count]


def notebook(model: intlite.Model, dtype: str) -> Notebook | None:
    """The notebook's numpy code for a model; None if it has no such operators."""
    try:
        return Notebook(model.graph, dtype)
    except ValueError:
        return None


def compare(
    path: Path, images: NDArray[np.uint8], labels: NDArray[np.uint8]
) -> tuple[list[Comparison], str | None]:
    """All outputs of all flavours, and an example of where numpy's rounding differs."""
    single = [images[i : i + 1] for i in range(len(images))]
    by_numpy = {
        dtype: joined(by_call(code, single))
        for dtype in ("float64", "float32")
        if (code := notebook(intlite.load(path), dtype))
    }
    comparisons, example = [], None
    for runtime in RUNTIMES:
        expected = runtime.one_by_one(path, single)
        if expected is None:
            comparisons.append(Comparison(runtime.numerics, runtime.name, None))
            continue
        at_once = expected
        if runtime.resolver is not None:
            whole = litert(path, runtime.resolver, images=len(images))
            at_once = joined(by_protocol(whole, [images]))
        model = intlite.load(path, numerics=runtime.numerics)
        one, many = (
            sized(intlite.Interpreter(model_path=str(path), numerics=runtime.numerics), n)
            for n in (1, len(images))
        )
        ways = {
            f"model(x), {ONE}": (by_call(model, single), expected),
            f"model(x), {ALL}": (by_call(model, [images]), expected),
            f"Interpreter, {ONE}": (by_protocol(one, single), expected),
            f"Interpreter, {ALL}": (by_protocol(many, [images]), at_once),
        }
        comparisons.append(
            Comparison(
                runtime.numerics,
                runtime.name,
                runtime.version,
                expected.size,
                {
                    way: Difference.between(joined(found), wanted)
                    for way, (found, wanted) in ways.items()
                },
                {dtype: Difference.between(found, expected) for dtype, found in by_numpy.items()},
                float(np.mean(expected.argmax(axis=1) == labels)),
            )
        )
        if example is None and "float64" in by_numpy:
            example = explain_first(model, images, by_numpy["float64"], expected, runtime.name)
    return comparisons, example


def explain_first(
    model: intlite.Model,
    images: NDArray[np.uint8],
    found: NDArray[Any],
    expected: NDArray[Any],
    runtime: str,
) -> str | None:
    """Where the first output that numpy's float64 rounding changes comes from, if any does."""
    code = notebook(model, "float64")
    differing = np.flatnonzero((found != expected).any(axis=1))
    if code is None or not differing.size:
        return None
    image = int(differing[0])
    x = images[image : image + 1]
    trace = model.trace(x)
    # The first layer that differs has the same inputs as in the runtime.
    for tensor, stored in code.layers(x):
        elements = np.argwhere(stored != trace[tensor].quantized)
        if elements.size:
            index = tuple(int(i) for i in elements[0])
            why = f"Why numpy differs: image {image}, float64 rounding and {runtime}"
            return f"{why}\n{model.explain(tensor, index, x)}"
    return None


def contestants(path: Path, images: NDArray[np.uint8], threads: int) -> list[Contestant]:
    """LiteRT, the notebook's code and intlite's faces; LiteRT first of each way of calling."""
    single = [images[i : i + 1] for i in range(len(images))]
    whole = [images]
    model = intlite.load(path, num_threads=threads)
    code = notebook(model, "float64") if threads == 1 else None  # it has no threads

    def interpreters(count: int) -> tuple[Any, Any]:
        own = intlite.Interpreter(model_path=str(path), num_threads=threads)
        return litert(path, num_threads=threads, images=count), sized(own, count)

    real, own = interpreters(1)
    real_whole, own_whole = interpreters(len(images))
    return [
        Contestant(ONE, "LiteRT", lambda: by_protocol(real, single)),
        *([Contestant(ONE, "notebook's numpy", lambda: by_call(code, single))] if code else []),
        Contestant(ONE, "intlite.Interpreter", lambda: by_protocol(own, single)),
        Contestant(ONE, "intlite model(x)", lambda: by_call(model, single)),
        Contestant(ALL, "LiteRT", lambda: by_protocol(real_whole, whole)),
        Contestant(ALL, "intlite.Interpreter", lambda: by_protocol(own_whole, whole)),
        Contestant(ALL, "intlite model(x)", lambda: by_call(model, whole)),
    ]


def measure(path: Path, images: NDArray[np.uint8], threads: int, rounds: int) -> list[Timing]:
    """Times in turns, A B C A B C, after one run of each that is compared and not timed."""
    field = contestants(path, images, threads)
    outputs = [joined(c.run()) for c in field]
    times = np.empty((rounds, len(field)))
    gc.collect()
    gc.disable()
    try:
        for turn in times:
            for i, contestant in enumerate(field):
                repeats = REPEATS if contestant.calling == ALL else 1
                start = time.perf_counter()
                for _ in range(repeats):
                    deque(contestant.run(), maxlen=0)  # takes the outputs, keeps none
                turn[i] = (time.perf_counter() - start) / repeats * 1e3
    finally:
        gc.enable()
    base = {c.calling: i for i, c in enumerate(field) if c.who == "LiteRT"}
    return [
        Timing(
            c.calling,
            c.who,
            threads,
            times[:, i].tolist(),
            float(np.median(times[:, base[c.calling]] / times[:, i])),
            Difference.between(outputs[i], outputs[base[c.calling]]),
        )
        for i, c in enumerate(field)
    ]


def run(file: str, network: str, images: int, rounds: int) -> ModelResult:
    """Everything about one model."""
    path = MODEL_FOLDER / file
    try:
        model = intlite.load(path)
    except intlite.IntliteError as error:
        return ModelResult(file, network, images, not_run=str(error))
    pixels, labels = read_images(images)
    x = pixels.reshape(-1, *model.inputs[0].shape[1:])
    comparisons, example = compare(path, x, labels)
    timings = [t for threads in THREADS for t in measure(path, x, threads, rounds)]
    return ModelResult(file, network, len(x), None, comparisons, timings, example)


def positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def wrapped(text: str) -> str:
    """Lines cut to the table's width, further ones indented."""
    return "\n".join(
        textwrap.fill(line, WIDTH, subsequent_indent=" " * 8, break_long_words=True)
        for line in text.splitlines()
    )


def main() -> int:
    assert __doc__
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=positive, help="of the test set (default 10000)")
    parser.add_argument("--rounds", type=positive, help="of timing (default 15)")
    parser.add_argument("--quick", action="store_true", help="500 images, 3 rounds")
    parser.add_argument(
        "--json", metavar="FILE", help="also write all figures there; - for stdout only"
    )
    arguments = parser.parse_args()
    images = min(arguments.images or (500 if arguments.quick else 10_000), 10_000)
    rounds = arguments.rounds or (3 if arguments.quick else 15)

    about = machine()
    human = arguments.json != "-"
    if human:
        print(header(about), flush=True)
    results = [run(file, network, images, rounds) for file, network in MODELS.items()]
    found = as_json(about, results)
    if arguments.json:
        text = json.dumps(found, indent=1) + "\n"
        if human:
            Path(arguments.json).write_text(text)
        else:
            sys.stdout.write(text)
    if human:
        example = next((r.example for r in results if r.example), None)
        print(*(["", wrapped(example)] if example else []), "", wrapped(LEGEND), sep="\n")
        print(table(results))
    return 1 if found["differing_outputs"] else 0


if __name__ == "__main__":
    sys.exit(main())

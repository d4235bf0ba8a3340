#!/usr/bin/env python3
"""What it costs that a run's values decide, and to look at all that a run computed.

First int8 convolutions around one step whose operand, or whose shape, only a run gives, against
LiteRT in turns. Then files: ``Interpreter.get_tensor`` of every tensor after one ``invoke``, and
``Model.trace`` of one sample, in runs of the model; what copying the tensors takes is counted
apart.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import intlite
from benchmarks.timing import geometric_mean, in_turns
from benchmarks.zoo import models
from intlite.graph.types import Shape
from intlite.quantization import Quantization
from intlite.schema import options
from tests.models import Network

IMAGE, CHANNELS = 96, 64
# Different images, so that nothing made for one run's values serves the next.
RUNS = 4


@dataclass
class Images:
    """A network whose last tensor so far is int8 images."""

    net: Network
    at: int
    shape: Shape
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    def tensor(self, shape: Shape, last: bool = False) -> int:
        return (self.net.output if last else self.net.tensor)(shape, "INT8", _quantization(0.05))

    def convolve(self, size: int, stride: int = 1, last: bool = False) -> None:
        """A convolution to CHANNELS by windows of this size."""
        fan_in, rows = self.shape[-1] * size * size, self.shape[1] // stride
        weights = self.net.constant(
            self.rng.integers(-127, 128, (CHANNELS, size, size, self.shape[-1])),
            "INT8",
            _quantization(0.02 / fan_in**0.5),
        )
        bias = self.net.constant(
            self.rng.integers(-500, 500, CHANNELS), "INT32", _quantization(0.001 / fan_in**0.5)
        )
        self.shape = (1, rows, self.shape[2] // stride, CHANNELS)
        y = self.tensor(self.shape, last)
        own = options.Conv2DOptions(stride_h=stride, stride_w=stride, fused_activation_function=1)
        self.net.operator("CONV_2D", [self.at, weights, bias], [y], own, version=3)
        self.at = y

    def reshape(self, x: int, shape: Shape, type_name: str = "INT8") -> int:
        y = self.tensor(shape) if type_name == "INT8" else self.net.tensor(shape, type_name)
        to = self.net.constant(list(shape), "INT32")
        self.net.operator("RESHAPE", [x, to], [y], options.ReshapeOptions())
        return y

    def positions(self) -> tuple[int, int]:
        """Features, a row a pixel; and for each channel in which row it is greatest."""
        pixels = self.shape[1] * self.shape[2]
        features = self.reshape(self.at, (pixels, CHANNELS))
        found = self.net.tensor((CHANNELS,), "INT32")
        axis = self.net.constant(0, "INT32")
        self.net.operator(
            "ARG_MAX", [features, axis], [found], options.ArgMaxOptions(output_type=2)
        )
        return features, found

    def use(self, rows: int) -> None:
        """Go on with a matrix of as many rows as there are channels, as an image."""
        self.shape = (1, 8, CHANNELS // 8, CHANNELS)
        self.at = self.reshape(rows, self.shape)


def gather_nd(images: Images, _: int) -> None:
    features, found = images.positions()
    rows = images.tensor((CHANNELS, CHANNELS))
    indices = images.reshape(found, (CHANNELS, 1), "INT32")
    images.net.operator("GATHER_ND", [features, indices], [rows])
    images.use(rows)


def gather(images: Images, _: int) -> None:
    features, found = images.positions()
    rows = images.tensor((CHANNELS, CHANNELS))
    images.net.operator("GATHER", [features, found], [rows], options.GatherOptions(axis=0))
    images.use(rows)


def reshape(images: Images, given: int) -> None:
    images.shape = (1, images.shape[1] // 2, images.shape[2] * 2, CHANNELS)
    y = images.tensor(images.shape)
    images.net.operator("RESHAPE", [images.at, given], [y], options.ReshapeOptions())
    images.at = y


def slice_(images: Images, given: int) -> None:
    images.shape = (1, images.shape[1] // 2, images.shape[2] * 2, CHANNELS)
    begin = images.net.constant([0, 0, 0, 0], "INT32")
    y = images.tensor(images.shape)
    wide = images.reshape(images.at, images.shape)
    images.net.operator("SLICE", [wide, begin, given], [y])
    images.at = y


# What is in the middle: the function, and whether a further input gives a shape.
STEPS: dict[str, tuple[Callable[[Images, int], None], bool]] = {
    "GATHER_ND by computed indices": (gather_nd, False),
    "GATHER by computed indices": (gather, False),
    "RESHAPE to a given shape": (reshape, True),
    "SLICE of a given size": (slice_, True),
}


def build(step: str, image: int = IMAGE) -> tuple[bytes, list[list[NDArray[Any]]]]:
    """The .tflite file with this step in its middle, and inputs of several runs."""
    net, (add, takes_shape) = Network(), STEPS[step]
    shape = (1, image, image, 3)
    images = Images(net, net.input(shape, "INT8", _quantization(0.05)), shape)
    given = net.input((4,), "INT32") if takes_shape else -1
    for size, stride in ((3, 2), (3, 2), (1, 1), (3, 1)):
        images.convolve(size, stride)
    add(images, given)
    sizes = [np.array(images.shape, np.int32)] if takes_shape else []
    images.convolve(3)
    images.convolve(1, last=True)
    rng = np.random.default_rng(1)
    return net.bytes(), [
        [rng.integers(-128, 128, shape, dtype=np.int8), *sizes] for _ in range(RUNS)
    ]


def _quantization(scale: float) -> Quantization:
    return Quantization(np.array([scale], np.float32), np.zeros(1, np.int64), 0)


# ---------------------------------------------------------------------- against LiteRT


def prepared(
    interpreter: Any, inputs: Sequence[Sequence[NDArray[Any]]]
) -> Callable[[], list[NDArray[Any]]]:
    """What sets inputs, runs and reads the output, for each: of LiteRT's interpreter or ours."""
    interpreter.allocate_tensors()
    places = [d["index"] for d in interpreter.get_input_details()]
    [output] = [d["index"] for d in interpreter.get_output_details()]

    def run() -> list[NDArray[Any]]:
        found = []
        for arrays in inputs:
            for place, x in zip(places, arrays, strict=True):
                interpreter.set_tensor(place, x)
            interpreter.invoke()
            found.append(interpreter.get_tensor(output))
        return found

    return run


def print_steps(image: int, rounds: int) -> None:
    from ai_edge_litert.interpreter import Interpreter

    row = "{:<34}{:>8}{:>12}{:>12}{:>8}".format
    print(row("int8 convolutions around", "threads", "LiteRT ms", "intlite ms", "vs"))
    for step in STEPS:
        data, inputs = build(step, image)
        for threads in (1, 2):
            runs = [
                prepared(kind(model_content=data, num_threads=threads), inputs)
                for kind in (Interpreter, intlite.Interpreter)
            ]
            expected, found = (run() for run in runs)
            if not np.array_equal(expected, found):
                raise SystemExit(f"{step}: the outputs differ from LiteRT's")
            theirs, own = in_turns(runs, rounds)
            cells = [f"{1e3 * t.median / RUNS:.3f}" for t in (theirs, own)]
            print(row(step, threads, *cells, f"{own.of(theirs):.2f}"), flush=True)


# ------------------------------------------------------------------------- all tensors


def looks(path: Path, rounds: int) -> tuple[float, float, float]:
    """Microseconds of one run; then in runs of it, without copies: all tensors, and a trace."""
    model, interpreter = intlite.load(path), intlite.Interpreter(str(path))
    interpreter.allocate_tensors()
    details = interpreter.get_input_details()
    inputs = [np.zeros(d["shape"], d["dtype"]) for d in details]
    places = [d["index"] for d in details]
    trace = model.trace(*inputs)
    values = [trace[i].quantized for i in trace]
    numbers = list(trace)

    def run() -> None:
        for place, x in zip(places, inputs, strict=True):
            interpreter.set_tensor(place, x)
        interpreter.invoke()

    def read_all() -> None:
        run()
        for i in numbers:
            interpreter.get_tensor(i)

    def copy_all() -> None:
        for value in values:
            value.copy()

    functions = [run, copy_all, read_all, lambda: model.trace(*inputs)]
    one, copies, everything, traced = in_turns(functions, rounds, pause=0)
    found = [
        float(np.median((np.array(t.rounds) - copies.rounds) / one.rounds))
        for t in (everything, traced)
    ]
    return 1e6 * one.median, found[0], found[1]


def print_looks(paths: Sequence[Path], rounds: int) -> None:
    row = "{:<40}{:>9}{:>14}{:>9}".format
    print(row("in runs, copies apart", "run us", "all tensors", "trace"))
    ratios = []
    for path in paths:
        one, *found = looks(path, rounds)
        ratios.append(found)
        print(row(path.stem[:39], f"{one:.1f}", *(f"{r:.2f}" for r in found)), flush=True)
    for name, of in (("geometric mean", geometric_mean), ("highest", max)) if ratios else ():
        print(row(name, "", *(f"{of(column):.2f}" for column in zip(*ratios, strict=True))))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--quick", action="store_true", help="small images, few rounds")
    parser.add_argument(
        "--models", type=Path, action="append", default=[], help="a further folder of .tflite files"
    )
    parser.add_argument(
        "--only", action="append", default=[], help="models with this in their name"
    )
    arguments = parser.parse_args()

    rounds = 2 if arguments.quick else arguments.rounds
    print_steps(32 if arguments.quick else IMAGE, rounds)
    print()
    print_looks(models(arguments.models, arguments.only), rounds)


if __name__ == "__main__":
    main()

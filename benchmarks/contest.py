#!/usr/bin/env python3
"""One model by LiteRT and by intlite, in a process of its own: outputs, times.

``benchmarks/zoo.py`` starts it, since a runtime that dies takes its process along.
Everything found goes to the standard output as JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import intlite
from benchmarks.protocol import Arrays, Protocol, litert
from benchmarks.timing import in_turns
from intlite.graph.types import Tensor
from intlite.inspect.kind import kind_of

# Samples whose outputs are compared, one by one, before anything is timed.
COMPARED = 8
RESIZED, ONE_BY_ONE = "resized", "one by one"


def draw(tensor: Tensor, samples: int) -> NDArray[Any]:
    """The same values each time: noise over the whole type, small numbers, normal ones."""
    rng = np.random.default_rng(tensor.index)
    shape, dtype = (samples * tensor.shape[0], *tensor.shape[1:]), tensor.dtype
    if dtype.kind == "f":
        return np.asarray(rng.standard_normal(shape), dtype)
    if dtype.kind == "b":
        return np.asarray(rng.integers(0, 2, shape), dtype)
    if dtype.itemsize > 2:  # numbers of classes or words
        return np.asarray(rng.integers(0, 8, shape), dtype)
    info = np.iinfo(dtype)
    return rng.integers(info.min, info.max, shape, dtype, endpoint=True)


class Contest:
    """One model, ready to be compared and timed.

    Args:
        path: The file.
        may_resize: Whether LiteRT may be asked for batches: some models kill it.
    """

    def __init__(self, path: Path, may_resize: bool = True) -> None:
        self.path = path
        self.may_resize = may_resize
        self.model = intlite.load(path)
        self.own = [tensor.shape for tensor in self.model.inputs]

    def arrays(self, samples: int) -> Arrays:
        return [draw(tensor, samples) for tensor in self.model.inputs]

    def shapes(self, samples: int) -> list[tuple[int, ...]]:
        return [(samples * shape[0], *shape[1:]) for shape in self.own]

    def split(self, arrays: Arrays, samples: int) -> list[Arrays]:
        """The arrays of each sample."""
        parts = [np.split(array, samples) for array in arrays]
        return [list(one) for one in zip(*parts, strict=True)]

    @property
    def has_batches(self) -> bool:
        return bool(self.own) and all(self.own)

    def resized(self, interpreter: Any, samples: int) -> Protocol | None:
        """The interpreter at a batch; None if the model can't be resized to that."""
        if samples > 1 and not self.may_resize:
            return None
        try:
            protocol = Protocol(interpreter, self.shapes(samples))
            outputs = protocol(self.arrays(samples))
        except (RuntimeError, ValueError):
            return None
        # RESHAPE to a constant may give it other samples than were meant.
        wanted = [(samples * t.shape[0], *t.shape[1:]) for t in self.model.outputs if t.shape]
        return protocol if [y.shape for y in outputs] == wanted else None

    def compare(self) -> dict[str, Any]:
        """Outputs of intlite that differ in any bit from LiteRT's, called the same way."""
        samples = COMPARED if self.has_batches else 1
        arrays = self.arrays(samples)
        single = Protocol(litert(self.path, 1), self.own)
        ours = Protocol(intlite.Interpreter(str(self.path)), self.own)
        singles = self.split(arrays, samples) if self.has_batches else [arrays]
        expected = [[y.copy() for y in single.afresh(one)] for one in singles]
        found = {
            "Interpreter, one by one": differing([ours.afresh(one) for one in singles], expected),
            "model(x), one by one": differing([self.call(one) for one in singles], expected),
        }
        if self.has_batches:
            whole = self.call(arrays)
            parts = [list(one) for one in zip(*(np.split(y, samples) for y in whole), strict=True)]
            found["model(x), all in one"] = differing(parts, expected)
        batched = self.resized(litert(self.path, 1), samples) if samples > 1 else None
        own = self.resized(intlite.Interpreter(str(self.path)), samples)
        if batched is not None and own is not None:
            found["Interpreter, resized"] = differing([own(arrays)], [batched(arrays)])
        return {
            "samples": samples,
            "outputs": sum(y.size for one in expected for y in one),
            "differing": found,
        }

    def call(self, arrays: Arrays) -> Arrays:
        y = self.model(*arrays)
        return list(y) if isinstance(y, tuple) else [y]

    def time(
        self, samples: int, threads: int, rounds: int, turn: float, limit: float
    ) -> dict[str, Any]:
        """Times of one batch size, seconds for the whole batch."""
        arrays = self.arrays(samples)
        model = intlite.load(self.path, num_threads=threads)

        def real() -> Any:
            return litert(self.path, threads)

        def own() -> Any:
            return intlite.Interpreter(str(self.path), num_threads=threads)

        functions: dict[str, Callable[[], object]] = {}
        by = {}
        for who, make in (("LiteRT", real), ("intlite.Interpreter", own)):
            functions[who], by[who] = self.by_interpreter(make, arrays, samples)
        functions["intlite model(x)"] = lambda: model(*arrays)
        times = dict(
            zip(
                functions,
                in_turns(list(functions.values()), rounds, turn=turn, limit=limit),
                strict=True,
            )
        )
        return {
            "batch": samples,
            "threads": threads,
            "by": by,
            "seconds": {who: t.as_json() for who, t in times.items()},
            "to_litert": {
                who: t.of(times["LiteRT"]) for who, t in times.items() if who != "LiteRT"
            },
        }

    def by_interpreter(
        self, make: Callable[[], Any], arrays: Arrays, samples: int
    ) -> tuple[Callable[[], object], str]:
        """What runs all samples, and how: resized, or one after the other."""
        whole = self.resized(make(), samples)
        if whole is not None:
            return lambda: whole(arrays), RESIZED
        single = Protocol(make(), self.own)
        singles = self.split(arrays, samples)
        return lambda: [single(one) for one in singles], ONE_BY_ONE


def differing(found: list[Arrays], expected: list[Arrays]) -> int:
    """How many elements differ in any bit."""
    count = 0
    for ours, theirs in zip(found, expected, strict=True):
        for a, b in zip(ours, theirs, strict=True):
            if a.dtype != b.dtype or a.size != b.size:
                raise ValueError(f"outputs are {a.dtype}{a.shape}, LiteRT's {b.dtype}{b.shape}")
            bits = [np.ascontiguousarray(x).reshape(-1).view(np.uint8) for x in (a, b)]
            unequal = (bits[0] != bits[1]).reshape(-1, a.dtype.itemsize)
            count += int(unequal.any(axis=1).sum())
    return count


def contest(path: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Everything about one model but its memory, which is benchmarks/footprint.py's."""
    try:
        found = Contest(path, not arguments.one_by_one)
    except intlite.IntliteError as error:
        return {"not_run": str(error)}
    batches = arguments.batches if found.has_batches else [1]
    comparison = found.compare()
    return {
        "kind": kind_of(found.model.graph),
        "comparison": comparison,
        "times": [
            found.time(samples, threads, arguments.rounds, arguments.turn, arguments.limit)
            for threads in arguments.threads
            for samples in batches
        ],
    }


def numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--threads", type=numbers, default=[1])
    parser.add_argument("--batches", type=numbers, default=[1])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--turn", type=float, default=1e-3, help="seconds that one lasts")
    parser.add_argument("--limit", type=float, default=10, help="seconds for a batch size")
    parser.add_argument("--one-by-one", action="store_true", help="do not resize LiteRT")
    arguments = parser.parse_args()
    print(json.dumps(contest(arguments.path, arguments)))


if __name__ == "__main__":
    main()

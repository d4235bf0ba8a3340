#!/usr/bin/env python3
"""Each operator of a model alone, by LiteRT and by intlite, with the values it has in a run.

    python benchmarks/operators.py model.tflite

Microseconds are the lowest of some rounds, taken in turns, on one thread; a call's own cost, of
both runtimes, is within them. Outputs are compared. What LiteRT does for several operators at
once (XNNPACK's fused clamps and paddings) is not seen here.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import intlite
from benchmarks.contest import draw
from benchmarks.protocol import Protocol
from benchmarks.timing import in_turns
from intlite.schema import Model, Operator, read
from intlite.schema.writer import write


@dataclass(frozen=True)
class Alone:
    """What one operator took, in microseconds, and how many of its outputs differed."""

    operator: str
    shapes: str
    litert: float
    intlite: float
    differing: int

    def __str__(self) -> str:
        ratio, less = self.litert / self.intlite, self.litert - self.intlite
        return (
            f"{self.operator:<26}{self.litert:>9.1f}{self.intlite:>9.1f}{ratio:>7.2f}"
            f"{less:>9.1f}  {self.shapes}"
        )


def with_operator(model: Model, operator: Operator, inputs: list[int]) -> bytes:
    """The file of a model that has one of the first subgraph's operators only."""
    graph = model.subgraphs[0].replace(
        operators=(operator,), inputs=np.array(inputs, np.int32), outputs=operator.outputs
    )
    return write(model.replace(subgraphs=(graph,), signature_defs=(), metadata=()))


def measure(path: Path, rounds: int, turn: float) -> Iterator[Alone]:
    """Of the operators that both runtimes take alone."""
    file, whole = read(path.read_bytes()), intlite.load(path)
    values = whole.trace(*(draw(tensor, 1) for tensor in whole.inputs))
    for operator, made in zip(file.subgraphs[0].operators, whole.graph.operators, strict=True):
        given = [i for i in made.inputs if i in values and not values[i].tensor.is_constant]
        data = with_operator(file, operator, given)
        arrays = [np.ascontiguousarray(values[i].quantized) for i in given]
        try:
            litert = Protocol(
                Interpreter(model_content=data, num_threads=1), [x.shape for x in arrays]
            )
            model = intlite.load(data)
            found = model(*arrays)
        except (intlite.IntliteError, RuntimeError, ValueError) as error:
            print(f"{made.label}: {str(error).splitlines()[0]}", file=sys.stderr)
            continue
        ours = found if isinstance(found, tuple) else (found,)
        pairs = zip(litert(arrays), ours, strict=True)
        differing = sum(int(np.count_nonzero(theirs != mine)) for theirs, mine in pairs)
        times = in_turns([litert.interpreter.invoke, partial(model, *arrays)], rounds, turn=turn)
        least_litert, least_intlite = (1e6 * min(t.rounds) for t in times)
        constants = [values[i].quantized for i in made.inputs if i in values and i not in given]
        shapes = " ".join(str(list(x.shape)) for x in (*arrays, *constants[:1]))
        yield Alone(made.label, shapes, least_litert, least_intlite, differing)


def by_kind(found: list[Alone]) -> dict[str, list[Alone]]:
    kinds: dict[str, list[Alone]] = defaultdict(list)
    for alone in found:
        kinds[alone.operator.split()[0]].append(alone)
    return kinds


def total(name: str, found: list[Alone]) -> Alone:
    """Several together."""
    return Alone(
        f"{len(found)} {name}",
        "",
        sum(a.litert for a in found),
        sum(a.intlite for a in found),
        sum(a.differing for a in found),
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--quick", action="store_true", help="three rounds")
    parser.add_argument("--json", type=Path, help="write the figures here")
    args = parser.parse_args()
    found: list[Alone] = []
    print(f"{'':<26}{'LiteRT':>9}{'intlite':>9}{'ratio':>7}{'less':>9}  us; inputs, filter")
    for alone in measure(args.model, 3 if args.quick else args.rounds, 1e-3):
        found.append(alone)
        print(str(alone)[:100], flush=True)
    print()
    for kind, some in by_kind(found).items():
        print(total(kind, some))
    everything = total("operators", found)
    print(f"{everything}\n{everything.differing} outputs differ")
    if args.json:
        figures: list[dict[str, Any]] = [asdict(alone) for alone in found]
        args.json.write_text(json.dumps({"file": args.model.name, "operators": figures}, indent=1))


if __name__ == "__main__":
    main()

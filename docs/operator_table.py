#!/usr/bin/env python3
"""Makes operators.md, the table of operators by type and runtime.

It is what the tests' random cases cover: each is loaded by intlite here, and run by intlite
and the real runtimes there.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from intlite.graph.types import Graph
from intlite.model_bytes import load_graph
from intlite.ops import OPS
from intlite.ops.index import MODULE_OF
from intlite.runtimes import RUNTIMES
from intlite.runtimes.xnnpack_nodes import takes
from tests.sweeps import GENERATORS

TABLE = Path(__file__).resolve().parent / "operators.md"
CASES = 100
# The input that has the values, where that is not the first one.
DATA = {
    "ASSIGN_VARIABLE": 1,
    "EMBEDDING_LOOKUP": 1,
    "FILL": 1,
    "ONE_HOT": 2,
    "SCATTER_ND": 1,
    "SELECT": 1,
    "SELECT_V2": 1,
    "SPLIT": 1,
    "TRANSPOSE_CONV": 2,
}
BY_INT4, HYBRID = "int8 by int4", "hybrid"
COLUMNS = ("int8", "uint8", "int16", BY_INT4, "float32", HYBRID, "int32", "int64", "bool")
NO_VALUES = "no values"
LETTERS = dict(zip(RUNTIMES, "LBRM", strict=True))
HEAD = """# Operators

What intlite runs, made by `docs/operator_table.py` of the random cases that the tests run on
intlite and on the real runtimes. intlite runs each of these types under every `numerics=`. The
letters say which real runtime must run it too, so that every case is compared with it:

- **X**: LiteRT with XNNPACK, `numerics="litert"`; the delegate takes the operator under some
  conditions ([numerics](numerics.md) has them)
- **B**: LiteRT's own kernels, `"litert-builtin"`, and `"litert"` where XNNPACK does not take it
- **R**: LiteRT's reference kernels, `"litert-reference"`
- **M**: TFLite Micro, `"tflm"`

A small letter: float32 outputs are compared within 1e-5 of the magnitude of their terms, since
they are not the same bits in every case; all else is compared bit for bit.

Where a letter is missing, that runtime may refuse the type: what it runs is compared all the same,
and for what it refuses intlite follows the formula of its neighbours. Columns name the type of the
values; *hybrid* is float32 by int8 or int4 weights; int16 goes by int8 weights. Operators that only
read shapes or positions are under the type of these.
"""


def column(graph: Graph, name: str) -> tuple[str, bool]:
    """The column of the graph's operator of that name, and whether XNNPACK takes it."""
    node = next((graph.node(o) for o in graph.operators if o.name == name), None)
    if node is None:  # CALL_ONCE: the graph has done what it says
        return NO_VALUES, False
    place = DATA.get(name, 0)
    data = node.inputs[place] if place < len(node.inputs) else None
    if data is None or data.type == "RESOURCE":
        data = node.outputs[0] if node.outputs else None
    kind = NO_VALUES if data is None or data.type == "RESOURCE" else data.type.lower()
    weights = OPS[name].filter_input
    if name == "BATCH_MATMUL":
        weights = 1
    if weights is not None and node.input(weights).type != node.input(place).type:
        if kind == "float32":
            kind = HYBRID
        elif node.input(weights).type == "INT4":
            kind = BY_INT4
    # Of int16 it is the other arithmetics' anyway: XNNPACK takes none.
    return kind, kind != "int16" and takes(node)


def letters(name: str) -> dict[str, str]:
    """By column, the letters of the runtimes that an operator is compared with."""
    rng = np.random.default_rng(0)
    found: dict[str, set[str]] = defaultdict(set)
    inexact: dict[str, set[str]] = defaultdict(set)
    for i in range(CASES):
        case = GENERATORS[name](rng, i)
        kind, is_delegated = column(load_graph(case.build()[0]), name)
        for flavour, letter in LETTERS.items():
            if case.refusal(flavour) is not None or (letter == "L" and not is_delegated):
                continue
            shown = "X" if letter == "L" else letter
            found[kind].add(shown)
            by_delegate = is_delegated and letter == "L"
            if case.tolerance and not case.is_same_bits(flavour, by_delegate):
                inexact[kind].add(shown)
    for kind in found.keys() - {"float32", HYBRID}:
        inexact[kind].clear()
    return {
        kind: "".join(c.lower() if c in inexact[kind] else c for c in "XBRM" if c in f) or "-"
        for kind, f in found.items()
    }


def table() -> str:
    """The whole page."""
    lines = [HEAD, f"| operator | {' | '.join(COLUMNS)} | others |"]
    lines.append("| --- " * (len(COLUMNS) + 2) + "|")
    for name in sorted(MODULE_OF):
        found = letters(name)
        others = [f"{k}: {v}" for k, v in sorted(found.items()) if k not in COLUMNS]
        cells = [f"`{name}`", *(found.get(c, "") for c in COLUMNS), ", ".join(others)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    TABLE.write_text(table())

"""Where a model's time goes: each step of its native program, timed by itself."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import intlite
from benchmarks.contest import draw
from benchmarks.timing import in_turns
from intlite.call_arguments import Batch
from intlite.engine.session import Session
from intlite.graph.types import Graph
from intlite.ops import KernelSpec
from intlite.plan import ALL_PASSES
from intlite.plan.program import plan
from intlite.plan.steps import Step
from intlite.runtimes import runtime


@dataclass(frozen=True, eq=False)
class _Ready:
    """A step's kernel with the values that it has within the model."""

    step: Step
    kernel: Any
    inputs: list[NDArray[Any]]
    outputs: list[NDArray[Any]]

    def run(self) -> None:
        self.kernel.run(self.inputs, self.outputs)


def of_model(path: Path, rounds: int, turn: float, limit: float) -> dict[str, Any]:
    """Each step's time, and the whole's, at batch 1 on one thread, in turns.

    The inputs of a step are as in a run: kernels skip zeros. They come from caches that
    no other step has used meanwhile, so that the steps' sum can be below the whole.
    """
    model = intlite.load(path)
    x = [draw(tensor, 1) for tensor in model.inputs]
    steps = _prepare(model.graph, x)
    functions = [lambda: model(*x), *(ready.run for ready in steps)]
    whole, *times = in_turns(functions, rounds, turn=turn, pause=0, limit=limit)
    total = sum(t.median for t in times)
    return {
        "file": path.name,
        "seconds": whole.median,
        "spread": whole.spread,
        "steps": [
            {
                "operators": "+".join(model.graph.operators[i].label for i in r.step.operators),
                "kind": kind(model.graph, r.step),
                "seconds": t.median,
                "share": t.median / total,
                **_work(r, t.median),
            }
            for r, t in zip(steps, times, strict=True)
        ],
    }


def _prepare(graph: Graph, x: list[NDArray[Any]]) -> list[_Ready]:
    shapes = [array.shape for array in x]
    # Not in chains: each kernel by itself.
    draft = plan(graph, shapes, runtime("litert"), ALL_PASSES - {"chain_rows"})
    values = Session(graph, runtime("litert")).tensors(Batch(tuple(x), 1, tuple(shapes)))
    ready = []
    for step in draft.steps:
        kernel = step.spec.make()
        inputs = [
            np.ascontiguousarray(values[i]) if i in values else np.zeros(size, np.uint8)
            for i, size in zip(step.inputs, kernel.input_bytes, strict=True)
        ]
        outputs = [np.empty(size, np.uint8) for size in kernel.output_bytes]
        ready.append(_Ready(step, kernel, inputs, outputs))
    return ready


def _work(ready: _Ready, seconds: float) -> dict[str, Any]:
    """Products, bytes moved at least, and by these where the step is under the roofs."""
    weights = _weights(ready.step.spec)
    products = ready.step.spec.work if weights is not None else 0
    moved = sum(array.nbytes for array in (*ready.inputs, *ready.outputs))
    moved += 0 if weights is None else weights.nbytes
    return {
        "multiplications": products,
        "bytes": moved,
        "intensity": products / max(moved, 1),
        "gmacs": products / seconds / 1e9,
        "gb_per_second": moved / seconds / 1e9,
    }


def _weights(spec: KernelSpec) -> NDArray[Any] | None:
    found = getattr(spec, "filter", None)
    found = getattr(spec, "weights", None) if found is None else found
    return found if isinstance(found, np.ndarray) else None


def kind(graph: Graph, step: Step) -> str:
    """The operators' names, with the window of a convolution."""
    name = " + ".join(graph.operators[i].name for i in step.operators) or "copy"
    weights = _weights(step.spec)
    if weights is None or weights.ndim != 4:
        return name
    stride = step.spec.parameters.stride  # type: ignore[attr-defined]
    by = "" if tuple(stride) == (1, 1) else f" /{stride[0]}"
    return f"{name} {weights.shape[1]}x{weights.shape[2]}{by}"


def by_kind(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The steps of each kind together, the longest first."""
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for step in steps:
        groups[step["kind"]].append(step)
    found = []
    for name, group in groups.items():
        seconds = sum(s["seconds"] for s in group)
        products, moved = (sum(s[key] for s in group) for key in ("multiplications", "bytes"))
        found.append(
            {
                "kind": name,
                "steps": len(group),
                "seconds": seconds,
                "share": sum(s["share"] for s in group),
                "gmacs": products / seconds / 1e9,
                "intensity": products / max(moved, 1),
                "gb_per_second": moved / seconds / 1e9,
            }
        )
    return sorted(found, key=lambda g: -g["seconds"])

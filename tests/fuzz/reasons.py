"""The documented differences between intlite and a real runtime on broken models:
docs/robustness.md has them in the order of ``REASONS``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from intlite import schema
from intlite.executor import Executor
from intlite.graph.types import Graph
from intlite.numerics import FLAVOURS
from intlite.schema.enums import TENSOR_TYPES

# Of floats, relative to the largest of the outputs.
CLOSE = 1e-4


@dataclass(frozen=True)
class Pair:
    """A mutant that both ran.

    Attributes:
        data: The file.
        graph: As intlite reads it.
        flavour: The runtime.
        given: The inputs.
        ours: intlite's outputs.
        theirs: The runtime's.
    """

    data: bytes
    graph: Graph
    flavour: str
    given: Sequence[NDArray[Any]]
    ours: Sequence[NDArray[Any]]
    theirs: Sequence[NDArray[Any]] = ()

    @property
    def operators(self) -> set[str]:
        return {op.name for op in self.graph.operators}


def difference(ours: Sequence[NDArray[Any]], theirs: Sequence[NDArray[Any]]) -> str:
    """What differs first, or ""."""
    if len(ours) != len(theirs):
        return f"{len(ours)} outputs, the runtime has {len(theirs)}"
    for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        if a.dtype != b.dtype or a.size != b.size:
            return f"output {i} is {a.dtype}{list(a.shape)}, the runtime's {b.dtype}{list(b.shape)}"
        x, y = a.ravel(), b.ravel()
        equal = x == y
        if a.dtype.kind in "fc":
            with np.errstate(all="ignore"):
                most = np.abs(y[np.isfinite(y)]).max(initial=0)
                equal |= np.abs(x - y) <= CLOSE * most + np.finfo(np.float32).tiny
                equal |= np.isnan(x) & np.isnan(y)
        if not equal.all():
            at = int(np.argmin(equal))
            count = int(np.count_nonzero(~equal))
            return f"output {i}: {count} of {x.size}, first [{at}] {x[at]}, the runtime's {y[at]}"
    return ""


def _constant_input(pair: Pair) -> bool:
    tables = schema.read(pair.data)
    numbers = {tables.subgraphs[0].tensors[i].buffer for i in pair.graph.inputs}
    buffers = [b for n, b in enumerate(tables.buffers) if n in numbers]
    return any(b.data is not None and b.data.size for b in buffers)


def _stated_shapes(pair: Pair) -> bool:
    trace = Executor(pair.graph, FLAVOURS[pair.flavour], "reference").run(pair.given)
    tensors = pair.graph.tensors
    return any(
        trace[i].shape != tensors[i].shape for op in pair.graph.operators for i in op.outputs
    )


def _values_count(pair: Pair) -> bool:
    packs = [op for op in pair.graph.operators if op.name == "PACK"]
    return any(getattr(op.options, "values_count", 0) != len(op.inputs) for op in packs)


def _half_quantized(pair: Pair) -> bool:
    tensors = pair.graph.tensors
    for op in pair.graph.operators:
        if op.name in ("PAD", "PADV2"):
            x, y = tensors[op.inputs[0]], tensors[op.outputs[0]]
            if (x.quantization is None) != (y.quantization is None):
                return True
    return False


def _beyond_float32(pair: Pair) -> bool:
    """Nothing differs but that one has infinity and the other the greatest number."""
    most = np.finfo(np.float32).max
    if any(y.dtype.kind != "f" for y in (*pair.ours, *pair.theirs)):
        return False
    return not difference(
        [np.clip(y, -most, most) for y in pair.ours], [np.clip(y, -most, most) for y in pair.theirs]
    )


def _in_numerics(pair: Pair) -> bool:
    """What docs/numerics.md lists."""
    names = pair.operators
    int16 = any(t.type == "INT16" for t in pair.graph.tensors)
    if pair.flavour == "litert-reference":
        return "SUM" in names and int16
    return pair.flavour == "tflm" and (
        "EMBEDDING_LOOKUP" in names or ("GREATER" in names and int16)
    )


def _floats(pair: Pair) -> Iterator[NDArray[np.float32]]:
    return (x for x in pair.given if x.dtype == np.float32)


def _angles(pair: Pair) -> bool:
    return bool({"SIN", "COS"} & pair.operators) and any(
        np.abs(x, where=np.isfinite(x), out=np.zeros(x.shape)).max(initial=0) > 1e6
        for x in _floats(pair)
    )


def _roots(pair: Pair) -> bool:
    tiny = np.finfo(np.float32).tiny
    return (
        pair.flavour == "litert"
        and "SQRT" in pair.operators
        and any(((x < 0) | (x > 1e37) | ((x > 0) & (x < tiny))).any() for x in _floats(pair))
    )


def _signaling(pair: Pair) -> bool:
    quiet = np.uint32(1 << 22)
    return "POW" in pair.operators and any(
        (np.isnan(x) & (x.view(np.uint32) & quiet == 0)).any() for x in _floats(pair)
    )


def _shape_type(pair: Pair) -> bool:
    return any(
        TENSOR_TYPES[getattr(op.options, "out_type", 0)] != pair.graph.tensors[op.outputs[0]].type
        for op in pair.graph.operators
        if op.name == "SHAPE"
    )


def _no_zero_points(pair: Pair) -> bool:
    """TFLite Micro takes such tensors for plain ones; LiteRT refuses the model."""
    quantizations = [t.quantization for t in schema.read(pair.data).subgraphs[0].tensors]
    return pair.flavour == "tflm" and any(
        q is not None and q.scale is not None and q.zero_point is None for q in quantizations
    )


Reason = Callable[[Pair], bool]
# The documented differences, by name: docs/robustness.md has them in this order.
REASONS: Mapping[str, Reason] = {
    "an input that has values in the file": _constant_input,
    "shapes that the file states wrongly": _stated_shapes,
    "PACK with another count than inputs": _values_count,
    "PAD between a quantized tensor and one that is not": _half_quantized,
    "float32 results beyond its range": _beyond_float32,
    "SIN and COS of great angles": _angles,
    "SHAPE of another type than its output": _shape_type,
    "SQRT of what is negative, very great or very small": _roots,
    "POW of signaling NaN": _signaling,
    "scales without zero points": _no_zero_points,
    "listed in Numerics": _in_numerics,
}

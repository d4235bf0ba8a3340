"""The documented differences between intlite and a real runtime on broken models:
docs/robustness.md has them in the order of ``REASONS``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from intlite import schema
from intlite.graph.types import Graph
from intlite.schema.enums import TENSOR_TYPES
from tests.runs import every_tensor

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


def _computed_tensors_with_values(pair: Pair) -> bool:
    """TFLite Micro then takes also what operators compute from the file."""
    tables, graph = schema.read(pair.data), pair.graph
    tensors = tables.subgraphs[0].tensors
    made = set(graph.inputs)
    if pair.flavour == "tflm":
        made |= {i for op in graph.operators for i in op.outputs}
    # The graph has tensors that the file has not.
    numbers = {t.buffer for i, t in enumerate(tensors) if i in made}
    if any(n >= len(tables.buffers) for n in numbers):
        return pair.flavour == "tflm"
    buffers = (tables.buffers[n] for n in numbers)
    return any(b.data is not None and b.data.size for b in buffers)


def _stated_shapes(pair: Pair) -> bool:
    if pair.flavour != "tflm":
        return False
    trace = every_tensor(pair.graph, pair.flavour, pair.given, "reference")
    tensors = pair.graph.tensors
    return any(
        trace[i].shape != tensors[i].shape for op in pair.graph.operators for i in op.outputs
    )


def _count_of_parts(pair: Pair) -> bool:
    counts = {"PACK": "values_count", "UNPACK": "num"}
    return pair.flavour == "tflm" and any(
        getattr(op.options, counts[op.name], 0)
        != len(op.inputs if op.name == "PACK" else op.outputs)
        for op in pair.graph.operators
        if op.name in counts
    )


def _half_quantized(pair: Pair) -> bool:
    tensors = pair.graph.tensors
    for op in pair.graph.operators:
        if op.name in ("PAD", "PADV2"):
            x, y = tensors[op.inputs[0]], tensors[op.outputs[0]]
            if (x.quantization is None) != (y.quantization is None):
                return True
    return False


def _floats(pair: Pair) -> Iterator[NDArray[np.float32]]:
    constants = (t.data for t in pair.graph.tensors if t.data is not None)
    return (x for x in (*pair.given, *constants) if x.dtype == np.float32)


def _float_extremes(pair: Pair) -> bool:
    """Numbers whose squares or sums overflow, or that vanish; 0 where it divides; angles."""
    tiny, most = np.finfo(np.float32).tiny, 1e6 if {"SIN", "COS"} & pair.operators else 1e18
    divides = bool({"DIV", "RSQRT", "LOG", "POW"} & pair.operators)

    def has_extremes(x: NDArray[np.float32]) -> bool:
        size = np.abs(x)
        vanishing = (size < tiny) & (divides | (x != 0))
        return bool((~np.isfinite(x) | (size > most) | vanishing).any())

    is_float = any(y.dtype == np.float32 for y in pair.theirs)
    return is_float and any(has_extremes(x) for x in _floats(pair))


def _in_numerics(pair: Pair) -> bool:
    """What docs/numerics.md lists."""
    names, types = pair.operators, {t.type for t in pair.graph.tensors}
    listed = {
        "litert-reference": "SUM" in names and "INT16" in types,
        "tflm": bool({"EMBEDDING_LOOKUP", "SPACE_TO_BATCH_ND"} & names)
        or ("INT16" in types and bool({"GREATER", "PAD"} & names))
        or ("DIV" in names and "INT8" in types),
    }
    return listed.get(pair.flavour, False)


def _shape_type(pair: Pair) -> bool:
    return any(
        TENSOR_TYPES[getattr(op.options, "out_type", 0)] != pair.graph.tensors[op.outputs[0]].type
        for op in pair.graph.operators
        if op.name == "SHAPE"
    )


def _other_bools(pair: Pair) -> bool:
    tables, bool_type = schema.read(pair.data), TENSOR_TYPES.index("BOOL")
    numbers = {t.buffer for t in tables.subgraphs[0].tensors if t.type == bool_type}
    buffers = [b for n, b in enumerate(tables.buffers) if n in numbers]
    return any(b.data is not None and (b.data > 1).any() for b in buffers)


def _depth_multiplier(pair: Pair) -> bool:
    tensors = pair.graph.tensors
    return pair.flavour == "tflm" and any(
        op.options.depth_multiplier * tensors[op.inputs[0]].shape[-1]
        != tensors[op.outputs[0]].shape[-1]
        for op in pair.graph.operators
        if op.name == "DEPTHWISE_CONV_2D" and op.options is not None
    )


def _great_options(pair: Pair) -> bool:
    """Of windows: TFLite Micro's products overflow."""
    fields = ("filter_width", "filter_height", "dilation_w_factor", "dilation_h_factor")
    return pair.flavour == "tflm" and any(
        getattr(op.options, field, 1) >= 2**15 for op in pair.graph.operators for field in fields
    )


def _narrow_bias(pair: Pair) -> bool:
    tensors = pair.graph.tensors
    return pair.flavour == "tflm" and any(
        op.name == "TRANSPOSE_CONV"
        and [tensors[op.inputs[i]].type for i in (2, 3)] == ["INT16", "INT32"]
        for op in pair.graph.operators
        if len(op.inputs) > 3 and op.inputs[3] >= 0
    )


def _masks_beyond(pair: Pair) -> bool:
    masks = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")
    return any(
        getattr(op.options, mask, 0) >> pair.graph.tensors[op.inputs[1]].shape[0]
        for op in pair.graph.operators
        if op.name == "STRIDED_SLICE"
        for mask in masks
    )


def _extreme_scales(pair: Pair) -> bool:
    found = [t.quantization for t in pair.graph.tensors if t.quantization is not None]
    return any(((q.scale > 1e37) | (q.scale < 1e-37)).any() for q in found)


def _no_zero_points(pair: Pair) -> bool:
    """TFLite Micro takes such tensors for plain ones; LiteRT refuses the model."""
    quantizations = [t.quantization for t in schema.read(pair.data).subgraphs[0].tensors]
    return pair.flavour == "tflm" and any(
        q is not None and q.scale is not None and q.zero_point is None for q in quantizations
    )


Reason = Callable[[Pair], bool]
# The documented differences, by name: docs/robustness.md has them in this order.
REASONS: Mapping[str, Reason] = {
    "values in the file of what is given or computed": _computed_tensors_with_values,
    "shapes that the file states wrongly": _stated_shapes,
    "PACK, UNPACK with another count of parts": _count_of_parts,
    "PAD between a quantized tensor and one that is not": _half_quantized,
    "float32 at its ends": _float_extremes,
    "scales at the ends of float32": _extreme_scales,
    "bool other than 0 and 1": _other_bools,
    "DEPTHWISE_CONV_2D with another depth_multiplier": _depth_multiplier,
    "windows of 2^15 and more": _great_options,
    "TRANSPOSE_CONV of int16 with a bias of int32": _narrow_bias,
    "STRIDED_SLICE with masks beyond its indices": _masks_beyond,
    "SHAPE of another type than its output": _shape_type,
    "scales without zero points": _no_zero_points,
    "listed in Numerics": _in_numerics,
}

"""Where two models of the same structure differ in what they are: constants, scales, options."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..graph.types import Graph, Operator, Tensor


@dataclass(frozen=True)
class DefinitionDifference:
    """One thing that two models say differently.

    Attributes:
        op: The operator that it belongs to: the one that writes the tensor, or the first
            that reads it; empty for a tensor that no operator has.
        readers: All operators that read or write the tensor.
        tensor: Number of the tensor; -1 for an option.
        what: What differs, and how.
    """

    op: str
    readers: tuple[str, ...]
    tensor: int
    what: str

    def __str__(self) -> str:
        return f"{self.op}: {self.what}" if self.op else self.what


def same_structure(a: Graph, b: Graph) -> bool:
    """Whether two graphs have the same operators, on tensors of the same numbers and shapes."""
    return (
        len(a.tensors) == len(b.tensors)
        and (a.inputs, a.outputs) == (b.inputs, b.outputs)
        and [_wiring(op) for op in a.operators] == [_wiring(op) for op in b.operators]
        and all(s.shape == t.shape for s, t in zip(a.tensors, b.tensors, strict=True))
    )


def _wiring(op: Operator) -> tuple[Any, ...]:
    return op.name, op.inputs, op.outputs


def differences(a: Graph, b: Graph) -> list[DefinitionDifference]:
    """All differences of two graphs of the same structure, in the order of the operators."""
    found: list[DefinitionDifference] = []
    for s, t in zip(a.tensors, b.tensors, strict=True):
        what = list(_tensor_differences(s, t))
        if what:
            labels = _owners(a, s)
            first = labels[0] if labels else ""
            found += [DefinitionDifference(first, tuple(labels), s.index, w) for w in what]
    for left, right in zip(a.operators, b.operators, strict=True):
        label = left.label
        found += [
            DefinitionDifference(label, (label,), -1, what)
            for what in _option_differences(left, right)
        ]
    order = {op.label: op.index for op in a.operators}
    return sorted(found, key=lambda d: order.get(d.op, -1))


def _owners(graph: Graph, tensor: Tensor) -> list[str]:
    """The operators that have a tensor, the one that writes it first."""
    writers = [op.label for op in graph.operators if tensor.index in op.outputs]
    return writers + [op.label for op in graph.operators if tensor.index in op.inputs]


def _tensor_differences(s: Tensor, t: Tensor) -> Iterator[str]:
    name = f"tensor {s.index} {s.name!r}"
    if s.type != t.type:
        yield f"{name}: type {s.type}, {t.type}"
        return
    if s.data is not None and t.data is not None:
        yield from _array_difference(f"{name}: constant", s.data, t.data)
    elif (s.data is None) != (t.data is None):
        yield f"{name}: constant in one only"
    p, q = s.quantization, t.quantization
    if p is None or q is None:
        if p is not q:
            yield f"{name}: quantized in one only"
        return
    yield from _array_difference(f"{name}: scale", p.scale, q.scale)
    yield from _array_difference(f"{name}: zero point", p.zero_point, q.zero_point)
    if p.axis != q.axis:
        yield f"{name}: quantized dimension {p.axis}, {q.axis}"


def _array_difference(what: str, x: NDArray[Any], y: NDArray[Any]) -> Iterator[str]:
    if x.shape != y.shape:
        yield f"{what} of shape {list(x.shape)}, {list(y.shape)}"
        return
    # By their bytes: a NaN is itself, and -0.0 is not 0.0.
    differing = np.argwhere(_bits(x) != _bits(y))
    if not len(differing):
        return
    first = tuple(int(i) for i in differing[0])
    at = f"[{', '.join(map(str, first))}]" if x.size > 1 else ""
    more = f", and {len(differing) - 1} more" if len(differing) > 1 else ""
    yield f"{what}{at} is {_text(x[first])}, {_text(y[first])}{more}"


def _bits(x: NDArray[Any]) -> NDArray[Any]:
    return x.view(f"u{x.dtype.itemsize}") if x.dtype.kind == "f" else x


def _text(value: Any) -> str:
    if isinstance(value, np.floating):
        return f"{value!s} (bits {int(_bits(np.asarray(value))):#x})"
    return str(value)


def _option_differences(left: Operator, right: Operator) -> Iterator[str]:
    if type(left.options) is not type(right.options):
        yield "options of different kinds"
        return
    for name, _ in getattr(left.options, "slots", ()):
        x, y = getattr(left.options, name), getattr(right.options, name)
        if not np.array_equal(x, y):
            yield f"option {name} is {x}, {y}"

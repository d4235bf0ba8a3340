"""What a comparison of two runs found: which tensors differ, where first, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .explanation import ROUNDING_TEXT, Explanation
from .graph.types import Tensor
from .inspect.model_diff import DefinitionDifference


@dataclass(frozen=True, eq=False)
class TensorComparison:
    """One tensor in both runs.

    Attributes:
        tensor: Its description in the first model.
        op: The operator that writes it, or "" for an input.
        elements: How many were compared.
        differing: How many differ.
        largest: The greatest distance, in stored values.
        own: How many of them the operator makes differ by itself: given the second run's
            values of its inputs, the first model's operator gives something else than the
            second run has. None if not all inputs of it are there.
    """

    tensor: Tensor
    op: str
    elements: int
    differing: int
    largest: float
    own: int | None

    @property
    def equal(self) -> bool:
        return self.differing == 0

    @property
    def verdict(self) -> str:
        """ "equal", "differs", or "follows": differs only because its inputs do."""
        if self.equal:
            return "equal"
        return "follows" if self.own == 0 else "differs"


@dataclass(frozen=True, eq=False)
class FirstDifference:
    """The first element, in the order of the run, in which two runs differ.

    Attributes:
        op: The operator that writes it.
        tensor: The tensor.
        index: The element; its first index counts over all samples.
        sample: The run that it belongs to.
        a, b: Both stored values.
        inputs_equal: Whether the operator's inputs are equal in both runs; None if
            they are not all known.
        explanation: How the first model comes to its value, if it requantizes; or, where
            the operator only hands values on from a tensor that could not be compared,
            how the operator before it does.
        explanation_b: Likewise for the second, if it is a model too.
        causes: What the models say differently about this operator.
        operands: Of an operator that works element by element: each input's tensor, and
            its stored value there in the first run.
    """

    op: str
    tensor: Tensor
    index: tuple[int, ...]
    sample: int
    a: float
    b: float
    inputs_equal: bool | None
    explanation: Explanation | None
    explanation_b: Explanation | None
    causes: tuple[DefinitionDifference, ...]
    operands: tuple[tuple[Tensor, float], ...] = ()

    @property
    def real_a(self) -> float:
        return _real(self.tensor, self.a)

    @property
    def real_b(self) -> float:
        return _real(self.tensor, self.b)

    @property
    def exact_stored(self) -> float | None:
        """The value before rounding and clamping, as a real number of stored steps."""
        e = self.explanation
        return None if e is None else float(e.exact) + e.zero_point

    def matches(self) -> list[str]:
        """The roundings that would give the second value, from the first's accumulator."""
        e = self.explanation
        if e is None:
            return []
        # As far from its own value: what hands values on may have moved the zero point.
        wanted = e.stored + self.b - self.a
        roundings = {e.rounding(name) for name, value in e.results().items() if value == wanted}
        found = [text for name, text in ROUNDING_TEXT.items() if name in roundings]
        if e.numpy_float() == wanted:
            found.append("numpy's rint of the float64 product")
        return found

    def lines(self, a: str, b: str) -> Iterator[tuple[str, str]]:
        """Label and text of each line to show."""
        index = ", ".join(map(str, self.index))
        yield "operator", f"{self.op}, tensor {self.tensor.index} {self.tensor.name!r}[{index}]"
        yield a, f"{self.a:g}  (real {self.real_a:.9g})"
        yield b, f"{self.b:g}  (real {self.real_b:.9g})"
        if (e := self.explanation) is not None:
            if e.label != self.op:
                yield "behind it", f"{e.label}, tensor {e.tensor!r}, stored {e.stored}"
            yield "accumulator", _accumulator(e, self.explanation_b)
            yield "exact value", f"{self.exact_stored!r}  (before rounding, zero point included)"
            yield "rounding", f"{ROUNDING_TEXT[e.rounding(e.arithmetic)]} in {a}"
        for tensor, value in self.operands:
            real = _real(tensor, value)
            yield "input", f"{value:g}  (real {real:.9g}, tensor {tensor.index} {tensor.name!r})"
        for cause in self.causes:
            yield "because", cause.what
        if not self.causes and (matches := self.matches()):
            yield "as by", "; ".join(matches)
        if self.inputs_equal is False:
            yield "note", "its inputs differ already, in tensors that no operator wrote"
        elif self.inputs_equal is None:
            yield "note", "not all of its inputs could be compared"


def _count(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"


def _real(tensor: Tensor, stored: float) -> float:
    q = tensor.quantization
    if q is None or q.per_channel:
        return stored
    return float(q.scale[0] * (stored - int(q.zero_point[0])))


def _position(label: str) -> int:
    """An operator's place in the order of the run, from its label."""
    return int(label.rpartition("#")[2]) if label else -1


def _accumulator(e: Explanation, other: Explanation | None) -> str:
    text = f"{e.accumulator}  ({e.terms} products + bias {e.bias})"
    if other is not None and other.accumulator != e.accumulator:
        text += f", and {other.accumulator} in the other model"
    return text


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two runs on the same inputs, tensor by tensor.

    Attributes:
        a, b: What was compared.
        samples: How many runs of each.
        tensors: Those compared, in the order in which they are computed.
        definitions: Where two models differ in what they are.
        notes: What a reader must know about this comparison.
        first: The first element that differs; None if all are equal.
    """

    a: str
    b: str
    samples: int
    tensors: tuple[TensorComparison, ...]
    definitions: tuple[DefinitionDifference, ...]
    notes: tuple[str, ...]
    first: FirstDifference | None

    @property
    def equal(self) -> bool:
        """Whether no value differs, and nothing that the models say."""
        return self.first is None and not self.definitions

    @property
    def operator(self) -> str | None:
        """The first operator that differs, in its values or in what it is.

        "" means that an input differs.
        """
        named = [self.definitions[0].op] if self.definitions else []
        if self.first is not None:
            named.append(self.first.op)
        return min(named, key=_position) if named else None

    @property
    def culprits(self) -> list[str]:
        """The operators that differ by themselves, not because their inputs do."""
        found = [t.op for t in self.tensors if t.verdict == "differs" and t.op]
        return list(dict.fromkeys(found))

    def summary(self) -> str:
        """One line."""
        of = f"{_count(len(self.tensors), 'tensor')} of {_count(self.samples, 'sample')}"
        if self.first is None:
            if not self.definitions:
                return f"equal: {of}"
            return f"no value of {of} differs, but the models do: {self.definitions[0]}"
        count = sum(not t.equal for t in self.tensors)
        text = f"{count} of {of} differ, first in {self.first.op or 'an input'}"
        if self.operator != self.first.op:
            text += f"; the models differ before, in {self.operator}"
        return text

    def __repr__(self) -> str:
        return f"<Comparison of {self.a} with {self.b}: {self.summary()}>"

    def __str__(self) -> str:
        lines = [f"{self.a} against {self.b}: {self.summary()}"]
        if self.first is not None:
            found = list(self.first.lines(self.a, self.b))
            width = max(len(label) for label, _ in found)
            lines += [f"  {label:<{width}}  {text}" for label, text in found]
        lines += [f"differs in the models: {d}" for d in self.definitions]
        lines += [f"note: {note}" for note in self.notes]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from .inspect.html import comparison

        return comparison(self)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "a": self.a,
            "b": self.b,
            "samples": self.samples,
            "equal": self.equal,
            "operator": self.operator,
            "culprits": self.culprits,
            "first": None if self.first is None else _first_as_dict(self.first),
            "definitions": [
                {"op": d.op, "tensor": d.tensor, "what": d.what} for d in self.definitions
            ],
            "notes": self.notes,
            "tensors": [
                {
                    "index": t.tensor.index,
                    "name": t.tensor.name,
                    "op": t.op,
                    "elements": t.elements,
                    "differing": t.differing,
                    "largest": t.largest,
                    "own": t.own,
                    "verdict": t.verdict,
                }
                for t in self.tensors
            ],
        }


def _first_as_dict(first: FirstDifference) -> dict[str, Any]:
    e = first.explanation
    data = {
        "op": first.op,
        "tensor": first.tensor.index,
        "name": first.tensor.name,
        "index": first.index,
        "sample": first.sample,
        "a": first.a,
        "b": first.b,
        "real_a": first.real_a,
        "real_b": first.real_b,
        "inputs_equal": first.inputs_equal,
        "causes": [cause.what for cause in first.causes],
        "b_is_as_by": first.matches(),
        "operands": [{"tensor": t.index, "name": t.name, "value": v} for t, v in first.operands],
    }
    if e is not None:
        data |= {
            "accumulator": e.accumulator,
            "accumulator_b": first.explanation_b and first.explanation_b.accumulator,
            "bias": e.bias,
            "exact": first.exact_stored,
            "rounding": e.rounding(e.arithmetic),
            "multiplier": e.multiplier,
            "shift": e.shift,
            "zero_point": e.zero_point,
            "clamp": e.activation,
            "results": e.results(),
        }
    return data

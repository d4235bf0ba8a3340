"""From a TFLite operator and element types to what runs them: the tables, and their register."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from .._util.fork import import_late
from ..graph.states import KEPT
from ..graph.types import Graph, Node
from .base import INT16, Op
from .index import MODULE_OF

# For a tensor of a row, whose element type does not matter.
ANY: Final[Sequence[str]] = ()


class Variant:
    """A row of an operator's table: the element types of its inputs, and what runs them.

    Attributes:
        make: The class of the operator on them, or what else gives it; called when a node
            first needs it.
        types: The types that each input may have, of as many of the first inputs as tell
            this row from the others.
        output: Those of the output, where they tell.
    """

    def __init__(
        self, make: Callable[[], Op], *types: Sequence[str], output: Sequence[str] = ANY
    ) -> None:
        self.make, self.types, self.output = make, types, output
        # Two threads may both make it, and one is as good as the other.
        self._made: Op | None = None

    @property
    def op(self) -> Op:
        if self._made is None:
            self._made = self.make()
        return self._made

    def takes(self, node: Node) -> bool:
        """Whether a node's tensors have these types."""
        if len(node.inputs) < len(self.types):
            return False
        for types, tensor in zip(self.types, node.inputs):  # noqa: B905 -- the rest may have any
            if types and (tensor is None or tensor.type not in types):
                return False
        return not self.output or any(y.type in self.output for y in node.outputs[:1])


def int16(quantized: type[Op], way: type) -> Variant:
    """The row of int16, of an operator whose formulas are the same there.

    Args:
        quantized: The class of the operator on 8 bits.
        way: A class of what goes otherwise on int16; it comes before that one.
    """
    return Variant(lambda: type(f"{quantized.__name__}Int16", (way, quantized), {})(), INT16)


class OperatorTable:
    """A TFLite operator: from element types to what runs them.

    Attributes:
        variants: The rows, searched in order. The first one answers also for types that
            none takes: its refusals name those that there are.
    """

    def __init__(self, *variants: Variant) -> None:
        self.variants = variants

    @property
    def filter_input(self) -> int | None:
        """Which input is a filter, or weights, if one is."""
        return self.variants[0].op.filter_input

    def of(self, node: Node) -> Op:
        """What runs the node, or refuses it."""
        for variant in self.variants:
            if variant.takes(node):
                return variant.op
        return self.variants[0].op


class _Register(dict[str, OperatorTable]):
    """Operators by name; looking one up loads the file that registers it."""

    def __missing__(self, name: str) -> OperatorTable:
        if name not in MODULE_OF:
            raise KeyError(name)
        # Only now, the file being loaded as a whole, may another thread find it.
        import_late(f".{MODULE_OF[name]}", __package__)
        self[name] = _REGISTERED[name]
        return self[name]

    def find(self, name: str) -> OperatorTable | None:
        """The operator, or None if intlite does not run it."""
        return self[name] if name in self or name in MODULE_OF else None

    def of(self, node: Node) -> Op:
        """What runs the node, whose operator there is."""
        return self[node.operator.name].of(node)


OPS: Final = _Register()
_REGISTERED: Final[dict[str, OperatorTable]] = {}
_O = TypeVar("_O", bound=type[Op])


def register(name: str) -> Callable[[_O], _O]:
    """Class decorator: this class runs the TFLite builtin operator ``name``, of any types."""

    def add(cls: _O) -> _O:
        table(name, Variant(cls))
        return cls

    return add


def table(name: str, *variants: Variant) -> None:
    """These rows run the TFLite builtin operator ``name``."""
    _REGISTERED[name] = OperatorTable(*variants)


def lazily(module: str, function: str, *arguments: object) -> Callable[[], Op]:
    """For ``Variant``: made by a function of another file, which is loaded when first needed."""

    def make() -> Op:
        made = getattr(import_late(f".{module}", __package__), function)(*arguments)
        assert isinstance(made, Op)
        return made

    return make


def refusals(graph: Graph) -> list[str]:
    """Why a graph can't be run: one line for each operator that is refused, all at once."""
    reasons = []
    for operator in graph.operators:
        node, rows = graph.node(operator), OPS.find(operator.name)
        if rows is None:
            from .accelerators import why_unknown

            found = [why_unknown(operator.name)]
        else:
            found = list(rows.of(node).refusals(node))
        found += [
            f"{t!r} is a variable, which {operator.name} does not keep"
            for i, t in enumerate(node.inputs)
            if t is not None
            and t.is_variable
            and t.index not in graph.inputs
            and i not in KEPT.get(operator.name, ())
        ]
        if found:
            reasons.append(f"{node.label}: {'; '.join(found)}")
    held = [graph.tensors[i] for i in graph.outputs if i not in graph.inputs]
    return reasons + [f"output {t!r} is a variable" for t in held if t.is_variable]

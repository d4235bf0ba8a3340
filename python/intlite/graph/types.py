"""A model as a typed, immutable graph: what runs, apart from how the file stores it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._util.once import once
from ..quantization import Quantization

Shape = tuple[int, ...]

# Types that numpy has; tensors of the others can be listed but not run.
NUMPY_TYPES: dict[str, np.dtype[Any]] = {
    "FLOAT32": np.dtype(np.float32),
    "FLOAT16": np.dtype(np.float16),
    "FLOAT64": np.dtype(np.float64),
    "INT8": np.dtype(np.int8),
    "INT16": np.dtype(np.int16),
    "INT32": np.dtype(np.int32),
    "INT64": np.dtype(np.int64),
    "UINT8": np.dtype(np.uint8),
    "UINT16": np.dtype(np.uint16),
    "UINT32": np.dtype(np.uint32),
    "UINT64": np.dtype(np.uint64),
    "BOOL": np.dtype(np.bool_),
    "COMPLEX64": np.dtype(np.complex64),
    "COMPLEX128": np.dtype(np.complex128),
}


@dataclass(frozen=True, eq=False)
class Tensor:
    """One tensor of a subgraph.

    Attributes:
        index: Its number in the subgraph.
        name: As in the file.
        type: TFLite's name of the element type.
        shape: The model's own shape.
        shape_signature: The same with -1 where a dimension may be resized.
        quantization: None for a tensor of plain numbers.
        data: The value of a constant, read-only, or None; INT4 as int8.
        is_variable: Keeps its value from one run to the next.
        is_sparse: Stored compressed.
        is_shape_inferred: The file has no shape for it; XNNPACK takes it for a scalar.
    """

    index: int
    name: str
    type: str
    shape: Shape
    shape_signature: Shape
    quantization: Quantization | None = None
    data: NDArray[Any] | None = None
    is_variable: bool = False
    is_sparse: bool = False
    is_shape_inferred: bool = False

    @property
    def dtype(self) -> np.dtype[Any]:
        """The numpy type; for those that numpy lacks, bytes (int8) or objects."""
        if self.type in NUMPY_TYPES:
            return NUMPY_TYPES[self.type]
        return np.dtype(np.int8 if "INT" in self.type or "FLOAT" in self.type else object)

    @property
    def has_shape(self) -> bool:
        """Whether ``shape`` is known: a file may leave it out, and only a run tell."""
        return bool(self.shape) or not self.is_shape_inferred

    @property
    def is_constant(self) -> bool:
        return self.data is not None

    def __repr__(self) -> str:
        shape = "x".join(map(str, self.shape)) or "scalar"
        quantization = f" {self.quantization}" if self.quantization else ""
        constant = " constant" if self.is_constant else ""
        return f"<Tensor {self.index} {self.name!r} {self.type} {shape}{quantization}{constant}>"


@dataclass(frozen=True, eq=False)
class Operator:
    """One operator: its tensors by number, -1 where an optional input is absent."""

    index: int
    name: str
    version: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Any = None
    intermediates: tuple[int, ...] = ()

    @property
    def label(self) -> str:
        return f"{self.name} #{self.index}"


@dataclass(frozen=True, eq=False)
class Signature:
    """A named entry: argument names to tensor numbers of one subgraph."""

    key: str
    inputs: dict[str, int]
    outputs: dict[str, int]
    subgraph: int


@dataclass(frozen=True)
class State:
    """A variable: the tensor of its value before a run, and that of its value after.

    Attributes:
        is_resource: Operators find it by its name.
        cleared: What every byte of it is when it is reset.
    """

    before: int
    after: int
    is_resource: bool = False
    cleared: int = 0


@dataclass(frozen=True, eq=False)
class Graph:
    """A subgraph; the first of a model also knows the others and the signatures.

    Attributes:
        states: The variables that operators keep: see ``graph.states``.
        source: The graph as the file has it, where variables or inferred shapes changed it.
    """

    name: str
    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    subgraphs: tuple[Graph, ...] = ()
    signatures: tuple[Signature, ...] = ()
    states: tuple[State, ...] = ()
    source: Graph | None = None

    @property
    def computed_scalars(self) -> set[int]:
        """What operators compute and the file calls scalars: some are, some have no shape in it."""
        computed = {i for operator in self.operators for i in operator.outputs}
        # A variable keeps its shape from run to run.
        computed -= {state.after for state in self.states}
        return {i for i in computed if not self.tensors[i].shape}

    @property
    def as_in_file(self) -> Graph:
        return self.source or self

    def operator(self, index: int) -> Operator:
        """The operator of that number in the file.

        Raises:
            IndexError: There is none, or it is one that keeps a variable and does nothing else.
        """
        for operator in self.operators:
            if operator.index == index:
                return operator
        raise IndexError(f"the graph has no operator #{index}")

    @once
    def _nodes(self) -> dict[int, Node]:
        return {id(operator): self._node(operator) for operator in self.operators}

    def __getstate__(self) -> dict[str, Any]:
        kept_apart = ("_nodes", "_dequantized")
        return {name: value for name, value in self.__dict__.items() if name not in kept_apart}

    def node(self, operator: Operator) -> Node:
        """The operator, one of this graph's, with its tensors."""
        return self._nodes.get(id(operator)) or self._node(operator)

    def _node(self, operator: Operator) -> Node:
        return Node(
            operator,
            tuple(self.tensors[i] if i >= 0 else None for i in operator.inputs),
            tuple(self.tensors[i] for i in operator.outputs),
            tuple(self.tensors[i] if i >= 0 else None for i in operator.intermediates),
            self._dequantized,
        )

    @once
    def _dequantized(self) -> frozenset[int]:
        found = (o for o in self.operators if o.name == "DEQUANTIZE" and o.outputs)
        constants = {t.index for t in self.tensors if t.is_constant}
        return frozenset(o.outputs[0] for o in found if constants.issuperset(o.inputs[:1]))

    def walk(self) -> Iterator[Node]:
        """The operators in the order in which they run, with their tensors."""
        return (self.node(operator) for operator in self.operators)

    def writer(self, tensor: int) -> Operator | None:
        """The operator that writes a tensor; None for inputs and constants."""
        return next((op for op in self.operators if tensor in op.outputs), None)

    def readers(self, tensor: int) -> tuple[Operator, ...]:
        """The operators that read a tensor."""
        return tuple(op for op in self.operators if tensor in op.inputs)

    def to_networkx(self) -> Any:
        """A networkx.MultiDiGraph, operators as nodes: see ``graph.export``."""
        from .export import to_networkx

        return to_networkx(self)

    def to_dot(self) -> str:
        """The graph in Graphviz's language."""
        from .export import to_dot

        return to_dot(self)

    def _repr_html_(self) -> str:
        from ..inspect.html import graph

        return graph(self)

    def __str__(self) -> str:
        lines = [f"{self.name or 'main'}: {len(self.operators)} operators"]
        for operator in self.operators:
            outputs = ", ".join(repr(self.tensors[i]) for i in operator.outputs)
            inputs = ", ".join("-" if i < 0 else str(i) for i in operator.inputs)
            lines.append(f"  {operator.label}({inputs}) -> {outputs}")
        return "\n".join(lines)


@dataclass(frozen=True, eq=False)
class Node:
    """An operator with its tensors in hand: what ``ops`` and ``reference`` work on.

    Attributes:
        dequantized: The tensors, by number, that a DEQUANTIZE makes of a constant.
    """

    operator: Operator
    inputs: tuple[Tensor | None, ...]
    outputs: tuple[Tensor, ...]
    intermediates: tuple[Tensor | None, ...] = ()
    dequantized: frozenset[int] = frozenset()

    @property
    def label(self) -> str:
        return self.operator.label

    @property
    def options(self) -> Any:
        return self.operator.options

    def input(self, i: int) -> Tensor:
        """An input that the operator's check found present."""
        tensor = self.inputs[i]
        if tensor is None:
            raise IndexError(f"{self.label}: input {i} is absent")
        return tensor

    def optional(self, i: int) -> Tensor | None:
        """An input that may be absent."""
        return self.inputs[i] if i < len(self.inputs) else None

"""What operators share that numpy computes from stored values, whatever these stand for."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..graph.types import Node, Shape
from ..runtimes.policy import Policy
from .base import Op, Values, arity, shape_error

Arrays = Sequence["NDArray[Any]"]
# TFLite's loops over broadcast operands have no more dimensions.
MAX_BROADCAST_RANK = 6


class Computation(Op):
    """An operator of one output, the same in all runtimes.

    Attributes:
        types: The element types that each input may have.
        like: Inputs that must have the type of another, by position.
        output_like: The input whose type the output has.
        output_types: The types that the output may have, where it has no input's.
    """

    types: ClassVar[Sequence[Sequence[str]]]
    like: ClassVar[Mapping[int, int]] = {}
    output_like: ClassVar[int] = 0
    output_types: ClassVar[Sequence[str]] = ()

    def refusals(self, node: Node) -> Iterator[str]:
        if reasons := arity(node, len(self.types)):
            yield from reasons
            return
        inputs, y = [node.input(i) for i in range(len(self.types))], node.outputs[0]
        for i, x in enumerate(inputs):
            if x.type not in self.types[i]:
                yield f"input {i} of type {x.type} is not supported"
            elif i in self.like and x.type != inputs[self.like[i]].type:
                yield f"inputs of types {inputs[self.like[i]].type} and {x.type} are not supported"
            if x.is_sparse:
                yield f"input {x!r} is sparse"
        wanted = self.output_types or (inputs[self.output_like].type,)
        if y.type not in wanted:
            yield f"output of type {y.type} is not supported; {' and '.join(wanted)} is"

    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        return [shapes[self.output_like]]

    @abstractmethod
    def compute(self, node: Node, arrays: Arrays) -> NDArray[Any]:
        """The output, of arrays that ``output_shapes`` accepted."""

    def reference(self, node: Node, inputs: Values, policy: Policy) -> list[NDArray[Any]]:
        arrays = [np.asarray(v) for v in inputs]
        self.output_shapes(node, [x.shape for x in arrays], arrays)
        with np.errstate(all="ignore"):  # as in C: infinities, NaN, and integers that wrap
            return [np.asarray(self.compute(node, arrays), node.outputs[0].dtype)]


def broadcast(node: Node, shapes: Sequence[Shape]) -> Shape:
    """The shape of operands that broadcast against each other.

    Raises:
        ShapeError: They do not, or not in so few dimensions.
    """
    listed = " and ".join(str(list(shape)) for shape in shapes)
    if len(set(shapes)) > 1 and max(map(len, shapes)) > MAX_BROADCAST_RANK:
        raise shape_error(node, f"{listed} broadcast in too many dimensions")
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        raise shape_error(node, f"{listed} do not broadcast") from None

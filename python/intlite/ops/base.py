"""What an operator and its kernel must say about themselves, and checks that operators share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from .._util.memory_limit import check_memory
from ..errors import ShapeError, UnsupportedOpError
from ..graph.types import Node, Shape, Tensor
from ..quantization import Quantization
from ..runtimes.policy import Policy
from ..schema.enums import ACTIVATIONS, name_of

if TYPE_CHECKING:
    from .. import _native
    from ..explanation import Explanation

Values = Sequence["NDArray[Any] | None"]
# By name: integers, floats, names of roundings, and arrays with one entry a channel.
Constants = dict[str, "int | float | str | NDArray[Any]"]
EIGHT_BIT = ("INT8", "UINT8")
QUANTIZED = (*EIGHT_BIT, "INT16")
INT8, INT16, FLOAT = ("INT8",), ("INT16",), ("FLOAT32",)
# What rounds to infinity in float32, from here on.
FLOAT32_OVERFLOW: Final = 2.0**128 - 2.0**103
FUSED = ("NONE", "RELU", "RELU6", "RELU_N1_TO_1")


@dataclass(frozen=True)
class Border:
    """What lies around images, NHWC: their shape, rows above, columns to the left, the value."""

    shape: Shape
    top: int
    left: int
    value: int


class KernelSpec(ABC):
    """A native kernel before it is made: what lowering may still change.

    ``inputs`` are the positions of the operator's inputs that the kernel reads at
    run time; the others went into it when it was made.
    """

    inputs: tuple[int, ...] = (0,)
    # Whether the kernel only hands its input's bytes on.
    is_copy: ClassVar[bool] = False
    # Whether it calls Python, and so runs on the caller's thread.
    is_python: ClassVar[bool] = False

    @abstractmethod
    def make(self) -> _native.Kernel: ...

    def made(self, label: str) -> _native.Kernel:
        """The kernel, of the operator of this label.

        Raises:
            UnsupportedOpError: The numbers are beyond what the native code takes.
            MemoryLimitError: Its packed weights would be too large.
        """
        check_memory(self.packed_bytes, f"{label}: its packed weights")
        try:
            return self.make()
        except ValueError as error:
            raise UnsupportedOpError([f"{label}: {error}"]) from None

    @property
    def is_batch_free(self) -> bool:
        """Whether n samples give the same bits as one sample n times as large.

        Not so where a runtime's result depends on an element's position and the
        sample is not a whole number of its blocks.
        """
        return False

    def of_elements(self, size: int) -> KernelSpec | None:
        """The same kernel on so many elements, each made of its operands' at its place alone.

        None where a result depends on more: on other elements, or on where it lies.
        """
        return None

    @property
    def output_rows(self) -> int:
        """Into how many rows one sample's output falls that can be computed apart; 0 if none."""
        return 0

    def of_row(self, rows: int) -> KernelSpec | None:
        """The same kernel on one row, where each of so many comes of the input's at its place.

        None where a result depends on more.
        """
        return None

    @property
    def is_sign_flip(self) -> bool:
        """Whether the kernel does no more than turn int8 into uint8 (or back) by ^ 0x80."""
        return False

    @property
    def border(self) -> Border | None:
        """What the kernel puts around images, if it does no more."""
        return None

    def with_border(self, border: Border) -> KernelSpec | None:
        """The same kernel reading the images without their border, if it can."""
        return None

    def with_flipped_input(self) -> KernelSpec | None:
        """The same kernel reading its input with every byte ^ 0x80, if it can."""
        return None

    def with_flipped_output(self) -> KernelSpec | None:
        """The same kernel writing its output with every byte ^ 0x80, if it can."""
        return None

    @property
    def weight_bytes(self) -> int:
        """Bytes of constants that each run reads."""
        return 0

    @property
    def packed_bytes(self) -> int:
        """At most so many bytes are held by the kernel, once it is made."""
        return self.weight_bytes

    @property
    def work(self) -> float:
        """Multiplications, or elements, of one sample: to judge what is worth a thread."""
        return 0.0

    @property
    def constants(self) -> Constants:
        """The numbers, besides its arrays, that the kernel is made of."""
        return {}


class Op(ABC):
    """One TFLite operator, on some element types: all that intlite knows about it.

    Attributes:
        filter_input: Which input is a filter, or weights, if one is.
    """

    filter_input: ClassVar[int | None] = None

    @abstractmethod
    def refusals(self, node: Node) -> Iterator[str]:
        """Why this node is not run: options, types or quantizations. Checked at load."""

    def option_refusals(self, node: Node) -> Iterator[str]:
        """Those of the refusals, for a node of the right arity, that other types share."""
        return iter(())

    @abstractmethod
    def output_shapes(self, node: Node, shapes: Sequence[Shape], values: Values) -> list[Shape]:
        """Shapes of the outputs, from those of the inputs.

        Args:
            node: The operator, accepted by ``refusals``.
            shapes: One for each input; () where it is absent.
            values: Values of the inputs that are known already, else None.

        Raises:
            ShapeError: The inputs' shapes do not fit the operator or each other.
            ValueUnknownError: The shape depends on a value that is not known yet.
        """

    def outputs_of_shapes(self, node: Node, shapes: Sequence[Shape]) -> list[NDArray[Any]] | None:
        """The outputs, where they depend on nothing but the inputs' shapes; else None."""
        return None

    def computed(
        self, node: Node, inputs: Values, policy: Policy, shapes: Sequence[Shape]
    ) -> list[NDArray[Any]]:
        """``reference``, whose outputs have these shapes; it need not serve empty ones.

        The other dimensions of what is empty can be of any length.
        """
        if shapes and not any(map(elements, shapes)):
            return [np.empty(s, y.dtype) for s, y in zip(shapes, node.outputs, strict=True)]
        return self.reference(node, inputs, policy)

    def macs(self, node: Node, shapes: Sequence[Shape]) -> int:
        """Multiply-accumulates at these shapes of the inputs: of an operator with a filter."""
        if self.filter_input is None:
            return 0
        y = self.output_shapes(node, shapes, [None if t is None else t.data for t in node.inputs])[
            0
        ]
        return elements(y) * elements(shapes[self.filter_input]) // max(y[-1], 1) if y else 0

    def kernel(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> KernelSpec:
        """The kernel at these shapes: ``reference`` itself for an operator that has no other.

        Raises:
            ValueUnknownError: It needs a value that is not known yet.
        """
        from .numpy_kernel import NumpySpec

        given = [i for i, v in enumerate(values) if v is None and node.inputs[i] is not None]
        out = self.output_shapes(node, shapes, values)

        def run(arrays: Sequence[NDArray[Any]]) -> Sequence[NDArray[Any]]:
            inputs = list(values)
            for i, array in zip(given, arrays, strict=True):
                inputs[i] = array
            return self.computed(node, inputs, policy, out)

        return NumpySpec(
            run,
            tuple((shapes[i], node.input(i).dtype) for i in given),
            tuple((shape, y.dtype) for shape, y in zip(out, node.outputs, strict=True)),
            tuple(given),
        )

    def constants(
        self, node: Node, shapes: Sequence[Shape], values: Values, policy: Policy
    ) -> Constants:
        """The numbers that another implementation needs besides scales and options.

        Multipliers, shifts, clamp bounds, where a window goes; none that the operator
        doesn't state.

        Raises:
            ValueUnknownError: They need a value that is not known yet.
        """
        return self.kernel(node, shapes, values, policy).constants

    @abstractmethod
    def reference(self, node: Node, inputs: Values, policy: Policy) -> list[NDArray[Any]]:
        """The outputs, in plain numpy."""

    def explain(
        self, node: Node, inputs: Values, index: tuple[int, ...], policy: Policy
    ) -> Explanation | None:
        """How one element of the first output comes about, if the operator can tell."""
        return None


class ValueUnknownError(Exception):
    """A shape or a kernel depends on the value of an input that only a run will give.

    Attributes:
        input: The input's position.
    """

    def __init__(self, message: str, input: int = -1) -> None:
        super().__init__(message)
        self.input = input


# Checks that several operators share. Each gives a line of text for what it refuses.


def arity(node: Node, required: int, optional: int = 0, outputs: int = 1) -> list[str]:
    """Reasons for which a node's tensors can't even be looked at."""
    reasons = []
    if not required <= len(node.inputs) <= required + optional:
        most = f" to {required + optional}" if optional else ""
        reasons.append(f"has {len(node.inputs)} inputs, expected {required}{most}")
    reasons += [f"input {i} is absent" for i, t in enumerate(node.inputs[:required]) if t is None]
    if len(node.outputs) != outputs:
        reasons.append(f"has {len(node.outputs)} outputs, expected {outputs}")
    return reasons


def check_quantized(tensor: Tensor, what: str, per_channel: bool = False) -> Iterator[str]:
    if tensor.quantization is None:
        yield f"{what} {tensor!r} has no quantization parameters"
    elif tensor.quantization.per_channel and not per_channel:
        yield f"{what} {tensor!r} is quantized per channel"
    if tensor.is_sparse:
        yield f"{what} {tensor!r} is sparse"


def check_symmetric(*tensors: Tensor) -> Iterator[str]:
    """What the runtimes want of int16 that they compute with."""
    for tensor in tensors:
        q = tensor.quantization
        if tensor.type == "INT16" and q is not None and q.zero_point.any():
            yield f"{tensor!r}: the zero point of INT16 must be 0"


def check_scales(x: Tensor, weights: Tensor) -> Iterator[str]:
    """The runtimes multiply these two in float32."""
    if x.quantization is not None and weights.quantization is not None:
        # Of two float32 numbers the product of float64 is exact.
        product = float(x.quantization.scale[0]) * weights.quantization.scale_range[1]
        if product >= FLOAT32_OVERFLOW:
            yield f"scales of input {x!r} and weights {weights!r} multiply to infinity"


def fused_activation(node: Node) -> str:
    """The name of the fused activation."""
    return name_of(ACTIVATIONS, getattr(node.options, "fused_activation_function", 0))


def check_activation(node: Node) -> Iterator[str]:
    if fused_activation(node) not in FUSED:
        yield f"fused activation {fused_activation(node)} is not supported"


def quantization(tensor: Tensor) -> Quantization:
    """The quantization that the operator's check found present."""
    if tensor.quantization is None:
        raise ValueError(f"{tensor!r} has no quantization parameters")
    return tensor.quantization


def elements(shape: Shape) -> int:
    """How many elements a shape has."""
    product = 1
    for d in shape:
        product *= d
    return product


def shape_error(node: Node, what: str) -> ShapeError:
    return ShapeError(f"{node.label}: {what}")


def known(node: Node, values: Values, i: int) -> NDArray[Any]:
    """The value of input i.

    Raises:
        ValueUnknownError: Only a run will give it.
    """
    value = values[i]
    if value is None:
        raise ValueUnknownError(f"{node.label}: input {i} is not constant", i)
    return np.asarray(value)

"""Arguments of calls as arrays: what is taken as it is, what is copied, what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._util.memory_limit import array_bytes, check_memory
from .errors import ShapeError
from .graph.types import Graph, Shape, Tensor
from .quantization import dequantize, quantize


@dataclass(frozen=True, eq=False)
class Batch:
    """Arguments of a call as runs of the graph.

    Attributes:
        arrays: One for each graph input, the runs behind each other.
        samples: How many runs.
        shapes: Of the inputs of one run.
        copied: Bytes of the arrays that are copies of what was given.
    """

    arrays: tuple[NDArray[Any], ...]
    samples: int
    shapes: tuple[Shape, ...]
    copied: int = 0


# At most so many bytes an element are needed to quantize it, or to dequantize it.
_BYTES_TO_QUANTIZE = 32
_BYTES_TO_DEQUANTIZE = 16


def plain_array(x: ArrayLike, tensor: Tensor | str) -> NDArray[Any]:
    """``x`` as an array of numpy's own class, which shares its memory if ``x`` is an array.

    Args:
        x: The argument.
        tensor: What it is for.

    Raises:
        TypeError: It is a masked array with masked elements, which have no value.
        ValueError: It is a list of rows that differ in length.
    """
    if isinstance(x, np.ma.MaskedArray) and np.ma.is_masked(x):
        raise TypeError(f"{tensor!s}: got a masked array, of whose elements some have no value")
    return np.asarray(x)


def stored_array(x: ArrayLike, tensor: Tensor) -> NDArray[Any]:
    """``x`` as a plain array whose values are all of the tensor's type.

    Raises:
        TypeError: The values would change: floats for integers, another width.
        ValueError: It is a list of rows that differ in length.
    """
    array, dtype = plain_array(x, tensor), tensor.dtype
    if array.dtype.newbyteorder("=") != dtype:
        is_loose = not isinstance(x, np.ndarray | np.generic)
        if not (is_loose and _fits(array, dtype)):
            real = array.dtype.kind == "f" and dtype.kind in "iu"
            hint = "; predict() takes real values" if real else ""
            raise TypeError(f"{tensor!r}: got {array.dtype} values, expected {dtype}{hint}")
    return array


def as_kernels_read(array: NDArray[Any], tensor: Tensor) -> NDArray[Any]:
    """Aligned, C-contiguous and of the tensor's type: itself, or a copy."""
    return np.require(array, tensor.dtype, ["C", "A"])


def copied_bytes(array: NDArray[Any], tensor: Tensor) -> int:
    """How many bytes ``as_kernels_read`` takes: none for an array that it hands on."""
    flags = array.flags
    if flags.c_contiguous and flags.aligned and array.dtype == tensor.dtype:
        return 0
    return array_bytes(array.shape, tensor.dtype)


def _fits(array: NDArray[Any], dtype: np.dtype[Any]) -> bool:
    """Whether Python numbers, given as a list, are all values of ``dtype``."""
    if dtype.kind == "f":
        return array.dtype.kind in "fiub"
    if array.size == 0:
        return True
    if dtype.kind not in "iu" or array.dtype.kind not in "iub":
        return False
    info = np.iinfo(dtype)
    return bool(array.min() >= info.min and array.max() <= info.max)


def real_array(x: ArrayLike, tensor: Tensor) -> NDArray[Any]:
    """``x`` as a plain array of real numbers.

    Raises:
        TypeError: It holds something else: text, objects, complex numbers.
        ValueError: It is a list of rows that differ in length.
    """
    array = plain_array(x, tensor)
    if array.dtype.kind not in "iufb":
        raise TypeError(f"{tensor!r}: got {array.dtype} values, expected real numbers")
    return array


def to_stored(real: NDArray[Any], tensor: Tensor) -> NDArray[Any]:
    """Real values as the tensor's own: quantized by its parameters, or of its float type.

    Raises:
        TypeError: They are floats, and the tensor takes integers that mean themselves.
        MemoryLimitError: That would take too much memory.
    """
    check_memory(_BYTES_TO_QUANTIZE * real.size, f"{tensor!r}: quantizing it")
    q = tensor.quantization
    if q is not None and tensor.dtype.kind in "iu":
        return quantize(real, float(q.scale[0]), int(q.zero_point[0]), tensor.dtype)
    if tensor.dtype.kind == "f":
        with np.errstate(over="ignore"):
            return np.asarray(real, tensor.dtype)
    return stored_array(real, tensor)


def to_real(y: NDArray[Any], tensor: Tensor) -> NDArray[Any]:
    """A result as real values, float32 if the tensor is quantized.

    Raises:
        MemoryLimitError: That would take too much memory.
    """
    q = tensor.quantization
    if q is None or tensor.dtype.kind not in "iu":
        return y
    check_memory(_BYTES_TO_DEQUANTIZE * y.size, f"{tensor!r}: its real values")
    return dequantize(y, float(q.scale[0]), int(q.zero_point[0]))


def joined(shape: Shape, samples: int) -> Shape:
    """The shape of several runs' outputs, one behind the other."""
    if shape:
        return (shape[0] * samples, *shape[1:])
    return () if samples == 1 else (samples,)


def samples_of(shape: Shape, tensor: Tensor) -> int:
    """How many runs an array of this shape is for.

    Raises:
        ShapeError: It is for none: see the message.
    """
    own, open_ = tensor.shape, tensor.shape_signature
    fits = len(shape) == len(own) and all(
        s == -1 or d == o for d, o, s in zip(shape[1:], own[1:], open_[1:], strict=True)
    )
    if not fits:
        expected = ["N", *("?" if s < 0 else s for s in open_[1:])] if own else []
        raise ShapeError(
            f"{tensor!r}: got an array of shape {list(shape)}, expected "
            f"[{', '.join(map(str, expected))}]"
        )
    if not own:
        return 1
    if own[0] == 0:
        if shape[0] != 0:
            raise ShapeError(f"{tensor!r}: got {shape[0]} rows, the model takes none")
        return 1
    if shape[0] % own[0]:
        raise ShapeError(
            f"{tensor!r}: got {shape[0]} rows, expected a multiple of the model's own {own[0]}"
        )
    return shape[0] // own[0]


def batch_of(graph: Graph, args: Sequence[ArrayLike]) -> Batch:
    """Arguments of a call, checked and converted.

    Args:
        graph: What is called.
        args: One for each of its inputs; the leading dimensions are whole numbers of runs.

    Raises:
        TypeError: They differ in number from the inputs, or have values of another type.
        ShapeError: They do not fit the inputs, or differ in how many runs they are for.
        MemoryLimitError: Copies would take too much memory.
    """
    inputs = [graph.tensors[i] for i in graph.inputs]
    if len(args) != len(inputs):
        raise TypeError(f"the model has {len(inputs)} inputs, {len(args)} were given")
    given = [stored_array(x, t) for x, t in zip(args, inputs, strict=True)]
    samples: int | None = None
    for x, tensor in zip(given, inputs, strict=True):
        count = samples_of(x.shape, tensor)
        if samples not in (None, count):
            raise ShapeError(
                f"{tensor!r}: array of shape {list(x.shape)} has {count} samples, "
                f"the inputs before it have {samples}"
            )
        samples = count
    shapes = tuple(
        (t.shape[0], *x.shape[1:]) if t.shape else () for x, t in zip(given, inputs, strict=True)
    )
    check_input_shapes(graph, shapes, strict=False)
    copied = sum(copied_bytes(x, t) for x, t in zip(given, inputs, strict=True))
    check_memory(copied, "copies of the inputs in C order")
    arrays = tuple(as_kernels_read(x, t) for x, t in zip(given, inputs, strict=True))
    return Batch(arrays, 1 if samples is None else samples, shapes, copied)


def check_input_shapes(graph: Graph, shapes: Sequence[Shape], strict: bool) -> None:
    """Whether the inputs may have these shapes.

    Args:
        graph: The graph.
        shapes: One for each graph input.
        strict: Only dimensions that the signature leaves open may differ.

    Raises:
        ShapeError: They may not.
    """
    for i, shape in zip(graph.inputs, shapes, strict=True):
        tensor = graph.tensors[i]
        if any(d < 0 for d in shape):
            raise ShapeError(f"{tensor!r}: cannot have shape {list(shape)}")
        if strict and (
            len(shape) != len(tensor.shape)
            or any(s not in (-1, d) for d, s in zip(shape, tensor.shape_signature, strict=True))
        ):
            raise ShapeError(
                f"{tensor!r}: cannot have shape {list(shape)}, "
                f"only {list(tensor.shape_signature)}, where -1 is open"
            )

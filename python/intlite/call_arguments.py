"""Arguments of calls as arrays: what is taken as it is, what is copied, what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._util.memory_limit import array_bytes, check_memory
from .errors import ShapeError
from .graph.types import Shape, Tensor
from .quantization import dequantize, quantize

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

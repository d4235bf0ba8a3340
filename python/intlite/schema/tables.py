"""TFLite's schema as immutable records: what a file says, and where in a table it says it.

A field's slot gives its place in the flatbuffer table and how it is stored: the native
reader and ``writer`` both work from that, so a table is described only here. Tables and
fields that intlite does not use are left out.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from .._native import FileTable
from .._native import Slot as Slot

IDENTIFIER: Final = b"TFL3"


# A slot says where a field lies in its table and how: the field's number in the schema, how it is
# stored, a scalar's or vector element's numpy type code or a table's class name, and its value
# where the table leaves it out. It is also the descriptor that reads the field.


def _scalar(index: int, code: str, default: float = 0) -> Any:
    return Slot(index, "scalar", code, default)


def _string(index: int, default: None = None) -> Any:
    return Slot(index, "string", "", default)


def _vector(index: int, code: str, default: None = None) -> Any:
    return Slot(index, "vector", code, default)


def _table(index: int, name: str, default: None = None) -> Any:
    return Slot(index, "table", name, default)


def _tables(index: int, name: str, default: tuple[()] = ()) -> Any:
    return Slot(index, "tables", name, default)


def _options(index: int, default: None = None) -> Any:
    return Slot(index, "union", "", default)


_T = TypeVar("_T", bound="Table")


class Table(FileTable):
    """One table of the schema: fields by name, those not given at their defaults.

    Of a file, which the reader has verified, a field is read when it is first asked for.
    """

    slots: ClassVar[tuple[tuple[str, Slot], ...]] = ()

    def __init_subclass__(cls) -> None:
        cls.slots = tuple((n, slot) for n, slot in vars(cls).items() if isinstance(slot, Slot))
        TABLES[cls.__name__] = cls

    def __init__(self, **values: Any) -> None:
        unknown = values.keys() - {name for name, _ in self.slots}
        if unknown:
            raise TypeError(f"{type(self).__name__} has no field {', '.join(sorted(unknown))}")
        self.__dict__.update(values)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable; see replace()")

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name, _ in self.slots)
        return f"{type(self).__name__}({values})"

    def __getstate__(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name, _ in self.slots}

    def replace(self: _T, **changes: Any) -> _T:  # noqa: PYI019 (Self needs Python 3.11)
        """The same table with some fields changed."""
        made = type(self).__new__(type(self), self)
        made.__init__(**{**self.__dict__, **changes})  # type: ignore[misc]
        return made


# Every table by its name in the schema.
TABLES: Final[dict[str, type[Table]]] = {}


class QuantizationParameters(Table):
    """Of one tensor; TFLite ignores min and max."""

    min: NDArray[np.float32] | None = _vector(0, "f4")
    max: NDArray[np.float32] | None = _vector(1, "f4")
    scale: NDArray[np.float32] | None = _vector(2, "f4")
    zero_point: NDArray[np.int64] | None = _vector(3, "i8")
    details_type: int = _scalar(4, "u1")
    quantized_dimension: int = _scalar(6, "i4")


class SparsityParameters(Table):
    """Only that it is there: sparse tensors are refused."""


class Tensor(Table):
    """One tensor of a subgraph."""

    shape: NDArray[np.int32] | None = _vector(0, "i4")
    type: int = _scalar(1, "i1")
    buffer: int = _scalar(2, "u4")
    name: str | None = _string(3)
    quantization: QuantizationParameters | None = _table(4, "QuantizationParameters")
    is_variable: bool = _scalar(5, "?", False)
    sparsity: SparsityParameters | None = _table(6, "SparsityParameters")
    shape_signature: NDArray[np.int32] | None = _vector(7, "i4")
    has_rank: bool = _scalar(8, "?", False)


class Operator(Table):
    """One operator: tensors by number."""

    opcode_index: int = _scalar(0, "u4")
    inputs: NDArray[np.int32] | None = _vector(1, "i4")
    outputs: NDArray[np.int32] | None = _vector(2, "i4")
    builtin_options_type: int = _scalar(3, "u1")
    builtin_options: Any = _options(4)
    custom_options: NDArray[np.uint8] | None = _vector(5, "u1")
    intermediates: NDArray[np.int32] | None = _vector(8, "i4")


class OperatorCode(Table):
    """Which operator: the greater of both codes."""

    deprecated_builtin_code: int = _scalar(0, "i1")
    custom_code: str | None = _string(1)
    version: int = _scalar(2, "i4", 1)
    builtin_code: int = _scalar(3, "i4")


class SubGraph(Table):
    """Tensors, and operators in the order they run."""

    tensors: tuple[Tensor, ...] = _tables(0, "Tensor")
    inputs: NDArray[np.int32] | None = _vector(1, "i4")
    outputs: NDArray[np.int32] | None = _vector(2, "i4")
    operators: tuple[Operator, ...] = _tables(3, "Operator")
    name: str | None = _string(4)


class Buffer(Table):
    """A constant's bytes; beyond 2 GB by offset and size in the file."""

    data: NDArray[np.uint8] | None = _vector(0, "u1")
    offset: int = _scalar(1, "u8")
    size: int = _scalar(2, "u8")


class Metadata(Table):
    """A named buffer."""

    name: str | None = _string(0)
    buffer: int = _scalar(1, "u4")


class TensorMap(Table):
    """A signature's name for a tensor."""

    name: str | None = _string(0)
    tensor_index: int = _scalar(1, "u4")


class SignatureDef(Table):
    """A named entry of the model."""

    inputs: tuple[TensorMap, ...] = _tables(0, "TensorMap")
    outputs: tuple[TensorMap, ...] = _tables(1, "TensorMap")
    signature_key: str | None = _string(2)
    subgraph_index: int = _scalar(4, "u4")


class Model(Table):
    """The whole file."""

    version: int = _scalar(0, "u4")
    operator_codes: tuple[OperatorCode, ...] = _tables(1, "OperatorCode")
    subgraphs: tuple[SubGraph, ...] = _tables(2, "SubGraph")
    description: str | None = _string(3)
    buffers: tuple[Buffer, ...] = _tables(4, "Buffer")
    metadata: tuple[Metadata, ...] = _tables(6, "Metadata")
    signature_defs: tuple[SignatureDef, ...] = _tables(7, "SignatureDef")

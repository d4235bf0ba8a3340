"""TFLite's schema as frozen dataclasses: what a file says, and where in a table it says it.

A field's metadata gives its slot in the flatbuffer table and how it is stored;
``reader`` and ``writer`` both work from that, so a table is described only here.
Tables and fields that intlite does not use are left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["scalar", "string", "vector", "table", "tables", "union"]

IDENTIFIER: Final = b"TFL3"


@dataclass(frozen=True)
class Slot:
    """Where a field lies in its table, and how.

    Attributes:
        index: The field's number in the schema.
        kind: How it is stored.
        type: A scalar's or vector element's numpy type code, a table's class name.
        default: A scalar's value where the table leaves it out.
    """

    index: int
    kind: Kind
    type: str = ""
    default: int | float | bool = 0


def _scalar(index: int, code: str, default: float = 0) -> Any:
    return field(default=default, metadata={"slot": Slot(index, "scalar", code, default)})


def _string(index: int) -> Any:
    return field(default=None, metadata={"slot": Slot(index, "string")})


def _vector(index: int, code: str) -> Any:
    return field(default=None, metadata={"slot": Slot(index, "vector", code)})


def _table(index: int, name: str) -> Any:
    return field(default=None, metadata={"slot": Slot(index, "table", name)})


def _tables(index: int, name: str) -> Any:
    return field(default=(), metadata={"slot": Slot(index, "tables", name)})


def _options(index: int) -> Any:
    return field(default=None, metadata={"slot": Slot(index, "union")})


@dataclass(frozen=True, eq=False)
class QuantizationParameters:
    min: NDArray[np.float32] | None = _vector(0, "f4")
    max: NDArray[np.float32] | None = _vector(1, "f4")
    scale: NDArray[np.float32] | None = _vector(2, "f4")
    zero_point: NDArray[np.int64] | None = _vector(3, "i8")
    details_type: int = _scalar(4, "u1")
    quantized_dimension: int = _scalar(6, "i4")


@dataclass(frozen=True, eq=False)
class SparsityParameters:
    """Only that it is there: sparse tensors are refused."""


@dataclass(frozen=True, eq=False)
class Tensor:
    shape: NDArray[np.int32] | None = _vector(0, "i4")
    type: int = _scalar(1, "i1")
    buffer: int = _scalar(2, "u4")
    name: str | None = _string(3)
    quantization: QuantizationParameters | None = _table(4, "QuantizationParameters")
    is_variable: bool = _scalar(5, "?", False)
    sparsity: SparsityParameters | None = _table(6, "SparsityParameters")
    shape_signature: NDArray[np.int32] | None = _vector(7, "i4")
    has_rank: bool = _scalar(8, "?", False)


@dataclass(frozen=True, eq=False)
class ReshapeOptions:
    new_shape: NDArray[np.int32] | None = _vector(0, "i4")


@dataclass(frozen=True, eq=False)
class FullyConnectedOptions:
    fused_activation_function: int = _scalar(0, "i1")
    weights_format: int = _scalar(1, "i1")
    keep_num_dims: bool = _scalar(2, "?", False)
    asymmetric_quantize_inputs: bool = _scalar(3, "?", False)
    quantized_bias_type: int = _scalar(4, "i1")


@dataclass(frozen=True, eq=False)
class Operator:
    opcode_index: int = _scalar(0, "u4")
    inputs: NDArray[np.int32] | None = _vector(1, "i4")
    outputs: NDArray[np.int32] | None = _vector(2, "i4")
    builtin_options_type: int = _scalar(3, "u1")
    builtin_options: Any = _options(4)
    custom_options: NDArray[np.uint8] | None = _vector(5, "u1")
    intermediates: NDArray[np.int32] | None = _vector(8, "i4")


@dataclass(frozen=True, eq=False)
class OperatorCode:
    deprecated_builtin_code: int = _scalar(0, "i1")
    custom_code: str | None = _string(1)
    version: int = _scalar(2, "i4", 1)
    builtin_code: int = _scalar(3, "i4")


@dataclass(frozen=True, eq=False)
class SubGraph:
    tensors: tuple[Tensor, ...] = _tables(0, "Tensor")
    inputs: NDArray[np.int32] | None = _vector(1, "i4")
    outputs: NDArray[np.int32] | None = _vector(2, "i4")
    operators: tuple[Operator, ...] = _tables(3, "Operator")
    name: str | None = _string(4)


@dataclass(frozen=True, eq=False)
class Buffer:
    data: NDArray[np.uint8] | None = _vector(0, "u1")
    offset: int = _scalar(1, "u8")
    size: int = _scalar(2, "u8")


@dataclass(frozen=True, eq=False)
class Metadata:
    name: str | None = _string(0)
    buffer: int = _scalar(1, "u4")


@dataclass(frozen=True, eq=False)
class TensorMap:
    name: str | None = _string(0)
    tensor_index: int = _scalar(1, "u4")


@dataclass(frozen=True, eq=False)
class SignatureDef:
    inputs: tuple[TensorMap, ...] = _tables(0, "TensorMap")
    outputs: tuple[TensorMap, ...] = _tables(1, "TensorMap")
    signature_key: str | None = _string(2)
    subgraph_index: int = _scalar(4, "u4")


@dataclass(frozen=True, eq=False)
class Model:
    version: int = _scalar(0, "u4")
    operator_codes: tuple[OperatorCode, ...] = _tables(1, "OperatorCode")
    subgraphs: tuple[SubGraph, ...] = _tables(2, "SubGraph")
    description: str | None = _string(3)
    buffers: tuple[Buffer, ...] = _tables(4, "Buffer")
    metadata: tuple[Metadata, ...] = _tables(6, "Metadata")
    signature_defs: tuple[SignatureDef, ...] = _tables(7, "SignatureDef")


TABLES: Final[dict[str, type]] = {
    cls.__name__: cls
    for cls in (
        Buffer,
        FullyConnectedOptions,
        Metadata,
        Model,
        Operator,
        OperatorCode,
        QuantizationParameters,
        ReshapeOptions,
        SignatureDef,
        SparsityParameters,
        SubGraph,
        Tensor,
        TensorMap,
    )
}

# Each class's fields as (name, slot), in the order of the dataclass.
SLOTS: Final[dict[type, tuple[tuple[str, Slot], ...]]] = {
    cls: tuple((f.name, f.metadata["slot"]) for f in fields(cls))
    for cls in TABLES.values()
}

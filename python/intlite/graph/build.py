"""Tables to a graph: every index, size, type and quantization of the file is checked here, once."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import schema
from ..errors import ModelError
from ..quantization import Quantization, extremes, type_range
from ..schema.enums import BUILTIN_OPERATORS, TENSOR_TYPES, name_of
from ..schema.options import SUBGRAPHS, table_of
from .states import initializes, with_states
from .types import NUMPY_TYPES, Graph, Operator, Shape, Signature, Tensor

SCHEMA_VERSION = 3
MAX_RANK = 32
# Elements of one tensor: far beyond any memory, and products stay exact in int64.
MAX_ELEMENTS = 2**40
_BITS = {"INT4": 4, "UINT4": 4, "INT2": 2, "BFLOAT16": 16, "FLOAT8_E4M3FN": 8, "FLOAT8_E5M2": 8}
# Of these types the operators read the scale.
QUANTIZED = ("INT8", "UINT8", "INT16", "INT4")
_ZERO_POINTS = {name: type_range(NUMPY_TYPES[name]) for name in ("INT8", "UINT8", "INT16")}
# As files have them, on any processor.
_STORED = {name: dtype.newbyteorder("<") for name, dtype in NUMPY_TYPES.items()}
_ANY_ZERO_POINT = type_range(np.int32)
CUSTOM = BUILTIN_OPERATORS.index("CUSTOM")


def build(model: schema.Model) -> Graph:
    """The main subgraph of a model's tables, with the others and the signatures.

    Raises:
        ModelError: The tables contradict each other; the message says where.
    """
    if model.version != SCHEMA_VERSION:
        raise ModelError(f"Model.version is {model.version}, expected {SCHEMA_VERSION}")
    if not model.subgraphs:
        raise ModelError("Model.subgraphs is empty")
    # Tensors can share a buffer: a misaligned one is copied here, once, not for each of them.
    needs = _alignments(model)
    buffers = tuple([_aligned(b, needs.get(i, 1)) for i, b in enumerate(model.buffers)])
    model = model.replace(buffers=buffers)
    names = [_operator_name(code, i) for i, code in enumerate(model.operator_codes)]
    unpacked: dict[int, NDArray[np.int8]] = {}
    graphs = [_Builder(model, names, i, unpacked).graph() for i in range(len(model.subgraphs))]
    signatures = tuple(
        _signature(s, graphs, f"signature_defs[{i}]") for i, s in enumerate(model.signature_defs)
    )
    main = with_states(graphs[0], tuple(graphs[1:]))
    return Graph(
        main.name,
        main.tensors,
        main.operators,
        main.inputs,
        main.outputs,
        tuple(graphs[1:]),
        signatures,
        main.states,
        main.source,
    )


def _operator_name(code: schema.OperatorCode, index: int) -> str:
    # Files older than the 32-bit field have only the 8-bit one; newer ones have both.
    value = max(code.builtin_code, code.deprecated_builtin_code)
    if value < 0:
        raise ModelError(f"operator_codes[{index}]: builtin code is {value}")
    if value == CUSTOM:
        return f"CUSTOM({code.custom_code or ''})"
    return name_of(BUILTIN_OPERATORS, value)


def _signature(table: schema.SignatureDef, graphs: list[Graph], where: str) -> Signature:
    if table.subgraph_index >= len(graphs):
        raise ModelError(f"{where}: subgraph {table.subgraph_index} of {len(graphs)}")
    count = len(graphs[table.subgraph_index].tensors)

    def mapping(entries: tuple[schema.TensorMap, ...]) -> dict[str, int]:
        for entry in entries:
            if entry.name is None or entry.tensor_index >= count:
                raise ModelError(f"{where}: tensor {entry.tensor_index} of {count}")
        # In the order of the names, as LiteRT's std::map has them.
        return dict(sorted((str(e.name), e.tensor_index) for e in entries))

    return Signature(
        table.signature_key or "",
        mapping(table.inputs),
        mapping(table.outputs),
        table.subgraph_index,
    )


class _Builder:
    """One subgraph. ``self.where`` prefixes every message."""

    def __init__(
        self,
        model: schema.Model,
        operator_names: list[str],
        index: int,
        unpacked: dict[int, NDArray[np.int8]],
    ) -> None:
        self.model = model
        self.unpacked = unpacked
        self.names = operator_names
        self.table = model.subgraphs[index]
        self.where = f"subgraphs[{index}]"

    def graph(self) -> Graph:
        inputs = self._indices(self.table.inputs, f"{self.where}.inputs", optional=False)
        if len(set(inputs)) < len(inputs):
            raise self._fail(f"{self.where}.inputs", f"{inputs} has a tensor twice")
        outputs = self._indices(self.table.outputs, f"{self.where}.outputs", optional=False)
        operators = tuple(self._operator(i, op) for i, op in enumerate(self.table.operators))
        computed = {t for op in operators for t in op.outputs} | set(inputs)
        used = computed | {t for op in operators for t in (*op.inputs, *op.intermediates)}
        tensors = tuple(
            self._tensor(i, t, i in computed, i in used) for i, t in enumerate(self.table.tensors)
        )
        self._check_order(tensors, operators, inputs, outputs)
        return Graph(self.table.name or "", tensors, operators, inputs, outputs)

    def _fail(self, where: str, what: str) -> ModelError:
        return ModelError(f"{where}: {what}")

    def _indices(
        self, vector: NDArray[np.int32] | None, where: str, optional: bool
    ) -> tuple[int, ...]:
        indices = () if vector is None else tuple(vector.tolist())
        low, count = (-1 if optional else 0), len(self.table.tensors)
        for i in indices:
            if not low <= i < count:
                raise self._fail(where, f"tensor {i} of {count}")
        return indices

    def _operator(self, index: int, table: schema.Operator) -> Operator:
        where = f"{self.where}.operators[{index}]"
        if table.opcode_index >= len(self.names):
            raise self._fail(where, f"opcode {table.opcode_index} of {len(self.names)}")
        name = self.names[table.opcode_index]
        options, own = table.builtin_options, table_of(name)
        # As the runtimes do: another operator's options are none.
        if type(options).__name__ != own:
            options = None
        for field in SUBGRAPHS.get(name, ()) if options is not None else ():
            self._check_subgraph(getattr(options, field), f"{where} ({name}).{field}")
        return Operator(
            index,
            name,
            self.model.operator_codes[table.opcode_index].version,
            self._indices(table.inputs, f"{where}.inputs", optional=True),
            self._indices(table.outputs, f"{where}.outputs", optional=False),
            options,
            self._indices(table.intermediates, f"{where}.intermediates", optional=True),
        )

    def _check_subgraph(self, number: int, where: str) -> None:
        count = len(self.model.subgraphs)
        if not 0 <= number < count:
            raise self._fail(where, f"subgraph {number} of {count}")

    def _tensor(self, index: int, table: schema.Tensor, computed: bool, used: bool) -> Tensor:
        where = f"{self.where}.tensors[{index}]"
        if not 0 <= table.type < len(TENSOR_TYPES):
            raise self._fail(where, f"type {table.type} is not known")
        type_name = TENSOR_TYPES[table.type]
        shape = self._shape(table.shape, 0, f"{where}.shape")
        signature = shape
        stated = table.shape_signature
        if stated is not None and stated.size:
            signature = self._shape(stated, -1, f"{where}.shape_signature")
            if len(signature) != len(shape):
                raise self._fail(where, f"shape signature {signature} for shape {shape}")
        data = None if computed else self._data(table, type_name, shape, where)
        return Tensor(
            index,
            table.name or "",
            type_name,
            shape,
            signature,
            self._quantization(table, type_name, shape, used, f"{where}.quantization"),
            data,
            table.is_variable,
            table.sparsity is not None,
        )

    def _shape(self, vector: NDArray[np.int32] | None, low: int, where: str) -> Shape:
        shape = () if vector is None else tuple(vector.tolist())
        if len(shape) > MAX_RANK:
            raise self._fail(where, f"rank {len(shape)} is above {MAX_RANK}")
        if shape and min(shape) < low:
            raise self._fail(where, f"{shape} has a negative dimension")
        if math.prod([max(d, 1) for d in shape]) > MAX_ELEMENTS:
            raise self._fail(where, f"{shape} has too many elements")
        return shape

    def _data(
        self, table: schema.Tensor, type_name: str, shape: Shape, where: str
    ) -> NDArray[Any] | None:
        if table.buffer >= len(self.model.buffers):
            raise self._fail(where, f"buffer {table.buffer} of {len(self.model.buffers)}")
        raw = self.model.buffers[table.buffer].data
        elements = math.prod(shape)
        if table.is_variable or ((raw is None or raw.size == 0) and elements != 0):
            return None
        raw = np.empty(0, np.uint8) if raw is None else raw
        if type_name in NUMPY_TYPES and table.sparsity is None:
            dtype = NUMPY_TYPES[type_name]
            if raw.size != elements * dtype.itemsize:
                raise self._fail(
                    where,
                    f"{elements * dtype.itemsize} bytes expected for {type_name} {shape}, "
                    f"its buffer has {raw.size}",
                )
            stored = raw.view(_STORED[type_name])
            return _frozen(stored.astype(dtype, copy=False), shape)
        bits = _BITS.get(type_name)
        if bits is None or table.sparsity is not None:
            # Sparse and string data: the bytes, for operators that know them.
            return _frozen(raw, raw.shape)
        if raw.size != (elements * bits + 7) // 8:
            raise self._fail(where, f"its buffer of {raw.size} bytes does not fit {shape}")
        if type_name == "INT4":
            return _frozen(self._int4(table.buffer, raw)[:elements], shape)
        return _frozen(raw, raw.shape)

    def _int4(self, buffer: int, raw: NDArray[np.uint8]) -> NDArray[np.int8]:
        """A buffer unpacked, once for all tensors that share it."""
        if buffer not in self.unpacked:
            self.unpacked[buffer] = _unpacked(raw)
        return self.unpacked[buffer]

    def _quantization(
        self, table: schema.Tensor, type_name: str, shape: Shape, used: bool, where: str
    ) -> Quantization | None:
        q = table.quantization
        if q is None or q.scale is None or q.scale.size == 0:
            return None
        scale = _in_place(q.scale)
        low, high = extremes(scale)
        # Of a channel in which nothing is left the scale may be 0.
        is_positive = low > 0 or (low == 0 and scale.size > 1)
        if not (is_positive and high < math.inf):
            if not used or type_name not in QUANTIZED:
                # Writers leave 0 and worse where nobody looks; neither do the runtimes.
                return None
            raise self._fail(where, "every scale must be finite and > 0")
        zero_point = np.zeros(1, np.int64) if q.zero_point is None else _in_place(q.zero_point)
        if zero_point.size not in (1, scale.size):
            raise self._fail(where, f"{zero_point.size} zero points for {scale.size} scales")
        least, greatest = extremes(zero_point)
        if scale.size > 1 and least == greatest:
            # One for all channels, of which there may be thousands: np.broadcast_to, but quickly.
            zero_point = np.ndarray(scale.shape, zero_point.dtype, zero_point, strides=(0,))
            zero_point.flags.writeable = False
        axis = q.quantized_dimension
        if scale.size > 1:
            if shape == (scale.size,):
                # Older converters name the filter's dimension in biases too. LiteRT refuses
                # such files; TFLite Micro, for which they were made, does not look.
                axis = 0
            if not 0 <= axis < len(shape) or shape[axis] != scale.size:
                raise self._fail(
                    where, f"{scale.size} scales along dimension {axis} of shape {shape}"
                )
        first, last = _ZERO_POINTS.get(type_name, _ANY_ZERO_POINT)
        if not first <= least <= greatest <= last:
            raise self._fail(where, f"zero point outside [{first}, {last}]")
        return Quantization(scale, zero_point, axis)

    def _check_order(
        self,
        tensors: tuple[Tensor, ...],
        operators: tuple[Operator, ...],
        inputs: tuple[int, ...],
        outputs: tuple[int, ...],
    ) -> None:
        """Each tensor is written once, before it is read.

        Of variables, which have a value, only the initial one may be written.
        """
        untouched = {t.index for t in tensors if t.is_variable} - set(inputs)
        ready = {t.index for t in tensors if t.is_constant or t.is_variable} | set(inputs)
        for operator in operators:
            where = f"{self.where}.operators[{operator.index}] ({operator.name})"
            for i in operator.inputs:
                if i >= 0 and i not in ready:
                    raise self._fail(where, f"reads tensor {i} before anything writes it")
            untouched.difference_update(operator.inputs)
            for i in operator.outputs:
                if i in ready and not (i in untouched and initializes(operator, tensors)):
                    raise self._fail(where, f"writes tensor {i}, which has a value already")
                ready.add(i)
            untouched.difference_update(operator.outputs)
        for i in outputs:
            if i not in ready:
                raise self._fail(f"{self.where}.outputs", f"nothing writes tensor {i}")


def _alignments(model: schema.Model) -> dict[int, int]:
    """Of each buffer: the widest element of the tensors that have it."""
    needs: dict[int, int] = {}
    for subgraph in model.subgraphs:
        for tensor in subgraph.tensors:
            dtype = NUMPY_TYPES.get(name_of(TENSOR_TYPES, tensor.type))
            if dtype is not None:
                needs[tensor.buffer] = max(needs.get(tensor.buffer, 1), dtype.itemsize)
    return needs


def _aligned(buffer: schema.Buffer, alignment: int) -> schema.Buffer:
    if alignment == 1:
        return buffer
    data = buffer.data
    if data is None or data.__array_interface__["data"][0] % alignment == 0:
        return buffer
    return buffer.replace(data=np.array(data))  # numpy aligns its own memory


def _in_place(array: NDArray[Any]) -> NDArray[Any]:
    """The array, or a copy where the file has it at an odd place."""
    return array if array.flags.aligned else array.copy()


def _unpacked(raw: NDArray[np.uint8]) -> NDArray[np.int8]:
    """Of two 4-bit values in each byte, the first one in the low half."""
    nibbles = np.stack([raw & 15, raw >> 4], -1).view(np.int8)
    return np.asarray((nibbles.ravel() ^ 8) - 8, np.int8)


def _frozen(array: NDArray[Any], shape: Shape) -> NDArray[Any]:
    """A read-only view; aligned, so a copy where the file is not."""
    array = array.reshape(shape)
    if not array.flags.aligned:
        array = array.copy()
    array.flags.writeable = False
    return array

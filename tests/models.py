"""Small models for tests: one subgraph, put together tensor by tensor.

>>> net = Network()
>>> x = net.input((1, 4), "INT8", per_tensor(0.5, 3))
>>> y = net.output((1, 4), "UINT8", per_tensor(0.25, 128))
>>> net.operator("QUANTIZE", [x], [y])
>>> model = net.bytes()
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from intlite import schema
from intlite.graph.types import NUMPY_TYPES
from intlite.quantization import Quantization
from intlite.schema.enums import BUILTIN_OPERATORS, BUILTIN_OPTIONS, TENSOR_TYPES
from intlite.schema.writer import write

if TYPE_CHECKING:
    from typing_extensions import Self

NO_TENSOR = -1
SCHEMA_VERSION = 3


class Network:
    """A model under construction. Tensors are numbers, types and operators TFLite's names."""

    def __init__(self) -> None:
        self._tensors: list[schema.Tensor] = []
        # The first buffer is empty: tensors without values point to it.
        self._buffers: list[schema.Buffer] = [schema.Buffer()]
        self._operators: list[schema.Operator] = []
        self._codes: dict[tuple[str, int], int] = {}
        self._inputs: list[int] = []
        self._outputs: list[int] = []
        self._signatures: list[schema.SignatureDef] = []
        self._subgraphs: list[Network] = []

    @classmethod
    def of(cls, model: schema.Model) -> Self:
        """What there is of a model's one subgraph, to go on with."""
        network, [graph] = cls(), model.subgraphs
        network._tensors, network._buffers = list(graph.tensors), list(model.buffers)
        network._operators = list(graph.operators)
        for index, code in enumerate(model.operator_codes):
            number = max(code.deprecated_builtin_code, code.builtin_code)
            network._codes[BUILTIN_OPERATORS[number], code.version] = index
        network._inputs = [] if graph.inputs is None else graph.inputs.tolist()
        network._outputs = [] if graph.outputs is None else graph.outputs.tolist()
        return network

    def subgraph(self) -> Network:
        """Add a subgraph, to be put together likewise."""
        added = Network()
        added._buffers, added._codes = self._buffers, self._codes
        self._subgraphs.append(added)
        return added

    def tensor(
        self,
        shape: Sequence[int],
        type_name: str,
        quantization: Quantization | None = None,
        *,
        data: ArrayLike | None = None,
        name: str | None = None,
        shape_signature: Sequence[int] | None = None,
        is_variable: bool = False,
    ) -> int:
        """Add a tensor; with ``data`` it is a constant."""
        number = len(self._tensors)
        buffer = 0
        if data is not None:
            buffer = len(self._buffers)
            self._buffers.append(schema.Buffer(data=_stored(data, type_name)))
        self._tensors.append(
            schema.Tensor(
                shape=np.array(shape, np.int32),
                type=TENSOR_TYPES.index(type_name),
                buffer=buffer,
                name=f"tensor_{number}" if name is None else name,
                quantization=_quantization(quantization),
                is_variable=is_variable,
                shape_signature=None
                if shape_signature is None
                else np.array(shape_signature, np.int32),
            )
        )
        return number

    def constant(
        self, data: ArrayLike, type_name: str, quantization: Quantization | None = None
    ) -> int:
        """Add a constant of the shape of its values."""
        return self.tensor(np.shape(data), type_name, quantization, data=data)

    def input(
        self,
        shape: Sequence[int],
        type_name: str,
        quantization: Quantization | None = None,
        **more: Any,
    ) -> int:
        """Add a tensor that is an input of the model; ``more`` as for ``tensor``."""
        self._inputs.append(self.tensor(shape, type_name, quantization, **more))
        return self._inputs[-1]

    def output(
        self,
        shape: Sequence[int],
        type_name: str,
        quantization: Quantization | None = None,
        **more: Any,
    ) -> int:
        """Add a tensor that is an output of the model; ``more`` as for ``tensor``."""
        self._outputs.append(self.tensor(shape, type_name, quantization, **more))
        return self._outputs[-1]

    def operator(
        self,
        name: str,
        inputs: Sequence[int],
        outputs: Sequence[int],
        options: Any = None,
        version: int = 1,
        intermediates: Sequence[int] | None = None,
    ) -> None:
        """Add an operator, such as ADD or CUSTOM(mine).

        ``options`` is one of the schema's option tables.
        """
        self._operators.append(
            schema.Operator(
                opcode_index=self._codes.setdefault((name, version), len(self._codes)),
                inputs=np.array(inputs, np.int32),
                outputs=np.array(outputs, np.int32),
                builtin_options_type=0
                if options is None
                else BUILTIN_OPTIONS.index(type(options).__name__),
                builtin_options=options,
                intermediates=None if intermediates is None else np.array(intermediates, np.int32),
            )
        )

    def code(self, operator: schema.Operator) -> str:
        """The name of an operator."""
        return list(self._codes)[operator.opcode_index][0]

    def signature(
        self, key: str, inputs: Mapping[str, int], outputs: Mapping[str, int], subgraph: int = 0
    ) -> None:
        """Add a named entry: argument names to tensors."""
        self._signatures.append(
            schema.SignatureDef(
                inputs=_tensor_maps(inputs),
                outputs=_tensor_maps(outputs),
                signature_key=key,
                subgraph_index=subgraph,
            )
        )

    def model(self) -> schema.Model:
        """The tables."""
        return schema.Model(
            version=SCHEMA_VERSION,
            operator_codes=tuple(_code(name, version) for name, version in self._codes),
            subgraphs=(
                self._subgraph("main"),
                *(net._subgraph(f"subgraph_{i}") for i, net in enumerate(self._subgraphs)),
            ),
            buffers=tuple(self._buffers),
            signature_defs=tuple(self._signatures),
        )

    def _subgraph(self, name: str) -> schema.SubGraph:
        return schema.SubGraph(
            tensors=tuple(self._tensors),
            inputs=np.array(self._inputs, np.int32),
            outputs=np.array(self._outputs, np.int32),
            operators=tuple(self._operators),
            name=name,
        )

    def bytes(self) -> bytes:
        """The .tflite file."""
        return write(self.model())


def without_shapes(data: bytes) -> bytes:
    """The same file without the shapes of all that operators compute, as some writers leave it."""
    model = schema.read(data)
    return write(model.replace(subgraphs=tuple(map(_without_shapes, model.subgraphs))))


def _without_shapes(subgraph: schema.SubGraph) -> schema.SubGraph:
    outputs = [op.outputs for op in subgraph.operators if op.outputs is not None]
    computed = {i for indices in outputs for i in indices.tolist()}
    return subgraph.replace(
        tensors=tuple(
            t.replace(shape=None, shape_signature=None) if i in computed else t
            for i, t in enumerate(subgraph.tensors)
        )
    )


def _code(name: str, version: int) -> schema.OperatorCode:
    custom = name.removeprefix("CUSTOM(").removesuffix(")") if "(" in name else None
    code = BUILTIN_OPERATORS.index(name if custom is None else "CUSTOM")
    # The old field has 8 bits; 127 there says: look at the new one.
    return schema.OperatorCode(
        deprecated_builtin_code=min(code, 127),
        version=version,
        builtin_code=code,
        custom_code=custom,
    )


def _tensor_maps(names: Mapping[str, int]) -> tuple[schema.TensorMap, ...]:
    return tuple(schema.TensorMap(name=n, tensor_index=t) for n, t in names.items())


def _quantization(q: Quantization | None) -> schema.QuantizationParameters | None:
    if q is None:
        return None
    return schema.QuantizationParameters(
        scale=q.scale, zero_point=q.zero_point, quantized_dimension=q.axis
    )


def _stored(data: ArrayLike, type_name: str) -> NDArray[np.uint8]:
    """Values as the file has them."""
    array = np.asarray(data)
    if type_name == "INT4":  # two in a byte, the first one in the low half
        nibbles = array.astype(np.int8).ravel().view(np.uint8) & 15
        nibbles = np.append(nibbles, np.zeros(nibbles.size % 2, np.uint8))
        return np.asarray(nibbles[0::2] | (nibbles[1::2] << 4))
    dtype = NUMPY_TYPES[type_name].newbyteorder("<")
    return np.frombuffer(array.astype(dtype).tobytes(), np.uint8)

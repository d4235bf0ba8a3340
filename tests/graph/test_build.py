"""Every check of a model's tables, one contradiction at a time; and what a good graph holds."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from intlite import schema
from intlite.errors import ModelError
from intlite.graph import Graph, build
from intlite.graph.build import MAX_RANK
from intlite.schema.enums import BUILTIN_OPERATORS, TENSOR_TYPES
from intlite.schema.tables import SparsityParameters

ROOT = Path(__file__).resolve().parents[2]
FULLY_CONNECTED = BUILTIN_OPERATORS.index("FULLY_CONNECTED")
NEW_OPERATOR = BUILTIN_OPERATORS[130]  # past what the 8-bit field of old files can say


def ints(*values: int) -> NDArray[np.int32]:
    return np.array(values, np.int32)


def quantized(*scales: float, zero_point: int | list[int] = 0, axis: int = 0) -> Any:
    return schema.QuantizationParameters(
        scale=np.array(scales, np.float32),
        zero_point=np.atleast_1d(np.array(zero_point, np.int64)),
        quantized_dimension=axis,
    )


def tensor(name: str, type_name: str, *shape: int, **fields: Any) -> schema.Tensor:
    return schema.Tensor(
        name=name, type=TENSOR_TYPES.index(type_name), shape=ints(*shape), **fields
    )


TENSORS = (
    tensor("x", "INT8", 1, 4, quantization=quantized(0.5, zero_point=-128)),
    tensor("weights", "INT8", 2, 4, buffer=1, quantization=quantized(0.25, 0.5, zero_point=[0, 0])),
    tensor("bias", "INT32", 2, buffer=2, quantization=quantized(0.125)),
    tensor("y", "INT8", 1, 2, shape_signature=ints(-1, 2), quantization=quantized(1, zero_point=3)),
)
OPERATOR = schema.Operator(inputs=ints(0, 1, 2), outputs=ints(3))
SIGNATURE = schema.SignatureDef(
    inputs=(schema.TensorMap(name="x", tensor_index=0),),
    outputs=(schema.TensorMap(name="y", tensor_index=3),),
    signature_key="serving_default",
)
MAIN = schema.SubGraph(
    tensors=TENSORS, inputs=ints(0), outputs=ints(3), operators=(OPERATOR,), name="main"
)
MODEL = schema.Model(
    version=3,
    operator_codes=(schema.OperatorCode(builtin_code=FULLY_CONNECTED, version=4),),
    subgraphs=(MAIN,),
    buffers=(
        schema.Buffer(),
        schema.Buffer(data=np.arange(8, dtype=np.uint8)),
        schema.Buffer(data=np.arange(8, dtype=np.uint8)),
    ),
    signature_defs=(SIGNATURE,),
)


def with_main(**changes: Any) -> schema.Model:
    return MODEL.replace(subgraphs=(MAIN.replace(**changes),))


def with_tensor(index: int, **changes: Any) -> schema.Model:
    tensors = list(TENSORS)
    tensors[index] = tensors[index].replace(**changes)
    return with_main(tensors=tuple(tensors))


def with_operator(**changes: Any) -> schema.Model:
    return with_main(operators=(OPERATOR.replace(**changes),))


def with_quantization(index: int, *scales: float, **fields: Any) -> schema.Model:
    return with_tensor(index, quantization=quantized(*scales, **fields))


def with_signature(**changes: Any) -> schema.Model:
    return MODEL.replace(signature_defs=(SIGNATURE.replace(**changes),))


def maps(name: str | None, index: int) -> tuple[schema.TensorMap, ...]:
    return (schema.TensorMap(name=name, tensor_index=index),)


def two_writers() -> schema.Model:
    return with_main(operators=(OPERATOR, OPERATOR))


T0, T1, T3 = (f"subgraphs[0].tensors[{i}]" for i in (0, 1, 3))
OP = "subgraphs[0].operators[0]"
BAD: dict[str, tuple[schema.Model, str]] = {
    "version 0": (MODEL.replace(version=0), "Model.version is 0, expected 3"),
    "version 4": (MODEL.replace(version=4), "Model.version is 4, expected 3"),
    "no subgraphs": (MODEL.replace(subgraphs=()), "Model.subgraphs is empty"),
    "negative builtin code": (
        MODEL.replace(
            operator_codes=(schema.OperatorCode(builtin_code=-2, deprecated_builtin_code=-1),)
        ),
        "operator_codes[0]: builtin code is -1",
    ),
    "graph input past the end": (with_main(inputs=ints(4)), "subgraphs[0].inputs: tensor 4 of 4"),
    "graph input absent": (with_main(inputs=ints(-1)), "subgraphs[0].inputs: tensor -1 of 4"),
    "graph input twice": (
        with_main(inputs=ints(0, 0)),
        "subgraphs[0].inputs: (0, 0) has a tensor twice",
    ),
    "graph output past the end": (
        with_main(outputs=ints(3, 2**31 - 1)),
        "subgraphs[0].outputs: tensor 2147483647 of 4",
    ),
    "graph output absent": (with_main(outputs=ints(-1)), "subgraphs[0].outputs: tensor -1 of 4"),
    "opcode past the end": (with_operator(opcode_index=1), f"{OP}: opcode 1 of 1"),
    "operator input past the end": (
        with_operator(inputs=ints(0, 4)),
        f"{OP}.inputs: tensor 4 of 4",
    ),
    "operator input below -1": (
        with_operator(inputs=ints(-2)),
        f"{OP}.inputs: tensor -2 of 4",
    ),
    "operator output absent": (with_operator(outputs=ints(-1)), f"{OP}.outputs: tensor -1 of 4"),
    "unknown type": (with_tensor(0, type=100), f"{T0}: type 100 is not known"),
    "negative type": (with_tensor(0, type=-1), f"{T0}: type -1 is not known"),
    "negative dimension": (with_tensor(0, shape=ints(1, -1)), f"{T0}.shape: (1, -1) has a neg"),
    "signature below -1": (
        with_tensor(3, shape_signature=ints(-2, 2)),
        f"{T3}.shape_signature: (-2, 2) has a negative dimension",
    ),
    "signature of another rank": (
        with_tensor(3, shape_signature=ints(-1)),
        f"{T3}: shape signature (-1,) for shape (1, 2)",
    ),
    "rank too large": (
        with_tensor(0, shape=np.ones(MAX_RANK + 1, np.int32)),
        f"{T0}.shape: rank 33 is above 32",
    ),
    "too many elements": (
        with_tensor(0, shape=ints(2**31 - 1, 2**31 - 1)),
        f"{T0}.shape: (2147483647, 2147483647) has too many elements",
    ),
    "too many elements but for a 0": (
        with_tensor(0, shape=ints(0, 2**31 - 1, 2**31 - 1)),
        "has too many elements",
    ),
    "buffer past the end": (with_tensor(1, buffer=3), f"{T1}: buffer 3 of 3"),
    "buffer too small": (
        with_tensor(1, shape=ints(2, 5)),
        f"{T1}: 10 bytes expected for INT8 (2, 5), its buffer has 8",
    ),
    "buffer too large": (
        with_tensor(2, shape=ints(1)),
        "subgraphs[0].tensors[2]: 4 bytes expected for INT32 (1,), its buffer has 8",
    ),
    "buffer for no elements": (
        with_tensor(2, shape=ints(0)),
        "subgraphs[0].tensors[2]: 0 bytes expected for INT32 (0,), its buffer has 8",
    ),
    "packed buffer": (
        with_tensor(2, type=TENSOR_TYPES.index("INT4"), shape=ints(17)),
        "its buffer of 8 bytes does not fit (17,)",
    ),
    "scale 0": (
        with_quantization(0, 0.0),
        f"{T0}.quantization: every scale must be finite and > 0",
    ),
    "scale negative": (with_quantization(0, -1.0), f"{T0}.quantization: every scale"),
    "scale infinite": (with_quantization(0, np.inf), f"{T0}.quantization: every scale"),
    "scale NaN": (with_quantization(0, np.nan), f"{T0}.quantization: every scale"),
    "one bad scale of two": (
        with_quantization(1, 1.0, -1.0, zero_point=[0, 0]),
        f"{T1}.quantization: every scale",
    ),
    "zero points and scales differ": (
        with_quantization(1, 1.0, 2.0, zero_point=[0, 0, 0]),
        f"{T1}.quantization: 3 zero points for 2 scales",
    ),
    "scales along no dimension": (
        with_quantization(1, 1.0, 2.0, axis=2),
        f"{T1}.quantization: 2 scales along dimension 2 of shape (2, 4)",
    ),
    "scales along a negative dimension": (
        with_quantization(1, 1.0, 2.0, axis=-2),
        f"{T1}.quantization: 2 scales along dimension -2",
    ),
    "scales along another dimension": (
        with_quantization(1, 1.0, 2.0, axis=1),
        f"{T1}.quantization: 2 scales along dimension 1 of shape (2, 4)",
    ),
    "zero point too small": (
        with_quantization(0, 1.0, zero_point=-129),
        f"{T0}.quantization: zero point outside [-128, 127]",
    ),
    "zero point too large": (
        with_quantization(0, 1.0, zero_point=128),
        f"{T0}.quantization: zero point outside [-128, 127]",
    ),
    "zero point beyond int32": (
        with_quantization(2, 1.0, zero_point=2**31),
        "subgraphs[0].tensors[2].quantization: zero point outside [-2147483648, 2147483647]",
    ),
    "read before anything writes": (
        with_operator(inputs=ints(0, 3, 2)),
        f"{OP} (FULLY_CONNECTED): reads tensor 3 before anything writes it",
    ),
    "reads a tensor without data": (
        with_tensor(1, buffer=0),
        f"{OP} (FULLY_CONNECTED): reads tensor 1 before anything writes it",
    ),
    "written twice": (
        two_writers(),
        "subgraphs[0].operators[1] (FULLY_CONNECTED): writes tensor 3, which has a value",
    ),
    "written twice by one": (
        with_operator(outputs=ints(3, 3)),
        f"{OP} (FULLY_CONNECTED): writes tensor 3, which has a value already",
    ),
    "writes an input": (
        with_operator(outputs=ints(0)),
        f"{OP} (FULLY_CONNECTED): writes tensor 0, which has a value already",
    ),
    "output that nothing writes": (
        with_main(operators=()),
        "subgraphs[0].outputs: nothing writes tensor 3",
    ),
    "signature of no subgraph": (
        with_signature(subgraph_index=1),
        "signature_defs[0]: subgraph 1 of 1",
    ),
    "signature input past the end": (
        with_signature(inputs=maps("x", 4)),
        "signature_defs[0]: tensor 4 of 4",
    ),
    "signature output past the end": (
        with_signature(outputs=maps("y", 2**32 - 1)),
        "signature_defs[0]: tensor 4294967295 of 4",
    ),
    "signature entry without a name": (
        with_signature(inputs=maps(None, 0)),
        "signature_defs[0]: tensor 0 of 4",
    ),
    "in a later subgraph": (
        MODEL.replace(subgraphs=(MAIN, MAIN.replace(inputs=ints(9)))),
        "subgraphs[1].inputs: tensor 9 of 4",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_contradictions_are_refused(name: str) -> None:
    model, message = BAD[name]
    with pytest.raises(ModelError, match=re.escape(message)):
        build(model)


def test_the_model_before_the_changes_is_good() -> None:
    graph = build(MODEL)
    assert (graph.name, graph.inputs, graph.outputs) == ("main", (0,), (3,))
    x, weights, bias, y = graph.tensors
    assert [t.is_constant for t in graph.tensors] == [False, True, True, False]
    assert (x.name, x.type, x.shape, x.shape_signature) == ("x", "INT8", (1, 4), (1, 4))
    assert (y.shape, y.shape_signature) == ((1, 2), (-1, 2))
    assert weights.quantization is not None
    assert weights.quantization.per_channel
    assert weights.quantization.scale.tolist() == [0.25, 0.5]
    assert weights.data is not None
    assert weights.data.tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert bias.data is not None
    assert bias.dtype == np.dtype(np.int32)
    assert bias.data.tolist() == [0x03020100, 0x07060504]
    (operator,) = graph.operators
    assert (operator.label, operator.version) == ("FULLY_CONNECTED #0", 4)
    (signature,) = graph.signatures
    assert (signature.key, signature.inputs, signature.outputs) == (
        "serving_default",
        {"x": 0},
        {"y": 3},
    )


def test_constants_cannot_be_changed() -> None:
    for t in build(MODEL).tensors:
        if t.data is not None:
            with pytest.raises(ValueError, match="read-only"):
                t.data[...] = 0


def test_constants_are_aligned_wherever_the_file_has_them() -> None:
    raw = np.arange(9, dtype=np.uint8)
    buffers = (*MODEL.buffers[:2], schema.Buffer(data=raw[1:]))
    data = build(MODEL.replace(buffers=buffers)).tensors[2].data
    assert data is not None
    assert data.flags.aligned
    assert data.tolist() == [0x04030201, 0x08070605]


def only_tensor(model: schema.Model, index: int) -> Any:
    return build(model).tensors[index]


def test_what_is_odd_but_valid() -> None:
    assert only_tensor(with_quantization(0, zero_point=[]), 0).quantization is None
    one = only_tensor(with_quantization(1, 1.0, 2.0, zero_point=7), 1).quantization
    assert one.zero_point.tolist() == [7, 7]
    none = schema.QuantizationParameters(scale=np.array([2.0], np.float32))
    assert only_tensor(with_tensor(0, quantization=none), 0).quantization.zero_point.tolist() == [0]
    assert only_tensor(with_quantization(2, 1.0, zero_point=2**31 - 1), 2).is_constant
    assert only_tensor(with_tensor(0, shape=None), 0).shape == ()
    assert only_tensor(with_tensor(3, shape_signature=ints()), 3).shape_signature == (1, 2)
    assert only_tensor(with_tensor(0, name=None), 0).name == ""
    # An input's buffer holds nothing that matters; an empty constant has its value.
    assert only_tensor(with_tensor(0, buffer=99), 0).data is None
    empty = with_tensor(1, shape=ints(0, 4), buffer=0, quantization=None)
    assert only_tensor(empty, 1).data.shape == (0, 4)
    sparse = only_tensor(with_tensor(1, shape=ints(99), sparsity=SparsityParameters(), **NO_Q), 1)
    assert (sparse.is_sparse, sparse.data.size) == (True, 8)
    packed = with_tensor(1, type=TENSOR_TYPES.index("INT4"), shape=ints(15), **NO_Q)
    assert only_tensor(packed, 1).data.shape == (15,)
    bytes_ = np.asarray(packed.buffers[packed.subgraphs[0].tensors[1].buffer].data)
    nibbles = [n - 16 * (n > 7) for byte in bytes_.tolist() for n in (byte & 15, byte >> 4)]
    assert only_tensor(packed, 1).data.tolist() == nibbles[:15]
    variable = only_tensor(with_tensor(1, is_variable=True), 1)
    assert (variable.is_variable, variable.data) == (True, None)


NO_Q = {"quantization": None}


def test_the_scales_of_a_vector_are_along_it() -> None:
    """TFLite Micro's person_detect.tflite has 3 in its biases: the filters' dimension."""
    model = with_quantization(2, 0.5, 0.25, zero_point=[0, 0], axis=3)
    q = build(model).tensors[2].quantization
    assert q is not None
    assert q.axis == 0


def test_optional_inputs_are_minus_one() -> None:
    graph = build(with_operator(inputs=ints(0, 1, -1)))
    node = graph.node(graph.operators[0])
    assert node.inputs[2] is node.optional(2) is node.optional(7) is None
    with pytest.raises(IndexError, match="FULLY_CONNECTED #0: input 2 is absent"):
        node.input(2)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (schema.OperatorCode(deprecated_builtin_code=9), "FULLY_CONNECTED"),
        (
            schema.OperatorCode(deprecated_builtin_code=127, builtin_code=130),
            BUILTIN_OPERATORS[130],
        ),
        (schema.OperatorCode(builtin_code=32, custom_code="Mine"), "CUSTOM(Mine)"),
        (schema.OperatorCode(builtin_code=32), "CUSTOM()"),
        (schema.OperatorCode(builtin_code=99999), "99999"),
    ],
)
def test_names_of_operators(code: schema.OperatorCode, name: str) -> None:
    assert build(MODEL.replace(operator_codes=(code,))).operators[0].name == name


def test_other_subgraphs_and_signatures_in_order_of_names() -> None:
    names = ("b", "a", "c")
    signature = SIGNATURE.replace(
        inputs=tuple(schema.TensorMap(name=n, tensor_index=i) for i, n in enumerate(names)),
        subgraph_index=1,
    )
    model = MODEL.replace(
        subgraphs=(MAIN, MAIN.replace(name="then")), signature_defs=(SIGNATURE, signature)
    )
    graph = build(model)
    assert [g.name for g in graph.subgraphs] == ["then"]
    assert list(graph.signatures[1].inputs.items()) == [("a", 1), ("b", 0), ("c", 2)]
    assert graph.signatures[1].subgraph == 1


@pytest.mark.parametrize("path", sorted((ROOT / "models").glob("*.tflite")), ids=lambda p: p.stem)
def test_files(path: Path) -> None:
    """Graphs are built, and printed, of models with operators that are not run too."""
    graph = build(schema.read(path.read_bytes()))
    assert isinstance(graph, Graph)
    text = str(graph)
    assert all(operator.label in text for operator in graph.operators)
    assert len(text.splitlines()) == 1 + len(graph.operators)
    assert "Quantization(scale=" in repr(graph.tensors[graph.inputs[0]])

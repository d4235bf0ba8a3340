"""The cases of LiteRT's interpreter_test.py that fit, on LiteRT itself and on intlite.

Their models are rebuilt here, quantized: intlite runs no float layers. Out of scope are
custom operators (InterpreterCustomOpsTest), string tensors (testString, testStringZeroDim),
sparse tensors (testSparseTensorAccess), LiteRT's usage counter (testCreationCounter) and
the loading of delegates (InterpreterDelegateTest).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import interpreter as litert
from numpy.typing import NDArray

from intlite import interpreter as own
from intlite import schema
from intlite.quantization import Quantization, per_tensor
from intlite.schema.writer import write
from tests.interpreter.side_by_side import Pair
from tests.models import Network

PERMUTED = np.array([[4, 3, 2, 1]], np.uint8)
each_module = pytest.mark.parametrize("module", [litert, own], ids=["litert", "intlite"])


def permute_uint8() -> bytes:
    """One layer that turns four numbers round; ``input`` and ``output`` are its names."""
    net = Network()
    one = per_tensor(1.0, 0)
    x = net.input((1, 4), "UINT8", one, name="input")
    weights = net.constant(np.eye(4)[::-1], "UINT8", one)
    y = net.output((1, 4), "UINT8", one, name="output")
    net.operator("FULLY_CONNECTED", [x, weights, -1], [y], schema.options.FullyConnectedOptions())
    return net.bytes()


def per_channel(channels: int) -> bytes:
    net = Network()
    scales = Quantization(
        np.linspace(0.01, 0.02, channels).astype(np.float32), np.zeros(channels, np.int64)
    )
    x = net.input((1, 4), "INT8", per_tensor(0.5, 0))
    weights = net.constant(np.ones((channels, 4)), "INT8", scales)
    y = net.output((1, channels), "INT8", per_tensor(0.5, 0))
    net.operator("FULLY_CONNECTED", [x, weights, -1], [y], schema.options.FullyConnectedOptions())
    return net.bytes()


def two_subgraphs() -> bytes:
    """A signature for each of two subgraphs."""
    parts = []
    for number, name in enumerate(("add", "multiply")):
        net = Network()
        x = net.input((1, 4), "INT8", per_tensor(0.5, 3), name=f"{name}_x:0")
        y = net.output((1, 4), "UINT8", per_tensor(0.25, 3 + number), name=f"{name}_y:0")
        net.operator("QUANTIZE", [x], [y])
        net.signature(name, {"x": x}, {"y": y})
        parts.append(net.model())
    signatures = (
        *parts[0].signature_defs,
        *(s.replace(subgraph_index=1) for s in parts[1].signature_defs),
    )
    subgraphs = (*parts[0].subgraphs, *parts[1].subgraphs)
    return write(parts[0].replace(subgraphs=subgraphs, signature_defs=signatures))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("models") / "permute_uint8.tflite"
    file.write_bytes(permute_uint8())
    return file


def check_permutation(it: Any) -> None:
    it.allocate_tensors()
    it.set_tensor(it.get_input_details()[0]["index"], np.ascontiguousarray(PERMUTED[:, ::-1]))
    it.invoke()
    np.testing.assert_array_equal(it.get_tensor(it.get_output_details()[0]["index"]), PERMUTED)


# -------------------------------------------------------------------- InterpreterTest


@each_module
def test_path_like_model(module: Any, path: Path) -> None:
    check_permutation(module.Interpreter(model_path=path))


@each_module
def test_threads_negative_value(module: Any, path: Path) -> None:
    with pytest.raises(ValueError, match=r"^num_threads should >= 1$"):
        module.Interpreter(model_path=str(path), num_threads=-1)


@each_module
def test_threads_wrong_type(module: Any, path: Path) -> None:
    with pytest.raises(ValueError, match=r"^type of num_threads should be int$"):
        module.Interpreter(model_path=str(path), num_threads=4.2)


@each_module
def test_not_supported_op_resolver_types(module: Any, path: Path) -> None:
    with pytest.raises(ValueError, match=r"^Unrecognized passed in op resolver type: test$"):
        module.Interpreter(model_path=str(path), experimental_op_resolver_type="test")


@each_module
@pytest.mark.parametrize(
    "resolver", ["BUILTIN", "BUILTIN_REF", "BUILTIN_WITHOUT_DEFAULT_DELEGATES"]
)
def test_different_op_resolver_types(module: Any, path: Path, resolver: str) -> None:
    chosen = module.OpResolverType[resolver]
    it = module.Interpreter(model_path=str(path), experimental_op_resolver_type=chosen)
    check_permutation(it)


@each_module
def test_two_threads(module: Any, path: Path) -> None:
    check_permutation(module.Interpreter(model_path=str(path), num_threads=2))


@each_module
def test_uint8(module: Any) -> None:
    it = module.Interpreter(model_content=permute_uint8())
    it.allocate_tensors()
    for details, name in ((it.get_input_details(), "input"), (it.get_output_details(), "output")):
        [detail] = details
        assert detail["name"] == name
        assert detail["dtype"] is np.uint8
        assert detail["shape"].tolist() == [1, 4]
        assert detail["quantization"] == (1.0, 0)
        parameters = detail["quantization_parameters"]
        assert parameters["scales"].tolist() == [1.0]
        assert parameters["zero_points"].tolist() == [0]
        assert parameters["quantized_dimension"] == 0
    it.resize_tensor_input(it.get_input_details()[0]["index"], PERMUTED.shape)
    check_permutation(it)


@each_module
def test_per_channel_params(module: Any) -> None:
    it = module.Interpreter(model_content=per_channel(128))
    it.allocate_tensors()
    weights = it.get_tensor_details()[1]
    assert len(weights["quantization_parameters"]["scales"]) == 128
    assert weights["quantization"] == (0.0, 0)
    assert weights["sparsity_parameters"] == {}  # testDenseTensorAccess


# --------------------------------------------------- InterpreterTestErrorPropagation


@each_module
@pytest.mark.parametrize("content", [b"short", b"wrong_identifier"])
def test_invalid_model_content(module: Any, content: bytes) -> None:
    words = "The model is not a valid Flatbuffer buffer"
    if module is own:  # says what is wrong with it
        words = "5 bytes" if content == b"short" else "file identifier"
    with pytest.raises(ValueError, match=words):
        module.Interpreter(model_content=content)


@pytest.mark.parametrize("module", [litert, own])
def test_invalid_model_file(module: Any) -> None:
    with pytest.raises(ValueError, match="Could not open 'totally_invalid_file_name'"):
        module.Interpreter(model_path="totally_invalid_file_name")


@each_module
def test_invoke_before_ready(module: Any, path: Path) -> None:
    it = module.Interpreter(model_path=str(path))
    with pytest.raises(RuntimeError, match="Invoke called on model that is not ready"):
        it.invoke()
    check_permutation(it)


@each_module
def test_invalid_model_file_content(module: Any) -> None:
    words = re.escape("`model_path` or `model_content` must be specified.")
    with pytest.raises(ValueError, match=words):
        module.Interpreter(model_path=None, model_content=None)


@each_module
def test_invalid_index(module: Any) -> None:
    it = module.Interpreter(model_content=permute_uint8())
    # Before allocation: there LiteRT adds tensors of its own.
    with pytest.raises(ValueError, match="Invalid tensor index 4 exceeds max tensor index 3"):
        it._get_tensor_details(4, 0)
    it.allocate_tensors()
    with pytest.raises(ValueError, match="Invalid node index"):
        it._get_op_details(4)


@each_module
def test_empty_input_tensor(module: Any) -> None:
    net = Network()
    x = net.input((1, 4), "INT8", per_tensor(0.5, 3))
    y = net.output((1, 4), "FLOAT32")
    net.operator("DEQUANTIZE", [x], [y])
    net.signature("serving_default", {"x": x}, {"y": y})
    runner = module.Interpreter(model_content=net.bytes()).get_signature_runner()
    result = runner(x=np.zeros((0, 4), np.int8))["y"]
    assert result.shape == (0, 4)
    assert result.dtype == np.float32


# ------------------------------------------------------- InterpreterTensorAccessorTest


@pytest.fixture
def initial() -> NDArray[np.uint8]:
    return np.array([[10, 20, 30, 40]], np.uint8)


@each_module
def test_tensor_accessor(module: Any, initial: NDArray[np.uint8]) -> None:
    it = module.Interpreter(model_content=permute_uint8())
    it.allocate_tensors()
    reference = it.tensor(0)
    np.copyto(reference(), initial)
    np.testing.assert_array_equal(reference(), initial)
    np.testing.assert_array_equal(it.get_tensor(0), initial)


@each_module
def test_get_tensor_accessor(module: Any, initial: NDArray[np.uint8]) -> None:
    it = module.Interpreter(model_content=permute_uint8())
    it.allocate_tensors()
    it.set_tensor(0, initial)
    copy = it.get_tensor(0)
    it.set_tensor(0, copy + 1)
    np.testing.assert_array_equal(copy, initial)
    np.testing.assert_array_equal(it.get_tensor(0), initial + 1)


@each_module
def test_base(module: Any) -> None:
    it = module.Interpreter(model_content=permute_uint8())
    it.allocate_tensors()
    assert it._safe_to_run()
    _ = it.tensor(0)
    assert it._safe_to_run()
    first = it.tensor(0)()
    assert not it._safe_to_run()
    second = it.tensor(0)()
    assert not it._safe_to_run()
    del first
    assert not it._safe_to_run()
    del second
    assert it._safe_to_run()


@each_module
def test_base_protects_functions(module: Any) -> None:
    it = module.Interpreter(model_content=permute_uint8())
    it.allocate_tensors()
    view = it.tensor(0)()
    with pytest.raises(RuntimeError, match="There is at least 1 reference"):
        it.allocate_tensors()
    with pytest.raises(RuntimeError, match="There is at least 1 reference"):
        it.invoke()
    del view
    function = it.tensor(0)
    it.allocate_tensors()
    assert function().shape == (1, 4)


# ----------------------------------------------------------- InterpreterNodeAccessTest


@each_module
def test_valid_node(module: Any) -> None:
    it = module.Interpreter(model_content=permute_uint8())
    detail = it._get_ops_details()[0]
    assert detail["index"] == 0
    assert detail["op_name"] == "FULLY_CONNECTED"
    assert detail["inputs"].tolist() == [0, 1, -1]
    assert detail["outputs"].tolist() == [2]
    assert detail["operand_types"] == [np.uint8, np.uint8]
    assert detail["result_types"] == [np.uint8]


# ------------------------------------------------------ InterpreterMultiSignatureTest


@each_module
def test_single_signature(module: Any, path: Path) -> None:
    it = module.Interpreter(model_path=str(path))
    assert it.num_subgraphs() == 1
    details = it.get_tensor_details()
    assert len(details) == 3
    assert details[0]["name"] == "input"
    for wrong in (1, -1):
        with pytest.raises(ValueError, match="subgraph_index is out of range"):
            it.get_tensor_details(subgraph_index=wrong)


def test_double_signature() -> None:
    both = Pair(two_subgraphs())
    assert both.own.num_subgraphs() == both.litert.num_subgraphs() == 2
    for subgraph, name in enumerate(("add_x:0", "multiply_x:0")):
        both.same(lambda it: it.get_tensor_details(subgraph_index=subgraph))  # noqa: B023
        assert both.own.get_tensor_details(subgraph_index=subgraph)[0]["name"] == name
    assert both.same(lambda it: it.get_tensor_details(3)).error is ValueError
    both.same(lambda it: it.get_signature_list())
    both.same(lambda it: it._get_full_signature_list())
    x = np.arange(4, dtype=np.int8)[None]
    for name in ("add", "multiply"):
        both.same(lambda it: it.get_signature_runner(name)(x=x))  # noqa: B023
    both.same(lambda it: it.get_signature_runner("multiply").get_input_details())
    both.same(lambda it: it.get_signature_runner("multiply").get_output_details())

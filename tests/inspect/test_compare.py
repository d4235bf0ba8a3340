"""intlite.compare: what is planted is found, and named; equal things are equal."""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import intlite
from intlite import Model
from intlite.datasets import random_inputs
from intlite.inspect.compare import compare
from intlite.inspect.model_diff import differences

from ..models import Network
from ..planted import rounded_otherwise, with_flipped_bit, with_next_scale
from ..sweeps.base import quantization

MNIST = Path(__file__).parents[2] / "models"
ZOO = Path(__file__).parents[1] / "zoo" / "models"
FILES = {
    "dense": MNIST / "mnist_model_quant.tflite",
    "cnn": MNIST / "mnist_cnn_quant.tflite",
    "mobilenet": ZOO / "mobilenet_v2_1.0_224_quant.tflite",
}
# Operators with weights: number of the operator, of its weights, of its output.
LAYERS = {
    "dense": ((2, 5, 8), (3, 3, 9)),
    "cnn": ((1, 11, 13), (2, 9, 14), (3, 7, 15), (5, 5, 17), (7, 3, 19)),
}
CASES = [(name, *layer) for name, layers in LAYERS.items() for layer in layers]


@cache
def load(name: str, numerics: str = "litert") -> Model:
    return Model(FILES[name], numerics=numerics)


def images(name: str, count: int = 64) -> NDArray[Any]:
    if name == "mobilenet":
        return random_inputs(load(name), 0, 1)[0]
    raw = gzip.decompress((MNIST / "t10k-images-idx3-ubyte.gz").read_bytes())
    pixels = np.frombuffer(raw, np.uint8, offset=16).reshape(-1, 28, 28)[:count]
    return pixels.reshape(-1, *load(name).inputs[0].shape[1:])


def label(model: Model, operator: int) -> str:
    return model.graph.operators[operator].label


@pytest.mark.parametrize(("name", "operator", "weights", "output"), CASES)
@pytest.mark.parametrize("bit", [0, 6])
def test_a_flipped_bit_of_a_weight(
    name: str, operator: int, weights: int, output: int, bit: int
) -> None:
    model = load(name)
    constant = model.graph.tensors[weights].data
    assert constant is not None
    byte = constant.size // 2
    other = Model(with_flipped_bit(FILES[name].read_bytes(), weights, byte, bit))
    found = compare(model, other, images(name))
    assert not found.equal
    assert found.operator == label(model, operator)
    [definition] = found.definitions
    assert definition.op == label(model, operator)
    index = ", ".join(map(str, np.unravel_index(byte, constant.shape)))
    was = constant.ravel()[byte]
    is_ = np.int8(was ^ np.int8(1 << bit))
    assert definition.what.endswith(f"constant[{index}] is {was}, {is_}")


@pytest.mark.parametrize(("name", "operator", "weights", "output"), CASES)
def test_the_weight_changes_the_accumulator(
    name: str, operator: int, weights: int, output: int
) -> None:
    model = load(name)
    x = images(name)
    constant = model.graph.tensors[weights].data
    assert constant is not None
    for byte in range(constant.size // 2, constant.size):
        other = Model(with_flipped_bit(FILES[name].read_bytes(), weights, byte, 6))
        found = compare(model, other, x)
        if found.first is not None:
            break
    else:
        pytest.fail("no weight shows in any value")
    first = found.first
    assert first.op == label(model, operator)
    assert first.tensor.index == output
    assert first.causes == found.definitions
    ours, theirs = model.trace(x)[output].quantized, other.trace(x)[output].quantized
    assert first.a == ours[first.index]
    assert first.b == theirs[first.index]
    assert first.index == tuple(np.argwhere(ours != theirs)[0])
    assert first.explanation is not None
    assert first.explanation_b is not None
    assert first.explanation.stored == first.a
    assert first.explanation_b.stored == first.b
    assert first.explanation.accumulator != first.explanation_b.accumulator


@pytest.mark.parametrize(("name", "operator", "weights", "output"), CASES)
def test_the_last_bit_of_a_weights_scale(
    name: str, operator: int, weights: int, output: int
) -> None:
    model = load(name)
    other = Model(with_next_scale(FILES[name].read_bytes(), [weights], channel=3))
    found = compare(model, other, images(name, 4))
    assert not found.equal
    assert found.operator == label(model, operator)
    assert "scale[3]" in found.definitions[0].what


@pytest.mark.parametrize(
    ("name", "operator", "tensors"),
    # MAX_POOL_2D, RESHAPE and QUANTIZE hand the scale on.
    [("dense", 2, [8]), ("cnn", 1, [13]), ("cnn", 2, [14]), ("cnn", 3, [15, 16])],
)
def test_the_last_bit_of_an_output_s_scale(name: str, operator: int, tensors: list[int]) -> None:
    model = load(name)
    other = Model(with_next_scale(FILES[name].read_bytes(), tensors))
    found = compare(model, other, images(name, 4))
    assert not found.equal
    assert found.operator == label(model, operator)


@pytest.mark.parametrize(
    ("name", "operator", "output", "numerics"),
    [
        (name, operator, output, numerics)
        for name, operator, _, output in CASES
        for numerics in ("litert-builtin", "litert-reference", "tflm")
        # A float32 and a double product differ in none of the 10,000 images there.
        if (name, operator, numerics) != ("cnn", 7, "litert-reference")
    ],
)
def test_one_operator_rounded_otherwise(
    name: str, operator: int, output: int, numerics: str
) -> None:
    model = load(name)
    x = images(name, 400 if operator < 7 and name == "cnn" else 10_000)
    tensors = rounded_otherwise(model, operator, numerics, x)
    ours = rounded_otherwise(model, operator, model.numerics, x)[str(output)]
    assert not np.array_equal(tensors[str(output)], ours)
    found = compare(model, tensors, x)
    assert found.operator == label(model, operator)
    assert found.culprits == [label(model, operator)]
    first = found.first
    assert first is not None
    assert first.inputs_equal
    assert first.b == tensors[str(output)][first.index]
    assert first.a == ours[first.index]
    e = first.explanation
    assert e is not None
    assert first.b in e.results().values()
    assert first.matches()
    assert first.exact_stored == pytest.approx((first.a + first.b) / 2, abs=0.01)


@pytest.mark.parametrize("name", FILES)
def test_another_flavour(name: str) -> None:
    model = load(name)
    x = images(name, 300)
    found = compare(model, "litert-builtin", x)
    ours, theirs = model.trace(x), load(name, "litert-builtin").trace(x)
    written = [i for op in model.graph.operators for i in op.outputs]
    differing = [i for i in written if (ours[i].quantized != theirs[i].quantized).any()]
    assert [t.tensor.index for t in found.tensors if not t.equal] == differing
    for t in found.tensors:
        where = ours[t.tensor.index].quantized != theirs[t.tensor.index].quantized
        assert (t.elements, t.differing) == (where.size, where.sum())
    assert found.first is not None
    assert found.first.tensor.index == differing[0]
    assert found.definitions == ()
    assert found.culprits[0] == found.operator


@pytest.mark.parametrize("name", FILES)
def test_mobilenet_s_operators_are_named(name: str) -> None:
    """Planted in the middle of a model, in what the file says."""
    model = load(name)
    op = [op for op in model.graph.operators if len(op.inputs) == 3][-2]
    data = FILES[name].read_bytes()
    for other in (
        with_flipped_bit(data, op.inputs[1], 0, 7),
        with_next_scale(data, [op.inputs[1]]),
    ):
        assert compare(model, Model(other), images(name, 2)).operator == op.label


def test_equal_models_are_equal() -> None:
    found = compare(load("cnn"), Model(FILES["cnn"]), images("cnn"))
    assert found.equal
    assert (found.first, found.operator, found.culprits) == (None, None, [])
    assert len(found.tensors) == 10
    assert "equal" in str(found)


@pytest.mark.parametrize("numerics", ["litert", "litert-builtin", "litert-reference", "tflm"])
def test_the_real_runtime(numerics: str) -> None:
    model = load("cnn", numerics)
    found = compare(model, f"real:{numerics}", images("cnn", 5))
    assert found.equal
    assert len(found.tensors) == 9
    other = "tflm" if numerics == "litert" else "litert"
    wrong = compare(model, f"real:{other}", images("cnn", 100))
    assert wrong.operator is not None
    assert wrong.operator == compare(model, other, images("cnn", 100)).operator


def test_a_runtime_that_refuses_the_model() -> None:
    with pytest.raises(intlite.IntliteError, match="real:tflm .* does not run the model"):
        compare(load("mobilenet"), "real:tflm", images("mobilenet"))


def test_a_runtime_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("intlite.inspect.tensor_sources.installed", lambda flavour: None)
    with pytest.raises(intlite.MissingExtraError, match=r"pip install 'intlite\[oracles\]'"):
        compare(load("cnn"), "real:litert", images("cnn"))


def test_a_trace_and_its_file(tmp_path: Path) -> None:
    model, x = load("dense"), images("dense", 10)
    trace = model.trace(x)
    trace.save(tmp_path / "trace.npz")
    for other in (trace, str(tmp_path / "trace.npz"), tmp_path / "trace.npz"):
        assert compare(model, other, x).equal


def test_tensors_from_elsewhere() -> None:
    model, x = load("dense"), images("dense", 10)
    trace = model.trace(x)
    hidden = trace[8].quantized.copy()
    hidden[7, 5] += 1
    found = compare(model, {trace[8].name: hidden, 9: trace[9].quantized}, x)
    assert found.first is not None
    assert (found.operator, found.first.index, found.first.sample) == (
        "FULLY_CONNECTED #2",
        (7, 5),
        7,
    )
    assert found.first.inputs_equal is None  # tensor 7 was not given
    assert [t.tensor.index for t in found.tensors] == [8, 9]
    assert "3 of 5 tensors are not in" in found.notes[0]
    real = {"8": trace[8].real}
    assert compare(model, real, x).equal
    flat = {"8": trace[8].quantized.ravel()}
    assert compare(model, flat, x).equal
    with pytest.raises(ValueError, match="expected"):
        compare(model, {"8": trace[8].quantized[:7]}, x)
    with pytest.raises(ValueError, match="no tensor of the model"):
        compare(model, {"nothing": x}, x)


def test_tensors_that_do_not_fit_are_left_out() -> None:
    model, x = load("dense"), images("dense", 10)
    trace = model.trace(x)
    found = compare(model, {8: trace[8].quantized, 9: trace[9].quantized[:, :5]}, x)
    assert [t.tensor.index for t in found.tensors] == [8]
    assert "has shape [10, 5], not [10, 10]" in found.notes[-1]
    with pytest.raises(intlite.ShapeError, match="no samples"):
        compare(model, "tflm", x[:0])


def test_an_output_alone_is_explained_by_what_is_behind_it() -> None:
    model, x = load("dense"), images("dense", 10_000)
    last = model.outputs[0]
    other = rounded_otherwise(model, 3, "tflm", x)[str(last.index)]
    found = compare(model, {last.name: other}, x)
    first = found.first
    assert first is not None
    assert first.explanation is not None
    assert (first.op, first.explanation.label) == ("QUANTIZE #4", "FULLY_CONNECTED #3")
    assert first.explanation.index == (0, first.index[1])
    assert first.explanation.stored == first.a - 128  # int8, then uint8
    assert "fixed point, half up, then half away from zero" in first.matches()
    assert "behind it" in str(found)


def test_models_of_another_structure_are_matched_by_name() -> None:
    def two(scale: float, extra: bool) -> Model:
        net = Network()
        x = net.input((1, 4), "INT8", quantization(1))
        y = net.tensor((1, 4), "INT8", quantization(scale), name="middle")
        z = net.output((1, 4), "INT8", quantization(4))
        net.operator("ADD", [x, x], [y])
        if extra:
            w = net.tensor((1, 4), "INT8", quantization(8), name="more")
            net.operator("ADD", [y, y], [w])
            y = w
        net.operator("ADD", [y, y], [z])
        return Model(net.bytes())

    x = np.array([[-9, -2, 5, 8]], np.int8)
    found = compare(two(2, False), two(2, True), x)
    assert "matched by their names" in found.notes[0]
    assert [t.tensor.name for t in found.tensors if t.equal and t.op] == ["middle"]
    assert found.operator == "ADD #1"


@pytest.mark.parametrize("other", ["real:nothing", "no-such-flavour", "no-such-file.tflite"])
def test_what_can_t_be_compared(other: str) -> None:
    with pytest.raises(ValueError, match="expected one of|neither a file"):
        compare(load("dense"), other, images("dense", 1))


def test_results_show_everywhere() -> None:
    found = intlite.compare(load("cnn"), "tflm", images("cnn"))
    first = found.first
    assert first is not None
    assert first.explanation is not None
    for text in (str(found), found._repr_html_()):
        assert str(first.explanation.accumulator) in text
        assert first.op in text
    assert first.op in repr(found)
    data = found.as_dict()
    assert data["operator"] == found.operator
    assert data["first"]["accumulator"] == first.explanation.accumulator


def test_definitions_of_equal_graphs_do_not_differ() -> None:
    for name in FILES:
        assert differences(load(name).graph, Model(FILES[name]).graph) == []


def test_batches_are_the_same_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = compare(load("cnn"), "tflm", images("cnn"))
    monkeypatch.setattr("intlite.inspect.compare.MAX_CHUNK", 7)
    parts = compare(load("cnn"), "tflm", images("cnn"))
    assert [(t.elements, t.differing, t.own) for t in whole.tensors] == [
        (t.elements, t.differing, t.own) for t in parts.tensors
    ]

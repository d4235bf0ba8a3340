"""The engine on native kernels, its definition, and programs: the same bits in every tensor."""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import intlite
from intlite.engine.samples import Arrays, join
from intlite.engine.session import Backend, Session
from intlite.graph import Graph
from intlite.plan import ALL_PASSES, compile_graph
from intlite.runtimes import RUNTIMES
from intlite.runtimes.families import POLICIES
from tests.runs import batch, every_tensor

MODELS = Path(__file__).resolve().parents[2] / "models"
DENSE = ("simple_model_quant.tflite", "mnist_model_quant.tflite")

BACKENDS: tuple[Backend, ...] = ("native", "reference")
each_model = pytest.mark.parametrize("name", DENSE)
each_flavour = pytest.mark.parametrize("numerics", RUNTIMES)


@cache
def inputs() -> NDArray[np.uint8]:
    """Test images, and what no image is: extremes and noise."""
    with gzip.open(MODELS / "t10k-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(), np.uint8, 40 * 784, 16).reshape(40, 28, 28)
    noise = np.random.default_rng(1).integers(0, 256, (20, 28, 28), np.uint8)
    levels = np.array([0, 1, 127, 128, 255], np.uint8)
    flat = np.broadcast_to(levels[:, None, None], (5, 28, 28))
    return np.concatenate([images, noise, flat])


@cache
def graph_of(name: str) -> Graph:
    return intlite.load(MODELS / name).graph


def tensors(
    graph: Graph, numerics: str, x: NDArray[Any], samples: int, kernels: Backend = "native"
) -> Arrays:
    """Every tensor of runs of one image each."""
    return Session(graph, RUNTIMES[numerics], kernels=kernels).tensors(batch([x], samples))


def run_program(graph: Graph, numerics: str, samples: int, **options: Any) -> dict[int, Any]:
    """Every tensor of the program, constants once for each sample."""
    wanted = range(len(graph.tensors))
    program = compile_graph(graph, [(1, 28, 28)], RUNTIMES[numerics], outputs=wanted, **options)
    outputs = [
        np.empty((samples, *shape), dtype)
        for shape, dtype in zip(program.output_shapes, program.output_dtypes, strict=True)
    ]
    program.native.run([inputs()[:samples]], outputs, samples)
    return dict(zip(wanted, outputs, strict=True))


@each_model
@each_flavour
@pytest.mark.parametrize("samples", [1, 2, 65])
def test_native_reference_and_program_agree_in_every_tensor(
    name: str, numerics: str, samples: int
) -> None:
    graph, x = graph_of(name), inputs()[:samples]
    native = tensors(graph, numerics, x, samples)
    reference = tensors(graph, numerics, x, samples, "reference")
    assert set(native) == set(reference) == set(range(len(graph.tensors)))
    for passes, threads in ((ALL_PASSES, 1), (ALL_PASSES, 2), ((), 1)):
        program = run_program(graph, numerics, samples, passes=passes, threads=threads)
        for tensor in graph.tensors:
            i = tensor.index
            assert native[i].dtype == reference[i].dtype == program[i].dtype == tensor.dtype
            np.testing.assert_array_equal(native[i], reference[i], err_msg=repr(tensor))
            found = program[i] if tensor.is_constant else program[i].reshape(native[i].shape)
            constant = np.broadcast_to(native[i], (samples, *native[i].shape))
            expected = constant if tensor.is_constant else native[i]
            np.testing.assert_array_equal(found, expected, err_msg=repr(tensor))


@each_model
def test_flavours_differ_where_they_should(name: str) -> None:
    """Four roundings that never differed would mean that one of them is run."""
    graph, x = graph_of(name), inputs()
    layer = next(op.outputs[0] for op in graph.operators if op.name == "FULLY_CONNECTED")
    values = {n: tensors(graph, n, x, len(x), "reference")[layer].astype(int) for n in RUNTIMES}
    for numerics in RUNTIMES:
        difference = np.abs(values[numerics] - values["litert"])
        assert difference.max() <= 1, "roundings differ by the last bit only"
    assert {r.policies[0] for r in RUNTIMES.values()} == set(POLICIES.values())


@each_model
@each_flavour
def test_samples_are_separate_runs(name: str, numerics: str) -> None:
    graph = graph_of(name)
    together = tensors(graph, numerics, inputs()[:7], 7)
    for i in range(7):
        alone = tensors(graph, numerics, inputs()[i : i + 1], 1)
        for tensor in graph.tensors:
            found = together[tensor.index]
            row = found if tensor.is_constant else found[i : i + 1]
            np.testing.assert_array_equal(row, alone[tensor.index])


def test_no_samples() -> None:
    graph = graph_of(DENSE[0])
    values, one = (tensors(graph, "litert", inputs()[:n], n) for n in (0, 1))
    assert values.keys() == one.keys()
    for i, value in values.items():
        constant = graph.tensors[i].is_constant
        assert value.shape == (one[i].shape if constant else (0, *one[i].shape[1:]))


def test_run_keeps_constants_inputs_and_what_operators_write() -> None:
    graph, x = graph_of(DENSE[0]), inputs()[:1]
    values = tensors(graph, "tflm", x, 1)
    assert values[graph.inputs[0]] is x
    for tensor in graph.tensors:
        assert values[tensor.index].shape == tensor.shape
        if tensor.is_constant:
            assert values[tensor.index] is tensor.data


def test_runs_at_other_shapes() -> None:
    """A session runs at the shapes it is given: here a batch is one run of more rows."""
    for backend in BACKENDS:
        for name in DENSE:
            graph = graph_of(name)
            whole = every_tensor(graph, "litert", [inputs()], backend)
            parts = tensors(graph, "litert", inputs(), len(inputs()), backend)
            output = graph.outputs[0]
            np.testing.assert_array_equal(whole[output], parts[output])


def test_shapes_that_do_not_fit_are_refused() -> None:
    for backend in BACKENDS:
        with pytest.raises(intlite.ShapeError, match="RESHAPE #1: cannot reshape"):
            every_tensor(graph_of(DENSE[0]), "litert", [np.zeros((1, 28, 27), np.uint8)], backend)


def test_delegate_takes_what_xnnpack_takes() -> None:
    """Sign-flipping QUANTIZE between types is left to the other kernels, as in LiteRT."""
    graph = graph_of(DENSE[1])
    found = [RUNTIMES["litert"].policy(graph.node(op)).name for op in graph.operators]
    assert found == ["litert_optimized", *["xnnpack"] * 3, "litert_optimized"]
    for numerics in ("litert-builtin", "litert-reference", "tflm"):
        flavour = RUNTIMES[numerics]
        assert {flavour.policy(graph.node(op)) for op in graph.operators} == {flavour.kernels}


def test_join() -> None:
    assert join([np.array(1), np.array(2)]).tolist() == [1, 2]
    assert join([np.array([1]), np.array([2])]).tolist() == [1, 2]
    assert join([np.zeros((2, 3)), np.ones((2, 3))]).shape == (4, 3)

"""Values that are known without a run: constants, shapes, and what is made of them."""

from __future__ import annotations

import numpy as np
import pytest

from intlite import Interpreter, MemoryLimitError, Model
from intlite._util import memory_limit as memory
from intlite.plan import infer
from intlite.quantization import per_tensor
from intlite.runtimes import RUNTIMES
from intlite.schema import options

from ..models import Network
from ..oracles import Job, run

Q = per_tensor(0.5, 3)


def flatten(batch: int) -> bytes:
    """Keras' Flatten: RESHAPE to (SHAPE(x)[0], 12), put together at run time."""
    net = Network()
    x = net.input((batch, 3, 4), "INT8", Q, shape_signature=(-1, 3, 4))
    shape, first = net.tensor((3,), "INT32"), net.tensor((), "INT32")
    wanted = net.tensor((2,), "INT32")
    y = net.output((batch, 12), "INT8", Q, shape_signature=(-1, 12))
    net.operator("SHAPE", [x], [shape], options.ShapeOptions(out_type=2))
    begin, end, stride = (net.constant([v], "INT32") for v in (0, 1, 1))
    net.operator(
        "STRIDED_SLICE",
        [shape, begin, end, stride],
        [first],
        options.StridedSliceOptions(shrink_axis_mask=1),
    )
    depth = net.constant(12, "INT32")
    net.operator("PACK", [first, depth], [wanted], options.PackOptions(values_count=2))
    net.operator("RESHAPE", [x, wanted], [y])
    return net.bytes()


def images(batch: int) -> np.ndarray:
    return np.random.default_rng(batch).integers(-128, 128, (batch, 3, 4)).astype(np.int8)


@pytest.mark.parametrize("numerics", RUNTIMES)
@pytest.mark.parametrize("own", [1, 2])
def test_flatten_of_keras_is_a_native_program(numerics: str, own: int) -> None:
    model = Model(flatten(own), numerics=numerics)
    program = model.session.program(((own, 3, 4),))
    assert program is not None
    assert program.steps == ((3,),)  # RESHAPE alone is left, and only because it is the output
    for samples in (1, 2, 5, 64):
        x = images(own * samples)
        assert np.array_equal(model(x), x.reshape(own * samples, 12))


@pytest.mark.parametrize("numerics", RUNTIMES)
def test_flatten_of_keras_is_what_the_runtime_makes(numerics: str) -> None:
    x = images(1)
    [result] = run([Job(flatten(1), (x,), numerics)])
    assert result.outputs is not None, result.error
    assert np.array_equal(Model(flatten(1), numerics=numerics)(x), result.outputs[0])


@pytest.mark.parametrize("batch", [1, 2, 7])
def test_flatten_in_a_resized_interpreter(batch: int) -> None:
    ours = Interpreter(model_content=flatten(1))
    [x], [y] = ours.get_input_details(), ours.get_output_details()
    ours.resize_tensor_input(x["index"], (batch, 3, 4))
    ours.allocate_tensors()
    assert ours._arrays is None  # the program holds the tensors
    ours.set_tensor(x["index"], images(batch))
    ours.invoke()
    [result] = run([Job(flatten(1), (images(batch),), "litert", shapes=((batch, 3, 4),))])
    assert result.outputs is not None, result.error
    assert np.array_equal(ours.get_tensor(y["index"]), result.outputs[0])


def test_known_values() -> None:
    graph = Model(flatten(1)).graph
    shapes, values = infer(graph, [(5, 3, 4)], RUNTIMES["litert"])
    of_operators = [values[i].tolist() for op in graph.operators[:3] for i in op.outputs]
    assert of_operators == [[5, 3, 4], 5, [5, 12]]
    assert shapes[graph.outputs[0]] == (5, 12)
    assert graph.outputs[0] not in values


def test_absurd_constants_are_refused_before_anything_is_allocated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory, "_physical_memory", lambda: 2**33)
    net = Network()
    one, times = net.constant([[1]], "INT8", Q), net.constant([2**20, 2**20], "INT32")
    net.operator("TILE", [one, times], [net.output((2**20, 2**20), "INT8", Q)])
    x = net.input((1,), "INT8", Q)
    net.operator("RESHAPE", [x, net.constant([1], "INT32")], [net.output((1,), "INT8", Q)])
    with pytest.raises(MemoryLimitError, match="would take"):
        Model(net.bytes())(np.array([1], np.int8))

"""Memory: what the limit is, and that all a model takes is held to it before it is taken."""

from __future__ import annotations

import os
import pickle
import platform
import re
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import intlite
from intlite import Interpreter, InterpreterError, MemoryLimitError, Model, ShapeError, _native
from intlite._util import memory_limit as memory
from intlite.engine.session import Backend
from intlite.graph import build
from intlite.graph.types import Tensor
from intlite.ops import KernelSpec
from intlite.plan import plan
from intlite.quantization import per_tensor
from intlite.runtimes import RUNTIMES
from intlite.schema import options
from tests.runs import every_tensor
from tests.sanitizers import IS_WATCHED

from .interpreter.side_by_side import MODEL_FOLDER, models
from .models import Network

Q = per_tensor(1, 0)
PIXEL = np.array([[[[1]]]], np.int8)
FAR = 2**20
# The operators whose outputs' sizes are values: their inputs, one after the other.
CASES: dict[str, tuple[NDArray[Any] | np.generic, ...]] = {
    "TILE": (PIXEL, np.array([FAR, FAR, 1, 1], np.int32)),
    "BROADCAST_TO": (PIXEL, np.array([FAR, FAR, 1, 1], np.int64)),
    "FILL": (np.array([FAR, FAR, FAR], np.int64), np.array(1, np.int8)),
    "PAD": (PIXEL, np.array([[0, FAR], [FAR, 0], [0, 0], [0, 0]], np.int32)),
    "PADV2": (PIXEL, np.array([[0, FAR], [FAR, 0], [0, 0], [0, 0]], np.int32), PIXEL[0, 0, 0]),
    "RESIZE_BILINEAR": (PIXEL, np.array([FAR, FAR], np.int32)),
    "RESIZE_NEAREST_NEIGHBOR": (PIXEL, np.array([FAR, FAR], np.int32)),
    "RANGE": (np.int64(0), np.int64(2**31 - 1), np.int64(1)),
    "ONE_HOT": (np.zeros(FAR, np.int32), np.int32(FAR), np.int8(1), np.int8(0)),
    "SCATTER_ND": (np.zeros((1, 2), np.int32), PIXEL[0, 0, 0], np.array([FAR, FAR], np.int32)),
}


def network(operator: str, inputs: tuple[NDArray[Any], ...]) -> bytes:
    net = Network()
    tensors = [
        net.input(x.shape, x.dtype.name.upper(), Q if x.dtype == np.int8 else None) for x in inputs
    ]
    out = "INT64" if operator == "RANGE" else "INT8"
    table = options.OneHotOptions(axis=-1) if operator == "ONE_HOT" else None
    net.operator(operator, tensors, [net.output((1,), out, Q if out == "INT8" else None)], table)
    return net.bytes()


@pytest.mark.parametrize("backend", ["native", "reference"])
@pytest.mark.parametrize("operator", CASES)
def test_run_time_sizes(operator: str, backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_physical_memory", lambda: 2**33)
    inputs = tuple(np.asarray(x) for x in CASES[operator])
    model = Model(network(operator, inputs))
    with pytest.raises(MemoryLimitError, match="would take"):
        every_tensor(model.graph, "litert", inputs, backend)
    with pytest.raises(MemoryLimitError, match="would take"):
        model(*inputs)


def test_shapes_that_no_array_has() -> None:
    tensor = Tensor(0, "x", "INT32", (), ())
    memory.check_tensor(tensor, (0, 2**20, 2**20))
    memory.check_tensor(tensor, (1,) * memory.MAX_RANK)
    for shape in ((2**31, 2**31), (0, 2**31, 2**31)):
        with pytest.raises(MemoryLimitError, match="would take"):
            memory.check_tensor(tensor, shape)
    with pytest.raises(ShapeError, match="33 dimensions"):
        memory.check_tensor(tensor, (1,) * (memory.MAX_RANK + 1))
    with pytest.raises(ShapeError, match="a dimension of 2147483648"):
        memory.check_tensor(tensor, (0, 2**31))
    assert np.empty((0, 2**20, 2**20), np.int32).size == 0


# ------------------------------------------------------------------------ what it is

CNN = MODEL_FOLDER / "mnist_cnn_quant.tflite"
MNIST = MODEL_FOLDER / "mnist_model_quant.tflite"
IMAGE = (28, 28, 1)


@pytest.mark.parametrize("wrong", [-1, 1.5, "1G", True, np.float32(3)])
def test_what_is_no_limit(wrong: Any) -> None:
    for make in (Model, intlite.load, Interpreter):
        with pytest.raises(ValueError, match="max_memory must be a number of bytes"):
            make(MNIST, max_memory=wrong)


def test_the_default_is_half_of_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_physical_memory", lambda: 10**9)
    monkeypatch.setattr(memory, "_group_limit", lambda: 4 * 10**8)
    assert memory.default_limit() == 2 * 10**8
    assert Model(MNIST).max_memory == Interpreter(MNIST).max_memory == 2 * 10**8
    monkeypatch.setattr(memory, "_group_limit", lambda: memory.MAX_EXTENT)
    assert memory.default_limit() == 5 * 10**8
    assert Model(MNIST, max_memory=12345678).max_memory == 12345678


def test_limits_of_control_groups(tmp_path: Path) -> None:
    """Both versions, a group within a group, and what a container can't see."""
    groups, mounted = tmp_path / "cgroup", tmp_path / "mounted"
    second, first = mounted / "outer" / "inner", mounted / "memory" / "docker"
    second.mkdir(parents=True)
    first.mkdir(parents=True)
    (second / "memory.max").write_text("max\n")
    (second.parent / "memory.max").write_text("4000\n")
    (first / "memory.limit_in_bytes").write_text("3000\n")
    (mounted / "memory" / "memory.limit_in_bytes").write_text("9223372036854771712\n")

    def found(text: str) -> list[int]:
        groups.write_text(text)
        return sorted(memory._group_limits(str(groups), str(mounted)))

    assert found("0::/outer/inner\n") == [4000]
    assert found("0::/outer\n") == [4000]
    assert found("0::/\n") == []
    assert found("5:cpu:/docker\n4:memory:/docker\n") == [3000, 9223372036854771712]
    assert found("4:memory:/docker/not/seen/here\n") == [3000, 9223372036854771712]
    assert list(memory._group_limits(str(tmp_path / "none"), str(mounted))) == []


def test_a_limit_holds_for_the_calls_within() -> None:
    outside = memory.current_limit()
    with memory.limited_to(10):
        with memory.limited_to(5), pytest.raises(MemoryLimitError, match="x would take 6 bytes"):
            memory.check_memory(6, "x")
        memory.check_memory(10, "x")
    assert memory.current_limit() == outside


def test_a_copy_keeps_its_limit() -> None:
    model = Model(MNIST, max_memory=2**24)
    assert pickle.loads(pickle.dumps(model)).max_memory == 2**24
    assert pickle.loads(pickle.dumps(Model(MNIST)))._max_memory is None


# --------------------------------------------------------------------- what it holds


def least(action: Callable[[int], Any]) -> int:
    """The least limit that an action takes, by the figures of its refusals."""
    limit = 0
    for _ in range(50):
        try:
            action(limit)
        except (MemoryLimitError, InterpreterError) as error:
            message = str(error)
        else:
            break
        found = re.search(r"would take (\d+) bytes; the limit is (\d+)", message)
        assert found is not None, message
        assert int(found[2]) == limit
        assert int(found[1]) > limit
        limit = int(found[1])
    if limit:
        with pytest.raises((MemoryLimitError, InterpreterError)):
            action(limit - 1)
    return limit


def batch(samples: int) -> NDArray[np.uint8]:
    return np.zeros((samples, *IMAGE), np.uint8)


ACTIONS: dict[str, Callable[[int, int], Any]] = {
    "Model": lambda n, limit: Model(CNN, max_memory=limit)(batch(n)),
    "load": lambda n, limit: intlite.load(CNN, max_memory=limit)(batch(n)),
    "copied": lambda n, limit: Model(CNN, max_memory=limit)(batch(2 * n)[::2]),
    "predict": lambda n, limit: Model(CNN, max_memory=limit).predict(batch(n)),
    "trace": lambda n, limit: Model(CNN, max_memory=limit).trace(batch(n)),
    "reference": lambda n, limit: Model(CNN, max_memory=limit).trace(batch(n), backend="reference"),
    "hooks": lambda n, limit: Model(CNN, max_memory=limit).call_with_hooks({}, batch(16 * n)),
    "explain": lambda n, limit: Model(CNN, max_memory=limit).explain(
        "CONV_2D #1", (0, 0, 0, 0), batch(n)
    ),
    "Interpreter": lambda n, limit: allocated(n, limit),
}


def allocated(samples: int, limit: int) -> None:
    it = Interpreter(str(CNN), max_memory=limit)
    it.resize_tensor_input(it.get_input_details()[0]["index"], [samples, *IMAGE])
    it.allocate_tensors()


@pytest.mark.parametrize("name", ACTIONS)
def test_every_face_has_a_least_limit_that_grows_with_the_batch(name: str) -> None:
    found = [least(lambda limit, n=n: ACTIONS[name](n, limit)) for n in (2, 64)]  # type: ignore[misc]
    assert CNN.stat().st_size < found[0] < found[1] < 2**26


class Subclass(np.ndarray[Any, Any]):
    """What the native path leaves to the other."""


def test_results_are_refused_before_they_are_made() -> None:
    """On the native path and on the other; a batch of nothing, and one too many."""
    model = Model(CNN)
    program = model.session.program((model.inputs[0].shape,))
    assert program is not None
    assert program.result_bytes(7) == 70
    limited = Model(CNN, max_memory=program.memory + 70)
    for x in (batch(7), batch(7).view(Subclass)):
        np.testing.assert_array_equal(limited(x), model(x))
    for x in (
        batch(8),
        batch(8).view(Subclass),
        batch(8).tolist(),
        np.broadcast_to(batch(1), (2**40, *IMAGE)),
    ):
        with pytest.raises(MemoryLimitError, match=f"the limit is {program.memory + 70}"):
            limited(x)
    assert limited(batch(0)).shape == (0, 10)


def test_nothing_is_allocated_before_it_is_refused() -> None:
    huge = np.broadcast_to(np.zeros(1, np.uint8), (2**20, *IMAGE))
    model = Model(CNN, max_memory=2**26)
    tracemalloc.start()
    try:
        for call in (model, model.predict, model.trace):
            with pytest.raises(MemoryLimitError):
                call(huge)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_weights_of_one_unit_are_packed_as_many() -> None:
    net = Network()
    x = net.input((1, 10**5), "INT8", Q)
    weights = net.constant(np.ones((1, 10**5), np.int8), "INT8", Q)
    net.operator("FULLY_CONNECTED", [x, weights, -1], [net.output((1, 1), "INT8", Q)])
    data = net.bytes()
    assert least(lambda limit: Model(data, max_memory=limit)) > 16 * 10**5


def filtered(operator: str, shape: tuple[int, ...], image: tuple[int, ...]) -> KernelSpec:
    """The kernel of one convolution, before it is made."""
    net = Network()
    x = net.input(image, "INT8", Q)
    weights = net.constant(np.ones(shape, np.int8), "INT8", Q)
    out = shape[3] if operator == "DEPTHWISE_CONV_2D" else shape[0]
    y = net.output((*image[:3], out), "INT8", Q)
    if operator == "TRANSPOSE_CONV":
        size = net.constant(np.array([1, 2 * image[1], 2 * image[2], out], np.int32), "INT32")
        table: Any = options.TransposeConvOptions(stride_w=2, stride_h=2)
        net.operator(operator, [size, weights, x], [y], table)
    else:
        name = "Conv2DOptions" if operator == "CONV_2D" else "DepthwiseConv2DOptions"
        more = {} if operator == "CONV_2D" else {"depth_multiplier": 1}
        table = getattr(options, name)(stride_w=1, stride_h=1, **more)
        net.operator(operator, [x, weights, -1], [y], table)
    [step] = plan(build(net.model()), [image], RUNTIMES["litert"], passes=()).steps
    return step.spec


def resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


FILTERS: dict[str, tuple[str, tuple[int, ...], tuple[int, ...]]] = {
    "many channels": ("CONV_2D", (4096, 3, 3, 64), (1, 8, 8, 64)),
    "few channels": ("CONV_2D", (2**17, 3, 3, 1), (1, 4, 4, 1)),
    "one output": ("CONV_2D", (1, 5, 5, 2**15), (1, 4, 4, 2**15)),
    "groups": ("CONV_2D", (2**14, 3, 3, 4), (1, 4, 4, 2**12)),
    "depthwise": ("DEPTHWISE_CONV_2D", (1, 3, 3, 2**18), (1, 3, 3, 2**18)),
    "depthwise, tall": ("DEPTHWISE_CONV_2D", (1, 7, 1, 2**18), (1, 7, 1, 2**18)),
    "depthwise, wide": ("DEPTHWISE_CONV_2D", (1, 1, 7, 2**18), (1, 1, 7, 2**18)),
    "transposed": ("TRANSPOSE_CONV", (4096, 3, 3, 64), (1, 4, 4, 64)),
    "transposed, few channels": ("TRANSPOSE_CONV", (2**15, 5, 5, 1), (1, 4, 4, 1)),
}


def print_sizes() -> None:
    """In a child, whose freed memory goes back to the system: what kernels take, and say."""
    for name, of in FILTERS.items():
        spec: Any = filtered(*of)
        for isa in _native.supported_isas():
            before = resident()
            kernel = spec.make(isa)
            print(name, isa, resident() - before, spec.packed_bytes, sep="\t")
            del kernel


@pytest.mark.skipif(
    IS_WATCHED or platform.libc_ver()[0] != "glibc", reason="freed memory may stay in the process"
)
def test_packed_weights_take_no_more_than_is_said() -> None:
    child = subprocess.run(
        [sys.executable, "-c", "from tests.test_memory_limit import print_sizes; print_sizes()"],
        cwd=MODEL_FOLDER.parent,
        env={**os.environ, "MALLOC_MMAP_THRESHOLD_": "65536"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert child.returncode == 0, child.stderr
    lines = [line.split("\t") for line in child.stdout.splitlines()]
    assert len(lines) == len(FILTERS) * len(_native.supported_isas())
    for name, isa, taken, said in lines:
        assert int(taken) <= int(said) + 2**20, (name, isa, taken, said)
        # And not far less, or models would be refused that fit.
        assert int(said) < 8 * int(taken), (name, isa, taken, said)


def test_a_comparison_is_held_to_the_limit_of_its_model() -> None:
    def action(limit: int) -> None:
        intlite.compare(Model(CNN, max_memory=limit), "tflm", batch(3))

    assert least(action) >= least(lambda limit: Model(CNN, max_memory=limit))
    with pytest.raises(MemoryLimitError, match="the results of 64 samples would take"):
        intlite.compare(Model(CNN, max_memory=2**20), "tflm", batch(64))


def test_values_of_a_run_together() -> None:
    """Each tensor of a chain fits, and all of them do not."""
    net = Network()
    x, shape = net.input((2, 512), "INT8", Q), net.input((2,), "INT32")
    for i in range(8):
        make = net.output if i == 7 else net.tensor
        y = make((1024, 1), "INT8", Q)
        net.operator("RESHAPE", [x, shape], [y])
        x = y
    model = Model(net.bytes(), max_memory=4000)
    given = np.zeros((2, 512), np.int8), np.array([4, -1], np.int32)
    with pytest.raises(MemoryLimitError, match="the tensors up to RESHAPE #3 would take 4096"):
        model(*given)
    assert Model(net.bytes(), max_memory=8 * 1024)(*given).shape == (4, 256)


def test_plans_of_other_shapes_are_forgotten_in_time() -> None:
    data = models()["open batch"]
    model = Model(data)
    own = model.session.program(((1, 4),))
    assert own is not None
    for rows in range(1, 6):
        assert model.session.program(((rows, 4),)) is not None
    assert len(model.session.kept) == 5
    most = 2 * max(model.session.segment(shapes).memory for shapes in model.session.kept)
    limited = Model(data, max_memory=max(most, len(data)))
    for rows in range(1, 6):
        limited.session.program(((rows, 4),))
        assert ((rows, 4),) in limited.session.kept
        assert limited.session.memory <= limited.max_memory


def test_files_are_not_read_beyond_the_limit(tmp_path: Path) -> None:
    size = MNIST.stat().st_size
    for source in (MNIST, str(MNIST), bytearray(MNIST.read_bytes())):
        with pytest.raises(MemoryLimitError, match=f"would take {size} bytes; the limit is 1000"):
            Model(source, max_memory=1000)
    with pytest.raises(MemoryLimitError, match="would take"):
        Interpreter(str(MNIST), max_memory=1000)
    sparse = tmp_path / "sparse.tflite"
    with sparse.open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(MemoryLimitError, match=f"sparse.tflite' would take {2**40} bytes"):
        Model(sparse)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="a system without /dev/zero")
def test_files_without_end() -> None:
    with pytest.raises(MemoryLimitError, match="'/dev/zero' would take"):
        Model("/dev/zero", max_memory=2**22)

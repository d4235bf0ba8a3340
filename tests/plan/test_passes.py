"""Lowering: no pass, tile or number of threads changes a bit, and memory is planned soundly."""

from __future__ import annotations

import gzip
import itertools
import tracemalloc
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import intlite
from intlite import schema
from intlite._util import memory_limit as memory
from intlite.engine.session import Session
from intlite.errors import MemoryLimitError
from intlite.graph import Graph
from intlite.graph.types import Shape
from intlite.ops.reshape import CopySpec
from intlite.plan import ALL_PASSES, Program, arena, compile_graph
from intlite.plan.arena import ALIGNMENT, choose_tile, plan_arena
from intlite.plan.steps import Draft, Step
from intlite.quantization import per_tensor
from intlite.runtimes import RUNTIMES
from tests.models import Network
from tests.sweeps.steps import Drawn, apply

MODELS = Path(__file__).resolve().parents[2] / "models"
DENSE = ("simple_model_quant.tflite", "mnist_model_quant.tflite")
SUBSETS = [
    frozenset(subset)
    for size in range(len(ALL_PASSES) + 1)
    for subset in itertools.combinations(sorted(ALL_PASSES), size)
]

each_model = pytest.mark.parametrize("name", DENSE)
each_flavour = pytest.mark.parametrize("numerics", RUNTIMES)


@cache
def images(count: int = 10000) -> NDArray[np.uint8]:
    """The test images, as the models take them."""
    with gzip.open(MODELS / "t10k-images-idx3-ubyte.gz") as file:
        return np.frombuffer(file.read(), np.uint8, count * 784, 16).reshape(count, 28, 28)


@cache
def graph_of(name: str) -> Graph:
    return intlite.load(MODELS / name).graph


@cache
def expected(name: str, numerics: str) -> NDArray[Any]:
    """Operator by operator in plain numpy, on the first images."""
    trace = intlite.load(MODELS / name, numerics=numerics).trace(
        images()[:300], backend="reference"
    )
    return trace[graph_of(name).outputs[0]].quantized


def planned(
    name: str, numerics: str, passes: Collection[str] = ALL_PASSES, threads: int = 1
) -> Program:
    return compile_graph(graph_of(name), [(1, 28, 28)], RUNTIMES[numerics], threads, passes=passes)


def compiled(graph: Graph, shapes: Sequence[Shape], numerics: str) -> Program:
    return compile_graph(graph, shapes, RUNTIMES[numerics])


def by_rows(
    graph: Graph, shapes: Sequence[Shape], numerics: str, threads: int = 1
) -> tuple[Program, int]:
    session = Session(graph, RUNTIMES[numerics], threads=threads)
    found = session.program_of_rows(shapes, graph.outputs)
    assert found is not None
    return found


def run(program: Program, x: NDArray[Any]) -> NDArray[Any]:
    output = np.empty((len(x), *program.output_shapes[0][1:]), program.output_dtypes[0])
    program.native.run([x], [output], len(x))
    return output


# ------------------------------------------------------------------------- same bits


@each_model
@each_flavour
def test_every_subset_of_passes_gives_the_same_bits(name: str, numerics: str) -> None:
    assert len(SUBSETS) == 2 ** len(ALL_PASSES) >= 16
    assert len(np.unique(expected(name, numerics))) > 50
    for passes in SUBSETS:
        model = intlite.Model(MODELS / name, numerics=numerics, passes=passes)
        np.testing.assert_array_equal(model(images()[:300]), expected(name, numerics), str(passes))
        one_by_one = np.concatenate([model(image[None]) for image in images()[:20]])
        np.testing.assert_array_equal(one_by_one, expected(name, numerics)[:20], str(passes))


# Sign flips, borders, rows, functions of a byte and copies, each where a pass joins it.
CONVOLUTIONAL = (
    *("flip", "border, dense", "residual", "swish", "transposed", "double", "swish"),
    *("border, depthwise", "flips around", "flat", "dense", "pointwise", "rescale", "flip"),
)


@cache
def convolutional(dtype: str) -> bytes:
    net = Drawn()
    net.rng = np.random.default_rng(2)
    # A row is no whole block of elements, an image is.
    x = net.input((1, 4, 7, 8), dtype, per_tensor(0.05, 3 + 128 * (dtype == "UINT8")))
    for name in CONVOLUTIONAL:
        x = apply(net, name, x)
    net._outputs.append(x)
    return net.bytes()


@each_flavour
@pytest.mark.parametrize("dtype", ["INT8", "UINT8"])
def test_every_subset_of_passes_on_convolutions(dtype: str, numerics: str) -> None:
    data = convolutional(dtype)
    graph = intlite.Model(data).graph
    x = np.random.default_rng(3).integers(0, 256, (5, 4, 7, 8), np.uint8).view(dtype.lower())
    trace = intlite.Model(data, numerics=numerics).trace(x, backend="reference")
    wanted = trace[graph.outputs[0]].quantized
    assert len(np.unique(wanted)) > 30
    plain = compile_graph(graph, [(1, 4, 7, 8)], RUNTIMES[numerics], passes=())
    for passes in SUBSETS:
        program = compile_graph(graph, [(1, 4, 7, 8)], RUNTIMES[numerics], passes=passes)
        np.testing.assert_array_equal(run(program, x), wanted, str(passes))
        if len(passes) == 1:  # each by itself makes something else of it
            assert (program.steps, program.arena) != (plain.steps, plain.arena), str(passes)


@each_model
@each_flavour
@pytest.mark.parametrize("tile", [1, 2, 7, 31, 32, 33, 299, 300, 1024])
def test_every_tile_gives_the_same_bits(
    name: str, numerics: str, tile: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # By import_module, since the package gives the module's name to its function.
    module = import_module("intlite.plan.program")
    monkeypatch.setattr(module, "choose_tile", lambda draft, threads: tile)
    for threads in (1, 3):
        program = planned(name, numerics, threads=threads)
        assert program.arena.tile_samples == program.native.tile_samples == tile
        for count in (0, 1, 2, 33, 300):
            found = run(program, images()[:count])
            np.testing.assert_array_equal(found, expected(name, numerics)[:count])


@each_model
@each_flavour
def test_every_number_of_threads_gives_the_same_bits(name: str, numerics: str) -> None:
    x = images()[:3000]
    alone = intlite.Model(MODELS / name, numerics=numerics)(x)
    np.testing.assert_array_equal(alone[:300], expected(name, numerics))
    for threads in (2, 3, 8):
        model = intlite.Model(MODELS / name, numerics=numerics, num_threads=threads)
        for _ in range(3):
            np.testing.assert_array_equal(model(x), alone)


@each_model
@each_flavour
@pytest.mark.parametrize("count", [1, 2, 5, 64, 300])
def test_a_batch_as_samples_is_the_same(name: str, numerics: str, count: int) -> None:
    """``program_of_rows`` at a batch of the graph's own, against the program at that shape."""
    shape = (count, 28, 28)
    whole = compile_graph(graph_of(name), [shape], RUNTIMES[numerics])
    batch, samples = by_rows(graph_of(name), [shape], numerics, threads=2)
    assert samples == count
    assert batch.output_shapes == ((1, 10),)
    y, z = (np.empty((count, 10), np.uint8) for _ in range(2))
    whole.native.run([images()[:count]], [y], 1)
    batch.native.run([images()[:count]], [z], samples)
    np.testing.assert_array_equal(z, y)


def gated(gate: tuple[int, ...], data: bool, batch: int = 1) -> Graph:
    """An image times a gate, doubled in size."""
    network = Network()
    q = per_tensor(0.05, 3)
    x = network.input((batch, 4, 4, 3), "INT8", q, shape_signature=(-1, 4, 4, 3))
    if data:
        rng = np.random.default_rng(1)
        factor = network.constant(rng.integers(-128, 128, gate, np.int8), "INT8", q)
    else:
        axes = network.constant(np.array([1, 2], np.int32), "INT32")
        factor = network.tensor(gate, "INT8", q)
        network.operator("MEAN", [x, axes], [factor], schema.options.ReducerOptions(keep_dims=True))
    y = network.tensor((batch, 4, 4, 3), "INT8", per_tensor(0.02, -4))
    network.operator("MUL", [x, factor], [y], schema.options.MulOptions())
    size = network.constant(np.array([8, 8], np.int32), "INT32")
    z = network.output((batch, 8, 8, 3), "INT8", per_tensor(0.02, -4))
    options = schema.options.ResizeNearestNeighborOptions()
    network.operator("RESIZE_NEAREST_NEIGHBOR", [y, size], [z], options)
    return intlite.Model(network.bytes()).graph


@each_flavour
@pytest.mark.parametrize(
    ("gate", "data", "samples"),
    [((1, 1, 1, 3), False, 5), ((1, 1, 1, 3), True, 5), ((3,), True, 5), ((5, 1, 1, 3), True, 1)],
)
def test_gates_and_constants_leave_samples_apart(
    numerics: str, gate: tuple[int, ...], data: bool, samples: int
) -> None:
    graph = gated(gate, data, 5 if samples == 1 else 1)
    x = np.random.default_rng(2).integers(-128, 128, (5, 4, 4, 3), np.int8)
    whole = compile_graph(graph, [x.shape], RUNTIMES[numerics])
    batch, found = by_rows(graph, [x.shape], numerics, threads=2)
    if RUNTIMES[numerics].name != "litert-builtin":  # whose blocks of elements go across samples
        assert found == samples
    y, z = (np.empty((5, 8, 8, 3), np.int8) for _ in range(2))
    whole.native.run([x], [y], 1)
    batch.native.run([x], [z], found)
    np.testing.assert_array_equal(z, y)


@each_flavour
@pytest.mark.parametrize("size", [16, 300])
def test_constants_are_there_once_unless_they_are_small(numerics: str, size: int) -> None:
    """A constant matrix by a vector: a tile has many samples, whose work is little."""
    network, rng = Network(), np.random.default_rng(2)
    left = network.constant(rng.integers(-128, 128, (1, size, size)), "INT8", per_tensor(0.01, 1))
    x = network.input((1, size, 1), "INT8", per_tensor(0.05, 3))
    y = network.tensor((1, size, 1), "INT8", per_tensor(0.1, -4))
    z = network.output((1, size, 1), "INT8", per_tensor(1 / 256, -128))
    network.operator("BATCH_MATMUL", [left, x], [y], schema.options.BatchMatMulOptions())
    network.operator("LOGISTIC", [y], [z])
    graph = intlite.Model(network.bytes()).graph
    values = rng.integers(-128, 128, (50, size, 1), np.int8)
    alone = compile_graph(graph, [(1, size, 1)], RUNTIMES[numerics], passes=())
    expected = run(alone, values)
    for threads in (1, 3):
        program = compile_graph(graph, [(1, size, 1)], RUNTIMES[numerics], threads)
        assert program.arena.tile_samples >= 32
        assert program.memory < max(2 * size**2, arena.TILE_BYTES) + 2**20
        for count in (1, 7, 50):
            np.testing.assert_array_equal(run(program, values[:count]), expected[:count])


def bordered(operator: str, dtype: str, value: int | None, visible: bool = False) -> Graph:
    """A convolution of images within a border: of their zero point, or of a value."""
    network = Network()
    q, zero = per_tensor(0.05, 3), 3
    x = network.input((1, 6, 7, 4), dtype, q)
    around = network.constant(np.array([[0, 0], [1, 2], [3, 0], [0, 0]], np.int32), "INT32")
    inputs = [x, around]
    if value is not None:
        inputs.append(network.constant(np.array([value]), dtype, q))
    padded = (network.output if visible else network.tensor)((1, 9, 10, 4), dtype, q)
    name = "PAD" if value is None else "PADV2"
    network.operator(name, inputs, [padded])
    rng = np.random.default_rng(zero)
    one = operator == "DEPTHWISE_CONV_2D"
    shape = (1, 3, 3, 4) if one else (5, 3, 3, 4)
    symmetric = per_tensor(0.02, 0 if dtype == "INT8" else 128)
    low = -127 if dtype == "INT8" else 1
    filter_ = network.constant(rng.integers(low, low + 255, shape), dtype, symmetric)
    outputs = 4 if one else 5
    y = network.output((1, 4, 8, outputs), dtype, per_tensor(0.3, 10))
    options: Any = schema.options.Conv2DOptions(padding=1, stride_h=2, stride_w=1)
    if one:
        options = schema.options.DepthwiseConv2DOptions(
            padding=1, stride_h=2, stride_w=1, depth_multiplier=1
        )
    network.operator(operator, [padded, filter_, -1], [y], options)
    return intlite.Model(network.bytes()).graph


@each_flavour
@pytest.mark.parametrize("operator", ["CONV_2D", "DEPTHWISE_CONV_2D"])
@pytest.mark.parametrize("dtype", ["INT8", "UINT8"])
@pytest.mark.parametrize(
    ("value", "visible", "steps"), [(None, False, 1), (4, False, 2), (None, True, 2)]
)
def test_convolutions_pad_by_themselves(
    numerics: str, operator: str, dtype: str, value: int | None, visible: bool, steps: int
) -> None:
    graph = bordered(operator, dtype, value, visible)
    info = np.iinfo(dtype.lower())
    x = np.random.default_rng(4).integers(info.min, info.max + 1, (1, 6, 7, 4), info.dtype)
    found = []
    for passes in (ALL_PASSES, frozenset[str]()):
        program = compile_graph(graph, [x.shape], RUNTIMES[numerics], passes=passes)
        outputs = [np.empty(shape, info.dtype) for shape in program.output_shapes]
        program.native.run([x], outputs, 1)
        found.append(outputs[-1])
        assert len(program.steps) == (steps if passes else 2)
    np.testing.assert_array_equal(found[0], found[1])


# ------------------------------------------------------------------------------ steps


@each_flavour
def test_fused_programs_have_fewer_steps(numerics: str) -> None:
    """RESHAPE vanishes, and both QUANTIZE, which only flip signs, go into the layers."""
    steps = {
        name: {
            passes: planned(name, numerics, passes).steps
            for passes in (frozenset[str](), frozenset({"share_copies"}), ALL_PASSES)
        }
        for name in DENSE
    }
    none, copies = frozenset[str](), frozenset({"share_copies"})
    assert steps[DENSE[0]][none] == ((0,), (1,), (2,), (3,))
    assert steps[DENSE[0]][copies] == ((0,), (2,), (3,))
    assert steps[DENSE[0]][ALL_PASSES] == ((0, 2, 3),)
    assert steps[DENSE[1]][none] == ((0,), (1,), (2,), (3,), (4,))
    assert steps[DENSE[1]][copies] == ((0,), (2,), (3,), (4,))
    assert steps[DENSE[1]][ALL_PASSES] == ((0, 2), (3, 4))
    for name in DENSE:
        program = planned(name, numerics)
        assert program.native.steps == len(program.steps)
        assert program.work == planned(name, numerics, ()).work - 2 * 784 - 10


def test_passes_save_memory() -> None:
    def size(*passes: str) -> int:
        return planned(DENSE[1], "litert", passes).native.arena_bytes

    assert size("reuse_memory") < size()
    assert size("reuse_memory", "share_copies", "fuse_sign_flips") == 128  # one tensor is left
    assert planned(DENSE[0], "litert").native.arena_bytes == 0


def test_intermediate_outputs_are_not_fused_away() -> None:
    """A tensor that is asked for has its own value, whatever the passes would make of it."""
    graph = graph_of(DENSE[1])
    layers = [t.index for t in graph.tensors if not t.is_constant]
    for wanted in itertools.permutations(layers, 2):
        for passes in (frozenset[str](), ALL_PASSES):
            program = compile_graph(
                graph, [(1, 28, 28)], RUNTIMES["tflm"], outputs=wanted, passes=passes
            )
            found = [
                np.empty((5 * s[0], *s[1:]), d)
                for s, d in zip(program.output_shapes, program.output_dtypes, strict=True)
            ]
            program.native.run([images()[:5]], found, 5)
            trace = intlite.load(MODELS / DENSE[1], numerics="tflm").trace(images()[:5])
            for tensor, value in zip(wanted, found, strict=True):
                np.testing.assert_array_equal(value, trace[tensor].quantized)


# ------------------------------------------------------------------------------ arena


@st.composite
def drafts(draw: st.DrawFn) -> Draft:
    """Steps that read some of the tensors there are, and write new ones of any size."""
    inputs, constants = (0, 1), (2,)
    known, outputs = [*inputs, *constants], []
    sizes = {i: draw(st.integers(0, 300)) for i in known}
    steps = []
    for k in range(draw(st.integers(0, 12))):
        reads = draw(st.lists(st.sampled_from(known), max_size=3))
        writes = tuple(range(len(known), len(known) + draw(st.integers(1, 2))))
        steps.append(Step(CopySpec(0), (k,), tuple(reads), writes))
        for tensor in writes:
            sizes[tensor] = draw(st.sampled_from([0, 1, 63, 64, 65, 128, 1000]))
            known.append(tensor)
            if draw(st.integers(0, 4)) == 0:
                outputs.append(tensor)
    return Draft(
        tuple(steps),
        inputs,
        tuple(outputs),
        {t: (size,) for t, size in sizes.items()},
        {t: np.dtype(np.int8) for t in sizes},
        {t: np.zeros(sizes[t], np.int8) for t in constants},
    )


@settings(max_examples=300)
@given(draft=drafts(), tile=st.sampled_from([1, 2, 33]), reuse=st.booleans())
def test_live_tensors_never_overlap(draft: Draft, tile: int, reuse: bool) -> None:
    """The plan is played through: each step finds its inputs as they were written."""
    plan = plan_arena(draft, tile, reuse)
    memory = np.full(plan.size, -1)

    def place(tensor: int) -> NDArray[Any]:
        start = plan.offsets[tensor]
        assert start % ALIGNMENT == 0
        assert 0 <= start <= start + draft.sample_bytes(tensor) * tile <= plan.size
        return memory[start : start + draft.sample_bytes(tensor) * tile]

    written = {t for step in draft.steps for t in step.outputs}
    assert set(plan.offsets) == {t for t in written if not draft.is_visible(t)}
    for step in draft.steps:
        for tensor in (t for t in step.outputs if t in plan.offsets):
            place(tensor)[...] = tensor
        # After the writes: a kernel's outputs may not lie upon its inputs, nor upon each other.
        for tensor in (t for t in (*step.inputs, *step.outputs) if t in plan.offsets):
            assert (place(tensor) == tensor).all()
    if not reuse:
        for tensor in plan.offsets:
            assert (place(tensor) == tensor).all()


@settings(max_examples=100)
@given(draft=drafts(), tile=st.sampled_from([1, 33]))
def test_reuse_never_takes_more_memory(draft: Draft, tile: int) -> None:
    assert plan_arena(draft, tile).size <= plan_arena(draft, tile, reuse=False).size


def chain(*sizes: int) -> Draft:
    """Each tensor made from the one before; the first and the last are the program's own."""
    steps = tuple(Step(CopySpec(0), (k,), (k,), (k + 1,)) for k in range(len(sizes) - 1))
    shapes: dict[int, tuple[int, ...]] = {t: (size,) for t, size in enumerate(sizes)}
    dtypes = {t: np.dtype(np.int8) for t in shapes}
    return Draft(steps, (0,), (len(sizes) - 1,), shapes, dtypes, {})


def test_a_chain_takes_two_buffers() -> None:
    plan = plan_arena(chain(10, 640, 640, 640, 640, 10), 2)
    assert plan.size == 2 * 1280
    assert [plan.offsets[t] for t in (1, 2, 3, 4)] == [0, 1280, 0, 1280]


def test_tiles_fit_the_cache_in_whole_blocks() -> None:
    assert choose_tile(chain(1, 1), 1) == arena.MAX_TILE
    assert choose_tile(chain(0, 0), 1) == arena.MAX_TILE
    assert choose_tile(chain(2**30, 1), 1) == 1
    for size in (100, 1000, 5000, 20000, 100000):
        one, many = choose_tile(chain(size, size), 1), choose_tile(chain(size, size), 4)
        assert 1 <= many <= one
        assert one * 2 * size <= arena.ARENA_BYTES
        assert one % arena.TILE_UNIT == 0 or one < arena.TILE_UNIT


def test_large_samples_go_together_as_far_as_the_weights_are_worth_it() -> None:
    size = 2**17
    assert choose_tile(chain(size, size, size), 1) == arena.ARENA_BYTES // (3 * size)
    heavy = chain(size, size, size)

    class Heavy(CopySpec):
        weight_bytes = 16 * arena.ARENA_BYTES

    heavy = heavy.with_steps([replace(heavy.steps[0], spec=Heavy(0)), *heavy.steps[1:]])
    assert choose_tile(heavy, 1) == 4 * arena.ARENA_BYTES // (3 * size)


# -------------------------------------------------------------------- limits of memory


@pytest.mark.parametrize("rows", [2**24, 2**31, 2**40, 2**60])
@pytest.mark.parametrize("planned", [compiled, by_rows])
def test_absurd_shapes_are_refused_before_anything_is_allocated(
    rows: int, planned: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "_physical_memory", lambda: 2**33)
    tracemalloc.start()
    try:
        with pytest.raises(MemoryLimitError, match=r"take \d+ bytes; the limit is 4294967296"):
            planned(graph_of(DENSE[1]), [(rows, 28, 28)], "litert")
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_many_tensors_that_fit_alone_but_not_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_physical_memory", lambda: 2 * 3000)
    draft = chain(1, 1024, 1024, 1024, 1)
    assert plan_arena(draft, 1).size == 2048
    with pytest.raises(MemoryLimitError, match="intermediate tensors would take 3072 bytes"):
        plan_arena(draft, 1, reuse=False)
    with pytest.raises(MemoryLimitError, match="intermediate tensors would take 4096 bytes"):
        plan_arena(draft, 2)


def test_memory_is_found_out_or_assumed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 2**28 < memory._physical_memory() < 2**50
    monkeypatch.delattr("os.sysconf")
    assert memory._physical_memory() == 16 * 2**30

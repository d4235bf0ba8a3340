"""A short run of the fuzzer, and what longer ones found, in small."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from numpy.typing import NDArray

from intlite import Interpreter, Model, ShapeError, UnsupportedOpError
from intlite._util import memory_limit as memory
from intlite.engine.session import Backend, Session
from intlite.errors import InterpreterError, MemoryLimitError
from intlite.ops.softmax import SoftmaxSpec
from intlite.quantization import per_tensor
from intlite.reference import pool as reference_pool
from intlite.reference.resize import Grid, resize_bilinear
from intlite.reference.softmax import ROWS_OF_ELEMENTS, SoftmaxParameters, softmax
from intlite.runtimes import RUNTIMES, runtime
from intlite.runtimes.families import POLICIES
from intlite.runtimes.policy import Policy
from intlite.schema import options
from intlite.schema.enums import ACTIVATIONS
from intlite.schema.tables import TABLES
from tests.models import Network
from tests.sanitizers import IS_WATCHED

from . import campaign as campaign_module
from . import differential, outcomes
from .campaign import Result, campaign
from .faces import FACES
from .guided import CORPUS
from .layout import layout
from .networks import NETWORKS
from .seeds import FAMILY, draw_seed
from .worker import make, run

Q = per_tensor(0.5, 3)
IMAGE = (1, 4, 4, 2)


def _as_defined(data: bytes, numerics: str, x: NDArray[Any], max_memory: int | None = None) -> None:
    """The kernels run the file, and as the definition has it."""
    model = Model(data, numerics=numerics, max_memory=max_memory)
    definition = Session(model.graph, runtime(numerics), kernels="reference")
    [expected] = definition.run(definition.batch([x]))
    np.testing.assert_array_equal(model(x), expected)


def test_mutants_break_nothing() -> None:
    result = campaign(seed=0, seconds=600, limit=3000)
    assert not result.failures, str(result)
    assert sum(result.outcomes.values()) == 3000
    assert {"ran", "ModelError", "UnsupportedOpError", "ShapeError"} <= set(result.outcomes)
    assert result.loaded > 500
    assert result.peak[0] > 2**24  # Python and numpy alone
    assert result.peak[0] < 2**29 or IS_WATCHED


def test_mutants_are_what_their_numbers_say() -> None:
    numbers = (0, 1, FAMILY - 1, FAMILY, 7 * FAMILY)
    first = [make(1, i)[:2] for i in numbers]
    again = [make(1, i)[:2] for i in reversed(numbers)][::-1]
    assert [(s.data, data) for s, data in first] == [(s.data, data) for s, data in again]
    assert len({data for _, data in first}) == len(numbers)


def test_seeds_are_good_files() -> None:
    """All ways to run take them: what mutants are refused for is what was changed."""
    rng = np.random.default_rng(0)
    files = [make_network(rng) for make_network in NETWORKS.values()]
    files += [draw_seed(rng).data for _ in range(40)]
    for data in files:
        for _ in FACES:
            outcome, story = run(data, rng)
            assert outcomes.was_loaded(outcome), (outcomes.NAMES[outcome], story)


def test_a_layout_has_all_fields() -> None:
    """Each number of the tables is found in the file, at its place."""
    net = Network()
    x, y = net.input((7, 11), "INT8", Q), net.output((7, 11), "UINT8", per_tensor(0.25, 128))
    net.operator("QUANTIZE", [x], [y])
    data = net.bytes()
    found = layout(data)
    elements = [np.frombuffer(data, code, 1, at)[0] for at, code in found.elements]
    for value in (7, 11, 0.5, 3, 0.25, 128):
        assert value in elements
    assert {code for _, code in found.scalars} >= {"i4", "u4"}
    assert len(found.offsets) > 10
    for at, length in found.data:
        assert at + length <= len(data)
    for at in found.lengths:
        assert np.frombuffer(data, np.uint32, 1, at)[0] < len(data)


def test_deaths_and_failures_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """A child that dies is followed by one that goes on behind the mutant that it died of."""
    monkeypatch.setattr(campaign_module, "WORKER", "tests.fuzz.planted")
    result = campaign(seed=0, seconds=600, limit=30)
    assert result.outcomes["DIED"] == 1
    assert result.outcomes["FAILED"] == 1
    assert sum(result.outcomes.values()) == 30
    assert {kind.split(" ")[0] for kind in result.failures} == {"DIED", "TypeError"}
    # A sanitizer exits with 1, and has said what it saw.
    [died] = [kind for kind in result.failures if kind.startswith("DIED")]
    assert died.startswith("DIED of 1: ERROR: AddressSanitizer" if IS_WATCHED else "DIED of -11")
    assert result.failures[died][0] == 7


def test_failures_are_grouped_by_place() -> None:
    result = Result()
    for index, line in enumerate((4, 4, 5)):
        trace = f'FAILED\n  File "/a/intlite/x.py", line {line}, in f\n    g()\nKeyError: {index}'
        result.fail(index, "ADD", trace)
    result.fail(3, "ADD", "DIED of -11\n")
    assert result.counts == {
        "KeyError at x.py:4 f": 2,
        "KeyError at x.py:5 f": 1,
        "DIED of -11": 1,
    }
    assert result.failures["KeyError at x.py:4 f"][0] == 0


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*")), ids=lambda path: path.name[:12])
def test_what_guided_fuzzing_found(path: Path) -> None:
    for k in range(3):
        _, story = run(path.read_bytes(), np.random.default_rng(k))
        assert not story


def test_mutants_are_as_the_runtimes_have_them() -> None:
    tally = differential.campaign(seed=0, seconds=600, count=400)
    assert not tally.failures, str(tally)
    assert tally.outcomes["equal"] > 40


# ------------------------------------------------------------------ regressions


def one(
    operator: str,
    inputs: list[Any],
    output: tuple[tuple[int, ...], str],
    table: Any = None,
    q: Any = Q,
) -> bytes:
    """One operator; an input is a shape and a type, or the values of a constant."""
    net = Network()

    def quantized(type_name: str) -> Any:
        return q if "INT8" in type_name else None

    tensors = [
        net.constant(x, x.dtype.name.upper(), quantized(x.dtype.name.upper()))
        if isinstance(x, np.ndarray)
        else net.input(x[0], x[1], quantized(x[1]))
        for x in inputs
    ]
    net.operator(operator, tensors, [net.output(*output, quantized(output[1]))], table)
    return net.bytes()


@pytest.mark.parametrize(
    "operator",
    ["STRIDED_SLICE", "MIRROR_PAD", "AVERAGE_POOL_2D", "MAX_POOL_2D", "CONV_2D", "TRANSPOSE_CONV"],
)
def test_another_operators_options_are_none(operator: str) -> None:
    def load(table: Any) -> str:
        with pytest.raises(UnsupportedOpError) as caught:
            Model(one(operator, [(IMAGE, "INT8")] * 3, (IMAGE, "INT8"), table))
        return str(caught.value)

    assert load(options.GeluOptions()) == load(None)


def test_options_of_an_operator_without_a_table_are_none() -> None:
    table = options.DivOptions(fused_activation_function=ACTIVATIONS.index("RELU6"))
    model = Model(one("SQUARE", [((3,), "FLOAT32")], ((3,), "FLOAT32"), table))
    assert model(np.array([1, 2, 3], np.float32)).tolist() == [1, 4, 9]


def test_every_operator_finds_its_table() -> None:
    assert options.table_of("CONV_2D") == "Conv2DOptions"
    assert options.table_of("SUM") == "ReducerOptions"
    assert options.table_of("RELU") is None
    # The names given by hand are tables.
    assert set(options._TABLE_OF.values()) <= set(TABLES)


def test_softmax_without_output_quantization() -> None:
    net = Network()
    x, y = net.input((1, 4), "INT8", Q), net.output((1, 4), "INT8")
    net.operator("SOFTMAX", [x], [y], options.SoftmaxOptions(beta=1.0))
    with pytest.raises(UnsupportedOpError, match="no quantization parameters"):
        Model(net.bytes())


def test_weights_of_depth_0_with_an_input_that_has_values() -> None:
    weights = np.zeros((3, 0), np.int8)
    with pytest.raises(ShapeError, match="does not end in depth 0"):
        Model(
            one(
                "FULLY_CONNECTED",
                [((1, 4), "INT8"), weights],
                ((1, 3), "INT8"),
                options.FullyConnectedOptions(),
                per_tensor(0.5, 0),
            )
        )


def test_a_window_beyond_sums() -> None:
    table = options.Pool2DOptions(
        padding=0, stride_w=1, stride_h=1, filter_width=2**31 - 1, filter_height=1
    )
    with pytest.raises(UnsupportedOpError, match="more than 4194304 elements"):
        Model(one("AVERAGE_POOL_2D", [(IMAGE, "INT8")], (IMAGE, "INT8"), table))


def test_a_multiplier_beyond_shifts() -> None:
    net = Network()
    x = net.input(IMAGE, "INT8", per_tensor(1e20, 0))
    y = net.output((1, 2), "INT8", per_tensor(0.1, 64))
    axes = net.constant(np.array([2, 1], np.int32), "INT32")
    net.operator("MEAN", [x, axes], [y], options.ReducerOptions())
    rng = np.random.default_rng(0)
    for numerics in RUNTIMES:
        _as_defined(net.bytes(), numerics, rng.integers(-128, 128, IMAGE).astype(np.int8))


@pytest.mark.parametrize("operator", ["SELECT", "SELECT_V2"])
def test_selection_of_one_element_into_a_shape_of_many(operator: str) -> None:
    flag, x = np.ones((1, 1), np.bool_), np.full((1, 1), 7, np.int32)
    data = one(operator, [((1, 1), "BOOL"), *[((1, 1), "INT32")] * 2], ((64,), "INT32"))
    np.testing.assert_array_equal(Model(data)(flag, x, x), x)


@pytest.mark.parametrize(("operator", "second"), [("DIV", 0), ("POW", -1)])
def test_integers_without_result(operator: str, second: int) -> None:
    model = Model(one(operator, [((2,), "INT32")] * 2, ((2,), "INT32")))
    x: NDArray[Any] = np.array([1, 2], np.int32)
    with pytest.raises(ShapeError, match=f"{operator} #0: integers"):
        model(x, np.full(2, second, np.int32))


def test_samples_whose_results_differ_in_shape() -> None:
    data = one("TILE", [((1, 2), "INT8"), ((2,), "INT32")], ((1, 2), "INT8"))
    x = np.zeros((2, 2), np.int8)
    assert Model(data)(x, np.array([1, 2, 1, 2], np.int32)).shape == (2, 4)
    with pytest.raises(ShapeError, match="cannot be joined"):
        Model(data)(x, np.array([1, 2, 1, 3], np.int32))


def test_plans_of_copies_are_held_to_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    widths = np.ones((2, 2), np.int32)
    table = options.MirrorPadOptions(mode=1)
    shape, padded = (1024, 1024), (1026, 1026)
    data = one("MIRROR_PAD", [(shape, "INT8"), widths], (padded, "INT8"), table)
    monkeypatch.setattr(memory, "_physical_memory", lambda: 2**26)
    with pytest.raises(MemoryLimitError, match="MIRROR_PAD #0: its plan would take"):
        Model(data)


def test_sums_beyond_int32() -> None:
    axes = np.array([0], np.int32)
    data = one("MEAN", [((2**25, 1), "INT8"), axes], ((1,), "INT8"), options.ReducerOptions())
    for numerics in RUNTIMES:
        _as_defined(data, numerics, np.full((2**25, 1), -128, np.int8), max_memory=2**30)


@pytest.mark.parametrize(
    ("output_scale", "zero_point"), [(1e-45, 0), (1e-45, 3), (1e-38, 121), (1e-20, 3)]
)
def test_means_of_scales_that_are_far_apart(output_scale: float, zero_point: int) -> None:
    net = Network()
    x = net.input((1, 2, 2, 4), "INT8", per_tensor(0.25, zero_point))
    y = net.output((1, 1, 1, 4), "INT8", per_tensor(output_scale, 12))
    axes = net.constant(np.array([1, 2], np.int32), "INT32")
    net.operator("MEAN", [x, axes], [y], options.ReducerOptions(keep_dims=True))
    with pytest.raises(UnsupportedOpError, match="input / output scale is not finite"):
        Model(net.bytes())


def test_places_of_no_dimension() -> None:
    """Each update is of the whole result."""
    shape = np.array([2], np.int32)
    inputs = [((3, 0), "INT32"), ((3, 2), "INT32"), shape]
    model = Model(one("SCATTER_ND", inputs, ((2,), "INT32")))
    updates = np.arange(6, dtype=np.int32).reshape(3, 2)
    np.testing.assert_array_equal(model(np.zeros((3, 0), np.int32), updates), [6, 9])


@pytest.mark.parametrize(
    ("which", "shape", "message"),
    [(1, [3, 4, 1], "are not a matrix"), (2, [0], r"bias of shape \[0\] for 3 units")],
)
def test_weights_and_bias_that_are_inputs(which: int, shape: list[int], message: str) -> None:
    inputs = [((1, 4), "FLOAT32"), ((3, 4), "FLOAT32"), ((3,), "FLOAT32")]
    data = one("FULLY_CONNECTED", inputs, ((1, 3), "FLOAT32"), options.FullyConnectedOptions())
    interpreter = Interpreter(model_content=data)
    interpreter.allocate_tensors()
    interpreter.resize_tensor_input(which, shape)
    with pytest.raises(InterpreterError, match=message):
        interpreter.allocate_tensors()


@pytest.mark.parametrize(
    ("which", "shape", "message"),
    [
        (1, [3, 3], r"filter of shape \[3, 3\] is not of rank 4"),
        (1, [3, 3, 0, 2], "is not of rank 4, or empty"),
        (1, [2, 3, 3, 2], r"bias of shape \[3\] for 2 outputs"),
        (2, [0], r"bias of shape \[0\] for 3 outputs"),
    ],
)
def test_filters_and_bias_that_are_inputs(which: int, shape: list[int], message: str) -> None:
    inputs = [(IMAGE, "INT8"), ((3, 3, 3, 2), "INT8"), ((3,), "INT32")]
    table = options.Conv2DOptions(stride_h=1, stride_w=1)
    data = one("CONV_2D", inputs, ((1, 4, 4, 3), "INT8"), table, per_tensor(0.5, 0))
    interpreter = Interpreter(model_content=data)
    interpreter.allocate_tensors()
    interpreter.resize_tensor_input(which, shape)
    with pytest.raises(InterpreterError, match=message):
        interpreter.allocate_tensors()


@pytest.mark.parametrize("backend", get_args(Backend))
@pytest.mark.parametrize(
    ("operator", "dtype"),
    [("AVERAGE_POOL_2D", "INT8"), ("AVERAGE_POOL_2D", "FLOAT32"), ("L2_POOL_2D", "FLOAT32")],
)
def test_no_channels_take_no_time(operator: str, dtype: str, backend: Backend) -> None:
    pool = options.Pool2DOptions(stride_w=4, stride_h=1, filter_width=2, filter_height=5)
    data = one(operator, [((2, 2**30, 2, 0), dtype)], ((2, 9, 1, 1), dtype), pool)
    model = Model(data)
    x = np.zeros((2, 2**30, 2, 0), dtype.lower())
    assert model(x).shape == (2, 2**30, 1, 0)
    traced = model.trace(x, backend=backend)[model.graph.outputs[0]]
    assert traced.quantized.shape == (2, 2**30, 1, 0)


def test_hybrid_products_of_no_columns() -> None:
    inputs = [((2, 4), "FLOAT32"), np.zeros((4, 0), np.int8)]
    table = options.BatchMatMulOptions()
    model = Model(one("BATCH_MATMUL", inputs, ((2, 0), "FLOAT32"), table, per_tensor(0.5, 0)))
    assert model(np.ones((2, 4), np.float32)).shape == (2, 0)


@pytest.mark.parametrize("operator", ["RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"])
@pytest.mark.parametrize("numerics", RUNTIMES)
def test_images_of_nothing_resized_to_anything(operator: str, numerics: str) -> None:
    size = np.array([1, 2**30], np.int32)
    shape = (1, 1, 2**30, 0)
    data = one(operator, [((1, 3, 3, 0), "UINT8"), size], (shape, "UINT8"))
    model = Model(data, numerics=numerics)
    x = np.zeros((1, 3, 3, 0), np.uint8)
    assert model(x).shape == shape
    assert model.trace(x, backend="reference")[model.graph.outputs[0]].quantized.shape == shape


def test_sequences_of_nothing_are_turned_around() -> None:
    lengths = np.zeros(3, np.int32)
    table = options.ReverseSequenceOptions(seq_dim=1, batch_dim=0)
    shape = (3, 2**30, 0)
    model = Model(one("REVERSE_SEQUENCE", [(shape, "UINT8"), lengths], (shape, "UINT8"), table))
    assert model(np.zeros(shape, np.uint8)).shape == shape


def test_blocks_of_nothing_become_an_image() -> None:
    block, crops = np.array([2, 2], np.int32), np.array([[0, 0], [2**27, 0]], np.int32)
    shape, made = (4, 1, 2**29, 0), (1, 2, 2**30 - 2**27, 0)
    model = Model(one("BATCH_TO_SPACE_ND", [(shape, "INT8"), block, crops], (made, "INT8")))
    x = np.zeros(shape, np.int8)
    assert model(x).shape == made
    assert model.trace(x, backend="reference")[model.graph.outputs[0]].quantized.shape == made


def test_blocks_longer_than_int32() -> None:
    block, crops = np.array([3], np.int32), np.array([[0, 1]], np.int32)
    shape = (12, 2**30, 0)
    data = one("BATCH_TO_SPACE_ND", [(shape, "INT8"), block, crops], ((4, 5, 0), "INT8"))
    interpreter = Interpreter(model_content=data)
    with pytest.raises(InterpreterError, match="a dimension of 3221225471"):
        interpreter.allocate_tensors()


@pytest.mark.parametrize("fixed_point", [False, True])
@pytest.mark.parametrize("dtype", ["int8", "uint8"])
def test_softmax_of_many_rows_is_that_of_each(dtype: str, fixed_point: bool) -> None:
    """The reference takes some rows at once: one by one, a million of them took minutes."""
    low = np.iinfo(dtype).min
    p = SoftmaxParameters(per_tensor(0.1, 3), per_tensor(1 / 256, low), dtype, 1.0)
    rng = np.random.default_rng(2)
    x = rng.integers(low, low + 256, (ROWS_OF_ELEMENTS // 7 + 50, 7)).astype(dtype)
    y = softmax(x, p, fixed_point)
    for i in (0, 1, ROWS_OF_ELEMENTS // 7 - 1, ROWS_OF_ELEMENTS // 7, len(x) - 1):
        np.testing.assert_array_equal(y[i : i + 1], softmax(x[i : i + 1], p, fixed_point))


def test_softmax_of_thousands_of_maxima() -> None:
    """Their sum leaves no headroom: kernels and reference divide by 2**31 at most."""
    p = SoftmaxParameters(per_tensor(0.1, 3), per_tensor(1 / 256, -128), "int8", 1.0)
    x = np.zeros((2, 4000), np.int8)
    y = np.empty_like(x)
    SoftmaxSpec(x.shape, p, True).make().run([x], [y])
    np.testing.assert_array_equal(softmax(x, p, True), y)


def traced(function: Callable[[], NDArray[Any]]) -> tuple[NDArray[Any], int]:
    """The result, and the most memory that was in use meanwhile."""
    tracemalloc.start()
    y = function()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return y, peak


@pytest.mark.parametrize("pool", [reference_pool.average, reference_pool.greatest])
def test_large_windows_take_no_memory(pool: Any) -> None:
    x = np.ones((1, 250, 250, 1), np.int8)
    windows = reference_pool.Windows((200, 200), (1, 1), (51, 51), (0, 0))
    y, peak = traced(lambda: pool(x, windows))
    assert (y == 1).all()
    assert peak < 2**20


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_large_images_are_resized_in_blocks(policy: Policy) -> None:
    size = 3000
    rows, columns = (Grid(3, size, False, False) for _ in range(2))
    x = np.arange(9, dtype=np.int8).reshape(1, 3, 3, 1)
    y, peak = traced(lambda: resize_bilinear(x, rows, columns, policy))
    np.testing.assert_array_equal(y[0, :: size // 3, :: size // 3, 0], x[0, :, :, 0])
    assert (np.diff(y[0, ..., 0], axis=0) >= 0).all()
    assert peak < 12 * y.size

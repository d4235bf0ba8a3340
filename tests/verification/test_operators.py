"""Every operator's tensors and options, wrong one at a time: refused by the operator's name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import intlite
from intlite import schema
from intlite.errors import IntliteError, ModelError, ShapeError, UnsupportedOpError
from intlite.quantization import per_tensor
from intlite.schema import options
from intlite.schema.tables import Table
from intlite.schema.writer import write
from tests.models import Network
from tests.sweeps import GENERATORS, make_case

SEED = 1
CASES = 12
Q = per_tensor(0.5, 3)
# By the type of an option: values that no writer means.
ODD: dict[str, tuple[Any, ...]] = {
    "i4": (-(2**31), -1, 0, 100, 2**31 - 1),
    "i1": (-128, -1, 127),
    "f4": (np.nan, np.inf, -np.inf, -1.0, 0.0),
    "?": (False, True),
}


@cache
def case(operator: str) -> schema.Model:
    """A model of this operator that loads."""
    for index in range(CASES):
        data = make_case(operator, SEED, index).build()[0]
        try:
            intlite.load(data)
        except IntliteError:
            continue
        return schema.read(data)
    raise AssertionError(f"no case of {operator} loads")


def place(model: schema.Model, operator: str) -> int:
    """The number of the operator that the case is about: the last of that name."""
    names = [op.name for op in intlite.load(write(model)).graph.as_in_file.operators]
    return len(names) - 1 - names[::-1].index(operator)


def changed(model: schema.Model, number: int, **changes: Any) -> bytes:
    graph = model.subgraphs[0]
    operators = list(graph.operators)
    operators[number] = operators[number].replace(**changes)
    main = graph.replace(operators=tuple(operators))
    return write(model.replace(subgraphs=(main, *model.subgraphs[1:])))


def run(data: bytes) -> None:
    model = intlite.load(data)
    model(*(np.zeros(t.shape, t.dtype) for t in model.inputs))


# ------------------------------------------------------------------------- any value


@pytest.mark.parametrize("operator", GENERATORS)
def test_any_value_of_an_option_runs_or_names_the_operator(operator: str) -> None:
    model = case(operator)
    number = place(model, operator)
    table = model.subgraphs[0].operators[number].builtin_options
    if not isinstance(table, Table):
        table = None
    for name, slot in table.slots if table is not None else ():
        for value in ODD.get(slot.type if slot.kind == "scalar" else "", ()):
            data = changed(model, number, builtin_options=table.replace(**{name: value}))
            try:
                run(data)
            except IntliteError as error:
                message = str(error)
            else:
                continue
            # What becomes of the tensors behind it may be another's fault.
            assert re.search(r"[A-Z_0-9]+ #\d+|operator #\d+|operators\[\d+\]", message), (
                name,
                value,
                message,
            )


# ------------------------------------------------------------------------------ arity


def arities(model: schema.Model, number: int) -> Iterator[tuple[str, bytes]]:
    operator = model.subgraphs[0].operators[number]
    inputs, outputs = ([] if v is None else v.tolist() for v in (operator.inputs, operator.outputs))
    if inputs:
        yield "no inputs", changed(model, number, inputs=np.zeros(0, np.int32))
        yield "all absent", changed(model, number, inputs=np.full(len(inputs), -1, np.int32))
        many = np.array([*inputs, *[inputs[0]] * 40], np.int32)
        yield "40 inputs too many", changed(model, number, inputs=many)
    if outputs:
        yield "no outputs", changed(model, number, outputs=np.zeros(0, np.int32))


# As many inputs as there are: of one type, and of shapes that fit.
ANY_NUMBER = ("ADD_N", "CONCATENATION", "PACK")


@pytest.mark.parametrize("operator", GENERATORS)
def test_arity(operator: str) -> None:
    model = case(operator)
    number = place(model, operator)
    for what, data in arities(model, number):
        if what.startswith("40") and operator in ANY_NUMBER:
            continue
        with pytest.raises((ModelError, UnsupportedOpError)) as caught:
            run(data)
        message = str(caught.value)
        names = f"{operator} #{number}", f"operators[{number}]", "outputs: nothing writes"
        assert any(name in message for name in names) or "reads tensor" in message, (what, message)


# ------------------------------------------------------------------------ row by row

STRIDES = "strides and dilations .* must be at least 1"
BEYOND = "is not one of"
OPTIONS: dict[str, tuple[str, str, Any, type[Exception], str]] = {
    "stride 0": ("CONV_2D", "stride_h", 0, UnsupportedOpError, STRIDES),
    "stride negative": ("DEPTHWISE_CONV_2D", "stride_w", -1, UnsupportedOpError, STRIDES),
    "stride 0 of a pool": ("MAX_POOL_2D", "stride_w", 0, UnsupportedOpError, STRIDES),
    "stride 0, transposed": ("TRANSPOSE_CONV", "stride_h", 0, UnsupportedOpError, STRIDES),
    "stride too large": ("TRANSPOSE_CONV", "stride_w", 2**31 - 1, UnsupportedOpError, "exceed"),
    "dilation 0": ("CONV_2D", "dilation_w_factor", 0, UnsupportedOpError, STRIDES),
    "dilation negative": (
        "DEPTHWISE_CONV_2D",
        "dilation_h_factor",
        -(2**31),
        UnsupportedOpError,
        STRIDES,
    ),
    "window 0": ("AVERAGE_POOL_2D", "filter_height", 0, UnsupportedOpError, "must be at least 1"),
    "window beyond sums": (
        "AVERAGE_POOL_2D",
        "filter_width",
        2**31 - 1,
        UnsupportedOpError,
        "more than .* elements",
    ),
    "padding": ("CONV_2D", "padding", 127, UnsupportedOpError, "padding 127 is not known"),
    "padding of a pool": ("MAX_POOL_2D", "padding", -1, UnsupportedOpError, "padding -1"),
    "fused activation": (
        "ADD",
        "fused_activation_function",
        127,
        UnsupportedOpError,
        "fused activation 127",
    ),
    "weights format": (
        "FULLY_CONNECTED",
        "weights_format",
        127,
        UnsupportedOpError,
        "weights format 127",
    ),
    "axis out of rank": ("CONCATENATION", "axis", 100, ShapeError, f"axis 100 {BEYOND}"),
    "axis below -rank": ("PACK", "axis", -(2**31), ShapeError, BEYOND),
    "axis of UNPACK": ("UNPACK", "axis", 100, ShapeError, f"axis 100 {BEYOND}"),
    "axis of GATHER": ("GATHER", "axis", 2**31 - 1, ShapeError, BEYOND),
    "axis of ONE_HOT": ("ONE_HOT", "axis", 100, ShapeError, "axis 100"),
    "batch dimensions": ("GATHER", "batch_dims", 100, ShapeError, "100 batch dimensions"),
    "dimension to reverse": ("REVERSE_SEQUENCE", "seq_dim", 100, ShapeError, "along 100"),
    "number of outputs": ("UNPACK", "num", 100, UnsupportedOpError, "expected 100"),
    "number of splits": ("SPLIT", "num_splits", -1, UnsupportedOpError, "expected -1"),
    "block size 0": ("SPACE_TO_DEPTH", "block_size", 0, UnsupportedOpError, "block size above 0"),
    "block size negative": (
        "DEPTH_TO_SPACE",
        "block_size",
        -1,
        UnsupportedOpError,
        "block size above 0",
    ),
    "block size too large": (
        "DEPTH_TO_SPACE",
        "block_size",
        2**31 - 1,
        ShapeError,
        "cannot make blocks of 2147483647",
    ),
    "mode of MIRROR_PAD": ("MIRROR_PAD", "mode", 127, UnsupportedOpError, "REFLECT or SYMMETRIC"),
    "beta": ("SOFTMAX", "beta", np.nan, UnsupportedOpError, "beta nan must be finite and > 0"),
    "alpha": ("LEAKY_RELU", "alpha", np.inf, UnsupportedOpError, "is not finite"),
    "rank of SVDF": ("SVDF", "rank", 0, UnsupportedOpError, "rank 0 of"),
    "clip of LSTM": (
        "UNIDIRECTIONAL_SEQUENCE_LSTM",
        "cell_clip",
        np.nan,
        UnsupportedOpError,
        "cell_clip is nan",
    ),
    "type of ARG_MAX": ("ARG_MAX", "output_type", 127, UnsupportedOpError, "should be of type 127"),
    "masks": (
        "STRIDED_SLICE",
        "ellipsis_mask",
        2**31 - 1,
        UnsupportedOpError,
        "more than one ellipsis",
    ),
    "subgraph of CALL_ONCE": (
        "CALL_ONCE",
        "init_subgraph_index",
        100,
        ModelError,
        r"\(CALL_ONCE\).init_subgraph_index: subgraph 100 of",
    ),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_options(name: str) -> None:
    operator, field, value, error, words = OPTIONS[name]
    model = case(operator)
    number = place(model, operator)
    table = model.subgraphs[0].operators[number].builtin_options
    data = changed(model, number, builtin_options=table.replace(**{field: value}))
    with pytest.raises(error, match=words) as caught:
        intlite.load(data)
    assert f"{operator} #{number}" in str(caught.value) or f"[{number}] ({operator})" in str(
        caught.value
    )


def constant_axis(operator: str, axis: int, table: Any = None) -> bytes:
    net = Network()
    x, axes = net.input((1, 4, 2), "INT8", Q), net.constant(np.array([axis], np.int32), "INT32")
    given = [axes, x] if operator == "SPLIT" else [x, axes]
    net.operator(operator, given, [net.output((1, 4, 2), "INT8", Q)], table)
    return net.bytes()


AXES: dict[str, tuple[str, Any, type[Exception]]] = {
    "axis of a reduction": ("MEAN", options.ReducerOptions(keep_dims=True), UnsupportedOpError),
    "axis of REDUCE_MAX": ("REDUCE_MAX", options.ReducerOptions(keep_dims=True), ShapeError),
    "axis of SPLIT": ("SPLIT", options.SplitOptions(num_splits=1), ShapeError),
    "axis of EXPAND_DIMS": ("EXPAND_DIMS", None, ShapeError),
    "axis of REVERSE_V2": ("REVERSE_V2", None, ShapeError),
}


@pytest.mark.parametrize("name", AXES)
@pytest.mark.parametrize("axis", [7, -7, 2**31 - 1, -(2**31)])
def test_axes_that_are_constants(name: str, axis: int) -> None:
    operator, table, error = AXES[name]
    with pytest.raises(error, match=rf"{operator} #0.*{axis}"):
        intlite.load(constant_axis(operator, axis, table))


def test_axes_in_rank_are_fine() -> None:
    for operator, table, _ in AXES.values():
        intlite.load(constant_axis(operator, 0, table))


# -------------------------------------------------------------- what the file can't be


def chain() -> schema.Model:
    """Two operators, one behind the other."""
    net = Network()
    x = net.input((1, 4), "INT8", Q)
    middle, y = net.tensor((1, 4), "INT8", Q), net.output((1, 4), "INT8", Q)
    net.operator("RELU", [x], [middle])
    net.operator("RELU", [middle], [y])
    return net.model()


def wired(*edges: tuple[int, int]) -> bytes:
    model = chain()
    graph = model.subgraphs[0]
    operators = tuple(
        op.replace(inputs=np.array([a], np.int32), outputs=np.array([b], np.int32))
        for op, (a, b) in zip(graph.operators, edges, strict=True)
    )
    return write(model.replace(subgraphs=(graph.replace(operators=operators),)))


WIRES: dict[str, tuple[bytes, str]] = {
    "cycle of two": (wired((2, 1), (1, 2)), r"operators\[0\] \(RELU\): reads tensor 2 before"),
    "cycle of one": (wired((0, 1), (2, 2)), r"operators\[1\] \(RELU\): reads tensor 2 before"),
    "use before definition": (wired((1, 2), (0, 1)), r"operators\[0\] \(RELU\): reads tensor 1"),
    "two writers": (wired((0, 2), (0, 2)), r"operators\[1\] \(RELU\): writes tensor 2, which has"),
    "written input": (wired((0, 1), (1, 0)), r"operators\[1\] \(RELU\): writes tensor 0, which"),
}


@pytest.mark.parametrize("name", WIRES)
def test_wires(name: str) -> None:
    data, words = WIRES[name]
    with pytest.raises(ModelError, match=words):
        intlite.load(data)


# ----------------------------------------------------------------------- control flow

CONTROL: dict[str, tuple[str, ...]] = options.SUBGRAPHS
TABLES_OF = {
    "CALL": options.CallOptions,
    "CALL_ONCE": options.CallOnceOptions,
    "IF": options.IfOptions,
    "WHILE": options.WhileOptions,
}


def calling(operator: str, number: int) -> bytes:
    """A main graph and a second one, both of which run an operator on subgraph ``number``."""
    net = Network()
    for part in (net, net.subgraph()):
        x, y = part.input((1, 4), "INT8", Q), part.output((1, 4), "INT8", Q)
        ends = ([], []) if operator == "CALL_ONCE" else ([x], [y])
        table = TABLES_OF[operator](**dict.fromkeys(CONTROL[operator], number))
        part.operator(operator, *ends, table)
        if operator == "CALL_ONCE":
            part.operator("RELU", [x], [y])
    return net.bytes()


@pytest.mark.parametrize("operator", CONTROL)
@pytest.mark.parametrize("number", [0, 1], ids=["itself", "one that refers to itself"])
def test_recursion_is_refused_not_followed(operator: str, number: int) -> None:
    with pytest.raises(UnsupportedOpError, match=f"{operator} #0"):
        intlite.load(calling(operator, number))
    with pytest.raises(UnsupportedOpError, match=f"{operator} #0"):
        intlite.Interpreter(model_content=calling(operator, number))


@pytest.mark.parametrize("operator", CONTROL)
@pytest.mark.parametrize("number", [2, 2**31 - 1])
def test_subgraphs_that_are_not_there(operator: str, number: int) -> None:
    field = CONTROL[operator][0]
    words = rf"subgraphs\[0\].operators\[0\] \({operator}\).{field}: subgraph {number} of 2"
    with pytest.raises(ModelError, match=words):
        intlite.load(calling(operator, number))


# ------------------------------------------------------------ when errors are found


def test_what_does_not_fit_is_found_at_load_with_several_inputs_too() -> None:
    net = Network()
    a, b = net.input((1, 4), "INT8", Q), net.input((1, 3), "INT8", Q)
    net.operator("ADD", [a, b], [net.output((1, 4), "INT8", Q)], options.AddOptions())
    with pytest.raises(ShapeError, match=r"ADD #0: \(1, 4\) and \(1, 3\) do not broadcast"):
        intlite.load(net.bytes())


def test_placeholders_for_shapes_do_not_have_to_fit() -> None:
    """A converter writes 1 for what it does not know: the window fits what is given."""
    net = Network()
    x = net.input((1, 1, 1, 3), "INT8", Q, shape_signature=(1, -1, -1, 3))
    weights = net.constant(np.ones((2, 3, 3, 3), np.int8), "INT8", per_tensor(0.25, 0))
    bias = net.constant(np.array([4, 8], np.int32), "INT32", per_tensor(0.125, 0))
    y = net.output((1, 1, 1, 2), "INT8", Q, shape_signature=(1, -1, -1, 2))
    valid = options.Conv2DOptions(padding=1, stride_w=1, stride_h=1)
    net.operator("CONV_2D", [x, weights, bias], [y], valid)
    model = intlite.load(net.bytes())
    found = model(np.full((2, 5, 4, 3), 3, np.int8))
    assert found.shape == (2, 3, 2, 2)
    np.testing.assert_array_equal(found, np.broadcast_to(np.array([4, 5], np.int8), found.shape))
    with pytest.raises(ShapeError, match="CONV_2D #0: window"):
        model(np.zeros((1, 1, 1, 3), np.int8))


# ------------------------------------------------------------------- odd, but legal


def with_parameters(type_name: str, scale: float, used: bool = True) -> bytes:
    """A reshape of a tensor with these parameters; or one beside it that nobody reads."""
    net = Network()
    x, y = net.input((1, 4), type_name), net.output((4, 1), type_name)
    net.tensor((1, 4), "INT8")
    shape = net.constant(np.array([4, 1], np.int32), "INT32")
    net.operator("RESHAPE", [x, shape], [y])
    model = net.model()
    graph = model.subgraphs[0]
    q = schema.QuantizationParameters(
        scale=np.array([scale], np.float32), zero_point=np.zeros(1, np.int64)
    )
    marked = (x, y) if used else (2,)
    tensors = tuple(
        t.replace(quantization=q) if i in marked else t for i, t in enumerate(graph.tensors)
    )
    return write(model.replace(subgraphs=(graph.replace(tensors=tensors),)))


@pytest.mark.parametrize("scale", [0.0, -1.0, np.nan, np.inf])
def test_scales_that_nobody_reads_may_be_anything(scale: float) -> None:
    for type_name in ("FLOAT32", "INT32", "BOOL", "INT64"):
        data = with_parameters(type_name, scale)
        model = intlite.load(data)
        x: NDArray[Any] = np.arange(4).reshape(1, 4).astype(model.inputs[0].dtype)
        np.testing.assert_array_equal(model(x), x.reshape(4, 1))
        if scale == 0:
            assert runs_in_litert(data, x)
    assert intlite.load(with_parameters("FLOAT32", scale, used=False)).graph.tensors[2] is not None
    with pytest.raises(ModelError, match=r"tensors\[0\].quantization: every scale"):
        intlite.load(with_parameters("INT8", scale))


def runs_in_litert(data: bytes, x: NDArray[Any]) -> bool:
    from intlite.runtimes.oracles import Job, Oracles

    with Oracles(60) as oracles:
        found = oracles.run([Job(data, (x,), "litert")])[0]
    return found.outputs is not None and np.array_equal(found.outputs[0], x.reshape(4, 1))

"""Resource variables against the real runtimes: one run, and several."""

from __future__ import annotations

import copy
from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np
import pytest

from intlite import Interpreter, Model, ModelError, ShapeError, UnsupportedOpError
from intlite.schema.options import CallOnceOptions, VarHandleOptions

from ..models import Network
from ..oracles import Job, run
from ..sweeps import sweep
from ..sweeps.base import make_case, quantization
from ..sweeps.variables import VariableCase
from .in_a_row import check_sequences

# XNNPACK does not assign a value of another quantization.
REFUSED = {"litert": 0.9}
OUTPUTS, MANY_OUTPUTS = 10_000, 100_000
Q = quantization(0.5)


def test_random_cases() -> None:
    sweep("READ_VARIABLE", 1, count(), OUTPUTS).check(OUTPUTS, REFUSED)


@pytest.mark.long
def test_many_random_cases() -> None:
    sweep("READ_VARIABLE", 2, count(), MANY_OUTPUTS).check(MANY_OUTPUTS, REFUSED)


def test_values_are_kept() -> None:
    check_sequences("READ_VARIABLE", 3, 30, may_refuse=True)


def variable_case() -> VariableCase:
    case = make_case("READ_VARIABLE", 0, 0)
    assert isinstance(case, VariableCase)
    x = np.array([[1, -2, 3]], np.int8)
    return replace(
        case,
        x=x,
        initial=(np.array([[5, 6, 7]], np.int8),),
        quantizations=(Q,),
        assigns_input=(False,),
        reads_again=False,
    )


@pytest.mark.parametrize("resolver", ["BUILTIN_REF", "BUILTIN_WITHOUT_DEFAULT_DELEGATES"])
def test_neither_resetting_nor_resizing_touches_them(resolver: str) -> None:
    litert = pytest.importorskip("ai_edge_litert.interpreter")
    data, (x,) = variable_case().build()
    theirs = litert.Interpreter(
        model_content=data, experimental_op_resolver_type=litert.OpResolverType[resolver]
    )
    ours = Interpreter(model_content=data, numerics="litert-reference")
    number, output = 0, ours.get_output_details()[0]["index"]
    found: list[list[Any]] = []
    for it in (ours, theirs):
        found.append([])
        it.allocate_tensors()
        for step in ("run", "run", "reset", "run", "resize", "run"):
            if step == "reset":
                it.reset_all_variables()
            elif step == "resize":
                it.resize_tensor_input(number, [2, 3])
                it.resize_tensor_input(number, [1, 3])
                it.allocate_tensors()
            else:
                it.set_tensor(number, x)
                it.invoke()
                found[-1].append(it.get_tensor(output).tolist())
    assert found[0] == found[1]
    assert len({str(y) for y in found[0]}) == 4


def test_resetting_clears_them_in_tflite_micro() -> None:
    """To the zero point of what is assigned first; CALL_ONCE does not run again."""
    rng, jobs = np.random.default_rng(4), []
    for i in range(30):
        case = make_case("READ_VARIABLE", 5, i)
        data, [x] = case.build()
        more = rng.integers(-128, 127, (2, *x.shape), x.dtype, endpoint=True)
        jobs.append(Job(data, (np.concatenate([x, *more]),), "tflm", None, case.outputs, 3))
    differ = 0
    for job, result in zip(jobs, run(jobs), strict=True):
        assert result.outputs is not None
        parts = np.split(job.inputs[0], 3)
        found = runs_with_resets(job.model, parts, "tflm")
        for k, theirs in enumerate(result.outputs):
            np.testing.assert_array_equal(np.concatenate([ys[k] for ys in found]), theirs)
        kept = runs_with_resets(job.model, parts, "litert-reference")
        differ += not all(map(np.array_equal, kept[1], found[1]))
    assert differ > 20


def runs_with_resets(data: bytes, parts: list[Any], numerics: str) -> list[list[Any]]:
    """The outputs of one run after the other, with a reset before each."""
    interpreter = Interpreter(model_content=data, numerics=numerics)
    interpreter.allocate_tensors()
    outputs = [detail["index"] for detail in interpreter.get_output_details()]
    found = []
    for x in parts:
        # Before the first run there is nothing to clear.
        interpreter.reset_all_variables()
        interpreter = copy.copy(interpreter)
        interpreter.set_tensor(0, x)
        interpreter.invoke()
        found.append([interpreter.get_tensor(i) for i in outputs])
    return found


def test_each_sample_begins_with_the_initial_values() -> None:
    data, (x,) = variable_case().build()
    y = Model(data)(np.concatenate([x, x]))
    np.testing.assert_array_equal(y, [[6, 4, 10], [6, 4, 10]])
    trace = Model(data).trace(x)
    np.testing.assert_array_equal(trace.outputs[0].quantized, y[:1])


def test_other_shapes_are_refused() -> None:
    data, (x,) = variable_case().build()
    interpreter = Interpreter(model_content=data)
    interpreter.resize_tensor_input(0, [2, 3])
    with pytest.raises(RuntimeError, match="ASSIGN_VARIABLE #4: a value of"):
        interpreter.allocate_tensors()
    net = variable_case().network()
    again = replace(variable_case(), initial=(np.zeros((3, 1), np.int8),))
    with pytest.raises(ShapeError, match="READ_VARIABLE #2"):
        Model(again.build()[0])(x)
    assert Model(net.bytes())(x).shape == x.shape


def handles(net: Network) -> int:
    handle = net.tensor((), "RESOURCE")
    net.operator("VAR_HANDLE", [], [handle], VarHandleOptions(shared_name="v"))
    return handle


def test_a_value_that_nothing_gave_is_refused() -> None:
    net = Network()
    net.operator("READ_VARIABLE", [handles(net)], [net.output((3,), "INT8", Q)])
    with pytest.raises(UnsupportedOpError, match="READ_VARIABLE #1: .*no value yet"):
        Model(net.bytes())


def test_what_is_no_handle_is_refused() -> None:
    net = Network()
    x, y = net.input((3,), "INT8", Q), net.output((3,), "INT8", Q)
    net.operator("READ_VARIABLE", [x], [y])
    with pytest.raises(UnsupportedOpError, match="READ_VARIABLE #0: its handle"):
        Model(net.bytes())


@pytest.mark.parametrize(
    ("type_name", "shape", "error"),
    [("INT8", (2,), RuntimeError), ("INT32", (3,), UnsupportedOpError)],
)
def test_an_assigned_value_is_like_the_first(
    type_name: str, shape: tuple[int, ...], error: type[Exception]
) -> None:
    """Also where nothing reads it again in the same run."""
    net = Network()
    once = net.subgraph()
    x, y = net.input(shape, type_name, Q), net.output((3,), "INT8", Q)
    net.operator("CALL_ONCE", [], [], CallOnceOptions(init_subgraph_index=1))
    outer, inner = handles(net), handles(once)
    first = once.constant(np.zeros(3, np.int8), "INT8", Q)
    once.operator("ASSIGN_VARIABLE", [inner, first], [])
    net.operator("READ_VARIABLE", [outer], [y])
    net.operator("ASSIGN_VARIABLE", [outer, x], [])
    with pytest.raises(error, match="ASSIGN_VARIABLE #3"):
        Interpreter(model_content=net.bytes()).allocate_tensors()


def test_assigned_before_it_is_read() -> None:
    net = Network()
    x, y = net.input((3,), "INT8", Q), net.output((3,), "INT8", Q)
    handle = handles(net)
    net.operator("ASSIGN_VARIABLE", [handle, x], [])
    net.operator("READ_VARIABLE", [handle], [y])
    given = np.array([1, 2, 3], np.int8)
    np.testing.assert_array_equal(Model(net.bytes())(given), given)


@pytest.mark.parametrize("number", [-1, 0, 1, 2, 2**31 - 1])
def test_what_call_once_runs_is_constants_only(number: int) -> None:
    net = Network()
    once = net.subgraph()
    x, y = net.input((3,), "INT8", Q), net.output((3,), "INT8", Q)
    net.operator("CALL_ONCE", [], [], CallOnceOptions(init_subgraph_index=number))
    net.operator("ABS", [x], [y])
    z = once.tensor((3,), "INT8", Q)
    once.operator("ABS", [once.constant(np.zeros(3, np.int8), "INT8", Q)], [z])
    # A subgraph that is not there is the file's error.
    error, message = (
        (UnsupportedOpError, "CALL_ONCE #0: ")
        if number in (0, 1)
        else (ModelError, f"init_subgraph_index: subgraph {number} of 2")
    )
    with pytest.raises(error, match=message):
        Model(net.bytes())


def test_a_handle_for_others_is_refused() -> None:
    net = Network()
    net.operator("ABS", [handles(net)], [net.output((3,), "INT8", Q)])
    with pytest.raises(UnsupportedOpError, match="VAR_HANDLE #0: its handle"):
        Model(net.bytes())

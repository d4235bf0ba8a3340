"""Signatures and their runners: Interpreter beside LiteRT's."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from intlite import Interpreter, UnsupportedOpError
from intlite.quantization import per_tensor
from intlite.schema.options import VarHandleOptions
from tests.interpreter.side_by_side import (
    each_model,
    each_resolver,
    models,
    outputs,
    pair,
    value_for,
)
from tests.models import Network


@each_resolver
@pytest.mark.parametrize(
    "name", ["simple", "mnist", "two inputs", "two signatures", "two subgraphs", "dynamic"]
)
def test_signatures(name: str, resolver: str) -> None:
    both = pair(name, resolver)
    listed = both.own._get_full_signature_list()
    assert listed
    for key, signature in listed.items():
        runners = {it: it.get_signature_runner(key) for it in (both.litert, both.own)}
        details = runners[both.own].get_input_details()
        arguments = {n: value_for(details[n]) for n in signature["inputs"]}
        # Runs without allocate_tensors; so do other arguments later.
        for rows in (1, 2, 1):
            given = {
                n: x if x.dtype == np.int32 else np.concatenate([x] * rows)
                for n, x in arguments.items()
            }
            both.same(lambda it: runners[it](**given))  # noqa: B023
            both.same(lambda it: list(runners[it](**given)))  # noqa: B023
            both.same(lambda it: runners[it].get_input_details())  # noqa: B023
            both.same(lambda it: runners[it].get_output_details())  # noqa: B023
            both.same(lambda it: it.get_input_details())
            both.same(outputs)
        for wrong in (
            {},
            {n + "x": x for n, x in arguments.items()},
            {**arguments, "more": np.zeros(1)},
            {n: x.astype(np.float64) for n, x in arguments.items()},
        ):
            assert both.same(lambda it: runners[it](**wrong)).error is ValueError  # noqa: B023
        assert both.same(lambda it: runners[it](1), message=False).error is TypeError  # noqa: B023
        both.same(lambda it: runners[it](**arguments))  # noqa: B023


@each_resolver
def test_subgraphs_take_turns(resolver: str) -> None:
    """Each has tensors of its own, which are read by the subgraph's number."""
    both = pair("two subgraphs", resolver)
    given = np.array([[-128, -7, 40, 127]], np.int8)
    for rows in (1, 2):
        x = np.concatenate([given] * rows)
        both.same(lambda it: it.get_signature_runner("other")(a=x))  # noqa: B023
        both.same(lambda it: it.get_signature_runner("serve")(x=x[:, :3]))  # noqa: B023
        both.same(lambda it: it.get_tensor(3, 1))
        both.same(lambda it: it.get_tensor(0, 1))
        both.same(lambda it: it.get_tensor(1, 0))


def test_copies_have_the_tensors_of_all_subgraphs() -> None:
    interpreter = Interpreter(model_content=models()["two subgraphs"])
    given = np.array([[-128, -7, 40, 127]] * 2, np.int8)
    y = interpreter.get_signature_runner("other")(a=given)["c"]
    copy = pickle.loads(pickle.dumps(interpreter))
    for tensor, expected in ((0, given), (3, y)):
        np.testing.assert_array_equal(copy.get_tensor(tensor, 1), expected)
    copy.get_signature_runner("other")(a=given[::-1] - 1)
    np.testing.assert_array_equal(interpreter.get_tensor(3, 1), y)


def with_other(operator: str, type_name: str, options: object = None) -> bytes:
    net = Network()
    x, y = net.input((3,), "INT8", per_tensor(1, 0)), net.output((3,), "INT8", per_tensor(1, 0))
    net.operator("ABS", [x], [y])
    other = net.subgraph()
    z = other.output((3,), type_name)
    other.operator(operator, [], [z], options)
    net.signature("serve", {"x": x}, {"y": y})
    net.signature("other", {}, {"z": z}, subgraph=1)
    return net.bytes()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (with_other("HASHTABLE", "INT8"), r"subgraphs\[1\] HASHTABLE #0: no such operator"),
        (
            with_other("VAR_HANDLE", "RESOURCE", VarHandleOptions(shared_name="v")),
            r"subgraphs\[1\] VAR_HANDLE #0: shares a variable",
        ),
    ],
)
def test_a_subgraph_that_does_not_run(data: bytes, reason: str) -> None:
    """Is no reason to refuse the others."""
    interpreter = Interpreter(model_content=data)
    y = interpreter.get_signature_runner("serve")(x=np.array([1, -2, 3], np.int8))["y"]
    np.testing.assert_array_equal(y, [1, 2, 3])
    with pytest.raises(UnsupportedOpError, match=reason):
        interpreter.get_signature_runner("other")()


@each_resolver
@each_model
def test_choosing_a_signature(name: str, resolver: str) -> None:
    both = pair(name, resolver)
    for key in (None, "nope", "serving_default", "serve", 5):
        both.same(lambda it: bool(it.get_signature_runner(key)))  # noqa: B023
    assert both.same(lambda it: it.get_signature_runner(""), message=False).error is ValueError

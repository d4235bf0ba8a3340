"""Signatures and their runners: Interpreter beside LiteRT's."""

from __future__ import annotations

import numpy as np
import pytest

from tests.interpreter.side_by_side import (
    each_model,
    each_resolver,
    outputs,
    pair,
    value_for,
)


@each_resolver
@pytest.mark.parametrize("name", ["simple", "mnist", "two inputs", "two signatures", "dynamic"])
def test_signatures(name: str, resolver: str) -> None:
    both = pair(name, resolver)
    listed = both.own._get_full_signature_list()
    assert listed
    for key, signature in listed.items():
        runners = {it: it.get_signature_runner(key) for it in (both.litert, both.own)}
        details = {d["index"]: d for d in both.own.get_tensor_details()}
        arguments = {n: value_for(details[i]) for n, i in signature["inputs"].items()}
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
@each_model
def test_choosing_a_signature(name: str, resolver: str) -> None:
    both = pair(name, resolver)
    for key in (None, "nope", "serving_default", "serve", 5):
        both.same(lambda it: bool(it.get_signature_runner(key)))  # noqa: B023
    assert both.same(lambda it: it.get_signature_runner(""), message=False).error is ValueError

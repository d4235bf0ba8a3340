"""What Interpreter says of tensors, operators and signatures, beside LiteRT's."""

from __future__ import annotations

from typing import Any

import pytest

from intlite import interpreter as own
from tests.interpreter.side_by_side import (
    BATCHED,
    DELEGATING,
    each_model,
    each_resolver,
    index,
    models,
    pair,
)


def operators(it: Any) -> list[dict[str, Any]]:
    """LiteRT lists its delegate besides."""
    return [d for d in it._get_ops_details() if d["op_name"] != "DELEGATE"]


@each_resolver
@each_model
def test_details(name: str, resolver: str) -> None:
    both = pair(name, resolver)

    def compare() -> None:
        both.same(lambda it: it.get_input_details())
        both.same(lambda it: it.get_output_details())
        both.same(lambda it: it.get_tensor_details())
        both.same(lambda it: it.get_tensor_details(subgraph_index=0))
        both.same(operators)
        both.same(lambda it: [it._get_op_details(i) for i in range(len(operators(it)))])
        both.same(lambda it: it._get_tensor_details(index(it), 0))
        both.same(lambda it: it.get_signature_list())
        both.same(lambda it: it._get_full_signature_list())
        both.same(lambda it: it.num_subgraphs())

    compare()
    both.ready()
    compare()
    both.same(lambda it: it.invoke())
    compare()


@each_resolver
@pytest.mark.parametrize("name", BATCHED)
def test_details_after_resize(name: str, resolver: str) -> None:
    both = pair(name, resolver)
    shape = [5, *both.own.get_input_details()[0]["shape"][1:]]
    both.same(lambda it: it.resize_tensor_input(index(it), shape))
    both.same(lambda it: it.get_tensor_details())
    both.same(lambda it: it.allocate_tensors())
    both.same(lambda it: it.get_input_details())
    both.same(lambda it: it.get_output_details())
    # LiteRT shows stale shapes of tensors inside of its delegate.
    if resolver not in DELEGATING:
        both.same(lambda it: it.get_tensor_details())


def test_details_are_the_caller_s() -> None:
    it = own.Interpreter(model_content=models()["mnist"])
    for detail in it.get_tensor_details():
        detail["shape"][...] = 99
        detail["quantization_parameters"]["scales"][...] = 99
        detail["quantization_parameters"]["zero_points"][...] = 99
    fresh = own.Interpreter(model_content=models()["mnist"])
    assert str(it.get_tensor_details()) == str(fresh.get_tensor_details())

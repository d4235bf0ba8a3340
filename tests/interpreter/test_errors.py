"""What Interpreter refuses: LiteRT's errors in LiteRT's words, and usable after each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.interpreter.side_by_side import (
    each_resolver,
    index,
    outputs,
    pair,
    value_for,
)

WRONG_TYPES = [
    *(np.float16, np.float32, np.float64, np.complex64, np.complex128, np.bool_),
    *(np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64),
]


@each_resolver
@pytest.mark.parametrize("name", ["simple", "dense", "dynamic", "scalar", "float ends"])
def test_set_tensor_refuses(name: str, resolver: str) -> None:
    both = pair(name, resolver)
    both.ready()
    x = value_for(both.own.get_input_details()[0])
    wrong: list[Any] = [x[None], x.tolist(), 3, 3.5]
    wrong += [np.zeros(x.shape, dtype) for dtype in WRONG_TYPES if dtype != x.dtype]
    if x.ndim:
        more = tuple(d + 1 for d in x.shape)
        wrong += [x[0], x.dtype.type(3), np.zeros(more, x.dtype), x[:0], np.concatenate([x, x])]
    for value in wrong:
        refused = both.same(lambda it: it.set_tensor(index(it), value))  # noqa: B023
        assert refused.error is ValueError
    # Text has numpy's name in intlite's message.
    for value in (None, "abc", np.zeros(x.shape, "S3"), np.zeros(x.shape, object)):
        refused = both.same(lambda it: it.set_tensor(index(it), value), message=False)  # noqa: B023
        assert refused.error is ValueError
    both.same(lambda it: it.get_tensor(index(it)))
    both.same(lambda it: it.invoke())
    both.same(outputs)


@each_resolver
@pytest.mark.parametrize("wrong", [-1, 11, 10**6])
def test_wrong_tensor_numbers(wrong: int, resolver: str) -> None:
    """Of a model with 11 tensors, before LiteRT adds its own when it allocates."""
    both = pair("mnist", resolver)
    x = np.zeros((1, 28, 28), np.uint8)
    for action in (
        lambda it: it.set_tensor(wrong, x),
        lambda it: it.get_tensor(wrong),
        lambda it: it.tensor(wrong)(),
        lambda it: it._get_tensor_details(wrong, 0),
    ):
        assert both.same(action).error is ValueError
    both.ready()
    both.same(lambda it: it.invoke())
    both.same(outputs)


@each_resolver
def test_other_wrong_numbers(resolver: str) -> None:
    both = pair("mnist", resolver)
    for wrong in (-1, 1, 7):
        for action in (
            lambda it: it.get_tensor_details(wrong),  # noqa: B023
            lambda it: it.get_tensor_details(subgraph_index=wrong),  # noqa: B023
            lambda it: it.get_tensor(0, wrong),  # noqa: B023
            lambda it: it.get_tensor(0, subgraph_index=wrong),  # noqa: B023
        ):
            assert both.same(action).error is ValueError
    for wrong in (-1, 100):
        assert both.same(lambda it: it._get_op_details(wrong)).error is ValueError  # noqa: B023


def test_resize_of_a_wrong_tensor_number() -> None:
    both = pair("mnist")
    for wrong in (-1, 11):
        refused = both.same(lambda it: it.resize_tensor_input(wrong, [1]), message=False)  # noqa: B023
        assert refused.error is RuntimeError


@pytest.mark.parametrize(
    "wrong",
    [1.0, 1.5, "1", b"1", None, [1]],
)
def test_tensor_numbers_of_wrong_types(wrong: Any) -> None:
    both = pair("mnist")
    both.ready()
    x = np.zeros((1, 28, 28), np.uint8)
    for action in (
        lambda it: it.set_tensor(wrong, x),
        lambda it: it.get_tensor(wrong),
        lambda it: it.tensor(wrong)(),
        lambda it: it.resize_tensor_input(wrong, [1]),
        lambda it: it._get_op_details(wrong),
    ):
        assert both.same(action, message=False).error is TypeError


@pytest.mark.parametrize("convert", [np.int64, np.int32, np.uint8, np.array])
def test_tensor_numbers_of_other_integer_types(convert: Callable[[int], Any]) -> None:
    both = pair("mnist")
    both.ready()
    both.same(lambda it: it.set_tensor(convert(0), np.ones((1, 28, 28), np.uint8)))
    both.same(lambda it: it.get_tensor(convert(0)))
    both.same(lambda it: it.resize_tensor_input(convert(0), (2, 28, 28)))
    both.same(lambda it: it.get_input_details())


CALLS: dict[str, Callable[[Any], Any]] = {
    "set_tensor by name": lambda it: it.set_tensor(
        tensor_index=0, value=np.zeros((1, 28, 28), np.uint8)
    ),
    "get_tensor by name": lambda it: it.get_tensor(tensor_index=0, subgraph_index=0),
    "get_tensor of subgraph": lambda it: it.get_tensor(0, 0),
    "resize by name": lambda it: it.resize_tensor_input(
        input_index=0, tensor_size=(2, 28, 28), strict=True
    ),
    "set_tensor without value": lambda it: it.set_tensor(0),
    "set_tensor with too much": lambda it: it.set_tensor(0, np.zeros(1), 0),
    "set_tensor with another name": lambda it: it.set_tensor(0, valu=1),
    "get_tensor of nothing": lambda it: it.get_tensor(),
    "invoke with an argument": lambda it: it.invoke(1),
    "allocate with an argument": lambda it: it.allocate_tensors(1),
    "tensor of nothing": lambda it: it.tensor(),
}


@pytest.mark.parametrize("call", list(CALLS))
def test_ways_of_calling(call: str) -> None:
    both = pair("mnist")
    both.ready()
    # Python's own words name methods.
    assert both.same(CALLS[call], message=False).error in (None, TypeError)

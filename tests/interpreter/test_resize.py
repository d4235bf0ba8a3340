"""Other shapes: Interpreter beside LiteRT's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.interpreter.side_by_side import (
    BATCHED,
    each_resolver,
    fill,
    index,
    outputs,
    pair,
)


@each_resolver
@pytest.mark.parametrize("name", BATCHED)
def test_resize(name: str, resolver: str) -> None:
    both = pair(name, resolver)
    own_shape = [int(d) for d in both.own.get_input_details()[0]["shape"]]
    for batch in (7, 0, own_shape[0], 3, 33):
        shape = [batch, *own_shape[1:]]
        both.same(lambda it: it.resize_tensor_input(index(it), shape))  # noqa: B023
        both.same(lambda it: it.invoke())
        both.same(lambda it: it.get_input_details())
        both.same(lambda it: it.allocate_tensors())
        for it in (both.litert, both.own):
            fill(it)
        if name == "dynamic" and batch % 3:
            continue
        if name == "dynamic" and batch == 0:
            # (0, 3) does not go into (3, -1) anywhere, and LiteRT's words are its source's.
            assert both.same(lambda it: it.invoke(), message=False).error in (None, RuntimeError)
            continue
        both.same(lambda it: it.invoke())
        both.same(outputs)
        both.same(lambda it: it.get_output_details())


@each_resolver
@pytest.mark.parametrize("form", [tuple, np.array, np.float32, lambda s: np.array(s, np.int64)])
def test_forms_of_shapes(form: Callable[[list[int]], Any], resolver: str) -> None:
    both = pair("simple", resolver)
    both.same(lambda it: it.resize_tensor_input(0, form([4, 28, 28])))
    both.ready()
    both.same(lambda it: it.invoke())
    both.same(outputs)


@each_resolver
@pytest.mark.parametrize("shape", [(-1, 28, 28), (2, -28, 28), 3, [[1, 28, 28]], "12", [None]])
def test_shapes_that_are_none(shape: Any, resolver: str) -> None:
    both = pair("simple", resolver)
    both.ready()
    refused = both.same(lambda it: it.resize_tensor_input(0, shape), message=False)
    assert refused.error is not None


@pytest.mark.parametrize("size", [2**31, 2**32 + 1, 2**33, 10**30])
def test_shapes_beyond_int32(size: int) -> None:
    both = pair("simple")
    both.ready()
    refused = both.same(lambda it: it.resize_tensor_input(0, [size, 28, 28]), message=False)
    assert refused.error is OverflowError
    both.same(lambda it: it.get_input_details())
    both.same(lambda it: it.invoke())
    both.same(outputs)


@each_resolver
def test_shapes_that_the_model_does_not_take(resolver: str) -> None:
    both = pair("simple", resolver)
    for shape in ([1, 5, 5], [], [3], [2, 28, 28, 3]):
        both.same(lambda it: it.resize_tensor_input(0, shape))  # noqa: B023
        # One tells of its source lines, the other of the operator and its shapes.
        both.same(lambda it: it.allocate_tensors(), message=False)
        both.same(lambda it: it.invoke(), message=False)
    both.same(lambda it: it.resize_tensor_input(0, [2, 28, 28]))
    both.ready()
    both.same(lambda it: it.invoke())
    both.same(outputs)


@each_resolver
@pytest.mark.parametrize("name", ["simple", "dense", "open batch", "two inputs"])
def test_resize_strict(name: str, resolver: str) -> None:
    both = pair(name, resolver)
    shape = [int(d) for d in both.own.get_input_details()[0]["shape"]]
    for wanted in ([4, *shape[1:]], [d + 1 for d in shape], [*shape, 1], shape[1:], shape):
        both.same(
            lambda it: it.resize_tensor_input(index(it), wanted, strict=True),  # noqa: B023
            message=len(wanted) == len(shape),
        )
        both.same(lambda it: it.resize_tensor_input(index(it), wanted, True), message=False)  # noqa: B023
        both.same(lambda it: it.get_input_details())
        both.ready()
        both.same(lambda it: it.invoke())
        both.same(outputs)


def test_resize_to_the_same_shape_keeps_everything() -> None:
    both = pair("simple")
    both.ready()
    both.same(lambda it: it.invoke())
    both.same(lambda it: it.resize_tensor_input(0, [1, 28, 28]))
    both.same(outputs)
    both.same(lambda it: it.invoke())
    both.same(outputs)

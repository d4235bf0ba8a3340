"""Views of tensors' memory, and all tensors preserved: Interpreter beside LiteRT's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from intlite import interpreter as own
from tests.interpreter.side_by_side import (
    RESOLVERS,
    each_resolver,
    fill,
    index,
    make,
    models,
    outputs,
    pair,
    value_for,
)

# Where shapes depend on values, views are not counted, and outputs have none.


@each_resolver
@pytest.mark.parametrize("name", ["simple", "dense", "two inputs", "dynamic", "float ends"])
def test_views(name: str, resolver: str) -> None:
    both = pair(name, resolver)
    both.ready()
    views: dict[Any, Any] = {}

    def take(it: Any, number: int) -> NDArray[Any]:
        views[it] = it.tensor(number)()
        return np.array(views[it])

    both.same(lambda it: take(it, index(it)))
    both.same(lambda it: it._safe_to_run())
    for action in (
        lambda it: it.invoke(),
        lambda it: it.allocate_tensors(),
        lambda it: it.resize_tensor_input(index(it), [3, *views[it].shape[1:]]),
    ):
        assert both.same(action).error is RuntimeError
    # What does not move memory goes on, and a view is the memory.
    both.same(lambda it: it.reset_all_variables())
    both.same(lambda it: it.set_tensor(index(it), value_for(it.get_input_details()[0], 9)))
    both.same(lambda it: views[it].copy())
    both.same(lambda it: views[it].fill(7))
    both.same(lambda it: it.get_tensor(index(it)))
    # A slice keeps it alive.
    both.same(lambda it: views.update({it: views[it][:1]}))
    assert both.same(lambda it: it.invoke()).error is RuntimeError
    views.clear()
    both.same(lambda it: it._safe_to_run())
    both.same(lambda it: it.invoke())
    both.same(outputs)

    output = int(both.own.get_output_details()[0]["index"])
    both.same(lambda it: take(it, output))
    assert both.same(lambda it: it.invoke()).error is RuntimeError
    views.clear()
    both.same(lambda it: it.invoke())


@each_resolver
def test_view_functions_outlive_allocation(resolver: str) -> None:
    both = pair("simple", resolver)
    functions = {it: it.tensor(0) for it in (both.litert, both.own)}
    both.same(lambda it: functions[it]())
    both.ready()
    both.same(lambda it: functions[it]().copy())
    both.same(lambda it: it.resize_tensor_input(0, [3, 28, 28]))
    both.same(lambda it: functions[it]())
    both.ready()
    both.same(lambda it: functions[it]().copy())


@each_resolver
@pytest.mark.parametrize("name", list(models()))
def test_all_tensors_preserved(name: str, resolver: str) -> None:
    both = pair(name, resolver, experimental_preserve_all_tensors=True)
    for seed in range(3):
        both.ready(seed)
        both.same(lambda it: it.invoke())
        for detail in both.own.get_tensor_details():
            number = detail["index"]
            if name == "open batch" and number == 2:
                continue  # a variable that no operator reads: intlite does not hold it
            both.same(lambda it: it.get_tensor(number))  # noqa: B023
            both.same(lambda it: np.array(it.tensor(number)()))  # noqa: B023
    both.same(lambda it: it.get_tensor_details())


def test_preserving_does_not_change_outputs() -> None:
    for resolver in RESOLVERS:
        found = []
        for preserve in (False, True):
            it = make(
                own,
                resolver,
                model_content=models()["mnist"],
                experimental_preserve_all_tensors=preserve,
            )
            it.allocate_tensors()
            fill(it)
            it.invoke()
            found.append(outputs(it)[0])
        np.testing.assert_array_equal(*found)

"""Interpreter runs, before and after allocation and on all kinds of arrays, beside LiteRT's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.interpreter.side_by_side import (
    each_model,
    each_resolver,
    index,
    outputs,
    pair,
    value_for,
)


@each_resolver
@each_model
def test_run(name: str, resolver: str) -> None:
    both = pair(name, resolver)
    for seed in range(5):
        both.ready(seed)
        both.same(lambda it: it.invoke())
        both.same(outputs)
        both.same(lambda it: it.get_tensor(index(it)))
        both.same(lambda it: it.reset_all_variables())
        both.same(outputs)
        both.same(lambda it: it._safe_to_run())


@each_resolver
def test_many_images_one_by_one(resolver: str) -> None:
    both = pair("mnist", resolver)
    both.ready()
    images = np.random.default_rng(7).integers(0, 256, (300, 1, 28, 28)).astype(np.uint8)

    def run(it: Any) -> NDArray[Any]:
        found = []
        for image in images:
            it.set_tensor(index(it), image)
            it.invoke()
            found.append(outputs(it)[0])
        return np.concatenate(found)

    both.same(run)


@each_resolver
@each_model
def test_before_allocate(name: str, resolver: str) -> None:
    both = pair(name, resolver)
    both.same(lambda it: it.invoke())
    for i in range(len(both.own.get_tensor_details())):
        both.same(lambda it: it.get_tensor(i))  # noqa: B023 - called at once
        both.same(lambda it: np.array(it.tensor(i)()))  # noqa: B023
    both.same(lambda it: it.set_tensor(index(it), value_for(it.get_input_details()[0])))
    both.same(lambda it: it._safe_to_run())
    # All of that left both usable.
    both.ready()
    both.same(lambda it: it.allocate_tensors())
    both.same(lambda it: it.invoke())
    both.same(outputs)


def _strided(x: NDArray[Any]) -> NDArray[Any]:
    return np.repeat(x, 2, axis=-1)[..., ::2]


def _read_only(x: NDArray[Any]) -> NDArray[Any]:
    x = x.copy()
    x.setflags(write=False)
    return x


def _unaligned(x: NDArray[Any]) -> NDArray[Any]:
    return np.frombuffer(b"\0" + x.tobytes(), x.dtype, offset=1).reshape(x.shape)


class Subclass(np.ndarray[Any, Any]):
    pass


FORMS: dict[str, Callable[[NDArray[Any]], Any]] = {
    "strided": _strided,
    "Fortran": np.asfortranarray,
    "reversed": lambda x: np.ascontiguousarray(x[..., ::-1])[..., ::-1],
    "read-only": _read_only,
    "unaligned": _unaligned,
    "subclass": lambda x: x.view(Subclass),
    "masked": np.ma.array,
    "big-endian": lambda x: x.astype(x.dtype.newbyteorder(">")),
}


@each_resolver
@pytest.mark.parametrize("form", list(FORMS))
@pytest.mark.parametrize("name", ["simple", "dense", "dynamic", "float ends"])
def test_forms_of_arrays(name: str, form: str, resolver: str) -> None:
    both = pair(name, resolver)
    both.ready()
    x = value_for(both.own.get_input_details()[0], seed=3)
    given = FORMS[form](x)
    np.testing.assert_array_equal(given, x)
    # LiteRT reads the bytes of wider numbers in another order as they lie.
    sides: tuple[Any, ...] = (both.own,)
    if form != "big-endian" or x.dtype.itemsize == 1:
        sides = (both.own, both.litert)
    for it in sides:
        it.set_tensor(index(it), given)
        np.testing.assert_array_equal(it.get_tensor(index(it)), x)
    both.litert.set_tensor(index(both.litert), x)
    both.same(lambda it: it.invoke())
    both.same(outputs)

"""RESHAPE against the real runtimes: every form that a file may have it in."""

from __future__ import annotations

from itertools import count

import numpy as np
import pytest

from intlite import IntliteError, Model, ShapeError, UnsupportedOpError
from intlite.runtimes import RUNTIMES
from intlite.schema.options import ReshapeOptions

from ..models import Network
from ..oracles import Job, run
from ..sweeps import check, sweep
from ..sweeps.reshape import BOTH, CONSTANT, FORMS, GIVEN, OPTION, ReshapeCase

OUTPUTS, MANY_OUTPUTS = 100_000, 1_000_000
REFUSED = {"litert": 0.03, "litert-builtin": 0.03, "litert-reference": 0.03, "tflm": 0.08}


def zeros(*shape: int) -> np.ndarray:
    return np.arange(np.prod(shape, dtype=int)).astype(np.int8).reshape(shape)


def test_random_cases() -> None:
    found = sweep("RESHAPE", 1, count(), OUTPUTS)
    found.check(OUTPUTS, REFUSED)
    assert {kind for (kind, _), tally in found.tallies.items() if tally.outputs} == set(FORMS)


@pytest.mark.long
def test_many_random_cases() -> None:
    sweep("RESHAPE", 2, count(), MANY_OUTPUTS).check(MANY_OUTPUTS, REFUSED)


@pytest.mark.parametrize("form", [CONSTANT, OPTION, BOTH, GIVEN])
@pytest.mark.parametrize(
    ("shape", "wanted", "out"),
    [
        ((2, 6), (3, 4), (3, 4)),
        ((2, 6), (3, -1), (3, 4)),
        ((2, 6), (-1, 4), (3, 4)),
        ((2, 6), (-1,), (12,)),
        ((2, 6), (2, 6), (2, 6)),
        ((12,), (1, 2, 1, 3, 1, 2), (1, 2, 1, 3, 1, 2)),
        ((12,), (1, 1, 2, 1, 3, 1, 2, 1), (1, 1, 2, 1, 3, 1, 2, 1)),
        ((), (1, 1), (1, 1)),
        ((1, 1), (), ()),
        ((1,), (-1,), (1,)),
        ((0, 3), (3, 0), (3, 0)),
        ((0, 3), (0, -1), (0, 3)),
        ((0, 3), (5, -1), (5, 0)),
        ((0, 3), (5, 0, -1), (5, 0, 3)),
    ],
)
def test_forms(
    form: str, shape: tuple[int, ...], wanted: tuple[int, ...], out: tuple[int, ...]
) -> None:
    check(ReshapeCase(zeros(*shape), form, wanted, out))


def test_option_of_old_files_says_scalar() -> None:
    assert all(c.outputs == 1 for c in check(ReshapeCase(zeros(1, 1), OPTION, (0,), ())))


@pytest.mark.parametrize(
    "dtype", ["int8", "uint8", "int16", "int32", "int64", "uint32", "float32", "float64", "bool"]
)
def test_types(dtype: str) -> None:
    x = zeros(2, 6).astype(dtype)
    assert all(c.outputs == 12 for c in check(ReshapeCase(x, CONSTANT, (4, 3), (4, 3))))


@pytest.mark.parametrize("form", [CONSTANT, OPTION, GIVEN])
@pytest.mark.parametrize("wanted", [(-1, -1), (-2, 3), (4, 2), (4, -1), (7,)])
@pytest.mark.parametrize("flavour", [name for name in RUNTIMES if name != "tflm"])
def test_impossible_shapes(form: str, wanted: tuple[int, ...], flavour: str) -> None:
    """LiteRT refuses them too; TFLite Micro copies, whatever shape is wanted."""
    model, inputs = ReshapeCase(zeros(2, 3), form, wanted, (2, 3)).build()
    [result] = run([Job(model, inputs, flavour)])
    assert result.outputs is None
    assert not result.crashed
    with pytest.raises(ShapeError, match="RESHAPE #0"):
        Model(model, numerics=flavour)(*inputs)


@pytest.mark.parametrize("form", [CONSTANT, OPTION, GIVEN])
@pytest.mark.parametrize("flavour", ["litert-builtin", "litert-reference"])
def test_zero_is_no_wildcard(form: str, flavour: str) -> None:
    model, inputs = ReshapeCase(zeros(2, 3), form, (0, 3), (2, 3)).build()
    [result] = run([Job(model, inputs, flavour)])
    assert result.outputs is None
    with pytest.raises(ShapeError, match="RESHAPE #0"):
        Model(model, numerics=flavour)(*inputs)


@pytest.mark.parametrize("form", [CONSTANT, OPTION])
def test_zero_in_the_delegate(form: str) -> None:
    """XNNPACK reads 0 as the input's own dimension; intlite refuses, as the other runtimes do."""
    model, inputs = ReshapeCase(zeros(2, 3), form, (0, 3), (2, 3)).build()
    [result] = run([Job(model, inputs, "litert")])
    assert result.outputs is not None
    with pytest.raises(ShapeError, match="RESHAPE #0"):
        Model(model)(*inputs)


@pytest.mark.parametrize("flavour", RUNTIMES)
def test_no_shape_at_all(flavour: str) -> None:
    net = Network()
    x, y = net.input((2, 3), "INT8"), net.output((2, 3), "INT8")
    net.operator("RESHAPE", [x], [y])
    with pytest.raises(UnsupportedOpError, match="RESHAPE #0: .*shape"):
        Model(net.bytes(), numerics=flavour)


@pytest.mark.parametrize("types", [("STRING", "STRING"), ("INT8", "UINT8"), ("INT4", "INT4")])
def test_unsupported_types(types: tuple[str, str]) -> None:
    net = Network()
    x, y = net.input((2, 3), types[0]), net.output((6,), types[1])
    net.operator("RESHAPE", [x], [y], ReshapeOptions(new_shape=np.array([6], np.int32)))
    with pytest.raises(UnsupportedOpError, match=f"RESHAPE #0: {types[0]} to {types[1]}"):
        Model(net.bytes())


def test_shape_given_at_run_time_may_change() -> None:
    model, _ = ReshapeCase(zeros(2, 6), GIVEN, (3, 4), (3, 4)).build()
    ours = Model(model)
    for wanted in ([12, 1], [1, 12], [-1, 2]):
        y = ours(zeros(2, 6), np.array(wanted, np.int32))
        assert np.array_equal(y, zeros(2, 6).reshape(wanted))
    with pytest.raises(IntliteError):
        ours(zeros(2, 6), np.array([5, 2], np.int32))

"""The operators that compute with stored values against the real runtimes, each type by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from intlite import Model, ShapeError, UnsupportedOpError
from intlite.runtimes import RUNTIMES
from intlite.schema import options

from ..models import Network
from ..oracles import Job, run
from ..sweeps import check, sweep
from ..sweeps.computation import (
    CAST_TYPES,
    DIVIDED,
    HOT_TYPES,
    LOOKED_UP,
    NOT_IN_REFERENCE,
    REMAINDERS,
    REVERSED,
    SCATTERED,
    SUMMED,
    WHERE_TYPES,
    ComputationCase,
)
from ..sweeps.movement import TYPES, int32
from .by_type import by_runtime, sweep_types

OUTPUTS, MANY_OUTPUTS = 10_000, 100_000
BOOL, FLOAT = ("bool",), ("float32",)
# The types that LiteRT takes, and those that TFLite Micro takes.
OPERATORS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "LOGICAL_AND": (BOOL, BOOL),
    "LOGICAL_OR": (BOOL, BOOL),
    "LOGICAL_NOT": (BOOL, BOOL),
    "FLOOR": (FLOAT, FLOAT),
    "CEIL": (FLOAT, FLOAT),
    "ROUND": (FLOAT, FLOAT),
    "FLOOR_DIV": (DIVIDED, FLOAT),
    "FLOOR_MOD": (REMAINDERS, FLOAT),
    "SELECT": (TYPES, ()),
    "SELECT_V2": (TYPES, ("int8", "int16", "float32")),
    "WHERE": (WHERE_TYPES, ()),
    "RANGE": (SUMMED, ()),
    "ONE_HOT": (HOT_TYPES, ()),
    "CUMSUM": (SUMMED, FLOAT),
    "ADD_N": (("int32", "float32"), FLOAT),
    "SCATTER_ND": (SCATTERED, ()),
    "REVERSE_SEQUENCE": (REVERSED, ()),
    "EMBEDDING_LOOKUP": (LOOKED_UP, ("int8", "float32", "int8 to float32")),
}
SHORT = {"RANK": (("int32",), ()), "BROADCAST_ARGS": (("int32", "int64"), ("int32", "int64"))}


def taken(name: str) -> dict[str, Any]:
    found = by_runtime(*{**OPERATORS, **SHORT}[name])
    if name in NOT_IN_REFERENCE:
        found["litert-reference"] = ()
    return found


@pytest.mark.parametrize("name", OPERATORS)
def test_random_cases(name: str) -> None:
    sweep_types(name, 1, OUTPUTS, taken(name))


@pytest.mark.parametrize("name", SHORT)
def test_random_cases_of_few_elements(name: str) -> None:
    sweep_types(name, 1, 100, taken(name))


@pytest.mark.long
@pytest.mark.parametrize("name", OPERATORS)
def test_many_random_cases(name: str) -> None:
    sweep_types(name, 2, MANY_OUTPUTS, taken(name))


def check_casts(seed: int, cases: int, least: int) -> None:
    found = sweep("CAST", seed, iter(range(cases)))
    assert not found.failures, "\n\n".join(map(str, found.failures))
    for name in RUNTIMES:
        outputs = {kind: t.outputs for (kind, f), t in found.tallies.items() if f == name}
        if name != "tflm":
            assert len(outputs) == len(CAST_TYPES) ** 2
            assert all(outputs.values())
        assert sum(outputs.values()) >= least


def test_random_casts() -> None:
    check_casts(1, 5 * len(CAST_TYPES) ** 2, 50_000)


@pytest.mark.long
def test_many_random_casts() -> None:
    check_casts(2, 60 * len(CAST_TYPES) ** 2, 600_000)


@pytest.mark.parametrize("target", [t for t in CAST_TYPES if t != "float64"])
def test_casts_of_floats_out_of_range(target: str) -> None:
    limits = [2.0**k for k in (7, 8, 15, 16, 31, 32, 63)]
    near = [np.nextafter(np.float32(v), np.float32(to)) for v in limits for to in (0, np.inf)]
    x = np.array([np.nan, np.inf, 0.99, -0.0, 127.5, 255.5, *limits, *near], np.float32)
    x = np.concatenate([x, -x])
    check(ComputationCase("CAST", (x,), x.shape, target, options.CastOptions()))


def case(name: str, *inputs: Any, dtype: str = "", **more: Any) -> ComputationCase:
    """All inputs behind the first are constants."""
    arrays = tuple(np.asarray(x) for x in inputs)
    kind = dtype or arrays[more.pop("like", 0)].dtype.name
    rest = tuple(range(1, len(arrays)))
    return ComputationCase(name, arrays, more.pop("shape", (1,)), kind, stored=rest, **more)


X = np.arange(24, dtype=np.int32).reshape(2, 3, 4)
YES = np.ones((2, 3, 4), bool)
ZERO = np.int32(0)
WRONG = {
    "and of others": case("LOGICAL_AND", YES, YES[:, :2]),
    "division by 0": case("FLOOR_DIV", X, int32(3, 0, 1, 2), shape=X.shape),
    "remainder by 0": case("FLOOR_MOD", X, int32(3, 0, 1, 2), shape=X.shape),
    "select of others": case("SELECT", YES, X, X[:1], like=1),
    "select by rows of others": case("SELECT", YES[:, 0, :2][0], X[:1], X[:1], like=1),
    "select by a matrix": case("SELECT", YES[0], X, X, like=1),
    "select_v2 of others": case("SELECT_V2", YES, X[:, :2], X, like=1),
    "where a scalar is": case("WHERE", np.int32(1), dtype="int64", shape=(1, 0)),
    "range of 0": case("RANGE", ZERO, np.int32(5), ZERO),
    "range away": case("RANGE", ZERO, np.int32(5), np.int32(-1)),
    "range of NaN": case("RANGE", *np.array([np.nan, 1, 1], np.float32)),
    "range of a vector": case("RANGE", int32(0, 1), np.int32(5), np.int32(1)),
    "one_hot of less": case(
        "ONE_HOT", X, np.int32(-1), ZERO, ZERO, options=options.OneHotOptions(axis=-1)
    ),
    "one_hot axis 4": case(
        "ONE_HOT", X, np.int32(3), ZERO, ZERO, options=options.OneHotOptions(axis=4)
    ),
    "one_hot of two": case("ONE_HOT", X, np.int32(3), int32(0, 0), ZERO),
    "sum along axis 3": case("CUMSUM", X, np.int32(3), shape=X.shape),
    "sum along axis -4": case("CUMSUM", X, np.int32(-4), shape=X.shape),
    "sum of others": case("ADD_N", X, X[:1]),
    "scatter outside": case("SCATTER_ND", int32([[5]]), int32(1), int32(3), like=1),
    "scatter before": case("SCATTER_ND", int32([[-1]]), int32(1), int32(3), like=1),
    "scatter others": case("SCATTER_ND", int32([[0]]), int32(1, 2), int32(3), like=1),
    "scatter too deep": case("SCATTER_ND", int32([[0, 0]]), int32(1), int32(3), like=1),
    "reverse too much": case(
        "REVERSE_SEQUENCE", X, int32(4, 1), options=options.ReverseSequenceOptions(seq_dim=1)
    ),
    "reverse others": case(
        "REVERSE_SEQUENCE", X, int32(1), options=options.ReverseSequenceOptions(seq_dim=1)
    ),
    "reverse axis 3": case(
        "REVERSE_SEQUENCE", X, int32(1, 1), options=options.ReverseSequenceOptions(seq_dim=3)
    ),
    "reverse along samples": case("REVERSE_SEQUENCE", X, int32(1, 1)),
    "lookup outside": case("EMBEDDING_LOOKUP", int32(2), X, shape=(1, 3, 4)),
    "lookup before": case("EMBEDDING_LOOKUP", int32(-1), X, shape=(1, 3, 4)),
    "lookup of a matrix": case("EMBEDDING_LOOKUP", int32([[1]]), X),
    "lookup in a vector": case("EMBEDDING_LOOKUP", int32(1), X[0, 0]),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_does_not_fit(what: str) -> None:
    """As in LiteRT, whether it is in the file or given at run time."""
    model, inputs = WRONG[what].build()
    for flavour in ("litert", "litert-reference"):
        [result] = run([Job(model, inputs, flavour)])
        assert result.outputs is None
        assert not result.crashed
    with pytest.raises(ShapeError, match=f"{WRONG[what].name} #0"):
        Model(model)(*inputs)
    given, inputs = replace(WRONG[what], stored=()).build()
    with pytest.raises(ShapeError, match=f"{WRONG[what].name} #0"):
        Model(given)(*inputs)


REFUSED = {
    "arity": case("LOGICAL_AND", YES),
    "and of numbers": case("LOGICAL_AND", X, X),
    "mixed types": case("FLOOR_DIV", X, X.astype(np.float32)),
    "another output": case("FLOOR_DIV", X, X, dtype="float32"),
    "one_hot axis -2": case(
        "ONE_HOT", X, np.int32(3), ZERO, ZERO, options=options.OneHotOptions(axis=-2)
    ),
    "one_hot of int16": case("ONE_HOT", X, np.int32(3), np.int16(1), np.int16(0), like=2),
    "where of int16": case("WHERE", X.astype(np.int16), dtype="int64"),
    "cast to int4": case("CAST", X, dtype="int4"),
    "floor of int32": case("FLOOR", X),
    "one to add": case("ADD_N", X),
    "lookup as int16": case("EMBEDDING_LOOKUP", int32(0), X, dtype="int16"),
    "lookup with a zero point": case(
        "EMBEDDING_LOOKUP", int32(0), X.astype(np.int8), dtype="float32"
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refusals(what: str) -> None:
    model, _ = REFUSED[what].build()
    with pytest.raises(UnsupportedOpError, match=f"{REFUSED[what].name} #0: "):
        Model(model)


@pytest.mark.parametrize("dtype", ["int32", "int64", "int16", "int8"])
@pytest.mark.parametrize("operator", ["FLOOR_DIV", "FLOOR_MOD"])
def test_the_least_value_by_minus_one(operator: str, dtype: str) -> None:
    """Which stops LiteRT's process for some types."""
    if (operator, dtype) == ("FLOOR_DIV", "int64"):
        return
    least = np.array([np.iinfo(dtype).min], dtype)
    model, inputs = case(operator, least, np.array([-1], dtype)).build()
    expected = 0 if operator == "FLOOR_MOD" else least[0]
    for name in RUNTIMES:
        assert Model(model, numerics=name)(*inputs) == expected


def test_shapes_of_64_bits() -> None:
    """Of which the runtimes take 32."""
    one, shape = np.array([2**40 + 1], np.int64), np.array([2**34 + 5, -1, 2**63 - 1], np.int64)
    check(case("BROADCAST_ARGS", one, shape, shape=(3,)))


def test_shapes_apart() -> None:
    """Which LiteRT aborts at."""
    for stored in ((), (1,)):
        args = replace(case("BROADCAST_ARGS", int32(2, 3), int32(2, 2), shape=(2,)), stored=stored)
        model, inputs = args.build()
        with pytest.raises(ShapeError, match="BROADCAST_ARGS #0: .* do not broadcast"):
            Model(model)(*inputs)


def test_a_shape_that_only_a_run_gives() -> None:
    """WHERE's, and so the whole model's: each sample by itself."""
    net = Network()
    x, y = net.input((1, 4), "INT8"), net.output((1, 2), "INT64")
    net.operator("WHERE", [x], [y])
    model = Model(net.bytes())
    assert model(np.array([[0, 5, 0, -1]], np.int8)).tolist() == [[0, 1], [0, 3]]
    assert model(np.zeros((1, 4), np.int8)).shape == (0, 2)
    both = model(np.array([[0, 5, 0, -1], [3, 0, 0, 0]], np.int8))
    assert both.tolist() == [[0, 1], [0, 3], [0, 0]]

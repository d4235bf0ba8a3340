"""Random cases of the operators that compute with stored values, whatever these stand for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from intlite.quantization import Quantization
from intlite.schema import options

from ..models import Network
from .base import EMPTY_IN_TFLM, Arrays, Case, draw_size, generator, quantization
from .binary import draw_shapes
from .movement import NOT_IN_TFLM, TYPES, draw_array, draw_shape, index_type, int32, stored

CAST_TYPES = (*TYPES, "uint16", "uint32", "float64")
WHERE_TYPES = ("bool", "float32", "int64", "int32", "int8", "uint8")
HOT_TYPES = ("float32", "int32", "int64", "int8", "uint8", "bool")
DIVIDED = ("int8", "int16", "int32", "float32")
REMAINDERS = (*DIVIDED, "int64")
SUMMED = ("int32", "int64", "float32")
SCATTERED = ("float32", "int8", "uint8", "bool", "int32", "int64")
REVERSED = ("float32", "uint8", "int16", "int32", "int64")
LOOKED_UP = (
    *("float32", "int32", "int16", "int8", "uint8"),
    *("int8 to float32", "uint8 to float32", "int8 per channel to float32"),
)
BROADCAST_RANK = SELECT_RANK = 6
FAR = (1e10, -1e10, 1e30, 2.0**31, -(2.0**31), 2.0**63)
ODD = (*FAR, np.nan, np.inf, -np.inf, -0.0, 1e-40, -1e-40)
Q = quantization(0.5, 3)
# What BUILTIN_REF has no kernel for.
NOT_IN_REFERENCE = ("CEIL", "ROUND")
# What TFLite Micro says of types and forms that it lacks.
NOT_COMPUTED = (
    f"{EMPTY_IN_TFLM}|{NOT_IN_TFLM}|Unsupported|only|does not support|failed to|Cannot set"
)


@dataclass(frozen=True, eq=False)
class ComputationCase(Case):
    operator: ClassVar[str] = ""

    name: str
    inputs: Arrays
    shape: tuple[int, ...]
    dtype: str
    options: Any = None
    stored: tuple[int, ...] = ()
    version: int = 1
    misread: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        if self.name == "CAST":
            return f"{self.inputs[0].dtype} to {self.dtype}"
        return str(self.inputs[0].dtype) if self.name in ("WHERE", "RANGE") else self.dtype

    def build(self) -> tuple[bytes, Arrays]:
        net, tensors, given = Network(), [], []
        for i, x in enumerate(self.inputs):
            type_name, q = x.dtype.name.upper(), self.quantization(i)
            if i in self.stored:
                tensors.append(net.constant(x, type_name, q))
            else:
                tensors.append(net.input(x.shape, type_name, q))
                given.append(x)
        q = Q if self.dtype in ("int8", "uint8") else None
        out = net.output(self.shape, self.dtype.upper(), q)
        net.operator(self.name, tensors, [out], self.options, self.version)
        return net.bytes(), tuple(given)

    def quantization(self, i: int) -> Quantization | None:
        """Of input i."""
        return Q if self.inputs[i].dtype.itemsize == 1 else None

    def is_misread(self, flavour: str) -> bool:
        return flavour in self.misread

    def refusal(self, flavour: str) -> str | None:
        if flavour == "tflm":
            return NOT_COMPUTED
        if flavour == "litert-reference" and self.name in NOT_IN_REFERENCE:
            return "Didn't find op"
        # Not the runtime but its Python: it can't hand out an empty dynamic tensor.
        empty = not math.prod(self.shape)
        return "Invalid tensor size|XNNPack delegate failed to" if empty else None


@dataclass(frozen=True, eq=False)
class LookupCase(ComputationCase):
    """``described``: the table's type, and the output's if it is another."""

    table: Quantization | None = None
    described: str = ""

    @property
    def kind(self) -> str:
        return self.described

    def quantization(self, i: int) -> Quantization | None:
        return self.table if i == 1 else None


def _floats(rng: Generator, shape: Sequence[int]) -> NDArray[np.float32]:
    """Small and large ones, whole and half ones, what is no number."""
    x = rng.normal(size=shape) * 10.0 ** rng.integers(-3, 4)
    if rng.random() < 0.4:
        x = np.round(x * 2) / 2
    if rng.random() < 0.1:
        x = x * 2.0 ** rng.integers(0, 63, shape)
    if rng.random() < 0.3:
        odd = [
            np.nan,
            np.inf,
            -np.inf,
            -0.0,
            1e10,
            -1e10,
            1e30,
            2.0**31,
            -(2.0**31),
            2.0**63,
            1e-40,
        ]
        x = np.where(rng.random(shape) < 0.2, rng.choice(odd, shape), x)
    return x.astype(np.float32)


def _draw(rng: Generator, shape: Sequence[int], dtype: str) -> NDArray[Any]:
    if dtype.startswith("float"):
        return _floats(rng, shape).astype(dtype)
    x = draw_array(rng, tuple(shape), dtype)
    return x if rng.random() < 0.5 or dtype == "bool" else (x % 7).astype(dtype)


@generator("CAST")
def cast(rng: Generator, index: int) -> ComputationCase:
    source = CAST_TYPES[index % len(CAST_TYPES)]
    target = CAST_TYPES[index // len(CAST_TYPES) % len(CAST_TYPES)]
    shape = draw_shape(rng, 0, 5)
    given = options.CastOptions()
    return ComputationCase("CAST", (_draw(rng, shape, source),), shape, target, given)


def _pair(
    rng: Generator, name: str, dtype: str, rank: int, nonzero: bool = False
) -> ComputationCase:
    left, right = draw_shapes(rng, rank)
    x, y = _draw(rng, left, dtype), _draw(rng, right, dtype)
    if nonzero:
        y = np.where(y == 0, np.array(3, dtype), y)
        if dtype.startswith("int"):  # the processor stops at the least value by -1
            x = np.where(x == np.iinfo(dtype).min, np.array(5, dtype), x)
    empty = 0 in (*left, *right)
    constant = () if empty or rng.random() < 0.7 else (int(rng.integers(2)),)
    shape = np.broadcast_shapes(left, right)
    return ComputationCase(name, (x, y), shape, dtype, stored=constant)


@generator("LOGICAL_AND")
def logical_and(rng: Generator, index: int) -> ComputationCase:
    return _pair(rng, "LOGICAL_AND", "bool", BROADCAST_RANK)


@generator("LOGICAL_OR")
def logical_or(rng: Generator, index: int) -> ComputationCase:
    return _pair(rng, "LOGICAL_OR", "bool", BROADCAST_RANK)


@generator("FLOOR_DIV")
def floor_div(rng: Generator, index: int) -> ComputationCase:
    return _pair(rng, "FLOOR_DIV", DIVIDED[index % len(DIVIDED)], BROADCAST_RANK, True)


@generator("FLOOR_MOD")
def floor_mod(rng: Generator, index: int) -> ComputationCase:
    return _pair(rng, "FLOOR_MOD", REMAINDERS[index % len(REMAINDERS)], BROADCAST_RANK, True)


def _unary(rng: Generator, name: str, dtype: str) -> ComputationCase:
    shape = draw_shape(rng, 0, 6)
    return ComputationCase(name, (_draw(rng, shape, dtype),), shape, dtype)


@generator("LOGICAL_NOT")
def logical_not(rng: Generator, index: int) -> ComputationCase:
    return _unary(rng, "LOGICAL_NOT", "bool")


@generator("FLOOR")
def floor(rng: Generator, index: int) -> ComputationCase:
    return _unary(rng, "FLOOR", "float32")


@generator("CEIL")
def ceil(rng: Generator, index: int) -> ComputationCase:
    return _unary(rng, "CEIL", "float32")


@generator("ROUND")
def round_(rng: Generator, index: int) -> ComputationCase:
    return _unary(rng, "ROUND", "float32")


@generator("RANK")
def rank(rng: Generator, index: int) -> ComputationCase:
    x = _draw(rng, draw_shape(rng, 0, 6), TYPES[index % len(TYPES)])
    return ComputationCase("RANK", (x,), (), "int32")


@generator("SELECT")
def select(rng: Generator, index: int) -> ComputationCase:
    dtype, shape = TYPES[index % len(TYPES)], draw_shape(rng, 1, 5)
    own = [shape, shape, shape[:1], ()][int(rng.integers(4))]
    return ComputationCase(
        "SELECT",
        (_draw(rng, own, "bool"), _draw(rng, shape, dtype), _draw(rng, shape, dtype)),
        shape,
        dtype,
    )


@generator("SELECT_V2")
def select_v2(rng: Generator, index: int) -> ComputationCase:
    dtype = TYPES[index % len(TYPES)]
    left, right = draw_shapes(rng, SELECT_RANK)
    shape = np.broadcast_shapes(left, right)
    third = tuple(1 if rng.random() < 0.3 else d for d in shape)[
        int(rng.integers(len(shape) + 1)) :
    ]
    shapes = [left, right, third]
    rng.shuffle(shapes)
    return ComputationCase(
        "SELECT_V2",
        tuple(_draw(rng, s, t) for s, t in zip(shapes, ("bool", dtype, dtype), strict=True)),
        shape,
        dtype,
    )


@generator("WHERE")
def where(rng: Generator, index: int) -> ComputationCase:
    dtype = WHERE_TYPES[index % len(WHERE_TYPES)]
    x = _draw(rng, draw_shape(rng, 1, 5), dtype)
    if rng.random() < 0.5:
        x = np.where(rng.random(x.shape) < 0.7, np.zeros((), x.dtype), x)
    return ComputationCase("WHERE", (x,), (int(np.count_nonzero(x)), x.ndim), "int64")


@generator("RANGE")
def range_(rng: Generator, index: int) -> ComputationCase:
    dtype = SUMMED[index % len(SUMMED)]
    size = draw_size(rng, 1000)
    if dtype == "float32":
        start, delta = (np.float32(v) for v in rng.normal(size=2) * 10)
        limit = np.float32(start + delta * np.float32(size))
        if not (start <= limit if delta > 0 else start >= limit):
            delta = -delta
        count = int(np.ceil(np.abs((limit - start) / delta)))
    else:
        start, delta = int(rng.integers(-1000, 1000)), int(rng.integers(1, 50))
        delta = -delta if rng.random() < 0.4 else delta
        limit = start + delta * size - int(np.sign(delta)) * int(rng.integers(abs(delta)))
        count = size
    values = tuple(np.array(v, dtype) for v in (start, limit, delta))
    return ComputationCase("RANGE", values, (count,), dtype, stored=stored(rng, 0, 1, 2))


@generator("ONE_HOT")
def one_hot(rng: Generator, index: int) -> ComputationCase:
    dtype, shape = HOT_TYPES[index % len(HOT_TYPES)], draw_shape(rng, 0, 4, 100)
    depth = int(rng.integers(rng.random() > 0.03, 20))
    axis = int(rng.integers(-1, len(shape) + 1))
    at = len(shape) if axis == -1 else axis
    indices = rng.integers(-2, depth + 2, shape).astype(index_type(rng))
    one = () if rng.random() < 0.7 else (1,)
    return ComputationCase(
        "ONE_HOT",
        (indices, np.array(depth, np.int32), _draw(rng, one, dtype), _draw(rng, one, dtype)),
        (*shape[:at], depth, *shape[at:]),
        dtype,
        options.OneHotOptions(axis=axis),
        stored=(*stored(rng, 1), *stored(rng, 2, 3)),
    )


@generator("BROADCAST_ARGS")
def broadcast_args(rng: Generator, index: int) -> ComputationCase:
    dtype = ("int32", "int64")[index % 2]
    left, right = (tuple(max(d, 1) for d in s) for s in draw_shapes(rng, 6))
    values = tuple(np.array(s, dtype) for s in (left, right))
    length = max(len(left), len(right))
    return ComputationCase("BROADCAST_ARGS", values, (length,), dtype)


@generator("CUMSUM")
def cumsum(rng: Generator, index: int) -> ComputationCase:
    dtype, shape = SUMMED[index % len(SUMMED)], draw_shape(rng, 1, 5)
    x = rng.normal(size=shape).astype(dtype) if dtype == "float32" else _draw(rng, shape, dtype)
    axis = int(rng.integers(-len(shape), len(shape)))
    return ComputationCase(
        "CUMSUM",
        (x, np.array(axis, np.int32)),
        shape,
        dtype,
        options.CumsumOptions(exclusive=rng.random() < 0.5, reverse=rng.random() < 0.5),
        stored=stored(rng, 1),
    )


@generator("ADD_N")
def add_n(rng: Generator, index: int) -> ComputationCase:
    dtype, shape = ("int32", "float32")[index % 2], draw_shape(rng, 0, 5)
    count = int(rng.integers(2, 7))
    return ComputationCase(
        "ADD_N", tuple(_draw(rng, shape, dtype) for _ in range(count)), shape, dtype
    )


@generator("SCATTER_ND")
def scatter_nd(rng: Generator, index: int) -> ComputationCase:
    dtype = SCATTERED[index % len(SCATTERED)]
    shape = tuple(max(1, d) for d in draw_shape(rng, 1, 4, 3000))
    depth = int(rng.integers(1, len(shape) + 1))
    own = tuple(max(1, d) for d in draw_shape(rng, 1, 2, 30))
    places = np.stack([rng.integers(0, d, own) for d in shape[:depth]], -1).astype(np.int32)
    updates = _draw(rng, (*own, *shape[depth:]), dtype)
    return ComputationCase(
        "SCATTER_ND", (places, updates, int32(*shape)), shape, dtype, stored=stored(rng, 2)
    )


@generator("REVERSE_SEQUENCE")
def reverse_sequence(rng: Generator, index: int) -> ComputationCase:
    dtype, shape = REVERSED[index % len(REVERSED)], draw_shape(rng, 2, 5)
    shape = tuple(max(1, d) for d in shape)
    along, batch = (int(k) for k in rng.permutation(len(shape))[:2])
    lengths = rng.integers(0, shape[along] + 1, shape[batch]).astype(index_type(rng))
    return ComputationCase(
        "REVERSE_SEQUENCE",
        (_draw(rng, shape, dtype), lengths),
        shape,
        dtype,
        options.ReverseSequenceOptions(seq_dim=along, batch_dim=batch),
        stored=stored(rng, 1),
    )


@generator("EMBEDDING_LOOKUP")
def embedding_lookup(rng: Generator, index: int) -> ComputationCase:
    kind = LOOKED_UP[index % len(LOOKED_UP)]
    dtype, hybrid = kind.split()[0], "float32" in kind
    shape = tuple(max(1, d) for d in draw_shape(rng, 2, 4))
    rows = rng.integers(0, shape[0], draw_size(rng, 30)).astype(np.int32)
    scales = 10.0 ** rng.normal(size=shape[0] if "channel" in kind else 1)
    return LookupCase(
        "EMBEDDING_LOOKUP",
        (rows, _draw(rng, shape, dtype)),
        (len(rows), *shape[1:]),
        "float32" if hybrid else dtype,
        stored=(1,),
        # TFLite Micro takes the first row's scale for all.
        misread=("tflm",) * ("channel" in kind),
        table=quantization(scales, 0 if hybrid else 3) if "int8" in kind else None,
        described=kind,
    )

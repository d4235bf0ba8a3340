"""Random cases of the operators that only move stored values."""

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
from .base import (
    EMPTY_IN_TFLM,
    Arrays,
    Case,
    draw_size,
    draw_zero_point,
    generator,
    log_uniform,
    quantization,
)

QUANTIZED = ("int8", "uint8", "int16")
WORDS = (*QUANTIZED, "int32", "int64", "float32")
TYPES = (*WORDS, "bool")
MAX_ELEMENTS, LARGE = 1500, 30_000
Shape = tuple[int, ...]

# What TFLite Micro says of types, ranks and forms that it lacks.
NOT_IN_TFLM = (
    "Didn't find op|not (currently )?supported|only (currently )?supports"
    "|(input|data)_type == kTfLite"
    "|permutations array is out of bounds|MIRROR_PAD .number 0. failed to invoke"
)


@dataclass(frozen=True, eq=False)
class MovementCase(Case):
    """``moved``: the inputs of the operator's type; ``stored``: those that the file has."""

    operator: ClassVar[str] = ""
    delegate_matters: ClassVar[bool] = False  # bytes are bytes

    name: str
    inputs: Arrays
    shapes: tuple[Shape, ...]
    options: Any = None
    moved: tuple[int, ...] = (0,)
    stored: tuple[int, ...] = ()
    zero_point: int = 0
    scale: float = 1.0
    version: int = 1
    misread: tuple[str, ...] = ()  # by these runtimes

    @property
    def kind(self) -> str:
        given = set(range(len(self.inputs))) - {*self.moved, *self.stored}
        name: str = self.inputs[self.moved[0]].dtype.name
        return name + (", given" if given else "")

    @property
    def outputs(self) -> int:
        return len(self.shapes)

    def build(self) -> tuple[bytes, Arrays]:
        net, type_name = Network(), self.inputs[self.moved[0]].dtype.name.upper()
        tensors, given = [], []
        q = None
        if type_name.lower() in QUANTIZED:
            q = quantization(self.scale, self.zero_point)
        for i, x in enumerate(self.inputs):
            own = self.quantization(i) if q is not None and i in self.moved else None
            if i in self.stored:
                tensors.append(net.constant(x, x.dtype.name.upper(), own))
            else:
                tensors.append(net.input(x.shape, x.dtype.name.upper(), own))
                given.append(x)
        outputs = [net.output(shape, type_name, q) for shape in self.shapes]
        net.operator(self.name, tensors, outputs, self.options, self.version)
        return net.bytes(), tuple(given)

    def quantization(self, i: int) -> Quantization:
        """Of an input that is moved: the output's."""
        return quantization(self.scale, self.zero_point)

    def is_misread(self, flavour: str) -> bool:
        return flavour in self.misread

    def refusal(self, flavour: str) -> str | None:
        if flavour == "tflm":
            return f"{EMPTY_IN_TFLM}|{NOT_IN_TFLM}"
        if all(map(math.prod, self.shapes)):
            return None
        # The first is not the runtime but its Python: it can't hand out an empty dynamic tensor.
        return "Invalid tensor size|XNNPack delegate failed to (reshape|get resize)"


def draw_shape(rng: Generator, low: int, high: int, limit: int = MAX_ELEMENTS) -> Shape:
    """A shape of a rank from low to high, seldom without elements."""
    shape: list[int] = []
    for _ in range(int(rng.integers(low, high, endpoint=True))):
        shape.append(draw_size(rng, max(1, min(limit, 50))))
        limit //= shape[-1]
    rng.shuffle(shape)
    if shape and rng.random() < 0.02:
        shape[int(rng.integers(len(shape)))] = 0
    return tuple(shape)


def draw_array(rng: Generator, shape: Shape, dtype: str) -> NDArray[Any]:
    if dtype == "float32":
        return rng.normal(size=shape).astype(np.float32)
    if dtype == "bool":
        return rng.integers(0, 2, shape).astype(bool)
    info = np.iinfo(dtype)
    return rng.integers(info.min, info.max, shape, dtype, endpoint=True)


def draw_quantization(rng: Generator, dtype: str) -> dict[str, Any]:
    zero_point = draw_zero_point(rng, dtype) if dtype in ("int8", "uint8") else 0
    return {"zero_point": zero_point, "scale": log_uniform(rng, 1e-3, 10)}


def stored(rng: Generator, *indices: int) -> tuple[int, ...]:
    """Inputs that say where to are constant in most files."""
    return indices if rng.random() < 0.8 else ()


def int32(*values: Any) -> NDArray[np.int32]:
    return np.array(values, np.int32)


def index_type(rng: Generator) -> str:
    return "int32" if rng.random() < 0.7 else "int64"


def sign(rng: Generator, axis: int, rank: int) -> int:
    """An axis, or the same counted from the end."""
    return axis if rng.random() < 0.5 else axis - rank


def signs(rng: Generator, axes: NDArray[Any], rank: int) -> list[int]:
    """Axes as they are, or each as ``sign`` has it."""
    if rng.random() < 0.5:
        return [int(axis) for axis in axes]
    return [sign(rng, int(axis), rank) for axis in axes]


@generator("SQUEEZE")
def squeeze(rng: Generator, index: int) -> MovementCase:
    dtype = TYPES[index % len(TYPES)]
    shape = list(draw_shape(rng, 0, 5))
    for _ in range(int(rng.integers(0, 3))):
        shape.insert(int(rng.integers(len(shape) + 1)), 1)
    ones = [k for k, d in enumerate(shape) if d == 1]
    chosen = sorted(rng.permutation(ones)[: rng.integers(0, len(ones) + 1)].tolist())
    gone = chosen or ones
    return MovementCase(
        "SQUEEZE",
        (draw_array(rng, tuple(shape), dtype),),
        (tuple(d for k, d in enumerate(shape) if k not in gone),),
        options.SqueezeOptions(squeeze_dims=int32(*(sign(rng, k, len(shape)) for k in chosen))),
        **draw_quantization(rng, dtype),
    )


@generator("EXPAND_DIMS")
def expand_dims(rng: Generator, index: int) -> MovementCase:
    dtype = TYPES[index % len(TYPES)]
    shape = draw_shape(rng, 0, 6)
    axis = int(rng.integers(len(shape) + 1))
    where = np.array(sign(rng, axis, len(shape) + 1), index_type(rng))
    return MovementCase(
        "EXPAND_DIMS",
        (draw_array(rng, shape, dtype), where if rng.random() < 0.5 else where[None]),
        ((*shape[:axis], 1, *shape[axis:]),),
        stored=stored(rng, 1),
        **draw_quantization(rng, dtype),
    )


@generator("SHAPE")
def shape_of(rng: Generator, index: int) -> MovementCase:
    """Its output is int32, so that is its type."""
    shape = draw_shape(rng, 0, 6)
    x = draw_array(rng, shape, "int32")
    return MovementCase("SHAPE", (x,), ((len(shape),),), options.ShapeOptions(out_type=2))


def _pads(rng: Generator, shape: Shape, most: Sequence[int]) -> NDArray[Any]:
    pads = [[int(rng.integers(0, m + 1)) for _ in range(2)] for m in most]
    kind = index_type(rng)
    return np.array(pads, kind).reshape(len(shape), 2)


@generator("PAD")
def pad(rng: Generator, index: int) -> MovementCase:
    return _pad(rng, index)


def _pad(rng: Generator, index: int) -> MovementCase:
    dtype = TYPES[index % len(TYPES)]
    shape = draw_shape(rng, 1, 5, 400)
    pads = _pads(rng, shape, [3 if rng.random() < 0.6 else 0 for _ in shape])
    x = draw_array(rng, shape, dtype)
    return MovementCase(
        "PAD",
        (x, pads),
        (tuple(d + int(p.sum()) for d, p in zip(shape, pads, strict=True)),),
        stored=stored(rng, 1),
        # TFLite Micro reads int32, whatever it is.
        misread=("tflm",) * (pads.dtype != np.int32),
        **draw_quantization(rng, dtype),
    )


@generator("PADV2")
def pad_v2(rng: Generator, index: int) -> MovementCase:
    case = _pad(rng, index)
    value = draw_array(rng, () if rng.random() < 0.5 else (1,), case.inputs[0].dtype.name)
    return MovementCase(
        "PADV2",
        (*case.inputs, value),
        case.shapes,
        moved=(0, 2),
        stored=(*case.stored, *stored(rng, 2)),
        zero_point=case.zero_point,
        scale=case.scale,
        misread=case.misread,
    )


@generator("MIRROR_PAD")
def mirror_pad(rng: Generator, index: int) -> MovementCase:
    dtype = TYPES[index % len(TYPES)]
    shape, mode = draw_shape(rng, 1, 5, 200), int(rng.integers(2))
    if mode == 0 and 0 in shape:
        shape = tuple(max(1, d) for d in shape)
    pads = _pads(rng, shape, [min(4, d - (mode == 0)) for d in shape])
    return MovementCase(
        "MIRROR_PAD",
        (draw_array(rng, shape, dtype), pads),
        (tuple(d + int(p.sum()) for d, p in zip(shape, pads, strict=True)),),
        options.MirrorPadOptions(mode=mode),
        stored=stored(rng, 1),
        **draw_quantization(rng, dtype),
    )


@generator("STRIDED_SLICE")
def strided_slice(rng: Generator, index: int) -> MovementCase:
    dtype = TYPES[index % len(TYPES)]
    plain = index % 3 > 0  # nothing but begins, ends and strides, as every runtime takes it
    shape = draw_shape(rng, 1 + plain, 4, LARGE)
    picks: list[Any] = []
    masks = dict.fromkeys(("begin", "end", "ellipsis", "new_axis", "shrink_axis"), 0)
    rows: list[tuple[int, int, int]] = []
    axis, ellipsis = 0, False
    count = len(shape) if plain else int(rng.integers(0, len(shape) + 1))
    while axis < count:
        bit = 1 << len(rows)
        row = int(rng.integers(-9, 10)), int(rng.integers(-9, 10)), int(rng.integers(1, 10))
        what = rng.random()
        if not plain and what < 0.1:
            masks["new_axis"] |= bit
            picks.append(None)
            rows.append(row)
            continue
        if not plain and what < 0.25 and not ellipsis:
            ellipsis = True
            masks["ellipsis"] |= bit
            rest = int(rng.integers(1, count - axis + 1))
            skipped = rest + len(shape) - count
            count, axis = len(shape), axis + skipped
            picks.append(Ellipsis)
            rows.append(row)
            continue
        d = shape[axis]
        axis += 1
        begin, end = (int(v) for v in rng.integers(-d - 2, d + 3, 2))
        if rng.random() < 0.8:
            begin, end = int(rng.integers(0, d // 4 + 1)), d - int(rng.integers(0, d // 4 + 1))
        stride = int(rng.choice([1, 1, 1, 2, 3, -1, -2]))
        if stride < 0 and rng.random() < 0.8:
            begin, end = end, begin
        if what > 0.85 and d:
            begin, stride = int(rng.integers(-d, d)), 1
            masks["shrink_axis"] |= bit
            picks.append(begin)
            rows.append((begin, end, stride))
            continue
        first, last = rng.random() < 0.3, rng.random() < 0.3
        masks["begin"] |= bit * first
        masks["end"] |= bit * last
        picks.append(slice(None if first else begin, None if last else end, stride))
        rows.append((begin, end, stride))
    spec = np.array(rows, np.int32).reshape(-1, 3)
    # TFLite Micro reads as many indices as there are dimensions, whatever the masks add or skip.
    partial = len(spec) < len(shape) or bool(masks["ellipsis"] | masks["new_axis"])
    # XNNPACK takes an end of 0 for the end of the dimension.
    zero_end = any(row[1] == 0 and not masks["end"] >> k & 1 for k, row in enumerate(rows))
    x = draw_array(rng, shape, dtype)
    return MovementCase(
        "STRIDED_SLICE",
        (x, *(np.ascontiguousarray(column) for column in spec.T)),
        (x[tuple(picks)].shape,),
        options.StridedSliceOptions(**{f"{name}_mask": mask for name, mask in masks.items()}),
        stored=stored(rng, 1, 2, 3) if len(spec) else (),
        misread=("tflm",) * partial + ("litert",) * zero_end,
        **draw_quantization(rng, dtype),
    )


@generator("SLICE")
def slice_(rng: Generator, index: int) -> MovementCase:
    dtype, shape = TYPES[index % len(TYPES)], draw_shape(rng, 1, 5, LARGE)
    starts = [int(rng.integers(0, d // 3 + 1)) for d in shape]
    sizes = [int(rng.integers((d - s) // 2, d - s + 1)) for d, s in zip(shape, starts, strict=True)]
    ends = [rng.random() < 0.3 for _ in shape]
    out = tuple(d - s if e else n for d, s, n, e in zip(shape, starts, sizes, ends, strict=True))
    kind = index_type(rng)
    stated = [-1 if e else n for n, e in zip(sizes, ends, strict=True)]
    return MovementCase(
        "SLICE",
        (draw_array(rng, shape, dtype), np.array(starts, kind), np.array(stated, kind)),
        (out,),
        stored=stored(rng, 1, 2),
        **draw_quantization(rng, dtype),
    )


@generator("TRANSPOSE")
def transpose(rng: Generator, index: int) -> MovementCase:
    dtype, shape = TYPES[index % len(TYPES)], draw_shape(rng, 1, 6)
    order = rng.permutation(len(shape))
    return MovementCase(
        "TRANSPOSE",
        (draw_array(rng, shape, dtype), int32(*signs(rng, order, len(shape)))),
        (tuple(shape[k] for k in order),),
        stored=stored(rng, 1),
        **draw_quantization(rng, dtype),
    )


@generator("REVERSE_V2")
def reverse(rng: Generator, index: int) -> MovementCase:
    dtype, shape = TYPES[index % len(TYPES)], draw_shape(rng, 1, 6)
    shape = tuple(max(1, d) for d in shape)  # LiteRT crashes where there is nothing
    low, high = sorted(int(k) for k in rng.integers(0, len(shape), 2))
    axes = rng.permutation(np.arange(low, high + 1))
    return MovementCase(
        "REVERSE_V2",
        (draw_array(rng, shape, dtype), int32(*signs(rng, axes, len(shape)))),
        (shape,),
        stored=stored(rng, 1),
        **draw_quantization(rng, dtype),
    )


@generator("SPLIT")
def split(rng: Generator, index: int) -> MovementCase:
    dtype, part = WORDS[index % len(WORDS)], draw_shape(rng, 1, 5, 500)
    axis, count = int(rng.integers(len(part))), int(rng.integers(1, 6))
    shape = (*part[:axis], part[axis] * count, *part[axis + 1 :])
    where = int32(sign(rng, axis, len(shape)))
    return MovementCase(
        "SPLIT",
        (where if rng.random() < 0.5 else where[0], draw_array(rng, shape, dtype)),
        (part,) * count,
        options.SplitOptions(num_splits=count),
        moved=(1,),
        stored=stored(rng, 0),
        **draw_quantization(rng, dtype),
    )


@generator("SPLIT_V")
def split_v(rng: Generator, index: int) -> MovementCase:
    dtype, part = WORDS[index % len(WORDS)], draw_shape(rng, 1, 5, 500)
    axis, count = int(rng.integers(len(part))), int(rng.integers(1, 6))
    sizes = [int(rng.integers(rng.random() > 0.05, 7)) for _ in range(count)]
    shape = (*part[:axis], sum(sizes), *part[axis + 1 :])
    stated = np.array(sizes, index_type(rng))
    if rng.random() < 0.4:
        stated[int(rng.integers(count))] = -1
    where = int32(sign(rng, axis, len(shape)))
    return MovementCase(
        "SPLIT_V",
        (draw_array(rng, shape, dtype), stated, where if rng.random() < 0.5 else where[0]),
        tuple((*part[:axis], size, *part[axis + 1 :]) for size in sizes),
        options.SplitVOptions(num_splits=count),
        stored=stored(rng, 1, 2),
        **draw_quantization(rng, dtype),
    )


@generator("UNPACK")
def unpack(rng: Generator, index: int) -> MovementCase:
    types = (*QUANTIZED, "int32", "float32", "bool")
    dtype, part = types[index % len(types)], draw_shape(rng, 0, 4, 400)
    part = tuple(max(1, d) for d in part)
    axis, count = int(rng.integers(len(part) + 1)), int(rng.integers(1, 7))
    shape = (*part[:axis], count, *part[axis:])
    return MovementCase(
        "UNPACK",
        (draw_array(rng, shape, dtype),),
        (part,) * count,
        options.UnpackOptions(num=count, axis=sign(rng, axis, len(shape))),
        **draw_quantization(rng, dtype),
    )

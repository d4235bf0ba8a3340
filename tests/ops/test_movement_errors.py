"""What the operators that move values refuse: wrong axes, sizes, types, quantizations."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from intlite import IntliteError, Model, ShapeError, UnsupportedOpError
from intlite.quantization import per_tensor
from intlite.runtimes import RUNTIMES
from intlite.schema import options

from ..models import Network
from ..oracles import Job, run
from ..sweeps import check
from ..sweeps.movement import MovementCase, int32

LITERT = ("litert", "litert-builtin", "litert-reference")


def numbers(*shape: int, dtype: str = "int8") -> np.ndarray:
    return np.arange(np.prod(shape, dtype=int)).astype(dtype).reshape(shape)


def case(name: str, *inputs: Any, **more: Any) -> MovementCase:
    """A case of one output; all inputs behind the first are constants, unless given."""
    more.setdefault("moved", (0,))
    more.setdefault("shapes", ((1,),))
    rest = tuple(i for i in range(len(inputs)) if i not in more["moved"])
    return MovementCase(name, tuple(np.asarray(x) for x in inputs), stored=rest, **more)


def slices(begin: Any, end: Any, strides: Any, **masks: int) -> MovementCase:
    given = options.StridedSliceOptions(**{f"{name}_mask": m for name, m in masks.items()})
    return case("STRIDED_SLICE", X, int32(*begin), int32(*end), int32(*strides), options=given)


X = numbers(2, 3, 4)
IMAGE = numbers(2, 4, 6, 3)
SQUEEZE, MIRROR = options.SqueezeOptions, options.MirrorPadOptions
TWO = {"moved": (0, 1)}
WRONG = {
    "squeeze of 3": case("SQUEEZE", X, options=SQUEEZE(squeeze_dims=int32(1))),
    "squeeze of axis 3": case("SQUEEZE", X, options=SQUEEZE(squeeze_dims=int32(3))),
    "squeeze of axis -4": case("SQUEEZE", X, options=SQUEEZE(squeeze_dims=int32(-4))),
    "expand axis 4": case("EXPAND_DIMS", X, np.int32(4)),
    "expand axis -5": case("EXPAND_DIMS", X, np.int32(-5)),
    "expand two axes": case("EXPAND_DIMS", X, int32(0, 1)),
    "pad by less": case("PAD", X, int32((0, 0), (0, -1), (0, 0))),
    "pad too few": case("PAD", X, int32((0, 0), (0, 1))),
    "pad in one column": case("PAD", X, int32(0, 0, 0)),
    "reflect too far": case("MIRROR_PAD", numbers(3), int32((3, 0)), options=MIRROR(mode=0)),
    "mirror too far": case("MIRROR_PAD", numbers(3), int32((0, 4)), options=MIRROR(mode=1)),
    "mirror by less": case("MIRROR_PAD", numbers(3), int32((0, -1)), options=MIRROR(mode=1)),
    "join axis 3": case("CONCATENATION", X, options=options.ConcatenationOptions(axis=3)),
    "join axis -4": case("CONCATENATION", X, options=options.ConcatenationOptions(axis=-4)),
    "join others": case(
        "CONCATENATION", X, X[:1], options=options.ConcatenationOptions(axis=2), **TWO
    ),
    "join ranks": case(
        "CONCATENATION", X, X[0], options=options.ConcatenationOptions(axis=0), **TWO
    ),
    "stack others": case("PACK", X, X[:1], options=options.PackOptions(values_count=2), **TWO),
    "stack axis 4": case("PACK", X, X, options=options.PackOptions(values_count=2, axis=4), **TWO),
    "stride of 0": slices([0, 0, 0], [2, 3, 4], [1, 0, 1]),
    "permutation outside": case("TRANSPOSE", X, int32(0, 1, 3)),
    "permutation too short": case("TRANSPOSE", X, int32(0, 1)),
    "begin before the first": case("SLICE", X, int32(0, -1, 0), int32(2, 2, 4)),
    "slice of -2": case("SLICE", X, int32(0, 0, 1), int32(2, 3, -2), shapes=((),)),
    "uneven split": case(
        "SPLIT",
        np.int32(1),
        X,
        moved=(1,),
        shapes=((1,),) * 2,
        options=options.SplitOptions(num_splits=2),
    ),
    "split axis 3": case(
        "SPLIT", np.int32(3), X, moved=(1,), options=options.SplitOptions(num_splits=1)
    ),
    "sizes that are no sum": case(
        "SPLIT_V",
        X,
        int32(1, 1),
        np.int32(1),
        shapes=((1,),) * 2,
        options=options.SplitVOptions(num_splits=2),
    ),
    "two sizes of -1": case(
        "SPLIT_V",
        X,
        int32(-1, -1),
        np.int32(1),
        shapes=((1,),) * 2,
        options=options.SplitVOptions(num_splits=2),
    ),
    "unpack into fewer": case("UNPACK", X, options=options.UnpackOptions(num=1, axis=1)),
    "unpack axis 3": case("UNPACK", X, options=options.UnpackOptions(num=1, axis=3)),
    "tile by less": case("TILE", X, int32(1, -1, 1)),
    "tile too few": case("TILE", X, int32(1, 1)),
    "broadcast 3 to 2": case("BROADCAST_TO", X, int32(2, 2, 4), version=2),
    "broadcast to fewer": case("BROADCAST_TO", X, int32(3, 4), version=2),
    "fill less": case("FILL", int32(-1, 2), np.int8(3), moved=(1,)),
    "gather axis 3": case("GATHER", X, int32(0), options=options.GatherOptions(axis=3)),
    "gather outside": case(
        "GATHER", X, int32(3), shapes=((2, 1, 4),), options=options.GatherOptions(axis=1)
    ),
    "gather from the end": case(
        "GATHER", X, int32(-1), shapes=((2, 1, 4),), options=options.GatherOptions(axis=1)
    ),
    "gather in other batches": case(
        "GATHER", X, int32(0, 0, 0), options=options.GatherOptions(axis=1, batch_dims=1)
    ),
    "gather_nd outside": case("GATHER_ND", X, int32((0, 3))),
    "gather_nd too deep": case("GATHER_ND", X, int32((0, 0, 0, 0))),
    "reverse axis 3": case("REVERSE_V2", X, int32(3), shapes=(X.shape,)),
    "reverse apart": case("REVERSE_V2", X, int32(0, 2), shapes=(X.shape,)),
    "reverse twice": case("REVERSE_V2", X, int32(1, 1), shapes=(X.shape,)),
    "depth of 3": case("DEPTH_TO_SPACE", IMAGE, options=options.DepthToSpaceOptions(block_size=2)),
    "depth of no image": case(
        "DEPTH_TO_SPACE", X, options=options.DepthToSpaceOptions(block_size=2)
    ),
    "space of 4x6 by 4": case(
        "SPACE_TO_DEPTH", IMAGE, options=options.SpaceToDepthOptions(block_size=4)
    ),
    "batch of 2 by 3": case("BATCH_TO_SPACE_ND", IMAGE, int32(3, 1), int32((0, 0), (0, 0))),
    "crops of -1": case("BATCH_TO_SPACE_ND", IMAGE, int32(2, 1), int32((0, -1), (0, 0))),
    "block of 0": case("SPACE_TO_BATCH_ND", IMAGE, int32(0, 1), int32((0, 0), (0, 0))),
    "space of 4x6 in 3s": case("SPACE_TO_BATCH_ND", IMAGE, int32(3, 1), int32((0, 0), (0, 0))),
    "blocks of a line": case("SPACE_TO_BATCH_ND", X[0], int32(1), int32((0, 0))),
}


@pytest.mark.parametrize("flavour", LITERT)
@pytest.mark.parametrize("what", WRONG)
def test_what_does_not_fit(what: str, flavour: str) -> None:
    """As in LiteRT, whether it is in the file or given at run time."""
    model, inputs = WRONG[what].build()
    [result] = run([Job(model, inputs, flavour, outputs=WRONG[what].outputs)])
    assert result.outputs is None
    assert not result.crashed
    with pytest.raises(ShapeError, match=f"{WRONG[what].name} #0"):
        Model(model, numerics=flavour)(*inputs)
    given, inputs = replace(WRONG[what], stored=()).build()
    with pytest.raises(IntliteError, match=f"{WRONG[what].name} #0"):
        Model(given, numerics=flavour)(*inputs)


# LiteRT reads what is not there, or leaves the output as it was.
UNSOUND = {
    "index outside": slices([0, 3, 0], [2, 4, 4], [1, 1, 1], shrink_axis=2),
    "index backwards": slices([0, 1, 0], [2, 2, 4], [1, -1, 1], shrink_axis=2),
    "more indices than dimensions": slices([0] * 4, [1] * 4, [1] * 4),
    "a size too long, which XNNPACK cuts": case("SLICE", X, int32(0, 0, 1), int32(2, 3, 4)),
    "the same axis twice": case("TRANSPOSE", X, int32(0, 1, 1)),
    "block of -1": case("SPACE_TO_BATCH_ND", IMAGE, int32(-1, 1), int32((0, 0), (0, 0))),
}


@pytest.mark.parametrize("what", UNSOUND)
def test_what_litert_does_not_check(what: str) -> None:
    model, inputs = UNSOUND[what].build()
    with pytest.raises(ShapeError, match=f"{UNSOUND[what].name} #0"):
        Model(model)(*inputs)


def test_an_index_below_the_first_is_the_first() -> None:
    """Where the index of a dimension that goes is too low; TensorFlow refuses it."""
    below = replace(slices([0, -5, 0], [2, 0, 4], [1, 1, 1], shrink_axis=2), shapes=((2, 4),))
    check(below, LITERT)
    assert np.array_equal(Model(below.build()[0])(X), X[:, 0])


def test_concatenation_of_other_quantizations() -> None:
    """LiteRT rescales uint8, which the sweep compares; int8 all runtimes refuse."""
    net = Network()
    a, b = (net.input((2,), "INT8", per_tensor(scale, 0)) for scale in (1, 2))
    y = net.output((4,), "INT8", per_tensor(1, 0))
    net.operator("CONCATENATION", [a, b], [y], options.ConcatenationOptions())
    with pytest.raises(UnsupportedOpError, match="CONCATENATION #0: .*quantized differently"):
        Model(net.bytes())


def test_concatenation_of_int16_does_not_look_at_scales() -> None:
    net = Network()
    a, b = (net.input((2,), "INT16", per_tensor(scale, 0)) for scale in (1, 2))
    y = net.output((4,), "INT16", per_tensor(3, 0))
    net.operator("CONCATENATION", [a, b], [y], options.ConcatenationOptions())
    x = numbers(2, dtype="int16")
    for flavour in RUNTIMES:
        [result] = run([Job(net.bytes(), (x, x), flavour)])
        assert result.outputs is not None, result.error
        assert np.array_equal(Model(net.bytes(), numerics=flavour)(x, x), result.outputs[0])


@pytest.mark.parametrize("name", ["PAD", "TRANSPOSE", "SPLIT_V", "STRIDED_SLICE", "SHAPE"])
def test_types_and_arity(name: str) -> None:
    net = Network()
    net.operator(name, [net.input((2,), "STRING")], [net.output((2,), "STRING")])
    with pytest.raises(UnsupportedOpError, match=f"{name} #0: "):
        Model(net.bytes())


@pytest.mark.parametrize("flavour", ["litert-builtin", "litert-reference"])
@pytest.mark.parametrize(("type_name", "zero_point"), [("INT8", -7), ("UINT8", 9), ("INT16", 5)])
def test_pad_with_the_zero_point_of_the_output(
    flavour: str, type_name: str, zero_point: int
) -> None:
    net = Network()
    x = net.input((3,), type_name, per_tensor(0.5, 1))
    y = net.output((6,), type_name, per_tensor(0.5, zero_point))
    net.operator("PAD", [x, net.constant([[1, 2]], "INT32")], [y])
    values = numbers(3, dtype=type_name.lower())
    [result] = run([Job(net.bytes(), (values,), flavour)])
    assert result.outputs is not None, result.error
    assert np.array_equal(Model(net.bytes(), numerics=flavour)(values), result.outputs[0])

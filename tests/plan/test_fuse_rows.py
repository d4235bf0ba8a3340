"""Chains of rows: which steps become one, and that no bit changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.random import Generator

import intlite
from intlite import schema
from intlite.graph import Graph
from intlite.plan import ALL_PASSES
from intlite.plan.program import plan
from intlite.quantization import per_tensor
from intlite.runtimes import RUNTIMES
from tests.models import NO_TENSOR, Network

SHAPE = (1, 12, 11, 8)


class Block:
    """A model of blocks as MobileNet has them, from one image on."""

    def __init__(self, dtype: str = "INT8") -> None:
        self.network = Network()
        self.dtype, self.zero = dtype, 0 if dtype == "INT8" else 128
        self.rng: Generator = np.random.default_rng(5)
        self.q = per_tensor(0.05, self.zero + 3)
        self.x = self.network.input(SHAPE, dtype, self.q, shape_signature=(-1, *SHAPE[1:]))

    def tensor(self, channels: int, visible: bool = False) -> int:
        add = self.network.output if visible else self.network.tensor
        shape = (*SHAPE[:3], channels)
        return add(shape, self.dtype, self.q, shape_signature=(-1, *shape[1:]))

    def filter(self, *shape: int) -> int:
        values = self.rng.integers(-127, 128, shape) + self.zero
        return self.network.constant(values, self.dtype, per_tensor(0.004, self.zero))

    def depthwise(self, x: int, channels: int = 8, visible: bool = False) -> int:
        y = self.tensor(channels, visible)
        options = schema.options.DepthwiseConv2DOptions(
            padding=0, stride_h=1, stride_w=1, depth_multiplier=1
        )
        inputs = [x, self.filter(1, 3, 3, channels), NO_TENSOR]
        self.network.operator("DEPTHWISE_CONV_2D", inputs, [y], options)
        return y

    def pointwise(
        self, x: int, inputs: int = 8, outputs: int = 8, size: int = 1, visible: bool = False
    ) -> int:
        y = self.tensor(outputs, visible)
        options = schema.options.Conv2DOptions(padding=0, stride_h=1, stride_w=1)
        filter_ = self.filter(outputs, size, size, inputs)
        self.network.operator("CONV_2D", [x, filter_, NO_TENSOR], [y], options)
        return y

    def transposed(self, x: int) -> int:
        y = self.tensor(8)
        size = self.network.constant(np.array(SHAPE, np.int32), "INT32")
        options = schema.options.TransposeConvOptions(padding=0, stride_h=1, stride_w=1)
        self.network.operator("TRANSPOSE_CONV", [size, self.filter(8, 3, 3, 8), x], [y], options)
        return y

    def rescale(self, x: int) -> int:
        # A quarter of each: every fourth value is a tie.
        y = self.network.output(SHAPE, self.dtype, per_tensor(0.2, self.zero - 5))
        self.network.operator("QUANTIZE", [x], [y])
        return y

    def add(self, left: int, right: int, visible: bool = False) -> int:
        y = self.tensor(8, visible)
        self.network.operator("ADD", [left, right], [y], schema.options.AddOptions())
        return y

    def model(self, **options: Any) -> intlite.Model:
        return intlite.Model(self.network.bytes(), **options)

    def steps(self, **options: Any) -> list[tuple[int, ...]]:
        graph: Graph = self.model().graph
        draft = plan(graph, [SHAPE], RUNTIMES["litert"], **options)
        return [step.operators for step in draft.steps]


def residual(dtype: str = "INT8") -> Block:
    """1x1, depthwise, 1x1, ADD to the first's input, a function, depthwise and 1x1."""
    block = Block(dtype)
    first = block.pointwise(block.x)
    wide = block.depthwise(first)
    narrow = block.pointwise(wide)
    total = block.add(block.x, narrow)
    function = block.tensor(8)
    block.network.operator("LOGISTIC", [total], [function])
    block.pointwise(block.depthwise(function), outputs=5, visible=True)
    return block


@pytest.mark.parametrize("numerics", RUNTIMES)
@pytest.mark.parametrize("dtype", ["INT8", "UINT8"])
def test_chains_change_no_bit(numerics: str, dtype: str) -> None:
    block = residual(dtype)
    reference = block.model(numerics=numerics)
    info = np.iinfo(np.dtype(dtype.lower()))
    x = np.random.default_rng(1).integers(info.min, info.max + 1, (7, *SHAPE[1:]), info.dtype)
    trace = reference.trace(x, backend="reference")
    expected = trace[reference.graph.outputs[0]].quantized
    assert len(np.unique(expected)) > 30
    for threads in (1, 2, 3):
        for passes in (ALL_PASSES, ALL_PASSES - {"chain_rows"}, frozenset({"chain_rows"})):
            model = block.model(numerics=numerics, num_threads=threads, passes=passes)
            np.testing.assert_array_equal(model(x), expected)
            np.testing.assert_array_equal(model(x[:1]), expected[:1])


def test_blocks_become_steps() -> None:
    assert residual().steps() == [(0,), (1, 2, 3, 4), (5, 6)]
    assert residual().steps(passes=ALL_PASSES - {"chain_rows"}) == [(k,) for k in range(7)]


@pytest.mark.parametrize("what", ["visible", "read twice", "not by rows", "heavy weights"])
def test_other_steps_stay_apart(what: str) -> None:
    block = Block()
    outputs = 8 if what != "heavy weights" else 2000
    middle = block.depthwise(block.x, visible=what == "visible")
    last = block.pointwise(middle, 8, outputs, 3 if what == "not by rows" else 1, True)
    if what == "read twice":
        block.add(middle, last, visible=True)
    alone = [(0,), (1,)] if what != "read twice" else [(0,), (1,), (2,)]
    assert block.steps() == alone


def test_two_chains_that_meet() -> None:
    """The sum goes to one of them, after the other is done."""
    block = Block()
    left = block.pointwise(block.depthwise(block.x))
    right = block.pointwise(block.depthwise(block.x))
    block.add(left, right, visible=True)
    assert block.steps() == [(2, 3), (0, 1, 4)]
    x = np.random.default_rng(1).integers(-128, 128, (3, *SHAPE[1:]), np.int8)
    expected = block.model(passes=())(x)
    np.testing.assert_array_equal(block.model()(x), expected)


def test_a_chain_that_passes_through_another() -> None:
    """The sum's reader is in the chain too, when the sum's other operand is looked at."""
    block = Block()
    left = block.depthwise(block.x)
    right = block.depthwise(block.x)
    total = block.add(left, right)
    block.pointwise(total, visible=True)
    assert block.steps() == [(1,), (0, 2, 3)]
    x = np.random.default_rng(1).integers(-128, 128, (3, *SHAPE[1:]), np.int8)
    np.testing.assert_array_equal(block.model()(x), block.model(passes=())(x))


def test_a_tensor_added_to_itself() -> None:
    block = Block()
    y = block.pointwise(block.x)
    block.add(y, y, visible=True)
    assert block.steps(passes={"chain_rows"}) == [(0, 1)]
    x = np.random.default_rng(1).integers(-128, 128, SHAPE, np.int8)
    model = block.model(passes={"chain_rows"})
    np.testing.assert_array_equal(model(x), block.model(passes=())(x))


@pytest.mark.parametrize("numerics", RUNTIMES)
@pytest.mark.parametrize("dtype", ["INT8", "UINT8"])
def test_a_transposed_convolution_has_no_rows(dtype: str, numerics: str) -> None:
    block = Block(dtype)
    block.add(block.x, block.transposed(block.x), visible=True)
    assert block.steps() == [(0,), (1,)]
    check_one(block, numerics)


@pytest.mark.parametrize("numerics", RUNTIMES)
@pytest.mark.parametrize("dtype", ["INT8", "UINT8"])
def test_rows_that_are_no_whole_blocks(dtype: str, numerics: str) -> None:
    """LiteRT rounds 16 elements at once otherwise than what is left: of the image, not of a row."""
    block = Block(dtype)
    block.rescale(block.depthwise(block.x))
    check_one(block, numerics)


def check_one(block: Block, numerics: str) -> None:
    """One image gives the same bits with and without passes."""
    info = np.iinfo(np.dtype(block.dtype.lower()))
    x = np.random.default_rng(1).integers(info.min, info.max + 1, SHAPE, info.dtype)
    expected = block.model(numerics=numerics, passes=())(x)
    assert len(np.unique(expected)) > 30
    np.testing.assert_array_equal(block.model(numerics=numerics)(x), expected)

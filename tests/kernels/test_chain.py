"""Chains of kernels by rows: the bits of the kernels one after the other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from intlite import _native
from intlite.ops.arithmetic import SumSpec
from intlite.ops.convolution import ConvolutionSpec
from intlite.ops.lookup import UnarySpec
from intlite.reference.elementwise import BinaryParameters

from ..sweeps.base import quantization
from .test_convolve import DEPTHWISE, SHAPES, case
from .test_parts import run_in_parts

each_isa = pytest.mark.parametrize("isa", _native.supported_isas())
Arrays = list[NDArray[np.int8]]
TABLE = np.random.default_rng(3).integers(0, 256, 256, np.uint8)
# Of more rows than a band has, and of fewer.
LARGE: dict[str, tuple[Any, ...]] = {
    "pointwise": ((1, 83, 61, 24), (70, 1, 1, 24)),
    "pointwise, many images": ((40, 3, 5, 20), (17, 1, 1, 20)),
    "by lines": ((2, 41, 40, 16), (70, 3, 3, 16), (1, 1), (1, 1), (1, 1)),
}


def convolutions(name: str) -> tuple[ConvolutionSpec, ConvolutionSpec]:
    """The named convolution, and a pointwise one of a row of its output."""
    rng = np.random.default_rng(len(name))
    depthwise = name.startswith("depthwise ")
    geometry = DEPTHWISE[name[10:]] if depthwise else (LARGE | SHAPES)[name]
    head, _, y = case(rng, *geometry, depthwise=depthwise)
    images, channels = y.shape[0], y.shape[3]
    height = head.output_rows // images  # 1 of columns, which go as rows
    width = y.shape[1] * y.shape[2] // height
    link, _, _ = case(rng, (images, height, width, channels), (19, 1, 1, channels))
    row = link.of_row(images * height)
    assert row is not None
    assert row.shape == (1, 1, width, channels)
    return head, row


def add(size: int) -> SumSpec:
    q = quantization(0.1, 3)
    return SumSpec((size,), (size,), BinaryParameters(q, q, q, "NONE", "int8"))


def one_after_the_other(
    head: _native.Kernel, links: list[tuple[_native.Kernel, int]], inputs: Arrays, samples: int
) -> NDArray[np.int8]:
    """``links``: kernels on one row, and with how many of them a sample."""
    others = iter(inputs[1:])
    written = np.empty(samples * head.output_bytes[0], np.int8)
    head.run(inputs[:1], [written], samples)
    for kernel, rows in links:
        read = [written] + [next(others) for _ in kernel.input_bytes[1:]]
        written = np.empty(samples * rows * kernel.output_bytes[0], np.int8)
        kernel.run(read, [written], samples * rows)
    return written


@each_isa
@pytest.mark.parametrize("name", [*LARGE, *SHAPES, *(f"depthwise {name}" for name in DEPTHWISE)])
def test_chains_give_the_bits_of_their_kernels(name: str, isa: str) -> None:
    """A convolution, a pointwise one, a sum with another tensor, a function."""
    head_spec, row = convolutions(name)
    head, rows = head_spec.make(isa), head_spec.output_rows
    size = row.make(isa).output_bytes[0]
    kernels = [row.make(isa), add(size).make(), UnarySpec(size, TABLE).make()]
    chain = _native.chain(
        head=head,
        links=[(kernels[0], [True]), (kernels[1], [True, False]), (kernels[2], [True])],
    )
    assert chain.input_bytes == [head.input_bytes[0], rows * size]
    assert chain.output_bytes == [rows * size]
    samples = 3
    rng = np.random.default_rng(1)
    inputs = [rng.integers(-128, 128, samples * n, np.int8) for n in chain.input_bytes]
    expected = one_after_the_other(head, [(k, rows) for k in kernels], inputs, samples)
    found = np.empty_like(expected)
    chain.run(inputs, [found], samples)
    np.testing.assert_array_equal(found, expected)

    one = [x[: len(x) // samples] for x in inputs]
    for threads in (2, 5):
        [parts] = run_in_parts(chain, one, threads)
        np.testing.assert_array_equal(parts, expected[: rows * size])


def test_rows_of_the_other_operand_may_come_first() -> None:
    head_spec, _ = convolutions("by lines")
    head, rows = head_spec.make(), head_spec.output_rows
    size = head.output_bytes[0] // rows
    subtract = replace(add(size), sign=-1).make()
    chain = _native.chain(head=head, links=[(subtract, [False, True])])
    rng = np.random.default_rng(1)
    x, other = (rng.integers(-128, 128, n, np.int8) for n in chain.input_bytes)
    y = np.empty(rows * size, np.int8)
    head.run([x], [y])
    expected, found = np.empty_like(y), np.empty_like(y)
    subtract.run([other, y], [expected], rows)
    chain.run([x, other], [found])
    np.testing.assert_array_equal(found, expected)


def test_only_pointwise_convolutions_go_row_by_row() -> None:
    pointwise, _, _ = case(np.random.default_rng(0), (2, 4, 5, 6), (7, 1, 1, 6))
    assert pointwise.of_row(8) is not None
    assert pointwise.of_row(4) is None
    for shape in ("every second pixel", "deep", "images of a row"):
        spec, _, y = case(np.random.default_rng(0), *SHAPES[shape])
        assert spec.of_row(y.shape[0] * y.shape[1]) is None
    spec, _, y = case(np.random.default_rng(0), *DEPTHWISE["3x3"], depthwise=True)
    assert spec.of_row(y.shape[0] * y.shape[1]) is None


def test_what_does_not_fit_is_refused() -> None:
    head_spec, row = convolutions("by lines")
    head, link = head_spec.make(), row.make()
    table = UnarySpec(7, TABLE).make()
    _native.chain(head=head, links=[(link, [True])])
    for kernels, message in [
        ((head, []), "nothing follows"),
        ((table, [(link, [True])]), "no rows"),
        ((head, [(link, [True, False])]), "differ in number"),
        ((head, [(table, [True])]), "another size"),
        ((head, [(None, [True])]), "missing"),
    ]:
        with pytest.raises(ValueError, match=message):
            _native.chain(head=kernels[0], links=kernels[1])  # type: ignore[arg-type]

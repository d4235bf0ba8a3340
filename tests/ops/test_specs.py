"""What kernel specs promise of the kernels that they make, for every operator, type and runtime.

Planning changes, joins and cuts kernels by these promises alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from intlite import IntliteError, Model, _native
from intlite.ops import KernelSpec, ValueUnknownError
from intlite.ops.base import Border
from intlite.ops.plain import TOLERANCE
from intlite.plan.program import plan
from intlite.plan.steps import Draft, Step
from intlite.runtimes import RUNTIMES

from ..sweeps import GENERATORS, Case, make_case
from ..sweeps.base import quantization
from ..sweeps.convolution import Conv2DCase
from ..sweeps.convolution import draw_case as draw_convolution
from ..sweeps.movement import MovementCase, draw_array, int32
from ..sweeps.quantize import QuantizeCase

CASES = 8
MOST_ROWS = 24
Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Made:
    """A planned step with its kernel, what it reads, and what it writes: bytes."""

    draft: Draft
    step: Step
    kernel: _native.Kernel
    inputs: list[Bytes]
    outputs: list[Bytes]

    @property
    def spec(self) -> KernelSpec:
        return self.step.spec

    @property
    def sizes(self) -> list[int]:
        """Elements of all tensors."""
        tensors = (*self.step.inputs, *self.step.outputs)
        return [self.draft.sample_bytes(t) // self.draft.dtypes[t].itemsize for t in tensors]

    def check(self, spec: KernelSpec, inputs: list[Bytes], samples: int = 1) -> None:
        """The spec's kernel makes the same outputs of these inputs."""
        found = run(spec.make(), inputs, samples)
        for i, a, b in zip(self.step.outputs, found, self.outputs, strict=True):
            if (dtype := self.draft.dtypes[i]).kind == "f":
                np.testing.assert_allclose(
                    a.view(dtype), b.view(dtype), TOLERANCE, err_msg=str(spec)
                )
            else:
                np.testing.assert_array_equal(a, b, str(spec))


def run(kernel: _native.Kernel, inputs: list[Bytes], samples: int = 1) -> list[Bytes]:
    outputs = [np.empty(samples * n, np.uint8) for n in kernel.output_bytes]
    kernel.run(inputs, outputs, samples)
    return outputs


def steps_of(case: Case, numerics: str) -> Iterator[Made]:
    """Those that read nothing but the model's inputs and constants."""
    data, inputs = case.build()
    try:
        graph = Model(data, numerics=numerics).graph
        draft = plan(graph, [x.shape for x in inputs], RUNTIMES[numerics], passes=())
    except (IntliteError, ValueUnknownError):
        return  # what runtimes refuse too, and shapes by values
    values = {**draft.constants, **dict(zip(graph.inputs, inputs, strict=True))}
    for step in draft.steps:
        if step.inputs and all(i in values for i in step.inputs):
            read = [as_bytes(values[i]) for i in step.inputs]
            kernel = step.spec.made(step.label)
            yield Made(draft, step, kernel, read, run(kernel, read))


def as_bytes(x: NDArray[Any]) -> Bytes:
    return np.frombuffer(x.tobytes(), np.uint8)


# Each says which promises a step made, having seen that it keeps them.


def rows(made: Made) -> Iterator[str]:
    assert made.kernel.rows == made.spec.output_rows, made.spec
    if made.spec.output_rows:
        assert made.kernel.output_bytes[0] % made.spec.output_rows == 0
        yield "output_rows"


def one_row(made: Made) -> Iterator[str]:
    for count in range(1, MOST_ROWS):
        if (spec := made.spec.of_row(count)) is not None:
            made.check(spec, made.inputs, count)
            yield "of_row"


def elements(made: Made) -> Iterator[str]:
    if len(set(made.sizes)) == 1 and (size := made.sizes[0]):
        for part in {1, 16 if size % 16 == 0 else size, size}:
            if (spec := made.spec.of_elements(part)) is not None:
                made.check(spec, made.inputs, size // part)
                yield "of_elements"


def copies(made: Made) -> Iterator[str]:
    if made.spec.is_copy:
        np.testing.assert_array_equal(made.outputs[0], made.inputs[0])
        yield "is_copy"
    if made.spec.is_sign_flip:
        np.testing.assert_array_equal(made.outputs[0], made.inputs[0] ^ 0x80)
        yield "is_sign_flip"


def flips(made: Made) -> Iterator[str]:
    spec = made.spec.with_flipped_input()
    if spec is not None and len(made.inputs) == 1:
        made.check(spec, [made.inputs[0] ^ np.uint8(0x80)])
        yield "with_flipped_input"
    if (spec := made.spec.with_flipped_output()) is not None:
        [found] = run(spec.make(), made.inputs)
        np.testing.assert_array_equal(found ^ 0x80, made.outputs[0])
        yield "with_flipped_output"


def borders(made: Made) -> Iterator[str]:
    before, dtype = made.step.inputs[0], made.draft.dtypes[made.step.inputs[0]]
    shape = made.draft.shapes[before]
    if (border := made.spec.border) is not None:
        x, wider = made.inputs[0].view(dtype), made.draft.shapes[made.step.outputs[0]]
        y = bordered(x.reshape(border.shape), border, wider)
        np.testing.assert_array_equal(made.outputs[0], as_bytes(y))
        yield "border"
    if len(shape) != 4 or len(made.inputs) != 1 or shape[1] < 2 or shape[2] < 4:
        return
    inner = made.inputs[0].view(dtype).reshape(shape)[:, 1:, 2:-1]
    for value in range(-128, 256):
        border = Border(inner.shape, 1, 2, value)
        if (spec := made.spec.with_border(border)) is not None:
            [expected] = run(made.kernel, [as_bytes(bordered(inner, border, shape))])
            [found] = run(spec.make(), [as_bytes(inner)])
            np.testing.assert_array_equal(found, expected)
            yield "with_border"


def bordered(inner: NDArray[Any], border: Border, shape: tuple[int, ...]) -> NDArray[Any]:
    whole = np.full(shape, border.value, np.int64).astype(inner.dtype)
    height, width = inner.shape[1:3]
    whole[:, border.top :, border.left :][:, :height, :width] = inner
    return whole


PROMISES = (rows, one_row, elements, copies, flips, borders)
# How often each must be seen to be kept at least.
LEAST = {
    "output_rows": 50,
    "of_row": 16,
    "of_elements": 1500,
    "is_copy": 200,
    "is_sign_flip": 8,
    "with_flipped_input": 90,
    "with_flipped_output": 90,
    "border": 8,
    "with_border": 30,
}


def cases() -> Iterator[Case]:
    for operator in GENERATORS:
        for i in range(CASES):
            yield make_case(operator, 61, i)
    # What random numbers seldom hit: images convolved pixel by pixel, or given a border,
    # and conversions that are none.
    rng = np.random.default_rng(61)
    for dtype in ("int8", "uint8"):
        for depth, units in ((3, 5), (16, 33)):
            drawn = draw_convolution(rng, dtype, (units, 1, 1, depth), depth, units, 0)
            drawn.update(stride=(1, 1), dilation=(1, 1))
            yield Conv2DCase(**drawn)
        inputs = draw_array(rng, (2, 4, 5, 3), dtype), int32((0, 0), (2, 1), (0, 3), (0, 0))
        yield MovementCase("PAD", inputs, ((2, 7, 8, 3),), stored=(1,))
        q = {"int8": quantization(0.1, 3), "uint8": quantization(0.1, 131)}
        other = "uint8" if dtype == "int8" else "int8"
        yield QuantizeCase(inputs[0], other, q[dtype], q[other])


def test_kernels_are_what_their_specs_promise() -> None:
    kept: Counter[str] = Counter()
    for case in cases():
        for numerics in RUNTIMES:
            for made in steps_of(case, numerics):
                for promise in PROMISES:
                    kept.update(promise(made))
    assert all(kept[name] >= count for name, count in LEAST.items()), kept

"""Random cases of RESHAPE, in each form that files have."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from intlite.schema.options import ReshapeOptions

from ..models import Network
from .base import (
    EMPTY_IN_TFLM,
    Arrays,
    Case,
    draw_shape,
    draw_zero_point,
    generator,
    log_uniform,
    quantization,
    split,
)

CONSTANT, OPTION, BOTH, GIVEN = "constant", "option", "constant and option", "given at run time"
FORMS = (CONSTANT, OPTION, BOTH, GIVEN)
TYPES = ("INT8", "UINT8", "INT16", "INT8", "INT32", "FLOAT32", "INT64", "BOOL")
QUANTIZED = ("INT8", "UINT8", "INT16")


@dataclass(frozen=True, eq=False)
class ReshapeCase(Case):
    """``wanted`` is the shape as the file has it, ``shape`` what comes out.

    With both a constant and an option, the option says something else.
    """

    operator: ClassVar[str] = "RESHAPE"
    delegate_matters: ClassVar[bool] = False  # bytes are bytes

    x: NDArray[Any]
    form: str
    wanted: tuple[int, ...]
    shape: tuple[int, ...]
    zero_point: int = 0
    scale: float = 1.0

    @property
    def kind(self) -> str:
        return self.form

    def build(self) -> tuple[bytes, Arrays]:
        net, type_name = Network(), self.x.dtype.name.upper()
        q = quantization(self.scale, self.zero_point) if type_name in QUANTIZED else None
        tensors, inputs = [net.input(self.x.shape, type_name, q)], [self.x]
        wanted = np.array(self.wanted, np.int32)
        if self.form in (CONSTANT, BOTH):
            tensors.append(net.constant(wanted, "INT32"))
        if self.form == GIVEN:
            tensors.append(net.input(wanted.shape, "INT32"))
            inputs.append(wanted)
        option = {OPTION: wanted, BOTH: np.array([self.x.size], np.int32)}.get(self.form)
        y = net.output(self.shape, type_name, q)
        net.operator(
            self.operator,
            tensors,
            [y],
            None if option is None else ReshapeOptions(new_shape=option),
        )
        return net.bytes(), tuple(inputs)

    def refusal(self, flavour: str) -> str | None:
        reasons = []
        if flavour == "tflm" and self.x.size == 0:
            reasons += [EMPTY_IN_TFLM, "num_input_elements != num_output_elements"]
        if self.form == OPTION and self.wanted == (0,):  # read as a scalar's
            reasons.append("num_input_elements != num_output_elements")
        return "|".join(reasons) or None

    def smaller(self) -> Iterator[ReshapeCase]:
        if self.wanted != self.shape:
            yield replace(self, wanted=self.shape)
        if self.x.ndim != 1:
            yield replace(self, x=self.x.ravel())


@generator("RESHAPE")
def reshape(rng: Generator, index: int) -> ReshapeCase:
    form = FORMS[index % len(FORMS)]
    shape = draw_shape(rng, 2000)
    dtype = TYPES[int(rng.integers(len(TYPES)))].lower()
    x = rng.integers(0, 2 if dtype == "bool" else 127, shape).astype(dtype)
    out = _other_shape(rng, shape)
    wanted = out
    if x.size == 1 and rng.random() < 0.5:
        wanted = out = ()
        if form == OPTION and rng.random() < 0.5:
            wanted = (0,)  # how old files say scalar
    elif out and rng.random() < 0.4:
        i = int(rng.integers(len(out)))
        rest = math.prod(d for k, d in enumerate(out) if k != i)
        if rest:  # else -1 could be anything
            wanted = (*out[:i], -1, *out[i + 1 :])
    zero_point = draw_zero_point(rng, dtype) if dtype.upper() in QUANTIZED else 0
    return ReshapeCase(x, form, wanted, out, zero_point, log_uniform(rng, 1e-3, 10))


def _other_shape(rng: Generator, shape: tuple[int, ...]) -> tuple[int, ...]:
    """As many elements, in other dimensions."""
    out = [math.prod(shape)]
    for _ in range(int(rng.integers(0, 5))):
        i = int(rng.integers(len(out)))
        out[i : i + 1] = split(rng, out[i])
    return tuple(out)

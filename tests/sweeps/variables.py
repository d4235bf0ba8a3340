"""Random models with resource variables: read, added to the input, assigned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from intlite.quantization import Quantization
from intlite.schema.options import AddOptions, CallOnceOptions, VarHandleOptions

from ..models import Network
from .base import (
    Arrays,
    Case,
    draw_shape,
    draw_values,
    draw_zero_point,
    generator,
    log_uniform,
    quantization,
)

OPERATORS = ("ASSIGN_VARIABLE", "CALL_ONCE", "READ_VARIABLE", "VAR_HANDLE")
MAX_ELEMENTS = 300


@dataclass(frozen=True, eq=False)
class VariableCase(Case):
    """Each variable is read, and x + v is an output and what is assigned (or x itself is)."""

    operator = "READ_VARIABLE"
    x: NDArray[np.int8]
    initial: tuple[NDArray[np.int8], ...]
    quantizations: tuple[Quantization, ...]
    assigns_input: tuple[bool, ...]
    reads_again: bool

    @property
    def kind(self) -> str:
        return "int8"

    @property
    def outputs(self) -> int:
        return len(self.initial) + self.reads_again

    def network(self) -> Network:
        net, shape = Network(), self.x.shape
        once = net.subgraph()
        x = net.input(shape, "INT8", self.quantizations[0])
        net.operator("CALL_ONCE", [], [], CallOnceOptions(init_subgraph_index=1))
        handles = []
        for i, (value, q) in enumerate(zip(self.initial, self.quantizations, strict=True)):
            options = VarHandleOptions(shared_name=f"variable {i}")
            handles.append(net.tensor((), "RESOURCE"))
            net.operator("VAR_HANDLE", [], [handles[-1]], options)
            inner = once.tensor((), "RESOURCE")
            once.operator("VAR_HANDLE", [], [inner], options)
            once.operator("ASSIGN_VARIABLE", [inner, once.constant(value, "INT8", q)], [])
        for handle, q, directly in zip(
            handles, self.quantizations, self.assigns_input, strict=True
        ):
            read = net.tensor(shape, "INT8", q)
            net.operator("READ_VARIABLE", [handle], [read])
            y = net.output(shape, "INT8", q)
            net.operator("ADD", [x, read], [y], AddOptions(pot_scale_int16=False))
            net.operator("ASSIGN_VARIABLE", [handle, x if directly else y], [])
        if self.reads_again:
            y = net.output(shape, "INT8", self.quantizations[0])
            net.operator("READ_VARIABLE", [handles[0]], [y])
        return net

    def build(self) -> tuple[bytes, Arrays]:
        return self.network().bytes(), (self.x,)

    def refusal(self, flavour: str) -> str | None:
        # XNNPACK wants what is assigned to have the quantization of what is read.
        mixed = flavour == "litert" and any(self.assigns_input)
        return "failed to delegate ASSIGN_VARIABLE" if mixed else None

    def smaller(self) -> Iterator[VariableCase]:
        if len(self.initial) > 1:
            yield replace(
                self,
                initial=self.initial[:1],
                quantizations=self.quantizations[:1],
                assigns_input=self.assigns_input[:1],
            )
        if self.reads_again:
            yield replace(self, reads_again=False)


def draw(rng: Generator, index: int) -> VariableCase:
    count = int(rng.integers(1, 4))
    shape = draw_shape(rng, MAX_ELEMENTS, 4)
    # What a rank of 0 means there, the runtimes do not know; TFLite Micro has no empty tensors.
    shape = tuple(max(d, 1) for d in shape) or (1,)
    scale = log_uniform(rng, 1e-3, 1)
    return VariableCase(
        draw_values(rng, shape, "int8"),
        tuple(draw_values(rng, shape, "int8") for _ in range(count)),
        tuple(
            quantization(scale * log_uniform(rng, 0.5, 2), draw_zero_point(rng, "int8"))
            for _ in range(count)
        ),
        tuple(bool(rng.integers(2)) for _ in range(count)),
        bool(rng.integers(2)),
    )


for _name in OPERATORS:
    generator(_name)(draw)

"""A program in the making: kernels that may still change, on numbered tensors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..graph.types import Shape
from ..ops import KernelSpec


@dataclass(frozen=True, eq=False)
class Step:
    """One kernel: the operators that it stands for, and its tensors."""

    spec: KernelSpec
    operators: tuple[int, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    @property
    def label(self) -> str:
        """The operators by number, for messages."""
        return "operator " + ", ".join(f"#{i}" for i in self.operators)


@dataclass(frozen=True, eq=False)
class Draft:
    """Steps in order, with what is known of each tensor.

    Attributes:
        steps: The kernels to run.
        inputs, outputs: The program's own tensors.
        sample_bytes: Bytes of each tensor for one sample, by number.
        shapes, dtypes: Of each tensor, by number.
        constants: Values that steps read at run time.
    """

    steps: tuple[Step, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    shapes: dict[int, Shape]
    dtypes: dict[int, np.dtype[Any]]
    constants: dict[int, NDArray[Any]]

    def sample_bytes(self, tensor: int) -> int:
        size = self.dtypes[tensor].itemsize
        for d in self.shapes[tensor]:
            size *= d
        return size

    def with_steps(self, steps: list[Step]) -> Draft:
        return replace(self, steps=tuple(steps))

    def readers(self, tensor: int) -> list[int]:
        """Which steps read a tensor."""
        return [k for k, step in enumerate(self.steps) if tensor in step.inputs]

    def is_visible(self, tensor: int) -> bool:
        """Whether somebody outside reads or writes a tensor's memory."""
        return tensor in self.inputs or tensor in self.outputs or tensor in self.constants

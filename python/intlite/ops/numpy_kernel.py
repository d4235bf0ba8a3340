"""Steps of a program that numpy computes, for operators without a native kernel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..graph.types import Shape
from .base import KernelSpec, elements

# Arrays of one sample, at ``NumpySpec.inputs``, to the operator's outputs.
Function = Callable[[Sequence["NDArray[Any]"]], Sequence["NDArray[Any]"]]
TensorType = tuple[Shape, "np.dtype[Any]"]


@dataclass(frozen=True, eq=False)
class NumpySpec(KernelSpec):
    """csrc/bindings/callback.cc: samples one by one, on the caller's thread, with the GIL.

    Attributes:
        function: The operator.
        reads, writes: Shapes and types of the arrays that it takes and gives.
        inputs: Which of the operator's inputs it takes.
        is_elementwise: Whether it takes one array, and each element of its one result is made
            of the one at its place alone.
    """

    function: Function
    reads: tuple[TensorType, ...]
    writes: tuple[TensorType, ...]
    inputs: tuple[int, ...] = (0,)
    is_elementwise: bool = False
    is_python: ClassVar[bool] = True

    def make(self) -> _native.Kernel:
        return _native.callback(
            input_bytes=[elements(shape) * dtype.itemsize for shape, dtype in self.reads],
            output_bytes=[elements(shape) * dtype.itemsize for shape, dtype in self.writes],
            function=self._run,
        )

    def _run(self, samples: int, inputs: list[memoryview], outputs: list[memoryview]) -> None:
        # The inputs are copied: what raises may leave its arrays to outlive the run.
        given = [_arrays(m, samples, t).copy() for m, t in zip(inputs, self.reads, strict=True)]
        wanted = [_arrays(m, samples, t) for m, t in zip(outputs, self.writes, strict=True)]
        for i in range(samples):
            found = self.function([x[i] for x in given])
            for y, array in zip(wanted, found, strict=True):
                if array.shape != y.shape[1:] or array.dtype != y.dtype:
                    raise RuntimeError(
                        f"{self.function}: {array.dtype}{list(array.shape)}, "
                        f"not {y.dtype}{list(y.shape[1:])}"
                    )
                y[i] = array

    def of_elements(self, size: int) -> NumpySpec | None:
        if not self.is_elementwise:
            return None
        [(_, reads)], [(_, writes)] = self.reads, self.writes
        return replace(self, reads=(((size,), reads),), writes=(((size,), writes),))

    @property
    def work(self) -> float:
        """Enough that the program gives the GIL up, and takes it only for this."""
        return 1e6 + sum(elements(shape) for shape, _ in self.writes)


def _arrays(memory: memoryview, samples: int, of: TensorType) -> NDArray[Any]:
    shape, dtype = of
    return np.frombuffer(memory, dtype).reshape(samples, *shape)

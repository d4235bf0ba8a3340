"""Runs a model and writes down everything that another implementation is held to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ... import __version__
from ..._util.memory_limit import within_limit
from ...engine.samples import one_sample
from ...graph.types import Operator
from ...model import Model
from ...ops.base import Constants
from ...runtimes import runtime
from .accumulators import accumulators
from .archive import describe_operator, describe_tensor, keys, write_archive
from .c_text import C_TYPES
from .constants import constants_of
from .headers import OperatorFiles, arguments, tensor_header

ARCHIVE, INDEX = "tensors.npz", "index.json"
Tick = Callable[[int, int], None]


@dataclass(frozen=True)
class Exported:
    """What was written.

    Attributes:
        directory: Where.
        files: All files, relative to it.
        samples, tensors, operators: How many.
        numerics: The flavour.
        bytes: Of all files.
    """

    directory: Path
    files: tuple[str, ...]
    samples: int
    tensors: int
    operators: int
    numerics: str
    bytes: int


@within_limit
def export(
    model: Model,
    inputs: Sequence[ArrayLike],
    directory: str | Path,
    *,
    name: str = "model",
    operators: Collection[int] | None = None,
    c: bool = True,
    sums: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Exported:
    """Write the test vectors of a run into a directory.

    ``tensors.npz`` has every tensor by name; ``index.json`` the operators, the
    tensors and their quantization. In ``c/``, for each operator ``op_<n>.h`` has its
    constants and the prototype of a function, ``op_<n>_data.h`` its tensors, and
    ``check_op_<n>.c`` is a program that checks such a function against them.

    Args:
        model: In the flavour to export.
        inputs: As for a call; one sample or several.
        directory: Made if it is missing. Files of the same names are replaced.
        name: What the files call the model.
        operators: Numbers of those to write C files for; all if None.
        c: Whether to write C files.
        sums: Whether to write the accumulators of operators with weights too, and
            ``check_op_<n>_requantize.c``, which checks only what becomes of them.
        progress: Called with how many steps are done, and of how many.

    Raises:
        IndexError: There is no such operator.
        ShapeError, TypeError: As for a call.
        ValueError: There are no samples.
    """
    return _Writer(model, inputs, Path(directory), name).write(operators, c, sums, progress)


class _Writer:
    def __init__(
        self, model: Model, inputs: Sequence[ArrayLike], directory: Path, name: str
    ) -> None:
        self.model, self.graph, self.name = model, model.graph, name
        self.flavour = runtime(model.numerics)
        trace = model.trace(*inputs)
        self.values: dict[int, NDArray[Any]] = {t.index: t.quantized for t in trace.values()}
        self.samples = self._samples()
        self.writers = {i: op.label for op in self.graph.operators for i in op.outputs}
        self.directory = directory
        self.files: dict[str, int] = {}

    def write(
        self, operators: Collection[int] | None, c: bool, sums: bool, progress: Tick | None
    ) -> Exported:
        chosen = self._chosen(operators) if c else []
        steps, done = 2 + len(chosen), 0
        self.directory.mkdir(parents=True, exist_ok=True)
        self._archive()
        written: set[int] = set()
        for operator in chosen:
            done += 1
            if progress is not None:
                progress(done, steps)
            self._c_files(operator, written, sums)
        self._put(INDEX, json.dumps(self._index(), indent=1) + "\n")
        if progress is not None:
            progress(steps, steps)
        return Exported(
            self.directory,
            tuple(self.files),
            self.samples,
            len(self.values),
            len(self.graph.operators),
            self.model.numerics,
            sum(self.files.values()),
        )

    def _samples(self) -> int:
        counts = {
            self.values[i].shape[0] // t.shape[0]
            for i, t in zip(self.graph.inputs, self.model.inputs, strict=True)
            if t.shape and t.shape[0]
        }
        if 0 in counts:
            raise ValueError("no samples, so there is nothing to write down")
        return counts.pop() if counts else 1

    def _chosen(self, operators: Collection[int] | None) -> list[Operator]:
        if operators is None:
            return list(self.graph.operators)
        return [self.graph.operator(i) for i in sorted(set(operators))]

    def _archive(self) -> None:
        names = keys(self.graph.tensors)
        write_archive(
            self.directory / ARCHIVE,
            {names[i]: v for i, v in self.values.items() if v.dtype.kind != "O"},
        )
        self.files[ARCHIVE] = (self.directory / ARCHIVE).stat().st_size

    def _index(self) -> dict[str, Any]:
        names = keys(self.graph.tensors)
        return {
            "intlite": __version__,
            "model": self.name,
            "model_sha256": hashlib.sha256(self.model.content).hexdigest(),
            "numerics": self.flavour.name,
            "runtime": self.flavour.title,
            "verified": self.flavour.release,
            "samples": self.samples,
            "inputs": list(self.graph.inputs),
            "outputs": list(self.graph.outputs),
            "operators": [
                describe_operator(op, self._arithmetic(op), self._constants(op))
                for op in self.graph.operators
            ],
            "tensors": [
                describe_tensor(
                    t, names[t.index], self.values.get(t.index), self.writers.get(t.index)
                )
                for t in self.graph.tensors
            ],
        }

    def _arithmetic(self, operator: Operator) -> str:
        return self.flavour.policy(self.graph.node(operator)).arithmetic

    def _constants(self, operator: Operator) -> Constants:
        """At the shapes of one sample."""
        node = self.graph.node(operator)
        shapes = [() if t is None else self._sample(t.index, 0).shape for t in node.inputs]
        return constants_of(node, shapes, self.flavour.policy(node))

    def _sample(self, tensor: int, k: int) -> NDArray[Any]:
        """One sample of a tensor; a constant whole."""
        value, described = self.values[tensor], self.graph.tensors[tensor]
        if described.is_constant or self.samples == 1:
            return value
        return one_sample(value, k, self.samples, len(described.shape))

    def _c_files(self, operator: Operator, written: set[int], sums: bool) -> None:
        node = self.graph.node(operator)
        inputs = [self.values.get(i) for i in operator.inputs]
        outputs = [self.values[i] for i in operator.outputs]
        given = arguments(node, inputs, outputs, self.samples)
        if any(a.value.dtype.name not in C_TYPES for a in given):
            return
        constants = self._constants(operator)
        files = OperatorFiles(
            node,
            given,
            constants,
            self._arithmetic(operator),
            self.samples,
            self.name,
            self.model.numerics,
            self._sums(operator, constants) if sums else None,
        )
        for a in given:
            if a.tensor.index not in written:
                written.add(a.tensor.index)
                writer = self.writers.get(a.tensor.index)
                text = tensor_header(a.tensor, a.value, self.samples, writer)
                self._put(f"c/{a.array}.h", text)
        self._put(f"c/{files.function}.h", files.header())
        self._put(f"c/{files.function}_data.h", files.data())
        self._put(f"c/check_{files.function}.c", files.check())
        if files.accumulators is not None:
            self._put(f"c/{files.function}_accumulators.h", files.sums())
            self._put(f"c/check_{files.function}_requantize.c", files.check_requantize())

    def _sums(self, operator: Operator, constants: Constants) -> NDArray[Any] | None:
        """Sample by sample: operators may depend on their own shapes."""
        node = self.graph.node(operator)
        found = [
            accumulators(
                node,
                [None if i < 0 else self._sample(i, k) for i in operator.inputs],
                constants,
                self.flavour.policy(node),
            )
            for k in range(self.samples)
        ]
        sums = [s for s in found if s is not None]
        return np.concatenate(sums) if sums else None

    def _put(self, file: str, text: str) -> None:
        path = self.directory / file
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode())
        self.files[file] = len(text)

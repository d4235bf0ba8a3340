"""Runs jobs on the instruction set that INTLITE_ISA names, and tells the bits by their digests.

Standard input has a list of [job, setting] as JSON; standard output gets one digest for
each, or the name of the error.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import intlite
from intlite.datasets import random_inputs
from intlite.ops import ValueUnknownError
from intlite.plan import compile_graph

from ..sweeps import make_case
from .settings import Job, Setting

ALIGNMENT = 64
Arrays = list[NDArray[Any]]


@cache
def bytes_and_inputs(job: Job) -> tuple[bytes, Arrays]:
    """The model, and its inputs for all samples."""
    if job.model.endswith(".tflite"):
        data = Path(job.model).read_bytes()
        return data, list(random_inputs(intlite.load(data), job.seed, job.samples))
    operator, seed, index = job.model.split()
    data, own = make_case(operator, int(seed), int(index)).build()
    return data, [_varied(x, job.samples) for x in own]


def _varied(x: NDArray[Any], samples: int) -> NDArray[Any]:
    """Other samples of the same values; indices and conditions stay as they are."""
    if x.ndim == 0:
        return x
    moves = x.dtype.itemsize < 4 or x.dtype.kind == "f"
    return np.concatenate([np.roll(x, k if moves else 0) for k in range(samples)])


def placed(x: NDArray[Any], offset: int) -> NDArray[Any]:
    """A copy so many elements behind an address that is a multiple of 64."""
    memory = np.zeros(x.nbytes + ALIGNMENT + offset * x.itemsize, np.uint8)
    start = -memory.ctypes.data % ALIGNMENT + offset * x.itemsize
    view = memory[start : start + x.nbytes].view(x.dtype).reshape(x.shape)
    view[...] = x
    return view


def outputs(job: Job, setting: Setting) -> Arrays:
    """All samples' outputs."""
    data, inputs = bytes_and_inputs(job)
    options: dict[str, Any] = {"numerics": job.numerics, "passes": setting.passes}
    model = intlite.Model(data, num_threads=setting.threads, **options)
    # They have no batches.
    if not inputs or any(not t.shape or t.shape[0] == 0 for t in model.inputs):
        return _as_list(model(*(placed(x, setting.offset) for x in inputs)))
    found = [
        _run(model, [placed(x, setting.offset) for x in part], setting)
        for part in _batches(model, inputs, job.samples, setting.batch)
    ]
    return [np.concatenate([np.atleast_1d(y) for y in ys]) for ys in zip(*found, strict=True)]


def _batches(
    model: intlite.Model, inputs: Arrays, samples: int, batch: int
) -> Sequence[list[NDArray[Any]]]:
    rows = [t.shape[0] for t in model.inputs]
    return [
        [x[first * n : (first + batch) * n] for x, n in zip(inputs, rows, strict=True)]
        for first in range(0, samples, batch)
    ]


def _run(model: intlite.Model, inputs: Arrays, setting: Setting) -> Arrays:
    if setting.by_model:
        return _as_list(model(*inputs))
    shapes = [t.shape for t in model.inputs]
    samples = len(inputs[0]) // shapes[0][0]
    try:
        program = compile_graph(
            model.graph,
            shapes,
            model.session.flavour,
            setting.threads,
            passes=setting.passes,
            tile=setting.tile or None,
        )
    except ValueUnknownError:
        return _as_list(model(*inputs))
    found = [
        placed(np.zeros((samples, *shape), dtype), setting.offset)
        for shape, dtype in zip(program.output_shapes, program.output_dtypes, strict=True)
    ]
    program.native.run(inputs, found, samples)
    return [
        y.reshape(samples * shape[0], *shape[1:]) if shape else y
        for y, shape in zip(found, program.output_shapes, strict=True)
    ]


def _as_list(found: Any) -> Arrays:
    return list(found) if isinstance(found, tuple) else [found]


def digest(job: Job, setting: Setting) -> str:
    try:
        found = outputs(job, setting)
    except intlite.IntliteError as error:
        return type(error).__name__
    sha = hashlib.sha256()
    for y in found:
        sha.update(f"{y.dtype}{list(y.shape)}".encode())
        sha.update(np.ascontiguousarray(y).tobytes())
    return sha.hexdigest()


def main() -> None:
    jobs = [
        (Job(**job), Setting(**{**setting, "passes": tuple(setting["passes"])}))
        for job, setting in json.load(sys.stdin)
    ]
    json.dump([digest(*job) for job in jobs], sys.stdout)


if __name__ == "__main__":
    main()

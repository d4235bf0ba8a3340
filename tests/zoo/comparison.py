"""Whole models: what they are given, and every tensor of theirs against the real runtimes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from intlite import Model
from intlite.graph import Tensor
from intlite.inspect.tensor_sources import exposed
from tests.runs import every_tensor

from ..oracles import Job, run

Arrays = tuple[NDArray[Any], ...]


def draw(rng: Generator, tensor: Tensor, kind: int) -> NDArray[Any]:
    """Noise, a smooth picture, or values about the zero point."""
    info = np.iinfo(tensor.dtype)
    shape = tensor.shape
    if kind == 0:
        return rng.integers(info.min, info.max, shape, tensor.dtype, endpoint=True)
    if kind == 1:
        waves = sum(
            np.sin(np.arange(n) * rng.uniform(0.02, 0.5) + rng.uniform(0, 6)).reshape(
                [n if i == axis else 1 for i in range(len(shape))]
            )
            for axis, n in enumerate(shape)
        )
        picture = np.broadcast_to((waves / len(shape) + 1) / 2, shape)
        return np.asarray(info.min + picture * (info.max - info.min), tensor.dtype)
    q = tensor.quantization
    centre = 0 if q is None else int(q.zero_point[0])
    near = centre + rng.normal(0, 6, shape).round().astype(np.int64)
    return np.asarray(np.clip(near, info.min, info.max), tensor.dtype)


def inputs(model: Model, count: int) -> list[Arrays]:
    """The same ones each time; a larger count adds to those of a smaller one."""
    rng = np.random.default_rng(0)
    return [tuple(draw(rng, t, i % 3) for t in model.inputs) for i in range(count)]


def outputs(model: Model, x: Arrays) -> Arrays:
    y = model(*x)
    return y if isinstance(y, tuple) else (y,)


def check_outputs(data: bytes, numerics: str, start: int, stop: int) -> None:
    """The outputs for the inputs from number ``start`` on equal the runtime's."""
    model = Model(data, numerics=numerics)
    given = inputs(model, stop)[start:]
    results = run([Job(data, x, numerics, outputs=len(model.outputs)) for x in given])
    for x, result in zip(given, results, strict=True):
        assert result.outputs is not None, result
        for ours, theirs in zip(outputs(model, x), result.outputs, strict=True):
            np.testing.assert_array_equal(ours, theirs.reshape(ours.shape))


def check_every_tensor(data: bytes, numerics: str, count: int) -> None:
    """Every tensor equals the runtime's: in the native program, and one operator at a time."""
    data = exposed(data)
    model = Model(data, numerics=numerics)
    for x in inputs(model, count):  # one by one: the outputs of many are large
        [result] = run([Job(data, x, numerics, outputs=len(model.graph.outputs))])
        assert result.outputs is not None, result
        values = every_tensor(model.graph, numerics, x)
        found = outputs(model, x)
        for i, ours, theirs in zip(model.graph.outputs, found, result.outputs, strict=True):
            name = str(model.graph.tensors[i])
            np.testing.assert_array_equal(ours, theirs.reshape(ours.shape), name)
            np.testing.assert_array_equal(values[i], ours, name)

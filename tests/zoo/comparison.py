"""Whole models: what they are given, and every tensor of theirs against the real runtimes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from intlite import Model
from intlite.graph import Tensor
from intlite.graph.types import Shape
from intlite.inspect.tensor_sources import exposed
from intlite.runtimes import RUNTIMES
from tests.runs import every_tensor

from ..oracles import Job, run

Arrays = tuple[NDArray[Any], ...]


def draw(rng: Generator, tensor: Tensor, kind: int) -> NDArray[Any]:
    """Noise, a smooth picture, or values about the zero point."""
    shape = tensor.shape
    if tensor.dtype.kind == "f":
        return _draw_floats(rng, shape, kind).astype(tensor.dtype)
    info = np.iinfo(tensor.dtype)
    if kind == 0:
        return rng.integers(info.min, info.max, shape, tensor.dtype, endpoint=True)
    if kind == 1:
        picture = (_waves(rng, shape) + 1) / 2
        return np.asarray(info.min + picture * (info.max - info.min), tensor.dtype)
    q = tensor.quantization
    centre = 0 if q is None else int(q.zero_point[0])
    near = centre + rng.normal(0, 6, shape).round().astype(np.int64)
    return np.asarray(np.clip(near, info.min, info.max), tensor.dtype)


def _draw_floats(rng: Generator, shape: Shape, kind: int) -> NDArray[np.float64]:
    if kind == 1:
        return _waves(rng, shape)
    return rng.normal(0, 1 if kind == 0 else 0.05, shape)


def _waves(rng: Generator, shape: Shape) -> NDArray[np.float64]:
    """Smooth values from -1 to 1."""
    waves = sum(
        np.sin(np.arange(n) * rng.uniform(0.02, 0.5) + rng.uniform(0, 6)).reshape(
            [n if i == axis else 1 for i in range(len(shape))]
        )
        for axis, n in enumerate(shape)
    )
    return np.broadcast_to(waves / len(shape), shape)


def inputs(model: Model, count: int) -> list[Arrays]:
    """The same ones each time; a larger count adds to those of a smaller one."""
    rng = np.random.default_rng(0)
    return [tuple(draw(rng, t, i % 3) for t in model.inputs) for i in range(count)]


def outputs(model: Model, x: Arrays) -> Arrays:
    y = model(*x)
    return y if isinstance(y, tuple) else (y,)


def check_outputs(
    data: bytes, numerics: str, start: int, stop: int, tolerance: float | None = None
) -> None:
    """The outputs for the inputs from number ``start`` on equal the runtime's.

    Or, with a tolerance, are that near, in proportion to the greatest value of the output.
    """
    model = Model(data, numerics=numerics)
    given = inputs(model, stop)[start:]
    results = run([Job(data, x, numerics, outputs=len(model.outputs)) for x in given])
    for x, result in zip(given, results, strict=True):
        assert result.outputs is not None, result
        for ours, theirs in zip(outputs(model, x), result.outputs, strict=True):
            expected = theirs.reshape(ours.shape)
            if tolerance is None:
                np.testing.assert_array_equal(ours, expected)
            else:
                near = tolerance * float(np.abs(expected).max(initial=0))
                np.testing.assert_allclose(ours, expected, rtol=0, atol=near)


def check_every_tensor(data: bytes, numerics: str, count: int) -> None:
    """Every tensor equals the runtime's: in the native program, and one operator at a time.

    But for constants that a delegate reads as they are in the file: it leaves nothing where
    DEQUANTIZE would have put them.
    """
    data = exposed(data)
    model = Model(data, numerics=numerics)
    constants = _dequantized(model) if RUNTIMES[numerics].delegate is not None else frozenset()
    for x in inputs(model, count):  # one by one: the outputs of many are large
        [result] = run([Job(data, x, numerics, outputs=len(model.graph.outputs))])
        assert result.outputs is not None, result
        values = every_tensor(model.graph, numerics, x)
        found = outputs(model, x)
        for i, ours, theirs in zip(model.graph.outputs, found, result.outputs, strict=True):
            if i in constants:
                continue
            name = str(model.graph.tensors[i])
            np.testing.assert_array_equal(ours, theirs.reshape(ours.shape), name)
            np.testing.assert_array_equal(values[i], ours, name)


def _dequantized(model: Model) -> frozenset[int]:
    """The constants that DEQUANTIZE widens."""
    graph = model.graph
    return frozenset(
        op.outputs[0]
        for op in graph.operators
        if op.name == "DEQUANTIZE" and graph.tensors[op.inputs[0]].is_constant
    )

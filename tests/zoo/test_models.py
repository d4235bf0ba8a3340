"""Real models against the real runtimes: every output, and every tensor in between."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.random import Generator
from numpy.typing import NDArray

from intlite import Model, UnsupportedOpError, schema
from intlite.executor import Executor
from intlite.graph import Tensor
from intlite.numerics import FLAVOURS, flavour
from intlite.schema.writer import write

from ..oracles import Job, run

FOLDER = Path(__file__).parent / "models"
MNIST = Path(__file__).parent.parent.parent / "models"
FILES = {
    path.stem: path for path in (*sorted(FOLDER.glob("*.tflite")), *sorted(MNIST.glob("*.tflite")))
}
# Operators that intlite does not run yet.
UNSUPPORTED = {"keras_lstm_mnist_ptq": "UNIDIRECTIONAL_SEQUENCE_LSTM"}
SUPPORTED = [name for name in FILES if name not in UNSUPPORTED]
# LiteRT's reference kernels need a second for each run of it.
LARGE = {"mobilenet_v2_1.0_224_quant"}
INPUTS = 21


def cases(name: str) -> list[tuple[str, str]]:
    # TFLite Micro has no uint8 convolutions.
    return [(name, f) for f in FLAVOURS if not (f == "tflm" and "mobilenet" in name)]


CASES = [case for name in SUPPORTED for case in cases(name)]


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


def inputs(model: Model, count: int) -> list[tuple[NDArray[Any], ...]]:
    rng = np.random.default_rng(0)
    return [tuple(draw(rng, t, i % 3) for t in model.inputs) for i in range(count)]


def exposed(path: Path) -> bytes:
    """The same model with everything that an operator writes as an output."""
    model = schema.read(path.read_bytes())
    main = model.subgraphs[0]
    written = [op.outputs for op in main.operators if op.outputs is not None]
    main = main.replace(outputs=np.concatenate(written))
    return write(model.replace(subgraphs=(main,), signature_defs=(), metadata=()))


def outputs(model: Model, x: tuple[NDArray[Any], ...]) -> tuple[NDArray[Any], ...]:
    y = model(*x)
    return y if isinstance(y, tuple) else (y,)


@pytest.mark.parametrize(("name", "numerics"), CASES)
def test_outputs(name: str, numerics: str) -> None:
    data = FILES[name].read_bytes()
    model = Model(data, numerics=numerics)
    count = 3 if name in LARGE else INPUTS
    given = inputs(model, count)
    results = run([Job(data, x, numerics) for x in given])
    for x, result in zip(given, results, strict=True):
        assert result.outputs is not None, result
        for ours, theirs in zip(outputs(model, x), result.outputs, strict=True):
            np.testing.assert_array_equal(ours, theirs.reshape(ours.shape))


@pytest.mark.parametrize(("name", "numerics"), [c for c in CASES if c[0] not in LARGE])
def test_every_tensor(name: str, numerics: str) -> None:
    data = exposed(FILES[name])
    model = Model(data, numerics=numerics)
    executor = Executor(model.graph, flavour(numerics))
    given = inputs(model, 3)
    jobs = [Job(data, x, numerics, outputs=len(model.graph.outputs)) for x in given]
    for x, result in zip(given, run(jobs), strict=True):
        assert result.outputs is not None, result
        values = executor.run(x)
        found = outputs(model, x)
        for i, ours, theirs in zip(model.graph.outputs, found, result.outputs, strict=True):
            np.testing.assert_array_equal(ours, theirs.reshape(ours.shape))
            np.testing.assert_array_equal(values[i], ours)


@pytest.mark.parametrize("name", SUPPORTED)
def test_a_batch_is_as_many_runs(name: str) -> None:
    model = Model(FILES[name], num_threads=2)
    given = inputs(model, 3)
    together = outputs(model, tuple(np.concatenate(xs) for xs in zip(*given, strict=True)))
    alone = [outputs(model, x) for x in given]
    for i, y in enumerate(together):
        np.testing.assert_array_equal(y, np.concatenate([one[i] for one in alone]))


@pytest.mark.parametrize("name", [n for n in SUPPORTED if n not in LARGE])
def test_runs_as_one_native_program(name: str) -> None:
    model = Model(FILES[name])
    assert model._program(tuple(t.shape for t in model.inputs)) is not None


@pytest.mark.parametrize(("name", "operator"), UNSUPPORTED.items())
def test_not_supported_yet(name: str, operator: str) -> None:
    with pytest.raises(UnsupportedOpError, match=operator):
        Model(FILES[name])

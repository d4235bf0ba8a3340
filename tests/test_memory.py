"""Sizes that only a run gives are held to the memory limit, as those of the file are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from intlite import MemoryLimitError, Model, ShapeError, memory
from intlite.executor import Backend, Executor
from intlite.graph.types import Tensor
from intlite.numerics import FLAVOURS
from intlite.quantization import per_tensor
from intlite.schema import options

from .models import Network

Q = per_tensor(1, 0)
PIXEL = np.array([[[[1]]]], np.int8)
FAR = 2**20
# The operators whose outputs' sizes are values: their inputs, one after the other.
CASES: dict[str, tuple[NDArray[Any] | np.generic, ...]] = {
    "TILE": (PIXEL, np.array([FAR, FAR, 1, 1], np.int32)),
    "BROADCAST_TO": (PIXEL, np.array([FAR, FAR, 1, 1], np.int64)),
    "FILL": (np.array([FAR, FAR, FAR], np.int64), np.array(1, np.int8)),
    "PAD": (PIXEL, np.array([[0, FAR], [FAR, 0], [0, 0], [0, 0]], np.int32)),
    "PADV2": (PIXEL, np.array([[0, FAR], [FAR, 0], [0, 0], [0, 0]], np.int32), PIXEL[0, 0, 0]),
    "RESIZE_BILINEAR": (PIXEL, np.array([FAR, FAR], np.int32)),
    "RESIZE_NEAREST_NEIGHBOR": (PIXEL, np.array([FAR, FAR], np.int32)),
    "RANGE": (np.int64(0), np.int64(2**31 - 1), np.int64(1)),
    "ONE_HOT": (np.zeros(FAR, np.int32), np.int32(FAR), np.int8(1), np.int8(0)),
    "SCATTER_ND": (np.zeros((1, 2), np.int32), PIXEL[0, 0, 0], np.array([FAR, FAR], np.int32)),
}


def network(operator: str, inputs: tuple[NDArray[Any], ...]) -> bytes:
    net = Network()
    tensors = [
        net.input(x.shape, x.dtype.name.upper(), Q if x.dtype == np.int8 else None) for x in inputs
    ]
    out = "INT64" if operator == "RANGE" else "INT8"
    table = options.OneHotOptions(axis=-1) if operator == "ONE_HOT" else None
    net.operator(operator, tensors, [net.output((1,), out, Q if out == "INT8" else None)], table)
    return net.bytes()


@pytest.mark.parametrize("backend", ["native", "reference"])
@pytest.mark.parametrize("operator", CASES)
def test_run_time_sizes(operator: str, backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_physical_memory", lambda: 2**33)
    inputs = tuple(np.asarray(x) for x in CASES[operator])
    model = Model(network(operator, inputs))
    with pytest.raises(MemoryLimitError, match="would take"):
        Executor(model.graph, FLAVOURS["litert"], backend).run(inputs)
    with pytest.raises(MemoryLimitError, match="would take"):
        model(*inputs)


def test_shapes_that_no_array_has() -> None:
    tensor = Tensor(0, "x", "INT32", (), ())
    memory.check_tensor(tensor, (0, 2**20, 2**20))
    memory.check_tensor(tensor, (1,) * memory.MAX_RANK)
    for shape in ((2**31, 2**31), (0, 2**31, 2**31)):
        with pytest.raises(MemoryLimitError, match="would take"):
            memory.check_tensor(tensor, shape)
    with pytest.raises(ShapeError, match="33 dimensions"):
        memory.check_tensor(tensor, (1,) * (memory.MAX_RANK + 1))
    assert np.empty((0, 2**20, 2**20), np.int32).size == 0

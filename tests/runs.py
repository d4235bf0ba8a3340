"""Every tensor of a run, as the engine gives it: on native kernels or by the definition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from intlite.call_arguments import Batch
from intlite.engine.samples import Arrays
from intlite.engine.session import Backend, Session
from intlite.graph import Graph
from intlite.runtimes import runtime


def one_run(inputs: Sequence[NDArray[Any]]) -> Batch:
    """Whole inputs, rows and all, as those of one run."""
    arrays = tuple(np.asarray(x, order="C") for x in inputs)
    return Batch(arrays, 1, tuple(x.shape for x in arrays))


def batch(inputs: Sequence[NDArray[Any]], samples: int) -> Batch:
    """Inputs of several runs of one row each."""
    return Batch(tuple(inputs), samples, tuple((1, *x.shape[1:]) for x in inputs))


def every_tensor(
    graph: Graph, numerics: str, inputs: Sequence[NDArray[Any]], kernels: Backend = "native"
) -> Arrays:
    """All tensors of one run, by number."""
    return Session(graph, runtime(numerics), kernels=kernels).tensors(one_run(inputs))

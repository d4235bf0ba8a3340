"""Several runs' values as one array: how they lie behind each other, and one run's out of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ShapeError

Arrays = dict[int, "NDArray[Any]"]


def join(arrays: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Results of several runs, one behind the other; scalars as a vector.

    Raises:
        ShapeError: They differ in more than their first dimension.
    """
    shapes = {y.shape[1:] for y in arrays} if arrays[0].ndim else {y.shape for y in arrays}
    if len(shapes) > 1 or len({y.ndim for y in arrays}) > 1:
        listed = ", ".join(str(list(y.shape)) for y in arrays)
        raise ShapeError(f"results of shapes {listed} cannot be joined; run them one by one")
    return np.stack(arrays) if arrays[0].ndim == 0 else np.concatenate(arrays)


def one_sample(x: NDArray[Any], k: int, samples: int, rank: int) -> NDArray[Any]:
    """The k-th of several runs' values.

    Args:
        x: The values of all, as ``join`` gives them.
        k: Which.
        samples: Of how many.
        rank: How many dimensions one run's value has.
    """
    if samples == 1:
        return x
    if rank == 0:
        return np.asarray(x[k])
    rows = len(x) // samples
    return x[k * rows : (k + 1) * rows]

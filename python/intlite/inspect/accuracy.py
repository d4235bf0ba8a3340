"""How well a classifier does: accuracy, top-k and confusion matrix."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import ShapeError
from ..model import Model

Tick = Callable[[int, int], None]
CHUNK = 256


@dataclass(frozen=True, eq=False)
class Evaluation:
    """One flavour's results.

    Attributes:
        numerics: The flavour.
        samples: How many there are.
        top: For each k, the share of samples whose label is among the k greatest outputs.
            Of equal outputs the earlier class is the greater.
        confusion: Counts by label (rows) and answer (columns).
    """

    numerics: str
    samples: int
    top: dict[int, float]
    confusion: NDArray[np.int64]

    @property
    def accuracy(self) -> float:
        return float(np.trace(self.confusion) / max(self.samples, 1))

    @property
    def correct(self) -> int:
        return int(np.trace(self.confusion))

    def recall(self) -> NDArray[np.float64]:
        """For each label, the share of its samples that are answered right."""
        counts = self.confusion.sum(axis=1)
        return np.asarray(np.diag(self.confusion) / np.maximum(counts, 1))


def evaluate(
    model: Model,
    inputs: Sequence[NDArray[Any]],
    labels: ArrayLike,
    top: Sequence[int] = (1, 5),
    progress: Tick | None = None,
) -> Evaluation:
    """Run a classifier on labelled samples.

    Args:
        model: A model whose first output has a number for each class.
        inputs: As stored values, one array for each input.
        labels: A class number for each sample.
        top: Which k.
        progress: Called with how many samples are done, and of how many.

    Raises:
        ShapeError: Inputs and labels differ in number, or the output is no list of classes.
        ValueError: A label is no class.
    """
    truth = np.asarray(labels, np.int64).ravel()
    scores = _scores(model, inputs, len(truth), progress)
    if scores.shape[0] != len(truth):
        raise ShapeError(f"{scores.shape[0]} samples and {len(truth)} labels")
    classes = scores.shape[1]
    if len(truth) and not 0 <= truth.min() <= truth.max() < classes:
        raise ValueError(f"labels from {truth.min()} to {truth.max()} for {classes} classes")
    order = np.argsort(_descending(scores), axis=1, kind="stable")
    rank = (order == truth[:, None]).argmax(axis=1)
    confusion = np.zeros((classes, classes), np.int64)
    np.add.at(confusion, (truth, order[:, 0]), 1)
    wanted = [k for k in top if k <= classes]
    shares = {k: float((rank < k).mean()) if len(truth) else 0.0 for k in wanted}
    return Evaluation(model.numerics, len(truth), shares, confusion)


def _descending(scores: NDArray[Any]) -> NDArray[Any]:
    return -scores.astype(np.float64 if scores.dtype.kind == "f" else np.int64)


def _scores(
    model: Model, inputs: Sequence[NDArray[Any]], samples: int, progress: Tick | None
) -> NDArray[Any]:
    rows = [t.shape[0] if t.shape else 0 for t in model.inputs]
    if any(n != 1 for n in rows):
        raise ShapeError("every input must hold one sample a row")
    total = len(inputs[0])
    if total == 0:
        raise ShapeError("there are no samples")
    parts = []
    for first in range(0, total, CHUNK):
        y = model(*(x[first : first + CHUNK] for x in inputs))
        y = y[0] if isinstance(y, tuple) else y
        parts.append(y.reshape(len(y), -1))
        if progress is not None:
            progress(min(first + CHUNK, total), total)
    return np.concatenate(parts)

"""intlite eval."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from intlite import Model, ShapeError
from intlite.datasets import read_idx, read_labels
from intlite.inspect.accuracy import evaluate

from .command import CNN, IMAGES, LABELS, MNIST, data, error, text

PIXELS, TRUTH = read_idx(Path(IMAGES)), read_labels(LABELS)


def test_every_flavour() -> None:
    found = data("eval", MNIST, IMAGES, "--labels", LABELS)
    assert [r["numerics"] for r in found["results"]] == [
        *("litert", "litert-builtin", "litert-reference", "tflm")
    ]
    for result in found["results"]:
        y = Model(MNIST, numerics=result["numerics"])(PIXELS)
        assert result["correct"] == int((y.argmax(axis=1) == TRUTH).sum())
        assert result["samples"] == 10_000
        answers, counts = y.argmax(axis=1), np.array(result["confusion"])
        for label, answer in itertools.product(range(10), range(10)):
            assert counts[label, answer] == ((TRUTH == label) & (answers == answer)).sum()
        # The label is among the five greatest if fewer than five are before it.
        own = np.take_along_axis(y, TRUTH[:, None], 1)
        before = (y > own).sum(1) + ((y == own) & (np.arange(10) < TRUTH[:, None])).sum(1)
        assert result["top"]["5"] == pytest.approx((before < 5).mean())
        assert result["top"]["1"] == result["accuracy"] == result["correct"] / 10_000


def test_text() -> None:
    found = text("eval", CNN, IMAGES, "--labels", LABELS, "--count", 1000, "--confusion")
    assert "litert-reference" in found
    assert "recall" in found
    only = text("eval", CNN, IMAGES, "--labels", LABELS, "--count", 100, "--numerics", "tflm")
    assert "litert" not in only


def test_a_folder_for_each_class(tmp_path: Path) -> None:
    for i in range(100):
        folder = tmp_path / f"digit {TRUTH[i]}"
        folder.mkdir(exist_ok=True)
        Image.fromarray(PIXELS[i]).save(folder / f"{i}.png")
    assert len(set(TRUTH[:100].tolist())) == 10
    [found] = data("eval", MNIST, tmp_path, "--numerics", "litert")["results"]
    expected = evaluate(Model(MNIST), (PIXELS[:100],), TRUTH[:100])
    assert found["confusion"] == expected.confusion.tolist()


def test_a_check_that_fails() -> None:
    arguments = ("eval", MNIST, IMAGES, "--labels", LABELS, "--count", 500, "--min-accuracy")
    text(*arguments, 0.9)
    text(*arguments, 0.9999, status=1)


def test_labels_are_moved(tmp_path: Path) -> None:
    np.save(tmp_path / "l.npy", TRUTH + 1)
    arguments = ("eval", MNIST, IMAGES, "--numerics", "litert", "--labels")
    [plain] = data(*arguments, LABELS)["results"]
    [moved] = data(*arguments, tmp_path / "l.npy", "--offset", -1)["results"]
    assert plain == moved
    assert "10 classes" in error(*arguments, tmp_path / "l.npy")


def test_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "l.txt").write_text("1 2 3")
    assert "3 labels" in error("eval", MNIST, IMAGES, "--labels", tmp_path / "l.txt")
    assert "--top" in error("eval", MNIST, IMAGES, "--labels", LABELS, "--top", "x")


def test_evaluate_refuses_what_is_no_classifier() -> None:
    with pytest.raises(ShapeError, match="no samples"):
        evaluate(Model(MNIST), (PIXELS[:0],), [])
    with pytest.raises(ValueError, match="labels from -1"):
        evaluate(Model(MNIST), (PIXELS[:1],), [-1])

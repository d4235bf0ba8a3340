"""intlite run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from intlite import Model
from intlite.datasets import random_inputs, read_idx

from .command import CNN, IMAGES, MNIST, MOBILENET, data, error, text

PIXELS = read_idx(Path(IMAGES))


def test_idx_to_npy(tmp_path: Path) -> None:
    out = tmp_path / "out.npy"
    assert "10000x10" in text("run", MNIST, IMAGES, "-o", out)
    np.testing.assert_array_equal(np.load(out), Model(MNIST)(PIXELS))


@pytest.mark.parametrize("numerics", ["litert", "litert-builtin", "litert-reference", "tflm"])
def test_flavours(tmp_path: Path, numerics: str) -> None:
    out = tmp_path / "out.npz"
    text("run", CNN, IMAGES, "--count", 300, "-o", out, "--numerics", numerics, "--threads", 2)
    expected = Model(CNN, numerics=numerics)(PIXELS[:300, :, :, None])
    with np.load(out) as stored:
        [name] = stored.files
        assert name == Model(CNN).outputs[0].name
        np.testing.assert_array_equal(stored[name], expected)


def test_real_values(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", PIXELS[:5] / 255)
    for source in (tmp_path / "x.npy", IMAGES):
        found = data("run", MNIST, source, "--count", 5, "--float")
        expected = Model(MNIST).predict(PIXELS[:5] / 255)
        np.testing.assert_array_equal(np.array(found["outputs"][0]["values"], "f4"), expected)


def test_random() -> None:
    found = data("run", CNN, "--random", 7, "--count", 3)
    model = Model(CNN)
    expected = model(*random_inputs(model, 7, 3))
    assert found["outputs"][0]["values"] == expected.tolist()
    assert text("run", CNN, "--random", 7) != text("run", CNN, "--random", 8)


def test_a_photo_on_mobilenet(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 256, (300, 400, 3)).astype(np.uint8)).save(tmp_path / "a.jpg")
    found = data("run", MOBILENET, tmp_path / "a.jpg")
    assert found["outputs"][0]["shape"] == [1, 1001]
    again = data("run", MOBILENET, tmp_path)
    assert again["outputs"] == found["outputs"]


def test_wrong_usage(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.zeros((2, 5), np.uint8))
    np.save(tmp_path / "f.npy", np.zeros((2, 28, 28)))
    assert "give either INPUTS or --random" in error("run", MNIST)
    assert "give either INPUTS or --random" in error("run", MNIST, IMAGES, "--random", 1)
    assert "[2, 5]" in error("run", MNIST, tmp_path / "x.npy")
    assert "--float" in error("run", MNIST, tmp_path / "f.npy")
    assert ".npz" in error("run", MNIST, IMAGES, "-o", tmp_path / "out.txt")
    assert "format is not known" in error("run", MNIST, MNIST)
    assert "--std 0" in error("run", MNIST, IMAGES, "--std", 0)
    assert "does not exist" in error("run", "nothing.tflite", IMAGES)
    for line in (error("run", MNIST, MNIST), error("run", MNIST, tmp_path / "x.npy")):
        assert line.count("\n") == 1

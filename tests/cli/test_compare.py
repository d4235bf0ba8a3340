"""intlite compare: statuses and what is said; ``inspect/test_compare.py`` has what is found."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

from intlite import Model, compare
from intlite.datasets import read_idx

from ..planted import with_flipped_bit, with_next_scale
from .command import CNN, IMAGES, MNIST, MOBILENET, data, error, text

PIXELS = read_idx(Path(IMAGES))


def test_the_first_difference_is_explained() -> None:
    found = text("compare", MNIST, IMAGES, "--to", "tflm", status=1)
    first = compare(Model(MNIST), "tflm", PIXELS).first
    assert first is not None
    assert first.explanation is not None
    assert "first in FULLY_CONNECTED #2" in found
    assert f"[{', '.join(map(str, first.index))}]" in found
    assert f"accumulator  {first.explanation.accumulator} " in found
    assert repr(first.exact_stored) in found
    assert "float32 product, half to even" in found


def test_json() -> None:
    found = data("compare", CNN, IMAGES, "--count", 100, "--to", "litert-builtin", status=1)
    assert found["operator"] == "CONV_2D #1"
    first = found["first"]
    assert first["a"] != first["b"]
    assert first["b"] in first["results"].values()
    assert first["results"]["xnnpack"] == first["a"]
    # What the element comes from, computed here.
    model = Model(CNN)
    x, w, bias = (model.trace(PIXELS[:100, :, :, None])[i] for i in (12, 11, 10))
    sample, row, column, channel = first["index"]
    padded = np.pad(x.quantized[sample, :, :, 0].astype(int) + 128, ((0, 1), (0, 1)))
    window = padded[2 * row : 2 * row + 3, 2 * column : 2 * column + 3]
    acc = int((window * w.quantized[channel, :, :, 0].astype(int)).sum() + bias.quantized[channel])
    assert first["accumulator"] == acc


def test_equal() -> None:
    assert "equal" in text("compare", CNN, IMAGES, "--count", 20, "--to", CNN)
    assert data("compare", CNN, IMAGES, "--count", 20, "--to", CNN)["equal"]


def test_planted_changes(tmp_path: Path) -> None:
    raw = Path(CNN).read_bytes()
    (tmp_path / "bit.tflite").write_bytes(with_flipped_bit(raw, 7, 100, 0))
    (tmp_path / "scale.tflite").write_bytes(with_next_scale(raw, [9], channel=5))
    for file, operator in (("bit", "CONV_2D #3"), ("scale", "DEPTHWISE_CONV_2D #2")):
        arguments = ("compare", CNN, IMAGES, "--count", 50, "--to", tmp_path / f"{file}.tflite")
        assert data(*arguments, status=1)["operator"] == operator
        assert operator in text(*arguments, status=1)


def test_a_dump(tmp_path: Path) -> None:
    model = Model(MNIST)
    trace = model.trace(PIXELS[:10])
    trace.save(tmp_path / "all.npz")
    arguments = ("compare", MNIST, IMAGES, "--count", 10, "--to")
    assert data(*arguments, tmp_path / "all.npz")["equal"]
    wrong = trace[8].quantized.copy()
    wrong[4, 9] ^= 1
    np.savez(tmp_path / "one.npz", **{trace[8].name: wrong})
    found = data(*arguments, tmp_path / "one.npz", status=1)
    assert (found["operator"], found["first"]["index"]) == ("FULLY_CONNECTED #2", [4, 9])


def test_mobilenet_against_the_real_runtime() -> None:
    found = data("compare", MOBILENET, "--random", 0, "--to", "real:litert")
    assert found["equal"]
    assert len(found["tensors"]) > 60
    assert found["notes"]
    wrong = data("compare", MOBILENET, "--random", 0, "--to", "real:litert-builtin", status=1)
    assert wrong["operator"] == "CONV_2D #0"


def test_every_tensor_on_request() -> None:
    arguments = ("compare", CNN, IMAGES, "--count", 100, "--to", "tflm")
    assert "QUANTIZE #0" not in text(*arguments, status=1).split("litert against")[0]
    assert "QUANTIZE #0" in text(*arguments, "--all", status=1)


def test_wrong_usage() -> None:
    assert "--to" in error("compare", CNN, IMAGES)
    assert "neither a file" in error("compare", CNN, IMAGES, "--to", "nonsense")
    assert "expected one of" in error("compare", CNN, IMAGES, "--to", "real:nonsense")


def test_in_a_process_of_its_own() -> None:
    command = [sys.executable, "-m", "intlite", "compare", MNIST, IMAGES, "--to"]
    for other, status in (("real:tflm", 1), ("real:litert", 0)):
        done = subprocess.run(
            [*command, other, "--count", "2000"], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (status, "")

"""Real models against the real runtimes: every output, and every tensor in between."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from intlite import Model
from intlite.runtimes import RUNTIMES

from ..models import without_shapes
from .comparison import check_every_tensor, check_outputs, inputs, outputs

FOLDER = Path(__file__).parent / "models"
MNIST = Path(__file__).parent.parent.parent / "models"
FILES = {
    path.stem: path for path in (*sorted(FOLDER.glob("*.tflite")), *sorted(MNIST.glob("*.tflite")))
}
# LiteRT's reference kernels need a second for each run of it.
LARGE = {"mobilenet_v2_1.0_224_quant"}
INPUTS = 21
FEW = 3  # one of each kind


def cases(name: str) -> list[tuple[str, str]]:
    # TFLite Micro has no uint8 convolutions.
    return [(name, f) for f in RUNTIMES if not (f == "tflm" and "mobilenet" in name)]


CASES = [case for name in FILES for case in cases(name)]


def is_slow(name: str, numerics: str) -> bool:
    return name in LARGE and numerics == "litert-reference"


@pytest.mark.parametrize(("name", "numerics"), CASES)
def test_outputs(name: str, numerics: str) -> None:
    stop = FEW if is_slow(name, numerics) else INPUTS
    check_outputs(FILES[name].read_bytes(), numerics, 0, stop)


@pytest.mark.parametrize(("name", "numerics"), [c for c in CASES if c[1] != "tflm"])
def test_outputs_where_the_file_has_no_shapes(name: str, numerics: str) -> None:
    """Of inner tensors and outputs, that is; TFLite Micro would believe the file."""
    check_outputs(without_shapes(FILES[name].read_bytes()), numerics, 0, FEW)


@pytest.mark.long
@pytest.mark.parametrize(("name", "numerics"), [c for c in CASES if is_slow(*c)])
def test_outputs_of_the_slow(name: str, numerics: str) -> None:
    check_outputs(FILES[name].read_bytes(), numerics, FEW, INPUTS)


@pytest.mark.parametrize(
    ("name", "numerics"),
    [pytest.param(*c, marks=[pytest.mark.long] if c[0] in LARGE else []) for c in CASES],
)
def test_every_tensor(name: str, numerics: str) -> None:
    check_every_tensor(FILES[name].read_bytes(), numerics, FEW)


@pytest.mark.parametrize("name", FILES)
def test_a_batch_is_as_many_runs(name: str) -> None:
    model = Model(FILES[name], num_threads=2)
    given = inputs(model, 3)
    together = outputs(model, tuple(np.concatenate(xs) for xs in zip(*given, strict=True)))
    alone = [outputs(model, x) for x in given]
    for i, y in enumerate(together):
        np.testing.assert_array_equal(y, np.concatenate([one[i] for one in alone]))


@pytest.mark.parametrize("name", [n for n in FILES if n not in LARGE])
def test_runs_as_one_native_program(name: str) -> None:
    model = Model(FILES[name])
    assert model.session.program(tuple(t.shape for t in model.inputs)) is not None

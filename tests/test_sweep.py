"""The sweeps themselves: they see a difference, make it small, and count what was not run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from intlite import Model
from intlite.runtimes import RUNTIMES

from .sweep import main
from .sweeps import Case, check, comparison, difference, make_case, sweep
from .sweeps.base import GENERATORS, quantization
from .sweeps.fully_connected import FullyConnectedCase
from .sweeps.quantize import QuantizeCase

REFERENCE = "reference"


@pytest.fixture
def flipped_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    """One way to run a model is wrong in the last bit of the greatest output."""

    def wrong(model: Model, inputs: tuple[NDArray[Any], ...]) -> Sequence[NDArray[Any]]:
        [y] = (y.copy() for y in comparison.FACES["Model"](model, inputs))
        if y.size:
            y.flat[y.argmax()] ^= 1
        return [y]

    monkeypatch.setattr(comparison, "FACES", {**comparison.FACES, REFERENCE: wrong})


@pytest.mark.usefixtures("flipped_bit")
def test_a_difference_is_found_and_made_small() -> None:
    found = sweep("FULLY_CONNECTED", 3, iter(range(8)))
    assert found.failures
    failure = found.failures[0]
    assert isinstance(failure.shrunk, FullyConnectedCase)
    assert failure.shrunk.x.shape == failure.shrunk.weights.shape == (1, 1)
    text = str(failure)
    assert REFERENCE in text
    assert f"--seed 3 --case {failure.index}" in text
    assert "weights=array([[" in text
    with pytest.raises(AssertionError, match="elements differ"):
        found.check(0, {})


def test_a_case_depends_on_its_number_alone() -> None:
    for operator in GENERATORS:
        assert make_case(operator, 5, 9).build()[0] == make_case(operator, 5, 9).build()[0]
        assert make_case(operator, 5, 9).build()[0] != make_case(operator, 6, 9).build()[0]


def test_too_little_compared_fails() -> None:
    found = sweep("DEQUANTIZE", 1, iter(range(6)))
    with pytest.raises(AssertionError, match="outputs of litert were compared"):
        found.check(10**9, {})


def test_a_refusal_must_be_known(monkeypatch: pytest.MonkeyPatch) -> None:
    case = QuantizeCase(np.ones(3, np.float32), "uint8", None, quantization(0.5))
    found = {c.flavour: c for c in check(case)}
    assert [name for name in RUNTIMES if found[name].refused] == ["tflm"]
    monkeypatch.setattr(QuantizeCase, "refusal", Case.refusal)
    with pytest.raises(AssertionError, match="tflm: the runtime refused"):
        check(replace(case))


def test_differences() -> None:
    x = np.array([0.0, np.nan, 1.0], np.float32)
    assert difference([x], [x.copy()]) == (0, "")
    assert difference([x], [np.array([-0.0, np.nan, 1.0], np.float32)])[0] == 1
    assert difference([x], [x.astype(np.float64)])[1]
    assert difference([x], [x[None]])[1]
    assert difference([x], [x, x])[1]
    assert difference([np.int8(3)[...]], [np.int8(4)[...]])[0] == 1


def test_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["RESHAPE", "--n", "6"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:3] == ["operator", "kind", "flavour"]
    assert sum(" all " in line for line in lines) == len(RUNTIMES)


@pytest.mark.usefixtures("flipped_bit")
def test_command_fails_and_saves(capsys: pytest.CaptureFixture[str], tmp_path: Any) -> None:
    command = ["QUANTIZE", "--case", "4", "--flavour", "tflm", "--save", str(tmp_path)]
    assert main(command) == 1
    assert "The smallest case found" in capsys.readouterr().out
    model = Model(tmp_path / "QUANTIZE_4.tflite", numerics="tflm")
    with np.load(tmp_path / "QUANTIZE_4.npz") as inputs:
        model(*inputs.values())

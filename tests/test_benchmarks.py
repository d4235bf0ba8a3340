"""benchmarks/mnist.py on a few images: every output equal, and JSON as documented."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from intlite.runtimes import RUNTIMES

SCRIPT = Path(__file__).resolve().parent.parent / "benchmarks" / "mnist.py"
IMAGES, ROUNDS = 70, 2  # numpy's rounding shows first in image 64


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), "--quick", f"--images={IMAGES}", f"--rounds={ROUNDS}"]
    return subprocess.run(
        [*command, *arguments], capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    done = run("--json", "-")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_names_the_machine(found: dict[str, Any]) -> None:
    about = found["machine"]
    assert about["processor"]
    assert about["isa"]
    assert {"python", "numpy", "intlite", "ai-edge-litert", "tflite-micro"} == set(
        about["versions"]
    )


def test_no_output_differs(found: dict[str, Any]) -> None:
    assert found["differing_outputs"] == 0
    for model in found["models"]:
        assert model["not_run"] is None
        assert model["images"] == IMAGES
        assert [c["numerics"] for c in model["comparisons"]] == list(RUNTIMES)
        compared = [c for c in model["comparisons"] if c["version"] is not None]
        assert "litert" in [c["numerics"] for c in compared]
        for comparison in compared:
            assert comparison["outputs"] == IMAGES * 10
            assert comparison["accuracy"] > 0.8
            assert len(comparison["ways"]) == 4
            for difference in comparison["ways"].values():
                assert difference == {"images": 0, "outputs": 0, "greatest": 0}


def dense(found: dict[str, Any]) -> list[dict[str, Any]]:
    """The models that the notebook's code runs."""
    models = [m for m in found["models"] if m["file"] != "mnist_cnn_quant.tflite"]
    assert len(models) == len(found["models"]) - 1
    return models


def test_counts_where_float_rounding_differs(found: dict[str, Any]) -> None:
    for model in dense(found):
        by_flavour = {c["numerics"]: c["numpy"] for c in model["comparisons"]}
        assert by_flavour["litert-builtin"]["float64"]["greatest"] == 1
        assert "numpy rint" in model["example"]


def test_times_every_way_of_calling(found: dict[str, Any]) -> None:
    faces = ["LiteRT", "intlite.Interpreter", "intlite model(x)"]
    one = ("one image a call", faces)
    whole = ("one call", faces)
    for model in found["models"]:
        rows = [(t["threads"], t["calling"], t["who"]) for t in model["timings"]]
        notebook = (1, "one image a call", "notebook's numpy")
        assert (notebook in rows) == (model in dense(found))
        for threads in (1, 2):
            for calling, who in (one, whole):
                assert {(threads, calling, w) for w in who} <= set(rows)
        for timing in model["timings"]:
            assert len(timing["rounds"]) == ROUNDS
            assert 0 < timing["least"] <= timing["median"] <= timing["most"]
            assert timing["images_per_second"] > 0
            if timing["who"] == "LiteRT":
                assert timing["to_litert"] == 1


def test_table_fits_and_comes_last(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    done = run("--json", str(file))
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 100
    assert set(lines[-1]) == {"="}
    names = [model["file"] for model in json.loads(file.read_text())["models"]]
    assert names
    assert all(any(line.startswith(f"{name}: ") for line in lines) for name in names)

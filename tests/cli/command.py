"""The command line in this process, for tests of its verbs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from intlite.cli.app import app

ROOT = Path(__file__).resolve().parent.parent.parent
MNIST = str(ROOT / "models" / "mnist_model_quant.tflite")
CNN = str(ROOT / "models" / "mnist_cnn_quant.tflite")
IMAGES = str(ROOT / "models" / "t10k-images-idx3-ubyte.gz")
LABELS = str(ROOT / "models" / "t10k-labels-idx1-ubyte.gz")
ZOO = ROOT / "tests" / "zoo" / "models"
MOBILENET = str(ZOO / "mobilenet_v2_1.0_224_quant.tflite")


def invoke(*arguments: object) -> Result:
    """The result of ``intlite ...``; what it raises is raised here."""
    return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)


def text(*arguments: object, status: int = 0) -> str:
    """What it prints."""
    result = invoke(*arguments)
    assert result.exit_code == status, result.output
    assert result.stderr == ""
    return result.stdout


def data(*arguments: object, status: int = 0) -> Any:
    """What it prints with --json."""
    return json.loads(text(*arguments, "--json", status=status))


def error(*arguments: object) -> str:
    """What it says on stderr when it refuses."""
    result = invoke(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    return result.stderr

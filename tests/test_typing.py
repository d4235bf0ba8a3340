"""What editors and type checkers make of the package."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import intlite

PACKAGES = Path(intlite.__file__).parent.parent
# Each line, and what mypy says to it: an error's code, a type, or nothing.
LINES = [
    ("import intlite, numpy as np", ""),
    ("model = intlite.load('m.tflite')", ""),
    ("y = model(np.zeros((1, 2), np.int8))", ""),
    ("reveal_type(y)", "numpy.ndarray"),
    ("classes = y.argmax(-1)", ""),
    ("first, second = model([[0]], [[0]])", ""),
    ("first.argmax(-1), second[0]", ""),
    ("reveal_type(model.inputs[0])", "intlite.graph.types.Tensor"),
    ("reveal_type(model.outputs[0].shape)", "tuple[int, ...]"),
    ("model(input=y)", "call-arg"),
    ("model(print)", "arg-type"),
    ("model.predit(y)", "attr-defined"),
    ("intlite.laod('m.tflite')", "attr-defined"),
    ("intlite.Tensor", "attr-defined"),
]


def test_mypy_sees_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "user.py").write_text("\n".join(line for line, _ in LINES))
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-color-output", "user.py"],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": str(PACKAGES)},
        check=False,
    )
    said = [
        [m for m in done.stdout.splitlines() if f"user.py:{n}: " in m]
        for n in range(1, len(LINES) + 1)
    ]
    for (line, expected), messages in zip(LINES, said, strict=True):
        if expected:
            assert any(expected in message for message in messages), line
        else:
            assert messages == [], line

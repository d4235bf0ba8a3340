"""examples/mnist_by_hand.ipynb: it is what its script says, and all its cells run."""

from __future__ import annotations

from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from examples.notebook import NOTEBOOK, SOURCE, notebook

# Of the libraries that run notebooks.
pytestmark = pytest.mark.filterwarnings("default")


def run(text: str) -> str:
    """What the cells print, all of them together."""
    reads: Any = nbformat.reads  # it has no types
    made = reads(text, as_version=4)
    nbformat.validate(made)
    folder = {"metadata": {"path": str(SOURCE.parent)}}
    NotebookClient(made, timeout=120, kernel_name="python3", resources=folder).execute()
    outputs = [o for c in made.cells for o in c.get("outputs", [])]
    assert sum("image/png" in o.get("data", {}) for o in outputs) == text.count("plt.show()")
    return "".join(o.get("text", "") for o in outputs)


def test_is_made_of_its_script() -> None:
    assert NOTEBOOK.read_text() == notebook(SOURCE.read_text())


def test_runs() -> None:
    printed = run(NOTEBOOK.read_text())
    assert "litert against tflm: 3 of 6 tensors" in printed
    assert "outputs that differ from LiteRT: 0 of 10000" in printed


def test_a_wrong_rounding_is_noticed() -> None:
    text = SOURCE.read_text()
    wrong = text.replace("multiplier + 2**30) >> 31", "multiplier) >> 31")
    assert wrong != text
    with pytest.raises(CellExecutionError, match="AssertionError"):
        run(notebook(wrong))

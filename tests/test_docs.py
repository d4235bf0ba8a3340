"""README.md and docs: their examples run, their lists are whole, their links lead somewhere."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from docs.operator_table import TABLE, table
from intlite import errors
from intlite.cli import app
from intlite.datasets import read_idx

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")],
)
EXAMPLES = {p.name: re.findall(r"^```python\n(.*?)^```", p.read_text(), re.M | re.S) for p in PAGES}


def test_there_are_examples() -> None:
    assert [n for n, found in EXAMPLES.items() if found] == [
        *("README.md", "errors.md", "from_tflite.md", "index.md", "int8.md", "threads.md"),
    ]


@pytest.mark.parametrize("page", [n for n, found in EXAMPLES.items() if found])
def test_examples_run(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One after the other, in a folder with the models; ``images`` are there already."""
    shutil.copytree(ROOT / "models", tmp_path / "models")
    shutil.copy(ROOT / "models" / "mnist_model_quant.tflite", tmp_path / "mnist.tflite")
    monkeypatch.chdir(tmp_path)
    images = read_idx(ROOT / "models" / "t10k-images-idx3-ubyte.gz")[:500]
    names = {"images": images, "pixels": images / np.float32(255)}
    for number, example in enumerate(EXAMPLES[page]):
        exec(compile(example, f"{page}, example {number}", "exec"), names)


def test_links_between_pages() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_page_is_in_the_site() -> None:
    listed = re.findall(r": (\w+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.M)
    assert sorted(listed) == sorted(p.name for p in PAGES if p.parent == ROOT / "docs")


@pytest.mark.parametrize("root", ["python/intlite", "csrc"])
def test_every_folder_is_on_the_map(root: str) -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text().split(f"`{root}`:", 1)[1]
    rows = text.split("| folder |", 1)[1].split("\n\n", 1)[0]
    folders = {p.name for p in (ROOT / root).iterdir() if p.is_dir() and p.name != "__pycache__"}
    assert set(re.findall(r"^\| `(\w+)/` ", rows, re.M)) == folders


def test_make_targets_are_there() -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.M))
    for page in (ROOT / "CONTRIBUTING.md", ROOT / "README.md"):
        assert set(re.findall(r"(?:`|^)make ([a-z-]+)", page.read_text(), re.M)) <= targets


def test_table_of_operators_is_current() -> None:
    assert TABLE.read_text() == table(), "python docs/operator_table.py makes it anew"


def test_every_error_is_explained() -> None:
    text = (ROOT / "docs" / "errors.md").read_text()
    for name, error in vars(errors).items():
        if isinstance(error, type) and error.__module__ == errors.__name__:
            assert f"`{name}`" in text


def test_every_verb_is_explained() -> None:
    text = (ROOT / "docs" / "command_line.md").read_text()
    assert sorted(re.findall(r"^\| `(\w+) MODEL", text, re.M)) == sorted(app.VERBS)

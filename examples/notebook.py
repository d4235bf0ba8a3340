#!/usr/bin/env python3
"""Makes mnist_by_hand.ipynb of mnist_by_hand.py, which is what to edit.

A line ``# %%`` begins a cell of code, ``# %% [markdown]`` one of text, all comments.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).resolve().parent / "mnist_by_hand.py"
NOTEBOOK = SOURCE.with_suffix(".ipynb")


def cell(number: int, kind: str, text: str) -> dict[str, Any]:
    """One cell, without outputs."""
    made: dict[str, Any] = {"cell_type": kind, "id": f"cell-{number}", "metadata": {}}
    if kind == "code":
        made |= {"execution_count": None, "outputs": []}
    return made | {"source": text.splitlines(keepends=True)}


def notebook(source: str) -> str:
    """The notebook's file, of the script's text."""
    parts = re.split(r"^# %%( \[markdown\])?\n", source, flags=re.MULTILINE)[1:]
    cells = []
    for number, (mark, text) in enumerate(zip(parts[::2], parts[1::2], strict=True)):
        if mark:
            text = re.sub(r"^# ?", "", text, flags=re.MULTILINE)
        cells.append(cell(number, "markdown" if mark else "code", text.strip()))
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    made = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    NOTEBOOK.write_text(notebook(SOURCE.read_text()))

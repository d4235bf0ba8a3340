"""The page of what is checked, and the tests that show it, have the same rows."""

from __future__ import annotations

import re
from pathlib import Path

from .test_operators import AXES, OPTIONS, WIRES
from .test_tables import ROWS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "verification.md"


def rows(heading: str) -> dict[str, str]:
    """Of the tables under a heading: what is checked, and the error."""
    [text] = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", PAGE.read_text(), re.M | re.S)
    found = re.findall(r"^\| (.+?) \| `(\w+)` \|$", text, re.M)
    assert len(dict(found)) == len(found)
    return dict(found)


def test_tables() -> None:
    of_subgraphs = {name for name in OPTIONS if name.startswith("subgraph")}
    expected = dict.fromkeys([*ROWS, *WIRES, *of_subgraphs], "ModelError")
    assert rows("Tables") == expected


def test_operators() -> None:
    expected = {name: row[3].__name__ for name, row in OPTIONS.items()}
    expected = {name: error for name, error in expected.items() if error != "ModelError"}
    assert rows("Operators") == expected | {n: row[2].__name__ for n, row in AXES.items()}

"""The list of operators and their files against what the files register."""

from __future__ import annotations

import re
from pathlib import Path

import intlite
from intlite.ops.index import MODULES
from intlite.schema.enums import BUILTIN_OPERATORS

from ..sweeps import GENERATORS

FOLDER = Path(intlite.__file__).parent / "ops"


def test_index_is_what_the_files_register() -> None:
    registered = {
        path.stem: sorted(re.findall(r'^(?:@register|table)\(\s*"(\w+)"', path.read_text(), re.M))
        for path in FOLDER.glob("*.py")
    }
    expected = {module: sorted(names) for module, names in MODULES.items()}
    assert {module: names for module, names in registered.items() if names} == expected


def test_names_are_the_schemas() -> None:
    names = [name for names in MODULES.values() for name in names]
    assert len(names) == len(set(names))
    assert set(names) <= set(BUILTIN_OPERATORS)


def test_each_operator_has_a_sweep() -> None:
    names = {name for names in MODULES.values() for name in names}
    assert names == set(GENERATORS)

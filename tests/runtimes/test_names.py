"""Only ``runtimes`` knows runtimes and families of kernels by their names."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import intlite
from intlite.runtimes import RUNTIMES
from intlite.runtimes.families import POLICIES

PACKAGE = Path(intlite.__file__).parent
FILES = [
    path.relative_to(PACKAGE).as_posix()
    for path in sorted(PACKAGE.rglob("*.py"))
    if "runtimes" not in path.relative_to(PACKAGE).parts
]
LABELS = {p.arithmetic for p in POLICIES.values()}
NAMES = {*RUNTIMES, *POLICIES, *LABELS}
# Words that mean other things as well: a backend, and a rounding of ``intlite.kernels``.
ORDINARY = {"reference", "gemmlowp"}
# What holds a name, and so is not compared with any text.
HOLDERS = {"arithmetic", "family", "flavour", "numerics", "_flavour"}


def offences(source: str) -> Iterator[str]:
    """The names in a module, but for defaults of parameters, and comparisons with one."""
    tree = ast.parse(source)
    defaults = {
        id(value)
        for node in ast.walk(tree)
        if isinstance(node, ast.arguments)
        for value in (*node.defaults, *node.kw_defaults)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and node.value in NAMES - ORDINARY:
            if id(node) not in defaults:
                yield f"line {node.lineno}: {node.value!r}"
        elif isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            held = {getattr(s, "attr", getattr(s, "id", None)) for s in sides} & HOLDERS
            texts = [n.value for s in sides for n in ast.walk(s) if isinstance(n, ast.Constant)]
            if held and any(isinstance(text, str) for text in texts):
                yield f"line {node.lineno}: {held.pop()} is compared with {texts}"


@pytest.mark.parametrize("file", FILES)
def test_no_runtime_is_named(file: str) -> None:
    assert list(offences((PACKAGE / file).read_text())) == []


@pytest.mark.parametrize(
    "source",
    [
        'if policy.arithmetic == "reference": pass',
        'x = arithmetic in ("gemmlowp", "other")',
        'x = {"xnnpack": 1}',
        'x = runtime.name == "tflm"',
        'x = numerics != "anything"',
    ],
)
def test_names_are_found(source: str) -> None:
    assert list(offences(source))


def test_defaults_of_parameters_are_none() -> None:
    assert not list(offences('def load(*, numerics: str = "litert", backend="reference"): pass'))

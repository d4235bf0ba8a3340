"""Each formula says where it is from: a file and a function of a release, or a measurement."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import intlite
from intlite import reference
from intlite.runtimes import RUNTIMES

PACKAGE = Path(intlite.__file__).parent
MODULES = sorted(p for p in (PACKAGE / "reference").glob("*.py") if p.stem != "__init__")
RUNTIME_MODULES = [PACKAGE / "runtimes" / f"{n}.py" for n in ("rounding", "xnnpack_nodes")]
FAMILIES = ("litert_optimized", "litert_reference", "tflm", "xnnpack")

# What states no formula of a runtime: sizes and places, C's arithmetic, calls of the C library.
NO_FORMULA = {
    "broadcast.in_blocks_of_runs",
    "convolution.patches",
    "convolution.strips",
    "convolution.under_windows",
    "elementwise.centred",
    "fixed_point.exact_matmul",
    "fixed_point.wrap_int32",
    "gemmlowp_fixed16.saturate_int16",
    "gemmlowp_fixed16.wrap_int16",
    "libm.apply",
    "quantize.in_blocks",
    "resize.sampling",
    "transpose_conv.taps",
}

RELEASES = tuple(re.findall(r"^\* ([^:]+):", reference.__doc__ or "", re.M))
MEASURED = {f"measured against {r.release}" for r in RUNTIMES.values()}
BOOKS = {"Press et al., Numerical Recipes, erfcc"}


def is_source(item: str) -> bool:
    """Whether it is a release, a file or folder of it, and perhaps functions; or a measurement."""
    release, *rest = item.split(", ", 2)
    is_file = release in RELEASES and bool(rest) and bool(re.fullmatch(r"[\w./-]+", rest[0]))
    return is_file or item in MEASURED or item in BOOKS


def sources(docstring: str | None) -> list[str]:
    """What the last paragraph names."""
    last = " ".join((docstring or "").rstrip().split("\n\n")[-1].split())
    match = re.fullmatch(r"Source: (.+)\.", last)
    return match[1].split("; ") if match else []


def public(path: Path) -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield f"{path.stem}.{node.name}", node


@pytest.mark.parametrize("path", [*MODULES, *RUNTIME_MODULES], ids=lambda p: p.stem)
def test_functions_name_their_sources(path: Path) -> None:
    for name, node in public(path):
        found = sources(ast.get_docstring(node))
        assert (name in NO_FORMULA) != bool(found), name
        assert [item for item in found if not is_source(item)] == [], name


@pytest.mark.parametrize("family", FAMILIES)
def test_families_name_their_sources(family: str) -> None:
    tree = ast.parse((PACKAGE / "runtimes" / f"{family}.py").read_text())
    found = sources(ast.get_docstring(tree))
    assert found
    assert [item for item in found if not is_source(item)] == []


def test_what_has_no_formula_is_there() -> None:
    assert {name for path in MODULES for name, _ in public(path)} >= NO_FORMULA


@pytest.mark.parametrize(
    "docstring",
    [
        None,
        "No source.",
        "Source: LiteRT 2.3.0, a.h, F. And more.\n\nAnother paragraph.",
        "Source: LiteRT 2.3.0, a.h, F",
    ],
)
def test_what_is_no_source(docstring: str | None) -> None:
    assert sources(docstring) == []


@pytest.mark.parametrize(
    "item", ["LiteRT, a.h, F", "LiteRT 2.3.0", "measured", "LiteRT 2.3.0, a b"]
)
def test_what_names_no_release(item: str) -> None:
    assert not is_source(item)

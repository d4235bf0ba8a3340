"""requirements/*.txt: what pyproject.toml asks for, pinned, each file by its hash."""

from __future__ import annotations

import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
EXTRAS: dict[str, list[str]] = PROJECT["project"]["optional-dependencies"]
GROUPS: dict[str, list[str]] = PROJECT["dependency-groups"]
# What each file is made from, as the Makefile says: the package's own requirements or not,
# extras, groups.
FILES = {
    "build": (True, [], ["build"]),
    "demo": (True, ["oracles"], ["build"]),
    "dev": (True, ["test"], ["build"]),
    "docs": (False, [], ["docs"]),
    "lint": (False, [], ["lint"]),
    "pip": (False, [], ["pip"]),
    "release": (False, [], ["build", "release"]),
    "run": (True, [], []),
    "train": (True, ["train"], []),
}
PYTHONS = [f"3.{minor}" for minor in range(10, 15)]


def wanted(name: str) -> list[Requirement]:
    own, extras, groups = FILES[name]
    lines = [line for group in groups for line in GROUPS[group]]
    if own:
        lines += PROJECT["project"]["dependencies"]
    todo = list(extras)
    while todo:
        for line in EXTRAS[todo.pop()]:
            if (requirement := Requirement(line)).name == "intlite":
                todo += requirement.extras
            else:
                lines.append(line)
    return [Requirement(line) for line in lines]


@cache
def pinned(name: str) -> list[tuple[Requirement, list[str]]]:
    """Each requirement of a file with its hashes."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    lines = [line for line in text.replace("\\\n", " ").splitlines() if not line.startswith("#")]
    found = []
    for line in lines:
        requirement, *hashes = re.split(r"\s+--hash=", line.strip())
        found.append((Requirement(requirement), hashes))
    return found


def environment(python: str, platform: str) -> dict[str, str]:
    return {
        "python_version": python,
        "python_full_version": f"{python}.9",
        "sys_platform": platform,
        "os_name": "nt" if platform == "win32" else "posix",
        "platform_system": {"linux": "Linux", "darwin": "Darwin", "win32": "Windows"}[platform],
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }


def applies(requirement: Requirement, where: dict[str, str]) -> bool:
    return requirement.marker is None or requirement.marker.evaluate(where)


def test_every_file_is_listed() -> None:
    assert sorted(p.stem for p in (ROOT / "requirements").iterdir()) == sorted(FILES)
    made = re.findall(r"-o requirements/(\w+)\.txt", (ROOT / "Makefile").read_text())
    assert sorted(made) == sorted(FILES)


@pytest.mark.parametrize("name", FILES)
def test_every_release_is_pinned_and_hashed(name: str) -> None:
    for requirement, hashes in pinned(name):
        assert re.fullmatch(r"==[^*,=<>~]+", str(requirement.specifier)), requirement
        assert requirement.url is None
        assert hashes
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", h) for h in hashes), requirement


@pytest.mark.parametrize("name", FILES)
def test_no_index_is_named(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    assert "://" not in text
    assert re.findall(r"(?m)^\s*--(?!hash=)\S+", text) == []


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("name", FILES)
def test_what_the_project_asks_for_is_there(name: str, python: str, platform: str) -> None:
    where = environment(python, platform)
    there: dict[str, str] = {}
    for requirement, _ in pinned(name):
        if applies(requirement, where):
            key = canonicalize_name(requirement.name)
            assert key not in there, f"{key} twice"
            there[key] = str(requirement.specifier).removeprefix("==")
    for requirement in wanted(name):
        if applies(requirement, where):
            version = there.get(canonicalize_name(requirement.name))
            assert version is not None, f"{requirement}: run `make requirements`"
            assert requirement.specifier.contains(version, prereleases=True), (
                f"{requirement}, but {version} is pinned: run `make requirements`"
            )


@pytest.mark.parametrize("name", ["demo", "docs", "lint", "release"])
def test_environments_that_share_a_folder_agree(name: str) -> None:
    """They are installed beside each other in .venv: no one's release replaces another's."""
    for python in PYTHONS:
        where = environment(python, "linux")
        versions = {
            canonicalize_name(r.name): r.specifier for r, _ in pinned("dev") if applies(r, where)
        }
        for requirement, _ in pinned(name):
            if applies(requirement, where):
                key = canonicalize_name(requirement.name)
                assert versions.setdefault(key, requirement.specifier) == requirement.specifier

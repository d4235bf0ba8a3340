"""sdist and wheel: what is in them, and the same bytes wherever and whenever they are built."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

import intlite

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.long
EPOCH = "1767225600"
WHEEL_BUDGET = 1_200_000
TIMEOUT = 1500


@dataclass(frozen=True)
class Built:
    sdist: Path
    wheel: Path


def copy_sources(to: Path, mtime: int) -> None:
    """The files that git has, with another time each, made in another order."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    files = [name for name in listed if name and (ROOT / name).is_file()]
    for number, name in enumerate(sorted(files, reverse=bool(mtime % 2))):
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, to / name)
        os.utime(to / name, (mtime + number, mtime + number))


def build(folder: Path, mtime: int, **environment: str) -> Built:
    copy_sources(folder / "sources", mtime)
    clean = {k: v for k, v in os.environ.items() if k not in ("CXXFLAGS", "CFLAGS", "LDFLAGS")}
    run = {"cwd": folder, "check": True, "timeout": TIMEOUT}
    variables = {**clean, "SOURCE_DATE_EPOCH": EPOCH, **environment}
    sdist = "import os, sys; from scikit_build_core.build import build_sdist; os.chdir('sources');"
    sdist += f"build_sdist({str(folder)!r})"
    wheel = "-m pip wheel --quiet --no-deps --no-build-isolation --no-cache-dir -w . ./sources"
    for command in (["-c", sdist], wheel.split()):
        subprocess.run([sys.executable, *command], env=variables, **run)  # type: ignore[call-overload]
    [made_sdist], [made_wheel] = folder.glob("*.tar.gz"), folder.glob("*.whl")
    return Built(made_sdist, made_wheel)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Built, Built]:
    """Twice: in folders of other names and depths, years apart, in other zones and locales."""
    one = build(tmp_path_factory.mktemp("one"), 1_500_000_000, TZ="UTC", PYTHONHASHSEED="1")
    deep = tmp_path_factory.mktemp("another") / "much" / "deeper" / "folder"
    deep.mkdir(parents=True)
    umask = os.umask(0o077)
    try:
        two = build(deep, 1_700_000_001, TZ="Asia/Tokyo", PYTHONHASHSEED="2", LC_ALL="C")
    finally:
        os.umask(umask)
    return one, two


def test_sdists_are_the_same(built: tuple[Built, Built]) -> None:
    one, two = built
    assert one.sdist.name == two.sdist.name == f"intlite-{intlite.__version__}.tar.gz"
    assert one.sdist.read_bytes() == two.sdist.read_bytes()


def test_wheels_are_the_same(built: tuple[Built, Built]) -> None:
    one, two = built
    assert one.wheel.name == two.wheel.name
    with zipfile.ZipFile(one.wheel) as a, zipfile.ZipFile(two.wheel) as b:
        assert [n for n in a.namelist() if a.read(n) != b.read(n)] == []
    assert one.wheel.read_bytes() == two.wheel.read_bytes()


def test_a_wheel_is_small_and_holds_the_package_alone(built: tuple[Built, Built]) -> None:
    wheel = built[0].wheel
    assert wheel.stat().st_size < WHEEL_BUDGET
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        info = f"intlite-{intlite.__version__}.dist-info"
        assert {name.split("/")[0] for name in names} == {"intlite", info}
        assert f"{info}/licenses/LICENSE" in names
        metadata = archive.read(f"{info}/METADATA").decode()
    assert f"\nVersion: {intlite.__version__}\n" in metadata
    suffixes = {Path(name).suffix for name in names if name.startswith("intlite/")}
    assert suffixes <= {
        ".py",
        ".pyi",
        ".so",
        ".pyd",
        ".typed",
        ".in",
        ".html",
        ".css",
        ".js",
        ".j2",
    }
    assert len([name for name in names if name.endswith((".so", ".pyd"))]) == 1


def test_an_sdist_builds_and_tests(built: tuple[Built, Built]) -> None:
    """It has what its build and its tests read."""
    with tarfile.open(built[0].sdist) as archive:
        names = {"/".join(name.split("/")[1:]) for name in archive.getnames()}
    wanted = ["LICENSE", "CMakeLists.txt", "cmake/hardening.cmake", "tests/same_bits.json"]
    wanted += ["SECURITY.md", "CHANGELOG.md", "requirements/dev.txt", "Makefile"]
    assert set(wanted) <= names
    assert not [n for n in names if n.split("/")[0] in ("build", "dist", ".venv", ".git")]

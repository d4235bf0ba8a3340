"""The package with another native part, or apart from how it is installed."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path

from .build import ROOT

PACKAGE = ROOT / "python" / "intlite"
# An environment's own Python would import the package as it is installed there.
PYTHON = str(getattr(sys, "_base_executable", sys.executable))


def overlay(native: Path, site: Path) -> dict[str, str]:
    """Put the package together in ``site``, of its sources and the ``native`` module.

    Returns:
        The environment for processes of ``PYTHON`` that are to import it.
    """
    package = site / "intlite"
    package.mkdir(parents=True, exist_ok=True)
    for old in package.iterdir():
        old.unlink()
    for source in PACKAGE.iterdir():
        if source.suffix != ".so" and source.name != "__pycache__":
            (package / source.name).symlink_to(source)
    (package / native.name).symlink_to(native)
    folders = [str(site), str(ROOT), sysconfig.get_path("purelib")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(folders)}

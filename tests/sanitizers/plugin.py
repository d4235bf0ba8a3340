"""For pytest: the real runtimes run without the sanitizer, whose libraries would watch them.

Instructions are not counted: callgrind and a sanitizer can't watch one process.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from intlite.runtimes import oracles


def _start(command: list[str], **more: Any) -> subprocess.Popen[bytes]:
    """A child that has nothing preloaded."""
    clean = {name: value for name, value in more.pop("env").items() if name != "LD_PRELOAD"}
    child: subprocess.Popen[bytes] = subprocess.Popen(command, env=clean, **more)
    return child


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    return True if collection_path.name == "test_instructions.py" else None


def pytest_configure() -> None:
    module = sys.modules[oracles.__name__]
    vars(module)["subprocess"] = SimpleNamespace(PIPE=subprocess.PIPE, Popen=_start)

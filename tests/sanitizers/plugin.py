"""For pytest: the real runtimes run without the sanitizer, whose libraries would watch them."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace
from typing import Any

from intlite import oracles


def _start(command: list[str], **more: Any) -> subprocess.Popen[bytes]:
    """A child that has nothing preloaded."""
    clean = {name: value for name, value in more.pop("env").items() if name != "LD_PRELOAD"}
    child: subprocess.Popen[bytes] = subprocess.Popen(command, env=clean, **more)
    return child


def pytest_configure() -> None:
    module = sys.modules[oracles.__name__]
    vars(module)["subprocess"] = SimpleNamespace(PIPE=subprocess.PIPE, Popen=_start)

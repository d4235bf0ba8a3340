"""For pytest: the real runtimes run without the sanitizer, whose libraries would watch them."""

from __future__ import annotations

import subprocess
from typing import Any

from intlite import oracles


class _Processes:
    """The module subprocess, whose children have nothing preloaded."""

    PIPE = subprocess.PIPE

    @staticmethod
    def Popen(*args: Any, env: dict[str, str], **more: Any) -> subprocess.Popen[bytes]:
        clean = {name: value for name, value in env.items() if name != "LD_PRELOAD"}
        return subprocess.Popen(*args, env=clean, **more)


def pytest_configure() -> None:
    oracles.subprocess = _Processes  # type: ignore[assignment, misc]

"""A few seconds of the soak, so that it works when it is wanted; in a process of its own."""

from __future__ import annotations

import re

from ..concurrency.common import child
from .actions import ACTIONS


def test_seconds_of_it() -> None:
    script = "import sys; from tests.soak.__main__ import main; main()"
    done = child(script, "--minutes", "0.05", "--threads", "4")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    counted = {name for n, name in re.findall(r"(\d+) (\w+)", done.stdout) if int(n)}
    assert counted >= {a.__name__ for a, weight in ACTIONS.items() if weight >= 6}
    assert "growth:" in done.stdout

"""The real runtimes, shared by the tests: children of one ``intlite.runtimes.oracles.Oracles``.

>>> [result] = run([Job(model, (x,), "litert")])
"""

from __future__ import annotations

import atexit
from collections.abc import Sequence
from functools import cache

from intlite.runtimes.oracles import Job, Oracles, Result

__all__ = ["Job", "Oracles", "Result", "run", "shared"]


@cache
def shared() -> Oracles:
    """Children for the whole test run: they take longer to start than most models to run."""
    oracles = Oracles()
    atexit.register(oracles.close)
    return oracles


def run(jobs: Sequence[Job]) -> list[Result]:
    """``Oracles.run`` on the shared children."""
    return shared().run(jobs)

"""``assert_never``, which ``typing`` has from Python 3.11 on."""

from __future__ import annotations

from typing import NoReturn


def assert_never(value: NoReturn) -> NoReturn:
    """For the last case of a ``match``: mypy finds a value that could come here."""
    raise AssertionError(f"no case for {value!r}")

"""What a fork must not break: locks that other threads hold are held for ever in the child."""

from __future__ import annotations

import os
from importlib import import_module
from threading import Lock, RLock
from types import ModuleType, TracebackType
from weakref import WeakSet


class ForkLock:
    """A lock that a forked child finds free, whoever held it in the parent.

    For what is whole at any time, and only better not done twice.
    """

    def __init__(self) -> None:
        self._lock = self._held = Lock()
        _LOCKS.add(self)

    def __enter__(self) -> None:
        lock = self._lock
        lock.acquire()
        self._held = lock

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._held.release()

    def renew(self) -> None:
        """In a new child, which has one thread."""
        self._lock = Lock()


_LOCKS: WeakSet[ForkLock] = WeakSet()

# Held while a part of this package is imported late: a fork waits for it, since a module
# that another thread is importing can't be had in the child.
_IMPORTING = RLock()


def import_late(name: str, package: str | None) -> ModuleType:
    """A module of this package, imported when it is needed."""
    with _IMPORTING:
        return import_module(name, package)


def _renew() -> None:
    for lock in _LOCKS:
        lock.renew()
    _IMPORTING.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_IMPORTING.acquire, after_in_parent=_IMPORTING.release, after_in_child=_renew
    )

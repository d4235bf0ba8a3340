"""What can become of a mutant, as a number that fits a byte: it outlives the process."""

from __future__ import annotations

from typing import Final

from intlite import errors


def _errors() -> list[str]:
    """Names of all of intlite's errors."""
    named = [e for e in vars(errors).values() if isinstance(e, type)]
    return sorted(e.__name__ for e in named if issubclass(e, errors.IntliteError))


UNTRIED, BEGUN, RAN, LOADED, FAILED, DIED = range(6)
# Of the loading of a file; and of what happened to one that was loaded.
ERRORS: Final = tuple(_errors())
NAMES: Final = (
    "untried",
    "begun",
    "ran",
    "loaded",
    "FAILED",
    "DIED",
    *ERRORS,
    *(f"loaded, then {name}" for name in ERRORS),
)


def refused(error: Exception, loaded: bool) -> int:
    """The number of an error of intlite's."""
    return 6 + ERRORS.index(type(error).__name__) + (len(ERRORS) if loaded else 0)


def was_loaded(number: int) -> bool:
    """Whether the file was taken."""
    return number in (RAN, LOADED) or number >= 6 + len(ERRORS)

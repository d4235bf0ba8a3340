"""What intlite raises. Messages say what was found, what was expected, and where."""

from __future__ import annotations


class IntliteError(Exception):
    """The base of every error of this package."""


class ModelError(IntliteError, ValueError):
    """The bytes are not a valid model: the message names the table and the field."""


class UnsupportedOpError(IntliteError, NotImplementedError):
    """The model is valid, but intlite does not run some of its operators.

    Attributes:
        reasons: One line for each refused operator, all of them at once.
    """

    def __init__(self, reasons: list[str]) -> None:
        self.reasons = list(reasons)
        head = "1 operator is" if len(reasons) == 1 else f"{len(reasons)} operators are"
        super().__init__(f"{head} not supported:\n" + "\n".join(f"  {line}" for line in reasons))

    def __reduce__(self) -> tuple[type[UnsupportedOpError], tuple[list[str]]]:
        return type(self), (self.reasons,)


class ShapeError(IntliteError, ValueError):
    """An array or a requested shape does not fit the model."""


class MemoryLimitError(IntliteError, MemoryError):
    """A plan would need more memory than allowed; nothing was allocated."""


class InterpreterError(IntliteError, RuntimeError):
    """The interpreter can't do that now: not allocated, views alive, shapes that don't fit."""


class MissingExtraError(IntliteError, ImportError):
    """An optional package is not installed; the message says which extra brings it."""

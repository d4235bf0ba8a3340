"""Optional packages: imported when they are first needed, with a clear line if they are missing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ..errors import MissingExtraError


def require(module: str, extra: str, what: str, package: str = "") -> Any:
    """The optional module.

    Args:
        module: The name to import.
        extra: The extra of this package that brings it.
        what: Who needs it, for the message.
        package: What PyPI calls it, if not as the module.

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] != module.split(".")[0]:
            raise  # it is there, and broken
        name = package or module
        raise MissingExtraError(
            f"{what} needs {name}, which is not installed: pip install 'intlite[{extra}]'"
        ) from None

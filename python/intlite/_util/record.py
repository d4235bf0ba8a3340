"""``Record``: a frozen dataclass to type checkers, without what ``dataclass`` costs an import.

That writes and compiles an ``__init__`` for each class, of many fields for a millisecond.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**_: object) -> Any:
        return lambda cls: cls


@dataclass_transform(frozen_default=True, kw_only_default=True, eq_default=False)
class Record:
    """Fields by keyword, all of them unless the class has a default; equal to itself only."""

    def __init__(self, **fields: Any) -> None:
        names, given = type(self).__annotations__, fields.keys()
        missing = [n for n in names if n not in given and not hasattr(type(self), n)]
        if missing or not given <= names.keys():
            unknown = sorted(given - names.keys())
            raise TypeError(f"{type(self).__name__}: fields {missing} missing, {unknown} unknown")
        self.__dict__.update(fields)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"cannot assign to {name!r} of a {type(self).__name__}")

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({fields})"

"""What others may rely on: every public name, signature and attribute, and the command line's.

public_api.txt holds them, one a line. A change to it is a decision about the next version
(docs/releases.md says which); it is then recorded by

    python -m tests.test_public_api
"""

from __future__ import annotations

import dataclasses
import difflib
import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pydoc import locate
from types import ModuleType
from typing import Any

import click

import intlite
from intlite.cli import app

ROOT = Path(__file__).resolve().parent.parent
SNAPSHOT = Path(__file__).with_name("public_api.txt")
# What is called by writing an expression or a statement.
SPECIAL = {
    *("__init__", "__call__", "__getitem__", "__iter__", "__len__", "__contains__"),
    *("__enter__", "__exit__"),
}


def documented() -> list[str]:
    """All that the package exports, and the other names that the API's page documents."""
    exported = [f"intlite.{name}" for name in intlite.__all__]
    things = [locate(name) for name in exported]
    listed = re.findall(r"^::: (\S+)$", (ROOT / "docs" / "api.md").read_text(), re.M)
    return sorted({*exported, *(name for name in listed if locate(name) not in things)})


def describe(name: str, thing: object) -> Iterator[str]:
    """Lines on a name and what is in it."""
    if isinstance(thing, ModuleType):
        for member, value in vars(thing).items():
            if not member.startswith("_") and getattr(value, "__module__", "") == thing.__name__:
                yield from describe(f"{name}.{member}", value)
    elif isinstance(thing, type):
        bases = ", ".join(base.__qualname__ for base in thing.__bases__)
        yield f"{name}: class of {bases}"
        for member, what in sorted(members(thing).items()):
            yield f"{name}.{member}{what}"
    else:
        yield f"{name}{signature(thing)}"


def members(cls: type[Any]) -> dict[str, str]:
    """Public members that the package defines, the ones of bases too, each with what it is."""
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        if not base.__module__.startswith("intlite"):
            continue
        for name, annotation in inspect.get_annotations(base).items():
            found[name] = f": {annotation}"
        for name in assigned(base):
            found.setdefault(name, ": attribute")
        found |= {name: member(value) for name, value in vars(base).items()
                  if callable(value) or hasattr(value, "__get__")}  # fmt: skip
    if dataclasses.is_dataclass(cls):
        found |= {f.name: f": field, {f.type}" for f in dataclasses.fields(cls)}
    return {n: w for n, w in found.items() if n in SPECIAL or not n.startswith("_")}


def assigned(cls: type[Any]) -> list[str]:
    """The attributes that ``__init__`` sets."""
    init = vars(cls).get("__init__")
    if init is None or not hasattr(init, "__code__") or dataclasses.is_dataclass(cls):
        return []
    return re.findall(r"\bself\.([a-z]\w*)(?::[^=\n]*)? = ", inspect.getsource(init))


def member(value: Any) -> str:
    if isinstance(value, property):
        writable = "" if value.fset is None else ", writable"
        returned = inspect.signature(value.fget).return_annotation if value.fget else "?"
        return f": property{writable}, {returned}"
    if isinstance(value, classmethod | staticmethod):
        return f"{signature(value.__func__)} ({type(value).__name__})"
    return signature(value) if callable(value) else ": attribute"


def signature(thing: Any) -> str:
    try:
        text = str(inspect.signature(thing))
    except ValueError:  # native, and without a signature of its own
        return "(...)"
    # A set's order is another one in each process.
    return re.sub(r"\{([^{}]*)\}", lambda m: f"{{{', '.join(sorted(m[1].split(', ')))}}}", text)


def command_line() -> Iterator[str]:
    """A line for each verb's argument or option."""
    for verb in app.VERBS:
        command: click.Command = import_module(f"intlite.cli.{verb}").command
        yield f"intlite {verb}"
        for parameter in command.params:
            names = " ".join([*parameter.opts, *parameter.secondary_opts])
            kind = parameter.type
            values = (
                "|".join(map(str, kind.choices)) if isinstance(kind, click.Choice) else kind.name
            )
            flag = isinstance(parameter, click.Option) and parameter.is_flag
            many = "..." if parameter.multiple or parameter.nargs != 1 else ""
            required = ", required" if parameter.required else ""
            yield f"intlite {verb} {names}{many}: {'flag' if flag else values}{required}"


def public_api() -> str:
    lines = [line for name in documented() for line in describe(name, locate(name))]
    return "\n".join([*dict.fromkeys(lines), *command_line()]) + "\n"


def test_is_as_recorded() -> None:
    recorded, found = SNAPSHOT.read_text(), public_api()
    diff = difflib.unified_diff(
        recorded.splitlines(), found.splitlines(), "public_api.txt", "the package", "", "", 0, ""
    )
    assert recorded == found, "\n".join(
        [
            "The public API changed. docs/releases.md says what that means for the version;",
            "`python -m tests.test_public_api` records it.",
            *diff,
        ]
    )


def test_every_documented_name_is_there() -> None:
    assert [name for name in documented() if locate(name) is None] == []


def test_a_change_is_seen() -> None:
    """An added argument, a lost method, a new field: each is another text."""

    class Before:
        def run(self, x: int) -> int:
            return x

        @property
        def size(self) -> int:
            return 0

    class After:
        def __init__(self) -> None:
            self.size = 0

        def run(self, x: int, y: int = 1) -> int:
            return x + y

    for cls in (Before, After):
        cls.__module__ = "intlite.tests"
    before, after = members(Before), members(After)
    assert before == {"run": "(self, x: 'int') -> 'int'", "size": ": property, int"}
    assert after == {
        "__init__": "(self) -> 'None'",
        "run": "(self, x: 'int', y: 'int' = 1) -> 'int'",
        "size": ": attribute",
    }


if __name__ == "__main__":
    SNAPSHOT.write_text(public_api())

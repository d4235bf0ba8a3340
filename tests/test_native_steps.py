"""No step of a program is Python: every operator on every type, as docs/operators.md has them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pytest

from docs.operator_table import CASES, column
from intlite import IntliteError, Model, _native
from intlite.model_bytes import load_graph
from intlite.ops.index import MODULE_OF
from intlite.runtimes import RUNTIMES

from .sweeps import GENERATORS

EACH = 6  # cases of each type that are run
# By column of docs/operators.md, what numpy still computes: filters of FULLY_CONNECTED that a run
# gives, SOFTMAX from int8 to int16, and TRANSPOSE_CONV of uint8 where blocks of a rounding do not
# fill its output.
EXCEPTIONS: Final[dict[str, tuple[str, ...]]] = {
    "int8": (
        "FULLY_CONNECTED",
        "SOFTMAX",
    ),
    "uint8": ("TRANSPOSE_CONV",),
}


def cases(name: str) -> Iterator[tuple[str, bytes, tuple[Any, ...]]]:
    """The type, the file and the inputs: some of each type that the operator takes."""
    rng = np.random.default_rng(0)
    found: Counter[str] = Counter()
    for i in range(CASES):
        data, inputs = GENERATORS[name](rng, i).build()
        kind, _ = column(load_graph(data), name)
        found[kind] += 1
        if found[kind] <= EACH:
            yield kind, data, inputs


@pytest.mark.parametrize("name", sorted(MODULE_OF))
def test_steps_are_native(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a run makes: for segments that its values end, and by operands that it gives."""
    made: list[_native.Kernel] = []
    callback = _native.callback

    def noted(**arguments: Any) -> _native.Kernel:
        made.append(callback(**arguments))
        return made[-1]

    monkeypatch.setattr(_native, "callback", noted)
    found: set[str] = set()
    for kind, data, inputs in cases(name):
        made.clear()
        for numerics in RUNTIMES:
            try:
                Model(data, numerics=numerics)(*inputs)
            except IntliteError:
                continue  # what the runtimes refuse too
        if made:
            found.add(kind)
    assert found == {kind for kind, names in EXCEPTIONS.items() if name in names}


def test_exceptions_are_operators() -> None:
    assert {name for names in EXCEPTIONS.values() for name in names} <= set(MODULE_OF)

"""Operators as tables from element types to what runs them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

import pytest

from intlite.graph.types import Node, Operator, Tensor
from intlite.ops import OPS, Op
from intlite.ops.base import FLOAT, INT8, INT16
from intlite.ops.index import MODULE_OF
from intlite.ops.operator_table import ANY, OperatorTable, Variant
from intlite.ops.plain import NotQuantized


def node(inputs: Sequence[str], output: str = "INT8") -> Node:
    """Of tensors of these types; "" for one that is absent."""
    tensors = [Tensor(i, "", kind, (1,), (1,)) if kind else None for i, kind in enumerate(inputs)]
    result = Tensor(len(inputs), "", output, (1,), (1,))
    return Node(Operator(0, "", 1, (), ()), tuple(tensors), (result,))


def nodes(variant: Variant) -> Iterator[Node]:
    """One for each combination of types that a row takes."""
    for types in product(*(kinds or ("INT32",) for kinds in variant.types)):
        for output in variant.output or ("INT8",):
            yield node(types, output)


@pytest.mark.parametrize("name", MODULE_OF)
def test_no_row_hides_another(name: str) -> None:
    table = OPS[name]
    for variant in table.variants:
        found = [table.of(n) for n in nodes(variant)]
        assert variant.op in found, variant.types
        # Only by the output can an earlier row take some of the types.
        if not any(v.output for v in table.variants):
            assert set(found) == {variant.op}


def made(*names: str) -> dict[str, Op]:
    return {name: NotQuantized() for name in names}


def test_rows_are_searched_in_order() -> None:
    ops = made("8", "16", "to 16", "hybrid", "float")
    table = OperatorTable(
        Variant(lambda: ops["8"], INT8, output=INT8),
        Variant(lambda: ops["to 16"], INT8, output=INT16),
        Variant(lambda: ops["16"], ANY, INT16),
        Variant(lambda: ops["hybrid"], FLOAT, INT8),
        Variant(lambda: ops["float"], FLOAT),
    )
    expected = {
        ("INT8", "INT8"): "8",
        ("INT8", "INT16"): "8",
        ("", "INT16"): "16",
        ("FLOAT32", "INT16"): "16",
        ("FLOAT32", "INT8"): "hybrid",
        ("FLOAT32", "FLOAT32"): "float",
        ("FLOAT32", ""): "float",
        ("FLOAT32",): "float",
    }
    for types, name in expected.items():
        assert table.of(node(types, "INT8")) is ops[name], types
    assert table.of(node(["INT8"], "INT16")) is ops["to 16"]


@pytest.mark.parametrize("types", [[], [""], ["BOOL"], ["", "INT8"], ["BOOL", "FLOAT32"]])
def test_the_first_row_answers_for_what_none_takes(types: list[str]) -> None:
    ops = made("8", "float")
    table = OperatorTable(
        Variant(lambda: ops["8"], INT8), Variant(lambda: ops["float"], FLOAT, FLOAT)
    )
    assert table.of(node(types)) is ops["8"]


def test_rows_are_made_when_they_are_needed() -> None:
    made: list[str] = []

    def make() -> Op:
        made.append("16")
        return NotQuantized()

    table = OperatorTable(Variant(NotQuantized, INT8), Variant(make, INT16))
    table.of(node(["INT8"]))
    assert made == []
    assert table.of(node(["INT16"])) is table.of(node(["INT16"]))
    assert made == ["16"]

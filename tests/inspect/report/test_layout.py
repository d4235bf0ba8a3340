"""The drawing of a graph: what depends stands below, nothing overlaps, chains are upright."""

from __future__ import annotations

from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from intlite.inspect.report.layout import Spacing, layout, path_text

SPACING = Spacing()


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[int], list[tuple[int, int]]]:
    count = draw(st.integers(0, 14))
    pairs = list(combinations(range(count), 2))
    edges = draw(st.lists(st.sampled_from(pairs), max_size=24)) if pairs else []
    return list(range(count)), edges


@given(graphs())
def test_every_graph(graph: tuple[list[int], list[tuple[int, int]]]) -> None:
    nodes, edges = graph
    drawn = layout(nodes, edges, SPACING)
    assert set(drawn.centres) == set(nodes)
    assert set(drawn.paths) == set(edges)
    for a, b in edges:
        assert drawn.centres[a][1] < drawn.centres[b][1]
        path = drawn.paths[a, b]
        assert (path[0], path[-1]) == (drawn.centres[a], drawn.centres[b])
        assert all(p[1] < q[1] for p, q in pairwise(path))
    passing = [p for path in drawn.paths.values() for p in path[1:-1]]
    for a, b in combinations(nodes, 2):
        (x, y), (other, row) = drawn.centres[a], drawn.centres[b]
        assert y != row or abs(x - other) >= SPACING.node_width - 1e-6
    for x, y in passing:  # edges pass beside the nodes
        for centre, row in drawn.centres.values():
            assert y != row or abs(x - centre) > SPACING.node_width / 2
    for x, y in drawn.centres.values():
        assert SPACING.node_width / 2 - 1e-6 <= x <= drawn.width - SPACING.node_width / 2 + 1e-6
        assert SPACING.node_height / 2 <= y <= drawn.height - SPACING.node_height / 2


def test_a_chain_with_a_shortcut_is_upright() -> None:
    drawn = layout("abcd", [("a", "b"), ("b", "c"), ("c", "d"), ("a", "d")], SPACING)
    columns = [drawn.centres[n][0] for n in "abcd"]
    assert max(columns) - min(columns) < 1.0
    assert len(drawn.paths["a", "d"]) == 4


def test_branches_lie_around_where_they_part_and_meet() -> None:
    edges = [("a", "b"), ("b", "c"), ("a", "d"), ("c", "e"), ("d", "e")]
    drawn = layout("abcde", edges, SPACING)
    a, b, d, e = (drawn.centres[n][0] for n in "abde")
    assert abs(a - e) < 1.0
    assert abs((b + d) / 2 - a) < 1.0


def test_an_input_stands_just_above_who_reads_it() -> None:
    drawn = layout("xyabc", [("x", "a"), ("a", "b"), ("b", "c"), ("y", "c")], SPACING)
    assert drawn.centres["y"][1] == drawn.centres["b"][1]


def test_paths_begin_and_end_at_the_nodes() -> None:
    text = path_text([(10.0, 20.0), (50.0, 100.0), (30.0, 180.0)], 5.0)
    assert text.startswith("M10.0 25.0C")
    assert text.endswith("30.0 175.0")
    assert "V105.0" in text

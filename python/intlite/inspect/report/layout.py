"""A layered drawing of a directed graph: where nodes stand, and the points edges go through.

Each node stands one layer below the lowest of those it depends on. Edges that cross
layers get a point in each. Within a layer, neighbours decide the order; the columns
are those that keep edges straightest without two things overlapping.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

Node = Hashable
Edge = tuple[Node, Node]
Point = tuple[float, float]

SWEEPS: Final = 8
# How little edges that pass, and inputs, push aside what is in their way.
PASSING_WEIGHT: Final = 1e-3


@dataclass(frozen=True)
class Spacing:
    """Sizes in the drawing's units."""

    node_width: float = 206.0
    node_height: float = 46.0
    column_gap: float = 28.0
    row_gap: float = 34.0
    passing_width: float = 22.0


@dataclass(frozen=True)
class Layout:
    """A drawing.

    Attributes:
        centres: The middle of each node.
        paths: For each edge, the points it goes through, from node to node.
        width, height: Of everything.
    """

    centres: dict[Node, Point]
    paths: dict[Edge, list[Point]]
    width: float
    height: float


def layout(nodes: Sequence[Node], edges: Sequence[Edge], spacing: Spacing | None = None) -> Layout:
    """Lay a graph out, from top to bottom.

    Args:
        nodes: In an order in which every edge goes forward.
        edges: Pairs of nodes.
        spacing: The sizes.
    """
    return _Drawing(nodes, list(dict.fromkeys(edges)), spacing or Spacing()).layout()


@dataclass(frozen=True)
class _Passing:
    """Where an edge goes through a row between its ends."""

    source: Node
    target: Node
    row: int


class _Drawing:
    def __init__(self, nodes: Sequence[Node], edges: list[Edge], spacing: Spacing) -> None:
        self.spacing = spacing
        self.nodes = set(nodes)
        self.edges = edges
        self.layer = _layers(nodes, edges)
        self.rows: list[list[Node]] = [[] for _ in range(max(self.layer.values(), default=-1) + 1)]
        for node in nodes:
            self.rows[self.layer[node]].append(node)
        self.chains = {edge: self._chain(edge) for edge in edges}
        self.above: dict[Node, list[Node]] = {n: [] for row in self.rows for n in row}
        self.below: dict[Node, list[Node]] = {n: [] for row in self.rows for n in row}
        for chain in self.chains.values():
            for a, b in pairwise(chain):
                self.below[a].append(b)
                self.above[b].append(a)

    def layout(self) -> Layout:
        for sweep in range(SWEEPS):
            self._order(downwards=sweep % 2 == 0)
        x, s = self._columns(), self.spacing
        left = min((x[n] - self._width(n) / 2 for n in x), default=0.0)
        y = {
            node: i * (s.node_height + s.row_gap) + s.node_height / 2
            for i, row in enumerate(self.rows)
            for node in row
        }
        points = {n: (x[n] - left, y[n]) for n in x}
        width = max((points[n][0] + self._width(n) / 2 for n in x), default=0.0)
        height = max((p[1] for p in points.values()), default=0.0) + s.node_height / 2
        return Layout(
            {n: points[n] for n in self.nodes},
            {edge: [points[n] for n in chain] for edge, chain in self.chains.items()},
            width,
            height,
        )

    def _chain(self, edge: Edge) -> list[Node]:
        """The edge's ends with a point in each layer between them."""
        first, last = self.layer[edge[0]], self.layer[edge[1]]
        passing: list[Node] = [_Passing(*edge, row) for row in range(first + 1, last)]
        for row, node in enumerate(passing, first + 1):
            self.rows[row].append(node)
        return [edge[0], *passing, edge[1]]

    def _order(self, downwards: bool) -> None:
        rows = self.rows if downwards else self.rows[::-1]
        neighbours = self.above if downwards else self.below
        for row, previous in zip(rows[1:], rows, strict=False):
            place = {n: i for i, n in enumerate(previous)}
            wanted = {}
            for i, node in enumerate(row):
                found = [place[n] for n in neighbours[node] if n in place]
                wanted[node] = sum(found) / len(found) if found else float(i)
            row.sort(key=wanted.__getitem__)

    def _columns(self) -> dict[Node, float]:
        """From the top down, each below what it depends on: chains come out upright."""
        x: dict[Node, float] = {}
        for row in self.rows:
            wanted = []
            for node in row:
                above = [n for n in self.above[node] if self._counts(n)] or self.above[node]
                wanted.append(sum(x[n] for n in above) / len(above) if above else 0.0)
            x |= self._place(row, wanted)
        return x

    def _counts(self, node: Node) -> bool:
        """Whether what follows should stand below it; not so below a mere shortcut."""
        if isinstance(node, _Passing):
            return len(self.below[node.source]) == 1
        return True

    def _place(self, row: list[Node], wanted: list[float]) -> dict[Node, float]:
        """The columns nearest to those wanted that keep the row's order and distances."""
        offset, offsets = 0.0, []
        for i, node in enumerate(row):
            if i:
                offset += (self._width(row[i - 1]) + self._width(node)) / 2
                offset += self.spacing.column_gap
            offsets.append(offset)
        weights = [
            1.0 if node in self.nodes and self.above[node] else PASSING_WEIGHT for node in row
        ]
        free = [w - o for w, o in zip(wanted, offsets, strict=True)]
        found = _increasing(free, weights)
        return {n: f + o for n, f, o in zip(row, found, offsets, strict=True)}

    def _width(self, node: Node) -> float:
        return self.spacing.node_width if node in self.nodes else self.spacing.passing_width


def _layers(nodes: Sequence[Node], edges: Sequence[Edge]) -> dict[Node, int]:
    """Each node's row: below all it depends on, and sources just above who needs them."""
    before: dict[Node, list[Node]] = {n: [] for n in nodes}
    after: dict[Node, list[Node]] = {n: [] for n in nodes}
    for a, b in edges:
        before[b].append(a)
        after[a].append(b)
    row: dict[Node, int] = {}
    for node in nodes:
        row[node] = max((row[n] + 1 for n in before[node]), default=0)
    for node in nodes:
        if not before[node] and after[node]:
            row[node] = min(row[n] for n in after[node]) - 1
    return row


def _increasing(wanted: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The nondecreasing numbers nearest to those wanted, by weighted squares."""
    pools: list[tuple[float, float, int]] = []  # mean, weight, how many
    for value, weight in zip(wanted, weights, strict=True):
        mean, total, count = value, weight, 1
        while pools and pools[-1][0] > mean:
            other, w, c = pools.pop()
            mean = (mean * total + other * w) / (total + w)
            total, count = total + w, count + c
        pools.append((mean, total, count))
    return [mean for mean, _, count in pools for _ in range(count)]


def path_text(points: Sequence[Point], half_height: float) -> str:
    """An SVG path from the bottom of the first node to the top of the last.

    It bends between the rows only, so that it keeps clear of what stands in them.
    """
    text = f"M{points[0][0]:.1f} {points[0][1] + half_height:.1f}"
    for (x0, y0), (x1, y1) in pairwise(points):
        start, end = y0 + half_height, y1 - half_height
        middle = (start + end) / 2
        text += f"C{x0:.1f} {middle:.1f} {x1:.1f} {middle:.1f} {x1:.1f} {end:.1f}"
        if (x1, y1) != points[-1]:
            text += f"V{y1 + half_height:.1f}"
    return text

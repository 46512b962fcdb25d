"""The layout of a drawing: nothing stands on anything else, and what can be straight is straight."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.picture.layout import Layout, Point, laid_out

WIDE, LABEL = (200.0, 60.0), (70.0, 19.0)
Edge = tuple[int, int]


def layout_of(count: int, edges: Sequence[Edge]) -> Layout:
    return laid_out([WIDE] * count, edges, [LABEL] * len(edges))


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[tuple[float, float]], list[Edge]]:
    sizes = draw(st.lists(st.tuples(st.sampled_from([160.0, 200.0, 252.0]), st.sampled_from([40.0, 75.0, 130.0])),
                          min_size=1, max_size=16))  # fmt: skip
    pairs = list(combinations(range(len(sizes)), 2))
    edges = draw(st.lists(st.sampled_from(pairs), max_size=24, unique=True)) if pairs else []
    return sizes, edges


def overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def rectangles(layout: Layout, sizes: Sequence[tuple[float, float]]) -> list[tuple[float, float, float, float]]:
    boxes = [(x, y, x + w, y + h) for (x, y), (w, h) in zip(layout.boxes, sizes, strict=True)]
    labels = [(x - LABEL[0] / 2, y - LABEL[1] / 2, x + LABEL[0] / 2, y + LABEL[1] / 2) for x, y in layout.labels]
    return boxes + labels


def upright(route: Sequence[Point]) -> list[tuple[Point, Point]]:
    return [(a, b) for a, b in pairwise(route) if a[0] == b[0]]


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_boxes_and_labels_never_overlap(graph: tuple[list[tuple[float, float]], list[Edge]]) -> None:
    sizes, edges = graph
    layout = laid_out(sizes, edges, [LABEL] * len(edges))
    for a, b in combinations(rectangles(layout, sizes), 2):
        assert not overlap(a, b)


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_an_edge_runs_down_from_its_box_to_its_box_and_through_no_other(
    graph: tuple[list[tuple[float, float]], list[Edge]],
) -> None:
    sizes, edges = graph
    layout = laid_out(sizes, edges, [LABEL] * len(edges))
    boxes = rectangles(layout, sizes)[: len(sizes)]
    for (start, end), route in zip(edges, layout.routes, strict=True):
        assert boxes[start][0] < route[0][0] < boxes[start][2]
        assert route[0][1] == boxes[start][3]
        assert boxes[end][0] < route[-1][0] < boxes[end][2]
        assert route[-1][1] == boxes[end][1]
        for (x, top), (next_x, bottom) in pairwise(route):
            assert top <= bottom
            for index, box in enumerate(boxes):
                if index not in (start, end):
                    assert not overlap((min(x, next_x), top, max(x, next_x) + 0.01, bottom), box)


@settings(max_examples=50, deadline=None)
@given(graphs())
def test_everything_lies_inside_the_drawing(graph: tuple[list[tuple[float, float]], list[Edge]]) -> None:
    sizes, edges = graph
    layout = laid_out(sizes, edges, [LABEL] * len(edges))
    for left, top, right, bottom in rectangles(layout, sizes):
        assert left >= -0.1
        assert top >= 0
        assert right <= layout.width + 0.1
        assert bottom <= layout.height


def test_a_chain_is_one_straight_line() -> None:
    layout = layout_of(5, [(0, 1), (1, 2), (2, 3), (3, 4)])
    assert {x for route in layout.routes for x, _ in route} == {100.0}


def test_a_fork_stands_symmetric_below_its_stem() -> None:
    layout = layout_of(3, [(0, 1), (0, 2)])
    stem, left, right = (x for x, _ in layout.boxes)
    assert left < stem < right
    assert abs((left + right) / 2 - stem) < 0.2


def test_a_step_stands_below_its_first_input_and_the_others_come_from_the_right() -> None:
    layout = layout_of(4, [(0, 2), (1, 2), (2, 3)])
    assert layout.boxes[0][0] == layout.boxes[2][0] == layout.boxes[3][0]
    assert layout.boxes[1][0] > layout.boxes[0][0]


def test_a_source_stands_right_above_the_step_that_reads_it() -> None:
    # 0 → 1 → 2 → 3, and source 4 is read by 3 only
    layout = laid_out([WIDE] * 5, [(0, 1), (1, 2), (2, 4), (3, 4)], [LABEL] * 4)
    assert layout.boxes[3][1] == layout.boxes[2][1]


def test_edges_are_untangled_where_they_can_be() -> None:
    # two sources, two deliveries, written crosswise
    layout = layout_of(4, [(0, 3), (1, 2)])
    places = [x for x, _ in layout.boxes]
    assert (places[0] < places[1]) == (places[3] < places[2])


def test_a_graph_without_edges_and_an_empty_one_are_laid_out() -> None:
    assert layout_of(0, []) == Layout(0.0, 0.0, [], [], [])
    assert {y for _, y in layout_of(3, []).boxes} == {0.0}


def test_the_layout_is_the_same_every_time() -> None:
    edges = [(0, 2), (1, 2), (2, 3), (2, 4), (0, 4), (3, 5), (4, 5), (1, 5)]
    assert layout_of(6, edges) == layout_of(6, edges)

"""What a chart is made of: a few shapes in points, x to the right and y down from the top left corner."""

from __future__ import annotations

from typing import Literal

from ir.records import dataclass

Point = tuple[float, float]
Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rectangle:
    x: float
    y: float
    width: float
    height: float
    color: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Polyline:
    """An open line through its points, with round joins; dashed where `dash` is the length of a dash and of a gap."""

    points: tuple[Point, ...]
    color: str
    thickness: float = 1.0
    dash: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Polygon:
    """A closed, filled area."""

    points: tuple[Point, ...]
    color: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A closed, filled outline of lines and cubic curves, from `start`: a line is its end, a curve its two control
    points and its end."""

    start: Point
    segments: tuple[tuple[Point] | tuple[Point, Point, Point], ...]
    color: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dots:
    """Round dots, `size` across."""

    points: tuple[Point, ...]
    size: float
    color: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One line of text: `x` is its `anchor`, `y` its baseline; turned anticlockwise around that point."""

    x: float
    y: float
    text: str
    size: float
    color: str
    anchor: Anchor = "start"
    bold: bool = False
    rotation: float = 0.0


Shape = Rectangle | Polyline | Polygon | Path | Dots | Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A chart, drawn from the first shape to the last. All numbers are rounded to hundredths of a point.

    `description` says in words what is shown, for who cannot see it. `warnings` tell what the chart leaves out.
    """

    width: float
    height: float
    shapes: tuple[Shape, ...]
    title: str
    description: str
    warnings: tuple[str, ...] = ()


def rounded(value: float) -> float:
    return round(value, 2) + 0.0  # no -0.0

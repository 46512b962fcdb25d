"""The sheet a chart is laid out on: shapes are added in the order they are drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field

from connectors.files.charts.lettering import Measure, cut
from connectors.files.charts.palette import INK, QUIET
from connectors.files.charts.primitives import (
    Anchor,
    Dots,
    Path,
    Point,
    Polygon,
    Polyline,
    Rectangle,
    Shape,
    Text,
    rounded,
)
from ir.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """The part of the sheet that values are drawn in."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top


@dataclass(slots=True, kw_only=True)
class Canvas:
    """`size` is that of the letters; all distances follow it. `top` and `height` are what is left for what comes."""

    width: float
    height: float
    size: float
    measure: Measure
    top: float = 0.0
    shapes: list[Shape] = field(default_factory=list)

    def text(
        self, x: float, y: float, text: str, *, anchor: Anchor = "start", color: str = INK, bold: bool = False,
        scale: float = 1.0, rotation: float = 0.0,
    ) -> None:  # fmt: skip
        self.shapes.append(Text(x=rounded(x), y=rounded(y), text=text, size=rounded(self.size * scale), color=color,
                                anchor=anchor, bold=bold, rotation=rotation))  # fmt: skip

    def rectangle(self, left: float, top: float, right: float, bottom: float, color: str) -> None:
        self.shapes.append(Rectangle(x=rounded(left), y=rounded(top), width=rounded(right - left),
                                     height=rounded(bottom - top), color=color))  # fmt: skip

    def line(self, points: Sequence[Point], color: str, *, thickness: float = 1.0, dash: float | None = None) -> None:
        self.shapes.append(Polyline(points=_exact(points), color=color, thickness=thickness, dash=dash))

    def polygon(self, points: Sequence[Point], color: str) -> None:
        self.shapes.append(Polygon(points=_exact(points), color=color))

    def path(self, start: Point, segments: Sequence[Sequence[Point]], color: str) -> None:
        outline = tuple(_exact(each) for each in segments)
        self.shapes.append(Path(start=_exact([start])[0], segments=outline, color=color))  # type: ignore[arg-type]

    def dots(self, points: Sequence[Point], size: float, color: str) -> None:
        self.shapes.append(Dots(points=_exact(points), size=rounded(size), color=color))

    def put_title(self, title: str | None) -> None:
        if title:
            self.top += self.size * 1.3
            self.text(0, self.top, cut(title, self.width, self.size * 1.2, self.measure, bold=True), bold=True,
                      scale=1.2)  # fmt: skip
            self.top += self.size * 0.7

    def put_legend(self, entries: Iterable[tuple[str, str]]) -> None:
        """Names with their colours, in as many rows as they need."""
        swatch, x = self.size * 0.75, 0.0
        self.top += self.size * 1.2
        for name, color in entries:
            shown = cut(name, self.width * 0.4, self.size, self.measure)
            room = swatch * 1.5 + self.measure(shown, self.size) + self.size * 1.4
            if x and x + room > self.width:
                x, self.top = 0.0, self.top + self.size * 1.5
            self.rectangle(x, self.top - swatch, x + swatch, self.top, color)
            self.text(x + swatch * 1.5, self.top, shown)
            x += room
        self.top += self.size * 0.7

    def put_notes(self, notes: Sequence[str], y: float) -> float:
        """Small words below; where they end."""
        for note in notes:
            y += self.size * 1.4
            shown = cut(note, self.width, self.size * 0.9, self.measure)
            self.text(0, y, shown, color=QUIET, scale=0.9)
        return y


def _exact(points: Sequence[Point]) -> tuple[Point, ...]:
    return tuple((rounded(x), rounded(y)) for x, y in points)

"""A chart on a page: the shapes it was laid out as, drawn as PDF operators."""

from __future__ import annotations

from math import cos, radians, sin

from connectors.files.charts.primitives import Dots, Drawing, Path, Point, Polygon, Polyline, Rectangle, Shape, Text
from connectors.files.pdf_colours import operands
from connectors.files.pdf_lettering import Lettering


def chart_operators(drawing: Drawing, x: float, y: float, lettering: Lettering) -> str:
    """The drawing with its upper left corner at `x`, `y`; its y grows downwards, a page's upwards."""
    shapes = "\n".join(_shape(each, lettering) for each in drawing.shapes)
    return f"q 1 0 0 1 {x:.2f} {y:.2f} cm 1 j\n{shapes}\nQ"


def _shape(shape: Shape, lettering: Lettering) -> str:
    match shape:
        case Rectangle():
            box = f"{_n(shape.x)} {_n(-shape.y - shape.height)} {_n(shape.width)} {_n(shape.height)}"
            return f"{operands(shape.color)} rg {box} re f"
        case Polyline():
            dash = f"[{_n(shape.dash)}] 0 d " if shape.dash else "[] 0 d "
            return f"{operands(shape.color)} RG {_n(shape.thickness)} w {dash}{_lines(shape.points)} S"
        case Polygon():
            return f"{operands(shape.color)} rg {_lines(shape.points)} h f"
        case Path():
            steps = " ".join(
                f"{' '.join(map(_point, each))} {'l' if len(each) == 1 else 'c'}" for each in shape.segments
            )
            return f"{operands(shape.color)} rg {_point(shape.start)} m {steps} h f"
        case Dots():
            dots = " ".join(f"{_point(each)} m {_point(each)} l" for each in shape.points)
            return f"q 1 J {operands(shape.color)} RG {_n(shape.size)} w {dots} S Q"
        case Text():
            return _text(shape, lettering)


def _text(shape: Text, lettering: Lettering) -> str:
    """A line from its anchor, turned anticlockwise around it."""
    width = lettering.width(shape.text, shape.size, bold=shape.bold)
    back = {"start": 0.0, "middle": width / 2, "end": width}[shape.anchor]
    unit, angle = shape.size / 1000, radians(shape.rotation)
    across, up = cos(angle), sin(angle)
    matrix = " ".join(f"{each:.6f}".rstrip("0").rstrip(".") for each in
                      (unit * across, unit * up, -unit * up, unit * across))  # fmt: skip
    at = f"{_n(shape.x - back * across)} {_n(-shape.y - back * up)}"
    shown = lettering.strong(shape.text) if shape.bold else lettering.plain(shape.text)
    return f"q {matrix} {at} cm {operands(shape.color)} rg BT {lettering.select} 0 0 Td{shown} ET Q"


def _lines(points: tuple[Point, ...]) -> str:
    return " ".join(f"{_point(each)} {'l' if place else 'm'}" for place, each in enumerate(points))


def _point(point: Point) -> str:
    return f"{_n(point[0])} {_n(-point[1])}"


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")

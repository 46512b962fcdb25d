"""A drawing as an SVG element inside a page: no scripts, and words for who cannot see it."""

from __future__ import annotations

from html import escape

from connectors.files.charts.lettering import is_shown
from connectors.files.charts.primitives import Dots, Drawing, Path, Point, Polygon, Polyline, Rectangle, Shape, Text


def svg(drawing: Drawing, *, name: str, classes: str = "") -> str:
    """The element. `name` is its id in the page; `classes` those of the page's style."""
    width, height = _n(drawing.width), _n(drawing.height)
    marks = f' class="{escape(classes)}"' if classes else ""
    title, description = _text(drawing.title), _text(drawing.description)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        f' direction="ltr" role="img" aria-labelledby="{name}-title {name}-text"{marks}>'
        f'<title id="{name}-title">{title}</title><desc id="{name}-text">{description}</desc>'
    )
    return head + "".join(_shape(each) for each in drawing.shapes) + "</svg>"


def _shape(shape: Shape) -> str:
    match shape:
        case Rectangle():
            return (f'<rect x="{_n(shape.x)}" y="{_n(shape.y)}" width="{_n(shape.width)}" height="{_n(shape.height)}"'
                    f' fill="{shape.color}"/>')  # fmt: skip
        case Polyline():
            dash = f' stroke-dasharray="{_n(shape.dash)}"' if shape.dash else ""
            return (f'<path d="M{_points(shape.points)}" fill="none" stroke="{shape.color}"'
                    f' stroke-width="{_n(shape.thickness)}" stroke-linejoin="round"{dash}/>')  # fmt: skip
        case Polygon():
            return f'<path d="M{_points(shape.points)}Z" fill="{shape.color}"/>'
        case Path():
            steps = "".join(f"{'L' if len(each) == 1 else 'C'}{_points(each)}" for each in shape.segments)
            return f'<path d="M{_points((shape.start,))}{steps}Z" fill="{shape.color}"/>'
        case Dots():
            dots = "".join(f"M{_n(x)} {_n(y)}h0" for x, y in shape.points)
            return (f'<path d="{dots}" fill="none" stroke="{shape.color}" stroke-width="{_n(shape.size)}"'
                    ' stroke-linecap="round"/>')  # fmt: skip
        case Text():
            x, y = _n(shape.x), _n(shape.y)
            turned = f' transform="rotate({_n(-shape.rotation)} {x} {y})"' if shape.rotation else ""
            anchor = f' text-anchor="{shape.anchor}"' if shape.anchor != "start" else ""
            weight = ' font-weight="600"' if shape.bold else ""
            return (f'<text x="{x}" y="{y}" font-size="{_n(shape.size)}" fill="{shape.color}"{anchor}{weight}{turned}>'
                    f"{_text(shape.text)}</text>")  # fmt: skip


def _points(points: tuple[Point, ...]) -> str:
    return " ".join(f"{_n(x)} {_n(y)}" for x, y in points)


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _text(text: str) -> str:
    return escape("".join(each if is_shown(each) else " " for each in text))

"""The SVG of a plan: a box per step, the columns on the edges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from engine.picture.boxes import KIND_SIZE, Box, box, column_count, shown_name, style_of
from engine.picture.layout import Point, laid_out
from engine.picture.lettering import escape, escape_lines, text_width
from engine.plan_steps import Step
from ir.records import dataclass

_MARGIN = 14.0
_LABEL_SIZE = 11.0
_LABEL_ROOM = 150.0
_NAMED_COLUMNS = 3
_ARROW = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Flow:
    """What flows along an edge. `columns` is None where only a first pass can tell them."""

    start: Step
    end: Step
    columns: Mapping[str, str]
    label: str
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """The SVG alone, for a page with a frame of its own; `start` is where its first box begins, as a share of its
    width in pixels."""

    svg: str
    width: float
    start: float


def drawing(steps: Sequence[Step], *, described_by: str, links: Mapping[str, str] | None = None) -> str:
    """An SVG in a frame that scrolls, styled by `style.FIGURE`; `links` {step id: address} make boxes clickable.

    Where the drawing is wider than the reader's screen, the first box is in sight first.
    """
    found = drawn(steps, described_by=described_by, links=links)
    return (
        f'<div class="wf-drawing"><div class="wf-wide" style="min-width:{found.width * 0.75:.0f}px">'
        f'<i class="wf-start" style="left:{found.start:.1%}"></i>\n{found.svg}</div></div>'
    )


def drawn(steps: Sequence[Step], *, described_by: str, links: Mapping[str, str] | None = None) -> Drawing:
    """The SVG that `drawing` frames; it has no style of its own."""
    boxes = _boxes(steps)
    places = {step.id: index for index, step in enumerate(steps)}
    flows = [_flow(steps[places[name]], step) for step in steps for name in step.depends_on if name in places]
    layout = laid_out(
        [(each.width, each.height) for each in boxes],
        [(places[flow.start.id], places[flow.end.id]) for flow in flows],
        [(flow.width, 19.0) for flow in flows],
    )
    edges = zip(flows, layout.routes, layout.labels, strict=True)
    parts = [_edge(flow, route, label) for flow, route, label in edges]
    for each, (left, top) in zip(boxes, layout.boxes, strict=True):
        address = (links or {}).get(each.step.id)
        shapes = _box(each, left, top)
        parts.append(f'<a href="{escape(address)}">{shapes}</a>' if address else shapes)
    width, height = layout.width + 2 * _MARGIN, layout.height + 2 * _MARGIN
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="{"group" if links else "img"}" '
        f'aria-label="{escape(described_by)}" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="{-_MARGIN:g} {-_MARGIN:g} {_n(width)} {_n(height)}">\n' + "\n".join(parts) + "\n</svg>"
    )
    return Drawing(svg=svg, width=width, start=layout.boxes[0][0] / width if boxes else 0.0)


def _boxes(steps: Sequence[Step]) -> list[Box]:
    """Boxes of one width: the fewer stand side by side, the wider they may be."""
    readers = Counter(name for step in steps for name in set(step.depends_on))
    widest = max(readers.values(), default=1)
    width = 290 if widest <= 1 and all(len(step.depends_on) <= 1 for step in steps) else 252 if widest <= 4 else 232
    return [box(step, width=width) for step in steps]


def _flow(start: Step, end: Step) -> _Flow:
    columns = end.columns_in.get(start.id, {})
    named = ", ".join(columns)
    fits = 0 < len(columns) <= _NAMED_COLUMNS and text_width(named, _LABEL_SIZE) <= _LABEL_ROOM
    label = "found later" if start.columns_out is None else named if fits else column_count(len(columns))
    return _Flow(start=start, end=end, columns=columns, label=label, width=text_width(label, _LABEL_SIZE) + 14)


def _n(number: float) -> str:
    """The number with at most one decimal: a tenth of a pixel is finer than any screen."""
    return f"{number:.1f}".removesuffix(".0")


def _edge(flow: _Flow, route: Sequence[Point], label: Point) -> str:
    """A line through the route: upright in the rows, swinging between them; an arrow head, and its columns' label."""
    end_x, end_y = route[-1]
    x, y = route[0]
    path = [f"M{_n(x)} {_n(y)}"]
    for next_x, next_y in [*route[1:-1], (end_x, end_y - _ARROW)]:
        middle = (y + next_y) / 2
        path.append(f"V{_n(next_y)}" if next_x == x else
                    f"C{_n(x)} {_n(middle)} {_n(next_x)} {_n(middle)} {_n(next_x)} {_n(next_y)}")  # fmt: skip
        x, y = next_x, next_y
    line = _straightened(path)
    head = f"M{_n(end_x)} {_n(end_y)}l-4.5 -8 4.5 1.6 4.5 -1.6z"
    return (
        f'<g class="wf-edge"><title>{_flow_title(flow)}</title><path class="wf-line" fill="none" d="{line}"/>'
        f'<path class="wf-head" d="{head}"/>{_label(flow, *label)}</g>'
    )


def _straightened(path: list[str]) -> str:
    """The path with upright pieces that follow one another made one."""
    return "".join(
        part for part, following in zip(path, [*path[1:], ""], strict=True)
        if not (part[0] == "V" and following.startswith("V"))
    )  # fmt: skip


def _label(flow: _Flow, x: float, y: float) -> str:
    return (
        f'<rect class="wf-label" x="{_n(x - flow.width / 2)}" y="{_n(y - 9.5)}" '
        f'width="{_n(flow.width)}" height="19" rx="9.5"/><text class="wf-flow" x="{_n(x)}" y="{_n(y + 3.8)}" '
        f'text-anchor="middle">{escape(flow.label)}</text>'
    )


def _flow_title(flow: _Flow) -> str:
    lines = [f"{shown_name(flow.start)} → {shown_name(flow.end)}", "",
             *(f"{name} {kind}" for name, kind in flow.columns.items())]  # fmt: skip
    return escape_lines(lines)


def _box(each: Box, left: float, top: float) -> str:
    step = each.step
    shapes = {
        "source": _drum,
        "relation": _card,
        "conditional": _fork,
        "ai": _call,
        "plugin": _call,
        "delivery": _sheet,
    }
    late = " wf-late" if step.columns_out is None else ""
    parts = [f'<g class="wf-step wf-{style_of(step)}{late}"><title>{each.full_text}</title>',
             shapes[step.type](left, top, each.width, each.height)]  # fmt: skip
    badge_right = left + each.width - (22 if step.type == "delivery" else 10)
    badge_top = top + (14 if step.type == "source" else 9)
    parts.append(
        f'<rect class="wf-badge" x="{_n(badge_right - each.badge_width)}" y="{_n(badge_top)}" '
        f'width="{_n(each.badge_width)}" height="17" rx="8.5"/><text class="wf-kind" '
        f'x="{_n(badge_right - each.badge_width / 2)}" y="{_n(badge_top + 12.2)}" font-size="{KIND_SIZE}" '
        f'text-anchor="middle">{escape(each.badge)}</text>'
    )
    for line in each.lines:
        (style, text), *rest = line.parts
        spans = "".join(f'<tspan class="wf-{more}">{escape(words)}</tspan>' for more, words in rest)
        parts.append(
            f'<text class="wf-{style}" x="{_n(left + 13)}" y="{_n(top + line.down)}">{escape(text)}{spans}</text>'
        )
    return "".join(parts) + "</g>"


def _card(left: float, top: float, width: float, height: float) -> str:
    return f'<rect class="wf-shape" x="{_n(left)}" y="{_n(top)}" width="{_n(width)}" height="{_n(height)}" rx="8"/>'


def _call(left: float, top: float, width: float, height: float) -> str:
    """A card with round ends: something outside is asked."""
    return f'<rect class="wf-shape" x="{_n(left)}" y="{_n(top)}" width="{_n(width)}" height="{_n(height)}" rx="18"/>'


def _fork(left: float, top: float, width: float, height: float) -> str:
    """A card whose corners are cut: a way that not all rows go."""
    cut, right, bottom = 9, left + width, top + height
    inner, upper, lower = _n(right - cut), _n(top + cut), _n(bottom - cut)
    body = (f"M{_n(left + cut)} {_n(top)}H{inner}L{_n(right)} {upper}V{lower}L{inner} {_n(bottom)}"
            f"H{_n(left + cut)}L{_n(left)} {lower}V{upper}z")  # fmt: skip
    return f'<path class="wf-shape" d="{body}"/>'


def _drum(left: float, top: float, width: float, height: float) -> str:
    """The barrel that stands for stored data."""
    half, lid = _n(width / 2), 6
    body = (f"M{_n(left)} {_n(top + lid)}a{half} {lid} 0 0 1 {_n(width)} 0v{_n(height - 2 * lid)}"
            f"a{half} {lid} 0 0 1 {_n(-width)} 0z")  # fmt: skip
    rim = f"M{_n(left)} {_n(top + lid)}a{half} {lid} 0 0 0 {_n(width)} 0"
    return f'<path class="wf-shape" d="{body}"/><path class="wf-rim" fill="none" d="{rim}"/>'


def _sheet(left: float, top: float, width: float, height: float) -> str:
    """A sheet of paper with a folded corner."""
    fold, right = 13, left + width
    body = (f"M{_n(left + 3)} {_n(top)}H{_n(right - fold)}L{_n(right)} {_n(top + fold)}V{_n(top + height - 3)}"
            f"q0 3 -3 3H{_n(left + 3)}q-3 0 -3 -3V{_n(top + 3)}q0 -3 3 -3z")  # fmt: skip
    corner = f"M{_n(right - fold)} {_n(top)}v{fold - 2}q0 2 2 2h{fold - 2}"
    return f'<path class="wf-shape" d="{body}"/><path class="wf-rim" fill="none" d="{corner}"/>'

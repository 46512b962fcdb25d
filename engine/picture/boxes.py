"""What a step's box says: its name, kind, summary and the columns it adds, set in lines that fit."""

from __future__ import annotations

from collections.abc import Mapping

from engine.picture.lettering import cut, escape_lines, text_width, wrap
from engine.plan_steps import Step
from ir.records import dataclass

NAME_SIZE, SUMMARY_SIZE, COLUMN_SIZE, KIND_SIZE = 13.5, 12.0, 11.5, 10.5
_BOLD = 1.17
_SIDE, _TOP, _BOTTOM = 13.0, 22.0, 12.0
_NAME_STEP, _SUMMARY_STEP, _COLUMN_STEP = 17.0, 15.5, 15.0
_SUMMARY_LINES, _COLUMN_LINES = 3, 4
_OF_ROWS = frozenset({"relation", "conditional", "ai", "plugin"})
_WIDTHS = {"delivery": 0.9}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text; `parts` are (style, text) set side by side, `down` the base line's distance from the top."""

    down: float
    parts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A step set in type."""

    step: Step
    width: float
    height: float
    badge: str
    badge_width: float
    lines: tuple[Line, ...]
    full_text: str


def style_of(step: Step) -> str:
    """The name of its style; whatever asks something outside looks the same."""
    return "call" if step.type in {"ai", "plugin"} else step.type


def box(step: Step, *, width: float) -> Box:
    """The step's box; `width` is a relation's, deliveries are a little narrower."""
    width = round(width * _WIDTHS.get(step.type, 1.0))
    room = width - 2 * _SIDE
    badge = cut(badge_text(step), KIND_SIZE * _BOLD, room * 0.45)
    badge_width = round(text_width(badge, KIND_SIZE * _BOLD) + 12, 1)
    top = _TOP + (5 if step.type == "source" else 0)
    lines: list[Line] = []
    first = room - badge_width - (18 if step.type == "delivery" else 4)
    for text in wrap(shown_name(step), NAME_SIZE * _BOLD, room, lines=2, first_width=first):
        lines.append(Line(top, (("name", text),)))
        top += _NAME_STEP
    top += 1
    for text in wrap(step.summary, SUMMARY_SIZE, room, lines=_SUMMARY_LINES):
        lines.append(Line(top, (("summary", text),)))
        top += _SUMMARY_STEP
    notes = _column_lines(step, room)
    top += 2 if notes else 0
    for parts in notes:
        lines.append(Line(top, parts))
        top += _COLUMN_STEP
    height = top - _COLUMN_STEP + _BOTTOM + (3 if step.type == "source" else 0)
    return Box(step=step, width=width, height=height, badge=badge, badge_width=badge_width, lines=tuple(lines),
               full_text=_full_text(step))  # fmt: skip


def shown_name(step: Step) -> str:
    return step.id.removeprefix("delivery:") if step.type == "delivery" else step.id


def badge_text(step: Step) -> str:
    return step.format or step.kind if step.type == "delivery" else step.kind


def added_columns(step: Step) -> dict[str, str]:
    """Columns, with types, that the step's first input does not have so; a source and a delivery add none."""
    if step.type not in _OF_ROWS or step.columns_out is None:
        return {}
    before = _first_columns(step)
    return {name: kind for name, kind in step.columns_out.items() if before.get(name) != kind}


def dropped_columns(step: Step) -> list[str]:
    """Columns of the step's first input that it does not pass on."""
    if step.type not in _OF_ROWS or step.columns_out is None:
        return []
    return [name for name in _first_columns(step) if name not in (step.columns_out or {})]


def _first_columns(step: Step) -> Mapping[str, str]:
    return step.columns_in.get(step.depends_on[0], {}) if step.depends_on else {}


def column_count(count: int) -> str:
    return "1 column" if count == 1 else f"{count:,} columns"


def where_done(step: Step) -> str:
    """What a database does of the step, in a line; empty where it does nothing."""
    parts = [f"in the statement of {step.statement_of}"] if step.statement_of is not None else []
    if step.outside is not None:
        parts.append(f"not in the database: {step.outside}")
    return "; ".join(parts)


def _column_lines(step: Step, room: float) -> list[tuple[tuple[str, str], ...]]:
    if step.columns_out is None:
        return [(("gone", cut("columns found by a first pass", COLUMN_SIZE, room)),)]
    added, dropped = added_columns(step), dropped_columns(step)
    shown = list(added.items())[: _COLUMN_LINES if len(added) <= _COLUMN_LINES else _COLUMN_LINES - 1]
    lines: list[tuple[tuple[str, str], ...]] = [_added_line(name, kind, room) for name, kind in shown]
    if len(added) > len(shown):
        lines.append((("new", f"+ {len(added) - len(shown):,} more"),))
    if dropped:
        what = dropped[0] if len(dropped) == 1 else column_count(len(dropped))
        lines.append((("gone", cut(f"− {what}", COLUMN_SIZE, room)),))
    return lines


def _added_line(name: str, kind: str, room: float) -> tuple[tuple[str, str], ...]:
    """Name and type; a long name leaves the type at least a third of the line."""
    kind_room = max(room / 3, room - text_width(f"+ {name} ", COLUMN_SIZE * _BOLD))
    kind = cut(kind, COLUMN_SIZE, kind_room)
    name_room = room - text_width(f" {kind}", COLUMN_SIZE)
    return (("new", cut(f"+ {name}", COLUMN_SIZE * _BOLD, name_room)), ("type", f" {kind}"))


def _full_text(step: Step) -> str:
    """All that a reader may want to know on pointing at the box."""
    lines = [f"{shown_name(step)} ({badge_text(step)})", step.summary]
    added, dropped = added_columns(step), dropped_columns(step)
    if added:
        lines += ["", *(f"+ {name} {kind}" for name, kind in added.items())]
    if dropped:
        lines += ["", *(f"− {name}" for name in dropped)]
    if step.columns_out is not None:
        lines += ["", f"{column_count(len(step.columns_out))} in all"]
    if where := where_done(step):
        lines += ["", where]
    return escape_lines(lines)

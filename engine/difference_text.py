"""The difference of two plans for people: one step a paragraph, `+` for what comes and `-` for what goes."""

from __future__ import annotations

import difflib
import json
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.plan_difference import Change, Part, PlanDifference, Word

_SIGNS: dict[Word, str] = {"added": "+", "removed": "-", "renamed": ">", "changed": "~"}


def difference_text(difference: PlanDifference) -> str:
    """The whole difference; "no difference" where there is none."""
    if not difference:
        return "no difference"
    lines = [_headline(difference)]
    if difference.plan:
        lines += ["", "plan", *(line for part in difference.plan for line in _part(part))]
    for change in difference.steps:
        lines += ["", _head(change), *(line for part in change.parts for line in _part(part))]
    return "\n".join(lines)


def _headline(difference: PlanDifference) -> str:
    counts = Counter(change.word for change in difference.steps)
    words = [f"{counts[word]} {word}" for word in _SIGNS if counts[word]]
    steps = f"steps: {', '.join(words)}" if words else "steps: the same"
    return steps + (f"; plan: {len(difference.plan)} changed" if difference.plan else "")


def _head(change: Change) -> str:
    was = f", was {change.old_id.removeprefix('delivery:')}" if change.old_id is not None else ""
    name = change.id.removeprefix("delivery:")
    kind = "delivery" if change.type == "delivery" else change.kind
    summary = " ".join(change.summary.split())
    return f"{_SIGNS[change.word]} {name} ({kind}{was}): {summary}"


def _part(part: Part) -> Iterator[str]:
    if part.what == "sql":
        yield "    sql"
        yield from (f"      {line}" for line in _statements(part.old, part.new))
        return
    if part.what == "settings":
        old, new = part.old or {}, part.new or {}
        for key in dict.fromkeys([*old, *new]):
            if old.get(key) != new.get(key):
                yield from _values(key, old.get(key), new.get(key))
        return
    yield from _values({"depends_on": "reads", "columns_order": "order of columns"}.get(part.what, part.what),
                       part.old, part.new)  # fmt: skip


def _values(what: str, old: Any, new: Any) -> Iterator[str]:
    if new is None:
        yield f"    - {what} {_shown(old)}"
    elif old is None:
        yield f"    + {what} {_shown(new)}"
    else:
        yield f"    ~ {what} {_shown(old)} -> {_shown(new)}"


def _shown(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ", ".join(value) or "nothing"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _statements(old: str | None, new: str | None) -> Iterator[str]:
    """The lines that go and come, with one line around each."""
    before, after = _laid_out(old), _laid_out(new)
    for line in difflib.unified_diff(before, after, n=1, lineterm=""):
        if line.startswith("@@"):
            yield "…"
        elif not line.startswith(("---", "+++")):
            yield line


def _laid_out(statement: str | None) -> list[str]:
    import sqlglot

    if statement is None:
        return []
    try:
        return sqlglot.parse_one(statement, dialect="duckdb").sql("duckdb", pretty=True).splitlines()
    except sqlglot.errors.SqlglotError:  # a saved plan may hold what this version's printer does not know
        return [statement]

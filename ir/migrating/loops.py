"""Loops: what stands in one is done for each row by itself, or for each group."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ir.dialects.expressions import column
from ir.migrating.draft import Draft, Where
from ir.migrating.lost import refuse_within
from ir.migrating.meanings import Kind, Meaning, Unmeant
from ir.migrating.program import Block, Loop

Write = Callable[[Block, Where, Draft], None]


def write_loop(loop: Loop, where: Where, draft: Draft, write: Write) -> None:
    """The body, as steps over the rows that the loop goes over."""
    try:
        over = where.meanings.rows(loop.over)
    except Unmeant as problem:
        draft.account.refused(
            loop.at,
            loop.name,
            f"the loop goes over what is no rows: {problem}",
            "which rows are meant? name a source or a step",
            {"iterate_over": loop.over},
        )
        refuse_within(loop.body, loop.name, draft.account)
        return
    inner = where.inside(last_message=where.last_message)
    draft.at_most(loop.at_once)
    match over.kind:
        case Kind.GROUPS:
            _over_groups(loop, over, inner, draft)
        case Kind.COLUMN:
            _over_column(loop, over, inner, draft)
        case Kind.ONE:
            draft.account.refused(
                loop.at,
                loop.name,
                f"the loop goes over the one answer {over.name}",
                "which rows is it about? let the step answer for each row (scope: per_item), or explode a list",
                {"iterate_over": loop.over},
            )
            refuse_within(loop.body, loop.name, draft.account)
            return
        case _:
            inner.meanings.frame = over.name
            inner.meanings.known[loop.item] = Meaning(kind=Kind.ROW, name=over.name)
            inner.meanings.known["item"] = inner.meanings.known["current"] = inner.meanings.known[loop.item]
            draft.account.changed(
                loop.at,
                loop.name,
                f"rows of {over.name}",
                "no loop: its steps read these rows and run for each one by itself",
            )
    write(loop.body, inner, draft)
    where.last_message, where.last_effect = inner.last_message, inner.last_effect
    if loop.output and over.kind is not Kind.GROUPS:
        frame = inner.meanings.frame or over.name
        known = where.meanings.known
        added = {
            each.name: each.fields
            for name, each in inner.meanings.known.items()
            if each.fields and known.get(name) is not each
        }
        if added and {loop.output, loop.name} & draft.read_later:
            frame = with_fields_as_columns(frame, added, loop.output, draft)
        known[loop.output] = Meaning(kind=Kind.ROWS, name=frame)


def with_fields_as_columns(frame: str, added: Mapping[str, Sequence[str]], wanted: str, draft: Draft) -> str:
    """A frame in which the fields of answers stand beside the other columns, as the original laid them out."""
    name = draft.name(wanted)
    columns = {field: f"{column(answer)}.{column(field)}" for answer, fields in added.items() for field in fields}
    draft.transforms.append(
        {"type": "map", "config": {"columns": columns}, "input_source": frame, "output_variable": name}
    )
    return name


def _over_groups(loop: Loop, over: Meaning, inner: Where, draft: Draft) -> None:
    if draft.grouping and draft.grouping != [over.column]:
        draft.account.refused(
            loop.at,
            loop.name,
            f"groups by {over.column} beside groups by {', '.join(draft.grouping)}",
            "a workflow has one grouping: which one is it? write the other as a workflow of its own",
            {"iterate_over": loop.over},
        )
    else:
        draft.grouping = [over.column]
    inner.meanings.frame = over.frame
    inner.meanings.group = over
    group = Meaning(kind=Kind.GROUP, name=over.name, frame=over.frame, column=over.column)
    inner.meanings.known[loop.item] = group
    draft.account.changed(loop.at, loop.name, "grouping", f"no loop: its messages go out one a group, by {over.column}")


def _over_column(loop: Loop, over: Meaning, inner: Where, draft: Draft) -> None:
    frame = draft.name(loop.name)
    step = {
        "type": "explode",
        "config": {"field": over.name},
        "input_source": inner.meanings.frame or over.frame,
        "output_variable": frame,
    }
    draft.transforms.append(step)
    inner.meanings.frame = frame
    inner.meanings.known[loop.item] = Meaning(kind=Kind.COLUMN, name=over.name, frame=frame)
    draft.account.changed(
        loop.at, loop.name, f"transforms {frame}", f"no loop: explode makes one row an element of {over.name}"
    )

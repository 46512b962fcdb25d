"""The items of a delivery, one after the other out of its spool: each row, each group, or all rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from engine.messages.filling import MessageWriter
from engine.messages.groups import Run, runs_of
from engine.messages.item import Item
from engine.messages.json_rows import json_lines
from engine.messages.output import MessageOutput
from engine.messages.recipients import distinct
from engine.spool import Rows, Spool, Stretch
from ir.records import dataclass

_AT_ONCE = 1_000
"""Rows whose texts are made ready together."""


@dataclass(slots=True)
class LeftOut:
    """The rows of groups without a value, which no message is about."""

    rows: int = 0


def items_of(output: MessageOutput, spool: Spool, writer: MessageWriter, left_out: LeftOut) -> Iterator[Item]:
    """Every item of the delivery; rows that belong to none are counted."""
    match output.scope:
        case "per_item":
            yield from _rows(output, spool, writer)
        case "per_group":
            yield from _groups(output, spool, writer, left_out)
        case "summary":
            yield from _whole(output, spool, writer)


def _rows(output: MessageOutput, spool: Spool, writer: MessageWriter) -> Iterator[Item]:
    assert output.texts is not None
    columns = output.texts.columns
    ordinal = 0
    for whole in spool.batches():
        for batch in whole.iter_slices(_AT_ONCE):
            lines, shown = json_lines(batch, columns), writer.items(batch)
            for line, row, read in zip(lines, batch.iter_rows(named=True), shown, strict=True):
                yield Item(ordinal=ordinal, rows=Stretch(spool, ordinal, 1), total=spool.rows, row=row,
                           digest=hashlib.sha256(line.encode()).hexdigest(),
                           write=partial(writer.item, read))  # fmt: skip
                ordinal += 1


def _groups(output: MessageOutput, spool: Spool, writer: MessageWriter, left_out: LeftOut) -> Iterator[Item]:
    ordinal = 0
    for run in runs_of(spool, output.groups):
        key = _named(run, output)
        if key is None:
            left_out.rows += run.rows
            continue
        rows = Stretch(spool, run.first, run.rows)
        yield Item(ordinal=ordinal, rows=rows, total=spool.rows, key=key, digest=_digest(output, rows),
                   write=partial(writer.group, tuple(key.values()), rows, found_under=run.key))  # fmt: skip
        ordinal += 1


def _named(run: Run, output: MessageOutput) -> dict[str, object] | None:
    """The group's values, with a name in place of one that is missing; None where there is no such name."""
    found: dict[str, object] = {}
    for name, value in zip(output.groups, run.key, strict=True):
        if value is None and name not in output.empty_names:
            return None
        found[name] = output.empty_names[name] if value is None else value
    return found


def _whole(output: MessageOutput, spool: Spool, writer: MessageWriter) -> Iterator[Item]:
    """One item, or where recipients stand in the rows one for each of them, so that nobody reads the others'. Rows that
    name none leave one that goes to nobody."""
    item = Item(ordinal=0, rows=spool, total=spool.rows, digest=_digest(output, spool), write=writer.summary)
    if output.recipients.column is None:
        yield item
        return
    found = distinct(output, item)
    if not found:
        yield replace(item, to=())
    for ordinal, recipient in enumerate(found):
        digest = hashlib.sha256(f"{item.digest}\0{recipient}".encode()).hexdigest()
        yield replace(item, ordinal=ordinal, to=(recipient,), digest=digest)


def _digest(output: MessageOutput, rows: Rows) -> str:
    assert output.texts is not None
    found = hashlib.sha256()
    for batch in rows.batches():
        found.update("\n".join((*json_lines(batch, output.texts.columns), "")).encode())
    return found.hexdigest()

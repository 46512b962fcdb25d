"""The messages of a replay: those whose rows come back, and those that had failed themselves."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.graph import Relation
from engine.messages.output import MessageOutput
from engine.replaying.entry import obstacle
from transforms.frame import Frame, Order

if TYPE_CHECKING:
    from engine.compiler import Compiler


def narrow_messages(
    compiler: Compiler, messages: Sequence[MessageOutput], delivered: Collection[str]
) -> list[MessageOutput]:
    """The messages that go out; why others do not stands in the problems. `delivered` are the other deliveries."""
    replaying = compiler.replaying
    assert replaying is not None
    failed = [each for each in messages if each.id == replaying.entry and each.frame is not None]
    if failed and not compiler.entered:
        return [_with_rows(compiler, failed[0])]
    kept: list[MessageOutput] = []
    for each in messages:
        reason = _reason(compiler, each, [*delivered, *(one.id for one in kept)])
        if reason is None:
            kept.append(each)
        else:
            compiler.problems.warning("IR720", f'the delivery "{each.id}" takes no part in the replay: {reason}',
                                      at=each.at)  # fmt: skip
    return kept


def _with_rows(compiler: Compiler, message: MessageOutput) -> MessageOutput:
    """The delivery of the rows that it did not send."""
    replaying, before = compiler.replaying, message.frame
    assert replaying is not None
    assert before is not None
    frame = Frame(name=compiler.graph.free_name("replayed"), schema=before.schema, order=Order(arrival=True),
                  formats=before.formats)  # fmt: skip
    compiler.entered = frame.name
    compiler.graph.add(Relation(frame=frame, at=message.at, source=replaying.relation(frame.schema), word="replay"))
    return replace(message, frame=frame, follows=None)


def _reason(compiler: Compiler, message: MessageOutput, delivered: Collection[str]) -> str | None:
    """Why a message is not sent again: people get no statement that tells of a few rows as if they were all."""
    if message.frame is None or not compiler.entered:
        return "the rows do not come through it"
    if message.scope != "per_item":
        return "it tells of rows together, and these are not all"
    missing = [each for each in message.depends_on if each not in delivered]
    if missing:
        return f'it depends on "{missing[0]}", which takes none'
    beside = message.texts.spooled if message.texts is not None else []
    if any(compiler.graph.is_made_of(frame.name, compiler.entered) for frame, _ in beside):
        return "it shows values that are computed of all rows"
    return obstacle(compiler.graph, message.frame.name, compiler.entered)

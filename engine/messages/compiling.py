"""From the delivery rules of a document to its deliveries of messages."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from connectors.files.report import Part
from connectors.messages.sender import SendingAccount
from engine.hidden_columns import shown_rows
from engine.messages.following import follow, mentions_step_result
from engine.messages.groups import Grouped, grouped_by
from engine.messages.names import Kind
from engine.messages.output import MessageOutput
from engine.messages.recipients import named_recipients
from engine.messages.senders import with_sender
from engine.messages.texts import compile_texts
from engine.partitions import partitioned
from engine.report_parts import grouped_rows, sorted_by_rendering
from engine.scopes import DeliveryScope
from ir.diagnostics import Pointer
from ir.model.deliveries import Message, MultipleDestination
from ir.references import frame_reference
from ir.types import Schema
from transforms.frame import Frame, free_name

if TYPE_CHECKING:
    from engine.compiler import Compiler

Texts = dict[Hashable, tuple[Pointer, str]]

_ONE_EACH: Mapping[str, Kind] = {
    "summary_delivery": "summary",
    "per_group_delivery": "per_group",
    "per_item_delivery": "per_item",
}


def compile_messages(compiler: Compiler, ids: Sequence[str]) -> list[MessageOutput]:
    """The deliveries of messages; what is wrong with them stands in the problems. `ids` are taken by others."""
    found: list[MessageOutput] = []
    taken = [*ids]
    for scope in compiler.scopes:
        with compiler.within(scope):
            before: MessageOutput | None = None
            for delivery, at, kind in _written(scope):
                output = _named(delivery, at, kind, scope, taken, compiler)
                if mentions_step_result(delivery):
                    output = follow(before, output, compiler)
                found.append(_compiled(output, compiler))
                before = output if isinstance(delivery, MultipleDestination) else None
    return found


def _written(scope: DeliveryScope) -> Iterator[tuple[Message, Pointer, Kind]]:
    for key, kind in _ONE_EACH.items():
        delivery = getattr(scope.rules, key)
        if delivery is not None:
            yield delivery, (*scope.at, key), kind
    several = zip(scope.rules.multiple_destinations, scope.places("multiple_destinations"), strict=False)
    yield from ((each, at, each.execution_scope) for each, at in several)


def _named(
    delivery: Message, at: Pointer, kind: Kind, scope: DeliveryScope, taken: list[str], compiler: Compiler
) -> MessageOutput:
    """The delivery as far as the document alone tells it."""
    name = delivery.id or free_name(_name(delivery, kind), taken)
    taken.append(name)
    account = SendingAccount(plugin_key=delivery.plugin_key, credentials_ref=delivery.credentials_ref,
                             config=delivery.config, base=compiler.base, policy=compiler.policy)  # fmt: skip
    source = frame_reference(delivery.input_source) if delivery.input_source else "data"
    return MessageOutput(id=name, at=at, delivery=delivery, scope=kind, account=account, branch=scope.branch,
                         source=source or "data", send_when_empty=scope.rules.send_when_no_results)  # fmt: skip


def _name(delivery: Message, kind: Kind) -> str:
    if not isinstance(delivery, MultipleDestination):
        return kind
    return re.sub(r"\W+", "_", (delivery.name or delivery.plugin_key).lower()).strip("_") or kind


def _compiled(output: MessageOutput, compiler: Compiler) -> MessageOutput:
    delivery, at = output.delivery, output.at
    output, sender = with_sender(output, compiler)
    groups = grouped_by(compiler) if output.scope == "per_group" else Grouped()
    frame = compiler.input_frame(delivery.input_source, at)
    if frame is None:
        return output
    for column in groups.columns:
        frame = partitioned(frame, column, output.id, compiler)
    keys = compiler.building(groups.at, output.id).known_columns(groups.columns, frame.schema)
    recipients, texts = named_recipients(output, frame, sender, compiler)
    found = _table(output, frame, keys, compiler)
    if found is None or len(keys) < len(groups.columns):
        return output
    rows, part = found
    config = dict(_config_texts(delivery.config, (*at, "config"), ("config",)))
    made = compile_texts(
        delivery, output.scope, rows, part, compiler, at, name=output.id, delivered=frozenset({output.source}),
        group_by=keys, others={**texts, **config},
        later=frozenset({"step_result"} if mentions_step_result(delivery) else ()),
        is_chat=output.action is not None and output.action.manifest.message is not None
        and output.action.manifest.message.is_marked_up,
    )  # fmt: skip
    if made is None:
        return output
    named = [key[0] for key in texts if isinstance(key, tuple)]
    return replace(
        output, frame=made.frame, texts=made, recipients=recipients, groups=tuple(keys),
        cc=named.count("cc"), bcc=named.count("bcc"),
        empty_names={name: word for name, word in groups.empty_names.items() if name in keys},
    )  # fmt: skip


def _table(output: MessageOutput, frame: Frame, keys: Sequence[str], compiler: Compiler) -> tuple[Frame, Part] | None:
    """The rows in the order in which they are shown, those of a group together, and the table of them; None after an
    error. The rows keep every column, shown or not: texts may name any."""
    delivery, at, name = output.delivery, output.at, output.id
    rendering = compiler.workflow.rendering if delivery.input_source is None else None
    rows = sorted_by_rendering(frame, rendering, name, compiler) if rendering and rendering.sort_order else frame
    rows = grouped_rows(rows, keys, at, name, compiler)
    columns, place = delivery.columns, (*at, "columns")
    if columns is None and rendering is not None and rendering.columns_in_order:
        columns, place = rendering.columns_in_order, ("rendering", "columns_in_order")
    shown = [each for each in frame.schema if each not in keys] or list(frame.schema)
    if columns is not None:
        shown = compiler.building(place, name).known_columns(columns, frame.schema)
        if not shown or len(shown) < len(columns):
            return None
    found = shown_rows(rows, shown, frame.schema.names, at, name, compiler)
    part = Part(columns=Schema((each, frame.schema[each]) for each in shown), formats=rows.formats_of(frame.schema),
                links=found.links, rules=found.rules)  # fmt: skip
    return found.frame, part


def _config_texts(
    value: Any, at: Pointer, key: tuple[str | int, ...]
) -> Iterator[tuple[Hashable, tuple[Pointer, str]]]:
    """The templates that stand anywhere in the delivery's config, by the way to them."""
    if isinstance(value, str):
        if "{{" in value:
            yield key, (at, value)
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from _config_texts(each, (*at, name), (*key, name))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _config_texts(each, (*at, index), (*key, index))

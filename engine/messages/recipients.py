"""Whom a message goes to: checked when compiled as far as the document tells, read from the rows when it is made."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from connectors.messages.sender import SendingKind
from connectors.problem import ConnectorProblem
from engine.messages.item import Item
from engine.messages.output import MessageOutput, Recipients
from engine.names import RunWords
from ir import types as t
from ir.diagnostics import Pointer
from ir.templates import TemplateSyntax, Unresolved, parse_template, resolve
from ir.value_text import text_of
from transforms.expressions.polars_columns import exact
from transforms.frame import Frame

if TYPE_CHECKING:
    from engine.compiler import Compiler


def named_recipients(
    output: MessageOutput, frame: Frame, sender: SendingKind | None, compiler: Compiler
) -> tuple[Recipients, dict[Hashable, tuple[Pointer, str]]]:
    """The recipients that the delivery names, and the texts of them and of its copies by ("cc", 0) and so on.

    An error stands at each that can be none.
    """
    delivery, at = output.delivery, output.at
    texts: dict[Hashable, tuple[Pointer, str]] = {}
    for key in ("recipient", "cc", "bcc"):
        for index, (place, text) in enumerate(_written(output, key, compiler)):
            texts[key, index] = (place, text)
            refusal = sender.check_recipient(text) if sender is not None and "{{" not in text else None
            if refusal is not None and (key == "recipient" or sender is None or sender.needs_recipient):
                compiler.problems.error("IR650", f'"{text}" {refusal}', at=place)
    fixed = tuple(text for key, (_, text) in texts.items() if isinstance(key, tuple) and key[0] == "recipient")
    source = getattr(delivery, "recipient_source", None)
    has_address = bool(delivery.config.get("url") or delivery.credentials_ref)
    is_named = bool(fixed or source)
    if sender is not None and not is_named:
        if sender.needs_recipient and output.scope != "per_group":
            compiler.problems.error("IR202", f"{delivery.plugin_key} needs a recipient", at=at,
                                    hint="write recipient, or recipient_source: the column with it")  # fmt: skip
        elif sender.needs_address and not has_address:
            compiler.problems.error("IR202", f"{delivery.plugin_key} needs an address to post to", at=at,
                                    hint="write config: {url: https://…}, or credentials_ref that has it")  # fmt: skip
    for key in ("cc", "bcc", "attachments"):
        if sender is not None and key not in sender.takes and getattr(delivery, key, None):
            one = "a post" if sender.needs_address else f"a message by {delivery.plugin_key}"
            hint = "what is posted is JSON; send" if sender.needs_address else "send"
            compiler.problems.error("IR655", f"{one} has no {key}", at=(*at, key), on_key=True,
                                    hint=f"{hint} files and copies by email")  # fmt: skip
    return Recipients(
        texts=fixed,
        shown=shown_texts(fixed, compiler.words),
        path=_path(source, output, frame, compiler) if source else (),
    ), texts


def shown_texts(texts: Sequence[str], words: RunWords) -> tuple[str, ...]:
    """The texts with their words filled in for people; one that needs a row stays as it is written."""
    return tuple(_shown(each, words) for each in texts)


def _shown(text: str, words: RunWords) -> str:
    roots = words.roots()
    try:
        parts = parse_template(text).parts
        said = [each if isinstance(each, str) else words.values.get(str(each)) or text_of(resolve(each, roots))
                for each in parts]  # fmt: skip
    except (TemplateSyntax, Unresolved):
        return text
    return "".join(said) or text


def _written(output: MessageOutput, key: str, compiler: Compiler) -> Iterator[tuple[Pointer, str]]:
    """The texts under a key, which may be one or a list."""
    document: Any = compiler.document.value
    for part in output.at:
        document = document[part]
    given = getattr(output.delivery, key, None) or ()
    written = document.get(key) if isinstance(document, dict) else None
    is_list = isinstance(written, list)
    for index, text in enumerate((given,) if isinstance(given, str) else given):
        own: Pointer = (key, index) if is_list else (key,) if written is not None else ()
        yield (*output.at, *own), text


def _path(source: str, output: MessageOutput, frame: Frame, compiler: Compiler) -> tuple[str, ...]:
    """The column, and the way into it where it is a struct; empty after an error."""
    columns = frame.schema
    building = compiler.building((*output.at, "recipient_source"), output.id)
    path = (source,) if source in columns else _segments(source, output, columns)
    if not building.column(path[0], columns):
        return ()
    kind: t.DataType | None = columns[path[0]]
    for name in path[1:]:
        kind = kind.get(name) if isinstance(kind, t.Struct) else None
    if kind is None or not isinstance(kind, t.String | t.Json | t.ListOf | t.Null):
        what = f"is {kind}" if kind is not None else "does not exist"
        building.error("IR408", f'"{".".join(path)}" {what}, and recipients are texts')
        return ()
    return path


def _segments(source: str, output: MessageOutput, columns: t.Schema) -> tuple[str, ...]:
    """What `customer.email`, `{{email}}` or `{{item.email}}` name; the text itself where it is no path."""
    try:
        template = parse_template(source if "{{" in source else f"{{{{{source}}}}}")
    except TemplateSyntax:
        return (source,)
    if not template.is_single_reference:
        return (source,)
    path = [str(each) for each in template.references[0].path]
    if len(path) > 1 and path[0] in {"item", output.source} and path[0] not in columns:
        del path[0]
    return tuple(path)


def recipients_in(output: MessageOutput, item: Item) -> tuple[str, ...]:
    """Whom the item's rows or its group name.

    Raises:
        ConnectorProblem: IR651 where the rows of a group name several.
    """
    path = output.recipients.path
    if item.to is not None:
        return item.to
    if not path:
        return tuple(text_of(each) for each in item.key.values() if each is not None)[:1]
    if output.scope == "per_item":
        value: Any = item.row
        for name in path:
            value = value.get(name) if isinstance(value, Mapping) else None
        return tuple(_texts(value))
    found = distinct(output, item)
    if len(found) > 1 and output.scope == "per_group":
        shown = ", ".join(found[:3]) + (" …" if len(found) > 3 else "")
        raise ConnectorProblem("IR651", f'its rows have {len(found)} values in "{".".join(path)}": {shown}',
                               hint="a group has one recipient: group by that column too", key=("recipient_source",),
                               )  # fmt: skip
    return tuple(found)


def distinct(output: MessageOutput, item: Item) -> list[str]:
    """The different recipients of the item's rows, in the order in which they come."""
    cell = exact(output.recipients.path[0])
    for name in output.recipients.path[1:]:
        cell = cell.struct.field(name)
    rows = item.rows.scan().select(cell.alias("to")).unique(maintain_order=True).collect(engine="streaming")
    return list(dict.fromkeys(each for value in rows["to"].to_list() for each in _texts(value)))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, list | pl.Series):
        for each in value:
            yield from _texts(each)
    elif value is not None and text_of(value).strip():
        yield text_of(value).strip()

"""Destinations that follow one another: one that names `step_result` waits for the one before it, row by row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.messages.output import MessageOutput
from ir.model.deliveries import MultipleDestination
from ir.templates import TemplateSyntax, parse_template

if TYPE_CHECKING:
    from engine.compiler import Compiler
    from ir.model.deliveries import Message


def mentions_step_result(delivery: Message) -> bool:
    """Whether a text of the delivery names what the destination before it gave."""
    said = delivery.model_dump(exclude_none=True, exclude={"id", "description", "input_source", "columns"})
    return any(each.root == "step_result" for text in _texts(said) for each in _references(text))


def follow(before: MessageOutput | None, output: MessageOutput, compiler: Compiler) -> MessageOutput:
    """The output with the one that it follows; an error where there is none, or none that fits."""
    problems, at = compiler.problems, output.at
    if before is None or not isinstance(output.delivery, MultipleDestination):
        problems.error("IR652", "step_result is what the destination before gave, and there is none before this one",
                       at=at, hint="it stands in the second and further ones of multiple_destinations")  # fmt: skip
        return output
    if before.scope != "summary" and before.scope != output.scope:
        problems.error("IR652", f'step_result of "{before.id}" is one {_WORDS[before.scope]}, and this destination is '
                       f"sent {_HOW[output.scope]}", at=at, hint=f"write execution_scope: {before.scope}",
                       related=[("the one before", before.at)])  # fmt: skip
    elif before.scope != "summary" and before.source != output.source:
        problems.error("IR652", f'step_result of "{before.id}" is one {_WORDS[before.scope]} of {before.source}, and '
                       f"this destination takes {output.source}", at=at,
                       related=[("the one before", before.at)])  # fmt: skip
    return replace(output, follows=before.id, follows_one=before.scope == "summary")


_WORDS = {"per_item": "a row", "per_group": "a group"}
_HOW = {"per_item": "a row at a time", "per_group": "a group at a time", "summary": "once"}


def _references(text: str) -> Sequence[Any]:
    try:
        return parse_template(text).references
    except TemplateSyntax:  # told where the document is read
        return ()


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)

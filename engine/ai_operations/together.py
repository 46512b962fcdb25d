"""One answer about all rows: in one call where they fit into it, else about parts first and then about the answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from connectors.ai.answering import Answer, Item, Task, Usage
from connectors.ai.configuration import ai_settings
from connectors.ai.json_text import json_text
from connectors.ai.spending import tokens_of
from connectors.problem import ConnectorProblem

Ask = Callable[[Sequence[Item], Task], list[Answer]]
_AT_ONCE = 32
_ROOM = 0.8
"""The part of a call that rows may take; the rest is for the words around them."""
_OF_PARTS = (
    "The rows are too many for one call. Each row of this one is the answer that was given about a part of them, in "
    "the order of the parts: make one answer about all of them, as if you had seen them all."
)


def parts_of(rows: Iterable[dict[str, Any]], most_rows: int | None, ask: Ask, task: Task) -> Answer | None:
    """The one answer about the rows; None where there are none. The first part that gets no answer is the answer."""
    most = int(ai_settings().max_input_tokens * _ROOM)
    parts = _parts(rows, most_rows, most)
    usage, answers, count = Usage(), list[Answer](), 0
    while some := [Item(rows=each) for each in islice(parts, _AT_ONCE)]:
        for each in ask(some, task):
            usage += each.usage
            if each.problem is not None:
                return replace(each, usage=usage)
            answers.append(each)
        count += sum(len(each.rows) for each in some)
    if not answers:
        return None
    if len(answers) == 1:
        return answers[0]
    if len(answers) == count:
        problem = ConnectorProblem("IR764", "no two rows fit into one call, so that there is no answer about all",
                                   hint="send fewer columns, or raise max_input_tokens of [ai]")  # fmt: skip
        return Answer(problem=problem, usage=usage)
    found = ({"part": place, "answer": each.value} for place, each in enumerate(answers, 1))
    words = f"{task.instruction}\n\n{_OF_PARTS}" if task.instruction else _OF_PARTS
    again = parts_of(found, max(most_rows or 0, 2) if most_rows else None, ask, replace(task, instruction=words))
    assert again is not None
    return replace(again, usage=usage + again.usage)


def _parts(rows: Iterable[dict[str, Any]], most_rows: int | None, most_tokens: int) -> Iterator[list[dict[str, Any]]]:
    """The rows in stretches that fit into a call, a row at least."""
    part: list[dict[str, Any]] = []
    tokens = 0
    for row in rows:
        size = tokens_of(json_text(row))
        if part and (tokens + size > most_tokens or (most_rows is not None and len(part) >= most_rows)):
            yield part
            part, tokens = [], 0
        part.append(row)
        tokens += size
    if part:
        yield part

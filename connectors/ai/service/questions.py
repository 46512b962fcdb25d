"""What is asked in one call of a service, and what is read out of its answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from connectors.ai.json_schema import ANSWER, ANSWERS, ROW
from connectors.ai.json_text import json_value
from connectors.problem import ConnectorProblem
from ir.records import dataclass


@dataclass(slots=True, kw_only=True)
class Question:
    """One item that has to be asked about, under all places where it stands."""

    key: str
    content: str
    tokens: int


def together(questions: Sequence[Question], most: int, most_tokens: int) -> Iterator[list[Question]]:
    """Questions that go into one call: so many at most, and no more than a call may be long."""
    some: list[Question] = []
    tokens = 0
    for each in questions:
        if some and (len(some) >= most or tokens + each.tokens > most_tokens):
            yield some
            some, tokens = [], 0
        some.append(each)
        tokens += each.tokens
    if some:
        yield some


def numbered(said: Any) -> dict[int, Any]:
    """The answers of a call about several items, by the numbers that they have there; of a number that is there twice
    with different answers none, as nobody knows which item the other one is about."""
    listed = said.get(ANSWERS) if isinstance(said, Mapping) else None
    found, doubtful = dict[int, Any](), set[int]()
    for each in listed if isinstance(listed, list) else ():
        number = each.get(ROW) if isinstance(each, Mapping) else None
        if isinstance(number, int) and not isinstance(number, bool):
            if number in found and found[number] != each.get(ANSWER):
                doubtful.add(number)
            found[number] = each.get(ANSWER)
    return {number: each for number, each in found.items() if number not in doubtful}


def document_of(text: str) -> Any:
    """The JSON of an answer, also where a model puts words or a fence around it; None where there is none."""
    with suppress(ValueError):
        return json_value(text)
    start, end = text.find("{"), text.rfind("}")
    with suppress(ValueError):
        return json_value(text[start : end + 1]) if 0 <= start < end else None
    return None


def unfit(message: str) -> ConnectorProblem:
    return ConnectorProblem("IR762", message)


def cut_off() -> ConnectorProblem:
    return ConnectorProblem("IR762", "the answer is cut off before its end", key=("constraints", "max_tokens"),
                            hint="raise max_tokens of constraints")  # fmt: skip

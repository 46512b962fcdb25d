"""The language's own templates as bodies: references and nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.templates.budget import Budget
from connectors.templates.language import FILLED, FillProblem, TemplateProblem
from connectors.templates.places import Medium, Misplaced, Place, places_of, written
from ir.records import dataclass
from ir.templates import Reference, TemplateSyntax, Unresolved, parse_template, resolve

_BLOCK = re.compile(r"\{%-?\s*(?:for|if|elif|else|endif|endfor|set|macro|include|raw)\b[^%]*%\}")
"""A block of Jinja, which people would read as it is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainTemplate:
    """Pieces of text and references with their places."""

    pieces: tuple[str | tuple[Reference, Place], ...]

    @property
    def references(self) -> Sequence[Reference]:
        return [each[0] for each in self.pieces if not isinstance(each, str)]

    @property
    def inner(self) -> Sequence[tuple[Reference, tuple[tuple[str, ...], ...]]]:
        return ()

    def fill(self, roots: Mapping[str, Any]) -> str:
        budget, made, filled = Budget(), [], roots.get(FILLED)
        try:
            for each in self.pieces:
                if isinstance(each, str):
                    made.append(each)
                else:
                    known = filled.get(str(each[0])) if filled else None
                    made.append(text := written(resolve(each[0], roots) if known is None else known, each[1]))
                    budget.put(text)
        except Unresolved as problem:
            raise FillProblem(problem.message) from problem
        return "".join(made)


def plain_template(text: str, medium: Medium) -> PlainTemplate:
    """The template that `text` is.

    Raises:
        TemplateProblem: it cannot be read, or a value stands where none may.
    """
    block = _BLOCK.search(text)
    if block is not None:
        raise TemplateProblem("{% … %} is no part of this language", block.span(),
                              hint="put the text into rendering.template, with engine: jinja")  # fmt: skip
    try:
        template = parse_template(text)
    except TemplateSyntax as problem:
        raise TemplateProblem(problem.message, (problem.start, problem.end)) from problem
    places = places_of(medium)
    pieces: list[str | tuple[Reference, Place]] = []
    for each in template.parts:
        if isinstance(each, str):
            places.feed(each)
            pieces.append(each)
            continue
        try:
            pieces.append((each, places.value()))
        except Misplaced as problem:
            raise TemplateProblem(str(problem), each.span) from problem
    return PlainTemplate(pieces=tuple(pieces))

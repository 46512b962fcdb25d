"""What messages say: the texts of one delivery, compiled once and filled for each message."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from connectors.files.report import Part, Provenance
from connectors.templates.language import BodyTemplate, TemplateProblem
from connectors.templates.plain import plain_template
from engine.hidden_columns import shown_rows
from engine.messages.names import Kind, Names, delivered_names
from engine.messages.stats import Stats, compile_stats
from engine.names import RunWords
from engine.output import Spools
from engine.report_parts import grouped_rows, sorted_by_rendering
from engine.spool import Rows
from ir.diagnostics import Pointer
from ir.model.deliveries import Message, MessageContent
from ir.model.rendering import Rendering
from ir.templates import Template, TemplateSyntax, parse_template
from ir.types import Schema
from transforms.expressions.window import Clock
from transforms.frame import Frame

if TYPE_CHECKING:
    from engine.compiler import Compiler
    from engine.messages.filling import MessageWriter

_ELEMENT = re.compile(
    r"(?i)</?(?:html|body|p|br|div|span|table|tr|td|th|ul|ol|li|h[1-6]|b|i|strong|em|a|img|hr)\b[^<>]*>"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageText:
    """The words of one message. `others` are the further texts asked for, by their key; one that is only a reference
    keeps its value's type."""

    subject: str
    text: str
    html: str | None = None
    others: Mapping[Hashable, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A body that somebody wrote."""

    template: BodyTemplate
    at: Pointer
    is_html: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageTexts:
    """The texts of one delivery. `frame` has the rows to hand over, in the order in which they are shown; those of
    groups come together."""

    kind: Kind
    frame: Frame
    at: Pointer
    rendering: Rendering
    locale: str
    part: Part
    keys: tuple[str, ...]
    columns: Schema
    """Of the delivered frame, shown or not; `frame` may have further ones."""
    names: Names
    stats: Stats
    subject: BodyTemplate | None
    body: Body | None
    others: Mapping[Hashable, Template]
    has_missing: bool
    """Whether rows that lack values have a section of their own."""

    @property
    def spooled(self) -> Sequence[tuple[Frame, str | None]]:
        """Further frames whose rows it shows, and the column they are split by."""
        return ()

    def begin(
        self, words: RunWords, rows: Rows, *, clock: Clock, spools: Spools | None = None,
        provenance: Provenance | None = None,
    ) -> MessageWriter:  # fmt: skip
        """What makes the messages, now that all rows of the delivery are there.

        `words` are those of the run, with the values of frames that texts name.
        """
        from engine.messages.filling import MessageWriter  # what a run needs, and no plan

        return MessageWriter(self, words, rows, clock=clock, spools=spools or {}, provenance=provenance)


def compile_texts(
    delivery: Message, kind: Kind, frame: Frame, compiler: Compiler, at: Pointer, *, name: str,
    group_by: Sequence[str] = (), others: Mapping[Hashable, tuple[Pointer, str]] | None = None,
    later: frozenset[str] = frozenset(),
) -> MessageTexts | None:  # fmt: skip
    """The texts of the delivery at `at`, whose rows are those of `frame`; None after errors at their places.

    `others` are texts beside subject and body, such as recipients and the strings of `config`. `later` are roots
    whose values come with each message, such as step_result.
    """
    rendering = compiler.workflow.rendering or Rendering()
    is_whole = delivery.input_source is None
    rows = sorted_by_rendering(frame, rendering, name, compiler) if rendering.sort_order and is_whole else frame
    rows = grouped_rows(rows, group_by, at, name, compiler)
    columns, place = delivery.columns, (*at, "columns")
    if columns is None and is_whole and rendering.columns_in_order:
        columns, place = rendering.columns_in_order, ("rendering", "columns_in_order")
    kept = compiler.building(place, name).known_columns(columns, frame.schema) if columns is not None else [
        each for each in frame.schema if each not in group_by
    ] or list(frame.schema)  # fmt: skip
    stats = compile_stats(rendering.summary_stats, rows, group_by, compiler, name)
    if not kept or stats is None:
        return None
    found = shown_rows(rows, kept, list(frame.schema), at, name, compiler)
    part = Part(
        columns=Schema((each, frame.schema[each]) for each in kept), formats=rows.formats_of(frame.schema),
        links=found.links, rules=found.rules,
    )  # fmt: skip
    names = Names(kind=kind, columns=frame.schema, delivered=delivered_names(delivery.input_source),
                  stats=stats.names, later=later)  # fmt: skip
    before = len(compiler.problems.errors)
    subject = _line(delivery.subject, (*at, "subject"), names, compiler)
    body = _body(delivery, rendering, at, names, compiler)
    texts = _others(others or {}, names, compiler)
    if len(compiler.problems.errors) > before:
        return None
    return MessageTexts(
        kind=kind, frame=found.frame, at=at, rendering=rendering, part=part, keys=tuple(group_by),
        locale=compiler.workflow.settings.locale or "en", columns=frame.schema, names=names, stats=stats,
        subject=subject, body=body, others=texts,
        has_missing=bool(getattr(delivery, "include_missing_section", None)),
    )  # fmt: skip


def _line(text: str | None, at: Pointer, names: Names, compiler: Compiler) -> BodyTemplate | None:
    """A text of one line, in which no table can stand."""
    if text is None:
        return None
    return _read(text, at, False, replace(names, tables=False), compiler)


def _body(delivery: Message, rendering: Rendering, at: Pointer, names: Names, compiler: Compiler) -> Body | None:
    written, place, is_html = delivery.body_template, (*at, "body_template"), None
    content = getattr(delivery, "content", None)
    if written is None and isinstance(content, MessageContent):
        written, place = content.body, (*at, "content", "body")
        is_html = content.format == "html" if content.format is not None else None
    elif written is None and content is not None:
        written, place = content, (*at, "content")
    if written is None:
        return None
    html = looks_like_html(written) if is_html is None else is_html
    template = _read(written, place, html, names, compiler)
    return None if template is None else Body(template=template, at=place, is_html=html)


def looks_like_html(text: str) -> bool:
    """Whether a body that nobody named the kind of has elements of HTML in it."""
    return _ELEMENT.search(text) is not None


def _read(text: str, at: Pointer, is_html: bool, names: Names, compiler: Compiler) -> BodyTemplate | None:
    try:
        template = plain_template(text, "html" if is_html else "text")
    except TemplateProblem as problem:
        compiler.problems.error("IR111", problem.message, at=at, within=problem.span, hint=problem.hint)
        return None
    return template if names.check(template.references, at, compiler) else None


def _others(
    others: Mapping[Hashable, tuple[Pointer, str]], names: Names, compiler: Compiler
) -> dict[Hashable, Template]:
    found = {}
    said = replace(names, tables=False)
    for key, (at, text) in others.items():
        try:
            template = parse_template(text)
        except TemplateSyntax as problem:
            compiler.problems.error("IR111", problem.message, at=at, within=(problem.start, problem.end))
            continue
        if said.check(template.references, at, compiler):
            found[key] = template
    return found

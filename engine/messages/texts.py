"""What messages say: the texts of one delivery, compiled once and filled for each message."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any, Literal

from connectors.files.report import Part, Provenance
from connectors.templates.language import BodyTemplate, TemplateProblem
from connectors.templates.languages import Engine, body_template
from connectors.templates.places import Medium
from connectors.templates.plain import PlainTemplate
from engine.messages.names import Kind, Names
from engine.messages.sections import sections_of
from engine.messages.stats import Stats, compile_stats
from engine.names import RunWords
from engine.output import Spools
from engine.report_parts import CompiledPart
from engine.report_texts import texts_of
from engine.spool import Rows
from engine.wording import render_words
from ir.diagnostics import Pointer, did_you_mean
from ir.document import Document
from ir.model.deliveries import Message, MessageContent
from ir.model.rendering import Rendering
from ir.records import dataclass
from ir.templates import Every, Template, TemplateSyntax, parse_template
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
class Written:
    """A body, or what stands for the rows in one, that somebody wrote."""

    template: BodyTemplate
    at: Pointer
    medium: Medium


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageTexts:
    """The texts of one delivery. `frame` has the rows, `part` is the table of them that bodies show.

    `body` is the delivery's own, `rendered` the rendering's template: the body where the delivery has none.
    """

    kind: Kind
    at: Pointer
    document: Document
    rendering: Rendering
    locale: str
    frame: Frame
    part: Part
    columns: Schema
    """Of the delivered frame, shown or not; `frame` may have further ones."""
    names: Names
    stats: Stats
    subject: BodyTemplate | None
    body: Written | None
    rendered: Written | None
    sections: tuple[CompiledPart, ...]
    others: Mapping[Hashable, Template]
    has_missing: bool
    """Whether rows that lack values have a section of their own."""
    is_chat: bool = False
    """Whether its text is that of a chat with markup, which no value may make."""

    @property
    def spooled(self) -> Sequence[tuple[Frame, str | None]]:
        """Further frames whose rows it shows, and the column that they are split by."""
        return [(each.frame, each.split) for each in self.sections]

    @property
    def reads_rows(self) -> Literal["none", "first", "all"]:
        """Whether a text goes through the rows themselves: only to the first of them, or to the last."""
        found: Literal["none", "first", "all"] = "none"
        written = [self.subject, *(each.template for each in (self.body, self.rendered) if each is not None)]
        named = [*self.names.delivered, "rows"]
        for template in written:
            for each in () if template is None else (*template.references, *(one for one, _ in template.inner)):
                if each.root not in named and each.path[:2] != ("group", "items"):
                    continue
                is_plain = isinstance(template, PlainTemplate)
                if not is_plain or any(isinstance(part, Every) or part == -1 for part in each.path):
                    return "all"
                found = "first"
        for other in self.others.values():
            if any(each.root in named or each.path[:2] == ("group", "items") for each in other.references):
                return "all"
        return found

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
    delivery: Message, kind: Kind, frame: Frame, part: Part, compiler: Compiler, at: Pointer, *, name: str,
    delivered: frozenset[str], group_by: Sequence[str] = (),
    others: Mapping[Hashable, tuple[Pointer, str]] | None = None, later: frozenset[str] = frozenset(),
    is_chat: bool = False,
) -> MessageTexts | None:  # fmt: skip
    """The texts of the delivery at `at`, whose rows are those of `frame`; None after errors at their places.

    `delivered` are the names of the frame, `others` texts beside subject and body, such as recipients. `later` are
    roots whose values come with each message, such as step_result. With `is_chat` no value may make markup of the text.
    """
    rendering = compiler.workflow.rendering or Rendering()
    beside = {*part.links.values(), *(each.where for rules in part.rules.values() for each in rules)}
    columns = Schema((each, kind_) for each, kind_ in frame.schema.items()
                     if each not in beside or each in part.columns)  # fmt: skip
    before = len(compiler.problems.errors)
    stats = compile_stats(rendering.summary_stats, frame, columns, group_by, compiler, name)
    names = Names(kind=kind, columns=columns, delivered=delivered, stats=stats.names, later=later)
    subject = None
    if delivery.subject is not None:
        subject = _read(delivery.subject, (*at, "subject"), "none", "text", replace(names, tables=False), compiler)
    text: Medium = "chat" if is_chat else "text"
    body, rendered = _body(delivery, at, text, names, compiler), _rendered(rendering, text, names, compiler)
    texts = _others(others or {}, names, compiler)
    sections = sections_of(rendering, kind, group_by, at, compiler)
    _check_words(rendering, names, compiler)
    if len(compiler.problems.errors) > before:
        return None
    return MessageTexts(
        kind=kind, at=at, document=compiler.document, rendering=rendering, frame=frame, part=part, columns=columns,
        locale=compiler.workflow.settings.locale or "en", names=names, stats=stats,
        subject=subject, body=body, rendered=rendered, sections=tuple(sections), others=texts,
        has_missing=bool(getattr(delivery, "include_missing_section", None)), is_chat=is_chat,
    )  # fmt: skip


def _body(delivery: Message, at: Pointer, plain: Medium, names: Names, compiler: Compiler) -> Written | None:
    """The delivery's own body: in the language's own templates, HTML where it has elements of it, else `plain`."""
    text, place = delivery.body_template, (*at, "body_template")
    medium: Medium | None = None
    content = getattr(delivery, "content", None)
    if text is None and isinstance(content, MessageContent):
        text, place = content.body, (*at, "content", "body")
        medium = _medium_named(content, at, compiler)
        medium = plain if medium == "text" else medium
    elif text is None and content is not None:
        text, place = content, (*at, "content")
    if text is None:
        return None
    medium = medium or ("html" if looks_like_html(text) else plain)
    template = _read(text, place, "none", medium, names, compiler)
    return None if template is None else Written(template=template, at=place, medium=medium)


def _medium_named(content: MessageContent, at: Pointer, compiler: Compiler) -> Literal["html", "text"] | None:
    match (content.format or "").lower():
        case "":
            return None
        case "html" | "text/html":
            return "html"
        case "text" | "plain" | "text/plain":
            return "text"
    compiler.problems.error("IR204", f'"{content.format}" is not one of html, text', at=(*at, "content", "format"),
                            hint=did_you_mean(content.format or "", ["html", "text"]))  # fmt: skip
    return None


def _rendered(rendering: Rendering, plain: Medium, names: Names, compiler: Compiler) -> Written | None:
    """The rendering's template, in the language that it names."""
    text, at = rendering.template, ("rendering", "template")
    if text is None:
        return None
    medium: Medium = "html" if looks_like_html(text) else plain
    if rendering.type in {"json", "csv"}:
        medium = "json" if rendering.type == "json" else plain
    names = replace(names, in_language=rendering.engine != "none")
    template = _read(text, at, rendering.engine, medium, names, compiler)
    return None if template is None else Written(template=template, at=at, medium=medium)


def looks_like_html(text: str) -> bool:
    """Whether a body that nobody named the kind of has elements of HTML in it."""
    return _ELEMENT.search(text) is not None


def _read(
    text: str, at: Pointer, engine: Engine, medium: Medium, names: Names, compiler: Compiler
) -> BodyTemplate | None:
    try:
        template = body_template(text, engine, medium)
    except TemplateProblem as problem:
        compiler.problems.error("IR111", problem.message, at=at, within=problem.span, hint=problem.hint)
        return None
    return template if names.check(template, at, compiler) else None


def _others(
    others: Mapping[Hashable, tuple[Pointer, str]], names: Names, compiler: Compiler
) -> dict[Hashable, Template]:
    found = {}
    for key, (at, text) in others.items():
        try:
            template = parse_template(text)
        except TemplateSyntax as problem:
            compiler.problems.error("IR111", problem.message, at=at, within=(problem.start, problem.end))
            continue
        if replace(names, tables=False).check(template, at, compiler):
            found[key] = template
    return found


def _check_words(rendering: Rendering, names: Names, compiler: Compiler) -> None:
    """The title and the other words of the rendering: they may also count, and name the group."""
    words = compiler.words
    for at, text in texts_of(rendering):
        if at[1] == "sections" and rendering.type != "report":
            continue
        compiler.texts.read(text, at, compiler)
        values = {**compiler.texts.texts(None, locale="en", timezone=words.timezone), **names.said({})}
        render_words(text, replace(words, values=values), compiler.problems, at=at)

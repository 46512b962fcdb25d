"""Messages made of their texts and rows: compiled once, filled for each row, each group, or all of them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from connectors.files.mail_body import MOST_ROWS, mail_page, message_page
from connectors.files.report import Provenance, Report
from connectors.messages.message import TEXT_WORDS
from connectors.problem import ConnectorProblem
from connectors.templates.finishing import Tables, from_html, from_text
from connectors.templates.html_words import words_of
from connectors.templates.language import FILLED, BodyTemplate, FillProblem
from connectors.templates.places import for_chat
from connectors.templates.posted import filled_chat, filled_json, filled_url, is_json
from connectors.templates.values import Row, cleaned, text_for_people
from engine.messages import kinds
from engine.messages.kinds import About
from engine.messages.names import COUNTS, run_roots
from engine.messages.sections import SectionRows
from engine.messages.shown import ShownRows
from engine.messages.texts import MessageText, MessageTexts, Written
from engine.names import RunWords
from engine.output import Spools
from engine.spool import Rows, facts_of
from engine.text_values import LENGTHS
from engine.worded_report import worded_part
from engine.wording import render_words
from ir.diagnostics import Pointer, Problems
from ir.templates import Template, Unresolved, render
from transforms.expressions.window import Clock

MOST_SUBJECT = 250
KEPT_ROWS = 10_000
"""Rows that a template may go through."""


class MessageWriter:
    """Makes the messages of one delivery. What goes wrong with one is raised and stops no other."""

    def __init__(
        self, texts: MessageTexts, words: RunWords, rows: Rows, *, clock: Clock, spools: Spools,
        provenance: Provenance | None,
    ) -> None:  # fmt: skip
        self._texts, self._words, self._rows, self._clock = texts, words, rows, clock
        self._sections = SectionRows(texts.sections, spools)
        self._reads = texts.reads_rows
        self._shown = ShownRows(texts.columns, texts.frame.formats, locale=texts.locale, timezone=words.timezone)
        self._roots = {**run_roots(words), "total_count": rows.rows}
        self._stats = texts.stats.of(rows, clock, locale=texts.locale, timezone=words.timezone)
        self._report = Report(
            columns=texts.part.columns, formats=texts.part.formats, parts=(texts.part,), workflow=words.workflow,
            generated_at=words.now, locale=texts.locale, timezone=words.timezone, provenance=provenance,
        )  # fmt: skip
        said = [getattr(texts.rendering, key) for key in ("title", "subtitle", "empty_message")]
        self._is_fixed = not any("{{" in each for each in said if each)
        if self._is_fixed:
            self._report = self._worded(words)

    def items(self, batch: pl.DataFrame) -> Sequence[Row]:
        """The batch's rows as `item` takes them."""
        return self._shown.rows(batch)

    def item(self, row: Row, **later: Any) -> MessageText:
        """The message about one row.

        Raises:
            ConnectorProblem: it cannot be made from this row.
        """
        roots = {**self._common((), self._rows), **dict.fromkeys(self._texts.names.delivered, row), **later, **row,
                 "item": row, "rows": [row]}  # fmt: skip
        about = self._about(self._rows, roots, row)
        needs_raw = bool(self._texts.others)
        raw = {**roots, **row.raw(), "item": row.raw()} if needs_raw else roots
        return self._message(about, roots, raw, ())

    def group(
        self, key: tuple[Any, ...], rows: Rows, *, found_under: tuple[Any, ...] | None = None, **later: Any
    ) -> MessageText:
        """The message about the rows of a group; `key` are the values of the columns it is grouped by, or what is
        said in place of those that are missing in `found_under`.

        Raises:
            ConnectorProblem: it cannot be made from these rows.
        """
        name = ", ".join(text_for_people(each) for each in key)
        value = key[0] if len(key) == 1 else name
        some = self._some(rows)
        under = key if found_under is None else found_under
        roots = {**self._common(under, rows), "group": {"key": value, "items": some}, "group_key": value,
                 "group_name": name, "rows": some, **self._delivered(some), **later}  # fmt: skip
        return self._message(self._about(rows, roots), roots, roots, under)

    def summary(self, **later: Any) -> MessageText:
        """The message about all rows.

        Raises:
            ConnectorProblem: it cannot be made from these rows.
        """
        some = self._some(self._rows)
        roots = {**self._common((), self._rows), "rows": some, **self._delivered(some), **later}
        return self._message(self._about(self._rows, roots), roots, roots, ())

    def _delivered(self, some: list[Row]) -> dict[str, Any]:
        """The rows under the frame's own name, for loops; single values of it are computed by the plan."""
        return dict.fromkeys(self._texts.names.delivered, some)

    def _common(self, key: tuple[Any, ...], rows: Rows) -> dict[str, Any]:
        figures = self._stats.get(key) or dict.fromkeys(self._texts.stats.computed)
        counts = {name: rows.rows for name in (*COUNTS, *self._texts.stats.counted) if name != "total_count"}
        lengths = {f"{each}.{word}": str(rows.rows) for each in ("rows", "group.items") for word in LENGTHS}
        lengths |= {f"{each}.{word}": str(self._rows.rows) for each in self._texts.names.delivered for word in LENGTHS}
        return {**self._roots, **figures, **counts, FILLED: {**self._words.values, **lengths}}

    def _some(self, rows: Rows) -> list[Row]:
        """The rows that a template may go through; none where no template does."""
        found: list[Row] = []
        if self._reads == "none":
            return found
        if self._reads == "all" and rows.rows > KEPT_ROWS:
            raise ConnectorProblem(
                "IR670", f"its template goes through {rows.rows:,} rows, and {KEPT_ROWS:,} is the most",
                hint="put a limit before it, or attach the rows as a file",
            )  # fmt: skip
        for batch in rows.batches():
            found += self._shown.rows(batch.head(KEPT_ROWS - len(found)))
            if len(found) >= KEPT_ROWS:
                break
        return found

    def _about(self, rows: Rows, roots: Mapping[str, Any], row: Row | None = None) -> About:
        stats = self._texts.stats
        report = self._report
        if not self._is_fixed:
            report = self._worded(replace(self._words, values={**self._words.values, **self._texts.names.said(roots)}))
        figures = {stats.labels[name]: roots[name] for name in stats.names}
        return About(report=report, part=self._texts.part, rows=rows, row=row, figures=figures)

    def _message(
        self, about: About, roots: Mapping[str, Any], raw: Mapping[str, Any], key: tuple[Any, ...]
    ) -> MessageText:
        """The message, its texts filled in."""
        texts = self._texts
        subject, others = self._subject(roots, about.report), self._others(raw)

        def page(inside: str) -> str:
            return message_page(about.report, inside)

        def rendered() -> tuple[str, str]:
            return self._rendered(about, roots, key)

        missing = kinds.missing(about) if texts.has_missing else ("", "")
        more = f"\n{self._of_data(missing[1])}\n" if missing[1] else ""
        if texts.body is not None:
            tables = Tables({"rendered_table": rendered, "html_table": lambda: self._shielded(kinds.table(about))})
            html, text = self._finished(texts.body, roots, tables, lambda inside: page(inside + missing[0]))
            return MessageText(subject=subject, text=text + more, html=html, others=others)
        if texts.rendered is None and texts.rendering.type in kinds.TEXTS:
            text = self._of_data(kinds.TEXTS[texts.rendering.type](about))
            return MessageText(subject=subject, text=text, others=others)
        if texts.rendered is not None:
            tables = self._tables(about)
            if texts.rendering.type in kinds.TEXTS:
                filled = self._filled(texts.rendered, roots, tables)
                filled = self._of_data(filled) if texts.rendered.medium == "json" else filled
                return MessageText(subject=subject, text=filled.strip("\n") + "\n", others=others)
            html, text = self._finished(texts.rendered, roots, tables, lambda inside: page(inside + missing[0]))
            return MessageText(subject=subject, text=text + more, html=html, others=others)
        html, text = self._of_rows(about, roots, key)
        made = mail_page(about.report, html + missing[0], "\n" + text + (f"\n\n{missing[1]}" if missing[1] else ""))
        return MessageText(subject=subject, text=self._of_data(made.text), html=made.html, others=others)

    def _of_data(self, text: str) -> str:
        """A text that is made of data, in which nothing is markup."""
        return for_chat(text) if self._texts.is_chat else text

    def _shielded(self, both: tuple[str, str]) -> tuple[str, str]:
        return both[0], self._of_data(both[1])

    def _tables(self, about: About) -> Tables:
        """What the rendering's own template may put in."""
        return Tables(dict.fromkeys(("rendered_table", "html_table"), lambda: self._shielded(kinds.table(about))))

    def _finished(self, body: Written, roots: Mapping[str, Any], tables: Tables, page: Any) -> tuple[str, str]:
        filled = self._filled(body, roots, tables)
        if body.medium != "html":
            return from_text(filled, tables, page)
        return from_html(filled, tables, page, words=lambda html: self._of_data(words_of(html)))

    def _rendered(self, about: About, roots: Mapping[str, Any], key: tuple[Any, ...]) -> tuple[str, str]:
        """What `rendered_table` stands for: the rows as the rendering says."""
        texts = self._texts
        if texts.rendered is not None:
            tables = self._tables(about)
            if texts.rendering.type in kinds.TEXTS:
                filled = self._filled(texts.rendered, roots, tables)
                return kinds.preformatted(filled), filled
            return self._finished(texts.rendered, roots, tables, lambda inside: inside)
        return self._shielded(self._of_rows(about, roots, key))

    def _of_rows(self, about: About, roots: Mapping[str, Any], key: tuple[Any, ...]) -> tuple[str, str]:
        """The rows as the rendering's kind shows them."""
        texts = self._texts
        if texts.rendering.type in kinds.TEXTS:
            text = kinds.TEXTS[texts.rendering.type](about)
            return kinds.preformatted(text), text
        if texts.sections:
            return self._report_of(about, roots, key)
        return kinds.KINDS.get(texts.rendering.type, kinds.table_with_figures)(about)

    def _report_of(self, about: About, roots: Mapping[str, Any], key: tuple[Any, ...]) -> tuple[str, str]:
        words = replace(self._words, values={**self._words.values, **self._texts.names.said(roots)})
        problems = Problems(self._texts.document)
        parts = [worded_part(each, words, problems) for each in self._texts.sections]
        rows = self._sections.of(key)
        known = [facts_of(compiled, part, each, self._clock)
                 for compiled, part, each in zip(self._texts.sections, parts, rows, strict=True)]  # fmt: skip
        heads = [replace(about, part=part, rows=each).head(MOST_ROWS)
                 for part, each in zip(parts, rows, strict=True)]  # fmt: skip
        return kinds.sections(parts, known, heads, about.report)

    def _filled(self, body: Written, roots: Mapping[str, Any], tables: Tables) -> str:
        return _filled(body.template, {**roots, **tables.roots()}, body.at, self._texts.at)

    def _subject(self, roots: Mapping[str, Any], report: Report) -> str:
        """One line of no more than MOST_SUBJECT characters."""
        template = self._texts.subject
        if template is None:
            name = text_for_people(roots.get("group_name"))
            text = f"{report.heading}: {name}" if name else report.heading
        else:
            text = _filled(template, roots, (*self._texts.at, "subject"), self._texts.at)
        line = " ".join(cleaned(text).split())
        return line if len(line) <= MOST_SUBJECT else line[: MOST_SUBJECT - 1] + "…"

    def _others(self, roots: Mapping[str, Any]) -> dict[Hashable, Any]:
        found: dict[Hashable, Any] = {}
        for key, template in self._texts.others.items():
            try:
                is_chat = self._texts.is_chat and isinstance(key, tuple) and key[-1] in TEXT_WORDS
                found[key] = filled_chat(template, roots) if is_chat else _other(key, template, roots)
            except (Unresolved, FillProblem) as problem:
                raise ConnectorProblem("IR670", str(problem)) from problem
        return found

    def _worded(self, words: RunWords) -> Report:
        """The report with its words filled in."""
        problems = Problems(self._texts.document)

        def said(key: str) -> str | None:
            text = getattr(self._texts.rendering, key)
            return render_words(text, words, problems, at=("rendering", key)) if text else None

        return replace(self._report, title=said("title"), subtitle=said("subtitle"),
                       empty_message=said("empty_message"))  # fmt: skip


def _other(key: Hashable, template: Template, roots: Mapping[str, Any]) -> Any:
    """A text beside the body: an address keeps its path, JSON its form, whatever the values hold."""
    match key:
        case ("config", "url"):
            return filled_url(template, roots)
        case ("config", "body") if is_json(template):
            return filled_json(template, roots)
    return render(template, roots)


def _filled(template: BodyTemplate, roots: Mapping[str, Any], at: Pointer, delivery: Pointer) -> str:
    try:
        return template.fill(roots)
    except FillProblem as problem:
        inside = at[: len(delivery)] == delivery
        raise ConnectorProblem("IR670", str(problem), key=tuple(at[len(delivery) :]) if inside else (),
                               notes=() if inside else ("in rendering.template",)) from problem  # fmt: skip

"""Messages made of their texts and rows: compiled once, filled for each row, each group, or all of them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import polars as pl

from connectors.files.mail_body import first_rows, mail_body, message_page, part_markup
from connectors.files.mail_text import text_of as part_text
from connectors.files.report import Facts, Provenance, Report
from connectors.problem import ConnectorProblem
from connectors.templates.finishing import Tables, from_html, from_text
from connectors.templates.language import BodyTemplate, FillProblem
from connectors.templates.values import Row, cleaned, text_for_people
from engine.messages.names import run_roots
from engine.messages.shown import ShownRows
from engine.messages.texts import MessageText, MessageTexts
from engine.names import RunWords
from engine.output import Spools
from engine.spool import Rows
from ir.diagnostics import Pointer
from ir.templates import Unresolved, render
from transforms.expressions.window import Clock

MOST_SUBJECT = 250
MOST_ROWS = 500
KEPT_ROWS = 10_000
"""Rows that a template may go through."""


class MessageWriter:
    """Makes the messages of one delivery. What goes wrong with one is raised and stops no other."""

    def __init__(
        self, texts: MessageTexts, words: RunWords, rows: Rows, *, clock: Clock, spools: Spools,
        provenance: Provenance | None,
    ) -> None:  # fmt: skip
        self._texts, self._words, self._rows, self._spools = texts, words, rows, spools
        self._shown = ShownRows(texts.columns, texts.part.formats, locale=texts.locale, timezone=words.timezone)
        self._roots = run_roots(words)
        self._stats = texts.stats.of(rows, clock, locale=texts.locale, timezone=words.timezone)
        self._report = Report(
            columns=texts.part.columns, formats=texts.part.formats, parts=(texts.part,), workflow=words.workflow,
            generated_at=words.now, locale=texts.locale, timezone=words.timezone, provenance=provenance,
        )  # fmt: skip

    def items(self, batch: pl.DataFrame) -> ItemWriter:
        """The messages of a batch's rows, each made when it is asked for."""
        return ItemWriter(self, batch, self._shown.rows(batch))

    def group(self, key: tuple[Any, ...], rows: Rows, **later: Any) -> MessageText:
        """The message about the rows of a group; `key` are the values of the columns it is grouped by.

        Raises:
            ConnectorProblem: it cannot be made from these rows.
        """
        return self._about(rows, self._group_roots(key, rows), key, later)

    def summary(self, **later: Any) -> MessageText:
        """The message about all rows.

        Raises:
            ConnectorProblem: it cannot be made from these rows.
        """
        return self._about(self._rows, {}, (), later)

    def _group_roots(self, key: tuple[Any, ...], rows: Rows) -> dict[str, Any]:
        name = ", ".join(text_for_people(each) for each in key)
        value = key[0] if len(key) == 1 else name
        return {"group": {"key": value, "items": self._some(rows)}, "group_key": value, "group_name": name}

    def _some(self, rows: Rows) -> list[Row]:
        """The rows that a template may go through."""
        found: list[Row] = []
        for batch in rows.batches():
            found += self._shown.rows(batch.head(KEPT_ROWS - len(found)))
            if len(found) >= KEPT_ROWS:
                break
        return found

    def _about(
        self, rows: Rows, more: Mapping[str, Any], key: tuple[Any, ...], later: Mapping[str, Any]
    ) -> MessageText:
        figures = self._stats.get(key) or self._stats.get(()) or {}
        roots = {**self._roots, **figures, "count": rows.rows, "total_count": self._rows.rows, **more, **later}
        report = self._said(roots)
        head = _head(rows, MOST_ROWS)
        facts = Facts(rows=rows.rows)

        def table() -> tuple[str, str]:
            shown, note = first_rows(facts, head, MOST_ROWS)
            return (part_markup(self._texts.part, facts, report, shown, note),
                    part_text(self._texts.part, facts, report, shown, note).lstrip("\n"))  # fmt: skip

        tables = Tables({"rendered_table": table, "html_table": table})
        if self._texts.body is not None:
            html, text = self._body(roots, tables, report)
        else:
            made = mail_body(report, [(facts, head)], most_rows=MOST_ROWS)
            html, text = made.html, made.text
        return MessageText(subject=self.subject(roots, report), text=text, html=html, others=self.others(roots))

    def item(self, row: Row, later: Mapping[str, Any]) -> MessageText:
        """The message about one row."""
        texts = self._texts
        figures = self._stats.get(()) or {}
        roots = {**self._roots, "count": self._rows.rows, "total_count": self._rows.rows, **figures, **later,
                 **row, "item": row}  # fmt: skip
        report = self._said(roots)

        def table() -> tuple[str, str]:
            lines = [(name, text_for_people(row[name])) for name in texts.part.columns]
            return "", "\n".join(f"{name}: {text}" for name, text in lines)

        tables = Tables({"rendered_table": table, "html_table": table})
        if texts.body is not None:
            html, text = self._body(roots, tables, report)
        else:
            html, text = from_text(
                f"{tables.roots()['html_table']}", tables, lambda inside: message_page(report, inside)
            )
        return MessageText(subject=self.subject(roots, report), text=text, html=html,
                           others=self.others(roots, {**roots, **row.raw(), "item": row.raw()}))  # fmt: skip

    def _body(self, roots: Mapping[str, Any], tables: Tables, report: Report) -> tuple[str, str]:
        body = self._texts.body
        assert body is not None
        filled = _filled(body.template, {**roots, **tables.roots()}, body.at, self._texts.at)
        finish = from_html if body.is_html else from_text
        return finish(filled, tables, lambda inside: message_page(report, inside))

    def subject(self, roots: Mapping[str, Any], report: Report) -> str:
        """One line of no more than MOST_SUBJECT characters."""
        template = self._texts.subject
        if template is None:
            text = report.heading
            if name := roots.get("group_name"):
                text = f"{text}: {name}"
        else:
            text = _filled(template, roots, (*self._texts.at, "subject"), self._texts.at)
        line = " ".join(cleaned(text).split())
        return line if len(line) <= MOST_SUBJECT else line[: MOST_SUBJECT - 1] + "…"

    def others(self, roots: Mapping[str, Any], raw: Mapping[str, Any] | None = None) -> dict[Hashable, Any]:
        """The further texts that were asked for."""
        found: dict[Hashable, Any] = {}
        for key, template in self._texts.others.items():
            try:
                found[key] = render(template, raw or roots)
            except Unresolved as problem:
                raise ConnectorProblem("IR670", problem.message) from problem
        return found

    def _said(self, roots: Mapping[str, Any]) -> Report:
        """The report with its words filled in."""
        return self._report


def _filled(template: BodyTemplate, roots: Mapping[str, Any], at: Pointer, delivery: Pointer) -> str:
    try:
        return template.fill(roots)
    except FillProblem as problem:
        raise ConnectorProblem("IR670", str(problem), key=tuple(at[len(delivery) :])) from problem


def _head(rows: Rows, most: int) -> pl.DataFrame:
    found: list[pl.DataFrame] = []
    left = most
    for batch in rows.batches():
        found.append(batch.head(left))
        left -= found[-1].height
        if left <= 0:
            break
    return pl.concat(found) if found else rows.scan().collect()


class ItemWriter:
    """The messages of a batch's rows."""

    def __init__(self, writer: MessageWriter, batch: pl.DataFrame, rows: list[Row]) -> None:
        self._writer, self._rows = writer, rows

    def __len__(self) -> int:
        return len(self._rows)

    def text(self, index: int, **later: Any) -> MessageText:
        """The message about the batch's row of that number.

        Raises:
            ConnectorProblem: it cannot be made from this row.
        """
        return self._writer.item(self._rows[index], later)

"""The bodies that `rendering.type` names: what stands for the rows of a message where nobody wrote a template."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

import polars as pl

from connectors.files.mail_body import MOST_ROWS, first_rows, part_markup
from connectors.files.mail_look import ACCENT, BAND, INK, QUIET, RULE
from connectors.files.mail_text import text_of
from connectors.files.report import STREAMED, Facts, Part, Report
from connectors.files.text_width import one_line
from connectors.files.writing import WriteOptions, open_writer
from connectors.problem import ConnectorProblem
from connectors.templates.budget import MOST_CHARACTERS
from connectors.templates.places import Place, written
from connectors.templates.values import Row, cleaned, text_for_people
from engine.spool import Rows
from ir import types as t
from ir.records import dataclass
from transforms.expressions.polars_columns import all_exact, exact
from transforms.frame import free_name

ALERT_ROWS, LONGEST_CELL = 5, 1000
_ALERT, _ALERT_BAND = "#b3541e", "#fdf5ef"
ROWS = "Rows"
"""The label of how many there are."""
Both = tuple[str, str]
"""A piece of a body as HTML and as plain text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What one message is about: its rows, or its one row, with the figures to show."""

    report: Report
    part: Part
    rows: Rows
    figures: Mapping[str, Any]
    """{label: figure}."""
    row: Row | None = None

    def head(self, most: int) -> pl.DataFrame:
        """The first rows; cells that are very long are cut."""
        found: list[pl.DataFrame] = []
        left = most
        for batch in self.rows.batches():
            found.append(batch.head(left))
            left -= found[-1].height
            if left <= 0:
                break
        rows = pl.concat(found) if found else self.rows.scan().collect()
        long = [name for name, kind in self.part.columns.items() if kind == t.String()]
        return rows.with_columns(_cut(exact(name)).alias(name) for name in long)


def _cut(cell: pl.Expr) -> pl.Expr:
    return pl.when(cell.str.len_chars() > LONGEST_CELL).then(cell.str.head(LONGEST_CELL) + " …").otherwise(cell)


def table(about: About, most: int = MOST_ROWS) -> Both:
    """The rows as a table; one row as a list of its columns."""
    if about.row is not None:
        return _one_row(about.row, about.part)
    facts = Facts(rows=about.rows.rows)
    shown, note = first_rows(facts, about.head(most), most)
    return (part_markup(about.part, facts, about.report, shown, note),
            text_of(about.part, facts, about.report, shown, note).strip("\n"))  # fmt: skip


def _one_row(row: Row, part: Part) -> Both:
    said = [(one_line(name), cleaned(text_for_people(row[name]))) for name in part.columns]
    said = [(name, text if len(text) <= LONGEST_CELL else text[:LONGEST_CELL] + " …") for name, text in said]
    room = f"padding:6px 10px;border-bottom:1px solid {RULE};vertical-align:top"
    lines = "".join(
        f'<tr><th scope="row" style="{room};text-align:start;font-weight:normal;color:{QUIET};white-space:nowrap">'
        f'{escape(name)}</th><td style="{room}">{_linked(row, name, part, text)}</td></tr>\n'
        for name, text in said
    )  # fmt: skip
    width = max((len(name) for name, _ in said), default=0) + 1
    return (f'<table cellpadding="0" cellspacing="0" style="border-collapse:collapse;margin:0 0 12px;font-size:14px;'
            f'color:{INK}">\n<tbody>\n{lines}</tbody>\n</table>\n',
            "\n".join(f"{name + ':':<{width}} {' '.join(text.split())}".rstrip() for name, text in said))  # fmt: skip


def _linked(row: Row, name: str, part: Part, text: str) -> str:
    inside = escape(text).replace("\n", "<br>\n")
    how = part.format_of(name)
    if how.style == "link" and how.url is None:
        address = written(text_for_people(row[name]), Place.ADDRESS)
        return f'<a href="{address}">{inside}</a>' if address != "#" else inside
    return inside


def figures(about: About) -> Both:
    """The figures as a list, the numbers large enough to be read at a glance."""
    said = [(name, cleaned(text_for_people(each)) or "–") for name, each in about.figures.items()]
    if not said:
        return "", ""
    cells = "".join(
        f'<tr><td style="padding:6px 24px 6px 0;border-bottom:1px solid {RULE};color:{QUIET}">{escape(name)}</td>'
        f'<td style="padding:6px 0;border-bottom:1px solid {RULE};text-align:right;font-size:18px;font-weight:bold;'
        f'color:{ACCENT};white-space:nowrap">{escape(text)}</td></tr>\n'
        for name, text in said
    )  # fmt: skip
    widths = max(len(name) for name, _ in said) + 1, max(len(text) for _, text in said)
    return (f'<table cellpadding="0" cellspacing="0" style="border-collapse:collapse;margin:0 0 20px;font-size:14px;'
            f'color:{INK}">\n<tbody>\n{cells}</tbody>\n</table>\n',
            "\n".join(f"{name + ':':<{widths[0]}}  {text:>{widths[1]}}" for name, text in said))  # fmt: skip


def alert(about: About) -> Both:
    """How many rows there are, in a box that cannot be overlooked, and the first of them."""
    count = about.rows.rows
    said = "One row" if about.row is not None or count == 1 else f"{count:,} rows" if count else (
        about.report.empty_message or "No rows")  # fmt: skip
    box = (
        f'<div style="margin:0 0 16px;padding:12px 16px;border-left:4px solid {_ALERT};background-color:{_ALERT_BAND};'
        f'font-size:16px;font-weight:bold;color:{_ALERT}">{escape(said)}</div>\n'
    )
    markup, text = figures(replace(about, figures={name: each for name, each in about.figures.items() if name != ROWS}))
    rest = table(about, ALERT_ROWS) if about.row is not None or count else ("", "")
    return box + markup + rest[0], "\n\n".join(each for each in (f"! {said}", text, rest[1]) if each)


def block(about: About) -> Both:
    """The figures and nothing else; where none are named, how many rows there are."""
    return figures(about if about.figures else replace(about, figures={ROWS: about.rows.rows}))


def table_with_figures(about: About) -> Both:
    """The figures, where there are some, above the table."""
    markup, text = figures(about)
    rows = table(about)
    return markup + rows[0], f"{text}\n\n{rows[1]}" if text else rows[1]


def json_text(about: About) -> str:
    """The rows as a JSON array, one row as an object."""
    if about.row is not None:
        raw = about.row.raw()
        inside = ", ".join(f"{written(name, Place.JSON)}: {written(raw[name], Place.JSON)}"
                           for name in about.part.columns)  # fmt: skip
        return f"{{{inside}}}\n"
    return _as_file(about, "json")


def csv_text(about: About) -> str:
    """The rows as CSV with their header."""
    if about.row is None:
        return _as_file(about, "csv")
    raw, lines = about.row.raw(), io.StringIO()
    names = list(about.part.columns)
    csv.writer(lines, lineterminator="\n").writerows([names, [text_for_people(raw[name]) for name in names]])
    return lines.getvalue()


def _as_file(about: About, kind: str) -> str:
    """The very text that a file of the rows would have."""
    report = replace(about.report, columns=about.part.columns, formats=about.part.formats, parts=())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "body")
        writer = open_writer(kind, path, report=report, options=WriteOptions())
        try:
            writer.begin(STREAMED)
            for batch in about.rows.batches():
                writer.write(batch.select(all_exact(about.part.columns.names)))
                if path.stat().st_size > MOST_CHARACTERS:
                    raise ConnectorProblem(
                        "IR670", f"the rows are more than {MOST_CHARACTERS // 1_000_000} MB of {kind.upper()}",
                        hint="attach them as a file: attachments: [id of a file delivery]",
                    )  # fmt: skip
            writer.finish()
        except BaseException:
            writer.abort()
            raise
        return path.read_text(encoding="utf-8")


def missing(about: About) -> Both:
    """The rows that lack a value in a column that is shown, each with the columns that it lacks."""
    if about.row is not None:
        return "", ""
    names = about.part.columns.names
    lacks = [(exact(name).is_null() | (exact(name) == "") if about.part.columns[name] == t.String()
              else exact(name).is_null()) for name in names]  # fmt: skip
    which = free_name("missing", [*names, *about.part.links.values()])
    words = [pl.when(each).then(pl.lit(name)) for each, name in zip(lacks, names, strict=True)]
    said = pl.concat_str(words, separator=", ", ignore_nulls=True).alias(which)
    found = about.rows.scan().filter(pl.any_horizontal(lacks))
    count = found.select(pl.len()).collect().item()
    if not count:
        return "", ""
    rows = found.head(MOST_ROWS).with_columns(said).collect()
    part = replace(
        about.part, columns=t.Schema([(which, t.String()), *about.part.columns.items()]), text=None, caption=None,
        heading=f"{count:,} row{'s' if count != 1 else ''} without a value",
    )  # fmt: skip
    facts = Facts(rows=count)
    shown, note = first_rows(facts, rows, MOST_ROWS)
    return (part_markup(part, facts, about.report, shown, note),
            text_of(part, facts, about.report, shown, note).strip("\n"))  # fmt: skip


def preformatted(text: str) -> str:
    """A text whose lines matter, inside of HTML."""
    return (f'<pre style="margin:0 0 12px;padding:10px 12px;background-color:{BAND};font-size:12px;'
            f'white-space:pre-wrap">{escape(cleaned(text))}</pre>\n')  # fmt: skip


KINDS: Mapping[str, Callable[[About], Both]] = {
    "email_embedded_table": table_with_figures,
    "html_table": table_with_figures,
    "summary_block": block,
    "alert": alert,
}
TEXTS: Mapping[str, Callable[[About], str]] = {"json": json_text, "csv": csv_text}
"""Kinds whose body is plain text and nothing else."""


def sections(parts: Sequence[Part], facts: Sequence[Facts], rows: Sequence[pl.DataFrame], report: Report) -> Both:
    """The sections of a report one after the other."""
    html, text = [], []
    for part, known, each in zip(parts, facts, rows, strict=True):
        shown, note = first_rows(known, each, MOST_ROWS)
        html.append(part_markup(part, known, report, shown, note))
        text.append(text_of(part, known, report, shown, note))
    return "".join(html), "\n".join(text).strip("\n")

"""The lines of a table that are not its rows: the groups' headings, their subtotals and the total of everything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from connectors.files.display import display_columns
from connectors.files.fitting import total_formats
from connectors.files.html_cells import Column
from connectors.files.html_look import Look, marks
from connectors.files.html_text import escaped, plain
from connectors.files.report import Part, Report
from connectors.files.total_words import function_word, group_key, label_column, total_word
from ir import types as t
from ir.column_format import ColumnFormat


class TotalLines:
    """The markup of headings and totals, one text a group."""

    def __init__(
        self, part: Part, report: Report, columns: list[Column], formats: Mapping[str, ColumnFormat], look: Look
    ) -> None:
        self._part, self._report, self._columns, self._look = part, report, columns, look
        self._word = total_word(part)
        texts = display_columns(replace(part, columns=part.total_types), report, total_formats(part, formats))
        self._values = dict(zip(part.total_types, texts, strict=True))
        kinds = part.columns.items()
        self._label = label_column(((name, isinstance(kind, t.NUMERIC)) for name, kind in kinds), self._values)

    def headings(self, level: int, groups: pl.DataFrame) -> pl.Series:
        """The line that opens each of the groups."""
        name = self._part.group_by.names[level]
        classes, style = self._look.attributes("group", level=level)
        cell = marks(*self._look.attributes("label", level=level))
        opening = f'<tr{marks(classes, style)}><th{cell} colspan="{self._span}">{plain(name)}: <bdi>'
        line = pl.concat_str([pl.lit(opening), self._key(level), pl.lit("</bdi></th></tr>")])
        return groups.select(line.alias("line"))["line"]

    def subtotals(self, level: int, groups: pl.DataFrame) -> pl.Series:
        """The line that closes each of the groups; empty where nothing is added up."""
        if not self._values:
            return pl.Series([""] * groups.height, dtype=pl.String)
        opening = f"<tr{marks(*self._look.attributes('subtotal', level=level))}>"
        label = pl.concat_str([pl.lit(f"{self._word} <bdi>"), self._key(level), pl.lit("</bdi>")])
        return groups.select(self._line(opening, label).alias("line"))["line"]

    def total(self, totals: pl.DataFrame) -> str:
        opening = f"<tr{marks(*self._look.attributes('total'))}>"
        return str(totals.select(self._line(opening, pl.lit(self._word))).item())

    @property
    def _span(self) -> int:
        return max(1, len(self._columns))

    def _key(self, level: int) -> pl.Expr:
        return escaped(group_key(self._part, self._report, level))

    def _line(self, opening: str, label: pl.Expr) -> pl.Expr:
        """The label in its column, or on a line of its own where all have values, and the values in theirs."""
        pieces: list[pl.Expr] = [pl.lit(opening)]
        head = marks(*self._look.attributes("label"))
        if self._label is None:
            pieces += [pl.lit(f'<th scope="row"{head} colspan="{self._span}">'), label, pl.lit(f"</th></tr>{opening}")]
        for column in self._columns:
            cell = f"<td{marks(*self._look.attributes('cell', column.align, whole=column.whole))}>"
            if column.name == self._label:
                pieces += [pl.lit(f'<th scope="row"{head}>'), label, pl.lit("</th>")]
            elif column.name not in self._values:
                pieces.append(pl.lit(f"{cell}</td>"))
            else:
                function = function_word(self._part, column.name)
                word = f"<small>{function}</small> " if function else ""
                value = escaped(self._values[column.name])
                pieces += [pl.lit(cell), pl.when(value != "").then(pl.concat_str([pl.lit(word), value])).otherwise(
                    pl.lit("")), pl.lit("</td>")]  # fmt: skip
        return pl.concat_str([*pieces, pl.lit("</tr>")])

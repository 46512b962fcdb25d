"""A part's table as markup, in pieces as its rows come."""

from __future__ import annotations

import polars as pl

from connectors.files.fitting import fitted_formats
from connectors.files.html_cells import Column, columns_of, row_markup
from connectors.files.html_look import Look, marks
from connectors.files.html_text import plain
from connectors.files.html_totals import TotalLines
from connectors.files.report import ROWS, Facts, Part, Report

_BEFORE, _LINE = "__before", "__line"


class TableMarkup:
    """`head`, then `rows` for each batch, then `end`. Each line of the table is a line of text."""

    def __init__(
        self, part: Part, facts: Facts, report: Report, sample: pl.DataFrame, look: Look, *,
        date_format: str | None = None,
    ) -> None:  # fmt: skip
        self._part, self._report, self._facts, self._look = part, report, facts, look
        formats = fitted_formats(part, sample, date_format=date_format)
        self.columns = columns_of(part, report, formats, sample)
        self._row = row_markup(part, facts, report, self.columns, formats, look)
        self._lines = TotalLines(part, report, self.columns, formats, look)
        self._levels = [_with_places(each) for each in facts.subtotals] if part.group_by.names else []
        self._written = 0

    def head(self) -> str:
        cells = "".join(self._heading(each) for each in self.columns)
        return f"<thead><tr>{cells}</tr></thead>\n"

    def _heading(self, column: Column) -> str:
        classes, style = self._look.attributes("head", column.align)
        width = f"min-width:{column.how.width:g}ch" if column.how.width else ""
        style = ";".join(filter(None, (style, width)))
        return f'<th scope="col"{marks(classes, style)}>{plain(column.name)}</th>'

    def rows(self, batch: pl.DataFrame) -> str:
        """The batch's rows, among them the headings and the subtotals that fall between them."""
        first, self._written = self._written, self._written + batch.height
        rows = batch.select(self._row.alias(_LINE))
        if self._levels:
            places = pl.int_range(first, self._written, dtype=pl.Int64, eager=True).alias(_BEFORE)
            lines = [self._between(first, self._written), rows.select(places, _LINE)]
            # Equal places: the lines before a row stand first, each kind in its order, which a stable sort keeps.
            rows = pl.concat(lines).sort(_BEFORE, maintain_order=True)
        return "\n".join(rows[_LINE]) + "\n"

    def end(self) -> str:
        lines = self._closings(self._written, self._written + 1)[_LINE].to_list() if self._levels else []
        if self._part.totals and self._facts.totals is not None:
            lines.append(self._lines.total(self._facts.totals))
        return "".join(f"{each}\n" for each in lines)

    def empty(self, message: str) -> str:
        cell = marks(*self._look.attributes("empty"))
        return f'<tr><td{cell} colspan="{max(1, len(self.columns))}">{plain(message)}</td></tr>\n'

    def _between(self, first: int, end: int) -> pl.DataFrame:
        """The lines that stand before the rows from `first` to `end`: what closes, then what opens."""
        opened = []
        for level, groups in enumerate(self._levels):
            begun = groups.filter(pl.col("__begins").is_between(first, end, closed="left"))
            opened.append(begun.select(pl.col("__begins").alias(_BEFORE)).with_columns(
                self._lines.headings(level, begun).alias(_LINE)))  # fmt: skip
        return pl.concat([self._closings(first, end), *opened])

    def _closings(self, first: int, end: int) -> pl.DataFrame:
        """The subtotals of the groups that end there, the inner ones first; those that end before row 0 are none."""
        closed = []
        for level, groups in reversed(list(enumerate(self._levels))):
            ended = groups.filter(pl.col("__ends").is_between(max(first, 1), end, closed="left"))
            lines = self._lines.subtotals(level, ended)
            closed.append(ended.select(pl.col("__ends").alias(_BEFORE)).with_columns(lines.alias(_LINE)))
        return pl.concat(closed).filter(pl.col(_LINE) != "")


def _with_places(groups: pl.DataFrame) -> pl.DataFrame:
    """The groups with the numbers of their first row and of the one behind their last."""
    ends = pl.col(ROWS).cast(pl.Int64).cum_sum()
    return groups.with_columns(ends.alias("__ends"), (ends - pl.col(ROWS).cast(pl.Int64)).alias("__begins"))

"""The cells of a table's rows as markup: text, links, alignment and what stands behind them."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from connectors.files.display import display_columns, is_right_aligned
from connectors.files.html_look import Align, Look, marks
from connectors.files.html_shading import cell_style
from connectors.files.html_text import escaped
from connectors.files.report import Facts, Part, Report
from ir.column_format import ColumnFormat
from ir.records import dataclass
from transforms.expressions.polars_columns import exact

FOLLOWED = r"^(?i:https?://|mailto:|tel:)[^\s\x00-\x20\x7f-\x9f]+$"
"""An address that a reader may follow: nothing that runs, no file of theirs."""
UNBROKEN = 28
"""Columns whose sample has no longer value keep each on one line, so that the long ones give way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    name: str
    align: Align
    whole: bool
    how: ColumnFormat


def columns_of(part: Part, report: Report, formats: Mapping[str, ColumnFormat], sample: pl.DataFrame) -> list[Column]:
    """How each column stands, as far as a look at the first rows tells."""
    texts = sample.head(1000).select(display_columns(part, report, formats))
    found = []
    for name, kind in part.columns.items():
        how = formats[name]
        align: Align = how.align or ("right" if is_right_aligned(kind, how) else "")
        longest = max(texts[name].drop_nulls().str.len_chars().to_list(), default=0)
        found.append(Column(name=name, align=align, how=how, whole=longest <= UNBROKEN and how.width is None))
    return found


def row_markup(
    part: Part, facts: Facts, report: Report, columns: list[Column], formats: Mapping[str, ColumnFormat], look: Look
) -> pl.Expr:
    """A row of the part as one text."""
    cells = []
    for column, text in zip(columns, display_columns(part, report, formats), strict=True):
        classes, style = look.attributes("cell", column.align, whole=column.whole)
        shade = cell_style(part, column.name, facts.extremes, bars=look.has_bars)
        if shade is not None and column.how.highlight == "data_bar" and not part.rules.get(column.name):
            classes = f"{classes} b".lstrip()
        opening: pl.Expr = pl.lit(f"<td{marks(classes, style)}>")
        if shade is not None:
            shaded = [pl.lit(f'<td{marks(classes, "")} style="{style}{";" if style else ""}'), shade, pl.lit('">')]
            opening = pl.when(shade.is_not_null()).then(pl.concat_str(shaded, ignore_nulls=True)).otherwise(opening)
        cells += [opening, _linked(escaped(text), part.links.get(column.name)), pl.lit("</td>")]
    return pl.concat_str([pl.lit("<tr>"), *cells, pl.lit("</tr>")])


def _linked(text: pl.Expr, address: str | None) -> pl.Expr:
    if address is None:
        return text
    linked = pl.concat_str([pl.lit('<a href="'), escaped(exact(address)), pl.lit('">'), text, pl.lit("</a>")])
    return pl.when(exact(address).str.contains(FOLLOWED) & (text != "")).then(linked).otherwise(text)


def refused_links(part: Part, batch: pl.DataFrame) -> dict[str, int]:
    """How many cells of each column have an address that no reader should follow."""
    counts = [(exact(address).is_not_null() & ~exact(address).str.contains(FOLLOWED)).sum().alias(name)
              for name, address in part.links.items()]  # fmt: skip
    return batch.select(counts).row(0, named=True) if counts else {}

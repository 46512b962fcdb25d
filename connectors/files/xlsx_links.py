"""Hyperlinks of cells, as many as Excel takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl
from xlsxwriter.url import Url

from connectors.files.links import FOLLOWED
from connectors.files.report import Part
from connectors.files.xlsx_book import Sheet
from connectors.files.xlsx_cells import Column
from transforms.expressions.polars_columns import exact

MOST_LINKS = 65_530
"""Of a sheet: with more Excel opens it for repair, and drops them all."""
LONGEST_ADDRESS = 2_079


class Links:
    """The links of a part; what of them could not be kept is counted."""

    def __init__(self, part: Part) -> None:
        self._addresses = {name: address for name, address in part.links.items() if name in part.columns}
        self._too_long = self._too_many = 0

    def add(self, rows: pl.DataFrame, columns: Sequence[Column], numbers: pl.Series, sheet: Sheet) -> None:
        """The links of rows, whose numbers in the sheet count from 1."""
        for column in columns:
            address = self._addresses.get(column.name)
            if address is None or address not in rows.columns:
                continue
            found = pl.DataFrame({"row": numbers, "to": rows[address].cast(pl.String), "shown": rows[column.name]})
            found = found.filter(pl.col("to").str.contains(FOLLOWED) & pl.col("shown").is_not_null())
            short = found.filter(pl.col("to").str.len_bytes() <= LONGEST_ADDRESS)
            self._too_long += found.height - short.height
            kept = short.head(MOST_LINKS - sheet.links)
            self._too_many += short.height - kept.height
            sheet.links += kept.height
            for row, to in kept.select("row", "to").iter_rows():
                sheet.worksheet.hyperlinks[row - 1][column.index] = _url(to)

    @property
    def warnings(self) -> Iterator[str]:
        if self._too_long:
            yield (f"{self._too_long:,} links were longer than the {LONGEST_ADDRESS:,} characters Excel takes, "
                   "and are plain text")  # fmt: skip
        if self._too_many:
            yield (f"a sheet holds {MOST_LINKS:,} links: {self._too_many:,} more are plain text")


def _url(address: str) -> Url:
    """The address as XlsxWriter keeps it, which itself knows no `tel:` and `mailto:` in small letters only."""
    if "://" in address:
        return Url(address)
    made = Url("mailto:")
    made._link = made._relationship_link = Url._escape_url(address)
    return made


def linked(column: Column, part: Part) -> pl.Expr | None:
    """Whether a row's cell leads somewhere, None where none does."""
    address = part.links.get(column.name)
    return None if address is None else exact(address).cast(pl.String).str.contains(FOLLOWED)

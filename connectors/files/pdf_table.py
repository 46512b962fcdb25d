"""The rows of a table as PDF operators, whole batches at a time by expressions."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from connectors.files.pdf_font import PdfFont
from connectors.files.pdf_layout import GAP, Placed

_NARROWEST = 60
"""A number wider than its column is condensed to this many percent before it would be cut."""


@dataclass(frozen=True, slots=True)
class Cells:
    """A column's cells: the operators that show them, and how wide they come out."""

    operators: pl.Series
    widths: pl.Series
    cut: int


def shown_cells(texts: pl.Series, *, font: PdfFont, most: int, can_be_cut: bool) -> Cells:
    """The cells of one column, at most `most` wide: long text ends in an ellipsis, a long number is condensed."""
    widths = font.widths(texts)
    wide = widths > most
    if not wide.any():
        return Cells(font.operators(texts), widths, 0)
    squeezed = (most * 100 // widths) if not can_be_cut else widths * 0
    to_cut = wide & (squeezed < _NARROWEST)
    long = texts.filter(to_cut).unique()
    short = texts.replace(long, pl.Series([font.cut(text, most) for text in long], dtype=pl.String))
    operators = font.operators(short)
    condensed = wide & ~to_cut
    frame = pl.DataFrame({"o": operators, "w": font.widths(short), "z": squeezed, "c": condensed})
    narrowed = pl.concat_str([pl.lit(" "), pl.col("z").cast(pl.String), pl.lit(" Tz"), pl.col("o"), pl.lit(" 100 Tz")])
    frame = frame.select(
        pl.when("c").then(narrowed).otherwise("o").alias("o"),
        pl.when("c").then(pl.col("w") * pl.col("z") // 100).otherwise("w").alias("w"),
    )
    return Cells(frame["o"], frame["w"], int(to_cut.sum()))


def row_lines(
    columns: list[Placed], cells: dict[int, Cells], *, align: dict[int, str], heights: pl.Series
) -> list[str]:
    """One line of operators a row: from the row's start, each cell by its distance from the one before.

    All distances are whole numbers, since the text's space is scaled to thousandths of the letter size. Cells stand
    row by row in the file, so that copied and extracted text reads as the table does.
    """
    pieces = [pl.lit("1 0 0 1 0 "), pl.lit(heights).cast(pl.String), pl.lit(" Tm")]
    at_fixed, at_width = 0, None
    for column in columns:
        cell = cells[column.index]
        anchor, width = _anchor(column, align[column.index], cell)
        step = anchor - at_fixed
        if width is None and at_width is None:
            pieces.append(pl.lit(f" {step} 0 Td"))
        else:
            moved = pl.lit(step) + (0 if at_width is None else at_width) - (0 if width is None else width)
            pieces += [pl.lit(" "), moved.cast(pl.String), pl.lit(" 0 Td")]
        pieces.append(pl.lit(cell.operators))
        at_fixed, at_width = anchor, width
    return pl.select(pl.concat_str(pieces)).to_series().to_list()


def _anchor(column: Placed, align: str, cell: Cells) -> tuple[int, pl.Series | None]:
    """Where the cell's text begins: a fixed place, less a part of its width unless it stands left."""
    start = column.left + GAP // 2
    match align:
        case "right":
            return start + column.width, cell.widths
        case "center":
            return start + column.width // 2, cell.widths // 2
    return start, None

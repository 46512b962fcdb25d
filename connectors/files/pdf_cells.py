"""The cells of a table as PDF operators, whole columns at a time by expressions."""

from __future__ import annotations

import polars as pl

from connectors.files.fonts.bidi import runs_right_to_left
from connectors.files.pdf_layout import GAP, LINE, ROW, Placed
from connectors.files.pdf_lettering import Lettering
from ir.records import dataclass

BASE = ROW - 560
"""From the upper edge of a row down to the line its letters stand on."""
_NARROWEST = 60
"""A number wider than its column is condensed to this many percent before it is broken."""


@dataclass(frozen=True, slots=True)
class Cells:
    """A column's cells: the operators that show them, how wide they come out, and how many lines the tallest have.

    A cell of several lines comes out with no width and finds its own way from where the column's text is anchored.
    """

    texts: pl.Series
    operators: pl.Series
    widths: pl.Series
    lines: pl.Series | None = None


def shown_cells(texts: pl.Series, *, lettering: Lettering, most: int, align: str, is_text: bool) -> Cells:
    """The cells of one column, at most `most` wide: long text is wrapped, a long number condensed."""
    font = lettering.regular
    broken = texts.str.contains("\n", literal=True)
    has_breaks = bool(broken.any())
    straight = texts
    if has_breaks:
        straight = pl.select(pl.when(broken).then(pl.lit("")).otherwise(texts)).to_series()
    widths = font.widths(straight)
    wide = widths > most
    if not wide.any() and not has_breaks:
        return Cells(texts, font.operators(texts), widths)
    squeezed = widths * 0 if is_text else most * 100 // widths
    condensed = wide & (squeezed >= _NARROWEST)
    wrapped = (wide & ~condensed) | broken
    operators = font.operators(pl.select(pl.when(wrapped).then(pl.lit("")).otherwise(texts)).to_series())
    if condensed.any():
        frame = pl.DataFrame({"o": operators, "w": widths, "z": squeezed, "c": condensed})
        narrowed = pl.concat_str([pl.lit(" "), pl.col("z").cast(pl.String), pl.lit(" Tz"), "o", pl.lit(" 100 Tz")])
        frame = frame.select(
            pl.when("c").then(narrowed).otherwise("o").alias("o"),
            pl.when("c").then(pl.col("w") * pl.col("z") // 100).otherwise("w").alias("w"),
        )
        operators, widths = frame["o"], frame["w"]
    if not wrapped.any():
        return Cells(texts, operators, widths)
    rows = wrapped.arg_true()
    spelled: dict[str, tuple[str, int]] = {}
    found = []
    for text in texts.gather(rows):
        if text not in spelled:
            broken_up = font.wrap(text, most)
            spelled[text] = paragraph(broken_up, lettering, align), len(broken_up)
        found.append(spelled[text])
    lines = pl.Series([1], dtype=pl.Int32).new_from_index(0, len(texts))
    return Cells(
        texts,
        operators.scatter(rows, [each[0] for each in found]),
        widths.scatter(rows, 0),
        lines.scatter(rows, [each[1] for each in found]),
    )  # fmt: skip


def paragraph(lines: list[str], lettering: Lettering, align: str) -> str:
    """Operators for lines below each other, from the column's anchor and back to it."""
    share = {"right": 2, "center": 1}.get(align, 0)
    pieces, at, down = [], 0, 0
    # Lines that run right to left begin below each other, too.
    flush = max(map(lettering.regular.width, lines)) if not share and runs_right_to_left(lines[0]) else 0
    for place, line in enumerate(lines):
        start = (
            -lettering.regular.width(line) * share // 2 if share else flush and flush - lettering.regular.width(line)
        )
        pieces.append(f" {start - at} {down - place * LINE} Td{lettering.regular.operator(line)}")
        at, down = start, place * LINE
    return f"{''.join(pieces)} {-at} {down} Td"


def anchor(column: Placed, align: str) -> int:
    """Where a column's text is held: at its left, its middle or its right."""
    start = column.left + GAP // 2
    return start + {"right": column.width, "center": column.width // 2}.get(align, 0)


def row_lines(
    columns: tuple[Placed, ...],
    cells: dict[int, Cells],
    *,
    align: dict[int, str],
    marks: pl.Series | None,
    heights: pl.Series,
) -> list[str]:
    """One line of operators a row: from the row's start, each cell by its distance from the one before.

    All distances are whole numbers, since the text's space is scaled to thousandths of the letter size. Cells stand
    row by row in the file, so that copied and extracted text reads as the table does. `marks` are the tags' numbers
    of the rows' first cells.
    """
    pieces = [pl.lit("1 0 0 1 0 "), pl.lit(heights).cast(pl.String), pl.lit(" Tm")]
    at_fixed, at_width = 0, None
    for place, column in enumerate(columns):
        cell = cells[column.index]
        fixed, width = anchor(column, align[column.index]), _width_before(align[column.index], cell)
        step = fixed - at_fixed
        if width is None and at_width is None:
            pieces.append(pl.lit(f" {step} 0 Td"))
        else:
            moved = pl.lit(step) + (0 if at_width is None else at_width) - (0 if width is None else width)
            pieces += [pl.lit(" "), moved.cast(pl.String), pl.lit(" 0 Td")]
        if marks is None:
            pieces.append(pl.lit(cell.operators))
        else:
            mark = pl.lit(marks + place).cast(pl.String)
            pieces += [pl.lit("/TD<</MCID "), mark, pl.lit(">>BDC"), pl.lit(cell.operators), pl.lit(" EMC")]
        at_fixed, at_width = fixed, width
    return pl.select(pl.concat_str(pieces)).to_series().to_list()


def _width_before(align: str, cell: Cells) -> pl.Series | None:
    """How much of the text stands before its anchor; none of it at the left."""
    match align:
        case "right":
            return cell.widths
        case "center":
            return cell.widths // 2
    return None


def heights(cells: dict[int, Cells]) -> list[int] | None:
    """The height of each row where any has several lines."""
    lines = [cell.lines for cell in cells.values() if cell.lines is not None]
    if not lines:
        return None
    most = pl.select(pl.max_horizontal([pl.lit(each) for each in lines])).to_series()
    return (most.cast(pl.Int64) * LINE + (ROW - LINE)).to_list()

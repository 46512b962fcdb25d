"""What Excel keeps around a table's cells: filter, table, conditional formats, page and chart."""

from __future__ import annotations

from connectors.files.report import Facts, Part, Report
from connectors.files.writing import WriteOptions
from connectors.files.xlsx_book import Book
from connectors.files.xlsx_chart_data import charted
from connectors.files.xlsx_charts import native_chart
from connectors.files.xlsx_place import Place
from connectors.files.xlsx_points import Points
from connectors.files.xlsx_print import set_page
from connectors.files.xlsx_shading import shade
from connectors.files.xlsx_table import Table

CHART_COLUMNS = 90.0
"""The width of a chart in characters."""
_WIDE, _SHORT = 110.0, 45


def surround(table: Table, part: Part, facts: Facts, *, report: Report, options: WriteOptions, book: Book,
             points: Points) -> None:  # fmt: skip
    """Finish each sheet of a table whose lines are written."""
    width = sum(table.widths)
    is_below = width > _WIDE and table.places[0].end - table.places[0].header <= _SHORT
    has_chart = part.chart is not None and facts.points is not None and facts.points.height > 0
    for place in table.places:
        if place.rows and options.header and table.columns:
            if table.is_table:
                _add_table(place, table)
            else:
                place.sheet.worksheet.autofilter(place.header, 0, place.rows[-1][1], table.width - 1)
        shade(place, part, facts, table.columns, book)
        beside = has_chart and not is_below and place is table.places[0]
        set_page(place.sheet.worksheet, report.page, width=width + (CHART_COLUMNS if beside else 0),
                 header=place.header if options.header else None)  # fmt: skip
    if has_chart:
        assert part.chart is not None
        place = table.places[0]
        found = charted(part, part.chart, facts, report, table.columns, table.places, points)
        chart = native_chart(part, part.chart, found, book)
        row, column = (place.sheet.row + 1, 0) if is_below else (place.header + 1, table.width + 1)
        if not is_below:
            place.sheet.worksheet.set_column(table.width, table.width, 3)
        about = part.chart.title or part.heading or "Chart"
        place.sheet.worksheet.insert_chart(
            row, column, chart, {"object_position": 2, "y_offset": 5, "description": about}
        )


def _add_table(place: Place, table: Table) -> None:
    """An Excel table over rows that are written already."""
    columns = table.table_columns or [{"header": name} for name in table.headers]
    total = int(bool(table.table_columns))
    last = place.rows[-1][1] + total
    place.sheet.worksheet.add_table(place.header, 0, last, table.width - 1, {
        "columns": columns, "style": "Table Style Medium 2", "total_row": total,
        **({"name": table.table_name} if total else {}),
    })  # fmt: skip

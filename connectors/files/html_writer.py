"""HTML: one self-contained page, nothing fetched and nothing run."""

from __future__ import annotations

from html import escape
from pathlib import Path

import polars as pl

from connectors.files.display import display_columns, is_right_aligned
from connectors.files.fitting import fitted_formats
from connectors.files.report import Facts, Report
from connectors.files.streams import OutputStream
from connectors.files.writing import BlockWriter, WriteOptions

_STYLE = """
:root { color-scheme: light; --accent: #1f4e79; --ink: #1f2933; --quiet: #66788a; --rule: #dde4ec; --band: #f3f6fa }
* { box-sizing: border-box }
body { margin: 0; color: var(--ink); background: #fff; font: 14px/1.45 "Segoe UI", system-ui, -apple-system,
  "Noto Sans", Roboto, Helvetica, Arial, sans-serif; font-variant-numeric: tabular-nums }
main { width: fit-content; min-width: min(100%, 40rem); max-width: 100%; margin: 0 auto; padding: 2.5rem 1.5rem }
h1 { margin: 0; font-size: 1.65rem; line-height: 1.25; color: var(--accent) }
header p, footer { margin: .3rem 0 0; color: var(--quiet); font-size: .87rem }
header { margin-bottom: 1.4rem }
footer { margin-top: .9rem }
table { border-collapse: separate; border-spacing: 0; width: 100% }
th { position: sticky; top: 0; background: var(--accent); color: #fff; font-weight: 600; text-align: left;
  vertical-align: bottom; padding: .55rem .8rem; white-space: nowrap }
th:first-child { border-top-left-radius: 5px } th:last-child { border-top-right-radius: 5px }
td { padding: .38rem .8rem; border-bottom: 1px solid var(--rule); vertical-align: top; max-width: 34rem;
  overflow-wrap: break-word; white-space: pre-line }
tbody tr:nth-child(even) { background: var(--band) }
tbody tr:hover { background: #e6eef7 }
.r { text-align: right; white-space: nowrap } th.r { text-align: right } .c { text-align: center }
.n { white-space: nowrap } .empty { color: var(--quiet); padding: 1rem .8rem }
@media print { main { padding: 0 } th { position: static } thead { display: table-header-group }
  tr { break-inside: avoid } body { font-size: 10px } * { print-color-adjust: exact } }
"""
UNBROKEN = 28
"""Columns whose sample has no longer value keep each on one line, so that the long ones give way."""
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"} | {
    chr(code): "\ufffd" for code in range(32) if code not in (9, 10, 13)
}


def open_writer(path: Path, *, report: Report, options: WriteOptions) -> HtmlWriter:
    return HtmlWriter(path, report=report, options=options)


class HtmlWriter(BlockWriter):
    """Rows stream into the table as they come; how many there were stands under it."""

    def __init__(self, path: Path, *, report: Report, options: WriteOptions) -> None:
        self._report, self._options = report, options
        self._stream = OutputStream(path, options=options)
        self._waiting = list(report.tables)
        self._part = self._waiting[0]
        self._row: pl.Expr | None = None
        self._rows = 0
        self._head_is_written = False

    def begin(self, facts: Facts) -> None:
        if not self._head_is_written:
            self._put_head()
        else:
            self._end_table()
        self._part, self._row, self._rows = self._waiting.pop(0), None, 0

    def write(self, batch: pl.DataFrame) -> None:
        if not batch.height:
            return
        if self._row is None:
            self._row = self._begin(batch)
        self._rows += batch.height
        self._put("\n".join(batch.select(self._row).to_series()) + "\n")

    def _begin(self, sample: pl.DataFrame) -> pl.Expr:
        """Write all that stands before the rows; the expression of a row."""
        formats = fitted_formats(self._part, sample, date_format=self._options.date_format)
        part, report, classes = self._part, self._report, {}
        texts = sample.head(1000).select(display_columns(part, report, formats))
        for name, kind in part.columns.items():
            align = formats[name].align or ("right" if is_right_aligned(kind, formats[name]) else "left")
            longest = max(texts[name].drop_nulls().str.len_chars().to_list(), default=0)
            whole = "" if longest > UNBROKEN else ' class="n"'
            classes[name] = {"right": ' class="r"', "center": ' class="c"'}.get(align, whole)
        if not self._head_is_written:
            self._put_head()
        if part.heading:
            self._put(f"<h2>{escape(part.heading)}</h2>\n")
        self._put("<table>\n")
        if self._options.header:
            heads = "".join(f'<th scope="col"{mark}>{escape(name)}</th>' for name, mark in classes.items())
            self._put(f"<thead><tr>{heads}</tr></thead>\n")
        self._put("<tbody>\n")
        cells = [
            pl.concat_str([pl.lit(f"<td{mark}>"), _escaped(text), pl.lit("</td>")])
            for text, mark in zip(display_columns(part, report, formats), classes.values(), strict=True)
        ]
        return pl.concat_str([pl.lit("<tr>"), *cells, pl.lit("</tr>")])

    def _put_head(self) -> None:
        report, self._head_is_written = self._report, True
        language = escape(report.locale.partition(".")[0].replace("_", "-"))
        title, byline = escape(report.heading), escape(report.byline)
        self._put(
            f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="{escape(self._options.encoding)}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
            f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
            f"<header><h1>{title}</h1><p>{byline}</p></header>\n"
        )  # fmt: skip

    def _put(self, text: str) -> None:
        self._stream.write(text.encode())

    def _end_table(self) -> None:
        columns = self._part.columns
        if self._row is None:
            self._row = self._begin(pl.DataFrame(schema=dict.fromkeys(columns.names, pl.String)))
            message = escape(self._report.empty_message or "No rows")
            self._put(f'<tr><td class="empty" colspan="{max(1, len(columns))}">{message}</td></tr>\n')
        self._put("</tbody>\n</table>\n")

    def finish(self) -> None:
        self._end_table()
        rows = "1 row" if self._rows == 1 else f"{self._rows:,} rows"
        made = f"{self._report.generated_local:%Y-%m-%d %H:%M} {self._report.timezone}"
        self._put(f"<footer>{rows} · {escape(made)}</footer>\n</main>\n</body>\n</html>\n")
        self._stream.close()

    def abort(self) -> None:
        self._stream.close()


def _escaped(text: pl.Expr) -> pl.Expr:
    return text.fill_null("").str.replace_many(list(_ESCAPES), list(_ESCAPES.values()))

"""What the gallery shows: which page of which example's document, and the line below it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture: `name` is its file's; `page` counts a PDF's pages, or a workbook's printed ones, from 0."""

    name: str
    example: str
    file: str
    caption: str
    page: int = 0
    width: int = 820

    @property
    def workflow(self) -> str:
        """The example's workflow, below examples/."""
        return f"{self.example}/{self.example}.yaml"


PICTURES = (
    Picture(
        name="management-pages-1",
        example="management",
        file="management-report.pdf",
        caption="The report to the board as pages: title and logo, words with the month's figures, a line chart.",
    ),
    Picture(
        name="management-pages-2",
        example="management",
        file="management-report.pdf",
        page=1,
        caption="Its second page: bars against the budget, a rule that colours what is missed, groups with subtotals "
        "and bars in the cells.",
    ),
    Picture(
        name="management-workbook",
        example="management",
        file="management-report.xlsx",
        caption="The same description as a workbook: a sheet a section, totals as formulas, charts that can be edited.",
    ),
    Picture(
        name="management-web",
        example="management",
        file="management-report.html",
        caption="And as a web page: one file without scripts, for a phone and for print.",
    ),
    Picture(
        name="invoice",
        example="invoices",
        file="invoices/invoice-2026-09-C-1001.pdf",
        caption="One of six invoices from one run, a file for each customer.",
    ),
    Picture(
        name="price-list",
        example="price_list",
        file="price-list.pdf",
        caption="A price list in six scripts; Arabic and Hebrew run from right to left, and every font is in the file.",
    ),
    Picture(
        name="template",
        example="template",
        file="cost-statement.xlsx",
        caption="A company's own workbook, filled: its colours, formulas, rule and chart have grown with the rows.",
    ),
)
HEAD = """\
# Gallery

The reports of the [examples](../examples/), as their files look. [How reports are described](reports.md).

`python -m docs.gallery` makes this page and its pictures anew. It runs the examples with a fixed time and renders PDF
files with pypdfium2 (in the extra `test`), workbooks with LibreOffice and web pages with Chromium; it says what it
leaves out where one of them is not installed.
"""


def page() -> str:
    """The text of docs/gallery.md."""
    parts = [HEAD]
    seen = ""
    for each in PICTURES:
        if each.example != seen:
            seen = each.example
            title = seen.replace("_", " ").capitalize()
            parts.append(f"## {title}\n\n[`examples/{each.workflow}`](../examples/{each.workflow})\n")
        parts.append(f"{each.caption}\n\n![{each.caption}](gallery/{each.name}.png)\n")
    return "\n".join(parts)

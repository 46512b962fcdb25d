"""Where the next piece of a document goes: page after page, each as full as it can be."""

from __future__ import annotations

from connectors.files.pdf_colours import QUIET
from connectors.files.pdf_document import PdfDocument
from connectors.files.pdf_lettering import Lettering
from connectors.files.pdf_sheet import Paper, Sheet
from connectors.files.report import Report

FOOT_SIZE = 7.5


class Flow:
    """The pages that are being filled, and how far.

    A table too wide for one page is filled on several `sheets` at once, which follow each other in the file.
    """

    def __init__(self, document: PdfDocument, *, report: Report, lettering: Lettering) -> None:
        self.document, self._report, self._lettering = document, report, lettering
        self.sheets: list[Sheet] = []
        self.y = 0.0
        """From the upper edge of the page down to where the next piece begins."""
        self.warnings: tuple[str, ...] = ()
        self._done: list[Sheet] = []

    @property
    def sheet(self) -> Sheet:
        return self.sheets[0]

    @property
    def paper(self) -> Paper:
        return self.sheets[0].paper

    @property
    def left(self) -> float:
        """The height that is left on the page."""
        return self.paper.top + self.paper.depth - self.y

    @property
    def is_fresh(self) -> bool:
        """Whether nothing stands on the page yet."""
        return self.y == self.paper.top

    def turn(self, paper: Paper | None = None, *, sheets: int = 1) -> None:
        """Go on on a new page, or on several side by side."""
        paper = paper or self.paper
        self._done += self.sheets
        self.sheets = [self.document.new_sheet(paper) for _ in range(sheets)]
        for index, sheet in enumerate(self.sheets):
            sheet.foot = self._foot(sheet, f"columns {index + 1} of {sheets}" if sheets > 1 else "")
        self.y = paper.top

    def widen(self, sheets: int, title: str) -> None:
        """Put more pages beside the one that is being filled, each with the title it continues."""
        paper, words, size = self.paper, self._lettering, 10.0
        self.sheets += [self.document.new_sheet(paper) for _ in range(sheets - len(self.sheets))]
        for index, sheet in enumerate(self.sheets):
            sheet.foot = self._foot(sheet, f"columns {index + 1} of {sheets}")
            if index and not self.is_fresh:
                label = words.cut(f"{title} · columns {index + 1} of {sheets}", paper.room, size)
                shown = words.line(label, paper.left, paper.height - self.y + 6, size, QUIET)
                sheet.content += ["/Artifact<</Type/Pagination/Subtype/Header>>BDC", shown, "EMC"]

    def need(self, height: float) -> None:
        """Turn the page unless so much is left of it."""
        if self.left < height and not self.is_fresh:
            self.turn()

    def write_done(self) -> None:
        """Write the pages that are complete."""
        for sheet in self._done:
            self.document.write_sheet(sheet)
        self._done.clear()

    def finish(self) -> None:
        self._done += self.sheets
        self.write_done()
        count = str(self.document.sheets)
        self.document.close(total=f"{QUIET} rg BT {self._lettering.select} 0 0 Td{self._lettering.plain(count)} ET")

    def _foot(self, sheet: Sheet, columns: str) -> str:
        """What the report is at the left, the page's number in the middle, when it was made at the right."""
        paper, words, size = sheet.paper, self._lettering, FOOT_SIZE
        middle, base = paper.width / 2, paper.bottom
        report = self._report
        left = " · ".join(each for each in (report.page.footer or report.heading, columns) if each)
        made = f"{report.generated_local:%Y-%m-%d %H:%M}"
        number = f"Page {sheet.place} of "
        # How long the total is, is not known yet; two digits are right for most.
        total = middle + (words.width(number, size) - words.width("00", size)) / 2
        room = middle - paper.left - 60
        if words.width(left, size) > room and report.page.footer:
            self.warnings = ("the footer is too long for its place in the PDF and is cut",)
        return "\n".join([
            "/Artifact<</Type/Pagination/Subtype/Footer>>BDC",
            words.line(words.cut(left, room, size), paper.left, base, size, QUIET),
            words.line(number, total - words.width(number, size), base, size, QUIET),
            f"q {size / 1000:g} 0 0 {size / 1000:g} {total:.2f} {base:g} cm/Total Do Q",
            words.line(made, paper.width - paper.right - words.width(made, size), base, size, QUIET),
            "EMC",
        ])  # fmt: skip

"""The words around the tables: title block, headings, paragraphs, captions, and where the report comes from."""

from __future__ import annotations

from connectors.files.pdf_colours import ACCENT, INK, QUIET, RULE
from connectors.files.pdf_flow import Flow
from connectors.files.pdf_image import Picture
from connectors.files.pdf_lettering import Lettering
from connectors.files.pdf_tags import Element
from connectors.files.report import Report
from ir.records import dataclass

LOGO = "Logo"
_LOGO_HEIGHT, _LOGO_WIDTH = 44.0, 150.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a kind of text is set, in points. `above` falls away at the top of a page."""

    tag: str
    size: float
    leading: float
    colour: str
    bold: bool = False
    above: float = 0.0
    below: float = 0.0


TITLE = Style(tag="H1", size=19, leading=24, colour=ACCENT, bold=True)
BYLINE = Style(tag="P", size=9.5, leading=13, colour=QUIET, above=2)
HEADING = Style(tag="H2", size=13, leading=17, colour=ACCENT, bold=True, above=20, below=5)
TEXT = Style(tag="P", size=9.5, leading=13.5, colour=INK, below=6)
CAPTION = Style(tag="Caption", size=8, leading=11, colour=QUIET, above=5)
PROVENANCE = Style(tag="P", size=7, leading=9.5, colour=QUIET)


class Words:
    """Sets text on the flow, tagged as what it is."""

    def __init__(self, flow: Flow, *, lettering: Lettering) -> None:
        self._flow, self._lettering, self._tags = flow, lettering, flow.document.tags

    def lines(self, text: str, style: Style, *, width: float | None = None) -> list[str]:
        room = width or self._flow.paper.room
        return self._lettering.wrapped(text, int(room * 1000 / style.size), bold=style.bold)

    def height(self, text: str, style: Style) -> float:
        return style.above + len(self.lines(text, style)) * style.leading + style.below

    def put(self, text: str, style: Style, parent: Element, *, width: float | None = None) -> None:
        """One element, over as many pages as it takes."""
        flow, element = self._flow, self._tags.open(style.tag, parent)
        lines = self.lines(text, style, width=width)
        flow.need(style.above + min(2, len(lines)) * style.leading)
        flow.y += 0 if flow.is_fresh else style.above
        for line in lines:
            flow.need(style.leading)
            base = flow.paper.height - flow.y - style.leading + (style.leading - style.size) / 2 + style.size * 0.22
            shown = self._lettering.line(line, flow.paper.left, base, style.size, style.colour, bold=style.bold)
            flow.sheet.content.append(f"{self._tags.mark(element, flow.sheet)} {shown} EMC")
            flow.y += style.leading
        flow.y += style.below
        self._tags.close(element)

    def put_title(self, report: Report, logo: Picture | None, parent: Element) -> None:
        """Title and byline at the left, the logo at the right, a rule below."""
        flow = self._flow
        paper, top, width = flow.paper, flow.y, flow.paper.room
        if logo is not None:
            width -= self._put_logo(logo, report, parent) + 18
        self.put(report.heading, TITLE, parent, width=width)
        self.put(report.byline, BYLINE, parent, width=width)
        if logo is not None and flow.paper is paper:
            flow.y = max(flow.y, top + _LOGO_HEIGHT)
        flow.y += 8
        y = paper.height - flow.y
        flow.sheet.ground.append(f"{RULE} RG 0.75 w {paper.left:g} {y:.2f} m {paper.width - paper.right:g} {y:.2f} l S")
        flow.y += 8

    def _put_logo(self, logo: Picture, report: Report, parent: Element) -> float:
        """Its width in points."""
        flow, paper = self._flow, self._flow.paper
        scale = min(_LOGO_HEIGHT / logo.height, min(_LOGO_WIDTH, paper.room / 3) / logo.width)
        width, height = logo.width * scale, logo.height * scale
        left, bottom = paper.width - paper.right - width, paper.height - flow.y - height
        box = f"/A<</O/Layout/Placement/Block/BBox[{left:.2f} {bottom:.2f} {left + width:.2f} {bottom + height:.2f}]>>"
        begun = self._tags.whole("Figure", parent, flow.sheet, about=box, alt=f"Logo of {report.heading}")
        flow.sheet.content.append(f"{begun} q {width:.2f} 0 0 {height:.2f} {left:.2f} {bottom:.2f} cm/{LOGO} Do Q EMC")
        return width

    def put_provenance(self, report: Report, parent: Element) -> None:
        """The lines of where it comes from, below a thin rule."""
        flow = self._flow
        if report.provenance is None or not report.provenance.lines:
            return
        height = sum(self.height(line, PROVENANCE) for line in report.provenance.lines)
        flow.need(min(height + 24, flow.paper.depth))
        if not flow.is_fresh:
            flow.y += 18
            y = flow.paper.height - flow.y
            flow.sheet.ground.append(
                f"{RULE} RG 0.5 w {flow.paper.left:g} {y:.2f} m {flow.paper.left + 120:g} {y:.2f} l S"
            )
            flow.y += 6
        for line in report.provenance.lines:
            self.put(line, PROVENANCE, parent)

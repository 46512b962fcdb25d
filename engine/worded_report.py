"""What a writer is told of a report: its texts filled in, its tables, its page."""

from __future__ import annotations

from dataclasses import replace

from connectors.files.report import Margins, Page, Part, Provenance, Report
from engine.file_output import FileOutput
from engine.names import RunWords
from engine.report_parts import DOCUMENTS, CompiledPart
from engine.wording import render_words
from ir.diagnostics import Pointer, Problems
from ir.model.rendering import Rendering


def report_of(
    output: FileOutput,
    words: RunWords,
    rendering: Rendering | None,
    locale: str | None,
    problems: Problems,
    *,
    logo: bytes | None = None,
    provenance: Provenance | None = None,
    parts: tuple[Part, ...] | None = None,
) -> Report:
    """What the writer needs to know of the report beside its rows."""

    def rendered(key: str) -> str | None:
        text = getattr(rendering, key, None)
        return render_words(text, words, problems, at=("rendering", key)) if text else None

    tables = [each.part for each in output.parts]
    page = rendering.page if rendering is not None else None
    at: Pointer = ("rendering", "page", "footer")
    footer = render_words(page.footer, words, problems, at=at) if page is not None and page.footer else None
    return Report(
        columns=tables[0].columns,
        formats=tables[0].formats,
        parts=parts if parts is not None else tuple(worded_part(each, words, problems) for each in output.parts),
        page=_page(rendering, footer),
        logo=logo if output.format.name in DOCUMENTS else None,
        provenance=provenance if output.format.name in DOCUMENTS else None,
        title=rendered("title"),
        subtitle=rendered("subtitle"),
        workflow=words.workflow,
        generated_at=words.now,
        locale=locale or "en",
        timezone=words.timezone,
        empty_message=rendered("empty_message"),
    )


def worded_part(compiled: CompiledPart, words: RunWords, problems: Problems) -> Part:
    """The part with its texts filled in."""

    def said(text: str | None, *key: str) -> str | None:
        return render_words(text, words, problems, at=(*compiled.at, *key)) if text else None

    part, chart = compiled.part, compiled.part.chart
    if chart is not None:
        chart = replace(chart, title=said(chart.title, "chart", "title"))
    return replace(part, heading=said(part.heading, "heading"), text=said(part.text, "text"),
                   caption=said(part.caption, "caption"), chart=chart)  # fmt: skip


def _page(rendering: Rendering | None, footer: str | None) -> Page:
    """The rendering's page, with the defaults for what is not said."""
    written = rendering.page if rendering is not None else None
    if written is None:
        return Page()
    sides = written.margins
    if isinstance(sides, float):
        margins = Margins(top=sides, right=sides, bottom=sides, left=sides)
    else:
        margins = Margins(**(sides.model_dump(exclude_none=True) if sides is not None else {}))
    orientation = written.orientation if written.orientation in {"portrait", "landscape"} else None
    return Page(size=written.size or "A4", orientation=orientation, margins=margins, footer=footer)

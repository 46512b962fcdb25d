"""The templates that a report's words are, and where they stand in the document."""

from __future__ import annotations

from collections.abc import Iterator

from ir.diagnostics import Pointer
from ir.model.rendering import Rendering


def texts_of(rendering: Rendering | None) -> Iterator[tuple[Pointer, str]]:
    """The templates of a report and where they stand."""
    if rendering is None:
        return
    at: Pointer = ("rendering",)
    page = rendering.page
    found: list[tuple[Pointer, str | None]] = [
        ((*at, key), getattr(rendering, key)) for key in ("title", "subtitle", "empty_message")
    ]
    found.append(((*at, "page", "footer"), page.footer if page is not None else None))
    for index, section in enumerate(rendering.sections):
        place = (*at, "sections", index)
        found += [((*place, key), getattr(section, key)) for key in ("heading", "text", "caption")]
        found.append(((*place, "chart", "title"), section.chart.title if section.chart is not None else None))
    yield from ((where, text) for where, text in found if text)

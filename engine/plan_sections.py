"""What a plan says of a delivered document: its sections, and whether its rows are streamed or composed."""

from __future__ import annotations

from typing import Any

from engine.file_output import FileOutput
from engine.report_parts import CompiledPart

STREAMED = "streamed: one plain table, written as its rows come"
SENT = "sent one by one once all rows are there; each is noted before and after, so that none is sent twice"
CALLED = "called once all rows are there; each call is noted before and after, so that none is made twice"
STAGED = "staged in a temporary table as its rows come, then applied and noted in one transaction"


def writing_of(output: FileOutput) -> str | None:
    """How the file is written and why; None until a first pass tells its columns."""
    if output.frame is None:
        return None
    if output.delivery.options.template is not None:
        return f"fills the workbook {output.delivery.options.template}, once all rows are there"
    return f"composed, once all rows are there: {', '.join(output.composing)}" if output.is_composed else STREAMED


def section_of(compiled: CompiledPart, reads: tuple[str, ...]) -> dict[str, Any]:
    """A section for JSON; what it does not have is left out. `reads` are the steps its rows come from."""
    part = compiled.part
    found: dict[str, Any] = {"heading": part.heading, "from": list(reads), "columns": list(part.columns.names)}
    if part.group_by.names:
        found["group_by"] = list(part.group_by.names)
    if part.totals:
        found["totals"] = dict(part.totals)
    if part.chart is not None:
        chart = part.chart
        found["chart"] = {"type": chart.type, "x": chart.x, "y": list(chart.y)}
        if chart.series is not None:
            found["chart"]["series"] = chart.series
    return {key: value for key, value in found.items() if value is not None}


def section_text(number: int, section: dict[str, Any]) -> str:
    """A section in one line for a report author."""
    name = f'"{section["heading"]}"' if "heading" in section else f"{number}"
    parts = [f"section {name}: {', '.join(section['columns'])} from {' and '.join(section['from'])}"]
    if "group_by" in section:
        parts.append(f"grouped by {', '.join(section['group_by'])} with subtotals" if "totals" in section
                     else f"grouped by {', '.join(section['group_by'])}")  # fmt: skip
    if "totals" in section:
        parts.append("totals " + ", ".join(f"{function} of {name}" for name, function in section["totals"].items()))
    if "chart" in section:
        chart = section["chart"]
        series = f", a series for each {chart['series']}" if "series" in chart else ""
        parts.append(f"a {chart['type']} chart of {', '.join(chart['y'])} by {chart['x']}{series}")
    return "; ".join(parts)

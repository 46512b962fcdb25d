"""Which of its two ways a workbook's table takes."""

from __future__ import annotations

from typing import Literal

from connectors.files.report import Part
from connectors.files.writing import WriteOptions

Way = Literal["bulk", "rich", "template"]


def path_of(part: Part, options: WriteOptions) -> Way:
    """`bulk`: rows stream from their batches into the file, nobody knowing how many come. `rich`: they are laid out
    around groups, totals, charts and colours, once all of them are known. `template`: they fill a workbook."""
    if options.template is not None:
        return "template"
    return "rich" if part.needs_facts or part.links or part.rules else "bulk"

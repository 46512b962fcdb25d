"""What a source or a step does not take: its rows as the dead letters of a run."""

from __future__ import annotations

from ir.records import dataclass
from ir.types import Integer, Schema, String
from transforms.frame import Frame

LETTER_COLUMNS = Schema({
    "source": String(),
    "step": String(),
    "file": String(),
    "row": Integer(),
    "column": String(),
    "text": String(),
    "rule": String(),
    "reason": String(),
    "original": String(),
})  # fmt: skip
"""`source` is where the row comes from: a source, or the step that made one row of several.

`step` is the step that rejected it, null where the source did. `row` counts from 1 in its `file`, without one among
the rows of the source; `original` is the row as JSON text. `column` and `text` are the value it fell over, null where
the row as a whole is broken.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejects:
    """Rows that are rejected: a run streams `letters` to its dead letters, in the same pass as its deliveries.

    `letters` has the columns LETTER_COLUMNS; its `step` is the name of the step that rejects, under which the
    closing table counts it.
    """

    letters: Frame

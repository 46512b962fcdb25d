"""What a service gets that takes JSON: the row, the group with its rows, or all rows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.messages.item import Item
from engine.messages.json_rows import json_rows
from engine.messages.output import MessageOutput
from engine.names import RunWords
from ir.value_text import text_of


def payload_of(output: MessageOutput, item: Item, words: RunWords) -> Any:
    """The item's rows by the columns that the delivery shows, as JSON values."""
    assert output.columns is not None
    rows = [row for batch in item.rows.batches() for row in json_rows(batch, output.columns, timezone=words.timezone)]
    if output.scope == "per_item":
        return rows[0]
    found = {"workflow": words.workflow, "run": words.run_id, "count": item.rows.rows, "rows": rows}
    if output.scope == "per_group":
        found["group"] = {name: value if isinstance(value, bool | int | float | Decimal) else text_of(value)
                          for name, value in item.key.items()}  # fmt: skip
    return found

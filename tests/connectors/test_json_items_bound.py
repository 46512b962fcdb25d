"""One item of JSON that is longer than any row: it is refused before it has taken the memory."""

from __future__ import annotations

import io

import pytest

from connectors.files import json_documents
from connectors.problem import ConnectorProblem


@pytest.mark.parametrize(("text", "what"), [
    (b'[{"a": 1}, {"a": "' + b"x" * 3000, "item 2"), (b'{"a": "' + b"x" * 3000, "its object"),
])  # fmt: skip
def test_an_item_that_does_not_end_is_refused(monkeypatch: pytest.MonkeyPatch, text: bytes, what: str) -> None:
    monkeypatch.setattr(json_documents, "LONGEST", 1000)
    monkeypatch.setattr(json_documents, "_BLOCK", 100)
    with pytest.raises(ConnectorProblem, match=f"rows.json: {what} is longer than") as told:
        list(json_documents.array_items(io.BytesIO(text), encoding="utf-8", shown="rows.json"))
    assert told.value.code == "IR534"


def test_a_line_that_does_not_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_documents, "LONGEST", 1000)
    lines = json_documents.lines_items(io.BytesIO(b'{"a": 1}\n{"a": "' + b"x" * 3000), encoding="utf-8", shown="rows")
    assert next(lines) == {"a": 1}
    with pytest.raises(ConnectorProblem, match="rows: line 2 is longer than"):
        next(lines)

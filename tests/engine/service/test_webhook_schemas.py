"""What a webhook answers to payloads that its payload_schema does not know, of both forms of a schema."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.engine.service.hooking import hooking

NONE = {"method": "none"}
FIELDS = {"type": "object", "fields": [{"name": "id", "type": "string", "required": True}]}
JSON_SCHEMA = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}


@pytest.mark.parametrize("schema", [FIELDS, JSON_SCHEMA], ids=["fields", "json-schema"])
def test_a_payload_that_breaks_the_schema_is_refused_with_its_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, schema: dict[str, Any]
) -> None:
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))
    with hooking(tmp_path) as hooked:
        path = hooked.put("paid", {"validation": NONE, "payload_schema": schema})
        assert hooked.post(path, {"id": "p1", "more": 1}).status == 202
        refused = hooked.post(path, {"id": 4711})
        assert (refused.status, refused.json["error"]["problems"]) == (422, ["/id: expected text, but this is 4711"])
        assert hooked.post(path, [{"id": "p1"}]).status == 422
        assert hooked.post(path, b'{"id": "\\ud800"}').status == 400
        broken = hooked.put("broken", {"validation": NONE, "payload_schema": {"type": "objekt"}})
        assert hooked.post(broken, {}).status == 404
        assert hooked.post(path, {"id": "p2"}).status == 202

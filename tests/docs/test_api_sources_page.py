"""The workflow of docs/api-sources.md reads what the page says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import weirflow as wf
from tests.servers.http_receiver import HttpReceiver

PAGE = (Path(__file__).parents[2] / "docs" / "api-sources.md").read_text(encoding="utf-8")
ORDERS = [{"id": 1, "total": "99.50", "placed": "2026-01-02", "note": "x"},
          {"id": 2, "total": "120.00", "placed": "2026-01-03"}]  # fmt: skip


def test_the_orders_of_the_page_are_read(tmp_path):
    [workflow] = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
    with HttpReceiver().running() as service:
        service.fail("GET", "/orders", status=200, body=json.dumps({"orders": ORDERS}))
        file = tmp_path / "orders.yaml"
        file.write_text(workflow.replace("https://shop.example.com", service.url))
        assert wf.validate(file) == []
        assert service.requests == []
        wf.run(file)
        assert service.requests == ["GET /orders?status=open"]
    assert (tmp_path / "orders.csv").read_text() == "id,total,placed\n2,120.00,2026-01-03\n"

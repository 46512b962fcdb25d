"""The workflow of docs/api-sources.md reads what the page says."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

import weirflow as wf
from tests.servers.http_receiver import HttpReceiver
from tests.servers.token_service import TokenService

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


def test_the_app_of_the_page_gets_its_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [workflow], [secrets] = (re.findall(rf"```{each}\n(.*?)```", PAGE, flags=re.DOTALL) for each in ("yaml", "toml"))
    with TokenService().running() as service:
        service.client_id = tomllib.loads(secrets)["http"]["client_id"]
        secrets = secrets.replace("https://login.example.com/oauth2/token", service.credentials["token_url"])
        (tmp_path / "secrets.toml").write_text(secrets.replace("…", service.client_secret, 1))
        (tmp_path / "secrets.toml").chmod(0o600)
        monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path))
        service.orders = {"orders": ORDERS}
        file = tmp_path / "orders.yaml"
        file.write_text(workflow.replace("https://shop.example.com", service.url))
        wf.run(file)
        assert [each["scope"] for each in service.forms] == ["orders.read"]
    assert (tmp_path / "orders.csv").read_text() == "id,total,placed\n2,120.00,2026-01-03\n"

"""The page of webhooks: its workflow takes what it says, and its tables name what there is."""

from __future__ import annotations

import base64
import json
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest
import yaml
from standardwebhooks import Webhook

import weirflow as wf
from engine.service.settings import ServiceSettings
from ir.model.webhooks import WebhookValidation
from tests.engine.service.hooking import hooking

PAGE = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text(encoding="utf-8")
[EXAMPLE] = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def test_the_workflow_of_the_page_takes_an_order_and_answers_as_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = yaml.safe_load(EXAMPLE)
    assert wf.validate(document) == []
    secret = "whsec_" + base64.b64encode(b"a key of twenty-four byte").decode()
    monkeypatch.setenv("WEIRFLOW_ORDERS_HOOK", secret)
    body = json.dumps({"type": "order.paid", "order": "A-1", "amount": 12.5})
    now = int(time.time())
    headers = {"webhook-id": "m1", "webhook-timestamp": str(now),
               "webhook-signature": Webhook(secret).sign("m1", datetime.fromtimestamp(now, UTC), body)}  # fmt: skip
    with hooking(tmp_path) as hooked:
        path = hooked.put("orders", document["data_sources"][0]["webhook_config"])
        found = hooked.post(path, body.encode(), headers)
        [start] = hooked.inbox.begin_due(datetime.now(UTC))
    assert (found.status, found.json) == (200, {"order": "A-1", "run": start.run_id})


def test_the_tables_name_every_method_and_format_and_the_limits() -> None:
    fields = WebhookValidation.model_fields
    for name in ("method", "signature_format"):
        assert all(f"\n| `{each}` |" in PAGE for each in get_args(fields[name].annotation))
    settings = ServiceSettings(folder=Path())
    assert settings.webhook_bytes == 5_000_000
    assert f"{settings.webhook_waiting:,}" in PAGE
    assert settings.webhook_rate is None


def test_the_run_id_of_a_batch_is_refused_where_its_answer_tells_it() -> None:
    document = yaml.safe_load(EXAMPLE)
    document["data_sources"][0]["webhook_config"]["batch_rows"] = 10
    [found] = [each for each in wf.validate(document) if each.severity == "error"]
    assert (found.code, found.message) == ("IR303", "there is no run yet when a request of a batch is answered")

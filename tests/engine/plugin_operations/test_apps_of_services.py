"""A workflow that reads, calls and posts as an app of a service: one token, and none of it anywhere in the run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import weirflow as wf
from engine.cli.main import run_command_line
from tests.servers.token_service import TokenService
from tests.workflows import inline, workflow


@pytest.fixture
def service() -> Iterator[TokenService]:
    with TokenService().running() as running:
        yield running


def test_sources_operations_and_deliveries_share_a_token_that_is_told_nowhere(
    service: TokenService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("WEIRFLOW_HOME", str(home))
    monkeypatch.setenv("WEIRFLOW_SHOP", json.dumps(service.credentials))
    source = {"type": "api", "alias": "orders", "plugin_key": "http", "endpoint": f"{service.url}/orders",
              "credentials_ref": "shop", "config": {"schema": {"id": "integer", "total": "integer"}}}  # fmt: skip
    operation = {"id": "note", "plugin_key": "http", "operation_type": "request", "credentials_ref": "shop",
                 "config": {"url": f"{service.url}/notes", "body": {"order": "{{id}}"}}}  # fmt: skip
    auth = {"type": "oauth2_client_credentials", "token_url": f"{service.url}/login/token", "secret_ref": "shop"}
    delivery = {"plugin_key": "http", "config": {"url": f"{service.url}/late", "auth": auth}}
    document = workflow([source], plugin_operations=[operation], delivery_rules={"per_item_delivery": delivery})
    file = tmp_path / "orders.json"
    file.write_text(json.dumps(document))

    assert run_command_line(["run", str(file), "--dry-run"]) == 0
    assert service.requests == []
    assert run_command_line(["run", str(file), "--format", "json"]) == 0

    assert service.bodies == [{"order": 1}, {"id": 1, "total": 5}]
    assert len(service.forms) == 1
    said = capsys.readouterr()
    written = b"".join(each.read_bytes() for each in home.rglob("*") if each.is_file())
    for secret in (service.client_secret, *service.tokens):
        assert secret not in said.out + said.err
        assert secret.encode() not in written


def test_an_app_in_a_delivery_is_checked_at_its_place() -> None:
    auth = {"type": "oauth2_client_credentials", "token_url": "login.example", "client_auth": "header", "scop": "x"}
    delivery = {"plugin_key": "http", "config": {"url": "https://shop.example/late", "auth": auth}}
    with pytest.raises(wf.WorkflowError) as met:
        wf.compile(workflow([inline("rows", [{"id": 1}])], delivery_rules={"summary_delivery": delivery}))
    found = {"/".join(map(str, each.pointer[3:])): each.message for each in met.value.diagnostics}
    assert found == {
        "auth/scop": 'auth has no "scop": known are type, secret_ref, user, header, token_url, client_id, scope, '
                     "audience, client_auth",
        "auth": "auth of type oauth2_client_credentials needs secret_ref: where client_secret is",
        "auth/token_url": "auth.token_url is no address that begins with https://, without templates, user and "
                          "password",
        "auth/client_auth": 'auth.client_auth "header" is not one of basic, body',
    }  # fmt: skip

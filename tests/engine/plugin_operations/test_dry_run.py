"""What a dry run says of calls: the very requests, without their secrets, and none of them sent."""

from __future__ import annotations

import json

import weirflow as wf
from engine.cli.main import run_command_line
from tests.engine.plugin_operations.shop import document
from tests.workflows import workflow

ROWS = [{"who": each, "amount": 1.5} for each in ("ada", "bo", "cy", "dee")]
ORDER = {"operation_type": "create_order", "config": {"customer": "{{who}}", "amount": "{{amount}}"},
         "output_variable": "order"}  # fmt: skip


def test_the_first_requests_are_those_that_a_run_sends(tmp_path, shop):
    plan = wf.compile(document(ROWS, ORDER), base=tmp_path)
    [found] = plan.requests()
    assert shop.requests == []
    assert [each.call for each in found.calls] == ["row 1", "row 2", "row 3"]
    [request] = found.calls[0].requests
    assert (request.method, request.url) == ("POST", f"{shop.url}/orders")
    assert request.body == {"customer": "ada", "amount": 1.5}
    assert "s3cret" not in repr(found)
    assert found.note == "and so on"
    plan.run(out=tmp_path)
    assert shop.orders[0] == request.body


def test_what_only_a_run_finds_out_is_named(tmp_path, shop):
    link = {"operation_type": "put_order", "config": {"id": "{{order.id}}"}}
    _, second = wf.compile(document(ROWS, ORDER, link), base=tmp_path).requests()
    assert second.note == "its requests are made of what a run finds out: op_0"
    assert second.calls == ()


def test_the_first_request_of_a_source_is_shown_as_well(tmp_path, shop, capsys):
    source = {"type": "api", "alias": "orders", "plugin_key": "shop", "operation_type": "list_orders",
              "config": {"status": "open"}}  # fmt: skip
    file = tmp_path / "orders.json"
    file.write_text(json.dumps(workflow([source])))
    assert run_command_line(["run", str(file), "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "orders: shop list_orders, for its rows" in said
    assert f"GET {shop.url}/orders?status=open" in said
    assert "s3cret" not in said
    assert shop.requests == []


def test_the_command_line_prints_them(tmp_path, shop, capsys):
    file = tmp_path / "orders.json"
    file.write_text(json.dumps(document(ROWS[:1], ORDER)))
    assert run_command_line(["run", str(file), "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert f"POST {shop.url}/orders" in said
    assert '{"customer": "ada", "amount": 1.5}' in said
    assert "s3cret" not in said
    assert run_command_line(["run", str(file), "--dry-run", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["requests"][0]["calls"][0]["requests"][0]["method"] == "POST"
    assert shop.requests == []
    assert list(tmp_path.glob("made.csv")) == []


def test_the_command_line_runs_them(tmp_path, shop, capsys):
    file = tmp_path / "orders.json"
    file.write_text(json.dumps(document(ROWS, ORDER)))
    assert run_command_line(["run", str(file), "--quiet"]) == 0
    assert [each["customer"] for each in shop.orders] == ["ada", "bo", "cy", "dee"]
    assert "4 calls" in capsys.readouterr().out


def test_a_call_whose_values_do_not_fit_says_so(tmp_path, shop):
    rows = [{"who": "ada", "amount": "much"}]
    [found] = wf.compile(document(rows, ORDER), base=tmp_path).requests()
    assert "expected a number" in str(found.calls[0].why_not)

"""Any address as a plugin: its pages, and where they may lead."""

from __future__ import annotations

import json
from collections.abc import Iterator
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import pytest
from multidict import CIMultiDict

import weirflow as wf
from connectors.http.blocking import waited_for
from connectors.plugins.account import PluginAccount
from connectors.plugins.files import FileStore
from connectors.plugins.http.pagination import links_of
from connectors.plugins.registry import find_plugin
from connectors.plugins.session import open_session
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from tests.connectors.plugins.calling import FakePace
from tests.servers.http_receiver import HttpReceiver
from tests.workflows import workflow


@pytest.fixture
def receiver() -> Iterator[HttpReceiver]:
    with HttpReceiver().running() as service:
        yield service


def got(params: dict[str, Any], **parts: Any) -> Any:
    plugin = find_plugin("http")
    account = PluginAccount(ref=None, base=Path(), policy=Policy.open(), parts=parts)
    session = open_session(plugin, account, pace=FakePace())
    try:
        return waited_for(session.call(plugin.action("get"), params)).output
    finally:
        waited_for(session.close())


def sent(action: str, params: dict[str, Any], folder: Path) -> Any:
    plugin = find_plugin("http")
    account = PluginAccount(ref=None, base=Path(), policy=Policy.open(), parts={})
    session = open_session(plugin, account, files=FileStore(folder), pace=FakePace())
    try:
        return waited_for(session.call(plugin.action(action), params)).output
    finally:
        waited_for(session.close())


def test_an_answer_that_leads_to_another_host_gets_no_secret(receiver: HttpReceiver) -> None:
    receiver.fail("GET", "/orders", status=200, body='{"next": "https://elsewhere.example/steal", "rows": []}')
    with pytest.raises(ConnectorProblem, match=r"an answer of 127\.0\.0\.1 leads to another host"):
        got({"url": f"{receiver.url}/orders", "items": "rows", "paging": {"style": "next_url", "next": "next"}},
            token="secret-1")  # fmt: skip


def test_a_path_cannot_reach_into_the_credentials() -> None:
    for params in (
        {"items": "rows}} {{connection.token"},
        {"paging": {"style": "next_url", "next": "a}}{{params.url"}},
    ):
        with pytest.raises(ConnectorProblem) as refused:
            got({"url": "http://127.0.0.1:9/", **params}, token="secret-1")
        assert refused.value.code == "IR693"


def test_what_would_go_out_unencrypted_is_refused() -> None:
    with pytest.raises(ConnectorProblem, match="would go out unencrypted"):
        got({"url": "http://shop.example/orders"}, token="secret-1")


@pytest.mark.parametrize("headers", [{"X-A\r\nX-B": "1"}, {"X-A": "1\r\nX-B: 2"}])
def test_a_header_holds_no_line_break(receiver: HttpReceiver, headers: dict[str, str]) -> None:
    with pytest.raises(ConnectorProblem) as refused:
        got({"url": f"{receiver.url}/orders", "headers": headers})
    assert refused.value.code == "IR693"
    assert receiver.requests == []


def test_the_next_page_stands_in_any_of_the_headers_that_link() -> None:
    link = links_of(CIMultiDict([("Link", "</style.css>; rel=preload"), ("Link", '</orders?page=2>; rel="next"')]))
    assert link == '</style.css>; rel=preload, </orders?page=2>; rel="next"'


def test_a_key_of_the_address_goes_along_with_each_page_and_stands_there_once(receiver: HttpReceiver) -> None:
    for page in ('{"next": "/orders?page=2", "rows": [1]}', '{"next": "/orders?page=3&api_key=k-9", "rows": [2]}',
                 '{"next": null, "rows": [3]}'):  # fmt: skip
        receiver.fail("GET", "/orders", status=200, body=page)
    paging = {"style": "next_url", "next": "next"}
    url = f"{receiver.url}/orders"
    assert got({"url": url, "items": "rows", "paging": paging}, query={"api_key": "k-9"}) == [1, 2, 3]
    assert receiver.requests == [
        "GET /orders?api_key=k-9", "GET /orders?page=2&api_key=k-9", "GET /orders?page=3&api_key=k-9"]  # fmt: skip
    with pytest.raises(ConnectorProblem, match="would go out unencrypted"):
        got({"url": "http://shop.example/orders"}, query={"api_key": "k-9"})


def test_an_action_that_is_called_like_a_method_sends_it(receiver: HttpReceiver, tmp_path: Path) -> None:
    params = {"url": f"{receiver.url}/orders/7"}
    for action in ("put", "patch", "delete", "post"):
        sent(action, params, tmp_path)
    assert receiver.requests == [f"{each} /orders/7" for each in ("PUT", "PATCH", "DELETE", "POST")]


def test_a_text_goes_out_as_it_is(receiver: HttpReceiver, tmp_path: Path) -> None:
    sent("send_text", {"url": f"{receiver.url}/x", "text": "<a>é</a>", "headers": {"Content-Type": "application/xml"}},
         tmp_path)  # fmt: skip
    [post] = receiver.posts
    assert (post.headers["Content-Type"], post.body) == ("application/xml", "<a>é</a>".encode())


def test_a_form_has_fields_and_files(receiver: HttpReceiver, tmp_path: Path) -> None:
    report = FileStore(tmp_path).put("a b.csv", b"id\n1\n", mime="text/csv")
    looks_like_one = dict(report)
    fields = {"month": "2026-01", "more": {"a": [1]}, "note": looks_like_one}
    sent("post_multipart", {"url": f"{receiver.url}/x", "fields": fields, "files": {"report": report}}, tmp_path)
    [post] = receiver.posts
    form = BytesParser().parsebytes(b"Content-Type: " + post.headers["Content-Type"].encode() + b"\n\n" + post.body)
    parts = {part.get_param("name", header="content-disposition"): part for part in form.get_payload()}
    said = {name: part.get_payload(decode=True) for name, part in parts.items()}
    assert (said["month"], json.loads(said["more"]), said["report"]) == (b"2026-01", {"a": [1]}, b"id\n1\n")
    assert (parts["report"].get_filename(), parts["report"].get_content_type()) == ("a b.csv", "text/csv")
    assert json.loads(said["note"]) == report  # a field is never taken for a file
    with pytest.raises(ConnectorProblem) as refused:
        sent("post_multipart", {"url": f"{receiver.url}/x", "files": {"report": "/etc/passwd"}}, tmp_path)
    assert refused.value.code == "IR693"


def test_a_field_and_a_file_of_one_name_are_both_sent(receiver: HttpReceiver, tmp_path: Path) -> None:
    report = FileStore(tmp_path).put("a.csv", b"id\n1\n", mime="text/csv")
    sent("post_multipart", {"url": f"{receiver.url}/x", "fields": {"report": "January"}, "files": {"report": report}},
         tmp_path)  # fmt: skip
    [post] = receiver.posts
    form = BytesParser().parsebytes(b"Content-Type: " + post.headers["Content-Type"].encode() + b"\n\n" + post.body)
    assert [(each.get_filename(), each.get_payload(decode=True)) for each in form.get_payload()] == [
        (None, b"January"), ("a.csv", b"id\n1\n")]  # fmt: skip


@pytest.mark.parametrize(("media_type", "body", "told"), [
    ("text/xml", "<ok/>", "<ok/>"), ("text/plain", "OK", "OK"), ("text/plain", '{"id": 7}', {"id": 7}),
    ("application/problem+json; charset=utf-8", '{"id": 7}', {"id": 7}), ("text/plain; charset=latin-1", "é", "é"),
])  # fmt: skip
def test_what_is_answered_to_what_was_sent_may_be_a_text(
    receiver: HttpReceiver, tmp_path: Path, media_type: str, body: str, told: Any
) -> None:
    for action, params in (("send_text", {"text": "<a/>"}), ("put", {"body": {"a": 1}}), ("delete", {})):
        method = {"send_text": "POST"}.get(action, action.upper())
        receiver.fail(method, "/x", status=200, body=body, headers={"Content-Type": media_type})
        assert sent(action, {"url": f"{receiver.url}/x", **params}, tmp_path) == told


def test_an_answer_that_says_it_is_json_has_to_be(receiver: HttpReceiver, tmp_path: Path) -> None:
    receiver.fail("POST", "/x", status=200, body="OK", headers={"Content-Type": "application/json"})
    with pytest.raises(ConnectorProblem, match="what is no json: 200 OK"):
        sent("request", {"url": f"{receiver.url}/x"}, tmp_path)


@pytest.mark.parametrize(("lost", "status"), [(None, 404), (504, 410)])
def test_what_is_gone_after_a_delete_whose_answer_was_lost_is_deleted(
    receiver: HttpReceiver, tmp_path: Path, lost: int | None, status: int
) -> None:
    receiver.fail("DELETE", "/x", lost=True, status=lost)
    receiver.fail("DELETE", "/x", status=status)
    assert sent("delete", {"url": f"{receiver.url}/x"}, tmp_path) is None
    assert receiver.requests == ["DELETE /x", "DELETE /x"]
    receiver.fail("DELETE", "/x", status=status)
    with pytest.raises(ConnectorProblem, match=str(status)):
        sent("delete", {"url": f"{receiver.url}/x"}, tmp_path)


def test_a_put_whose_answer_was_lost_is_sent_once(receiver: HttpReceiver, tmp_path: Path) -> None:
    receiver.fail("PUT", "/x", lost=True)
    with pytest.raises(ConnectorProblem, match="closed the connection") as met:
        sent("put", {"url": f"{receiver.url}/x", "body": {"total": 6}}, tmp_path)
    assert (met.value.sent, len(receiver.posts)) == (True, 1)


def test_a_source_may_have_its_address_in_its_config(receiver: HttpReceiver) -> None:
    source = {"type": "api", "alias": "orders", "plugin_key": "http",
              "config": {"url": f"{receiver.url}/orders", "schema": {"taken": "integer"}}}  # fmt: skip
    assert wf.compile(workflow([source])).collect("orders").to_dicts() == [{"taken": 1}]

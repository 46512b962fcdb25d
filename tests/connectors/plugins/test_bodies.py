"""Bodies of requests in each encoding, read back by parsers that are not ours."""

from __future__ import annotations

import email
import json
from email.policy import HTTP
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from connectors.plugins.files import FileStore
from connectors.problem import ConnectorProblem
from tests.connectors.plugins.calling import called, opened, plugin_of
from tests.servers.http_receiver import HttpReceiver, Post

FILE = {"type": "object", "x-file": True, "description": "A file."}


def posted(folder: Path, receiver: HttpReceiver, request: dict[str, Any], **params: Any) -> Post:
    """What arrives of a request made of these parameters."""
    known = {name: FILE if name == "file" else {"description": "A value."} for name in params}
    plugin = plugin_of(folder, actions={"send": {
        "kind": "write", "parameters": {"type": "object", "properties": known},
        "request": {"method": "POST", "path": "/x", **request},
    }})  # fmt: skip
    with opened(plugin, receiver.url, folder=folder / "files") as session:
        called(session, plugin, "send", params)
    return receiver.posts[-1]


def parts_of(post: Post) -> list[Any]:
    head = f"Content-Type: {post.headers['Content-Type']}\r\n\r\n".encode()
    return list(email.message_from_bytes(head + post.body, policy=HTTP).iter_parts())  # type: ignore[attr-defined]


def test_json_keeps_types_and_leaves_out_what_is_not_there(receiver: HttpReceiver, tmp_path: Path) -> None:
    body = {"n": "{{params.n}}", "text": "{{params.text}}", "gone": "{{params.gone}}", "list": "{{params.list}}"}
    post = posted(tmp_path, receiver, {"body": body}, n=1.5, text='"}, "x": "', list=[1, None])
    assert post.json == {"n": 1.5, "text": '"}, "x": "', "list": [1, None]}
    assert post.headers["Content-Type"] == "application/json"


def test_a_form_repeats_lists_and_brackets_objects(receiver: HttpReceiver, tmp_path: Path) -> None:
    body = {"a": "{{params.a}}", "to": "{{params.to}}", "meta": {"k": "{{params.a}}"}}
    post = posted(tmp_path, receiver, {"body": body, "encoding": "form"}, a="x & y=ü", to=["1", "2"])
    assert parse_qsl(post.body.decode()) == [("a", "x & y=ü"), ("to", "1"), ("to", "2"), ("meta[k]", "x & y=ü")]


def test_multipart_has_files_with_their_names_and_types(receiver: HttpReceiver, tmp_path: Path) -> None:
    file = FileStore(tmp_path / "files").put('re"port\r\n.csv', b"a,b\r\n1,2", mime="text/csv")
    parts = {"title": {"value": "{{params.title}}"}, "meta": {"value": {"a": 1}}, "upload": {"file": "{{params.file}}"},
             "none": {"value": "{{params.gone}}"}}  # fmt: skip
    found = parts_of(posted(tmp_path, receiver, {"encoding": "multipart", "parts": parts}, file=file, title="Größe"))
    assert [each.get_param("name", header="content-disposition") for each in found] == ["title", "meta", "upload"]
    assert found[0].get_payload(decode=True).decode() == "Größe"
    assert json.loads(found[1].get_payload(decode=True)) == {"a": 1}
    assert found[2].get_content_type() == "text/csv"
    assert found[2].get_payload(decode=True) == b"a,b\r\n1,2"
    assert '"re%22port.csv"' in str(found[2]["content-disposition"])


def test_multipart_related_has_metadata_and_then_the_bytes(receiver: HttpReceiver, tmp_path: Path) -> None:
    file = FileStore(tmp_path / "files").put("a.pdf", b"%PDF-1.7\x00\xff")
    request = {"encoding": "multipart_related", "metadata": {"name": "{{params.name}}"}, "media": "{{params.file}}"}
    post = posted(tmp_path, receiver, request, file=file, name="A")
    metadata, media = parts_of(post)
    assert post.headers["Content-Type"].startswith("multipart/related")
    assert json.loads(metadata.get_payload(decode=True)) == {"name": "A"}
    assert (media.get_content_type(), media.get_payload(decode=True)) == ("application/pdf", b"%PDF-1.7\x00\xff")


def test_raw_is_the_bytes_of_a_file(receiver: HttpReceiver, tmp_path: Path) -> None:
    file = FileStore(tmp_path / "files").put("a.bin", b"\x00\x01")
    post = posted(tmp_path, receiver, {"encoding": "raw", "body": "{{params.file}}"}, file=file)
    assert (post.body, post.headers["Content-Type"]) == (b"\x00\x01", "application/octet-stream")


def test_a_header_cannot_be_broken_into(receiver: HttpReceiver, tmp_path: Path) -> None:
    with pytest.raises(ConnectorProblem, match="holds a line break") as met:
        posted(tmp_path, receiver, {"headers": {"X-Name": "{{params.name}}"}}, name="a\r\nX-Admin: 1")
    assert (met.value.code, receiver.posts) == ("IR693", [])


def test_a_query_is_encoded_and_repeats_lists(receiver: HttpReceiver, tmp_path: Path) -> None:
    query = {"q": "{{params.q}}", "id": "{{params.ids}}", "on": True, "gone": "{{params.gone}}"}
    post = posted(tmp_path, receiver, {"query": query}, q="a&b=ü +", ids=[1, 2])
    assert post.path == "/api/x?q=a%26b%3D%C3%BC%20%2B&id=1&id=2&on=true"


def test_an_answer_that_is_a_file_stands_in_the_runs_folder(receiver: HttpReceiver, tmp_path: Path) -> None:
    plugin = plugin_of(tmp_path, actions={"get": {"kind": "read", "request": {"path": "/f"},
                                                  "response": {"decode": "file"}}})  # fmt: skip
    headers = {"Content-Type": "text/csv", "Content-Disposition": "attachment; filename*=utf-8''..%2F%C3%BC.csv"}
    receiver.fail("GET", "/f", status=200, body="a,b", headers=headers)
    with opened(plugin, receiver.url, folder=tmp_path / "files") as session:
        file = called(session, plugin, "get", {}).output
    assert (file["name"], file["mime"], file["size"]) == ("ü.csv", "text/csv", 3)
    assert (tmp_path / "files" / file["ref"]).read_bytes() == b"a,b"


def test_large_files_go_through_without_being_held_in_memory(receiver: HttpReceiver, tmp_path: Path) -> None:
    content = bytes(range(256)) * 12_000  # 3 MB
    file = FileStore(tmp_path / "files").put("big.bin", content)
    post = posted(tmp_path, receiver, {"encoding": "raw", "body": "{{params.file}}"}, file=file)
    assert (post.body == content, post.headers["Content-Length"]) == (True, "3072000")
    plugin = plugin_of(tmp_path, key="back", actions={"get": {
        "kind": "read", "request": {"path": "/f"}, "response": {"decode": "file", "filename": "b.bin"},
    }})  # fmt: skip
    receiver.fail("GET", "/f", status=200, body="x" * 2_000_000)
    with opened(plugin, receiver.url, folder=tmp_path / "files") as session:
        back = called(session, plugin, "get", {}).output
    assert (back["name"], back["size"]) == ("b.bin", 2_000_000)
    assert sorted(each.name for each in (tmp_path / "files").iterdir()) == sorted([file["ref"], back["ref"]])


def test_a_download_that_breaks_off_leaves_nothing_behind(receiver: HttpReceiver, tmp_path: Path) -> None:
    plugin = plugin_of(tmp_path, actions={"get": {"kind": "read", "request": {"path": "/f"},
                                                  "response": {"decode": "file"}}})  # fmt: skip
    receiver.halves.add("/api/f")
    with opened(plugin, receiver.url, folder=tmp_path / "files") as session, pytest.raises(ConnectorProblem):
        called(session, plugin, "get", {})
    assert list((tmp_path / "files").iterdir()) == []
    assert len(receiver.posts) == 4

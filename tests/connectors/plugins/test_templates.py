"""Templates of manifests: what references and filters give, and what nobody can bring in by a value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectors.plugins.files import FileStore
from connectors.plugins.templating import MISSING, Roots, compiled, compiled_url
from connectors.problem import ConnectorProblem

PARAMS = {
    "name": "Ada", "count": 3, "tags": ["a", "b"], "none": None, "empty": "", "day": "2026-01-31", "path": "a b/ü.txt",
    "who": {"mail": "ada@example.com"}, "rows": [{"id": 1}, {"id": 2}], "evil": "{{params.name}}", "on": True,
}  # fmt: skip


def made(template: Any, **roots: Any) -> Any:
    return compiled(template)(Roots(values={"params": PARAMS, **roots}))


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{{params.count}}", 3),
        ("n = {{params.count}}", "n = 3"),
        ("{{params.who.mail}}", "ada@example.com"),
        ("{{params.rows[1].id}}", 2),
        ("{{params.rows[*].id}}", [1, 2]),
        ("{{params.rows.length}}", 2),
        ("{{params.none}}", None),
        ("{{params.nowhere}}", MISSING),
        ("x{{params.nowhere}}", MISSING),
        ("{{params.none.deeper}}", MISSING),
        ("{{params.evil}}", "{{params.name}}"),
        ({"a": "{{params.nowhere}}", "b": ["{{params.nowhere}}", 1]}, {"b": [1]}),
        ({"$default": ["{{params.nowhere}}", "{{params.none}}", "x"]}, "x"),
        ({"$join": ["{{params.tags}}", "; "]}, "a; b"),
        ({"$json": {"a": "{{params.tags}}"}}, '{"a":["a","b"]}'),
        ({"$base64": "{{params.name}}"}, "QWRh"),
        ({"$base64url": "{{params.path}}"}, "YSBiL8O8LnR4dA"),
        ({"$text": "{{params.on}}"}, "true"),
        ({"$lower": "{{params.name}}"}, "ada"),
        ({"$lower": "{{params.nowhere}}"}, MISSING),
        ({"$each": {"of": "{{params.rows}}", "as": {"n": "{{item.id}}", "at": "{{index}}"}}},
         [{"n": 1, "at": 0}, {"n": 2, "at": 1}]),
        ({"$if": {"set": "{{params.empty}}", "then": 1, "else": 2}}, 2),
        ({"$if": {"equals": ["{{params.count}}", 3], "then": 1}}, 1),
        ({"$if": {"in": ["{{params.name}}", ["Bob"]], "then": 1}}, MISSING),
        ({"$merge": [{"a": 1, "b": 1}, "{{params.who}}", {"b": 2}]}, {"a": 1, "b": 2, "mail": "ada@example.com"}),
        ({"$epoch": "{{params.day}}"}, 1769817600),
        ({"$date": ["{{params.day}}", "%d.%m.%Y"]}, "31.01.2026"),
        ({"$slice": ["{{params.tags}}", 0, 1]}, ["a"]),
        ({"$pairs": "{{params.who}}"}, [{"key": "mail", "value": "ada@example.com"}]),
        ({"$from_pairs": [{"key": "a", "value": 1}]}, {"a": 1}),
        ({"$lookup": ["{{params.name}}", {"Ada": "A"}, "?"]}, "A"),
        ({"$split": ["a, b,,", ","]}, ["a", "b"]),
        ({"$literal": {"$json": "{{x}}"}}, {"$json": "{{x}}"}),
    ],
)  # fmt: skip
def test_a_template_gives(template: Any, value: Any) -> None:
    assert made(template) == value


@pytest.mark.parametrize("template", ["{{params.name", "{{params.a | upper}}", {"$jsn": 1}, {"$join": []}, {"$if": {}}])
def test_a_template_that_means_nothing_is_refused_when_it_is_compiled(template: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        compiled(template)


@pytest.mark.parametrize(
    ("value", "url"),
    [("a/b?c#d", "/files/a%2Fb%3Fc%23d"), ("ü {{x}}", "/files/%C3%BC%20%7B%7Bx%7D%7D"), (7, "/files/7")],
)
def test_what_comes_into_a_path_stays_one_part_of_it(value: Any, url: str) -> None:
    assert compiled_url("/files/{{params.id}}")(Roots(values={"params": {"id": value}})) == url


@pytest.mark.parametrize("value", ["..", ".", "", None, MISSING])
def test_what_would_change_a_path_is_refused(value: Any) -> None:
    params = {} if value is MISSING else {"id": value}
    with pytest.raises(ConnectorProblem, match="the path of the request needs it") as met:
        compiled_url("/files/{{params.id}}")(Roots(values={"params": params}))
    assert met.value.code == "IR693"


def test_slashes_stay_only_where_the_manifest_says_so() -> None:
    url = compiled_url(["/files/", {"$path": "{{params.path}}"}])(Roots(values={"params": PARAMS}))
    assert url == "/files/a%20b/%C3%BC.txt"


def test_bytes_become_a_file_of_the_run_and_come_back(tmp_path: Path) -> None:
    roots = Roots(values={"params": PARAMS}, files=FileStore(tmp_path / "files"))
    file = compiled({"$file": {"name": "../x/a.txt", "base64": "aGVsbG8="}})(roots)
    assert (file["name"], file["mime"], file["size"]) == ("a.txt", "text/plain", 5)
    assert compiled({"$bytes": "{{f}}"})(roots.having(f=file)) == b"hello"
    for ref in ("../../etc/passwd", "0" * 64, None):
        with pytest.raises(ConnectorProblem, match="no file of this run"):
            compiled({"$bytes": "{{f}}"})(roots.having(f={**file, "ref": ref or ""}))


def test_a_mail_is_made_of_its_parts_and_its_head_cannot_be_broken_into(tmp_path: Path) -> None:
    import email
    from email.policy import default

    roots = Roots(values={}, files=FileStore(tmp_path))
    file = FileStore(tmp_path).put("ü.csv", b"a,b")
    parts = {"to": ["Ada <ada@example.com>", "bob@example.com"], "subject": "Größe", "text": "Hi", "html": "<p>Hi</p>",
             "attachments": [file]}  # fmt: skip
    mail = email.message_from_bytes(compiled({"$mime": parts})(roots), policy=default)
    assert (mail["To"], mail["Subject"]) == ("Ada <ada@example.com>, bob@example.com", "Größe")
    assert [each.get_content_type() for each in mail.walk()] == [
        "multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/csv",
    ]  # fmt: skip
    attached = list(mail.iter_attachments())  # type: ignore[attr-defined]
    assert attached[0].get_filename() == "ü.csv"
    for broken in ({"subject": "a\r\nBcc: eve@example.com"}, {"to": "a@example.com\nBcc: eve@example.com"},
                   {"to": "no address at all"}):  # fmt: skip
        with pytest.raises(ConnectorProblem) as met:
            compiled({"$mime": {**parts, **broken}})(roots)
        assert met.value.code == "IR693"

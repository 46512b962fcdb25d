"""Messages in a chat with markup: what the author wrote may be markup, what rows hold never is."""

from __future__ import annotations

import json
from typing import Any

import pytest

import weirflow as wf
from tests.servers.http_receiver import HttpReceiver
from tests.workflows import inline, workflow

ROWS = [{"who": "<!channel> & co"}]
SHIELDED = "&lt;!channel&gt; &amp; co"


def _sent(tmp_path: Any, monkeypatch: pytest.MonkeyPatch, **sections: Any) -> str:
    from urllib.parse import parse_qs

    with HttpReceiver().running() as receiver:
        receiver.answers = [json.dumps({"ok": True, "channel": "C1", "ts": "1.2"})]
        monkeypatch.setenv("WEIRFLOW_SLACK", json.dumps({"token": "xoxb-1", "api_base": receiver.url}))
        wf.compile(workflow([inline("main", ROWS)], **sections), base=tmp_path).run(out=tmp_path)
        [post] = receiver.posts
    return parse_qs(post.body.decode())["text"][0]


@pytest.mark.parametrize(("said", "expected"), [
    ({"body_template": "<https://a.example|See> {{who}}"}, f"<https://a.example|See> {SHIELDED}"),
    ({"config": {"text": "*{{who}}* <!here>"}}, f"*{SHIELDED}* <!here>"),
    ({"config": {"message": "{{who}}"}}, SHIELDED),
    ({"body_template": "<p>To {{who}}</p>"}, f"To {SHIELDED}"),
])  # fmt: skip
def test_a_value_makes_no_markup_and_its_author_does(tmp_path, monkeypatch, said, expected):
    rules = {"per_item_delivery": {"plugin_key": "slack", "recipient": "C1", **said}}
    assert _sent(tmp_path, monkeypatch, delivery_rules=rules) == expected


@pytest.mark.parametrize("more", [
    {}, {"rendering": {"type": "csv"}}, {"rendering": {"type": "html_table", "title": "{{data[0].who}}"}},
    {"rendering": {"template": "{{html_table}} {% for each in rows %}{{ each.who }}{% endfor %}", "engine": "jinja"}},
])  # fmt: skip
def test_rows_that_a_chat_shows_make_no_markup(tmp_path, monkeypatch, more):
    rules = {"summary_delivery": {"plugin_key": "slack", "recipient": "C1"}}
    text = _sent(tmp_path, monkeypatch, delivery_rules=rules, **more)
    assert SHIELDED in text
    assert "<" not in text
    assert "&amp;lt;" not in text

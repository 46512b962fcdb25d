"""Plugins, their versions, their actions and their parameters, found by what people write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectors.plugins.columns import columns_of
from connectors.plugins.registry import find_plugin
from connectors.plugins.versions import parse_range
from connectors.problem import ConnectorProblem
from tests.connectors.plugins.calling import plugin_of

READ = {"kind": "read", "request": {"path": "/"}}


# worked out by hand from npm's own description of ranges
@pytest.mark.parametrize(
    ("wanted", "inside", "outside"),
    [
        ("^1.2", "1.2.0 1.9.9", "1.1.9 2.0.0"), ("^0.2.3", "0.2.3 0.2.9", "0.3.0 0.2.2"), ("^0.0.3", "0.0.3", "0.0.4"),
        ("~1.2.3", "1.2.3 1.2.9", "1.3.0"), ("~1", "1.9.0", "2.0.0"), ("1.x", "1.0.0 1.9.0", "2.0.0"),
        ("1.2", "1.2.7", "1.3.0"), ("1.2.3", "1.2.3", "1.2.4"), ("*", "0.0.1 9.0.0", ""), (">1.2", "1.3.0", "1.2.9"),
        (">=1.0 <3", "1.0.0 2.9.9", "3.0.0"), (">=1.0, <=2", "2.9.0", "3.0.0"), ("1.2 - 2.3", "1.2.0 2.3.9", "2.4.0"),
        ("^1 || ^3", "1.1.0 3.1.0", "2.0.0"), ("<1.2", "1.1.9", "1.2.0"), ("= 1.2.3", "1.2.3", "1.2.2"),
    ],
)  # fmt: skip
def test_a_range_holds_what_npm_says(wanted: str, inside: str, outside: str) -> None:
    found = parse_range(wanted)
    assert [each for each in inside.split() if not found.holds(each)] == []
    assert [each for each in outside.split() if found.holds(each)] == []


def test_versions_stand_side_by_side_and_the_newest_in_the_range_is_taken(tmp_path: Path) -> None:
    for version in ("1.0.0", "1.4.0", "1.10.0", "2.0.0"):
        plugin_of(tmp_path, version=version, actions={"read": READ})
    folders = (tmp_path,)
    assert find_plugin("shop", folders=folders).version == "2.0.0"
    assert find_plugin("shop", wanted="^1.2", folders=folders).version == "1.10.0"
    with pytest.raises(ConnectorProblem, match=r"no version of shop is in the range \^3") as met:
        find_plugin("shop", wanted="^3", folders=folders)
    assert (met.value.code, met.value.hint) == ("IR696", "there is 1.0.0, 1.4.0, 1.10.0, 2.0.0")


def test_a_plugin_is_found_by_another_name_and_one_of_ones_own_comes_first(tmp_path: Path) -> None:
    plugin_of(tmp_path, key="chatter", aliases=["chat"], actions={"read": READ})
    plugin_of(tmp_path, key="slack", version="0.1.0", actions={"read": READ})
    assert find_plugin("chat", folders=(tmp_path,)).key == "chatter"
    assert find_plugin("slack", folders=(tmp_path,)).version == "0.1.0"


def test_a_manifest_that_is_none_says_where(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("manifest_version: 1\nkey: bad\ntitle: Bad\nversion: 1.0.0\nactons: {}\n")
    with pytest.raises(ConnectorProblem, match=r'bad\.yaml:5:1: unknown key "actons"') as met:
        find_plugin("bad", folders=(tmp_path,))
    assert (met.value.code, met.value.hint) == ("IR695", 'did you mean "actions"?')


def test_actions_are_found_by_name_by_alias_and_by_general_words(tmp_path: Path) -> None:
    write = {"kind": "write", "request": {"method": "POST", "path": "/"}}
    plugin = plugin_of(tmp_path, actions={
        "send_message": {**write, "aliases": ["post_message"]}, "list_channels": READ, "list_users": READ,
        "append_rows": write,
    })  # fmt: skip
    assert plugin.action("post_message").name == "send_message"
    assert plugin.action("send").name == "send_message"
    assert plugin.action("append").name == "append_rows"
    with pytest.raises(ConnectorProblem) as met:
        plugin.action("list")
    assert met.value.hint == "list may be list_channels or list_users"
    with pytest.raises(ConnectorProblem) as met:
        plugin.action("sned_message")
    assert met.value.hint == 'did you mean "send_message" or "post_message"?'


PARAMETERS: dict[str, Any] = {
    "type": "object", "required": ["channel", "text"],
    "properties": {
        "channel": {"type": "string", "description": "Where to."}, "text": {"type": "string", "description": "What."},
        "count": {"type": "integer", "description": "How many."},
        "mode": {"enum": ["fast", "safe"], "description": "How."},
        "rows": {"type": "array", "description": "Rows.",
                 "items": {"type": "object", "properties": {"id": {"type": "integer"}}}},
        "free": {"type": "object", "description": "Anything.", "additionalProperties": True},
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("config", "found"),
    [
        ({"channel": "a", "text": "{{row.text}}"}, []),
        ({"channel": "a", "text": "b", "count": "{{n}}", "free": {"x": 1}}, []),
        ({"channel": "a"}, [((), '"text" is missing', "IR202")]),
        ({"channl": "a", "text": "b"}, [(("channl",), 'unknown key "channl"', "IR201")]),
        ({"channel": "a", "text": 5}, [(("text",), "expected text, but this is 5", "IR203")]),
        ({"channel": "a", "text": "b", "count": "3"}, [(("count",), 'expected an integer, but this is "3"', "IR203")]),
        ({"channel": "a", "text": "b", "mode": "slow"}, [(("mode",), '"slow" is not one of fast, safe', "IR204")]),
        ({"channel": "a", "text": "b", "rows": [{"id": 1}, {"id": "{{x}}", "nr": 2}]},
         [(("rows", 1, "nr"), 'unknown key "nr"', "IR201")]),
    ],
)  # fmt: skip
def test_a_config_is_held_to_the_parameters_as_far_as_it_holds_no_templates(
    tmp_path: Path, config: dict[str, Any], found: list[tuple[Any, ...]]
) -> None:
    plugin = plugin_of(tmp_path, actions={"send": {**READ, "parameters": PARAMETERS}})
    problems = plugin.action("send").problems(config, is_partial=True)
    assert [(each.pointer, each.message, each.code) for each in problems] == found


def test_what_may_stand_only_with_or_without_other_parameters_is_named() -> None:
    def told(key: str, action: str, **config: Any) -> list[str]:
        return [each.message for each in find_plugin(key).action(action).problems(config, is_partial=True)]

    assert told("slack", "send_message", channel="{{c}}") == ['"text" or "blocks" is missing']
    assert told("hubspot", "get_contact", contact_id="1", email="a@b.example") == [
        'of "contact_id" or "email" only one may stand here']  # fmt: skip
    # Outlook takes either words to search for or conditions
    assert told("outlook", "search_emails", query="late", unread=True) == ['"unread" cannot stand beside "query"']
    assert told("outlook", "search_emails", unread=True, received_after="2026-01-01") == []


def test_a_null_where_none_may_stand_counts_as_not_there(tmp_path: Path) -> None:
    action = plugin_of(tmp_path, actions={"send": {**READ, "parameters": PARAMETERS}}).action("send")
    assert action.checked({"channel": "a", "text": "b", "count": None}) == {"channel": "a", "text": "b"}


def test_a_schema_that_leads_elsewhere_is_not_followed(tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {"a": {"$ref": "http://127.0.0.1:1/schema"}}}
    action = plugin_of(tmp_path, actions={"send": {**READ, "parameters": schema}}).action("send")
    with pytest.raises(ValueError, match=r"127\.0\.0\.1:1|[Oo]ffline|[Uu]nresolvable|retriev"):
        action.problems({"a": 1})


def test_columns_have_the_types_that_the_schema_says() -> None:
    found = columns_of({"type": "array", "items": {"type": "object", "properties": {
        "id": {"type": "integer"}, "name": {"type": ["string", "null"]}, "day": {"type": "string", "format": "date"},
        "at": {"type": "string", "format": "date-time"}, "sum": {"type": "string", "x-decimal": [12, 2]},
        "tags": {"type": "array", "items": {"type": "string"}},
        "who": {"type": "object", "properties": {"a": {"type": "number"}}},
        "any": {}, "file": {"type": "object", "x-file": True}, "ok": {"type": "boolean"},
    }}})  # fmt: skip
    assert found is not None
    assert {name: str(found[name]) for name in found.names} == {
        "id": "integer", "name": "string", "day": "date", "at": "datetime with time zone", "sum": "decimal(12,2)",
        "tags": "list(string)", "who": "struct(a: number)", "any": "json", "file": "file", "ok": "boolean",
    }  # fmt: skip


def test_two_files_of_one_version_that_say_different_things_are_refused(tmp_path: Path) -> None:
    plugin_of(tmp_path, version="1.0.0", actions={"read": READ})
    [first] = tmp_path.glob("*.yaml")
    (tmp_path / "shop@1.1.0.yaml").write_bytes(first.read_bytes())
    assert find_plugin("shop", folders=(tmp_path,)).version == "1.0.0"
    (tmp_path / "shop@1.1.0.yaml").write_text(first.read_text() + "\n# another\n")
    with pytest.raises(ConnectorProblem, match=r"are both shop 1\.0\.0") as met:
        find_plugin("shop", folders=(tmp_path,))
    assert (met.value.code, met.value.hint) == ("IR695", "give one of them another version")

"""`weirflow list plugins`, `plugins show` and `plugins check`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from connectors.plugins.checking.compatibility import breaking_changes
from connectors.plugins.json_schemas import plain
from connectors.plugins.manifest import Manifest
from connectors.plugins.registry import SHIPPED
from engine.cli.main import run_command_line
from ir.loading import load

PING: dict[str, Any] = {
    "manifest_version": 1, "key": "shop", "title": "Shop", "version": "1.2.0", "base_url": "https://shop.example/v1",
    "connection": {"type": "object", "required": ["token"],
                   "properties": {"token": {"type": "string", "writeOnly": True, "description": "Its token."}}},
    "auth": {"type": "bearer", "token": "{{connection.token}}"},
    "actions": {
        "add_order": {
            "description": "Adds an order.", "kind": "write",
            "parameters": {"type": "object", "required": ["item"], "properties": {
                "item": {"type": "string", "description": "What is ordered."},
                "count": {"type": "integer", "description": "How many."}}},
            "output_schema": {"type": "object", "properties": {"id": {"type": "integer"}}},
            "request": {"method": "POST", "path": "/orders", "body": {"item": "{{params.item}}"}},
            "response": {"output": {"id": "{{response.id}}"}},
            "examples": [{"name": "tea", "parameters": {"item": "tea"},
                          "requests": [{"method": "POST", "url": "https://shop.example/v1/orders",
                                        "body": {"item": "tea"}}],
                          "responses": [{"status": 201, "body": {"id": 7}}], "output": {"id": 7}}],
        },
    },
}  # fmt: skip


def written(folder: Path, manifest: dict[str, Any], name: str = "shop.yaml") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(manifest, sort_keys=False))
    return path


def changed(**places: Any) -> dict[str, Any]:
    """The manifest with other values at dotted places."""
    manifest: dict[str, Any] = json.loads(json.dumps(PING))
    for place, value in places.items():
        *way, last = place.split("__")
        inside = manifest
        for part in way:
            inside = inside[part]
        inside[last] = value
    return manifest


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_manifest_beside_the_workflow_is_listed_and_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(tmp_path / "plugins", PING)
    assert run_command_line(["list", "plugins"]) == 0
    assert "shop" in capsys.readouterr().out
    assert run_command_line(["plugins", "show", "shop", "add_order"]) == 0
    shown = capsys.readouterr().out
    assert "item   string, required: What is ordered." in shown
    assert "operation_type: add_order" in shown


def test_what_a_parameter_has_within_is_shown_behind_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["plugins", "show", "http", "get"]) == 0
    shown = [line.split()[:2] for line in capsys.readouterr().out.splitlines()]
    assert shown.index(["paging", "object:"]) + 1 == shown.index(["paging.style", "page"])
    assert ["paging.next", "string:"] in shown


def test_an_unknown_plugin_or_action_is_told_with_what_is_near(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["plugins", "show", "slak"]) == 2
    assert 'did you mean "slack"?' in capsys.readouterr().err
    assert run_command_line(["plugins", "show", "slack", "send_mesage"]) == 2
    assert 'did you mean "send_message"' in capsys.readouterr().err


def test_a_manifest_that_holds_what_it_says_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["plugins", "check", str(written(tmp_path, PING))]) == 0
    assert "no problems" in capsys.readouterr().err


ADD = "actions__add_order__"


def test_a_parameter_that_nobody_describes_is_a_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path, changed(**{f"{ADD}parameters__properties__count": {"type": "integer"}}))
    assert run_command_line(["plugins", "check", str(file)]) == 0
    assert '"count" has no description' in capsys.readouterr().err


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (f"{ADD}knd", "write", 'unknown key "knd"'),
        (f"{ADD}request__body", {"item": "{{params.itm}}"}, 'there is no parameter "itm"'),
        (f"{ADD}request__body", {"item": {"$lowr": "{{params.item}}"}}, 'there is no filter "$lowr"'),
        (f"{ADD}request__body", {"item": "{{steps.a}}"}, '"steps" stands for nothing here'),
        (f"{ADD}response__output", {"id": "{{response.number}}"}, "gives {}"),
        (f"{ADD}examples", [], "the action has no example"),
        (f"{ADD}parameters__required", ["item", "size"], '"size" is required and not among the properties'),
        (f"{ADD}output_schema", {"type": "object", "properties": {"id": {"type": "strin"}}}, "is no JSON Schema"),
        (f"{ADD}parameters__properties__count", {"description": "How many", "and not less.": None},
         '"and not less." is no word of a JSON Schema'),
        (f"{ADD}message", {"text": "body"}, 'there is no parameter "body"'),
        ("base_url", "https://{{params.host}}", '"params" stands for nothing here'),
        ("key", "store", "the file is called shop.yaml"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_manifest_is_told_at_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], place: str, value: Any, said: str
) -> None:
    file = written(tmp_path, changed(**{place: value}))
    assert run_command_line(["plugins", "check", str(file)]) == 2
    found = capsys.readouterr().err
    assert said in found
    assert f"--> {file}:" in found


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (f"{ADD}parameters__required", ["item", "count"], '"count" is required now'),
        (f"{ADD}parameters__properties__item__type", "integer", "string is not taken any more"),
        (f"{ADD}output_schema", {"type": "object", "properties": {}}, 'there is no "id" any more'),
        ("connection__required", ["token", "shop"], '"shop" is required now'),
        (f"{ADD}parameters__properties__item__minLength", 2, "minLength is 2 now"),
        (f"{ADD}parameters__properties__item__pattern", "^i", '"pattern" asks for something else now'),
        (f"{ADD}parameters__properties__count__maximum", 9, "maximum is 9 now"),
        (f"{ADD}parameters__properties__count", False, '"count" is not taken any more'),
        (f"{ADD}parameters__anyOf", [{"required": ["count"]}], '"anyOf" asks for something else now'),
        (f"{ADD}parameters__dependentSchemas", {"item": {"properties": {"count": False}}},
         'beside "item" something else is asked for now'),
    ],
)  # fmt: skip
def test_what_breaks_older_workflows_needs_a_new_major_version(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], place: str, value: Any, said: str
) -> None:
    old = written(tmp_path / "old", PING)
    for version, code in (("1.3.0", 2), ("2.0.0", None)):
        file = written(tmp_path, changed(**{place: value, "version": version}))
        assert run_command_line(["plugins", "check", str(file), "--against", str(old)]) == code or code is None
        assert (said in capsys.readouterr().err) is (code == 2)


def test_what_only_takes_more_breaks_nothing() -> None:
    item, parameters = f"{ADD}parameters__properties__item", f"{ADD}parameters"
    old = changed(**{f"{item}__minLength": 3, f"{item}__maxLength": 9, f"{item}__pattern": "^i",
                     f"{parameters}__anyOf": [{"required": ["count"]}]})  # fmt: skip
    new = changed(**{f"{item}__minLength": 2, f"{item}__maxLength": 10, f"{item}__description": "Which thing.",
                     f"{parameters}__anyOf": [{"required": ["item"]}, {"required": ["count"]}]})  # fmt: skip
    assert breaking_changes(Manifest.model_validate(old), Manifest.model_validate(new)) == []
    assert len(breaking_changes(Manifest.model_validate(new), Manifest.model_validate(old))) == 4


def test_a_change_without_a_newer_version_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = written(tmp_path / "old", PING)
    file = written(tmp_path, changed(title="Store"))
    assert run_command_line(["plugins", "check", str(file), "--against", str(old)]) == 2
    assert "its version 1.2.0 is not after 1.2.0" in capsys.readouterr().err


def test_the_published_schema_takes_what_the_check_takes_and_refuses_what_it_refuses(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_command_line(["schema", "plugin"]) == 0
    schema = jsonschema_rs.validator_for(json.loads(capsys.readouterr().out))
    shipped = sorted(SHIPPED.glob("*.yaml"))
    assert shipped
    for each in shipped:
        assert [error.message for error in schema.iter_errors(plain(load(each).value))] == [], each.name
    assert schema.is_valid(PING)
    assert not schema.is_valid(changed(**{f"{ADD}knd": "write"}))
    assert not schema.is_valid(changed(driver="ftp"))

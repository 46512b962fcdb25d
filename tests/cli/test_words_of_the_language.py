import json

import pytest

from engine.cli.main import run_command_line


def listed(what: str, capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, object]]:
    assert run_command_line(["list", what, "--format", "json"]) == 0
    return {entry["name"]: entry for entry in json.loads(capsys.readouterr().out)}


def test_functions_are_listed_with_signature_and_meaning(capsys: pytest.CaptureFixture[str]) -> None:
    functions = listed("functions", capsys)
    assert {"upper", "coalesce", "date_trunc", "sum", "row_number"} <= set(functions)
    assert functions["sum"]["kind"] == "aggregate"
    assert all(str(each["doc"]) and "->" in str(each["signature"]) for each in functions.values())


def test_operators_are_listed_with_their_other_spellings(capsys: pytest.CaptureFixture[str]) -> None:
    operators = listed("operators", capsys)
    assert "greater_than_or_equal" in operators["greater_than_or_equals"]["aliases"]  # type: ignore[operator]
    assert {"equals", "contains_any", "within_last_days", "is_empty", "before"} <= set(operators)
    assert all(each["doc"] for each in operators.values())


def test_transforms_are_listed_with_the_keys_of_their_config(capsys: pytest.CaptureFixture[str]) -> None:
    transforms = listed("transforms", capsys)
    assert len(transforms) == 18
    assert transforms["filter"]["config"]
    assert "group_by" in transforms["aggregate"]["config"]  # type: ignore[operator]


def test_formats_are_listed_with_what_can_be_read_and_written(capsys: pytest.CaptureFixture[str]) -> None:
    formats = listed("formats", capsys)
    assert (formats["arrow"]["reads"], formats["arrow"]["writes"]) == (True, False)
    assert (formats["pdf"]["reads"], formats["pdf"]["writes"]) == (False, True)
    assert (formats["csv"]["reads"], formats["csv"]["writes"]) == (True, True)


def test_lists_for_people_are_one_entry_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["list", "transforms"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 18
    assert all("  " in line for line in lines)


def test_the_schema_is_a_json_schema_that_knows_every_section(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert {"data_sources", "transforms", "delivery_rules", "schedule"} <= set(schema["properties"])

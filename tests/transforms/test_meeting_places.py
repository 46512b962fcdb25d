"""Where frames meet: what is said of keys, types and names that do not, and how old references count."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

import weirflow as wf
from tests.workflows import both_engines, inline, workflow

LEFT = inline("left", [{"id": 1, "name": "a"}])
RIGHT = inline("right", [{"id": "1", "name": "b"}])


def _findings(document: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    found = wf.validate(document)
    return [(each.code, "/".join(map(str, each.pointer)), each.hint) for each in found if each.severity == "error"]


def test_keys_of_different_types_in_a_merge_show_the_schema_to_declare():
    merge = {"strategy": "join", "join_config": {"left_key": "id", "right_key": "id"}}
    [(code, at, hint)] = _findings(workflow([LEFT, RIGHT], data_merge=merge))
    assert (code, at) == ("IR406", "data_merge/join_config/right_key/0")
    assert hint == "declare the type at its source: config: {schema: {id: string}}"
    followed = inline("left", [{"id": 1, "name": "a"}], {"id": "string"})
    assert both_engines(workflow([followed, RIGHT], data_merge=merge)).rows() == [("1", "a", "b")]


def test_types_that_do_not_meet_in_a_merge_show_the_schema_to_declare():
    document = workflow([LEFT, RIGHT], data_merge={"strategy": "union"})
    hint = "declare the type at its source: config: {schema: {id: string}}"
    assert _findings(document) == [("IR406", "data_merge/strategy", hint)]


def test_types_that_do_not_meet_in_a_union_are_told_at_the_source_that_differs():
    same = inline("same", [{"id": 2, "name": "c"}])
    step = {"type": "union", "config": {"sources": ["same", "right"]}}
    [(code, at, hint)] = _findings(workflow([LEFT, same, RIGHT], transforms=[step]))
    assert (code, at) == ("IR406", "transforms/0/config/sources/1")
    assert hint == "put a step before it: {type: map, config: {cast: {id: string}}}"


def test_a_wrong_key_is_told_at_the_key_and_not_followed_by_names_that_clash():
    wide = inline("wide", [{"id": 1, "name": "a", "name_right": "x"}])
    step = {"type": "join", "config": {"source": "right", "on": {"idd": "key"}}}
    found = _findings(workflow([wide, RIGHT], transforms=[step]))
    assert [(code, at) for code, at, _ in found] == [("IR401", "transforms/0/config/on/idd")] * 2


@pytest.mark.parametrize("step", [
    {"type": "join", "config": {"source": "other", "on": ["id"]}},
    {"type": "union", "config": {"sources": ["other"]}},
])  # fmt: skip
def test_columns_that_differ_only_in_case_may_not_meet(step):
    other = inline("other", [{"id": 1, "Name": "b"}])
    document = workflow([LEFT, other], transforms=[step, {"type": "filter", "config": {"where": "id = 1"}}])
    assert [(code, at) for code, at, _ in _findings(document)] == [("IR404", "transforms/0")]


@pytest.mark.parametrize(("kind", "young", "old"), [
    ("datetime", "2026-01-31T01:00:00", "2026-01-29T00:00:00"),
    ("datetime with time zone", "2026-01-31T01:00:00Z", "2026-01-29T00:00:00Z"),
    ("date", "2026-01-31", "2026-01-29"),
])  # fmt: skip
def test_only_references_of_the_last_hours_count(kind, young, old):
    seen = inline("seen", [{"id": 1, "at": young}, {"id": 2, "at": old}], {"at": kind})
    seen["role"] = "deduplicate"
    seen["config"] |= {"time_window_hours": 24, "timestamp_field": "at"}
    rows = inline("rows", [{"id": 1}, {"id": 2}])
    now = datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert both_engines(workflow([rows, seen]), now=now).to_dicts() == [{"id": 2}]


def test_the_age_of_references_is_no_text():
    seen = inline("seen", [{"id": 1, "at": "today"}])
    seen["role"] = "deduplicate"
    seen["config"] |= {"time_window_hours": 24, "timestamp_field": "at"}
    [(code, at, hint)] = _findings(workflow([inline("rows", [{"id": 1}]), seen]))
    assert (code, at) == ("IR411", "data_sources/1/config/timestamp_field")
    assert hint == "declare the type at its source: config: {schema: {at: datetime}}"


def test_headers_are_trimmed_before_they_are_matched():
    rows = inline("rows", [{" ID ": 1, "First Name": "Ada "}])
    normalization = {"required_headers": ["id"], "rename": {"first name": "name"}}
    assert both_engines(workflow([rows], normalization=normalization)).to_dicts() == [{"ID": 1, "name": "Ada "}]

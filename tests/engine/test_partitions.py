"""Partitions: by a column's values, of the rows for which a condition holds; the others are in none."""

from __future__ import annotations

from typing import Any

import pytest

import weirflow as wf
from tests.workflows import ENGINES, inline, workflow

ROWS = [
    {"id": 1, "stage": "a", "x": 5}, {"id": 2, "stage": "b", "x": 50}, {"id": 3, "stage": None, "x": 60},
    {"id": 4, "stage": "b", "x": None},
]  # fmt: skip
SPLIT = {"file_delivery": {"format": "csv", "options": {"split_by": "stage"}, "columns": ["id"],
                           "filename_template": "{{group.key}}.csv"}}  # fmt: skip


def document(partition: dict[str, Any], **sections: Any) -> dict[str, Any]:
    source = inline("main", ROWS, {"id": "integer", "stage": "string", "x": "integer"})
    return workflow([source], name="stages", partitions=[{"field": "stage", **partition}], **sections)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("empty", "made"), [({}, {"b": "id\n2\n"}),
                        ({"handle_empty": {"partition_name": "others"}}, {"b": "id\n2\n", "others": "id\n1\n3\n4\n"})],
)  # fmt: skip
def test_rows_that_break_a_partitions_condition_stand_with_those_without_a_value(tmp_path, engine, empty, made):
    condition = [{"field": "x", "operator": "greater_than", "value": 10}]
    found = document({"split_by": "condition", "condition": condition, **empty}, delivery_rules=SPLIT)
    result = wf.run(found, engine=engine, out=tmp_path)
    assert {path.stem: path.read_text() for path in tmp_path.glob("*.csv")} == made
    assert any("3 rows have no value" in str(each) for each in result.warnings) is (not empty)


def test_a_partition_that_nothing_is_split_by_is_told():
    found = wf.validate(document({"split_by": "value"}, delivery_rules={"file_delivery": {"format": "csv"}}))
    assert [(each.code, each.pointer) for each in found] == [("IR320", ("partitions", 0))]


def test_groups_that_are_not_emitted_have_no_delivery_of_their_own():
    rules = {"per_group_delivery": {"recipient": "a@example.com", "subject": "x"}}
    grouping = {"group_by": "stage", "emit_per_group": False}
    found = wf.validate(document({"split_by": "value"}, grouping=grouping, delivery_rules=rules))
    assert [(each.code, each.pointer) for each in found if each.severity == "error"] == [
        ("IR206", ("grouping", "emit_per_group"))
    ]  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
def test_groups_of_messages_follow_a_partitions_condition(mail_server, engine):
    rules = {"per_group_delivery": {"recipient": "a@example.com", "subject": "{{group_name}}: {{count}}"}}
    partition = {"split_by": "condition", "condition": [{"field": "x", "operator": "greater_than", "value": 10}],
                 "handle_empty": {"partition_name": "others"}}  # fmt: skip
    wf.run(document(partition, delivery_rules=rules), engine=engine)
    assert sorted(mail.subject for mail in mail_server.mails) == ["b: 1", "others: 3"]

"""What is wrong with a document's structure, said at its place with what would work."""

from __future__ import annotations

from typing import Any

import pytest

from ir.codes import CODES
from ir.diagnostics import Diagnostic, Problems
from ir.loading import loads
from ir.model.settings import RuntimeInput
from ir.model.workflow import Workflow
from ir.redaction import hide
from ir.workflow import read_workflow
from ir.writing import to_yaml

INLINE = {"type": "tabular", "source": "inline", "config": {"rows": [{"a": 1}]}}
UNEVEN = {"left_key": ["a", "b"], "right_key": "a"}
TWO = [{**INLINE, "alias": "x"}, {**INLINE, "alias": "y"}]


def read(text: str) -> tuple[Workflow | None, Problems]:
    document = loads(text, file="w.yaml", syntax="yaml")
    problems = Problems(document)
    return read_workflow(document, problems), problems


def found(**more: Any) -> list[Diagnostic]:
    base: dict[str, Any] = {"ir_version": "3.1", "goal": "g", "data_sources": [INLINE]}
    return read(to_yaml({**base, **more}))[1].found


def only(**more: Any) -> tuple[str, str, str | None]:
    """Code, message and the underlined text of the one finding."""
    (one,) = found(**more)
    assert one.code in CODES
    place = one.place
    return one.code, one.message, place and place.source_line[place.column - 1 : place.column - 1 + place.length]


def test_every_mistake_of_a_document_is_told_at_once() -> None:
    workflow, problems = read(
        'ir_version: "3.1"\n'
        "gaol: slip of the pen\n"
        "settings: {batch_rows: '5', engine: pandas}\n"
        "data_sources:\n"
        "  - {type: fiel, location: a.csv}\n"
        "  - {type: file, location: a.csv, config: {header: yes, delimeter: x, schema: {a: strng}}}\n"
        "transforms:\n"
        "  - {typ: map}\n"
    )
    assert workflow is None
    assert [(each.code, str(each.place)) for each in problems.found] == [
        ("IR201", "w.yaml:2:1"),
        ("IR203", "w.yaml:3:24"),
        ("IR204", "w.yaml:3:37"),
        ("IR204", "w.yaml:5:12"),
        ("IR203", "w.yaml:6:52"),
        ("IR201", "w.yaml:6:57"),
        ("IR205", "w.yaml:6:83"),
        ("IR201", "w.yaml:8:6"),
    ]


def test_an_unknown_key_is_shown_with_the_key_that_was_meant() -> None:
    _, problems = read('ir_version: "3.1"\ngoal: g\ndata_sources: [{type: file, location: a.csv}]\ntransfroms: []\n')
    assert str(problems.found[0]) == (
        'error[IR201]: unknown key "transfroms"\n'
        " --> w.yaml:4:1\n"
        "  |\n"
        "4 | transfroms: []\n"
        "  | ^^^^^^^^^^\n"
        '  = help: did you mean "transforms"?'
    )


def test_what_an_unknown_key_could_be_is_listed_where_nothing_is_near() -> None:
    (one,) = found(normalization={"zzz": 1})
    assert one.hint == (
        "known here: description, required_headers, case_sensitive, missing_header_action, rename, header_case"
    )


def test_a_json_schema_where_fields_are_wanted_is_told_so() -> None:
    schema = {"type": "object", "properties": {"vendor": {"type": "string"}}}
    (one,) = found(ai_operations=[{"type": "extract", "instruction": "Read it", "output_schema": schema}])
    assert (one.message, one.hint) == (
        'unknown key "properties"', "write fields: [{name, type}], as this is no JSON Schema")  # fmt: skip


def test_a_value_of_another_kind_is_answered_with_what_to_write() -> None:
    (one,) = read("ir_version: 3.1\ngoal: g\ndata_sources: [{type: file, location: a}]\n")[1].found
    assert (one.code, one.hint) == ("IR204", 'write "3.1" in quotes: without them it is a number')
    (one,) = found(data_sources=[{"type": "file", "location": "a", "config": {"header": "no"}}])
    assert (one.message, one.hint) == (
        'expected true or false, but "no" is text',
        "YAML 1.2 reads no as text; write true or false",
    )
    (one,) = found(goal=5)
    assert (one.message, one.hint) == ("expected text, but 5 is an integer", 'write "5" in quotes')
    (one,) = found(transforms={"type": "map"})
    assert one.message == "expected a list, but this is a mapping"


def test_a_union_of_shapes_gives_one_finding() -> None:
    assert only(schedule={"type": "event", "event": {"file_arived": "x"}})[:2] == ("IR201", 'unknown key "file_arived"')
    assert only(rendering={"page": {"margins": "wide"}})[:2] == (
        "IR203",
        'expected a number or a mapping, but "wide" is text',
    )
    assert only(transforms=[5])[:2] == ("IR203", "expected a mapping, but 5 is an integer")


@pytest.mark.parametrize(
    ("more", "code", "message"),
    [
        ({"goal": None}, "IR202", 'the key "goal" is missing'),
        ({"ir_version": None}, "IR202", 'the key "ir_version" is missing'),
        ({"data_sources": []}, "IR205", "at least 1 expected, this is empty"),
        ({"name": "Not A Slug"}, "IR205", '"Not A Slug" is no workflow name'),
        ({"data_sources": [{**INLINE, "alias": "1st"}]}, "IR205", '"1st" is no name'),
        ({"data_sources": [{"type": "file"}]}, "IR202", "a file source needs a location"),
        ({"data_sources": [{"location": "x"}]}, "IR202", 'the key "type" is missing'),
        ({"data_sources": [{"type": "tabular"}]}, "IR202", "a tabular source needs a plugin_key"),
        ({"data_sources": [{"type": "api"}]}, "IR202", "an api source needs a plugin_key"),
        ({"data_sources": [{"type": "api", "plugin_key": "http"}]}, "IR202", "a REST source needs an endpoint"),
        ({"data_sources": [{"type": "database"}]}, "IR202", "a database source needs a database_config"),
        (
            {"data_sources": [{"type": "database", "plugin_key": "sqlite", "database_config": {}}]},
            "IR206",
            "neither query nor table is given",
        ),
        (
            {"data_sources": [{"type": "webhook", "webhook_config": {"validation": {}}}]},
            "IR202",
            'the key "method" is missing',
        ),
        (
            {"data_sources": [{"type": "webhook", "webhook_config": {"validation": {"method": "token"}}}]},
            "IR202",
            "token needs a secret",
        ),
        (
            {"data_sources": [{"type": "stream", "stream_config": {"kind": "kafka"}}]},
            "IR202",
            "a kafka stream needs a topic",
        ),
        (
            {"data_sources": [{**INLINE, "config": {"rows": [], "schema": {"a": "decimal(50,2)"}}}]},
            "IR205",
            "decimal(50,2) has no such precision: 1 to 38 digits, the scale at most as many",
        ),
        ({"settings": {"timezone": "Mars/Olympus"}}, "IR205", '"Mars/Olympus" is no time zone'),
        ({"settings": {"memory_limit": "lots"}}, "IR205", '"lots" is no amount of memory'),
        ({"settings": {"batch_rows": 0}}, "IR205", "0 is out of range: it must be at least 1"),
        ({"runtime_inputs": [{"name": "a", "type": "select"}]}, "IR202", 'the select input "a" has no options'),
        (
            {"runtime_inputs": [{"name": "a", "type": "date", "default_value": "soon"}]},
            "IR208",
            '"soon" is no date such as 2026-01-31, the type of input "a"',
        ),
        ({"runtime_inputs": [{"name": "a"}, {"name": "a"}]}, "IR305", 'the input "a" is declared twice'),
        ({"data_merge": {"strategy": "join"}, "data_sources": TWO}, "IR202", "join needs a join_config"),
        ({"data_merge": {"strategy": "union"}}, "IR222", "a merge of one source"),
        (
            {"data_sources": TWO, "data_merge": {"strategy": "join", "join_config": UNEVEN}},
            "IR205",
            "2 left keys and 1 right keys",
        ),
        (
            {"data_sources": TWO, "data_merge": {"strategy": "join", "join_config": {"how": "cross", "left_key": "a"}}},
            "IR205",
            "a cross join has no keys",
        ),
        ({"filters": []}, "IR205", "a filter without conditions"),
        ({"filters": [{"field": "a", "operator": "equals"}]}, "IR202", "equals needs a value"),
        (
            {"filters": [{"field": "a", "operator": "contains", "value": None}]},
            "IR205",
            "contains with null is never true",
        ),
        (
            {"filters": [{"field": "a", "operator": "equals", "value": "<topic>"}]},
            "IR207",
            '"<topic>" is a placeholder that nobody filled in',
        ),
        (
            {"filters": [{"field": "a", "operator": "in", "value": ["x", "{topic}"]}]},
            "IR207",
            '"{topic}" is a placeholder that nobody filled in',
        ),
        (
            {"filters": [{"field": "a", "operator": "equals", "value": {"col": "b"}}]},
            "IR205",
            "a value that is an object names another column",
        ),
        ({"validation_rules": [{"field": "a", "type": "regex"}]}, "IR202", "a rule of type regex needs pattern"),
        (
            {"validation_rules": [{"field": "a", "type": "unique", "max_failures": "many"}]},
            "IR205",
            '"many" is no count such as 10 and no share such as "1%"',
        ),
        ({"ai_operations": [{"type": "classify"}]}, "IR202", "classify needs an instruction"),
        (
            {"partitions": [{"field": "a", "split_by": "condition"}]},
            "IR202",
            "split_by: condition needs a condition",
        ),
        ({"rendering": {"summary_stats": ["median_x"]}}, "IR205", '"median_x" is no summary'),
        (
            {"delivery_rules": {"summary_delivery": {"subject": "x"}}},
            "IR202",
            "an e-mail needs a recipient",
        ),
        (
            {"delivery_rules": {"per_group_delivery": {"subject": "x"}}},
            "IR223",
            "per_group_delivery needs groups",
        ),
        (
            {"delivery_rules": {"database_delivery": {"plugin_key": "sqlite", "table": "t", "operation": "upsert"}}},
            "IR202",
            "upsert needs key_fields",
        ),
        (
            {"delivery_rules": {"file_delivery": {"format": "csv", "options": {"public": True}}}},
            "IR205",
            "a local file cannot be made public",
        ),
        (
            {"delivery_rules": {"summary_delivery": {"recipient": "a@b.c", "attachments": ["nope"]}}},
            "IR306",
            'no file delivery has the name "nope"',
        ),
        ({"transforms": [{"type": "map", "depends_on": ["nope"]}]}, "IR306", 'no step has the name "nope"'),
        ({"schedule": {"type": "cron"}}, "IR202", "a schedule of type cron needs cron_expression"),
        (
            {"schedule": {"type": "event", "event": "x", "catchup": "all"}},
            "IR205",
            "catchup stands only with times: an event is stored until it is taken, and none is missed",
        ),
        ({"schedule": {"type": "event", "event": " "}}, "IR205", "the event has no name"),
        (
            {"schedule": {"type": "interval", "interval_minutes": 5, "event": "x"}},
            "IR205",
            "event stands only with type event, not with interval",
        ),
        (
            {"edge_cases": [{"condition": "duplicate_records", "action": "retry"}]},
            "IR205",
            "retry means nothing for duplicate_records",
        ),
        ({"plugins": {"s3": "newest"}}, "IR205", '"newest" is no version range'),
        ({"loops": [{}]}, "IR212", "loops is not part of the language"),
        ({"data_sources": [{**INLINE, "alias": "data"}]}, "IR304", 'the name "data" is taken by the language'),
        ({"data_sources": [{**INLINE, "role": "lookup"}]}, "IR204",
         '"lookup" is not one of primary, deduplicate, existing, destination'),
        ({"delivery_rules": {"summary_delivery": {"recipient": "{{inputs.who}}"}}}, "IR302", 'there is no input "who"'),
        ({"delivery_rules": {"summary_delivery": {"recipient": "a@b.c", "subject": "{{a | up}}"}}}, "IR111",
         "a template has no filters; compute a column with map, or show it with format"),
    ],
)  # fmt: skip
def test_a_contradiction_is_told(more: dict[str, Any], code: str, message: str) -> None:
    assert only(**more)[:2] == (code, message)


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("* * * *", "4 fields where a cron expression has 5: minute, hour, day, month, day of the week"),
        ("60 * * * *", '"60" in the minute field: from 0 to 59'),
        ("0 0 31 2 *", "month 2 has no day 31, so it would never run"),
        ("0 0 30,31 2 *", '"0 0 30,31 2 *" would never run: none of its months has such a day'),
        ("0 0 31 4,6 *", '"0 0 31 4,6 *" would never run: none of its months has such a day'),
        ("*/0 * * * *", '"*/0" in the minute field: the step after / is a number from 1'),
        ("0 0 * * MOON", '"MOON" in the day of the week field is no number, range or *'),
        ("0 5-3 * * *", '"5-3" in the hour field runs backwards'),
        ("@reboot", '"@reboot" is none of @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually'),
        ("0 0 15W * *", '"15W" in the day of the month field is no number, range or *'),
    ],
)
def test_a_cron_expression_that_never_runs_is_refused(expression: str, problem: str) -> None:
    assert only(schedule={"type": "cron", "cron_expression": expression})[1] == problem


@pytest.mark.parametrize(
    ("expression", "message", "hint"),
    [
        (
            "*/90 * * * *",
            '"*/90" in the minute field is 0 alone: from 0 to 59 there is no room for a step of 90',
            'write "0" for once an hour; every 90 minutes is type: interval with interval_minutes: 90',
        ),
        (
            "0,?/60 * * * *",
            '"*/60" in the minute field is 0 alone: from 0 to 59 there is no room for a step of 60',
            'write "0" if that is meant, else a smaller step',
        ),
        (
            "0 */36 * * *",
            '"*/36" in the hour field is 0 alone: from 0 to 23 there is no room for a step of 36',
            'write "0" for once a day; every 36 hours is type: interval with interval_minutes: 2160',
        ),
        (
            "0 0 */31 * *",
            '"*/31" in the day of the month field is 1 alone: from 1 to 31 there is no room for a step of 31',
            'write "1" for once a month; every 31 days is type: interval with interval_minutes: 44640',
        ),
        (
            "0 0 1 */12 *",
            '"*/12" in the month field is 1 alone: from 1 to 12 there is no room for a step of 12',
            'write "1" for once a year',
        ),
        (
            "0 0 * * */7",
            '"*/7" in the day of the week field is 0 alone: from 0 to 6 there is no room for a step of 7',
            'write "0" for once a week',
        ),
        (
            "0 0 * * MON-FRI/5",
            '"MON-FRI/5" in the day of the week field is 1 alone: from 1 to 5 there is no room for a step of 5',
            'write "1" if that is meant, else a smaller step',
        ),
        (
            "45/30 * * * *",
            '"45/30" in the minute field is 45 alone: from 45 to 59 there is no room for a step of 30',
            'write "45" if that is meant, else a smaller step',
        ),
        (
            "* * */40 * *",
            '"*/40" in the day of the month field is 1 alone: from 1 to 31 there is no room for a step of 40',
            'write "1" if that is meant, else a smaller step',
        ),
        (
            "*/90 9 * * *",
            '"*/90" in the minute field is 0 alone: from 0 to 59 there is no room for a step of 90',
            'write "0" if that is meant, else a smaller step',
        ),
        (
            "0 0 */32 * MON",
            '"*/32" in the day of the month field is 1 alone: from 1 to 31 there is no room for a step of 32',
            'write a smaller step; "1" in its place would run on the days of the week as well',
        ),
        (
            "0 0 1 * */7",
            '"*/7" in the day of the week field is 0 alone: from 0 to 6 there is no room for a step of 7',
            'write a smaller step; "0" in its place would run on the days of the month as well',
        ),
    ],
)
def test_a_step_that_is_too_long_for_its_field_is_warned_of(expression: str, message: str, hint: str) -> None:
    (one,) = found(schedule={"type": "cron", "cron_expression": expression})
    assert (one.code, one.severity, one.message, one.hint) == ("IR224", "warning", message, hint)


@pytest.mark.parametrize(
    "expression",
    [
        "*/59 * * * *",
        "10-20/10 * * * *",
        "0 */23 * * *",
        "0 0 */30 * *",
        "0 0 * * 5/2",
        "0 0 L * 5L",
        "@daily",
        "0 0 * * FRI#3",
        "0 0 1 */11 *",
        "0 0 * * MON,5/2",
    ],
)
def test_a_step_with_room_for_another_value_is_as_it_was_meant(expression: str) -> None:
    assert found(schedule={"type": "cron", "cron_expression": expression}) == []


@pytest.mark.parametrize("declared", [{"type": "number"}, {"type": "select", "options": ["a"]}])
def test_a_long_value_of_an_input_is_cut_and_no_part_of_a_secret_is_left(declared: dict[str, Any]) -> None:
    hide(["open-sesame"])
    told = RuntimeInput(name="amount", **declared).misfit("x" * 70 + "open-sesame" + "y" * 200_000)
    assert told is not None
    assert told.startswith('"' + "x" * 70 + "***" + "y" * 6 + '…" is no')


def test_a_name_given_twice_shows_both_places() -> None:
    (one,) = found(data_sources=TWO, transforms=[{"type": "map", "output_variable": "y"}])
    assert (one.code, one.pointer) == ("IR305", ("transforms", 0, "output_variable"))
    assert one.related[0][0] == "first given here"


def test_an_id_and_an_output_variable_of_one_step_may_be_the_same() -> None:
    assert found(transforms=[{"type": "map", "id": "m", "output_variable": "m"}]) == []


def test_a_secret_in_place_of_a_reference_is_never_shown() -> None:
    delivery = {"plugin_key": "postgres", "table": "t", "credentials_ref": "postgresql://me:hunter2@db/x"}
    (one,) = found(delivery_rules={"database_delivery": delivery})
    assert one.code == "IR230"
    assert "hunter2" not in str(one)
    assert "credentials_ref: •••" in str(one)


@pytest.mark.parametrize("reference", ["env:DB_URL", "file:secrets.toml#db", "keyring:app/me", "vault:kv/db#url", "db"])
def test_every_form_of_a_reference_to_a_secret_is_taken(reference: str) -> None:
    delivery = {"plugin_key": "postgres", "table": "t", "credentials_ref": reference}
    assert found(delivery_rules={"database_delivery": delivery}) == []


def test_a_compiled_graph_gives_one_clear_diagnostic() -> None:
    _, problems = read('ir_version: "2.0"\ngoal: g\ndata_sources: []\nexecution_graph: {}\n')
    assert [(each.code, each.place and each.place.line) for each in problems.found] == [("IR210", 4)]


def test_loose_roles_of_old_documents_are_taken_with_a_warning() -> None:
    reference = {"type": "file", "location": "a.csv", "role": "Lookup"}
    workflow, problems = read(to_yaml({"ir_version": "3.0", "goal": "g", "data_sources": [INLINE, reference]}))
    assert [(each.code, each.severity) for each in problems.found] == [("IR213", "warning")]
    assert workflow is not None
    assert workflow.data_sources[1].is_reference


@pytest.mark.parametrize("version", [[3], {"a": 1}, True, 4.5])
def test_a_strange_version_is_a_finding_not_a_crash(version: Any) -> None:
    assert only(ir_version=version)[0] in {"IR203", "IR204"}


def test_x_keys_are_free_everywhere() -> None:
    inline = {**INLINE, "x-a": 1, "config": {"rows": [], "x-b": [1]}}
    assert found(data_sources=[inline], **{"x-c": None, "$schema": "s", "description": "d"}) == []


def test_codes_are_sorted_and_explained() -> None:
    assert list(CODES) == sorted(CODES)
    assert [code for code, each in CODES.items() if len(each.explanation) < 40] == []
